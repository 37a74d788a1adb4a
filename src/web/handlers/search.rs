//! Looking somebody or something up: the question comes by POST, the answer has an address that names nobody.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::access::{EventKind, Purpose};
use crate::index::IndexRow;
use crate::look_up::{Cursor, Search, Understood};
use crate::record::{CitizenId, RecordId};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::identity;
use crate::web::lookups::LookUp;
use crate::web::reply::{Refusal, Reply};
use crate::web::routes::LOOKS_UP;
use crate::web::sought::{Among, Sought};
use crate::web::views::found::{self, Found, Row};
use crate::web::views::search::{self, Filled, Mistake};

/// Rows shown; who has more is asked to say more.
const ROWS_MAX: u32 = 100;
/// A purpose in words says something, and is no novel.
const PURPOSE_LETTERS: std::ops::RangeInclusive<usize> = 3..=500;

/// The first page: the search, for those who look people up.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let visitor = asked.visitor()?;
    if !asked.has_any(LOOKS_UP) {
        return Ok(Reply::page(search::without_search(asked)));
    }
    let last = desk
        .sessions
        .look_ups(visitor.key, |all| all.last_purpose().cloned());
    let purpose = last
        .flatten()
        .map(|purpose| purpose.words(asked.lang))
        .unwrap_or_default();
    let filled = Filled {
        purpose: &purpose,
        ..Filled::default()
    };
    Ok(Reply::page(search::page(asked, &filled, None)))
}

/// Begins a look-up: understands what was typed, and why.
pub(in crate::web) fn begin(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let filled = Filled {
        purpose: asked.form.value("purpose").trim(),
        sought: asked.form.value("sought").trim(),
        among: match asked.form.value("among") {
            "names" => Among::Names,
            "texts" => Among::Texts,
            _ => Among::Everything,
        },
    };
    let sought = Sought::read(filled.sought, filled.among).map_err(Mistake::Sought);
    let begun = sought.and_then(|sought| {
        let purpose = purpose_of(filled.purpose, &sought).ok_or(Mistake::Purpose)?;
        Ok((sought, purpose))
    });
    let (sought, purpose) = match begun {
        Ok(begun) => begun,
        Err(mistake) => {
            let page = Reply::page(search::page(asked, &filled, Some(mistake)));
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    desk.metrics.look_ups.add();
    let key = asked.key()?;
    let handle = desk
        .sessions
        .look_ups(key, |all| all.begin(sought, purpose));
    let handle = handle.ok_or(Refusal::SignIn)?;
    let handle = handle.map_err(|_| Refusal::Failed("random"))?;
    Ok(Reply::see(&format!("/look-ups/{handle}")))
}

/// Why: a dossier, or in words. A search for a dossier is its own reason.
pub(in crate::web) fn purpose_of(typed: &str, sought: &Sought) -> Option<Purpose> {
    let dossier = match (typed, &sought.understood) {
        ("", Understood::Dossier(dossier)) => Some(dossier.clone()),
        _ => typed.parse().ok(),
    };
    if dossier.is_some() {
        return Some(Purpose {
            dossier,
            text: None,
        });
    }
    let letters = typed
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count();
    let is_said =
        letters >= *PURPOSE_LETTERS.start() && typed.chars().count() <= *PURPOSE_LETTERS.end();
    is_said.then(|| Purpose {
        dossier: None,
        text: Some(typed.to_owned()),
    })
}

/// A page of what a look-up found; the look is kept, and its records can be opened.
pub(in crate::web) struct Looked {
    pub(in crate::web) understood: Understood,
    pub(in crate::web) rows: Vec<IndexRow>,
    /// Whose each is.
    pub(in crate::web) owners: Vec<Option<CitizenId>>,
    pub(in crate::web) next: Option<Cursor>,
}

/// Looks, from the place `after`, and has the look kept.
pub(in crate::web) fn looked(
    desk: &Desk,
    asked: &Asked,
    look_up: &LookUp,
    after: Option<Cursor>,
) -> Result<Looked, Refusal> {
    let search = Search {
        after,
        ..look_up.sought.search(ROWS_MAX)
    };
    let answer = desk.holdings.look_up(&search)?;
    let owners: Vec<Option<CitizenId>> = answer.rows.iter().map(owner).collect();
    let asked_for = look_up
        .sought
        .number()
        .and_then(|number| number.expose().parse().ok());
    let whom: BTreeSet<CitizenId> = owners.iter().flatten().cloned().chain(asked_for).collect();
    let records: Vec<RecordId> = answer.rows.iter().map(|row| row.record).collect();
    let looked = (
        EventKind::Search,
        whom.into_iter().collect(),
        records.clone(),
    );
    desk.note(asked, look_up, looked)?;
    desk.sessions
        .look_ups(asked.key()?, |all| all.show(&look_up.handle, records));
    Ok(Looked {
        understood: answer.understood,
        rows: answer.rows,
        owners,
        next: answer.next,
    })
}

/// What a look-up found.
pub(in crate::web) fn found(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let look_up = asked.look_up(desk)?;
    let Looked {
        understood,
        rows,
        owners,
        next,
    } = looked(desk, asked, &look_up, None)?;
    let people: BTreeSet<&CitizenId> = owners.iter().flatten().collect();
    let is_one_person = look_up.sought.number().is_some() && people.len() == 1;
    let numbers = desk.sessions.look_ups(asked.key()?, |all| {
        let number = |owner: &Option<CitizenId>| all.number_of(&look_up.handle, owner.as_ref()?);
        owners.iter().map(number).collect::<Vec<_>>()
    });
    let numbers = numbers.ok_or(Refusal::SignIn)?;
    if let (true, Some(Some(number))) = (is_one_person, numbers.first()) {
        let place = format!("/look-ups/{}/people/{number}", look_up.handle);
        return Ok(Reply::see(&place));
    }
    let rows = rows.into_iter().zip(owners).zip(numbers);
    let rows = rows.map(|((row, owner), number)| shown(desk, asked, (row, owner, number)));
    let found = Found {
        look_up: &look_up,
        rows: rows.collect(),
        is_more: next.is_some(),
        understood: &understood,
    };
    Ok(Reply::page(found::page(asked, &found)))
}

fn owner(row: &IndexRow) -> Option<CitizenId> {
    row.citizen.as_ref()?.parse().ok()
}

fn shown(
    desk: &Desk,
    asked: &Asked,
    (row, owner, number): (IndexRow, Option<CitizenId>, Option<usize>),
) -> Row {
    let is_guarded = identity::of_row(desk, &row) && !identity::may_see(desk, asked);
    Row {
        kind: desk.kind_name(row.kind.as_deref(), asked.lang),
        row,
        owner,
        number,
        is_guarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_a_dossier_or_says_something() {
        let sought = Sought::read("079203000001", Among::default()).expect("a number");
        let of = |typed: &str| purpose_of(typed, &sought);
        for nothing in ["", "  ", "a", "??????", ".. x .."] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
        assert_eq!(of(&"a".repeat(501)), None);
        let dossier = of("h36.105-261123-0007").and_then(|it| it.dossier);
        assert_eq!(
            dossier.map(|it| it.to_string()).as_deref(),
            Some("H36.105-261123-0007")
        );
        let words = of("cấp bản sao").and_then(|it| it.text);
        assert_eq!(words.as_deref(), Some("cấp bản sao"));
        let by_dossier = Sought::read("H36.105-261123-0007", Among::default()).expect("a code");
        assert!(purpose_of("", &by_dossier).is_some(), "its own reason");
    }
}
