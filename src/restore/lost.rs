//! Lost bytes: `项目?！氨狈健` back to what it was.
//!
//! Where a byte of a two-byte character was lost, a decoder leaves a `?` and reads what follows one byte off, so that whole runs turn into
//! other characters, until the bytes fall into step again. Nothing but that one byte is gone: the run is encoded again, the byte is
//! guessed, and the reading that is the likeliest together with the text on both sides is taken if it beats leaving the text by a clear
//! margin (see `lattice`).

use memchr::memchr2;

use super::gbk::TABLE;
use super::han::is_han;
use super::lattice::{Emitted, Lattice};
use super::lexicon::Lexicon;
use super::pinyin;
use super::script::Converter;
use super::steps::{BLANK, Before};
use super::units::{Unit, UnitKind, Units, is_loss};

/// How many units before the damage vote.
const CONTEXT: usize = 4;
/// How many bytes before the damage are sure to hold them, annotations included.
const CONTEXT_BYTES: usize = 80;

/// One mark of loss in so many characters is too many, if there are more than a few.
const DENSEST: usize = 6;
const FEWEST_DENSE: usize = 4;
/// How much of such a line is reported, in characters.
const LONGEST_EXCERPT: usize = 20;

/// A stretch that was read anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The text as it stood, annotations included.
    pub before: String,
    /// What it was before it was damaged; `□` stands for a character that nothing tells.
    pub after: String,
}

/// A line with its lost bytes found.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    pub(super) text: String,
    pub(super) repairs: Vec<Repair>,
    /// Stretches that are damaged beyond repair, with a little of the text around.
    pub(super) unrepaired: Vec<String>,
}

/// Whether `line` has a mark of loss.
pub(super) fn is_damaged(line: &str) -> bool {
    next_loss(line, 0).is_some()
}

