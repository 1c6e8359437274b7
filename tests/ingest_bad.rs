//! Bad input: each case is an error that names the file, the reason and what to do, and the rest of the batch is read.

#[path = "ingest_support/mod.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use encoding_rs::{BIG5, GB18030, UTF_8};
use lopdf::{EncryptionState, EncryptionVersion, Permissions};
use policy_topics::ingest::{Limit, Limits, Options, Reason, sources};
use support::*;

fn default_reason(name: &str, bytes: impl Into<Vec<u8>>) -> Reason {
    reason(name, bytes, &Options::default())
}

fn limited(change: impl FnOnce(&mut Limits)) -> Options {
    let mut options = Options::default();
    change(&mut options.limits);
    options
}

fn limit_of(reason: Reason) -> Limit {
    match reason {
        Reason::Limit { limit, .. } => limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_in_the_file() {
    for (name, bytes) in
        [("a.txt", ""), ("b.md", " \n\u{3000}\n"), ("c.html", "<html><script>x</script></html>"), ("d.csv", "")]
    {
        assert_eq!(default_reason(name, bytes), Reason::Empty, "{name}");
    }
    assert_eq!(default_reason("e.docx", docx("<w:p/>")), Reason::Empty);
}

#[test]
fn binary_of_no_known_format() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(5000)
    .collect();
    assert_eq!(default_reason("a.txt", noise), Reason::UnknownBinary);
    assert_eq!(default_reason("a.bin", [0_u8; 64]), Reason::UnknownBinary);
    assert!(matches!(default_reason("a.docx", *b"\x89PNG\r\n\x1a\n1234"), Reason::Unsupported { what: "an image", .. }));
}

#[test]
fn the_wrong_encoding_names_the_byte() {
    let text = "新增城镇就业三万人，城乡居民收入稳步增长，粮食再获丰收。";
    let as_encoding = |encoding| Options { encoding: Some(encoding), ..Options::default() };
    let (gbk, _, _) = GB18030.encode(text);
    let error = reason("a.txt", gbk.clone(), &as_encoding(UTF_8));
    assert_eq!(error, Reason::WrongEncoding { declared: "UTF-8", offset: 0, byte: 0xD0, likely: "gb18030" });
    assert!(matches!(reason("a.txt", gbk, &as_encoding(BIG5)), Reason::WrongEncoding { declared: "Big5", .. }));
    let error = reason("a.txt", text, &as_encoding(GB18030));
    assert!(matches!(error, Reason::WrongEncoding { likely: "UTF-8", .. }), "{error}");
}

#[test]
fn files_cut_short() {
    for name in ["report.docx", "report.xlsx"] {
        let bytes = fs::read(fixture(name)).unwrap();
        let error = default_reason(name, &bytes[..bytes.len() / 2]);
        assert!(matches!(error, Reason::Damaged { format, .. } if name.ends_with(format)), "{error:?}");
    }
    let archive = zip(&[("a.txt", b"text")]);
    assert!(matches!(default_reason("a.zip", &archive[..archive.len() - 30]), Reason::Damaged { format: ".zip", .. }));
    let packed = gzip(&report().into_bytes());
    assert!(matches!(default_reason("a.txt.gz", &packed[..packed.len() / 2]), Reason::Damaged { format: ".gz", .. }));
    let tar = gzip(&tar(&[("a.txt", report().as_bytes())]));
    assert!(matches!(default_reason("a.tar.gz", &tar[..tar.len() / 2]), Reason::Damaged { .. }));
    let pdf = fs::read(fixture("report.pdf")).unwrap();
    assert!(matches!(default_reason("a.pdf", &pdf[..2000]), Reason::Damaged { .. } | Reason::NoTextLayer));
}

#[test]
fn a_pdf_that_needs_a_password() {
    let content = format!("BT /F 12 Tf 100 100 Td {} Tj ET", pdf_string("正文"));
    let document = lopdf::Document::load_mem(&pdf(&content, "/ID[<01><01>]")).unwrap();
    let encrypted = |user_password: &str| {
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        EncryptionState::try_from(version).unwrap()
    };
    let (closed, open) = (encrypted("user"), encrypted(""));
    let save = |state: &EncryptionState| {
        let mut copy = document.clone();
        copy.encrypt(state).unwrap();
        let mut bytes = Vec::new();
        copy.save_to(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(default_reason("a.pdf", save(&closed)), Reason::Encrypted(".pdf"));
    // One that only forbids printing opens without a password.
    let found = read_bytes("a.pdf", save(&open), &Options::default());
    assert_eq!(summary(&found), ["a.pdf=正文"]);
}

#[test]
fn a_pdf_without_a_text_layer() {
    assert_eq!(default_reason("scan.pdf", pdf("0 0 100 100 re f", "")), Reason::NoTextLayer);
}

#[test]
fn zip_bombs_stop_early() {
    // 300 MB of zeros packed into 300 KB.
    let zeros = vec![0_u8; 30 << 20];
    let members: Vec<(String, &[u8])> = (0..10).map(|n| (format!("{n}.txt"), zeros.as_slice())).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let bomb = zip(&members);
    let start = Instant::now();
    let found = read_bytes("bomb.zip", bomb.clone(), &Options::default());
    let last = found.last().unwrap().clone().unwrap_err();
    assert_eq!((last.document.as_str(), limit_of(last.reason)), ("bomb.zip", Limit::Ratio));
    assert!(start.elapsed() < Duration::from_secs(30));

    let found = read_bytes("bomb.zip", bomb, &limited(|limits| limits.max_unpacked_bytes = 1 << 20));
    assert_eq!(limit_of(found[0].clone().unwrap_err().reason), Limit::UnpackedBytes);
    assert_eq!(limit_of(default_reason("bomb.gz", gzip(&zeros))), Limit::Ratio);
}

#[test]
fn bombs_in_office_files_stop_early() {
    let spaces = " ".repeat(40 << 20);
    assert_eq!(limit_of(default_reason("a.docx", docx(&spaces))), Limit::Ratio);
    let workbook = zip(&[("xl/workbook.xml", spaces.as_bytes())]);
    assert_eq!(limit_of(default_reason("a.xlsx", workbook)), Limit::Ratio);
    let deep = format!("{}{}", "<w:x>".repeat(2000), "</w:x>".repeat(2000));
    assert_eq!(limit_of(default_reason("a.docx", docx(&deep))), Limit::Depth);
    assert_eq!(limit_of(default_reason("a.html", format!("<p>正文{}", "<div>".repeat(2000)))), Limit::Depth);
}

#[test]
fn entities_are_not_expanded() {
    let xml = b"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><x><p><t>&b;</t></p></x>";
    let bomb = zip(&[("word/document.xml", xml)]);
    assert!(matches!(default_reason("a.docx", bomb), Reason::Damaged { .. }));
}

#[test]
fn members_that_point_outside_are_refused_and_the_others_read() {
    let members: [(&str, &[u8]); 4] =
        [("../evil.txt", b"x"), ("/etc/evil.txt", b"x"), ("C:\\evil.txt", b"x"), ("good.txt", "正文".as_bytes())];
    for (name, bytes) in [("a.zip", zip(&members)), ("a.tar", tar(&members))] {
        let found = summary(&read_bytes(name, bytes, &Options::default()));
        assert_eq!(found.iter().filter(|line| line.ends_with("!OutsidePath")).count(), 3, "{found:?}");
        assert_eq!(found.last().unwrap(), &format!("{name}/good.txt=正文"));
    }
}

#[test]
fn archives_too_deep_or_too_full() {
    let mut archive = zip(&[("a.txt", "正文".as_bytes())]);
    for _ in 0..3 {
        archive = zip(&[("a.zip", &archive)]);
    }
    assert_eq!(limit_of(default_reason("a.zip", archive.clone())), Limit::Nesting);
    assert!(read_bytes("a.zip", archive, &limited(|limits| limits.max_nesting = 4))[0].is_ok());
    let full = zip(&[("1.txt", b"a"), ("2.txt", b"b"), ("3.txt", b"c")]);
    let found = read_bytes("a.zip", full, &limited(|limits| limits.max_entries = 2));
    assert_eq!(found.len(), 3);
    assert_eq!(limit_of(found[2].clone().unwrap_err().reason), Limit::Entries);
}

#[test]
fn a_member_that_fails_leaves_the_others() {
    let archive = zip(&[("1.pdf", b"%PDF-1.4 broken"), ("2.txt", b""), ("3.txt", "正文".as_bytes())]);
    let found = summary(&read_bytes("a.zip", archive, &Options::default()));
    assert_eq!(found, ["a.zip/1.pdf!Damaged", "a.zip/2.txt!Empty", "a.zip/3.txt=正文"]);
}

#[test]
fn a_line_of_200_megabytes_is_refused_in_time() {
    let start = Instant::now();
    let line = "正文".repeat(200_000_000 / 6);
    assert_eq!(limit_of(default_reason("a.txt", line.clone())), Limit::LineBytes);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let found = read_bytes("a.txt", line, &limited(|limits| limits.max_line_bytes = 300_000_000));
    assert_eq!(found[0].as_ref().unwrap().text.len(), 200_000_000 / 6 * 6 + 1);
}

#[test]
fn a_document_that_takes_too_long_is_stopped() {
    let options = limited(|limits| limits.max_time = Duration::ZERO);
    for name in ["report.html", "report.docx", "report.xlsx", "report.pdf"] {
        assert_eq!(limit_of(reason(name, fs::read(fixture(name)).unwrap(), &options)), Limit::Time, "{name}");
    }
}

#[test]
fn nesting_without_end_neither_hangs_nor_overflows() {
    let options = limited(|limits| {
        limits.max_time = Duration::from_secs(2);
        limits.max_line_bytes = u64::MAX;
    });
    let deep = |piece: &str| piece.repeat((4 << 20) / piece.len());
    let start = Instant::now();
    for (name, text) in [
        ("a.html", format!("<p>正文{}", deep("<div>"))),
        ("a.html", format!("<p>正文{}", deep("<b><p>"))),
        ("a.html", format!("<table>正文{}", deep("<table><tr><td>"))),
        ("a.md", deep("> ")),
        ("a.md", deep("[")),
        ("a.md", deep("*a_")),
        ("a.md", format!("正文\n\n{}", deep("<a>\n"))),
        ("a.jsonl", format!("{{\"text\": {}", deep("["))),
        ("a.csv", deep("\"")),
        ("a.docx", deep("<")),
    ] {
        read_bytes(name, text, &options);
    }
    for content in [deep("["), deep("<<"), deep("("), deep("q "), deep("BI ")] {
        read_bytes("a.pdf", pdf(&content, ""), &options);
        read_bytes("a.pdf", pdf("", &content), &options);
    }
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

#[test]
fn a_document_too_large_is_refused() {
    let options = limited(|limits| limits.max_document_bytes = 1000);
    for name in ["report.txt", "report.html", "report.docx", "report.xlsx", "report.pdf"] {
        assert_eq!(limit_of(reason(name, fs::read(fixture(name)).unwrap(), &options)), Limit::DocumentBytes, "{name}");
    }
}

#[test]
fn a_row_that_does_not_fit_its_header() {
    let table = "编号,正文\n1,甲,乙\n2,丙\n";
    assert_eq!(summary(&read_bytes("a.csv", table, &Options::default())), ["a.csv#1!BadRow", "a.csv#2=丙"]);
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_are_named_and_the_others_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("b")).unwrap();
    symlink(root, root.join("b/up")).unwrap();
    symlink(root.join("self"), root.join("self")).unwrap();
    fs::write(root.join("z.txt"), "正文").unwrap();
    let found = sources(&[root.into(), root.join("self")], &Options::default());
    let found: Vec<String> = found
        .into_iter()
        .map(|source| match source {
            Ok(source) => source.name,
            Err(error) => format!("{}!{}", error.document, variant(&error.reason)),
        })
        .map(|name| name.replace(&format!("{}/", root.display()), ""))
        .collect();
    assert_eq!(found, ["b/up!SymlinkLoop", "self!SymlinkLoop", "z.txt", "self!SymlinkLoop"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all("正文".as_bytes()).unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(file.path()).is_ok() {
        // The superuser may read everything; the mapping itself has a test beside it.
        return;
    }
    let found = read_path(file.path(), &Options::default());
    assert_eq!(found[0].clone().unwrap_err().reason, Reason::Permission);
}

#[test]
fn a_file_that_is_gone_is_named() {
    let found = read_path("/nowhere/报告.txt".as_ref(), &Options::default());
    let error = found[0].clone().unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/报告.txt: there is no such file or folder; check the path");
}
