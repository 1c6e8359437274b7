//! Which terms spoke for a label: weight × tf-idf, as it entered the decisions, summed over paragraphs.

use rustc_hash::FxHashMap;

use super::data::TermWeight;
use crate::vocabulary::Vocabulary;

/// The spelling of features. What is spelled alike, as a word and as characters, is one term.
pub(super) struct TermNames {
    /// By column.
    names: Vec<String>,
    /// By column, the first column of the same spelling: the term's number.
    terms: Vec<u32>,
    /// Columns from here on are characters.
    first_character: u32,
}

impl TermNames {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let names: Vec<String> = (0..vocabulary.len() as u32).map(|column| vocabulary.name(column)).collect();
        let mut first: FxHashMap<&str, u32> = FxHashMap::default();
        let terms = (0..).zip(&names).map(|(column, name)| *first.entry(name.as_str()).or_insert(column)).collect();
        TermNames { terms, first_character: vocabulary.first_character(), names }
    }

    /// The term of a column.
    pub(super) fn term(&self, column: u32) -> u32 {
        self.terms.get(column as usize).copied().unwrap_or(column)
    }

    /// How a term is spelled.
    pub(super) fn name(&self, term: u32) -> &str {
        self.names.get(term as usize).map_or("", String::as_str)
    }

    /// Whether a term is one for people to read: a word or words, and not just characters that stood beside each other.
    pub(super) fn is_word(&self, term: u32) -> bool {
        term < self.first_character
    }

    /// The terms with the highest positive values, the highest first and equal ones by name. Pairs of characters that are no word
    /// are passed over: they decide, but say nothing to a reader.
    pub(super) fn strongest(&self, values: impl Iterator<Item = (u32, f64)>, count: usize) -> Vec<(u32, f64)> {
        let mut found: Vec<(u32, f64)> = values.filter(|&(term, value)| value > 0.0 && self.is_word(term)).collect();
        let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then_with(|| self.name(a.0).cmp(self.name(b.0)));
        if found.len() > count && count > 0 {
            found.select_nth_unstable_by(count - 1, order);
        }
        found.truncate(count);
        found.sort_unstable_by(order);
        found
    }
}

/// Contributions by label and term. Those of several documents add up.
#[derive(Debug, Clone, Default)]
pub(super) struct TermSums {
    sums: FxHashMap<(u32, u32), f64>,
}

/// Contributions of a document as they are kept: label, term, sum; rising.
pub(super) type TermList = Vec<(u32, u32, f64)>;

impl TermSums {
    pub(super) fn add(&mut self, label: u32, term: u32, contribution: f64) {
        *self.sums.entry((label, term)).or_insert(0.0) += contribution;
    }

    pub(super) fn merge(&mut self, list: &TermList) {
        list.iter().for_each(|&(label, term, contribution)| self.add(label, term, contribution));
    }

    pub(super) fn into_list(self) -> TermList {
        let mut list: TermList = self.sums.into_iter().map(|((label, term), sum)| (label, term, sum)).collect();
        list.sort_unstable_by_key(|&(label, term, _)| (label, term));
        list
    }

    /// The terms that spoke most for a label, the strongest first.
    pub(super) fn top(&self, label: u32, names: &TermNames, count: usize) -> Vec<TermWeight> {
        let of_label = self.sums.iter().filter(|((l, _), _)| *l == label).map(|(&(_, term), &sum)| (term, sum));
        let named = |(term, contribution): (u32, f64)| TermWeight { term: names.name(term).to_owned(), contribution };
        names.strongest(of_label, count).into_iter().map(named).collect()
    }
}
