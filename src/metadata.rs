//! What is known of a document as a whole, and where it is read from: its first lines, its file name and a manifest.
//!
//! Nothing is guessed. What no line says stays empty.

mod date;
mod gazetteer;
mod manifest;
mod office;
mod place;
mod read;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use date::Date;
pub(crate) use date::{date, year};
pub use manifest::{Manifest, ManifestError, column};
pub(crate) use office::speaker;
pub(crate) use place::names_place;
pub(crate) use read::{Evidence, lone_date, read};

/// What is known of a document as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The title in one line, however many the document breaks it over.
    pub title: Option<String>,
    /// Whose document it is.
    pub region: Region,
    /// The level of government it comes from.
    pub level: Option<Level>,
    /// The year whose tasks the document sets: that of its title, or else of the meeting it was read at.
    pub year: Option<u16>,
    /// The day of the meeting it was read at.
    pub date: Option<Date>,
    /// Who read it.
    pub speaker: Option<String>,
    /// What a manifest says besides, by column, in the manifest's order.
    pub more: Vec<(String, String)>,
}

/// A place, named from the province down as far as it is known. Names are full ones: `沈阳市`, never `沈阳`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// A province, autonomous region, special region or city under the central government.
    pub province: Option<String>,
    /// A prefecture: a prefecture-level city, autonomous prefecture, league or district.
    pub city: Option<String>,
    /// A county, county-level city, banner or city district.
    pub county: Option<String>,
    /// A town, township or subdistrict.
    pub town: Option<String>,
}

impl Region {
    /// The names that are known, from the province down.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.province, &self.city, &self.county, &self.town].into_iter().flatten().map(String::as_str)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names().try_for_each(|name| f.write_str(name))
    }
}

/// A level of government.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The central government.
    National,
    /// A province.
    Province,
    /// A prefecture.
    City,
    /// A county.
    County,
    /// A town or township.
    Town,
}

impl Level {
    /// All levels, from the highest.
    pub const ALL: [Level; 5] = [Level::National, Level::Province, Level::City, Level::County, Level::Town];

    /// The name used in every output and in manifests, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::National => "national",
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
            Level::Town => "town",
        }
    }

    /// The name in Chinese.
    pub fn chinese(self) -> &'static str {
        match self {
            Level::National => "国家级",
            Level::Province => "省级",
            Level::City => "地级",
            Level::County => "县级",
            Level::Town => "乡级",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
