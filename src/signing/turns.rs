//! The signers of one document, one after another as the policy says; each may come when the one before has gone.
//!
//! All but the last signature are kept in the job's folder ([`super::kept`]), so that an officer's session may be
//! closed before the registrar opens his. The last one goes straight into the archive's staged object. What a
//! remote service owes is asked after at the next try, for the same bytes; nobody waits for it meanwhile.
//!
//! What is kept counts only for the document that would be signed now: where a person decided anew, or the program
//! or the policy changed, the signers start afresh, and the log says so.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::kept::{self, Kept};
use super::{Signing, permitted_remarks};
use crate::compose::PdfaDocument;
use crate::config::signing::{Signer, VisibleFacts};
use crate::error::{Error, JourneyError};
use crate::read_back;
use crate::record::{Explain, RecordId, Sha256Digest, SignatureRecord, Written, vietnam_time};
use crate::sign::keys::RemoteError;
use crate::sign::keys::remote::PendingStore;
use crate::sign::{
    self, Appearance, Orders, RawSigner, SignError, SignatureRequest, SignedDocument,
};

/// How long a person has to confirm a signature at a remote service.
const CONFIRMATION: SignedDuration = SignedDuration::from_mins(30);

/// A document with all its signatures, and what there is to say about how it was signed.
#[derive(Debug)]
pub struct Sealed {
    /// Where it is, not yet synced.
    pub path: PathBuf,
    /// Digest of the whole file.
    pub digests: Written,
    /// The signatures, in the order in which they were made.
    pub signatures: Vec<SignatureRecord>,
    /// For people, each in both languages.
    pub remarks: Vec<String>,
}

/// Whose turn it is to sign a document.
pub struct Turns<'a> {
    pub(super) signing: &'a Signing<'a>,
    pub(super) record: RecordId,
    /// The job's.
    pub(super) folder: &'a Path,
    /// Never empty.
    pub(super) signers: Vec<Signer>,
    pub(super) kept: Option<Kept>,
}

impl<'a> Turns<'a> {
    /// Looks up what is kept of the document's signatures.
    pub(super) fn take_up(
        signing: &'a Signing<'a>,
        record: RecordId,
        folder: &'a Path,
        signers: Vec<Signer>,
    ) -> Result<Self, Error> {
        let mut turns = Self {
            signing,
            record,
            folder,
            kept: Kept::load(folder)?,
            signers,
        };
        let is_of_others = |kept: &Kept| !kept.is_by_first_of(&turns.signers);
        if turns.kept.as_ref().is_some_and(is_of_others) {
            turns.start_afresh("others are to sign now")?;
        }
        Ok(turns)
    }

    /// For which time the document is to be composed: signatures that are kept stand on one of an earlier try.
    #[must_use]
    pub fn composed_at(&self, now: Timestamp) -> Timestamp {
        self.kept.as_ref().map_or(now, |kept| kept.composed)
    }

    /// Makes sure that the next signer's key is ready.
    ///
    /// # Errors
    /// As [`Signing::key`].
    pub fn require_key(&self, now: Timestamp) -> Result<(), Error> {
        let done = self.kept.as_ref().map_or(0, |kept| kept.signatures.len());
        match self.signers.get(done) {
            Some(signer) => self.signing.key(&signer.key, now).map(drop),
            None => Err(JourneyError::NoKey.into()),
        }
    }

    /// Signs `document`, composed for [`Self::composed_at`], into `output`, which must not exist; what is kept is
    /// gone on with.
    ///
    /// # Errors
    /// Where the next signer's key is not ready ([`Signing::key`], [`JourneyError::KeyAway`]) or waits for somebody to confirm
    /// ([`RemoteError::Waiting`]): the signatures so far are kept. A certificate that must not sign now
    /// ([`crate::trust::TrustError`]); the key's, the document's or the disk's ([`SignError`]).
    pub fn seal(
        mut self,
        document: &PdfaDocument,
        output: &Path,
        now: Timestamp,
    ) -> Result<Sealed, Error> {
        let mut kept = self.still_stands(document, now)?;
        let signers = std::mem::take(&mut self.signers);
        let (last, others) = signers.split_last().ok_or(JourneyError::NoKey)?;
        for signer in others.iter().skip(kept.signatures.len()) {
            let place = kept.next_document(self.folder)?;
            let (signed, remarks) = self.sign(signer, document, &mut kept, &place, now)?;
            // What is wrong is found before the next signer builds upon it.
            read_back::signature::check(&signed.path, now)?;
            kept.keep(self.folder, &signer.key, &signed, remarks)?;
            tracing::info!(record = %self.record, role = %signer.role, "signed, and kept for the next signer");
        }
        let (signed, remarks) = self.sign(last, document, &mut kept, output, now)?;
        kept.add_remarks(remarks);
        let before = kept.signatures.into_iter().map(|kept| kept.signature);
        Ok(Sealed {
            path: signed.path,
            digests: signed.digests,
            signatures: before.chain([signed.signature]).collect(),
            remarks: kept.remarks,
        })
    }

