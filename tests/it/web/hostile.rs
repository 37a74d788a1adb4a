//! What attackers send, and what hostile papers say.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::papers::Paper;
use super::{Desk, raw};
use crate::office::Office;

const SCRIPT: &str = "<script>alert(1)</script>";
const PICTURE: &str = "\"'><img src=x onerror=alert(1)>";

#[test]
fn hostile_names_and_texts_are_only_letters() {
    let office = Office::new();
    let citizen = Some("079203000001");
    let text = format!("</pre>{SCRIPT}{PICTURE} tam giác");
    let name = format!("Nguyễn{SCRIPT}");
    let paper = Paper {
        number: 1,
        citizen,
        kind: Some("khai-sinh"),
        title: PICTURE,
        name: &name,
        text: &text,
    };
    let record = paper.archive(&office);
    assert!(office.sohoa(&["reindex"]).status.success());
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("registrar");
    let purpose = format!("{SCRIPT}{PICTURE}");
    let mut pages = Vec::new();
    let (_, person) = browser.look_up("079203000001", &purpose);
    pages.push(person);
    pages.push(browser.get("/"));
    let (_, by_name) = browser.look_up("nguyen", &purpose);
    pages.push(by_name);
    let (_, by_text) = browser.look_up("tam giác", &purpose);
    assert!(by_text.text().contains("tam giác"));
    pages.push(by_text);
    let (place, found) = browser.look_up(&record.to_string(), &purpose);
    pages.push(found);
    for part in ["", "/text"] {
        let page = browser.get(&format!("{place}/records/{record}{part}"));
        assert_eq!(page.status, 200);
        pages.push(page);
    }
    let fields = [("sought", SCRIPT), ("purpose", ""), ("name", PICTURE)];
    pages.push(browser.post("/look-ups", &fields));
    let mut stranger = desk.browser();
    stranger.get("/sign-in");
    pages.push(stranger.post("/sign-in", &fields));
    for page in pages {
        let text = page.text();
        assert!(
            text.contains("&lt;script&gt;") || text.contains("&lt;img"),
            "{text}"
        );
        for bad in ["<script", "<img src=x", "<b>", "\"'>"] {
            assert!(!text.contains(bad), "{bad}\n{text}");
        }
    }
}

#[test]
fn no_address_leads_out_of_the_table() {
    let desk = Desk::of(Office::new());
    let mut browser = desk.signed_in("registrar");
    for path in [
        "/../accounts.toml",
        "/assets/../accounts.toml",
        "/assets/%2e%2e%2faccounts.toml",
        "/assets/..%5c..%5caccounts.toml",
        "/assets/desk.css/../../accounts.toml",
        "//etc/passwd",
        "/assets/desk.css%00",
        "/look-ups/..%2f..%2faccounts.toml",
        "/look-ups/x/records/..%2f..%2fx/document.pdf",
        "/look-ups/x/records/%ff/document.pdf",
        "/look-ups/x/people/%F0%28",
        "/accounts.toml",
        "/.git/config",
    ] {
        let answer = browser.get(path);
        assert!(
            (400..405).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert!(
            !answer.text().contains("argon2") && !answer.text().contains("root:"),
            "{path}"
        );
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = raw(desk.address, request.as_bytes()).expect("an answer");
        assert_eq!(answer.status, 405, "{method}");
    }
}

#[test]
fn malformed_and_oversized_requests_are_refused_and_cost_nobody_else() {
    let desk = Desk::of(Office::new());
    let post = |length: &str, body: Vec<u8>| {
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n"
        );
        [head.into_bytes(), body].concat()
    };
    let get = |headers: &str| {
        format!("GET /health HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n").into_bytes()
    };
    let many = "X: y\r\n".repeat(200);
    let huge = vec![b'a'; 1024 * 1024];
    let chunk = [
        format!("{:x}\r\n", huge.len()).into_bytes(),
        huge.clone(),
        b"\r\n0\r\n\r\n".to_vec(),
    ]
    .concat();
    for (what, request, expected) in [
        (
            "a long body",
            post(&format!("Content-Length: {}", huge.len()), huge),
            413,
        ),
        (
            "a long body in chunks",
            post("Transfer-Encoding: chunked", chunk),
            413,
        ),
        (
            "a long header",
            get(&format!("X: {}", "a".repeat(100_000))),
            431,
        ),
        ("many headers", get(&many), 431),
        (
            "a long address",
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000)).into_bytes(),
            414,
        ),
        (
            "two lengths",
            post("Content-Length: 1\r\nContent-Length: 2", vec![b'a']),
            400,
        ),
        (
            "a length and chunks",
            post(
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                b"0\r\n\r\n".to_vec(),
            ),
            403,
        ),
        ("a line end in a header", get("X: a\nY\0: b"), 400),
        (
            "no HTTP at all",
            b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n".to_vec(),
            400,
        ),
        (
            "an old protocol's preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            400,
        ),
    ] {
        let answer = raw(desk.address, &request);
        // Closed without an answer is as good.
        let status = answer.map_or(0, |answer| answer.status);
        assert!(
            status == expected || (400..=505).contains(&status) && status != 500 || status == 0,
            "{what}: {status}, not {expected}"
        );
        assert_ne!(status, 200, "{what}");
    }
    let mut browser = desk.signed_in("officer");
    assert_eq!(browser.get("/").status, 200);
}

#[test]
fn who_is_slow_is_cut_while_others_are_served() {
    let desk = Desk::of(Office::new());
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(desk.address).expect("connects");
            stream
                .write_all(b"GET / HTTP/1.1\r\nX-Slow: ")
                .expect("written");
            stream
        })
        .collect();
    let mut body = TcpStream::connect(desk.address).expect("connects");
    body.write_all(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nname=")
        .expect("written");
    slow.push(body);
    let mut browser = desk.signed_in("officer");
    assert_eq!(browser.get("/").status, 200);
    for stream in &mut slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a time");
        // A letter now and then keeps nothing open.
        let _cut = stream.write_all(b"a");
        let mut left = Vec::new();
        if let Err(error) = stream.read_to_end(&mut left) {
            let kind = error.kind();
            assert_ne!(kind, std::io::ErrorKind::WouldBlock, "still open");
        }
    }
    assert!(
        began.elapsed() < Duration::from_secs(40),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn one_address_cannot_take_all_connections() {
    let desk = Desk::of(Office::new());
    let held: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(desk.address).expect("connects"))
        .collect();
    let is_refused = |stream: &TcpStream| {
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a time");
        matches!((&*stream).read(&mut [0]), Ok(0)) || (&*stream).write_all(b"x").is_err()
    };
    let refused = held
        .iter()
        .rev()
        .take(30)
        .filter(|stream| is_refused(stream))
        .count();
    assert!(refused > 20, "{refused} of the last thirty");
    drop(held);
    desk.office.wait_until("room again", || {
        raw(
            desk.address,
            b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .is_some_and(|answer| answer.status == 200)
    });
}
