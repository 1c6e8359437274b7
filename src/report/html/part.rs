//! One document: its outline, and its paragraphs in order, each with the theme it was given.

use std::fmt::{self, Write};

use super::charts;
use super::escape::{Text, character};
use super::page::{Page, anchor, is_other, shares};
use super::terms;
use crate::document::Kind;
use crate::report::data::{DocumentPart, DocumentSummary, Row, RowAssignment};
use crate::report::numbers::Percent;

/// A primary label whose probability is not this far ahead of the second is shown as uncertain.
const MARGIN: f64 = 0.2;

/// The part of a page for one document, folded up. On a page of its own it is `open`.
pub fn part(out: &mut String, page: &Page, part: &DocumentPart, open: bool) -> fmt::Result {
    let Some(summary) = page.report.documents.get(part.document) else { return Ok(()) };
    write!(
        out,
        "\n<details class=\"doc\" id=\"{}\"{}><summary><span class=\"name\">{}<small data-text>{}</small></span><span class=\"mini\">",
        anchor(part.document, None),
        if open { " open" } else { "" },
        Text(page.title(part.document)),
        Text(&summary.short_name)
    )?;
    let measures = &summary.measures;
    let shares = shares(measures);
    charts::stack(out, &shares, 14, "mini", &page.said(shares.iter().copied()))?;
    write!(
        out,
        "</span><span class=\"count soft small num\">{}</span></summary><div class=\"docbody\"><div class=\"side\">",
        page.counted(measures.paragraphs, "段", ["paragraph", "paragraphs"])
    )?;
    outline(out, page, part)?;
    out.push_str("</div><div class=\"text\">");
    facts(out, page, summary)?;
    page.legend(out, Some(&shares))?;
    order(out, page, part)?;
    write!(out, "<details class=\"terms-of\"><summary>{}</summary>", page.t("本文档的主题词", "Terms of this document"))?;
    terms::of(out, page, &part.details, 8)?;
    out.push_str("</details>");
    blocks(out, page, part)?;
    out.push_str("</div></div></details>");
    Ok(())
}

/// What is known of the document.
fn facts(out: &mut String, page: &Page, summary: &DocumentSummary) -> fmt::Result {
    let metadata = &summary.metadata;
    let level = metadata.level.map(|level| page.t(level.chinese(), level.as_str()).to_owned());
    let known = [
        (page.t("标题", "Title"), metadata.title.clone()),
        (page.t("地区", "Region"), (!metadata.region.is_empty()).then(|| metadata.region.to_string())),
        (page.t("级别", "Level"), level),
        (page.t("年份", "Year"), metadata.year.map(|year| year.to_string())),
        (page.t("日期", "Date"), metadata.date.map(|date| date.to_string())),
        (page.t("报告人", "Speaker"), metadata.speaker.clone()),
        (page.t("文件", "File"), Some(summary.name.clone())),
    ];
    out.push_str("<dl class=\"facts\" data-text>");
    let mut fact = |name: &str, value: &str| write!(out, "<dt>{}</dt><dd>{}</dd>", Text(name), Text(value));
    known
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)))
        .try_for_each(|(name, value)| fact(name, value))?;
    metadata.more.iter().try_for_each(|(name, value)| fact(name, value))?;
    out.push_str("</dl>");
    Ok(())
}

/// The headings, with links to them.
fn outline(out: &mut String, page: &Page, part: &DocumentPart) -> fmt::Result {
    let mut headings = part.blocks.iter().filter(|row| row.kind == Kind::Heading).peekable();
    if headings.peek().is_none() {
        return Ok(());
    }
    let name = page.t("提纲", "Outline");
    write!(out, "<nav class=\"outline\" aria-label=\"{name}\"><b>{name}</b><ol data-text>")?;
    for row in headings {
        write!(
            out,
            "<li class=\"l{}\"><a href=\"#{}\">{}</a></li>",
            level(row),
            anchor(part.document, Some(row.index)),
            Text(&row.text)
        )?;
    }
    out.push_str("</ol></nav>");
    Ok(())
}

/// How deep a heading is, 1 to 4.
fn level(row: &Row) -> usize {
    (row.section.len() + 1).min(4)
}

/// The paragraphs as one strip, in order.
fn order(out: &mut String, page: &Page, part: &DocumentPart) -> fmt::Result {
    let paragraphs: Vec<(usize, usize)> =
        part.blocks.iter().filter_map(|row| Some((row.assignment.as_ref()?.primary, row.characters))).collect();
    let said = page.t("从头到尾各段落的主要主题", "The primary themes of the paragraphs from the first to the last");
    charts::strip(out, &paragraphs, said)?;
    write!(
        out,
        "<p class=\"soft small\">{}</p>",
        page.t(
            "自左至右为全文各段的主要主题，宽度为字数",
            "From left to right the primary themes of the text, as wide as they are long"
        )
    )
}

