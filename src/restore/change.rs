//! What restoring did to a text.

use std::fmt;
use std::ops::{Index, Range};

use super::lost::Repair;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A pinyin annotation was removed.
    Pinyin,
    /// A stretch with lost bytes was read anew.
    LostBytes,
    /// A character was turned from Traditional to Simplified.
    Script,
    /// A full-width letter, digit or sign was turned into ASCII.
    Width,
    /// Punctuation was turned from half-width to full-width.
    Punctuation,
    /// Spaces were removed or made one.
    Space,
    /// An invisible, private-use or replacement character was removed.
    Unprintable,
    /// Two lines of one paragraph were joined.
    LineBreak,
    /// A page number or repeated page header was removed.
    PageHeader,
}

impl ChangeKind {
    /// Every kind, in the order in which reports list them.
    pub const ALL: [Self; 9] = [
        Self::Pinyin,
        Self::LostBytes,
        Self::Script,
        Self::Width,
        Self::Punctuation,
        Self::Space,
        Self::Unprintable,
        Self::LineBreak,
        Self::PageHeader,
    ];

    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinyin => "pinyin annotations removed",
            Self::LostBytes => "runs with lost bytes repaired",
            Self::Script => "characters made Simplified",
            Self::Width => "full-width characters made ASCII",
            Self::Punctuation => "punctuation marks made full-width",
            Self::Space => "spaces put right",
            Self::Unprintable => "unprintable characters removed",
            Self::LineBreak => "line breaks inside a paragraph removed",
            Self::PageHeader => "page headers removed",
        }
    }

    fn place(self) -> usize {
        match self {
            Self::Pinyin => 0,
            Self::LostBytes => 1,
            Self::Script => 2,
            Self::Width => 3,
            Self::Punctuation => 4,
            Self::Space => 5,
            Self::Unprintable => 6,
            Self::LineBreak => 7,
            Self::PageHeader => 8,
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// How many changes of each kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; ChangeKind::ALL.len()]);

impl Counts {
    /// Counts `number` more changes of a kind.
    pub fn add(&mut self, kind: ChangeKind, number: usize) {
        if let Some(count) = self.0.get_mut(kind.place()) {
            *count += number;
        }
    }

    /// Counts all that `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        for (kind, count) in other.iter() {
            self.add(kind, count);
        }
    }

    /// The kinds with how many changes there were of each, those without any left out.
    pub fn iter(&self) -> impl Iterator<Item = (ChangeKind, usize)> + '_ {
        ChangeKind::ALL.into_iter().zip(self.0).filter(|&(_, count)| count > 0)
    }

    /// How many changes there were.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

impl Index<ChangeKind> for Counts {
    type Output = usize;

    fn index(&self, kind: ChangeKind) -> &usize {
        self.0.get(kind.place()).unwrap_or(&0)
    }
}

/// A line that is not as it was, or several that became one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The lines of the text as it was, counted from 0.
    pub source: Range<usize>,
    /// The line of the restored text, counted from 0; nothing if the line was removed.
    pub line: Option<usize>,
    /// The lines as they were, with line feeds between.
    pub before: String,
    /// The line as it is.
    pub after: String,
    /// What was done.
    pub counts: Counts,
    /// The stretches with lost bytes that were read anew.
    pub repairs: Vec<Repair>,
}

/// A place that is damaged beyond repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrepaired {
    /// The line of the text as it was, counted from 0.
    pub source_line: usize,
    /// The damage, with a few characters before and after.
    pub excerpt: String,
}

/// A restored text with everything that was done to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The text, a paragraph a line, each line ended by a line feed if the text ended with one.
    pub text: String,
    /// The lines that changed, in the order of the text.
    pub changes: Vec<LineChange>,
    /// What could not be repaired, in the order of the text.
    pub unrepaired: Vec<Unrepaired>,
}

impl Restored {
    /// How many changes of each kind there were in all.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.merge(&change.counts);
        }
        counts
    }

    /// Whether nothing was changed.
    pub fn is_untouched(&self) -> bool {
        self.changes.is_empty()
    }
}
