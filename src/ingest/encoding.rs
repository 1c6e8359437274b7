//! Bytes to text: which encoding a file is in, and whether the text came through whole.
//!
//! The order of evidence: what the user says; a byte order mark; being valid UTF-8, which text in other encodings all but never is; then
//! the candidate whose decoding looks most like Chinese. chardetng alone is unsure between GB18030 and Big5 on short files, and does not
//! consider damaged UTF-8 or UTF-16 without a mark, so every candidate is decoded and its common characters are counted.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Decoder, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::common::COMMON;
use super::error::Reason;

/// How much of a file is decoded to judge a candidate.
const SAMPLE_BYTES: usize = 64 * 1024;

/// The least share of common Chinese characters for a decoding to be taken for Chinese.
const CHINESE_SHARE: f64 = 0.3;

/// From how many characters beyond ASCII on valid UTF-8 is no accident. Two-byte encodings do form valid UTF-8 by chance in a word or two
/// (GBK's 联通 is the famous one).
const SURE_UTF8: usize = 12;

/// Text and how it was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The text, without byte order mark.
    pub(super) text: String,
    /// The encoding used.
    pub(super) encoding: &'static Encoding,
    /// Byte sequences that fit no character and became U+FFFD.
    pub(super) malformed: usize,
}

/// Decodes `bytes` in the encoding the user gave, or else the likeliest one; `declared` is what the document says of itself.
///
/// # Errors
///
/// [`Reason::WrongEncoding`] when the user's encoding does not fit. A document's own declaration is only a hint: web pages that declare
/// one encoding and are in another are common.
pub(super) fn decode(
    bytes: &[u8],
    forced: Option<&'static Encoding>,
    declared: Option<&'static Encoding>,
) -> Result<Decoded, Reason> {
    match forced {
        Some(encoding) => decode_forced(bytes, encoding),
        None => Ok(decode_as(bytes, detect(bytes, declared))),
    }
}

/// Decodes in the encoding the user gave, all or nothing.
fn decode_forced(bytes: &[u8], encoding: &'static Encoding) -> Result<Decoded, Reason> {
    // GBK is what users say; GB18030 is the same with more characters.
    let encoding = if encoding == GBK { GB18030 } else { encoding };
    let likely = detect(bytes, None);
    let wrong = |offset: usize| Reason::WrongEncoding {
        declared: encoding.name(),
        offset,
        byte: bytes.get(offset).copied().unwrap_or_default(),
        likely: likely.name(),
    };
    if encoding != likely && is_surely(bytes, likely) {
        // It would decode without a complaint, to nonsense.
        return Err(wrong(bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or_default()));
    }
    match first_malformed(encoding.new_decoder_with_bom_removal(), bytes) {
        Some(offset) => Err(wrong(offset)),
        None => Ok(decode_as(bytes, encoding)),
    }
}

/// True when the bytes leave no doubt that they are `encoding`.
fn is_surely(bytes: &[u8], encoding: &'static Encoding) -> bool {
    if let Some((marked, _)) = Encoding::for_bom(bytes) {
        return marked == encoding;
    }
    encoding == UTF_8
        && std::str::from_utf8(bytes)
            .is_ok_and(|text| text.chars().filter(|c| !c.is_ascii()).take(SURE_UTF8).count() == SURE_UTF8)
}

/// Where the first byte sequence begins that `decoder` cannot read.
fn first_malformed(mut decoder: Decoder, bytes: &[u8]) -> Option<usize> {
    let mut buffer = [0_u16; 4096];
    let mut position = 0;
    loop {
        let rest = bytes.get(position..)?;
        let (result, read, _) = decoder.decode_to_utf16_without_replacement(rest, &mut buffer, true);
        position += read;
        match result {
            DecoderResult::InputEmpty => return None,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, consumed_after) => {
                return Some(position.saturating_sub(usize::from(length) + usize::from(consumed_after)));
            }
        }
    }
}

/// Decodes with replacement characters, which are counted apart from those that the text itself holds.
fn decode_as(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, encoding, had_errors) = encoding.decode(bytes);
    let malformed = if had_errors { text.matches('\u{FFFD}').count().max(1) } else { 0 };
    Decoded { text: text.into_owned(), encoding, malformed }
}

