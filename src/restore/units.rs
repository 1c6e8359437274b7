//! A damaged line as units: what each visible character was in bytes, and where a byte is missing.

use super::gbk::{FULL_WIDTH_LEAD, TABLE};
use super::han::is_han;
use super::pinyin;
use super::script::Converter;

/// One visible character of a line, with the pinyin annotations after it.
#[derive(Debug)]
pub(super) struct Unit {
    /// Where the character starts in the line.
    pub(super) start: usize,
    /// Where it ends, annotations included.
    pub(super) end: usize,
    /// The character itself.
    pub(super) visible: char,
    /// What it may have been.
    pub(super) kind: UnitKind,
    /// The syllable of the annotation after it; for a lost byte, of the residue.
    pub(super) syllable: Option<String>,
}

/// What a visible character was in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// Two bytes; other two if the page was converted to Traditional after it was damaged.
    Pair([u8; 2], Option<[u8; 2]>),
    /// One byte, or a full-width form that was folded to ASCII.
    Ascii(u8),
    /// Neither: it can be no part of a shifted run.
    Other,
    /// The sign for a byte that could not be read.
    Lost,
}

impl UnitKind {
    /// The last byte.
    pub(super) fn last_byte(self) -> Option<u8> {
        match self {
            Self::Pair([_, trail], _) => Some(trail),
            Self::Ascii(byte) => Some(byte),
            Self::Other | Self::Lost => None,
        }
    }
}

/// Whether `character` is what decoders leave in the place of a byte that they cannot read.
pub(super) fn is_loss(character: char) -> bool {
    matches!(character, '?' | '\u{FFFD}')
}

/// How many bytes are sure to hold a unit, annotations included.
const UNIT_BYTES: usize = 20;

/// Takes `line` from byte `from` on apart, lazily.
pub(super) struct Units<'a> {
    line: &'a str,
    at: usize,
    converter: Option<&'a Converter>,
}

impl<'a> Units<'a> {
    pub(super) fn new(line: &'a str, from: usize, converter: Option<&'a Converter>) -> Self {
        Self { line, at: from, converter }
    }

    /// The last units before byte `end` of `line`, at most `count` of them and none from before byte `floor`.
    pub(super) fn last(
        line: &'a str,
        floor: usize,
        end: usize,
        converter: Option<&'a Converter>,
        count: usize,
    ) -> Vec<Unit> {
        let mut from = end.saturating_sub(count * UNIT_BYTES).max(floor);
        while !line.is_char_boundary(from) {
            from += 1;
        }
        let mut units: Vec<Unit> = Units::new(line, from, converter).take_while(|unit| unit.start < end).collect();
        units.split_off(units.len().saturating_sub(count))
    }

    fn kind(&self, character: char) -> UnitKind {
        if is_loss(character) {
            return UnitKind::Lost;
        }
        if let Ok(byte) = u8::try_from(character)
            && byte.is_ascii()
        {
            return UnitKind::Ascii(byte);
        }
        TABLE.encode(character).map_or(UnitKind::Other, |pair| UnitKind::Pair(pair, self.other_pair(character)))
    }

    /// The bytes of the Simplified form of `character`, if that is another character.
    fn other_pair(&self, character: char) -> Option<[u8; 2]> {
        let simplified = self.converter?.simplified(character);
        (simplified != character).then(|| TABLE.encode(simplified)).flatten()
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let start = self.at;
        let visible = self.line.get(start..)?.chars().next()?;
        let kind = self.kind(visible);
        self.at += visible.len_utf8();
        let mut syllable = None;
        if kind == UnitKind::Lost
            && let Some(found) = self.line.get(self.at..).and_then(pinyin::residue)
        {
            self.at += found.length;
            syllable = Some(found.syllable);
        }
        // An annotation repeats now and then; the last one counts.
        while let Some(found) = self.line.get(self.at..).and_then(pinyin::annotation) {
            if syllable.is_some() && syllable.as_ref() != Some(&found.syllable) {
                break;
            }
            self.at += found.length;
            syllable = Some(found.syllable);
        }
        Some(Unit { start, end: self.at, visible, kind, syllable })
    }
}

/// The second byte of the full-width form of an ASCII byte.
pub(super) fn full_width_trail(byte: u8) -> u8 {
    byte | 0x80
}

/// Whether an ASCII byte may be a folded full-width form.
pub(super) fn may_be_folded(byte: u8) -> bool {
    (0x21..=0x7E).contains(&byte)
}

/// The character with these bytes, if a document may contain it.
pub(super) fn decode(lead: u8, trail: u8) -> Option<char> {
    TABLE.decode(lead, trail).filter(|&character| is_han(character) || is_document_symbol(lead, character))
}

/// Whether the character is one of the signs that stand in Chinese documents: the rows of punctuation, numbers and full-width forms.
fn is_document_symbol(lead: u8, character: char) -> bool {
    matches!(lead, 0xA1..=FULL_WIDTH_LEAD) && !super::han::is_private_use(character)
}
