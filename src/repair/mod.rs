//! Repair: what is damaged or missing is restored from a copy whose bytes prove good.
//!
//! ```text
//! findings ─► which objects ─► what each must be (proof) ─► who has the bytes ─► aside, in place ─► looked at again ─► ledger
//! ```
//!
//! What an object must be follows from the inventories of its versions, and those must be what the ledger says
//! ([`proof`]). A copy is never believed for being a copy: not one that is damaged alike, not one that is consistent in
//! itself, not an older state. Where nothing proves, nothing is done, and the report says so. The archive is mended from
//! replicas, a replica from the archive and the others. What was damaged is kept, with `reason.json`; the ledger gets an
//! entry for each mended object of the archive ([`events`]).
//!
//! What it does not do: it mends neither the ledger (`ledger::rebuild`) nor what no copy has.

pub mod events;
pub mod look;
mod object;
pub mod proof;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::archive::Archive;
use crate::config::Config;
use crate::error::Error;
use crate::office_ledger::OfficeLedger;
use crate::office_ledger::audit::audit;
use crate::office_ledger::facts::add_facts;
use crate::record::{Explain, Finding, FindingCode, Lang, RecordId, Severity};
use crate::reindex::rebuild_index;
use crate::replica::check::PREFIX;
use crate::replica::{Replica, open_all};
use crate::verify::LedgerFacts;

use object::Places;
pub use proof::Proof;

/// Where what was damaged is kept, below the quarantine.
pub const ASIDE: &str = "repair";

/// What a repair did, or with `dry_run` would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// Objects that are good again.
    pub repaired: Vec<Repaired>,
    /// What is as it was, and why.
    pub left: Vec<Left>,
    /// Records of the index that was made anew.
    pub reindexed: Option<u64>,
}

/// An object that is good again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// Whose; `None` for the storage root's own files and a replica's ledger.
    pub record: Option<RecordId>,
    /// `archive`, or the replica's name behind `replica/`.
    pub place: String,
    /// What vouches for it.
    pub proof: Proof,
    /// Its files that were mended, below the object.
    pub files: Vec<String>,
    /// Where what was damaged is kept, below the quarantine or the replica.
    pub aside: String,
}

/// Something that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Whose.
    pub record: Option<RecordId>,
    /// `archive`, or the replica's name behind `replica/`.
    pub place: String,
    /// Stable code, e.g. `repair.unproven`.
    pub code: &'static str,
    /// Why, in English, without personal data.
    pub detail: String,
}

/// How a repair is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// Only say what would be done.
    pub dry_run: bool,
    /// The time that events and reports carry.
    pub now: Timestamp,
}

/// Repairs what `findings` name: those of [`crate::verify::verify`] over the archive, and of
/// [`crate::replica::check::check`] over the replicas. Called by hand and by the nightly run.
///
/// One object that cannot be mended stops nothing. The daemon may run meanwhile.
///
/// # Errors
/// The archive cannot be opened; the ledger does not take the entry of what was repaired: the next repair enters it.
pub fn repair(config: &Config, findings: &[Finding], order: Order) -> Result<RepairReport, Error> {
    let mut report = RepairReport::default();
    let ledger = sound_facts(config);
    let opened = open_all(config);
    let replicas: BTreeMap<String, Replica> = opened
        .into_iter()
        .filter_map(|(replica, opened)| Some((replica.name.to_string(), opened.ok()?)))
        .collect();
    if !order.dry_run {
        mend_root(config, findings, order, &mut report)?;
    }
    let archive = Archive::open(&config.folders.archive, &config.staging())?;
    let office = OfficeLedger::new(config);
    if !order.dry_run {
        events::enter_unentered(config, &office, archive.reader())?;
    }
    let interrupted = match order.dry_run {
        true => Vec::new(),
        false => events::interrupted(config)?,
    };
    let mut places = Places {
        config,
        interrupted: &interrupted,
        facts: ledger.as_ref(),
        archive: &archive,
        replicas: &replicas,
        order,
        report: &mut report,
    };
    let again = interrupted.iter().map(|(record, _)| (None, *record));
    let mut concerned = concerned(findings, &mut places);
    concerned.extend(again);
    for (place, record) in concerned {
        places.mend(place.as_deref(), record);
    }
    if !order.dry_run {
        events::enter_unentered(config, &office, archive.reader())?;
        if ledger.is_some() {
            mend_ledgers(config, findings, &replicas, order, &mut report);
        }
        mend_index(config, findings, &mut report)?;
    }
    Ok(report)
}

