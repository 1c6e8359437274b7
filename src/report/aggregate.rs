//! Attention shares: how much of a document, or of many, goes to each theme. Pure arithmetic on assignments.

use std::collections::BTreeMap;

use super::data::{LabelMeasures, LeftOut, Measures, ThemeMeasures};
use super::interval::{Expected, Moments};
use crate::document::Kind;
use crate::model::Assignment;
use crate::theme::{Label, OTHER};

/// How many characters of a text count: all but white space.
pub fn characters(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Sums over paragraphs, from which all shares follow. Sums of several documents add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// How many documents.
    pub documents: usize,
    /// Paragraphs that were classified.
    pub paragraphs: usize,
    /// Their characters, white space left out.
    pub characters: usize,
    /// Paragraphs without any word.
    pub wordless: usize,
    /// Paragraphs by primary label.
    pub paragraphs_by_label: Vec<usize>,
    /// Characters by primary label.
    pub characters_by_label: Vec<usize>,
    /// Paragraphs that touch each theme.
    pub touching: Vec<usize>,
    /// Sums of probabilities.
    pub moments: Moments,
    /// Blocks that are no paragraph, by kind: how many, and their characters.
    pub left_out: BTreeMap<Kind, (usize, usize)>,
}

impl Counts {
    /// Nothing counted yet, for so many labels and themes.
    pub fn new(labels: usize, themes: usize) -> Self {
        Counts {
            documents: 0,
            paragraphs: 0,
            characters: 0,
            wordless: 0,
            paragraphs_by_label: vec![0; labels],
            characters_by_label: vec![0; labels],
            touching: vec![0; themes],
            moments: Moments::new(labels),
            left_out: BTreeMap::new(),
        }
    }

    /// Counts a paragraph of so many characters.
    pub fn add(&mut self, characters: usize, assignment: &Assignment) {
        self.paragraphs += 1;
        self.characters += characters;
        self.wordless += usize::from(assignment.wordless);
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
        self.moments.push(characters, &assignment.probabilities);
    }

    /// Counts a block that is no paragraph.
    pub fn leave_out(&mut self, kind: Kind, characters: usize) {
        let (blocks, sum) = self.left_out.entry(kind).or_default();
        *blocks += 1;
        *sum += characters;
    }

