//! Groups of documents beside one another, and what moved over the years.

use std::fmt::{self, Write};

use super::charts;
use super::documents::{HEAT_ROWS, change_cell, darkest, heading, heat_cell, heat_cells, label_headings, more, number};
use super::escape::Text;
use super::page::{Page, shares};
use super::terms;
use crate::report::data::{Change, Group, Grouping, YearPoint};
use crate::report::groups::{column_name, value_name};
use crate::report::numbers::{Count, Percent, Points};

/// So many groups of a column have their terms shown.
const WITH_TERMS: usize = 60;

/// Lines over the years and a table of them, where there are two years or more.
pub fn years(out: &mut String, page: &Page) -> fmt::Result {
    let years = &page.report.years;
    if years.len() < 2 {
        return Ok(());
    }
    let about = page.t(
        "各年全部文档按字数计的占比。“较上年”只比较两年都有文档的地区（同一地区与自身相比），单位为百分点。",
        "Shares by characters of all documents of a year. The change compares like with like: only regions with documents of both years, in percentage points.",
    );
    page.section(out, "years", page.t("历年变化", "Over the years"), about)?;
    panels(out, page, years)?;
    year_table(out, page, years)?;
    out.push_str("</section>");
    Ok(())
}

/// A panel a theme, all with one scale.
fn panels(out: &mut String, page: &Page, years: &[YearPoint]) -> fmt::Result {
    let most = charts::round_up(darkest(page, years.iter().map(|point| &point.measures)));
    out.push_str("<div class=\"panels\">");
    for label in page.themes() {
        let share = |point: &YearPoint| Some((point.year, point.measures.labels.get(label)?.share_by_characters));
        let points: Vec<(u16, f64)> = years.iter().filter_map(share).collect();
        let name = page.name(label);
        write!(out, "<figure class=\"panel t{label}\"><figcaption><i class=\"swatch\"></i>{}</figcaption>", Text(name))?;
        let said: Vec<String> = points.iter().map(|(year, share)| format!("{year} {}", Percent(*share))).collect();
        charts::line(out, &points, most, &format!("{name}: {}", said.join(page.t("，", ", "))))?;
        out.push_str("</figure>");
    }
    out.push_str("</div>");
    Ok(())
}

