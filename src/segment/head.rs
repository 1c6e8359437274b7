//! What stands above the text: title, meeting line, speaker, and what the page put around them.

use super::shape::{self, Shape};
use crate::boilerplate::{self, Furniture};
use crate::metadata::{date, lone_date, names_place, speaker, year};

/// How many lines from the top the audience is addressed at the latest.
const LONGEST_HEAD: usize = 120;
/// More paragraphs than these are no head.
const MOST_PARAGRAPHS: usize = 3;
/// The longest title, in characters, all its lines together.
const LONGEST_TITLE: usize = 80;
/// The longest meeting line, in characters, all its lines together.
const LONGEST_MEETING: usize = 90;

/// How titles of official documents end.
const TITLES: [&str; 24] = [
    "报告",
    "规划",
    "纲要",
    "意见",
    "方案",
    "通知",
    "讲话",
    "要点",
    "办法",
    "决定",
    "公报",
    "计划",
    "白皮书",
    "总结",
    "条例",
    "规定",
    "细则",
    "措施",
    "批复",
    "通报",
    "致辞",
    "说明",
    "决议",
    "安排",
];

/// What a line above the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadPart {
    /// A line of the title, the meeting line, the speaker or the date.
    Title,
    /// A line that the page put there.
    Page,
    /// A line that is read like those of the text.
    Body,
}

/// The lines above the text.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// One for each line.
    pub parts: Vec<HeadPart>,
    /// Titles, each in one line.
    pub titles: Vec<String>,
    /// The meeting line, in one line.
    pub meeting: Option<String>,
    /// Other lines of the head.
    pub others: Vec<String>,
}

impl Head {
    /// Reads the head of a document.
    pub(super) fn read(lines: &[&str], furniture: &[Furniture]) -> Self {
        let (end, is_addressed) = end(lines, furniture);
        let mut head = Head { parts: vec![HeadPart::Body; end], ..Head::default() };
        let free: Vec<(usize, &str)> = lines
            .iter()
            .zip(furniture)
            .enumerate()
            .take(end)
            .filter(|(_, (_, furniture))| **furniture == Furniture::None)
            .map(|(at, (&line, _))| (at, line))
            .collect();
        let mut at = 0;
        while let Some((&(line, _), rest)) = free.get(at..).and_then(<[_]>::split_first) {
            let lines = free.get(at..).unwrap_or(rest);
            let taken = head.meeting(lines).or_else(|| head.title(lines)).or_else(|| head.other(lines));
            if taken.is_none() && is_contents(lines, free.get(at + 1..).unwrap_or(&[])) {
                head.set(line, HeadPart::Page);
            }
            at += taken.unwrap_or(1);
        }
        head.sort_out(lines.get(..end).unwrap_or(lines), &free, is_addressed);
        head
    }

    fn set(&mut self, line: usize, part: HeadPart) {
        if let Some(slot) = self.parts.get_mut(line) {
            *slot = part;
        }
    }

    fn set_titles(&mut self, lines: &[(usize, &str)], count: usize) -> Option<usize> {
        for &(line, _) in lines.iter().take(count) {
            self.set(line, HeadPart::Title);
        }
        Some(count)
    }

    /// Takes a meeting line of up to three lines from the front of `lines`; gives back how many.
    fn meeting(&mut self, lines: &[(usize, &str)]) -> Option<usize> {
        let (before, _) = split_meeting(lines.first()?.1)?;
        let mut joined = String::new();
        for (count, (_, line)) in lines.iter().enumerate().take(3) {
            joined.push_str(line);
            if joined.chars().count() > LONGEST_MEETING {
                return None;
            }
            if joined.contains("会议") || joined.contains("大会上") {
                if is_title(before) {
                    self.titles.push(compact(before));
                }
                let meeting = joined.get(before.len()..).unwrap_or(&joined).trim();
                // The speaker may stand behind it.
                let (meeting, rest) = match meeting.split_once("会议上") {
                    Some((start, rest)) => (format!("{start}会议上"), rest.trim()),
                    None => (meeting.to_owned(), ""),
                };
                if !rest.is_empty() {
                    self.others.push(rest.to_owned());
                }
                self.meeting.get_or_insert(meeting);
                return self.set_titles(lines, count + 1);
            }
        }
        None
    }

    /// Takes a title of up to three lines from the front of `lines`; gives back how many.
    fn title(&mut self, lines: &[(usize, &str)]) -> Option<usize> {
        let first = lines.first()?.1;
        if is_title(first) {
            self.titles.push(compact(first));
            return self.set_titles(lines, 1);
        }
        if !begins_title(first) {
            return None;
        }
        let mut joined = first.to_owned();
        for (count, (_, line)) in lines.iter().enumerate().take(3).skip(1) {
            if split_meeting(line).is_some() || speaker(line).is_some() {
                return None;
            }
            joined.push_str(line);
            if is_title(&joined) {
                self.titles.push(compact(&joined));
                return self.set_titles(lines, count + 1);
            }
        }
        None
    }

    /// Takes a speaker or a date.
    fn other(&mut self, lines: &[(usize, &str)]) -> Option<usize> {
        let line = lines.first()?.1;
        let is_known = speaker(line).is_some() || lone_date(line).is_some();
        is_known.then(|| self.others.push(line.to_owned()))?;
        self.set_titles(lines, 1)
    }

