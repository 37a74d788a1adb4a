//! What all requests share.

use std::sync::Arc;

use jiff::Timestamp;

use super::accounts::Accounts;
use super::asked::{Asked, Caller};
use super::clients::Clients;
use super::doors::Doors;
use super::holdings::Holdings;
use super::lookups::LookUp;
use super::metrics::Metrics;
use super::pictures::Pictures;
use super::reply::Refusal;
use super::scratch::Scratch;
use super::sessions::{Sessions, Token, Visitor};
use super::stream::Streams;
use crate::access::{AccessError, AccessLog, Event, EventKind, Purpose};
use crate::config::{Config, WebConfig};
use crate::random;
use crate::record::{CitizenId, Clock, DocumentKind, Lang, RecordId, Sha256Digest};
use crate::reuse::procedure::Catalogue;
use crate::worklist::Orders;

/// The desk: one a process, shared by all requests.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) web: WebConfig,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) accounts: Accounts,
    pub(super) clients: Clients,
    pub(super) sessions: Sessions,
    pub(super) doors: Doors,
    pub(super) holdings: Holdings,
    pub(super) metrics: Metrics,
    /// Room for bundles on their way out.
    pub(super) scratch: Scratch,
    /// Room for what is sent, until it is taken in.
    pub(super) uploads: Scratch,
    pub(super) pictures: Pictures,
    /// Room for answers that go on.
    pub(super) streams: Streams,
    /// Who carries decisions out.
    pub(super) orders: Orders,
    access: AccessLog,
    /// What people call the kinds of papers.
    kinds: Option<Catalogue>,
    /// Known to this process alone: forms that do not carry a seal made with it are not ours.
    secret: [u8; 32],
}

/// Whom and what a look showed.
#[derive(Default)]
pub(super) struct Shown {
    /// By their full number, or as the owners of papers.
    pub(super) citizens: Vec<CitizenId>,
    /// In a list, with a masked number.
    pub(super) listed: Vec<CitizenId>,
    pub(super) records: Vec<RecordId>,
}

