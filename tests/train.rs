//! `policy-topics train`, as a user sees it.

mod common;

use std::fs;

use common::{NEWS, folder, json_lines, news_json_lines, program, refuse, run, succeed, text, write};
use policy_topics::model::{Classifier, Model};

#[test]
fn the_default_model_is_made_from_the_training_paragraphs_byte_for_byte() {
    let folder = folder();
    let model = folder.path().join("default.model");
    succeed(&["train", "training/", "--output", text(&model)]);
    assert!(
        fs::read(&model).unwrap() == Model::EMBEDDED,
        "train training/ --output models/default.model makes another model"
    );
    let card = fs::read_to_string(folder.path().join("default.md")).unwrap();
    assert_eq!(card, fs::read_to_string("models/default.md").unwrap());
}

#[test]
fn the_same_data_give_the_same_model_on_any_number_of_threads() {
    let folder = folder();
    let data = write(&folder, "news.jsonl", news_json_lines());
    let train = |name: &str, threads: &str| {
        let model = folder.path().join(name);
        succeed(&["train", text(&data), "--output", text(&model), "--threads", threads, "--folds", "3"]);
        fs::read(model).unwrap()
    };
    assert!(train("one.model", "1") == train("two.model", "2"));
}

#[test]
fn every_format_of_the_same_rows_gives_the_same_model() {
    let folder = folder();
    let csv: String = NEWS.iter().map(|(label, text)| format!("{label},\"{text}\"\n")).collect();
    let tsv: String = NEWS.iter().map(|(label, text)| format!("{label}\t{text}\n")).collect();
    let fasttext: String = NEWS.iter().map(|(label, text)| format!("__label__{label} {text}\n")).collect();
    let files = [
        (write(&folder, "a.jsonl", news_json_lines()), vec![]),
        (
            write(&folder, "a.csv", format!("\u{FEFF}栏目,标题\n{csv}")),
            vec!["--label-column", "栏目", "--text-column", "标题"],
        ),
        (write(&folder, "a.tsv", format!("label\ttext\n{tsv}")), vec![]),
        (write(&folder, "a.txt", fasttext), vec![]),
    ];
    let models = files.map(|(file, options)| {
        let model = file.with_extension("out.model");
        let mut args = vec!["train", text(&file), "--folds", "3", "--output", text(&model)];
        args.extend(options);
        succeed(&args);
        fs::read(&model).unwrap()
    });
    assert!(models.iter().all(|model| *model == models[0]));
}

#[test]
fn a_model_of_ones_own_labels_classifies_by_them() {
    let folder = folder();
    let data = write(&folder, "news.jsonl", news_json_lines());
    let model = folder.path().join("news.model");
    let out = succeed(&["train", text(&data), "--output", text(&model), "--folds", "3", "--name", "新闻"]);
    assert!(out.contains("Cross-validation, 3 folds") && out.contains("given \\ predicted"), "{out}");
    let rows = write(
        &folder,
        "rows.jsonl",
        "{\"text\": \"前锋在决赛中攻入一球，球队夺冠。\"}\n{\"text\": \"银行股带动股市成交额上升。\"}\n",
    );
    let out = succeed(&["classify", text(&rows), "--model", text(&model), "--format", "jsonl"]);
    let labels: Vec<_> = json_lines(&out).iter().map(|row| row["primary"].as_str().unwrap().to_owned()).collect();
    assert_eq!(labels, ["体育", "财经"]);
    assert!(succeed(&["inspect", text(&model)]).contains("新闻"));
}

#[test]
fn duplicates_and_contradictions_are_told() {
    let folder = folder();
    let more = "{\"text\": \"央行开展逆回购操作，市场利率小幅回落。\", \"label\": \"财经\"}\n{\"text\": \"球队签下一名外援前锋，合同为期两个赛季。\", \"label\": \"财经\"}\n";
    let data = write(&folder, "news.jsonl", news_json_lines() + more);
    let out = succeed(&["train", text(&data), "--output", text(&folder.path().join("m.model")), "--folds", "3"]);
    assert!(out.contains("1 paragraphs repeat an earlier one"), "{out}");
    assert!(out.contains("line 6 is `体育`") && out.contains("line 20 says `财经`"), "{out}");
}

