//! `sohoa dossier`: in which year a dossier's case ended, from which the time counts that its records are kept.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments_reuse::some_text;
use super::output::Output;
use super::signed_in::{OFFICERS, SignedIn};
use crate::config::Config;
use crate::disposal::decide::{Doing, close, reopen};
use crate::disposal::register::Register;
use crate::disposal::standing::Standing;
use crate::error::Error;
use crate::record::{Clock, DossierCode, ExitCode, SystemClock};
use crate::reuse::procedure::ProcedureCode;

#[derive(Args)]
pub(super) struct Dossier {
    #[command(subcommand)]
    action: DossierAction,
}

#[derive(Subcommand)]
enum DossierAction {
    /// The case ended: its records are kept for the years of its procedure, then they are due
    Close {
        /// Dossier code
        dossier: DossierCode,
        /// Year in which the case ended
        #[arg(long, value_name = "YYYY")]
        year: i16,
        /// Code of its procedure, whose retention counts
        #[arg(long, value_name = "CODE")]
        procedure: ProcedureCode,
        #[command(flatten)]
        by: SignedIn,
    },
    /// The case goes on: its records are never due until it is closed again
    Reopen {
        /// Dossier code
        dossier: DossierCode,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = some_text)]
        reason: String,
        #[command(flatten)]
        by: SignedIn,
    },
    /// The dossiers that are closed
    List,
}

#[derive(Serialize)]
struct Shown<'a> {
    dossier: &'a DossierCode,
    status: &'static str,
    year: Option<i16>,
    procedure: Option<&'a ProcedureCode>,
}

pub(super) fn run(
    arguments: &Dossier,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let at = SystemClock.now();
    match &arguments.action {
        DossierAction::Close {
            dossier,
            year,
            procedure,
            by,
        } => {
            let by = by.require(&OFFICERS, config, output)?;
            close(config, dossier, (*year, procedure), Doing { by, at })?;
            tell(dossier, Some((*year, procedure)), output);
        }
        DossierAction::Reopen {
            dossier,
            reason,
            by,
        } => {
            let by = by.require(&OFFICERS, config, output)?;
            reopen(config, dossier, reason, Doing { by, at })?;
            tell(dossier, None, output);
        }
        DossierAction::List => {
            let register = Register::read(&config.data_folder)?;
            let standing = Standing::of(register.lines());
            for (dossier, closing) in &standing.closed {
                tell(dossier, Some((closing.year, &closing.procedure)), output);
            }
        }
    }
    Ok(ExitCode::Ok)
}

fn tell(dossier: &DossierCode, closed: Option<(i16, &ProcedureCode)>, output: &Output) {
    output.object(&Shown {
        dossier,
        status: if closed.is_some() { "closed" } else { "open" },
        year: closed.map(|(year, _)| year),
        procedure: closed.map(|(_, procedure)| procedure),
    });
    match closed {
        Some((year, procedure)) => output.say(
            &format!("{dossier}  kết thúc năm {year}  thủ tục {procedure}"),
            &format!("{dossier}  closed in {year}  procedure {procedure}"),
        ),
        None => output.say(
            &format!("{dossier}  chưa kết thúc"),
            &format!("{dossier}  open"),
        ),
    }
}
