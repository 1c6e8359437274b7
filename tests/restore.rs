//! What restoring does to damage of each kind, and that it leaves clean text alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use policy_topics::restore::{ChangeKind, Restored, Restorer, is_han};
use proptest::prelude::*;

fn restore(text: &str) -> Restored {
    Restorer::new().restore(text)
}

fn restored(text: &str) -> String {
    restore(text).text
}

/// The reports that lie beside the checkout; none if they do not.
fn reports(chosen: impl Fn(&str) -> bool) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reports");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no reports in {}", folder.display());
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let named = paths.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&chosen));
    named.filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?))).collect()
}

fn han(text: &str) -> String {
    text.chars().filter(|&character| is_han(character)).collect()
}

#[test]
fn pinyin_annotations_go_and_other_brackets_stay() {
    assert_eq!(restored("推動(dòng)農(nóng)村經(jīng)濟(jì)發(fā)展,造福(fú)(fú)百姓"), "推动农村经济发展，造福百姓");
    for line in ["细颗粒物(PM2.5)浓度下降", "全县生产总值(GDP)增长", "距县城5(km)"] {
        assert_eq!(restored(line), line);
    }
}

#[test]
fn a_run_after_a_lost_byte_is_read_anew() {
    // Each run is a text of ours whose bytes were shifted as the pages' were.
    for (damaged, clean) in [
        ("新建园区12个。“智慧农场”投入使用", "新建园区12个。“智慧农场”投入使用"),
        (&shifted("新增企业26家。“银龄食堂”惠及老人3万名", '。'), "新增企业26家。“银龄食堂”惠及老人3万名"),
        (&shifted("推动产业升级，培育新的增长点12个", '，'), "推动产业升级，培育新的增长点12个"),
        (&shifted("完成造林任务。编织社会保障网络A级", '。'), "完成造林任务。编织社会保障网络A级"),
    ] {
        assert_eq!(restored(damaged), clean);
    }
}

/// `text` with the first byte of the first `mark` lost, as a decoder reads it.
fn shifted(text: &str, mark: char) -> String {
    let (before, after) = text.split_once(mark).unwrap();
    let mut tail = encoding_rs::GB18030.encode(&format!("{mark}{after}")).0.into_owned();
    tail.remove(0);
    let read = encoding_rs::GB18030.decode(&tail).0.replace('！', "!").replace('？', "?");
    format!("{before}?{read}")
}

#[test]
fn the_residue_of_an_annotation_tells_the_lost_byte() {
    // 細 (xì) was found between the halves of 燃 and 氣, 節 (jié) between those of 展 and 潛, 訓 (xùn) between those of 動 and 東.
    assert_eq!(restored("檢查燃?xì)?、供熱等設施"), "检查燃气、供热等设施");
    assert_eq!(restored("生產燃?xì)廨啓C(jī)設備"), "生产燃气轮机设备");
    assert_eq!(restored("推動(dòng)?xùn)|部地區(qū)開發(fā)"), "推动东部地区开发");
}

#[test]
fn what_cannot_be_known_is_a_blank_and_is_reported() {
    let restored = restore("發(fā)展?jié)摿Υ蟮闹卮罂萍柬椖坎簧儆?5個,燃?xì)?、供熱");
    assert_eq!(restored.text, "发展潜力大的重大科技项目不少于□5个，燃气、供热");
    assert_eq!(restored.unrepaired.len(), 1);
}

