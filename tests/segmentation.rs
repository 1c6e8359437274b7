//! Prediction cuts text into exactly the words that jieba-rs cuts.
//!
//! `POLICY_TOPICS_STRINGS=10000000 cargo test --release --test segmentation` tries ten million random strings; by default there are
//! fewer.

use std::path::Path;
use std::sync::LazyLock;

use fastrand::Rng;
use jieba_rs::Jieba;
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::model::Classifier;
use policy_topics::reader::Reader;
use policy_topics::tokenize::normalize;
use rayon::prelude::*;

static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| Classifier::embedded().unwrap());

static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in &CLASSIFIER.model().tokenizer.words {
        jieba.add_word(&word.word, word.frequency.map(|frequency| usize::try_from(frequency).unwrap()), None);
    }
    jieba
});

/// The words of jieba's dictionary, as its crate has them.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut unpacked = String::new();
    let packed = std::fs::File::open("dictionary/jieba.txt.gz").unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut unpacked).unwrap();
    unpacked.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
});

fn assert_same(text: &str) {
    let mut ours: Vec<String> = Vec::new();
    CLASSIFIER.cut(text, |word, _| ours.push(word.to_owned()));
    let normalized = normalize(text);
    let theirs: Vec<&str> = JIEBA.cut(&normalized, false).into_iter().map(|token| token.word).collect();
    assert_eq!(ours, theirs, "{text:?}");
}

#[test]
fn training_paragraphs_are_cut_alike() {
    let corpus = LabelledCorpus::read(&["training".into()], &Columns::default()).unwrap();
    corpus.rows.par_iter().for_each(|row| assert_same(&row.text));
}

#[test]
fn real_reports_are_cut_alike() {
    let folder = Path::new("../shared/reports");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("skipped: there is no {}", folder.display());
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let raw = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        raw.lines().for_each(assert_same);
        let document = Reader::new().document(&path.to_string_lossy(), &raw);
        document.blocks.iter().for_each(|block| assert_same(&block.text));
    }
}

#[test]
fn what_is_made_to_be_hard_is_cut_alike() {
    for character in ["一", "的", "中", "𠀀", "鿿", "a", "9", ".", "é", "😀", "\r", "\n", "\r\n", "\u{FFFD}", "０", "　"]
    {
        for length in [1, 2, 3, 17, 1000, 5000] {
            assert_same(&character.repeat(length));
        }
    }
    // The longest words of the dictionary, one upon the other.
    let mut longest: Vec<&String> = WORDS.iter().collect();
    longest.sort_by_key(|word| (std::cmp::Reverse(word.chars().count()), word.as_str()));
    for pair in longest[..2000].windows(2) {
        for overlap in 1..4 {
            assert_same(&format!("{}{}", pair[0], pair[1].chars().skip(overlap).collect::<String>()));
        }
        assert_same(&format!("{}{}{}", pair[1], pair[0].chars().take(2).collect::<String>(), pair[0]));
    }
}

/// Text of every kind, run together.
fn random_text(random: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(0..16) {
        match random.u8(0..20) {
            0..9 => text.push_str(random.choice(&*WORDS).unwrap()),
            9..13 => (0..random.usize(1..5)).for_each(|_| text.push(random.char('一'..='龥'))),
            13 => (0..random.usize(1..6)).for_each(|_| text.push(random.char(' '..='~'))),
            14 => text.push_str(&random.u32(..).to_string()),
            15 => text.push_str(
                random.choice(["，", "。", "；", "、", "“", "”", "（", "）", "\r\n", "\r", "\n", "　", " "]).unwrap(),
            ),
            16 => text.push(random.char('\u{3400}'..='\u{4DBF}')),
            17 => text.push(random.char('\u{20000}'..='\u{2EBE0}')),
            18 => text.push(
                *random
                    .choice(&['😀', '👨', '\u{200D}', '\u{FE0F}', 'é', 'Ⅲ', '①', '㎡', '한', 'Ａ', '５', '．', '％'])
                    .unwrap(),
            ),
            _ => {
                // Bytes that are no text, as a decoder replaces them.
                let bytes: Vec<u8> = (0..random.usize(1..6)).map(|_| random.u8(..)).collect();
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    text
}

#[test]
fn random_strings_are_cut_alike() {
    const TASK: u64 = 1000;
    let strings = std::env::var("POLICY_TOPICS_STRINGS").ok().and_then(|number| number.parse().ok()).unwrap_or(20_000_u64);
    (0..strings.div_ceil(TASK)).into_par_iter().for_each(|seed| {
        let mut random = Rng::with_seed(seed);
        (0..TASK).for_each(|_| assert_same(&random_text(&mut random)));
    });
}
