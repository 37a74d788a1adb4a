//! When does a file stand still? Pure: sizes, times and the present moment are passed in.
//!
//! A file is still once its [`FileState`] did not change for the profile's `settle_seconds`. That
//! alone does not make it complete; [`super::complete`] looks at its end. Files that gave trouble
//! (busy, no permission) are left alone for a growing pause.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::complete::Verdict;

/// Most files watched at once; what lies beyond gets its turn when others are gone.
pub const MAX_FILES: usize = 50_000;

const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the file system says of a file; any difference means that somebody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Length.
    pub bytes: u64,
    /// Time of the last write.
    pub modified: Timestamp,
    /// Time of the last change of the inode (seconds, nanoseconds): unlike `modified` no copying
    /// program can set it back.
    pub changed: (i64, i64),
    /// Device and inode.
    pub identity: (u64, u64),
}

/// Whether a file may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stillness {
    /// It changed a moment ago; if nothing more happens it is still at this instant.
    Moving(Instant),
    /// It gave trouble; leave it alone until this instant.
    Paused(Instant),
    /// Unchanged since this instant, for at least the settling time.
    Still(Instant),
}

struct Tracked {
    state: FileState,
    since: Instant,
    sweep: u64,
    troubles: u32,
    paused_until: Option<Instant>,
    verdict: Option<Verdict>,
}

/// Remembers every file of the inbox between two scans.
#[derive(Default)]
pub struct Settle {
    files: HashMap<PathBuf, Tracked>,
    sweep: u64,
}

impl Settle {
    /// Starts a scan: what is not observed until [`Settle::end_sweep`] is gone.
    pub fn begin_sweep(&mut self) {
        self.sweep += 1;
    }

    /// Forgets the files that this scan did not see.
    pub fn end_sweep(&mut self) {
        let sweep = self.sweep;
        self.files.retain(|_, tracked| tracked.sweep == sweep);
    }

    /// Takes note of a file as it is now. `None`: there are [`MAX_FILES`] already.
    pub fn observe(
        &mut self,
        path: &Path,
        state: FileState,
        settle: Duration,
        now: Instant,
    ) -> Option<Stillness> {
        if let Some(tracked) = self.files.get_mut(path) {
            tracked.sweep = self.sweep;
            if tracked.state != state {
                tracked.state = state;
                tracked.since = now;
                tracked.verdict = None;
            }
            return Some(tracked.stillness(settle, now));
        }
        if self.files.len() >= MAX_FILES {
            return None;
        }
        let tracked = Tracked {
            state,
            since: now,
            sweep: self.sweep,
            troubles: 0,
            paused_until: None,
            verdict: None,
        };
        let stillness = tracked.stillness(settle, now);
        self.files.insert(path.to_owned(), tracked);
        Some(stillness)
    }

    /// The file was busy or not readable: pause 1, 2, 4 … 60 s. Gives the end of the pause and how
    /// many there were since the file could last be read.
    pub fn trouble(&mut self, path: &Path, now: Instant) -> Option<(Instant, u32)> {
        let tracked = self.files.get_mut(path)?;
        let pause = Duration::from_secs(1 << tracked.troubles.min(6)).min(LONGEST_PAUSE);
        tracked.troubles += 1;
        let until = now + pause;
        tracked.paused_until = Some(until);
        Some((until, tracked.troubles))
    }

    /// Whether the file gave trouble and was not read since.
    #[must_use]
    pub fn is_troubled(&self, path: &Path) -> bool {
        self.files
            .get(path)
            .is_some_and(|tracked| tracked.troubles > 0)
    }

    /// What [`super::complete`] said of the file in its present state, if it was asked.
    #[must_use]
    pub fn verdict(&self, path: &Path) -> Option<&Verdict> {
        self.files.get(path)?.verdict.as_ref()
    }

    /// Keeps a verdict until the file changes, so that a waiting file is read once, not every second.
    pub fn remember(&mut self, path: &Path, verdict: Verdict) {
        if let Some(tracked) = self.files.get_mut(path) {
            tracked.verdict = Some(verdict);
            tracked.troubles = 0;
            tracked.paused_until = None;
        }
    }
}

impl Tracked {
    fn stillness(&self, settle: Duration, now: Instant) -> Stillness {
        match self.paused_until {
            Some(until) if now < until => return Stillness::Paused(until),
            _ => {}
        }
        let still_at = self.since + settle;
        if now < still_at {
            Stillness::Moving(still_at)
        } else {
            Stillness::Still(self.since)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(2);

    fn state(bytes: u64) -> FileState {
        FileState {
            bytes,
            modified: Timestamp::UNIX_EPOCH,
            changed: (0, 0),
            identity: (1, 1),
        }
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_growing_file_is_never_still() {
        let (mut settle, start) = (Settle::default(), Instant::now());
        for second in 0..20 {
            let seen = settle.observe(
                Path::new("a"),
                state(second),
                SETTLE,
                start + seconds(second),
            );
            assert_eq!(
                seen,
                Some(Stillness::Moving(start + seconds(second) + SETTLE))
            );
        }
        let rested = settle.observe(Path::new("a"), state(19), SETTLE, start + seconds(21));
        assert_eq!(rested, Some(Stillness::Still(start + seconds(19))));
    }

    #[test]
    fn a_change_of_the_inode_counts_even_if_size_and_time_were_set_back() {
        let (mut settle, start) = (Settle::default(), Instant::now());
        settle.observe(Path::new("a"), state(5), SETTLE, start);
        let rewritten = FileState {
            changed: (1, 0),
            ..state(5)
        };
        let seen = settle.observe(Path::new("a"), rewritten, SETTLE, start + seconds(3));
        assert_eq!(seen, Some(Stillness::Moving(start + seconds(5))));
    }

    #[test]
    fn trouble_pauses_longer_each_time_up_to_a_minute() {
        let (mut settle, start) = (Settle::default(), Instant::now());
        let path = Path::new("a");
        settle.observe(path, state(5), SETTLE, start);
        let pauses: Vec<u64> = (0..9)
            .filter_map(|_| settle.trouble(path, start))
            .map(|(until, _)| (until - start).as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let seen = settle.observe(path, state(5), SETTLE, start + seconds(59));
        assert_eq!(seen, Some(Stillness::Paused(start + seconds(60))));
        let seen = settle.observe(path, state(5), SETTLE, start + seconds(60));
        assert_eq!(seen, Some(Stillness::Still(start)));
    }

    #[test]
    fn a_verdict_holds_until_the_file_changes_and_a_vanished_file_is_forgotten() {
        let (mut settle, start) = (Settle::default(), Instant::now());
        let path = Path::new("a");
        settle.begin_sweep();
        settle.observe(path, state(5), SETTLE, start);
        settle.remember(path, Verdict::Complete);
        assert_eq!(settle.verdict(path), Some(&Verdict::Complete));
        settle.observe(path, state(6), SETTLE, start);
        assert_eq!(settle.verdict(path), None);
        settle.end_sweep();
        assert_eq!(settle.files.len(), 1);
        settle.begin_sweep();
        settle.end_sweep();
        assert!(settle.files.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let (mut settle, start) = (Settle::default(), Instant::now());
        for number in 0..MAX_FILES {
            let path = PathBuf::from(number.to_string());
            assert!(settle.observe(&path, state(1), SETTLE, start).is_some());
        }
        assert_eq!(
            settle.observe(Path::new("more"), state(1), SETTLE, start),
            None
        );
        assert!(
            settle
                .observe(Path::new("7"), state(1), SETTLE, start)
                .is_some()
        );
    }
}
