//! Making the segmenter's tables, in training.

use std::ops::Range;

use rustc_hash::FxHashMap;
use zerocopy::little_endian::{F64, U16, U32};

use super::in_run;
use super::placer::Placer;
use super::tables::{
    BASES, BASIC_PLANE, Bucket, Code, Columns, EMPTY, Entry, FOLDED, Head, NO_KEY, NO_UNIT, NONE, SEPARATOR, Tables,
    UNKNOWN, Unit, children, pair_key, place,
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

/// How many pairs there are to a bucket, on average: a megabyte of buckets for the dictionary. Most pairs of a text are then in one, and
/// those that are not in the dictionary at all are mostly known not to be.
const PAIRS_A_BUCKET: usize = 12;
/// How many features there are to a bucket at most, on average.
const FEATURES_A_BUCKET: usize = 3;

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
            Leaf { uses: key.uses(), weight: can_be_cut(key).map_or(0, weight_number), word: key.word, gram: key.gram },
        );
    }
    // A character that is in no word is one for itself, and what parts words adds nothing.
    let singles = (0..firsts).map(|code| match code {
        0 => 0.0 - log_total,
        code if code <= usize::from(last_in_run) => f64::NEG_INFINITY,
        _ => 0.0,
    });
    let placed = Placed::new(&trie, singles.map(F64::new).collect(), &weights, features.first_gram);
    if placed.units.len() > BASES as usize {
        return None;
    }

    let longest_gram = features.grams.iter().map(|gram| gram.chars().count()).max().unwrap_or(0);
    let codes: Box<[U16; BASIC_PLANE]> = codes.into_iter().map(U16::new).collect::<Box<[_]>>().try_into().ok()?;
    let rare: Vec<Entry> =
        rare.into_iter().map(|(c, code)| Entry { key: u32::from(c).into(), value: u32::from(code).into() }).collect();
    let weights: Vec<F64> = weights.into_iter().map(F64::new).collect();
    let count = |length: usize| U32::new(length as u32);
    let head = Head {
        rare: count(rare.len()),
        codes: count(firsts),
        buckets: count(placed.buckets.len()),
        units: count(placed.units.len()),
        weights: count(weights.len()),
        columns: count(placed.columns.len()),
        last_in_run: u32::from(last_in_run).into(),
        first_gram: features.first_gram.into(),
        longest_gram: count(longest_gram),
        unknown: (0.0 - log_total).into(),
    };
    let tables = Tables {
        head: &head,
        codes: &codes,
        rare: &rare,
        singles: &placed.singles,
        single_words: &placed.single_words,
        bases: &placed.bases,
        buckets: &placed.buckets,
        units: &placed.units,
        weights: &weights,
        columns: &placed.columns,
    };
    Some(tables.to_bytes())
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
    /// As how frequent it counts.
    uses: u64,
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

/// The tables that hold nodes.
struct Placed {
    singles: Vec<F64>,
    single_words: Vec<U32>,
    bases: Vec<U32>,
    buckets: Vec<Bucket>,
    units: Vec<Unit>,
    columns: Vec<Columns>,
}

type Family = Vec<(Code, Range<usize>)>;

/// Where a node is.
#[derive(Clone, Copy)]
enum Spot {
    Bucket { at: usize, room: usize },
    Unit(usize),
}

impl Placed {
    fn new(trie: &Trie, singles: Vec<F64>, weights: &[f64], first_gram: u32) -> Self {
        let codes = singles.len();
        let mut placed = Placed {
            singles,
            single_words: vec![NONE.into(); codes],
            bases: vec![U32::ZERO; codes],
            buckets: Vec::new(),
            units: vec![NO_UNIT],
            columns: vec![Columns { word: NONE.into(), gram: NONE.into() }],
        };
        let mut families: Vec<(Code, Family)> = Vec::new();
        for (code, mut below) in trie.children(0..trie.keys.len(), 0) {
            if let Some(leaf) = trie.take_end(&mut below, 1) {
                if leaf.weight != 0 {
                    placed.singles[usize::from(code)] = weights[usize::from(leaf.weight)].into();
                }
                placed.single_words[usize::from(code)] = leaf.word.into();
            }
            families.push((code, trie.children(below, 1)));
        }
        let frequent = placed.place_frequent(trie, &mut families, first_gram);
        let mut placer = Placer::default();
        placer.reserve(1);
        // What goes on from frequent pairs comes first, so that it lies together.
        placed.place_rest(trie, &mut placer, frequent);
        let others = placed.place_pairs(&mut placer, families);
        placed.place_rest(trie, &mut placer, others);
        placed
    }

