//! Fitting the heads: first on paragraphs, then once more on their sentences.
//!
//! A paragraph says which themes it has, and where its statements are marked also in which of its sentences. Where they are not,
//! the values of classifiers trained on paragraphs tell which sentences carry the paragraph's labels (one round of the mi-SVM of
//! S. Andrews, I. Tsochantaridis, T. Hofmann: Support Vector Machines for Multiple-Instance Learning, NIPS 2002). Classifiers
//! trained on sentences so labelled are averaged with the first ones. The result is one linear function a head.

use std::ops::Range;

use linfa::traits::PredictInplace;
use ndarray::{Array2, ArrayView1};

use super::decide::Pool;
use super::targets::Targets;
use super::{TrainError, TrainSettings};
use crate::linear::{ClassWeight, Head, LinearModel, LinearValidParams};
use crate::tfidf::{CountedCorpus, TfIdf};

/// A sentence of a paragraph whose only theme is its primary label is taken for `other` when that is ahead by this.
const AHEAD: f64 = 0.5;
/// A sentence of a paragraph that has a theme is no example, neither for the theme nor against it, when the theme's value is
/// between this and 0.
const DOUBTFUL: f64 = -0.3;
/// So many characters make a sentence that counts once; others count by the square root of their length.
const TYPICAL_SENTENCE: f64 = 20.0;
/// How much of a theme's lead over `other` as a label is added to the theme's own value, where no data say in which sentences the
/// theme is.
const LEAD: f64 = 0.2;

/// What is fitted on the rows of one training set.
pub(super) struct Fitted {
    pub(super) tfidf: TfIdf,
    /// A head for each label and then one for each theme.
    pub(super) linear: LinearModel,
}

impl Fitted {
    pub(super) fn new(counted: &CountedCorpus, targets: &Targets, settings: &TrainSettings) -> Result<Self, TrainError> {
        let tfidf = TfIdf::fit(counted, &settings.tfidf);
        let sentences = tfidf.transform(counted);
        let params = &settings.linear;
        let mut linear = params.fit_heads(&counted.mean(&sentences), &of_paragraphs(targets, params.class_weight))?;
        // Without themes nothing says which labels the sentences of a paragraph can have beside its own.
        if settings.sentence_cost > 0.0 && !targets.themes.is_empty() {
            let mut values: Array2<f64> = linear.default_target(&sentences);
            linear.predict_inplace(&sentences, &mut values);
            let heads = of_sentences(counted, targets, &values, params.class_weight);
            let second = LinearValidParams { c: settings.sentence_cost, ..params.clone() }.fit_heads(&sentences, &heads)?;
            linear.weights.zip_mut_with(&second.weights, |one, &other| *one = f32::midpoint(*one, other));
            linear.bias.zip_mut_with(&second.bias, |one, &other| *one = f32::midpoint(*one, other));
        }
        add_lead(&mut linear, targets);
        Ok(Fitted { tfidf, linear })
    }

    /// What the sentences of each document come to.
    pub(super) fn pools(&self, counted: &CountedCorpus) -> Vec<Pool> {
        let sentences = self.tfidf.transform(counted);
        let mut values: Array2<f64> = self.linear.default_target(&sentences);
        self.linear.predict_inplace(&sentences, &mut values);
        let document = |document| {
            let mut pool = Pool::new(self.linear.bias.len());
            for sentence in counted.sentences_of(document) {
                pool.add(counted.weights[sentence].into(), values.row(sentence));
            }
            pool
        };
        (0..counted.documents()).map(document).collect()
    }
}

/// Makes a head from what is positive and what each row counts by itself, weighing the two sides as asked.
///
/// A label among others counts its positive rows rows ÷ (labels × positive rows) times, as for [`ClassWeight::Balanced`]; a theme,
/// which stands by itself (`labels` is `None`), has its two sides brought to the same weight.
fn head(positive: Vec<bool>, mut weights: Vec<f64>, labels: Option<usize>, balance: ClassWeight) -> Head {
    if balance == ClassWeight::Balanced {
        let used = || positive.iter().zip(&weights).filter(|&(_, &weight)| weight > 0.0);
        let (rows, positives) = (used().count() as f64, used().filter(|&(&positive, _)| positive).count().max(1) as f64);
        let (of_positive, of_negative) = match labels {
            Some(labels) => (rows / (labels as f64 * positives), 1.0),
            None => (rows / (2.0 * positives), rows / (2.0 * (rows - positives).max(1.0))),
        };
        let factors = positive.iter().map(|&positive| if positive { of_positive } else { of_negative });
        weights.iter_mut().zip(factors).for_each(|(weight, factor)| *weight *= factor);
    }
    Head { positive, weights }
}

