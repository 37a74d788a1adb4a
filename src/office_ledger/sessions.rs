//! Signing sessions that have ended, entered in the ledger by the digest of their log.
//!
//! `ledger/sessions.json` says which logs are entered, and from where on entries stand that it does not know of yet:
//! a crash between an entry and this file costs a short search, never a second entry.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::archive::read_metadata;
use crate::config::Config;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::journal::CommitTurn;
use crate::ledger::{Entry, Event, Ledger, LedgerWriter};
use crate::record::Sha256Digest;
use crate::session::{LOG, Session};

const FILE: &str = "sessions.json";
/// A line for each session of centuries.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Which logs are entered.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Entered {
    /// Entries before this place are known here.
    from: u64,
    /// Names of logs.
    logs: BTreeSet<String>,
}

/// Enters the sessions that have ended since the last time.
pub(super) fn enter_ended(config: &Config) -> Result<(), Error> {
    let logs = config.data_folder.join(LOG);
    let folder = &config.ledger.folder;
    let names = names(&logs)?;
    if names.is_empty() {
        return Ok(());
    }
    let _turn = CommitTurn::take(&config.folders.work)?;
    let mut entered = read(&folder.join(FILE))?;
    let fresh: Vec<String> = names.difference(&entered.logs).cloned().collect();
    let mut ended = Vec::new();
    for name in fresh {
        let path = logs.join(&name);
        let bytes = read_metadata(&path).map_err(failed(&path))?;
        let session: Option<Session> = serde_json::from_slice(&bytes).ok();
        if let Some(closed) = session.and_then(|session| session.closed) {
            let log = Sha256Digest::of(&bytes);
            let event = Event::SigningSession { log };
            ended.push((
                name,
                Entry {
                    event,
                    time: closed,
                },
            ));
        }
    }
    if ended.is_empty() {
        return Ok(());
    }
    let mut writer = LedgerWriter::open(folder)?;
    let ledger = Ledger::open(folder)?;
    let mut missing = Vec::new();
    for (name, entry) in ended {
        if ledger.position(&entry.event, entered.from)?.is_none() {
            missing.push(entry);
        }
        entered.logs.insert(name);
    }
    writer.append_all(&missing)?;
    entered.from = writer.head().size;
    // Plain text and numbers: serialising them cannot fail.
    let bytes = serde_json::to_vec(&entered).unwrap_or_default();
    Ok(durable::replace_keyed(&folder.join(FILE), FILE, &bytes)?)
}

fn names(logs: &Path) -> Result<BTreeSet<String>, Error> {
    let entries = match fs::read_dir(logs) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        other => other.map_err(failed(logs))?,
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(failed(logs))?.file_name();
        names.extend(
            name.to_str()
                .filter(|name| name.ends_with(".json"))
                .map(str::to_owned),
        );
    }
    Ok(names)
}

/// What cannot be read counts as not there: then the whole ledger is searched.
fn read(path: &Path) -> Result<Entered, Error> {
    let file = match durable::open_regular(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Entered::default()),
        other => other.map_err(failed(path))?,
    };
    let bounded = io::BufReader::new(io::Read::take(file, FILE_BYTES_MAX));
    Ok(serde_json::from_reader(bounded).unwrap_or_default())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JourneyError {
    move |source| JourneyError::Io {
        path: path.to_owned(),
        source,
    }
}
