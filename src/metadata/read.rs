//! Metadata from the evidence that a document's head, its first words, its headings and its name give.

use super::{Date, Level, Metadata, Region, date, place, speaker, year};

/// What a document says about itself, as its segmentation found it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence<'t> {
    /// Titles, each in one line.
    pub titles: Vec<String>,
    /// The meeting line, in one line.
    pub meeting: Option<String>,
    /// The other lines under the title.
    pub head: Vec<String>,
    /// The first paragraph.
    pub opening: Option<&'t str>,
    /// Headings of the highest levels, in order.
    pub headings: Vec<&'t str>,
}

/// How many characters of the first paragraph may say whose report it is.
const OPENING: usize = 60;

/// Reads what the evidence says; what it does not say stays empty.
pub(crate) fn read(name: &str, evidence: &Evidence<'_>) -> Metadata {
    let file = file_name(name);
    let title = best_title(&evidence.titles);
    let speaker = evidence.head.iter().find_map(|line| speaker(line));
    let meeting = evidence.meeting.as_deref();
    let opening = evidence.opening.map(opening);
    let places = evidence
        .titles
        .iter()
        .map(String::as_str)
        .chain(meeting)
        .chain(speaker.as_ref().map(|speaker| speaker.place))
        .chain(opening.and_then(|opening| opening.government))
        .chain([file.as_str()]);
    let mut region = Region::default();
    for text in places {
        place::merge(&mut region, &place::read(text));
    }
    place::complete(&mut region);

    let is_national =
        [title, meeting].into_iter().flatten().any(|text| text.contains("国务院") || text.contains("届全国人民代表"))
            || opening.is_some_and(|opening| opening.level == Some(Level::National));
    let level = match place::deepest(&region) {
        Some(level) => place::is_level_certain(&region).then_some(level),
        None if is_national => Some(Level::National),
        None => speaker.as_ref().and_then(|speaker| speaker.level).or(opening.and_then(|opening| opening.level)),
    };
    let date = meeting.and_then(first_date).or_else(|| evidence.head.iter().find_map(|line| lone_date(line)));
    Metadata {
        title: title.map(str::to_owned),
        year: evidence
            .titles
            .iter()
            .find_map(|title| title_year(title))
            .or_else(|| year_of(date, &evidence.headings, &file)),
        region,
        level,
        date,
        speaker: speaker.map(|speaker| speaker.name),
        more: Vec::new(),
    }
}

/// The last part of a path without its ending, with blanks for what parts its words.
fn file_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    stem.chars().take(150).map(|c| if c == '_' || c == '－' { ' ' } else { c }).collect()
}

/// The title that says the most: pages often carry it once with place and year and once without.
fn best_title(titles: &[String]) -> Option<&str> {
    let says = |title: &str| usize::from(title_year(title).is_some()) + usize::from(!place::read(title).is_empty());
    // The first of equals.
    titles.iter().map(String::as_str).rev().max_by_key(|title| says(title))
}

/// The year of a title: the last one it names, since a title names the year under review before that of the tasks. None for a span of
/// years.
fn title_year(title: &str) -> Option<u16> {
    let years: Vec<(usize, u16)> = title
        .char_indices()
        .filter(|&(at, _)| title.get(..at).is_none_or(|before| !before.ends_with(|c: char| c.is_ascii_digit())))
        .filter_map(|(at, _)| Some((at, year(title.get(at..)?)?.0)))
        .collect();
    let &(at, last) = years.last()?;
    let before = title.get(..at).unwrap_or("").trim_end();
    let is_span =
        before.ends_with(['—', '-', '－', '–', '~', '～', '至', '到']) && before.contains(|c: char| c.is_ascii_digit());
    (!is_span).then_some(last)
}

/// The year of a document whose title names none.
fn year_of(date: Option<Date>, headings: &[&str], file: &str) -> Option<u16> {
    // Before November a meeting hears the report on the tasks of its own year; after that it is mostly those of the next.
    match date {
        Some(date) if date.month < 11 => Some(date.year),
        _ => heading_year(headings).or_else(|| file_year(file)),
    }
}

/// The year that headings set tasks for, or the one after the year they look back on.
fn heading_year(headings: &[&str]) -> Option<u16> {
    let years = |words: &'static [&str]| {
        headings
            .iter()
            .filter(move |heading| words.iter().any(|word| heading.contains(word)))
            .find_map(|heading| title_year(heading))
    };
    const TASKS: &[&str] = &["安排", "任务", "目标", "部署", "重点工作", "打算", "计划", "总体要求"];
    const REVIEW: &[&str] = &["回顾", "总结", "完成情况", "成效", "成绩"];
    let review = || years(REVIEW).map(|year| year + 1).filter(|year| *year < 2100);
    headings
        .iter()
        .filter(|heading| !REVIEW.iter().any(|word| heading.contains(word)))
        .filter(|heading| TASKS.iter().any(|word| heading.contains(word)))
        .find_map(|heading| title_year(heading))
        .or_else(review)
}

