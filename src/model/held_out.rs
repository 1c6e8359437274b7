//! What is learned and measured on rows that the classifier was not trained on.

use super::decide::{Assignment, Decider, Pool, Rules, best_threshold, certain_from};
use super::fit::Fitted;
use super::targets::Targets;
use super::{CrossValidation, Stage, TrainError, TrainSettings, Weighted};
use crate::calibrate::{Evidence, Seen, fit_scale};
use crate::evaluate::{self, Prediction};
use crate::tfidf::CountedCorpus;
use crate::theme::Label;

/// Rows that were held out, and what their sentences came to.
pub(super) struct HeldOut {
    rows: Vec<usize>,
    pools: Vec<Pool>,
}

impl HeldOut {
    /// Trains on all folds but one and decides on that one, for every fold, or for the first alone.
    pub(super) fn new(
        counted: &CountedCorpus,
        targets: &Targets,
        fold_of: &[usize],
        settings: &TrainSettings,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<Self, TrainError> {
        let mut held_out = HeldOut { rows: Vec::new(), pools: Vec::new() };
        let all = fold_of.iter().max().map_or(0, |last| last + 1);
        let folds = if settings.cross_validate { all } else { 1 };
        for fold in 0..folds {
            progress(Stage::Fold(fold + 1, folds));
            let (test, train): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
            let fitted = Fitted::new(&counted.select(&train), &targets.select(&train), settings)?;
            held_out.pools.extend(fitted.pools(&counted.select(&test)));
            held_out.rows.extend(test);
        }
        Ok(held_out)
    }

    /// Learns the rules, each row counting its weight. Rows without a word, which are decided without them, teach nothing.
    pub(super) fn rules(&self, targets: &Targets, weights: &[f64]) -> Rules {
        let labels = targets.labels.len();
        let read = || self.rows.iter().copied().zip(&self.pools).filter(|(_, pool)| !pool.is_empty());
        let evidence = |theme: usize| {
            let seen = |(row, pool): (usize, &Pool)| {
                let (mean, highest) = pool.head(labels + theme, 0.0);
                Seen { mean, highest, positive: targets.row_themes[row].contains(&theme), weight: weights[row] }
            };
            Evidence::fit(&read().map(seen).collect::<Vec<_>>())
        };
        let evidence: Vec<Evidence> = (0..targets.themes.len()).map(evidence).collect();
        let no_bias = vec![0.0; labels + targets.themes.len()];
        let values: Vec<(usize, Vec<f64>)> = read().map(|(row, pool)| (row, pool.values(&no_bias, &evidence))).collect();
        let scale = fit_scale(values.iter().map(|(row, values)| (&values[..labels], targets.primary[*row], weights[*row])));
        let mut rules = Rules { scale, evidence, named_from: 1.0, certain_from: None };
        let mut decided = self.decide(targets, &rules);
        decided.retain(|(_, assignment)| !assignment.wordless);
        let theme = |theme: usize| {
            decided.iter().map(move |(row, assignment)| {
                let own = targets.labels[assignment.primary].id == targets.themes[theme].id;
                (assignment.theme_probabilities[theme], own, targets.row_themes[*row].contains(&theme), weights[*row])
            })
        };
        rules.named_from = best_threshold(&(0..targets.themes.len()).flat_map(theme).collect::<Vec<_>>());
        let sure =
            |(row, a): &(usize, Assignment)| (a.probabilities[a.primary], a.primary == targets.primary[*row], weights[*row]);
        rules.certain_from = certain_from(&decided.iter().map(sure).collect::<Vec<_>>());
        rules
    }

    /// What each row is given, in order of row.
    pub(super) fn decide(&self, targets: &Targets, rules: &Rules) -> Vec<(usize, Assignment)> {
        let decider = Decider::new(&targets.labels, &targets.themes, rules.clone());
        let no_bias = vec![0.0; targets.labels.len() + targets.themes.len()];
        let decide = |(&row, pool): (&usize, &Pool)| {
            let read = || decider.decide(&pool.values(&no_bias, &rules.evidence));
            (row, if pool.is_empty() { decider.wordless() } else { read() })
        };
        let mut decided: Vec<(usize, Assignment)> = self.rows.iter().zip(&self.pools).map(decide).collect();
        decided.sort_unstable_by_key(|&(row, _)| row);
        decided
    }
}

/// The figures of cross-validation. Each row counts once, but for those of [`Weighted`].
pub(super) fn measure(
    targets: &Targets,
    decided: &[(usize, Assignment)],
    weights: &[f64],
    settings: &TrainSettings,
) -> CrossValidation {
    let ids = |labels: &[Label]| labels.iter().map(|label| label.id.clone()).collect::<Vec<_>>();
    let rows = || decided.iter().map(|(row, assignment)| (*row, assignment));
    let given: Vec<usize> = rows().map(|(row, _)| targets.primary[row]).collect();
    let predicted: Vec<usize> = rows().map(|(_, assignment)| assignment.primary).collect();
    let primary: Vec<Prediction> = rows()
        .map(|(row, a)| Prediction {
            confidence: a.probabilities[a.primary],
            right: a.primary == targets.primary[row],
            weight: weights[row],
        })
        .collect();
    let theme_error = |theme: usize| {
        let prediction = |(row, a): (usize, &Assignment)| Prediction {
            confidence: a.theme_probabilities[theme],
            right: targets.row_themes[row].contains(&theme),
            weight: weights[row],
        };
        evaluate::calibration_error(&evaluate::reliability(&rows().map(prediction).collect::<Vec<_>>()))
    };
    let given_themes: Vec<Vec<usize>> = rows().map(|(row, _)| targets.row_themes[row].clone()).collect();
    let themes: Vec<Vec<usize>> = rows().map(|(_, assignment)| assignment.themes.clone()).collect();
    let row_weights: Vec<f64> = rows().map(|(row, _)| weights[row]).collect();
    let share = |part: &dyn Fn(&Prediction, &Assignment) -> bool| {
        let part = primary.iter().zip(rows()).filter(|(prediction, (_, a))| part(prediction, a));
        part.map(|(prediction, _)| prediction.weight).sum::<f64>()
    };
    let (all, certain) = (share(&|_, _| true), share(&|_, a| a.certain));
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    CrossValidation {
        folds: settings.folds,
        primary: evaluate::single(&ids(&targets.labels), &given, &predicted),
        themes: (!targets.themes.is_empty()).then(|| evaluate::sets(&ids(&targets.themes), &given_themes, &themes)),
        weighted: Weighted {
            accuracy: ratio(share(&|prediction, _| prediction.right), all),
            themes_micro_f1: (!targets.themes.is_empty())
                .then(|| evaluate::weighted_micro_f1(&given_themes, &themes, &row_weights)),
            calibration_error: evaluate::calibration_error(&evaluate::reliability(&primary)),
            theme_calibration_errors: (0..targets.themes.len()).map(theme_error).collect(),
            certain_share: ratio(certain, all),
            certain_precision: ratio(share(&|prediction, a| a.certain && prediction.right), certain),
        },
    }
}
