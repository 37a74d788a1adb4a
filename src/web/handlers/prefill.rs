//! A citizen's data for a procedure's form: to read and print, and for other programs.

use serde::Serialize;

use super::procedures::Case;
use crate::access::{Event, EventKind};
use crate::describe::CONVERTER;
use crate::record::{DossierCode, RecordId};
use crate::reuse::prefill::{FilledField, prefill};
use crate::reuse::procedure::ProcedureCode;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::prefill::{self as view, Sheet};

/// What other programs get. Field names are part of the format.
#[derive(Serialize)]
struct Prefilled<'a> {
    format: &'static str,
    agency: &'a str,
    program: &'static str,
    made: jiff::Timestamp,
    by: &'a str,
    event: RecordId,
    dossier: Option<&'a DossierCode>,
    purpose: Option<&'a str>,
    procedure: &'a ProcedureCode,
    procedure_name: &'a str,
    procedure_from: jiff::civil::Date,
    on: jiff::civil::Date,
    citizen: &'a str,
    fields: &'a [FilledField],
}

/// The value of `format`.
const FORMAT: &str = "sohoa-prefill/1";

/// The fields, the look at them kept; and how many papers were left out because the visitor may not see them.
fn filled(
    desk: &Desk,
    asked: &Asked,
    case: &mut Case,
) -> Result<(Vec<FilledField>, Event, usize), Refusal> {
    let guarded = case.guarded(desk, asked);
    case.held.retain(|it| !guarded.contains(&it.record));
    let procedure = case.procedure()?;
    let fields = prefill(&case.catalogue, procedure, &case.citizen, &case.held);
    let mut records: Vec<RecordId> = fields.iter().map(|field| field.record).collect();
    records.sort();
    records.dedup();
    let event = case.note(desk, asked, (EventKind::Prefill, records))?;
    Ok((fields, event, guarded.len()))
}

/// The plain form.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let mut case = Case::of(desk, asked)?;
    let (fields, event, left_out) = filled(desk, asked, &mut case)?;
    let sheet = Sheet {
        look_up: &case.look_up,
        number: case.number,
        catalogue: &case.catalogue,
        procedure: case.procedure()?,
        fields: &fields,
        left_out,
        event: event.event,
        by: &asked.visitor()?.account.display_name,
    };
    Ok(Reply::page(view::page(asked, &sheet)))
}

/// The same for other programs.
pub(in crate::web) fn json(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let mut case = Case::of(desk, asked)?;
    let (fields, event, _) = filled(desk, asked, &mut case)?;
    let procedure = case.procedure()?;
    let prefilled = Prefilled {
        format: FORMAT,
        agency: &desk.config.agency.name,
        program: CONVERTER,
        made: asked.now,
        by: &event.by,
        event: event.event,
        dossier: case.dossier(),
        purpose: case.look_up.purpose.text.as_deref(),
        procedure: &procedure.code,
        procedure_name: &procedure.name,
        procedure_from: procedure.from,
        on: case.on,
        citizen: case.citizen.expose(),
        fields: &fields,
    };
    let text = serde_json::to_string_pretty(&prefilled);
    let text = text.map_err(|_| Refusal::Failed("prefill.json"))?;
    let name = format!("dien-san-{}.json", event.event);
    Ok(Reply::text(text + "\n", "application/json").kept_as(&name))
}
