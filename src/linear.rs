//! The sparse linear classifier: one head for each column of the targets, each a separating hyperplane, as a linfa estimator.
//!
//! A head minimizes, over its weights *w* (the bias being the weight of a feature that is always 1),
//!
//! `½ ‖w‖² + Σᵢ Cᵢ · loss(yᵢ · w·xᵢ)`, with yᵢ = ±1 and Cᵢ = `c` × the class weight of the row,
//!
//! where the loss is the squared hinge `max(0, 1 − z)²` (an L2-loss support vector machine) or the logistic `ln(1 + e⁻ᶻ)`. It is
//! solved in the dual, one coordinate at a time, as LIBLINEAR does:
//!
//! - C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan: A Dual Coordinate Descent Method for Large-scale
//!   Linear SVM, ICML 2008 (squared hinge, with shrinking);
//! - H.-F. Yu, F.-L. Huang, C.-J. Lin: Dual Coordinate Descent Methods for Logistic Regression and Maximum Entropy Models,
//!   Machine Learning 85, 2011 (logistic).
//!
//! Rows stay sparse throughout; heads are trained in parallel, and each gives the same weights on any number of threads.

mod solver;

use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, PredictInplace};
use linfa::{Float, ParamGuard};
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::tfidf::SparseRows;

/// What is summed over the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// `max(0, 1 − z)²`: an L2-loss support vector machine.
    SquaredHinge,
    /// `ln(1 + e⁻ᶻ)`: logistic regression.
    Logistic,
}

/// What a positive row counts beside a negative one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassWeight {
    /// As much.
    Uniform,
    /// rows ÷ (heads × positive rows of the head): a rare label counts more.
    Balanced,
}

/// The checked parameters of [`LinearParams`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearValidParams {
    /// What is summed over the rows.
    pub loss: Loss,
    /// How much the losses count beside the norm of the weights; more fits the rows closer.
    pub c: f64,
    /// What positive rows count beside negative ones.
    pub class_weight: ClassWeight,
    /// The value of the constant feature whose weight is the bias; 0 for no bias.
    pub bias: f64,
    /// Training stops when no coordinate's optimality is violated by more than this.
    pub tolerance: f64,
    /// Passes over the rows at most.
    pub max_iterations: usize,
    /// Seed of the order in which rows are visited.
    pub seed: u64,
}

/// Parameters of the linear classifier, to be checked before use.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearParams(LinearValidParams);

impl LinearParams {
    /// Takes parameters that nobody has checked yet.
    pub fn new(params: LinearValidParams) -> Self {
        LinearParams(params)
    }
}

impl Default for LinearValidParams {
    fn default() -> Self {
        LinearValidParams {
            loss: Loss::SquaredHinge,
            c: 0.5,
            class_weight: ClassWeight::Balanced,
            bias: 1.0,
            tolerance: 0.01,
            max_iterations: 1000,
            seed: 1,
        }
    }
}

/// Why a classifier could not be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinearError {
    /// A parameter is out of its range.
    #[error("{name} must be {expected}, but is {value}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// Records and targets do not have the same number of rows.
    #[error("{rows} rows of features but {targets} rows of targets")]
    Rows {
        /// Rows of the records.
        rows: usize,
        /// Rows of the targets.
        targets: usize,
    },
    /// An error of linfa's.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

impl ParamGuard for LinearParams {
    type Checked = LinearValidParams;
    type Error = LinearError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let params = &self.0;
        let positive = |name, value: f64| {
            let ok = value.is_finite() && value > 0.0;
            if ok { Ok(()) } else { Err(LinearError::Parameter { name, expected: "a number above 0", value }) }
        };
        positive("the cost C", params.c)?;
        positive("the tolerance", params.tolerance)?;
        positive("the number of iterations", params.max_iterations as f64)?;
        if !(params.bias.is_finite() && params.bias >= 0.0) {
            return Err(LinearError::Parameter { name: "the bias", expected: "a number, 0 or above", value: params.bias });
        }
        Ok(params)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// A trained classifier: one hyperplane a head.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// Weights, heads × features.
    pub weights: Array2<f32>,
    /// Biases, one a head.
    pub bias: Array1<f32>,
}

/// What one head is to tell apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Whether a row is positive, by row.
    pub positive: Vec<bool>,
    /// What the loss of a row counts, beside `c`, by row; a row of weight 0 is left out.
    pub weights: Vec<f64>,
}

impl Fit<SparseRows, Array2<bool>, LinearError> for LinearValidParams {
    type Object = LinearModel;

    /// Trains one head for each column of the targets (rows × heads).
    ///
    /// # Errors
    /// When records and targets do not have the same number of rows.
    fn fit(&self, dataset: &DatasetBase<SparseRows, Array2<bool>>) -> Result<LinearModel, LinearError> {
        let targets = &dataset.targets;
        let head = |column: ndarray::ArrayView1<bool>| {
            let positive = column.to_vec();
            let positives = positive.iter().filter(|&&positive| positive).count();
            let positive_weight = match self.class_weight {
                ClassWeight::Uniform => 1.0,
                ClassWeight::Balanced => targets.nrows() as f64 / (targets.ncols() * positives.max(1)) as f64,
            };
            let weights = positive.iter().map(|&positive| if positive { positive_weight } else { 1.0 }).collect();
            Head { positive, weights }
        };
        self.fit_heads(&dataset.records, &targets.columns().into_iter().map(head).collect::<Vec<_>>())
    }
}

impl LinearValidParams {
    /// Trains heads, each with row weights of its own; the class weights of the parameters are not used.
    ///
    /// # Errors
    /// When a head does not have as many rows as the records.
    pub fn fit_heads(&self, records: &SparseRows, heads: &[Head]) -> Result<LinearModel, LinearError> {
        let rows = records.nsamples();
        for head in heads {
            if let Some(targets) = [head.positive.len(), head.weights.len()].into_iter().find(|&length| length != rows) {
                return Err(LinearError::Rows { rows, targets });
            }
        }
        let planes: Vec<solver::Hyperplane> = heads.par_iter().map(|head| solver::solve(records, head, self)).collect();
        let mut weights = Array2::zeros((planes.len(), records.nfeatures()));
        for (mut row, plane) in weights.axis_iter_mut(Axis(0)).zip(&planes) {
            row.iter_mut().zip(&plane.weights).for_each(|(to, &from)| *to = from as f32);
        }
        Ok(LinearModel { weights, bias: planes.iter().map(|plane| plane.bias as f32).collect() })
    }
}

impl LinearModel {
    /// Decision values of one row, one a head: `bias + Σ weight × value`.
    fn decide(&self, columns: &[u32], values: &[f32]) -> impl Iterator<Item = f64> {
        self.weights.axis_iter(Axis(0)).zip(&self.bias).map(move |(weights, &bias)| {
            let products =
                columns.iter().zip(values).map(|(&column, &value)| f64::from(weights[column as usize]) * f64::from(value));
            f64::from(bias) + products.sum::<f64>()
        })
    }
}

impl<F: Float> PredictInplace<SparseRows, Array2<F>> for LinearModel {
    /// Writes the decision values, rows × heads.
    fn predict_inplace<'a>(&'a self, x: &'a SparseRows, y: &mut Array2<F>) {
        for (row, mut out) in y.axis_iter_mut(Axis(0)).enumerate() {
            let (columns, values) = x.row(row);
            out.iter_mut().zip(self.decide(columns, values)).for_each(|(to, value)| *to = F::cast(value));
        }
    }

    fn default_target(&self, x: &SparseRows) -> Array2<F> {
        Array2::zeros((x.nsamples(), self.weights.nrows()))
    }
}
