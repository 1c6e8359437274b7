//! A sheet that is written row by row, within the limits of Excel.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

/// Rows of a sheet, the heading included.
const ROWS: u32 = 1_048_576;
/// Characters of a cell, as UTF-16 counts them.
const CELL: usize = 32_767;

/// What a cell holds.
pub enum Cell<'t> {
    /// Text, whatever it begins with: never a formula.
    Text(&'t str),
    /// Text made for the cell.
    Owned(String),
    /// Text of several lines.
    Long(&'t str),
    Count(usize),
    /// A number without a unit, with so many decimals.
    Number(f64, usize),
    /// A share: a fraction of 1, shown in percent.
    Share(f64),
    /// A difference of shares, shown in percentage points with its sign.
    Points(f64),
    Empty,
}

impl Cell<'_> {
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Cell::Empty, cell)
    }
}

/// How cells look.
pub struct Formats {
    pub heading: Format,
    pub title: Format,
    pub bold: Format,
    text: Format,
    long: Format,
    count: Format,
    decimals: [Format; 4],
    share: Format,
    points: Format,
    note: Format,
}

impl Formats {
    pub fn new() -> Self {
        let plain = || Format::new().set_align(FormatAlign::Top);
        let number = |form: &str| plain().set_num_format(form);
        Formats {
            heading: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color("#E9ECF0")
                .set_border_bottom(FormatBorder::Thin),
            title: Format::new().set_bold().set_font_size(16),
            bold: Format::new().set_bold(),
            text: plain(),
            long: plain().set_text_wrap(),
            count: number("#,##0"),
            decimals: [number("0"), number("0.0"), number("0.00"), number("0.000")],
            share: number("0.0%"),
            points: number("+0.0;-0.0;0.0"),
            note: Format::new().set_italic(),
        }
    }
}

/// A column: its heading and its width in characters.
pub struct Column {
    pub heading: String,
    pub width: u16,
}

/// A sheet that is being written.
pub struct Sheet<'f> {
    sheet: Worksheet,
    formats: &'f Formats,
    columns: usize,
    next: u32,
    /// Rows that Excel has no room for.
    pub dropped: usize,
    /// Cells whose text was too long.
    pub cut: usize,
}

impl<'f> Sheet<'f> {
    /// Begins a sheet with a heading that stays in sight, of which `fixed` columns do too.
    pub fn new(
        workbook: &mut Workbook,
        formats: &'f Formats,
        name: &str,
        columns: &[Column],
        fixed: u16,
    ) -> Result<Self, XlsxError> {
        let mut sheet = workbook.new_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, fixed)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?.set_row_height(0, 44)?;
        for (at, column) in (0_u16..).zip(columns) {
            sheet.set_column_width(at, column.width)?;
            sheet.write_string_with_format(0, at, &column.heading, &formats.heading)?;
        }
        Ok(Sheet { sheet, formats, columns: columns.len(), next: 1, dropped: 0, cut: 0 })
    }

    /// Adds a row, or counts it where there is no room.
    pub fn row<'t>(&mut self, cells: impl IntoIterator<Item = Cell<'t>>) -> Result<(), XlsxError> {
        if self.next >= ROWS {
            self.dropped += 1;
            return Ok(());
        }
        for (at, cell) in (0_u16..).zip(cells) {
            self.cut += usize::from(write(&mut self.sheet, self.formats, self.next, at, cell)?);
        }
        self.next += 1;
        Ok(())
    }

    /// Ends the sheet: with filters on its columns, and with a note in words on what it could not hold.
    pub fn finish(mut self) -> Result<(Worksheet, usize, usize), XlsxError> {
        let last = u16::try_from(self.columns.saturating_sub(1)).unwrap_or(u16::MAX);
        self.sheet.autofilter(0, 0, self.next.saturating_sub(1).max(1), last)?;
        Ok((self.sheet, self.dropped, self.cut))
    }
}

/// Writes a cell; whether its text had to be cut.
pub fn write(sheet: &mut Worksheet, formats: &Formats, row: u32, column: u16, cell: Cell) -> Result<bool, XlsxError> {
    let text = |sheet: &mut Worksheet, text: &str, format: &Format| {
        let (text, cut) = fitting(text);
        sheet.write_string_with_format(row, column, text, format).map(|_| cut)
    };
    let (number, format) = match cell {
        Cell::Text(value) => return text(sheet, value, &formats.text),
        Cell::Owned(value) => return text(sheet, &value, &formats.text),
        Cell::Long(value) => return text(sheet, value, &formats.long),
        Cell::Empty => return Ok(false),
        Cell::Count(value) => (value as f64, &formats.count),
        Cell::Number(value, decimals) => (value, formats.decimals.get(decimals).unwrap_or(&formats.text)),
        Cell::Share(value) => (value, &formats.share),
        Cell::Points(value) => (100.0 * value, &formats.points),
    };
    sheet.write_number_with_format(row, column, number, format)?;
    Ok(false)
}

/// A line of a note.
pub fn note(sheet: &mut Worksheet, formats: &Formats, row: u32, text: &str) -> Result<(), XlsxError> {
    sheet.write_string_with_format(row, 0, fitting(text).0, &formats.note).map(drop)
}

/// Text as a cell can hold it: not too long, with what XML cannot have replaced; and whether it was too long.
fn fitting(text: &str) -> (String, bool) {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        c => c,
    };
    if text.len() <= CELL || text.encode_utf16().count() <= CELL {
        return (text.chars().map(shown).collect(), false);
    }
    let mut used = 1;
    let mut fits: String = text
        .chars()
        .map(shown)
        .take_while(|c| {
            used += c.len_utf16();
            used <= CELL
        })
        .collect();
    fits.push('…');
    (fits, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_into_a_cell() {
        assert_eq!(fitting("=1+1\u{1}\n"), ("=1+1\u{fffd}\n".to_owned(), false));
        let long = "水".repeat(CELL);
        assert_eq!(fitting(&long), (long.clone(), false));
        let (cut, was_cut) = fitting(&"𠀀".repeat(CELL));
        assert!(was_cut && cut.ends_with('…'));
        assert!((CELL - 1..=CELL).contains(&cut.encode_utf16().count()));
    }

    #[test]
    fn rows_end_where_excel_ends() {
        let formats = Formats::new();
        let mut workbook = Workbook::new();
        let columns = [Column { heading: "甲".into(), width: 8 }];
        let mut sheet = Sheet::new(&mut workbook, &formats, "s", &columns, 0).expect("a sheet");
        sheet.next = ROWS - 1;
        for _ in 0..3 {
            sheet.row([Cell::Count(1)]).expect("a row");
        }
        let (_, dropped, cut) = sheet.finish().expect("a sheet");
        assert_eq!((dropped, cut), (2, 0));
    }
}
