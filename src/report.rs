//! Theme reports: how much of documents goes to each theme.

pub mod aggregate;

pub use aggregate::{DocumentReport, Shares};
