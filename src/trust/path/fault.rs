//! What is wrong with a path, in the words of a person at the counter.

use super::Certificate;
use crate::record::Lang;

/// What is wrong with a path (RFC 5280 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A certificate is not valid yet at this time.
    NotYetValid,
    /// A certificate is no longer valid at this time.
    Expired,
    /// A signature does not hold.
    Signature,
    /// A signature by an algorithm that is not accepted, or a weak key.
    Algorithm,
    /// An issuer that is no authority, or a longer path than an authority allows.
    Constraints,
    /// An authority's key is not for signing certificates.
    KeyUsage,
    /// Names do not follow each other, or an authority may not issue to this one.
    Names,
    /// The certificate policies leave nothing that is allowed.
    Policy,
    /// A critical extension that is not known here.
    CriticalExtension,
    /// A certificate that cannot be read well enough.
    Unreadable,
}

impl FaultKind {
    /// Stable text for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::NotYetValid => "not_yet_valid",
            FaultKind::Expired => "expired",
            FaultKind::Signature => "signature",
            FaultKind::Algorithm => "algorithm",
            FaultKind::Constraints => "constraints",
            FaultKind::KeyUsage => "key_usage",
            FaultKind::Names => "names",
            FaultKind::Policy => "policy",
            FaultKind::CriticalExtension => "critical_extension",
            FaultKind::Unreadable => "unreadable",
        }
    }

    /// What is wrong, as part of a sentence.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            FaultKind::NotYetValid => (
                "chứng thư chưa có hiệu lực",
                "a certificate is not valid yet",
            ),
            FaultKind::Expired => ("chứng thư đã hết hạn", "a certificate has ended"),
            FaultKind::Signature => (
                "chữ ký trên chứng thư không khớp",
                "a certificate's signature does not hold",
            ),
            FaultKind::Algorithm => (
                "thuật toán hoặc khóa quá yếu",
                "an algorithm or a key is too weak",
            ),
            FaultKind::Constraints => (
                "nơi cấp không được phép cấp chứng thư này",
                "an issuer may not issue this certificate",
            ),
            FaultKind::KeyUsage => (
                "khóa của nơi cấp không dùng để ký chứng thư",
                "an issuer's key is not for signing certificates",
            ),
            FaultKind::Names => (
                "tên trong chứng thư không được phép",
                "a name is not allowed by an issuer",
            ),
            FaultKind::Policy => (
                "chính sách chứng thư không được phép",
                "the certificate policies allow nothing",
            ),
            FaultKind::CriticalExtension => (
                "chứng thư có phần mở rộng bắt buộc không hiểu được",
                "a certificate has a critical extension that is not known here",
            ),
            FaultKind::Unreadable => ("chứng thư không đọc được", "a certificate cannot be read"),
        };
        lang.pick(vi, en)
    }
}

/// What is wrong with a path, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFault {
    /// What.
    pub kind: FaultKind,
    /// With which certificate, where that is known.
    pub certificate: Option<Certificate>,
}

impl PathFault {
    pub(super) fn new(kind: FaultKind, certificate: Option<Certificate>) -> Self {
        Self { kind, certificate }
    }
}
