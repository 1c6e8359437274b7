//! Labels and what people call them.

use serde::{Deserialize, Serialize};

/// The language of names in outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

/// The label of paragraphs that are about none of the themes.
pub const OTHER: &str = "other";

/// A label with its names for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The label as data and outputs for programs have it.
    pub id: String,
    /// Its name in Chinese.
    pub chinese: String,
    /// Its name in English.
    pub english: String,
}

/// The labels of the built-in codebook, in the order in which tables show them.
const KNOWN: [(&str, &str, &str); 5] = [
    ("innovation", "创新", "Innovation"),
    ("rural_revitalization", "乡村振兴", "Rural revitalization"),
    ("ecology", "生态", "Ecology"),
    ("livelihood", "民生", "Livelihood"),
    (OTHER, "其他", "Other"),
];

impl Label {
    /// The label with the names of the built-in codebook, or, for a label of people's own, with the label as its name.
    pub fn new(id: &str) -> Self {
        let (chinese, english) = KNOWN.iter().find(|known| known.0 == id).map_or((id, id), |known| (known.1, known.2));
        Label { id: id.to_owned(), chinese: chinese.to_owned(), english: english.to_owned() }
    }

    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

/// Puts labels into the order of tables: those of the codebook first, in its order, then the others by name; `other` last.
pub fn sort(labels: &mut [String]) {
    labels.sort_by_cached_key(|label| {
        let known = KNOWN.iter().position(|known| known.0 == label);
        let place = match known {
            Some(at) if label != OTHER => at,
            Some(_) => KNOWN.len() + 1,
            None => KNOWN.len(),
        };
        (place, label.clone())
    });
}
