//! What becomes of a station's scans, told as it happens: what its receipts say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::drops::station;
use crate::receipt::{self, Answered, Told};
use crate::record::RecordId;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};

/// Receipts of the first look, where the client has heard none: as many as the station's page shows.
const FIRST_MAX: usize = 20;
/// Of each look.
const EACH_MAX: usize = 200;

/// One event's data. Field names are part of the interface.
#[derive(Serialize)]
struct Receipt<'a> {
    station: &'a str,
    state: &'static str,
    record: RecordId,
    at: Timestamp,
    /// As dropped.
    file: &'a str,
    into: &'a [RecordId],
    reason: Option<&'a str>,
    advice: Option<&'a str>,
}

/// The events of a station, from behind `Last-Event-ID`; what happened in that very second is told again.
pub(in crate::web) fn events(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let station = station(desk, asked)?;
    let last = asked.last_event.as_deref();
    let mut since: Option<Timestamp> = last.and_then(|id| id.split('/').next()?.parse().ok());
    let (outbox, lang) = (desk.config.folders.outbox.clone(), asked.lang);
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut most = match since {
        Some(_) => EACH_MAX,
        None => FIRST_MAX,
    };
    let stream = desk.streams.begin(move || {
        let receipts = receipt::newest(&outbox, &station, lang, (None, most));
        if receipts.len() == most {
            // What is older is not news, however far the next look reaches.
            since = since.max(receipts.last().and_then(|oldest| oldest.at));
        }
        most = EACH_MAX;
        let mut known = BTreeSet::new();
        let mut news = Vec::new();
        for receipt in receipts.iter().rev() {
            let Some((id, text)) = event(station.as_str(), receipt, since) else {
                continue;
            };
            if !told.contains(&id) {
                news.push(text);
            }
            known.insert(id);
        }
        // Only what could be seen again must be remembered.
        told.append(&mut known);
        while told.len() > EACH_MAX * 2 {
            told.pop_first();
        }
        news
    });
    stream.map(Reply::events).ok_or(Refusal::Busy)
}

/// Its number, which sorts by time, and the event as sent; `None` where it was before.
fn event(station: &str, told: &Told, since: Option<Timestamp>) -> Option<(String, String)> {
    let (record, at) = (told.record?, told.at?);
    if since.is_some_and(|since| at < since) {
        return None;
    }
    let state = match told.answered {
        Answered::Archived => "archived",
        Answered::Waiting => "waiting",
        Answered::Refused => "refused",
        Answered::Divided => "divided",
    };
    let data = Receipt {
        station,
        state,
        record,
        at,
        file: &told.file,
        into: &told.into,
        reason: told.reason.as_deref(),
        advice: told.advice.as_deref(),
    };
    // JSON on one line has no line ends, whatever a file is called.
    let data = serde_json::to_string(&data).ok()?;
    let id = format!("{at}/{record}/{state}");
    let text = format!("id: {id}\nevent: receipt\ndata: {data}\n\n");
    Some((id, text))
}
