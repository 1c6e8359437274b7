//! Cutting text into words for prediction: the words that jieba-rs finds without its hidden Markov model.
//!
//! The best route through a run of characters is the one whose words have the highest product of frequencies. It is found from
//! the end by dynamic programming, as jieba does (<https://github.com/fxsjy/jieba>, `calc`), with the same arithmetic and the same
//! choice between equals. jieba-rs itself is the oracle in tests.
//!
//! A text goes through in passes over arrays, each without branches that hang on far memory, so that the processor can wait for
//! many loads at once: its characters' codes; what is known of pairs; what is known of triples; the route.

mod build;
mod placer;
mod tables;

pub(crate) use build::{TableFeatures, build};
pub(crate) use tables::{Code, NONE, Pair, Tables};

use tables::{FOLDED, Node, SEPARATOR};

/// What cutting needs between texts, so that it allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The characters of the text: codes, offsets in bytes, and first bytes. The codes are longer than the text, so that one can look
    /// ahead.
    codes: Vec<Code>,
    offsets: Vec<u32>,
    leads: Vec<u8>,
    /// For each character, in which bucket it and the next one belong, and what is known of them.
    places: Vec<u32>,
    pairs: Vec<Pair>,
    /// Where this is not all.
    elsewhere: Vec<u32>,
    /// Where three characters may be known, and as which node.
    triples: Vec<(u32, Node)>,
    ahead: Vec<Ahead>,
    /// Log-probability of the rest of the run from a character on, and how many characters the best word there has.
    best: Vec<f64>,
    lengths: Vec<u32>,
}

/// What may begin at a character beside words of one and two characters.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    /// Log-probability of the word of three characters; minus infinity if there is none.
    three: f64,
    /// The node of three characters.
    triple: Node,
    /// Where the node of four characters must be; 0 if there is none.
    fourth: Node,
}

impl Default for Ahead {
    fn default() -> Self {
        Ahead { three: f64::NEG_INFINITY, triple: 0, fourth: 0 }
    }
}

/// How far a word can be looked ahead without asking whether the text goes on.
const LOOK_AHEAD: usize = 3;

/// A text that has been cut into words.
#[derive(Debug)]
pub(crate) struct Route<'t, 'r> {
    text: &'t str,
    /// The codes of the characters, and where each begins in the text, in bytes, and where the text ends.
    pub(crate) codes: &'r [Code],
    offsets: &'r [u32],
    /// The first byte of each character.
    leads: &'r [u8],
    /// For each character, what is known of it and the next one.
    pub(crate) pairs: &'r [Pair],
    ahead: &'r [Ahead],
    /// How many characters the best word has that begins at a character.
    lengths: &'r [u32],
}

/// A word of a text: its characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The first byte.
    lead: u8,
    /// Whether letters and digits were put together that are no word of the dictionary.
    joined: bool,
}

impl Word {
    /// Whether it begins with a character from U+4000 to U+9FFF, as nearly all do that are no marks.
    #[inline]
    pub(crate) fn is_han(&self) -> bool {
        matches!(self.lead, 0xE4..=0xE9)
    }
}

impl<'t> Route<'t, '_> {
    /// The words in order. Together they are the text.
    #[inline]
    pub(crate) fn words(&self) -> impl Iterator<Item = Word> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let (&length, &lead) = (self.lengths.get(start)?, self.leads.get(start)?);
            let word = Word { start, end: start + length as usize, lead, joined: false };
            let word = if lead.is_ascii() { self.ascii(word) } else { word };
            start = word.end;
            Some(word)
        })
    }

    /// What a word becomes that begins with an ASCII character.
    fn ascii(&self, mut word: Word) -> Word {
        let lead = |at: usize| self.leads.get(at).copied();
        let is_letter =
            |at: usize| self.lengths.get(at) == Some(&1) && lead(at).is_some_and(|lead| lead.is_ascii_alphanumeric());
        if is_letter(word.start) {
            // Single letters and digits that follow one another are one word.
            while is_letter(word.end) {
                word.end += 1;
                word.joined = true;
            }
        } else if word.lead == b'\r' && lead(word.end) == Some(b'\n') {
            // Only this pair of control characters stays together.
            word.end += 1;
        }
        word
    }

    /// A word as it stands in the text.
    pub(crate) fn text(&self, word: &Word) -> &'t str {
        &self.text[self.offsets[word.start] as usize..self.offsets[word.end] as usize]
    }

    /// The column of a word; [`NONE`] if it is no feature.
    #[inline]
    pub(crate) fn column(&self, tables: &Tables, word: &Word) -> u32 {
        match word.end - word.start {
            _ if word.joined => NONE,
            1 => tables.single_word(self.codes[word.start]),
            2 => self.pairs[word.start].word(),
            3 => tables.word_at(self.ahead[word.start].triple),
            _ => tables.word(&self.codes[word.start..word.end]),
        }
    }
}

