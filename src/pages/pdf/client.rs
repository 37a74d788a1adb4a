//! The processes that handle one incoming PDF, seen from outside: one to begin with, more where pages are
//! taken at once. One that its own limits end is the file's fault, one that the machine fails is not.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::protocol::{Answer, CopyOrder, JSON_BYTES_MAX, Question};
use super::sanitise::Copied;
use super::way::PdfSummary;
use crate::config::Limits;
use crate::fence::{Fault, Fenced, FencedProgram, instant_after};
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
        let question = Question::Open { limits: *limits };
        let opened = twice(|| {
            let mut process = spawn(&program)?;
            let answer = ask(&mut process, &question)?;
            Ok((process, answer))
        });
        let (process, answer) = opened.map_err(on_file)?;
        let summary = match answer {
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
        self.hear(&Question::Take { page }, |process, answer| match answer {
            Answer::Taken(mut taken) => {
                let most = u32::try_from(self.limits.page_bytes()).unwrap_or(u32::MAX);
                taken.stream.data = process.receive_frame(most, instant_after(PATIENCE))?;
                Ok(Ok(taken))
            }
            Answer::Fault(fault) => Ok(Err(fault)),
            _ => Err(Fault::Garbled),
        })
    }

    pub(super) fn copy(&self, order: &CopyOrder) -> Result<Copied, PageFault> {
        self.hear(
            &Question::Copy(order.clone()),
            |process, answer| match answer {
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
            },
        )
    }

    /// A process that answered is kept for the next question, one that failed is thrown away.
    fn hear<T>(
        &self,
        question: &Question,
        hear: impl Fn(&mut Fenced, Answer) -> Result<Result<T, PageFault>, Fault>,
    ) -> Result<T, PageFault> {
        let heard = twice(|| {
            let mut process = match self.process()? {
                Ok(process) => process,
                Err(fault) => return Ok(Err(fault)),
            };
            let answer = ask(&mut process, question)?;
            let heard = hear(&mut process, answer)?;
            self.lock().push(process);
            Ok(heard)
        });
        heard.unwrap_or_else(|fault| Err(on_page(&fault)))
    }

    fn process(&self) -> Result<Result<Fenced, PageFault>, Fault> {
        if let Some(idle) = self.lock().pop() {
            return Ok(Ok(idle));
        }
        let mut process = spawn(&self.program)?;
        let question = Question::Join {
            limits: self.limits,
            summary: self.summary.clone(),
        };
        Ok(match ask(&mut process, &question)? {
            Answer::Opened(_) => Ok(process),
            Answer::NotOpened(PageError::Unreadable { source }) => Err(source.into()),
            _ => Err(PageFault::Damaged("the file changed".to_owned())),
        })
    }

    /// A panic while it was held leaves a list that is still right.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fenced>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the own check of PDF/A-2b finds in a file, asked behind the fence.
pub(super) fn check(sohoa: &Path, path: &Path, limits: &Limits) -> Result<Vec<String>, PageError> {
    let program = program(sohoa, path);
    let question = Question::Check { limits: *limits };
    match twice(|| ask(&mut spawn(&program)?, &question)).map_err(on_file)? {
        Answer::Checked(found) => Ok(found),
        Answer::NotOpened(error) => Err(error),
        _ => Err(on_file(Fault::Garbled)),
    }
}

/// Asks, and once more of a fresh process where the first may have failed by no fault of the file.
fn twice<T>(once: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
    match once() {
        Err(fault) if fault.may_be_the_machines() => {
            tracing::warn!(?fault, "a process for an incoming PDF is replaced");
            once()
        }
        answered => answered,
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

fn spawn(program: &FencedProgram) -> Result<Fenced, Fault> {
    Fenced::spawn(program).map_err(|error| {
        tracing::warn!(cause = %error, "a process for an incoming PDF does not start");
        Fault::Machine
    })
}

fn ask(process: &mut Fenced, question: &Question) -> Result<Answer, Fault> {
    let until: Instant = instant_after(PATIENCE);
    // Plain data with text keys: serialising it cannot fail.
    let body = serde_json::to_vec(question).unwrap_or_default();
    process.send_frame(&body, until)?;
    let answer = process.receive_frame(JSON_BYTES_MAX, until)?;
    serde_json::from_slice(&answer).map_err(|_| Fault::Garbled)
}

/// A file that its process did not survive; one that the machine failed waits, and is tried again.
fn on_file(fault: Fault) -> PageError {
    tracing::warn!(?fault, "an incoming PDF ended its process");
    match is_the_machines(&fault) {
        true => PageError::Unreadable {
            source: machine_failed(),
        },
        false => PageError::TooCostly,
    }
}

/// The same of a page.
fn on_page(fault: &Fault) -> PageFault {
    tracing::warn!(?fault, "a process for an incoming PDF is thrown away");
    match is_the_machines(fault) {
        true => machine_failed().into(),
        false => PageFault::TooCostly,
    }
}

/// Its limits never kill a process that way: somebody else did, most often the kernel for want of memory.
fn is_the_machines(fault: &Fault) -> bool {
    *fault == Fault::Machine || fault.was_killed()
}

fn machine_failed() -> io::Error {
    io::Error::other("the process that reads it failed for the machine's sake")
}
