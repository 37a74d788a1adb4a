//! What a validation found, as data with stable names: what TT 15/2025/TT-BKHCN Đ6 asks to show, and what a
//! later check needs to come to the same answer.
//!
//! Written as JSON as it stands here; [`super::words`] says it to people. It names persons: it belongs to the
//! document, never into a log.

use jiff::Timestamp;
use serde::Serialize;

use super::verdict::{Indication, SubIndication};
use crate::record::{Lang, Sha256Digest};

/// What was found out about one file.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The file as the caller named it.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Sha256Digest,
    /// Its length.
    pub bytes: u64,
    /// The time that it was judged at.
    pub validated: Timestamp,
    /// The worst of the signatures, and of what was found about the whole file; absent where nothing is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indication: Option<Indication>,
    /// Why, of the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<SubIndication>,
    /// About the file as a whole.
    pub findings: Vec<Remark>,
    /// In the order in which they were made.
    pub signatures: Vec<SignatureReport>,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Stable name, kebab-case.
    pub code: String,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Remark {
    /// In one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.vi, &self.en)
    }
}

/// What a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureKind {
    /// Somebody signed.
    Signature,
    /// A time-stamp over the document (ISO 32000-2 §12.8.5).
    DocumentTimestamp,
}

/// Whether the signed bytes are those that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// They are.
    Intact,
    /// They are not, or the value is not the signer's.
    Broken,
    /// It could not be found out.
    Unchecked,
}

/// One signature or document timestamp.
#[derive(Debug, Clone, Serialize)]
pub struct SignatureReport {
    /// Name of the field.
    pub field: String,
    /// What it is.
    pub kind: SignatureKind,
    /// The answer.
    pub indication: Indication,
    /// Why not passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<SubIndication>,
    /// Who signed; absent where no certificate was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// The time that the signer claims; proves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_time: Option<Timestamp>,
    /// The earliest time at which the signature is proven to have existed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_time: Option<Timestamp>,
    /// What proves it: the authority that stamped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_by: Option<String>,
    /// PAdES baseline level that its evidence reaches, e.g. `B-LT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    /// How it is encoded: the field's `/SubFilter`.
    pub sub_filter: String,
    /// Digest and signature algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// Whether the signed bytes are those that were signed.
    pub integrity: Integrity,
    /// Whether the whole file is signed; otherwise its beginning, up to `signed_bytes`.
    pub covers_whole_file: bool,
    /// Where the signed revision ends.
    pub signed_bytes: u64,
    /// What was changed after it, as is allowed.
    pub allowed_changes: Vec<Remark>,
    /// What was changed after it and must not have been.
    pub forbidden_changes: Vec<Remark>,
    /// Subjects from the signer's certificate to the root.
    pub path: Vec<String>,
    /// What else there is to say.
    pub findings: Vec<Remark>,
}

/// Who signed, as the certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Common name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Organisation and units that the signer belongs to, the largest last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managing_unit: Option<String>,
    /// The whole subject (RFC 4514).
    pub subject: String,
    /// The issuer's common name, or the whole name where it has none.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Sha256Digest,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// Whether the time of signing, proven or else claimed, is within the validity; absent where no time is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_at_signing: Option<bool>,
}

impl Report {
    /// Whether everything in it passed, and there is something.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.indication == Some(Indication::TotalPassed)
    }
}
