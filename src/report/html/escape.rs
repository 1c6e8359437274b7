//! Text into HTML, so that whatever a document says is shown and never obeyed.

use std::fmt::{self, Display, Formatter, Write};

/// Text as HTML shows it, in content and in quoted attributes alike.
pub struct Text<'t>(pub &'t str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| character(f, c))
    }
}

/// One character as HTML shows it. Control characters, which HTML does not allow, and the marks that turn the direction of all
/// text after them become a replacement character.
pub fn character(out: &mut dyn Write, c: char) -> fmt::Result {
    match c {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        '"' => out.write_str("&quot;"),
        '\'' => out.write_str("&#39;"),
        '\t' | '\n' => out.write_char(c),
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => out.write_char('\u{fffd}'),
        c => out.write_char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::Text;
    use proptest::prelude::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            Text("<b class=\"x\" id='y'>&</b>\0").to_string(),
            "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/b&gt;\u{fffd}"
        );
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "\\PC{0,80}|[<>&\"'a-z/!\\-\\[\\]\u{0}-\u{1f}\u{202a}-\u{202e}]{0,80}") {
            let shown = Text(&text).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
            // What the browser reads back is the text, but for what it must not have.
            let page = scraper::Html::parse_fragment(&format!("<p title=\"{shown}\">{shown}</p>"));
            let selector = scraper::Selector::parse("p").expect("a selector");
            let p = page.select(&selector).next().expect("one paragraph");
            let safe = |c: char| if (c.is_control() && !matches!(c, '\t' | '\n')) || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c) { '\u{fffd}' } else { c };
            let expected: String = text.chars().map(safe).collect();
            prop_assert_eq!(p.text().collect::<String>(), expected.clone());
            prop_assert_eq!(p.value().attr("title"), Some(expected.as_str()));
        }
    }
}
