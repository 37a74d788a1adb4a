//! Refused batches: moved as they are into `quarantine/<record>/` with `reason.json`. Nothing is ever deleted.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::{self, DurableError};
use crate::record::{Explain, Lang};

/// Name of the file that says why.
pub const REASON_FILE: &str = "reason.json";

/// Why a batch was refused, as kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, e.g. `pages.truncated`.
    pub code: String,
    /// When it was decided.
    pub refused: Timestamp,
    /// What happened, Vietnamese.
    pub message_vi: String,
    /// What to do, Vietnamese.
    pub advice_vi: String,
    /// What happened, English.
    pub message_en: String,
    /// What to do, English.
    pub advice_en: String,
}

impl Reason {
    /// The words of `error`, at `refused`.
    #[must_use]
    pub fn of(error: &dyn Explain, refused: Timestamp) -> Self {
        Self {
            code: error.code().to_owned(),
            refused,
            message_vi: error.message(Lang::Vi),
            advice_vi: error.advice(Lang::Vi),
            message_en: error.message(Lang::En),
            advice_en: error.advice(Lang::En),
        }
    }
}

/// Decides: writes `reason.json` into the job's folder, durably.
///
/// # Errors
/// The disk's.
pub fn decide(job_folder: &Path, reason: &Reason) -> Result<(), DurableError> {
    let text = serde_json::to_vec_pretty(reason).unwrap_or_default();
    durable::replace(&job_folder.join(REASON_FILE), &text)
}

/// Moves the whole job's folder into quarantine and returns its new place.
///
/// # Errors
/// The disk's; the folder then stays where it was.
pub fn take(job_folder: &Path, quarantine: &Path) -> Result<PathBuf, DurableError> {
    let place = quarantine.join(job_folder.file_name().unwrap_or(job_folder.as_os_str()));
    durable::move_new(job_folder, &place)?;
    Ok(place)
}
