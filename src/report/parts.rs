//! The documents' paragraphs and details, one document at a time, and the details of documents taken together.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::data::{Details, DocumentPart, Example, Keyness, LabelDetails, Row};
use super::examples::Candidates;
use super::keyness::{WordCounts, WordList, Words};
use super::spool::{Record, Spool};
use super::terms::{TermList, TermNames, TermSums};

/// How many terms and how many telling words of a label are listed.
const LISTED: usize = 10;

/// Gives what a report holds of each document besides its figures: read back from a temporary file, as often as wanted and in any
/// order, from any thread.
pub struct Parts {
    spool: Spool,
    kept: Vec<Kept>,
    corpus: Corpus,
}

/// Where the spool has a document.
pub(super) struct Kept {
    /// A [`Behind`].
    pub(super) details: Record,
    /// Its rows.
    pub(super) blocks: Record,
}

/// What is behind the figures of a document, as the spool keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct Behind {
    pub(super) terms: TermList,
    pub(super) words: WordList,
    /// By label.
    pub(super) representative: Vec<Vec<Example>>,
    pub(super) least_certain: Vec<Example>,
}

/// What documents are compared with.
pub(super) struct Corpus {
    /// The ids of the labels.
    pub(super) labels: Vec<String>,
    pub(super) terms: Arc<TermNames>,
    pub(super) words: Words,
    /// How often words occur in all documents.
    pub(super) counts: WordCounts,
}

impl Parts {
    pub(super) fn new(spool: Spool, kept: Vec<Kept>, corpus: Corpus) -> Self {
        Parts { spool, kept, corpus }
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.kept.len()
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
        let blocks: Vec<Row> = self.spool.read(self.kept(document)?.blocks)?;
        Ok(DocumentPart { document, details: self.details(&[document])?, blocks })
    }

    /// The parts in input order.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<DocumentPart>> + '_ {
        (0..self.len()).map(|document| self.read(document))
    }

    /// What is behind the figures of some documents together.
    pub(super) fn details(&self, documents: &[usize]) -> io::Result<Details> {
        let mut terms = TermSums::default();
        let mut words = WordCounts::default();
        let mut examples = Candidates::new(self.corpus.labels.len());
        for &document in documents {
            let behind: Behind = self.spool.read(self.kept(document)?.details)?;
            terms.merge(&behind.terms);
            words.merge(&behind.words);
            examples.add(behind.representative, behind.least_certain);
        }
        let corpus = &self.corpus;
        let keyness = |label| words.against_rest(label, &corpus.counts, &corpus.words, LISTED);
        Ok(self.put_together(&terms, keyness, examples))
    }

    /// What is behind the figures of all documents together.
    pub(super) fn overall(&self, terms: &TermSums, examples: Candidates) -> Details {
        let corpus = &self.corpus;
        let in_all = corpus.counts.over_labels();
        let keyness = |label| corpus.counts.against_labels(label, &in_all, &corpus.words, LISTED);
        self.put_together(terms, keyness, examples)
    }

    fn put_together(&self, terms: &TermSums, keyness: impl Fn(u32) -> Vec<Keyness>, examples: Candidates) -> Details {
        let (representative, least_certain) = examples.choose();
        let of_label = |(at, (label, representative)): (u32, (&String, Vec<Example>))| LabelDetails {
            label: label.clone(),
            terms: terms.top(at, &self.corpus.terms, LISTED),
            keyness: keyness(at),
            representative,
        };
        let labels = (0..).zip(self.corpus.labels.iter().zip(representative)).map(of_label).collect();
        Details { labels, least_certain }
    }

    fn kept(&self, document: usize) -> io::Result<&Kept> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no document {document}"));
        self.kept.get(document).ok_or_else(missing)
    }
}
