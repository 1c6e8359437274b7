//! Text to blocks: title, headings, paragraphs, glossary and boilerplate told apart, a line being a block.
//!
//! The outline follows the numbering of Chinese official documents (GB/T 9704-2012, 7.3.3): `一、`, `（一）`, `1.`, `（1）`, and above
//! them `第一章` and `第一节`.
//!
//! Four things are found one after the other, each by what it looks like and where it stands: what the page put into the text, the head
//! down to where the audience is addressed, the end, and the glossary. What remains is outlined.

mod glossary;
mod head;
mod outline;
mod shape;
mod split;
mod tail;

pub use split::{SplitUnit, split};

use crate::boilerplate::{Furniture, furniture};
use crate::document::{Block, Document, Kind};
use crate::metadata::{self, Evidence};

use glossary::Glossary;
use head::{Head, HeadPart};

/// Reads the structure of a document, and what its lines and its name say of it as a whole. `text` is clean Simplified text, as
/// [`Restorer`](crate::restore::Restorer) makes it. Blank lines part blocks and are left out; every other line is a block.
pub fn segment(name: &str, text: &str) -> Document {
    let lines: Vec<&str> = text.lines().map(trim).filter(|line| !line.is_empty()).collect();
    let furniture = furniture(&lines);
    let head = Head::read(&lines, &furniture);
    let start = head.parts.len();
    let end = tail::find(&lines, &furniture, start);
    let glossary = glossary::find(&lines, &furniture, start, end);
    let parts = parts(lines.len(), &furniture, &head, end, glossary.as_ref());
    let blocks = outline::blocks(&lines, &parts);
    let metadata = metadata::read(name, &evidence(head, &blocks));
    Document { name: name.to_owned(), metadata, blocks }
}

/// Takes blank characters of every width from both ends, and a byte order mark.
fn trim(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{200B}')
}

/// What a line is, as far as its place tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Title,
    /// Heading or paragraph.
    Body,
    GlossaryTitle,
    Glossary,
    Boilerplate,
}

fn parts(count: usize, furniture: &[Furniture], head: &Head, end: usize, glossary: Option<&Glossary>) -> Vec<Part> {
    let of_line = |at: usize| {
        let glossary = glossary.filter(|glossary| glossary.lines.contains(&at));
        match furniture.get(at) {
            None | Some(Furniture::None) => {}
            // `5.ESI：`
            Some(Furniture::Bare) if glossary.is_some() => {}
            Some(_) => return Part::Boilerplate,
        }
        if let Some(glossary) = glossary {
            let is_title = glossary.titled && at == glossary.lines.start;
            return if is_title { Part::GlossaryTitle } else { Part::Glossary };
        }
        match head.parts.get(at) {
            Some(HeadPart::Title) => Part::Title,
            Some(HeadPart::Page) => Part::Boilerplate,
            Some(HeadPart::Body) | None if at < end => Part::Body,
            _ => Part::Boilerplate,
        }
    };
    (0..count).map(of_line).collect()
}

