//! Cutting text into words for prediction: the words that jieba-rs finds without its hidden Markov model.
//!
//! The best route through a run of characters is the one whose words have the highest product of frequencies. It is found from
//! the end by dynamic programming, as jieba does (<https://github.com/fxsjy/jieba>, `calc`), with the same arithmetic and the same
//! choice between equals. jieba-rs itself is the oracle in tests.
//!
//! A text goes through in passes over arrays, each without branches that hang on far memory, so that the processor can wait for
//! many loads at once: its characters' codes; what is known of pairs; what is known of triples; the route.

mod build;
mod kind;
mod layout;
mod leaves;
mod placer;
mod route;
mod tables;

pub(crate) use build::{TableFeatures, build};
pub(crate) use kind::Kind;
pub(crate) use layout::{Code, Pair};
pub(crate) use route::Route;
pub(crate) use tables::Tables;

use std::hint::select_unpredictable;

use layout::{Node, SEPARATOR, pair_key};

/// What cutting needs between texts, so that it allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// For each character it and the one before it; the text is between marks, so that one can look around.
    pairs: Vec<Placed>,
    kinds: Vec<Kind>,
    spots: Vec<Spot>,
    /// Where more must be looked up of two characters.
    elsewhere: Vec<u32>,
    /// Where three characters may be known, and as which node.
    triples: Vec<(u32, Node)>,
}

/// Two characters and where they belong.
#[derive(Debug, Clone, Copy, Default)]
struct Placed {
    key: u32,
    place: u32,
}

impl Placed {
    #[inline]
    fn first(self) -> Code {
        self.key as Code
    }

    #[inline]
    fn second(self) -> Code {
        (self.key >> 16) as Code
    }
}

/// What may begin at a character, and what is best.
#[derive(Debug, Clone, Copy, Default)]
struct Spot {
    /// What is known of the character and the next one, as [`Pair`] has it, without the room that it would leave empty.
    known: u64,
    gram: u32,
    /// Where the node of four characters must be; 0 if there is none.
    fourth: Node,
    /// Log-probability of the word of three characters, minus infinity if there is none; once there is a route, that of the rest of
    /// the run from here on.
    value: f64,
    /// How many characters the best word has.
    length: u32,
    /// The number of its leaf, if it has three characters or more.
    leaf: u16,
}

impl Spot {
    #[inline]
    fn pair(&self) -> Pair {
        Pair { known: self.known, gram: self.gram }
    }

    #[inline]
    fn set_pair(&mut self, pair: Pair) {
        (self.known, self.gram) = (pair.known, pair.gram);
    }
}

/// How far a word can be looked ahead without asking whether the text goes on.
const LOOK_AHEAD: usize = 3;

/// Grows a buffer to a length; what it holds does not matter. Returns so much of it.
fn grow<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
    &mut buffer[..length]
}

