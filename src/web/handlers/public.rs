//! What anybody may ask for: it says nothing about any person.

use axum::http::StatusCode;

use crate::capture;
use crate::nightly::{State, alarm};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::metrics::Gauges;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::{health, layout};

/// The one style sheet.
pub(in crate::web) fn style(_: &Desk, _: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::public(layout::STYLE, "text/css; charset=utf-8"))
}

/// Whether the desk can do its work; 503 where it cannot.
pub(in crate::web) fn health(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let [index, archive] = desk.holdings.health();
    let accounts = desk.accounts.all().map(drop).map_err(|_| "accounts");
    let checks = [index, archive, accounts];
    let is_well = checks.iter().all(Result::is_ok);
    let status = match is_well {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(Reply::page(health::page(asked, &checks)).with_status(status))
}

/// Counts, for Prometheus.
pub(in crate::web) fn metrics(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let night = State::read(&desk.config).finished;
    let text = desk.metrics.text(Gauges {
        sessions: desk.sessions.count(asked.now),
        jobs: capture::jobs(&desk.config.folders.work)
            .ok()
            .map(|jobs| jobs.len()),
        night: night.map(|last| (last.ended.as_second(), last.verdict == "ok")),
        alarms: alarm::standing(&desk.config).len(),
    });
    Ok(Reply::text(
        text,
        "text/plain; version=0.0.4; charset=utf-8",
    ))
}
