//! Weights laid out for classifying: what a feature adds to every head lies together. Columns are in order of frequency, so the
//! rows that nearly every sentence needs lie together too.

use ndarray::Array2;
use zerocopy::little_endian::F32;
use zerocopy::{FromBytes, IntoBytes};

use crate::prefetch::prefetch;
use crate::segmenter::NONE;
use crate::tfidf::TfIdf;

/// What each count of a feature counts as. Higher counts count as the highest: no sentence says one thing so often.
pub(super) type TermFrequencies = [f32; u8::MAX as usize + 1];

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
pub(super) fn term_frequencies(sublinear: bool) -> TermFrequencies {
    std::array::from_fn(|count| TfIdf::tf(sublinear, count as f32))
}

/// The weights of all features.
#[derive(Clone, Copy)]
pub(super) struct Weights<'w> {
    /// The rows, as [`to_rows`] wrote them.
    pub(super) rows: &'w [F32],
    pub(super) heads: usize,
    /// How many numbers a row has.
    pub(super) stride: usize,
    /// What each count counts as.
    pub(super) tf: &'w TermFrequencies,
}

/// The columns of a sentence's features, in the order in which they are met, and as often.
#[derive(Debug, Default)]
struct Met {
    columns: Vec<u32>,
    length: usize,
}

impl Met {
    /// Adds a feature; [`NONE`] is none.
    #[inline]
    fn push(&mut self, column: u32) {
        if self.length == self.columns.len() {
            self.columns.resize(2 * self.length + 64, NONE);
        }
        self.columns[self.length] = column;
        // Without a branch: no one can guess what is a feature.
        self.length += usize::from(column != NONE);
    }

    fn columns(&self) -> &[u32] {
        &self.columns[..self.length]
    }
}

/// The features of a sentence, and what they add up to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Words, and character n-grams.
    met: [Met; 2],
    /// Whether there was any word, feature or not.
    any: bool,
    /// Counts by column; all 0 but while features are added up.
    counts: Vec<u8>,
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

    /// Gets ready for a sentence.
    pub(super) fn forget(&mut self) {
        for met in &mut self.met {
            met.length = 0;
        }
        self.any = false;
    }

    /// Whether no word was met.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// Takes a word or word n-gram, by column; [`NONE`] for one that is no feature.
    #[inline]
    pub(super) fn word(&mut self, column: u32) {
        self.any = true;
        self.met[0].push(column);
    }

    /// Takes a character n-gram, as [`Sums::word`] does.
    #[inline]
    pub(super) fn gram(&mut self, column: u32) {
        self.met[1].push(column);
    }
}

impl Weights<'_> {
    /// A feature's weights, a number a head.
    pub(super) fn of(&self, column: u32) -> impl Iterator<Item = f32> {
        let start = column as usize * self.stride;
        self.rows.get(start..start + self.heads).unwrap_or_default().iter().map(|weight| weight.get())
    }

    /// Adds up the features that were met.
    pub(super) fn weigh(&self, sums: &mut Sums) {
        let Sums { met, counts, sums, scale, .. } = sums;
        sums.clear();
        for (met, scale) in met.iter().zip(scale) {
            let square = match self.stride {
                // The usual numbers of heads get a loop of fixed length.
                4 => self.add::<4>(met, counts, sums),
                8 => self.add::<8>(met, counts, sums),
                16 => self.add::<16>(met, counts, sums),
                _ => self.add_any(met, counts, sums),
            };
            *scale = if square > 0.0 { square.sqrt().recip() } else { 0.0 };
        }
    }

    /// Calls `each` with every feature that was met: its column, its row, and its `tf · idf`.
    #[inline]
    fn for_each_feature<'r, R: AsRef<[F32]> + ?Sized + 'r>(
        &self,
        met: &Met,
        counts: &mut [u8],
        row: impl Fn(usize) -> Option<&'r R>,
        mut each: impl FnMut(u32, &'r R, f32),
    ) {
        for &column in met.columns() {
            if let Some(count) = counts.get_mut(column as usize) {
                *count = count.saturating_add(1);
                prefetch(self.rows, column as usize * self.stride);
            }
        }
        for &column in met.columns() {
            if let Some(count) = counts.get_mut(column as usize)
                && *count > 0
                && let Some(row) = row(column as usize)
            {
                let tf = self.tf[usize::from(std::mem::take(count))];
                each(column, row, tf * row.as_ref().get(self.heads).map_or(0.0, |idf| idf.get()));
            }
        }
    }

    /// Appends the sums over one kind of features, and returns their sum of squares.
    fn add<const STRIDE: usize>(&self, met: &Met, counts: &mut [u8], sums: &mut Vec<f32>) -> f32 {
        let rows = <[[F32; STRIDE]]>::ref_from_bytes(self.rows.as_bytes()).unwrap_or_default();
        let mut square = 0.0;
        let mut totals = [0.0; STRIDE];
        let add = |_, row: &[F32; STRIDE], value| {
            square += value * value;
            totals.iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight.get());
        };
        self.for_each_feature(met, counts, |at| rows.get(at), add);
        sums.extend(totals);
        square
    }

    fn add_any(&self, met: &Met, counts: &mut [u8], sums: &mut Vec<f32>) -> f32 {
        let start = sums.len();
        sums.resize(start + self.stride, 0.0);
        let mut square = 0.0;
        let add = |_, row: &[F32], value| {
            square += value * value;
            sums[start..].iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight.get());
        };
        self.for_each_feature(met, counts, |at| self.row(at), add);
        square
    }

    fn row(&self, at: usize) -> Option<&[F32]> {
        self.rows.get(at * self.stride..)?.get(..self.stride)
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
    pub(super) fn features(&self, sums: &mut Sums) -> Vec<(u32, f64)> {
        let Sums { met, counts, scale, .. } = sums;
        let mut features = Vec::new();
        for (met, &scale) in met.iter().zip(&*scale) {
            let push = |column, _: &[F32], value| features.push((column, f64::from(value) * f64::from(scale)));
            self.for_each_feature(met, counts, |at| self.row(at), push);
        }
        features
    }
}
