//! In and out: passwords, pauses, sessions, accounts that end.

use super::{Desk, PASSWORD};
use crate::office::Office;

#[test]
fn wrong_passwords_wait_and_say_nothing_about_accounts() {
    let desk = Desk::of(Office::new());
    let mut browser = desk.browser();
    browser.get("/sign-in");
    let mut said = Vec::new();
    for name in ["officer", "nobody"] {
        let answer = browser.post("/sign-in", &[("name", name), ("password", "sai mật khẩu")]);
        assert_eq!(answer.status, 401);
        said.push(answer.text().replace(name, ""));
    }
    assert_eq!(said[0], said[1], "the same words");
    for _ in 0..2 {
        browser.post(
            "/sign-in",
            &[("name", "officer"), ("password", "sai mật khẩu")],
        );
    }
    let right = [("name", "officer"), ("password", PASSWORD)];
    assert_eq!(
        browser.post("/sign-in", &right).status,
        429,
        "even the right one waits"
    );
    desk.office.wait_until("the pause to end", || {
        browser.get("/sign-in");
        browser.post("/sign-in", &right).status == 303
    });
    assert!(!desk.office.log().contains("sai mật khẩu"));
}

#[test]
fn a_session_is_new_at_sign_in_and_over_at_sign_out() {
    let desk = Desk::of(Office::new());
    let mut before = desk.browser();
    before.get("/sign-in");
    let mut browser = before.clone();
    browser.post("/sign-in", &[("name", "Officer "), ("password", PASSWORD)]);
    assert_eq!(browser.get("/").status, 200);
    assert_eq!(
        before.get("/").status,
        303,
        "the token from before opens nothing"
    );
    let copied = browser.clone();
    assert_eq!(browser.post("/sign-out", &[]).status, 303);
    assert_eq!(
        copied.clone().get("/").status,
        303,
        "the copied token neither"
    );
    assert_eq!(browser.get("/").status, 303);
}

#[test]
fn a_disabled_account_and_a_changed_password_end_sessions_at_once() {
    let desk = Desk::of(Office::new());
    let (mut officer, mut registrar) = (desk.signed_in("officer"), desk.signed_in("registrar"));
    let changed = desk.office.sohoa(&["user", "disable", "officer"]);
    assert!(changed.status.success());
    let file = desk.office.at("new-password");
    std::fs::write(&file, "một câu khác hẳn\n").expect("written");
    let file = file.to_str().expect("path");
    let changed = desk
        .office
        .sohoa(&["user", "password", "registrar", "--password-file", file]);
    assert!(changed.status.success());
    assert_eq!(
        (officer.get("/").status, registrar.get("/").status),
        (303, 303)
    );
    let (code, lines) = desk.office.json(&["user", "list"]);
    let disabled = lines
        .iter()
        .find(|line| line["name"] == "officer")
        .expect("listed");
    assert_eq!((code, &disabled["disabled"]), (0, &true.into()));
    assert!(!format!("{lines:?}").contains("argon2"));
}

#[test]
fn the_command_refuses_what_is_no_account() {
    let office = Office::new();
    let file = office.at("password");
    std::fs::write(&file, "short\n").expect("written");
    let file = file.to_str().expect("path");
    let code = |arguments: &[&str]| office.sohoa(arguments).status.code();
    let add = |name: &str, role: &str| {
        code(&["user", "add", name, "--role", role, "--password-file", file])
    };
    assert_eq!(add("lan", "officer"), Some(2), "too short");
    assert_eq!(add("lan", "boss"), Some(2), "no such role");
    assert_eq!(
        code(&["user", "add", "lan", "--role", "officer"]),
        Some(5),
        "nobody to ask"
    );
    std::fs::write(file, format!("{PASSWORD}\n")).expect("written");
    assert_eq!(add("Lan Nguyễn", "officer"), Some(2), "not a name");
    assert_eq!(add("lan", "officer"), Some(0));
    assert_eq!(add("lan", "officer"), Some(1), "taken");
    assert_eq!(code(&["user", "disable", "hoa"]), Some(1));
}

#[test]
fn the_language_is_changed_on_any_page_and_leads_nowhere_else() {
    let desk = Desk::of(Office::new());
    let mut browser = desk.browser();
    assert!(browser.get("/sign-in").text().contains("Đăng nhập"));
    let answer = browser.post("/language", &[("lang", "en"), ("to", "/sign-in")]);
    assert_eq!(answer.header("location"), Some("/sign-in"));
    assert!(browser.get("/sign-in").text().contains("Sign in"));
    for to in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\r\nX-Evil: 1",
    ] {
        let answer = browser.post("/language", &[("lang", "vi"), ("to", to)]);
        assert_eq!(answer.header("location"), Some("/"), "{to}");
        assert_eq!(answer.header("x-evil"), None);
    }
}
