//! The data of a report: plain structures that every output is written from. What each figure is and how it is computed stands
//! here, and for readers of the JSON in `docs/report-schema.md`.
//!
//! A [`Report`] holds the figures, whose number grows with documents and groups, never with text. The paragraphs of a document
//! are a [`DocumentPart`], which [`Parts`](super::Parts) gives for one document at a time.
//!
//! Labels and themes are numbers into [`Report::labels`] and [`Report::themes`]; lists "by label" and "by theme" have that order.
//! Documents are numbers into [`Report::documents`]. Shares, probabilities and differences of shares are fractions of 1, not
//! percentages.

use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::metadata::Metadata;
use crate::theme::{Label, Language};

/// The name and version of the form of a report. The number rises when a reader of the old form would misread the new one.
pub const SCHEMA: &str = "policy-topics-report/1";

/// All figures of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the program.
    pub program: String,
    /// What classified.
    pub model: ModelInfo,
    /// What was asked for.
    pub options: ReportOptions,
    /// The labels of which a paragraph has exactly one as its primary, in the order of every list "by label".
    pub labels: Vec<LabelInfo>,
    /// The themes of which a paragraph can touch any number, in the order of every list "by theme"; none for some models.
    pub themes: Vec<LabelInfo>,
    /// All documents together.
    pub overall: Unit,
    /// All documents by year, rising; the documents whose year is known.
    pub years: Vec<YearPoint>,
    /// The documents by each column of `--group-by`, in the order in which the columns were named.
    pub groupings: Vec<Grouping>,
    /// The documents in the order of the input.
    pub documents: Vec<DocumentSummary>,
    /// What could not be read or holds nothing to classify, in the order of the input.
    pub failed: Vec<Failed>,
    /// Where the manifest and the documents do not meet; `None` without a manifest.
    pub manifest: Option<ManifestCheck>,
}

/// The model that classified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// What it is called.
    pub name: String,
    /// xxh3 of its file, in hexadecimal.
    pub fingerprint: String,
}

/// What was asked for, and the numbers that figures depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportOptions {
    /// The columns documents are grouped by.
    pub group_by: Vec<String>,
    /// Whether the documents' paragraphs are part of the report.
    pub paragraphs: bool,
}

/// A label or theme as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelInfo {
    /// The label as data has it.
    pub id: String,
    /// Its name in English.
    pub english: String,
    /// Its name in Chinese.
    pub chinese: String,
    /// Its colour, `#rrggbb`, from a palette that the colour-blind can tell apart.
    pub colour: String,
}

impl LabelInfo {
    /// The label `label` in a colour.
    pub fn new(label: &Label, colour: &str) -> Self {
        LabelInfo {
            id: label.id.clone(),
            english: label.english.clone(),
            chinese: label.chinese.clone(),
            colour: colour.to_owned(),
        }
    }

    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

/// The figures of documents taken together, and the paragraphs and terms behind them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// The figures.
    pub measures: Measures,
    /// What is behind them.
    pub details: Details,
}

/// The figures of one document or of several together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// How many documents.
    pub documents: usize,
    /// Paragraphs that were classified.
    pub paragraphs: usize,
    /// Their characters, white space left out.
    pub characters: usize,
    /// Of them, paragraphs without any word, which are `other` by rule.
    pub wordless: usize,
    /// By label.
    pub labels: Vec<LabelMeasures>,
    /// By theme.
    pub themes: Vec<ThemeMeasures>,
    /// How evenly attention is spread over the labels: −Σ s ln s / ln n, over the `n` labels' shares by characters `s`. 0: all goes
    /// to one label; 1: every label has the same share. (Divided by ln n, the base of the logarithm falls out.)
    pub entropy: f64,
    /// The same over the labels without `other`, their shares scaled to sum to 1; `None` where they have no characters, or where
    /// there are fewer than two such labels.
    pub theme_entropy: Option<f64>,
    /// Blocks that are no paragraph and were not counted, by kind; kinds that did not occur are left out.
    pub left_out: Vec<LeftOut>,
}

