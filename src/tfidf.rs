//! Words to sparse vectors: TF-IDF, fit and transform in parallel.
//!
//! The value of feature *t* in sentence *s* is `tf(t, s) · idf(t)`, with
//!
//! - `tf = 1 + ln n` (sublinear) or `n`, where *n* is how often *t* occurs in *s*;
//! - `idf = ln((1 + N) / (1 + df)) + 1` (smooth), where *N* is the number of documents and *df* how many of them contain *t*,
//!
//! as in Manning, Raghavan and Schütze, *Introduction to Information Retrieval* (2008), chapter 6, and as scikit-learn has it. The
//! values of the word n-grams of a sentence are then divided by their Euclidean norm, and so are those of its character
//! n-grams: two blocks of norm 1 side by side.
//!
//! A document (here: a paragraph) is the weighted mean of its sentences, each weighing the square root of its length in
//! characters. The theme of a paragraph is the one with the largest share of its substance, and a mean over sentences
//! says so where one bag of words lets a sentence of many rare words outweigh the rest.

use std::ops::{AddAssign, Range};

use linfa::dataset::Records;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::tokenize::{GAP, Sentence, TokenizedCorpus};
use crate::vocabulary::{Counts, Vocabulary};

/// Rows of a sparse matrix: documents × features.
pub type SparseMatrix = CsMatI<f32, u32, usize>;

/// Sparse rows as linfa's estimators take them: documents × features.
#[derive(Debug, Clone)]
pub struct SparseRows(pub SparseMatrix);

impl Records for SparseRows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.0.rows()
    }

    fn nfeatures(&self) -> usize {
        self.0.cols()
    }
}

impl SparseRows {
    /// Puts rows of `(column, value)`, each in order of column, into one matrix of `columns` columns.
    pub fn from_rows(rows: &[Vec<(u32, f32)>], columns: usize) -> Self {
        let entries = rows.iter().map(Vec::len).sum();
        let mut starts = Vec::with_capacity(rows.len() + 1);
        let (mut indices, mut values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        starts.push(0);
        for row in rows {
            for &(column, value) in row {
                indices.push(column);
                values.push(value);
            }
            starts.push(indices.len());
        }
        SparseRows(SparseMatrix::new((rows.len(), columns), starts, indices, values))
    }

    /// The entries of row `row`: columns and values.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.0.indptr().outer_inds_sz(row);
        (&self.0.indices()[range.clone()], &self.0.data()[range])
    }

    /// The given rows, in the given order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let selected: Vec<Vec<(u32, f32)>> = rows
            .iter()
            .map(|&row| {
                let (columns, values) = self.row(row);
                columns.iter().copied().zip(values.iter().copied()).collect()
            })
            .collect();
        SparseRows::from_rows(&selected, self.0.cols())
    }
}

/// What is counted by itself and brought to norm 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Each sentence; a paragraph is the weighted mean of its sentences.
    Sentence,
    /// The paragraph as a whole, in one bag.
    Paragraph,
}

/// Counted documents, sentence by sentence.
#[derive(Debug, Clone)]
pub struct CountedCorpus {
    /// Counts, sentences × features, in document order.
    pub sentences: SparseRows,
    /// The weight of each sentence in its document; the weights of a document sum to 1.
    pub weights: Vec<f32>,
    /// Where each sentence stands in its document, in characters.
    pub characters: Vec<Range<usize>>,
    /// Where each document's sentences begin, and, last, where the last one's end.
    pub starts: Vec<usize>,
    /// The first column of a character n-gram.
    pub first_character: u32,
}

