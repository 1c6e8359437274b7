//! Labelled paragraphs: what a model is trained on and measured with.
//!
//! Three formats are read, told apart by file name and first line: JSON lines (`.jsonl`, `.json`, `.ndjson`), tables
//! (`.csv`, `.tsv`) and fastText lines (`__label__x text`, any other name).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One labelled paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The paragraph.
    pub text: String,
    /// Its one main label.
    pub primary: String,
    /// All labels it has, where the data say so.
    pub themes: Option<Vec<String>>,
    /// Where it speaks of a theme, in characters, for themes of which the data say so: what stands elsewhere does not speak of it.
    pub statements: BTreeMap<String, Vec<Range<usize>>>,
    /// Rows of one group (a document, say) are never parted by cross-validation.
    pub group: Option<String>,
    /// The document it stands in, where the data say so.
    pub document: Option<String>,
    /// The file and line it came from, for messages.
    pub source: Source,
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)
    }
}

/// Where to find what in the rows.
#[derive(Debug, Clone)]
pub struct Columns {
    /// The column of the text, in tables.
    pub text: String,
    /// The column of the label, in tables.
    pub label: String,
    /// The column of the themes (parted by `;`, `|` or `,`), in tables; `None`: `themes` if there is one.
    pub themes: Option<String>,
    /// Whether JSON rows whose `kind` is given and is not `paragraph` are taken as well.
    pub all_kinds: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { text: "text".into(), label: "label".into(), themes: None, all_kinds: false }
    }
}

/// Labelled paragraphs as they were read.
#[derive(Debug, Clone, Default)]
pub struct LabelledCorpus {
    /// The rows in order of files and lines.
    pub rows: Vec<Labelled>,
    /// Rows left out because they are no paragraphs (their `kind` says so).
    pub other_kinds: usize,
    /// Rows left out because their text is empty.
    pub empty: usize,
}

/// Why labelled data could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelledError {
    /// A file or folder could not be opened or read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A folder without any file of a known name.
    #[error("{} holds no labelled data: give a folder with .jsonl, .csv, .tsv or .txt (fastText) files", path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The files hold no row.
    #[error(
        "no labelled paragraph in {}: a line is, for example, {{\"text\": \"…\", \"primary\": \"ecology\"}}",
        list(paths)
    )]
    NoRows {
        /// What was given.
        paths: Vec<PathBuf>,
    },
    /// A file is not UTF-8.
    #[error("{} is not UTF-8 text: byte {byte} (line {line}) is not valid; convert it, for example with `iconv -f GB18030 -t UTF-8`", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first wrong byte, from 0.
        byte: usize,
        /// The line it stands in, from 1.
        line: u64,
    },
    /// A row is not what it should be.
    #[error("{source_}: {problem}")]
    Row {
        /// Where.
        source_: Source,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A table lacks a column.
    #[error("{} has no column `{column}`; it has {}: name the right one with --{option}", path.display(), found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The missing column.
        column: String,
        /// The columns there are.
        found: Vec<String>,
        /// The option that names it.
        option: &'static str,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl LabelledCorpus {
    /// Reads files, and the files of folders in order of name.
    ///
    /// # Errors
    /// The first file or row that is not as it should be, or that there is no row at all.
    pub fn read(inputs: &[PathBuf], columns: &Columns) -> Result<Self, LabelledError> {
        let mut corpus = LabelledCorpus::default();
        for path in files(inputs)? {
            let bytes = fs::read(&path).map_err(|error| LabelledError::Io { path: path.clone(), error })?;
            let text = utf8(&path, &bytes)?;
            match extension(&path).as_str() {
                "jsonl" | "json" | "ndjson" => corpus.json_lines(&path, text, columns)?,
                "csv" => corpus.table(&path, text, b',', columns)?,
                "tsv" => corpus.table(&path, text, b'\t', columns)?,
                _ => corpus.fasttext(&path, text)?,
            }
        }
        if corpus.rows.is_empty() {
            return Err(LabelledError::NoRows { paths: inputs.to_vec() });
        }
        Ok(corpus)
    }

    fn push(&mut self, row: Labelled) {
        if row.text.trim().is_empty() { self.empty += 1 } else { self.rows.push(row) }
    }

    fn json_lines(&mut self, path: &Path, text: &str, columns: &Columns) -> Result<(), LabelledError> {
        #[derive(Deserialize)]
        struct Row {
            text: Option<String>,
            primary: Option<String>,
            label: Option<String>,
            themes: Option<Vec<String>>,
            statements: Option<BTreeMap<String, Vec<String>>>,
            group: Option<String>,
            #[serde(alias = "doc")]
            document: Option<String>,
            kind: Option<String>,
        }
        for (source, line) in lines(path, text) {
            let wrong = |problem: String| LabelledError::Row { source_: source.clone(), problem };
            let row: Row = serde_json::from_str(line).map_err(|error| {
                let column = error.column();
                wrong(format!(
                    "not a row of JSON lines (see column {column}); a row is {{\"text\": \"…\", \"primary\": \"…\"}}"
                ))
            })?;
            if !columns.all_kinds && row.kind.is_some_and(|kind| kind != "paragraph") {
                self.other_kinds += 1;
                continue;
            }
            let text = row.text.ok_or_else(|| wrong("the row has no `text`".into()))?;
            let primary =
                row.primary.or(row.label).ok_or_else(|| wrong("the row has neither `primary` nor `label`".into()))?;
            let primary = label(primary, &wrong)?;
            let (themes, group, document) = (row.themes, row.group, row.document);
            let mut statements = BTreeMap::new();
            for (theme, quotes) in row.statements.into_iter().flatten() {
                if theme != primary && !themes.iter().flatten().any(|named| *named == theme) {
                    return Err(wrong(format!(
                        "`statements` has the theme `{theme}`, which is not among the row's `themes`"
                    )));
                }
                if quotes.is_empty() {
                    return Err(wrong(format!(
                        "`statements` quotes nothing for `{theme}`: quote the clauses that state it, or leave it out of `statements` or of `themes`"
                    )));
                }
                let places =
                    quotes.iter().map(|quote| places(&text, quote)).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
                statements.insert(theme, places.concat());
            }
            self.push(Labelled { text, primary, themes, statements, group, document, source });
        }
        Ok(())
    }

    fn table(&mut self, path: &Path, text: &str, delimiter: u8, columns: &Columns) -> Result<(), LabelledError> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let wrong_csv = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            LabelledError::Row {
                source_: Source { file: path.into(), line },
                problem: format!("not a row of the table: {error}"),
            }
        };
        let found: Vec<String> = reader.headers().map_err(wrong_csv)?.iter().map(|name| name.trim().to_owned()).collect();
        let find = |column: &str, option| {
            let position = found.iter().position(|name| name == column);
            position.ok_or_else(|| LabelledError::Column {
                path: path.into(),
                column: column.into(),
                found: found.clone(),
                option,
            })
        };
        let text_at = find(&columns.text, "text-column")?;
        let label_at = find(&columns.label, "label-column").or_else(|error| {
            // Our own outputs call it `primary`.
            found.iter().position(|name| columns.label == "label" && name == "primary").ok_or(error)
        })?;
        let themes_at = match &columns.themes {
            Some(column) => Some(find(column, "themes-column")?),
            None => found.iter().position(|name| name == "themes"),
        };
        let group_at = found.iter().position(|name| name == "group");
        let document_at = found.iter().position(|name| name == "document" || name == "doc");
        for record in reader.records() {
            let record = record.map_err(wrong_csv)?;
            let source = Source { file: path.into(), line: record.position().map_or(0, csv::Position::line) };
            let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
            let wrong = |problem: String| LabelledError::Row { source_: source.clone(), problem };
            let split = |at: usize| {
                let field = field(at);
                let parts = field.split([';', '|', ',']).map(str::trim).filter(|theme| !theme.is_empty());
                parts.map(str::to_owned).collect()
            };
            let primary = label(field(label_at), &wrong)?;
            let (text, themes) = (field(text_at), themes_at.map(split));
            let (group, document) = (group_at.map(field), document_at.map(field));
            let statements = BTreeMap::new();
            self.push(Labelled { text, primary, themes, statements, group, document, source });
        }
        Ok(())
    }

    fn fasttext(&mut self, path: &Path, text: &str) -> Result<(), LabelledError> {
        for (source, line) in lines(path, text) {
            let wrong = |problem: &str| LabelledError::Row { source_: source.clone(), problem: problem.into() };
            let rest = line.trim().strip_prefix("__label__").ok_or_else(|| {
                wrong("a fastText line begins with `__label__`; data in JSON lines or tables end in .jsonl, .csv or .tsv")
            })?;
            let (primary, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            if primary.is_empty() {
                return Err(wrong("`__label__` must be followed by the label"));
            }
            if text.trim_start().starts_with("__label__") {
                return Err(wrong("more than one label: put several in a JSON line's `themes`"));
            }
            let (primary, text) = (primary.to_owned(), text.trim().to_owned());
            let statements = BTreeMap::new();
            self.push(Labelled { text, primary, themes: None, statements, group: None, document: None, source });
        }
        Ok(())
    }
}

