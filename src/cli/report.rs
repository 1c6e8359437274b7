//! `policy-topics report`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use comfy_table::Cell;
use policy_topics::document::Document;
use policy_topics::ingest::{IngestError, Source};
use policy_topics::metadata::Metadata;
use policy_topics::model::{Classifier, ModelInfo};
use policy_topics::output::Pending;
use policy_topics::report::{DocumentReport, Shares};
use policy_topics::theme::Language;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::read::{DocumentReader, ReadArgs};
use super::{Global, ModelArg, Outcome, style};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics report examples/reports
  policy-topics report reports/ --format csv --output shares.csv
  policy-topics report 2023.txt 2024.txt --lang zh

Shares are of the paragraphs; titles, headings and glossaries are left out and counted. The shares of the
primary themes, `other` included, sum to 100%.")]
pub struct Args {
    /// Documents, folders or archives of documents, tables of documents, or - for standard input.
    #[arg(required = true, value_name = "INPUT")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// What to write.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The column or field of the text, in tables and JSON lines.
    #[arg(long, default_value = "text", value_name = "NAME", help_heading = "Reading")]
    text_column: String,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

/// How many documents are in memory at a time.
const BATCH: usize = 64;

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let sources = args.read.sources(&args.input, &args.text_column)?;
    let reader = args.read.reader(&args.text_column)?;
    let classifier = args.model.classifier()?;
    let mut reports = Vec::new();
    let mut failed = Vec::new();
    for batch in sources.chunks(BATCH) {
        let done: Vec<Vec<Result<DocumentReport, Failure>>> =
            batch.par_iter().map(|source| read(source, &reader, &classifier)).collect();
        for done in done.into_iter().flatten() {
            match done {
                Ok(report) => reports.push(report),
                Err(failure) => {
                    eprintln!("error: {}: {}", failure.0, failure.1);
                    failed.push(failure);
                }
            }
        }
    }
    let names: Vec<String> = reports.iter().map(|report| report.document.clone()).collect();
    for row in reader.unused(&names) {
        eprintln!("note: the manifest's row `{row}` is about no document that was read");
    }
    if reports.is_empty() {
        bail!("none of {} documents could be read", failed.len());
    }
    let model = classifier.model();
    let text = match args.format {
        Format::Table => table(&reports, &failed, model, global.language()),
        Format::Json => to_json(&reports, &failed, model)?,
        Format::Csv => csv(&reports, model)?,
    };
    match &args.output {
        None => write!(anstream::stdout().lock(), "{text}")?,
        Some(path) => {
            let written = Pending::new(path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.finish()
            });
            written.with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
}

/// A document that failed, and why.
type Failure = (String, String);

/// The reports on the documents of a source.
fn read(
    source: &Result<Source, IngestError>,
    reader: &DocumentReader,
    classifier: &Classifier,
) -> Vec<Result<DocumentReport, Failure>> {
    let failure = |error: &IngestError| (error.document.clone(), error.reason.to_string());
    let mut reports = Vec::new();
    match source {
        Err(error) => reports.push(Err(failure(error))),
        Ok(source) => reader.read(source, &mut |document| {
            reports.push(document.map_err(|error| failure(&error)).and_then(|document| one(document, classifier)));
        }),
    }
    reports
}

fn one(document: Document, classifier: &Classifier) -> Result<DocumentReport, Failure> {
    if document.paragraphs().next().is_none() {
        return Err((document.name, "it holds no paragraph".to_owned()));
    }
    let texts: Vec<&str> = document.paragraphs().map(|block| block.text.as_str()).collect();
    let assignments: Vec<_> = texts.par_iter().map(|text| classifier.classify(text)).collect();
    let model = classifier.model();
    Ok(DocumentReport::new(&document, &assignments, model.labels.len(), model.themes.len()))
}

fn total(reports: &[DocumentReport], model: &ModelInfo) -> Shares {
    let mut total = Shares::new(model.labels.len(), model.themes.len());
    reports.iter().for_each(|report| total.merge(&report.shares));
    total
}

fn table(reports: &[DocumentReport], failed: &[Failure], model: &ModelInfo, language: Language) -> String {
    let chinese = language == Language::Chinese;
    let columns = if chinese { ["文档", "段落", "字数"] } else { ["document", "paragraphs", "characters"] };
    let in_all = if chinese { "合计" } else { "in all" };
    let total = total(reports, model);
    let folder = common_folder(reports.iter().map(|report| report.document.as_str()));
    let named = || reports.iter().map(|report| (&report.document[folder..], &report.shares)).chain([(in_all, &total)]);
    let mut out = String::new();
    let mut section = |title: &str, names: Vec<&str>, of: &dyn Fn(&Shares) -> Vec<f64>| {
        let mut table = style::table(columns.into_iter().chain(names));
        for (name, shares) in named() {
            let cells = [Cell::new(name), style::number(shares.paragraphs), style::number(shares.characters)];
            table.add_row(cells.into_iter().chain(of(shares).into_iter().map(|share| style::number(style::percent(share)))));
        }
        out.push_str(&format!("{title}\n{table}\n"));
    };
    let labels = || model.labels.iter().map(|label| label.name(language)).collect();
    let each =
        |of: fn(&Shares, usize) -> f64, count: usize| move |shares: &Shares| (0..count).map(|at| of(shares, at)).collect();
    let by_characters = if chinese { "主要主题，按字数" } else { "Primary theme, share of characters" };
    section(by_characters, labels(), &each(Shares::by_characters, model.labels.len()));
    let by_paragraphs = if chinese { "主要主题，按段落" } else { "Primary theme, share of paragraphs" };
    section(by_paragraphs, labels(), &each(Shares::by_paragraphs, model.labels.len()));
    if !model.themes.is_empty() {
        let touching = if chinese { "涉及主题的段落" } else { "Paragraphs that touch a theme" };
        let themes = model.themes.iter().map(|theme| theme.name(language)).collect();
        section(touching, themes, &each(Shares::touching, model.themes.len()));
    }
    let mut left_out = std::collections::BTreeMap::new();
    reports
        .iter()
        .flat_map(|report| &report.left_out)
        .for_each(|&(kind, count)| *left_out.entry(kind).or_insert(0) += count);
    if !left_out.is_empty() {
        let counts: Vec<String> = left_out.iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
        let words = if chinese { "未计入" } else { "Left out, in lines" };
        out.push_str(&format!("{words}: {}\n", counts.join(", ")));
    }
    if !failed.is_empty() {
        let words = if chinese { "未能读取的文档" } else { "Documents that failed" };
        out.push_str(&format!("{words}: {}\n", failed.len()));
    }
    out
}

/// How many bytes at the start of every name are the folder that all of them are in.
fn common_folder<'n>(mut names: impl Iterator<Item = &'n str>) -> usize {
    let first = names.next().unwrap_or_default();
    let folder = |length: usize| first[..length].rfind('/').map_or(0, |at| at + 1);
    names.fold(folder(first.len()), |length, name| {
        let same = first[..length].char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b).last();
        folder(same.map_or(0, |((at, c), _)| at + c.len_utf8()))
    })
}

