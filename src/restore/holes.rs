//! Characters of which both bytes are lost: filled where one character alone fits, else a blank.
//!
//! Nothing of such a character is left but marks of loss, and perhaps the reading that an annotation gave. Only words can tell it: the
//! longest words of the dictionary that cover it together with the text beside it must agree on one character. A plausible character that
//! is wrong does more harm than a blank, and many a word fits by accident, so that this character must also make the text far likelier
//! than any other does, one outside of words included.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::gbk::LEADS;
use super::han::is_han;
use super::lexicon::{self, CHARACTER_BITS, LONGEST_WORD, Lexicon};
use super::pinyin::is_reading;
use super::script::{self, Converter};
use super::units::{Units, decode};

/// The sign left for a character that nothing tells.
pub(super) const BLANK: char = '□';

/// How many known characters on each side are looked at: more than the longest word, so that they can be told apart into words.
pub(super) const BESIDE: usize = 6;

/// How much likelier than any other the only character that fits must make the text, as a natural logarithm: so far ahead, 97 in 100 are
/// right where characters of reports are taken out one by one, while half of the words that merely fit are wrong.
const CLEAR: f32 = 5.0;

/// The same where a syllable leaves few characters.
const CLEAR_TOLD: f32 = 2.0;

/// The score of the likeliest character outside of words: a comma.
const ALONE: f32 = -3.5;

/// That of the likeliest Chinese one.
const ALONE_READ: f32 = -5.2;

/// What is left of a character besides the marks of loss.
///
/// Annotations were put in byte by byte: one after the first byte reads what this byte forms with the last byte before it, one after
/// the second byte reads the character itself.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The last byte before the character.
    pub(super) before: Option<u8>,
    /// The syllable after its first byte.
    pub(super) inside: Option<String>,
    /// The syllable after its second byte.
    pub(super) after: Option<String>,
    /// Whether one mark stands for both bytes, so that both syllables are the same one and it is open which of the two it is.
    pub(super) one_mark: bool,
}

/// A character of which both bytes are lost, a [`BLANK`] in a text.
#[derive(Debug)]
pub(super) struct Hole {
    /// Where in the text the blank is, in bytes.
    pub(super) at: usize,
    pub(super) evidence: Evidence,
}

/// The characters for `holes` in `text`, nothing for those that must stay blank.
///
/// Each is found by itself: what one hole is filled with says nothing about the next.
pub(super) fn fill(text: &str, holes: &[Hole], lexicon: &Lexicon<'_>) -> Vec<Option<char>> {
    holes.iter().map(|hole| Gap::new(text, hole, lexicon).character()).collect()
}

/// The characters that the evidence leaves.
struct Allowed<'a> {
    evidence: &'a Evidence,
    /// Those with a first byte that forms a character of the right reading with the byte before, if a syllable tells.
    formed: Option<FxHashSet<char>>,
}

impl<'a> Allowed<'a> {
    fn new(evidence: &'a Evidence, converter: &Converter) -> Self {
        let formed = evidence.inside.as_deref().map(|syllable| {
            let reads = |lead: &u8| {
                let formed = evidence.before.and_then(|before| decode(before, *lead));
                formed.is_some_and(|character| is_reading(character, syllable))
            };
            let characters = LEADS.filter(reads).flat_map(|lead| (0x40..=0xFE).filter_map(move |trail| decode(lead, trail)));
            characters.flat_map(|character| [character, converter.simplified(character)]).collect()
        });
        Self { evidence, formed }
    }

    fn contains(&self, character: char) -> bool {
        let formed = self.formed.as_ref().map(|formed| formed.contains(&character));
        let read = self.evidence.after.as_deref().map(|syllable| is_reading(character, syllable));
        match (formed, read) {
            (Some(formed), Some(read)) if self.evidence.one_mark => formed || read,
            _ => formed.unwrap_or(true) && read.unwrap_or(true),
        }
    }

    /// How much likelier than the others one of them must be.
    fn margin(&self) -> f32 {
        if self.formed.is_some() || self.evidence.after.is_some() { CLEAR_TOLD } else { CLEAR }
    }

    /// The score of the likeliest of them outside of words.
    fn alone(&self, lexicon: &Lexicon<'_>) -> f32 {
        match &self.formed {
            Some(formed) if !self.evidence.one_mark => {
                formed.iter().map(|&character| lexicon.character(character)).fold(f32::NEG_INFINITY, f32::max)
            }
            _ if self.evidence.after.is_some() => ALONE_READ,
            _ => ALONE,
        }
    }
}

/// A hole with the Chinese characters on both sides of it, as the dictionary writes them.
struct Gap<'a> {
    left: Vec<char>,
    right: Vec<char>,
    allowed: Allowed<'a>,
    lexicon: &'a Lexicon<'a>,
}

impl<'a> Gap<'a> {
    fn new(text: &str, hole: &'a Hole, lexicon: &'a Lexicon<'a>) -> Self {
        let converter = script::converter();
        let before = Units::last(text, 0, hole.at, None, BESIDE);
        let mut left: Vec<char> = before.iter().rev().map(|unit| unit.visible).take_while(|&one| is_han(one)).collect();
        left.reverse();
        let after = Units::new(text, hole.at + BLANK.len_utf8(), None).map(|unit| unit.visible);
        let mut right: Vec<char> = after.take_while(|&one| is_han(one)).take(BESIDE).collect();
        for character in left.iter_mut().chain(&mut right) {
            *character = converter.simplified(*character);
        }
        Self { left, right, allowed: Allowed::new(&hole.evidence, converter), lexicon }
    }