/// The blocks in order. What was left out and runs on is folded up.
fn blocks(out: &mut String, page: &Page, part: &DocumentPart) -> fmt::Result {
    let words = page.t("（未计入）", " (left out)");
    for run in part.blocks.chunk_by(|a, b| a.kind == b.kind && matches!(a.kind, Kind::Glossary | Kind::Boilerplate)) {
        match run {
            [row] if row.kind == Kind::Paragraph => paragraph(out, page, part.document, row)?,
            [row] if row.kind == Kind::Heading => write!(
                out,
                "<h4 class=\"l{}\" id=\"{}\" data-text>{}</h4>",
                level(row),
                anchor(part.document, Some(row.index)),
                Text(&row.text)
            )?,
            [row] if row.kind == Kind::Title => write!(out, "<p class=\"title\" data-text>{}</p>", Text(&row.text))?,
            // A single line needs no unfolding.
            [row] => write!(
                out,
                "<p class=\"aside\" data-text title=\"{}{words}\">{}</p>",
                row.kind.name(page.language),
                Text(&row.text)
            )?,
            [] => {}
            [first, ..] => {
                write!(out, "<details class=\"aside\"><summary>{}{words}</summary>", first.kind.name(page.language))?;
                run.iter().try_for_each(|row| write!(out, "<p data-text>{}</p>", Text(&row.text)))?;
                out.push_str("</details>");
            }
        }
    }
    Ok(())
}

/// A paragraph with its themes: the primary as colour and tag, all probabilities where the pointer rests.
fn paragraph(out: &mut String, page: &Page, document: usize, row: &Row) -> fmt::Result {
    let id = anchor(document, Some(row.index));
    let Some(assignment) = &row.assignment else {
        return write!(out, "<p class=\"aside\" id=\"{id}\" data-text>{}</p>", Text(&row.text));
    };
    let primary = assignment.primary;
    let other = if page.report.labels.get(primary).is_some_and(is_other) { " other" } else { "" };
    let themes: Vec<String> = touched(page, assignment).iter().map(usize::to_string).collect();
    write!(
        out,
        "<div class=\"p t{primary}{other}\" id=\"{id}\" data-l=\"{primary}\" data-t=\"{}\" title=\"{}\">",
        themes.join(" "),
        Text(&probabilities(page, assignment))
    )?;
    let unsure = if assignment.margin < MARGIN && !assignment.wordless { " unsure" } else { "" };
    let mark = if unsure.is_empty() { "" } else { "? " };
    write!(out, "<span class=\"tag{unsure}\">{mark}{}", Text(page.name(primary)))?;
    if let Some(probability) = assignment.probabilities.get(primary) {
        write!(out, " {}", Percent(*probability))?;
    }
    out.push_str("</span><span data-text>");
    marked(out, row, assignment)?;
    out.push_str("</span>");
    let also: Vec<usize> = touched(page, assignment).into_iter().filter(|&label| label != primary).collect();
    if !also.is_empty() {
        write!(out, "<span class=\"also\">{}", page.t("也涉及", "also touches"))?;
        for label in also {
            write!(out, " <i class=\"swatch t{label}\"></i>{}", Text(page.name(label)))?;
        }
        out.push_str("</span>");
    }
    out.push_str("</div>");
    Ok(())
}