fn to_json(reports: &[DocumentReport], failed: &[Failure], model: &ModelInfo) -> Result<String> {
    let shares = |shares: &Shares| {
        let by = |labels: &[policy_topics::theme::Label], of: &dyn Fn(usize) -> f64| {
            let entry = |(at, label): (usize, &policy_topics::theme::Label)| (label.id.clone(), json!(of(at)));
            Value::Object(labels.iter().enumerate().map(entry).collect::<Map<_, _>>())
        };
        json!({
            "paragraphs": shares.paragraphs,
            "characters": shares.characters,
            "share_by_characters": by(&model.labels, &|label| shares.by_characters(label)),
            "share_by_paragraphs": by(&model.labels, &|label| shares.by_paragraphs(label)),
            "share_touching": by(&model.themes, &|theme| shares.touching(theme)),
        })
    };
    let document = |report: &DocumentReport| {
        let mut value = shares(&report.shares);
        value["document"] = json!(report.document);
        value["metadata"] = json!(report.metadata);
        let left_out = report.left_out.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count)));
        value["left_out"] = Value::Object(left_out.collect());
        value
    };
    let failure = |(document, reason): &Failure| json!({ "document": document, "reason": reason });
    let report = json!({
        "documents": reports.iter().map(document).collect::<Vec<_>>(),
        "in_all": shares(&total(reports, model)),
        "failed": failed.iter().map(failure).collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn csv(reports: &[DocumentReport], model: &ModelInfo) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let known = ["document", "title", "region", "level", "year", "date", "speaker", "paragraphs", "characters"];
    let mut header: Vec<String> = known.map(str::to_owned).to_vec();
    header.extend(model.labels.iter().map(|label| format!("characters_{}", label.id)));
    header.extend(model.labels.iter().map(|label| format!("paragraphs_{}", label.id)));
    header.extend(model.themes.iter().map(|theme| format!("touching_{}", theme.id)));
    writer.write_record(&header)?;
    let total = total(reports, model);
    let nothing = Metadata::default();
    let rows = reports.iter().map(|report| (report.document.as_str(), &report.metadata, &report.shares));
    for (name, metadata, shares) in rows.chain([("in all", &nothing, &total)]) {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let mut record = vec![
            name.to_owned(),
            text(&metadata.title),
            metadata.region.to_string(),
            metadata.level.map_or_else(String::new, |level| level.to_string()),
            metadata.year.map_or_else(String::new, |year| year.to_string()),
            metadata.date.map_or_else(String::new, |date| date.to_string()),
            text(&metadata.speaker),
            shares.paragraphs.to_string(),
            shares.characters.to_string(),
        ];
        let of_labels = (0..model.labels.len()).map(|label| shares.by_characters(label));
        let numbers = of_labels.chain((0..model.labels.len()).map(|label| shares.by_paragraphs(label)));
        let numbers = numbers.chain((0..model.themes.len()).map(|theme| shares.touching(theme)));
        record.extend(numbers.map(|share| format!("{share:.6}")));
        writer.write_record(&record)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::common_folder;

    #[test]
    fn names_lose_the_folder_they_share() {
        let folder = |names: &[&str]| common_folder(names.iter().copied());
        assert_eq!(folder(&["a/b/c.txt", "a/b/d.txt"]), "a/b/".len());
        assert_eq!(folder(&["报告/甲.txt", "报纸/甲.txt"]), 0);
        assert_eq!(folder(&["a/b/c.txt", "a/bc/d.txt"]), "a/".len());
        assert_eq!(folder(&["a/b/c.txt"]), "a/b/".len());
        assert_eq!(folder(&[]), 0);
    }
}
