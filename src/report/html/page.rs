//! What the parts of a page share: the report, the language, the names and links of documents, and the frame around it all.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use super::colours;
use super::escape::Text;
use crate::report::data::{DocumentSummary, LabelInfo, Measures, Report};
use crate::report::numbers::Percent;
use crate::theme::{Language, OTHER};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Where the paragraphs of a document are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the page itself.
    Here,
    /// In a file of its own, at this address seen from the page.
    File(String),
    /// Nowhere: the report is without paragraphs.
    Nowhere,
}

/// A report in a language.
pub struct Page<'r> {
    pub report: &'r Report,
    pub language: Language,
    /// Where each document is.
    pub places: Vec<Place>,
    /// The address of the list of all documents' pages, where documents have pages of their own.
    pub index: Option<String>,
    titles: Vec<String>,
}

impl<'r> Page<'r> {
    pub fn new(report: &'r Report, language: Language) -> Self {
        Page { report, language, places: Vec::new(), index: None, titles: titles(&report.documents) }
    }

    /// The text in the page's language.
    pub fn t<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.pick(chinese, english)
    }

    /// `1 document`, `2 documents`; Chinese has a measure word and no plural.
    pub fn counted(&self, count: usize, chinese: &str, english: [&str; 2]) -> String {
        let number = crate::report::numbers::Count(count);
        let [one, many] = english;
        match self.language {
            Language::Chinese => format!("{number}{chinese}"),
            Language::English => format!("{number} {}", if count == 1 { one } else { many }),
        }
    }

    /// The label's name.
    pub fn name(&self, label: usize) -> &'r str {
        self.report.labels.get(label).map_or("", |label| label.name(self.language))
    }

    /// The labels that are themes: all but `other`.
    pub fn themes(&self) -> impl Iterator<Item = usize> + use<'r> {
        self.report.labels.iter().enumerate().filter(|(_, label)| label.id != OTHER).map(|(at, _)| at)
    }

    /// A document's name for people: its region and year where they tell it from the others, else its file's.
    pub fn title(&self, document: usize) -> &str {
        self.titles.get(document).map_or("", String::as_str)
    }

    /// The document's title as HTML, linked to where its paragraphs are; to a block of it where one is given.
    pub fn link(&self, document: usize, block: Option<usize>) -> String {
        let title = Text(self.title(document)).to_string();
        let file = match self.places.get(document) {
            Some(Place::Here) => "",
            Some(Place::File(address)) => address,
            Some(Place::Nowhere) | None => return title,
        };
        format!("<a href=\"{}#{}\">{title}</a>", Text(file), anchor(document, block))
    }

    /// Shares by label in words: `创新 12.3%，…`.
    pub fn said(&self, shares: impl IntoIterator<Item = f64>) -> String {
        let shares = shares.into_iter().enumerate();
        let said: Vec<String> = shares.map(|(at, share)| format!("{} {}", self.name(at), Percent(share))).collect();
        said.join(self.t("，", ", "))
    }

    /// The labels with their swatches.
    pub fn legend(&self, out: &mut String, shares: Option<&[f64]>) -> fmt::Result {
        out.push_str("<ul class=\"legend\">");
        for (at, label) in self.report.labels.iter().enumerate() {
            write!(out, "<li class=\"t{at}\"><i class=\"swatch\"></i>{}", Text(label.name(self.language)))?;
            if let Some(share) = shares.and_then(|shares| shares.get(at)) {
                write!(out, " <b>{}</b>", Percent(*share))?;
            }
            out.push_str("</li>");
        }
        out.push_str("</ul>");
        Ok(())
    }

    /// The beginning of a section, and what it shows.
    pub fn section(&self, out: &mut String, id: &str, title: &str, about: &str) -> fmt::Result {
        write!(out, "\n<section class=\"block\" id=\"{id}\"><h2>{title}</h2>")?;
        if !about.is_empty() {
            write!(out, "<p class=\"about\">{about}</p>")?;
        }
        Ok(())
    }

    /// Everything before the content: head, styles, and the bar at the top. `resources` is the address of the folder with the
    /// styles and the script; without it they are part of the page.
    pub fn begin(
        &self,
        out: &mut String,
        title: &str,
        navigation: &[(&str, String)],
        resources: Option<&str>,
    ) -> fmt::Result {
        let language = self.t("zh-CN", "en");
        // No resource from elsewhere can be loaded even if there were one: neither by this page nor by what a document says.
        let own = if resources.is_some() { "file: 'self'" } else { "'unsafe-inline'" };
        write!(
            out,
            "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline' {own}; \
             script-src {own}; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"generator\" content=\"policy-topics {}\"><meta name=\"referrer\" content=\"no-referrer\">\
             <title>{}</title>",
            Text(&self.report.program),
            Text(title)
        )?;
        match resources {
            Some(folder) => write!(out, "<link rel=\"stylesheet\" href=\"{}style.css\">", Text(folder))?,
            None => {
                out.push_str("<style>\n");
                self.styles(out)?;
                out.push_str("</style>");
            }
        }
        write!(
            out,
            "</head><body><a class=\"skip\" href=\"#main\">{}</a><header class=\"bar\"><div><nav aria-label=\"{}\">",
            self.t("跳到正文", "Skip to content"),
            self.t("目录", "Contents")
        )?;
        for (name, address) in navigation {
            write!(out, "<a href=\"{}\">{}</a>", Text(address), Text(name))?;
        }
        write!(
            out,
            "</nav><div class=\"tools js-only\"><button class=\"button\" id=\"mode\" data-dark=\"{dark}\" data-light=\"{light}\">\
             {dark}</button><button class=\"button print\" id=\"print\">{}</button></div></div></header><main id=\"main\">",
            self.t("打印", "Print"),
            dark = self.t("深色", "Dark"),
            light = self.t("浅色", "Light"),
        )
    }

    /// The styles, with the colours of this report's labels.
    pub fn styles(&self, out: &mut String) -> fmt::Result {
        colours::rules(out, &self.report.labels)?;
        out.push('\n');
        out.push_str(STYLE);
        Ok(())
    }

    /// Everything after the content.
    pub fn end(&self, out: &mut String, resources: Option<&str>) -> fmt::Result {
        let model = &self.report.model;
        write!(
            out,
            "<footer class=\"end\">policy-topics {} · {} {} ({})</footer></main>",
            Text(&self.report.program),
            self.t("模型", "model"),
            Text(&model.name),
            Text(&model.fingerprint)
        )?;
        match resources {
            Some(folder) => write!(out, "<script src=\"{}script.js\"></script>", Text(folder))?,
            None => write!(out, "<script>\n{SCRIPT}</script>")?,
        }
        out.push_str("</body></html>\n");
        Ok(())
    }

    /// The script, for pages that do not have it in them.
    pub fn script() -> &'static str {
        SCRIPT
    }
}

