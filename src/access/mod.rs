//! The log of look-ups: every look at a person's papers is an event, with its purpose, before anything is shown.
//!
//! [`AccessLog::keep`] keeps an [`Event`], [`events`] reads them back, [`bulk`] says which account went through
//! people in bulk. Luật 91/2025 Đ19 asks for supervision of what state offices look up without consent; QCVN
//! 12:2026/BCA for logs of source, account and time that are kept twelve months at least; [`EventKind::Bundle`] is
//! what the indicator of re-use counts (QĐ 766/QĐ-TTg, 4.3).
//!
//! # How events lie on the disk
//! `access/<month>/<day>.jsonl` of the data folder (days of Vietnam), one JSON object a line, readable by its owner
//! alone. Numbers of citizens stand inside, never in a name or a log. A line's last member, `chain`, is the SHA-256
//! of the line before it and of its own bytes (the day's name for the first), so that a changed, added or removed line
//! shows at the line behind it.
//!
//! Until `sohoa-event/1` an event was a file, `reuse/<month>/<number>.json`; those are read, and no more written. A line
//! of a day's file costs one `fdatasync` where a file costs three syncs (its bytes and its folder, twice); a year of a
//! commune is 365 files instead of a million; and a file that is gone is seen. `make bench-lookup` prints what each
//! costs on the machine at hand.
//!
//! * **A crash while writing** leaves a last line without its end. Nobody was shown anything for it; the next writer
//!   takes it away, readers pass it over.
//! * **Several writers** (the daemon, the desk, commands) take turns by a lock on the day's file; a writer that waits
//!   longer than ten seconds gives up, and then nothing is shown.
//! * **Not proved here**: that the last lines of a day, or a whole day, were not cut off. Who can write the data folder
//!   can also write a new chain; backups, and the ledger once events go into it, stand against that.
//!
//! Not here: deciding whether somebody may look (that is the desk's affair), masking what is shown, deleting old days.

pub mod audit;
pub mod bulk;
mod error;
mod event;
mod line;
mod log;
mod reader;
#[cfg(test)]
mod tests;

pub use error::AccessError;
pub use event::{Event, EventKind, Person, Purpose};
pub use log::AccessLog;
pub use reader::{Reading, events};

/// Folder of the days' files in the data folder.
pub const FOLDER: &str = "access";

/// Folder of the events that were files.
const OLD_FOLDER: &str = "reuse";

/// No line is longer; see `Event::parts`.
const LINE_BYTES_MAX: u64 = 256 * 1024;
