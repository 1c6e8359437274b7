//! Glossaries (名词解释), with a title or without one.

use std::ops::Range;

use super::shape::{self, arabic};
use super::tail;
use crate::boilerplate::Furniture;

/// The fewest entries of a glossary without a title.
const FEWEST_ENTRIES: usize = 3;
/// The longest term, in characters.
const LONGEST_TERM: usize = 40;

/// A glossary's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glossary {
    /// The title, if there is one, and all entries.
    pub lines: Range<usize>,
    /// Whether the first line is the title.
    pub titled: bool,
}

/// Finds the glossary of a document, from line `from` on, where its body begins. `end` is where other articles begin.
pub(super) fn find(lines: &[&str], furniture: &[Furniture], from: usize, end: usize) -> Option<Glossary> {
    let title = (from..lines.len()).find(|&at| lines.get(at).is_some_and(|line| is_title(line)));
    match title {
        // A glossary may stand below the page's tools, as an attachment.
        Some(start) => {
            let limit = if start < end { end } else { next_end(furniture, start).unwrap_or(lines.len()) };
            let next = (start + 1..limit).find(|&at| lines.get(at).is_some_and(|line| is_attachment(line)));
            Some(Glossary { lines: start..next.unwrap_or(limit), titled: true })
        }
        None => untitled(lines, furniture, from, end),
    }
}

fn next_end(furniture: &[Furniture], from: usize) -> Option<usize> {
    furniture.iter().skip(from).position(|&furniture| furniture == Furniture::End).map(|at| from + at)
}

fn is_attachment(line: &str) -> bool {
    line.strip_prefix("附件").is_some_and(|rest| rest.chars().count() <= 4)
}

/// Whether a line is the title of a glossary, be it an attachment with a number or not.
pub(super) fn is_title(line: &str) -> bool {
    // Longer lines need not be looked at.
    if line.len() > 120 {
        return false;
    }
    let bare: String = line
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_ascii_digit() && !"：:（）()《》〔〕[]【】“”附录件注—-".contains(*c))
        .collect();
    const TITLES: [&str; 8] =
        ["名词解释", "名词注释", "术语解释", "名词术语解释", "用语说明", "名词说明", "有关用语说明", "用语解释"];
    (TITLES.iter().any(|title| bare.ends_with(title)) && bare.chars().count() <= 20)
        || line.trim_matches(|c: char| !c.is_alphanumeric()) == "注释"
}

/// The number of an entry and what follows it: `1.`, `[1]`, `〔1〕`, `（1）`, `①`, `注1`.
fn entry(line: &str) -> Option<(u32, &str)> {
    let line = line.strip_prefix('注').unwrap_or(line);
    let first = line.chars().next()?;
    if ('①'..='⑳').contains(&first) {
        return Some((first as u32 - '①' as u32 + 1, line.strip_prefix(first)?));
    }
    let inside = line.strip_prefix(['[', '［', '〔', '【', '（', '(']);
    let (value, rest) = arabic(inside.unwrap_or(line))?;
    let closed: &[char] =
        if inside.is_some() { &[']', '］', '〕', '】', '）', ')'] } else { &['.', '．', '、', '：', ':'] };
    let rest = rest.strip_prefix(closed)?;
    (!rest.starts_with(|c: char| c.is_ascii_digit())).then_some((value, rest.trim_start()))
}

/// Whether what follows an entry's number is a term, or a term and its definition.
fn defines(text: &str) -> bool {
    let end = text.char_indices().nth(LONGEST_TERM).map_or(text.len(), |(at, _)| at);
    let Some(start) = text.get(..end) else { return false };
    match start.find(['：', ':']) {
        // A sentence that leads on to a list ends with a colon as well.
        Some(colon) => colon > 0 && !start.get(..colon).is_some_and(|term| term.contains(['。', '；', '，'])),
        None => ["是指", "，指", "。指", "即指", "简称"].iter().any(|word| start.contains(word)),
    }
}

