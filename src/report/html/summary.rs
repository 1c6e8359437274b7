//! The head of the report: the figures in words, in one bar, and a card a theme.

use std::fmt::{self, Write};

use super::charts;
use super::escape::Text;
use super::page::{Page, is_other, shares};
use crate::report::data::{DocumentSummary, Measures};
use crate::report::numbers::{Count, Percent, Points};
use crate::theme::Language;

/// Title and what the report is about.
pub fn cover(out: &mut String, page: &Page) -> fmt::Result {
    let measures = &page.report.overall.measures;
    let documents = page.counted(measures.documents, "份文档", ["document", "documents"]);
    let paragraphs = page.counted(measures.paragraphs, "个段落", ["paragraph", "paragraphs"]);
    let characters = page.counted(measures.characters, "字", ["character", "characters"]);
    write!(out, "<div class=\"cover\"><h1>{}</h1><p>", page.t("政策主题报告", "Policy theme report"))?;
    write!(out, "{documents} · {paragraphs} · {characters}")?;
    let years: Vec<u16> = page.report.years.iter().map(|point| point.year).collect();
    match (years.first(), years.last()) {
        (Some(first), Some(last)) if first != last => write!(out, " · {first}–{last}{}", page.t("年", ""))?,
        (Some(year), _) => write!(out, " · {year}{}", page.t("年", ""))?,
        _ => {}
    }
    out.push_str("</p></div>");
    Ok(())
}

/// The section that comes first.
pub fn summary(out: &mut String, page: &Page) -> fmt::Result {
    page.section(out, "summary", page.t("要点", "Summary"), "")?;
    out.push_str("<div class=\"lede\">");
    for sentence in sentences(page)? {
        write!(out, "<p>{sentence}</p>")?;
    }
    out.push_str("</div>");
    let measures = &page.report.overall.measures;
    let shares = shares(measures);
    page.legend(out, Some(&shares))?;
    charts::stack(out, &shares, 38, "big", &page.said(shares.iter().copied()))?;
    out.push_str("<div class=\"cards\">");
    for label in page.themes() {
        card(out, page, label)?;
    }
    out.push_str("</div></section>");
    Ok(())
}

