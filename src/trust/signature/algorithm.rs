//! Hash functions, schemes and kinds of keys that signatures are made with, and their verification.
//!
//! Knows what is accepted today and what was usual before; which of it is good enough is for the caller to ask.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as aws, RsaPssSaltLength, VerificationAlgorithm};
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Sequence};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::SignatureFault;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const RSASSA_PSS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(super) const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
pub(super) const SHA1_WITH_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA224_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
/// Named so by OIW, and still by a few signing programs.
const SHA1_WITH_RSA_OIW: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");
const ECDSA_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_WITH_SHA224: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_WITH_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
pub(super) const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(super) const SHA224: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4");
pub(super) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(super) const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
pub(super) const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Shorter ones were never of use here; longer ones cost time for nothing.
const RSA_BITS_EVER: std::ops::RangeInclusive<usize> = 1024..=8192;

/// A hash function of signatures: those of [`crate::record::Hash`], and older ones that are only verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashFunction {
    /// SHA-1: collisions can be made.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashFunction {
    /// By its object identifier (RFC 5754 §2, RFC 3370 §2.1); `None` for MD5 and what is not known here.
    #[must_use]
    pub fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            SHA1 => Some(HashFunction::Sha1),
            SHA224 => Some(HashFunction::Sha224),
            SHA256 => Some(HashFunction::Sha256),
            SHA384 => Some(HashFunction::Sha384),
            SHA512 => Some(HashFunction::Sha512),
            _ => None,
        }
    }

    /// The name as standards write it: `SHA-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HashFunction::Sha1 => "SHA-1",
            HashFunction::Sha224 => "SHA-224",
            HashFunction::Sha256 => "SHA-256",
            HashFunction::Sha384 => "SHA-384",
            HashFunction::Sha512 => "SHA-512",
        }
    }

    /// A digest of nothing yet.
    #[must_use]
    pub fn start(self) -> digest::Context {
        digest::Context::new(self.function())
    }

    /// Digest of these bytes.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.function(), bytes).as_ref().to_vec()
    }

    /// Length of a digest, bytes.
    #[must_use]
    pub fn length(self) -> usize {
        self.function().output_len()
    }

    fn function(self) -> &'static digest::Algorithm {
        match self {
            HashFunction::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            HashFunction::Sha224 => &digest::SHA224,
            HashFunction::Sha256 => &digest::SHA256,
            HashFunction::Sha384 => &digest::SHA384,
            HashFunction::Sha512 => &digest::SHA512,
        }
    }
}

/// How a key signs a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1,
    /// RSASSA-PSS, MGF1 with the hash of the signature (RFC 4055 §3.1).
    RsaPss {
        /// Length of the salt, bytes.
        salt: u16,
    },
    /// ECDSA, on the curve of the key.
    Ecdsa,
    /// Ed25519 (RFC 8032), which hashes by itself.
    Ed25519,
}

/// A signature algorithm, whether it is accepted today or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// How a digest is signed.
    pub scheme: Scheme,
    /// Of what is signed.
    pub hash: HashFunction,
}

/// What was signed, as far as it is at hand.
#[derive(Debug, Clone, Copy)]
pub enum Signed<'a> {
    /// All of it.
    Message(&'a [u8]),
    /// Its digest, by the hash function of the algorithm.
    Digest(&'a [u8]),
}

/// The kind and strength of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA; bits of the modulus.
    Rsa(usize),
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Edwards curve 25519.
    Ed25519,
}

impl KeyKind {
    /// Of this key; `None` for one that cannot be read or is of a kind that is not known here.
    #[must_use]
    pub fn of(key: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        match key.algorithm.oid {
            RSA_ENCRYPTION | RSASSA_PSS => rsa_bits(key).map(KeyKind::Rsa),
            EC_PUBLIC_KEY => {
                let curve = key.algorithm.parameters.as_ref()?;
                match curve.decode_as::<ObjectIdentifier>().ok()? {
                    SECP256R1 => Some(KeyKind::P256),
                    SECP384R1 => Some(KeyKind::P384),
                    SECP521R1 => Some(KeyKind::P521),
                    _ => None,
                }
            }
            ED25519 => Some(KeyKind::Ed25519),
            _ => None,
        }
    }

    pub(super) fn is_accepted(self) -> bool {
        match self {
            KeyKind::Rsa(bits) => RSA_BITS.contains(&bits),
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => true,
            KeyKind::Ed25519 => false,
        }
    }
}

