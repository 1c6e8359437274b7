//! The fonts of a PDF as far as text needs them: codes to characters, and widths.
//!
//! Text comes from the font's `ToUnicode` map. Without one, Chinese fonts still name their code: a predefined map such as `GBK-EUC-H`
//! means that the codes are GBK, `UniGB-UCS2-H` that they are UTF-16, which encoding_rs reads without any tables of glyphs.

use std::collections::HashMap;

use encoding_rs::{BIG5, Encoding, GB18030, MACINTOSH, WINDOWS_1252};
use lopdf::{Dictionary, Document, Object};

use super::pdf_cmap::ToUnicode;

/// Unpacked size that a font's map may have.
const MAX_MAP_BYTES: usize = 16 << 20;
/// The width of a character of Chinese in thousandths, and what fonts that say nothing mean.
const FULL_WIDTH: f32 = 1000.0;

/// A font: how its strings are read.
pub(super) struct Font {
    to_unicode: Option<ToUnicode>,
    codes: Codes,
    widths: HashMap<u32, f32>,
    default_width: f32,
}

/// How the bytes of a string fall into codes, and what the codes are without a map.
enum Codes {
    /// One byte each, with a character for each byte.
    Simple(Vec<String>),
    /// Two bytes each, meaning nothing but a glyph.
    Glyphs,
    /// Characters of an encoding.
    Charset(&'static Encoding),
    /// UTF-16, big end first.
    Utf16,
}

/// One code of a string.
pub(super) struct Glyph {
    /// The character or ligature; U+FFFD where the font does not tell.
    pub(super) text: String,
    /// Its width in thousandths of the font's size.
    pub(super) width: f32,
    /// True for the one-byte code 32, which word spacing widens.
    pub(super) is_space: bool,
}

impl Font {
    /// Reads a font's dictionary. What is broken in it is left out.
    pub(super) fn new(font: &Dictionary, document: &Document) -> Font {
        let map = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream);
        let map = map.and_then(|stream| stream.get_plain_content_with_limit(MAX_MAP_BYTES));
        let to_unicode = map.ok().map(|map| ToUnicode::parse(&map)).filter(|map| !map.is_empty());
        let is_composite = font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0");
        if is_composite {
            let (widths, default_width) = composite_widths(font, document);
            return Font { to_unicode, codes: composite_codes(font, document), widths, default_width };
        }
        let codes = match to_unicode {
            Some(_) => Codes::Simple(Vec::new()),
            None => Codes::Simple(simple_table(font, document)),
        };
        Font { to_unicode, codes, widths: simple_widths(font, document), default_width: FULL_WIDTH / 2.0 }
    }

    /// Reads a string.
    pub(super) fn glyphs(&self, string: &[u8]) -> Vec<Glyph> {
        let mut glyphs = Vec::with_capacity(string.len() / 2 + 1);
        let mut rest = string;
        while !rest.is_empty() {
            let length = self.code_length(rest).min(rest.len()).max(1);
            let (code, tail) = rest.split_at(length);
            rest = tail;
            let number = code.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
            glyphs.push(Glyph {
                text: self.text(code, number),
                width: self.widths.get(&number).copied().unwrap_or(self.default_width),
                is_space: code == b" ",
            });
        }
        glyphs
    }

    /// The length of the code that `bytes` begin with.
    fn code_length(&self, bytes: &[u8]) -> usize {
        let first = bytes.first().copied().unwrap_or_default();
        let second = bytes.get(1).copied().unwrap_or_default();
        match self.codes {
            Codes::Simple(_) => 1,
            Codes::Glyphs => 2,
            Codes::Charset(_) if first < 0x81 => 1,
            Codes::Charset(encoding) if encoding == GB18030 && second.is_ascii_digit() => 4,
            Codes::Charset(_) => 2,
            Codes::Utf16 if (0xD8..0xDC).contains(&first) => 4,
            Codes::Utf16 => 2,
        }
    }

    fn text(&self, code: &[u8], number: u32) -> String {
        if let Some(text) = self.to_unicode.as_ref().and_then(|map| map.get(code.len(), number)) {
            return unify_radicals(&text);
        }
        let unknown = || char::REPLACEMENT_CHARACTER.to_string();
        match &self.codes {
            Codes::Simple(table) => table.get(number as usize).cloned().unwrap_or_else(unknown),
            Codes::Glyphs => unknown(),
            Codes::Charset(encoding) => encoding.decode_without_bom_handling(code).0.into_owned(),
            Codes::Utf16 => encoding_rs::UTF_16BE.decode_without_bom_handling(code).0.into_owned(),
        }
    }
}

