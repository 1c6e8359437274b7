//! Classifying with a model: the same arithmetic as in training, without matrices.

mod evidence;

use std::cell::RefCell;

use super::Model;
use super::decide::{Assignment, Decider, Pool};
use super::features::{Features, Sentence};
use super::weights::{Sums, Weights};
use crate::segmenter::Route;
use crate::tfidf::{Unit, sentence_weight};
use crate::tokenize::normalize;

pub use evidence::Evidence;

/// A model made ready to classify: the dictionary is loaded, the weights lie feature by feature.
///
/// It can be shared between threads; what a paragraph is given depends on its text alone.
pub struct Classifier {
    model: Model,
    features: Features,
    weights: Weights,
    decider: Decider,
    bias: Vec<f64>,
}

/// A feature of a paragraph and what it did to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The feature as it stands in the text: a word, words parted by a space, or a few characters.
    pub term: String,
    /// Weight × value, summed over the sentences as the decision value is.
    pub contribution: f64,
}

/// Everything that went into the decision on a paragraph.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The decision.
    pub assignment: Assignment,
    /// Decision values, one a head.
    pub values: Vec<f64>,
    /// What the bias adds to each decision value.
    pub bias: Vec<f64>,
    /// The features, by column, and what each adds to each decision value.
    terms: Vec<(u32, Vec<f64>)>,
}

/// What a thread keeps between paragraphs.
#[derive(Default)]
struct Scratch {
    route: Route,
    sentence: Sentence,
    sums: Sums,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Classifier {
    /// Loads the dictionary and lays out the weights.
    pub fn new(model: Model) -> Self {
        Classifier {
            features: Features::new(&model.tokenizer, &model.vocabulary),
            weights: Weights::new(&model),
            decider: Decider::new(&model.labels, &model.themes, model.calibration.clone(), model.thresholds.clone()),
            bias: model.bias.iter().map(|&bias| bias.into()).collect(),
            model,
        }
    }

    /// The model it was made from.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Classifies one paragraph. A text without any word is `other`, or the first label of a model that has no `other`.
    pub fn classify(&self, text: &str) -> Assignment {
        self.decide(text).0
    }

    /// The assignment, and the decision values it rests on: one for each label, then one for each theme.
    fn decide(&self, text: &str) -> (Assignment, Vec<f64>) {
        let mut pool = Pool::new(self.bias.len());
        self.for_each_sentence(text, |characters, sums| {
            pool.add(sentence_weight(characters).into(), self.weights.values(sums, &self.bias));
        });
        let values = pool.finish(&self.bias, self.model.labels.len());
        (if pool.is_empty() { self.decider.wordless() } else { self.decider.decide(&values) }, values)
    }

    /// Calls `each` with the length of every sentence that has a word, in characters, and what its features add up to.
    fn for_each_sentence(&self, text: &str, mut each: impl FnMut(usize, &mut Sums)) {
        SCRATCH.with_borrow_mut(|Scratch { route, sentence, sums }| {
            let mut end = |sentence: &mut Sentence, characters: usize| {
                if !sentence.is_empty() {
                    sums.clear(&self.weights);
                    self.features.find_words(sentence, |column| sums.count(column));
                    sums.end_of_words();
                    self.features.find_grams(sentence, |column| sums.count(column));
                    self.weights.weigh(sums);
                    each(characters, sums);
                }
                sentence.clear();
            };
            sentence.clear();
            let text = normalize(text);
            match self.model.unit {
                Unit::Sentence => self.features.read(&text, route, sentence, end),
                Unit::Paragraph => {
                    let mut paragraph = 0;
                    self.features.read(&text, route, sentence, |_, characters| paragraph += characters);
                    end(sentence, paragraph);
                }
            }
        });
    }

    /// Classifies one paragraph and says what made the decision: the bias and the contributions of the terms to a head add up
    /// to its decision value.
    pub fn explain(&self, text: &str) -> Explanation {
        let heads = self.bias.len();
        let first_theme = self.model.labels.len();
        // The sentences' features first: what a theme's highest sentence is, is known only at the end.
        let mut sentences = Vec::new();
        self.for_each_sentence(text, |characters, sums| {
            let values: Vec<f64> = self.weights.values(sums, &self.bias).collect();
            sentences.push((f64::from(sentence_weight(characters)), self.weights.features(sums), values));
        });
        let total: f64 = sentences.iter().map(|(weight, ..)| weight).sum();
        let highest: Vec<usize> = (0..heads)
            .map(|head| {
                let mut best = 0;
                for (at, sentence) in sentences.iter().enumerate() {
                    if sentence.2[head] > sentences[best].2[head] {
                        best = at;
                    }
                }
                best
            })
            .collect();
        let mut terms = std::collections::BTreeMap::<u32, Vec<f64>>::new();
        for (number, (weight, features, _)) in sentences.iter().enumerate() {
            for &(column, value) in features {
                let contributions = terms.entry(column).or_insert_with(|| vec![0.0; heads]);
                for (head, contribution) in contributions.iter_mut().enumerate() {
                    let share = weight / total + f64::from(head >= first_theme && highest[head] == number);
                    let weight = self.model.weights.get([column as usize, head]).copied().unwrap_or(0.0);
                    *contribution += share * value * f64::from(weight);
                }
            }
        }
        let (assignment, values) = self.decide(text);
        let bias = self.bias.iter().enumerate().map(|(head, bias)| if head < first_theme { *bias } else { 2.0 * bias });
        Explanation { assignment, values, bias: bias.collect(), terms: terms.into_iter().collect() }
    }

    /// The `count` terms that speak most for a head, first the strongest. What a sequence of characters adds as a word and as a
    /// character n-gram is added up.
    pub fn strongest(&self, explanation: &Explanation, head: usize, count: usize) -> Vec<Term> {
        let columns = explanation.terms.iter().filter_map(|(column, by_head)| Some((*column, *by_head.get(head)?)));
        let named = |(term, contribution)| Term { term, contribution };
        let terms = self.model.by_term(columns).into_iter().take(count);
        terms.filter(|&(_, contribution)| contribution > 0.0).map(named).collect()
    }
}

impl Explanation {
    /// The sum of the bias and of all terms' contributions to a head: its decision value.
    pub fn total(&self, head: usize) -> f64 {
        let terms = self.terms.iter().filter_map(|(_, by_head)| by_head.get(head));
        self.bias.get(head).copied().unwrap_or(0.0) + terms.sum::<f64>()
    }
}