impl CountedCorpus {
    /// Counts the features of every sentence of `corpus`, in parallel.
    pub fn new(vocabulary: &Vocabulary, corpus: &TokenizedCorpus, unit: Unit) -> Self {
        let counted: Vec<Vec<(Row, f32, Range<usize>)>> = corpus
            .documents
            .par_iter()
            .with_min_len(256)
            .map_init(Counts::default, |counts, document| {
                let whole;
                let sentences = match unit {
                    Unit::Sentence => document,
                    Unit::Paragraph => {
                        whole = join(document);
                        &whole
                    }
                };
                let count = |sentence: &Sentence| {
                    let row = vocabulary.count(sentence, corpus, counts).into_iter();
                    let row = row.map(|(column, n)| (column, n as f32)).collect();
                    (row, sentence_weight(sentence.characters.len()), sentence.characters.clone())
                };
                let mut rows: Vec<(Row, f32, Range<usize>)> = sentences.iter().map(count).collect();
                let total: f32 = rows.iter().map(|(_, weight, _)| weight).sum();
                rows.iter_mut().for_each(|(_, weight, _)| *weight /= total);
                rows
            })
            .collect();
        let mut starts = vec![0];
        let (mut rows, mut weights, mut characters) = (Vec::new(), Vec::new(), Vec::new());
        for document in counted {
            for (row, weight, place) in document {
                rows.push(row);
                weights.push(weight);
                characters.push(place);
            }
            starts.push(rows.len());
        }
        let first_character = vocabulary.first_character();
        let sentences = SparseRows::from_rows(&rows, vocabulary.len());
        CountedCorpus { sentences, weights, characters, starts, first_character }
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.starts.len() - 1
    }

    /// The numbers of the sentences of a document.
    pub fn sentences_of(&self, document: usize) -> Range<usize> {
        self.starts[document]..self.starts[document + 1]
    }

    /// The given documents, in the given order.
    pub fn select(&self, documents: &[usize]) -> Self {
        let sentences: Vec<usize> = documents.iter().flat_map(|&document| self.sentences_of(document)).collect();
        let ends = documents.iter().scan(0, |end, &document| {
            *end += self.sentences_of(document).len();
            Some(*end)
        });
        CountedCorpus {
            sentences: self.sentences.select(&sentences),
            weights: sentences.iter().map(|&sentence| self.weights[sentence]).collect(),
            characters: sentences.iter().map(|&sentence| self.characters[sentence].clone()).collect(),
            starts: std::iter::once(0).chain(ends).collect(),
            first_character: self.first_character,
        }
    }

    /// The weighted mean of each document's rows in `sentences` (sentences × features): documents × features.
    pub fn mean(&self, sentences: &SparseRows) -> SparseRows {
        let rows: Vec<Row> = (0..self.documents())
            .into_par_iter()
            .with_min_len(256)
            .map(|document| {
                let mut row: Row = Vec::new();
                for sentence in self.sentences_of(document) {
                    let (columns, values) = sentences.row(sentence);
                    row.extend(columns.iter().zip(values).map(|(&column, &v)| (column, v * self.weights[sentence])));
                }
                sum_by_column(&mut row);
                row
            })
            .collect();
        SparseRows::from_rows(&rows, sentences.nfeatures())
    }
}

/// A row of a sparse matrix: columns, rising, and values.
type Row = Vec<(u32, f32)>;

/// What a sentence of so many characters weighs beside the others of its paragraph: the square root of its length.
pub(crate) fn sentence_weight(characters: usize) -> f32 {
    (characters as f32).sqrt()
}

/// Brings the columns in order, each once, with the sum of its values, which are added up in the order in which they stand.
pub(crate) fn sum_by_column<V: Copy + AddAssign>(row: &mut Vec<(u32, V)>) {
    row.sort_by_key(|&(column, _)| column);
    row.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}

/// A document's sentences as one, in at most one sentence.
fn join(document: &[Sentence]) -> Vec<Sentence> {
    let [first, .., last] = document else { return document.to_vec() };
    vec![Sentence {
        words: document.iter().map(|sentence| sentence.words.as_slice()).collect::<Vec<_>>().join(&GAP),
        characters: first.characters.start..last.characters.end,
    }]
}

/// How counts become TF-IDF values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TfIdfSettings {
    /// In how many documents a feature must occur at least.
    pub min_df: usize,
    /// In which share of the documents a feature may occur at most, from 0 to 1.
    pub max_df: f64,
    /// How many features to keep at most: the ones that occur in most documents.
    pub max_features: Option<usize>,
    /// Whether a feature's count counts as `1 + ln n` instead of `n`.
    pub sublinear_tf: bool,
}

