//! The first sheet: the figures in words, all documents by theme, and the chart.

use rust_xlsxwriter::{
    Chart, ChartAxisLabelPosition, ChartFormat, ChartLegendPosition, ChartSolidFill, ChartType, Worksheet, XlsxError,
};

use super::sheet::{Cell, Formats, note, write};
use super::{Book, Lost};
use crate::report::data::Measures;
use crate::report::groups::value_name;
use crate::report::summary::sentences;

/// So many bars can be read in a chart.
const BARS: usize = 60;
/// How high a row is on the screen.
const ROW_PIXELS: u32 = 20;

impl Book<'_> {
    /// The first sheet. It is small: its rows are labels and at most [`BARS`] documents or groups.
    pub(super) fn overview(&self, formats: &Formats, lost: &[Lost]) -> Result<Worksheet, XlsxError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.t("概览", "Overview"))?.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_column_width(0, 34)?.set_column_range_width(1, 8, 13)?;
        sheet.write_string_with_format(0, 0, self.t("政策主题报告", "Policy theme report"), &formats.title)?;
        let mut row = 2;
        for sentence in sentences(self.report, self.language).into_iter().chain(self.lost(lost)) {
            note(&mut sheet, formats, row, &sentence)?;
            row += 1;
        }
        row = self.themes(&mut sheet, formats, row + 1)?;
        let (title, bars) = self.bars();
        if !bars.is_empty() {
            // The chart first, then the table it is drawn from.
            let height = 160 + 22 * u32::try_from(bars.len()).unwrap_or(0);
            let below = row + 3 + height / ROW_PIXELS;
            sheet.write_string_with_format(below, 0, title, &formats.bold)?;
            let chart = self.chart(&mut sheet, formats, below + 1, &bars)?;
            sheet.insert_chart(row + 1, 0, chart.clone().set_width(1040).set_height(height))?;
        }
        Ok(sheet)
    }

    /// What Excel had no room for, in words.
    fn lost(&self, lost: &[Lost]) -> impl Iterator<Item = String> {
        let chinese = self.language == crate::theme::Language::Chinese;
        lost.iter().map(move |Lost { sheet, rows, cells }| {
            if chinese {
                format!("工作表“{sheet}”受Excel限制：有{rows}行放不下，{cells}个单元格的文字被截短；完整内容见CSV或JSON输出。")
            } else {
                format!("Excel's limits: the sheet {sheet} lacks {rows} rows, and the text of {cells} cells is cut; CSV and JSON have all.")
            }
        })
    }

    /// A row a label; gives the row after.
    fn themes(&self, sheet: &mut Worksheet, formats: &Formats, first: u32) -> Result<u32, XlsxError> {
        let headings = [
            self.t("主题", "theme"),
            self.t("段落数", "paragraphs"),
            self.t("字数", "characters"),
            self.t("占字数", "of characters"),
            self.t("占段落", "of paragraphs"),
            self.t("期望占比", "expected"),
            self.t("95%区间下限", "95% interval from"),
            self.t("95%区间上限", "95% interval to"),
            self.t("涉及的段落", "touched by paragraphs"),
        ];
        for (column, heading) in (0..).zip(headings) {
            sheet.write_string_with_format(first, column, heading, &formats.heading)?;
        }
        sheet.set_row_height(first, 32)?;
        let measures = &self.report.overall.measures;
        let mut row = first + 1;
        for (label, of) in self.report.labels.iter().zip(&measures.labels) {
            let theme = measures.themes.iter().find(|theme| theme.theme == label.id);
            let cells = [
                Cell::Text(self.name(label)),
                Cell::Count(of.paragraphs),
                Cell::Count(of.characters),
                Cell::Share(of.share_by_characters),
                Cell::Share(of.share_by_paragraphs),
                Cell::Share(of.expected),
                Cell::Share(of.expected_low),
                Cell::Share(of.expected_high),
                Cell::maybe(theme, |theme| Cell::Share(theme.share)),
            ];
            for (column, cell) in (0..).zip(cells) {
                write(sheet, formats, row, column, cell)?;
            }
            row += 1;
        }
        Ok(row)
    }

    /// What the chart shows: the documents, or where they are too many, the groups of the first column that has few enough.
    fn bars(&self) -> (&str, Vec<(String, &Measures)>) {
        let documents = &self.report.documents;
        if documents.len() <= BARS {
            let bars = documents.iter().map(|document| (document.short_name.clone(), &document.measures));
            return (self.t("各文档的主题构成（占字数）", "What each document is made of (of characters)"), bars.collect());
        }
        let grouping = self.report.groupings.iter().find(|grouping| grouping.groups.len() <= BARS);
        let groups = grouping.into_iter().flat_map(|grouping| {
            grouping
                .groups
                .iter()
                .map(|group| (value_name(&grouping.column, group.value.as_deref(), self.language), &group.measures))
        });
        (self.t("各组的主题构成（占字数）", "What each group is made of (of characters)"), groups.collect())
    }

    /// The table of the bars from `first` on; gives the chart of it.
    fn chart(
        &self,
        sheet: &mut Worksheet,
        formats: &Formats,
        first: u32,
        bars: &[(String, &Measures)],
    ) -> Result<Chart, XlsxError> {
        let labels = &self.report.labels;
        for (column, label) in (1..).zip(labels) {
            sheet.write_string_with_format(first, column, self.name(label), &formats.heading)?;
        }
        for (row, (name, measures)) in (first + 1..).zip(bars) {
            write(sheet, formats, row, 0, Cell::Text(name))?;
            for (column, of) in (1..).zip(&measures.labels) {
                write(sheet, formats, row, column, Cell::Share(of.share_by_characters))?;
            }
        }
        let last = first + u32::try_from(bars.len()).unwrap_or(0);
        let own = self.t("概览", "Overview");
        let mut chart = Chart::new(ChartType::BarPercentStacked);
        for (column, label) in (1..).zip(labels) {
            let fill = ChartSolidFill::new().set_color(label.colour.as_str()).clone();
            chart
                .add_series()
                .set_name((own, first, column))
                .set_categories((own, first + 1, 0, last, 0))
                .set_values((own, first + 1, column, last, column))
                .set_format(ChartFormat::new().set_solid_fill(&fill))
                .set_gap(40);
        }
        chart.title().set_name(self.t("主题构成（占字数）", "Themes, share of characters"));
        chart.legend().set_position(ChartLegendPosition::Bottom);
        // The first document on top, as in the table; the figures stay below.
        chart.y_axis().set_reverse();
        chart.x_axis().set_num_format("0%").set_label_position(ChartAxisLabelPosition::High);
        Ok(chart)
    }
}
