//! Places in titles, meeting lines and file names: known ones by the gazetteer, others by how their names end.
//!
//! Reading begins at anchors alone (the start, after a bracket, a year, `在` and the like), since within a sentence a name that no
//! gazetteer has cannot be told from the words before it.

use super::date;
use super::gazetteer::{Place, gazetteer};
use super::{Level, Region};
use crate::restore::is_han;

/// How names of each level end. Longer endings come first.
const ENDINGS: [(&str, Level); 16] = [
    ("特别行政区", Level::Province),
    ("自治区", Level::Province),
    ("省", Level::Province),
    ("自治州", Level::City),
    ("地区", Level::City),
    ("盟", Level::City),
    ("市", Level::City),
    ("自治县", Level::County),
    ("自治旗", Level::County),
    ("县", Level::County),
    ("旗", Level::County),
    ("区", Level::County),
    ("街道", Level::Town),
    ("苏木", Level::Town),
    ("镇", Level::Town),
    ("乡", Level::Town),
];

/// The longest name, in characters, that is read by its ending.
const LONGEST_UNKNOWN: usize = 12;

/// How many characters of a text are looked through.
const LONGEST_TEXT: usize = 200;

/// What no name has inside: with these a phrase only looks like a name.
const NOT_IN_NAMES: [&str; 26] = [
    "人民", "政府", "全", "本", "我", "各", "第", "届", "会议", "工作", "报告", "发展", "年", "关于", "在", "的", "和",
    "与", "及", "建设", "加强", "推进", "开发", "示范", "高新", "经济",
];

/// Words that end like a name and are none.
const NO_NAMES: [&str; 22] = [
    "自治区",
    "直辖市",
    "城市",
    "城区",
    "市区",
    "地区",
    "社区",
    "景区",
    "郊区",
    "矿区",
    "林区",
    "牧区",
    "山区",
    "库区",
    "辖区",
    "新区",
    "园区",
    "县区",
    "城镇",
    "乡镇",
    "城乡",
    "特别行政区",
];

/// What may follow a name that would be doubtful alone.
const AFTER_NAMES: [&str; 20] = [
    "人民政府",
    "政府",
    "第",
    "人民代表",
    "人大",
    "党委",
    "党代",
    "委",
    "国民经济",
    "财政",
    "省长",
    "市长",
    "区长",
    "县长",
    "旗长",
    "州长",
    "盟长",
    "镇长",
    "乡长",
    "代",
];

/// What stands right before a name inside a line.
const BEFORE_NAMES: [&str; 6] = ["年", "年度", "关于", "在", "代表", "中共"];

/// The place that a text speaks of: the first it names, with what later ones add without contradicting it.
pub(super) fn read(text: &str) -> Region {
    let end = text.char_indices().nth(LONGEST_TEXT).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    let mut region = Region::default();
    let mut rest = text;
    let mut before = "";
    while let Some(c) = rest.chars().next() {
        if is_anchor(before) {
            let mut found = Region::default();
            let after = chain(rest, &mut found);
            if !found.is_empty() {
                merge(&mut region, &found);
                before = text.get(..text.len() - after.len()).unwrap_or(text);
                rest = after;
                continue;
            }
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        before = text.get(..text.len() - rest.len()).unwrap_or(text);
    }
    region
}

/// Whether a text begins with a place.
pub(crate) fn names_place(text: &str) -> bool {
    let mut region = Region::default();
    chain(text, &mut region);
    !region.is_empty()
}

fn is_anchor(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| !is_han(c)) || BEFORE_NAMES.iter().any(|word| before.ends_with(word))
}

/// Reads names that follow one another, from the province down, into `region`; gives back what follows them.
fn chain<'t>(text: &'t str, region: &mut Region) -> &'t str {
    let mut rest = text;
    while let Some((name, after)) = known(rest, region).or_else(|| unknown(rest, region)) {
        let taken = match name {
            Name::Known(name) => push_known(region, &name),
            Name::Unknown(name, level) => push(region, level, &name),
        };
        if !taken {
            break;
        }
        rest = after;
    }
    rest
}

enum Name {
    Known(String),
    Unknown(String, Level),
}

/// A name of the gazetteer at the beginning of `text`.
fn known<'t>(text: &'t str, region: &Region) -> Option<(Name, &'t str)> {
    if let Some(name) = gazetteer().prefix(text) {
        let after = text.get(name.len()..)?;
        let is_whole = gazetteer().find(name).any(|place| place.name == name) && name.chars().count() > 2;
        if is_whole && !NO_NAMES.contains(&name) || follows_name(after, region) {
            return Some((Name::Known(name.to_owned()), after));
        }
    }
    // A prefecture without its `市`.
    let ends: Vec<usize> = text.char_indices().take(5).map(|(at, c)| at + c.len_utf8()).collect();
    ends.into_iter().skip(1).rev().find_map(|end| {
        let (name, after) = text.split_at_checked(end)?;
        let whole = format!("{name}市");
        let is_city = gazetteer().find(&whole).any(|place| place.level == Level::City && !place.former);
        (is_city && follows_name(after, region)).then_some((Name::Known(whole), after))
    })
}

