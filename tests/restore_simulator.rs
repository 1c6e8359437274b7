//! Makes on clean text the damage that web copies make, restores it, and counts what is right.
//!
//! The text is of our own making, in the style of government reports. Everything is drawn from fixed seeds.

#[path = "common/damage.rs"]
mod damage;

use damage::{Damage, Damaged, damage};
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use policy_topics::restore::{Restorer, is_han};

const CLEAN: &str = include_str!("data/restore_clean.txt");

const SPAM: [&str; 3] =
    ["首頁 > 政務公開 > 通知公告", "字體大小: 大 中 小 打印 關閉", "上一篇:沒有了 下一篇:關於印發工作方案的通知"];

fn han(text: &str) -> Vec<char> {
    text.chars().filter(|&character| is_han(character)).collect()
}

/// The least number of characters put in, left out or changed.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (nth, a) in one.iter().enumerate() {
        let mut diagonal = nth;
        row[0] = nth + 1;
        for (column, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// Right and all characters.
#[derive(Default)]
struct Share {
    wrong: usize,
    all: usize,
}

impl Share {
    fn right(&self) -> f64 {
        100.0 - 100.0 * self.wrong as f64 / self.all.max(1) as f64
    }
}

/// Damages and restores the text with several seeds; the shares of characters that are right in whole paragraphs and in runs.
fn simulate(how: Damage) -> (Share, Share) {
    let restorer = Restorer::new();
    let opencc = OpenCC::from_config(BuiltinConfig::S2t).unwrap();
    let (mut whole, mut runs) = (Share::default(), Share::default());
    for seed in 0..5 {
        let mut random = fastrand::Rng::with_seed(seed);
        let paragraphs: Vec<(&str, Damaged)> =
            CLEAN.lines().map(|clean| (clean, damage(clean, how, &opencc, &mut random))).collect();
        let lines: Vec<&str> = paragraphs.iter().map(|(_, damaged)| damaged.text.as_str()).collect();
        let page = format!("{}\n{}\n{}", SPAM[..2].join("\n"), lines.join("\n"), SPAM[2]);
        let restored = restorer.restore(&page).text;
        let restored: Vec<&str> = restored.lines().collect();
        assert_eq!(restored.len(), lines.len() + SPAM.len());
        for ((clean, damaged), restored) in paragraphs.iter().zip(&restored[2..]) {
            let (clean, restored) = (han(clean), han(restored));
            let wrong = distance(&clean, &restored);
            if wrong > 0 && std::env::var_os("SHOW_WRONG").is_some() {
                println!("{}\n{}\n", damaged.text, restored.iter().collect::<String>());
            }
            let share = if damaged.lossy { &mut runs } else { &mut whole };
            share.wrong += wrong;
            share.all += if damaged.lossy { damaged.in_runs } else { clean.len() };
        }
    }
    (whole, runs)
}

fn check(name: &str, how: Damage) {
    let (whole, runs) = simulate(how);
    println!(
        "{name}: {:.2}% of {} characters without lost bytes, {:.2}% of {} in runs with lost bytes",
        whole.right(),
        whole.all,
        runs.right(),
        runs.all
    );
    assert!(whole.all == 0 || whole.right() >= 99.5, "{name}");
    assert!(runs.all == 0 || runs.right() >= 90.0, "{name}");
}

#[test]
fn the_text_is_long_enough() {
    assert!(han(CLEAN).len() > 6000, "{}", han(CLEAN).len());
}

#[test]
fn a_traditional_page_with_pinyin() {
    check("pinyin", Damage { annotated: 12, lost: 0, bytewise: false, swallows: false });
}

#[test]
fn bytes_lost_in_punctuation() {
    check("lost bytes", Damage { annotated: 0, lost: 6, bytewise: false, swallows: false });
}

#[test]
fn bytes_lost_in_punctuation_and_pinyin() {
    check("lost bytes and pinyin", Damage { annotated: 12, lost: 6, bytewise: false, swallows: true });
}

#[test]
fn pinyin_put_in_byte_by_byte() {
    check("pinyin byte by byte", Damage { annotated: 12, lost: 0, bytewise: true, swallows: true });
}
