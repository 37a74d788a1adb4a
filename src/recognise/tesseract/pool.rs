//! A fixed number of places for workers; a page takes one, and leaves it warm for the next.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::RecogniseError;
use super::protocol::{self, Answer};
use crate::fence::{Fault, Fenced, FencedProgram, instant_after};
use crate::recognise::{GreyPage, Recogniser, Word};

/// Loading library and models takes 0.2 s; on a machine that swaps, more.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// Time on top of the page's deadline: the engine looks at its clock only while it reads words.
const GRACE: Duration = Duration::from_secs(1);
/// A page is given to a second, fresh worker if the first one fails on it.
const ATTEMPTS: u32 = 2;
/// A worker is replaced after so many pages, so that no leak of the library can grow.
const PAGES_A_WORKER: u32 = 500;
/// Address space of a worker, MiB. An A4 page takes 160 at 300 dpi and 240 at 600, the largest 700.
const MEMORY_MIB: u64 = 1024;

/// What can be read with on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// Version of Tesseract, e.g. `5.3.0`.
    pub version: String,
    /// All languages whose models are installed, sorted.
    pub languages: Vec<String>,
}

/// A pool of reading workers. Shared by reference between threads: each call of
/// [`Recogniser::read`] waits for a free worker and then blocks until its page is read.
pub struct Recognisers {
    program: FencedProgram,
    available: Availability,
    places: Mutex<Places>,
    freed: Condvar,
}

struct Places {
    /// Places that are taken by nobody.
    free: usize,
    /// Warm workers that wait for a page, with the pages they have read.
    idle: Vec<(Fenced, u32)>,
}

impl Recognisers {
    /// A pool of at most `places` workers (at least one) that read `languages`, the main one first, in
    /// Tesseract's names (`vie`). Starts the first worker; the others start when they are needed.
    ///
    /// # Errors
    /// [`RecogniseError::NotInstalled`], [`RecogniseError::LanguageMissing`], or that no process
    /// could be started: [`RecogniseError::is_pending`] is true for each of them.
    pub fn start(places: usize, languages: &[String]) -> Result<Self, RecogniseError> {
        // Not the program's path: after an update that would be another version.
        Self::with_program(Path::new("/proc/self/exe"), places, languages)
    }

    /// The same with the `sohoa` at another place, for callers that are another program.
    ///
    /// # Errors
    /// As [`Recognisers::start`].
    pub fn with_program(
        sohoa: &Path,
        places: usize,
        languages: &[String],
    ) -> Result<Self, RecogniseError> {
        let mut arguments = vec!["worker".to_owned()];
        arguments.push(format!("--memory-mib={MEMORY_MIB}"));
        arguments.extend(
            languages
                .iter()
                .map(|language| format!("--language={language}")),
        );
        Self::with_worker(sohoa.to_owned(), arguments, places)
    }

    pub(super) fn with_worker(
        program: PathBuf,
        arguments: Vec<String>,
        places: usize,
    ) -> Result<Self, RecogniseError> {
        let program = FencedProgram {
            program,
            arguments: arguments.into_iter().map(Into::into).collect(),
            inherits: &["TESSDATA_PREFIX", "LD_LIBRARY_PATH", "PATH"],
            // Read by the library's thread pool when it is loaded; with more threads a page costs
            // four times the processor time.
            sets: &[("OMP_THREAD_LIMIT", "1")],
        };
        let (worker, available) = spawn(&program)?;
        Ok(Recognisers {
            program,
            available,
            places: Mutex::new(Places {
                free: places.max(1),
                idle: vec![(worker, 0)],
            }),
            freed: Condvar::new(),
        })
    }

    /// What the first worker said of its engine.
    #[must_use]
    pub fn available(&self) -> &Availability {
        &self.available
    }