/// A name that only its ending tells at the beginning of `text`.
fn unknown<'t>(text: &'t str, region: &Region) -> Option<(Name, &'t str)> {
    for (at, _) in text.char_indices().take_while(|&(_, c)| is_han(c)).take(LONGEST_UNKNOWN).skip(1) {
        let (stem, tail) = text.split_at_checked(at)?;
        let Some(&(ending, level)) = ENDINGS.iter().find(|(ending, _)| tail.starts_with(ending)) else { continue };
        let (name, after) = text.split_at_checked(at + ending.len())?;
        let is_name = (stem.chars().count() > 1 || ending == "县")
            && !NO_NAMES.iter().any(|word| name.ends_with(word))
            && !NOT_IN_NAMES.iter().any(|word| stem.contains(word));
        // A city under a city is a county.
        let level = if ending == "市" && region.city.is_some() { Level::County } else { level };
        if is_name && deepest(region).is_none_or(|above| above < level) && follows_name(after, region) {
            return Some((Name::Unknown(name.to_owned(), level), after));
        }
    }
    None
}

/// Whether what follows a name is no part of a longer word: the end, a mark, a year, an office or another name.
fn follows_name(after: &str, region: &Region) -> bool {
    let Some(next) = after.chars().next() else { return true };
    !is_han(next)
        || date::year_figures(after).is_some()
        || AFTER_NAMES.iter().any(|word| after.starts_with(word))
        || gazetteer().prefix(after).is_some_and(|name| name.chars().count() > 2)
        // Every step reads a deeper level, so that this ends.
        || unknown_follows(after, region)
}

/// Whether a chain of names that only their endings tell stands at the beginning of `text`, up to something that ends a name.
fn unknown_follows(text: &str, region: &Region) -> bool {
    let mut level = deepest(region);
    let mut rest = text;
    loop {
        let ending =
            rest.char_indices().take_while(|&(_, c)| is_han(c)).take(LONGEST_UNKNOWN).skip(2).find_map(|(at, _)| {
                let tail = rest.get(at..)?;
                let &(ending, level) = ENDINGS.iter().find(|(ending, _)| tail.starts_with(ending))?;
                Some((rest.get(..at)?, level, tail.get(ending.len()..)?))
            });
        let Some((stem, next, after)) = ending else { return false };
        if level.is_some_and(|above| next < above) || NOT_IN_NAMES.iter().any(|word| stem.contains(word)) {
            return false;
        }
        if after.chars().next().is_none_or(|c| !is_han(c)) || AFTER_NAMES.iter().any(|word| after.starts_with(word)) {
            return true;
        }
        level = Some(next);
        rest = after;
    }
}

/// Takes a name of the gazetteer in under what was read before it. Whether that fits.
fn push_known(region: &mut Region, name: &str) -> bool {
    let above = deepest(region);
    let mut fitting = gazetteer().find(name).filter(|place| above.is_none_or(|above| above < place.level));
    let Some(first) = fitting.clone().find(|place| lies_in(place, region)).or_else(|| fitting.clone().next()) else {
        return false;
    };
    // A name for units of two levels says nothing on its own.
    let level = first.level;
    if above.is_none() && fitting.any(|place| place.level != level) {
        return false;
    }
    push(region, level, first.name)
}

fn push(region: &mut Region, level: Level, name: &str) -> bool {
    if deepest(region).is_some_and(|above| above >= level) {
        return false;
    }
    let slot = match level {
        Level::National => return false,
        Level::Province => &mut region.province,
        Level::City => &mut region.city,
        Level::County => &mut region.county,
        Level::Town => &mut region.town,
    };
    *slot = Some(name.to_owned());
    true
}

/// The level of the smallest unit named.
pub(super) fn deepest(region: &Region) -> Option<Level> {
    let slots = [
        (&region.town, Level::Town),
        (&region.county, Level::County),
        (&region.city, Level::City),
        (&region.province, Level::Province),
    ];
    slots.into_iter().find_map(|(slot, level)| slot.is_some().then_some(level))
}

/// Whether nothing in `region` says that the place lies elsewhere.
fn lies_in(place: &Place, region: &Region) -> bool {
    let agrees = |known: &Option<String>, parent: Option<&str>| known.as_deref().is_none_or(|known| parent == Some(known));
    match place.level {
        Level::County => agrees(&region.province, place.province) && agrees(&region.city, place.city),
        Level::City => agrees(&region.province, place.province),
        _ => true,
    }
}

