//! What the ledger says of the archive, for [`crate::verify`].

use std::path::Path;

use crate::ledger::{Event, Ledger, LedgerError, Recorded};
use crate::verify::{Acts, Disposal, LedgerFacts};

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
            Ok(recorded) => {
                add_act(&recorded, &mut facts.acts);
                recorded.opening
            }
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
                | Event::Retention { .. }
                | Event::Verified { .. }
                | Event::SigningSession { .. }
                | Event::KeyRotated { .. },
            ) => {}
            None => facts.is_partial = true,
        }
    }
    Ok(size)
}

/// What the ledger says of acts about retention and of disposals; `None` where not all of it can be read, because what
/// cannot be read may be a hold.
///
/// # Errors
/// There is no ledger, or it cannot be read.
pub fn acts(folder: &Path) -> Result<Option<Acts>, LedgerError> {
    let mut acts = Acts::default();
    for recorded in Ledger::open(folder)?.recorded_from(0)? {
        match recorded {
            Ok(recorded) if recorded.opening.is_some() => add_act(&recorded, &mut acts),
            Ok(_) | Err(LedgerError::TileMissing { .. } | LedgerError::TileDamaged { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(acts))
}

fn add_act(recorded: &Recorded, acts: &mut Acts) {
    let event = recorded.opening.as_ref().map(|opening| opening.event());
    if let Some(Event::Retention { line, .. }) = event {
        acts.lines.insert(recorded.index, *line);
    }
    if let Some(Event::Disposed {
        record,
        inventory,
        decision,
    }) = event
    {
        acts.disposals.entry(*record).or_insert(Disposal {
            inventory: *inventory,
            decision: *decision,
            time: recorded.leaf.time,
        });
    }
}
