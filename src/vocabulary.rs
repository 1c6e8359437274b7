//! Which features there are: n-grams of words and of characters, kept in a trie of numbers.
//!
//! A feature's number is its column in every matrix. Columns are laid out as: words, longer word n-grams, characters,
//! longer character n-grams. An n-gram is stored as its prefix (a column) and its last word, so a text is counted by
//! walking on from the column that ended at the word before, without building a string.

use std::hash::Hash;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::tokenize::{GAP, Sentence, TokenizedCorpus};

/// Which n-grams become features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NgramSettings {
    /// The longest word n-gram (1: words alone).
    pub words: usize,
    /// The longest character n-gram, from two characters on (0: none).
    pub characters: usize,
    /// In how many documents an n-gram must occur at least to be a feature.
    pub min_df: usize,
}

/// The column of an n-gram: the column of all but its last symbol, and the symbol's own column.
type Extension = (u32, u32);

/// The n-grams over one kind of symbol.
#[derive(Debug, Clone, PartialEq)]
struct Trie<S: Eq + Hash> {
    /// The column of the first symbol.
    first: u32,
    symbols: Vec<S>,
    /// Longer n-grams, in column order after the symbols.
    extensions: Vec<Extension>,
    column_of: FxHashMap<S, u32>,
    /// `(prefix << 32) | symbol` to column.
    next: FxHashMap<u64, u32>,
    /// The lengths of the n-grams that are counted; shorter ones only lead to them.
    shortest: usize,
    longest: usize,
}

const fn key((prefix, symbol): Extension) -> u64 {
    (prefix as u64) << 32 | symbol as u64
}

impl<S: Eq + Hash + Clone> Trie<S> {
    fn new(first: u32, shortest: usize, symbols: Vec<S>, extensions: Vec<Extension>) -> Self {
        let column_of = (first..).zip(&symbols).map(|(column, symbol)| (symbol.clone(), column)).collect();
        let after = first + symbols.len() as u32;
        let next: FxHashMap<u64, u32> = (after..).zip(&extensions).map(|(column, &e)| (key(e), column)).collect();
        let mut trie = Trie { first, symbols, extensions, column_of, next, shortest, longest: 1 };
        trie.longest = (0..trie.extensions.len()).map(|at| trie.spell(after + at as u32).len()).max().unwrap_or(1);
        trie
    }

    fn columns(&self) -> usize {
        self.symbols.len() + self.extensions.len()
    }

    /// The symbols of the n-gram in `column`, first to last.
    fn spell(&self, mut column: u32) -> Vec<&S> {
        let mut reversed = Vec::new();
        loop {
            let at = column.wrapping_sub(self.first) as usize;
            if let Some(symbol) = self.symbols.get(at) {
                reversed.push(symbol);
                break;
            }
            let Some(&(prefix, symbol)) = self.extensions.get(at - self.symbols.len()) else { break };
            reversed.extend(self.symbols.get((symbol - self.first) as usize));
            column = prefix;
        }
        reversed.reverse();
        reversed
    }
}

/// The n-grams that end at the symbol just read.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    open: Vec<u32>,
}

impl Walk {
    /// Forgets the symbols before: the next one has no neighbour on its left.
    pub(crate) fn gap(&mut self) {
        self.open.clear();
    }

    fn step<S: Eq + Hash>(&mut self, trie: &Trie<S>, symbol: Option<u32>, mut each: impl FnMut(u32)) {
        let Some(symbol) = symbol else { return self.gap() };
        if trie.shortest == 1 {
            each(symbol);
        }
        if trie.longest == 1 {
            return;
        }
        self.open.retain_mut(|prefix| match trie.next.get(&key((*prefix, symbol))) {
            Some(&column) => {
                each(column);
                *prefix = column;
                true
            }
            None => false,
        });
        self.open.push(symbol);
    }
}

/// The n-grams that are features, and their columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    words: Trie<String>,
    characters: Trie<char>,
}

impl Default for Vocabulary {
    /// A vocabulary without any feature.
    fn default() -> Self {
        Vocabulary { words: Trie::new(0, 1, Vec::new(), Vec::new()), characters: Trie::new(0, 2, Vec::new(), Vec::new()) }
    }
}

