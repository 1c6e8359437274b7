//! The report as Markdown: tables for a paper or a wiki.

use std::io::{self, Write};

use super::data::{Change, Details, LabelInfo, Measures, Report};
use super::groups::{column_name, value_name};
use super::numbers::{Count, Percent, Points};
use super::summary::sentences;
use crate::theme::Language;

/// Writes the report without its documents' paragraphs.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(report: &Report, language: Language, out: &mut dyn Write) -> io::Result<()> {
    Page { report, language }.write(out)
}

struct Page<'r> {
    report: &'r Report,
    language: Language,
}

/// Text that Markdown takes as text, in one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

impl Page<'_> {
    fn t<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.pick(chinese, english)
    }

    fn name(&self, label: &LabelInfo) -> String {
        escape(label.name(self.language))
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        writeln!(out, "# {}\n", self.t("政策注意力报告", "Policy attention report"))?;
        writeln!(
            out,
            "{}\n",
            sentences(report, self.language).iter().map(|text| escape(text)).collect::<Vec<_>>().join(self.t("", " "))
        )?;
        self.overall(out)?;
        self.section(out, self.t("各文档主要主题（字数占比）", "Primary theme of documents, share of characters"))?;
        self.shares_head(out, self.t("文档", "Document"))?;
        for document in &report.documents {
            self.shares(out, &document.short_name, &document.measures)?;
        }
        if report.documents.len() > 1 {
            self.shares(out, self.t("合计", "in all"), &report.overall.measures)?;
        }
        self.changes(out)?;
        if report.years.len() > 1 {
            self.section(out, self.t("历年", "Years"))?;
            self.shares_head(out, self.t("年份", "Year"))?;
            for point in &report.years {
                self.shares(out, &point.year.to_string(), &point.measures)?;
            }
        }
        for grouping in &report.groupings {
            let column = column_name(&grouping.column, self.language);
            self.section(out, &format!("{}{}", self.t("分组：", "By "), escape(column)))?;
            self.shares_head(out, column)?;
            for group in &grouping.groups {
                let value = value_name(&grouping.column, group.value.as_deref(), self.language);
                self.shares(out, &value, &group.measures)?;
            }
        }
        self.terms(out, &report.overall.details)?;
        self.examples(out, &report.overall.details)?;
        self.left_out(out)?;
        let model = &report.model;
        let made = self.t("由 policy-topics", "Made by policy-topics");
        let with = self.t("生成，模型", "with the model");
        writeln!(out, "\n{made} {} {with} {} ({}).", report.program, escape(&model.name), escape(&model.fingerprint))
    }

    fn section(&self, out: &mut dyn Write, title: &str) -> io::Result<()> {
        writeln!(out, "\n## {title}\n")
    }

    /// A row of a table.
    fn row(&self, out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
        writeln!(out, "| {} |", cells.join(" | "))
    }

    /// The first row of a table; columns from `numbers` on are to the right.
    fn head(&self, out: &mut dyn Write, cells: &[String], numbers: usize) -> io::Result<()> {
        self.row(out, cells)?;
        let rules: Vec<&str> = (0..cells.len()).map(|at| if at < numbers { "---" } else { "---:" }).collect();
        writeln!(out, "|{}|", rules.join("|"))
    }

    fn overall(&self, out: &mut dyn Write) -> io::Result<()> {
        let measures = &self.report.overall.measures;
        self.section(out, self.t("总体", "In all"))?;
        let headings = [
            self.t("主题", "Theme"),
            self.t("段落数", "Paragraphs"),
            self.t("字数", "Characters"),
            self.t("字数占比", "Share of characters"),
            self.t("段落占比", "Share of paragraphs"),
            self.t("期望占比 [95%区间]", "Expected share [95% interval]"),
            self.t("涉及该主题的段落", "Paragraphs touching it"),
        ];
        self.head(out, &headings.map(str::to_owned), 1)?;
        for (label, of) in self.report.labels.iter().zip(&measures.labels) {
            let touching = measures.themes.iter().find(|theme| theme.theme == label.id);
            self.row(
                out,
                &[
                    self.name(label),
                    Count(of.paragraphs).to_string(),
                    Count(of.characters).to_string(),
                    Percent(of.share_by_characters).to_string(),
                    Percent(of.share_by_paragraphs).to_string(),
                    format!("{} [{}, {}]", Percent(of.expected), Percent(of.expected_low), Percent(of.expected_high)),
                    touching.map_or_else(String::new, |theme| Percent(theme.share).to_string()),
                ],
            )?;
        }
        Ok(())
    }

    fn shares_head(&self, out: &mut dyn Write, first: &str) -> io::Result<()> {
        let mut cells = vec![escape(first), self.t("段落数", "Paragraphs").into(), self.t("字数", "Characters").into()];
        cells.extend(self.report.labels.iter().map(|label| self.name(label)));
        self.head(out, &cells, 1)
    }

    fn shares(&self, out: &mut dyn Write, name: &str, measures: &Measures) -> io::Result<()> {
        let mut cells = vec![escape(name), Count(measures.paragraphs).to_string(), Count(measures.characters).to_string()];
        cells.extend(measures.labels.iter().map(|of| Percent(of.share_by_characters).to_string()));
        self.row(out, &cells)
    }

    /// What changed since the year before, for years in all and for documents.
    fn changes(&self, out: &mut dyn Write) -> io::Result<()> {
        let years = self.report.years.iter().filter_map(|point| Some((point.year.to_string(), point.change.as_ref()?)));
        let documents = self.report.documents.iter();
        let documents = documents.filter_map(|document| Some((document.short_name.clone(), document.change.as_ref()?)));
        let changes: Vec<(String, &Change)> = years.chain(documents).collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.section(
            out,
            self.t("比上年（同一地区，百分点）", "Change since the year before, of the same region, in points"),
        )?;
        let mut cells = vec![self.t("年份或文档", "Year or document").to_owned(), self.t("地区数", "Regions").to_owned()];
        cells.extend(self.report.labels.iter().map(|label| self.name(label)));
        self.head(out, &cells, 1)?;
        for (name, change) in changes {
            let mut cells = vec![escape(&name), change.series.to_string()];
            cells.extend(change.labels.iter().map(|change| Points(*change).to_string()));
            self.row(out, &cells)?;
        }
        Ok(())
    }

    fn terms(&self, out: &mut dyn Write, details: &Details) -> io::Result<()> {
        self.section(out, self.t("词语", "Terms"))?;
        let headings = [
            self.t("主题", "Theme"),
            self.t("贡献最大的词语", "Terms that spoke most for it"),
            self.t("与其他主题相比的特征词（G²）", "Words telling against the other themes (G²)"),
        ];
        self.head(out, &headings.map(str::to_owned), 3)?;
        for (label, of) in self.report.labels.iter().zip(&details.labels) {
            let terms: Vec<String> = of.terms.iter().map(|term| escape(&term.term)).collect();
            let words: Vec<String> =
                of.keyness.iter().map(|word| format!("{} {:.1}", escape(&word.word), word.g2)).collect();
            let separator = self.t("、", ", ");
            self.row(out, &[self.name(label), terms.join(separator), words.join(separator)])?;
        }
        Ok(())
    }

    fn examples(&self, out: &mut dyn Write, details: &Details) -> io::Result<()> {
        self.section(out, self.t("代表性段落", "Representative paragraphs"))?;
        for (label, of) in self.report.labels.iter().zip(&details.labels) {
            for example in &of.representative {
                let document = self.report.documents.get(example.document).map_or("", |document| &document.short_name);
                let place: Vec<String> =
                    std::iter::once(document).chain(example.section.iter().map(String::as_str)).map(escape).collect();
                writeln!(
                    out,
                    "- **{}** {:.2}{}{} ({})",
                    self.name(label),
                    example.probability,
                    self.t("：", ": "),
                    escape(&example.text),
                    place.join(" › ")
                )?;
            }
        }
        Ok(())
    }

    fn left_out(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        self.section(out, self.t("未计入", "Left out"))?;
        let headings = [self.t("类型", "Kind"), self.t("行数", "Lines"), self.t("字数", "Characters")];
        self.head(out, &headings.map(str::to_owned), 1)?;
        for left in &report.overall.measures.left_out {
            let kind = left.kind.name(self.language).to_owned();
            self.row(out, &[kind, Count(left.blocks).to_string(), Count(left.characters).to_string()])?;
        }
        let list = |out: &mut dyn Write, title: &str, items: Vec<String>| -> io::Result<()> {
            if !items.is_empty() {
                writeln!(out, "\n{title}\n")?;
            }
            items.iter().try_for_each(|item| writeln!(out, "- {item}"))
        };
        let failed = report.failed.iter();
        let failed = failed.map(|failed| format!("{}: {}", escape(&failed.document), escape(&failed.reason))).collect();
        list(out, self.t("未能读取的文档：", "Documents that failed:"), failed)?;
        let Some(manifest) = &report.manifest else { return Ok(()) };
        let escaped = |names: &[String]| names.iter().map(|name| escape(name)).collect();
        let rows = self.t("清单中没有对应文档的行：", "Rows of the manifest without a document:");
        list(out, rows, escaped(&manifest.rows_without_document))?;
        let documents = self.t("清单未列的文档（已计入）：", "Documents without a row in the manifest (counted):");
        list(out, documents, escaped(&manifest.documents_without_row))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_stays_text() {
        assert_eq!(super::escape("a|b_c <script>\n1"), r"a\|b\_c \<script\> 1");
    }
}