/// The place of the first mark of loss in `line` from byte `from` on.
fn next_loss(line: &str, from: usize) -> Option<usize> {
    // U+FFFD is EF BF BD in UTF-8, and EF also leads every full-width form.
    let bytes = line.as_bytes();
    let mut at = from;
    loop {
        at += memchr2(b'?', 0xEF, bytes.get(at..)?)?;
        if line.get(at..).and_then(|tail| tail.chars().next()).is_some_and(is_loss) {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether the decoder that these lines went through took with a byte that it could not read the one after: then the residues of
/// annotations lack their opening brackets.
pub(super) fn swallows<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (mut without, mut with) = (0, 0);
    for line in lines {
        let mut at = 0;
        while let Some(loss) = next_loss(line, at) {
            at = loss + 1;
            let tail = line.get(at..).unwrap_or_default();
            without += usize::from(pinyin::residue(tail).is_some());
            with += usize::from(pinyin::annotation(tail).is_some());
        }
    }
    without > with
}

/// Finds the lost bytes of `line`. `swallows` tells that the decoder took with a byte it could not read the one after.
pub(super) fn repair(line: &str, lexicon: &Lexicon<'_>, converter: Option<&Converter>, swallows: bool) -> Repaired {
    let mut repaired = Repaired::default();
    if is_beyond_repair(line) {
        repaired.text.push_str(line);
        repaired.unrepaired.push(line.chars().take(LONGEST_EXCERPT).collect());
        return repaired;
    }
    let mut copied = 0;
    let mut before = Before::default();
    let mut followed = 0;
    while let Some(loss) = next_loss(line, copied) {
        follow(&mut before, line.get(followed..loss).unwrap_or_default());
        followed = loss;
        let context = context(line, copied, loss, converter);
        let skipped = context.len();
        let mut lattice = Lattice::new(lexicon, context, Units::new(line, loss, converter), before);
        let reading = lattice.best();
        let window = Window { line, units: &lattice.units, swallows };
        repaired.text.push_str(line.get(copied..loss).unwrap_or_default());
        copied = window.write(&reading, skipped, &mut repaired).max(loss + 1);
    }
    repaired.text.push_str(line.get(copied..).unwrap_or_default());
    repaired
}

/// Whether more than one character in [`DENSEST`] of `line` is a mark of loss: text that went through a wrong charset, of which too little is
/// left.
fn is_beyond_repair(line: &str) -> bool {
    let (mut losses, mut characters) = (0_usize, 0_usize);
    for character in line.chars() {
        characters += 1;
        losses += usize::from(is_loss(character));
    }
    losses > FEWEST_DENSE && losses * DENSEST > characters
}

/// Keeps track of which marks are open.
fn follow(before: &mut Before, text: &str) {
    for character in text.chars() {
        match character {
            '“' => before.quote = true,
            '”' => before.quote = false,
            '《' => before.title = true,
            '》' => before.title = false,
            _ => {}
        }
    }
}

/// The last units before byte `loss`, none of them from before `floor`.
fn context(line: &str, floor: usize, loss: usize, converter: Option<&Converter>) -> Vec<Unit> {
    let mut from = loss.saturating_sub(CONTEXT_BYTES).max(floor);
    while !line.is_char_boundary(from) {
        from += 1;
    }
    let mut units: Vec<Unit> = Units::new(line, from, converter).take_while(|unit| unit.start < loss).collect();
    units.split_off(units.len().saturating_sub(CONTEXT))
}

/// A window of a line with its reading.
struct Window<'a> {
    line: &'a str,
    units: &'a [Unit],
    swallows: bool,
}

impl Window<'_> {
    /// Writes a reading, but for the context before the damage; returns where in the line it ends.
    fn write(&self, reading: &[Emitted], skipped: usize, repaired: &mut Repaired) -> usize {
        let mut end = self.units.get(skipped).map_or(0, |unit| unit.start);
        let after_context = reading.iter().position(|emitted| emitted.units.1 > skipped).unwrap_or(reading.len());
        let rest = reading.get(after_context..).unwrap_or_default();
        for run in rest.chunk_by(|one, other| one.literal == other.literal) {
            let source = (end, self.end(run).max(end));
            end = source.1;
            let visible = self.line.get(source.0..source.1).unwrap_or_default();
            if run.first().is_some_and(|first| first.literal) {
                repaired.text.push_str(visible);
                self.report(run, repaired);
            } else {
                let after = self.read(run);
                repaired.text.push_str(&after);
                if after.contains(BLANK) {
                    repaired.unrepaired.push(self.around(source));
                }
                repaired.repairs.push(Repair { before: visible.to_owned(), after });
            }
        }
        end
    }

    /// Where in the line a run ends.
    fn end(&self, run: &[Emitted]) -> usize {
        run.last().and_then(|emitted| self.units.get(emitted.units.1.checked_sub(1)?)).map_or(0, |unit| unit.end)
    }

    /// The characters of a run, with a blank for each that was swallowed.
    fn read(&self, run: &[Emitted]) -> String {
        let mut text = String::new();
        for emitted in run {
            text.push(emitted.character);
            if self.swallows && self.swallowed(emitted) {
                text.push(BLANK);
            }
        }
        text
    }

    /// Whether the decoder took a character of one byte with the missing byte that ends `emitted`.
    ///
    /// It did unless the byte was cut from the next by an annotation or by a mark, before which such pages put in invisible text.
    fn swallowed(&self, emitted: &Emitted) -> bool {
        let last = emitted.units.1.checked_sub(1).and_then(|at| self.units.get(at));
        let next = self.line.get(last.map_or(0, |unit| unit.end)..).and_then(|tail| tail.chars().next());
        emitted.cut && next.is_some_and(|next| next.is_ascii_digit() || is_han(next))
    }

    /// Reports the marks of loss in a run that is left as it is.
    fn report(&self, run: &[Emitted], repaired: &mut Repaired) {
        for emitted in run {
            let Some(unit) = self.units.get(emitted.units.0) else {
                continue;
            };
            let next = self.line.get(unit.end..).and_then(|tail| tail.chars().next());
            let shifted = next.is_some_and(|next| {
                matches!(next, ',' | ';' | '!' | '?') || (!is_han(next) && TABLE.encode(next).is_some())
            });
            if unit.kind == UnitKind::Lost
                && (unit.syllable.is_some() || unit.visible != '?' || shifted && next != Some('”'))
            {
                repaired.unrepaired.push(self.around((unit.start, unit.end)));
            }
        }
    }

    /// The text from a few characters before a stretch to a few after.
    fn around(&self, (start, end): (usize, usize)) -> String {
        let before = self.line.get(..start).unwrap_or_default().chars().rev().take(6).count();
        let head: Vec<char> = self.line.get(..start).unwrap_or_default().chars().rev().take(before).collect();
        let tail = self.line.get(end..).unwrap_or_default().chars().take(6);
        let middle = self.line.get(start..end).unwrap_or_default();
        head.into_iter().rev().chain(middle.chars()).chain(tail).collect()
    }
}
