//! A process of our own for work on what others made: it limits itself, is asked over two pipes, and is
//! killed when it is late or talks nonsense.
//!
//! `child` is such a process seen from outside, `limits` what it does to itself first. What is asked
//! and answered belongs to those who use it: reading pages (`recognise::tesseract`), incoming PDFs
//! (`pages::pdf`). A crash, a bomb or an endless loop inside costs one answer.

use std::path::Path;
use std::sync::OnceLock;

mod child;
mod limits;

pub(crate) use child::{Fault, Fenced, FencedProgram, instant_after, read_frame, write_frame};
pub(crate) use limits::{limit_processor, start_inside};

static PROGRAM: OnceLock<&'static Path> = OnceLock::new();

/// Said once by the program `sohoa`: this executable has the hidden command that works inside a fence.
pub(crate) fn has_program() {
    // Not the program's path: after an update that would be another version.
    PROGRAM.get_or_init(|| Path::new("/proc/self/exe"));
}

/// The executable to start; `None` in a program that is not `sohoa`.
pub(crate) fn program() -> Option<&'static Path> {
    PROGRAM.get().copied()
}
