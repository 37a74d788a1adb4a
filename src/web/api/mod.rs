//! The interface for programs, `/api/v1`: what the desk shows, as JSON and bytes. `openapi.json` beside this file
//! describes it; a test holds it against the table of routes and against what is answered.
//!
//! A program has a token ([`clients`](super::clients)) and no cookie. Whom it looks up, and why, comes by POST and is
//! kept as at the desk; what was found has addresses that are good in that look-up alone. Nothing is done here that the
//! desk does not do: these handlers read what was sent, ask the same functions, and write JSON.

mod drops;
mod events;
mod look_ups;
mod openapi;
mod records;
mod reuse;
mod worklist;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::asked::Asked;
use super::problem::Mistake;
use super::reply::{Refusal, Reply};

pub(super) use drops::{drop_in, state};
pub(super) use events::events;
pub(super) use look_ups::{begin, found};
pub(super) use openapi::document as openapi;
pub(super) use records::{document, face as record, validation};
pub(super) use reuse::{bundle, checklist};
pub(super) use worklist::list as worklist;

/// What a program sent as JSON.
///
/// # Errors
/// It is none, or says something else than was asked for.
fn sent<T: DeserializeOwned>(asked: &Asked) -> Result<T, Mistake> {
    let (kind, bytes) = &asked.body;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Mistake::with(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "api.not_json",
            (
                "Nội dung gửi phải là JSON (Content-Type: application/json).",
                "What is sent must be JSON (Content-Type: application/json).",
            ),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // The parser quotes what was sent; it goes back to the sender and nowhere else.
        let (status, code) = match error.is_data() {
            true => (StatusCode::UNPROCESSABLE_ENTITY, "api.body"),
            false => (StatusCode::BAD_REQUEST, "api.malformed"),
        };
        let vi = format!("Nội dung JSON không đúng: {error}.");
        let en = format!("The JSON is not as described: {error}.");
        Mistake::with(status, code, (&vi, &en))
    })
}

fn answered(answer: Result<Reply, Mistake>) -> Result<Reply, Refusal> {
    answer.or_else(Mistake::answer)
}
