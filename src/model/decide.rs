//! From decision values to labels.

use serde::{Deserialize, Serialize};

use crate::calibrate::{Evidence, sigmoid, softmax};
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
    /// Whether the primary label is as good as sure: its probability is at least [`Rules::certain_from`]. Where it is not, a
    /// careful reader could well decide otherwise.
    pub certain: bool,
    /// Whether the text has no word at all, so that the label was given by rule.
    pub wordless: bool,
}

/// How decision values become labels: what training learns beside weights and biases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The probabilities of the labels are those of a softmax over this × their decision values.
    pub scale: f64,
    /// How mean and highest value become a theme's log odds, by theme.
    pub evidence: Vec<Evidence>,
    /// From which probability on a theme is named.
    pub named_from: f64,
    /// From which probability on a primary label is certain; `None` where no probability is high enough.
    pub certain_from: Option<f64>,
}

/// How decision values become an [`Assignment`].
#[derive(Debug, Clone, PartialEq)]
pub struct Decider {
    rules: Rules,
    /// The theme that each label is, if it is one.
    theme_of: Vec<Option<usize>>,
    /// The label of a text without words.
    fallback: usize,
}

impl Decider {
    /// Rules for these labels and themes, made ready.
    pub fn new(labels: &[Label], themes: &[Label], rules: Rules) -> Self {
        let theme_of = labels.iter().map(|label| themes.iter().position(|theme| theme.id == label.id)).collect();
        let fallback = labels.iter().position(|label| label.id == OTHER).unwrap_or(0);
        Decider { rules, theme_of, fallback }
    }

    /// What a text without any word is given: `other`, or the first label of a model that has no `other`, and no theme.
    pub fn wordless(&self) -> Assignment {
        let mut probabilities = vec![0.0; self.theme_of.len()];
        probabilities.iter_mut().skip(self.fallback).take(1).for_each(|p| *p = 1.0);
        let theme_probabilities = vec![0.0; self.rules.evidence.len()];
        let (primary, themes) = (self.fallback, Vec::new());
        Assignment { primary, themes, probabilities, theme_probabilities, certain: false, wordless: true }
    }

    /// Decides on the decision values of one paragraph: one for each label, then one for each theme.
    pub fn decide(&self, values: &[f64]) -> Assignment {
        let (labels, themes) = values.split_at(self.theme_of.len().min(values.len()));
        let primary = highest(labels);
        let mut probabilities = labels.to_vec();
        softmax(self.rules.scale, &mut probabilities);
        let theme_probabilities: Vec<f64> = themes.iter().map(|&value| sigmoid(value)).collect();
        let own = self.theme_of.get(primary).copied().flatten();
        let named = |&(theme, p): &(usize, &f64)| *p >= self.rules.named_from || own == Some(theme);
        let themes = theme_probabilities.iter().enumerate().filter(named).map(|(theme, _)| theme).collect();
        let certain = self.rules.certain_from.is_some_and(|from| probabilities.get(primary).is_some_and(|&p| p >= from));
        Assignment { primary, themes, probabilities, theme_probabilities, certain, wordless: false }
    }
}

