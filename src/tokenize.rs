//! Text to words: normalization and jieba segmentation.

use std::borrow::Cow;
use std::ops::Range;

use jieba_rs::Jieba;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::dictionary;

/// A word that the stock dictionary lacks and the segmenter should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainWord {
    /// The word itself.
    pub word: String,
    /// How often it occurs, on the dictionary's scale; `None` lets jieba choose the least frequency at which the word
    /// wins over its parts.
    pub frequency: Option<u64>,
}

/// Reads a word list: one word a line, optionally a space and a frequency; blank lines and lines from `#` on are skipped.
///
/// # Errors
/// The number of the first line (from 1) that is not of this form, with what is wrong.
pub fn parse_words(list: &str) -> Result<Vec<DomainWord>, (usize, String)> {
    let mut words = Vec::new();
    for (number, line) in list.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split_whitespace();
        let word = fields.next().unwrap_or_default().to_owned();
        let frequency = match fields.next() {
            None => None,
            Some(text) => {
                Some(text.parse().map_err(|_| (number + 1, format!("`{text}` is not a frequency (a whole number)")))?)
            }
        };
        if let Some(extra) = fields.next() {
            return Err((number + 1, format!("`{extra}` is one field too many: a line is a word and a frequency")));
        }
        words.push(DomainWord { word, frequency });
    }
    Ok(words)
}

/// How a text becomes words. Saved with a model, because a model understands only the words it was trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizerSettings {
    /// Whether jieba's hidden Markov model guesses words that are in no dictionary.
    pub hmm: bool,
    /// Words added to the stock dictionary.
    pub words: Vec<DomainWord>,
}

/// Cuts normalized text into words.
pub struct Tokenizer {
    jieba: Jieba,
    hmm: bool,
}

impl Tokenizer {
    /// Loads the dictionary (some 200 ms) and adds the domain words.
    pub fn new(settings: &TokenizerSettings) -> Self {
        Tokenizer::with_resolved(settings).0
    }

    /// As [`Tokenizer::new`], and also gives the settings with every frequency that jieba chose filled in.
    pub fn with_resolved(settings: &TokenizerSettings) -> (Self, TokenizerSettings) {
        let mut jieba = Jieba::empty();
        // The dictionary is part of the program; a test sees that it can be read whole.
        let _ = jieba.load_dict(&mut dictionary::text().as_bytes());
        let mut resolved = settings.clone();
        for DomainWord { word, frequency } in &mut resolved.words {
            let chosen = jieba.add_word(word, frequency.and_then(|f| usize::try_from(f).ok()), None);
            *frequency = Some(chosen as u64);
        }
        (Tokenizer { jieba, hmm: settings.hmm }, resolved)
    }

    /// Calls `each` with every token of `text` in order. `text` should be [`normalize`]d; Latin letters become lower case.
    ///
    /// A number is a [`Token::Gap`]: how many households it was does not tell the theme. (One token for all numbers made no
    /// difference in cross-validation.)
    pub fn for_each_token<'t>(&self, text: &'t str, mut each: impl FnMut(Token<'t>)) {
        let mut reader = TokenReader::default();
        self.for_each_cut(text, |word, characters| {
            each(reader.read(word, characters));
            reader.overflow().into_iter().for_each(&mut each);
        });
        reader.finish().into_iter().for_each(each);
    }

    /// Calls `each` with all that `text` is cut into, be it a word or not, and how many characters it has.
    pub(crate) fn for_each_cut<'t>(&self, text: &'t str, mut each: impl FnMut(&'t str, usize)) {
        for token in self.jieba.cut(text, self.hmm) {
            each(token.word, token.end - token.start);
        }
    }
}

/// Tells from the words that a segmenter cut what they are, and where sentences end.
#[derive(Debug, Default)]
pub(crate) struct TokenReader {
    /// Characters of the sentence so far.
    characters: usize,
}

impl TokenReader {
    /// Takes the next word, which has so many characters.
    pub(crate) fn read<'t>(&mut self, word: &'t str, characters: usize) -> Token<'t> {
        self.characters += characters;
        match classify(word) {
            Class::Han => Token::Word(Cow::Borrowed(word)),
            Class::Latin => Token::Word(lower_case(word)),
            mark if self.characters >= mark.ends_from() => {
                Token::SentenceEnd { characters: std::mem::take(&mut self.characters) }
            }
            _ => Token::Gap,
        }
    }

    /// The end of a sentence after the last word, if it has become endless.
    #[inline]
    pub(crate) fn overflow(&mut self) -> Option<Token<'static>> {
        (self.characters >= ENDLESS).then(|| Token::SentenceEnd { characters: std::mem::take(&mut self.characters) })
    }

    /// The end of the last sentence, where no mark ended it.
    pub(crate) fn finish(self) -> Option<Token<'static>> {
        (self.characters > 0).then_some(Token::SentenceEnd { characters: self.characters })
    }
}

/// What a text is cut into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'t> {
    /// A word.
    Word(Cow<'t, str>),
    /// Something that parts two words: punctuation or a number.
    Gap,
    /// The end of a sentence, or of a part of a very long one, that has so many characters, its final mark included.
    SentenceEnd {
        /// Characters of the sentence.
        characters: usize,
    },
}

/// From so many characters on, a comma or colon ends a sentence as well.
const LONG: usize = 30;
/// From so many characters on, anything between two words ends a sentence.
const VERY_LONG: usize = 50;
/// From so many characters on, a sentence ends after any word: the text has lost its marks.
const ENDLESS: usize = 60;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Han,
    Latin,
    Gap,
    /// A gap between clauses.
    Clause,
    SentenceEnd,
}

