//! `ToUnicode` maps of PDF fonts.
//!
//! lopdf has a reader for them, which unfolds every range; a range of four billion codes, which takes 20 bytes to write, would end the
//! program. Here ranges stay ranges.

use std::collections::HashMap;

/// From codes to text.
#[derive(Debug, Default)]
pub(super) struct ToUnicode {
    /// By the code's length in bytes and its number.
    single: HashMap<(usize, u32), String>,
    ranges: Vec<Range>,
}

/// Codes of `length` bytes from `first` to `last`, which mean `text` with its last unit counted up.
#[derive(Debug)]
struct Range {
    length: usize,
    first: u32,
    last: u32,
    text: Vec<u16>,
}

/// What a map is written in.
enum Token {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(Vec<u8>),
}

impl ToUnicode {
    /// Reads a map. What is broken in it is left out.
    pub(super) fn parse(map: &[u8]) -> ToUnicode {
        let mut found = ToUnicode::default();
        let mut tokens = Tokens { rest: map };
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(word) if word == b"beginbfchar" => found.read_characters(&mut tokens),
                Token::Word(word) if word == b"beginbfrange" => found.read_ranges(&mut tokens),
                _ => {}
            }
        }
        // Ranges of a sound map do not overlap, so that one search finds the only one that can hold a code.
        found.ranges.sort_by_key(|range| (range.length, range.first));
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.single.is_empty() && self.ranges.is_empty()
    }

    /// The text of a code.
    pub(super) fn get(&self, length: usize, code: u32) -> Option<String> {
        if let Some(text) = self.single.get(&(length, code)) {
            return Some(text.clone());
        }
        let after = self.ranges.partition_point(|range| (range.length, range.first) <= (length, code));
        let range = self.ranges.get(after.checked_sub(1)?)?;
        if range.length != length || code > range.last {
            return None;
        }
        let mut text = range.text.clone();
        let last = text.last_mut()?;
        *last = last.wrapping_add(u16::try_from(code - range.first).ok()?);
        Some(String::from_utf16_lossy(&text))
    }

    fn read_characters(&mut self, tokens: &mut Tokens<'_>) {
        while let (Some(Token::Hex(code)), Some(Token::Hex(text))) = (tokens.next(), tokens.next()) {
            self.insert(&code, 0, &text);
        }
    }

    fn read_ranges(&mut self, tokens: &mut Tokens<'_>) {
        while let (Some(Token::Hex(first)), Some(Token::Hex(last))) = (tokens.next(), tokens.next()) {
            match tokens.next() {
                Some(Token::Hex(text)) => self.ranges.push(Range {
                    length: first.len(),
                    first: number(&first),
                    last: number(&last),
                    text: units(&text),
                }),
                Some(Token::Open) => {
                    let mut offset = 0;
                    while let Some(Token::Hex(text)) = tokens.next() {
                        self.insert(&first, offset, &text);
                        offset += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn insert(&mut self, code: &[u8], offset: u32, text: &[u8]) {
        let text = String::from_utf16_lossy(&units(text));
        self.single.insert((code.len(), number(code).wrapping_add(offset)), text);
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// UTF-16 units, big end first.
fn units(bytes: &[u8]) -> Vec<u16> {
    match bytes {
        [single] => vec![u16::from(*single)],
        _ => bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte))).collect(),
    }
}

/// The tokens of a map, as far as text needs them.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest {
                [] => return None,
                [b'%', ..] => {
                    self.take_until(|byte| byte == b'\n' || byte == b'\r');
                }
                [b'<', b'<', rest @ ..] | [b'>', b'>', rest @ ..] => self.rest = rest,
                [b'[', rest @ ..] => {
                    self.rest = rest;
                    return Some(Token::Open);
                }
                [b']', rest @ ..] => {
                    self.rest = rest;
                    return Some(Token::Close);
                }
                [b'<', rest @ ..] => {
                    self.rest = rest;
                    let digits = self.take_until(|byte| byte == b'>');
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    return Some(Token::Hex(hex(digits)));
                }
                [_, ..] => {
                    let word = self.take_word();
                    return Some(Token::Word(word.to_vec()));
                }
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| ends(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A word, at least a byte long so that reading goes on.
    fn take_word(&mut self) -> &'a [u8] {
        let word = self.take_until(|byte| byte.is_ascii_whitespace() || b"<>[]%".contains(&byte));
        if !word.is_empty() {
            return word;
        }
        let (taken, rest) = self.rest.split_at(self.rest.len().min(1));
        self.rest = rest;
        taken
    }
}

/// The bytes of hexadecimal digits.
fn hex(digits: &[u8]) -> Vec<u8> {
    let values: Vec<u8> = digits.iter().filter_map(|digit| (*digit as char).to_digit(16)).map(|value| value as u8).collect();
    values.chunks(2).map(|pair| pair.iter().fold(0, |byte, value| (byte << 4) | value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_ranges_and_lists() {
        let map = ToUnicode::parse(
            b"1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfchar <01> <971C> <02> <6CB30041> endbfchar
              2 beginbfrange <0010> <0012> <4E00> <20> <21> [<5E02> <53BF>] endbfrange",
        );
        let text = |length, code| map.get(length, code);
        assert_eq!(text(1, 1).as_deref(), Some("霜"));
        assert_eq!(text(1, 2).as_deref(), Some("河A"));
        assert_eq!(text(2, 0x11).as_deref(), Some("丁"));
        assert_eq!(text(1, 0x21).as_deref(), Some("县"));
        assert_eq!(text(2, 1), None);
    }

    #[test]
    fn a_range_of_all_codes_costs_nothing() {
        let map = ToUnicode::parse(b"beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange");
        assert_eq!(map.get(4, 1).as_deref(), Some("B"));
    }
}
