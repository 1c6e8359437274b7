//! Years and days, in Arabic and in Chinese figures.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day, written `2024-01-18`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    /// The year, from 1900 to 2099.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// A day, if there is one with these numbers.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (YEARS.contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match date(&text) {
            Some((date, rest)) if rest.trim().is_empty() => Ok(date),
            _ => Err(format!("`{text}` is no date: write it as 2024-01-18")),
        }
    }
}

/// The years that documents are of.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2099;

/// The day that `text` begins with, and what follows it: `2024年1月18日`, `二〇二四年一月十八日` or `2024-01-18`.
pub(crate) fn date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = year_figures(text)?;
    let rest = rest.trim_start();
    let (marks, last): (&[char], _) = match rest.chars().next()? {
        '年' => (&['年', '月'], Some('日')),
        '-' => (&['-', '-'], None),
        '/' => (&['/', '/'], None),
        '.' => (&['.', '.'], None),
        _ => return None,
    };
    let [first, second] = marks else { return None };
    let (month, rest) = number(rest.strip_prefix(*first)?.trim_start())?;
    let (day, rest) = number(rest.trim_start().strip_prefix(*second)?.trim_start())?;
    let rest = match last {
        Some(mark) => rest.trim_start().strip_prefix([mark, '号'])?,
        None => rest,
    };
    Some((Date::new(year, month, day)?, rest))
}

/// The year that `text` begins with, and what follows its `年`.
pub(crate) fn year(text: &str) -> Option<(u16, &str)> {
    let (year, rest) = year_figures(text)?;
    let rest = rest.trim_start().strip_prefix('年')?;
    // `2024年度` is as good; `2024年来` is none.
    Some((year, rest.strip_prefix('度').unwrap_or(rest)))
}

/// The year in four figures that `text` begins with, whatever follows it, so it be no figure.
pub(super) fn year_figures(text: &str) -> Option<(u16, &str)> {
    let end = text.char_indices().nth(4).map_or(text.len(), |(at, _)| at);
    let (figures, rest) = text.split_at_checked(end)?;
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut year = 0;
    for (at, c) in figures.chars().enumerate() {
        year = year * 10 + figure(c).filter(|_| at < 4)?;
    }
    YEARS.contains(&year).then_some((year, rest))
}

/// A number below 100 that `text` begins with: `18`, `十八` or `二十一`.
fn number(text: &str) -> Option<(u8, &str)> {
    let end = text.find(|c| figure(c).is_none() && c != '十').unwrap_or(text.len());
    let (figures, rest) = text.split_at_checked(end)?;
    let mut value = 0u8;
    let mut length = 0;
    let mut unit = None;
    for c in figures.chars() {
        length += 1;
        match figure(c) {
            Some(figure) if c.is_ascii_digit() => value = value.checked_mul(10)?.checked_add(u8::try_from(figure).ok()?)?,
            Some(figure) => unit = Some(u8::try_from(figure).ok()?),
            None => value = value.checked_add(unit.take().unwrap_or(1) * 10)?,
        }
    }
    (1..=3).contains(&length).then_some(())?;
    Some((value.checked_add(unit.unwrap_or(0))?, rest))
}

fn figure(c: char) -> Option<u16> {
    Some(match c {
        '0'..='9' => c as u16 - '0' as u16,
        '〇' | '零' | '○' | 'Ｏ' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        date(text).map(|(date, rest)| format!("{date}|{rest}"))
    }

    #[test]
    fn days_are_read_in_all_figures() {
        for text in ["2024年1月18日在", "二〇二四年一月十八日在", "2024 年 1 月 18 日在", "2024-01-18在", "2024.1.18在"]
        {
            assert_eq!(read(text).as_deref(), Some("2024-01-18|在"), "{text}");
        }
        assert_eq!(read("二○一九年十月二十一日").as_deref(), Some("2019-10-21|"));
        assert_eq!(read("二〇一九年十二月三十日").as_deref(), Some("2019-12-30|"));
    }

    #[test]
    fn days_that_are_none_are_not_read() {
        for text in ["2024年2月30日", "2024年13月1日", "1202年1月1日", "20240118", "2024年1月", "", "年", "2024-1"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(Date::new(2000, 2, 29).is_some() && Date::new(1900, 2, 29).is_none());
    }

    #[test]
    fn years_need_their_sign() {
        assert_eq!(year("2024年云泽省"), Some((2024, "云泽省")));
        assert_eq!(year("二〇二四年度工作"), Some((2024, "工作")));
        assert_eq!(year("2024云泽省"), None);
        assert_eq!(year("12024年"), None);
    }

    #[test]
    fn dates_are_written_and_read_alike() {
        let day = Date::new(2024, 1, 18).unwrap();
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2024-01-18\"");
        assert_eq!(serde_json::from_str::<Date>("\"2024年1月18日\"").unwrap(), day);
        assert!(serde_json::from_str::<Date>("\"18 January\"").is_err());
    }
}
