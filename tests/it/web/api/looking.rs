//! A program looks somebody up, reads what is known, takes bytes and proof; and what is kept of it.

use std::fs;

use serde_json::json;

use super::{CITIZEN, DOSSIER, PURPOSE, Program, desk_with_a_paper, json as body, problem};
use crate::web::papers::Paper;
use crate::web::{Desk, Office};

#[test]
fn a_program_finds_a_citizen_and_takes_the_paper_with_its_proof() {
    let (desk, record, program) = desk_with_a_paper("khai-sinh");
    let found = program.look_up(CITIZEN);
    assert_eq!(found["understood"]["value"], "079*******01", "{found}");
    let row = &found["records"][0];
    assert_eq!(
        (&row["record"], &row["citizen"], &row["kind_name"]),
        (
            &record.as_str().into(),
            &CITIZEN.into(),
            &"Khai sinh (tờ khai, giấy khai sinh, trích lục)".into()
        ),
        "{row}"
    );
    let look_up = found["look_up"].as_str().expect("a handle");
    let place = format!("/api/v1/look-ups/{look_up}/records/{record}");
    let known = body(&program.get(&place), 200);
    assert_eq!(
        (&known["citizen"], &known["dossier"]),
        (&CITIZEN.into(), &DOSSIER.into())
    );
    assert_eq!(known["guarded"], false);
    let signed = fs::read(desk.office.signed_pdf(&record)).expect("reads");
    assert_eq!(known["document"]["bytes"], signed.len());
    let document = program.get(&format!("{place}/document.pdf"));
    assert_eq!(document.status, 200);
    assert!(document.body == signed, "as it was signed");
    let range = [("Range", "bytes=100-199")];
    let part = program.ask("GET", &format!("{place}/document.pdf"), &range, None);
    assert_eq!((part.status, &part.body[..]), (206, &signed[100..200]));
    let original = program.get(&format!("{place}/originals/1"));
    assert!(original.body == fs::read(desk.office.at("a.jpg")).expect("reads"));
    let report = body(&program.get(&format!("{place}/validation.json")), 200);
    assert!(report["signatures"].is_array(), "{report}");
    let proof = program.get(&format!("{place}/proof.json"));
    let file = desk.office.at("proof.json");
    fs::write(&file, &proof.body).expect("written");
    let checked = desk
        .office
        .sohoa(&["check-proof", file.to_str().expect("a path")]);
    assert!(
        checked.status.code().is_some_and(|code| code <= 1),
        "{checked:?}"
    );
    let events = desk.office.events();
    // `get` of this test is one of them.
    let of_program: Vec<_> = events.iter().filter(|it| it["by"] == "cong-tinh").collect();
    let what: Vec<&str> = of_program
        .iter()
        .filter_map(|it| it["what"].as_str())
        .collect();
    assert_eq!(
        what,
        ["search", "view", "download", "download", "view", "download"],
        "a range that goes on is no look of its own"
    );
    for event in of_program {
        assert_eq!(event["account"], "client:cong-tinh");
        assert_eq!(event["from"], "api@127.0.0.1");
        assert_eq!(event["purpose"]["text"], PURPOSE);
        assert_eq!(event["citizens"][0], CITIZEN);
    }
    let log = desk.office.log();
    assert!(
        !log.contains(CITIZEN) && !log.contains(&program.token),
        "{log}"
    );
}

#[test]
fn without_a_reason_nobody_is_looked_up_and_mistakes_are_told() {
    let (desk, _, program) = desk_with_a_paper("khai-sinh");
    let ask = |asking| program.post("/api/v1/look-ups", &asking);
    for (asking, code) in [
        (json!({"sought": CITIZEN}), "api.purpose"),
        (json!({"sought": CITIZEN, "purpose": " .."}), "api.purpose"),
        (json!({"sought": CITIZEN, "dossier": "x"}), "api.dossier"),
        (
            json!({"sought": CITIZEN, "dossier": DOSSIER, "purpose": "?"}),
            "api.purpose",
        ),
        (json!({"sought": "", "purpose": PURPOSE}), "api.sought"),
        (
            json!({"sought": "0792030000", "purpose": PURPOSE}),
            "api.sought",
        ),
        (json!({"purpose": PURPOSE}), "api.body"),
        (json!({"sought": 7, "purpose": PURPOSE}), "api.body"),
        (json!({"sought": "x", "why": PURPOSE}), "api.body"),
        (json!(["sought"]), "api.body"),
    ] {
        assert_eq!(problem(&ask(asking.clone()), 422), code, "{asking}");
    }
    let send = |kind: &str, bytes: &[u8]| {
        let headers = [("Content-Type", kind)];
        program.ask("POST", "/api/v1/look-ups", &headers, Some(bytes))
    };
    assert_eq!(
        problem(&send("application/json", b"{"), 400),
        "api.malformed"
    );
    assert_eq!(
        problem(&send("application/json", b"\xff"), 400),
        "api.malformed"
    );
    assert_eq!(problem(&send("text/plain", b"{}"), 415), "api.not_json");
    let long = vec![b' '; 17 * 1024];
    assert_eq!(
        problem(&send("application/json", &long), 413),
        "api.too_large"
    );
    assert!(desk.events().is_empty(), "nothing was shown");
    let by_dossier = ask(json!({"sought": DOSSIER}));
    assert_eq!(body(&by_dossier, 200)["records"][0]["dossier"], DOSSIER);
    let both = json!({"sought": CITIZEN, "dossier": DOSSIER, "purpose": PURPOSE});
    body(&ask(both), 200);
    let last = desk.events().pop().expect("an event");
    assert_eq!(
        (&last["purpose"]["dossier"], &last["purpose"]["text"]),
        (&DOSSIER.into(), &PURPOSE.into())
    );
}

