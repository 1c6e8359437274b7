//! Putting a report together: documents are added one by one in the order of the input, and compared with one another at the end.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::aggregate::{Counts, compare, mean};
use super::analysis::{Analysis, Analyst};
use super::data::{
    DocumentSummary, Failed, Group, Grouping, LabelInfo, ManifestCheck, Measures, Membership, ModelName, Report,
    ReportOptions, SCHEMA, Unit, YearPoint,
};
use super::examples::Candidates;
use super::interval::{Expected, Sample};
use super::keyness::{WordCounts, Words};
use super::parts::{Behind, Corpus, Kept, Parts};
use super::spool::{SpoolWriter, encode};
use super::terms::{TermNames, TermSums};
use super::{groups, series};
use crate::metadata::Metadata;
use crate::theme::{self, Label};

/// Takes what documents came to, and makes the report.
pub struct Builder {
    labels: Vec<Label>,
    themes: Vec<Label>,
    model: ModelName,
    options: ReportOptions,
    terms: Arc<TermNames>,
    spool: SpoolWriter,
    kept: Vec<Kept>,
    documents: Vec<(String, Metadata)>,
    counts: Vec<Counts>,
    samples: Vec<Sample>,
    expected: Vec<Vec<Expected>>,
    failed: Vec<Failed>,
    words: Words,
    word_counts: WordCounts,
    term_sums: TermSums,
    examples: Candidates,
}

impl Builder {
    /// An empty report. `group_by` are columns ([`groups::value`] says which there are), `folder` is where the temporary file is made
    /// that keeps paragraphs out of memory: about three times the size of the texts.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn new(analyst: &Analyst, model: ModelName, group_by: &[String], folder: &Path) -> io::Result<Self> {
        let of = analyst.classifier().model();
        Ok(Builder {
            labels: of.labels.clone(),
            themes: of.themes.clone(),
            model,
            options: ReportOptions { group_by: group_by.to_vec(), paragraphs: analyst.has_paragraphs() },
            terms: Arc::clone(analyst.terms()),
            spool: SpoolWriter::new(folder)?,
            kept: Vec::new(),
            documents: Vec::new(),
            counts: Vec::new(),
            samples: Vec::new(),
            expected: Vec::new(),
            failed: Vec::new(),
            words: Words::default(),
            word_counts: WordCounts::default(),
            term_sums: TermSums::default(),
            examples: Candidates::new(of.labels.len()),
        })
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn add(&mut self, mut analysis: Analysis) -> io::Result<()> {
        let document = self.documents.len();
        let examples = analysis.representative.iter_mut().flatten().chain(&mut analysis.least_certain);
        examples.for_each(|example| example.document = document);
        let numbers: Vec<u32> = analysis.words.iter().map(|word| self.words.number(word)).collect();
        let numbered = |&(label, word, count): &(u32, usize, u32)| Some((label, *numbers.get(word)?, count));
        let mut words: Vec<(u32, u32, u32)> = analysis.word_counts.iter().filter_map(numbered).collect();
        words.sort_unstable();
        self.word_counts.merge(&words);
        self.term_sums.merge(&analysis.terms);
        self.examples.add(analysis.representative.clone(), analysis.least_certain.clone());
        let behind = Behind {
            terms: analysis.terms,
            words,
            representative: analysis.representative,
            least_certain: analysis.least_certain,
        };
        let details = self.spool.push(&encode(&behind)?)?;
        let blocks = self.spool.push(&analysis.blocks)?;
        self.kept.push(Kept { details, blocks });
        self.documents.push((analysis.name, analysis.metadata));
        self.counts.push(analysis.counts);
        self.samples.push(analysis.sample);
        self.expected.push(analysis.expected);
        Ok(())
    }

    /// Notes a document that is not in the figures.
    pub fn fail(&mut self, document: String, reason: String) {
        self.failed.push(Failed { document, reason });
    }

    /// How many documents were added.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether no document was added.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// How many documents are not in the figures.
    pub fn failed(&self) -> usize {
        self.failed.len()
    }

    /// The names of the documents that were added.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.documents.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a column says something of any document.
    pub fn knows(&self, column: &str) -> bool {
        self.documents.iter().any(|(_, metadata)| groups::value(metadata, column).is_some())
    }

