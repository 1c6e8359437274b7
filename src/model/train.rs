//! Training: labelled paragraphs to a model, with cross-validation on the way.

use linfa::ParamGuard;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::decide::Assignment;
use super::fit::Fitted;
use super::held_out::{self, HeldOut};
use super::priors::Priors;
use super::targets::{self, Targets};
use super::{JIEBA_VERSION, Model, ModelInfo, TrainingRecord, folds};
use crate::labelled::LabelledCorpus;
use crate::linear::{LinearError, LinearParams, LinearValidParams};
use crate::tfidf::{CountedCorpus, TfIdf, TfIdfSettings, Unit};
use crate::tokenize::{TokenizedCorpus, Tokenizer, TokenizerSettings};
use crate::vocabulary::{NgramSettings, Vocabulary};

/// How cross-validation deals the paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Folds {
    /// Into so many parts of equal size and mixture.
    Number(usize),
    /// Each file is a part: how good is a model on paragraphs that were not written together with those it was trained on?
    Files,
}

/// Everything about training that can be chosen. The defaults are those of the default model; how they were measured stands in
/// `docs/features.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// The longest word n-gram that is a feature.
    pub word_ngrams: usize,
    /// The longest character n-gram that is a feature, from two characters on; 0 for none.
    pub char_ngrams: usize,
    /// What is brought to norm 1 by itself.
    pub unit: Unit,
    /// How counts become values.
    pub tfidf: TfIdfSettings,
    /// The classifier.
    pub linear: LinearValidParams,
    /// The cost C of the second round, which is trained on sentences where the data name themes; 0 leaves it out.
    pub sentence_cost: f64,
    /// How frequent labels and themes are where the model will be used; `None`: as in the training data. Probabilities and
    /// thresholds are fitted for these shares.
    pub priors: Option<Priors>,
    /// How cross-validation deals the paragraphs.
    pub folds: Folds,
    /// Whether every part is predicted by a model of the others. If not, one part is, for calibration alone.
    pub cross_validate: bool,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            word_ngrams: 1,
            char_ngrams: 2,
            unit: Unit::Sentence,
            tfidf: TfIdfSettings::default(),
            linear: LinearValidParams { c: 0.5, ..LinearValidParams::default() },
            sentence_cost: 1.0,
            priors: None,
            folds: Folds::Number(5),
            cross_validate: true,
        }
    }
}

/// Why a model could not be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A label that occurs once can be learned from nothing when that one paragraph is held out.
    #[error(
        "the label `{label}` has only one paragraph ({source_}): a label needs at least two; add some or merge it into another label"
    )]
    RareLabel {
        /// The label.
        label: String,
        /// Where its one paragraph stands.
        source_: crate::labelled::Source,
    },
    /// All paragraphs have one label.
    #[error("all {paragraphs} paragraphs have the label `{label}`: there must be at least two labels to tell apart")]
    OneLabel {
        /// How many there are.
        paragraphs: usize,
        /// The label.
        label: String,
    },
    /// No paragraph at all.
    #[error("there is no labelled paragraph to train on")]
    NoRows,
    /// No feature is frequent enough.
    #[error("no word occurs in {min_df} paragraphs or more: give more paragraphs or a lower --min-df")]
    NoFeatures {
        /// The setting.
        min_df: usize,
    },
    /// Fewer than two folds.
    #[error("--folds must be at least 2, but is {0}")]
    Folds(usize),
    /// Folds by file need files.
    #[error("all paragraphs are from one file: --folds file leaves out one file at a time and needs at least two")]
    OneFile,
    /// A prior for a label that no paragraph has.
    #[error("the priors name `{label}`, which no paragraph has; there are {known}")]
    UnknownPrior {
        /// The label.
        label: String,
        /// The labels there are.
        known: String,
    },
    /// Labels without a prior.
    #[error("the priors lack {0}: give the share of every label")]
    MissingPrior(String),
    /// Priors that are no shares.
    #[error("the priors must each be above 0 and sum to 1, but they sum to {0}")]
    PriorSum(f64),
    /// A theme's prior that is no share, or less than that of the label of its name.
    #[error(
        "the prior of the theme `{theme}` must be above 0, below 1 and at least that of the label, {least}, but is {share}"
    )]
    ThemePrior {
        /// The theme.
        theme: String,
        /// What was given.
        share: f64,
        /// The prior of the label.
        least: f64,
    },
    /// Priors that no weighing of the rows brings about.
    #[error(
        "the priors want {share:.3} of the paragraphs to touch `{theme}`, but however the rows are weighed they come to {found:.3}: too few or too many rows of other labels name it"
    )]
    UnmetPrior {
        /// The theme.
        theme: String,
        /// What was asked.
        share: f64,
        /// What comes nearest.
        found: f64,
    },
    /// A cost out of its range.
    #[error("--sentence-cost must be 0 or above, but is {0}")]
    SentenceCost(f64),
    /// A share out of its range.
    #[error("--max-df must be above 0 and at most 1, but is {0}")]
    MaxDf(f64),
    /// No feature is to be kept.
    #[error("--max-features must be at least 1")]
    MaxFeatures,
    /// The classifier's parameters or data are wrong.
    #[error(transparent)]
    Linear(#[from] LinearError),
}

