//! `policy-topics report --html`: what the file holds, without a browser.

mod common;

use std::fs;

use common::{folder, refuse, run, succeed, text, write};
use scraper::{Html, Selector};
use serde_json::Value;

fn select(css: &str) -> Selector {
    Selector::parse(css).expect("a selector")
}

fn made(folder: &tempfile::TempDir, more: &[&str]) -> String {
    let path = folder.path().join("report.html");
    succeed(&[&["report", "examples/reports", "--html", text(&path)], more].concat());
    fs::read_to_string(path).expect("the report is there")
}

#[test]
fn one_file_that_needs_no_other() {
    let folder = folder();
    let html = made(&folder, &["--lang", "zh"]);
    let page = Html::parse_document(&html);
    assert_eq!(format!("{:?}", page.quirks_mode), "NoQuirks");
    assert_eq!(page.root_element().value().attr("lang"), Some("zh-CN"));
    for css in ["link", "img", "script[src]", "iframe", "[style*=url]"] {
        assert_eq!(page.select(&select(css)).count(), 0, "{css}");
    }
    let style: String = page.select(&select("style")).flat_map(|style| style.text()).collect();
    assert!(!style.contains("url(") && !style.contains("@import"));
    let links = select("a[href]");
    let targets = page.select(&links).filter_map(|a| a.value().attr("href").map(str::to_owned));
    for target in targets {
        let id = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} leads out of the page"));
        assert!(html.contains(&format!("id=\"{id}\"")), "{target} leads nowhere");
    }
    let policy = page.select(&select("meta[http-equiv=Content-Security-Policy]")).next().expect("a policy");
    assert!(policy.value().attr("content").is_some_and(|content| content.starts_with("default-src 'none'")));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is written");
}

#[test]
fn every_paragraph_is_there_with_its_theme() {
    let folder = folder();
    let json = folder.path().join("report.json");
    let html = made(&folder, &["--lang", "en", "--json", text(&json)]);
    let page = Html::parse_document(&html);
    assert_eq!(page.root_element().value().attr("lang"), Some("en"));
    let report: Value = serde_json::from_str(&fs::read_to_string(json).expect("JSON")).expect("JSON");
    let mut seen = 0;
    for (at, document) in report["documents"].as_array().expect("documents").iter().enumerate() {
        for block in document["blocks"].as_array().expect("blocks") {
            let index = &block["index"];
            let Some(primary) = block["primary"].as_str() else { continue };
            let paragraph = page.select(&select(&format!("#d{}-{index}", at + 1))).next().expect("the paragraph");
            let own: String = paragraph.select(&select("[data-text]")).flat_map(|text| text.text()).collect();
            assert_eq!(own, block["text"].as_str().expect("text"));
            let labels = report["labels"].as_array().expect("labels");
            let label = labels.iter().find(|label| label["id"] == primary).expect("the label");
            let tag: String = paragraph.select(&select(".tag")).flat_map(|tag| tag.text()).collect();
            let share = 100.0 * block["probabilities"][primary].as_f64().expect("a probability");
            assert!(tag.contains(label["english"].as_str().expect("a name")), "{tag}");
            let shown: f64 = tag.rsplit(' ').next().and_then(|p| p.trim_end_matches('%').parse().ok()).expect("a number");
            assert!((shown - share).abs() < 0.0501, "{tag} {share}");
            seen += 1;
        }
    }
    assert_eq!(report["overall"]["paragraphs"], seen);
}

#[test]
fn a_document_is_shown_and_never_obeyed() {
    let folder = folder();
    let hostile = "关于2025年工作的报告\n一、<b onclick=x>总体</b>要求\n坚持绿色发展，<script>alert(1)</script>治理黑臭水体九处，\"><img src=x>造林六万亩。";
    let input = write(&folder, "a&\"'<i>.txt", hostile);
    let path = folder.path().join("r.html");
    succeed(&["report", text(&input), "--html", text(&path), "--group-by", "title"]);
    let page = Html::parse_document(&fs::read_to_string(path).expect("the report"));
    assert_eq!(page.select(&select("script")).count(), 1);
    for css in ["img", "[onclick]", "main b[onclick]"] {
        assert_eq!(page.select(&select(css)).count(), 0, "{css}");
    }
    let said: String = page.select(&select(".p [data-text]")).flat_map(|text| text.text()).collect();
    assert!(said.contains("<script>alert(1)</script>") && said.contains("\"><img src=x>"), "{said}");
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let (one, two) = (folder(), folder());
    assert!(
        made(&one, &["--threads", "1", "--group-by", "level"]) == made(&two, &["--threads", "2", "--group-by", "level"])
    );
}

#[test]
fn figures_come_without_paragraphs_too() {
    let folder = folder();
    let page = Html::parse_document(&made(&folder, &["--no-paragraphs"]));
    assert_eq!(page.select(&select(".p")).count(), 0);
    assert_eq!(page.select(&select("#heat tbody tr")).count(), 6);
    assert_eq!(page.select(&select("#heat a, #texts")).count(), 0, "nothing leads where there is nothing");
}

#[test]
fn one_document_is_open_and_compared_with_none() {
    let folder = folder();
    let path = folder.path().join("r.html");
    succeed(&["report", "examples/reports/2024_云泽省_政府工作报告.txt", "--html", text(&path)]);
    let page = Html::parse_document(&fs::read_to_string(path).expect("the report"));
    assert_eq!(page.select(&select("details.doc[open]")).count(), 1);
    assert_eq!(page.select(&select("#ranking, #years, #composition")).count(), 0);
}

#[test]
fn an_old_report_stays_when_the_new_one_fails() {
    let folder = folder();
    let path = write(&folder, "r.html", "the old one");
    let empty = write(&folder, "empty.txt", "");
    assert!(refuse(&["report", text(&empty), "--html", text(&path)]).contains("nothing was written"));
    assert_eq!(fs::read_to_string(&path).expect("the old one"), "the old one");
    assert!(refuse(&["report", "examples/reports", "--html", "-"]).contains("--html writes a file"));
    let (_, err, code) = run(&["report", "examples/reports", "--html", text(&folder.path().join("no/such/r.html"))]);
    assert!(code == 2 && err.contains("--html cannot write"), "{err}");
}
