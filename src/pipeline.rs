//! The journey of one batch, on one screen: [`Pipeline::journey`].
//!
//! Every step may be repeated: a crash anywhere leaves the claimed original in `work/`, and the next
//! start takes it from the beginning, or, when its record is in the archive already, from there.
//! The order is archive → index → receipt → remove the claimed original. The only module that knows
//! all stages; it does none of their work.

use std::time::Instant;

use crate::archive::Archive;
use crate::capture::ScanBatch;
use crate::compose;
use crate::config::Config;
use crate::describe;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::pages;
use crate::quarantine::{self, Reason};
use crate::read_back;
use crate::receipt::{Receipt, Verdict};
use crate::record::{Clock, Digests, Explain, RecordDescription, RecordId};
use crate::sign::{self, RawSigner};

/// What the journey needs: opened once, shared by all workers.
pub struct Pipeline<'a> {
    config: &'a Config,
    archive: Archive,
    index: Index,
    signer: Option<Box<dyn RawSigner>>,
    clock: &'a dyn Clock,
}

/// How a journey ended.
#[derive(Debug)]
pub enum Outcome {
    /// In the archive, read back, indexed.
    Archived(Box<RecordDescription>),
    /// The same content is in the archive as this record.
    Duplicate(RecordId),
    /// Still in `work/`; to be tried again.
    Waiting(Error),
    /// In quarantine, with this reason.
    Quarantined(Error),
}

/// The answer to one document.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub outcome: Outcome,
    /// Pages found in the files, where they could be opened.
    pub pages_in: Option<usize>,
    /// Wall time of the journey.
    pub seconds: f64,
}

impl<'a> Pipeline<'a> {
    /// Opens archive, index and key. Without a key the documents wait.
    ///
    /// # Errors
    /// A damaged root or index, a key that does not open.
    pub fn open(config: &'a Config, clock: &'a dyn Clock) -> Result<Self, Error> {
        let signer = match &config.signing {
            Some(signing) => Some(sign::keys::software::open(signing)? as Box<dyn RawSigner>),
            None => None,
        };
        Ok(Self {
            config,
            archive: Archive::open(&config.folders.archive, &config.staging())?,
            index: Index::open(&config.folders.index)?,
            signer,
            clock,
        })
    }

    /// Takes a batch to its end, or says what it waits for; writes the receipt either way.
    pub fn process(&self, batch: &ScanBatch) -> Answer {
        let started = Instant::now();
        let mut pages_in = None;
        let outcome = match self.journey(batch, &mut pages_in) {
            Ok(outcome) => outcome,
            Err(error) if error.is_retryable() => self.keep_waiting(batch, error),
            Err(error) => self.refuse(batch, error),
        };
        Answer { outcome, pages_in, seconds: started.elapsed().as_secs_f64() }
    }

    fn journey(&self, batch: &ScanBatch, pages_in: &mut Option<usize>) -> Result<Outcome, Error> {
        if let Some(outcome) = self.finished_before(batch)? {
            return Ok(outcome);
        }
        let scans = pages::open_batch(batch, &self.config.limits)?;
        *pages_in = Some(scans.page_count());
        require_promised_pages(batch, scans.page_count())?;

        let metadata = describe::metadata(batch, self.config, self.clock.now());
        let composed = batch.folder.join(COMPOSED);
        durable::remove_file(&composed)?; // of an earlier try
        let document = compose::compose(scans.in_order(self.config.workers), &metadata.borrow(), &composed)?;

        let signer = self.signer.as_deref().ok_or(JourneyError::NoKey)?;
        let mut staged = self.archive.stage(batch.record)?;
        let request = describe::signature_request(self.config, self.clock.now());
        let signed = sign::seal(&document.path, &staged.path_of(describe::DOCUMENT)?, signer, &request.borrow())?;

        let on_disk = staged.adopt(describe::DOCUMENT)?;
        require(on_disk == signed.digests, JourneyError::WrittenBytesDiffer)?;
        read_back::structure::check(&signed.path, &document.pages)?;
        let facts = read_back::signature::check(&signed.path, request.claimed_time)?;

        for (n, file) in batch.files.iter().enumerate() {
            let digests = staged.copy_in(&describe::stored_as(n, file), &file.path)?;
            require(digests == file.digests, JourneyError::OriginalChanged)?;
        }
        let description = describe::record(batch, self.config, &metadata, &document, &signed, &facts, self.clock.now());
        staged.write(describe::DESCRIPTION, &describe::to_json(&description))?;

        let _turn = CommitTurn::take(&self.config.folders.work)?;
        if let Some(outcome) = self.finished_before(batch)? {
            return Ok(outcome);
        }
        staged.commit(description.archived, "digitised at the counter", &self.config.agency.name)?;
        self.finish(batch, &description)?;
        Ok(Outcome::Archived(Box::new(description)))
    }

