//! The same paragraph, damaged or dressed otherwise, keeps its primary label.

mod common;
#[path = "common/damage.rs"]
mod damage;

use std::path::Path;

use common::shared;
use damage::{Damage, damage};
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::model::Classifier;
use policy_topics::reader::Reader;
use policy_topics::restore::Restorer;

/// Of a hundred paragraphs, how many keep their primary label.
const KEPT: usize = 98;

/// A way to write a paragraph differently. It gives what the classifier is shown.
type Variant<'v> = (&'v str, &'v dyn Fn(&str, &mut fastrand::Rng) -> String);

fn check(paragraphs: &[String]) {
    let classifier = Classifier::embedded().unwrap();
    let restorer = Restorer::new();
    let opencc = OpenCC::from_config(BuiltinConfig::S2t).unwrap();
    let damaged = |annotated, lost, bytewise| {
        let how = Damage { annotated, lost, bytewise, swallows: false };
        let (restorer, opencc) = (&restorer, &opencc);
        move |text: &str, random: &mut fastrand::Rng| restorer.restore(&damage(text, how, opencc, random).text).text
    };
    let traditional = damaged(0, 0, false);
    let annotated = damaged(12, 0, false);
    let shifted = damaged(0, 6, false);
    let everything = damaged(12, 6, true);
    let variants: [Variant; 9] = [
        ("Traditional", &traditional),
        ("with pinyin", &annotated),
        ("shifted GBK", &shifted),
        ("Traditional, pinyin, shifted", &everything),
        ("without punctuation", &|text, _| without_punctuation(text)),
        ("broken into lines, read as a document", &|text, random| {
            restorer.restore(&in_lines(text, 20 + random.usize(..20))).text
        }),
        ("broken into lines, as it is", &|text, random| in_lines(text, 20 + random.usize(..20))),
        ("other places", &|text, random| elsewhere(text, random)),
        ("other numbers", &other_numbers),
    ];
    let mut weak = Vec::new();
    for (name, variant) in variants {
        let mut random = fastrand::Rng::with_seed(1);
        let kept = paragraphs
            .iter()
            .filter(|text| classifier.classify(text).primary == classifier.classify(&variant(text, &mut random)).primary)
            .count();
        println!("{name}: {kept} of {} keep their primary label", paragraphs.len());
        if kept * 100 < KEPT * paragraphs.len() {
            weak.push(name);
        }
    }
    assert!(weak.is_empty(), "{weak:?}");
}

/// Words follow one another without a mark between them, as in a search index or a careless copy.
fn without_punctuation(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '%')).collect()
}

/// Cut after every `width` characters, wherever that is.
fn in_lines(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(width).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// The names of places that stand for one another.
const PLACES: [&str; 48] = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
    "成都",
    "武汉",
    "西安",
    "杭州",
    "南京",
    "长沙",
    "郑州",
    "合肥",
    "昆明",
    "沈阳",
    "长春",
    "云泽",
    "朔岭",
    "汀海",
    "澜州",
    "璟港",
    "霜河",
];

/// Every place becomes another one.
fn elsewhere(text: &str, random: &mut fastrand::Rng) -> String {
    let by = 1 + random.usize(..PLACES.len() - 1);
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match PLACES.iter().position(|place| rest.starts_with(place)) {
            Some(at) => {
                out.push_str(PLACES[(at + by) % PLACES.len()]);
                rest = &rest[PLACES[at].len()..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// Every number becomes another one, of one to five digits.
fn other_numbers(text: &str, random: &mut fastrand::Rng) -> String {
    let mut out = String::new();
    let mut in_number = false;
    for c in text.chars() {
        let digit = c.is_ascii_digit();
        if digit && !in_number {
            out.push_str(&random.u32(1..100_000).to_string());
        }
        if !digit {
            out.push(c);
        }
        in_number = digit;
    }
    out
}

#[test]
fn paragraphs_of_our_own_keep_their_labels() {
    let reader = Reader::new();
    let mut paragraphs = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir("examples/reports").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "txt")) {
        let document = reader.document("report", &std::fs::read_to_string(file).unwrap());
        paragraphs.extend(document.paragraphs().map(|block| block.text.clone()));
    }
    assert!(paragraphs.len() > 100);
    check(&paragraphs);
}

#[test]
fn paragraphs_of_real_reports_keep_their_labels() {
    let Some(gold) = shared("gold-dev.jsonl") else { return };
    let corpus = LabelledCorpus::read(&[Path::new(&gold).to_owned()], &Columns::default()).unwrap();
    check(&corpus.rows.into_iter().map(|row| row.text).collect::<Vec<_>>());
}
