//! The one table of everything that the desk answers, and who may ask for it. The router is made from it, and so is
//! the test that tries every route with every role: a route that is not here does not exist.

use super::api;
use super::asked::Asked;
use super::clients::Scope;
use super::desk::Desk;
use super::handlers::{
    accounts, audit, bundle, decide, entry, files, pages, password, person, prefill, procedures,
    proof, public, record, search, signing, station, worklist,
};
use super::reply::{Refusal, Reply};
use crate::config::WebRole;

/// Methods in use; `HEAD` comes with `GET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Changes nothing but what is remembered of looks.
    Get,
    /// Carries a form with the seal of one of our own pages.
    Post,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not: nothing about any person.
    Anybody,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has one of these roles.
    Roles(&'static [WebRole]),
    /// A program whose token has this scope; no person, whatever their roles.
    Client(Scope),
}

impl Who {
    /// Whether a program may that has this scope alone; `None` is one without a good token.
    #[must_use]
    pub fn lets_client(self, scope: Option<Scope>) -> bool {
        match self {
            Self::Anybody => true,
            Self::Client(needed) => scope == Some(needed),
            Self::SignedIn | Self::Roles(_) => false,
        }
    }

    /// Whether somebody with this role may; `None` is nobody in particular.
    #[must_use]
    pub fn lets(self, role: Option<WebRole>) -> bool {
        match (self, role) {
            (Self::Anybody, _) | (Self::SignedIn, Some(_)) => true,
            (Self::Roles(roles), Some(role)) => roles.contains(&role),
            (Self::SignedIn | Self::Roles(_), None) | (Self::Client(_), _) => false,
        }
    }
}

/// On which of the bounded sets of threads a handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Reads the archive or the index.
    Reading,
    /// Draws a page, which takes memory and time: a few at once.
    Drawing,
    /// Hashes a password, which takes memory and time: one after the other.
    Hashing,
    /// Answers from memory.
    Quick,
    /// Takes files in: who asks is known before a byte of them is read, and they go to the disk, not into memory.
    Taking,
}

type Handler = fn(&Desk, &Asked) -> Result<Reply, Refusal>;

/// One line of the table.
pub struct Route {
    /// How.
    pub method: Method,
    /// Where; parts in braces are anything without a slash.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    pub(super) turn: Turn,
    pub(super) answer: Handler,
}

const LOOKUP: Who = Who::Client(Scope::Lookup);
const REUSE: Who = Who::Client(Scope::Reuse);

/// Who looks up people's papers.
pub(super) const LOOKS_UP: &[WebRole] = &[WebRole::Officer, WebRole::Registrar];

const LOOKERS: Who = Who::Roles(LOOKS_UP);

/// Who reads the log of look-ups.
pub(super) const AUDITS: &[WebRole] = &[WebRole::Auditor];

/// Who keeps the accounts.
pub(super) const KEEPS_ACCOUNTS: &[WebRole] = &[WebRole::Administrator];

const KEEPERS: Who = Who::Roles(KEEPS_ACCOUNTS);

/// Who opens and closes signing sessions.
pub(super) const SIGNS: &[WebRole] = &[WebRole::Registrar];

const SIGNERS: Who = Who::Roles(SIGNS);

/// Who sees what became of a station's scans.
pub(super) const AT_COUNTERS: &[WebRole] =
    &[WebRole::Station, WebRole::Officer, WebRole::Registrar];

const COUNTERS: Who = Who::Roles(AT_COUNTERS);

const fn get(path: &'static str, who: Who, turn: Turn, answer: Handler) -> Route {
    Route {
        method: Method::Get,
        path,
        who,
        turn,
        answer,
    }
}

const fn post(path: &'static str, who: Who, turn: Turn, answer: Handler) -> Route {
    Route {
        method: Method::Post,
        path,
        who,
        turn,
        answer,
    }
}

