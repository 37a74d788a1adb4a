//! Schemathesis makes requests of the interface's own description, good and bad ones: no answer is a fault of ours, none
//! is another than described, none gives away what it should not. `make fuzz-api` fetches it and runs this.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{CITIZEN, Program, desk_with_a_paper, json};
use crate::web::Desk;

/// What is looked at in each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,ignored_auth";

/// Runs it on this description, within half of the time.
fn fuzz(desk: &Desk, program: &Program, description: &[&str]) {
    let schemathesis = std::env::var("SCHEMATHESIS").expect("$SCHEMATHESIS names the program");
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let seconds: u32 = seconds.and_then(|it| it.parse().ok()).unwrap_or(60);
    let fuzzed = Command::new(schemathesis)
        .arg("run")
        .args(description)
        .args(["--checks", CHECKS])
        .args(["--max-time", &(seconds / 2).max(1).to_string()])
        // That stream has no end of its own.
        .args(["--exclude-path", "/api/v1/stations/{station}/events"])
        .args(["--continue-on-failure", "--request-timeout", "60"])
        .args([
            "--header",
            &format!("Authorization: Bearer {}", program.token),
        ])
        .current_dir(desk.office.path())
        .status()
        .expect("it runs");
    assert!(fuzzed.success(), "{}", desk.office.log());
}

/// The description of one look-up, of one person and their paper: what lies behind it is reached too.
fn narrowed(mut document: Value, values: &[(&str, Value)]) -> Value {
    let paths = document["paths"].as_object_mut().expect("paths");
    // Others would push that look-up out.
    paths.remove("/api/v1/look-ups");
    for operation in paths
        .values_mut()
        .flat_map(|it| it.as_object_mut().expect("operations").values_mut())
    {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let known = values.iter().find(|(name, _)| parameter["name"] == *name);
            if let Some((_, value)) = known {
                parameter["schema"] = serde_json::json!({"enum": [value]});
            }
        }
    }
    document
}

#[test]
#[ignore = "needs Schemathesis, named by $SCHEMATHESIS"]
fn every_answer_is_as_described_whatever_is_asked() {
    let (desk, record, _) = desk_with_a_paper("khai-sinh");
    fs::create_dir_all(desk.office.at("inbox/quay-01")).expect("a station");
    let scopes = ["lookup", "identity-cards", "ingest", "reuse", "worklist"];
    let program = Program::of(&desk, "fuzz", &scopes);
    let url = format!("http://{}/api/v1/openapi.json", desk.address);
    fuzz(&desk, &program, &[&url]);
    let found = program.look_up(CITIZEN);
    let values = [
        ("look_up", found["look_up"].clone()),
        ("record", record.into()),
        ("person", 1.into()),
        ("original", 1.into()),
        ("procedure", "1.001193".into()),
        ("station", "quay-01".into()),
    ];
    let document = json(&program.get("/api/v1/openapi.json"), 200);
    let narrow = desk.office.at("narrow.json");
    fs::write(&narrow, narrowed(document, &values).to_string()).expect("written");
    let base = format!("http://{}", desk.address);
    let narrow = narrow.to_str().expect("a path");
    fuzz(&desk, &program, &[narrow, "--url", &base]);
    json(&program.get("/api/v1/worklist"), 200);
    let log = desk.office.log();
    assert!(
        !log.contains("a bug stopped") && !log.contains(CITIZEN),
        "{log}"
    );
}
