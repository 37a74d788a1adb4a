//! A scanning station: the name of its folder under `inbox/` and `outbox/`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One path component, 1 to 64 characters: letters of any script, digits, space, `.`, `_`, `-`; no leading dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StationName(String);

/// The text cannot name a station's folder.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” cannot name a station")]
pub struct StationNameError(String);

impl StationName {
    /// The folder's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StationName {
    type Err = StationNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.chars().count())
            && !text.starts_with('.')
            && text.trim() == text
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-'));
        fits.then(|| Self(text.to_owned()))
            .ok_or_else(|| StationNameError(text.to_owned()))
    }
}

impl From<StationName> for String {
    fn from(name: StationName) -> Self {
        name.0
    }
}

impl TryFrom<String> for StationName {
    type Error = StationNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
