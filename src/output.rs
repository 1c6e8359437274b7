//! Writing files so that nothing is ever lost or half there.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file through `write`, beside its final place and then renamed into it: whoever looks sees the old file or the whole
/// new one. A file that exists keeps its permissions.
///
/// # Errors
/// When the file cannot be written; the old one, if any, is then untouched.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut pending = Pending::new(path)?;
    write(&mut pending)?;
    pending.finish()
}

/// Whether a file could be written to `path`, as far as that can be known before: tried beside it, and nothing is left of it.
///
/// # Errors
/// When the folder is missing or no file can be made in it, or when a folder is in the place.
pub fn check_place(path: &Path) -> io::Result<()> {
    Pending::new(path).map(drop)
}

/// Writes a folder of files through `write`, which is given a folder beside the final place; that is then put into the place, in one
/// step where the system can exchange folders (Linux) or there is none yet. Whoever looks sees the old folder or the whole new one.
///
/// # Errors
/// As [`check_folder`], and when `write` fails; the old folder, if any, is then untouched.
pub fn write_folder(path: &Path, known: &[&str], write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    check_folder(path, known)?;
    let new = beside(path)?;
    write(new.path())?;
    if !path.exists() {
        return fs::rename(new.keep(), path);
    }
    // The old one is now where the new one was made, and goes when the name is dropped.
    exchange(new.path(), path)
}

/// Whether [`write_folder`] could write `path`, as far as that can be known before. A folder that is there is only replaced if it holds
/// nothing but files of the names `known`.
///
/// # Errors
/// When nothing can be made beside it, when a file is in the place, or a folder with other files.
pub fn check_folder(path: &Path, known: &[&str]) -> io::Result<()> {
    if let Ok(metadata) = fs::metadata(path) {
        if !metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "there is a file of this name; name a folder"));
        }
        for entry in fs::read_dir(path)? {
            let name = entry?.file_name();
            if !known.iter().any(|known| *known == name) {
                let name = name.to_string_lossy();
                let message = format!("the folder holds `{name}`, which would be lost; name a folder that is only for this");
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
        }
    }
    beside(path).map(drop)
}

/// An empty folder in the folder of `path`, gone when it is dropped.
fn beside(path: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".policy-topics-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(folder_of(path))
}

/// Puts two folders into each other's place.
#[cfg(target_os = "linux")]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        // Some network file systems cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => exchange_in_steps(new, old),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    exchange_in_steps(new, old)
}

/// As [`exchange`], with a moment in which `old` is not there.
fn exchange_in_steps(new: &Path, old: &Path) -> io::Result<()> {
    let mut away = new.as_os_str().to_owned();
    away.push("-old");
    fs::rename(old, &away)?;
    fs::rename(new, old)?;
    fs::rename(&away, new)
}

/// The folder that `path` is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that appears when it is finished. Dropped before that, it leaves no trace.
pub struct Pending {
    file: BufWriter<NamedTempFile>,
    path: std::path::PathBuf,
}

impl Pending {
    /// Begins to write `path`.
    ///
    /// # Errors
    /// When no file can be made in the folder of `path`.
    pub fn new(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".policy-topics-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What a file that is simply created gets: the umask takes away what it does not allow.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder_of(path))?;
        if let Ok(metadata) = fs::metadata(path) {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        Ok(Pending { file: BufWriter::with_capacity(1 << 16, file), path: path.to_owned() })
    }

    /// Puts the file into its place.
    ///
    /// # Errors
    /// When the last bytes cannot be written or the file cannot be renamed.
    pub fn finish(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn folders_are_exchanged_whole() {
        let room = tempfile::tempdir().unwrap();
        let place = room.path().join("out");
        let write = |text: &'static str| write_folder(&place, &["a.csv", "b.csv"], |to| fs::write(to.join("a.csv"), text));
        write("old").unwrap();
        fs::write(place.join("b.csv"), "old").unwrap();
        // What fails changes nothing, and leaves nothing.
        let failed = write_folder(&place, &["a.csv", "b.csv"], |to| {
            fs::write(to.join("a.csv"), "half")?;
            Err(io::Error::other("full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "full");
        assert_eq!(
            (names(room.path()), fs::read_to_string(place.join("a.csv")).unwrap()),
            (vec!["out".into()], "old".into())
        );
        write("new").unwrap();
        assert_eq!((names(room.path()), names(&place)), (vec!["out".to_owned()], vec!["a.csv".to_owned()]));
        assert_eq!(fs::read_to_string(place.join("a.csv")).unwrap(), "new");
        let steps = room.path().join("steps");
        fs::create_dir(&steps).unwrap();
        exchange_in_steps(&steps, &place).unwrap();
        assert_eq!((names(&steps), names(&place)), (vec!["a.csv".to_owned()], vec![]));
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join("thesis.docx"), "").unwrap();
        let error = write_folder(room.path(), &["a.csv"], |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("`thesis.docx`, which would be lost"), "{error}");
        assert!(check_folder(&room.path().join("thesis.docx"), &[]).unwrap_err().to_string().contains("there is a file"));
        assert!(check_folder(&room.path().join("missing/out"), &[]).is_err());
        assert!(check_place(&room.path().join("missing/out.json")).is_err());
    }
}
