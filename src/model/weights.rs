//! Weights laid out for classifying: what a feature adds to every head lies together. Columns are in order of frequency, so the
//! rows that nearly every sentence needs lie together too.

use super::Model;
use crate::tfidf::TfIdf;

/// Counts above this count as this: no sentence says one thing so often.
const HIGHEST_COUNT: u8 = u8::MAX;

/// The weights of all features.
pub(super) struct Weights {
    /// Weights of each feature and then its idf, filled up to `stride` numbers.
    rows: Vec<f32>,
    stride: usize,
    heads: usize,
    /// Columns from here on are character n-grams.
    first_character: u32,
    /// What each count counts as.
    tf: Vec<f32>,
}

/// What the features of a sentence add up to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Counts by column; all 0 between sentences.
    counts: Vec<u8>,
    /// The columns of the sentence's features, in the order in which they were met: first words, then character n-grams.
    columns: Vec<u32>,
    /// How many of them are words.
    words: usize,
    /// The columns with their `tf · idf`.
    values: Vec<(u32, f32)>,
    /// The sums of `tf · idf · weight`, for words and then for character n-grams, each `stride` numbers.
    sums: Vec<f32>,
    /// What brings each of the two to norm 1.
    scale: [f32; 2],
}

impl Sums {
    /// Gets ready for a sentence.
    pub(super) fn clear(&mut self, weights: &Weights) {
        let features = weights.rows.len() / weights.stride;
        if self.counts.len() != features {
            self.counts = vec![0; features];
        }
        self.columns.clear();
        self.words = 0;
    }

    /// What is counted from now on are character n-grams.
    pub(super) fn end_of_words(&mut self) {
        self.words = self.columns.len();
    }

    /// Counts a feature.
    #[inline]
    pub(super) fn count(&mut self, column: u32) {
        if let Some(count) = self.counts.get_mut(column as usize) {
            if *count == 0 {
                self.columns.push(column);
            }
            *count = count.saturating_add(1);
        }
    }
}

impl Weights {
    pub(super) fn new(model: &Model) -> Self {
        let heads = model.heads();
        let stride = (heads + 1).next_multiple_of(4);
        let mut rows = vec![0.0; model.vocabulary.len() * stride];
        for (row, (weights, &idf)) in rows.chunks_mut(stride).zip(model.weights.rows().into_iter().zip(&model.tfidf.idf)) {
            let (to, rest) = row.split_at_mut(heads);
            to.iter_mut().zip(weights).for_each(|(to, &from)| *to = from);
            rest[0] = idf;
        }
        let tf = |count| TfIdf::tf(model.tfidf.sublinear_tf, f32::from(count));
        let tf = (0..=HIGHEST_COUNT).map(tf).collect();
        Weights { rows, stride, heads, first_character: model.vocabulary.first_character(), tf }
    }

    /// Adds up the features that were counted, and forgets the counts.
    pub(super) fn weigh(&self, sums: &mut Sums) {
        let Sums { counts, columns, words, values, sums, scale } = sums;
        values.clear();
        sums.clear();
        let (words, characters) = columns.split_at(*words);
        *scale = [words, characters].map(|columns| {
            let square = match self.stride {
                // The usual numbers of heads get a loop of fixed length.
                4 => self.add::<4>(columns, counts, values, sums),
                8 => self.add::<8>(columns, counts, values, sums),
                12 => self.add::<12>(columns, counts, values, sums),
                16 => self.add::<16>(columns, counts, values, sums),
                _ => self.add_any(columns, counts, values, sums),
            };
            if square > 0.0 { square.sqrt().recip() } else { 0.0 }
        });
    }

    /// Appends the sums over one kind of features, and returns their sum of squares.
    fn add<const STRIDE: usize>(
        &self,
        columns: &[u32],
        counts: &mut [u8],
        values: &mut Vec<(u32, f32)>,
        sums: &mut Vec<f32>,
    ) -> f32 {
        let (rows, _) = self.rows.as_chunks::<STRIDE>();
        let mut square = 0.0;
        let mut totals = [0.0; STRIDE];
        for &column in columns {
            let row = &rows[column as usize];
            let value = self.tf[usize::from(std::mem::take(&mut counts[column as usize]))] * row[self.heads];
            square += value * value;
            totals.iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight);
            values.push((column, value));
        }
        sums.extend(totals);
        square
    }

    fn add_any(&self, columns: &[u32], counts: &mut [u8], values: &mut Vec<(u32, f32)>, sums: &mut Vec<f32>) -> f32 {
        let start = sums.len();
        sums.resize(start + self.stride, 0.0);
        let mut square = 0.0;
        for &column in columns {
            let row = &self.rows[column as usize * self.stride..][..self.stride];
            let value = self.tf[usize::from(std::mem::take(&mut counts[column as usize]))] * row[self.heads];
            square += value * value;
            sums[start..].iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight);
            values.push((column, value));
        }
        square
    }

    /// The decision values of the sentence, biases included.
    pub(super) fn values(&self, sums: &Sums, bias: &[f64]) -> impl Iterator<Item = f64> {
        let (words, characters) = sums.sums.split_at(self.stride);
        let [of_words, of_characters] = sums.scale;
        let value = move |(bias, (word, character)): (&f64, (&f32, &f32))| {
            bias + f64::from(word * of_words) + f64::from(character * of_characters)
        };
        bias.iter().zip(words.iter().zip(characters)).map(value)
    }

    /// The features of the sentence: columns and values.
    pub(super) fn features(&self, sums: &Sums) -> Vec<(u32, f64)> {
        let scaled = |&(column, value): &(u32, f32)| {
            let scale = sums.scale[usize::from(column >= self.first_character)];
            (column, f64::from(value) * f64::from(scale))
        };
        sums.values.iter().map(scaled).collect()
    }
}