impl Default for TfIdfSettings {
    fn default() -> Self {
        TfIdfSettings { min_df: 2, max_df: 1.0, max_features: None, sublinear_tf: true }
    }
}

impl TfIdfSettings {
    /// In how many documents a feature should occur at least, by the characters of the whole corpus: 2, and one more for each half a
    /// million, up to 5. The more text, the more n-grams occur twice by chance; leaving them out halves the model and costs nothing
    /// (`docs/features.md`).
    pub fn usual_min_df(characters: usize) -> usize {
        2 + (characters / 500_000).min(3)
    }
}

/// The fitted weights: one idf a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TfIdf {
    /// idf by column; 0 for a feature that is not used.
    pub idf: Vec<f32>,
    /// Whether counts are taken as `1 + ln n`.
    pub sublinear_tf: bool,
}

impl TfIdf {
    /// Fits on a corpus of counted documents.
    pub fn fit(corpus: &CountedCorpus, settings: &TfIdfSettings) -> Self {
        let documents = corpus.documents();
        let mut df = vec![0usize; corpus.sentences.nfeatures()];
        // The last document in which a feature was met: it counts once a document, however many sentences have it.
        let mut last = vec![usize::MAX; df.len()];
        for document in 0..documents {
            for sentence in corpus.sentences_of(document) {
                for &column in corpus.sentences.row(sentence).0 {
                    if std::mem::replace(&mut last[column as usize], document) != document {
                        df[column as usize] += 1;
                    }
                }
            }
        }
        let most = (settings.max_df * documents as f64).floor() as usize;
        let mut used: Vec<bool> = df.iter().map(|&df| df >= settings.min_df.max(1) && df <= most).collect();
        if let Some(limit) = settings.max_features {
            let mut columns: Vec<usize> = (0..df.len()).filter(|&column| used[column]).collect();
            // Ties are broken by column, so that the choice is always the same.
            columns.sort_by_key(|&column| (std::cmp::Reverse(df[column]), column));
            for &column in columns.iter().skip(limit) {
                used[column] = false;
            }
        }
        let idf = df.iter().zip(used).map(|(&df, used)| if used { smooth_idf(documents, df) } else { 0.0 }).collect();
        TfIdf { idf, sublinear_tf: settings.sublinear_tf }
    }

    /// What a count counts as.
    pub(crate) fn tf(sublinear: bool, count: f32) -> f32 {
        if sublinear && count > 1.0 { 1.0 + count.ln() } else { count }
    }

    /// The value of a feature before the row is normalized: `tf · idf`.
    pub fn weight(&self, column: u32, count: f32) -> f32 {
        TfIdf::tf(self.sublinear_tf, count) * self.idf.get(column as usize).copied().unwrap_or(0.0)
    }

    /// Turns the counts of each sentence into TF-IDF values (sentences × features), in parallel.
    pub fn transform(&self, corpus: &CountedCorpus) -> SparseRows {
        let counts = &corpus.sentences;
        let rows: Vec<Row> = (0..counts.nsamples())
            .into_par_iter()
            .with_min_len(256)
            .map(|sentence| {
                let (columns, values) = counts.row(sentence);
                let weighted = columns.iter().zip(values).map(|(&column, &n)| (column, self.weight(column, n)));
                let mut row: Row = weighted.filter(|&(_, value)| value != 0.0).collect();
                let words = row.partition_point(|&(column, _)| column < corpus.first_character);
                let (words, characters) = row.split_at_mut(words);
                normalize(words);
                normalize(characters);
                row
            })
            .collect();
        SparseRows::from_rows(&rows, counts.nfeatures())
    }
}

/// `ln((1 + N) / (1 + df)) + 1`.
fn smooth_idf(documents: usize, df: usize) -> f32 {
    (((1 + documents) as f64 / (1 + df) as f64).ln() + 1.0) as f32
}

/// Divides the values of a row by its Euclidean norm; a row of norm 0 stays as it is.
fn normalize(row: &mut [(u32, f32)]) {
    let norm = row.iter().map(|&(_, value)| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
    if norm > 0.0 {
        for (_, value) in row {
            *value = (f64::from(*value) / norm) as f32;
        }
    }
}
