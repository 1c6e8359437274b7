//! A trie over characters as a double array: from a node to its child in one step and one comparison.
//!
//! J. Aoe: An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989; with characters in place of bytes and
//! numbered by frequency, so that the array stays dense, as in S. Kanda, K. Akabe, Y. Oda: Engineering faster double-array
//! Aho-Corasick automata, 2023.

use std::ops::Range;

use rustc_hash::FxHashMap;

/// A node of the trie.
pub(crate) type Node = u32;

/// The number of a character; 0 for one that occurs in no key.
pub(crate) type Code = u16;

/// What a key carries: two numbers whose meaning is the builder's, [`NONE`](Value::NONE) where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    /// A number that walking needs at once.
    pub(crate) near: u16,
    /// A number into a table.
    pub(crate) far: u32,
}

impl Value {
    /// What a node carries that ends no key.
    pub(crate) const NONE: Value = Value { near: u16::MAX, far: u32::MAX };
}

/// One element of the double array.
#[derive(Debug, Clone, Copy)]
struct Unit {
    /// Where the children begin: the child for a code is at `base + code`.
    base: u32,
    /// The parent.
    check: Node,
    value: Value,
}

/// No node: the parent of a unit that is not in use.
pub(crate) const NOBODY: Node = u32::MAX;
const FREE: Unit = Unit { base: 0, check: NOBODY, value: Value::NONE };

/// Maps keys, which are sequences of characters, to values.
#[derive(Debug, Clone)]
pub(crate) struct Automaton {
    /// Codes of the characters of the basic plane.
    codes: Vec<Code>,
    /// Codes of other characters, by character.
    rare: Vec<(char, Code)>,
    units: Vec<Unit>,
}

impl Automaton {
    pub(crate) const ROOT: Node = 0;

    /// Builds the trie of `keys`, which are sorted and distinct, with their values and how often each will be looked up, on any
    /// scale: what is looked up often is put close together, where the processor's caches hold it.
    ///
    /// Only the 65,535 most frequent characters get a code: keys with others are never found.
    pub(crate) fn new<'k>(keys: impl Iterator<Item = (&'k str, Value, u64)> + Clone) -> Self {
        let mut automaton = Automaton { codes: vec![0; 0x1_0000], rare: Vec::new(), units: vec![FREE] };
        automaton.number(keys.clone().flat_map(|(key, _, uses)| key.chars().map(move |c| (c, uses))));
        let mut coded = Keys { codes: Vec::new(), ends: vec![0], values: Vec::new(), uses: vec![0] };
        for (key, value, uses) in keys {
            let start = coded.codes.len();
            coded.codes.extend(key.chars().map(|c| automaton.code(c)));
            if coded.codes[start..].contains(&0) {
                coded.codes.truncate(start);
            } else {
                coded.ends.push(coded.codes.len());
                coded.values.push(value);
                coded.uses.push(coded.uses.last().copied().unwrap_or(0) + uses);
            }
        }
        Placer { units: &mut automaton.units, from: [1, 1] }.place(&coded);
        automaton
    }

    /// Gives every character its code, the most frequent first.
    fn number(&mut self, characters: impl Iterator<Item = (char, u64)>) {
        let mut frequency = FxHashMap::<char, u64>::default();
        characters.for_each(|(c, uses)| *frequency.entry(c).or_insert(0) += uses);
        let mut ranked: Vec<(char, u64)> = frequency.into_iter().collect();
        ranked.sort_unstable_by_key(|&(c, count)| (std::cmp::Reverse(count), c));
        for (&(c, _), code) in ranked.iter().zip(1..=Code::MAX) {
            match self.codes.get_mut(c as usize) {
                Some(slot) => *slot = code,
                None => self.rare.push((c, code)),
            }
        }
        self.rare.sort_unstable();
    }

    /// The code of a character; 0 if it occurs in no key.
    #[inline]
    pub(crate) fn code(&self, c: char) -> Code {
        match self.codes.get(c as usize) {
            Some(&code) => code,
            None => self.rare.binary_search_by_key(&c, |&(rare, _)| rare).map_or(0, |at| self.rare[at].1),
        }
    }

    /// The child of a node.
    #[inline]
    pub(crate) fn child(&self, node: Node, code: Code) -> Option<Node> {
        let child = self.units.get(node as usize)?.base + u32::from(code);
        // Slot 0 is the root, whose parent is nobody; code 0 finds no child because no key has it.
        (self.units.get(child as usize)?.check == node).then_some(child)
    }

    /// The node of two codes, or [`NOBODY`]. It has no branch, so that the processor can wait for the loads of many at once.
    #[inline]
    pub(crate) fn pair(&self, first: Code, second: Code) -> Node {
        let root = self.units.first().unwrap_or(&FREE);
        let parent = root.base + u32::from(first);
        let unit = self.units.get(parent as usize).unwrap_or(&FREE);
        let child = unit.base + u32::from(second);
        let found = self.units.get(child as usize).unwrap_or(&FREE).check == parent;
        if found & (unit.check == Automaton::ROOT) { child } else { NOBODY }
    }

    /// For each code, the node of it and the one after it; [`NOBODY`] where there is none.
    pub(crate) fn pairs(&self, codes: &[Code], nodes: &mut Vec<Node>) {
        nodes.clear();
        nodes.extend(codes.iter().zip(codes.get(1..).unwrap_or_default()).map(|(&first, &second)| self.pair(first, second)));
        nodes.extend(codes.last().map(|_| NOBODY));
    }

    /// The value of the key that ends at a node; [`Value::NONE`] where none does.
    #[inline]
    pub(crate) fn value(&self, node: Node) -> Value {
        self.units.get(node as usize).map_or(Value::NONE, |unit| unit.value)
    }

    /// The value of a key.
    pub(crate) fn find(&self, codes: impl IntoIterator<Item = Code>) -> Value {
        let end = codes.into_iter().try_fold(Automaton::ROOT, |node, code| self.child(node, code));
        end.map_or(Value::NONE, |node| self.value(node))
    }
}

