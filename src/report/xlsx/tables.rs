//! The sheets of rows: documents, groups, paragraphs, terms, and what was left out.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::Book;
use super::sheet::{Cell, Column, Formats, Sheet};
use crate::document::Kind;
use crate::report::data::{Change, Details, Measures, Row};
use crate::report::groups::{column_name, value, value_name};

type Made<'f> = Result<Sheet<'f>, XlsxError>;

/// Columns of metadata that every document has.
const METADATA: [&str; 6] = ["title", "region", "level", "year", "date", "speaker"];

fn column(heading: impl Into<String>, width: u16) -> Column {
    Column { heading: heading.into(), width }
}

impl Book<'_> {
    /// A heading about a label: `创新：占字数`.
    fn of(&self, name: &str, what: &str) -> String {
        format!("{name}{}{what}", self.t("：", ": "))
    }

    /// The headings of [`Self::measures`].
    fn measure_columns(&self) -> Vec<Column> {
        let mut columns = vec![column(self.t("段落数", "paragraphs"), 10), column(self.t("字数", "characters"), 11)];
        let figures = [
            self.t("占字数", "of characters"),
            self.t("占段落", "of paragraphs"),
            self.t("期望占比", "expected"),
            self.t("95%区间下限", "95% interval from"),
            self.t("95%区间上限", "95% interval to"),
            self.t("名次", "rank"),
            self.t("与平均之差（百分点）", "difference from the mean (points)"),
            self.t("比上年（百分点）", "change since the year before (points)"),
        ];
        // A figure of all labels stands together, so that labels can be compared and charts be drawn.
        for figure in figures {
            columns.extend(self.report.labels.iter().map(|label| column(self.of(self.name(label), figure), 13)));
        }
        let touching = self.t("涉及的段落", "touched by paragraphs");
        columns.extend(self.report.themes.iter().map(|theme| column(self.of(self.name(theme), touching), 13)));
        columns.push(column(self.t("均匀度", "evenness"), 10));
        columns.push(column(self.t("主题间均匀度", "evenness of themes"), 10));
        columns
    }

    fn measures<'t>(&self, measures: &Measures, change: Option<&Change>) -> Vec<Cell<'t>> {
        let labels = &measures.labels;
        let mut cells = vec![Cell::Count(measures.paragraphs), Cell::Count(measures.characters)];
        cells.extend(labels.iter().map(|of| Cell::Share(of.share_by_characters)));
        cells.extend(labels.iter().map(|of| Cell::Share(of.share_by_paragraphs)));
        cells.extend(labels.iter().map(|of| Cell::Share(of.expected)));
        cells.extend(labels.iter().map(|of| Cell::Share(of.expected_low)));
        cells.extend(labels.iter().map(|of| Cell::Share(of.expected_high)));
        cells.extend(labels.iter().map(|of| Cell::maybe(of.rank, Cell::Count)));
        cells.extend(labels.iter().map(|of| Cell::maybe(of.difference, Cell::Points)));
        let changes = (0..labels.len()).map(|at| change.and_then(|change| change.labels.get(at)));
        cells.extend(changes.map(|change| Cell::maybe(change.copied(), Cell::Points)));
        cells.extend(measures.themes.iter().map(|theme| Cell::Share(theme.share)));
        cells.push(Cell::Number(measures.entropy, 2));
        cells.push(Cell::maybe(measures.theme_entropy, |entropy| Cell::Number(entropy, 2)));
        cells
    }

    pub(super) fn documents<'f>(&self, workbook: &mut Workbook, formats: &'f Formats, name: &str) -> Made<'f> {
        let mut more: Vec<&str> = Vec::new();
        for (column, _) in self.report.documents.iter().flat_map(|document| &document.metadata.more) {
            if !more.contains(&column.as_str()) {
                more.push(column);
            }
        }
        let mut columns = vec![column(self.t("文档", "document"), 38)];
        let widths = [36, 20, 10, 8, 12, 12];
        columns.extend(METADATA.iter().zip(widths).map(|(name, width)| column(column_name(name, self.language), width)));
        columns.extend(more.iter().map(|name| column(*name, 16)));
        columns.extend(self.measure_columns());
        let mut sheet = Sheet::new(workbook, formats, name, &columns, 1)?;
        for document in &self.report.documents {
            let known = |column: &&str| match (*column, document.metadata.year) {
                ("year", Some(year)) => Cell::Number(year.into(), 0),
                _ => Cell::maybe(value(&document.metadata, column), |value| {
                    Cell::Owned(value_name(column, Some(&value), self.language))
                }),
            };
            let mut cells = vec![Cell::Text(&document.name)];
            cells.extend(METADATA.iter().map(known));
            cells.extend(more.iter().map(known));
            cells.extend(self.measures(&document.measures, document.change.as_ref()));
            sheet.row(cells)?;
        }
        Ok(sheet)
    }

    pub(super) fn groups<'f>(&self, workbook: &mut Workbook, formats: &'f Formats, name: &str) -> Made<'f> {
        let mut columns = vec![
            column(self.t("分组", "column"), 12),
            column(self.t("组", "group"), 24),
            column(self.t("年份", "year"), 8),
            column(self.t("文档数", "documents"), 10),
        ];
        columns.extend(self.measure_columns());
        let mut sheet = Sheet::new(workbook, formats, name, &columns, 3)?;
        let all = self.t("合计", "in all");
        let mut row = |column: &str, group: &str, year: Option<u16>, measures: &Measures, change: Option<&Change>| {
            let mut cells = vec![
                Cell::Owned(column.to_owned()),
                Cell::Owned(group.to_owned()),
                Cell::maybe(year, |year| Cell::Number(year.into(), 0)),
                Cell::Count(measures.documents),
            ];
            cells.extend(self.measures(measures, change));
            sheet.row(cells)
        };
        row(all, all, None, &self.report.overall.measures, None)?;
        for point in &self.report.years {
            row(all, all, Some(point.year), &point.measures, point.change.as_ref())?;
        }
        for grouping in &self.report.groupings {
            let column = column_name(&grouping.column, self.language);
            for group in &grouping.groups {
                let value = value_name(&grouping.column, group.value.as_deref(), self.language);
                row(column, &value, None, &group.measures, group.change.as_ref())?;
                for point in &group.years {
                    row(column, &value, Some(point.year), &point.measures, point.change.as_ref())?;
                }
            }
        }
        Ok(sheet)
    }

    pub(super) fn paragraphs<'f>(&self, workbook: &mut Workbook, formats: &'f Formats, name: &str) -> Made<'f> {
        let mut columns = vec![
            column(self.t("文档", "document"), 28),
            column(self.t("序号", "index"), 7),
            column(self.t("章节", "section"), 28),
            column(self.t("文本", "text"), 80),
            column(self.t("字数", "characters"), 8),
            column(self.t("主要主题", "primary theme"), 12),
            column(self.t("概率", "probability"), 9),
            column(self.t("前两位概率之差", "margin of the two highest"), 11),
            column(self.t("涉及主题", "themes"), 20),
            column(self.t("决定性词语", "deciding terms"), 30),
        ];
        let (primary, touched) =
            (self.t("为主要主题的概率", "probability to be primary"), self.t("涉及的概率", "probability to be touched"));
        columns.extend(self.report.labels.iter().map(|label| column(self.of(self.name(label), primary), 11)));
        columns.extend(self.report.themes.iter().map(|theme| column(self.of(self.name(theme), touched), 11)));
        let mut sheet = Sheet::new(workbook, formats, name, &columns, 2)?;
        if self.report.options.paragraphs {
            for (document, part) in self.report.documents.iter().zip(self.parts.iter()) {
                let part = part.map_err(XlsxError::IoError)?;
                for row in part.blocks.iter().filter(|row| row.kind == Kind::Paragraph) {
                    sheet.row(self.paragraph(&document.name, row))?;
                }
            }
        }
        Ok(sheet)
    }

    fn paragraph<'t>(&self, document: &'t str, row: &'t Row) -> Vec<Cell<'t>> {
        let mut cells = vec![
            Cell::Text(document),
            Cell::Count(row.index),
            Cell::Owned(row.section.join(" › ")),
            Cell::Long(&row.text),
            Cell::Count(row.characters),
        ];
        let Some(of) = &row.assignment else { return cells };
        let separator = self.t("；", "; ");
        let joined = |names: Vec<&str>| Cell::Owned(names.join(separator));
        let primary = self.report.labels.get(of.primary).map(|label| self.name(label).to_owned());
        cells.push(Cell::maybe(primary, Cell::Owned));
        cells.push(Cell::maybe(of.probabilities.get(of.primary), |p| Cell::Share(*p)));
        cells.push(Cell::Share(of.margin));
        cells.push(joined(of.themes.iter().filter_map(|at| Some(self.name(self.report.themes.get(*at)?))).collect()));
        cells.push(joined(of.terms.iter().map(|term| term.term.as_str()).collect()));
        cells.extend(of.probabilities.iter().chain(&of.theme_probabilities).map(|p| Cell::Share(*p)));
        cells
    }

    pub(super) fn terms<'f>(&self, workbook: &mut Workbook, formats: &'f Formats, name: &str) -> Made<'f> {
        let columns = [
            column(self.t("范围", "scope"), 12),
            column(self.t("名称", "name"), 34),
            column(self.t("主题", "theme"), 20),
            column(self.t("依据", "by"), 18),
            column(self.t("名次", "rank"), 8),
            column(self.t("词语", "term"), 22),
            column(self.t("值", "value"), 12),
            column(self.t("次数", "count"), 10),
            column(self.t("对照次数", "count in the reference"), 12),
        ];
        let mut sheet = Sheet::new(workbook, formats, name, &columns, 0)?;
        self.details(&mut sheet, self.t("合计", "in all"), "", &self.report.overall.details)?;
        for grouping in &self.report.groupings {
            for group in &grouping.groups {
                let value = value_name(&grouping.column, group.value.as_deref(), self.language);
                self.details(&mut sheet, column_name(&grouping.column, self.language), &value, &group.details)?;
            }
        }
        for (at, document) in self.report.documents.iter().enumerate() {
            let details = self.parts.details(&[at]).map_err(XlsxError::IoError)?;
            self.details(&mut sheet, self.t("文档", "document"), &document.name, &details)?;
        }
        Ok(sheet)
    }

    fn details(&self, sheet: &mut Sheet, scope: &str, name: &str, details: &Details) -> Result<(), XlsxError> {
        let (contribution, keyness) = (self.t("贡献", "contribution"), self.t("特征词 G²", "keyness G²"));
        for (label, of) in self.report.labels.iter().zip(&details.labels) {
            let row = |by, rank| {
                [Cell::Text(scope), Cell::Text(name), Cell::Text(self.name(label)), Cell::Text(by), Cell::Count(rank + 1)]
            };
            for (rank, term) in of.terms.iter().enumerate() {
                let figures = [Cell::Text(&term.term), Cell::Number(term.contribution, 3)];
                sheet.row(row(contribution, rank).into_iter().chain(figures))?;
            }
            for (rank, word) in of.keyness.iter().enumerate() {
                let counts = [Cell::Number(word.count as f64, 0), Cell::Number(word.reference_count as f64, 0)];
                let figures = [Cell::Text(&word.word), Cell::Number(word.g2, 1)].into_iter().chain(counts);
                sheet.row(row(keyness, rank).into_iter().chain(figures))?;
            }
        }
        Ok(())
    }

    pub(super) fn left_out<'f>(&self, workbook: &mut Workbook, formats: &'f Formats, name: &str) -> Made<'f> {
        let columns = [
            column(self.t("文档", "document"), 44),
            column(self.t("原因", "reason"), 32),
            column(self.t("行数", "lines"), 9),
            column(self.t("字数", "characters"), 11),
            column(self.t("说明", "what happened"), 60),
        ];
        let mut sheet = Sheet::new(workbook, formats, name, &columns, 1)?;
        for document in &self.report.documents {
            for left in &document.measures.left_out {
                let counts = [Cell::Count(left.blocks), Cell::Count(left.characters)];
                let names = [Cell::Text(&document.name), Cell::Text(left.kind.name(self.language))];
                sheet.row(names.into_iter().chain(counts))?;
            }
        }
        let failed = self.t("文档未能读取", "document failed");
        for of in &self.report.failed {
            sheet.row([Cell::Text(&of.document), Cell::Text(failed), Cell::Empty, Cell::Empty, Cell::Long(&of.reason)])?;
        }
        if let Some(manifest) = &self.report.manifest {
            let without_document = self.t("清单所列文档不存在", "manifest row without a document");
            let without_row = self.t("清单未列（已计入）", "document without a manifest row (counted)");
            for (names, reason) in
                [(&manifest.rows_without_document, without_document), (&manifest.documents_without_row, without_row)]
            {
                names.iter().try_for_each(|name| sheet.row([Cell::Text(name), Cell::Text(reason)]))?;
            }
        }
        Ok(sheet)
    }
}
