//! The worklist: what waits for a person, one document of it, its pages.

use crate::access::EventKind;
use crate::web::asked::Asked;
use crate::web::desk::{Desk, Shown};
use crate::web::identity;
use crate::web::items::{self, Item};
use crate::web::reply::{Refusal, Reply};
use crate::web::views::item::{self, Said};
use crate::web::views::worklist::{self, List, Row};

/// Rows of either list that are shown; the rest comes when these are done.
const ROWS_MAX: usize = 100;
/// Other documents that one can be merged with.
const OTHERS_MAX: usize = 50;

/// The list.
pub(in crate::web) fn list(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::page(worklist::page(asked, &listed(desk, asked)?)))
}

/// What is on it; the look at whom it names is kept.
pub(in crate::web) fn listed(desk: &Desk, asked: &Asked) -> Result<List, Refusal> {
    let waiting = items::waiting(desk)?;
    let archived = items::archived(desk)?;
    let count = waiting.len() + archived.len();
    let may_see = identity::may_see(desk, asked);
    let of_waiting = waiting.into_iter().take(ROWS_MAX).map(|entry| {
        let is_card = identity::is_shown(desk, entry.kind.as_ref(), &entry.fields);
        Row {
            kind: desk.kind_name(entry.kind.as_ref().map(|it| it.as_str()), asked.lang),
            is_guarded: is_card && !may_see,
            record: entry.record,
            why: entry
                .questions
                .iter()
                .map(|it| it.sentence(asked.lang))
                .collect(),
            since: Some(entry.since),
            station: entry.station.to_string(),
            dropped_as: entry.dropped_as,
            dossiers: entry.dossiers.iter().map(ToString::to_string).collect(),
            pages: entry.pages.len(),
            candidates: entry.candidates.into_iter().map(|it| it.citizen).collect(),
        }
    });
    let of_archive = archived.into_iter().take(ROWS_MAX).map(|row| Row {
        kind: desk.kind_name(row.kind.as_deref(), asked.lang),
        is_guarded: identity::of_row(desk, &row) && !may_see,
        record: row.record,
        why: vec![worklist::not_settled(asked.lang).to_owned()],
        since: row.archived.parse().ok(),
        station: row.station,
        dropped_as: row.title.unwrap_or_default(),
        dossiers: row.dossier.into_iter().collect(),
        pages: usize::try_from(row.pages).unwrap_or_default(),
        candidates: Vec::new(),
    });
    let list = List {
        waiting: of_waiting.collect(),
        archived: of_archive.collect(),
        count,
        is_decided: !asked.query.value("done").is_empty(),
    };
    let listed: Vec<_> = list
        .waiting
        .iter()
        .flat_map(|row| row.candidates.iter().cloned())
        .collect();
    if !listed.is_empty() {
        let shown = Shown {
            listed,
            ..Shown::default()
        };
        desk.keep_look(asked, EventKind::Search, items::purpose_of_list(), shown)?;
    }
    Ok(list)
}

/// One document.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let item = items::named(desk, asked)?;
    let said = match asked.query.value("done") {
        "" => Said::Nothing,
        _ => Said::Decided,
    };
    shown(desk, asked, &item, said)
}

/// The page of a document, with what is to be said above it.
pub(super) fn shown(desk: &Desk, asked: &Asked, item: &Item, said: Said) -> Result<Reply, Refusal> {
    note(desk, asked, item)?;
    let first = item.pages.first().map_or(1, |page| page.number);
    let wanted = asked.query.value("page").parse().unwrap_or(first);
    let page = match item.pages.iter().any(|page| page.number == wanted) {
        true => wanted,
        false => first,
    };
    let picture = item.picture(desk, page, false).ok();
    let others = match item.held {
        Some(_) => Vec::new(),
        None => items::waiting(desk)?,
    };
    let others = others
        .into_iter()
        .filter(|entry| entry.record != item.record && entry.station == item.station)
        .take(OTHERS_MAX);
    let shown = item::Shown {
        item,
        kind: desk.kind_name(item.kind.as_ref().map(|it| it.as_str()), asked.lang),
        kinds: desk.kinds(),
        page,
        layout: picture.as_deref().map(|picture| picture.layout),
        others: others
            .map(|it| (it.record, it.dropped_as, it.since))
            .collect(),
        said,
    };
    Ok(Reply::page(item::page(asked, &shown)))
}

/// The picture of one of its pages.
pub(in crate::web) fn picture(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let number = asked.part("page").parse().map_err(|_| Refusal::NotFound)?;
    let item = items::named(desk, asked)?;
    let key = asked.visitor()?.key;
    let was_viewed = desk
        .sessions
        .look_ups(key, |all| all.has_viewed_item(item.record));
    if was_viewed != Some(true) {
        note(desk, asked, &item)?;
    }
    let is_small = asked.query.value("size") == "small";
    let picture = item.picture(desk, number, is_small)?;
    Ok(Reply::picture(&picture.bytes))
}

/// Has the view of a document kept.
fn note(desk: &Desk, asked: &Asked, item: &Item) -> Result<(), Refusal> {
    let shown = Shown {
        citizens: item.citizens(),
        records: vec![item.record],
        ..Shown::default()
    };
    desk.keep_look(asked, EventKind::View, item.purpose(), shown)?;
    let key = asked.visitor()?.key;
    desk.sessions
        .look_ups(key, |all| all.view_item(item.record));
    Ok(())
}
