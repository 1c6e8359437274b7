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

impl Language {
    /// The one of two texts that is in this language.
    pub fn pick<'t>(self, chinese: &'t str, english: &'t str) -> &'t str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
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

/// The colours of the codebook's labels and, after them, of others: those of Okabe and Ito (Color Universal Design, 2008), which the
/// colour-blind can tell apart, and a grey for `other`.
const COLOURS: [&str; 7] = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442"];
const GREY: &str = "#999999";

/// The colours of a list of labels, `#rrggbb`: a label of the codebook has its own, the others those that are left, over and over where
/// there are more labels than colours.
pub fn colours(labels: &[Label]) -> Vec<&'static str> {
    let own = |label: &Label| KNOWN.iter().filter(|known| known.0 != OTHER).position(|known| known.0 == label.id);
    let taken: Vec<usize> = labels.iter().filter_map(own).collect();
    let mut left = (0..COLOURS.len()).filter(|at| !taken.contains(at)).cycle();
    let colour = |label: &Label| match own(label) {
        _ if label.id == OTHER => GREY,
        Some(at) => COLOURS[at],
        None => left.next().map_or(GREY, |at| COLOURS[at]),
    };
    labels.iter().map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_labels_share_a_colour_while_there_are_enough() {
        let labels = |ids: &[&str]| ids.iter().map(|id| Label::new(id)).collect::<Vec<_>>();
        let own = colours(&labels(&["innovation", "rural_revitalization", "ecology", "livelihood", "other"]));
        assert_eq!(own, [COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[3], GREY]);
        let mixed = colours(&labels(&["体育", "ecology", "财经", "other"]));
        assert_eq!(mixed, [COLOURS[0], COLOURS[2], COLOURS[1], GREY]);
        let many: Vec<String> = (0..20).map(|at| at.to_string()).collect();
        assert_eq!(colours(&labels(&many.iter().map(String::as_str).collect::<Vec<_>>())).len(), 20);
    }
}
