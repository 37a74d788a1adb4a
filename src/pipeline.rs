//! The journey of one document, on one screen: [`Pipeline::journey`].
//!
//! Every step may be repeated: a crash anywhere leaves the claimed original in `work/`, and the next
//! try starts at the beginning, or, when the record is in the archive already, after that. The order
//! is archive → ledger → index → receipt → remove the claimed original. The only module that knows all
//! stages; it does none of their work.

use std::time::Instant;

use jiff::Timestamp;

use crate::answer::{Answer, Arrival, Learnt, is_the_documents};
use crate::archive::{Archive, ArchivedObject, StagedObject, User, VersionNumber};
use crate::capture::{CaptureError, Job, Parent, Part, ScanBatch, Taking};
use crate::compose::PdfaDocument;
use crate::config::{Config, TextReading};
use crate::contents::{self, LateDoubts, Material};
use crate::describe;
use crate::divide;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::journal::CommitTurn;
use crate::live_index::LiveIndex;
use crate::office_ledger::OfficeLedger;
use crate::pages::{PagePool, Scans};
use crate::read_back::{self, Streams};
use crate::recognise::{ReadPage, Readers, cover_sheet, fields, kept};
use crate::record::{Clock, Digests, RecordDescription, RecordId, Written};
use crate::remarks;
use crate::second_look::{self, Looked};
use crate::second_opinion;
use crate::signed_originals::SignedOriginals;
use crate::signing::{Sealed, Signing, Turns};
use crate::validate::{Question, Validator};
use crate::worklist::{self, Desk, Findings, Settlement, WorklistError};

/// What the journey needs: opened once, shared by all workers.
pub struct Pipeline<'a> {
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) archive: Archive,
    pub(crate) index: LiveIndex,
    pub(crate) ledger: OfficeLedger<'a>,
    pub(crate) signing: Signing<'a>,
    pub(crate) pages: PagePool,
    pub(crate) readers: Readers,
}

impl<'a> Pipeline<'a> {
    /// Opens archive and index; an index that cannot be used is made anew.
    ///
    /// # Errors
    /// A damaged root, a disk that does not answer.
    pub fn open(config: &'a Config, clock: &'a dyn Clock) -> Result<Self, Error> {
        let archive = Archive::open(&config.folders.archive, &config.staging())?;
        Ok(Self {
            config,
            clock,
            index: LiveIndex::open(config, &archive)?,
            archive,
            ledger: OfficeLedger::new(config),
            signing: Signing::new(config),
            pages: PagePool::new(config.workers),
            readers: Readers::new(config.workers),
        })
    }

    fn journey(&self, job: &Job, learnt: &mut Learnt) -> Result<Arrival, Error> {
        let now = self.clock.now();
        let batch = self.open_batch(job)?;
        learnt.dossier.clone_from(&batch.slip.dossier);
        if let Some(held) = self.held_already(&batch)? {
            self.ledger.settle_alone(held, &self.archive)?;
            return Ok(Arrival::Duplicate(held));
        }
        let scans = self.open_scans(&batch)?;
        learnt.pages_in = Some(scans.page_count());

        let looked = self.look_again(&batch, &scans)?;
        let scans = looked.apply(scans);
        let reading = self.read(&batch, &scans)?;
        if let Some(parts) = self.parts(&batch, &reading, now)? {
            let page_counts = &scans.page_counts();
            let parent = Parent {
                job,
                batch: &batch,
                page_counts,
            };
            let jobs = divide::carry_out(&[parent], &parts, &reading)?;
            return Ok(Arrival::Divided(jobs));
        }
        let known = self.settle(job, &batch, &scans, (reading, looked), now)?;
        learnt.dossier.clone_from(&known.settled.dossier);

        // Nothing is put together that nobody can sign yet, or that could not be entered in the ledger.
        let turns = self.signing.turns(&batch, known.settled.kind.as_ref())?;
        turns.require_key(now)?;
        self.ledger.require_sound(&self.archive)?;
        let document = self.compose(&batch, &scans, &known, turns.composed_at(now))?;
        let mut object = self.archive.stage(batch.record)?;
        let sealed = sign(turns, &document, &mut object, now)?;
        keep_originals(&batch, &mut object)?;
        known.signed_originals.keep(&mut object)?;
        let text = keep_text(&known, &mut object)?;
        let remarks = self.read_back(&batch, &known, &document, &sealed, now)?;
        let made = describe::Made {
            batch: &batch,
            config: self.config,
            known,
            document: &document,
            sealed,
            text: text.is_some(),
            remarks,
        };
        let description = describe::record(made, now);
        object.write(describe::DESCRIPTION, &describe::to_json(&description))?;
        self.archive_once(&batch, object, description, text.as_deref())
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
        let answer = Answer {
            record,
            outcome,
            pages_in: learnt.pages_in,
            seconds: started.elapsed().as_secs_f64(),
        };
        self.signing.note(record, answer.needs_session());
        answer
    }
}

