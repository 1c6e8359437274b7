//! A text that has been cut into words.

use std::hint::select_unpredictable;

use super::kind::Kind;
use super::layout::NONE;
use super::tables::Tables;
use super::{Placed, Spot};
use crate::met::Met;

/// A text that has been cut into words.
#[derive(Debug)]
pub(crate) struct Route<'t, 'r> {
    text: &'t str,
    odd: bool,
    /// For each character it and the one before it, and at last what follows it.
    pairs: &'r mut [Placed],
    kinds: &'r mut [Kind],
    spots: &'r mut [Spot],
}

/// A token: a word, or what parts words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteToken {
    /// Where it begins and ends, in characters.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The number as a word; [`NONE`] if it is no feature.
    pub(crate) word: u32,
    /// What kinds of characters it has.
    pub(crate) kinds: Kind,
}

impl<'t, 'r> Route<'t, 'r> {
    /// There is one pair more than there are characters.
    pub(super) fn new(
        text: &'t str,
        odd: bool,
        pairs: &'r mut [Placed],
        kinds: &'r mut [Kind],
        spots: &'r mut [Spot],
    ) -> Self {
        Route { text, odd, pairs, kinds, spots }
    }

    /// How many characters there are.
    pub(crate) fn characters(&self) -> usize {
        self.spots.len()
    }

    /// Whether there are characters or features that [`Route::walk`] does not know how to take.
    pub(crate) fn is_odd(&self) -> bool {
        self.odd
    }

    /// The words in order, as they stand in the text, and how many characters each has. Together they are the text.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&'t str, usize)> {
        let (mut start, mut rest) = (0, self.text);
        std::iter::from_fn(move || {
            let mut end = self.end(start)?;
            // Only this pair of control characters stays together.
            end += usize::from(rest.starts_with("\r\n"));
            let bytes = rest.char_indices().nth(end - start).map_or(rest.len(), |(at, _)| at);
            let word;
            (word, rest) = rest.split_at(bytes);
            Some((word, end - std::mem::replace(&mut start, end)))
        })
    }

    /// Where the word ends that begins at a character, if there is one.
    fn end(&self, start: usize) -> Option<usize> {
        let mut end = start + self.spots.get(start)?.length as usize;
        if self.is_single(start) {
            // Single letters and digits that follow one another are one word.
            while self.is_single(end) {
                end += 1;
            }
        }
        Some(end)
    }

    /// Whether a letter or digit begins no longer word of the dictionary.
    fn is_single(&self, at: usize) -> bool {
        self.spots.get(at).is_some_and(|spot| spot.length == 1) && self.kinds[at].is(Kind::ALPHANUMERIC)
    }

    /// Takes words and marks, and gives the numbers of words that are features to `words`, up to the next one that may end a sentence
    /// that begins at `begin`, or that may be a word with ASCII in it; that one is returned. Where it has ASCII it is for
    /// [`Route::mixed`]. A figure is taken digit by digit, since it is no word. `expect` is told all numbers early.
    #[inline(never)]
    pub(crate) fn walk(
        &self,
        tables: &Tables,
        begin: usize,
        mut start: usize,
        words: &mut Met,
        expect: impl Fn(u32),
    ) -> Option<RouteToken> {
        let (spots, characters) = (&*self.spots, self.spots.len());
        let (kinds, pairs) = (&self.kinds[..characters], &self.pairs[1..][..characters]);
        let mut words = words.open(characters - start);
        // What ends the sentence, and where there is more that does.
        let (mut ending, mut until) = (Kind::default(), begin);
        while let Some(spot) = spots.get(start) {
            let end = start + spot.length as usize;
            // Without a branch: no one can guess how long it is.
            let single = tables.single_word(pairs[start].first());
            let mut word = select_unpredictable(spot.length == 1, single, spot.pair().word());
            let ascii = select_unpredictable(spot.length == 1, Kind::LETTER, Kind::ASCII);
            let mut kind = kinds[start].or(kinds[end - 1]);
            if spot.length > 2 {
                word = tables.leaf_word(spot.leaf).unwrap_or_else(|| self.word(tables, start, end));
                kind = self.kinds(start, end);
            }
            if end >= until {
                let characters;
                (ending, characters) = Kind::ending(end - begin);
                until = begin.saturating_add(characters);
            }
            if kind.is(ending.or(ascii)) {
                words.close();
                return Some(RouteToken { start, end, word, kinds: kind });
            }
            expect(word);
            words.push(word, word != NONE);
            start = end;
        }
        words.close();
        None
    }

    /// The token that a character is in, be it ASCII or not, where one begins at `from`. What its characters are is noted for what
    /// comes next.
    #[cold]
    pub(crate) fn mixed(&mut self, tables: &Tables, from: usize, character: usize) -> Option<RouteToken> {
        let (mut start, mut end) = (from, self.end(from)?);
        while end <= character {
            (start, end) = (end, self.end(end)?);
        }
        let (first, kinds) = (self.kinds[start], self.kinds(start, end));
        if !kinds.is(Kind::WORD.or(Kind::LETTER)) {
            return Some(RouteToken { start, end, word: NONE, kinds: Kind::GAP });
        }
        self.kinds[start..end].fill(Kind::WORD);
        // A word that begins in ASCII has small letters.
        if !first.is(Kind::WORD) && kinds.is(Kind::LETTER) {
            for at in start..end {
                let small = tables.small_letter(self.pairs[at].second());
                self.pairs[at] = tables.placed(self.pairs[at].first(), small);
                self.pairs[at + 1] = tables.placed(small, self.pairs[at + 1].second());
            }
            for at in start.saturating_sub(1)..end {
                let placed = self.pairs[at + 1];
                self.spots[at].set_pair(tables.pair(placed.first(), placed.second()));
            }
        }
        Some(RouteToken { start, end, word: self.word(tables, start, end), kinds: Kind::WORD })
    }

    /// The number of what stands from one character to another as a word.
    #[cold]
    fn word(&self, tables: &Tables, start: usize, end: usize) -> u32 {
        tables.word(self.pairs[start..end].iter().map(|placed| placed.second()))
    }

    /// The kinds of some characters.
    pub(crate) fn kinds(&self, start: usize, end: usize) -> Kind {
        self.kinds[start..end].iter().fold(Kind::default(), |kinds, &kind| kinds.or(kind))
    }

    /// Gives the pairs of characters inside words that are features, from `start` on and before `end`, to `grams`.
    pub(crate) fn grams(&self, tables: &Tables, start: usize, end: usize, grams: &mut Met) {
        let mut grams = grams.open(end - start);
        let spots = &self.spots[start..end];
        let before = tables.before_grams();
        for (spot, kinds) in spots.iter().zip(self.kinds[start..end].windows(2)) {
            let gram = kinds[0].and(kinds[1]).mask(Kind::WORD) & spot.gram;
            grams.push(before.wrapping_add(gram), gram != 0);
        }
        grams.close();
    }
}
