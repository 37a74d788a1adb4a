//! A key in a PKCS#12 file, opened once and kept in memory by the cryptographic library.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use p12_keystore::{KeyStore, KeyStoreEntry};
use zeroize::Zeroizing;

use super::RawSigner;
use crate::config::RsaPadding;
use crate::sign::SignError;
use crate::sign::algorithm::{Hash, Scheme, SignatureAlgorithm};
use crate::sign::certificate::{Certificate, KeyKind};

/// Key stores are a few kilobytes.
const MAX_KEY_FILE: u64 = 1024 * 1024;

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// A private key in memory with its certificate and chain.
pub struct SoftwareKey {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftwareKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl SoftwareKey {
    /// Opens a PKCS#12 file.
    ///
    /// # Errors
    /// [`SignError::Reading`], or what [`Self::from_pkcs12`] gives.
    pub fn open(path: &Path, passphrase: &str, padding: RsaPadding) -> Result<Self, SignError> {
        let length = std::fs::metadata(path).map_err(SignError::reading)?.len();
        if length > MAX_KEY_FILE {
            return Err(SignError::KeyFile {
                what: "larger than 1 MiB",
            });
        }
        let store = Zeroizing::new(std::fs::read(path).map_err(SignError::reading)?);
        Self::from_pkcs12(&store, passphrase, padding)
    }

    /// Takes the one private key out of a PKCS#12 store.
    ///
    /// # Errors
    /// [`SignError::Passphrase`] when the store's check value does not agree, [`SignError::KeyFile`],
    /// [`SignError::KeyKind`], or [`SignError::Certificate`] when key and certificate do not belong together.
    pub fn from_pkcs12(
        store: &[u8],
        passphrase: &str,
        padding: RsaPadding,
    ) -> Result<Self, SignError> {
        let store = KeyStore::from_pkcs12(store, passphrase).map_err(|error| match error {
            p12_keystore::error::Error::MacError(_) => SignError::Passphrase,
            _ => SignError::KeyFile {
                what: "not a readable PKCS#12 store",
            },
        })?;
        let mut chains = store.entries().filter_map(|(_, entry)| match entry {
            KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
            KeyStoreEntry::Certificate(_) | KeyStoreEntry::Secret(_) => None,
        });
        let entry = chains.next().ok_or(SignError::KeyFile {
            what: "no private key with a certificate",
        })?;
        if chains.next().is_some() {
            return Err(SignError::KeyFile {
                what: "more than one private key",
            });
        }
        let (certificate, chain) = entry.chain().split_first().ok_or(SignError::KeyFile {
            what: "no private key with a certificate",
        })?;
        let parsed = Certificate::from_der(certificate.as_der())?;
        let (pair, algorithm) = open_pair(entry.key(), parsed.key_kind()?, padding)?;
        if parsed.public_key() != Some(pair.public_key()) {
            return Err(SignError::Certificate {
                what: "it belongs to another key",
            });
        }
        Ok(Self {
            pair,
            algorithm,
            certificate: certificate.as_der().to_vec(),
            chain: chain
                .iter()
                .map(|issuer| issuer.as_der().to_vec())
                .collect(),
        })
    }

    /// The same key, signing with this hash.
    ///
    /// # Errors
    /// [`SignError::Hash`] for an ECDSA key and another hash than its curve's own (FIPS 186-5 §6.1.1):
    /// the library binds them to each other.
    pub fn with_hash(mut self, hash: Hash) -> Result<Self, SignError> {
        let is_bound = matches!(self.pair, Pair::Ecdsa(_));
        if is_bound && hash != self.algorithm.hash {
            return Err(SignError::Hash { hash });
        }
        self.algorithm.hash = hash;
        Ok(self)
    }
}

impl Pair {
    fn public_key(&self) -> &[u8] {
        match self {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ecdsa(pair) => pair.public_key().as_ref(),
        }
    }
}

fn open_pair(
    pkcs8: &[u8],
    kind: KeyKind,
    padding: RsaPadding,
) -> Result<(Pair, SignatureAlgorithm), SignError> {
    let rsa = || {
        RsaKeyPair::from_pkcs8(pkcs8)
            .map(Pair::Rsa)
            .map_err(|_| SignError::KeyKind)
    };
    let ecdsa = |curve| {
        EcdsaKeyPair::from_pkcs8(curve, pkcs8)
            .map(Pair::Ecdsa)
            .map_err(|_| SignError::KeyKind)
    };
    let (pair, scheme) = match (kind, padding) {
        (KeyKind::Rsa, RsaPadding::Pss) | (KeyKind::RsaPssOnly, _) => (rsa()?, Scheme::RsaPss),
        (KeyKind::Rsa, RsaPadding::Pkcs1) => (rsa()?, Scheme::RsaPkcs1),
        (KeyKind::P256, _) => (ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)?, Scheme::EcdsaP256),
        (KeyKind::P384, _) => (ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)?, Scheme::EcdsaP384),
    };
    Ok((pair, SignatureAlgorithm::of(scheme, scheme.usual_hash())))
}

impl RawSigner for SoftwareKey {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    rsa_encoding(self.algorithm),
                    &random,
                    signed_attributes,
                    &mut signature,
                )
                .map_err(|_| SignError::Key)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => pair
                .sign(&random, signed_attributes)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SignError::Key),
        }
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> &'static dyn RsaEncoding {
    match (algorithm.scheme, algorithm.hash) {
        (Scheme::RsaPkcs1, Hash::Sha256) => &RSA_PKCS1_SHA256,
        (Scheme::RsaPkcs1, Hash::Sha384) => &RSA_PKCS1_SHA384,
        (Scheme::RsaPkcs1, Hash::Sha512) => &RSA_PKCS1_SHA512,
        (_, Hash::Sha256) => &RSA_PSS_SHA256,
        (_, Hash::Sha384) => &RSA_PSS_SHA384,
        (_, Hash::Sha512) => &RSA_PSS_SHA512,
    }
}
