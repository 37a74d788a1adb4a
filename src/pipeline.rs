//! The journey of one document, on one screen: [`Pipeline::journey`].
//!
//! Every step may be repeated: a crash anywhere leaves the claimed original in `work/`, and the next
//! try starts at the beginning, or, when the record is in the archive already, after that. The order
//! is archive → index → receipt → remove the claimed original. The only module that knows all
//! stages; it does none of their work.

use std::sync::OnceLock;
use std::time::Instant;

use jiff::Timestamp;

use crate::archive::{Archive, ArchivedObject, StagedObject, User};
use crate::capture::{self, CaptureError, Job, ScanBatch, Taking};
use crate::compose::{self, PageContent, PdfaDocument};
use crate::config::Config;
use crate::describe;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::pages::{PagePool, Scans};
use crate::quarantine::{self, Reason};
use crate::read_back;
use crate::receipt::{Receipt, Verdict};
use crate::record::{Clock, Digests, DossierCode, ExitCode, Explain, RecordDescription, RecordId};
use crate::sign::{self, SignatureRequest, SignedDocument, SoftwareKey};

/// What the journey needs: opened once, shared by all workers.
pub struct Pipeline<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    archive: Archive,
    index: Index,
    signer: OnceLock<SoftwareKey>,
    pages: PagePool,
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
    /// In the inbox again: somebody was still writing.
    GivenBack,
    /// In quarantine, with this reason.
    Quarantined(Error),
    /// This program failed, not the document, which waits for the next start.
    StoppedByABug,
}

/// The answer to one document.
#[derive(Debug)]
pub struct Answer {
    /// The record's number.
    pub record: RecordId,
    /// How it ended.
    pub outcome: Outcome,
    /// Pages found in the files, where they could be opened.
    pub pages_in: Option<usize>,
    /// Wall time of the journey.
    pub seconds: f64,
}

impl Answer {
    /// For a journey that panicked; its job's folder is as the panic left it.
    #[must_use]
    pub fn stopped_by_a_bug(record: RecordId) -> Self {
        Self {
            record,
            outcome: Outcome::StoppedByABug,
            pages_in: None,
            seconds: 0.0,
        }
    }
}

/// A journey that needs only its receipt.
enum Arrival {
    Archived(Box<RecordDescription>),
    Duplicate(RecordId),
}

/// What is learnt on the way and told whatever the end.
#[derive(Default)]
struct Learnt {
    pages_in: Option<usize>,
    dossier: Option<DossierCode>,
}

impl<'a> Pipeline<'a> {
    /// Opens archive and index.
    ///
    /// # Errors
    /// A damaged root or index.
    pub fn open(config: &'a Config, clock: &'a dyn Clock) -> Result<Self, Error> {
        Ok(Self {
            config,
            clock,
            archive: Archive::open(&config.folders.archive, &config.staging())?,
            index: Index::open(&config.folders.index)?,
            signer: OnceLock::new(),
            pages: PagePool::new(config.workers),
        })
    }

    fn journey(&self, job: &Job, learnt: &mut Learnt) -> Result<Arrival, Error> {
        let now = self.clock.now();
        let profile = self.config.profile_of(&job.station);
        let batch = job.open_batch(profile, &self.config.limits)?;
        learnt.dossier.clone_from(&batch.slip.dossier);
        if let Some(held) = self.held_already(&batch)? {
            return Ok(Arrival::Duplicate(held));
        }
        let scans = Scans::open(batch.paths(), &batch.profile, &self.config.limits)?;
        learnt.pages_in = Some(scans.page_count());
        require_promised_pages(&batch, scans.page_count())?;

        let document = self.compose(&batch, &scans, now)?;
        let mut object = self.archive.stage(batch.record)?;
        let signed = self.sign(&document, &mut object, now)?;
        keep_originals(&batch, &mut object)?;
        let remarks = self.read_back(&batch, &document, &signed, now)?;
        let description = describe::record(
            &batch,
            job.taking,
            self.config,
            &document,
            &signed,
            remarks,
            now,
        );
        object.write(describe::DESCRIPTION, &describe::to_json(&description))?;
        self.archive_once(&batch, object, description)
    }

    /// Takes a job to its end, or says what it waits for; writes the receipt either way.
    pub fn process(&self, job: Job) -> Answer {
        let started = Instant::now();
        let record = job.record;
        let mut learnt = Learnt::default();
        let outcome = match self.resume_or_travel(&job, &mut learnt) {
            Ok(arrival) => self.arrive(job, &learnt, arrival),
            Err(Error::Capture(CaptureError::StillWritten { .. }))
                if job.taking == Taking::Moved =>
            {
                self.give_back(job)
            }
            Err(error) if is_the_documents(&error) => self.refuse(&job, &learnt, error),
            Err(error) => self.keep_waiting(&job, &learnt, error),
        };
        Answer {
            record,
            outcome,
            pages_in: learnt.pages_in,
            seconds: started.elapsed().as_secs_f64(),
        }
    }
}

