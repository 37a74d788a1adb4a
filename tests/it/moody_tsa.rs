//! A timestamp service with good and bad moments, for soaks: it stamps with the key and certificate of the test CA's
//! authority, in this process, because the test CA itself needs a twentieth of a second for each token.
//!
//! What it makes is judged with the documents that carry it: by this program, and by pyHanko.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sohoa::record::Sha256Digest;

use super::super::Random;
use crate::pki::{LASTING, Pki};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const POLICY: &[u8] = &[0x2a, 3, 4];

/// The service; it lives as long as the process.
pub(super) struct MoodyTsa {
    authority: Authority,
    random: Mutex<Random>,
    pub(super) calm: AtomicBool,
    pub(super) asked: AtomicU64,
    pub(super) failed: AtomicU64,
}

impl MoodyTsa {
    pub(super) fn new(pki: &Pki, seed: u64) -> &'static Self {
        Box::leak(Box::new(Self {
            authority: Authority::of(pki),
            random: Mutex::new(Random(seed)),
            calm: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }))
    }

    /// Answers until the process ends; the address.
    pub(super) fn serve(&'static self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = listener.local_addr().expect("address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that leaves early is the client's affair.
                std::thread::spawn(move || self.respond(stream));
            }
        });
        format!("http://{address}/")
    }

    fn respond(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let question = body(&mut stream)?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        let lot = self.random.lock().expect("lots").below(1000);
        let lot = if self.calm.load(Ordering::Relaxed) {
            1000
        } else {
            lot
        };
        self.failed
            .fetch_add(u64::from(lot < 400), Ordering::Relaxed);
        match lot {
            // After either of these the program leaves the service alone for half a minute.
            0 => std::thread::sleep(Duration::from_secs(3)),
            1..=2 => {}
            3..=199 => stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")?,
            200..=299 => answer(&mut stream, b"<html>maintenance</html>")?,
            300..=399 => {
                let token = self.authority.answer(&question);
                answer(&mut stream, &token[..token.len() / 2])?;
            }
            _ => answer(&mut stream, &self.authority.answer(&question))?,
        }
        Ok(())
    }
}

fn answer(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}

fn body(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece)?;
        read.extend_from_slice(&piece[..count]);
        let head = read.windows(4).position(|end| end == b"\r\n\r\n");
        let Some(head) = head.filter(|_| count > 0) else {
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
        let mut lengths = text
            .lines()
            .filter_map(|line| line.strip_prefix("content-length:"));
        let length: usize = lengths
            .next()
            .map_or(0, |text| text.trim().parse().expect("length"));
        if read.len() >= head + 4 + length {
            return Ok(read.split_off(head + 4));
        }
    }
}

/// Who stamps (RFC 3161).
struct Authority {
    key: RsaKeyPair,
    certificate: Vec<u8>,
    issuer: Vec<u8>,
    serial: AtomicU64,
}

impl Authority {
    fn of(pki: &Pki) -> Self {
        let pem = std::fs::read_to_string(pki.folder().join("keys/rsa3072-tsa.pem"));
        let pem = pem.expect("the authority's key");
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pkcs8 = data_encoding::BASE64.decode(base64.as_bytes());
        Self {
            key: RsaKeyPair::from_pkcs8(&pkcs8.expect("base64")).expect("an RSA key"),
            certificate: pki.der(LASTING),
            issuer: pki.der("tsa-ca"),
            serial: AtomicU64::new(1),
        }
    }

    /// `TimeStampResp` to a `TimeStampReq` with a nonce (2.4).
    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let question = parts(parts(request)[0].1);
        let (imprint, nonce) = (question[1].0, question[2].0);
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let now = now.strftime("%Y%m%d%H%M%SZ").to_string();
        let serial = self.serial.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let info = [
            &der(INTEGER, &[&[1]])[..],
            &der(OID, &[POLICY]),
            imprint,
            &der(INTEGER, &[&[1], &serial]),
            &der(GENERALIZED_TIME, &[now.as_bytes()]),
            nonce,
        ];
        let granted = der(SEQUENCE, &[&der(INTEGER, &[&[0]])]);
        der(SEQUENCE, &[&granted, &self.signed(&der(SEQUENCE, &info))])
    }

    fn signed(&self, info: &[u8]) -> Vec<u8> {
        let digest = |bytes: &[u8]| der(OCTET_STRING, &[Sha256Digest::of(bytes).as_bytes()]);
        let attribute =
            |kind: &[u8], value: &[u8]| der(SEQUENCE, &[&der(OID, &[kind]), &der(SET, &[value])]);
        let named = der(SEQUENCE, &[&digest(&self.certificate)]);
        let named = der(SEQUENCE, &[&der(SEQUENCE, &[&named])]);
        // A set is sorted by what it holds (X.690, 11.6): these are in order of length.
        let attributes = [
            attribute(CONTENT_TYPE, &der(OID, &[TST_INFO])),
            attribute(MESSAGE_DIGEST, &digest(info)),
            attribute(SIGNING_CERTIFICATE_V2, &named),
        ]
        .concat();
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        let message = der(SET, &[&attributes]);
        let signed = self
            .key
            .sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature);
        signed.expect("signed");

        let sha256 = der(SEQUENCE, &[&der(OID, &[SHA256])]);
        let rsa = der(SEQUENCE, &[&der(OID, &[SHA256_WITH_RSA]), &[5, 0]]);
        // version, serialNumber, signature, issuer: RFC 5280, 4.1.
        let certificate = parts(parts(parts(&self.certificate)[0].1)[0].1);
        let signer = [
            &der(INTEGER, &[&[1]])[..],
            &der(SEQUENCE, &[certificate[3].0, certificate[1].0]),
            &sha256,
            &der(CONTEXT_0, &[&attributes]),
            &rsa,
            &der(OCTET_STRING, &[&signature]),
        ];
        let content = der(CONTEXT_0, &[&der(OCTET_STRING, &[info])]);
        let data = [
            &der(INTEGER, &[&[3]])[..],
            &der(SET, &[&sha256]),
            &der(SEQUENCE, &[&der(OID, &[TST_INFO]), &content]),
            &der(CONTEXT_0, &[&self.certificate, &self.issuer]),
            &der(SET, &[&der(SEQUENCE, &signer)]),
        ];
        let data = der(CONTEXT_0, &[&der(SEQUENCE, &data)]);
        der(SEQUENCE, &[&der(OID, &[SIGNED_DATA]), &data])
    }
}

/// A value of these parts, DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    let mut value = vec![tag];
    match length {
        [0, short @ ..=0x7f] => value.push(short),
        [0, byte] => value.extend([0x81, byte]),
        long => value.extend([0x82, long[0], long[1]]),
    }
    value.extend(content);
    value
}

/// The values in `der`, one after another: whole, and their content.
fn parts(mut der: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut parts = Vec::new();
    while der.len() > 1 {
        let (head, length) = match der[1] {
            short @ ..=0x7f => (2, usize::from(short)),
            0x81 => (3, usize::from(der[2])),
            _ => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        };
        let (whole, rest) = der.split_at(head + length);
        parts.push((whole, &whole[head..]));
        der = rest;
    }
    parts
}
