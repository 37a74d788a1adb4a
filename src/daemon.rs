//! The daemon: watches the inbox, claims what is ready, hands jobs to the workers, tries again what waits.
//!
//! One task looks and claims, a fixed number of threads travel; between them a short queue, so that a
//! backlog stays in the inbox and not in memory. No input ends the loop. What a stopped or killed
//! daemon leaves in `work/` is taken up by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::answer::{Answer, Outcome};
use crate::capture::{self, CaptureError, Job, Order, Recovered, Scanner, Watcher};
use crate::config::Config;
use crate::decide;
use crate::error::Error;
use crate::journal::DaemonLock;
use crate::nightly;
use crate::pipeline::Pipeline;
use crate::preservation::{DueDates, Preserved};
use crate::random;
use crate::record::{Clock, Explain, RecordId};
use crate::replica;
use crate::session::line::Line;
use crate::session::{Ending, Sessions};
use crate::supervisor::Supervisor;
use crate::web;
use crate::worklist::{self, Orders};

/// Jobs claimed but not yet begun, for each worker: enough that none idles, few enough that a second
/// station's scan need not wait for a backlog of the first.
const QUEUED_PER_WORKER: usize = 2;
/// First and longest pause before a waiting job is tried again.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// Pause before a document that waits for a person is looked at again although nobody decided anything.
const PERSON_PAUSE: Duration = Duration::from_secs(3600);
/// How often `work/` is searched for jobs that another process left behind.
const ORPHAN_SEARCH: Duration = Duration::from_secs(30);
/// How often somebody may knock for a signing session, and how soon an end is noticed.
const LINE_PAUSE: Duration = Duration::from_millis(200);
/// How soon after the start, and how often, archived signatures are looked through.
const PRESERVE_FIRST: Duration = Duration::from_mins(2);
const PRESERVE_EVERY: Duration = Duration::from_hours(1);

/// How soon after the start the ledger is signed, and how soon again what a checkpoint lacks is asked for.
const SIGN_OFF_FIRST: Duration = Duration::from_mins(1);
const SIGN_OFF_AGAIN: Duration = Duration::from_mins(15);

/// Runs until `shutdown` resolves; with `once`, until the inbox is empty and nothing is worked on.
///
/// # Errors
/// Another daemon has the data folder, or archive, index or key do not open.
pub fn run(
    config: &Config,
    clock: &dyn Clock,
    once: bool,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let _lock = DaemonLock::take(
        &config.folders.work,
        &[&config.folders.inbox, &config.folders.archive],
    )?;
    let pipeline = Pipeline::open(config, clock)?;
    if let Err(error) = pipeline.discard_abandoned() {
        tracing::warn!(code = error.code(), cause = %error, "what a dead process staged is still there");
    }
    if let Err(error) = pipeline.finish_revisions() {
        tracing::warn!(code = error.code(), cause = %error, "a revision is not finished yet");
    }
    let entered = pipeline.ledger.settle_all(&pipeline.archive);
    let entered = entered.unwrap_or_else(|error| {
        tracing::error!(code = error.code(), cause = %error, "documents wait: the ledger is not in order");
        Vec::new()
    });
    index_what_is_archived(config, &pipeline, entered)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| crate::error::JourneyError::Io {
            path: "tokio".into(),
            source,
        })?;
    let (jobs, job_queue) = sync_channel(config.workers * QUEUED_PER_WORKER);
    let (answered, answers) = unbounded_channel();
    let (decided, decisions) = unbounded_channel();
    let (orders, ordered) = Orders::line();
    let job_queue = Mutex::new(job_queue);
    let stopping = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..config.workers {
            let answered = answered.clone();
            scope.spawn(|| work(&pipeline, &job_queue, answered));
        }
        drop(answered);
        let desk = Desk::new(config, clock, jobs, &pipeline.signing.sessions);
        if !once {
            scope.spawn(|| attend_line(&pipeline, &stopping));
            scope.spawn(|| preserve_now_and_then(&pipeline, &stopping));
            scope.spawn(|| sign_off_now_and_then(&pipeline, &stopping));
            scope.spawn(|| web::attend(config, &orders, &stopping));
            scope.spawn(|| replica::attend(config, &stopping));
            scope.spawn(|| nightly::attend(config, &stopping));
            let (pipeline, stopping) = (&pipeline, &stopping);
            scope.spawn(move || decide::attend(pipeline, &ordered, &decided, stopping));
        }
        tracing::info!(workers = config.workers, "watching the inbox");
        runtime.block_on(desk.attend(once, shutdown, answers, decisions));
        stopping.store(true, Ordering::Relaxed);
        // The desk's end closes the queue; the workers finish what is in it and end.
    });
    pipeline
        .signing
        .sessions
        .close(None, Ending::Stopped, clock.now());
    sign_off(&pipeline);
    tracing::info!("stopped");
    Ok(())
}

