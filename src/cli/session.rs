//! `sohoa sign-session`: opens and closes the session in which the daemon signs with an attended key.
//!
//! The PIN is asked for here, where the person sits, and told to the daemon once.

use serde::Serialize;
use zeroize::Zeroizing;

use super::arguments::SessionAction;
use super::output::Output;
use crate::config::Config;
use crate::config::signing::ORGANISATION;
use crate::error::{Error, JourneyError};
use crate::record::{ExitCode, vietnam_time};
use crate::session::Session;
use crate::session::line::{self, Answer, Request, SOCKET};
use crate::sign::SignError;
use crate::sign::keys::{PinSource, SecretRequest, Terminal};

#[derive(Serialize)]
struct State<'a> {
    open: bool,
    #[serde(flatten)]
    session: Option<&'a Session>,
    waiting: u64,
}

pub(super) fn run(
    action: &SessionAction,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let request = match action {
        SessionAction::Open { by } => Request::Open {
            by: by.clone(),
            secret: secret(config, output)?,
        },
        SessionAction::Status => Request::Status,
        SessionAction::Close => Request::Close,
    };
    let work = &config.folders.work;
    let answer = line::ask(work, &request).map_err(|source| JourneyError::Io {
        path: work.join(SOCKET),
        source,
    })?;
    match answer.ok_or(JourneyError::NoDaemon)? {
        Answer::Session { session, waiting } => Ok(tell(session.as_ref(), waiting, output)),
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
fn secret(config: &Config, output: &Output) -> Result<Option<Zeroizing<String>>, Error> {
    let keys = config.signing.as_ref();
    let key = keys.and_then(|signing| signing.key(ORGANISATION));
    let key = key.ok_or(JourneyError::NoKey)?;
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

fn tell(session: Option<&Session>, waiting: u64, output: &Output) -> ExitCode {
    let is_open = session.is_some_and(|session| session.closed.is_none());
    output.object(&State {
        open: is_open,
        session,
        waiting,
    });
    match session {
        None => output.say(
            &format!("Không có phiên ký nào đang mở; {waiting} tài liệu đang chờ."),
            &format!("No signing session is open; {waiting} documents wait."),
        ),
        Some(session) => {
            let (by, at) = (&session.by, vietnam_time(session.opened));
            let (certificate, documents) = (session.certificate_sha256, session.documents);
            let (vi, en) = if is_open {
                ("Phiên ký đang mở", "The signing session is open")
            } else {
                ("Đã đóng phiên ký", "The signing session is closed")
            };
            output.say(
                &format!("{vi}: {by}, từ {at}, chứng thư {certificate}, đã ký {documents}, đang chờ {waiting}"),
                &format!("{en}: {by}, since {at}, certificate {certificate}, {documents} signed, {waiting} waiting"),
            );
        }
    }
    ExitCode::Ok
}
