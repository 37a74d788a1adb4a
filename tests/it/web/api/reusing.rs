//! A program asks what a procedure still needs, and takes papers along; and reads what waits for a person.

use std::fs;

use serde_json::json;

use super::dropping::send;
use super::{CITIZEN, DOSSIER, PURPOSE, Program, desk_with_a_paper, json as body, problem};
use crate::office::{Office, jpeg_page};
use crate::web::Desk;

const NEW_DOSSIER: &str = "H36.105-261124-0009";

/// A procedure that takes the record.
fn procedure_for(program: &Program, person: &str, record: &str) -> String {
    let catalogue = include_str!("../../../../src/reuse/procedures.toml");
    let all: toml::Table = catalogue.parse().expect("a catalogue");
    let procedures = all["procedures"].as_array().expect("procedures");
    let codes = procedures.iter().filter_map(|it| it["code"].as_str());
    for code in codes {
        let place = format!("{person}/procedures/{code}");
        let answer = program.get(&place);
        if answer.status == 200 && body(&answer, 200)["papers"].to_string().contains(record) {
            return place;
        }
    }
    panic!("no procedure takes it");
}

#[test]
fn a_program_sees_what_is_held_and_takes_it_along() {
    let (desk, record, looks_up) = desk_with_a_paper("khai-sinh");
    let program = Program::of(&desk, "mot-cua", &["lookup", "reuse"]);
    let found = program.look_up(CITIZEN);
    assert_eq!(found["records"][0]["person"], 1);
    let handle = found["look_up"].as_str().expect("a handle");
    let person = format!("/api/v1/look-ups/{handle}/people/1");
    let place = procedure_for(&program, &person, &record);
    let list = body(&program.get(&place), 200);
    let held = list["papers"].as_array().expect("papers").iter();
    let mut records = held.flat_map(|it| it["records"].as_array().expect("records"));
    let paper = records.find(|it| it["record"] == record.as_str());
    assert_eq!(
        paper.map(|it| &it["guarded"]),
        Some(&json!(false)),
        "{list}"
    );
    let prefill = body(&program.get(&format!("{place}/prefill.json")), 200);
    assert_eq!(
        (&prefill["citizen"], &prefill["by"]),
        (&CITIZEN.into(), &"mot-cua".into())
    );
    let bundle = format!("{place}/bundle");
    let none = json!({"records": [], "dossier": NEW_DOSSIER});
    assert_eq!(
        problem(&program.post(&bundle, &none), 422),
        "api.no_records"
    );
    let no_dossier = json!({"records": [record]});
    assert_eq!(
        problem(&program.post(&bundle, &no_dossier), 422),
        "api.dossier"
    );
    let foreign =
        json!({"records": ["01a20a38-f5d4-71ea-87b7-607ebad00dc4"], "dossier": NEW_DOSSIER});
    assert_eq!(
        problem(&program.post(&bundle, &foreign), 422),
        "api.not_held"
    );
    let wanted = json!({"records": [record, record], "dossier": NEW_DOSSIER});
    let given = program.post(&bundle, &wanted);
    assert_eq!(given.status, 200, "{}", given.text());
    assert_eq!(given.header("content-type"), Some("application/zip"));
    let signed = fs::read(desk.office.signed_pdf(&record)).expect("reads");
    let is_in = given.body.windows(64).any(|it| it == &signed[..64]);
    assert!(given.body.starts_with(b"PK") && is_in);
    let events = desk.events();
    let last = events
        .iter()
        .rfind(|it| it["what"] == "bundle")
        .expect("an event");
    assert_eq!(
        (
            &last["by"],
            &last["purpose"]["dossier"],
            &last["records"][0]
        ),
        (
            &"mot-cua".into(),
            &NEW_DOSSIER.into(),
            &record.as_str().into()
        )
    );
    let (_, report) = desk
        .office
        .json(&["report", "access", "--citizen", CITIZEN]);
    assert!(
        report.iter().any(|it| it["account"] == "client:mot-cua"),
        "{report:?}"
    );
    // A client that only looks up takes nothing along, and nobody else's look-up helps.
    assert_eq!(
        problem(&looks_up.post(&bundle, &wanted), 403),
        "api.no_scope"
    );
    let other = Program::of(&desk, "kho", &["lookup", "reuse"]);
    assert_eq!(
        problem(&other.post(&bundle, &wanted), 404),
        "api.look_up_ended"
    );
    assert!(!desk.office.log().contains(CITIZEN));
}

#[test]
fn cards_are_not_taken_along_without_their_scope() {
    let (desk, record, _) = desk_with_a_paper("cccd");
    let program = Program::of(&desk, "mot-cua", &["lookup", "reuse"]);
    let asking = json!({"sought": CITIZEN, "dossier": DOSSIER, "purpose": PURPOSE});
    let found = body(&program.post("/api/v1/look-ups", &asking), 200);
    let handle = found["look_up"].as_str().expect("a handle");
    let place = format!("/api/v1/look-ups/{handle}/people/1/procedures/1.001193");
    let list = program.get(&place);
    assert_eq!(list.status, 200, "{}", list.text());
    let refused = program.post(&format!("{place}/bundle"), &json!({"records": [record]}));
    assert_eq!(problem(&refused, 403), "api.identity_card");
    for wrong in [
        "people/9/procedures/1.001193",
        "people/1/procedures/9.999999",
        "people/x/procedures/y",
    ] {
        let place = format!("/api/v1/look-ups/{handle}/{wrong}");
        assert_eq!(program.get(&place).status, 404, "{wrong}");
    }
}

#[test]
fn what_waits_is_listed_without_anybodys_number_or_name() {
    let office = Office::new();
    fs::create_dir_all(office.at("inbox/quay-01")).expect("a station");
    let desk = Desk::of(office);
    let program = Program::of(&desk, "mot-cua", &["ingest", "worklist"]);
    let slip = json!({"citizen": CITIZEN, "dossier": DOSSIER, "pages": 9}).to_string();
    let page = jpeg_page(3);
    let drops = "/api/v1/stations/quay-01/drops";
    let taken = body(
        &send(
            &program,
            drops,
            &[("slip", slip.as_bytes()), ("file", &page)],
        ),
        202,
    );
    desk.office.wait_until("it waits", || {
        body(&program.get("/api/v1/worklist"), 200)["count"] == 1
    });
    let list = program.get("/api/v1/worklist");
    let row = &body(&list, 200)["waiting"][0];
    assert_eq!(
        (&row["record"], &row["station"]),
        (&taken["drop"], &"quay-01".into())
    );
    assert!(
        row["why"].as_array().is_some_and(|it| !it.is_empty()),
        "{row}"
    );
    assert!(!list.text().contains(CITIZEN));
}
