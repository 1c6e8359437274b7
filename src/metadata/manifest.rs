//! A manifest: a table that says of documents what they do not say themselves, or say wrongly.

use std::fmt;

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::{Date, Level, Metadata, Region, date, place};

/// What a manifest says of every document it names.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    columns: Vec<String>,
    rows: FxHashMap<String, Overrides>,
}

/// What one row says. What is `None` is left as the document has it.
#[derive(Debug, Clone, Default)]
struct Overrides {
    title: Option<String>,
    region: Option<Region>,
    province: Option<String>,
    city: Option<String>,
    county: Option<String>,
    town: Option<String>,
    level: Option<Level>,
    year: Option<u16>,
    date: Option<Date>,
    speaker: Option<String>,
    more: Vec<(String, String)>,
}

/// Why a manifest cannot be used. Rows are counted as in the file, the header being row 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// No column names the documents.
    #[error("the manifest has no column `document`; it has {}", Names(.0))]
    NoDocumentColumn(Vec<String>),
    /// Two columns say the same.
    #[error("the manifest has the column `{0}` twice")]
    RepeatedColumn(String),
    /// A row is longer or shorter than the header.
    #[error("row {row} of the manifest has {found} cells where the header has {expected}")]
    RowLength {
        /// The row.
        row: usize,
        /// Its cells.
        found: usize,
        /// The header's.
        expected: usize,
    },
    /// A row names no document.
    #[error("row {row} of the manifest names no document")]
    NoDocument {
        /// The row.
        row: usize,
    },
    /// Two rows name the same document.
    #[error("row {row} of the manifest names `{document}` again")]
    RepeatedDocument {
        /// The second row.
        row: usize,
        /// The document.
        document: String,
    },
    /// A cell does not say what its column is for.
    #[error("row {row} of the manifest: `{value}` is no {column}; {wanted}")]
    Value {
        /// The row.
        row: usize,
        /// The column.
        column: &'static str,
        /// What the cell holds.
        value: String,
        /// What it should hold.
        wanted: &'static str,
    },
}

struct Names<'n>(&'n [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        self.0.iter().enumerate().try_for_each(|(at, name)| write!(f, "{}`{name}`", if at == 0 { "" } else { ", " }))
    }
}

/// The columns that mean something, under all names they go by.
const COLUMNS: [(&str, &[&str]); 11] = [
    ("document", &["document", "doc", "文档", "文件", "文件名"]),
    ("title", &["title", "标题"]),
    ("region", &["region", "地区"]),
    ("province", &["province", "省", "省份"]),
    ("city", &["city", "市", "城市"]),
    ("county", &["county", "县", "区县"]),
    ("town", &["town", "乡镇"]),
    ("level", &["level", "层级", "级别"]),
    ("year", &["year", "年", "年份"]),
    ("date", &["date", "日期"]),
    ("speaker", &["speaker", "报告人"]),
];

impl Manifest {
    /// Reads a manifest from rows of a table. A column named `document` says which document a row is about; `title`, `region` or
    /// `province`, `city`, `county` and `town`, `level`, `year`, `date` and `speaker` override what is read from the document, and any
    /// other column is added to it. Empty cells say nothing.
    ///
    /// # Errors
    /// When columns or documents are missing or named twice, and for cells that do not fit their column.
    pub fn new<R>(header: &[String], rows: impl IntoIterator<Item = R>) -> Result<Self, ManifestError>
    where
        R: AsRef<[String]>,
    {
        let columns = columns(header)?;
        let mut manifest = Self { columns, rows: FxHashMap::default() };
        for (at, cells) in rows.into_iter().enumerate() {
            let (row, cells) = (at + 2, cells.as_ref());
            if cells.len() != header.len() {
                return Err(ManifestError::RowLength { row, found: cells.len(), expected: header.len() });
            }
            let mut document = None;
            let mut overrides = Overrides::default();
            for (column, cell) in manifest.columns.iter().zip(cells) {
                let cell = cell.trim();
                if cell.is_empty() {
                } else if column == "document" {
                    document = Some(cell.to_owned());
                } else {
                    overrides.set(row, column, cell)?;
                }
            }
            let document = document.ok_or(ManifestError::NoDocument { row })?;
            if manifest.rows.contains_key(&document) {
                return Err(ManifestError::RepeatedDocument { row, document });
            }
            manifest.rows.insert(document, overrides);
        }
        Ok(manifest)
    }

