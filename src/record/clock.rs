//! Time, passed in: stages ask a [`Clock`] and never the machine, so that tests choose the hour.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{self, TimeZone};

/// Where a stage gets the time from.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// ISO 8601 to the second in Vietnam's zone, as NĐ 30/2020 asks: `2026-11-23T08:15:30+07:00`.
#[must_use]
pub fn vietnam_time(at: Timestamp) -> String {
    let zone = TimeZone::fixed(tz::offset(7));
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// Day and hour in Vietnam's zone.
#[must_use]
pub fn vietnam_clock(at: Timestamp) -> DateTime {
    at.to_zoned(TimeZone::fixed(tz::offset(7))).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_zone_of_vietnam() {
        let at: Timestamp = "2026-11-23T20:15:30.9Z".parse().expect("timestamp");
        assert_eq!(vietnam_time(at), "2026-11-24T03:15:30+07:00");
    }
}
