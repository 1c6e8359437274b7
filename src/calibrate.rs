//! Decision values to probabilities, fitted on the values of rows that the classifier was not trained on.
//!
//! The labels, of which a row has exactly one, get a softmax with one scale for all of them (temperature scaling: C. Guo,
//! G. Pleiss, Y. Sun, K. Q. Weinberger: On Calibration of Modern Neural Networks, ICML 2017). A theme gets a logistic regression
//! on the mean and on the highest value of the sentences.
//!
//! Rows can weigh more or less, so that the labels have the shares they have where the model is used. Targets are drawn in from
//! 0 and 1 by what so many rows can tell, as J. C. Platt does (Probabilistic Outputs for Support Vector Machines, 1999).

use serde::{Deserialize, Serialize};

/// `p = 1 / (1 + exp(−value))`.
pub fn sigmoid(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

/// Writes the probabilities `exp(scale · value) / Σ exp(scale · value)` over the values.
pub fn softmax(scale: f64, values: &mut [f64]) {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter_mut().for_each(|value| *value = (scale * (*value - highest)).exp());
    let total: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= total);
}

/// The scale that makes the probabilities of the given labels most likely; always above 0.
///
/// `rows` gives decision values by label, the given label and the row's weight. The loss is convex in the scale; its slope's zero
/// is found by Newton's method inside a bracket that shrinks.
pub fn fit_scale<'r>(rows: impl Iterator<Item = (&'r [f64], usize, f64)> + Clone) -> f64 {
    let total: f64 = rows.clone().map(|(.., weight)| weight).sum();
    // What a row that is certainly right is taken for: (n + 1) / (n + 2).
    let sure = (total + 1.0) / (total + 2.0);
    let (mut low, mut high) = (SCALES.0, SCALES.1);
    let mut scale = 1.0;
    for _ in 0..STEPS {
        let (mut slope, mut curvature) = (0.0, 0.0);
        for (values, given, weight) in rows.clone() {
            let mut p = values.to_vec();
            softmax(scale, &mut p);
            let mean = |p: &[f64]| p.iter().zip(values).map(|(p, value)| p * value).sum::<f64>();
            let expected = mean(&p);
            let variance = p.iter().zip(values).map(|(p, value)| p * (value - expected).powi(2)).sum::<f64>();
            let others = values.iter().enumerate().filter(|&(label, _)| label != given).map(|(_, value)| value);
            let rest = others.sum::<f64>() / values.len().saturating_sub(1).max(1) as f64;
            let target = sure * values.get(given).copied().unwrap_or(0.0) + (1.0 - sure) * rest;
            slope += weight * (expected - target);
            curvature += weight * variance;
        }
        if slope > 0.0 {
            high = scale
        } else {
            low = scale
        }
        let newton = scale - slope / curvature;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - scale).abs() < 1e-9 * scale {
            break;
        }
        scale = next;
    }
    scale
}

/// Between what scales are looked for.
const SCALES: (f64, f64) = (0.01, 1000.0);
/// Steps of Newton's method at most.
const STEPS: usize = 60;

/// The log odds of a theme: `mean` × the weighted mean of its sentences' values + `highest` × the highest of them + `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the mean counts.
    pub mean: f64,
    /// What the highest sentence counts.
    pub highest: f64,
    /// What is there without any sentence.
    pub offset: f64,
}

/// What a theme is known by in a row that the classifier was not trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The weighted mean of the sentences' values.
    pub mean: f64,
    /// The highest of them.
    pub highest: f64,
    /// Whether the row has the theme.
    pub positive: bool,
    /// What the row counts.
    pub weight: f64,
}

