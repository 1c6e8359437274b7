//! Cutting text into words for prediction: the words that jieba-rs finds without its hidden Markov model.
//!
//! The best route through a run of characters is the one whose words have the highest product of frequencies. It is found from
//! the end by dynamic programming, as jieba does (<https://github.com/fxsjy/jieba>, `calc`), with the same arithmetic and the same
//! choice between equals. jieba-rs itself is the oracle in tests.
//!
//! A text goes through in four passes over arrays, each without branches that hang on far memory, so that the processor can wait for
//! many loads at once: its characters' codes; the slots of all pairs; what is known of pairs and triples; the route.

mod build;
mod placer;
mod tables;

pub(crate) use build::{TableFeatures, build};
pub(crate) use tables::{Code, NONE, Node, Tables};

use tables::{FOLDED, SEPARATOR};

/// What cutting needs between texts, so that it allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The characters of the text: codes, and offsets in bytes. They are longer than the text, so that one can look ahead.
    codes: Vec<Code>,
    offsets: Vec<u32>,
    /// For each character, the node of it and the next one.
    pairs: Vec<Node>,
    ahead: Vec<Ahead>,
    /// Log-probability of the rest of the run from a character on, and how many characters the best word there has.
    best: Vec<f64>,
    lengths: Vec<u32>,
}

/// What may begin at a character.
#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    /// Log-probabilities of the words of one, two and three characters; minus infinity where there is none.
    weights: [f64; 3],
    /// The node of two characters, and of three if longer words may begin there or this is one.
    pair: Node,
    triple: Node,
}

/// How far a word can be looked ahead without asking whether the text goes on.
const LOOK_AHEAD: usize = 2;

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'t, 'r> {
    /// The word as it stands in the text.
    pub(crate) text: &'t str,
    /// How many characters it has.
    pub(crate) characters: usize,
    /// Its column, if it is a feature; [`NONE`] also for letters and digits that were put together.
    pub(crate) word: u32,
    /// The codes of its characters.
    pub(crate) codes: &'r [Code],
    ahead: &'r [Ahead],
}

impl Piece<'_, '_> {
    /// For each of its characters but the last, the node of it and the next one.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Node> {
        self.ahead.iter().take(self.characters - 1).map(|ahead| ahead.pair)
    }

    /// The node of its last character and the one after it in the text, which may be of another word or none.
    pub(crate) fn link(&self) -> Node {
        self.ahead.last().map_or(0, |ahead| ahead.pair)
    }
}

/// Grows a buffer to a length; what it holds does not matter.
fn grow<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
}

