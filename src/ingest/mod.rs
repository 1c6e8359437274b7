//! Reading documents as people have them: bytes of every common format to raw text, a paragraph a line.
//!
//! [`sources`] expands what the user named to files, and [`read`] reads one of them, which may hold many documents: the members of an
//! archive, the rows of a table. A document that fails is reported as an [`IngestError`] with its reason, and the others go on.
//!
//! What comes out is what the file says: no damage is repaired here, and no structure found. Formats are told by content; every file is
//! taken for hostile, and held to [`Limits`].

mod archive;
mod common;
mod docx;
mod encoding;
mod error;
mod html;
mod jsonl;
mod limits;
mod lines;
mod markdown;
mod pdf;
mod pdf_cmap;
mod pdf_font;
mod pdf_layout;
mod plain;
mod rows;
mod sniff;
mod sources;
mod table;
mod xlsx;

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use encoding_rs::Encoding;
use zip::ZipArchive;

pub use error::{IngestError, Reason};
pub use limits::{Limit, Limits};
pub use sources::{Source, sources};

use limits::Budget;
use sources::Place;

/// How documents are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The encoding of all text; detected for each document if not given.
    pub encoding: Option<&'static Encoding>,
    /// The column of tables, or the key of JSON lines, that holds the text: a name, or for tables a number from 1. Without it a column
    /// named `text`, `正文` and the like is taken.
    pub text_column: Option<String>,
    /// The column that names a row's document.
    pub id_column: Option<String>,
    /// Whether symbolic links inside folders are followed.
    pub follow_links: bool,
    /// What one source may cost.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options { encoding: None, text_column: None, id_column: None, follow_links: true, limits: Limits::default() }
    }
}

/// A document as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDocument {
    /// The path as the user gave it; members of archives as `a.zip/dir/b.txt`; rows as `file.csv#3`, or by the id column.
    pub name: String,
    /// The text, lines ended with `\n`. In every format but plain text, which keeps its own lines, a line is a paragraph, a heading, a
    /// list item or a table row with tabs between its cells.
    pub text: String,
    /// The format it was read from.
    pub format: Format,
    /// The encoding it was decoded from; `UTF-8` for formats that have no choice.
    pub encoding: &'static str,
    /// Byte sequences that no character fitted, now U+FFFD in the text.
    pub malformed: usize,
    /// The other columns of a row, or what a page's head says (`html-title` …), in the file's order.
    pub metadata: Vec<(String, String)>,
    /// Whether this is all of a file or a row of one.
    pub unit: Unit,
}

/// What a [`RawDocument`] is of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The whole file.
    Document,
    /// One row: a document or a single paragraph.
    Row,
}

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
    /// Office Open XML text.
    Docx,
    /// PDF with a text layer.
    Pdf,
    /// Values separated by commas, semicolons or bars.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// Office Open XML workbook.
    Xlsx,
    /// JSON objects, one a line.
    JsonLines,
    /// A zip archive, which is never a document itself.
    Zip,
}

impl Format {
    /// The format's usual extension.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Text => "txt",
            Format::Markdown => "md",
            Format::Html => "html",
            Format::Docx => "docx",
            Format::Pdf => "pdf",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Xlsx => "xlsx",
            Format::JsonLines => "jsonl",
            Format::Zip => "zip",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads one source, and gives each of its documents, or the reason why there is none, to `emit` in the order of the file. Of an archive
/// one member is in memory at a time.
pub fn read(source: &Source, options: &Options, emit: &mut dyn FnMut(Result<RawDocument, IngestError>)) {
    let mut reader = Reader::new(options, emit);
    let result = match &source.place {
        Place::File(path) => reader.read_path(&source.name, path),
        Place::Stdin => reader.read_stream(&source.name, io::stdin().lock()),
    };
    if let Err(reason) = result {
        reader.fail(source.name.clone(), reason);
    }
}

/// Reads bytes as if they were the file `name`.
pub fn read_bytes(name: &str, bytes: Vec<u8>, options: &Options, emit: &mut dyn FnMut(Result<RawDocument, IngestError>)) {
    Reader::new(options, emit).read_bytes(name.to_owned(), bytes, 0);
}

/// Bytes that can be gone back in.
trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// The reading of one source.
struct Reader<'a> {
    options: &'a Options,
    budget: Budget,
    sink: &'a mut dyn FnMut(Result<RawDocument, IngestError>),
    /// How many results there were so far.
    given: u64,
}

