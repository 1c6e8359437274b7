//! Paragraphs to sentences or items.

/// What a text is classified by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SplitUnit {
    /// Whole paragraphs.
    #[default]
    Paragraph,
    /// Sentences, up to `。`, `！` or `？`.
    Sentence,
    /// Items of a list inside a paragraph: `一是…。二是…`, `（1）…（2）…`, `①…②…`. What stands before the first item is a part by itself.
    Item,
}

/// Splits a paragraph. The parts are the whole text, without the space between them; none is empty.
///
/// ```
/// use policy_topics::segment::{SplitUnit, split};
///
/// let text = "抓好三件事。一是修路。打通断头路。二是引水。";
/// assert_eq!(split(text, SplitUnit::Item), ["抓好三件事。", "一是修路。打通断头路。", "二是引水。"]);
/// assert_eq!(split(text, SplitUnit::Sentence).len(), 4);
/// ```
pub fn split(text: &str, unit: SplitUnit) -> Vec<&str> {
    let starts = match unit {
        SplitUnit::Paragraph => Vec::new(),
        SplitUnit::Sentence => sentences(text),
        SplitUnit::Item => items(text),
    };
    let ends = starts.iter().copied().chain([text.len()]);
    std::iter::once(0)
        .chain(starts.iter().copied())
        .zip(ends)
        .filter_map(|(start, end)| text.get(start..end))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Where sentences begin, but for the first. Closing quotes and brackets belong to the sentence before them.
fn sentences(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut ended = false;
    for (at, c) in text.char_indices() {
        let closes = matches!(c, '。' | '！' | '？' | '!' | '?');
        let belongs = closes || matches!(c, '”' | '’' | '」' | '』' | '）' | ')' | '》') || c.is_whitespace();
        if ended && !belongs {
            starts.push(at);
        }
        ended = closes || ended && belongs;
    }
    starts
}

/// Where items begin: counted words after a mark (`一是`, `二要`), and counted signs.
fn items(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    // Within one counting, the item that comes next.
    let mut words = Counting::default();
    let mut signs = Counting::default();
    let mut before = None;
    for (at, c) in text.char_indices() {
        let after_mark =
            before.is_none_or(|c| matches!(c, '。' | '；' | '：' | '，' | ';' | ':' | ',' | '！' | ' ' | '\u{3000}'));
        let rest = text.get(at..).unwrap_or("");
        let begins = match c {
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' => {
                after_mark && words.takes(counted_word(rest))
            }
            '（' | '(' => signs.takes(bracketed(rest)),
            '①'..='⑳' => signs.takes(Some(c as u32 - '①' as u32 + 1)),
            _ => false,
        };
        if begins && at > 0 {
            starts.push(at);
        }
        before = Some(c);
    }
    // A single `一是` makes no list.
    if starts.is_empty() || words.last.max(signs.last) < 2 { Vec::new() } else { starts }
}

#[derive(Default)]
struct Counting {
    last: u32,
}

impl Counting {
    /// Whether `number` begins a counting or continues this one.
    fn takes(&mut self, number: Option<u32>) -> bool {
        let fits = number.is_some_and(|number| number == 1 || number == self.last + 1);
        if let (true, Some(number)) = (fits, number) {
            self.last = number;
        }
        fits
    }
}

/// The number of `一是`, `二要` and `十一是`.
fn counted_word(text: &str) -> Option<u32> {
    let mut number = 0;
    for (at, c) in text.chars().enumerate().take(3) {
        match "一二三四五六七八九".chars().position(|digit| digit == c) {
            Some(digit) if at == 0 || number == 10 => number += u32::try_from(digit).ok()? + 1,
            None if c == '十' && at == 0 => number = 10,
            None if matches!(c, '是' | '要') && at > 0 => return Some(number),
            _ => return None,
        }
    }
    None
}

/// The number of `（1）` or `（一）`.
fn bracketed(text: &str) -> Option<u32> {
    super::shape::number(text).filter(|&(level, _)| matches!(level, 4 | 6)).map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_keep_their_quotes() {
        assert_eq!(
            split("他说：“好。”路通了！水也通了。 电呢？", SplitUnit::Sentence),
            ["他说：“好。”", "路通了！", "水也通了。", "电呢？"]
        );
    }

    #[test]
    fn items_are_counted() {
        let split = |text| split(text, SplitUnit::Item);
        assert_eq!(split("办好实事：（1）修路；（2）引水。"), ["办好实事：", "（1）修路；", "（2）引水。"]);
        assert_eq!(split("一要修路，二要引水。"), ["一要修路，", "二要引水。"]);
        assert_eq!(split("第一是修路。"), ["第一是修路。"]);
        assert_eq!(split("二是引水。三是通电。"), ["二是引水。三是通电。"]);
        assert_eq!(split("一是一，二是二的作风。"), ["一是一，", "二是二的作风。"]);
        assert_eq!(split("发展（2023年）规划"), ["发展（2023年）规划"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[一二三是要。！”（）1-3①② ，修路]{0,60}") {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            for unit in [SplitUnit::Paragraph, SplitUnit::Sentence, SplitUnit::Item] {
                let parts = split(&text, unit);
                prop_assert_eq!(parts.iter().map(|part| bare(part)).collect::<String>(), bare(&text));
                prop_assert!(parts.iter().all(|part| !part.is_empty()));
            }
        }
    }
}
