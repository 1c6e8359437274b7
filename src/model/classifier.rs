//! Classifying with a model: the same arithmetic as in training, without matrices.

use std::cell::RefCell;
use std::ops::Range;

use super::Model;
use super::decide::{Assignment, Decider, Pool};
use super::features::{Features, Sentence};
use super::weights::{Sums, Weights};
use crate::segmenter::Route;
use crate::tfidf::{Unit, sentence_weight};
use crate::tokenize::normalize;

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

/// A sentence of a paragraph and what it did to the decision values.
#[derive(Debug, Clone, PartialEq)]
pub struct SentencePart {
    /// Where it stands in the text, in characters, from its first one to after its final mark.
    pub characters: Range<usize>,
    /// What it adds to each decision value, its part of the bias and of a theme's offset included: the contributions of all
    /// sentences add up to the decision value. One a head.
    pub contributions: Vec<f64>,
}

/// Everything that went into the decision on a paragraph.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The decision.
    pub assignment: Assignment,
    /// Decision values, one a head: for a label the weighted mean of the sentences' values, for a theme its log odds.
    pub values: Vec<f64>,
    /// What is in each decision value before any term speaks.
    pub bias: Vec<f64>,
    /// The sentences that have a word, in order.
    pub sentences: Vec<SentencePart>,
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
            decider: Decider::new(&model.labels, &model.themes, model.rules.clone()),
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
        let mut pool = Pool::new(self.bias.len());
        self.for_each_sentence(text, |characters, sums| {
            pool.add(sentence_weight(characters.len()).into(), self.weights.values(sums, &self.bias));
        });
        self.decide(&pool).0
    }

    /// The assignment, and the decision values it rests on: one for each label, then one for each theme.
    fn decide(&self, pool: &Pool) -> (Assignment, Vec<f64>) {
        let values = pool.values(&self.bias, &self.model.rules.evidence);
        (if pool.is_empty() { self.decider.wordless() } else { self.decider.decide(&values) }, values)
    }

    /// Calls `each` with the place of every sentence that has a word, in characters, and what its features add up to.
    fn for_each_sentence(&self, text: &str, mut each: impl FnMut(Range<usize>, &mut Sums)) {
        SCRATCH.with_borrow_mut(|Scratch { route, sentence, sums }| {
            let mut start = 0;
            let mut end = |sentence: &mut Sentence, characters: usize| {
                if !sentence.is_empty() {
                    sums.clear(&self.weights);
                    self.features.find_words(sentence, |column| sums.count(column));
                    sums.end_of_words();
                    self.features.find_grams(sentence, |column| sums.count(column));
                    self.weights.weigh(sums);
                    each(start..start + characters, sums);
                }
                start += characters;
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
    /// to its decision value, and so do those of the sentences.
    pub fn explain(&self, text: &str) -> Explanation {
        let heads = self.bias.len();
        let first_theme = self.model.labels.len();
        // The sentences' features first: what a theme's highest sentence is, is known only at the end.
        let mut read = Vec::new();
        let mut pool = Pool::new(heads);
        self.for_each_sentence(text, |characters, sums| {
            let values: Vec<f64> = self.weights.values(sums, &self.bias).collect();
            let weight = f64::from(sentence_weight(characters.len()));
            pool.add(weight, values.iter().copied());
            read.push((characters, weight, self.weights.features(sums), values));
        });
        let total: f64 = read.iter().map(|(_, weight, ..)| weight).sum();
        // How often a sentence's value is in a decision value, by sentence and head, and what of the offset goes with it.
        let mut open: Vec<bool> = vec![true; heads];
        let evidence = |head: usize| head.checked_sub(first_theme).and_then(|theme| self.model.rules.evidence.get(theme));
        let mut terms = std::collections::BTreeMap::<u32, Vec<f64>>::new();
        let mut sentences = Vec::with_capacity(read.len());
        let mut bias = vec![0.0; heads];
        for (characters, weight, features, values) in read {
            let part = weight / total;
            let mut shares = vec![part; heads];
            let mut contributions = vec![0.0; heads];
            for (head, &value) in values.iter().enumerate() {
                let mut offset = 0.0;
                if let Some(evidence) = evidence(head) {
                    // Of several highest sentences the first one counts.
                    let highest = open[head] && value >= pool.head(head, 0.0).1;
                    open[head] &= !highest;
                    shares[head] = evidence.mean * part + if highest { evidence.highest } else { 0.0 };
                    offset = evidence.offset * part;
                }
                contributions[head] = shares[head] * value + offset;
                bias[head] += shares[head] * self.bias[head] + offset;
            }
            for (column, value) in features {
                let weights = self.model.weights.row(column as usize);
                let contributions = terms.entry(column).or_insert_with(|| vec![0.0; heads]);
                for ((contribution, share), weight) in contributions.iter_mut().zip(&shares).zip(weights) {
                    *contribution += share * value * f64::from(*weight);
                }
            }
            sentences.push(SentencePart { characters, contributions });
        }
        let (assignment, values) = self.decide(&pool);
        if pool.is_empty() {
            bias.clone_from(&values);
        }
        Explanation { assignment, values, bias, sentences, terms: terms.into_iter().collect() }
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
