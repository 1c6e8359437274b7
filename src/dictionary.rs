//! The words that every segmenter knows, with their frequencies: jieba's dictionary, as `dictionary/README.md` says.

use std::io::Read;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

const COMPRESSED: &[u8] = include_bytes!("../dictionary/jieba.txt.gz");

/// The dictionary's text: one `word frequency` a line.
pub(crate) fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut text = String::new();
        // The bytes are part of the program, and a test reads them whole.
        let _ = flate2::read::GzDecoder::new(COMPRESSED).read_to_string(&mut text);
        text
    })
}

/// The words and their frequencies.
pub(crate) fn words() -> impl Iterator<Item = (&'static str, u64)> {
    text().lines().filter_map(|line| {
        let (word, frequency) = line.split_once(' ')?;
        Some((word, frequency.parse().ok()?))
    })
}

/// The frequency of a word, if the dictionary has it. The first call makes the table.
pub(crate) fn frequency(word: &str) -> Option<u64> {
    static TABLE: OnceLock<FxHashMap<&'static str, u64>> = OnceLock::new();
    TABLE.get_or_init(|| words().collect()).get(word).copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn holds_what_jieba_holds() {
        // The figures of jieba-rs 0.11.0's dict.txt.
        assert_eq!(super::words().count(), 349_045);
        assert_eq!(super::words().map(|(_, frequency)| frequency).sum::<u64>(), 60_101_964);
        let jieba = jieba_rs::Jieba::new();
        assert!(super::words().all(|(word, _)| jieba.has_word(word)));
    }
}
