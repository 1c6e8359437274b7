//! What the rows of labelled data are to be told apart by.

use std::collections::BTreeMap;
use std::ops::Range;

use xxhash_rust::xxh3::Xxh3;

use super::TrainError;
use super::folds;
use crate::labelled::Labelled;
use crate::theme::{self, Label, OTHER};

/// The labels and themes of rows, by number.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    pub(super) labels: Vec<Label>,
    pub(super) themes: Vec<Label>,
    /// Each row's primary label.
    pub(super) primary: Vec<usize>,
    /// Each row's themes, rising.
    pub(super) row_themes: Vec<Vec<usize>>,
    /// Where each row speaks of a theme, in characters, for themes of which the data say so.
    pub(super) statements: Vec<BTreeMap<usize, Vec<Range<usize>>>>,
}

impl Targets {
    pub(super) fn new(rows: &[Labelled]) -> Result<Self, TrainError> {
        let mut ids: Vec<String> = rows.iter().map(|row| row.primary.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        theme::sort(&mut ids);
        for id in &ids {
            let mut having = rows.iter().filter(|row| row.primary == *id);
            if let (Some(only), None) = (having.next(), having.next()) {
                return Err(TrainError::RareLabel { label: id.clone(), source_: only.source.clone() });
            }
        }
        match ids.as_slice() {
            [] => return Err(TrainError::NoRows),
            [label] => return Err(TrainError::OneLabel { paragraphs: rows.len(), label: label.clone() }),
            _ => {}
        }
        let mut theme_ids: Vec<String> = rows.iter().filter_map(|row| row.themes.clone()).flatten().collect();
        theme_ids.sort_unstable();
        theme_ids.dedup();
        theme::sort(&mut theme_ids);
        let find = |ids: &[String], id: &str| ids.iter().position(|known| known == id);
        let primary: Vec<usize> = rows.iter().filter_map(|row| find(&ids, &row.primary)).collect();
        let row_themes: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| {
                let named = row.themes.iter().flatten().filter_map(|theme| find(&theme_ids, theme));
                // A row's primary label is one of its themes, whether or not the row says so, if it is a theme at all.
                let mut themes: Vec<usize> = named.chain(find(&theme_ids, &row.primary)).collect();
                themes.sort_unstable();
                themes.dedup();
                themes
            })
            .collect();
        let statements = rows
            .iter()
            .map(|row| {
                row.statements.iter().filter_map(|(id, places)| Some((find(&theme_ids, id)?, places.clone()))).collect()
            })
            .collect();
        let label = |id: &String| Label::new(id);
        let (labels, themes) = (ids.iter().map(label).collect(), theme_ids.iter().map(label).collect());
        Ok(Targets { labels, themes, primary, row_themes, statements })
    }

    /// The given rows, in the given order.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        Targets {
            labels: self.labels.clone(),
            themes: self.themes.clone(),
            primary: rows.iter().map(|&row| self.primary[row]).collect(),
            row_themes: rows.iter().map(|&row| self.row_themes[row].clone()).collect(),
            statements: rows.iter().map(|&row| self.statements[row].clone()).collect(),
        }
    }

    /// What dealing into folds needs to know of the rows.
    pub(super) fn rows<'r>(&'r self, rows: &'r [Labelled]) -> impl Iterator<Item = folds::Row<'r>> {
        let row = |(row, &label): (&'r Labelled, &usize)| folds::Row { group: row.group.as_deref(), text: &row.text, label };
        rows.iter().zip(&self.primary).map(row)
    }

    /// Rows of each primary label.
    pub(super) fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        self.primary.iter().for_each(|&label| counts[label] += 1);
        counts
    }

    /// Rows that have each theme.
    pub(super) fn theme_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.themes.len()];
        self.row_themes.iter().flatten().for_each(|&theme| counts[theme] += 1);
        counts
    }

    /// The label that a theme is, if it is one.
    pub(super) fn label_of(&self, theme: usize) -> Option<usize> {
        self.labels.iter().position(|label| label.id == self.themes[theme].id)
    }

    /// The label `other`, if there is one.
    pub(super) fn other(&self) -> Option<usize> {
        self.labels.iter().position(|label| label.id == OTHER)
    }
}

/// xxh3-128 of texts and labels in order, each ended by a byte that stands in no text.
pub(super) fn hash(rows: &[Labelled]) -> String {
    let mut hasher = Xxh3::new();
    for row in rows {
        for field in [&row.text, &row.primary].into_iter().chain(row.themes.iter().flatten()).chain(&row.group) {
            hasher.update(field.as_bytes());
            hasher.update(&[0xFF]);
        }
        for (theme, places) in &row.statements {
            hasher.update(theme.as_bytes());
            places.iter().flat_map(|place| [place.start, place.end]).for_each(|at| hasher.update(&at.to_le_bytes()));
            hasher.update(&[0xFF]);
        }
        hasher.update(&[0xFE]);
    }
    format!("{:032x}", hasher.digest128())
}

/// How many rows repeat an earlier text with the same label, and which repeat one with another label.
pub(super) fn repeated(rows: &[Labelled]) -> (usize, Vec<(usize, usize)>) {
    let mut first = std::collections::HashMap::new();
    let (mut duplicates, mut contradictions) = (0, Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let before = *first.entry(row.text.trim()).or_insert(number);
        if before == number {
            continue;
        }
        if rows[before].primary == row.primary { duplicates += 1 } else { contradictions.push((before, number)) }
    }
    (duplicates, contradictions)
}
