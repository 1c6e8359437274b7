//! The colours of themes on light and on dark ground, and the text that can be read upon them.

use std::fmt::{self, Write};

use crate::report::data::LabelInfo;

/// Red, green and blue.
type Rgb = [u8; 3];

/// What text upon a colour is drawn with.
const INKS: [Rgb; 2] = [[255, 255, 255], [17, 20, 24]];
/// The ground of the page in dark mode, as in `style.css`.
const DARK: Rgb = [20, 23, 27];
/// How much a theme's bar must stand out from dark ground, more than the 3 of WCAG 2.2, 1.4.11.
const STANDS_OUT: f64 = 5.0;

/// The rules that give the class `t0`, `t1`, … of each label its colours.
pub fn rules(out: &mut String, labels: &[LabelInfo]) -> fmt::Result {
    let rule = |out: &mut String, before: &str, at: usize, colour: Rgb| {
        let [r, g, b] = colour;
        let [x, y, z] = ink(colour);
        write!(out, "{before}.t{at}{{--t:{r},{g},{b};--on:rgb({x},{y},{z})}}")
    };
    let colours: Vec<Rgb> = labels.iter().map(|label| on_light(parse(&label.colour))).collect();
    for (at, &colour) in colours.iter().enumerate() {
        rule(out, "", at, colour)?;
    }
    for (media, before) in
        [("screen and (prefers-color-scheme:dark)", ":root:not([data-mode=light]) "), ("screen", ":root[data-mode=dark] ")]
    {
        write!(out, "\n@media {media}{{")?;
        for (at, &colour) in colours.iter().enumerate() {
            rule(out, before, at, on_dark(colour))?;
        }
        out.push('}');
    }
    Ok(())
}

/// `#rrggbb`; grey if it is something else.
fn parse(colour: &str) -> Rgb {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6);
    match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(number) => {
            let [_, r, g, b] = number.to_be_bytes();
            [r, g, b]
        }
        None => [128, 128, 128],
    }
}

/// White or black, whichever is easier to read on a colour.
fn ink(colour: Rgb) -> Rgb {
    let [light, dark] = INKS;
    if contrast(light, colour) >= 4.5 { light } else { dark }
}

/// Whether a colour is a grey: that of `other`, which is to stand behind the themes though it is most of a report.
fn is_grey([r, g, b]: Rgb) -> bool {
    r.max(g).max(b) - r.min(g).min(b) < 24
}

/// The colour on light ground.
fn on_light(colour: Rgb) -> Rgb {
    if is_grey(colour) { [199, 203, 209] } else { colour }
}

/// The colour on dark ground, lightened until it stands out.
fn on_dark(colour: Rgb) -> Rgb {
    if is_grey(colour) {
        return [92, 100, 111];
    }
    let mix = |part: u32| colour.map(|c| (u32::from(c) + (255 - u32::from(c)) * part / 20) as u8);
    (0..20).map(mix).find(|&mixed| contrast(mixed, DARK) >= STANDS_OUT).unwrap_or(colour)
}

/// The contrast of two colours: <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALETTE: [&str; 9] =
        ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999", "#c8ccd2"];

    #[test]
    fn text_upon_every_colour_can_be_read() {
        for colour in PALETTE.map(parse) {
            for colour in [on_light(colour), on_dark(colour)] {
                assert!(contrast(ink(colour), colour) >= 4.5, "{colour:?} {}", contrast(ink(colour), colour));
            }
        }
    }

    #[test]
    fn every_colour_stands_out_from_dark_ground() {
        for colour in PALETTE.map(parse).into_iter().filter(|&colour| !is_grey(colour)) {
            assert!(contrast(on_dark(colour), DARK) >= STANDS_OUT, "{colour:?}");
        }
    }

    #[test]
    fn what_is_no_colour_is_grey() {
        assert_eq!([parse("#0072B2"), parse("red"), parse("#12345"), parse("#zzzzzz")][1..], [[128; 3]; 3]);
        assert_eq!(parse("#0072B2"), [0, 114, 178]);
    }
}
