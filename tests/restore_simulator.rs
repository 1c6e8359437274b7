//! Makes on clean text the damage that web copies make, restores it, and counts what is right.
//!
//! The text is of our own making, in the style of government reports. Everything is drawn from fixed seeds.

#[path = "common/damage.rs"]
mod damage;

use damage::{Damage, Damaged, damage};
use encoding_rs::GB18030;
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use pinyin::ToPinyin;
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

/// A character of which both bytes are lost as pages show it, and whether an annotation is left in it or of it.
fn gone(before: char, character: char, random: &mut fastrand::Rng) -> (String, bool) {
    let bytes = |character: char| GB18030.encode(&character.to_string()).0.into_owned();
    // Annotations put in byte by byte read the character that the byte before forms with the first lost one.
    let straddling = [bytes(before)[1], bytes(character)[0]];
    let formed = GB18030.decode_without_bom_handling_and_without_replacement(&straddling);
    let reading = formed.and_then(|formed| Some(formed.chars().next()?.to_pinyin()?.with_tone()));
    match (random.u32(..4), reading) {
        (0, _) => ("?".to_owned(), false),
        (1, Some(reading)) => (format!("?{reading})?"), true),
        (2, _) => (format!("??({})", character.to_pinyin().unwrap().with_tone()), true),
        _ => ("??".to_owned(), false),
    }
}

/// What came of characters of which both bytes were lost.
#[derive(Default)]
struct Filled {
    right: usize,
    wrong: usize,
    blank: usize,
}

impl Filled {
    /// Of a hundred that were filled, how many are right.
    fn check(&self, name: &str) {
        let filled = self.right + self.wrong;
        let right = 100.0 * self.right as f64 / filled as f64;
        println!("both bytes lost, {name}: {filled} of {} filled, {right:.2}% of them right", filled + self.blank);
        assert!(filled > 40, "{filled}");
        assert!(right >= 95.0, "{name}: {right}");
    }
}

/// Annotated Traditional text without both bytes of characters far apart, and where these are, with whether an annotation is left.
fn take_out(clean: &str, opencc: &OpenCC, random: &mut fastrand::Rng) -> (String, Vec<(usize, bool)>) {
    let traditional: Vec<char> = opencc.convert(clean).chars().collect();
    assert_eq!(traditional.len(), clean.chars().count());
    let (mut text, mut places, mut next) = (String::new(), Vec::new(), random.usize(8..30));
    for (at, &character) in traditional.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| traditional[before]).filter(|&before| is_han(before));
        let goes_on = traditional.get(at + 1).is_some_and(|&after| is_han(after) || "，、".contains(after));
        match before.filter(|_| at >= next && goes_on && is_han(character)) {
            Some(before) => {
                let (marks, told) = gone(before, character, random);
                text.push_str(&marks);
                places.push((at, told));
                next = at + random.usize(12..40);
            }
            None => {
                text.push(character);
                if is_han(character) && random.u32(..20) == 0 {
                    text.push_str(&format!("({})", character.to_pinyin().unwrap().with_tone()));
                }
            }
        }
    }
    (text, places)
}

/// Takes characters out, restores the text and compares every character; what came of those with an annotation and of the others.
fn simulate_gone(seed: u64) -> [Filled; 2] {
    let opencc = OpenCC::from_config(BuiltinConfig::S2t).unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let page: Vec<_> = CLEAN.lines().map(|clean| take_out(clean, &opencc, &mut random)).collect();
    let text: Vec<&str> = page.iter().map(|(text, _)| text.as_str()).collect();
    let restored = Restorer::new().restore(&text.join("\n"));
    let mut filled = [Filled::default(), Filled::default()];
    for (line, (clean, after)) in CLEAN.lines().zip(restored.text.lines()).enumerate() {
        let (damaged, places) = &page[line];
        let (clean, after): (Vec<char>, Vec<char>) = (clean.chars().collect(), after.chars().collect());
        assert_eq!(clean.len(), after.len(), "{damaged}\n{}", after.iter().collect::<String>());
        for (at, (&clean, &after)) in clean.iter().zip(&after).enumerate() {
            let Some(&(_, told)) = places.iter().find(|(place, _)| *place == at) else {
                assert!(clean == after || !is_han(clean), "{clean} became {after}: {damaged}");
                continue;
            };
            let filled = &mut filled[usize::from(!told)];
            match after {
                '□' => filled.blank += 1,
                _ if after == clean => filled.right += 1,
                _ => filled.wrong += 1,
            }
        }
        let blanks = after.iter().filter(|&&after| after == '□').count();
        let reported = restored.unrepaired.iter().filter(|place| place.source_line == line).count();
        assert_eq!(reported, blanks, "{damaged}");
    }
    filled
}

#[test]
fn characters_with_both_bytes_lost_are_right_or_blank_and_reported() {
    let mut all = [Filled::default(), Filled::default()];
    for seed in 0..8 {
        for (all, filled) in all.iter_mut().zip(simulate_gone(seed)) {
            all.right += filled.right;
            all.wrong += filled.wrong;
            all.blank += filled.blank;
        }
    }
    let [annotated, bare] = all;
    annotated.check("with an annotation left");
    bare.check("without a trace");
}