/// The composed, not yet signed PDF in a job's folder.
const COMPOSED: &str = "composed.pdf";

/// The journey's steps, each a stage or two.
impl Pipeline<'_> {
    fn compose(
        &self,
        batch: &ScanBatch,
        scans: &Scans,
        now: Timestamp,
    ) -> Result<PdfaDocument, Error> {
        let path = batch.folder.join(COMPOSED);
        durable::remove_file(&path)?; // of an earlier try
        let metadata = describe::metadata(batch, self.config, now);
        let pages = scans
            .in_order(&self.pages)
            .map(|page| page.map(PageContent::from));
        Ok(compose::compose(pages, &metadata, &path)?)
    }

    /// Signs straight into the staged object, and makes sure that the disk holds what was signed.
    fn sign(
        &self,
        document: &PdfaDocument,
        object: &mut StagedObject<'_>,
        now: Timestamp,
    ) -> Result<SignedDocument, Error> {
        let signer = self.signer()?;
        let request = SignatureRequest {
            appearance: Some(describe::appearance(self.config)),
            ..SignatureRequest::at(now)
        };
        let place = object.path_of(describe::DOCUMENT)?;
        let signed = sign::seal(&document.path, &place, signer, &request)?;
        let on_disk = object.adopt(describe::DOCUMENT)?;
        require(on_disk == signed.digests, JourneyError::WrittenBytesDiffer)?;
        Ok(signed)
    }

    /// The second opinion, from disk; returns what a person should see although all is well.
    fn read_back(
        &self,
        batch: &ScanBatch,
        document: &PdfaDocument,
        signed: &SignedDocument,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        read_back::structure::check(&signed.path, &document.pages)?;
        let facts = read_back::signature::check(&signed.path, now)?;
        let ours = facts.certificate_sha256 == signed.signature.certificate_sha256;
        require(ours, JourneyError::WrittenBytesDiffer)?;
        let originals: Vec<_> = batch.paths().collect();
        let unseen = read_back::raster::check(&signed.path, &originals, &document.pages)?;
        Ok(describe::remarks(
            batch,
            self.config,
            document,
            &facts,
            &unseen,
        ))
    }

    /// One commit at a time, so that content which came twice at once is one record.
    fn archive_once(
        &self,
        batch: &ScanBatch,
        object: StagedObject<'_>,
        description: RecordDescription,
    ) -> Result<Arrival, Error> {
        let _turn = CommitTurn::take(&self.config.folders.work)?;
        if let Some(held) = self.held_already(batch)? {
            return Ok(Arrival::Duplicate(held));
        }
        let agency = User {
            name: self.config.agency.name.clone(),
            address: self.config.agency.address.clone(),
        };
        let object = object.commit(description.archived, "digitised at the counter", &agency)?;
        let text = object.text(&description)?;
        self.index.insert(&description, text.as_deref())?;
        Ok(Arrival::Archived(Box::new(description)))
    }
}

