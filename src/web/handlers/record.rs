//! One record: what is known of it, its text, and what its signatures are worth.

use super::proof;
use crate::access::EventKind;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::holdings::Held;
use crate::web::identity;
use crate::web::lookups::LookUp;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::record::{self, Record, Text};

/// Pages of text at once.
const PAGES_AT_ONCE: usize = 20;
/// Text of one page that is shown; a page of print has a tenth of it.
const PAGE_BYTES_MAX: usize = 64 * 1024;

/// The record that the address names.
pub(in crate::web) fn named(desk: &Desk, asked: &Asked) -> Result<(LookUp, Held), Refusal> {
    let look_up = asked.look_up(desk)?;
    let record = asked.record(desk, &look_up)?;
    Ok((look_up, desk.holdings.record(record)?))
}

/// Has a look at a record kept.
pub(in crate::web) fn note(
    desk: &Desk,
    asked: &Asked,
    (look_up, held): (&LookUp, &Held),
    what: EventKind,
) -> Result<(), Refusal> {
    let citizens = held.description.citizen.iter().cloned().collect();
    let record = held.object.record();
    desk.note(asked, look_up, (what, citizens, vec![record]))?;
    let key = asked.key()?;
    desk.sessions
        .look_ups(key, |all| all.view(&look_up.handle, [record]));
    Ok(())
}

/// Refuses papers that show identity cards to those without the role for them.
pub(super) fn guard(desk: &Desk, asked: &Asked, held: &Held) -> Result<(), Refusal> {
    let is_guarded = identity::is_shown_by(desk, &held.description);
    let may = !is_guarded || identity::may_see(desk, asked);
    if !may {
        desk.metrics.forbidden.add();
    }
    may.then_some(()).ok_or(Refusal::IdentityCard)
}

/// What is known of the record, and its document.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    note(desk, asked, (&look_up, &held), EventKind::View)?;
    let description = &held.description;
    let number = description.citizen.as_ref().and_then(|citizen| {
        let key = asked.key().ok()?;
        let number = desk
            .sessions
            .look_ups(key, |all| all.number_of(&look_up.handle, citizen));
        number.flatten()
    });
    let kind = description.kind.as_ref().map(|kind| kind.as_str());
    let shown = Record {
        look_up: &look_up,
        kind: desk.kind_name(kind, asked.lang),
        proof: desk.holdings.proof(&held, asked.now),
        in_ledger: proof::in_ledger(desk, &held),
        is_guarded: identity::is_shown_by(desk, description) && !identity::may_see(desk, asked),
        description,
        number,
    };
    Ok(Reply::page(record::page(asked, &shown)))
}

/// The text of its pages.
pub(in crate::web) fn text(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    guard(desk, asked, &held)?;
    note(desk, asked, (&look_up, &held), EventKind::View)?;
    let text = desk.holdings.text(&held)?.unwrap_or_default();
    let pages = text.split('\u{c}');
    // A form feed stands behind each page, so behind the last there is nothing.
    let count = pages.clone().count().saturating_sub(1);
    let first = (asked.page() - 1).saturating_mul(PAGES_AT_ONCE);
    let shown = pages
        .take(count)
        .enumerate()
        .skip(first)
        .take(PAGES_AT_ONCE);
    let shown = shown.map(|(number, page)| (number + 1, beginning(page)));
    let text = Text {
        look_up: &look_up,
        record: held.object.record(),
        pages: shown.collect(),
        count,
        page: asked.page(),
        is_more: first + PAGES_AT_ONCE < count,
    };
    Ok(Reply::page(record::text_page(asked, &text)))
}

/// As much of a page as is shown.
fn beginning(page: &str) -> &str {
    if page.len() <= PAGE_BYTES_MAX {
        return page;
    }
    let end = (0..=PAGE_BYTES_MAX)
        .rev()
        .find(|end| page.is_char_boundary(*end));
    page.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// What its signatures are worth now.
pub(in crate::web) fn validation(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    note(desk, asked, (&look_up, &held), EventKind::View)?;
    let report = desk.holdings.validate(&held, asked.now)?;
    let record = held.object.record();
    Ok(Reply::page(record::validation_page(
        asked,
        (&look_up, record),
        &report,
    )))
}
