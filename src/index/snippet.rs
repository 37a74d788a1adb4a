//! Where a record's text answers a query: pages, and the words around.
//!
//! Works on the text as it is, not on its folded form, so that a person reads what the page says.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;

use super::fold::{each_word, is_invisible};
use super::terms::Form;

/// Pages named a record.
const HITS_MAX: usize = 3;

/// Words that are farther apart, in bytes, are not shown together.
const WINDOW_BYTES: usize = 160;

/// What is shown before and after the words, in characters.
const CONTEXT: usize = 40;

/// A page that holds words of the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The page, from 1.
    pub page: u32,
    /// The words with those around them, one line, as the page has them.
    pub snippet: String,
}

/// The words of a query, in the form in which they are compared.
pub(super) struct Wanted<'a> {
    pub(super) words: &'a [String],
    pub(super) form: Form,
    /// The last may be only the beginning of a word.
    pub(super) last_is_begun: bool,
}

impl Wanted<'_> {
    /// Which of them a word is.
    fn place_of(&self, folded: &str) -> Option<usize> {
        let begun = |last: &String| self.last_is_begun && folded.starts_with(last.as_str());
        let exact = self.words.iter().position(|word| word == folded);
        exact.or_else(|| {
            let begun = self.words.last().is_some_and(begun);
            begun.then(|| self.words.len() - 1)
        })
    }
}

/// The pages that hold the most of the words, in their order; pages are parted by form feeds.
pub(super) fn hits(text: &str, wanted: &Wanted<'_>) -> Vec<Hit> {
    let different = wanted.words.iter().collect::<BTreeSet<_>>().len();
    let mut best: Vec<(u32, &str, Cluster)> = Vec::new();
    for (number, page) in (1..).zip(text.split('\u{c}')) {
        let Some(cluster) = densest(page, wanted) else {
            continue;
        };
        best.push((number, page, cluster));
        best.sort_by_key(|(number, _, cluster)| (Reverse(cluster.words), *number));
        best.truncate(HITS_MAX);
        if best.len() == HITS_MAX && best.iter().all(|(.., cluster)| cluster.words == different) {
            break;
        }
    }
    best.sort_by_key(|(number, ..)| *number);
    best.into_iter()
        .map(|(page, text, cluster)| Hit {
            page,
            snippet: cut_out(text, &cluster),
        })
        .collect()
}

/// A stretch of a page, in bytes, and how many different words of the query are in it.
struct Cluster {
    words: usize,
    start: usize,
    end: usize,
}

/// The first of the stretches that hold the most different words.
fn densest(page: &str, wanted: &Wanted<'_>) -> Option<Cluster> {
    let mut found: Vec<(usize, usize, u64)> = Vec::new();
    each_word(page, |word| {
        let folded = match wanted.form {
            Form::Plain => word.plain,
            Form::Marked => word.marked,
        };
        if let Some(term) = wanted.place_of(folded) {
            found.push((word.at.start, word.at.end, 1 << term));
        }
    });
    let mut best: Option<Cluster> = None;
    for (first, &(start, ..)) in found.iter().enumerate() {
        let (mut end, mut terms) = (start, 0_u64);
        for &(_, word_end, term) in &found[first..] {
            if word_end - start > WINDOW_BYTES {
                break;
            }
            if terms & term == 0 {
                (end, terms) = (word_end, terms | term);
            }
        }
        let words = terms.count_ones() as usize;
        if words > best.as_ref().map_or(0, |best| best.words) {
            best = Some(Cluster { words, start, end });
        }
    }
    best
}

fn cut_out(page: &str, cluster: &Cluster) -> String {
    let before = &page[..cluster.start];
    let after = &page[cluster.end..];
    let start = before
        .char_indices()
        .rev()
        .take(CONTEXT)
        .last()
        .map_or(cluster.start, |(at, _)| at);
    let end = after
        .char_indices()
        .nth(CONTEXT)
        .map_or(page.len(), |(at, _)| cluster.end + at);
    // Not from the middle of a word to the middle of another, where there are spaces.
    let start = match page[start..cluster.start].find(char::is_whitespace) {
        Some(space) if start > 0 => start + space,
        _ => start,
    };
    let end = match page[cluster.end..end].rfind(char::is_whitespace) {
        Some(space) if end < page.len() => cluster.end + space,
        _ => end,
    };
    let more = |text: &str, mark| if text.trim().is_empty() { "" } else { mark };
    format!(
        "{}{}{}",
        more(&page[..start], "… "),
        one_line(&page[start..end]),
        more(&page[end..], " …")
    )
}

/// One space for any run of spaces, line ends and control characters: it goes to a terminal.
fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|letter| !is_invisible(*letter))
        .collect();
    visible
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
