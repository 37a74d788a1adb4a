//! The journey of one document, on one screen: [`Pipeline::journey`].
//!
//! Every step may be repeated: a crash anywhere leaves the claimed original in `work/`, and the next
//! try starts at the beginning, or, when the record is in the archive already, after that. The order
//! is archive → index → receipt → remove the claimed original. The only module that knows all
//! stages; it does none of their work.

use std::sync::OnceLock;
use std::time::Instant;

use jiff::Timestamp;

use crate::answer::{Answer, Outcome};
use crate::archive::{Archive, ArchivedObject, StagedObject, User};
use crate::capture::{self, CaptureError, Job, ScanBatch, Taking};
use crate::compose::{self, PdfaDocument};
use crate::config::{Config, TextReading};
use crate::describe;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::pages::{PagePool, Scans};
use crate::quarantine::{self, Reason};
use crate::read_back;
use crate::receipt::{Receipt, Verdict};
use crate::recognise::{ReadPage, Readers, fields, kept};
use crate::record::{Clock, Digests, DossierCode, ExitCode, Explain, RecordDescription, RecordId};
use crate::sign::{self, SignatureRequest, SignedDocument, SoftwareKey};
use crate::worklist::{self, Desk, Findings, Settlement, WorklistError};

/// What the journey needs: opened once, shared by all workers.
pub struct Pipeline<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    archive: Archive,
    index: Index,
    signer: OnceLock<SoftwareKey>,
    pages: PagePool,
    readers: Readers,
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
            readers: Readers::new(config.workers),
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

        let reading = self.read(&batch, &scans)?;
        let known = self.settle(job, &batch, &scans, reading, now)?;
        learnt.dossier.clone_from(&known.settled.dossier);

        let document = self.compose(&batch, &scans, &known, now)?;
        let mut object = self.archive.stage(batch.record)?;
        let signed = self.sign(&document, &mut object, now)?;
        keep_originals(&batch, &mut object)?;
        let text = keep_text(&known, &mut object)?;
        let remarks = self.read_back(&batch, &known, &document, &signed, now)?;
        let made = describe::Made {
            batch: &batch,
            config: self.config,
            known,
            document: &document,
            signed: &signed,
            text,
            remarks,
        };
        let description = describe::record(made, now);
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
    /// What the pages say, kept in the job's folder for the next try; nothing where reading is off.
    fn read(&self, batch: &ScanBatch, scans: &Scans) -> Result<Vec<ReadPage>, Error> {
        if self.config.text == TextReading::Off {
            return Ok(Vec::new());
        }
        let reader = self.readers.of(&batch.profile.languages);
        let (folder, count) = (&batch.folder, scans.page_count());
        let has_engine = reader.lacks().is_none();
        if let Some(kept) = kept::load(folder, describe::CONVERTER, count, has_engine) {
            return Ok(kept);
        }
        let pages = scans.each(&self.pages, |image| reader.read_or_fail(&image))?;
        kept::save(folder, describe::CONVERTER, &pages)?;
        Ok(pages)
    }

    /// Whose it is and which pages it has, or that a person must decide.
    fn settle(
        &self,
        job: &Job,
        batch: &ScanBatch,
        scans: &Scans,
        reading: Vec<ReadPage>,
        now: Timestamp,
    ) -> Result<describe::Known, Error> {
        let desk = Desk::of(&batch.folder);
        let fields = fields::find(&reading);
        let decisions = desk.decisions()?;
        let findings = Findings {
            batch,
            slip_source: describe::source_of_slip(job.taking),
            page_sources: &scans.sources(),
            pages: &reading,
            fields: &fields,
            decisions: &decisions,
            unsettled: self.config.unsettled,
        };
        match worklist::settle(&findings) {
            Settlement::Settled(settled) => {
                desk.clear()?;
                Ok(describe::Known {
                    settled: *settled,
                    reading,
                    fields,
                    decisions,
                })
            }
            Settlement::Open(open) => {
                desk.lay_out(batch, now, &open, scans.page_count(), &reading)?;
                let questions = open.questions;
                Err(WorklistError::NeedsPerson { questions }.into())
            }
            Settlement::Rejected(reason) => Err(WorklistError::Rejected { reason }.into()),
        }
    }

    fn compose(
        &self,
        batch: &ScanBatch,
        scans: &Scans,
        known: &describe::Known,
        now: Timestamp,
    ) -> Result<PdfaDocument, Error> {
        let path = batch.folder.join(COMPOSED);
        durable::remove_file(&path)?; // of an earlier try
        let metadata = describe::metadata(batch, &known.settled, self.config, now);
        let planned = &known.settled.pages;
        let pages = scans
            .in_order_of(planned.iter().map(|page| page.number), &self.pages)
            .zip(planned)
            .map(|(image, page)| Ok(describe::page(image?, page, &known.reading)));
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
        known: &describe::Known,
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
            known,
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
        object.commit(description.archived, "digitised at the counter", &agency)?;
        self.index.insert(&description, None)?;
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

/// What the pages say as plain text; returns its name inside the object.
fn keep_text(
    known: &describe::Known,
    object: &mut StagedObject<'_>,
) -> Result<Option<&'static str>, Error> {
    let Some(text) = describe::text(known) else {
        return Ok(None);
    };
    object.write(describe::TEXT, text.as_bytes())?;
    Ok(Some(describe::TEXT))
}

fn require(holds: bool, otherwise: JourneyError) -> Result<(), JourneyError> {
    if holds { Ok(()) } else { Err(otherwise) }
}
