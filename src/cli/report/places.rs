//! Where a report is written to, checked before the work begins.

use std::fs;
use std::io::ErrorKind;
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

    /// What it writes, if that cannot be standard output.
    fn never_stdout(&self) -> Option<&'static str> {
        match self.option {
            "--html" | "--xlsx" => Some("a file"),
            "--csv" => Some("a folder"),
            _ => None,
        }
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
    let there = path.ancestors().skip(1).find_map(|folder| {
        let whole = fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
        Some(whole.join(path.strip_prefix(folder).ok()?))
    });
    there.unwrap_or_else(|| path.to_owned())
}

/// Refuses outputs that cannot be written, that would overwrite one another, or what the report is made from.
pub fn check(places: &[Place], sources: &[Result<Source, IngestError>], others: &[(&str, &Path)]) -> Result<()> {
    for (at, place) in places.iter().enumerate() {
        let (option, path) = (place.option, place.path.display());
        if let Some(what) = place.never_stdout().filter(|_| place.is_stdout()) {
            bail!("{option} writes {what} and not to standard output; name one");
        }
        places[..at].iter().try_for_each(|earlier| check_pair(earlier, place))?;
        let Some(resolved) = place.resolved() else { continue };
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
        let resolved = place.resolved();
        if let Some(folder) = resolved.as_deref().and_then(Path::parent) {
            let name = folder.display();
            match fs::metadata(folder) {
                Ok(found) if !found.is_dir() => {
                    bail!("{option} cannot write {path}: {name} is not a folder; write elsewhere")
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    bail!("{option} cannot write {path}: there is no folder {name}; make it first")
                }
                // Whatever else is in the way is told by the attempt.
                _ => {}
            }
        }
        let checked = if place.is_folder() { check_folder(place.path, &csv::FILES) } else { check_place(place.path) };
        checked.with_context(|| format!("{option} cannot write {path}"))?;
    }
    Ok(())
}

/// Refuses two outputs in one place, or one inside the folder that the other replaces.
fn check_pair(one: &Place, other: &Place) -> Result<()> {
    let (first, second) = (one.resolved(), other.resolved());
    if first == second {
        bail!("{} and {} both write to {}; give each a name of its own", one.option, other.option, other.path.display());
    }
    let (Some(first), Some(second)) = (first, second) else { return Ok(()) };
    if one.is_folder() && second.starts_with(&first) || other.is_folder() && first.starts_with(&second) {
        bail!("{} and {} write into the same folder; that of --csv holds its tables alone", one.option, other.option);
    }
    Ok(())
}

/// The folder for the temporary file: beside the first output, where there is room, or the system's.
pub fn for_temporary_files(places: &[Place]) -> PathBuf {
    let first = places.iter().find_map(Place::resolved);
    first.and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(std::env::temp_dir)
}
