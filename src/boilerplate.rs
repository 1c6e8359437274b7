//! What a web page puts around a document: navigation, toolbars, lines about source and date, spam.
//!
//! A line is judged by itself, and then by the lines around it. Where a document begins and ends is known to `segment` alone; from
//! there comes what else is boilerplate: menus before the title, and other articles after the end.

mod fields;
mod spam;
mod words;

use crate::restore::is_han;

/// What a line is to a web page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Furniture {
    /// Nothing: it belongs to the document.
    None,
    /// Marks, numbers or Latin without a Chinese word: a page number, an address, a rule; or what was left of a broken line.
    Bare,
    /// A part of the page that may stand anywhere.
    Page,
    /// A part of the page that stands after an article.
    End,
}

/// The longest line, in characters, that is furniture by what it says.
const LONGEST: usize = 150;

/// Judges every line.
pub(crate) fn furniture(lines: &[&str]) -> Vec<Furniture> {
    let mut furniture: Vec<Furniture> = lines.iter().map(|line| of_line(line)).collect();
    values(lines, &mut furniture);
    breadcrumbs(lines, &mut furniture);
    furniture
}

/// What a line is by itself.
fn of_line(line: &str) -> Furniture {
    if is_end(line) {
        Furniture::End
    } else if is_page(line) {
        Furniture::Page
    } else if is_without_words(line) {
        Furniture::Bare
    } else {
        Furniture::None
    }
}

fn is_end(line: &str) -> bool {
    is_short(line, LONGEST) && (is_hash(line) || words::ends_article(line) || fields::is_legal(line))
}

fn is_page(line: &str) -> bool {
    if !is_short(line, LONGEST) {
        return is_short(line, spam::LONGEST) && spam::is_spam(line);
    }
    words::is_toolbar(line)
        || fields::is_field(line)
        || fields::is_clock(line)
        || fields::is_caption(line)
        || fields::is_invitation(line)
        || fields::is_attachment(line)
        || is_inline_breadcrumb(line)
        || spam::is_spam(line)
}

fn is_short(line: &str, most: usize) -> bool {
    // A character has one to four bytes, so that most lines need not be counted.
    line.len() <= most || line.len() <= most * 4 && line.chars().count() <= most
}

/// Marks, numbers and Latin alone: page numbers, addresses, rules.
fn is_without_words(line: &str) -> bool {
    is_short(line, LONGEST) && !line.chars().any(is_han) && !line.contains('\t')
}

/// A number that a program gave to a file: `9f86d081884c7d65…:`.
fn is_hash(line: &str) -> bool {
    let bare = line.trim_end_matches([':', '：']);
    let digits = bare.chars().filter(char::is_ascii_digit).count();
    bare.len() >= 16 && bare.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && digits > 0 && digits < bare.len()
}

/// A label alone in its line has its value in the next one.
fn values(lines: &[&str], furniture: &mut [Furniture]) {
    for (at, pair) in lines.windows(2).enumerate() {
        let &[label, value] = pair else { continue };
        let is_known = furniture.get(at + 1).is_some_and(|&furniture| furniture != Furniture::None);
        if fields::is_lone_label(label) && (is_known || fields::is_value(value)) {
            for furniture in furniture.iter_mut().skip(at).take(2).filter(|furniture| **furniture == Furniture::None) {
                *furniture = Furniture::Page;
            }
        }
    }
}

/// `首页 > 政务公开 > 政府工作报告`
fn is_inline_breadcrumb(line: &str) -> bool {
    let steps = line.split(is_step).count() - 1;
    let first = line.split(is_step).next().unwrap_or("").trim();
    let is_list = line.split(is_step).all(|part| is_short(part, 40)) && !line.contains(['。', '；']);
    is_list && steps > 0 && (steps > 1 || words::is_toolbar(first))
}

fn is_step(c: char) -> bool {
    matches!(c, '>' | '＞' | '›' | '»' | '→')
}

/// A breadcrumb in lines of its own: what stands beside a lone `>`.
fn breadcrumbs(lines: &[&str], furniture: &mut [Furniture]) {
    for at in 0..lines.len() {
        let is_lone_step = lines.get(at).is_some_and(|line| line.chars().all(|c| is_step(c) || c.is_whitespace()));
        if !is_lone_step {
            continue;
        }
        for beside in [at.checked_sub(1), at.checked_add(1)].into_iter().flatten() {
            let is_crumb = lines.get(beside).is_some_and(|line| is_short(line, 20) && !line.contains('。'));
            if let (true, Some(furniture @ Furniture::None)) = (is_crumb, furniture.get_mut(beside)) {
                *furniture = Furniture::Page;
            }
        }
    }
}

