//! A responder for tests: signs what a test wants said.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use der::asn1::{Any, BitString, Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use rcgen::KeyPair;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::pkix::CrlReason;

use super::message::{
    BasicOcspResponse, CertStatus, OcspResponse, ResponderId, ResponseBytes, ResponseData,
    ResponseStatus, RevokedInfo, SingleResponse,
};
use super::{OCSP_BASIC, SHA256, identifier};
use crate::trust::Certificate;
use crate::trust::time::GeneralTime;

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// What the responder says; tests change what they want.
pub(crate) struct Said {
    pub(crate) revoked: Option<Timestamp>,
    pub(crate) is_known: bool,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

impl Said {
    /// Good, for an hour from now on.
    pub(crate) fn good(now: Timestamp) -> Self {
        Self {
            revoked: None,
            is_known: true,
            this_update: now,
            next_update: Some(now + SignedDuration::from_hours(1)),
        }
    }

    pub(crate) fn revoked(now: Timestamp, when: Timestamp) -> Self {
        Self {
            revoked: Some(when),
            ..Self::good(now)
        }
    }
}

/// A response about `certificate` of `issuer`, signed by `key` of `responder`; `carried` go along.
pub(crate) fn response(
    said: &Said,
    certificate: &Certificate,
    issuer: &Certificate,
    (responder, key): (&Certificate, &KeyPair),
    carried: &[Certificate],
) -> Vec<u8> {
    let cert_status = match (said.revoked, said.is_known) {
        (Some(when), _) => CertStatus::Revoked(RevokedInfo {
            revocation_time: GeneralTime(when),
            revocation_reason: Some(CrlReason::KeyCompromise),
        }),
        (None, true) => CertStatus::Good(Null),
        (None, false) => CertStatus::Unknown(Null),
    };
    let data = ResponseData {
        version: None,
        responder_id: ResponderId::ByName(responder.subject_name().clone()),
        produced_at: GeneralTime(said.this_update),
        responses: vec![SingleResponse {
            cert_id: identifier(certificate, issuer, SHA256).expect("identifier"),
            cert_status,
            this_update: GeneralTime(said.this_update),
            next_update: said.next_update.map(GeneralTime),
            single_extensions: None,
        }],
        response_extensions: None,
    };
    let signed = data.to_der().expect("data");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der());
    let signature = pair.expect("key").sign(&SystemRandom::new(), &signed);
    let any = |der: &[u8]| Any::from_der(der).expect("DER");
    let certs: Vec<Any> = carried.iter().map(|one| any(one.der())).collect();
    let basic = BasicOcspResponse {
        tbs_response_data: any(&signed),
        signature_algorithm: AlgorithmIdentifierOwned {
            oid: ECDSA_WITH_SHA256,
            parameters: None,
        },
        signature: BitString::from_bytes(signature.expect("signature").as_ref()).expect("bits"),
        certs: (!certs.is_empty()).then_some(certs),
    };
    let response = OctetString::new(basic.to_der().expect("basic")).expect("octets");
    let whole = OcspResponse {
        response_status: ResponseStatus::Successful,
        response_bytes: Some(ResponseBytes {
            response_type: OCSP_BASIC,
            response,
        }),
    };
    whole.to_der().expect("response")
}

/// The response of a responder that is busy.
pub(crate) fn busy() -> Vec<u8> {
    let response = OcspResponse {
        response_status: ResponseStatus::TryLater,
        response_bytes: None,
    };
    response.to_der().expect("response")
}
