//! Finding the features of a sentence: the tables that cut the words know the columns of words and character n-grams.

use std::ops::Range;

use crate::segmenter::{Code, NONE, Pair, Route, Scratch, TableFeatures, Tables};
use crate::tokenize::{Token, TokenReader, Tokenizer, normalize};
use crate::vocabulary::{Vocabulary, Walk};

impl Vocabulary {
    /// What the segmenter's tables are to find.
    pub(super) fn table_features(&self) -> TableFeatures<'_> {
        TableFeatures {
            words: self.single_words().map(|(column, word)| (word, column)).collect(),
            grams: self.character_ngrams().collect(),
            first_gram: self.first_character_ngram(),
        }
    }
}

/// What takes the features of a text, sentence by sentence.
pub(super) trait Sink {
    /// A word or word n-gram, by column; [`NONE`] for a word that is no feature.
    fn word(&mut self, column: u32);
    /// A character n-gram, by column; [`NONE`] for one that is no feature.
    fn gram(&mut self, column: u32);
    /// The end of a sentence of so many characters.
    fn end(&mut self, characters: usize);
}

/// How text becomes features.
pub(super) struct Features<'m> {
    pub(super) tables: Tables<'m>,
    /// jieba-rs, where words are to be guessed that are in no dictionary; the tables then only find features.
    pub(super) guessing: Option<&'m Tokenizer>,
    /// What leads to longer word n-grams, where there are any.
    pub(super) vocabulary: Option<&'m Vocabulary>,
}

impl Features<'_> {
    /// Reads a text, and gives its features to `sink`.
    pub(super) fn read(&self, text: &str, scratch: &mut Scratch, sink: &mut impl Sink) {
        let mut reading = Reading {
            tables: &self.tables,
            vocabulary: self.vocabulary,
            longest_gram: self.tables.longest_gram(),
            sink,
            tokens: TokenReader::default(),
            last: None,
            open: Vec::new(),
            walk: Walk::default(),
        };
        match self.guessing {
            Some(jieba) => jieba.for_each_token(&normalize(text), |token| reading.token(token)),
            None => {
                match self.tables.cut(text, scratch) {
                    Some(route) => reading.route(&route),
                    None => self.tables.cut(&normalize(text), scratch).iter().for_each(|route| reading.route(route)),
                }
                if let Some(end) = std::mem::take(&mut reading.tokens).finish() {
                    reading.token(end);
                }
            }
        }
    }
}

/// A text that is being read.
struct Reading<'r, 'm, S> {
    tables: &'r Tables<'m>,
    vocabulary: Option<&'r Vocabulary>,
    longest_gram: usize,
    sink: &'r mut S,
    tokens: TokenReader,
    /// The last character, if nothing parts it from what comes next.
    last: Option<Code>,
    /// What may follow on n-grams that may go on.
    open: Vec<u32>,
    walk: Walk,
}

impl<S: Sink> Reading<'_, '_, S> {
    /// Takes a text that the tables cut.
    fn route(&mut self, route: &Route) {
        // Where the Chinese words began that nothing has parted yet, and whose character n-grams are still to be taken.
        let mut start = 0;
        for word in route.words() {
            if word.is_han() {
                self.tokens.count(word.end - word.start);
                self.word(route.column(self.tables, &word));
            } else {
                self.run(route, start..word.start);
                start = word.end;
                let token = self.tokens.read(route.text(&word), word.end - word.start);
                self.token(token);
            }
            if let Some(end) = self.tokens.overflow() {
                self.run(route, start..word.end);
                start = word.end;
                self.token(end);
            }
        }
        self.run(route, start..route.codes.len());
    }

    /// Takes the character n-grams of words that nothing parts.
    fn run(&mut self, route: &Route, run: Range<usize>) {
        let (Some(codes), Some(inside)) =
            (route.codes.get(run.clone()), route.pairs.get(run.start..run.end.wrapping_sub(1)))
        else {
            return;
        };
        let [first, ..] = codes else { return };
        let before = self.last.map_or(Pair::default(), |last| self.tables.pair(last, *first));
        self.grams(codes, std::iter::once(&before).chain(inside));
    }

    /// Takes the next token.
    fn token(&mut self, token: Token) {
        match token {
            Token::Word(word) => {
                let codes: Vec<Code> = word.chars().map(|c| self.tables.code(c)).collect();
                self.word(self.tables.word(&codes));
                let mut last = self.last;
                let pair = |&code: &Code| last.replace(code).map_or(Pair::default(), |last| self.tables.pair(last, code));
                let pairs: Vec<Pair> = codes.iter().map(pair).collect();
                self.grams(&codes, &pairs);
            }
            Token::Gap => self.gap(),
            Token::SentenceEnd { characters } => {
                self.gap();
                self.sink.end(characters);
            }
        }
    }

    fn gap(&mut self) {
        self.last = None;
        self.open.clear();
        self.walk.gap();
    }

    #[inline]
    fn word(&mut self, column: u32) {
        self.sink.word(column);
        if let Some(vocabulary) = self.vocabulary {
            let word = (column != NONE).then_some(column);
            vocabulary.step(&mut self.walk, word, |ngram| {
                if word != Some(ngram) {
                    self.sink.word(ngram);
                }
            });
        }
    }

    /// Takes characters, with what is known of each and the one before it.
    #[inline]
    fn grams<'p>(&mut self, codes: &[Code], pairs: impl IntoIterator<Item = &'p Pair, IntoIter: Clone>) {
        let (first_gram, pairs) = (self.tables.first_gram(), pairs.into_iter());
        if self.longest_gram > 2 {
            self.longer_grams(codes, pairs.clone());
        }
        if self.longest_gram > 1 {
            pairs.for_each(|pair| self.sink.gram(pair.gram(first_gram)));
        }
        self.last = codes.last().copied();
    }

    /// Takes the n-grams of three characters and more.
    fn longer_grams<'p>(&mut self, codes: &[Code], pairs: impl Iterator<Item = &'p Pair>) {
        for (&code, pair) in codes.iter().zip(pairs) {
            self.open.retain_mut(|children| {
                let node = self.tables.child(*children, code);
                self.sink.gram(self.tables.gram(node));
                *children = self.tables.children(node);
                *children != 0
            });
            if pair.children != 0 {
                self.open.push(pair.children);
            }
        }
    }
}
