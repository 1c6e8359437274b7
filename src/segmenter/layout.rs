//! How the segmenter's tables are laid out: what lies in a model file, and how characters, pairs and nodes are numbered.

use zerocopy::little_endian::{F64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The number of a character, 1 for the most frequent. Characters that can be parts of words have the lower numbers;
/// others have one where a feature has them.
pub(crate) type Code = u16;

/// A Chinese character that is in no word that is known.
pub(super) const UNKNOWN: Code = 0;
/// A mark that is in no feature.
pub(super) const SEPARATOR: Code = 0xFFFE;
/// A character that takes looking at the text.
pub(super) const ODD: Code = 0xFFFD;
/// A letter that can be no part of a word and is in no feature.
pub(super) const FOREIGN: Code = 0xFFFC;
/// From here on codes stand for no single character.
pub(super) const SHARED: Code = FOREIGN;
/// The label of a place that is not in use; no character has this number.
pub(super) const FREE: Code = 0xFFFF;

/// A node of the trie: a sequence of two characters or more, but for frequent pairs. 0 is no node.
pub(crate) type Node = u32;

/// The number of what is no feature. That of a feature is its column and 1.
pub(crate) const NONE: u32 = 0;

#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Head {
    pub(super) rare: U32,
    pub(super) buckets: U32,
    pub(super) units: U32,
    pub(super) asked: U32,
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

/// What stands at the end of a sequence of characters: the numbers of it as a word and as a character n-gram; [`NONE`] where it is no
/// feature.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Leaf {
    pub(super) word: U32,
    pub(super) gram: U32,
}

/// Nothing.
pub(super) const NO_LEAF: Leaf =
    Leaf { word: U32::from_bytes(NONE.to_le_bytes()), gram: U32::from_bytes(NONE.to_le_bytes()) };
/// The word of a leaf that is among [`Tables::asked`](super::Tables::asked).
pub(super) const ASKED: u32 = u32::MAX;

/// A node and what stands there, where there are more leaves than numbers for them.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct AskedLeaf {
    pub(super) node: U32,
    pub(super) leaf: Leaf,
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
    /// The number of its leaf; 0 if it has none.
    pub(super) leaf: U16,
}

/// Bases are below this.
pub(super) const BASES: u32 = 1 << 24;

/// Where the child for a code must be, if there is one; 0 if there can be none.
#[inline]
pub(super) fn child_of(children: u32, code: Code) -> Node {
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
    /// From the lowest bit on: what longer sequences begin with it, for [`Tables::child`](super::Tables::child), 0 if there are none (32 bits); the number of
    /// its leaf, 0 if it is no word (16); its number as a word, [`WIDE`] if this is not enough room (16).
    pub(super) known: u64,
    /// As a character n-gram, numbered from 1, 0 if it is none.
    pub(super) gram: u32,
}

/// The number of a word, where it does not fit.
pub(super) const WIDE: u16 = u16::MAX;

impl Pair {
    /// The first part of what is known.
    pub(super) fn pack(children: u32, leaf: u16, word: u16) -> u64 {
        u64::from(children) | u64::from(leaf) << 32 | u64::from(word) << 48
    }

    /// What longer sequences begin with it, for [`Tables::child`](super::Tables::child); 0 if there are none.
    #[inline]
    pub(crate) fn children(&self) -> u32 {
        self.known as u32
    }

    /// The number of its leaf, which tells its log-probability as a word; 0 if it is none.
    #[inline]
    pub(super) fn leaf(&self) -> u16 {
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
pub(super) const NO_UNIT: Unit = Unit { children: U32::ZERO, label: NO_UNIT_LABEL, leaf: U16::ZERO };
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
