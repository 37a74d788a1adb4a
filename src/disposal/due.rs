//! Which records are due, and why the others are not.
//!
//! A record is judged by what the archive says of it; the index only tells which records a dossier has, and which kinds of
//! papers. The version of the catalogue that binds a dossier is that of the day of its reception.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::standing::Standing;
use super::term::Term;
use super::{DisposalError, tombstone_path};
use crate::archive::{ArchiveReader, INVENTORY, read_metadata};
use crate::config::Config;
use crate::error::{Error, JourneyError};
use crate::index::{Index, Query};
use crate::record::{DocumentKind, DossierCode, RecordId, Sha256Digest};
use crate::reuse::procedure::{
    Catalogue, ProcedureCode, RetentionTerm, reception_day, vietnam_day,
};

/// A record whose time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The record.
    pub record: RecordId,
    /// SHA-256 of its inventory.
    pub inventory: Sha256Digest,
    /// Its dossier.
    pub dossier: DossierCode,
    /// The dossier's procedure.
    pub procedure: ProcedureCode,
    /// The year in which its case ended.
    pub closed: i16,
    /// How long it is kept from then, and by which law.
    #[serde(flatten)]
    pub term: Term,
    /// The first year in which it may go.
    pub due: i16,
}

/// Why a record is not due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDue {
    /// It belongs to no dossier.
    NoDossier,
    /// Nobody closed its dossier.
    NotClosed,
    /// It is kept for ever.
    Permanent,
    /// Nobody knows for how long; so it is kept.
    Unsettled,
    /// Not before this year.
    NotYet(i16),
    /// The hold of this number forbids it.
    Held(u64),
    /// The archive does not have it.
    Gone,
}

impl NotDue {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoDossier => "no-dossier",
            Self::NotClosed => "not-closed",
            Self::Permanent => "permanent",
            Self::Unsettled => "unsettled",
            Self::NotYet(_) => "not-yet",
            Self::Held(_) => "held",
            Self::Gone => "gone",
        }
    }
}

/// The records of closed dossiers.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Those whose time is over.
    pub due: Vec<Due>,
    /// The others, and why.
    pub kept: Vec<(RecordId, NotDue)>,
}

/// Who judges; as the office stands now.
pub struct Judge<'a> {
    archive: ArchiveReader,
    index: Index,
    catalogue: Catalogue,
    standing: &'a Standing,
    data_folder: &'a Path,
    year: i16,
}

impl<'a> Judge<'a> {
    /// Judges as of `now`.
    ///
    /// # Errors
    /// The catalogue's, the index's.
    pub fn new(config: &'a Config, standing: &'a Standing, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            archive: ArchiveReader::at(&config.folders.archive),
            index: Index::open(&config.folders.index)?,
            catalogue: Catalogue::load(&config.data_folder)?,
            standing,
            data_folder: &config.data_folder,
            year: vietnam_day(now).year(),
        })
    }

    /// The records of all dossiers that are closed.
    ///
    /// # Errors
    /// The index's; an object that cannot be read.
    pub fn all(&self) -> Result<Judged, Error> {
        let mut judged = Judged::default();
        for dossier in self.standing.closed.keys() {
            for (record, _) in self.records_of(dossier)? {
                match self.record(record)? {
                    Ok(found) => judged.due.push(found),
                    Err(why) => judged.kept.push((record, why)),
                }
            }
        }
        Ok(judged)
    }

    /// Whether a record is due.
    ///
    /// # Errors
    /// The index's; an object that cannot be read.
    pub fn record(&self, record: RecordId) -> Result<Result<Due, NotDue>, Error> {
        if tombstone_path(self.data_folder, record).exists() {
            return Ok(Err(NotDue::Gone));
        }
        let Some(object) = self.archive.object(record)? else {
            return Ok(Err(NotDue::Gone));
        };
        let description = object.description()?;
        if let Some(hold) = self.standing.hold_on(record, description.dossier.as_ref()) {
            return Ok(Err(NotDue::Held(hold.hold)));
        }
        let Some(dossier) = description.dossier else {
            return Ok(Err(NotDue::NoDossier));
        };
        let Some(closing) = self.standing.closed.get(&dossier) else {
            return Ok(Err(NotDue::NotClosed));
        };
        let mut kinds = self.records_of(&dossier)?;
        // The index may not know of its newest version.
        kinds.insert(record, description.kind);
        let term = self.term(&dossier, &closing.procedure, kinds.into_values());
        let due = match term.due(closing.year) {
            None if term.term == RetentionTerm::Permanent => return Ok(Err(NotDue::Permanent)),
            None => return Ok(Err(NotDue::Unsettled)),
            Some(year) if year > self.year => return Ok(Err(NotDue::NotYet(year))),
            Some(year) => year,
        };
        let path = object.folder().join(INVENTORY);
        let bytes = read_metadata(&path).map_err(|source| JourneyError::Io { path, source })?;
        Ok(Ok(Due {
            record,
            inventory: Sha256Digest::of(&bytes),
            dossier,
            procedure: closing.procedure.clone(),
            closed: closing.year,
            term,
            due,
        }))
    }

    /// The longest term of a dossier's papers, its procedure's among them.
    fn term(
        &self,
        dossier: &DossierCode,
        procedure: &ProcedureCode,
        kinds: impl Iterator<Item = Option<DocumentKind>>,
    ) -> Term {
        let received = reception_day(dossier);
        let rule = received.and_then(|day| self.catalogue.in_force(procedure, day).ok());
        let own = rule.map_or_else(unknown, |rule| Term::from(&rule.retention));
        let of_kind = |kind: DocumentKind| {
            let entry = self.catalogue.kind(&kind)?;
            entry.retention.as_ref().map(Term::from)
        };
        kinds
            .flatten()
            .filter_map(of_kind)
            .fold(own, Term::or_longer)
    }

    fn records_of(
        &self,
        dossier: &DossierCode,
    ) -> Result<BTreeMap<RecordId, Option<DocumentKind>>, DisposalError> {
        let query = Query {
            dossier: Some(dossier.clone()),
            ..Query::default()
        };
        let rows = self.index.find(&query, u32::MAX)?;
        let kind = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let rows = rows.into_iter().map(|row| (row.record, kind(row.kind)));
        Ok(rows.collect())
    }
}

/// The catalogue has no rule that binds the dossier.
fn unknown() -> Term {
    Term {
        term: RetentionTerm::Unsettled,
        source: "–".to_owned(),
    }
}
