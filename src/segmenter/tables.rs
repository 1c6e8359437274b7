//! The segmenter's tables as they lie in a model file. They are used in place: nothing is decoded.
//!
//! Words, and the n-grams that are features, are kept in a trie over characters as a double array: from a node to its child in
//! one step and one comparison (J. Aoe: An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989), with
//! characters in place of bytes and numbered by frequency, so that the array stays dense (S. Kanda, K. Akabe, Y. Oda:
//! Engineering faster double-array Aho-Corasick automata, 2023).
//!
//! What costs time is not computing but waiting for memory, so the pairs of characters that are features, which make up nearly
//! all pairs of a text, are kept apart, hashed into lines of the processor's cache: one line tells all that must be known of a
//! pair, and also, with a small Bloom filter, of most pairs that nothing is known of them.

use std::hint::select_unpredictable;

use super::kind::{Kind, kind};
use crate::prefetch::prefetch;
use crate::tokenize::is_folded;
use wide::u32x4;
use zerocopy::little_endian::{F64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The number of a character, 1 for the most frequent. Characters that can be parts of words have the lower numbers, up to
/// [`Head::last_in_run`]; others have one where a feature has them.
pub(crate) type Code = u16;

/// A Chinese character that is in no word that is known.
pub(super) const UNKNOWN: Code = 0;
/// A mark that is in no feature.
pub(super) const SEPARATOR: Code = 0xFFFE;
/// A character that normalization replaces.
pub(super) const FOLDED: Code = 0xFFFD;
/// Another character that can be part of a word but is in none that is known.
pub(super) const ODD: Code = 0xFFFC;
/// A letter that can be no part of a word and is in no feature.
pub(super) const FOREIGN: Code = 0xFFFB;
/// From here on codes stand for no single character.
pub(super) const SHARED: Code = FOREIGN;
/// The label of a place that is not in use; no character has this number.
pub(super) const FREE: Code = 0xFFFF;

/// A node of the trie: a sequence of two characters or more, but for frequent pairs. 0 is no node.
pub(crate) type Node = u32;

/// The number of what is no feature. That of a feature is its column and 1.
pub(crate) const NONE: u32 = 0;

/// Every array begins at a multiple of this, a line of the processor's cache.
const ALIGNMENT: usize = 64;

#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Head {
    pub(super) rare: U32,
    pub(super) buckets: U32,
    pub(super) units: U32,
    pub(super) numbered: U32,
    /// The number of the first character n-gram.
    pub(super) first_gram: U32,
    /// How many characters the longest character n-gram has.
    pub(super) longest_gram: U32,
    /// ln(1 / total), for a character that is no word.
    pub(super) unknown: F64,
}

/// An entry of a table that is searched.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Entry {
    pub(super) key: U32,
    pub(super) value: U32,
}

/// How many pairs there can be in a bucket.
pub(super) const ROOM: usize = 4;

/// Frequent pairs, in one line of the processor's cache.
#[derive(Debug, Clone, Copy, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Bucket {
    /// The pairs, as [`pair_key`] has them; [`NO_KEY`] where there is none.
    pub(super) keys: [U32; ROOM],
    pub(super) known: [Known; ROOM],
    /// Bits of pairs that would be here but are among the units.
    pub(super) elsewhere: U64,
}

/// What is known of a pair in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Known {
    /// As [`Pair::known`] has it.
    pub(super) known: U64,
    /// As [`Pair::gram`] has it.
    pub(super) gram: U16,
}

/// The numbers of a sequence of characters, as a word and as a character n-gram; [`NONE`] where it is no feature.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Numbered {
    pub(super) word: U32,
    pub(super) gram: U32,
}

/// A node.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Unit {
    /// In the lower 24 bits where the children begin: the child for a code is at `base + code`; 0 if there is no child. No two nodes
    /// have the same base, so the label tells the parent. In the upper 8 bits, from the highest on, whether there may be a child, for each code modulo 8.
    pub(super) children: U32,
    /// The code of its last character; [`FREE`] if no parent leads here.
    pub(super) label: U16,
    /// The number of its log-probability as a word; 0 if it is none.
    pub(super) weight: U16,
}

