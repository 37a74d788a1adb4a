//! Signature algorithms: a scheme and the hash that goes with it (TT 15/2025/TT-BKHCN Phụ lục I).
//!
//! RSA keys have 2048 bits or more. SHA-1 is not among the hashes: nothing is signed with it.

use aws_lc_rs::signature::{
    self as aws, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, UnparsedPublicKey,
    VerificationAlgorithm,
};

pub use crate::record::Hash;

/// How a key signs a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PSS, MGF1 with the hash of the signature, salt as long as a digest (RFC 4055 §3.1).
    RsaPss,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1,
    /// ECDSA on NIST P-256.
    EcdsaP256,
    /// ECDSA on NIST P-384.
    EcdsaP384,
}

impl Scheme {
    /// The hash that is as strong as the scheme.
    #[must_use]
    pub fn usual_hash(self) -> Hash {
        match self {
            Scheme::RsaPss | Scheme::RsaPkcs1 | Scheme::EcdsaP256 => Hash::Sha256,
            Scheme::EcdsaP384 => Hash::Sha384,
        }
    }
}

/// A signature algorithm: scheme × hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The scheme.
    pub scheme: Scheme,
    /// The hash, of the signed ranges and of the signed attributes alike.
    pub hash: Hash,
}

impl SignatureAlgorithm {
    /// RSASSA-PSS with SHA-256: what an RSA key does unless it cannot.
    pub const RSA_PSS_SHA256: Self = Self::of(Scheme::RsaPss, Hash::Sha256);
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub const RSA_PKCS1_SHA256: Self = Self::of(Scheme::RsaPkcs1, Hash::Sha256);
    /// ECDSA on P-256 with SHA-256.
    pub const ECDSA_P256_SHA256: Self = Self::of(Scheme::EcdsaP256, Hash::Sha256);
    /// ECDSA on P-384 with SHA-384.
    pub const ECDSA_P384_SHA384: Self = Self::of(Scheme::EcdsaP384, Hash::Sha384);

    /// Scheme and hash as one.
    #[must_use]
    pub const fn of(scheme: Scheme, hash: Hash) -> Self {
        Self { scheme, hash }
    }

    /// The name that records carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.scheme, self.hash) {
            (Scheme::RsaPss, Hash::Sha256) => "RSASSA-PSS-SHA256",
            (Scheme::RsaPss, Hash::Sha384) => "RSASSA-PSS-SHA384",
            (Scheme::RsaPss, Hash::Sha512) => "RSASSA-PSS-SHA512",
            (Scheme::RsaPkcs1, Hash::Sha256) => "RSASSA-PKCS1-v1_5-SHA256",
            (Scheme::RsaPkcs1, Hash::Sha384) => "RSASSA-PKCS1-v1_5-SHA384",
            (Scheme::RsaPkcs1, Hash::Sha512) => "RSASSA-PKCS1-v1_5-SHA512",
            (Scheme::EcdsaP256, Hash::Sha256) => "ECDSA-P256-SHA256",
            (Scheme::EcdsaP256, Hash::Sha384) => "ECDSA-P256-SHA384",
            (Scheme::EcdsaP256, Hash::Sha512) => "ECDSA-P256-SHA512",
            (Scheme::EcdsaP384, Hash::Sha256) => "ECDSA-P384-SHA256",
            (Scheme::EcdsaP384, Hash::Sha384) => "ECDSA-P384-SHA384",
            (Scheme::EcdsaP384, Hash::Sha512) => "ECDSA-P384-SHA512",
        }
    }

    /// Whether `signature` is that of this key over `message`; keys are PKCS#1 `RSAPublicKey` of 2048 bits
    /// or more, or uncompressed points.
    pub(super) fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.verification(), key)
            .verify(message, signature)
            .is_ok()
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match (self.scheme, self.hash) {
            (Scheme::RsaPss, Hash::Sha256) => &aws::RSA_PSS_2048_8192_SHA256,
            (Scheme::RsaPss, Hash::Sha384) => &aws::RSA_PSS_2048_8192_SHA384,
            (Scheme::RsaPss, Hash::Sha512) => &aws::RSA_PSS_2048_8192_SHA512,
            (Scheme::RsaPkcs1, Hash::Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
            (Scheme::RsaPkcs1, Hash::Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
            (Scheme::RsaPkcs1, Hash::Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
            (Scheme::EcdsaP256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Scheme::EcdsaP256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Scheme::EcdsaP256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (Scheme::EcdsaP384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Scheme::EcdsaP384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Scheme::EcdsaP384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
        }
    }
}
