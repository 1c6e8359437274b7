//! What the tests share: the program, files, and small labelled paragraphs written for them.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The program, in English and without colours.
pub fn program() -> Command {
    let mut command = Command::cargo_bin("policy-topics").expect("the program is built");
    command.env("LC_ALL", "C").env_remove("NO_COLOR").args(["--lang", "en"]);
    command
}

/// A folder that is gone after the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file into a folder.
pub fn write(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).expect("the temporary folder takes a file");
    path
}

/// Runs the program and gives standard output, standard error and the exit code.
pub fn run<A: AsRef<std::ffi::OsStr>>(args: &[A]) -> (String, String, i32) {
    let output = program().args(args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().unwrap_or(-1))
}

/// Runs the program, which must succeed.
pub fn succeed<A: AsRef<std::ffi::OsStr> + std::fmt::Debug>(args: &[A]) -> String {
    let (out, err, code) = run(args);
    assert_eq!(code, 0, "{args:?}\n{err}");
    out
}

/// Runs the program, which must refuse with exit code 2; gives the message.
pub fn refuse<A: AsRef<std::ffi::OsStr> + std::fmt::Debug>(args: &[A]) -> String {
    let (_, err, code) = run(args);
    assert_eq!(code, 2, "{args:?}\n{err}");
    assert!(!err.contains("panicked"), "{err}");
    err
}

/// The rows of JSON lines.
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Real documents and labels beside the project, where it is developed. Tests that need them say so and pass without.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

/// Paragraphs on three subjects that are no policy themes of ours.
pub const NEWS: [(&str, &str); 18] = [
    ("体育", "主队在加时赛攻入制胜一球，时隔六年重返决赛。"),
    ("体育", "中锋伤愈复出，末节连得十一分，球队主场险胜。"),
    ("体育", "选手在一百米决赛中刷新个人最好成绩，夺得铜牌。"),
    ("体育", "主教练赛后表示，球员在决赛下半场体能下降明显。"),
    ("体育", "女排三比一战胜对手，提前锁定半决赛席位。"),
    ("体育", "球队签下一名外援前锋，合同为期两个赛季。"),
    ("财经", "央行开展逆回购操作，市场利率小幅回落。"),
    ("财经", "股市午后拉升，银行板块领涨，成交额突破万亿元。"),
    ("财经", "公司发布年报，净利润同比增长，拟每股派息三角。"),
    ("财经", "债券收益率走低，基金发行规模创年内新高。"),
    ("财经", "上市银行披露季报，净息差收窄，不良率下降。"),
    ("财经", "投资者关注央行利率决议，股市成交额萎缩。"),
    ("科技", "新款手机芯片采用三纳米工艺，功耗下降两成。"),
    ("科技", "研究团队开源大模型，推理速度提升一倍。"),
    ("科技", "卫星互联网完成终端测试，手机可直连卫星。"),
    ("科技", "量子计算原型机发布，芯片集成百余个比特。"),
    ("科技", "机器人公司展示灵巧手，算法可识别陌生物体。"),
    ("科技", "芯片厂商公布路线图，新工艺明年量产。"),
];

/// Those paragraphs as JSON lines.
pub fn news_json_lines() -> String {
    let row = |(label, text): &(&str, &str)| serde_json::json!({ "text": text, "label": label }).to_string() + "\n";
    NEWS.iter().map(row).collect()
}
