//! Real reports, where they are at hand: what the lines are, and what is read from them as a whole.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use policy_topics::document::{Document, Kind};
use policy_topics::metadata::{Level, Metadata};
use policy_topics::reader::Reader;

/// The reports as documents, by file name; none where there are no reports.
static DOCUMENTS: LazyLock<BTreeMap<String, Document>> = LazyLock::new(|| {
    let Ok(folder) = fs::read_dir(shared().join("reports")) else { return BTreeMap::new() };
    let reader = Reader::new();
    folder
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let document = reader.document(&name, &fs::read_to_string(&path).unwrap());
            (name, document)
        })
        .collect()
});

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")
}

/// The documents, or word that the test is left out.
fn documents(test: &str) -> Option<&'static BTreeMap<String, Document>> {
    if DOCUMENTS.is_empty() {
        println!("SKIPPED {test}: there is no ../shared/reports");
        return None;
    }
    Some(&DOCUMENTS)
}

/// What two copies of a line have in common: letters and digits.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| if c == '甯' { '宁' } else { c }).collect()
}

#[test]
fn kinds_are_right() {
    let Some(documents) = documents("kinds_are_right") else { return };
    let Ok(gold) = fs::read_to_string(shared().join("gold-dev.jsonl")) else {
        println!("SKIPPED kinds_are_right: there is no ../shared/gold-dev.jsonl");
        return;
    };
    let mut table: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut kinds: HashMap<&str, HashMap<String, Kind>> = HashMap::new();
    let (mut right, mut all) = (0, 0);
    for line in gold.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| line[name].as_str().unwrap();
        let id = field("doc");
        let part = id.strip_prefix("prov-2026-").or_else(|| id.strip_prefix("seed-")).unwrap();
        let found = kinds.entry(id.to_owned().leak()).or_insert_with(|| {
            let (_, document) =
                documents.iter().find(|(name, _)| name.contains(part) && name.starts_with(['2', '0'])).unwrap();
            document.blocks.iter().rev().map(|block| (bare(&block.text), block.kind)).collect()
        });
        let text = bare(field("text"));
        // Damaged characters may be repaired otherwise there, and lines be joined.
        let start: String = text.chars().take(15).collect();
        let kind = found.get(&text).or_else(|| found.iter().find(|(block, _)| block.contains(&start)).map(|(_, kind)| kind));
        let ours = match kind {
            Some(Kind::Title) => "heading",
            Some(kind) => kind.as_str(),
            None => "none",
        };
        *table.entry((field("kind").to_owned(), ours)).or_default() += 1;
        all += 1;
        if ours == field("kind") {
            right += 1;
        } else {
            println!("{}: {} for {}", field("id"), ours, field("kind"));
        }
    }
    println!("kind in gold, ours: lines");
    for ((gold, ours), count) in &table {
        println!("{gold:12} {ours:12} {count}");
    }
    println!("right: {right} of {all}");
    assert!(right * 100 >= all * 98);
}

#[test]
fn metadata_are_right() {
    let Some(documents) = documents("metadata_are_right") else { return };
    for (name, document) in documents {
        let Metadata { title, region, level, year, date, speaker, .. } = &document.metadata;
        println!(
            "{name}\t{region}\t{level:?}\t{year:?}\t{}\t{speaker:?}\t{title:?}",
            date.map_or("-".into(), |date| date.to_string())
        );
        let (place, expected) = match name.get(..4) {
            Some("000_") => ("辽宁省", Some(2024)),
            Some("001_") => ("辽宁省沈阳市浑南区", Some(2023)),
            Some("002_") => ("辽宁省", Some(2022)),
            Some("004_") => ("", None),
            _ => (name.split('_').nth(1).unwrap(), Some(2026)),
        };
        assert_eq!(region.to_string(), place, "{name}");
        assert_eq!(*year, expected, "{name}");
        let expected = match place {
            "" => None,
            place if place.ends_with("区") && place.contains("市") => Some(Level::County),
            _ => Some(Level::Province),
        };
        assert_eq!(*level, expected, "{name}");
    }
    // They say nothing different without their names.
    for (name, document) in documents {
        let lines: Vec<&str> = document.blocks.iter().map(|block| block.text.as_str()).collect();
        let nameless = policy_topics::segment::segment("x", &lines.join("\n"));
        assert_eq!(nameless.metadata, document.metadata, "{name}");
    }
}
