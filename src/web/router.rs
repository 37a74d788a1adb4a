//! From the table of routes to answers: who asks, may they, is the form ours; then the handler, on one of a bounded
//! number of threads, and its answer with the headers that every answer has. A bug in a handler costs its own request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Response, StatusCode, header};
use axum::routing::{MethodFilter, on};
use tokio::sync::Semaphore;
use zeroize::Zeroize as _;

use super::asked::Asked;
use super::desk::Desk;
use super::form::Form;
use super::problem;
use super::reply::{COOKIE_LANG, Refusal, Reply, cookie_name};
use super::routes::{Method, Route, TABLE, Turn, Who};
use super::sessions::Token;
use super::upload;
use super::views;
use crate::record::Lang;

/// The longest form of ours is a look-up; a pasted card's code has a kilobyte.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Behind the question mark of what a browser asks for by itself: no sign of life of whoever signed in.
pub(super) const BY_ITSELF: &str = "by-itself";
/// For the body of a request to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
/// For a turn on one of the threads.
const TURN_TIME: Duration = Duration::from_secs(15);
/// Requests for pictures of pages, or pages with them; one is drawn at a time, the others are kept or begin.
const DRAWERS: usize = 4;
/// Requests that wait for a password to be hashed.
const HASHING_WAITERS: usize = 16;

/// Where a connection comes from; `server` puts it into each of its requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The threads that requests may have at once.
struct Turns {
    reading: Semaphore,
    drawing: Semaphore,
    hashing: Semaphore,
    hashing_or_waiting: Semaphore,
    quick: Semaphore,
}

/// The desk's routes.
pub(super) fn router(desk: &Arc<Desk>) -> Router {
    let turns = Arc::new(Turns {
        reading: Semaphore::new(desk.web.readers),
        drawing: Semaphore::new(DRAWERS),
        hashing: Semaphore::new(1),
        hashing_or_waiting: Semaphore::new(HASHING_WAITERS),
        quick: Semaphore::new(desk.web.readers * 2),
    });
    let mut router = Router::new();
    for route in TABLE {
        let method = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let (desk, turns) = (Arc::clone(desk), Arc::clone(&turns));
        let answer = move |parts: RawPathParams, request: Request| async move {
            let parts = parts
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            respond(desk, turns, route, parts, request).await
        };
        router = router.route(route.path, on(method, answer));
    }
    let (unknown, other) = (Arc::clone(desk), Arc::clone(desk));
    let (first, second) = (Arc::clone(&turns), turns);
    router
        .method_not_allowed_fallback(move |request: Request| async move {
            refuse(other, second, Refusal::Method, request).await
        })
        .fallback(move |request: Request| async move {
            refuse(unknown, first, Refusal::NotFound, request).await
        })
}

async fn refuse(
    desk: Arc<Desk>,
    turns: Arc<Turns>,
    why: Refusal,
    request: Request,
) -> Response<Body> {
    let (head, _unread) = request.into_parts();
    let Ok(_turn) = turns.quick.acquire().await else {
        return Response::new(Body::empty());
    };
    on_a_thread(&desk, move |desk| {
        let asked = asked(desk, &head, Vec::new(), &[])?;
        finish(desk, &asked, Err(why))
    })
    .await
}

async fn respond(
    desk: Arc<Desk>,
    turns: Arc<Turns>,
    route: &'static Route,
    parts: Vec<(String, String)>,
    request: Request,
) -> Response<Body> {
    if route.turn == Turn::Taking {
        return take_in(desk, turns, route, parts, request).await;
    }
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Busy),
    };
    let waiting = match route.turn {
        Turn::Hashing => turns.hashing_or_waiting.try_acquire().ok(),
        Turn::Reading | Turn::Drawing | Turn::Quick | Turn::Taking => None,
    };
    let is_crowded = route.turn == Turn::Hashing && waiting.is_none();
    let semaphore = match route.turn {
        Turn::Reading | Turn::Taking => &turns.reading,
        Turn::Drawing => &turns.drawing,
        Turn::Hashing => &turns.hashing,
        Turn::Quick => &turns.quick,
    };
    let turn = match is_crowded {
        true => None,
        false => tokio::time::timeout(TURN_TIME, semaphore.acquire())
            .await
            .ok(),
    };
    let has_turn = turn.is_some();
    on_a_thread(&desk, move |desk| {
        let bytes = body.as_ref().map_or(&[][..], |body| body);
        let asked = asked(desk, &head, parts, bytes)?;
        let body = body.map(wipe);
        let answer = match body {
            Err(why) => Err(why),
            Ok(()) if !has_turn => Err(Refusal::Busy),
            Ok(()) => admit(desk, route, &head, &asked).and_then(|()| (route.answer)(desk, &asked)),
        };
        finish(desk, &asked, answer)
    })
    .await
}