/// What goes to a label as the primary one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelMeasures {
    /// The label's id.
    pub label: String,
    /// Paragraphs whose primary label it is.
    pub paragraphs: usize,
    /// Their characters.
    pub characters: usize,
    /// `characters` of all classified characters; the shares of all labels sum to 1. The figure by which labels are ranked and
    /// compared.
    pub share_by_characters: f64,
    /// `paragraphs` of all classified paragraphs; the shares of all labels sum to 1.
    pub share_by_paragraphs: f64,
    /// The mean over paragraphs of the calibrated probability that the label is the primary one, each paragraph weighing its
    /// characters: Σ c p / Σ c. It is what `share_by_characters` is expected to be, given that decisions can be wrong.
    pub expected: f64,
    /// The ends of the 95% interval of `expected`, by bootstrap over the paragraphs
    /// ([`interval`](super::interval) says how).
    pub expected_low: f64,
    /// See `expected_low`.
    pub expected_high: f64,
    /// The place by `share_by_characters` among all documents or among all groups of the column, 1 for the highest; equals share the
    /// better place. `None` where there is nothing to compare with: for all documents together and for years.
    pub rank: Option<usize>,
    /// `share_by_characters` less the mean of it over all documents (each document counting once), or for a group, over all groups
    /// of the column. `None` as for `rank`.
    pub difference: Option<f64>,
}

/// What touches a theme.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ThemeMeasures {
    /// The theme's id.
    pub theme: String,
    /// Paragraphs that touch it, whatever their primary label.
    pub paragraphs: usize,
    /// `paragraphs` of all classified paragraphs. A paragraph can touch several themes: these shares do not sum to 1.
    pub share: f64,
}

/// Blocks of a kind that were not counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The kind.
    pub kind: Kind,
    /// How many blocks.
    pub blocks: usize,
    /// Their characters, white space left out.
    pub characters: usize,
}

/// The terms and paragraphs behind the figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// By label.
    pub labels: Vec<LabelDetails>,
    /// The paragraphs whose two highest probabilities are closest, the closest first: where a person should look.
    pub least_certain: Vec<Example>,
}

/// What is behind the figures of a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelDetails {
    /// The label's id.
    pub label: String,
    /// The terms that spoke most for the label in the paragraphs that have it as primary, the strongest first.
    pub terms: Vec<TermWeight>,
    /// The words that are more frequent in the label's paragraphs here than in those they are compared with, the most telling first.
    /// For documents, groups and years the comparison is with the label's paragraphs in all other documents; for all documents
    /// together, with the paragraphs of all other labels.
    pub keyness: Vec<Keyness>,
    /// The paragraphs with the highest probability of the label, no two of them near-duplicates, the highest first.
    pub representative: Vec<Example>,
}

/// A term and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermWeight {
    /// The term.
    pub term: String,
    /// Weight × tf-idf, as it enters the decision value of the label, summed over the paragraphs that have the label as primary.
    pub contribution: f64,
}

/// How telling a word is ([`keyness`](super::keyness) says how it is computed).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keyness {
    /// The word.
    pub word: String,
    /// Log-likelihood ratio G², positive because the word is more frequent here. 3.84 is the 5% point of its distribution, 10.83 the
    /// 0.1% point.
    pub g2: f64,
    /// How often the word occurs here.
    pub count: u64,
    /// How often it occurs in what is compared with.
    pub reference_count: u64,
}

/// A paragraph that stands for others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its document.
    pub document: usize,
    /// The position of its block in the document.
    pub index: usize,
    /// The headings above it, outermost first.
    pub section: Vec<String>,
    /// Its text.
    pub text: String,
    /// Its primary label.
    pub primary: usize,
    /// The probability of that.
    pub probability: f64,
    /// The label with the second-highest probability, and that; `None` where the model has one label only.
    pub second: Option<(usize, f64)>,
}

/// The documents of one year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YearPoint {
    /// The year.
    pub year: u16,
    /// The figures of its documents together.
    pub measures: Measures,
    /// What changed since the year before; `None` where no series has documents of both years.
    pub change: Option<Change>,
}