#[test]
fn what_a_look_up_has_not_shown_stays_closed() {
    let (desk, record, program) = desk_with_a_paper("khai-sinh");
    let nothing = program.look_up("001203000009");
    assert_eq!(nothing["records"], json!([]));
    let handle = nothing["look_up"].as_str().expect("a handle").to_owned();
    let place = |handle: &str| format!("/api/v1/look-ups/{handle}/records/{record}");
    assert_eq!(
        problem(&program.get(&place(&handle)), 404),
        "api.look_up_ended"
    );
    let found = program.look_up(CITIZEN);
    let good = place(found["look_up"].as_str().expect("a handle"));
    let other = Program::of(&desk, "kho-tinh", &["lookup"]);
    assert_eq!(problem(&other.get(&good), 404), "api.look_up_ended");
    let browser = desk.signed_in("registrar").get(&good);
    assert_eq!(problem(&browser, 401), "api.no_token");
    assert_eq!(program.get(&good).status, 200);
    // Nor does a handle of the interface open anything at the desk.
    let at_desk = good.replace("/api/v1", "");
    assert_eq!(desk.signed_in("registrar").get(&at_desk).status, 404);
    for wrong in ["x", "%00", "..%2f..", "0"] {
        let place = format!("/api/v1/look-ups/{handle}/records/{wrong}");
        assert_eq!(program.get(&place).status, 404, "{wrong}");
    }
    let after = format!("/api/v1/look-ups/{handle}?after=x");
    assert_eq!(problem(&program.get(&after), 422), "api.after");
}

#[test]
fn lists_are_masked_pages_follow_each_other_and_bulk_is_noticed() {
    let office = Office::new();
    for number in 1..=120 {
        let citizen = format!("079203{number:06}");
        let paper = Paper {
            number,
            citizen: Some(&citizen),
            kind: Some("khai-sinh"),
            title: "Khai sinh",
            name: "Lê Thị Hoà",
            text: "quyền sử dụng đất",
        };
        paper.archive_at(&office, "2026-11-20T01:00:00Z");
    }
    assert!(office.sohoa(&["reindex"]).status.success());
    office.configure(|text| text.replace("bulk_per_hour = 60", "bulk_per_hour = 3"));
    let desk = Desk::of(office);
    let program = Program::of(&desk, "cong-tinh", &["lookup"]);
    let first = program.look_up("le thi hoa");
    assert_eq!(first["records"].as_array().map(Vec::len), Some(100));
    assert_eq!(first["records"][0]["name"], "Lê Thị Hoà");
    let handle = first["look_up"].as_str().expect("a handle");
    let next = first["next"].as_str().expect("more");
    let second = program.get(&format!("/api/v1/look-ups/{handle}?after={next}"));
    let second = body(&second, 200);
    assert_eq!(second["records"].as_array().map(Vec::len), Some(20));
    assert_eq!(second["next"], json!(null));
    let all = format!("{first}{second}");
    assert!(
        !all.contains("079203000") && all.contains("079*******"),
        "{all}"
    );
    assert!(
        !desk.office.log().contains("bulk_per_hour"),
        "a masked list is no look"
    );
    for row in first["records"].as_array().expect("rows").iter().take(4) {
        let record = row["record"].as_str().expect("a record");
        let place = format!("/api/v1/look-ups/{handle}/records/{record}");
        assert_eq!(program.get(&place).status, 200);
    }
    assert!(
        desk.office.log().contains("bulk_per_hour"),
        "four people in an hour"
    );
    let (_, alarms) = desk.office.json(&["report", "access", "--bulk"]);
    assert!(
        alarms.iter().any(|it| it["account"] == "client:cong-tinh"),
        "{alarms:?}"
    );
}

#[test]
fn identity_cards_need_a_scope_of_their_own() {
    let (desk, record, program) = desk_with_a_paper("cccd");
    let place = program.place_of(&record);
    assert_eq!(body(&program.get(&place), 200)["guarded"], true);
    for part in ["document.pdf", "originals/1"] {
        let refused = program.get(&format!("{place}/{part}"));
        assert_eq!(problem(&refused, 403), "api.identity_card", "{part}");
        assert_eq!(body(&refused, 403)["scope"], "identity-cards");
    }
    let trusted = Program::of(&desk, "cong-an", &["lookup", "identity-cards"]);
    let place = trusted.place_of(&record);
    assert_eq!(body(&trusted.get(&place), 200)["guarded"], false);
    assert_eq!(trusted.get(&format!("{place}/document.pdf")).status, 200);
}
