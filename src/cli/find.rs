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
        from: arguments.from,
        to: arguments.to,
    };
    let rows = Index::open(&config.folders.index)?.find(&query, arguments.limit)?;
    for row in &rows {
        output.object(row);
        let line = line_of(row);
        output.say(&line, &line);
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