impl Evidence {
    /// Fits by Newton's method. A small penalty (½ · [`RIDGE`] · ‖(mean, highest)‖²) decides where mean and highest are the same.
    pub fn fit(rows: &[Seen]) -> Self {
        let sum = |positive| rows.iter().filter(|row| row.positive == positive).map(|row| row.weight).sum::<f64>();
        let (positives, negatives) = (sum(true), sum(false));
        let target = |row: &Seen| if row.positive { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) };
        let loss = |at: [f64; 3]| {
            let row = |row: &Seen| {
                let value = at[0] * row.mean + at[1] * row.highest + at[2];
                // ln(1 + e^value) − target · value, without overflow.
                row.weight * (value.max(0.0) + (-value.abs()).exp().ln_1p() - target(row) * value)
            };
            0.5 * RIDGE * (at[0] * at[0] + at[1] * at[1]) + rows.iter().map(row).sum::<f64>()
        };
        let mut at = [0.0, 0.0, ((positives + 1.0) / (negatives + 1.0)).ln()];
        let mut current = loss(at);
        for _ in 0..STEPS {
            let mut gradient = [RIDGE * at[0], RIDGE * at[1], 0.0];
            let mut hessian = [[RIDGE, 0.0, 0.0], [0.0, RIDGE, 0.0], [0.0, 0.0, RIDGE]];
            for row in rows {
                let x = [row.mean, row.highest, 1.0];
                let p = sigmoid(at[0] * x[0] + at[1] * x[1] + at[2]);
                for i in 0..3 {
                    gradient[i] += row.weight * (p - target(row)) * x[i];
                    for j in 0..3 {
                        hessian[i][j] += row.weight * p * (1.0 - p) * x[i] * x[j];
                    }
                }
            }
            let step = solve(hessian, gradient);
            // Half the step until it leads down.
            let mut length = 1.0;
            let moved = loop {
                let next = [0, 1, 2].map(|i| at[i] - length * step[i]);
                let lower = loss(next);
                if lower < current {
                    break Some((next, lower));
                }
                length /= 2.0;
                if length < 1e-10 {
                    break None;
                }
            };
            let Some((next, lower)) = moved else { break };
            let gain = current - lower;
            (at, current) = (next, lower);
            if gain < 1e-12 * current.max(1.0) {
                break;
            }
        }
        Evidence { mean: at[0], highest: at[1], offset: at[2] }
    }

    /// The log odds.
    pub fn value(self, mean: f64, highest: f64) -> f64 {
        self.mean * mean + self.highest * highest + self.offset
    }
}

/// How much large factors are held back.
pub const RIDGE: f64 = 0.01;

/// Solves three linear equations with a positive definite matrix, by Cholesky's decomposition.
fn solve(a: [[f64; 3]; 3], b: [f64; 3]) -> [f64; 3] {
    let mut l = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            l[i][j] = if i == j { (a[i][i] - sum).max(f64::MIN_POSITIVE).sqrt() } else { (a[i][j] - sum) / l[j][j] };
        }
    }
    let mut y = [0.0; 3];
    for i in 0..3 {
        y[i] = (b[i] - (0..i).map(|k| l[i][k] * y[k]).sum::<f64>()) / l[i][i];
    }
    let mut x = [0.0; 3];
    for i in (0..3).rev() {
        x[i] = (y[i] - (i + 1..3).map(|k| l[k][i] * x[k]).sum::<f64>()) / l[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_that_made_the_labels_is_found() {
        // Labels drawn with the probabilities of scale 3.
        let mut random = fastrand::Rng::with_seed(5);
        let rows: Vec<([f64; 3], usize)> = (0..20_000)
            .map(|_| {
                let values = [random.f64() - 0.5, random.f64() - 0.5, random.f64() - 0.5];
                let mut p = values;
                softmax(3.0, &mut p);
                let draw = random.f64();
                (values, usize::from(draw > p[0]) + usize::from(draw > p[0] + p[1]))
            })
            .collect();
        let scale = fit_scale(rows.iter().map(|(values, given)| (&values[..], *given, 1.0)));
        assert!((scale - 3.0).abs() < 0.15, "{scale}");
    }

    #[test]
    fn a_scale_without_any_error_stays_finite() {
        let rows = [([1.0, -1.0], 0), ([-1.0, 1.0], 1)];
        let scale = fit_scale(rows.iter().map(|(values, given)| (&values[..], *given, 1.0)));
        // Two rows make three of four: p = sigmoid(2 · scale) = 3 / 4.
        assert!((scale - 3.0_f64.ln() / 2.0).abs() < 1e-6, "{scale}");
    }

    #[test]
    fn the_evidence_that_made_the_themes_is_found() {
        let mut random = fastrand::Rng::with_seed(6);
        let rows: Vec<Seen> = (0..40_000)
            .map(|_| {
                let mean = 4.0 * random.f64() - 2.0;
                let highest = mean + 2.0 * random.f64();
                let positive = random.f64() < sigmoid(1.5 * mean + 2.0 * highest - 1.0);
                Seen { mean, highest, positive, weight: 1.0 }
            })
            .collect();
        let Evidence { mean, highest, offset } = Evidence::fit(&rows);
        assert!((mean - 1.5).abs() < 0.15 && (highest - 2.0).abs() < 0.15 && (offset + 1.0).abs() < 0.1);
    }

    #[test]
    fn evidence_can_be_fitted_on_anything() {
        let row = |mean, positive| Seen { mean, highest: mean, positive, weight: 1.0 };
        // The same mean and highest everywhere, and parted without an error: both count the same, and not without bounds.
        let same = Evidence::fit(&[row(1.0, true), row(2.0, true), row(-1.0, false)]);
        assert!((same.mean - same.highest).abs() < 1e-6 && same.mean > 0.0 && same.mean < 10.0, "{same:?}");
        for rows in [vec![], vec![row(0.0, true)], vec![row(1.0, false), row(1.0, false)]] {
            let Evidence { mean, highest, offset } = Evidence::fit(&rows);
            assert!(mean.is_finite() && highest.is_finite() && offset.is_finite());
        }
    }
}
