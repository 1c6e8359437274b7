//! Markdown to lines: the markup goes, headings, list items and table rows stay in order.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::error::Reason;
use super::html;
use super::limits::Budget;
use super::lines::Lines;

/// Events between two looks at the clock.
const EVENTS_PER_CHECK: usize = 4096;

/// Strips the markup of `text`.
///
/// # Errors
///
/// [`super::Limit::Time`]; what [`html::read`] reports for HTML inside.
pub(super) fn read(text: &str, budget: &Budget) -> Result<String, Reason> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut state = State::default();
    for (count, event) in Parser::new_ext(text, options).enumerate() {
        if count % EVENTS_PER_CHECK == 0 {
            budget.check_time()?;
        }
        state.take(event, budget)?;
    }
    Ok(state.lines.finish())
}

#[derive(Default)]
struct State {
    lines: Lines,
    /// The block of HTML that is open.
    html: String,
    in_front_matter: bool,
    in_code: bool,
}

impl State {
    fn take(&mut self, event: Event<'_>, budget: &Budget) -> Result<(), Reason> {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag, budget)?,
            Event::Text(_) if self.in_front_matter => {}
            Event::Text(text) if self.in_code => self.lines.verbatim(&text),
            Event::Text(text) | Event::Code(text) => self.lines.flow(&text),
            Event::SoftBreak => self.lines.flow("\n"),
            Event::HardBreak | Event::Rule => self.lines.end_line(),
            Event::Html(markup) => self.html.push_str(&markup),
            // Tags inside a paragraph; only `<br>` means anything for its lines.
            Event::InlineHtml(tag) if tag.to_ascii_lowercase().starts_with("<br") => self.lines.end_line(),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::TableHead | Tag::TableRow => self.lines.start_row(),
            Tag::TableCell => self.lines.start_cell(),
            Tag::MetadataBlock(_) => self.in_front_matter = true,
            Tag::CodeBlock(_) => self.in_code = true,
            Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::List(_) | Tag::BlockQuote(_) => self.lines.end_line(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, budget: &Budget) -> Result<(), Reason> {
        match tag {
            TagEnd::TableHead | TagEnd::TableRow => self.lines.end_row(),
            TagEnd::MetadataBlock(_) => self.in_front_matter = false,
            TagEnd::HtmlBlock => {
                let markup = std::mem::take(&mut self.html);
                self.lines.verbatim(&html::read(&markup, budget)?.text);
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.lines.end_line();
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item => self.lines.end_line(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Limits;

    #[test]
    fn markup_goes_and_order_stays() {
        let text = "---\ntitle: x\n---\n# 报告\n\n第一段，\n分两行。**重点** `代码`\n\n1. 修路\n2. 建桥\n\n| 指标 | 值 |\n|---|---|\n| 增速 | 5% |\n\n<div><p>网页段落</p></div>\n";
        let lines = read(text, &Budget::new(&Limits::default())).unwrap();
        assert_eq!(lines, "报告\n第一段，分两行。重点 代码\n修路\n建桥\n指标\t值\n增速\t5%\n网页段落\n");
    }
}
