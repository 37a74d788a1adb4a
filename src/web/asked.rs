//! A request as a handler sees it: who asks, for what, in which language. Nothing of HTTP is left in it but the range.

use std::net::IpAddr;

use jiff::Timestamp;

use super::clients::{Client, Scope};
use super::desk::Desk;
use super::form::Form;
use super::lookups::LookUp;
use super::reply::Refusal;
use super::scratch::Place;
use super::sessions::{SessionKey, Token, Visitor};
use crate::access::Person;
use crate::config::WebRole;
use crate::record::{Lang, RecordId};

/// A program that uses the interface.
pub(super) struct Caller {
    /// Of its look-ups.
    pub(super) key: SessionKey,
    pub(super) client: Client,
}

/// One request, past the door.
pub(super) struct Asked {
    /// Language of the answer.
    pub(super) lang: Lang,
    /// Where it comes from; behind a proxy, as the proxy says.
    pub(super) from: IpAddr,
    /// When it came.
    pub(super) now: Timestamp,
    /// The browser's token: its own, or a new one.
    pub(super) token: Token,
    /// What every form of the answer carries.
    pub(super) seal: String,
    /// Who is signed in.
    pub(super) visitor: Option<Visitor>,
    /// Which client's token came with it; never beside a visitor.
    pub(super) caller: Option<Caller>,
    /// Whether it is asked of the interface: no cookie counts, and errors are for programs.
    pub(super) is_api: bool,
    /// Whose desk it is.
    pub(super) office: String,
    /// The page's own address, for links back to it; that of the first page where it is none that can be asked again.
    pub(super) here: String,
    /// The parts of the address that the route names.
    pub(super) parts: Vec<(String, String)>,
    /// What stands behind the question mark.
    pub(super) query: Form,
    /// What a form sent.
    pub(super) form: Form,
    /// What a program sent, and what it says that it is.
    pub(super) body: (String, Vec<u8>),
    /// Where the body lies, of a route that takes files in.
    pub(super) upload: Option<Place>,
    /// Header `Last-Event-ID`.
    pub(super) last_event: Option<String>,
    /// Header `Range`.
    pub(super) range: Option<String>,
    /// Header `If-Range`.
    pub(super) if_range: Option<String>,
}

impl Asked {
    /// Who is signed in.
    ///
    /// # Errors
    /// [`Refusal::SignIn`].
    pub(super) fn visitor(&self) -> Result<&Visitor, Refusal> {
        self.visitor.as_ref().ok_or(Refusal::SignIn)
    }

    /// Which client asks.
    ///
    /// # Errors
    /// [`Refusal::NoToken`].
    pub(super) fn caller(&self) -> Result<&Caller, Refusal> {
        self.caller.as_ref().ok_or(Refusal::NoToken)
    }

    /// Where the look-ups of whoever asks are kept, person or program.
    ///
    /// # Errors
    /// [`Refusal::SignIn`].
    pub(super) fn key(&self) -> Result<SessionKey, Refusal> {
        match &self.caller {
            Some(caller) => Ok(caller.key),
            None => Ok(self.visitor()?.key),
        }
    }

    /// Who asks, as events have it. No account is called as a client is.
    ///
    /// # Errors
    /// [`Refusal::SignIn`].
    pub(super) fn person(&self) -> Result<Person, Refusal> {
        if let Some(caller) = &self.caller {
            return Ok(Person {
                by: caller.client.name.clone(),
                account: format!("client:{}", caller.client.name),
                from: format!("api@{}", self.from),
            });
        }
        let account = self.visitor()?.account.name.clone();
        Ok(Person {
            by: account.clone(),
            account,
            from: format!("web@{}", self.from),
        })
    }

    /// Who asks, as the cover of a bundle names them.
    ///
    /// # Errors
    /// [`Refusal::SignIn`].
    pub(super) fn named(&self) -> Result<String, Refusal> {
        if let Some(caller) = &self.caller {
            return Ok(caller.client.name.clone());
        }
        let account = &self.visitor()?.account;
        Ok(format!("{} ({})", account.display_name, account.name))
    }

    /// Whether a client asks that has this scope.
    pub(super) fn has_scope(&self, scope: Scope) -> bool {
        let caller = self.caller.as_ref();
        caller.is_some_and(|it| it.client.scopes.contains(&scope))
    }

    /// Whether the visitor has one of these roles.
    pub(super) fn has_any(&self, roles: &[WebRole]) -> bool {
        let account = self.visitor.as_ref().map(|it| &it.account);
        account.is_some_and(|it| roles.iter().any(|role| it.roles.contains(role)))
    }

    /// A part of the address; empty where the route has none of this name.
    pub(super) fn part(&self, name: &str) -> &str {
        let found = self.parts.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The number of the page that is asked for, from 1.
    pub(super) fn page(&self) -> usize {
        let typed = self.query.value("page").parse::<usize>();
        typed.unwrap_or(1).clamp(1, 1000)
    }

    /// The look-up that the address names.
    ///
    /// # Errors
    /// [`Refusal::LookUpEnded`]: of another session, or forgotten.
    pub(super) fn look_up(&self, desk: &Desk) -> Result<LookUp, Refusal> {
        let found = desk
            .sessions
            .look_ups(self.key()?, |all| all.find(self.part("look_up")));
        found.flatten().ok_or(Refusal::LookUpEnded)
    }

    /// The record that the address names, which this look-up has shown.
    ///
    /// # Errors
    /// [`Refusal::LookUpEnded`].
    pub(super) fn record(&self, desk: &Desk, look_up: &LookUp) -> Result<RecordId, Refusal> {
        let record = self.part("record").parse().map_err(|_| Refusal::NotFound)?;
        let is_shown = desk
            .sessions
            .look_ups(self.key()?, |all| all.has_shown(&look_up.handle, record));
        is_shown
            .unwrap_or(false)
            .then_some(record)
            .ok_or(Refusal::LookUpEnded)
    }
}
