//! What a handler answers, and what it becomes on the wire: every answer with the headers that keep a browser from
//! running, embedding, guessing or keeping anything.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use maud::Markup;

use super::asked::Asked;
use super::body::FileBody;
use super::clients::Scope;
use super::range::Range;
use super::scratch::Place;
use super::sessions::Token;
use super::stream::EventBody;
use crate::config::WebConfig;
use crate::record::{Lang, Sha256Digest};

/// The session's cookie. The prefix makes browsers refuse it from anybody but this very host, over TLS.
const COOKIE_TLS: &str = "__Host-sohoa";
const COOKIE_PLAIN: &str = "sohoa";
/// The language's.
pub(super) const COOKIE_LANG: &str = "sohoa-lang";

/// No script at all; nothing from elsewhere; forms go home; nobody frames a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// A document is shown in a frame of our own page; the browser's viewer styles itself.
const POLICY_OF_DOCUMENTS: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; \
                                   base-uri 'none'; frame-ancestors 'self'";

/// Why somebody gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody is signed in.
    SignIn,
    /// The role is missing.
    Forbidden,
    /// The paper shows an identity card, and the role for these is missing.
    IdentityCard,
    /// The form is not from our own page, or from one of before the last sign-in.
    Forged,
    /// The look-up has ended, or never showed this.
    LookUpEnded,
    /// There is no such page.
    NotFound,
    /// Not with this method.
    Method,
    /// Too much was sent.
    TooLarge,
    /// It took too long to send, or to wait for a turn.
    Busy,
    /// The look could not be kept.
    NotKept,
    /// A program asks without a token.
    NoToken,
    /// A program asks with a token that is nobody's, or was revoked.
    BadToken,
    /// The client lacks this scope.
    NoScope(Scope),
    /// The archive's bytes are not what they were.
    Damaged,
    /// Something failed; the code is in the log too.
    Failed(&'static str),
}

impl Refusal {
    /// Status of the answer.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::SignIn | Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::IdentityCard | Self::Forged | Self::NoScope(_) => {
                StatusCode::FORBIDDEN
            }
            Self::LookUpEnded | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy | Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
            Self::Damaged | Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

enum Content {
    Text(String, &'static str),
    /// JPEG.
    Picture(Vec<u8>),
    File {
        range: Option<Range>,
        content: File,
        kind: &'static str,
        place: Option<Place>,
    },
    Events(EventBody),
    Nothing,
}

/// An answer.
pub(super) struct Reply {
    status: StatusCode,
    content: Content,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// It may be shown in a frame of ours.
    is_document: bool,
    /// The browser may keep it.
    is_public: bool,
}

impl Reply {
    /// A page.
    pub(super) fn page(markup: Markup) -> Self {
        Self::of(
            StatusCode::OK,
            Content::Text(markup.into_string(), "text/html; charset=utf-8"),
        )
    }

    /// With another status than 200.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Plain text for machines.
    pub(super) fn text(text: String, kind: &'static str) -> Self {
        Self::of(StatusCode::OK, Content::Text(text, kind))
    }

