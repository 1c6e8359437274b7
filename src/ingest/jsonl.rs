//! .jsonl: an object a line, its text under one key.

use serde_json::{Map, Value};

use super::error::Reason;
use super::rows::known_text_column;
use super::{Format, RawDocument, Reader, Unit};

/// Reads all lines of `text`. A line that is no object, or has no text, is reported by itself.
///
/// # Errors
///
/// [`super::Limit::Time`].
pub(super) fn read(name: &str, text: &str, encoding: &'static str, reader: &mut Reader<'_>) -> Result<(), Reason> {
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        reader.budget.check_time()?;
        let numbered = format!("{name}#{}", index + 1);
        // serde_json limits the depth of values itself.
        match serde_json::from_str::<Map<String, Value>>(line) {
            Ok(object) => take(numbered, object, encoding, reader),
            Err(error) => reader.fail(numbered, Reason::BadRow(error.to_string())),
        }
    }
    Ok(())
}

/// True for text whose first line is a JSON object.
pub(super) fn looks_like_json_lines(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.trim_start().starts_with('{') && serde_json::from_str::<Map<String, Value>>(first).is_ok()
}

fn take(numbered: String, object: Map<String, Value>, encoding: &'static str, reader: &mut Reader<'_>) {
    let key = match &reader.options.text_column {
        Some(wanted) => object.contains_key(wanted).then(|| wanted.clone()),
        None => {
            let keys: Vec<&String> = object.keys().collect();
            known_text_column(&keys).and_then(|index| keys.get(index).map(|key| (*key).clone()))
        }
    };
    let Some(key) = key else {
        let columns = object.keys().take(20).cloned().collect::<Vec<_>>().join(", ");
        let wanted = reader.options.text_column.clone().unwrap_or_else(|| "text".to_owned());
        return reader.fail(numbered, Reason::NoTextColumn { wanted, columns });
    };
    let id = reader.options.id_column.as_ref().and_then(|column| object.get(column)).map(plain);
    let name = id.filter(|id| !id.is_empty()).unwrap_or(numbered);
    let text = object.get(&key).map(text_of).unwrap_or_default();
    if text.trim().is_empty() {
        return reader.fail(name, Reason::EmptyRow);
    }
    let others = object.iter().filter(|(other, value)| **other != key && !value.is_null());
    reader.emit(RawDocument {
        name,
        text,
        format: Format::JsonLines,
        encoding,
        malformed: 0,
        metadata: others.map(|(key, value)| (key.clone(), plain(value))).collect(),
        unit: Unit::Row,
    });
}

/// A text, or a list of paragraphs.
fn text_of(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => plain(other).replace("\r\n", "\n").replace('\r', "\n"),
    }
}

/// A value without the quotes that JSON puts around text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
