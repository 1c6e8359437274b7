//! `policy-topics classify`, as a user sees it.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{folder, json_lines, program, refuse, run, succeed, text, write};
use proptest::prelude::*;

const REPORT: &str = "examples/reports/2024_云泽省_政府工作报告.txt";

const PARAGRAPHS: [(&str, &str); 5] = [
    (
        "innovation",
        "组建光电子省实验室，攻克高速光芯片等关键核心技术12项，技术合同成交额增长两成，新认定高新技术企业320家。",
    ),
    (
        "rural_revitalization",
        "新建高标准农田28万亩，粮食产量稳定在百亿斤以上，培育农民合作社示范社64家，村集体经济收入全部超过十万元。",
    ),
    ("ecology", "PM2.5平均浓度降至26微克/立方米，整治黑臭水体19条，完成营造林11万亩，国控断面水质优良比例达到94%。"),
    ("livelihood", "城镇新增就业5.2万人，新增养老床位1800张，改造老旧小区86个，城乡低保标准分别提高6%和8%。"),
    ("other", "固定资产投资增长7.4%，社会消费品零售总额突破九百亿元，实际利用外资居全省前列，营商环境考核进入第一方阵。"),
];

#[test]
fn paragraphs_get_their_themes() {
    let folder = folder();
    let rows: String = PARAGRAPHS.iter().map(|(_, text)| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    let rows = json_lines(&succeed(&["classify", text(&write(&folder, "rows.jsonl", rows)), "--format", "jsonl"]));
    for (row, (label, paragraph)) in rows.iter().zip(PARAGRAPHS) {
        assert_eq!(row["primary"], label, "{paragraph}");
        assert_eq!(row["text"], paragraph);
        let sum: f64 = row["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{row}");
        let themes: Vec<&str> = row["themes"].as_array().unwrap().iter().map(|theme| theme.as_str().unwrap()).collect();
        assert_eq!(themes.contains(&label), label != "other", "the primary theme is among the themes");
        assert!(!themes.contains(&"other"));
    }
    assert_eq!(rows.len(), PARAGRAPHS.len());
}

#[test]
fn other_fields_pass_through_untouched_in_their_order() {
    let folder = folder();
    let input = "{\"z\": 1.50, \"text\": \"新建\\u519c\\u7530水利设施。\", \"a\": {\"b\": [null, \"甲\\n乙\"]}, \"primary\": \"mine\"}\n\n{\"text\":\"第二行\"}\n";
    let out = succeed(&["classify", text(&write(&folder, "rows.jsonl", input)), "--format", "jsonl"]);
    let first = out.lines().next().unwrap();
    assert!(
        first.starts_with("{\"z\":1.50,\"text\":\"新建\\u519c\\u7530水利设施。\",\"a\":{\"b\": [null, \"甲\\n乙\"]},\"input_primary\":\"mine\",\"primary\":\""),
        "{first}"
    );
    assert_eq!(out.lines().count(), 2);
}

#[test]
fn tables_pass_through_and_can_be_read_back() {
    let folder = folder();
    let input =
        format!("\u{FEFF}编号,正文,备注\n7,\"{}\",\"含逗号,和\"\"引号\"\"\"\n8,\"{}\",\n", PARAGRAPHS[0].1, PARAGRAPHS[2].1);
    let file = write(&folder, "rows.csv", input);
    let out = folder.path().join("out.csv");
    succeed(&["classify", text(&file), "--text-column", "正文", "--output", text(&out)]);
    let mut table = csv::Reader::from_path(&out).unwrap();
    let header: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..6], ["编号", "正文", "备注", "primary", "themes", "certain"]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][0], &rows[0][2], &rows[0][3]), ("7", "含逗号,和\"引号\"", "innovation"));
    assert_eq!((&rows[1][0], &rows[1][3], &rows[1][4]), ("8", "ecology", "ecology"));
    let message = refuse(&["classify", text(&file)]);
    assert!(message.contains("has no column `text`") && message.contains("编号, 正文, 备注"), "{message}");
}

