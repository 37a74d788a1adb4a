//! The auditor's face: who looked at this person, what an account did, what happened on a day, who looked at people in
//! bulk. What is asked comes by POST, so that no number stands in an address; the asking is an event, kept first.

use std::collections::VecDeque;
use std::sync::{Mutex, TryLockError};

use axum::http::StatusCode;
use jiff::civil::Date;

use crate::access::audit::Audit;
use crate::access::{Event, EventKind, Purpose};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::audit::{self, Answered, Looks, Mistake};

/// The newest looks that are shown; who wants older ones says until when.
const LOOKS_MAX: usize = 200;
/// Letters of a name, and of a reason.
const TEXT_MAX: usize = 200;

/// One at a time: it may read years of the log.
static READING: Mutex<()> = Mutex::new(());

/// The questions.
pub(in crate::web) fn face(_: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::page(audit::page(asked, Ok(None))))
}

/// An answer.
pub(in crate::web) fn answer(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let question = match question(asked) {
        Ok(question) => question,
        Err(mistake) => {
            let page = Reply::page(audit::page(asked, Err(mistake)));
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let _turn = match READING.try_lock() {
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(Refusal::Busy),
    };
    let purpose = Purpose {
        dossier: None,
        text: typed(asked, "purpose"),
    };
    let event = desk.event(asked, EventKind::Audit, purpose)?;
    let event = question.told_in(event);
    desk.keep(&event).map_err(|_| Refusal::NotKept)?;
    let answered = match question.bulk {
        true => in_bulk(desk, asked, &question),
        false => Answered::Looks(looks(desk, &question, &event)),
    };
    Ok(Reply::page(audit::page(asked, Ok(Some(&answered)))))
}

/// What was typed into a field; `None` where nothing was.
fn typed(asked: &Asked, name: &str) -> Option<String> {
    let text: String = asked
        .form
        .value(name)
        .trim()
        .chars()
        .take(TEXT_MAX)
        .collect();
    (!text.is_empty()).then_some(text)
}

fn question(asked: &Asked) -> Result<Audit, Mistake> {
    let day = |name| -> Result<Option<Date>, Mistake> {
        let text = typed(asked, name);
        let day = text.map(|text| text.parse().map_err(|_| Mistake::Day));
        day.transpose()
    };
    let digits = typed(asked, "citizen").map(|text| text.replace([' ', '.', '-'], ""));
    let citizen = digits.map(|digits| digits.parse().map_err(|_| Mistake::Citizen));
    let question = Audit {
        citizen: citizen.transpose()?,
        by: typed(asked, "by"),
        bulk: asked.form.value("what") == "bulk",
        from: day("from")?,
        to: day("to")?,
    };
    let is_about = question.citizen.is_some() || question.by.is_some() || question.from.is_some();
    match (question.bulk, question.citizen.is_some(), is_about) {
        // Alarms are about accounts.
        (true, true, _) => Err(Mistake::CitizenInBulk),
        (true, false, _) | (false, _, true) => Ok(question),
        (false, _, false) => Err(Mistake::Nothing),
    }
}

/// The newest of the looks, and how many there are.
fn looks(desk: &Desk, question: &Audit, own: &Event) -> Looks {
    let mut looks = Looks {
        newest: VecDeque::new(),
        count: 0,
        flaws: 0,
    };
    for event in question.looks(&desk.config.data_folder, own.event) {
        match event {
            Err(error) => {
                tracing::error!(cause = %error, "the log of look-ups is not as it was written");
                looks.flaws += 1;
            }
            Ok(event) => {
                looks.count += 1;
                looks.newest.push_front(event);
                looks.newest.truncate(LOOKS_MAX);
            }
        }
    }
    looks
}

fn in_bulk(desk: &Desk, asked: &Asked, question: &Audit) -> Answered {
    let mut flaws = 0;
    let limit = desk.config.bulk_per_hour;
    let found = question.in_bulk(&desk.config.data_folder, (limit, asked.now), |error| {
        tracing::error!(cause = %error, "the log of look-ups is not as it was written");
        flaws += 1;
    });
    Answered::InBulk {
        found,
        limit,
        flaws,
    }
}
