//! The model file.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `PTOPICS\0` |
//! | 4 | format version, little-endian |
//! | 8 | length of the payload, little-endian |
//! | 8 | xxh3-64 of the payload and of the 20 bytes before this, little-endian |
//! | … | payload: bincode with integers of fixed width |
//!
//! Nothing is trusted before the checksum holds, and decoding may not claim more memory than a multiple of the file's size, so that
//! even a file made to harm costs no more than its size.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bincode::config::{Config, Configuration, Fixint, Limit, LittleEndian};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::{Model, Rules, TrainingRecord};
use crate::tfidf::{TfIdf, Unit};
use crate::theme::Label;
use crate::tokenize::TokenizerSettings;
use crate::vocabulary::{SavedVocabulary, Vocabulary};

const MAGIC: &[u8; 8] = b"PTOPICS\0";
const VERSION: u32 = 2;
const HEADER: usize = 28;

/// Why bytes are not a model that this program can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read the model {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is something else.
    #[error("not a policy-topics model: it does not begin as one; `policy-topics train` makes models")]
    Foreign,
    /// The file ends early, or goes on after its end.
    #[error(
        "the model file is {found} bytes long but should be {expected}: it was cut off or not copied whole; copy or train it again"
    )]
    Length {
        /// How long it is.
        found: usize,
        /// How long it says it is.
        expected: u64,
    },
    /// The file is from an older program.
    #[error(
        "the model has format {found}, which is older than this program's format {VERSION}: train it again with this program"
    )]
    Older {
        /// Its format.
        found: u32,
    },
    /// The file is from a newer program.
    #[error("the model has format {found}, which is newer than this program's format {VERSION}: use a newer policy-topics")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// The checksum does not hold.
    #[error("the model file was altered: its checksum does not hold; copy or train it again")]
    Altered,
    /// The checksum holds but the content is no model.
    #[error("the model file is inconsistent ({0}): it was not written by policy-topics; train it again")]
    Inconsistent(String),
}

/// Why a model could not be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file could not be written.
    #[error("cannot write the model {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The model could not be encoded.
    #[error("cannot encode the model: {0}")]
    Encode(#[from] bincode::error::EncodeError),
}

/// What stands in the payload, in this order.
#[derive(Serialize, Deserialize)]
struct Saved {
    name: String,
    labels: Vec<Label>,
    themes: Vec<Label>,
    tokenizer: TokenizerSettings,
    jieba_version: String,
    unit: Unit,
    vocabulary: SavedVocabulary,
    tfidf: TfIdf,
    /// Features × heads, row by row.
    weights: Vec<f32>,
    bias: Vec<f32>,
    rules: Rules,
    training: TrainingRecord,
}

type Fixed = Configuration<LittleEndian, Fixint>;

/// A short name for the bytes of a model file: their checksum in hexadecimal. Equal models have equal fingerprints.
pub fn fingerprint(bytes: &[u8]) -> String {
    format!("{:016x}", number(bytes, HEADER - 8, 8).unwrap_or(0))
}

fn checksum(start: &[u8], payload: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(payload);
    hasher.update(start);
    hasher.digest()
}

