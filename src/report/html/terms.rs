//! What is behind the figures: terms, telling words, and paragraphs.

use std::fmt::{self, Write};

use super::charts;
use super::escape::Text;
use super::page::Page;
use crate::report::data::{Details, Example};
use crate::report::numbers::{Count, Percent};

/// So many terms are shown of each list.
const TERMS: usize = 15;
/// So many paragraphs of a theme are in sight; the others unfold.
const IN_SIGHT: usize = 2;

/// The terms of all documents together.
pub fn overall(out: &mut String, page: &Page) -> fmt::Result {
    let about = page.t(
        "左：对判定贡献最大的词语（权重×TF-IDF，逐段相加）。右：与其他主题的段落相比显著多用的词（对数似然比G²，3.84为5%显著水平，10.83为0.1%）。",
        "Left: the terms that spoke most for the theme (weight × TF-IDF, summed over its paragraphs). Right: words that are used more here than in the paragraphs of other themes (log-likelihood G²: 3.84 is significant at 5%, 10.83 at 0.1%).",
    );
    page.section(out, "terms", page.t("主题词", "Terms"), about)?;
    of(out, page, &page.report.overall.details, TERMS)?;
    out.push_str("</section>");
    Ok(())
}

/// The terms of each label, `count` of each list at the most.
pub fn of(out: &mut String, page: &Page, details: &Details, count: usize) -> fmt::Result {
    out.push_str("<div class=\"columns\">");
    for (label, details) in details.labels.iter().enumerate() {
        if details.terms.is_empty() && details.keyness.is_empty() {
            continue;
        }
        write!(
            out,
            "<div class=\"t{label}\"><h3><i class=\"swatch\"></i>{}</h3><table class=\"terms\"><thead><tr>\
             <th scope=\"col\">{}</th><th scope=\"col\" class=\"num\">{}</th><td></td><th scope=\"col\" class=\"second\">{}</th><th scope=\"col\" class=\"num\">G²</th><td></td>\
             </tr></thead><tbody>",
            Text(page.name(label)),
            page.t("词语", "Term"),
            page.t("贡献", "Contribution"),
            page.t("显著词", "Telling word"),
        )?;
        let contribution = details.terms.first().map_or(0.0, |term| term.contribution);
        let g2 = details.keyness.first().map_or(0.0, |word| word.g2);
        let rows = details.terms.len().max(details.keyness.len()).min(count);
        for row in 0..rows {
            out.push_str("<tr>");
            match details.terms.get(row) {
                Some(term) => {
                    write!(
                        out,
                        "<td data-text>{}</td><td class=\"num\">{:.1}</td><td class=\"spark\">",
                        Text(&term.term),
                        term.contribution
                    )?;
                    charts::bar(out, term.contribution, contribution)?;
                    out.push_str("</td>");
                }
                None => out.push_str("<td></td><td></td><td></td>"),
            }
            match details.keyness.get(row) {
                Some(word) => {
                    let (here, there) = (Count(word.count as usize), Count(word.reference_count as usize));
                    write!(
                        out,
                        "<td class=\"second\" data-text title=\"{}\">{}</td><td class=\"num\">{:.1}</td><td class=\"spark\">",
                        page.t("此处 ", "here ").to_owned()
                            + &format!("{here}")
                            + page.t("次，对照 ", ", compared ")
                            + &format!("{there}")
                            + page.t("次", ""),
                        Text(&word.word),
                        word.g2
                    )?;
                    charts::bar(out, word.g2, g2)?;
                    out.push_str("</td>");
                }
                None => out.push_str("<td class=\"second\"></td><td></td><td></td>"),
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
    }
    out.push_str("</div>");
    Ok(())
}

/// The paragraphs that stand for each theme.
pub fn representative(out: &mut String, page: &Page) -> fmt::Result {
    let details = &page.report.overall.details;
    if page.themes().all(|label| details.labels.get(label).is_none_or(|details| details.representative.is_empty())) {
        return Ok(());
    }
    let about = page.t(
        "每个主题中概率最高且彼此不雷同的段落。",
        "The paragraphs with the highest probability of each theme, no two of them near-duplicates.",
    );
    page.section(out, "representative", page.t("代表性段落", "Representative paragraphs"), about)?;
    for label in page.themes() {
        let Some(examples) = details.labels.get(label).map(|details| &details.representative) else { continue };
        if examples.is_empty() {
            continue;
        }
        write!(out, "<h3 class=\"t{label}\"><i class=\"swatch\"></i>{}</h3><div class=\"quotes\">", Text(page.name(label)))?;
        let (first, others) = examples.split_at(examples.len().min(IN_SIGHT));
        first.iter().try_for_each(|example| quote(out, page, example))?;
        out.push_str("</div>");
        if !others.is_empty() {
            write!(out, "<details><summary>{}</summary><div class=\"quotes\">", page.t("更多", "More"))?;
            others.iter().try_for_each(|example| quote(out, page, example))?;
            out.push_str("</div></details>");
        }
    }
    out.push_str("</section>");
    Ok(())
}

/// The paragraphs a person should look at.
pub fn least_certain(out: &mut String, page: &Page) -> fmt::Result {
    let examples = &page.report.overall.details.least_certain;
    if examples.is_empty() {
        return Ok(());
    }
    let about = page.t(
        "最高的两个概率最接近的段落，判定可能因人而异，宜人工复核。",
        "The paragraphs whose two highest probabilities are closest: where a person should look.",
    );
    page.section(out, "least-certain", page.t("最不确定的段落", "Least certain paragraphs"), about)?;
    for example in examples {
        out.push_str("<div class=\"review\"><div>");
        let candidates = [Some((example.primary, example.probability)), example.second];
        for (label, probability) in candidates.into_iter().flatten() {
            write!(
                out,
                "<div class=\"t{label}\"><i class=\"swatch\"></i>{} <b>{}</b></div>",
                Text(page.name(label)),
                Percent(probability)
            )?;
        }
        out.push_str("</div><div class=\"small soft\">");
        place(out, page, example)?;
        write!(out, "</div><p data-text>{}</p></div>", Text(&example.text))?;
    }
    out.push_str("</section>");
    Ok(())
}

/// Where a paragraph stands.
fn place(out: &mut String, page: &Page, example: &Example) -> fmt::Result {
    out.push_str(&page.link(example.document, Some(example.index)));
    example.section.iter().try_for_each(|heading| write!(out, " › <span data-text>{}</span>", Text(heading)))
}

/// A paragraph with where it stands.
fn quote(out: &mut String, page: &Page, example: &Example) -> fmt::Result {
    write!(
        out,
        "<figure class=\"quote t{}\"><blockquote data-text>{}</blockquote><footer><b>{} {}</b>",
        example.primary,
        Text(&example.text),
        Text(page.name(example.primary)),
        Percent(example.probability)
    )?;
    if let Some((second, probability)) = example.second {
        write!(out, " · {} {}", Text(page.name(second)), Percent(probability))?;
    }
    out.push_str("<br>");
    place(out, page, example)?;
    out.push_str("</footer></figure>");
    Ok(())
}