    /// One attempt with one worker, which is kept only if it did well.
    fn attempt(
        &self,
        place: &mut Place<'_>,
        page: &GreyPage,
        deadline: Duration,
    ) -> Result<Result<Vec<Word>, RecogniseError>, RecogniseError> {
        let (mut worker, pages) = match place.worker.take() {
            Some(warm) => warm,
            None => (spawn(&self.program)?.0, 0),
        };
        let failed = match ask(&mut worker, page, deadline) {
            Ok(Answer::Words(words)) => {
                if pages + 1 < PAGES_A_WORKER {
                    place.worker = Some((worker, pages + 1));
                }
                return Ok(Ok(words));
            }
            Ok(Answer::OutOfTime) => out_of_time(deadline),
            Err(fault) if fault.is_out_of_time() => out_of_time(deadline),
            Ok(Answer::GaveUp) => RecogniseError::GaveUp,
            Ok(
                Answer::Ready { .. } | Answer::NotInstalled { .. } | Answer::LanguageMissing { .. },
            )
            | Err(Fault::Garbled | Fault::OutOfTime | Fault::Machine) => RecogniseError::Garbled,
            Err(Fault::Crashed { signal }) => RecogniseError::Crashed { signal },
        };
        tracing::warn!(cause = %failed, "a reading worker is replaced");
        Ok(Err(failed))
    }

    fn take_place(&self) -> Place<'_> {
        let mut places = self.lock();
        while places.free == 0 {
            places = self
                .freed
                .wait(places)
                .unwrap_or_else(PoisonError::into_inner);
        }
        places.free -= 1;
        Place {
            worker: places.idle.pop(),
            pool: self,
        }
    }

    /// A panic while it was held leaves counters that are still right.
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recogniser for Recognisers {
    fn read(&self, page: &GreyPage, deadline: Duration) -> Result<Vec<Word>, RecogniseError> {
        if !protocol::is_fit(page) {
            return Err(RecogniseError::PageUnfit {
                width: page.width,
                height: page.height,
            });
        }
        let mut place = self.take_place();
        let mut last = RecogniseError::GaveUp;
        for _ in 0..ATTEMPTS {
            match self.attempt(&mut place, page, deadline)? {
                Ok(words) => return Ok(words),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// A place of the pool while a page uses it; given back when dropped.
struct Place<'a> {
    worker: Option<(Fenced, u32)>,
    pool: &'a Recognisers,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.pool.lock();
        places.free += 1;
        places.idle.extend(self.worker.take());
        drop(places);
        self.pool.freed.notify_one();
    }
}

/// Asks about a page and waits for the answer.
fn ask(worker: &mut Fenced, page: &GreyPage, deadline: Duration) -> Result<Answer, Fault> {
    let until = instant_after(deadline.saturating_add(GRACE));
    worker.send(&protocol::question_head(page, deadline), until)?;
    worker.send(&page.samples, until)?;
    next_answer(worker, until)
}

fn next_answer(worker: &mut Fenced, until: Instant) -> Result<Answer, Fault> {
    let body = worker.receive_frame(protocol::ANSWER_BYTES_MAX, until)?;
    protocol::parse_answer(&body).ok_or(Fault::Garbled)
}

/// Starts a worker and hears what it says first.
fn spawn(program: &FencedProgram) -> Result<(Fenced, Availability), RecogniseError> {
    let mut worker =
        Fenced::spawn(program).map_err(|source| RecogniseError::NoWorker { source })?;
    match next_answer(&mut worker, instant_after(START_DEADLINE)) {
        Ok(Answer::Ready { version, languages }) => {
            Ok((worker, Availability { version, languages }))
        }
        Ok(Answer::NotInstalled { detail }) => Err(RecogniseError::NotInstalled { detail }),
        Ok(Answer::LanguageMissing { languages }) => {
            Err(RecogniseError::LanguageMissing { languages })
        }
        Ok(Answer::Words(_) | Answer::OutOfTime | Answer::GaveUp) | Err(Fault::Garbled) => {
            Err(no_worker("not a worker of this program"))
        }
        Err(Fault::OutOfTime) => Err(no_worker("it said nothing")),
        Err(Fault::Machine) => Err(no_worker("the machine failed it")),
        Err(Fault::Crashed { signal }) => {
            Err(no_worker(&format!("it died at once (signal {signal:?})")))
        }
    }
}

fn no_worker(why: &str) -> RecogniseError {
    RecogniseError::NoWorker {
        source: std::io::Error::other(why.to_owned()),
    }
}

fn out_of_time(deadline: Duration) -> RecogniseError {
    RecogniseError::OutOfTime {
        seconds: deadline.as_secs().max(1),
    }
}