    /// Takes frequent pairs out of the families and puts them into buckets, as far as there is room: first those that are features,
    /// in the order of the character n-grams and then of the words, and then those that begin the most frequent words.
    fn place_frequent(
        &mut self,
        trie: &Trie,
        families: &mut [(Code, Family)],
        first_gram: u32,
    ) -> Vec<(Spot, Range<usize>)> {
        let mut pairs: Vec<((u32, u32, u64), u32)> = Vec::new();
        for (first, family) in families.iter() {
            for (second, keys) in family {
                let leaf = trie.take_end(&mut keys.clone(), 2);
                let (gram, word) = leaf.map_or((NONE, NONE), |leaf| (leaf.gram, leaf.word));
                let uses: u64 = trie.keys[keys.clone()].iter().map(|leaf| leaf.uses).sum();
                pairs.push(((gram, word, u64::MAX - uses), pair_key(*first, *second)));
            }
        }
        pairs.sort_unstable();
        let features = pairs.partition_point(|&((gram, word, _), _)| gram != NONE || word != NONE);
        self.buckets = vec![EMPTY; (pairs.len() / PAIRS_A_BUCKET).max(features / FEATURES_A_BUCKET) + 1];
        // 16 bits for a column, 0 for none.
        let short = |column: u32, first: u32| if column == NONE { Some(0) } else { u16::try_from(column - first + 1).ok() };
        for ((gram, word, _), key) in pairs {
            let at = place(key, self.buckets.len()) as usize >> 6;
            let Some(bucket) = self.buckets.get_mut(at) else { continue };
            let room = bucket.keys.iter().position(|here| *here == NO_KEY);
            if let (Some(room), Some(gram), Some(word)) = (room, short(gram, first_gram), short(word, 0)) {
                bucket.keys[room] = key.into();
                bucket.grams[room] = gram.into();
                bucket.words[room] = word.into();
            }
        }
        let mut taken = Vec::new();
        for (first, family) in families.iter_mut() {
            family.retain(|(second, keys)| {
                let key = pair_key(*first, *second);
                let place = place(key, self.buckets.len());
                let at = place as usize >> 6;
                let Some(bucket) = self.buckets.get_mut(at) else { return true };
                let room = bucket.keys.iter().position(|here| *here == key);
                match room {
                    Some(room) => taken.push((Spot::Bucket { at, room }, keys.clone())),
                    None => bucket.elsewhere |= 1 << (place & 63),
                }
                room.is_none()
            });
        }
        taken
    }

    /// Places the other pairs, large families first: the small ones fit between them.
    fn place_pairs(&mut self, placer: &mut Placer, mut families: Vec<(Code, Family)>) -> Vec<(Spot, Range<usize>)> {
        families.sort_by_key(|(_, family)| std::cmp::Reverse(family.len()));
        let mut nodes = Vec::new();
        for (first, family) in families.into_iter().filter(|(_, family)| !family.is_empty()) {
            let base = self.place_family(placer, &family);
            self.bases[usize::from(first)] = (base as u32).into();
            nodes.extend(family.into_iter().map(|(code, keys)| (Spot::Unit(base + usize::from(code)), keys)));
        }
        nodes
    }

    /// Places what is longer than pairs, level by level, and fills in what is known of every node.
    fn place_rest(&mut self, trie: &Trie, placer: &mut Placer, mut nodes: Vec<(Spot, Range<usize>)>) {
        for depth in 2.. {
            let mut open: Vec<(Spot, Family)> = Vec::new();
            for (spot, mut keys) in nodes {
                if let Some(leaf) = trie.take_end(&mut keys, depth) {
                    self.fill(spot, leaf);
                }
                if !keys.is_empty() {
                    open.push((spot, trie.children(keys, depth)));
                }
            }
            if open.is_empty() {
                break;
            }
            open.sort_by_key(|(_, family)| std::cmp::Reverse(family.len()));
            nodes = Vec::new();
            for (spot, family) in open {
                let base = self.place_family(placer, &family);
                let children = children(base as u32, family.iter().map(|&(code, _)| code));
                match spot {
                    Spot::Bucket { at, room } => self.buckets[at].children[room] = children,
                    Spot::Unit(at) => self.units[at].children = children,
                }
                nodes.extend(family.into_iter().map(|(code, keys)| (Spot::Unit(base + usize::from(code)), keys)));
            }
        }
    }

    /// Notes what stands at the end of a key.
    fn fill(&mut self, spot: Spot, leaf: Leaf) {
        match spot {
            Spot::Bucket { at, room } => self.buckets[at].weights[room] = leaf.weight.into(),
            Spot::Unit(at) => {
                self.units[at].weight = leaf.weight.into();
                if leaf.word != NONE || leaf.gram != NONE {
                    self.units[at].columns = (self.columns.len() as u32).into();
                    self.columns.push(Columns { word: leaf.word.into(), gram: leaf.gram.into() });
                }
            }
        }
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
}