fn year_table(out: &mut String, page: &Page, years: &[YearPoint]) -> fmt::Result {
    out.push_str("<div class=\"table\"><table class=\"heat sortable\"><thead><tr>");
    heading(out, page.t("年份", "Year"), false)?;
    heading(out, page.t("文档", "Documents"), true)?;
    label_headings(out, page)?;
    let changed = years.iter().any(|point| point.change.is_some());
    if changed {
        for label in page.themes() {
            write!(
                out,
                "<th scope=\"col\" class=\"num t{label}\">{}<br><i class=\"swatch\"></i>{}</th>",
                page.t("较上年", "Change"),
                Text(page.name(label))
            )?;
        }
    }
    out.push_str("</tr></thead><tbody>");
    let most = darkest(page, years.iter().map(|point| &point.measures));
    for point in years {
        write!(out, "<tr><th scope=\"row\" data-v=\"{0}\">{0}</th>", point.year)?;
        number(out, Count(point.measures.documents), point.measures.documents as f64)?;
        heat_cells(out, &point.measures, most)?;
        if changed {
            changes(out, page, point.change.as_ref())?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    Ok(())
}

fn changes(out: &mut String, page: &Page, change: Option<&Change>) -> fmt::Result {
    page.themes().try_for_each(|label| change_cell(out, change, label))
}

/// A section for each column the documents are grouped by.
pub fn groupings(out: &mut String, page: &Page) -> fmt::Result {
    for (at, grouping) in page.report.groupings.iter().enumerate() {
        let column = column_name(&grouping.column, page.language);
        let title = match page.language {
            crate::theme::Language::Chinese => format!("按{column}分组"),
            crate::theme::Language::English => format!("By {column}"),
        };
        let about = page.t(
            "各组全部文档合在一起，按字数计。相差：与各组平均之差，单位为百分点。",
            "The documents of a group taken together, by characters. Difference: from the mean of the groups, in percentage points.",
        );
        page.section(out, &format!("group-{}", at + 1), &Text(&title).to_string(), about)?;
        page.legend(out, None)?;
        table(out, page, grouping, column)?;
        if grouping.groups.len() > HEAT_ROWS {
            more(out, page, HEAT_ROWS, grouping.groups.len())?;
        }
        differences(out, page, grouping, column)?;
        by_year(out, page, grouping, column, at)?;
        write!(out, "<details class=\"terms-of\"><summary>{}</summary>", page.t("各组的主题词", "Terms of the groups"))?;
        for group in grouping.groups.iter().take(WITH_TERMS) {
            let name = group_name(page, grouping, group);
            write!(out, "<details class=\"terms-of\"><summary>{}</summary>", Text(&name))?;
            terms::of(out, page, &group.details, 8)?;
            out.push_str("</details>");
        }
        out.push_str("</details>");
        out.push_str("</section>");
    }
    Ok(())
}

fn table(out: &mut String, page: &Page, grouping: &Grouping, column: &str) -> fmt::Result {
    out.push_str("<div class=\"table scroll\"><table class=\"heat sortable\"><thead><tr>");
    heading(out, column, false)?;
    heading(out, page.t("文档", "Documents"), true)?;
    heading(out, page.t("段落", "Paragraphs"), true)?;
    write!(out, "<th scope=\"col\">{}</th>", page.t("构成", "Composition"))?;
    label_headings(out, page)?;
    heading(out, page.t("均匀度", "Evenness"), true)?;
    out.push_str("</tr></thead><tbody>");
    let most = darkest(page, grouping.groups.iter().map(|group| &group.measures));
    for group in grouping.groups.iter().take(HEAT_ROWS) {
        let measures = &group.measures;
        write!(out, "<tr><th scope=\"row\">{}</th>", Text(&group_name(page, grouping, group)))?;
        number(out, Count(measures.documents), measures.documents as f64)?;
        number(out, Count(measures.paragraphs), measures.paragraphs as f64)?;
        let shares = shares(measures);
        out.push_str("<td class=\"bar-cell\">");
        charts::stack(out, &shares, 16, "mini", &page.said(shares.iter().copied()))?;
        out.push_str("</td>");
        heat_cells(out, measures, most)?;
        number(out, format_args!("{:.2}", measures.entropy), measures.entropy)?;
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    Ok(())
}

/// How far each group is from the mean of the groups, with its rank.
fn differences(out: &mut String, page: &Page, grouping: &Grouping, column: &str) -> fmt::Result {
    if grouping.groups.len() < 2 {
        return Ok(());
    }
    write!(out, "<h3>{}</h3>", page.t("与各组平均的相差（名次）", "Difference from the mean of the groups (rank)"))?;
    out.push_str("<div class=\"table scroll\"><table class=\"sortable\"><thead><tr>");
    heading(out, column, false)?;
    label_headings(out, page)?;
    let changed = grouping.groups.iter().any(|group| group.change.is_some());
    if changed {
        for label in page.themes() {
            heading(out, &format!("{} {}", page.t("较上年", "Change,"), page.name(label)), true)?;
        }
    }
    out.push_str("</tr></thead><tbody>");
    for group in grouping.groups.iter().take(HEAT_ROWS) {
        write!(out, "<tr><th scope=\"row\">{}</th>", Text(&group_name(page, grouping, group)))?;
        for figures in &group.measures.labels {
            match (figures.difference, figures.rank) {
                (Some(difference), Some(rank)) => {
                    let shown = format!("{} <span class=\"soft\">({rank})</span>", Points(difference));
                    number(out, shown, difference)?;
                }
                _ => out.push_str("<td class=\"num soft\">–</td>"),
            }
        }
        if changed {
            changes(out, page, group.change.as_ref())?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    Ok(())
}

/// Groups × years for each theme, where groups have documents of several years.
fn by_year(out: &mut String, page: &Page, grouping: &Grouping, column: &str, at: usize) -> fmt::Result {
    let moving: Vec<&Group> = grouping.groups.iter().filter(|group| group.years.len() > 1).take(HEAT_ROWS).collect();
    if moving.is_empty() {
        return Ok(());
    }
    let mut years: Vec<u16> = moving.iter().flat_map(|group| group.years.iter().map(|point| point.year)).collect();
    years.sort_unstable();
    years.dedup();
    let name = format!("years-{}", at + 1);
    write!(out, "<h3>{}</h3>", page.t("有多年文档的各组历年占比", "Groups with documents of several years"))?;
    super::documents::tabs(out, page, &name)?;
    let most = darkest(page, moving.iter().flat_map(|group| group.years.iter().map(|point| &point.measures)));
    for label in page.themes() {
        write!(
            out,
            "<div role=\"tabpanel\" id=\"{name}-{label}\" aria-labelledby=\"{name}-tab-{label}\"><h4><i class=\"swatch t{label}\"></i>{}</h4>\
             <div class=\"table scroll\"><table class=\"heat sortable\"><thead><tr>",
            Text(page.name(label))
        )?;
        heading(out, column, false)?;
        years.iter().try_for_each(|year| heading(out, &year.to_string(), true))?;
        out.push_str("</tr></thead><tbody>");
        for group in &moving {
            write!(out, "<tr><th scope=\"row\">{}</th>", Text(&group_name(page, grouping, group)))?;
            for year in &years {
                let point = group.years.iter().find(|point| point.year == *year);
                match point.and_then(|point| point.measures.labels.get(label)) {
                    Some(figures) => heat_cell(out, label, figures.share_by_characters, most)?,
                    None => out.push_str("<td class=\"num soft\">–</td>"),
                }
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div></div>");
    }
    Ok(())
}

/// A group's value as people see it.
fn group_name(page: &Page, grouping: &Grouping, group: &Group) -> String {
    value_name(&grouping.column, group.value.as_deref(), page.language)
}
