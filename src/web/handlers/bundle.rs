//! Papers taken along into a new dossier: ticked on the checklist, given out as the ZIP that `sohoa bundle` makes.

use axum::http::StatusCode;
use jiff::civil::Date;

use super::procedures::{Case, failed, page, refused};
use crate::access::{EventKind, Purpose};
use crate::error::Error;
use crate::hand_out::{Wanted, make};
use crate::ledger::LedgerError;
use crate::record::{DossierCode, Explain, Lang, RecordId};
use crate::reuse::ReuseError;
use crate::reuse::checklist::Checklist;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};

/// Papers of one bundle; larger ones are made by the command.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Why there is no bundle.
pub(in crate::web) enum Mistake {
    /// What is wrong with what was asked, Vietnamese and English.
    Told(String, String),
    Refused(Refusal),
}

impl From<Refusal> for Mistake {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Makes the bundle and gives it out; the re-use is recorded before.
pub(in crate::web) fn take(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let case = Case::of(desk, asked)?;
    let list = case.list()?;
    match bundle(desk, asked, &case, &list) {
        Ok(reply) => Ok(reply),
        Err(Mistake::Refused(why)) => Err(why),
        Err(Mistake::Told(vi, en)) => {
            let said = asked.lang.pick(&vi, &en);
            let page = page(desk, asked, &case, (&list, Some(said)))?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

fn bundle(desk: &Desk, asked: &Asked, case: &Case, list: &Checklist<'_>) -> Result<Reply, Mistake> {
    let told = |vi: &str, en: &str| Mistake::Told(vi.to_owned(), en.to_owned());
    let dossier: DossierCode = match (case.dossier(), asked.form.value("dossier").trim()) {
        (Some(dossier), _) => dossier.clone(),
        (None, typed) => typed.parse().map_err(|_| {
            told(
                "Nhập mã hồ sơ mới mà giấy tờ được lấy theo.",
                "Type the code of the new dossier that the papers go into.",
            )
        })?,
    };
    let received = match asked.form.value("received").trim() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| {
            told(
                "Ngày tiếp nhận phải có dạng năm-tháng-ngày, ví dụ 2026-11-23.",
                "The day of reception has the form year-month-day, such as 2026-11-23.",
            )
        })?),
    };
    let records = ticked(asked, case, list);
    if records.is_empty() {
        return Err(told("Chưa chọn giấy tờ nào.", "No paper is ticked."));
    }
    give(desk, asked, case, (&records, &dossier, received))
}

/// Makes the bundle of these records for this dossier, and gives it out; the re-use is recorded before.
pub(in crate::web) fn give(
    desk: &Desk,
    asked: &Asked,
    case: &Case,
    (records, dossier, received): (&[RecordId], &DossierCode, Option<Date>),
) -> Result<Reply, Mistake> {
    let guarded = case.guarded(desk, asked);
    if records.iter().any(|record| guarded.contains(record)) {
        desk.metrics.forbidden.add();
        return Err(Refusal::IdentityCard.into());
    }
    let place = desk.scratch.take().ok_or(Refusal::Busy)?;
    let by = asked.named()?;
    let wanted = Wanted {
        records,
        dossier,
        received,
        procedure: &case.code,
        by: &by,
        bytes_max: BYTES_MAX,
    };
    let purpose = Purpose {
        dossier: Some(dossier.clone()),
        text: case.look_up.purpose.text.clone(),
    };
    let event = |what| desk.event(asked, what, purpose.clone());
    let events = [event(EventKind::BundleBegun)?, event(EventKind::Bundle)?];
    let made = make(&desk.config, &wanted, asked.now, &place.path).map_err(mistake)?;
    let given = made.give(
        &desk.config,
        events,
        |event| desk.keep(event),
        |staged, keep| staged.hand_over(keep),
    );
    let ((_, file), _) = given.map_err(mistake)?;
    let name = format!("goi-{dossier}.zip");
    Ok(Reply::made(file, "application/zip", &name, place))
}

/// What was ticked, in the order of the checklist, then what else is held.
fn ticked(asked: &Asked, case: &Case, list: &Checklist<'_>) -> Vec<RecordId> {
    let asked_for = list.items.iter().flat_map(|item| &item.records);
    let asked_for = asked_for.map(|it| it.held.record);
    let mut records = Vec::new();
    for record in asked_for.chain(case.held.iter().map(|it| it.record)) {
        if !records.contains(&record) && asked.form.value(&record.to_string()) == "take" {
            records.push(record);
        }
    }
    records
}

/// What the officer can do something about is told on the page; of all else the browser gets a code.
fn mistake(error: Error) -> Mistake {
    let (vi, en) = (error.message(Lang::Vi), error.message(Lang::En));
    match error {
        Error::Reuse(
            ReuseError::NoReceptionDay(_)
            | ReuseError::UnknownProcedure(_)
            | ReuseError::NotInForce { .. }
            | ReuseError::NoSuchRecord(_)
            | ReuseError::Nobody(_)
            | ReuseError::Signature { .. }
            | ReuseError::TooMany(_)
            | ReuseError::TooLarge { .. },
        )
        | Error::Ledger(LedgerError::NotEntered { .. }) => Mistake::Told(vi, en),
        Error::Reuse(error) => refused(error).into(),
        Error::Access(_) => Refusal::NotKept.into(),
        error => failed(&error).into(),
    }
}
