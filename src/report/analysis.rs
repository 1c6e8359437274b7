//! What one document comes to. A pure function of the document and the model, so that documents can be worked on in parallel.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::aggregate::{Counts, characters};
use super::data::{DecidingTerm, Example, Row, RowAssignment};
use super::examples::{self, Candidates};
use super::interval::{Expected, Sample};
use super::spool::encode;
use super::terms::{TermList, TermNames, TermSums};
use crate::document::{Block, Document, Kind};
use crate::metadata::Metadata;
use crate::model::{Classifier, Decision};
use crate::tokenize::normalize;

/// How many deciding terms a paragraph is shown with.
const TERMS: usize = 6;

/// Works on documents.
pub struct Analyst<'c> {
    classifier: &'c Classifier,
    terms: Arc<TermNames>,
    paragraphs: bool,
}

/// What a document came to; [`Builder::add`](super::Builder::add) takes it.
pub struct Analysis {
    pub(super) name: String,
    pub(super) metadata: Metadata,
    pub(super) counts: Counts,
    pub(super) sample: Sample,
    pub(super) expected: Vec<Expected>,
    /// The document's words of two characters or more, each once, in the order in which they were met.
    pub(super) words: Vec<String>,
    /// Label, number into `words`, count.
    pub(super) word_counts: Vec<(u32, usize, u32)>,
    pub(super) terms: TermList,
    /// By label. The document's number is not known yet.
    pub(super) representative: Vec<Vec<Example>>,
    pub(super) least_certain: Vec<Example>,
    /// The document's rows, as the spool keeps them.
    pub(super) blocks: Vec<u8>,
}

/// A document without any paragraph, which nothing can be said of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it holds no paragraph that could be classified; all of it is headings, glossary or boilerplate")]
pub struct NoParagraph;

/// The terms of a text and where they stand.
struct Places {
    /// The text as features see it: a character for a character.
    folded: String,
    /// Where each of its characters begins, in bytes.
    starts: Vec<usize>,
}

impl<'c> Analyst<'c> {
    /// Works with a model. Without `paragraphs`, no document's rows are kept, but its figures and examples.
    pub fn new(classifier: &'c Classifier, paragraphs: bool) -> Self {
        Analyst { classifier, terms: Arc::new(TermNames::new(classifier.vocabulary())), paragraphs }
    }

    pub(super) fn classifier(&self) -> &'c Classifier {
        self.classifier
    }

    pub(super) fn has_paragraphs(&self) -> bool {
        self.paragraphs
    }

    pub(super) fn terms(&self) -> &Arc<TermNames> {
        &self.terms
    }

    /// Classifies a document's paragraphs and counts.
    ///
    /// # Errors
    /// When the document has no paragraph.
    pub fn analyse(&self, document: &Document) -> Result<Analysis, NoParagraph> {
        if document.paragraphs().next().is_none() {
            return Err(NoParagraph);
        }
        let model = self.classifier.model();
        let mut analysis = Analysis {
            name: document.name.clone(),
            metadata: document.metadata.clone(),
            counts: Counts::new(model.labels.len(), model.themes.len()),
            sample: Sample::default(),
            expected: Vec::new(),
            words: Vec::new(),
            word_counts: Vec::new(),
            terms: Vec::new(),
            representative: Vec::new(),
            least_certain: Vec::new(),
            blocks: Vec::new(),
        };
        analysis.counts.documents = 1;
        let mut sums = TermSums::default();
        let mut words: FxHashMap<String, usize> = FxHashMap::default();
        let mut word_counts: FxHashMap<(u32, usize), u32> = FxHashMap::default();
        let mut candidates: Vec<Vec<Example>> = vec![Vec::new(); model.labels.len()];
        let mut rows = Vec::new();
        for block in &document.blocks {
            let characters = characters(&block.text);
            let evidence = (block.kind == Kind::Paragraph).then(|| self.classifier.decision(&block.text));
            let Some(evidence) = evidence else {
                analysis.counts.leave_out(block.kind, characters);
                rows.extend(self.paragraphs.then(|| row(block, characters, None)));
                continue;
            };
            let assignment = &evidence.assignment;
            analysis.counts.add(characters, assignment);
            analysis.sample.push(characters, &assignment.probabilities);
            let label = assignment.primary as u32;
            for &(column, contribution) in &evidence.contributions {
                sums.add(label, self.terms.term(column), contribution);
            }
            let mut single = Vec::new();
            self.classifier.for_each_word(&block.text, |word, start, end| {
                if end - start < 2 {
                    return single.push((word.to_owned(), start, end));
                }
                let number = match words.get(word) {
                    Some(&number) => number,
                    None => {
                        analysis.words.push(word.to_owned());
                        words.insert(word.to_owned(), analysis.words.len() - 1);
                        analysis.words.len() - 1
                    }
                };
                *word_counts.entry((label, number)).or_insert(0) += 1;
            });
            // What was given by rule stands for nothing.
            if !assignment.wordless
                && let Some(candidates) = candidates.get_mut(assignment.primary)
            {
                candidates.push(example(block, &evidence));
            }
            if self.paragraphs {
                let assignment = self.assignment(&block.text, &evidence, &single);
                rows.push(row(block, characters, Some(assignment)));
            }
        }
        analysis.expected = analysis.counts.moments.expected([&analysis.sample]);
        analysis.terms = sums.into_list();
        analysis.word_counts = word_counts.into_iter().map(|((label, word), count)| (label, word, count)).collect();
        analysis.word_counts.sort_unstable();
        let every = candidates.iter().flatten().cloned().collect();
        let mut examples = Candidates::new(model.labels.len());
        examples.add(candidates, every);
        (analysis.representative, analysis.least_certain) = examples.choose();
        // Rows are plain structures, which always can be encoded.
        analysis.blocks = encode(&rows).unwrap_or_default();
        Ok(analysis)
    }

    /// What a paragraph was given; `single` are its words of one character and their places.
    fn assignment(&self, text: &str, evidence: &Decision, single: &[(String, usize, usize)]) -> RowAssignment {
        let assignment = &evidence.assignment;
        let (highest, second) = examples::two_highest(&assignment.probabilities, assignment.primary);
        let mut sums: FxHashMap<u32, f64> = FxHashMap::default();
        for &(column, contribution) in &evidence.contributions {
            *sums.entry(self.terms.term(column)).or_insert(0.0) += contribution;
        }
        let places = Places::new(text);
        let deciding = |(term, contribution): (u32, f64)| {
            let term = self.terms.name(term);
            let places = if term.chars().nth(1).is_some() {
                places.of(term)
            } else {
                single.iter().filter(|(word, ..)| word == term).map(|&(_, start, end)| (start, end)).collect()
            };
            DecidingTerm { term: term.to_owned(), contribution, places }
        };
        RowAssignment {
            primary: assignment.primary,
            themes: assignment.themes.clone(),
            probabilities: assignment.probabilities.clone(),
            theme_probabilities: assignment.theme_probabilities.clone(),
            margin: highest - second.map_or(0.0, |second| second.1),
            wordless: assignment.wordless,
            terms: self.terms.strongest(sums.into_iter(), TERMS).into_iter().map(deciding).collect(),
        }
    }
}

