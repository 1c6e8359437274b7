//! Where a document ends, and other articles on the same page begin.

use super::shape::{self, Shape};
use crate::boilerplate::{self, Furniture};

/// The fewest characters, in bytes of UTF-8, of a body that can have ended.
const SHORTEST_BODY: usize = 300;

/// The first line after a document whose body begins at line `from`; the number of lines if nothing follows it.
pub(super) fn find(lines: &[&str], furniture: &[Furniture], from: usize) -> usize {
    marked(lines, furniture, from).min(glued(lines, furniture, from))
}

/// The first line that stands only after articles, unless most of the text comes after it.
fn marked(lines: &[&str], furniture: &[Furniture], from: usize) -> usize {
    let size = |(line, furniture): (&&str, &Furniture)| if *furniture == Furniture::None { line.len() } else { 0 };
    let whole: usize = lines.iter().zip(furniture).skip(from).map(size).sum();
    let mut before = 0;
    for (at, pair) in lines.iter().zip(furniture).enumerate().skip(from) {
        if *pair.1 == Furniture::End && before >= SHORTEST_BODY && whole - before <= before * 2 {
            return at;
        }
        before += size(pair);
    }
    lines.len()
}

/// The title of an article that follows the last words of a speech.
fn glued(lines: &[&str], furniture: &[Furniture], from: usize) -> usize {
    let Some(closing) = (from..lines.len()).rev().find(|&at| lines.get(at).is_some_and(|line| is_closing(line))) else {
        return lines.len();
    };
    let is_free = |at: usize| furniture.get(at) == Some(&Furniture::None);
    (closing + 1..lines.len())
        .filter(|&at| is_free(at))
        .find(|&at| {
            let Some(line) = lines.get(at) else { return false };
            let is_title = shape::level(line).is_none() && matches!(Shape::of(line), Shape::Heading(_));
            let is_published = || {
                let below = lines.get(at + 1..).unwrap_or(&[]);
                below.iter().take(4).any(|line| boilerplate::is_publication(line))
            };
            boilerplate::is_article_title(line) && shape::level(line).is_none() || is_title && is_published()
        })
        .unwrap_or(lines.len())
}

/// Whether a line is the last paragraph of a speech.
pub(super) fn is_closing(line: &str) -> bool {
    let calls = ["团结", "奋斗", "努力", "贡献", "篇章", "奋勇", "前进"].iter().any(|word| line.contains(word));
    let addresses = ["各位代表", "同志们", "让我们"].iter().any(|word| line.contains(word));
    line.ends_with(['！', '!', '。']) && calls && addresses
}
