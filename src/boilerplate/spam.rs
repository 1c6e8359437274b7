//! Lines of keywords that were put into pages for search engines.

/// The longest line, in characters, that is looked through for spam.
pub(super) const LONGEST: usize = 2000;

/// Words of the trades that put keywords into foreign pages.
const TRADES: [&str; 46] = [
    "彩票平台",
    "博彩",
    "娱乐城",
    "娱乐平台",
    "棋牌",
    "投注",
    "百家乐",
    "老虎机",
    "六合彩",
    "时时彩",
    "体育平台",
    "体育投注",
    "足球投注",
    "开户网址",
    "官网登录",
    "官方网站入口",
    "线上娱乐",
    "真人娱乐",
    "在线观看",
    "免费观看",
    "高清视频",
    "成人",
    "色情",
    "无码",
    "有码",
    "三级片",
    "毛片",
    "黄片",
    "久久",
    "国产精品",
    "亚洲精品",
    "欧美",
    "日韩",
    "一区二区",
    "人妻",
    "少妇",
    "视频免费",
    "美女",
    "做爱",
    "av在线",
    "情趣",
    "私服",
    "代开发票",
    "办证",
    "贷款中介",
    "代孕",
];

/// Whether a line is made of such words.
pub(super) fn is_spam(line: &str) -> bool {
    // Sentences speak of betting, keywords do not speak.
    if line.contains('。') && line.chars().filter(|&c| c == '，').count() > 1 {
        return false;
    }
    let lower = line.to_lowercase();
    let words = TRADES.iter().filter(|word| lower.contains(*word)).count();
    words > 2 || words == 2 && (is_keyword_list(line) || line.chars().count() <= 40)
}

/// Whether a line is a list of keywords or menu items: at least six short parts between marks that lists in sentences do not use.
pub(super) fn is_keyword_list(line: &str) -> bool {
    if line.contains(['。', '；', '：', '、', '\t']) {
        return false;
    }
    let mut parts = 0usize;
    let mut characters = 0usize;
    for part in line.split(|c: char| c.is_whitespace() || "|｜_,，/·".contains(c)).filter(|part| !part.is_empty()) {
        parts += 1;
        characters += part.chars().count();
        if part.chars().any(|c| c.is_ascii_digit()) {
            return false;
        }
    }
    parts > 5 && characters <= parts * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_told_from_sentences() {
        assert!(is_spam("博彩平台_线上娱乐_体育投注"));
        assert!(is_spam("国产精品久久久|亚洲精品一区二区|免费观看"));
        assert!(!is_spam("严厉打击网络博彩，取缔棋牌赌博窝点，投注站依法管理。"));
        assert!(!is_spam("依法打击博彩"));
        assert!(is_keyword_list("首页 新闻 政务 服务 互动 数据 专题"));
        assert!(!is_keyword_list("教育、医疗、养老、住房、就业、社保"));
        assert!(!is_keyword_list("粮食 产量 1200 万吨 增长 3.5 左右"));
    }
}
