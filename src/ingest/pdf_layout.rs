//! From characters on pages to paragraphs.
//!
//! A line of print says nothing of why it ends. Two tests tell a wrapped line from the last of a paragraph, whatever the font and the
//! justification: would the first word of the next line have fitted; and does the next line start where continued lines start.

use super::lines::is_wide;

/// Gaps in multiples of the size: at least this much between Latin letters is a space …
const SPACE: f32 = 0.15;
/// … this much beside a Chinese character, which justification moves apart …
const WIDE_SPACE: f32 = 0.8;
/// … and this much divides the columns of a table.
const COLUMN: f32 = 2.0;
/// How far apart in height two characters of one line may be.
const SAME_LINE: f32 = 0.45;
/// How many times the usual distance parts two paragraphs.
const PARAGRAPH_GAP: f32 = 1.6;
/// How many lines at the top and the bottom of a page may be headers and footers.
const MARGIN_LINES: usize = 2;
/// Marks of list items, which other formats do not have in their text.
const BULLETS: [char; 9] = ['•', '●', '▪', '■', '◆', '◦', '○', '➢', '\u{F0B7}'];

/// Marks that no line begins with.
const NEVER_FIRST: [char; 13] = ['，', '。', '、', '：', '；', '！', '？', '”', '’', '）', '》', '%', '％'];
/// Marks that a sentence or an item can end with.
const SENTENCE_ENDS: [char; 8] = ['。', '！', '？', '；', '：', '”', '）', '.'];

/// A page's characters in the order in which they are drawn.
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
}

/// A character and its place; y grows upwards.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) end: f32,
    pub(super) y: f32,
    pub(super) size: f32,
}

/// A line of print.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    x: f32,
    end: f32,
    y: f32,
    size: f32,
    /// Where its text begins after a bullet.
    hang: Option<f32>,
    is_row: bool,
    /// The width of what could not have been parted from its first character.
    first_word: f32,
}

/// The measures of a page's text.
#[derive(Debug, Clone, Copy)]
struct Body {
    left: f32,
    right: f32,
    /// The usual distance from line to line.
    pitch: f32,
}

