//! What the commands that look people up share: whose papers, for which day, why, and the event of it.

use std::fs::File;
use std::io::Read;

use jiff::Timestamp;
use jiff::civil::Date;

use super::arguments::Looking;
use super::arguments_reuse::Asking;
use crate::access::{AccessError, AccessLog, Event, EventKind, Person, Purpose};
use crate::config::Config;
use crate::hand_out::day_of;
use crate::random;
use crate::record::{Clock, SystemClock};
use crate::reuse::ReuseError;
use crate::reuse::procedure::vietnam_day;

/// More of a list of logins is not read.
const PASSWD_BYTES_MAX: u64 = 1024 * 1024;

impl Asking {
    /// Why.
    pub(super) fn why(&self) -> Purpose {
        Purpose {
            dossier: self.dossier.clone(),
            text: self.purpose.clone(),
        }
    }

    /// The day whose rules count.
    pub(super) fn day(&self, now: Timestamp) -> Result<Date, ReuseError> {
        match &self.dossier {
            Some(dossier) => day_of(dossier, self.on),
            None => Ok(self.on.unwrap_or_else(|| vietnam_day(now))),
        }
    }
}

/// An event of re-use, of nobody and nothing yet.
pub(super) fn event(what: EventKind, at: Timestamp, (by, purpose): (&str, Purpose)) -> Event {
    Event::new(random::record_id(at), at, what, person(Some(by)), purpose)
}

/// An event of a look at records, of nobody and nothing yet.
pub(super) fn look(what: EventKind, looking: &Looking) -> Event {
    let at = SystemClock.now();
    let purpose = Purpose {
        dossier: None,
        text: looking.purpose.clone(),
    };
    let person = person(looking.by.as_deref());
    Event::new(random::record_id(at), at, what, person, purpose)
}

/// Keeps the event: nothing is shown that is not recorded.
pub(super) fn keep(event: &Event, config: &Config) -> Result<(), AccessError> {
    AccessLog::of(&config.data_folder, config.bulk_per_hour).keep(event)
}

/// Who asks on this machine's command line.
fn person(by: Option<&str>) -> Person {
    let account = account();
    Person {
        by: by.map_or_else(|| account.clone(), str::to_owned),
        account,
        from: format!("cli@{}", machine()),
    }
}

/// The login that this process runs as, by the machine's own list, else its number.
fn account() -> String {
    let number = rustix::process::getuid().as_raw().to_string();
    let list = File::open("/etc/passwd").and_then(|file| {
        let mut text = String::new();
        file.take(PASSWD_BYTES_MAX).read_to_string(&mut text)?;
        Ok(text)
    });
    let list = list.unwrap_or_default();
    let name = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then_some(name)
    });
    name.map_or_else(|| format!("uid {number}"), str::to_owned)
}

/// The machine's name, where it has one.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "?".to_owned(),
        name => name.to_owned(),
    }
}
