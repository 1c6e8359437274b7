//! Independent implementations that ours must agree with.

mod common;

use common::{NEWS, shared};
use linfa::ParamGuard;
use linfa::dataset::{Dataset, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use linfa_logistic::LogisticRegression;
use linfa_preprocessing::tf_idf_vectorization::TfIdfVectorizer;
use ndarray::{Array1, Array2, array};
use policy_topics::labelled::{Columns, LabelledCorpus};
use policy_topics::linear::{ClassWeight, LinearParams, LinearValidParams, Loss};
use policy_topics::model::{Classifier, Model};
use policy_topics::tfidf::{CountedCorpus, SparseRows, TfIdf, TfIdfSettings, Unit};
use policy_topics::tokenize::{GAP, Sentence, TokenizedCorpus};
use policy_topics::vocabulary::{NgramSettings, Vocabulary};
use proptest::prelude::*;

/// Dense rows with two classes that overlap.
fn dense() -> (Array2<f64>, Vec<bool>) {
    let mut random = fastrand::Rng::with_seed(42);
    let rows = 60;
    let x = Array2::from_shape_fn((rows, 4), |_| f64::from((random.f64() * 4.0 - 2.0) as f32));
    let y = x.rows().into_iter().map(|row| row[0] - 0.5 * row[1] + 0.2 + random.f64() * 2.0 - 1.0 > 0.0).collect();
    (x, y)
}

fn sparse(x: &Array2<f64>) -> SparseRows {
    let rows: Vec<Vec<(u32, f32)>> =
        x.rows().into_iter().map(|row| (0..).zip(row.iter().map(|&v| v as f32)).collect()).collect();
    SparseRows::from_rows(&rows, x.ncols())
}

fn params(loss: Loss, c: f64, bias: f64) -> LinearParams {
    LinearParams::new(LinearValidParams {
        loss,
        c,
        bias,
        class_weight: ClassWeight::Uniform,
        tolerance: 1e-8,
        max_iterations: 100_000,
        seed: 3,
    })
}

fn head(y: &[bool]) -> Array2<bool> {
    Array2::from_shape_fn((y.len(), 1), |(row, _)| y[row])
}

#[test]
fn logistic_loss_has_the_optimum_of_linfa() {
    let (x, y) = dense();
    for c in [0.1, 1.0, 10.0] {
        // linfa minimizes Σ loss + alpha / 2 · ‖w‖²: the same as ours with alpha = 1 / c. A constant column stands for the bias, so
        // that both shrink it.
        let mut with_constant = Array2::ones((x.nrows(), x.ncols() + 1));
        with_constant.slice_mut(ndarray::s![.., ..x.ncols()]).assign(&x);
        let targets = Array1::from_iter(y.iter().map(|&positive| if positive { "yes" } else { "no" }));
        let theirs = LogisticRegression::default()
            .alpha(1.0 / c)
            .with_intercept(false)
            .gradient_tolerance(1e-9)
            .max_iterations(10_000)
            .fit(&Dataset::new(with_constant, targets))
            .unwrap();
        let sign = if theirs.labels().pos.class == "yes" { 1.0 } else { -1.0 };
        let ours = params(Loss::Logistic, c, 1.0).fit(&DatasetBase::new(sparse(&x), head(&y))).unwrap();
        let ours: Vec<f64> = ours.weights.row(0).iter().chain(&ours.bias).map(|&weight| f64::from(weight)).collect();
        for (ours, theirs) in ours.iter().zip(theirs.params()) {
            assert!((ours - sign * theirs).abs() < 1e-4, "c = {c}: {ours} and {theirs}");
        }
    }
}

#[test]
fn squared_hinge_has_no_gradient_at_its_optimum() {
    let (x, y) = dense();
    for c in [0.1, 1.0, 10.0] {
        let model = params(Loss::SquaredHinge, c, 1.0).fit(&DatasetBase::new(sparse(&x), head(&y))).unwrap();
        let w: Vec<f64> = model.weights.row(0).iter().chain(&model.bias).map(|&weight| f64::from(weight)).collect();
        // ∂/∂w (½‖w‖² + c Σ max(0, 1 − y w·x)²) = w − 2c Σ y x max(0, 1 − y w·x)
        let mut gradient = w.clone();
        for (row, &positive) in x.rows().into_iter().zip(&y) {
            let row: Vec<f64> = row.iter().copied().chain([1.0]).collect();
            let sign = if positive { 1.0 } else { -1.0 };
            let margin = sign * row.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>();
            let slack = (1.0 - margin).max(0.0);
            gradient.iter_mut().zip(&row).for_each(|(gradient, x)| *gradient -= 2.0 * c * sign * x * slack);
        }
        // Weights are kept as f32: the gradient is as exact as they are.
        assert!(gradient.iter().all(|g| g.abs() < 1e-4 * (1.0 + c)), "c = {c}: {gradient:?}");
    }
}

#[test]
fn a_row_of_a_heavier_class_counts_as_often_as_it_weighs() {
    // Balanced weights of 1 head: rows / positives = 4 for the positive row, which is the same as having it four times.
    let x = array![[1.0, 0.2], [-1.0, 0.3], [-0.5, 1.0], [0.3, -1.0]];
    let balanced =
        LinearValidParams { class_weight: ClassWeight::Balanced, tolerance: 1e-9, ..LinearValidParams::default() };
    let once = balanced.fit(&DatasetBase::new(sparse(&x), head(&[true, false, false, false]))).unwrap();
    let repeated = array![[1.0, 0.2], [1.0, 0.2], [1.0, 0.2], [1.0, 0.2], [-1.0, 0.3], [-0.5, 1.0], [0.3, -1.0]];
    let uniform = LinearValidParams { class_weight: ClassWeight::Uniform, ..balanced };
    let four =
        uniform.fit(&DatasetBase::new(sparse(&repeated), head(&[true, true, true, true, false, false, false]))).unwrap();
    for (once, four) in once.weights.iter().chain(&once.bias).zip(four.weights.iter().chain(&four.bias)) {
        assert!((once - four).abs() < 1e-5, "{once} and {four}");
    }
}

#[test]
fn wrong_parameters_are_named() {
    let wrong = [
        LinearValidParams { c: 0.0, ..LinearValidParams::default() },
        LinearValidParams { tolerance: f64::NAN, ..LinearValidParams::default() },
        LinearValidParams { bias: -1.0, ..LinearValidParams::default() },
        LinearValidParams { max_iterations: 0, ..LinearValidParams::default() },
    ];
    for params in wrong {
        assert!(LinearParams::new(params).check().is_err());
    }
}

/// Documents of one sentence each, from words with a space between them.
fn corpus(documents: &[&str]) -> TokenizedCorpus {
    let mut corpus = TokenizedCorpus::default();
    for document in documents {
        let number = |word: &str| {
            let known = corpus.words.iter().position(|known| known == word);
            known.unwrap_or_else(|| {
                corpus.words.push(word.to_owned());
                corpus.words.len() - 1
            }) as u32
        };
        let words = document.split(' ').map(number).collect();
        corpus.documents.push(vec![Sentence { words, characters: 0..document.len() }]);
    }
    corpus
}

const DOCUMENTS: [&str; 5] = ["水 林 水 田", "林 田 路", "水 水 水 桥", "路 桥 田 林", "田 田 医"];

#[test]
fn tfidf_has_the_values_of_linfa() {
    let corpus = corpus(&DOCUMENTS);
    let vocabulary = Vocabulary::fit(&corpus, &NgramSettings { words: 2, characters: 0, min_df: 1 });
    let counted = CountedCorpus::new(&vocabulary, &corpus, Unit::Paragraph);
    let settings = TfIdfSettings { min_df: 1, max_df: 1.0, max_features: None, sublinear_tf: false };
    let tfidf = TfIdf::fit(&counted, &settings);
    let rows = tfidf.transform(&counted);
    // linfa counts the same n-grams and weighs them n · idf, without dividing by the norm.
    let texts = Array1::from_iter(DOCUMENTS.iter().map(|document| (*document).to_owned()));
    let theirs = TfIdfVectorizer::default()
        .tokenizer(linfa_preprocessing::Tokenizer::Regex(r"\S+".to_owned()))
        .n_gram_range(1, 2)
        .normalize(false)
        .fit(&texts)
        .unwrap();
    let matrix = theirs.transform(&texts).unwrap();
    assert_eq!(theirs.vocabulary().len(), vocabulary.len());
    for (document, _) in DOCUMENTS.iter().enumerate() {
        let (columns, values) = rows.row(document);
        let weight = |column: u32| {
            let name = vocabulary.name(column);
            let at = theirs.vocabulary().iter().position(|known| *known == name).expect("the same features");
            matrix.get(document, at).copied().unwrap_or(0.0)
        };
        let norm = columns.iter().map(|&column| weight(column).powi(2)).sum::<f64>().sqrt();
        for (&column, &value) in columns.iter().zip(values) {
            assert!((f64::from(value) - weight(column) / norm).abs() < 1e-6, "{} in {document}", vocabulary.name(column));
        }
    }
}

#[test]
fn features_are_left_out_by_frequency() {
    let corpus = corpus(&DOCUMENTS);
    let vocabulary = Vocabulary::fit(&corpus, &NgramSettings { words: 1, characters: 0, min_df: 1 });
    let counted = CountedCorpus::new(&vocabulary, &corpus, Unit::Sentence);
    let used = |min_df, max_df, max_features| {
        let tfidf = TfIdf::fit(&counted, &TfIdfSettings { min_df, max_df, max_features, sublinear_tf: true });
        let mut names: Vec<String> =
            (0..).zip(&tfidf.idf).filter(|&(_, &idf)| idf > 0.0).map(|(column, _)| vocabulary.name(column)).collect();
        names.sort();
        names
    };
    assert_eq!(used(1, 1.0, None), ["医", "林", "桥", "水", "田", "路"]);
    assert_eq!(used(2, 1.0, None), ["林", "桥", "水", "田", "路"]);
    assert_eq!(used(1, 0.6, None), ["医", "林", "桥", "水", "路"]);
    assert_eq!(used(1, 1.0, Some(2)), ["林", "田"]);
}

#[test]
fn ngrams_do_not_reach_over_a_gap() {
    let mut corpus = corpus(&["水 林", "水 林"]);
    for document in &mut corpus.documents {
        document[0].words.insert(1, GAP);
    }
    let vocabulary = Vocabulary::fit(&corpus, &NgramSettings { words: 2, characters: 2, min_df: 1 });
    let names: Vec<String> = (0..vocabulary.len() as u32).map(|column| vocabulary.name(column)).collect();
    assert!(names.iter().all(|name| name.chars().count() == 1), "{names:?}");
}

/// A model's weights, heads × features. It holds them × idf.
fn weights(model: &Model) -> Array2<f32> {
    let mut weights = model.weights.t().to_owned();
    for (mut weights, &idf) in weights.columns_mut().into_iter().zip(&model.tfidf.idf) {
        weights.mapv_inplace(|weight| if idf > 0.0 { weight / idf } else { 0.0 });
    }
    weights
}

/// The default model's own rows, as they are and without any marks, through the matrices of training and through the classifier, must
/// give the same values.
#[test]
fn the_classifier_computes_what_training_computed() {
    let corpus = LabelledCorpus::read(&["training/mixed.jsonl".into()], &Columns::default()).unwrap();
    let classifier = Classifier::embedded().unwrap();
    let model = Model::embedded().unwrap();
    let tokenizer = policy_topics::tokenize::Tokenizer::new(&model.info.tokenizer);
    let bare = corpus.rows.iter().map(|row| row.text.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let texts: Vec<String> = corpus.rows.iter().map(|row| row.text.clone()).chain(bare).collect();
    let counted = CountedCorpus::new(&model.vocabulary, &TokenizedCorpus::new(&tokenizer, &texts), model.info.unit);
    assert!(
        (0..texts.len()).all(|document| texts[document].chars().count() < 140 || counted.sentences_of(document).len() > 1)
    );
    let sentences = model.tfidf.transform(&counted);
    let linear =
        policy_topics::linear::LinearModel { weights: weights(&model), bias: Array1::from_vec(model.info.bias.clone()) };
    let mut values: Array2<f64> = linear.default_target(&sentences);
    linear.predict_inplace(&sentences, &mut values);
    for (document, text) in texts.iter().enumerate() {
        let explanation = classifier.explain(text);
        for head in 0..model.info.heads() {
            let rows = counted.sentences_of(document);
            let mean: f64 = rows.clone().map(|row| f64::from(counted.weights[row]) * values[[row, head]]).sum();
            let highest = rows.map(|row| values[[row, head]]).fold(f64::NEG_INFINITY, f64::max);
            let expected = match head.checked_sub(model.info.labels.len()) {
                None => mean,
                Some(theme) => model.info.rules.evidence[theme].value(mean, highest),
            };
            assert!((explanation.values[head] - expected).abs() < 1e-5, "{text}");
        }
    }
}

/// The bias and the terms add up to every decision value, and so do the sentences; and the values are those decided on.
fn adds_up(classifier: &Classifier, text: &str) -> Result<(), String> {
    let explanation = classifier.explain(text);
    let model = classifier.model();
    if explanation.assignment != classifier.classify(text) {
        return Err("explained otherwise than classified".to_owned());
    }
    for head in 0..model.heads() {
        let value = explanation.values[head];
        let terms = explanation.total(head);
        if (terms - value).abs() > 1e-5 {
            return Err(format!("head {head}: the terms come to {terms}, not {value}"));
        }
        let sentences: f64 = explanation.sentences.iter().map(|sentence| sentence.contributions[head]).sum();
        if !explanation.assignment.wordless && (sentences - value).abs() > 1e-5 {
            return Err(format!("head {head}: the sentences come to {sentences}, not {value}"));
        }
        if let Some(theme) = head.checked_sub(model.labels.len())
            && !explanation.assignment.wordless
        {
            let p = 1.0 / (1.0 + (-value).exp());
            if (p - explanation.assignment.theme_probabilities[theme]).abs() > 1e-12 {
                return Err(format!("theme {theme}: {value} is not the log odds"));
            }
        }
    }
    // The sentences follow one another inside the text, and each ends with its mark.
    let characters: Vec<char> = text.chars().collect();
    let mut end = 0;
    for sentence in &explanation.sentences {
        let place = &sentence.characters;
        if place.start < end || place.is_empty() || place.end > characters.len() {
            return Err(format!("a sentence at {place:?} of {}", characters.len()));
        }
        let inside = &characters[place.start..place.end - 1];
        if inside.iter().any(|mark| "。！？；".contains(*mark)) {
            return Err(format!("{place:?} is more than a sentence"));
        }
        end = place.end;
    }
    Ok(())
}

/// The default model, loaded once.
fn embedded() -> &'static Classifier {
    static CLASSIFIER: std::sync::OnceLock<Classifier> = std::sync::OnceLock::new();
    CLASSIFIER.get_or_init(|| Classifier::embedded().unwrap())
}

#[test]
fn explanations_add_up_on_whole_paragraphs() {
    let corpus = LabelledCorpus::read(&["training/mixed.jsonl".into()], &Columns::default()).unwrap();
    for row in &corpus.rows {
        adds_up(embedded(), &row.text).unwrap_or_else(|problem| panic!("{}: {problem}", row.source));
    }
}

#[test]
fn explanations_add_up_on_real_paragraphs() {
    let Some(gold) = shared("gold-dev.jsonl") else { return };
    let columns = Columns { all_kinds: true, ..Columns::default() };
    for row in &LabelledCorpus::read(&[gold], &columns).unwrap().rows {
        adds_up(embedded(), &row.text).unwrap_or_else(|problem| panic!("{}: {problem}", row.source));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn explanations_add_up_on_any_text(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40), noise in ".{0,20}", at in 0usize..40,
    ) {
        let mut pieces: Vec<&str> = pieces;
        pieces.insert(at.min(pieces.len()), &noise);
        let text = pieces.concat();
        prop_assert_eq!(adds_up(embedded(), &text), Ok(()), "{}", text);
    }
}

/// What random paragraphs are put together from.
const PIECES: [&str; 24] = [
    "新认定高新技术企业",
    "建设高标准农田",
    "整治黑臭水体",
    "改造老旧小区",
    "固定资产投资增长",
    "关键核心技术",
    "粮食产量",
    "空气质量",
    "城镇新增就业",
    "营商环境",
    "村集体经济",
    "人工智能",
    "ＡＩ",
    "5G",
    "12.5%",
    "。",
    "。",
    "，",
    "；",
    "！",
    "\n",
    "、",
    " ",
    "\r\n",
];

#[test]
fn guessing_words_and_longer_ngrams_classify_as_they_were_trained() {
    use policy_topics::labelled::{Labelled, Source};
    use policy_topics::model::{Folds, TrainSettings, train};
    use policy_topics::tokenize::TokenizerSettings;
    let row = |(line, (label, text)): (u64, &(&str, &str))| Labelled {
        text: (*text).to_owned(),
        primary: (*label).to_owned(),
        themes: None,
        statements: Default::default(),
        group: None,
        document: None,
        source: Source { file: "news".into(), line },
    };
    let corpus = LabelledCorpus { rows: (1..).zip(&NEWS).map(row).collect(), ..LabelledCorpus::default() };
    for (hmm, words, characters, unit) in
        [(true, 3, 3, Unit::Sentence), (false, 2, 0, Unit::Paragraph), (true, 1, 2, Unit::Paragraph)]
    {
        let settings = TrainSettings {
            word_ngrams: words,
            char_ngrams: characters,
            unit,
            folds: Folds::Number(3),
            tfidf: TfIdfSettings { min_df: 1, ..TfIdfSettings::default() },
            ..TrainSettings::default()
        };
        let tokenizer = TokenizerSettings { hmm, words: Vec::new() };
        let model = train("news", &corpus, tokenizer, &settings, &|_| {}).unwrap().model;
        let classifier = Classifier::new(&model).unwrap();
        let tokenizer = policy_topics::tokenize::Tokenizer::new(&model.info.tokenizer);
        let texts: Vec<&str> = NEWS.iter().map(|(_, text)| *text).collect();
        let counted = CountedCorpus::new(&model.vocabulary, &TokenizedCorpus::new(&tokenizer, &texts), unit);
        let rows = counted.mean(&model.tfidf.transform(&counted));
        let weights = weights(&model);
        for (document, (label, text)) in NEWS.iter().enumerate() {
            let (columns, values) = rows.row(document);
            let explanation = classifier.explain(text);
            for head in 0..model.info.heads() {
                let products = columns.iter().zip(values).map(|(&column, value)| weights[[head, column as usize]] * value);
                let expected = f64::from(model.info.bias[head]) + f64::from(products.sum::<f32>());
                assert!((explanation.values[head] - expected).abs() < 1e-5, "{text}");
            }
            assert_eq!(model.info.labels[explanation.assignment.primary].id, *label, "a paragraph of the training data");
        }
    }
}
