//! A document on its way: its lines, where they come from and what was done to them.

use std::borrow::Cow;
use std::ops::Range;

use super::change::{ChangeKind, Counts, LineChange, Restored, Unrepaired};
use super::characters::is_space;
use super::lost::Repair;
use super::{Context, breaks, characters, headers, lost, pinyin, script};

/// The indent that is kept where it tells paragraphs apart.
const INDENT: &str = "\u{3000}\u{3000}";

/// A line of the document, or several that were joined.
pub(super) struct Paragraph<'a> {
    /// The text as it is now.
    pub(super) text: Cow<'a, str>,
    /// Whether another round would not change it.
    pub(super) settled: bool,
    /// Which lines of the source it is made of.
    source: Range<usize>,
    /// The place of these lines in the source, in bytes.
    bytes: Range<usize>,
    counts: Counts,
    repairs: Vec<Repair>,
    /// What cannot be repaired, as of the last round.
    unrepaired: Vec<String>,
    removed: bool,
}

/// The lines of `text`. Besides the line feed, whatever breaks a line or a page does.
pub(super) fn split(text: &str) -> Vec<Paragraph<'_>> {
    let mut paragraphs = Vec::new();
    let mut start = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}']).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        let number = paragraphs.len();
        paragraphs.push(Paragraph::new(line, number, start));
        let mark = if tail.starts_with("\r\n") { 2 } else { tail.chars().next().map_or(0, char::len_utf8) };
        start += end + mark;
        rest = tail.get(mark..).unwrap_or_default();
    }
    paragraphs
}

impl<'a> Paragraph<'a> {
    fn new(line: &'a str, number: usize, start: usize) -> Self {
        Self {
            text: Cow::Borrowed(line),
            settled: false,
            source: number..number + 1,
            bytes: start..start + line.len(),
            counts: Counts::default(),
            repairs: Vec::new(),
            unrepaired: Vec::new(),
            removed: false,
        }
    }

    fn set(&mut self, text: String, kind: ChangeKind, number: usize) {
        self.text = Cow::Owned(text);
        self.counts.add(kind, number);
    }

    /// Undoes every kind of damage to the line by itself; whether anything changed.
    pub(super) fn restore(&mut self, context: &Context<'_>) -> bool {
        let before = self.counts.total();
        if let Some((text, removed)) = characters::remove_invisible(&self.text) {
            self.set(text, ChangeKind::Unprintable, removed);
        }
        self.find_lost_bytes(context);
        if let Some((text, removed)) = pinyin::remove(&self.text) {
            self.set(text, ChangeKind::Pinyin, removed);
        }
        self.simplify(context);
        self.tidy();
        self.counts.total() > before
    }

    fn find_lost_bytes(&mut self, context: &Context<'_>) {
        let Some(lexicon) = context.lexicon.as_ref().filter(|_| lost::is_damaged(&self.text)) else {
            return;
        };
        let mut repaired = lost::repair(&self.text, lexicon, context.page);
        self.unrepaired.append(&mut repaired.unrepaired);
        if !repaired.repairs.is_empty() {
            self.set(repaired.text, ChangeKind::LostBytes, repaired.repairs.len());
            self.repairs.append(&mut repaired.repairs);
        }
    }

    fn simplify(&mut self, context: &Context<'_>) {
        let converter = context.page.converter.or_else(|| script::is_traditional_line(&self.text).then(script::converter));
        if let Some((text, changed)) = converter.and_then(|converter| converter.convert(&self.text)) {
            self.set(text, ChangeKind::Script, changed);
        }
    }

    fn tidy(&mut self) {
        if let Some(tidied) = characters::tidy(&self.text) {
            self.counts.add(ChangeKind::Width, tidied.widths);
            self.counts.add(ChangeKind::Punctuation, tidied.marks);
            self.counts.add(ChangeKind::Unprintable, tidied.unknown);
            self.set(tidied.text, ChangeKind::Space, tidied.spaces);
        }
    }

