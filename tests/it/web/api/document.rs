//! The interface's description against the table of routes, and its examples against what is answered.

use std::collections::BTreeSet;

use serde_json::Value;
use sohoa::web::clients::Scope;
use sohoa::web::routes::{Method, TABLE, Who};

use super::dropping::send;
use super::{Program, desk_with_a_paper, json};
use crate::office::jpeg_page;
use crate::web::Desk;

/// Values that differ from day to day and office to office; of these the kind alone must be the same.
const OF_THE_DAY: &[&str] = &[
    "record",
    "drop",
    "place",
    "look_up",
    "archived",
    "document_bytes",
    "document_sha256",
    "bytes",
    "sha256",
    "signer",
    "certificate_sha256",
    "claimed_time",
    "until",
    "days_left",
    "index",
    "state",
    "stamped",
    "field",
    "agency",
    "conformance",
];

fn served(desk: &Desk) -> Value {
    let nobody = Program {
        address: desk.address,
        token: String::new(),
    };
    json(&nobody.get("/api/v1/openapi.json"), 200)
}

/// Every operation: method, path, scope.
fn operations(document: &Value) -> BTreeSet<(String, String, Option<String>)> {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().expect("operations");
        operations.iter().map(move |(method, operation)| {
            let scope = operation["x-scope"].as_str().map(str::to_owned);
            let is_open = operation["security"] == serde_json::json!([]);
            assert_eq!(is_open, scope.is_none(), "{method} {path}");
            (method.clone(), path.clone(), scope)
        })
    });
    all.collect()
}

#[test]
fn the_document_names_the_routes_that_there_are_and_no_others() {
    let (desk, ..) = desk_with_a_paper("khai-sinh");
    let document = served(&desk);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let of_api = TABLE.iter().filter(|route| route.path.starts_with("/api/"));
    let routes: BTreeSet<_> = of_api
        .map(|route| {
            let method = match route.method {
                Method::Get => "get",
                Method::Post => "post",
            };
            let scope = match route.who {
                Who::Client(scope) => Some(scope.as_str().to_owned()),
                Who::Anybody => None,
                other => panic!("{}: {other:?} is nobody who has a token", route.path),
            };
            (method.to_owned(), route.path.to_owned(), scope)
        })
        .collect();
    assert_eq!(operations(&document), routes);
    let text = document.to_string();
    for scope in Scope::ALL {
        assert!(text.contains(scope.as_str()), "{scope} is not described");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_path_part_is_described() {
    let (desk, ..) = desk_with_a_paper("khai-sinh");
    let document = served(&desk);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for operation in operations.as_object().expect("operations").values() {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id), "{id} twice");
            let named = operation["parameters"].as_array().into_iter().flatten();
            let named: BTreeSet<&str> = named
                .filter(|it| it["in"] == "path")
                .filter_map(|it| it["name"].as_str())
                .collect();
            let parts = path.split('/').filter_map(|part| part.strip_prefix('{'));
            let parts: BTreeSet<&str> = parts.map(|part| part.trim_end_matches('}')).collect();
            assert_eq!(named, parts, "{path}");
            for response in operation["responses"]
                .as_object()
                .expect("responses")
                .values()
            {
                assert!(response.is_object(), "{path}");
            }
        }
    }
}

/// Holds an answer against an example: the same members, of the same kind; and where they do not change, the same.
fn compare(example: &Value, answer: &Value, at: &str) {
    match (example, answer) {
        (Value::Object(example), Value::Object(answer)) => {
            let names =
                |it: &serde_json::Map<String, Value>| it.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(example), names(answer), "{at}");
            for (name, value) in example {
                compare(value, &answer[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(_), Value::Array(_)) if at.ends_with(".remarks") => {}
        (Value::Array(examples), Value::Array(answers)) => {
            assert_eq!(examples.len(), answers.len(), "{at}");
            for (example, answer) in examples.iter().zip(answers) {
                compare(example, answer, at);
            }
        }
        (example, answer) => {
            let name = at.rsplit('.').next().unwrap_or_default();
            let kind = |it: &Value| std::mem::discriminant(it);
            let may_lack = ["index", "stamped"].contains(&name);
            assert!(may_lack || kind(example) == kind(answer), "{at}: {answer}");
            assert!(
                OF_THE_DAY.contains(&name) || example == answer,
                "{at}: {answer}"
            );
        }
    }
}

fn example<'a>(document: &'a Value, path: &str, method: &str, status: &str) -> &'a Value {
    let answer = &document["paths"][path][method]["responses"][status];
    let content = answer["content"].as_object().expect("content");
    let example = &content.values().next().expect("a kind")["example"];
    assert!(!example.is_null(), "{method} {path} has no example");
    example
}

#[test]
fn the_examples_are_what_is_answered() {
    let (desk, record, program) = desk_with_a_paper("khai-sinh");
    let document = served(&desk);
    let path = "/api/v1/look-ups";
    let content = &document["paths"][path]["post"]["requestBody"]["content"];
    let asking = &content["application/json"]["example"];
    let found = json(&program.post(path, asking), 200);
    compare(example(&document, path, "post", "200"), &found, "look-up");
    let path = "/api/v1/look-ups/{look_up}/records/{record}";
    let known = json(&program.get(&program.place_of(&record)), 200);
    compare(example(&document, path, "get", "200"), &known, "record");
    std::fs::create_dir_all(desk.office.at("inbox/quay-01")).expect("a station");
    let hands_in = Program::of(&desk, "mot-cua", &["ingest"]);
    let page = jpeg_page(7);
    let drops = "/api/v1/stations/quay-01/drops";
    let taken = json(&send(&hands_in, drops, &[("file", &page)]), 202);
    let path = "/api/v1/stations/{station}/drops";
    compare(example(&document, path, "post", "202"), &taken, "drop");
    let place = taken["place"].as_str().expect("a place");
    let mut state = Value::Null;
    desk.office.wait_until("the drop", || {
        state = json(&hands_in.get(place), 200);
        state["state"] == "archived"
    });
    let path = "/api/v1/stations/{station}/drops/{drop}";
    compare(example(&document, path, "get", "200"), &state, "drop");
}
