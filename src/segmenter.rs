//! Cutting text into words for prediction: the words that jieba-rs finds without its hidden Markov model, from a compact automaton.
//!
//! The best route through a run of characters is the one whose words have the highest product of frequencies. It is found from
//! the end by dynamic programming, as jieba does (<https://github.com/fxsjy/jieba>, `calc`), with the same arithmetic and the same
//! choice between equals. jieba-rs itself is the oracle in tests.

use std::collections::BTreeMap;

use crate::automaton::{Automaton, Code, NOBODY, Node, Value};
use crate::dictionary;
use crate::tokenize::DomainWord;

/// Cuts text into words.
pub(crate) struct Segmenter {
    automaton: Automaton,
    /// ln(frequency / total), by the number that a word carries as `near`.
    weights: Vec<f64>,
    /// ln(1 / total), for a character that is no word.
    unknown: f64,
}

/// What cutting needs between texts, so that it allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// The characters of a run: codes, and offsets in bytes.
    codes: Vec<Code>,
    offsets: Vec<usize>,
    /// For each character, the node of it and the next one.
    pairs: Vec<Node>,
    steps: Vec<Step>,
}

/// The best way on from a character.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Log-probability of the rest of the run.
    probability: f64,
    /// The character after the word.
    end: usize,
    /// What the word carries.
    mark: u32,
}

/// As how frequent a mark counts when places are given out.
const MARKED: u64 = 200;

const END: Step = Step { probability: 0.0, end: 0, mark: u32::MAX };

/// A word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'t, 'r> {
    /// The word as it stands in the text.
    pub(crate) text: &'t str,
    /// How many characters it has.
    pub(crate) characters: usize,
    /// The mark it was given when the segmenter was built; `u32::MAX` for none.
    pub(crate) mark: u32,
    /// The codes of its characters, and for each the automaton's node of it and the next one, which may stand behind the word; both
    /// empty for what is no part of a word.
    pub(crate) codes: &'r [Code],
    pub(crate) pairs: &'r [Node],
}

impl<'t> Piece<'t, '_> {
    fn mark(text: &'t str, characters: usize) -> Self {
        Piece { text, characters, mark: u32::MAX, codes: &[], pairs: &[] }
    }
}

