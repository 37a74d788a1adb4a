//! The whole check of an office: its archive against inventories, signatures, the index and the ledger; the ledger by
//! itself; the replicas; and for how long each document proves its signatures yet.
//!
//! ```text
//! ledger by itself ─► what ledger and index say ─► the archive, part by part ─► what still is so ─► replicas
//! ```
//!
//! What `sohoa verify` and the nightly run have in common: which checks there are, and in what order, so that what a
//! daemon archives meanwhile is no finding. Nothing is written, nothing mended; the words are [`crate::cli`]'s.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::archive::{ArchiveReader, ArchivedObject};
use crate::config::{Config, Limits};
use crate::describe;
use crate::disposal::check::check as check_disposals;
use crate::error::{Error, JourneyError};
use crate::index::{Index, IndexError};
use crate::journal::CommitTurn;
use crate::office_ledger::audit::{Audited, audit};
use crate::office_ledger::facts::add_facts;
use crate::record::{
    Clock, Finding, FindingCode, RecordDescription, RecordId, Severity, Sha256Digest, SystemClock,
};
use crate::replica::check::check as check_replicas;
use crate::second_opinion;
use crate::sign::augment::inspect;
use crate::validate::{Question, Validator};
use crate::verify::proof::{Proofs, ProvenRecord};
use crate::verify::{
    Accounts, LedgerFacts, Part, Slice, VerifyReport, Vouched, Watch, verify_part,
};

/// A check that goes on: what ledger and index said when it began, and what the documents proved so far.
pub struct Inspection<'a> {
    config: &'a Config,
    archive: ArchiveReader,
    /// The ledger by itself.
    pub audited: Audited,
    /// Why the index says nothing: each record is missing from it then.
    pub index_fault: Option<IndexError>,
    index: BTreeMap<RecordId, Sha256Digest>,
    ledger: LedgerRead,
    validator: Validator,
    proofs: Mutex<Proofs>,
}

