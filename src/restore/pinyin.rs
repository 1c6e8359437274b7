//! Pinyin annotations: `經(jīng)濟(jì)` back to `經濟`.
//!
//! Pages that were made unfit for copying carry the reading of single characters in brackets. An annotation is removed only where the
//! syllable in it is a reading of the character before it, so that `(GDP)`, `5(km)` and a gloss of a foreign word stay.

use pinyin::ToPinyinMulti;

use super::han::is_han;

/// The longest syllable, in characters: `zhuāng`, and room for a combining tone mark and for spaces.
const LONGEST: usize = 10;

/// Removes every annotation from `line`; returns the clean line and how many there were, or nothing if there was none.
pub(super) fn remove(line: &str) -> Option<(String, usize)> {
    if !line.contains(['(', '（']) {
        return None;
    }
    let mut clean = String::with_capacity(line.len());
    let mut removed = 0;
    let mut last = None;
    let mut tail = line;
    while let Some(character) = tail.chars().next() {
        let annotation = annotation_of(last, character, tail);
        let step = annotation.unwrap_or(character.len_utf8());
        let (head, rest) = tail.split_at_checked(step)?;
        if annotation.is_some() {
            removed += 1;
        } else {
            clean.push_str(head);
            last = Some(character);
        }
        tail = rest;
    }
    (removed > 0).then_some((clean, removed))
}

/// Whether `line` has an annotation of a character, or the residue of one after a mark of loss.
pub(super) fn is_annotated(line: &str) -> bool {
    if !line.contains(['(', '（', '?']) {
        return false;
    }
    let mut last = None;
    line.char_indices().any(|(at, character)| {
        let tail = line.get(at..).unwrap_or_default();
        let residual = last == Some('?') && residue(tail).is_some();
        let annotated = residual || annotation_of(last, character, tail).is_some();
        last = Some(character);
        annotated
    })
}

/// The length of the annotation of `last` that `tail`, which starts with `character`, starts with.
fn annotation_of(last: Option<char>, character: char, tail: &str) -> Option<usize> {
    let last = last.filter(|&last| matches!(character, '(' | '（') && is_han(last))?;
    let found = annotation(tail)?;
    is_reading(last, &found.syllable).then_some(found.length)
}

/// A bracketed syllable at the head of a text.
pub(super) struct Annotation {
    /// The syllable in lower case, tone marks composed.
    pub(super) syllable: String,
    /// Bytes from the opening bracket to past the closing one.
    pub(super) length: usize,
}

/// The bracketed syllable that `text` starts with.
pub(super) fn annotation(text: &str) -> Option<Annotation> {
    let open = text.chars().next().filter(|character| matches!(character, '(' | '（'))?;
    let mut found = residue(text.get(open.len_utf8()..)?)?;
    found.length += open.len_utf8();
    Some(found)
}

/// The rest of an annotation, without its opening bracket, that `text` starts with: `xùn)`.
pub(super) fn residue(text: &str) -> Option<Annotation> {
    let mut syllable = String::new();
    for (at, character) in text.char_indices().take(LONGEST) {
        match character {
            ')' | '）' => {
                let syllable = compose(&syllable);
                return has_tone(&syllable).then_some(Annotation { syllable, length: at + character.len_utf8() });
            }
            ' ' => {}
            _ => syllable.push(plain_letter(character)?),
        }
    }
    None
}

/// `character` in the form that reading tables use, or nothing if no syllable contains it.
fn plain_letter(character: char) -> Option<char> {
    match character {
        'a'..='z' | '\u{300}' | '\u{301}' | '\u{304}' | '\u{308}' | '\u{30C}' => Some(character),
        'A'..='Z' => Some(character.to_ascii_lowercase()),
        'ɡ' => Some('g'),
        'ɑ' => Some('a'),
        _ if base(character) != character => Some(character),
        'ü' => Some(character),
        _ => None,
    }
}

