//! Damaged files that a repair kept aside: those of a record that was disposed of go, too. What was repaired, and when,
//! stays told.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable::{self, Action, DurableError};
use crate::record::RecordId;

/// Files beside the damaged ones that say what was done.
const TOLD: [&str; 4] = ["reason.json", "done", "superseded", "entered"];

/// Removes the record's files from `aside/<day>/<record>-<time>/`.
pub(crate) fn forget(aside: &Path, record: RecordId) -> Result<(), DurableError> {
    let own = format!("{record}-");
    for day in entries(aside)? {
        if !day.is_dir() {
            continue;
        }
        for folder in entries(&day)? {
            let name = folder.file_name().and_then(|name| name.to_str());
            if !name.is_some_and(|name| name.starts_with(&own)) {
                continue;
            }
            for kept in entries(&folder)? {
                let is_told = TOLD.iter().any(|told| kept.ends_with(told));
                match kept.is_dir() {
                    _ if is_told => {}
                    true => durable::remove_tree(&kept)?,
                    false => durable::remove_file(&kept)?,
                }
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, DurableError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed(folder))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<io::Result<_>>().map_err(failed(folder))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DurableError {
    move |source| DurableError {
        action: Action::Read,
        path: path.to_owned(),
        source,
    }
}
