//! `policy-topics evaluate`.

mod measure;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use policy_topics::evaluate::{Interval, Reliability};
use policy_topics::labelled::{Labelled, LabelledCorpus};
use policy_topics::model::{Assignment, Classifier, ModelInfo};
use policy_topics::output::write_whole;
use policy_topics::theme::{Label, Language};
use rayon::prelude::*;
use serde::Serialize;

use measure::{Evaluation, RESAMPLES, evaluate};

use super::train::ColumnArgs;
use super::{Global, ModelArg, Outcome, style};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics evaluate gold.jsonl
  policy-topics evaluate gold.csv --model my.model --errors wrong.jsonl
  policy-topics evaluate gold.jsonl --format json

Rows whose `kind` is given and is not `paragraph` are left out (--all-kinds takes them).")]
pub struct Args {
    /// Files or folders of labelled paragraphs, as for `train`.
    #[arg(required = true, value_name = "GOLD")]
    gold: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    columns: ColumnArgs,
    /// Write the wrong ones to a file of JSON lines, with the terms that misled.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// The labelled paragraphs in numbers of the model's labels.
pub struct Gold {
    primary: Vec<usize>,
    /// Where every row names its themes.
    themes: Option<Vec<Vec<usize>>>,
}

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let corpus = LabelledCorpus::read(&args.gold, &args.columns.columns())?;
    let classifier = args.model.classifier()?;
    let model = classifier.model();
    let gold = Gold::new(&corpus.rows, model)?;
    let predicted: Vec<Assignment> = corpus.rows.par_iter().map(|row| classifier.classify(&row.text)).collect();
    let evaluation = evaluate(model, &corpus.rows, &gold, &predicted, args.seed);
    if let Some(path) = &args.errors {
        write_whole(path, |out| write_errors(out, &classifier, &corpus.rows, &gold, &predicted))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &evaluation).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Table => print(&mut out, &evaluation, model, &corpus, global.language())?,
    }
    Ok(Outcome::Done)
}

impl Gold {
    fn new(rows: &[Labelled], model: &ModelInfo) -> Result<Self> {
        let ids = |labels: &[Label]| labels.iter().map(|label| label.id.as_str()).collect::<Vec<_>>().join(", ");
        let find =
            |labels: &[Label], what: &str, id: &str, row: &Labelled| match labels.iter().position(|label| label.id == id) {
                Some(found) => Ok(found),
                None => bail!("{}: the model does not know the {what} `{id}`; it knows {}", row.source, ids(labels)),
            };
        let primary = rows.iter().map(|row| find(&model.labels, "label", &row.primary, row)).collect::<Result<_>>()?;
        let themes = if model.themes.is_empty() || rows.iter().any(|row| row.themes.is_none()) {
            None
        } else {
            let of_row = |row: &Labelled| {
                let named = row.themes.iter().flatten().map(|theme| find(&model.themes, "theme", theme, row));
                let mut themes = named.collect::<Result<Vec<usize>>>()?;
                themes.sort_unstable();
                themes.dedup();
                Ok(themes)
            };
            Some(rows.iter().map(of_row).collect::<Result<Vec<_>>>()?)
        };
        Ok(Gold { primary, themes })
    }
}

fn print(
    out: &mut impl Write,
    evaluation: &Evaluation,
    model: &ModelInfo,
    corpus: &LabelledCorpus,
    language: Language,
) -> Result<()> {
    let Evaluation { primary, accuracy_interval: accuracy, macro_f1_interval: macro_f1, .. } = evaluation;
    write!(out, "{} paragraphs", evaluation.paragraphs)?;
    for (count, what) in [(corpus.other_kinds, "that are no paragraphs"), (corpus.empty, "without text")] {
        if count > 0 {
            write!(out, "; {count} rows {what} left out")?;
        }
    }
    writeln!(out, "\naccuracy           {:.4}  [{:.4}, {:.4}]", primary.accuracy, accuracy.low, accuracy.high)?;
    writeln!(out, "macro-F1           {:.4}  [{:.4}, {:.4}]", primary.macro_f1, macro_f1.low, macro_f1.high)?;
    if let Some(themes) = &evaluation.themes {
        let Interval { low, high } = themes.micro_f1_interval;
        writeln!(out, "themes micro-F1    {:.4}  [{low:.4}, {high:.4}]", themes.metrics.micro_f1)?;
    }
    writeln!(out, "calibration error  {:.4}", evaluation.calibration_error)?;
    let certain = &evaluation.certain;
    write!(out, "called certain     {}", style::percent(certain.share))?;
    match certain.precision {
        Some(precision) => writeln!(out, " ({} paragraphs), of which {precision:.4} are right", certain.paragraphs)?,
        None => writeln!(out)?,
    }
    writeln!(out, "(in brackets: 95% bootstrap intervals, {RESAMPLES} samples)")?;
    writeln!(out, "{}", style::metrics_table("primary", &primary.labels, &model.labels, language))?;
    writeln!(out, "{}", style::confusion_table(&primary.confusion, &model.labels, language))?;
    if let Some(themes) = &evaluation.themes {
        writeln!(out, "{}", style::metrics_table("theme", &themes.metrics.labels, &model.themes, language))?;
    }
    print_lengths(out, evaluation)?;
    print_calibration(out, evaluation, model, language)?;
    if let Some(shares) = &evaluation.shares {
        let mut table = style::table(["document", "paragraphs", "mean share error", "largest"]);
        for document in &shares.documents {
            table.add_row([
                comfy_table::Cell::new(&document.document),
                style::number(document.paragraphs),
                style::number(format!("{:.2}", document.mean)),
                style::number(format!("{:.2}", document.largest)),
            ]);
        }
        writeln!(out, "{table}")?;
        writeln!(
            out,
            "shares of characters by label: off by {:.2} percentage points on average, {:.2} at most",
            shares.mean, shares.largest
        )?;
    }
    Ok(())
}