impl<'a> Inspection<'a> {
    /// Reads what ledger and index say.
    ///
    /// # Errors
    /// The trust store cannot be read.
    pub fn begin(config: &'a Config) -> Result<Self, Error> {
        let audited = audit(config);
        // Before the archive is looked at: what is in the ledger was in the archive first.
        let mut ledger = LedgerRead::of(config);
        let is_doubtful = |it: &Finding| it.severity() != Severity::Notice;
        ledger.facts.is_proven = !audited.findings.iter().any(is_doubtful);
        let index = Index::open(&config.folders.index).and_then(|index| index.facts());
        let (index, index_fault) = match index {
            Ok(index) => (index, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        let now = SystemClock.now();
        let question = Question::at(now);
        // One entry a record, as in the index.
        let proofs = Proofs::new(now, config.timestamp.renew_days, usize::MAX);
        Ok(Self {
            config,
            archive: ArchiveReader::at(&config.folders.archive),
            audited,
            index_fault,
            index,
            ledger,
            validator: Validator::of_office(&config.trust, whole_records(config), question)?,
            proofs: Mutex::new(proofs),
        })
    }

    /// Takes nobody's word: every digest of every file is computed, and each reader of a document computes its own.
    pub fn trust_nobody(&mut self) {
        self.ledger.facts.is_proven = false;
    }

    /// What the ledger says, where it can be read.
    #[must_use]
    pub fn ledger(&self) -> Option<&LedgerFacts> {
        self.ledger.facts()
    }

    /// What the index says.
    #[must_use]
    pub fn index(&self) -> &BTreeMap<RecordId, Sha256Digest> {
        &self.index
    }

    /// Checks a part of the archive. What index, ledger and archive seemed to disagree on was looked at again while
    /// nobody committed.
    ///
    /// # Errors
    /// The storage root cannot be listed; the turn to commit cannot be had.
    pub fn check(&mut self, part: Part<'_>, watch: &dyn Watch) -> Result<VerifyReport, Error> {
        let accounts = Accounts {
            index: &self.index,
            ledger: self.ledger.facts(),
        };
        let check = |object: &ArchivedObject, description: &RecordDescription, vouched| {
            self.count_proof(object);
            self.check_document(object, description, vouched)
        };
        // While one waits for the disk, another digests.
        let workers = 2 * self.config.workers;
        let mut report = verify_part(&self.archive, accounts, (part, watch), &check, workers)?;
        report.findings = self.still_true(report.findings)?;
        Ok(report)
    }

    /// Whether a record's document is what it should be, and its signatures hold.
    #[must_use]
    pub fn check_document(
        &self,
        object: &ArchivedObject,
        description: &RecordDescription,
        vouched: Vouched,
    ) -> Vec<Finding> {
        second_opinion::check_document(object, description, &self.validator, vouched)
    }

    /// Checks the same slice of each replica.
    #[must_use]
    pub fn check_replicas(&self, slice: Slice) -> Vec<Finding> {
        let workers = self.config.workers;
        check_replicas(self.config, self.ledger.facts(), slice, workers)
    }

    /// Checks what is kept of disposals, and the register of people's acts about retention.
    #[must_use]
    pub fn check_disposals(&self) -> Vec<Finding> {
        check_disposals(self.config, self.ledger.facts())
    }

    /// What the documents that were checked prove.
    #[must_use]
    pub fn into_proofs(self) -> Proofs {
        self.proofs
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn count_proof(&self, object: &ArchivedObject) {
        let proven = proven(object);
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        match proven {
            Ok(proven) => proofs.add(proven),
            // Whether the signature holds is told by the check.
            Err(_) => proofs.add_unknown(),
        }
    }

    fn still_true(&mut self, mut findings: Vec<Finding>) -> Result<Vec<Finding>, Error> {
        let in_doubt = |finding: &Finding| {
            matches!(
                finding.code,
                FindingCode::IndexMissing
                    | FindingCode::ArchiveMissing
                    | FindingCode::LedgerMissing
                    | FindingCode::DisposedPresent
            ) || finding
                .record
                .is_some_and(|record| !self.archive.folder_of(record).exists())
        };
        if !findings.iter().any(in_doubt) {
            return Ok(findings);
        }
        let _turn = CommitTurn::take(&self.config.folders.work)?;
        let indexed = Index::open(&self.config.folders.index)
            .and_then(|index| index.facts())
            .unwrap_or_default();
        self.ledger.read_on(self.config);
        let (ledger, archive) = (&self.ledger, &self.archive);
        findings.retain(|finding| match (finding.code, finding.record) {
            (FindingCode::LedgerMissing, Some(record)) => !ledger.has(record, finding),
            (FindingCode::IndexMissing, Some(record)) => !indexed.contains_key(&record),
            (FindingCode::ArchiveMissing, Some(record)) => {
                !archive.contains(record).unwrap_or(false) && !ledger.facts.is_disposed(record)
            }
            (FindingCode::DisposedPresent, Some(record)) => archive.folder_of(record).exists(),
            (FindingCode::IndexDiffers, _) => true,
            // It was disposed of while it was read.
            (_, Some(record)) => {
                !ledger.facts.is_disposed(record) || archive.folder_of(record).exists()
            }
            _ => true,
        });
        Ok(findings)
    }
}

/// What a record's document proves now: read from the document, since `record.json` says what was reached when it
/// was written.
///
/// # Errors
/// The document is not there, or cannot be read as a signed PDF.
pub fn proven(object: &ArchivedObject) -> Result<ProvenRecord, Error> {
    let record = object.record();
    let document = object.content_path(describe::DOCUMENT);
    let document = document.ok_or_else(|| JourneyError::Damaged {
        record,
        logical: describe::DOCUMENT.to_owned(),
    })?;
    let proof = inspect(&document)?;
    Ok(ProvenRecord {
        until: proof.until,
        record,
        level: proof.level,
        limit: proof.limit.as_str(),
    })
}

/// A record's document may be longer than what comes in at once: it is put together of several files.
fn whole_records(config: &Config) -> Limits {
    config.limits.admitting(4 * config.limits.file_bytes())
}

/// What the ledger says, and how far it was read; why it cannot be read, the audit tells.
struct LedgerRead {
    facts: LedgerFacts,
    to: Option<u64>,
}

impl LedgerRead {
    fn of(config: &Config) -> Self {
        let mut facts = LedgerFacts::default();
        let to = add_facts(&config.ledger.folder, 0, &mut facts).ok();
        Self { facts, to }
    }

    fn facts(&self) -> Option<&LedgerFacts> {
        self.to.map(|_| &self.facts)
    }

    fn read_on(&mut self, config: &Config) {
        if let Some(from) = self.to {
            self.to = add_facts(&config.ledger.folder, from, &mut self.facts).ok();
        }
    }

    /// Whether the version that a finding is about stands in the ledger by now.
    fn has(&self, record: RecordId, finding: &Finding) -> bool {
        let path = finding.path.as_deref().unwrap_or_default();
        let version = path.rsplit_once("/v").map(|(_, digits)| digits.parse());
        matches!(version, Some(Ok(version)) if self.facts.has(record, version))
    }
}
