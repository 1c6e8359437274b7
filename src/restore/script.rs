//! Traditional to Simplified.
//!
//! The conversion is OpenCC's `t2s` with its phrase tables (crate `ferrous-opencc`), between two small tables of our own: the mixed
//! variants that converted pages carry and OpenCC leaves alone, and the few words in which what it makes of a single character is wrong.
//! The converter is loaded when the first Traditional text comes: a Simplified document pays one look at its characters.

use std::sync::LazyLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use rustc_hash::FxHashMap;

use super::han::is_han;

/// Frequent characters that only Traditional text contains, variants of converted pages included.
const MARKS: &str = "這個們來時國說説會對發經動學關點種進開長間問題應設產産業車東門見風馬電話語認識記計訓議論證評試該詳請調談護讓變讀農業進還遠運過達選適遷遺邊邏鄉鄰鄭醫釋裏裡鋼鐵銀錢錯鐘鏈鎮鏡長閉開閒間關陽陰陳陸隊階際難雲電霧靜頁項順須預領頭頻題願類顯風飛飯館養馬駐驗驚體鬥魚鳥麗麥黃黨齊齒龍實寫將專導層屬歲島師帶幣幫幹庫廠廣廳張強彈後從復徵愛態慶應懷戰戶拋損換據擇擊擔擴攝敵數斷時晉曆書條極構樂樓標樣樹橋機權歐歷殘殺殼氣漢湯溝滅漸潔滿漲濟濤灣為爲無煙熱營爭爾牆狀獨獎獲現環產畫當療發盜監盤眾衆矚硯確碼礎礦礙禮禍種稱穩積窮競筆節範築簡簽糧糾紀約紅紋納純紙級紛細組終結給統絲絡絕經綠維網緊線練縣縱績繼續總織繪編緣義習聖聞聯聰聲職聽肅脈腦腳膠臉臨臺與興舉舊藝莊華萬葉蓋藍藥蘇處虛號蟲衛衝補裝製複見規視親覺覽觀觸訂訊託許訪診詞誠誤誰課豐負財貢貧貨販貫責貯貴買貸費貿賀資賢質賬賴贏趕趙趨跡踐蹤軌軍軟轉輪輕較載輔輛輝輯輸轄辦辭農連鍵鑒閱闆隨險隱雙雖雜離靈響頂頓頗額飲餘騎騙驅鬆鮮鹽齡遼甯僅優傳傷債傾億儀儲兒內兩冊凍凈淨準減劃則剛創劇劉劍勁務勝勞勢勵勸區協單衛卻參員嗎啟啓嚴團園圍圖圓塊報場塵墊壓壞壯壺壽夢夥奪奮婦寧審尋導屆嶺巖幾纔緻寬實寶應憲懲執";

/// How many marks a text must have, and one in how many Chinese characters, to be judged Traditional as a whole. One in four or five is
/// usual.
const DOCUMENT: Judgement = Judgement { marks: 3, one_in: 12 };

/// The same for a text of a few words.
const WORDS_ONLY: Judgement = Judgement { marks: 2, one_in: 4 };

/// The same for a line of a document that is Simplified as a whole: a passage glued in, not a name or a word that is quoted.
const LINE: Judgement = Judgement { marks: 8, one_in: 8 };

struct Judgement {
    marks: usize,
    one_in: usize,
}

impl Judgement {
    fn passes(&self, census: Census) -> bool {
        census.marks >= self.marks && census.marks * self.one_in >= census.han
    }
}

/// How many Chinese characters a text has, and how many of them are marks of Traditional text.
#[derive(Clone, Copy, Default)]
struct Census {
    han: usize,
    marks: usize,
}

impl Census {
    fn of(text: &str) -> Self {
        let mut census = Self::default();
        for character in text.chars().filter(|&character| is_han(character)) {
            census.han += 1;
            census.marks += usize::from(MARK_SET.contains(character));
        }
        census
    }
}

/// A set of characters of the block of common ideographs, one bit for each.
struct HanSet([u64; 328]);

static MARK_SET: LazyLock<HanSet> = LazyLock::new(|| HanSet::new(MARKS));

