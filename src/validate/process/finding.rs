//! What was found about one signature or timestamp, with a code for machines and a sentence for people.

use jiff::Timestamp;

use crate::record::{Lang, vietnam_time};
use crate::trust::Reason;
use crate::trust::path::FaultKind;
use crate::validate::container::{ContainerFault, IntegrityFault};

/// Whose certificate is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The signer's, or the time-stamping authority's own.
    Own,
    /// An issuer's.
    Issuer,
}

/// One thing that was found. Not all are faults: the verdict says what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is no container.
    Container(ContainerFault),
    /// It does not hold.
    Integrity(IntegrityFault),
    /// The signer did not sign which certificate is meant.
    NotBound,
    /// No known certificates lead to a root of the office.
    NoChain,
    /// They lead there, but not validly.
    Chain(FaultKind),
    /// The certificate's key is not for this.
    Purpose,
    /// Revoked, and not proven to have signed before.
    Revoked(Whose, Timestamp, Reason),
    /// Revoked after it had signed.
    RevokedLater(Whose, Timestamp, Reason),
    /// Nobody says whether it is revoked.
    RevocationUnknown(Whose),
    /// What is known about its revocation ends here, before the time that matters.
    RevocationOld(Whose, Timestamp),
    /// The certificate was valid in this time only.
    OutOfValidity(Timestamp, Timestamp),
    /// It is not proven to be older than the end of an algorithm.
    Algorithm(String, Timestamp),
    /// The claimed time of signing is later than a time at which it is proven to have existed.
    ClaimedAfterProof(Timestamp, Timestamp),
    /// A timestamp is later than now, or earlier than one that it covers.
    TimeOrder,
    /// A timestamp of this time was not believed.
    TimestampNotBelieved(Timestamp),
    /// Further proof could not be fetched.
    NotFetched,
}