/// The labels that a paragraph touches: its themes, by the labels of the same name, and the primary.
fn touched(page: &Page, assignment: &RowAssignment) -> Vec<usize> {
    let label = |theme: &usize| {
        let id = &page.report.themes.get(*theme)?.id;
        page.report.labels.iter().position(|label| label.id == *id)
    };
    let mut labels: Vec<usize> = assignment.themes.iter().filter_map(label).chain([assignment.primary]).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// All probabilities in words, the highest first.
fn probabilities(page: &Page, assignment: &RowAssignment) -> String {
    if assignment.wordless {
        return page.t("没有任何词语，按规则归类", "no word: given by rule").to_owned();
    }
    let mut by_label: Vec<(usize, f64)> = assignment.probabilities.iter().copied().enumerate().collect();
    by_label.sort_by(|a, b| b.1.total_cmp(&a.1));
    let primary: Vec<String> =
        by_label.into_iter().map(|(label, p)| format!("{} {}", page.name(label), Percent(p))).collect();
    let mut text = format!("{}{}", page.t("主要主题：", "Primary: "), primary.join(" · "));
    if !assignment.theme_probabilities.is_empty() {
        let themes = assignment.theme_probabilities.iter().enumerate();
        let named = themes
            .filter_map(|(at, p)| Some(format!("{} {}", page.report.themes.get(at)?.name(page.language), Percent(*p))));
        let named: Vec<String> = named.collect();
        text.push_str(&format!("\n{}{}", page.t("涉及：", "Touches: "), named.join(" · ")));
    }
    text
}

/// The text, with what stands before it as a heading in bold and the terms that decided underlined.
fn marked(out: &mut String, row: &Row, assignment: &RowAssignment) -> fmt::Result {
    let lead = row.lead.as_ref().filter(|lead| row.text.starts_with(lead.as_str())).map_or(0, |lead| lead.chars().count());
    let mut places: Vec<(usize, usize)> = assignment.terms.iter().flat_map(|term| term.places.iter().copied()).collect();
    places.sort_unstable();
    let mut places = places.into_iter().peekable();
    let (mut until, mut open) = (0, false);
    if lead > 0 {
        out.push_str("<b>");
    }
    for (at, c) in row.text.chars().enumerate() {
        while let Some((_, end)) = places.next_if(|place| place.0 <= at) {
            until = until.max(end);
        }
        // Elements must nest: at the end of the heading an underline ends and begins anew.
        let lead_ends = lead > 0 && at == lead;
        if open && (at >= until || lead_ends) {
            out.push_str("</u>");
            open = false;
        }
        if lead_ends {
            out.push_str("</b>");
        }
        if !open && at < until {
            out.push_str("<u>");
            open = true;
        }
        character(out, c)?;
    }
    if open {
        out.push_str("</u>");
    }
    if lead > 0 && lead >= row.text.chars().count() {
        out.push_str("</b>");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::DecidingTerm;
    use proptest::prelude::*;

    fn row(text: &str, lead: Option<&str>, places: &[(usize, usize)]) -> (Row, RowAssignment) {
        let term = DecidingTerm { term: String::new(), contribution: 1.0, places: places.to_vec() };
        let assignment = RowAssignment {
            primary: 0,
            themes: vec![],
            probabilities: vec![1.0],
            theme_probabilities: vec![],
            margin: 1.0,
            wordless: false,
            terms: vec![term],
        };
        let row = Row {
            index: 0,
            kind: Kind::Paragraph,
            section: vec![],
            lead: lead.map(str::to_owned),
            text: text.to_owned(),
            characters: text.chars().count(),
            assignment: None,
        };
        (row, assignment)
    }

    fn shown(text: &str, lead: Option<&str>, places: &[(usize, usize)]) -> String {
        let (row, assignment) = row(text, lead, places);
        let mut out = String::new();
        marked(&mut out, &row, &assignment).expect("text");
        out
    }

    #[test]
    fn deciding_terms_are_underlined() {
        assert_eq!(shown("治理黑臭水体。", None, &[(2, 6)]), "治理<u>黑臭水体</u>。");
        assert_eq!(shown("治理黑臭水体", None, &[(2, 4), (3, 6)]), "治理<u>黑臭水体</u>");
        assert_eq!(shown("水水", None, &[(0, 1), (1, 2)]), "<u>水水</u>");
        assert_eq!(shown("护河。治河<i>", Some("护河"), &[(1, 2), (4, 5)]), "<b>护<u>河</u></b>。治<u>河</u>&lt;i&gt;");
        assert_eq!(shown("护河治河", Some("护河"), &[(1, 3)]), "<b>护<u>河</u></b><u>治</u>河");
        assert_eq!(shown("护河", Some("护河"), &[(0, 9)]), "<b><u>护河</u></b>");
        assert_eq!(shown("", None, &[(0, 9)]), "");
    }

    proptest! {
        #[test]
        fn whatever_is_underlined_the_text_stays(
            text in "[水林<b>&]{0,12}", lead in 0usize..12, places in proptest::collection::vec((0usize..14, 0usize..14), 0..5)
        ) {
            let lead: String = text.chars().take(lead).collect();
            let places: Vec<(usize, usize)> = places.into_iter().map(|(a, b)| (a.min(b), a.max(b))).filter(|(a, b)| a < b).collect();
            let html = shown(&text, (!lead.is_empty()).then_some(&lead), &places);
            let page = scraper::Html::parse_fragment(&html);
            prop_assert_eq!(page.root_element().text().collect::<String>(), text);
            for (open, close) in [("<u>", "</u>"), ("<b>", "</b>")] {
                prop_assert_eq!(html.matches(open).count(), html.matches(close).count());
            }
        }
    }
}
