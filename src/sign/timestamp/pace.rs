//! How often one service is asked: not more than it allows, and not again at once where it was away.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// A service that gave no answer is left alone so long, so that a queue does not wait for it each time.
const REST: Duration = Duration::from_secs(30);

/// The last minute of one service.
#[derive(Debug)]
pub(super) struct Pace {
    requests_per_minute: usize,
    asked: VecDeque<Instant>,
    resting_until: Option<Instant>,
}

impl Pace {
    pub(super) fn new(requests_per_minute: usize) -> Self {
        Self {
            requests_per_minute: requests_per_minute.max(1),
            asked: VecDeque::new(),
            resting_until: None,
        }
    }

    /// Takes a turn now, or says how long to wait for one.
    pub(super) fn take_turn(&mut self, now: Instant) -> Result<(), Duration> {
        while self.asked.front().is_some_and(|&at| at + MINUTE <= now) {
            self.asked.pop_front();
        }
        let rest = self.resting_until.map(|end| end.duration_since(now));
        let full = self.asked.len() >= self.requests_per_minute;
        let slot = self.asked.front().filter(|_| full);
        let slot = slot.map(|&at| (at + MINUTE).duration_since(now));
        match rest.max(slot) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.asked.push_back(now);
                Ok(())
            }
        }
    }

    /// The service was away.
    pub(super) fn rest(&mut self, now: Instant) {
        self.resting_until = Some(now + REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_requests() {
        let (mut pace, start) = (Pace::new(2), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!(pace.take_turn(start), Ok(()));
        assert_eq!(pace.take_turn(start + second), Ok(()));
        assert_eq!(pace.take_turn(start + 2 * second), Err(58 * second));
        assert_eq!(pace.take_turn(start + 60 * second), Ok(()));
        assert_eq!(pace.take_turn(start + 60 * second), Err(second));
    }

    #[test]
    fn a_service_that_was_away_rests() {
        let (mut pace, start) = (Pace::new(100), Instant::now());
        pace.rest(start);
        assert_eq!(pace.take_turn(start), Err(REST));
        assert_eq!(pace.take_turn(start + REST), Ok(()));
    }
}
