//! .pdf with a text layer: what its pages show, put back into paragraphs.
//!
//! lopdf reads the file's objects; the pages' drawing instructions are followed here, since paragraphs can only be told by where the text
//! stands, which text extractors do not give. (Of those, pdf-extract panics by design on fonts that it does not know, and pdf_oxide lost
//! whole lines of Chinese pages that LibreOffice had made.)

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Error, LoadOptions, Object, ObjectId};

use super::contained;
use super::error::Reason;
use super::limits::{Budget, Limit};
use super::pdf_font::Font;
use super::pdf_layout::{self, Page, Run};

const FORMAT: &str = ".pdf";
/// Unpacked size of one page's instructions. A full page of Chinese takes 50 KB.
const MAX_PAGE_BYTES: usize = 32 << 20;
/// Forms inside forms.
const MAX_FORMS: usize = 8;
/// Graphics states that a page may have put aside.
const MAX_STATES: usize = 512;
/// Instructions between two looks at the clock.
const OPERATIONS_PER_CHECK: usize = 4096;

/// Reads the text of all pages.
///
/// # Errors
///
/// [`Reason::Encrypted`], [`Reason::NoTextLayer`], [`Reason::Damaged`], [`Reason::ReaderFailed`] and the limits.
pub(super) fn read(bytes: &[u8], budget: &Budget) -> Result<String, Reason> {
    // lopdf is hardened against hostile files but large; `contained` says why a panic of it must not end the batch.
    let pages = contained(FORMAT, || read_pages(bytes, budget))?;
    // Spaces alone are what scanners leave as a "text layer".
    if pages.iter().flat_map(|page| &page.runs).all(|run| run.text.chars().all(is_nothing)) {
        return Err(Reason::NoTextLayer);
    }
    Ok(pdf_layout::paragraphs(pages))
}

/// True for what a page can hold without saying anything; characters of fonts that do not tell theirs are among it.
fn is_nothing(character: char) -> bool {
    character.is_whitespace() || character == char::REPLACEMENT_CHARACTER
}

fn read_pages(bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, Reason> {
    let allowed = usize::try_from(budget.limits().max_document_bytes).unwrap_or(usize::MAX);
    let options = LoadOptions { max_decompressed_size: Some(allowed), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| damaged(error, budget))?;
    // Files that only forbid printing and the like have an empty password, which lopdf has tried.
    if document.trailer.has(b"Encrypt") && !document.was_encrypted() {
        return Err(Reason::Encrypted(FORMAT));
    }
    budget.check_time()?;
    let mut fonts = HashMap::new();
    let mut pages = Vec::new();
    for page_id in document.get_pages().into_values() {
        let content =
            document.get_page_content_with_limit(page_id, MAX_PAGE_BYTES).map_err(|error| damaged(error, budget))?;
        let (own, inherited) = document.get_page_resources(page_id).map_err(|error| damaged(error, budget))?;
        let inherited = inherited.into_iter().filter_map(|id| document.get_dictionary(id).ok());
        let mut painter =
            Painter { document: &document, budget, fonts: &mut fonts, runs: Vec::new(), state: State::default() };
        painter.paint(&content, &own.into_iter().chain(inherited).collect::<Vec<_>>(), 0)?;
        pages.push(Page { runs: painter.runs });
    }
    Ok(pages)
}

/// What an error of lopdf means.
fn damaged(error: Error, budget: &Budget) -> Reason {
    match error {
        Error::InvalidPassword | Error::Decryption(_) => Reason::Encrypted(FORMAT),
        Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => {
            Reason::limit(Limit::DocumentBytes, budget.limits().max_document_bytes)
        }
        error => Reason::damaged(FORMAT, error),
    }
}

/// A matrix of PDF: x' = a·x + c·y + e, y' = b·x + d·y + f.
#[derive(Debug, Clone, Copy)]
struct Matrix([f32; 6]);

impl Matrix {
    const IDENTITY: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this, then `next`.
    fn then(self, next: Matrix) -> Matrix {
        let [a, b, c, d, e, f] = self.0;
        let [na, nb, nc, nd, ne, nf] = next.0;
        Matrix([
            a * na + b * nc,
            a * nb + b * nd,
            c * na + d * nc,
            c * nb + d * nd,
            e * na + f * nc + ne,
            e * nb + f * nd + nf,
        ])
    }

    fn moved(x: f32, y: f32) -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, x, y])
    }

    fn from_operands(operands: &[Object]) -> Option<Matrix> {
        let mut values = [0.0; 6];
        for (value, operand) in values.iter_mut().zip(operands.get(..6)?) {
            *value = operand.as_float().ok()?;
        }
        Some(Matrix(values))
    }
}

