//! The processes that handle one incoming PDF, seen from outside: one to begin with, more where pages are
//! taken at once.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::protocol::{Answer, CopyOrder, JSON_BYTES_MAX, Question};
use super::sanitise::Copied;
use super::way::PdfSummary;
use crate::config::Limits;
use crate::fence::{self, Fault, Fenced, FencedProgram, instant_after};
use crate::pages::Taken;
use crate::pages::error::{PageError, PageFault};

/// On the wall, for one answer; a process that waits for a busy machine is given a little more than it may work.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file that is handled behind the fence.
#[derive(Debug)]
pub(super) struct Client {
    program: FencedProgram,
    limits: Limits,
    summary: PdfSummary,
    /// Processes that wait for a question.
    idle: Mutex<Vec<Fenced>>,
}

impl Client {
    /// Starts a process for the file, and hears which way its pages go.
    pub(super) fn open(sohoa: &Path, path: &Path, limits: &Limits) -> Result<Self, PageError> {
        let program = program(sohoa, path);
        let mut process = spawn(&program)?;
        let question = Question::Open { limits: *limits };
        let summary = match ask(&mut process, &question).map_err(on_file)? {
            Answer::Opened(summary) => summary,
            Answer::NotOpened(error) => return Err(error),
            _ => return Err(on_file(Fault::Garbled)),
        };
        Ok(Self {
            program,
            limits: *limits,
            summary,
            idle: Mutex::new(vec![process]),
        })
    }

    pub(super) fn summary(&self) -> &PdfSummary {
        &self.summary
    }

    pub(super) fn take(&self, page: usize) -> Result<Taken, PageFault> {
        let mut process = self.process()?;
        let answered = (|| match ask(&mut process, &Question::Take { page })? {
            Answer::Taken(mut taken) => {
                let most = u32::try_from(self.limits.page_bytes()).unwrap_or(u32::MAX);
                taken.stream.data = process.receive_frame(most, instant_after(PATIENCE))?;
                Ok(Ok(taken))
            }
            Answer::Fault(fault) => Ok(Err(fault)),
            _ => Err(Fault::Garbled),
        })();
        self.settle(process, answered)
    }

    pub(super) fn copy(&self, order: &CopyOrder) -> Result<Copied, PageFault> {
        let mut process = self.process()?;
        let answered = (|| match ask(&mut process, &Question::Copy(order.clone()))? {
            Answer::Copied(numbers) => {
                let mut objects = Vec::with_capacity(numbers.objects.len());
                let until = instant_after(PATIENCE);
                for number in numbers.objects {
                    objects.push((number, process.receive_frame(u32::MAX, until)?));
                }
                let pages = numbers.pages;
                Ok(Ok(Copied { objects, pages }))
            }
            Answer::Fault(fault) => Ok(Err(fault)),
            _ => Err(Fault::Garbled),
        })();
        self.settle(process, answered)
    }

    /// A process that answered is kept for the next question, one that failed is thrown away.
    fn settle<T>(
        &self,
        process: Fenced,
        answered: Result<Result<T, PageFault>, Fault>,
    ) -> Result<T, PageFault> {
        match answered {
            Ok(answer) => {
                self.lock().push(process);
                answer
            }
            Err(fault) => {
                tracing::warn!(?fault, "a process for an incoming PDF is thrown away");
                Err(on_page(&fault))
            }
        }
    }

    fn process(&self) -> Result<Fenced, PageFault> {
        if let Some(idle) = self.lock().pop() {
            return Ok(idle);
        }
        let mut process = Fenced::spawn(&self.program)?;
        let question = Question::Join {
            limits: self.limits,
            summary: self.summary.clone(),
        };
        match ask(&mut process, &question) {
            Ok(Answer::Opened(_)) => Ok(process),
            Ok(Answer::NotOpened(PageError::Unreadable { source })) => Err(source.into()),
            Ok(_) => Err(PageFault::Damaged("the file changed".to_owned())),
            Err(fault) => Err(on_page(&fault)),
        }
    }

    /// A panic while it was held leaves a list that is still right.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fenced>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the own check of PDF/A-2b finds in a file, asked behind the fence.
pub(super) fn check(sohoa: &Path, path: &Path, limits: &Limits) -> Result<Vec<String>, PageError> {
    let mut process = spawn(&program(sohoa, path))?;
    match ask(&mut process, &Question::Check { limits: *limits }).map_err(on_file)? {
        Answer::Checked(found) => Ok(found),
        Answer::NotOpened(error) => Err(error),
        _ => Err(on_file(Fault::Garbled)),
    }
}

fn program(sohoa: &Path, path: &Path) -> FencedProgram {
    FencedProgram {
        program: PathBuf::from(sohoa),
        arguments: vec!["worker".into(), "--pdf".into(), path.into()],
        inherits: &[],
        sets: &[],
    }
}

fn spawn(program: &FencedProgram) -> Result<Fenced, PageError> {
    Fenced::spawn(program).map_err(|source| PageError::Unreadable { source })
}

fn ask(process: &mut Fenced, question: &Question) -> Result<Answer, Fault> {
    let until: Instant = instant_after(PATIENCE);
    // Plain data with text keys: serialising it cannot fail.
    let body = serde_json::to_vec(question).unwrap_or_default();
    process.send_frame(&body, until)?;
    let answer = process.receive_frame(JSON_BYTES_MAX, until)?;
    serde_json::from_slice(&answer).map_err(|_| Fault::Garbled)
}

/// A file that its process did not survive.
fn on_file(fault: fence::Fault) -> PageError {
    tracing::warn!(?fault, "an incoming PDF ended its process");
    match fault.was_killed() {
        true => PageError::Unreadable { source: killed() },
        false => PageError::TooCostly,
    }
}

/// A page that its process did not survive.
fn on_page(fault: &fence::Fault) -> PageFault {
    match fault.was_killed() {
        true => PageFault::Unreadable(killed()),
        false => PageFault::TooCostly,
    }
}

/// Not the file's fault: it waits and is tried again.
fn killed() -> io::Error {
    io::Error::other("its process was killed from outside; is there too little memory?")
}