impl HanSet {
    fn new(members: &str) -> Self {
        let mut bits = [0; 328];
        for (word, bit) in members.chars().filter_map(Self::place) {
            if let Some(word) = bits.get_mut(word) {
                *word |= 1 << bit;
            }
        }
        Self(bits)
    }

    fn place(character: char) -> Option<(usize, u32)> {
        let offset = u32::from(character).checked_sub(0x4E00)?;
        Some((usize::try_from(offset / 64).ok()?, offset % 64))
    }

    fn contains(&self, character: char) -> bool {
        Self::place(character).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|word| word >> bit & 1 == 1))
    }
}

/// Whether a document of these lines is Traditional as a whole.
pub(super) fn is_traditional<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let mut whole = Census::default();
    for line in lines {
        let census = Census::of(line);
        whole.han += census.han;
        whole.marks += census.marks;
    }
    DOCUMENT.passes(whole) || WORDS_ONLY.passes(whole)
}

/// Whether a line is a Traditional passage whatever its document is.
pub(super) fn is_traditional_line(line: &str) -> bool {
    LINE.passes(Census::of(line))
}

/// Variants that OpenCC's table does not know, with the character it does or the Simplified one.
const VARIANTS: [(char, char); 16] = [
    ('擡', '抬'),
    ('湼', '涅'),
    ('硏', '研'),
    ('衞', '卫'),
    ('髙', '高'),
    ('呉', '吴'),
    ('缐', '线'),
    ('隣', '邻'),
    ('黒', '黑'),
    ('缽', '钵'),
    ('絶', '绝'),
    ('戸', '户'),
    ('査', '查'),
    ('歩', '步'),
    ('涙', '泪'),
    ('歳', '岁'),
];

/// Words that come out of the conversion wrong, and how they are written.
const WORDS: [(&str, &str); 8] = [
    ("叠代", "迭代"),
    ("乾部", "干部"),
    ("公裡", "公里"),
    ("回覆", "回复"),
    ("答覆", "答复"),
    ("恢覆", "恢复"),
    ("重覆", "重复"),
    ("反覆", "反复"),
];

/// Words in which 著 is itself and not a way to write 着, by their other character: before and after it.
const BEFORE_ZHU: &str = "名巨显卓昭论编专原译合遗拙力土大新近所撰旧";
const AFTER_ZHU: &str = "名作述称书者录译文";

/// The converter: for lines, with phrases; for single characters, without.
pub(super) struct Converter {
    opencc: Option<OpenCC>,
    characters: FxHashMap<char, char>,
}

static CONVERTER: LazyLock<Converter> = LazyLock::new(Converter::load);

/// The converter, loaded when it is first asked for.
pub(super) fn converter() -> &'static Converter {
    &CONVERTER
}

impl Converter {
    /// The tables are compiled in, so that loading them fails only if the crate is broken; then only our own tables convert.
    fn load() -> Self {
        let opencc = OpenCC::from_config(BuiltinConfig::T2s).ok();
        let characters = opencc.as_ref().map(character_table).unwrap_or_default();
        Self { opencc, characters }
    }

    /// `character` in its Simplified form.
    pub(super) fn simplified(&self, character: char) -> char {
        self.characters.get(&character).copied().unwrap_or(character)
    }

    /// A clause in Simplified characters: by phrases where it has a character that needs them, else by the much faster table.
    fn clause(&self, clause: &str) -> String {
        match &self.opencc {
            Some(opencc) if clause.chars().any(|character| PHRASE_SET.contains(character)) => {
                opencc.convert(&clause.chars().map(known_variant).collect::<String>())
            }
            _ => clause.chars().map(|character| self.simplified(character)).collect(),
        }
    }

    /// `line` in Simplified characters and how many differ, or nothing if none does.
    pub(super) fn convert(&self, line: &str) -> Option<(String, usize)> {
        if !line.chars().any(|character| self.characters.contains_key(&character) || character == '著' || character == '叠')
        {
            return None;
        }
        let converted: String = line.split_inclusive(is_chinese_mark).map(|clause| self.clause(clause)).collect();
        let mut simplified = particles(&converted);
        for (wrong, right) in WORDS {
            if simplified.contains(wrong) {
                simplified = simplified.replace(wrong, right);
            }
        }
        let changed = line.chars().zip(simplified.chars()).filter(|(before, after)| before != after).count();
        (changed > 0).then_some((simplified, changed))
    }
}