    /// Adds the counts of other documents.
    pub fn merge(&mut self, other: &Counts) {
        self.documents += other.documents;
        self.paragraphs += other.paragraphs;
        self.characters += other.characters;
        self.wordless += other.wordless;
        let lists = [
            (&mut self.paragraphs_by_label, &other.paragraphs_by_label),
            (&mut self.characters_by_label, &other.characters_by_label),
            (&mut self.touching, &other.touching),
        ];
        for (mine, theirs) in lists {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        self.moments.merge(&other.moments);
        for (&kind, &(blocks, characters)) in &other.left_out {
            let mine = self.left_out.entry(kind).or_default();
            mine.0 += blocks;
            mine.1 += characters;
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

    /// The shares by characters of all labels.
    pub fn shares(&self) -> Vec<f64> {
        (0..self.characters_by_label.len()).map(|label| self.by_characters(label)).collect()
    }

    /// The figures, without what comes from comparing with others.
    pub fn measures(&self, labels: &[Label], themes: &[Label], expected: &[Expected]) -> Measures {
        let of_label = |(at, label): (usize, &Label)| {
            let expected = expected.get(at).copied().unwrap_or_default();
            LabelMeasures {
                label: label.id.clone(),
                paragraphs: self.paragraphs_by_label.get(at).copied().unwrap_or(0),
                characters: self.characters_by_label.get(at).copied().unwrap_or(0),
                share_by_characters: self.by_characters(at),
                share_by_paragraphs: self.by_paragraphs(at),
                expected: expected.share,
                expected_low: expected.low,
                expected_high: expected.high,
                rank: None,
                difference: None,
            }
        };
        let of_theme = |(at, theme): (usize, &Label)| ThemeMeasures {
            theme: theme.id.clone(),
            paragraphs: self.touching.get(at).copied().unwrap_or(0),
            share: self.touching(at),
        };
        let left_out = |(&kind, &(blocks, characters)): (&Kind, &(usize, usize))| LeftOut { kind, blocks, characters };
        let but_other = labels.iter().zip(self.shares()).filter(|(label, _)| label.id != OTHER).map(|(_, share)| share);
        Measures {
            documents: self.documents,
            paragraphs: self.paragraphs,
            characters: self.characters,
            wordless: self.wordless,
            labels: labels.iter().enumerate().map(of_label).collect(),
            themes: themes.iter().enumerate().map(of_theme).collect(),
            entropy: entropy(&self.shares()).unwrap_or(0.0),
            theme_entropy: entropy(&but_other.collect::<Vec<_>>()),
            left_out: self.left_out.iter().map(left_out).collect(),
        }
    }
}

fn share(part: Option<&usize>, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part.copied().unwrap_or(0) as f64 / whole as f64 }
}

/// Shannon's entropy of shares scaled to sum to 1, divided by the highest that so many shares can have: −Σ s ln s / ln n. `None` where
/// the shares are all 0 or there are fewer than two.
pub fn entropy(shares: &[f64]) -> Option<f64> {
    let sum: f64 = shares.iter().sum();
    if shares.len() < 2 || sum <= 0.0 {
        return None;
    }
    let terms = shares.iter().map(|share| share / sum).filter(|&share| share > 0.0).map(|share| share * share.ln());
    // From 0 down, so that nothing becomes −0.
    Some((0.0 - terms.sum::<f64>()) / (shares.len() as f64).ln())
}

/// The place of each value among all, 1 for the highest; equals share the better place, and the next one counts them all.
pub fn ranks(values: &[f64]) -> Vec<usize> {
    let mut falling: Vec<f64> = values.to_vec();
    falling.sort_unstable_by(|a, b| b.total_cmp(a));
    values.iter().map(|value| falling.partition_point(|other| other > value) + 1).collect()
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Gives each of some documents, or of the groups of a column, its rank and its difference from their mean, label by label. One alone
/// is compared with nothing.
pub fn compare(peers: &mut [&mut Measures]) {
    if peers.len() < 2 {
        return;
    }
    for label in 0..peers.first().map_or(0, |measures| measures.labels.len()) {
        let shares: Vec<f64> =
            peers.iter().filter_map(|measures| measures.labels.get(label)).map(|of| of.share_by_characters).collect();
        let mean = mean(&shares);
        for ((measures, rank), share) in peers.iter_mut().zip(ranks(&shares)).zip(&shares) {
            if let Some(of) = measures.labels.get_mut(label) {
                of.rank = Some(rank);
                of.difference = Some(share - mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(primary: usize, themes: &[usize], probabilities: &[f64]) -> Assignment {
        Assignment {
            primary,
            themes: themes.to_vec(),
            probabilities: probabilities.to_vec(),
            theme_probabilities: vec![],
            certain: true,
            wordless: false,
        }
    }

    fn labels(ids: &[&str]) -> Vec<Label> {
        ids.iter().map(|id| Label::new(id)).collect()
    }

    /// Three paragraphs of 10, 6 and 4 characters: labels 0, 1, 1; themes {0}, {0, 1}, {}.
    fn counted() -> Counts {
        let mut counts = Counts::new(3, 2);
        counts.documents = 1;
        counts.add(10, &assignment(0, &[0], &[0.8, 0.1, 0.1]));
        counts.add(6, &assignment(1, &[0, 1], &[0.0, 1.0, 0.0]));
        counts.add(4, &assignment(1, &[], &[0.25, 0.5, 0.25]));
        counts.leave_out(Kind::Heading, 4);
        counts.leave_out(Kind::Heading, 3);
        counts.leave_out(Kind::Glossary, 9);
        counts
    }

    #[test]
    fn shares_by_hand() {
        let counts = counted();
        let expected = counts.moments.expected([]);
        let measures =
            counts.measures(&labels(&["innovation", "ecology", "other"]), &labels(&["innovation", "ecology"]), &expected);
        assert_eq!((measures.paragraphs, measures.characters), (3, 20));
        assert_eq!(measures.labels.iter().map(|of| of.share_by_characters).collect::<Vec<_>>(), [0.5, 0.5, 0.0]);
        assert!((measures.labels[1].share_by_paragraphs - 2.0 / 3.0).abs() < 1e-12);
        // (10 · 0.8 + 6 · 0 + 4 · 0.25) / 20, and so on.
        for (of, by_hand) in measures.labels.iter().zip([9.0 / 20.0, 9.0 / 20.0, 2.0 / 20.0]) {
            assert!((of.expected - by_hand).abs() < 1e-12, "{of:?}");
        }
        assert!((measures.themes[0].share - 2.0 / 3.0).abs() < 1e-12);
        assert!((measures.themes[1].share - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(measures.left_out.len(), 2);
        assert_eq!(
            (measures.left_out[0].kind, measures.left_out[0].blocks, measures.left_out[0].characters),
            (Kind::Heading, 2, 7)
        );
        // Two of three labels have half each: ln 2 / ln 3; of the two themes, as even as can be.
        assert!((measures.entropy - 2.0_f64.ln() / 3.0_f64.ln()).abs() < 1e-12);
        assert!((measures.theme_entropy.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn documents_add_up() {
        let mut counts = counted();
        let mut other = Counts::new(3, 2);
        other.documents = 1;
        other.add(20, &assignment(2, &[], &[0.0, 0.0, 1.0]));
        other.leave_out(Kind::Title, 5);
        counts.merge(&other);
        assert_eq!([counts.documents, counts.paragraphs, counts.characters], [2, 4, 40]);
        assert_eq!(counts.shares(), [0.25, 0.25, 0.5]);
        assert_eq!(counts.touching(0).to_bits(), 0.5_f64.to_bits());
        assert_eq!(counts.left_out.len(), 3);
        assert!((counts.moments.expected([])[2].share - 22.0 / 40.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_classified_is_no_share() {
        let measures = Counts::new(2, 1).measures(&labels(&["a", "other"]), &labels(&["a"]), &[]);
        assert_eq!(measures.labels[0].share_by_characters.to_bits(), 0.0_f64.to_bits());
        assert_eq!((measures.entropy, measures.theme_entropy), (0.0, None));
    }

    #[test]
    fn one_label_is_no_spread() {
        assert_eq!(entropy(&[1.0, 0.0]).unwrap().to_bits(), 0.0_f64.to_bits());
        assert!((entropy(&[0.25; 4]).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(entropy(&[1.0]), None);
    }

    #[test]
    fn ranks_and_differences_by_hand() {
        assert_eq!(ranks(&[0.2, 0.5, 0.2, 0.1]), [2, 1, 2, 4]);
        let labels = labels(&["ecology", "other"]);
        let mut measures: Vec<Measures> = [(3, 1), (1, 3), (2, 2)]
            .into_iter()
            .map(|(ecology, other)| {
                let mut counts = Counts::new(2, 0);
                counts.add(ecology, &assignment(0, &[], &[]));
                counts.add(other, &assignment(1, &[], &[]));
                counts.measures(&labels, &[], &[])
            })
            .collect();
        compare(&mut measures.iter_mut().collect::<Vec<_>>());
        let ecology: Vec<_> =
            measures.iter().map(|measures| (measures.labels[0].rank, measures.labels[0].difference)).collect();
        assert_eq!(ecology, [(Some(1), Some(0.25)), (Some(3), Some(-0.25)), (Some(2), Some(0.0))]);
        let mut alone = measures[..1].to_vec();
        alone[0].labels[0].rank = None;
        compare(&mut alone.iter_mut().collect::<Vec<_>>());
        assert_eq!(alone[0].labels[0].rank, None);
    }
}
