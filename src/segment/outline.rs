//! The outline: which lines of the body are headings, and which headings stand above which lines.

use super::Part;
use super::shape::{LIST, PLAIN, Shape, number};
use crate::document::{Block, Kind};
use crate::metadata::lone_date;

/// How many short lines must alternate with long ones before those with a full stop are taken for headings.
const FEWEST_STOPPED: usize = 5;
/// The longest heading with a full stop, in characters.
const LONGEST_STOPPED: usize = 50;
/// The longest one, in characters, that need not alternate with paragraphs itself.
const SHORT_STOPPED: usize = 20;
/// The level of a heading without a number that no numbered heading stands above.
const TOP: u8 = 0;
/// Headings of what comes before the first part, under which no part lies.
const PREFACES: [&str; 5] = ["前言", "引言", "序言", "导语", "摘要"];

/// Makes a block of every line.
pub(super) fn blocks(lines: &[&str], parts: &[Part]) -> Vec<Block> {
    let stopped = stopped_headings(lines, parts);
    let mut outline = Outline { blocks: Vec::with_capacity(lines.len()), open: Vec::new() };
    for (at, (line, part)) in lines.iter().zip(parts).enumerate() {
        match part {
            Part::Title => outline.block(Kind::Title, line, None),
            Part::Boilerplate => {
                // An attachment is under no heading of the text.
                if line.starts_with("附件") {
                    outline.close(0);
                }
                outline.block(Kind::Boilerplate, line, None);
            }
            Part::Glossary => outline.block(Kind::Glossary, line, None),
            Part::GlossaryTitle => {
                outline.close(0);
                outline.heading(PLAIN, line);
            }
            Part::Body => match shape(at, lines, parts) {
                _ if stopped.get(at) == Some(&true) => outline.heading(number(line).map_or(PLAIN, |(level, _)| level), line),
                Shape::Heading(level) => outline.heading(level, line),
                Shape::Salutation => outline.block(Kind::Heading, line, None),
                Shape::Paragraph(lead) => outline.paragraph(line, lead),
            },
        }
    }
    outline.blocks
}

/// The shape of a line among the lines around it.
fn shape<'l>(at: usize, lines: &[&'l str], parts: &[Part]) -> Shape<'l> {
    let body = |at: usize| lines.get(at).copied().filter(|_| parts.get(at) == Some(&Part::Body));
    let line = body(at).unwrap_or("");
    match Shape::of(line) {
        // Items of a list follow one another, while text follows a heading.
        Shape::Heading(level) if (LIST..PLAIN).contains(&level) => {
            let own = number(line);
            let follows = |first: Option<(u8, u32)>, second: Option<(u8, u32)>| match (first, second) {
                (Some((level, first)), Some((same, second))) => level == same && (second == first + 1 || second == 0),
                _ => false,
            };
            let before = at.checked_sub(1).and_then(body).and_then(number);
            let after = body(at + 1).and_then(number);
            if follows(before, own) || follows(own, after) { Shape::Paragraph(None) } else { Shape::Heading(level) }
        }
        // A day or a signature below the text.
        Shape::Heading(PLAIN) if lone_date(line).is_some() => Shape::Paragraph(None),
        // The subject of a sentence that a page showed in bold.
        Shape::Heading(PLAIN) if body(at + 1).is_some_and(|next| next.starts_with(['是', '：', '，', '。'])) => {
            Shape::Paragraph(None)
        }
        shape => shape,
    }
}

/// The lines that are headings though they end with a full stop.
///
/// Pages that show the first words of a paragraph in bold are copied with these words in a line of their own. One short line before a long
/// one may be a sentence; where short and long ones alternate, the short ones are headings.
fn stopped_headings(lines: &[&str], parts: &[Part]) -> Vec<bool> {
    let candidates: Vec<Option<Stopped>> = (0..lines.len()).map(|at| stopped(at, lines, parts)).collect();
    let is_candidate = |at: Option<usize>| at.and_then(|at| candidates.get(at)).is_some_and(Option::is_some);
    let alternates =
        |at: usize| is_candidate(Some(at)) && (is_candidate(at.checked_sub(2)) || is_candidate(at.checked_add(2)));
    let is_the_way = (0..lines.len()).filter(|&at| alternates(at)).count() >= FEWEST_STOPPED;
    let is_heading = |(at, stopped): (usize, &Option<Stopped>)| match stopped {
        Some(Stopped::Numbered) => true,
        Some(Stopped::Short) => is_the_way,
        Some(Stopped::Long) => is_the_way && alternates(at),
        None => false,
    };
    candidates.iter().enumerate().map(is_heading).collect()
}

/// A sentence that may be a heading.
enum Stopped {
    /// Numbered at a level above those of lists, without figures.
    Numbered,
    Short,
    Long,
}

fn stopped(at: usize, lines: &[&str], parts: &[Part]) -> Option<Stopped> {
    let body = |at: usize| lines.get(at).copied().filter(|_| parts.get(at) == Some(&Part::Body));
    let (line, next) = (body(at)?, body(at + 1)?);
    let sentence = line.strip_suffix('。').filter(|rest| rest.len() <= LONGEST_STOPPED * 4)?;
    let length = sentence.chars().count();
    // `主要做了以下工作。` announces what follows.
    let announces = ["以下", "如下", "下列", "方面工作", "项工作", "个方面"].iter().any(|word| sentence.contains(word));
    let is_one = !sentence.contains(['。', '；', '！', '？', '：']) && length <= LONGEST_STOPPED;
    if !is_one || announces || number(next).is_some() || next.len() <= line.len() * 2 {
        return None;
    }
    match number(sentence) {
        Some((level, _)) if level < LIST && !sentence.contains(|c: char| c.is_ascii_digit()) => Some(Stopped::Numbered),
        _ if length <= SHORT_STOPPED => Some(Stopped::Short),
        _ => Some(Stopped::Long),
    }
}

struct Outline {
    blocks: Vec<Block>,
    /// Open headings: level and text.
    open: Vec<(u8, String)>,
}

impl Outline {
    fn heading(&mut self, level: u8, line: &str) {
        let is_under_number = self.open.iter().any(|&(open, _)| open != TOP && open != PLAIN);
        let level = if level == PLAIN && !is_under_number && !PREFACES.contains(&line) { TOP } else { level };
        self.close(level);
        self.block(Kind::Heading, line, None);
        self.open.push((level, line.to_owned()));
    }

    fn paragraph(&mut self, line: &str, lead: Option<&str>) {
        // A numbered lead is also the heading of the paragraphs that follow, unless its number is that of a list.
        let level = lead.and_then(number).map(|(level, _)| level).filter(|&level| level < LIST);
        self.close(level.unwrap_or(u8::MAX));
        self.block(Kind::Paragraph, line, lead);
        if let (Some(level), Some(lead)) = (level, lead) {
            self.open.push((level, lead.to_owned()));
        }
    }

    fn close(&mut self, level: u8) {
        self.open.retain(|&(open, _)| open < level);
    }

    fn block(&mut self, kind: Kind, text: &str, lead: Option<&str>) {
        let section = match kind {
            Kind::Title | Kind::Boilerplate => Vec::new(),
            _ => self.open.iter().map(|(_, heading)| heading.clone()).collect(),
        };
        self.blocks.push(Block {
            index: self.blocks.len(),
            kind,
            section,
            lead: lead.map(str::to_owned),
            text: text.to_owned(),
        });
    }
}
