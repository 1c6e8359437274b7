//! Documents beside one another: bars, the heat map, and the ranking by theme.

use std::fmt::{self, Write};

use super::charts::{self, Whisker};
use super::escape::Text;
use super::page::{Page, shares};
use crate::report::data::{Change, Measures};
use crate::report::numbers::{Count, Percent, Points};
use crate::theme::Language;

/// So many documents have bars of their own; with more, the heat map has them.
const BARS: usize = 60;
/// So many rows a table shows at the most; all are in the tables for programs.
pub const HEAT_ROWS: usize = 2000;
/// So many places a ranking shows.
const RANKING_ROWS: usize = 300;

/// The composition of each document as a bar.
pub fn bars(out: &mut String, page: &Page) -> fmt::Result {
    let documents = &page.report.documents;
    if documents.len() < 2 || documents.len() > BARS {
        return Ok(());
    }
    let about = page.t(
        "每条为一份文档，按字数计；每个段落归入一个主要主题，各段合计为100%。顺序同输入。",
        "A bar is a document, by characters; every paragraph has one primary theme, so the parts fill the bar. In the order of the input.",
    );
    page.section(out, "composition", page.t("各文档的主题构成", "What each document is made of"), about)?;
    page.legend(out, None)?;
    out.push_str("<div class=\"bars\">");
    for (at, document) in documents.iter().enumerate() {
        let shares = shares(&document.measures);
        write!(out, "<div class=\"name\">{}</div><div>", page.link(at, None))?;
        charts::stack(out, &shares, 22, "", &page.said(shares.iter().copied()))?;
        out.push_str("</div>");
    }
    out.push_str("<div></div><div class=\"axis\"><span>0%</span><span>25%</span><span>50%</span><span>75%</span><span>100%</span></div>");
    out.push_str("</div></section>");
    Ok(())
}

/// A heading of a table that sorts it.
pub fn heading(out: &mut String, name: &str, number: bool) -> fmt::Result {
    write!(
        out,
        "<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
        if number { " class=\"num\"" } else { "" },
        Text(name)
    )
}

/// A cell with a number, and the number to sort by.
pub fn number(out: &mut String, shown: impl fmt::Display, value: f64) -> fmt::Result {
    write!(out, "<td class=\"num\" data-v=\"{value}\">{shown}</td>")
}

/// The headings of the labels, with their swatches.
pub fn label_headings(out: &mut String, page: &Page) -> fmt::Result {
    for label in 0..page.report.labels.len() {
        write!(
            out,
            "<th scope=\"col\" class=\"num t{label}\"><button type=\"button\"><i class=\"swatch\"></i>{}</button></th>",
            Text(page.name(label))
        )?;
    }
    Ok(())
}

/// A cell for each label's share.
pub fn heat_cells(out: &mut String, measures: &Measures, most: f64) -> fmt::Result {
    measures.labels.iter().enumerate().try_for_each(|(at, label)| heat_cell(out, at, label.share_by_characters, most))
}

/// A cell for a label's share, the darker the higher; `most` is as dark as it gets.
pub fn heat_cell(out: &mut String, label: usize, share: f64, most: f64) -> fmt::Result {
    let dark = if most > 0.0 { (share / most).min(1.0) } else { 0.0 };
    write!(out, "<td class=\"h t{label}\" data-v=\"{share}\" style=\"--a:{dark:.2}\">{}</td>", Percent(share))
}

/// The highest share of a theme: what is darkest in a heat map. `other`, which is often most of all, would leave the themes pale.
pub fn darkest<'m>(page: &Page, measures: impl Iterator<Item = &'m Measures>) -> f64 {
    let themes: Vec<usize> = page.themes().collect();
    let share =
        |measures: &Measures, label: usize| measures.labels.get(label).map_or(0.0, |label| label.share_by_characters);
    measures.flat_map(|measures| themes.iter().map(move |&label| share(measures, label))).fold(0.0, f64::max)
}

