//! Theme reports: how much of documents goes to each theme, how that moves, and the paragraphs and terms behind every figure.
//!
//! An [`Analyst`] works on documents, each by itself and on any thread; a [`Builder`] takes what they came to, in order, and gives the
//! [`Report`](data::Report) and its [`Parts`]. The other rooms write them.
//!
//! ```
//! use policy_topics::model::{Classifier, Model};
//! use policy_topics::reader::Reader;
//! use policy_topics::report::data::ModelName;
//! use policy_topics::report::{Analyst, Builder};
//!
//! let classifier = Classifier::embedded()?;
//! let analyst = Analyst::new(&classifier, true);
//! let model = ModelName { name: "built in".into(), fingerprint: String::new() };
//! let mut builder = Builder::new(&analyst, model, &["year".into()], &std::env::temp_dir())?;
//! let reader = Reader::new();
//! for text in ["云泽省2023年政府工作报告\n改造老旧小区86个，新建养老床位1800张。", "云泽省2024年政府工作报告\n新建高标准农田30万亩。"] {
//!     builder.add(analyst.analyse(&reader.document("report", text))?)?;
//! }
//! let (report, parts) = builder.finish(None)?;
//! assert_eq!(report.groupings[0].groups[1].value.as_deref(), Some("2024"));
//! assert_eq!(parts.read(1)?.blocks.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod aggregate;
mod analysis;
mod builder;
pub mod csv;
pub mod data;
mod examples;
pub mod groups;
pub mod html;
pub mod interval;
pub mod json;
pub mod keyness;
pub mod markdown;
pub mod numbers;
mod parts;
mod series;
mod spool;
pub mod summary;
mod terms;
pub mod xlsx;

pub use analysis::{Analysis, Analyst, NoParagraph};
pub use builder::Builder;
pub use parts::Parts;
