//! Making the segmenter's tables, in training.

use std::ops::Range;

use rustc_hash::FxHashMap;
use zerocopy::little_endian::{U16, U32, U64};

use super::in_run;
use super::placer::Placer;
use super::tables::{
    BASES, BASIC_PLANE, Code, Entry, FILTER, FOLDED, First, Head, NO_SLOT, NO_UNIT, NONE, SEPARATOR, Slot, Tables, UNKNOWN,
    Unit, filter_bit,
};
use crate::tokenize::{DomainWord, is_folded};

/// The features that the tables find.
#[derive(Debug, Default)]
pub(crate) struct TableFeatures<'f> {
    /// Words and their columns.
    pub(crate) words: Vec<(&'f str, u32)>,
    /// Character n-grams of two characters or more, in the order of their columns, which follow one another from `first_gram` on.
    pub(crate) grams: Vec<String>,
    pub(crate) first_gram: u32,
}

/// As how frequent a feature counts when characters are numbered: what was met in training will be met again.
const FEATURE: u64 = 200;

/// How many frequent pairs there can be: their nodes must fit 16 bits.
const FREQUENT: usize = 0xFFFF;

/// A word or a feature or both.
struct Key<'k> {
    text: &'k str,
    /// As a word that can be cut.
    frequency: Option<u64>,
    /// The column as a word feature.
    word: u32,
    /// The column as a character n-gram.
    gram: u32,
}

impl Key<'_> {
    fn is_feature(&self) -> bool {
        self.word != NONE || self.gram != NONE
    }

    fn uses(&self) -> u64 {
        self.frequency.unwrap_or(0) + if self.is_feature() { FEATURE } else { 1 }
    }
}

/// Makes the tables for a dictionary of words with their frequencies, for `words` that are added to it or replace its own, and for
/// features; `None` if they are too many, which takes some ten million.
pub(crate) fn build<'d: 'k, 'k>(
    dictionary: impl Iterator<Item = (&'d str, u64)>,
    words: &'k [DomainWord],
    features: &'k TableFeatures,
) -> Option<Vec<u8>> {
    let keys = collect(dictionary, words, features);
    // All frequencies count, also of words that cannot be cut because something in them parts words.
    let log_total = (keys.iter().filter_map(|key| key.frequency).sum::<u64>() as f64).ln();
    let (codes, rare, last_in_run, firsts) = number(&keys);
    let code = |c: char| match codes.get(c as usize) {
        Some(&code) => code,
        None => rare.binary_search_by_key(&c, |&(rare, _)| rare).map_or(UNKNOWN, |at| rare[at].1),
    };
    let can_be_cut = |key: &Key| key.frequency.filter(|_| key.text.chars().all(in_run));
    let mut distinct: Vec<u64> = keys.iter().filter_map(can_be_cut).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // More than 65,534 different frequencies would need words of the user's own by the ten thousand, each with another one; those
    // that are left over then share the highest number.
    distinct.truncate(usize::from(u16::MAX) - 1);
    let weights = std::iter::once(f64::NEG_INFINITY).chain(distinct.iter().map(|&f| (f as f64).ln() - log_total));
    let weights: Vec<f64> = weights.collect();
    let weight_number = |frequency: u64| (distinct.partition_point(|&f| f < frequency).min(distinct.len() - 1) + 1) as u16;

    let mut trie = Trie { codes: Vec::new(), ends: vec![0], keys: Vec::new() };
    for key in &keys {
        trie.push(
            key.text.chars().map(code),
            Leaf { weight: can_be_cut(key).map_or(0, weight_number), word: key.word, gram: key.gram },
        );
    }
    let placed = Placed::new(&trie, firsts, &weights, features.first_gram);
    if placed.units.len() > BASES as usize {
        return None;
    }

    let longest_gram = features.grams.iter().map(|gram| gram.chars().count()).max().unwrap_or(0);
    let codes: Vec<U16> = codes.into_iter().map(U16::new).collect();
    let rare: Vec<Entry> = rare.into_iter().map(|(c, code)| entry(c.into(), code.into())).collect();
    let filter: Vec<U64> = placed.filter.into_iter().map(U64::new).collect();
    let words: Vec<U32> = placed.words.into_iter().map(U32::new).collect();
    let marks: Vec<U32> = placed.marks.into_iter().map(U32::new).collect();
    let weights: Vec<_> = weights.into_iter().map(zerocopy::little_endian::F64::new).collect();
    let count = |length: usize| U32::new(length as u32);
    let head = Head {
        rare: count(rare.len()),
        firsts: count(placed.firsts.len()),
        slots: count(placed.slots.len()),
        units: count(placed.units.len()),
        weights: count(weights.len()),
        words: count(words.len()),
        long_words: count(placed.long_words.len()),
        marks: count(marks.len()),
        last_in_run: u32::from(last_in_run).into(),
        grams: count(placed.grams),
        first_gram: features.first_gram.into(),
        longest_gram: count(longest_gram),
        unknown: (0.0 - log_total).into(),
    };
    let tables = Tables {
        head: &head,
        codes: &codes,
        rare: &rare,
        firsts: &placed.firsts,
        slots: &placed.slots,
        filter: &filter,
        units: &placed.units,
        weights: &weights,
        words: &words,
        long_words: &placed.long_words,
        marks: &marks,
    };
    Some(tables.to_bytes())
}