/// Fills in from `other` what `region` lacks, if the two do not contradict each other.
pub(super) fn merge(region: &mut Region, other: &Region) {
    let pick = |own: &Option<String>, new: &Option<String>| match (own, new) {
        (Some(own), Some(new)) if own != new => None,
        (own, new) => Some(own.clone().or_else(|| new.clone())),
    };
    let merged = || {
        Some(Region {
            province: pick(&region.province, &other.province)?,
            city: pick(&region.city, &other.city)?,
            county: pick(&region.county, &other.county)?,
            town: pick(&region.town, &other.town)?,
        })
    };
    if let Some(merged) = merged().filter(|merged| merged == region || is_possible(merged)) {
        *region = merged;
    }
}

/// Whether the gazetteer knows of no reason against the names standing together.
fn is_possible(region: &Region) -> bool {
    [(&region.county, Level::County), (&region.city, Level::City)].into_iter().all(|(slot, level)| {
        let Some(name) = slot else { return true };
        let mut places = gazetteer().find(name).filter(|place| place.level == level).peekable();
        places.peek().is_none() || places.any(|place| lies_in(&place, region))
    })
}

/// Adds the parents of the smallest unit that the gazetteer knows, if only one place can be meant.
pub(super) fn complete(region: &mut Region) {
    let (name, level) = match (&region.county, &region.city) {
        (Some(county), _) => (county.clone(), Level::County),
        (None, Some(city)) => (city.clone(), Level::City),
        (None, None) => return,
    };
    let mut places = gazetteer().find(&name).filter(|place| place.level == level && lies_in(place, region));
    if let (Some(place), None) = (places.next(), places.next()) {
        region.province = region.province.take().or_else(|| place.province.map(str::to_owned));
        region.city = region.city.take().or_else(|| place.city.map(str::to_owned));
    }
}

/// Whether the level of the smallest unit named is certain. A lone `市` that the gazetteer does not have may be a prefecture or a county.
pub(super) fn is_level_certain(region: &Region) -> bool {
    match (&region.province, &region.city, &region.county) {
        (None, Some(city), None) => !city.ends_with('市') || gazetteer().find(city).next().is_some(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> String {
        let mut region = read(text);
        complete(&mut region);
        region.names().collect::<Vec<_>>().join("/")
    }

    #[test]
    fn known_places_get_their_parents() {
        assert_eq!(names("2023年浑南区政府工作报告"), "辽宁省/沈阳市/浑南区");
        assert_eq!(names("关于恩施州2023年国民经济和社会发展计划执行情况的报告"), "湖北省/恩施土家族苗族自治州");
        assert_eq!(names("海淀区人民政府工作报告"), "北京市/海淀区");
        assert_eq!(names("昆山市2023年政府工作报告"), "江苏省/苏州市/昆山市");
    }

    #[test]
    fn same_names_need_their_parents() {
        assert_eq!(names("新华区政府工作报告"), "新华区");
        assert_eq!(names("沧州市新华区政府工作报告"), "河北省/沧州市/新华区");
        assert_eq!(names("河北省2023年桥东区政府工作报告"), "河北省/张家口市/桥东区");
        assert_eq!(names("和平区"), "和平区");
    }

    #[test]
    fn unknown_places_are_read_by_their_endings() {
        assert_eq!(names("云泽省汐川市岚崖县人民政府工作报告"), "云泽省/汐川市/岚崖县");
        assert_eq!(names("——2024年1月18日在云泽省第十四届人民代表大会第二次会议上"), "云泽省");
        assert_eq!(names("岚崖县青禾镇2023年政府工作报告"), "岚崖县/青禾镇");
        assert_eq!(names("2024_云泽省_汐川市_政府工作报告"), "云泽省/汐川市");
        assert_eq!(names("云泽省汐川市岚崖市政府工作报告"), "云泽省/汐川市/岚崖市");
    }

    #[test]
    fn short_forms_are_read_where_nothing_else_can_be_meant() {
        assert_eq!(names("2024_辽宁_沈阳_政府工作报告"), "辽宁省/沈阳市");
        assert_eq!(names("吉林2024年政府工作报告"), "吉林省");
        assert_eq!(names("内蒙古政府工作报告"), "内蒙古自治区");
        assert_eq!(names("吉林振兴新局面"), "");
    }

    #[test]
    fn words_that_end_like_places_are_none() {
        for text in [
            "政府工作报告",
            "关于加强城市建设的意见",
            "城乡融合示范区建设规划",
            "2024年全市工作要点",
            "经济开发区2024年工作总结",
            "自治区政府工作报告",
            "推进社区第一书记工作",
            "004_6eb2d55bbbe6ebf8",
            "第十四届全国人民代表大会第一次会议",
        ] {
            assert_eq!(names(text), "", "{text}");
        }
    }

    #[test]
    fn contradictions_are_left_out() {
        assert_eq!(names("辽宁省政府工作报告（浙江省学习参考）"), "辽宁省");
        assert_eq!(names("浑南区政府工作报告 河北省"), "辽宁省/沈阳市/浑南区");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[省市县区镇云泽辽宁沈阳0-9年第在 _]{0,60}") {
            let mut region = read(&text);
            complete(&mut region);
        }
    }
}
