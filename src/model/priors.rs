//! How frequent labels and themes are where a model will be used, and what each row must count for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::targets::Targets;

/// Rounds of raking: half as many bring the shares of `training/priors.json` to eight digits.
const ROUNDS: usize = 60;

/// How far a theme may be off its share at the end.
const TOLERANCE: f64 = 0.001;

/// How frequent labels and themes are where a model will be used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Priors {
    /// The share of paragraphs that have a primary label, for every label; they sum to 1.
    pub labels: BTreeMap<String, f64>,
    /// The share of paragraphs that touch a theme, whatever their primary label, for some themes, for all or for none.
    pub themes: BTreeMap<String, f64>,
}

impl Priors {
    /// What each row counts when labels and themes are to have these shares.
    ///
    /// Rows are weighed by raking: labels and themes in turn are brought to their shares until all have theirs (W. Deming,
    /// F. Stephan: On a Least Squares Adjustment of a Sampled Frequency Table When the Expected Marginal Totals are Known,
    /// 1940).
    pub(super) fn weights(&self, targets: &Targets) -> Result<Vec<f64>, TrainError> {
        self.check(targets)?;
        let mut weights = vec![1.0; targets.primary.len()];
        let sum: f64 = self.labels.values().sum();
        let shares: Vec<f64> = targets.labels.iter().map(|label| self.labels[&label.id] / sum).collect();
        let themes: Vec<(&String, Vec<usize>, [f64; 2])> = (targets.themes.iter().enumerate())
            .filter_map(|(theme, label)| {
                let share = *self.themes.get(&label.id)?;
                let part = targets.row_themes.iter().map(|themes| usize::from(themes.contains(&theme))).collect();
                Some((&label.id, part, [1.0 - share, share]))
            })
            .collect();
        rake(&mut weights, &targets.primary, &shares);
        if !themes.is_empty() {
            for _ in 0..ROUNDS {
                themes.iter().for_each(|(_, parts, shares)| rake(&mut weights, parts, shares));
                rake(&mut weights, &targets.primary, &shares);
            }
        }
        let all: f64 = weights.iter().sum();
        for (theme, parts, [_, share]) in &themes {
            let found =
                weights.iter().zip(parts).filter(|&(_, &part)| part == 1).map(|(weight, _)| weight).sum::<f64>() / all;
            if (found - share).abs() > TOLERANCE {
                return Err(TrainError::UnmetPrior { theme: (*theme).clone(), share: *share, found });
            }
        }
        Ok(weights)
    }

    fn check(&self, targets: &Targets) -> Result<(), TrainError> {
        for (shares, known) in [(&self.labels, &targets.labels), (&self.themes, &targets.themes)] {
            if let Some(label) = shares.keys().find(|id| !known.iter().any(|label| label.id == **id)) {
                let known: Vec<&str> = known.iter().map(|label| label.id.as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(TrainError::UnknownPrior { label: label.clone(), known });
            }
        }
        let ids = targets.labels.iter().map(|label| label.id.as_str());
        let missing: Vec<&str> = ids.filter(|&id| !self.labels.contains_key(id)).collect();
        if !missing.is_empty() {
            return Err(TrainError::MissingPrior(missing.join(", ")));
        }
        let sum: f64 = self.labels.values().sum();
        if !self.labels.values().all(|&share| share > 0.0 && share <= 1.0) || (sum - 1.0).abs() > 0.001 {
            return Err(TrainError::PriorSum(sum));
        }
        for (theme, &share) in &self.themes {
            let least = self.labels.get(theme).copied().unwrap_or(0.0);
            if !(share > 0.0 && share < 1.0 && share >= least) {
                return Err(TrainError::ThemePrior { theme: theme.clone(), share, least });
            }
        }
        Ok(())
    }
}

/// Brings the parts that rows belong to to their shares of all rows.
fn rake(weights: &mut [f64], part_of: &[usize], shares: &[f64]) {
    let mut totals = vec![0.0; shares.len()];
    weights.iter().zip(part_of).for_each(|(weight, &part)| totals[part] += weight);
    let rows = weights.len() as f64;
    let factors: Vec<f64> =
        shares.iter().zip(totals).map(|(share, total)| if total > 0.0 { share * rows / total } else { 0.0 }).collect();
    weights.iter_mut().zip(part_of).for_each(|(weight, &part)| *weight *= factors[part]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labelled::{Labelled, Source};

    fn shares<const N: usize>(shares: [(&str, f64); N]) -> BTreeMap<String, f64> {
        shares.into_iter().map(|(id, share)| (id.to_owned(), share)).collect()
    }

    fn targets() -> Targets {
        let row = |at: usize| {
            let (primary, themes) = match at % 8 {
                0 | 1 => ("ecology", vec!["ecology"]),
                2 => ("ecology", vec!["ecology", "livelihood"]),
                3 => ("livelihood", vec!["livelihood"]),
                4 | 5 => ("other", vec!["livelihood"]),
                _ => ("other", vec![]),
            };
            Labelled {
                text: format!("第{at}段"),
                primary: primary.to_owned(),
                themes: Some(themes.into_iter().map(str::to_owned).collect()),
                statements: BTreeMap::new(),
                group: None,
                document: None,
                source: Source { file: "rows".into(), line: at as u64 },
            }
        };
        Targets::new(&(0..80).map(row).collect::<Vec<_>>()).expect("rows to learn from")
    }

    #[test]
    fn labels_and_themes_get_their_shares() {
        let targets = targets();
        let labels = shares([("ecology", 0.1), ("livelihood", 0.2), ("other", 0.7)]);
        let priors = Priors { labels: labels.clone(), themes: shares([("livelihood", 0.3)]) };
        let weights = priors.weights(&targets).unwrap();
        let share = |rows: &dyn Fn(usize) -> bool| {
            let part: f64 = (0..weights.len()).filter(|&row| rows(row)).map(|row| weights[row]).sum();
            part / weights.iter().sum::<f64>()
        };
        for (at, label) in targets.labels.iter().enumerate() {
            assert!((share(&|row| targets.primary[row] == at) - labels[&label.id]).abs() < 1e-9, "{label:?}");
        }
        let livelihood = targets.themes.iter().position(|theme| theme.id == "livelihood").unwrap();
        assert!((share(&|row| targets.row_themes[row].contains(&livelihood)) - 0.3).abs() < 1e-6);
        assert!((weights.iter().sum::<f64>() - 80.0).abs() < 1e-9);
    }

    #[test]
    fn a_theme_is_no_rarer_than_its_label() {
        let labels = shares([("ecology", 0.1), ("livelihood", 0.2), ("other", 0.7)]);
        let refused = |themes| Priors { labels: labels.clone(), themes }.weights(&targets()).unwrap_err().to_string();
        assert!(refused(shares([("livelihood", 0.1)])).contains("`livelihood`"));
        assert!(refused(shares([("livelihood", 1.0)])).contains("below 1"));
        assert!(refused(shares([("other", 0.8)])).contains("`other`, which no paragraph has"));
        // Nothing but what has the label ecology touches it.
        let unmet = refused(shares([("ecology", 0.4)]));
        assert!(unmet.contains("0.400 of the paragraphs to touch `ecology`") && unmet.contains("come to 0.1"), "{unmet}");
    }
}