impl Tables<'_> {
    /// Cuts a text into words; nothing if it is too long to be numbered by 32 bits. `expect` is told the numbers of character n-grams
    /// that will be met, perhaps.
    pub(crate) fn cut<'t, 'r>(
        &self,
        text: &'t str,
        scratch: &'r mut Scratch,
        expect: impl Fn(u32),
    ) -> Option<Route<'t, 'r>> {
        let (length, seen) = self.read(text, scratch)?;
        let wide = self.look_ahead(length, scratch, expect);
        self.find_route(length, scratch);
        let Scratch { pairs, kinds, spots, .. } = scratch;
        let odd = wide || seen.is(Kind::ODD);
        Some(Route::new(text, odd, &mut pairs[..=length], &mut kinds[..length], &mut spots[..length]))
    }

    // Each pass is compiled for itself: together they have more in hand than there are registers.

    /// Fills in pairs and kinds, and returns how many characters there are and of which kinds they are.
    #[inline(never)]
    fn read(&self, text: &str, scratch: &mut Scratch) -> Option<(usize, Kind)> {
        u32::try_from(text.len()).ok()?;
        let pairs = grow(&mut scratch.pairs, text.len() + LOOK_AHEAD);
        let kinds = grow(&mut scratch.kinds, text.len() + LOOK_AHEAD);
        let (mut rest, mut length) = (text.as_bytes(), 0);
        let mut seen = Kind::default();
        let mut before = SEPARATOR;
        for (placed, kind) in pairs.iter_mut().zip(kinds) {
            let code;
            (code, rest) = match rest {
                // Nearly all characters are of three bytes.
                [lead @ 0xE0..=0xEF, second, third, after @ ..] => {
                    let c = u16::from(*lead) << 12 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
                    (self.basic_code(c), after)
                }
                [ascii @ 0..=0x7F, after @ ..] => (self.basic_code((*ascii).into()), after),
                _ => match text.get(text.len() - rest.len()..).and_then(|rest| rest.chars().next()) {
                    Some(c) => (self.code(c), &rest[c.len_utf8()..]),
                    None => break,
                },
            };
            *kind = self.kind(code);
            seen = seen.or(*kind);
            *placed = self.placed(before, code);
            self.expect_bucket(placed.place);
            before = code;
            length += 1;
        }
        pairs[length] = self.placed(before, SEPARATOR);
        pairs[length + 1..length + LOOK_AHEAD].fill(self.placed(SEPARATOR, SEPARATOR));
        Some((length, seen))
    }

    #[inline]
    fn placed(&self, first: Code, second: Code) -> Placed {
        Placed { key: pair_key(first, second), place: self.place(first, second) }
    }

    /// Looks up all pairs and triples. Returns whether there is a pair that does not tell all.
    #[inline(never)]
    fn look_ahead(&self, length: usize, scratch: &mut Scratch, expect: impl Fn(u32)) -> bool {
        let spots = &mut grow(&mut scratch.spots, length + LOOK_AHEAD)[..length];
        // What comes before the text is of no use here.
        let pairs = &scratch.pairs[1..length + LOOK_AHEAD];
        // Noted without a branch, as below: no one can guess what is to be looked up further.
        let (elsewhere, mut others) = (grow(&mut scratch.elsewhere, length + 1), 0);
        for (at, (spot, placed)) in spots.iter_mut().zip(pairs).enumerate() {
            let (pair, more) = self.pair_at(placed.place, placed.key);
            spot.set_pair(pair);
            elsewhere[others] = at as u32;
            others += more;
        }
        let elsewhere = &elsewhere[..others];
        for &at in elsewhere {
            self.expect_elsewhere(pairs[at as usize].first(), pairs[at as usize].second());
        }
        let (triples, mut longer) = (grow(&mut scratch.triples, length + 1), 0);
        let before_grams = self.before_grams();
        let mut go_on = |at: usize, spot: &mut Spot, next: Placed| {
            expect(before_grams.wrapping_add(spot.gram));
            (spot.fourth, spot.value) = (0, f64::NEG_INFINITY);
            let triple = self.expect_child(spot.pair().children(), next.second());
            triples[longer] = (at as u32, triple);
            longer += usize::from(triple != 0);
        };
        for (at, (spot, &next)) in spots.iter_mut().zip(&pairs[1..]).enumerate() {
            go_on(at, spot, next);
        }
        // Only now, when what was asked for is there.
        let mut wide = false;
        for at in elsewhere.iter().map(|&at| at as usize) {
            let pair = self.pair_elsewhere(pairs[at].first(), pairs[at].second());
            spots[at].set_pair(pair);
            wide |= pair.is_wide();
            go_on(at, &mut spots[at], pairs[at + 1]);
        }
        for &(at, triple) in &triples[..longer] {
            let (pairs, spot) = (&pairs[at as usize + 1..][..2], &mut spots[at as usize]);
            let unit = self.unit(triple);
            // Without a branch here as well.
            let found = unit.label.get() == pairs[0].second();
            spot.leaf = select_unpredictable(found, unit.leaf.get(), 0);
            spot.value = self.weight(spot.leaf);
            let children = select_unpredictable(found, unit.children.get(), 0);
            spot.fourth = self.expect_child(children, pairs[1].second());
        }
        wide
    }

    /// Finds the best word at every character, from the end.
    #[inline(never)]
    fn find_route(&self, length: usize, scratch: &mut Scratch) {
        let (pairs, spots) = (&scratch.pairs[1..][..length], &mut scratch.spots[..length + LOOK_AHEAD]);
        let unknown = self.head.unknown.get();
        spots[length..].iter_mut().for_each(|spot| spot.value = 0.0);
        // The value of the next character.
        let mut after = 0.0;
        for at in (0..length).rev() {
            // What parts runs is alone, and a new one begins after it.
            let single = self.single(pairs[at].first());
            let one = if single < 0.0 { single + after } else { 0.0 };
            let Some([spot, _, second, third]) = spots[at..].first_chunk_mut() else { return };
            let two = self.weight(spot.pair().leaf()) + second.value;
            let three = spot.value + third.value;
            // Of equals the longest. What does not hang on the last step comes first.
            let mut highest = if two > three { two } else { three };
            let mut characters = if three >= two { 3 } else { 2 };
            characters = if highest >= one { characters } else { 1 };
            highest = if highest > one { highest } else { one };
            if spot.fourth != 0 {
                (highest, characters) = self.longer(pairs, spots, at, highest, characters);
            }
            if highest == f64::NEG_INFINITY {
                // No word at all begins here, though some begin with the character.
                (highest, characters) = (unknown + after, 1);
            }
            let spot = &mut spots[at];
            (spot.value, spot.length) = (highest, characters);
            after = highest;
        }
        // No word goes on after the end, whatever the tables say of what parts words.
        for (left, spot) in (1..LOOK_AHEAD as u32).zip(spots[..length].iter_mut().rev()) {
            spot.length = left.min(spot.length);
        }
    }

    /// The best word at a character, if words of four characters and more may be better than what is known.
    #[inline(never)]
    fn longer(&self, pairs: &[Placed], spots: &mut [Spot], at: usize, mut highest: f64, mut characters: u32) -> (f64, u32) {
        let mut node = spots[at].fourth;
        let mut end = at + 3;
        while let Some(placed) = pairs.get(end) {
            let unit = self.unit(node);
            if unit.label.get() != placed.first() {
                break;
            }
            end += 1;
            let leaf = unit.leaf.get();
            let longer = self.weight(leaf) + spots[end].value;
            if longer >= highest {
                (highest, characters) = (longer, (end - at) as u32);
                spots[at].leaf = leaf;
            }
            node = self.expect_child(unit.children.get(), placed.second());
        }
        (highest, characters)
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
        let route = tables.cut(text, &mut scratch, |_| ()).expect("a short text");
        ours.extend(route.words());
        let theirs: Vec<_> = JIEBA.cut(text, false).into_iter().map(|token| (token.word, token.end - token.start)).collect();
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
        bucket.keys[0] = pair_key(code, SEPARATOR).into();
        let weight = tables.weights.iter().rposition(|weight| weight.get() > f64::NEG_INFINITY).unwrap_or(0);
        bucket.known[0].known = Pair::pack(0, weight as u16, 0).into();
        let harmful = Tables { buckets: &buckets, ..tables };
        let mut scratch = Scratch::default();
        let route = harmful.cut("种田的农", &mut scratch, |_| ()).expect("a short text");
        assert_eq!(route.words().map(|(word, _)| word).collect::<String>(), "种田的农");
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
