//! The bytes of a model file in lines of the processor's cache, as its parts are laid out: what one line was meant for is then in one
//! line wherever the file comes from.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// A line of the processor's cache.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub(super) struct Line([u8; 64]);

/// Bytes of which the first one begins a line.
pub(super) enum ModelBytes {
    /// Bytes that are part of the program.
    Embedded(&'static [u8]),
    /// Lines, and how many bytes count.
    Owned(Vec<Line>, usize),
}

impl ModelBytes {
    /// Reads a file whole, whatever it is; what its size is said to be is only where to begin.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let mut lines: Vec<Line> = Vec::new();
        let mut length = 0;
        loop {
            let bytes = lines.as_mut_slice().as_mut_bytes();
            if length == bytes.len() {
                // One byte more than there should be, to see the end.
                let wanted = size.saturating_add(1).max(length.saturating_mul(2)).div_ceil(size_of::<Line>());
                let more = wanted - lines.len();
                lines.try_reserve_exact(more)?;
                lines.resize(wanted, Line::new_zeroed());
                continue;
            }
            match file.read(&mut bytes[length..]) {
                Ok(0) => return Ok(ModelBytes::Owned(lines, length)),
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Bytes that are part of the program, used where they lie if they begin a line.
    pub(super) fn embedded(bytes: &'static [u8]) -> Self {
        if bytes.as_ptr().addr().is_multiple_of(size_of::<Line>()) {
            ModelBytes::Embedded(bytes)
        } else {
            ModelBytes::copy(bytes)
        }
    }

    /// A copy.
    pub(super) fn copy(bytes: &[u8]) -> Self {
        let mut lines = vec![Line::new_zeroed(); bytes.len().div_ceil(size_of::<Line>())];
        lines.as_mut_slice().as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
        ModelBytes::Owned(lines, bytes.len())
    }
}

impl Deref for ModelBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            ModelBytes::Embedded(bytes) => bytes,
            ModelBytes::Owned(lines, length) => lines.as_bytes().get(..*length).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_was_given_in_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bytes");
        for length in [0, 1, 63, 64, 65, 1000] {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            for aligned in [ModelBytes::read(&path).unwrap(), ModelBytes::copy(&bytes)] {
                assert_eq!(*aligned, *bytes);
                assert!(aligned.as_ptr().addr().is_multiple_of(64) || length == 0);
            }
        }
        assert!(ModelBytes::read(&folder.path().join("none")).is_err());
    }
}
