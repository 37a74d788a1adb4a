//! The index made of the archive: on request, and by itself where an older version of the program made the tables.

use crate::archive::{ArchiveError, ArchiveReader, ArchivedObject};
use crate::config::Config;
use crate::error::Error;
use crate::index::{Index, IndexError};
use crate::journal::CommitTurn;
use crate::office_ledger::facts::acts;
use crate::record::{Explain, RecordDescription};

/// Opens the index; one of an older version is made anew first, which for a large archive takes its time.
///
/// # Errors
/// The index's; the archive's while it is read. Then the old tables are still there.
pub fn open_index(config: &Config) -> Result<Index, Error> {
    match Index::open(&config.folders.index) {
        Err(error) if is_older(&error) => {}
        opened => return Ok(opened?),
    }
    let _turn = CommitTurn::take(&config.folders.work)?;
    // Another process may have been faster.
    match Index::open(&config.folders.index) {
        Err(error) if is_older(&error) => {
            tracing::info!(cause = %error, "the index is made anew from the archive");
            let (index, records) = rebuilt(config)?;
            tracing::info!(records, "the index is made anew");
            Ok(index)
        }
        opened => Ok(opened?),
    }
}

/// Makes the index anew, whatever it is. Returns how many records it has.
///
/// # Errors
/// As [`open_index`].
pub fn rebuild_index(config: &Config) -> Result<u64, Error> {
    // A record committed during the walk could be missed otherwise.
    let _turn = CommitTurn::take(&config.folders.work)?;
    Ok(rebuilt(config)?.1)
}

/// What a newer program made is not for this one to take away.
pub(crate) fn is_older(error: &IndexError) -> bool {
    matches!(error, IndexError::OtherVersion { found, known, .. } if found < known)
}

/// The index made anew, and how many records it has. The caller has the turn to commit.
pub(crate) fn rebuilt(config: &Config) -> Result<(Index, u64), Error> {
    let archive = ArchiveReader::at(&config.folders.archive);
    // A ledger that cannot be read keeps nobody from finding what is there.
    let acts = acts(&config.ledger.folder).ok().flatten();
    let disposed = acts.unwrap_or_default().disposals;
    let objects = archive.objects().filter(|object| {
        let record = object.as_ref().ok().map(ArchivedObject::record);
        !record.is_some_and(|record| disposed.contains_key(&record))
    });
    let described = objects.filter_map(described);
    Index::rebuild(&config.folders.index, described)
}

/// `None` for a damaged object: one must not keep all others from being found, and `verify` names it.
fn described(
    object: Result<ArchivedObject, ArchiveError>,
) -> Option<Result<(RecordDescription, Option<String>), Error>> {
    let described = object.and_then(|object| {
        let description = object.description()?;
        let text = object.text(&description)?;
        Ok((description, text))
    });
    match described {
        Err(
            damaged
            @ (ArchiveError::ObjectInvalid { .. } | ArchiveError::DescriptionInvalid { .. }),
        ) => {
            let code = damaged.code();
            tracing::error!(code, "a damaged record is not in the index");
            None
        }
        described => Some(described.map_err(Error::from)),
    }
}
