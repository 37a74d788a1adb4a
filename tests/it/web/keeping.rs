//! The administrator's face: accounts; and an account's own password.

use super::{Answer, Browser, Desk, PASSWORD};
use crate::office::Office;

fn body_of(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.text()
}

/// The password that a page shows once.
fn shown_once(answer: &Answer) -> String {
    let text = body_of(answer, 200);
    let password = text.split("<code class=\"once\">").nth(1).expect("shown");
    password.split('<').next().expect("whole").to_owned()
}

fn signs_in(desk: &Desk, name: &str, password: &str) -> Option<Browser> {
    let mut browser = desk.browser();
    browser.get("/sign-in");
    let answer = browser.post("/sign-in", &[("name", name), ("password", password)]);
    let is_in = answer.status == 303;
    browser.get("/");
    is_in.then_some(browser)
}

#[test]
fn an_administrator_adds_an_account_whose_owner_chooses_the_password() {
    let desk = Desk::of(Office::new());
    let mut keeper = desk.signed_in("administrator");
    assert!(
        keeper
            .get("/")
            .links("/accounts")
            .contains(&"/accounts".to_owned())
    );
    let hostile = "<script>alert(1)</script>";
    let fields = [
        ("name", "lan.nguyen"),
        ("display-name", hostile),
        ("role-officer", "yes"),
    ];
    let added = keeper.post("/accounts", &fields);
    let text = body_of(&added, 200);
    assert!(
        !text.contains("<script") && text.contains("&lt;script&gt;"),
        "{text}"
    );
    let given = shown_once(&added);
    let again = body_of(&keeper.get("/accounts/lan.nguyen"), 200);
    assert!(!again.contains(&given), "once");
    let mut lan = signs_in(&desk, "lan.nguyen", &given).expect("signs in");
    assert_eq!(lan.get("/access").status, 403);
    let mut elsewhere = signs_in(&desk, "lan.nguyen", &given).expect("signs in");
    let own = "một câu của riêng Lan";
    let change = |lan: &mut Browser, current: &str, new: &str, again: &str| {
        lan.get("/password");
        let fields = [("current", current), ("new", new), ("again", again)];
        lan.post("/password", &fields)
    };
    for (current, new, again, said) in [
        (PASSWORD, own, own, "hiện tại không đúng"),
        (&given, own, "khác", "không giống nhau"),
        (&given, "ngắn", "ngắn", "10 đến 256"),
        (&given, "lan.nguyen-1990", "lan.nguyen-1990", "10 đến 256"),
    ] {
        let text = body_of(&change(&mut lan, current, new, again), 422);
        assert!(text.contains(said) && !text.contains(own), "{said}\n{text}");
    }
    assert_eq!(change(&mut lan, &given, own, own).status, 303);
    assert_eq!(lan.get("/").status, 200, "this session is a new one");
    assert_eq!(elsewhere.get("/").status, 303, "the others end");
    assert!(signs_in(&desk, "lan.nguyen", &given).is_none());
    assert!(signs_in(&desk, "lan.nguyen", own).is_some());
    for (fields, said) in [
        (
            &[("name", "lan.nguyen"), ("role-officer", "yes")][..],
            "đã có",
        ),
        (
            &[("name", "Lan Nguyễn"), ("role-officer", "yes")],
            "2 đến 32 ký tự",
        ),
        (&[("name", "hoa")], "ít nhất một vai trò"),
        (
            &[("name", "hoa"), ("role-boss", "yes")],
            "ít nhất một vai trò",
        ),
    ] {
        let text = body_of(&keeper.post("/accounts", fields), 422);
        assert!(text.contains(said), "{said}\n{text}");
    }
    let log = desk.office.log();
    assert!(!log.contains(&given) && !log.contains(own), "{log}");
    assert!(log.contains("an account was added"), "{log}");
}

#[test]
fn roles_locks_and_sessions_take_effect_at_once() {
    let desk = Desk::of(Office::new());
    let mut keeper = desk.signed_in("administrator");
    let mut officer = desk.signed_in("officer");
    let act = |keeper: &mut Browser, act: &str, fields: &[(&str, &str)]| {
        let place = format!("/accounts/officer/{act}");
        let answer = keeper.post(&place, fields);
        assert_eq!(
            answer.header("location"),
            Some("/accounts/officer"),
            "{act}"
        );
    };
    act(&mut keeper, "roles", &[("role-auditor", "yes")]);
    assert_eq!(officer.get("/").status, 303, "signs in again");
    let mut officer = desk.signed_in("officer");
    assert_eq!(officer.get("/access").status, 200, "with the new role");
    act(&mut keeper, "lock", &[]);
    assert_eq!(officer.get("/").status, 303);
    assert!(signs_in(&desk, "officer", PASSWORD).is_none());
    assert!(keeper.get("/accounts/officer").text().contains("Đã khóa"));
    act(&mut keeper, "unlock", &[]);
    let mut officer = desk.signed_in("officer");
    act(&mut keeper, "sessions", &[]);
    assert_eq!(officer.get("/").status, 303);
    let given = shown_once(&keeper.post("/accounts/officer/password", &[]));
    assert!(signs_in(&desk, "officer", PASSWORD).is_none());
    assert!(signs_in(&desk, "officer", &given).is_some());
    assert_eq!(keeper.post("/accounts/nobody/lock", &[]).status, 404);
    assert_eq!(keeper.get("/accounts/..%2f..%2fetc").status, 404);
}

#[test]
fn the_last_administrator_stays_at_the_desk_and_by_the_command() {
    let desk = Desk::of(Office::new());
    let mut keeper = desk.signed_in("administrator");
    for (act, fields) in [
        ("lock", &[][..]),
        ("roles", &[("role-auditor", "yes")]),
        ("roles", &[]),
    ] {
        let answer = keeper.post(&format!("/accounts/administrator/{act}"), fields);
        let text = body_of(&answer, 422);
        let said = ["quản trị cuối cùng", "ít nhất một vai trò"];
        assert!(said.iter().any(|said| text.contains(said)), "{text}");
    }
    let user = |arguments: &[&str]| {
        let all = [&["user"], arguments].concat();
        desk.office.sohoa(&all).status.code()
    };
    assert_eq!(user(&["disable", "administrator"]), Some(1));
    assert_eq!(
        user(&["roles", "administrator", "--role", "officer"]),
        Some(1)
    );
    assert_eq!(keeper.get("/accounts").status, 200, "nothing was changed");
    let two = [
        "roles",
        "officer",
        "--role",
        "administrator",
        "--role",
        "officer",
    ];
    assert_eq!(user(&two), Some(0));
    assert_eq!(user(&["disable", "administrator"]), Some(0));
    assert_eq!(keeper.get("/accounts").status, 303, "out at once");
    assert_eq!(user(&["enable", "administrator"]), Some(0));
    let mut other = desk.signed_in("officer");
    let text = body_of(&other.get("/accounts"), 200);
    assert!(
        text.contains("/accounts/administrator") && !text.contains("argon2"),
        "{text}"
    );
}
