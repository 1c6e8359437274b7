//! Speaker lines: `云泽省省长　林知远`.

use super::Level;
use crate::restore::is_han;

/// The offices of those who read reports, with the level of government that the office alone tells.
const OFFICES: [(&str, Option<Level>); 22] = [
    ("国务院总理", Some(Level::National)),
    ("行政长官", Some(Level::Province)),
    ("办事处主任", Some(Level::Town)),
    ("省长", Some(Level::Province)),
    ("盟长", Some(Level::City)),
    ("州长", Some(Level::City)),
    ("专员", Some(Level::City)),
    ("县长", Some(Level::County)),
    ("旗长", Some(Level::County)),
    ("镇长", Some(Level::Town)),
    ("乡长", Some(Level::Town)),
    // Cities and districts are of several levels, chairmen of regions and of congresses.
    ("市长", None),
    ("区长", None),
    ("主席", None),
    ("主任", None),
    ("总理", Some(Level::National)),
    ("院长", None),
    ("检察长", None),
    ("秘书长", None),
    ("书记", None),
    ("厅长", None),
    ("局长", None),
];

/// What a name is not, where a menu names a page after an office.
const NO_NAMES: [&str; 16] = [
    "信箱", "热线", "电话", "之窗", "专栏", "致辞", "活动", "简介", "会议", "办公", "接待", "讲话", "文集", "令", "访谈",
    "寄语",
];

/// What may stand before an office besides a place.
const BEFORE: [&str; 14] =
    ["省", "市", "区", "县", "旗", "州", "盟", "镇", "乡", "街道", "政府", "委员会", "法院", "检察院"];

/// Who read a report, as a line of its own says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker<'l> {
    /// The name, without the space that sets two characters apart.
    pub name: String,
    /// What stands before the office: a place, or nothing.
    pub place: &'l str,
    /// The level that the office alone tells.
    pub level: Option<Level>,
}

/// The speaker that a line names, if it does nothing else.
pub(crate) fn speaker(line: &str) -> Option<Speaker<'_>> {
    let line = line.trim_matches(|c: char| c.is_whitespace() || "（）()—-".contains(c));
    if line.chars().count() > 50 {
        return None;
    }
    for label in ["报告人", "发言人", "汇报人"] {
        if let Some(rest) = line.strip_prefix(label) {
            let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "：:".contains(c));
            return speaker(rest).or_else(|| Some(Speaker { name: person(rest)?, place: "", level: None }));
        }
    }
    OFFICES.iter().find_map(|&(office, level)| {
        let (before, after) = line.split_once(office)?;
        Some(Speaker { name: person(after)?, place: place(before)?, level })
    })
}

/// What stands before an office, without `代` and the like; nothing if no office can follow it.
fn place(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let before =
        ["常务副", "代理", "代", "副"].into_iter().find_map(|word| before.strip_suffix(word)).unwrap_or(before).trim_end();
    (before.is_empty() || BEFORE.iter().any(|word| before.ends_with(word)) && before.chars().all(is_han)).then_some(before)
}

/// The name of a person, without the space inside it.
fn person(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "：:".contains(c));
    let name: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let length = name.chars().count();
    let is_name = name.chars().all(|c| is_han(c) || c == '·')
        && (if name.contains('·') { (4..=16).contains(&length) } else { (2..=4).contains(&length) })
        && !NO_NAMES.iter().any(|word| name.contains(word));
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, &str)> {
        speaker(line).map(|speaker| (speaker.name, speaker.place))
    }

    #[test]
    fn speakers_are_read() {
        assert_eq!(read("云泽省省长　林知远"), Some(("林知远".into(), "云泽省")));
        assert_eq!(read("代省长 林 远"), Some(("林远".into(), "")));
        assert_eq!(read("汐川市人民政府市长林知远"), Some(("林知远".into(), "汐川市人民政府")));
        assert_eq!(read("云泽自治区主席 阿依·买买提"), Some(("阿依·买买提".into(), "云泽自治区")));
        assert_eq!(read("（县长 林知远）"), Some(("林知远".into(), "")));
        assert_eq!(read("报告人：林知远"), Some(("林知远".into(), "")));
        assert_eq!(read("报告人：岚崖县县长 林知远"), Some(("林知远".into(), "岚崖县")));
        assert_eq!(speaker("岚崖县县长 林知远").unwrap().level, Some(Level::County));
    }

    #[test]
    fn other_lines_have_no_speaker() {
        for line in
            ["县长信箱", "市长热线", "县长主持召开全县经济形势分析会", "省长", "各位代表：", "", "林知远", "区长办公会议"]
        {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