    /// Takes in the next line.
    fn append(&mut self, next: Self) {
        let mut text = std::mem::take(&mut self.text).into_owned();
        text.truncate(text.trim_end_matches(is_space).len());
        let words = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
        if words(text.chars().next_back()) && words(next.text.chars().next()) {
            text.push(' ');
        }
        text.push_str(&next.text);
        self.set(text, ChangeKind::LineBreak, 1);
        self.source.end = next.source.end;
        self.bytes.end = next.bytes.end;
        self.counts.merge(&next.counts);
        self.repairs.extend(next.repairs);
        self.unrepaired.extend(next.unrepaired);
        self.settled = false;
    }
}

/// Removes page headers; whether there were any.
pub(super) fn remove_headers(paragraphs: &mut [Paragraph<'_>]) -> bool {
    let kept = || paragraphs.iter().enumerate().filter(|(_, paragraph)| !paragraph.removed);
    let lines: Vec<&str> = kept().map(|(_, paragraph)| paragraph.text.as_ref()).collect();
    let places: Vec<usize> = kept()
        .map(|(place, _)| place)
        .zip(headers::find(&lines))
        .filter(|(_, header)| *header)
        .map(|(place, _)| place)
        .collect();
    for &place in &places {
        if let Some(paragraph) = paragraphs.get_mut(place) {
            paragraph.removed = true;
            paragraph.set(String::new(), ChangeKind::PageHeader, 1);
        }
    }
    !places.is_empty()
}

/// Joins the lines of each paragraph and takes off the indents; whether anything changed.
pub(super) fn join(paragraphs: &mut Vec<Paragraph<'_>>) -> bool {
    let width = breaks::wrap_width(paragraphs.iter().map(|paragraph| paragraph.text.as_ref()));
    let mut changed = false;
    let mut joined: Vec<Paragraph<'_>> = Vec::with_capacity(paragraphs.len());
    let mut previous = String::new();
    // What was removed does not come between the lines around it.
    let mut last: Option<usize> = None;
    for mut paragraph in std::mem::take(paragraphs) {
        if paragraph.removed {
            joined.push(paragraph);
            continue;
        }
        // What decides is the line as it stood, not the paragraph it was joined to.
        let goes_on = breaks::goes_on(&previous, &paragraph.text, width);
        let needed = breaks::goes_on_but_for_indent(&previous, &paragraph.text, width);
        previous.clear();
        previous.push_str(&paragraph.text);
        match last.and_then(|last| joined.get_mut(last)).filter(|_| goes_on) {
            Some(last) => {
                last.append(paragraph);
                changed = true;
            }
            None => {
                changed |= outdent(&mut paragraph, needed);
                last = Some(joined.len());
                joined.push(paragraph);
            }
        }
    }
    *paragraphs = joined;
    changed
}

/// Takes off the spaces around a paragraph, all but the indent where only it tells the paragraph from the one before.
fn outdent(paragraph: &mut Paragraph<'_>, needed: bool) -> bool {
    let text = paragraph.text.as_ref();
    let bare = text.trim_matches(is_space);
    let indented = needed && text.starts_with(is_space) && !bare.is_empty();
    let same = if indented { text.strip_prefix(INDENT) == Some(bare) } else { text.len() == bare.len() };
    if !same {
        let text = if indented { format!("{INDENT}{bare}") } else { bare.to_owned() };
        paragraph.set(text, ChangeKind::Space, 1);
    }
    !same
}

/// Puts the restored text together.
pub(super) fn assemble(source: &str, paragraphs: Vec<Paragraph<'_>>) -> Restored {
    let mut restored = Restored { text: String::with_capacity(source.len()), ..Restored::default() };
    let mut line = 0;
    let ended = source.ends_with(['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}']);
    for paragraph in paragraphs {
        let number = (!paragraph.removed).then_some(line);
        if !paragraph.removed {
            if line > 0 {
                restored.text.push('\n');
            }
            restored.text.push_str(&paragraph.text);
            line += 1;
        }
        let source_line = paragraph.source.start;
        restored.unrepaired.extend(paragraph.unrepaired.into_iter().map(|excerpt| Unrepaired { source_line, excerpt }));
        if paragraph.counts.total() > 0 {
            restored.changes.push(LineChange {
                source: paragraph.source,
                line: number,
                before: source.get(paragraph.bytes).unwrap_or_default().to_owned(),
                after: paragraph.text.into_owned(),
                counts: paragraph.counts,
                repairs: paragraph.repairs,
            });
        }
    }
    if ended && line > 0 {
        restored.text.push('\n');
    }
    restored
}