fn entry(key: u32, value: u32) -> Entry {
    Entry { key: key.into(), value: value.into() }
}

/// All words and features, sorted, each once.
fn collect<'d: 'k, 'k>(
    dictionary: impl Iterator<Item = (&'d str, u64)>,
    words: &'k [DomainWord],
    features: &'k TableFeatures,
) -> Vec<Key<'k>> {
    let key = |text, frequency, word, gram| Key { text, frequency, word, gram };
    let mut keys: Vec<Key> = dictionary.map(|(word, frequency)| key(word, Some(frequency), NONE, NONE)).collect();
    keys.extend(words.iter().map(|word| key(&word.word, Some(word.frequency.unwrap_or(1)), NONE, NONE)));
    keys.extend(features.words.iter().map(|&(word, column)| key(word, None, column, NONE)));
    keys.extend(features.grams.iter().zip(features.first_gram..).map(|(gram, column)| key(gram, None, NONE, column)));
    keys.retain(|key| !key.text.is_empty());
    // The sort keeps the order of equals, in which later frequencies replace earlier ones.
    keys.sort_by_key(|key| key.text);
    keys.dedup_by(|later, kept| {
        let same = later.text == kept.text;
        if same {
            kept.frequency = later.frequency.or(kept.frequency);
            kept.word = kept.word.min(later.word);
            kept.gram = kept.gram.min(later.gram);
        }
        same
    });
    keys
}

/// Gives every character of the keys its code, the most frequent first, and first those that can be parts of words: the codes of
/// the basic plane, other characters, the last code of the first kind, and how many codes there are with 0.
fn number(keys: &[Key]) -> (Vec<Code>, Vec<(char, Code)>, Code, usize) {
    let mut frequency = FxHashMap::<char, u64>::default();
    for key in keys {
        key.text.chars().for_each(|c| *frequency.entry(c).or_insert(0) += key.uses());
    }
    let mut ranked: Vec<(char, u64)> = frequency.into_iter().filter(|&(c, _)| !is_folded(c)).collect();
    ranked.sort_unstable_by_key(|&(c, count)| (!in_run(c), std::cmp::Reverse(count), c));
    // No language has so many characters; if a corpus has, its rarest are known to no word.
    ranked.truncate(usize::from(FOLDED) - 1);
    let last_in_run = ranked.partition_point(|&(c, _)| in_run(c)) as Code;
    let other = |at: usize| match char::from_u32(at as u32) {
        Some(c) if is_folded(c) => FOLDED,
        Some(c) if in_run(c) => UNKNOWN,
        _ => SEPARATOR,
    };
    let mut codes: Vec<Code> = (0..BASIC_PLANE).map(other).collect();
    let mut rare = Vec::new();
    for (&(c, _), code) in ranked.iter().zip(1..) {
        match codes.get_mut(c as usize) {
            Some(slot) => *slot = code,
            None => rare.push((c, code)),
        }
    }
    rare.sort_unstable();
    (codes, rare, last_in_run, ranked.len() + 1)
}

/// What stands at the end of a key.
#[derive(Clone, Copy)]
struct Leaf {
    weight: u16,
    word: u32,
    gram: u32,
}

/// Keys as codes, one after the other, in an order in which keys of the same beginning stand together.
struct Trie {
    codes: Vec<Code>,
    ends: Vec<usize>,
    keys: Vec<Leaf>,
}

