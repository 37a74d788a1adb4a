//! What an auditor asks of the log: who looked at a citizen, at whom somebody looked, who looked at people in bulk. For
//! the command and the desk; the auditor's asking is an event itself, which they keep before they read.

use std::path::Path;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::bulk::{Alarm, Alarms};
use super::{AccessError, Event, Reading, events};
use crate::record::{CitizenId, RecordId, vietnam_time};

/// Without days, bulk looks are looked for in the last ones.
const BULK_DAYS: i64 = 31;

/// A question to the log. Days are those of Vietnam, inclusive.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// About this citizen.
    pub citizen: Option<CitizenId>,
    /// About what this account, or person of this name, did.
    pub by: Option<String>,
    /// Who went through people in bulk.
    pub bulk: bool,
    /// From this day on.
    pub from: Option<Date>,
    /// To this day.
    pub to: Option<Date>,
}

/// Who went through people in bulk.
#[derive(Debug, Clone)]
pub struct InBulk {
    /// The alarms, in the order in which they began.
    pub alarms: Vec<Alarm>,
    /// Events that were read.
    pub events: u64,
}

impl Audit {
    /// The auditor's own event, which says so far who asks and from where.
    #[must_use]
    pub fn told_in(&self, blank: Event) -> Event {
        let asked = match (&self.by, self.bulk, &self.citizen) {
            (Some(by), bulk, _) => format!("by: {by}{}", if bulk { "; bulk" } else { "" }),
            (None, true, _) => "bulk".to_owned(),
            (None, false, Some(_)) => "citizen".to_owned(),
            (None, false, None) => "days".to_owned(),
        };
        let mut event = blank.asking(&asked);
        event.citizens.extend(self.citizen.clone());
        event
    }

    /// Every event that was asked for but the auditor's `own`, oldest first, one at a time.
    ///
    /// # Errors
    /// As [`events`].
    pub fn looks(
        &self,
        data_folder: &Path,
        own: RecordId,
    ) -> impl Iterator<Item = Result<Event, AccessError>> {
        let reading = Reading {
            from: self.from,
            to: self.to,
            citizen: self.citizen.clone(),
        };
        events(data_folder, reading).filter(move |event| match event {
            Ok(event) => event.event != own && self.is_by(event),
            Err(_) => true,
        })
    }

    /// Who looked at more than `limit` persons within an hour; without days, in the last month before `now`. `flaw` is
    /// told what of the log cannot be read or is not as it was written.
    pub fn in_bulk(
        &self,
        data_folder: &Path,
        (limit, now): (u32, Timestamp),
        mut flaw: impl FnMut(&AccessError),
    ) -> InBulk {
        let reading = Reading {
            from: self.from.or_else(|| month_before(now)),
            to: self.to,
            citizen: None,
        };
        let mut alarms = Alarms::new(limit);
        let mut read = 0;
        for event in events(data_folder, reading) {
            match event {
                Err(error) => flaw(&error),
                Ok(event) if self.is_by(&event) => {
                    read += 1;
                    alarms.add(&event);
                }
                Ok(_) => {}
            }
        }
        InBulk {
            alarms: alarms.end(),
            events: read,
        }
    }

    fn is_by(&self, event: &Event) -> bool {
        let by = self.by.as_ref();
        by.is_none_or(|name| event.by == *name || event.account() == name)
    }
}

fn month_before(now: Timestamp) -> Option<Date> {
    let span = SignedDuration::from_hours(24 * BULK_DAYS);
    let then = vietnam_time(now.checked_sub(span).ok()?);
    then.get(..10)?.parse().ok()
}
