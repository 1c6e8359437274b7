//! The segmenter's tables as they lie in a model file. They are used in place: nothing is decoded.
//!
//! Words, and the n-grams that are features, are kept in a trie over characters as a double array: from a node to its child in
//! one step and one comparison (J. Aoe: An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989), with
//! characters in place of bytes and numbered by frequency, so that the array stays dense (S. Kanda, K. Akabe, Y. Oda:
//! Engineering faster double-array Aho-Corasick automata, 2023).
//!
//! What costs time is not computing but waiting for memory, so the pairs of characters that are features, which make up nearly
//! all pairs of a text, have nodes of their own at the beginning, the most frequent first, found through an array of small slots;
//! and what most often is *not* there, other pairs and third characters, is asked of small filters first.

use crate::prefetch::prefetch;
use zerocopy::little_endian::{F64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The number of a character, 1 for the most frequent. Characters that can be parts of words have the lower numbers, up to
/// [`Head::last_in_run`]; others have one where a feature has them.
pub(crate) type Code = u16;

/// A character that can be part of a word but is in none that is known.
pub(super) const UNKNOWN: Code = 0;
/// A character that can be no part of a word and is in no feature.
pub(super) const SEPARATOR: Code = 0xFFFE;
/// A character that normalization replaces.
pub(super) const FOLDED: Code = 0xFFFD;
/// The label of a place that is not in use; no character has this number.
pub(super) const FREE: Code = 0xFFFF;

/// A node of the trie: a sequence of two characters or more. 0 is no node.
pub(crate) type Node = u32;

/// No feature.
pub(crate) const NONE: u32 = u32::MAX;

/// Every array begins at a multiple of this, a line of the processor's cache.
const ALIGNMENT: usize = 64;

#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Head {
    pub(super) rare: U32,
    pub(super) firsts: U32,
    pub(super) slots: U32,
    pub(super) units: U32,
    pub(super) weights: U32,
    pub(super) words: U32,
    pub(super) long_words: U32,
    pub(super) marks: U32,
    /// The last code of a character that can be part of a word.
    pub(super) last_in_run: U32,
    /// The nodes up to this one are character n-grams, in the order of their columns.
    pub(super) grams: U32,
    /// The column of node 1's.
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

/// What is known of a single character.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct First {
    /// Its log-probability as a word; minus infinity if it is none.
    pub(super) weight: F64,
    /// Where the slots of frequent pairs begin that it begins: the one for a code is at `hot + code`.
    pub(super) hot: U32,
    /// Where its other children begin among the units.
    pub(super) cold: U32,
    /// Its column as a word.
    pub(super) word: U32,
    pub(super) unused: U32,
}

/// Where a frequent pair's node is.
#[derive(Debug, Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Slot {
    /// The code of the second character.
    pub(super) label: U16,
    pub(super) node: U16,
}

/// A node.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Unit {
    /// In the lower 24 bits where the children begin: the child for a code is at `base + code`; 0 if there is no child. No two nodes
    /// have the same base, so the label tells the parent. In the upper 8 bits whether there may be a child, for each code modulo 8.
    pub(super) children: U32,
    /// The code of its last character; [`FREE`] if no parent leads here.
    pub(super) label: U16,
    /// The number of its log-probability as a word; 0 if it is none.
    pub(super) weight: U16,
}

/// Bases are below this.
pub(super) const BASES: u32 = 1 << 24;

impl Unit {
    /// Whether any child may be there.
    pub(super) fn has_children(&self) -> bool {
        self.children.get() != 0
    }

    /// Where the child for a code must be, if there is one; 0 if there can be none.
    #[inline]
    pub(super) fn child(&self, code: Code) -> Node {
        let children = self.children.get();
        if children >> (24 + (code & 7)) & 1 == 0 { 0 } else { (children & (BASES - 1)) + u32::from(code) }
    }

