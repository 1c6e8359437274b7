//! The report as a web page: one file that needs no other, no network and, for reading, no script.
//!
//! The figures come first, then the documents with their paragraphs. What the first documents take up to [`INLINE`] bytes is part
//! of the page itself; the documents after them have pages of their own in a folder beside it, `F_files` for `F.html`. The folder
//! holds the pages in a folder named after their content, so that an old page and its files stay whole until the new page, which
//! names the new folder, takes the old one's place.

mod charts;
mod colours;
mod documents;
mod escape;
mod files;
mod groups;
mod left_out;
mod page;
mod part;
mod summary;
mod terms;

use std::fmt;
use std::io::{self, Seek, Write};
use std::path::Path;

use self::files::Files;
use self::page::{Page, Place};
use super::data::{DocumentPart, Report};
use crate::output::write_whole;
use crate::theme::Language;

/// How many bytes of documents are part of the page itself, so that it opens at once.
pub const INLINE: usize = 6 << 20;

/// Writes the report with its documents, in their order, to `path`, and pages for the documents that do not fit in beside it.
///
/// # Errors
/// When a file cannot be written, or the parts cannot be read; what was at `path` before is then still there.
pub fn write(
    path: &Path,
    report: &Report,
    parts: impl Iterator<Item = io::Result<DocumentPart>>,
    language: Language,
) -> io::Result<()> {
    write_within(path, report, parts, language, INLINE)
}

/// As [`write`], with `limit` for [`INLINE`].
fn write_within(
    path: &Path,
    report: &Report,
    parts: impl Iterator<Item = io::Result<DocumentPart>>,
    language: Language,
    limit: usize,
) -> io::Result<()> {
    let mut page = Page::new(report, language);
    let mut inline = tempfile::tempfile()?;
    let mut used = 0;
    let mut files: Option<Files> = None;
    if report.options.paragraphs {
        for part in parts {
            let part = part?;
            if files.is_none() {
                let mut html = String::new();
                part::part(&mut html, &page, &part, report.documents.len() == 1).map_err(io::Error::other)?;
                if used + html.len() <= limit {
                    used += html.len();
                    inline.write_all(html.as_bytes())?;
                    continue;
                }
            }
            let files = match &mut files {
                Some(files) => files,
                none => none.insert(Files::new(path, &page, part.document)?),
            };
            files.add(&page, &part)?;
        }
        page.places = vec![Place::Here; report.documents.len()];
    } else {
        page.places = vec![Place::Nowhere; report.documents.len()];
    }
    if let Some(files) = &mut files {
        files.finish(&mut page)?;
    }
    inline.rewind()?;
    write_whole(path, |out| {
        let mut html = String::new();
        head(&mut html, &page).map_err(io::Error::other)?;
        out.write_all(html.as_bytes())?;
        if used > 0 {
            html.clear();
            documents_head(&mut html, &page).map_err(io::Error::other)?;
            out.write_all(html.as_bytes())?;
            io::copy(&mut inline, out)?;
            out.write_all(b"</section>")?;
        }
        html.clear();
        page.end(&mut html, None).map_err(io::Error::other)?;
        out.write_all(html.as_bytes())
    })?;
    files::remove_old(path, files.as_ref())
}

/// Everything before the documents.
fn head(out: &mut String, page: &Page) -> fmt::Result {
    let mut content = String::new();
    summary::summary(&mut content, page)?;
    documents::bars(&mut content, page)?;
    documents::heat(&mut content, page)?;
    groups::years(&mut content, page)?;
    groups::groupings(&mut content, page)?;
    documents::ranking(&mut content, page)?;
    terms::overall(&mut content, page)?;
    terms::representative(&mut content, page)?;
    terms::least_certain(&mut content, page)?;
    left_out::left_out(&mut content, page)?;
    page.begin(out, page.t("政策主题报告", "Policy theme report"), &navigation(page, &content), None)?;
    summary::cover(out, page)?;
    out.push_str(&content);
    Ok(())
}

/// The sections that there are.
fn navigation(page: &Page, content: &str) -> Vec<(&'static str, String)> {
    let chinese = page.language == Language::Chinese;
    let sections = [
        ("summary", "要点", "Summary"),
        ("composition", "构成", "Composition"),
        ("documents", "文档", "Documents"),
        ("years", "历年", "Years"),
        ("group-1", "分组", "Groups"),
        ("ranking", "排名", "Ranking"),
        ("terms", "主题词", "Terms"),
        ("representative", "代表性段落", "Paragraphs"),
        ("least-certain", "待复核", "To check"),
        ("left-out", "未计入", "Left out"),
    ];
    let there = |id: &str| content.contains(&format!("<section class=\"block\" id=\"{id}\">"));
    let mut entries: Vec<(&'static str, String)> = sections
        .into_iter()
        .filter(|(id, ..)| there(id))
        .map(|(id, zh, en)| (if chinese { zh } else { en }, format!("#{id}")))
        .collect();
    if page.places.contains(&Place::Here) {
        entries.push((page_word(chinese), "#texts".to_owned()));
    }
    entries
}

fn page_word(chinese: bool) -> &'static str {
    if chinese { "原文" } else { "Texts" }
}

