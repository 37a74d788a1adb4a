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

#[cfg(test)]
mod tests {
    use crate::record::{SignatureRecord, SignerRole};

    #[test]
    fn records_of_earlier_releases_are_read_and_written_as_they_were() {
        let digest = crate::record::Sha256Digest::of(b"certificate");
        let old = format!(
            "{{\"field\":\"Signature1\",\"level\":\"B-B\",\"algorithm\":\"ECDSA-P256-SHA256\",\"signer\":\"CN=A\",\
             \"certificate_sha256\":\"{digest}\",\"claimed_time\":\"2026-11-23T08:15:30+07:00\"}}"
        );
        let mut record: SignatureRecord = serde_json::from_str(&old).expect("reads");
        assert_eq!(record.role, None);
        assert_eq!(serde_json::to_string(&record).expect("writes"), old);
        record.role = Some(SignerRole::Officer);
        let new = serde_json::to_string(&record).expect("writes");
        assert!(new.ends_with(",\"role\":\"officer\"}"), "{new}");
    }
}