    /// Puts what the manifest says of the document called `name` over what was read from it. Whether it says anything.
    ///
    /// A row may name a document by its whole name, or by its file name with or without the ending.
    pub fn apply(&self, name: &str, metadata: &mut Metadata) -> bool {
        let Some(overrides) = Self::names(name).find_map(|name| self.rows.get(name)) else { return false };
        overrides.apply(metadata);
        true
    }

    /// Its columns: those that mean something by their first name (`地区` is `region`), the others as they are.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether a row is about the document called `name`.
    pub fn has(&self, name: &str) -> bool {
        Self::names(name).any(|name| self.rows.contains_key(name))
    }

    /// The names of the manifest's rows, in no order.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The names by which a row may call the document called `name`.
    pub fn names(name: &str) -> impl Iterator<Item = &str> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        [name, file, file.rsplit_once('.').map_or(file, |(stem, _)| stem)].into_iter()
    }
}

/// What a column is called: one of those that mean something by its first name, any other as it is.
pub fn column(name: &str) -> &str {
    let name = name.trim().trim_start_matches('\u{FEFF}');
    let lower = name.to_lowercase();
    COLUMNS.iter().find(|(_, names)| names.contains(&lower.as_str())).map_or(name, |(column, _)| column)
}

/// What each column of the header is: one of [`COLUMNS`] by its first name, or any other.
fn columns(header: &[String]) -> Result<Vec<String>, ManifestError> {
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for name in header {
        let column = column(name).to_owned();
        if columns.contains(&column) {
            return Err(ManifestError::RepeatedColumn(column));
        }
        columns.push(column);
    }
    if !columns.iter().any(|column| column == "document") {
        return Err(ManifestError::NoDocumentColumn(columns));
    }
    Ok(columns)
}

impl Overrides {
    fn set(&mut self, row: usize, column: &str, cell: &str) -> Result<(), ManifestError> {
        let error = |column, wanted| ManifestError::Value { row, column, value: cell.to_owned(), wanted };
        let text = || Some(cell.to_owned());
        match column {
            "title" => self.title = text(),
            "province" => self.province = text(),
            "city" => self.city = text(),
            "county" => self.county = text(),
            "town" => self.town = text(),
            "speaker" => self.speaker = text(),
            "region" => {
                let mut region = place::read(cell);
                place::complete(&mut region);
                if region.is_empty() {
                    return Err(error("region", "write full names from the province down, such as `云泽省汐川市`"));
                }
                self.region = Some(region);
            }
            "level" => {
                let level = level(cell).ok_or_else(|| error("level", "use national, province, city, county or town"))?;
                self.level = Some(level);
            }
            "year" => {
                let figures = cell.strip_suffix('年').unwrap_or(cell);
                let year = super::date::year_figures(figures).filter(|(_, rest)| rest.is_empty());
                self.year = Some(year.ok_or_else(|| error("year", "write it in four figures"))?.0);
            }
            "date" => {
                let day = date(cell).filter(|(_, rest)| rest.is_empty());
                self.date = Some(day.ok_or_else(|| error("date", "write it as 2024-01-18"))?.0);
            }
            other => self.more.push((other.to_owned(), cell.to_owned())),
        }
        Ok(())
    }

