//! `policy-topics train`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::linear::{ClassWeight, LinearValidParams, Loss};
use policy_topics::model::{Model, Stage, TrainSettings, Trained, fingerprint, train};
use policy_topics::output::Pending;
use policy_topics::tfidf::{TfIdfSettings, Unit};
use policy_topics::theme::Language;
use policy_topics::tokenize::{DomainWord, TokenizerSettings, parse_words};

use super::{Global, Outcome, style};

/// The domain words of the default model, known to every model unless told otherwise.
const WORDS: &str = include_str!("../../training/words.txt");

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics train training/ --output my.model
  policy-topics train news.csv --text-column title --label-column class --output news.model
  policy-topics train labels.txt --output my.model       fastText lines: __label__sports text

A line of JSON lines has text, primary (or label), and if you like themes (a list) and group; rows of one group
are never parted by cross-validation. Beside MODEL its card is written, as Markdown.")]
pub struct Args {
    /// Files or folders of labelled paragraphs: JSON lines, CSV, TSV, or fastText lines.
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,
    /// Where to write the model; the model card goes beside it, with the ending .md.
    #[arg(long, short, value_name = "MODEL")]
    output: PathBuf,
    /// What the model is called.
    #[arg(long, default_value = super::DEFAULT_NAME)]
    name: String,
    #[command(flatten)]
    columns: ColumnArgs,
    /// File of domain words for the tokenizer, one a line [default: those of the built-in model].
    #[arg(long, value_name = "FILE", help_heading = "Features")]
    words: Option<PathBuf>,
    /// Use the tokenizer's own dictionary alone.
    #[arg(long, conflicts_with = "words", help_heading = "Features")]
    no_words: bool,
    /// Let the tokenizer guess words that are in no dictionary.
    #[arg(long, help_heading = "Features")]
    hmm: bool,
    /// Longest word n-gram.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5), help_heading = "Features")]
    word_ngrams: u8,
    /// Longest character n-gram, from 2 on; 0 for none.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=5), help_heading = "Features")]
    char_ngrams: u8,
    /// What is weighed by itself: sentences, whose mean is the paragraph, or the paragraph in one bag.
    #[arg(long, value_enum, default_value = "sentence", help_heading = "Features")]
    unit: UnitArg,
    /// Leave out features that occur in fewer paragraphs.
    #[arg(long, default_value_t = 2, value_name = "N", help_heading = "Features")]
    min_df: usize,
    /// Leave out features that occur in a larger share of the paragraphs (0 to 1).
    #[arg(long, default_value_t = 1.0, value_name = "SHARE", help_heading = "Features")]
    max_df: f64,
    /// Keep so many features at most, the most frequent ones.
    #[arg(long, value_name = "N", help_heading = "Features")]
    max_features: Option<usize>,
    /// Count a feature that occurs n times as n, not as 1 + ln n.
    #[arg(long, help_heading = "Features")]
    linear_tf: bool,
    /// What the classifier minimizes.
    #[arg(long, value_enum, default_value = "squared-hinge", help_heading = "Classifier")]
    loss: LossArg,
    /// How closely to fit the paragraphs; more fits closer.
    #[arg(short = 'C', long = "cost", default_value_t = 1.0, value_name = "C", help_heading = "Classifier")]
    cost: f64,
    /// Let every paragraph count the same, instead of those of rare labels more.
    #[arg(long, help_heading = "Classifier")]
    no_class_weights: bool,
    /// Stop when nothing is off its optimum by more than this.
    #[arg(long, default_value_t = 0.01, value_name = "EPS", help_heading = "Classifier")]
    tolerance: f64,
    /// Passes over the paragraphs at most.
    #[arg(long, default_value_t = 1000, value_name = "N", help_heading = "Classifier")]
    max_iterations: usize,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Folds of cross-validation.
    #[arg(long, default_value_t = 5, value_name = "N")]
    folds: usize,
    /// Leave cross-validation out: probabilities are calibrated on one held-out fold, and no figures are shown.
    #[arg(long)]
    no_cv: bool,
}

