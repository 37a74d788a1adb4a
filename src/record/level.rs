//! The baseline levels of PAdES (EN 319 142-1, 6).

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a signature carries to be provable later. A higher level includes the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum PadesLevel {
    /// Basic signature.
    BB,
    /// With the proof of a time.
    BT,
    /// With certificates and revocation data in the file.
    BLt,
    /// With a timestamp over all of that.
    BLta,
}

impl PadesLevel {
    /// As standards and records write it: `B-LTA`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PadesLevel::BB => "B-B",
            PadesLevel::BT => "B-T",
            PadesLevel::BLt => "B-LT",
            PadesLevel::BLta => "B-LTA",
        }
    }
}

impl fmt::Display for PadesLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("B-B, B-T, B-LT or B-LTA, not {0:?}")]
pub struct UnknownLevel(String);

impl TryFrom<String> for PadesLevel {
    type Error = UnknownLevel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for PadesLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use PadesLevel::{BB, BLt, BLta, BT};
        let all = [BB, BT, BLt, BLta];
        let found = all.into_iter().find(|level| level.as_str() == text);
        found.ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
