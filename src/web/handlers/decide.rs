//! What a person decides about a document of the worklist: read from the form, handed to whoever carries it out, and on
//! to the next document at once. The journey that follows is the daemon's.

use std::time::Duration;

use axum::http::StatusCode;

use super::worklist::shown;
use crate::record::{Decision, PageReading, RecordId};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::identity;
use crate::web::items::{self, Item};
use crate::web::reply::{Refusal, Reply};
use crate::web::views::item::{self, Said};
use crate::worklist::{Entry, Refused};

/// A document that is being worked on, for instance after the last decision, is asked for again so often.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(200);
/// A reason says something, and is no novel.
const REASON_LETTERS_MAX: usize = 500;

/// Where to go once it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// To the next document.
    Next,
    /// Back to this one, at this page.
    Back(usize),
}

/// What a form means.
type Meant = Result<(Vec<Decision>, Then), Said>;

/// Takes a decision.
pub(in crate::web) fn decide(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let item = items::named(desk, asked)?;
    let (decisions, then) = match meant(asked, &item) {
        Ok(meant) => meant,
        Err(said) => {
            let page = shown(desk, asked, &item, said)?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let next = match then {
        Then::Next => next_of(desk, asked, &item)?,
        Then::Back(_) => None,
    };
    if let Err(refused) = carried_out(desk, asked, item.record, &decisions) {
        let page = Reply::page(item::not_taken(asked, item.record, refused.as_ref()));
        return Ok(page.with_status(StatusCode::CONFLICT));
    }
    Ok(Reply::see(&match (then, next) {
        (Then::Back(page), _) => format!("/worklist/{}?page={page}", item.record),
        (Then::Next, Some(next)) => format!("/worklist/{next}?done=1"),
        (Then::Next, None) => "/worklist?done=1".to_owned(),
    }))
}

/// Has it carried out under the account's name.
fn carried_out(
    desk: &Desk,
    asked: &Asked,
    record: RecordId,
    decisions: &[Decision],
) -> Result<(), Refused> {
    let by = asked
        .visitor
        .as_ref()
        .map_or("", |it| it.account.name.as_str());
    let mut tries = 0;
    loop {
        match desk.orders.decide(record, decisions.to_vec(), by) {
            Err(refused) if refused.code() == "worklist.busy" && tries < TRIES => {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
            answer => return answer,
        }
    }
}

/// The document that waits behind this one and that the visitor may see; after the last the first.
fn next_of(desk: &Desk, asked: &Asked, item: &Item) -> Result<Option<RecordId>, Refusal> {
    let may_see = identity::may_see(desk, asked);
    let mut waiting = items::waiting(desk)?;
    waiting.retain(|it| {
        let is_card = identity::is_shown(desk, it.kind.as_ref(), &it.fields);
        it.record != item.record && (may_see || !is_card)
    });
    let is_behind = |at: &&Entry| (at.since, at.record) > (item.since, item.record);
    let behind = waiting.iter().find(is_behind);
    Ok(behind.or(waiting.first()).map(|it| it.record))
}

fn meant(asked: &Asked, item: &Item) -> Meant {
    let value = |name| asked.form.value(name).trim();
    let decision = match value("decision") {
        "accept" => return accepted(asked, item),
        _ if item.held.is_some() => return Err(Said::Unreadable),
        "turn" => {
            let page: u32 = value("page").parse().map_err(|_| Said::Unreadable)?;
            let degrees = value("degrees").parse().map_err(|_| Said::Unreadable)?;
            let back = usize::try_from(page).map_err(|_| Said::Unreadable)?;
            return Ok((vec![Decision::Rotate { page, degrees }], Then::Back(back)));
        }
        "blank" => {
            let blank = item
                .pages
                .iter()
                .filter(|page| page.reading == PageReading::Blank && !page.is_left_out);
            let pages: Vec<u32> = blank.filter_map(|it| it.number.try_into().ok()).collect();
            return Ok((vec![Decision::DropBlank { pages }], Then::Back(1)));
        }
        "order" => {
            let pages = numbers(value("order")).ok_or(Said::Unreadable)?;
            return Ok((vec![Decision::Order { pages }], Then::Back(1)));
        }
        "split" => Decision::Split {
            at: numbers(value("at")).ok_or(Said::Unreadable)?,
        },
        "merge" => Decision::Merge {
            with: value("with").parse().map_err(|_| Said::Unreadable)?,
        },
        "reject" => {
            let reason: String = value("reason").chars().take(REASON_LETTERS_MAX).collect();
            if !reason.chars().any(char::is_alphanumeric) {
                return Err(Said::NoReason);
            }
            Decision::Reject { reason }
        }
        _ => return Err(Said::Unreadable),
    };
    Ok((vec![decision], Then::Next))
}

/// The document as it is, with what the form adds to what is known.
fn accepted(asked: &Asked, item: &Item) -> Meant {
    let value = |name| asked.form.value(name).trim();
    let number = |text: &str| {
        let digits: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        digits.parse().map(Some).map_err(|_| Said::NoNumber)
    };
    let citizen = match value("citizen") {
        "unknown" => None,
        "other" => number(value("other"))?,
        "" if !value("other").is_empty() => number(value("other"))?,
        "" if item.asks_whose() => return Err(Said::NoCitizen),
        "" => None,
        chosen => number(chosen)?,
    };
    let dossier = match value("dossier") {
        "" => None,
        typed => Some(typed.to_uppercase().parse().map_err(|_| Said::NoDossier)?),
    };
    let dossier = dossier.filter(|it| item.dossiers.as_slice() != std::slice::from_ref(it));
    let kind = match value("kind") {
        "" => None,
        chosen => Some(chosen.parse().map_err(|_| Said::Unreadable)?),
    };
    let kind = kind.filter(|it| item.kind.as_ref() != Some(it));
    let mut decisions = Vec::new();
    if citizen.is_some() || dossier.is_some() || kind.is_some() {
        decisions.push(Decision::Assign {
            citizen,
            dossier,
            kind,
        });
    }
    match item.held {
        // The archive has it; it needs no approval, but what is decided must be something.
        Some(_) if decisions.is_empty() => return Err(Said::NoCitizen),
        Some(_) => {}
        None => decisions.push(Decision::Approve),
    }
    Ok((decisions, Then::Next))
}

/// Page numbers as people type them; `None` where something else is among them.
fn numbers(typed: &str) -> Option<Vec<u32>> {
    let parts = typed.split([',', ';', ' ']).filter(|it| !it.is_empty());
    let numbers: Option<Vec<u32>> = parts.map(|it| it.parse().ok()).collect();
    numbers.filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_read_as_people_type_them() {
        assert_eq!(numbers("2, 4;5  7"), Some(vec![2, 4, 5, 7]));
        for nonsense in ["", " ,; ", "2-4", "hai", "-1", "99999999999"] {
            assert_eq!(numbers(nonsense), None, "{nonsense}");
        }
    }
}