    /// Compares the documents and gives the report, and the parts to be read from it.
    ///
    /// # Errors
    /// When the temporary file cannot be written or read.
    pub fn finish(self, manifest: Option<ManifestCheck>) -> io::Result<(Report, Parts)> {
        let Builder { labels, themes, documents, counts, samples, expected, .. } = self;
        let corpus = Corpus {
            labels: labels.iter().map(|label| label.id.clone()).collect(),
            terms: self.terms,
            words: self.words,
            counts: self.word_counts,
        };
        let parts = Parts::new(self.spool.finish()?, self.kept, corpus);
        let (names, metadata): (Vec<String>, Vec<Metadata>) = documents.into_iter().unzip();
        let of_documents: Vec<&Metadata> = metadata.iter().collect();
        let pool = Pool { labels: &labels, themes: &themes, metadata: &of_documents, counts: &counts, samples: &samples };
        let every: Vec<usize> = (0..counts.len()).collect();
        let years = pool.years(&every);
        let mut groupings = Vec::new();
        for column in &self.options.group_by {
            let groups: io::Result<Vec<Group>> = groups::group(of_documents.iter().copied(), column)
                .into_par_iter()
                .map(|(value, documents)| pool.group(column, value, documents, &parts, &years))
                .collect();
            let mut groups = groups?;
            compare(&mut groups.iter_mut().map(|group| &mut group.measures).collect::<Vec<_>>());
            groupings.push(Grouping { column: column.clone(), groups });
        }
        let mut memberships = pool.memberships(&groupings);
        let changes = series::changes_of_documents(&of_documents, &counts);
        let mut measures: Vec<Measures> =
            counts.iter().zip(&expected).map(|(counts, expected)| counts.measures(&labels, &themes, expected)).collect();
        compare(&mut measures.iter_mut().collect::<Vec<_>>());
        let overall = Unit { measures: pool.measures(&every), details: parts.overall(&self.term_sums, self.examples) };
        let folder = groups::common_folder(names.iter().map(String::as_str));
        let colours = theme::colours(&labels);
        let colour_of = |theme: &Label| labels.iter().position(|label| label.id == theme.id).and_then(|at| colours.get(at));
        let theme_colours = theme::colours(&themes);
        let summary = |(((document, name), measures), change): (((usize, String), Measures), _)| DocumentSummary {
            short_name: name.get(folder..).unwrap_or(&name).to_owned(),
            metadata: metadata.get(document).cloned().unwrap_or_default(),
            measures,
            change,
            memberships: memberships.get_mut(document).map(std::mem::take).unwrap_or_default(),
            name,
        };
        let report = Report {
            schema: SCHEMA.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.model,
            options: self.options,
            labels: labels.iter().zip(&colours).map(|(label, colour)| LabelInfo::new(label, colour)).collect(),
            themes: themes
                .iter()
                .zip(&theme_colours)
                .map(|(theme, colour)| LabelInfo::new(theme, colour_of(theme).unwrap_or(colour)))
                .collect(),
            overall,
            years,
            groupings,
            documents: names.into_iter().enumerate().zip(measures).zip(changes).map(summary).collect(),
            failed: self.failed,
            manifest,
        };
        Ok((report, parts))
    }
}

/// What is known of every document.
struct Pool<'p> {
    labels: &'p [Label],
    themes: &'p [Label],
    metadata: &'p [&'p Metadata],
    counts: &'p [Counts],
    samples: &'p [Sample],
}

impl Pool<'_> {
    /// The figures of some documents together.
    fn measures(&self, documents: &[usize]) -> Measures {
        let mut sum = Counts::new(self.labels.len(), self.themes.len());
        documents.iter().filter_map(|&at| self.counts.get(at)).for_each(|counts| sum.merge(counts));
        let expected = sum.moments.expected(documents.iter().filter_map(|&at| self.samples.get(at)));
        sum.measures(self.labels, self.themes, &expected)
    }

    /// Some documents by year.
    fn years(&self, documents: &[usize]) -> Vec<YearPoint> {
        let mut years: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for &document in documents {
            if let Some(year) = self.metadata.get(document).and_then(|of| of.year) {
                years.entry(year).or_default().push(document);
            }
        }
        let point = |(&year, of_year): (&u16, &Vec<usize>)| {
            let before = year.checked_sub(1).and_then(|since| years.get(&since)).into_iter().flatten();
            YearPoint {
                year,
                measures: self.measures(of_year),
                change: series::change(year, before.chain(of_year).copied(), self.metadata, self.counts),
            }
        };
        years.iter().map(point).collect()
    }

    fn group(
        &self,
        column: &str,
        value: Option<String>,
        documents: Vec<usize>,
        parts: &Parts,
        years: &[YearPoint],
    ) -> io::Result<Group> {
        let is_year = column == "year";
        let same_year = |point: &&YearPoint| value.as_ref().is_some_and(|value| *value == point.year.to_string());
        Ok(Group {
            measures: self.measures(&documents),
            details: parts.details(&documents)?,
            years: if is_year { Vec::new() } else { self.years(&documents) },
            change: if is_year { years.iter().find(same_year).and_then(|point| point.change.clone()) } else { None },
            value,
            documents,
        })
    }

    /// The groups of every document.
    fn memberships(&self, groupings: &[Grouping]) -> Vec<Vec<Membership>> {
        let mut memberships: Vec<Vec<Membership>> = vec![Vec::new(); self.counts.len()];
        for (at, grouping) in groupings.iter().enumerate() {
            for (number, group) in grouping.groups.iter().enumerate() {
                let of_label = |label: usize| {
                    let shares = group.documents.iter().filter_map(|&at| self.counts.get(at));
                    shares.map(|counts| counts.by_characters(label)).collect::<Vec<f64>>()
                };
                let means: Vec<f64> = (0..self.labels.len()).map(|label| mean(&of_label(label))).collect();
                for &document in &group.documents {
                    let (Some(counts), Some(slot)) = (self.counts.get(document), memberships.get_mut(document)) else {
                        continue;
                    };
                    let differences = counts.shares().iter().zip(&means).map(|(share, mean)| share - mean).collect();
                    slot.push(Membership { grouping: at, group: number, differences });
                }
            }
        }
        memberships
    }
}
