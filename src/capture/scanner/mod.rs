//! The polling scan with its memory: what the inbox holds, what stands still, what may be claimed.
//!
//! Polling is always on, because no file system tells of writes by other machines (SMB, NFS) and
//! none of what lay there before the program started. [`super::Watcher`] only makes it look sooner.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::complete::{self, Verdict};
use super::group::{self, Group, Progress, Rules};
use super::scan::{self, Candidate, Refusal};
use super::settle::{Settle, Stillness};
use super::{CaptureError, Writers};
use crate::config::ScannerProfile;
use crate::durable;
use crate::record::StationName;

/// A file whose end is missing is taken all the same after it stood still for so long: its writer
/// will not come back, and decoding can tell the counter what is wrong with it.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// A file that its writer does not close is taken all the same after it stood still for so long: the
/// writer's machine has crashed, or its program has forgotten the file.
const HELD_AT_MOST: Duration = Duration::from_secs(600);

/// One look opens files for no longer than this; what it did not come to is next.
const OPENING_AT_MOST: Duration = Duration::from_secs(1);

/// A look at a crowded inbox takes time, so that the next waits so many times as long. Meanwhile what
/// the last one found is handed out.
const LOOKS_APART: u32 = 4;

/// So many failures to open a file are told (after 7 s); fewer are everyday life on a file server.
const TROUBLES_TOLD: u32 = 4;

/// What one tick found.
#[derive(Debug, Default)]
pub struct Tick {
    /// Documents to claim, fairly ordered over the stations. What is not claimed comes again.
    pub ready_groups: Vec<Group>,
    /// Whether more are ready than were asked for.
    pub has_more: bool,
    /// What is left in the inbox and why; each is told once as long as it lies there.
    pub refusals: Vec<Refusal>,
    /// When there may be more to claim, if nothing new comes.
    pub next_wake: Option<Instant>,
}

/// Looks at the inbox again and again.
pub struct Scanner {
    inbox: PathBuf,
    profile_of: Box<dyn Fn(&StationName) -> ScannerProfile + Send>,
    rules: BTreeMap<StationName, Rules>,
    settle: Settle,
    told: HashMap<(PathBuf, &'static str), u64>,
    ticks: u64,
    writers: Arc<Writers>,
    /// What the last look found and nobody asked for yet.
    ready: VecDeque<Group>,
    next_look: Option<Instant>,
    next_wake: Option<Instant>,
}

impl Scanner {
    /// Nothing is read until the first tick.
    pub fn new(
        inbox: PathBuf,
        profile_of: impl Fn(&StationName) -> ScannerProfile + Send + 'static,
    ) -> Self {
        Self {
            inbox,
            profile_of: Box::new(profile_of),
            rules: BTreeMap::new(),
            settle: Settle::default(),
            told: HashMap::new(),
            ticks: 0,
            writers: Arc::default(),
            ready: VecDeque::new(),
            next_look: None,
            next_wake: None,
        }
    }

    /// Whose open files are left alone from now on.
    pub fn heed(&mut self, writers: Arc<Writers>) {
        self.writers = writers;
    }

    /// Gives at most `most` documents to claim, from a look at the whole inbox, or of what the last one
    /// found while that is recent. Claim them before the next tick.
    pub fn tick(&mut self, now: Instant, most: usize) -> Tick {
        let is_recent = self.next_look.is_some_and(|next| now < next);
        let refusals = if is_recent && !self.ready.is_empty() {
            Vec::new()
        } else {
            self.look(now)
        };
        let ready_groups = self.ready.drain(..most.min(self.ready.len())).collect();
        let has_more = !self.ready.is_empty();
        // As long as there is enough to hand out, nothing calls for a look before its time.
        let next_wake = match (self.next_wake, self.next_look) {
            (Some(wake), Some(look)) if has_more => Some(wake.max(look)),
            (wake, _) => wake,
        };
        Tick {
            ready_groups,
            has_more,
            refusals,
            next_wake,
        }
    }

    /// Looks at the whole inbox once; what is refused and was not told before.
    fn look(&mut self, now: Instant) -> Vec<Refusal> {
        let began = Instant::now();
        self.ticks += 1;
        let mut found = scan::look(&self.inbox);
        let mut refusals = std::mem::take(&mut found.refusals);
        self.settle.begin_sweep();
        self.learn_stations(found.scans.iter().chain(&found.slips));
        let scans = self.progress_of_all(found.scans, now, &mut refusals, Self::end_of_scan);
        let slips =
            self.progress_of_all(found.slips, now, &mut refusals, |_| Ok(Verdict::Complete));
        self.settle.end_sweep();
        let rules = &self.rules;
        let assembled = group::assemble(scans, slips, |station| &rules[station], now);
        refusals.extend(assembled.refusals);
        self.keep_untold(&mut refusals);
        self.ready = assembled.ready.into();
        self.next_wake = assembled.next;
        self.next_look = now.checked_add(began.elapsed() * LOOKS_APART);
        refusals
    }

