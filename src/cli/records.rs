//! Rows in, rows out: what `classify` reads and writes.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use policy_topics::model::{Assignment, Classifier, Term};
use policy_topics::theme::{Label, Language};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::style;

/// The fields of a row, in order, each with its value as JSON text.
#[derive(Debug, Default)]
pub struct Fields<'r>(pub Vec<(Cow<'r, str>, Cow<'r, str>)>);

impl<'r> Fields<'r> {
    /// Adds a field whose value is a string.
    pub fn text(&mut self, name: &'r str, value: &str) {
        self.0.push((Cow::Borrowed(name), Cow::Owned(json_string(value))));
    }

    /// The value of a field that is a string.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)?;
        let inside = value.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inside));
        }
        serde_json::from_str(value).ok().map(Cow::Owned)
    }
}

/// A string as JSON text.
pub fn json_string(text: &str) -> String {
    // Writing a string as JSON into memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Fields<'de> {
    /// Reads a JSON object, keeping every value's text as it stands.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name<'n>(Cow<'n, str>);
        impl<'de> Deserialize<'de> for Name<'de> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct NameVisitor;
                impl<'de> Visitor<'de> for NameVisitor {
                    type Value = Name<'de>;

                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        f.write_str("a field's name")
                    }

                    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
                        Ok(Name(Cow::Borrowed(name)))
                    }

                    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                        Ok(Name(Cow::Owned(name.to_owned())))
                    }
                }
                deserializer.deserialize_str(NameVisitor)
            }
        }
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object such as {\"text\": \"…\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry::<Name, &RawValue>()? {
                    fields.push((name, Cow::Borrowed(value.get())));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// What a row was given.
pub struct Labels {
    pub assignment: Assignment,
    /// What made the decision, where it was asked for.
    pub reasons: Option<Reasons>,
    /// Something a person should know of the decision.
    pub note: Option<&'static str>,
}

/// What made a decision.
pub struct Reasons {
    /// The terms that speak most for the primary label.
    pub terms: Vec<Term>,
    /// The sentences, in order.
    pub sentences: Vec<SentenceReason>,
}

/// What a sentence adds to the decision values. Those of all sentences add up to the values.
pub struct SentenceReason {
    /// Where it stands in the text, in characters.
    pub characters: Range<usize>,
    pub text: String,
    /// What it adds to the value of the primary label.
    pub primary: f64,
    /// What it adds to the log odds of each named theme, by theme.
    pub themes: Vec<(usize, f64)>,
}

/// In which form rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Table,
    JsonLines,
    Csv,
}

/// Writes rows in one form.
pub struct Rows<'m> {
    form: Form,
    classifier: &'m Classifier,
    language: Language,
    explain: bool,
    coloured: bool,
    width: usize,
    /// The columns of CSV that are passed through, from the first row.
    columns: std::sync::OnceLock<Vec<String>>,
    /// The names of labels and of themes as JSON text.
    labels: Vec<String>,
    themes: Vec<String>,
}

/// Names that the output gives; a field of the input that has one is written as `input_…`.
const OURS: [&str; 8] =
    ["primary", "themes", "certain", "probabilities", "theme_probabilities", "terms", "sentences", "note"];

impl<'m> Rows<'m> {
    pub fn new(form: Form, classifier: &'m Classifier, language: Language, explain: bool) -> Self {
        let columns = std::sync::OnceLock::new();
        let names = |labels: &[Label]| labels.iter().map(|label| json_string(&label.id)).collect();
        Rows {
            form,
            classifier,
            language,
            explain,
            coloured: style::coloured(),
            width: style::width(),
            columns,
            labels: names(&classifier.model().labels),
            themes: names(&classifier.model().themes),
        }
    }

