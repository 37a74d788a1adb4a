//! Signatures of certificates, CRLs and OCSP responses, verified by aws-lc.
//!
//! What TT 15/2025 (annex I) names and authorities use: RSA from 2048 bits with PKCS#1 v1.5 or PSS, ECDSA on
//! P-256, P-384 and P-521, with SHA-256, SHA-384 or SHA-512. Nothing else proves anything here.

use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Sequence};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::record::Lang;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_WITH_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

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

/// `RSASSA-PSS-params` (RFC 4055 §3.1). That the mask uses the same digest and the salt its length is
/// checked by the verification itself, which knows no other way.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AnyRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_length: Option<AnyRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// [`verify`] or [`verify_of_root`].
pub(super) type Verify = fn(
    &SubjectPublicKeyInfoOwned,
    &AlgorithmIdentifierOwned,
    &[u8],
    &[u8],
) -> Result<(), SignatureFault>;

/// Whether `signature` is that of `key` over `message`.
pub(super) fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    check_strength(key)?;
    let verification = verification(key, algorithm)
        .ok_or_else(|| SignatureFault::Algorithm(algorithm.oid.to_string()))?;
    by(verification, key, message, signature)
}

/// As [`verify`], and SHA-1 with RSA is let pass: older roots signed themselves with it.
pub(super) fn verify_of_root(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    if algorithm.oid != SHA1_WITH_RSA {
        return verify(key, algorithm, message, signature);
    }
    check_strength(key)?;
    let sha1 = &aws::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
    by(sha1, key, message, signature)
}

fn by(
    verification: &'static dyn VerificationAlgorithm,
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let key = key.subject_public_key.as_bytes().unwrap_or_default();
    UnparsedPublicKey::new(verification, key)
        .verify(message, signature)
        .map_err(|_| SignatureFault::Mismatch)
}

/// Refuses keys that an accepted signature cannot come from.
pub(super) fn check_strength(key: &SubjectPublicKeyInfoOwned) -> Result<(), SignatureFault> {
    let is_strong = match key.algorithm.oid {
        RSA_ENCRYPTION | RSASSA_PSS => rsa_bits(key).is_some_and(|bits| RSA_BITS.contains(&bits)),
        EC_PUBLIC_KEY => curve(key).is_some(),
        _ => false,
    };
    is_strong.then_some(()).ok_or(SignatureFault::WeakKey)
}

fn rsa_bits(key: &SubjectPublicKeyInfoOwned) -> Option<usize> {
    let key = RsaPublicKey::from_der(key.subject_public_key.as_bytes()?).ok()?;
    let modulus = key.modulus.as_bytes();
    let spare = modulus.first()?.leading_zeros();
    Some(modulus.len() * 8 - usize::try_from(spare).ok()?)
}

fn curve(key: &SubjectPublicKeyInfoOwned) -> Option<ObjectIdentifier> {
    let parameters = key.algorithm.parameters.as_ref()?;
    let curve = parameters.decode_as::<ObjectIdentifier>().ok()?;
    [SECP256R1, SECP384R1, SECP521R1]
        .contains(&curve)
        .then_some(curve)
}

fn verification(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
) -> Option<&'static dyn VerificationAlgorithm> {
    let key_kind = key.algorithm.oid;
    match algorithm.oid {
        SHA256_WITH_RSA if key_kind == RSA_ENCRYPTION => Some(&aws::RSA_PKCS1_2048_8192_SHA256),
        SHA384_WITH_RSA if key_kind == RSA_ENCRYPTION => Some(&aws::RSA_PKCS1_2048_8192_SHA384),
        SHA512_WITH_RSA if key_kind == RSA_ENCRYPTION => Some(&aws::RSA_PKCS1_2048_8192_SHA512),
        RSASSA_PSS => pss(algorithm),
        _ => ecdsa(algorithm.oid, curve(key)?),
    }
}

fn pss(algorithm: &AlgorithmIdentifierOwned) -> Option<&'static dyn VerificationAlgorithm> {
    let parameters = algorithm.parameters.as_ref()?.to_der().ok()?;
    let parameters = PssParameters::from_der(&parameters).ok()?;
    // Without it, SHA-1 is meant.
    match parameters.hash?.oid {
        SHA256 => Some(&aws::RSA_PSS_2048_8192_SHA256),
        SHA384 => Some(&aws::RSA_PSS_2048_8192_SHA384),
        SHA512 => Some(&aws::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn ecdsa(
    algorithm: ObjectIdentifier,
    curve: ObjectIdentifier,
) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, algorithm) {
        (SECP256R1, ECDSA_WITH_SHA256) => &aws::ECDSA_P256_SHA256_ASN1,
        (SECP256R1, ECDSA_WITH_SHA384) => &aws::ECDSA_P256_SHA384_ASN1,
        (SECP256R1, ECDSA_WITH_SHA512) => &aws::ECDSA_P256_SHA512_ASN1,
        (SECP384R1, ECDSA_WITH_SHA256) => &aws::ECDSA_P384_SHA256_ASN1,
        (SECP384R1, ECDSA_WITH_SHA384) => &aws::ECDSA_P384_SHA384_ASN1,
        (SECP384R1, ECDSA_WITH_SHA512) => &aws::ECDSA_P384_SHA512_ASN1,
        (SECP521R1, ECDSA_WITH_SHA256) => &aws::ECDSA_P521_SHA256_ASN1,
        (SECP521R1, ECDSA_WITH_SHA384) => &aws::ECDSA_P521_SHA384_ASN1,
        (SECP521R1, ECDSA_WITH_SHA512) => &aws::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}