impl Vocabulary {
    /// Finds the n-grams of `corpus` that occur in at least `min_df` documents, in parallel.
    ///
    /// The columns depend on the corpus alone, not on the number of threads.
    pub fn fit(corpus: &TokenizedCorpus, settings: &NgramSettings) -> Self {
        let min_df = settings.min_df.max(1) as u32;
        let (kept, word_extensions) = grow(&corpus.documents, 0, settings.words.max(1), min_df);
        let words = kept.iter().filter_map(|&word| corpus.words.get(word as usize).cloned()).collect();
        let words = Trie::new(0, 1, words, word_extensions);
        let first = words.columns() as u32;
        let characters = if settings.characters == 0 {
            Trie::new(first, 2, Vec::new(), Vec::new())
        } else {
            let spelled = |document: &Vec<Sentence>| document.iter().map(|s| spell_out(s, &corpus.words)).collect();
            let documents: Vec<Vec<Sentence>> = corpus.documents.par_iter().map(spelled).collect();
            let (kept, extensions) = grow(&documents, first, settings.characters, min_df);
            Trie::new(first, 2, kept.into_iter().filter_map(char::from_u32).collect(), extensions)
        };
        Vocabulary { words, characters }
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.words.columns() + self.characters.columns()
    }

    /// Whether there is no feature at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The feature in `column` as a person would write it: words parted by a space, characters as they are.
    pub fn name(&self, column: u32) -> String {
        if column < self.characters.first {
            self.words.spell(column).into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
        } else {
            self.characters.spell(column).into_iter().collect()
        }
    }

    /// Adds up what columns of the same name give, and puts the names in order, the largest first and equal ones by name.
    pub(crate) fn by_name(&self, columns: impl Iterator<Item = (u32, f64)>) -> Vec<(String, f64)> {
        let mut terms = std::collections::HashMap::new();
        for (column, strength) in columns {
            *terms.entry(self.name(column)).or_insert(0.0) += strength;
        }
        let mut terms: Vec<(String, f64)> = terms.into_iter().collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        terms
    }

    /// The words that are features by themselves, with their columns.
    pub(crate) fn single_words(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..).zip(self.words.symbols.iter().map(String::as_str))
    }

    /// The column of the first character n-gram.
    pub(crate) fn first_character_ngram(&self) -> u32 {
        self.characters.first + self.characters.symbols.len() as u32
    }

    /// The character n-grams, in the order of their columns.
    pub(crate) fn character_ngrams(&self) -> impl Iterator<Item = String> {
        let first = self.first_character_ngram();
        (first..).take(self.characters.extensions.len()).map(|column| self.name(column))
    }

    /// Goes on by a word, given by its column, or by something that is no feature; calls `each` with the n-grams that end there.
    pub(crate) fn step(&self, walk: &mut Walk, word: Option<u32>, each: impl FnMut(u32)) {
        walk.step(&self.words, word, each);
    }

    fn reads_characters(&self) -> bool {
        !self.characters.symbols.is_empty()
    }

    /// Begins to count one sentence.
    fn counter<'c>(&'c self, counts: &'c mut Counts) -> Counter<'c> {
        counts.clear(self.len());
        Counter { vocabulary: self, counts, words: Walk::default(), characters: Walk::default() }
    }

    /// Counts the features of a sentence of `corpus`. Returns columns and counts, by column.
    pub fn count(&self, sentence: &Sentence, corpus: &TokenizedCorpus, counts: &mut Counts) -> Vec<(u32, u32)> {
        let mut counter = self.counter(counts);
        for &word in &sentence.words {
            counter.push(corpus.words.get(word as usize).map(String::as_str));
        }
        counts.touched.sort_unstable();
        counts.iter().collect()
    }

    /// The first column of a character n-gram: words stand before, characters from there on.
    pub fn first_character(&self) -> u32 {
        self.characters.first
    }

    /// Keeps the columns for which `keep` holds and those that lead to them, renumbered in the same order.
    ///
    /// Returns the new vocabulary and, for each new column, the old one.
    pub fn prune(&self, keep: impl Fn(u32) -> bool) -> (Vocabulary, Vec<u32>) {
        let (words, mut old_columns) = prune_trie(&self.words, 0, &keep);
        let (characters, old_characters) = prune_trie(&self.characters, words.columns() as u32, &keep);
        old_columns.extend(old_characters);
        (Vocabulary { words, characters }, old_columns)
    }
}

