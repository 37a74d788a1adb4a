//! Who is signed in: in memory, under the hash of what the browser's cookie says, so that nothing that is kept opens
//! a session. A restart ends them all. A client of the interface has one too, for its look-ups, under the hash of its
//! token; no cookie opens that.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};

use super::accounts::Account;
use super::lookups::LookUps;
use crate::random;
use crate::record::Sha256Digest;

/// Sessions at once, and of one account; of more the one that was used least recently ends.
const SESSIONS_MAX: usize = 1024;
const SESSIONS_OF_ACCOUNT_MAX: usize = 8;

/// Names a session inside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionKey([u8; 32]);

/// What a browser's cookie holds: 256 bits that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub(super) fn new() -> io::Result<Self> {
        random::secret().map(|bytes| Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// As a browser sends it back; `None` for anything that is not one.
    pub(super) fn sent(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// What goes into the cookie.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> SessionKey {
        SessionKey(*Sha256Digest::of(self.0.as_bytes()).as_bytes())
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) key: SessionKey,
    pub(super) account: Arc<Account>,
}

/// What is kept of a session.
pub(super) struct Session {
    /// `None`: of a client.
    account: Option<Arc<Account>>,
    opened: Timestamp,
    used: Timestamp,
    /// What was looked up in it.
    pub(super) look_ups: LookUps,
}

/// All sessions.
pub(super) struct Sessions {
    open: Mutex<BTreeMap<SessionKey, Session>>,
    idle: SignedDuration,
    longest: SignedDuration,
}

impl Sessions {
    pub(super) fn new(idle: Duration, longest: Duration) -> Self {
        let signed = |it: Duration| SignedDuration::try_from(it).unwrap_or(SignedDuration::ZERO);
        Self {
            open: Mutex::default(),
            idle: signed(idle),
            longest: signed(longest),
        }
    }

    /// Signs an account in. The token is new, whatever the browser had before.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub(super) fn open(&self, account: Account, now: Timestamp) -> io::Result<Token> {
        let token = Token::new()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| self.is_alive(session, now));
        let name = account.name.clone();
        let of_account = |it: &Session| it.is_of(&name);
        while open.values().filter(|it| of_account(it)).count() >= SESSIONS_OF_ACCOUNT_MAX {
            end_oldest(&mut open, of_account);
        }
        while open.len() >= SESSIONS_MAX {
            end_oldest(&mut open, |_| true);
        }
        open.insert(
            token.key(),
            Session {
                account: Some(Arc::new(account)),
                opened: now,
                used: now,
                look_ups: LookUps::default(),
            },
        );
        Ok(token)
    }

    /// The session of a client whose token has this digest; a new one where its time was over.
    pub(super) fn of_client(&self, token: &Sha256Digest, now: Timestamp) -> SessionKey {
        let key = SessionKey(*token.as_bytes());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = open.get_mut(&key).filter(|it| self.is_alive(it, now));
        if let Some(session) = known {
            session.used = now;
            return key;
        }
        open.remove(&key);
        while open.len() >= SESSIONS_MAX {
            end_oldest(&mut open, |_| true);
        }
        open.insert(
            key,
            Session {
                account: None,
                opened: now,
                used: now,
                look_ups: LookUps::of_client(),
            },
        );
        key
    }

    /// Whose token it is. `is_still` says whether the account of the session may go on; where not, or where its time
    /// is over, the session ends. What a browser asks for by itself is no use of it.
    pub(super) fn visitor(
        &self,
        token: &Token,
        (now, is_by_itself): (Timestamp, bool),
        is_still: impl FnOnce(&Account) -> bool,
    ) -> Option<Visitor> {
        let key = token.key();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(&key)?;
        let account = Arc::clone(session.account.as_ref()?);
        if !self.is_alive(session, now) || !is_still(&account) {
            open.remove(&key);
            return None;
        }
        if !is_by_itself {
            session.used = now;
        }
        Some(Visitor { key, account })
    }

    /// Ends a session.
    pub(super) fn end(&self, key: SessionKey) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&key);
    }

    /// Ends all sessions of an account; how many there were.
    pub(super) fn end_all_of(&self, account: &str) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let before = open.len();
        open.retain(|_, session| !session.is_of(account));
        before - open.len()
    }

    /// How many sessions an account has.
    pub(super) fn count_of(&self, account: &str, now: Timestamp) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = open.values().filter(|it| it.is_of(account));
        of_account.filter(|it| self.is_alive(it, now)).count()
    }

    /// What was looked up in a session; `None` where it has ended meanwhile.
    pub(super) fn look_ups<R>(
        &self,
        key: SessionKey,
        see: impl FnOnce(&mut LookUps) -> R,
    ) -> Option<R> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get_mut(&key).map(|session| see(&mut session.look_ups))
    }

    /// How many people are signed in.
    pub(super) fn count(&self, now: Timestamp) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| self.is_alive(session, now));
        let of_people = open.values().filter(|it| it.account.is_some());
        of_people.count()
    }

    fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        now.duration_since(session.used) < self.idle
            && now.duration_since(session.opened) < self.longest
    }
}

