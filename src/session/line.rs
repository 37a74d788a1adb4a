//! The line between `sohoa sign-session` and the daemon: a Unix socket in the work folder that only the daemon's
//! user may open.
//!
//! One request a connection, one line of JSON each way. A PIN comes over it once, is used to open the key, and
//! is neither kept nor logged.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Session;

/// Name of the socket in the work folder.
pub const SOCKET: &str = "signing.sock";

/// Longest request or answer: a PIN and a name are short, and few keys have sessions.
const BYTES_MAX: u64 = 64 * 1024;
/// For one request to arrive, and for its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// For the daemon's answer: a token may take its time to open.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// What a person asks of the daemon.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Request {
    /// Open a session.
    Open {
        /// Name of the key.
        key: String,
        /// Who opens it.
        by: String,
        /// What opens the key, where a person must know it.
        secret: Option<Zeroizing<String>>,
    },
    /// Say which are open.
    Status,
    /// Close one, or all.
    Close {
        /// Name of the key; `None`: all.
        key: Option<String>,
    },
}

/// Documents that wait for the session of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Name of the key.
    pub key: String,
    /// How many.
    pub documents: u64,
}

/// What the daemon answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    /// The sessions that are open, that was opened, or that were closed.
    Sessions {
        /// They.
        sessions: Vec<Session>,
        /// Documents that wait, for whatever.
        waiting: u64,
        /// Those of them that wait for a key's session.
        queues: Vec<Queue>,
    },
    /// It was refused.
    Refused {
        /// Stable code.
        code: String,
        /// What happened, Vietnamese and English.
        message: [String; 2],
        /// What to do, Vietnamese and English.
        advice: [String; 2],
    },
}

/// The daemon's end.
#[derive(Debug)]
pub struct Line {
    listener: UnixListener,
    path: PathBuf,
}

impl Line {
    /// Listens in the work folder; the caller holds the daemon's lock, so that a socket that lies there is dead.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn open(work: &Path) -> io::Result<Self> {
        let path = work.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, path })
    }

    /// Answers whoever has asked by now. A person who asks nonsense, or nothing, costs some seconds at most.
    pub fn answer(&self, mut reply: impl FnMut(Request) -> Answer) {
        while let Ok((stream, _)) = self.listener.accept() {
            if let Err(error) = serve(stream, &mut reply) {
                tracing::debug!(cause = %error, "a request for the signing session was not answered");
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A socket that stays is removed by the next daemon.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(stream: UnixStream, reply: &mut impl FnMut(Request) -> Answer) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let line = Zeroizing::new(read_line(&stream)?);
    let request: Request = serde_json::from_str(&line)?;
    write_line(&stream, &serde_json::to_string(&reply(request))?)
}

/// Asks the daemon that works on this folder; `None` where none runs.
///
/// # Errors
/// It does not answer, or not in its own words.
pub fn ask(work: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let stream = match UnixStream::connect(work.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let line = Zeroizing::new(serde_json::to_string(request)?);
    write_line(&stream, &line)?;
    Ok(Some(serde_json::from_str(&read_line(&stream)?)?))
}

fn read_line(stream: &UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(BYTES_MAX)).read_line(&mut line)?;
    Ok(line)
}

fn write_line(mut stream: &UnixStream, line: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes())?;
    stream.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_and_without_a_daemon_there_is_none() {
        let work = tempfile::tempdir().expect("folder");
        assert!(ask(work.path(), &Request::Status).expect("asked").is_none());
        let line = Line::open(work.path()).expect("socket");
        let mode = std::fs::metadata(work.path().join(SOCKET)).expect("socket");
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        let secret = Some(Zeroizing::new("1234".to_owned()));
        let (key, by) = ("officer".to_owned(), "Văn thư".to_owned());
        let answer = std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(work.path(), &Request::Open { key, by, secret }));
            while !asking.is_finished() {
                line.answer(|request| {
                    let Request::Open { key, by, secret } = request else {
                        panic!("another request");
                    };
                    assert_eq!(
                        (
                            key.as_str(),
                            by.as_str(),
                            secret.as_deref().map(String::as_str)
                        ),
                        ("officer", "Văn thư", Some("1234"))
                    );
                    Answer::Sessions {
                        sessions: Vec::new(),
                        waiting: 3,
                        queues: Vec::new(),
                    }
                });
                std::thread::sleep(Duration::from_millis(5));
            }
            asking.join().expect("no panic").expect("answered")
        });
        assert!(
            matches!(answer, Some(Answer::Sessions { waiting: 3, .. })),
            "{answer:?}"
        );
        drop(line);
        assert!(ask(work.path(), &Request::Status).expect("asked").is_none());
    }

    #[test]
    fn nonsense_is_not_answered_and_does_no_harm() {
        let work = tempfile::tempdir().expect("folder");
        let line = Line::open(work.path()).expect("socket");
        let mut stream = UnixStream::connect(work.path().join(SOCKET)).expect("connected");
        stream.write_all(b"open the door\n").expect("sent");
        line.answer(|_| panic!("nothing was asked"));
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("closed");
        assert_eq!(said, "");
        // A dead daemon's socket is in nobody's way.
        drop(Line::open(work.path()).expect("again"));
    }
}
