//! In what capacity somebody signs a digitised document.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Lang;

/// In what capacity somebody signs (NĐ 118/2025 on digitising at the counter; NĐ 30/2020 Đ5, Đ32 on copies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignerRole {
    /// The counter's officer, who attests that the scan is what the paper is.
    Officer,
    /// Whoever is competent for the content.
    Authority,
    /// The agency itself, by its registrar.
    Organisation,
}

impl SignerRole {
    /// As configuration and records write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SignerRole::Officer => "officer",
            SignerRole::Authority => "authority",
            SignerRole::Organisation => "organisation",
        }
    }

    /// For people.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            SignerRole::Officer => ("cán bộ", "officer"),
            SignerRole::Authority => ("người có thẩm quyền", "authority"),
            SignerRole::Organisation => ("cơ quan", "organisation"),
        };
        lang.pick(vi, en)
    }
}

impl fmt::Display for SignerRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
