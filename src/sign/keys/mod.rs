//! Where signatures come from: one trait for software keys now, tokens and remote services later.

mod software;

pub use software::{RsaPadding, SoftwareKey};

use super::SignError;

/// A signature algorithm with its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes (TT 15/2025/TT-BKHCN prefers it).
    RsaPssSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
}

impl SignatureAlgorithm {
    /// The name that records carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SignatureAlgorithm::RsaPssSha256 => "RSASSA-PSS-SHA256",
            SignatureAlgorithm::RsaPkcs1Sha256 => "RSASSA-PKCS1-v1_5-SHA256",
            SignatureAlgorithm::EcdsaP256Sha256 => "ECDSA-P256-SHA256",
            SignatureAlgorithm::EcdsaP384Sha384 => "ECDSA-P384-SHA384",
        }
    }
}

/// A private key that signs, wherever it is kept, and its certificate.
pub trait RawSigner: Send + Sync {
    /// The signing certificate, DER.
    fn certificate(&self) -> &[u8];

    /// Certificates of its issuers, DER, nearest first; may be empty.
    fn chain(&self) -> &[Vec<u8>];

    /// How it signs.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs the DER of the signed attributes (it is hashed here, as [`Self::algorithm`] says).
    /// ECDSA values are DER `ECDSA-Sig-Value`.
    ///
    /// # Errors
    /// [`SignError::Key`] when the key refuses.
    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError>;
}