/// Each vowel with its forms in the four tones.
const TONED: [(char, &str); 6] = [('a', "āáǎà"), ('e', "ēéěè"), ('i', "īíǐì"), ('o', "ōóǒò"), ('u', "ūúǔù"), ('ü', "ǖǘǚǜ")];

/// The combining marks of the four tones, in the order of the forms in [`TONED`].
const MARKS: [char; 4] = ['\u{304}', '\u{301}', '\u{30C}', '\u{300}'];

/// `syllable` with letter and combining tone mark as one character.
fn compose(syllable: &str) -> String {
    let mut composed = String::with_capacity(syllable.len());
    for character in syllable.chars() {
        let marked = MARKS.iter().position(|&mark| mark == character).and_then(|tone| {
            let base = composed.chars().next_back()?;
            let forms = TONED.iter().find(|(vowel, _)| *vowel == base)?.1;
            forms.chars().nth(tone)
        });
        match (marked, character) {
            (Some(marked), _) => {
                composed.pop();
                composed.push(marked);
            }
            (None, '\u{308}') if composed.ends_with('u') => {
                composed.pop();
                composed.push('ü');
            }
            _ => composed.push(character),
        }
    }
    composed
}

/// Whether `syllable` carries a tone mark or is one of the few syllables that are read without tone.
fn has_tone(syllable: &str) -> bool {
    const WITHOUT_TONE: [&str; 9] = ["de", "le", "me", "men", "ne", "ma", "ba", "zhe", "zi"];
    syllable.chars().any(|character| base(character) != character) || WITHOUT_TONE.contains(&syllable)
}

/// The vowel of a toned vowel; any other character as it is.
fn base(character: char) -> char {
    match character {
        'ā' | 'á' | 'ǎ' | 'à' => 'a',
        'ē' | 'é' | 'ě' | 'è' => 'e',
        'ī' | 'í' | 'ǐ' | 'ì' => 'i',
        'ō' | 'ó' | 'ǒ' | 'ò' => 'o',
        'ū' | 'ú' | 'ǔ' | 'ù' => 'u',
        'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => 'ü',
        _ => character,
    }
}

/// Whether `syllable` is a reading of `character`, be it Traditional or Simplified.
///
/// The tone may differ (一 and 不 change theirs with what follows), but then the syllable must be marked with one.
pub(super) fn is_reading(character: char, syllable: &str) -> bool {
    let Some(readings) = character.to_pinyin_multi() else {
        return false;
    };
    let toned = syllable.chars().any(|each| base(each) != each);
    readings.into_iter().any(|reading| {
        let reading = reading.with_tone();
        reading == syllable || (toned && reading.chars().map(base).eq(syllable.chars().map(base)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(line: &str) -> String {
        remove(line).map_or_else(|| line.to_owned(), |(clean, _)| clean)
    }

    #[test]
    fn readings_of_the_character_before_are_removed() {
        assert_eq!(removed("經(jīng)濟(jì)"), "經濟");
        assert_eq!(removed("我(wǒ)(wǒ)們"), "我們");
        assert_eq!(removed("学(xué)校（xiào）"), "学校");
        assert_eq!(removed("不(bú)是一(yí)样"), "不是一样");
    }

    #[test]
    fn a_tone_may_be_a_combining_mark() {
        assert_eq!(removed("女(nu\u{308}\u{30C})子"), "女子");
        assert_eq!(removed("大(da\u{300})"), "大");
    }

    #[test]
    fn other_brackets_stay() {
        for line in
            ["(PM2.5)浓度", "总值(GDP)增长", "5(km)", "力(lì", "山(shuǐ)", "里(li)程", "(一)", "甲（乙）", "x(xī)", "(wǒ)我"]
        {
            assert_eq!(remove(line), None, "{line}");
        }
    }

    #[test]
    fn a_residue_has_no_opening_bracket() {
        let found = residue("xùn)北").map(|found| (found.syllable, found.length));
        assert_eq!(found, Some(("xùn".to_owned(), 5)));
        assert!(residue("GDP)").is_none());
    }
}
