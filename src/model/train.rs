//! Training: labelled paragraphs to a model, with cross-validation on the way.

use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use linfa::{ParamGuard, composing::platt_scaling::PlattError};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::decide::{Decider, Pool, best_threshold};
use super::folds::{self, deal};
use super::{CrossValidation, JIEBA_VERSION, Model, TrainingRecord};
use crate::calibrate::Sigmoid;
use crate::evaluate;
use crate::labelled::{Labelled, LabelledCorpus};
use crate::linear::{LinearError, LinearModel, LinearParams, LinearValidParams};
use crate::tfidf::{CountedCorpus, SparseRows, TfIdf, TfIdfSettings, Unit};
use crate::theme::{self, Label};
use crate::tokenize::{TokenizedCorpus, Tokenizer, TokenizerSettings};
use crate::vocabulary::{NgramSettings, Vocabulary};

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
    /// Into how many parts cross-validation deals the paragraphs.
    pub folds: usize,
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
            linear: LinearValidParams { c: 1.0, ..LinearValidParams::default() },
            folds: 5,
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
    if settings.folds < 2 {
        return Err(TrainError::Folds(settings.folds));
    }
    if !(settings.tfidf.max_df > 0.0 && settings.tfidf.max_df <= 1.0) {
        return Err(TrainError::MaxDf(settings.tfidf.max_df));
    }
    if settings.tfidf.max_features == Some(0) {
        return Err(TrainError::MaxFeatures);
    }
    let linear = LinearParams::new(settings.linear.clone()).check()?;
    let targets = Targets::new(&corpus.rows)?;

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

    let fold_of = deal(targets.rows(&corpus.rows), targets.labels.len(), settings.folds, settings.linear.seed);
    let held_out = hold_out(&counted, &targets, &fold_of, settings, &linear, progress)?;
    let (calibration, uncalibrated) = held_out.calibrate(&targets);
    let decider = Decider::new(&targets.labels, &targets.themes, calibration.clone(), vec![1.0; targets.themes.len()]);
    let thresholds = held_out.thresholds(&targets, &decider);
    let decider = Decider::new(&targets.labels, &targets.themes, calibration.clone(), thresholds.clone());
    let cross_validation = settings.cross_validate.then(|| held_out.measure(&targets, &decider, settings.folds));

    progress(Stage::Final);
    let Fitted { tfidf, linear } = Fitted::new(&counted, &targets.heads, settings, &linear)?;
    let (vocabulary, columns) = vocabulary.prune(|column| tfidf.idf[column as usize] != 0.0);
    let columns: Vec<usize> = columns.into_iter().map(|column| column as usize).collect();
    let (duplicates, contradictions) = repeated(&corpus.rows);
    let model = Model {
        name: name.to_owned(),
        tokenizer,
        jieba_version: JIEBA_VERSION.to_owned(),
        unit: settings.unit,
        vocabulary,
        tfidf: TfIdf { idf: columns.iter().map(|&column| tfidf.idf[column]).collect(), ..tfidf },
        weights: linear.weights.t().select(Axis(0), &columns),
        bias: linear.bias.to_vec(),
        calibration,
        thresholds,
        training: TrainingRecord {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            data_hash: hash(&corpus.rows),
            paragraphs: corpus.rows.len(),
            label_counts: targets.counts(0..targets.labels.len()),
            theme_counts: targets.counts(targets.labels.len()..targets.heads.ncols()),
            settings: settings.clone(),
            cross_validation,
            uncalibrated,
        },
        labels: targets.labels,
        themes: targets.themes,
    };
    Ok(Trained { model, duplicates, contradictions })
}

/// What the rows are to be told apart by.
struct Targets {
    labels: Vec<Label>,
    themes: Vec<Label>,
    /// Each row's primary label.
    primary: Vec<usize>,
    /// Each row's themes, rising.
    row_themes: Vec<Vec<usize>>,
    /// Rows × heads: whether a row is the label, and then whether it has the theme.
    heads: Array2<bool>,
}