/// Whether a line may be an item of a menu: a few characters without marks.
pub(crate) fn is_menu_item(line: &str) -> bool {
    is_short(line, 12) && line.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || c == '·')
}

/// Whether a line is a list of menu items or keywords: many short parts, and no sentence.
pub(crate) fn is_menu(line: &str) -> bool {
    spam::is_keyword_list(line)
}

/// Whether a line tells when or by whom a page was published.
pub(crate) fn is_publication(line: &str) -> bool {
    is_short(line, LONGEST) && (fields::is_field(line) || fields::is_clock(line))
}

/// Whether a line is the title of an article about a document rather than of a document.
pub(crate) fn is_article_title(line: &str) -> bool {
    is_short(line, 60)
        && !line.contains(['。', '；'])
        && ["决议", "热议", "解读", "记者", "侧记", "综述", "快评", "评论员", "新闻发布会", "一图读懂", "图解", "访谈"]
            .iter()
            .any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_furniture(line: &str) -> bool {
        of_line(line) != Furniture::None
    }

    #[test]
    fn furniture_is_told() {
        for line in [
            "打印",
            "【字号：",
            "大",
            "】",
            "【大 中 小】",
            "字体：[大][中][小]",
            "分享到：",
            "网站首页 > 政务公开 > 政府工作报告",
            "当前位置：首页 > 信息公开",
            "来源：云泽日报",
            "发布时间：2024-01-30 09:46:05 信息来源：云泽日报 字体大小：大 中 小",
            "2024年02月10日 07时41分",
            "2024-02-10 07:41",
            "责任编辑：林知远",
            "（来源：云泽省人民政府网）",
            "浏览次数：1203",
            "扫一扫在手机打开当前页",
            "微信扫一扫分享",
            "本报记者 林知远 摄",
            "林知远作报告。云泽日报记者 何青摄",
            "附件：1.任务分工表.docx",
            "政府工作报告.pdf",
            "https://www.example.gov.cn/a.html",
            "1 2 3",
            "——",
            "保护视力色： 杏仁黄 秋叶褐",
            "索引号：000014349/2024-00001",
            "打印本页 关闭窗口",
            "无障碍阅读",
            "【打印】【关闭】",
            "首页 | 政务公开 | 办事服务 | 互动交流",
        ] {
            assert!(is_furniture(line), "{line}");
        }
        for line in [
            "9f86d081884c7d659a2feaa0c55ad015:",
            "相关报道：",
            "上一篇：云泽省2023年政府工作报告",
            "版权所有：岚崖县人民政府",
            "云ICP备12345678号",
            "主办单位：岚崖县人民政府办公室",
            "友情链接",
            "打印本页",
        ] {
            assert_eq!(of_line(line), Furniture::End, "{line}");
        }
    }

    #[test]
    fn lines_of_documents_are_not() {
        for line in [
            "云泽省2024年政府工作报告",
            "——2024年1月18日在云泽省第十四届人民代表大会第二次会议上",
            "云泽省省长　林知远",
            "各位代表：",
            "一、2023年工作回顾",
            "优化营商环境。",
            "（一）改善民生",
            "2024年1月18日",
            "（2024年1月18日）",
            "主要目标",
            "名词解释",
            "附件：名词解释",
            "来源于实体经济的税收增长9%，占比提高。",
            "时间紧迫、任务繁重，我们要分秒必争。",
            "作者权益得到更好保护，版权登记增长三成。",
            "大力发展数字经济",
            "政务公开",
            "时间：2024年3月底前完成主体工程，年内投入使用。",
            "打击网络赌博、电信诈骗，破案一千余起。",
            "指标名称\t2023年\t增长",
            "1.就业：城镇新增5万人",
            "收藏保护革命文物120件",
            "中小企业",
            "下载速率翻一番",
        ] {
            assert!(!is_furniture(line), "{line}");
        }
    }

    #[test]
    fn labels_and_breadcrumbs_over_several_lines_are_told() {
        let lines = [
            "当前位置：",
            "首页",
            ">",
            "政务信息",
            ">",
            "县区动态",
            "云泽省2024年政府工作报告",
            "来源：",
            "云泽日报",
            "各位代表：",
        ];
        let page: Vec<bool> = furniture(&lines).into_iter().map(|furniture| furniture != Furniture::None).collect();
        assert_eq!(page, [true, true, true, true, true, true, false, true, true, false]);
    }
}
