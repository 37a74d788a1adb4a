//! Keys that are away, such as that of a token which was pulled out: one thread asks for each, at growing pauses, and
//! whoever wants to sign with it learns from here that there is no point in trying.
//!
//! What asking means is the caller's: a rejected PIN is an answer, and ends the asking.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use super::locked;

/// First and longest pause between two questions.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What was heard of a key that is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing yet.
    Away,
    /// It is back, or says why it does not sign.
    Back,
    /// Nobody wants to know any more.
    Unwanted,
}

#[derive(Debug, Default)]
struct State {
    away: BTreeSet<String>,
    readied: BTreeMap<String, u64>,
}

/// Which keys are away, and how often each became ready.
#[derive(Debug, Default)]
pub(super) struct Readiness(Arc<Mutex<State>>);

impl Readiness {
    /// How often the key of this name became ready so far.
    pub(super) fn count(&self, name: &str) -> u64 {
        let state = locked(&self.0);
        state.readied.get(name).copied().unwrap_or_default()
    }

    /// It is ready now.
    pub(super) fn note(&self, name: &str) {
        locked(&self.0).ready(name);
    }

    /// Whether it is away.
    pub(super) fn is_away(&self, name: &str) -> bool {
        locked(&self.0).away.contains(name)
    }

    /// It is away: `ask` is called until something is heard of it, unless it is already.
    pub(super) fn watch(&self, name: &str, ask: impl Fn() -> Heard + Send + 'static) {
        if !locked(&self.0).away.insert(name.to_owned()) {
            return;
        }
        tracing::warn!(key = name, "the key is away; what it signs waits for it");
        let (state, key) = (Arc::downgrade(&self.0), name.to_owned());
        let asking = thread::Builder::new().name("key-away".to_owned());
        if asking.spawn(move || wait_for(&state, &key, ask)).is_err() {
            // Then each who wants to sign tries by himself.
            locked(&self.0).away.remove(name);
        }
    }
}

impl State {
    fn ready(&mut self, name: &str) {
        self.away.remove(name);
        *self.readied.entry(name.to_owned()).or_default() += 1;
    }
}

/// Ends with the key's return, or with those who wait for it.
fn wait_for(state: &Weak<Mutex<State>>, name: &str, ask: impl Fn() -> Heard) {
    let mut pause = PAUSES.0;
    while state.strong_count() > 0 {
        thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
        let heard = ask();
        if heard != Heard::Away {
            tracing::info!(key = name, ?heard, "the key is asked for no longer");
            if let Some(state) = state.upgrade() {
                locked(&state).ready(name);
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;

    fn until(condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < deadline, "it never came");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn one_asks_at_growing_pauses_and_all_hear_of_the_return() {
        let readiness = Readiness::default();
        let asked = Arc::new(AtomicU32::new(0));
        let began = Instant::now();
        for _ in 0..400 {
            let asked = Arc::clone(&asked);
            readiness.watch("officer", move || {
                match asked.fetch_add(1, Ordering::Relaxed) {
                    0..3 => Heard::Away,
                    _ => Heard::Back,
                }
            });
            assert!(readiness.is_away("officer") && !readiness.is_away("organisation"));
        }
        until(|| !readiness.is_away("officer"));
        assert_eq!(asked.load(Ordering::Relaxed), 4, "400 waited, one asked");
        assert!(began.elapsed() >= PAUSES.0 * (1 + 2 + 4 + 8));
        assert_eq!(
            (readiness.count("officer"), readiness.count("organisation")),
            (1, 0)
        );
    }

    #[test]
    fn nobody_asks_for_those_who_are_gone() {
        let readiness = Readiness::default();
        let asked = Arc::new(());
        let held = Arc::clone(&asked);
        readiness.watch("officer", move || {
            let _held = &held;
            Heard::Away
        });
        assert_eq!(Arc::strong_count(&asked), 2);
        drop(readiness);
        until(|| Arc::strong_count(&asked) == 1);
    }
}
