//! What waits for a person, to be read. Deciding is for people.

use jiff::Timestamp;
use serde::Serialize;

use crate::record::RecordId;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::handlers::worklist::listed;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::worklist::Row;

/// Field names are part of the interface.
#[derive(Serialize)]
struct Worklist {
    count: usize,
    waiting: Vec<Waiting>,
    archived: Vec<Waiting>,
}

/// What a scan was called when dropped stays here: stations call scans after people.
#[derive(Serialize)]
struct Waiting {
    record: RecordId,
    station: String,
    kind_name: String,
    since: Option<Timestamp>,
    why: Vec<String>,
    dossiers: Vec<String>,
    pages: usize,
    candidates: Vec<String>,
    guarded: bool,
}

impl From<Row> for Waiting {
    fn from(row: Row) -> Self {
        Self {
            record: row.record,
            station: row.station,
            kind_name: row.kind,
            since: row.since,
            why: row.why,
            dossiers: row.dossiers,
            pages: row.pages,
            // Masked.
            candidates: row.candidates.iter().map(ToString::to_string).collect(),
            guarded: row.is_guarded,
        }
    }
}

/// The list.
pub(in crate::web) fn list(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let list = listed(desk, asked)?;
    Reply::json(&Worklist {
        count: list.count,
        waiting: list.waiting.into_iter().map(Waiting::from).collect(),
        archived: list.archived.into_iter().map(Waiting::from).collect(),
    })
}
