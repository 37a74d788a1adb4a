//! What the archive holds of a citizen, looked at closely enough to say whether it can be relied on.
//!
//! The index names the records; everything else is read from the archive, and every document's digest and
//! signature are checked. A record that cannot be relied on is still there, with its doubts: an answer without
//! it would say “missing” and be wrong.

use std::cmp::Reverse;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::ReuseError;
use super::checklist::{Doubt, HeldRecord, PaperDate};
use super::procedure::vietnam_day;
use crate::archive::{ArchiveError, ArchiveReader, ArchivedObject};
use crate::durable::open_regular;
use crate::index::{Attention, CitizenNumber, Index, IndexRow, Query};
use crate::read_back::signature;
use crate::record::{CitizenId, Digests, Explain, Field, FieldName, RecordDescription, RecordId};

/// More records than one citizen has at a commune; the newest are looked at.
const RECORDS_MAX: u32 = 1000;

/// The records of a citizen, the newest first.
///
/// # Errors
/// The index's. What is wrong with a record is among its doubts.
pub fn of_citizen(
    citizen: &CitizenId,
    index: &Index,
    archive: &ArchiveReader,
) -> Result<Vec<HeldRecord>, ReuseError> {
    // Twelve digits are a number to look up.
    let number: Option<CitizenNumber> = citizen.expose().parse().ok();
    let query = Query {
        citizen: number,
        ..Query::default()
    };
    let rows = index.find(&query, RECORDS_MAX)?;
    Ok(rows
        .iter()
        .filter_map(|row| held(citizen, row, archive))
        .collect())
}

/// `None` where the archive says that it is somebody else's: found by a former number, or the index is old.
fn held(citizen: &CitizenId, row: &IndexRow, archive: &ArchiveReader) -> Option<HeldRecord> {
    let read = archive.object(row.record).and_then(|object| {
        let described = object.map(|object| object.description().map(|it| (object, it)));
        described.transpose()
    });
    let doubt = match read {
        Ok(Some((_, description))) if description.citizen.as_ref() != Some(citizen) => return None,
        Ok(Some((object, description))) => return Some(described(&object, description)),
        Ok(None) => Doubt::ArchiveMissing,
        Err(ArchiveError::Unreadable { .. }) => Doubt::ArchiveUnreadable,
        Err(_) => Doubt::ArchiveDamaged,
    };
    let is_theirs = row.citizen.as_deref() == Some(citizen.expose());
    let archived: Timestamp = row.archived.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    is_theirs.then(|| HeldRecord {
        record: row.record,
        kind: row.kind.as_ref().and_then(|kind| kind.parse().ok()),
        dossier: row.dossier.as_ref().and_then(|code| code.parse().ok()),
        title: row.title.clone(),
        archived,
        date: PaperDate {
            day: vietnam_day(archived),
            source: None,
        },
        citizen_sources: Vec::new(),
        fields: Vec::new(),
        doubts: vec![doubt],
    })
}

fn described(object: &ArchivedObject, description: RecordDescription) -> HeldRecord {
    HeldRecord {
        record: object.record(),
        date: paper_date(&description),
        doubts: doubts(object, &description),
        kind: description.kind,
        dossier: description.dossier,
        title: description.title,
        archived: description.archived,
        citizen_sources: description.citizen_sources,
        fields: description.fields,
    }
}

/// The day that the paper bears, by the most trustworthy source and of these the latest; a day after the one
/// on which it was archived was misread. Else the day on which it was archived.
#[must_use]
pub fn paper_date(description: &RecordDescription) -> PaperDate {
    let archived = vietnam_day(description.archived);
    let dated = |field: &Field| {
        let day: Date = field.value.parse().ok()?;
        let is_sound = field.name == FieldName::DocumentDate && day <= archived;
        is_sound.then_some((field.source, Reverse(day)))
    };
    match description.fields.iter().filter_map(dated).min() {
        Some((source, Reverse(day))) => PaperDate {
            day,
            source: Some(source),
        },
        None => PaperDate {
            day: archived,
            source: None,
        },
    }
}

fn doubts(object: &ArchivedObject, description: &RecordDescription) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if Attention::of(description).contains(&Attention::IdentityOpen) {
        doubts.push(Doubt::IdentityOpen);
    }
    match checked_document(object, description) {
        Err(ReuseError::Io { .. }) => doubts.push(Doubt::ArchiveUnreadable),
        Err(_) => doubts.push(Doubt::ArchiveDamaged),
        Ok(document) => match signature::check(&document, description.archived) {
            Ok(_) => {}
            Err(error) if error.is_retryable() => doubts.push(Doubt::SignatureUnchecked),
            Err(_) => doubts.push(Doubt::SignatureInvalid),
        },
    }
    doubts
}

/// Where the signed document lies, its bytes being those that the description names.
pub(super) fn checked_document(
    object: &ArchivedObject,
    description: &RecordDescription,
) -> Result<std::path::PathBuf, ReuseError> {
    let (record, logical) = (object.record(), &description.document);
    let path = object
        .content_path(logical)
        .ok_or_else(|| damaged(record, logical))?;
    if digests_of(&path)?.sha256 == description.document_sha256 {
        Ok(path)
    } else {
        Err(damaged(record, logical))
    }
}

pub(super) fn damaged(record: RecordId, logical: &str) -> ReuseError {
    ReuseError::Damaged {
        record,
        logical: logical.to_owned(),
    }
}

pub(super) fn digests_of(path: &Path) -> Result<Digests, ReuseError> {
    open_regular(path)
        .and_then(Digests::of_reader)
        .map_err(|source| ReuseError::Io {
            path: path.to_owned(),
            source,
        })
}
