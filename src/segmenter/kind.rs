//! What characters are to words and sentences.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::tokenize::{Class, classify, is_folded};

/// What characters are, a bit each, so that what several are can be asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub(crate) struct Kind(u8);

impl Kind {
    /// A Chinese character, or a letter of another script that ASCII does not have.
    pub(crate) const WORD: Kind = Kind(1);
    /// A mark that is a token for itself, as those of the next two kinds are.
    pub(crate) const GAP: Kind = Kind(2);
    /// A mark between clauses.
    pub(crate) const CLAUSE: Kind = Kind(4);
    /// A mark that ends a sentence.
    pub(crate) const END: Kind = Kind(8);
    /// What can be part of words and is no Chinese character: ASCII digits, letters, and signs.
    pub(crate) const DIGIT: Kind = Kind(16);
    pub(crate) const LETTER: Kind = Kind(32);
    pub(crate) const SIGN: Kind = Kind(64);
    /// Anything else, that takes looking at whole words.
    pub(crate) const ODD: Kind = Kind(128);

    pub(crate) const ALPHANUMERIC: Kind = Kind::DIGIT.or(Kind::LETTER);
    pub(crate) const ASCII: Kind = Kind::ALPHANUMERIC.or(Kind::SIGN);

    /// The kinds of both.
    #[inline]
    pub(crate) const fn or(self, other: Kind) -> Kind {
        Kind(self.0 | other.0)
    }

    /// The kinds that both have.
    #[inline]
    pub(crate) const fn and(self, other: Kind) -> Kind {
        Kind(self.0 & other.0)
    }

    /// Whether this and other kinds have one in common.
    #[inline]
    pub(crate) const fn is(self, other: Kind) -> bool {
        self.0 & other.0 != 0
    }

    /// All bits if this has another kind, else none.
    #[inline]
    pub(crate) fn mask(self, other: Kind) -> u32 {
        u32::from(self.is(other)).wrapping_neg()
    }

    /// The kinds that end a sentence that then has so many characters, and with how many characters there are more of them. Digits and
    /// signs do, if they are not part of a word.
    pub(crate) fn ending(characters: usize) -> (Kind, usize) {
        let others = Kind::DIGIT.or(Kind::SIGN);
        let classes = [(Class::Clause, Kind::CLAUSE), (Class::Gap, Kind::GAP.or(others)), (Class::Han, Kind::WORD)];
        let mut ending = Kind::END;
        for (class, kind) in classes {
            if characters < class.ends_from() {
                return (ending, class.ends_from());
            }
            ending = ending.or(kind);
        }
        (ending, usize::MAX)
    }
}

/// What a character is.
pub(super) fn kind(c: char) -> Kind {
    match (c, super::in_run(c), classify(c.encode_utf8(&mut [0; 4]))) {
        ('0'..='9', ..) => Kind::DIGIT,
        ('a'..='z' | 'A'..='Z', ..) => Kind::LETTER,
        // With what comes next it may be one token.
        ('\r', ..) => Kind::ODD,
        _ if is_folded(c) => Kind::ODD,
        (_, _, Class::Han | Class::Latin) => Kind::WORD,
        (_, true, _) => Kind::SIGN,
        (_, false, Class::Gap) => Kind::GAP,
        (_, false, Class::Clause) => Kind::CLAUSE,
        (_, false, Class::SentenceEnd) => Kind::END,
    }
}
