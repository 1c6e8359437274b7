//! The command line: arguments in, output out. What is done with them is the library's.

mod classify;
mod evaluate;
mod inspect;
mod pipeline;
mod read;
mod records;
mod report;
mod restore;
mod stream;
mod style;
mod train;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use policy_topics::model::{Classifier, JIEBA_VERSION, Model, ModelInfo, fingerprint};
use policy_topics::report::data::ModelName;
use policy_topics::theme::Language;

/// Policy themes of every paragraph of Chinese government documents.
///
/// Splits documents into paragraphs and gives each its policy themes - innovation 创新, rural revitalization 乡村振兴, ecology 生态,
/// livelihood 民生, or other - with a linear model over TF-IDF. A default model is built in; `train` makes one of your own.
#[derive(Parser)]
#[command(name = "policy-topics", version = version(), max_term_width = 110, after_help = "\
Examples:
  policy-topics report examples/reports                    theme shares of every report in a folder
  policy-topics classify report.txt                        the themes of every paragraph
  policy-topics classify rows.jsonl --output themes.jsonl  JSON lines in, JSON lines out
  policy-topics train mine.csv --output mine.model         a model for your own labels

Exit codes: 0 done, 1 done but some inputs failed, 2 could not run.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Options that every command has.
#[derive(clap::Args)]
pub struct Global {
    /// Use so many threads [default: one for each core]. Results are the same for any number.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Language of names in tables [default: from the locale].
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    /// Chinese
    Zh,
    /// English
    En,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model on labelled paragraphs.
    Train(train::Args),
    /// Give every paragraph its themes.
    Classify(classify::Args),
    /// Theme shares of documents, one by one and in all.
    Report(report::Args),
    /// Undo what web copies did to documents: shifted bytes, pinyin annotations, Traditional characters.
    Restore(restore::Args),
    /// Measure a model on labelled paragraphs.
    Evaluate(evaluate::Args),
    /// Show what a model is, how it was made, and the top terms of every theme.
    Inspect(inspect::Args),
    /// Print a completion script for a shell.
    #[command(after_help = "Example: policy-topics completions bash > /etc/bash_completion.d/policy-topics")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// The model that a command classifies with.
#[derive(clap::Args)]
struct ModelArg {
    /// Model file [default: the built-in model].
    #[arg(long, short, value_name = "FILE")]
    model: Option<PathBuf>,
}

impl ModelArg {
    fn classifier(&self) -> Result<Classifier> {
        let Some(path) = &self.model else { return Ok(Classifier::embedded()?) };
        let classifier = Classifier::load(path).with_context(|| unusable(path))?;
        tell_version(path, classifier.model());
        Ok(classifier)
    }

    /// The model made ready, with what it is called in reports.
    fn named(&self) -> Result<(ModelName, Classifier)> {
        let classifier = self.classifier()?;
        let fingerprint = classifier.fingerprint();
        Ok((ModelName { name: classifier.model().name.clone(), fingerprint }, classifier))
    }
}

fn unusable(path: &Path) -> String {
    format!("{} is not usable as a model", path.display())
}

/// Tells if the model in a file was trained with other words than this program cuts.
fn tell_version(path: &Path, model: &ModelInfo) {
    if model.jieba_version != JIEBA_VERSION {
        eprintln!(
            "note: {} was trained with jieba-rs {}, this program cuts words with {JIEBA_VERSION}; some may differ: train it again",
            path.display(),
            model.jieba_version
        );
    }
}

/// How far a command came.
enum Outcome {
    /// All of it was done.
    Done,
    /// It was done, but some inputs failed; each was reported.
    SomeFailed,
}

impl Global {
    fn language(&self) -> Language {
        match self.lang {
            Some(Lang::Zh) => Language::Chinese,
            Some(Lang::En) => Language::English,
            None => match sys_locale::get_locale() {
                Some(locale) if locale.starts_with("zh") => Language::Chinese,
                _ => Language::English,
            },
        }
    }
}

fn version() -> String {
    format!("{} (built-in model: {DEFAULT_NAME}, fingerprint {})", env!("CARGO_PKG_VERSION"), fingerprint(Model::EMBEDDED))
}

/// What a model is called unless told otherwise; the built-in one is.
const DEFAULT_NAME: &str = "policy-themes";

/// Runs the command and says how it ended: 0 done, 1 some inputs failed, 2 could not run.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(&cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        // Whoever reads our output has had enough of it: nothing went wrong.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // What is read and what is named is in the error's context: only writing the output has none.
            let bare = error.chain().len() == 1 && error.is::<io::Error>();
            let error = if bare { error.context("cannot write the output") } else { error };
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Outcome> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(cli.global.threads.map_or(0, usize::from));
    // Reading, working and writing take turns there, so the main thread can work as well, and what it has read is near.
    let classifies = matches!(cli.command, Command::Classify(_));
    let threads = if classifies { threads.use_current_thread() } else { threads };
    if classifies || cli.global.threads.is_some() {
        threads.build_global().context("cannot start the threads")?;
    }
    match &cli.command {
        Command::Train(args) => train::run(args, &cli.global),
        Command::Classify(args) => classify::run(args, &cli.global),
        Command::Report(args) => report::run(args, &cli.global),
        Command::Restore(args) => restore::run(args, &cli.global),
        Command::Evaluate(args) => evaluate::run(args, &cli.global),
        Command::Inspect(args) => inspect::run(args, &cli.global),
        Command::Completions { shell } => {
            // It panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "policy-topics", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Outcome::Done)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io_error = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(io_error)
}
