//! Keeping events: one line of the day's file, synced before anything is shown.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bulk::{Look, Windows};
use super::line::{TAIL_BYTES, chain_of, sealed};
use super::{AccessError, Event, FOLDER};
use crate::durable;
use crate::record::vietnam_time;

const WAIT_MAX: Duration = Duration::from_secs(10);
const WAIT_STEP: Duration = Duration::from_millis(1);

/// How much of the day's file is read for what others, or this program before it was started, have kept: more than a
/// commune's look-ups of an hour.
const CAUGHT_UP_MAX: u64 = 512 * 1024;

const PIECE_BYTES: u64 = 64 * 1024;

/// The log, open for keeping events. One for a program; threads share it.
pub struct AccessLog {
    folder: PathBuf,
    watch: Mutex<Watch>,
}

/// Who looked at how many within the last hour, and how far the log was read for it.
struct Watch {
    windows: Windows,
    limit: u32,
    day: String,
    read_to: u64,
}

impl AccessLog {
    /// The log of a data folder; the first event makes what is missing. Where one account looks at more than
    /// `bulk_per_hour` persons within an hour, a warning is logged, without names.
    #[must_use]
    pub fn of(data_folder: &Path, bulk_per_hour: u32) -> Self {
        Self {
            folder: data_folder.join(FOLDER),
            watch: Mutex::new(Watch {
                windows: Windows::new(bulk_per_hour),
                limit: bulk_per_hour,
                day: String::new(),
                read_to: 0,
            }),
        }
    }

    /// Keeps the event. It is on the disk when this returns.
    ///
    /// # Errors
    /// What the machine said, or [`AccessError::Busy`]; then nobody may be shown anything.
    pub fn keep(&self, event: &Event) -> Result<(), AccessError> {
        // A panic elsewhere leaves at most a count that is too low. Held while writing: threads wait here, in turn.
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let time = vietnam_time(event.at);
        let day = time.get(..10).unwrap_or(&time);
        let month = time.get(..7).unwrap_or(&time);
        let path = self.folder.join(month).join(format!("{day}.jsonl"));
        let mut file = DayFile::open(&path)?;
        watch.catch_up(day, &mut file);
        file.append(event, day)?;
        watch.read_to = file.end;
        drop(file);
        watch.add(event);
        Ok(())
    }
}

impl Watch {
    /// Counts what others have kept since this program kept something. What cannot be read is left out: the reader of
    /// the log will say so, and it must not keep anybody from their work.
    fn catch_up(&mut self, day: &str, file: &mut DayFile) {
        if self.day != day {
            day.clone_into(&mut self.day);
            self.read_to = 0;
        }
        let from = self.read_to.max(file.end.saturating_sub(CAUGHT_UP_MAX));
        let Ok(bytes) = file.read(from, file.end) else {
            return;
        };
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Ok(look) = serde_json::from_slice::<Look>(line) {
                self.windows.add(&look);
            }
        }
    }

    fn add(&mut self, event: &Event) {
        let excess = self.windows.add(&event.into());
        if let Some(excess) = excess.filter(|excess| excess.begins) {
            tracing::warn!(
                event = %event.event,
                persons = excess.persons,
                allowed = self.limit,
                "one account looked at more persons within an hour than `access.bulk_per_hour`: see `sohoa report access --bulk`"
            );
        }
    }
}

/// A day's file, locked.
struct DayFile {
    path: PathBuf,
    file: File,
    /// Where the next line begins.
    end: u64,
}

impl DayFile {
    /// Opens and locks it; takes away what a crash left of a last line.
    fn open(path: &Path) -> Result<Self, AccessError> {
        let failed = || AccessError::io(path);
        let open = || {
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true).mode(0o600);
            options.open(path)
        };
        let folder = path.parent().unwrap_or(path);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                durable::create_folders(folder)?;
                open().map_err(failed())?
            }
            opened => opened.map_err(failed())?,
        };
        lock(&file, path)?;
        let length = file.metadata().map_err(failed())?.len();
        if length == 0 {
            // Whoever made it may not have come so far.
            durable::create_folders(folder)?;
            durable::sync_folder(folder)?;
        }
        let mut this = Self {
            path: path.to_owned(),
            file,
            end: length,
        };
        let end = this.whole_lines().map_err(failed())?;
        if end < length {
            this.file.set_len(end).map_err(failed())?;
            this.end = end;
        }
        Ok(this)
    }

    /// How long the file is without a last line that lacks its end.
    fn whole_lines(&mut self) -> io::Result<u64> {
        let mut end = self.end;
        while end > 0 {
            let from = end.saturating_sub(PIECE_BYTES);
            let piece = self.read(from, end)?;
            if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
                return Ok(from + at as u64 + 1);
            }
            end = from;
        }
        Ok(0)
    }

    fn read(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(from))?;
        let length = to.saturating_sub(from);
        (&mut self.file).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, event: &Event, day: &str) -> Result<(), AccessError> {
        let appended = self.appended(event, day);
        if appended.is_err() {
            // Half a line would be taken away by the next writer, too.
            let _ = self.file.set_len(self.end);
        }
        appended.map_err(AccessError::io(&self.path))
    }

    fn appended(&mut self, event: &Event, day: &str) -> io::Result<()> {
        let tail = self.read(self.end.saturating_sub(TAIL_BYTES as u64), self.end)?;
        let mut previous = match self.end {
            0 => day.to_owned(),
            // Behind a line that is not one of ours the chain begins anew, and the reader says so.
            _ => chain_of(&tail).unwrap_or(day).to_owned(),
        };
        let mut end = self.end;
        for part in event.parts() {
            let line = sealed(&serde_json::to_string(&part)?, &previous);
            self.file.write_all(line.as_bytes())?;
            chain_of(line.as_bytes())
                .unwrap_or_default()
                .clone_into(&mut previous);
            end += line.len() as u64;
        }
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }
}

/// Waits for the turn; the system gives it back when the file is closed, also by a crash.
fn lock(file: &File, path: &Path) -> Result<(), AccessError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if started.elapsed() < WAIT_MAX => {
                std::thread::sleep(WAIT_STEP);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(AccessError::Busy {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(AccessError::io(path)(source)),
        }
    }
}
