//! Expected shares, and how far they would vary with other paragraphs: a bootstrap interval.
//!
//! The expected share of a label is R = Σ c p / Σ c over paragraphs with `c` characters and calibrated probability `p`. Its 95%
//! interval is the percentile interval of the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13):
//! as many paragraphs are drawn with replacement as there are, [`REPLICATES`] times, and the 25th value from either end of the
//! thousand is an end of the interval. It says how much the share rests on single paragraphs; it does not say how right the
//! probabilities are.
//!
//! From [`LARGEST`] paragraphs on the distribution of the replicates is as good as normal, and the interval is that of its limit,
//! R ± 1.96 √(Σ c² (p − R)²) / Σ c. For it sums are enough, so a corpus of any size costs nothing more.
//!
//! The generator has a fixed seed: the same paragraphs in the same order give the same interval.

use fastrand::Rng;

/// How often paragraphs are drawn.
pub const REPLICATES: usize = 1000;
/// More paragraphs than this get the limit of the bootstrap in place of the bootstrap.
pub const LARGEST: usize = 2000;

/// Which of the ordered replicates are the ends of the interval.
const ENDS: [usize; 2] = [REPLICATES * 25 / 1000 - 1, REPLICATES - REPLICATES * 25 / 1000];
const SEED: u64 = 0x5EED_0F5A_AAE5;
/// Rows of up to so many numbers are summed in registers.
const SHORT: usize = 8;

/// An expected share and the ends of its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Expected {
    /// The expected share.
    pub share: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where the interval ends.
    pub high: f64,
}

/// Paragraphs to draw from: of each, its characters `c` and then `c p` for each label.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    numbers: Vec<f64>,
}

/// Sums over paragraphs from which expected shares and the limit of their intervals follow. Sums of several documents add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    paragraphs: usize,
    /// Σ c and Σ c².
    characters: [f64; 2],
    /// For each label Σ c p, Σ c² p and Σ c² p².
    labels: Vec<[f64; 3]>,
}

impl Sample {
    /// Adds a paragraph.
    pub fn push(&mut self, characters: usize, probabilities: &[f64]) {
        let characters = characters as f64;
        self.numbers.push(characters);
        self.numbers.extend(probabilities.iter().map(|p| characters * p));
    }
}

impl Moments {
    /// Of no paragraph, for so many labels.
    pub fn new(labels: usize) -> Self {
        Moments { paragraphs: 0, characters: [0.0; 2], labels: vec![[0.0; 3]; labels] }
    }

    /// Adds a paragraph.
    pub fn push(&mut self, characters: usize, probabilities: &[f64]) {
        let c = characters as f64;
        self.paragraphs += 1;
        self.characters[0] += c;
        self.characters[1] += c * c;
        for ([first, mixed, square], p) in self.labels.iter_mut().zip(probabilities) {
            *first += c * p;
            *mixed += c * c * p;
            *square += (c * p) * (c * p);
        }
    }

    /// Adds the paragraphs of another document.
    pub fn merge(&mut self, other: &Moments) {
        self.paragraphs += other.paragraphs;
        add(&mut self.characters, &other.characters);
        self.labels.iter_mut().zip(&other.labels).for_each(|(mine, theirs)| add(mine, theirs));
    }

    /// The expected share of each label with its interval; `samples` are the paragraphs that were added, in the same order. They are
    /// asked for only where they are few enough to draw from.
    pub fn expected<'s>(&self, samples: impl IntoIterator<Item = &'s Sample>) -> Vec<Expected> {
        let [characters, squares] = self.characters;
        if characters == 0.0 {
            return vec![Expected::default(); self.labels.len()];
        }
        let share = |label: usize| self.labels[label][0] / characters;
        if self.paragraphs > LARGEST {
            let limit = |(label, [_, mixed, square]): (usize, &[f64; 3])| {
                let share = share(label);
                // Rounding can make a variance of nothing negative.
                let variance = (square - 2.0 * share * mixed + share * share * squares).max(0.0);
                let half = 1.96 * variance.sqrt() / characters;
                Expected { share, low: (share - half).max(0.0), high: (share + half).min(1.0) }
            };
            return self.labels.iter().enumerate().map(limit).collect();
        }
        let rows: Vec<f64> = samples.into_iter().flat_map(|sample| sample.numbers.iter().copied()).collect();
        let width = self.labels.len() + 1;
        let mut replicates = if width <= SHORT { draw_short(&rows, width) } else { draw(&rows, width) };
        let interval = |(label, values): (usize, &mut Vec<f64>)| {
            values.sort_unstable_by(f64::total_cmp);
            let [low, high] = ENDS.map(|end| values.get(end).copied().unwrap_or(share(label)));
            Expected { share: share(label), low, high }
        };
        replicates.iter_mut().enumerate().map(interval).collect()
    }
}