/// Documents × themes.
pub fn heat(out: &mut String, page: &Page) -> fmt::Result {
    let report = page.report;
    let about = page.t(
        "按字数计的占比；颜色越浓，占比越高。点列名可排序，点文档名看其段落。均匀度：0为全部集中于一类，1为各类平均。",
        "Shares by characters; the stronger the colour, the higher. A click on a heading sorts, one on a document shows its paragraphs. Evenness: 0 when all goes to one label, 1 when every label has the same share.",
    );
    page.section(out, "documents", page.t("文档与主题", "Documents and themes"), about)?;
    let with_bars = report.documents.len() > BARS;
    write!(
        out,
        "<p class=\"js-only\"><input type=\"search\" class=\"button narrow-rows\" data-table=\"heat\" placeholder=\"{0}\" aria-label=\"{0}\"></p>",
        page.t("按名称筛选文档", "Filter documents by name")
    )?;
    out.push_str("<div class=\"table scroll\"><table class=\"heat sortable\" id=\"heat\"><thead><tr>");
    heading(out, page.t("文档", "Document"), false)?;
    heading(out, page.t("段落", "Paragraphs"), true)?;
    heading(out, page.t("字数", "Characters"), true)?;
    if with_bars {
        write!(out, "<th scope=\"col\">{}</th>", page.t("构成", "Composition"))?;
    }
    label_headings(out, page)?;
    heading(out, page.t("均匀度", "Evenness"), true)?;
    out.push_str("</tr></thead><tbody>");
    let most = darkest(page, report.documents.iter().map(|document| &document.measures));
    let row = |out: &mut String, name: &str, measures: &Measures| {
        write!(out, "<th scope=\"row\">{name}</th>")?;
        number(out, Count(measures.paragraphs), measures.paragraphs as f64)?;
        number(out, Count(measures.characters), measures.characters as f64)?;
        if with_bars {
            let shares = shares(measures);
            out.push_str("<td class=\"bar-cell\">");
            charts::stack(out, &shares, 14, "mini", &page.said(shares.iter().copied()))?;
            out.push_str("</td>");
        }
        heat_cells(out, measures, most)?;
        number(out, format_args!("{:.2}", measures.entropy), measures.entropy)
    };
    for (at, document) in report.documents.iter().enumerate().take(HEAT_ROWS) {
        write!(out, "<tr title=\"{}\">", Text(&document.name))?;
        row(out, &page.link(at, None), &document.measures)?;
        out.push_str("</tr>");
    }
    if report.documents.len() > 1 {
        out.push_str("</tbody><tfoot><tr class=\"total\">");
        row(out, page.t("合计", "In all"), &report.overall.measures)?;
        out.push_str("</tr></tfoot></table></div>");
    } else {
        out.push_str("</tbody></table></div>");
    }
    if report.documents.len() > HEAT_ROWS {
        more(out, page, HEAT_ROWS, report.documents.len())?;
    }
    out.push_str("</section>");
    Ok(())
}

/// That a table shows the first rows only.
pub fn more(out: &mut String, page: &Page, shown: usize, all: usize) -> fmt::Result {
    let (shown, all) = (Count(shown), Count(all));
    out.push_str("<p class=\"soft small\">");
    match page.language {
        Language::Chinese => write!(out, "此处显示{all}行中的{shown}行；全部见CSV、XLSX或JSON输出")?,
        Language::English => write!(out, "{shown} of {all} rows are shown; the CSV, XLSX and JSON outputs have all")?,
    }
    if let Some(index) = &page.index {
        let words = page.t("全部文档的页面目录", "a list of all documents' pages");
        write!(out, "{}<a href=\"{}\">{words}</a>", page.t("；另有", "; there is "), Text(index))?;
    }
    write!(out, "{}</p>", page.t("。", "."))
}

/// A change since the year before, if there is one.
pub fn change_cell(out: &mut String, change: Option<&Change>, label: usize) -> fmt::Result {
    match change.and_then(|change| change.labels.get(label)) {
        Some(&points) => number(out, Points(points), points),
        None => {
            out.push_str("<td class=\"num soft\">–</td>");
            Ok(())
        }
    }
}

