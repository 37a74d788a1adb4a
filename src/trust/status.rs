//! What is known about the revocation of one certificate.

use std::fmt;

use jiff::Timestamp;
use x509_cert::ext::pkix::CrlReason;

/// Whether a certificate is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It was not revoked at the time asked about.
    Good {
        /// From then on a newer answer is to be had.
        until: Timestamp,
    },
    /// It is revoked. Whether that was before a signature is for the caller to compare.
    Revoked {
        /// Since when.
        when: Timestamp,
        /// Why, where the authority says so.
        reason: Reason,
    },
    /// Nobody said.
    Unknown {
        /// Who was asked, and why that gave nothing; empty where the certificate names nobody.
        tried: Vec<Attempt>,
    },
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason(CrlReason);

impl Reason {
    /// The standard's own word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self.0 {
            CrlReason::Unspecified => "unspecified",
            CrlReason::KeyCompromise => "keyCompromise",
            CrlReason::CaCompromise => "cACompromise",
            CrlReason::AffiliationChanged => "affiliationChanged",
            CrlReason::Superseded => "superseded",
            CrlReason::CessationOfOperation => "cessationOfOperation",
            CrlReason::CertificateHold => "certificateHold",
            CrlReason::RemoveFromCRL => "removeFromCRL",
            CrlReason::PrivilegeWithdrawn => "privilegeWithdrawn",
            CrlReason::AaCompromise => "aACompromise",
        }
    }
}

impl From<Option<CrlReason>> for Reason {
    fn from(reason: Option<CrlReason>) -> Self {
        Self(reason.unwrap_or(CrlReason::Unspecified))
    }
}

/// By which means it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An OCSP responder.
    Ocsp,
    /// A certificate revocation list.
    Crl,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Ocsp => "OCSP",
            Source::Crl => "CRL",
        })
    }
}

/// One that was asked in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// By which means.
    pub source: Source,
    /// Where; `None` for data that came along.
    pub address: Option<String>,
    /// Why it gave nothing, English.
    pub why: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.as_deref().unwrap_or("–");
        write!(f, "{} {address}: {}", self.source, self.why)
    }
}
