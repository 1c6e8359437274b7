//! Finding inputs: files, the files of folders, and standard input.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Where a document or rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `-`
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// Its name in outputs and messages.
    pub fn name(&self) -> String {
        match self {
            Source::Stdin => "-".to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }

    /// The ending of the file's name, in lower case.
    pub fn extension(&self) -> String {
        match self {
            Source::Stdin => String::new(),
            Source::File(path) => path.extension().unwrap_or_default().to_string_lossy().to_lowercase(),
        }
    }

    /// Opens it for reading.
    pub fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self {
            Source::Stdin => Box::new(std::io::stdin()),
            Source::File(path) => Box::new(fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?),
        })
    }

    /// Reads all of it as UTF-8 text.
    pub fn text(&self) -> Result<String> {
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", self.name()))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => {
                let byte = error.utf8_error().valid_up_to();
                let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..byte]).count();
                bail!(
                    "{} is not UTF-8 text: byte {byte} (line {line}) is not valid; convert it, for example with `iconv -f GB18030 -t UTF-8`",
                    self.name()
                )
            }
        }
    }
}

/// The sources that the arguments name, folders with what is in them, in order of name.
///
/// # Errors
/// An input that does not exist, or a folder with nothing to read.
pub fn sources(inputs: &[PathBuf], extensions: &[&str]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for input in inputs {
        if input == Path::new("-") {
            sources.push(Source::Stdin);
            continue;
        }
        let metadata = fs::metadata(input).with_context(|| format!("cannot find {}", input.display()))?;
        if !metadata.is_dir() {
            sources.push(Source::File(input.clone()));
            continue;
        }
        let before = sources.len();
        let walk = walkdir::WalkDir::new(input).follow_links(true).sort_by_file_name();
        for entry in walk {
            let entry = entry.with_context(|| format!("cannot read the folder {}", input.display()))?;
            let source = Source::File(entry.into_path());
            if extensions.contains(&source.extension().as_str()) {
                sources.push(source);
            }
        }
        if sources.len() == before {
            bail!("{} holds nothing to read: no file ends in .{}", input.display(), extensions.join(", ."));
        }
    }
    Ok(sources)
}
