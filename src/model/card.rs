//! The model card: how a model was made and how good it is, in Markdown.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::{Folds, Model};
use crate::evaluate::LabelMetrics;
use crate::theme::Label;

impl Model {
    /// The model card, in Markdown. It is written beside the model, and says the same for the same model.
    pub fn card(&self) -> String {
        let mut card = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_card(&mut card);
        card
    }

    fn write_card(&self, out: &mut String) -> fmt::Result {
        let record = &self.info.training;
        let settings = &record.settings;
        writeln!(out, "# Model card: {}\n", self.info.name)?;
        writeln!(
            out,
            "Written by `policy-topics train`, version {}. It names no date and no path: the same data give the same file.\n",
            record.program_version
        )?;
        writeln!(out, "## Data\n")?;
        writeln!(out, "{} labelled paragraphs, xxh3-128 `{}`.\n", record.paragraphs, record.data_hash)?;
        counts(out, "Primary label", &self.info.labels, &record.label_counts)?;
        counts(out, "Theme", &self.info.themes, &record.theme_counts)?;
        writeln!(out, "## Model\n")?;
        writeln!(
            out,
            "- Words: jieba-rs {}, {} domain words, HMM {}",
            self.info.jieba_version,
            self.info.tokenizer.words.len(),
            if self.info.tokenizer.hmm { "on" } else { "off" }
        )?;
        writeln!(
            out,
            "- Features: {} (word n-grams up to {}, character n-grams up to {}, in at least {} paragraphs), TF-IDF by {}",
            self.features(),
            settings.word_ngrams,
            settings.char_ngrams,
            settings.tfidf.min_df,
            match self.info.unit {
                crate::tfidf::Unit::Sentence => "sentence",
                crate::tfidf::Unit::Paragraph => "paragraph",
            }
        )?;
        writeln!(
            out,
            "- Classifier: linear, {:?} loss, C = {}, {:?} class weights, {} heads",
            settings.linear.loss,
            settings.linear.c,
            settings.linear.class_weight,
            self.info.heads()
        )?;
        if settings.sentence_cost > 0.0 && !self.info.themes.is_empty() {
            writeln!(out, "- Trained on paragraphs, and once more on their sentences with C = {}", settings.sentence_cost)?;
        }
        if !self.info.themes.is_empty() {
            writeln!(out, "- A theme is named from probability {:.3} on", self.info.rules.named_from)?;
        }
        match self.info.rules.certain_from {
            Some(from) => writeln!(out, "- A primary label is called certain from probability {from:.3} on")?,
            None => writeln!(out, "- No primary label is called certain: none was right often enough")?,
        }
        if let Some(priors) = &settings.priors {
            let list = |labels: &[Label], shares: &BTreeMap<String, f64>| {
                let share = |label: &Label| Some(format!("{} {}", label.id, shares.get(&label.id)?));
                labels.iter().filter_map(share).collect::<Vec<_>>().join(", ")
            };
            let labels = list(&self.info.labels, &priors.labels);
            write!(out, "- Probabilities and thresholds are fitted for documents with these shares: {labels}")?;
            if !priors.themes.is_empty() {
                write!(out, "; touching a theme: {}", list(&self.info.themes, &priors.themes))?;
            }
            writeln!(out)?;
        }
        writeln!(out, "\n## Cross-validation\n")?;
        let Some(cv) = &record.cross_validation else {
            return writeln!(out, "Left out (`--no-cv`). Probabilities were calibrated on one held-out part.");
        };
        match cv.folds {
            Folds::Number(folds) => write!(out, "{folds} folds; ")?,
            Folds::Files => write!(out, "One file left out at a time; ")?,
        }
        writeln!(out, "each paragraph was predicted by a model that had not seen it.\n")?;
        writeln!(out, "Primary label: accuracy {:.4}, macro-F1 {:.4}.\n", cv.primary.accuracy, cv.primary.macro_f1)?;
        metrics(out, &cv.primary.labels)?;
        writeln!(out, "Rows are given labels, columns predicted ones:\n")?;
        let ids: Vec<&str> = self.info.labels.iter().map(|label| label.id.as_str()).collect();
        writeln!(out, "| | {} |", ids.join(" | "))?;
        writeln!(out, "|---|{}", "---:|".repeat(ids.len()))?;
        for (id, row) in ids.iter().zip(&cv.primary.confusion) {
            let cells: Vec<String> = row.iter().map(usize::to_string).collect();
            writeln!(out, "| {id} | {} |", cells.join(" | "))?;
        }
        if let Some(themes) = &cv.themes {
            writeln!(
                out,
                "\nThemes: micro-F1 {:.4}, macro-F1 {:.4}, the whole set right {:.4}.\n",
                themes.micro_f1, themes.macro_f1, themes.exact
            )?;
            metrics(out, &themes.labels)?;
        }
        let weighted = &cv.weighted;
        let shares = if settings.priors.is_some() { "With the shares above" } else { "Probabilities" };
        write!(out, "{shares}: accuracy {:.4}", weighted.accuracy)?;
        if let Some(micro_f1) = weighted.themes_micro_f1 {
            write!(out, ", themes micro-F1 {micro_f1:.4}")?;
        }
        write!(out, "; expected calibration error of the primary label {:.4}", weighted.calibration_error)?;
        for (theme, error) in self.info.themes.iter().zip(&weighted.theme_calibration_errors) {
            write!(out, ", of {} {error:.4}", theme.id)?;
        }
        writeln!(
            out,
            ". {:.1}% of the primary labels are called certain, and {:.2}% of these are right.",
            100.0 * weighted.certain_share,
            100.0 * weighted.certain_precision
        )
    }
}

fn counts(out: &mut String, title: &str, labels: &[Label], counts: &[usize]) -> fmt::Result {
    if labels.is_empty() {
        return Ok(());
    }
    writeln!(out, "| {title} | Name | Paragraphs |\n|---|---|---:|")?;
    for (label, count) in labels.iter().zip(counts) {
        let name = if label.chinese == label.english {
            label.english.clone()
        } else {
            format!("{} · {}", label.english, label.chinese)
        };
        writeln!(out, "| {} | {name} | {count} |", label.id)?;
    }
    writeln!(out)
}

fn metrics(out: &mut String, labels: &[LabelMetrics]) -> fmt::Result {
    writeln!(out, "| Label | Precision | Recall | F1 | Support |\n|---|---:|---:|---:|---:|")?;
    for label in labels {
        writeln!(
            out,
            "| {} | {:.4} | {:.4} | {:.4} | {} |",
            label.label, label.precision, label.recall, label.f1, label.support
        )?;
    }
    writeln!(out)
}