fn print_lengths(out: &mut impl Write, evaluation: &Evaluation) -> Result<()> {
    let mut table = style::table(["characters", "paragraphs", "accuracy", "macro-F1", "themes micro-F1"]);
    for band in evaluation.by_length.iter().filter(|band| band.paragraphs > 0) {
        let length = match band.to {
            Some(to) => format!("{} to {}", band.from, to - 1),
            None => format!("{} and more", band.from),
        };
        table.add_row([
            comfy_table::Cell::new(length),
            style::number(band.paragraphs),
            style::number(format!("{:.3}", band.accuracy)),
            style::number(format!("{:.3}", band.macro_f1)),
            style::number(band.themes_micro_f1.map_or_else(|| "-".to_owned(), |micro_f1| format!("{micro_f1:.3}"))),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// How often decisions of a probability were right: the primary label, and whether each theme is touched.
fn print_calibration(out: &mut impl Write, evaluation: &Evaluation, model: &ModelInfo, language: Language) -> Result<()> {
    let mut columns = vec![("primary", evaluation.calibration_error, &evaluation.reliability)];
    if let Some(themes) = &evaluation.themes {
        let of_themes = model.themes.iter().zip(&themes.calibration_error).zip(&themes.reliability);
        columns.extend(of_themes.map(|((theme, error), bins)| (theme.name(language), *error, bins)));
    }
    let heading = columns.iter().map(|(name, ..)| (*name).to_owned());
    let mut table = style::table(std::iter::once("probability: right / of".to_owned()).chain(heading));
    for (at, bin) in evaluation.reliability.iter().enumerate() {
        let cell = |(_, _, bins): &(&str, f64, &Vec<Reliability>)| match bins.get(at) {
            Some(bin) if bin.count > 0 => style::number(format!("{:.3} / {}", bin.accuracy, bin.count)),
            _ => style::number("-"),
        };
        let range = comfy_table::Cell::new(format!("{:.1} to {:.1}", bin.from, bin.to));
        table.add_row(std::iter::once(range).chain(columns.iter().map(cell)));
    }
    let errors = columns.iter().map(|(_, error, _)| style::number(format!("{error:.4}")));
    table.add_row(std::iter::once(comfy_table::Cell::new("calibration error")).chain(errors));
    writeln!(out, "{table}")?;
    Ok(())
}

/// A wrong decision.
#[derive(Serialize)]
struct Wrong<'w> {
    file: String,
    line: u64,
    text: &'w str,
    given: &'w str,
    predicted: &'w str,
    probability: f64,
    given_themes: Option<Vec<&'w str>>,
    predicted_themes: Vec<&'w str>,
    /// The terms that spoke most for the predicted label, where that is wrong.
    misleading: Vec<Misleading>,
}

#[derive(Serialize)]
struct Misleading {
    term: String,
    contribution: f64,
}

/// How many misleading terms are written.
const MISLEADING: usize = 10;

fn write_errors(
    out: &mut dyn Write,
    classifier: &Classifier,
    rows: &[Labelled],
    gold: &Gold,
    predicted: &[Assignment],
) -> std::io::Result<()> {
    let model = classifier.model();
    let names = |themes: &[usize]| themes.iter().map(|&theme| model.themes[theme].id.as_str()).collect::<Vec<_>>();
    for (number, (row, assignment)) in rows.iter().zip(predicted).enumerate() {
        let given = gold.primary[number];
        let given_themes = gold.themes.as_ref().map(|themes| &themes[number]);
        let wrong_primary = assignment.primary != given;
        if !wrong_primary && given_themes.is_none_or(|themes| *themes == assignment.themes) {
            continue;
        }
        let misleading = if wrong_primary {
            let explanation = classifier.explain(&row.text);
            classifier.strongest(&explanation, assignment.primary, MISLEADING)
        } else {
            Vec::new()
        };
        let wrong = Wrong {
            file: row.source.file.display().to_string(),
            line: row.source.line,
            text: &row.text,
            given: &model.labels[given].id,
            predicted: &model.labels[assignment.primary].id,
            probability: assignment.probabilities[assignment.primary],
            given_themes: given_themes.map(|themes| names(themes)),
            predicted_themes: names(&assignment.themes),
            misleading: misleading
                .into_iter()
                .map(|term| Misleading { term: term.term, contribution: term.contribution })
                .collect(),
        };
        serde_json::to_writer(&mut *out, &wrong)?;
        writeln!(out)?;
    }
    Ok(())
}
