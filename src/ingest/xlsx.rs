//! .xlsx: a document or a paragraph a row, on every sheet that is not empty.

use std::io::{BufReader, Read, Seek};

use calamine::{Data, DataRef, Reader as _, Xlsx, XlsxError};
use zip::ZipArchive;

use super::archive::zip_reason;
use super::error::Reason;
use super::limits::{Budget, Limit};
use super::rows::Table;
use super::{Format, ReadSeek, Reader, contained};

const FORMAT: &str = ".xlsx";
/// The columns that a sheet can have.
const MAX_COLUMNS: u32 = 16_384;

/// Reads all sheets.
///
/// # Errors
///
/// [`Reason::Damaged`], [`Reason::ReaderFailed`] and the limits; a sheet without a text column is reported by itself.
pub(super) fn read(name: &str, file: Box<dyn ReadSeek>, reader: &mut Reader<'_>) -> Result<(), Reason> {
    let mut file = BufReader::new(file);
    check_size(&mut file, &reader.budget)?;
    file.rewind()?;
    // calamine is fuzzed less than the rest; that it may panic on hostile bytes must not end the batch.
    let mut workbook = contained(FORMAT, || Xlsx::new(file).map_err(damaged))?;
    let sheets = workbook.sheet_names();
    for sheet in &sheets {
        let table_name = if sheets.len() == 1 { name.to_owned() } else { format!("{name}/{sheet}") };
        if let Err(reason) = read_sheet(&table_name, sheet, &mut workbook, reader) {
            reader.fail(table_name, reason);
        }
    }
    Ok(())
}

/// Unpacks every part once for its true size: calamine holds whole parts in memory and asks nobody before.
fn check_size(file: impl Read + Seek, budget: &Budget) -> Result<(), Reason> {
    let mut archive = ZipArchive::new(file).map_err(|error| zip_reason(FORMAT, error))?;
    for index in 0..archive.len() {
        budget.add_entry()?;
        let part = archive.by_index(index).map_err(|error| zip_reason(FORMAT, error))?;
        let allowed = budget.limits().max_document_bytes;
        let mut part = budget.metered(part).take(allowed.saturating_add(1));
        let size =
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|error| super::archive::stream_reason(FORMAT, error))?;
        if size > allowed {
            return Err(Reason::limit(Limit::DocumentBytes, allowed));
        }
    }
    Ok(())
}

/// Reads one sheet cell by cell: calamine's ranges take memory for every cell between the first and the last, which a single cell in the
/// far corner of a sheet makes terabytes.
fn read_sheet<R: Read + Seek>(
    name: &str,
    sheet: &str,
    workbook: &mut Xlsx<R>,
    reader: &mut Reader<'_>,
) -> Result<(), Reason> {
    let mut cells = match contained(FORMAT, || Ok(workbook.worksheet_cells_reader(sheet)))? {
        Ok(cells) => cells,
        // A sheet that holds a chart and no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(error) => return Err(damaged(error)),
    };
    let mut table: Option<Table> = None;
    let mut open_row: Option<(u32, Vec<String>)> = None;
    loop {
        reader.budget.check_time()?;
        let next = contained(FORMAT, || {
            let cell = cells.next_cell().map_err(damaged)?;
            Ok(cell.map(|cell| (cell.get_position(), to_text(cell.get_value()))))
        })?;
        let position = next.as_ref().map(|(position, _)| position.0);
        if position != open_row.as_ref().map(|(row, _)| *row)
            && let Some((_, row)) = open_row.take()
        {
            take_row(name, row, &mut table, reader)?;
        }
        let Some(((row, column), text)) = next else { return Ok(()) };
        if column >= MAX_COLUMNS {
            return Err(Reason::damaged(FORMAT, "a cell lies beyond the last column"));
        }
        let (_, cells_of_row) = open_row.get_or_insert_with(|| (row, Vec::new()));
        let column = column as usize;
        if cells_of_row.len() <= column {
            cells_of_row.resize(column + 1, String::new());
        }
        if let Some(cell) = cells_of_row.get_mut(column) {
            *cell = text;
        }
    }
}

fn take_row(name: &str, mut row: Vec<String>, table: &mut Option<Table>, reader: &mut Reader<'_>) -> Result<(), Reason> {
    // Cells that are formatted but empty are no columns.
    while row.last().is_some_and(|cell| cell.trim().is_empty()) {
        row.pop();
    }
    match table {
        Some(table) => table.take(row, reader),
        None if row.is_empty() => {}
        None => {
            let (mut first, is_data) = Table::new(name.to_owned(), Format::Xlsx, "UTF-8", row.clone(), reader.options)?;
            if is_data {
                first.take(row, reader);
            }
            *table = Some(first);
        }
    }
    Ok(())
}

/// A cell as its sheet shows it, near enough: whole numbers without a point, dates in ISO form, errors as nothing.
fn to_text(value: &DataRef<'_>) -> String {
    match Data::from(value.clone()) {
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text,
        Data::Bool(value) => value.to_string(),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        _ => String::new(),
    }
}

fn damaged(error: XlsxError) -> Reason {
    match error {
        XlsxError::Password => Reason::Encrypted(FORMAT),
        error => Reason::damaged(FORMAT, error),
    }
}