/// The same for what takes files in: first who asks, then the body, to the disk; then the handler.
async fn take_in(
    desk: Arc<Desk>,
    turns: Arc<Turns>,
    route: &'static Route,
    parts: Vec<(String, String)>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let known = head.clone();
    let admitted = on_a_thread_for(&desk, move |desk| {
        let asked = asked(desk, &known, parts, &[])?;
        let place = admit(desk, route, &known, &asked)
            .and_then(|()| desk.uploads.take().ok_or(Refusal::Busy));
        Ok((asked, place))
    })
    .await;
    let (mut asked, place) = match admitted {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    let most = desk.config.limits.file_bytes();
    let received = match &place {
        Ok(place) => upload::receive(&head, body, place, most).await,
        Err(why) => Err(*why),
    };
    let turn = tokio::time::timeout(TURN_TIME, turns.reading.acquire()).await;
    let has_turn = turn.is_ok();
    asked.upload = place.ok();
    on_a_thread(&desk, move |desk| {
        let answer = match received {
            Ok(()) if !has_turn => Err(Refusal::Busy),
            Ok(()) => (route.answer)(desk, &asked),
            Err(why) => Err(why),
        };
        finish(desk, &asked, answer)
    })
    .await
}

/// Wipes what was sent, where nobody else holds it: passwords and PINs come this way.
fn wipe(body: Bytes) {
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
}

/// Answers where it may wait for disks.
async fn on_a_thread(
    desk: &Arc<Desk>,
    answer: impl FnOnce(&Desk) -> Result<Response<Body>, std::io::Error> + Send + 'static,
) -> Response<Body> {
    match on_a_thread_for(desk, answer).await {
        Ok(response) => {
            desk.metrics.answered(response.status().as_u16());
            response
        }
        Err(response) => response,
    }
}

/// Runs it where it may wait for disks; else the answer that needs nothing. What panics there is a bug, logged without
/// its words: they could name people.
async fn on_a_thread_for<T: Send + 'static>(
    desk: &Arc<Desk>,
    run: impl FnOnce(&Desk) -> Result<T, std::io::Error> + Send + 'static,
) -> Result<T, Response<Body>> {
    let shared = Arc::clone(desk);
    let failed = match tokio::task::spawn_blocking(move || run(&shared)).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => {
            tracing::error!(cause = %error, "the desk has no randomness");
            bare(desk)
        }
        Err(_) => {
            desk.metrics.panics.add();
            tracing::error!("a bug stopped a request at the desk");
            bare(desk)
        }
    };
    desk.metrics.answered(failed.status().as_u16());
    Err(failed)
}

/// An answer that needs nothing.
fn bare(desk: &Desk) -> Response<Body> {
    let text = "Hệ thống gặp lỗi. Hãy thử lại. / Something failed. Try again.\n";
    Reply::text(text.to_owned(), "text/plain; charset=utf-8")
        .with_status(StatusCode::INTERNAL_SERVER_ERROR)
        .into_response(&desk.web)
}

/// Whether this visitor may ask for this route, by a form of ours.
fn admit(desk: &Desk, route: &Route, head: &Parts, asked: &Asked) -> Result<(), Refusal> {
    // No browser sends a token by itself, so that a program's requests cannot be forged.
    if route.method == Method::Post && !asked.is_api && !is_ours(desk, head, asked) {
        desk.metrics.forged.add();
        return Err(Refusal::Forged);
    }
    match route.who {
        Who::Anybody => Ok(()),
        Who::SignedIn => asked.visitor().map(drop),
        Who::Client(scope) => {
            if asked.caller.is_none() && bearer(&head.headers).is_some() {
                return Err(Refusal::BadToken);
            }
            asked.caller()?;
            let may = asked.has_scope(scope);
            if !may {
                desk.metrics.forbidden.add();
            }
            may.then_some(()).ok_or(Refusal::NoScope(scope))
        }
        Who::Roles(roles) => {
            asked.visitor()?;
            let may = asked.has_any(roles);
            if !may {
                desk.metrics.forbidden.add();
            }
            may.then_some(()).ok_or(Refusal::Forbidden)
        }
    }
}