    /// The only character that fits.
    fn character(&self) -> Option<char> {
        let (heads, tails) = (self.scores(&self.left, false), self.scores(&self.right, true));
        let mut scores: FxHashMap<char, f32> = FxHashMap::default();
        let mut only = None;
        for length in (2..=LONGEST_WORD).rev() {
            let mut fitting = FxHashSet::default();
            for before in 0..length {
                let after = length - 1 - before;
                let Some((head, tail)) = heads.get(before).zip(tails.get(after)) else {
                    continue;
                };
                for (character, word) in self.words(before, after) {
                    fitting.insert(character);
                    let score = scores.entry(character).or_insert(f32::NEG_INFINITY);
                    *score = score.max(head + word + tail);
                }
            }
            // The longest words decide: they must agree.
            match (only, fitting.len()) {
                (None, 1) => only = fitting.into_iter().next(),
                (None, 2..) => return None,
                _ => {}
            }
        }
        let only = only?;
        let alone = heads.first()? + self.allowed.alone(self.lexicon) + tails.first()?;
        let others = scores.iter().filter(|(character, _)| **character != only).map(|(_, &score)| score);
        (scores.get(&only)? - others.fold(alone, f32::max) > self.allowed.margin()).then_some(only)
    }

    /// For every number of `known` characters next to the hole, how likely the other ones are, told apart into words in the best way.
    fn scores(&self, known: &[char], mirrored: bool) -> Vec<f32> {
        let length = known.len();
        // Counted from the far end: the best score of so many characters.
        let mut best = vec![0.0_f32];
        for end in 1..=length {
            let ways = (end.saturating_sub(LONGEST_WORD)..end).filter_map(|start| {
                let word = if mirrored { known.get(length - end..length - start)? } else { known.get(start..end)? };
                Some(best.get(start)? + self.score(word)?)
            });
            let score = ways.fold(f32::NEG_INFINITY, f32::max);
            best.push(score);
        }
        best.reverse();
        best
    }

    fn score(&self, word: &[char]) -> Option<f32> {
        match word {
            [character] => Some(self.lexicon.character(*character)),
            _ => {
                let key = word.iter().fold(0, |key, &character| key << CHARACTER_BITS | u128::from(u32::from(character)));
                self.lexicon.word(&word.iter().collect::<String>(), key)
            }
        }
    }

    /// The characters that make a word of `before` characters, themselves and `after` characters, with its score.
    fn words(&self, before: usize, after: usize) -> Vec<(char, f32)> {
        let parts = self.left.len().checked_sub(before).and_then(|from| self.left.get(from..)).zip(self.right.get(..after));
        let Some((left, right)) = parts else {
            return Vec::new();
        };
        // The lexicon also has words with a character twice, of a pattern and not in the dictionary.
        let known = left.iter().chain(right).copied();
        let mut characters: Vec<char> = WORDS.completions(left, right).chain(known).collect();
        characters.sort_unstable();
        characters.dedup();
        let word = |character: char| [left, &[character], right].concat();
        let allowed = characters.into_iter().filter(|&character| self.allowed.contains(character));
        allowed.filter_map(|character| Some((character, self.score(&word(character))?))).collect()
    }
}

/// The words of the dictionary, to be found with one character missing.
struct Masked(Vec<u128>);

/// Bits for a character of the basic plane, as all words but a handful have.
const BITS: u32 = 16;

/// Stands for the missing character; it is none itself.
const MISSING: u16 = u16::MAX;

static WORDS: LazyLock<Masked> = LazyLock::new(Masked::build);

impl Masked {
    /// Every word with each of its characters missing, which one in the last bits, in order.
    fn build() -> Self {
        let mut masked = Vec::new();
        for word in lexicon::words() {
            let Some(word) =
                word.chars().map(|character| u16::try_from(u32::from(character)).ok()).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            if !(2..=LONGEST_WORD).contains(&word.len()) {
                continue;
            }
            for (place, &missing) in word.iter().enumerate() {
                let others = word.iter().enumerate().map(|(at, &other)| if at == place { MISSING } else { other });
                masked.push(pack(others) << BITS | u128::from(missing));
            }
        }
        masked.sort_unstable();
        Self(masked)
    }

    /// The characters that make a word between `left` and `right`.
    fn completions(&self, left: &[char], right: &[char]) -> impl Iterator<Item = char> {
        let code = |&character: &char| u16::try_from(u32::from(character)).unwrap_or_default();
        let key = pack(left.iter().map(code).chain([MISSING]).chain(right.iter().map(code)));
        let from = self.0.partition_point(|masked| masked >> BITS < key);
        let found = self.0.get(from..).unwrap_or_default().iter().take_while(move |masked| *masked >> BITS == key);
        found.filter_map(|masked| char::from_u32(u32::from(u16::try_from(masked & u128::from(u16::MAX)).ok()?)))
    }
}

fn pack(codes: impl Iterator<Item = u16>) -> u128 {
    codes.fold(0, |key, code| key << BITS | u128::from(code))
}
