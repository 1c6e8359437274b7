//! Soft line breaks: a paragraph that was cut into lines is put together again.
//!
//! A line is joined to the next where it ends in the midst of a sentence and the next starts without an indent. That a line ends without a
//! sentence mark is not enough, since headings do so too: it must end with a comma or inside brackets, or fill the width at which the
//! lines of the document were broken.

use super::characters::is_space;
use super::han::{ends_sentence, is_han};

/// Fewest lines that must have been broken at the same width for it to be one.
const FEWEST_LINES: usize = 4;
/// The narrowest width at which text is broken, in columns; a Chinese character takes two.
const NARROWEST: usize = 40;
/// Widths differ by so much, since punctuation may not start a line.
const SLACK: usize = 3;

/// The width at which the lines of a document were broken, in columns, if they were.
pub(super) fn wrap_width<'a>(lines: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut widths: Vec<usize> = Vec::new();
    let mut widest = 0;
    for line in lines {
        let text = line.trim_matches(is_space);
        if text.is_empty() {
            continue;
        }
        let width = width(line);
        widest = widest.max(width);
        if !text.ends_with(ends_sentence) {
            widths.push(width);
        }
    }
    let full = widths.iter().filter(|&&width| width + SLACK >= widest).count();
    (widest >= NARROWEST && full >= FEWEST_LINES).then_some(widest)
}

/// Whether `line` goes on in `next`, for a document whose lines were broken at `width`.
pub(super) fn goes_on(line: &str, next: &str, width: Option<usize>) -> bool {
    !next.starts_with(is_space) && goes_on_but_for_indent(line, next, width)
}

/// The same, were `next` not indented.
pub(super) fn goes_on_but_for_indent(line: &str, next: &str, wrap: Option<usize>) -> bool {
    let text = line.trim_matches(is_space);
    let follows = next.trim_matches(is_space);
    let Some(last) = text.chars().next_back() else {
        return false;
    };
    if follows.is_empty() || ends_sentence(last) || starts_item(follows) {
        return false;
    }
    if starts_item(text) && text.chars().count() < 12 {
        return false;
    }
    let midway = matches!(last, '，' | '、' | '（' | '《' | '“') && text.chars().any(is_han);
    midway || (wrap.is_some_and(|wrap| width(line) + SLACK >= wrap) && !closes_sentence(text))
}

/// Whether `text` ends with a sentence mark inside a closing mark.
fn closes_sentence(text: &str) -> bool {
    let mut reversed = text.chars().rev();
    reversed.next().is_some_and(|last| matches!(last, '”' | '）' | '’' | '》' | '"' | ')'))
        && reversed.next().is_some_and(ends_sentence)
}

/// Whether `text` starts a heading, a list item or another part that stands by itself.
fn starts_item(text: &str) -> bool {
    let numeral = |character: char| "一二三四五六七八九十百0123456789０１２３４５６７８９".contains(character);
    let inside = text.trim_start_matches(['（', '(', '第', '〔', '[', '【']);
    let rest = inside.trim_start_matches(numeral);
    let numbered = rest.len() < inside.len()
        && rest.starts_with(['、', '.', '．', '）', ')', '〕', ']', '】', '章', '节', '条', '是', '：', ':']);
    numbered
        || text.starts_with([
            '—', '─', '●', '■', '◆', '•', '·', '※', '★', '①', '②', '③', '④', '⑤', '⑥', '⑦', '⑧', '⑨', '⑩', '-', '*', '#',
            '>', '|',
        ])
}

/// The width of a line in columns.
fn width(line: &str) -> usize {
    line.trim_end_matches(is_space).chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_at_the_end_goes_on() {
        assert!(goes_on("我们坚持稳中求进，", "推动高质量发展。", None));
        assert!(!goes_on("我们坚持稳中求进。", "推动高质量发展。", None));
        assert!(!goes_on("我们坚持稳中求进，", "　　推动高质量发展。", None));
        assert!(!goes_on("主要工作如下，", "（一）扩大内需。", None));
    }

    #[test]
    fn a_heading_does_not_go_on() {
        assert!(!goes_on("二、主要目标任务", "今年要做好以下工作。", None));
        assert!(!goes_on("切实改善民生", "今年要做好以下工作。", None));
    }

    #[test]
    fn full_lines_go_on_where_lines_were_broken_at_one_width() {
        let full = "经济运行总体平稳稳中有进发展质量稳步提升改革开放不断深";
        let lines = [full, full, full, full, "化。"];
        let width = wrap_width(lines.into_iter());
        assert_eq!(width, Some(54));
        assert!(goes_on(full, "化。", width));
        assert!(!goes_on("切实改善民生", "今年要做好以下工作。", width));
    }
}
