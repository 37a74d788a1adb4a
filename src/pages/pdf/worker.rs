//! The inside of the process that handles one incoming PDF: asked about it until its input ends.
//!
//! It limits itself before it opens the file: memory for its life, processor time for each answer, and
//! no core file, for that would be a copy of somebody's papers.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::easel::{Easel, Parsed};
use super::incoming::{self, Incoming};
use super::protocol::{Answer, CopiedNumbers, JSON_BYTES_MAX, Question};
use super::render;
use crate::fence::{limit_processor, read_frame, start_inside, write_frame};

/// Address space, MiB: a file of the longest length, its drawing at 300 dpi, and the libraries' own.
const MEMORY_MIB: u64 = 2048;

/// Processor time of one answer; on the other side the clock on the wall is looked at, too.
pub(super) const PROCESSOR: Duration = Duration::from_secs(55);

/// Serves questions about the file at `path` from `input` until it ends.
///
/// # Errors
/// If a pipe breaks or a question is not one; the process should end then.
pub fn serve(path: &Path, input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    start_inside(MEMORY_MIB)?;
    render::prepare();
    let mut open: Option<Incoming> = None;
    let parsed = Parsed::default();
    let mut easel = Easel::of(&parsed);
    while let Some(body) = read_frame(input, JSON_BYTES_MAX)? {
        limit_processor(PROCESSOR)?;
        match serde_json::from_slice(&body)? {
            Question::Open { limits } => {
                let opened = Incoming::open(path, &limits);
                say(output, &answer_of(opened, &mut open))?;
            }
            Question::Join { limits, summary } => {
                let opened = Incoming::join(path, &limits, summary);
                say(output, &answer_of(opened, &mut open))?;
            }
            Question::Check { limits } => {
                let answer = match incoming::check(path, &limits) {
                    Ok(found) => Answer::Checked(found.iter().map(ToString::to_string).collect()),
                    Err(error) => Answer::NotOpened(error),
                };
                say(output, &answer)?;
            }
            Question::Take { page } => {
                let incoming = open.as_ref().ok_or(io::ErrorKind::InvalidData)?;
                match incoming.take(page, &mut easel) {
                    Ok(mut taken) => {
                        let data = std::mem::take(&mut taken.stream.data);
                        say(output, &Answer::Taken(taken))?;
                        write_frame(output, &data)?;
                    }
                    Err(fault) => say(output, &Answer::Fault(fault))?,
                }
            }
            Question::Copy(order) => {
                let incoming = open.as_ref().ok_or(io::ErrorKind::InvalidData)?;
                match incoming.copy(&order) {
                    Ok(copied) => {
                        say(output, &Answer::Copied(CopiedNumbers::of(&copied)))?;
                        for (_, object) in copied.objects {
                            write_frame(output, &object)?;
                        }
                    }
                    Err(fault) => say(output, &Answer::Fault(fault))?,
                }
            }
        }
    }
    Ok(())
}

fn answer_of(
    opened: Result<Incoming, crate::pages::PageError>,
    open: &mut Option<Incoming>,
) -> Answer {
    match opened {
        Ok(incoming) => Answer::Opened(open.insert(incoming).summary.clone()),
        Err(error) => Answer::NotOpened(error),
    }
}

fn say(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    write_frame(output, &serde_json::to_vec(answer)?)
}
