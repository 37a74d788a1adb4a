//! Which night it is, and how much of the archive is due in it. Numbers only: nothing is read.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::config::NightlyConfig;
use crate::record::vietnam_clock;

/// The hours in which a run may go on, in Vietnam's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    from: Time,
    to: Time,
}

impl Window {
    pub(super) fn of(config: &NightlyConfig) -> Self {
        Self {
            from: config.from,
            to: config.to,
        }
    }

    /// The night that this is in, named by the day on which it began; `None` by day. Equal hours are the whole day.
    pub(super) fn night_at(self, now: Timestamp) -> Option<Date> {
        let now = vietnam_clock(now);
        let (date, time) = (now.date(), now.time());
        let is_late = time >= self.from;
        let is_early = time < self.to;
        match (self.from < self.to, is_late, is_early) {
            (true, true, true) | (false, true, _) => Some(date),
            (false, false, true) => date.yesterday().ok(),
            _ => None,
        }
    }
}

/// How many slices are due: one a night since the last that came to its end, and never more than there are.
pub(super) fn slices_due(last: Option<Date>, night: Date, nights: u32) -> u32 {
    let Some(last) = last else { return 1 };
    let days = last.until(night).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0).min(nights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn night(from: (i8, i8), to: (i8, i8), now: &str) -> Option<Date> {
        let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
        let window = Window {
            from: time(from),
            to: time(to),
        };
        window.night_at(now.parse().expect("a time"))
    }

    #[test]
    fn a_night_has_the_name_of_its_evening() {
        let over_midnight = |now| night((20, 0), (5, 0), now);
        let first = Some(date(2026, 11, 24));
        assert_eq!(over_midnight("2026-11-24T20:00:00+07:00"), first);
        assert_eq!(over_midnight("2026-11-25T04:59:59+07:00"), first);
        assert_eq!(over_midnight("2026-11-25T05:00:00+07:00"), None);
        assert_eq!(over_midnight("2026-11-25T19:59:59+07:00"), None);
        let within_a_day = |now| night((1, 0), (5, 30), now);
        assert_eq!(
            within_a_day("2026-11-24T01:00:00+07:00"),
            Some(date(2026, 11, 24))
        );
        assert_eq!(within_a_day("2026-11-24T00:59:00+07:00"), None);
        assert_eq!(within_a_day("2026-11-24T05:30:00+07:00"), None);
        let always = night((0, 0), (0, 0), "2026-11-24T12:00:00+07:00");
        assert_eq!(always, Some(date(2026, 11, 24)));
    }

    #[test]
    fn missed_nights_are_caught_up() {
        let tonight = date(2026, 11, 24);
        assert_eq!(slices_due(None, tonight, 30), 1);
        assert_eq!(slices_due(Some(date(2026, 11, 23)), tonight, 30), 1);
        assert_eq!(slices_due(Some(date(2026, 11, 20)), tonight, 30), 4);
        assert_eq!(slices_due(Some(date(2026, 1, 1)), tonight, 30), 30);
        assert_eq!(slices_due(Some(tonight), tonight, 30), 0);
        // A clock that went back.
        assert_eq!(slices_due(Some(date(2027, 1, 1)), tonight, 30), 0);
    }
}
