//! Signatures that were ordered and are not in their documents yet: one JSON file each, so that a restart
//! neither orders twice nor loses what a person confirmed meanwhile.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RemoteError;
use crate::durable;
use crate::record::Sha256Digest;

/// A container with its chain is a few kilobytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

const ENDING: &str = "json";

/// What a service gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignedValue {
    /// The signature value over the signed attributes.
    Raw(#[serde(with = "base64")] Vec<u8>),
    /// A whole CMS `ContentInfo` with signed attributes of its own; it takes the place of ours.
    Container(#[serde(with = "base64")] Vec<u8>),
}

/// All that must be kept between the order and the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingSignature {
    /// Names the order, here and at services that let the client choose: it follows from certificate and
    /// signed attributes, so the same order has the same name after a crash.
    pub transaction: String,
    /// SHA-256 of the certificate that it was ordered of.
    pub certificate_sha256: Sha256Digest,
    /// DER of the signed attributes (RFC 5652 §5.4).
    #[serde(with = "base64")]
    pub signed_attributes: Vec<u8>,
    /// Their digest, which is what the service signs.
    #[serde(with = "base64")]
    pub hash: Vec<u8>,
    /// Until when it may be confirmed.
    pub deadline: Timestamp,
    /// What the service calls the order, once it has taken it.
    pub reference: Option<String>,
    /// The signature, once it is there.
    pub value: Option<SignedValue>,
}

impl PendingSignature {
    /// The name of an order of these signed attributes from the key of this certificate.
    #[must_use]
    pub fn transaction_of(certificate: &[u8], signed_attributes: &[u8]) -> String {
        let both = [certificate, signed_attributes].concat();
        let name = Sha256Digest::of(&both).to_string();
        name.chars()
            .filter(char::is_ascii_hexdigit)
            .take(40)
            .collect()
    }
}

/// The folder of pending signatures. It belongs to the program alone.
#[derive(Debug, Clone)]
pub struct PendingStore {
    folder: PathBuf,
}

impl PendingStore {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// [`RemoteError::Store`].
    pub fn open(folder: &Path) -> Result<Self, RemoteError> {
        durable::create_folders(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Keeps it; on the disk when this returns.
    ///
    /// # Errors
    /// [`RemoteError::Store`].
    pub fn keep(&self, pending: &PendingSignature) -> Result<(), RemoteError> {
        // Plain data with text keys: serialising it cannot fail.
        let bytes = serde_json::to_vec_pretty(pending).unwrap_or_default();
        Ok(durable::replace(&self.path(&pending.transaction), &bytes)?)
    }

    /// The one of this name; `None` where there is none, or its file is damaged: a file is written whole,
    /// so a damaged one is no work of ours.
    #[must_use]
    pub fn find(&self, transaction: &str) -> Option<PendingSignature> {
        let read = read(&self.path(transaction));
        read.filter(|pending| pending.transaction == transaction)
    }

    /// All of them, in no order.
    #[must_use]
    pub fn all(&self) -> Vec<PendingSignature> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let ours = files.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
        ours.filter_map(|path| read(&path)).collect()
    }

    /// Forgets one, whose signature is in its document or is not wanted any more.
    ///
    /// # Errors
    /// [`RemoteError::Store`].
    pub fn remove(&self, transaction: &str) -> Result<(), RemoteError> {
        Ok(durable::remove_file(&self.path(transaction))?)
    }

    fn path(&self, transaction: &str) -> PathBuf {
        self.folder.join(format!("{transaction}.{ENDING}"))
    }
}

fn read(path: &Path) -> Option<PendingSignature> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).ok()?;
    let parsed = serde_json::from_str(&text);
    parsed
        .inspect_err(|error| tracing::warn!(%error, "a pending signature's file is damaged"))
        .ok()
}

mod base64 {
    use super::{BASE64, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)
    }
}
