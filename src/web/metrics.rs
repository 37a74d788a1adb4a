//! Counts since the start, for Prometheus (text format 0.0.4). Numbers only: no account, no address, no person.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// Answers by the first digit of their status, 1 to 5.
    answers: [AtomicU64; 5],
    pub(super) connections: Counter,
    pub(super) connections_refused: Counter,
    pub(super) tls_failed: Counter,
    pub(super) signed_in: Counter,
    pub(super) sign_in_refused: Counter,
    pub(super) forged: Counter,
    pub(super) forbidden: Counter,
    pub(super) look_ups: Counter,
    pub(super) drops: Counter,
    pub(super) looks_noted: Counter,
    pub(super) looks_not_noted: Counter,
    pub(super) panics: Counter,
}

/// What is so now; `None` where that is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gauges {
    /// Sessions that are open.
    pub(super) sessions: usize,
    /// Jobs in the work folder.
    pub(super) jobs: Option<usize>,
    /// When the last nightly run came to its end, seconds since 1970, and whether it found everything well.
    pub(super) night: Option<(i64, bool)>,
    /// Alarms that nobody took away.
    pub(super) alarms: usize,
}

impl Gauges {
    fn lines(self) -> [(&'static str, &'static str, Option<u64>); 5] {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let ended = self.night.and_then(|(at, _)| u64::try_from(at).ok());
        [
            ("sessions", "Sessions open now.", Some(count(self.sessions))),
            (
                "jobs",
                "Claimed batches that are not archived yet.",
                self.jobs.map(count),
            ),
            (
                "nightly_end_seconds",
                "When the last nightly run came to its end, since 1970.",
                ended,
            ),
            (
                "nightly_ok",
                "Whether the last nightly run found everything well.",
                self.night.map(|(_, is_ok)| is_ok.into()),
            ),
            (
                "alarms",
                "Alarms that nobody took away.",
                Some(count(self.alarms)),
            ),
        ]
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// An answer with this status was given.
    pub(super) fn answered(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(count) = self.answers.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The page.
    pub(super) fn text(&self, now: Gauges) -> String {
        let mut page = Page::default();
        page.family("answers_total", "counter", "Answers given.");
        for (class, count) in (1..).zip(&self.answers) {
            let labels = format!("{{class=\"{class}xx\"}}");
            page.value("answers_total", &labels, count.load(Ordering::Relaxed));
        }
        for (name, help, counter) in self.counters() {
            page.family(name, "counter", help);
            page.value(name, "", counter.read());
        }
        for (name, help, number) in now.lines() {
            let Some(number) = number else { continue };
            page.family(name, "gauge", help);
            page.value(name, "", number);
        }
        page.0
    }

    fn counters(&self) -> [(&'static str, &'static str, &Counter); 12] {
        [
            ("connections_total", "Connections taken.", &self.connections),
            (
                "connections_refused_total",
                "Connections refused: one address had too many.",
                &self.connections_refused,
            ),
            (
                "tls_failed_total",
                "TLS handshakes that failed.",
                &self.tls_failed,
            ),
            ("signed_in_total", "Sign-ins.", &self.signed_in),
            (
                "sign_in_refused_total",
                "Sign-ins refused: wrong, or too soon.",
                &self.sign_in_refused,
            ),
            (
                "forged_total",
                "Forms refused: not from our own pages.",
                &self.forged,
            ),
            (
                "forbidden_total",
                "Requests refused: the role is missing.",
                &self.forbidden,
            ),
            ("look_ups_total", "Look-ups begun.", &self.look_ups),
            (
                "drops_total",
                "Scans taken in by the interface.",
                &self.drops,
            ),
            (
                "looks_noted_total",
                "Looks at papers kept as events.",
                &self.looks_noted,
            ),
            (
                "looks_not_noted_total",
                "Looks refused: the event could not be kept.",
                &self.looks_not_noted,
            ),
            ("panics_total", "Bugs that ended a request.", &self.panics),
        ]
    }
}

/// The text as it grows. Writing to a string cannot fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.0,
            "# HELP sohoa_web_{name} {help}\n# TYPE sohoa_web_{name} {kind}"
        );
    }

    fn value(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "sohoa_web_{name}{labels} {value}");
    }
}