impl Targets {
    fn new(rows: &[Labelled]) -> Result<Self, TrainError> {
        let mut ids: Vec<String> = rows.iter().map(|row| row.primary.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        theme::sort(&mut ids);
        for id in &ids {
            let mut having = rows.iter().filter(|row| row.primary == *id);
            if let (Some(only), None) = (having.next(), having.next()) {
                return Err(TrainError::RareLabel { label: id.clone(), source_: only.source.clone() });
            }
        }
        match ids.as_slice() {
            [] => return Err(TrainError::NoRows),
            [label] => return Err(TrainError::OneLabel { paragraphs: rows.len(), label: label.clone() }),
            _ => {}
        }
        let mut theme_ids: Vec<String> = rows.iter().filter_map(|row| row.themes.clone()).flatten().collect();
        theme_ids.sort_unstable();
        theme_ids.dedup();
        theme::sort(&mut theme_ids);
        let find = |ids: &[String], id: &str| ids.iter().position(|known| known == id);
        let primary: Vec<usize> = rows.iter().filter_map(|row| find(&ids, &row.primary)).collect();
        let row_themes: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| {
                let named = row.themes.iter().flatten().filter_map(|theme| find(&theme_ids, theme));
                // A row's primary label is one of its themes, whether or not the row says so, if it is a theme at all.
                let mut themes: Vec<usize> = named.chain(find(&theme_ids, &row.primary)).collect();
                themes.sort_unstable();
                themes.dedup();
                themes
            })
            .collect();
        let mut heads = Array2::from_elem((rows.len(), ids.len() + theme_ids.len()), false);
        for (row, (label, themes)) in primary.iter().zip(&row_themes).enumerate() {
            heads[[row, *label]] = true;
            themes.iter().for_each(|theme| heads[[row, ids.len() + theme]] = true);
        }
        let label = |id: &String| Label::new(id);
        let (labels, themes) = (ids.iter().map(label).collect(), theme_ids.iter().map(label).collect());
        Ok(Targets { labels, themes, primary, row_themes, heads })
    }

    fn rows<'r>(&'r self, rows: &'r [Labelled]) -> impl Iterator<Item = folds::Row<'r>> {
        let row = |(row, &label): (&'r Labelled, &usize)| folds::Row { group: row.group.as_deref(), text: &row.text, label };
        rows.iter().zip(&self.primary).map(row)
    }

    fn counts(&self, heads: std::ops::Range<usize>) -> Vec<usize> {
        heads.map(|head| self.heads.column(head).iter().filter(|&&has| has).count()).collect()
    }
}

/// What is fitted on the rows of one training set.
struct Fitted {
    tfidf: TfIdf,
    linear: LinearModel,
}

impl Fitted {
    fn new(
        counted: &CountedCorpus,
        heads: &Array2<bool>,
        settings: &TrainSettings,
        params: &LinearValidParams,
    ) -> Result<Self, TrainError> {
        let tfidf = TfIdf::fit(counted, &settings.tfidf);
        let rows = counted.mean(&tfidf.transform(counted));
        let linear = params.fit(&DatasetBase::new(rows, heads.clone()))?;
        Ok(Fitted { tfidf, linear })
    }

