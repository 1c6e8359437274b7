//! Page headers and page numbers that a paged document left between its lines.

use rustc_hash::FxHashMap;

use super::characters::is_space;
use super::han::{ends_sentence, is_han};

/// How often a header must come.
const FEWEST: usize = 3;
/// The longest header, in characters.
const LONGEST: usize = 40;

/// Which of `lines` are page numbers or repeated page headers: a short line that comes three times or more and each time stands next to
/// a page number. The first of them stays, since it may be the title. Page numbers go only where there are several.
pub(super) fn find(lines: &[&str]) -> Vec<bool> {
    let mut found: Vec<bool> = lines.iter().map(|line| is_page_number(line)).collect();
    if found.iter().filter(|&&number| number).count() < FEWEST {
        return vec![false; lines.len()];
    }
    let mut beside: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim_matches(is_space);
        if is_short(line) && !found.get(at).copied().unwrap_or_default() && is_beside_number(lines, at) {
            beside.entry(line).or_default().push(at);
        }
    }
    for places in beside.values().filter(|places| places.len() >= FEWEST) {
        for &place in places.iter().skip(1) {
            if let Some(header) = found.get_mut(place) {
                *header = true;
            }
        }
    }
    found
}

fn is_short(line: &str) -> bool {
    !line.is_empty() && line.chars().count() <= LONGEST && line.chars().any(is_han) && !line.ends_with(ends_sentence)
}

/// Whether the next line before or after `at` that is not blank is a page number.
fn is_beside_number(lines: &[&str], at: usize) -> bool {
    let visible = |line: &&&str| !line.trim_matches(is_space).is_empty();
    let before = lines.get(..at).unwrap_or_default().iter().rev().take(3).find(visible);
    let after = lines.get(at + 1..).unwrap_or_default().iter().take(3).find(visible);
    before.into_iter().chain(after).any(|line| is_page_number(line))
}

/// Whether a line is a page number in dashes or in words: `— 12 —`, `第12页`, `第 12 页 共 30 页`.
fn is_page_number(line: &str) -> bool {
    let line = line.trim_matches(is_space);
    if line.len() > 60 || !line.chars().any(|character| character.is_ascii_digit()) {
        return false;
    }
    let bare: String = line.chars().filter(|&character| !is_space(character) && !character.is_ascii_digit()).collect();
    matches!(
        bare.as_str(),
        "——" | "--"
            | "－－"
            | "––"
            | "——/——"
            | "第页"
            | "第页共页"
            | "第页，共页"
            | "第页/共页"
            | "第页,共页"
            | "———"
            | "——－"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_beside_page_numbers_are_found_but_for_the_first() {
        let lines =
            ["某市年度工作", "— 1 —", "正文一", "某市年度工作", "— 2 —", "正文二", "某市年度工作", "— 3 —", "正文三"];
        let found = find(&lines);
        let places: Vec<usize> = (0..lines.len()).filter(|&at| found.get(at) == Some(&true)).collect();
        assert_eq!(places, [1, 3, 4, 6, 7]);
    }

    #[test]
    fn headings_that_recur_stay() {
        let lines = ["存在的问题", "一", "存在的问题", "二", "存在的问题", "三"];
        assert!(!find(&lines).contains(&true));
    }
}