/// Before and after the journey.
impl Pipeline<'_> {
    /// The key, opened when it is first needed: a key that is missing or does not open makes
    /// documents wait and stops nothing, and once it does open they are signed without a restart.
    fn signer(&self) -> Result<&SoftwareKey, Error> {
        if let Some(open) = self.signer.get() {
            return Ok(open);
        }
        let signing = self.config.signing.as_ref().ok_or(JourneyError::NoKey)?;
        let key = describe::open_key(signing)?;
        Ok(self.signer.get_or_init(|| key))
    }

    /// Indexes a record that an earlier process left in the archive, perhaps without its row.
    ///
    /// Run over all jobs before the first new one, so that content which is in the archive already
    /// is found in the index when it is dropped again. `None`: no such record yet.
    ///
    /// # Errors
    /// The archive or the index does not answer.
    pub fn index_if_archived(&self, record: RecordId) -> Result<Option<RecordDescription>, Error> {
        // It may have got its name from a process that died, or failed, before the name was synced.
        if !self.archive.contains(record)? {
            return Ok(None);
        }
        let Some(object) = self.archive.reader().object(record)? else {
            return Ok(None);
        };
        let description = object.description()?;
        let text = object.text(&description)?;
        self.index.insert(&description, text.as_deref())?;
        Ok(Some(description))
    }

    /// Removes what dead processes left half put together, of records that nobody works on.
    ///
    /// # Errors
    /// The disk's.
    pub fn discard_abandoned(&self) -> Result<(), Error> {
        let work = &self.config.folders.work;
        let has_job = |record: RecordId| work.join(record.to_string()).exists();
        Ok(self.archive.discard_staged_unless(has_job)?)
    }

    fn resume_or_travel(&self, job: &Job, learnt: &mut Learnt) -> Result<Arrival, Error> {
        match self.index_if_archived(job.record)? {
            Some(description) => {
                self.archive.discard_staged(job.record);
                learnt.dossier.clone_from(&description.dossier);
                Ok(Arrival::Archived(Box::new(description)))
            }
            None => self.journey(job, learnt),
        }
    }

    /// The record that holds the same content, if its originals are there, whole and equal: nothing
    /// is dropped as a duplicate of bytes that have gone bad.
    fn held_already(&self, batch: &ScanBatch) -> Result<Option<RecordId>, Error> {
        for held in self.index.with_content(&describe::content_digest(batch))? {
            if let Some(object) = self.archive.reader().object(held)?
                && holds_originals(&object, &object.description()?, batch)
            {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    fn arrive(&self, job: Job, learnt: &Learnt, arrival: Arrival) -> Outcome {
        let written = match &arrival {
            Arrival::Archived(description) => {
                let verdict = Verdict::Archived {
                    pages: description.pages.len(),
                    document: description.document_sha256,
                    remarks: &description.remarks,
                };
                self.receipt(&job, learnt, job.record, verdict)
            }
            Arrival::Duplicate(held) => self.receipt(&job, learnt, *held, Verdict::Duplicate),
        };
        match written.and_then(|()| Ok(job.finish()?)) {
            Ok(()) => match arrival {
                Arrival::Archived(description) => Outcome::Archived(description),
                Arrival::Duplicate(held) => Outcome::Duplicate(held),
            },
            Err(error) => Outcome::Waiting(error),
        }
    }

    fn give_back(&self, job: Job) -> Outcome {
        match capture::give_back(job, &self.config.folders.inbox) {
            Ok(()) => Outcome::GivenBack,
            Err(error) => Outcome::Waiting(error.into()),
        }
    }

    fn keep_waiting(&self, job: &Job, learnt: &Learnt, error: Error) -> Outcome {
        if let Err(unwritten) =
            self.receipt(job, learnt, job.record, Verdict::Waiting { reason: &error })
        {
            tracing::error!(record = %job.record, code = unwritten.code(), cause = %unwritten, "no receipt");
        }
        Outcome::Waiting(error)
    }

    fn refuse(&self, job: &Job, learnt: &Learnt, error: Error) -> Outcome {
        match self.quarantine(job, learnt, &error) {
            Ok(()) => Outcome::Quarantined(error),
            Err(unable) => Outcome::Waiting(unable),
        }
    }

    fn quarantine(&self, job: &Job, learnt: &Learnt, error: &Error) -> Result<(), Error> {
        durable::remove_file(&job.folder.join(COMPOSED))?;
        quarantine::decide(&job.folder, &Reason::of(error, self.clock.now()))?;
        self.receipt(job, learnt, job.record, Verdict::Refused { reason: error })?;
        quarantine::take(&job.folder, &self.config.folders.quarantine)?;
        Ok(())
    }

    fn receipt(
        &self,
        job: &Job,
        learnt: &Learnt,
        record: RecordId,
        verdict: Verdict<'_>,
    ) -> Result<(), Error> {
        let receipt = Receipt {
            job: job.record,
            station: &job.station,
            dropped_as: job.files.first().map_or("_", |file| &file.dropped_as),
            files: job.files.len(),
            record,
            dossier: learnt.dossier.as_ref(),
            at: self.clock.now(),
            verdict,
        };
        receipt.write(&self.config.folders.outbox)?;
        Ok(())
    }
}

/// Whether a document is refused for an error. A disk, an index, a key or a configuration that is not
/// as it should be is no fault of the scan, which waits until a person has mended it, however long.
fn is_the_documents(error: &Error) -> bool {
    matches!(error.exit_code(), ExitCode::Refused | ExitCode::Bug) && !error.is_retryable()
}

fn holds_originals(
    object: &ArchivedObject,
    description: &RecordDescription,
    batch: &ScanBatch,
) -> bool {
    let is_whole = |logical: &str, expected: &Digests| {
        let path = object.content_path(logical);
        let found = path.and_then(|path| {
            durable::open_regular(&path)
                .and_then(Digests::of_reader)
                .ok()
        });
        found.as_ref() == Some(expected)
    };
    description.originals.len() == batch.files.len()
        && description
            .originals
            .iter()
            .zip(&batch.files)
            .all(|(original, file)| is_whole(&original.stored_as, &file.digests))
}

/// The files as dropped, bit for bit, beside the document made of them.
fn keep_originals(batch: &ScanBatch, object: &mut StagedObject<'_>) -> Result<(), Error> {
    for (number, file) in batch.files.iter().enumerate() {
        let digests = object.copy_in(&describe::stored_as(number, file), &file.path)?;
        require(digests == file.digests, JourneyError::OriginalChanged)?;
    }
    Ok(())
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