fn label(text: String, wrong: &impl Fn(String) -> LabelledError) -> Result<String, LabelledError> {
    let trimmed = text.trim();
    if trimmed.is_empty() { Err(wrong("the label is empty".into())) } else { Ok(trimmed.to_owned()) }
}

/// Where a quote stands in a text, in characters.
fn places(text: &str, quote: &str) -> Result<Vec<Range<usize>>, String> {
    let length = quote.chars().count();
    let place = |(byte, _): (usize, &str)| {
        let start = text[..byte].chars().count();
        start..start + length
    };
    let found: Vec<Range<usize>> = text.match_indices(quote).map(place).collect();
    if quote.trim().is_empty() || found.is_empty() {
        return Err(format!("the statement “{quote}” does not stand in the text: quote it as it is there"));
    }
    Ok(found)
}

/// The lines that are not blank, with their places.
fn lines<'t>(path: &'t Path, text: &'t str) -> impl Iterator<Item = (Source, &'t str)> {
    let numbered = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    numbered.map(move |(line, text)| (Source { file: path.into(), line }, text))
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Folders become the files in them that have a name of labelled data, in order.
fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, LabelledError> {
    let mut files = Vec::new();
    for input in inputs {
        let failed = |error| LabelledError::Io { path: input.clone(), error };
        if !fs::metadata(input).map_err(failed)?.is_dir() {
            files.push(input.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(input).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // A .txt in a folder may be anything; only what begins as fastText does is data.
            let known = match extension(&path).as_str() {
                "jsonl" | "ndjson" | "csv" | "tsv" => true,
                "txt" => fs::read(&path).map_err(failed)?.starts_with(b"__label__"),
                _ => false,
            };
            if known {
                inside.push(path);
            }
        }
        if inside.is_empty() {
            return Err(LabelledError::EmptyFolder { path: input.clone() });
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// The bytes of a file as text, without a byte order mark.
fn utf8<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, LabelledError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        let line = 1 + memchr::memchr_iter(b'\n', &bytes[..byte]).count() as u64;
        LabelledError::NotUtf8 { path: path.into(), byte, line }
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}
