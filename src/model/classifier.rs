//! Classifying with a model: the same arithmetic as in training, without matrices.

mod decision;

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use zerocopy::FromBytes;
use zerocopy::little_endian::F32;

use super::bytes::ModelBytes;
use super::decide::{Assignment, Decider, Pool};
use super::features::{Features, Sink};
use super::file::{LoadError, Parts, SaveError, fingerprint};
use super::weights::{Sums, TermFrequencies, Weights, stride, term_frequencies};
use super::{Model, ModelInfo};
use crate::met::Met;
use crate::segmenter::{Route, Scratch, Tables};
use crate::tfidf::{Unit, sentence_weight};
use crate::tokenize::{Tokenizer, normalize};
use crate::vocabulary::Vocabulary;

pub use decision::Decision;

/// A model made ready to classify. It is used as it lies in its file: hardly anything is decoded.
///
/// It can be shared between threads; what a paragraph is given depends on its text alone.
pub struct Classifier {
    /// The model file.
    bytes: ModelBytes,
    parts: Parts,
    info: ModelInfo,
    decider: Decider,
    bias: Vec<f64>,
    /// What each count of a feature counts as.
    tf: TermFrequencies,
    /// jieba-rs, where words are to be guessed that are in no dictionary.
    guessing: Option<Tokenizer>,
    /// The features' names, when they were needed.
    vocabulary: OnceLock<Vocabulary>,
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

thread_local! {
    /// What a thread keeps between paragraphs.
    static SCRATCH: RefCell<(Scratch, Sums)> = RefCell::default();
}

/// A sentence with its place, what it weighs, its features with their values and weights by head, and its own value a head.
type ReadSentence = (Range<usize>, f64, Vec<(u32, f64, Vec<f32>)>, Vec<f64>);

/// Adds up the features of each unit of a text.
struct Sentences<'s, F> {
    weights: Weights<'s>,
    sums: &'s mut Sums,
    unit: Unit,
    /// Characters up to the end of the last unit, and since then.
    before: usize,
    characters: usize,
    /// Whether there was any word since then.
    has_word: bool,
    each: F,
}

impl<F: FnMut(Range<usize>, &mut Sums, &Weights)> Sentences<'_, F> {
    fn weigh(&mut self) {
        let end = self.before + self.characters;
        if std::mem::take(&mut self.has_word) {
            self.weights.weigh(self.sums);
            (self.each)(self.before..end, self.sums, &self.weights);
        }
        self.sums.forget();
        (self.before, self.characters) = (end, 0);
    }
}

impl<F: FnMut(Range<usize>, &mut Sums, &Weights)> Sink for Sentences<'_, F> {
    fn words(&mut self) -> &mut Met {
        self.sums.words()
    }

    fn grams(&mut self) -> &mut Met {
        self.sums.grams()
    }

    fn end(&mut self, characters: usize, has_word: bool) {
        self.characters += characters;
        self.has_word |= has_word;
        if self.unit == Unit::Sentence {
            self.weigh();
        }
    }
}

impl Classifier {
    /// The default model, which is part of the program, made ready.
    ///
    /// # Errors
    /// Never, unless the program itself is damaged.
    pub fn embedded() -> Result<Self, LoadError> {
        Classifier::prepare(ModelBytes::embedded(Model::EMBEDDED))
    }

