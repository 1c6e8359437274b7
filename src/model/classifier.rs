//! Classifying with a model: the same arithmetic as in training, without matrices.

use std::cell::RefCell;

use super::Model;
use super::decide::{Assignment, Decider, Pool};
use crate::tfidf::{Unit, sentence_weight};
use crate::tokenize::{Token, Tokenizer, normalize};
use crate::vocabulary::Counts;

/// A model made ready to classify: the dictionary is loaded, the weights lie feature by feature.
///
/// It can be shared between threads; what a paragraph is given depends on its text alone.
pub struct Classifier {
    model: Model,
    tokenizer: Tokenizer,
    decider: Decider,
    bias: Vec<f64>,
    /// idf and weights of each feature, `stride` numbers apart.
    rows: Vec<f32>,
    stride: usize,
}

/// A feature of a paragraph and what it did to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The feature: words, or the characters of a character n-gram.
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
    counts: Counts,
    sums: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A sentence's decision values, and what makes them up.
struct Sentence<'s> {
    characters: usize,
    /// Columns and counts of its features.
    counts: &'s Counts,
    /// What a feature's `tf · idf` is multiplied with, by block: words, characters.
    scale: [f32; 2],
    /// Values without the bias.
    values: &'s [f32],
}

impl Classifier {
    /// Loads the dictionary and lays out the weights.
    pub fn new(model: Model) -> Self {
        let heads = model.heads();
        let stride = (heads + 1).next_multiple_of(4);
        let mut rows = vec![0.0; model.vocabulary.len() * stride];
        for (row, (weights, &idf)) in rows.chunks_mut(stride).zip(model.weights.rows().into_iter().zip(&model.tfidf.idf)) {
            row[..heads].iter_mut().zip(weights).for_each(|(to, &from)| *to = from);
            row[heads] = idf;
        }
        Classifier {
            tokenizer: Tokenizer::new(&model.tokenizer),
            decider: Decider::new(&model.labels, &model.themes, model.calibration.clone(), model.thresholds.clone()),
            bias: model.bias.iter().map(|&bias| bias.into()).collect(),
            rows,
            stride,
            model,
        }
    }

    /// The model it was made from.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Classifies one paragraph. A text without any known feature gets what the biases say.
    pub fn classify(&self, text: &str) -> Assignment {
        self.decider.decide(&self.values(text))
    }

    /// The decision values of a paragraph: one for each label, then one for each theme.
    pub fn values(&self, text: &str) -> Vec<f64> {
        let mut pool = Pool::new(self.bias.len());
        self.for_each_sentence(text, |sentence| {
            let weight = f64::from(sentence_weight(sentence.characters));
            pool.add(weight, sentence.values.iter().zip(&self.bias).map(|(&value, bias)| f64::from(value) + bias));
        });
        pool.finish(&self.bias, self.model.labels.len())
    }

    /// Calls `each` with every sentence that has a word.
    fn for_each_sentence(&self, text: &str, mut each: impl FnMut(Sentence<'_>)) {
        SCRATCH.with_borrow_mut(|Scratch { counts, sums }| {
            let text = normalize(text);
            let mut counter = self.model.vocabulary.counter(counts);
            let mut any_word = false;
            let mut paragraph = 0;
            self.tokenizer.for_each_token(&text, |token| match token {
                Token::Word(word) => {
                    any_word = true;
                    counter.push(Some(&word));
                }
                Token::Gap => counter.push(None),
                Token::SentenceEnd { characters } if self.model.unit == Unit::Sentence => {
                    if std::mem::take(&mut any_word) {
                        each(self.weigh(characters, counter.counts(), sums));
                    }
                    counter.restart();
                }
                Token::SentenceEnd { characters } => {
                    paragraph += characters;
                    counter.push(None);
                }
            });
            if any_word {
                each(self.weigh(paragraph, counter.counts(), sums));
            }
        });
    }

    /// Weighs the features that were counted in a sentence.
    fn weigh<'s>(&self, characters: usize, counts: &'s Counts, sums: &'s mut Vec<f32>) -> Sentence<'s> {
        let heads = self.bias.len();
        let first_character = self.model.vocabulary.first_character();
        let stride = self.stride;
        sums.clear();
        sums.resize(2 * stride, 0.0);
        let (words, chars) = sums.split_at_mut(stride);
        let mut squares = [0.0_f32; 2];
        for (column, count) in counts.iter() {
            let at = column as usize * stride;
            let Some(row) = self.rows.get(at..at + stride) else { continue };
            let value = self.model.tfidf.tf(count as f32) * row[heads];
            let block = usize::from(column >= first_character);
            squares[block] += value * value;
            let sums = if block == 0 { &mut *words } else { &mut *chars };
            sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += value * weight);
        }
        let scale = squares.map(|square| if square > 0.0 { square.sqrt().recip() } else { 0.0 });
        words.iter_mut().zip(chars).for_each(|(word, character)| *word = *word * scale[0] + *character * scale[1]);
        Sentence { characters, counts, scale, values: &words[..heads] }
    }

    /// Classifies one paragraph and says what made the decision: the bias and the contributions of the terms to a head add up
    /// to its decision value.
    pub fn explain(&self, text: &str) -> Explanation {
        let heads = self.bias.len();
        let first_theme = self.model.labels.len();
        // The sentences' features first: what a theme's highest sentence is, is known only at the end.
        let mut sentences = Vec::new();
        let first_character = self.model.vocabulary.first_character();
        self.for_each_sentence(text, |sentence| {
            let value = |(column, count): (u32, u32)| {
                let idf = self.model.tfidf.idf.get(column as usize).copied().unwrap_or(0.0);
                let scale = sentence.scale[usize::from(column >= first_character)];
                (column, f64::from(self.model.tfidf.tf(count as f32) * idf * scale))
            };
            let features: Vec<(u32, f64)> = sentence.counts.iter().map(value).collect();
            let values: Vec<f64> = sentence.values.iter().map(|&value| value.into()).collect();
            sentences.push((f64::from(sentence_weight(sentence.characters)), features, values));
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
        let values = self.values(text);
        let bias = self.bias.iter().enumerate().map(|(head, bias)| if head < first_theme { *bias } else { 2.0 * bias });
        Explanation {
            assignment: self.decider.decide(&values),
            values,
            bias: bias.collect(),
            terms: terms.into_iter().collect(),
        }
    }

    /// The `count` terms that speak most for a head, first the strongest. Equal ones stand in order of column.
    pub fn strongest(&self, explanation: &Explanation, head: usize, count: usize) -> Vec<Term> {
        let mut terms: Vec<(u32, f64)> =
            explanation.terms.iter().filter_map(|(column, by_head)| Some((*column, *by_head.get(head)?))).collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let named = |(column, contribution)| Term { term: self.model.vocabulary.name(column), contribution };
        terms.into_iter().take(count).filter(|&(_, contribution)| contribution > 0.0).map(named).collect()
    }
}

impl Explanation {
    /// The sum of the bias and of all terms' contributions to a head: its decision value.
    pub fn total(&self, head: usize) -> f64 {
        let terms = self.terms.iter().filter_map(|(_, by_head)| by_head.get(head));
        self.bias.get(head).copied().unwrap_or(0.0) + terms.sum::<f64>()
    }
}