/// The paragraphs of all pages, a line each.
pub(super) fn paragraphs(pages: Vec<Page>) -> String {
    let mut pages: Vec<Vec<Line>> = pages.into_iter().map(|page| lines(&page.runs)).collect();
    drop_margins(&mut pages);
    let mut text = String::new();
    let mut last: Option<(Line, bool)> = None;
    for page in pages.into_iter().filter(|page| !page.is_empty()) {
        let body = body(&page);
        for line in page {
            let joined = last.as_ref().is_some_and(|(last, is_first)| continues(last, *is_first, &line, body));
            if let Some((last, _)) = &last {
                let separator = if !joined {
                    "\n"
                } else if needs_space(&last.text, &line.text) {
                    " "
                } else {
                    ""
                };
                text.push_str(separator);
            }
            text.push_str(&line.text);
            last = Some((line, !joined));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Puts characters together to lines, in the order of drawing.
fn lines(runs: &[Run]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Vec<&Run> = Vec::new();
    for run in runs {
        if let Some(last) = open.last() {
            let size = last.size.max(run.size);
            let same = (last.y - run.y).abs() < size * SAME_LINE && run.x > last.x - size * 0.5;
            if !same {
                lines.extend(Line::new(&open));
                open.clear();
            }
        }
        open.push(run);
    }
    lines.extend(Line::new(&open));
    lines
}

impl Line {
    /// A line of characters from left to right; none if they are all space.
    fn new(runs: &[&Run]) -> Option<Line> {
        let visible: Vec<&Run> = runs.iter().copied().filter(|run| !run.text.trim().is_empty()).collect();
        let (bullet, visible) = match visible.split_first() {
            Some((first, rest)) if !rest.is_empty() && first.text.chars().all(|mark| BULLETS.contains(&mark)) => {
                (true, rest)
            }
            _ => (false, visible.as_slice()),
        };
        let (first, last) = (visible.first()?, visible.last()?);
        let mut line = Line {
            text: String::new(),
            x: first.x,
            end: last.end,
            y: first.y,
            size: visible.iter().map(|run| run.size).fold(0.0, f32::max),
            hang: bullet.then_some(first.x),
            is_row: false,
            first_word: first_word(visible),
        };
        let mut previous: Option<&Run> = None;
        for run in visible {
            if let Some(previous) = previous {
                line.bridge(previous, run);
            }
            line.text.push_str(run.text.trim());
            previous = Some(run);
        }
        Some(line)
    }

    /// Writes what the gap between two characters means.
    fn bridge(&mut self, left: &Run, right: &Run) {
        let gap = (right.x - left.end) / self.size.max(f32::MIN_POSITIVE);
        let beside_wide = left.text.ends_with(is_wide) || right.text.starts_with(is_wide);
        if gap >= COLUMN {
            self.text.push('\t');
            self.is_row = true;
        } else if gap >= if beside_wide { WIDE_SPACE } else { SPACE } {
            self.text.push(' ');
        }
    }
}

/// The width of the characters that must stand together at a line's start: one of Chinese, or a word of others, with the marks after it.
fn first_word(runs: &[&Run]) -> f32 {
    let Some(first) = runs.first() else { return 0.0 };
    let mut end = first.end;
    let mut in_word = !first.text.starts_with(is_wide);
    for pair in runs.windows(2) {
        let [left, right] = pair else { break };
        let is_mark = right.text.starts_with(NEVER_FIRST);
        let goes_on = in_word && !right.text.starts_with(is_wide) && right.x - left.end < right.size * SPACE;
        if !is_mark && !goes_on {
            break;
        }
        in_word = goes_on;
        end = right.end;
    }
    end - first.x
}

/// The measures of a page. Its right edge is where most of the long lines end: single ones hang a mark out into the margin, and others are
/// ragged.
fn body(lines: &[Line]) -> Body {
    let left = lines.iter().map(|line| line.x).fold(f32::INFINITY, f32::min);
    let longest = lines.iter().map(|line| line.end).fold(f32::NEG_INFINITY, f32::max);
    let long = left + (longest - left) * 0.9;
    let mut ends: Vec<f32> = lines.iter().map(|line| line.end).filter(|end| *end >= long).collect();
    ends.sort_by(f32::total_cmp);
    let right = ends.get(ends.len() / 2).copied().unwrap_or(longest);
    let mut gaps: Vec<f32> = lines.windows(2).filter_map(|pair| Some(pair.first()?.y - pair.last()?.y)).collect();
    gaps.retain(|gap| *gap > 0.0);
    gaps.sort_by(f32::total_cmp);
    Body { left, right, pitch: gaps.get(gaps.len() / 2).copied().unwrap_or(f32::INFINITY) }
}

/// True if `line` goes on with the paragraph of `last`, which is that paragraph's first line or a later one.
fn continues(last: &Line, last_is_first: bool, line: &Line, body: Body) -> bool {
    let size = line.size;
    let same_type = (last.size - size).abs() < size * 0.1;
    let is_apart = last.y - line.y > body.pitch * PARAGRAPH_GAP;
    if !same_type || is_apart || last.is_row || line.is_row || line.hang.is_some() {
        return false;
    }
    let indent = line.x - body.left;
    // A title of two lines: both are centred, the first may fill the page.
    let is_centred = |line: &Line| ((line.x - body.left) - (body.right - line.end)).abs() < size;
    let is_title = last_is_first && indent > size * 3.0 && is_centred(last) && is_centred(line);
    let room = if is_title { body.right - body.left - (last.end - last.x) } else { body.right - last.end };
    // No paragraph begins so, but careless programs break lines there.
    if line.text.starts_with(NEVER_FIRST) {
        return true;
    }
    // Chinese may end a line anywhere, so a line that had room for more ended because the paragraph did. In the middle of a sentence it
    // takes more room to believe that: not all programs fill their lines.
    let spare = if last.text.ends_with(SENTENCE_ENDS) { 0.1 } else { 2.5 };
    if line.first_word + size * spare < room {
        return false;
    }
    let is_aligned = (line.x - last.hang.unwrap_or(last.x)).abs() < size * 0.3;
    indent < size * 0.8 || is_title || (is_aligned && (last.hang.is_some() || !last_is_first))
}

/// True where two lines of Latin text meet.
fn needs_space(left: &str, right: &str) -> bool {
    !left.ends_with(is_wide)
        && !right.starts_with(is_wide)
        && left.ends_with(|c: char| c.is_alphabetic() || c == ',' || c == '.')
}

/// Takes out page numbers, and the lines that stand at the same place of most pages.
fn drop_margins(pages: &mut [Vec<Line>]) {
    let repeated = repeated_margins(pages);
    for page in pages {
        let margins = margin_indexes(page);
        let mut index = 0;
        page.retain(|line| {
            let dropped = margins.contains(&index) && (is_page_number(&line.text) || repeated.contains(&margin_key(line)));
            index += 1;
            !dropped
        });
    }
}

/// The margin lines that more than half of the pages have.
fn repeated_margins(pages: &[Vec<Line>]) -> Vec<(String, i32)> {
    let mut keys: Vec<(String, i32)> = pages
        .iter()
        .flat_map(|page| margin_indexes(page).into_iter().filter_map(|index| page.get(index)).map(margin_key))
        .collect();
    keys.sort();
    let needed = (pages.len() / 2 + 1).max(2);
    keys.chunk_by(|left, right| left == right)
        .filter(|same| same.len() >= needed)
        .filter_map(|same| same.first().cloned())
        .collect()
}

/// The highest and lowest lines of a page, by index.
fn margin_indexes(page: &[Line]) -> Vec<usize> {
    let mut by_height: Vec<usize> = (0..page.len()).collect();
    by_height.sort_by(|a, b| {
        let y = |index: &usize| page.get(*index).map_or(0.0, |line| line.y);
        y(b).total_cmp(&y(a))
    });
    let bottom = by_height.len().saturating_sub(MARGIN_LINES).max(MARGIN_LINES);
    let top = by_height.iter().take(MARGIN_LINES);
    top.chain(by_height.get(bottom..).unwrap_or_default()).copied().collect()
}

/// What a margin line has in common with that of other pages: its height, and its text but for numbers.
fn margin_key(line: &Line) -> (String, i32) {
    let text = line.text.chars().filter(|c| !c.is_whitespace()).map(|c| if c.is_ascii_digit() { '0' } else { c });
    let mut text: Vec<char> = text.collect();
    text.dedup_by(|a, b| *a == '0' && *b == '0');
    // A tenth of an inch, since footers move with what is above them by less.
    (text.into_iter().collect(), (line.y / 7.2).round() as i32)
}

/// True for `3`, `- 3 -`, `— 3 —`, `第3页`, `3/12` and `第 3 页 共 12 页`.
fn is_page_number(text: &str) -> bool {
    let mut rest: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    for word in ["第", "页", "共", "頁", "Page", "of"] {
        rest = rest.replace(word, "");
    }
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (1..=8).contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || "-–—－─·/，,~".contains(c))
}
