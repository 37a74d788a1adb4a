//! A process of our own for work on what others made: it limits itself, is asked over two pipes, and is
//! killed when it is late or talks nonsense.
//!
//! `child` is such a process seen from outside, `limits` what it does to itself first. What is asked
//! and answered belongs to those who use it: reading pages (`recognise::tesseract`), incoming PDFs
//! (`pages::pdf`). A crash, a bomb or an endless loop inside costs one answer.

mod child;
mod limits;

pub(crate) use child::{
    Fault, Fenced, FencedProgram, frame, instant_after, read_frame, write_frame,
};
pub(crate) use limits::{limit_processor, no_more_files, start_inside};