/// Keys as codes, one after the other.
struct Keys {
    codes: Vec<Code>,
    ends: Vec<usize>,
    values: Vec<Value>,
    /// Uses of all keys before each.
    uses: Vec<u64>,
}

impl Keys {
    /// How often one of some keys is looked up.
    fn uses(&self, keys: &Range<usize>) -> u64 {
        self.uses[keys.end] - self.uses[keys.start]
    }

    fn key(&self, key: usize) -> &[Code] {
        &self.codes[self.ends[key]..self.ends[key + 1]]
    }
}

/// Finds places for the nodes.
struct Placer<'u> {
    units: &'u mut Vec<Unit>,
    /// Where to look from for the place of one child, and of several at once: before that there are hardly any.
    from: [usize; 2],
}

impl Placer<'_> {
    fn place(&mut self, keys: &Keys) {
        let mut children: Vec<(Code, Range<usize>)> = Vec::new();
        let mut level = vec![(Automaton::ROOT, 0..keys.values.len())];
        // Level by level, and on each the nodes that are used most first.
        for depth in 0.. {
            let mut next = Vec::new();
            for (node, below) in level {
                self.place_children(keys, depth, node, below, &mut children, &mut next);
            }
            if next.is_empty() {
                return;
            }
            next.sort_by_cached_key(|(_, below)| std::cmp::Reverse(keys.uses(below)));
            level = next;
        }
    }

    /// Places the children of a node at `depth` that has the keys `below`; those that have children of their own go to `next`.
    fn place_children(
        &mut self,
        keys: &Keys,
        depth: usize,
        node: Node,
        mut below: Range<usize>,
        children: &mut Vec<(Code, Range<usize>)>,
        next: &mut Vec<(Node, Range<usize>)>,
    ) {
        if !below.is_empty() && keys.key(below.start).len() == depth {
            self.units[node as usize].value = keys.values[below.start];
            below.start += 1;
        }
        children.clear();
        for at in below {
            let code = keys.key(at)[depth];
            match children.last_mut() {
                Some((last, range)) if *last == code => range.end = at + 1,
                _ => children.push((code, at..at + 1)),
            }
        }
        if children.is_empty() {
            return;
        }
        let base = self.find_base(children);
        self.units[node as usize].base = base as u32;
        for (code, range) in children.drain(..) {
            let child = base + usize::from(code);
            self.units[child].check = node;
            if range.len() == 1 && keys.key(range.start).len() == depth + 1 {
                // Nothing goes on from here: most nodes are such leaves.
                self.units[child].value = keys.values[range.start];
            } else {
                next.push((child as Node, range));
            }
        }
    }

    fn is_free(&self, slot: usize) -> bool {
        slot != 0 && self.units.get(slot).is_none_or(|unit| unit.check == NOBODY)
    }

    /// A base at which the slots of all children are free. The array grows where it has to.
    fn find_base<T>(&mut self, children: &[(Code, T)]) -> usize {
        /// After so many tries in vain, what lies before is given up.
        const PATIENCE: usize = 16;
        let codes = || children.iter().map(|&(code, _)| usize::from(code));
        let (lowest, highest) = (codes().min().unwrap_or(0), codes().max().unwrap_or(0));
        let several = usize::from(children.len() > 1);
        let mut slot = self.from[several].max(lowest);
        let mut tries = 0;
        while !codes().all(|code| self.is_free(slot - lowest + code)) {
            slot += 1;
            tries += 1;
        }
        if tries > PATIENCE {
            self.from[several] = slot;
        }
        let base = slot - lowest;
        if self.units.len() <= base + highest {
            self.units.resize(base + highest + 1, FREE);
        }
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find(automaton: &Automaton, key: &str) -> Option<u32> {
        let value = automaton.find(key.chars().map(|c| automaton.code(c)));
        (value != Value::NONE).then_some(value.far)
    }

    proptest! {
        #[test]
        fn finds_what_a_map_finds(
            keys in prop::collection::btree_map("[甲乙丙丁a𠀀]{1,5}", 0..u32::MAX, 0..60),
            others in prop::collection::vec("[甲乙丙丁戊a𠀀😀]{0,6}", 0..60),
        ) {
            let automaton = Automaton::new(keys.iter().map(|(key, &far)| (key.as_str(), Value { near: 0, far }, 1)));
            for key in keys.keys().chain(&others) {
                prop_assert_eq!(find(&automaton, key), keys.get(key).copied(), "{}", key);
            }
        }
    }
}