/// What the metadata are read from.
fn evidence(head: Head, blocks: &[Block]) -> Evidence<'_> {
    let texts = |kind: Kind| blocks.iter().filter(move |block| block.kind == kind);
    Evidence {
        titles: head.titles,
        meeting: head.meeting,
        head: head.others,
        opening: texts(Kind::Paragraph).next().map(|block| block.text.as_str()),
        headings: texts(Kind::Heading).filter(|block| block.section.is_empty()).map(|block| block.text.as_str()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: &str = "云泽省人民政府工作报告
——2024年1月18日在云泽省第十四届人民代表大会第二次会议上
云泽省省长　林知远
各位代表：
　　现在，我代表省人民政府向大会报告工作，请予审议。
一、2023年工作回顾
（一）创新动能更加强劲。新建省实验室两家。
研发投入增长9%。
（二）改善民生
3.5万户居民用上了天然气。
二、2024年重点工作
——稳住农业基本盘。完成春播。
名词解释
1.揭榜挂帅：由能者攻关。";

    fn kinds(text: &str) -> Vec<Kind> {
        segment("x", text).blocks.iter().map(|block| block.kind).collect()
    }

    #[test]
    fn parts_of_a_report_are_told_apart() {
        use Kind::{Glossary, Heading, Paragraph, Title};
        let expected = [
            Title, Title, Title, Heading, Paragraph, Heading, Paragraph, Paragraph, Heading, Paragraph, Heading, Paragraph,
            Heading, Glossary,
        ];
        assert_eq!(kinds(REPORT), expected);
    }

    #[test]
    fn paragraphs_know_the_headings_above_them() {
        let document = segment("x", REPORT);
        let find = |text: &str| document.blocks.iter().find(|block| block.text.contains(text)).unwrap();
        assert_eq!(find("省实验室").section, ["一、2023年工作回顾"]);
        assert_eq!(find("省实验室").lead.as_deref(), Some("（一）创新动能更加强劲"));
        assert_eq!(find("研发投入").section, ["一、2023年工作回顾", "（一）创新动能更加强劲"]);
        assert_eq!(find("天然气").section, ["一、2023年工作回顾", "（二）改善民生"]);
        assert_eq!(find("春播").section, ["二、2024年重点工作"]);
        assert_eq!(find("春播").lead.as_deref(), Some("——稳住农业基本盘"));
    }

    fn of_kind(document: &Document, kind: Kind) -> Vec<&str> {
        document.blocks.iter().filter(|block| block.kind == kind).map(|block| block.text.as_str()).collect()
    }

    /// A sentence long enough to be read as one of a text.
    const LONG: &str = "我们坚持稳中求进，抓项目、保民生、防风险，粮食产量稳步增加，城乡面貌明显改善，群众收入持续增长，各项事业取得新的进步。";

    #[test]
    fn a_page_around_a_report_is_boilerplate() {
        let text = format!(
            "网站首页\n政务公开\n新闻中心\n当前位置：首页 > 信息公开\n关于岚崖县2023年国民经济和社会发展计划执行情况与\n\
             2024年计划草案的报告\n发布时间：2024-02-01 09:30 来源：岚崖县政府办\n【字号：\n大\n中\n小\n】\n\
             ——2024年1月18日在岚崖县第十九届\n人民代表大会第三次会议上\n岚崖县县长 林 远\n林远作政府工作报告\n各位代表：\n\
             一、回顾\n{LONG}\n{LONG}\n{LONG}\n各位代表！让我们团结奋斗，谱写岚崖新篇章！\n责任编辑：何青\n上一篇：通知\n\
             岚崖县召开大会\n大会今天在岚崖县城开幕。\n云ICP备0000000号"
        );
        let document = segment("a.txt", &text);
        assert_eq!(of_kind(&document, Kind::Paragraph).len(), 4);
        assert_eq!(of_kind(&document, Kind::Heading), ["各位代表：", "一、回顾"]);
        assert_eq!(of_kind(&document, Kind::Title).len(), 5);
        let metadata = &document.metadata;
        assert_eq!(metadata.title.as_deref(), Some("关于岚崖县2023年国民经济和社会发展计划执行情况与2024年计划草案的报告"));
        assert_eq!(metadata.date.map(|date| date.to_string()).as_deref(), Some("2024-01-18"));
        assert_eq!((metadata.year, metadata.level), (Some(2024), Some(crate::metadata::Level::County)));
        assert_eq!(metadata.speaker.as_deref(), Some("林远"));
        assert_eq!(metadata.region.to_string(), "岚崖县");
    }

    #[test]
    fn a_fragment_has_no_metadata() {
        let document = segment("a.txt", &format!("壮大产业。{LONG}\n（四）改善民生\n{LONG}"));
        assert_eq!(document.metadata, crate::metadata::Metadata::default());
        assert_eq!(of_kind(&document, Kind::Paragraph).len(), 2);
    }

    #[test]
    fn lists_are_told_from_headings() {
        let document =
            segment("x", &format!("一、实事\n1.修路\n2.引水\n3.通电\n二、农业\n1.种植业\n{LONG}\n2.养殖业\n{LONG}"));
        assert_eq!(of_kind(&document, Kind::Heading), ["一、实事", "二、农业", "1.种植业", "2.养殖业"]);
    }

    #[test]
    fn headings_with_full_stops_are_told_where_they_alternate_with_text() {
        let parts = |count: usize| (0..count).map(|_| format!("产业结构持续优化。\n{LONG}\n")).collect::<String>();
        assert_eq!(of_kind(&segment("x", &format!("一、回顾\n{}", parts(5))), Kind::Heading).len(), 6);
        assert_eq!(of_kind(&segment("x", &format!("一、回顾\n{}", parts(2))), Kind::Heading).len(), 1);
    }

    #[test]
    fn attachments_are_read_and_glossaries_set_apart() {
        let text = format!(
            "云泽省2024年政府工作报告\n各位代表：\n一、回顾\n{LONG}\n{LONG}\n各位代表！让我们团结奋斗！\n附件1\n2024年民生实事\n\
             {LONG}\n附件2\n名词解释\n1.两水：\n供水和排水。\n2.ESI：\n一种指标。\n打印本页\n别的文章"
        );
        let document = segment("x", &text);
        assert_eq!(of_kind(&document, Kind::Glossary).len(), 4);
        assert_eq!(of_kind(&document, Kind::Boilerplate), ["附件1", "附件2", "打印本页", "别的文章"]);
        let attached = document.blocks.iter().find(|block| block.text == "2024年民生实事").unwrap();
        assert!(attached.section.is_empty());
    }

    #[test]
    fn a_glossary_needs_no_title() {
        let text = format!(
            "一、回顾\n{LONG}\n各位代表！让我们团结奋斗！\n1.两水：供水和排水。\n2.一网：城市管网，\n以及水网。\n3.三园：园区。"
        );
        assert_eq!(of_kind(&segment("x", &text), Kind::Glossary).len(), 4);
    }

    /// Pieces of which lines of reports and of pages around them are made.
    const PIECES: [&str; 40] = [
        "\n",
        "\n",
        "\n",
        "一、",
        "（二）",
        "1.",
        "3.",
        "（1）",
        "——",
        "第一章",
        "各位代表",
        "：",
        "！",
        "。",
        "，",
        "政府工作报告",
        "2024年",
        "2023年12月18日",
        "在云泽省",
        "第十四届人民代表大会",
        "第二次会议上",
        "省长 林知远",
        "名词解释",
        "附件",
        "首页",
        ">",
        "来源：",
        "打印本页",
        "上一篇：",
        "云ICP备",
        "0123456789abcdef01",
        "沈阳市",
        "新华区",
        "岚崖县",
        "让我们团结奋斗",
        "是指",
        "\t",
        " ",
        "博彩_棋牌_投注",
        LONG,
    ];

    proptest! {
        #[test]
        fn every_line_of_a_page_is_kept_in_order(pieces in proptest::collection::vec(0..PIECES.len(), 0..120)) {
            let text: String = pieces.iter().filter_map(|&piece| PIECES.get(piece).copied()).collect();
            let lines: Vec<&str> = text.lines().map(trim).filter(|line| !line.is_empty()).collect();
            let document = segment(&text, &text);
            prop_assert_eq!(document.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>(), lines);
            prop_assert!(document.blocks.iter().enumerate().all(|(at, block)| block.index == at));
            prop_assert!(document.blocks.iter().all(|block| block.lead.is_none() || block.kind == Kind::Paragraph));
            prop_assert_eq!(segment(&text, &text), document);
        }

        #[test]
        fn any_characters_are_read(text in "\\PC{0,80}(\n\\PC{0,40}){0,6}") {
            prop_assert!(segment(&text, &text).blocks.len() <= text.lines().count());
        }
    }

    proptest! {
        #[test]
        fn every_line_is_kept_in_order(text in "[一二、（）1.。：各位代表会议上第章 \u{3000}\nA-z]{0,200}") {
            let lines: Vec<&str> = text.lines().map(trim).filter(|line| !line.is_empty()).collect();
            let document = segment("x", &text);
            prop_assert_eq!(document.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>(), lines);
            prop_assert!(document.blocks.iter().enumerate().all(|(at, block)| block.index == at));
        }
    }
}