#[test]
fn without_cross_validation_no_figures_are_shown() {
    let folder = folder();
    let data = write(&folder, "news.jsonl", news_json_lines());
    let model = folder.path().join("m.model");
    let out = succeed(&["train", text(&data), "--output", text(&model), "--no-cv"]);
    assert!(!out.contains("accuracy"), "{out}");
    assert!(fs::read_to_string(model.with_extension("md")).unwrap().contains("Left out (`--no-cv`)"));
}

/// A file's name and content, options, and parts of the message.
type BadData = (&'static str, &'static [u8], &'static [&'static str], &'static [&'static str]);

#[test]
fn bad_data_are_refused_with_file_line_and_advice() {
    let folder = folder();
    let model = folder.path().join("m.model");
    let message = |name: &str, content: &[u8], options: &[&str]| {
        let file = write(&folder, name, content);
        let mut args = vec!["train", text(&file), "--output", text(&model)];
        args.extend(options);
        refuse(&args)
    };
    let cases: [BadData; 18] = [
        ("none.jsonl", b"", &[], &["no labelled paragraph in", "none.jsonl"]),
        ("bad.jsonl", b"{\"text\": \"a\", \"label\": \"x\"}\n{oops\n", &[], &["bad.jsonl, line 2", "not a row of JSON lines"]),
        ("text.jsonl", b"\n{\"label\": \"x\"}\n", &[], &["text.jsonl, line 2", "no `text`"]),
        ("label.jsonl", b"{\"text\": \"x\"}\n", &[], &["label.jsonl, line 1", "neither `primary` nor `label`"]),
        ("blank.jsonl", b"{\"text\": \"x\", \"label\": \" \"}\n", &[], &["blank.jsonl, line 1", "label is empty"]),
        ("column.csv", b"a,b\n1,2\n", &[], &["column.csv has no column `text`", "it has a, b", "--text-column"]),
        ("ragged.csv", b"text,label\nx,y\nz\n", &[], &["ragged.csv, line 3"]),
        ("gbk.jsonl", b"{\"text\": \"\xb4\xb4\", \"label\": \"x\"}\n", &[], &["gbk.jsonl is not UTF-8", "byte 10", "line 1", "iconv"]),
        ("ft.txt", b"no label here\n", &[], &["ft.txt, line 1", "__label__"]),
        ("two.txt", b"__label__a __label__b text\n", &[], &["two.txt, line 1", "more than one label"]),
        ("one.jsonl", b"{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"x\"}\n", &[], &["all 2 paragraphs have the label `x`"]),
        (
            "rare.jsonl",
            "{\"text\": \"甲\", \"label\": \"x\"}\n{\"text\": \"乙\", \"label\": \"x\"}\n{\"text\": \"丙\", \"label\": \"y\"}\n".as_bytes(),
            &[],
            &["label `y` has only one paragraph", "rare.jsonl, line 3"],
        ),
        (
            "words.jsonl",
            "{\"text\": \"甲乙\", \"label\": \"x\"}\n{\"text\": \"丙丁\", \"label\": \"x\"}\n{\"text\": \"戊\", \"label\": \"y\"}\n{\"text\": \"己\", \"label\": \"y\"}\n".as_bytes(),
            &["--min-df", "3"],
            &["no word occurs in 3 paragraphs", "--min-df"],
        ),
        (
            "quote.jsonl",
            "{\"text\": \"治理河道\", \"label\": \"ecology\", \"statements\": {\"ecology\": [\"修复湿地\"]}}\n".as_bytes(),
            &[],
            &["quote.jsonl, line 1", "“修复湿地” does not stand in the text"],
        ),
        (
            "blank-quote.jsonl",
            "{\"text\": \"治理河道\", \"label\": \"ecology\", \"statements\": {\"ecology\": [\"\"]}}\n".as_bytes(),
            &[],
            &["blank-quote.jsonl, line 1", "does not stand in the text"],
        ),
        (
            "no-quote.jsonl",
            "{\"text\": \"治理河道\", \"label\": \"ecology\", \"statements\": {\"ecology\": []}}\n".as_bytes(),
            &[],
            &["no-quote.jsonl, line 1", "quotes nothing for `ecology`"],
        ),
        (
            "unnamed.jsonl",
            "{\"text\": \"治理河道\", \"label\": \"other\", \"themes\": [], \"statements\": {\"ecology\": [\"治理河道\"]}}\n".as_bytes(),
            &[],
            &["unnamed.jsonl, line 1", "`ecology`, which is not among the row's `themes`"],
        ),
        ("ok.jsonl", b"{\"text\": \"a\", \"label\": \"x\"}\n", &["-C", "0"], &["the cost C must be a number above 0, but is 0"]),
    ];
    for (name, content, options, expected) in cases {
        let message = message(name, content, options);
        for part in expected {
            assert!(message.contains(part), "{name}: `{part}` is not in: {message}");
        }
    }
    assert!(!model.exists());
    assert!(refuse(&["train", "no/such/file", "--output", text(&model)]).contains("no/such/file"));
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(refuse(&["train", text(&empty), "--output", text(&model)]).contains("holds no labelled data"));
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_nothing_is_lost() {
    let folder = folder();
    let data = write(&folder, "news.jsonl", news_json_lines());
    let message = refuse(&["train", text(&data), "--folds", "3", "--output", text(&folder.path().join("no/such/m.model"))]);
    assert!(message.contains("cannot write"), "{message}");
    assert!(refuse(&["train", text(&data), "--folds", "3", "--output", text(folder.path())]).contains("folder"));
    assert!(refuse(&["train", text(&data), "--folds", "3", "--output", "card.md"]).contains(".md"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["news.jsonl"]);
}

#[test]
fn groups_are_never_parted() {
    // Every group says one thing that no other says: with groups kept whole, nothing can be learned across folds.
    let folder = folder();
    let subjects = ["葡萄", "钢铁", "帆船", "戏曲", "隧道", "蜜蜂"];
    let rows = |grouped: bool| -> String {
        let row = |at: usize| {
            let subject = at % subjects.len();
            let label = if subject.is_multiple_of(2) { "甲类" } else { "乙类" };
            let mut row = serde_json::json!({ "text": format!("{}第{at}", subjects[subject].repeat(3)), "label": label });
            if grouped {
                row["group"] = serde_json::json!(subjects[subject]);
            }
            row.to_string() + "\n"
        };
        (0..36).map(row).collect()
    };
    let accuracy = |grouped: bool| {
        let data = write(&folder, "rows.jsonl", rows(grouped));
        let model = folder.path().join("m.model");
        succeed(&["train", text(&data), "--output", text(&model), "--folds", "3"]);
        Model::load(&model).unwrap().info.training.cross_validation.unwrap().primary.accuracy
    };
    assert!(accuracy(false) > 0.99);
    assert!(accuracy(true) < 0.9);
}

#[test]
fn a_file_can_be_left_out_at_a_time() {
    // Every file says one thing that no other says: left out as a whole, nothing can be known of it.
    let folder = folder();
    let subjects = ["葡萄", "钢铁", "帆船", "戏曲", "隧道", "蜜蜂"];
    let files: Vec<String> = subjects
        .iter()
        .enumerate()
        .map(|(number, subject)| {
            let label = if number.is_multiple_of(2) { "甲类" } else { "乙类" };
            let row = |at| {
                serde_json::json!({ "text": format!("{}第{at}", subject.repeat(3)), "label": label }).to_string() + "\n"
            };
            let file = write(&folder, &format!("{number}.jsonl"), (0..6).map(row).collect::<String>());
            text(&file).to_owned()
        })
        .collect();
    let model = folder.path().join("m.model");
    let accuracy = |folds: &str| {
        let mut args = vec!["train".to_owned(), "--output".to_owned(), text(&model).to_owned()];
        args.extend(["--folds".to_owned(), folds.to_owned()]);
        args.extend(files.clone());
        let out = succeed(&args);
        assert_eq!(out.contains("one file left out at a time"), folds == "file", "{out}");
        Model::load(&model).unwrap().info.training.cross_validation.unwrap().primary.accuracy
    };
    assert!(accuracy("3") > 0.99);
    assert!(accuracy("file") < 0.9);
    assert!(refuse(&["train", &files[0], &files[0], "--output", text(&model), "--folds", "file"]).contains("all"));
    assert!(refuse(&["train", &files[0], "--output", text(&model), "--folds", "x"]).contains("neither a number nor `file`"));
}

#[test]
fn priors_make_probabilities_for_the_places_of_use() {
    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    // Words of both labels, in the shares 2 to 1: what stands in doubt leans as the priors lean.
    let row = |at: usize| {
        let (label, word) = if at.is_multiple_of(2) { ("甲类", "葡萄") } else { ("乙类", "钢铁") };
        let word = if at.is_multiple_of(3) { "帆船" } else { word };
        serde_json::json!({ "text": format!("{word}第{at}"), "label": label }).to_string() + "\n"
    };
    fs::write(data.join("rows.jsonl"), (0..120).map(row).collect::<String>()).unwrap();
    let model = folder.path().join("m.model");
    let train = |options: &[&str]| {
        let mut args = vec!["train", text(&data), "--output", text(&model)];
        args.extend(options);
        let out = succeed(&args);
        (out, Model::load(&model).unwrap())
    };
    let (out, plain) = train(&[]);
    assert!(!out.contains("priors") && plain.info.training.settings.priors.is_none(), "{out}");
    fs::write(data.join("priors.json"), "{\"甲类\": 0.9, \"乙类\": 0.1}").unwrap();
    let (out, with) = train(&[]);
    assert!(out.contains("as the priors say (") && out.contains("甲类 90.0%") && out.contains("乙类 10.0%"), "{out}");
    assert_eq!(with.info.training.settings.priors.as_ref().unwrap().labels["甲类"], 0.9);
    assert_eq!(with.weights, plain.weights, "priors change what is made of the values, not the values");
    let card = fs::read_to_string(model.with_extension("md")).unwrap();
    assert!(card.contains("甲类 0.9") && card.contains("乙类 0.1"), "{card}");
    let (_, given) = train(&["--priors", "甲类=0.2,乙类=0.8"]);
    assert_eq!(given.info.training.settings.priors.unwrap().labels["乙类"], 0.8);
    let refused = |priors: &str| refuse(&["train", text(&data), "--output", text(&model), "--priors", priors]);
    assert!(refused("甲类=0.5").contains("lack 乙类"));
    assert!(refused("甲类=0.5,乙类=0.6").contains("sum to 1"));
    assert!(refused("甲类=0.5,乙类=0.4,丙类=0.1").contains("`丙类`, which no paragraph has"));
    assert!(refused("甲类").contains("`甲类` is not LABEL=SHARE"));
    // How many paragraphs touch a theme may be said beside the labels' shares, in any file.
    let file = write(&folder, "shares.json", "{\"甲类\": 0.2, \"乙类\": 0.8, \"themes\": {\"甲类\": 0.3}}".as_bytes());
    assert!(refused(text(&file)).contains("`甲类`, which no paragraph has"), "no row names a theme");
    assert!(refused("no/such.json").contains("no/such.json"));
    fs::write(data.join("priors.json"), "[0.5]").unwrap();
    assert!(refuse(&["train", text(&data), "--output", text(&model)]).contains("priors.json is not a list of shares"));
}

/// A theme that is rarer in use than in the data is named with less probability.
#[test]
fn priors_of_themes_make_their_probabilities() {
    let folder = folder();
    let model = folder.path().join("m.model");
    let row = |at: usize| {
        let (primary, themes, text) = match at % 4 {
            0 => ("ecology", vec!["ecology"], "修复湿地三处"),
            1 => ("other", vec!["ecology"], "扩建码头并绿化岸线"),
            _ => ("other", vec![], if at % 8 == 2 { "扩建码头并绿化岸线" } else { "召开招商会议" }),
        };
        serde_json::json!({ "text": format!("{text}，第{at}期。"), "primary": primary, "themes": themes }).to_string() + "\n"
    };
    let data = write(&folder, "rows.jsonl", (0..160).map(row).collect::<String>().as_bytes());
    let probability = |share: f64| {
        let shares = format!("{{\"ecology\": 0.25, \"other\": 0.75, \"themes\": {{\"ecology\": {share}}}}}");
        let shares = write(&folder, "shares.json", shares.as_bytes());
        let out = succeed(&["train", text(&data), "--output", text(&model), "--no-words", "--priors", text(&shares)]);
        assert!(out.contains("; themes: Ecology"), "{out}");
        let card = fs::read_to_string(model.with_extension("md")).unwrap();
        assert!(card.contains(&format!("touching a theme: ecology {share}")), "{card}");
        Classifier::load(&model).unwrap().classify("扩建码头并绿化岸线。").theme_probabilities[0]
    };
    let (often, rarely) = (probability(0.5), probability(0.28));
    assert!(rarely < 0.6 * often, "{rarely} {often}");
    let shares = write(&folder, "shares.json", b"{\"ecology\": 0.25, \"other\": 0.75, \"themes\": {\"ecology\": 0.2}}");
    let message = refuse(&["train", text(&data), "--output", text(&model), "--priors", text(&shares)]);
    assert!(message.contains("the prior of the theme `ecology`") && message.contains("0.25"), "{message}");
}

/// Words that always stand in the same paragraph can be told apart only by what is marked.
#[test]
fn marked_statements_say_which_sentence_speaks_of_a_theme() {
    let folder = folder();
    let model = folder.path().join("m.model");
    let places = ["东湾", "西岭", "南川", "北原", "中洲"];
    let rows = |marked: bool| {
        let row = |at: usize| {
            let place = places[at % places.len()];
            let (port, wetland) = (format!("{place}港口扩建泊位。"), format!("{place}湿地修复完工。"));
            let mut row =
                serde_json::json!({ "text": format!("{port}{wetland}"), "primary": "other", "themes": ["ecology"] });
            if marked {
                row["statements"] = serde_json::json!({ "ecology": [wetland] });
            }
            let general = serde_json::json!({ "text": format!("{place}商场开业迎客。"), "primary": "other", "themes": [] });
            let pure =
                serde_json::json!({ "text": format!("{place}空气质量改善。"), "primary": "ecology", "themes": ["ecology"] });
            format!("{row}\n{general}\n{pure}\n")
        };
        (0..40).map(row).collect::<String>()
    };
    let probability = |marked: bool, sentence: &str| {
        let file = write(&folder, "rows.jsonl", rows(marked).as_bytes());
        succeed(&["train", text(&file), "--output", text(&model), "--no-words"]);
        Classifier::load(&model).unwrap().classify(sentence).theme_probabilities[0]
    };
    let (port, wetland) = ("外县港口扩建泊位。", "外县湿地修复完工。");
    let [marked, unmarked] = [true, false].map(|marked| [wetland, port].map(|sentence| probability(marked, sentence)));
    assert!(marked[0] > 0.9 && marked[0] > 2.0 * marked[1], "{marked:?}");
    assert!((unmarked[0] - unmarked[1]).abs() < 0.05, "without marks nothing tells them apart: {unmarked:?}");
}

#[test]
fn what_cross_validation_got_wrong_can_be_looked_at() {
    let folder = folder();
    let wrong = serde_json::json!({ "text": "央行上调存款利率，银行股市值创新高。", "label": "体育" }).to_string() + "\n";
    let data = write(&folder, "news.jsonl", news_json_lines() + &wrong);
    let errors = folder.path().join("errors.jsonl");
    let model = folder.path().join("m.model");
    succeed(&["train", text(&data), "--output", text(&model), "--folds", "4", "--errors", text(&errors)]);
    let rows = json_lines(&fs::read_to_string(&errors).unwrap());
    let found = rows.iter().find(|row| row["line"] == 19).expect("the wrong label");
    assert_eq!((found["given"].as_str(), found["predicted"].as_str()), (Some("体育"), Some("财经")));
    let surprise: Vec<f64> = rows.iter().map(|row| row["probability"].as_f64().unwrap()).collect();
    assert!(surprise.is_sorted_by(|a, b| a >= b));
}

#[test]
fn progress_stays_off_where_there_is_no_terminal() {
    let folder = folder();
    let data = write(&folder, "news.jsonl", news_json_lines());
    let (_, err, code) = run(&["train", text(&data), "--folds", "3", "--output", text(&folder.path().join("m.model"))]);
    assert_eq!((err.as_str(), code), ("", 0));
    let help = program().args(["train", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("Examples:"));
}
