//! How time and memory grow with the input: `cargo bench --bench scale`, and with `-- 1000` up to 1,000 MB.
//!
//! Each line is a whole process that classifies JSON lines, the median of several runs. On Linux the highest memory of the process is
//! read from `/proc` while it runs.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use policy_topics::labelled::{Columns, LabelledCorpus};

/// Sizes in megabytes, 0 for one paragraph.
const SIZES: [usize; 5] = [0, 1, 10, 100, 1000];
const LARGEST: usize = 100;

fn main() {
    let largest = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(LARGEST);
    let corpus = LabelledCorpus::read(&["training".into()], &Columns::default()).expect("training/ is part of the project");
    let rows: Vec<String> = corpus.rows.iter().map(|row| format!("{}\n", serde_json::json!({ "text": row.text }))).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("{:>10} {:>8} {:>10} {:>8} {:>10}", "MB", "threads", "ms", "MB/s", "memory, MB");
    for size in SIZES.into_iter().filter(|&size| size <= largest) {
        let file = folder.path().join("rows.jsonl");
        let bytes = write(&file, &rows, size);
        for threads in ["1", "2"] {
            let mut runs: Vec<(f64, Option<u64>)> =
                (0..if size < 100 { 9 } else { 3 }).map(|_| run(&file, threads)).collect();
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let seconds = runs[runs.len() / 2].0;
            let memory = runs.iter().filter_map(|run| run.1).max();
            let memory = memory.map_or_else(|| "-".to_owned(), |kilobytes| format!("{:.0}", kilobytes as f64 / 1e3));
            let megabytes = bytes as f64 / 1e6;
            println!("{megabytes:10.3} {threads:>8} {:10.1} {:8.1} {memory:>10}", seconds * 1e3, megabytes / seconds);
        }
    }
}

/// Repeats the rows until the file has so many megabytes; returns its size in bytes.
fn write(path: &Path, rows: &[String], megabytes: usize) -> usize {
    let mut file = BufWriter::new(File::create(path).expect("the temporary folder takes a file"));
    let mut bytes = 0;
    for row in rows.iter().cycle() {
        file.write_all(row.as_bytes()).expect("the disk has room");
        bytes += row.len();
        if bytes >= megabytes * 1_000_000 {
            break;
        }
    }
    file.flush().expect("the disk has room");
    bytes
}

/// Seconds, and the highest memory in kilobytes where the system tells it.
fn run(file: &Path, threads: &str) -> (f64, Option<u64>) {
    let start = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_policy-topics"))
        .args(["classify", "--format", "jsonl", "--threads", threads])
        .arg(file)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", process.id());
    let mut memory = None;
    while process.try_wait().expect("the process can be waited for").is_none() {
        let now = fs::read_to_string(&status).ok().and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
        });
        memory = memory.max(now);
        std::thread::sleep(Duration::from_micros(500));
    }
    (start.elapsed().as_secs_f64(), memory)
}