/// `RSASSA-PSS-params` (RFC 4055 §3.1).
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_length: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl SignatureAlgorithm {
    /// By its identifier, as certificates, CRLs and OCSP responses have it; `None` for one that is not known here.
    #[must_use]
    pub fn of(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        let (scheme, hash) = match identifier.oid {
            SHA1_WITH_RSA | SHA1_WITH_RSA_OIW => (Scheme::RsaPkcs1, HashFunction::Sha1),
            SHA224_WITH_RSA => (Scheme::RsaPkcs1, HashFunction::Sha224),
            SHA256_WITH_RSA => (Scheme::RsaPkcs1, HashFunction::Sha256),
            SHA384_WITH_RSA => (Scheme::RsaPkcs1, HashFunction::Sha384),
            SHA512_WITH_RSA => (Scheme::RsaPkcs1, HashFunction::Sha512),
            ECDSA_WITH_SHA1 => (Scheme::Ecdsa, HashFunction::Sha1),
            ECDSA_WITH_SHA224 => (Scheme::Ecdsa, HashFunction::Sha224),
            ECDSA_WITH_SHA256 => (Scheme::Ecdsa, HashFunction::Sha256),
            ECDSA_WITH_SHA384 => (Scheme::Ecdsa, HashFunction::Sha384),
            ECDSA_WITH_SHA512 => (Scheme::Ecdsa, HashFunction::Sha512),
            ED25519 => (Scheme::Ed25519, HashFunction::Sha512),
            RSASSA_PSS => return pss(identifier),
            _ => return None,
        };
        Some(Self { scheme, hash })
    }

    /// As [`SignatureAlgorithm::of`], for a `SignerInfo`: there the identifier may name the kind of key only, and
    /// the hash is that of the digest algorithm (RFC 3370 §3.2).
    #[must_use]
    pub fn in_container(identifier: &AlgorithmIdentifierOwned, hash: HashFunction) -> Option<Self> {
        let scheme = match identifier.oid {
            RSA_ENCRYPTION => Scheme::RsaPkcs1,
            EC_PUBLIC_KEY => Scheme::Ecdsa,
            _ => return Self::of(identifier),
        };
        Some(Self { scheme, hash })
    }

    /// The name that records carry: `RSASSA-PSS-SHA256`, `ECDSA-P256-SHA256`.
    #[must_use]
    pub fn name(self, key: Option<KeyKind>) -> String {
        let scheme = match (self.scheme, key) {
            (Scheme::RsaPkcs1, _) => "RSASSA-PKCS1-v1_5",
            (Scheme::RsaPss { .. }, _) => "RSASSA-PSS",
            (Scheme::Ecdsa, Some(KeyKind::P256)) => "ECDSA-P256",
            (Scheme::Ecdsa, Some(KeyKind::P384)) => "ECDSA-P384",
            (Scheme::Ecdsa, Some(KeyKind::P521)) => "ECDSA-P521",
            (Scheme::Ecdsa, _) => "ECDSA",
            (Scheme::Ed25519, _) => return "Ed25519".to_owned(),
        };
        format!("{scheme}-{}", self.hash.name().replace('-', ""))
    }

    /// Whether `value` is the signature of `key` over `signed`. RSA from 1024 bits and SHA-1 are verified as well;
    /// what cannot be verified is no mismatch, but an algorithm or a key of which nothing is known.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(
        self,
        key: &SubjectPublicKeyInfoOwned,
        signed: Signed<'_>,
        value: &[u8],
    ) -> Result<(), SignatureFault> {
        let kind = KeyKind::of(key).ok_or(SignatureFault::WeakKey)?;
        let unknown = || SignatureFault::Algorithm(self.name(Some(kind)));
        if !is_key_for(key, self) {
            return Err(SignatureFault::Mismatch);
        }
        if matches!(kind, KeyKind::Rsa(length) if !RSA_BITS_EVER.contains(&length)) {
            return Err(SignatureFault::WeakKey);
        }
        let bits = key.subject_public_key.as_bytes().unwrap_or_default();
        let verdict = match (self.scheme, kind) {
            (Scheme::RsaPkcs1, KeyKind::Rsa(length)) => {
                let parameters = pkcs1(self.hash, length).ok_or_else(unknown)?;
                self.by(parameters, bits, signed, value)
            }
            (Scheme::RsaPss { salt }, KeyKind::Rsa(2048..)) => {
                let parameters = match self.hash {
                    HashFunction::Sha256 => aws::RSA_PSS_2048_8192_SHA256,
                    HashFunction::Sha384 => aws::RSA_PSS_2048_8192_SHA384,
                    HashFunction::Sha512 => aws::RSA_PSS_2048_8192_SHA512,
                    HashFunction::Sha1 | HashFunction::Sha224 => return Err(unknown()),
                };
                let parameters = parameters.with_pss_salt_length(RsaPssSaltLength::Custom(salt));
                self.by(&parameters, bits, signed, value)
            }
            (Scheme::Ecdsa, KeyKind::P256 | KeyKind::P384 | KeyKind::P521) => {
                let parameters = ecdsa(kind, self.hash).ok_or_else(unknown)?;
                self.by(parameters, bits, signed, value)
            }
            (Scheme::Ed25519, KeyKind::Ed25519) => match signed {
                Signed::Message(message) => aws::ED25519.verify_sig(bits, message, value),
                Signed::Digest(_) => return Err(unknown()),
            },
            (Scheme::RsaPss { .. }, KeyKind::Rsa(_)) => return Err(unknown()),
            _ => return Err(SignatureFault::Mismatch),
        };
        verdict.map_err(|_| SignatureFault::Mismatch)
    }

    fn by(
        self,
        verification: &dyn VerificationAlgorithm,
        key: &[u8],
        signed: Signed<'_>,
        value: &[u8],
    ) -> Result<(), aws_lc_rs::error::Unspecified> {
        match signed {
            Signed::Message(message) => verification.verify_sig(key, message, value),
            Signed::Digest(bytes) => {
                let digest = digest::Digest::import_less_safe(bytes, self.hash.function())?;
                verification.verify_digest_sig(key, &digest, value)
            }
        }
    }

    /// Whether nothing speaks against it today (TT 15/2025/TT-BKHCN, annex I).
    pub(super) fn is_accepted(self) -> bool {
        let is_safe = match self.hash {
            HashFunction::Sha1 | HashFunction::Sha224 => false,
            HashFunction::Sha256 | HashFunction::Sha384 | HashFunction::Sha512 => true,
        };
        is_safe
            && match self.scheme {
                Scheme::RsaPkcs1 | Scheme::Ecdsa => true,
                Scheme::RsaPss { salt } => usize::from(salt) == self.hash.length(),
                Scheme::Ed25519 => false,
            }
    }
}