/// What changed since the year before.
///
/// Documents of the same region (all names from the province down equal) make a series; a document without a region is in none.
/// The year before is the calendar year before, `year − 1`: a series that skips it has no change. Where several documents of a
/// series are of one year, they are taken together. For a single document it is its series that changed. For many, like is compared
/// with like: only series with documents of both years enter, all their documents of each year taken together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The year before.
    pub since: u16,
    /// How many series enter.
    pub series: usize,
    /// The change of the share by characters, by label.
    pub labels: Vec<f64>,
}

/// The documents by the values of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// The column: `year`, `region`, `province`, `city`, `county`, `town`, `level`, `title`, `date`, `speaker`, or one of the manifest.
    pub column: String,
    /// The groups: levels from the highest, all else by value; documents that say nothing of it last.
    pub groups: Vec<Group>,
}

/// The documents with one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The value; `None` for documents of which it is not known. [`value_name`](super::groups::value_name) is how people
    /// see it.
    pub value: Option<String>,
    /// Its documents.
    pub documents: Vec<usize>,
    /// The figures.
    pub measures: Measures,
    /// What is behind them.
    pub details: Details,
    /// Its documents by year, rising; empty where the column is the year.
    pub years: Vec<YearPoint>,
    /// Where the column is the year, what changed since the year before.
    pub change: Option<Change>,
}

/// A document and its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentSummary {
    /// The document's name, as the user gave it.
    pub name: String,
    /// The name without the folder that all documents are in.
    pub short_name: String,
    /// What is known of it as a whole.
    pub metadata: Metadata,
    /// The figures.
    pub measures: Measures,
    /// What changed since the year before in the document's series.
    pub change: Option<Change>,
    /// The document's groups, one for each column of `--group-by`.
    pub memberships: Vec<Membership>,
}

/// A document in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// The position of the grouping in [`Report::groupings`].
    pub grouping: usize,
    /// The position of the group in its grouping.
    pub group: usize,
    /// The document's share by characters less the mean of it over the group's documents (each counting once), by label.
    pub differences: Vec<f64>,
}

/// A document that is not in the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Its name.
    pub document: String,
    /// Why.
    pub reason: String,
}

/// Where the manifest and the documents do not meet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestCheck {
    /// Rows about no document that was read.
    pub rows_without_document: Vec<String>,
    /// Documents that no row is about.
    pub documents_without_row: Vec<String>,
}

/// The paragraphs of a document, and what is behind its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentPart {
    /// The document.
    pub document: usize,
    /// What is behind its figures.
    pub details: Details,
    /// Its blocks in order, of every kind; empty where the report is without paragraphs.
    pub blocks: Vec<Row>,
}

/// A block of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its position in the document, from 0.
    pub index: usize,
    /// What it is. Only paragraphs have an `assignment`.
    pub kind: Kind,
    /// The headings above it, outermost first.
    pub section: Vec<String>,
    /// The heading with which a paragraph begins on its own line.
    pub lead: Option<String>,
    /// Its text.
    pub text: String,
    /// The characters of the text, white space left out.
    pub characters: usize,
    /// What a paragraph was given.
    pub assignment: Option<RowAssignment>,
}

/// What a paragraph was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowAssignment {
    /// The primary label.
    pub primary: usize,
    /// The themes it touches, rising.
    pub themes: Vec<usize>,
    /// The probability that a label is the primary one, by label; they sum to 1.
    pub probabilities: Vec<f64>,
    /// The probability that it touches a theme, by theme; each stands by itself.
    pub theme_probabilities: Vec<f64>,
    /// The highest probability less the second-highest: how certain the primary label is.
    pub margin: f64,
    /// Whether it has no word, so that the label was given by rule.
    pub wordless: bool,
    /// The terms that spoke most for the primary label, the strongest first.
    pub terms: Vec<DecidingTerm>,
}

/// A term that spoke for the primary label of a paragraph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecidingTerm {
    /// The term: a word, words parted by a space, or a few characters.
    pub term: String,
    /// Weight × tf-idf.
    pub contribution: f64,
    /// Where it stands in the text: first character and the one after the last, rising; characters as Rust's `char` counts them.
    pub places: Vec<(usize, usize)>,
}
