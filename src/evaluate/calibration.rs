//! Whether probabilities mean what they say.

use serde::{Deserialize, Serialize};

/// A decision with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The probability that was given.
    pub confidence: f64,
    /// Whether it was so.
    pub right: bool,
    /// What the decision counts beside others.
    pub weight: f64,
}

/// One bin of a reliability table: predictions of like confidence, and how often they were right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Confidence from (inclusive).
    pub from: f64,
    /// Confidence to (exclusive, but for the last bin).
    pub to: f64,
    /// Predictions in the bin.
    pub count: usize,
    /// What they count together.
    pub weight: f64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that was right.
    pub accuracy: f64,
}

const BINS: usize = 10;

/// Sorts predictions into ten bins of equal width.
pub fn reliability(predictions: &[Prediction]) -> Vec<Reliability> {
    let mut bins = vec![(0usize, 0.0, 0.0, 0.0); BINS];
    for &Prediction { confidence, right, weight } in predictions {
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += weight;
        bin.2 += weight * confidence;
        bin.3 += if right { weight } else { 0.0 };
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let bin = |(bin, (count, weight, confidence, right)): (usize, (usize, f64, f64, f64))| Reliability {
        from: bin as f64 / BINS as f64,
        to: (bin + 1) as f64 / BINS as f64,
        count,
        weight,
        confidence: share(confidence, weight),
        accuracy: share(right, weight),
    };
    bins.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error: the mean distance between confidence and accuracy over the bins, weighted by what they count
/// (Naeini, Cooper and Hauskrecht: Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015).
pub fn calibration_error(bins: &[Reliability]) -> f64 {
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    let distance: f64 = bins.iter().map(|bin| bin.weight * (bin.confidence - bin.accuracy).abs()).sum();
    if total > 0.0 { distance / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overconfidence_is_measured() {
        // Ten predictions at 0.95, eight of them right; the wrong ones count half, so 8 of 9 are right.
        let prediction = |n| Prediction { confidence: 0.95, right: n < 8, weight: if n < 8 { 1.0 } else { 0.5 } };
        let predictions: Vec<Prediction> = (0..10).map(prediction).collect();
        assert!((calibration_error(&reliability(&predictions)) - (0.95 - 8.0 / 9.0)).abs() < 1e-12);
        assert_eq!(reliability(&predictions)[9].count, 10);
    }
}
