//! How likely a stretch of text is: words by their frequency, punctuation by what stands beside it.
//!
//! Words are scored by the unigram model that jieba segments with: the log of a word's share of all words counted.

use std::cell::RefCell;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::gbk::TABLE;
use super::han::is_han;
use super::script::Converter;
use crate::dictionary;

/// Log of the number of words counted for jieba's own dictionary.
const LOG_TOTAL: f32 = 17.91;

/// Score of a Chinese character that is no word of the dictionary.
const UNKNOWN_HAN: f32 = -19.0;

/// Words of reports that jieba's dictionary lacks and damage often hits, since numbers follow them.
const WORDS: [&str; 8] = ["不少于", "不低于", "不高于", "不超过", "不多于", "不大于", "不小于", "不晚于"];

/// Their score, that of a fairly frequent word.
const WORD: f32 = -9.0;

/// The longest word looked up, in characters.
pub(super) const LONGEST_WORD: usize = 5;

/// Bits that hold any character, so that a word of [`LONGEST_WORD`] fits into 128.
pub(super) const CHARACTER_BITS: u32 = 21;

/// Scores of the single characters that have two bytes, for all documents.
#[derive(Debug)]
pub(super) struct Characters(FxHashMap<char, f32>);

impl Characters {
    /// The scores by the words of the dictionary.
    pub(super) fn new() -> Self {
        let han = TABLE.characters().filter(|&character| is_han(character));
        let mut buffer = [0; 4];
        Self(han.filter_map(|character| Some((character, log_share(character.encode_utf8(&mut buffer))?))).collect())
    }
}

/// Every word that has a score of its own.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    dictionary::words().map(|(word, _)| word).chain(WORDS)
}

/// The log of the share of `word` in all words, if the dictionary has it.
#[expect(clippy::cast_precision_loss, reason = "a frequency has far fewer digits than matter here")]
fn log_share(word: &str) -> Option<f32> {
    dictionary::frequency(word).map(|frequency| (frequency as f32).ln() - LOG_TOTAL)
}

/// Scores of words and characters, each word remembered once it has been looked up.
pub(super) struct Lexicon<'a> {
    converter: Option<&'a Converter>,
    words: RefCell<FxHashMap<u128, Option<f32>>>,
    characters: &'a Characters,
}

impl<'a> Lexicon<'a> {
    /// A lexicon of Simplified words; with a converter, Traditional characters are looked up as Simplified ones.
    pub(super) fn new(characters: &'a Characters, converter: Option<&'a Converter>) -> Self {
        Self { converter, words: RefCell::new(FxHashMap::with_capacity_and_hasher(1 << 14, FxBuildHasher)), characters }
    }

    /// `character` as the dictionary writes it.
    pub(super) fn normal(&self, character: char) -> char {
        self.converter.map_or(character, |converter| converter.simplified(character))
    }

    /// The score of a word of two to [`LONGEST_WORD`] characters, each [`normal`](Self::normal), if the dictionary has it.
    ///
    /// `key` is its characters as a number, [`CHARACTER_BITS`] each: most lookups are of the many words that are none.
    pub(super) fn word(&self, word: &str, key: u128) -> Option<f32> {
        if let Some(&known) = self.words.borrow().get(&key) {
            return known;
        }
        let special = WORDS.contains(&word) || is_to_the_full(word);
        let score = if special { Some(WORD) } else { log_share(word) };
        self.words.borrow_mut().insert(key, score);
        score
    }

    /// The score of a [`normal`](Self::normal) character that stands by itself.
    pub(super) fn character(&self, character: char) -> f32 {
        if !is_han(character) {
            return symbol(character);
        }
        self.characters.0.get(&character).copied().unwrap_or(UNKNOWN_HAN)
    }
}

/// Whether `word` is built like 应保尽保: all that should be done is done. Reports coin such words as they need them.
fn is_to_the_full(word: &str) -> bool {
    let mut characters = word.chars();
    let mut next = || characters.next();
    matches!([next(), next(), next(), next(), next()], [Some('应'), Some(deed), Some('尽'), Some(done), None] if deed == done)
}

/// The score of a character that is not Chinese: punctuation is frequent, digits less so, and the signs that shifted bytes like to form
/// (other alphabets, box drawing, kana) hardly ever stand in a document.
fn symbol(character: char) -> f32 {
    match character {
        '，' | '、' | '。' | ',' => -3.5,
        '“' | '”' => -5.0,
        '；' | '：' | '（' | '）' | '《' | '》' | ';' | ':' | '(' | ')' => -6.0,
        '0'..='9' | '.' | '%' => -5.0,
        '！' | '？' | '!' | '?' => -8.0,
        '—' | '·' | '…' | '‘' | '’' | '+' | '-' | ' ' | '\u{3000}' | '〔' | '〕' | '/' | '＋' | '－' | '％' | '．' => {
            -9.0
        }
        'A'..='Z' | 'a'..='z' => -9.0,
        '①'..='⑩' | '℃' | '〇' | '【' | '】' | '～' | '×' | '°' | '㎡' | '〈' | '〉' | '□' => -12.0,
        '0'..='~' | '０'..='～' => -14.0,
        _ => -20.0,
    }
}

/// What is added to the score of `character` for the one that follows: closing marks go before 、 and 。, opening marks and the other
/// stops do not, and two stops do not follow each other.
pub(super) fn neighbours(character: char, next: char) -> f32 {
    let stop = |mark| matches!(mark, '，' | '。' | '、' | '；' | '：' | '！' | '？' | ',' | ';' | ':' | '!' | '?');
    let opens = |mark| matches!(mark, '“' | '《' | '（' | '‘' | '(' | '【' | '〔');
    let closes = |mark| matches!(mark, '”' | '》' | '）' | '’' | ')' | '】' | '〕');
    match (character, next) {
        ('。' | '！' | '？', '”') => 0.0,
        _ if stop(character) && (stop(next) || closes(next)) => -8.0,
        _ if opens(character) && (stop(next) || closes(next)) => -8.0,
        _ if closes(character) && (stop(next) || closes(next)) => 3.0,
        _ => 0.0,
    }
}

/// What is added to the score of a guessed `character` at the end of a line: there stands a full stop, if a mark.
pub(super) fn at_the_end(character: char) -> f32 {
    match character {
        '。' => 3.0,
        '，' | '、' | '“' | '《' | '（' => -8.0,
        _ => 0.0,
    }
}
