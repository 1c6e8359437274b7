//! `policy-topics train`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::linear::{ClassWeight, LinearValidParams, Loss};
use policy_topics::model::{
    CERTAIN, CrossValidation, Folds, Model, ModelInfo, Priors, Stage, TrainSettings, Trained, fingerprint, train,
};
use policy_topics::output::{Pending, write_whole};
use policy_topics::tfidf::{TfIdfSettings, Unit};
use policy_topics::theme::{Label, Language};
use policy_topics::tokenize::{DomainWord, TokenizerSettings, parse_words};
use serde::{Deserialize, Serialize};

use super::{Global, Outcome, style};

/// The domain words of the default model, known to every model unless told otherwise.
const WORDS: &str = include_str!("../../training/words.txt");

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics train training/ --output my.model
  policy-topics train news.csv --text-column title --label-column class --output news.model
  policy-topics train labels.txt --output my.model       fastText lines: __label__sports text
  policy-topics train mine/ --output my.model --priors other=0.7,news=0.2,sports=0.1
  policy-topics train mine/ --output my.model --folds file --errors doubtful.jsonl

A line of JSON lines has text, primary (or label), and if you like themes (a list), statements (for a theme, the
clauses that state it, as {\"news\": [\"…\"]}) and group; rows of one group are never parted by cross-validation.
A folder may have a file priors.json, as {\"other\": 0.7, \"news\": 0.3}; its \"themes\", as {\"news\": 0.4}, may say
how many paragraphs touch a theme at all.
Beside MODEL its card is written, as Markdown.")]
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
    /// Leave out features that occur in fewer paragraphs [default: 2, and one more for each 500,000 characters of all paragraphs, up
    /// to 5].
    #[arg(long, value_name = "N", help_heading = "Features")]
    min_df: Option<usize>,
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
    #[arg(short = 'C', long = "cost", default_value_t = TrainSettings::default().linear.c, value_name = "C", help_heading = "Classifier")]
    cost: f64,
    /// The same for the second round, which learns from single sentences where rows have themes; 0 leaves it out [default: 1, and
    /// 0 for more than 20,000 rows, for which it takes minutes].
    #[arg(long, value_name = "C", help_heading = "Classifier")]
    sentence_cost: Option<f64>,
    /// How frequent each label is where the model will be used, as LABEL=SHARE,… for all of them, or a file that says so: what
    /// probabilities and thresholds are fitted for [default: those of priors.json in a folder of DATA, else as in the data].
    #[arg(long, value_name = "SHARES|FILE.json", help_heading = "Classifier")]
    priors: Option<String>,
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
    /// Folds of cross-validation, or `file`: every file is a fold, left out as if it had never been there.
    #[arg(long, default_value = "5", value_name = "N|file", value_parser = parse_folds)]
    folds: Folds,
    /// Leave cross-validation out: probabilities are calibrated on one held-out fold, and no figures are shown.
    #[arg(long)]
    no_cv: bool,
    /// Write the paragraphs that cross-validation got wrong to a file of JSON lines, the surest ones first: look for wrong
    /// labels there.
    #[arg(long, value_name = "FILE", conflicts_with = "no_cv")]
    errors: Option<PathBuf>,
}

fn parse_folds(text: &str) -> Result<Folds, String> {
    match text {
        "file" => Ok(Folds::Files),
        _ => text.parse().map(Folds::Number).map_err(|_| "neither a number nor `file`".to_owned()),
    }
}

/// The file of a folder of labelled paragraphs that says how frequent the labels are elsewhere.
const PRIORS: &str = "priors.json";

fn parse_priors(text: &str) -> Result<Priors> {
    let share = |part: &str| {
        let (label, share) = part.rsplit_once('=')?;
        Some((label.trim().to_owned(), share.trim().parse().ok()?))
    };
    let wrong = |part: &str| anyhow!("--priors: `{part}` is not LABEL=SHARE, as in other=0.7,news=0.3");
    let labels = text.split(',').map(|part| share(part).ok_or_else(|| wrong(part))).collect::<Result<_>>()?;
    Ok(Priors { labels, themes: BTreeMap::new() })
}

fn read_priors(path: &Path) -> Result<Priors> {
    #[derive(Deserialize)]
    struct Shares {
        #[serde(default)]
        themes: BTreeMap<String, f64>,
        #[serde(flatten)]
        labels: BTreeMap<String, f64>,
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let Shares { themes, labels } = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a list of shares, as {{\"other\": 0.7, \"news\": 0.3}}", path.display()))?;
    Ok(Priors { labels, themes })
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
    fn priors(&self) -> Result<Option<Priors>> {
        if let Some(text) = &self.priors {
            let file = text.ends_with(".json");
            return if file { read_priors(Path::new(text)) } else { parse_priors(text) }.map(Some);
        }
        let mut found: Option<(PathBuf, Priors)> = None;
        for path in self.data.iter().map(|data| data.join(PRIORS)).filter(|path| path.is_file()) {
            let priors = read_priors(&path)?;
            match &found {
                Some((first, other)) if *other != priors => {
                    bail!("{} and {} say different things: choose with --priors", first.display(), path.display())
                }
                _ => found = Some((path, priors)),
            }
        }
        Ok(found.map(|(_, priors)| priors))
    }

    /// The settings for paragraphs of so many characters.
    fn settings(&self, characters: usize) -> Result<TrainSettings> {
        Ok(TrainSettings {
            word_ngrams: self.word_ngrams.into(),
            // A single character is no n-gram that is counted.
            char_ngrams: if self.char_ngrams == 1 { 0 } else { self.char_ngrams.into() },
            unit: match self.unit {
                UnitArg::Sentence => Unit::Sentence,
                UnitArg::Paragraph => Unit::Paragraph,
            },
            tfidf: TfIdfSettings {
                min_df: self.min_df.unwrap_or_else(|| TfIdfSettings::usual_min_df(characters)),
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
            sentence_cost: self.sentence_cost.unwrap_or(TrainSettings::default().sentence_cost),
            priors: self.priors()?,
            folds: self.folds,
            cross_validate: !self.no_cv,
        })
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

/// With more rows than this a second round on sentences is left out unless it is asked for: it takes minutes.
const SENTENCES_UP_TO: usize = 20_000;

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
    let mut settings = args.settings(corpus.rows.iter().map(|row| row.text.chars().count()).sum())?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{} labelled paragraphs", corpus.rows.len())?;
    for (left_out, why) in [(corpus.other_kinds, "are no paragraphs by their `kind`"), (corpus.empty, "have no text")] {
        if left_out > 0 {
            writeln!(out, "{left_out} rows left out: they {why}")?;
        }
    }
    if args.sentence_cost.is_none() && corpus.rows.len() > SENTENCES_UP_TO {
        settings.sentence_cost = 0.0;
        let usual = TrainSettings::default().sentence_cost;
        writeln!(out, "with so many, the second round on single sentences is left out: --sentence-cost {usual} adds it")?;
    }
    let bar = progress_bar();
    let tokenizer = TokenizerSettings { hmm: args.hmm, words };
    let trained = train(&args.name, &corpus, tokenizer, &settings, &|stage| {
        bar.set_message(match stage {
            Stage::Counting => "cutting words".to_owned(),
            Stage::Fold(fold, folds) => format!("fold {fold} of {folds}"),
            Stage::Final => "training on all paragraphs".to_owned(),
        });
        if let Stage::Fold(_, folds) = stage {
            bar.set_length(folds as u64 + 2);
        }
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    let bytes = trained.model.to_bytes()?;
    let written = model_file.write_all(&bytes).and_then(|()| model_file.finish());
    written.with_context(|| format!("cannot write {}", args.output.display()))?;
    let written = card_file.write_all(trained.model.card().as_bytes()).and_then(|()| card_file.finish());
    written.with_context(|| format!("cannot write the model card {}", card.display()))?;
    if let Some(path) = &args.errors {
        write_whole(path, |out| write_wrong(out, &trained, &corpus))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
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
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(3);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn print(out: &mut impl Write, trained: &Trained, corpus: &LabelledCorpus, language: Language) -> Result<()> {
    let Trained { model: Model { info: model, .. }, duplicates, contradictions, .. } = trained;
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
    let Some(cv) = &model.training.cross_validation else { return Ok(()) };
    let folds = match cv.folds {
        Folds::Number(folds) => format!("{folds} folds"),
        Folds::Files => "one file left out at a time".to_owned(),
    };
    writeln!(out, "\nCross-validation, {folds}: accuracy {:.4}, macro-F1 {:.4}", cv.primary.accuracy, cv.primary.macro_f1)?;
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
    weighted(out, model, cv, language)
}

/// The figures that depend on how frequent the labels are.
fn weighted(out: &mut impl Write, model: &ModelInfo, cv: &CrossValidation, language: Language) -> Result<()> {
    let figures = &cv.weighted;
    if let Some(priors) = &model.training.settings.priors {
        let share = |labels: &[Label], shares: &BTreeMap<String, f64>| {
            let share =
                |label: &Label| Some(format!("{} {}", label.name(language), style::percent(*shares.get(&label.id)?)));
            labels.iter().filter_map(share).collect::<Vec<_>>().join(", ")
        };
        write!(out, "With labels as frequent as the priors say ({}", share(&model.labels, &priors.labels))?;
        if !priors.themes.is_empty() {
            write!(out, "; themes: {}", share(&model.themes, &priors.themes))?;
        }
        write!(out, "): accuracy {:.4}", figures.accuracy)?;
        match figures.themes_micro_f1 {
            Some(micro_f1) => writeln!(out, ", themes micro-F1 {micro_f1:.4}")?,
            None => writeln!(out)?,
        }
    }
    write!(out, "Calibration error: primary {:.4}", figures.calibration_error)?;
    for (theme, error) in model.themes.iter().zip(&figures.theme_calibration_errors) {
        write!(out, ", {} {error:.4}", theme.name(language))?;
    }
    writeln!(out)?;
    match model.rules.certain_from {
        None => writeln!(out, "No primary label is called certain: none was right in {} of 100", 100.0 * CERTAIN)?,
        Some(from) => writeln!(
            out,
            "Certain from probability {from:.3} on: {} of the paragraphs, of which {} are right",
            style::percent(figures.certain_share),
            style::percent(figures.certain_precision)
        )?,
    }
    Ok(())
}

/// A paragraph that was given something else when it was held out.
#[derive(Serialize)]
struct WrongHeldOut<'w> {
    file: String,
    line: u64,
    text: &'w str,
    given: &'w str,
    predicted: &'w str,
    /// The probability of the predicted label.
    probability: f64,
    given_themes: Option<&'w [String]>,
    predicted_themes: Vec<&'w str>,
    theme_probabilities: &'w [f64],
}

fn write_wrong(out: &mut dyn Write, trained: &Trained, corpus: &LabelledCorpus) -> std::io::Result<()> {
    let model = &trained.model.info;
    let mut wrong = Vec::new();
    for (row, assignment) in &trained.held_out {
        let Some(row) = corpus.rows.get(*row) else { continue };
        let predicted = &model.labels[assignment.primary].id;
        let predicted_themes: Vec<&str> = assignment.themes.iter().map(|&theme| model.themes[theme].id.as_str()).collect();
        let as_given = |given: &[String]| {
            given.len() == predicted_themes.len() && predicted_themes.iter().all(|theme| given.iter().any(|id| id == theme))
        };
        if *predicted == row.primary && row.themes.as_deref().is_none_or(as_given) {
            continue;
        }
        // How sure the most surprising of the decisions was.
        let given = |theme: &Label| row.themes.as_ref().is_some_and(|themes| themes.contains(&theme.id));
        let against = model.themes.iter().zip(&assignment.theme_probabilities);
        let against = against.map(|(theme, p)| if given(theme) { 1.0 - p } else { *p });
        let own = if *predicted == row.primary { 0.0 } else { assignment.probabilities[assignment.primary] };
        let surprise = against.fold(own, f64::max);
        wrong.push((
            surprise,
            WrongHeldOut {
                file: row.source.file.display().to_string(),
                line: row.source.line,
                text: &row.text,
                given: &row.primary,
                predicted,
                probability: assignment.probabilities[assignment.primary],
                given_themes: row.themes.as_deref(),
                predicted_themes,
                theme_probabilities: &assignment.theme_probabilities,
            },
        ));
    }
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, row) in &wrong {
        serde_json::to_writer(&mut *out, row)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Contradictions that are shown one by one.
const SHOWN: usize = 10;

fn counts(out: &mut impl Write, model: &ModelInfo, language: Language) -> Result<()> {
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
