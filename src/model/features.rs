//! Finding the features of a sentence: the tables that cut the words know the columns of words and character n-grams.

use crate::segmenter::{Code, NONE, Pair, Piece, Scratch, TableFeatures, Tables};
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
    /// A character n-gram, by column.
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
            link: None,
            open: Vec::new(),
            walk: Walk::default(),
        };
        match self.guessing {
            Some(jieba) => jieba.for_each_token(&normalize(text), |token| reading.token(token)),
            None => {
                if !self.tables.cut(text, scratch, |piece| reading.piece(&piece)) {
                    self.tables.cut(&normalize(text), scratch, |piece| reading.piece(&piece));
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
    /// What is known of it and the next one, if the text has been looked up as it stands.
    link: Option<Pair>,
    /// What may follow on n-grams that may go on.
    open: Vec<u32>,
    walk: Walk,
}

impl<S: Sink> Reading<'_, '_, S> {
    /// Takes the next word that the tables cut.
    #[inline]
    fn piece(&mut self, piece: &Piece) {
        // The lead bytes of U+4000 to U+9FFF: words that need no change, which nearly all do not.
        if matches!(piece.text.as_bytes(), [0xE4..=0xE9, ..]) {
            self.tokens.count(piece.characters);
            self.word(piece.word(self.tables));
            let before = match (self.last, piece.codes) {
                (Some(last), [first, ..]) => self.link.unwrap_or_else(|| self.tables.pair(last, *first)),
                _ => Pair::default(),
            };
            if self.longest_gram == 2 {
                // What the next loop does too, without what only longer n-grams need.
                let first_gram = self.tables.first_gram();
                for pair in std::iter::once(&before).chain(piece.pairs.split_last().map_or(&[][..], |(_, pairs)| pairs)) {
                    if let Some(gram) = pair.gram() {
                        self.sink.gram(first_gram.wrapping_add(gram));
                    }
                }
                self.last = piece.codes.last().copied();
            } else {
                self.grams(piece.codes, std::iter::once(&before).chain(piece.pairs).copied());
            }
            self.link = piece.pairs.last().copied();
        } else {
            let token = self.tokens.read(piece.text, piece.characters);
            self.token(token);
        }
        if let Some(end) = self.tokens.overflow() {
            self.token(end);
        }
    }

    /// Takes the next token.
    fn token(&mut self, token: Token) {
        match token {
            Token::Word(word) => {
                let codes: Vec<Code> = word.chars().map(|c| self.tables.code(c)).collect();
                self.word(self.tables.word(&codes));
                let mut last = self.last;
                let tables = self.tables;
                self.grams(
                    &codes,
                    codes.iter().map(|&code| last.replace(code).map_or(Pair::default(), |last| tables.pair(last, code))),
                );
                self.link = None;
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

    /// Takes the characters of a word, with what is known of each and the one before it.
    #[inline]
    fn grams(&mut self, codes: &[Code], pairs: impl Iterator<Item = Pair>) {
        if self.longest_gram < 2 {
            return;
        }
        let first_gram = self.tables.first_gram();
        for (&code, pair) in codes.iter().zip(pairs) {
            if self.longest_gram > 2 {
                let (tables, sink) = (self.tables, &mut *self.sink);
                self.open.retain_mut(|children| {
                    let node = tables.child(*children, code);
                    let column = tables.gram(node);
                    if column != NONE {
                        sink.gram(column);
                    }
                    *children = tables.children(node);
                    *children != 0
                });
                if pair.children != 0 {
                    self.open.push(pair.children);
                }
            }
            if let Some(gram) = pair.gram() {
                self.sink.gram(first_gram.wrapping_add(gram));
            }
        }
        self.last = codes.last().copied();
    }
}
