//! What is asked of the process that handles an incoming PDF, and what it answers: frames of JSON, and
//! frames of bytes behind them.

use serde::{Deserialize, Serialize};

use super::super::Taken;
use super::super::error::{PageError, PageFault};
use super::sanitise::Copied;
use super::way::PdfSummary;
use crate::config::Limits;

/// The longest frame of JSON; 2,000 pages with their ways have a tenth of it.
pub(super) const JSON_BYTES_MAX: u32 = 64 << 20;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Question {
    /// First: parse the file, and say which way its pages go. Answer: `Opened`.
    Open { limits: Limits },
    /// Instead of `Open`, by a second process for the same file. Answer: `Opened`.
    Join { limits: Limits, summary: PdfSummary },
    /// Answer: `Taken`, and the page's stream as a frame.
    Take { page: usize },
    /// Answer: `Copied`, and each object's bytes as a frame.
    Copy(CopyOrder),
    /// Instead of `Open`: the file is a document of ours; does it keep PDF/A-2b? Answer: `Checked`.
    Check { limits: Limits },
}

/// Pages to copy into a new file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOrder {
    /// Pages from 0, and the clockwise turn of each in the new file: 0, 90, 180, 270.
    pub pages: Vec<(usize, u16)>,
    /// Number of the first object that is free in the new file.
    pub first: u32,
    /// Number of the new file's page tree.
    pub page_tree: u32,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Opened(PdfSummary),
    NotOpened(PageError),
    Taken(Taken),
    Copied(CopiedNumbers),
    Checked(Vec<String>),
    Fault(PageFault),
}

/// What goes before the objects of [`Copied`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CopiedNumbers {
    /// Of all objects, in order.
    pub(super) objects: Vec<u32>,
    /// Of the page dictionaries, as wanted.
    pub(super) pages: Vec<u32>,
}

impl CopiedNumbers {
    pub(super) fn of(copied: &Copied) -> Self {
        Self {
            objects: copied.objects.iter().map(|(number, _)| *number).collect(),
            pages: copied.pages.clone(),
        }
    }
}