/// Bases are below this.
pub(super) const BASES: u32 = 1 << 24;

/// Where the child for a code must be, if there is one; 0 if there can be none.
#[inline]
fn child_of(children: u32, code: Code) -> Node {
    // Without a branch: no one can guess.
    let may_be = ((children << (code & 7)) as i32 >> 31) as u32;
    may_be & ((children & (BASES - 1)) + u32::from(code))
}

/// What stands for children with these codes at a base.
pub(super) fn children(base: u32, codes: impl Iterator<Item = Code>) -> u32 {
    codes.fold(base, |children, code| children | 1 << (31 - (code & 7)))
}

/// What is known of two characters. All of it is 0 if nothing is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pair {
    /// From the lowest bit on: what longer sequences begin with it, for [`Tables::child`], 0 if there are none (32 bits); the number of
    /// its log-probability as a word, 0 if it is none (16); its number as a word, [`WIDE`] if this is not enough room
    /// (16).
    pub(super) known: u64,
    /// As a character n-gram, numbered from 1, 0 if it is none.
    pub(super) gram: u32,
}

/// The number of a word, where it does not fit.
pub(super) const WIDE: u16 = u16::MAX;

impl Pair {
    /// The first part of what is known.
    pub(super) fn pack(children: u32, weight: u16, word: u16) -> u64 {
        u64::from(children) | u64::from(weight) << 32 | u64::from(word) << 48
    }

    /// What longer sequences begin with it, for [`Tables::child`]; 0 if there are none.
    #[inline]
    pub(crate) fn children(&self) -> u32 {
        self.known as u32
    }

    /// The number of its log-probability as a word; 0 if it is none.
    #[inline]
    pub(super) fn weight(&self) -> u16 {
        (self.known >> 32) as u16
    }

    /// The number as a word; [`NONE`] if it is no feature.
    #[inline]
    pub(super) fn word(&self) -> u32 {
        u32::from((self.known >> 48) as u16)
    }

    /// Whether [`Pair::word`] does not tell the number.
    pub(super) fn is_wide(&self) -> bool {
        self.word() == u32::from(WIDE)
    }

    /// The number as a character n-gram, where the first one's is given; [`NONE`] if it is no feature.
    pub(crate) fn gram(&self, first_gram: u32) -> u32 {
        if self.gram == 0 { NONE } else { first_gram.wrapping_add(self.gram - 1) }
    }
}

/// A character n-gram numbered from 1, where the first one's number is given; 0 if it is none.
pub(super) fn gram_from(number: u32, first_gram: u32) -> u32 {
    if number == NONE { 0 } else { number.wrapping_sub(first_gram).wrapping_add(1) }
}

pub(super) const NO_KEY: u32 = u32::MAX;
const NO_UNIT_LABEL: U16 = U16::from_bytes(FREE.to_le_bytes());
pub(super) const NO_UNIT: Unit = Unit { children: U32::ZERO, label: NO_UNIT_LABEL, weight: U16::ZERO };
pub(super) const EMPTY: Bucket = Bucket {
    keys: [U32::from_bytes(NO_KEY.to_le_bytes()); ROOM],
    known: [Known { known: U64::ZERO, gram: U16::ZERO }; ROOM],
    elsewhere: U64::ZERO,
};

/// Characters of the basic plane.
pub(super) const BASIC_PLANE: usize = 0x1_0000;
/// How many numbers of 16 bits there are. What is looked up by one for every character has a place for each, so that nothing must be
/// asked.
pub(super) const NUMBERS: usize = 0x1_0000;