    /// Makes the model in a file ready.
    ///
    /// # Errors
    /// When the file cannot be read or is not a model this program can use.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes = ModelBytes::read(path).map_err(|error| LoadError::Io { path: path.to_owned(), error })?;
        Classifier::prepare(bytes)
    }

    /// Makes a model ready that was just trained.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn new(model: &Model) -> Result<Self, SaveError> {
        Ok(Classifier::from_bytes(&model.to_bytes()?)?)
    }

    /// Makes the model ready that these bytes of a model file hold. They are copied.
    ///
    /// # Errors
    /// What the bytes are instead of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Classifier::prepare(ModelBytes::copy(bytes))
    }

    fn prepare(bytes: ModelBytes) -> Result<Self, LoadError> {
        let parts = Parts::find(&bytes)?;
        let info = parts.info(&bytes)?;
        let mut classifier = Classifier {
            decider: Decider::new(&info.labels, &info.themes, info.rules.clone()),
            bias: info.bias.iter().map(|&bias| bias.into()).collect(),
            tf: term_frequencies(info.training.settings.tfidf.sublinear_tf),
            guessing: None,
            vocabulary: OnceLock::new(),
            bytes,
            parts,
            info,
        };
        let rows = classifier.tables_and_weights().map(|(_, weights)| weights.rows.len());
        if !rows.is_some_and(|numbers| numbers.is_multiple_of(stride(classifier.info.heads()))) {
            return Err(LoadError::Inconsistent("its tables do not fit".to_owned()));
        }
        let tokenizer = &classifier.info.tokenizer;
        classifier.guessing = tokenizer.hmm.then(|| Tokenizer::new(tokenizer));
        Ok(classifier)
    }

    /// A short name for the model: equal models have equal fingerprints.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.bytes)
    }

    /// What the model is.
    pub fn model(&self) -> &ModelInfo {
        &self.info
    }

    /// Calls `each` with the words that prediction cuts a text into, in order, and how many characters each has: those of `jieba_rs::Jieba::cut` with the model's
    /// domain words, where the model does without the hidden Markov model. Together they are the
    /// [normalized](crate::tokenize::normalize) text.
    pub fn cut(&self, text: &str, mut each: impl FnMut(&str, usize)) {
        let Some(tables) = self.tables() else { return };
        // Taken out, so that `each` may classify.
        let mut scratch = SCRATCH.with_borrow_mut(|(scratch, _)| std::mem::take(scratch));
        let mut take = |route: &Route| route.words().for_each(|(word, characters)| each(word, characters));
        match tables.cut(text, &mut scratch, |_| ()) {
            Some(route) if !route.is_odd() => take(&route),
            _ => tables.cut(&normalize(text), &mut scratch, |_| ()).iter().for_each(take),
        }
        SCRATCH.with_borrow_mut(|(kept, _)| *kept = scratch);
    }

    fn tables(&self) -> Option<Tables<'_>> {
        Tables::new(self.table_bytes()?)
    }

    pub(super) fn table_bytes(&self) -> Option<&[u8]> {
        self.bytes.get(self.parts.tables.clone())
    }

    /// What classifies. It is there: that is seen when a classifier is made.
    pub(super) fn tables_and_weights(&self) -> Option<(Tables<'_>, Weights<'_>)> {
        let tables = self.tables()?;
        let rows = <[F32]>::ref_from_bytes(self.bytes.get(self.parts.rows.clone())?).ok()?;
        let heads = self.info.heads();
        Some((tables, Weights { rows, heads, stride: stride(heads), bias: &self.bias, tf: &self.tf }))
    }

    /// The features' names. What cannot be read has none.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| self.parts.vocabulary(&self.bytes).unwrap_or_default())
    }

    /// Classifies one paragraph. A text without any word is `other`, or the first label of a model that has no `other`.
    pub fn classify(&self, text: &str) -> Assignment {
        let mut pool = Pool::new(self.bias.len());
        self.for_each_sentence(text, |characters, sums, _| {
            pool.add(sentence_weight(characters.len()).into(), sums.values());
        });
        self.decide(&pool).0
    }

    /// The assignment, and the decision values it rests on: one for each label, then one for each theme.
    fn decide(&self, pool: &Pool) -> (Assignment, Vec<f64>) {
        let values = pool.values(&self.bias, &self.info.rules.evidence);
        (if pool.is_empty() { self.decider.wordless() } else { self.decider.decide(&values) }, values)
    }

    /// Calls `each` with the place of every sentence that has a word, in characters, and what its features add up to.
    fn for_each_sentence(&self, text: &str, each: impl FnMut(Range<usize>, &mut Sums, &Weights)) {
        let Some((tables, weights)) = self.tables_and_weights() else { return };
        let vocabulary = (self.info.training.settings.word_ngrams > 1).then(|| self.vocabulary());
        let features = Features { tables, weights, guessing: self.guessing.as_ref(), vocabulary };
        SCRATCH.with_borrow_mut(|(scratch, sums)| {
            sums.clear(&weights);
            let mut sentences =
                Sentences { weights, sums, unit: self.info.unit, before: 0, characters: 0, has_word: false, each };
            features.read(text, scratch, &mut sentences);
            if self.info.unit == Unit::Paragraph {
                sentences.weigh();
            }
        });
    }

    /// Classifies one paragraph and says what made the decision: the bias and the contributions of the terms to a head add up
    /// to its decision value, and so do those of the sentences.
    pub fn explain(&self, text: &str) -> Explanation {
        let heads = self.bias.len();
        let first_theme = self.info.labels.len();
        // The sentences' features first: what a theme's highest sentence is, is known only at the end.
        let mut read: Vec<ReadSentence> = Vec::new();
        let mut pool = Pool::new(heads);
        self.for_each_sentence(text, |characters, sums, weights| {
            let values = sums.values().to_vec();
            let weight = f64::from(sentence_weight(characters.len()));
            pool.add(weight, &values);
            let features = weights.features(sums).into_iter();
            let features: Vec<_> = features.map(|(column, value)| (column, value, weights.of(column).collect())).collect();
            read.push((characters, weight, features, values));
        });
        let total: f64 = read.iter().map(|(_, weight, ..)| weight).sum();
        // How often a sentence's value is in a decision value, by sentence and head, and what of the offset goes with it.
        let mut open: Vec<bool> = vec![true; heads];
        let evidence = |head: usize| head.checked_sub(first_theme).and_then(|theme| self.info.rules.evidence.get(theme));
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
            for (column, value, weights) in features {
                let contributions = terms.entry(column).or_insert_with(|| vec![0.0; heads]);
                for ((contribution, share), weight) in contributions.iter_mut().zip(&shares).zip(weights) {
                    *contribution += share * value * f64::from(weight);
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
        let terms = self.vocabulary().by_name(columns).into_iter().take(count);
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
