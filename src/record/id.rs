//! The identity of a record: a UUID version 7, so that records sort by the time they were claimed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identity of one archived record; in OCFL and XMP it appears as `urn:uuid:<v7>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RecordId(Uuid);

/// The text was not a UUID.
#[derive(Debug, thiserror::Error)]
#[error("“{0}” is not a record number (a UUID)")]
pub struct RecordIdError(String);

impl RecordId {
    /// A new identity for something claimed at `unix_millis`; `random` supplies the 10 random bytes
    /// of RFC 9562 §5.7.
    #[must_use]
    pub fn new_v7(unix_millis: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_millis, random).into_uuid())
    }

    /// `urn:uuid:…`, the OCFL object identifier.
    #[must_use]
    pub fn urn(&self) -> String {
        self.0.urn().to_string()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({})", self.0.hyphenated())
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    /// Accepts the bare UUID and its `urn:uuid:` form.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text.trim())
            .map(Self)
            .map_err(|_| RecordIdError(text.to_owned()))
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RecordId {
    type Error = RecordIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
