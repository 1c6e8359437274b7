//! The report on a terminal: bars of attention, fitted to its width.

use std::fmt::Write;

use anstyle::Style;
use policy_topics::report::data::{Measures, Report};
use policy_topics::report::groups::{column_name, value_name};
use policy_topics::report::numbers::{Count, Percent, Points};
use policy_topics::report::summary::sentences;
use policy_topics::theme::{Label, Language, OTHER};
use unicode_width::UnicodeWidthStr;

use crate::cli::style;

/// What bars are drawn with where there are no colours, label by label; `other` is a dot.
const SHADES: [&str; 4] = ["█", "▓", "▒", "░"];
const DOT: &str = "·";
/// A bar of fewer columns says nothing.
const SHORTEST_BAR: usize = 12;
const LONGEST_BAR: usize = 50;
/// `100.0%`.
const NUMBER: usize = 6;
const SHORTEST_NAME: usize = 12;

/// The report, in lines that fit.
pub fn table(report: &Report, language: Language) -> String {
    let page = Page { report, language, width: style::width(), coloured: style::coloured() };
    let mut out = String::new();
    // Writing to a string never fails.
    let _ = page.write(&mut out);
    out
}

struct Page<'r> {
    report: &'r Report,
    language: Language,
    width: usize,
    coloured: bool,
}

/// How the width is shared out.
struct Layout {
    name: usize,
    characters: usize,
    /// The labels that have room for their number, and how much.
    labels: Vec<(usize, usize)>,
    bar: usize,
}

