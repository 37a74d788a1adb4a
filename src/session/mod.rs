//! Signing sessions: while a person has one open for a key that is attended, it signs; each closes by itself when
//! its key signed nothing for a while.
//!
//! A session lives in the memory of one process, with the key that its PIN opened; no restart brings it back.
//! Each key has its own: an officer's may be open while the registrar's is closed. Who opened it, with which
//! certificate, when, how many documents it signed and why it ended stands in a file of its own below
//! `signing-sessions/`. What waits for a session is not kept here: it waits in `work/`.

mod away;
pub mod line;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::away::Heard;
use self::away::Readiness;
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
    /// Somebody closed it, or opened another for the same key.
    Closed,
    /// Nothing was signed for so long as the configuration says.
    Idle,
    /// The program ended.
    Stopped,
}

/// A session as people see it, and as it is logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Name of the key; absent in logs of the time when only the organisation's had sessions.
    #[serde(default)]
    pub key: String,
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

/// The sessions that are open in this process, at most one a key.
pub struct Sessions {
    open: Mutex<BTreeMap<String, Open>>,
    /// For those who wait for a session, or for a token to be plugged in again.
    readiness: Readiness,
    idle: Duration,
    folder: PathBuf,
}

impl Sessions {
    /// None is open. `folder` is that of the log.
    #[must_use]
    pub fn new(folder: &Path, idle: Duration) -> Self {
        Self {
            open: Mutex::default(),
            readiness: Readiness::default(),
            idle,
            folder: folder.to_owned(),
        }
    }

    /// Opens one for the key of this name; one that is open for it is closed.
    ///
    /// # Errors
    /// It cannot be logged; then it is not open.
    pub fn open(
        &self,
        name: &str,
        by: &str,
        key: Box<dyn RawSigner>,
        now: Timestamp,
    ) -> Result<Session, DurableError> {
        let session = Session {
            key: name.to_owned(),
            by: by.to_owned(),
            certificate_sha256: Sha256Digest::of(key.certificate()),
            opened: now,
            last_used: now,
            documents: 0,
            closed: None,
            ending: None,
        };
        let mut open = locked(&self.open);
        if let Some(before) = open.remove(name) {
            finish(before, Ending::Closed, now);
        }
        durable::create_folders(&self.folder)?;
        let log = self.folder.join(format!("{}-{name}.json", name_of(now)));
        write(&log, &session)?;
        tracing::info!(key = name, certificate = %session.certificate_sha256, "a signing session is open");
        let opened = Open {
            session: session.clone(),
            key: Arc::from(key),
            log,
        };
        open.insert(name.to_owned(), opened);
        self.readiness.note(name);
        Ok(session)
    }

    /// The key of this name, if its session is open; one that was idle too long is closed first.
    #[must_use]
    pub fn key(&self, name: &str, now: Timestamp) -> Option<Arc<dyn RawSigner>> {
        self.expire(now);
        let open = locked(&self.open);
        open.get(name).map(|open| Arc::clone(&open.key))
    }

