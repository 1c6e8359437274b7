//! How fast text is restored, on one thread.

use std::sync::LazyLock;

use divan::{Bencher, counter::BytesCount};
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use policy_topics::restore::Restorer;

/// A megabyte of clean text.
static CLEAN: LazyLock<String> = LazyLock::new(|| include_str!("../tests/data/restore_clean.txt").repeat(50));

/// The same with the damage of a real page: Traditional, annotated, and a lost byte in every three kilobytes.
static DAMAGED: LazyLock<String> = LazyLock::new(|| {
    let traditional = OpenCC::from_config(BuiltinConfig::S2t).map(|opencc| opencc.convert(&CLEAN)).unwrap_or_default();
    let annotated =
        ["經(jīng)", "發(fā)", "區(qū)", "動(dòng)", "業(yè)", "實(shí)", "設(shè)", "學(xué)", "進(jìn)", "強(qiáng)"];
    let annotate = |text: String, pair: &str| text.replace(pair.chars().next().unwrap_or_default(), pair);
    let text = annotated.into_iter().fold(traditional, annotate);
    let losses = ["燃?xì)廨啓C(jī)", "?!氨狈剿愎取苯ㄔO(shè)", "勞動(dòng)?xùn)|部", "燃?xì)?、"];
    let mut damaged = String::new();
    for (nth, sentence) in text.split_inclusive('。').enumerate() {
        damaged.push_str(sentence);
        if nth % 20 == 19 {
            damaged.push_str(losses[nth / 20 % losses.len()]);
        }
    }
    damaged
});

fn main() {
    // Loaded outside of what is measured.
    Restorer::new().restore(&DAMAGED.chars().take(3_000).collect::<String>());
    divan::main();
}

#[divan::bench]
fn clean(bencher: Bencher) {
    let restorer = Restorer::new();
    bencher.counter(BytesCount::of_str(CLEAN.as_str())).bench(|| restorer.restore(&CLEAN));
}

#[divan::bench]
fn damaged(bencher: Bencher) {
    let restorer = Restorer::new();
    bencher.counter(BytesCount::of_str(DAMAGED.as_str())).bench(|| restorer.restore(&DAMAGED));
}
