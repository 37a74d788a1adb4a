//! Where signatures come from: one trait for keys in files, on tokens and at remote services.
//!
//! [`open`] turns a key's section of the configuration into one that signs. Who may sign what, and whether a
//! session must be open for it, is decided by the caller.

mod confirm;
pub mod remote;
mod secret;
mod software;
pub mod token;

pub use self::remote::{Orders, RemoteError, SignedValue};
pub use self::secret::{
    Nobody, PinSource, Secret, SecretError, SecretKind, SecretRequest, Terminal,
};
pub use self::software::SoftwareKey;
pub use self::token::TokenError;
pub use crate::config::RsaPadding;
pub use crate::record::Deviation;

use self::remote::{Csc, RemoteKey};
use self::token::TokenKey;
use super::SignError;
use super::algorithm::SignatureAlgorithm;
use crate::config::{KeyConfig, KeyPlace};

/// A private key that signs, wherever it is kept, and its certificate.
pub trait RawSigner: Send + Sync {
    /// The signing certificate, DER.
    fn certificate(&self) -> &[u8];

    /// Certificates of its issuers, DER, nearest first; may be empty.
    fn chain(&self) -> &[Vec<u8>];

    /// How it signs.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Where it signs in another way than it should, for the record to say.
    fn deviation(&self) -> Option<Deviation> {
        None
    }

    /// Signs the DER of the signed attributes (it is hashed here, as [`Self::algorithm`] says).
    /// ECDSA values are DER `ECDSA-Sig-Value`.
    ///
    /// # Errors
    /// [`SignError::Key`], [`SignError::Token`] or [`SignError::Remote`] when the key refuses.
    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError>;

    /// Whether it could sign now, without a signature: a token is looked for, and entered again if it is back.
    ///
    /// # Errors
    /// As [`Self::sign`].
    fn is_there(&self) -> Result<(), SignError> {
        Ok(())
    }

    /// Whether [`Self::sign`] comes back with the signature; where somebody must confirm first, it is ordered.
    fn answers_at_once(&self) -> bool {
        true
    }

    /// The signature, or an order for it that is kept: with the same attributes it is asked after, not ordered again.
    ///
    /// # Errors
    /// [`RemoteError::Waiting`] as long as nobody confirmed, [`RemoteError::Expired`] when nobody did in time, and the
    /// order is forgotten; otherwise as [`Self::sign`].
    fn sign_or_order(
        &self,
        signed_attributes: &[u8],
        _: &Orders<'_>,
    ) -> Result<SignedValue, SignError> {
        self.sign(signed_attributes).map(SignedValue::Raw)
    }
}

/// Opens a key. `person` is asked where the configuration says `prompt`.
///
/// # Errors
/// [`SignError`]: the key, its token or service, its certificate, or its secret.
pub fn open(key: &KeyConfig, person: &dyn PinSource) -> Result<Box<dyn RawSigner>, SignError> {
    match &key.place {
        KeyPlace::Pkcs12 { file, passphrase } => {
            let request = SecretRequest {
                key: &key.name,
                kind: SecretKind::Passphrase,
                token: None,
            };
            let secret = secret::obtain(passphrase, &request, person)?;
            let text = secret.as_ref().map_or("", Secret::reveal);
            let opened = SoftwareKey::open(file, text, key.padding)?;
            Ok(Box::new(match key.hash {
                Some(hash) => opened.with_hash(hash)?,
                None => opened,
            }))
        }
        KeyPlace::Pkcs11(config) => Ok(Box::new(TokenKey::open(key, config, person)?)),
        KeyPlace::Csc(config) => {
            let service = Csc::open(&key.name, config, person)?;
            Ok(Box::new(RemoteKey::open(service, key.padding, key.hash)?))
        }
    }
}
