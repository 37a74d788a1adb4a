//! What leaves the office with its proof: chosen records as a bundle, and the proof of one record. For the commands
//! and the desk, which say who asks and keep the events.
//!
//! A bundle is made whole, its event begins, its papers are entered in the ledger as used again, and only then it is
//! given out, with the event that says so: a crash leaves a bundle that was perhaps given out, never one that nobody
//! knows of.
//!
//! Not here: what a bundle is made of ([`crate::reuse::bundle`]), what a proof is ([`crate::ledger`]).

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::access::{AccessError, Event};
use crate::archive::{ArchiveReader, ArchivedObject};
use crate::config::Config;
use crate::describe::CONVERTER;
use crate::error::Error;
use crate::index::Index;
use crate::ledger::{LedgerError, ProofFile};
use crate::office_ledger::{OfficeLedger, prove};
use crate::random;
use crate::record::{CitizenId, Clock, DossierCode, RecordId, SystemClock};
use crate::reuse::ReuseError;
use crate::reuse::bundle::{Chosen, Order, Staged, choose, stage};
use crate::reuse::checklist::{Checklist, HeldRecord, checklist};
use crate::reuse::held;
use crate::reuse::procedure::{Catalogue, ProcedureCode, reception_day};
use crate::signing::Signing;

/// Which bundle is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Of which records, in the order in which they are to lie.
    pub records: &'a [RecordId],
    /// For which dossier.
    pub dossier: &'a DossierCode,
    /// When that was received; `None`: on the day of its code.
    pub received: Option<Date>,
    /// Of which procedure.
    pub procedure: &'a ProcedureCode,
    /// Who puts it together, as the cover page names them.
    pub by: &'a str,
    /// Bytes of papers that it may have.
    pub bytes_max: u64,
}

/// The day on which a dossier was received, unless somebody says otherwise.
///
/// # Errors
/// [`ReuseError::NoReceptionDay`].
pub fn day_of(dossier: &DossierCode, said: Option<Date>) -> Result<Date, ReuseError> {
    said.or_else(|| reception_day(dossier))
        .ok_or_else(|| ReuseError::NoReceptionDay(dossier.clone()))
}

/// What the archive holds of a citizen.
///
/// # Errors
/// The index's.
pub fn held_of(citizen: &CitizenId, config: &Config) -> Result<Vec<HeldRecord>, ReuseError> {
    let index = Index::open(&config.folders.index)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    held::of_citizen(citizen, &index, &archive)
}

/// The proof that a record as it is now stands in the ledger; signs what was entered where that was not done yet.
///
/// # Errors
/// [`LedgerError::NotEntered`] where the ledger does not know the record as it is: it was changed behind our back. The
/// ledger's.
pub fn proof(config: &Config, object: &ArchivedObject) -> Result<ProofFile, Error> {
    let ledger = OfficeLedger::new(config);
    ledger.prepare(&ArchiveReader::at(&config.folders.archive))?;
    proof_of(config, object, &ledger)
}

fn proof_of(
    config: &Config,
    object: &ArchivedObject,
    ledger: &OfficeLedger<'_>,
) -> Result<ProofFile, Error> {
    match prove::prove(config, object) {
        Err(Error::Ledger(LedgerError::NotSigned { .. })) => {
            ledger.sign_off(&Signing::new(config).timestamps, SystemClock.now())?;
            prove::prove(config, object)
        }
        other => other,
    }
}

/// The proof of a record where there is one already; nothing is signed for it.
///
/// # Errors
/// As [`proof`], and [`LedgerError::NotSigned`], [`LedgerError::NotThere`].
pub fn proof_now(config: &Config, object: &ArchivedObject) -> Result<ProofFile, Error> {
    prove::prove(config, object)
}

/// A bundle that is whole and not given out yet. Gone with the value.
pub struct Made {
    staged: Staged,
    at: Timestamp,
    /// What its events say.
    about: About,
    /// What is entered in the ledger.
    entries: Vec<crate::ledger::Event>,
}

struct About {
    number: RecordId,
    procedure: ProcedureCode,
    citizens: Vec<CitizenId>,
    records: Vec<RecordId>,
}

