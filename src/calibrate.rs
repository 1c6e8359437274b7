//! Decision values to probabilities: Platt scaling, fitted by linfa's implementation of Newton's method.
//!
//! J. C. Platt: Probabilistic Outputs for Support Vector Machines, 1999; H.-T. Lin, C.-J. Lin, R. C. Weng: A Note on Platt's
//! Probabilistic Outputs for Support Vector Machines, 2007.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt, PlattError, platt_newton_method};
use ndarray::{ArrayView1, aview1};
use serde::{Deserialize, Serialize};

/// `p = 1 / (1 + exp(a · value + b))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sigmoid {
    /// Slope; below 0 when a higher value speaks for the label.
    pub a: f64,
    /// Offset.
    pub b: f64,
}

impl Sigmoid {
    /// Fits to decision values of rows that the classifier was not trained on, and whether each has the label.
    ///
    /// # Errors
    /// When Newton's method does not converge.
    pub fn fit(values: &[f64], positive: &[bool]) -> Result<Self, PlattError> {
        let params = Platt::<f64, ()>::params().check()?;
        let (a, b) = platt_newton_method(aview1(values), ArrayView1::from(positive), &params)?;
        Ok(Sigmoid { a, b })
    }

    /// The probability that belongs to a decision value.
    pub fn probability(self, value: f64) -> f64 {
        1.0 / (1.0 + (self.a * value + self.b).exp())
    }
}
