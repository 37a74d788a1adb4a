//! Signing sessions: what is open, what waits and why; opening and closing. The daemon is asked over its own line
//! ([`crate::session::line`]), as the command asks it. A PIN is taken only where this very program ends the TLS; it goes
//! over that line once, is wiped, and is in no log.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use zeroize::Zeroizing;

use super::station::known;
use crate::capture;
use crate::receipt::{self, Answered};
use crate::record::RecordId;
use crate::session::line::{self, Answer, Request};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::signing::{self, Key, Signing, Waits};
use crate::worklist::Question;

/// Documents listed; the counts are whole.
const LISTED_MAX: usize = 200;
/// A PIN or passphrase.
const PIN_LETTERS_MAX: usize = 256;

/// What is open, and what waits.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let answer = ask(desk, &Request::Status)?;
    Ok(Reply::page(signing::page(
        asked,
        &state(desk, asked, answer)?,
    )))
}

/// Opens a session under the account's name.
pub(in crate::web) fn open(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let key = asked.form.value("key");
    let configured = desk.config.signing.as_ref().and_then(|it| it.key(key));
    let configured = configured
        .filter(|it| it.attended)
        .ok_or(Refusal::NotFound)?;
    let pin = asked.form.value("pin");
    let is_typed = configured.is_typed();
    if is_typed && desk.web.tls.is_none() {
        // No page of ours offers it.
        return Err(Refusal::Forbidden);
    }
    let is_pin = !pin.is_empty() && pin.chars().count() <= PIN_LETTERS_MAX;
    let answer = match is_typed && !is_pin {
        true => None,
        false => Some(ask(
            desk,
            &Request::Open {
                key: configured.name.clone(),
                by: asked.visitor()?.account.name.clone(),
                secret: is_typed.then(|| Zeroizing::new(pin.to_owned())),
            },
        )?),
    };
    match answer {
        Some(Answer::Sessions { .. }) => Ok(Reply::see("/signing")),
        refused => {
            let mut shown = state(desk, asked, ask(desk, &Request::Status)?)?;
            shown.refused = Some(match refused {
                Some(Answer::Refused {
                    message, advice, ..
                }) => [message, advice],
                _ => signing::no_pin(),
            });
            let page = Reply::page(signing::page(asked, &shown));
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// Closes the session of a key, or all.
pub(in crate::web) fn close(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let key = match asked.form.value("key") {
        "" => None,
        key => Some(key.to_owned()),
    };
    ask(desk, &Request::Close { key })?;
    Ok(Reply::see("/signing"))
}

fn ask(desk: &Desk, request: &Request) -> Result<Answer, Refusal> {
    match line::ask(&desk.config.folders.work, request) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(Refusal::Failed("session.no_line")),
        Err(error) => {
            tracing::error!(cause = %error, "the daemon was not heard about its signing sessions");
            Err(Refusal::Failed("session.line"))
        }
    }
}

fn state(desk: &Desk, asked: &Asked, answer: Answer) -> Result<Signing, Refusal> {
    let Answer::Sessions {
        sessions,
        waiting,
        queues,
    } = answer
    else {
        return Err(Refusal::Failed("session.line"));
    };
    let keys = desk.config.signing.iter().flat_map(|it| it.keys());
    let keys = keys.map(|key| Key {
        name: key.name.clone(),
        is_attended: key.attended,
        is_typed: key.is_typed(),
        session: sessions.iter().find(|it| it.key == key.name).cloned(),
        waiting: queues
            .iter()
            .find(|it| it.key == key.name)
            .map_or(0, |it| it.documents),
    });
    Ok(Signing {
        keys: keys.collect(),
        may_type: desk.web.tls.is_some(),
        waiting,
        documents: documents(desk, asked)?,
        refused: None,
    })
}

/// What is in work, and why it waits: for a person as the worklist says, else as its receipt says.
fn documents(desk: &Desk, asked: &Asked) -> Result<Vec<Waits>, Refusal> {
    let lang = asked.lang;
    let jobs = capture::jobs(&desk.config.folders.work).map_err(|error| {
        tracing::error!(cause = %error, "the work folder cannot be read");
        Refusal::Failed("work.unreadable")
    })?;
    let mut told = BTreeMap::new();
    for station in known(desk) {
        let only = (Some(Answered::Waiting), LISTED_MAX);
        for receipt in receipt::newest(&desk.config.folders.outbox, &station, lang, only) {
            if let Some(record) = receipt.record {
                told.insert(record, (station.clone(), receipt));
            }
        }
    }
    let mut records: Vec<RecordId> = jobs
        .iter()
        .filter_map(|job| job.file_name()?.to_str()?.parse().ok())
        .collect();
    // Their numbers begin with the time of the claim.
    records.sort();
    let documents = records.into_iter().take(LISTED_MAX).map(|record| {
        let folder = desk.config.folders.work.join(record.to_string());
        let entry = crate::worklist::Desk::of(&folder).entry().ok().flatten();
        let sentence = |question: &Question| question.sentence(lang);
        let receipt = told.get(&record);
        Waits {
            record,
            for_person: entry.is_some(),
            why: match &entry {
                Some(entry) => entry.questions.iter().map(sentence).collect(),
                None => receipt
                    .and_then(|(_, it)| it.reason.clone())
                    .into_iter()
                    .collect(),
            },
            since: match &entry {
                Some(entry) => Some(entry.since),
                None => receipt.and_then(|(_, it)| it.at),
            },
            station: receipt.map(|(station, _)| station.to_string()),
            file: receipt.map(|(_, it)| it.file.clone()),
        }
    });
    Ok(documents.collect())
}