    /// Says what the lines are that are nothing by themselves.
    fn sort_out(&mut self, lines: &[&str], free: &[(usize, &str)], is_addressed: bool) {
        let first_title = self.parts.iter().position(|part| *part == HeadPart::Title);
        for &(at, line) in free {
            if self.parts.get(at) != Some(&HeadPart::Body) {
                continue;
            }
            let is_short = matches!(Shape::of(line), Shape::Heading(shape::PLAIN));
            let part = match first_title {
                _ if boilerplate::is_menu(line) => HeadPart::Page,
                // A caption of a picture of the speaker.
                _ if is_addressed && is_caption(line) => HeadPart::Page,
                Some(first) if at < first && (is_short || boilerplate::is_menu_item(line)) => HeadPart::Page,
                Some(first) if at > first && is_addressed && is_short => HeadPart::Title,
                None if is_addressed && is_short => HeadPart::Title,
                _ => HeadPart::Body,
            };
            // A name alone is that of the speaker if a caption calls someone of this name by an office.
            if part == HeadPart::Title && lines.iter().any(|other| is_called_by_office(line, other)) {
                self.others.push(format!("报告人：{line}"));
            }
            self.set(at, part);
        }
    }
}

/// The line at which the text begins, and whether it does so by addressing the audience.
fn end(lines: &[&str], furniture: &[Furniture]) -> (usize, bool) {
    let mut first_of_body = None;
    let mut paragraphs = 0;
    for (at, (line, furniture)) in lines.iter().zip(furniture).enumerate().take(LONGEST_HEAD) {
        if *furniture != Furniture::None {
            continue;
        }
        if shape::is_salutation(line) {
            return (at, true);
        }
        let is_above = split_meeting(line).is_some() || is_title(line) || speaker(line).is_some() || begins_title(line);
        if is_above {
            continue;
        }
        let is_paragraph = line.contains('。') || line.chars().count() > LONGEST_TITLE;
        paragraphs += usize::from(is_paragraph);
        if is_paragraph || shape::level(line).is_some() {
            first_of_body.get_or_insert(at);
        }
        if paragraphs > MOST_PARAGRAPHS {
            break;
        }
    }
    (first_of_body.unwrap_or(lines.len().min(LONGEST_HEAD)), false)
}

/// Whether the first of `lines`, a numbered one above the text, stands in a table of contents: among others of the kind.
fn is_contents(lines: &[(usize, &str)], rest: &[(usize, &str)]) -> bool {
    let is_numbered = |line: Option<&(usize, &str)>| line.is_some_and(|(_, line)| shape::level(line).is_some());
    let is_word = lines.first().is_some_and(|(_, line)| compact(line) == "目录");
    is_word || is_numbered(lines.first()) && !rest.is_empty()
}

/// Where the meeting line begins in a line that does: what stands before it, and the meeting line.
fn split_meeting(line: &str) -> Option<(&str, &str)> {
    if line.contains('。') || line.len() > LONGEST_MEETING * 4 {
        return None;
    }
    let mut fresh = true;
    for (at, c) in line.char_indices() {
        let rest = line.get(at..)?;
        let begins = fresh
            && match date(rest) {
                Some((_, rest)) => is_meeting(rest.trim_start_matches(|c: char| "）)，, ".contains(c) || c.is_whitespace())),
                None => rest.starts_with('在') && rest.contains('届') && rest.contains("会议"),
            };
        if begins {
            let before = line.get(..at)?;
            let before = before.trim_end_matches(|c: char| c.is_whitespace() || "—─―-（(".contains(c));
            return Some((before, rest));
        }
        fresh = c.is_whitespace() || "—─―-（(".contains(c);
    }
    None
}

/// Whether what follows a day names a meeting, or begins to.
fn is_meeting(rest: &str) -> bool {
    rest.starts_with('在') || rest.contains('届') && rest.contains('会')
}

/// Whether a line is the title of a document.
fn is_title(line: &str) -> bool {
    let line = compact(line);
    let line = line.trim_end_matches(['》', '”']);
    // `（摘要）`, `（二）`, `（2024年1月18日）`
    let bare =
        line.strip_suffix(['）', ')']).and_then(|inside| inside.rsplit_once(['（', '('])).map_or(line, |(bare, _)| bare);
    let length = bare.chars().count();
    (3..=LONGEST_TITLE).contains(&length)
        && TITLES.iter().any(|word| bare.ends_with(word))
        && shape::level(bare).is_none()
        && !bare.contains(shape::is_sentence_mark)
        && !bare.contains(['：', ':', '，', ','])
        && !is_caption(bare)
}

/// Whether a line tells of a picture of the speaker: `林知远作政府工作报告`.
fn is_caption(line: &str) -> bool {
    ["作政府工作报告", "作工作报告", "作了政府工作报告"].iter().any(|words| line.contains(words))
        && line.chars().count() <= LONGEST_TITLE
}

/// Whether a line begins a title that goes on in the next.
fn begins_title(line: &str) -> bool {
    let is_short = line.len() <= 160 && !line.contains(shape::is_sentence_mark) && !line.contains(['：', ':', '，']);
    is_short && shape::level(line).is_none() && (line.contains("关于") || year(line).is_some() || names_place(line))
}

/// Whether a line calls the person named `name` by an office.
fn is_called_by_office(name: &str, line: &str) -> bool {
    let office = line.split_once(name).filter(|_| (2..=16).contains(&name.chars().count())).map(|(before, _)| before);
    office.is_some_and(|before| ["长", "主席", "主任", "专员"].iter().any(|word| before.ends_with(word)))
}

/// A line without the space that sets the characters of a title apart.
fn compact(line: &str) -> String {
    let line = line.trim_matches(|c: char| c.is_whitespace() || "—─".contains(c));
    if line.contains(|c: char| c.is_ascii_alphabetic()) {
        return line.to_owned();
    }
    line.chars().filter(|c| !c.is_whitespace()).collect()
}
