//! Which words are telling: more frequent in some paragraphs than in others, by Dunning's log-likelihood ratio.
//!
//! For a word that occurs `a` times among the `a + c` words here and `b` times among the `b + d` words of the reference,
//!
//! G² = 2 (a ln(a/Ea) + b ln(b/Eb) + c ln(c/Ec) + d ln(d/Ed)),
//!
//! where E is what the margins of the table let expect, as (row total × column total) / all words; 0 ln 0 is 0. G² gets a minus where
//! the word is rarer here than expected. (T. Dunning, Accurate methods for the statistics of surprise and coincidence,
//! Computational Linguistics 19(1), 1993; it is `textstat_keyness(measure = "lr", correction = "none")` of quanteda.)
//!
//! Words are as the model's segmenter cuts them. Those of one character, numbers and punctuation are left out of the counts.

use rustc_hash::FxHashMap;

use super::data::Keyness;

/// From which G² on a word is named: the 0.1% point of the χ² distribution with one degree of freedom.
pub const CRITICAL: f64 = 10.83;

/// G² of a word with its sign.
///
/// ```
/// // 20 of 100 words here, 10 of 400 in the reference.
/// let g2 = policy_topics::report::keyness::g2(20, 10, 100, 400);
/// assert!((g2 - 33.3616).abs() < 1e-3);
/// assert_eq!(policy_topics::report::keyness::g2(5, 10, 100, 200), 0.0);
/// assert!(policy_topics::report::keyness::g2(0, 10, 100, 400) < 0.0);
/// ```
pub fn g2(here: u64, reference: u64, words_here: u64, words_reference: u64) -> f64 {
    let [a, b, n1, n2] = [here, reference, words_here, words_reference].map(|count| count as f64);
    let (c, d, all) = (n1 - a, n2 - b, n1 + n2);
    if n1 <= 0.0 || n2 <= 0.0 {
        return 0.0;
    }
    let term = |observed: f64, expected: f64| {
        if observed > 0.0 && expected > 0.0 { observed * (observed / expected).ln() } else { 0.0 }
    };
    let (with, without) = (a + b, c + d);
    let sum =
        term(a, with * n1 / all) + term(b, with * n2 / all) + term(c, without * n1 / all) + term(d, without * n2 / all);
    let g2 = (2.0 * sum).max(0.0);
    // Compared as products of whole numbers, so that equal frequencies are equal.
    match (u128::from(here) * u128::from(words_reference)).cmp(&(u128::from(reference) * u128::from(words_here))) {
        std::cmp::Ordering::Less => -g2,
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => g2,
    }
}

/// The distinct words of a corpus, numbered in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Words {
    names: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Words {
    pub(super) fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}

/// Words of a document as they are kept: label, word, count; rising.
pub(super) type WordList = Vec<(u32, u32, u32)>;

/// How often words occur in the paragraphs of each label.
#[derive(Debug, Clone, Default)]
pub(super) struct WordCounts {
    counts: FxHashMap<(u32, u32), u64>,
    totals: FxHashMap<u32, u64>,
}

impl WordCounts {
    pub(super) fn merge(&mut self, list: &WordList) {
        for &(label, word, count) in list {
            *self.counts.entry((label, word)).or_insert(0) += u64::from(count);
            *self.totals.entry(label).or_insert(0) += u64::from(count);
        }
    }

    fn count(&self, label: u32, word: u32) -> u64 {
        self.counts.get(&(label, word)).copied().unwrap_or(0)
    }

    fn total(&self, label: u32) -> u64 {
        self.totals.get(&label).copied().unwrap_or(0)
    }

    /// The telling words of a label's paragraphs here, which are part of `corpus`, against those of the same label elsewhere in it.
    pub(super) fn against_rest(&self, label: u32, corpus: &WordCounts, words: &Words, most: usize) -> Vec<Keyness> {
        let rest = |word| corpus.count(label, word).saturating_sub(self.count(label, word));
        let totals = [self.total(label), corpus.total(label).saturating_sub(self.total(label))];
        self.telling(label, totals, rest, words, most)
    }

    /// The telling words of a label's paragraphs against those of all other labels; `in_all` counts each word over all labels.
    pub(super) fn against_labels(
        &self,
        label: u32,
        in_all: &FxHashMap<u32, u64>,
        words: &Words,
        most: usize,
    ) -> Vec<Keyness> {
        let rest = |word| in_all.get(&word).copied().unwrap_or(0).saturating_sub(self.count(label, word));
        let all: u64 = self.totals.values().sum();
        self.telling(label, [self.total(label), all.saturating_sub(self.total(label))], rest, words, most)
    }

    /// How often each word occurs, whatever the label.
    pub(super) fn over_labels(&self) -> FxHashMap<u32, u64> {
        let mut in_all = FxHashMap::default();
        self.counts.iter().for_each(|(&(_, word), &count)| *in_all.entry(word).or_insert(0) += count);
        in_all
    }

    fn telling(
        &self,
        label: u32,
        [here, elsewhere]: [u64; 2],
        reference: impl Fn(u32) -> u64,
        words: &Words,
        most: usize,
    ) -> Vec<Keyness> {
        let of_label = self.counts.iter().filter(|((l, _), _)| *l == label);
        let mut found: Vec<(u32, f64, u64, u64)> = of_label
            .map(|(&(_, word), &count)| {
                let reference = reference(word);
                (word, g2(count, reference, here, elsewhere), count, reference)
            })
            .filter(|&(_, g2, ..)| g2 >= CRITICAL)
            .collect();
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| words.name(a.0).cmp(words.name(b.0))));
        found.truncate(most);
        let named =
            |(word, g2, count, reference_count)| Keyness { word: words.name(word).to_owned(), g2, count, reference_count };
        found.into_iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telling_words_by_hand() {
        let mut words = Words::default();
        let [farm, town, rare] = ["农田", "城镇", "湿地"].map(|word| words.number(word));
        assert_eq!(words.number("城镇"), town);
        // Label 0: 农田 40 of 50 words here, 10 of 150 elsewhere.
        let here: WordList = vec![(0, farm, 40), (0, town, 10), (1, rare, 5)];
        let elsewhere: WordList = vec![(0, farm, 10), (0, town, 140)];
        let mut corpus = WordCounts::default();
        corpus.merge(&here);
        corpus.merge(&elsewhere);
        let mut own = WordCounts::default();
        own.merge(&here);
        let found = own.against_rest(0, &corpus, &words, 5);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].word.as_str(), found[0].count, found[0].reference_count), ("农田", 40, 10));
        // With ln: 2 (40 ln(40/12.5) + 10 ln(10/37.5) + 10 ln(10/37.5) + 140 ln(140/112.5)).
        let by_hand =
            2.0 * (40.0 * (40.0_f64 / 12.5).ln() + 20.0 * (10.0_f64 / 37.5).ln() + 140.0 * (140.0_f64 / 112.5).ln());
        assert!((found[0].g2 - by_hand).abs() < 1e-9);
        // Nothing of label 1 stands elsewhere: there is nothing to compare with.
        assert!(own.against_rest(1, &corpus, &words, 5).is_empty());
        let in_all = corpus.over_labels();
        assert_eq!(corpus.against_labels(1, &in_all, &words, 5)[0].word, "湿地");
    }
}
