//! `policy-topics classify`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use policy_topics::document::{Block, Document, Kind};
use policy_topics::ingest::{IngestError, Source};
use policy_topics::model::{Assignment, Classifier, Explanation, SentencePart};
use policy_topics::output::Pending;
use policy_topics::segment::{SplitUnit, split};
use rayon::prelude::*;

use super::read::{DocumentReader, ReadArgs};
use super::records::{Fields, Form, Labels, Reasons, Rows, SentenceReason, json_string};
use super::{Global, ModelArg, Outcome};

/// How many rows one thread takes at a time.
const TASK: usize = 16;

/// How much input is classified at a time: enough to keep the threads busy, little enough to keep memory small and what goes in and
/// out near the processor.
fn batch_size() -> usize {
    rayon::current_num_threads().clamp(1, 64) << 17
}

/// Bad rows that are reported one by one.
const SHOWN: u64 = 20;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics classify report.txt                        a table on the terminal
  policy-topics classify reports/ --output themes.csv      every paragraph of every document, as CSV
  policy-topics classify rows.jsonl --format jsonl         JSON lines with a `text`; other fields pass through
  policy-topics classify rows.csv --text-column content --output out.csv
  cat report.txt | policy-topics classify - --explain 5    with the 5 terms that decided each paragraph")]
pub struct Args {
    /// Documents, folders of documents, files of rows, or - for standard input.
    #[arg(required = true, value_name = "INPUT")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// What the input is: documents, or rows that are a paragraph each [auto: by the file's ending].
    #[arg(long, value_enum, default_value = "auto", value_name = "FORMAT")]
    input_format: InputFormat,
    /// The field or column that holds a row's text.
    #[arg(long, default_value = "text", value_name = "NAME")]
    text_column: String,
    /// What to write [default: by the ending of --output; else a table on a terminal, JSON lines elsewhere].
    #[arg(long, value_enum)]
    format: Option<FormArg>,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Add the N terms that speak most for the primary theme, and what each sentence adds to it and to each theme named.
    #[arg(long, value_name = "N")]
    explain: Option<usize>,
    /// Leave out what is no paragraph: titles, headings, glossaries, boilerplate.
    #[arg(long)]
    paragraphs_only: bool,
    /// What of a document is classified: paragraphs as they are, or split into sentences or list items.
    #[arg(long, value_enum, default_value = "paragraph")]
    unit: UnitArg,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum UnitArg {
    Paragraph,
    Sentence,
    Item,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InputFormat {
    Auto,
    Text,
    Jsonl,
    Csv,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormArg {
    Table,
    Jsonl,
    Csv,
}

impl Args {
    fn form(&self) -> Form {
        match self.format {
            Some(FormArg::Table) => Form::Table,
            Some(FormArg::Jsonl) => Form::JsonLines,
            Some(FormArg::Csv) => Form::Csv,
            None => match &self.output {
                Some(path) if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) => Form::Csv,
                None if io::stdout().is_terminal() => Form::Table,
                _ => Form::JsonLines,
            },
        }
    }

    fn input_format(&self, source: &Source) -> InputFormat {
        match (self.input_format, extension(source).as_str()) {
            (InputFormat::Auto, "jsonl" | "ndjson" | "json") => InputFormat::Jsonl,
            (InputFormat::Auto, "csv" | "tsv") => InputFormat::Csv,
            (InputFormat::Auto, _) => InputFormat::Text,
            (chosen, _) => chosen,
        }
    }
}

/// The ending of a source's name, in lower case.
fn extension(source: &Source) -> String {
    Path::new(&source.name).extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Opens a source's bytes.
fn open(source: &Source) -> Result<Box<dyn Read + Send>> {
    if source.name == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(&source.name).with_context(|| format!("cannot open {}", source.name))?))
}

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let sources = args.read.sources(&args.input, &args.text_column)?;
    let reader = args.read.reader(&args.text_column)?;
    let classifier = args.model.classifier()?;
    let rows = Rows::new(args.form(), &classifier, global.language(), args.explain.is_some());
    let mut job =
        Job { args, reader: &reader, classifier: &classifier, rows, begun: false, written: 0, failed: 0, done: Vec::new() };
    let mut pending = match &args.output {
        None => None,
        Some(path) => Some(Pending::new(path).with_context(|| format!("cannot write {}", path.display()))?),
    };
    let mut stdout = io::stdout().lock();
    for source in &sources {
        let out: &mut dyn Write = match &mut pending {
            Some(file) => file,
            None => &mut stdout,
        };
        let source = match source {
            Ok(source) => source,
            Err(error) => {
                job.fail(&error.to_string());
                continue;
            }
        };
        match args.input_format(source) {
            InputFormat::Jsonl => job.json_lines(source, out)?,
            InputFormat::Csv => job.table(source, out)?,
            InputFormat::Auto | InputFormat::Text => job.documents(source, out)?,
        }
    }
    if job.written == 0 && job.failed > 0 {
        bail!("nothing could be classified");
    }
    if let (Some(file), Some(path)) = (pending, &args.output) {
        file.finish().with_context(|| format!("cannot write {}", path.display()))?;
    } else {
        stdout.flush()?;
    }
    if job.failed > SHOWN {
        eprintln!("error: {} inputs failed in all; the first {SHOWN} are shown above", job.failed);
    }
    Ok(if job.failed > 0 { Outcome::SomeFailed } else { Outcome::Done })
}