impl Segmenter {
    /// Builds a segmenter that knows the dictionary and `words`. `marks` gives sequences of characters, words or not, a number
    /// each, which cutting and [`Segmenter::automaton`] then tell.
    pub(crate) fn new(words: &[DomainWord], marks: &BTreeMap<String, u32>) -> Self {
        // Later entries of a key add to earlier ones: words override the dictionary's frequency, marks come to both.
        let dictionary = dictionary::words().map(|(word, frequency)| (word, Some(frequency), u32::MAX));
        let words = words.iter().map(|word| (word.word.as_str(), Some(word.frequency.unwrap_or(1)), u32::MAX));
        let marks = marks.iter().map(|(key, &mark)| (key.as_str(), None, mark));
        let mut keys: Vec<(&str, Option<u64>, u32)> = dictionary.chain(words).chain(marks).collect();
        keys.sort_by_key(|&(key, ..)| key);
        keys.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1.or(kept.1);
                kept.2 = later.2.min(kept.2);
            }
            same
        });
        let frequencies = || keys.iter().filter_map(|&(_, frequency, _)| frequency);
        let log_total = (frequencies().sum::<u64>() as f64).ln();
        let mut distinct: Vec<u64> = frequencies().collect();
        distinct.sort_unstable();
        distinct.dedup();
        // More than 65,535 different frequencies would need words of the user's own by the ten thousand, each with another one;
        // those that are left over then share the highest number.
        distinct.truncate(usize::from(u16::MAX));
        let number = |frequency: u64| distinct.partition_point(|&f| f < frequency).min(distinct.len() - 1) as u16;
        let values = keys.iter().map(|&(key, frequency, mark)| {
            let value = Value { near: frequency.map_or(u16::MAX, number), far: mark };
            // What is marked was met in training, and will be again.
            (key, value, frequency.unwrap_or(0) + if mark == u32::MAX { 1 } else { MARKED })
        });
        Segmenter {
            automaton: Automaton::new(values),
            weights: distinct.iter().map(|&frequency| (frequency as f64).ln() - log_total).collect(),
            unknown: 0.0 - log_total,
        }
    }

    /// What knows all words and marks; the marks are its `far` values.
    pub(crate) fn automaton(&self) -> &Automaton {
        &self.automaton
    }

    /// Calls `each` with the words of `text` in order. Together they are the text.
    pub(crate) fn cut<'t>(&self, text: &'t str, route: &mut Route, mut each: impl FnMut(Piece<'t, '_>)) {
        let mut run = 0;
        route.clear();
        let mut skip = false;
        for (at, c) in text.char_indices() {
            if in_run(c) {
                route.codes.push(self.automaton.code(c));
                route.offsets.push(at - run);
                continue;
            }
            if !route.codes.is_empty() {
                self.cut_run(&text[run..at], route, &mut each);
                route.clear();
            }
            let rest = &text[at..];
            run = at + c.len_utf8();
            if std::mem::take(&mut skip) {
                continue;
            }
            // Only this pair of control characters stays together.
            if rest.starts_with("\r\n") {
                skip = true;
                each(Piece::mark(&rest[..2], 2));
            } else {
                each(Piece::mark(&rest[..c.len_utf8()], 1));
            }
        }
        if !route.codes.is_empty() {
            self.cut_run(&text[run..], route, &mut each);
        }
    }

    /// Cuts a run of characters that can be parts of words.
    fn cut_run<'t>(&self, run: &'t str, route: &mut Route, each: &mut impl FnMut(Piece<'t, '_>)) {
        let Route { codes, offsets, pairs, steps } = route;
        let length = codes.len();
        self.automaton.pairs(codes, pairs);
        offsets.push(run.len());
        steps.clear();
        steps.resize(length + 1, END);
        for (start, &pair) in pairs.iter().enumerate().rev() {
            steps[start] = self.best_step(codes, start, pair, steps);
        }
        let piece = |start: usize, end: usize, mark| Piece {
            text: &run[offsets[start]..offsets[end]],
            characters: end - start,
            mark,
            codes: &codes[start..end],
            pairs: &pairs[start..end],
        };
        // Single letters and digits that follow one another are one word.
        let mut letters = None;
        let mut at = 0;
        while at < length {
            let Step { end, mark, .. } = steps[at];
            if end == at + 1 && run.as_bytes()[offsets[at]].is_ascii_alphanumeric() {
                letters.get_or_insert(at);
            } else {
                if let Some(start) = letters.take() {
                    each(piece(start, at, u32::MAX));
                }
                each(piece(at, end, mark));
            }
            at = end;
        }
        if let Some(start) = letters {
            each(piece(start, length, u32::MAX));
        }
    }

    #[inline(always)]
    fn best_step(&self, codes: &[Code], start: usize, pair: Node, steps: &[Step]) -> Step {
        let mut best: Option<Step> = None;
        // Of equals the longest, and ends rise.
        let mut consider = |value: Value, end: usize| {
            if let Some(weight) = self.weights.get(usize::from(value.near)) {
                let probability = weight + steps[end].probability;
                if best.is_none_or(|best| probability >= best.probability) {
                    best = Some(Step { probability, end, mark: value.far });
                }
            }
        };
        let first = self.automaton.find([codes[start]]);
        consider(first, start + 1);
        if pair != NOBODY {
            consider(self.automaton.value(pair), start + 2);
            let mut node = pair;
            for (end, &code) in (start + 3..).zip(&codes[start + 2..]) {
                let Some(child) = self.automaton.child(node, code) else { break };
                node = child;
                consider(self.automaton.value(node), end);
            }
        }
        best.unwrap_or_else(|| Step {
            probability: self.unknown + steps[start + 1].probability,
            end: start + 1,
            mark: first.far,
        })
    }
}

