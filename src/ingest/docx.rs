//! .docx to lines: paragraphs and table rows of the document's body, as the text stands when all tracked changes are accepted.
//!
//! A .docx file is a zip with the body in `word/document.xml`. Of the docx crates, none streams, and all build the whole document model;
//! the text alone needs a dozen element names. Headers, footers, footnotes and comments are parts of their own, and are left out.

use std::io::{BufRead, BufReader, Read, Seek};

use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesRef, Event};
use zip::ZipArchive;

use super::error::Reason;
use super::limits::{Budget, Limit};
use super::lines::Lines;

const FORMAT: &str = ".docx";
const BODY: &str = "word/document.xml";
/// XML events between two looks at the clock.
const EVENTS_PER_CHECK: usize = 4096;

/// Reads the body's text.
///
/// # Errors
///
/// [`Reason::Damaged`] for a body that is missing or no XML, and the limits.
pub(super) fn read<R: Read + Seek>(archive: &mut ZipArchive<R>, budget: &Budget) -> Result<String, Reason> {
    let part = archive.by_name(BODY).map_err(|error| Reason::damaged(FORMAT, error))?;
    let allowed = budget.limits().max_document_bytes;
    if part.size() > allowed {
        return Err(Reason::limit(Limit::DocumentBytes, allowed));
    }
    // The size declared may be a lie, so the reader is bounded too.
    let part = budget.metered(part).take(allowed.saturating_add(1));
    let mut body = Body::default();
    body.read(XmlReader::from_reader(BufReader::new(part)), budget)?;
    Ok(body.lines.finish())
}

/// The body while it is read.
#[derive(Default)]
struct Body {
    lines: Lines,
    /// Paragraphs that a text box interrupts; each goes on when the box ends.
    interrupted: Vec<String>,
    /// The text of the open paragraph.
    paragraph: String,
    in_text: bool,
    /// The open run is hidden text.
    hidden: bool,
    depth: usize,
    /// The depth of the open element that is left out with all that it holds.
    skipped_from: Option<usize>,
}

impl Body {
    fn read<B: BufRead>(&mut self, mut xml: XmlReader<B>, budget: &Budget) -> Result<(), Reason> {
        let mut buffer = Vec::new();
        for count in 0_usize.. {
            if count % EVENTS_PER_CHECK == 0 {
                budget.check_time()?;
            }
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(xml_reason)? {
                Event::Start(element) => {
                    self.depth += 1;
                    if self.depth > budget.limits().max_depth {
                        return Err(Reason::limit(Limit::Depth, budget.limits().max_depth as u64));
                    }
                    self.start(element.local_name().as_ref());
                }
                Event::Empty(element) => self.empty(element.local_name().as_ref()),
                Event::End(element) => {
                    self.end(element.local_name().as_ref());
                    self.depth = self.depth.saturating_sub(1);
                }
                Event::Text(text) if self.takes_text() => self.paragraph.push_str(&text.xml10_content()),
                Event::CData(text) if self.takes_text() => self.paragraph.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) if self.takes_text() => self.paragraph.extend(character(&entity)),
                // Office never writes one; a declaration of entities is the way to an expansion bomb.
                Event::DocType(_) => return Err(Reason::damaged(FORMAT, "it declares a document type")),
                Event::Eof if self.depth > 0 => return Err(Reason::damaged(FORMAT, "its text breaks off")),
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn takes_text(&self) -> bool {
        self.in_text && !self.hidden && self.skipped_from.is_none()
    }

    fn start(&mut self, name: &str) {
        if self.skipped_from.is_some() {
            return;
        }
        match name {
            // Deleted and moved-away text; what old programs would show instead; field codes; phonetic readings.
            "del" | "moveFrom" | "Fallback" | "instrText" | "delText" | "rt" => self.skipped_from = Some(self.depth),
            "t" => self.in_text = true,
            "tr" => self.lines.start_row(),
            "tc" => self.lines.start_cell(),
            "txbxContent" => self.interrupted.push(std::mem::take(&mut self.paragraph)),
            _ => self.empty(name),
        }
    }

    fn empty(&mut self, name: &str) {
        if self.skipped_from.is_some() {
            return;
        }
        match name {
            "br" | "cr" => self.paragraph.push('\n'),
            "tab" | "ptab" => self.paragraph.push(' '),
            "noBreakHyphen" => self.paragraph.push('-'),
            "vanish" => self.hidden = true,
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(depth) = self.skipped_from {
            if depth == self.depth {
                self.skipped_from = None;
            }
            return;
        }
        match name {
            "t" => self.in_text = false,
            "r" | "pPr" => self.hidden = false,
            "p" => self.end_paragraph(),
            "tr" => self.lines.end_row(),
            "txbxContent" => {
                self.end_paragraph();
                self.paragraph = self.interrupted.pop().unwrap_or_default();
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        self.lines.verbatim(&self.paragraph);
        self.lines.end_line();
        self.paragraph.clear();
    }
}

/// The character that a reference such as `&lt;` or `&#x4E00;` stands for; the five of XML are all there are without a document type.
fn character(entity: &BytesRef<'_>) -> Option<char> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        _ => match entity.as_ref() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
    }
}

/// What went wrong below the XML: a limit of ours that came through as an I/O error, or damage.
fn xml_reason(error: quick_xml::Error) -> Reason {
    match error {
        quick_xml::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<Reason>()) {
            Some(reason) => reason.clone(),
            None => Reason::damaged(FORMAT, error),
        },
        error => Reason::damaged(FORMAT, error),
    }
}
