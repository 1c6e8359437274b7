//! The model file.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `PTOPICS\0` |
//! | 4 | format version, little-endian |
//! | 8 | length of what follows after these 28 bytes, little-endian |
//! | 8 | xxh3-64 of what follows and of the 20 bytes before this, little-endian |
//! | 32 | the lengths of the four parts, little-endian |
//! | … | [`ModelInfo`]: bincode with integers of fixed width |
//! | … | the vocabulary, encoded likewise |
//! | … | the rows: for each feature its weight for each head, its idf, and zeros: 32-bit floats |
//! | … | the segmenter's tables |
//!
//! Every part begins at a multiple of 64 bytes. Classifying needs the first part, and uses the last two where they lie; the
//! vocabulary is read when terms are to be named.
//!
//! Nothing is trusted before the checksum holds. It is taken over the whole file at every start: at the 10 GB/s and more of xxh3
//! that costs a millisecond or two, most of it for bringing the pages in, which is less than any scheme that would leave a byte
//! unchecked saves. Decoding may not claim more memory than a multiple of the file's size, so that even a file made to harm costs no
//! more than its size.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bincode::config::{Config, Configuration, Fixint, Limit, LittleEndian};
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::Xxh3;

use super::weights::{from_rows, to_rows};
use super::{Model, ModelInfo};
use crate::dictionary;
use crate::segmenter::build;
use crate::tfidf::TfIdf;
use crate::vocabulary::{SavedVocabulary, Vocabulary};

const MAGIC: &[u8; 8] = b"PTOPICS\0";
const VERSION: u32 = 7;
const HEADER: usize = 28;
/// Where the parts begin: a multiple of this.
const ALIGNMENT: usize = 64;
const PARTS: usize = 4;

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
    /// The model has more features than its tables can hold.
    #[error("the model has too many features: let fewer in with --min-df, --max-features or shorter n-grams")]
    TooLarge,
    /// The model's own file would not be one.
    #[error("the model cannot be used: {0}")]
    Unusable(#[from] LoadError),
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

/// The parts of a model file, in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) info: Range<usize>,
    pub(super) vocabulary: Range<usize>,
    pub(super) rows: Range<usize>,
    pub(super) tables: Range<usize>,
}

impl Parts {
    /// Checks the bytes of a model file whole, and finds its parts.
    pub(super) fn find(bytes: &[u8]) -> Result<Self, LoadError> {
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
        let mut end = HEADER + 8 * PARTS;
        let mut part = |at: usize| {
            let start = end.checked_next_multiple_of(ALIGNMENT)?;
            end = start.checked_add(usize::try_from(number(bytes, HEADER + 8 * at, 8)?).ok()?)?;
            (end <= bytes.len()).then_some(start..end)
        };
        let parts = (part(0), part(1), part(2), part(3));
        let (Some(info), Some(vocabulary), Some(rows), Some(tables)) = parts else {
            return Err(LoadError::Inconsistent("its parts do not fit into it".to_owned()));
        };
        if tables.end != bytes.len() {
            return Err(LoadError::Inconsistent("it goes on after its end".to_owned()));
        }
        Ok(Parts { info, vocabulary, rows, tables })
    }

    /// What a model is, without its features.
    pub(super) fn info(&self, bytes: &[u8]) -> Result<ModelInfo, LoadError> {
        let info: ModelInfo = decode(bytes.get(self.info.clone()).unwrap_or_default())?;
        info.check().map_err(|part| LoadError::Inconsistent(part.to_owned()))?;
        Ok(info)
    }

    /// The features.
    pub(super) fn vocabulary(&self, bytes: &[u8]) -> Result<Vocabulary, LoadError> {
        let saved: SavedVocabulary = decode(bytes.get(self.vocabulary.clone()).unwrap_or_default())?;
        Vocabulary::try_from(saved).map_err(|part| LoadError::Inconsistent(part.to_owned()))
    }
}

