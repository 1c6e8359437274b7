//! Every way to read a stretch of units, and the likeliest of them.
//!
//! A reading goes from unit to unit and at each is either in step with what is visible or one byte off, with the first byte of a
//! character pending. A missing byte lets a reading fall out of step or back into it. The likeliest reading is found by the Viterbi
//! algorithm over words, as jieba segments, where a word's characters may stem from any of the ways: the text on both sides of the damage
//! votes for what is between. Readings out of step that fall far behind are dropped, so that the time is linear in the text.

use super::han::is_han;
use super::lexicon::{CHARACTER_BITS, LONGEST_WORD, Lexicon};
use super::steps::{Before, LOOKAHEAD, Pending, Step, Ways};
use super::units::{Unit, UnitKind, Units};

/// A line that ends out of step.
const CUT_OFF: f32 = -12.0;
/// A reading out of step that is so far behind is dropped.
const HOPELESS: f32 = -35.0;
/// Only a reading that is no further behind is tried with a dropped pair, of which there are many.
const LEADING: f32 = -12.0;
/// Units in step after the last damage that end a window.
const CONTEXT: usize = 5;

/// A character of a reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emitted {
    pub(super) character: char,
    /// The unit it begins in and the one it ends before.
    pub(super) units: (usize, usize),
    /// Whether it is what is visible.
    pub(super) literal: bool,
    /// Whether it ends with a byte that was lost and that may have taken the next with it.
    pub(super) cut: bool,
}

struct Arc {
    to: usize,
    character: Option<char>,
    score: f32,
    literal: bool,
    /// Whether one of its bytes is guessed.
    guessed: bool,
    cut: bool,
    /// Whether a pair of bytes that was dropped begins in it.
    dropped: bool,
}

/// A character with a guessed byte, as a bit of [`Word::guesses`].
const GUESSED: u8 = 1;
/// A character in which a dropped pair begins; few bytes can be its second.
const CUT_SHORT: u8 = 2;

impl Arc {
    /// The kind of guess that the arc is.
    fn guess(&self) -> u8 {
        if self.guessed {
            GUESSED
        } else if self.dropped {
            CUT_SHORT
        } else {
            0
        }
    }
}

struct Node {
    unit: usize,
    pending: Pending,
    score: f32,
    back: Option<(usize, Vec<Emitted>)>,
    arcs: Option<std::rc::Rc<[Arc]>>,
}

/// The lattice over one window.
pub(super) struct Lattice<'a> {
    lexicon: &'a Lexicon<'a>,
    source: std::iter::Peekable<Units<'a>>,
    pub(super) units: Vec<Unit>,
    nodes: Vec<Node>,
    /// The nodes before each unit.
    at: Vec<Vec<usize>>,
    before: Before,
}

impl<'a> Lattice<'a> {
    /// A lattice over `context`, which is in step, and the units that `source` yields after it.
    pub(super) fn new(lexicon: &'a Lexicon<'a>, context: Vec<Unit>, source: Units<'a>, before: Before) -> Self {
        Self { lexicon, source: source.peekable(), units: context, nodes: Vec::new(), at: Vec::new(), before }
    }

    /// The likeliest reading, up to where all readings are in step again.
    pub(super) fn best(&mut self) -> Vec<Emitted> {
        let start = self.node(0, Pending::Nothing);
        if let Some(node) = self.nodes.get_mut(start) {
            node.score = 0.0;
        }
        let mut last_loss = 0;
        let mut unit = 0;
        loop {
            match self.unit(unit).map(|unit| unit.kind) {
                None => break,
                Some(UnitKind::Lost) => last_loss = unit,
                Some(_) => {}
            }
            let live = self.expand(unit);
            unit += 1;
            if !live && unit > last_loss + CONTEXT {
                break;
            }
        }
        self.trace(unit)
    }

    /// Extends every node before `unit` by every word; whether a node out of step is among those worth it.
    fn expand(&mut self, unit: usize) -> bool {
        let nodes = self.at.get(unit).map(Vec::as_slice).unwrap_or_default();
        let score = |id: &usize| self.nodes.get(*id).map_or(f32::NEG_INFINITY, |node| node.score);
        let best = nodes.iter().map(score).fold(f32::NEG_INFINITY, f32::max);
        let mut live = false;
        let mut place = 0;
        // A dropped pair leads from a node to another before the same unit, behind it in the list.
        while let Some(&id) = self.at.get(unit).and_then(|ids| ids.get(place)) {
            place += 1;
            let Some(node) = self.nodes.get(id) else {
                continue;
            };
            let in_step = node.pending == Pending::Nothing;
            if node.score == f32::NEG_INFINITY || (!in_step && node.score < best + HOPELESS) {
                continue;
            }
            live |= !in_step;
            let score = node.score;
            let mut word = Word {
                origin: id,
                text: String::new(),
                key: 0,
                emitted: Vec::new(),
                guesses: 0,
                firm: false,
                leading: score >= best + LEADING,
            };
            self.extend(id, score, &mut word);
        }
        live
    }

