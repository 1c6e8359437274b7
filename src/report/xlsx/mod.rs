//! The report as an Excel workbook: sheets that filter and sort, and a chart.
//!
//! Sheets are written row by row to temporary files, so the memory a workbook takes does not grow with the documents. What Excel
//! cannot hold - rows past its last, text longer than a cell - is counted and said on the first sheet.

mod overview;
mod sheet;
mod tables;

use std::io;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use self::sheet::{Formats, Sheet};
use super::Parts;
use super::data::{LabelInfo, Report};
use crate::output::Pending;
use crate::theme::Language;

/// Writes the report and the parts of its documents to `path`.
///
/// # Errors
/// When the file or a temporary file cannot be written, or a part cannot be read; what was at `path` before is then still there.
pub fn write(path: &Path, report: &Report, parts: &Parts, language: Language) -> io::Result<()> {
    let mut pending = Pending::new(path)?;
    let book = Book { report, parts, language };
    book.write(&mut pending).map_err(io_error)?;
    pending.finish()
}

fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

/// What all sheets are written from.
struct Book<'r> {
    report: &'r Report,
    parts: &'r Parts,
    language: Language,
}

/// What Excel had no room for.
struct Lost {
    sheet: String,
    rows: usize,
    cells: usize,
}

impl<'r> Book<'r> {
    fn t<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.pick(chinese, english)
    }

    fn name<'l>(&self, label: &'l LabelInfo) -> &'l str {
        label.name(self.language)
    }

    fn write(&self, pending: &mut Pending) -> Result<(), XlsxError> {
        let mut workbook = Workbook::new();
        // The same report is the same file, whenever it is made.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        let title = self.t("政策主题报告", "Policy theme report");
        workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&made));
        let formats = Formats::new();
        let mut sheets = Vec::new();
        let mut lost = Vec::new();
        for (name, make) in [
            (self.t("文档", "Documents"), Self::documents as Table<'r>),
            (self.t("分组", "Groups"), Self::groups),
            (self.t("段落", "Paragraphs"), Self::paragraphs),
            (self.t("词语", "Terms"), Self::terms),
            (self.t("未计入", "Left out"), Self::left_out),
        ] {
            let (sheet, rows, cells) = make(self, &mut workbook, &formats, name)?.finish()?;
            sheets.push(sheet);
            if rows + cells > 0 {
                lost.push(Lost { sheet: name.to_owned(), rows, cells });
            }
        }
        let overview = self.overview(&formats, &lost)?;
        workbook.push_worksheet(overview);
        sheets.into_iter().for_each(|sheet| workbook.push_worksheet(sheet));
        workbook.save_to_writer(pending)
    }
}

/// What makes a sheet.
type Table<'r> = for<'f> fn(&Book<'r>, &mut Workbook, &'f Formats, &str) -> Result<Sheet<'f>, XlsxError>;