fn prune_trie<S: Eq + Hash + Clone>(trie: &Trie<S>, first: u32, keep: &impl Fn(u32) -> bool) -> (Trie<S>, Vec<u32>) {
    let symbols = trie.symbols.len();
    let mut needed: Vec<bool> = (trie.first..).take(trie.columns()).map(keep).collect();
    let index = |column: u32| (column - trie.first) as usize;
    for at in (0..trie.extensions.len()).rev() {
        if needed[symbols + at] {
            let (prefix, symbol) = trie.extensions[at];
            needed[index(prefix)] = true;
            needed[index(symbol)] = true;
        }
    }
    let mut renumbered = vec![0; needed.len()];
    let mut old_columns = Vec::new();
    for (at, _) in needed.iter().enumerate().filter(|&(_, &needed)| needed) {
        renumbered[at] = first + old_columns.len() as u32;
        old_columns.push(trie.first + at as u32);
    }
    let kept = trie.symbols.iter().zip(&needed).filter(|&(_, &needed)| needed).map(|(symbol, _)| symbol.clone()).collect();
    let extensions = trie.extensions.iter().zip(&needed[symbols..]).filter(|&(_, &needed)| needed);
    let extensions = extensions.map(|(&(p, s), _)| (renumbered[index(p)], renumbered[index(s)])).collect();
    (Trie::new(first, trie.shortest, kept, extensions), old_columns)
}

/// A sentence with the characters of its words, as numbers, in place of the words; gaps stay.
fn spell_out(sentence: &Sentence, words: &[String]) -> Sentence {
    let mut characters = Vec::with_capacity(sentence.words.len() * 2);
    for &word in &sentence.words {
        match words.get(word as usize) {
            Some(word) => characters.extend(word.chars().map(u32::from)),
            None => characters.push(GAP),
        }
    }
    Sentence { words: characters, characters: sentence.characters.clone() }
}

/// Finds the n-grams of up to `longest` symbols that occur in at least `min_df` documents, level by level: an n-gram
/// cannot be frequent unless its prefix is (Agrawal and Srikant, 1994). They never reach across a sentence's end.
///
/// Returns the symbols that became columns `first..`, the most frequent first, and the extensions that follow them.
fn grow(documents: &[Vec<Sentence>], first: u32, longest: usize, min_df: u32) -> (Vec<u32>, Vec<Extension>) {
    // The most frequent first: their columns, and all that is kept by column, then lie together.
    let frequent = |counted: FxHashMap<u64, u32>| -> Vec<u64> {
        let mut keys: Vec<(u64, u32)> = counted.into_iter().filter(|&(_, df)| df >= min_df).collect();
        keys.sort_unstable_by_key(|&(key, df)| (std::cmp::Reverse(df), key));
        keys.into_iter().map(|(key, _)| key).collect()
    };
    let single = document_frequencies(documents, |symbols, keys| {
        keys.extend(symbols.iter().filter(|&&symbol| symbol != GAP).map(|&symbol| u64::from(symbol)));
    });
    let symbols = frequent(single).into_iter().map(|symbol| symbol as u32).collect();
    let mut trie = Trie::new(first, 1, symbols, Vec::new());
    for length in 2..=longest {
        trie.longest = length;
        let found = frequent(document_frequencies(documents, |symbols, keys| {
            // Open n-grams, longest first: the one that is `length - 1` symbols long can grow into a new one.
            let mut open: Vec<(usize, u32)> = Vec::new();
            for symbol in symbols {
                let Some(&symbol) = trie.column_of.get(symbol) else {
                    open.clear();
                    continue;
                };
                open.retain_mut(|(grown, prefix)| {
                    let at = key((*prefix, symbol));
                    if *grown == length - 1 {
                        keys.push(at);
                        return false;
                    }
                    *grown += 1;
                    trie.next.get(&at).is_some_and(|&column| {
                        *prefix = column;
                        true
                    })
                });
                open.push((1, symbol));
            }
        }));
        let extensions = found.into_iter().map(|key| ((key >> 32) as u32, key as u32));
        trie.extensions.extend(extensions);
        trie = Trie::new(first, 1, trie.symbols, trie.extensions);
    }
    (trie.symbols, trie.extensions)
}