/// The codes of a composite font, by the name of its predefined map.
fn composite_codes(font: &Dictionary, document: &Document) -> Codes {
    // A map of the file's own is a stream; its codes are read as two bytes, which nearly all have.
    let Ok(name) = font.get_deref(b"Encoding", document).and_then(Object::as_name) else { return Codes::Glyphs };
    let starts = |prefix: &str| name.starts_with(prefix.as_bytes());
    match () {
        () if starts("Uni") => Codes::Utf16,
        () if starts("GB") => Codes::Charset(GB18030),
        () if starts("B5") || starts("ET") || starts("HKscs") => Codes::Charset(BIG5),
        () => Codes::Glyphs,
    }
}

/// The characters of a simple font without a map. Only the marks and Latin letters of reports are set in such fonts.
fn simple_table(font: &Dictionary, document: &Document) -> Vec<String> {
    let named = font.get_font_encoding_with_limit(document, MAX_MAP_BYTES).ok();
    let is_mac = font.get(b"Encoding").and_then(Object::as_name).is_ok_and(|name| name == b"MacRomanEncoding");
    let fallback = if is_mac { MACINTOSH } else { WINDOWS_1252 };
    (0..=u8::MAX)
        .map(|byte| match &named {
            Some(lopdf::Encoding::Differences(_)) => {
                let text = named.as_ref().and_then(|encoding| encoding.bytes_to_string(&[byte]).ok());
                text.unwrap_or_default()
            }
            _ => fallback.decode_without_bom_handling(&[byte]).0.into_owned(),
        })
        .collect()
}

fn simple_widths(font: &Dictionary, document: &Document) -> HashMap<u32, f32> {
    let first = font.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or_default();
    let widths = font.get_deref(b"Widths", document).and_then(Object::as_array);
    let Ok(widths) = widths else { return HashMap::new() };
    let codes = u32::try_from(first).unwrap_or_default()..=u32::from(u8::MAX);
    codes.zip(widths).filter_map(|(code, width)| Some((code, number(width, document)?))).collect()
}

/// The widths of a composite font: runs of `first [w w …]` and `first last w`.
fn composite_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, f32) {
    let mut widths = HashMap::new();
    let descendant = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()
        .and_then(|fonts| document.dereference(fonts.first()?).ok())
        .and_then(|(_, font)| font.as_dict().ok());
    let Some(descendant) = descendant else { return (widths, FULL_WIDTH) };
    let default = descendant.get(b"DW").ok().and_then(|width| number(width, document)).unwrap_or(FULL_WIDTH);
    let Ok(array) = descendant.get_deref(b"W", document).and_then(Object::as_array) else { return (widths, default) };
    let mut items = array.iter();
    while let (Some(first), Some(next)) = (items.next(), items.next()) {
        let Some(first) = number(first, document).map(|first| first.clamp(0.0, 65_535.0) as u32) else { break };
        if let Ok((_, Object::Array(run))) = document.dereference(next) {
            widths.extend((first..=65_535).zip(run).filter_map(|(code, width)| Some((code, number(width, document)?))));
        } else if let (Some(last), Some(width)) = (number(next, document), items.next()) {
            let width = number(width, document).unwrap_or(default);
            // Codes have two bytes, so no run is longer than 65,536 whatever the file says.
            let last = last.clamp(0.0, 65_535.0) as u32;
            if width != default {
                widths.extend((first..=last).map(|code| (code, width)));
            }
        }
    }
    (widths, default)
}

/// A number, or what a reference to one says.
fn number(object: &Object, document: &Document) -> Option<f32> {
    let (_, object) = document.dereference(object).ok()?;
    object.as_float().ok().filter(|number| number.is_finite())
}

/// Radicals as the characters that they look like. Programs that print to PDF look a glyph up in the font and often find the radical ⼀
/// where the text had 一.
fn unify_radicals(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{2F00}'..='\u{2FD5}' => RADICALS.chars().nth(character as usize - 0x2F00).unwrap_or(character),
            other => {
                SIMPLIFIED_RADICALS.iter().find(|(radical, _)| *radical == other).map_or(other, |(_, unified)| *unified)
            }
        })
        .collect()
}

/// The characters of U+2F00 to U+2FD5 in order.
const RADICALS: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓\
    彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网\
    羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高\
    髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// Those of the supplement that are whole characters of Simplified Chinese.
const SIMPLIFIED_RADICALS: [(char, char); 18] = [
    ('⺠', '民'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻘', '青'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻥', '鱼'),
    ('⻩', '黄'),
    ('⻰', '龙'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radicals_become_characters() {
        assert_eq!(RADICALS.chars().count(), 0xD6);
        assert_eq!(unify_radicals("⼀⼆⼯作⻢⿕"), "一二工作马龠");
    }

    #[test]
    fn predefined_maps_need_no_table() {
        let mut font = Dictionary::new();
        font.set("Subtype", Object::Name(b"Type0".to_vec()));
        font.set("Encoding", Object::Name(b"GBK-EUC-H".to_vec()));
        let font = Font::new(&font, &Document::new());
        let (bytes, _, _) = GB18030.encode("霜河A市");
        let text: String = font.glyphs(&bytes).into_iter().map(|glyph| glyph.text).collect();
        assert_eq!(text, "霜河A市");
    }
}
