//! What a line of text looks like: a heading of some level, a salutation or a paragraph.

/// The longest line, in characters, that can be a heading with a number.
pub(super) const LONGEST_HEADING: usize = 50;
/// The longest line without a number that can be a heading.
const LONGEST_PLAIN_HEADING: usize = 30;
/// The longest first sentence, in characters, that is a lead.
const LONGEST_LEAD: usize = 40;

/// The level of `（1）`: from `1.` on, numbers may as well be those of a list.
pub(super) const LIST: u8 = 5;
/// The level of a heading after a dash.
const DASH: u8 = 7;
/// The level of a heading without a number: below all numbered ones.
pub(super) const PLAIN: u8 = 9;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape<'l> {
    /// With its level.
    Heading(u8),
    /// `各位代表：`
    Salutation,
    /// With its lead, if it begins with one.
    Paragraph(Option<&'l str>),
}

impl<'l> Shape<'l> {
    pub(super) fn of(line: &'l str) -> Self {
        if is_salutation(line) {
            return Shape::Salutation;
        }
        // Most lines are long and need not be counted.
        let length = if line.len() > LONGEST_HEADING * 4 { usize::MAX } else { line.chars().count() };
        let inside = length == usize::MAX || line.contains(is_sentence_mark);
        let level = level(line);
        let is_heading = !inside
            && match level {
                Some(level) if level < DASH => length <= LONGEST_HEADING && !line.ends_with(is_open_end),
                Some(_) => length <= LONGEST_PLAIN_HEADING && !line.ends_with(is_open_end),
                None => length <= LONGEST_PLAIN_HEADING && !line.ends_with(is_unfinished) && !line.contains('\t'),
            };
        match is_heading {
            true => Shape::Heading(level.unwrap_or(PLAIN)),
            false => Shape::Paragraph(lead(line)),
        }
    }
}

/// Whether a line addresses the audience and says nothing else.
pub(super) fn is_salutation(line: &str) -> bool {
    let addresses = ["各位代表", "各位委员", "各位领导", "同志们", "各位同志"].iter().any(|word| line.starts_with(word));
    let words = line.trim_end_matches(['：', ':', '！', '!', '，', ',']);
    addresses
        && words.len() < line.len()
        && words.chars().count() <= 30
        && !words.contains(|c| is_sentence_mark(c) || is_open_end(c))
}

/// Marks that end a sentence or a part of one.
pub(super) fn is_sentence_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '…')
}

/// Marks after which a sentence goes on.
fn is_open_end(c: char) -> bool {
    matches!(c, '：' | ':' | '，' | ',' | '、')
}

/// What no heading without a number ends with.
fn is_unfinished(c: char) -> bool {
    is_open_end(c) || matches!(c, '”' | '）' | ')' | '的')
}

/// The first sentence of a paragraph where it is short enough to be a heading and something follows it.
fn lead(line: &str) -> Option<&str> {
    let (first, rest) = line.split_once('。')?;
    (!rest.is_empty() && first.len() <= LONGEST_LEAD * 4 && first.chars().count() <= LONGEST_LEAD).then_some(first)
}

/// The level that a line's number gives it, from 1 (`第一章`) to 7 (`——`).
pub(super) fn level(line: &str) -> Option<u8> {
    number(line).map(|(level, _)| level)
}

