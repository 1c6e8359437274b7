//! Attention shares: how much of a document, or of many, goes to each theme. Pure arithmetic on assignments.

use serde::Serialize;

use crate::document::{Document, Kind};
use crate::metadata::Metadata;
use crate::model::Assignment;

/// Sums over paragraphs, from which all shares follow. Sums of several documents add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// Paragraphs that were classified.
    pub paragraphs: usize,
    /// Their characters, spaces left out.
    pub characters: usize,
    /// Paragraphs by primary label.
    pub paragraphs_by_label: Vec<usize>,
    /// Characters by primary label.
    pub characters_by_label: Vec<usize>,
    /// Paragraphs that touch each theme.
    pub touching: Vec<usize>,
}

impl Shares {
    /// Nothing counted yet, for so many labels and themes.
    pub fn new(labels: usize, themes: usize) -> Self {
        Shares {
            paragraphs: 0,
            characters: 0,
            paragraphs_by_label: vec![0; labels],
            characters_by_label: vec![0; labels],
            touching: vec![0; themes],
        }
    }

    /// Counts a paragraph.
    pub fn add(&mut self, text: &str, assignment: &Assignment) {
        let characters = text.chars().filter(|c| !c.is_whitespace()).count();
        self.paragraphs += 1;
        self.characters += characters;
        if let Some(count) = self.paragraphs_by_label.get_mut(assignment.primary) {
            *count += 1;
        }
        if let Some(count) = self.characters_by_label.get_mut(assignment.primary) {
            *count += characters;
        }
        for &theme in &assignment.themes {
            if let Some(count) = self.touching.get_mut(theme) {
                *count += 1;
            }
        }
    }

    /// Adds the counts of another document.
    pub fn merge(&mut self, other: &Shares) {
        self.paragraphs += other.paragraphs;
        self.characters += other.characters;
        let lists = [
            (&mut self.paragraphs_by_label, &other.paragraphs_by_label),
            (&mut self.characters_by_label, &other.characters_by_label),
            (&mut self.touching, &other.touching),
        ];
        for (mine, theirs) in lists {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// The share of the characters whose paragraph has `label` as its primary; the shares of all labels sum to 1.
    pub fn by_characters(&self, label: usize) -> f64 {
        share(self.characters_by_label.get(label), self.characters)
    }

    /// The share of the paragraphs that have `label` as their primary; the shares of all labels sum to 1.
    pub fn by_paragraphs(&self, label: usize) -> f64 {
        share(self.paragraphs_by_label.get(label), self.paragraphs)
    }

    /// The share of the paragraphs that touch `theme`. A paragraph can touch several: these shares do not sum to 1.
    pub fn touching(&self, theme: usize) -> f64 {
        share(self.touching.get(theme), self.paragraphs)
    }
}

fn share(part: Option<&usize>, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part.copied().unwrap_or(0) as f64 / whole as f64 }
}

/// What a document comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentReport {
    /// The document's name.
    pub document: String,
    /// What is known of it as a whole.
    pub metadata: Metadata,
    /// The counts of its paragraphs.
    pub shares: Shares,
    /// Blocks that are no paragraph and were left out, by kind, in the order of [`Kind`].
    pub left_out: Vec<(Kind, usize)>,
}

impl DocumentReport {
    /// Counts a document whose paragraphs, in order, were given `assignments`.
    pub fn new(document: &Document, assignments: &[Assignment], labels: usize, themes: usize) -> Self {
        let mut shares = Shares::new(labels, themes);
        document.paragraphs().zip(assignments).for_each(|(block, assignment)| shares.add(&block.text, assignment));
        let mut left_out = std::collections::BTreeMap::new();
        for block in document.blocks.iter().filter(|block| block.kind != Kind::Paragraph) {
            *left_out.entry(block.kind).or_insert(0) += 1;
        }
        DocumentReport {
            document: document.name.clone(),
            metadata: document.metadata.clone(),
            shares,
            left_out: left_out.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment;

    fn assignment(primary: usize, themes: &[usize]) -> Assignment {
        let (probabilities, theme_probabilities) = (vec![], vec![]);
        Assignment { primary, themes: themes.to_vec(), probabilities, theme_probabilities, certain: true, wordless: false }
    }

    #[test]
    fn shares_by_hand() {
        // Three paragraphs of 10, 6 and 4 characters: labels 0, 1, 1; themes {0}, {0, 1}, {}.
        let document = segment("d", "一、开头\n甲乙丙丁甲乙丙丁甲。\n甲乙 丙丁甲。\n甲乙丙。\n名词解释\n甲：乙。");
        let report =
            DocumentReport::new(&document, &[assignment(0, &[0]), assignment(1, &[0, 1]), assignment(1, &[])], 3, 2);
        let shares = &report.shares;
        assert_eq!((shares.paragraphs, shares.characters), (3, 20));
        assert_eq!([0, 1, 2].map(|label| shares.by_characters(label)), [0.5, 0.5, 0.0]);
        assert!((shares.by_paragraphs(1) - 2.0 / 3.0).abs() < 1e-12);
        assert!((shares.touching(0) - 2.0 / 3.0).abs() < 1e-12 && (shares.touching(1) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(report.left_out, [(Kind::Heading, 2), (Kind::Glossary, 1)]);
    }

    #[test]
    fn documents_add_up() {
        let mut first = Shares::new(2, 1);
        first.add("甲乙", &assignment(0, &[0]));
        let mut second = Shares::new(2, 1);
        second.add("丙丁戊己庚辛", &assignment(1, &[]));
        first.merge(&second);
        assert_eq!([first.by_characters(0), first.by_paragraphs(0), first.touching(0)], [0.25, 0.5, 0.5]);
    }

    #[test]
    fn nothing_classified_is_no_share() {
        assert_eq!(Shares::new(2, 1).by_characters(0).to_bits(), 0.0_f64.to_bits());
    }
}