impl Session {
    fn is_of(&self, account: &str) -> bool {
        let own = self.account.as_ref();
        own.is_some_and(|own| own.name == account)
    }
}

fn end_oldest(open: &mut BTreeMap<SessionKey, Session>, which: impl Fn(&Session) -> bool) {
    let of_interest = open.iter().filter(|(_, session)| which(session));
    let oldest = of_interest.min_by_key(|(_, session)| session.used);
    if let Some(key) = oldest.map(|(key, _)| *key) {
        open.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::web::accounts::{Accounts, NewAccount};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a time")
    }

    fn account() -> Account {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::of(folder.path());
        let new = NewAccount {
            name: "lan".to_owned(),
            display_name: "Lan".to_owned(),
            roles: BTreeSet::from([crate::config::WebRole::Officer]),
        };
        accounts.add(new, "một câu dài", at(0)).expect("added");
        accounts.all().expect("reads")[0].clone()
    }

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_secs(60), Duration::from_secs(150))
    }

    #[test]
    fn a_session_ends_when_idle_and_when_its_time_is_over() {
        let sessions = sessions();
        let account = account();
        let token = sessions.open(account.clone(), at(0)).expect("opens");
        let visits = |second| {
            sessions
                .visitor(&token, (at(second), false), |_| true)
                .is_some()
        };
        assert!(visits(59) && visits(110), "used in time");
        assert!(!visits(150), "the end of its time");
        assert!(!visits(151), "and it is gone");
        let token = sessions.open(account.clone(), at(0)).expect("opens");
        assert!(
            sessions
                .visitor(&token, (at(60), false), |_| true)
                .is_none(),
            "idle"
        );
        let token = sessions.open(account, at(0)).expect("opens");
        assert!(
            sessions
                .visitor(&token, (at(1), false), |_| false)
                .is_none()
        );
        assert!(
            sessions.visitor(&token, (at(1), false), |_| true).is_none(),
            "ended"
        );
    }

    #[test]
    fn what_a_browser_asks_for_by_itself_keeps_no_session() {
        let sessions = sessions();
        let token = sessions.open(account(), at(0)).expect("opens");
        let asks = |second| {
            sessions
                .visitor(&token, (at(second), true), |_| true)
                .is_some()
        };
        assert!(asks(50), "still there");
        assert!(!asks(60), "idle all the same");
    }

    #[test]
    fn tokens_are_never_the_same_and_others_open_nothing() {
        let sessions = sessions();
        let token = sessions.open(account(), at(0)).expect("opens");
        let other = Token::new().expect("random");
        assert!(token != other && sessions.visitor(&other, (at(1), false), |_| true).is_none());
        assert_eq!(
            Token::sent(token.as_str()).map(|it| it.0),
            Some(token.0.clone())
        );
        for nonsense in [
            "",
            "abc",
            "!".repeat(43).as_str(),
            "A".repeat(4000).as_str(),
        ] {
            assert!(Token::sent(nonsense).is_none(), "{nonsense}");
        }
        let key = sessions
            .visitor(&token, (at(1), false), |_| true)
            .expect("in")
            .key;
        sessions.end(key);
        assert!(sessions.visitor(&token, (at(1), false), |_| true).is_none());
    }

    #[test]
    fn an_account_has_few_sessions() {
        let sessions = sessions();
        let account = account();
        let tokens: Vec<Token> = (0..=8)
            .map(|second| sessions.open(account.clone(), at(second)).expect("opens"))
            .collect();
        assert_eq!(sessions.count(at(9)), SESSIONS_OF_ACCOUNT_MAX);
        assert!(
            sessions
                .visitor(&tokens[0], (at(9), false), |_| true)
                .is_none(),
            "the oldest"
        );
        let client = sessions.of_client(&Sha256Digest::of(b"a token"), at(9));
        assert!(sessions.look_ups(client, |_| ()).is_some());
        assert_eq!(sessions.end_all_of("hoa"), 0);
        let count = || sessions.count_of("lan", at(9));
        assert_eq!((count(), sessions.end_all_of("lan"), count()), (8, 8, 0));
    }
}
