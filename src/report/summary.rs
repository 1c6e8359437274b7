//! The figures in words.

use super::data::{LabelMeasures, Measures, Report};
use super::numbers::{Count, Percent, Points};
use crate::theme::{Language, OTHER};

/// What a report comes to, in a few sentences.
pub fn sentences(report: &Report, language: Language) -> Vec<String> {
    let chinese = language == Language::Chinese;
    let measures = &report.overall.measures;
    let (documents, paragraphs, characters) =
        (Count(measures.documents), Count(measures.paragraphs), Count(measures.characters));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut said = vec![if chinese {
        format!("共{documents}份文档、{paragraphs}个段落、{characters}字。")
    } else {
        format!(
            "{documents} document{} with {paragraphs} paragraph{} of {characters} characters.",
            plural(measures.documents),
            plural(measures.paragraphs)
        )
    }];
    let name = |of: &LabelMeasures| {
        report.labels.iter().find(|label| label.id == of.label).map_or("", |label| label.name(language))
    };
    let themes = falling(measures);
    let shares: Vec<String> = themes.iter().map(|of| format!("{} {}", name(of), Percent(of.share_by_characters))).collect();
    let other = measures.labels.iter().find(|of| of.label == OTHER);
    let rest = other.map_or_else(String::new, |of| match language {
        Language::Chinese => format!("；不属于以上主题的占{}", Percent(of.share_by_characters)),
        Language::English => format!("; {} goes to none of them", Percent(of.share_by_characters)),
    });
    if chinese {
        said.push(format!("按字数计，{}{rest}。", shares.join("、")));
    } else {
        said.push(format!("By characters, {}{rest}.", shares.join(", ")));
    }
    if let Some((since, year, of, change)) = moved(report) {
        let (name, points) = (name(of), Points(change));
        said.push(if chinese {
            format!("与{since}年相比，{year}年变化最大的是{name}（{points}个百分点，只比较两年都有文档的地区）。")
        } else {
            format!("From {since} to {year}, {name} moved most ({points} points, in regions with documents of both years).")
        });
    }
    said
}

/// The labels but `other`, the largest share first.
fn falling(measures: &Measures) -> Vec<&LabelMeasures> {
    let mut labels: Vec<&LabelMeasures> = measures.labels.iter().filter(|of| of.label != OTHER).collect();
    labels.sort_by(|a, b| b.share_by_characters.total_cmp(&a.share_by_characters));
    labels
}

/// What moved most in the last year that can be compared with the one before.
fn moved(report: &Report) -> Option<(u16, u16, &LabelMeasures, f64)> {
    let (point, change) = report.years.iter().rev().find_map(|point| Some((point, point.change.as_ref()?)))?;
    let labels = point.measures.labels.iter().zip(&change.labels).filter(|(of, _)| of.label != OTHER);
    let (of, change_of) = labels.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some((change.since, point.year, of, *change_of))
}
