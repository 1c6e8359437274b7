//! A temporary file of records: written once in order, then read in any order. What thousands of documents come to is kept here and
//! not in memory. The file has no name, so nothing is left of it however the program ends.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A spool that is being written.
pub(super) struct SpoolWriter {
    file: BufWriter<File>,
    end: u64,
}

/// Where a record is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    start: u64,
    length: usize,
}

impl SpoolWriter {
    /// An empty spool in `folder`.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(SpoolWriter { file: BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(folder)?), end: 0 })
    }

    /// Adds a record that [`encode`] made.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<Record> {
        self.file.write_all(bytes)?;
        let record = Record { start: self.end, length: bytes.len() };
        self.end += bytes.len() as u64;
        Ok(record)
    }

    /// Ends the writing.
    pub(super) fn finish(self) -> io::Result<Spool> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spool { file: Mutex::new(file) })
    }
}

/// The bytes of a record.
pub(super) fn encode(record: &impl Serialize) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(record).map_err(io::Error::other)
}

/// A spool that is read, from any thread.
pub(super) struct Spool {
    file: Mutex<File>,
}

impl Spool {
    /// Reads a record.
    pub(super) fn read<T: DeserializeOwned>(&self, record: Record) -> io::Result<T> {
        let mut bytes = vec![0; record.length];
        {
            // A thread that panicked while it held the file has left nothing behind: every reader finds its place anew.
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(record.start))?;
            file.read_exact(&mut bytes)?;
        }
        postcard::from_bytes(&bytes).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_any_order() {
        let mut writer = SpoolWriter::new(&std::env::temp_dir()).unwrap();
        let texts = ["甲乙".to_owned(), String::new(), "丙".repeat(5000)];
        let records: Vec<Record> = texts.iter().map(|text| writer.push(&encode(text).unwrap()).unwrap()).collect();
        let spool = writer.finish().unwrap();
        for at in [2, 0, 1, 2] {
            assert_eq!(spool.read::<String>(records[at]).unwrap(), texts[at]);
        }
    }
}