/// What the ledger says, if nothing is wrong with the ledger itself: nothing is proven by one that is.
fn sound_facts(config: &Config) -> Option<LedgerFacts> {
    let is_sound = |finding: &Finding| finding.severity() == Severity::Notice;
    if !audit(config).findings.iter().all(is_sound) {
        return None;
    }
    let mut facts = LedgerFacts::default();
    add_facts(&config.ledger.folder, 0, &mut facts).ok()?;
    Some(facts)
}

/// The objects that the findings are about, each once: the replica that has it, and whose it is.
fn concerned(
    findings: &[Finding],
    places: &mut Places<'_>,
) -> BTreeSet<(Option<String>, RecordId)> {
    let mut concerned = BTreeSet::new();
    for finding in findings {
        let path = finding.path.as_deref().unwrap_or_default();
        let replica = path.strip_prefix(PREFIX);
        let replica = replica.map(|rest| rest.split('/').next().unwrap_or(rest).to_owned());
        if !is_of_an_object(finding.code) {
            continue;
        }
        if let Some(record) = finding.record {
            concerned.insert((replica, record));
        } else if !path.contains("/ledger") && finding.code != FindingCode::Unreadable {
            let detail = format!("{} {path}: nobody knows whose it is", finding.code.as_str());
            places.leave(replica.as_deref(), None, ("repair.whose", detail));
        }
    }
    concerned
}

fn is_of_an_object(code: FindingCode) -> bool {
    use FindingCode as F;
    matches!(
        code,
        F::ContentChanged
            | F::ContentMissing
            | F::FileUnexpected
            | F::InventoryInvalid
            | F::InventoryChanged
            | F::ObjectInvalid
            | F::DescriptionInvalid
            | F::ArchiveMissing
            | F::LedgerDiffers
            | F::LedgerMissing
            | F::VersionMissing
            | F::ReplicaDamaged
            | F::ReplicaDiffers
            | F::ReplicaMissing
            | F::Unreadable
    )
}

/// The storage root's own files say the same in every archive.
fn mend_root(
    config: &Config,
    findings: &[Finding],
    order: Order,
    report: &mut RepairReport,
) -> Result<(), Error> {
    if !findings
        .iter()
        .any(|it| it.code == FindingCode::RootInvalid)
    {
        return Ok(());
    }
    let (day, stamp) = (events::day(order.now), events::stamp(order.now));
    let below = format!("{ASIDE}/{day}/root-{stamp}");
    let aside = config.folders.quarantine.join(&below);
    let files = Archive::mend_root(&config.folders.archive, &aside)?;
    report.repaired.push(Repaired {
        record: None,
        place: "archive".to_owned(),
        proof: Proof::Standard,
        files: files.into_iter().map(str::to_owned).collect(),
        aside: below,
    });
    Ok(())
}

/// A replica's copy of the ledger is made anew from the ledger, which is sound.
fn mend_ledgers(
    config: &Config,
    findings: &[Finding],
    replicas: &BTreeMap<String, Replica>,
    order: Order,
    report: &mut RepairReport,
) {
    for (name, replica) in replicas {
        let path = format!("{PREFIX}{name}/ledger");
        let is_damaged = |finding: &Finding| {
            finding.code == FindingCode::ReplicaDamaged
                && finding.path.as_deref() == Some(path.as_str())
        };
        if !findings.iter().any(is_damaged) {
            continue;
        }
        let below = format!("aside/{}/ledger", events::stamp(order.now));
        let place = format!("{PREFIX}{name}");
        match replica.renew_ledger(config, &replica.path().join(&below)) {
            Ok(()) => report.repaired.push(Repaired {
                record: None,
                place,
                proof: Proof::Ledger,
                files: vec!["ledger".to_owned()],
                aside: below,
            }),
            Err(error) => report.left.push(Left {
                record: None,
                place,
                code: error.code(),
                detail: error.message(Lang::En),
            }),
        }
    }
}

/// The index is made anew where it disagrees, and only from an archive of which nothing is missing: the index may be
/// all that still knows of what is.
fn mend_index(
    config: &Config,
    findings: &[Finding],
    report: &mut RepairReport,
) -> Result<(), Error> {
    let is_asked = |finding: &Finding| {
        matches!(
            finding.code,
            FindingCode::IndexMissing | FindingCode::IndexDiffers
        )
    };
    let in_archive = |repaired: &Repaired| repaired.place == "archive";
    if !findings.iter().any(is_asked) && !report.repaired.iter().any(in_archive) {
        return Ok(());
    }
    if report.left.iter().any(|left| left.place == "archive") {
        let detail =
            "the index stays until the archive is whole; `sohoa reindex` makes it anew now";
        report.left.push(Left {
            record: None,
            place: "index".to_owned(),
            code: "repair.index_waits",
            detail: detail.to_owned(),
        });
        return Ok(());
    }
    report.reindexed = Some(rebuild_index(config)?);
    Ok(())
}
