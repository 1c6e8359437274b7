//! Which format bytes are in, by what is in them. A file's extension decides only where content cannot: Markdown, and tables whose columns
//! have no telling names.

use super::archive::is_tar;
use super::error::Reason;
use super::{Format, Options, jsonl, table};

/// How many bytes from the start tell the format.
pub(super) const HEAD_BYTES: usize = 4096;

/// A kind of file, as its first bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Zip: an archive, .docx or .xlsx.
    Zip,
    Gzip,
    Tar,
    Pdf,
    /// None of these, so text if it is anything.
    Text,
    /// Known, and not read.
    Refused(Reason),
}

/// Formats that are recognised to say more than "binary".
const REFUSED: [(&[u8], &str, &str); 10] = [
    (b"{\\rtf", "an RTF document", "save it as .docx"),
    (b"Rar!\x1A\x07", "a RAR archive", "pack it as .zip"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "pack it as .zip"),
    (b"BZh", "a bzip2 archive", "pack it as .zip or .tar.gz"),
    (b"\xFD7zXZ\0", "an xz archive", "pack it as .zip or .tar.gz"),
    (b"\x28\xB5\x2F\xFD", "a zstd archive", "pack it as .zip or .tar.gz"),
    (b"\x89PNG\r\n\x1A\n", "an image", "run text recognition (OCR) on it first"),
    (b"\xFF\xD8\xFF", "an image", "run text recognition (OCR) on it first"),
    (b"GIF8", "an image", "run text recognition (OCR) on it first"),
    (b"%!PS", "a PostScript file", "convert it to .pdf"),
];

/// The kind of a file with these first bytes.
pub(super) fn kind(head: &[u8]) -> Kind {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Kind::Zip;
    }
    if head.starts_with(b"\x1F\x8B") {
        return Kind::Gzip;
    }
    if is_tar(head) {
        return Kind::Tar;
    }
    // Readers look for it in the first kilobyte: some servers write something before.
    let start = head.get(..1024).unwrap_or(head);
    if memchr::memmem::find(start, b"%PDF-").is_some() && !start.starts_with(b"<") {
        return Kind::Pdf;
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Kind::Refused(Reason::Unsupported {
            what: "an old or encrypted Office file (.doc, .xls)",
            advice: "remove its password, if it has one, and save it as .docx or .xlsx",
        });
    }
    match REFUSED.iter().find(|(magic, _, _)| head.starts_with(magic)) {
        Some((_, what, advice)) => Kind::Refused(Reason::Unsupported { what, advice }),
        None => Kind::Text,
    }
}

/// What a zip is, by the names of its members.
pub(super) fn zip_kind<'a>(names: impl Iterator<Item = &'a str>) -> Result<Format, Reason> {
    let odf = Reason::Unsupported { what: "an OpenDocument or EPUB file", advice: "save it as .docx or .xlsx" };
    for name in names {
        match name {
            "word/document.xml" => return Ok(Format::Docx),
            "xl/workbook.xml" => return Ok(Format::Xlsx),
            "xl/workbook.bin" => {
                return Err(Reason::Unsupported { what: "a binary workbook (.xlsb)", advice: "save it as .xlsx" });
            }
            "ppt/presentation.xml" => {
                return Err(Reason::Unsupported { what: "a presentation (.pptx)", advice: "save its text as .docx" });
            }
            "mimetype" => return Err(odf),
            _ => {}
        }
    }
    Ok(Format::Zip)
}

/// The format of decoded text.
pub(super) fn text_format(name: &str, text: &str, options: &Options) -> Format {
    let extension = extension(name);
    if is_html(text) {
        return Format::Html;
    }
    if jsonl::looks_like_json_lines(text) || matches!(extension.as_str(), "jsonl" | "ndjson") {
        return Format::JsonLines;
    }
    match extension.as_str() {
        "csv" => Format::Csv,
        "tsv" | "tab" => Format::Tsv,
        "md" | "markdown" => Format::Markdown,
        _ if table::looks_like_table(text, options) => Format::Csv,
        _ => Format::Text,
    }
}

/// True for text that begins as a page does, or with an element of one.
fn is_html(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    // Comments and the declarations of XHTML may come first.
    loop {
        let end = match () {
            () if rest.starts_with("<!--") => "-->",
            () if rest.starts_with("<?xml") => "?>",
            () => break,
        };
        match rest.split_once(end) {
            Some((_, tail)) => rest = tail.trim_start(),
            None => return false,
        }
    }
    let Some(rest) = rest.strip_prefix('<') else { return false };
    let name: String = rest
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || *character == '!')
        .take(12)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(
        name.as_str(),
        "!doctype"
            | "html"
            | "head"
            | "body"
            | "meta"
            | "title"
            | "div"
            | "p"
            | "table"
            | "h1"
            | "h2"
            | "h3"
            | "ul"
            | "ol"
            | "span"
            | "br"
            | "center"
            | "article"
            | "section"
            | "main"
            | "style"
            | "script"
            | "font"
            | "link"
            | "base"
    )
}

/// True for bytes decoded to something that is no text: control characters, or too much that fits no character.
pub(super) fn is_binary(text: &str, malformed: usize) -> bool {
    let (mut count, mut odd) = (0_usize, malformed);
    for character in text.chars() {
        count += 1;
        let harmless = matches!(character, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1A}' | '\u{85}');
        if character.is_control() && !harmless {
            odd += 1;
        }
    }
    odd * 20 > count
}

/// The extension in lower case; that of `report.txt.gz` is `txt`.
fn extension(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.') {
        Some((_, extension)) if !extension.contains('/') => extension.to_owned(),
        _ => String::new(),
    }
}