#[test]
fn documents_are_told_apart_into_headings_and_paragraphs() {
    let rows = json_lines(&succeed(&["classify", REPORT, "--format", "jsonl"]));
    let kinds = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    assert_eq!(kinds("title"), 3);
    assert_eq!(kinds("paragraph"), 25);
    assert!(kinds("heading") > 5);
    assert!(rows.iter().all(|row| (row["kind"] == "paragraph") == row.get("primary").is_some()));
    assert!(rows.iter().enumerate().all(|(at, row)| row["index"] == at && row["document"] == REPORT));
    let paragraph = rows.iter().find(|row| row["text"].as_str().unwrap().starts_with("打造高能级平台")).unwrap();
    assert_eq!(paragraph["section"], serde_json::json!(["三、2024年重点工作", "（一）以科技创新引领产业创新"]));
    let only = json_lines(&succeed(&["classify", REPORT, "--format", "jsonl", "--paragraphs-only"]));
    assert_eq!(only.len(), 25);
}

#[test]
fn explanations_name_the_terms_that_decided() {
    let folder = folder();
    let rows = write(&folder, "rows.jsonl", serde_json::json!({ "text": PARAGRAPHS[2].1 }).to_string());
    let out = succeed(&["classify", text(&rows), "--format", "jsonl", "--explain", "4"]);
    let terms = json_lines(&out)[0]["terms"].as_array().unwrap().clone();
    assert_eq!(terms.len(), 4);
    let row = &json_lines(&out)[0];
    let sentences = row["sentences"].as_array().unwrap();
    let together: String = sentences.iter().map(|sentence| sentence["text"].as_str().unwrap()).collect();
    assert_eq!((sentences[0]["start"].as_u64(), together.as_str()), (Some(0), PARAGRAPHS[2].1));
    // The parts add up to the log odds of the theme.
    let p = row["theme_probabilities"]["ecology"].as_f64().unwrap();
    let log_odds: f64 = sentences.iter().map(|sentence| sentence["themes"]["ecology"].as_f64().unwrap()).sum();
    assert!((1.0 / (1.0 + (-log_odds).exp()) - p).abs() < 2e-6, "{out}");
    let contributions: Vec<f64> = terms.iter().map(|term| term["contribution"].as_f64().unwrap()).collect();
    assert!(contributions.is_sorted_by(|a, b| a >= b) && contributions[3] > 0.0, "{out}");
    assert!(terms.iter().all(|term| PARAGRAPHS[2].1.contains(term["term"].as_str().unwrap())), "{out}");
}

#[test]
fn explanations_part_a_paragraph_into_its_sentences() {
    let folder = folder();
    let paragraph = format!("{}{}", PARAGRAPHS[3].1, PARAGRAPHS[2].1);
    let rows = write(&folder, "rows.jsonl", serde_json::json!({ "text": paragraph }).to_string());
    let row = &json_lines(&succeed(&["classify", text(&rows), "--format", "jsonl", "--explain", "2"]))[0];
    assert_eq!(row["themes"], serde_json::json!(["ecology", "livelihood"]));
    let sentences = row["sentences"].as_array().unwrap();
    let texts: Vec<&str> = sentences.iter().map(|sentence| sentence["text"].as_str().unwrap()).collect();
    assert_eq!(texts.concat(), paragraph);
    let second = PARAGRAPHS[3].1.chars().count();
    let (before, after): (Vec<_>, Vec<_>) =
        sentences.iter().partition(|sentence| sentence["end"].as_u64().unwrap() as usize <= second);
    assert_eq!(after[0]["start"], second);
    assert_eq!(after.last().unwrap()["end"], paragraph.chars().count());
    let parts = [before, after];
    let adds = |part: usize, theme: &str| parts[part].iter().map(|s| s["themes"][theme].as_f64().unwrap()).sum::<f64>();
    assert!(adds(0, "livelihood") > 0.0 && adds(0, "livelihood") > adds(1, "livelihood"));
    assert!(adds(1, "ecology") > 0.0 && adds(1, "ecology") > adds(0, "ecology"));
    let csv = succeed(&["classify", text(&rows), "--format", "csv", "--explain", "2"]);
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let at = table.headers().unwrap().iter().position(|name| name == "sentences").unwrap();
    let record = table.records().next().unwrap().unwrap();
    assert!(record[at].starts_with("0-") && record[at].contains(",ecology=") && record[at].contains(";"), "{csv}");
    let table = succeed(&["classify", text(&rows), "--format", "table", "--explain", "2"]);
    assert!(table.contains("│ 城镇新增就业") && table.contains("│ PM2.5"), "{table}");
}

