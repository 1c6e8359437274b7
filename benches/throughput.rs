//! How fast everything is, beside bare jieba-rs in the same run: `cargo bench`.
//!
//! Each line is the median of several rounds that take turns, so that a noisy machine disturbs all alike. Compare the
//! ratios in the last column, not the rates of two runs.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use jieba_rs::Jieba;
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::model::{Classifier, Model};
use policy_topics::tfidf::{CountedCorpus, Unit};
use policy_topics::tokenize::{TokenizedCorpus, Tokenizer};

const ROUNDS: usize = 7;
/// How often the training paragraphs are repeated for the whole-process lines.
const REPEAT: usize = 20;

struct Line<'l> {
    name: &'l str,
    bytes: usize,
    paragraphs: usize,
    /// Seconds that are not counted: the start of the process.
    run: Box<dyn FnMut() -> f64 + 'l>,
    seconds: Vec<f64>,
}

fn main() {
    let corpus = LabelledCorpus::read(&["training".into()], &Columns::default()).expect("training/ is part of the project");
    let texts: Vec<&str> = corpus.rows.iter().map(|row| row.text.as_str()).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let model = Model::embedded().expect("the default model is part of the program");
    let tokenizer = Tokenizer::new(&model.info.tokenizer);
    let classifier = Classifier::embedded().expect("the default model is part of the program");
    let jieba = Jieba::new();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
    let (one, two) = (pool(1), pool(2));
    let tokenized = one.install(|| TokenizedCorpus::new(&tokenizer, &texts));
    let vocabulary = &model.vocabulary;

    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = texts.iter().map(|text| format!("{}\n", serde_json::json!({ "text": text }))).collect();
    let large = folder.path().join("large.jsonl");
    let small = folder.path().join("small.jsonl");
    fs::write(&large, rows.repeat(REPEAT)).expect("the temporary folder takes a file");
    fs::write(&small, rows.lines().next().unwrap_or_default()).expect("the temporary folder takes a file");

    let seconds = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let cut = || texts.iter().for_each(|text| drop(black_box(jieba.cut(text, false))));
    let segment = || {
        texts.iter().for_each(|text| {
            classifier.cut(text, |word, _| {
                black_box(word);
            })
        })
    };
    let tokens = || texts.iter().for_each(|text| tokenizer.for_each_token(text, |token| drop(black_box(token))));
    let count = || drop(black_box(CountedCorpus::new(vocabulary, &tokenized, Unit::Sentence)));
    let counted = CountedCorpus::new(vocabulary, &tokenized, Unit::Sentence);
    let weigh = || drop(black_box(model.tfidf.transform(&counted)));
    let classify = || texts.iter().for_each(|text| drop(black_box(classifier.classify(text))));
    let process = |threads: &str, file: &Path| {
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_policy-topics"))
            .args(["classify", "--format", "jsonl", "--threads", threads])
            .arg(file)
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success());
        start.elapsed().as_secs_f64()
    };
    let n = texts.len();
    let mut lines = [
        Line {
            name: "jieba-rs cut, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut { cut })),
            seconds: vec![],
        },
        Line {
            name: "segment for prediction, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut { segment })),
            seconds: vec![],
        },
        Line {
            name: "tokenize for training, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut { tokens })),
            seconds: vec![],
        },
        Line {
            name: "count features, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut || one.install(count))),
            seconds: vec![],
        },
        Line {
            name: "TF-IDF transform, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut || one.install(weigh))),
            seconds: vec![],
        },
        Line {
            name: "TF-IDF transform, 2 threads",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut || two.install(weigh))),
            seconds: vec![],
        },
        Line {
            name: "classify, 1 thread",
            bytes,
            paragraphs: n,
            run: Box::new(|| seconds(&mut { classify })),
            seconds: vec![],
        },
        Line {
            name: "jieba-rs building its dictionary",
            bytes: 1,
            paragraphs: 1,
            run: Box::new(|| seconds(&mut || drop(black_box(Jieba::new())))),
            seconds: vec![],
        },
        Line {
            name: "one paragraph, whole process",
            bytes: 1,
            paragraphs: 1,
            run: Box::new(|| process("1", &small)),
            seconds: vec![],
        },
        Line {
            name: "JSON lines, whole process less start, 1 thread",
            bytes: bytes * REPEAT,
            paragraphs: n * REPEAT,
            run: Box::new(|| process("1", &large) - process("1", &small)),
            seconds: vec![],
        },
        Line {
            name: "JSON lines, whole process less start, 2 threads",
            bytes: bytes * REPEAT,
            paragraphs: n * REPEAT,
            run: Box::new(|| process("2", &large) - process("2", &small)),
            seconds: vec![],
        },
    ];
    for _ in 0..ROUNDS {
        for line in &mut lines {
            let seconds = (line.run)();
            line.seconds.push(seconds);
        }
    }
    println!("{n} paragraphs, {:.2} MB of text, median of {ROUNDS} rounds", bytes as f64 / 1e6);
    println!("{:50} {:>10} {:>8} {:>14} {:>10}", "", "ms", "MB/s", "paragraphs/s", "× jieba-rs");
    let mut jieba_rate = 0.0;
    for line in &mut lines {
        line.seconds.sort_by(f64::total_cmp);
        let median = line.seconds[ROUNDS / 2];
        let rate = line.bytes as f64 / median / 1e6;
        if jieba_rate == 0.0 {
            jieba_rate = rate;
        }
        let paragraphs = line.paragraphs as f64 / median;
        let ratio = if line.paragraphs == 1 { "-".to_owned() } else { format!("{:.2}", rate / jieba_rate) };
        println!("{:50} {:10.1} {rate:8.2} {paragraphs:14.0} {ratio:>10}", line.name, median * 1e3);
    }
}
