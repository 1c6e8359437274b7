//! HTML to lines: blocks, list items and table rows in document order.
//!
//! Everything a reader sees is kept, the menus of a page included: telling boilerplate from text is the business of a later stage, which
//! sees whole lines. Left out is only what is surely no text: scripts, form controls, hidden parts and menus without a single sentence.

use std::collections::HashSet;

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use encoding_rs::Encoding;
use html5ever::driver;
use html5ever::tendril::TendrilSink;
use scraper::node::Element;
use scraper::{Html, HtmlTreeSink, Node, StrTendril};

use super::error::Reason;
use super::limits::{Budget, Limit};
use super::lines::Lines;

/// How much is parsed between two looks at the clock.
const CHUNK: usize = 16 * 1024;

/// How far into a file a declaration of its encoding is looked for.
const PRESCAN: usize = 4096;

/// Metadata of Chinese government pages (a national standard names these), and what they are called in [`super::RawDocument::metadata`].
const META: [(&str, &str); 3] =
    [("articletitle", "html-article-title"), ("pubdate", "html-date"), ("contentsource", "html-source")];

/// What an HTML page says.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its text.
    pub(super) text: String,
    /// Its title and dates as its head declares them.
    pub(super) metadata: Vec<(String, String)>,
}

/// The encoding that a page declares in its head.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..PRESCAN).unwrap_or(bytes).to_ascii_lowercase();
    // `charset=` of a meta element or `encoding=` of an XML declaration, with or without quotes.
    [&b"charset"[..], b"encoding"].into_iter().find_map(|key| {
        memchr::memmem::find_iter(&head, key).find_map(|start| {
            let rest = head.get(start + key.len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
            let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
            let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte));
            Encoding::for_label(rest.get(..end.unwrap_or(rest.len()))?)
        })
    })
}

/// Reads a page.
///
/// # Errors
///
/// [`Limit::Time`] and [`Limit::Depth`].
pub(super) fn read(html: &str, budget: &Budget) -> Result<Page, Reason> {
    let html = parse(html, budget)?;
    let dropped = parts_without_text(&html, budget)?;
    let mut page = Page { text: String::new(), metadata: metadata(&html) };
    let mut lines = Lines::default();
    let mut skipped: Option<NodeId> = None;
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) if skipped.is_none() => {
                if dropped.contains(&node.id()) {
                    skipped = Some(node.id());
                } else {
                    open(node, &mut lines);
                }
            }
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            Edge::Close(node) if skipped.is_none() => close(node, &mut lines),
            Edge::Open(_) | Edge::Close(_) => {}
        }
    }
    page.text = lines.finish();
    Ok(page)
}

/// Builds the tree piece by piece: a page of a million open elements takes quadratic time, which the clock has to be able to stop.
fn parse(html: &str, budget: &Budget) -> Result<Html, Reason> {
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), Default::default());
    let mut rest = html;
    while !rest.is_empty() {
        budget.check_time()?;
        let end = (CHUNK..rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (chunk, tail) = rest.split_at(end);
        parser.process(StrTendril::from(chunk));
        rest = tail;
    }
    Ok(parser.finish())
}

/// The elements that say nothing: scripts and the like always; menus, footers and hidden parts when there is no sentence in them.
fn parts_without_text(html: &Html, budget: &Budget) -> Result<HashSet<NodeId>, Reason> {
    let mut dropped = HashSet::new();
    // For every open node, whether a sentence was seen inside it.
    let mut open: Vec<bool> = Vec::new();
    for (count, edge) in html.tree.root().traverse().enumerate() {
        if count % CHUNK == 0 {
            budget.check_time()?;
        }
        match edge {
            Edge::Open(node) => {
                if open.len() > budget.limits().max_depth {
                    return Err(Reason::limit(Limit::Depth, budget.limits().max_depth as u64));
                }
                open.push(node.value().as_text().is_some_and(|text| text.contains(['。', '！', '；'])));
            }
            Edge::Close(node) => {
                let has_sentence = open.pop().unwrap_or_default();
                let element = node.value().as_element();
                if element.is_some_and(|element| is_code(element) || (!has_sentence && is_aside(element))) {
                    dropped.insert(node.id());
                } else if let Some(parent) = open.last_mut() {
                    *parent |= has_sentence;
                }
            }
        }
    }
    Ok(dropped)
}

