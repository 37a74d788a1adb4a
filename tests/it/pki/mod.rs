//! The test CA of `tests/judges/pki`: roots, signers, OCSP, CRLs and timestamp authorities on this machine.
//!
//! [`Pki::shared`] is one server for all tests of the process, which must leave its weather alone; a test that
//! needs an outage or another time starts its own. A server ends with the pipe that the test process holds, so
//! none is left behind, however the tests end.

pub(crate) mod places;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::Value;

use crate::judge;

/// A running server, ended with the value.
pub(crate) struct Pki {
    child: Child,
    url: String,
    csc: String,
    folder: PathBuf,
}

/// The authority whose certificate outlives the others'.
pub(crate) const LASTING: &str = "tsa";

/// The authority whose certificate ends in half a year.
pub(crate) const ENDING: &str = "tsa-ending";

impl Pki {
    /// The server that all tests of this process share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Pki> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A server of the caller's own; `serve.py` says what its options are.
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = judge::script("pki/serve.py")
            .arg("--stop-with-stdin")
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("serve.py starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("serve.py says where it is");
        let ready: Value = serde_json::from_str(&line).expect("serve.py is ready");
        let text = |name: &str| ready[name].as_str().expect("text").to_owned();
        Self {
            child,
            url: text("url"),
            csc: text("csc"),
            folder: text("folder").into(),
        }
    }

    /// Where it answers.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    /// A timestamp authority's address.
    pub(crate) fn tsa(&self, name: &str) -> String {
        self.url(&format!("test/tsa/{name}"))
    }

    /// The address of the service for remote signing.
    pub(crate) fn csc(&self) -> &str {
        &self.csc
    }

    /// What `serve.py` writes, for scripts that want it whole.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A certificate: `root`, `ca`, `other-root` or a signer's label in `pki.yml`.
    pub(crate) fn certificate(&self, label: &str) -> PathBuf {
        self.folder.join(format!("{label}.pem"))
    }

    /// The same, DER.
    pub(crate) fn der(&self, label: &str) -> Vec<u8> {
        let pem = std::fs::read_to_string(self.certificate(label)).expect("certificate");
        let base64: String = pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = data_encoding::BASE64.decode(base64.as_bytes());
        der.expect("base64")
    }

    /// The root that judges trust.
    pub(crate) fn root(&self) -> PathBuf {
        self.certificate("root")
    }

    /// A signer's key and chain, PKCS#12.
    pub(crate) fn pkcs12(&self, label: &str) -> PathBuf {
        self.folder.join(format!("{label}.p12"))
    }

    /// The file with the passphrase of all PKCS#12 files.
    pub(crate) fn passphrase(&self) -> PathBuf {
        self.folder.join("passphrase")
    }

    /// Changes the weather: outages, failures by lot, the clock.
    pub(crate) fn control(&self, wishes: &Value) -> Value {
        let wishes = wishes.to_string();
        let body = self.request("POST", "control", "", wishes.as_bytes());
        serde_json::from_slice(&body).expect("the state")
    }

    /// What these CAs' CRLs say at a time, as files.
    pub(crate) fn crls(&self, at: Timestamp, authorities: &[&str]) -> Vec<PathBuf> {
        let one = |authority: &&str| {
            let path = format!("test/crls/{authority}/latest.crl");
            let crl = self.request(
                "GET",
                &path,
                &format!("X-Certomancer-Fake-Time: {at}\r\n"),
                b"",
            );
            let file = self
                .folder
                .join(format!("{authority}-{}.crl", at.as_second()));
            std::fs::write(&file, crl).expect("CRL written");
            file
        };
        authorities.iter().map(one).collect()
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the server listens");
        let head = format!(
            "{method} /{path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(body).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        assert!(
            answer.starts_with(b"HTTP/1.") && answer.get(9..12) == Some(b"200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        answer.split_off(end.expect("a head") + 4)
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        // Its pipe closes: it removes its folder and goes.
        drop(self.child.stdin.take());
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_test_ca_answers_and_its_weather_changes() {
    use sohoa::http::{Bounds, Client, HttpError};

    if !judge::ready("the test CA") {
        return;
    }
    let pki = Pki::start(&["--outage", "ocsp"]);
    let client = Client::new(&[]);
    let bounds = Bounds {
        time: std::time::Duration::from_secs(20),
        bytes: 100_000,
    };
    let crl = pki.url("test/crls/ca/latest.crl");
    assert!(
        client
            .get(&crl, bounds)
            .expect("a CRL")
            .starts_with(&[0x30])
    );
    let asked = client.post(
        &pki.url("test/ocsp/ca"),
        "application/ocsp-request",
        &[],
        b"",
        bounds,
    );
    assert!(matches!(asked, Err(HttpError::Status(503))), "{asked:?}");

    // The same seed draws the same lots.
    let lots = |seed: u64| -> Vec<bool> {
        pki.control(&serde_json::json!({"outages": [], "failure_rate": 0.5, "seed": seed}));
        (0..16).map(|_| client.get(&crl, bounds).is_ok()).collect()
    };
    let first = lots(7);
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
    assert_eq!(lots(7), first);
    let state = pki.control(&serde_json::json!({"failure_rate": 0.0}));
    assert_eq!(state["requests"]["crl"], 16);

    for label in [
        "rsa4096", "p384", "officer", "revoked", "expired", "stranger",
    ] {
        assert!(
            pki.pkcs12(label).exists() && pki.certificate(label).exists(),
            "{label}"
        );
    }
    let folder = pki.folder.clone();
    drop(pki);
    assert!(!folder.exists(), "the server's folder is left behind");
}
