//! `policy-topics inspect`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use policy_topics::model::{Model, fingerprint};

use super::{Global, Outcome, style};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics inspect                 the built-in model
  policy-topics inspect my.model --terms 30
  policy-topics inspect --card          the model card, in Markdown")]
pub struct Args {
    /// Model file [default: the built-in model].
    model: Option<PathBuf>,
    /// How many terms to show for every label.
    #[arg(long, default_value_t = 15, value_name = "N")]
    terms: usize,
    /// Print the model card instead.
    #[arg(long)]
    card: bool,
}

pub fn run(args: &Args, global: &Global) -> Result<Outcome> {
    let model = super::load(args.model.as_deref())?;
    let mut out = anstream::stdout().lock();
    if args.card {
        write!(out, "{}", model.card())?;
        return Ok(Outcome::Done);
    }
    let bytes = match &args.model {
        None => Model::EMBEDDED.to_vec(),
        Some(path) => fs::read(path).with_context(|| format!("cannot read {}", path.display()))?,
    };
    let language = global.language();
    let record = &model.training;
    let source = args.model.as_ref().map_or("built in".to_owned(), |path| path.display().to_string());
    writeln!(out, "{} ({source}), fingerprint {}, {:.1} MB", model.name, fingerprint(&bytes), bytes.len() as f64 / 1e6)?;
    writeln!(
        out,
        "trained by policy-topics {} on {} paragraphs (data {}), words cut by jieba-rs {} with {} domain words",
        record.program_version,
        record.paragraphs,
        record.data_hash,
        model.jieba_version,
        model.tokenizer.words.len()
    )?;
    writeln!(out, "{} features, {} heads", model.features(), model.heads())?;
    match &record.cross_validation {
        None => writeln!(out, "cross-validation was left out")?,
        Some(cv) => {
            write!(out, "cross-validation: accuracy {:.4}, macro-F1 {:.4}", cv.primary.accuracy, cv.primary.macro_f1)?;
            match &cv.themes {
                Some(themes) => writeln!(out, ", themes micro-F1 {:.4}", themes.micro_f1)?,
                None => writeln!(out)?,
            }
        }
    }
    let mut table = style::table(["label", "paragraphs", "top terms by weight × idf"]);
    for (head, label) in model.labels.iter().enumerate() {
        let terms: Vec<String> = model.top_terms(head, args.terms).into_iter().map(|(term, _)| term).collect();
        let count = record.label_counts.get(head).copied().unwrap_or(0);
        table.add_row([
            comfy_table::Cell::new(label.name(language)),
            style::number(count),
            comfy_table::Cell::new(terms.join(" ")),
        ]);
    }
    writeln!(out, "{table}")?;
    if !model.themes.is_empty() {
        writeln!(out, "a theme is named from probability {:.3} on", model.rules.named_from)?;
        let mut table = style::table(["theme", "paragraphs", "top terms by weight × idf"]);
        for (theme, label) in model.themes.iter().enumerate() {
            let terms = model.top_terms(model.labels.len() + theme, args.terms);
            let terms: Vec<String> = terms.into_iter().map(|(term, _)| term).collect();
            table.add_row([
                comfy_table::Cell::new(label.name(language)),
                style::number(record.theme_counts.get(theme).copied().unwrap_or(0)),
                comfy_table::Cell::new(terms.join(" ")),
            ]);
        }
        writeln!(out, "{table}")?;
    }
    Ok(Outcome::Done)
}