impl Class {
    /// With how many characters a sentence ends after such a word or mark. One that goes on and on, or has lost its marks, ends where it
    /// can.
    pub(crate) fn ends_from(self) -> usize {
        match self {
            Class::SentenceEnd => 0,
            Class::Clause => LONG,
            Class::Gap => VERY_LONG,
            Class::Han | Class::Latin => ENDLESS,
        }
    }
}

/// What a word is that a segmenter cut.
pub(crate) fn classify(word: &str) -> Class {
    let mut characters = word.chars();
    match (characters.next(), characters.as_str()) {
        // Nearly every token ends here.
        (Some('\u{4000}'..='\u{9FFF}'), _) => Class::Han,
        (Some('。' | '！' | '？' | '；' | '!' | '?' | ';' | '\n'), "") => Class::SentenceEnd,
        (Some('，' | '：' | ',' | ':'), "") => Class::Clause,
        // The other frequent marks, so that only rare characters are looked up in Unicode's tables.
        (Some('、' | '“' | '”' | '（' | '）' | '《' | '》' | '—' | '　'), "") => Class::Gap,
        _ if word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic()) => Class::Gap,
        _ if word.chars().any(char::is_alphanumeric) => Class::Latin,
        _ => Class::Gap,
    }
}

fn lower_case(word: &str) -> Cow<'_, str> {
    if word.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(word.to_ascii_lowercase()) } else { Cow::Borrowed(word) }
}

/// Folds the forms of one character into one: full-width Latin letters, digits and `．％＋－` become ASCII.
///
/// Borrows where there is nothing to fold, as in nearly every text.
pub fn normalize(text: &str) -> Cow<'_, str> {
    match memchr::memchr_iter(0xEF, text.as_bytes()).find(|&at| text[at..].chars().next().is_some_and(is_folded)) {
        None => Cow::Borrowed(text),
        Some(first) => {
            let mut folded = String::with_capacity(text.len());
            folded.push_str(&text[..first]);
            folded.extend(text[first..].chars().map(fold));
            Cow::Owned(folded)
        }
    }
}

/// Whether normalization replaces a character.
pub(crate) fn is_folded(c: char) -> bool {
    fold(c) != c
}

fn fold(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '．' | '％' | '＋' | '－' => {
            char::from_u32(c as u32 - ('０' as u32 - '0' as u32)).unwrap_or(c)
        }
        _ => c,
    }
}

/// The number that stands for a gap between two words.
pub const GAP: u32 = u32::MAX;

/// A sentence of a tokenized document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The words by number, in order; [`GAP`] where punctuation or a number stood.
    pub words: Vec<u32>,
    /// Where it stands in the text, in characters, from its first one to after its final mark.
    pub characters: Range<usize>,
}

/// Tokenized documents: every distinct word has a number.
#[derive(Debug, Default)]
pub struct TokenizedCorpus {
    /// The distinct words, by number, in the order in which they first occur.
    pub words: Vec<String>,
    /// The sentences of each document. Those without any word are left out.
    pub documents: Vec<Vec<Sentence>>,
}

impl TokenizedCorpus {
    /// Tokenizes `texts` in parallel. The result does not depend on the number of threads.
    pub fn new<T: AsRef<str> + Sync>(tokenizer: &Tokenizer, texts: &[T]) -> Self {
        let batches: Vec<Batch> = texts
            .par_chunks(512)
            .map(|chunk| {
                let mut batch = Batch::default();
                for text in chunk {
                    batch.push(tokenizer, text.as_ref());
                }
                batch
            })
            .collect();
        let mut corpus = TokenizedCorpus::default();
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        for mut batch in batches {
            let mut words: Vec<(String, u32)> = batch.numbers.into_iter().collect();
            words.sort_unstable_by_key(|&(_, local)| local);
            let renumbered: Vec<u32> = words.into_iter().map(|(word, _)| corpus.number(&mut numbers, word)).collect();
            for word in batch.documents.iter_mut().flatten().flat_map(|sentence| &mut sentence.words) {
                *word = renumbered.get(*word as usize).copied().unwrap_or(GAP);
            }
            corpus.documents.append(&mut batch.documents);
        }
        corpus
    }

    fn number(&mut self, numbers: &mut FxHashMap<String, u32>, word: String) -> u32 {
        *numbers.entry(word).or_insert_with_key(|word| {
            self.words.push(word.clone());
            self.words.len() as u32 - 1
        })
    }
}

/// Some documents of a corpus, numbered by themselves.
#[derive(Default)]
struct Batch {
    numbers: FxHashMap<String, u32>,
    documents: Vec<Vec<Sentence>>,
}

impl Batch {
    fn push(&mut self, tokenizer: &Tokenizer, text: &str) {
        let mut document = Vec::new();
        let mut words = Vec::new();
        let mut empty = true;
        let mut start = 0;
        tokenizer.for_each_token(&normalize(text), |token| match token {
            Token::Word(word) => {
                let number = self.numbers.len() as u32;
                words.push(*self.numbers.entry(word.into_owned()).or_insert(number));
                empty = false;
            }
            Token::Gap => words.push(GAP),
            Token::SentenceEnd { characters } => {
                let words = std::mem::take(&mut words);
                let end = start + characters;
                if !std::mem::replace(&mut empty, true) {
                    document.push(Sentence { words, characters: start..end });
                }
                start = end;
            }
        });
        self.documents.push(document);
    }
}