    fn apply(&self, metadata: &mut Metadata) {
        let before = metadata.region.clone();
        if let Some(region) = &self.region {
            metadata.region.clone_from(region);
        }
        let region = &mut metadata.region;
        replace(&mut region.province, &self.province);
        replace(&mut region.city, &self.city);
        replace(&mut region.county, &self.county);
        replace(&mut region.town, &self.town);
        if *region != before {
            metadata.level = place::deepest(region).filter(|_| place::is_level_certain(region));
        }
        replace(&mut metadata.title, &self.title);
        replace(&mut metadata.level, &self.level);
        replace(&mut metadata.year, &self.year);
        replace(&mut metadata.date, &self.date);
        replace(&mut metadata.speaker, &self.speaker);
        metadata.more.extend(self.more.iter().cloned());
    }
}

fn replace<T: Clone>(slot: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        slot.clone_from(new);
    }
}

/// A level by its name in English or in Chinese.
fn level(name: &str) -> Option<Level> {
    let lower = name.to_lowercase();
    if let Some(level) = Level::ALL.into_iter().find(|level| level.as_str() == lower) {
        return Some(level);
    }
    Some(match name.strip_suffix('级').unwrap_or(name) {
        "国家" | "中央" | "全国" => Level::National,
        "省" => Level::Province,
        "市" | "地" | "地市" | "州" => Level::City,
        "县" | "区县" | "县区" => Level::County,
        "乡" | "镇" | "乡镇" => Level::Town,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(rows: &[&[&str]]) -> Result<Manifest, ManifestError> {
        let mut rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        let header = rows.next().unwrap_or_default();
        Manifest::new(&header, rows)
    }

    #[test]
    fn rows_override_and_add() {
        let manifest = manifest(&[
            &["document", "地区", "年份", "level", "批次"],
            &["a.txt", "云泽省汐川市", "2023", "市级", "甲"],
            &["in/b.txt", "", "", "county", ""],
        ])
        .unwrap();
        let mut metadata = Metadata { year: Some(2020), title: Some("报告".into()), ..Metadata::default() };
        assert!(manifest.apply("folder/a.txt", &mut metadata));
        assert_eq!(metadata.region.to_string(), "云泽省汐川市");
        assert_eq!((metadata.year, metadata.level), (Some(2023), Some(Level::City)));
        assert_eq!(metadata.title.as_deref(), Some("报告"));
        assert_eq!(metadata.more, [("批次".to_owned(), "甲".to_owned())]);

        let mut metadata = Metadata { year: Some(2020), ..Metadata::default() };
        assert!(manifest.apply("in/b.txt", &mut metadata));
        assert_eq!((metadata.year, metadata.level), (Some(2020), Some(Level::County)));
        assert!(!manifest.apply("c.txt", &mut metadata));
    }

    #[test]
    fn places_bring_their_level() {
        let manifest = manifest(&[&["document", "county"], &["a", "岚崖县"]]).unwrap();
        let mut metadata = Metadata::default();
        assert!(manifest.apply("a.docx", &mut metadata));
        assert_eq!(metadata.level, Some(Level::County));
    }

    #[test]
    fn mistakes_are_named() {
        let cases: [(&[&[&str]], &str); 9] = [
            (&[&["name", "year"]], "the manifest has no column `document`; it has `name`, `year`"),
            (&[], "the manifest has no column `document`; it has none"),
            (&[&["document", "year", "年份"]], "the manifest has the column `year` twice"),
            (&[&["document", "year"], &["a"]], "row 2 of the manifest has 1 cells where the header has 2"),
            (&[&["document", "year"], &["", "2024"]], "row 2 of the manifest names no document"),
            (&[&["document"], &["a"], &["a"]], "row 3 of the manifest names `a` again"),
            (&[&["document", "year"], &["a", "24"]], "row 2 of the manifest: `24` is no year; write it in four figures"),
            (
                &[&["document", "date"], &["a", "2024-13-01"]],
                "row 2 of the manifest: `2024-13-01` is no date; write it as 2024-01-18",
            ),
            (
                &[&["document", "level"], &["a", "big"]],
                "row 2 of the manifest: `big` is no level; use national, province, city, county or town",
            ),
        ];
        for (rows, expected) in cases {
            assert_eq!(manifest(rows).unwrap_err().to_string(), expected);
        }
    }
}
