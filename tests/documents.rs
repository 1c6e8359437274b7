//! Documents as people have them, through the program: damaged, in other encodings, with a manifest.

mod common;

use common::{folder, json_lines, refuse, run, succeed, text, write};
use serde_json::Value;

/// A page of the kind that copies of copies are, written for this test.
const PAGE: &str = "網站首頁 > 政務公開 > 政府工作報告\n\
    2023年云澤省政府工作報告\n\
    ——2023年1月12日在云澤省第十四屆人民代表大會第一次會議上\n\
    各位代表:\n\
    一、工作回顧\n\
    經(jīng)濟(jì)發(fā)展穩中有進,新建高標準農田28萬畝,糧食產量再創新高,農民收入增長8%。\n\
    版權所有 云澤省人民政府辦公廳\n";

#[test]
fn a_damaged_page_is_restored_and_classified() {
    let folder = folder();
    let page = write(&folder, "page.txt", PAGE);
    let rows = json_lines(&succeed(&["classify", text(&page), "--format", "jsonl"]));
    let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["boilerplate", "title", "title", "heading", "heading", "paragraph", "boilerplate"]);
    assert_eq!(rows[5]["text"], "经济发展稳中有进，新建高标准农田28万亩，粮食产量再创新高，农民收入增长8%。");
    assert_eq!(rows[5]["primary"], "rural_revitalization");
}

#[test]
fn restore_shows_what_was_done() {
    let folder = folder();
    let page = write(&folder, "page.txt", PAGE);
    let clean = succeed(&["restore", text(&page)]);
    assert!(clean.contains("经济发展稳中有进，新建高标准农田28万亩"), "{clean}");
    let again = write(&folder, "clean.txt", &clean);
    assert_eq!(succeed(&["restore", text(&again)]), clean);
    let report = succeed(&["restore", text(&page), "--report"]);
    assert!(report.contains("pinyin annotations removed") && report.contains("characters made Simplified"), "{report}");
    let diff = succeed(&["restore", text(&page), "--diff"]);
    assert!(diff.contains("- 經(jīng)濟(jì)發(fā)展") && diff.contains("+ 经济发展"), "{diff}");
}

#[test]
fn encodings_make_no_difference() {
    let folder = folder();
    let report = "2024年云泽省政府工作报告\n各位代表：\n新建高标准农田28万亩，粮食产量再创新高，农民收入增长8%。\n";
    let (gb, ..) = encoding_rs::GB18030.encode(report);
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(report.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let classify = |name: &str, bytes: &[u8]| {
        let out = succeed(&["classify", text(&write(&folder, name, bytes)), "--format", "jsonl"]);
        out.replace(name, "")
    };
    let utf8 = classify("utf8.txt", report.as_bytes());
    assert!(utf8.contains("\"primary\":\"rural_revitalization\""), "{utf8}");
    assert_eq!(classify("gb.txt", &gb), utf8);
    assert_eq!(classify("utf16.txt", &utf16), utf8);
}

#[test]
fn a_manifest_overrides_and_its_unused_rows_are_told() {
    let folder = folder();
    let page = write(&folder, "page.txt", PAGE);
    let read = |args: &[&str]| {
        let mut all = vec!["report", text(&page), "--json", "-"];
        all.extend(args);
        let (out, err, code) = run(&all);
        assert_eq!(code, 0, "{err}");
        (serde_json::from_str::<Value>(&out).unwrap()["documents"][0]["metadata"].clone(), err)
    };
    let (found, _) = read(&[]);
    assert_eq!((&found["year"], &found["level"], &found["province"]), (&2023.into(), &"province".into(), &"云泽省".into()));
    let manifest = write(&folder, "manifest.csv", "document,year,source\npage.txt,2024,省档案馆\nother.txt,2020,\n");
    let (overridden, err) = read(&["--manifest", text(&manifest)]);
    assert_eq!((&overridden["year"], &overridden["province"]), (&2024.into(), &"云泽省".into()));
    assert_eq!(overridden["source"], "省档案馆");
    assert!(err.contains("rows of the manifest are about no document that was read: `other.txt`"), "{err}");
    let wrong = write(&folder, "wrong.csv", "file,year\npage.txt,2024\n");
    assert!(refuse(&["report", text(&page), "--manifest", text(&wrong)]).contains("wrong.csv cannot be used"));
}

#[test]
fn paragraphs_can_be_split_further() {
    let folder = folder();
    let list =
        "各位代表：\n重点抓好两件事。一是攻克芯片关键核心技术，新建省实验室两家。二是新增养老床位800张，改造老旧小区。\n";
    let file = write(&folder, "list.txt", list);
    let classify = |unit: &str| {
        json_lines(&succeed(&["classify", text(&file), "--format", "jsonl", "--paragraphs-only", "--unit", unit]))
    };
    assert_eq!(classify("paragraph").len(), 1);
    let items = classify("item");
    let labels: Vec<&str> = items.iter().map(|row| row["primary"].as_str().unwrap()).collect();
    assert_eq!(labels[1..], ["innovation", "livelihood"]);
    assert!(items.iter().all(|row| row["index"] == items[0]["index"]));
}

#[test]
fn a_single_line_is_classified() {
    let out = common::program().args(["classify", "-", "--format", "jsonl"]).write_stdin("发展现代农业\n").output().unwrap();
    assert_eq!(json_lines(&String::from_utf8(out.stdout).unwrap())[0]["primary"], "rural_revitalization");
}

#[test]
fn limits_have_options() {
    let folder = folder();
    let file = write(&folder, "long.txt", "新建高标准农田。".repeat(100));
    let message = refuse(&["classify", text(&file), "--max-line-bytes", "1000"]);
    assert!(message.contains("--max-line-bytes"), "{message}");
    assert!(refuse(&["report", text(&file), "--max-document-bytes", "1000"]).contains("--max-document-bytes"));
}
