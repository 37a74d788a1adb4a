//! Pictures of a record's pages, as the scanner made them.

use super::record::{guard, named, note};
use crate::access::EventKind;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::pictures::Wanted;
use crate::web::reply::{Refusal, Reply};

/// The picture of a page, counted from 1. It belongs to the view that showed the record; asked for by itself, it is one.
pub(in crate::web) fn picture(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let number: usize = asked.part("page").parse().map_err(|_| Refusal::NotFound)?;
    let at = number.checked_sub(1).ok_or(Refusal::NotFound)?;
    let (look_up, held) = named(desk, asked)?;
    guard(desk, asked, &held)?;
    let (key, record) = (asked.key()?, held.object.record());
    let was_viewed = desk
        .sessions
        .look_ups(key, |all| all.has_viewed(&look_up.handle, record));
    if was_viewed != Some(true) {
        note(desk, asked, (&look_up, &held), EventKind::View)?;
    }
    let page = held.description.pages.get(at).ok_or(Refusal::NotFound)?;
    let wanted = Wanted {
        record,
        page: at,
        is_archived: true,
        upright: Some(page.rotation),
        turned: 0,
        is_small: asked.query.value("size") == "small",
    };
    let profile = desk.config.profile_of(&held.description.station);
    let open = || desk.holdings.page(&held, at, profile);
    Ok(Reply::picture(&desk.pictures.held(wanted, open)?.bytes))
}
