//! A small PKI for tests: root → intermediate → signers, all on P-256, and what its services answer.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use der::Encode;
use der::asn1::Ia5String;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm, date_time_ymd,
};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax};

use super::ocsp::test_support::{Said, response};
use super::{Certificate, Entry, Kind, Store, Trust};
use crate::config::{InDoubt, TrustConfig};

/// All test certificates are valid from 2026-01-01 to 2027-12-31.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T01:15:30Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("timestamp")
}

pub(crate) fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).expect("key")
}

pub(crate) fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2027, 12, 31);
    parameters.distinguished_name.remove(DnType::CommonName);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.use_authority_key_identifier_extension = true;
    parameters
}

pub(crate) fn authority_parameters(name: &str) -> CertificateParams {
    let mut authority = parameters(name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority
}

pub(crate) fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("certificate")
}

/// One that issues.
pub(crate) struct Authority(pub(crate) CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let key = key(&PKCS_ECDSA_P256_SHA256);
        let issuer = CertifiedIssuer::self_signed(authority_parameters(name), key);
        Self(issuer.expect("root"))
    }

    pub(crate) fn under(&self, parameters: CertificateParams) -> Self {
        let key = key(&PKCS_ECDSA_P256_SHA256);
        let issuer = CertifiedIssuer::signed_by(parameters, key, &self.0);
        Self(issuer.expect("authority"))
    }

    /// A root with a key of a kind that is not accepted.
    pub(crate) fn weak() -> Certificate {
        let parameters = authority_parameters("Weak");
        let made = parameters.self_signed(&key(&PKCS_ED25519));
        certificate(made.expect("certificate").der())
    }

    pub(crate) fn certificate(&self) -> Certificate {
        certificate(self.0.der())
    }

    pub(crate) fn issue(&self, parameters: &CertificateParams) -> Certificate {
        let made = parameters.signed_by(&key(&PKCS_ECDSA_P256_SHA256), &self.0);
        certificate(made.expect("certificate").der())
    }
}

/// Root → intermediate.
pub(crate) struct Pki {
    pub(crate) root: Authority,
    pub(crate) intermediate: Authority,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let root = Authority::root("Gốc thử");
        let intermediate = root.under(authority_parameters("CA thử"));
        Self { root, intermediate }
    }

    /// A signer under the intermediate, with what a test changes about it.
    pub(crate) fn signer(&self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut signer = parameters("Người ký thử");
        signer.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        change(&mut signer);
        self.intermediate.issue(&signer)
    }
}

/// A CRL for the week of [`now`], nobody on it.
pub(crate) fn list_parameters() -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 11, 23),
        next_update: date_time_ymd(2026, 11, 30),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    }
}

pub(crate) fn list(
    issuer: &Authority,
    change: impl FnOnce(&mut CertificateRevocationListParams),
) -> Vec<u8> {
    let mut parameters = list_parameters();
    change(&mut parameters);
    let list = parameters.signed_by(&issuer.0).expect("CRL");
    list.der().to_vec()
}

/// An HTTP server that has an answer for some paths, and counts what it is asked.
pub(crate) struct Server {
    address: String,
    answers: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let server = Self {
            address: format!("http://{}", listener.local_addr().expect("address")),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (answers, asked) = (Arc::clone(&server.answers), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::SeqCst);
                // A client that left is no matter here.
                let _served = serve(stream.expect("client"), &answers);
            }
        });
        server
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub(crate) fn answer(&self, path: &str, body: Vec<u8>) {
        self.answers
            .lock()
            .expect("answers")
            .insert(path.to_owned(), body);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, answers: &Mutex<BTreeMap<String, Vec<u8>>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, length) = loop {
        let read = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            break (head.to_owned(), length.unwrap_or(0));
        }
        if read == 0 {
            return Ok(());
        }
    };
    while request.len() < head.len() + 4 + length {
        let read = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..read]);
    }
    let path = head.split(' ').nth(1).unwrap_or_default();
    let body = answers.lock().expect("answers").get(path).cloned();
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.unwrap_or_default();
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[answer.as_bytes(), &body].concat())
}

/// Authority information access: where the responder is, and where the issuer's certificate.
pub(crate) fn access(ocsp: Option<String>, issuer: Option<String>) -> CustomExtension {
    let description = |method: &str, address: String| AccessDescription {
        access_method: method.parse().expect("OID"),
        access_location: GeneralName::UniformResourceIdentifier(
            Ia5String::new(&address).expect("address"),
        ),
    };
    let ocsp = ocsp.map(|address| description("1.3.6.1.5.5.7.48.1", address));
    let issuer = issuer.map(|address| description("1.3.6.1.5.5.7.48.2", address));
    let access = AuthorityInfoAccessSyntax(ocsp.into_iter().chain(issuer).collect());
    let content = access.to_der().expect("DER");
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

/// A PKI with its services: `/ocsp` for signers, `/root.crl` for the intermediate, `/ca.crl` for signers,
/// `/ca.cer` is the intermediate; and an office that trusts its root. The lists are there from the start.
pub(crate) struct Town {
    pub(crate) pki: Pki,
    pub(crate) server: Server,
    folder: tempfile::TempDir,
}

impl Town {
    pub(crate) fn new() -> Self {
        let server = Server::start();
        let root = Authority::root("Gốc thử");
        let mut intermediate = authority_parameters("CA thử");
        intermediate.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![server.at("/root.crl")],
        }];
        let intermediate = root.under(intermediate);
        server.answer("/root.crl", list(&root, |_| {}));
        server.answer("/ca.crl", list(&intermediate, |_| {}));
        server.answer("/ca.cer", intermediate.certificate().der().to_vec());
        Self {
            pki: Pki { root, intermediate },
            server,
            folder: tempfile::tempdir().expect("folder"),
        }
    }

    /// A signer whose certificate names all services.
    pub(crate) fn signer(&self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let ocsp = Some(self.server.at("/ocsp"));
        let issuer = Some(self.server.at("/ca.cer"));
        self.pki.signer(|leaf| {
            leaf.custom_extensions.push(access(ocsp, issuer));
            leaf.crl_distribution_points = vec![CrlDistributionPoint {
                uris: vec![self.server.at("/ca.crl")],
            }];
            change(leaf);
        })
    }

    /// The responder says this about a signer, in the name of the intermediate.
    pub(crate) fn say(&self, said: &Said, about: &Certificate) {
        let issuer = self.pki.intermediate.certificate();
        let signer = (&issuer, self.pki.intermediate.0.key());
        let response = response(said, about, &issuer, signer, &[]);
        self.server.answer("/ocsp", response);
    }

    /// The key's own chain.
    pub(crate) fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.pki.intermediate.certificate().der().to_vec()]
    }

    pub(crate) fn install(&self, root: Certificate) {
        let mut store = Store::open(self.folder.path()).expect("store");
        let entry = Entry::examined(root, Kind::Other, None, now()).expect("root");
        store.add(entry).expect("added");
    }

    pub(crate) fn config(&self) -> TrustConfig {
        TrustConfig {
            folder: self.folder.path().to_owned(),
            fetch: true,
            timeout: Duration::from_secs(5),
            keep: Duration::from_secs(600),
            when_unknown: InDoubt::Sign,
            when_untrusted: InDoubt::Wait,
        }
    }

    /// The office with the root installed.
    pub(crate) fn trust(&self) -> Trust {
        self.install(self.pki.root.certificate());
        Trust::new(&self.config())
    }
}