    /// What stands for children with these codes at a base.
    pub(super) fn children(base: u32, codes: impl Iterator<Item = Code>) -> U32 {
        codes.fold(base, |children, code| children | 1 << (24 + (code & 7))).into()
    }
}

const NO_FIRST: First = First {
    weight: F64::from_bytes(f64::NEG_INFINITY.to_le_bytes()),
    hot: U32::ZERO,
    cold: U32::ZERO,
    word: U32::from_bytes(NONE.to_le_bytes()),
    unused: U32::ZERO,
};
pub(super) const NO_SLOT: Slot = Slot { label: U16::from_bytes(FREE.to_le_bytes()), node: U16::ZERO };
pub(super) const NO_UNIT: Unit = Unit { children: U32::ZERO, label: U16::from_bytes(FREE.to_le_bytes()), weight: U16::ZERO };

/// Characters of the basic plane.
pub(super) const BASIC_PLANE: usize = 0x1_0000;
/// Words of 64 bits in the filter of pairs.
pub(super) const FILTER: usize = 1 << 14;

/// The tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables<'b> {
    pub(super) head: &'b Head,
    /// Codes of the basic plane's characters.
    pub(super) codes: &'b [U16],
    /// Codes of other characters, by character.
    pub(super) rare: &'b [Entry],
    /// By code.
    pub(super) firsts: &'b [First],
    pub(super) slots: &'b [Slot],
    /// Bits of pairs that are among the units and have no slot.
    pub(super) filter: &'b [U64],
    pub(super) units: &'b [Unit],
    /// Log-probabilities; the first is minus infinity.
    pub(super) weights: &'b [F64],
    /// By node of a frequent pair, its column as a word.
    pub(super) words: &'b [U32],
    /// Nodes that are other words of two characters or more, and their columns.
    pub(super) long_words: &'b [Entry],
    /// By node, the column as a character n-gram; empty where all of these are frequent pairs.
    pub(super) marks: &'b [U32],
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
            codes: take(bytes, BASIC_PLANE)?,
            rare: take(bytes, head.rare.get() as usize)?,
            firsts: take(bytes, head.firsts.get() as usize)?,
            slots: take(bytes, head.slots.get() as usize)?,
            filter: take(bytes, FILTER)?,
            units: take(bytes, head.units.get() as usize)?,
            weights: take(bytes, head.weights.get() as usize)?,
            words: take(bytes, head.words.get() as usize)?,
            long_words: take(bytes, head.long_words.get() as usize)?,
            marks: take(bytes, head.marks.get() as usize)?,
        };
        bytes.is_empty().then_some(tables)
    }

    /// The tables as they are saved.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, std::slice::from_ref(self.head));
        put(&mut bytes, self.codes);
        put(&mut bytes, self.rare);
        put(&mut bytes, self.firsts);
        put(&mut bytes, self.slots);
        put(&mut bytes, self.filter);
        put(&mut bytes, self.units);
        put(&mut bytes, self.weights);
        put(&mut bytes, self.words);
        put(&mut bytes, self.long_words);
        put(&mut bytes, self.marks);
        bytes
    }

    /// The code of a character.
    #[inline]
    pub(crate) fn code(&self, c: char) -> Code {
        match self.codes.get(c as usize) {
            Some(code) => code.get(),
            None => {
                let other = if super::in_run(c) { UNKNOWN } else { SEPARATOR };
                find(self.rare, u32::from(c)).map_or(other, |code| code as Code)
            }
        }
    }

    #[inline]
    pub(super) fn first(&self, code: Code) -> &First {
        self.firsts.get(usize::from(code)).unwrap_or(&NO_FIRST)
    }

    #[inline]
    pub(super) fn unit(&self, node: Node) -> &Unit {
        self.units.get(node as usize).unwrap_or(&NO_UNIT)
    }

    #[inline]
    pub(super) fn slot(&self, at: u32) -> Slot {
        self.slots.get(at as usize).copied().unwrap_or(NO_SLOT)
    }

    #[inline]
    pub(super) fn weight(&self, number: u16) -> f64 {
        self.weights.get(usize::from(number)).map_or(f64::NEG_INFINITY, |weight| weight.get())
    }

    /// The node of two characters, if it has no slot; 0 if there is none.
    #[inline]
    pub(super) fn cold_pair(&self, first: Code, second: Code) -> Node {
        let (word, bit) = filter_bit(first, second);
        if self.filter.get(word).is_none_or(|bits| bits.get() & bit == 0) {
            return 0;
        }
        let node = self.first(first).cold.get().wrapping_add(u32::from(second));
        if self.unit(node).label.get() == second { node } else { 0 }
    }

    /// The node of two characters; 0 if there is none.
    #[inline]
    pub(crate) fn pair(&self, first: Code, second: Code) -> Node {
        let slot = self.slot(self.first(first).hot.get().wrapping_add(u32::from(second)));
        if slot.label.get() == second { u32::from(slot.node.get()) } else { self.cold_pair(first, second) }
    }

    /// The node of a sequence and one more character; 0 if there is none.
    #[inline]
    pub(crate) fn child(&self, node: Node, code: Code) -> Node {
        let child = self.unit(node).child(code);
        if self.unit(child).label.get() == code { child } else { 0 }
    }

    /// Asks for what [`Tables::pair`] will need.
    #[inline]
    pub(super) fn expect_pair(&self, first: Code, second: Code) {
        prefetch(self.slots, self.first(first).hot.get().wrapping_add(u32::from(second)) as usize);
        prefetch(self.filter, filter_bit(first, second).0);
    }

    /// Asks for a node.
    #[inline]
    pub(super) fn expect_unit(&self, node: Node) {
        prefetch(self.units, node as usize);
    }

    /// The column of a sequence of characters as a word; [`NONE`] if it is no feature.
    pub(crate) fn word(&self, codes: &[Code]) -> u32 {
        match codes {
            [] => NONE,
            [only] => self.first(*only).word.get(),
            [first, second, rest @ ..] => {
                let end = rest.iter().fold(self.pair(*first, *second), |node, &code| self.child(node, code));
                self.word_at(end)
            }
        }
    }

    /// The column of a node as a word; [`NONE`] if it is no feature.
    #[inline]
    pub(super) fn word_at(&self, node: Node) -> u32 {
        match self.words.get(node as usize) {
            Some(word) => word.get(),
            None => find(self.long_words, node).unwrap_or(NONE),
        }
    }

    /// The column of a node as a character n-gram; [`NONE`] if it is no feature.
    #[inline]
    pub(crate) fn gram(&self, node: Node) -> u32 {
        if node.wrapping_sub(1) < self.head.grams.get() {
            self.head.first_gram.get().wrapping_add(node - 1)
        } else {
            self.marks.get(node as usize).map_or(NONE, |mark| mark.get())
        }
    }

    /// The column of the first character n-gram.
    pub(crate) fn first_gram(&self) -> u32 {
        self.head.first_gram.get()
    }

    /// How many characters the longest character n-gram has.
    pub(crate) fn longest_gram(&self) -> usize {
        self.head.longest_gram.get() as usize
    }
}

/// Looks a key up.
fn find(entries: &[Entry], key: u32) -> Option<u32> {
    let at = entries.binary_search_by_key(&key, |entry| entry.key.get()).ok()?;
    entries.get(at).map(|entry| entry.value.get())
}

/// Where a pair's bit is in the filter: the word, and the bit in it.
#[inline]
pub(super) fn filter_bit(first: Code, second: Code) -> (usize, u64) {
    // Multiplicative hashing: D. Knuth, The Art of Computer Programming 3, 6.4.
    let hash = (u32::from(first) << 16 | u32::from(second)).wrapping_mul(0x9E37_79B1) >> 12;
    ((hash >> 6) as usize % FILTER, 1 << (hash & 63))
}
