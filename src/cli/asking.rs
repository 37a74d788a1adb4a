//! What the commands of re-use share: whose papers, for which day, why, and the event of it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::arguments::Asking;
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::index::Index;
use crate::random;
use crate::record::{CitizenId, DossierCode, RecordId};
use crate::reuse::ReuseError;
use crate::reuse::checklist::HeldRecord;
use crate::reuse::event::{Event, EventKind, Purpose};
use crate::reuse::held;
use crate::reuse::procedure::{Procedure, reception_day, vietnam_day};

impl Asking {
    /// Why.
    pub(super) fn why(&self) -> Purpose {
        Purpose {
            dossier: self.dossier.clone(),
            text: self.purpose.clone(),
        }
    }

    /// The day whose rules count.
    pub(super) fn day(&self, now: Timestamp) -> Result<Date, ReuseError> {
        match &self.dossier {
            Some(dossier) => day_of(dossier, self.on),
            None => Ok(self.on.unwrap_or_else(|| vietnam_day(now))),
        }
    }
}

/// The day on which a dossier was received, unless somebody says otherwise.
pub(super) fn day_of(dossier: &DossierCode, on: Option<Date>) -> Result<Date, ReuseError> {
    on.or_else(|| reception_day(dossier))
        .ok_or_else(|| ReuseError::NoReceptionDay(dossier.clone()))
}

/// What the archive holds of a citizen.
pub(super) fn held_of(citizen: &CitizenId, config: &Config) -> Result<Vec<HeldRecord>, ReuseError> {
    let index = Index::open(&config.folders.index)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    held::of_citizen(citizen, &index, &archive)
}

/// An event of now, of nobody and nothing yet.
pub(super) fn event(
    what: EventKind,
    at: Timestamp,
    (by, purpose): (&str, Purpose),
    procedure: &Procedure,
) -> Event {
    Event {
        format: Event::FORMAT.to_owned(),
        event: random::record_id(at),
        at,
        what,
        by: by.to_owned(),
        from: format!("cli@{}", machine()),
        purpose,
        citizens: Vec::new(),
        procedure: procedure.code.clone(),
        records: Vec::new(),
        bundle: None,
    }
}

/// The machine's name, where it has one.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "?".to_owned(),
        name => name.to_owned(),
    }
}

/// Each record once.
pub(super) fn numbers<'a>(held: impl IntoIterator<Item = &'a HeldRecord>) -> Vec<RecordId> {
    let mut numbers: Vec<RecordId> = held.into_iter().map(|it| it.record).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}