impl Page<'_> {
    fn t<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.pick(chinese, english)
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let report = self.report;
        for sentence in sentences(report, self.language) {
            writeln!(out, "{sentence}")?;
        }
        out.push('\n');
        self.legend(out)?;
        let in_all = (self.t("合计", "in all").to_owned(), &report.overall.measures);
        let documents = report.documents.iter().map(|document| (document.short_name.clone(), &document.measures));
        let mut rows: Vec<(String, &Measures)> = documents.collect();
        if rows.len() > 1 {
            rows.push(in_all);
        }
        self.shares(
            out,
            self.t("主要主题，字数占比", "Primary theme, share of characters"),
            self.t("文档", "document"),
            &rows,
        )?;
        if report.years.len() > 1 {
            let years = report.years.iter().map(|point| (point.year.to_string(), &point.measures));
            self.shares(out, self.t("历年", "By year"), self.t("年份", "year"), &years.collect::<Vec<_>>())?;
            self.changes(out)?;
        }
        for grouping in report.groupings.iter().filter(|grouping| grouping.column != "year" || report.years.len() < 2) {
            let name = |value: &Option<String>| value_name(&grouping.column, value.as_deref(), self.language);
            let groups = grouping.groups.iter().map(|group| (name(&group.value), &group.measures));
            let column = column_name(&grouping.column, self.language);
            let title = format!("{}{column}", self.t("分组：", "By "));
            self.shares(out, &title, column, &groups.collect::<Vec<_>>())?;
        }
        self.themes(out)?;
        self.left_out(out)
    }

    /// What colours or shades mean.
    fn legend(&self, out: &mut String) -> std::fmt::Result {
        let parts: Vec<(String, usize)> = (0..self.report.labels.len())
            .map(|label| {
                let name = self.name(label);
                (format!("{} {name}", self.cell(label, 2)), 3 + name.width())
            })
            .collect();
        let mut used = 0;
        for (part, width) in parts {
            if used > 0 && used + 3 + width > self.width {
                out.push('\n');
                used = 0;
            }
            let gap = if used > 0 { 3 } else { 0 };
            write!(out, "{}{part}", " ".repeat(gap))?;
            used += gap + width;
        }
        out.push_str("\n\n");
        Ok(())
    }

    fn name(&self, label: usize) -> &str {
        self.report.labels.get(label).map_or("", |label| label.name(self.language))
    }

    /// So many columns of a label's colour or shade.
    fn cell(&self, label: usize, width: usize) -> String {
        let is_other = self.report.labels.get(label).is_some_and(|label| label.id == OTHER);
        let glyph = match () {
            () if is_other => DOT,
            () if self.coloured => SHADES[0],
            () => SHADES[label % SHADES.len()],
        };
        let style = self.report.labels.get(label).map_or(Style::new(), |of| style::colour(&Label::new(&of.id), label));
        let text = glyph.repeat(width);
        if self.coloured && width > 0 { format!("{style}{text}{style:#}") } else { text }
    }

    fn layout(&self, longest_name: usize) -> Layout {
        let characters =
            self.t("字数", "chars").width().max(Count(self.report.overall.measures.characters).to_string().width());
        let room = self.width.saturating_sub(characters + 1);
        // As many labels as fit beside a short name, the rest being in the bar alone.
        let fit = room.saturating_sub(SHORTEST_NAME.min(longest_name)) / (NUMBER + 1);
        let count = self.report.labels.len().min(fit);
        let left = room.saturating_sub(count * (NUMBER + 1));
        // Of what is left the name gets what it needs, up to not quite half, and the bar the most part of the rest.
        let name = longest_name.min((left * 9 / 20).max(SHORTEST_NAME.min(left)));
        let left = left.saturating_sub(name);
        let wanted = |label: usize| self.name(label).width().saturating_sub(NUMBER);
        let headings = (0..count).map(wanted).sum::<usize>().min(left / 3);
        let bar = left.saturating_sub(headings + 1).min(LONGEST_BAR);
        let bar = if bar < SHORTEST_BAR { 0 } else { bar };
        let mut spare = left.saturating_sub(if bar > 0 { bar + 1 } else { 0 });
        let mut labels: Vec<(usize, usize)> = (0..count).map(|label| (label, NUMBER)).collect();
        // Column by column, so that one long heading does not take everything.
        while spare > 0 && labels.iter().any(|&(label, width)| width < NUMBER + wanted(label)) {
            for (_, width) in labels.iter_mut().filter(|(label, width)| *width < NUMBER + wanted(*label)) {
                let more = spare.min(1);
                *width += more;
                spare -= more;
            }
        }
        Layout { name, characters, labels, bar }
    }

    fn shares(&self, out: &mut String, title: &str, first: &str, rows: &[(String, &Measures)]) -> std::fmt::Result {
        let longest = rows.iter().map(|(name, _)| name.width()).chain([first.width()]).max().unwrap_or(0);
        let layout = self.layout(longest);
        writeln!(out, "{title}")?;
        let mut line = format!("{} {}", style::fit(first, layout.name), right(self.t("字数", "chars"), layout.characters));
        for &(label, width) in &layout.labels {
            write!(line, " {}", right(self.name(label), width))?;
        }
        writeln!(out, "{}", line.trim_end())?;
        for (name, measures) in rows {
            let count = Count(measures.characters).to_string();
            write!(out, "{} {}", style::fit(name, layout.name), right(&count, layout.characters))?;
            for &(label, width) in &layout.labels {
                let share = measures.labels.get(label).map_or(0.0, |of| of.share_by_characters);
                write!(out, " {}", right(&Percent(share).to_string(), width))?;
            }
            if layout.bar > 0 {
                write!(out, " {}", self.bar(measures, layout.bar))?;
            }
            out.push('\n');
        }
        if layout.labels.len() < self.report.labels.len() {
            writeln!(out, "{}", self.t("窗口太窄，其余主题见 --csv", "too narrow for all themes: --csv has the others"))?;
        }
        out.push('\n');
        Ok(())
    }

    /// A bar of all labels: each ends where the sum up to it, rounded, ends, so that the bar is always full.
    fn bar(&self, measures: &Measures, width: usize) -> String {
        let mut bar = String::new();
        let (mut sum, mut drawn) = (0.0, 0);
        for (label, of) in measures.labels.iter().enumerate() {
            sum += of.share_by_characters;
            let end = ((sum * width as f64).round() as usize).min(width);
            bar.push_str(&self.cell(label, end.saturating_sub(drawn)));
            drawn = end.max(drawn);
        }
        bar
    }

    fn changes(&self, out: &mut String) -> std::fmt::Result {
        for (point, change) in self.report.years.iter().filter_map(|point| Some((point, point.change.as_ref()?))) {
            let changes: Vec<String> = (0..)
                .zip(&change.labels)
                .map(|(label, change)| format!("{} {}", self.name(label), Points(*change)))
                .collect();
            let (since, year, regions) = (change.since, point.year, change.series);
            match self.language {
                Language::Chinese => {
                    writeln!(out, "{year}年比{since}年（{regions}个地区，百分点）：{}", changes.join("、"))?;
                }
                Language::English => {
                    let regions = format!("{regions} region{}", if regions == 1 { "" } else { "s" });
                    writeln!(out, "{since} to {year}, {regions}, in points: {}", changes.join(", "))?;
                }
            }
        }
        if self.report.years.iter().any(|point| point.change.is_some()) {
            out.push('\n');
        }
        Ok(())
    }

    /// The other figures of every label, over all documents.
    fn themes(&self, out: &mut String) -> std::fmt::Result {
        let measures = &self.report.overall.measures;
        let headings = [
            self.t("合计", "in all"),
            self.t("字数", "by characters"),
            self.t("段落", "by paragraphs"),
            self.t("期望 [95%区间]", "expected [95%]"),
            self.t("涉及", "touched in"),
        ];
        let rows = self.report.labels.iter().zip(&measures.labels).map(|(label, of)| {
            let touching = measures.themes.iter().find(|theme| theme.theme == of.label);
            [
                label.name(self.language).to_owned(),
                Percent(of.share_by_characters).to_string(),
                Percent(of.share_by_paragraphs).to_string(),
                format!("{} [{}, {}]", Percent(of.expected), Percent(of.expected_low), Percent(of.expected_high)),
                touching.map_or_else(String::new, |theme| Percent(theme.share).to_string()),
            ]
        });
        let rows: Vec<[String; 5]> = std::iter::once(headings.map(str::to_owned)).chain(rows).collect();
        let widths: Vec<usize> = (0..5).map(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or(0)).collect();
        for row in &rows {
            let mut line = style::fit(&row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                write!(line, "  {}", right(cell, *width))?;
            }
            // The last columns go where there is no room for them.
            writeln!(out, "{}", style::fit(line.trim_end(), line.trim_end().width().min(self.width)))?;
        }
        out.push('\n');
        Ok(())
    }

    fn left_out(&self, out: &mut String) -> std::fmt::Result {
        let measures = &self.report.overall.measures;
        let separator = self.t("、", ", ");
        if !measures.left_out.is_empty() {
            let counts: Vec<String> = measures
                .left_out
                .iter()
                .map(|left| match self.language {
                    Language::Chinese => format!("{}{}行", left.kind.name(self.language), Count(left.blocks)),
                    Language::English => format!("{} {}", Count(left.blocks), left.kind.name(self.language)),
                })
                .collect();
            writeln!(out, "{}{}", self.t("未计入：", "Left out, in lines: "), counts.join(separator))?;
        }
        if !self.report.failed.is_empty() {
            writeln!(out, "{}{}", self.t("未能读取的文档：", "Documents that failed: "), self.report.failed.len())?;
        }
        Ok(())
    }
}

/// Text to the right of `width` columns, cut if it is longer.
fn right(text: &str, width: usize) -> String {
    if text.width() >= width {
        return style::fit(text, width);
    }
    format!("{}{text}", " ".repeat(width - text.width()))
}