impl Route {
    fn clear(&mut self) {
        self.codes.clear();
        self.offsets.clear();
    }
}

/// Whether a character can be part of a word, as jieba-rs has it: Chinese characters, ASCII letters and digits, and `+#&._%-`.
#[inline]
fn in_run(c: char) -> bool {
    match c {
        '\u{4E00}'..='\u{9FFF}' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '&' | '.' | '_' | '%' | '-'),
        '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' => true,
        '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B73F}' | '\u{2B740}'..='\u{2B81F}' => true,
        '\u{2B820}'..='\u{2CEAF}' | '\u{2CEB0}'..='\u{2EBEF}' | '\u{2F800}'..='\u{2FA1F}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jieba_rs::Jieba;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static WORDS: LazyLock<Vec<DomainWord>> = LazyLock::new(|| {
        let list = ["高标准农田", "揭榜挂帅", "新质生产力", "农田建设", "5G基站"];
        let mut jieba = Jieba::new();
        let add = |word: &&str| {
            let frequency = jieba.add_word(word, None, None);
            DomainWord { word: (*word).to_owned(), frequency: Some(frequency as u64) }
        };
        list.iter().map(add).collect()
    });
    static OURS: LazyLock<Segmenter> = LazyLock::new(|| Segmenter::new(&WORDS, &BTreeMap::new()));
    static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
        let mut jieba = Jieba::new();
        for word in WORDS.iter() {
            jieba.add_word(&word.word, word.frequency.map(|f| f as usize), None);
        }
        jieba
    });

    fn same(text: &str) -> Result<(), TestCaseError> {
        let mut ours = Vec::new();
        let mut position = 0;
        OURS.cut(text, &mut Route::default(), |piece| {
            ours.push((piece.text, position, position + piece.characters));
            position += piece.characters;
        });
        let theirs: Vec<_> = JIEBA.cut(text, false).into_iter().map(|token| (token.word, token.start, token.end)).collect();
        prop_assert_eq!(ours, theirs, "{}", text);
        Ok(())
    }

    #[test]
    fn cuts_as_jieba_does() -> Result<(), TestCaseError> {
        let cases = [
            "",
            "建成高标准农田38万亩，农田建设5G基站2.3万个。",
            "PM2.5平均浓度下降3.2%，AT&T和C++、T恤、A股\r\n\r换行\n\n𠀀𠀁鿿㐀",
            "南京市长江大桥。研究生命的起源；乒乓球拍卖完了",
            "\u{FFFD}é１２ａｂ（一）",
        ];
        cases.iter().try_for_each(|text| same(text))?;
        // Long runs of one character, and the longest words of the dictionary one upon the other.
        same(&"一".repeat(3000))?;
        same(&"的".repeat(3000))?;
        let mut longest: Vec<&str> = dictionary::words().map(|(word, _)| word).collect();
        longest.sort_by_key(|word| std::cmp::Reverse(word.len()));
        for pair in longest[..200].windows(2) {
            let half = pair[1].chars().count() / 2;
            same(&format!("{}{}{}", pair[0], pair[1].chars().skip(half).collect::<String>(), pair[0]))?;
        }
        Ok(())
    }

    /// Text whose words are likely: pieces of the dictionary, run together.
    fn mixed() -> impl Strategy<Value = String> {
        let words: Vec<&'static str> = dictionary::words().map(|(word, _)| word).step_by(37).collect();
        let piece = prop_oneof![
            6 => prop::sample::select(words).prop_map(str::to_owned),
            3 => "[一-龥]{1,4}",
            1 => "[a-zA-Z0-9+#&._%-]{1,5}",
            1 => "[，。；！？\r\n 　（）“”]{1,2}",
            1 => any::<String>(),
        ];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn cuts_anything_as_jieba_does(text in mixed()) {
            same(&text)?;
        }
    }
}
