//! `sohoa checklist`: which papers of a procedure the office holds of a citizen, and which to ask for.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::arguments_reuse::Checklist as Arguments;
use super::asking::{event, keep};
use super::output::Output;
use crate::access::EventKind;
use crate::config::Config;
use crate::hand_out::held_of;
use crate::record::{Clock, DocumentKind, ExitCode, Lang, RecordId, SystemClock};
use crate::reuse::ReuseError;
use crate::reuse::checklist::{
    Assessed, Checklist, ChecklistItem, PaperDate, PaperState, checklist,
};
use crate::reuse::procedure::{Catalogue, ProcedureCode, day_text};

#[derive(Serialize)]
struct Line<'a> {
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
    date: PaperDate,
    archived: Timestamp,
    standing: &'static str,
    explanation: String,
}

#[derive(Serialize)]
struct Summary<'a> {
    procedure: &'a ProcedureCode,
    procedure_name: &'a str,
    procedure_from: Date,
    on: Date,
    citizen: String,
    complete: bool,
    event: RecordId,
}

pub(super) fn run(
    arguments: &Arguments,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, ReuseError> {
    let asking = &arguments.asking;
    let now = SystemClock.now();
    let on = asking.day(now)?;
    let catalogue = Catalogue::load(&config.data_folder)?;
    let procedure = catalogue.in_force(&asking.procedure, on)?;
    let held = held_of(&asking.citizen, config)?;
    let list = checklist(&catalogue, procedure, &held, asking.dossier.as_ref(), on);
    let why = (asking.by.as_str(), asking.why());
    let mut event = event(EventKind::Checklist, now, why);
    event.procedure = Some(procedure.code.to_string());
    event.citizens.push(asking.citizen.clone());
    event.records = list.records();
    // Nothing is shown that is not recorded.
    keep(&event, config)?;
    let citizen = asking.citizen.to_string();
    report(&list, &citizen, event.event, output);
    Ok(if list.is_complete() {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn report(list: &Checklist<'_>, citizen: &str, event: RecordId, output: &Output) {
    let procedure = list.procedure;
    let (code, name) = (&procedure.code, &procedure.name);
    let day = |lang| day_text(list.on, lang);
    output.say(
        &format!(
            "{code} {name}, theo quy định ngày {}; công dân {citizen}",
            day(Lang::Vi)
        ),
        &format!(
            "{code} {name}, by the rules of {}; citizen {citizen}",
            day(Lang::En)
        ),
    );
    for item in &list.items {
        say_item(item, output);
        output.object(&Line {
            paper: &item.paper.name,
            kinds: &item.paper.kinds,
            count: item.paper.count,
            optional: item.paper.optional,
            original: item.paper.original,
            state: item.state,
            records: item
                .records
                .iter()
                .map(|it| held(it, output.lang()))
                .collect(),
        });
    }
    if list.items.is_empty() {
        output.say(
            "Danh mục không nêu thành phần hồ sơ của thủ tục này.",
            "The catalogue names no papers for this procedure.",
        );
    } else if list.is_complete() {
        output.say(
            "Không phải yêu cầu công dân nộp thêm giấy tờ.",
            "No paper needs to be asked for.",
        );
    }
    output.object(&Summary {
        procedure: code,
        procedure_name: name,
        procedure_from: procedure.from,
        on: list.on,
        citizen: citizen.to_owned(),
        complete: list.is_complete(),
        event,
    });
}

fn held<'a>(assessed: &Assessed<'a>, lang: Lang) -> Held<'a> {
    let held = assessed.held;
    Held {
        record: held.record,
        kind: held.kind.as_ref(),
        title: held.title.as_deref(),
        date: held.date,
        archived: held.archived,
        standing: assessed.standing.code(),
        explanation: assessed.standing.text(lang),
    }
}

fn say_item(item: &ChecklistItem<'_>, output: &Output) {
    let paper = item.paper;
    let mut notes = [String::new(), String::new()];
    let mut note = |applies: bool, vi: &str, en: &str| {
        if applies {
            notes[0] += vi;
            notes[1] += en;
        }
    };
    note(paper.optional, " (nếu có)", " (where it applies)");
    note(
        paper.own_dossier,
        " (làm riêng cho hồ sơ này)",
        " (made for this dossier)",
    );
    note(
        paper.original,
        " – phải xuất trình bản chính",
        " – the original must be shown",
    );
    if paper.count > 1 {
        note(
            true,
            &format!(" × {}", paper.count),
            &format!(" × {}", paper.count),
        );
    }
    let [vi, en] = notes;
    let state = |lang| item.state.text(lang);
    output.say(
        &format!("[{}] {}{vi}", state(Lang::Vi), paper.name),
        &format!("[{}] {}{en}", state(Lang::En), paper.name),
    );
    for assessed in &item.records {
        let line = |lang: Lang| {
            let held = assessed.held;
            let title = held.title.as_deref().unwrap_or("–");
            let from = match held.date.source {
                Some(_) => "",
                None => lang.pick(" (ngày lưu)", " (archived)"),
            };
            format!(
                "    {}  {}{from}  {title}  – {}",
                held.record,
                day_text(held.date.day, lang),
                assessed.standing.text(lang)
            )
        };
        output.say(&line(Lang::Vi), &line(Lang::En));
    }
}
