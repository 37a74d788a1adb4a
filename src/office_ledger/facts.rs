//! What the ledger says of the archive, for [`crate::verify`].

use std::path::Path;

use crate::ledger::{Event, Ledger, LedgerError};
use crate::verify::LedgerFacts;

/// Adds to `facts` what stands in the ledger from the entry `from` on; answers where to go on.
///
/// Entries whose openings are lost or were erased tell nothing; [`LedgerFacts::is_partial`] is set then.
///
/// # Errors
/// There is no ledger, or it cannot be read.
pub fn add_facts(folder: &Path, from: u64, facts: &mut LedgerFacts) -> Result<u64, LedgerError> {
    let ledger = Ledger::open(folder)?;
    // Before the entries, because the ledger may grow meanwhile: those that come then are read twice.
    let size = ledger.head()?.size;
    for recorded in ledger.recorded_from(from)? {
        let opening = match recorded {
            Ok(recorded) => recorded.opening,
            Err(LedgerError::TileMissing { .. } | LedgerError::TileDamaged { .. }) => None,
            Err(error) => return Err(error),
        };
        match opening.as_ref().map(|opening| opening.event()) {
            Some(Event::Archived(it) | Event::Corrected(it)) => {
                facts.record(it.record, it.version, it.inventory);
            }
            Some(Event::Disposed { record, .. }) => facts.dispose(*record),
            Some(
                Event::Reused { .. }
                | Event::Repaired { .. }
                | Event::Verified { .. }
                | Event::SigningSession { .. }
                | Event::KeyRotated { .. },
            ) => {}
            None => facts.is_partial = true,
        }
    }
    Ok(size)
}
