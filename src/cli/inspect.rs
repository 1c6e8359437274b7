//! `policy-topics inspect`.

use std::borrow::Cow;
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
    let bytes = match &args.model {
        None => Cow::Borrowed(Model::EMBEDDED),
        Some(path) => Cow::Owned(fs::read(path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let model = Model::from_bytes(&bytes);
    let model = match &args.model {
        None => model?,
        Some(path) => {
            let model = model.with_context(|| super::unusable(path))?;
            super::tell_version(path, &model.info);
            model
        }
    };
    let mut out = anstream::stdout().lock();
    if args.card {
        write!(out, "{}", model.card())?;
        return Ok(Outcome::Done);
    }
    let language = global.language();
    let record = &model.info.training;
    let source = args.model.as_ref().map_or("built in".to_owned(), |path| path.display().to_string());
    writeln!(
        out,
        "{} ({source}), fingerprint {}, {:.1} MB",
        model.info.name,
        fingerprint(&bytes),
        bytes.len() as f64 / 1e6
    )?;
    writeln!(
        out,
        "trained by policy-topics {} on {} paragraphs (data {}), words cut by jieba-rs {} with {} domain words",
        record.program_version,
        record.paragraphs,
        record.data_hash,
        model.info.jieba_version,
        model.info.tokenizer.words.len()
    )?;
    writeln!(out, "{} features, {} heads", model.features(), model.info.heads())?;
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
    for (head, label) in model.info.labels.iter().enumerate() {
        let terms: Vec<String> = model.top_terms(head, args.terms).into_iter().map(|(term, _)| term).collect();
        let count = record.label_counts.get(head).copied().unwrap_or(0);
        table.add_row([
            comfy_table::Cell::new(label.name(language)),
            style::number(count),
            comfy_table::Cell::new(terms.join(" ")),
        ]);
    }
    writeln!(out, "{table}")?;
    if !model.info.themes.is_empty() {
        writeln!(out, "a theme is named from probability {:.3} on", model.info.rules.named_from)?;
        let mut table = style::table(["theme", "paragraphs", "top terms by weight × idf"]);
        for (theme, label) in model.info.themes.iter().enumerate() {
            let terms = model.top_terms(model.info.labels.len() + theme, args.terms);
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