fn add<const N: usize>(mine: &mut [f64; N], theirs: &[f64; N]) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
}

/// Draws from rows of `width` numbers; the shares of every replicate, by label.
fn draw(rows: &[f64], width: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::with_seed(SEED);
    let count = (rows.len() / width) as u32;
    let mut replicates = vec![Vec::with_capacity(REPLICATES); width - 1];
    let mut sums = vec![0.0; width];
    for _ in 0..REPLICATES {
        sums.fill(0.0);
        for _ in 0..count {
            let row = &rows[rng.u32(..count) as usize * width..][..width];
            sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
        push_shares(&mut replicates, &sums);
    }
    replicates
}

/// As [`draw`], for rows short enough to be summed in registers.
fn draw_short(rows: &[f64], width: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::with_seed(SEED);
    let filled = |row: &[f64]| {
        let mut filled = [0.0; SHORT];
        filled.iter_mut().zip(row).for_each(|(to, &from)| *to = from);
        filled
    };
    let rows: Vec<[f64; SHORT]> = rows.chunks_exact(width).map(filled).collect();
    let count = rows.len() as u32;
    let mut replicates = vec![Vec::with_capacity(REPLICATES); width - 1];
    for _ in 0..REPLICATES {
        let mut sums = [0.0; SHORT];
        for _ in 0..count {
            add(&mut sums, &rows[rng.u32(..count) as usize]);
        }
        push_shares(&mut replicates, &sums);
    }
    replicates
}

fn push_shares(replicates: &mut [Vec<f64>], sums: &[f64]) {
    let Some((characters, labels)) = sums.split_first() else { return };
    // A paragraph of characters that are all white space is none, so there is always something to divide by; were it not so, nothing
    // would be no share.
    let share = |sum: f64| if *characters > 0.0 { sum / characters } else { 0.0 };
    replicates.iter_mut().zip(labels).for_each(|(values, &sum)| values.push(share(sum)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(paragraphs: &[(usize, Vec<f64>)]) -> (Sample, Moments) {
        let mut sample = Sample::default();
        let mut moments = Moments::new(paragraphs[0].1.len());
        for (characters, probabilities) in paragraphs {
            sample.push(*characters, probabilities);
            moments.push(*characters, probabilities);
        }
        (sample, moments)
    }

    #[test]
    fn expected_share_by_hand() {
        let (sample, moments) = gather(&[(30, vec![0.9, 0.1]), (10, vec![0.1, 0.9])]);
        let expected = moments.expected([&sample]);
        assert!((expected[0].share - (27.0 + 1.0) / 40.0).abs() < 1e-12);
        // The only replicates are both of one paragraph, both of the other, and one of each.
        assert!((expected[0].low - 0.1).abs() < 1e-12 && (expected[0].high - 0.9).abs() < 1e-12);
    }

    #[test]
    fn one_paragraph_has_no_spread() {
        let (sample, moments) = gather(&[(7, vec![0.25, 0.75])]);
        assert_eq!(moments.expected([&sample])[1], Expected { share: 0.75, low: 0.75, high: 0.75 });
        assert_eq!(Moments::new(2).expected([]), [Expected::default(); 2]);
    }

    #[test]
    fn the_bootstrap_and_its_limit_agree() {
        let mut rng = Rng::with_seed(7);
        let mut paragraphs: Vec<(usize, Vec<f64>)> = (0..LARGEST)
            .map(|_| {
                let p = rng.f64();
                (rng.usize(20..400), vec![p, 1.0 - p])
            })
            .collect();
        let (sample, moments) = gather(&paragraphs);
        let drawn = moments.expected([&sample])[0];
        paragraphs.push((1, vec![0.5, 0.5]));
        let limit = gather(&paragraphs).1.expected([])[0];
        assert!((drawn.low - limit.low).abs() < 2e-3 && (drawn.high - limit.high).abs() < 2e-3, "{drawn:?} {limit:?}");
        assert!(drawn.low < drawn.share && drawn.share < drawn.high);
    }

    #[test]
    fn many_labels_and_few_draw_the_same() {
        let rows: Vec<f64> = (0..30).map(f64::from).collect();
        assert_eq!(draw(&rows, 3), draw_short(&rows, 3));
    }
}
