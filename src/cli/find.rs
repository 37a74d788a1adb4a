//! `sohoa find`: look records up in the index, and keep who did.

use serde::Serialize;

use super::arguments::Find;
use super::asking::{keep, look};
use super::output::Output;
use crate::access::{Event, EventKind};
use crate::config::Config;
use crate::error::Error;
use crate::index::{IndexRow, Query};
use crate::look_up::{Cursor, Search, Understood, look_up, understand};
use crate::record::{CitizenId, ExitCode, Lang};
use crate::reindex;

/// The last line of what a line of words was answered with.
#[derive(Serialize)]
struct Understanding {
    understood: Understood,
    next: Option<Cursor>,
}

pub(super) fn run(arguments: &Find, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let within = Query {
        citizen: arguments.citizen.clone(),
        dossier: arguments.dossier.clone(),
        record: arguments.record,
        station: arguments.station.clone(),
        kind: arguments.kind.clone(),
        from: arguments.from,
        to: arguments.to,
        name: arguments.name.clone(),
        text: arguments.text.clone(),
        ..Query::default()
    };
    let index = reindex::open_index(config)?;
    let (rows, found) = match &arguments.line {
        None => (index.find(&within, arguments.limit)?, None),
        Some(line) => {
            let search = Search {
                line: line.clone(),
                within,
                limit: arguments.limit,
                after: arguments.after,
            };
            let found = look_up(&index, &search)?;
            (found.rows, Some((found.understood, found.next)))
        }
    };
    keep(&event_of(arguments, &rows, output), config)?;
    if let Some((understood, _)) = &found {
        output.say(&understood.words(Lang::Vi), &understood.words(Lang::En));
    }
    for row in &rows {
        output.object(row);
        let line = line_of(row);
        output.say(&line, &line);
        say_why(row, output);
    }
    if let Some((understood, next)) = found {
        if let Some(next) = next {
            output.say(
                &format!("Còn nữa: --after {next}"),
                &format!("There is more: --after {next}"),
            );
        }
        output.object(&Understanding { understood, next });
    }
    if rows.is_empty() {
        output.say("Không tìm thấy bản ghi nào.", "Nothing found.");
        return Ok(ExitCode::No);
    }
    Ok(ExitCode::Ok)
}

/// Lines for people show no number; what machines are given has it in full.
fn event_of(arguments: &Find, rows: &[IndexRow], output: &Output) -> Event {
    let mut event = look(EventKind::Search, &arguments.looking).asking(&words_of(arguments));
    let line = arguments.line.as_deref().and_then(understand);
    let typed = match &line {
        Some(Understood::Card(number) | Understood::Number(number)) => Some(number),
        _ => None,
    };
    let sought = arguments.citizen.iter().chain(typed);
    let sought = sought.filter_map(|number| number.expose().parse().ok());
    event.citizens.extend(sought);
    let found = rows.iter().filter_map(|row| row.citizen.as_ref());
    let found = found.filter_map(|citizen| citizen.parse::<CitizenId>().ok());
    if output.is_json() {
        event.citizens.extend(found);
    } else {
        event.listed.extend(found);
    }
    event.records = rows.iter().map(|row| row.record).collect();
    event
}

/// What was asked, as typed.
fn words_of(arguments: &Find) -> String {
    let Find {
        line,
        citizen,
        dossier,
        record,
        name,
        text,
        kind,
        station,
        from,
        to,
        ..
    } = arguments;
    let asked = [
        ("line", line.clone()),
        ("citizen", citizen.as_ref().map(|it| it.expose().to_owned())),
        ("dossier", dossier.as_ref().map(ToString::to_string)),
        ("record", record.map(|it| it.to_string())),
        ("name", name.clone()),
        ("text", text.clone()),
        ("kind", kind.as_ref().map(ToString::to_string)),
        ("station", station.as_ref().map(ToString::to_string)),
        ("from", from.map(|it| it.to_string())),
        ("to", to.map(|it| it.to_string())),
    ];
    let asked = asked.into_iter();
    let asked = asked.filter_map(|(what, value)| Some(format!("{what}: {}", value?)));
    asked.collect::<Vec<_>>().join("; ")
}

fn line_of(row: &IndexRow) -> String {
    let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    format!(
        "{}  {}  {}  {}  {}  {} tr.  {}",
        row.record,
        row.archived.get(..16).unwrap_or(&row.archived),
        row.station,
        or_dash(&row.dossier),
        or_dash(&row.kind),
        row.pages,
        or_dash(&row.title),
    )
}

/// What a person must see to know why the record is there.
fn say_why(row: &IndexRow, output: &Output) {
    if let Some(alias) = &row.matched_alias {
        match alias.citizens {
            1 => output.say("    theo số CMND cũ", "    by a former number"),
            several => output.say(
                &format!("    theo số CMND cũ; số này của {several} người, hãy kiểm tra"),
                &format!("    by a former number, which {several} people have: look whose it is"),
            ),
        }
    }
    if let Some(name) = &row.matched_name {
        output.say(&format!("    tên: {name}"), &format!("    name: {name}"));
    }
    for hit in &row.hits {
        output.say(
            &format!("    trang {}: {}", hit.page, hit.snippet),
            &format!("    page {}: {}", hit.page, hit.snippet),
        );
    }
}
