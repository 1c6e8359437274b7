//! Weights laid out for classifying: what an occurrence of a feature adds to every head lies together. Columns are in order of frequency,
//! so the rows that nearly every sentence needs lie together too.

use ndarray::{Array2, s};
use zerocopy::little_endian::F32;
use zerocopy::{FromBytes, IntoBytes};

use crate::met::Met;
use crate::prefetch::prefetch;
use crate::tfidf::TfIdf;

/// What each count of a feature counts as. Higher counts count as the highest: no sentence says one thing so often.
pub(super) type TermFrequencies = [f32; u8::MAX as usize + 1];

/// How many occurrences of a feature are added as one each. Few: what is then taken away again must not cost digits.
const AS_ONE: u8 = 4;

/// How many numbers a row has: a weight × idf for each head, the square of the idf, and zeros.
pub(super) const fn stride(heads: usize) -> usize {
    // A row of up to 16 numbers is then never in two lines of the processor's cache.
    if heads < 16 { (heads + 1).next_power_of_two() } else { (heads + 1).next_multiple_of(16) }
}

/// The rows as they are saved, by the features' numbers: first that of no feature, which is all zeros. `weights` are × idf.
pub(super) fn to_rows(weights: &Array2<f32>, idf: &[f32]) -> Vec<u8> {
    let row = 4 * stride(weights.ncols());
    let mut bytes = vec![0; row];
    for (weights, idf) in weights.rows().into_iter().zip(idf) {
        for number in weights.iter().chain([&(idf * idf)]) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(row), 0);
    }
    bytes
}

/// The weights × idf and the idf of so many features, as [`to_rows`] wrote them; nothing if the bytes are too few or too many.
pub(super) fn from_rows(bytes: &[u8], features: usize, heads: usize) -> Option<(Array2<f32>, Vec<f32>)> {
    let numbers = <[F32]>::ref_from_bytes(bytes).ok()?.iter().map(|number| number.get()).collect();
    let rows = Array2::from_shape_vec((features.checked_add(1)?, stride(heads)), numbers).ok()?;
    // The root of a number's square is the number, to the last bit.
    Some((rows.slice(s![1.., ..heads]).to_owned(), rows.slice(s![1.., heads]).mapv(f32::sqrt).to_vec()))
}

/// What each count counts as.
pub(super) fn term_frequencies(sublinear: bool) -> TermFrequencies {
    std::array::from_fn(|count| TfIdf::tf(sublinear, count as f32))
}

/// The weights of all features, and the biases.
#[derive(Clone, Copy)]
pub(super) struct Weights<'w> {
    /// The rows, as [`to_rows`] wrote them.
    pub(super) rows: &'w [F32],
    pub(super) heads: usize,
    /// How many numbers a row has.
    pub(super) stride: usize,
    /// A number a head.
    pub(super) bias: &'w [f64],
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
    /// Numbers of what was met more than once.
    again: Met,
    /// What brings each of the two to norm 1.
    scale: [f32; 2],
    /// Decision values, biases included, a number a head.
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

    /// The decision values of the sentence that was weighed last.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Takes sums over words and over character n-grams: what they add to each head, and then their sum of squares.
    fn put(&mut self, sums: [&[f32]; 2], bias: &[f64]) {
        let [of_words, of_grams] = sums;
        let scale = |sums: &[f32]| match sums.get(bias.len()) {
            Some(&square) if square > 0.0 => square.sqrt().recip(),
            _ => 0.0,
        };
        let [words, grams] = sums.map(scale);
        self.scale = [words, grams];
        self.values.resize(bias.len(), 0.0);
        for (((value, bias), word), gram) in self.values.iter_mut().zip(bias).zip(of_words).zip(of_grams) {
            *value = bias + f64::from(word * words) + f64::from(gram * grams);
        }
    }
}