/// Records with jobs, and those that were just entered in the ledger, are in the archive but perhaps not in the index:
/// before anything new is looked at.
fn index_what_is_archived(
    config: &Config,
    pipeline: &Pipeline<'_>,
    entered: Vec<RecordId>,
) -> Result<(), Error> {
    let jobs = capture::jobs(&config.folders.work)?;
    for record in jobs.iter().filter_map(|job| record_of(job)).chain(entered) {
        match pipeline.index_if_archived(record) {
            // The record waits for the ledger, the daemon does not.
            Err(Error::Ledger(error)) => {
                tracing::error!(%record, code = error.code(), "a record waits for its entry");
            }
            other => drop(other?),
        }
    }
    Ok(())
}

/// Whose job a folder is.
fn record_of(folder: &Path) -> Option<RecordId> {
    folder.file_name()?.to_str()?.parse().ok()
}

fn work(pipeline: &Pipeline<'_>, queue: &Mutex<Receiver<Job>>, answered: UnboundedSender<Answer>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        let record = job.record;
        let travelled =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pipeline.process(job)));
        let answer = travelled.unwrap_or_else(|_| {
            tracing::error!(%record, "a bug stopped this journey; the document waits");
            Answer::stopped_by_a_bug(record)
        });
        if answered.send(answer).is_err() {
            return;
        }
    }
}

/// Answers those who open, close or ask for a signing session.
fn attend_line(pipeline: &Pipeline<'_>, stopping: &AtomicBool) {
    let work = &pipeline.config.folders.work;
    let line = match Line::open(work) {
        Ok(line) => line,
        Err(error) => {
            tracing::error!(cause = %error, "no signing session can be opened");
            return;
        }
    };
    while !stopping.load(Ordering::Relaxed) {
        line.answer(|request| {
            let jobs = capture::jobs(work).unwrap_or_default();
            let waiting = jobs.iter().filter_map(|job| record_of(job)).collect();
            pipeline
                .signing
                .answer(request, pipeline.clock.now(), &waiting)
        });
        std::thread::sleep(LINE_PAUSE);
    }
}

/// Lifts what is due, once an hour, one after another, so that scans have the machine: an outage of the timestamp
/// service is over at some time.
fn preserve_now_and_then(pipeline: &Pipeline<'_>, stopping: &AtomicBool) {
    let mut due = DueDates::default();
    let mut next = Instant::now() + PRESERVE_FIRST;
    while !stopping.load(Ordering::Relaxed) {
        if Instant::now() >= next {
            let go_on = || !stopping.load(Ordering::Relaxed);
            if let Err(error) = pipeline.preserve_due_by(&mut due, 1, &go_on, &mut log_preserved) {
                tracing::error!(code = error.code(), cause = %error, "the archive was not looked through");
            }
            next = Instant::now() + PRESERVE_EVERY;
        }
        std::thread::sleep(LINE_PAUSE);
    }
}

/// Signs the ledger as often as the configuration says; asks again for what a checkpoint lacks.
fn sign_off_now_and_then(pipeline: &Pipeline<'_>, stopping: &AtomicBool) {
    let every = pipeline.config.ledger.checkpoint_every;
    let mut next = Instant::now() + SIGN_OFF_FIRST;
    while !stopping.load(Ordering::Relaxed) {
        if Instant::now() >= next {
            let pause = if sign_off(pipeline) {
                every
            } else {
                SIGN_OFF_AGAIN
            };
            next = Instant::now() + pause.min(every);
        }
        std::thread::sleep(LINE_PAUSE);
    }
}

/// Signs the ledger; whether nothing has to be tried again.
fn sign_off(pipeline: &Pipeline<'_>) -> bool {
    match pipeline.sign_off() {
        Ok(signed) => signed.is_none_or(|signed| signed.is_complete()),
        Err(error) => {
            tracing::error!(code = error.code(), cause = %error, "the ledger is not signed");
            false
        }
    }
}