/// The tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables<'b> {
    pub(super) head: &'b Head,
    /// Codes of the basic plane's characters.
    pub(super) codes: &'b [U16; BASIC_PLANE],
    /// Codes of other characters, by character.
    pub(super) rare: &'b [Entry],
    /// What kinds of characters there are, by code.
    pub(super) kinds: &'b [Kind; NUMBERS],
    /// Log-probabilities of single characters as words, by code; minus infinity for what is none, 0 for what parts words.
    pub(super) singles: &'b [F64; NUMBERS],
    /// Numbers of single characters as words, by code.
    pub(super) single_words: &'b [U32; NUMBERS],
    /// Where the units begin of pairs that a character begins, by its code: the one for a code is that many further on.
    pub(super) bases: &'b [U32; NUMBERS],
    pub(super) buckets: &'b [Bucket],
    pub(super) units: &'b [Unit],
    /// Log-probabilities; the first is minus infinity.
    pub(super) weights: &'b [F64; NUMBERS],
    /// For each unit where its numbers are; 0 if it is no feature.
    pub(super) features: &'b [U32],
    pub(super) numbered: &'b [Numbered],
}

/// Takes `count` elements off the front of `bytes`, whose first byte lies at a multiple of [`ALIGNMENT`], and what fills up the last
/// line.
fn take<'b, T: FromBytes + Immutable + Unaligned>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [T]> {
    let (elements, _) = <[T]>::ref_from_prefix_with_elems(bytes, count).ok()?;
    *bytes = bytes.get(size_of_val(elements).next_multiple_of(ALIGNMENT)..)?;
    Some(elements)
}

