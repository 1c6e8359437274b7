//! Lost bytes: `项目?！氨狈健` back to what it was.
//!
//! Where a byte of a two-byte character was lost, a decoder leaves a `?` and reads what follows one byte off, so that whole runs turn into
//! other characters, until the bytes fall into step again. Nothing but that one byte is gone: the run is encoded again, the byte is
//! guessed, and the reading that is the likeliest together with the text on both sides is taken if it beats leaving the text by a clear
//! margin (see `lattice`). A character of which both bytes are gone is not guessed: see `holes`.

use memchr::memchr2;

use super::gbk::TABLE;
use super::han::{is_chinese, is_han};
use super::holes::{self, BLANK, Evidence, Hole};
use super::lattice::{Emitted, Lattice};
use super::lexicon::Lexicon;
use super::script::{self, Converter};
use super::steps::Before;
use super::units::{Unit, UnitKind, Units, is_loss};
use super::{pinyin, question};

/// How many units before the damage vote.
const CONTEXT: usize = 4;
/// How many characters before a question mark are looked at for the question.
const LONGEST_QUESTION: usize = 40;

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

/// Whether these lines have a mark of loss, and annotations or marks that no keyboard writes tell that such marks are no questions.
pub(super) fn is_sure<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> bool {
    let replaced = |line: &str| line.contains('\u{FFFD}');
    lines.clone().any(is_damaged) && lines.clone().any(|line| replaced(line) || pinyin::is_annotated(line))
}

/// What is known of the document that a line is from.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// The converter of a Traditional document.
    pub(super) converter: Option<&'static Converter>,
    /// Whether the decoder took with a byte that it could not read the one after.
    pub(super) swallows: bool,
    /// Whether other damage than question marks tells that bytes were lost, see [`is_sure`].
    pub(super) damaged: bool,
}

/// Finds the lost bytes of `line`.
pub(super) fn repair(line: &str, lexicon: &Lexicon<'_>, page: Page) -> Repaired {
    if is_beyond_repair(line) {
        let excerpt = line.chars().take(LONGEST_EXCERPT).collect();
        return Repaired { text: line.to_owned(), repairs: Vec::new(), unrepaired: vec![excerpt] };
    }
    let mut draft = Draft::default();
    let mut copied = 0;
    let mut known = 0;
    let mut before = Before::default();
    let mut followed = 0;
    while let Some(loss) = next_loss(line, copied) {
        follow(&mut before, line.get(followed..loss).unwrap_or_default());
        followed = loss;
        let context = Units::last(line, known, loss, page.converter, CONTEXT);
        // The end of what was read before is context, and written already.
        let skipped = context.len();
        let mut lattice = Lattice::new(lexicon, context, Units::new(line, loss, page.converter), before);
        let reading = lattice.best();
        let window = Window { line, units: &lattice.units, page };
        draft.text.push_str(line.get(copied..loss).unwrap_or_default());
        (known, copied) = window.write(reading, skipped, &mut draft);
        copied = copied.max(loss + 1);
    }
    draft.text.push_str(line.get(copied..).unwrap_or_default());
    draft.finish(lexicon)
}

/// A line that is being written, with blanks that may yet be filled.
#[derive(Default)]
struct Draft {
    text: String,
    repairs: Vec<Repair>,
    /// What is reported, with the repair that it is about if it is about one.
    unrepaired: Vec<(String, Option<usize>)>,
    holes: Vec<Hole>,
    /// For each hole, the repair it is in, and where in what that wrote.
    places: Vec<(usize, usize)>,
}

impl Draft {
    /// Fills what can be filled; what cannot stays reported.
    fn finish(mut self, lexicon: &Lexicon<'_>) -> Repaired {
        let found = holes::fill(&self.text, &self.holes, lexicon);
        // From the last on, so that no place moves.
        for ((hole, &(repair, within)), found) in self.holes.iter().zip(&self.places).zip(found).rev() {
            let Some(character) = found else { continue };
            let mut buffer = [0; 4];
            let character = character.encode_utf8(&mut buffer);
            self.text.replace_range(hole.at..hole.at + BLANK.len_utf8(), character);
            if let Some(repair) = self.repairs.get_mut(repair) {
                repair.after.replace_range(within..within + BLANK.len_utf8(), character);
            }
        }
        let open = |repair: &Option<usize>| {
            repair.and_then(|repair| self.repairs.get(repair)).is_none_or(|repair| repair.after.contains(BLANK))
        };
        let unrepaired =
            self.unrepaired.into_iter().filter(|(_, repair)| open(repair)).map(|(excerpt, _)| excerpt).collect();
        Repaired { text: self.text, repairs: self.repairs, unrepaired }
    }
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

/// A window of a line with its reading.
struct Window<'a> {
    line: &'a str,
    units: &'a [Unit],
    page: Page,
}

