//! Rows in and out, many at a time: batches of lines, and what came of them written in order.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::records::{Fields, Rows};

/// How much input a thread takes at a time: enough that taking it costs little, little enough that what goes in and out stays near
/// the processor.
pub(super) const BATCH: usize = 1 << 17;

/// How many batches, for each thread, may be done before their turn.
pub(super) const AHEAD: u64 = 4;

/// Bad rows that are reported one by one.
pub(super) const SHOWN: u64 = 20;

/// What came of a task: the rows written and the ones that failed, each with what is wrong.
pub(super) type Done = (Vec<u8>, Vec<String>);

/// Where rows go.
pub(super) struct Output<'o> {
    pub(super) out: &'o mut (dyn Write + Send),
    pub(super) begun: bool,
    /// Bytes of rows that were written.
    pub(super) written: u64,
    pub(super) failed: u64,
}

impl Output<'_> {
    pub(super) fn fail(&mut self, problem: &str) {
        self.failed += 1;
        if self.failed <= SHOWN {
            eprintln!("error: {problem}");
        }
    }

    pub(super) fn begin(&mut self, rows: &Rows, first: &Fields) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            rows.begin(self.out, first)?;
        }
        Ok(())
    }

    pub(super) fn take_all(&mut self, done: &mut [Done]) -> io::Result<()> {
        done.iter_mut().try_for_each(|done| self.take(done))
    }

    /// Writes what came of a task, and leaves it empty.
    pub(super) fn take(&mut self, (bytes, problems): &mut Done) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        bytes.clear();
        problems.drain(..).for_each(|problem| self.fail(&problem));
        Ok(())
    }
}

/// Writes what came of batches in the order of their numbers.
pub(super) struct InOrder<'w, 'o> {
    pub(super) output: &'w mut Output<'o>,
    /// The number of the batch that is to be written next.
    pub(super) next: u64,
    /// What is done before its turn.
    early: BTreeMap<u64, Done>,
    /// What was written, to be used again.
    pub(super) spare: Vec<Done>,
    /// Whether writing failed.
    pub(super) stopped: bool,
}

impl<'w, 'o> InOrder<'w, 'o> {
    pub(super) fn new(output: &'w mut Output<'o>) -> Self {
        InOrder { output, next: 0, early: BTreeMap::new(), spare: Vec::new(), stopped: false }
    }

    pub(super) fn begin(&mut self, rows: &Rows, first: &Fields) -> io::Result<()> {
        self.output.begin(rows, first).inspect_err(|_| self.stopped = true)
    }

    pub(super) fn take(&mut self, number: u64, done: Done) -> io::Result<()> {
        self.early.insert(number, done);
        while !self.stopped
            && let Some(mut done) = self.early.remove(&self.next)
        {
            self.next += 1;
            self.output.take(&mut done).inspect_err(|_| self.stopped = true)?;
            self.spare.push(done);
        }
        Ok(())
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole lines.
#[derive(Default)]
pub(super) struct Batch {
    /// How many batches came before.
    pub(super) number: u64,
    bytes: Vec<u8>,
    /// The lines that are not blank, without their line breaks: each with its number, from 1, and where it is.
    places: Vec<(u64, Range<usize>)>,
}

impl Batch {
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.places.iter().map(|(number, place)| (*number, self.bytes.get(place.clone()).unwrap_or_default()))
    }
}

/// Reads whole lines, many at a time.
pub(super) struct Lines {
    reader: Box<dyn Read + Send>,
    /// The beginning of a line that goes on.
    rest: Vec<u8>,
    /// How many batches and lines were handed out.
    batches: u64,
    lines: u64,
    ended: bool,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Lines { reader, rest: Vec::new(), batches: 0, lines: 0, ended: false }
    }

    /// Fills a batch with the next lines; false if there are none.
    pub(super) fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        let Batch { number, bytes, places } = batch;
        bytes.clear();
        places.clear();
        bytes.append(&mut self.rest);
        let mut line_break = None;
        while !self.ended && (bytes.len() < BATCH || line_break.is_none()) {
            let before = bytes.len();
            let read = self.reader.by_ref().take(BATCH as u64).read_to_end(bytes).inspect_err(|_| self.ended = true)?;
            self.ended = read == 0;
            // Only what is new can hold a later line break.
            line_break = memchr::memrchr(b'\n', &bytes[before..]).map(|at| before + at).or(line_break);
        }
        if bytes.is_empty() {
            return Ok(false);
        }
        if let Some(at) = line_break.filter(|_| !self.ended) {
            self.rest.extend_from_slice(&bytes[at + 1..]);
            bytes.truncate(at);
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            self.lines += 1;
            if !bytes[start..end].trim_ascii().is_empty() {
                places.push((self.lines, start..end));
            }
            start = end + 1;
        }
        *number = self.batches;
        self.batches += 1;
        Ok(true)
    }
}
