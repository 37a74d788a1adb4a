//! The run over the storage root: threads, what they share, and what makes an object a record.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ledger_facts::Recorded;
use super::object::{self, Problem};
use super::{Accounts, Part, Progress, RecordCheck, Vouched, Watch, description};
use crate::archive::{
    ArchiveError, ArchiveReader, ArchivedObject, ContentPath, DESCRIPTION, Inventory, RootEntry,
    RootFault, object_folder, object_hash, record_of,
};
use crate::record::{Finding, FindingCode, RecordId, Sha256Digest, Written};

/// What the threads write down together.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) findings: Vec<Finding>,
    /// Digests that name the object folders met.
    seen: BTreeSet<Sha256Digest>,
    /// Those of objects that threads have in hand, and the last that one of them took.
    in_hand: BTreeSet<Sha256Digest>,
    last: Option<Sha256Digest>,
    /// Whether the run ended before its end.
    pub(super) is_stopped: bool,
}

impl Tally {
    fn progress(&self) -> Progress<'_> {
        Progress {
            done_below: self.in_hand.first().copied().or(self.last),
            records: self.records,
            files: self.files,
            bytes: self.bytes,
            findings: &self.findings,
        }
    }
}

/// The digest in the name of an object's folder.
fn hash_of(folder: &Path) -> Option<Sha256Digest> {
    folder.file_name()?.to_str()?.parse().ok()
}