/// The likeliest encoding of `bytes`.
pub(super) fn detect(bytes: &[u8], declared: Option<&'static Encoding>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() && !looks_like_utf16(bytes) {
        return UTF_8;
    }
    let guess = guess(bytes);
    let candidates = [declared.unwrap_or(guess), guess, GB18030, BIG5, UTF_8, UTF_16LE, UTF_16BE];
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let mut best = (CHINESE_SHARE, declared.unwrap_or(guess));
    for encoding in candidates.map(|encoding| if encoding == GBK { GB18030 } else { encoding }) {
        let share = chinese_share(sample, encoding);
        // Strictly greater: of equals the first stands, which is the declared one, then chardetng's.
        if share > best.0 {
            best = (share, encoding);
        }
    }
    best.1
}

/// chardetng's guess.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(Some(b"cn"), Utf8Detection::Deny)
}

/// True for text whose every other byte is often zero: ASCII marks and digits in UTF-16. ASCII files are valid UTF-8 too, but hold no zero.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    bytes.len().is_multiple_of(2) && even.min(odd) == 0 && even.max(odd) * 50 > sample.len()
}

/// The share of common Chinese characters among those beyond ASCII in the decoding of `sample`, less a penalty for what is malformed.
fn chinese_share(sample: &[u8], encoding: &'static Encoding) -> f64 {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(sample.len()).unwrap_or(sample.len()));
    // Not the last piece: a character cut in two at the sample's end is no error.
    let _ = decoder.decode_to_string(sample, &mut text, false);
    let (mut common, mut wide, mut bad) = (0_usize, 0_usize, 0_usize);
    for character in text.chars().filter(|character| !character.is_ascii()) {
        wide += 1;
        if is_common(character) {
            common += 1;
        } else if character == '\u{FFFD}' || ('\u{E000}'..='\u{F8FF}').contains(&character) {
            bad += 1;
        }
    }
    if wide == 0 {
        return 0.0;
    }
    (common as f64 - 4.0 * bad as f64) / wide as f64
}

/// True for the commonest characters and the marks of Chinese text.
fn is_common(character: char) -> bool {
    if matches!(character, '，' | '。' | '、' | '：' | '；' | '“' | '”' | '《' | '》' | '（' | '）' | '\u{3000}')
    {
        return true;
    }
    matches!(character, '\u{4E00}'..='\u{9FFF}') && common_set().binary_search(&character).is_ok()
}

/// [`COMMON`], sorted.
fn common_set() -> &'static [char] {
    static SET: std::sync::OnceLock<Vec<char>> = std::sync::OnceLock::new();
    SET.get_or_init(|| {
        let mut characters: Vec<char> = COMMON.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        characters
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMPLIFIED: &str = "全市经济运行总体平稳，新增就业三万人。";
    const TRADITIONAL: &str = "全市經濟運行總體平穩，新增就業三萬人。";

    fn detected(bytes: &[u8]) -> Decoded {
        decode(bytes, None, None).unwrap()
    }

    #[test]
    fn chinese_encodings_are_told_apart() {
        for (text, encoding) in [(SIMPLIFIED, GB18030), (TRADITIONAL, GB18030), (TRADITIONAL, BIG5)] {
            let (bytes, _, _) = encoding.encode(text);
            let decoded = detected(&bytes);
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text, encoding));
        }
    }

    #[test]
    fn utf16_with_and_without_mark() {
        let text = format!("2031年：{SIMPLIFIED}");
        for mark in [true, false] {
            let start = if mark { vec![0xFEFF] } else { vec![] };
            let units: Vec<u16> = start.into_iter().chain(text.encode_utf16()).collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(detected(&little).text, text);
            assert_eq!(detected(&big).text, text);
        }
    }

    #[test]
    fn valid_utf8_wins_over_a_declaration() {
        let decoded = decode(SIMPLIFIED.as_bytes(), None, Some(GBK)).unwrap();
        assert_eq!(decoded.encoding, UTF_8);
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let mut bytes = SIMPLIFIED.repeat(20).into_bytes();
        bytes.remove(100);
        let decoded = detected(&bytes);
        assert_eq!(decoded.encoding, UTF_8);
        assert!(decoded.malformed > 0);
    }

    #[test]
    fn the_wrong_encoding_is_refused_with_the_byte() {
        let (bytes, _, _) = GB18030.encode("ab经济");
        let error = decode(&bytes, Some(UTF_8), None).unwrap_err();
        assert!(matches!(error, Reason::WrongEncoding { offset: 2, byte: 0xBE, .. }), "{error:?}");
        let error = decode(format!("a{SIMPLIFIED}").as_bytes(), Some(GBK), None).unwrap_err();
        assert!(matches!(error, Reason::WrongEncoding { offset: 1, likely: "UTF-8", .. }), "{error:?}");
    }
}
