//! `policy-topics report`.

mod places;
mod terminal;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use policy_topics::ingest::Source;
use policy_topics::metadata;
use policy_topics::output::write_whole;
use policy_topics::report::data::{ManifestCheck, Report};
use policy_topics::report::{Analyst, Builder, Parts, csv, groups, html, json, markdown, xlsx};
use policy_topics::theme::Language;

use self::places::Place;
use super::read::{DocumentReader, ReadArgs};
use super::{Global, ModelArg, Outcome, pipeline};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics report examples/reports
  policy-topics report reports/ --html report.html --xlsx report.xlsx
  policy-topics report reports/ --json report.json --csv tables/ --markdown report.md
  policy-topics report reports.zip --manifest places.csv --group-by region,year --lang zh
  policy-topics report 'reports/2024*.txt' --markdown -

Shares are of the paragraphs' characters; titles, headings, glossaries and boilerplate are left out and counted.
The shares of the primary themes, `other` included, sum to 100%. Several outputs are made in one run; without any,
a table is shown. Documents that fail are reported and listed, and the others go on.")]
pub struct Args {
    /// Documents, folders or archives of documents, tables of documents, patterns, or - for standard input.
    #[arg(required = true, value_name = "INPUT")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Group documents by these columns, each by itself: region, province, city, county, town, level, year, title, date, speaker, or
    /// a column of the manifest.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    group_by: Vec<String>,
    /// Write a page for the browser: figures, charts, and every paragraph with its theme. Documents that do not fit in get
    /// pages of their own, in report_files/ for report.html.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    html: Option<PathBuf>,
    /// Write an Excel workbook.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    xlsx: Option<PathBuf>,
    /// Write everything as JSON (docs/report-schema.md), or - for standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    json: Option<PathBuf>,
    /// Write tables for Excel, R and Python into a folder: overview, documents, groups, paragraphs, terms, left_out.
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    csv: Option<PathBuf>,
    /// Write Markdown tables for a paper or a wiki, or - for standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    markdown: Option<PathBuf>,
    /// Begin CSV tables without a byte order mark. (Excel needs it to read Chinese.)
    #[arg(long, requires = "csv", help_heading = "Output")]
    no_bom: bool,
    /// Leave out the paragraphs of each document; figures, terms and examples stay.
    #[arg(long, help_heading = "Output")]
    no_paragraphs: bool,
    /// The column or field of the text, in tables and JSON lines.
    #[arg(long, default_value = "text", value_name = "NAME", help_heading = "Reading")]
    text_column: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Writes one output.
type Writer<'a> = Box<dyn Fn(&Report, &Parts, Language) -> io::Result<()> + 'a>;

impl Args {
    /// The outputs that were asked for: each its place, and what writes it.
    fn outputs(&self) -> Vec<(Place<'_>, Writer<'_>)> {
        let mut outputs: Vec<(Place, Writer)> = Vec::new();
        if let Some(path) = &self.html {
            let write: Writer = Box::new(move |report, parts, language| html::write(path, report, parts.iter(), language));
            outputs.push((Place { option: "--html", path }, write));
        }
        if let Some(path) = &self.xlsx {
            let write: Writer = Box::new(move |report, parts, language| xlsx::write(path, report, parts, language));
            outputs.push((Place { option: "--xlsx", path }, write));
        }
        if let Some(path) = &self.json {
            let write: Writer = Box::new(move |report, parts, _| to_file(path, &|out| json::write(report, parts, out)));
            outputs.push((Place { option: "--json", path }, write));
        }
        if let Some(path) = &self.csv {
            let write: Writer =
                Box::new(move |report, parts, language| csv::write(report, parts, language, !self.no_bom, path));
            outputs.push((Place { option: "--csv", path }, write));
        }
        if let Some(path) = &self.markdown {
            let write: Writer =
                Box::new(move |report, _, language| to_file(path, &|out| markdown::write(report, language, out)));
            outputs.push((Place { option: "--markdown", path }, write));
        }
        outputs
    }

