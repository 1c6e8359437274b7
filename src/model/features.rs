//! Finding the features of a sentence: the tables that cut the words know the columns of words and character n-grams.

use std::borrow::Cow;
use std::ops::Range;

use super::weights::Weights;
use crate::met::Met;
use crate::segmenter::{Code, Kind, Pair, Route, Scratch, TableFeatures, Tables};
use crate::tokenize::{Token, TokenReader, Tokenizer, normalize};
use crate::vocabulary::{Vocabulary, Walk};

/// The number of a feature.
fn number(column: u32) -> u32 {
    column + 1
}

impl Vocabulary {
    /// What the segmenter's tables are to find.
    pub(super) fn table_features(&self) -> TableFeatures<'_> {
        TableFeatures {
            words: self.single_words().map(|(column, word)| (word, number(column))).collect(),
            grams: self.character_ngrams().collect(),
            first_gram: number(self.first_character_ngram()),
        }
    }
}

/// What takes the features of a text, sentence by sentence.
pub(super) trait Sink {
    /// The words and word n-grams of the sentence.
    fn words(&mut self) -> &mut Met;
    /// Its character n-grams.
    fn grams(&mut self) -> &mut Met;
    /// The end of a sentence of so many characters, and whether it has a word, be it a feature or not.
    fn end(&mut self, characters: usize, has_word: bool);
}

/// How text becomes features.
pub(super) struct Features<'m> {
    pub(super) tables: Tables<'m>,
    /// What will be needed of a feature that is met.
    pub(super) weights: Weights<'m>,
    /// jieba-rs, where words are to be guessed that are in no dictionary; the tables then only find features.
    pub(super) guessing: Option<&'m Tokenizer>,
    /// What leads to longer word n-grams, where there are any.
    pub(super) vocabulary: Option<&'m Vocabulary>,
}

impl Features<'_> {
    /// Reads a text, and gives its features to `sink`.
    pub(super) fn read(&self, text: &str, scratch: &mut Scratch, sink: &mut impl Sink) {
        let Some(jieba) = self.guessing else { return self.read_with_tables(text, scratch, sink) };
        self.read_words(|take| jieba.for_each_cut(&normalize(text), take), sink);
    }

    fn read_with_tables(&self, text: &str, scratch: &mut Scratch, sink: &mut impl Sink) {
        let Some(mut route) = self.tables.cut(text, scratch, |number| self.weights.expect(number)) else { return };
        if !route.is_odd() && self.vocabulary.is_none() && self.tables.longest_gram() <= 2 {
            return self.route(&mut route, sink);
        }
        match normalize(text) {
            Cow::Owned(text) => self.read_with_tables(&text, scratch, sink),
            Cow::Borrowed(_) => {
                self.read_words(|take| route.words().for_each(|(word, characters)| take(word, characters)), sink)
            }
        }
    }

    /// Takes the words that `for_each_word` gives, with how many characters each has.
    fn read_words(&self, for_each_word: impl FnOnce(&mut dyn FnMut(&str, usize)), sink: &mut impl Sink) {
        let mut reading = Reading {
            tables: &self.tables,
            vocabulary: self.vocabulary,
            longest_gram: self.tables.longest_gram(),
            sink,
            has_word: false,
            last: None,
            open: Vec::new(),
            walk: Walk::default(),
        };
        let mut reader = TokenReader::default();
        for_each_word(&mut |word, characters| {
            reading.token(reader.read(word, characters));
            reader.overflow().into_iter().for_each(|end| reading.token(end));
        });
        reader.finish().into_iter().for_each(|end| reading.token(end));
    }

    /// Takes a text that the tables cut, where there are only words and pairs of characters to be found, as [`Reading`] would take its
    /// tokens.
    fn route(&self, route: &mut Route, sink: &mut impl Sink) {
        let (mut begin, mut at) = (0, 0);
        while let Some(mut token) = route.walk(&self.tables, begin, at, sink.words(), |number| self.weights.expect(number)) {
            if token.kinds.is(Kind::ASCII)
                && let Some(mixed) = route.mixed(&self.tables, at, token.start)
            {
                token = mixed;
            }
            sink.words().push(token.word);
            at = token.end;
            if token.kinds.is(Kind::ending(at - begin).0) {
                self.sentence(route, begin..at, sink);
                begin = at;
            }
        }
        if begin < route.characters() {
            self.sentence(route, begin..route.characters(), sink);
        }
    }

    /// Takes the pairs of characters of a sentence, and ends it.
    fn sentence(&self, route: &Route, sentence: Range<usize>, sink: &mut impl Sink) {
        route.grams(&self.tables, sentence.start, sentence.end, sink.grams());
        sink.end(sentence.len(), route.kinds(sentence.start, sentence.end).is(Kind::WORD));
    }
}

