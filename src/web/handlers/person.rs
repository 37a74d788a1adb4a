//! A citizen's page: what the office holds of a person, the newest first.

use crate::access::EventKind;
use crate::index::{IndexRow, Query};
use crate::record::{CitizenId, FieldName, RecordDescription, RecordId, Source};
use crate::reuse::held::paper_date;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::identity;
use crate::web::lookups::LookUp;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::person::{self, Entry, Papers, Person};

/// Papers on one page of the timeline.
const PAPERS_A_PAGE: usize = 50;

/// The page.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, number, citizen) = named(desk, asked)?;
    let key = asked.key()?;
    let page = asked.page();
    let (rows, is_more) = rows_of(desk, &citizen, page)?;
    let records: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
    let looked = (EventKind::View, vec![citizen.clone()], records.clone());
    desk.note(asked, &look_up, looked)?;
    desk.sessions.look_ups(key, |all| {
        all.show(&look_up.handle, records.iter().copied());
        all.view(&look_up.handle, records);
    });
    let mut name: Option<(Source, String)> = None;
    let entries = rows
        .into_iter()
        .map(|row| entry(desk, asked, row, &citizen, &mut name));
    let entries = entries.collect();
    let shown = Person {
        look_up: &look_up,
        number,
        citizen: &citizen,
        name: name.map(|(_, name)| name),
        entries,
        page,
        is_more,
    };
    Ok(Reply::page(person::page(asked, &shown)))
}

/// The person that the address names: the look-up, the number in it, and whose that is.
pub(super) fn named(desk: &Desk, asked: &Asked) -> Result<(LookUp, usize, CitizenId), Refusal> {
    let look_up = asked.look_up(desk)?;
    let key = asked.key()?;
    let number = asked
        .part("person")
        .parse()
        .map_err(|_| Refusal::NotFound)?;
    let citizen = desk
        .sessions
        .look_ups(key, |all| all.person(&look_up.handle, number));
    let citizen = citizen.flatten().ok_or(Refusal::LookUpEnded)?;
    Ok((look_up, number, citizen))
}

/// One page of the person's own records, and whether there are more.
fn rows_of(
    desk: &Desk,
    citizen: &CitizenId,
    page: usize,
) -> Result<(Vec<IndexRow>, bool), Refusal> {
    let query = Query {
        // Twelve digits are a number to look up.
        citizen: citizen.expose().parse().ok(),
        ..Query::default()
    };
    let wanted = page.saturating_mul(PAPERS_A_PAGE);
    let limit = u32::try_from(wanted + 1).unwrap_or(u32::MAX);
    let found = desk.holdings.find(&query, limit)?;
    let is_more = found.len() > wanted;
    // By a former number others are found too.
    let own = |row: &IndexRow| row.citizen.as_deref() == Some(citizen.expose());
    let of_page = found.into_iter().take(wanted).skip(wanted - PAPERS_A_PAGE);
    Ok((of_page.filter(own).collect(), is_more))
}

fn entry(
    desk: &Desk,
    asked: &Asked,
    row: IndexRow,
    citizen: &CitizenId,
    name: &mut Option<(Source, String)>,
) -> Entry {
    let kind = desk.kind_name(row.kind.as_deref(), asked.lang);
    let papers = match desk.holdings.record(row.record) {
        Err(_) => None,
        Ok(held) => {
            let is_guarded =
                identity::is_shown_by(desk, &held.description) && !identity::may_see(desk, asked);
            let named = name_on(&held.description, citizen);
            let is_better = |(source, _): &(Source, String)| {
                name.as_ref().is_none_or(|(known, _)| source < known)
            };
            if let Some(better) = named.filter(is_better) {
                *name = Some(better);
            }
            Some(Papers {
                day: paper_date(&held.description).day,
                proof: desk.holdings.proof(&held, asked.now),
                roles: held
                    .description
                    .signatures
                    .iter()
                    .map(|it| it.role)
                    .collect(),
                is_guarded,
            })
        }
    };
    Entry { row, kind, papers }
}

/// The citizen's name as a record has it: from a page on which the same source names this number and no other.
fn name_on(description: &RecordDescription, citizen: &CitizenId) -> Option<(Source, String)> {
    let fields = &description.fields;
    let of_page = |name, at: &crate::record::Field| {
        let at = (at.page, at.source);
        let same = move |it: &&crate::record::Field| it.name == name && (it.page, it.source) == at;
        fields.iter().filter(same).collect::<Vec<_>>()
    };
    let numbers = fields.iter().filter(|it| it.name == FieldName::CitizenId);
    let own = numbers.filter(|it| it.value == citizen.expose());
    own.filter_map(|number| {
        let [_] = of_page(FieldName::CitizenId, number)[..] else {
            return None;
        };
        let [name] = of_page(FieldName::FullName, number)[..] else {
            return None;
        };
        Some((name.source, name.value.clone()))
    })
    .min_by_key(|(source, _)| *source)
}
