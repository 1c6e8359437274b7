//! Single characters: what no reader sees, full-width letters and digits, spaces, and half-width punctuation inside Chinese text.

use super::han::{is_chinese, is_han, is_private_use};
use super::holes::BLANK;

/// Removes from `line` the characters that show nothing; returns the clean line and how many there were, or nothing if there was none.
pub(super) fn remove_invisible(line: &str) -> Option<(String, usize)> {
    let removed = line.chars().filter(|&character| is_invisible(character)).count();
    (removed > 0).then(|| (line.chars().filter(|&character| !is_invisible(character)).collect(), removed))
}

/// Control characters but the tab, zero-width characters, direction marks, variation selectors, soft hyphens and the byte-order mark.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A line with its characters put right.
pub(super) struct Tidied {
    pub(super) text: String,
    /// Changes by what was changed.
    pub(super) widths: usize,
    pub(super) spaces: usize,
    pub(super) marks: usize,
    pub(super) unknown: usize,
}

/// Puts the characters of `line` right, or returns nothing if they are.
pub(super) fn tidy(line: &str) -> Option<Tidied> {
    if !line.chars().any(may_be_wrong) {
        return None;
    }
    let mut tidied = Tidied { text: String::new(), widths: 0, spaces: 0, marks: 0, unknown: 0 };
    let mut characters: Vec<char> = line.chars().collect();
    tidied.unknown = replace_unknown(&mut characters);
    tidied.widths = narrow(&mut characters);
    tidied.marks = widen_marks(&mut characters);
    tidied.spaces = space(&mut characters);
    (tidied.unknown + tidied.widths + tidied.marks + tidied.spaces > 0).then(|| {
        tidied.text = characters.into_iter().collect();
        tidied
    })
}

/// Whether `character` needs a closer look. Two lines in three of a clean document have none that does.
fn may_be_wrong(character: char) -> bool {
    matches!(character, ' ' | '\t' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '"' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}'
        | '\u{3000}' | '─' | '\u{FF01}'..='\u{FF5E}' | '\u{FFFD}')
        || is_private_use(character)
}

/// Replaces replacement and private-use characters by a blank between Chinese characters; elsewhere, where they were bullets and other
/// ornaments, removes them.
fn replace_unknown(characters: &mut Vec<char>) -> usize {
    let unknown = |character: char| character == '\u{FFFD}' || is_private_use(character);
    let count = characters.iter().filter(|&&character| unknown(character)).count();
    if count > 0 {
        let old = std::mem::take(characters);
        for (at, &character) in old.iter().enumerate() {
            let beside = at.checked_sub(1).and_then(|before| old.get(before)).zip(old.get(at + 1));
            if !unknown(character) {
                characters.push(character);
            } else if beside.is_some_and(|(&before, &after)| is_han(before) && is_han(after)) {
                characters.push(BLANK);
            }
        }
    }
    count
}

/// Turns full-width letters, digits and signs into ASCII.
fn narrow(characters: &mut [char]) -> usize {
    let mut changed = 0;
    for character in characters {
        if let Some(narrow) = narrowed(*character) {
            *character = narrow;
            changed += 1;
        }
    }
    changed
}

fn narrowed(character: char) -> Option<char> {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '％' | '＋' | '＝' | '／' | '＆' | '＠' | '＃' | '＊' | '＿' | '＄' => {
            char::from_u32(u32::from(character).checked_sub(0xFEE0)?)
        }
        _ => None,
    }
}

/// Turns half-width punctuation inside Chinese text into full-width.
fn widen_marks(characters: &mut [char]) -> usize {
    let mut changed = 0;
    let mut before = None;
    let han = characters.iter().filter(|&&character| is_han(character)).count();
    let mostly_chinese = 2 * han > characters.len();
    for at in 0..characters.len() {
        let after = characters.get(at + 1).copied();
        let Some(character) = characters.get_mut(at) else {
            break;
        };
        if let Some(wide) = widened(*character, before, after, mostly_chinese) {
            *character = wide;
            changed += 1;
        }
        before = Some(*character);
    }
    changed + widen_brackets(characters) + widen_quotes(characters)
}

/// The full-width form of a stop, if Chinese text stands before it, or a word or number before it and Chinese text after; in a line that is
/// mostly Chinese, also between a number and a word. A dash that was drawn as a box is a dash.
fn widened(character: char, before: Option<char>, after: Option<char>, mostly_chinese: bool) -> Option<char> {
    let wide = match character {
        ',' => '，',
        ';' => '；',
        ':' => '：',
        '!' => '！',
        '?' => '？',
        '─' if after == Some('─') || before == Some('—') => return Some('—'),
        _ => return None,
    };
    let before = before?;
    let chinese_before = is_chinese(before) || matches!(before, ')' | BLANK);
    let chinese_after = after.is_none_or(is_chinese);
    let between =
        mostly_chinese && matches!(before, '%' | '0'..='9') && after.is_some_and(|after| after.is_ascii_alphabetic());
    let latin_before = before.is_ascii_alphanumeric() || matches!(before, '%' | ')' | '"' | '℃' | '㎡');
    (chinese_before || between || (latin_before && chinese_after && after.is_some())).then_some(wide)
}

