//! Which programs get in, and what for.

use std::collections::BTreeSet;

use sohoa::web::clients::Scope;
use sohoa::web::routes::{Method, TABLE};

use super::{CITIZEN, PURPOSE, Program, json, problem};
use crate::office::Office;
use crate::web::Desk;
use crate::web::roles::place;

#[test]
fn each_scope_reaches_what_the_table_says_and_nothing_else() {
    let desk = Desk::of(Office::new());
    let nobody = Program {
        address: desk.address,
        token: String::new(),
    };
    let scopes = Scope::ALL.into_iter().map(Some);
    for scope in std::iter::once(None).chain(scopes) {
        let program = match scope {
            None => nobody.clone(),
            Some(scope) => Program::of(&desk, scope.as_str(), &[scope.as_str()]),
        };
        for route in TABLE {
            let what = format!("{scope:?} {:?} {}", route.method, route.path);
            let path = place(route);
            let answer = match route.method {
                Method::Get => program.get(&path),
                Method::Post => program.post(&path, &serde_json::json!({})),
            };
            let is_api = route.path.starts_with("/api/");
            assert!(
                !is_api || answer.header("set-cookie").is_none(),
                "{what}: a cookie"
            );
            match (is_api, route.who.lets_client(scope)) {
                (true, true) => assert!(
                    ![401, 403].contains(&answer.status) && answer.status < 500,
                    "{what}: {}",
                    answer.status
                ),
                (true, false) if scope.is_none() => {
                    assert_eq!(problem(&answer, 401), "api.no_token", "{what}");
                    let challenge = answer.header("www-authenticate").unwrap_or_default();
                    assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
                }
                (true, false) => {
                    assert_eq!(problem(&answer, 403), "api.no_scope", "{what}");
                    let missing = json(&answer, 403)["scope"].to_string();
                    let challenge = answer.header("www-authenticate").unwrap_or_default();
                    assert!(challenge.contains(&format!("scope={missing}")), "{what}");
                }
                // A token is nothing at the desk: forms are refused, pages send to the door.
                (false, true) => assert!(answer.status < 500, "{what}"),
                (false, false) => {
                    assert!(
                        [303, 403].contains(&answer.status),
                        "{what}: {}",
                        answer.status
                    )
                }
            }
        }
    }
    assert!(desk.events().is_empty(), "nobody was looked at");
}

#[test]
fn a_token_that_is_wrong_or_revoked_is_good_for_nothing_at_once() {
    let desk = Desk::of(Office::new());
    let program = Program::of(&desk, "cong-tinh", &["lookup"]);
    let asking = serde_json::json!({"sought": CITIZEN, "purpose": PURPOSE});
    let ask = |program: &Program| program.post("/api/v1/look-ups", &asking);
    json(&ask(&program), 200);
    let with = |token: &str| Program {
        token: token.to_owned(),
        ..program.clone()
    };
    let changed = format!("{}A", &program.token[..program.token.len() - 1]);
    for token in ["x", "sohoa_", &program.token[6..], &changed] {
        if token == program.token {
            continue;
        }
        let answer = ask(&with(token));
        assert_eq!(problem(&answer, 401), "api.bad_token", "{token}");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    let cookie = format!("sohoa={}", program.token);
    let by_cookie = with("").ask("GET", "/", &[("Cookie", &cookie)], None);
    assert_eq!(by_cookie.status, 303, "no session of a person");
    let (code, lines) = desk.office.json(&["client", "renew", "cong-tinh"]);
    assert_eq!(code, 0, "{lines:?}");
    let renewed = with(lines[0]["token"].as_str().expect("a token"));
    assert_eq!(problem(&ask(&program), 401), "api.bad_token");
    json(&ask(&renewed), 200);
    assert!(
        desk.office
            .sohoa(&["client", "revoke", "cong-tinh"])
            .status
            .success()
    );
    assert_eq!(problem(&ask(&renewed), 401), "api.bad_token");
    let (_, listed) = desk.office.json(&["client", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["revoked"], listed[0].get("token")),
        (&true.into(), None)
    );
    let kept = std::fs::read_to_string(desk.office.at("clients.toml")).expect("reads");
    assert!(!kept.contains(&renewed.token[6..]) && !desk.office.log().contains("sohoa_"));
    for (arguments, code) in [
        (vec!["client", "add", "cong-tinh", "--scope", "lookup"], 1),
        (vec!["client", "add", "Cổng", "--scope", "lookup"], 2),
        (vec!["client", "add", "kho", "--scope", "everything"], 2),
        (vec!["client", "add", "kho"], 2),
        (vec!["client", "revoke", "kho"], 1),
    ] {
        let run = desk.office.sohoa(&arguments);
        assert_eq!(run.status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let desk = Desk::of(Office::new());
    let program = Program::of(&desk, "cong-tinh", &["lookup"]);
    for path in [
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/look-ups",
        "/api/../accounts",
    ] {
        assert_eq!(problem(&program.get(path), 404), "api.not_found", "{path}");
    }
    let wrong: BTreeSet<String> = ["PUT", "DELETE", "PATCH", "GET"]
        .into_iter()
        .map(|method| problem(&program.ask(method, "/api/v1/look-ups", &[], None), 405))
        .collect();
    assert_eq!(wrong, BTreeSet::from(["api.method".to_owned()]));
}
