//! The messages of RFC 6960, as far as they are needed.

use der::asn1::{Any, BitString, Null, ObjectIdentifier, OctetString};
use der::{Choice, Enumerated, Sequence};
use spki::AlgorithmIdentifierOwned;
use x509_cert::certificate::Raw;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use crate::trust::time::GeneralTime;

#[derive(Debug, Clone, Sequence)]
pub(super) struct OcspRequest {
    pub(super) tbs_request: TbsRequest,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct TbsRequest {
    pub(super) request_list: Vec<Request>,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct Request {
    pub(super) req_cert: CertId,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct CertId {
    pub(super) hash_algorithm: AlgorithmIdentifierOwned,
    pub(super) issuer_name_hash: OctetString,
    pub(super) issuer_key_hash: OctetString,
    pub(super) serial_number: SerialNumber<Raw>,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct OcspResponse {
    pub(super) response_status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) response_bytes: Option<ResponseBytes>,
}

/// `OCSPResponseStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[repr(u32)]
pub enum ResponseStatus {
    /// There is an answer.
    Successful = 0,
    /// The request was not understood.
    MalformedRequest = 1,
    /// The responder is out of order.
    InternalError = 2,
    /// The responder is busy.
    TryLater = 3,
    /// The request has to be signed.
    SigRequired = 5,
    /// The responder does not answer for this certificate.
    Unauthorized = 6,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct ResponseBytes {
    pub(super) response_type: ObjectIdentifier,
    pub(super) response: OctetString,
}

/// `BasicOCSPResponse`; what is signed stays as it came.
#[derive(Debug, Clone, Sequence)]
pub(super) struct BasicOcspResponse {
    pub(super) tbs_response_data: Any,
    pub(super) signature_algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: BitString,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) certs: Option<Vec<Any>>,
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct ResponseData {
    /// v1 (0), which is what its absence means.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) version: Option<u8>,
    pub(super) responder_id: ResponderId,
    pub(super) produced_at: GeneralTime,
    pub(super) responses: Vec<SingleResponse>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) response_extensions: Option<Extensions>,
}

#[derive(Debug, Clone, Choice)]
pub(super) enum ResponderId {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", constructed = "true")]
    ByName(Name),
    /// SHA-1 of the responder's key.
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", constructed = "true")]
    ByKey(OctetString),
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct SingleResponse {
    pub(super) cert_id: CertId,
    pub(super) cert_status: CertStatus,
    pub(super) this_update: GeneralTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) next_update: Option<GeneralTime>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) single_extensions: Option<Extensions>,
}

#[derive(Debug, Clone, Choice)]
pub(super) enum CertStatus {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedInfo),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

#[derive(Debug, Clone, Sequence)]
pub(super) struct RevokedInfo {
    pub(super) revocation_time: GeneralTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) revocation_reason: Option<CrlReason>,
}