impl<'a> Reader<'a> {
    fn new(options: &'a Options, sink: &'a mut dyn FnMut(Result<RawDocument, IngestError>)) -> Self {
        Reader { options, budget: Budget::new(&options.limits), sink, given: 0 }
    }

    fn read_path(&mut self, name: &str, path: &Path) -> Result<(), Reason> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() {
            self.read_input(name, Box::new(file), metadata.len(), 0)
        } else {
            // A pipe, which a shell's `<(…)` gives, cannot be gone back in.
            self.read_stream(name, file)
        }
    }

    fn read_stream(&mut self, name: &str, stream: impl Read) -> Result<(), Reason> {
        let bytes = self.budget.read_document(stream)?;
        let length = bytes.len() as u64;
        self.read_input(name, Box::new(Cursor::new(bytes)), length, 0)
    }

    /// Reads a document or archive that is in memory; `depth` archives are around it.
    fn read_bytes(&mut self, name: String, bytes: Vec<u8>, depth: u32) {
        let length = bytes.len() as u64;
        if let Err(reason) = self.read_input(&name, Box::new(Cursor::new(bytes)), length, depth) {
            self.fail(name, reason);
        }
    }

    /// Reads a document or archive. One that holds nothing at all, not even something that fails, is an error too: no file is passed
    /// over in silence.
    fn read_input(&mut self, name: &str, input: Box<dyn ReadSeek>, length: u64, depth: u32) -> Result<(), Reason> {
        let before = self.given;
        self.read_kind(name, input, length, depth)?;
        if self.given == before { Err(Reason::Empty) } else { Ok(()) }
    }

    fn read_kind(&mut self, name: &str, mut input: Box<dyn ReadSeek>, length: u64, depth: u32) -> Result<(), Reason> {
        self.budget.set_packed_bytes(length);
        let mut head = Vec::with_capacity(sniff::HEAD_BYTES);
        input.by_ref().take(sniff::HEAD_BYTES as u64).read_to_end(&mut head)?;
        input.rewind()?;
        match sniff::kind(&head) {
            sniff::Kind::Refused(reason) => Err(reason),
            sniff::Kind::Zip => self.read_zip(name, input, depth),
            sniff::Kind::Gzip => {
                let inner = self.enter_archive(depth)?;
                archive::read_gzip(name, input, inner, self)
            }
            sniff::Kind::Tar => {
                let inner = self.enter_archive(depth)?;
                archive::read_tar(name, io::BufReader::new(input), inner, self)
            }
            sniff::Kind::Pdf => {
                let bytes = self.budget.read_document(input)?;
                let text = pdf::read(&bytes, &self.budget)?;
                self.emit_whole(name, Format::Pdf, text)
            }
            sniff::Kind::Text => {
                let bytes = self.budget.read_document(input)?;
                self.read_text(name, &bytes)
            }
        }
    }

    /// The depth of an archive's members.
    fn enter_archive(&self, depth: u32) -> Result<u32, Reason> {
        let allowed = self.options.limits.max_nesting;
        if depth >= allowed {
            return Err(Reason::limit(Limit::Nesting, u64::from(allowed)));
        }
        Ok(depth + 1)
    }

    fn read_zip(&mut self, name: &str, input: Box<dyn ReadSeek>, depth: u32) -> Result<(), Reason> {
        let mut archive = ZipArchive::new(input).map_err(|error| archive::zip_reason(zip_format(name), error))?;
        let format = sniff::zip_kind(archive.file_names().flatten().collect::<Vec<_>>().iter().map(|name| name.as_ref()))?;
        match format {
            Format::Docx => {
                let text = docx::read(&mut archive, &self.budget)?;
                self.emit_whole(name, Format::Docx, text)
            }
            Format::Xlsx => xlsx::read(name, archive.into_inner(), self),
            _ => {
                let inner = self.enter_archive(depth)?;
                archive::read_zip(name, &mut archive, inner, self)
            }
        }
    }

    fn read_text(&mut self, name: &str, bytes: &[u8]) -> Result<(), Reason> {
        if bytes.is_empty() {
            return Err(Reason::Empty);
        }
        self.check_lines(bytes)?;
        let declared = if bytes.contains(&b'<') { html::declared_encoding(bytes) } else { None };
        let decoded = encoding::decode(bytes, self.options.encoding, declared)?;
        if sniff::is_binary(&decoded.text, decoded.malformed) {
            return Err(Reason::UnknownBinary);
        }
        let encoding = decoded.encoding.name();
        let format = sniff::text_format(name, &decoded.text, self.options);
        let (text, metadata) = match format {
            Format::Csv | Format::Tsv => return table::read(name, &decoded.text, encoding, self),
            Format::JsonLines => return jsonl::read(name, &decoded.text, encoding, self),
            Format::Html => {
                let page = html::read(&decoded.text, &self.budget)?;
                (page.text, page.metadata)
            }
            Format::Markdown => (markdown::read(&decoded.text, &self.budget)?, Vec::new()),
            _ => (plain::read(&decoded.text), Vec::new()),
        };
        if text.trim().is_empty() {
            return Err(Reason::Empty);
        }
        let name = name.to_owned();
        self.emit(RawDocument {
            name,
            text,
            format,
            encoding,
            malformed: decoded.malformed,
            metadata,
            unit: Unit::Document,
        });
        Ok(())
    }

    /// Refuses text with a line that no paragraph is as long as; later stages hold a line in memory several times. Asked of the bytes
    /// before they are decoded: in every encoding read here a line break has one of these bytes.
    fn check_lines(&self, bytes: &[u8]) -> Result<(), Reason> {
        let allowed = self.options.limits.max_line_bytes;
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', bytes).chain([bytes.len()]) {
            if (end - start) as u64 > allowed {
                return Err(Reason::limit(Limit::LineBytes, allowed));
            }
            start = end;
        }
        Ok(())
    }

    /// Gives a document that is a whole file of a format with one encoding.
    fn emit_whole(&mut self, name: &str, format: Format, text: String) -> Result<(), Reason> {
        if text.trim().is_empty() {
            return Err(Reason::Empty);
        }
        self.check_lines(text.as_bytes())?;
        let name = name.to_owned();
        self.emit(RawDocument {
            name,
            text,
            format,
            encoding: encoding_rs::UTF_8.name(),
            malformed: 0,
            metadata: Vec::new(),
            unit: Unit::Document,
        });
        Ok(())
    }

    fn emit(&mut self, document: RawDocument) {
        self.give(Ok(document));
    }

    fn fail(&mut self, document: String, reason: Reason) {
        self.give(Err(IngestError::new(document, reason)));
    }

    fn give(&mut self, result: Result<RawDocument, IngestError>) {
        self.given += 1;
        let start = Instant::now();
        (self.sink)(result);
        self.budget.give_back(start.elapsed());
    }
}

/// What a broken zip is called in messages: its list of members is what is broken, so only its name can tell.
fn zip_format(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    [".docx", ".xlsx"].into_iter().find(|extension| name.ends_with(extension)).unwrap_or(".zip")
}

/// Runs a third-party reader that may panic on hostile bytes, and makes an error of it.
///
/// Our own code does not panic; the readers of PDF and .xlsx are large, meet the worst files, and one panic in ten thousand documents must
/// not lose the rest of the batch. What they were working on is dropped, so no state of theirs is seen again half-changed. (A program
/// built with `panic = "abort"` does without this.)
fn contained<T>(format: &'static str, run: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Reason::ReaderFailed(format)))
}
