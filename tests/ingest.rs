//! One report in every format and encoding, and what becomes of it.

#[path = "ingest_support/mod.rs"]
mod support;

use std::fs;
use std::path::PathBuf;

use encoding_rs::{BIG5, GB18030, UTF_16BE, UTF_16LE};
use policy_topics::ingest::{Format, Options, RawDocument, Reason, Unit, sources};
use support::*;

/// The lines of a fixture, those of its rows one after the other.
fn lines_of(name: &str) -> Vec<String> {
    let documents = read_path(&fixture(name), &Options::default());
    let lines = |document: RawDocument| document.text.lines().map(str::to_owned).collect::<Vec<_>>();
    documents.into_iter().flat_map(|document| lines(document.unwrap())).collect()
}

#[test]
fn files_of_an_office_give_the_same_paragraphs() {
    let expected: Vec<String> = report().lines().map(str::to_owned).collect();
    assert_eq!(expected.len(), 31);
    for name in ["report.txt", "report.docx", "report.html", "report.xlsx", "report.pdf"] {
        assert_eq!(lines_of(name), expected, "{name}");
    }
}

#[test]
fn encodings_give_the_same_text() {
    let simplified = report();
    let traditional = fs::read_to_string(fixture("report-traditional.txt")).unwrap();
    for (text, encoding) in [(&simplified, GB18030), (&traditional, GB18030), (&traditional, BIG5)] {
        let (bytes, _, unmapped) = encoding.encode(text);
        assert!(!unmapped);
        let document = document("报告.txt", bytes);
        assert_eq!((&document.text, document.encoding, document.malformed), (text, encoding.name(), 0));
    }
    for (encoding, bytes) in [
        (UTF_16LE, simplified.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        (UTF_16BE, simplified.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        let document = document("报告.txt", bytes);
        assert_eq!((&document.text, document.encoding), (&simplified, encoding.name()));
    }
    let marked = format!("\u{FEFF}{simplified}");
    assert_eq!(document("报告.txt", marked).text, simplified);
}

#[test]
fn a_page_is_read_whatever_encoding_it_declares() {
    let text = "全市粮食产量保持稳定，农民收入继续增加。";
    for (declared, encoding) in [("gb2312", GB18030), ("utf-8", GB18030), ("big5", GB18030), ("gbk", encoding_rs::UTF_8)] {
        let page = format!("<html><head><meta charset={declared}></head><body><p>{text}</p></body></html>");
        let document = document("a.htm", encoding.encode(&page).0);
        assert_eq!((document.text.trim_end(), document.format), (text, Format::Html), "{declared}");
    }
}

#[test]
fn the_head_of_a_page_becomes_metadata() {
    let page = "<html><head><title>报告 - 某市政府网</title><meta name='ArticleTitle' content='报告'>\
                <meta name='PubDate' content='2031-01-20'></head><body><p>正文。</p></body></html>";
    let metadata = document("a", page).metadata;
    let expected = [("html-title", "报告 - 某市政府网"), ("html-article-title", "报告"), ("html-date", "2031-01-20")];
    assert_eq!(metadata, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn formats_are_told_by_content() {
    let docx = fs::read(fixture("report.docx")).unwrap();
    for (name, bytes, format) in [
        ("报告.txt", docx, Format::Docx),
        ("报告.doc", b"<!-- x --><html><p>\xE6\xAD\xA3\xE6\x96\x87</p>".to_vec(), Format::Html),
        ("报告", fs::read(fixture("report.pdf")).unwrap(), Format::Pdf),
        ("报告.txt", "{\"text\": \"正文\"}\n".into(), Format::JsonLines),
        ("报告.txt", "编号,正文\n1,第一段\n".into(), Format::Csv),
        ("报告.md", "# 标题\n".into(), Format::Markdown),
        ("报告.txt", "今年，工作,正文\n".into(), Format::Text),
    ] {
        assert_eq!(document(name, bytes).format, format, "{name}");
    }
}

#[test]
fn rows_are_documents_with_the_other_columns_as_metadata() {
    let table = "编号,地区,正文\na1,霜河市,\"修路，\n建桥\"\n,青岭县,兴学\n\na3,槐渡镇,\n";
    let options = Options { id_column: Some("编号".into()), ..Options::default() };
    let found = read_bytes("表.csv", table, &options);
    assert_eq!(summary(&found), ["a1=修路，\n建桥", "表.csv#2=兴学", "a3!EmptyRow"]);
    let first = found[0].as_ref().unwrap();
    assert_eq!(first.unit, Unit::Row);
    assert_eq!(first.metadata, [("编号".into(), "a1".into()), ("地区".into(), "霜河市".into())]);
}

#[test]
fn the_text_column_is_named_numbered_or_known() {
    let table = "甲\t乙\n一\t二\n";
    let with = |column: &str| Options { text_column: Some(column.into()), ..Options::default() };
    assert_eq!(summary(&read_bytes("a.tsv", table, &with("乙"))), ["a.tsv#1=二"]);
    assert_eq!(summary(&read_bytes("a.tsv", table, &with("1"))), ["a.tsv#1=一"]);
    assert_eq!(summary(&read_bytes("a.tsv", "第一段\n第二段\n", &Options::default())), ["a.tsv#1=第一段", "a.tsv#2=第二段"]);
    let Reason::NoTextColumn { columns, .. } = reason("a.tsv", table, &Options::default()) else { panic!() };
    assert_eq!(columns, "甲, 乙");
    assert!(matches!(reason("a.tsv", table, &with("丙")), Reason::NoTextColumn { .. }));
}

#[test]
fn json_lines_fail_line_by_line() {
    let lines = "{\"id\": 7, \"text\": [\"一\", \"二\"], \"年\": 2031}\nnot json\n\n{\"text\": \"\"}\n{\"x\": 1}\n";
    let options = Options { id_column: Some("id".into()), ..Options::default() };
    let found = read_bytes("a.jsonl", lines, &options);
    assert_eq!(summary(&found), ["7=一\n二", "a.jsonl#2!BadRow", "a.jsonl#4!EmptyRow", "a.jsonl#5!NoTextColumn"]);
    let metadata = &found[0].as_ref().unwrap().metadata;
    assert_eq!(metadata[1], ("年".to_owned(), "2031".to_owned()));
}

#[test]
fn docx_is_read_as_it_stands_with_all_changes_accepted() {
    let body = "<w:p><w:r><w:t>甲&amp;</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del>\
        <w:ins><w:r><w:t>增</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r></w:p>\
        <w:p><w:r><w:t>外</w:t><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent>\
        </mc:Choice><mc:Fallback><w:p><w:r><w:t>框</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent><w:t>层</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>一</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>二</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    assert_eq!(document("a.docx", docx(body)).text, "甲&增\n框\n外层\n一\t二\n");
}

#[test]
fn members_of_archives_are_read_in_order() {
    let inner = zip(&[("丙.txt", "第三".as_bytes())]);
    let members: [(&str, &[u8]); 4] = [
        ("目录/乙.txt", "第二".as_bytes()),
        ("甲.md", "# 第一".as_bytes()),
        ("__MACOSX/._甲.md", b"\0"),
        ("内.zip", &inner),
    ];
    let expected = |archive: &str| {
        vec![format!("{archive}/目录/乙.txt=第二"), format!("{archive}/甲.md=第一"), format!("{archive}/内.zip/丙.txt=第三")]
    };
    let all = Options::default();
    assert_eq!(summary(&read_bytes("a.zip", zip(&members), &all)), expected("a.zip"));
    assert_eq!(summary(&read_bytes("a.tar.gz", gzip(&tar(&members)), &all)), expected("a.tar.gz"));
    assert_eq!(summary(&read_bytes("a.tar", tar(&members), &all)), expected("a.tar"));
    assert_eq!(summary(&read_bytes("a.txt.gz", gzip("单篇".as_bytes()), &all)), ["a.txt.gz=单篇"]);
}

#[test]
fn names_in_gbk_come_out_of_a_zip() {
    // Written by hand: the zip crate writes UTF-8 names only.
    let mut archive = zip(&[("AAAABBBB.txt", "正文".as_bytes())]);
    let (name, _, _) = GB18030.encode("云泽报告.txt");
    for start in (0..archive.len()).filter(|start| archive[*start..].starts_with(b"AAAABBBB.txt")).collect::<Vec<_>>() {
        archive[start..start + name.len()].copy_from_slice(&name);
    }
    assert_eq!(summary(&read_bytes("a.zip", archive, &Options::default())), ["a.zip/云泽报告.txt=正文"]);
}

#[test]
fn folders_and_patterns_are_expanded_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("b/c")).unwrap();
    for name in ["z.txt", "b/c/2.txt", "b/1.txt", "a.txt", ".hidden", "b/~$1.docx"] {
        fs::write(root.join(name), "正文").unwrap();
    }
    let names = |inputs: &[PathBuf]| -> Vec<String> {
        let names = sources(inputs, &Options::default()).into_iter().map(|source| match source {
            Ok(source) => source.name,
            Err(error) => format!("{}!{}", error.document, variant(&error.reason)),
        });
        names.map(|name| name.replace(&format!("{}/", root.display()), "")).collect()
    };
    assert_eq!(names(&[root.into()]), ["a.txt", "b/1.txt", "b/c/2.txt", "z.txt"]);
    assert_eq!(names(&[root.join("*.txt"), "-".into()]), ["a.txt", "z.txt", "-"]);
    assert_eq!(
        names(&[root.join("*.pdf"), root.join("none"), root.join("a.txt")]),
        ["*.pdf!NoMatch", "none!NotFound", "a.txt"]
    );
}

#[test]
fn pdf_text_in_a_predefined_encoding_is_read_and_wrapped_lines_are_joined() {
    let show = |x: u32, y: u32, text: &str| format!("BT /F 16 Tf {x} {y} Td {} Tj ET\n", pdf_string(text));
    let content = [
        show(132, 700, "现在向大会报告工作请予审议并请委员提"),
        show(100, 672, "出意见。"),
        show(132, 644, "第二段也很短。"),
        show(290, 40, "—3—"),
        // A watermark at an angle.
        format!("BT /F 40 Tf 0.7 0.7 -0.7 0.7 200 300 Tm {} Tj ET", pdf_string("内部资料")),
    ];
    let document = document("a.pdf", pdf(&content.concat(), ""));
    assert_eq!(document.text, "现在向大会报告工作请予审议并请委员提出意见。\n第二段也很短。\n");
}
