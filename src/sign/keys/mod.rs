//! Where signatures come from: one trait for software keys now, tokens and remote services later.

mod software;

pub use software::{RsaPadding, SoftwareKey};

use super::SignError;
use super::algorithm::SignatureAlgorithm;

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
