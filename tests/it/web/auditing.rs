//! The auditor's face: who looked at whom, by the log; and that asking goes on record.

use std::fs;

use super::{Answer, Desk};
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const PURPOSE: &str = "Đăng ký <b>khai sinh</b>";

fn body_of(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.text()
}

/// A desk where an officer has looked a citizen up.
fn desk_with_a_look() -> Desk {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    office.archive(&scan, &["--citizen", CITIZEN, "--kind", "khai-sinh"]);
    office.configure(|text| text.replace("bulk_per_hour = 60", "bulk_per_hour = 2"));
    let desk = Desk::of(office);
    desk.signed_in("officer").look_up(CITIZEN, PURPOSE);
    desk
}

#[test]
fn an_auditor_sees_who_looked_and_is_seen() {
    let desk = desk_with_a_look();
    let mut auditor = desk.signed_in("auditor");
    let face = body_of(&auditor.get("/access"), 200);
    assert!(
        auditor
            .get("/")
            .links("/access")
            .contains(&"/access".to_owned())
    );
    assert!(
        !face.contains("officer"),
        "nothing before something is asked"
    );
    let before = desk.events().len();
    let typed = "079 203 000 001";
    let answer = auditor.post("/access", &[("citizen", typed), ("purpose", "đơn số 7")]);
    let text = body_of(&answer, 200);
    for said in [
        "<strong>officer</strong>",
        "079*******01",
        "&lt;b&gt;khai sinh",
        "tra cứu",
        "web@127.0.0.1",
        "mới nhất trước: 2",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let shown = text.replace(&format!("value=\"{typed}\""), "");
    assert!(
        !shown.contains(CITIZEN) && !shown.contains("<b>khai"),
        "masked: {shown}"
    );
    let events = desk.events();
    assert_eq!(events.len(), before + 1);
    let own = events.last().expect("an event");
    assert_eq!(
        (&own["what"], &own["by"], &own["query"]),
        (&"audit".into(), &"auditor".into(), &"citizen".into())
    );
    assert_eq!(
        (&own["citizens"][0], &own["purpose"]["text"]),
        (&CITIZEN.into(), &"đơn số 7".into())
    );
    let again = auditor.post("/access", &[("citizen", CITIZEN)]);
    let text = body_of(&again, 200);
    assert!(
        text.contains("<strong>auditor</strong>"),
        "auditors too: {text}"
    );
    let log = desk.office.log();
    assert!(!log.contains(CITIZEN), "{log}");
}

#[test]
fn accounts_days_and_mistakes() {
    let desk = desk_with_a_look();
    let mut auditor = desk.signed_in("auditor");
    let count = |answer: Answer| {
        let text = body_of(&answer, 200);
        let count = text.split("mới nhất trước: ").nth(1).expect("a count");
        count
            .split('<')
            .next()
            .expect("digits")
            .parse::<u64>()
            .expect("a number")
    };
    assert_eq!(count(auditor.post("/access", &[("by", "officer")])), 2);
    assert_eq!(count(auditor.post("/access", &[("by", "registrar")])), 0);
    assert!(
        count(auditor.post("/access", &[("from", "2020-01-01")])) >= 4,
        "all days"
    );
    let old = [("from", "2020-01-01"), ("to", "2020-12-31")];
    assert_eq!(count(auditor.post("/access", &old)), 0);
    let kept = desk.events().len();
    for (fields, said) in [
        (&[][..], "Nhập số định danh"),
        (&[("to", "2026-11-23")], "Nhập số định danh"),
        (&[("citizen", "07920300000")], "12 chữ số"),
        (&[("citizen", "<script>")], "12 chữ số"),
        (&[("from", "hôm qua")], "năm-tháng-ngày"),
        (
            &[("citizen", CITIZEN), ("what", "bulk")],
            "để trống số định danh",
        ),
    ] {
        let text = body_of(&auditor.post("/access", fields), 422);
        assert!(
            text.contains(said) && !text.contains("<script"),
            "{said}\n{text}"
        );
    }
    assert_eq!(desk.events().len(), kept, "nothing was asked");
}

#[test]
fn bulk_looks_raise_an_alarm_and_a_changed_log_is_told() {
    let desk = desk_with_a_look();
    let mut auditor = desk.signed_in("auditor");
    let bulk = [("what", "bulk")];
    let text = body_of(&auditor.post("/access", &bulk), 200);
    assert!(
        text.contains("Không tài khoản nào xem quá 2 người"),
        "{text}"
    );
    let mut officer = desk.signed_in("officer");
    for citizen in ["001203000001", "001203000002", "001203000003"] {
        officer.look_up(citizen, "thử hàng loạt");
    }
    let text = body_of(&auditor.post("/access", &bulk), 200);
    assert!(
        text.contains("<strong>officer</strong>") && text.contains("4 người"),
        "{text}"
    );
    let month = fs::read_dir(desk.office.at("access"))
        .expect("listed")
        .next();
    let month = month.expect("a month").expect("an entry").path();
    let day = fs::read_dir(month).expect("listed").next();
    let day = day.expect("a day").expect("an entry").path();
    let kept = fs::read_to_string(&day).expect("reads");
    fs::write(&day, kept.replacen("thử hàng loạt", "việc khác", 1)).expect("written");
    let text = body_of(&auditor.post("/access", &bulk), 200);
    assert!(text.contains("không còn nguyên"), "{text}");
    fs::rename(desk.office.at("access"), desk.office.at("access.away")).expect("renamed");
    fs::write(desk.office.at("access"), "in the way").expect("written");
    assert_eq!(
        auditor.post("/access", &bulk).status,
        503,
        "not kept, not shown"
    );
}