impl Weights<'_> {
    /// Asks for a feature's row.
    #[inline]
    pub(super) fn expect(&self, number: u32) {
        prefetch(self.rows, number as usize * self.stride);
    }

    /// A feature's weights × idf, a number a head.
    pub(super) fn of(&self, column: u32) -> impl Iterator<Item = f32> {
        let start = (column as usize + 1) * self.stride;
        self.rows.get(start..start + self.heads).unwrap_or_default().iter().map(|weight| weight.get())
    }

    /// Adds up the features that were met.
    pub(super) fn weigh(&self, sums: &mut Sums) {
        // The usual numbers of heads get loops of fixed lengths.
        match (self.stride, self.heads) {
            (4, _) => self.weigh_rows::<4, 4>(sums),
            (8, _) => self.weigh_rows::<8, 8>(sums),
            (16, ..12) => self.weigh_rows::<16, 12>(sums),
            (16, _) => self.weigh_rows::<16, 16>(sums),
            _ => self.weigh_any(sums),
        }
    }

    /// Adds up rows of so many numbers; what is not 0 is among the first `USED`.
    fn weigh_rows<const STRIDE: usize, const USED: usize>(&self, sums: &mut Sums) {
        let rows = <[[F32; STRIDE]]>::ref_from_bytes(self.rows.as_bytes()).unwrap_or_default();
        let Sums { met: [words, grams], counts, again, .. } = sums;
        let Some(counts) = counts.get_mut(..rows.len()) else { return };
        let words: [f32; USED] = self.add(rows, words, counts, again);
        let grams: [f32; USED] = self.add(rows, grams, counts, again);
        sums.put([&words, &grams], self.bias);
    }

    /// The sums over one kind of features. There is a count for each row.
    #[inline]
    fn add<const STRIDE: usize, const USED: usize>(
        &self,
        rows: &[[F32; STRIDE]],
        met: &Met,
        counts: &mut [u8],
        again: &mut Met,
    ) -> [f32; USED] {
        // Occurrences are added as they are. What is met again is noted, and put right afterwards.
        let mut totals = [0.0; USED];
        again.clear();
        let mut open = again.open(met.numbers().len());
        for &number in met.numbers() {
            let (Some(count), Some(row)) = (counts.get_mut(number as usize), rows.get(number as usize)) else { continue };
            if *count >= AS_ONE {
                *count = count.saturating_add(1);
                continue;
            }
            open.push(number, *count == 1);
            *count += 1;
            totals.iter_mut().zip(row).for_each(|(total, number)| *total += number.get());
        }
        open.close();
        let mut square = 0.0;
        for &number in again.numbers() {
            let row = &rows[number as usize];
            let count = counts[number as usize];
            let tf = self.tf[usize::from(count)];
            let more = tf - f32::from(count.min(AS_ONE));
            totals.iter_mut().zip(row).for_each(|(total, number)| *total += more * number.get());
            // The square of the idf is now in the sum tf times, but belongs there tf² times.
            square += (tf * tf - tf) * row[self.heads].get();
        }
        for &number in met.numbers() {
            if let Some(count) = counts.get_mut(number as usize) {
                *count = 0;
            }
        }
        // A copy, so that the totals are in registers up to here.
        let mut sums = totals;
        sums[self.heads] += square;
        sums
    }

    /// Calls `each` with every feature that was met: its number, its row, and what it counts as.
    fn for_each_feature(&self, met: &Met, counts: &mut [u8], mut each: impl FnMut(u32, &[F32], f32)) {
        for &number in met.numbers() {
            if let Some(count) = counts.get_mut(number as usize) {
                *count = count.saturating_add(1);
            }
        }
        for &number in met.numbers() {
            if let Some(count) = counts.get_mut(number as usize)
                && *count > 0
            {
                let row = &self.rows[number as usize * self.stride..][..self.stride];
                each(number, row, self.tf[usize::from(std::mem::take(count))]);
            }
        }
    }

    fn weigh_any(&self, sums: &mut Sums) {
        let Sums { met, counts, .. } = sums;
        let [words, grams] = met.each_ref().map(|met| {
            let mut totals = vec![0.0; self.heads + 1];
            self.for_each_feature(met, counts, |_, row, tf| {
                totals.iter_mut().zip(&row[..self.heads]).for_each(|(total, weight)| *total += tf * weight.get());
                totals[self.heads] += tf * tf * row[self.heads].get();
            });
            totals
        });
        sums.put([&words, &grams], self.bias);
    }

    /// The features of the sentence: columns, and what of their weights × idf they add.
    pub(super) fn features(&self, sums: &mut Sums) -> Vec<(u32, f64)> {
        let Sums { met, counts, scale, .. } = sums;
        let mut features = Vec::new();
        for (met, &scale) in met.iter().zip(&*scale) {
            self.for_each_feature(met, counts, |number, _, tf| {
                features.push((number.wrapping_sub(1), f64::from(tf) * f64::from(scale)));
            });
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FEATURES: usize = 12;

    /// Which features a sentence has, as words and as n-grams, some of them more often than is counted.
    fn met() -> impl Strategy<Value = [Vec<u32>; 2]> {
        let number = 0..FEATURES as u32 + 1;
        let met = prop::collection::vec((number, prop_oneof![9 => 1..4_usize, 1 => 250..300_usize]), 0..20)
            .prop_map(|met| met.into_iter().flat_map(|(number, count)| std::iter::repeat_n(number, count)).collect());
        [met.clone(), met]
    }

    proptest! {
        /// What is put right afterwards comes to the same as what is weighed feature by feature.
        #[test]
        fn adding_occurrences_is_weighing_counts(
            (heads, numbers) in (1..16_usize).prop_flat_map(|heads| {
                (Just(heads), prop::collection::vec(0.1..8.0_f32, FEATURES * (heads + 1)))
            }),
            met in met(),
            sublinear: bool,
        ) {
            let (weights, idf) = numbers.split_at(FEATURES * heads);
            let weights = Array2::from_shape_vec((FEATURES, heads), weights.to_vec()).unwrap();
            let bytes = to_rows(&weights, idf);
            prop_assert_eq!(from_rows(&bytes, FEATURES, heads), Some((weights, idf.to_vec())));
            let (bias, tf) = (vec![0.5; heads], term_frequencies(sublinear));
            let rows = <[F32]>::ref_from_bytes(&bytes).unwrap();
            let weights = Weights { rows, heads, stride: stride(heads), bias: &bias, tf: &tf };
            let mut sums = Sums::default();
            sums.clear(&weights);
            met[0].iter().for_each(|&number| sums.words().push(number));
            met[1].iter().for_each(|&number| sums.grams().push(number));
            weights.weigh_any(&mut sums);
            let (expected, scale) = (sums.values.clone(), sums.scale);
            // Twice, to see that counts are forgotten.
            for _ in 0..2 {
                weights.weigh(&mut sums);
                for (value, expected) in sums.values.iter().zip(&expected) {
                    prop_assert!((value - expected).abs() < 1e-5 * expected, "{} {}", value, expected);
                }
                for (scale, expected) in sums.scale.iter().zip(&scale) {
                    prop_assert!((scale - expected).abs() <= 1e-5 * expected, "{} {}", scale, expected);
                }
            }
            // And against the definition.
            for (kind, scale) in met.iter().zip(&scale) {
                let count = |number: usize| kind.iter().filter(|&&met| met as usize == number).count().min(255) as f32;
                let value = |number: usize| TfIdf::tf(sublinear, count(number)) * idf[number - 1];
                let norm = (1..=FEATURES).map(|number| value(number).powi(2)).sum::<f32>().sqrt();
                prop_assert!((norm * scale - 1.0).abs() < 1e-4 || norm == 0.0 && *scale == 0.0, "{} {}", norm, scale);
            }
        }
    }
}
