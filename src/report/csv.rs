//! The report as a folder of CSV tables. Shares are percentages with one decimal, and differences percentage points; who computes on
//! takes the JSON, which has them whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use csv::Writer;

use super::Parts;
use super::data::{Change, Details, LabelInfo, LabelMeasures, Measures, Report, Row};
use super::groups::{column_name, value_name};
use crate::output::write_folder;
use crate::theme::Language;

/// The tables.
pub const FILES: [&str; 6] = ["overview.csv", "documents.csv", "groups.csv", "paragraphs.csv", "terms.csv", "left_out.csv"];

/// What tells Excel that a table is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Writes the folder `path`, which is replaced as a whole if it holds nothing but such tables. With `mark`, each table begins with a
/// byte order mark, without which Excel does not read Chinese.
///
/// # Errors
/// When the folder cannot be written or replaced, or a part cannot be read.
pub fn write(report: &Report, parts: &Parts, language: Language, mark: bool, path: &Path) -> io::Result<()> {
    write_folder(path, &FILES, |folder| {
        let tables = Tables { report, parts, language };
        let table = |name: &str, write: &dyn Fn(&mut Table) -> csv::Result<()>| -> io::Result<()> {
            let mut file = BufWriter::new(File::create(folder.join(name))?);
            if mark {
                file.write_all(BYTE_ORDER_MARK)?;
            }
            let mut table = Writer::from_writer(file);
            write(&mut table).map_err(io::Error::from)?;
            let file = table.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        };
        let [overview, documents, groups, paragraphs, terms, left_out] = FILES;
        table(overview, &|table| tables.overview(table))?;
        table(documents, &|table| tables.documents(table))?;
        table(groups, &|table| tables.groups(table))?;
        table(paragraphs, &|table| tables.paragraphs(table))?;
        table(terms, &|table| tables.terms(table))?;
        table(left_out, &|table| tables.left_out(table))
    })
}

type Table = Writer<BufWriter<File>>;

struct Tables<'r> {
    report: &'r Report,
    parts: &'r Parts,
    language: Language,
}

