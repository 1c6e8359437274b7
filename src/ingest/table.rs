//! .csv and .tsv: a document or a paragraph a row.

use csv::{ReaderBuilder, StringRecord};

use super::error::Reason;
use super::rows::{Table, known_text_column};
use super::{Format, Options, Reader};

/// The delimiters that spreadsheets write.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Reads all rows of `text`.
///
/// # Errors
///
/// What [`Table::new`] reports. A row that cannot be parsed is reported by itself.
pub(super) fn read(name: &str, text: &str, encoding: &'static str, reader: &mut Reader<'_>) -> Result<(), Reason> {
    let delimiter = delimiter(text);
    let format = if delimiter == b'\t' { Format::Tsv } else { Format::Csv };
    let mut records = records(text, delimiter);
    let mut record = StringRecord::new();
    if !records.read_record(&mut record).map_err(|error| Reason::damaged("CSV", error))? {
        return Ok(());
    }
    let (mut table, is_data) = Table::new(name.to_owned(), format, encoding, cells(&record), reader.options)?;
    if is_data {
        table.take(cells(&record), reader);
    }
    loop {
        reader.budget.check_time()?;
        // The reader works on valid UTF-8 and takes rows of any length, so it has nothing left to fail on.
        if !records.read_record(&mut record).map_err(|error| Reason::damaged("CSV", error))? {
            return Ok(());
        }
        table.take(cells(&record), reader);
    }
}

/// True for text that is a table whatever its file is called: its first row names the text column, and the next row has as many fields.
pub(super) fn looks_like_table(text: &str, options: &Options) -> bool {
    let mut records = records(text, delimiter(text));
    let (mut header, mut row) = (StringRecord::new(), StringRecord::new());
    if !records.read_record(&mut header).unwrap_or(false) || !records.read_record(&mut row).unwrap_or(false) {
        return false;
    }
    let names = cells(&header);
    let named = match &options.text_column {
        Some(wanted) => names.contains(wanted),
        None => known_text_column(&names).is_some(),
    };
    named && header.len() > 1 && header.len() == row.len()
}

fn records(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// The delimiter that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| line.bytes().filter(|byte| *byte == delimiter).count();
    // Of equals, `max_by_key` takes the last: reversed, that is the first of the list.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn cells(record: &StringRecord) -> Vec<String> {
    record.iter().map(str::to_owned).collect()
}