/// The run of entries from number 1 to the end of the document, if there is one.
fn untitled(lines: &[&str], furniture: &[Furniture], from: usize, end: usize) -> Option<Glossary> {
    let line = |at: usize| lines.get(at).copied().unwrap_or("");
    // Backwards over entries and the lines that continue them, to the last line that is neither.
    let mut start = None;
    let mut entries = 0;
    let mut explained = 0;
    let mut next = u32::MAX;
    let mut below = "";
    for at in (from..end).rev().filter(|&at| matches!(furniture.get(at), Some(Furniture::None | Furniture::Bare))) {
        match entry(line(at)) {
            Some((value, text)) if value < next && defines(text) => {
                entries += 1;
                explained += usize::from(explains(text) || explains(below));
                next = value;
                if value == 1 {
                    start = Some(at);
                    break;
                }
            }
            Some(_) => return None,
            None if is_of_body(line(at)) => return None,
            None => {}
        }
        below = line(at);
    }
    let start = start?;
    // After the last words of a speech nothing else is so numbered; elsewhere a list of tasks may look like this.
    let is_after_end = (from..start).rev().take(10).any(|at| tail::is_closing(line(at)));
    (entries >= FEWEST_ENTRIES && (is_after_end || explained * 2 > entries))
        .then_some(Glossary { lines: start..end, titled: false })
}

/// Whether a text says what something means.
fn explains(text: &str) -> bool {
    let text = text.split_once(['：', ':']).map_or(text, |(_, definition)| definition);
    let end = text.char_indices().nth(30).map_or(text.len(), |(at, _)| at);
    text.get(..end).is_some_and(|start| ["指", "简称", "即", "是", "包括"].iter().any(|word| start.contains(word)))
}

/// Whether a line belongs to the text before a glossary, so that none goes across it.
fn is_of_body(line: &str) -> bool {
    shape::level(line).is_some_and(|level| level < shape::LIST) || shape::is_salutation(line) || line.starts_with("各位代表")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Glossary> {
        let lines: Vec<&str> = text.lines().collect();
        find(&lines, &vec![Furniture::None; lines.len()], 0, lines.len())
    }

    #[test]
    fn titles_are_told() {
        for line in [
            "名词解释",
            "附件：名词解释",
            "附件2 名词解释",
            "《政府工作报告》名词解释",
            "部分名词解释",
            "有关用语说明：",
            "注释",
            "注释：",
        ] {
            assert!(is_title(line), "{line}");
        }
        for line in ["做好名词解释工作", "名词", "注释法律条文", "附件"] {
            assert!(!is_title(line), "{line}");
        }
    }

    #[test]
    fn entries_without_a_title_are_found() {
        let text = "一、回顾\n1.就业增长。\n各位代表！奋斗吧！\n1.“两水”工程：指供水和排水。\n2.一网：\n指电网，\n以及管网。\n3.三园：是三个园区。";
        assert_eq!(found(text), Some(Glossary { lines: 3..8, titled: false }));
        let bracketed = "奋斗吧！\n〔1〕甲：指子。\n〔2〕乙：指丑。\n〔3〕丙：指寅。";
        assert_eq!(found(bracketed), Some(Glossary { lines: 1..4, titled: false }));
    }

    #[test]
    fn lists_of_tasks_are_no_glossary() {
        assert_eq!(found("十件实事\n1.新增就业5万人；\n2.新建公路100公里；\n3.改造老旧小区20个。"), None);
        assert_eq!(found("一、重点\n1.工业：抓项目。\n2.农业：保面积。\n二、保障\n抓落实。"), None);
        assert_eq!(found("1.甲：指子。\n2.乙：指丑。"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn a_titled_glossary_goes_to_the_next_attachment() {
        assert_eq!(
            found("奋斗吧！\n附件1\n名词解释\n甲：指子。\n附件2\n项目表"),
            Some(Glossary { lines: 2..4, titled: true })
        );
    }
}
