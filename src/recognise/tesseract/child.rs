//! One worker process, seen from outside: started, asked, and ended when it is late or talks nonsense.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::protocol::{self, Answer};
use crate::recognise::GreyPage;

/// What a worker needs of our environment; the rest (PINs among it) is none of its business.
const ENVIRONMENT: &[&str] = &["TESSDATA_PREFIX", "LD_LIBRARY_PATH", "PATH"];

/// Time on top of the page's deadline: the engine looks at its clock only while it reads words.
const GRACE: Duration = Duration::from_secs(1);

/// How a conversation ended badly. The worker must be thrown away.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WorkerFault {
    OutOfTime,
    Crashed { signal: Option<i32> },
    Garbled,
}

/// The command that starts a worker.
#[derive(Debug, Clone)]
pub(super) struct WorkerProgram {
    pub(super) program: std::path::PathBuf,
    pub(super) arguments: Vec<String>,
}

/// A running worker. Dropped, it is killed: it holds nothing of worth.
pub(super) struct Worker {
    child: Child,
    questions: ChildStdin,
    answers: ChildStdout,
}

impl Worker {
    /// Starts the process; its first answer is still to come.
    pub(super) fn spawn(program: &WorkerProgram) -> io::Result<Self> {
        let mut command = Command::new(&program.program);
        let kept = ENVIRONMENT
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .args(&program.arguments)
            .env_clear()
            .envs(kept)
            // Read by the library's thread pool when it is loaded; with more threads a page costs
            // four times the processor time.
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // An interrupt from the keyboard is for the daemon, which ends its pages in peace.
            .process_group(0);
        let mut child = command.spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let worker = Worker {
            child,
            questions,
            answers,
        };
        for pipe in [worker.questions.as_fd(), worker.answers.as_fd()] {
            fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?;
        }
        Ok(worker)
    }

    /// Asks about a page and waits for the answer.
    pub(super) fn ask(
        &mut self,
        page: &GreyPage,
        deadline: Duration,
    ) -> Result<Answer, WorkerFault> {
        let until = instant_after(deadline.saturating_add(GRACE));
        self.send(&protocol::question_head(page, deadline), until)?;
        self.send(&page.samples, until)?;
        self.next_answer(until)
    }

    /// Waits for what the worker says first.
    pub(super) fn first_answer(&mut self, deadline: Duration) -> Result<Answer, WorkerFault> {
        self.next_answer(instant_after(deadline))
    }

    fn next_answer(&mut self, until: Instant) -> Result<Answer, WorkerFault> {
        let mut length = [0; 4];
        self.receive(&mut length, until)?;
        let length = protocol::answer_length(length).ok_or(WorkerFault::Garbled)?;
        let mut body = vec![0; length];
        self.receive(&mut body, until)?;
        protocol::parse_answer(&body).ok_or(WorkerFault::Garbled)
    }

    fn send(&mut self, mut bytes: &[u8], until: Instant) -> Result<(), WorkerFault> {
        while !bytes.is_empty() {
            match self.questions.write(bytes) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait(self.questions.as_fd(), PollFlags::OUT, until)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(self.how_it_died()),
            }
        }
        Ok(())
    }

    fn receive(&mut self, mut place: &mut [u8], until: Instant) -> Result<(), WorkerFault> {
        while !place.is_empty() {
            match self.answers.read(place) {
                Ok(0) => return Err(self.how_it_died()),
                Ok(got) => place = place.get_mut(got..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait(self.answers.as_fd(), PollFlags::IN, until)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(self.how_it_died()),
            }
        }
        Ok(())
    }

    /// Called when a pipe is closed at the other end: the process is dead or as good as that.
    fn how_it_died(&mut self) -> WorkerFault {
        // A moment for the kernel to finish with it, or its own signal would hide behind ours.
        let patience = instant_after(Duration::from_millis(500));
        while Instant::now() < patience {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    return WorkerFault::Crashed {
                        signal: status.signal(),
                    };
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        WorkerFault::Crashed { signal: None }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already; then there is nothing to kill and only its status to collect.
        let _dead_already = self.child.kill();
        let _status = self.child.wait();
    }
}

fn instant_after(duration: Duration) -> Instant {
    const DAY: Duration = Duration::from_hours(24);
    Instant::now() + duration.min(DAY)
}

fn wait(pipe: BorrowedFd<'_>, what: PollFlags, until: Instant) -> Result<(), WorkerFault> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(WorkerFault::OutOfTime);
    }
    let timeout = Timespec::try_from(left).map_err(|_| WorkerFault::OutOfTime)?;
    // An interrupted or failed wait is no harm: the caller tries the pipe and comes back.
    let _woken = poll(&mut [PollFd::new(&pipe, what)], Some(&timeout));
    Ok(())
}
