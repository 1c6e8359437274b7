//! Where a report is written to, checked before the work begins.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use policy_topics::ingest::{IngestError, Source};
use policy_topics::output::{check_folder, check_place};
use policy_topics::report::csv;

/// An output: its option and its place.
pub struct Place<'a> {
    pub option: &'static str,
    pub path: &'a Path,
}

impl Place<'_> {
    /// Whether it is standard output.
    pub fn is_stdout(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// Whether it cannot be standard output.
    fn needs_file(&self) -> bool {
        ["--html", "--xlsx"].contains(&self.option)
    }

    fn is_folder(&self) -> bool {
        self.option == "--csv"
    }

    /// Where it really is, whatever links lead to it; `None` for standard output.
    fn resolved(&self) -> Option<PathBuf> {
        if self.is_stdout() {
            return None;
        }
        Some(resolve(self.path))
    }
}

/// A path without links and dots, as far as it exists.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(whole) = fs::canonicalize(path) {
        return whole;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Refuses outputs that cannot be written, that would overwrite one another, or what the report is made from.
pub fn check(places: &[Place], sources: &[Result<Source, IngestError>], others: &[(&str, &Path)]) -> Result<()> {
    for (at, place) in places.iter().enumerate() {
        let (option, path) = (place.option, place.path.display());
        if place.is_stdout() && place.needs_file() {
            bail!("{option} writes a file and not to standard output; name one");
        }
        let resolved = place.resolved();
        for earlier in &places[..at] {
            let of_earlier = earlier.resolved();
            if of_earlier == resolved {
                bail!("{} and {option} both write to {path}; give each a name of its own", earlier.option);
            }
            let inside = |file: &Option<PathBuf>, folder: &Option<PathBuf>| {
                file.as_ref().zip(folder.as_ref()).is_some_and(|(file, folder)| file.starts_with(folder))
            };
            if earlier.is_folder() && inside(&resolved, &of_earlier) || place.is_folder() && inside(&of_earlier, &resolved) {
                bail!(
                    "{} and {option} write into the same folder; the folder of --csv holds its tables alone",
                    earlier.option
                );
            }
        }
        let Some(resolved) = resolved else { continue };
        for (what, other) in others {
            if resolve(other) == resolved {
                bail!("{option} would overwrite {what} {path}; name another file");
            }
        }
        if resolved.exists() {
            let read = sources.iter().flatten().find(|source| {
                let source = resolve(Path::new(&source.name));
                source == resolved || place.is_folder() && source.starts_with(&resolved)
            });
            if let Some(source) = read {
                bail!("{option} would overwrite {}, which is one of the documents; write elsewhere", source.name);
            }
        }
    }
    for place in places.iter().filter(|place| !place.is_stdout()) {
        let (option, path) = (place.option, place.path.display());
        let checked = if place.is_folder() { check_folder(place.path, &csv::FILES) } else { check_place(place.path) };
        checked.with_context(|| format!("{option} cannot write {path}"))?;
    }
    Ok(())
}

/// The folder for the temporary file: beside the first output, where there is room, or the system's.
pub fn for_temporary_files(places: &[Place]) -> PathBuf {
    let first = places.iter().find_map(Place::resolved);
    first.and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(std::env::temp_dir)
}
