//! Dossiers closed and reopened, holds set and lifted: each checked against what stands, then kept.
//!
//! Whether the account may do it, the caller has seen.

use jiff::Timestamp;

use super::DisposalError;
use super::register::{Act, Line, OpenRegister, Subject};
use super::standing::Standing;
use crate::config::Config;
use crate::error::Error;
use crate::journal::CommitTurn;
use crate::record::DossierCode;
use crate::reuse::procedure::{ProcedureCode, reception_day, vietnam_day};

/// Who does something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Doing<'a> {
    /// The account.
    pub by: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// Keeps in which year a dossier's case ended; said again, the last counts.
///
/// # Errors
/// [`DisposalError::Year`]; the register's, the ledger's.
pub fn close(
    config: &Config,
    dossier: &DossierCode,
    (year, procedure): (i16, &ProcedureCode),
    doing: Doing<'_>,
) -> Result<Line, Error> {
    let received = reception_day(dossier).map_or(i16::MIN, |day| day.year());
    if !(received.max(1900)..=vietnam_day(doing.at).year()).contains(&year) {
        let dossier = dossier.clone();
        return Err(DisposalError::Year { dossier, year }.into());
    }
    let act = Act::DossierClosed {
        dossier: dossier.clone(),
        year,
        procedure: procedure.clone(),
    };
    keep(config, act, doing, |_| Ok(()))
}

/// Keeps that a dossier's case goes on.
///
/// # Errors
/// [`DisposalError::NotClosed`]; the register's, the ledger's.
pub fn reopen(
    config: &Config,
    dossier: &DossierCode,
    reason: &str,
    doing: Doing<'_>,
) -> Result<Line, Error> {
    let act = Act::DossierReopened {
        dossier: dossier.clone(),
        reason: reason.to_owned(),
    };
    keep(config, act, doing, |standing| {
        match standing.closed.contains_key(dossier) {
            true => Ok(()),
            false => Err(DisposalError::NotClosed(dossier.clone())),
        }
    })
}

/// Forbids that a record, or any of a dossier, is disposed of. Whether there is such a one is not asked: a hold may come
/// before the papers.
///
/// # Errors
/// The register's, the ledger's.
pub fn hold(config: &Config, on: Subject, reason: &str, doing: Doing<'_>) -> Result<Line, Error> {
    let reason = reason.to_owned();
    keep(config, Act::HoldSet { on, reason }, doing, |_| Ok(()))
}

/// Ends a hold.
///
/// # Errors
/// [`DisposalError::NoSuchHold`]; the register's, the ledger's.
pub fn lift(config: &Config, hold: u64, reason: &str, doing: Doing<'_>) -> Result<Line, Error> {
    let reason = reason.to_owned();
    let act = Act::HoldLifted { hold, reason };
    keep(config, act, doing, |standing| {
        match standing.holds.contains_key(&hold) {
            true => Ok(()),
            false => Err(DisposalError::NoSuchHold(hold)),
        }
    })
}

fn keep(
    config: &Config,
    act: Act,
    doing: Doing<'_>,
    is_fit: impl FnOnce(&Standing) -> Result<(), DisposalError>,
) -> Result<Line, Error> {
    let turn = CommitTurn::take(&config.folders.work)?;
    let mut register = OpenRegister::open(config, &turn)?;
    is_fit(&Standing::of(register.lines()))?;
    Ok(register.add(act, doing.by, doing.at)?.clone())
}
