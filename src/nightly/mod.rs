//! The nightly run: proves that nothing has changed, mends what can be mended, and is itself checked.
//!
//! ```text
//! canary ─► ledger ─► what is new or was re-used ─► tonight's slice, object by object ─► replicas
//!        ─► repair ─► signed report, entered in the ledger ─► alarm, if anything is not as it must be
//! ```
//!
//! ```text
//! nightly/state.json                  where the run is; a stopped one goes on there
//! nightly/reports/<night>-<time>/     report.note (signed JSON), report.html, report.pdf (PDF/A-2u)
//! alarms/<time>-<code>.json           until a person takes it away
//! ```
//!
//! Every byte is read within the nights that the configuration says; a night that was missed is caught up by the next.
//! A copy of an archived object is damaged on purpose each night ([`canary`]): a check that does not see that says
//! nothing. That no run came to its end for too long is an alarm, too; a machine that is off raises none, which is
//! for whoever watches the machine.
//!
//! Not here: what is checked ([`crate::inspection`]), how something is mended ([`crate::repair`]).

pub mod alarm;
mod calendar;
mod canary;
mod pages;
pub mod report;
mod run;
mod state;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::record::{Clock, Explain, SystemClock};

use alarm::Alarm;
pub use report::NightReport;
pub use run::{Kept, run};
pub use state::{Finished, State};

/// What belongs to the nightly run, in the data folder.
pub const FOLDER: &str = "nightly";

/// How often it is asked whether the night has begun, and whether the program stops.
const LOOK: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How soon a run that failed is tried again, and alarms that were not sent.
const AGAIN: Duration = Duration::from_mins(15);
const SEND: Duration = Duration::from_mins(5);

/// Until the program stops.
pub(crate) fn attend(config: &Config, stopping: &AtomicBool) {
    // From now on somebody waits for a run.
    keep_state(config, &State::read(config));
    let (mut look, mut send) = (Instant::now() + LOOK, Instant::now());
    let mut failed = false;
    while !stopping.load(Ordering::Relaxed) {
        if Instant::now() >= look {
            let is_good = attend_night(config, stopping, failed);
            failed = !is_good;
            look = Instant::now() + if is_good { LOOK } else { AGAIN };
            mind_overdue(config);
        }
        if Instant::now() >= send {
            alarm::send_unsent(config);
            send = Instant::now() + SEND;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Makes the night's run, if it is due. False where that failed; `again` is whether it did before.
fn attend_night(config: &Config, stopping: &AtomicBool, again: bool) -> bool {
    let window = calendar::Window::of(&config.nightly);
    let Some(night) = window.night_at(SystemClock.now()) else {
        return true;
    };
    if !config.nightly.run || !State::read(config).is_due(night) {
        return true;
    }
    let goes_on =
        || !stopping.load(Ordering::Relaxed) && window.night_at(SystemClock.now()) == Some(night);
    tracing::info!(%night, "the night's verification goes on");
    match run(config, night, &goes_on) {
        Ok(Some(kept)) => {
            let verdict = kept.report.verdict;
            tracing::info!(%night, verdict, "the night's verification came to its end");
            true
        }
        Ok(None) => {
            tracing::info!(%night, "the night's verification pauses");
            true
        }
        Err(error) => {
            tracing::error!(code = error.code(), cause = %error, "the night's verification failed");
            if !again {
                let alarm = Alarm::failed(config, night, &error, SystemClock.now());
                alarm::raise_or_log(config, &alarm);
            }
            false
        }
    }
}

/// Raises the alarm that no run came to its end for too long; once for each time that this becomes true.
fn mind_overdue(config: &Config) {
    let mut state = State::read(config);
    let now = SystemClock.now();
    if !config.nightly.run || !state.is_overdue(config, now) || state.is_overdue_told {
        return;
    }
    let alarm = Alarm::overdue(config, &state, now);
    if alarm::raise_or_log(config, &alarm) {
        state.is_overdue_told = true;
        keep_state(config, &state);
    }
}

fn keep_state(config: &Config, state: &State) {
    if let Err(error) = state.keep(config) {
        tracing::error!(code = error.code(), cause = %error, "the nightly run's state is not kept");
    }
}
