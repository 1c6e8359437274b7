//! Dual coordinate descent for one head. The formulas and their sources are in the module above.

use linfa::dataset::Records;

use super::{Head, LinearValidParams, Loss};
use crate::tfidf::SparseRows;

/// The weights of one head.
pub(super) struct Hyperplane {
    pub(super) weights: Vec<f64>,
    pub(super) bias: f64,
}

impl Hyperplane {
    fn dot(&self, (columns, values): (&[u32], &[f32]), constant: f64) -> f64 {
        let products = columns.iter().zip(values).map(|(&column, &value)| self.weights[column as usize] * f64::from(value));
        self.bias * constant + products.sum::<f64>()
    }

    fn add(&mut self, step: f64, (columns, values): (&[u32], &[f32]), constant: f64) {
        for (&column, &value) in columns.iter().zip(values) {
            self.weights[column as usize] += step * f64::from(value);
        }
        self.bias += step * constant;
    }
}

/// Finds the hyperplane that parts the positive rows of a head from the others.
pub(super) fn solve(rows: &SparseRows, head: &Head, params: &LinearValidParams) -> Hyperplane {
    let mut problem = Problem {
        rows,
        params,
        signs: head.positive.iter().map(|&positive| if positive { 1.0 } else { -1.0 }).collect(),
        costs: head.weights.iter().map(|&weight| params.c * weight).collect(),
        squared_norms: (0..rows.nsamples())
            .map(|row| {
                let values = rows.row(row).1;
                values.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() + params.bias * params.bias
            })
            .collect(),
        used: (0..rows.nsamples()).filter(|&row| head.weights[row] > 0.0).collect(),
        plane: Hyperplane { weights: vec![0.0; rows.nfeatures()], bias: 0.0 },
    };
    match params.loss {
        Loss::SquaredHinge => problem.squared_hinge(),
        Loss::Logistic => problem.logistic(),
    }
    // The bias is the weight of a feature whose value is `params.bias`, not 1.
    problem.plane.bias *= params.bias;
    problem.plane
}

struct Problem<'p> {
    rows: &'p SparseRows,
    params: &'p LinearValidParams,
    /// yᵢ.
    signs: Vec<f64>,
    /// Cᵢ.
    costs: Vec<f64>,
    /// xᵢ·xᵢ.
    squared_norms: Vec<f64>,
    /// The rows that count.
    used: Vec<usize>,
    plane: Hyperplane,
}

impl Problem<'_> {
    fn margin(&self, row: usize) -> f64 {
        self.signs[row] * self.plane.dot(self.rows.row(row), self.params.bias)
    }

    fn move_by(&mut self, row: usize, step: f64) {
        self.plane.add(step * self.signs[row], self.rows.row(row), self.params.bias);
    }

    /// Minimizes ½ αᵀ(Q + D)α − Σα over α ≥ 0, with Dᵢᵢ = 1 / (2Cᵢ); Hsieh et al., algorithm 3.
    fn squared_hinge(&mut self) {
        let mut alpha = vec![0.0_f64; self.signs.len()];
        let mut active = self.used.clone();
        let mut random = fastrand::Rng::with_seed(self.params.seed);
        // Rows whose α is 0 and whose gradient is above this are set aside.
        let mut limit = f64::INFINITY;
        for _ in 0..self.params.max_iterations {
            let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
            random.shuffle(&mut active);
            let mut at = 0;
            while let Some(&row) = active.get(at) {
                let diagonal = 0.5 / self.costs[row];
                let gradient = self.margin(row) - 1.0 + diagonal * alpha[row];
                let projected = if alpha[row] == 0.0 {
                    if gradient > limit {
                        active.swap_remove(at);
                        continue;
                    }
                    gradient.min(0.0)
                } else {
                    gradient
                };
                highest = highest.max(projected);
                lowest = lowest.min(projected);
                if projected.abs() > 1e-12 {
                    let before = alpha[row];
                    alpha[row] = (before - gradient / (self.squared_norms[row] + diagonal)).max(0.0);
                    self.move_by(row, alpha[row] - before);
                }
                at += 1;
            }
            if highest - lowest <= self.params.tolerance {
                if active.len() == self.used.len() {
                    return;
                }
                // Optimal on the rows that are left: look at all of them once more.
                active.clone_from(&self.used);
                limit = f64::INFINITY;
            } else {
                limit = if highest > 0.0 { highest } else { f64::INFINITY };
            }
        }
    }

    /// Minimizes ½ αᵀQα + Σ (α ln α + (C − α) ln(C − α)) over 0 < α < C; Yu et al., algorithm 5.
    ///
    /// A coordinate is kept as its logit u = ln(α / (C − α)), which ranges over all numbers and loses no precision at either end.
    fn logistic(&mut self) {
        let rows = self.signs.len();
        // α = C / 1000, near the end where most rows stay.
        let mut logits = vec![(0.001_f64 / 0.999).ln(); rows];
        let mut order = self.used.clone();
        for &row in &order {
            self.move_by(row, 0.001 * self.costs[row]);
        }
        let mut random = fastrand::Rng::with_seed(self.params.seed);
        for _ in 0..self.params.max_iterations {
            random.shuffle(&mut order);
            let mut violation = 0.0_f64;
            for &row in &order {
                let (margin, cost) = (self.margin(row), self.costs[row]);
                violation = violation.max((margin + logits[row]).abs());
                let before = cost * sigmoid(logits[row]);
                logits[row] = best_logit(logits[row], margin, cost, self.squared_norms[row]);
                self.move_by(row, cost * sigmoid(logits[row]) - before);
            }
            if violation <= self.params.tolerance {
                return;
            }
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The root of h(u) = a (C σ(u) − α) + margin + u, by Newton's method inside a bracket that shrinks.
///
/// h rises everywhere with a slope of at least 1, and 0 < C σ(u) < C gives the bracket.
fn best_logit(start: f64, margin: f64, cost: f64, squared_norm: f64) -> f64 {
    let alpha = cost * sigmoid(start);
    let mut low = -margin - squared_norm * (cost - alpha);
    let mut high = -margin + squared_norm * alpha;
    let mut u = start.clamp(low, high);
    for _ in 0..100 {
        let s = sigmoid(u);
        let h = squared_norm * (cost * s - alpha) + margin + u;
        if h.abs() < 1e-12 {
            break;
        }
        if h > 0.0 {
            high = u
        } else {
            low = u
        }
        let newton = u - h / (squared_norm * cost * s * (1.0 - s) + 1.0);
        u = if (low..=high).contains(&newton) { newton } else { low + (high - low) / 2.0 };
        if high - low < 1e-13 {
            break;
        }
    }
    u
}
