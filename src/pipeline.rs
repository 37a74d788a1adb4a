//! The journey of one document, on one screen: [`Pipeline::journey`].
//!
//! Every step may be repeated: a crash anywhere leaves the claimed original in `work/`, and the next
//! try starts at the beginning, or, when the record is in the archive already, after that. The order
//! is archive → index → receipt → remove the claimed original. The only module that knows all
//! stages; it does none of their work.

use std::time::Instant;

use crate::archive::{Archive, ArchivedObject, User};
use crate::capture::{self, CaptureError, Job, ScanBatch, Taking};
use crate::compose::{self, PageContent};
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
use crate::record::{Clock, Digests, DossierCode, Explain, RecordDescription, RecordId};
use crate::sign::{self, SignatureRequest, SoftwareKey};

/// What the journey needs: opened once, shared by all workers.
pub struct Pipeline<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    archive: Archive,
    index: Index,
    signer: Option<SoftwareKey>,
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
    /// Opens archive, index and key. Without a key documents wait.
    ///
    /// # Errors
    /// A damaged root or index, a key that does not open.
    pub fn open(config: &'a Config, clock: &'a dyn Clock) -> Result<Self, Error> {
        Ok(Self {
            config,
            clock,
            archive: Archive::open(&config.folders.archive, &config.staging())?,
            index: Index::open(&config.folders.index)?,
            signer: config
                .signing
                .as_ref()
                .map(describe::open_key)
                .transpose()?,
            pages: PagePool::new(config.workers),
        })
    }

    fn journey(&self, job: &Job, learnt: &mut Learnt) -> Result<Arrival, Error> {
        let config = self.config;
        let batch = job.open_batch(config.profile_of(&job.station), &config.limits)?;
        learnt.dossier.clone_from(&batch.slip.dossier);
        if let Some(held) = self.held_already(&batch)? {
            return Ok(Arrival::Duplicate(held));
        }
        let scans = Scans::open(
            batch.files.iter().map(|file| &file.path),
            &batch.profile,
            &config.limits,
        )?;
        learnt.pages_in = Some(scans.page_count());
        require_promised_pages(&batch, scans.page_count())?;

        let composed = batch.folder.join(COMPOSED);
        durable::remove_file(&composed)?; // of an earlier try
        let now = self.clock.now();
        let metadata = describe::metadata(&batch, config, now);
        let pages = scans.in_order(&self.pages);
        let pages = pages.map(|page| page.map(PageContent::from));
        let document = compose::compose(pages, &metadata, &composed)?;

        let signer = self.signer.as_ref().ok_or(JourneyError::NoKey)?;
        let mut staged = self.archive.stage(batch.record)?;
        let request = SignatureRequest {
            appearance: Some(describe::appearance(config)),
            ..SignatureRequest::at(now)
        };
        let signed = sign::seal(
            &document.path,
            &staged.path_of(describe::DOCUMENT)?,
            signer,
            &request,
        )?;

        let on_disk = staged.adopt(describe::DOCUMENT)?;
        require(on_disk == signed.digests, JourneyError::WrittenBytesDiffer)?;
        read_back::structure::check(&signed.path, &document.pages)?;
        let facts = read_back::signature::check(&signed.path, now)?;

        for (number, file) in batch.files.iter().enumerate() {
            let digests = staged.copy_in(&describe::stored_as(number, file), &file.path)?;
            require(digests == file.digests, JourneyError::OriginalChanged)?;
        }
        let description =
            describe::record(&batch, job.taking, config, &document, &signed, &facts, now);
        staged.write(describe::DESCRIPTION, &describe::to_json(&description))?;

        let _turn = CommitTurn::take(&config.folders.work)?;
        if let Some(held) = self.held_already(&batch)? {
            return Ok(Arrival::Duplicate(held));
        }
        let agency = User {
            name: config.agency.name.clone(),
            address: config.agency.address.clone(),
        };
        staged.commit(now, "digitised at the counter", &agency)?;
        self.index.insert(&description)?;
        Ok(Arrival::Archived(Box::new(description)))
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
            Err(error) if error.is_retryable() => self.keep_waiting(&job, &learnt, error),
            Err(error) => self.refuse(&job, &learnt, error),
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

/// Before and after the journey.
impl Pipeline<'_> {
    /// Indexes a record that an earlier process left in the archive, perhaps without its row.
    ///
    /// Run over all jobs before the first new one, so that content which is in the archive already
    /// is found in the index when it is dropped again. `None`: no such record yet.
    ///
    /// # Errors
    /// The archive or the index does not answer.
    pub fn index_if_archived(&self, record: RecordId) -> Result<Option<RecordDescription>, Error> {
        let Some(object) = self.archive.reader().object(record)? else {
            return Ok(None);
        };
        let description = object.description()?;
        self.index.insert(&description)?;
        Ok(Some(description))
    }

    fn resume_or_travel(&self, job: &Job, learnt: &mut Learnt) -> Result<Arrival, Error> {
        match self.index_if_archived(job.record)? {
            Some(description) => {
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

fn require_promised_pages(batch: &ScanBatch, found: usize) -> Result<(), JourneyError> {
    match batch.slip.pages {
        Some(promised) if promised != found => Err(JourneyError::PageCount { promised, found }),
        _ => Ok(()),
    }
}

fn require(holds: bool, otherwise: JourneyError) -> Result<(), JourneyError> {
    if holds { Ok(()) } else { Err(otherwise) }
}