    /// The group could not be claimed: its files are left alone for a pause that grows with each time.
    pub fn put_off(&mut self, group: &Group, now: Instant) {
        let files = group.files.iter().map(|file| &file.candidate);
        for candidate in files.chain(&group.slips) {
            self.settle.trouble(&candidate.path, now);
        }
    }

    fn learn_stations<'a>(&mut self, candidates: impl Iterator<Item = &'a Candidate>) {
        for candidate in candidates {
            if !self.rules.contains_key(&candidate.station) {
                let profile = (self.profile_of)(&candidate.station);
                self.rules
                    .insert(candidate.station.clone(), Rules::of(&profile));
            }
        }
    }

    fn progress_of_all(
        &mut self,
        candidates: Vec<Candidate>,
        now: Instant,
        refusals: &mut Vec<Refusal>,
        end_of: impl Fn(&Path) -> io::Result<Verdict>,
    ) -> Vec<(Candidate, Progress)> {
        let began = Instant::now();
        let end_of = |path: &Path| match began.elapsed() < OPENING_AT_MOST {
            true => end_of(path).map(Some),
            false => Ok(None),
        };
        let mut known = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            match self.progress(&candidate, now, end_of) {
                Ok(Some(progress)) => known.push((candidate, progress)),
                Ok(None) => {}
                Err(Trouble {
                    source,
                    until,
                    told,
                }) => {
                    if told {
                        refusals.push(Refusal {
                            path: candidate.path.clone(),
                            station: Some(candidate.station.clone()),
                            reason: CaptureError::Unreadable {
                                path: candidate.path.clone(),
                                source,
                            },
                        });
                    }
                    known.push((candidate, Progress::Waiting(until)));
                }
            }
        }
        known
    }

    /// `None`: gone, or too many files to keep an eye on. `end_of` has no verdict where there was no time.
    fn progress(
        &mut self,
        candidate: &Candidate,
        now: Instant,
        end_of: impl Fn(&Path) -> io::Result<Option<Verdict>>,
    ) -> Result<Option<Progress>, Trouble> {
        let settle = self.rules[&candidate.station].settle;
        let path = &candidate.path;
        let since = match self.settle.observe(path, candidate.state, settle, now) {
            None => return Ok(None),
            Some(Stillness::Moving(until) | Stillness::Paused(until)) => {
                return Ok(Some(Progress::Waiting(until)));
            }
            Some(Stillness::Still(since)) => since,
        };
        if now < since + HELD_AT_MOST && self.writers.hold(path) {
            return Ok(Some(Progress::Waiting(since + HELD_AT_MOST)));
        }
        let verdict = match self.settle.verdict(path) {
            Some(verdict) => verdict.clone(),
            None => match end_of(path) {
                Ok(Some(verdict)) => {
                    self.settle.remember(path, verdict.clone());
                    verdict
                }
                Ok(None) => return Ok(Some(Progress::Waiting(now))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => {
                    let Some((until, troubles)) = self.settle.trouble(path, now) else {
                        return Ok(None);
                    };
                    let told = troubles >= TROUBLES_TOLD;
                    return Err(Trouble {
                        source,
                        until,
                        told,
                    });
                }
            },
        };
        Ok(Some(match verdict {
            Verdict::Incomplete(_) if now < since + GIVEN_UP => Progress::Waiting(since + GIVEN_UP),
            Verdict::Incomplete(_) => Progress::Ready {
                since,
                complete: false,
            },
            Verdict::Complete | Verdict::Unknown => Progress::Ready {
                since,
                complete: true,
            },
        }))
    }

    fn end_of_scan(path: &Path) -> io::Result<Verdict> {
        complete::examine(&mut durable::open_regular(path)?)
    }

    /// Drops the refusals that were told before; forgets those whose cause is gone.
    fn keep_untold(&mut self, refusals: &mut Vec<Refusal>) {
        use crate::record::Explain;

        let tick = self.ticks;
        let told = &mut self.told;
        refusals.retain(|refusal| {
            let what = (refusal.path.clone(), refusal.reason.code());
            told.insert(what, tick).is_none()
        });
        // While an unreadable file is left alone, no look finds anything to refuse.
        let settle = &self.settle;
        told.retain(|(path, _), last| *last == tick || settle.is_troubled(path));
    }
}

struct Trouble {
    source: io::Error,
    until: Instant,
    told: bool,
}

#[cfg(test)]
mod tests;
