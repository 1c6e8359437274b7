//! The decision on a paragraph with what a report needs besides: what each feature did to the primary label, in one reading.

use super::{Assignment, Classifier, Pool, sentence_weight};
use crate::tfidf::sum_by_column;
use crate::tokenize::{Token, TokenReader, normalize};

/// The decision on a paragraph and what spoke for it.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The decision, as [`Classifier::classify`] gives it.
    pub assignment: Assignment,
    /// The features by column, rising, and what each adds to the decision value of the primary label, as
    /// [`Classifier::explain`] has it; with the label's bias they add up to the value. Empty for a text without words.
    pub contributions: Vec<(u32, f64)>,
}

impl Classifier {
    /// Classifies one paragraph, and says what every feature added to the decision value of its primary label. Much cheaper than
    /// [`Classifier::explain`], which does so for all labels and themes.
    pub fn decision(&self, text: &str) -> Decision {
        let mut pool = Pool::new(self.bias.len());
        let mut sentences = Vec::new();
        self.for_each_sentence(text, |characters, sums, weights| {
            let weight = f64::from(sentence_weight(characters.len()));
            pool.add(weight, sums.values());
            sentences.push((weight, weights.features(sums)));
        });
        if pool.is_empty() {
            return Decision { assignment: self.decider.wordless(), contributions: Vec::new() };
        }
        let assignment = self.decide(&pool).0;
        let Some((_, weights)) = self.tables_and_weights() else {
            return Decision { assignment, contributions: Vec::new() };
        };
        let total: f64 = sentences.iter().map(|(weight, _)| weight).sum();
        let mut found: Vec<(u32, f64)> = Vec::new();
        for (weight, features) in &sentences {
            let share = weight / total;
            found.extend(features.iter().map(|&(column, value)| {
                let weight = weights.of(column).nth(assignment.primary).unwrap_or(0.0);
                (column, share * value * f64::from(weight))
            }));
        }
        sum_by_column(&mut found);
        Decision { assignment, contributions: found }
    }

    /// Calls `each` with every word of `text`, as the model cuts it, and with the characters of `text` it stands on: the first, and
    /// the one after the last. Words of Latin letters come in lower case; numbers and punctuation are no words.
    pub fn for_each_word(&self, text: &str, mut each: impl FnMut(&str, usize, usize)) {
        let mut reader = TokenReader::default();
        let mut start = 0;
        let take = |word: &str, characters: usize| {
            if let Token::Word(word) = reader.read(word, characters) {
                each(&word, start, start + characters);
            }
            start += characters;
        };
        match &self.guessing {
            None => self.cut(text, take),
            Some(jieba) => jieba.for_each_cut(&normalize(text), take),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "新建高标准农田30万亩，推广智能农机。农民人均收入增长７%；ＡＩ大模型进村入户！";

    #[test]
    fn a_decision_is_what_explaining_gives() {
        let classifier = Classifier::embedded().unwrap();
        for text in [TEXT, "新增城镇就业5万人。", "科技创新与乡村振兴并重，治水治气治土。", "。"]
        {
            let decision = classifier.decision(text);
            let explanation = classifier.explain(text);
            assert_eq!(decision.assignment, explanation.assignment, "{text}");
            let primary = decision.assignment.primary;
            let sum: f64 = decision.contributions.iter().map(|(_, contribution)| contribution).sum();
            if !decision.assignment.wordless {
                assert!((sum + explanation.bias[primary] - explanation.values[primary]).abs() < 1e-5, "{text}");
            }
            assert!(decision.contributions.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn words_come_with_their_place() {
        let classifier = Classifier::embedded().unwrap();
        let characters: Vec<char> = TEXT.chars().collect();
        let mut words = Vec::new();
        classifier.for_each_word(TEXT, |word, start, end| {
            let there: String = characters[start..end].iter().collect();
            assert_eq!(normalize(&there).to_lowercase(), word);
            words.push(word.to_owned());
        });
        for word in ["农民", "ai", "高标准农田"] {
            assert!(words.iter().any(|found| found == word), "{word} is not among {words:?}");
        }
    }
}
