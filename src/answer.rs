//! How a journey ended, as the daemon and the command line tell it.

use crate::capture::Job;
use crate::error::{Error, JourneyError};
use crate::record::{DossierCode, ExitCode, Explain, RecordDescription, RecordId};
use crate::worklist::WorklistError;

/// How a journey ended.
#[derive(Debug)]
pub enum Outcome {
    /// In the archive, read back, indexed.
    Archived(Box<RecordDescription>),
    /// The same content is in the archive as this record.
    Duplicate(RecordId),
    /// Several documents were in it, or one behind a separator sheet: these jobs go on in its place.
    Divided(Vec<Job>),
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

    /// For a record that was in the archive before.
    #[must_use]
    pub fn archived(description: RecordDescription) -> Self {
        Self {
            record: description.record,
            pages_in: None,
            outcome: Outcome::Archived(Box::new(description)),
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

    /// Name of the key whose signing session it waits for, if it does.
    #[must_use]
    pub fn needs_session(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Waiting(Error::Journey(JourneyError::NoSession { key })) => Some(key),
            _ => None,
        }
    }

    /// Name of the key whose token it waits for, if it does.
    #[must_use]
    pub fn needs_token(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Waiting(Error::Journey(JourneyError::KeyAway { key })) => Some(key),
            _ => None,
        }
    }
}

/// A journey that needs only its receipt.
pub(crate) enum Arrival {
    Divided(Vec<Job>),
    Archived(Box<RecordDescription>),
    Duplicate(RecordId),
}

/// What is learnt on the way and told whatever the end.
#[derive(Default)]
pub(crate) struct Learnt {
    pub(crate) pages_in: Option<usize>,
    pub(crate) dossier: Option<DossierCode>,
}

/// Whether a document is refused for an error. A disk, an index, a key or a configuration that is not
/// as it should be is no fault of the scan, which waits until a person has mended it, however long.
pub(crate) fn is_the_documents(error: &Error) -> bool {
    matches!(error.exit_code(), ExitCode::Refused | ExitCode::Bug) && !error.is_retryable()
}
