//! Metrics: how well predicted labels agree with given ones.

mod calibration;

use serde::{Deserialize, Serialize};

pub use calibration::{Prediction, Reliability, calibration_error, reliability};

/// What one label gets: counts and the figures that follow from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// The label.
    pub label: String,
    /// Rows that have the label.
    pub support: usize,
    /// Of the rows predicted to have the label, the share that has it.
    pub precision: f64,
    /// Of the rows that have the label, the share predicted to have it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
}

/// True positives, false positives and false negatives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    tp: usize,
    fp: usize,
    fn_: usize,
}

impl Tally {
    fn precision(self) -> f64 {
        ratio(self.tp, self.tp + self.fp)
    }

    fn recall(self) -> f64 {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// 2 TP / (2 TP + FP + FN); 0 where there is nothing to find and nothing found.
    fn f1(self) -> f64 {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }

    fn metrics(self, label: &str) -> LabelMetrics {
        LabelMetrics {
            label: label.to_owned(),
            support: self.tp + self.fn_,
            precision: self.precision(),
            recall: self.recall(),
            f1: self.f1(),
        }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

/// Agreement on one label a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleMetrics {
    /// Share of rows whose label is right. (For one label a row it equals micro-averaged precision, recall and F1.)
    pub accuracy: f64,
    /// Mean F1 of the labels that occur in the given or the predicted labels.
    pub macro_f1: f64,
    /// Each label.
    pub labels: Vec<LabelMetrics>,
    /// Rows by given label (outer) and predicted label (inner).
    pub confusion: Vec<Vec<usize>>,
}

/// Compares `predicted` with `given`, both numbers of `labels`.
pub fn single(labels: &[String], given: &[usize], predicted: &[usize]) -> SingleMetrics {
    let mut confusion = vec![vec![0; labels.len()]; labels.len()];
    for (&g, &p) in given.iter().zip(predicted) {
        confusion[g][p] += 1;
    }
    let tallies: Vec<Tally> = (0..labels.len())
        .map(|label| {
            let tp = confusion[label][label];
            Tally {
                tp,
                fp: confusion.iter().map(|row| row[label]).sum::<usize>() - tp,
                fn_: confusion[label].iter().sum::<usize>() - tp,
            }
        })
        .collect();
    let right: usize = tallies.iter().map(|tally| tally.tp).sum();
    SingleMetrics {
        accuracy: ratio(right, given.len()),
        macro_f1: mean(tallies.iter().filter(|tally| **tally != Tally::default()).map(|tally| tally.f1())),
        labels: tallies.iter().zip(labels).map(|(tally, label)| tally.metrics(label)).collect(),
        confusion,
    }
}

/// Agreement on a set of labels a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetMetrics {
    /// F1 over all decisions, one for each row and label.
    pub micro_f1: f64,
    /// Mean F1 of the labels.
    pub macro_f1: f64,
    /// Share of rows whose set is right as a whole.
    pub exact: f64,
    /// Each label.
    pub labels: Vec<LabelMetrics>,
}

/// Compares the sets `predicted` with `given`, both sorted numbers of `labels`.
pub fn sets(labels: &[String], given: &[Vec<usize>], predicted: &[Vec<usize>]) -> SetMetrics {
    let mut tallies = vec![Tally::default(); labels.len()];
    for (g, p) in given.iter().zip(predicted) {
        for (label, tally) in tallies.iter_mut().enumerate() {
            match (g.contains(&label), p.contains(&label)) {
                (true, true) => tally.tp += 1,
                (false, true) => tally.fp += 1,
                (true, false) => tally.fn_ += 1,
                (false, false) => {}
            }
        }
    }
    let total = tallies.iter().fold(Tally::default(), |sum, tally| Tally {
        tp: sum.tp + tally.tp,
        fp: sum.fp + tally.fp,
        fn_: sum.fn_ + tally.fn_,
    });
    SetMetrics {
        micro_f1: total.f1(),
        macro_f1: mean(tallies.iter().map(|tally| tally.f1())),
        exact: ratio(given.iter().zip(predicted).filter(|(g, p)| g == p).count(), given.len()),
        labels: tallies.iter().zip(labels).map(|(tally, label)| tally.metrics(label)).collect(),
    }
}

/// F1 over all decisions on themes, one for each row and theme, each counting the weight of its row.
pub fn weighted_micro_f1(given: &[Vec<usize>], predicted: &[Vec<usize>], weights: &[f64]) -> f64 {
    let (mut shared, mut all) = (0.0, 0.0);
    for ((given, predicted), weight) in given.iter().zip(predicted).zip(weights) {
        shared += weight * predicted.iter().filter(|theme| given.contains(theme)).count() as f64;
        all += weight * (given.len() + predicted.len()) as f64;
    }
    if all > 0.0 { 2.0 * shared / all } else { 0.0 }
}

/// A 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// The percentile bootstrap interval of `statistic` over `rows` rows (B. Efron: Bootstrap Methods, 1979): the statistic is
/// computed on `resamples` samples of row numbers drawn with replacement. The same seed gives the same interval.
pub fn bootstrap(rows: usize, resamples: usize, seed: u64, statistic: impl Fn(&[usize]) -> f64 + Sync) -> Interval {
    use rayon::prelude::*;
    if rows == 0 || resamples == 0 {
        return Interval { low: 0.0, high: 0.0 };
    }
    let mut values: Vec<f64> = (0..resamples as u64)
        .into_par_iter()
        .map(|resample| {
            let mut random = fastrand::Rng::with_seed(seed.wrapping_add(resample));
            let sample: Vec<usize> = (0..rows).map(|_| random.usize(0..rows)).collect();
            statistic(&sample)
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Interval { low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn counts_by_hand() {
        // Given a a a b b c, predicted a a b b c c: a has 2 of 3, b 1 of 2, c 1 of 1.
        let metrics = single(&names(&["a", "b", "c"]), &[0, 0, 0, 1, 1, 2], &[0, 0, 1, 1, 2, 2]);
        assert!((metrics.accuracy - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!(metrics.confusion, [[2, 1, 0], [0, 1, 1], [0, 0, 1]]);
        let f1: Vec<f64> = metrics.labels.iter().map(|label| label.f1).collect();
        assert!((f1[0] - 0.8).abs() < 1e-12 && (f1[1] - 0.5).abs() < 1e-12 && (f1[2] - 2.0 / 3.0).abs() < 1e-12);
        assert!((metrics.macro_f1 - (0.8 + 0.5 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn sets_count_each_decision() {
        let metrics = sets(&names(&["x", "y"]), &[vec![0, 1], vec![], vec![1]], &[vec![0], vec![1], vec![1]]);
        assert!((metrics.micro_f1 - 2.0 * 2.0 / (2.0 * 2.0 + 1.0 + 1.0)).abs() < 1e-12);
        assert!((metrics.exact - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(metrics.labels[1].support, 2);
    }

    #[test]
    fn a_label_that_never_occurs_does_not_pull_the_mean_down() {
        assert!((single(&names(&["a", "b", "never"]), &[0, 1], &[0, 1]).macro_f1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_interval_holds_the_mean_and_repeats() {
        let values: Vec<f64> = (0..200).map(f64::from).collect();
        let mean_of = |sample: &[usize]| sample.iter().map(|&row| values[row]).sum::<f64>() / sample.len() as f64;
        let interval = bootstrap(values.len(), 500, 7, mean_of);
        assert!(interval.low < 99.5 && interval.high > 99.5);
        // The standard error of this mean is 57.7 / √200 = 4.08: the interval is about 16 wide.
        assert!((12.0..20.0).contains(&(interval.high - interval.low)));
        assert_eq!(interval, bootstrap(values.len(), 500, 7, mean_of));
    }
}
