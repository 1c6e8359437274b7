//! What kind a character is, as far as restoring cares.

/// Whether `character` is a Chinese character (any CJK ideograph, compatibility ideographs and 〇 included).
pub fn is_han(character: char) -> bool {
    matches!(character,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3007}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Whether `character` is punctuation that only stands in Chinese text, or a quotation mark or dash.
pub(super) fn is_chinese_punctuation(character: char) -> bool {
    matches!(character,
        '、' | '。' | '〈'..='】' | '〔'..='〗' | '，' | '；' | '：' | '！' | '？' | '（' | '）' | '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

/// Whether `character` belongs to Chinese text: a Chinese character or its punctuation.
pub(super) fn is_chinese(character: char) -> bool {
    is_han(character) || is_chinese_punctuation(character)
}

/// Whether `character` is a private-use character: what is left of a byte pair that no standard names.
pub(super) fn is_private_use(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// Whether `character` ends a sentence.
pub(super) fn ends_sentence(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '；' | '…' | '!' | '?' | ';' | '：' | ':')
}
