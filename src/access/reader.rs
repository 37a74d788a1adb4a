//! Reading events back, oldest first, a line at a time.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::line::{chain_of, holds};
use super::{AccessError, Event, FOLDER, LINE_BYTES_MAX, OLD_FOLDER};
use crate::durable;
use crate::record::{CitizenId, vietnam_time};

const OLD_EVENT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Which events are read; the default is all.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// From this day on, in Vietnam.
    pub from: Option<Date>,
    /// To this day, inclusive.
    pub to: Option<Date>,
    /// Only events that name this citizen.
    pub citizen: Option<CitizenId>,
}

/// The events, oldest first: those that were files, then those of the days. Memory holds one line, and the names of one
/// folder, at a time. Every line read is checked against its chain.
///
/// # Errors
/// A folder or file that cannot be read, and each line that is not as it was written, is one; the rest is read.
pub fn events(
    data_folder: &Path,
    reading: Reading,
) -> impl Iterator<Item = Result<Event, AccessError>> {
    let old = months(&data_folder.join(OLD_FOLDER), &reading);
    let days = months(&data_folder.join(FOLDER), &reading);
    let wanted = reading.clone();
    let of_files = old.flat_map(move |file| {
        let event = file.and_then(|file| read_old(&file));
        Some(event).filter(|event| match event {
            Ok(event) => wanted.takes(event),
            Err(_) => true,
        })
    });
    of_files.chain(days.flat_map(move |file| Lines::of(file, reading.clone())))
}

impl Reading {
    fn takes(&self, event: &Event) -> bool {
        let time = vietnam_time(event.at);
        let day: Option<Date> = time.get(..10).and_then(|day| day.parse().ok());
        let named = self.citizen.as_ref();
        day.is_none_or(|day| self.takes_day(day))
            && named.is_none_or(|citizen| event.concerns(citizen))
    }

    fn takes_day(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// By a file's or folder's name, where it begins with a day or a month.
    fn takes_name(&self, path: &Path) -> bool {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if let Some(day) = name.get(..10).and_then(|day| day.parse().ok()) {
            return self.takes_day(day);
        }
        let first: Option<Date> = format!("{name}-01").parse().ok();
        first.is_none_or(|first| {
            self.to.is_none_or(|to| first <= to)
                && self.from.is_none_or(|from| from <= first.last_of_month())
        })
    }
}

/// The files in the months' folders, sorted; nothing where there is no such folder.
fn months(
    folder: &Path,
    reading: &Reading,
) -> impl Iterator<Item = Result<PathBuf, AccessError>> + use<> {
    let reading = reading.clone();
    listed(folder, &reading).into_iter().flat_map(move |month| {
        match month {
            Ok(month) => listed(&month, &reading),
            Err(error) => vec![Err(error)],
        }
        .into_iter()
    })
}

fn listed(folder: &Path, reading: &Reading) -> Vec<Result<PathBuf, AccessError>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![Err(AccessError::io(folder)(error))],
        Ok(entries) => entries,
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Err(error) => return vec![Err(AccessError::io(folder)(error))],
            Ok(entry) if durable::is_temporary(&entry.file_name()) => {}
            Ok(entry) => paths.push(entry.path()),
        }
    }
    paths.retain(|path| reading.takes_name(path));
    paths.sort();
    paths.into_iter().map(Ok).collect()
}

fn read_old(path: &Path) -> Result<Event, AccessError> {
    let read = || {
        let file = durable::open_regular(path)?;
        serde_json::from_reader(BufReader::new(file.take(OLD_EVENT_BYTES_MAX)))
            .map_err(io::Error::from)
    };
    // Not the error's own words where it could quote the file: it names people.
    read().map_err(|error: io::Error| AccessError::io(path)(io::Error::from(error.kind())))
}

/// The events of one day's file.
struct Lines {
    path: PathBuf,
    reading: Reading,
    /// `None` once it is read.
    file: Option<BufReader<File>>,
    error: Option<AccessError>,
    number: u64,
    day: String,
    /// What the next line is chained to.
    previous: String,
}

impl Lines {
    fn of(path: Result<PathBuf, AccessError>, reading: Reading) -> Self {
        let opened = path.and_then(|path| {
            let opened = durable::open_regular(&path);
            Ok((opened.map_err(AccessError::io(&path))?, path))
        });
        let (file, path, error) = match opened {
            Ok((file, path)) => (Some(BufReader::new(file)), path, None),
            Err(error) => (None, PathBuf::new(), Some(error)),
        };
        let day = path.file_stem().and_then(|stem| stem.to_str());
        let day = day.unwrap_or_default().to_owned();
        Self {
            previous: day.clone(),
            day,
            path,
            reading,
            file,
            error,
            number: 0,
        }
    }

    /// The next line with its end; what is longer than a line can be is skipped, and told by an empty one. `None` at
    /// the end, and before a last line that lacks its end.
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let mut line = Vec::new();
        file.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        let whole = line.last() == Some(&b'\n');
        if whole || (line.len() as u64) < LINE_BYTES_MAX {
            return Ok(whole.then_some(line));
        }
        loop {
            line.clear();
            file.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            match line.last() {
                None => return Ok(None),
                Some(b'\n') => return Ok(Some(Vec::new())),
                Some(_) => {}
            }
        }
    }

    fn event_of(&mut self, line: &[u8]) -> Option<Result<Event, AccessError>> {
        self.number += 1;
        let holds = holds(line, &self.previous);
        // Behind a line without a chain the writer began anew.
        self.previous = chain_of(line).unwrap_or(&self.day).to_owned();
        let flaw = || AccessError::Flaw {
            path: self.path.clone(),
            line: self.number,
        };
        if !holds {
            return Some(Err(flaw()));
        }
        if let Some(citizen) = &self.reading.citizen {
            let digits = citizen.expose().as_bytes();
            if !line.windows(digits.len()).any(|part| part == digits) {
                return None;
            }
        }
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => self.reading.takes(&event).then_some(Ok(event)),
            Err(_) => Some(Err(flaw())),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Event, AccessError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        loop {
            let line = match self.next_line() {
                Ok(line) => line?,
                Err(error) => {
                    self.file = None;
                    return Some(Err(AccessError::io(&self.path)(error)));
                }
            };
            if let Some(event) = self.event_of(&line) {
                return Some(event);
            }
        }
    }
}