    /// The columns to group by, under their own names.
    fn columns(&self) -> Result<Vec<String>> {
        let mut columns: Vec<String> = Vec::new();
        for name in &self.group_by {
            let column = metadata::column(name).to_owned();
            if column.is_empty() {
                bail!("--group-by names an empty column; write columns with commas between them, such as region,year");
            }
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }
}

/// Writes a file as a whole, or standard output for `-`.
fn to_file(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if path.as_os_str() == "-" {
        let mut out = io::BufWriter::new(io::stdout().lock());
        write(&mut out)?;
        return out.flush();
    }
    write_whole(path, write)
}

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let sources = args.read.sources(&args.input, &args.text_column)?;
    let reader = args.read.reader(&args.text_column)?;
    let outputs = args.outputs();
    let places: Vec<Place> = outputs.iter().map(|(place, _)| Place { ..*place }).collect();
    let mut others: Vec<(&str, &Path)> = Vec::new();
    others.extend(args.read.manifest.as_deref().map(|path| ("the manifest", path)));
    others.extend(args.model.model.as_deref().map(|path| ("the model", path)));
    places::check(&places, &sources, &others)?;
    let columns = args.columns()?;
    check_columns(&columns, &reader, |_| sources.iter().flatten().any(may_be_table))?;
    let (name, classifier) = args.model.named()?;
    // The table on the terminal shows no paragraphs: they are not kept for it.
    let shown = args.html.is_some() || args.xlsx.is_some() || args.json.is_some() || args.csv.is_some();
    let analyst = Analyst::new(&classifier, shown && !args.no_paragraphs);
    let mut builder = Builder::new(&analyst, name, &columns, &places::for_temporary_files(&places))
        .context("cannot make a temporary file; set TMPDIR to a folder that can be written")?;
    let bar = progress(sources.len());
    let mut unreadable = 0;
    let result = pipeline::run(
        &sources,
        &reader,
        |document| match document {
            Err(error) => Err((error.document.clone(), error.reason.to_string(), true)),
            Ok(document) => analyst.analyse(&document).map_err(|reason| (document.name.clone(), reason.to_string(), false)),
        },
        |analysis| {
            match analysis {
                Ok(analysis) => {
                    builder.add(analysis).context("cannot write to the temporary file")?;
                    bar.set_message(builder.len().to_string());
                }
                Err((document, reason, is_unreadable)) => {
                    unreadable += usize::from(is_unreadable);
                    bar.suspend(|| eprintln!("error: {document}: {reason}"));
                    builder.fail(document, reason);
                }
            }
            Ok(())
        },
        || bar.inc(1),
    );
    bar.finish_and_clear();
    result?;
    if builder.is_empty() {
        let failed = builder.failed();
        if unreadable == failed {
            bail!("none of {failed} documents could be read; nothing was written");
        }
        bail!("there is no paragraph to classify in any of {failed} documents; nothing was written");
    }
    check_columns(&columns, &reader, |column| builder.knows(column))?;
    for column in columns.iter().filter(|column| !builder.knows(column)) {
        eprintln!("note: no document says anything of `{column}`: all are in one group");
    }
    let manifest = reader.check_manifest(builder.names());
    manifest.iter().for_each(report_manifest);
    let failed = builder.failed();
    let (report, parts) = builder.finish(manifest).context("cannot read the temporary file")?;
    for (place, write) in &outputs {
        write(&report, &parts, global.language())
            .with_context(|| format!("{} could not be written to {}", place.option, place.path.display()))?;
    }
    if outputs.is_empty() {
        write!(anstream::stdout().lock(), "{}", terminal::table(&report, global.language()))?;
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
}

/// A message about columns that there are not, if there are such. What columns tables of documents have is known only when they have
/// been read; `could_have` says of a column whether documents could have it.
fn check_columns(columns: &[String], reader: &DocumentReader, could_have: impl Fn(&str) -> bool) -> Result<()> {
    let of_manifest = reader.manifest_columns().unwrap_or_default();
    let mut known: Vec<&str> = groups::COLUMNS.to_vec();
    known.extend(
        of_manifest.iter().map(String::as_str).filter(|name| *name != "document" && !groups::COLUMNS.contains(name)),
    );
    if let Some(column) = columns.iter().find(|column| !known.contains(&column.as_str()) && !could_have(column)) {
        let more = if of_manifest.is_empty() { ", and those of a manifest (--manifest)" } else { "" };
        bail!("--group-by: there is no column `{column}`; there are {}{more}", known.join(", "));
    }
    Ok(())
}

/// Whether a source can be a table of documents, with columns of its own, or hold one.
fn may_be_table(source: &Source) -> bool {
    let name = source.name.to_lowercase();
    ![".txt", ".md", ".html", ".htm", ".docx", ".pdf"].iter().any(|ending| name.ends_with(ending))
}

/// A bar on standard error, if that is a terminal: how far it is, how fast, and how long it takes still.
fn progress(sources: usize) -> ProgressBar {
    let bar = ProgressBar::new(sources as u64);
    let form = if sources > 1 {
        "{bar:30} {pos} of {len} files, {per_sec}, {eta} left"
    } else {
        "{spinner} {msg} documents, {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// How many names a note lists.
const NAMED: usize = 10;

/// Says where the manifest and the documents do not meet.
fn report_manifest(check: &ManifestCheck) {
    let note = |names: &[String], what: &str| {
        if !names.is_empty() {
            let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
            eprintln!("note: {what}: {}{more}", shown.join(", "));
        }
    };
    note(&check.rows_without_document, "rows of the manifest are about no document that was read");
    note(&check.documents_without_row, "documents without a row in the manifest (they are counted)");
}
