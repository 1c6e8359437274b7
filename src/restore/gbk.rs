//! The two-byte part of GB18030: characters to byte pairs and back.
//!
//! Both directions are tables made once by decoding every pair with `encoding_rs`, because repairing a run asks for thousands of single
//! characters and a decoder is built for streams.

use std::sync::LazyLock;

use encoding_rs::GB18030;
use rustc_hash::FxHashMap;

/// Every byte that can lead a two-byte character.
pub(super) const LEADS: std::ops::RangeInclusive<u8> = 0x81..=0xFE;

/// A trail byte lies in `0x40..=0xFE`; `0x7F` lies there too and is never used.
const FIRST_TRAIL: u8 = 0x40;
const TRAILS: usize = 0xFE - 0x40 + 1;

/// The first byte of every full-width form of an ASCII character; the second is the ASCII code with its top bit set.
pub(super) const FULL_WIDTH_LEAD: u8 = 0xA3;

/// Stands in the table for a pair that is no character.
const NONE: char = '\0';

/// Pairs to characters and characters to pairs.
pub(super) struct Table {
    by_pair: Vec<char>,
    by_char: FxHashMap<char, [u8; 2]>,
}

/// The table, made when it is first asked for: a clean document never asks.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut by_pair = Vec::with_capacity(LEADS.count() * TRAILS);
        let mut by_char = FxHashMap::default();
        for lead in LEADS {
            for trail in FIRST_TRAIL..=0xFE {
                let decoded = decode_slowly(lead, trail);
                by_pair.push(decoded.unwrap_or(NONE));
                if let Some(character) = decoded {
                    by_char.entry(character).or_insert([lead, trail]);
                }
            }
        }
        Self { by_pair, by_char }
    }

    /// The character whose bytes are `lead` and `trail`.
    pub(super) fn decode(&self, lead: u8, trail: u8) -> Option<char> {
        let row = usize::from(lead.checked_sub(*LEADS.start())?);
        let column = usize::from(trail.checked_sub(FIRST_TRAIL)?);
        if column >= TRAILS {
            return None;
        }
        self.by_pair.get(row * TRAILS + column).copied().filter(|&character| character != NONE)
    }

    /// Every character that has two bytes, in no order.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> + '_ {
        self.by_char.keys().copied()
    }

    /// The two bytes of `character`, if it has just two.
    pub(super) fn encode(&self, character: char) -> Option<[u8; 2]> {
        self.by_char.get(&character).copied()
    }
}

fn decode_slowly(lead: u8, trail: u8) -> Option<char> {
    let bytes = [lead, trail];
    let text = GB18030.decode_without_bom_handling_and_without_replacement(&bytes)?;
    let mut characters = text.chars();
    let first = characters.next()?;
    (characters.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_characters_map_to_each_other() {
        assert_eq!(TABLE.decode(0xB9, 0xFA), Some('国'));
        assert_eq!(TABLE.encode('国'), Some([0xB9, 0xFA]));
        assert_eq!(TABLE.decode(0xA3, 0xA1), Some('！'));
        assert_eq!(TABLE.encode('東'), Some([0x96, b'|']));
    }

    #[test]
    fn bytes_outside_the_two_byte_part_are_no_character() {
        for (lead, trail) in [(0x80, 0x40), (0xFF, 0x40), (0x81, 0x39), (0x81, 0x7F), (0x81, 0xFF)] {
            assert_eq!(TABLE.decode(lead, trail), None);
        }
        assert_eq!(TABLE.encode('a'), None);
        assert_eq!(TABLE.encode('😀'), None);
    }
}