impl Tables<'_> {
    /// Calls `each` with the words of `text` in order. Together they are the text. Returns false, and calls nothing, if the text holds
    /// characters that [`normalize`](crate::tokenize::normalize) replaces, or is too long to be numbered by 32 bits.
    pub(crate) fn cut<'t>(&self, text: &'t str, scratch: &mut Scratch, mut each: impl FnMut(Piece<'t, '_>)) -> bool {
        let Some(length) = self.read(text, scratch) else { return false };
        self.look_ahead(length, scratch);
        self.find_route(length, scratch);
        let Scratch { codes, offsets, ahead, lengths, .. } = &*scratch;
        let (offsets, lengths) = (&offsets[..=length], &lengths[..length]);
        let bytes = text.as_bytes();
        let is_letter = |at: usize| lengths[at] == 1 && bytes[offsets[at] as usize].is_ascii_alphanumeric();
        let mut at = 0;
        while at < length {
            let mut end = at + lengths[at] as usize;
            let mut word = None;
            if bytes[offsets[at] as usize].is_ascii() {
                if is_letter(at) {
                    // Single letters and digits that follow one another are one word.
                    while end < length && is_letter(end) {
                        end += 1;
                    }
                    word = (end > at + 1).then_some(NONE);
                } else if text[offsets[at] as usize..].starts_with("\r\n") {
                    // Only this pair of control characters stays together.
                    end = at + 2;
                }
            }
            let (codes, ahead) = (&codes[at..end], &ahead[at..end]);
            each(Piece {
                text: &text[offsets[at] as usize..offsets[end] as usize],
                characters: end - at,
                word: word.unwrap_or_else(|| match (codes, ahead.first()) {
                    (&[only], _) => self.first(only).word.get(),
                    (&[_, _], Some(ahead)) => self.word_at(ahead.pair),
                    (&[_, _, _], Some(ahead)) => self.word_at(ahead.triple),
                    _ => self.word(codes),
                }),
                codes,
                ahead,
            });
            at = end;
        }
        true
    }

    /// Fills in codes and offsets, and returns how many characters there are; nothing if the text must be normalized first.
    fn read(&self, text: &str, scratch: &mut Scratch) -> Option<usize> {
        u32::try_from(text.len()).ok()?;
        let Scratch { codes, offsets, .. } = scratch;
        grow(codes, text.len() + 1 + LOOK_AHEAD);
        grow(offsets, text.len() + 1);
        let mut length = 0;
        let mut folded = false;
        let mut before = 0;
        for ((at, c), (code, offset)) in text.char_indices().zip(codes.iter_mut().zip(offsets.iter_mut())) {
            *code = self.code(c);
            *offset = at as u32;
            folded |= *code == FOLDED;
            length += 1;
            self.expect_pair(before, *code);
            before = *code;
        }
        codes[length..=length + LOOK_AHEAD].fill(SEPARATOR);
        offsets[length] = text.len() as u32;
        (!folded).then_some(length)
    }

    /// Looks up all pairs and triples.
    fn look_ahead(&self, length: usize, scratch: &mut Scratch) {
        let Scratch { codes, pairs, ahead, .. } = scratch;
        grow(pairs, length);
        grow(ahead, length);
        let codes = &codes[..length + LOOK_AHEAD];
        for (window, pair) in codes.windows(2).zip(&mut pairs[..length]) {
            *pair = self.pair(window[0], window[1]);
            self.expect_unit(*pair);
        }
        for ((window, &pair), ahead) in codes.windows(3).zip(&pairs[..length]).zip(&mut ahead[..length]) {
            let unit = self.unit(pair);
            ahead.pair = pair;
            ahead.triple = unit.child(window[2]);
            self.expect_unit(ahead.triple);
            ahead.weights[0] = self.first(window[0]).weight.get();
            ahead.weights[1] = self.weight(unit.weight.get());
        }
        for (&code, ahead) in codes[LOOK_AHEAD..].iter().zip(ahead) {
            let unit = self.unit(ahead.triple);
            let found = unit.label.get() == code;
            ahead.triple = if found { ahead.triple } else { 0 };
            ahead.weights[2] = self.weight(if found { unit.weight.get() } else { 0 });
        }
    }

    /// Finds the best word at every character, from the end.
    fn find_route(&self, length: usize, scratch: &mut Scratch) {
        let Scratch { codes, ahead, best, lengths, .. } = scratch;
        grow(best, length + 1);
        grow(lengths, length);
        let last_in_run = self.head.last_in_run.get();
        // The probabilities after one, two and three characters.
        let mut after = [0.0; 3];
        best[length] = 0.0;
        for at in (0..length).rev() {
            let (mut highest, mut characters) = (0.0, 1);
            if u32::from(codes[at]) <= last_in_run {
                let Ahead { weights, triple, .. } = ahead[at];
                let [one, two, three] = [0, 1, 2].map(|words| weights[words] + after[words]);
                // Of equals the longest.
                characters = if two >= one { 2 } else { 1 };
                highest = one.max(two);
                characters = if three >= highest { 3 } else { characters };
                highest = highest.max(three);
                if self.unit(triple).has_children() {
                    let mut node = triple;
                    let mut end = at + 3;
                    while let Some(&code) = codes[..length].get(end) {
                        node = self.child(node, code);
                        if node == 0 {
                            break;
                        }
                        end += 1;
                        let longer = self.weight(self.unit(node).weight.get()) + best[end];
                        if longer >= highest {
                            (highest, characters) = (longer, (end - at) as u32);
                        }
                    }
                }
                if highest == f64::NEG_INFINITY {
                    // No word at all begins here.
                    (highest, characters) = (self.head.unknown.get() + after[0], 1);
                }
            }
            best[at] = highest;
            lengths[at] = characters;
            after = [highest, after[0], after[1]];
        }
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
    use crate::dictionary;
    use crate::tokenize::{DomainWord, normalize};
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
    static OURS: LazyLock<Vec<u8>> =
        LazyLock::new(|| build(dictionary::words(), &WORDS, &TableFeatures::default()).unwrap_or_default());
    static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
        let mut jieba = Jieba::new();
        for word in WORDS.iter() {
            jieba.add_word(&word.word, word.frequency.map(|f| f as usize), None);
        }
        jieba
    });

    fn same(text: &str) -> Result<(), TestCaseError> {
        let text = &*normalize(text);
        let mut ours = Vec::new();
        let mut position = 0;
        let tables = Tables::new(&OURS).expect("tables that were just made");
        let done = tables.cut(text, &mut Scratch::default(), |piece| {
            ours.push((piece.text, position, position + piece.characters));
            position += piece.characters;
        });
        prop_assert!(done);
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