#[test]
fn doubtful_paragraphs_are_told() {
    let folder = folder();
    // It is on three themes at once.
    let doubtful = "支持返乡青年用新技术发展绿色产业，带动群众就业。";
    let rows: String =
        [PARAGRAPHS[2].1, doubtful].iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    let rows = write(&folder, "rows.jsonl", rows);
    let certain: Vec<bool> = json_lines(&succeed(&["classify", text(&rows), "--format", "jsonl"]))
        .iter()
        .map(|row| row["certain"].as_bool().unwrap())
        .collect();
    assert_eq!(certain, [true, false]);
    let table = succeed(&["classify", text(&rows), "--format", "table"]);
    let marks: Vec<bool> = table.lines().skip(1).map(|line| line.contains('?')).collect();
    assert_eq!(marks, [false, true], "{table}");
    let csv = succeed(&["classify", text(&rows), "--format", "csv"]);
    assert!(csv.lines().nth(1).unwrap().contains(",true,") && csv.lines().nth(2).unwrap().contains(",false,"), "{csv}");
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let out = |threads: &str| {
        succeed(&["classify", "examples/reports", "training/mixed.jsonl", "--format", "jsonl", "--threads", threads])
    };
    assert!(out("1") == out("2"));
}

#[test]
fn rows_of_many_batches_keep_their_order_and_their_numbers() {
    let folder = folder();
    let texts: Vec<String> =
        json_lines(&fs::read_to_string("training/mixed.jsonl").unwrap()).iter().map(|row| row["text"].to_string()).collect();
    // Some megabytes, with a bad row now and then, and no line break at the end.
    let line = |id: usize| match id % 9_999 {
        9_998 => "{\"text\": 吧".to_owned(),
        _ => format!("{{\"id\":{id},\"text\":{}}}", texts[id % texts.len()]),
    };
    let lines: Vec<String> = (0..25_000).map(line).collect();
    let rows = write(&folder, "rows.jsonl", lines.join("\n"));
    for threads in ["1", "2", "3"] {
        let args = ["classify", text(&rows), "--format", "jsonl", "--threads", threads];
        let out = program().args(args).output().unwrap();
        let ids: Vec<u64> =
            json_lines(&String::from_utf8(out.stdout).unwrap()).iter().map(|row| row["id"].as_u64().unwrap()).collect();
        let expected: Vec<u64> = (0..25_000).filter(|id| id % 9_999 != 9_998).collect();
        assert!(ids == expected, "{} rows", ids.len());
        let problems = String::from_utf8(out.stderr).unwrap();
        assert!(problems.contains("line 9999:") && problems.contains("line 19998:"), "{problems}");
        assert_eq!((problems.lines().count(), out.status.code()), (2, Some(1)), "{problems}");
    }
}

#[test]
fn standard_input_is_read() {
    let out = program().args(["classify", "-", "--format", "jsonl"]).write_stdin(PARAGRAPHS[1].1).output().unwrap();
    let rows = json_lines(&String::from_utf8(out.stdout).unwrap());
    assert_eq!((rows[0]["primary"].as_str(), rows[0]["document"].as_str()), (Some("rural_revitalization"), Some("-")));
    let rows = format!("{{\"text\": \"{}\"}}", PARAGRAPHS[3].1);
    let out = program()
        .args(["classify", "-", "--input-format", "jsonl", "--format", "jsonl"])
        .write_stdin(rows)
        .output()
        .unwrap();
    assert_eq!(json_lines(&String::from_utf8(out.stdout).unwrap())[0]["primary"], "livelihood");
}

#[test]
fn text_without_words_is_other_with_a_note() {
    let folder = folder();
    let rows = write(&folder, "rows.jsonl", "{\"text\": \"\"}\n{\"text\": \" 12.5%，——\"}\n");
    for row in json_lines(&succeed(&["classify", text(&rows), "--format", "jsonl"])) {
        assert_eq!((row["primary"].as_str(), row["note"].as_str()), (Some("other"), Some("no words")));
        assert_eq!(row["themes"], serde_json::json!([]));
    }
}

