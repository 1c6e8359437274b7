//! What the user named, file by file: folders and patterns expanded, in an order that never changes.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Options;
use super::archive::is_litter;
use super::error::{IngestError, Reason};

/// A file to be read, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, with what lies below it for files of a folder.
    pub name: String,
    pub(super) place: Place,
}

/// Where a source's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    Stdin,
}

impl Source {
    /// The file at `path`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Source { name: path.display().to_string(), place: Place::File(path) }
    }

    /// Standard input.
    pub fn stdin() -> Self {
        Source { name: "-".to_owned(), place: Place::Stdin }
    }
}

/// Expands what the user named: files stand for themselves, folders for all files below them sorted by name, `-` for standard input, and
/// text with `*`, `?` or `[` that is no path for the files that match it. Hidden files and those that systems leave lying about
/// (`Thumbs.db`, `~$…`) are passed over in folders.
///
/// # Errors
///
/// An entry that cannot be read stands as an error in its place in the order, and loses nothing that comes after it.
pub fn sources(inputs: &[PathBuf], options: &Options) -> Vec<Result<Source, IngestError>> {
    let mut found = Vec::new();
    for input in inputs {
        if input.as_os_str() == "-" {
            found.push(Ok(Source::stdin()));
        } else {
            expand(input, options, &mut found);
        }
    }
    found
}

fn expand(input: &Path, options: &Options, found: &mut Vec<Result<Source, IngestError>>) {
    let name = input.display().to_string();
    match std::fs::metadata(input) {
        Ok(metadata) if metadata.is_dir() => walk(input, options, found),
        Ok(_) => found.push(Ok(Source::file(input))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && name.contains(['*', '?', '[']) => {
            expand_pattern(&name, options, found);
        }
        Err(error) => found.push(Err(IngestError::new(name, path_reason(input, error)))),
    }
}

/// What it means that `path` cannot be looked up. A link that is there, and leads neither to a file nor to nowhere, leads in a circle; the
/// standard library has no stable name for the system's error.
fn path_reason(path: &Path, error: io::Error) -> Reason {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    match Reason::from(error) {
        Reason::Io(_) if is_link => Reason::SymlinkLoop,
        reason => reason,
    }
}

fn expand_pattern(pattern: &str, options: &Options, found: &mut Vec<Result<Source, IngestError>>) {
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        Err(error) => {
            return found.push(Err(IngestError::new(pattern, Reason::BadPattern(error.msg.to_owned()))));
        }
    };
    let before = found.len();
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => walk(&path, options, found),
            Ok(path) => found.push(Ok(Source::file(path))),
            Err(error) => {
                let path = error.path().to_owned();
                found.push(Err(IngestError::new(path.display().to_string(), path_reason(&path, error.into()))));
            }
        }
    }
    if found.len() == before {
        found.push(Err(IngestError::new(pattern, Reason::NoMatch)));
    }
}

fn walk(folder: &Path, options: &Options, found: &mut Vec<Result<Source, IngestError>>) {
    let entries = WalkDir::new(folder).follow_links(options.follow_links).sort_by_file_name();
    let kept = |entry: &walkdir::DirEntry| entry.depth() == 0 || !is_litter(&entry.file_name().to_string_lossy());
    for entry in entries.into_iter().filter_entry(kept) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => found.push(Ok(Source::file(entry.path()))),
            Ok(entry) if entry.file_type().is_dir() || entry.path_is_symlink() => {}
            Ok(entry) => {
                found.push(Err(IngestError::new(entry.path().display().to_string(), Reason::NotAFile)));
            }
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                // Without an I/O error it is the walk that has met the same folder above.
                let reason = error.into_io_error().map_or(Reason::SymlinkLoop, |error| path_reason(&path, error));
                found.push(Err(IngestError::new(path.display().to_string(), reason)));
            }
        }
    }
}
