//! A citizen's papers against a procedure, and taking them along.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{answered, sent};
use crate::access::EventKind;
use crate::record::{DocumentKind, DossierCode, Lang, RecordId};
use crate::reuse::checklist::{Assessed, PaperState};
use crate::reuse::procedure::ProcedureCode;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::handlers::bundle::{self, give};
use crate::web::handlers::procedures::Case;
use crate::web::problem::Mistake;
use crate::web::reply::{Refusal, Reply};

/// Field names are part of the interface.
#[derive(Serialize)]
struct Checklist<'a> {
    procedure: &'a ProcedureCode,
    procedure_name: &'a str,
    procedure_from: Date,
    on: Date,
    complete: bool,
    event: RecordId,
    papers: Vec<Paper<'a>>,
    others: Vec<RecordId>,
}

#[derive(Serialize)]
struct Paper<'a> {
    paper: &'a str,
    kinds: &'a [DocumentKind],
    count: usize,
    optional: bool,
    original: bool,
    state: PaperState,
    records: Vec<Held<'a>>,
}

#[derive(Serialize)]
struct Held<'a> {
    record: RecordId,
    kind: Option<&'a DocumentKind>,
    title: Option<&'a str>,
    day: Date,
    archived: Timestamp,
    standing: &'static str,
    explanation: String,
    guarded: bool,
}

/// Which records are taken along, and where to. Field names are part of the interface.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    records: Vec<RecordId>,
    dossier: Option<DossierCode>,
    received: Option<Date>,
}

/// The checklist.
pub(in crate::web) fn checklist(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let case = Case::of(desk, asked)?;
    let list = case.list()?;
    let records = case.held.iter().map(|it| it.record);
    let noted = (EventKind::Checklist, records.clone().collect());
    let event = case.note(desk, asked, noted)?;
    desk.sessions.look_ups(asked.key()?, |all| {
        all.show(&case.look_up.handle, records.clone())
    });
    let guarded = case.guarded(desk, asked);
    let asked_for: BTreeSet<RecordId> = list.records().into_iter().collect();
    let papers = list.items.iter().map(|item| Paper {
        paper: &item.paper.name,
        kinds: &item.paper.kinds,
        count: item.paper.count,
        optional: item.paper.optional,
        original: item.paper.original,
        state: item.state,
        records: item
            .records
            .iter()
            .map(|it| held(it, &guarded, asked.lang))
            .collect(),
    });
    Reply::json(&Checklist {
        procedure: &list.procedure.code,
        procedure_name: &list.procedure.name,
        procedure_from: list.procedure.from,
        on: list.on,
        complete: list.is_complete(),
        event: event.event,
        papers: papers.collect(),
        others: records.filter(|it| !asked_for.contains(it)).collect(),
    })
}

fn held<'a>(assessed: &Assessed<'a>, guarded: &BTreeSet<RecordId>, lang: Lang) -> Held<'a> {
    let held = assessed.held;
    Held {
        record: held.record,
        kind: held.kind.as_ref(),
        title: held.title.as_deref(),
        day: held.date.day,
        archived: held.archived,
        standing: assessed.standing.code(),
        explanation: assessed.standing.text(lang),
        guarded: guarded.contains(&held.record),
    }
}

/// Makes a bundle and gives it out; the re-use is recorded before.
pub(in crate::web) fn bundle(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    answered(given(desk, asked))
}

fn given(desk: &Desk, asked: &Asked) -> Result<Reply, Mistake> {
    let case = Case::of(desk, asked)?;
    let taking: Taking = sent(asked)?;
    let dossier = case.dossier().cloned().or(taking.dossier);
    let dossier = dossier.ok_or_else(|| {
        Mistake::unfit(
            "api.dossier",
            "Phải nêu mã hồ sơ mới mà giấy tờ được lấy theo (“dossier”).",
            "Say for which new dossier the papers are taken (“dossier”).",
        )
    })?;
    let own: BTreeSet<RecordId> = case.held.iter().map(|it| it.record).collect();
    let mut records: Vec<RecordId> = Vec::new();
    for record in taking.records {
        if !own.contains(&record) {
            return Err(Mistake::unfit(
                "api.not_held",
                "Có bản ghi không phải của công dân này.",
                "One of the records is none of this citizen.",
            ));
        }
        if !records.contains(&record) {
            records.push(record);
        }
    }
    if records.is_empty() {
        let (vi, en) = ("Chưa chọn giấy tờ nào.", "No record is named.");
        return Err(Mistake::unfit("api.no_records", vi, en));
    }
    let given = give(desk, asked, &case, (&records, &dossier, taking.received));
    given.map_err(|mistake| match mistake {
        bundle::Mistake::Told(vi, en) => Mistake::unfit("api.bundle", &vi, &en),
        bundle::Mistake::Refused(why) => why.into(),
    })
}
