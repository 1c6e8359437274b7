//! Undoes what copying from web page to web page has done to a document.
//!
//! Text goes in; text comes out, with a list of what was done. Each kind of damage has a file:
//!
//! - `lost`: runs that read one byte off since a byte was lost, found again with the word frequencies of jieba's dictionary,
//! - `pinyin`: readings in brackets after single characters,
//! - `script`: Traditional characters,
//! - `characters`: widths, spaces, punctuation and what no reader sees,
//! - `breaks` and `headers`: paragraphs cut into lines, and page headers between them.
//!
//! A clean Simplified document comes out with the same Chinese characters in the same order. Restoring twice is restoring once, and the
//! time is linear in the length of the text.
//!
//! ```
//! use policy_topics::restore::{ChangeKind, Restorer};
//!
//! let restored = Restorer::new().restore("推動(dòng)區(qū)域經(jīng)濟(jì)發(fā)展");
//! assert_eq!(restored.text, "推动区域经济发展");
//! assert_eq!(restored.counts()[ChangeKind::Pinyin], 5);
//! ```

mod breaks;
mod change;
mod characters;
mod gbk;
mod han;
mod headers;
mod holes;
mod lattice;
mod lexicon;
mod lost;
mod paragraph;
mod pinyin;
mod question;
mod script;
mod steps;
mod units;

pub use change::{ChangeKind, Counts, LineChange, Restored, Unrepaired};
pub use han::is_han;
pub use lost::Repair;

use std::sync::OnceLock;

use lexicon::{Characters, Lexicon};
use lost::Page;
use paragraph::Paragraph;

/// The most rounds a text goes through. What one round makes visible to another kind is done in the next; two are enough for all damage
/// seen, and more only come about in text that was made to need them.
const MOST_ROUNDS: usize = 8;

/// Restores texts. Made once, used for any number of texts and from any thread.
#[derive(Default)]
pub struct Restorer {
    /// Made when the first text with a mark of loss comes.
    characters: OnceLock<Characters>,
}

/// What all lines of a document share.
struct Context<'a> {
    /// Word frequencies, if a line has a mark of loss.
    lexicon: Option<Lexicon<'a>>,
    page: Page,
}

impl Restorer {
    /// A restorer. What it needs for damaged texts it makes when the first one comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Restores a text.
    pub fn restore(&self, text: &str) -> Restored {
        let mut paragraphs = paragraph::split(text);
        let mut judgement = None;
        for _ in 0..MOST_ROUNDS {
            let anew = Judgement::of(&paragraphs);
            if judgement.replace(anew) != Some(anew) {
                // Lines that were left alone may be read otherwise now.
                paragraphs.iter_mut().for_each(|paragraph| paragraph.settled = false);
            }
            if !self.round(&mut paragraphs, anew) {
                break;
            }
        }
        paragraph::assemble(text, paragraphs)
    }

    /// Goes through the whole document once; whether anything changed.
    fn round(&self, paragraphs: &mut Vec<Paragraph<'_>>, judgement: Judgement) -> bool {
        let converter = judgement.traditional.then(script::converter);
        let characters = || self.characters.get_or_init(Characters::new);
        let damaged = paragraphs.iter().any(|paragraph| !paragraph.settled && lost::is_damaged(&paragraph.text));
        let lexicon = damaged.then(|| Lexicon::new(characters(), converter));
        let page = Page { converter, swallows: judgement.swallows, damaged: judgement.damaged };
        let context = Context { lexicon, page };
        let mut changed = false;
        for paragraph in paragraphs.iter_mut().filter(|paragraph| !paragraph.settled) {
            paragraph.settled = !paragraph.restore(&context);
            changed |= !paragraph.settled;
        }
        changed |= paragraph::remove_headers(paragraphs);
        changed | paragraph::join(paragraphs)
    }
}

/// What is judged of a document as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Judgement {
    traditional: bool,
    /// Whether the decoder took with a byte that it could not read the one after.
    swallows: bool,
    /// Whether other damage than question marks tells that bytes were lost.
    damaged: bool,
}

impl Judgement {
    fn of(paragraphs: &[Paragraph<'_>]) -> Self {
        let lines = || paragraphs.iter().map(|paragraph| paragraph.text.as_ref());
        Self {
            traditional: script::is_traditional(lines()),
            swallows: lost::swallows(lines()),
            damaged: lost::is_sure(lines()),
        }
    }
}
