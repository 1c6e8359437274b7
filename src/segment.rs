//! Text to blocks: title, headings, paragraphs and glossary told apart, a line being a block.
//!
//! The outline follows the numbering of Chinese official documents (GB/T 9704-2012, 7.3.3): `一、`, `（一）`, `1.`, `（1）`, and above
//! them `第一章` and `第一节`.

use crate::document::{Block, Document, Kind};

/// The longest line, in characters, that can be a heading.
const LONGEST_HEADING: usize = 50;
/// The longest line without a number that can be a heading.
const LONGEST_PLAIN_HEADING: usize = 30;
/// How many lines from the top a title, meeting line or speaker line can stand.
const TITLE_LINES: usize = 12;

/// Splits the text of a document into blocks. Blank lines part blocks and are left out.
pub fn segment(name: &str, text: &str) -> Document {
    let mut reader = Reader::default();
    for line in text.lines() {
        let line = trim(line);
        if !line.is_empty() {
            reader.push(line);
        }
    }
    Document { name: name.to_owned(), blocks: reader.blocks }
}

/// Takes blank characters of every width from both ends, and a byte order mark.
fn trim(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{200B}')
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// Open headings: level and text.
    outline: Vec<(u8, String)>,
    /// The title is over: a paragraph or a numbered heading was met.
    in_body: bool,
    in_glossary: bool,
}

impl Reader {
    fn push(&mut self, line: &str) {
        let shape = Shape::of(line);
        if is_glossary_title(line) {
            self.in_glossary = true;
            self.in_body = true;
            self.open(PLAIN, line);
            return self.block(Kind::Heading, line, None);
        }
        if self.in_glossary {
            return self.block(Kind::Glossary, line, None);
        }
        if !self.in_body && self.blocks.len() < TITLE_LINES && is_title(line, &shape) {
            return self.block(Kind::Title, line, None);
        }
        match shape {
            Shape::Heading(level) => {
                self.in_body = true;
                self.open(level, line);
                self.block(Kind::Heading, line, None);
            }
            Shape::Salutation => {
                self.in_body = true;
                self.block(Kind::Heading, line, None);
            }
            Shape::Paragraph(lead) => {
                self.in_body = true;
                // A numbered lead is also the heading of the paragraphs that follow.
                let level = lead.and_then(level);
                self.close(level.unwrap_or(u8::MAX));
                self.block(Kind::Paragraph, line, lead);
                if let (Some(level), Some(lead)) = (level, lead) {
                    self.open(level, lead);
                }
            }
        }
    }

    fn block(&mut self, kind: Kind, text: &str, lead: Option<&str>) {
        // A heading does not stand above itself.
        let above = self.outline.len()
            - usize::from(kind == Kind::Heading && self.outline.last().is_some_and(|(_, last)| last == text));
        self.blocks.push(Block {
            index: self.blocks.len(),
            kind,
            section: self.outline.iter().take(above).map(|(_, heading)| heading.clone()).collect(),
            lead: lead.map(str::to_owned),
            text: text.to_owned(),
        });
    }

    fn close(&mut self, level: u8) {
        self.outline.retain(|&(open, _)| open < level);
    }

    fn open(&mut self, level: u8, heading: &str) {
        self.close(level);
        self.outline.push((level, heading.to_owned()));
    }
}

/// The level of a heading without a number: below all numbered ones.
const PLAIN: u8 = 9;

enum Shape<'l> {
    Heading(u8),
    /// `各位代表：`
    Salutation,
    /// With its lead, if it begins with one.
    Paragraph(Option<&'l str>),
}

impl<'l> Shape<'l> {
    fn of(line: &'l str) -> Self {
        let length = line.chars().count();
        if length <= LONGEST_PLAIN_HEADING && line.ends_with(['：', ':']) && line.starts_with("各位") {
            return Shape::Salutation;
        }
        let ends_sentence = line.ends_with(|c: char| is_sentence_mark(c) || "：:，,、”）)".contains(c));
        let inside = line.contains(is_sentence_mark);
        match level(line) {
            Some(level) if length <= LONGEST_HEADING && !inside => Shape::Heading(level),
            None if length <= LONGEST_PLAIN_HEADING && !inside && !ends_sentence && !line.starts_with("——") => {
                Shape::Heading(PLAIN)
            }
            _ => Shape::Paragraph(lead(line)),
        }
    }
}

fn is_sentence_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '…')
}

/// The longest first sentence, in characters, that is a lead.
const LONGEST_LEAD: usize = 40;

/// The first sentence of a paragraph where it is short enough to be a heading and something follows it.
fn lead(line: &str) -> Option<&str> {
    let (first, rest) = line.split_once('。')?;
    (!rest.is_empty() && first.chars().count() <= LONGEST_LEAD).then_some(first)
}

