//! The model: what is trained, saved and loaded. [`Classifier`] is what classifies with it.

mod card;
mod classifier;
mod decide;
mod features;
mod file;
mod folds;
mod train;
mod weights;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use classifier::{Classifier, Evidence, Explanation, Term};
pub use decide::{Assignment, Decider};
pub use file::{LoadError, SaveError, fingerprint};
pub use train::{Stage, TrainError, TrainSettings, Trained, train};

use crate::calibrate::Sigmoid;
use crate::evaluate::{SetMetrics, SingleMetrics};
use crate::tfidf::{TfIdf, Unit};
use crate::theme::Label;
use crate::tokenize::TokenizerSettings;
use crate::vocabulary::Vocabulary;

/// The version of jieba-rs whose dictionary and algorithm cut the words.
pub const JIEBA_VERSION: &str = "0.11.0";

/// A trained model: all that classifying needs, and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What the model is called.
    pub name: String,
    /// The labels of which a paragraph has exactly one as its primary.
    pub labels: Vec<Label>,
    /// The themes of which a paragraph can have any number; none where the training data named no themes.
    pub themes: Vec<Label>,
    /// How text becomes words.
    pub tokenizer: TokenizerSettings,
    /// The version of jieba-rs that cut the words in training.
    pub jieba_version: String,
    /// What is brought to norm 1 by itself.
    pub unit: Unit,
    /// The features.
    pub vocabulary: Vocabulary,
    /// Their idf.
    pub tfidf: TfIdf,
    /// Weights, features × heads; a head for each label and then one for each theme.
    pub weights: Array2<f32>,
    /// Biases, one a head.
    pub bias: Vec<f32>,
    /// How decision values become probabilities, one a head.
    pub calibration: Vec<Sigmoid>,
    /// From which probability on a theme is named, one a theme.
    pub thresholds: Vec<f64>,
    /// How the model was made.
    pub training: TrainingRecord,
}

/// How a model was made. It names no date and no path, so that the same data give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The version of the program.
    pub program_version: String,
    /// xxh3-128 of the labelled paragraphs, in hexadecimal.
    pub data_hash: String,
    /// Labelled paragraphs.
    pub paragraphs: usize,
    /// Paragraphs of each primary label, in the order of the model's labels.
    pub label_counts: Vec<usize>,
    /// Paragraphs that name each theme, in the order of the model's themes.
    pub theme_counts: Vec<usize>,
    /// The settings.
    pub settings: TrainSettings,
    /// The figures of cross-validation; `None` where it was left out.
    pub cross_validation: Option<CrossValidation>,
    /// Heads whose probabilities could not be calibrated, by label.
    pub uncalibrated: Vec<String>,
}

/// The figures of cross-validation: each paragraph was predicted by a model that had not seen it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Into how many parts the paragraphs were dealt.
    pub folds: usize,
    /// Primary labels.
    pub primary: SingleMetrics,
    /// Themes, where the data have them.
    pub themes: Option<SetMetrics>,
    /// Expected calibration error of the primary label's probability.
    pub calibration_error: f64,
}

impl Model {
    /// The default model, which is part of the program: innovation, rural revitalization, ecology and livelihood in Chinese
    /// government work reports.
    ///
    /// # Errors
    /// Never, unless the program itself is damaged.
    pub fn embedded() -> Result<Self, LoadError> {
        Model::from_bytes(Model::EMBEDDED)
    }

    /// The bytes of the default model.
    pub const EMBEDDED: &'static [u8] = include_bytes!("../models/default.model");

    /// How many heads there are: one for each label and one for each theme.
    pub fn heads(&self) -> usize {
        self.labels.len() + self.themes.len()
    }

    /// How many features bear on decisions. (The vocabulary also holds what only leads to longer n-grams.)
    pub fn features(&self) -> usize {
        self.tfidf.idf.iter().filter(|&&idf| idf > 0.0).count()
    }

    /// The terms with the largest weight × idf for a head, first the largest. What a sequence of characters weighs as a word and
    /// as a character n-gram is added up.
    ///
    /// `head` counts the labels first, then the themes.
    pub fn top_terms(&self, head: usize, count: usize) -> Vec<(String, f64)> {
        if head >= self.heads() {
            return Vec::new();
        }
        let weights = self.weights.column(head);
        let strengths = weights.iter().zip(&self.tfidf.idf).map(|(&weight, &idf)| f64::from(weight) * f64::from(idf));
        self.by_term((0..).zip(strengths)).into_iter().take(count).collect()
    }

    /// Adds up what columns of the same spelling give, and puts the terms in order, the largest first and equal ones by name.
    fn by_term(&self, columns: impl Iterator<Item = (u32, f64)>) -> Vec<(String, f64)> {
        let mut terms = std::collections::HashMap::new();
        for (column, strength) in columns {
            *terms.entry(self.vocabulary.name(column)).or_insert(0.0) += strength;
        }
        let mut terms: Vec<(String, f64)> = terms.into_iter().collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        terms
    }

    /// What stands between the parts of the model where they do not fit together.
    fn check(&self) -> Result<(), &'static str> {
        let heads = self.heads();
        let features = self.vocabulary.len();
        let unique = |labels: &[Label]| {
            let mut ids: Vec<&str> = labels.iter().map(|label| label.id.as_str()).collect();
            ids.sort_unstable();
            ids.windows(2).all(|pair| pair[0] != pair[1])
        };
        let rules = [
            (!self.labels.is_empty() && unique(&self.labels) && unique(&self.themes), "its labels"),
            (self.tfidf.idf.len() == features, "its document frequencies"),
            (self.weights.dim() == (features, heads), "its weights"),
            (self.bias.len() == heads && self.calibration.len() == heads, "its biases and calibration"),
            (self.thresholds.len() == self.themes.len(), "its thresholds"),
            (self.training.label_counts.len() == self.labels.len(), "its counts of labels"),
            (self.training.theme_counts.len() == self.themes.len(), "its counts of themes"),
            (self.weights.iter().chain(&self.bias).chain(&self.tfidf.idf).all(|value| value.is_finite()), "its numbers"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, part)| Err(part))
    }
}