#[test]
fn a_character_is_filled_in_if_words_leave_no_other() {
    for (damaged, clean) in [
        // 氣 between 燃 and a mark: of the characters that make a word, only its first byte reads xì behind 燃's second one.
        ("檢查燃?xì)?、供熱", "檢查燃气、供熱"),
        ("圍繞城鎮(zhèn)燃?xì)?、交通運(yùn)輸開展整治", "围绕城镇燃气、交通运输开展整治"),
        // Both bytes without a residue, with a mark for each or for both.
        ("处境十分尷??、进退两难", "处境十分尷尬、进退两难"),
        ("处境十分尴?，进退两难", "处境十分尴尬，进退两难"),
        ("坚持因地制?，统筹兼??，", "坚持因地制宜，统筹兼顾，"),
        ("落實應(yīng)保盡??、應(yīng)退盡退", "落实应保尽保、应退尽退"),
        // The reading after the mark is the character's own.
        ("保護農(nóng)村生態(tài)環(huán)??(jìng)、水質", "保护农村生态环境、水质"),
        ("改善農(nóng)村生態(tài)環(huán)?(jìng),造福百姓", "改善农村生态环境，造福百姓"),
    ] {
        let restored = restore(damaged);
        assert_eq!(restored.text, clean);
        assert!(restored.unrepaired.is_empty(), "{damaged}: {:?}", restored.unrepaired);
    }
}

#[test]
fn a_character_that_several_words_fit_stays_blank_and_is_reported() {
    for (damaged, blank) in [
        // 燃气, 燃油, 燃料, 燃煤: frequency is no reason.
        ("檢查燃?、供熱", "檢查燃□、供熱"),
        ("檢查燃??、供熱", "檢查燃□、供熱"),
        // 尬 does not go with the residue, and nothing else goes with 尷.
        ("尷?xì)?、", "尷□、"),
        // Punctuation may have stood there as well as 非.
        ("發(fā)展民營??,帶動(dòng)就業(yè)", "发展民营□，带动就业"),
        ("推進(jìn)城鎮(zhèn)化?改革開放繼續(xù)深入", "推进城镇化□改革开放继续深入"),
        ("检查燃气、?、供热", "检查燃气、□、供热"),
        ("加强\u{FFFD}设，改善民生", "加强□设，改善民生"),
        ("加强\u{FFFD}\u{FFFD}、改善民生", "加强□、改善民生"),
    ] {
        let restored = restore(damaged);
        assert_eq!(restored.text, blank);
        assert_eq!(restored.unrepaired.len(), 1, "{damaged}: {:?}", restored.unrepaired);
        let repairs = restored.changes.iter().flat_map(|change| &change.repairs);
        assert_eq!(repairs.filter(|repair| repair.after == "□").count(), 1, "{damaged}");
    }
}

#[test]
fn question_marks_are_left_alone() {
    for line in [
        "怎么办?大家都在问",
        "钱从哪里来?人往哪里去?",
        "为什么?",
        "what? why?",
        "钱从哪里来?、人往哪里去?",
        "你去上海?我去北京",
        "请查看http://example.cn/检索?q=a,结果见附件",
    ] {
        assert_eq!(han(&restored(line)), han(line));
        assert_eq!(restore(line).counts()[ChangeKind::LostBytes], 0, "{line}");
    }
}

#[test]
fn traditional_documents_become_simplified() {
    assert_eq!(
        restored("補短闆、強弱項,讓群衆增收緻富,隻爭朝夕,叠代升級"),
        "补短板、强弱项，让群众增收致富，只争朝夕，迭代升级"
    );
    let clean = "推动高质量发展取得新成效，“和為貴”书法展开幕，干部群众后来居上";
    assert_eq!(restored(clean), clean);
}

#[test]
fn lines_of_one_paragraph_are_joined() {
    let text = "一、总体要求\n我们要坚持稳中求进，\n推动高质量发展。\n　　二、主要任务\n";
    let restored = restore(text);
    assert_eq!(restored.text, "一、总体要求\n我们要坚持稳中求进，推动高质量发展。\n二、主要任务\n");
    assert_eq!(restored.counts()[ChangeKind::LineBreak], 1);
    let joined = restored.changes.iter().find(|change| change.source.len() == 2).unwrap();
    assert_eq!((joined.source.clone(), joined.line), (1..3, Some(1)));
    assert_eq!(joined.before, "我们要坚持稳中求进，\n推动高质量发展。");
}

#[test]
fn page_numbers_do_not_part_the_lines_around_them() {
    let restored = restore("我们要扩大内需、\n— 1 —\n改善民生。\n二、重点工作\n— 2 —\n— 3 —\n");
    assert_eq!(restored.text, "我们要扩大内需、改善民生。\n二、重点工作\n");
    assert_eq!(restored.counts()[ChangeKind::PageHeader], 3);
}

