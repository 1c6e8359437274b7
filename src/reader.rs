//! The whole way from raw text to a document.

use crate::document::Document;
use crate::restore::Restorer;
use crate::segment::segment;

/// Reads raw text: restores it and finds its structure. Made once, used for any number of texts and from any thread.
///
/// ```
/// use policy_topics::document::Kind;
/// use policy_topics::reader::Reader;
///
/// let reader = Reader::new();
/// let document = reader.document("a.txt", "云澤省2024年政府工作報告\n各位代表：\n一、回顧\n糧食增產。農民增收，鄉村建設取得新進展。");
/// assert_eq!(document.metadata.year, Some(2024));
/// assert_eq!(document.blocks[3].kind, Kind::Paragraph);
/// assert_eq!(document.blocks[3].section, ["一、回顾"]);
/// ```
#[derive(Default)]
pub struct Reader {
    restorer: Restorer,
}

impl Reader {
    /// A reader. What it needs for damaged texts it makes when the first one comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text as it was found. `name` is what outputs call the document; its file name may say place and year.
    pub fn document(&self, name: &str, raw: &str) -> Document {
        segment(name, &self.restorer.restore(raw).text)
    }
}