    /// What a program is told.
    pub(super) fn json(value: &impl serde::Serialize) -> Result<Self, Refusal> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|_| Refusal::Failed("api.json"))?;
        Ok(Self::text(text + "\n", "application/json"))
    }

    /// A picture (JPEG).
    pub(super) fn picture(bytes: &[u8]) -> Self {
        Self::of(StatusCode::OK, Content::Picture(bytes.to_vec()))
    }

    /// What happens, as it happens.
    pub(super) fn events(body: EventBody) -> Self {
        Self::of(StatusCode::OK, Content::Events(body))
    }

    /// The browser asks for this place by itself after so many seconds.
    pub(super) fn then(self, seconds: u32, place: &str) -> Self {
        self.with(header::REFRESH, &format!("{seconds}; url={place}"))
    }

    /// Something that says nothing about anybody and may be kept for a day.
    pub(super) fn public(text: &str, kind: &'static str) -> Self {
        let mut reply = Self::text(text.to_owned(), kind);
        reply.is_public = true;
        reply
    }

    /// Look there (303): a reload does not send the form again.
    pub(super) fn see(place: &str) -> Self {
        Self::of(StatusCode::SEE_OTHER, Content::Nothing).with(header::LOCATION, place)
    }

    /// The bytes of a file, or the part of them that was asked for. `name` is for saving: with one, the browser saves
    /// it and shows nothing.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn file(
        asked: &Asked,
        mut content: File,
        (kind, digest): (&'static str, &Sha256Digest),
        name: Option<&str>,
    ) -> io::Result<Self> {
        let length = content.metadata()?.len();
        let tag = format!("\"{digest}\"");
        let is_same = asked.if_range.as_ref().is_none_or(|held| *held == tag);
        let range = asked.range.as_ref().filter(|_| is_same);
        let range = range.map_or(Ok(None), |text| Range::parse(text, length));
        let Ok(range) = range else {
            let reply = Self::of(StatusCode::RANGE_NOT_SATISFIABLE, Content::Nothing);
            return Ok(reply.with(header::CONTENT_RANGE, &format!("bytes */{length}")));
        };
        let status = match range {
            Some(_) => StatusCode::PARTIAL_CONTENT,
            None => StatusCode::OK,
        };
        if let Some(range) = range {
            content.seek(SeekFrom::Start(range.first))?;
        }
        let disposition = match name {
            Some(name) => format!("attachment; filename=\"{name}\""),
            None => "inline".to_owned(),
        };
        let mut reply = Self::of(
            status,
            Content::File {
                range,
                content,
                kind,
                place: None,
            },
        )
        .with(header::ACCEPT_RANGES, "bytes")
        .with(header::ETAG, &tag)
        .with(header::CONTENT_DISPOSITION, &disposition);
        if let Some(range) = range {
            reply = reply.with(header::CONTENT_RANGE, &range.header(length));
        }
        reply.is_document = name.is_none();
        Ok(reply)
    }

    /// A file that was made for this answer alone, to keep under `name`; its place is free once it is out.
    pub(super) fn made(content: File, kind: &'static str, name: &str, place: Place) -> Self {
        let file = Content::File {
            range: None,
            content,
            kind,
            place: Some(place),
        };
        Self::of(StatusCode::OK, file).kept_as(name)
    }

    /// The browser saves it under this name, and shows nothing.
    pub(super) fn kept_as(self, name: &str) -> Self {
        let disposition = format!("attachment; filename=\"{name}\"");
        self.with(header::CONTENT_DISPOSITION, &disposition)
    }

    /// Gives the browser a session, or takes it away.
    pub(super) fn with_token(self, web: &WebConfig, token: Option<&Token>) -> Self {
        let name = cookie_name(web);
        let secure = if web.is_encrypted() { "; Secure" } else { "" };
        let (value, age) = match token {
            Some(token) => (token.as_str(), ""),
            None => ("", "; Max-Age=0"),
        };
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        self.with(header::SET_COOKIE, &cookie)
    }

    /// Remembers the language for a year.
    pub(super) fn with_language(self, web: &WebConfig, lang: Lang) -> Self {
        let secure = if web.is_encrypted() { "; Secure" } else { "" };
        let lang = lang.pick("vi", "en");
        let cookie = format!(
            "{COOKIE_LANG}={lang}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000{secure}"
        );
        self.with(header::SET_COOKIE, &cookie)
    }

    /// Whether bytes of a file are given out.
    pub(super) fn gives_bytes(&self) -> bool {
        matches!(self.content, Content::File { .. })
    }

    /// Whether these bytes are not the first of the file.
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.content, Content::File { range: Some(range), .. } if range.first > 0)
    }

    /// Whether it is a page with forms on it, which need a cookie.
    pub(super) fn has_forms(&self) -> bool {
        matches!(self.content, Content::Text(_, kind) if kind.starts_with("text/html"))
    }

    /// As it goes out.
    pub(super) fn into_response(self, web: &WebConfig) -> Response<Body> {
        let (body, kind) = match self.content {
            Content::Nothing => (Body::empty(), None),
            Content::Text(text, kind) => (Body::from(text), Some(kind)),
            Content::Picture(bytes) => (Body::from(bytes), Some("image/jpeg")),
            Content::Events(body) => (Body::new(body), Some("text/event-stream")),
            Content::File {
                range,
                content,
                kind,
                place,
            } => {
                let body = FileBody::of(content, range.map(|it| it.length()), place);
                (Body::new(body), Some(kind))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let (policy, frames) = match self.is_document {
            true => (POLICY_OF_DOCUMENTS, "SAMEORIGIN"),
            false => (POLICY, "DENY"),
        };
        let cache = match self.is_public {
            true => "public, max-age=86400",
            false => "no-store",
        };
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_FRAME_OPTIONS, frames),
            (header::CACHE_CONTROL, cache),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // Not `no-referrer`: browsers then hide from us, too, where a form comes from.
            (header::REFERRER_POLICY, "same-origin"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=()",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if web.is_encrypted() {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }

    fn of(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            content,
            headers: Vec::new(),
            is_document: false,
            is_public: false,
        }
    }

    /// A value that is no header (line ends, control characters) is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// Name of the session's cookie.
pub(super) fn cookie_name(web: &WebConfig) -> &'static str {
    if web.is_encrypted() {
        COOKIE_TLS
    } else {
        COOKIE_PLAIN
    }
}
