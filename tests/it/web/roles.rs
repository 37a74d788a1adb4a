//! Every route with every role, from the table that the router is made from.

use sohoa::config::WebRole;
use sohoa::web::routes::{Method, Route, TABLE, Who};

use super::{Answer, Browser, Desk};
use crate::office::Office;

/// An address that fits the route.
pub(super) fn place(route: &Route) -> String {
    let parts = route.path.split('/').map(|part| match part {
        "{record}" => "01a20a38-f5d4-71ea-87b7-607ebad00dc4",
        "{person}" | "{original}" | "{page}" => "1",
        part if part.starts_with('{') => "nothing",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn ask(browser: &mut Browser, route: &Route) -> Answer {
    match route.method {
        Method::Get => browser.get(&place(route)),
        Method::Post => {
            browser.get("/sign-in");
            browser.get("/");
            browser.post(&place(route), &[])
        }
    }
}

fn assert_guarded_headers(answer: &Answer, what: &str) {
    let header = |name| answer.header(name).unwrap_or_default().to_owned();
    let policy = header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script"),
        "{what}: {policy}"
    );
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert!(
        !header("x-frame-options").is_empty() && header("referrer-policy") == "same-origin",
        "{what}"
    );
    assert!(
        header("cache-control") == "no-store" || what.contains("assets"),
        "{what}"
    );
    for (_, cookie) in answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
    {
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{what}: {cookie}"
        );
    }
}

#[test]
fn each_role_reaches_what_the_table_says_and_nothing_else() {
    let desk = Desk::of(Office::new());
    let roles = WebRole::ALL.into_iter().map(Some);
    for role in std::iter::once(None).chain(roles) {
        let sign_in = || match role {
            None => desk.browser(),
            Some(role) => desk.signed_in(role.as_str()),
        };
        let mut browser = sign_in();
        for route in TABLE {
            let what = format!("{role:?} {:?} {}", route.method, route.path);
            let answer = ask(&mut browser, route);
            assert_guarded_headers(&answer, &what);
            let is_sent_away =
                answer.status == 303 && answer.header("location") == Some("/sign-in");
            if route.path == "/sign-out" {
                assert!(is_sent_away, "{what}");
                browser = sign_in();
                continue;
            }
            if matches!(route.who, Who::Client(_)) {
                assert_eq!(answer.status, 401, "{what}: a session is nothing there");
                continue;
            }
            match (route.who.lets(role), role) {
                (true, _) => assert!(
                    !is_sent_away && answer.status != 403 && answer.status < 500,
                    "{what}: {}",
                    answer.status
                ),
                (false, None) => assert!(is_sent_away, "{what}: {}", answer.status),
                (false, Some(_)) => assert_eq!(answer.status, 403, "{what}"),
            }
        }
    }
    assert!(desk.events().is_empty(), "nobody was looked at");
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn what_shows_papers_is_for_those_who_look_people_up() {
    let beyond: Vec<&str> = TABLE
        .iter()
        .filter(|route| route.path.starts_with("/look-ups"))
        .filter(|route| {
            let lets = |role| route.who.lets(Some(role));
            route.who.lets(None)
                || lets(WebRole::Station)
                || lets(WebRole::Auditor)
                || lets(WebRole::Administrator)
                || !lets(WebRole::Officer)
                || !lets(WebRole::Registrar)
        })
        .map(|route| route.path)
        .collect();
    assert!(beyond.is_empty() && TABLE.len() > 15, "{beyond:?}");
}

#[test]
fn every_form_must_come_from_our_own_page_in_the_same_browser() {
    let desk = Desk::of(Office::new());
    let other = desk.signed_in("officer").seal;
    let mut browser = desk.signed_in("registrar");
    let own = browser.seal.clone();
    let evil: [(&str, &[(&str, &str)]); 5] = [
        ("", &[]),
        ("0", &[]),
        (&other, &[]),
        (&own, &[("Origin", "https://evil.example")]),
        (&own, &[("Sec-Fetch-Site", "cross-site")]),
    ];
    let forms = TABLE.iter().filter(|it| it.method == Method::Post);
    for route in forms.filter(|it| !it.path.starts_with("/api/")) {
        for (seal, headers) in evil {
            browser.seal = seal.to_owned();
            let answer = browser.post_with(&place(route), &[("name", "x")], headers);
            assert_eq!(answer.status, 403, "{} {seal} {headers:?}", route.path);
        }
    }
    browser.seal = own;
    let origin = format!("http://{}", desk.address);
    let headers = [
        ("Origin", origin.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let fields = [("sought", "hoa"), ("purpose", "thử nghiệm")];
    assert_eq!(
        browser.post_with("/look-ups", &fields, &headers).status,
        303
    );
    assert_eq!(browser.get("/").status, 200, "still signed in");
}
