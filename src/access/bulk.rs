//! Who went through people in bulk: more persons within an hour by one account than the office allows itself.
//!
//! Counted are different citizens whose papers, data or full number were shown; standing in a masked list does not
//! count. An account is what the system knows, not what somebody called themselves.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Event, EventKind};
use crate::record::CitizenId;

const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Looks of one account that are remembered; who has more is far beyond any limit.
const LOOKS_MAX: usize = 100_000;

/// An account that was beyond the limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// Whose account.
    pub account: String,
    /// When the hour began in which it was too many.
    pub from: Timestamp,
    /// The last look of it.
    pub to: Timestamp,
    /// The most different persons within an hour.
    pub persons: usize,
}

/// What counts of an event.
#[derive(Deserialize)]
pub(super) struct Look {
    at: Timestamp,
    what: EventKind,
    by: String,
    #[serde(default)]
    account: Option<String>,
    citizens: Vec<CitizenId>,
}

impl From<&Event> for Look {
    fn from(event: &Event) -> Self {
        Self {
            at: event.at,
            what: event.what,
            by: event.by.clone(),
            account: event.account.clone(),
            citizens: event.citizens.clone(),
        }
    }
}

/// Every alarm in these events, in the order in which they began; `limit` is how many persons an hour are allowed.
#[must_use]
pub fn alarms<'a>(events: impl IntoIterator<Item = &'a Event>, limit: u32) -> Vec<Alarm> {
    let mut alarms = Alarms::new(limit);
    for event in events {
        alarms.add(event);
    }
    alarms.end()
}

/// [`alarms`] for events that come one by one.
pub struct Alarms {
    windows: Windows,
    all: Vec<Alarm>,
    /// Which of them an account is in.
    open: BTreeMap<String, usize>,
}

impl Alarms {
    /// None yet.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            windows: Windows::new(limit),
            all: Vec::new(),
            open: BTreeMap::new(),
        }
    }

    /// Counts an event; they come in the order of their times.
    pub fn add(&mut self, event: &Event) {
        let account = event.account();
        let Some(excess) = self.windows.add(&event.into()) else {
            self.open.remove(account);
            return;
        };
        if let Some(alarm) = self.open.get(account).and_then(|at| self.all.get_mut(*at)) {
            alarm.to = event.at;
            alarm.persons = alarm.persons.max(excess.persons);
            return;
        }
        self.open.insert(account.to_owned(), self.all.len());
        self.all.push(Alarm {
            account: account.to_owned(),
            from: excess.since,
            to: event.at,
            persons: excess.persons,
        });
    }

    /// All of them.
    #[must_use]
    pub fn end(self) -> Vec<Alarm> {
        self.all
    }
}

/// An account is beyond the limit.
pub(super) struct Excess {
    /// Different persons in the last hour.
    pub(super) persons: usize,
    /// The oldest look of that hour.
    pub(super) since: Timestamp,
    /// It was not, before this look.
    pub(super) begins: bool,
}

/// The last hour of each account.
pub(super) struct Windows {
    limit: usize,
    accounts: BTreeMap<String, Window>,
}

#[derive(Default)]
struct Window {
    looks: VecDeque<(Timestamp, CitizenId)>,
    persons: BTreeMap<CitizenId, usize>,
}

impl Windows {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            accounts: BTreeMap::new(),
        }
    }

    /// Counts a look; `None` where its account stays within the limit.
    pub(super) fn add(&mut self, look: &Look) -> Option<Excess> {
        let since = look.at.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        self.accounts.retain(|_, window| window.reaches(since));
        // A bundle is counted when it was given out, and an auditor looks at the log.
        if matches!(look.what, EventKind::BundleBegun | EventKind::Audit) {
            return None;
        }
        let account = look.account.as_ref().unwrap_or(&look.by);
        let window = self.accounts.entry(account.clone()).or_default();
        window.forget_before(since);
        let before = window.persons.len();
        for citizen in &look.citizens {
            window.add(look.at, citizen);
        }
        let persons = window.persons.len();
        (persons > self.limit).then(|| Excess {
            persons,
            since: window.looks.front().map_or(look.at, |(at, _)| *at),
            begins: before <= self.limit,
        })
    }
}

impl Window {
    fn reaches(&self, since: Timestamp) -> bool {
        self.looks.back().is_some_and(|(at, _)| *at >= since)
    }

    fn add(&mut self, at: Timestamp, citizen: &CitizenId) {
        self.looks.push_back((at, citizen.clone()));
        *self.persons.entry(citizen.clone()).or_default() += 1;
        if self.looks.len() > LOOKS_MAX {
            self.forget_first();
        }
    }

    fn forget_before(&mut self, since: Timestamp) {
        while self.looks.front().is_some_and(|(at, _)| *at < since) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, citizen)) = self.looks.pop_front() else {
            return;
        };
        if let Some(count) = self.persons.get_mut(&citizen) {
            *count -= 1;
            if *count == 0 {
                self.persons.remove(&citizen);
            }
        }
    }
}