impl Model {
    /// The bytes of the model file. Equal models have equal bytes. Preparing the segmenter's tables takes most of the time, some
    /// tenths of a second.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        self.encode(dictionary::words())
    }

    /// The bytes of the model file with another dictionary.
    fn encode(&self, dictionary: impl Iterator<Item = (&'static str, u64)>) -> Result<Vec<u8>, SaveError> {
        let config = bincode::config::standard().with_fixed_int_encoding();
        let parts: [Vec<u8>; PARTS] = [
            bincode::serde::encode_to_vec(&self.info, config)?,
            bincode::serde::encode_to_vec(SavedVocabulary::from(&self.vocabulary), config)?,
            to_rows(&self.weights, &self.tfidf.idf),
            build(dictionary, &self.info.tokenizer.words, &self.vocabulary.table_features()).ok_or(SaveError::TooLarge)?,
        ];
        let mut bytes = vec![0; HEADER];
        parts.iter().for_each(|part| bytes.extend((part.len() as u64).to_le_bytes()));
        for part in &parts {
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            bytes.extend(part);
        }
        let length = (bytes.len() - HEADER) as u64;
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&length.to_le_bytes());
        let sum = checksum(&bytes[..HEADER - 8], &bytes[HEADER..]);
        bytes[20..HEADER].copy_from_slice(&sum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// # Errors
    /// What the bytes are instead of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let parts = Parts::find(bytes)?;
        let inconsistent = |part: &str| LoadError::Inconsistent(part.to_owned());
        let info = parts.info(bytes)?;
        let vocabulary = parts.vocabulary(bytes)?;
        let (features, heads) = (vocabulary.len(), info.heads());
        let rows = bytes.get(parts.rows).unwrap_or_default();
        let (weights, idf) =
            from_rows(rows, features, heads).ok_or_else(|| inconsistent("its weights do not fit its features"))?;
        let model = Model {
            tfidf: TfIdf { idf, sublinear_tf: info.training.settings.tfidf.sublinear_tf },
            weights,
            vocabulary,
            info,
        };
        if !model.weights.iter().chain(&model.tfidf.idf).all(|value| value.is_finite()) {
            return Err(inconsistent("its weights are no numbers"));
        }
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

/// Decodes with a limit on claimed memory near the part's size, and to its end. bincode takes the limit as a constant, so there are
/// steps.
fn decode<T: DeserializeOwned>(part: &[u8]) -> Result<T, LoadError> {
    fn with<T: DeserializeOwned, C: Config>(part: &[u8], config: C) -> Result<(T, usize), bincode::error::DecodeError> {
        bincode::serde::decode_from_slice(part, config)
    }
    fn limited<const N: usize>() -> Configuration<LittleEndian, Fixint, Limit<N>> {
        Fixed::default().with_limit::<N>()
    }
    let decoded = match part.len() {
        0..0x10_0000 => with(part, limited::<0x10_0000>()),
        0x10_0000..0x100_0000 => with(part, limited::<0x100_0000>()),
        0x100_0000..0x1000_0000 => with(part, limited::<0x1000_0000>()),
        _ => with(part, limited::<0x1_0000_0000>()),
    };
    match decoded {
        Ok((decoded, read)) if read == part.len() => Ok(decoded),
        Ok(_) => Err(LoadError::Inconsistent("a part of it goes on after its end".to_owned())),
        Err(error) => Err(LoadError::Inconsistent(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labelled::{Labelled, LabelledCorpus, Source};
    use crate::model::{Classifier, Folds, TrainSettings, train};
    use crate::tokenize::TokenizerSettings;

    /// A model with all of its parts, but few words.
    fn small() -> Vec<u8> {
        let texts = ["新建高标准农田", "修复湿地和河道", "建设高标准农田", "治理河道与湿地"];
        let row = |(line, text): (u64, &&str)| Labelled {
            text: (*text).to_owned(),
            primary: ["ecology", "rural"][(line % 2) as usize].to_owned(),
            themes: None,
            statements: Default::default(),
            group: None,
            document: None,
            source: Source { file: "small".into(), line },
        };
        let corpus = LabelledCorpus { rows: (1..).zip(&texts).map(row).collect(), ..LabelledCorpus::default() };
        let mut settings = TrainSettings { folds: Folds::Number(2), cross_validate: false, ..TrainSettings::default() };
        settings.tfidf.min_df = 1;
        let trained = train("small", &corpus, TokenizerSettings::default(), &settings, &|_| {}).unwrap();
        trained.model.encode([("农田", 900), ("湿地", 300), ("高标准", 80)].into_iter()).unwrap()
    }

    #[test]
    fn every_truncation_and_flipped_bytes_everywhere_are_told() {
        let bytes = small();
        assert!(Classifier::from_bytes(&bytes).is_ok());
        for length in 1..bytes.len() {
            assert!(matches!(Parts::find(&bytes[..length]), Err(LoadError::Length { .. })), "{length} bytes");
        }
        let mut altered = bytes.clone();
        // All of the first bytes, and then enough of the others: each check reads the whole file.
        for at in (0..4096).chain((4096..bytes.len()).step_by(61)) {
            altered[at] ^= 1 << (at % 8);
            let error = Parts::find(&altered).expect_err("an altered file is no model");
            match at {
                0..8 => assert!(matches!(error, LoadError::Foreign), "{at}: {error}"),
                8..12 => assert!(matches!(error, LoadError::Older { .. } | LoadError::Newer { .. }), "{at}: {error}"),
                12..20 => assert!(matches!(error, LoadError::Length { .. }), "{at}: {error}"),
                _ => assert!(matches!(error, LoadError::Altered), "{at}: {error}"),
            }
            altered[at] = bytes[at];
        }
    }
}
