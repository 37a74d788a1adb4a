//! Every look at a person's papers, kept before anything is shown: who, whom, why, when, from where
//! (Luật 91/2025 Đ19; QCVN 12:2026/BCA: source, account and time, 12 months at least).
//!
//! One private file an event below `access/` of the data folder, a folder a month, never changed. A citizen's number
//! stands inside it, never in a name or a log. Not here: reading events, alarms on bulk browsing.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::durable::{self, DurableError};
use crate::random;
use crate::record::{CitizenId, RecordId};
use crate::reuse::event::Purpose;
use crate::reuse::procedure::vietnam_day;

const FOLDER: &str = "access";
const FORMAT: &str = "sohoa-access/1";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// Looked for, and a list shown.
    Search,
    /// Papers, or what is known of them, shown.
    View,
    /// A file given out to be kept.
    Download,
}

/// One look, about to be taken.
#[derive(Debug, Clone)]
pub(super) struct Look<'a> {
    /// What.
    pub(super) what: What,
    /// The account.
    pub(super) by: &'a str,
    /// The way in and the address.
    pub(super) from: String,
    /// Why.
    pub(super) purpose: &'a Purpose,
    /// Whom, in full.
    pub(super) citizens: Vec<CitizenId>,
    /// Which records.
    pub(super) records: Vec<RecordId>,
}

#[derive(Serialize)]
struct AccessEvent<'a> {
    format: &'static str,
    event: RecordId,
    at: Timestamp,
    by: &'a str,
    from: &'a str,
    what: What,
    purpose: &'a Purpose,
    citizens: &'a [CitizenId],
    records: &'a [RecordId],
}

/// Keeps a look. It is on the disk when this returns.
///
/// # Errors
/// What the machine said; then nothing may be shown.
pub(super) fn note(data_folder: &Path, look: &Look<'_>, at: Timestamp) -> Result<(), DurableError> {
    let month = vietnam_day(at).strftime("%Y-%m").to_string();
    let folder = data_folder.join(FOLDER).join(month);
    durable::create_folders(&folder)?;
    let event = AccessEvent {
        format: FORMAT,
        event: random::record_id(at),
        at,
        by: look.by,
        from: &look.from,
        what: look.what,
        purpose: look.purpose,
        citizens: &look.citizens,
        records: &look.records,
    };
    // A plain struct of strings: it cannot fail, and an empty line would be seen by whoever reads events.
    let mut line = serde_json::to_vec(&event).unwrap_or_default();
    line.push(b'\n');
    durable::write_new_private(&folder.join(format!("{}.json", event.event)), &line)
}