/// In how many documents each key occurs, counted in parallel; `keys_of` gives the keys of a sentence.
fn document_frequencies(documents: &[Vec<Sentence>], keys_of: impl Fn(&[u32], &mut Vec<u64>) + Sync) -> FxHashMap<u64, u32> {
    documents
        .par_chunks(1024)
        .map(|chunk| {
            let mut counted = FxHashMap::default();
            let mut keys = Vec::new();
            for document in chunk {
                keys.clear();
                document.iter().for_each(|sentence| keys_of(&sentence.words, &mut keys));
                keys.sort_unstable();
                keys.dedup();
                for &key in &keys {
                    *counted.entry(key).or_insert(0) += 1;
                }
            }
            counted
        })
        .reduce(FxHashMap::default, |left, right| {
            let (mut large, small) = if left.len() < right.len() { (right, left) } else { (left, right) };
            for (key, count) in small {
                *large.entry(key).or_insert(0) += count;
            }
            large
        })
}

/// Counts by column, kept between sentences so that counting allocates nothing.
#[derive(Debug, Default)]
pub struct Counts {
    count: Vec<u32>,
    touched: Vec<u32>,
}

impl Counts {
    fn clear(&mut self, columns: usize) {
        for &column in &self.touched {
            self.count[column as usize] = 0;
        }
        self.touched.clear();
        if self.count.len() != columns {
            self.count = vec![0; columns];
        }
    }

    fn add(&mut self, column: u32) {
        if let Some(count) = self.count.get_mut(column as usize) {
            if *count == 0 {
                self.touched.push(column);
            }
            *count += 1;
        }
    }

    /// The columns that were counted, with their counts, in the order in which they were first met.
    fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.touched.iter().map(|&column| (column, self.count[column as usize]))
    }
}

/// Counts the features of one sentence, word by word.
struct Counter<'c> {
    vocabulary: &'c Vocabulary,
    counts: &'c mut Counts,
    words: Walk,
    characters: Walk,
}

impl Counter<'_> {
    /// Takes the next word, or `None` where punctuation stands.
    fn push(&mut self, word: Option<&str>) {
        let trie = &self.vocabulary.words;
        let column = word.and_then(|word| trie.column_of.get(word).copied());
        self.words.step(trie, column, |column| self.counts.add(column));
        if self.vocabulary.reads_characters() {
            let trie = &self.vocabulary.characters;
            match word {
                None => self.characters.gap(),
                Some(word) => {
                    for character in word.chars() {
                        self.characters.step(trie, trie.column_of.get(&character).copied(), |column| {
                            self.counts.add(column);
                        });
                    }
                }
            }
        }
    }
}

/// A vocabulary as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedVocabulary {
    words: Vec<String>,
    word_extensions: Vec<Extension>,
    characters: Vec<char>,
    character_extensions: Vec<Extension>,
}

impl From<&Vocabulary> for SavedVocabulary {
    fn from(vocabulary: &Vocabulary) -> Self {
        SavedVocabulary {
            words: vocabulary.words.symbols.clone(),
            word_extensions: vocabulary.words.extensions.clone(),
            characters: vocabulary.characters.symbols.clone(),
            character_extensions: vocabulary.characters.extensions.clone(),
        }
    }
}

impl TryFrom<SavedVocabulary> for Vocabulary {
    type Error = &'static str;

    /// # Errors
    /// What is wrong, where an n-gram does not refer to a column before it or there are too many columns to number.
    fn try_from(saved: SavedVocabulary) -> Result<Self, Self::Error> {
        let columns =
            [saved.words.len(), saved.word_extensions.len(), saved.characters.len(), saved.character_extensions.len()];
        let total: usize = columns.iter().sum();
        if u32::try_from(total).is_err() {
            return Err("more features than can be numbered");
        }
        let first_character = (columns[0] + columns[1]) as u32;
        for (first, symbols, extensions) in
            [(0, columns[0], &saved.word_extensions), (first_character, columns[2], &saved.character_extensions)]
        {
            let end_of_symbols = first + symbols as u32;
            for (column, &(prefix, symbol)) in (end_of_symbols..).zip(extensions) {
                if !(first..column).contains(&prefix) || !(first..end_of_symbols).contains(&symbol) {
                    return Err("an n-gram refers to a feature that does not stand before it");
                }
            }
        }
        Ok(Vocabulary {
            words: Trie::new(0, 1, saved.words, saved.word_extensions),
            characters: Trie::new(first_character, 2, saved.characters, saved.character_extensions),
        })
    }
}
