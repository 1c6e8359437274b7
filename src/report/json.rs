//! The report as JSON. `docs/report-schema.md` describes its form, `docs/report.schema.json` checks it.
//!
//! Labels, themes and documents go by their names, so that a part of the file can be read by itself. A document stands on one line, so
//! that a report larger than memory can be read line by line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Parts;
use super::data::{
    Change, Details, DocumentSummary, Example, Group, LabelDetails, LabelInfo, Measures, Report, Row, YearPoint,
};
use super::groups;
use crate::metadata::Metadata;

/// Writes the report and the parts of its documents.
///
/// # Errors
/// When `out` cannot be written or a part cannot be read.
pub fn write(report: &Report, parts: &Parts, out: &mut dyn Write) -> io::Result<()> {
    let view = View { report };
    let fields = [
        ("schema", json!(report.schema)),
        ("program", json!(report.program)),
        ("model", to_value(&report.model)?),
        ("options", to_value(&report.options)?),
        ("labels", to_value(&report.labels)?),
        ("themes", to_value(&report.themes)?),
        ("overall", view.overall()?),
        ("years", view.years(&report.years)?),
    ];
    for (at, (name, value)) in fields.iter().enumerate() {
        write!(out, "{}{}:{value}", if at == 0 { "{" } else { ",\n" }, json!(name))?;
    }
    write!(out, ",\n\"groupings\":[")?;
    for (at, grouping) in report.groupings.iter().enumerate() {
        write!(out, "{}\n{{\"column\":{},\"groups\":[", if at == 0 { "" } else { "," }, json!(grouping.column))?;
        for (at, group) in grouping.groups.iter().enumerate() {
            write!(out, "{}\n{}", if at == 0 { "" } else { "," }, view.group(group)?)?;
        }
        write!(out, "]}}")?;
    }
    write!(out, "],\n\"documents\":[")?;
    for (at, document) in report.documents.iter().enumerate() {
        write!(out, "{}\n{}", if at == 0 { "" } else { "," }, view.document(at, document, parts)?)?;
    }
    write!(out, "],\n\"failed\":{}", to_value(&report.failed)?)?;
    writeln!(out, ",\n\"manifest\":{}}}", to_value(&report.manifest)?)
}

fn to_value(value: &impl Serialize) -> io::Result<Value> {
    serde_json::to_value(value).map_err(io::Error::other)
}

/// A report whose numbers of labels, themes and documents become names.
struct View<'r> {
    report: &'r Report,
}

