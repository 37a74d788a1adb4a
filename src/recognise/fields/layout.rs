//! The words of a page as a reader sees them: lines, gaps, what stands under what.
//!
//! Words have their corners on the stored image, which may lie on its side and be skewed. Here each is
//! measured along the page's own direction of reading, so that left, right, above and below mean what
//! they mean to a reader.

use std::ops::Range;

use super::fold::letters;
use crate::recognise::{RecognisedPage, Word};

/// Most words of a page that are looked at; a densely printed A4 page has some 1,200.
const WORDS_MAX: usize = 6000;
/// Longest word looked at, bytes.
const WORD_BYTES_MAX: usize = 200;
/// Wider than this many heights of a line is no space between words but between columns.
const COLUMN_GAP: f32 = 1.8;

/// A word, or a part of one where OCR joined a label to its value.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// [`letters`] of `text`.
    pub(super) letters: String,
    /// Along the direction of reading, pixels.
    pub(super) left: f32,
    pub(super) right: f32,
    /// Across it, growing downwards: the base line.
    pub(super) base: f32,
    pub(super) height: f32,
    pub(super) confidence: f32,
    pub(super) digits_agreed: Option<bool>,
    /// Of a card's zone: what the first model read.
    pub(super) first_reading: Option<&'a str>,
    line: usize,
}

impl Token<'_> {
    pub(super) fn is_digits(&self) -> bool {
        !self.letters.is_empty() && self.letters.bytes().all(|b| b.is_ascii_digit())
    }

    pub(super) fn middle(&self) -> f32 {
        f32::midpoint(self.left, self.right)
    }
}

/// A page's tokens in reading order, and its lines.
pub(super) struct Layout<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    lines: Vec<Range<usize>>,
    /// Unit vector of the direction of reading on the stored image.
    along: [f32; 2],
    /// Median height of a word.
    pub(super) height: f32,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) bottom: f32,
}

impl<'a> Layout<'a> {
    pub(super) fn of(page: &'a RecognisedPage) -> Self {
        let words = || page.words.iter().take(WORDS_MAX).filter(|w| is_sane(w));
        let along = direction(words());
        let mut tokens = Vec::new();
        let mut lines: Vec<Range<usize>> = Vec::new();
        let mut number = None;
        for word in words() {
            if number != Some(word.line) {
                number = Some(word.line);
                lines.push(tokens.len()..tokens.len());
            }
            let line = lines.len() - 1;
            tokens.extend(parts(word, along, line));
            if let Some(last) = lines.last_mut() {
                last.end = tokens.len();
            }
        }
        let mut heights: Vec<f32> = tokens.iter().map(|token| token.height).collect();
        heights.sort_by(f32::total_cmp);
        let edge = |pick: fn(f32, f32) -> f32, of: fn(&Token<'a>) -> f32| {
            tokens.iter().map(of).reduce(pick).unwrap_or_default()
        };
        Self {
            along,
            height: heights.get(heights.len() / 2).copied().unwrap_or_default(),
            left: edge(f32::min, |t| t.left),
            right: edge(f32::max, |t| t.right),
            top: edge(f32::min, |t| t.base),
            bottom: edge(f32::max, |t| t.base),
            lines,
            tokens,
        }
    }

