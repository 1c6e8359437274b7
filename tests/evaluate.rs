//! `policy-topics evaluate`, as a user sees it.

mod common;

use common::{folder, json_lines, refuse, shared, succeed, text, write};
use serde_json::Value;

fn gold() -> String {
    // The third is labelled wrongly on purpose; the fourth is no paragraph.
    [
        ("攻克关键核心技术12项，新认定高新技术企业320家，研发投入强度提高到3%。", "innovation", "paragraph"),
        ("整治黑臭水体19条，PM2.5平均浓度下降8%，完成造林绿化11万亩。", "ecology", "paragraph"),
        ("城镇新增就业5.2万人，新增养老床位1800张，城乡低保标准提高6%。", "other", "paragraph"),
        ("三、大力发展乡村产业", "other", "heading"),
    ]
    .iter()
    .map(|(text, primary, kind)| {
        let themes: Vec<&str> = if *primary == "other" { vec![] } else { vec![primary] };
        serde_json::json!({ "text": text, "primary": primary, "themes": themes, "kind": kind }).to_string() + "\n"
    })
    .collect()
}

#[test]
fn figures_are_those_of_the_rows() {
    let folder = folder();
    let gold = write(&folder, "gold.jsonl", gold());
    let errors = folder.path().join("errors.jsonl");
    let report: Value =
        serde_json::from_str(&succeed(&["evaluate", text(&gold), "--format", "json", "--errors", text(&errors)])).unwrap();
    assert_eq!(report["paragraphs"], 3);
    assert!((report["primary"]["accuracy"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);
    // Innovation and ecology are right (F1 1); livelihood and other are missed (F1 0); rural does not occur.
    assert!((report["primary"]["macro_f1"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert!((report["themes"]["metrics"]["micro_f1"].as_f64().unwrap() - 0.8).abs() < 1e-12);
    let wrong = json_lines(&std::fs::read_to_string(&errors).unwrap());
    assert_eq!(wrong.len(), 1);
    assert_eq!((wrong[0]["given"].as_str(), wrong[0]["predicted"].as_str()), (Some("other"), Some("livelihood")));
    assert_eq!(wrong[0]["line"], 3);
    let terms: Vec<&str> =
        wrong[0]["misleading"].as_array().unwrap().iter().map(|term| term["term"].as_str().unwrap()).collect();
    assert!(terms.iter().any(|term| ["就业", "养老", "低保", "床位"].contains(term)), "{terms:?}");
}

#[test]
fn the_table_tells_what_was_left_out() {
    let folder = folder();
    let out = succeed(&["evaluate", text(&write(&folder, "gold.jsonl", gold()))]);
    assert!(out.contains("3 paragraphs; 1 rows that are no paragraphs left out"), "{out}");
    let all = succeed(&["evaluate", text(&write(&folder, "gold.jsonl", gold())), "--all-kinds"]);
    assert!(all.starts_with("4 paragraphs"), "{all}");
}

#[test]
fn lengths_documents_and_certainty_are_counted() {
    let folder = folder();
    let long = "新建高标准农田，推广智能农机，粮食产量再创新高。".repeat(20);
    let rows = [
        ("整治黑臭水体，修复湿地，空气质量持续改善。", "ecology", "甲"),
        (long.as_str(), "rural_revitalization", "甲"),
        ("攻克关键核心技术，新认定高新技术企业，研发投入强度提高。", "livelihood", "乙"),
    ];
    let row = |(text, primary, document): &(&str, &str, &str)| {
        serde_json::json!({ "text": text, "primary": primary, "themes": [primary], "document": document }).to_string() + "\n"
    };
    let gold = write(&folder, "gold.jsonl", rows.iter().map(row).collect::<String>());
    let report: Value = serde_json::from_str(&succeed(&["evaluate", text(&gold), "--format", "json"])).unwrap();
    let bands = report["by_length"].as_array().unwrap();
    let counts: Vec<u64> = bands.iter().map(|band| band["paragraphs"].as_u64().unwrap()).collect();
    assert_eq!(counts, [2, 0, 0, 1]);
    assert_eq!((bands[0]["accuracy"].as_f64(), bands[3]["accuracy"].as_f64()), (Some(0.5), Some(1.0)));
    // In order of name: of 乙, all went to innovation and should have gone to livelihood, so two of five shares are off by 100;
    // 甲 is right.
    let shares = &report["shares"];
    assert_eq!((shares["documents"][0]["mean"].as_f64(), shares["documents"][1]["mean"].as_f64()), (Some(40.0), Some(0.0)));
    assert_eq!((shares["mean"].as_f64(), shares["largest"].as_f64()), (Some(20.0), Some(100.0)));
    let certain = &report["certain"];
    let (of, precision) = (certain["paragraphs"].as_u64().unwrap(), certain["precision"].as_f64().unwrap());
    assert_eq!(of, 3, "all three are clear to the model");
    assert!((precision - 2.0 / 3.0).abs() < 1e-12);
    let bins = report["themes"]["reliability"][0].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["count"].as_u64().unwrap()).sum::<u64>(), 3);
    let out = succeed(&["evaluate", text(&gold)]);
    for part in ["0 to 39", "401 and more", "calibration error", "off by 20.00 percentage points on average, 100.00 at most"]
    {
        assert!(out.contains(part), "`{part}` is not in {out}");
    }
}

#[test]
fn unknown_labels_are_refused() {
    let folder = folder();
    let gold = write(&folder, "gold.jsonl", "{\"text\": \"甲\", \"primary\": \"sports\"}\n");
    let message = refuse(&["evaluate", text(&gold)]);
    assert!(
        message.contains("gold.jsonl, line 1") && message.contains("`sports`") && message.contains("innovation"),
        "{message}"
    );
}

#[test]
fn real_paragraphs_are_mostly_right() {
    let Some(gold) = shared("gold-dev.jsonl") else { return };
    let report: Value = serde_json::from_str(&succeed(&["evaluate", text(&gold), "--format", "json"])).unwrap();
    assert_eq!(report["paragraphs"], 676);
    assert!(report["primary"]["accuracy"].as_f64().unwrap() > 0.965);
    assert!(report["primary"]["macro_f1"].as_f64().unwrap() > 0.955);
}
