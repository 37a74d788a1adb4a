//! CSC API v1 where a service says no, or wants to know who asks; that it signs is judged in
//! `tests/it/keys.rs` against a service of others.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Csc, RemoteError, RemoteKey};
use crate::config::{CscAccess, CscConfig, PassphraseSource, RsaPadding};
use crate::sign::SignError;
use crate::sign::keys::{PinSource, RawSigner, Secret, SecretError, SecretKind, SecretRequest};
use crate::sign::test_support::quick_key;

const MESSAGE: &[u8] = b"signed attributes";

/// What a service answers, and what it was asked: path, `Authorization`, body.
struct Service {
    info: Value,
    authorize: (u16, Value),
    asked: Mutex<Vec<(String, String, Value)>>,
    signature: String,
}

impl Service {
    fn new(certificate: &[u8], signature: &[u8]) -> Self {
        Self {
            info: json!({
                "key": {"status": "enabled", "algo": ["1.2.840.10045.4.3.2"]},
                "cert": {"certificates": [BASE64.encode(certificate)]},
                "authMode": "explicit", "PIN": {"presence": "true"}, "OTP": {"presence": "false"},
            }),
            authorize: (200, json!({"SAD": "sad"})),
            asked: Mutex::default(),
            signature: BASE64.encode(signature),
        }
    }

    /// Serves until the test ends; the base address.
    fn start(self) -> (Arc<Self>, String) {
        let service = Arc::new(self);
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = format!("http://{}/csc/v1", listener.local_addr().expect("address"));
        let answering = Arc::clone(&service);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answering.answer(stream.expect("client"));
            }
        });
        (service, address)
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let (head, body) = loop {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).expect("request");
            request.extend_from_slice(&piece[..length]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let wanted = header(head, "content-length").parse().expect("a length");
            if body.len() >= wanted {
                break (head.to_owned(), body.to_owned());
            }
        };
        let path = head.split(' ').nth(1).expect("a path").to_owned();
        let (status, answer) = match path.as_str() {
            "/csc/v1/credentials/list" => (200, json!({"credentialIDs": ["only"]})),
            "/csc/v1/credentials/info" => (200, self.info.clone()),
            "/csc/v1/credentials/authorize" => self.authorize.clone(),
            _ => (200, json!({"signatures": [self.signature]})),
        };
        let body = serde_json::from_str(&body).expect("JSON");
        let asked = (path, header(&head, "authorization"), body);
        self.asked.lock().expect("lock").push(asked);
        let (text, close) = (answer.to_string(), "Connection: close");
        let length = text.len();
        let whole =
            format!("HTTP/1.1 {status} X\r\n{close}\r\nContent-Length: {length}\r\n\r\n{text}");
        stream.write_all(whole.as_bytes()).expect("answered");
    }

    fn times(&self, method: &str) -> usize {
        let asked = self.asked.lock().expect("lock");
        asked
            .iter()
            .filter(|(path, ..)| path.ends_with(method))
            .count()
    }
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    values
        .next()
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

struct Person;

impl PinSource for Person {
    fn ask(&self, request: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        let text = match request.kind {
            SecretKind::Pin => "8642",
            _ => "mật khẩu",
        };
        Ok(Secret::new(text.to_owned()))
    }
}

fn config(address: &str, access: CscAccess, pin: PassphraseSource) -> CscConfig {
    CscConfig {
        address: address.to_owned(),
        credential: None,
        access,
        pin,
    }
}

fn basic() -> CscAccess {
    CscAccess::Basic {
        user: "xa".to_owned(),
        password: PassphraseSource::Prompt,
    }
}

#[test]
fn account_and_pin_go_where_they_belong() {
    let own = quick_key();
    let signature = own.sign(MESSAGE).expect("signs");
    let (service, address) = Service::new(own.certificate(), &signature).start();
    let config = config(&address, basic(), PassphraseSource::Prompt);
    let csc = Csc::open("authority", &config, &Person).expect("opens");
    let key = RemoteKey::open(csc, RsaPadding::Pss, None).expect("opens");
    assert_eq!(key.sign(MESSAGE).expect("signs"), signature);
    // The service's answer fits one message only.
    assert!(matches!(
        key.sign(b"another"),
        Err(SignError::Remote(RemoteError::WrongSignature))
    ));
    let asked = service.asked.lock().expect("lock");
    for (path, authorization, body) in asked.iter() {
        let expected = BASE64.encode("xa:mật khẩu".as_bytes());
        assert_eq!(*authorization, format!("Basic {expected}"), "{path}");
        let has_pin = body["PIN"] == "8642";
        assert_eq!(has_pin, path.ends_with("/authorize"), "{path}");
    }
}

#[test]
fn a_refused_pin_is_not_sent_again() {
    let own = quick_key();
    let mut service = Service::new(own.certificate(), b"");
    service.authorize = (400, json!({"error": "invalid_request"}));
    let (service, address) = service.start();
    let config = config(&address, CscAccess::Open, PassphraseSource::Prompt);
    let open = || {
        let csc = Csc::open("authority", &config, &Person).expect("opens");
        RemoteKey::open(csc, RsaPadding::Pss, None).expect("opens")
    };
    let first = open().sign(MESSAGE).expect_err("refused");
    assert!(matches!(first, SignError::Remote(RemoteError::PinRejected)));
    // Another key object, the same PIN: the process remembers.
    let second = open().sign(MESSAGE).expect_err("refused");
    let before = matches!(second, SignError::Remote(RemoteError::PinRejectedBefore));
    assert!(before, "{second:?}");
    assert_eq!(service.times("/authorize"), 1);
}

#[test]
fn what_this_adapter_cannot_do_is_said_when_the_key_is_opened() {
    let own = quick_key();
    let cases = [
        ("/OTP/presence", json!("true")),
        ("/authMode", json!("oauth2code")),
        ("/key/status", json!("disabled")),
    ];
    for (place, value) in cases {
        let mut service = Service::new(own.certificate(), b"");
        *service.info.pointer_mut(place).expect(place) = value;
        let (_, address) = service.start();
        let config = config(&address, CscAccess::Open, PassphraseSource::Prompt);
        let opened = Csc::open("authority", &config, &Person);
        let unsupported = matches!(
            opened,
            Err(SignError::Remote(RemoteError::Unsupported { .. }))
        );
        assert!(unsupported, "{place}: {opened:?}");
    }
    let (_, address) = Service::new(own.certificate(), b"").start();
    let without_pin = config(&address, CscAccess::Open, PassphraseSource::Empty);
    let opened = Csc::open("authority", &without_pin, &Person);
    assert!(opened.is_err(), "it wants a PIN");
}
