//! Numbering what stands at the ends of words and features.

use super::layout::{ASKED, AskedLeaf, Leaf, NO_LEAF, NONE, NUMBERS, Node, Unit};
use zerocopy::little_endian::F64;

/// How many different frequencies there are at most, 0 for no word among them. More would need words of the user's own by the ten
/// thousand, each with another one; those that are left over then share the number of the highest.
const FREQUENCIES: usize = NUMBERS / 2;

/// What stands at the end of a word or feature.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// The number of its frequency as a word; 0 if it is none.
    pub(super) frequency: u16,
    /// The number as a word feature.
    pub(super) word: u32,
    /// The number as a character n-gram.
    pub(super) gram: u32,
}

/// Leaves by number: first those of what is no feature, by frequency, then those of features, and at the end, from the highest
/// number downwards, by frequency, those of features for which there was no number.
pub(super) struct Leaves {
    frequencies: Vec<u64>,
    pub(super) weights: Vec<F64>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) asked: Vec<AskedLeaf>,
}

impl Leaves {
    /// Leaves for words of these frequencies; the logarithm of their sum is given.
    pub(super) fn new(frequencies: impl Iterator<Item = u64>, log_total: f64) -> Self {
        let mut frequencies: Vec<u64> = frequencies.collect();
        frequencies.sort_unstable();
        frequencies.dedup();
        frequencies.truncate(FREQUENCIES - 1);
        let mut weights = vec![F64::new(f64::NEG_INFINITY)];
        weights.extend(frequencies.iter().map(|&frequency| F64::new((frequency as f64).ln() - log_total)));
        let leaves = vec![NO_LEAF; weights.len()];
        Leaves { frequencies, weights, leaves, asked: Vec::new() }
    }

    /// The number of a frequency, and of the leaf of a word that has it and is no feature.
    pub(super) fn of_frequency(&self, frequency: u64) -> u16 {
        (self.frequencies.partition_point(|&f| f < frequency) + 1).min(self.frequencies.len()) as u16
    }

    /// The number of the leaf of a node.
    pub(super) fn number(&mut self, node: Node, end: End) -> u16 {
        if end.word == NONE && end.gram == NONE {
            return end.frequency;
        }
        let leaf = Leaf { word: end.word.into(), gram: end.gram.into() };
        if self.leaves.len() + self.frequencies.len() + 1 < NUMBERS {
            self.leaves.push(leaf);
            self.weights.push(self.weights[usize::from(end.frequency)]);
            (self.leaves.len() - 1) as u16
        } else {
            self.asked.push(AskedLeaf { node: node.into(), leaf });
            u16::MAX - end.frequency
        }
    }

    /// Numbers features in the order of words, which is that of their frequency, so that those that are met often lie together; and
    /// fills in the leaves that have no number for themselves.
    pub(super) fn finish(&mut self, units: &mut [Unit]) {
        let first = self.frequencies.len() + 1;
        let mut order: Vec<usize> = (first..self.leaves.len()).collect();
        order.sort_by_key(|&at| self.leaves[at].word.get().wrapping_sub(1));
        let mut numbers: Vec<u16> = (0..=u16::MAX).collect();
        (first as u16..).zip(&order).for_each(|(number, &at)| numbers[at] = number);
        units.iter_mut().for_each(|unit| unit.leaf = numbers[usize::from(unit.leaf.get())].into());
        let (weights, leaves) = (self.weights.clone(), self.leaves.clone());
        for (to, from) in (first..).zip(order) {
            (self.weights[to], self.leaves[to]) = (weights[from], leaves[from]);
        }
        self.asked.sort_unstable_by_key(|asked| asked.node.get());
        self.leaves.resize(NUMBERS, Leaf { word: ASKED.into(), ..NO_LEAF });
        self.weights.resize(NUMBERS, F64::new(f64::NEG_INFINITY));
        for at in 0..=self.frequencies.len() {
            self.weights[NUMBERS - 1 - at] = self.weights[at];
        }
    }
}
