//! The ways on from a unit, for a reading in step and for one that is not, with what speaks for each.

use super::gbk::{FULL_WIDTH_LEAD, LEADS};
use super::holes::BLANK;
use super::lexicon::{Lexicon, at_the_end, neighbours};
use super::pinyin::is_reading;
use super::units::{Unit, UnitKind, decode, full_width_trail, may_be_folded};

/// Leaves out of step for a missing first byte; so much better must a reading be than to leave the text as it is.
const LOST_LEAD: f32 = -9.0;
/// Comes back into step at a missing second byte.
const LOST_TRAIL: f32 = -5.0;
/// A mark of loss that stands for itself, a question mark.
const LITERAL: f32 = 0.0;
/// A mark of loss that keeps the residue of an annotation, which a question mark never has.
const LITERAL_RESIDUE: f32 = -30.0;
/// A mark of loss that stands for itself before one that keeps a residue.
const LITERAL_FIRST: f32 = -18.0;
/// Two bytes that are gone, without a trace.
const GAP: f32 = -18.0;
/// Two marks of loss that stand for a character.
const GAP_MARKS: f32 = -5.0;
/// Two bytes that are gone, of which the residue of an annotation tells that they stood there.
const GAP_RESIDUE: f32 = 0.0;
/// A byte that makes a character with the reading that the annotation after it names.
const READING: f32 = 9.0;
/// An annotation that does not fit the character before it.
const MISFIT: f32 = -8.0;
/// An annotation that fits a character found anew.
const FIT: f32 = 4.0;
/// A visible character taken for the Simplified one that was converted to it.
const CONVERTED: f32 = -3.0;
/// An ASCII character taken for a folded full-width one.
const FOLDED: f32 = -1.0;
/// A pair of bytes that was dropped: half of those that name no character were, being private use.
const DROPPED: f32 = -5.0;
/// A guessed character that closes the item of an enumeration like the next item is closed.
const PARALLEL: f32 = 4.0;
/// A character that is rarer than this is never guessed.
const RAREST: f32 = -15.5;
/// Units that are looked at after a character.
pub(super) const LOOKAHEAD: usize = 6;

/// The byte of a character that a reading out of step has read already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// In step.
    Nothing,
    Byte(u8),
    /// The missing byte.
    Unknown,
    /// The second byte of a pair of bytes that was dropped without a trace.
    Dropped,
    /// In step after the ASCII character, still to come, that was read as the second byte of the visible one.
    Letter(u8),
}

/// What stands before a window.
#[derive(Clone, Copy, Default)]
pub(super) struct Before {
    /// Whether a quotation mark is open.
    pub(super) quote: bool,
    /// Whether a title mark is open.
    pub(super) title: bool,
}

/// One character on from a node.
pub(super) struct Step {
    /// The character, unless the step only takes in a missing byte.
    pub(super) character: Option<char>,
    pub(super) pending: Pending,
    pub(super) score: f32,
    /// Whether the character is what is visible.
    pub(super) literal: bool,
    /// Whether one of its bytes is guessed.
    pub(super) guessed: bool,
    /// Whether it ends with a lost byte that may have taken the next with it.
    pub(super) cut: bool,
}

/// What is pending after the visible pair that ends with `second`, of which the first byte is used up.
fn after_pair(second: u8) -> Pending {
    if second.is_ascii() { Pending::Letter(second) } else { Pending::Byte(second) }
}

impl Step {
    /// A step to a character that no guess is needed for.
    fn known(character: char, pending: Pending, score: f32) -> Self {
        Self { character: Some(character), pending, score, literal: false, guessed: false, cut: false }
    }

    /// Whether it goes to the next unit. Only what was dropped, and the second character of a visible one, are between.
    pub(super) fn takes_unit(&self) -> bool {
        !matches!(self.pending, Pending::Dropped | Pending::Letter(_))
    }

    /// Whether its character was made up from a known byte and a guessed one.
    fn is_guess(&self) -> bool {
        self.guessed || self.pending == Pending::Dropped
    }
}

/// The ways to end the character that `lead` begins with the first byte of a pair that was dropped, being for private use.
fn dropped(lead: u8) -> impl Iterator<Item = Step> {
    (0xAA..=0xAF).chain(0xF8..=0xFE).filter_map(move |trail| {
        let character = decode(lead, trail)?;
        Some(Step {
            character: Some(character),
            pending: Pending::Dropped,
            score: DROPPED,
            literal: false,
            guessed: false,
            cut: false,
        })
    })
}

/// The units of a window, to find ways in.
pub(super) struct Ways<'a> {
    pub(super) lexicon: &'a Lexicon<'a>,
    pub(super) units: &'a [Unit],
    pub(super) before: Before,
}

