//! .zip, .tar and .gz: the members one at a time, each read as a file would be.

use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use encoding_rs::Encoding;
use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use super::encoding;
use super::error::Reason;
use super::limits::{Budget, Limit};
use super::{ReadSeek, Reader};

const ZIP: &str = ".zip";
const TAR: &str = ".tar";
const GZIP: &str = ".gz";
/// What tar may read for the headers of one member, its long name included.
const TAR_HEADERS: u64 = 1 << 20;
const TAR_BLOCK: usize = 512;

/// Reads the members of a zip. Members that fail are reported one by one.
///
/// # Errors
///
/// A limit that ends the whole archive.
pub(super) fn read_zip(
    name: &str,
    archive: &mut ZipArchive<Box<dyn ReadSeek>>,
    depth: u32,
    reader: &mut Reader<'_>,
) -> Result<(), Reason> {
    for index in 0..archive.len() {
        reader.budget.add_entry()?;
        reader.budget.start_document();
        let (member, result) = read_zip_member(index, archive, reader);
        let full_name = format!("{name}/{member}");
        match result {
            Ok(Some(bytes)) => reader.read_bytes(full_name, bytes, depth),
            Ok(None) => {}
            Err(reason) if Budget::is_spent(&reason) => return Err(reason),
            Err(reason) => reader.fail(full_name, reason),
        }
    }
    Ok(())
}

/// The name of a member, and its bytes if it is a file to be read.
fn read_zip_member(
    index: usize,
    archive: &mut ZipArchive<Box<dyn ReadSeek>>,
    reader: &Reader<'_>,
) -> (String, Result<Option<Vec<u8>>, Reason>) {
    let name = match archive.by_index_raw(index) {
        Ok(member) => {
            let name = decode_name(member.name_raw(), reader.options.encoding);
            if member.is_dir() || is_litter(&name) {
                return (name, Ok(None));
            }
            let refused = match () {
                () if points_outside(&name) => Some(Reason::OutsidePath),
                () if member.encrypted() => Some(Reason::Encrypted(ZIP)),
                () if member.is_symlink() => Some(Reason::ArchiveLink),
                () => None,
            };
            if let Some(reason) = refused {
                return (name, Err(reason));
            }
            name
        }
        Err(error) => return (format!("#{}", index + 1), Err(zip_reason(ZIP, error))),
    };
    let bytes = archive.by_index(index).map_err(|error| zip_reason(ZIP, error)).and_then(|member| {
        reader.budget.read_document(reader.budget.metered(member)).map_err(|reason| unpack_reason(ZIP, reason))
    });
    (name, bytes.map(Some))
}

/// Reads gzip: a tar inside, or one document.
///
/// # Errors
///
/// [`Reason::Damaged`] and the limits.
pub(super) fn read_gzip(name: &str, file: Box<dyn ReadSeek>, depth: u32, reader: &mut Reader<'_>) -> Result<(), Reason> {
    let mut unpacked = reader.budget.metered(MultiGzDecoder::new(BufReader::new(file)));
    let mut head = Vec::with_capacity(TAR_BLOCK);
    unpacked.by_ref().take(TAR_BLOCK as u64).read_to_end(&mut head).map_err(|error| stream_reason(GZIP, error))?;
    if is_tar(&head) {
        return read_tar(name, Cursor::new(head).chain(unpacked), depth, reader);
    }
    let bytes =
        reader.budget.read_document(Cursor::new(head).chain(unpacked)).map_err(|reason| unpack_reason(GZIP, reason))?;
    reader.read_bytes(name.to_owned(), bytes, depth);
    Ok(())
}

