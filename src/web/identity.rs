//! Papers that show identity cards are sensitive data (NĐ 356 Đ4): their pictures, text and values are for the roles
//! that the configuration names; that there is such a paper may be known.

use super::asked::Asked;
use super::clients::Scope;
use super::desk::Desk;
use crate::index::IndexRow;
use crate::record::{DocumentKind, Field, RecordDescription, Source};
use crate::reuse::checklist::HeldRecord;

/// Whether the visitor has the role for them, the client the scope.
pub(super) fn may_see(desk: &Desk, asked: &Asked) -> bool {
    let account = asked.visitor.as_ref().map(|it| &it.account);
    account.is_some_and(|it| it.has_any(&desk.web.identity_roles))
        || asked.has_scope(Scope::IdentityCards)
}

/// Whether a record is such a paper: by its kind, or, where nobody said its kind, by a card that was read on it.
pub(super) fn is_shown_by(desk: &Desk, description: &RecordDescription) -> bool {
    is_shown(desk, description.kind.as_ref(), &description.fields)
}

/// The same of anything of this kind, on which these values were found.
pub(super) fn is_shown(desk: &Desk, kind: Option<&DocumentKind>, fields: &[Field]) -> bool {
    match kind {
        Some(kind) => desk.web.identity_kinds.contains(kind),
        None => fields.iter().any(is_of_card),
    }
}

/// The same of a record that is held of a citizen. One that cannot be read is taken for such a paper.
pub(super) fn of_held(desk: &Desk, held: &HeldRecord) -> bool {
    match &held.kind {
        Some(kind) => desk.web.identity_kinds.contains(kind),
        None => {
            held.fields.is_empty() && !held.doubts.is_empty() || held.fields.iter().any(is_of_card)
        }
    }
}

fn is_of_card(field: &Field) -> bool {
    matches!(field.source, Source::CardQr | Source::Mrz)
}

/// The same of a row of the index. One that cannot be looked at closely is taken for such a paper.
pub(super) fn of_row(desk: &Desk, row: &IndexRow) -> bool {
    match row.kind.as_ref().map(|kind| kind.parse::<DocumentKind>()) {
        Some(Ok(kind)) => desk.web.identity_kinds.contains(&kind),
        Some(Err(_)) => true,
        None if row.hits.is_empty() => false,
        None => match desk.holdings.record(row.record) {
            Ok(held) => is_shown_by(desk, &held.description),
            Err(_) => true,
        },
    }
}
