//! `sohoa run`: the daemon, until it is told to stop.

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::Run;
use super::output::Output;
use crate::config::{Config, preflight};
use crate::daemon;
use crate::error::Error;
use crate::record::{ExitCode, SystemClock};

pub(super) fn run(arguments: &Run, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    preflight::check(config)?;
    let inbox = config.folders.inbox.display();
    output.say(
        &format!("Đang theo dõi {inbox}. Dừng: Ctrl-C."),
        &format!("Watching {inbox}. Stop with Ctrl-C."),
    );
    daemon::run(config, &SystemClock, arguments.once, asked_to_stop())?;
    Ok(ExitCode::Ok)
}

/// Resolves at SIGTERM or SIGINT; documents in work are finished first.
async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be caught; stop with SIGKILL, nothing is lost by it");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("asked to stop; finishing what is in work");
}
