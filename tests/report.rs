//! `policy-topics report`, as a user sees it.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{folder, program, refuse, run, shared, succeed, text, write};
use serde_json::Value;

/// The report on `args` as JSON.
fn json(args: &[&str]) -> Value {
    serde_json::from_str(&succeed(&[&["report", "--json", "-"], args].concat())).unwrap()
}

/// Documents with a place, a year and paragraphs on two themes each.
fn write_reports(folder: &tempfile::TempDir) {
    let about = [
        "新建高标准农田30万亩，推广智能农机，农民人均收入增长7%。",
        "改造老旧小区86个，新增城镇就业5.2万人，新建养老床位1800张。",
        "完成造林12万亩，空气质量优良天数比例提高，关停污染企业9家。",
    ];
    let reports = [("云泽省", 2023, 0, 1), ("云泽省", 2024, 1, 1), ("汀海省", 2023, 2, 0), ("汀海省", 2024, 2, 2)];
    for (place, year, first, second) in reports {
        let content = format!("{place}{year}年政府工作报告\n一、工作回顾\n{}\n{}\n", about[first], about[second]);
        write(folder, &format!("{place}{year}.txt"), content);
    }
}

#[test]
fn shares_are_those_of_the_classified_paragraphs() {
    let report = json(&["examples/reports"]);
    let documents = report["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 6);
    for document in documents {
        let name = document["document"].as_str().unwrap();
        let rows = common::json_lines(&succeed(&["classify", name, "--format", "jsonl"]));
        let blocks = document["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), rows.len());
        for (block, row) in blocks.iter().zip(&rows) {
            for field in ["index", "kind", "section", "text", "primary", "themes"] {
                assert_eq!(block.get(field), row.get(field), "{name} {field}");
            }
            for (label, p) in row.get("probabilities").and_then(Value::as_object).into_iter().flatten() {
                assert!(
                    (block["probabilities"][label].as_f64().unwrap() - p.as_f64().unwrap()).abs() < 2e-6,
                    "{name} {label}"
                );
            }
        }
        let sum: f64 =
            document["labels"].as_array().unwrap().iter().map(|of| of["share_by_characters"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

/// Runs the script that computes a report's figures again; `None` where there is no Python.
fn recompute(report: &Path) -> Option<std::process::Output> {
    let args = ["tests/recompute.py", text(report), "docs/report.schema.json"];
    let output = Command::new("python3").args(args).stdin(Stdio::null()).output();
    if output.is_err() {
        eprintln!("skipped: python3 is not here");
    }
    output.ok()
}

#[test]
fn an_independent_script_finds_every_figure_from_the_paragraphs() {
    let folder = folder();
    write_reports(&folder);
    write(&folder, "manifest.csv", "document,片区\n云泽省2023.txt,北\n汀海省2023.txt,南\n汀海省2024.txt,南\n");
    let inputs =
        ["云泽省2023.txt", "云泽省2024.txt", "汀海省2023.txt", "汀海省2024.txt"].map(|name| folder.path().join(name));
    let path = folder.path().join("report.json");
    let manifest = folder.path().join("manifest.csv");
    let options = ["report", "examples/reports", "--json", text(&path), "--manifest", text(&manifest)];
    let columns = ["--group-by", "region,年份,level,片区"];
    let inputs: Vec<&str> = inputs.iter().map(|path| text(path)).collect();
    succeed(&[options.as_slice(), &columns, &inputs].concat());
    let Some(output) = recompute(&path) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // And it notices when a figure is not what the paragraphs say.
    let right = fs::read_to_string(&path).unwrap();
    let report: Value = serde_json::from_str(&right).unwrap();
    assert_eq!(report["groupings"].as_array().unwrap().len(), 4);
    let pointers = [
        "/overall/labels/0/share_by_characters",
        "/overall/labels/1/expected",
        "/years/1/labels/2/share_by_paragraphs",
        "/documents/7/change/shares/livelihood",
        "/groupings/1/groups/5/change/shares/ecology",
        "/groupings/2/groups/0/labels/3/difference",
        "/documents/2/themes/1/share",
        "/documents/1/groups/3/differences/other",
        "/documents/3/entropy",
    ];
    for pointer in pointers {
        let mut wrong = report.clone();
        let figure = wrong.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}"));
        *figure = (figure.as_f64().unwrap_or_else(|| panic!("{pointer} is no number")) * 0.9 + 0.01).into();
        fs::write(&path, wrong.to_string()).unwrap();
        assert!(!recompute(&path).unwrap().status.success(), "{pointer} can be changed without notice");
    }
}

#[test]
fn years_are_compared_within_a_region() {
    let folder = folder();
    write_reports(&folder);
    let report = json(&[text(folder.path()), "--group-by", "region,year"]);
    let change = &report["documents"][1]["change"];
    assert_eq!((&change["since"], &change["series"]), (&2023.into(), &1.into()));
    // Yunze: half rural and half livelihood, nearly; then all livelihood.
    let before = report["documents"][0]["labels"][3]["share_by_characters"].as_f64().unwrap();
    assert!((change["shares"]["livelihood"].as_f64().unwrap() - (1.0 - before)).abs() < 1e-12);
    assert_eq!(report["documents"][0]["change"], Value::Null);
    assert_eq!(report["years"][1]["change"]["series"], 2);
    let regions = report["groupings"][0]["groups"].as_array().unwrap();
    assert_eq!(regions.iter().map(|group| group["value"].as_str().unwrap()).collect::<Vec<_>>(), ["云泽省", "汀海省"]);
    assert_eq!(regions[1]["years"].as_array().unwrap().len(), 2);
    assert_eq!(report["groupings"][1]["groups"][1]["change"], report["years"][1]["change"]);
    assert_eq!(report["overall"]["left_out"][0]["kind"], "title");
}

#[test]
fn every_output_in_one_run_and_the_same_on_any_number_of_threads() {
    let folder = folder();
    let outputs = |threads: &str| {
        let [json, csv, markdown] = ["json", "csv", "md"].map(|name| folder.path().join(format!("{threads}.{name}")));
        let args = ["report", "examples/reports", "--threads", threads, "--group-by", "level"];
        let places = ["--json", text(&json), "--csv", text(&csv), "--markdown", text(&markdown)];
        assert_eq!(succeed(&[args.as_slice(), &places].concat()), "");
        let tables = ["overview", "documents", "groups", "paragraphs", "terms", "left_out"];
        let mut all: Vec<Vec<u8>> = tables.iter().map(|name| fs::read(csv.join(format!("{name}.csv"))).unwrap()).collect();
        all.extend([fs::read(json).unwrap(), fs::read(markdown).unwrap()]);
        all
    };
    let one = outputs("1");
    assert_eq!(one, outputs("2"));
    assert_eq!(one, outputs("5"));
    let folder_holds = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(folder_holds, 9, "nothing but the outputs is left");
}

#[test]
fn csv_tables_are_for_excel_and_for_programs() {
    let folder = folder();
    write_reports(&folder);
    let output = common::folder();
    let tables = output.path().join("tables");
    let args = ["report", text(folder.path()), "--lang", "zh", "--group-by", "region", "--csv", text(&tables)];
    succeed(&args);
    let overview = fs::read(tables.join("overview.csv")).unwrap();
    assert!(overview.starts_with(b"\xEF\xBB\xBF"));
    succeed(&[args.as_slice(), &["--no-bom"]].concat());
    let read = |name: &str| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(tables.join(name)).unwrap();
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let overview = read("overview.csv");
    assert_eq!(overview[0][..6], ["范围", "文档数", "主题", "段落数", "字数", "字数占比（%）"]);
    // All of it, and two years, each with five labels.
    assert_eq!(overview.len(), 1 + 3 * 5);
    let sum: f64 = overview[1..6].iter().map(|row| row[5].parse::<f64>().unwrap()).sum();
    assert!((sum - 100.0).abs() < 0.3, "{sum}");
    let documents = read("documents.csv");
    assert_eq!((documents.len(), documents[1][2].as_str(), documents[1][4].as_str()), (5, "云泽省", "2023"));
    let paragraphs = read("paragraphs.csv");
    assert_eq!(paragraphs.len(), 1 + 4 * 4);
    assert_eq!(paragraphs[3][2..4], ["一、工作回顾", "段落"]);
    assert!(paragraphs[3][4].starts_with("新建高标准农田") && paragraphs[3][6] == "乡村振兴", "{:?}", paragraphs[3]);
    assert!(read("groups.csv").iter().any(|row| row[1] == "汀海省" && row[2] == "2024"));
    assert!(read("terms.csv").iter().any(|row| row[0] == "文档" && row[3] == "贡献" && row[5] == "农民"));
    assert_eq!(read("left_out.csv").len(), 1 + 4 * 2);
}

#[test]
fn markdown_keeps_text_as_text() {
    let folder = folder();
    write(&folder, "a|b_<script>.txt", "新增城镇就业5万人，改造老旧小区30个<script>alert(1)</script>，新建养老床位|120张。");
    let out = succeed(&["report", text(folder.path()), "--markdown", "-"]);
    assert!(out.contains(r"a\|b\_\<script\>.txt") && !out.contains("<script>"), "{out}");
    assert!(out.contains("| Theme | Paragraphs | Characters |") && out.contains("|---|---:|---:|"), "{out}");
    let chinese = succeed(&["report", text(folder.path()), "--markdown", "-", "--lang", "zh"]);
    assert!(
        chinese.contains("# 政策注意力报告") && chinese.contains("代表性段落") && !chinese.contains("Livelihood"),
        "{chinese}"
    );
}

#[test]
fn the_table_fits_and_speaks_both_languages() {
    use unicode_width::UnicodeWidthStr;
    let english = succeed(&["report", "examples/reports"]);
    assert!(english.contains("Rural revitalization") && english.contains("in all"), "{english}");
    let chinese = succeed(&["report", "examples/reports", "--lang", "zh"]);
    assert!(chinese.contains("乡村振兴") && chinese.contains("合计") && !chinese.contains("Innovation"), "{chinese}");
    for out in [&english, &chinese] {
        assert!(!out.contains('\u{1b}'), "no colours where there is no terminal");
        // The first table: every row is a name, a count, five shares and a bar, and all bars end in the same column.
        let rows: Vec<&str> = out.lines().filter(|line| line.starts_with("20") && line.contains('_')).collect();
        assert_eq!(rows.len(), 6, "{out}");
        assert!(rows.iter().all(|row| row.width() == rows[0].width() && row.width() <= 110), "{out}");
        assert!(rows.iter().all(|row| row.matches('%').count() == 5 && row.contains('▓')), "{out}");
    }
}

#[test]
fn without_paragraphs_the_figures_are_the_same() {
    let mut with = json(&["examples/reports"]);
    let without = json(&["examples/reports", "--no-paragraphs"]);
    for document in with["documents"].as_array_mut().unwrap() {
        assert!(document.as_object_mut().unwrap().shift_remove("blocks").is_some());
    }
    with["options"]["paragraphs"] = false.into();
    assert_eq!(with, without);
}

#[test]
fn archives_and_patterns_are_read_like_folders() {
    let folder = folder();
    write_reports(&folder);
    let archive = folder.path().join("all.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&archive).unwrap());
    for name in ["云泽省2023.txt", "云泽省2024.txt", "汀海省2023.txt", "汀海省2024.txt"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut fs::File::open(folder.path().join(name)).unwrap(), &mut zip).unwrap();
    }
    zip.finish().unwrap();
    let pattern = folder.path().join("*.txt");
    let [zipped, matched] = [json(&[text(&archive)]), json(&[text(&pattern)])];
    assert_eq!(
        zipped["overall"]["labels"][0]["share_by_characters"],
        matched["overall"]["labels"][0]["share_by_characters"]
    );
    assert_eq!(zipped["documents"].as_array().unwrap().len(), 4);
    assert!(zipped["documents"][3]["document"].as_str().unwrap().ends_with("all.zip/汀海省2024.txt"));
}

#[test]
fn a_bad_document_is_reported_and_the_others_go_on() {
    let folder = folder();
    let bad = write(&folder, "bad.txt", "");
    write(&folder, "good.txt", "新增城镇就业5万人，改造老旧小区30个。");
    write(&folder, "headings.txt", "一、工作回顾\n二、工作安排\n");
    let (out, err, code) = run(&["report", text(folder.path())]);
    assert_eq!(code, 1);
    assert!(err.contains("bad.txt: is empty") && err.contains("headings.txt: it holds no paragraph"), "{err}");
    assert!(out.contains("good.txt") && out.contains("Documents that failed: 2"), "{out}");
    let json = folder.path().join("out.json");
    assert!(refuse(&["report", text(&bad), "--json", text(&json)]).contains("none of 1 documents could be read"));
    let headings = folder.path().join("headings.txt");
    let message = refuse(&["report", text(&headings), "--json", text(&json)]);
    assert!(message.contains("there is no paragraph to classify in any of 1 documents; nothing was written"), "{message}");
    assert!(!json.exists());
    let (_, _, code) = run(&["report", text(folder.path()), "--json", text(&json)]);
    let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((code, report["failed"].as_array().unwrap().len()), (1, 2));
    assert!(report["failed"][0]["reason"].as_str().unwrap().contains("is empty"), "{}", report["failed"]);
}

#[test]
fn manifest_and_documents_that_do_not_meet_are_named() {
    let folder = folder();
    write_reports(&folder);
    let manifest = write(&folder, "m.csv.keep", "document,片区\n云泽省2023,北\n云泽省2022,北\n");
    let pattern = folder.path().join("*.txt");
    let args = ["report", text(&pattern), "--manifest", text(&manifest), "--json", "-", "--group-by", "片区"];
    let (out, err, code) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("rows of the manifest are about no document that was read: `云泽省2022`"), "{err}");
    assert!(
        err.contains("documents without a row in the manifest (they are counted): `") && err.contains("汀海省2024.txt`")
    );
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["manifest"]["rows_without_document"][0], "云泽省2022");
    assert_eq!(report["manifest"]["documents_without_row"].as_array().unwrap().len(), 3);
    assert_eq!(report["groupings"][0]["groups"][1]["value"], Value::Null);
}

#[test]
fn outputs_are_checked_before_the_work() {
    let folder = folder();
    write_reports(&folder);
    let here = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let document = here("云泽省2023.txt");
    write(&folder, "m.csv", "document,年份\n云泽省2023,2023\n");
    fs::create_dir(here("full")).unwrap();
    fs::write(here("full/thesis.docx"), "my work").unwrap();
    let [same, missing, below, inside, full, tables, manifest, itself] =
        ["same", "no/where.json", "m.csv/a.json", "tables/a.json", "full", "tables", "m.csv", "云泽省2023.txt"].map(here);
    let folder_name = text(folder.path()).to_owned();
    let cases: [(&[&str], &str); 18] = [
        (&["--json", &same, "--markdown", &same], "--json and --markdown both write to"),
        (&["--json", "-", "--markdown", "-"], "--json and --markdown both write to -"),
        (&["--csv", "-"], "--csv writes a folder and not to standard output"),
        (&["--json", "-", "--csv", "-"], "--csv writes a folder and not to standard output"),
        (&["--html", "-"], "--html writes a file and not to standard output"),
        (&["--xlsx", "-"], "--xlsx writes a file and not to standard output"),
        (&["--json", &same, "--no-bom"], "--csv <FOLDER>"),
        (&["--json", &missing], "there is no folder"),
        (&["--json", &below], "m.csv is not a folder"),
        (&["--json", &folder_name], "it is a folder"),
        (&["--csv", &full], "the folder holds `thesis.docx`, which would be lost"),
        (&["--csv", &tables, "--json", &inside], "write into the same folder"),
        (&["--csv", "not-there", "--json", "not-there/a.json"], "write into the same folder"),
        (&["--csv", &same, "--json", &same], "both write to"),
        (&["--markdown", &itself], "is one of the documents"),
        (&["--manifest", &manifest, "--markdown", &manifest], "would overwrite the manifest"),
        (&["--group-by", "片区"], "there is no column `片区`; there are region, province, city"),
        (&["--group-by", "region,"], "an empty column"),
    ];
    let before = fs::read_dir(folder.path()).unwrap().count();
    for (options, expected) in cases {
        let message = refuse(&[&["report", document.as_str()], options].concat());
        assert!(message.contains(expected), "{options:?}: {message}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "{options:?}");
    }
    assert_eq!(fs::read_to_string(here("full/thesis.docx")).unwrap(), "my work");
}

#[test]
fn columns_of_tables_are_known_when_they_are_read() {
    let folder = folder();
    let rows = "text,片区\n新增城镇就业5万人，改造老旧小区30个。,北\n完成造林12万亩，关停污染企业9家。,南\n";
    let table = write(&folder, "rows.csv", rows);
    let report = json(&[text(&table), "--group-by", "片区"]);
    let values: Vec<&Value> = report["groupings"][0]["groups"].as_array().unwrap().iter().map(|of| &of["value"]).collect();
    assert_eq!(values, ["北", "南"]);
    let out = folder.path().join("out.json");
    let message = refuse(&["report", text(&table), "--group-by", "批次", "--json", text(&out)]);
    assert!(message.contains("there is no column `批次`") && !out.exists(), "{message}");
}

/// A run that is killed leaves what was there before.
#[cfg(unix)]
#[test]
fn a_killed_run_leaves_the_old_outputs() {
    use std::io::Write;
    let folder = folder();
    let json = folder.path().join("report.json");
    let tables = folder.path().join("tables");
    succeed(&["report", "examples/reports", "--json", text(&json), "--csv", text(&tables)]);
    let old = (fs::read(&json).unwrap(), fs::read(tables.join("paragraphs.csv")).unwrap());
    // It waits for the rest of standard input when it is killed.
    let mut child = std::process::Command::new(program().get_program())
        .args(["report", "examples/reports", "-", "--json", text(&json), "--csv", text(&tables)])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all("新增城镇就业5万人。".as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(old, (fs::read(&json).unwrap(), fs::read(tables.join("paragraphs.csv")).unwrap()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half is left");
}

#[test]
fn real_reports_are_two_thirds_other() {
    let Some(reports) = shared("reports") else { return };
    let report = json(&[text(&reports)]);
    assert_eq!(report["documents"].as_array().unwrap().len(), 25);
    let other = report["overall"]["labels"][4]["share_by_characters"].as_f64().unwrap();
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