impl Trie {
    fn push(&mut self, codes: impl Iterator<Item = Code>, leaf: Leaf) {
        let start = self.codes.len();
        self.codes.extend(codes);
        // A key with a character that got no code, or that normalization replaces, is never met.
        if self.codes[start..].iter().any(|&code| code == UNKNOWN || code >= FOLDED) {
            self.codes.truncate(start);
        } else {
            self.ends.push(self.codes.len());
            self.keys.push(leaf);
        }
    }

    fn key(&self, key: usize) -> &[Code] {
        &self.codes[self.ends[key]..self.ends[key + 1]]
    }

    /// If the first of some keys, which share `depth` characters, has no more, takes it off.
    fn take_end(&self, keys: &mut Range<usize>, depth: usize) -> Option<Leaf> {
        let leaf = (keys.start < keys.end && self.key(keys.start).len() == depth).then(|| self.keys[keys.start]);
        keys.start += usize::from(leaf.is_some());
        leaf
    }

    /// The next characters of keys that share `depth` characters, and the keys that go on with each.
    fn children(&self, keys: Range<usize>, depth: usize) -> Vec<(Code, Range<usize>)> {
        let mut children: Vec<(Code, Range<usize>)> = Vec::new();
        for at in keys {
            let code = self.key(at)[depth];
            match children.last_mut() {
                Some((last, range)) if *last == code => range.end = at + 1,
                _ => children.push((code, at..at + 1)),
            }
        }
        children
    }
}

/// The double arrays.
struct Placed {
    firsts: Vec<First>,
    slots: Vec<Slot>,
    units: Vec<Unit>,
    filter: Vec<u64>,
    words: Vec<u32>,
    long_words: Vec<Entry>,
    marks: Vec<u32>,
    grams: usize,
}

type Family = Vec<(Code, Range<usize>)>;

impl Placed {
    fn new(trie: &Trie, firsts: usize, weights: &[f64], first_gram: u32) -> Self {
        let no_first = First {
            weight: f64::NEG_INFINITY.into(),
            hot: U32::ZERO,
            cold: U32::ZERO,
            word: NONE.into(),
            unused: U32::ZERO,
        };
        let mut placed = Placed {
            firsts: vec![no_first; firsts],
            slots: Vec::new(),
            units: vec![NO_UNIT],
            filter: vec![0; FILTER],
            words: Vec::new(),
            long_words: Vec::new(),
            marks: Vec::new(),
            grams: 0,
        };
        let mut families: Vec<(Code, Family)> = Vec::new();
        for (code, mut below) in trie.children(0..trie.keys.len(), 0) {
            if let Some(leaf) = trie.take_end(&mut below, 1) {
                let first = &mut placed.firsts[usize::from(code)];
                first.weight = weights[usize::from(leaf.weight)].into();
                first.word = leaf.word.into();
            }
            families.push((code, trie.children(below, 1)));
        }
        let frequent = placed.place_frequent(trie, &mut families, first_gram);
        let mut placer = Placer::default();
        placer.reserve(placed.units.len());
        let cold = placed.place_pairs(&mut placer, families);
        placed.place_rest(trie, &mut placer, frequent.into_iter().chain(cold).collect());
        placed
    }

    /// Takes the frequent pairs, which are those that are features, out of the families and gives them the first nodes: in the order
    /// of the character n-grams, and then of the words.
    fn place_frequent(&mut self, trie: &Trie, families: &mut [(Code, Family)], first_gram: u32) -> Vec<(u32, Range<usize>)> {
        let mut frequent: Vec<((u32, u32), Code, Code)> = Vec::new();
        for (first, family) in families.iter() {
            for (second, keys) in family {
                let leaf = trie.take_end(&mut keys.clone(), 2).filter(|leaf| leaf.gram != NONE || leaf.word != NONE);
                frequent.extend(leaf.map(|leaf| ((leaf.gram, leaf.word), *first, *second)));
            }
        }
        frequent.sort_unstable();
        frequent.truncate(FREQUENT);
        self.grams = frequent.iter().zip(first_gram..).take_while(|&(&((gram, _), ..), column)| gram == column).count();
        let nodes: FxHashMap<(Code, Code), u32> =
            frequent.iter().zip(1..).map(|(&(_, first, second), node)| ((first, second), node)).collect();
        self.units.resize(1 + frequent.len(), NO_UNIT);
        self.words = std::iter::once(NONE).chain(frequent.iter().map(|&((_, word), ..)| word)).collect();
        let mut taken = Vec::new();
        let mut hot: Vec<(Code, Vec<(Code, u32)>)> = Vec::new();
        for (first, family) in families.iter_mut() {
            let mut pairs = Vec::new();
            family.retain(|(second, keys)| {
                let node = nodes.get(&(*first, *second));
                pairs.extend(node.map(|&node| (*second, node)));
                taken.extend(node.map(|&node| (node, keys.clone())));
                node.is_none()
            });
            hot.push((*first, pairs));
        }
        hot.sort_by_key(|(_, pairs)| std::cmp::Reverse(pairs.len()));
        let mut placer = Placer::default();
        for (first, pairs) in hot.into_iter().filter(|(_, pairs)| !pairs.is_empty()) {
            self.place_slots(&mut placer, first, &pairs);
        }
        taken
    }

