//! The second program run: under limits, without our environment, its output bounded.
//!
//! The limits on memory and processor time are set by a process of ours on itself, which then becomes the
//! program ([`exec_limited`]): a limit set from outside would come after the start.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{SecondFault, SecondLimits};
use crate::fence;

/// Turns this process into `program`, with so much memory and processor time, and no right to write files.
///
/// Returns only where that fails.
pub fn exec_limited(
    memory_mib: u64,
    processor: Duration,
    program: &OsStr,
    arguments: &[OsString],
) -> io::Error {
    let limited = fence::start_inside(memory_mib)
        .and_then(|()| fence::limit_processor(processor))
        .and_then(|()| {
            let none = Rlimit {
                current: Some(0),
                maximum: Some(0),
            };
            Ok(setrlimit(Resource::Fsize, none)?)
        });
    match limited {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error,
    }
}

/// Killed when it goes out of scope: its work is done or of no worth.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already; then there is nothing to kill and only its status to collect.
        let _dead_already = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Which fonts stand in for those that are not embedded: the ones that our own drawing takes. Else two pictures
/// differ in the shape and weight of letters, and a doubt about the drawing cannot be told from one about taste.
/// What the machine lacks of them is as its own configuration says (fontconfig, fonts-conf(5)).
const FONTS: &str = include_str!("fonts.conf");

/// What the program writes, whole.
pub(super) fn output(
    program: &Path,
    arguments: &[OsString],
    limiter: &[OsString],
    limits: &SecondLimits,
) -> Result<Vec<u8>, SecondFault> {
    let mut command = match limiter.split_first() {
        None => Command::new(program),
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command
                .args(rest)
                .arg(limits.memory_mib.to_string())
                .arg(limits.time.as_secs().to_string())
                .arg(program);
            command
        }
    };
    command
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("FONTCONFIG_FILE", "/dev/stdin")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    let until = fence::instant_after(limits.time);
    let mut running = Running(command.spawn()?);
    if let Some(mut fonts) = running.0.stdin.take() {
        // Fits into the pipe, so that this never waits. A program that ended already has its own way to say why.
        let _unread = fonts.write_all(FONTS.as_bytes());
    }
    let bytes = read_all(&mut running.0, limits.picture_bytes, until)?;
    // The pipe is closed; what is left is to end.
    while running.0.try_wait()?.is_none() {
        if Instant::now() >= until {
            return Err(SecondFault::OutOfTime);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    if running.0.wait()?.success() {
        Ok(bytes)
    } else {
        Err(SecondFault::NoPicture)
    }
}

fn read_all(child: &mut Child, most: u64, until: Instant) -> Result<Vec<u8>, SecondFault> {
    let mut pipe = child.stdout.take().ok_or(SecondFault::NoPicture)?;
    fcntl_setfl(
        &pipe,
        fcntl_getfl(&pipe).map_err(io::Error::from)? | OFlags::NONBLOCK,
    )
    .map_err(io::Error::from)?;
    let mut bytes = Vec::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match pipe.read(&mut block) {
            Ok(0) => return Ok(bytes),
            Ok(got) => {
                bytes.extend_from_slice(block.get(..got).unwrap_or_default());
                if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
                    return Err(SecondFault::TooMuch);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(SecondFault::OutOfTime);
                }
                let timeout = Timespec::try_from(left).map_err(|_| SecondFault::OutOfTime)?;
                // An interrupted wait is no harm: the pipe is tried again.
                let _woken = poll(
                    &mut [PollFd::new(&pipe.as_fd(), PollFlags::IN)],
                    Some(&timeout),
                );
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limits: &SecondLimits) -> Result<Vec<u8>, SecondFault> {
        let arguments = ["-c".into(), script.into()];
        output(Path::new("/bin/sh"), &arguments, &[], limits)
    }

    #[test]
    fn the_output_comes_whole_and_the_environment_does_not_go() {
        let limits = SecondLimits::default();
        assert_eq!(shell("printf abc", &limits).expect("output"), b"abc");
        let environment = shell("env", &limits).expect("output");
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(!environment.contains("HOME="), "{environment}");
    }

    #[test]
    fn late_long_and_failed_programs_have_no_output() {
        let short = SecondLimits {
            time: Duration::from_millis(200),
            ..SecondLimits::default()
        };
        let began = Instant::now();
        assert!(matches!(
            shell("sleep 30", &short),
            Err(SecondFault::OutOfTime)
        ));
        let closed = shell("exec >&-; sleep 30", &short);
        assert!(matches!(closed, Err(SecondFault::OutOfTime)));
        assert!(began.elapsed() < Duration::from_secs(10));
        let small = SecondLimits {
            picture_bytes: 1000,
            ..SecondLimits::default()
        };
        assert!(matches!(
            shell("while :; do printf 0123456789; done", &small),
            Err(SecondFault::TooMuch)
        ));
        assert!(matches!(
            shell("printf abc; exit 3", &small),
            Err(SecondFault::NoPicture)
        ));
    }

    #[test]
    fn the_limiter_stands_before_the_program() {
        let limits = SecondLimits::default();
        let limiter = ["/bin/echo".into(), "limited".into()];
        let said = output(Path::new("/bin/true"), &["-x".into()], &limiter, &limits);
        let said = String::from_utf8(said.expect("output")).expect("UTF-8");
        assert_eq!(said, "limited 2048 60 /bin/true -x\n");
    }
}