/// The label's share in each document, the highest first; equal ones in the order of the input.
fn ranked(documents: &[DocumentSummary], label: usize) -> Vec<(usize, f64)> {
    let share =
        |document: &DocumentSummary| document.measures.labels.get(label).map_or(0.0, |label| label.share_by_characters);
    let mut ranked: Vec<(usize, f64)> = documents.iter().map(share).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

/// The figures in words, as HTML.
fn sentences(page: &Page) -> Result<Vec<String>, fmt::Error> {
    let report = page.report;
    let measures = &report.overall.measures;
    let chinese = page.language == Language::Chinese;
    let mut sentences = vec![scope(page)?];
    if measures.paragraphs == 0 {
        return Ok(sentences);
    }
    sentences.push(attention(page, measures)?);
    if report.documents.len() > 1 {
        let spread = |label: usize| {
            let ranked = ranked(&report.documents, label);
            let (highest, lowest) = (*ranked.first()?, *ranked.last()?);
            (highest.1 > lowest.1).then_some((label, highest, lowest))
        };
        let widest = page.themes().filter_map(spread).max_by(|a, b| (a.1.1 - a.2.1).total_cmp(&(b.1.1 - b.2.1)));
        if let Some((label, highest, lowest)) = widest {
            let (name, high, low) = (Text(page.name(label)), page.link(highest.0, None), page.link(lowest.0, None));
            let (most, least) = (Percent(highest.1), Percent(lowest.1));
            sentences.push(if chinese {
                format!("各文档之间差别最大的是<b>{name}</b>：最高的是{high}，占{most}；最低的是{low}，占{least}。")
            } else {
                format!(
                    "Documents differ most in <b>{name}</b>: {high} gives it the most, {most}, and {low} the least, {least}."
                )
            });
        }
    }
    if let Some(sentence) = movement(page)? {
        sentences.push(sentence);
    }
    Ok(sentences)
}

/// What was read.
fn scope(page: &Page) -> Result<String, fmt::Error> {
    let measures = &page.report.overall.measures;
    let failed = page.report.failed.len();
    let mut text = if page.language == Language::Chinese {
        format!(
            "本报告分析了{}份文档，共{}个段落、{}字。标题、名词解释和网页杂质不计在内。",
            Count(measures.documents),
            Count(measures.paragraphs),
            Count(measures.characters)
        )
    } else {
        format!(
            "This report covers {}: {} with {}. Titles, headings, glossaries and web boilerplate are not counted.",
            page.counted(measures.documents, "", ["document", "documents"]),
            page.counted(measures.paragraphs, "", ["paragraph", "paragraphs"]),
            page.counted(measures.characters, "", ["character", "characters"]),
        )
    };
    if failed > 0 {
        let link = |words: &str| format!("<a class=\"warn\" href=\"#left-out\">{words}</a>");
        if page.language == Language::Chinese {
            write!(text, "另有{}，其中的内容不在以下数字之内。", link(&format!("{}份文档未能读取", Count(failed))))?;
        } else {
            let words = format!("{} could not be read", page.counted(failed, "", ["further document", "further documents"]));
            write!(text, " {}: see what was left out.", link(&words))?;
        }
    }
    Ok(text)
}

/// What attention goes to, in all.
fn attention(page: &Page, measures: &Measures) -> Result<String, fmt::Error> {
    let chinese = page.language == Language::Chinese;
    let mut themes: Vec<(usize, f64)> =
        page.themes().filter_map(|label| Some((label, measures.labels.get(label)?.share_by_characters))).collect();
    themes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut text = String::new();
    if let Some((&(first, share), others)) = themes.split_first() {
        let (name, share) = (Text(page.name(first)), Percent(share));
        if chinese {
            write!(text, "按字数计，篇幅最大的主题是<b>{name}</b>，占<b>{share}</b>")?;
        } else {
            write!(text, "By characters, <b>{name}</b> takes the most space, <b>{share}</b>")?;
        }
        // More than a handful is what the legend is for.
        for (at, &(label, share)) in others.iter().take(4).enumerate() {
            let (name, share) = (Text(page.name(label)), Percent(share));
            match (chinese, at) {
                (true, 0) => write!(text, "；其后依次是{name}（{share}）")?,
                (true, _) => write!(text, "、{name}（{share}）")?,
                (false, 0) => write!(text, ", followed by {name} ({share})")?,
                (false, _) => write!(text, ", {name} ({share})")?,
            }
        }
        text.push_str(page.t("。", "."));
    }
    let other = page.report.labels.iter().position(is_other).and_then(|at| measures.labels.get(at));
    if let Some(other) = other {
        let share = Percent(other.share_by_characters);
        if chinese {
            write!(text, "其余{share}不属于以上任何主题，归入“其他”。")?;
        } else {
            write!(text, " The remaining {share} belongs to none of the themes and is counted as other.")?;
        }
    }
    Ok(text)
}

/// What moved over the years: the largest change of like with like, or else from the first year to the last.
fn movement(page: &Page) -> Result<Option<String>, fmt::Error> {
    let years = &page.report.years;
    let chinese = page.language == Language::Chinese;
    let (Some(first), Some(last)) = (years.first(), years.last()) else { return Ok(None) };
    if first.year == last.year {
        return Ok(None);
    }
    if let Some(change) = &last.change {
        let of = |label: usize| Some((label, *change.labels.get(label)?));
        let Some((label, points)) = page.themes().filter_map(of).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
            return Ok(None);
        };
        let (name, series, points) = (Text(page.name(label)), Count(change.series), Points(points));
        return Ok(Some(if chinese {
            format!(
                "{}年与{}年相比（只比较两年都有文档的{series}个地区），变动最大的是<b>{name}</b>：{points}个百分点。",
                last.year, change.since
            )
        } else {
            format!(
                "From {} to {}, in the regions with documents of both years ({series}), <b>{name}</b> moved most: {points} percentage points.",
                change.since, last.year
            )
        }));
    }
    let share = |measures: &Measures, label: usize| Some(measures.labels.get(label)?.share_by_characters);
    let of = |label: usize| Some((label, share(&first.measures, label)?, share(&last.measures, label)?));
    let most = page.themes().filter_map(of).max_by(|a, b| (a.2 - a.1).abs().total_cmp(&(b.2 - b.1).abs()));
    Ok(most.map(|(label, before, after)| {
        let (name, before, after) = (Text(page.name(label)), Percent(before), Percent(after));
        if chinese {
            format!(
                "从{}年到{}年，占比变动最大的是<b>{name}</b>：由{before}变为{after}。各年文档的地区不同，变动也含地区差别。",
                first.year, last.year
            )
        } else {
            format!(
                "From {} to {}, <b>{name}</b> moved most: from {before} to {after}. The years have documents of different regions, so part of it is a difference between regions.",
                first.year, last.year
            )
        }
    }))
}

/// What there is to say of a theme at a glance.
fn card(out: &mut String, page: &Page, label: usize) -> fmt::Result {
    let report = page.report;
    let measures = &report.overall.measures;
    let Some(figures) = measures.labels.get(label) else { return Ok(()) };
    write!(
        out,
        "<div class=\"card t{label}\"><h3>{}</h3><div class=\"figure\">{}<small>{}</small></div><dl>\
         <dt title=\"{}\">{}</dt><dd>{} <span class=\"soft nowrap\">[{}–{}]</span></dd><dt>{}</dt><dd>{}</dd>",
        Text(page.name(label)),
        Percent(figures.share_by_characters),
        page.t("占字数", "of characters"),
        page.t(
            "把分类的不确定性算进去的占比；方括号内为95%区间",
            "the share with the doubt of the classifier counted in; in brackets its 95% interval"
        ),
        page.t("期望占比", "expected"),
        Percent(figures.expected),
        Percent(figures.expected_low),
        Percent(figures.expected_high),
        page.t("占段落", "of paragraphs"),
        Percent(figures.share_by_paragraphs),
    )?;
    if let Some(theme) = measures.themes.iter().find(|theme| theme.theme == figures.label) {
        let words = page.t("涉及的段落", "touched in");
        write!(out, "<dt>{words}</dt><dd>{}</dd>", Percent(theme.share))?;
    }
    let ranked = ranked(&report.documents, label);
    if let (Some(highest), Some(lowest), true) = (ranked.first(), ranked.last(), ranked.len() > 1) {
        for (words, (document, share)) in [(page.t("最高", "highest"), highest), (page.t("最低", "lowest"), lowest)] {
            write!(
                out,
                "<dt>{words}</dt><dd>{}</dd><dd class=\"whole\">{}</dd>",
                Percent(*share),
                page.link(*document, None)
            )?;
        }
    }
    out.push_str("</dl></div>");
    Ok(())
}