#[test]
fn bad_rows_are_reported_and_the_others_go_on() {
    let folder = folder();
    let mut bytes = "{\"text\": \"甲\"}\n{oops\n{\"body\": \"乙\"}\n{\"text\": 5}\n".as_bytes().to_vec();
    bytes.extend(b"{\"text\": \"\xff\"}\n{\"text\": \"last\"}");
    let rows = write(&folder, "rows.jsonl", bytes);
    let (out, err, code) = run(&["classify", text(&rows), "--format", "jsonl"]);
    assert_eq!((json_lines(&out).len(), code), (2, 1));
    for part in [
        "rows.jsonl, line 2: not a row",
        "line 3: the row has no `text`",
        "line 4: the row has no `text`",
        "line 5: not UTF-8",
    ] {
        assert!(err.contains(part), "`{part}` is not in: {err}");
    }
}

#[test]
fn bad_documents_are_reported_and_the_others_go_on() {
    let folder = folder();
    write(&folder, "a.bin", [0, 159, 146, 150, 0, 1, 2, 3]);
    write(&folder, "b.txt", "\n \n");
    write(&folder, "c.txt", PARAGRAPHS[0].1);
    let (out, err, code) = run(&["classify", text(folder.path()), "--format", "jsonl"]);
    assert_eq!((json_lines(&out).len(), code), (1, 1));
    assert!(err.contains("a.bin: is binary data of no known format") && err.contains("b.txt: is empty"), "{err}");
    let (out, err, code) = run(&["classify", "no-such-file.txt", text(&folder.path().join("c.txt")), "--format", "jsonl"]);
    assert_eq!((json_lines(&out).len(), code), (1, 1));
    assert!(err.contains("no-such-file.txt: there is no such file or folder"), "{err}");
}

#[test]
fn what_cannot_run_says_why() {
    let folder = folder();
    assert!(refuse(&["classify", "no-such-file.txt"]).contains("no-such-file.txt: there is no such file or folder"));
    assert!(refuse(&["classify", text(folder.path())]).contains("there is nothing to read in"));
    let foreign = write(&folder, "x.model", "not a model");
    assert!(refuse(&["classify", REPORT, "--model", text(&foreign)]).contains("not a policy-topics model"));
    assert!(refuse(&["classify", REPORT, "--model", "none.model"]).contains("cannot read the model none.model"));
    let gbk = write(&folder, "gbk.txt", b"\xb4\xb4\xd0\xc2");
    let message = refuse(&["classify", text(&gbk), "--encoding", "utf-8"]);
    assert!(message.contains("is not UTF-8: byte 0xB4 at offset 0") && message.contains("gb18030"), "{message}");
    assert!(refuse(&["classify", REPORT, "--encoding", "klingon"]).contains("`klingon` is no encoding"));
}

#[test]
fn a_failed_run_leaves_the_old_output() {
    let folder = folder();
    let old = write(&folder, "out.jsonl", "old");
    let rows = write(&folder, "rows.csv", "a\n1\n");
    refuse(&["classify", text(&rows), "--output", text(&old)]);
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder();
    let rows = fs::read_to_string("training/mixed.jsonl").unwrap().repeat(20);
    let file = write(&folder, "rows.jsonl", rows);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("policy-topics"))
        .args(["classify", text(&file), "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
}

#[test]
fn a_full_disk_is_told() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return eprintln!("skipped: no /dev/full here");
    };
    for arguments in [&["classify", "training/mixed.jsonl", "--format", "jsonl"][..], &["inspect"], &["completions", "bash"]]
    {
        let child = Command::new(assert_cmd::cargo::cargo_bin("policy-topics"))
            .args(arguments)
            .stdout(full.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let done = child.wait_with_output().unwrap();
        let message = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.code() == Some(2) && message.starts_with("error: cannot write the output: "), "{message}");
    }
}

#[test]
fn no_colours_without_a_terminal() {
    let out = succeed(&["classify", REPORT, "--format", "table"]);
    assert!(!out.contains('\u{1b}') && out.contains("Rural revitalization"));
    assert!(succeed(&["classify", REPORT, "--format", "table", "--lang", "zh"]).contains("乡村振兴"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_text_is_classified_and_passed_through(texts in prop::collection::vec(any::<String>(), 1..40)) {
        let folder = folder();
        let rows: String = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
        let file = write(&folder, "rows.jsonl", rows);
        let rows = json_lines(&succeed(&["classify", text(&file), "--format", "jsonl", "--explain", "3"]));
        let back: Vec<&str> = rows.iter().map(|row| row["text"].as_str().unwrap()).collect();
        prop_assert_eq!(back, texts);
    }
}
