//! The 12-digit personal identification number of a citizen.
//!
//! Sensitive: `Debug` and `Display` show a mask, and only [`CitizenId::expose`] gives the digits,
//! so that a number reaches a log only where somebody wrote that word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Twelve digits: place of birth registration (3), century and sex (1), year of birth (2), serial (6).
/// The number has no check digit, so only its shape is checked here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CitizenId(String);

/// The text was not twelve digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a citizen ID has 12 digits")]
pub struct CitizenIdError;

impl CitizenId {
    /// The digits themselves. Never for logs, paths or file names.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*******{}", &self.0[..3], &self.0[10..])
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({self})")
    }
}

impl FromStr for CitizenId {
    type Err = CitizenIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
        let shape_holds = digits.len() == 12
            && digits.bytes().all(|b| b.is_ascii_digit())
            && &digits[6..] != "000000";
        shape_holds.then_some(Self(digits)).ok_or(CitizenIdError)
    }
}

impl From<CitizenId> for String {
    fn from(id: CitizenId) -> Self {
        id.0
    }
}

impl TryFrom<String> for CitizenId {
    type Error = CitizenIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_a_mask() {
        let id: CitizenId = "079 203 000 001".parse().expect("valid");
        assert_eq!(
            format!("{id} {id:?}"),
            "079*******01 CitizenId(079*******01)"
        );
        assert_eq!(id.expose(), "079203000001");
    }

    #[test]
    fn refuses_other_shapes() {
        for text in [
            "",
            "07920300000",
            "0792030000011",
            "07920300000a",
            "079203000000",
            "０７９２０３０００００１",
        ] {
            assert_eq!(text.parse::<CitizenId>(), Err(CitizenIdError), "{text}");
        }
    }
}