impl Finding {
    /// Stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Finding::Container(fault) => fault.code(),
            Finding::Integrity(fault) => fault.code(),
            Finding::NotBound => "certificate-not-bound",
            Finding::NoChain => "chain-not-found",
            Finding::Chain(_) => "chain-invalid",
            Finding::Purpose => "certificate-purpose",
            Finding::Revoked(Whose::Own, ..) => "certificate-revoked",
            Finding::Revoked(Whose::Issuer, ..) => "issuer-revoked",
            Finding::RevokedLater(..) => "revoked-later",
            Finding::RevocationUnknown(_) => "revocation-unknown",
            Finding::RevocationOld(..) => "revocation-old",
            Finding::OutOfValidity(..) => "certificate-not-valid-then",
            Finding::Algorithm(..) => "algorithm-ended",
            Finding::ClaimedAfterProof(..) => "claimed-time-after-proof",
            Finding::TimeOrder => "time-order",
            Finding::TimestampNotBelieved(_) => "timestamp-not-believed",
            Finding::NotFetched => "not-fetched",
        }
    }

    /// For people, one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Finding::Container(fault) => fault.text(lang),
            Finding::Integrity(fault) => fault.text(lang),
            Finding::Chain(kind) => match lang {
                Lang::Vi => format!("Đường dẫn chứng thực không hợp lệ: {}.", kind.text(lang)),
                Lang::En => format!("The certificate path is not valid: {}.", kind.text(lang)),
            },
            Finding::Revoked(whose, when, reason) => {
                let (when, reason) = (vietnam_time(*when), reason.as_str());
                match (lang, whose) {
                    (Lang::Vi, Whose::Own) => {
                        format!("Chứng thư đã bị thu hồi từ {when} ({reason}).")
                    }
                    (Lang::Vi, Whose::Issuer) => {
                        format!("Chứng thư của tổ chức cấp đã bị thu hồi từ {when} ({reason}).")
                    }
                    (Lang::En, Whose::Own) => {
                        format!("The certificate is revoked since {when} ({reason}).")
                    }
                    (Lang::En, Whose::Issuer) => {
                        format!("An issuer's certificate is revoked since {when} ({reason}).")
                    }
                }
            }
            Finding::RevokedLater(_, when, reason) => {
                let (when, reason) = (vietnam_time(*when), reason.as_str());
                match lang {
                    Lang::Vi => format!(
                        "Một chứng thư bị thu hồi sau khi ký, từ {when} ({reason}); chữ ký không bị ảnh hưởng."
                    ),
                    Lang::En => format!(
                        "A certificate was revoked after signing, since {when} ({reason}); the signature is not affected."
                    ),
                }
            }
            Finding::RevocationOld(..)
            | Finding::OutOfValidity(..)
            | Finding::Algorithm(..)
            | Finding::ClaimedAfterProof(..)
            | Finding::TimestampNotBelieved(_) => self.dated_text(lang),
            Finding::NotBound
            | Finding::NoChain
            | Finding::Purpose
            | Finding::RevocationUnknown(_)
            | Finding::TimeOrder
            | Finding::NotFetched => self.plain_text(lang).to_owned(),
        }
    }

    /// The sentences about a time.
    fn dated_text(&self, lang: Lang) -> String {
        match self {
            Finding::RevocationOld(_, until) => {
                let until = vietnam_time(*until);
                match lang {
                    Lang::Vi => format!("Chỉ biết chứng thư chưa bị thu hồi đến {until}."),
                    Lang::En => {
                        format!("That a certificate was not revoked is known up to {until} only.")
                    }
                }
            }
            Finding::OutOfValidity(from, to) => {
                let (from, to) = (vietnam_time(*from), vietnam_time(*to));
                match lang {
                    Lang::Vi => format!("Chứng thư chỉ có hiệu lực từ {from} đến {to}."),
                    Lang::En => format!("The certificate is valid from {from} to {to} only."),
                }
            }
            Finding::Algorithm(name, end) => {
                let end = vietnam_time(*end);
                match lang {
                    Lang::Vi => format!(
                        "Thuật toán {name} chỉ được coi là an toàn đến {end}; không chứng minh được đã dùng trước đó."
                    ),
                    Lang::En => format!(
                        "The algorithm {name} is held to be safe until {end}; that it was used before is not proven."
                    ),
                }
            }
            Finding::ClaimedAfterProof(claimed, proven) => {
                let (claimed, proven) = (vietnam_time(*claimed), vietnam_time(*proven));
                match lang {
                    Lang::Vi => format!(
                        "Thời gian ký tự khai ({claimed}) muộn hơn thời điểm được chứng minh ({proven})."
                    ),
                    Lang::En => format!(
                        "The claimed time of signing ({claimed}) is later than the proven one ({proven})."
                    ),
                }
            }
            Finding::TimestampNotBelieved(time) => {
                let time = vietnam_time(*time);
                match lang {
                    Lang::Vi => format!("Dấu thời gian {time} chưa được công nhận."),
                    Lang::En => format!("The timestamp of {time} was not believed."),
                }
            }
            _ => String::new(),
        }
    }

    /// The sentences without figures.
    fn plain_text(&self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Finding::NotBound => (
                "Chữ ký không ghi rõ đã dùng chứng thư nào.",
                "The signature does not say which certificate was used.",
            ),
            Finding::NoChain => (
                "Chưa chứng minh được đường dẫn chứng thực đến chứng thư gốc mà cơ quan tin cậy.",
                "No certificates lead to a root that the office trusts.",
            ),
            Finding::Purpose => (
                "Chứng thư không được cấp cho mục đích này.",
                "The certificate was not issued for this purpose.",
            ),
            Finding::RevocationUnknown(Whose::Own) => (
                "Không rõ chứng thư có bị thu hồi hay không.",
                "Nobody says whether the certificate is revoked.",
            ),
            Finding::RevocationUnknown(Whose::Issuer) => (
                "Không rõ chứng thư của tổ chức cấp có bị thu hồi hay không.",
                "Nobody says whether an issuer's certificate is revoked.",
            ),
            Finding::TimeOrder => (
                "Thời gian của các dấu thời gian mâu thuẫn nhau.",
                "The times of the timestamps contradict each other.",
            ),
            Finding::NotFetched => (
                "Không lấy thêm được dữ liệu xác minh qua mạng.",
                "Further proof could not be fetched.",
            ),
            _ => ("", ""),
        };
        lang.pick(vi, en)
    }
}
