//! What the tests of reading share: fixtures, and reading all of a file or of bytes.
#![allow(dead_code)] // Each test program uses its part.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use policy_topics::ingest::{self, IngestError, Options, RawDocument, Reason, Source};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What reading gives.
pub type Read = Vec<Result<RawDocument, IngestError>>;

/// The path of a file made by LibreOffice, or of the text that it was made from.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ingest").join(name)
}

/// The report's text, a paragraph a line.
pub fn report() -> String {
    std::fs::read_to_string(fixture("report.txt")).unwrap()
}

pub fn read_path(path: &Path, options: &Options) -> Read {
    let mut found = Vec::new();
    ingest::read(&Source::file(path), options, &mut |result| found.push(result));
    found
}

pub fn read_bytes(name: &str, bytes: impl Into<Vec<u8>>, options: &Options) -> Read {
    let mut found = Vec::new();
    ingest::read_bytes(name, bytes.into(), options, &mut |result| found.push(result));
    found
}

/// The one document of a file.
pub fn document(name: &str, bytes: impl Into<Vec<u8>>) -> RawDocument {
    let mut found = read_bytes(name, bytes, &Options::default());
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).unwrap()
}

/// The one reason why a file cannot be read.
pub fn reason(name: &str, bytes: impl Into<Vec<u8>>, options: &Options) -> Reason {
    let mut found = read_bytes(name, bytes, options);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).unwrap_err().reason
}

/// What reading gave, in short: `name=text` and `name!reason`.
pub fn summary(found: &Read) -> Vec<String> {
    found
        .iter()
        .map(|result| match result {
            Ok(document) => format!("{}={}", document.name, document.text.trim_end()),
            Err(error) => format!("{}!{}", error.document, variant(&error.reason)),
        })
        .collect()
}

/// The bare name of a reason.
pub fn variant(reason: &Reason) -> String {
    let debug = format!("{reason:?}");
    debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// A zip of these members.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tar of these members, whose names are not checked.
pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// `bytes` packed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A .docx with this body.
pub fn docx(body: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"w\" xmlns:mc=\"mc\"><w:body>{body}</w:body></w:document>"
    );
    zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml.as_bytes())])
}

/// A .pdf of one page that draws `content`, with `extra` in its trailer.
pub fn pdf(content: &str, extra: &str) -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>".to_owned(),
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/Song/DW 1000>>".to_owned(),
    ];
    let mut pdf = b"%PDF-1.5\n".to_vec();
    let mut table = String::from("xref\n0 7\n0000000000 65535 f \n");
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).into_bytes());
    }
    let start = pdf.len();
    pdf.extend(format!("{table}trailer<</Size 7/Root 1 0 R{extra}>>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    pdf
}

/// `text` as a PDF string of UTF-16.
pub fn pdf_string(text: &str) -> String {
    let digits: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<{digits}>")
}