    /// Writes what stands above the rows; CSV takes its columns from `first`, the first row.
    pub fn begin(&self, out: &mut dyn Write, first: &Fields) -> io::Result<()> {
        let model = self.classifier.model();
        match self.form {
            Form::JsonLines => Ok(()),
            Form::Table => {
                let chinese = self.language == Language::Chinese;
                let (theme, also, text) =
                    if chinese { ("主题", "涉及", "正文") } else { ("theme", "touches", "text") };
                let line = self.table_line(theme, "p", also, text);
                writeln!(out, "{}", line.trim_end())
            }
            Form::Csv => {
                let columns =
                    self.columns.get_or_init(|| first.0.iter().map(|(name, _)| name.clone().into_owned()).collect());
                let mut header: Vec<String> = columns.iter().map(|name| passed_on(name).into_owned()).collect();
                header.extend(["primary", "themes", "certain"].map(str::to_owned));
                header.extend(model.labels.iter().map(|label| format!("p_{}", label.id)));
                header.extend(model.themes.iter().map(|theme| format!("t_{}", theme.id)));
                if self.explain {
                    header.extend(["terms", "sentences"].map(str::to_owned));
                }
                header.push("note".to_owned());
                csv_line(out, &header)
            }
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// A field that the first row does not have, in CSV: (`Ok(Err(name))`); or that writing failed.
    pub fn row(&self, out: &mut Vec<u8>, fields: &Fields, text: &str, labels: Option<&Labels>) -> Result<(), String> {
        match self.form {
            Form::JsonLines => self.json(out, fields, labels),
            Form::Table => self.table(out, text, fields, labels),
            Form::Csv => self.csv(out, fields, labels)?,
        }
        Ok(())
    }

    fn json(&self, out: &mut Vec<u8>, fields: &Fields, labels: Option<&Labels>) {
        out.push(b'{');
        for (at, (name, value)) in fields.0.iter().enumerate() {
            comma(out, at);
            string(out, &passed_on(name));
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
        if let Some(labels) = labels {
            let assignment = &labels.assignment;
            comma(out, fields.0.len());
            out.extend_from_slice(b"\"primary\":");
            out.extend_from_slice(self.labels[assignment.primary].as_bytes());
            out.extend_from_slice(b",\"themes\":[");
            for (at, &theme) in assignment.themes.iter().enumerate() {
                comma(out, at);
                out.extend_from_slice(self.themes[theme].as_bytes());
            }
            out.extend_from_slice(b"],\"certain\":");
            out.extend_from_slice(if assignment.certain { b"true" } else { b"false" });
            out.extend_from_slice(b",\"probabilities\":{");
            probabilities(out, &self.labels, &assignment.probabilities);
            if !self.themes.is_empty() {
                out.extend_from_slice(b",\"theme_probabilities\":{");
                probabilities(out, &self.themes, &assignment.theme_probabilities);
            }
            if let Some(reasons) = &labels.reasons {
                self.json_reasons(out, reasons);
            }
            if let Some(note) = labels.note {
                out.extend_from_slice(b",\"note\":");
                string(out, note);
            }
        }
        out.extend_from_slice(b"}\n");
    }

    fn json_reasons(&self, out: &mut Vec<u8>, reasons: &Reasons) {
        out.extend_from_slice(b",\"terms\":[");
        for (at, term) in reasons.terms.iter().enumerate() {
            comma(out, at);
            out.extend_from_slice(b"{\"term\":");
            string(out, &term.term);
            out.extend_from_slice(format!(",\"contribution\":{:.6}}}", term.contribution).as_bytes());
        }
        out.extend_from_slice(b"],\"sentences\":[");
        for (at, sentence) in reasons.sentences.iter().enumerate() {
            comma(out, at);
            let Range { start, end } = sentence.characters;
            out.extend_from_slice(format!("{{\"start\":{start},\"end\":{end},\"text\":").as_bytes());
            string(out, &sentence.text);
            out.extend_from_slice(format!(",\"primary\":{:.6},\"themes\":{{", sentence.primary).as_bytes());
            for (at, (theme, contribution)) in sentence.themes.iter().enumerate() {
                comma(out, at);
                out.extend_from_slice(format!("{}:{contribution:.6}", self.themes[*theme]).as_bytes());
            }
            out.extend_from_slice(b"}}");
        }
        out.push(b']');
    }

    fn csv(&self, out: &mut Vec<u8>, fields: &Fields, labels: Option<&Labels>) -> Result<(), String> {
        let columns = self.columns.get().map(Vec::as_slice).unwrap_or_default();
        if let Some((name, _)) = fields.0.iter().find(|(name, _)| !columns.iter().any(|column| column == name)) {
            return Err(format!("the field `{name}` is not in the first row, so it has no column: use --format jsonl"));
        }
        let plain = |name: &String| match fields.get(name) {
            Some(text) => text.into_owned(),
            None => fields.0.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| {
                if value == "null" { String::new() } else { value.clone().into_owned() }
            }),
        };
        let mut cells: Vec<String> = columns.iter().map(plain).collect();
        let model = self.classifier.model();
        if let Some(Labels { assignment, reasons, note }) = labels {
            let number = |&p: &f64| {
                let mut digits = Vec::new();
                probability(&mut digits, p);
                String::from_utf8_lossy(&digits).into_owned()
            };
            cells.push(model.labels[assignment.primary].id.clone());
            cells.push(assignment.themes.iter().map(|&theme| model.themes[theme].id.as_str()).collect::<Vec<_>>().join(";"));
            cells.push(assignment.certain.to_string());
            cells.extend(assignment.probabilities.iter().chain(&assignment.theme_probabilities).map(number));
            if let Some(Reasons { terms, sentences }) = reasons {
                let term = |term: &Term| format!("{}:{:.6}", term.term, term.contribution);
                cells.push(terms.iter().map(term).collect::<Vec<_>>().join(";"));
                let sentence = |sentence: &SentenceReason| {
                    let Range { start, end } = sentence.characters;
                    let themes = sentence.themes.iter().map(|(theme, c)| format!(",{}={c:.6}", model.themes[*theme].id));
                    format!("{start}-{end}:primary={:.6}{}", sentence.primary, themes.collect::<String>())
                };
                cells.push(sentences.iter().map(sentence).collect::<Vec<_>>().join(";"));
            }
            cells.push(note.unwrap_or_default().to_owned());
        } else {
            let empty = 4 + model.heads() + if self.explain { 2 } else { 0 };
            cells.resize(cells.len() + empty, String::new());
        }
        csv_line(out, &cells).map_err(|error| error.to_string())
    }

    fn table(&self, out: &mut Vec<u8>, text: &str, fields: &Fields, labels: Option<&Labels>) {
        let model = self.classifier.model();
        let line = match labels {
            None => {
                let kind = fields.get("kind").unwrap_or_default();
                let style = anstyle::Style::new().bold();
                let line = self.table_line("", "", &format!("[{kind}]"), text);
                self.paint(line.trim_end(), style)
            }
            Some(Labels { assignment, reasons, .. }) => {
                let label = &model.labels[assignment.primary];
                let also = assignment.themes.iter().map(|&theme| &model.themes[theme]).filter(|theme| theme.id != label.id);
                let also = also.map(|theme| theme.name(self.language)).collect::<Vec<_>>().join(" ");
                let doubt = if assignment.certain { "" } else { "?" };
                let p = format!("{:.2}{doubt}", assignment.probabilities[assignment.primary]);
                let line = self.table_line(label.name(self.language), &p, &also, text);
                let mut line = self.paint(line.trim_end(), style::colour(label, assignment.primary));
                if let Some(Reasons { terms, sentences }) = reasons {
                    for Term { term, contribution } in terms {
                        line.push_str(&format!("\n    {contribution:+.3} {term}"));
                    }
                    for SentenceReason { primary, text, .. } in sentences {
                        let text = style::fit(text.trim(), self.width.saturating_sub(13));
                        line.push_str(&format!("\n    {primary:+.3} │ {}", text.trim_end()));
                    }
                }
                line
            }
        };
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn paint(&self, line: &str, style: anstyle::Style) -> String {
        if self.coloured { format!("{style}{line}{style:#}") } else { line.to_owned() }
    }

    /// A line of the table: columns of fixed width, the text in what is left.
    fn table_line(&self, theme: &str, p: &str, also: &str, text: &str) -> String {
        use unicode_width::UnicodeWidthStr;
        let model = self.classifier.model();
        let widest = model.labels.iter().map(|label| label.name(self.language).width()).max().unwrap_or(0).clamp(6, 24);
        let touches = if model.themes.is_empty() { 11 } else { (2 * widest).clamp(11, 24) };
        let left = self.width.saturating_sub(widest + touches + 5 + 6).max(20);
        let cells = [style::fit(theme, widest), style::fit(p, 5), style::fit(also, touches), style::fit(text, left)];
        cells.join("  ")
    }
}

fn passed_on(name: &str) -> Cow<'_, str> {
    if OURS.contains(&name) { Cow::Owned(format!("input_{name}")) } else { Cow::Borrowed(name) }
}

/// Parts what comes from `before` others.
fn comma(out: &mut Vec<u8>, before: usize) {
    if before > 0 {
        out.push(b',');
    }
}

/// Probabilities by name, and what closes them.
fn probabilities(out: &mut Vec<u8>, names: &[String], probabilities: &[f64]) {
    for (at, (name, &p)) in names.iter().zip(probabilities).enumerate() {
        comma(out, at);
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        probability(out, p);
    }
    out.push(b'}');
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Writing a string as JSON into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// The numbers below 100, each with two digits.
const DIGITS: [[u8; 2]; 100] = {
    let mut digits = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        digits[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    digits
};

/// Six decimals, without the rounding noise that a float's shortest form would show.
fn probability(out: &mut Vec<u8>, p: f64) {
    // Truncated: half a millionth was added.
    let millionths = (p.clamp(0.0, 1.0) * 1e6 + 0.5) as usize;
    let [[_, whole], [a, b], [c, d], [e, f]] = [1_000_000, 10_000, 100, 1].map(|unit| DIGITS[millionths / unit % 100]);
    out.extend_from_slice(&[whole, b'.', a, b, c, d, e, f]);
}

fn csv_line(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    out.write_all(&writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_have_six_decimals() {
        let text = |p| {
            let mut out = Vec::new();
            probability(&mut out, p);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(0.0), "0.000000");
        assert_eq!(text(0.1234567), "0.123457");
        assert_eq!(text(0.999_999_9), "1.000000");
        assert_eq!(text(1.0), "1.000000");
    }

    #[test]
    fn fields_keep_their_order_and_their_text() {
        let fields: Fields = serde_json::from_str(r#"{"b": 1.50, "text": "甲\n乙", "a": [1, {"x": null}]}"#).unwrap();
        assert_eq!(fields.get("text").as_deref(), Some("甲\n乙"));
        let order: Vec<(&str, &str)> = fields.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        assert_eq!(order, [("b", "1.50"), ("text", r#""甲\n乙""#), ("a", r#"[1, {"x": null}]"#)]);
    }
}
