//! What a restore drill proved, to be shown to whoever inspects the office.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Kind;

/// The outcome of a drill: everything in it was counted or checked in what was restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// [`Certificate::FORMAT`].
    pub format: String,
    /// Whose backup it is.
    pub agency: String,
    /// The set that was restored.
    pub set: String,
    /// Its kind.
    pub kind: Kind,
    /// When it was made.
    pub made: Timestamp,
    /// When it was restored.
    pub restored: Timestamp,
    /// The sets that were needed, the full one first.
    pub sets: Vec<String>,
    /// `ok`, `indeterminate` or `failed`.
    pub verdict: String,
    /// Records whose every byte, description, document and signature was checked.
    pub records: u64,
    /// Files read.
    pub files: u64,
    /// Their length.
    pub bytes: u64,
    /// Entries of the ledger that were read again.
    pub entries: u64,
    /// Signed checkpoints of the ledger that were checked.
    pub checkpoints: u64,
    /// Records of the index that was made anew.
    pub indexed: u64,
    /// Codes of what was found, with how often.
    pub findings: std::collections::BTreeMap<String, u64>,
    /// Whether the checkpoints were checked with keys that were given, and not only with those of the set itself.
    pub is_key_known: bool,
    /// How long it took.
    pub seconds: f64,
}

impl Certificate {
    /// The format written now.
    pub const FORMAT: &'static str = "sohoa-restore-drill/1";
}
