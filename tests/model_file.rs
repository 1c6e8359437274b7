//! The model file: whatever is wrong with one, loading says so, and nothing worse happens.

mod common;

use std::sync::OnceLock;

use common::{NEWS, folder};
use policy_topics::labelled::{Labelled, LabelledCorpus, Source};
use policy_topics::model::{Classifier, Folds, LoadError, Model, TrainSettings, train};
use policy_topics::tokenize::TokenizerSettings;
use proptest::prelude::*;

fn small_model() -> &'static Vec<u8> {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let row = |(line, (label, text)): (u64, &(&str, &str))| Labelled {
            text: (*text).to_owned(),
            primary: (*label).to_owned(),
            themes: (line % 2 == 0).then(|| vec![(*label).to_owned()]),
            statements: Default::default(),
            group: None,
            document: None,
            source: Source { file: "news".into(), line },
        };
        let corpus = LabelledCorpus { rows: (1..).zip(&NEWS).map(row).collect(), ..LabelledCorpus::default() };
        let settings = TrainSettings { folds: Folds::Number(3), ..TrainSettings::default() };
        let trained = train("small", &corpus, TokenizerSettings::default(), &settings, &|_| {}).unwrap();
        trained.model.to_bytes().unwrap()
    })
}

#[test]
fn saving_and_loading_keeps_everything() {
    let bytes = small_model();
    let model = Model::from_bytes(bytes).unwrap();
    assert_eq!(&model.to_bytes().unwrap(), bytes);
    let folder = folder();
    let path = folder.path().join("small.model");
    model.save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), model);
}

/// Bytes to try: all of the beginning and the end, and some of every stretch between. (A unit test of the library tries every byte of
/// a model whose dictionary is small.)
fn places(length: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(move |at| *at < 600 || length - at < 100 || at % 20_011 == 0)
}

#[test]
fn truncations_are_told() {
    let bytes = small_model();
    for length in places(bytes.len()) {
        match Model::from_bytes(&bytes[..length]) {
            Err(LoadError::Foreign) if length == 0 => {}
            Err(LoadError::Length { found, .. }) if length > 0 => assert_eq!(found, length),
            other => panic!("{length} bytes: {other:?}"),
        }
    }
    let longer = [bytes, &[0][..]].concat();
    assert!(matches!(Model::from_bytes(&longer), Err(LoadError::Length { .. })));
}

#[test]
fn flipped_bytes_are_told() {
    let bytes = small_model();
    let mut altered = bytes.clone();
    for at in places(bytes.len()) {
        altered[at] ^= 0x80;
        let error = Model::from_bytes(&altered).expect_err("an altered file is no model");
        match at {
            0..8 => assert!(matches!(error, LoadError::Foreign), "{at}: {error}"),
            8..12 => assert!(matches!(error, LoadError::Older { .. } | LoadError::Newer { .. }), "{at}: {error}"),
            12..20 => assert!(matches!(error, LoadError::Length { .. }), "{at}: {error}"),
            _ => assert!(matches!(error, LoadError::Altered), "{at}: {error}"),
        }
        altered[at] = bytes[at];
    }
}

#[test]
fn other_formats_are_named() {
    let mut bytes = small_model().clone();
    bytes[8..12].copy_from_slice(&0u32.to_le_bytes());
    assert!(Model::from_bytes(&bytes).unwrap_err().to_string().contains("older"));
    bytes[8..12].copy_from_slice(&99u32.to_le_bytes());
    assert!(Model::from_bytes(&bytes).unwrap_err().to_string().contains("newer"));
}

/// The file's checksum, set right again after the payload was changed: what somebody who means harm would do.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = (bytes.len() - 28) as u64;
    bytes[12..20].copy_from_slice(&length.to_le_bytes());
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(&bytes[28..]);
    hasher.update(&bytes[..20]);
    let sum = hasher.digest();
    bytes[20..28].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn a_huge_length_inside_a_valid_checksum_claims_no_memory() {
    let mut bytes = small_model().clone();
    // The first field of the first part, which begins at the first multiple of 64, is the name's length.
    bytes[64..72].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    assert!(matches!(Model::from_bytes(&with_checksum(bytes)), Err(LoadError::Inconsistent(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn a_payload_made_to_harm_gives_an_error_or_a_model(
        near in 28usize..4000,
        far in any::<prop::sample::Index>(),
        value: u8,
        cut in 0usize..3,
    ) {
        let mut bytes = small_model().clone();
        for at in [near, far.index(bytes.len() - 28) + 28] {
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut);
        // Whatever loads can be used.
        if let Ok(classifier) = Classifier::from_bytes(&with_checksum(bytes)) {
            classifier.explain("球队在决赛中以3比1获胜，GDP增长5%。");
        }
    }

    #[test]
    fn random_bytes_are_no_model(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }
}
