//! Signatures that an original carried when it came.
//!
//! Described: who signed, when as they say, and which bytes; and, in short, what the validation at intake said.
//! A signer is a person, so these belong in `record.json` only, never in logs, receipts, remarks or errors.

use serde::{Deserialize, Serialize};

use super::Sha256Digest;

/// What a signature is for (ISO 32000-1 §12.8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginalSignatureKind {
    /// An approval: somebody signed.
    Signature,
    /// A time-stamp over the document.
    DocumentTimestamp,
    /// The author's, which says what may change afterwards (DocMDP).
    Certification,
    /// A product's permission to use functions of a viewer (UR, UR3); nobody's consent.
    UsageRights,
}

/// What was known of a signature's validity when it came (EN 319 102-1 §5.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginalValidation {
    /// Nothing was checked: neither the value nor the certificate.
    NotValidated,
    /// It held, and everything that is needed to believe it was there.
    TotalPassed,
    /// Something that is needed to say yes or no was missing.
    Indeterminate,
    /// It did not hold; a person took the document in all the same.
    TotalFailed,
}

/// What one signature dictionary says. What cannot be read is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureDescription {
    /// Full name of the signature field; empty where no field holds it.
    pub field: String,
    /// What it is for.
    pub kind: OriginalSignatureKind,
    /// How it is encoded, e.g. `adbe.pkcs7.detached`.
    pub sub_filter: Option<String>,
    /// Whether it is over every byte of the file but its own `/Contents`. False for all but the newest.
    pub byte_range_covers_file: bool,
    /// Where the signed bytes end, counted from the start of the file: the revision that was signed.
    pub revision_end: Option<u64>,
    /// Subject of the signer's certificate (RFC 4514 text).
    pub signer: Option<String>,
    /// Issuer of the signer's certificate (RFC 4514 text).
    pub issuer: Option<String>,
    /// SHA-256 of the signer's certificate as embedded.
    pub certificate_sha256: Option<Sha256Digest>,
    /// Time of signing as the file claims it (`/M`), ISO 8601; without an offset where it states none.
    pub claimed_time: Option<String>,
    /// Digest algorithm, e.g. `SHA-256`; the identifier's numbers for one that has no name here.
    pub digest_algorithm: Option<String>,
    /// What the validation said.
    pub validation: OriginalValidation,
    /// Why it did not pass, in the words of EN 319 102-1, e.g. `NO_CERTIFICATE_CHAIN_FOUND`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<String>,
}

/// A signature of an original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalSignature {
    /// Index into the record's originals.
    pub original: usize,
    /// What it says.
    #[serde(flatten)]
    pub signature: SignatureDescription,
}
