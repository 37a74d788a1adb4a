//! A timestamp authority for tests: its own CA, its own clock, and answers that are wrong in one way each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CustomExtension, DnType, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SerialNumber, date_time_ymd,
};

use super::super::asn1::{self, INTEGER, OCTET_STRING, SEQUENCE, SET, Values, context};
use super::super::oid;
use super::TimestampServices;
use crate::config::TimestampConfig;
use crate::http::Client;
use crate::record::Hash;
use crate::trust::Evidence;

const TIME_STAMPING: [u8; 12] = [
    0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08,
];

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Rejection,
    OtherImprint,
    OtherNonce,
    OtherContent,
    OtherSignature,
    OtherCertificateNamed,
    NoCertificate,
    Garbage,
    NoAnswer,
}

/// The authority.
pub(crate) struct Tsa {
    key: EcdsaKeyPair,
    pub(crate) certificate: Vec<u8>,
    ca: CertifiedIssuer<'static, KeyPair>,
    pub(crate) time: String,
    pub(crate) fault: Fault,
}

impl Tsa {
    /// Certificates valid in 2026 and 2027, until the end of `last_year`.
    pub(crate) fn until(last_year: i32) -> Self {
        Self::with_purpose(last_year, true)
    }

    /// One whose certificate says what it is for, critical as the standard asks or not.
    pub(crate) fn with_purpose(last_year: i32, critical: bool) -> Self {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("key");
        let parameters = |name: &str| {
            let mut parameters = CertificateParams::default();
            parameters.not_before = date_time_ymd(2026, 1, 1);
            parameters.not_after = date_time_ymd(last_year, 12, 31);
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters
        };
        let mut ca = parameters("Gốc của dấu thời gian thử");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(ca, key()).expect("CA");
        let mut own = parameters("Dấu thời gian thử");
        own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        own.use_authority_key_identifier_extension = true;
        let mut purpose =
            CustomExtension::from_oid_content(&[2, 5, 29, 37], TIME_STAMPING.to_vec());
        purpose.set_criticality(critical);
        own.custom_extensions = vec![purpose];
        let own_key = key();
        let certificate = own.signed_by(&own_key, &ca).expect("certificate");
        let pkcs8 = own_key.serialize_der();
        Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).expect("key"),
            certificate: certificate.der().to_vec(),
            ca,
            time: "20261123011530.25Z".to_owned(),
            fault: Fault::None,
        }
    }

    /// The certificate of its CA, DER.
    pub(crate) fn root(&self) -> Vec<u8> {
        self.ca.der().to_vec()
    }

    /// What proves its path until the end of 2039: its CA's certificate and revocation list.
    pub(crate) fn evidence(&self) -> Evidence {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 11, 24),
            next_update: date_time_ymd(2039, 12, 31),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.ca).expect("CRL");
        Evidence {
            certificates: vec![self.ca.der().to_vec()],
            crls: vec![list.der().to_vec()],
            ..Evidence::default()
        }
    }

    /// `TimeStampResp` to a `TimeStampReq`.
    pub(crate) fn answer(&self, request: &[u8]) -> Vec<u8> {
        let status = |status: u8| asn1::value(SEQUENCE, &[&asn1::value(INTEGER, &[&[status]])]);
        match self.fault {
            Fault::Garbage => b"<html>down for maintenance</html>".to_vec(),
            Fault::Rejection => asn1::value(SEQUENCE, &[&status(2)]),
            _ => asn1::value(SEQUENCE, &[&status(0), &self.token(request)]),
        }
    }

    fn token(&self, request: &[u8]) -> Vec<u8> {
        let mut request = Values::of(request).inside(SEQUENCE).expect("request");
        request.take(INTEGER).expect("version");
        let mut imprint = request.next().expect("imprint").whole.to_vec();
        let mut nonce = request.next().expect("nonce").whole.to_vec();
        match self.fault {
            Fault::OtherImprint => *imprint.last_mut().expect("digest") ^= 1,
            Fault::OtherNonce => *nonce.last_mut().expect("digits") ^= 1,
            _ => {}
        }
        let version = asn1::value(INTEGER, &[&[1]]);
        let policy = asn1::value(asn1::OBJECT_IDENTIFIER, &[&[0x2a, 0x03, 0x04]]);
        let time = asn1::value(asn1::GENERALIZED_TIME, &[self.time.as_bytes()]);
        let serial = asn1::value(INTEGER, &[&[7]]);
        let accuracy = asn1::value(SEQUENCE, &[&asn1::value(INTEGER, &[&[1]])]);
        let parts: [&[u8]; 7] = [
            &version, &policy, &imprint, &serial, &time, &accuracy, &nonce,
        ];
        let info = asn1::value(SEQUENCE, &parts);
        self.signed(&info)
    }

    fn signed(&self, info: &[u8]) -> Vec<u8> {
        let oid_of = |bytes: &[u8]| asn1::value(asn1::OBJECT_IDENTIFIER, &[bytes]);
        let attribute = |kind: &[u8], value: &[u8]| {
            asn1::value(SEQUENCE, &[&oid_of(kind), &asn1::value(SET, &[value])])
        };
        let mut digest = Hash::Sha256.digest(info);
        let mut named = Hash::Sha256.digest(&self.certificate);
        match self.fault {
            Fault::OtherContent => digest[0] ^= 1,
            Fault::OtherCertificateNamed => named[0] ^= 1,
            _ => {}
        }
        let id = asn1::value(SEQUENCE, &[&asn1::value(OCTET_STRING, &[&named])]);
        let named = asn1::value(SEQUENCE, &[&asn1::value(SEQUENCE, &[&id])]);
        let digest = asn1::value(OCTET_STRING, &[&digest]);
        let content_type = oid_of(oid::TST_INFO.as_bytes());
        let attributes = [
            attribute(oid::CONTENT_TYPE.as_bytes(), &content_type),
            attribute(oid::MESSAGE_DIGEST.as_bytes(), &digest),
            attribute(oid::SIGNING_CERTIFICATE_V2.as_bytes(), &named),
        ]
        .concat();
        let signature = self
            .key
            .sign(&SystemRandom::new(), &asn1::value(SET, &[&attributes]));
        let mut signature = signature.expect("signed").as_ref().to_vec();
        if self.fault == Fault::OtherSignature {
            *signature.last_mut().expect("bytes") ^= 1;
        }

        let algorithm = |oid: &[u8]| asn1::value(SEQUENCE, &[&oid_of(oid)]);
        let sha256 = algorithm(oid::of_hash(Hash::Sha256).as_bytes());
        let signer = asn1::value(
            SEQUENCE,
            &[
                &asn1::value(INTEGER, &[&[1]]),
                &self.issuer_and_serial(),
                &sha256,
                &asn1::value(context(0), &[&attributes]),
                &algorithm(oid::ECDSA_SHA256.as_bytes()),
                &asn1::value(OCTET_STRING, &[&signature]),
            ],
        );
        let content = asn1::value(context(0), &[&asn1::value(OCTET_STRING, &[info])]);
        let mut data = asn1::value(INTEGER, &[&[3]]);
        data.extend(asn1::value(SET, &[&sha256]));
        data.extend(asn1::value(SEQUENCE, &[&content_type, &content]));
        if self.fault != Fault::NoCertificate {
            data.extend(asn1::value(context(0), &[&self.certificate, self.ca.der()]));
        }
        data.extend(asn1::value(SET, &[&signer]));
        let data = asn1::value(context(0), &[&asn1::value(SEQUENCE, &[&data])]);
        asn1::value(SEQUENCE, &[&oid_of(oid::SIGNED_DATA.as_bytes()), &data])
    }

    fn issuer_and_serial(&self) -> Vec<u8> {
        let mut certificate = Values::of(&self.certificate).inside(SEQUENCE).expect("DER");
        let mut tbs = certificate.inside(SEQUENCE).expect("tbs");
        tbs.take(context(0)).expect("version");
        let serial = tbs.next().expect("serial number").whole;
        tbs.next().expect("algorithm");
        asn1::value(SEQUENCE, &[tbs.next().expect("issuer").whole, serial])
    }

    /// Answers over HTTP until the process ends; the address.
    pub(crate) fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = listener.local_addr().expect("address");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that leaves early is the client's affair.
                let _left = stream.and_then(|stream| self.respond(stream));
            }
        });
        format!("http://{address}/tsa")
    }

    fn respond(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = body(&mut stream)?;
        if self.fault == Fault::NoAnswer {
            return Ok(());
        }
        let answer = self.answer(&request);
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.len()
        )?;
        stream.write_all(&answer)
    }
}

fn body(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece)?;
        read.extend_from_slice(&piece[..count]);
        let head = read.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if read.len() >= head + 4 + length || count == 0 {
                return Ok(read.split_off(head + 4));
            }
        }
    }
}

/// Asks these services in turn.
pub(crate) fn services(addresses: &[&str], requests_per_minute: usize) -> TimestampServices {
    let config = TimestampConfig {
        level: crate::record::PadesLevel::BLta,
        renew_days: 90,
        services: addresses.iter().map(ToString::to_string).collect(),
        time: Duration::from_secs(5),
        hash: Hash::Sha256,
        requests_per_minute,
    };
    TimestampServices::new(&config, Client::new(&[]))
}

/// One good service, and what proves it.
pub(crate) fn good(last_year: i32) -> (TimestampServices, Evidence) {
    let tsa = Tsa::until(last_year);
    let evidence = tsa.evidence();
    (services(&[&tsa.serve()], 1000), evidence)
}