/// Appends elements and what fills up the last line.
fn put<T: IntoBytes + Immutable>(bytes: &mut Vec<u8>, elements: &[T]) {
    bytes.extend_from_slice(elements.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}

impl<'b> Tables<'b> {
    /// Looks at bytes that [`Tables::to_bytes`] wrote; `None` if they are too few or too many. Whatever they hold, using them ends
    /// and does not panic.
    pub(crate) fn new(mut bytes: &'b [u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let head: &Head = take::<Head>(bytes, 1)?.first()?;
        let tables = Tables {
            head,
            codes: take(bytes, BASIC_PLANE)?.try_into().ok()?,
            rare: take(bytes, head.rare.get() as usize)?,
            kinds: take(bytes, NUMBERS)?.try_into().ok()?,
            singles: take(bytes, NUMBERS)?.try_into().ok()?,
            single_words: take(bytes, NUMBERS)?.try_into().ok()?,
            bases: take(bytes, NUMBERS)?.try_into().ok()?,
            buckets: take(bytes, head.buckets.get() as usize)?,
            units: take(bytes, head.units.get() as usize)?,
            weights: take(bytes, NUMBERS)?.try_into().ok()?,
            features: take(bytes, head.units.get() as usize)?,
            numbered: take(bytes, head.numbered.get() as usize)?,
        };
        bytes.is_empty().then_some(tables)
    }

    /// The tables as they are saved.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, std::slice::from_ref(self.head));
        put(&mut bytes, self.codes);
        put(&mut bytes, self.rare);
        put(&mut bytes, self.kinds);
        put(&mut bytes, self.singles);
        put(&mut bytes, self.single_words);
        put(&mut bytes, self.bases);
        put(&mut bytes, self.buckets);
        put(&mut bytes, self.units);
        put(&mut bytes, self.weights);
        put(&mut bytes, self.features);
        put(&mut bytes, self.numbered);
        bytes
    }

    /// The code of a character.
    pub(crate) fn code(&self, c: char) -> Code {
        match u16::try_from(u32::from(c)) {
            Ok(c) => self.basic_code(c),
            Err(_) => find(self.rare, u32::from(c)).map_or_else(|| shared_code(c), |code| code as Code),
        }
    }

    /// The code of the small letter, if this is that of a capital one; else the code itself.
    pub(super) fn small_letter(&self, code: Code) -> Code {
        let capital = ('A'..='Z').find(|&capital| self.code(capital) == code);
        capital.map_or(code, |capital| self.code(capital.to_ascii_lowercase()))
    }

    /// The code of a character of the basic plane.
    #[inline]
    pub(super) fn basic_code(&self, c: u16) -> Code {
        self.codes[usize::from(c)].get()
    }

    /// What kind of character it is.
    #[inline]
    pub(super) fn kind(&self, code: Code) -> Kind {
        self.kinds[usize::from(code)]
    }

    /// The log-probability of a single character as a word; 0 if it parts words.
    #[inline]
    pub(super) fn single(&self, code: Code) -> f64 {
        self.singles[usize::from(code)].get()
    }

    /// The number of a single character as a word.
    #[inline]
    pub(super) fn single_word(&self, code: Code) -> u32 {
        self.single_words[usize::from(code)].get()
    }

    #[inline]
    pub(super) fn unit(&self, node: Node) -> &Unit {
        self.units.get(node as usize).unwrap_or(&NO_UNIT)
    }

    #[inline]
    pub(super) fn weight(&self, number: u16) -> f64 {
        self.weights[usize::from(number)].get()
    }

    /// The numbers of a node, as a word and as a character n-gram.
    #[inline]
    fn numbers(&self, node: Node) -> (u32, u32) {
        let numbered = self.features.get(node as usize).and_then(|at| self.numbered.get(at.get() as usize));
        numbered.map_or((NONE, NONE), |numbered| (numbered.word.get(), numbered.gram.get()))
    }

    /// Where a pair belongs, as [`place`] has it.
    #[inline]
    pub(super) fn place(&self, first: Code, second: Code) -> u32 {
        place(pair_key(first, second), self.buckets.len())
    }

    /// Asks for a bucket.
    #[inline]
    pub(super) fn expect_bucket(&self, place: u32) {
        prefetch(self.buckets.as_bytes(), (place & !63) as usize);
    }

    /// What is known of two characters that belong in a bucket, and whether [`Tables::pair_elsewhere`] may know more.
    #[inline]
    pub(super) fn pair_at(&self, place: u32, key: u32) -> (Pair, bool) {
        // A bucket has as many bytes as it has bits for pairs.
        let start = (place & !63) as usize;
        let line = self.buckets.as_bytes().get(start..start + size_of::<Bucket>());
        let bucket = line.and_then(|line| Bucket::ref_from_bytes(line).ok()).unwrap_or(&EMPTY);
        let found = u32x4::new(bucket.keys.map(U32::get)).simd_eq(u32x4::splat(key)).to_bitmask();
        let more = (bucket.elsewhere.get() >> (place & 63) & 1 != 0) & (found == 0);
        // Without a branch: no one can guess whether it is here.
        let bucket = select_unpredictable(found != 0, bucket, &EMPTY);
        let Known { known, gram } = &bucket.known[(found | 1 << ROOM).trailing_zeros() as usize % ROOM];
        (Pair { known: known.get(), gram: gram.get().into() }, more)
    }

    /// What is known of two characters.
    pub(crate) fn pair(&self, first: Code, second: Code) -> Pair {
        match self.pair_at(self.place(first, second), pair_key(first, second)) {
            (pair, false) => pair,
            _ => self.pair_elsewhere(first, second),
        }
    }

    /// What is known of two characters that are in no bucket.
    pub(super) fn pair_elsewhere(&self, first: Code, second: Code) -> Pair {
        let node = self.node_elsewhere(first, second);
        let unit = self.unit(node);
        if unit.label.get() != second {
            return Pair::default();
        }
        let (word, gram) = self.numbers(node);
        let word = u16::try_from(word).unwrap_or(WIDE);
        let gram = gram_from(gram, self.first_gram());
        Pair { known: Pair::pack(unit.children.get(), unit.weight.get(), word), gram }
    }

    /// Where the node of two characters must be that are in no bucket.
    #[inline]
    fn node_elsewhere(&self, first: Code, second: Code) -> Node {
        self.bases[usize::from(first)].get().wrapping_add(u32::from(second))
    }

    /// Asks for what [`Tables::pair_elsewhere`] will need.
    #[inline]
    pub(super) fn expect_elsewhere(&self, first: Code, second: Code) {
        prefetch(self.units, self.node_elsewhere(first, second) as usize);
    }

    /// The node of a sequence with these children and one more character, where it must be if it is there; 0 if it is not.
    #[inline]
    pub(super) fn expect_child(&self, children: u32, code: Code) -> Node {
        let node = child_of(children, code);
        prefetch(self.units, node as usize);
        node
    }

    /// The node of a sequence with these children and one more character; 0 if there is none.
    #[inline]
    pub(crate) fn child(&self, children: u32, code: Code) -> Node {
        let child = child_of(children, code);
        if self.unit(child).label.get() == code { child } else { 0 }
    }

    /// What longer sequences a node begins.
    pub(crate) fn children(&self, node: Node) -> u32 {
        self.unit(node).children.get()
    }

    /// The number of a sequence of characters as a word; [`NONE`] if it is no feature.
    pub(crate) fn word(&self, codes: impl IntoIterator<Item = Code>) -> u32 {
        let mut codes = codes.into_iter();
        match [codes.next(), codes.next(), codes.next()] {
            [None, ..] => NONE,
            [Some(only), None, _] => self.single_word(only),
            [Some(first), Some(second), None] => match self.pair(first, second) {
                pair if pair.is_wide() => self.word_at(self.node_elsewhere(first, second)),
                pair => pair.word(),
            },
            [Some(first), Some(second), Some(third)] => {
                let node = self.child(self.pair(first, second).children(), third);
                self.word_at(codes.fold(node, |node, code| self.child(self.children(node), code)))
            }
        }
    }

    /// The number of a node as a word; [`NONE`] if it is no feature.
    #[inline]
    pub(super) fn word_at(&self, node: Node) -> u32 {
        self.numbers(node).0
    }

    /// The number of a node as a character n-gram; [`NONE`] if it is no feature.
    #[inline]
    pub(crate) fn gram(&self, node: Node) -> u32 {
        self.numbers(node).1
    }

    /// The number of the first character n-gram.
    pub(crate) fn first_gram(&self) -> u32 {
        self.head.first_gram.get()
    }

    /// What is added to [`Pair::gram`] to make the number of a feature.
    #[inline]
    pub(super) fn before_grams(&self) -> u32 {
        self.first_gram().wrapping_sub(1)
    }

    /// How many characters the longest character n-gram has.
    pub(crate) fn longest_gram(&self) -> usize {
        self.head.longest_gram.get() as usize
    }
}

/// The code of a character that has none of its own.
pub(super) fn shared_code(c: char) -> Code {
    match (is_folded(c), super::in_run(c), kind(c)) {
        (true, _, _) => FOLDED,
        (_, true, Kind::WORD) => UNKNOWN,
        (_, true, _) => ODD,
        (_, false, Kind::ODD) => FOREIGN,
        _ => SEPARATOR,
    }
}

/// Looks a key up.
fn find(entries: &[Entry], key: u32) -> Option<u32> {
    let at = entries.binary_search_by_key(&key, |entry| entry.key.get()).ok()?;
    entries.get(at).map(|entry| entry.value.get())
}

/// Two characters as one number.
#[inline]
pub(super) fn pair_key(first: Code, second: Code) -> u32 {
    u32::from(first) | u32::from(second) << 16
}

/// Where a pair belongs, of so many buckets: the number of the bucket, and in the lower 6 bits the number of its bit there if it
/// is elsewhere.
#[inline]
pub(super) fn place(key: u32, buckets: usize) -> u32 {
    // Multiplicative hashing: D. Knuth, The Art of Computer Programming 3, 6.4.
    let hash = u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    ((hash * buckets as u64) >> 26) as u32
}
