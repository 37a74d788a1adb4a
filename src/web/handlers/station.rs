//! What became of a counter's last scans: what its receipts say, anew every few seconds. No other store is kept.

use std::collections::BTreeSet;

use crate::config::WebRole;
use crate::receipt;
use crate::record::StationName;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};
use crate::web::router::BY_ITSELF;
use crate::web::views::station::{self, Counter};

/// Receipts shown.
const SHOWN_MAX: usize = 20;
/// Files counted that are still in the inbox.
const COUNTED_MAX: usize = 1000;
/// How often the page is asked for anew.
const AGAIN_SECONDS: u32 = 5;

/// The stations.
pub(in crate::web) fn list(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let stations: Vec<StationName> = known(desk).into_iter().collect();
    Ok(match stations.as_slice() {
        [only] => Reply::see(&place(only)),
        all => Reply::page(station::list(asked, all)),
    })
}

/// One station.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let name: StationName = asked
        .part("station")
        .parse()
        .map_err(|_| Refusal::NotFound)?;
    if !known(desk).contains(&name) {
        return Err(Refusal::NotFound);
    }
    let folders = &desk.config.folders;
    let inbox = std::fs::read_dir(folders.inbox.join(name.as_str()));
    let counter = Counter {
        told: receipt::newest(&folders.outbox, &name, asked.lang, (None, SHOWN_MAX)),
        in_inbox: inbox.into_iter().flatten().take(COUNTED_MAX).count(),
        at: asked.now,
        station: &name,
    };
    // A screen at a counter stays on all day; that of somebody who sees papers must not.
    let is_counter = asked
        .visitor()?
        .account
        .roles
        .iter()
        .all(|role| *role == WebRole::Station);
    let again = match is_counter {
        true => place(&name),
        false => format!("{}?{BY_ITSELF}=1", place(&name)),
    };
    Ok(Reply::page(station::page(asked, &counter)).then(AGAIN_SECONDS, &again))
}

fn place(station: &StationName) -> String {
    format!("/stations/{}", station::encoded(station))
}

/// Those that the configuration names, and those that have dropped something.
pub(in crate::web) fn known(desk: &Desk) -> BTreeSet<StationName> {
    let folders = &desk.config.folders;
    let with_folder = [&folders.inbox, &folders.outbox]
        .into_iter()
        .flat_map(|folder| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            let named = folders.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            named.take(COUNTED_MAX).collect::<Vec<StationName>>()
        });
    desk.config.stations().cloned().chain(with_folder).collect()
}
