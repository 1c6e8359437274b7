//! Dealing rows into folds for cross-validation: stratified, and never parting a group.

use std::collections::HashMap;
use std::path::Path;

use super::TrainError;
use crate::labelled::Labelled;

/// Deals rows into `folds` folds and returns each row's fold.
///
/// Rows of the same group stay together, and so do rows of the same text, which would otherwise be seen in training and met
/// again in testing. Large groups are dealt first; each goes to the fold that has the fewest rows of the group's most frequent
/// label, and among those to the smallest: without groups this is a stratified deal.
pub(super) fn deal<'r>(rows: impl Iterator<Item = Row<'r>>, labels: usize, folds: usize, seed: u64) -> Vec<usize> {
    let mut group_of: HashMap<Key, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut label_of = Vec::new();
    for (number, row) in rows.enumerate() {
        let key = row.group.map_or(Key::Text(row.text), Key::Group);
        let group = *group_of.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(number);
        label_of.push(row.label);
    }
    fastrand::Rng::with_seed(seed).shuffle(&mut groups);
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut dealt = vec![vec![0usize; labels]; folds];
    let mut sizes = vec![0usize; folds];
    let mut fold_of = vec![0; label_of.len()];
    for group in groups {
        let mut counts = vec![0usize; labels];
        group.iter().for_each(|&row| counts[label_of[row]] += 1);
        let main = (0..labels).max_by_key(|&label| (counts[label], std::cmp::Reverse(label))).unwrap_or(0);
        let fold = (0..folds).min_by_key(|&fold| (dealt[fold][main], sizes[fold], fold)).unwrap_or(0);
        dealt[fold].iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        sizes[fold] += group.len();
        group.iter().for_each(|&row| fold_of[row] = fold);
    }
    fold_of
}

/// Makes each file a fold, in order of first occurrence, and returns each row's fold.
pub(super) fn by_file(rows: &[Labelled]) -> Result<Vec<usize>, TrainError> {
    let mut fold_of_file: HashMap<&Path, usize> = HashMap::new();
    let fold_of = rows
        .iter()
        .map(|row| {
            let next = fold_of_file.len();
            *fold_of_file.entry(&row.source.file).or_insert(next)
        })
        .collect();
    if fold_of_file.len() < 2 { Err(TrainError::OneFile) } else { Ok(fold_of) }
}

/// What dealing needs to know of a row.
pub(super) struct Row<'r> {
    /// The group it must not be parted from.
    pub(super) group: Option<&'r str>,
    /// Its text.
    pub(super) text: &'r str,
    /// Its primary label's number.
    pub(super) label: usize,
}

#[derive(PartialEq, Eq, Hash)]
enum Key<'r> {
    Group(&'r str),
    Text(&'r str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_stay_whole_and_labels_are_spread(
            rows in prop::collection::vec((0..3usize, prop::option::of(0..20u32)), 30..300), seed: u64,
        ) {
            let names: Vec<(usize, Option<String>, String)> = rows
                .iter()
                .enumerate()
                .map(|(at, (label, group))| (*label, group.map(|g| g.to_string()), format!("text {at}")))
                .collect();
            let row = |(label, group, text): &'_ (usize, Option<String>, String)| (*label, group.clone(), text.clone());
            let owned: Vec<_> = names.iter().map(row).collect();
            let rows = || owned.iter().map(|(label, group, text)| Row { group: group.as_deref(), text, label: *label });
            let folds = deal(rows(), 3, 5, seed);
            prop_assert_eq!(&folds, &deal(rows(), 3, 5, seed));
            let mut of_group = HashMap::new();
            for (row, &fold) in rows().zip(&folds) {
                if let Some(group) = row.group {
                    prop_assert_eq!(*of_group.entry(group).or_insert(fold), fold);
                }
            }
            if owned.iter().all(|(_, group, _)| group.is_none()) {
                for label in 0..3 {
                    let counts: Vec<usize> =
                        (0..5).map(|f| rows().zip(&folds).filter(|(row, fold)| row.label == label && **fold == f).count()).collect();
                    prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
                }
            }
        }
    }
}