/// The level that a line's number gives it, and the number itself, 0 for a dash.
pub(super) fn number(line: &str) -> Option<(u8, u32)> {
    let mut chars = line.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    match first {
        '第' => {
            let (value, rest) = chinese(rest)?;
            match rest.chars().next()? {
                '章' | '篇' | '编' => Some((1, value)),
                '节' => Some((2, value)),
                '部' if rest.starts_with("部分") => Some((1, value)),
                _ => None,
            }
        }
        '（' | '(' => {
            // Numbers are short; a bracket that closes far away is not looked for.
            let close = rest.char_indices().take(5).find(|&(_, c)| matches!(c, '）' | ')'))?.0;
            let inside = rest.get(..close)?;
            if let Some((value, "")) = chinese(inside) {
                Some((4, value))
            } else if let Some((value, "")) = arabic(inside) {
                Some((6, value))
            } else {
                None
            }
        }
        '—' | '─' | '―' => rest.starts_with(['—', '─', '―']).then_some((DASH, 0)),
        '①'..='⑳' => Some((6, first as u32 - '①' as u32 + 1)),
        c if is_chinese_digit(c) => {
            let (value, rest) = chinese(line)?;
            rest.trim_start().starts_with(['、', '．', '.']).then_some((3, value))
        }
        c if is_digit(c) => {
            let (value, rest) = arabic(line)?;
            let marked = rest.strip_prefix(['.', '．', '、'])?;
            // 3.5% is a number, not a heading.
            (!marked.starts_with(is_digit)).then_some((LIST, value))
        }
        _ => None,
    }
}

/// A number below 100 in Chinese figures that `text` begins with.
fn chinese(text: &str) -> Option<(u32, &str)> {
    let mut value = 0;
    let mut figure = None;
    let mut length = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next().filter(|&c| is_chinese_digit(c)) {
        length += 1;
        if length > 4 {
            return None;
        }
        match "〇一二三四五六七八九".chars().position(|digit| digit == c) {
            Some(digit) => figure = u32::try_from(digit).ok(),
            None => value += figure.take().unwrap_or(1) * if c == '百' { 100 } else { 10 },
        }
        rest = rest.strip_prefix(c).unwrap_or("");
    }
    (length > 0).then_some((value + figure.unwrap_or(0), rest))
}

/// A number of at most three figures that `text` begins with.
pub(super) fn arabic(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(is_digit);
    let figures = text.get(..text.len() - rest.len())?;
    if !(1..=3).contains(&figures.chars().count()) {
        return None;
    }
    let value =
        figures.chars().fold(0, |value, c| value * 10 + (c as u32).wrapping_sub(if c > '9' { '０' as u32 } else { 48 }));
    Some((value, rest))
}

fn is_chinese_digit(c: char) -> bool {
    "〇一二三四五六七八九十百".contains(c)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_give_levels() {
        let cases = [
            ("第一章 总则", Some((1, 1))),
            ("第二部分 任务", Some((1, 2))),
            ("第十二节 能源", Some((2, 12))),
            ("一、回顾", Some((3, 1))),
            ("二十一、水利", Some((3, 21))),
            ("（三）改善民生", Some((4, 3))),
            ("(十)改善民生", Some((4, 10))),
            ("1.水利", Some((5, 1))),
            ("12、水利", Some((5, 12))),
            ("（7）水利", Some((6, 7))),
            ("③水利", Some((6, 3))),
            ("——水利", Some((7, 0))),
            ("3.5万户", None),
            ("2024年", None),
            ("一是水利", None),
            ("第一，", None),
            ("（水利）", None),
            ("", None),
            ("一百", None),
            ("1234.水利", None),
        ];
        for (line, expected) in cases {
            assert_eq!(number(line), expected, "{line}");
        }
    }

    #[test]
    fn headings_are_bare() {
        assert_eq!(Shape::of("（一）改善民生，办好“十件实事”"), Shape::Heading(4));
        assert_eq!(Shape::of("主要目标"), Shape::Heading(PLAIN));
        assert_eq!(Shape::of("——稳住农业基本盘"), Shape::Heading(7));
        assert_eq!(Shape::of("壮大经济实力。统筹城乡。"), Shape::Paragraph(Some("壮大经济实力")));
        assert_eq!(Shape::of("主要做了以下工作："), Shape::Paragraph(None));
        assert_eq!(Shape::of("各位代表！"), Shape::Salutation);
        assert_eq!(Shape::of("各位代表！让我们前进！"), Shape::Paragraph(None));
        assert_eq!(Shape::of("各位代表！让我们团结起来，谱写云泽新篇章。"), Shape::Paragraph(None));
    }
}
