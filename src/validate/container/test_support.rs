//! Containers for tests: signatures and timestamps by the small PKI of [`crate::trust`]'s tests.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::Timestamp;
use rcgen::SigningKey;
use x509_cert::certificate::{CertificateInner, Raw};

use super::ber::{
    GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context, value,
};
use crate::trust::Certificate;
use crate::trust::signature::HashFunction;
use crate::trust::test_support::Authority;

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";

pub(crate) fn oid(text: &str) -> Vec<u8> {
    let oid: ObjectIdentifier = text.parse().expect("OID");
    value(OBJECT_IDENTIFIER, oid.as_bytes())
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

pub(crate) fn attribute(kind: &str, content: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &value(SET, content)])
}

/// What a container is made of; tests change parts of it.
pub(crate) struct Draft<'a> {
    pub(crate) signer: &'a Authority,
    pub(crate) content_type: &'a str,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) digest: Vec<u8>,
    pub(crate) embedded: Vec<Certificate>,
    /// Signed attributes beside content-type and message-digest.
    pub(crate) signed: Vec<Vec<u8>>,
    pub(crate) unsigned: Vec<Vec<u8>>,
    pub(crate) has_attributes: bool,
    pub(crate) signers: usize,
}

impl<'a> Draft<'a> {
    /// A signature over what has this SHA-256.
    pub(crate) fn signature(signer: &'a Authority, digest: &[u8]) -> Self {
        let certificate = signer.certificate();
        let id = HashFunction::Sha256.digest(certificate.der());
        let bound = sequence(&[&sequence(&[&sequence(&[&value(OCTET_STRING, &id)])])]);
        Self {
            signer,
            content_type: "1.2.840.113549.1.7.1",
            content: None,
            digest: digest.to_vec(),
            embedded: vec![certificate],
            signed: vec![attribute("1.2.840.113549.1.9.16.2.47", &bound)],
            unsigned: Vec::new(),
            has_attributes: true,
            signers: 1,
        }
    }

    /// A timestamp of what has this SHA-256.
    pub(crate) fn token(signer: &'a Authority, time: Timestamp, imprint: &[u8]) -> Self {
        let hash = sequence(&[&oid(SHA256)]);
        let time = time.strftime("%Y%m%d%H%M%S%.fZ").to_string();
        let info = sequence(&[
            &value(INTEGER, &[1]),
            &oid("1.2.3.4"),
            &sequence(&[&hash, &value(OCTET_STRING, imprint)]),
            &value(INTEGER, &[7]),
            &value(GENERALIZED_TIME, time.as_bytes()),
            &sequence(&[&value(INTEGER, &[1]), &value(0x80, &[1, 0x2c])]),
        ]);
        Self {
            content_type: "1.2.840.113549.1.9.16.1.4",
            digest: HashFunction::Sha256.digest(&info),
            content: Some(info),
            ..Self::signature(signer, &[])
        }
    }

    /// Adds a timestamp over the signature value; the value must not change any more.
    pub(crate) fn stamped(made: &[u8], token: &[u8]) -> Vec<u8> {
        // The unsigned attributes are the last of the last: lengths of all around them grow.
        let stamp = value(context(1), &attribute("1.2.840.113549.1.9.16.2.14", token));
        append_to_signer(made, &stamp)
    }

    fn signer_info(&self) -> Vec<u8> {
        let certificate = self.signer.certificate();
        let parsed = CertificateInner::<Raw>::from_der(certificate.der()).expect("certificate");
        let tbs = parsed.tbs_certificate();
        let issuer = tbs.issuer().to_der().expect("DER");
        let serial = tbs.serial_number().to_der().expect("DER");
        let attributes = [
            attribute("1.2.840.113549.1.9.3", &oid(self.content_type)),
            attribute("1.2.840.113549.1.9.4", &value(OCTET_STRING, &self.digest)),
            self.signed.concat(),
        ]
        .concat();
        let key = self.signer.0.key();
        let (signed, made) = if self.has_attributes {
            let made = key.sign(&value(SET, &attributes)).expect("signature");
            (value(context(0), &attributes), made)
        } else {
            let content = self.content.clone().unwrap_or_default();
            (Vec::new(), key.sign(&content).expect("signature"))
        };
        let unsigned = if self.unsigned.is_empty() {
            Vec::new()
        } else {
            value(context(1), &self.unsigned.concat())
        };
        sequence(&[
            &value(INTEGER, &[1]),
            &sequence(&[&issuer, &serial]),
            &sequence(&[&oid(SHA256)]),
            &signed,
            &sequence(&[&oid(ECDSA_WITH_SHA256)]),
            &value(OCTET_STRING, &made),
            &unsigned,
        ])
    }

    pub(crate) fn make(&self) -> Vec<u8> {
        let content = self.content.as_ref().map(|content| {
            let string = value(OCTET_STRING, content);
            value(context(0), &string)
        });
        let certificates: Vec<&[u8]> = self.embedded.iter().map(Certificate::der).collect();
        let signers = self.signer_info().repeat(self.signers);
        let data = sequence(&[
            &value(INTEGER, &[1]),
            &value(SET, &sequence(&[&oid(SHA256)])),
            &sequence(&[&oid(self.content_type), &content.unwrap_or_default()]),
            &value(context(0), &certificates.concat()),
            &value(SET, &signers),
        ]);
        sequence(&[&oid("1.2.840.113549.1.7.2"), &value(context(0), &data)])
    }
}

/// Appends to the last value that is nested in `made`: ContentInfo, [0], SignedData, SET, SignerInfo.
fn append_to_signer(made: &[u8], more: &[u8]) -> Vec<u8> {
    fn within(bytes: &[u8], depth: usize, more: &[u8]) -> Vec<u8> {
        if depth == 0 {
            return [bytes, more].concat();
        }
        let mut values = super::ber::Values::of(bytes);
        let mut parts = Vec::new();
        while let Some(element) = values.next() {
            parts.push(element);
        }
        let last = parts.pop().expect("a value");
        let mut all: Vec<u8> = parts.iter().flat_map(|part| part.whole.to_vec()).collect();
        all.extend(value(last.tag, &within(last.content, depth - 1, more)));
        all
    }
    within(made, 5, more)
}

/// The same container with indefinite lengths wherever something is constructed, and octet strings in pieces.
pub(crate) fn indefinite(bytes: &[u8]) -> Vec<u8> {
    let mut values = super::ber::Values::of(bytes);
    let mut all = Vec::new();
    while let Some(element) = values.next() {
        if element.tag & 0x20 != 0 {
            all.extend([element.tag, 0x80]);
            all.extend(indefinite(element.content));
            all.extend([0, 0]);
        } else if element.tag == OCTET_STRING && element.content.len() > 1 {
            let (first, second) = element.content.split_at(1);
            all.extend([OCTET_STRING | 0x20, 0x80]);
            all.extend(value(OCTET_STRING, first));
            all.extend(value(OCTET_STRING, second));
            all.extend([0, 0]);
        } else {
            all.extend(element.whole);
        }
    }
    all
}

/// The extension of a certificate that is for timestamps only, critical as RFC 3161 §2.3 wants it.
pub(crate) fn critical_time_stamping() -> rcgen::CustomExtension {
    let content = sequence(&[&oid("1.3.6.1.5.5.7.3.8")]);
    let mut extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 37], content);
    extension.set_criticality(true);
    extension
}
