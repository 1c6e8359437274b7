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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".policy-topics-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What a file that is simply created gets: the umask takes away what it does not allow.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
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
