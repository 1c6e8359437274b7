//! `policy-topics classify`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

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
use super::stream::{BATCH, Batch, Done, InOrder, Lines, Output, SHOWN, lock};
use super::{Global, ModelArg, Outcome};

/// How many rows one thread takes at a time.
const TASK: usize = 16;

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
    let job = Job { args, reader: &reader, classifier: &classifier, rows };
    let mut pending = match &args.output {
        None => None,
        Some(path) => Some(Pending::new(path).with_context(|| format!("cannot write {}", path.display()))?),
    };
    let mut stdout = io::stdout();
    let out: &mut (dyn Write + Send) = match &mut pending {
        Some(file) => file,
        None => &mut stdout,
    };
    let mut output = Output { out, begun: false, written: 0, failed: 0 };
    for source in &sources {
        match source {
            Err(error) => output.fail(&error.to_string()),
            Ok(source) => match args.input_format(source) {
                InputFormat::Jsonl => job.json_lines(source, &mut output)?,
                InputFormat::Csv => job.table(source, &mut output)?,
                InputFormat::Auto | InputFormat::Text => job.documents(source, &mut output)?,
            },
        }
    }
    let Output { written, failed, .. } = output;
    if written == 0 && failed > 0 {
        bail!("nothing could be classified");
    }
    if let (Some(file), Some(path)) = (pending, &args.output) {
        file.finish().with_context(|| format!("cannot write {}", path.display()))?;
    } else {
        stdout.flush()?;
    }
    if failed > SHOWN {
        eprintln!("error: {failed} inputs failed in all; the first {SHOWN} are shown above");
    }
    Ok(if failed > 0 { Outcome::SomeFailed } else { Outcome::Done })
}

/// What all tasks need.
struct Job<'j> {
    args: &'j Args,
    reader: &'j DocumentReader,
    classifier: &'j Classifier,
    rows: Rows<'j>,
}

impl Job<'_> {
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

    /// Works on `items` in parallel. What comes of them is put into `done`, in order.
    fn work<T: Sync>(&self, items: &[T], done: &mut Vec<Done>, each: impl Fn(&T, &mut Done) + Sync) {
        let tasks = items.len().div_ceil(TASK);
        if done.len() < tasks {
            done.resize_with(tasks, Done::default);
        }
        // Each by itself, so that no thread waits for another one's many.
        let tasks = items.par_chunks(TASK).zip(done).with_max_len(1);
        tasks.for_each(|(chunk, done)| chunk.iter().for_each(|item| each(item, done)));
    }

    /// Every thread reads a batch in its turn, works on it by itself, and writes it in its turn; none waits for another unless that one
    /// is far behind.
    fn json_lines(&self, source: &Source, output: &mut Output) -> Result<()> {
        let name = &source.name;
        let lines = Mutex::new(Lines::new(open(source)?));
        let in_order = InOrder::new(output, rayon::current_num_threads());
        let next = |batch: &mut Batch| -> Result<bool> {
            let mut lines = lock(&lines);
            let some = lines.next_batch(batch).with_context(|| format!("cannot read {name}"))?;
            // Columns are known before a later batch can be read.
            in_order.begin(&self.rows, || batch.lines().find_map(|(_, line)| serde_json::from_slice(line).ok()))?;
            Ok(some)
        };
        let work = || -> Result<()> {
            let _at_work = in_order.at_work();
            let mut batch = Batch::default();
            while next(&mut batch)? {
                let mut done = in_order.spare();
                let (written, problems) = &mut done;
                for (number, line) in batch.lines() {
                    if let Err(problem) = self.json_line(line, written) {
                        problems.push(format!("{name}, line {number}: {problem}"));
                    }
                }
                if !in_order.put(batch.number, done)? {
                    break;
                }
            }
            Ok(())
        };
        rayon::broadcast(|_| work()).into_iter().collect()
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

    fn table(&self, source: &Source, output: &mut Output) -> Result<()> {
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
        output.begin(&self.rows, &first)?;
        let mut done = Vec::new();
        let mut records = reader.into_records();
        let batch_size = BATCH * rayon::current_num_threads();
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
            self.work(&batch, &mut done, |record, (written, problems)| {
                let (line, result) = match record {
                    Err(error) => {
                        (error.position().map(csv::Position::line), Err(format!("not a row of the table: {error}")))
                    }
                    Ok(record) => {
                        (record.position().map(csv::Position::line), self.table_row(&columns, record, text_at, written))
                    }
                };
                if let Err(problem) = result {
                    problems.push(format!("{name}, line {}: {problem}", line.unwrap_or(0)));
                }
            });
            output.take_all(&mut done)?;
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

    fn documents(&self, source: &Source, output: &mut Output) -> Result<()> {
        let mut result = Ok(());
        let mut done = Vec::new();
        self.reader.read(source, &mut |document: Result<Document, IngestError>| match document {
            Err(error) => output.fail(&error.to_string()),
            Ok(document) if result.is_ok() => result = self.document(&document, &mut done, output),
            Ok(_) => {}
        });
        Ok(result?)
    }

    fn document(&self, document: &Document, done: &mut Vec<Done>, output: &mut Output) -> io::Result<()> {
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
            output.begin(&self.rows, &block_fields(document, first, text))?;
        }
        self.work(&parts, done, |(block, text), (written, problems)| {
            let labels = (block.kind == Kind::Paragraph).then(|| self.label(text));
            if let Err(problem) = self.rows.row(written, &block_fields(document, block, text), text, labels.as_ref()) {
                problems.push(problem);
            }
        });
        output.take_all(done)
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
