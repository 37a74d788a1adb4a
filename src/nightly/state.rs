//! Where the nightly run is: kept while it goes, so that one that was stopped goes on instead of beginning anew.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::FOLDER;
use super::calendar::slices_due;
use crate::archive::read_metadata;
use crate::config::Config;
use crate::durable::{self, DurableError};
use crate::record::{Clock, Finding, Sha256Digest, SystemClock};

const FORMAT: &str = "sohoa-nightly/1";

/// What is known of the nights so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    format: String,
    /// Since when there are nightly runs.
    since: Timestamp,
    /// In how many slices the archive is read.
    nights: u32,
    /// Which slice is next, from 1.
    next: u32,
    /// The last night whose run came to its end.
    pub(super) last_night: Option<Date>,
    /// How that run ended.
    pub finished: Option<Finished>,
    /// Entries of the ledger whose records were looked at as new.
    pub(super) entries: u64,
    /// Runs that came to their end.
    pub(super) runs: u64,
    /// Whether the alarm was raised that no run came to its end.
    pub(super) is_overdue_told: bool,
    /// A run that is not at its end.
    pub(super) underway: Option<Underway>,
}

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// When.
    pub ended: Timestamp,
    /// `ok`, `indeterminate` or `failed`.
    pub verdict: String,
    /// Folder of the report, below the data folder.
    pub report: String,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Underway {
    pub(super) night: Date,
    pub(super) started: Timestamp,
    /// Whether what is new was looked at.
    pub(super) is_newest_done: bool,
    /// Slices that came to their end, and those still to be read, the one in hand first.
    pub(super) done: Vec<u32>,
    pub(super) slices: Vec<u32>,
    /// In the slice in hand, objects below this digest are done.
    pub(super) done_below: Option<Sha256Digest>,
    pub(super) counts: Counts,
    pub(super) findings: Vec<Finding>,
}

/// What was read so far. An object that was in hand when a run was stopped is read, and counted, again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Objects looked at.
    pub records: u64,
    /// Files read.
    pub files: u64,
    /// Their length.
    pub bytes: u64,
}

fn path(config: &Config) -> PathBuf {
    config.data_folder.join(FOLDER).join("state.json")
}

impl State {
    /// The state that is kept. A damaged one costs nothing but reading what was read: it begins anew.
    #[must_use]
    pub fn read(config: &Config) -> Self {
        let path = path(config);
        let read = match read_metadata(&path) {
            Ok(bytes) => serde_json::from_slice::<Self>(&bytes).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::new(config),
            Err(_) => None,
        };
        let known = read.filter(|state| state.format == FORMAT);
        known.unwrap_or_else(|| {
            let path = path.display();
            tracing::warn!(%path, "the state of the nightly run cannot be read: it begins anew");
            Self::new(config)
        })
    }

    fn new(config: &Config) -> Self {
        Self {
            format: FORMAT.to_owned(),
            since: SystemClock.now(),
            nights: config.nightly.nights,
            next: 1,
            last_night: None,
            finished: None,
            entries: 0,
            runs: 0,
            is_overdue_told: false,
            underway: None,
        }
    }

    pub(super) fn keep(&self, config: &Config) -> Result<(), DurableError> {
        let path = path(config);
        durable::create_folders(path.parent().unwrap_or(Path::new("/")))?;
        // Plain text and numbers: serialising them cannot fail.
        let text = serde_json::to_vec(self).unwrap_or_default();
        durable::replace(&path, &text)
    }

    /// Whether the night has no run that came to its end yet.
    pub(super) fn is_due(&self, night: Date) -> bool {
        self.last_night.is_none_or(|last| last < night)
    }

    /// Since when no run has come to its end.
    #[must_use]
    pub fn last_end(&self) -> Timestamp {
        let ended = self.finished.as_ref().map(|finished| finished.ended);
        ended.unwrap_or(self.since)
    }

    /// Whether no run came to its end for longer than the configuration allows.
    #[must_use]
    pub fn is_overdue(&self, config: &Config, now: Timestamp) -> bool {
        now.duration_since(self.last_end()).unsigned_abs() > config.nightly.overdue
            && now > self.last_end()
    }

    /// The run of this night: a new one, or one that was stopped, with what has become due since.
    pub(super) fn take_up(&mut self, night: Date, config: &Config, now: Timestamp) -> Underway {
        let nights = config.nightly.nights;
        if self.nights != nights {
            // Slices of another number are others.
            self.nights = nights;
            self.next = 1;
            self.underway = None;
        }
        let Some(mut underway) = self.underway.take() else {
            let due = slices_due(self.last_night, night, nights).max(1);
            return Underway {
                night,
                started: now,
                is_newest_done: false,
                done: Vec::new(),
                slices: (0..due)
                    .map(|it| (self.next - 1 + it) % nights + 1)
                    .collect(),
                done_below: None,
                counts: Counts::default(),
                findings: Vec::new(),
            };
        };
        if underway.night != night {
            let known = underway.done.len() + underway.slices.len();
            let room = nights.saturating_sub(u32::try_from(known).unwrap_or(nights));
            let more = slices_due(Some(underway.night), night, nights).min(room);
            let last = underway.slices.last().or(underway.done.last());
            let last = last.copied().unwrap_or(self.next);
            underway
                .slices
                .extend((0..more).map(|it| (last + it) % nights + 1));
            underway.night = night;
            underway.is_newest_done = false;
        }
        underway
    }

    /// The run came to its end.
    pub(super) fn finish(&mut self, underway: &Underway, entries: u64, finished: Finished) {
        let last = underway.done.last().copied().unwrap_or(0);
        self.next = last % self.nights + 1;
        self.last_night = Some(underway.night);
        self.finished = Some(finished);
        self.entries = entries;
        self.runs += 1;
        self.is_overdue_told = false;
        self.underway = None;
    }
}