fn of_paragraphs(targets: &Targets, balance: ClassWeight) -> Vec<Head> {
    let once = || vec![1.0; targets.primary.len()];
    let label = |label| {
        let positive = targets.primary.iter().map(|&primary| primary == label).collect();
        head(positive, once(), Some(targets.labels.len()), balance)
    };
    let theme =
        |theme| head(targets.row_themes.iter().map(|themes| themes.contains(&theme)).collect(), once(), None, balance);
    (0..targets.labels.len()).map(label).chain((0..targets.themes.len()).map(theme)).collect()
}

/// The heads for sentences, by their `values` (sentences × heads) under the classifiers trained on paragraphs.
fn of_sentences(counted: &CountedCorpus, targets: &Targets, values: &Array2<f64>, balance: ClassWeight) -> Vec<Head> {
    let labels = targets.labels.len();
    let lengths: Vec<f64> = counted.characters.iter().map(|place| (place.len() as f64 / TYPICAL_SENTENCE).sqrt()).collect();
    let other = targets.other();
    let label_of: Vec<Option<usize>> = (0..targets.themes.len()).map(|theme| targets.label_of(theme)).collect();
    let mut label_of_sentence = vec![0; lengths.len()];
    for (document, (&primary, themes)) in targets.primary.iter().zip(&targets.row_themes).enumerate() {
        let marked = &targets.statements[document];
        let alone = marked.is_empty() && themes.len() == 1 && label_of[themes[0]] == Some(primary);
        for sentence in counted.sentences_of(document) {
            let values = values.row(sentence);
            let place = &counted.characters[sentence];
            let may_say = |theme: &&usize| marked.get(theme).is_none_or(|places| says(place, places));
            let mut allowed: Vec<usize> = themes.iter().filter(may_say).filter_map(|&theme| label_of[theme]).collect();
            if marked.is_empty() {
                allowed.push(primary);
            }
            // What is mostly statement is a theme's; the rest may be, if it holds one.
            if !marked.values().any(|places| 2 * stated(place, places) >= place.len()) {
                allowed.extend(other);
            }
            label_of_sentence[sentence] = match other {
                Some(other) if alone => {
                    if values[other] - values[primary] < AHEAD {
                        primary
                    } else {
                        other
                    }
                }
                _ => best_of(&allowed, &values, primary),
            };
        }
    }
    let label = |label| {
        let positive = label_of_sentence.iter().map(|&of| of == label).collect();
        head(positive, lengths.clone(), Some(labels), balance)
    };
    let theme = |theme: usize| {
        let column = values.column(labels + theme);
        let mut positive = vec![false; lengths.len()];
        let mut weights = lengths.clone();
        for (document, _) in targets.row_themes.iter().enumerate().filter(|(_, themes)| themes.contains(&theme)) {
            let sentences = counted.sentences_of(document);
            if let Some(places) = targets.statements[document].get(&theme) {
                sentences.for_each(|sentence| positive[sentence] = says(&counted.characters[sentence], places));
                continue;
            }
            let highest = sentences.clone().map(|sentence| column[sentence]).fold(f64::NEG_INFINITY, f64::max);
            for sentence in sentences {
                let value = column[sentence];
                if value > 0.0 || value >= highest {
                    positive[sentence] = true;
                } else if value > DOUBTFUL {
                    weights[sentence] = 0.0;
                }
            }
        }
        head(positive, weights, None, balance)
    };
    (0..labels).map(label).chain((0..targets.themes.len()).map(theme)).collect()
}

/// Whether a sentence makes one of the statements that stand at these places: it holds half of it, or half of it is part of it.
fn says(sentence: &Range<usize>, statements: &[Range<usize>]) -> bool {
    statements.iter().any(|statement| 2 * shared(sentence, statement) >= sentence.len().min(statement.len()).max(1))
}

/// How many characters of a sentence are part of statements.
fn stated(sentence: &Range<usize>, statements: &[Range<usize>]) -> usize {
    statements.iter().map(|statement| shared(sentence, statement)).sum()
}

fn shared(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn best_of(allowed: &[usize], values: &ArrayView1<f64>, otherwise: usize) -> usize {
    allowed.iter().copied().max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a))).unwrap_or(otherwise)
}

/// Adds to a theme's head part of the theme's lead over `other` as a label, unless statements were marked, from which the head has
/// learned more exactly. Both are linear, and so is the sum.
fn add_lead(linear: &mut LinearModel, targets: &Targets) {
    let Some(other) = targets.other() else { return };
    for theme in 0..targets.themes.len() {
        if targets.statements.iter().any(|marked| marked.contains_key(&theme)) {
            continue;
        }
        let Some(label) = targets.label_of(theme) else { continue };
        let head = targets.labels.len() + theme;
        let lead = &linear.weights.row(label) - &linear.weights.row(other);
        linear.weights.row_mut(head).scaled_add(LEAD as f32, &lead);
        linear.bias[head] += LEAD as f32 * (linear.bias[label] - linear.bias[other]);
    }
}