/// How far training has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Paragraphs are cut into words and their features counted.
    Counting,
    /// One fold of so many is held out.
    Fold(usize, usize),
    /// The model is trained on all paragraphs.
    Final,
}

/// A model and what was seen on the way to it.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// What paragraphs were given when they were held out, by row: all of them with cross-validation, else those of one part.
    pub held_out: Vec<(usize, Assignment)>,
    /// Paragraphs whose text occurs before them, with the same labels.
    pub duplicates: usize,
    /// Pairs of paragraphs of the same text whose primary labels differ, by row.
    pub contradictions: Vec<(usize, usize)>,
}

/// Trains a model named `name` on labelled paragraphs. `progress` is told of every stage as it begins.
///
/// The same rows, settings and program give the same model, on any number of threads.
///
/// # Errors
/// When the rows cannot be learned from or a setting is out of its range.
pub fn train(
    name: &str,
    corpus: &LabelledCorpus,
    tokenizer: TokenizerSettings,
    settings: &TrainSettings,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Trained, TrainError> {
    if let Folds::Number(folds @ (0 | 1)) = settings.folds {
        return Err(TrainError::Folds(folds));
    }
    if !(settings.tfidf.max_df > 0.0 && settings.tfidf.max_df <= 1.0) {
        return Err(TrainError::MaxDf(settings.tfidf.max_df));
    }
    if settings.tfidf.max_features == Some(0) {
        return Err(TrainError::MaxFeatures);
    }
    LinearParams::new(settings.linear.clone()).check()?;
    if !(settings.sentence_cost.is_finite() && settings.sentence_cost >= 0.0) {
        return Err(TrainError::SentenceCost(settings.sentence_cost));
    }
    let targets = Targets::new(&corpus.rows)?;
    let weights = match &settings.priors {
        Some(priors) => priors.weights(&targets)?,
        None => vec![1.0; corpus.rows.len()],
    };
    let fold_of = match settings.folds {
        Folds::Number(folds) => folds::deal(targets.rows(&corpus.rows), targets.labels.len(), folds, settings.linear.seed),
        Folds::Files => folds::by_file(&corpus.rows)?,
    };

    progress(Stage::Counting);
    let texts: Vec<&str> = corpus.rows.iter().map(|row| row.text.as_str()).collect();
    let (cutter, tokenizer) = Tokenizer::with_resolved(&tokenizer);
    let tokenized = TokenizedCorpus::new(&cutter, &texts);
    drop(cutter);
    let min_df = settings.tfidf.min_df;
    let ngrams = NgramSettings { words: settings.word_ngrams, characters: settings.char_ngrams, min_df };
    let vocabulary = Vocabulary::fit(&tokenized, &ngrams);
    if vocabulary.is_empty() {
        return Err(TrainError::NoFeatures { min_df });
    }
    let counted = CountedCorpus::new(&vocabulary, &tokenized, settings.unit);
    drop(tokenized);

    let held_out = HeldOut::new(&counted, &targets, &fold_of, settings, progress)?;
    let rules = held_out.rules(&targets, &weights);
    let held_out = held_out.decide(&targets, &rules);
    let cross_validation = settings.cross_validate.then(|| held_out::measure(&targets, &held_out, &weights, settings));

    progress(Stage::Final);
    let Fitted { tfidf, linear } = Fitted::new(&counted, &targets, settings)?;
    let (vocabulary, columns) = vocabulary.prune(|column| tfidf.idf[column as usize] != 0.0);
    let columns: Vec<usize> = columns.into_iter().map(|column| column as usize).collect();
    let idf: Vec<f32> = columns.iter().map(|&column| tfidf.idf[column]).collect();
    let mut weights = linear.weights.t().select(Axis(0), &columns);
    weights.rows_mut().into_iter().zip(&idf).for_each(|(mut row, &idf)| row *= idf);
    let (duplicates, contradictions) = targets::repeated(&corpus.rows);
    let model = Model {
        vocabulary,
        tfidf: TfIdf { idf, ..tfidf },
        weights,
        info: ModelInfo {
            name: name.to_owned(),
            tokenizer,
            jieba_version: JIEBA_VERSION.to_owned(),
            unit: settings.unit,
            bias: linear.bias.to_vec(),
            rules,
            training: TrainingRecord {
                program_version: env!("CARGO_PKG_VERSION").to_owned(),
                data_hash: targets::hash(&corpus.rows),
                paragraphs: corpus.rows.len(),
                label_counts: targets.label_counts(),
                theme_counts: targets.theme_counts(),
                settings: settings.clone(),
                cross_validation,
            },
            labels: targets.labels,
            themes: targets.themes,
        },
    };
    Ok(Trained { model, held_out, duplicates, contradictions })
}