/// A share in percent.
fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// A difference in percentage points; what is rounded to nothing has no sign.
fn points(difference: f64) -> String {
    let text = percent(difference);
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

fn maybe<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Tables<'_> {
    fn t<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.pick(chinese, english)
    }

    fn name<'l>(&self, label: &'l LabelInfo) -> &'l str {
        label.name(self.language)
    }

    fn label(&self, label: usize) -> &str {
        self.report.labels.get(label).map_or("", |label| label.name(self.language))
    }

    /// The headings of what every line about a label has.
    fn label_headings(&self) -> [&str; 9] {
        [
            self.t("文档数", "documents"),
            self.t("主题", "theme"),
            self.t("段落数", "paragraphs"),
            self.t("字数", "characters"),
            self.t("字数占比（%）", "share of characters (%)"),
            self.t("段落占比（%）", "share of paragraphs (%)"),
            self.t("期望占比（%）", "expected share (%)"),
            self.t("95%区间下限（%）", "95% interval from (%)"),
            self.t("95%区间上限（%）", "95% interval to (%)"),
        ]
    }

    fn label_cells(&self, measures: &Measures, label: &LabelInfo, of: &LabelMeasures) -> [String; 9] {
        [
            measures.documents.to_string(),
            self.name(label).to_owned(),
            of.paragraphs.to_string(),
            of.characters.to_string(),
            percent(of.share_by_characters),
            percent(of.share_by_paragraphs),
            percent(of.expected),
            percent(of.expected_low),
            percent(of.expected_high),
        ]
    }

    /// The share of paragraphs that touch the theme which a label is.
    fn touching(measures: &Measures, label: &LabelInfo) -> String {
        maybe(measures.themes.iter().find(|theme| theme.theme == label.id).map(|theme| percent(theme.share)))
    }

    fn change(change: Option<&Change>, label: usize) -> String {
        maybe(change.and_then(|change| change.labels.get(label)).map(|change| points(*change)))
    }

    fn overview(&self, table: &mut Table) -> csv::Result<()> {
        let mut headings = vec![self.t("范围", "scope")];
        headings.extend(self.label_headings());
        headings.extend([
            self.t("涉及该主题的段落占比（%）", "share of paragraphs touching it (%)"),
            self.t("比上年（百分点）", "change since the year before (points)"),
        ]);
        table.write_record(&headings)?;
        let all = (self.t("合计", "in all").to_owned(), &self.report.overall.measures, None);
        let years = self.report.years.iter().map(|point| (point.year.to_string(), &point.measures, point.change.as_ref()));
        for (scope, measures, change) in std::iter::once(all).chain(years) {
            for (at, (label, of)) in self.report.labels.iter().zip(&measures.labels).enumerate() {
                let mut record = vec![scope.clone()];
                record.extend(self.label_cells(measures, label, of));
                record.extend([Self::touching(measures, label), Self::change(change, at)]);
                table.write_record(&record)?;
            }
        }
        Ok(())
    }

    fn documents(&self, table: &mut Table) -> csv::Result<()> {
        let of_metadata = ["title", "region", "level", "year", "date", "speaker"];
        let mut more: Vec<&str> = Vec::new();
        for (column, _) in self.report.documents.iter().flat_map(|document| &document.metadata.more) {
            if !more.contains(&column.as_str()) {
                more.push(column);
            }
        }
        let mut headings = vec![self.t("文档", "document").to_owned()];
        headings.extend(of_metadata.iter().map(|column| column_name(column, self.language).to_owned()));
        headings.extend(more.iter().map(|column| (*column).to_owned()));
        headings.extend([self.t("段落数", "paragraphs"), self.t("字数", "characters")].map(str::to_owned));
        let figures = [
            self.t("字数占比（%）", "share of characters (%)"),
            self.t("段落占比（%）", "share of paragraphs (%)"),
            self.t("期望占比（%）", "expected share (%)"),
            self.t("95%区间下限（%）", "95% interval from (%)"),
            self.t("95%区间上限（%）", "95% interval to (%)"),
            self.t("名次", "rank"),
            self.t("与平均之差（百分点）", "difference from the mean (points)"),
            self.t("比上年（百分点）", "change since the year before (points)"),
        ];
        let colon = self.t("：", ": ");
        for label in &self.report.labels {
            headings.extend(figures.map(|figure| format!("{}{colon}{figure}", self.name(label))));
        }
        let touching = self.t("涉及该主题的段落占比（%）", "share of paragraphs touching it (%)");
        headings.extend(self.report.themes.iter().map(|theme| format!("{}{colon}{touching}", self.name(theme))));
        headings.extend([self.t("分布均匀度", "entropy"), self.t("主题间均匀度", "entropy of themes")].map(str::to_owned));
        table.write_record(&headings)?;
        for document in &self.report.documents {
            let known = |column: &&str| {
                let value = super::groups::value(&document.metadata, column);
                value.map_or_else(String::new, |value| value_name(column, Some(&value), self.language))
            };
            let measures = &document.measures;
            let mut record = vec![document.name.clone()];
            record.extend(of_metadata.iter().map(known));
            record.extend(more.iter().map(known));
            record.extend([measures.paragraphs.to_string(), measures.characters.to_string()]);
            for (at, of) in measures.labels.iter().enumerate() {
                record.extend([
                    percent(of.share_by_characters),
                    percent(of.share_by_paragraphs),
                    percent(of.expected),
                    percent(of.expected_low),
                    percent(of.expected_high),
                    maybe(of.rank),
                    maybe(of.difference.map(points)),
                    Self::change(document.change.as_ref(), at),
                ]);
            }
            record.extend(measures.themes.iter().map(|theme| percent(theme.share)));
            let entropy = |value: f64| format!("{value:.2}");
            record.extend([entropy(measures.entropy), maybe(measures.theme_entropy.map(entropy))]);
            table.write_record(&record)?;
        }
        Ok(())
    }

    fn groups(&self, table: &mut Table) -> csv::Result<()> {
        let mut headings = vec![self.t("分组", "column"), self.t("组", "group"), self.t("年份", "year")];
        headings.extend(self.label_headings());
        headings.extend([
            self.t("涉及该主题的段落占比（%）", "share of paragraphs touching it (%)"),
            self.t("名次", "rank"),
            self.t("与各组平均之差（百分点）", "difference from the mean of the groups (points)"),
            self.t("比上年（百分点）", "change since the year before (points)"),
        ]);
        table.write_record(&headings)?;
        for grouping in &self.report.groupings {
            let column = column_name(&grouping.column, self.language);
            for group in &grouping.groups {
                let value = value_name(&grouping.column, group.value.as_deref(), self.language);
                let whole = (String::new(), &group.measures, group.change.as_ref());
                let years = group.years.iter().map(|point| (point.year.to_string(), &point.measures, point.change.as_ref()));
                for (year, measures, change) in std::iter::once(whole).chain(years) {
                    for (at, (label, of)) in self.report.labels.iter().zip(&measures.labels).enumerate() {
                        let mut record = vec![column.to_owned(), value.clone(), year.clone()];
                        record.extend(self.label_cells(measures, label, of));
                        record.push(Self::touching(measures, label));
                        record.extend([maybe(of.rank), maybe(of.difference.map(points)), Self::change(change, at)]);
                        table.write_record(&record)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn paragraphs(&self, table: &mut Table) -> csv::Result<()> {
        let mut headings: Vec<String> = [
            self.t("文档", "document"),
            self.t("序号", "index"),
            self.t("章节", "section"),
            self.t("类型", "kind"),
            self.t("文本", "text"),
            self.t("字数", "characters"),
            self.t("主要主题", "primary theme"),
            self.t("涉及主题", "themes"),
        ]
        .map(str::to_owned)
        .to_vec();
        let primary = self.t("为主要主题的概率", "probability to be primary");
        let touched = self.t("涉及的概率", "probability to be touched");
        let colon = self.t("：", ": ");
        headings.extend(self.report.labels.iter().map(|label| format!("{}{colon}{primary}", self.name(label))));
        headings.extend(self.report.themes.iter().map(|theme| format!("{}{colon}{touched}", self.name(theme))));
        headings.push(self.t("前两位概率之差", "margin of the two highest").to_owned());
        headings.push(self.t("决定性词语", "deciding terms").to_owned());
        table.write_record(&headings)?;
        if !self.report.options.paragraphs {
            return Ok(());
        }
        for (document, part) in self.report.documents.iter().zip(self.parts.iter()) {
            for row in &part?.blocks {
                table.write_record(self.paragraph(&document.name, row))?;
            }
        }
        Ok(())
    }

    fn paragraph(&self, document: &str, row: &Row) -> Vec<String> {
        let mut record = vec![
            document.to_owned(),
            row.index.to_string(),
            row.section.join(" > "),
            row.kind.name(self.language).to_owned(),
            row.text.clone(),
            row.characters.to_string(),
        ];
        let probability = |p: &f64| format!("{p:.3}");
        match &row.assignment {
            None => record.resize(record.len() + 4 + self.report.labels.len() + self.report.themes.len(), String::new()),
            Some(of) => {
                let theme = |theme: &usize| self.report.themes.get(*theme).map(|theme| self.name(theme));
                let separator = self.t("；", "; ");
                record.push(self.label(of.primary).to_owned());
                record.push(of.themes.iter().filter_map(theme).collect::<Vec<_>>().join(separator));
                record.extend(of.probabilities.iter().chain(&of.theme_probabilities).chain([&of.margin]).map(probability));
                let terms: Vec<&str> = of.terms.iter().map(|term| term.term.as_str()).collect();
                record.push(terms.join(separator));
            }
        }
        record
    }

    fn terms(&self, table: &mut Table) -> csv::Result<()> {
        table.write_record([
            self.t("范围", "scope"),
            self.t("名称", "name"),
            self.t("主题", "theme"),
            self.t("依据", "by"),
            self.t("名次", "rank"),
            self.t("词语", "term"),
            self.t("值", "value"),
            self.t("次数", "count"),
            self.t("对照次数", "count in the reference"),
        ])?;
        self.details(table, self.t("合计", "in all"), "", &self.report.overall.details)?;
        for grouping in &self.report.groupings {
            for group in &grouping.groups {
                let value = value_name(&grouping.column, group.value.as_deref(), self.language);
                self.details(table, column_name(&grouping.column, self.language), &value, &group.details)?;
            }
        }
        for (at, document) in self.report.documents.iter().enumerate() {
            self.details(table, self.t("文档", "document"), &document.name, &self.parts.details(&[at])?)?;
        }
        Ok(())
    }

    fn details(&self, table: &mut Table, scope: &str, name: &str, details: &Details) -> csv::Result<()> {
        let none = String::new;
        for (label, of) in self.report.labels.iter().zip(&details.labels) {
            let contributions =
                of.terms.iter().map(|term| (&term.term, format!("{:.3}", term.contribution), none(), none()));
            let telling = of.keyness.iter().map(|word| {
                (&word.word, format!("{:.1}", word.g2), word.count.to_string(), word.reference_count.to_string())
            });
            let ranked = contributions.enumerate().map(|row| (self.t("贡献", "contribution"), row));
            let keyness = telling.enumerate().map(|row| (self.t("特征词 G²", "keyness G²"), row));
            for (by, (rank, (term, value, count, reference))) in ranked.chain(keyness) {
                let rank = (rank + 1).to_string();
                table.write_record([scope, name, self.name(label), by, &rank, term, &value, &count, &reference])?;
            }
        }
        Ok(())
    }

    fn left_out(&self, table: &mut Table) -> csv::Result<()> {
        table.write_record([
            self.t("文档", "document"),
            self.t("原因", "reason"),
            self.t("行数", "lines"),
            self.t("字数", "characters"),
            self.t("说明", "what happened"),
        ])?;
        let nothing = String::new();
        for document in &self.report.documents {
            for left in &document.measures.left_out {
                let counts = [left.blocks.to_string(), left.characters.to_string()];
                let kind = left.kind.name(self.language);
                table.write_record([document.name.as_str(), kind, &counts[0], &counts[1], &nothing])?;
            }
        }
        for failed in &self.report.failed {
            let reason = self.t("文档未能读取", "document failed");
            table.write_record([failed.document.as_str(), reason, &nothing, &nothing, &failed.reason])?;
        }
        let Some(manifest) = &self.report.manifest else { return Ok(()) };
        for row in &manifest.rows_without_document {
            let reason = self.t("清单所列文档不存在", "manifest row without a document");
            table.write_record([row.as_str(), reason, &nothing, &nothing, &nothing])?;
        }
        for document in &manifest.documents_without_row {
            let reason = self.t("清单未列（已计入）", "document without a manifest row (counted)");
            table.write_record([document.as_str(), reason, &nothing, &nothing, &nothing])?;
        }
        Ok(())
    }
}
