//! Signing sessions: while a person has one open, keys that are attended sign; it closes by itself when nothing
//! was signed for a while.
//!
//! A session lives in the memory of one process, with the key that its PIN opened; no restart brings it back.
//! Who opened it, with which certificate, when, how many documents it signed and why it ended stands in a file
//! of its own below `signing-sessions/`. What waits for a session is not kept here: it waits in `work/`.

pub mod line;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::{self, DurableError};
use crate::record::Sha256Digest;
use crate::sign::RawSigner;

/// Folder of the log in the data folder.
pub const LOG: &str = "signing-sessions";

/// Documents after which the log is brought up to date while a session is open.
const LOGGED_EVERY: u64 = 20;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Somebody closed it, or opened another.
    Closed,
    /// Nothing was signed for so long as the configuration says.
    Idle,
    /// The program ended.
    Stopped,
}

/// A session as people see it, and as it is logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who opened it, as they named themselves.
    pub by: String,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Sha256Digest,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it last signed.
    pub last_used: Timestamp,
    /// Documents signed.
    pub documents: u64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed: Option<Timestamp>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ending: Option<Ending>,
}

struct Open {
    session: Session,
    key: Arc<dyn RawSigner>,
    log: PathBuf,
}

/// The one session that may be open in this process.
pub struct Sessions {
    open: Mutex<Option<Open>>,
    /// How many were opened so far, for those who wait for one.
    opened: std::sync::atomic::AtomicU64,
    idle: Duration,
    folder: PathBuf,
}

impl Sessions {
    /// None is open. `folder` is that of the log.
    #[must_use]
    pub fn new(folder: &Path, idle: Duration) -> Self {
        Self {
            open: Mutex::new(None),
            opened: std::sync::atomic::AtomicU64::new(0),
            idle,
            folder: folder.to_owned(),
        }
    }

    /// Opens one with this key; one that is open is closed.
    ///
    /// # Errors
    /// It cannot be logged; then it is not open.
    pub fn open(
        &self,
        by: &str,
        key: Box<dyn RawSigner>,
        now: Timestamp,
    ) -> Result<Session, DurableError> {
        let session = Session {
            by: by.to_owned(),
            certificate_sha256: Sha256Digest::of(key.certificate()),
            opened: now,
            last_used: now,
            documents: 0,
            closed: None,
            ending: None,
        };
        let mut open = self.held();
        if let Some(before) = open.take() {
            finish(before, Ending::Closed, now);
        }
        durable::create_folders(&self.folder)?;
        let log = self.folder.join(format!("{}.json", name_of(now)));
        write(&log, &session)?;
        tracing::info!(certificate = %session.certificate_sha256, "a signing session is open");
        *open = Some(Open {
            session: session.clone(),
            key: Arc::from(key),
            log,
        });
        self.opened
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(session)
    }

    /// The key of the open session; one that was idle too long is closed first.
    #[must_use]
    pub fn key(&self, now: Timestamp) -> Option<Arc<dyn RawSigner>> {
        self.expire(now);
        self.held().as_ref().map(|open| Arc::clone(&open.key))
    }

    /// The open session.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Option<Session> {
        self.expire(now);
        self.held().as_ref().map(|open| open.session.clone())
    }

    /// Counts a document that was signed with the session's key.
    pub fn count(&self, now: Timestamp) {
        if let Some(open) = self.held().as_mut() {
            open.session.documents += 1;
            open.session.last_used = now;
            if open.session.documents.is_multiple_of(LOGGED_EVERY) {
                log_what_can_be(&open.log, &open.session);
            }
        }
    }

    /// Closes it; the session as it ended, if one was open.
    pub fn close(&self, ending: Ending, now: Timestamp) -> Option<Session> {
        let open = self.held().take();
        open.map(|open| finish(open, ending, now))
    }

    /// How many sessions were opened so far: another number is news for what waits.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn expire(&self, now: Timestamp) {
        let mut open = self.held();
        let is_idle = open.as_ref().is_some_and(|open| {
            let since = now.duration_since(open.session.last_used);
            Duration::try_from(since).is_ok_and(|since| since >= self.idle)
        });
        if is_idle && let Some(open) = open.take() {
            finish(open, Ending::Idle, now);
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn finish(open: Open, ending: Ending, now: Timestamp) -> Session {
    let mut session = open.session;
    session.closed = Some(now);
    session.ending = Some(ending);
    log_what_can_be(&open.log, &session);
    tracing::info!(
        documents = session.documents,
        ?ending,
        "the signing session is closed"
    );
    session
}

/// A disk that is full keeps nobody from signing or closing: the records themselves name the certificate.
fn log_what_can_be(log: &Path, session: &Session) {
    if let Err(error) = write(log, session) {
        tracing::error!(cause = %error, "the log of the signing session is not up to date");
    }
}

fn write(log: &Path, session: &Session) -> Result<(), DurableError> {
    // Plain data: serialising it cannot fail.
    let bytes = serde_json::to_vec_pretty(session).unwrap_or_default();
    durable::replace(log, &bytes)
}

/// A time as a file name that every file system takes.
fn name_of(at: Timestamp) -> String {
    at.to_string().replace(':', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::test_support::quick_key;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("timestamp")
    }

    fn logged(folder: &Path) -> Vec<Session> {
        let entries = std::fs::read_dir(folder).expect("log");
        let mut sessions: Vec<Session> = entries
            .map(|entry| std::fs::read(entry.expect("entry").path()).expect("file"))
            .map(|bytes| serde_json::from_slice(&bytes).expect("session"))
            .collect();
        sessions.sort_by_key(|session| session.opened);
        sessions
    }

    #[test]
    fn a_session_signs_until_it_was_idle_and_is_logged() {
        let folder = tempfile::tempdir().expect("folder");
        let sessions = Sessions::new(folder.path(), Duration::from_mins(15));
        let now = at("2026-11-23T01:00:00Z");
        assert!(sessions.key(now).is_none() && sessions.status(now).is_none());
        let opened = sessions
            .open("Văn thư", Box::new(quick_key()), now)
            .expect("open");
        assert_eq!((opened.documents, sessions.opened()), (0, 1));
        assert!(sessions.key(at("2026-11-23T01:14:59Z")).is_some());
        sessions.count(at("2026-11-23T01:14:59Z"));
        assert!(sessions.key(at("2026-11-23T01:29:58Z")).is_some());
        assert!(sessions.key(at("2026-11-23T01:30:00Z")).is_none(), "idle");
        let [session] = &logged(folder.path())[..] else {
            panic!("one session is logged");
        };
        assert_eq!(session.by, "Văn thư");
        assert_eq!((session.documents, session.ending), (1, Some(Ending::Idle)));
    }

    #[test]
    fn another_session_closes_the_first_and_closing_says_how_it_ended() {
        let folder = tempfile::tempdir().expect("folder");
        let sessions = Sessions::new(folder.path(), Duration::from_mins(15));
        let open = |by, now| sessions.open(by, Box::new(quick_key()), now).expect("open");
        open("A", at("2026-11-23T01:00:00Z"));
        open("B", at("2026-11-23T01:01:00Z"));
        let now = at("2026-11-23T01:02:00Z");
        let closed = sessions.close(Ending::Closed, now).expect("was open");
        assert_eq!((closed.by.as_str(), closed.closed), ("B", Some(now)));
        assert!(sessions.close(Ending::Closed, now).is_none());
        let logged = logged(folder.path());
        assert!(
            logged
                .iter()
                .all(|session| session.ending == Some(Ending::Closed))
        );
        assert_eq!(logged.len(), 2);
    }
}
