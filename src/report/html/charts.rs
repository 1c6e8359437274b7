//! Charts as SVG. Places across are percentages and places down are pixels, so that a chart fills whatever width it is given while
//! its text keeps its size.

use std::fmt::{self, Write};

use super::escape::Text;
use crate::report::numbers::Percent;

/// A share from which on its figure fits into its part of a bar on a wide screen, on paper, and on a phone.
const FITS: f64 = 0.045;
const FITS_PAPER: f64 = 0.085;
const FITS_PHONE: f64 = 0.115;

/// A bar of parts that fill it: the shares by label. `said` is what it says in words.
pub fn stack(out: &mut String, shares: &[f64], height: u32, class: &str, said: &str) -> fmt::Result {
    write!(
        out,
        "<svg class=\"stack {class}\" width=\"100%\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
        Text(said)
    )?;
    let mut left = 0.0;
    for (at, &share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        write!(out, "<g class=\"t{at}\"><rect x=\"{left:.2}%\" width=\"{:.2}%\" height=\"{height}\"/>", 100.0 * share)?;
        if class != "mini" && share >= FITS {
            let narrow = match share {
                share if share < FITS_PAPER => " class=\"slim\"",
                share if share < FITS_PHONE => " class=\"narrow\"",
                _ => "",
            };
            let (middle, half) = (left + 50.0 * share, height / 2);
            write!(out, "<text{narrow} x=\"{middle:.2}%\" y=\"{half}\">{}</text>", Percent(share))?;
        }
        out.push_str("</g>");
        left += 100.0 * share;
    }
    out.push_str("</svg>");
    Ok(())
}

/// The paragraphs of a document in order, each as wide as it is long: `(label, characters)`.
pub fn strip(out: &mut String, paragraphs: &[(usize, usize)], said: &str) -> fmt::Result {
    let total: usize = paragraphs.iter().map(|paragraph| paragraph.1).sum();
    write!(out, "<svg class=\"strip\" width=\"100%\" height=\"26\" role=\"img\" aria-label=\"{}\">", Text(said))?;
    let part = |characters: usize| 100.0 * characters as f64 / total.max(1) as f64;
    let mut before = 0;
    // Neighbours of one label make one part.
    for run in paragraphs.chunk_by(|a, b| a.0 == b.0) {
        let characters: usize = run.iter().map(|paragraph| paragraph.1).sum();
        let label = run.first().map_or(0, |paragraph| paragraph.0);
        let (left, width) = (part(before), part(characters));
        write!(out, "<rect class=\"t{label}\" x=\"{left:.2}%\" width=\"{width:.2}%\" height=\"26\"/>")?;
        before += characters;
    }
    out.push_str("</svg>");
    Ok(())
}

/// A share as a bar, what is expected of it with its interval, and the mean of all as a dashed line; all up to `most`.
pub struct Whisker {
    pub share: f64,
    pub expected: f64,
    pub low: f64,
    pub high: f64,
    pub mean: f64,
    pub most: f64,
}

impl Whisker {
    pub fn draw(&self, out: &mut String, said: &str) -> fmt::Result {
        let at = |share: f64| 100.0 * share / self.most;
        write!(
            out,
            "<svg class=\"whisker\" width=\"100%\" height=\"18\" role=\"img\" aria-label=\"{}\">\
             <rect width=\"{:.2}%\" y=\"2\" height=\"14\"/>\
             <line class=\"mean\" x1=\"{mean:.2}%\" x2=\"{mean:.2}%\" y2=\"18\"/>\
             <line class=\"range\" x1=\"{:.2}%\" x2=\"{:.2}%\" y1=\"9\" y2=\"9\"/>\
             <circle cx=\"{:.2}%\" cy=\"9\" r=\"3.5\"/></svg>",
            Text(said),
            at(self.share),
            at(self.low),
            at(self.high),
            at(self.expected),
            mean = at(self.mean),
        )
    }
}

/// A plain bar up to `most`.
pub fn bar(out: &mut String, value: f64, most: f64) -> fmt::Result {
    let width = if most > 0.0 { 100.0 * value / most } else { 0.0 };
    write!(
        out,
        "<svg class=\"whisker\" width=\"100%\" height=\"10\" aria-hidden=\"true\"><rect width=\"{width:.2}%\" height=\"10\"/></svg>"
    )
}