impl Window<'_> {
    /// Writes a reading, but for the context before the damage; returns from where on the line is known at its end, and where it ends.
    fn write(&self, mut reading: Vec<Emitted>, skipped: usize, draft: &mut Draft) -> (usize, usize) {
        let mut end = self.units.get(skipped).map_or(0, |unit| unit.start);
        let mut known = end;
        let after_context = reading.iter().position(|emitted| emitted.units.1 > skipped).unwrap_or(reading.len());
        let mut rest = reading.split_off(after_context);
        // A mark at which a reading leaves step belongs to the character after it.
        let mut from = skipped;
        for emitted in &mut rest {
            emitted.units.0 = from;
            from = emitted.units.1;
        }
        let rest = self.with_bare_holes(rest);
        for run in rest.chunk_by(|one, other| one.literal == other.literal) {
            let source = (end, self.end(run).max(end));
            end = source.1;
            let visible = self.line.get(source.0..source.1).unwrap_or_default();
            if run.first().is_some_and(|first| first.literal) {
                draft.text.push_str(visible);
                self.report(run, draft);
                known = self.last_mark(run).unwrap_or(source.0);
            } else {
                self.read(run, source, draft);
                known = end;
            }
        }
        (known, end)
    }

    /// Where in the line a run ends.
    fn end(&self, run: &[Emitted]) -> usize {
        run.last().and_then(|emitted| self.units.get(emitted.units.1.checked_sub(1)?)).map_or(0, |unit| unit.end)
    }

    /// Where in the line the last mark of loss in a run that is left as it is ends.
    fn last_mark(&self, run: &[Emitted]) -> Option<usize> {
        let mut units = run.iter().rev().filter_map(|emitted| self.units.get(emitted.units.0));
        units.find(|unit| unit.kind == UnitKind::Lost).map(|unit| unit.end)
    }

    /// Writes the characters of a run that was read anew, with a blank for each that was swallowed.
    fn read(&self, run: &[Emitted], source: (usize, usize), draft: &mut Draft) {
        let mut after = String::new();
        for emitted in run {
            if self.is_hole(emitted) {
                draft.holes.push(Hole { at: draft.text.len() + after.len(), evidence: self.evidence(emitted) });
                draft.places.push((draft.repairs.len(), after.len()));
            }
            after.push(emitted.character);
            if self.page.swallows && self.swallowed(emitted) {
                after.push(BLANK);
            }
        }
        if after.contains(BLANK) {
            draft.unrepaired.push((self.around(source), Some(draft.repairs.len())));
        }
        draft.text.push_str(&after);
        let before = self.line.get(source.0..source.1).unwrap_or_default().to_owned();
        draft.repairs.push(Repair { before, after });
    }

    /// The marks of loss that `emitted` stands for, if it stands for nothing else.
    fn marks(&self, emitted: &Emitted) -> &[Unit] {
        let units = self.units.get(emitted.units.0..emitted.units.1).unwrap_or_default();
        if units.iter().all(|unit| unit.kind == UnitKind::Lost) { units } else { &[] }
    }

    /// Whether `emitted` is a character of which nothing but marks of loss is left.
    fn is_hole(&self, emitted: &Emitted) -> bool {
        emitted.character == BLANK && !emitted.literal && !self.marks(emitted).is_empty()
    }

    /// What tells the character of a hole.
    fn evidence(&self, hole: &Emitted) -> Evidence {
        let before = hole.units.0.checked_sub(1).and_then(|at| self.units.get(at)).and_then(|unit| unit.kind.last_byte());
        let marks = self.marks(hole);
        Evidence {
            before,
            inside: marks.first().and_then(|mark| mark.syllable.clone()),
            after: marks.last().and_then(|mark| mark.syllable.clone()),
            one_mark: marks.len() == 1,
        }
    }

    /// A reading in which bare marks of loss are left as they are if they may ask, and a blank for each character if they cannot.
    fn with_bare_holes(&self, reading: Vec<Emitted>) -> Vec<Emitted> {
        let is_bare = |emitted: &Emitted| {
            let marks = self.marks(emitted);
            let stays = emitted.literal || emitted.character == BLANK;
            stays && !marks.is_empty() && marks.iter().all(|mark| mark.syllable.is_none())
        };
        let mut written = Vec::with_capacity(reading.len());
        for run in reading.chunk_by(|one, other| is_bare(one) && is_bare(other)) {
            let Some((first, last)) = run.first().zip(run.last()).filter(|(first, _)| is_bare(first)) else {
                written.extend_from_slice(run);
                continue;
            };
            let (from, to) = (first.units.0, last.units.1);
            let lost = self.is_loss((from, to));
            // A mark for each byte of a character, or one for both.
            written.extend((from..to).step_by(if lost { 2 } else { 1 }).map(|mark| Emitted {
                character: if lost { BLANK } else { self.units.get(mark).map_or(BLANK, |unit| unit.visible) },
                units: (mark, if lost { (mark + 2).min(to) } else { mark + 1 }),
                literal: !lost,
                cut: false,
            }));
        }
        written
    }

    /// Whether the bare marks from unit `from` to before `to` must stand for lost bytes, as they cannot for a question.
    fn is_loss(&self, (from, to): (usize, usize)) -> bool {
        let before = from.checked_sub(1).and_then(|at| self.units.get(at)).map(|unit| unit.visible);
        let (Some(before), Some(next)) = (before, self.next(to)) else {
            return false;
        };
        let replaced = self.units.get(from..to).unwrap_or_default().iter().any(|unit| unit.visible != '?');
        if replaced {
            return is_chinese(before) && is_chinese(next);
        }
        let stop = |mark| matches!(mark, '、' | '，' | '。' | '；' | '：' | ',' | ';' | ':');
        let goes_on = stop(next) || (self.page.damaged && is_han(next));
        let item = is_han(before) || before == '、';
        item && goes_on && !self.is_question(from)
    }

    /// The character after the unit before `to`.
    fn next(&self, to: usize) -> Option<char> {
        let end = to.checked_sub(1).and_then(|at| self.units.get(at)).map(|unit| unit.end)?;
        self.line.get(end..)?.chars().next()
    }

    /// Whether the sentence before unit `mark` is a question; in a damaged document the clause must be one.
    fn is_question(&self, mark: usize) -> bool {
        let start = self.units.get(mark).map_or(0, |unit| unit.start);
        let units = Units::last(self.line, 0, start, self.page.converter, LONGEST_QUESTION);
        let stop = |unit: &&Unit| match unit.visible {
            '。' | '！' | '!' | '；' | ';' => true,
            '，' | ',' => self.page.damaged,
            _ => unit.kind == UnitKind::Lost,
        };
        let before_marks = units.iter().rev().skip_while(|unit| unit.kind == UnitKind::Lost);
        let sentence: String = before_marks.take_while(|unit| !stop(unit)).map(|unit| unit.visible).collect();
        question::is_asked(sentence.chars().rev().map(|character| script::converter().simplified(character)))
    }

    /// Whether the decoder took a character of one byte with the missing byte that ends `emitted`.
    ///
    /// It did unless the byte was cut from the next by an annotation or by a mark, before which such pages put in invisible text.
    fn swallowed(&self, emitted: &Emitted) -> bool {
        let next = self.next(emitted.units.1);
        // One blank is enough for a text, but not for a number.
        let cut = |next: char| next.is_ascii_digit() || (is_han(next) && !self.is_hole(emitted));
        emitted.cut && next.is_some_and(cut)
    }

    /// Reports the marks of loss in a run that is left as it is.
    fn report(&self, run: &[Emitted], draft: &mut Draft) {
        for emitted in run {
            let Some(unit) = self.units.get(emitted.units.0).filter(|unit| unit.kind == UnitKind::Lost) else {
                continue;
            };
            let next = self.line.get(unit.end..).and_then(|tail| tail.chars().next());
            let shifted = next.is_some_and(|next| {
                matches!(next, ',' | ';' | '!' | '?') || (!is_han(next) && TABLE.encode(next).is_some())
            });
            let asks = || self.is_question(emitted.units.0);
            if unit.syllable.is_some() || unit.visible != '?' || shifted && next != Some('”') && !asks() {
                draft.unrepaired.push((self.around((unit.start, unit.end)), None));
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
