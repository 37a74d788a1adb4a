//! How a journey ended, as the daemon and the command line tell it.

use crate::error::Error;
use crate::record::{RecordDescription, RecordId};
use crate::worklist::WorklistError;

/// How a journey ended.
#[derive(Debug)]
pub enum Outcome {
    /// In the archive, read back, indexed.
    Archived(Box<RecordDescription>),
    /// The same content is in the archive as this record.
    Duplicate(RecordId),
    /// Still in `work/`; to be tried again.
    Waiting(Error),
    /// In the inbox again: somebody was still writing.
    GivenBack,
    /// In quarantine, with this reason.
    Quarantined(Error),
    /// This program failed, not the document, which waits for the next start.
    StoppedByABug,
}

/// The answer to one document.
#[derive(Debug)]
pub struct Answer {
    /// The record's number.
    pub record: RecordId,
    /// How it ended.
    pub outcome: Outcome,
    /// Pages found in the files, where they could be opened.
    pub pages_in: Option<usize>,
    /// Wall time of the journey.
    pub seconds: f64,
}

impl Answer {
    /// For a journey that panicked; its job's folder is as the panic left it.
    #[must_use]
    pub fn stopped_by_a_bug(record: RecordId) -> Self {
        Self {
            record,
            outcome: Outcome::StoppedByABug,
            pages_in: None,
            seconds: 0.0,
        }
    }

    /// Whether a person must decide before it goes on.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Waiting(Error::Worklist(WorklistError::NeedsPerson { .. }))
        )
    }
}
