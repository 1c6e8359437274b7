//! Finding the features of a sentence: one automaton cuts the words and knows the columns of words and character n-grams.

use std::collections::BTreeMap;

use crate::automaton::{Automaton, Code};
use crate::segmenter::{Piece, Route, Segmenter};
use crate::tokenize::{Token, TokenReader, Tokenizer, TokenizerSettings};
use crate::vocabulary::{Vocabulary, Walk};

/// Where a sequence of characters is no feature of a kind.
const NONE: u32 = u32::MAX;

/// Cuts text into sentences and finds their features.
pub(super) struct Features {
    segmenter: Segmenter,
    /// jieba-rs, where words are to be guessed that are in no dictionary; the segmenter then only finds features.
    guessing: Option<Tokenizer>,
    /// By mark of the segmenter, the column of its characters as a word.
    words: Vec<u32>,
    /// The segmenter's marks below this are character n-grams, whose columns begin at the second number.
    grams: u32,
    first_gram: u32,
    longest_gram: usize,
    /// What leads to longer word n-grams, where there are any.
    vocabulary: Option<Vocabulary>,
}

/// A sentence on its way to its features.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    /// The characters of its words; 0 where something parts them or a character is in no feature.
    codes: Vec<Code>,
    /// Its words.
    words: Vec<Word>,
    walk: Walk,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    /// Where it begins and ends in the codes.
    start: usize,
    end: usize,
    /// Its mark.
    mark: u32,
}

impl Features {
    pub(super) fn new(settings: &TokenizerSettings, vocabulary: &Vocabulary) -> Self {
        // The marks of character n-grams are their columns, less the first; those of the other words follow.
        let first_gram = vocabulary.first_character_ngram();
        let mut marks: BTreeMap<String, u32> = vocabulary.character_ngrams().collect();
        let longest_gram = marks.keys().map(|gram| gram.chars().count()).max().unwrap_or(0);
        let grams = marks.len() as u32;
        let mut words = vec![NONE; marks.len()];
        for (column, word) in vocabulary.single_words() {
            let mark = *marks.entry(word.to_owned()).or_insert(words.len() as u32);
            match words.get_mut(mark as usize) {
                Some(slot) => *slot = column,
                None => words.push(column),
            }
        }
        Features {
            segmenter: Segmenter::new(&settings.words, &marks),
            guessing: settings.hmm.then(|| Tokenizer::new(settings)),
            words,
            grams,
            first_gram,
            longest_gram,
            vocabulary: vocabulary.has_word_ngrams().then(|| vocabulary.clone()),
        }
    }

    /// Reads normalized text into `sentence`, and calls `each` with it where a sentence ends; `each` empties it, or not.
    pub(super) fn read(
        &self,
        text: &str,
        route: &mut Route,
        sentence: &mut Sentence,
        mut each: impl FnMut(&mut Sentence, usize),
    ) {
        let mut reader = TokenReader::default();
        let mut take = |token: Token, mark: u32| match token {
            Token::Word(word) => self.push(&word, mark, sentence),
            Token::Gap => sentence.codes.push(0),
            Token::SentenceEnd { characters } => {
                sentence.codes.push(0);
                each(sentence, characters);
            }
        };
        match &self.guessing {
            None => {
                self.segmenter.cut(text, route, |Piece { text, characters, mark }| take(reader.read(text, characters), mark))
            }
            Some(jieba) => return jieba.for_each_token(text, |token| take(token, NONE)),
        }
        if let Some(end) = reader.finish() {
            take(end, NONE);
        }
    }

    fn push(&self, word: &str, mark: u32, sentence: &mut Sentence) {
        let automaton = self.segmenter.automaton();
        let start = sentence.codes.len();
        sentence.codes.extend(word.chars().map(|c| automaton.code(c)));
        let end = sentence.codes.len();
        // The segmenter marks what it finds in its dictionary as it stands; other words are looked up.
        let looked_up = || automaton.find(sentence.codes[start..end].iter().copied()).far;
        let mark = if mark == NONE { looked_up() } else { mark };
        sentence.words.push(Word { start, end, mark });
    }

    /// Calls `each` with the column of every character n-gram of a sentence, as often as it occurs.
    pub(super) fn find_grams(&self, sentence: &Sentence, mut each: impl FnMut(u32)) {
        if self.longest_gram < 2 {
            return;
        }
        let automaton = self.segmenter.automaton();
        for (start, &first) in (1..).zip(&sentence.codes) {
            let Some(mut node) = automaton.child(Automaton::ROOT, first) else { continue };
            for &code in sentence.codes[start..].iter().take(self.longest_gram - 1) {
                let Some(child) = automaton.child(node, code) else { break };
                node = child;
                let mark = automaton.value(node).far;
                if mark < self.grams {
                    each(self.first_gram + mark);
                }
            }
        }
    }

    /// Calls `each` with the column of every word and word n-gram of a sentence, as often as it occurs.
    pub(super) fn find_words(&self, sentence: &mut Sentence, mut each: impl FnMut(u32)) {
        let Sentence { words, walk, .. } = sentence;
        walk.gap();
        let mut end_before = 0;
        for &Word { start, end, mark } in words.iter() {
            let word = self.words.get(mark as usize).copied().filter(|&column| column != NONE);
            match &self.vocabulary {
                None => word.into_iter().for_each(&mut each),
                Some(vocabulary) => {
                    if start != end_before {
                        walk.gap();
                    }
                    vocabulary.step(walk, word, &mut each);
                    end_before = end;
                }
            }
        }
    }
}

impl Sentence {
    /// Begins a new sentence.
    pub(super) fn clear(&mut self) {
        self.codes.clear();
        self.words.clear();
    }

    /// Whether it has no word.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}