    /// What is kept, if it is of this document; else nothing.
    fn still_stands(&mut self, document: &PdfaDocument, now: Timestamp) -> Result<Kept, Error> {
        let composed = self.composed_at(now);
        match self.kept.take() {
            Some(kept) if kept.stands_on(&document.digests, self.folder)? => return Ok(kept),
            Some(_) => self.start_afresh("the document is another one now")?,
            None => {}
        }
        Ok(Kept::nothing(composed, document.digests.sha256))
    }

    fn start_afresh(&mut self, why: &'static str) -> Result<(), Error> {
        tracing::warn!(record = %self.record, why, "signatures made so far do not count, its signers start afresh");
        self.kept = None;
        kept::forget(self.folder)
    }

    /// One signature more, and what there is to say about it.
    fn sign(
        &self,
        signer: &Signer,
        document: &PdfaDocument,
        kept: &mut Kept,
        output: &Path,
        now: Timestamp,
    ) -> Result<(SignedDocument, Vec<String>), Error> {
        let key = self.signing.key(&signer.key, now)?;
        let certificate = Sha256Digest::of(key.certificate());
        let mut before = kept.signatures.iter();
        if before.any(|kept| kept.signature.certificate_sha256 == certificate) {
            let key = signer.key.clone();
            return Err(JourneyError::SignsTwice { key }.into());
        }
        let standing = self.signing.permitted(key.as_ref(), now)?;
        let input = kept.document(self.folder);
        let input = input.as_deref().unwrap_or(&document.path);
        let signed = if key.answers_at_once() {
            self.seal_one(signer, key.as_ref(), (input, output), now, None)
        } else {
            self.order(signer, key.as_ref(), kept, (input, output), now)
        };
        let signed = signed.map_err(|error| self.signing.unless_gone(&signer.key, &key, error));
        let mut signed = signed?;
        signed.signature.role = Some(signer.role);
        self.signing.sessions.count(&signer.key, now);
        let remarks = permitted_remarks(&standing, key.as_ref(), &signed);
        if let Some(away) = &signed.not_stamped {
            tracing::warn!(code = away.code(), cause = %away, "a signature has no timestamp yet");
        }
        Ok((signed, remarks))
    }

    /// A signature that a remote service may owe for a while: the same is asked for until it comes or runs out.
    fn order(
        &self,
        signer: &Signer,
        key: &dyn RawSigner,
        kept: &mut Kept,
        files: (&Path, &Path),
        now: Timestamp,
    ) -> Result<SignedDocument, Error> {
        let claimed = kept.order(self.folder, now)?;
        let store = PendingStore::open(&kept::orders(self.folder)).map_err(SignError::from)?;
        let deadline = claimed.saturating_add(CONFIRMATION).unwrap_or(claimed);
        let orders = Orders {
            store: &store,
            now,
            deadline,
        };
        let signed = self.seal_one(signer, key, files, claimed, Some(&orders));
        if let Err(Error::Sign(SignError::Remote(RemoteError::Expired))) = &signed {
            kept.order_anew(self.folder)?;
        }
        signed
    }

    fn seal_one(
        &self,
        signer: &Signer,
        key: &dyn RawSigner,
        (input, output): (&Path, &Path),
        claimed_time: Timestamp,
        orders: Option<&Orders<'_>>,
    ) -> Result<SignedDocument, Error> {
        let config = self.signing.config;
        let name = sign::signer_name(key.certificate())?;
        let facts = VisibleFacts {
            copy_form: config.copy_form,
            agency: &config.agency.name,
            name: &name,
            time: &vietnam_time(claimed_time),
        };
        let shown = |place| Appearance::of_lines(signer.text.lines(&facts), place);
        let is_stamped = !config.timestamp.services.is_empty();
        let request = SignatureRequest {
            appearance: signer.place.map(shown),
            timestamps: is_stamped.then_some(&self.signing.timestamps),
            orders,
            ..SignatureRequest::at(claimed_time)
        };
        Ok(sign::seal(input, output, key, &request)?)
    }
}
