//! Finding the features of a sentence: one automaton cuts the words and knows the columns of words and character n-grams.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::automaton::{Automaton, Code, NOBODY, Node};
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
    /// For each character, the automaton's node of it and the next one.
    pairs: Vec<Node>,
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
        match &self.guessing {
            None => self.segmenter.cut(text, route, |piece| {
                let token = reader.read(piece.text, piece.characters);
                if let Token::Word(Cow::Borrowed(_)) = token {
                    // As it stands in the text: the segmenter has looked everything up.
                    return self.push_piece(&piece, sentence);
                }
                self.take(token, sentence, &mut each);
            }),
            Some(jieba) => return jieba.for_each_token(text, |token| self.take(token, sentence, &mut each)),
        }
        if let Some(end) = reader.finish() {
            self.take(end, sentence, &mut each);
        }
    }

    /// Calls `each` with every word of normalized text and the characters it stands on.
    pub(super) fn for_each_word(&self, text: &str, route: &mut Route, mut each: impl FnMut(&str, usize, usize)) {
        let mut reader = TokenReader::default();
        let mut start = 0;
        let mut take = |word: &str, characters: usize| {
            if let Token::Word(word) = reader.read(word, characters) {
                each(&word, start, start + characters);
            }
            start += characters;
        };
        match &self.guessing {
            None => self.segmenter.cut(text, route, |piece| take(piece.text, piece.characters)),
            Some(jieba) => jieba.for_each_cut(text, take),
        }
    }

    fn take(&self, token: Token, sentence: &mut Sentence, each: &mut impl FnMut(&mut Sentence, usize)) {
        match token {
            Token::Word(word) => self.push_word(&word, sentence),
            Token::Gap => sentence.push_codes(&[0], &[NOBODY], NOBODY),
            Token::SentenceEnd { characters } => {
                sentence.push_codes(&[0], &[NOBODY], NOBODY);
                each(sentence, characters);
            }
        }
    }

    /// Adds a word that the segmenter cut and that needs no change.
    fn push_piece(&self, piece: &Piece, sentence: &mut Sentence) {
        let Some(&first) = piece.codes.first() else { return self.push_word(piece.text, sentence) };
        if piece.mark == NONE && piece.text.is_ascii() {
            // Letters that were put together are not in the segmenter's dictionary, but can be a feature.
            return self.push_word(piece.text, sentence);
        }
        let start = sentence.codes.len();
        let link = sentence.link(first, self.segmenter.automaton());
        sentence.push_codes(piece.codes, piece.pairs, link);
        sentence.words.push(Word { start, end: sentence.codes.len(), mark: piece.mark });
    }

    /// Adds any word.
    fn push_word(&self, word: &str, sentence: &mut Sentence) {
        let automaton = self.segmenter.automaton();
        let start = sentence.codes.len();
        for c in word.chars() {
            let code = automaton.code(c);
            let link = sentence.link(code, automaton);
            sentence.push_codes(&[code], &[NOBODY], link);
        }
        let end = sentence.codes.len();
        let mark = automaton.find(sentence.codes[start..end].iter().copied()).far;
        sentence.words.push(Word { start, end, mark });
    }

    /// Calls `each` with the column of every character n-gram of a sentence, as often as it occurs.
    pub(super) fn find_grams(&self, sentence: &Sentence, mut each: impl FnMut(u32)) {
        if self.longest_gram < 2 {
            return;
        }
        let automaton = self.segmenter.automaton();
        let Sentence { codes, pairs, .. } = sentence;
        for (start, &pair) in pairs.iter().enumerate().filter(|&(_, &pair)| pair != NOBODY) {
            let mut gram = |node| {
                let mark = automaton.value(node).far;
                if mark < self.grams {
                    each(self.first_gram + mark);
                }
            };
            let mut node = pair;
            gram(node);
            for &code in codes[start + 2..].iter().take(self.longest_gram - 2) {
                let Some(child) = automaton.child(node, code) else { break };
                node = child;
                gram(node);
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
        self.pairs.clear();
        self.words.clear();
    }

    /// The node of the last character and the one that comes next.
    fn link(&self, next: Code, automaton: &Automaton) -> Node {
        self.codes.last().map_or(NOBODY, |&last| automaton.pair(last, next))
    }

    /// Adds characters; `link` is the node of the last one before them and their first.
    fn push_codes(&mut self, codes: &[Code], pairs: &[Node], link: Node) {
        if let Some(last) = self.pairs.last_mut() {
            *last = link;
        }
        self.codes.extend_from_slice(codes);
        self.pairs.extend_from_slice(pairs);
    }

    /// Whether it has no word.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}
