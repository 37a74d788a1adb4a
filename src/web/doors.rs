//! Who may try to sign in now: after wrong passwords an account and an address wait, each time longer.
//!
//! In memory: a restart forgets it, and costs an attacker more than it gives. The account's pause is short enough that
//! nobody is locked out for a day by somebody else's typing.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Wrong passwords of an account before it waits.
const FREE_FOR_ACCOUNT: u32 = 3;
/// Of an address: officers may share one behind a proxy.
const FREE_FOR_ADDRESS: u32 = 12;
/// The first pause; each further wrong password doubles it.
const PAUSE_SECONDS: i64 = 5;
const PAUSE_SECONDS_MAX: i64 = 15 * 60;
/// After so long without a wrong password nothing is held against anybody.
const FORGIVEN_AFTER: SignedDuration = SignedDuration::from_hours(12);
/// Names and addresses remembered; the one that may try again soonest is forgotten first.
const REMEMBERED_MAX: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
    until: Timestamp,
}

/// What is remembered of wrong passwords.
#[derive(Debug, Default)]
pub(super) struct Doors {
    failures: Mutex<BTreeMap<Who, Failures>>,
}

impl Doors {
    /// How long this account, from this address, must wait; `None` where it may try.
    pub(super) fn pause(
        &self,
        account: &str,
        from: IpAddr,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let until = both(account, from)
            .iter()
            .filter_map(|(who, _)| failures.get(who).map(|it| it.until))
            .max()?;
        let left = until.duration_since(now);
        left.is_positive().then_some(left)
    }

    /// A wrong password.
    pub(super) fn failed(&self, account: &str, from: IpAddr, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (who, free) in both(account, from) {
            let before = failures.get(&who).copied();
            let before = before.filter(|it| now.duration_since(it.last) < FORGIVEN_AFTER);
            let count = before.map_or(0, |it| it.count).saturating_add(1);
            let pause = match count.checked_sub(free) {
                None => 0,
                Some(beyond) => (PAUSE_SECONDS << beyond.min(16)).min(PAUSE_SECONDS_MAX),
            };
            let until = now
                .checked_add(SignedDuration::from_secs(pause))
                .unwrap_or(Timestamp::MAX);
            failures.insert(
                who,
                Failures {
                    count,
                    last: now,
                    until,
                },
            );
        }
        while failures.len() > REMEMBERED_MAX {
            let soonest = failures.iter().min_by_key(|(_, it)| (it.until, it.last));
            let Some(who) = soonest.map(|(who, _)| who.clone()) else {
                return;
            };
            failures.remove(&who);
        }
    }

    /// The right password: the account's failures are forgotten; the address's are not, since it may try other accounts.
    pub(super) fn opened(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Who::Account(account.to_owned()));
    }
}

fn both(account: &str, from: IpAddr) -> [(Who, u32); 2] {
    [
        (Who::Account(account.to_owned()), FREE_FOR_ACCOUNT),
        (Who::Address(from), FREE_FOR_ADDRESS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a time")
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn an_account_waits_longer_each_time_and_the_right_password_ends_it() {
        let doors = Doors::default();
        doors.failed("lan", HERE, at(0));
        doors.failed("lan", HERE, at(1));
        assert_eq!(doors.pause("lan", HERE, at(1)), None);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            doors.failed("lan", THERE, at(2));
            pauses.push(doors.pause("lan", THERE, at(2)).expect("waits").as_secs());
        }
        assert_eq!(&pauses[..4], [5, 10, 20, 40]);
        assert_eq!(pauses.last(), Some(&PAUSE_SECONDS_MAX));
        assert!(doors.pause("lan", HERE, at(3)).is_some(), "from anywhere");
        assert_eq!(doors.pause("lan", HERE, at(2 + PAUSE_SECONDS_MAX)), None);
        doors.opened("lan");
        assert_eq!(doors.pause("lan", HERE, at(3)), None);
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let doors = Doors::default();
        for number in 0..FREE_FOR_ADDRESS {
            doors.failed(&format!("name-{number}"), HERE, at(0));
        }
        assert!(doors.pause("another", HERE, at(0)).is_some());
        assert_eq!(doors.pause("another", THERE, at(0)), None);
        let later = at(FORGIVEN_AFTER.as_secs() + 1);
        doors.failed("another", HERE, later);
        assert_eq!(doors.pause("another", HERE, later), None, "forgiven");
    }

    #[test]
    fn memory_is_bounded() {
        let doors = Doors::default();
        for number in 0..REMEMBERED_MAX + 100 {
            doors.failed(&format!("name-{number}"), HERE, at(0));
        }
        assert_eq!(doors.failures.lock().expect("whole").len(), REMEMBERED_MAX);
    }
}