impl View<'_> {
    fn overall(&self) -> io::Result<Value> {
        let mut value = to_value(&self.report.overall.measures)?;
        self.add_details(&mut value, &self.report.overall.details)?;
        Ok(value)
    }

    fn years(&self, years: &[YearPoint]) -> io::Result<Value> {
        let year = |point: &YearPoint| {
            let mut value = json!({ "year": point.year });
            extend(&mut value, measures(&point.measures)?);
            value["change"] = self.change(point.change.as_ref());
            Ok(value)
        };
        years.iter().map(year).collect()
    }

    fn group(&self, group: &Group) -> io::Result<Value> {
        let mut value = json!({ "value": group.value });
        extend(&mut value, measures(&group.measures)?);
        value["members"] = group.documents.iter().map(|&document| self.document_name(document)).collect();
        value["change"] = self.change(group.change.as_ref());
        value["years"] = self.years(&group.years)?;
        self.add_details(&mut value, &group.details)?;
        Ok(value)
    }

    fn document(&self, at: usize, document: &DocumentSummary, parts: &Parts) -> io::Result<Value> {
        let part = parts.read(at)?;
        let mut value = json!({ "document": document.name, "metadata": metadata(&document.metadata) });
        extend(&mut value, measures(&document.measures)?);
        value["change"] = self.change(document.change.as_ref());
        let membership = |membership: &super::data::Membership| {
            let grouping = self.report.groupings.get(membership.grouping);
            let group = grouping.and_then(|grouping| grouping.groups.get(membership.group));
            json!({
                "column": grouping.map(|grouping| &grouping.column),
                "value": group.and_then(|group| group.value.as_ref()),
                "differences": by_name(&self.report.labels, &membership.differences),
            })
        };
        value["groups"] = document.memberships.iter().map(membership).collect();
        self.add_details(&mut value, &part.details)?;
        if self.report.options.paragraphs {
            value["blocks"] = part.blocks.iter().map(|row| self.row(row)).collect();
        }
        Ok(value)
    }

    fn change(&self, change: Option<&Change>) -> Value {
        let value = |change: &Change| {
            let shares = by_name(&self.report.labels, &change.labels);
            json!({ "since": change.since, "series": change.series, "shares": shares })
        };
        change.map_or(Value::Null, value)
    }

    /// Adds what is behind each label's figures to the figures, and the paragraphs to look at.
    fn add_details(&self, value: &mut Value, details: &Details) -> io::Result<()> {
        let labels = value.get_mut("labels").and_then(Value::as_array_mut);
        for (label, LabelDetails { terms, keyness, representative, .. }) in labels.into_iter().flatten().zip(&details.labels)
        {
            label["terms"] = to_value(terms)?;
            label["keyness"] = to_value(keyness)?;
            label["representative"] = representative.iter().map(|example| self.example(example)).collect();
        }
        value["least_certain"] = details.least_certain.iter().map(|example| self.example(example)).collect();
        Ok(())
    }

    fn example(&self, example: &Example) -> Value {
        json!({
            "document": self.document_name(example.document),
            "index": example.index,
            "section": example.section,
            "text": example.text,
            "primary": self.label(example.primary),
            "probability": rounded(example.probability),
            "second": example.second.map(|(label, p)| json!({ "label": self.label(label), "probability": rounded(p) })),
        })
    }

    fn row(&self, row: &Row) -> Value {
        let mut value = json!({
            "index": row.index,
            "kind": row.kind,
            "section": row.section,
            "text": row.text,
            "characters": row.characters,
        });
        let Some(of) = &row.assignment else { return value };
        if let Some(lead) = &row.lead {
            value["lead"] = json!(lead);
        }
        value["primary"] = json!(self.label(of.primary));
        value["themes"] =
            of.themes.iter().map(|&theme| self.report.themes.get(theme).map(|theme| json!(theme.id))).collect();
        value["probabilities"] = rounded_by_name(&self.report.labels, &of.probabilities);
        value["theme_probabilities"] = rounded_by_name(&self.report.themes, &of.theme_probabilities);
        value["margin"] = rounded(of.margin);
        if of.wordless {
            value["note"] = json!("no words");
        }
        let term = |term: &super::data::DecidingTerm| json!({ "term": term.term, "contribution": rounded(term.contribution), "places": term.places });
        value["terms"] = of.terms.iter().map(term).collect();
        value
    }

    fn label(&self, label: usize) -> Option<&str> {
        self.report.labels.get(label).map(|label| label.id.as_str())
    }

    fn document_name(&self, document: usize) -> Option<&str> {
        self.report.documents.get(document).map(|document| document.name.as_str())
    }
}

fn measures(measures: &Measures) -> io::Result<Value> {
    to_value(measures)
}

/// Adds the fields of an object to another.
fn extend(value: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (value, more) {
        fields.extend(more);
    }
}

/// What is known of a document, under the names of the columns it can be grouped by.
fn metadata(metadata: &Metadata) -> Value {
    let known = groups::COLUMNS.iter().map(|&column| match column {
        "year" => (column.to_owned(), json!(metadata.year)),
        _ => (column.to_owned(), json!(groups::value(metadata, column))),
    });
    let more = metadata.more.iter().map(|(column, value)| (column.clone(), json!(value)));
    Value::Object(known.chain(more).collect())
}

fn by_name(labels: &[LabelInfo], values: &[f64]) -> Value {
    Value::Object(labels.iter().zip(values).map(|(label, value)| (label.id.clone(), json!(value))).collect::<Map<_, _>>())
}

fn rounded_by_name(labels: &[LabelInfo], values: &[f64]) -> Value {
    Value::Object(labels.iter().zip(values).map(|(label, value)| (label.id.clone(), rounded(*value))).collect())
}

/// Six decimals, as `classify` writes probabilities.
fn rounded(value: f64) -> Value {
    json!((value * 1e6).round() / 1e6)
}