/// The shares by characters, by label.
pub fn shares(measures: &Measures) -> Vec<f64> {
    measures.labels.iter().map(|label| label.share_by_characters).collect()
}

/// The name of a place in a page: a document, or a block of one.
pub fn anchor(document: usize, block: Option<usize>) -> impl Display {
    let number = document + 1;
    match block {
        Some(block) => format!("d{number}-{block}"),
        None => format!("d{number}"),
    }
}

/// The longest title, in characters, that a document goes by.
const TITLE: usize = 24;

/// Names for people, which tell the documents apart.
fn titles(documents: &[DocumentSummary]) -> Vec<String> {
    let short = |document: &DocumentSummary| {
        let region = &document.metadata.region;
        let year = document.metadata.year?;
        (!region.is_empty()).then(|| format!("{region} {year}"))
    };
    let long = |document: &DocumentSummary| document.metadata.title.clone().filter(|title| title.chars().count() <= TITLE);
    let mut uses = BTreeMap::<String, usize>::new();
    documents
        .iter()
        .flat_map(|document| [short(document), long(document)])
        .flatten()
        .for_each(|title| *uses.entry(title).or_default() += 1);
    let alone = |title: &String| uses.get(title) == Some(&1);
    let file = |document: &DocumentSummary| {
        document.short_name.rsplit_once('.').map_or(document.short_name.as_str(), |(stem, _)| stem).to_owned()
    };
    let title = |document: &DocumentSummary| match short(document) {
        Some(title) if alone(&title) => title,
        _ => long(document).filter(|title| alone(title)).unwrap_or_else(|| file(document)),
    };
    documents.iter().map(title).collect()
}

/// Whether a label is `other`.
pub fn is_other(label: &LabelInfo) -> bool {
    label.id == OTHER
}
