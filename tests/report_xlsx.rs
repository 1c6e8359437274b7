//! `policy-topics report --xlsx`: the workbook as another program reads it.

mod common;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use common::{folder, refuse, succeed, text, write};
use serde_json::Value;

fn made(folder: &tempfile::TempDir, inputs: &[&str], more: &[&str]) -> PathBuf {
    let path = folder.path().join("report.xlsx");
    succeed(&[&["report"], inputs, &["--xlsx", text(&path)], more].concat());
    path
}

fn sheet(path: &Path, name: &str) -> Range<Data> {
    let mut book: Xlsx<_> = open_workbook(path).expect("a workbook");
    book.worksheet_range(name).expect("the sheet")
}

fn part(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(File::open(path).expect("a file")).expect("an archive");
    let mut part = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut part).expect("text");
    part
}

/// The column with a heading, below it.
fn column<'s>(sheet: &'s Range<Data>, heading: &str) -> Vec<&'s Data> {
    let mut rows = sheet.rows();
    let at = rows.next().expect("headings").iter().position(|cell| cell == heading);
    let at = at.unwrap_or_else(|| panic!("there is no column {heading}"));
    rows.map(|row| &row[at]).collect()
}

#[test]
fn sheets_have_the_figures_of_the_json() {
    let folder = folder();
    let json = folder.path().join("r.json");
    let path = made(&folder, &["examples/reports"], &["--group-by", "level", "--json", text(&json)]);
    let book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    assert_eq!(book.sheet_names(), ["Overview", "Documents", "Groups", "Paragraphs", "Terms", "Left out"]);
    let report: Value = serde_json::from_str(&fs::read_to_string(json).expect("JSON")).expect("JSON");
    let documents = sheet(&path, "Documents");
    let rows = report["documents"].as_array().expect("documents");
    assert_eq!(documents.height(), rows.len() + 1);
    for (at, label) in report["labels"].as_array().expect("labels").iter().enumerate() {
        let name = label["english"].as_str().expect("a name");
        for (heading, figure) in [("of characters", "share_by_characters"), ("expected", "expected"), ("rank", "rank")] {
            let shown = column(&documents, &format!("{name}: {heading}"));
            for (cell, document) in shown.iter().zip(rows) {
                let expected = document["labels"][at][figure].as_f64().expect("a number");
                assert!(
                    matches!(cell, Data::Float(value) if (value - expected).abs() < 1e-12),
                    "{heading} {cell:?} {expected}"
                );
            }
        }
    }
    let paragraphs = sheet(&path, "Paragraphs");
    let blocks: Vec<&Value> = rows
        .iter()
        .flat_map(|document| document["blocks"].as_array().expect("blocks"))
        .filter(|block| block["kind"] == "paragraph")
        .collect();
    assert_eq!(paragraphs.height(), blocks.len() + 1);
    for (cell, block) in column(&paragraphs, "text").iter().zip(&blocks) {
        assert_eq!(cell.to_string(), block["text"].as_str().expect("text"));
    }
    assert!(sheet(&path, "Terms").height() > 50 && sheet(&path, "Left out").height() > 6);
    let levels = column(&sheet(&path, "Groups"), "column").iter().filter(|cell| **cell == "level").count();
    assert!(levels >= report["groupings"][0]["groups"].as_array().expect("groups").len());
}

#[test]
fn sheets_filter_freeze_and_show_percent() {
    let folder = folder();
    let path = made(&folder, &["examples/reports"], &["--lang", "zh"]);
    let book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    assert_eq!(book.sheet_names(), ["概览", "文档", "分组", "段落", "词语", "未计入"]);
    for number in 2..=6 {
        let sheet = part(&path, &format!("xl/worksheets/sheet{number}.xml"));
        assert!(sheet.contains("<autoFilter ref=\"A1:") && sheet.contains("ySplit=\"1\""), "sheet {number}");
    }
    assert!(part(&path, "xl/styles.xml").contains("0.0%"));
    let chart = part(&path, "xl/charts/chart1.xml");
    assert_eq!(chart.matches("<c:ser>").count(), 5);
    assert!(chart.contains("percentStacked") && chart.contains("0072B2"), "{chart}");
}

#[test]
fn text_is_never_a_formula_and_fits_its_cell() {
    let folder = folder();
    let long = "治理水土流失面积，".repeat(5000);
    let document = format!(
        "关于2025年工作的报告\n=HYPERLINK(\"http://example.com\",\"点我\")治理黑臭水体九处，造林六万亩。\n+1+cmd|' /C calc'!A0改造老旧小区三十个。\n{long}。\n"
    );
    let input = write(&folder, "a.txt", document);
    let path = made(&folder, &[text(&input)], &[]);
    let texts = sheet(&path, "Paragraphs");
    let texts = column(&texts, "text");
    assert!(texts.iter().any(|cell| matches!(cell, Data::String(text) if text.starts_with("=HYPERLINK"))), "{texts:?}");
    assert!(texts.iter().all(|cell| cell.to_string().encode_utf16().count() <= 32_767));
    assert!(texts.iter().any(|cell| cell.to_string().ends_with('…')));
    assert!(!part(&path, "xl/worksheets/sheet4.xml").contains("<f>"));
    let said: String = sheet(&path, "Overview").rows().flatten().map(ToString::to_string).collect();
    assert!(said.contains("Excel's limits") && said.contains("the text of 1 cells is cut"), "{said}");
}

#[test]
fn the_same_bytes_every_time() {
    let (one, two) = (folder(), folder());
    let of = |folder, threads| fs::read(made(folder, &["examples/reports"], &["--threads", threads])).expect("the workbook");
    assert!(of(&one, "1") == of(&two, "2"));
    assert!(refuse(&["report", "examples/reports", "--xlsx", "-"]).contains("--xlsx writes a file"));
}
