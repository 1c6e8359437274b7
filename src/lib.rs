//! policy-topics.
mod automaton;
pub mod calibrate;
mod dictionary;
pub mod document;
pub mod evaluate;
pub mod labelled;
pub mod linear;
pub mod model;
pub mod output;
pub mod report;
pub mod segment;
mod segmenter;
pub mod tfidf;
pub mod theme;
pub mod tokenize;
pub mod vocabulary;
