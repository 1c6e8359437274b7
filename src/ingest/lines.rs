//! Builds the raw text of a document from the pieces its markup gives: a paragraph, a heading, a list item or a table row on each line.

/// Text growing line by line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    line: String,
    /// White space seen since the last character of `line`.
    gap: Gap,
    /// The table rows that are open, the innermost last.
    rows: Vec<Row>,
}

/// White space between two words, which markup collapses.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Gap {
    #[default]
    None,
    /// A line break of the markup's source: between Chinese characters it is no space.
    Break,
    Space,
}

/// An open table row: its cells, each with its lines.
#[derive(Debug, Default)]
struct Row {
    cells: Vec<Vec<String>>,
}

impl Lines {
    /// Adds text as markup means it: runs of white space are one space, and none where a line of Chinese was only wrapped.
    pub(super) fn flow(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' | '\r' if self.gap == Gap::None => self.gap = Gap::Break,
                '\n' | '\r' => {}
                ' ' | '\t' | '\u{A0}' | '\u{C}' => self.gap = if self.gap == Gap::Break { Gap::Break } else { Gap::Space },
                _ => self.push(character),
            }
        }
    }

    /// Adds text as it stands; its line breaks end lines.
    pub(super) fn verbatim(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' | '\r' | '\u{B}' | '\u{C}' => self.end_line(),
                ' ' | '\t' | '\u{A0}' => {
                    self.settle_gap(character);
                    self.line.push(' ');
                }
                _ => self.push(character),
            }
        }
    }

    fn push(&mut self, character: char) {
        self.settle_gap(character);
        self.line.push(character);
    }

    /// Writes the white space that is due before `next`.
    fn settle_gap(&mut self, next: char) {
        let gap = std::mem::take(&mut self.gap);
        let Some(last) = self.line.chars().next_back() else { return };
        let wrapped = gap == Gap::Break && (is_wide(last) || is_wide(next));
        if gap != Gap::None && !wrapped && last != ' ' {
            self.line.push(' ');
        }
    }

    /// Ends the line, if there is anything in it.
    pub(super) fn end_line(&mut self) {
        self.gap = Gap::None;
        let line = self.line.trim();
        if !line.is_empty() {
            match self.rows.last_mut().and_then(|row| row.cells.last_mut()) {
                Some(cell) => cell.push(line.to_owned()),
                None => {
                    self.text.push_str(line);
                    self.text.push('\n');
                }
            }
        }
        self.line.clear();
    }

    /// Opens a table row.
    pub(super) fn start_row(&mut self) {
        self.end_line();
        self.rows.push(Row::default());
    }

    /// Opens a cell of the row.
    pub(super) fn start_cell(&mut self) {
        self.end_line();
        if let Some(row) = self.rows.last_mut() {
            row.cells.push(Vec::new());
        }
    }

    /// Closes the row: one line with tabs between the cells of a table of data. A row with a cell of several lines is page layout made
    /// with a table, and its lines stay lines.
    pub(super) fn end_row(&mut self) {
        self.end_line();
        let Some(row) = self.rows.pop() else { return };
        let is_data = row.cells.iter().all(|cell| cell.len() <= 1);
        let lines = row.cells.into_iter().flatten();
        if is_data {
            self.line = lines.collect::<Vec<_>>().join("\t");
            self.end_line();
        } else {
            for line in lines {
                self.line = line;
                self.end_line();
            }
        }
    }

    /// The text, every line ended with a line feed.
    pub(super) fn finish(mut self) -> String {
        while !self.rows.is_empty() {
            self.end_row();
        }
        self.end_line();
        self.text
    }
}

/// True for characters of Chinese text, which is written without spaces.
pub(super) fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FF60}'
        | '\u{20000}'..='\u{3FFFF}' | '“' | '”' | '‘' | '’' | '…' | '—' | '·')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_chinese_is_joined_and_latin_is_not() {
        let mut lines = Lines::default();
        lines.flow("\n\t稳步推进\n  改革，落实 GB/T\n45001 标准\n");
        assert_eq!(lines.finish(), "稳步推进改革，落实 GB/T 45001 标准\n");
    }

    #[test]
    fn rows_of_data_are_lines_and_layout_stays_apart() {
        let mut lines = Lines::default();
        for cells in [["指标", "目标"], ["第一段。\n第二段。", "侧栏"]] {
            lines.start_row();
            for cell in cells {
                lines.start_cell();
                lines.verbatim(cell);
            }
            lines.end_row();
        }
        assert_eq!(lines.finish(), "指标\t目标\n第一段。\n第二段。\n侧栏\n");
    }
}