impl Desk {
    /// # Errors
    /// The operating system has no randomness.
    pub(super) fn new(
        config: &Config,
        web: &WebConfig,
        orders: &Orders,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<Self> {
        let kinds = Catalogue::load(&config.data_folder);
        if let Err(error) = &kinds {
            tracing::warn!(cause = %error, "kinds of papers have no names at the desk");
        }
        Ok(Self {
            accounts: Accounts::of(&config.data_folder),
            clients: Clients::of(&config.data_folder),
            sessions: Sessions::new(web.session_idle, web.session),
            doors: Doors::default(),
            holdings: Holdings::of(config),
            metrics: Metrics::default(),
            scratch: Scratch::of(config),
            uploads: Scratch::of_uploads(config),
            pictures: Pictures::default(),
            streams: Streams::default(),
            orders: orders.clone(),
            access: AccessLog::of(&config.data_folder, config.bulk_per_hour),
            kinds: kinds.ok(),
            secret: random::secret()?,
            config: config.clone(),
            web: web.clone(),
            clock,
        })
    }

    /// The seal of forms for the browser that has this cookie.
    pub(super) fn seal(&self, token: &Token) -> String {
        // A secret of fixed length before a token of fixed length: no two pairs give the same bytes.
        let mut bytes = self.secret.to_vec();
        bytes.extend_from_slice(token.as_str().as_bytes());
        Sha256Digest::of(&bytes).to_string()
    }

    /// Whose cookie it is; a session whose account was changed or disabled ends here.
    /// What a browser asks for by itself does not keep it from ending.
    pub(super) fn visitor(
        &self,
        token: &Token,
        now: Timestamp,
        is_by_itself: bool,
    ) -> Option<Visitor> {
        self.sessions.visitor(token, (now, is_by_itself), |account| match self.accounts.all() {
            Ok(accounts) => accounts.iter().any(|it| it.is_still(account) && !it.disabled),
            Err(error) => {
                tracing::error!(cause = %error, "the accounts cannot be read; nobody is let in");
                false
            }
        })
    }

    /// Which client's token this is.
    pub(super) fn caller(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let client = self.clients.of_token(token).unwrap_or_else(|error| {
            tracing::error!(cause = %error, "the clients cannot be read; none is let in");
            None
        })?;
        Some(Caller {
            key: self.sessions.of_client(client.token_digest(), now),
            client,
        })
    }

    /// Keeps a look at papers; nothing may be shown unless this returns well.
    ///
    /// # Errors
    /// [`Refusal::NotKept`].
    pub(super) fn note(
        &self,
        asked: &Asked,
        look_up: &LookUp,
        (what, citizens, records): (EventKind, Vec<CitizenId>, Vec<RecordId>),
    ) -> Result<(), Refusal> {
        // In a list numbers are masked; who was asked for by number is shown all the same.
        let by_number = look_up
            .sought
            .number()
            .and_then(|it| it.expose().parse().ok());
        let is_listed =
            |citizen: &CitizenId| what == EventKind::Search && by_number.as_ref() != Some(citizen);
        let (listed, citizens) = citizens.into_iter().partition(is_listed);
        let shown = Shown {
            citizens,
            listed,
            records,
        };
        self.keep_look(asked, what, look_up.purpose.clone(), shown)
    }

    /// The same for what is looked at outside any look-up.
    ///
    /// # Errors
    /// [`Refusal::NotKept`].
    pub(super) fn keep_look(
        &self,
        asked: &Asked,
        what: EventKind,
        purpose: Purpose,
        shown: Shown,
    ) -> Result<(), Refusal> {
        let event = Event {
            citizens: shown.citizens,
            listed: shown.listed,
            records: shown.records,
            ..self.event(asked, what, purpose)?
        };
        self.keep(&event).map_err(|_| Refusal::NotKept)
    }

    /// An event of whoever asks, of nobody and nothing yet.
    ///
    /// # Errors
    /// [`Refusal::SignIn`].
    pub(super) fn event(
        &self,
        asked: &Asked,
        what: EventKind,
        purpose: Purpose,
    ) -> Result<Event, Refusal> {
        let number = random::record_id(asked.now);
        Ok(Event::new(
            number,
            asked.now,
            what,
            asked.person()?,
            purpose,
        ))
    }

    /// Keeps an event; nothing may be shown or given out unless this returns well.
    ///
    /// # Errors
    /// The log's, logged and counted.
    pub(super) fn keep(&self, event: &Event) -> Result<(), AccessError> {
        let kept = self.access.keep(event);
        match &kept {
            Ok(()) => self.metrics.looks_noted.add(),
            Err(error) => {
                self.metrics.looks_not_noted.add();
                tracing::error!(cause = %error, "a look could not be kept; nothing was shown");
            }
        }
        kept
    }

    /// All kinds of papers by what people call them; empty where the catalogue cannot be read.
    pub(super) fn kinds(&self) -> Vec<(&DocumentKind, &str)> {
        let known = self.kinds.as_ref().map(|all| all.kinds());
        let mut kinds: Vec<_> = known.into_iter().flatten().collect();
        kinds.sort_by_key(|(_, name)| name.to_lowercase());
        kinds
    }

    /// What people call a kind of paper.
    pub(super) fn kind_name(&self, kind: Option<&str>, lang: Lang) -> String {
        let Some(slug) = kind else {
            return lang.pick("Chưa rõ loại", "Kind not known").to_owned();
        };
        let known = slug.parse::<DocumentKind>().ok().and_then(|kind| {
            let catalogue = self.kinds.as_ref()?;
            Some(catalogue.kind(&kind)?.name.clone())
        });
        known.unwrap_or_else(|| slug.to_owned())
    }
}
