//! What is not in the figures, and why.

use std::fmt::{self, Write};

use super::documents::{HEAT_ROWS, more};
use super::escape::Text;
use super::page::Page;
use crate::report::numbers::Count;

/// Everything that is in no figure.
pub fn left_out(out: &mut String, page: &Page) -> fmt::Result {
    let report = page.report;
    let about = page.t("以下内容不在任何占比之内。", "What is in none of the shares.");
    page.section(out, "left-out", page.t("未计入", "Left out"), about)?;
    let measures = &report.overall.measures;
    if !measures.left_out.is_empty() {
        write!(
            out,
            "<div class=\"table\"><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" class=\"num\">{}</th><th scope=\"col\" class=\"num\">{}</th></tr></thead><tbody>",
            page.t("种类", "Kind"),
            page.t("行", "Lines"),
            page.t("字数", "Characters")
        )?;
        for left in &measures.left_out {
            write!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{}</td></tr>",
                left.kind.name(page.language),
                Count(left.blocks),
                Count(left.characters)
            )?;
        }
        out.push_str("</tbody></table></div>");
    }
    if measures.wordless > 0 {
        let words = match page.language {
            crate::theme::Language::Chinese => format!("{}个段落没有任何词语，按规则归入“其他”。", Count(measures.wordless)),
            crate::theme::Language::English => format!(
                "{} without any word counted as other, by rule.",
                page.counted(measures.wordless, "", ["paragraph", "paragraphs"])
            ),
        };
        write!(out, "<p>{words}</p>")?;
    }
    if report.failed.is_empty() {
        write!(out, "<p>{}</p>", page.t("所有文档均已读取。", "Every document was read."))?;
    } else {
        write!(
            out,
            "<h3>{}</h3><div class=\"table\"><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            page.t("未能读取的文档", "Documents that failed"),
            page.t("文档", "Document"),
            page.t("原因", "Reason")
        )?;
        for failed in report.failed.iter().take(HEAT_ROWS) {
            write!(
                out,
                "<tr><th scope=\"row\" data-text>{}</th><td data-text>{}</td></tr>",
                Text(&failed.document),
                Text(&failed.reason)
            )?;
        }
        out.push_str("</tbody></table></div>");
        if report.failed.len() > HEAT_ROWS {
            more(out, page, HEAT_ROWS, report.failed.len())?;
        }
    }
    if let Some(check) = &report.manifest {
        for (title, names) in [
            (page.t("清单中没有对应文档的行", "Rows of the manifest about no document"), &check.rows_without_document),
            (page.t("清单中没有的文档", "Documents without a row in the manifest"), &check.documents_without_row),
        ] {
            if !names.is_empty() {
                write!(out, "<h3>{title}</h3><ul data-text>")?;
                names.iter().take(HEAT_ROWS).try_for_each(|name| write!(out, "<li>{}</li>", Text(name)))?;
                out.push_str("</ul>");
                if names.len() > HEAT_ROWS {
                    more(out, page, HEAT_ROWS, names.len())?;
                }
            }
        }
    }
    out.push_str("</section>");
    Ok(())
}