impl Model {
    /// The bytes of the model file. Equal models have equal bytes.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        let saved = Saved {
            name: self.name.clone(),
            labels: self.labels.clone(),
            themes: self.themes.clone(),
            tokenizer: self.tokenizer.clone(),
            jieba_version: self.jieba_version.clone(),
            unit: self.unit,
            vocabulary: SavedVocabulary::from(&self.vocabulary),
            tfidf: self.tfidf.clone(),
            weights: self.weights.iter().copied().collect(),
            bias: self.bias.clone(),
            rules: self.rules.clone(),
            training: self.training.clone(),
        };
        let payload = bincode::serde::encode_to_vec(saved, bincode::config::standard().with_fixed_int_encoding())?;
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(checksum(&bytes, &payload).to_le_bytes());
        bytes.extend(payload);
        Ok(bytes)
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// # Errors
    /// What the bytes are instead of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let start = &bytes[..bytes.len().min(MAGIC.len())];
        if start.is_empty() || !MAGIC.starts_with(start) {
            return Err(LoadError::Foreign);
        }
        let (Some(version), Some(length), Some(sum)) = (number(bytes, 8, 4), number(bytes, 12, 8), number(bytes, 20, 8))
        else {
            return Err(LoadError::Length { found: bytes.len(), expected: HEADER as u64 });
        };
        match version as u32 {
            VERSION => {}
            found if found < VERSION => return Err(LoadError::Older { found }),
            found => return Err(LoadError::Newer { found }),
        }
        let expected = length.saturating_add(HEADER as u64);
        if bytes.len() as u64 != expected {
            return Err(LoadError::Length { found: bytes.len(), expected });
        }
        let (start, payload) = (&bytes[..HEADER - 8], &bytes[HEADER..]);
        if checksum(start, payload) != sum {
            return Err(LoadError::Altered);
        }
        let inconsistent = |error: bincode::error::DecodeError| LoadError::Inconsistent(error.to_string());
        let (saved, read) = decode(payload).map_err(inconsistent)?;
        if read != payload.len() {
            return Err(LoadError::Inconsistent("it goes on after its end".to_owned()));
        }
        let model = Model::try_from(saved).map_err(|part| LoadError::Inconsistent(part.to_owned()))?;
        Ok(model)
    }

    /// Saves the model: written beside and renamed into place, so that there is never half a file.
    ///
    /// # Errors
    /// When encoding or writing fails.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        crate::output::write_whole(path, |out| out.write_all(&self.to_bytes().map_err(io::Error::other)?))
            .map_err(|error| SaveError::Io { path: path.to_owned(), error })
    }

    /// Loads a model that [`Model::save`] wrote.
    ///
    /// # Errors
    /// When the file cannot be read or is not a model this program can use.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes = fs::read(path).map_err(|error| LoadError::Io { path: path.to_owned(), error })?;
        Model::from_bytes(&bytes)
    }
}

/// A little-endian number of `width` bytes at `at`.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = bytes.get(at..at + width)?;
    Some(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// Decodes with a limit on claimed memory near the payload's size. bincode takes the limit as a constant, so there are steps.
fn decode(payload: &[u8]) -> Result<(Saved, usize), bincode::error::DecodeError> {
    fn with<C: Config>(payload: &[u8], config: C) -> Result<(Saved, usize), bincode::error::DecodeError> {
        bincode::serde::decode_from_slice(payload, config)
    }
    fn limited<const N: usize>() -> Configuration<LittleEndian, Fixint, Limit<N>> {
        Fixed::default().with_limit::<N>()
    }
    match payload.len() {
        0..0x10_0000 => with(payload, limited::<0x10_0000>()),
        0x10_0000..0x100_0000 => with(payload, limited::<0x100_0000>()),
        0x100_0000..0x1000_0000 => with(payload, limited::<0x1000_0000>()),
        _ => with(payload, limited::<0x1_0000_0000>()),
    }
}

impl TryFrom<Saved> for Model {
    type Error = &'static str;

    fn try_from(saved: Saved) -> Result<Self, Self::Error> {
        let vocabulary = Vocabulary::try_from(saved.vocabulary)?;
        let heads = saved.labels.len() + saved.themes.len();
        let weights =
            Array2::from_shape_vec((vocabulary.len(), heads), saved.weights).map_err(|_| "its weights do not fit")?;
        let model = Model {
            name: saved.name,
            labels: saved.labels,
            themes: saved.themes,
            tokenizer: saved.tokenizer,
            jieba_version: saved.jieba_version,
            unit: saved.unit,
            vocabulary,
            tfidf: saved.tfidf,
            weights,
            bias: saved.bias,
            rules: saved.rules,
            training: saved.training,
        };
        model.check()?;
        Ok(model)
    }
}
