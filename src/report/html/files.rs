//! The pages of documents that do not fit into the report's own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xxhash_rust::xxh3::Xxh3Default;

use super::escape::Text;
use super::page::{Page, Place};
use super::part;
use crate::report::data::DocumentPart;

/// Pages as they are written: into a folder that is not yet named.
pub struct Files {
    /// `F_files`.
    folder: PathBuf,
    /// The folder in it that the pages are written into.
    pending: Option<TempDir>,
    /// The digest of all pages so far.
    digest: Xxh3Default,
    /// The first document that has a page.
    first: usize,
    /// The address of the report's page, seen from the others.
    home: String,
    /// What the folder is called in the end.
    name: String,
}

impl Files {
    /// Begins a folder for the pages of documents from `first` on, for the report at `path`.
    pub fn new(path: &Path, page: &Page, first: usize) -> io::Result<Self> {
        let folder = folder(path);
        fs::create_dir_all(&folder)?;
        let pending = tempfile::Builder::new().prefix(".policy-topics-").tempdir_in(&folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As readable as the folder it stands in.
            fs::set_permissions(pending.path(), fs::Permissions::from_mode(fs::metadata(&folder)?.permissions().mode()))?;
        }
        let home = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let home = format!("../../{}", encode(&home));
        let mut files =
            Files { folder, pending: Some(pending), digest: Xxh3Default::new(), first, home, name: String::new() };
        let mut styles = String::new();
        page.styles(&mut styles).map_err(io::Error::other)?;
        files.file("style.css", &styles)?;
        files.file("script.js", Page::script())?;
        Ok(files)
    }

    fn file(&mut self, name: &str, content: &str) -> io::Result<()> {
        self.digest.update(name.as_bytes());
        self.digest.update(content.as_bytes());
        match &self.pending {
            Some(pending) => fs::write(pending.path().join(name), content),
            None => Ok(()),
        }
    }

    /// Writes the page of a document.
    pub fn add(&mut self, page: &Page, part: &DocumentPart) -> io::Result<()> {
        let html = self.page(page, part).map_err(io::Error::other)?;
        self.file(&name(part.document), &html)
    }

    fn page(&self, page: &Page, part: &DocumentPart) -> Result<String, std::fmt::Error> {
        use std::fmt::Write;
        let mut html = String::new();
        let navigation =
            [(page.t("← 报告", "← Report"), self.home.clone()), (page.t("目录", "List"), "index.html".to_owned())];
        page.begin(&mut html, page.title(part.document), &navigation, Some(""))?;
        super::filter(&mut html, page)?;
        part::part(&mut html, page, part, true)?;
        html.push_str("<nav class=\"pager\">");
        let before = part.document.checked_sub(1).filter(|&before| before >= self.first);
        let after = (part.document + 1 < page.report.documents.len()).then_some(part.document + 1);
        for (document, arrow) in [(before, "←"), (after, "→")] {
            match document {
                Some(document) => write!(html, "<a href=\"{}\">{arrow} {}</a>", name(document), Text(page.title(document)))?,
                None => html.push_str("<span></span>"),
            }
        }
        html.push_str("</nav>");
        page.end(&mut html, Some(""))?;
        Ok(html)
    }

    /// Writes the list of all pages and puts the folder into its place; tells the page where its documents are.
    pub fn finish(&mut self, page: &mut Page) -> io::Result<()> {
        let list = self.list(page).map_err(io::Error::other)?;
        self.file("index.html", &list)?;
        self.name = format!("{:016x}", self.digest.digest());
        if let Some(pending) = self.pending.take() {
            let place = self.folder.join(&self.name);
            // The same content is there already: an earlier run of the same report. It is left as it is.
            if !place.is_dir() {
                fs::rename(pending.keep(), place)?;
            }
        }
        let folder = self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let address = format!("{}/{}/", encode(&folder), self.name);
        for (document, place) in page.places.iter_mut().enumerate().skip(self.first) {
            *place = Place::File(format!("{address}{}", name(document)));
        }
        page.index = Some(format!("{address}index.html"));
        Ok(())
    }

    fn list(&self, page: &Page) -> Result<String, std::fmt::Error> {
        use std::fmt::Write;
        let mut html = String::new();
        let title = page.t("文档目录", "Documents");
        page.begin(&mut html, title, &[(page.t("← 报告", "← Report"), self.home.clone())], Some(""))?;
        write!(html, "<div class=\"cover\"><h1>{title}</h1></div><ol start=\"{}\" data-text>", self.first + 1)?;
        for (document, summary) in page.report.documents.iter().enumerate().skip(self.first) {
            let (address, title) = (name(document), Text(page.title(document)));
            write!(
                html,
                "<li><a href=\"{address}\">{title}</a> <span class=\"soft small\">{}</span></li>",
                Text(&summary.short_name)
            )?;
        }
        html.push_str("</ol>");
        page.end(&mut html, Some(""))?;
        Ok(html)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            // The report was not finished: nothing is left of it. The folder stays where it holds an earlier one's pages.
            let _ = pending.close();
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// The file of a document's page.
fn name(document: usize) -> String {
    format!("d{:05}.html", document + 1)
}

/// `F_files` for `F.html`.
fn folder(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push("_files");
    path.with_file_name(name)
}

/// A file name as part of an address.
fn encode(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

/// Removes the pages of earlier reports at `path`: folders that only [`Files`] names so.
pub fn remove_old(path: &Path, new: Option<&Files>) -> io::Result<()> {
    let folder = folder(path);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.len() == 16 && name.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        if ours && new.is_none_or(|new| new.name != name) && entry.path().join("style.css").is_file() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    if new.is_none() {
        // Stays if somebody has put something there.
        let _ = fs::remove_dir(&folder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        assert_eq!(folder(Path::new("out/报告.html")), Path::new("out/报告_files"));
        assert_eq!(encode("a b#报.html"), "a%20b%23%E6%8A%A5.html");
        assert_eq!(name(60), "d00061.html");
    }
}
