//! What a document has of its signatures while the next signer is awaited, durable in its job's folder:
//!
//! ```text
//! work/<record-id>/signed.json     who signed, on what; replaced as a whole
//! work/<record-id>/signed-2.pdf    the document with two signatures; only the one that signed.json names counts
//! work/<record-id>/orders/         signatures that a remote service owes
//! ```
//! A signature counts once `signed.json` says so; a file that a crash left before that is made anew. Nothing is
//! believed unseen: [`Kept::stands_on`] compares digests with the document that would be signed now and with the
//! file. A disk that does not answer is an error, not an empty folder: signatures are not thrown away for it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::signing::Signer;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::record::{Digests, Sha256Digest, SignatureRecord, Written};
use crate::sign::SignedDocument;

const STATE: &str = "signed.json";
const ORDERS: &str = "orders";
const FORMAT: &str = "sohoa-signing/1";
/// A few signatures and remarks are a few kilobytes.
const STATE_BYTES_MAX: u64 = 1024 * 1024;

/// One signature that the document has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptSignature {
    /// Name of the key.
    pub(super) key: String,
    /// As it will stand in the record.
    pub(super) signature: SignatureRecord,
}

/// `signed.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    format: String,
    /// When the document claims to have been composed: for the same time, composing gives the same bytes.
    pub(super) composed: Timestamp,
    /// The document that was signed.
    composed_sha256: Sha256Digest,
    /// Oldest first.
    pub(super) signatures: Vec<KeptSignature>,
    /// The file with them; `None` where there are none yet.
    document_sha256: Option<Sha256Digest>,
    /// What people should see about them.
    pub(super) remarks: Vec<String>,
    /// The time that the signature claims which was ordered and has not come.
    ordered: Option<Timestamp>,
}

impl Kept {
    /// Nothing yet, on this document.
    pub(super) fn nothing(composed: Timestamp, composed_sha256: Sha256Digest) -> Self {
        Self {
            format: FORMAT.to_owned(),
            composed,
            composed_sha256,
            signatures: Vec::new(),
            document_sha256: None,
            remarks: Vec::new(),
            ordered: None,
        }
    }

    /// What is kept in a job's folder; `None` where there is nothing, or nothing of ours.
    pub(super) fn load(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(STATE);
        let mut text = Vec::new();
        let read = durable::open_regular(&path)
            .and_then(|file| file.take(STATE_BYTES_MAX).read_to_end(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(JourneyError::Io { path, source }.into()),
        }
        let kept: Option<Self> = serde_json::from_slice(&text).ok();
        Ok(kept.filter(|kept| kept.format == FORMAT))
    }

    /// Whether those who signed are the first of these.
    pub(super) fn is_by_first_of(&self, signers: &[Signer]) -> bool {
        let mut pairs = signers.iter().zip(&self.signatures);
        self.signatures.len() < signers.len()
            && pairs.all(|(signer, kept)| {
                kept.key == signer.key && kept.signature.role == Some(signer.role)
            })
    }

    /// Whether it was this document that was signed, and the file with the signatures is as it was written.
    pub(super) fn stands_on(&self, composed: &Written, folder: &Path) -> Result<bool, Error> {
        if self.composed_sha256 != composed.sha256 {
            return Ok(false);
        }
        let (Some(path), Some(expected)) = (self.document(folder), self.document_sha256) else {
            return Ok(self.signatures.is_empty());
        };
        match durable::open_regular(&path).and_then(Digests::of_reader) {
            Ok(found) => Ok(found.sha256 == expected),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(JourneyError::Io { path, source }.into()),
        }
    }

    /// The file with the signatures so far.
    pub(super) fn document(&self, folder: &Path) -> Option<PathBuf> {
        let count = self.signatures.len();
        (count > 0).then(|| document_with(count, folder))
    }

    /// Where the next signature is written; what a crash left there is removed.
    pub(super) fn next_document(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = document_with(self.signatures.len() + 1, folder);
        durable::remove_file(&path)?;
        Ok(path)
    }

    /// Keeps one more signature: its document, which lies at [`Self::next_document`], is on the disk before it
    /// counts.
    pub(super) fn keep(
        &mut self,
        folder: &Path,
        key: &str,
        signed: &SignedDocument,
        remarks: Vec<String>,
    ) -> Result<(), Error> {
        if Written::from(durable::stage_written(&signed.path)?) != signed.digests {
            return Err(JourneyError::WrittenBytesDiffer.into());
        }
        durable::sync_folder(folder)?;
        let before = self.document(folder);
        self.signatures.push(KeptSignature {
            key: key.to_owned(),
            signature: signed.signature.clone(),
        });
        self.document_sha256 = Some(signed.digests.sha256);
        self.add_remarks(remarks);
        self.ordered = None;
        self.write(folder)?;
        Ok(before.map_or(Ok(()), |before| durable::remove_file(&before))?)
    }

    /// Adds what is not said yet: two signers may give cause for the same remark.
    pub(super) fn add_remarks(&mut self, remarks: Vec<String>) {
        for remark in remarks {
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
    }

    /// The time that an ordered signature claims: that of the order, so that asking again asks for the same.
    pub(super) fn order(&mut self, folder: &Path, now: Timestamp) -> Result<Timestamp, Error> {
        if let Some(ordered) = self.ordered {
            return Ok(ordered);
        }
        self.ordered = Some(now);
        self.write(folder)?;
        Ok(now)
    }

    /// The order ran out: the next one claims another time.
    pub(super) fn order_anew(&mut self, folder: &Path) -> Result<(), Error> {
        self.ordered = None;
        self.write(folder)
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        // Plain data with text keys: serialising it cannot fail.
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        Ok(durable::replace(&folder.join(STATE), &bytes)?)
    }
}

/// Where a document's orders at remote services are kept.
pub(super) fn orders(folder: &Path) -> PathBuf {
    folder.join(ORDERS)
}

/// Removes what is kept of a document's signatures: first what makes them count.
///
/// # Errors
/// The disk's.
pub fn forget(folder: &Path) -> Result<(), Error> {
    durable::remove_file(&folder.join(STATE))?;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_document);
        if is_ours {
            durable::remove_file(&entry.path())?;
        }
    }
    Ok(durable::remove_tree(&orders(folder))?)
}

fn document_with(count: usize, folder: &Path) -> PathBuf {
    folder.join(format!("signed-{count}.pdf"))
}

fn is_document(name: &str) -> bool {
    name.starts_with("signed-") && name.ends_with(".pdf")
}
