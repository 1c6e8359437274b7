//! Everything that is measured on labelled paragraphs.

use std::collections::BTreeMap;

use policy_topics::evaluate::{
    Interval, Prediction, Reliability, SetMetrics, SingleMetrics, bootstrap, calibration_error, reliability, sets, single,
};
use policy_topics::labelled::Labelled;
use policy_topics::model::{Assignment, ModelInfo};
use policy_topics::report::aggregate::{Counts, characters};
use policy_topics::theme::Label;
use serde::Serialize;

use super::Gold;

/// Samples of the bootstrap.
pub const RESAMPLES: usize = 1000;

#[derive(Serialize)]
pub struct Evaluation {
    pub paragraphs: usize,
    pub accuracy_interval: Interval,
    pub macro_f1_interval: Interval,
    pub primary: SingleMetrics,
    pub calibration_error: f64,
    pub reliability: Vec<Reliability>,
    pub certain: Certain,
    pub by_length: Vec<Band>,
    pub themes: Option<ThemeEvaluation>,
    /// Where rows say which document they stand in.
    pub shares: Option<ShareErrors>,
}

#[derive(Serialize)]
pub struct ThemeEvaluation {
    pub micro_f1_interval: Interval,
    pub metrics: SetMetrics,
    /// Expected calibration error of each theme.
    pub calibration_error: Vec<f64>,
    /// The reliability table of each theme.
    pub reliability: Vec<Vec<Reliability>>,
}

/// The paragraphs whose primary label is called certain.
#[derive(Serialize)]
pub struct Certain {
    pub paragraphs: usize,
    /// Of all paragraphs.
    pub share: f64,
    /// The share of them that is right; `None` where there are none.
    pub precision: Option<f64>,
}

/// The paragraphs of like length.
#[derive(Serialize)]
pub struct Band {
    /// Characters from (inclusive).
    pub from: usize,
    /// Characters to (exclusive); `None`: no end.
    pub to: Option<usize>,
    pub paragraphs: usize,
    pub accuracy: f64,
    pub macro_f1: f64,
    pub themes_micro_f1: Option<f64>,
}

/// How far the labels' shares of documents, by characters, are off.
#[derive(Serialize)]
pub struct ShareErrors {
    /// Mean absolute error over documents and labels, in percentage points.
    pub mean: f64,
    /// The largest one.
    pub largest: f64,
    pub documents: Vec<DocumentError>,
}

#[derive(Serialize)]
pub struct DocumentError {
    pub document: String,
    pub paragraphs: usize,
    pub mean: f64,
    pub largest: f64,
}

/// Where the length bands begin, in characters.
const BANDS: [usize; 4] = [0, 40, 150, 401];