/// The state of drawing that text depends on.
#[derive(Clone)]
struct State {
    page: Matrix,
    text: Matrix,
    line: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    char_spacing: f32,
    word_spacing: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

impl Default for State {
    fn default() -> Self {
        State {
            page: Matrix::IDENTITY,
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            font: None,
            size: 1.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// Follows the instructions of one page.
struct Painter<'a> {
    document: &'a Document,
    budget: &'a Budget,
    /// Fonts read already, by the object that they are.
    fonts: &'a mut HashMap<ObjectId, Rc<Font>>,
    runs: Vec<Run>,
    state: State,
}

impl Painter<'_> {
    fn paint(&mut self, content: &[u8], resources: &[&Dictionary], forms: usize) -> Result<(), Reason> {
        self.budget.add_unpacked(content.len() as u64)?;
        // Content that breaks off is no error to viewers either: what can be read is shown.
        let Ok(content) = Content::decode(content) else { return Ok(()) };
        let mut saved = Vec::new();
        for (count, operation) in content.operations.iter().enumerate() {
            if count % OPERATIONS_PER_CHECK == 0 {
                self.budget.check_time()?;
            }
            match operation.operator.as_str() {
                "q" if saved.len() < MAX_STATES => saved.push(self.state.clone()),
                "Q" => self.state = saved.pop().unwrap_or_else(|| self.state.clone()),
                "Do" if forms < MAX_FORMS => self.paint_form(operation, resources, forms)?,
                "Tf" => self.set_font(operation, resources),
                _ => self.apply(operation),
            }
        }
        Ok(())
    }

    /// Paints a form: a piece of a page with instructions and fonts of its own.
    fn paint_form(&mut self, operation: &Operation, resources: &[&Dictionary], forms: usize) -> Result<(), Reason> {
        let Some(Ok(name)) = operation.operands.first().map(Object::as_name) else { return Ok(()) };
        let Some(Object::Stream(form)) = self.resource(resources, b"XObject", name).map(|(_, form)| form) else {
            return Ok(());
        };
        if form.dict.get(b"Subtype").and_then(Object::as_name).ok() != Some(b"Form") {
            return Ok(());
        }
        let Ok(content) = form.get_plain_content_with_limit(MAX_PAGE_BYTES) else { return Ok(()) };
        let own = form.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict).ok();
        let resources: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).collect();
        let outer = self.state.clone();
        let matrix = form.dict.get(b"Matrix").and_then(Object::as_array).ok();
        if let Some(matrix) = matrix.and_then(|array| Matrix::from_operands(array)) {
            self.state.page = matrix.then(self.state.page);
        }
        let result = self.paint(&content, &resources, forms + 1);
        self.state = outer;
        result
    }