    fn place_slots(&mut self, placer: &mut Placer, first: Code, hot: &[(Code, u32)]) {
        let codes: Vec<Code> = hot.iter().map(|&(code, _)| code).collect();
        let base = placer.place(&codes);
        self.firsts[usize::from(first)].hot = (base as u32).into();
        for &(code, node) in hot {
            let at = base + usize::from(code);
            if self.slots.len() <= at {
                self.slots.resize(at + 1, NO_SLOT);
            }
            self.slots[at] = Slot { label: code.into(), node: (node as u16).into() };
        }
    }

    /// Places the other pairs, large families first: the small ones fit between them.
    fn place_pairs(&mut self, placer: &mut Placer, mut families: Vec<(Code, Family)>) -> Vec<(u32, Range<usize>)> {
        families.sort_by_key(|(_, family)| std::cmp::Reverse(family.len()));
        let mut nodes = Vec::new();
        for (first, family) in families.into_iter().filter(|(_, family)| !family.is_empty()) {
            for (second, _) in &family {
                let (word, bit) = filter_bit(first, *second);
                self.filter[word] |= bit;
            }
            let base = self.place_family(placer, &family);
            self.firsts[usize::from(first)].cold = (base as u32).into();
            nodes.extend(family.into_iter().map(|(code, keys)| (base as u32 + u32::from(code), keys)));
        }
        nodes
    }

    /// Places what is longer than pairs, level by level.
    fn place_rest(&mut self, trie: &Trie, placer: &mut Placer, mut nodes: Vec<(u32, Range<usize>)>) {
        for depth in 2.. {
            let mut open: Vec<(u32, Family)> = Vec::new();
            for (node, mut keys) in nodes {
                if let Some(leaf) = trie.take_end(&mut keys, depth) {
                    self.units[node as usize].weight = leaf.weight.into();
                    if leaf.word != NONE && node as usize >= self.words.len() {
                        self.long_words.push(entry(node, leaf.word));
                    }
                    if leaf.gram != NONE && node as usize > self.grams {
                        self.mark(node, leaf.gram);
                    }
                }
                if !keys.is_empty() {
                    open.push((node, trie.children(keys, depth)));
                }
            }
            if open.is_empty() {
                break;
            }
            open.sort_by_key(|(_, family)| std::cmp::Reverse(family.len()));
            nodes = Vec::new();
            for (node, family) in open {
                let base = self.place_family(placer, &family);
                self.units[node as usize].children = Unit::children(base as u32, family.iter().map(|&(code, _)| code));
                nodes.extend(family.into_iter().map(|(code, keys)| (base as u32 + u32::from(code), keys)));
            }
        }
        self.long_words.sort_unstable_by_key(|entry| entry.key.get());
    }

    fn place_family(&mut self, placer: &mut Placer, family: &Family) -> usize {
        let codes: Vec<Code> = family.iter().map(|&(code, _)| code).collect();
        let base = placer.place(&codes);
        for code in codes {
            let at = base + usize::from(code);
            if self.units.len() <= at {
                self.units.resize(at + 1, NO_UNIT);
            }
            self.units[at].label = code.into();
        }
        base
    }

    /// Notes the column of a character n-gram whose node does not tell it.
    fn mark(&mut self, node: u32, gram: u32) {
        let at = node as usize;
        if self.marks.len() <= at {
            self.marks.resize(at + 1, NONE);
        }
        self.marks[at] = gram;
    }
}