    /// Decision values of each document, a value a head. Heads from `first_theme` on are themes.
    fn decide(&self, counted: &CountedCorpus, first_theme: usize) -> Vec<Vec<f64>> {
        let sentences: SparseRows = self.tfidf.transform(counted);
        let mut values: Array2<f64> = self.linear.default_target(&sentences);
        self.linear.predict_inplace(&sentences, &mut values);
        let bias: Vec<f64> = self.linear.bias.iter().map(|&bias| f64::from(bias)).collect();
        let document = |document| {
            let mut pool = Pool::new(bias.len());
            for sentence in counted.sentences_of(document) {
                pool.add(counted.weights[sentence].into(), values.row(sentence).iter().copied());
            }
            pool.finish(&bias, first_theme)
        };
        (0..counted.documents()).map(document).collect()
    }
}

/// Decision values of rows that the classifier was not trained on.
struct HeldOut {
    /// Rows, and for each its decision values.
    rows: Vec<usize>,
    values: Vec<Vec<f64>>,
}

/// Trains on all folds but one and decides on that one, for every fold, or for the first alone.
fn hold_out(
    counted: &CountedCorpus,
    targets: &Targets,
    fold_of: &[usize],
    settings: &TrainSettings,
    linear: &LinearValidParams,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<HeldOut, TrainError> {
    let mut held_out = HeldOut { rows: Vec::new(), values: Vec::new() };
    let folds = if settings.cross_validate { settings.folds } else { 1 };
    for fold in 0..folds {
        progress(Stage::Fold(fold + 1, folds));
        let (test, train): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        let fitted = Fitted::new(&counted.select(&train), &targets.heads.select(Axis(0), &train), settings, linear)?;
        held_out.values.extend(fitted.decide(&counted.select(&test), targets.labels.len()));
        held_out.rows.extend(test);
    }
    Ok(held_out)
}

impl HeldOut {
    /// Fits a sigmoid to every head; names the heads for which that failed, whose values are then taken as log odds.
    fn calibrate(&self, targets: &Targets) -> (Vec<Sigmoid>, Vec<String>) {
        let mut uncalibrated = Vec::new();
        let sigmoids = (0..targets.heads.ncols())
            .map(|head| {
                let values: Vec<f64> = self.values.iter().map(|values| values[head]).collect();
                let positive: Vec<bool> = self.rows.iter().map(|&row| targets.heads[[row, head]]).collect();
                Sigmoid::fit(&values, &positive).unwrap_or_else(|_: PlattError| {
                    uncalibrated
                        .extend(targets.labels.iter().chain(&targets.themes).nth(head).map(|label| label.id.clone()));
                    Sigmoid { a: -1.0, b: 0.0 }
                })
            })
            .collect();
        (sigmoids, uncalibrated)
    }

    fn thresholds(&self, targets: &Targets, decider: &Decider) -> Vec<f64> {
        let decided: Vec<_> = self.values.iter().map(|values| decider.decide(values)).collect();
        let threshold = |theme: usize| {
            let row = |(assignment, &row): (&super::Assignment, &usize)| {
                let own = targets.labels[assignment.primary].id == targets.themes[theme].id;
                (assignment.theme_probabilities[theme], own, targets.row_themes[row].contains(&theme))
            };
            best_threshold(&decided.iter().zip(&self.rows).map(row).collect::<Vec<_>>())
        };
        (0..targets.themes.len()).map(threshold).collect()
    }

    fn measure(&self, targets: &Targets, decider: &Decider, folds: usize) -> CrossValidation {
        let ids = |labels: &[Label]| labels.iter().map(|label| label.id.clone()).collect::<Vec<_>>();
        let decided: Vec<_> = self.values.iter().map(|values| decider.decide(values)).collect();
        let given: Vec<usize> = self.rows.iter().map(|&row| targets.primary[row]).collect();
        let predicted: Vec<usize> = decided.iter().map(|assignment| assignment.primary).collect();
        let confident = decided.iter().zip(&given).map(|(a, &given)| (a.probabilities[a.primary], a.primary == given));
        let given_themes: Vec<Vec<usize>> = self.rows.iter().map(|&row| targets.row_themes[row].clone()).collect();
        let themes: Vec<Vec<usize>> = decided.iter().map(|assignment| assignment.themes.clone()).collect();
        CrossValidation {
            folds,
            primary: evaluate::single(&ids(&targets.labels), &given, &predicted),
            themes: (!targets.themes.is_empty()).then(|| evaluate::sets(&ids(&targets.themes), &given_themes, &themes)),
            calibration_error: evaluate::calibration_error(&evaluate::reliability(&confident.collect::<Vec<_>>())),
        }
    }
}

/// xxh3-128 of texts and labels in order, each ended by a byte that stands in no text.
fn hash(rows: &[Labelled]) -> String {
    let mut hasher = Xxh3::new();
    for row in rows {
        for field in [&row.text, &row.primary].into_iter().chain(row.themes.iter().flatten()).chain(&row.group) {
            hasher.update(field.as_bytes());
            hasher.update(&[0xFF]);
        }
        hasher.update(&[0xFE]);
    }
    format!("{:032x}", hasher.digest128())
}

/// How many rows repeat an earlier text with the same label, and which repeat one with another label.
fn repeated(rows: &[Labelled]) -> (usize, Vec<(usize, usize)>) {
    let mut first = std::collections::HashMap::new();
    let (mut duplicates, mut contradictions) = (0, Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let before = *first.entry(row.text.trim()).or_insert(number);
        if before == number {
            continue;
        }
        if rows[before].primary == row.primary { duplicates += 1 } else { contradictions.push((before, number)) }
    }
    (duplicates, contradictions)
}
