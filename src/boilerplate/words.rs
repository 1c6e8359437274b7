//! Words of toolbars, menus and what follows articles.

/// Words that only a web page says, so that a line of nothing else is one of its tools.
const TOOLS: [&str; 88] = [
    "网站首页",
    "首页",
    "返回首页",
    "返回顶部",
    "返回",
    "回到顶部",
    "打印",
    "打印本页",
    "打印本文",
    "打印页面",
    "打印文章",
    "打印正文",
    "关闭",
    "关闭窗口",
    "关闭本页",
    "关闭页面",
    "下载",
    "全屏",
    "收藏",
    "收藏本页",
    "加入收藏",
    "设为首页",
    "分享",
    "分享到",
    "分享至",
    "我要分享",
    "转发",
    "点赞",
    "评论",
    "纠错",
    "我要纠错",
    "网站纠错",
    "字号",
    "字体",
    "字体大小",
    "文字大小",
    "大",
    "中",
    "小",
    "加大",
    "还原",
    "减小",
    "放大",
    "缩小",
    "特大",
    "默认",
    "正常",
    "超大",
    "微信",
    "微博",
    "新浪微博",
    "腾讯微博",
    "QQ空间",
    "QQ好友",
    "QQ",
    "人民网微博",
    "朋友圈",
    "豆瓣",
    "抖音",
    "客户端",
    "手机版",
    "移动版",
    "无障碍",
    "无障碍阅读",
    "无障碍浏览",
    "长者模式",
    "适老化",
    "关怀版",
    "繁体",
    "简体",
    "繁體",
    "繁体版",
    "简体版",
    "登录",
    "注册",
    "搜索",
    "站内搜索",
    "网站地图",
    "当前位置",
    "您的位置",
    "您所在的位置",
    "您现在的位置",
    "你的位置",
    "语音播报",
    "朗读",
    "听全文",
    "复制链接",
    "正文",
];

/// Words of menus, which a document may say too: in a line with a tool or with each other they are a menu.
const MENUS: [&str; 34] = [
    "政务公开",
    "信息公开",
    "政府信息公开",
    "新闻中心",
    "新闻动态",
    "政务动态",
    "政务要闻",
    "要闻动态",
    "通知公告",
    "公示公告",
    "办事服务",
    "政务服务",
    "在线服务",
    "网上办事",
    "互动交流",
    "政民互动",
    "公众参与",
    "走进",
    "魅力",
    "专题专栏",
    "专题",
    "领导之窗",
    "政府领导",
    "组织机构",
    "机构设置",
    "政策文件",
    "政策解读",
    "法规文件",
    "数据开放",
    "数据发布",
    "政府数据",
    "部门动态",
    "政府工作报告",
    "视频",
];

/// Tools that only stand below an article.
const AFTER_ARTICLES: [&str; 8] =
    ["打印本页", "打印本文", "打印文章", "关闭窗口", "关闭本页", "返回顶部", "回到顶部", "网站地图"];

/// How the line that parts an article from what the page offers besides begins.
const OFFERS: [&str; 22] = [
    "相关报道",
    "相关链接",
    "相关文章",
    "相关新闻",
    "相关阅读",
    "相关信息",
    "相关稿件",
    "延伸阅读",
    "推荐阅读",
    "热门推荐",
    "热点推荐",
    "为您推荐",
    "猜你喜欢",
    "友情链接",
    "上一篇",
    "下一篇",
    "上一条",
    "下一条",
    "感谢您访问",
    "感谢您的访问",
    "您可能感兴趣",
    "您可能还",
];

/// Whether a line consists of tools of a web page, or of a menu.
pub(super) fn is_toolbar(line: &str) -> bool {
    let mut tools = 0;
    let mut menus = 0;
    for part in line.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut rest = part;
        while !rest.is_empty() {
            if let Some(after) = longest(&TOOLS, rest) {
                tools += 1;
                rest = after;
            } else if let Some(after) = longest(&MENUS, rest) {
                menus += 1;
                rest = after;
            } else {
                // Numbers stand beside tools: how often a page was read, which page is shown.
                let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                if after.len() == rest.len() {
                    return false;
                }
                rest = after;
            }
        }
    }
    tools > 0 || menus > 2
}

/// What follows the longest of `words` that `text` begins with.
fn longest<'t>(words: &[&str], text: &'t str) -> Option<&'t str> {
    words.iter().filter_map(|word| text.strip_prefix(word)).min_by_key(|after| after.len())
}

/// Whether a line stands only below an article.
pub(super) fn ends_article(line: &str) -> bool {
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    let offers = OFFERS.iter().any(|word| {
        bare.strip_prefix(word).is_some_and(|after| after.is_empty() || after.starts_with(|c: char| !c.is_alphanumeric()))
            || word.starts_with(['感', '您']) && bare.starts_with(word)
    });
    let is_end = |part: &str| AFTER_ARTICLES.iter().any(|word| part.contains(word));
    !line.contains('。') && offers || is_toolbar(line) && is_end(bare)
}