fn log_preserved(record: RecordId, preserved: Result<Preserved, Error>) {
    match preserved {
        Ok(preserved) => {
            let (before, after) = (preserved.before, preserved.proof.level);
            if let Some(short) = &preserved.short {
                tracing::warn!(%record, %before, %after, code = short.code(), "not lifted as far as it should");
            } else {
                tracing::info!(%record, %before, %after, "kept provable");
            }
        }
        Err(error) => tracing::error!(%record, code = error.code(), "not kept provable"),
    }
}

/// A job that is tried again.
struct Waiting {
    tries: u32,
    next: Instant,
    /// For a signing session or a token: of which key, and how often it had become ready when it began to wait.
    for_key: Option<(String, u64)>,
    /// For a person, who may decide before that.
    for_person: bool,
}

/// The one task that looks, claims and hands out.
struct Desk<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    sessions: &'a Sessions,
    scanner: Scanner,
    jobs: SyncSender<Job>,
    in_work: usize,
    waiting: BTreeMap<RecordId, Waiting>,
    next_orphan_search: Instant,
}

impl<'a> Desk<'a> {
    fn new(
        config: &'a Config,
        clock: &'a dyn Clock,
        jobs: SyncSender<Job>,
        sessions: &'a Sessions,
    ) -> Self {
        let profiles = config.clone();
        let scanner = Scanner::new(config.folders.inbox.clone(), move |station| {
            profiles.profile_of(station).clone()
        });
        Self {
            config,
            clock,
            sessions,
            scanner,
            jobs,
            in_work: 0,
            waiting: BTreeMap::new(),
            next_orphan_search: Instant::now(),
        }
    }