/// A text that is being read token by token.
struct Reading<'r, 'm, S> {
    tables: &'r Tables<'m>,
    vocabulary: Option<&'r Vocabulary>,
    longest_gram: usize,
    sink: &'r mut S,
    /// Whether the sentence has a word.
    has_word: bool,
    /// The last character, if nothing parts it from what comes next.
    last: Option<Code>,
    /// What may follow on n-grams that may go on.
    open: Vec<u32>,
    walk: Walk,
}

impl<S: Sink> Reading<'_, '_, S> {
    /// Takes the next token.
    fn token(&mut self, token: Token) {
        match token {
            Token::Word(word) => {
                let codes: Vec<Code> = word.chars().map(|c| self.tables.code(c)).collect();
                self.has_word = true;
                self.word(self.tables.word(codes.iter().copied()));
                for code in codes {
                    let last = self.last.replace(code);
                    let pair = last.map_or(Pair::default(), |last| self.tables.pair(last, code));
                    self.grams(code, &pair);
                }
            }
            Token::Gap => self.gap(),
            Token::SentenceEnd { characters } => {
                self.gap();
                self.sink.end(characters, std::mem::take(&mut self.has_word));
            }
        }
    }

    fn gap(&mut self) {
        self.last = None;
        self.open.clear();
        self.walk.gap();
    }

    fn word(&mut self, word: u32) {
        let words = self.sink.words();
        words.push(word);
        if let Some(vocabulary) = self.vocabulary {
            let column = word.checked_sub(1);
            vocabulary.step(&mut self.walk, column, |ngram| {
                if column != Some(ngram) {
                    words.push(number(ngram));
                }
            });
        }
    }

