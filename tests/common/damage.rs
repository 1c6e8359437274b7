//! Makes on clean text the damage that web copies make. Everything is drawn from a generator with a seed.

#![allow(dead_code, reason = "each test file uses a part")]

use encoding_rs::GB18030;
use ferrous_opencc::OpenCC;
use pinyin::ToPinyin;
use policy_topics::restore::is_han;

/// What is damaged, and how.
#[derive(Clone, Copy)]
pub struct Damage {
    /// Of a hundred characters, how many are annotated.
    pub annotated: u32,
    /// Of a hundred punctuation marks, how many lose their first byte.
    pub lost: u32,
    /// Whether annotations are put in byte by byte, also where two halves of characters look like one.
    pub bytewise: bool,
    /// Whether the decoder takes with a byte that it cannot read the one after.
    pub swallows: bool,
}

/// A damaged paragraph.
pub struct Damaged {
    pub text: String,
    /// How many Chinese characters are in runs that read one byte off.
    pub in_runs: usize,
    pub lossy: bool,
}

/// Makes `clean` Traditional, annotates it, loses bytes, and reads what is left.
pub fn damage(clean: &str, how: Damage, opencc: &OpenCC, random: &mut fastrand::Rng) -> Damaged {
    let traditional = opencc.convert(clean);
    let mut bytes = Vec::new();
    // Which bytes a character starts at, and whether it is Chinese.
    let mut starts = Vec::new();
    let mut lossy = false;
    for character in traditional.chars() {
        let mut buffer = [0; 4];
        let (encoded, _, _) = GB18030.encode(character.encode_utf8(&mut buffer));
        let is_mark = matches!(character, '，' | '。' | '、' | '；' | '：' | '“' | '”');
        let loses = is_mark && random.u32(..100) < how.lost;
        lossy |= loses;
        for (nth, &byte) in encoded.iter().enumerate() {
            starts.push((nth == 0).then(|| is_han(character)));
            bytes.push(if loses && nth == 0 { b'?' } else { byte });
        }
    }
    let annotations = annotations(&traditional, how, random);
    let (bytes, starts) = annotate(&bytes, &starts, &annotations, how.bytewise);
    decode(&bytes, &starts, how, lossy)
}

/// The characters that are annotated wherever they stand, with their readings: pages annotate the same characters everywhere.
fn annotations(text: &str, how: Damage, random: &mut fastrand::Rng) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut seen = std::collections::BTreeSet::new();
    let han = text.chars().filter(|&character| is_han(character) && seen.insert(character));
    han.filter(|_| random.u32(..100) < how.annotated)
        .filter_map(|character| {
            let syllable = format!("({})", character.to_pinyin()?.with_tone());
            let encoded = GB18030.encode(&character.to_string()).0.into_owned();
            (encoded.len() == 2).then(|| (encoded, GB18030.encode(&syllable).0.into_owned()))
        })
        .collect()
}

type Starts = Vec<Option<bool>>;

fn annotate(bytes: &[u8], starts: &Starts, annotations: &[(Vec<u8>, Vec<u8>)], bytewise: bool) -> (Vec<u8>, Starts) {
    let mut annotated = (Vec::new(), Vec::new());
    let mut last = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        annotated.0.push(byte);
        annotated.1.push(starts[at]);
        let whole = at >= 1 && starts[at].is_none();
        if at > last
            && (whole || bytewise)
            && let Some((_, reading)) = annotations.iter().find(|(pair, _)| pair[..] == bytes[at - 1..=at])
        {
            annotated.0.extend(reading);
            annotated.1.extend(reading.iter().map(|_| Some(false)));
            last = at + 1;
        }
    }
    annotated
}

/// Reads bytes as a browser of old did, and folds what is full-width.
fn decode(bytes: &[u8], starts: &Starts, how: Damage, lossy: bool) -> Damaged {
    let mut text = String::new();
    let mut seen = vec![false; bytes.len()];
    let mut unreadable = false;
    let mut at = 0;
    while at < bytes.len() {
        seen[at] = true;
        let byte = bytes[at];
        if byte < 0x80 {
            text.push(char::from(byte));
            at += 1;
            continue;
        }
        let pair = bytes.get(at..at + 2).and_then(|pair| GB18030.decode_without_bom_handling_and_without_replacement(pair));
        if let Some(character) = pair.and_then(|pair| pair.chars().next()) {
            text.push(fold(character));
            at += 2;
        } else {
            unreadable = true;
            text.push('?');
            at += if how.swallows && bytes.get(at + 1).is_some_and(|&next| next < 0x40) { 2 } else { 1 };
        }
    }
    let in_runs = starts.iter().zip(&seen).filter(|(start, seen)| **start == Some(true) && !**seen).count();
    Damaged { text, in_runs, lossy: lossy || unreadable }
}

fn fold(character: char) -> char {
    match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}
