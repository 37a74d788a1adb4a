//! The kind of a paper, as a slug: `khai-sinh`, `ket-hon`, `giay-tiep-nhan`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A short name `[a-z0-9-]{1,40}`; which kinds exist is configuration, not code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DocumentKind(String);

/// The text is not a slug.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is not a document kind (lower-case letters, digits and hyphens, at most 40)")]
pub struct DocumentKindError(String);

impl DocumentKind {
    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DocumentKind {
    type Err = DocumentKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_slug = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-');
        is_slug
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| DocumentKindError(text.to_owned()))
    }
}

impl From<DocumentKind> for String {
    fn from(kind: DocumentKind) -> Self {
        kind.0
    }
}

impl TryFrom<String> for DocumentKind {
    type Error = DocumentKindError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
