//! The model: what is trained, saved and loaded. [`Classifier`] is what classifies with it.

mod bytes;
mod card;
mod classifier;
mod decide;
mod features;
mod file;
mod fit;
mod folds;
mod held_out;
mod priors;
mod targets;
mod train;
mod weights;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use classifier::{Classifier, Decision, Explanation, SentencePart, Term};
pub use decide::{Assignment, CERTAIN, Decider, Rules};
pub use file::{LoadError, SaveError, fingerprint};
pub use priors::Priors;
pub use train::{Folds, Stage, TrainError, TrainSettings, Trained, train};

use crate::evaluate::{SetMetrics, SingleMetrics};
use crate::tfidf::{TfIdf, Unit};
use crate::theme::Label;
use crate::tokenize::TokenizerSettings;
use crate::vocabulary::Vocabulary;

/// The version of jieba-rs whose dictionary and algorithm cut the words.
pub const JIEBA_VERSION: &str = "0.11.0";

/// A trained model: all that classifying needs, and how it was made. [`Classifier`] classifies with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it is, without its features.
    pub info: ModelInfo,
    /// The features.
    pub vocabulary: Vocabulary,
    /// Their idf.
    pub tfidf: TfIdf,
    /// What an occurrence of a feature adds to each head before its sentence is brought to norm 1, which is weight × idf; features × heads, a
    /// head for each label and then one for each theme.
    pub weights: Array2<f32>,
}

/// What a model is, without its features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
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
    /// Biases, one a head.
    pub bias: Vec<f32>,
    /// How decision values become probabilities and labels.
    pub rules: Rules,
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
}

/// The figures of cross-validation: each paragraph was predicted by a model that had not seen it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Into which parts the paragraphs were dealt.
    pub folds: Folds,
    /// Primary labels.
    pub primary: SingleMetrics,
    /// Themes, where the data have them.
    pub themes: Option<SetMetrics>,
    /// What depends on how frequent each label is.
    pub weighted: Weighted,
}

/// Figures of cross-validation with the labels in the shares that [`TrainSettings::priors`] gives, or as they are in the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighted {
    /// Share of paragraphs whose primary label is right.
    pub accuracy: f64,
    /// F1 over all decisions on themes, where the data have them.
    pub themes_micro_f1: Option<f64>,
    /// Expected calibration error of the primary label's probability.
    pub calibration_error: f64,
    /// Expected calibration error of each theme's probability.
    pub theme_calibration_errors: Vec<f64>,
    /// Share of paragraphs whose primary label is called certain.
    pub certain_share: f64,
    /// The share of these that is right.
    pub certain_precision: f64,
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
    pub const EMBEDDED: &'static [u8] = &ALIGNED.0;

    /// How many features bear on decisions. (The vocabulary also holds what only leads to longer n-grams.)
    pub fn features(&self) -> usize {
        self.tfidf.idf.iter().filter(|&&idf| idf > 0.0).count()
    }

    /// The terms with the largest weight × idf for a head, first the largest. What a sequence of characters weighs as a word and
    /// as a character n-gram is added up.
    ///
    /// `head` counts the labels first, then the themes.
    pub fn top_terms(&self, head: usize, count: usize) -> Vec<(String, f64)> {
        if head >= self.info.heads() {
            return Vec::new();
        }
        let weights = self.weights.column(head);
        self.vocabulary.by_name((0..).zip(weights.iter().map(|&weight| weight.into()))).into_iter().take(count).collect()
    }
}

/// Bytes that begin at a line of the processor's cache.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

static ALIGNED: &Aligned<[u8]> = &Aligned(*include_bytes!("../models/default.model"));

impl ModelInfo {
    /// How many heads there are: one for each label and one for each theme.
    pub fn heads(&self) -> usize {
        self.labels.len() + self.themes.len()
    }

    /// What of it does not fit together.
    fn check(&self) -> Result<(), &'static str> {
        let heads = self.heads();
        let unique = |labels: &[Label]| {
            let mut ids: Vec<&str> = labels.iter().map(|label| label.id.as_str()).collect();
            ids.sort_unstable();
            ids.windows(2).all(|pair| pair[0] != pair[1])
        };
        let rules = [
            (!self.labels.is_empty() && unique(&self.labels) && unique(&self.themes), "its labels"),
            (self.bias.len() == heads && self.bias.iter().all(|value| value.is_finite()), "its biases"),
            (self.rules.evidence.len() == self.themes.len(), "its rules for themes"),
            (self.rules.scale.is_finite() && self.rules.scale > 0.0, "its scale"),
            (self.training.label_counts.len() == self.labels.len(), "its counts of labels"),
            (self.training.theme_counts.len() == self.themes.len(), "its counts of themes"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, part)| Err(part))
    }
}
