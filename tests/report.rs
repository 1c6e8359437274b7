//! `policy-topics report`, `inspect`, `completions` and `--version`, as a user sees them.

mod common;

use common::{folder, refuse, run, shared, succeed, text, write};
use serde_json::Value;

#[test]
fn shares_follow_from_the_paragraphs() {
    let report: Value = serde_json::from_str(&succeed(&["report", "examples/reports", "--format", "json"])).unwrap();
    let documents = report["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 6);
    for document in documents {
        let name = document["document"].as_str().unwrap();
        let rows = common::json_lines(&succeed(&["classify", name, "--format", "jsonl", "--paragraphs-only"]));
        assert_eq!(document["paragraphs"], rows.len());
        let characters = |row: &Value| row["text"].as_str().unwrap().chars().filter(|c| !c.is_whitespace()).count();
        let total: usize = rows.iter().map(characters).sum();
        assert_eq!(document["characters"], total);
        for (label, share) in document["share_by_characters"].as_object().unwrap() {
            let own: usize = rows.iter().filter(|row| row["primary"] == label.as_str()).map(characters).sum();
            assert!((share.as_f64().unwrap() - own as f64 / total as f64).abs() < 1e-12, "{name} {label}");
        }
        for (theme, share) in document["share_touching"].as_object().unwrap() {
            let touching = rows.iter().filter(|row| row["themes"].as_array().unwrap().iter().any(|t| t == theme)).count();
            assert!((share.as_f64().unwrap() - touching as f64 / rows.len() as f64).abs() < 1e-12, "{name} {theme}");
        }
        let sum: f64 =
            document["share_by_paragraphs"].as_object().unwrap().values().map(|share| share.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_table_speaks_both_languages() {
    let english = succeed(&["report", "examples/reports"]);
    assert!(english.contains("Rural revitalization") || english.contains("revitalization"), "{english}");
    let chinese = succeed(&["report", "examples/reports", "--lang", "zh"]);
    assert!(chinese.contains("乡村振兴") && chinese.contains("合计") && !chinese.contains("Innovation"), "{chinese}");
}

#[test]
fn the_same_on_any_number_of_threads() {
    let report = |threads: &str| succeed(&["report", "examples/reports", "--format", "csv", "--threads", threads]);
    assert_eq!(report("1"), report("2"));
}

#[test]
fn a_bad_document_is_reported_and_the_others_go_on() {
    let folder = folder();
    let bad = write(&folder, "bad.txt", "");
    write(&folder, "good.txt", "新增城镇就业5万人，改造老旧小区30个。");
    let (out, err, code) = run(&["report", text(folder.path())]);
    assert_eq!(code, 1);
    assert!(
        err.contains("bad.txt: is empty") && out.contains("good.txt") && out.contains("Documents that failed: 1"),
        "{out}{err}"
    );
    assert!(refuse(&["report", text(&bad)]).contains("none of 1 documents could be read"));
}

#[test]
fn real_reports_are_two_thirds_other() {
    let Some(reports) = shared("reports") else { return };
    let report: Value = serde_json::from_str(&succeed(&["report", text(&reports), "--format", "json"])).unwrap();
    assert_eq!(report["documents"].as_array().unwrap().len(), 25);
    let other = report["in_all"]["share_by_characters"]["other"].as_f64().unwrap();
    assert!((0.55..0.75).contains(&other), "{other}");
}

#[test]
fn the_built_in_model_tells_what_it_is() {
    let out = succeed(&["inspect", "--terms", "5"]);
    for part in ["policy-themes (built in)", "jieba-rs 0.11.0", "cross-validation: accuracy 0.9"] {
        assert!(out.contains(part), "`{part}` is not in: {out}");
    }
    let version = succeed(&["--version"]);
    let fingerprint = version.split("fingerprint ").nth(1).unwrap().trim_end().trim_end_matches(')');
    assert!(out.contains(fingerprint), "{version}");
    assert_eq!(succeed(&["inspect", "--card"]), std::fs::read_to_string("models/default.md").unwrap());
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(succeed(&["completions", shell]).contains("classify"), "{shell}");
    }
}
