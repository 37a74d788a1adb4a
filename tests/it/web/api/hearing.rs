//! A program hears what becomes of a station's scans.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::{Program, problem};
use crate::office::{Office, jpeg_page};
use crate::web::Desk;

const EVENTS: &str = "/api/v1/stations/quay-01/events";

/// A stream that is open; it ends with the value.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn of(program: &Program, last: &str) -> Self {
        let mut stream = TcpStream::connect(program.address).expect("connects");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a time");
        let request = format!(
            "GET {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nAccept-Language: en\r\n{last}\r\n",
            program.token
        );
        stream.write_all(request.as_bytes()).expect("sent");
        Self(BufReader::new(stream))
    }

    /// The rest of the first line that begins so.
    fn next(&mut self, beginning: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.0.read_line(&mut line).expect("a line");
            assert!(read > 0, "the stream ended before {beginning}");
            if let Some(rest) = line.strip_prefix(beginning) {
                return rest.trim().to_owned();
            }
        }
    }

    fn event(&mut self) -> (String, Value) {
        let id = self.next("id: ");
        let data = self.next("data: ");
        (id, serde_json::from_str(&data).expect("JSON"))
    }
}

#[test]
fn what_becomes_of_scans_is_heard_as_it_happens_and_taken_up_again() {
    let office = Office::new();
    fs::create_dir_all(office.at("inbox/quay-01")).expect("a station");
    let desk = Desk::of(office);
    let program = Program::of(&desk, "man-hinh", &["events"]);
    let mut stream = Stream::of(&program, "");
    assert_eq!(stream.next("retry: "), "5000", "it is open");
    desk.office.drop_scan("quay-01", "a.jpg", &jpeg_page(1));
    let (first, archived) = stream.event();
    assert_eq!(
        (&archived["state"], &archived["file"], &archived["station"]),
        (&"archived".into(), &"a.jpg".into(), &"quay-01".into()),
        "{archived}"
    );
    desk.office.drop_scan(
        "quay-01",
        "b\n.jpg",
        b"\xFF\xD8\xFF nothing of the kind \xFF\xD9",
    );
    let (second, refused) = stream.event();
    assert_eq!(refused["state"], "refused", "{refused}");
    assert!(refused["reason"].as_str().is_some_and(|it| !it.is_empty()));
    assert!(second > first);
    drop(stream);
    let mut again = Stream::of(&program, &format!("Last-Event-ID: {second}\r\n"));
    // Perhaps both, where they were of the same second; never what was before.
    let (mut id, _) = again.event();
    while id != second {
        assert_eq!(id.split('/').next(), second.split('/').next());
        id = again.event().0;
    }
    drop(again);
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn streams_are_few_and_their_room_is_free_again() {
    let office = Office::new();
    fs::create_dir_all(office.at("inbox/quay-01")).expect("a station");
    let desk = Desk::of(office);
    let program = Program::of(&desk, "man-hinh", &["events"]);
    let mut streams: Vec<Stream> = (0..8).map(|_| Stream::of(&program, "")).collect();
    for stream in &mut streams {
        stream.next("retry: ");
    }
    let refused = program.get(EVENTS);
    assert_eq!(problem(&refused, 503), "api.busy");
    assert!(refused.header("retry-after").is_some());
    drop(streams);
    desk.office.wait_until("room", || {
        let mut stream = Stream::of(&program, "");
        let mut line = String::new();
        let _read = stream.0.read_line(&mut line);
        line.contains("200")
    });
}
