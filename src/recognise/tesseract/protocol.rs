//! What the daemon and a worker say to each other over two pipes: frames of a length and a body.
//!
//! A question is a page, an answer is JSON. All numbers are little-endian `u32`. Nothing is believed:
//! a length above its limit ends the conversation before memory is taken for it.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fence::write_frame;
use crate::recognise::{GreyPage, Word};

/// The engine's boxes are 16-bit numbers.
const SIDE_MAX: u32 = i16::MAX as u32;
/// A2 at 600 dpi; a page above that would break a worker's memory limit anyway.
const PIXELS_MAX: u64 = 160_000_000;
/// Ten times a page of 20 000 words.
pub(super) const ANSWER_BYTES_MAX: u32 = 64 << 20;
/// Length of a question without its samples.
const HEAD: usize = 16;

/// What a worker says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    /// First of all: the engine is warm.
    Ready {
        version: String,
        languages: Vec<String>,
    },
    /// Instead of `Ready`: there is no library.
    NotInstalled { detail: String },
    /// Instead of `Ready`: these languages have no model.
    LanguageMissing { languages: Vec<String> },
    /// The page's words.
    Words(Vec<Word>),
    /// The deadline passed.
    OutOfTime,
    /// The engine gave the page up.
    GaveUp,
}

/// Whether a page can be asked about at all.
pub(super) fn is_fit(page: &GreyPage) -> bool {
    pixels(page.width, page.height)
        .is_some_and(|pixels| u64::try_from(page.samples.len()) == Ok(pixels))
}

fn pixels(width: u32, height: u32) -> Option<u64> {
    let pixels = u64::from(width) * u64::from(height);
    (width <= SIDE_MAX && height <= SIDE_MAX && (1..=PIXELS_MAX).contains(&pixels))
        .then_some(pixels)
}

/// The head of a question; the page's samples follow it.
pub(super) fn question_head(page: &GreyPage, deadline: Duration) -> [u8; HEAD] {
    let milliseconds = u32::try_from(deadline.as_millis()).unwrap_or(u32::MAX);
    let mut head = [0; HEAD];
    let numbers = [page.width, page.height, page.dpi, milliseconds];
    for (place, number) in head.chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    head
}

/// The next question; `None` where the asker has closed.
pub(super) fn read_question(input: &mut impl Read) -> io::Result<Option<(GreyPage, Duration)>> {
    let Some(width) = read_first_number(input)? else {
        return Ok(None);
    };
    let [height, dpi, milliseconds] = [
        read_number(input)?,
        read_number(input)?,
        read_number(input)?,
    ];
    let length = pixels(width, height)
        .and_then(|pixels| usize::try_from(pixels).ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    let mut samples = vec![0; length];
    input.read_exact(&mut samples)?;
    let page = GreyPage {
        width,
        height,
        dpi,
        samples,
    };
    Ok(Some((page, Duration::from_millis(milliseconds.into()))))
}

/// Sends an answer.
pub(super) fn write_answer(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    write_frame(output, &serde_json::to_vec(answer)?)
}

/// The answer in a frame's body.
pub(super) fn parse_answer(body: &[u8]) -> Option<Answer> {
    serde_json::from_slice(body).ok()
}

fn read_number(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// The end of the input is an end only between questions.
fn read_first_number(input: &mut impl Read) -> io::Result<Option<u32>> {
    let mut first = [0; 1];
    loop {
        match input.read(&mut first) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut rest = [0; 3];
    input.read_exact(&mut rest)?;
    Ok(Some(u32::from_le_bytes([
        first[0], rest[0], rest[1], rest[2],
    ])))
}