/// Whether a form came from one of our pages in this very browser: it carries the seal of the cookie, and the browser
/// does not say that another site sent it.
fn is_ours(desk: &Desk, head: &Parts, asked: &Asked) -> bool {
    let sent = asked.form.value("seal").as_bytes();
    let expected = desk.seal(&asked.token);
    let sealed =
        aws_lc_rs::constant_time::verify_slices_are_equal(sent, expected.as_bytes()).is_ok();
    let said = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let same_site =
        said("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let same_origin = match (said("origin"), said("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, it)| it == host),
        (Some(_), None) => false,
    };
    sealed && same_site && same_origin
}

fn asked(
    desk: &Desk,
    head: &Parts,
    parts: Vec<(String, String)>,
    body: &[u8],
) -> std::io::Result<Asked> {
    let now = desk.clock.now();
    let is_api = is_api(head);
    // Whoever has come by one way is nobody by the other.
    let sent = match is_api {
        true => None,
        false => cookie(&head.headers, cookie_name(&desk.web)).and_then(Token::sent),
    };
    let caller = bearer(&head.headers).filter(|_| is_api);
    let token = match sent {
        Some(token) => token,
        None => Token::new()?,
    };
    let text = |name: HeaderName| {
        let value = head.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let query = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
    let is_by_itself = !query.value(BY_ITSELF).is_empty();
    Ok(Asked {
        lang: lang(&head.headers, is_api),
        from: address(desk, head),
        now,
        seal: desk.seal(&token),
        visitor: match is_api {
            true => None,
            false => desk.visitor(&token, now, is_by_itself),
        },
        caller: caller.and_then(|token| desk.caller(token, now)),
        is_api,
        token,
        office: desk.config.agency.name.clone(),
        here: match (head.method == hyper::Method::GET, head.uri.path_and_query()) {
            (true, Some(place)) => place.as_str().to_owned(),
            _ => "/".to_owned(),
        },
        parts,
        query,
        form: Form::parse(if is_api { &[] } else { body }),
        body: match is_api {
            true => (
                text(header::CONTENT_TYPE).unwrap_or_default(),
                body.to_vec(),
            ),
            false => Default::default(),
        },
        upload: None,
        last_event: text(HeaderName::from_static("last-event-id")),
        range: text(header::RANGE),
        if_range: text(header::IF_RANGE),
    })
}

fn finish(
    desk: &Desk,
    asked: &Asked,
    answer: Result<Reply, Refusal>,
) -> std::io::Result<Response<Body>> {
    let reply = match answer {
        Ok(reply) => reply,
        Err(why) if asked.is_api => problem::refused(why),
        Err(Refusal::SignIn) => Reply::see("/sign-in"),
        Err(why) => Reply::page(views::refusal::page(asked, why)).with_status(why.status()),
    };
    // A page has forms, and their seal is good only with the cookie that it was made for.
    let is_signed_in = asked.visitor.is_some();
    let reply = match reply.has_forms() && !is_signed_in {
        true => reply.with_token(&desk.web, Some(&asked.token)),
        false => reply,
    };
    Ok(reply.into_response(&desk.web))
}

/// Who asks: the connection's other end, or the last that our own proxy added.
fn address(desk: &Desk, head: &Parts) -> IpAddr {
    let unknown = IpAddr::from([0, 0, 0, 0]);
    let peer = head.extensions.get::<Peer>().map_or(unknown, |peer| peer.0);
    if !desk.web.behind_proxy {
        return peer;
    }
    let said = head.headers.get_all("x-forwarded-for").iter().next_back();
    let last = said.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(peer)
}

/// Whether a program asks.
fn is_api(head: &Parts) -> bool {
    head.uri.path().starts_with("/api/")
}

/// The token that a program sends.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = sent.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The language of the answer: what somebody chose, or a program asks for.
fn lang(headers: &HeaderMap, is_api: bool) -> Lang {
    let chosen = match is_api {
        true => headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|it| it.to_str().ok()),
        false => cookie(headers, COOKIE_LANG),
    };
    match chosen {
        Some(lang) if lang.starts_with("en") => Lang::En,
        _ => Lang::Vi,
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}
