//! The dossier code (mã hồ sơ) that the one-stop system gives at reception.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// `<agency code>-YYMMDD-XXXX` (TT 03/2025/TT-VPCP Đ13), and the reversed form of older systems.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DossierCode(String);

/// The text does not have the shape of a dossier code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is not a dossier code such as H36.105-261123-0007")]
pub struct DossierCodeError(String);

static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[A-Y]\d{2}(?:\.\d{1,3}){0,3}|(?:\d{2,3}\.){1,3}[A-Y]\d{2})-\d{6}-(?:[A-Z]{2})?\d{4,8}$").ok()
});

impl DossierCode {
    /// The code as printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DossierCode {
    type Err = DossierCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_uppercase();
        match SHAPE.as_ref() {
            Some(shape) if shape.is_match(&code) => Ok(Self(code)),
            _ => Err(DossierCodeError(text.to_owned())),
        }
    }
}

impl From<DossierCode> for String {
    fn from(code: DossierCode) -> Self {
        code.0
    }
}

impl TryFrom<String> for DossierCode {
    type Error = DossierCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_forms_in_use() {
        for text in [
            "H36.105-261123-0007",
            "h36-230401-0001",
            "000.33.18.H36-230401-0001",
            "G15.99.1-251231-AB12345",
        ] {
            assert!(text.parse::<DossierCode>().is_ok(), "{text}");
        }
        for text in [
            "",
            "H36",
            "H36-2304-0001",
            "../H36-230401-0001",
            "H36-230401-001",
            "079203000001",
        ] {
            assert!(text.parse::<DossierCode>().is_err(), "{text}");
        }
    }
}