struct Job<'j> {
    args: &'j Args,
    reader: &'j DocumentReader,
    classifier: &'j Classifier,
    rows: Rows<'j>,
    begun: bool,
    /// Bytes of rows that were written.
    written: u64,
    failed: u64,
    /// What tasks write to, kept from batch to batch.
    done: Vec<Done>,
}

/// What came of a task: the rows written and the ones that failed, each with what is wrong.
type Done = (Vec<u8>, Vec<String>);

impl Job<'_> {
    fn fail(&mut self, problem: &str) {
        self.failed += 1;
        if self.failed <= SHOWN {
            eprintln!("error: {problem}");
        }
    }

    fn begin(&mut self, out: &mut dyn Write, first: &Fields) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.rows.begin(out, first)?;
        }
        Ok(())
    }

    fn label(&self, text: &str) -> Labels {
        let (assignment, reasons) = match self.args.explain {
            None => (self.classifier.classify(text), None),
            Some(count) => {
                let explanation = self.classifier.explain(text);
                let reasons = self.reasons(text, &explanation, count);
                (explanation.assignment, Some(reasons))
            }
        };
        let note = assignment.wordless.then_some("no words");
        Labels { assignment, reasons, note }
    }

    fn reasons(&self, text: &str, explanation: &Explanation, count: usize) -> Reasons {
        let Assignment { primary, themes, .. } = &explanation.assignment;
        let labels = self.classifier.model().labels.len();
        let sentence = |part: &SentencePart| {
            let adds = |head: usize| part.contributions.get(head).copied().unwrap_or(0.0);
            SentenceReason {
                characters: part.characters.clone(),
                text: text.chars().skip(part.characters.start).take(part.characters.len()).collect(),
                primary: adds(*primary),
                themes: themes.iter().map(|&theme| (theme, adds(labels + theme))).collect(),
            }
        };
        Reasons {
            terms: self.classifier.strongest(explanation, *primary, count),
            sentences: explanation.sentences.iter().map(sentence).collect(),
        }
    }

    /// Works on `items` in parallel, and writes what comes of them in order.
    fn work<T: Sync>(
        &mut self,
        items: &[T],
        out: &mut dyn Write,
        each: impl Fn(&Self, &T, &mut Done) + Sync,
    ) -> io::Result<()> {
        let mut done = std::mem::take(&mut self.done);
        let tasks = items.len().div_ceil(TASK);
        if done.len() < tasks {
            done.resize_with(tasks, Done::default);
        }
        let this = &*self;
        items.par_chunks(TASK).zip(&mut done).for_each(|(chunk, done)| chunk.iter().for_each(|item| each(this, item, done)));
        for (bytes, problems) in &mut done {
            out.write_all(bytes)?;
            self.written += bytes.len() as u64;
            bytes.clear();
            problems.drain(..).for_each(|problem| self.fail(&problem));
        }
        self.done = done;
        Ok(())
    }

    fn json_lines(&mut self, source: &Source, out: &mut dyn Write) -> Result<()> {
        let name = &source.name;
        let mut lines = Lines { reader: open(source)?, buffer: Vec::new(), used: 0, number: 0, ended: false };
        while let Some((first_line, batch)) = lines.next_batch().with_context(|| format!("cannot read {name}"))? {
            let mut numbered: Vec<(u64, &[u8])> = Vec::new();
            let mut start = 0;
            for (number, end) in (first_line..).zip(memchr::memchr_iter(b'\n', batch).chain([batch.len()])) {
                let line = &batch[start..end];
                start = end + 1;
                if !line.trim_ascii().is_empty() {
                    numbered.push((number, line));
                }
            }
            if !self.begun
                && let Some(first) = numbered.iter().find_map(|(_, line)| serde_json::from_slice(line).ok())
            {
                self.begin(out, &first)?;
            }
            self.work(&numbered, out, |this, &(number, line), (written, problems)| {
                if let Err(problem) = this.json_line(line, written) {
                    problems.push(format!("{name}, line {number}: {problem}"));
                }
            })?;
        }
        Ok(())
    }

    fn json_line(&self, line: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let line = simdutf8::compat::from_utf8(line)
            .map_err(|error| format!("not UTF-8 text from byte {} of the line on", error.valid_up_to()))?;
        let fields: Fields = serde_json::from_str(line)
            .map_err(|error| format!("not a row of JSON lines (see column {})", error.column()))?;
        let column = &self.args.text_column;
        let Some(text) = fields.get(column) else {
            return Err(format!("the row has no `{column}` that is a string: name the right field with --text-column"));
        };
        self.rows.row(out, &fields, &text, Some(&self.label(&text)))
    }

    fn table(&mut self, source: &Source, out: &mut dyn Write) -> Result<()> {
        let name = &source.name;
        let delimiter = if extension(source) == "tsv" { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(open(source)?);
        let header = reader.headers().with_context(|| format!("{name} is not a table"))?;
        let columns: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{FEFF}').to_owned()).collect();
        let Some(text_at) = columns.iter().position(|column| *column == self.args.text_column) else {
            bail!(
                "{name} has no column `{}`; it has {}: name the right one with --text-column",
                self.args.text_column,
                columns.join(", ")
            );
        };
        let mut first = Fields::default();
        columns.iter().for_each(|column| first.text(column, ""));
        self.begin(out, &first)?;
        let mut records = reader.into_records();
        let batch_size = batch_size();
        loop {
            let mut batch = Vec::new();
            let mut size = 0;
            for record in records.by_ref() {
                size += record.as_ref().map_or(0, |record| record.as_slice().len());
                batch.push(record);
                if size >= batch_size {
                    break;
                }
            }
            if batch.is_empty() {
                return Ok(());
            }
            self.work(&batch, out, |this, record, (written, problems)| {
                let (line, result) = match record {
                    Err(error) => {
                        (error.position().map(csv::Position::line), Err(format!("not a row of the table: {error}")))
                    }
                    Ok(record) => {
                        (record.position().map(csv::Position::line), this.table_row(&columns, record, text_at, written))
                    }
                };
                if let Err(problem) = result {
                    problems.push(format!("{name}, line {}: {problem}", line.unwrap_or(0)));
                }
            })?;
        }
    }

    fn table_row(
        &self,
        columns: &[String],
        record: &csv::StringRecord,
        text_at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if record.len() != columns.len() {
            return Err(format!("the row has {} fields, but the table has {} columns", record.len(), columns.len()));
        }
        let mut fields = Fields::default();
        columns.iter().zip(record).for_each(|(column, value)| fields.text(column, value));
        let text = record.get(text_at).unwrap_or_default();
        self.rows.row(out, &fields, text, Some(&self.label(text)))
    }

    fn documents(&mut self, source: &Source, out: &mut dyn Write) -> Result<()> {
        let mut result = Ok(());
        let reader = self.reader;
        reader.read(source, &mut |document: Result<Document, IngestError>| match document {
            Err(error) => self.fail(&error.to_string()),
            Ok(document) if result.is_ok() => result = self.document(&document, out),
            Ok(_) => {}
        });
        Ok(result?)
    }

    fn document(&mut self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        let paragraphs_only = self.args.paragraphs_only;
        let unit = match self.args.unit {
            UnitArg::Paragraph => SplitUnit::Paragraph,
            UnitArg::Sentence => SplitUnit::Sentence,
            UnitArg::Item => SplitUnit::Item,
        };
        let blocks = document.blocks.iter().filter(|block| !paragraphs_only || block.kind == Kind::Paragraph);
        let parts: Vec<(&Block, &str)> = blocks
            .flat_map(|block| match block.kind {
                Kind::Paragraph => split(&block.text, unit).into_iter().map(|text| (block, text)).collect(),
                _ => vec![(block, block.text.as_str())],
            })
            .collect();
        if let Some((first, text)) = parts.first() {
            self.begin(out, &block_fields(document, first, text))?;
        }
        self.work(&parts, out, |this, (block, text), (written, problems)| {
            let labels = (block.kind == Kind::Paragraph).then(|| this.label(text));
            if let Err(problem) = this.rows.row(written, &block_fields(document, block, text), text, labels.as_ref()) {
                problems.push(problem);
            }
        })
    }
}

