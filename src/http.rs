//! Requests to services of trust (timestamps, OCSP, CRLs, remote keys): bounded in time and size.
//!
//! No redirects, no cookies, no cache, no proxy: the address is the one in the configuration or in a
//! certificate, and an answer from elsewhere is no answer. Nothing is tried again here; who asks knows
//! whether another address may be asked. Answers are not interpreted.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error};

/// How long and how large an answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// From the look-up of the name to the last byte.
    pub time: Duration,
    /// Of the answer's body, bytes.
    pub bytes: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not an address of http or https.
    #[error("{0:?} is not an http address")]
    Address(String),
    /// Nobody there, or the connection broke.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// No whole answer in time.
    #[error("no answer in time")]
    TooSlow,
    /// A longer answer than may be.
    #[error("the answer has more than {0} bytes")]
    TooLarge(u64),
    /// Answered with something else than success.
    #[error("answered with status {0}")]
    Status(u16),
    /// TLS does not hold: another certificate than one that is trusted.
    #[error("the connection is not secure: {0}")]
    NotSecure(String),
}

/// An HTTP client; cheap to make and to clone, shared by threads.
#[derive(Debug, Clone)]
pub struct Client(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    more_roots: Vec<Vec<u8>>,
    /// Made for the first request: the machine's authorities are many files, and most commands ask nobody.
    agent: OnceLock<Agent>,
}

impl Client {
    /// A client that trusts, for TLS, the machine's own authorities and those given (DER).
    #[must_use]
    pub fn new(more_roots: &[Vec<u8>]) -> Self {
        Self(Arc::new(Parts {
            more_roots: more_roots.to_vec(),
            agent: OnceLock::new(),
        }))
    }

    fn agent(&self) -> &Agent {
        self.0.agent.get_or_init(|| agent(&self.0.more_roots))
    }

    /// The body behind an address.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn get(&self, address: &str, bounds: Bounds) -> Result<Vec<u8>, HttpError> {
        check(address)?;
        let request = self.agent().get(address).config();
        let answer = request.timeout_global(Some(bounds.time)).build().call();
        body(address, answer, bounds)
    }

    /// The answer to `content`, which is of this media type; `headers` go along.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn post(
        &self,
        address: &str,
        media_type: &str,
        headers: &[(&str, &str)],
        content: &[u8],
        bounds: Bounds,
    ) -> Result<Vec<u8>, HttpError> {
        check(address)?;
        let mut request = self.agent().post(address).content_type(media_type);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.config().timeout_global(Some(bounds.time)).build();
        body(address, request.send(content), bounds)
    }
}

fn agent(more_roots: &[Vec<u8>]) -> Agent {
    let machine = rustls_native_certs::load_native_certs();
    for error in &machine.errors {
        tracing::debug!(%error, "an authority of this machine cannot be read");
    }
    let roots = machine.certs.iter().map(|known| known.as_ref().to_vec());
    let roots: Vec<_> = roots
        .chain(more_roots.iter().cloned())
        .map(|der| Certificate::from_der(&der).to_owned())
        .collect();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(provider)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(true)
        .user_agent("sohoa")
        .build()
        .new_agent()
}

fn check(address: &str) -> Result<(), HttpError> {
    let known = ["http://", "https://"];
    let is_http = known.iter().any(|scheme| address.starts_with(scheme));
    is_http
        .then_some(())
        .ok_or_else(|| HttpError::Address(address.to_owned()))
}

fn body(
    address: &str,
    answer: Result<ureq::http::Response<ureq::Body>, Error>,
    bounds: Bounds,
) -> Result<Vec<u8>, HttpError> {
    let mut answer = answer.map_err(|error| explained(address, error))?;
    if !answer.status().is_success() {
        return Err(HttpError::Status(answer.status().as_u16()));
    }
    let read = answer.body_mut().with_config().limit(bounds.bytes);
    read.read_to_vec()
        .map_err(|error| explained(address, error))
}

fn explained(address: &str, error: Error) -> HttpError {
    match error {
        Error::BadUri(_) | Error::Http(_) => HttpError::Address(address.to_owned()),
        Error::StatusCode(status) => HttpError::Status(status),
        Error::Timeout(_) => HttpError::TooSlow,
        Error::BodyExceedsLimit(limit) => HttpError::TooLarge(limit),
        Error::Tls(why) => HttpError::NotSecure(why.to_owned()),
        Error::Rustls(why) => HttpError::NotSecure(why.to_string()),
        Error::Io(source) if source.kind() == io::ErrorKind::TimedOut => HttpError::TooSlow,
        other => HttpError::Unreachable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with these bytes after a pause; the address of the server.
    fn server(answer: Vec<u8>, pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = listener.local_addr().expect("address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("client");
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).expect("request");
            std::thread::sleep(pause);
            // The client may have left.
            let _sent = stream.write_all(&answer);
        });
        format!("http://{address}/tsa")
    }

    fn answer(status: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    const BOUNDS: Bounds = Bounds {
        time: Duration::from_millis(500),
        bytes: 1000,
    };

    fn post(address: &str) -> Result<Vec<u8>, HttpError> {
        Client::new(&[]).post(address, "application/timestamp-query", &[], b"q", BOUNDS)
    }

    #[test]
    fn an_answer_comes_back_as_it_is() {
        let address = server(answer("200 OK", b"\x30\x03abc"), Duration::ZERO);
        assert_eq!(post(&address).expect("answer"), b"\x30\x03abc");
    }

    #[test]
    fn what_is_not_a_whole_answer_in_its_bounds_is_an_error() {
        let large = server(answer("200 OK", &[0; 1001]), Duration::ZERO);
        assert!(matches!(post(&large), Err(HttpError::TooLarge(1000))));
        let slow = server(answer("200 OK", b"late"), Duration::from_secs(2));
        assert!(matches!(post(&slow), Err(HttpError::TooSlow)));
        let failing = server(answer("503 Busy", b""), Duration::ZERO);
        assert!(matches!(post(&failing), Err(HttpError::Status(503))));
        let elsewhere = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n";
        let elsewhere = post(&server(elsewhere.to_vec(), Duration::ZERO));
        assert!(
            matches!(elsewhere, Err(HttpError::Status(302))),
            "{elsewhere:?}"
        );
        let nobody = post("http://127.0.0.1:1/");
        assert!(
            matches!(nobody, Err(HttpError::Unreachable(_))),
            "{nobody:?}"
        );
        for address in ["file:///etc/passwd", "ftp://a/b", ""] {
            assert!(matches!(post(address), Err(HttpError::Address(_))));
        }
    }
}
