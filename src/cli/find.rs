//! `sohoa find`: look records up in the index.

use super::arguments::Find;
use super::output::Output;
use crate::config::Config;
use crate::error::Error;
use crate::index::{Index, IndexRow, Query};
use crate::record::ExitCode;

pub(super) fn run(arguments: &Find, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let query = Query {
        citizen: arguments.citizen.clone(),
        dossier: arguments.dossier.clone(),
        record: arguments.record,
        station: arguments.station.clone(),
        kind: arguments.kind.clone(),
        from: arguments.from,
        to: arguments.to,
        name: arguments.name.clone(),
        text: arguments.text.clone(),
    };
    let rows = Index::open(&config.folders.index)?.find(&query, arguments.limit)?;
    for row in &rows {
        output.object(row);
        let line = line_of(row);
        output.say(&line, &line);
        say_why(row, output);
    }
    if rows.is_empty() {
        output.say("Không tìm thấy bản ghi nào.", "Nothing found.");
        return Ok(ExitCode::No);
    }
    Ok(ExitCode::Ok)
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
