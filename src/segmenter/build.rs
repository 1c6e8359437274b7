//! Making the segmenter's tables, in training.

use std::ops::Range;

use rustc_hash::FxHashMap;
use zerocopy::little_endian::{F64, U16, U32};

use super::in_run;
use super::kind::{Kind, kind};
use super::layout::{
    BASES, BASIC_PLANE, Bucket, Code, EMPTY, Entry, FOREIGN, Head, Known, NO_KEY, NO_UNIT, NONE, NUMBERS, Node, Pair,
    SEPARATOR, SHARED, UNKNOWN, Unit, WIDE, children, gram_from, pair_key, place,
};
use super::leaves::{End, Leaves};
use super::placer::Placer;
use super::tables::{Tables, shared_code};
use crate::tokenize::{DomainWord, is_folded};

/// The features that the tables find.
#[derive(Debug, Default)]
pub(crate) struct TableFeatures<'f> {
    /// Words and their numbers. The number of a feature is its column and 1.
    pub(crate) words: Vec<(&'f str, u32)>,
    /// Character n-grams of two characters or more, in the order of their numbers, which follow one another from `first_gram` on.
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
    /// The number as a word feature.
    word: u32,
    /// The number as a character n-gram.
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
    let characters = Characters::number(&keys);
    let can_be_cut = |key: &Key| key.frequency.filter(|_| key.text.chars().all(in_run));
    let leaves = Leaves::new(keys.iter().filter_map(can_be_cut), log_total);
    let mut trie = Trie { codes: Vec::new(), ends: vec![0], keys: Vec::new() };
    for key in &keys {
        let frequency = can_be_cut(key).map_or(0, |frequency| leaves.of_frequency(frequency));
        let end = End { frequency, word: key.word, gram: key.gram };
        trie.push(key.text.chars().map(|c| characters.code(c)), Leaf { uses: key.uses(), end });
    }
    // A character that is in no word is one for itself, and what parts words adds nothing.
    let mut singles = vec![F64::ZERO; NUMBERS];
    for code in characters.in_runs.clone().chain([UNKNOWN]) {
        singles[usize::from(code)] = (0.0 - log_total).into();
    }
    let placed = Placed::new(&trie, &mut singles, leaves, features.first_gram);
    if placed.units.len() > BASES as usize {
        return None;
    }

    let longest_gram = features.grams.iter().map(|gram| gram.chars().count()).max().unwrap_or(0);
    let Characters { codes, rare, kinds, .. } = characters;
    let codes: Box<[U16; BASIC_PLANE]> = codes.into_iter().map(U16::new).collect::<Box<[_]>>().try_into().ok()?;
    let rare: Vec<Entry> =
        rare.into_iter().map(|(c, code)| Entry { key: u32::from(c).into(), value: u32::from(code).into() }).collect();
    let count = |length: usize| U32::new(length as u32);
    let head = Head {
        rare: count(rare.len()),
        buckets: count(placed.buckets.len()),
        units: count(placed.units.len()),
        asked: count(placed.leaves.asked.len()),
        first_gram: features.first_gram.into(),
        longest_gram: count(longest_gram),
        unknown: (0.0 - log_total).into(),
    };
    let tables = Tables {
        head: &head,
        codes: &codes,
        rare: &rare,
        kinds: kinds.as_slice().try_into().ok()?,
        singles: singles.as_slice().try_into().ok()?,
        single_words: placed.single_words.as_slice().try_into().ok()?,
        bases: placed.bases.as_slice().try_into().ok()?,
        buckets: &placed.buckets,
        units: &placed.units,
        weights: placed.leaves.weights.as_slice().try_into().ok()?,
        leaves: placed.leaves.leaves.as_slice().try_into().ok()?,
        asked: &placed.leaves.asked,
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
    keys.extend(features.words.iter().map(|&(word, number)| key(word, None, number, NONE)));
    keys.extend(features.grams.iter().zip(features.first_gram..).map(|(gram, number)| key(gram, None, NONE, number)));
    keys.retain(|key| !key.text.is_empty());
    // The sort keeps the order of equals, in which later frequencies replace earlier ones.
    keys.sort_by_key(|key| key.text);
    keys.dedup_by(|later, kept| {
        let same = later.text == kept.text;
        if same {
            kept.frequency = later.frequency.or(kept.frequency);
            kept.word = kept.word.max(later.word);
            kept.gram = kept.gram.max(later.gram);
        }
        same
    });
    keys
}

/// Characters by code.
struct Characters {
    /// The codes of the basic plane.
    codes: Vec<Code>,
    /// The codes of other characters, by character.
    rare: Vec<(char, Code)>,
    /// What they are, by code.
    kinds: Vec<Kind>,
    /// The codes of those that can be parts of words.
    in_runs: Range<Code>,
}

impl Characters {
    /// Gives every character of the keys its code, the most frequent first, and first those that can be parts of words.
    fn number(keys: &[Key]) -> Self {
        let mut frequency = FxHashMap::<char, u64>::default();
        for key in keys {
            key.text.chars().for_each(|c| *frequency.entry(c).or_insert(0) += key.uses());
        }
        // What is told from others by its code has one of its own.
        let told = |c: char| kind(c).is(Kind::ASCII.or(Kind::CLAUSE).or(Kind::END));
        ('\0'..='\u{FFFF}').filter(|&c| told(c)).for_each(|c| *frequency.entry(c).or_insert(0) += 1);
        let mut ranked: Vec<(char, u64)> = frequency.into_iter().filter(|&(c, _)| !is_folded(c)).collect();
        // No language has so many characters; if a corpus has, its rarest are known to no word.
        ranked.sort_unstable_by_key(|&(c, count)| (!told(c), std::cmp::Reverse(count), c));
        ranked.truncate(usize::from(SHARED) - 1);
        ranked.sort_unstable_by_key(|&(c, count)| (!in_run(c), std::cmp::Reverse(count), c));
        let in_runs = 1..ranked.partition_point(|&(c, _)| in_run(c)) as Code + 1;
        let basic = (0..BASIC_PLANE).map(|at| char::from_u32(at as u32).map_or(SEPARATOR, shared_code));
        let mut numbered = Characters { codes: basic.collect(), rare: Vec::new(), kinds: vec![Kind::ODD; NUMBERS], in_runs };
        for letter in [UNKNOWN, FOREIGN] {
            numbered.kinds[usize::from(letter)] = Kind::WORD;
        }
        numbered.kinds[usize::from(SEPARATOR)] = Kind::GAP;
        for (&(c, _), code) in ranked.iter().zip(1..) {
            match numbered.codes.get_mut(c as usize) {
                Some(slot) => *slot = code,
                None => numbered.rare.push((c, code)),
            }
            numbered.kinds[usize::from(code)] = kind(c);
        }
        numbered.rare.sort_unstable();
        numbered
    }

    fn code(&self, c: char) -> Code {
        let rare = || self.rare.binary_search_by_key(&c, |&(rare, _)| rare).ok().map(|at| self.rare[at].1);
        self.codes.get(c as usize).copied().or_else(rare).unwrap_or_else(|| shared_code(c))
    }
}

/// What stands at the end of a key.
#[derive(Clone, Copy)]
struct Leaf {
    /// As how frequent it counts.
    uses: u64,
    end: End,
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
        // A key with a character that has no code of its own is never met.
        if self.codes[start..].iter().any(|&code| code == UNKNOWN || code >= SHARED) {
            self.codes.truncate(start);
        } else {
            self.ends.push(self.codes.len());
            self.keys.push(leaf);
        }
    }

    fn key(&self, key: usize) -> &[Code] {
        &self.codes[self.ends[key]..self.ends[key + 1]]
    }

    /// As how frequent some keys count together.
    fn uses(&self, keys: Range<usize>) -> u64 {
        self.keys[keys].iter().map(|leaf| leaf.uses).sum()
    }

    /// If the first of some keys, which share `depth` characters, has no more, takes it off.
    fn take_end(&self, keys: &mut Range<usize>, depth: usize) -> Option<End> {
        let end = (keys.start < keys.end && self.key(keys.start).len() == depth).then(|| self.keys[keys.start].end);
        keys.start += usize::from(end.is_some());
        end
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
    single_words: Vec<U32>,
    bases: Vec<U32>,
    buckets: Vec<Bucket>,
    units: Vec<Unit>,
    leaves: Leaves,
}

type Family = Vec<(Code, Range<usize>)>;

/// Where a node is.
#[derive(Clone, Copy)]
enum Spot {
    Bucket { at: usize, room: usize },
    Unit(usize),
}

impl Placed {
    fn new(trie: &Trie, singles: &mut [F64], leaves: Leaves, first_gram: u32) -> Self {
        let mut placed = Placed {
            single_words: vec![NONE.into(); NUMBERS],
            bases: vec![U32::ZERO; NUMBERS],
            buckets: Vec::new(),
            units: vec![NO_UNIT],
            leaves,
        };
        let mut families: Vec<(Code, Family)> = Vec::new();
        for (code, mut below) in trie.children(0..trie.keys.len(), 0) {
            let mut single = 0;
            if let Some(end) = trie.take_end(&mut below, 1) {
                placed.single_words[usize::from(code)] = end.word.into();
                single = end.frequency;
            }
            // A character that is no word counts as one only where no other word begins with it.
            if single != 0 || trie.keys[below.clone()].iter().any(|leaf| leaf.end.frequency != 0) {
                singles[usize::from(code)] = placed.leaves.weights[usize::from(single)];
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
        placed.leaves.finish(&mut placed.units);
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
        let mut pairs = Vec::new();
        for (first, family) in families.iter() {
            for (second, keys) in family {
                let end = trie.take_end(&mut keys.clone(), 2);
                let (gram, word) = end.map_or((NONE, NONE), |end| (end.gram, end.word));
                let uses = trie.uses(keys.clone());
                // What is no feature comes last.
                let rank = (gram.wrapping_sub(1), word.wrapping_sub(1), u64::MAX - uses);
                pairs.push((rank, word, gram, pair_key(*first, *second)));
            }
        }
        pairs.sort_unstable();
        let features = pairs.partition_point(|&(_, word, gram, _)| gram != NONE || word != NONE);
        self.buckets = vec![EMPTY; (pairs.len() / PAIRS_A_BUCKET).max(features / FEATURES_A_BUCKET) + 1];
        let short = |number: u32| u16::try_from(number).ok().filter(|&short| short != WIDE);
        for (_, word, gram, key) in pairs {
            let at = place(key, self.buckets.len()) as usize >> 6;
            let Some(bucket) = self.buckets.get_mut(at) else { continue };
            let room = bucket.keys.iter().position(|here| *here == NO_KEY);
            if let (Some(room), Some(gram), Some(word)) = (room, short(gram_from(gram, first_gram)), short(word)) {
                bucket.keys[room] = key.into();
                bucket.known[room] = Known { known: Pair::pack(0, 0, word).into(), gram: gram.into() };
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
                if let Some(end) = trie.take_end(&mut keys, depth) {
                    self.fill(spot, end);
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
                    Spot::Bucket { at, room } => self.buckets[at].known[room].known |= Pair::pack(children, 0, 0),
                    Spot::Unit(at) => self.units[at].children = children.into(),
                }
                nodes.extend(family.into_iter().map(|(code, keys)| (Spot::Unit(base + usize::from(code)), keys)));
            }
        }
    }

    /// Notes what stands at the end of a key.
    fn fill(&mut self, spot: Spot, end: End) {
        match spot {
            Spot::Bucket { at, room } => self.buckets[at].known[room].known |= Pair::pack(0, end.frequency, 0),
            Spot::Unit(at) => self.units[at].leaf = self.leaves.number(at as Node, end).into(),
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
