//! Keys of notes: Ed25519 (RFC 8032), in the texts of C2SP signed-note and Go's `sumdb/note`:
//! `name+number+base64`, and `PRIVATE+KEY+name+number+base64` for the secret.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::super::LedgerError;
use super::NoteSignature;
use crate::durable::{self, DurableError};

/// Marks Ed25519 in the texts of keys.
const ALGORITHM: u8 = 1;
const NAME_BYTES_MAX: usize = 200;
/// Longer files hold something else.
const FILE_BYTES_MAX: u64 = 1024;
const SECRET: &str = "PRIVATE+KEY+";

/// The name of a key, and the origin of the ledger that it signs: like a domain name, with a path if need be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

/// A text is no name for a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no name of a key: letters, digits and marks without spaces and plus signs")]
pub struct KeyNameError(String);

impl KeyName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |letter: char| letter != '+' && !letter.is_whitespace() && !letter.is_control();
        if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.chars().all(fits) {
            return Err(KeyNameError(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    public: [u8; 32],
}

/// A text is no key that checks signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the text of an Ed25519 key for notes")]
pub struct VerifierKeyError;

impl VerifierKey {
    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, line feed, algorithm and key (C2SP signed-note).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_str())
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.public)
            .finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        id
    }

    pub(super) fn verifies(&self, text: &[u8], signature: &NoteSignature) -> bool {
        self.name == signature.name
            && self.id() == signature.key_id
            && UnparsedPublicKey::new(&ED25519, self.public)
                .verify(text, &signature.bytes)
                .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(f, &self.name, self.id(), &self.public)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, id, public) = read_key(text).ok_or(VerifierKeyError)?;
        let key = Self {
            name,
            public: *public,
        };
        if key.id() == id {
            Ok(key)
        } else {
            Err(VerifierKeyError)
        }
    }
}

/// The key that signs checkpoints.
pub struct LedgerKey {
    name: KeyName,
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerKey({}, …)", self.verifier())
    }
}

impl LedgerKey {
    /// The key of these 32 secret bytes; `None` if the library refuses, which it has no reason to.
    #[must_use]
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Option<Self> {
        Some(Self {
            pair: Ed25519KeyPair::from_seed_unchecked(seed).ok()?,
            seed: Zeroizing::new(*seed),
            name,
        })
    }

    /// Reads the text of a secret key; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, id, seed) = read_key(text.trim_end().strip_prefix(SECRET)?)?;
        let key = Self::from_seed(name, &seed)?;
        (key.verifier().id() == id).then_some(key)
    }

    /// Opens the key in this file.
    ///
    /// # Errors
    /// [`LedgerError::Unreadable`], [`LedgerError::KeyInvalid`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut text = Zeroizing::new(String::new());
        durable::open_regular(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(LedgerError::unreadable(path))?;
        Self::parse(&text).ok_or_else(|| LedgerError::KeyInvalid {
            path: path.to_owned(),
        })
    }

    /// The text of the secret key.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        struct Secret<'a>(&'a LedgerKey);
        impl fmt::Display for Secret<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SECRET)?;
                write_key(f, &self.0.name, self.0.verifier().id(), &self.0.seed)
            }
        }
        Zeroizing::new(Secret(self).to_string())
    }

    /// Writes the key to a file that only its owner may read, and that is not there yet.
    ///
    /// # Errors
    /// [`durable::Cause::Exists`] where there is one: a key is never written over.
    pub fn write_new(&self, path: &Path) -> Result<(), DurableError> {
        let text = Zeroizing::new(format!("{}\n", *self.to_secret_text()));
        durable::write_new_private(path, text.as_bytes())
    }

    /// The key that checks its signatures.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        VerifierKey {
            name: self.name.clone(),
            public,
        }
    }

    pub(super) fn sign(&self, text: &[u8]) -> NoteSignature {
        NoteSignature {
            name: self.name.clone(),
            key_id: self.verifier().id(),
            bytes: self.pair.sign(text).as_ref().to_vec(),
        }
    }
}

fn write_key(
    f: &mut fmt::Formatter<'_>,
    name: &KeyName,
    id: [u8; 4],
    key: &[u8; 32],
) -> fmt::Result {
    let marked = Zeroizing::new([&[ALGORITHM][..], key].concat());
    let encoded = Zeroizing::new(BASE64.encode(&marked));
    write!(f, "{name}+{}+{}", HEXLOWER.encode(&id), *encoded)
}

fn read_key(text: &str) -> Option<(KeyName, [u8; 4], Zeroizing<[u8; 32]>)> {
    let mut parts = text.splitn(3, '+');
    let name = parts.next()?.parse().ok()?;
    let id = HEXLOWER.decode(parts.next()?.as_bytes()).ok()?;
    let marked = Zeroizing::new(BASE64.decode(parts.next()?.as_bytes()).ok()?);
    let (algorithm, key) = marked.split_first()?;
    let key = Zeroizing::new(<[u8; 32]>::try_from(key).ok()?);
    (*algorithm == ALGORITHM).then_some((name, id.try_into().ok()?, key))
}