    pub(super) fn lines(&self) -> &[Range<usize>] {
        &self.lines
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[Token<'a>] {
        self.tokens.get(range).unwrap_or_default()
    }

    /// Number of the line that a token stands on.
    pub(super) fn line_of(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(0, |token| token.line)
    }

    /// The tokens of the line that a token stands on.
    pub(super) fn line_around(&self, token: usize) -> Range<usize> {
        self.lines
            .get(self.line_of(token))
            .cloned()
            .unwrap_or_default()
    }

    /// A line cut where columns part.
    pub(super) fn segments(&self, line: &Range<usize>) -> Vec<Range<usize>> {
        let mut segments: Vec<Range<usize>> = Vec::new();
        let mut edge = f32::MIN;
        for (index, token) in line.clone().zip(self.slice(line.clone())) {
            match segments.last_mut() {
                Some(last) if token.left - edge <= COLUMN_GAP * self.height.max(token.height) => {
                    last.end = index + 1;
                }
                _ => segments.push(index..index + 1),
            }
            edge = token.right;
        }
        segments
    }

    /// Whether a line reaches far to the right, so that what it says may go on in the next one.
    pub(super) fn is_long(&self, line: usize) -> bool {
        let last = self
            .lines
            .get(line)
            .and_then(|line| self.slice(line.clone()).last());
        last.is_some_and(|last| last.right > self.left + 0.8 * (self.right - self.left))
    }

    /// Whether a line is full: the first word of the next one would not have found room.
    pub(super) fn is_full(&self, line: usize) -> bool {
        let of = |line: usize| self.lines.get(line).map(|line| self.slice(line.clone()));
        let (last, next) = (
            of(line).and_then(<[_]>::last),
            of(line + 1).and_then(<[_]>::first),
        );
        last.zip(next).is_some_and(|(last, next)| {
            let needed = last.right + 0.3 * self.height + next.right - next.left;
            needed > self.right - 0.02 * (self.right - self.left) && next.base > last.base
        })
    }

    /// Where down the page a token stands, 0 for the first line, 1 for the last.
    pub(super) fn depth(&self, token: &Token<'_>) -> f32 {
        let span = self.bottom - self.top;
        if span > 0.0 {
            (token.base - self.top) / span
        } else {
            0.0
        }
    }

    /// Text of some tokens, spaces between them.
    pub(super) fn text(&self, range: Range<usize>) -> String {
        let words: Vec<&str> = self.slice(range).iter().map(|token| token.text).collect();
        words.join(" ")
    }

    /// The lowest confidence among some tokens: a value is as sure as its weakest word.
    pub(super) fn confidence(&self, pieces: &[Range<usize>]) -> f32 {
        let all = self.all(pieces).map(|token| token.confidence);
        all.reduce(f32::min).unwrap_or_default()
    }

    /// The box round some tokens, as corners on the stored image in the order of a word's.
    pub(super) fn corners(&self, pieces: &[Range<usize>]) -> [[f32; 2]; 4] {
        let edge = |pick: fn(f32, f32) -> f32, of: fn(&Token<'a>) -> f32| {
            self.all(pieces).map(of).reduce(pick).unwrap_or_default()
        };
        let (left, right) = (edge(f32::min, |t| t.left), edge(f32::max, |t| t.right));
        let top = edge(f32::min, |t| t.base - t.height);
        let base = edge(f32::max, |t| t.base);
        let [x, y] = self.along;
        [[left, base], [right, base], [right, top], [left, top]]
            .map(|[along, down]| [along * x - down * y, along * y + down * x])
    }

    fn all(&self, pieces: &[Range<usize>]) -> impl Iterator<Item = &Token<'a>> {
        pieces.iter().flat_map(|piece| self.slice(piece.clone()))
    }
}

fn is_sane(word: &Word) -> bool {
    let corners = word.place.corners.as_flattened();
    corners
        .iter()
        .all(|value| value.is_finite() && value.abs() < 1e6)
        && !word.text.is_empty()
}

/// The words' common direction of reading; to the right for a page without any.
fn direction<'a>(words: impl Iterator<Item = &'a Word>) -> [f32; 2] {
    let sum = words.fold([0.0_f32; 2], |[x, y], word| {
        let [start, end, ..] = word.place.corners;
        [x + end[0] - start[0], y + end[1] - start[1]]
    });
    let length = sum[0].hypot(sum[1]);
    if length > 0.0 {
        [sum[0] / length, sum[1] / length]
    } else {
        [1.0, 0.0]
    }
}

/// A word as tokens: parted behind a colon and at a stroke between letters, where OCR missed a space.
fn parts<'a>(word: &'a Word, along: [f32; 2], line: usize) -> impl Iterator<Item = Token<'a>> {
    let [x, y] = along;
    let across = |[px, py]: [f32; 2]| (px * x + py * y, py * x - px * y);
    let [start, end, _, top] = word.place.corners.map(across);
    let base = f32::midpoint(start.1, end.1);
    let text = word.text.trim();
    let end_of_text = text.floor_char_boundary(WORD_BYTES_MAX);
    let text = text.get(..end_of_text).unwrap_or_default();
    let mut cuts = vec![0];
    cuts.extend(text.char_indices().filter_map(|(at, sign)| {
        let (before, after) = (text.get(..at)?, text.get(at + sign.len_utf8()..)?);
        is_cut(before, sign, after).then_some(at + sign.len_utf8())
    }));
    cuts.push(text.len());
    #[allow(clippy::cast_precision_loss, reason = "a word has at most 200 bytes")]
    let at = move |cut: usize| start.0 + (end.0 - start.0) * cut as f32 / text.len().max(1) as f32;
    let pairs: Vec<(usize, usize)> = cuts
        .iter()
        .copied()
        .zip(cuts.iter().copied().skip(1))
        .collect();
    pairs.into_iter().filter_map(move |(from, to)| {
        let part = text.get(from..to).filter(|part| !part.is_empty())?;
        Some(Token {
            text: part,
            letters: letters(part),
            left: at(from),
            right: at(to),
            base,
            height: (base - top.1).abs(),
            confidence: word.confidence.0,
            digits_agreed: word.digits_agreed,
            first_reading: word.first_reading.as_deref(),
            line,
        })
    })
}

fn is_cut(before: &str, sign: char, after: &str) -> bool {
    let has_letter = |text: &str| text.chars().any(char::is_alphabetic);
    let has_digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    match sign {
        ':' => has_letter(before) && !after.is_empty() && !after.starts_with('/'),
        '/' => has_letter(before) && has_letter(after) && !has_digit(before) && !has_digit(after),
        _ => false,
    }
}
