//! How a record stands in the office's ledger, and the file with which anybody can check that, offline.

use super::procedures::failed;
use super::record::{named, note};
use crate::access::EventKind;
use crate::error::Error;
use crate::hand_out::proof_now;
use crate::ledger::LedgerError;
use crate::record::Explain;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::holdings::Held;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::record::InLedger;

/// How a record stands in the ledger. The daemon signs; looking at a record makes nothing.
pub(in crate::web) fn in_ledger(desk: &Desk, held: &Held) -> InLedger {
    match proof_now(&desk.config, &held.object) {
        Ok(proof) => InLedger::Proven {
            index: proof.index,
            is_stamped: proof.token.is_some(),
        },
        Err(Error::Ledger(LedgerError::NotSigned { .. })) => InLedger::Waiting,
        Err(Error::Ledger(LedgerError::NotEntered { .. } | LedgerError::NotThere { .. })) => {
            InLedger::Absent
        }
        Err(error) => {
            tracing::error!(code = error.code(), cause = %error, "the ledger cannot be asked");
            InLedger::Unreadable
        }
    }
}

/// The proof, to keep: what `sohoa prove` writes.
pub(in crate::web) fn file(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    let proof = proof_now(&desk.config, &held.object).map_err(|error| match error {
        Error::Ledger(
            LedgerError::NotSigned { .. }
            | LedgerError::NotEntered { .. }
            | LedgerError::NotThere { .. },
        ) => Refusal::NotFound,
        error => failed(&error),
    })?;
    let text = String::from_utf8(proof.to_bytes()).map_err(|_| Refusal::Failed("proof"))?;
    note(desk, asked, (&look_up, &held), EventKind::Download)?;
    let name = format!("{}.proof.json", held.object.record());
    Ok(Reply::text(text, "application/json").kept_as(&name))
}