/// The level that a line's number gives it, from 1 (`第一章`) to 6 (`（1）`).
fn level(line: &str) -> Option<u8> {
    let first = line.chars().next()?;
    match first {
        '第' => {
            let rest = line[first.len_utf8()..].trim_start_matches(is_chinese_digit);
            let numbered = rest.len() + first.len_utf8() < line.len();
            match rest.chars().next()? {
                '章' | '篇' | '编' if numbered => Some(1),
                '节' if numbered => Some(2),
                _ => None,
            }
        }
        '（' | '(' => {
            let (number, _) = line[first.len_utf8()..].split_once(['）', ')'])?;
            if number.is_empty() || number.chars().count() > 3 {
                None
            } else if number.chars().all(is_chinese_digit) {
                Some(4)
            } else if number.chars().all(is_digit) {
                Some(6)
            } else {
                None
            }
        }
        c if is_chinese_digit(c) => line.trim_start_matches(is_chinese_digit).starts_with('、').then_some(3),
        c if is_digit(c) => {
            let rest = line.trim_start_matches(is_digit);
            let marked = rest.strip_prefix(['.', '．', '、'])?;
            // 3.5% is a number, not a heading.
            (!marked.starts_with(is_digit)).then_some(5)
        }
        _ => None,
    }
}

fn is_chinese_digit(c: char) -> bool {
    "〇一二三四五六七八九十百".contains(c)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

fn is_glossary_title(line: &str) -> bool {
    let bare: String =
        line.chars().filter(|c| !c.is_whitespace() && !"：:（）()《》〔〕[]【】附录件".contains(*c)).collect();
    matches!(
        bare.as_str(),
        "名词解释"
            | "名词注释"
            | "名词术语解释"
            | "部分名词解释"
            | "有关名词解释"
            | "相关名词解释"
            | "注释"
            | "有关用语说明"
    ) || (bare.ends_with("名词解释") && bare.chars().count() <= 20)
}

/// Whether a line near the top is part of the title: the title itself, the meeting line, the speaker, the date.
fn is_title(line: &str, shape: &Shape) -> bool {
    let about_meeting = line.contains("会议上") || line.contains("次会议");
    match shape {
        Shape::Heading(PLAIN) => true,
        Shape::Heading(_) | Shape::Salutation => false,
        Shape::Paragraph(_) => about_meeting && line.chars().count() <= LONGEST_HEADING && !line.contains('。'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: &str = "云泽省人民政府工作报告
——2024年1月18日在云泽省第十四届人民代表大会第二次会议上
云泽省省长　林知远
各位代表：
　　现在，我代表省人民政府向大会报告工作，请予审议。
一、2023年工作回顾
（一）创新动能更加强劲。新建省实验室两家。
研发投入增长9%。
（二）改善民生
3.5万户居民用上了天然气。
二、2024年重点工作
——稳住农业基本盘。完成春播。
名词解释
1.揭榜挂帅：由能者攻关。";

    fn kinds(text: &str) -> Vec<Kind> {
        segment("x", text).blocks.iter().map(|block| block.kind).collect()
    }

    #[test]
    fn parts_of_a_report_are_told_apart() {
        use Kind::{Glossary, Heading, Paragraph, Title};
        let expected = [
            Title, Title, Title, Heading, Paragraph, Heading, Paragraph, Paragraph, Heading, Paragraph, Heading, Paragraph,
            Heading, Glossary,
        ];
        assert_eq!(kinds(REPORT), expected);
    }

    #[test]
    fn paragraphs_know_the_headings_above_them() {
        let document = segment("x", REPORT);
        let find = |text: &str| document.blocks.iter().find(|block| block.text.contains(text)).unwrap();
        assert_eq!(find("省实验室").section, ["一、2023年工作回顾"]);
        assert_eq!(find("省实验室").lead.as_deref(), Some("（一）创新动能更加强劲"));
        assert_eq!(find("研发投入").section, ["一、2023年工作回顾", "（一）创新动能更加强劲"]);
        assert_eq!(find("天然气").section, ["一、2023年工作回顾", "（二）改善民生"]);
        assert_eq!(find("春播").section, ["二、2024年重点工作"]);
        assert_eq!(find("春播").lead.as_deref(), Some("——稳住农业基本盘"));
    }

    proptest! {
        #[test]
        fn every_line_is_kept_in_order(text in "[一二、（）1.。：各位代表会议上第章 \u{3000}\nA-z]{0,200}") {
            let lines: Vec<&str> = text.lines().map(trim).filter(|line| !line.is_empty()).collect();
            let document = segment("x", &text);
            prop_assert_eq!(document.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>(), lines);
            prop_assert!(document.blocks.iter().enumerate().all(|(at, block)| block.index == at));
        }
    }
}