/// A share over years, `most` being the top of the chart.
pub fn line(out: &mut String, points: &[(u16, f64)], most: f64, said: &str) -> fmt::Result {
    const TOP: f64 = 22.0;
    const FOOT: f64 = 128.0;
    let (Some(&(first, _)), Some(&(last, _))) = (points.first(), points.last()) else { return Ok(()) };
    let span = f64::from(last.saturating_sub(first).max(1));
    let x = |year: u16| 18.0 + 73.0 * f64::from(year.saturating_sub(first)) / span;
    let y = |share: f64| FOOT - (FOOT - TOP) * share / most;
    write!(out, "<svg width=\"100%\" height=\"150\" role=\"img\" aria-label=\"{}\">", Text(said))?;
    for grid in [0.0, most / 2.0, most] {
        let at = y(grid);
        write!(out, "<line class=\"grid\" x1=\"12%\" x2=\"100%\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")?;
        write!(out, "<text class=\"tick axis left\" x=\"0\" y=\"{:.1}\">{:.0}%</text>", at + 4.0, 100.0 * grid)?;
    }
    for pair in points.windows(2) {
        if let [(from, a), (to, b)] = pair {
            let (x1, x2, y1, y2) = (x(*from), x(*to), y(*a), y(*b));
            write!(out, "<line class=\"edge\" x1=\"{x1:.2}%\" y1=\"{y1:.1}\" x2=\"{x2:.2}%\" y2=\"{y2:.1}\"/>")?;
        }
    }
    let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
    for (at, &(year, share)) in points.iter().enumerate() {
        let (cx, cy) = (x(year), y(share));
        write!(out, "<circle cx=\"{cx:.2}%\" cy=\"{cy:.1}\" r=\"3.5\"><title>{year} {}</title></circle>", Percent(share))?;
        let end = at == 0 || at + 1 == points.len();
        if points.len() <= 6 || end || share >= highest {
            // In a valley the figure stands below, where no line is, if there is room.
            let higher = |neighbour: Option<&(u16, f64)>| neighbour.is_none_or(|neighbour| neighbour.1 > share);
            let valley = higher(at.checked_sub(1).and_then(|before| points.get(before))) && higher(points.get(at + 1));
            let y = if valley && points.len() > 1 && cy + 18.0 < FOOT { cy + 18.0 } else { cy - 9.0 };
            write!(out, "<text x=\"{cx:.2}%\" y=\"{y:.1}\">{}</text>", Percent(share))?;
        }
        if points.len() <= 6 || end {
            write!(out, "<text class=\"tick\" x=\"{cx:.2}%\" y=\"146\">{year}</text>")?;
        }
    }
    out.push_str("</svg>");
    Ok(())
}

/// A round number at or above a share, for the top of a chart.
pub fn round_up(share: f64) -> f64 {
    [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8].into_iter().find(|&top| share <= top).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_bar_fill_it() {
        let mut out = String::new();
        stack(&mut out, &[0.25, 0.0, 0.75], 20, "", "甲 < 乙").expect("text");
        assert!(out.contains("aria-label=\"甲 &lt; 乙\""), "{out}");
        assert!(out.contains("<g class=\"t0\"><rect x=\"0.00%\" width=\"25.00%\""), "{out}");
        assert!(out.contains("<g class=\"t2\"><rect x=\"25.00%\" width=\"75.00%\"") && !out.contains("t1"), "{out}");
        assert!(out.contains(">25.0%<") && out.contains(">75.0%<"), "{out}");
    }

    #[test]
    fn neighbours_of_one_label_are_one_part() {
        let mut out = String::new();
        strip(&mut out, &[(1, 30), (1, 20), (0, 50)], "").expect("text");
        assert_eq!(out.matches("<rect").count(), 2, "{out}");
        assert!(out.contains("class=\"t0\" x=\"50.00%\" width=\"50.00%\""), "{out}");
        strip(&mut out, &[], "").expect("text");
    }

    #[test]
    fn years_stand_where_they_belong() {
        let mut out = String::new();
        line(&mut out, &[(2016, 0.1), (2018, 0.2), (2026, 0.0)], 0.2, "").expect("text");
        for place in ["cx=\"18.00%\" cy=\"75.0\"", "cx=\"32.60%\" cy=\"22.0\"", "cx=\"91.00%\" cy=\"128.0\""] {
            assert!(out.contains(place), "{place} is not in {out}");
        }
        line(&mut out, &[], 0.2, "").expect("text");
        line(&mut out, &[(2020, 0.1)], 0.2, "").expect("text");
    }

    #[test]
    fn charts_end_at_round_numbers() {
        assert_eq!([0.03, 0.1, 0.11, 0.55, 0.95].map(round_up), [0.05, 0.1, 0.2, 0.6, 1.0]);
    }
}
