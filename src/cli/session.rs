//! `sohoa sign-session`: opens and closes the sessions in which the daemon signs with attended keys.
//!
//! The PIN is asked for here, where the person sits, and told to the daemon once.

use serde::Serialize;
use zeroize::Zeroizing;

use super::arguments::SessionAction;
use super::output::Output;
use crate::config::{Config, KeyConfig};
use crate::error::{Error, JourneyError};
use crate::record::{ExitCode, vietnam_time};
use crate::session::Session;
use crate::session::line::{self, Answer, Queue, Request, SOCKET};
use crate::sign::SignError;
use crate::sign::keys::{PinSource, SecretRequest, Terminal};

/// The names are a contract. Where it is about one session, its members stand at the top as well.
#[derive(Serialize)]
struct State<'a> {
    open: bool,
    #[serde(flatten)]
    only: Option<&'a Session>,
    waiting: u64,
    waiting_for: &'a [Queue],
    sessions: &'a [Session],
}

pub(super) fn run(
    action: &SessionAction,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let request = match action {
        SessionAction::Open { key, by } => Request::Open {
            key: key.clone(),
            by: by.clone(),
            secret: secret(key, config, output)?,
        },
        SessionAction::Status => Request::Status,
        SessionAction::Close { key } => {
            if let Some(key) = key {
                require_key(key, config)?;
            }
            Request::Close { key: key.clone() }
        }
    };
    let work = &config.folders.work;
    let answer = line::ask(work, &request).map_err(|source| JourneyError::Io {
        path: work.join(SOCKET),
        source,
    })?;
    match answer.ok_or(JourneyError::NoDaemon)? {
        Answer::Sessions {
            sessions,
            waiting,
            queues,
        } => Ok(tell(&sessions, waiting, &queues, output)),
        Answer::Refused {
            code,
            message,
            advice,
        } => Err(JourneyError::SessionRefused {
            code,
            message,
            advice,
        }
        .into()),
    }
}

/// What the person must know to open the key; nothing where the daemon has it from elsewhere.
fn secret(
    name: &str,
    config: &Config,
    output: &Output,
) -> Result<Option<Zeroizing<String>>, Error> {
    let key = require_key(name, config)?;
    if !key.is_typed() {
        return Ok(None);
    }
    let person = Terminal {
        lang: output.lang(),
    };
    let secret = person
        .ask(&SecretRequest::of(key))
        .map_err(SignError::from)?;
    Ok(Some(secret.into_text()))
}

/// The key that a person named.
pub(super) fn require_key<'a>(
    name: &str,
    config: &'a Config,
) -> Result<&'a KeyConfig, JourneyError> {
    let signing = config.signing.as_ref().ok_or(JourneyError::NoKey)?;
    signing.key(name).ok_or_else(|| JourneyError::NoSuchKey {
        name: name.to_owned(),
        known: signing.keys().map(|key| key.name.clone()).collect(),
    })
}

fn tell(sessions: &[Session], waiting: u64, queues: &[Queue], output: &Output) -> ExitCode {
    output.object(&State {
        open: sessions.iter().any(|session| session.closed.is_none()),
        only: match sessions {
            [only] => Some(only),
            _ => None,
        },
        waiting,
        waiting_for: queues,
        sessions,
    });
    if sessions.is_empty() {
        output.say(
            "Không có phiên ký nào đang mở.",
            "No signing session is open.",
        );
    }
    for session in sessions {
        tell_one(session, output);
    }
    for Queue { key, documents } in queues {
        output.say(
            &format!("Chờ khóa “{key}”: {documents} tài liệu."),
            &format!("Waiting for key “{key}”: {documents} documents."),
        );
    }
    output.say(
        &format!("Tổng số tài liệu đang chờ: {waiting}."),
        &format!("Documents that wait in all: {waiting}."),
    );
    ExitCode::Ok
}

fn tell_one(session: &Session, output: &Output) {
    let (vi, en) = if session.closed.is_none() {
        ("Phiên ký đang mở", "The signing session is open")
    } else {
        ("Đã đóng phiên ký", "The signing session is closed")
    };
    let (key, by, at) = (&session.key, &session.by, vietnam_time(session.opened));
    let (certificate, documents) = (session.certificate_sha256, session.documents);
    output.say(
        &format!("{vi}: khóa “{key}”, {by}, từ {at}, chứng thư {certificate}, đã ký {documents}"),
        &format!(
            "{en}: key “{key}”, {by}, since {at}, certificate {certificate}, {documents} signed"
        ),
    );
}