fn block_fields(document: &Document, block: &Block, text: &str) -> Fields<'static> {
    let mut fields = Fields::default();
    let section: Vec<String> = block.section.iter().map(|heading| json_string(heading)).collect();
    fields.text("document", &document.name);
    fields.0.push((Cow::Borrowed("index"), Cow::Owned(block.index.to_string())));
    fields.0.push((Cow::Borrowed("section"), Cow::Owned(format!("[{}]", section.join(",")))));
    fields.text("kind", block.kind.as_str());
    fields.text("text", text);
    fields
}

/// Reads whole lines, some megabytes at a time.
struct Lines {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// How much of the buffer was handed out by the last batch.
    used: usize,
    /// How many lines were handed out.
    number: u64,
    ended: bool,
}

impl Lines {
    /// The next lines, without the last line break, and the number of the first of them, from 1.
    fn next_batch(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let mut line_break = memchr::memrchr(b'\n', &self.buffer);
        let batch_size = batch_size();
        while !self.ended && (self.buffer.len() < batch_size || line_break.is_none()) {
            let before = self.buffer.len();
            let read = self.reader.by_ref().take(batch_size as u64).read_to_end(&mut self.buffer)?;
            self.ended = read == 0;
            // Only what is new can hold a later line break.
            line_break = memchr::memrchr(b'\n', &self.buffer[before..]).map(|at| before + at).or(line_break);
        }
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let (end, used) = match line_break {
            Some(at) if !self.ended => (at, at + 1),
            _ => (self.buffer.len(), self.buffer.len()),
        };
        self.used = used;
        let first = self.number + 1;
        let batch = &self.buffer[..end];
        self.number += memchr::memchr_iter(b'\n', batch).count() as u64 + 1;
        Ok(Some((first, batch)))
    }
}
