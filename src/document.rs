//! What a document is once it has been read: metadata and blocks in order.

use serde::{Deserialize, Serialize};

use crate::metadata::Metadata;
use crate::theme::Language;

/// What a block of a document is. Only a [`Kind::Paragraph`] is ever classified or counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The document's title, its meeting line and its speaker line.
    Title,
    /// A section heading, such as `一、2025年工作回顾`.
    Heading,
    /// A paragraph of running text: the unit that gets themes.
    Paragraph,
    /// An entry of a glossary (名词解释).
    Glossary,
    /// What the web page added: navigation, share bars, copyright lines.
    Boilerplate,
}

impl Kind {
    /// The name used in every output, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Title => "title",
            Kind::Heading => "heading",
            Kind::Paragraph => "paragraph",
            Kind::Glossary => "glossary",
            Kind::Boilerplate => "boilerplate",
        }
    }

    /// The name as people see it in reports.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Kind::Title => language.pick("标题页", "title lines"),
            Kind::Heading => language.pick("小标题", "headings"),
            Kind::Paragraph => language.pick("段落", "paragraphs"),
            Kind::Glossary => language.pick("名词解释", "glossary"),
            Kind::Boilerplate => language.pick("网页杂质", "boilerplate"),
        }
    }
}

/// One block of a document: a line of the clean text with its place in the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Position in the document, from 0, over blocks of every kind.
    pub index: usize,
    /// What the block is.
    pub kind: Kind,
    /// The headings above the block, outermost first.
    pub section: Vec<String>,
    /// The heading with which a paragraph begins on its own line: `壮大经济实力` in `壮大经济实力。统筹…`.
    pub lead: Option<String>,
    /// The text, without line breaks and without space at either end.
    pub text: String,
}

/// A document as the program sees it: a name, what is known of it as a whole, and its blocks in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// How the document is called in outputs: its path as the user gave it.
    pub name: String,
    /// Title, region, year and the like, as far as they are known.
    pub metadata: Metadata,
    /// The blocks in document order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The blocks that are paragraphs, in order.
    pub fn paragraphs(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.kind == Kind::Paragraph)
    }
}
