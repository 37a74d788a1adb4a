//! Who looked whom up, why, when, from where, and what was re-used: one file an event, never changed.
//!
//! The files lie below `reuse/` of the data folder, a folder a month, readable by their owner alone. A citizen's
//! number stands inside them, never in a name or a log (Luật 91/2025 Đ19; QCVN 12:2026/BCA: logs of source,
//! account and time are kept 12 months at least). Events of [`EventKind::Bundle`] are what the indicator of
//! re-use counts (QĐ 766/QĐ-TTg, 4.3).
//!
//! Not here: deciding whether somebody may look.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ReuseError;
use super::procedure::{ProcedureCode, vietnam_day};
use crate::durable;
use crate::record::{CitizenId, DossierCode, RecordId};

/// Folder of the events in the data folder.
pub const FOLDER: &str = "reuse";

const EVENT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A citizen's papers were held against a procedure.
    Checklist,
    /// A citizen's data were given for a form.
    Prefill,
    /// A bundle is whole and about to be given out. One without a `bundle` event of the same number behind it
    /// was perhaps given out: a crash came between.
    BundleBegun,
    /// A bundle was given out: its records are re-used.
    Bundle,
}

/// Why somebody is looked up. At least one is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// For which dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierCode>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Purpose {
    /// For people.
    #[must_use]
    pub fn words(&self) -> String {
        let dossier = self.dossier.as_ref().map(ToString::to_string);
        let both: Vec<String> = dossier.into_iter().chain(self.text.clone()).collect();
        both.join(" – ")
    }
}

/// One event. Field names are part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// [`Event::FORMAT`].
    pub format: String,
    /// Its number, also the file's name; sorts by time.
    pub event: RecordId,
    /// When, ISO 8601 UTC.
    pub at: Timestamp,
    /// What.
    pub what: EventKind,
    /// Who, as they named themselves or as the system knows them.
    pub by: String,
    /// From where: the way in and the machine, e.g. `cli@counter-1`.
    pub from: String,
    /// Why.
    pub purpose: Purpose,
    /// Whom, in full.
    pub citizens: Vec<CitizenId>,
    /// For which procedure.
    pub procedure: ProcedureCode,
    /// Which records were shown or given out.
    pub records: Vec<RecordId>,
    /// The bundle's number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<RecordId>,
}

impl Event {
    /// The value of `format` that this program writes.
    pub const FORMAT: &'static str = "sohoa-event/1";

    /// Keeps the event. It is on the disk when this returns.
    ///
    /// # Errors
    /// What the machine said; then nobody may be shown anything.
    pub fn keep(&self, data_folder: &Path) -> Result<(), ReuseError> {
        let month = vietnam_day(self.at).strftime("%Y-%m").to_string();
        let folder = data_folder.join(FOLDER).join(month);
        durable::create_folders(&folder)?;
        let path = folder.join(format!("{}.json", self.event));
        let mut line = serde_json::to_vec(self).map_err(|error| ReuseError::Io {
            path: path.clone(),
            source: error.into(),
        })?;
        line.push(b'\n');
        durable::write_new_private(&path, &line)?;
        Ok(())
    }
}

/// Every event, oldest first. Memory holds the names of one month at a time.
///
/// # Errors
/// The first answer says so where the folder cannot be listed; each event that cannot be read is one.
pub fn events(data_folder: &Path) -> impl Iterator<Item = Result<Event, ReuseError>> {
    let months = listed(&data_folder.join(FOLDER));
    let (months, error) = match months {
        Ok(months) => (months, None),
        Err(error) => (Vec::new(), Some(Err(error))),
    };
    let of_month = |month: PathBuf| match listed(&month) {
        Ok(files) => files.into_iter().map(|file| read(&file)).collect(),
        Err(error) => vec![Err(error)],
    };
    error
        .into_iter()
        .chain(months.into_iter().flat_map(of_month))
}

/// What a folder holds, sorted, without what a crash left; nothing where there is no such folder.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, ReuseError> {
    let failed = |source| ReuseError::Io {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if !durable::is_temporary(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<Event, ReuseError> {
    let read = || {
        let file = durable::open_regular(path)?;
        serde_json::from_reader(io::BufReader::new(io::Read::take(file, EVENT_BYTES_MAX)))
            .map_err(io::Error::from)
    };
    read().map_err(|source| ReuseError::Io {
        path: path.to_owned(),
        // Not its own words where it could quote the file: it names people.
        source: io::Error::from(source.kind()),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn event(number: u8, at: &str) -> Event {
        let at: Timestamp = at.parse().expect("a time");
        Event {
            format: Event::FORMAT.to_owned(),
            event: RecordId::new_v7(at.as_millisecond().unsigned_abs(), &[number; 10]),
            at,
            what: EventKind::Bundle,
            by: "Nguyễn Văn Thử".to_owned(),
            from: "cli@test".to_owned(),
            purpose: Purpose {
                dossier: "H36.105-261123-0007".parse().ok(),
                text: None,
            },
            citizens: vec!["079203000001".parse().expect("a number")],
            procedure: "1.001193".parse().expect("a code"),
            records: Vec::new(),
            bundle: None,
        }
    }

    #[test]
    fn events_are_kept_in_order_and_never_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(events(folder.path()).count(), 0);
        // 17:00 UTC is the next day, and here the next month, in Vietnam.
        let [first, second] = [
            event(2, "2026-11-30T16:59:59Z"),
            event(1, "2026-11-30T17:00:00Z"),
        ];
        second.keep(folder.path()).expect("kept");
        first.keep(folder.path()).expect("kept");
        let read: Vec<Event> = events(folder.path()).map(|it| it.expect("reads")).collect();
        assert_eq!(read, [first.clone(), second]);
        let changed = Event {
            by: "another".to_owned(),
            ..first.clone()
        };
        changed.keep(folder.path()).expect_err("the name is taken");
        for entry in walkdir::WalkDir::new(folder.path().join(FOLDER)) {
            let entry = entry.expect("listed");
            let name = entry.path().to_string_lossy().into_owned();
            assert!(!name.contains("079203000001"), "{name}");
            if entry.file_type().is_file() {
                let mode = entry.metadata().expect("there").permissions().mode();
                assert_eq!(mode & 0o077, 0, "{name}");
            }
        }
    }

    #[test]
    fn a_damaged_event_is_told_without_its_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let month = folder.path().join("reuse/2026-11");
        durable::create_folders(&month).expect("made");
        durable::write_new(&month.join("x.json"), b"{\"by\": 079203000001").expect("written");
        let told = events(folder.path())
            .next()
            .expect("one")
            .expect_err("damaged");
        assert!(!told.to_string().contains("0792"), "{told}");
    }
}
