//! Theme reports: how much of documents goes to each theme.

pub mod aggregate;
pub mod data;
pub mod html;
mod numbers;
mod parts;
mod spool;

pub use aggregate::{DocumentReport, Shares};
pub use parts::Parts;