/// What stands above the documents: filters, and where the others are.
fn documents_head(out: &mut String, page: &Page) -> fmt::Result {
    let about = page.t(
        "点文档名展开。左侧颜色与右上标签为主要主题及其概率，鼠标停留可见全部概率；下划线为起决定作用的词语；带“?”者为把握不大的判定。",
        "A click on a name unfolds the document. Colour and tag are the primary theme with its probability; all probabilities show where the pointer rests; the terms that decided are underlined; a “?” marks a close decision.",
    );
    page.section(out, "texts", page.t("文档原文与判定", "The documents, paragraph by paragraph"), about)?;
    if let Some(index) = &page.index {
        let words = page.t("其余文档各有单独页面，见目录页", "The other documents have pages of their own, listed here");
        fmt::Write::write_fmt(out, format_args!("<p><a href=\"{}\">{words}</a></p>", escape::Text(index)))?;
    }
    filter(out, page)
}

/// The bar that filters paragraphs by theme and by words.
fn filter(out: &mut String, page: &Page) -> fmt::Result {
    use fmt::Write;
    write!(
        out,
        "<div class=\"filter js-only\" role=\"search\" data-found=\"{}\"><button class=\"button\" data-filter=\"\" aria-pressed=\"true\">{}</button>",
        page.t("{docs}份文档中的{n}个段落", "{n} paragraphs in {docs} documents"),
        page.t("全部", "All")
    )?;
    for label in 0..page.report.labels.len() {
        write!(
            out,
            "<button class=\"button t{label}\" data-filter=\"{label}\" aria-pressed=\"false\"><i class=\"swatch\"></i>{}</button>",
            escape::Text(page.name(label))
        )?;
    }
    write!(
        out,
        "<input type=\"search\" id=\"search\" placeholder=\"{0}\" aria-label=\"{0}\"><button class=\"button\" id=\"unfold\" data-other=\"{1}\">{2}</button><output aria-live=\"polite\"></output></div>",
        page.t("搜索段落文字", "Search the paragraphs"),
        page.t("全部收起", "Fold all"),
        page.t("全部展开", "Unfold all")
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::Classifier;
    use crate::reader::Reader;
    use crate::report::data::ModelName;
    use crate::report::{Analyst, Builder, Parts};

    fn report(texts: &[&str]) -> (Report, Parts) {
        let classifier = Classifier::embedded().expect("a model");
        let analyst = Analyst::new(&classifier, true);
        let model = ModelName { name: "built in".into(), fingerprint: String::new() };
        let mut builder = Builder::new(&analyst, model, &[], &std::env::temp_dir()).expect("a builder");
        for (at, text) in texts.iter().enumerate() {
            let document = Reader::new().document(&format!("{at}.txt"), text);
            builder.add(analyst.analyse(&document).expect("a paragraph")).expect("room");
        }
        builder.finish(None).expect("a report")
    }

    /// The folders of pages beside a report.
    fn folders(folder: &Path) -> Vec<std::path::PathBuf> {
        let Ok(entries) = fs::read_dir(folder.join("报 告_files")) else { return Vec::new() };
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    #[test]
    fn documents_that_do_not_fit_have_pages_of_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("报 告.html");
        let texts = ["云泽省2023年政府工作报告\n改造老旧小区86个。", "新建高标准农田30万亩。", "关停散乱污企业<b>31家。"];
        let (report, parts) = report(&texts);
        let write = |limit| {
            write_within(&path, &report, parts.iter(), Language::Chinese, limit).expect("it can be written");
            fs::read_to_string(&path).expect("a page")
        };
        let whole = write(INLINE);
        assert!(whole.contains("改造老旧小区86个") && whole.contains("id=\"d3\"") && folders(folder.path()).is_empty());
        let first = whole.split("<details class=\"doc\"").nth(1).map_or(0, str::len);

        let page = write(first + 40);
        assert!(page.contains("id=\"d1\"") && !page.contains("id=\"d2\"") && !page.contains("id=\"d3\""));
        let pages = folders(folder.path());
        let [pages] = pages.as_slice() else { panic!("{pages:?}") };
        let name = pages.file_name().expect("a name").to_string_lossy().into_owned();
        let address = format!("%E6%8A%A5%20%E5%91%8A_files/{name}/");
        assert!(page.contains(&format!("{address}d00003.html#d3")) && page.contains(&format!("{address}index.html")));
        let third = fs::read_to_string(pages.join("d00003.html")).expect("a page");
        // Underlines part the text.
        let plain = third.replace("<u>", "").replace("</u>", "");
        assert!(plain.contains("关停散乱污企业") && plain.contains("&lt;b&gt;31家"), "{third}");
        assert!(third.contains("../../%E6%8A%A5%20%E5%91%8A.html") && third.contains("href=\"d00002.html\""));
        for file in ["style.css", "script.js", "index.html", "d00002.html"] {
            assert!(pages.join(file).is_file(), "{file}");
        }

        // The same again is the same; pages of other content take the place of the old ones; what is not ours stays.
        assert_eq!(write(first + 40), page);
        assert_eq!(folders(folder.path()).len(), 1);
        fs::create_dir(folder.path().join("报 告_files/0123456789abcdef")).expect("a folder of somebody's");
        write(0);
        let after = folders(folder.path());
        assert!(after.len() == 2 && !after.contains(pages), "{after:?}");
        fs::remove_dir(folder.path().join("报 告_files/0123456789abcdef")).expect("it is still there");
        assert_eq!(write(INLINE), whole);
        assert!(!folder.path().join("报 告_files").exists());
    }

    #[test]
    fn nothing_is_left_of_a_report_that_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("报 告.html");
        let (report, parts) = report(&["改造老旧小区86个。", "新建高标准农田30万亩。"]);
        let broken = parts.iter().take(1).chain([Err(io::Error::other("the disk is gone"))]);
        let error = write_within(&path, &report, broken, Language::English, 0).expect_err("it fails");
        assert_eq!(error.to_string(), "the disk is gone");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
