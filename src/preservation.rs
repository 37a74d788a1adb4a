//! Archived signatures kept provable: lifted to the level that the office wants, and renewed before their proof
//! ends (EN 319 142-1 §5.5; OAIS calls it preservation).
//!
//! Each lift is a new version of the record; the older ones stay. A service that is away costs nothing but
//! time: the record keeps the level that it has, and is due again at the next run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::archive::{self, ArchiveError, Inventory, RootEntry, RootWalk, StagedVersion};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::lift::{self, Lifted, Shortfall, Wanted};
use crate::pipeline::Pipeline;
use crate::read_back;
use crate::record::{Digests, Explain, RecordDescription, RecordId, Sha256Digest};
use crate::second_opinion;
use crate::sign::augment::{Proof, Step, inspect};
use crate::sign::{PadesLevel, SignatureRequest};
use crate::signing::NOT_STAMPED;

/// Bytes that a refill may change: the hexadecimal digits of the space kept.
const REFILLED_MAX: u64 = 2 * SignatureRequest::CONTENTS_RESERVE as u64;

/// How long a record rests that no service could lift, as it is.
const HOPELESS_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// What became of a record that was due.
#[derive(Debug)]
pub struct Preserved {
    /// Which.
    pub record: RecordId,
    /// Its level before.
    pub before: PadesLevel,
    /// What was done; where nothing was, it has no new version.
    pub steps: Vec<Step>,
    /// What its document proves now.
    pub proof: Proof,
    /// Why it did not come as far as it should.
    pub short: Option<Shortfall>,
}

/// When each record's document is due next, by the digest that names its folder. Kept between runs, what is not due is
/// not opened; empty, every record is looked at. Records leave the archive as little as entries leave this.
#[derive(Debug, Default)]
pub struct DueDates(BTreeMap<Sha256Digest, Timestamp>);

/// Told of each record that was due, one at a time.
pub type Tell<'a> = dyn FnMut(RecordId, Result<Preserved, Error>) + Send + 'a;

/// What the threads of a run share.
struct Run<'a, 'b> {
    walk: Mutex<RootWalk>,
    dates: Mutex<&'a mut DueDates>,
    each: Mutex<&'a mut Tell<'b>>,
    seen: AtomicU64,
    go_on: &'a (dyn Fn() -> bool + Sync),
}