    /// The open sessions, by the names of their keys.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Vec<Session> {
        self.expire(now);
        let open = locked(&self.open);
        open.values().map(|open| open.session.clone()).collect()
    }

    /// Counts a document that was signed with the key of this name; without a session nothing is counted.
    pub fn count(&self, name: &str, now: Timestamp) {
        if let Some(open) = locked(&self.open).get_mut(name) {
            open.session.documents += 1;
            open.session.last_used = now;
            if open.session.documents.is_multiple_of(LOGGED_EVERY) {
                log_what_can_be(&open.log, &open.session);
            }
        }
    }

    /// Closes that of one key, or all; the sessions as they ended.
    pub fn close(&self, name: Option<&str>, ending: Ending, now: Timestamp) -> Vec<Session> {
        self.close_those(
            |open| name.is_none_or(|name| open.session.key == name),
            ending,
            now,
        )
    }

    /// How often this key became ready so far, by a session that was opened or by a token that came back: another
    /// number is news for what waits.
    #[must_use]
    pub fn opened(&self, name: &str) -> u64 {
        self.readiness.count(name)
    }

    /// Whether the key of this name is away.
    #[must_use]
    pub fn is_away(&self, name: &str) -> bool {
        self.readiness.is_away(name)
    }

    /// The key of this name is away: `ask` is called at growing pauses, by one thread however often this is said,
    /// until something is heard of it.
    pub fn wait_for(&self, name: &str, ask: impl Fn() -> Heard + Send + 'static) {
        self.readiness.watch(name, ask);
    }

    fn expire(&self, now: Timestamp) {
        let is_idle = |open: &Open| {
            let since = now.duration_since(open.session.last_used);
            Duration::try_from(since).is_ok_and(|since| since >= self.idle)
        };
        self.close_those(is_idle, Ending::Idle, now);
    }

    fn close_those(
        &self,
        which: impl Fn(&Open) -> bool,
        ending: Ending,
        now: Timestamp,
    ) -> Vec<Session> {
        let mut open = locked(&self.open);
        let ended = open.extract_if(.., |_, open| which(open));
        ended.map(|(_, open)| finish(open, ending, now)).collect()
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn finish(open: Open, ending: Ending, now: Timestamp) -> Session {
    let mut session = open.session;
    session.closed = Some(now);
    session.ending = Some(ending);
    log_what_can_be(&open.log, &session);
    tracing::info!(
        key = session.key,
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
        let key = |at| sessions.key("k", at);
        assert!(key(now).is_none() && sessions.status(now).is_empty());
        let opened = sessions
            .open("k", "Văn thư", Box::new(quick_key()), now)
            .expect("open");
        assert_eq!((opened.documents, sessions.opened("k")), (0, 1));
        assert!(key(at("2026-11-23T01:14:59Z")).is_some());
        sessions.count("k", at("2026-11-23T01:14:59Z"));
        assert!(key(at("2026-11-23T01:29:58Z")).is_some());
        assert!(key(at("2026-11-23T01:30:00Z")).is_none(), "idle");
        let [session] = &logged(folder.path())[..] else {
            panic!("one session is logged");
        };
        assert_eq!(
            (session.by.as_str(), session.key.as_str()),
            ("Văn thư", "k")
        );
        assert_eq!((session.documents, session.ending), (1, Some(Ending::Idle)));
    }

    #[test]
    fn another_session_of_the_key_closes_the_first_and_closing_says_how_it_ended() {
        let folder = tempfile::tempdir().expect("folder");
        let sessions = Sessions::new(folder.path(), Duration::from_mins(15));
        let open = |by, now| {
            let key = Box::new(quick_key());
            sessions.open("k", by, key, now).expect("open")
        };
        open("A", at("2026-11-23T01:00:00Z"));
        open("B", at("2026-11-23T01:01:00Z"));
        let now = at("2026-11-23T01:02:00Z");
        let closed = sessions.close(Some("k"), Ending::Closed, now);
        let [closed] = &closed[..] else {
            panic!("one was open: {closed:?}");
        };
        assert_eq!((closed.by.as_str(), closed.closed), ("B", Some(now)));
        assert!(sessions.close(None, Ending::Closed, now).is_empty());
        let logged = logged(folder.path());
        assert!(
            logged
                .iter()
                .all(|session| session.ending == Some(Ending::Closed))
        );
        assert_eq!(logged.len(), 2);
    }

    #[test]
    fn each_key_has_its_own_session_count_and_end() {
        let folder = tempfile::tempdir().expect("folder");
        let sessions = Sessions::new(folder.path(), Duration::from_mins(15));
        let now = at("2026-11-23T01:00:00Z");
        for key in ["officer", "organisation"] {
            let opened = sessions.open(key, "A", Box::new(quick_key()), now);
            opened.expect("open, also in the same instant");
        }
        let later = at("2026-11-23T01:10:00Z");
        sessions.count("officer", later);
        sessions.count("authority", later);
        let open = sessions.status(later);
        let told: Vec<_> = open
            .iter()
            .map(|it| (it.key.as_str(), it.documents))
            .collect();
        assert_eq!(told, [("officer", 1), ("organisation", 0)]);
        assert_eq!(
            (sessions.opened("officer"), sessions.opened("authority")),
            (1, 0)
        );
        // The organisation's has been idle for long enough, the officer's has not.
        let open = sessions.status(at("2026-11-23T01:16:00Z"));
        assert_eq!(open.len(), 1);
        assert!(sessions.key("organisation", later).is_none());
        assert!(sessions.key("officer", later).is_some());
        assert_eq!(sessions.close(None, Ending::Stopped, later).len(), 1);
        let endings: Vec<_> = logged(folder.path()).iter().map(|it| it.ending).collect();
        assert!(endings.contains(&Some(Ending::Idle)), "{endings:?}");
        assert!(endings.contains(&Some(Ending::Stopped)), "{endings:?}");
    }

    #[test]
    fn a_log_of_an_earlier_release_is_still_read() {
        let text = r#"{"by":"A","certificate_sha256":"HASH","opened":"2026-11-23T01:00:00Z",
            "last_used":"2026-11-23T01:00:00Z","documents":3}"#;
        let digest = Sha256Digest::of(b"").to_string();
        let session: Session = serde_json::from_str(&text.replace("HASH", &digest)).expect("reads");
        assert_eq!((session.key.as_str(), session.documents), ("", 3));
    }
}
