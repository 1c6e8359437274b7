//! Which paragraphs to show: those that stand for a label, and those a person should look at.

use rustc_hash::FxHashSet;

use super::data::Example;

/// How many paragraphs stand for a label.
pub(super) const REPRESENTATIVE: usize = 3;
/// How many are shown as the least certain.
pub(super) const LEAST_CERTAIN: usize = 5;
/// How many characters a shingle has.
const SHINGLE: usize = 4;
/// From which Jaccard similarity of their shingles on two paragraphs are near-duplicates.
const SAME: f64 = 0.5;

/// Candidates for examples, of all labels together or of one label, as documents are added one by one.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates {
    /// By label.
    representative: Vec<Vec<Example>>,
    least_certain: Vec<Example>,
}

/// More candidates than twice this are cut down to the best. Some of those are near-duplicates, but enough are left.
const CANDIDATES: usize = 256;

impl Candidates {
    pub(super) fn new(labels: usize) -> Self {
        Candidates { representative: vec![Vec::new(); labels], least_certain: Vec::new() }
    }

    /// Adds the examples of a document.
    pub(super) fn add(&mut self, representative: Vec<Vec<Example>>, uncertain: Vec<Example>) {
        for (mine, theirs) in self.representative.iter_mut().zip(representative) {
            mine.extend(theirs);
            if mine.len() > 2 * CANDIDATES {
                mine.sort_by(falling);
                mine.truncate(CANDIDATES);
            }
        }
        self.least_certain.extend(uncertain);
        if self.least_certain.len() > 2 * CANDIDATES {
            self.least_certain = least_certain(std::mem::take(&mut self.least_certain), CANDIDATES);
        }
    }

    /// The representative paragraphs by label, and the least certain ones.
    pub(super) fn choose(self) -> (Vec<Vec<Example>>, Vec<Example>) {
        let of_label = |candidates| representative(candidates, REPRESENTATIVE);
        (self.representative.into_iter().map(of_label).collect(), least_certain(self.least_certain, LEAST_CERTAIN))
    }
}

/// The shingles of a text: all runs of four letters or characters, numbers and punctuation left out, so that the same sentence with
/// this year's figures is the same. (A. Broder, On the resemblance and containment of documents, 1997.)
fn shingles(text: &str) -> FxHashSet<[char; SHINGLE]> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    letters.windows(SHINGLE).filter_map(|window| window.try_into().ok()).collect()
}

/// Shared shingles of all shingles; 1 for two texts too short to have any.
fn similarity(a: &FxHashSet<[char; SHINGLE]>, b: &FxHashSet<[char; SHINGLE]>) -> f64 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    if all == 0 { 1.0 } else { shared as f64 / all as f64 }
}

/// The `count` paragraphs with the highest probability, no two of them near-duplicates; where they are of several documents, one of
/// each document first.
pub(super) fn representative(mut candidates: Vec<Example>, count: usize) -> Vec<Example> {
    candidates.sort_by(falling);
    let mut chosen: Vec<(Example, FxHashSet<[char; SHINGLE]>)> = Vec::new();
    for one_of_each in [true, false] {
        let mut later = Vec::new();
        for example in candidates {
            let known = |chosen: &[(Example, _)]| chosen.iter().any(|(other, _)| other.document == example.document);
            if chosen.len() == count || one_of_each && known(&chosen) {
                later.push(example);
                continue;
            }
            let own = shingles(&example.text);
            if chosen.iter().all(|(_, other)| similarity(&own, other) < SAME) {
                chosen.push((example, own));
            }
        }
        candidates = later;
    }
    let mut chosen: Vec<Example> = chosen.into_iter().map(|(example, _)| example).collect();
    chosen.sort_by(falling);
    chosen
}

/// The `count` paragraphs whose two highest probabilities are closest, the closest first.
pub(super) fn least_certain(mut candidates: Vec<Example>, count: usize) -> Vec<Example> {
    candidates.retain(|example| example.second.is_some());
    candidates.sort_by(|a, b| margin(a).total_cmp(&margin(b)).then_with(|| place(a).cmp(&place(b))));
    candidates.truncate(count);
    candidates
}

/// The first and the second label by probability; equal ones in order.
pub(super) fn two_highest(probabilities: &[f64], primary: usize) -> (f64, Option<(usize, f64)>) {
    let others = probabilities.iter().copied().enumerate().filter(|&(label, _)| label != primary);
    let second = others.reduce(|best, other| if other.1 > best.1 { other } else { best });
    (probabilities.get(primary).copied().unwrap_or(0.0), second)
}

fn margin(example: &Example) -> f64 {
    example.probability - example.second.map_or(0.0, |second| second.1)
}

fn place(example: &Example) -> (usize, usize) {
    (example.document, example.index)
}

fn falling(a: &Example, b: &Example) -> std::cmp::Ordering {
    b.probability.total_cmp(&a.probability).then_with(|| place(a).cmp(&place(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(document: usize, index: usize, probability: f64, text: &str) -> Example {
        let second = Some((1, 1.0 - probability));
        Example { document, index, section: vec![], text: text.to_owned(), primary: 0, probability, second }
    }

    #[test]
    fn near_duplicates_are_shown_once() {
        let chosen = representative(
            vec![
                example(0, 4, 0.97, "推进高标准农田建设，新建高标准农田30万亩，粮食产量稳定在80亿斤。"),
                example(0, 9, 0.99, "推进高标准农田建设，新建高标准农田45万亩，粮食产量稳定在92亿斤！"),
                example(0, 2, 0.90, "完善农村人居环境长效管护机制，卫生厕所普及率达到九成。"),
                example(0, 1, 0.80, "培育家庭农场和农民合作社，发展农业社会化服务。"),
            ],
            2,
        );
        assert_eq!(chosen.iter().map(|example| example.index).collect::<Vec<_>>(), [9, 2]);
    }

    #[test]
    fn every_document_has_its_say_first() {
        let candidates = vec![
            example(0, 1, 0.99, "培育家庭农场和农民合作社，发展农业社会化服务。"),
            example(0, 2, 0.98, "完善农村人居环境长效管护机制，卫生厕所普及率达到九成。"),
            example(1, 1, 0.80, "打造茶叶、菌菇两条特色产业链，带动群众就近增收。"),
        ];
        let chosen = |count| representative(candidates.clone(), count).iter().map(place).collect::<Vec<_>>();
        assert_eq!(chosen(2), [(0, 1), (1, 1)]);
        assert_eq!(chosen(3), [(0, 1), (0, 2), (1, 1)]);
    }

    #[test]
    fn the_closest_call_comes_first() {
        let candidates = vec![example(0, 1, 0.9, "甲"), example(0, 2, 0.5, "乙"), example(0, 3, 0.6, "丙")];
        assert_eq!(least_certain(candidates, 2).iter().map(|example| example.index).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(two_highest(&[0.2, 0.5, 0.3], 1), (0.5, Some((2, 0.3))));
        assert_eq!(two_highest(&[1.0], 0), (1.0, None));
    }
}
