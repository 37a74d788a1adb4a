//! One object of the archive or of a replica: proven, examined, mended, told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::events::{self, Aside, FileReason, Reason};
use super::proof::{Unproven, prove};
use super::{Left, Order, Proof, RepairReport, Repaired};
use crate::archive::{Archive, ArchiveError, Fault, Flaw, Mending, Proven};
use crate::config::Config;
use crate::durable::DurableError;
use crate::error::Error;
use crate::record::{Explain, Lang, RecordId};
use crate::replica::Replica;
use crate::replica::check::PREFIX;
use crate::verify::LedgerFacts;

/// Everything that objects are mended from and in.
pub(super) struct Places<'a> {
    pub(super) config: &'a Config,
    pub(super) facts: Option<&'a LedgerFacts>,
    /// Repairs of the archive that a crash ended.
    pub(super) interrupted: &'a [(RecordId, PathBuf)],
    pub(super) archive: &'a Archive,
    pub(super) replicas: &'a BTreeMap<String, Replica>,
    pub(super) order: Order,
    pub(super) report: &'a mut RepairReport,
}

impl Places<'_> {
    /// Mends the record's object in the archive, or in the replica named.
    pub(super) fn mend(&mut self, replica: Option<&str>, record: RecordId) {
        if let Err(error) = self.try_to_mend(replica, record) {
            self.leave(
                replica,
                Some(record),
                (error.code(), error.message(Lang::En)),
            );
        }
    }

    pub(super) fn leave(
        &mut self,
        replica: Option<&str>,
        record: Option<RecordId>,
        (code, detail): (&'static str, String),
    ) {
        self.report.left.push(Left {
            record,
            place: place_of(replica),
            code,
            detail,
        });
    }

    fn try_to_mend(&mut self, replica: Option<&str>, record: RecordId) -> Result<(), Error> {
        let own = self.archive.reader().folder_of(record);
        let mut copies = BTreeMap::new();
        for (name, replica) in self.replicas {
            copies.insert(name.as_str(), replica.archive().folder_of(record));
        }
        let all: Vec<PathBuf> = copies.values().cloned().collect();
        let (proven, proof) = match prove(record, self.facts, &own, &all) {
            Ok(proven) => proven,
            Err(Unproven::Disposed) => return Ok(()),
            Err(Unproven::Because(why)) => {
                self.leave(replica, Some(record), ("repair.unproven", why));
                return Ok(());
            }
        };
        let Some(name) = replica else {
            let names = copies.keys().map(|name| place_of(Some(name))).collect();
            let aside = Aside::in_quarantine(self.config, record, self.order.now);
            return self.carry_out(None, self.archive, (&proven, proof), (&all, names), aside);
        };
        let Some(damaged) = self.replicas.get(name) else {
            return Ok(()); // It went away since.
        };
        copies.remove(name);
        let (mut others, mut names) = (vec![own], vec![place_of(None)]);
        for (other, folder) in copies {
            others.push(folder);
            names.push(place_of(Some(other)));
        }
        let target = damaged.open_archive()?;
        let aside = Aside::in_replica(damaged, record, self.order.now);
        self.carry_out(replica, &target, (&proven, proof), (&others, names), aside)
    }

    fn each_interrupted(
        &self,
        replica: Option<&str>,
        record: RecordId,
        note: impl Fn(&Path) -> Result<(), DurableError>,
    ) -> Result<(), Error> {
        for (of, folder) in self.interrupted {
            if replica.is_none() && *of == record {
                note(folder)?;
            }
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        replica: Option<&str>,
        target: &Archive,
        (proven, proof): (&Proven, Proof),
        (copies, names): (&[PathBuf], Vec<String>),
        aside: Aside,
    ) -> Result<(), Error> {
        let record = proven.record();
        let mending = match target.examine(proven, copies) {
            Ok(mending) => mending,
            Err(error @ ArchiveError::ObjectInvalid { .. }) => {
                let left = ("repair.unproven", error.to_string());
                self.leave(replica, Some(record), left);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if mending.flaws().is_empty() {
            return self.each_interrupted(replica, record, events::finish);
        }
        let lacking = paths(mending.lacking());
        let is_whole = lacking.is_empty();
        let is_there = target.reader().folder_of(record).exists();
        let files = paths(mending.mendable());
        if !is_whole {
            let detail = format!("no copy has the right bytes of {}", lacking.join(", "));
            self.leave(replica, Some(record), ("repair.no_copy", detail));
            // What can be mended is: each file is proven by itself. An object comes into place whole or not at all.
            if files.is_empty() || !is_there {
                return Ok(());
            }
        }
        let reason = reason(&mending, proven, (replica, proof), &names, self.order);
        if !self.order.dry_run {
            aside.keep_reason(&reason)?;
            let rest = mending.carry_out(aside.folder())?;
            if is_whole && !rest.is_empty() {
                let detail = "it is not whole although every file was put in its place".to_owned();
                self.leave(replica, Some(record), ("repair.not_whole", detail));
                return Ok(());
            }
            self.each_interrupted(replica, record, events::supersede)?;
            events::finish(aside.folder())?;
        }
        self.report.repaired.push(Repaired {
            record: Some(record),
            place: place_of(replica),
            proof,
            files,
            aside: aside.told().to_owned(),
        });
        Ok(())
    }
}

fn place_of(replica: Option<&str>) -> String {
    replica.map_or_else(|| "archive".to_owned(), |name| format!("{PREFIX}{name}"))
}

fn paths<'a>(flaws: impl Iterator<Item = &'a Flaw>) -> Vec<String> {
    flaws
        .map(|flaw| flaw.path.to_string_lossy().into_owned())
        .collect()
}

fn reason(
    mending: &Mending<'_>,
    proven: &Proven,
    (replica, proof): (Option<&str>, Proof),
    names: &[String],
    order: Order,
) -> Reason {
    let files = mending.flaws().iter().map(|flaw| FileReason {
        path: flaw.path.to_string_lossy().into_owned(),
        fault: match flaw.fault {
            Fault::Missing => "missing",
            Fault::Changed => "changed",
            Fault::Unreadable => "unreadable",
            Fault::Unexpected => "unexpected",
        }
        .to_owned(),
        sha512: flaw.expected,
        found_sha512: flaw.found,
        from: flaw.source().and_then(|source| names.get(source).cloned()),
    });
    Reason {
        format: Reason::FORMAT.to_owned(),
        record: proven.record(),
        place: place_of(replica),
        proof: match proof {
            Proof::Ledger => "ledger",
            Proof::Sidecar => "sidecar",
            Proof::Standard => "standard",
        }
        .to_owned(),
        time: order.now,
        inventory: proven.inventory_sha256(),
        files: files.collect(),
    }
}