/// Everything that the desk answers.
pub static TABLE: &[Route] = &[
    get("/", Who::SignedIn, Turn::Quick, search::face),
    get("/sign-in", Who::Anybody, Turn::Quick, entry::face),
    post("/sign-in", Who::Anybody, Turn::Hashing, entry::sign_in),
    post("/sign-out", Who::SignedIn, Turn::Quick, entry::sign_out),
    post("/language", Who::Anybody, Turn::Quick, entry::language),
    get("/assets/desk.css", Who::Anybody, Turn::Quick, public::style),
    get("/health", Who::Anybody, Turn::Reading, public::health),
    get("/metrics", Who::Anybody, Turn::Reading, public::metrics),
    get("/access", Who::Roles(AUDITS), Turn::Quick, audit::face),
    post("/access", Who::Roles(AUDITS), Turn::Reading, audit::answer),
    get("/accounts", KEEPERS, Turn::Quick, accounts::face),
    post("/accounts", KEEPERS, Turn::Hashing, accounts::add),
    get("/accounts/{account}", KEEPERS, Turn::Quick, accounts::one),
    post(
        "/accounts/{account}/roles",
        KEEPERS,
        Turn::Quick,
        accounts::roles,
    ),
    post(
        "/accounts/{account}/lock",
        KEEPERS,
        Turn::Quick,
        accounts::lock,
    ),
    post(
        "/accounts/{account}/unlock",
        KEEPERS,
        Turn::Quick,
        accounts::unlock,
    ),
    post(
        "/accounts/{account}/password",
        KEEPERS,
        Turn::Hashing,
        accounts::password,
    ),
    post(
        "/accounts/{account}/sessions",
        KEEPERS,
        Turn::Quick,
        accounts::end_sessions,
    ),
    get("/password", Who::SignedIn, Turn::Quick, password::face),
    post("/password", Who::SignedIn, Turn::Hashing, password::change),
    post("/look-ups", LOOKERS, Turn::Quick, search::begin),
    get("/look-ups/{look_up}", LOOKERS, Turn::Reading, search::found),
    get(
        "/look-ups/{look_up}/people/{person}",
        LOOKERS,
        Turn::Reading,
        person::face,
    ),
    get(
        "/look-ups/{look_up}/people/{person}/procedures",
        LOOKERS,
        Turn::Reading,
        procedures::choose,
    ),
    get(
        "/look-ups/{look_up}/people/{person}/procedures/{procedure}",
        LOOKERS,
        Turn::Reading,
        procedures::face,
    ),
    post(
        "/look-ups/{look_up}/people/{person}/procedures/{procedure}/bundle",
        LOOKERS,
        Turn::Reading,
        bundle::take,
    ),
    get(
        "/look-ups/{look_up}/people/{person}/procedures/{procedure}/prefill",
        LOOKERS,
        Turn::Reading,
        prefill::face,
    ),
    get(
        "/look-ups/{look_up}/people/{person}/procedures/{procedure}/prefill.json",
        LOOKERS,
        Turn::Reading,
        prefill::json,
    ),
    get(
        "/look-ups/{look_up}/records/{record}",
        LOOKERS,
        Turn::Reading,
        record::face,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/text",
        LOOKERS,
        Turn::Reading,
        record::text,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/validation",
        LOOKERS,
        Turn::Reading,
        record::validation,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/proof.json",
        LOOKERS,
        Turn::Reading,
        proof::file,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/document.pdf",
        LOOKERS,
        Turn::Reading,
        files::document,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/copy",
        LOOKERS,
        Turn::Reading,
        files::copy,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/originals/{original}",
        LOOKERS,
        Turn::Reading,
        files::original,
    ),
    get(
        "/look-ups/{look_up}/records/{record}/pages/{page}",
        LOOKERS,
        Turn::Drawing,
        pages::picture,
    ),
    get("/worklist", LOOKERS, Turn::Reading, worklist::list),
    get("/worklist/{item}", LOOKERS, Turn::Drawing, worklist::face),
    get(
        "/worklist/{item}/pages/{page}",
        LOOKERS,
        Turn::Drawing,
        worklist::picture,
    ),
    post(
        "/worklist/{item}/decisions",
        LOOKERS,
        Turn::Reading,
        decide::decide,
    ),
    get("/signing", SIGNERS, Turn::Reading, signing::face),
    post("/signing/open", SIGNERS, Turn::Reading, signing::open),
    post("/signing/close", SIGNERS, Turn::Quick, signing::close),
    get("/stations", COUNTERS, Turn::Reading, station::list),
    get(
        "/stations/{station}",
        COUNTERS,
        Turn::Reading,
        station::face,
    ),
    get(
        "/api/v1/look-ups/{look_up}/people/{person}/procedures/{procedure}",
        REUSE,
        Turn::Reading,
        api::checklist,
    ),
    get(
        "/api/v1/look-ups/{look_up}/people/{person}/procedures/{procedure}/prefill.json",
        REUSE,
        Turn::Reading,
        prefill::json,
    ),
    post(
        "/api/v1/look-ups/{look_up}/people/{person}/procedures/{procedure}/bundle",
        REUSE,
        Turn::Reading,
        api::bundle,
    ),
    get(
        "/api/v1/worklist",
        Who::Client(Scope::Worklist),
        Turn::Reading,
        api::worklist,
    ),
    post(
        "/api/v1/stations/{station}/drops",
        Who::Client(Scope::Ingest),
        Turn::Taking,
        api::drop_in,
    ),
    get(
        "/api/v1/stations/{station}/events",
        Who::Client(Scope::Events),
        Turn::Quick,
        api::events,
    ),
    get(
        "/api/v1/stations/{station}/drops/{drop}",
        Who::Client(Scope::Ingest),
        Turn::Reading,
        api::state,
    ),
    get(
        "/api/v1/openapi.json",
        Who::Anybody,
        Turn::Quick,
        api::openapi,
    ),
    post("/api/v1/look-ups", LOOKUP, Turn::Reading, api::begin),
    get(
        "/api/v1/look-ups/{look_up}",
        LOOKUP,
        Turn::Reading,
        api::found,
    ),
    get(
        "/api/v1/look-ups/{look_up}/records/{record}",
        LOOKUP,
        Turn::Reading,
        api::record,
    ),
    get(
        "/api/v1/look-ups/{look_up}/records/{record}/document.pdf",
        LOOKUP,
        Turn::Reading,
        api::document,
    ),
    get(
        "/api/v1/look-ups/{look_up}/records/{record}/originals/{original}",
        LOOKUP,
        Turn::Reading,
        files::original,
    ),
    get(
        "/api/v1/look-ups/{look_up}/records/{record}/validation.json",
        LOOKUP,
        Turn::Reading,
        api::validation,
    ),
    get(
        "/api/v1/look-ups/{look_up}/records/{record}/proof.json",
        LOOKUP,
        Turn::Reading,
        proof::file,
    ),
];