/// Grows a buffer to a length; what it holds does not matter.
fn grow<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
}

impl Tables<'_> {
    /// Cuts a text into words; nothing if it holds characters that [`normalize`](crate::tokenize::normalize) replaces, or is too long
    /// to be numbered by 32 bits.
    pub(crate) fn cut<'t, 'r>(&self, text: &'t str, scratch: &'r mut Scratch) -> Option<Route<'t, 'r>> {
        let length = self.read(text, scratch)?;
        self.look_ahead(length, scratch);
        self.find_route(length, scratch);
        let Scratch { codes, offsets, leads, pairs, ahead, lengths, .. } = scratch;
        Some(Route {
            text,
            codes: &codes[..length],
            offsets: &offsets[..=length],
            leads: &leads[..length],
            pairs: &pairs[..length],
            ahead: &ahead[..length],
            lengths: &lengths[..length],
        })
    }

    /// Fills in codes and offsets, and returns how many characters there are; nothing if the text must be normalized first.
    fn read(&self, text: &str, scratch: &mut Scratch) -> Option<usize> {
        u32::try_from(text.len()).ok()?;
        let Scratch { codes, offsets, leads, places, .. } = scratch;
        grow(codes, text.len() + 1 + LOOK_AHEAD);
        grow(offsets, text.len() + 1);
        grow(leads, text.len() + 1);
        grow(places, text.len() + 1);
        let (mut rest, mut length) = (text.as_bytes(), 0);
        let mut folded = false;
        let mut before = SEPARATOR;
        let characters = codes.iter_mut().zip(offsets.iter_mut()).zip(leads.iter_mut()).zip(places.iter_mut());
        for (((code, offset), first), place) in characters {
            let at = text.len() - rest.len();
            let read;
            (*first, read, rest) = match rest {
                // Nearly all characters are of three bytes.
                [lead @ 0xE0..=0xEF, second, third, after @ ..] => {
                    let c = u16::from(*lead) << 12 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
                    (*lead, self.basic_code(c), after)
                }
                [ascii @ 0..=0x7F, after @ ..] => (*ascii, self.basic_code((*ascii).into()), after),
                _ => match text.get(at..).and_then(|rest| rest.chars().next()) {
                    Some(c) => (rest[0], self.code(c), &rest[c.len_utf8()..]),
                    None => break,
                },
            };
            *code = read;
            *offset = at as u32;
            *place = self.place(before, read);
            self.expect_bucket(*place);
            folded |= read == FOLDED;
            before = read;
            length += 1;
        }
        places[length] = self.place(before, SEPARATOR);
        codes[length..=length + LOOK_AHEAD].fill(SEPARATOR);
        offsets[length] = text.len() as u32;
        (!folded).then_some(length)
    }

    /// Looks up all pairs and triples.
    fn look_ahead(&self, length: usize, scratch: &mut Scratch) {
        let Scratch { codes, places, pairs, ahead, elsewhere, triples, .. } = scratch;
        grow(pairs, length);
        grow(ahead, length);
        grow(elsewhere, length);
        grow(triples, length + 1);
        let codes = &codes[..length + LOOK_AHEAD];
        // What is to be looked up further is noted without a branch: no one can guess what is.
        let (mut open, mut longer) = (0, 0);
        // The first place is for what comes before the text.
        let windows = codes.windows(3).zip(&places[1..=length]);
        let known = pairs[..length].iter_mut().zip(&mut ahead[..length]);
        for (at, ((window, &place), (pair, ahead))) in windows.zip(known).enumerate() {
            let (known, all) = self.pair_at(place, window[0], window[1]);
            *pair = known;
            elsewhere[open] = at as u32;
            open += usize::from(!all);
            let triple = self.expect_child(known.children, window[2]);
            triples[longer] = (at as u32, triple);
            longer += usize::from(triple != 0);
            *ahead = Ahead::default();
        }
        let elsewhere = &elsewhere[..open];
        for &at in elsewhere {
            self.expect_elsewhere(codes[at as usize], codes[at as usize + 1]);
        }
        for &at32 in elsewhere {
            let at = at32 as usize;
            pairs[at] = self.pair_elsewhere(codes[at], codes[at + 1]);
            triples[longer] = (at32, self.expect_child(pairs[at].children, codes[at + 2]));
            longer += usize::from(triples[longer].1 != 0);
        }
        for &(at, triple) in &triples[..longer] {
            let at = at as usize;
            let unit = self.unit(triple);
            if unit.label.get() == codes[at + 2] {
                let ahead = &mut ahead[at];
                ahead.three = self.weight(unit.weight.get());
                ahead.triple = triple;
                ahead.fourth = self.expect_child(unit.children.get(), codes[at + 3]);
            }
        }
    }

    /// Finds the best word at every character, from the end.
    fn find_route(&self, length: usize, scratch: &mut Scratch) {
        let Scratch { codes, pairs, ahead, best, lengths, .. } = scratch;
        grow(best, length + 1);
        grow(lengths, length);
        let (codes, pairs, ahead) = (&codes[..length], &pairs[..length], &ahead[..length]);
        let last_in_run = self.head.last_in_run.get();
        let (best, lengths) = (&mut best[..=length], &mut lengths[..length]);
        // The probabilities after one, two and three characters.
        let mut after = [0.0; 3];
        best[length] = 0.0;
        for (at, next) in ahead.iter().enumerate().rev() {
            let one = self.single(codes[at]) + after[0];
            let (two, three) = (self.weight(pairs[at].weight) + after[1], next.three + after[2]);
            // Of equals the longest. What does not hang on the last step comes first.
            let mut highest = if two > three { two } else { three };
            let mut characters = if three >= two { 3 } else { 2 };
            characters = if highest >= one { characters } else { 1 };
            highest = if highest > one { highest } else { one };
            if next.fourth != 0 {
                let mut node = next.fourth;
                let mut end = at + 3;
                while let Some(&code) = codes.get(end) {
                    let unit = self.unit(node);
                    if unit.label.get() != code {
                        break;
                    }
                    end += 1;
                    let longer = self.weight(unit.weight.get()) + best[end];
                    if longer >= highest {
                        (highest, characters) = (longer, (end - at) as u32);
                    }
                    node = codes.get(end).map_or(0, |&code| self.expect_child(unit.children.get(), code));
                }
            }
            if highest == f64::NEG_INFINITY {
                // No word at all begins here.
                (highest, characters) = (self.head.unknown.get() + after[0], 1);
            }
            // What parts runs: a new one begins after it. Without a branch, since no one can guess.
            let in_run = u64::from(u32::from(codes[at]) <= last_in_run).wrapping_neg();
            highest = f64::from_bits(highest.to_bits() & in_run);
            best[at] = highest;
            lengths[at] = characters;
            after = [highest, after[0], after[1]];
        }
        // No word goes on after the end, whatever the tables say of what parts words.
        for (left, characters) in (1..LOOK_AHEAD as u32).zip(lengths.iter_mut().rev()) {
            *characters = left.min(*characters);
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
        let tables = Tables::new(&OURS).expect("tables that were just made");
        let mut scratch = Scratch::default();
        let route = tables.cut(text, &mut scratch).expect("a normalized text");
        ours.extend(route.words().map(|word| (route.text(&word), word.start, word.end)));
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

    /// Tables of a file that was made to harm, with a word that ends in what is no character.
    #[test]
    fn no_word_goes_on_after_the_end() {
        let tables = Tables::new(&OURS).expect("tables that were just made");
        let code = tables.code('农');
        let mut buckets = tables.buckets.to_vec();
        let bucket = &mut buckets[tables.place(code, SEPARATOR) as usize >> 6];
        bucket.keys[0] = tables::pair_key(code, SEPARATOR).into();
        bucket.weights[0] = (tables.weights.len() as u16 - 1).into();
        let harmful = Tables { buckets: &buckets, ..tables };
        let mut scratch = Scratch::default();
        let route = harmful.cut("种田的农", &mut scratch).expect("a normalized text");
        assert_eq!(route.words().map(|word| route.text(&word)).collect::<String>(), "种田的农");
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