pub fn evaluate(model: &ModelInfo, rows: &[Labelled], gold: &Gold, predicted: &[Assignment], seed: u64) -> Evaluation {
    let ids = |labels: &[Label]| labels.iter().map(|label| label.id.clone()).collect::<Vec<_>>();
    let (labels, themes) = (ids(&model.labels), ids(&model.themes));
    let primary: Vec<usize> = predicted.iter().map(|assignment| assignment.primary).collect();
    let named: Vec<Vec<usize>> = predicted.iter().map(|assignment| assignment.themes.clone()).collect();
    let on_primary = |sample: &[usize]| {
        let pick = |from: &[usize]| sample.iter().map(|&row| from[row]).collect::<Vec<_>>();
        single(&labels, &pick(&gold.primary), &pick(&primary))
    };
    let on_themes = |sample: &[usize]| {
        gold.themes.as_ref().map(|given| {
            let pick = |from: &[Vec<usize>]| sample.iter().map(|&row| from[row].clone()).collect::<Vec<_>>();
            sets(&themes, &pick(given), &pick(&named)).micro_f1
        })
    };
    let right = |row: usize| primary[row] == gold.primary[row];
    let confident: Vec<Prediction> = (0..rows.len())
        .map(|row| Prediction { confidence: predicted[row].probabilities[primary[row]], right: right(row), weight: 1.0 })
        .collect();
    let reliability_table = reliability(&confident);
    let certain: Vec<usize> = (0..rows.len()).filter(|&row| predicted[row].certain).collect();
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    let band = |(&from, to): (&usize, Option<usize>)| {
        let inside = |row: &Labelled| (from..to.unwrap_or(usize::MAX)).contains(&row.text.chars().count());
        let sample: Vec<usize> = (0..rows.len()).filter(|&row| inside(&rows[row])).collect();
        let SingleMetrics { accuracy, macro_f1, .. } = on_primary(&sample);
        Band { from, to, paragraphs: sample.len(), accuracy, macro_f1, themes_micro_f1: on_themes(&sample) }
    };
    Evaluation {
        paragraphs: rows.len(),
        accuracy_interval: bootstrap(rows.len(), RESAMPLES, seed, |sample| on_primary(sample).accuracy),
        macro_f1_interval: bootstrap(rows.len(), RESAMPLES, seed, |sample| on_primary(sample).macro_f1),
        primary: single(&labels, &gold.primary, &primary),
        calibration_error: calibration_error(&reliability_table),
        reliability: reliability_table,
        certain: Certain {
            paragraphs: certain.len(),
            share: share(certain.len(), rows.len()).unwrap_or(0.0),
            precision: share(certain.iter().filter(|&&row| right(row)).count(), certain.len()),
        },
        by_length: BANDS.iter().zip(BANDS.iter().skip(1).copied().map(Some).chain([None])).map(band).collect(),
        themes: gold.themes.as_ref().map(|given| {
            let table = |theme: usize| {
                let prediction = |(a, given): (&Assignment, &Vec<usize>)| Prediction {
                    confidence: a.theme_probabilities[theme],
                    right: given.contains(&theme),
                    weight: 1.0,
                };
                reliability(&predicted.iter().zip(given).map(prediction).collect::<Vec<_>>())
            };
            let tables: Vec<Vec<Reliability>> = (0..themes.len()).map(table).collect();
            let micro_f1 = |sample: &[usize]| on_themes(sample).unwrap_or(0.0);
            ThemeEvaluation {
                micro_f1_interval: bootstrap(rows.len(), RESAMPLES, seed, micro_f1),
                metrics: sets(&themes, given, &named),
                calibration_error: tables.iter().map(|table| calibration_error(table)).collect(),
                reliability: tables,
            }
        }),
        shares: share_errors(model, rows, gold, predicted),
    }
}

/// Compares the shares that `report` would give with those of the given labels, document by document.
fn share_errors(model: &ModelInfo, rows: &[Labelled], gold: &Gold, predicted: &[Assignment]) -> Option<ShareErrors> {
    let nothing = || Counts::new(model.labels.len(), model.themes.len());
    let mut documents: BTreeMap<&str, [Counts; 2]> = BTreeMap::new();
    for ((row, &primary), assignment) in rows.iter().zip(&gold.primary).zip(predicted) {
        let Some(document) = &row.document else { continue };
        let [given, found] = documents.entry(document).or_insert_with(|| [nothing(), nothing()]);
        given.add(characters(&row.text), &Assignment { primary, themes: Vec::new(), ..assignment.clone() });
        found.add(characters(&row.text), assignment);
    }
    let documents: Vec<DocumentError> = documents
        .into_iter()
        .map(|(document, [given, found])| {
            let off = |label| 100.0 * (given.by_characters(label) - found.by_characters(label)).abs();
            let errors: Vec<f64> = (0..model.labels.len()).map(off).collect();
            DocumentError {
                document: document.to_owned(),
                paragraphs: given.paragraphs,
                mean: errors.iter().sum::<f64>() / errors.len().max(1) as f64,
                largest: errors.iter().copied().fold(0.0, f64::max),
            }
        })
        .collect();
    let mean = documents.iter().map(|document| document.mean).sum::<f64>() / documents.len().max(1) as f64;
    let largest = documents.iter().map(|document| document.largest).fold(0.0, f64::max);
    (!documents.is_empty()).then_some(ShareErrors { mean, largest, documents })
}