/// One run of [`super::verify`].
pub(super) struct Run<'a> {
    archive: &'a ArchiveReader,
    accounts: Accounts<'a>,
    part: Part<'a>,
    watch: &'a dyn Watch,
    check: &'a RecordCheck<'a>,
    /// The records of index and ledger by the digest that names their folder: whose object a damaged folder is.
    places: BTreeMap<Sha256Digest, RecordId>,
    tally: Mutex<Tally>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        archive: &'a ArchiveReader,
        accounts: Accounts<'a>,
        part: Part<'a>,
        watch: &'a dyn Watch,
        check: &'a RecordCheck<'a>,
    ) -> Self {
        let of_ledger = accounts
            .ledger
            .into_iter()
            .flat_map(|facts| facts.records().chain(facts.disposed()));
        let records = accounts.index.keys().copied().chain(of_ledger);
        let places = records.map(|record| (object_hash(record), record));
        Self {
            archive,
            accounts,
            part,
            watch,
            check,
            places: places
                .filter(|(hash, record)| part.contains(hash, *record))
                .collect(),
            tally: Mutex::default(),
        }
    }

    /// Checks everything.
    pub(super) fn finish(self, workers: usize) -> Tally {
        self.root_files();
        let walk = Mutex::new(self.entries());
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| self.work(&walk));
            }
        });
        // What was not met may lie in what was not walked.
        if !self.tally().is_stopped {
            self.accounts_without_archive();
        }
        self.tally
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // A thread that panicked ends the run anyway, in `scope`.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, code: FindingCode, record: Option<RecordId>, path: &Path, detail: String) {
        let path = Some(path.to_string_lossy().into_owned());
        self.tally().findings.push(Finding {
            code,
            record,
            path,
            detail,
        });
    }

    fn root_files(&self) {
        for fault in self.archive.root_faults() {
            let detail = fault.to_string();
            let (code, file) = match fault {
                RootFault::Missing(file) | RootFault::Differs(file) => {
                    (FindingCode::RootInvalid, file)
                }
                RootFault::Unreadable(file, _) => (FindingCode::Unreadable, file),
            };
            self.found(code, None, Path::new(file), detail);
        }
    }

    /// What there is to be looked at.
    fn entries(&self) -> Box<dyn Iterator<Item = RootEntry> + Send + 'a> {
        match self.part {
            Part::Slice { .. } => Box::new(self.archive.walk()),
            Part::Records(records) => {
                let folders = records.iter().map(|record| object_folder(*record));
                // One that is not there is told with the accounts.
                let there = folders.filter(|it| self.archive.root().join(it).exists());
                Box::new(there.map(RootEntry::Object).collect::<Vec<_>>().into_iter())
            }
        }
    }

    /// Takes one thing of the root after another until none is left, or somebody says that it is enough.
    fn work(&self, walk: &Mutex<Box<dyn Iterator<Item = RootEntry> + Send + 'a>>) {
        loop {
            let mut walk = walk.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.watch.goes_on() {
                self.tally().is_stopped = true;
                return;
            }
            let next = walk.next();
            let hash = match &next {
                Some(RootEntry::Object(folder)) => hash_of(folder),
                _ => None,
            };
            let hash = hash.filter(|hash| self.part.contains_hash(hash));
            if let Some(hash) = hash {
                let mut tally = self.tally();
                tally.in_hand.insert(hash);
                tally.last = Some(hash);
            }
            // In the order of the walk: before the next thread takes one.
            drop(walk);
            match next {
                None => return,
                Some(RootEntry::Object(folder)) => {
                    if let Some(hash) = hash {
                        self.object(&folder, hash);
                        self.checked(hash);
                    }
                }
                Some(RootEntry::Unexpected(path)) => {
                    let detail = "not part of the archive".to_owned();
                    self.found(FindingCode::FileUnexpected, None, &path, detail);
                }
                Some(RootEntry::Unreadable(path, error)) => {
                    self.found(FindingCode::Unreadable, None, &path, error.to_string());
                }
            }
        }
    }

    /// An object is done with, good or bad.
    fn checked(&self, hash: Sha256Digest) {
        let mut tally = self.tally();
        tally.in_hand.remove(&hash);
        self.watch.checked(&tally.progress());
    }

    fn object(&self, relative: &Path, hash: Sha256Digest) {
        let folder = self.archive.root().join(relative);
        let report = object::check(&folder, &|inventory, digest| {
            self.is_vouched(record_of(inventory, &folder), inventory, digest)
        });
        {
            let mut tally = self.tally();
            tally.seen.insert(hash);
            tally.records += 1;
            tally.files += report.files_checked;
            tally.bytes += report.bytes_checked;
        }
        let object = report.inventory.and_then(|inventory| {
            let record = record_of(&inventory, &folder);
            if record.is_none() {
                let detail = format!("E037: the object “{}” belongs elsewhere", inventory.id());
                // Whose place it took.
                let whose = self.places.get(&hash).copied();
                self.found(FindingCode::ObjectInvalid, whose, relative, detail);
            }
            Some(ArchivedObject::new(record?, folder, inventory))
        });
        let record = object.as_ref().map(ArchivedObject::record);
        let record = record.or_else(|| self.places.get(&hash).copied());
        if let Some(record) = record.filter(|record| self.is_disposed(*record)) {
            let detail = "it was disposed of, says the ledger".to_owned();
            return self.found(FindingCode::DisposedPresent, Some(record), relative, detail);
        }
        if let Some(object) = &object {
            self.versions(object, relative, &report.versions);
        }
        for Problem { code, path, detail } in report.problems {
            self.found(code, record, &relative.join(path), detail);
        }
        if let Some(object) = object {
            let vouched = if report.is_vouched {
                Vouched::ByLedger
            } else {
                Vouched::ByNobody
            };
            self.record(&object, relative, &report.intact, vouched);
        }
    }

    /// Whether the ledger proved good, and has the inventory of an object's latest version.
    fn is_vouched(
        &self,
        record: Option<RecordId>,
        inventory: &Inventory,
        digest: &Sha256Digest,
    ) -> bool {
        let head = u32::try_from(inventory.head().up_to().count()).unwrap_or(u32::MAX);
        let facts = self.accounts.ledger.filter(|facts| facts.is_proven);
        let known = facts
            .zip(record)
            .and_then(|(facts, record)| facts.agreed(record, head));
        known == Some(*digest)
    }

    fn is_disposed(&self, record: RecordId) -> bool {
        let facts = self.accounts.ledger;
        facts.is_some_and(|facts| facts.is_disposed(record))
    }

    /// What the ledger says of the object's versions.
    fn versions(
        &self,
        object: &ArchivedObject,
        relative: &Path,
        versions: &BTreeMap<u32, Sha256Digest>,
    ) {
        let Some(facts) = self.accounts.ledger else {
            return;
        };
        let record = object.record();
        for (number, inventory) in versions {
            let path = relative.join(format!("v{number}"));
            match facts.of(record, *number, inventory) {
                Recorded::AsThis => {}
                Recorded::Otherwise(other) => {
                    let detail = format!("inventory sha256 {inventory}, ledger {other}");
                    self.found(FindingCode::LedgerDiffers, Some(record), &path, detail);
                }
                Recorded::Not if facts.is_partial => {}
                Recorded::Not => {
                    let detail = "the ledger lacks the version".to_owned();
                    self.found(FindingCode::LedgerMissing, Some(record), &path, detail);
                }
            }
        }
        let head = object.inventory().head();
        let held = u32::try_from(head.up_to().count()).unwrap_or(u32::MAX);
        if let Some(latest) = facts.latest(record).filter(|latest| *latest > held) {
            let detail = format!("the latest version is {head}, in the ledger v{latest}");
            self.found(FindingCode::VersionMissing, Some(record), relative, detail);
        }
    }

    /// What the object means: its description, the document, the index.
    fn record(
        &self,
        object: &ArchivedObject,
        relative: &Path,
        intact: &BTreeMap<ContentPath, Written>,
        vouched: Vouched,
    ) {
        let record = object.record();
        let indexed = self.accounts.index.get(&record);
        if indexed.is_none() {
            let detail = "the index lacks the record".to_owned();
            self.found(FindingCode::IndexMissing, Some(record), relative, detail);
        }
        let files: BTreeMap<_, _> = object
            .inventory()
            .files()
            .map(|(path, content)| (path.as_str(), intact.get(content).copied()))
            .collect();
        if matches!(files.get(DESCRIPTION), Some(None)) {
            return; // Reported already as changed, missing or unreadable.
        }
        let description = match object.description() {
            Ok(description) => description,
            Err(ArchiveError::Unreadable { path, source }) => {
                let detail = format!("{}: {source}", path.display());
                return self.found(FindingCode::Unreadable, Some(record), relative, detail);
            }
            Err(error) => {
                let detail = error.to_string();
                return self.found(
                    FindingCode::DescriptionInvalid,
                    Some(record),
                    relative,
                    detail,
                );
            }
        };
        for detail in description::contradictions(&description, record, &files) {
            self.found(
                FindingCode::DescriptionInvalid,
                Some(record),
                relative,
                detail,
            );
        }
        let Some(Some(document)) = files.get(description.document.as_str()) else {
            return;
        };
        if let Some(digest) = indexed.filter(|digest| **digest != document.sha256) {
            let detail = format!("document {}, index {digest}", document.sha256);
            self.found(FindingCode::IndexDiffers, Some(record), relative, detail);
        }
        // A hostile document may bring a parser down; the other records are checked all the same.
        let check = AssertUnwindSafe(|| (self.check)(object, &description, vouched));
        match catch_unwind(check) {
            Ok(findings) => self.tally().findings.extend(findings),
            Err(_) => {
                let detail = "the check of the document broke off".to_owned();
                self.found(FindingCode::Unreadable, Some(record), relative, detail);
            }
        }
    }

    /// Records of index and ledger whose object the walk did not meet. Each is looked for once more: it
    /// may lie below a folder that could not be listed, or have come since.
    fn accounts_without_archive(&self) {
        for (hash, record) in &self.places {
            let is_gone = self.is_disposed(*record) && !self.accounts.index.contains_key(record);
            if is_gone || self.tally().seen.contains(hash) {
                continue;
            }
            let relative = object_folder(*record);
            match fs::symlink_metadata(self.archive.root().join(&relative)) {
                Ok(entry) if entry.is_dir() => {}
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    self.found(
                        FindingCode::Unreadable,
                        Some(*record),
                        &relative,
                        error.to_string(),
                    );
                }
                Ok(_) | Err(_) => {
                    let detail = "the archive lacks the record".to_owned();
                    let code = if self.is_disposed(*record) {
                        FindingCode::IndexDiffers
                    } else if self.accounts.index.contains_key(record) {
                        FindingCode::ArchiveMissing
                    } else {
                        FindingCode::VersionMissing
                    };
                    self.found(code, Some(*record), &relative, detail);
                }
            }
        }
    }
}