/// The characters that OpenCC's phrases make something else of than its characters do: 乾 in 乾坤, 畫 in 計畫.
const IN_PHRASES: &str = "么乾俱吒噁彷徵於昇沈濛牴畫瞭薹藉衹覆鉅鍊鍾麼麽";

static PHRASE_SET: LazyLock<HanSet> = LazyLock::new(|| HanSet::new(IN_PHRASES));

/// No phrase goes across punctuation.
fn is_chinese_mark(character: char) -> bool {
    matches!(character, '，' | '。' | '、' | '；' | '：' | ',' | ';' | ':')
}

fn known_variant(character: char) -> char {
    VARIANTS.iter().find(|(variant, _)| *variant == character).map_or(character, |(_, known)| *known)
}

/// `text` with 着 for 著 wherever that is a particle or part of a word like 着力: Traditional writes both the same.
fn particles(text: &str) -> String {
    if !text.contains('著') {
        return text.to_owned();
    }
    let mut before = '\0';
    let mut characters = text.chars().peekable();
    let mut result = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let itself = BEFORE_ZHU.contains(before) || characters.peek().is_some_and(|&after| AFTER_ZHU.contains(after));
        result.push(if character == '著' && !itself { '着' } else { character });
        before = character;
    }
    result
}

/// Every ideograph that converts to another, by itself.
fn character_table(opencc: &OpenCC) -> FxHashMap<char, char> {
    let mut each = String::new();
    for character in ('\u{3400}'..='\u{4DBF}').chain('\u{4E00}'..='\u{9FFF}') {
        each.push(character);
        // The line break keeps phrases from forming.
        each.push('\n');
    }
    let converted = opencc.convert(&each);
    let pairs = each.chars().zip(converted.chars()).filter(|(before, after)| before != after);
    pairs.chain(VARIANTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simplified(line: &str) -> String {
        converter().convert(line).map_or_else(|| line.to_owned(), |(text, _)| text)
    }

    #[test]
    fn variants_of_converted_pages_become_simplified() {
        assert_eq!(simplified("爲産甯衆緻裏纔 遼甯 擡升"), "为产宁众致里才 辽宁 抬升");
    }

    #[test]
    fn words_decide_where_characters_do_not() {
        assert_eq!(simplified("著力推進，成效顯著；沿著這條路，著名學者"), "着力推进，成效显著；沿着这条路，著名学者");
        assert_eq!(simplified("乾坤、乾淨、瞭望、瞭解、叠代升級、補短闆"), "乾坤、干净、瞭望、了解、迭代升级、补短板");
    }

    #[test]
    fn the_document_decides_and_then_the_line() {
        assert!(is_traditional(std::iter::once("推動經濟發展")));
        assert!(!is_traditional(std::iter::once("推动经济发展，传承\"龍\"字书法，办好各类节庆活动，让群众共享改革成果")));
        assert!(!is_traditional_line("题为“和為貴”的展览开幕"));
        assert!(is_traditional_line("擴大對外開放，優化營商環境，發展數字經濟"));
    }

    #[test]
    fn clauses_convert_as_whole_lines_do() {
        let line = "乾隆年間,計畫於瀋陽築路;瞭解詳情、瞭望遠方。畢昇、哪吒、憑藉毅力,徵求意見,沈沒的鉅輪,甚麼";
        let whole = converter().opencc.as_ref().map(|opencc| opencc.convert(line));
        assert_eq!(Some(simplified(line)), whole);
    }

    #[test]
    fn every_mark_is_traditional_only() {
        let unmarked: String = MARKS.chars().filter(|&mark| converter().simplified(mark) == mark).collect();
        assert_eq!(unmarked, "");
    }

    #[test]
    fn conversion_keeps_the_number_of_characters() {
        let (text, changed) = converter().convert("實現穩定增長").unwrap_or_default();
        assert_eq!((text.as_str(), changed), ("实现稳定增长", 4));
    }
}
