//! Lines that tell of an article who wrote, published and photographed it, and when.

use crate::metadata::date;
use crate::restore::is_han;

/// Labels that only an article's page has.
const LABELS: [&str; 55] = [
    "来源",
    "信息来源",
    "文章来源",
    "新闻来源",
    "稿件来源",
    "稿源",
    "发布时间",
    "发布日期",
    "发表时间",
    "发表日期",
    "更新时间",
    "更新日期",
    "成文日期",
    "成文时间",
    "印发日期",
    "公开日期",
    "发文日期",
    "生成日期",
    "索引号",
    "信息索引号",
    "主题分类",
    "信息分类",
    "发文机关",
    "发文字号",
    "发布机构",
    "公开方式",
    "公开形式",
    "公开范围",
    "信息名称",
    "有效性",
    "责任编辑",
    "责编",
    "编辑",
    "审核",
    "校对",
    "终审",
    "初审",
    "复审",
    "发布人",
    "供稿",
    "撰稿",
    "浏览次数",
    "浏览量",
    "点击数",
    "点击量",
    "点击",
    "阅读量",
    "阅读次数",
    "阅读",
    "访问量",
    "字体",
    "字号",
    "字体大小",
    "保护视力色",
    "当前位置",
];

/// Labels that a document may use too: they count where a date or a name follows, and little else.
const WEAK_LABELS: [&str; 9] = ["时间", "日期", "作者", "记者", "通讯员", "摄影", "关键词", "标签", "摘要"];

/// The longest value of a weak label, in characters.
const LONGEST_WEAK_VALUE: usize = 25;

/// What the owners of a page say of themselves at its foot.
const LEGAL: [&str; 18] = [
    "版权所有",
    "版权声明",
    "Copyright",
    "copyright",
    "©",
    "ICP备",
    "icp备",
    "公网安备",
    "网站标识码",
    "主办单位",
    "承办单位",
    "技术支持",
    "联系我们",
    "免责声明",
    "建议使用",
    "网站声明",
    "网站维护",
    "未经授权",
];

/// Whether a line begins with a label and its value.
pub(super) fn is_field(line: &str) -> bool {
    let line = open(line);
    if line.contains('。') {
        return false;
    }
    // Spaces inside a label set its characters apart.
    let Some((label, value)) = line.split_once(['：', ':']) else {
        // `发布时间 2024-01-30`
        let Some((label, value)) = line.split_once(char::is_whitespace) else { return false };
        return LABELS.contains(&label) && value.chars().count() <= 40;
    };
    let label: String = label.chars().filter(|c| !c.is_whitespace()).collect();
    LABELS.contains(&label.as_str())
        || WEAK_LABELS.contains(&label.as_str())
            && value.chars().count() <= LONGEST_WEAK_VALUE
            && !value.contains(['，', '；', '、'])
            && (matches!(label.as_str(), "时间" | "日期")) == value.contains(|c: char| c.is_ascii_digit())
}

/// Whether a line is a label without its value.
pub(super) fn is_lone_label(line: &str) -> bool {
    open(line).strip_suffix(['：', ':']).is_some_and(|label| {
        let label: String = label.chars().filter(|c| !c.is_whitespace()).collect();
        LABELS.contains(&label.as_str()) || WEAK_LABELS.contains(&label.as_str())
    })
}

/// Whether a line may be the value of a label in the line above.
pub(super) fn is_value(line: &str) -> bool {
    line.chars().count() <= LONGEST_WEAK_VALUE && !line.contains(['。', '，', '；', '：']) && !line.contains("报告")
}

fn open(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || "（(【[〔<《".contains(c))
}

/// Whether a line is a date as computers write it, or one with the time of day.
pub(super) fn is_clock(line: &str) -> bool {
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    let Some((_, rest)) = date(bare) else { return false };
    let is_figure = |c: char| c.is_ascii_digit() || c.is_whitespace() || "：:时分秒".contains(c);
    let is_written = bare.contains('年');
    rest.chars().all(is_figure) && (!is_written || rest.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a line is below a picture: `本报记者 林知远 摄`.
pub(super) fn is_caption(line: &str) -> bool {
    let bare = line.trim_end_matches(|c: char| !c.is_alphanumeric());
    let taken = ["摄", "摄影", "供图", "图/文", "摄影报道"].iter().any(|word| bare.ends_with(word));
    let by = ["记者", "通讯员", "图片", "资料图", "（", "/", " "].iter().any(|word| bare.contains(word));
    let is_reporter = ["本报记者", "通讯员", "记者", "本报讯记者"].iter().any(|word| {
        bare.strip_prefix(word).is_some_and(|names| {
            names.starts_with(char::is_whitespace)
                && names.chars().count() <= 16
                && names.chars().all(|c| is_han(c) || c.is_whitespace())
        })
    });
    taken && by || is_reporter
}

/// Whether a line invites to scan a code or to follow an account.
pub(super) fn is_invitation(line: &str) -> bool {
    let scans = line.contains("扫一扫") || line.contains("扫码") || line.contains("二维码") || line.contains("公众号");
    let does =
        ["手机", "微信", "打开", "关注", "分享", "本页", "页面", "查看", "下载"].iter().any(|word| line.contains(word));
    scans && does && line.chars().count() <= 40 && !line.contains(['。', '，'])
        || line.trim_matches(|c: char| !c.is_alphanumeric()) == "扫一扫"
}

/// Whether a line names a file, or says that files follow.
pub(super) fn is_attachment(line: &str) -> bool {
    const ENDINGS: [&str; 14] =
        [".pdf", ".doc", ".docx", ".xls", ".xlsx", ".wps", ".et", ".ofd", ".ppt", ".pptx", ".zip", ".rar", ".jpg", ".png"];
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    let lower = bare.to_ascii_lowercase();
    if ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
        return true;
    }
    // The word alone, with its number: what it is called stands in the next line.
    ["附件", "附件下载", "附件列表", "相关附件", "附"].iter().any(|word| {
        bare.strip_prefix(word)
            .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)))
    })
}

/// Whether a line tells whose the page is.
pub(super) fn is_legal(line: &str) -> bool {
    let marks = LEGAL.iter().filter(|word| line.contains(*word)).count();
    // One mark may be in a sentence, about copyright for example.
    marks > 1
        || marks == 1
            && !line.contains('。')
            && (line.chars().count() <= 40 || LEGAL.iter().any(|word| line.starts_with(word)))
}