impl Pipeline<'_> {
    /// Looks at every record of the archive, as [`Pipeline::preserve_due_by`] does, with all workers.
    ///
    /// # Errors
    /// As there.
    pub fn preserve_due(&self, each: &mut Tell<'_>) -> Result<u64, Error> {
        let mut dates = DueDates::default();
        self.preserve_due_by(&mut dates, self.config.workers, &|| true, each)
    }

    /// Lifts or renews the records of the archive that are due, so many at once, as long as `go_on` says so; `each` is
    /// told of them one by one. A record that fails stops no other. Returns how many there are: none, where no
    /// timestamp service is configured.
    ///
    /// # Errors
    /// The archive's root cannot be listed.
    pub fn preserve_due_by(
        &self,
        dates: &mut DueDates,
        at_once: usize,
        go_on: &(dyn Fn() -> bool + Sync),
        each: &mut Tell<'_>,
    ) -> Result<u64, Error> {
        if self.config.timestamp.services.is_empty() {
            return Ok(0);
        }
        let archive = self.archive.reader();
        let listed = fs::read_dir(archive.root());
        listed.map_err(|source| ArchiveError::Unreadable {
            path: archive.root().to_owned(),
            source,
        })?;
        let run = Run {
            walk: Mutex::new(archive.walk()),
            dates: Mutex::new(dates),
            each: Mutex::new(each),
            seen: AtomicU64::new(0),
            go_on,
        };
        // Most of a lift is waiting: for services, for a worker's answer, for the disk.
        thread::scope(|scope| {
            for _ in 1..at_once {
                // Where a thread cannot be had, the others do its part.
                let _started = thread::Builder::new().spawn_scoped(scope, || self.take_part(&run));
            }
            self.take_part(&run);
        });
        Ok(run.seen.into_inner())
    }

    /// Takes one folder after another until there is none, or no time, left.
    fn take_part(&self, run: &Run<'_, '_>) {
        while (run.go_on)() {
            // Not in the `match` itself, which would keep the lock for the whole lift.
            let entry = locked(&run.walk).next();
            match entry {
                None => break,
                Some(RootEntry::Object(folder)) => {
                    run.seen.fetch_add(1, Ordering::Relaxed);
                    self.look_into(&folder, run);
                }
                Some(RootEntry::Unexpected(_)) => {}
                Some(RootEntry::Unreadable(_, cause)) => {
                    tracing::error!(%cause, "a folder of the archive cannot be read");
                }
            }
        }
    }

    fn look_into(&self, folder: &Path, run: &Run<'_, '_>) {
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some(name) = name.and_then(|name| name.parse::<Sha256Digest>().ok()) else {
            return;
        };
        let known = locked(&run.dates).0.get(&name).copied();
        if known.is_some_and(|due| due > self.clock.now()) {
            return;
        }
        let next = match record_in(&self.archive.reader().root().join(folder)) {
            Some(record) => self.look_at(record, &mut |record, preserved| {
                locked(&run.each)(record, preserved);
            }),
            None => {
                tracing::error!("an object of the archive is damaged: see `sohoa verify`");
                None
            }
        };
        match next {
            Some(next) => locked(&run.dates).0.insert(name, next),
            None => locked(&run.dates).0.remove(&name),
        };
    }

    /// Lifts a record if it is due, and says when it is due next, where it should not be tried at the next run.
    fn look_at(
        &self,
        record: RecordId,
        each: &mut dyn FnMut(RecordId, Result<Preserved, Error>),
    ) -> Option<Timestamp> {
        let proof = match self.proof_of(record) {
            Ok(proof) => proof?,
            Err(error) => {
                each(record, Err(error));
                return None;
            }
        };
        let Some(wanted) = self.wanted(&proof) else {
            return Some(self.renewal_of(&proof));
        };
        let preserved = self.preserve(record, wanted);
        let next = match &preserved {
            Err(_) => None,
            Ok(preserved) => match &preserved.short {
                None => Some(self.renewal_of(&preserved.proof)),
                Some(short) if short.is_retryable() => None,
                // Until somebody changes the configuration; or the day when there is something to gain.
                Some(_) => self.clock.now().checked_add(HOPELESS_PAUSE).ok(),
            },
        };
        each(record, preserved);
        next
    }

    fn proof_of(&self, record: RecordId) -> Result<Option<Proof>, Error> {
        let object = self.archive.reader().object(record)?;
        let document = object.and_then(|object| object.content_path(describe::DOCUMENT));
        Ok(document.map(|document| inspect(&document)).transpose()?)
    }

    fn renewal_of(&self, proof: &Proof) -> Timestamp {
        let days = i64::from(self.config.timestamp.renew_days);
        let early = SignedDuration::from_hours(24 * days);
        proof.until.checked_sub(early).unwrap_or(Timestamp::MIN)
    }

    /// What a document is to be lifted to now.
    fn wanted(&self, proof: &Proof) -> Option<Wanted> {
        let wanted = self.config.timestamp.level;
        let is_ending = self.renewal_of(proof) < self.clock.now();
        if proof.level < wanted {
            Some(Wanted::Level(wanted))
        } else if !is_ending || wanted == PadesLevel::BB {
            None
        } else if proof.level == PadesLevel::BLta {
            Some(Wanted::Renewal)
        } else {
            Some(Wanted::Level(PadesLevel::BLta))
        }
    }

    /// Lifts one record's document and makes that a new version of it.
    fn preserve(&self, record: RecordId, wanted: Wanted) -> Result<Preserved, Error> {
        let mut version = self.revise(record)?;
        let description = version.base().description()?;
        let damaged = || JourneyError::Damaged {
            record,
            logical: describe::DOCUMENT.to_owned(),
        };
        let document = version.base().content_path(describe::DOCUMENT);
        let document = document.ok_or_else(damaged)?;
        let place = version.path_of(describe::DOCUMENT)?;
        let now = self.clock.now();
        let before = inspect(&document)?;
        let gather = |paths: &[_]| lift::gather(&self.signing.trust, paths, now);
        let timestamps = &self.signing.timestamps;
        let mut lifted = lift::lift(&document, &place, wanted, timestamps, &gather)?;
        // Else a service whose own certificate is about to end would make a version at every run.
        if matches!(wanted, Wanted::Renewal) && lifted.proof.until <= before.until {
            lifted.short = lifted.short.or(Some(Shortfall::NoLater));
            lifted.steps.clear();
            lifted.proof = before.clone();
        }
        if !lifted.steps.is_empty() {
            let may_refill = lifted.steps.contains(&Step::Refill);
            if !keeps(&document, &place, may_refill).map_err(|_| damaged())? {
                return Err(JourneyError::WrittenBytesDiffer.into());
            }
            second_opinion::require_pdfa(&place, &self.config.limits)?;
            read_back::signature::check(&place, description.archived)?;
            second_opinion::require_valid(&place, self.config, now)?;
            let digests = version.adopt(describe::DOCUMENT)?;
            self.describe_anew(version, description, &lifted, &digests, now)?;
        }
        Ok(Preserved {
            record,
            before: before.level,
            steps: lifted.steps,
            proof: lifted.proof,
            short: lifted.short,
        })
    }

    fn describe_anew(
        &self,
        version: StagedVersion<'_>,
        mut description: RecordDescription,
        lifted: &Lifted,
        digests: &Digests,
        now: Timestamp,
    ) -> Result<(), Error> {
        description.document_bytes = digests.bytes;
        description.document_sha256 = digests.sha256;
        for signature in &mut description.signatures {
            let mut proven = lifted.proof.signatures.iter();
            if let Some(proven) = proven.find(|it| it.field == signature.field) {
                signature.level = proven.level.as_str().to_owned();
            }
        }
        if lifted.proof.level > PadesLevel::BB {
            description.remarks.retain(|remark| remark != NOT_STAMPED);
        }
        let text = version.base().text(&description)?;
        self.put(version, &description, now, "signatures were kept provable")?;
        self.index.insert(&description, text.as_deref())?;
        Ok(())
    }
}

