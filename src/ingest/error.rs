//! Why a document could not be read, and what the user can do about it.

use std::fmt;
use std::io;

use super::limits::Limit;

/// A document that could not be read. The batch goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {reason}")]
pub struct IngestError {
    /// The document's name, as [`super::RawDocument::name`] would have had it.
    pub document: String,
    /// What is wrong with it.
    pub reason: Reason,
}

impl IngestError {
    /// An error about `document`.
    pub(super) fn new(document: impl Into<String>, reason: Reason) -> Self {
        IngestError { document: document.into(), reason }
    }
}

/// What is wrong with a document. Each message ends with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The path names nothing.
    #[error("there is no such file or folder; check the path")]
    NotFound,
    /// A pattern such as `reports/*.txt` matches nothing.
    #[error("no file matches this pattern; check it, and quote it if the shell should not expand it")]
    NoMatch,
    /// The pattern cannot be read as one.
    #[error("is not a valid file pattern ({0}); write `[*]` for a literal star")]
    BadPattern(String),
    /// The file may not be read by this user.
    #[error("permission denied; make the file readable for this user")]
    Permission,
    /// A symbolic link leads back to a folder that holds it, or to itself.
    #[error("is a symbolic link that leads back to itself or to a folder it lies in; remove the link")]
    SymlinkLoop,
    /// A pipe, socket or device inside a folder, which might never end.
    #[error("is neither a file nor a folder; name it by itself if it should be read")]
    NotAFile,
    /// The system could not read the file.
    #[error("cannot be read ({0})")]
    Io(String),
    /// No byte, or nothing but white space.
    #[error("is empty; there is no text to read")]
    Empty,
    /// A row whose text cell has nothing in it.
    #[error("the text column is empty in this row; fill it or remove the row")]
    EmptyRow,
    /// Bytes that are neither a known format nor text.
    #[error("is binary data of no known format; give text, HTML, .docx, .pdf, .xlsx, .csv, .jsonl, .zip or .tar.gz")]
    UnknownBinary,
    /// A format that is known, but not read.
    #[error("is {what}, which is not read; {advice}")]
    Unsupported {
        /// The format, with its article.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// The encoding that the user gave does not fit the bytes.
    #[error(
        "is not {declared}: byte {byte:#04X} at offset {offset} does not fit; it looks like {likely}, leave the encoding out to have it detected"
    )]
    WrongEncoding {
        /// The encoding that the user gave.
        declared: &'static str,
        /// Position, from 0, of the first byte that does not fit.
        offset: usize,
        /// That byte.
        byte: u8,
        /// What detection would have chosen.
        likely: &'static str,
    },
    /// The file is cut short or damaged.
    #[error("is a damaged or incomplete {format} file ({detail}); fetch or save it again")]
    Damaged {
        /// The format that the file claims to have.
        format: &'static str,
        /// What the reader stumbled over.
        detail: String,
    },
    /// The content needs a password.
    #[error("is an encrypted {0} file; remove the password and save it again")]
    Encrypted(&'static str),
    /// A PDF made of images.
    #[error("has no text layer, its pages are images; run text recognition (OCR) on it first")]
    NoTextLayer,
    /// A limit that guards against hostile files was reached.
    #[error("{limit} (limit {allowed}); raise it with --{} if you trust this file", limit.name())]
    Limit {
        /// Which limit.
        limit: Limit,
        /// Its value.
        allowed: u64,
    },
    /// An archive member whose path would leave the archive.
    #[error("has a path that points outside the archive; it is not read, make the archive anew")]
    OutsidePath,
    /// An archive member that is a link.
    #[error("is a link inside an archive, which is not followed; put the file itself into the archive")]
    ArchiveLink,
    /// The column that holds the text is not there, or is not clear.
    #[error("has no text column `{wanted}`; its columns are {columns}; name one as the text column")]
    NoTextColumn {
        /// The column looked for.
        wanted: String,
        /// The columns that there are.
        columns: String,
    },
    /// The column that holds the names is not there.
    #[error("has no id column `{wanted}`; its columns are {columns}")]
    NoIdColumn {
        /// The column looked for.
        wanted: String,
        /// The columns that there are.
        columns: String,
    },
    /// One row of a table or of JSON lines that cannot be parsed.
    #[error("this row cannot be parsed ({0}); correct it")]
    BadRow(String),
    /// A third-party reader broke on the file.
    #[error("is so damaged that the {0} reader gave up; open it in its program and save it again")]
    ReaderFailed(&'static str),
}

impl Reason {
    /// A file of `format` that the reader could not follow.
    pub(super) fn damaged(format: &'static str, detail: impl fmt::Display) -> Self {
        Reason::Damaged { format, detail: detail.to_string() }
    }

    /// A limit that was reached.
    pub(super) fn limit(limit: Limit, allowed: u64) -> Self {
        Reason::Limit { limit, allowed }
    }
}

impl From<io::Error> for Reason {
    /// Maps the system's error kinds; a [`Reason`] that travelled inside an [`io::Error`] comes out as it was.
    fn from(error: io::Error) -> Self {
        match error.downcast::<Reason>() {
            Ok(reason) => reason,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => Reason::NotFound,
                io::ErrorKind::PermissionDenied => Reason::Permission,
                _ => Reason::Io(error.to_string()),
            },
        }
    }
}

impl From<Reason> for io::Error {
    /// Lets a reader under a third-party parser stop it with a reason of ours.
    fn from(reason: Reason) -> Self {
        io::Error::other(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_are_named() {
        let reason = |kind| Reason::from(io::Error::from(kind));
        assert_eq!(reason(io::ErrorKind::PermissionDenied), Reason::Permission);
        assert_eq!(reason(io::ErrorKind::NotFound), Reason::NotFound);
    }

    #[test]
    fn a_reason_survives_the_trip_through_io() {
        let limit = Reason::limit(Limit::Time, 60);
        assert_eq!(Reason::from(io::Error::from(limit.clone())), limit);
    }
}
