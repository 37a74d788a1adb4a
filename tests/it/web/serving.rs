//! The desk beside intake: it begins and ends with the daemon, encrypts, and its faults cost no scan.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use super::{Desk, raw};
use crate::judge;
use crate::office::{Office, jpeg_page};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[test]
fn the_desk_ends_with_the_daemon_and_tells_its_health() {
    let desk = Desk::of(Office::new());
    let health = raw(desk.address, HEALTH).expect("an answer");
    assert_eq!(health.status, 200, "{}", health.text());
    let metrics = raw(desk.address, METRICS).expect("an answer").text();
    assert!(
        metrics.contains("\nsohoa_web_answers_total{class=\"2xx\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("\nsohoa_web_alarms 0\n"), "{metrics}");
    assert!(!metrics.contains("\nsohoa_web_nightly_ok "), "{metrics}");
    assert_eq!(desk.office.json(&["verify", "--nightly"]).0, 0);
    let metrics = raw(desk.address, METRICS).expect("an answer").text();
    assert!(metrics.contains("\nsohoa_web_nightly_ok 1\n"), "{metrics}");
    let index = desk.office.at("index.sqlite");
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _absent = fs::remove_file(desk.office.at(name));
    }
    fs::create_dir(&index).expect("in the way");
    // A connection from before may still be good: many at once need more than are open.
    let asked: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn({
                let address = desk.address;
                move || raw(address, HEALTH).expect("an answer").status
            })
        })
        .collect();
    let told: Vec<u16> = asked
        .into_iter()
        .map(|it| it.join().expect("ends"))
        .collect();
    assert!(
        told.iter().all(|status| matches!(status, 200 | 503)),
        "{told:?}"
    );
    fs::remove_dir(&index).expect("removed");
    let held = std::net::TcpStream::connect(desk.address).expect("connects");
    assert_eq!(desk.daemon.stop(), 0);
    drop(held);
    let log = desk.office.log();
    assert!(log.contains("the web desk is closed"), "{log}");
}

#[test]
fn a_desk_that_cannot_open_costs_no_scan() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = taken.local_addr().expect("an address");
    let office = Office::new();
    office.configure(|text| text + &format!("\n[web]\nlisten = \"{address}\"\n"));
    let daemon = office.start(&[]);
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(1));
    office.wait_until("the scan's answer", || {
        office
            .files("outbox")
            .iter()
            .any(|name| name.contains("a.jpg"))
    });
    assert!(
        office.log().contains("the web desk is not open"),
        "{}",
        office.log()
    );
    drop(taken);
    office.wait_until("the desk after all", || {
        office.log().contains("the web desk is open")
    });
    assert_eq!(daemon.stop(), 0);
}

#[test]
fn plain_http_for_others_is_refused_before_anything_starts() {
    let office = Office::new();
    office.configure(|text| text + "\n[web]\nlisten = \"0.0.0.0:0\"\n");
    let refused = office.sohoa(&["run", "--once"]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("config.web"), "{said}");
}

#[test]
fn the_desk_speaks_tls_with_its_own_certificate() {
    if Command::new("curl").arg("--version").output().is_err() {
        return judge::skip("TLS at the desk", "there is no curl");
    }
    let office = Office::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    fs::write(office.at("keys/desk.pem"), made.cert.pem()).expect("written");
    fs::write(office.at("keys/desk.key"), made.signing_key.serialize_pem()).expect("written");
    office.configure(|text| {
        text + "\n[web]\nlisten = \"127.0.0.1:0\"\ncertificate = \"keys/desk.pem\"\nkey = \"keys/desk.key\"\n"
    });
    let desk = Desk::open(office);
    let curl = |options: &[&str]| {
        let url = format!("https://localhost:{}/sign-in", desk.address.port());
        let answer = Command::new("curl")
            .args(["--silent", "--include", "--noproxy", "*", "--cacert"])
            .arg(desk.office.at("keys/desk.pem"))
            .args(options)
            .arg(url)
            .output()
            .expect("curl runs");
        (
            answer.status.success(),
            String::from_utf8_lossy(&answer.stdout).into_owned(),
        )
    };
    for version in [&["--tlsv1.3"][..], &["--tlsv1.2", "--tls-max", "1.2"]] {
        let (is_well, said) = curl(version);
        assert!(
            is_well && said.contains("__Host-sohoa=") && said.contains("; Secure"),
            "{said}"
        );
        assert!(said.contains("strict-transport-security"), "{said}");
    }
    assert!(!curl(&["--tls-max", "1.1"]).0, "older versions are refused");
    assert!(raw(desk.address, HEALTH).is_none(), "and plain HTTP");
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn behind_a_proxy_events_name_whom_it_names_and_cookies_are_for_tls() {
    let desk = Desk::configured(Office::new(), "behind_proxy = true");
    let mut browser = desk.signed_in("officer");
    // What a browser claims of itself stands before what the proxy adds.
    let through = [("X-Forwarded-For", "198.51.100.1, 203.0.113.9")];
    let fields = [("sought", "079203000001"), ("purpose", "thử nghiệm")];
    let begun = browser.post_with("/look-ups", &fields, &through);
    let place = begun.header("location").expect("a place").to_owned();
    let found = browser.get_with(&place, &through);
    assert!(found.status == 200 && found.header("strict-transport-security").is_some());
    let events = desk.events();
    assert_eq!(events.last().expect("an event")["from"], "web@203.0.113.9");
    let cookie = desk.browser().get("/sign-in");
    let cookie = cookie.header("set-cookie").expect("a cookie");
    assert!(
        cookie.starts_with("__Host-sohoa=") && cookie.contains("; Secure"),
        "{cookie}"
    );
}

#[test]
fn without_a_proxy_nobody_chooses_their_address() {
    let desk = Desk::of(Office::new());
    let mut browser = desk.signed_in("officer");
    let claimed = [("X-Forwarded-For", "203.0.113.9")];
    let fields = [("sought", "079203000001"), ("purpose", "thử nghiệm")];
    let begun = browser.post_with("/look-ups", &fields, &claimed);
    let place = begun.header("location").expect("a place").to_owned();
    browser.get_with(&place, &claimed);
    let events = desk.events();
    assert_eq!(events.last().expect("an event")["from"], "web@127.0.0.1");
}
