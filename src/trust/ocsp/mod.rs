//! OCSP (RFC 6960): the question about one certificate, and what an answer is worth.
//!
//! Believed are answers that the issuer signed, or one whom the issuer certified for it (§4.2.2.2). No nonce
//! is sent: many responders answer in advance, and the times in the answer say how old it is. Requests are
//! neither sent nor repeated here.

mod message;
#[cfg(test)]
pub(super) mod test_support;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest;
use der::asn1::{AnyRef, Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;

use super::certificate::Certificate;
use super::signature::{self, SignatureFault};
use super::status::Status;
use super::time::{OutOfTime, Window};
pub use message::ResponseStatus;
use message::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, Request, ResponderId,
    ResponseData, TbsRequest,
};

/// An answer about one certificate with a chain; a few kilobytes.
pub(super) const RESPONSE_BYTES_MAX: usize = 256 * 1024;

const OCSP_BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
const KP_OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Why an answer is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OcspFault {
    /// Not an OCSP response.
    #[error("not an OCSP response")]
    Unreadable,
    /// The responder gave none.
    #[error("the responder refused: {0:?}")]
    Refused(ResponseStatus),
    /// It is about other certificates.
    #[error("it is about another certificate")]
    OtherCertificate,
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    Unknown,
    /// Signed by one who may not.
    #[error("signed by one whom the issuer did not appoint")]
    NotAppointed,
    /// Its signature proves nothing.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    /// Not for this time.
    #[error(transparent)]
    Time(#[from] OutOfTime),
}

/// An answer that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspAnswer {
    /// Good or revoked.
    pub status: Status,
    /// Whom the issuer appointed to sign it; `None` where the issuer itself did.
    pub delegate: Option<Certificate>,
    /// The delegate may be revoked itself, and somebody has to look (§4.2.2.2.1).
    pub delegate_may_be_revoked: bool,
}

/// The question whether `issuer` revoked a certificate.
///
/// The certificate is named by SHA-1, as RFC 5019 and most responders want: it identifies, and proves nothing.
/// `None` where it cannot be put in DER.
#[must_use]
pub fn request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    let req_cert = identifier(certificate, issuer, SHA1)?;
    let request = OcspRequest {
        tbs_request: TbsRequest {
            request_list: vec![Request { req_cert }],
        },
    };
    request.to_der().ok()
}

fn identifier(
    certificate: &Certificate,
    issuer: &Certificate,
    algorithm: ObjectIdentifier,
) -> Option<CertId> {
    let issuer_key = issuer.key().subject_public_key.as_bytes()?;
    let issuer_name = certificate.issuer_name().to_der().ok()?;
    Some(CertId {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: algorithm,
            parameters: Some(AnyRef::from(Null).into()),
        },
        issuer_name_hash: OctetString::new(hash(algorithm, &issuer_name)?).ok()?,
        issuer_key_hash: OctetString::new(hash(algorithm, issuer_key)?).ok()?,
        serial_number: certificate.serial_number().clone(),
    })
}

fn hash(algorithm: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match algorithm {
        SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        SHA256 => &digest::SHA256,
        SHA384 => &digest::SHA384,
        SHA512 => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, bytes).as_ref().to_vec())
}

/// What a response says about a certificate of `issuer` at a time.
///
/// # Errors
/// [`OcspFault`]: it says nothing that can be believed.
pub fn check(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
) -> Result<OcspAnswer, OcspFault> {
    let basic = basic_response(response)?;
    let signed = basic.tbs_response_data.to_der();
    let signed = signed.map_err(|_| OcspFault::Unreadable)?;
    let data = ResponseData::from_der(&signed).map_err(|_| OcspFault::Unreadable)?;

    let responder = responder(&basic, &data.responder_id, issuer, at)?;
    let key = responder.as_ref().unwrap_or(issuer).key();
    let value = basic.signature.as_bytes().unwrap_or_default();
    signature::verify(key, &basic.signature_algorithm, &signed, value)?;

    let (status, until) = single_status(&data, certificate, issuer, at)?;
    let status = match status {
        CertStatus::Good(_) => Status::Good { until },
        CertStatus::Revoked(info) => Status::Revoked {
            when: info.revocation_time.0,
            reason: info.revocation_reason.into(),
        },
        CertStatus::Unknown(_) => return Err(OcspFault::Unknown),
    };
    let may_be_revoked = |delegate: &Certificate| !delegate.has_extension(OCSP_NOCHECK);
    Ok(OcspAnswer {
        status,
        delegate_may_be_revoked: responder.as_ref().is_some_and(may_be_revoked),
        delegate: responder,
    })
}

fn basic_response(response: &[u8]) -> Result<BasicOcspResponse, OcspFault> {
    if response.len() > RESPONSE_BYTES_MAX {
        return Err(OcspFault::Unreadable);
    }
    let response = OcspResponse::from_der(response).map_err(|_| OcspFault::Unreadable)?;
    if response.response_status != ResponseStatus::Successful {
        return Err(OcspFault::Refused(response.response_status));
    }
    let bytes = response
        .response_bytes
        .filter(|bytes| bytes.response_type == OCSP_BASIC)
        .ok_or(OcspFault::Unreadable)?;
    BasicOcspResponse::from_der(bytes.response.as_bytes()).map_err(|_| OcspFault::Unreadable)
}

/// Who signed: `None` is the issuer itself.
fn responder(
    basic: &BasicOcspResponse,
    named: &ResponderId,
    issuer: &Certificate,
    at: Timestamp,
) -> Result<Option<Certificate>, OcspFault> {
    if is_named(issuer, named) {
        return Ok(None);
    }
    let carried = basic.certs.iter().flatten();
    let carried = carried.filter_map(|any| Certificate::from_der(&any.to_der().ok()?));
    let mut named_ones = carried.filter(|one| is_named(one, named));
    let delegate = named_ones.next().ok_or(OcspFault::NotAppointed)?;
    let is_in_time = (delegate.not_before()..=delegate.not_after()).contains(&at);
    if !delegate.has_extended_key_usage(KP_OCSP_SIGNING)
        || !delegate.names_as_issuer(issuer)
        || !is_in_time
    {
        return Err(OcspFault::NotAppointed);
    }
    delegate.verify_signed_by(issuer)?;
    Ok(Some(delegate))
}

fn is_named(certificate: &Certificate, named: &ResponderId) -> bool {
    match named {
        ResponderId::ByName(name) => certval::compare_names(certificate.subject_name(), name),
        ResponderId::ByKey(key_hash) => {
            let key = certificate.key().subject_public_key.as_bytes();
            let own = key.and_then(|key| hash(SHA1, key));
            own.is_some_and(|own| own == key_hash.as_bytes())
        }
    }
}

fn single_status(
    data: &ResponseData,
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
) -> Result<(CertStatus, Timestamp), OcspFault> {
    let is_meant = |asked: &CertId| {
        let own = identifier(certificate, issuer, asked.hash_algorithm.oid);
        own.is_some_and(|own| {
            own.issuer_name_hash == asked.issuer_name_hash
                && own.issuer_key_hash == asked.issuer_key_hash
                && own.serial_number == asked.serial_number
        })
    };
    let mut fault = OcspFault::OtherCertificate;
    for single in data.responses.iter().filter(|one| is_meant(&one.cert_id)) {
        let window = Window {
            this_update: single.this_update.0,
            next_update: single.next_update.map(|next| next.0),
        };
        match window.check(at) {
            Ok(until) => return Ok((single.cert_status.clone(), until)),
            Err(out_of_time) => fault = out_of_time.into(),
        }
    }
    Err(fault)
}