    /// Takes the n-grams that a character ends; `pair` is what is known of it and the one before it.
    fn grams(&mut self, code: Code, pair: &Pair) {
        let grams = self.sink.grams();
        if self.longest_gram > 2 {
            self.open.retain_mut(|children| {
                let node = self.tables.child(*children, code);
                grams.push(self.tables.gram(node));
                *children = self.tables.children(node);
                *children != 0
            });
            if pair.children() != 0 {
                self.open.push(pair.children());
            }
        }
        if self.longest_gram > 1 {
            grams.push(pair.gram(self.tables.first_gram()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary;
    use crate::model::Classifier;
    use crate::segmenter::build;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| Classifier::embedded().unwrap());

    /// Words, character n-grams, how many characters, and whether there is a word.
    type Sentence = (Vec<u32>, Vec<u32>, usize, bool);

    /// The sentences of a text.
    #[derive(Default)]
    struct Collected {
        met: [Met; 2],
        sentences: Vec<Sentence>,
    }

    impl Sink for Collected {
        fn words(&mut self) -> &mut Met {
            &mut self.met[0]
        }

        fn grams(&mut self) -> &mut Met {
            &mut self.met[1]
        }

        fn end(&mut self, characters: usize, has_word: bool) {
            let [words, grams] = self.met.each_mut().map(|met| {
                let mut numbers = met.numbers().to_vec();
                numbers.sort_unstable();
                met.clear();
                numbers
            });
            self.sentences.push((words, grams, characters, has_word));
        }
    }

    /// Words of the dictionary, among them all that have ASCII in them, and what stands between words.
    fn text() -> impl Strategy<Value = String> {
        let words: Vec<&'static str> = dictionary::words().map(|(word, _)| word).step_by(23).collect();
        let mixed = dictionary::words().map(|(word, _)| word).filter(|word| word.bytes().any(|b| b.is_ascii()));
        let piece = prop_oneof![
            8 => prop::sample::select(words).prop_map(str::to_owned),
            2 => prop::sample::select(mixed.collect::<Vec<_>>()).prop_map(str::to_owned),
            2 => "[0-9]{1,6}(\\.[0-9])?(%|万元)?",
            1 => "[A-Za-z0-9+#&._%-]{1,6}",
            1 => prop::sample::select(vec!["5G", "GDP", "gdp", "AI", "PM2.5", "WiFi", "A股", "T恤", "４Ａ", "①", "é", "Ⅲ类", "〇", "㐀", "αβ", "\r\n"])
                .prop_map(str::to_owned),
            3 => "[，。；、：:,!？\n 　（）“”]{1,2}",
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    /// The sentences of a text as its codes tell them, and as its words do.
    fn both_ways(tables: Tables, text: &str) -> [Vec<Sentence>; 2] {
        let (_, weights) = CLASSIFIER.tables_and_weights().unwrap();
        let features = Features { tables, weights, guessing: None, vocabulary: None };
        let (mut by_codes, mut by_words) = (Collected::default(), Collected::default());
        features.read_with_tables(text, &mut Scratch::default(), &mut by_codes);
        let (text, mut scratch) = (normalize(text), Scratch::default());
        let route = tables.cut(&text, &mut scratch, |_| ()).unwrap();
        features.read_words(|take| route.words().for_each(|(word, length)| take(word, length)), &mut by_words);
        [by_codes.sentences, by_words.sentences]
    }

    #[test]
    fn letters_inside_words_are_part_of_their_pairs() {
        let grams = ["维A", "A酸", "拉O", "OK"].map(str::to_owned).to_vec();
        let features = TableFeatures { words: vec![("维A酸", 1)], grams, first_gram: 2 };
        let bytes = build([("维A酸", 10), ("卡拉OK", 10)].into_iter(), &[], &features).unwrap();
        let [by_codes, by_words] = both_ways(Tables::new(&bytes).unwrap(), "维A酸和卡拉OK。");
        assert_eq!(by_codes, [(vec![1], vec![2, 3, 4, 5], 9, true)]);
        assert_eq!(by_codes, by_words);
    }

    #[test]
    fn there_may_be_more_features_than_numbers_of_leaves() {
        let characters: Vec<char> = ('一'..).take(42).collect();
        let three = |at: usize| [at / 42 / 42, at / 42 % 42, at % 42].map(|at| characters[at]).iter().collect();
        let words: Vec<String> = (0..42 * 42 * 42).map(three).collect();
        // Not in the order in which the tables meet the words.
        let number = |at: usize| (words.len() - at) as u32;
        let numbered = words.iter().enumerate().map(|(at, word)| (word.as_str(), number(at))).collect();
        let features = TableFeatures { words: numbered, grams: Vec::new(), first_gram: 80_000 };
        let bytes = build(words.iter().map(|word| (word.as_str(), 10)), &[], &features).unwrap();
        let tables = Tables::new(&bytes).unwrap();
        for at in (0..words.len()).step_by(997).chain([words.len() - 1]) {
            let [by_codes, by_words] = both_ways(tables, &format!("{}。", words[at]));
            assert_eq!(by_codes, [(vec![number(at)], vec![], 4, true)]);
            assert_eq!(by_codes, by_words);
        }
    }

    /// Tables of a file that was made to harm: whatever is in them, reading a text ends and does not panic.
    #[test]
    fn tables_made_to_harm_do_none() {
        let (_, weights) = CLASSIFIER.tables_and_weights().unwrap();
        let text = "建成高标准农田38万亩，GDP增长5.2%；1号店在A股上市，卡拉OK厅①处é。".repeat(20);
        let mut random = fastrand::Rng::with_seed(5);
        for every in [1, 1, 2, 20, 1000] {
            let mut bytes = CLASSIFIER.table_bytes().unwrap().to_vec();
            // What tells the tables' lengths stays.
            for byte in bytes[64..].iter_mut().step_by(every) {
                *byte = random.u8(..);
            }
            let tables = Tables::new(&bytes).unwrap();
            let features = Features { tables, weights, guessing: None, vocabulary: None };
            let mut collected = Collected::default();
            features.read_with_tables(&text, &mut Scratch::default(), &mut collected);
            let mut scratch = Scratch::default();
            features.route(&mut tables.cut(&text, &mut scratch, |_| ()).unwrap(), &mut collected);
            let characters: usize = collected.sentences.iter().map(|sentence| sentence.2).sum();
            assert_eq!(characters, 2 * text.chars().count());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn codes_tell_the_same_features_as_words(text in text()) {
            let [by_codes, by_words] = both_ways(CLASSIFIER.tables_and_weights().unwrap().0, &text);
            prop_assert_eq!(by_codes, by_words, "{}", text);
        }
    }
}