/// Puts together what the sentences of a paragraph have, head by head: their weighted mean and the highest of them.
#[derive(Debug, Clone, Default)]
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
    pub(super) fn add<'v>(&mut self, weight: f64, values: impl IntoIterator<Item = &'v f64>) {
        self.total += weight;
        for ((sum, highest), &value) in self.sums.iter_mut().zip(&mut self.highest).zip(values) {
            *sum += weight * value;
            *highest = if value > *highest { value } else { *highest };
        }
    }

    /// Whether no sentence was added.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0.0
    }

    /// The weighted mean of a head's values, and the highest. Without any sentence nothing speaks but the bias.
    pub(super) fn head(&self, head: usize, bias: f64) -> (f64, f64) {
        if self.is_empty() { (bias, bias) } else { (self.sums[head] / self.total, self.highest[head]) }
    }

    /// The paragraph's decision values: a label's is the mean; a theme's, which asks whether there is a statement on it anywhere,
    /// are the log odds that follow from mean and highest value. The last heads are the themes.
    pub(super) fn values(&self, bias: &[f64], evidence: &[Evidence]) -> Vec<f64> {
        let labels = bias.len() - evidence.len();
        let value = |(head, &bias): (usize, &f64)| {
            let (mean, highest) = self.head(head, bias);
            if head < labels { mean } else { evidence[head - labels].value(mean, highest) }
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

/// The probability from which on themes should be named so that their micro-F1 is highest: half of the highest F1 there is, which
/// is the best threshold for calibrated probabilities (Z. C. Lipton, C. Elkan, B. Naryanaswamy: Optimal Thresholding of Classifiers
/// to Maximize F1 Measure, ECML PKDD 2014). The threshold at which F1 happens to be highest in the rows depends much more on chance.
///
/// `rows` gives, for each paragraph and theme, the probability, whether the theme is the paragraph's predicted primary label (it is
/// then named whatever its probability), whether the paragraph has the theme, and what the paragraph counts.
pub(super) fn best_threshold(rows: &[(f64, bool, bool, f64)]) -> f64 {
    let sum = |filter: fn(&&(f64, bool, bool, f64)) -> bool| rows.iter().filter(filter).map(|row| row.3).sum::<f64>();
    let positives = sum(|row| row.2);
    let mut tp = sum(|row| row.1 && row.2);
    let mut named = sum(|row| row.1);
    let mut open: Vec<&(f64, bool, bool, f64)> = rows.iter().filter(|row| !row.1).collect();
    open.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let f1 = |tp: f64, named: f64| 2.0 * tp / (named + positives).max(f64::MIN_POSITIVE);
    let mut highest = f1(tp, named);
    for (at, &&(probability, _, has, weight)) in open.iter().enumerate() {
        tp += if has { weight } else { 0.0 };
        named += weight;
        if open.get(at + 1).is_none_or(|next| next.0 < probability) {
            highest = highest.max(f1(tp, named));
        }
    }
    if highest > 0.0 { highest / 2.0 } else { 1.0 }
}

/// How often a primary label that is called certain must be right.
pub const CERTAIN: f64 = 0.99;

/// The lowest probability from which on primary labels are right often enough to be called certain.
///
/// `rows` gives, for each paragraph, the probability of its primary label, whether it is right, and what the paragraph counts. One
/// wrong paragraph is counted beside those that were seen, so that a few lucky rows do not make certain.
pub(super) fn certain_from(rows: &[(f64, bool, f64)]) -> Option<f64> {
    let mut sorted: Vec<&(f64, bool, f64)> = rows.iter().collect();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut all, mut wrong) = (1.0, 1.0);
    let mut lowest = None;
    for (at, &&(probability, right, weight)) in sorted.iter().enumerate() {
        all += weight;
        wrong += if right { 0.0 } else { weight };
        let next = sorted.get(at + 1).map_or(0.0, |next| next.0);
        if next < probability && wrong <= (1.0 - CERTAIN) * all {
            lowest = Some(f64::midpoint(probability, next));
        }
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_for_themes_is_the_best_where_probabilities_are_true() {
        // Probabilities drawn evenly, and themes drawn with them: F1 at t is (1 − t²) / (1.5 − t), highest at t = 0.382.
        let mut random = fastrand::Rng::with_seed(2);
        let rows: Vec<(f64, bool, bool, f64)> = (0..50_000)
            .map(|_| {
                let p = random.f64();
                (p, false, random.f64() < p, 1.0)
            })
            .collect();
        let best = (3.0 - 5.0_f64.sqrt()) / 2.0;
        assert!((best_threshold(&rows) - best).abs() < 0.01, "{}", best_threshold(&rows));
        // Nothing to name and nothing named.
        assert_eq!(best_threshold(&[(0.2, false, false, 1.0)]).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn certain_is_what_is_right_often_enough() {
        // Above 0.8 all is right, below half of it.
        let row = |at: u32| (f64::from(at) / 1000.0, at > 800 || at.is_multiple_of(2), 1.0);
        let rows: Vec<_> = (0..1000).map(row).collect();
        let from = certain_from(&rows).unwrap();
        let inside: Vec<_> = rows.iter().filter(|row| row.0 >= from).collect();
        let wrong = inside.iter().filter(|row| !row.1).count();
        assert!((0.79..0.801).contains(&from) && wrong * 100 <= inside.len(), "{from}");
        // Three right rows are no ground for certainty.
        assert_eq!(certain_from(&rows[997..]), None);
    }
}
