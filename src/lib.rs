//! policy-topics.
pub mod calibrate;
pub mod document;
pub mod evaluate;
pub mod labelled;
pub mod linear;
pub mod model;
pub mod output;
pub mod report;
pub mod segment;
pub mod tfidf;
pub mod theme;
pub mod tokenize;
pub mod vocabulary;