    async fn attend(
        mut self,
        once: bool,
        shutdown: impl Future<Output = ()>,
        mut answers: UnboundedReceiver<Answer>,
        mut decisions: UnboundedReceiver<Vec<RecordId>>,
    ) {
        let watcher = Watcher::start(&self.config.folders.inbox);
        self.scanner.heed(watcher.writers());
        let mut supervisor = Supervisor::from_environment();
        supervisor.ready();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            while let Ok(answer) = answers.try_recv() {
                self.note(&answer);
            }
            self.take_up_orphans();
            let (idle, next_look) = self.look();
            supervisor.alive(Instant::now());
            if once && idle && self.in_work == 0 {
                return;
            }
            tokio::select! {
                () = &mut shutdown => return supervisor.stopping(),
                () = tokio::time::sleep(supervisor.at_most(next_look)) => {}
                () = watcher.changed() => {}
                Some(answer) = answers.recv() => self.note(&answer),
                Some(records) = decisions.recv() => self.go_on_with(&records),
            }
        }
    }

    /// Claims what is ready, as far as the queue has room. Returns whether the inbox holds nothing
    /// more to wait for, and how long to sleep.
    fn look(&mut self) -> (bool, Duration) {
        let tick = self.scanner.tick(Instant::now(), self.room());
        for refusal in &tick.refusals {
            tracing::warn!(
                code = refusal.reason.code(),
                station = refusal.station.as_ref().map(|name| name.as_str()),
                "left in the inbox"
            );
        }
        let idle = tick.ready_groups.is_empty() && !tick.has_more && tick.next_wake.is_none();
        for group in tick.ready_groups {
            let now = self.clock.now();
            let order = Order {
                inbox: &self.config.folders.inbox,
                work: &self.config.folders.work,
                record: random::record_id(now),
                profile: &self.config.profile_of(&group.station).name,
                claimed: now,
            };
            match capture::claim(&group, &order) {
                Ok(job) => self.hand_out(job),
                Err(error) => {
                    tracing::warn!(code = error.code(), "not claimed yet");
                    self.scanner.put_off(&group, Instant::now());
                }
            }
        }
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let pause = tick.next_wake.map_or(self.config.poll_interval, |at| {
            until(at).min(self.config.poll_interval)
        });
        (idle, pause.max(Duration::from_millis(10)))
    }

    fn room(&self) -> usize {
        (self.config.workers * (1 + QUEUED_PER_WORKER)).saturating_sub(self.in_work)
    }

    fn has_room(&self) -> bool {
        self.room() > 0
    }

    fn hand_out(&mut self, job: Job) {
        tracing::info!(record = %job.record, station = %job.station, files = job.files.len(), "claimed");
        // Cannot block or fail: `has_room` bounds the queue, and the workers outlive the desk.
        if self.jobs.send(job).is_ok() {
            self.in_work += 1;
        }
    }

    /// Somebody decided about these: they wait no longer.
    fn go_on_with(&mut self, records: &[RecordId]) {
        self.waiting.retain(|record, _| !records.contains(record));
        self.next_orphan_search = Instant::now();
    }

    /// What a batch was divided into is unlocked with the answer, and taken up by the next search.
    fn note(&mut self, answer: &Answer) {
        self.in_work -= 1;
        let (record, seconds) = (answer.record, format!("{:.3}", answer.seconds));
        match &answer.outcome {
            Outcome::Archived(_) => {
                tracing::info!(%record, pages = answer.pages_in, seconds, "archived")
            }
            Outcome::Duplicate(held) => tracing::info!(%record, %held, "already held"),
            Outcome::Divided(into) => {
                tracing::info!(%record, documents = into.len(), "divided");
                self.next_orphan_search = Instant::now();
            }
            Outcome::GivenBack => tracing::info!(%record, "still being written; given back"),
            Outcome::Quarantined(error) => tracing::warn!(%record, code = error.code(), "refused"),
            Outcome::Waiting(_) | Outcome::StoppedByABug => {
                if let Outcome::Waiting(error) = &answer.outcome {
                    tracing::warn!(%record, code = error.code(), cause = %error, "waiting");
                }
                let needs_person = answer.needs_person();
                let tries = self.waiting.get(&record).map_or(0, |waiting| waiting.tries);
                let key = answer.needs_session().or(answer.needs_token());
                let for_key = key.map(|key| (key.to_owned(), self.sessions.opened(key)));
                // What became ready since the journey looked is no news any more.
                let is_closed = |key| self.sessions.key(key, self.clock.now()).is_none();
                let needs_key = answer.needs_session().is_some_and(is_closed)
                    || answer
                        .needs_token()
                        .is_some_and(|key| self.sessions.is_away(key));
                let pause = if needs_person || needs_key {
                    PERSON_PAUSE
                } else {
                    RETRY_PAUSES
                        .0
                        .saturating_mul(1 << tries.min(16))
                        .min(RETRY_PAUSES.1)
                };
                self.waiting.insert(
                    record,
                    Waiting {
                        tries: tries + 1,
                        next: Instant::now() + pause,
                        for_key,
                        for_person: needs_person,
                    },
                );
                return;
            }
        }
        self.waiting.remove(&record);
    }

    /// Jobs in `work/` that nobody works on: those that wait, when their time has come, and what a
    /// crashed process left, this daemon's predecessor or an `ingest`.
    fn take_up_orphans(&mut self) {
        let now = Instant::now();
        let sessions = self.sessions;
        let has_key = |waiting: &Waiting| {
            let awaited = waiting.for_key.as_ref();
            awaited.is_some_and(|(key, before)| *before != sessions.opened(key))
        };
        let is_due = |waiting: &Waiting| waiting.next <= now || has_key(waiting);
        let due = self.waiting.values().any(is_due);
        if !due && now < self.next_orphan_search {
            return;
        }
        self.next_orphan_search = now + ORPHAN_SEARCH;
        let folders = capture::jobs(&self.config.folders.work).unwrap_or_else(|error| {
            tracing::error!(code = error.code(), "the work folder cannot be read");
            Vec::new()
        });
        let mut still_there = BTreeSet::new();
        for folder in folders {
            let Some(record) = record_of(&folder) else {
                continue;
            };
            still_there.insert(record);
            let has_news = || worklist::Desk::of(&folder).has_news();
            let not_yet = self
                .waiting
                .get(&record)
                .is_some_and(|waiting| !(is_due(waiting) || waiting.for_person && has_news()));
            if not_yet {
                continue;
            }
            if !self.has_room() {
                // Not in half a minute, but as soon as a worker is free.
                self.next_orphan_search = now;
                continue;
            }
            match capture::recover(&folder, &self.config.folders.inbox) {
                Ok(Recovered::Job(job)) => self.hand_out(*job),
                Ok(Recovered::Rearranged(jobs)) => {
                    self.waiting.remove(&record);
                    for job in jobs {
                        // One that finds no room is unlocked again, and found by the next search.
                        if self.has_room() {
                            self.hand_out(job);
                        } else {
                            self.next_orphan_search = now;
                        }
                    }
                }
                Ok(Recovered::GivenBack(_) | Recovered::Nothing)
                | Err(CaptureError::Locked { .. }) => {
                    self.waiting.remove(&record);
                }
                Err(error) => {
                    tracing::error!(%record, code = error.code(), "this job needs a look")
                }
            }
        }
        // Somebody else brought the others to their end.
        self.waiting
            .retain(|record, _| still_there.contains(record));
    }
}
