//! Groups of documents: by what is known of them.

use std::collections::BTreeMap;

use crate::metadata::{Level, Metadata};
use crate::theme::Language;

/// The columns that every document has.
pub const COLUMNS: [&str; 10] =
    ["region", "province", "city", "county", "town", "level", "year", "title", "date", "speaker"];

/// What a column says of a document; `None` where it says nothing.
pub fn value(metadata: &Metadata, column: &str) -> Option<String> {
    let region = &metadata.region;
    match column {
        "region" => (!region.is_empty()).then(|| region.to_string()),
        "province" => region.province.clone(),
        "city" => region.city.clone(),
        "county" => region.county.clone(),
        "town" => region.town.clone(),
        "level" => metadata.level.map(|level| level.as_str().to_owned()),
        "year" => metadata.year.map(|year| year.to_string()),
        "title" => metadata.title.clone(),
        "date" => metadata.date.map(|date| date.to_string()),
        "speaker" => metadata.speaker.clone(),
        _ => {
            let column = metadata.more.iter().rev().find(|(name, _)| name == column);
            column.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        }
    }
}

/// A group's value as people see it; groups of documents that say nothing have a name too.
pub fn value_name(column: &str, value: Option<&str>, language: Language) -> String {
    let chinese = language == Language::Chinese;
    match value {
        None if chinese => "未注明".to_owned(),
        None => "not stated".to_owned(),
        Some(value) if column == "level" && chinese => {
            let level = Level::ALL.into_iter().find(|level| level.as_str() == value);
            level.map_or_else(|| value.to_owned(), |level| level.chinese().to_owned())
        }
        Some(value) => value.to_owned(),
    }
}

/// A column's name as people see it.
pub fn column_name(column: &str, language: Language) -> &str {
    if language == Language::English {
        return column;
    }
    match column {
        "region" => "地区",
        "province" => "省份",
        "city" => "城市",
        "county" => "区县",
        "town" => "乡镇",
        "level" => "层级",
        "year" => "年份",
        "title" => "标题",
        "date" => "日期",
        "speaker" => "报告人",
        other => other,
    }
}

/// The documents, by number, of each value of a column: levels from the highest, all else by value, those that say nothing last.
pub fn group<'m>(documents: impl Iterator<Item = &'m Metadata>, column: &str) -> Vec<(Option<String>, Vec<usize>)> {
    let mut groups: BTreeMap<(usize, Option<String>), Vec<usize>> = BTreeMap::new();
    for (document, metadata) in documents.enumerate() {
        let value = value(metadata, column);
        let place = match &value {
            None => usize::MAX,
            Some(value) if column == "level" => {
                Level::ALL.into_iter().position(|level| level.as_str() == value).unwrap_or(0)
            }
            Some(_) => 0,
        };
        groups.entry((place, value)).or_default().push(document);
    }
    groups.into_iter().map(|((_, value), documents)| (value, documents)).collect()
}

/// How many bytes at the start of every name are the folder that all of them are in.
pub(super) fn common_folder<'n>(mut names: impl Iterator<Item = &'n str>) -> usize {
    let first = names.next().unwrap_or_default();
    let folder = |length: usize| first.get(..length).and_then(|start| start.rfind('/')).map_or(0, |at| at + 1);
    names.fold(folder(first.len()), |length, name| {
        let start = first.get(..length).unwrap_or_default();
        let same = start.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b).last();
        folder(same.map_or(0, |((at, c), _)| at + c.len_utf8()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Region;

    fn metadata(province: &str, level: Option<Level>, more: &[(&str, &str)]) -> Metadata {
        let province = (!province.is_empty()).then(|| province.to_owned());
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Metadata { region: Region { province, ..Region::default() }, level, more, ..Metadata::default() }
    }

    #[test]
    fn groups_are_in_order_and_nobody_is_lost() {
        let documents = [
            metadata("云泽省", Some(Level::County), &[("片区", "北")]),
            metadata("", None, &[]),
            metadata("汀海省", Some(Level::Province), &[("片区", "北"), ("片区", "南")]),
            metadata("云泽省", Some(Level::Province), &[("片区", " ")]),
        ];
        let groups = |column| group(documents.iter(), column);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(groups("region"), [(some("云泽省"), vec![0, 3]), (some("汀海省"), vec![2]), (None, vec![1])]);
        assert_eq!(groups("level"), [(some("province"), vec![2, 3]), (some("county"), vec![0]), (None, vec![1])]);
        // The manifest's word comes last and counts.
        assert_eq!(groups("片区"), [(some("北"), vec![0]), (some("南"), vec![2]), (None, vec![1, 3])]);
        assert_eq!(value_name("level", Some("county"), Language::Chinese), "县级");
        assert_eq!(value_name("片区", None, Language::English), "not stated");
    }

    #[test]
    fn names_lose_the_folder_they_share() {
        let folder = |names: &[&str]| common_folder(names.iter().copied());
        assert_eq!(folder(&["a/b/c.txt", "a/b/d.txt"]), "a/b/".len());
        assert_eq!(folder(&["报告/甲.txt", "报纸/甲.txt"]), 0);
        assert_eq!(folder(&["a/b/c.txt", "a/bc/d.txt"]), "a/".len());
        assert_eq!(folder(&["a/b/c.txt"]), "a/b/".len());
        assert_eq!(folder(&[]), 0);
    }
}
