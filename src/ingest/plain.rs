//! Plain text: its line breaks made one kind, and nothing else; what web copies did to it is undone by a later stage.

/// The text with line feeds as its only line breaks. Form feeds and vertical tabs of word processors end lines too; a NUL or an
/// end-of-file mark of old systems says nothing.
pub(super) fn read(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                lines.push('\n');
            }
            '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => lines.push('\n'),
            '\0' | '\u{1A}' => {}
            _ => lines.push(character),
        }
    }
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_line_breaks_become_one_kind() {
        assert_eq!(read("一\r\n二\r三\u{2028}四\u{C}五"), "一\n二\n三\n四\n五\n");
    }
}
