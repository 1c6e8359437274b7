//! Limits against hostile files, and the account that is kept of them while one source is read.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::error::Reason;

const MIB: u64 = 1 << 20;

/// Unpacked bytes below which the ratio of packed to unpacked says nothing yet.
const RATIO_FLOOR: u64 = 16 * MIB;

/// How much one source may cost. The defaults fit every honest report and every honest archive of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of one document: a file, or a member of an archive once unpacked. 256 MiB.
    pub max_document_bytes: u64,
    /// All that one archive or packed document may unpack to, archives inside it counted. 8 GiB.
    pub max_unpacked_bytes: u64,
    /// How many times its own size an archive may unpack to (the first 16 MiB are free). 200.
    pub max_ratio: u64,
    /// Members that one archive may have. 1,000,000.
    pub max_entries: u64,
    /// Archives inside archives. 3.
    pub max_nesting: u32,
    /// Depth of elements in HTML and .docx. 512.
    pub max_depth: usize,
    /// Length of one line of text in bytes. 16 MiB.
    pub max_line_bytes: u64,
    /// Time for one document, without the time that the caller's own work takes. 60 seconds.
    pub max_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_document_bytes: 256 * MIB,
            max_unpacked_bytes: 8 * 1024 * MIB,
            max_ratio: 200,
            max_entries: 1_000_000,
            max_nesting: 3,
            max_depth: 512,
            max_line_bytes: 16 * MIB,
            max_time: Duration::from_secs(60),
        }
    }
}

/// The limit that stopped the reading of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::max_document_bytes`]
    DocumentBytes,
    /// [`Limits::max_unpacked_bytes`]
    UnpackedBytes,
    /// [`Limits::max_ratio`]
    Ratio,
    /// [`Limits::max_entries`]
    Entries,
    /// [`Limits::max_nesting`]
    Nesting,
    /// [`Limits::max_depth`]
    Depth,
    /// [`Limits::max_line_bytes`]
    LineBytes,
    /// [`Limits::max_time`]
    Time,
}

impl Limit {
    /// The limit's name in options and messages.
    pub fn name(self) -> &'static str {
        match self {
            Limit::DocumentBytes => "max-document-bytes",
            Limit::UnpackedBytes => "max-unpacked-bytes",
            Limit::Ratio => "max-ratio",
            Limit::Entries => "max-entries",
            Limit::Nesting => "max-nesting",
            Limit::Depth => "max-depth",
            Limit::LineBytes => "max-line-bytes",
            Limit::Time => "max-time",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::DocumentBytes => "is larger than a document may be",
            Limit::UnpackedBytes => "unpacks to more bytes than an archive may",
            Limit::Ratio => "unpacks to so many times its size that it may be a zip bomb",
            Limit::Entries => "has more members than an archive may",
            Limit::Nesting => "is an archive too deep inside other archives",
            Limit::Depth => "has elements nested too deep",
            Limit::LineBytes => "has a line longer than a line may be",
            Limit::Time => "took more seconds than a document may",
        })
    }
}

/// What the reading of one source has used up. Clones share one account, so that a reader deep under a third-party parser draws on it too.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    limits: Rc<Limits>,
    unpacked: Rc<Cell<u64>>,
    entries: Rc<Cell<u64>>,
    deadline: Rc<Cell<Option<Instant>>>,
    packed_bytes: Rc<Cell<u64>>,
}

impl Budget {
    /// A fresh account for one source.
    pub(super) fn new(limits: &Limits) -> Self {
        let budget = Budget {
            limits: Rc::new(limits.clone()),
            unpacked: Rc::default(),
            entries: Rc::default(),
            deadline: Rc::default(),
            packed_bytes: Rc::new(Cell::new(u64::MAX)),
        };
        budget.start_document();
        budget
    }

    /// The limits that this account is held against.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Starts the clock anew, for the next document of an archive.
    pub(super) fn start_document(&self) {
        self.deadline.set(Instant::now().checked_add(self.limits.max_time));
    }

    /// Does not count `spent` against the document: the caller's own work took it.
    pub(super) fn give_back(&self, spent: Duration) {
        self.deadline.set(self.deadline.get().and_then(|deadline| deadline.checked_add(spent)));
    }

    /// Notes the size of the source itself, against which the ratio is taken. Inner archives do not change it: what counts is what the
    /// user's file becomes.
    pub(super) fn set_packed_bytes(&self, bytes: u64) {
        if self.packed_bytes.get() == u64::MAX {
            self.packed_bytes.set(bytes);
        }
    }

    /// # Errors
    ///
    /// [`Limit::Time`] once the document has taken too long.
    pub(super) fn check_time(&self) -> Result<(), Reason> {
        match self.deadline.get() {
            Some(deadline) if Instant::now() > deadline => Err(Reason::limit(Limit::Time, self.limits.max_time.as_secs())),
            _ => Ok(()),
        }
    }

    /// Counts one member of an archive.
    ///
    /// # Errors
    ///
    /// [`Limit::Entries`] when there are too many.
    pub(super) fn add_entry(&self) -> Result<(), Reason> {
        self.entries.set(self.entries.get().saturating_add(1));
        if self.entries.get() > self.limits.max_entries {
            return Err(Reason::limit(Limit::Entries, self.limits.max_entries));
        }
        Ok(())
    }

    /// Counts `bytes` that came out of a decompressor.
    ///
    /// # Errors
    ///
    /// [`Limit::UnpackedBytes`] or [`Limit::Ratio`] when they are too many, [`Limit::Time`] when they took too long.
    pub(super) fn add_unpacked(&self, bytes: u64) -> Result<(), Reason> {
        let total = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(total);
        if total > self.limits.max_unpacked_bytes {
            return Err(Reason::limit(Limit::UnpackedBytes, self.limits.max_unpacked_bytes));
        }
        let allowed = self.packed_bytes.get().saturating_mul(self.limits.max_ratio).max(RATIO_FLOOR);
        if total > allowed {
            return Err(Reason::limit(Limit::Ratio, self.limits.max_ratio));
        }
        self.check_time()
    }

    /// True once a limit on the whole source is used up, so that its other members would fail too.
    pub(super) fn is_spent(reason: &Reason) -> bool {
        matches!(reason, Reason::Limit { limit: Limit::UnpackedBytes | Limit::Ratio | Limit::Entries, .. })
    }

    /// Reads one whole document.
    ///
    /// # Errors
    ///
    /// [`Limit::DocumentBytes`] when it is too large; what the reader reports otherwise.
    pub(super) fn read_document(&self, reader: impl Read) -> Result<Vec<u8>, Reason> {
        let allowed = self.limits.max_document_bytes;
        let mut bytes = Vec::new();
        reader.take(allowed.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > allowed {
            return Err(Reason::limit(Limit::DocumentBytes, allowed));
        }
        Ok(bytes)
    }

    /// A reader that counts what comes through it as unpacked.
    pub(super) fn metered<R: Read>(&self, reader: R) -> Metered<R> {
        Metered { reader, budget: self.clone() }
    }
}

/// Counts the bytes that a decompressor gives against a [`Budget`].
pub(super) struct Metered<R> {
    reader: R,
    budget: Budget,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.budget.add_unpacked(count as u64)?;
        Ok(count)
    }
}
