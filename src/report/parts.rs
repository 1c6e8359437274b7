//! The documents' paragraphs and details, one document at a time.

use std::io;

use super::data::DocumentPart;

/// Gives what a report holds of each document besides its figures: read back from a temporary file, as often as wanted and in any
/// order, from any thread.
pub struct Parts {}

impl Parts {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part of a document, by its number in [`Report::documents`](super::data::Report::documents).
    ///
    /// # Errors
    /// When the temporary file cannot be read, or there is no such document.
    pub fn read(&self, document: usize) -> io::Result<DocumentPart> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no document {document}")))
    }

    /// The parts in input order.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<DocumentPart>> + '_ {
        (0..self.len()).map(|document| self.read(document))
    }
}