fn row(block: &Block, characters: usize, assignment: Option<RowAssignment>) -> Row {
    Row {
        index: block.index,
        kind: block.kind,
        section: block.section.clone(),
        lead: block.lead.clone(),
        text: block.text.clone(),
        characters,
        assignment,
    }
}

fn example(block: &Block, evidence: &Decision) -> Example {
    let assignment = &evidence.assignment;
    let (probability, second) = examples::two_highest(&assignment.probabilities, assignment.primary);
    Example {
        document: 0,
        index: block.index,
        section: block.section.clone(),
        text: block.text.clone(),
        primary: assignment.primary,
        probability,
        second,
    }
}

impl Places {
    fn new(text: &str) -> Self {
        let folded = normalize(text).to_ascii_lowercase();
        let starts = folded.char_indices().map(|(at, _)| at).collect();
        Places { folded, starts }
    }

    /// Where a term of two characters or more stands, in characters. The words of a term of several stand side by side in Chinese text.
    fn of(&self, term: &str) -> Vec<(usize, usize)> {
        let spelled: String = term.chars().filter(|&c| c != ' ').collect();
        let length = spelled.chars().count();
        let found = self.folded.match_indices(&spelled).filter_map(|(at, _)| self.starts.binary_search(&at).ok());
        found.map(|start| (start, start + length)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::Row;
    use crate::segment::segment;

    fn rows(text: &str) -> (Analysis, Vec<Row>) {
        let classifier = Classifier::embedded().unwrap();
        let analysis = Analyst::new(&classifier, true).analyse(&segment("d", text)).ok().unwrap();
        let rows = postcard::from_bytes(&analysis.blocks).unwrap();
        (analysis, rows)
    }

    #[test]
    fn deciding_terms_stand_where_they_are_said_to() {
        let text = "一、重点工作\n推进乡村振兴，村村通硬化路，每个村都有卫生室，农民收入增长８%。\n发展５Ｇ，建设算力中心，突破人工智能关键技术。";
        let (analysis, rows) = rows(text);
        assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), [Kind::Heading, Kind::Paragraph, Kind::Paragraph]);
        assert_eq!(analysis.counts.left_out[&Kind::Heading], (1, 6));
        for row in &rows[1..] {
            let assignment = row.assignment.as_ref().unwrap();
            let characters: Vec<char> = row.text.chars().collect();
            assert!(assignment.terms.is_sorted_by(|a, b| a.contribution >= b.contribution) && !assignment.terms.is_empty());
            for term in &assignment.terms {
                assert!(!term.places.is_empty(), "{term:?}");
                for &(start, end) in &term.places {
                    let there: String = characters[start..end].iter().collect();
                    assert_eq!(normalize(&there).to_lowercase(), term.term);
                }
            }
            assert!((assignment.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(assignment.margin > 0.0);
        }
        assert_eq!(rows[2].section, ["一、重点工作"]);
    }

    #[test]
    fn a_document_of_headings_is_refused() {
        let classifier = Classifier::embedded().unwrap();
        let result = Analyst::new(&classifier, true).analyse(&segment("d", "一、回顾\n二、展望"));
        assert_eq!(result.err(), Some(NoParagraph));
    }
}
