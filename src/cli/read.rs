//! Reading documents: what `classify`, `report` and `restore` have in common.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use policy_topics::document::{Block, Document, Kind};
use policy_topics::ingest::{self, IngestError, Limits, Options, RawDocument, Source, Unit};
use policy_topics::metadata::Manifest;
use policy_topics::reader::Reader;
use policy_topics::report::data::ManifestCheck;

/// Options for reading documents.
#[derive(clap::Args)]
pub struct ReadArgs {
    /// The encoding of all text, such as gb18030 or big5 [default: found for each document].
    #[arg(long, value_name = "NAME", help_heading = "Reading")]
    encoding: Option<String>,
    /// The column that names a row's document, in tables and JSON lines.
    #[arg(long, value_name = "NAME", help_heading = "Reading")]
    id_column: Option<String>,
    /// CSV table that says of documents (column `document`) what overrides what they say: region, year, level, title, …
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub manifest: Option<PathBuf>,
    /// Largest document, in bytes.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_document_bytes, help_heading = "Limits")]
    max_document_bytes: u64,
    /// What an archive may unpack to, in bytes.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_unpacked_bytes, help_heading = "Limits")]
    max_unpacked_bytes: u64,
    /// How many times its own size an archive may unpack to.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_ratio, help_heading = "Limits")]
    max_ratio: u64,
    /// Members of an archive.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_entries, help_heading = "Limits")]
    max_entries: u64,
    /// Archives inside archives.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_nesting, help_heading = "Limits")]
    max_nesting: u32,
    /// Depth of elements in HTML and .docx.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_depth, help_heading = "Limits")]
    max_depth: usize,
    /// Longest line, in bytes.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_line_bytes, help_heading = "Limits")]
    max_line_bytes: u64,
    /// Seconds for one document.
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().max_time.as_secs(), help_heading = "Limits")]
    max_time: u64,
}

/// Reads documents the whole way: bytes to text, text restored, structure and metadata found.
pub struct DocumentReader {
    options: Options,
    reader: Reader,
    manifest: Option<Manifest>,
}

impl ReadArgs {
    /// What is to be read, in order. What cannot be found stands in its place as an error.
    pub fn sources(&self, inputs: &[PathBuf], text_column: &str) -> Result<Vec<Result<Source, IngestError>>> {
        let sources = ingest::sources(inputs, &self.options(text_column)?);
        if sources.is_empty() {
            bail!(
                "there is nothing to read in {}",
                inputs.iter().map(|input| input.display().to_string()).collect::<Vec<_>>().join(", ")
            );
        }
        Ok(sources)
    }

    /// What documents are read with.
    pub fn reader(&self, text_column: &str) -> Result<DocumentReader> {
        let manifest = self.manifest.as_ref().map(read_manifest).transpose()?;
        Ok(DocumentReader { options: self.options(text_column)?, reader: Reader::new(), manifest })
    }

    fn options(&self, text_column: &str) -> Result<Options> {
        let encoding = match &self.encoding {
            None => None,
            Some(name) => match encoding_rs::Encoding::for_label(name.as_bytes()) {
                Some(encoding) => Some(encoding),
                None => bail!("`{name}` is no encoding that is known; some that are: utf-8, gb18030, gbk, big5, utf-16le"),
            },
        };
        Ok(Options {
            encoding,
            // `text` is found without being asked for, and so are its Chinese names.
            text_column: (text_column != "text").then(|| text_column.to_owned()),
            id_column: self.id_column.clone(),
            limits: Limits {
                max_document_bytes: self.max_document_bytes,
                max_unpacked_bytes: self.max_unpacked_bytes,
                max_ratio: self.max_ratio,
                max_entries: self.max_entries,
                max_nesting: self.max_nesting,
                max_depth: self.max_depth,
                max_line_bytes: self.max_line_bytes,
                max_time: Duration::from_secs(self.max_time),
            },
            ..Options::default()
        })
    }
}

fn read_manifest(path: &PathBuf) -> Result<Manifest> {
    let mut bytes = Vec::new();
    let opened = fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    opened.with_context(|| format!("cannot read the manifest {}", path.display()))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut table = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = Vec::new();
    for record in table.records() {
        let record = record.with_context(|| format!("the manifest {} is not a table", path.display()))?;
        rows.push(record.iter().map(str::to_owned).collect::<Vec<String>>());
    }
    let mut rows = rows.into_iter();
    let header = rows.next().unwrap_or_default();
    Manifest::new(&header, rows).with_context(|| format!("the manifest {} cannot be used", path.display()))
}

impl DocumentReader {
    /// Gives each document of a source, or the reason why there is none.
    pub fn read(&self, source: &Source, each: &mut dyn FnMut(Result<Document, IngestError>)) {
        ingest::read(source, &self.options, &mut |raw| each(raw.map(|raw| self.document(&raw))));
    }

    /// Gives the raw text of each document of a source.
    pub fn read_raw(&self, source: &Source, each: &mut dyn FnMut(Result<RawDocument, IngestError>)) {
        ingest::read(source, &self.options, each);
    }

    /// Makes a document of raw text.
    pub fn document(&self, raw: &RawDocument) -> Document {
        let mut document = self.reader.document(&raw.name, &raw.text);
        // A text of one line is what somebody wants to know the themes of, however much it looks like a heading.
        if let [Block { kind, .. }] = document.blocks.as_mut_slice() {
            *kind = Kind::Paragraph;
        }
        if raw.unit == Unit::Row {
            document.metadata.more.extend(raw.metadata.iter().cloned());
        }
        if let Some(manifest) = &self.manifest {
            manifest.apply(&document.name, &mut document.metadata);
        }
        document
    }

    /// The columns of the manifest, if there is one.
    pub fn manifest_columns(&self) -> Option<&[String]> {
        self.manifest.as_ref().map(Manifest::columns)
    }

    /// Where the manifest and the documents that were read do not meet; `None` without a manifest.
    pub fn check_manifest<'n>(&self, read: impl Iterator<Item = &'n str> + Clone) -> Option<ManifestCheck> {
        let manifest = self.manifest.as_ref()?;
        let met: HashSet<&str> = read.clone().flat_map(Manifest::names).collect();
        let mut rows_without_document: Vec<String> =
            manifest.documents().filter(|row| !met.contains(row)).map(str::to_owned).collect();
        rows_without_document.sort_unstable();
        let documents_without_row = read.filter(|name| !manifest.has(name)).map(str::to_owned).collect();
        Some(ManifestCheck { rows_without_document, documents_without_row })
    }
}
