//! Weights laid out for classifying: what a feature adds to every head lies together. Columns are in order of frequency, so the
//! rows that nearly every sentence needs lie together too.

use ndarray::Array2;
use zerocopy::little_endian::F32;
use zerocopy::{FromBytes, IntoBytes};

use crate::prefetch::prefetch;
use crate::tfidf::TfIdf;

/// Counts above this count as this: no sentence says one thing so often.
const HIGHEST_COUNT: u8 = u8::MAX;

/// How many numbers a row has: a weight for each head, the idf, and zeros.
pub(super) const fn stride(heads: usize) -> usize {
    // A row of up to 16 numbers is then never in two lines of the processor's cache.
    if heads < 16 { (heads + 1).next_power_of_two() } else { (heads + 1).next_multiple_of(16) }
}

/// The rows as they are saved.
pub(super) fn to_rows(weights: &Array2<f32>, idf: &[f32]) -> Vec<u8> {
    let fill = stride(weights.ncols()) - weights.ncols() - 1;
    let mut bytes = Vec::with_capacity(4 * weights.nrows() * stride(weights.ncols()));
    for (weights, idf) in weights.rows().into_iter().zip(idf) {
        for number in weights.iter().chain([idf]).chain(std::iter::repeat_n(&0.0, fill)) {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes
}

/// What each count counts as.
pub(super) fn term_frequencies(sublinear: bool) -> Vec<f32> {
    (0..=HIGHEST_COUNT).map(|count| TfIdf::tf(sublinear, f32::from(count))).collect()
}

/// The weights of all features.
#[derive(Clone, Copy)]
pub(super) struct Weights<'w> {
    /// The rows, as [`to_rows`] wrote them.
    pub(super) rows: &'w [F32],
    pub(super) heads: usize,
    /// How many numbers a row has.
    pub(super) stride: usize,
    /// Columns from here on are character n-grams.
    pub(super) first_gram: u32,
    /// What each count counts as.
    pub(super) tf: &'w [f32],
}

/// What the features of a sentence add up to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Counts by column; all 0 between sentences.
    counts: Vec<u8>,
    /// The columns of the sentence's features, in the order in which they were met: words, and character n-grams.
    columns: [Vec<u32>; 2],
    /// Whether there was any word, feature or not.
    any: bool,
    /// The columns with their `tf · idf`.
    values: Vec<(u32, f32)>,
    /// The sums of `tf · idf · weight`, for words and then for character n-grams, each `stride` numbers.
    sums: Vec<f32>,
    /// What brings each of the two to norm 1.
    scale: [f32; 2],
}

impl Sums {
    /// Gets ready for a text.
    pub(super) fn clear(&mut self, weights: &Weights) {
        let features = weights.rows.len() / weights.stride;
        if self.counts.len() != features {
            self.counts = vec![0; features];
        }
        self.forget();
    }

    /// Forgets what was counted.
    fn forget(&mut self) {
        for columns in &mut self.columns {
            for column in columns.drain(..) {
                if let Some(count) = self.counts.get_mut(column as usize) {
                    *count = 0;
                }
            }
        }
        self.any = false;
    }

    /// Whether no word was met.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// Counts a word or word n-gram.
    #[inline]
    pub(super) fn word(&mut self, weights: &Weights, column: u32) {
        self.any = true;
        self.count(weights, 0, column);
    }

    /// Counts a character n-gram.
    #[inline]
    pub(super) fn gram(&mut self, weights: &Weights, column: u32) {
        self.count(weights, 1, column);
    }

    /// Counts a feature; what is no column is none.
    #[inline]
    fn count(&mut self, weights: &Weights, kind: usize, column: u32) {
        if let Some(count) = self.counts.get_mut(column as usize) {
            if *count == 0 {
                self.columns[kind].push(column);
                prefetch(weights.rows, column as usize * weights.stride);
            }
            *count = count.saturating_add(1);
        }
    }
}

/// One kind of a sentence's features, and where they are added up.
struct Counted<'c> {
    columns: &'c [u32],
    counts: &'c mut [u8],
    values: &'c mut Vec<(u32, f32)>,
    sums: &'c mut Vec<f32>,
}

impl Weights<'_> {
    /// A feature's weights, a number a head.
    pub(super) fn of(&self, column: u32) -> impl Iterator<Item = f32> {
        let start = column as usize * self.stride;
        self.rows.get(start..start + self.heads).unwrap_or_default().iter().map(|weight| weight.get())
    }

    /// Adds up the features that were counted, and forgets the counts.
    pub(super) fn weigh(&self, sums: &mut Sums) {
        let Sums { counts, columns, any, values, sums, scale } = sums;
        values.clear();
        sums.clear();
        *any = false;
        *scale = columns.each_mut().map(|columns| {
            let mut counted = Counted { columns, counts, values, sums };
            let square = match self.stride {
                // The usual numbers of heads get a loop of fixed length.
                4 => self.add::<4>(&mut counted),
                8 => self.add::<8>(&mut counted),
                16 => self.add::<16>(&mut counted),
                _ => self.add_any(&mut counted),
            };
            columns.clear();
            if square > 0.0 { square.sqrt().recip() } else { 0.0 }
        });
    }

    /// Appends the sums over one kind of features, and returns their sum of squares.
    fn add<const STRIDE: usize>(&self, counted: &mut Counted) -> f32 {
        let Ok(rows) = <[[F32; STRIDE]]>::ref_from_bytes(self.rows.as_bytes()) else { return 0.0 };
        let mut square = 0.0;
        let mut totals = [0.0; STRIDE];
        for &column in counted.columns {
            let Some(row) = rows.get(column as usize) else { continue };
            let value = self.value(counted.counts, column, row.get(self.heads));
            square += value * value;
            totals.iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight.get());
            counted.values.push((column, value));
        }
        counted.sums.extend(totals);
        square
    }

    fn add_any(&self, counted: &mut Counted) -> f32 {
        let stride = self.stride;
        let start = counted.sums.len();
        counted.sums.resize(start + stride, 0.0);
        let mut square = 0.0;
        for &column in counted.columns {
            let Some(row) = self.rows.get(column as usize * stride..).and_then(|rows| rows.get(..stride)) else { continue };
            let value = self.value(counted.counts, column, row.get(self.heads));
            square += value * value;
            counted.sums[start..].iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight.get());
            counted.values.push((column, value));
        }
        square
    }

    /// `tf · idf` of a feature, whose count is forgotten.
    #[inline]
    fn value(&self, counts: &mut [u8], column: u32, idf: Option<&F32>) -> f32 {
        let count = counts.get_mut(column as usize).map_or(0, std::mem::take);
        self.tf.get(usize::from(count)).copied().unwrap_or(0.0) * idf.map_or(0.0, |idf| idf.get())
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
            let scale = sums.scale[usize::from(column >= self.first_gram)];
            (column, f64::from(value) * f64::from(scale))
        };
        sums.values.iter().map(scaled).collect()
    }
}
