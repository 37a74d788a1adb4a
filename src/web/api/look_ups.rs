//! Looking up: the question and its reason by POST, the answers a page at a time.

use serde::{Deserialize, Serialize};

use super::{answered, sent};
use crate::access::Purpose;
use crate::index::{Hit, IndexRow};
use crate::look_up::{Cursor, Understood};
use crate::record::{CitizenId, Lang, RecordId};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::handlers::search::{Looked, looked, purpose_of};
use crate::web::identity;
use crate::web::lookups::LookUp;
use crate::web::problem::Mistake;
use crate::web::reply::{Refusal, Reply};
use crate::web::sought::{Among, Sought};

/// What is asked. Field names are part of the interface.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    sought: String,
    #[serde(default)]
    among: Among,
    dossier: Option<String>,
    purpose: Option<String>,
}

/// A page of answers. Field names are part of the interface.
#[derive(Serialize)]
struct Answers<'a> {
    look_up: &'a str,
    understood: &'a Understood,
    records: Vec<Row<'a>>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    record: RecordId,
    /// The owner's number in this look-up.
    person: Option<usize>,
    /// In full only where it is the number that was asked for.
    citizen: Option<String>,
    former_number: bool,
    dossier: Option<&'a str>,
    kind: Option<&'a str>,
    kind_name: String,
    title: Option<&'a str>,
    name: Option<&'a str>,
    station: &'a str,
    archived: &'a str,
    pages: u64,
    document_bytes: u64,
    document_sha256: &'a str,
    guarded: bool,
    hits: &'a [Hit],
}

/// Begins a look-up, and answers its first page.
pub(in crate::web) fn begin(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    answered(begun(desk, asked))
}

fn begun(desk: &Desk, asked: &Asked) -> Result<Reply, Mistake> {
    let (sought, purpose) = understood(&sent(asked)?)?;
    desk.metrics.look_ups.add();
    let look_up = kept(desk, asked, sought, purpose)?;
    page(desk, asked, &look_up, None)
}

/// Another page of a look-up; without a place, the first again.
pub(in crate::web) fn found(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let look_up = asked.look_up(desk)?;
    let after = match asked.query.value("after") {
        "" => Ok(None),
        place => place.parse().map(Some).map_err(|_| {
            Mistake::unfit(
                "api.after",
                "Tham số “after” phải là giá trị “next” của trang trước.",
                "“after” must be what the page before gave as “next”.",
            )
        }),
    };
    answered(after.and_then(|after| page(desk, asked, &look_up, after)))
}

/// What is looked for, and why.
fn understood(asking: &Asking) -> Result<(Sought, Purpose), Mistake> {
    let sought = Sought::read(&asking.sought, asking.among).map_err(|why| {
        let (vi, en) = (why.text(Lang::Vi), why.text(Lang::En));
        Mistake::unfit("api.sought", vi, en)
    })?;
    let words = asking.purpose.as_deref().unwrap_or_default().trim();
    let dossier = asking.dossier.as_deref().map(str::trim).unwrap_or_default();
    let purpose = match (dossier, words) {
        ("", words) => purpose_of(words, &sought),
        (dossier, "") => dossier_of(dossier)?,
        (dossier, words) => match (dossier_of(dossier)?, purpose_of(words, &sought)) {
            (Some(purpose), Some(said)) => Some(Purpose {
                text: said.text,
                ..purpose
            }),
            _ => None,
        },
    };
    let purpose = purpose.ok_or_else(|| {
        Mistake::unfit(
            "api.purpose",
            "Phải nêu mã hồ sơ (“dossier”) hoặc mục đích tra cứu (“purpose”, từ 3 đến 500 ký tự).",
            "Say for which dossier (“dossier”) or why (“purpose”, 3 to 500 characters).",
        )
    })?;
    Ok((sought, purpose))
}

fn dossier_of(code: &str) -> Result<Option<Purpose>, Mistake> {
    let dossier = code.parse().map_err(|_| {
        Mistake::unfit(
            "api.dossier",
            "“dossier” không phải mã hồ sơ.",
            "“dossier” is no dossier code.",
        )
    })?;
    Ok(Some(Purpose {
        dossier: Some(dossier),
        text: None,
    }))
}

/// The look-up, under a handle of the client's own.
fn kept(desk: &Desk, asked: &Asked, sought: Sought, purpose: Purpose) -> Result<LookUp, Refusal> {
    let begun = desk.sessions.look_ups(asked.key()?, |all| {
        let handle = all.begin(sought, purpose)?;
        Ok::<_, std::io::Error>(all.find(&handle))
    });
    // A session that ended within a request is one too many: it is asked again.
    let begun = begun.ok_or(Refusal::Busy)?;
    let begun = begun.map_err(|_| Refusal::Failed("random"))?;
    begun.ok_or(Refusal::LookUpEnded)
}

fn page(
    desk: &Desk,
    asked: &Asked,
    look_up: &LookUp,
    after: Option<Cursor>,
) -> Result<Reply, Mistake> {
    let looked: Looked = looked(desk, asked, look_up, after)?;
    let by_number = look_up.sought.number().map(|it| it.expose().to_owned());
    let numbers = desk.sessions.look_ups(asked.key()?, |all| {
        let number = |owner: &Option<CitizenId>| all.number_of(&look_up.handle, owner.as_ref()?);
        looked.owners.iter().map(number).collect::<Vec<_>>()
    });
    let numbers = numbers.ok_or(Refusal::Busy)?;
    let rows = looked.rows.iter().zip(&looked.owners).zip(numbers);
    let rows = rows.map(|((row, owner), person)| Row {
        person,
        ..shown(desk, asked, (row, owner.as_ref()), &by_number)
    });
    let answers = Answers {
        look_up: &look_up.handle,
        understood: &looked.understood,
        records: rows.collect(),
        next: looked.next.map(|next| next.to_string()),
    };
    Ok(Reply::json(&answers)?)
}

fn shown<'a>(
    desk: &Desk,
    asked: &Asked,
    (row, owner): (&'a IndexRow, Option<&CitizenId>),
    by_number: &Option<String>,
) -> Row<'a> {
    let guarded = identity::of_row(desk, row) && !identity::may_see(desk, asked);
    let citizen = owner.map(|owner| match by_number.as_deref() == Some(owner.expose()) {
        true => owner.expose().to_owned(),
        false => owner.to_string(),
    });
    Row {
        record: row.record,
        person: None,
        citizen,
        former_number: row.matched_alias.is_some(),
        dossier: row.dossier.as_deref(),
        kind: row.kind.as_deref(),
        kind_name: desk.kind_name(row.kind.as_deref(), asked.lang),
        title: row.title.as_deref(),
        name: row.matched_name.as_deref(),
        station: &row.station,
        archived: &row.archived,
        pages: row.pages,
        document_bytes: row.document_bytes,
        document_sha256: &row.document_sha256,
        guarded,
        hits: if guarded { &[] } else { &row.hits },
    }
}