/// Turns a pair of half-width brackets around Chinese text into full-width ones.
fn widen_brackets(characters: &mut [char]) -> usize {
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut pairs = Vec::new();
    for (at, &character) in characters.iter().enumerate() {
        match character {
            '(' => open.push((at, false)),
            ')' => {
                if let Some((start, chinese)) = open.pop() {
                    if chinese {
                        pairs.push((start, at));
                    }
                    if let Some(outer) = open.last_mut() {
                        outer.1 |= chinese;
                    }
                }
            }
            _ if is_han(character) => {
                if let Some(inner) = open.last_mut() {
                    inner.1 = true;
                }
            }
            _ => {}
        }
    }
    for &(start, end) in &pairs {
        for (at, wide) in [(start, '（'), (end, '）')] {
            if let Some(character) = characters.get_mut(at) {
                *character = wide;
            }
        }
    }
    2 * pairs.len()
}

/// Turns straight quotation marks into curly ones where they come in pairs and each stands beside Chinese text.
fn widen_quotes(characters: &mut [char]) -> usize {
    let places: Vec<usize> =
        characters.iter().enumerate().filter(|(_, character)| **character == '"').map(|(at, _)| at).collect();
    let beside_chinese = |&at: &usize| {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        before.is_some_and(|&character| is_chinese(character))
            || characters.get(at + 1).is_some_and(|&character| is_chinese(character))
    };
    if places.is_empty() || places.len() % 2 == 1 || !places.iter().all(beside_chinese) {
        return 0;
    }
    for (nth, &at) in places.iter().enumerate() {
        if let Some(character) = characters.get_mut(at) {
            *character = if nth % 2 == 0 { '“' } else { '”' };
        }
    }
    places.len()
}

/// Leaves one space where there were several or another kind of space, and none inside a spaced-out title or beside Chinese punctuation.
fn space(characters: &mut Vec<char>) -> usize {
    if !characters.iter().any(|&character| is_space(character)) {
        return 0;
    }
    let old = std::mem::take(characters);
    let spaced_out = is_spaced_out(&old);
    let mut changed = 0;
    let mut at = 0;
    while let Some(&character) = old.get(at) {
        if !is_space(character) {
            characters.push(character);
            at += 1;
            continue;
        }
        let length = old.iter().skip(at).take_while(|&&character| is_space(character)).count();
        let needless = match (characters.last(), old.get(at + length)) {
            (Some(&before), Some(&after)) => is_needless(before, after, spaced_out),
            // At the head of a line it is the indent, which is taken care of with the line.
            (None, Some(_)) => false,
            (_, None) => true,
        };
        if !needless {
            characters.push(if characters.is_empty() { '\u{3000}' } else { ' ' });
        }
        let kept = usize::from(!needless);
        let same = length == kept && (kept == 0 || characters.last() == Some(&character));
        changed += usize::from(!same);
        at += length;
    }
    changed
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn is_needless(before: char, after: char, spaced_out: bool) -> bool {
    let mark = |character| {
        is_chinese(character) && !is_han(character) && !matches!(character, '“' | '”' | '‘' | '’' | '·' | '—' | '…')
    };
    mark(before) || mark(after) || (spaced_out && is_han(before) && is_han(after))
}

/// Whether a line is a title with a space after each character: at least four Chinese characters, each by itself.
fn is_spaced_out(line: &[char]) -> bool {
    let mut words = line.split(|&character| is_space(character)).filter(|word| !word.is_empty());
    let single = words.clone().filter(|word| matches!(word, [one] if is_han(*one))).count();
    single >= 4 && words.all(|word| matches!(word, [one] if is_chinese(*one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(line: &str) -> String {
        tidy(line).map_or_else(|| line.to_owned(), |tidied| tidied.text)
    }

    #[test]
    fn invisible_characters_go() {
        assert_eq!(remove_invisible("发\u{200B}展\u{FEFF}\u{7}"), Some(("发展".to_owned(), 3)));
        assert_eq!(remove_invisible("发\t展"), None);
    }

    #[test]
    fn full_width_letters_and_digits_become_ascii() {
        assert_eq!(tidied("增长８.５％，ＧＤＰ总量"), "增长8.5%，GDP总量");
    }

    #[test]
    fn half_width_marks_inside_chinese_text_become_full_width() {
        assert_eq!(tidied("增长8%,GDP稳定;物价平稳:好!(一)总体要求"), "增长8%，GDP稳定；物价平稳：好！（一）总体要求");
        assert_eq!(tidied("称为\"绿心\"的公园"), "称为“绿心”的公园");
        for line in ["细颗粒物(PM2.5)浓度", "1,000吨", "见http://a.cn/b?c", "3:2", "a, b"] {
            assert_eq!(tidied(line), line);
        }
    }

    #[test]
    fn spaces_that_mean_nothing_go() {
        assert_eq!(tidied("工 作 报 告"), "工作报告");
        assert_eq!(tidied("会议　通过。 　现在"), "会议 通过。现在");
        assert_eq!(tidied("市长 王 某"), "市长 王 某");
    }

    #[test]
    fn unknown_characters_leave_a_blank_inside_a_word() {
        assert_eq!(tidied("人\u{E123}民，\u{E5E5}好\u{FFFD}"), "人□民，好");
    }
}
