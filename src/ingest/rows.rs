//! Tables with a document or a paragraph a row: which column holds the text, and what becomes of the others.

use super::Format;
use super::error::Reason;
use super::{Options, RawDocument, Reader, Unit};

/// Names of the text column that are understood without being told, the likeliest first.
const TEXT_COLUMNS: [&str; 10] =
    ["text", "正文", "文本", "内容", "段落", "全文", "报告正文", "content", "paragraph", "body"];

/// The columns of one table, and a count of its rows.
pub(super) struct Table {
    name: String,
    format: Format,
    encoding: &'static str,
    header: Vec<String>,
    text: usize,
    id: Option<usize>,
    row: u64,
}

impl Table {
    /// Finds the columns in the first row of the table `name`. The second value is true if that row is data: a table of one column needs
    /// no header.
    ///
    /// # Errors
    ///
    /// [`Reason::NoTextColumn`] and [`Reason::NoIdColumn`].
    pub(super) fn new(
        name: String,
        format: Format,
        encoding: &'static str,
        first_row: Vec<String>,
        options: &Options,
    ) -> Result<(Table, bool), Reason> {
        let header: Vec<String> = first_row.iter().map(|cell| cell.trim().to_owned()).collect();
        let (text, is_data) = text_column(&header, options.text_column.as_deref())?;
        let id = match &options.id_column {
            Some(wanted) => Some(
                find_column(&header, wanted)
                    .ok_or_else(|| Reason::NoIdColumn { wanted: wanted.clone(), columns: list(&header) })?,
            ),
            None => None,
        };
        let header = if is_data { Vec::new() } else { header };
        Ok((Table { name, format, encoding, header, text, id, row: 0 }, is_data))
    }

    /// Makes a document of a row. Blank rows are nothing; a row without text is reported.
    pub(super) fn take(&mut self, cells: Vec<String>, reader: &mut Reader<'_>) {
        self.row += 1;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return;
        }
        let cell = |index: usize| cells.get(index).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let name = match self.id.and_then(cell) {
            Some(id) => id.to_owned(),
            None => format!("{}#{}", self.name, self.row),
        };
        if !self.header.is_empty() && cells.len() > self.header.len() {
            let detail = format!("it has {} fields where the header has {}", cells.len(), self.header.len());
            return reader.fail(name, Reason::BadRow(detail));
        }
        let Some(text) = cell(self.text) else { return reader.fail(name, Reason::EmptyRow) };
        let metadata = self.header.iter().enumerate().filter(|(index, key)| *index != self.text && !key.is_empty());
        reader.emit(RawDocument {
            name,
            text: normalize_breaks(text),
            format: self.format,
            encoding: self.encoding,
            malformed: 0,
            metadata: metadata.filter_map(|(index, key)| Some((key.clone(), cell(index)?.to_owned()))).collect(),
            unit: Unit::Row,
        });
    }
}

/// The index of the text column, and whether the first row is data.
fn text_column(header: &[String], wanted: Option<&str>) -> Result<(usize, bool), Reason> {
    if let Some(wanted) = wanted {
        return match find_column(header, wanted) {
            Some(index) => Ok((index, false)),
            None => Err(Reason::NoTextColumn { wanted: wanted.to_owned(), columns: list(header) }),
        };
    }
    match known_text_column(header) {
        Some(index) => Ok((index, false)),
        None if header.len() == 1 => Ok((0, true)),
        None => Err(Reason::NoTextColumn { wanted: TEXT_COLUMNS[..3].join("`, `"), columns: list(header) }),
    }
}

/// The column with a name that says that it holds the text.
pub(super) fn known_text_column<S: AsRef<str>>(header: &[S]) -> Option<usize> {
    TEXT_COLUMNS.iter().find_map(|known| header.iter().position(|name| name.as_ref().trim().eq_ignore_ascii_case(known)))
}

/// A column by its name, or else by its number from 1.
fn find_column(header: &[String], wanted: &str) -> Option<usize> {
    header.iter().position(|name| name == wanted).or_else(|| {
        let number: usize = wanted.parse().ok()?;
        (1..=header.len()).contains(&number).then(|| number - 1)
    })
}

/// The columns for a message, which must stay short.
fn list(header: &[String]) -> String {
    let names: Vec<String> = header.iter().take(20).map(|name| name.chars().take(30).collect()).collect();
    names.join(", ")
}

/// Line feeds as the only line breaks.
fn normalize_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
