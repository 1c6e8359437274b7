//! `policy-topics restore`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use policy_topics::ingest::RawDocument;
use policy_topics::output::Pending;
use policy_topics::restore::{Counts, Restored, Restorer};

use super::read::ReadArgs;
use super::{Global, Outcome, style};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  policy-topics restore page.txt                        the clean text, a paragraph a line
  policy-topics restore page.txt --report               a table of what was done
  policy-topics restore page.txt --diff                 every changed paragraph, before and after
  policy-topics restore pages/ --output clean.txt")]
pub struct Args {
    /// Documents, folders or archives of documents, or - for standard input.
    #[arg(required = true, value_name = "INPUT")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// Show how many changes of each kind there were, and what could not be repaired (□ in the text), instead of the text.
    #[arg(long)]
    report: bool,
    /// Show every changed paragraph before and after, instead of the text.
    #[arg(long, conflicts_with = "report")]
    diff: bool,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args, _global: &Global) -> Result<Outcome> {
    let sources = args.read.sources(&args.input, "text")?;
    let reader = args.read.reader("text")?;
    let restorer = Restorer::new();
    let mut pending = match &args.output {
        None => None,
        Some(path) => Some(Pending::new(path).with_context(|| format!("cannot write {}", path.display()))?),
    };
    let mut stdout = anstream::stdout().lock();
    let mut failed = 0;
    let mut documents = 0;
    for source in sources {
        let mut written = Ok(());
        let mut one = |raw: Result<RawDocument, _>| match raw {
            Err(error) => {
                eprintln!("error: {error}");
                failed += 1;
            }
            Ok(raw) => {
                documents += 1;
                let out: &mut dyn Write = match &mut pending {
                    Some(file) => file,
                    None => &mut stdout,
                };
                if written.is_ok() {
                    written = write(args, out, &raw.name, &restorer.restore(&raw.text));
                }
            }
        };
        match source {
            Err(error) => one(Err(error)),
            Ok(source) => reader.read_raw(&source, &mut one),
        }
        written?;
    }
    if let (Some(file), Some(path)) = (pending, &args.output) {
        file.finish().with_context(|| format!("cannot write {}", path.display()))?;
    }
    if documents == 0 {
        anyhow::bail!("no document could be read");
    }
    Ok(if failed > 0 { Outcome::SomeFailed } else { Outcome::Done })
}

fn write(args: &Args, out: &mut dyn Write, name: &str, restored: &Restored) -> Result<()> {
    if args.report {
        return report(out, name, restored);
    }
    if args.diff {
        return diff(out, name, restored);
    }
    out.write_all(restored.text.as_bytes())?;
    if !restored.text.ends_with('\n') {
        writeln!(out)?;
    }
    Ok(())
}

fn report(out: &mut dyn Write, name: &str, restored: &Restored) -> Result<()> {
    let counts: Counts = restored.counts();
    writeln!(out, "{name}")?;
    let mut table = style::table(["what was done", "times"]);
    for (kind, count) in counts.iter() {
        table.add_row([comfy_table::Cell::new(kind.name()), style::number(count)]);
    }
    table.add_row([comfy_table::Cell::new("places that could not be repaired"), style::number(restored.unrepaired.len())]);
    writeln!(out, "{table}")?;
    for place in &restored.unrepaired {
        writeln!(out, "line {}: {}", place.source_line + 1, place.excerpt)?;
    }
    Ok(())
}

fn diff(out: &mut dyn Write, name: &str, restored: &Restored) -> Result<()> {
    for change in &restored.changes {
        writeln!(out, "@@ {name}, line {}", change.source.start + 1)?;
        for line in change.before.lines() {
            writeln!(out, "- {line}")?;
        }
        match change.line {
            Some(_) => writeln!(out, "+ {}", change.after)?,
            None => writeln!(out, "  (removed)")?,
        }
    }
    Ok(())
}