fn rsa_bits(key: &SubjectPublicKeyInfoOwned) -> Option<usize> {
    let key = RsaPublicKey::from_der(key.subject_public_key.as_bytes()?).ok()?;
    let modulus = key.modulus.as_bytes();
    let spare = modulus.first()?.leading_zeros();
    Some(modulus.len() * 8 - usize::try_from(spare).ok()?)
}

/// Whether a key was made for an algorithm: one for PSS serves no other, and may name the only hash (RFC 4055 §1.2).
fn is_key_for(key: &SubjectPublicKeyInfoOwned, algorithm: SignatureAlgorithm) -> bool {
    if key.algorithm.oid != RSASSA_PSS {
        return true;
    }
    let Scheme::RsaPss { salt } = algorithm.scheme else {
        return false;
    };
    match (&key.algorithm.parameters, pss(&key.algorithm)) {
        (None, _) => true,
        (Some(_), Some(only)) => {
            let shortest = match only.scheme {
                Scheme::RsaPss { salt } => salt,
                _ => 0,
            };
            only.hash == algorithm.hash && salt >= shortest
        }
        (Some(_), None) => false,
    }
}

fn pss(identifier: &AlgorithmIdentifierOwned) -> Option<SignatureAlgorithm> {
    let parameters = identifier.parameters.as_ref()?.to_der().ok()?;
    let parameters = PssParameters::from_der(&parameters).ok()?;
    // What is left out means SHA-1, and a salt of its length.
    let oid = |hash: Option<AlgorithmIdentifierOwned>| hash.map_or(SHA1, |hash| hash.oid);
    let mask_hash = match parameters.mask {
        None => SHA1,
        Some(mask) if mask.oid == MGF1 => {
            let inner = mask.parameters?.decode_as::<AlgorithmIdentifierOwned>();
            inner.ok()?.oid
        }
        Some(_) => return None,
    };
    let hash = oid(parameters.hash);
    let trailer = parameters.trailer.map(|trailer| trailer.value() == [1]);
    (hash == mask_hash && trailer != Some(false)).then_some(())?;
    Some(SignatureAlgorithm {
        scheme: Scheme::RsaPss {
            salt: parameters.salt_length.unwrap_or(20),
        },
        hash: HashFunction::of(hash)?,
    })
}

fn pkcs1(hash: HashFunction, bits: usize) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match hash {
        HashFunction::Sha1 => &aws::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        HashFunction::Sha256 => &aws::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        HashFunction::Sha384 if RSA_BITS.contains(&bits) => &aws::RSA_PKCS1_2048_8192_SHA384,
        HashFunction::Sha512 => &aws::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        HashFunction::Sha224 | HashFunction::Sha384 => return None,
    })
}

fn ecdsa(curve: KeyKind, hash: HashFunction) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, hash) {
        (KeyKind::P256, HashFunction::Sha1) => &aws::ECDSA_P256_SHA1_ASN1,
        (KeyKind::P256, HashFunction::Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
        (KeyKind::P256, HashFunction::Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P256, HashFunction::Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
        (KeyKind::P384, HashFunction::Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, HashFunction::Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
        (KeyKind::P384, HashFunction::Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
        (KeyKind::P521, HashFunction::Sha1) => &aws::ECDSA_P521_SHA1_ASN1,
        (KeyKind::P521, HashFunction::Sha224) => &aws::ECDSA_P521_SHA224_ASN1,
        (KeyKind::P521, HashFunction::Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
        (KeyKind::P521, HashFunction::Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
        (KeyKind::P521, HashFunction::Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}
