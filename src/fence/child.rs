//! A fenced process, seen from outside: started, asked, and ended when it is late or talks nonsense.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// What a process ends with whose pipe or file failed: the program's own code for its environment.
const MACHINE_FAILED: i32 = 5;

/// How a conversation ended badly. The process must be thrown away.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It did not answer in time.
    OutOfTime,
    /// It is gone, by a signal or by itself.
    Crashed {
        /// The signal.
        signal: Option<i32>,
    },
    /// What it said is no answer.
    Garbled,
    /// A pipe failed, or the process ended by saying that its machine failed it: no fault of what was asked.
    Machine,
}

impl Fault {
    /// Whether time ran out, by our clock or by the kernel's.
    pub(crate) fn is_out_of_time(&self) -> bool {
        let killed = Some(rustix::process::Signal::XCPU.as_raw());
        match self {
            Fault::OutOfTime => true,
            Fault::Crashed { signal } => *signal == killed,
            Fault::Garbled | Fault::Machine => false,
        }
    }

    /// Whether a fresh process may do better: none of its own limits ended this one, which was killed from outside,
    /// torn off in mid-answer, or failed by the machine.
    pub(crate) fn may_be_the_machines(&self) -> bool {
        let killed = Some(rustix::process::Signal::KILL.as_raw());
        match self {
            Fault::Machine | Fault::Garbled => true,
            Fault::Crashed { signal } => *signal == killed,
            Fault::OutOfTime => false,
        }
    }

    /// Whether somebody else killed it, most often the kernel for want of memory. None of its own limits
    /// ends so, and what it worked on may well be good.
    pub(crate) fn was_killed(&self) -> bool {
        let signal = Some(rustix::process::Signal::KILL.as_raw());
        matches!(self, Fault::Crashed { signal: by } if *by == signal)
    }
}

/// The command that starts a process.
#[derive(Debug, Clone)]
pub(crate) struct FencedProgram {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// What it needs of our environment; the rest (PINs among it) is none of its business.
    pub(crate) inherits: &'static [&'static str],
    /// What is set for it.
    pub(crate) sets: &'static [(&'static str, &'static str)],
}

/// A running process. Dropped, it is killed: it holds nothing of worth.
#[derive(Debug)]
pub(crate) struct Fenced {
    child: Child,
    questions: ChildStdin,
    answers: ChildStdout,
}

impl Fenced {
    /// Starts the process; its first answer is still to come.
    pub(crate) fn spawn(program: &FencedProgram) -> io::Result<Self> {
        let mut command = Command::new(&program.program);
        let kept = program
            .inherits
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .args(&program.arguments)
            .env_clear()
            .envs(kept)
            .envs(program.sets.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // An interrupt from the keyboard is for the daemon, which ends its pages in peace.
            .process_group(0);
        let mut child = command.spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let process = Fenced {
            child,
            questions,
            answers,
        };
        for pipe in [process.questions.as_fd(), process.answers.as_fd()] {
            fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?;
        }
        Ok(process)
    }

    /// Sends a frame.
    pub(crate) fn send_frame(&mut self, body: &[u8], until: Instant) -> Result<(), Fault> {
        let length = u32::try_from(body.len()).map_err(|_| Fault::Garbled)?;
        self.send(&length.to_le_bytes(), until)?;
        self.send(body, until)
    }

    /// The body of the next frame, which may have at most `most` bytes.
    pub(crate) fn receive_frame(&mut self, most: u32, until: Instant) -> Result<Vec<u8>, Fault> {
        let mut length = [0; 4];
        self.receive(&mut length, until)?;
        let length = u32::from_le_bytes(length);
        if length > most {
            return Err(Fault::Garbled);
        }
        let length = usize::try_from(length).map_err(|_| Fault::Garbled)?;
        let mut body = vec![0; length];
        self.receive(&mut body, until)?;
        Ok(body)
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, mut bytes: &[u8], until: Instant) -> Result<(), Fault> {
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

    fn receive(&mut self, mut place: &mut [u8], until: Instant) -> Result<(), Fault> {
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

    /// Called when a pipe is closed at the other end or fails: the process is dead or as good as that.
    fn how_it_died(&mut self) -> Fault {
        // A moment for the kernel to finish with it, or its own signal would hide behind ours.
        let patience = instant_after(Duration::from_secs(2));
        while Instant::now() < patience {
            match self.child.try_wait() {
                Ok(Some(status)) if status.code() == Some(MACHINE_FAILED) => return Fault::Machine,
                Ok(Some(status)) => {
                    return Fault::Crashed {
                        signal: status.signal(),
                    };
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        // It lives, so that the pipe is to blame.
        Fault::Machine
    }
}

impl Drop for Fenced {
    fn drop(&mut self) {
        // It may be dead already; then there is nothing to kill and only its status to collect.
        let _dead_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The end of a deadline that begins now.
pub(crate) fn instant_after(duration: Duration) -> Instant {
    const DAY: Duration = Duration::from_hours(24);
    Instant::now() + duration.min(DAY)
}

fn wait(pipe: BorrowedFd<'_>, what: PollFlags, until: Instant) -> Result<(), Fault> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Fault::OutOfTime);
    }
    let timeout = Timespec::try_from(left).map_err(|_| Fault::OutOfTime)?;
    // An interrupted or failed wait is no harm: the caller tries the pipe and comes back.
    let _woken = poll(&mut [PollFd::new(&pipe, what)], Some(&timeout));
    Ok(())
}

/// Inside: sends a frame.
pub(crate) fn write_frame(output: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(body)?;
    output.flush()
}

/// Inside: the next frame, of at most `most` bytes; `None` where the asker has closed.
pub(crate) fn read_frame(input: &mut impl Read, most: u32) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut got = 0;
    while let Some(rest) = length.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            // The end of the input is an end only between frames.
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length);
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?];
    input.read_exact(&mut body)?;
    Ok(Some(body))
}
