//! `sohoa hold`: what may not be disposed of, whatever its term, and until when.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments_reuse::some_text;
use super::output::Output;
use super::signed_in::{KEEPERS, SignedIn};
use crate::config::Config;
use crate::disposal::decide::{Doing, hold, lift};
use crate::disposal::register::{Register, Subject};
use crate::disposal::standing::{Hold as Held, Standing};
use crate::error::Error;
use crate::record::{Clock, ExitCode, SystemClock, vietnam_time};

#[derive(Args)]
pub(super) struct Hold {
    #[command(subcommand)]
    action: HoldAction,
}

#[derive(Subcommand)]
enum HoldAction {
    /// Forbid the disposal of a record, or of all of a dossier
    Set {
        /// Record number or dossier code
        on: Subject,
        /// Why, e.g. which court or inspection asked for it
        #[arg(long, value_name = "TEXT", value_parser = some_text)]
        reason: String,
        #[command(flatten)]
        by: SignedIn,
    },
    /// Lift a hold
    Lift {
        /// Its number, from `sohoa hold list`
        hold: u64,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = some_text)]
        reason: String,
        #[command(flatten)]
        by: SignedIn,
    },
    /// The holds that stand
    List,
}

#[derive(Serialize)]
struct Shown<'a> {
    status: &'static str,
    #[serde(flatten)]
    hold: &'a Held,
}

#[derive(Serialize)]
struct Lifted {
    status: &'static str,
    hold: u64,
}

pub(super) fn run(arguments: &Hold, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let at = SystemClock.now();
    match &arguments.action {
        HoldAction::Set { on, reason, by } => {
            let by = by.require(&KEEPERS, config, output)?;
            let line = hold(config, on.clone(), reason, Doing { by, at })?;
            let standing = Standing::of(std::slice::from_ref(&line));
            standing.holds.values().for_each(|hold| tell(hold, output));
        }
        HoldAction::Lift { hold, reason, by } => {
            let by = by.require(&KEEPERS, config, output)?;
            lift(config, *hold, reason, Doing { by, at })?;
            output.object(&Lifted {
                status: "lifted",
                hold: *hold,
            });
            output.say(
                &format!("Lệnh giữ số {hold} đã hết hiệu lực."),
                &format!("Hold {hold} is lifted."),
            );
        }
        HoldAction::List => {
            let register = Register::read(&config.data_folder)?;
            let standing = Standing::of(register.lines());
            standing.holds.values().for_each(|hold| tell(hold, output));
        }
    }
    Ok(ExitCode::Ok)
}

fn tell(hold: &Held, output: &Output) {
    output.object(&Shown {
        status: "held",
        hold,
    });
    let Held {
        hold: number,
        on,
        reason,
        by,
        at,
    } = hold;
    let at = vietnam_time(*at);
    output.say(
        &format!("{number}  giữ {on}  {reason}  ({by}, {at})"),
        &format!("{number}  holds {on}  {reason}  ({by}, {at})"),
    );
}