/// True for elements whose content is never text of the document. `rt` and `rp` hold readings written above characters.
fn is_code(element: &Element) -> bool {
    matches!(
        element.name(),
        "head"
            | "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "select"
            | "button"
            | "textarea"
            | "canvas"
            | "audio"
            | "video"
            | "rt"
            | "rp"
    )
}

/// True for menus, footers and what is not shown.
fn is_aside(element: &Element) -> bool {
    let hides = |style: &str| style.to_ascii_lowercase().replace(' ', "").contains("display:none");
    matches!(element.name(), "nav" | "footer")
        || matches!(element.attr("role"), Some("navigation" | "contentinfo"))
        // How LibreOffice writes the header and footer of printed pages.
        || matches!(element.attr("title"), Some("header" | "footer"))
        || element.attr("hidden").is_some()
        || element.attr("style").is_some_and(hides)
}

fn open(node: NodeRef<'_, Node>, lines: &mut Lines) {
    match node.value() {
        Node::Text(text) if is_preformatted(node) => lines.verbatim(text),
        Node::Text(text) => lines.flow(text),
        Node::Element(element) => match element.name() {
            "tr" => lines.start_row(),
            "td" | "th" => lines.start_cell(),
            name if is_block(name) => lines.end_line(),
            _ => {}
        },
        _ => {}
    }
}

fn close(node: NodeRef<'_, Node>, lines: &mut Lines) {
    match node.value().as_element().map(Element::name) {
        Some("tr") => lines.end_row(),
        Some(name) if is_block(name) => lines.end_line(),
        _ => {}
    }
}

fn is_preformatted(node: NodeRef<'_, Node>) -> bool {
    node.parent().and_then(|parent| parent.value().as_element()).is_some_and(|element| element.name() == "pre")
}

/// True for elements that begin and end a line.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "ul"
    )
}

/// What the page's head says about it.
fn metadata(html: &Html) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for node in html.tree.nodes() {
        let Some(element) = node.value().as_element() else { continue };
        match element.name() {
            "title" => push(&mut found, "html-title", &text_of(node)),
            "meta" => {
                let name = element.attr("name").unwrap_or_default().to_ascii_lowercase();
                if let Some((_, key)) = META.iter().find(|(meta, _)| *meta == name) {
                    push(&mut found, key, element.attr("content").unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    found
}

fn text_of(node: NodeRef<'_, Node>) -> String {
    node.children().filter_map(|child| child.value().as_text().map(|text| text.to_string())).collect()
}

/// Keeps the first value of each key that is not blank.
fn push(found: &mut Vec<(String, String)>, key: &str, value: &str) {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if !value.is_empty() && found.iter().all(|(other, _)| other != key) {
        found.push((key.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Limits;

    fn text(html: &str) -> String {
        read(html, &Budget::new(&Limits::default())).unwrap().text
    }

    #[test]
    fn lists_and_tables_stay_in_order() {
        let html = "<p>一、回顾</p><ul><li>修路<li>建桥</ul><table><tr><th>指标<th>值<tr><td>增速<td>5%</table>尾声<br>完";
        assert_eq!(text(html), "一、回顾\n修路\n建桥\n指标\t值\n增速\t5%\n尾声\n完\n");
    }

    #[test]
    fn menus_go_and_text_in_a_footer_stays() {
        let html = "<nav><a>首页</a></nav><script>x='。'</script><p>正文。</p><footer>结语也是正文。</footer>";
        assert_eq!(text(html), "正文。\n结语也是正文。\n");
    }

    #[test]
    fn readings_above_characters_are_left_out() {
        assert_eq!(text("<p><ruby>霜<rt>shuāng</rt></ruby>河&nbsp;市</p>"), "霜河 市\n");
    }

    #[test]
    fn declarations_of_encoding_are_found() {
        let name = |html: &str| declared_encoding(html.as_bytes()).map(Encoding::name);
        assert_eq!(name("<META http-equiv=x content='text/html; charset=gb2312'>"), Some("GBK"));
        assert_eq!(name("<meta charset = \"Big5\">"), Some("Big5"));
        assert_eq!(name("<?xml version='1.0' encoding='utf-8'?>"), Some("UTF-8"));
        assert_eq!(name("<p>charset</p>"), None);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let error = read(&"<div>".repeat(5000), &Budget::new(&Limits::default())).unwrap_err();
        assert!(matches!(error, Reason::Limit { limit: Limit::Depth, .. }));
    }
}