/// Makes the bundle for `out`: a ZIP where that ends in `.zip`, else a folder.
///
/// # Errors
/// [`ReuseError`] says why there is none; the ledger's, where a paper cannot be proven.
pub fn make(
    config: &Config,
    wanted: &Wanted<'_>,
    at: Timestamp,
    out: &Path,
) -> Result<Made, Error> {
    let received = day_of(wanted.dossier, wanted.received)?;
    let catalogue = Catalogue::load(&config.data_folder)?;
    let procedure = catalogue.in_force(wanted.procedure, received)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    let mut chosen = choose(wanted.records, &archive)?;
    let bytes = chosen.iter().map(Chosen::bytes).sum();
    if bytes > wanted.bytes_max {
        let most = wanted.bytes_max;
        return Err(ReuseError::TooLarge { bytes, most }.into());
    }
    let citizens = held_of_each(&chosen, config)?;
    let lists: BTreeMap<&CitizenId, Checklist<'_>> = citizens
        .iter()
        .map(|(citizen, held)| {
            let dossier = Some(wanted.dossier);
            let list = checklist(&catalogue, procedure, held, dossier, received);
            (citizen, list)
        })
        .collect();
    let ledger = OfficeLedger::new(config);
    ledger.prepare(&archive)?;
    for it in &mut chosen {
        let list = lists.get(it.citizen());
        let purpose = list.and_then(|list| list.use_of(it.record()));
        it.purpose = purpose.map(|(paper, standing)| (paper.name.clone(), standing.clone()));
        it.proof = Some(proof_of(config, it.object(), &ledger)?.to_bytes());
    }
    let order = Order {
        number: random::record_id(at),
        at,
        by: wanted.by,
        dossier: wanted.dossier,
        received,
        procedure,
        catalogue: &catalogue,
        agency: &config.agency.name,
        program: CONVERTER,
    };
    let staged = stage(&order, &chosen, out)?;
    let digest = staged.manifest_sha256();
    let entries: Result<_, Error> = chosen
        .iter()
        .map(|it| prove::reuse(it.object(), digest))
        .collect();
    Ok(Made {
        staged,
        at,
        about: About {
            number: order.number,
            procedure: procedure.code.clone(),
            citizens: citizens.into_keys().collect(),
            records: chosen.iter().map(Chosen::record).collect(),
        },
        entries: entries?,
    })
}

/// All that is held of each citizen whose records were chosen: what supersedes what can be told only so.
fn held_of_each(
    chosen: &[Chosen],
    config: &Config,
) -> Result<BTreeMap<CitizenId, Vec<HeldRecord>>, ReuseError> {
    let mut citizens = BTreeMap::new();
    for it in chosen {
        if !citizens.contains_key(it.citizen()) {
            citizens.insert(it.citizen().clone(), held_of(it.citizen(), config)?);
        }
    }
    Ok(citizens)
}

impl Made {
    /// Records the re-use and has `hand` give the bundle out, which calls what it is given once the bundle is ready to
    /// go. The two events, of kind `BundleBegun` and `Bundle`, say who, why and from where so far; `keep` keeps
    /// them. Answers with what `hand` answered, and the number of the last event.
    ///
    /// # Errors
    /// What cannot be recorded is not given out.
    pub fn give<T>(
        self,
        config: &Config,
        [begun, given]: [Event; 2],
        keep: impl Fn(&Event) -> Result<(), AccessError>,
        hand: impl FnOnce(Staged, &dyn Fn() -> Result<(), ReuseError>) -> Result<T, ReuseError>,
    ) -> Result<(T, RecordId), Error> {
        let Self {
            staged,
            at,
            about,
            entries,
        } = self;
        keep(&about.told_in(begun))?;
        let archive = ArchiveReader::at(&config.folders.archive);
        OfficeLedger::new(config).enter(entries, at, &archive)?;
        let given = about.told_in(given);
        let handed = hand(staged, &|| Ok(keep(&given)?))?;
        Ok((handed, given.event))
    }
}

impl About {
    fn told_in(&self, blank: Event) -> Event {
        Event {
            procedure: Some(self.procedure.to_string()),
            citizens: self.citizens.clone(),
            records: self.records.clone(),
            bundle: Some(self.number),
            ..blank
        }
    }
}