/// What a thread that panicked left is still whole: each takes and gives back single values.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose object a folder holds, by its inventory.
fn record_in(folder: &Path) -> Option<RecordId> {
    let bytes = archive::read_metadata(&folder.join(archive::INVENTORY)).ok()?;
    let inventory = Inventory::parse(&bytes).ok()?;
    archive::record_of(&inventory, folder)
}

/// Whether the new file has every byte of the old one in its place: an update only appends, and a refill changes
/// nothing but the space kept for the signature.
fn keeps(old: &Path, new: &Path, may_refill: bool) -> io::Result<bool> {
    let (mut old, mut new) = (
        BufReader::new(File::open(old)?),
        BufReader::new(File::open(new)?),
    );
    let mut changed: Option<(u64, u64)> = None;
    let mut at = 0_u64;
    loop {
        let (before, after) = (old.fill_buf()?, new.fill_buf()?);
        let length = before.len().min(after.len());
        if length == 0 {
            let is_whole = before.is_empty();
            let window = changed.map_or(0, |(first, last)| last - first);
            return Ok(is_whole && window <= if may_refill { REFILLED_MAX } else { 0 });
        }
        for (offset, _) in (0_u64..)
            .zip(before.iter().zip(after))
            .filter(|(_, (before, after))| before != after)
        {
            let place = at + offset;
            changed = Some(changed.map_or((place, place + 1), |(first, _)| (first, place + 1)));
        }
        at += u64::try_from(length).unwrap_or(u64::MAX);
        old.consume(length);
        new.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_keeps_the_old_one_but_for_the_space_of_the_signature() {
        let folder = tempfile::tempdir().expect("folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let mut bytes = vec![7_u8; 200_000];
        let old = write("old", &bytes);
        let longer = write("longer", &[bytes.as_slice(), b"more"].concat());
        assert!(keeps(&old, &longer, false).expect("read"));
        assert!(!keeps(&longer, &old, true).expect("read"), "it is cut");
        bytes[100_000..110_000].fill(8);
        let refilled = write("refilled", &bytes);
        assert!(keeps(&old, &refilled, true).expect("read"));
        assert!(!keeps(&old, &refilled, false).expect("read"));
        bytes[5] = 8;
        let changed = write("changed", &bytes);
        assert!(!keeps(&old, &changed, true).expect("read"), "two places");
    }
}
