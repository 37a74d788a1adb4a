//! An error as programs are told it (RFC 9457), in both languages: a code that stays, and words for the people who
//! will read a log of it.

use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;

use super::reply::{Refusal, Reply};
use super::views::refusal::line;
use crate::record::Lang;

const KIND: &str = "application/problem+json";

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    message_vi: &'a str,
    message_en: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
}

/// What is wrong with what a program sent, for whoever wrote it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) vi: String,
    pub(super) en: String,
}

/// Why a handler of the interface gives no answer.
pub(super) enum Mistake {
    Told(Told),
    Refused(Refusal),
}

impl From<Refusal> for Mistake {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Mistake {
    /// 422: it is understood, and cannot be meant.
    pub(super) fn unfit(code: &'static str, vi: &str, en: &str) -> Self {
        Self::with(StatusCode::UNPROCESSABLE_ENTITY, code, (vi, en))
    }

    /// The same with another status.
    pub(super) fn with(status: StatusCode, code: &'static str, (vi, en): (&str, &str)) -> Self {
        Self::Told(Told {
            status,
            code,
            vi: vi.to_owned(),
            en: en.to_owned(),
        })
    }

    /// As a handler answers it.
    pub(super) fn answer(self) -> Result<Reply, Refusal> {
        match self {
            Self::Refused(refusal) => Err(refusal),
            Self::Told(told) => Ok(problem(
                told.status,
                (told.code, None),
                (&told.vi, &told.en),
            )),
        }
    }
}

/// A refusal, for programs.
pub(super) fn refused(why: Refusal) -> Reply {
    let scope = match why {
        Refusal::NoScope(scope) => Some(scope.as_str()),
        Refusal::IdentityCard => Some(super::clients::Scope::IdentityCards.as_str()),
        _ => None,
    };
    let reply = problem(
        why.status(),
        (code(why), scope),
        (&line(why, Lang::Vi), &line(why, Lang::En)),
    );
    let reply = match challenge(why, scope) {
        Some(challenge) => reply.with(header::WWW_AUTHENTICATE, &challenge),
        None => reply,
    };
    match why {
        Refusal::Busy => reply.with(header::RETRY_AFTER, "5"),
        _ => reply,
    }
}

/// As RFC 6750 §3 has it.
fn challenge(why: Refusal, scope: Option<&str>) -> Option<String> {
    let realm = "Bearer realm=\"sohoa\"";
    match (why, scope) {
        (Refusal::NoToken | Refusal::SignIn, _) => Some(realm.to_owned()),
        (Refusal::BadToken, _) => Some(format!("{realm}, error=\"invalid_token\"")),
        (_, Some(scope)) => Some(format!(
            "{realm}, error=\"insufficient_scope\", scope=\"{scope}\""
        )),
        _ => None,
    }
}

fn code(why: Refusal) -> &'static str {
    match why {
        Refusal::SignIn | Refusal::NoToken => "api.no_token",
        Refusal::BadToken => "api.bad_token",
        Refusal::NoScope(_) => "api.no_scope",
        Refusal::Forbidden | Refusal::Forged => "api.forbidden",
        Refusal::IdentityCard => "api.identity_card",
        Refusal::LookUpEnded => "api.look_up_ended",
        Refusal::NotFound => "api.not_found",
        Refusal::Method => "api.method",
        Refusal::TooLarge => "api.too_large",
        Refusal::Busy => "api.busy",
        Refusal::NotKept => "api.not_kept",
        Refusal::Damaged => "api.damaged",
        Refusal::Failed(code) => code,
    }
}

fn problem(
    status: StatusCode,
    (code, scope): (&str, Option<&'static str>),
    (vi, en): (&str, &str),
) -> Reply {
    let problem = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail: en,
        code,
        message_vi: vi,
        message_en: en,
        scope,
    };
    // Strings and a number always are JSON.
    let text = serde_json::to_string_pretty(&problem).unwrap_or_default();
    Reply::text(text + "\n", KIND)
        .with_status(status)
        .with(HeaderName::from_static("content-language"), "en")
}