/// The composed, not yet signed PDF in a job's folder.
pub(crate) const COMPOSED: &str = "composed.pdf";

/// The journey's steps, each a stage or two.
impl Pipeline<'_> {
    /// What the pages say, kept in the job's folder for the next try; nothing where reading is off.
    pub(crate) fn read(&self, batch: &ScanBatch, scans: &Scans) -> Result<Vec<ReadPage>, Error> {
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

    /// What speaks against pages that were drawn from a PDF.
    fn look_again(&self, batch: &ScanBatch, scans: &Scans) -> Result<Looked, Error> {
        second_look::look(scans, &self.pages, Some(&batch.folder), describe::CONVERTER)
    }

    /// The documents that its separator sheets make of it. What was divided before has none.
    fn parts(
        &self,
        batch: &ScanBatch,
        reading: &[ReadPage],
        now: Timestamp,
    ) -> Result<Option<Vec<Part>>, Error> {
        if batch.selection.is_some() {
            return Ok(None);
        }
        let key = cover_sheet::Key::open_file(&self.config.cover_sheet_key)?;
        let Some(mut parts) = divide::at_separators(batch, reading, key.as_ref(), now)? else {
            return Ok(None);
        };
        let decisions = Desk::of(&batch.folder).decisions()?;
        let promised = divide::is_promised(batch, &parts, reading.len(), &decisions);
        divide::hand_down(&mut parts, &decisions);
        Ok(promised.then_some(parts))
    }

    /// Whose it is and which pages it has, or that a person must decide.
    fn settle(
        &self,
        job: &Job,
        batch: &ScanBatch,
        scans: &Scans,
        (reading, looked): (Vec<ReadPage>, Looked),
        now: Timestamp,
    ) -> Result<describe::Known, Error> {
        let desk = Desk::of(&batch.folder);
        let fields = fields::find(&reading);
        let decisions = desk.decisions()?;
        let originals = self.judge_originals(batch, scans, now)?;
        let findings = Findings {
            batch,
            slip_source: describe::source_of_slip(job.taking),
            page_sources: &scans.sources(),
            pages: &reading,
            fields: &fields,
            doubtful: &looked.doubtful(),
            failed_signatures: &originals.failed(),
            decisions: &decisions,
            unsettled: self.config.unsettled,
        };
        match worklist::settle(&findings) {
            Settlement::Settled(settled) => {
                desk.clear()?;
                let fields = describe::fields_of_document(fields, &settled.pages);
                let signed_originals = originals.shown_by(batch, scans, &settled.pages);
                Ok(describe::Known {
                    settled: *settled,
                    reading,
                    looked,
                    fields,
                    decisions,
                    signed_originals,
                })
            }
            Settlement::Open(open) => {
                let found = worklist::Found {
                    pages: &reading,
                    fields: &fields,
                };
                desk.lay_out(batch, now, &open, scans.page_count(), found)?;
                let questions = open.questions;
                Err(WorklistError::NeedsPerson { questions }.into())
            }
            Settlement::Rejected(reason) => Err(WorklistError::Rejected { reason }.into()),
        }
    }

    /// What the signatures are worth that originals came with.
    fn judge_originals(
        &self,
        batch: &ScanBatch,
        scans: &Scans,
        now: Timestamp,
    ) -> Result<SignedOriginals, Error> {
        let (trust, limits) = (&self.config.trust, self.config.limits);
        let validator = || Validator::of_office(trust, limits, Question::at(now));
        Ok(SignedOriginals::judge(batch, scans, validator)?)
    }

    fn open_batch(&self, job: &Job) -> Result<ScanBatch, Error> {
        let profile = self.config.profile_of(&job.station);
        Ok(job.open_batch(profile, &self.config.limits)?)
    }

    /// A job's files, digested and opened.
    pub(crate) fn open_job(&self, job: &Job) -> Result<(ScanBatch, Scans), Error> {
        let batch = self.open_batch(job)?;
        let scans = self.open_scans(&batch)?;
        Ok((batch, scans))
    }

    /// Opens the files; a document that is part of others' files has only its own pages.
    fn open_scans(&self, batch: &ScanBatch) -> Result<Scans, Error> {
        let scans = Scans::open(batch.paths(), &batch.profile, &self.config.limits)?;
        Ok(match &batch.selection {
            Some(pages) => scans.select(pages)?,
            None => scans,
        })
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
        let metadata = describe::metadata(batch, known, self.config, now);
        let material = Material {
            planned: &known.settled.pages,
            reading: &known.reading,
            looked: &known.looked,
            late_doubts: LateDoubts::Stop,
        };
        let composed = contents::compose(scans, &material, &self.pages, &metadata, &path);
        if let Some(page) = contents::not_looked_at(&composed) {
            second_look::remember(&batch.folder, describe::CONVERTER, page)?;
        }
        Ok(composed?)
    }

    /// The second opinion, from disk; returns what a person should see although all is well.
    fn read_back(
        &self,
        batch: &ScanBatch,
        known: &describe::Known,
        document: &PdfaDocument,
        sealed: &Sealed,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let signed = &sealed.path;
        second_opinion::require_pdfa(signed, &self.config.limits)?;
        read_back::structure::check(signed, &document.pages, Streams::Digested)?;
        let facts = read_back::signature::check_recorded(
            signed,
            &sealed.signatures,
            now,
            Streams::Digested,
        )?;
        second_opinion::require_valid(signed, self.config, now)?;
        let originals: Vec<_> = batch.paths().collect();
        let unseen = read_back::raster::check(signed, &originals, &document.pages)?;
        Ok(remarks::of(
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
        text: Option<&str>,
    ) -> Result<Arrival, Error> {
        let turn = CommitTurn::take(&self.config.folders.work)?;
        if let Some(held) = self.held_already(batch)? {
            self.ledger.settle(held, &self.archive, &turn)?;
            return Ok(Arrival::Duplicate(held));
        }
        let (record, first) = (batch.record, VersionNumber::FIRST);
        let announced = self.ledger.announce(record, first, &self.archive, &turn)?;
        let archived = object.commit(
            description.archived,
            "digitised at the counter",
            &self.agency(),
        )?;
        announced.enter(&archived)?;
        self.index.insert(&description, text)?;
        Ok(Arrival::Archived(Box::new(description)))
    }
}

/// Before and after the journey.
impl Pipeline<'_> {
    /// Who makes versions of objects.
    pub(crate) fn agency(&self) -> User {
        User {
            name: self.config.agency.name.clone(),
            address: self.config.agency.address.clone(),
        }
    }

    /// Enters and indexes a record that an earlier process left in the archive, perhaps without entry or row.
    ///
    /// Run over all jobs before the first new one, so that content which is in the archive already
    /// is found in the index when it is dropped again. `None`: no such record yet.
    ///
    /// # Errors
    /// The archive, the ledger or the index does not answer.
    pub fn index_if_archived(&self, record: RecordId) -> Result<Option<RecordDescription>, Error> {
        // It may have got its name from a process that died, or failed, before the name was synced.
        if !self.archive.contains(record)? {
            return Ok(None);
        }
        let Some(object) = self.archive.reader().object(record)? else {
            return Ok(None);
        };
        self.ledger.settle_alone(record, &self.archive)?;
        self.index_object(&object).map(Some)
    }

    /// Enters an object of the archive into the index, as it is now.
    pub(crate) fn index_object(&self, object: &ArchivedObject) -> Result<RecordDescription, Error> {
        let description = object.description()?;
        let text = object.text(&description)?;
        self.index.insert(&description, text.as_deref())?;
        Ok(description)
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
        self.index.mend(self.config, &self.archive)?;
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

/// Signs straight into the staged object, and makes sure that the disk holds what was signed.
fn sign(
    turns: Turns<'_>,
    document: &PdfaDocument,
    object: &mut StagedObject<'_>,
    now: Timestamp,
) -> Result<Sealed, Error> {
    let place = object.path_of(describe::DOCUMENT)?;
    let sealed = turns.seal(document, &place, now).inspect_err(|_| {
        // It is composed anew at the next try; a long queue need not hold it as well. What it waits for is the error.
        let _ = durable::remove_file(&document.path);
    })?;
    let as_signed = Written::from(object.adopt(describe::DOCUMENT)?) == sealed.digests;
    require(as_signed, JourneyError::WrittenBytesDiffer)?;
    Ok(sealed)
}

/// The files as dropped, bit for bit, beside the document made of them.
fn keep_originals(batch: &ScanBatch, object: &mut StagedObject<'_>) -> Result<(), Error> {
    for (number, file) in batch.files.iter().enumerate() {
        let digests = object.copy_in(&describe::stored_as(number, file), &file.path)?;
        require(digests == file.digests, JourneyError::OriginalChanged)?;
    }
    Ok(())
}

/// What the pages say, as plain text beside the document.
fn keep_text(
    known: &describe::Known,
    object: &mut StagedObject<'_>,
) -> Result<Option<String>, Error> {
    let text = describe::text(known);
    if let Some(text) = &text {
        object.write(describe::TEXT, text.as_bytes())?;
    }
    Ok(text)
}

fn require(holds: bool, otherwise: JourneyError) -> Result<(), JourneyError> {
    if holds { Ok(()) } else { Err(otherwise) }
}
