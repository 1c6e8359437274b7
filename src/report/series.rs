//! Years: the figures of each, and what changed since the year before. [`Change`] says what is compared with what.

use std::collections::BTreeMap;

use super::aggregate::Counts;
use super::data::Change;
use crate::metadata::{Metadata, Region};

/// What changed from `year − 1` to `year` in the series that have documents of both years. Only the given documents count: their
/// numbers into `metadata` and `counts`.
pub(super) fn change(
    year: u16,
    documents: impl IntoIterator<Item = usize>,
    metadata: &[&Metadata],
    counts: &[Counts],
) -> Option<Change> {
    let since = year.checked_sub(1)?;
    let first = counts.first()?;
    let nothing = || Counts::new(first.characters_by_label.len(), first.touching.len());
    let mut series: BTreeMap<&Region, [Option<Counts>; 2]> = BTreeMap::new();
    for document in documents {
        let (Some(metadata), Some(counts)) = (metadata.get(document), counts.get(document)) else { continue };
        let side = match metadata.year {
            Some(of) if of == since => 0,
            Some(of) if of == year => 1,
            _ => continue,
        };
        if !metadata.region.is_empty() {
            series.entry(&metadata.region).or_default()[side].get_or_insert_with(nothing).merge(counts);
        }
    }
    let (mut before, mut after, mut both) = (nothing(), nothing(), 0);
    for sides in series.into_values() {
        if let [Some(of_before), Some(of_after)] = sides {
            before.merge(&of_before);
            after.merge(&of_after);
            both += 1;
        }
    }
    let labels = after.shares().iter().zip(before.shares()).map(|(after, before)| after - before).collect();
    (both > 0).then_some(Change { since, series: both, labels })
}

/// For each document, what changed since the year before in its series.
pub(super) fn changes_of_documents(metadata: &[&Metadata], counts: &[Counts]) -> Vec<Option<Change>> {
    let mut series: BTreeMap<(&Region, u16), Vec<usize>> = BTreeMap::new();
    for (document, metadata) in metadata.iter().enumerate() {
        if let Some(year) = metadata.year {
            series.entry((&metadata.region, year)).or_default().push(document);
        }
    }
    let mut changes = vec![None; metadata.len()];
    for (&(region, year), documents) in &series {
        let before = year.checked_sub(1).and_then(|since| series.get(&(region, since)));
        let both = before.into_iter().flatten().chain(documents).copied();
        let change = change(year, both, metadata, counts);
        for &document in documents {
            if let Some(slot) = changes.get_mut(document) {
                slot.clone_from(&change);
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Assignment;

    fn document(province: &str, year: u16, label_0: usize, label_1: usize) -> (Metadata, Counts) {
        let province = (!province.is_empty()).then(|| province.to_owned());
        let mut counts = Counts::new(2, 0);
        for (primary, characters) in [label_0, label_1].into_iter().enumerate() {
            let (probabilities, theme_probabilities) = (vec![], vec![]);
            counts.add(
                characters,
                &Assignment { primary, themes: vec![], probabilities, theme_probabilities, certain: true, wordless: false },
            );
        }
        (Metadata { region: Region { province, ..Region::default() }, year: Some(year), ..Metadata::default() }, counts)
    }

    #[test]
    fn like_is_compared_with_like() {
        let (metadata, counts): (Vec<Metadata>, Vec<Counts>) = [
            document("云泽省", 2023, 10, 30),
            document("云泽省", 2024, 20, 20),
            document("汀海省", 2024, 90, 10),
            document("云泽省", 2026, 5, 5),
            document("", 2023, 1, 1),
            document("", 2024, 3, 1),
            document("云泽省", 2024, 10, 10),
            document("汀海省", 2023, 0, 60),
        ]
        .into_iter()
        .unzip();
        let metadata: Vec<&Metadata> = metadata.iter().collect();
        let of_documents = changes_of_documents(&metadata, &counts);
        // Both documents of 2024 make the year: (20 + 10) / 60 after 10 / 40.
        assert_eq!(of_documents[1], Some(Change { since: 2023, series: 1, labels: vec![0.25, -0.25] }));
        assert_eq!(of_documents[1], of_documents[6]);
        // 2025 is missing, and a document without a region has no series.
        assert_eq!((&of_documents[3], &of_documents[5]), (&None, &None));
        // In all: 120 / 160 after 10 / 100; of Yunze's first report of 2024 and that of 2023 alone, 1/2 after 1/4.
        let of = |year, documents: &[usize]| change(year, documents.iter().copied(), &metadata, &counts);
        let all = of(2024, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
        assert_eq!((all.since, all.series), (2023, 2));
        assert!((all.labels[0] - 0.65).abs() < 1e-12);
        assert_eq!(of(2024, &[0, 1]).unwrap().labels, [0.25, -0.25]);
        assert_eq!(of(2023, &[0, 1, 2]), None);
    }
}
