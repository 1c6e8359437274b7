//! Policy themes of every paragraph of Chinese government documents.
//!
//! A document is split into paragraphs, and every paragraph gets its policy themes - innovation 创新, rural revitalization
//! 乡村振兴, ecology 生态, livelihood 民生, or other - from a linear model over TF-IDF. A default model is part of the library;
//! people with themes of their own train their own.
//!
//! ```
//! use policy_topics::model::Classifier;
//! use policy_topics::reader::Reader;
//!
//! let classifier = Classifier::embedded()?;
//! let document = Reader::new().document("report", "二、改善民生\n新增城镇就业5.2万人，改造老旧小区86个，新建养老床位1800张。");
//! for paragraph in document.paragraphs() {
//!     let assignment = classifier.classify(&paragraph.text);
//!     let label = &classifier.model().labels[assignment.primary];
//!     assert_eq!(label.id, "livelihood");
//!     assert!(assignment.probabilities[assignment.primary] > 0.9);
//! }
//! # Ok::<(), policy_topics::model::LoadError>(())
//! ```
//!
//! # The way of the data
//!
//! Bytes are [read](ingest) to raw text, which is [restored](restore) where web copies damaged it, and [segmented](segment) into
//! blocks, while its [`metadata`] are read; [`reader`] does it in one step. A paragraph is [cut into words](tokenize) and sentences; the words and character
//! bigrams of each sentence become a [TF-IDF](tfidf) vector; a [linear classifier](linear) gives decision values, whose
//! weighted mean over the sentences is the paragraph's; [calibration](calibrate) makes them probabilities; and the
//! [`model`] decides. [`labelled`] reads the paragraphs that [`model::train`] learns from, [`evaluate`] measures, and
//! [`report`] counts what a document's paragraphs come to.

mod boilerplate;
pub mod calibrate;
mod dictionary;
pub mod document;
pub mod evaluate;
pub mod ingest;
pub mod labelled;
pub mod linear;
mod met;
pub mod metadata;
pub mod model;
pub mod output;
mod prefetch;
pub mod reader;
pub mod report;
pub mod restore;
pub mod segment;
mod segmenter;
pub mod tfidf;
pub mod theme;
pub mod tokenize;
pub mod vocabulary;
