//! `sohoa prefill`: a citizen's data for a procedure's form, from papers that the office holds.

use std::path::Path;

use serde::Serialize;

use super::arguments_reuse::Prefill;
use super::asking::{event, keep};
use super::output::Output;
use super::words;
use crate::access::EventKind;
use crate::config::Config;
use crate::describe::CONVERTER;
use crate::hand_out::held_of;
use crate::record::{Clock, ExitCode, Lang, RecordId, SystemClock};
use crate::reuse::ReuseError;
use crate::reuse::prefill::{FilledField, Form, label, prefill, write_form};
use crate::reuse::procedure::{Catalogue, ProcedureCode, day_text};

#[derive(Serialize)]
struct Summary<'a> {
    procedure: &'a ProcedureCode,
    procedure_name: &'a str,
    citizen: String,
    fields: usize,
    file: Option<String>,
    event: RecordId,
}

pub(super) fn run(
    arguments: &Prefill,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, ReuseError> {
    let asking = &arguments.asking;
    let now = SystemClock.now();
    let on = asking.day(now)?;
    let catalogue = Catalogue::load(&config.data_folder)?;
    let procedure = catalogue.in_force(&asking.procedure, on)?;
    let held = held_of(&asking.citizen, config)?;
    let fields = prefill(&catalogue, procedure, &asking.citizen, &held);
    let why = (asking.by.as_str(), asking.why());
    let mut event = event(EventKind::Prefill, now, why);
    event.procedure = Some(procedure.code.to_string());
    event.citizens.push(asking.citizen.clone());
    event.records = fields.iter().map(|field| field.record).collect();
    event.records.sort();
    event.records.dedup();
    // Nothing is shown that is not recorded.
    keep(&event, config)?;
    if let Some(out) = &arguments.output {
        let form = Form {
            procedure,
            event: event.event,
            purpose: &event.purpose.words(Lang::Vi),
            by: &asking.by,
            agency: &config.agency.name,
            program: CONVERTER,
            made: now,
        };
        write_form(&form, &fields, &catalogue, out)?;
    }
    for field in &fields {
        output.object(field);
        say_field(field, &catalogue, output);
    }
    output.object(&Summary {
        procedure: &procedure.code,
        procedure_name: &procedure.name,
        citizen: asking.citizen.to_string(),
        fields: fields.len(),
        file: arguments
            .output
            .as_ref()
            .map(|out| out.display().to_string()),
        event: event.event,
    });
    say_end(arguments.output.as_deref(), fields.is_empty(), output);
    Ok(if fields.is_empty() {
        ExitCode::No
    } else {
        ExitCode::Ok
    })
}

fn say_field(field: &FilledField, catalogue: &Catalogue, output: &Output) {
    let line = |lang: Lang| {
        let kind = field
            .kind
            .as_ref()
            .map_or("–", |kind| catalogue.kind_name(kind));
        let check = match field.check {
            true => lang.pick(" – CẦN ĐỐI CHIẾU", " – COMPARE WITH THE PAPER"),
            false => "",
        };
        let others = match field.others.len() {
            0 => String::new(),
            count if lang == Lang::Vi => format!(" – {count} bản ghi khác ghi khác"),
            count => format!(" – {count} other records say otherwise"),
        };
        format!(
            "{}: {}  ({}, {kind}, {}, {}){check}{others}",
            label(field.field, lang),
            field.value,
            words::sources(&[field.source], lang),
            day_text(field.date, lang),
            field.record,
        )
    };
    output.say(&line(Lang::Vi), &line(Lang::En));
}

fn say_end(out: Option<&Path>, is_empty: bool, output: &Output) {
    if is_empty {
        output.say(
            "Không có giấy tờ nào cho dữ liệu điền sẵn.",
            "No paper that is held gives any data.",
        );
    }
    if let Some(out) = out.map(Path::display) {
        output.say(&format!("Đã ghi {out}"), &format!("Wrote {out}"));
    }
}