/// The year that a file is named after: `2024_云泽省`, `云泽省2024年` or `2024`, but no day and no part of another number or word.
fn file_year(file: &str) -> Option<u16> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let free = file.char_indices().filter(|&(at, _)| !file.get(..at).is_some_and(|before| before.ends_with(is_part)));
    title_year(file).or_else(|| {
        let years = free.filter_map(|(at, _)| super::date::year_figures(file.get(at..)?));
        years.filter(|(_, rest)| !rest.starts_with(is_part)).map(|(year, _)| year).next()
    })
}

/// The first day that a line names.
fn first_date(line: &str) -> Option<Date> {
    line.char_indices()
        .filter(|&(at, _)| line.get(..at).is_none_or(|before| !before.ends_with(|c: char| c.is_ascii_digit())))
        .find_map(|(at, _)| date(line.get(at..)?))
        .map(|(date, _)| date)
}

/// The day that is all a line says: `（2024年1月18日）`.
pub(crate) fn lone_date(line: &str) -> Option<Date> {
    let bare = line.trim_matches(|c: char| c.is_whitespace() || "（）()—-─".contains(c));
    date(bare).filter(|(_, rest)| rest.is_empty()).map(|(date, _)| date)
}

/// Whose report the first paragraph says it is.
#[derive(Clone, Copy)]
struct Opening<'t> {
    /// The words before `政府`.
    government: Option<&'t str>,
    level: Option<Level>,
}

fn opening(paragraph: &str) -> Opening<'_> {
    const NONE: Opening<'_> = Opening { government: None, level: None };
    let end = paragraph.char_indices().nth(OPENING).map_or(paragraph.len(), |(at, _)| at);
    let Some((_, rest)) = paragraph.get(..end).and_then(|text| text.split_once("代表")) else { return NONE };
    if rest.starts_with("国务院") {
        return Opening { government: None, level: Some(Level::National) };
    }
    let Some((whose, _)) = rest.split_once("政府") else { return NONE };
    let level = match whose.strip_suffix("人民").unwrap_or(whose) {
        "省" => Some(Level::Province),
        "自治州" | "州" => Some(Level::City),
        "县" | "自治县" | "旗" => Some(Level::County),
        "镇" | "乡" => Some(Level::Town),
        // A `市` or `区` may be of any level.
        _ => None,
    };
    Opening { government: Some(rest), level }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titled(title: &str) -> Evidence<'static> {
        Evidence { titles: vec![title.to_owned()], ..Evidence::default() }
    }

    #[test]
    fn a_title_says_place_and_year() {
        let metadata = read("x", &titled("云泽省2024年政府工作报告"));
        assert_eq!(metadata.region.to_string(), "云泽省");
        assert_eq!((metadata.level, metadata.year), (Some(Level::Province), Some(2024)));
    }

    #[test]
    fn file_names_say_what_the_document_does_not() {
        let read = |name: &str| {
            let metadata = read(name, &Evidence::default());
            (metadata.region.to_string(), metadata.year)
        };
        assert_eq!(read("in/2024_云泽省_政府工作报告.txt"), ("云泽省".into(), Some(2024)));
        assert_eq!(read("辽宁省2024年政府工作报告.docx"), ("辽宁省".into(), Some(2024)));
        assert_eq!(read("浑南区政府工作报告2023.txt"), ("辽宁省沈阳市浑南区".into(), Some(2023)));
        assert_eq!(read("004_6eb2d55bbbe6ebf8.txt"), (String::new(), None));
        assert_eq!(read("20240118.txt"), (String::new(), None));
        assert_eq!(read(""), (String::new(), None));
    }

    #[test]
    fn meetings_in_december_need_other_evidence() {
        let mut evidence = Evidence {
            meeting: Some("2022年12月14日在汐川市第三届人民代表大会第二次会议上".into()),
            ..Evidence::default()
        };
        assert_eq!(read("x", &evidence).year, None);
        assert_eq!(read("汐川市2023.txt", &evidence).year, Some(2023));
        evidence.headings = vec!["一、2022年工作回顾"];
        assert_eq!(read("x", &evidence).year, Some(2023));
        evidence.headings.push("二、2023年工作安排");
        assert_eq!(read("x", &evidence).year, Some(2023));
        evidence.meeting = Some("2022年1月14日在汐川市第三届人民代表大会第二次会议上".into());
        assert_eq!(read("x", &evidence).year, Some(2022));
    }

    #[test]
    fn spans_of_years_are_no_year() {
        assert_eq!(title_year("云泽省2021—2025年发展规划"), None);
        assert_eq!(title_year("关于2023年计划执行情况与2024年计划草案的报告"), Some(2024));
        assert_eq!(title_year("第12024年"), None);
    }

    #[test]
    fn the_opening_says_whose_report_it_is() {
        let evidence = |opening| Evidence { opening: Some(opening), ..Evidence::default() };
        let metadata = read("x", &evidence("现在，我代表岚崖县人民政府向大会报告工作，请予审议。"));
        assert_eq!((metadata.region.county.as_deref(), metadata.level), (Some("岚崖县"), Some(Level::County)));
        assert_eq!(read("x", &evidence("现在，我代表省人民政府向大会报告工作。")).level, Some(Level::Province));
        assert_eq!(read("x", &evidence("现在，我代表国务院向大会报告政府工作。")).level, Some(Level::National));
        assert_eq!(read("x", &evidence("现在，我代表市人民政府向大会报告工作。")).level, None);
    }
}
