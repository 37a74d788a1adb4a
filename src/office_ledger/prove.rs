//! The proof that a record, as it is now, stands in the ledger.

use super::version;
use crate::archive::ArchivedObject;
use crate::config::Config;
use crate::error::Error;
use crate::ledger::{Event, Ledger, LedgerError, ProofFile};

/// Makes the proof of the latest version of an object, its inventory in it.
///
/// # Errors
/// [`LedgerError::NotEntered`] where the ledger does not know the version as it is; [`LedgerError::NotSigned`]; the
/// ledger's.
pub fn prove(config: &Config, object: &ArchivedObject) -> Result<ProofFile, Error> {
    let head = object.inventory().head();
    let entry = version::entry(object, head)?;
    let ledger = Ledger::open(&config.ledger.folder)?;
    let found = ledger.find_near(entry.time, |event| *event == entry.event)?;
    let found = found.ok_or(LedgerError::NotEntered {
        record: object.record(),
    })?;
    let inventory = version::inventory_text(object, head)?;
    Ok(ledger.prove(found.index, Some(inventory))?)
}

/// What is entered when a record is used again: which bundle it was handed out in.
///
/// # Errors
/// A damaged object.
pub fn reuse(object: &ArchivedObject, bundle: crate::record::Sha256Digest) -> Result<Event, Error> {
    let entry = version::entry(object, object.inventory().head())?;
    Ok(Event::Reused {
        record: object.record(),
        // A version has an inventory.
        inventory: entry.event.inventory().unwrap_or(bundle),
        bundle,
    })
}
