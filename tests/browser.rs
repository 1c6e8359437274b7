//! The HTML report in a real browser: `tests/browser/report.mjs`, where node, playwright-core and Chromium are. Elsewhere the test says
//! what is missing and passes; docs/browser-test.md says how to have them.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{folder, run, text, write};

/// Where a program is, by the first of its names that is found.
fn program(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

/// A report that would like to be obeyed.
const HOSTILE: &str = "云泽省柏溪市2025年政府工作报告\n\n\
一、过去一年<img src=x onerror=window.hacked=1>工作回顾\n\
各位代表，这一年我们坚持稳中求进，<script>window.hacked=1</script>全市生产总值增长百分之五点二，固定资产投资稳步回升。\n\
粮食总产量达到四十二万吨，新建高标准农田六万亩，\"><svg onload=window.hacked=1>农村公路改造一百二十公里，脱贫人口收入增长明显。\n\
城区空气优良天数比例达到九成以上，</script><script>window.hacked=1</script>关停散乱污企业三十一家，完成黑臭水体治理九处。\n\
二、今年</style><style>body{display:none}</style>主要任务\n\
新增城镇就业一万八千人，改扩建学校十四所，' onmouseover='window.hacked=1' 新增养老床位六百张，提高城乡居民医保补助标准。\n\
=HYPERLINK(\"javascript:window.hacked=1\")培育高新技术企业二十家，建设省级重点实验室两个，全社会研发投入增长一成。\n";

#[test]
fn readers_can_sort_filter_and_open_and_nothing_is_obeyed_or_fetched() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let Some(node) = program(&["node", "nodejs"]) else { return eprintln!("skipped: node is not here") };
    let Some(chromium) = program(&["chromium", "chromium-browser", "google-chrome"]) else {
        return eprintln!("skipped: chromium is not here");
    };
    if !here.join("node_modules/playwright-core").is_dir() {
        return eprintln!(
            "skipped: playwright-core is not here; `npm install --no-package-lock` in tests/browser brings it"
        );
    }
    for language in ["zh", "en"] {
        let folder = folder();
        let hostile = write(&folder, "\"><img src=x onerror='window.hacked=1'>.txt", HOSTILE);
        write(&folder, "empty.txt", "");
        let (html, json) = (folder.path().join("报告 1.html"), folder.path().join("report.json"));
        let empty = folder.path().join("empty.txt");
        let args =
            ["report", "examples/reports", text(&hostile), text(&empty), "--group-by", "year,level", "--lang", language];
        let (_, err, code) = run(&[&args[..], &["--html", text(&html), "--json", text(&json)]].concat());
        assert_eq!(code, 1, "the empty document fails and no other: {err}");
        let tested = Command::new(&node).arg(here.join("report.mjs")).args([&chromium, &html, &json]).output();
        let tested = tested.expect("node runs");
        let (out, err) = (String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
        assert!(tested.status.success() && out.contains(" passed, 0 failed"), "{language}\n{out}{err}");
        println!("{language}\n{out}");
    }
}
