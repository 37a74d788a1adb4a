//! What counters and registrars see of documents under way: stations' last drops, signing sessions.

use std::fs;
use std::process::Command;

use super::Desk;
use crate::judge;
use crate::office::{Office, jpeg_page};

fn attended() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("attended = false", "attended = true"));
    office
}

#[test]
fn a_counter_sees_what_became_of_its_scans_and_why() {
    let desk = Desk::of(Office::new());
    let office = &desk.office;
    let mut station = desk.signed_in("station");
    let empty = station.get("/stations/quay-01");
    assert!(
        empty.text().contains("Chưa có bản quét nào"),
        "{}",
        empty.text()
    );
    assert_eq!(empty.header("refresh"), Some("5; url=/stations/quay-01"));
    let slip = "citizen = \"079203000001\"\n";
    office.drop_scan("quay-01", "tốt.jpg.phieu.toml", slip.as_bytes());
    office.drop_scan("quay-01", "tốt.jpg", &jpeg_page(1));
    office.drop_scan("quay-01", "<b>hỏng.jpg", b"no picture at all");
    office.drop_scan("quay-01", "chờ.jpg.phieu.toml", b"pages = 4\n");
    office.drop_scan("quay-01", "chờ.jpg", &jpeg_page(2));
    office.wait_until("three receipts", || {
        ["OK.txt", "LOI.txt", "CHO.txt"]
            .iter()
            .all(|it| office.receipts(it) == 1)
    });
    let page = station.get("/stations/quay-01").text();
    for said in [
        "Đã nhận",
        "Không nhận",
        "Đang chờ",
        "Phiếu ghi 4 trang",
        "Cần làm",
        "&lt;b&gt;hỏng.jpg",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(
        !page.contains("079203000001") && !page.contains("079*"),
        "{page}"
    );
    assert!(desk.events().is_empty(), "nobody was looked at");
    for (place, status) in [
        ("/stations/quay-99", 404),
        ("/stations/..%2f..%2fkeys", 404),
        ("/stations/%00", 404),
        ("/worklist", 403),
        ("/signing", 403),
        ("/look-ups/x", 403),
    ] {
        assert_eq!(station.get(place).status, status, "{place}");
    }
    let seen_by_officer = desk.signed_in("officer").get("/stations/quay-01");
    let again = seen_by_officer.header("refresh");
    assert_eq!(
        again,
        Some("5; url=/stations/quay-01?by-itself=1"),
        "an officer's session still ends"
    );
    let mut auditor = desk.signed_in("auditor");
    assert_eq!(auditor.get("/stations/quay-01").status, 403);
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn a_registrar_opens_a_session_sees_what_waits_and_closes_it() {
    let desk = Desk::of(attended());
    let office = &desk.office;
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(1));
    office.drop_scan("quay-01", "b.jpg.phieu.toml", b"pages = 4\n");
    office.drop_scan("quay-01", "b.jpg", &jpeg_page(2));
    office.wait_until("both wait", || office.receipts("CHO.txt") == 2);
    let mut registrar = desk.signed_in("registrar");
    let page = registrar.get("/signing").text();
    for said in [
        "Chưa mở phiên",
        "1 tài liệu chờ khóa này",
        "a.jpg",
        "b.jpg",
        "Phiếu ghi 4 trang",
        "Mở trong danh sách chờ",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let unknown = registrar.post("/signing/open", &[("key", "nobody")]);
    assert_eq!(unknown.status, 404);
    let opened = registrar.post("/signing/open", &[("key", "organisation")]);
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, Some("/signing"))
    );
    office.wait_until("it is signed", || office.receipts("OK.txt") == 1);
    let page = registrar.get("/signing").text();
    assert!(
        page.contains("Phiên đang mở") && page.contains("<dd>registrar</dd>"),
        "{page}"
    );
    registrar.post("/signing/close", &[("key", "organisation")]);
    assert!(registrar.get("/signing").text().contains("Chưa mở phiên"));
    let logged = office.files("signing-sessions");
    assert_eq!(logged.len(), 1, "{logged:?}");
    let mut officer = desk.signed_in("officer");
    assert_eq!(officer.get("/signing").status, 403);
    assert_eq!(
        officer
            .post("/signing/open", &[("key", "organisation")])
            .status,
        403
    );
    assert_eq!(desk.daemon.stop(), 0);
}