    /// Adds to `word`, which goes from its origin to node `id`, every character that may follow.
    fn extend(&mut self, id: usize, score: f32, word: &mut Word) {
        let unit = self.nodes.get(id).map_or(0, |node| node.unit);
        for arc in self.arcs(id).iter() {
            let Some(character) = arc.character else {
                if word.emitted.is_empty() {
                    self.relax(arc.to, score + arc.score, word);
                } else {
                    self.extend(arc.to, score + arc.score, word);
                }
                continue;
            };
            let normal = self.lexicon.normal(character);
            let first = word.emitted.is_empty();
            let guess = arc.guess();
            if arc.dropped && !word.leading {
                continue;
            }
            if !first && (!is_han(normal) || !word.admits(guess)) {
                continue;
            }
            let from = word.emitted.last().map_or(unit, |last| last.units.1);
            let to = self.nodes.get(arc.to).map_or(unit, |node| node.unit);
            word.push(normal, Emitted { character, units: (from, to), literal: arc.literal, cut: arc.cut }, guess);
            let words = if first { Some(self.lexicon.character(normal)) } else { self.lexicon.word(&word.text, word.key) };
            if let Some(words) = words {
                self.relax(arc.to, score + arc.score + words, word);
            }
            if is_han(normal) && word.emitted.len() < LONGEST_WORD && word.may_grow(words.is_some()) {
                self.extend(arc.to, score + arc.score, word);
            }
            word.pop(guess);
        }
    }

    fn relax(&mut self, to: usize, score: f32, word: &Word) {
        if let Some(node) = self.nodes.get_mut(to)
            && score > node.score
        {
            node.score = score;
            node.back = Some((word.origin, word.emitted.clone()));
        }
    }

    /// The characters on the best way to the end, which is before `unit`.
    fn trace(&self, unit: usize) -> Vec<Emitted> {
        let ends = self.at.get(unit).map(Vec::as_slice).unwrap_or_default();
        let nodes = ends.iter().filter_map(|&id| self.nodes.get(id));
        let end_score = |node: &Node| node.score + if node.pending == Pending::Nothing { 0.0 } else { CUT_OFF };
        let mut node = nodes.max_by(|one, other| end_score(one).total_cmp(&end_score(other)));
        let mut reversed = Vec::new();
        while let Some((from, emitted)) = node.and_then(|node| node.back.as_ref()) {
            reversed.extend(emitted.iter().rev().copied());
            node = self.nodes.get(*from);
        }
        reversed.reverse();
        reversed
    }

    fn unit(&mut self, index: usize) -> Option<&Unit> {
        while self.units.len() <= index {
            self.units.push(self.source.next()?);
        }
        self.units.get(index)
    }

    /// The node before `unit` with `pending`, made if there is none.
    fn node(&mut self, unit: usize, pending: Pending) -> usize {
        while self.at.len() <= unit {
            self.at.push(Vec::new());
        }
        let same = |&&id: &&usize| self.nodes.get(id).is_some_and(|node| node.pending == pending);
        if let Some(&known) = self.at.get(unit).and_then(|ids| ids.iter().find(same)) {
            return known;
        }
        let id = self.nodes.len();
        self.nodes.push(Node { unit, pending, score: f32::NEG_INFINITY, back: None, arcs: None });
        if let Some(ids) = self.at.get_mut(unit) {
            ids.push(id);
        }
        id
    }

    /// The ways on from a node.
    fn arcs(&mut self, id: usize) -> std::rc::Rc<[Arc]> {
        if let Some(arcs) = self.nodes.get(id).and_then(|node| node.arcs.clone()) {
            return arcs;
        }
        let place = self.nodes.get(id).map(|node| (node.unit, node.pending));
        let arcs: std::rc::Rc<[Arc]> = place.map(|(unit, pending)| self.make_arcs(unit, pending)).unwrap_or_default().into();
        if let Some(node) = self.nodes.get_mut(id) {
            node.arcs = Some(arcs.clone());
        }
        arcs
    }

    fn make_arcs(&mut self, index: usize, pending: Pending) -> Vec<Arc> {
        // Some units after are needed to see what follows a character.
        self.unit(index + LOOKAHEAD);
        let ways = Ways { lexicon: self.lexicon, units: &self.units, before: self.before };
        let steps = ways.on(index, pending);
        steps.into_iter().map(|step| self.arc(index, &step)).collect()
    }

    fn arc(&mut self, index: usize, step: &Step) -> Arc {
        let to = self.node(if step.takes_unit() { index + 1 } else { index }, step.pending);
        Arc {
            to,
            character: step.character,
            score: step.score,
            literal: step.literal,
            guessed: step.guessed,
            cut: step.cut,
            dropped: step.pending == Pending::Dropped,
        }
    }
}

/// A word that is being put together, from node `origin` on.
struct Word {
    origin: usize,
    text: String,
    /// The characters as a number, see [`Lexicon::word`].
    key: u128,
    emitted: Vec<Emitted>,
    /// The guesses in it, a bit for each kind.
    guesses: u8,
    /// Whether its first character is known.
    firm: bool,
    /// Whether it may be tried with a dropped pair.
    leading: bool,
}

impl Word {
    fn push(&mut self, normal: char, emitted: Emitted, guess: u8) {
        self.text.push(normal);
        self.key = self.key << CHARACTER_BITS | u128::from(u32::from(normal));
        self.emitted.push(emitted);
        self.guesses |= guess;
        self.firm |= self.emitted.len() == 1 && guess == 0;
    }

    fn pop(&mut self, guess: u8) {
        self.text.pop();
        self.key >>= CHARACTER_BITS;
        self.emitted.pop();
        self.guesses &= !guess;
        self.firm &= !self.emitted.is_empty();
    }

    /// Whether a character with this kind of guess may be added: one of each kind, the kind with many ways only after firm ground. All
    /// pairs of guesses would be too many.
    fn admits(&self, guess: u8) -> bool {
        guess == 0 || self.guesses == 0 || (guess == CUT_SHORT && self.guesses == GUESSED && self.firm)
    }

    /// Whether longer words are worth a look: a guess has many ways to go on, and nearly every word of three characters and more begins
    /// with a shorter one.
    fn may_grow(&self, is_word: bool) -> bool {
        self.guesses == 0 || self.emitted.len() < 2 || is_word || self.text.starts_with('应')
    }
}