/// Where tables of labelled paragraphs have what.
#[derive(clap::Args)]
pub struct ColumnArgs {
    /// The column of the text in CSV and TSV.
    #[arg(long, default_value = "text", value_name = "NAME", help_heading = "Data")]
    text_column: String,
    /// The column of the label in CSV and TSV.
    #[arg(long, default_value = "label", value_name = "NAME", help_heading = "Data")]
    label_column: String,
    /// The column of the themes in CSV and TSV, parted by `;`, `|` or `,` [default: themes, if there is one].
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    themes_column: Option<String>,
    /// Take JSON rows whose `kind` is not `paragraph` as well.
    #[arg(long, help_heading = "Data")]
    all_kinds: bool,
}

impl ColumnArgs {
    pub fn columns(&self) -> Columns {
        Columns {
            text: self.text_column.clone(),
            label: self.label_column.clone(),
            themes: self.themes_column.clone(),
            all_kinds: self.all_kinds,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum UnitArg {
    Sentence,
    Paragraph,
}

#[derive(Clone, Copy, ValueEnum)]
enum LossArg {
    SquaredHinge,
    Logistic,
}

impl Args {
    fn settings(&self) -> TrainSettings {
        TrainSettings {
            word_ngrams: self.word_ngrams.into(),
            // A single character is no n-gram that is counted.
            char_ngrams: if self.char_ngrams == 1 { 0 } else { self.char_ngrams.into() },
            unit: match self.unit {
                UnitArg::Sentence => Unit::Sentence,
                UnitArg::Paragraph => Unit::Paragraph,
            },
            tfidf: TfIdfSettings {
                min_df: self.min_df,
                max_df: self.max_df,
                max_features: self.max_features,
                sublinear_tf: !self.linear_tf,
            },
            linear: LinearValidParams {
                loss: match self.loss {
                    LossArg::SquaredHinge => Loss::SquaredHinge,
                    LossArg::Logistic => Loss::Logistic,
                },
                c: self.cost,
                class_weight: if self.no_class_weights { ClassWeight::Uniform } else { ClassWeight::Balanced },
                tolerance: self.tolerance,
                max_iterations: self.max_iterations,
                seed: self.seed,
                ..LinearValidParams::default()
            },
            folds: self.folds,
            cross_validate: !self.no_cv,
        }
    }

    fn words(&self) -> Result<Vec<DomainWord>> {
        if self.no_words {
            return Ok(Vec::new());
        }
        let (name, list) = match &self.words {
            None => ("the built-in word list".to_owned(), WORDS.to_owned()),
            Some(path) => {
                let list =
                    fs::read_to_string(path).with_context(|| format!("cannot read the word list {}", path.display()))?;
                (path.display().to_string(), list)
            }
        };
        match parse_words(&list) {
            Ok(words) => Ok(words),
            Err((line, problem)) => bail!("{name}, line {line}: {problem}"),
        }
    }
}

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let began = Instant::now();
    let language = global.language();
    let words = args.words()?;
    let card = args.output.with_extension("md");
    if card == args.output {
        bail!("--output must not end in .md: that is where the model card goes");
    }
    // Begun before training, so that a place that cannot be written to is told at once, and finished after it.
    let begin = |path: &Path| Pending::new(path).with_context(|| format!("cannot write {}", path.display()));
    let (mut model_file, mut card_file) = (begin(&args.output)?, begin(&card)?);
    let corpus = LabelledCorpus::read(&args.data, &args.columns.columns())?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{} labelled paragraphs", corpus.rows.len())?;
    for (left_out, why) in [(corpus.other_kinds, "are no paragraphs by their `kind`"), (corpus.empty, "have no text")] {
        if left_out > 0 {
            writeln!(out, "{left_out} rows left out: they {why}")?;
        }
    }
    let settings = args.settings();
    let bar = progress_bar(&settings);
    let tokenizer = TokenizerSettings { hmm: args.hmm, words };
    let trained = train(&args.name, &corpus, tokenizer, &settings, &|stage| {
        bar.set_message(match stage {
            Stage::Counting => "cutting words".to_owned(),
            Stage::Fold(fold, folds) => format!("fold {fold} of {folds}"),
            Stage::Final => "training on all paragraphs".to_owned(),
        });
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    let bytes = trained.model.to_bytes()?;
    let written = model_file.write_all(&bytes).and_then(|()| model_file.finish());
    written.with_context(|| format!("cannot write {}", args.output.display()))?;
    let written = card_file.write_all(trained.model.card().as_bytes()).and_then(|()| card_file.finish());
    written.with_context(|| format!("cannot write the model card {}", card.display()))?;
    // Last, because whoever reads the figures may stop listening.
    print(&mut out, &trained, &corpus, language)?;
    writeln!(
        out,
        "\n{}: {} features, {:.1} MB, fingerprint {}; {} beside it; {:.1} s",
        args.output.display(),
        trained.model.features(),
        bytes.len() as f64 / 1e6,
        fingerprint(&bytes),
        card.file_name().unwrap_or_default().to_string_lossy(),
        began.elapsed().as_secs_f64(),
    )?;
    Ok(Outcome::Done)
}

/// A bar with a step for each stage. It is drawn on standard error, and only on a terminal.
fn progress_bar(settings: &TrainSettings) -> ProgressBar {
    let folds = if settings.cross_validate { settings.folds } else { 1 };
    let bar = ProgressBar::new(folds as u64 + 2);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn print(out: &mut impl Write, trained: &Trained, corpus: &LabelledCorpus, language: Language) -> Result<()> {
    let Trained { model, duplicates, contradictions } = trained;
    counts(out, model, language)?;
    if *duplicates > 0 {
        writeln!(
            out,
            "{duplicates} paragraphs repeat an earlier one with the same label; cross-validation keeps them together"
        )?;
    }
    for &(first, second) in contradictions.iter().take(SHOWN) {
        let (first, second) = (&corpus.rows[first], &corpus.rows[second]);
        writeln!(
            out,
            "contradiction: {} is `{}`, but {} says `{}`",
            first.source, first.primary, second.source, second.primary
        )?;
    }
    if contradictions.len() > SHOWN {
        writeln!(out, "and {} contradictions more", contradictions.len() - SHOWN)?;
    }
    for label in &model.training.uncalibrated {
        writeln!(out, "note: the probabilities of `{label}` could not be calibrated: it has too few paragraphs")?;
    }
    let Some(cv) = &model.training.cross_validation else { return Ok(()) };
    writeln!(
        out,
        "\nCross-validation, {} folds: accuracy {:.4}, macro-F1 {:.4}, micro-F1 {:.4}, calibration error {:.4}",
        cv.folds, cv.primary.accuracy, cv.primary.macro_f1, cv.primary.accuracy, cv.calibration_error
    )?;
    writeln!(out, "{}", style::metrics_table("primary", &cv.primary.labels, &model.labels, language))?;
    writeln!(out, "{}", style::confusion_table(&cv.primary.confusion, &model.labels, language))?;
    if let Some(themes) = &cv.themes {
        writeln!(
            out,
            "\nThemes: micro-F1 {:.4}, macro-F1 {:.4}, whole set right {:.4}",
            themes.micro_f1, themes.macro_f1, themes.exact
        )?;
        writeln!(out, "{}", style::metrics_table("theme", &themes.labels, &model.themes, language))?;
    }
    Ok(())
}

/// Contradictions that are shown one by one.
const SHOWN: usize = 10;

fn counts(out: &mut impl Write, model: &Model, language: Language) -> Result<()> {
    let mut table = style::table(["label", "primary", "themes"]);
    for (label, count) in model.labels.iter().zip(&model.training.label_counts) {
        let as_theme = model.themes.iter().position(|theme| theme.id == label.id);
        let named = as_theme.and_then(|theme| model.training.theme_counts.get(theme));
        table.add_row([
            comfy_table::Cell::new(label.name(language)),
            style::number(count),
            style::number(named.map_or_else(|| "-".to_owned(), usize::to_string)),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}
