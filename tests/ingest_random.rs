//! No bytes make the reader panic or hang: random ones, and valid files with changes at random places.

#[path = "ingest_support/mod.rs"]
mod support;

use std::fs;
use std::time::Duration;

use policy_topics::ingest::{Limits, Options};
use proptest::prelude::*;
use support::*;

const NAMES: [&str; 8] = ["a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.jsonl", "a.xlsx", "a"];

fn options() -> Options {
    let limits = Limits { max_time: Duration::from_secs(5), max_unpacked_bytes: 64 << 20, ..Limits::default() };
    Options { limits, ..Options::default() }
}

/// A valid file of each format.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<(String, Vec<u8>)> = ["report.txt", "report.docx", "report.html", "report.xlsx", "report.pdf"]
        .into_iter()
        .map(|name| (name.to_owned(), fs::read(fixture(name)).unwrap()))
        .collect();
    let page = format!("BT /F 12 Tf 100 100 Td {} Tj ET", pdf_string("正文"));
    let text = report();
    seeds.push(("small.pdf".into(), pdf(&page, "")));
    seeds.push(("a.csv".into(), "编号,正文\n1,\"甲\"\n2,乙\n".into()));
    seeds.push(("a.jsonl".into(), "{\"text\": \"甲\"}\n{\"text\": [\"乙\"]}\n".into()));
    seeds.push(("a.md".into(), "# 一\n\n- 二\n\n| 三 | 四 |\n|---|---|\n| 五 | <b>六</b> |\n".into()));
    seeds.push(("a.zip".into(), zip(&[("1.txt", text.as_bytes()), ("2.docx", &docx("<w:p><w:t>七</w:t></w:p>"))])));
    seeds.push(("a.tar.gz".into(), gzip(&tar(&[("1.txt", text.as_bytes())]))));
    seeds.push(("a.tar".into(), tar(&[("1.txt", text.as_bytes()), ("2.html", b"<p>x")])));
    seeds
}

/// A change of a file: where (a share of its length), what, and how.
fn changes() -> impl Strategy<Value = Vec<(f64, u8, u8)>> {
    prop::collection::vec((0.0..1.0_f64, any::<u8>(), 0..4_u8), 1..12)
}

fn change(bytes: &mut Vec<u8>, (place, value, kind): (f64, u8, u8)) {
    let place = ((bytes.len() as f64 * place) as usize).min(bytes.len().saturating_sub(1));
    match kind {
        0 if !bytes.is_empty() => bytes[place] = value,
        1 => bytes.truncate(place.max(8)),
        2 => bytes.insert(place, value),
        _ => {
            let end = (place + usize::from(value)).min(bytes.len());
            bytes.drain(place..end);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), name in prop::sample::select(&NAMES[..])) {
        prop_assert!(!read_bytes(name, bytes, &options()).is_empty());
    }

    #[test]
    fn random_text(text in "[正文，。a<>/&;\"',|#*\\-\\[\\]{}: \n\t]{0,400}", name in prop::sample::select(&NAMES[..])) {
        let again = read_bytes(name, text.clone(), &options());
        prop_assert_eq!(read_bytes(name, text, &options()), again);
    }

    #[test]
    fn known_beginnings(
        start in prop::sample::select(vec![&b"PK\x03\x04"[..], b"%PDF-1.7\n", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"<html>"]),
        bytes in prop::collection::vec(any::<u8>(), 0..1000),
    ) {
        read_bytes("a", [start, &bytes].concat(), &options());
    }

    #[test]
    fn changed_files(seed in prop::sample::select(seeds()), changes in changes()) {
        let (name, mut bytes) = seed;
        for item in changes {
            change(&mut bytes, item);
        }
        read_bytes(&name, bytes, &options());
    }

    #[test]
    fn changed_parts_of_office_files(name in prop::sample::select(vec!["report.docx", "report.xlsx"]), changes in changes()) {
        // The parts are changed and packed anew: a change of packed bytes only ever fails the checksum.
        let mut archive = ::zip::ZipArchive::new(fs::File::open(fixture(name)).unwrap()).unwrap();
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut part, &mut bytes).unwrap();
            parts.push((part.name().unwrap().into_owned(), bytes));
        }
        for item in changes {
            let index = usize::from(item.1) % parts.len();
            change(&mut parts[index].1, item);
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        read_bytes(name, zip(&parts), &options());
    }
}