    /// Index, receipt, removal of the claimed original: what follows once the record is in the archive.
    fn finish(&self, batch: &ScanBatch, description: &RecordDescription) -> Result<(), Error> {
        self.index.insert(description)?;
        let verdict = Verdict::Archived {
            pages: description.pages.len(),
            document: description.document_sha256,
            remarks: &description.remarks,
        };
        self.receipt(batch, description.record, verdict)?;
        durable::remove_tree(&batch.folder)?;
        Ok(())
    }
}

/// The endings of a journey.
impl Pipeline<'_> {
    /// A crash may have come after the archive took the record, and another drop may have brought
    /// the same content before: in both cases only the rest remains to be done.
    fn finished_before(&self, batch: &ScanBatch) -> Result<Option<Outcome>, Error> {
        if let Some(object) = self.archive.object(batch.record)? {
            let description = object.description()?;
            self.finish(batch, &description)?;
            return Ok(Some(Outcome::Archived(Box::new(description))));
        }
        let Some(held) = self.index.with_content(&describe::content_digest(batch))? else { return Ok(None) };
        if !self.holds_good_originals(held, batch)? {
            return Ok(None);
        }
        self.receipt(batch, held, Verdict::Duplicate)?;
        durable::remove_tree(&batch.folder)?;
        Ok(Some(Outcome::Duplicate(held)))
    }

    /// Nothing is dropped as a duplicate of a record whose bytes are not there, whole and equal.
    fn holds_good_originals(&self, held: RecordId, batch: &ScanBatch) -> Result<bool, Error> {
        let Some(object) = self.archive.object(held)? else { return Ok(false) };
        let description = object.description()?;
        if description.originals.len() != batch.files.len() {
            return Ok(false);
        }
        for (original, file) in description.originals.iter().zip(&batch.files) {
            let path = object.content_path(&original.stored_as)?;
            let found = durable::open_regular(&path).and_then(Digests::of_reader);
            if !found.is_ok_and(|digests| digests == file.digests) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn keep_waiting(&self, batch: &ScanBatch, error: Error) -> Outcome {
        tracing::warn!(record = %batch.record, code = error.code(), cause = %error, "waiting");
        let written = self.receipt(batch, batch.record, Verdict::Waiting { reason: &error });
        log_failure(batch, "receipt not written", written);
        Outcome::Waiting(error)
    }

    fn refuse(&self, batch: &ScanBatch, error: Error) -> Outcome {
        tracing::warn!(record = %batch.record, code = error.code(), cause = %error, "refused");
        match self.quarantine(batch, &error) {
            Ok(()) => Outcome::Quarantined(error),
            Err(unable) => Outcome::Waiting(unable),
        }
    }

    fn quarantine(&self, batch: &ScanBatch, error: &Error) -> Result<(), Error> {
        quarantine::decide(&batch.folder, &Reason::of(error, self.clock.now()))?;
        self.receipt(batch, batch.record, Verdict::Refused { reason: error })?;
        quarantine::take(&batch.folder, &self.config.folders.quarantine)?;
        Ok(())
    }

    fn receipt(&self, batch: &ScanBatch, record: RecordId, verdict: Verdict<'_>) -> Result<(), Error> {
        let receipt = Receipt {
            station: &batch.station,
            dropped_as: batch.name(),
            files: batch.files.len(),
            record,
            dossier: batch.slip.dossier.as_ref(),
            at: self.clock.now(),
            verdict,
        };
        receipt.write(&self.config.folders.outbox)?;
        Ok(())
    }
}

fn require_promised_pages(batch: &ScanBatch, found: usize) -> Result<(), JourneyError> {
    match batch.slip.pages {
        Some(promised) if promised != found => Err(JourneyError::PageCount { promised, found }),
        _ => Ok(()),
    }
}

fn require(holds: bool, otherwise: JourneyError) -> Result<(), JourneyError> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn log_failure(batch: &ScanBatch, what: &str, result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::error!(record = %batch.record, code = error.code(), cause = %error, "{what}");
    }
}
