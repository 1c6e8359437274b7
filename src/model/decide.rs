//! From decision values to labels.

use crate::calibrate::Sigmoid;
use crate::theme::{Label, OTHER};

/// What a paragraph was given. Labels and themes are numbers into the model's lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The label with the highest probability.
    pub primary: usize,
    /// The themes the paragraph makes a statement on, rising; the primary label's among them if it is a theme.
    pub themes: Vec<usize>,
    /// The probability that a label is the primary one, by label; they sum to 1.
    pub probabilities: Vec<f64>,
    /// The probability that the paragraph touches a theme, by theme; each stands by itself.
    pub theme_probabilities: Vec<f64>,
    /// Whether the text has no word at all, so that the label was given by rule.
    pub wordless: bool,
}

/// How decision values become an [`Assignment`].
#[derive(Debug, Clone, PartialEq)]
pub struct Decider {
    calibration: Vec<Sigmoid>,
    thresholds: Vec<f64>,
    /// The theme that each label is, if it is one.
    theme_of: Vec<Option<usize>>,
    /// The label of a text without words.
    fallback: usize,
}

impl Decider {
    /// `calibration` has an entry for each label and then one for each theme, `thresholds` one for each theme.
    pub fn new(labels: &[Label], themes: &[Label], calibration: Vec<Sigmoid>, thresholds: Vec<f64>) -> Self {
        let theme_of = labels.iter().map(|label| themes.iter().position(|theme| theme.id == label.id)).collect();
        let fallback = labels.iter().position(|label| label.id == OTHER).unwrap_or(0);
        Decider { calibration, thresholds, theme_of, fallback }
    }

    /// What a text without any word is given: `other`, or the first label of a model that has no `other`, and no theme.
    pub fn wordless(&self) -> Assignment {
        let mut probabilities = vec![0.0; self.theme_of.len()];
        probabilities.iter_mut().skip(self.fallback).take(1).for_each(|p| *p = 1.0);
        let theme_probabilities = vec![0.0; self.thresholds.len()];
        Assignment { primary: self.fallback, themes: Vec::new(), probabilities, theme_probabilities, wordless: true }
    }

    /// Decides on the decision values of one paragraph, a value a head.
    pub fn decide(&self, values: &[f64]) -> Assignment {
        let mut calibrated = values.iter().zip(&self.calibration).map(|(&value, sigmoid)| sigmoid.probability(value));
        let mut probabilities: Vec<f64> = calibrated.by_ref().take(self.theme_of.len()).collect();
        let theme_probabilities: Vec<f64> = calibrated.collect();
        let total: f64 = probabilities.iter().sum();
        if total > 0.0 {
            probabilities.iter_mut().for_each(|p| *p /= total);
        }
        let primary = highest(&probabilities);
        let own = self.theme_of.get(primary).copied().flatten();
        let named = |&(theme, (p, threshold)): &(usize, (&f64, &f64))| p >= threshold || own == Some(theme);
        let themes = theme_probabilities.iter().zip(&self.thresholds).enumerate().filter(named).map(|(theme, _)| theme);
        Assignment { primary, themes: themes.collect(), probabilities, theme_probabilities, wordless: false }
    }
}

/// Puts the decision values of a paragraph together from those of its sentences.
///
/// A label's value is the weighted mean over the sentences. To a theme's, which asks whether there is a statement on it
/// anywhere, the highest value of any sentence is added.
#[derive(Debug, Default)]
pub(super) struct Pool {
    total: f64,
    sums: Vec<f64>,
    highest: Vec<f64>,
}

impl Pool {
    pub(super) fn new(heads: usize) -> Self {
        Pool { total: 0.0, sums: vec![0.0; heads], highest: vec![f64::NEG_INFINITY; heads] }
    }

    /// Adds a sentence: its weight beside the others, and its values, biases included.
    pub(super) fn add(&mut self, weight: f64, values: impl Iterator<Item = f64>) {
        self.total += weight;
        for ((sum, highest), value) in self.sums.iter_mut().zip(&mut self.highest).zip(values) {
            *sum += weight * value;
            *highest = highest.max(value);
        }
    }

    /// Whether no sentence was added.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0.0
    }

    /// The paragraph's values; heads from `first_theme` on are themes. Without any sentence nothing speaks but the biases.
    pub(super) fn finish(&self, bias: &[f64], first_theme: usize) -> Vec<f64> {
        let value = |(head, bias): (usize, &f64)| {
            let (mean, highest) =
                if self.total > 0.0 { (self.sums[head] / self.total, self.highest[head]) } else { (*bias, *bias) };
            if head < first_theme { mean } else { mean + highest }
        };
        bias.iter().enumerate().map(value).collect()
    }
}

/// The position of the highest value, the first of them if there are several.
fn highest(values: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}

/// The threshold at which the F1 of a theme is highest.
///
/// `rows` gives, for each paragraph, the theme's probability, whether the theme is the paragraph's predicted primary label (it is
/// then named whatever its probability), and whether the paragraph has the theme.
pub(super) fn best_threshold(rows: &[(f64, bool, bool)]) -> f64 {
    let positives = rows.iter().filter(|row| row.2).count();
    let mut tp = rows.iter().filter(|row| row.1 && row.2).count();
    let mut named = rows.iter().filter(|row| row.1).count();
    let mut open: Vec<(f64, bool)> = rows.iter().filter(|row| !row.1).map(|row| (row.0, row.2)).collect();
    open.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let f1 = |tp: usize, named: usize| 2.0 * tp as f64 / (named + positives).max(1) as f64;
    let mut best = (f1(tp, named), 1.0);
    for (at, &(probability, has)) in open.iter().enumerate() {
        tp += usize::from(has);
        named += 1;
        let next = open.get(at + 1).map_or(0.0, |next| next.0);
        if next < probability && f1(tp, named) > best.0 {
            // Half way to the next probability, so that a hair's breadth does not decide.
            best = (f1(tp, named), f64::midpoint(probability, next));
        }
    }
    best.1
}