/// For each theme the documents by its share.
pub fn ranking(out: &mut String, page: &Page) -> fmt::Result {
    let report = page.report;
    if report.documents.len() < 2 {
        return Ok(());
    }
    let about = page.t(
        "色条为按字数计的占比；圆点为期望占比（把分类的不确定性算进去），横线为其95%区间；虚线为各文档的平均。相差：与各文档平均之差，单位为百分点。",
        "The bar is the share by characters; the dot is the expected share, which counts in the doubt of the classifier, with its 95% interval; the dashed line is the mean of the documents. Difference: from that mean, in percentage points.",
    );
    page.section(out, "ranking", page.t("各主题的排名", "Ranking by theme"), about)?;
    tabs(out, page, "ranking")?;
    for label in page.themes() {
        ranking_of(out, page, label)?;
    }
    if report.documents.len() > RANKING_ROWS {
        more(out, page, RANKING_ROWS, report.documents.len())?;
    }
    out.push_str("</section>");
    Ok(())
}

/// Buttons that show one theme's panel at a time; without the script all panels stand one below another.
pub fn tabs(out: &mut String, page: &Page, group: &str) -> fmt::Result {
    write!(out, "<div class=\"tabs js-only\" role=\"tablist\" data-tabs=\"{group}\">")?;
    for (at, label) in page.themes().enumerate() {
        write!(
            out,
            "<button class=\"button t{label}\" role=\"tab\" id=\"{group}-tab-{label}\" aria-controls=\"{group}-{label}\" \
             aria-selected=\"{}\"><i class=\"swatch\"></i>{}</button>",
            at == 0,
            Text(page.name(label))
        )?;
    }
    out.push_str("</div>");
    Ok(())
}

fn ranking_of(out: &mut String, page: &Page, label: usize) -> fmt::Result {
    let documents = &page.report.documents;
    let figures = |at: usize| documents.get(at).and_then(|document| document.measures.labels.get(label));
    let mut order: Vec<(usize, f64)> =
        (0..documents.len()).filter_map(|at| Some((at, figures(at)?.share_by_characters))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(RANKING_ROWS);
    let top = order.iter().filter_map(|&(at, share)| Some(share.max(figures(at)?.expected_high))).fold(0.0, f64::max);
    let changes = documents.iter().any(|document| document.change.is_some());
    write!(
        out,
        "<div role=\"tabpanel\" id=\"ranking-{label}\" aria-labelledby=\"ranking-tab-{label}\" class=\"t{label}\">\
         <h3><i class=\"swatch\"></i>{}</h3><div class=\"table scroll\"><table class=\"sortable\"><thead><tr>",
        Text(page.name(label))
    )?;
    heading(out, page.t("名次", "Rank"), true)?;
    heading(out, page.t("文档", "Document"), false)?;
    heading(out, page.t("占比", "Share"), true)?;
    write!(out, "<th scope=\"col\"><span class=\"tick\">0–{}</span></th>", Percent(charts::round_up(top)))?;
    heading(out, page.t("期望占比", "Expected"), true)?;
    write!(out, "<th scope=\"col\" class=\"num\">{}</th>", page.t("95%区间", "95% interval"))?;
    heading(out, page.t("相差", "Difference"), true)?;
    if changes {
        heading(out, page.t("较上年", "Change"), true)?;
    }
    out.push_str("</tr></thead><tbody>");
    for (at, share) in order {
        let (Some(document), Some(figures)) = (documents.get(at), figures(at)) else { continue };
        out.push_str("<tr>");
        match figures.rank {
            Some(rank) => number(out, rank, rank as f64)?,
            None => out.push_str("<td></td>"),
        }
        write!(out, "<th scope=\"row\">{}</th>", page.link(at, None))?;
        number(out, Percent(share), share)?;
        out.push_str("<td class=\"bar-cell\">");
        let whisker = Whisker {
            share,
            expected: figures.expected,
            low: figures.expected_low,
            high: figures.expected_high,
            mean: share - figures.difference.unwrap_or(share),
            most: charts::round_up(top),
        };
        whisker.draw(out, &format!("{} {}", page.name(label), Percent(share)))?;
        out.push_str("</td>");
        number(out, Percent(figures.expected), figures.expected)?;
        write!(out, "<td class=\"num soft\">{}–{}</td>", Percent(figures.expected_low), Percent(figures.expected_high))?;
        match figures.difference {
            Some(difference) => number(out, Points(difference), difference)?,
            None => out.push_str("<td></td>"),
        }
        if changes {
            change_cell(out, document.change.as_ref(), label)?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div></div>");
    Ok(())
}