/// True for the first block of a tar archive.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Reads the members of a tar. Members that fail are reported one by one.
///
/// # Errors
///
/// [`Reason::Damaged`] where the archive breaks off, and the limits.
pub(super) fn read_tar(name: &str, file: impl Read, depth: u32, reader: &mut Reader<'_>) -> Result<(), Reason> {
    let allowance = Rc::new(Cell::new(TAR_HEADERS));
    let mut archive = tar::Archive::new(Allowed { reader: file, allowance: Rc::clone(&allowance) });
    for entry in archive.entries().map_err(|error| stream_reason(TAR, error))? {
        let mut entry = entry.map_err(|error| stream_reason(TAR, error))?;
        reader.budget.add_entry()?;
        reader.budget.start_document();
        allowance.set(entry.header().entry_size().unwrap_or_default().saturating_add(TAR_HEADERS));
        let member = decode_name(&entry.path_bytes(), reader.options.encoding);
        let kind = entry.header().entry_type();
        if kind.is_dir() || is_litter(&member) || !(kind.is_file() || kind.is_symlink() || kind.is_hard_link()) {
            continue;
        }
        let full_name = format!("{name}/{member}");
        if points_outside(&member) {
            reader.fail(full_name, Reason::OutsidePath);
        } else if !kind.is_file() {
            reader.fail(full_name, Reason::ArchiveLink);
        } else {
            match reader.budget.read_document(&mut entry).map_err(|reason| unpack_reason(TAR, reason)) {
                Ok(bytes) => reader.read_bytes(full_name, bytes, depth),
                // A document too large is skipped; whatever else is wrong with the stream is wrong for all that follows.
                Err(reason @ Reason::Limit { limit: Limit::DocumentBytes, .. }) => reader.fail(full_name, reason),
                Err(reason) => return Err(reason),
            }
        }
    }
    Ok(())
}

/// Stops a reader that takes more than its allowance. The tar crate reads a member's long name into memory whatever its length, before it
/// says a word about the member.
struct Allowed<R> {
    reader: R,
    allowance: Rc<Cell<u64>>,
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        match self.allowance.get().checked_sub(count as u64) {
            Some(rest) => self.allowance.set(rest),
            None => return Err(Reason::damaged(TAR, "a header is larger than any can be").into()),
        }
        Ok(count)
    }
}

/// A member's name. Chinese Windows writes names in GBK without saying so.
fn decode_name(bytes: &[u8], forced: Option<&'static Encoding>) -> String {
    let encoding = match (std::str::from_utf8(bytes), forced) {
        (Ok(name), _) => return name.to_owned(),
        (Err(_), Some(encoding)) => encoding,
        // A few bytes are too few to tell GBK from Big5 by; GBK is far commoner, and read with the other's table names stay names.
        (Err(_), None) => match encoding::detect(bytes, Some(encoding_rs::GB18030)) {
            encoding if encoding == encoding_rs::BIG5 => encoding,
            _ => encoding_rs::GB18030,
        },
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// True for paths that would leave the folder that the archive is unpacked to. Nothing is ever written, but such an archive is an attack,
/// and its names would mislead whoever uses them as paths.
fn points_outside(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':') && name.starts_with(|first: char| first.is_ascii_alphabetic());
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

/// True for what systems and editors leave lying about, which no user means by "all files".
pub(super) fn is_litter(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| {
        (part.starts_with('.') && part != "." && part != "..")
            || part.starts_with("~$")
            || matches!(part, "__MACOSX" | "Thumbs.db" | "desktop.ini")
    })
}

/// What a zip error means for the user.
pub(super) fn zip_reason(format: &'static str, error: ZipError) -> Reason {
    match error {
        ZipError::Io(error) => stream_reason(format, error),
        ZipError::InvalidPassword => Reason::Encrypted(format),
        error => Reason::damaged(format, error),
    }
}

/// What an I/O error under a decompressor means: a limit of ours that came through, or damage.
pub(super) fn stream_reason(format: &'static str, error: io::Error) -> Reason {
    unpack_reason(format, Reason::from(error))
}

/// The system reads packed bytes without trouble; what fails then is the unpacking.
fn unpack_reason(format: &'static str, reason: Reason) -> Reason {
    match reason {
        Reason::Io(detail) => Reason::Damaged { format, detail },
        reason => reason,
    }
}