/// The demo key with a passphrase that a person types; the passphrase.
fn typed(office: &Office) -> String {
    let passphrase = fs::read_to_string(office.at("keys/demo.pass")).expect("read");
    office.configure(|text| {
        let is_of_key = |line: &&str| {
            let keys = ["key = ", "passphrase_file = ", "attended = "];
            keys.iter().any(|key| line.starts_with(key))
        };
        let lines = text.lines().filter(|line| !is_of_key(line));
        lines.collect::<Vec<_>>().join("\n")
            + "\n[signing.keys.organisation]\nkind = \"pkcs12\"\nfile = \"keys/demo.p12\"\npassphrase = \"prompt\"\n"
    });
    passphrase.trim().to_owned()
}

#[test]
fn a_pin_is_not_taken_without_encryption() {
    let office = Office::new();
    let pin = typed(&office);
    let desk = Desk::of(office);
    let mut registrar = desk.signed_in("registrar");
    let page = registrar.get("/signing").text();
    assert!(
        page.contains("sohoa sign-session open --key organisation"),
        "{page}"
    );
    assert!(!page.contains("type=\"password\""), "no field for it");
    let forced = registrar.post("/signing/open", &[("key", "organisation"), ("pin", &pin)]);
    assert_eq!(forced.status, 403);
    assert!(registrar.get("/signing").text().contains("Chưa mở phiên"));
}

/// A browser that speaks TLS.
struct Curl<'a> {
    desk: &'a Desk,
    seal: String,
}

impl Curl<'_> {
    fn ask(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let jar = self.desk.office.at("cookies");
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--include", "--noproxy", "*", "--cacert"])
            .arg(self.desk.office.at("keys/desk.pem"))
            .arg("--cookie")
            .arg(&jar)
            .arg("--cookie-jar")
            .arg(&jar);
        for (name, value) in fields {
            command.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        if !fields.is_empty() {
            command.args(["--data-urlencode", &format!("seal={}", self.seal)]);
        }
        command.arg(format!(
            "https://localhost:{}{path}",
            self.desk.address.port()
        ));
        let answer = command.output().expect("curl runs");
        let said = String::from_utf8_lossy(&answer.stdout).into_owned();
        if let Some(seal) = said.split("name=\"seal\" value=\"").nth(1) {
            self.seal = seal.split('"').next().unwrap_or_default().to_owned();
        }
        said
    }
}

#[test]
fn a_pin_goes_over_tls_to_the_session_and_nowhere_else() {
    if Command::new("curl").arg("--version").output().is_err() {
        return judge::skip("a PIN over TLS", "there is no curl");
    }
    let office = Office::new();
    let pin = typed(&office);
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    fs::write(office.at("keys/desk.pem"), made.cert.pem()).expect("written");
    fs::write(office.at("keys/desk.key"), made.signing_key.serialize_pem()).expect("written");
    let tls = "certificate = \"keys/desk.pem\"\nkey = \"keys/desk.key\"";
    let desk = Desk::configured(office, tls);
    let mut registrar = Curl {
        desk: &desk,
        seal: String::new(),
    };
    registrar.ask("/sign-in", &[]);
    let said = registrar.ask(
        "/sign-in",
        &[("name", "registrar"), ("password", super::PASSWORD)],
    );
    assert!(said.contains("303"), "{said}");
    let said = registrar.ask("/signing", &[]);
    assert!(said.contains("type=\"password\""), "{said}");
    let wrong = "wrong-pin-123456";
    for (typed, says) in [("", "Chưa nhập PIN"), (wrong, "notice bad")] {
        let said = registrar.ask("/signing/open", &[("key", "organisation"), ("pin", typed)]);
        assert!(said.contains("422") && said.contains(says), "{said}");
        assert!(typed.is_empty() || !said.contains(typed), "{said}");
    }
    let said = registrar.ask("/signing/open", &[("key", "organisation"), ("pin", &pin)]);
    assert!(
        said.contains("303") && said.contains("location: /signing"),
        "{said}"
    );
    assert!(registrar.ask("/signing", &[]).contains("Phiên đang mở"));
    let log = desk.office.log();
    assert!(!log.contains(&pin) && !log.contains(wrong));
    assert_eq!(desk.daemon.stop(), 0);
}
