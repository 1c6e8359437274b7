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
use super::layout::{
    ASKED, AskedLeaf, BASIC_PLANE, Bucket, Code, EMPTY, Entry, FOREIGN, Head, Known, Leaf, NO_LEAF, NO_UNIT, NONE, NUMBERS,
    Node, ODD, Pair, ROOM, SEPARATOR, UNKNOWN, Unit, WIDE, child_of, gram_from, pair_key, place,
};
use crate::prefetch::prefetch;
use wide::u32x4;
use zerocopy::little_endian::{F64, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, Unaligned};

/// Every array begins at a multiple of this, a line of the processor's cache.
const ALIGNMENT: usize = 64;

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
    /// Log-probabilities of leaves as words; minus infinity for what is none, as the first leaf.
    pub(super) weights: &'b [F64; NUMBERS],
    pub(super) leaves: &'b [Leaf; NUMBERS],
    /// Leaves that have no number for themselves, by node.
    pub(super) asked: &'b [AskedLeaf],
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
            leaves: take(bytes, NUMBERS)?.try_into().ok()?,
            asked: take(bytes, head.asked.get() as usize)?,
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
        put(&mut bytes, self.leaves);
        put(&mut bytes, self.asked);
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

    /// The log-probability of a leaf as a word.
    #[inline]
    pub(super) fn weight(&self, leaf: u16) -> f64 {
        self.weights[usize::from(leaf)].get()
    }

    /// What stands at a node, if it has a leaf.
    fn leaf(&self, node: Node) -> &Leaf {
        let leaf = &self.leaves[usize::from(self.unit(node).leaf.get())];
        if leaf.word == ASKED { self.ask(node) } else { leaf }
    }

    #[cold]
    fn ask(&self, node: Node) -> &Leaf {
        let at = self.asked.binary_search_by_key(&node, |asked| asked.node.get());
        at.ok().and_then(|at| self.asked.get(at)).map_or(&NO_LEAF, |asked| &asked.leaf)
    }

    /// The number as a word of what has a leaf, if the number of the leaf tells it.
    #[inline]
    pub(super) fn leaf_word(&self, leaf: u16) -> Option<u32> {
        Some(self.leaves[usize::from(leaf)].word.get()).filter(|&word| word != ASKED)
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

    /// What is known of two characters that belong in a bucket, and 1 if [`Tables::pair_elsewhere`] may know more, else 0.
    #[inline]
    pub(super) fn pair_at(&self, place: u32, key: u32) -> (Pair, usize) {
        // A bucket has as many bytes as it has bits for pairs.
        let start = (place & !63) as usize;
        let line = self.buckets.as_bytes().get(start..start + size_of::<Bucket>());
        let bucket = line.and_then(|line| Bucket::ref_from_bytes(line).ok()).unwrap_or(&EMPTY);
        let found = u32x4::new(bucket.keys.map(U32::get)).simd_eq(u32x4::splat(key)).to_bitmask();
        let more = bucket.elsewhere.get() >> (place & 63) & u64::from(found == 0);
        // Without a branch: no one can guess whether it is here.
        let bucket = select_unpredictable(found != 0, bucket, &EMPTY);
        let Known { known, gram } = &bucket.known[(found | 1 << ROOM).trailing_zeros() as usize % ROOM];
        (Pair { known: known.get(), gram: gram.get().into() }, more as usize)
    }

    /// What is known of two characters.
    pub(crate) fn pair(&self, first: Code, second: Code) -> Pair {
        match self.pair_at(self.place(first, second), pair_key(first, second)) {
            (pair, 0) => pair,
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
        let leaf = self.leaf(node);
        let word = u16::try_from(leaf.word.get()).unwrap_or(WIDE);
        let gram = gram_from(leaf.gram.get(), self.first_gram());
        Pair { known: Pair::pack(unit.children.get(), unit.leaf.get(), word), gram }
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
    fn word_at(&self, node: Node) -> u32 {
        self.leaf(node).word.get()
    }

    /// The number of a node as a character n-gram; [`NONE`] if it is no feature.
    pub(crate) fn gram(&self, node: Node) -> u32 {
        self.leaf(node).gram.get()
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
    match (kind(c), super::in_run(c)) {
        (Kind::ODD, _) => ODD,
        (Kind::WORD, true) => UNKNOWN,
        (Kind::WORD, false) => FOREIGN,
        _ => SEPARATOR,
    }
}

/// Looks a key up.
fn find(entries: &[Entry], key: u32) -> Option<u32> {
    let at = entries.binary_search_by_key(&key, |entry| entry.key.get()).ok()?;
    entries.get(at).map(|entry| entry.value.get())
}