impl Ways<'_> {
    /// Every way on from the unit at `index`.
    pub(super) fn on(&self, index: usize, pending: Pending) -> Vec<Step> {
        let Some(kind) = self.units.get(index).map(|unit| unit.kind) else { return Vec::new() };
        let steps = match pending {
            Pending::Nothing => self.in_step(index, kind),
            Pending::Byte(lead) => {
                let mut steps = self.out_of_step(index, kind, &[(lead, 0.0)]);
                steps.extend(dropped(lead));
                steps
            }
            Pending::Letter(byte) => vec![Step::known(char::from(byte), Pending::Nothing, 0.0)],
            Pending::Dropped => {
                let leads: Vec<(u8, f32)> = (0xA1..=0xFE).map(|lead| (lead, 0.0)).collect();
                self.out_of_step(index, kind, &leads)
            }
            Pending::Unknown => {
                let leads = self.leads(index);
                self.out_of_step(index, kind, &leads)
            }
        };
        let worth = |step: &Step| !step.is_guess() || step.character.is_none_or(|character| self.is_usual(character));
        let mut steps: Vec<Step> = steps.into_iter().filter(worth).collect();
        for step in &mut steps {
            if let Some(character) = step.character.filter(|_| step.takes_unit()) {
                step.score += self.fit(index, character, step);
            }
        }
        steps
    }

    /// Whether `character` is frequent enough to be guessed.
    fn is_usual(&self, character: char) -> bool {
        self.lexicon.character(self.lexicon.normal(character)) > RAREST
    }

    /// How well `character`, which ends at unit `index`, goes with the annotation and the mark that follow.
    fn fit(&self, index: usize, character: char, step: &Step) -> f32 {
        let Some(unit) = self.units.get(index) else {
            return 0.0;
        };
        if step.pending != Pending::Nothing {
            return if unit.syllable.is_some() && unit.kind != UnitKind::Lost { MISFIT } else { 0.0 };
        }
        let mut score = match &unit.syllable {
            Some(syllable) if unit.kind != UnitKind::Lost => match is_reading(character, syllable) {
                true if step.literal => 0.0,
                true => FIT,
                false => MISFIT,
            },
            _ => 0.0,
        };
        score += match self.units.get(index + 1) {
            Some(next) if next.kind == UnitKind::Lost => 0.0,
            Some(next) => neighbours(character, next.visible),
            None if step.guessed => at_the_end(character),
            None => 0.0,
        };
        if step.guessed {
            score += self.balance(character) + self.parallel(index, character);
        }
        score
    }

    /// Whether the next item of an enumeration ends with `character`, as the item does that ends at unit `index`.
    fn parallel(&self, index: usize, character: char) -> f32 {
        let following = self.units.get(index + 1..).unwrap_or_default();
        let mut marks = following.iter().enumerate().filter(|(_, unit)| unit.visible == '、').map(|(at, _)| at);
        let last =
            if marks.next() == Some(0) { marks.next().and_then(|at| following.get(at.checked_sub(1)?)) } else { None };
        let same = last.is_some_and(|unit| self.lexicon.normal(unit.visible) == self.lexicon.normal(character));
        if same { PARALLEL } else { 0.0 }
    }

    /// How well a guessed mark goes with the ones that are open.
    fn balance(&self, character: char) -> f32 {
        let (opens, is_open) = match character {
            '“' => (true, self.before.quote),
            '”' => (false, self.before.quote),
            '《' => (true, self.before.title),
            '》' => (false, self.before.title),
            _ => return 0.0,
        };
        match (opens, is_open) {
            (false, true) => 3.0,
            (true, false) => 0.0,
            _ => -6.0,
        }
    }

    /// Ways on for a reading in step: what is visible, or out of step at a missing byte.
    fn in_step(&self, index: usize, kind: UnitKind) -> Vec<Step> {
        let Some(unit) = self.units.get(index) else {
            return Vec::new();
        };
        let mut literal = Step {
            character: Some(unit.visible),
            pending: Pending::Nothing,
            score: 0.0,
            literal: true,
            guessed: false,
            cut: false,
        };
        if kind != UnitKind::Lost {
            return vec![literal];
        }
        let lost = Step {
            character: None,
            pending: Pending::Unknown,
            score: LOST_LEAD,
            literal: false,
            guessed: false,
            cut: false,
        };
        if unit.syllable.is_none() {
            let next = self.units.get(index + 1);
            let first = next.is_some_and(|next| next.kind == UnitKind::Lost && next.syllable.is_some());
            literal.score = if first { LITERAL_FIRST } else { LITERAL };
            return if self.is_query(index) { vec![literal] } else { vec![literal, lost] };
        }
        literal.score = LITERAL_RESIDUE;
        vec![literal, lost, Step::known(BLANK, Pending::Nothing, GAP)]
    }

    /// Whether the mark at `index` starts the query of a web address: `?id=1`.
    fn is_query(&self, index: usize) -> bool {
        let following = self.units.get(index + 1..).unwrap_or_default();
        let name = following.iter().take_while(|unit| unit.visible.is_ascii_alphanumeric() || unit.visible == '_').count();
        name > 0 && following.get(name).is_some_and(|unit| unit.visible == '=')
    }

    /// Ways on for a reading out of step, whose pending byte is one of `leads`.
    fn out_of_step(&self, index: usize, kind: UnitKind, leads: &[(u8, f32)]) -> Vec<Step> {
        let mut steps = Vec::new();
        let guessed = leads.len() > 1;
        let mut add = |trail: u8, pending: Pending, score: f32| {
            for &(lead, likely) in leads {
                if let Some(character) = decode(lead, trail) {
                    steps.push(Step {
                        character: Some(character),
                        pending,
                        score: score + likely,
                        literal: false,
                        guessed,
                        cut: false,
                    });
                }
            }
        };
        match kind {
            UnitKind::Pair([first, second], other) => {
                add(first, after_pair(second), 0.0);
                if let Some([first, second]) = other {
                    add(first, after_pair(second), CONVERTED);
                }
            }
            UnitKind::Ascii(byte) => {
                add(byte, Pending::Nothing, 0.0);
                if may_be_folded(byte) {
                    add(FULL_WIDTH_LEAD, Pending::Byte(full_width_trail(byte)), FOLDED);
                }
            }
            UnitKind::Lost => return self.back_in_step(index, leads),
            UnitKind::Other => {}
        }
        steps
    }

    /// Ways back into step at a missing byte: it is the second one of the character that is pending.
    fn back_in_step(&self, index: usize, leads: &[(u8, f32)]) -> Vec<Step> {
        let mut steps = Vec::new();
        let syllable = self.units.get(index).and_then(|unit| unit.syllable.as_deref());
        let first = index.checked_sub(1).and_then(|at| self.units.get(at)).filter(|unit| unit.kind == UnitKind::Lost);
        let visible = self.units.get(index).map(|unit| unit.visible);
        let told = leads.len() > 1 && first.is_some_and(|first| first.syllable.is_some() || syllable.is_some());
        if let &[(lead, _)] = leads {
            for trail in LEADS {
                let Some(character) = decode(lead, trail) else {
                    continue;
                };
                let reads = syllable.is_some_and(|syllable| is_reading(character, syllable));
                let score = LOST_TRAIL + if reads { READING } else { 0.0 };
                steps.push(Step {
                    character: Some(character),
                    pending: Pending::Nothing,
                    score,
                    literal: false,
                    guessed: true,
                    cut: syllable.is_none(),
                });
            }
        } else {
            // Both bytes are gone: no likelihood tells the character, see `holes`.
            let score = match first {
                Some(_) if told => GAP_RESIDUE,
                Some(_) => GAP_MARKS,
                None => GAP,
            };
            let mut blank = Step::known(BLANK, Pending::Nothing, score);
            blank.cut = syllable.is_none();
            steps.push(blank);
        }
        // The question mark that the missing byte left may itself be the full-width one of which a byte was read.
        if syllable.is_none() && visible == Some('?') && !told {
            for &(lead, likely) in leads {
                if let Some(character) = decode(lead, FULL_WIDTH_LEAD) {
                    let pending = Pending::Byte(full_width_trail(b'?'));
                    steps.push(Step {
                        character: Some(character),
                        pending,
                        score: likely + FOLDED,
                        literal: false,
                        guessed: leads.len() > 1,
                        cut: false,
                    });
                }
            }
        }
        steps
    }

    /// The bytes that may be missing at the unit before `index`, with what speaks for each.
    ///
    /// Annotations were put in byte by byte, without regard to where characters start: the syllable after a missing byte is the reading of
    /// the character that this byte forms with the last byte before it.
    fn leads(&self, index: usize) -> Vec<(u8, f32)> {
        let lost = index.checked_sub(1).and_then(|at| self.units.get(at));
        let before = index.checked_sub(2).and_then(|at| self.units.get(at)).and_then(|unit| unit.kind.last_byte());
        let syllable = lost.and_then(|unit| unit.syllable.as_deref());
        LEADS
            .map(|lead| {
                let formed = before.and_then(|before| decode(before, lead));
                let reads = formed.zip(syllable).is_some_and(|(character, syllable)| is_reading(character, syllable));
                (lead, if reads { READING } else { 0.0 })
            })
            .collect()
    }
}