#[test]
fn changes_are_counted_by_kind() {
    let counts = restore("推動(dòng)經濟發展,\u{200B}增長８%").counts();
    let all: Vec<(ChangeKind, usize)> = counts.iter().collect();
    let expected = [
        (ChangeKind::Pinyin, 1),
        (ChangeKind::Script, 5),
        (ChangeKind::Width, 1),
        (ChangeKind::Punctuation, 1),
        (ChangeKind::Unprintable, 1),
    ];
    assert_eq!(all, expected);
}

#[test]
fn clean_reports_keep_every_chinese_character() {
    for (path, text) in reports(|name| name.starts_with("2026_") || name.starts_with("002_")) {
        assert!(han(&text) == han(&restored(&text)), "{}", path.display());
    }
}

#[test]
fn restoring_reports_twice_is_restoring_once() {
    for (path, text) in reports(|_| true) {
        let once = restored(&text);
        assert!(restore(&once).is_untouched(), "{}: {:?}", path.display(), restore(&once).changes.first());
    }
}

#[test]
fn damaged_reports_come_out_clean() {
    for (path, text) in reports(|name| name.starts_with("000_") || name.starts_with("001_")) {
        let restored = restore(&text);
        let toned = |character| "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ?".contains(character);
        assert!(!restored.text.contains(toned), "{}", path.display());
        assert!(restored.unrepaired.len() <= 2, "{}: {:?}", path.display(), restored.unrepaired);
    }
}

#[test]
fn the_time_is_linear() {
    let unit = "推動經濟發展,完善燃?xì)廨啓C(jī)產業,提高質量和效益,增進民生福祉。".repeat(20);
    let time = |text: &str| {
        let start = Instant::now();
        restored(text);
        start.elapsed().max(Duration::from_millis(5))
    };
    time(&unit);
    let (short, long) = (time(&unit.repeat(4)), time(&unit.repeat(64)));
    assert!(long < short * 16 * 5, "{short:?} and, for sixteen times as much, {long:?}");
}

/// Pieces that damage is made of.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[发展经济的氣燃輪機啓廨網]{1,4}",
        "[?!,.、。“”()；\u{FFFD}\u{E5E5}\u{3000} \\\\|]{1,3}",
        Just("(fā)".to_owned()),
        Just("?xì)".to_owned()),
        Just("燃?xì)?、".to_owned()),
        "[展燃尷][?\u{FFFD}]{1,3}[、，展a]",
        Just("著力叠代".to_owned()),
        Just("\n".to_owned()),
        Just("\n　　".to_owned()),
        Just("— 3 —\n".to_owned()),
        "[a-zA-Z0-9Ａ９]{1,3}",
        any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_restored_and_twice_is_once(pieces in proptest::collection::vec(piece(), 0..40)) {
        let once = restored(&pieces.concat());
        prop_assert_eq!(restored(&once), once);
    }

    #[test]
    fn two_lost_bytes_are_one_character_or_a_blank_that_is_reported(
        left in "[发展经济燃环统筹兼因地制尴]{1,6}",
        marks in "\\?|\\?\\?|\u{FFFD}|\u{FFFD}\u{FFFD}",
        right in "供热|气象服务|建设发展|料理|统筹兼顾|境内外|民生保障|发展环境",
    ) {
        let restored = restore(&format!("{left}{marks}、{right}。"));
        let found = restored.text.strip_prefix(left.as_str()).and_then(|text| text.strip_suffix(&format!("、{right}。")));
        let found: Vec<char> = found.unwrap_or_default().chars().collect();
        prop_assert_eq!(found.len(), 1, "{}", &restored.text);
        prop_assert!(found == ['□'] || is_han(found[0]));
        prop_assert_eq!(restored.unrepaired.len(), usize::from(found == ['□']));
    }

    #[test]
    fn any_characters_can_be_restored(text in "\\PC{0,200}") {
        let once = restored(&text);
        prop_assert_eq!(restored(&once), once);
    }
}