    /// A resource by its kind and name, from the nearest dictionary that has it.
    fn resource<'d>(&self, resources: &[&'d Dictionary], kind: &[u8], name: &[u8]) -> Option<(Option<ObjectId>, &'d Object)>
    where
        Self: 'd,
    {
        let document: &'d Document = self.document;
        resources.iter().find_map(|dictionary| {
            let of_kind = dictionary.get_deref(kind, document).and_then(Object::as_dict).ok()?;
            document.dereference(of_kind.get(name).ok()?).ok()
        })
    }

    fn set_font(&mut self, operation: &Operation, resources: &[&Dictionary]) {
        let [name, size] = operation.operands.as_slice() else { return };
        self.state.size = size.as_float().unwrap_or(self.state.size);
        let Ok(name) = name.as_name() else { return };
        let Some((id, Object::Dictionary(font))) = self.resource(resources, b"Font", name) else { return };
        let font = match id {
            Some(id) => match self.fonts.get(&id) {
                Some(font) => Rc::clone(font),
                None => {
                    let font = Rc::new(Font::new(font, self.document));
                    self.fonts.insert(id, Rc::clone(&font));
                    font
                }
            },
            None => Rc::new(Font::new(font, self.document)),
        };
        self.state.font = Some(font);
    }

    fn apply(&mut self, operation: &Operation) {
        let operands = operation.operands.as_slice();
        let number = |index: usize| operands.get(index).and_then(|operand| operand.as_float().ok()).unwrap_or_default();
        match operation.operator.as_str() {
            "cm" => {
                if let Some(matrix) = Matrix::from_operands(operands) {
                    self.state.page = matrix.then(self.state.page);
                }
            }
            "BT" => self.set_line(Matrix::IDENTITY),
            "Tm" => {
                if let Some(matrix) = Matrix::from_operands(operands) {
                    self.set_line(matrix);
                }
            }
            "Td" => self.move_line(number(0), number(1)),
            "TD" => {
                self.state.leading = -number(1);
                self.move_line(number(0), number(1));
            }
            "T*" => self.next_line(),
            "TL" => self.state.leading = number(0),
            "Tc" => self.state.char_spacing = number(0),
            "Tw" => self.state.word_spacing = number(0),
            "Tz" => self.state.stretch = number(0) / 100.0,
            "Ts" => self.state.rise = number(0),
            "Tj" => self.show_all(operands),
            "'" => {
                self.next_line();
                self.show_all(operands);
            }
            "\"" => {
                self.state.word_spacing = number(0);
                self.state.char_spacing = number(1);
                self.next_line();
                self.show_all(operands.get(2..).unwrap_or_default());
            }
            "TJ" => {
                if let Some(Object::Array(pieces)) = operands.first() {
                    self.show_all(pieces);
                }
            }
            _ => {}
        }
    }

    fn set_line(&mut self, matrix: Matrix) {
        self.state.line = matrix;
        self.state.text = matrix;
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.set_line(Matrix::moved(x, y).then(self.state.line));
    }

    fn next_line(&mut self) {
        self.move_line(0.0, -self.state.leading);
    }

    /// Shows strings; numbers between them move back by thousandths of the size.
    fn show_all(&mut self, pieces: &[Object]) {
        for piece in pieces {
            match piece {
                Object::String(string, _) => self.show(string),
                other => {
                    if let Ok(back) = other.as_float() {
                        self.advance(-back / 1000.0 * self.state.size * self.state.stretch);
                    }
                }
            }
        }
    }

    /// Shows one string, character by character: each has its own place, which justified lines need.
    fn show(&mut self, string: &[u8]) {
        let Some(font) = self.state.font.clone() else { return };
        for glyph in font.glyphs(string) {
            let state = &self.state;
            let matrix = Matrix([state.size * state.stretch, 0.0, 0.0, state.size, 0.0, state.rise]);
            let Matrix([a, b, _, d, x, y]) = matrix.then(state.text).then(state.page);
            let spacing = state.char_spacing + if glyph.is_space { state.word_spacing } else { 0.0 };
            let advance = (glyph.width / 1000.0 * state.size + spacing) * state.stretch;
            // Text at an angle is a watermark or a stamp, none is part of the running text.
            let is_level = a > 0.0 && b.abs() < a * 0.1;
            if is_level && x.is_finite() && y.is_finite() && d != 0.0 {
                let end = x + glyph.width / 1000.0 * a;
                self.runs.push(Run { text: glyph.text, x, end, y, size: d.abs() });
            }
            self.advance(advance);
        }
    }

    fn advance(&mut self, x: f32) {
        self.state.text = Matrix::moved(x, 0.0).then(self.state.text);
    }
}
