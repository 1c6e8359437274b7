//! Weights laid out for classifying: what a feature adds to every head lies together. Columns are in order of frequency, so the
//! rows that nearly every sentence needs lie together too.

use ndarray::{Array2, s};
use zerocopy::little_endian::F32;
use zerocopy::{FromBytes, IntoBytes};

use crate::met::Met;
use crate::prefetch::prefetch;
use crate::tfidf::TfIdf;

/// What each count of a feature counts as. Higher counts count as the highest: no sentence says one thing so often.
pub(super) type TermFrequencies = [f32; u8::MAX as usize + 1];

/// How many numbers a row has: a weight for each head, zeros, and at the end the idf.
pub(super) const fn stride(heads: usize) -> usize {
    // A row of up to 16 numbers is then never in two lines of the processor's cache.
    if heads < 16 { (heads + 1).next_power_of_two() } else { (heads + 1).next_multiple_of(16) }
}

/// The rows as they are saved, by the features' numbers: first that of no feature, which is all zeros.
pub(super) fn to_rows(weights: &Array2<f32>, idf: &[f32]) -> Vec<u8> {
    let fill = stride(weights.ncols()) - weights.ncols() - 1;
    let mut bytes = vec![0; 4 * stride(weights.ncols())];
    for (weights, idf) in weights.rows().into_iter().zip(idf) {
        for number in weights.iter().chain(std::iter::repeat_n(&0.0, fill)).chain([idf]) {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes
}

/// The weights and idf of so many features, as [`to_rows`] wrote them; nothing if the bytes are too few or too many.
pub(super) fn from_rows(bytes: &[u8], features: usize, heads: usize) -> Option<(Array2<f32>, Vec<f32>)> {
    let numbers = <[F32]>::ref_from_bytes(bytes).ok()?.iter().map(|number| number.get()).collect();
    let rows = Array2::from_shape_vec((features.checked_add(1)?, stride(heads)), numbers).ok()?;
    Some((rows.slice(s![1.., ..heads]).to_owned(), rows.slice(s![1.., -1]).to_vec()))
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

/// The features of a sentence, and what they add up to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Words, and character n-grams.
    met: [Met; 2],
    /// Counts by number; all 0 but while features are added up.
    counts: Vec<u8>,
    /// The sums of `tf · idf · weight`, for words and then for character n-grams, each `stride` numbers.
    sums: Vec<f32>,
    /// What brings each of the two to norm 1.
    scale: [f32; 2],
    /// Decision values.
    values: Vec<f64>,
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
        self.met.iter_mut().for_each(Met::clear);
    }

    /// Words and word n-grams.
    pub(super) fn words(&mut self) -> &mut Met {
        &mut self.met[0]
    }

    /// Character n-grams.
    pub(super) fn grams(&mut self) -> &mut Met {
        &mut self.met[1]
    }
}

impl Weights<'_> {
    /// Asks for a feature's row.
    #[inline]
    pub(super) fn expect(&self, number: u32) {
        prefetch(self.rows, number as usize * self.stride);
    }

    /// A feature's weights, a number a head.
    pub(super) fn of(&self, column: u32) -> impl Iterator<Item = f32> {
        let start = (column as usize + 1) * self.stride;
        self.rows.get(start..start + self.heads).unwrap_or_default().iter().map(|weight| weight.get())
    }

    /// Adds up the features that were met.
    pub(super) fn weigh(&self, sums: &mut Sums) {
        let Sums { met, counts, sums, scale, .. } = sums;
        sums.clear();
        for (met, scale) in met.iter().zip(scale) {
            // The usual numbers of heads get loops of fixed lengths.
            let square = match (self.stride, self.heads) {
                (4, _) => self.add::<4, 4>(met, counts, sums),
                (8, _) => self.add::<8, 8>(met, counts, sums),
                (16, ..=12) => self.add::<16, 12>(met, counts, sums),
                (16, _) => self.add::<16, 16>(met, counts, sums),
                _ => self.add_any(met, counts, sums),
            };
            *scale = if square > 0.0 { square.sqrt().recip() } else { 0.0 };
        }
    }

    /// Calls `each` with every feature that was met: its number, its row, and its `tf · idf`. `row` gives one of so many rows, and
    /// there is a count for each.
    #[inline(always)]
    fn for_each_feature<'r, R: AsRef<[F32]> + ?Sized + 'r>(
        &self,
        met: &Met,
        counts: &mut [u8],
        rows: usize,
        row: impl Fn(usize) -> &'r R,
        mut each: impl FnMut(u32, &'r R, f32),
    ) {
        let Some(counts) = counts.get_mut(..rows) else { return };
        for &number in met.numbers() {
            if let Some(count) = counts.get_mut(number as usize) {
                *count = count.saturating_add(1);
            }
        }
        for &number in met.numbers() {
            if let Some(count) = counts.get_mut(number as usize)
                && *count > 0
            {
                let tf = self.tf[usize::from(std::mem::take(count))];
                let row = row(number as usize);
                each(number, row, tf * row.as_ref().last().map_or(0.0, |idf| idf.get()));
            }
        }
    }

    /// Appends the sums over one kind of features, and returns their sum of squares. The weights are among the first `USED` numbers of
    /// a row.
    fn add<const STRIDE: usize, const USED: usize>(&self, met: &Met, counts: &mut [u8], sums: &mut Vec<f32>) -> f32 {
        let rows = <[[F32; STRIDE]]>::ref_from_bytes(self.rows.as_bytes()).unwrap_or_default();
        let mut square = 0.0;
        let mut totals = [0.0; USED];
        let add = |_, row: &[F32; STRIDE], value| {
            square += value * value;
            totals.iter_mut().zip(row).for_each(|(total, weight)| *total += value * weight.get());
        };
        self.for_each_feature(met, counts, rows.len(), |at| &rows[at], add);
        sums.extend(totals);
        sums.extend([0.0; STRIDE].iter().skip(USED));
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
        self.for_each_feature(met, counts, self.rows.len() / self.stride, |at| self.row(at), add);
        square
    }

    fn row(&self, at: usize) -> &[F32] {
        &self.rows[at * self.stride..][..self.stride]
    }

    /// The decision values of the sentence, biases included.
    pub(super) fn values<'s>(&self, sums: &'s mut Sums, bias: &[f64]) -> &'s [f64] {
        let Sums { sums, scale: [of_words, of_characters], values, .. } = sums;
        let (words, characters) = sums.split_at(self.stride);
        let value = |(bias, (word, character)): (&f64, (&f32, &f32))| {
            bias + f64::from(word * *of_words) + f64::from(character * *of_characters)
        };
        values.clear();
        values.extend(bias.iter().zip(words.iter().zip(characters)).map(value));
        values
    }

    /// The features of the sentence: columns and values.
    pub(super) fn features(&self, sums: &mut Sums) -> Vec<(u32, f64)> {
        let Sums { met, counts, scale, .. } = sums;
        let mut features = Vec::new();
        for (met, &scale) in met.iter().zip(&*scale) {
            let push =
                |number: u32, _: &[F32], value| features.push((number.wrapping_sub(1), f64::from(value) * f64::from(scale)));
            self.for_each_feature(met, counts, self.rows.len() / self.stride, |at| self.row(at), push);
        }
        features
    }
}
