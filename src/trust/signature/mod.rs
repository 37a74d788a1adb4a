//! Signatures of certificates, CRLs, OCSP responses and CMS containers, verified by aws-lc.
//!
//! Accepted is what TT 15/2025 (annex I) names and authorities use: RSA from 2048 bits with PKCS#1 v1.5 or PSS,
//! ECDSA on P-256, P-384 and P-521, with SHA-256, SHA-384 or SHA-512. Documents live longer than algorithms, so
//! [`SignatureAlgorithm`] can also verify what was usual before; whether that was safe at its time is not said here.

mod algorithm;
#[cfg(test)]
mod wycheproof_tests;

use der::{Decode, Header, Reader, SliceReader};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::certificate::Certificate;
use crate::record::Lang;
pub use algorithm::{HashFunction, KeyKind, Scheme, SignatureAlgorithm, Signed};

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// An algorithm that is not accepted, SHA-1 among them.
    #[error("signature algorithm {0} is not accepted")]
    Algorithm(String),
    /// A key that is too short or of an unknown kind.
    #[error("the key is too weak or of an unknown kind")]
    WeakKey,
    /// The signature is not that of this key over these bytes.
    #[error("the signature does not hold")]
    Mismatch,
}

impl SignatureFault {
    /// What is wrong, as part of a sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (SignatureFault::Algorithm(oid), Lang::Vi) => {
                format!("thuật toán ký {oid} không được chấp nhận")
            }
            (SignatureFault::WeakKey, Lang::Vi) => {
                "khóa quá ngắn hoặc thuộc loại không được hỗ trợ".to_owned()
            }
            (SignatureFault::Mismatch, Lang::Vi) => "chữ ký không khớp".to_owned(),
            (_, Lang::En) => self.to_string(),
        }
    }
}

/// [`verify`] or [`verify_of_root`].
pub(super) type Verify = fn(
    &SubjectPublicKeyInfoOwned,
    &AlgorithmIdentifierOwned,
    &[u8],
    &[u8],
) -> Result<(), SignatureFault>;

/// Whether `signature` is that of `key` over `message`, by an algorithm that is accepted today.
pub(super) fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    check_strength(key)?;
    let accepted = SignatureAlgorithm::of(algorithm).filter(|known| known.is_accepted());
    let accepted = accepted.ok_or_else(|| SignatureFault::Algorithm(algorithm.oid.to_string()))?;
    accepted.verify(key, Signed::Message(message), signature)
}

/// As [`verify`], and SHA-1 with RSA is let pass: older roots signed themselves with it.
pub(super) fn verify_of_root(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    if algorithm.oid != algorithm::SHA1_WITH_RSA {
        return verify(key, algorithm, message, signature);
    }
    check_strength(key)?;
    verify_of_any_age(key, algorithm, message, signature)
}

/// As [`verify`], by whatever algorithm is known.
pub(super) fn verify_of_any_age(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let known = SignatureAlgorithm::of(algorithm)
        .ok_or_else(|| SignatureFault::Algorithm(algorithm.oid.to_string()))?;
    known.verify(key, Signed::Message(message), signature)
}

/// Whether a certificate was signed by the key of `issuer`, by whatever algorithm is known.
pub(super) fn verify_certificate_of_any_age(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<(), SignatureFault> {
    let parts = certificate_parts(certificate.der());
    let (signed, algorithm, value) = parts.ok_or(SignatureFault::Mismatch)?;
    verify_of_any_age(issuer.key(), &algorithm, signed, &value)
}

/// By which algorithm a certificate was signed; `None` for one that is not known here.
#[must_use]
pub fn algorithm_of(certificate: &Certificate) -> Option<SignatureAlgorithm> {
    let (_, algorithm, _) = certificate_parts(certificate.der())?;
    SignatureAlgorithm::of(&algorithm)
}

/// The kind of a certificate's own key; `None` for one that is not known here.
#[must_use]
pub fn key_of(certificate: &Certificate) -> Option<KeyKind> {
    KeyKind::of(certificate.key())
}

/// Whether `value` is the signature of the key in `certificate`.
///
/// # Errors
/// [`SignatureFault`], as [`SignatureAlgorithm::verify`].
pub fn verify_by_certificate(
    certificate: &Certificate,
    algorithm: SignatureAlgorithm,
    signed: Signed<'_>,
    value: &[u8],
) -> Result<(), SignatureFault> {
    algorithm.verify(certificate.key(), signed, value)
}

/// What is signed in a certificate, how, and the signature (RFC 5280 §4.1). That both places name the same
/// algorithm is for the validation of the path.
fn certificate_parts(der: &[u8]) -> Option<(&[u8], AlgorithmIdentifierOwned, Vec<u8>)> {
    let mut reader = SliceReader::new(der).ok()?;
    let _outer = Header::decode(&mut reader).ok()?;
    let signed = reader.tlv_bytes().ok()?;
    let algorithm = AlgorithmIdentifierOwned::decode(&mut reader).ok()?;
    let value = der::asn1::BitStringRef::decode(&mut reader).ok()?;
    Some((signed, algorithm, value.as_bytes()?.to_vec()))
}

/// Refuses keys that an accepted signature cannot come from.
pub(super) fn check_strength(key: &SubjectPublicKeyInfoOwned) -> Result<(), SignatureFault> {
    let is_strong = KeyKind::of(key).is_some_and(KeyKind::is_accepted);
    is_strong.then_some(()).ok_or(SignatureFault::WeakKey)
}
