//! What there is to say about a signer's certificate, with its consequence, in words for the counter.

use jiff::Timestamp;

use crate::config::{InDoubt, TrustConfig};
use crate::record::{Lang, vietnam_time};
use crate::trust::path::PathFault;
use crate::trust::status::{Attempt, Reason};

/// Whose certificate a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The signer's.
    Signer,
    /// An authority's, by its subject.
    Authority(String),
}

/// One thing to say about a signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingFinding {
    /// It is no certificate.
    Unreadable,
    /// It is not valid yet.
    NotYetValid {
        /// Start of its validity.
        not_before: Timestamp,
    },
    /// It is no longer valid.
    Expired {
        /// End of its validity.
        not_after: Timestamp,
    },
    /// Its key usage allows neither digital signature nor non-repudiation.
    KeyUsage,
    /// It or an authority of its path is revoked.
    Revoked {
        /// Whose.
        whose: Whose,
        /// Since when.
        when: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Neither OCSP nor CRL says whether it is revoked.
    StatusUnknown {
        /// Whose.
        whose: Whose,
        /// Who was asked; empty where it names nobody.
        tried: Vec<Attempt>,
    },
    /// The office installed no root.
    NoRoot,
    /// It leads to none of the roots.
    NoPath {
        /// The authority whose certificate is missing or not trusted.
        issuer: String,
        /// It could not be fetched from where a certificate says it is; it may be there later.
        is_unreachable: bool,
    },
    /// Its path to a root is not valid.
    PathInvalid {
        /// What is wrong with it.
        fault: PathFault,
    },
}

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The document is signed, and the finding recorded.
    Warn,
    /// The document waits.
    Wait,
    /// Nothing is signed with this certificate.
    Refuse,
}

impl StandingFinding {
    /// Stable text for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            StandingFinding::Unreadable => "standing.unreadable",
            StandingFinding::NotYetValid { .. } => "standing.not_yet_valid",
            StandingFinding::Expired { .. } => "standing.expired",
            StandingFinding::KeyUsage => "standing.key_usage",
            StandingFinding::Revoked { .. } => "standing.revoked",
            StandingFinding::StatusUnknown { .. } => "standing.status_unknown",
            StandingFinding::NoRoot => "standing.no_root",
            StandingFinding::NoPath { .. } => "standing.no_path",
            StandingFinding::PathInvalid { .. } => "standing.path_invalid",
        }
    }

    /// What follows from it by the office's policy. Revoked and expired certificates never sign.
    #[must_use]
    pub fn consequence(&self, config: &TrustConfig) -> Consequence {
        let by = |policy| match policy {
            InDoubt::Sign => Consequence::Warn,
            InDoubt::Wait => Consequence::Wait,
        };
        match self {
            StandingFinding::Unreadable
            | StandingFinding::Expired { .. }
            | StandingFinding::KeyUsage
            | StandingFinding::Revoked { .. } => Consequence::Refuse,
            StandingFinding::NotYetValid { .. } => Consequence::Wait,
            StandingFinding::StatusUnknown { .. } => by(config.when_unknown),
            StandingFinding::NoRoot => Consequence::Warn,
            // An outage, and no doubt about whom the office trusts.
            StandingFinding::NoPath {
                is_unreachable: true,
                ..
            } => by(config.when_unknown),
            StandingFinding::NoPath { .. } | StandingFinding::PathInvalid { .. } => {
                by(config.when_untrusted)
            }
        }
    }

    /// What was found, one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        self.message(lang)
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            StandingFinding::Unreadable => pick(
                "Chứng thư của người ký không đọc được.",
                "The signer's certificate cannot be read.",
            ),
            StandingFinding::NotYetValid { not_before } => {
                let from = vietnam_time(*not_before);
                match lang {
                    Lang::Vi => format!("Chứng thư của người ký chỉ có hiệu lực từ {from}."),
                    Lang::En => format!("The signer's certificate is not valid before {from}."),
                }
            }
            StandingFinding::Expired { not_after } => {
                let until = vietnam_time(*not_after);
                match lang {
                    Lang::Vi => format!("Chứng thư của người ký đã hết hạn từ {until}."),
                    Lang::En => format!("The signer's certificate ended on {until}."),
                }
            }
            StandingFinding::KeyUsage => pick(
                "Chứng thư của người ký không được cấp để ký số.",
                "The signer's certificate was not issued for signing.",
            ),
            StandingFinding::Revoked {
                whose,
                when,
                reason,
            } => {
                let (whose, when, reason) =
                    (whose.text(lang), vietnam_time(*when), reason.as_str());
                match lang {
                    Lang::Vi => {
                        format!("Chứng thư của {whose} đã bị thu hồi từ {when} ({reason}).")
                    }
                    Lang::En => {
                        format!("The certificate of {whose} is revoked since {when} ({reason}).")
                    }
                }
            }
            StandingFinding::StatusUnknown { whose, tried } => {
                let whose = whose.text(lang);
                let tried = tried_text(tried, lang);
                match lang {
                    Lang::Vi => format!(
                        "Không kiểm tra được chứng thư của {whose} có bị thu hồi hay không ({tried})."
                    ),
                    Lang::En => format!(
                        "Whether the certificate of {whose} is revoked could not be checked ({tried})."
                    ),
                }
            }
            StandingFinding::NoRoot => pick(
                "Chưa cài chứng thư gốc nào nên không kiểm tra được nơi cấp chứng thư.",
                "No root is installed, so the issuer of the certificate could not be checked.",
            ),
            StandingFinding::NoPath { issuer, .. } => match lang {
                Lang::Vi => format!(
                    "Chứng thư của người ký không dẫn tới chứng thư gốc nào đã cài (thiếu “{issuer}”)."
                ),
                Lang::En => format!(
                    "The signer's certificate leads to none of the installed roots (missing “{issuer}”)."
                ),
            },
            StandingFinding::PathInvalid { fault } => {
                let what = fault.kind.text(lang);
                match lang {
                    Lang::Vi => format!("Đường dẫn chứng thư của người ký không hợp lệ: {what}."),
                    Lang::En => format!("The signer's certification path is not valid: {what}."),
                }
            }
        }
    }

    /// What to do about it, one sentence.
    #[must_use]
    pub fn advice(&self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            StandingFinding::Unreadable
            | StandingFinding::Expired { .. }
            | StandingFinding::KeyUsage
            | StandingFinding::Revoked { .. } => (
                "Ngừng dùng khóa này và xin cấp chứng thư mới.",
                "Stop using this key and obtain a new certificate.",
            ),
            StandingFinding::NotYetValid { .. } => (
                "Kiểm tra ngày giờ của máy, hoặc chờ đến khi chứng thư có hiệu lực.",
                "Check this machine's clock, or wait until the certificate is valid.",
            ),
            StandingFinding::StatusUnknown { .. } => (
                "Kiểm tra kết nối tới dịch vụ OCSP và CRL của nhà cung cấp.",
                "Check the connection to the authority's OCSP and CRL services.",
            ),
            StandingFinding::NoRoot | StandingFinding::NoPath { .. } => (
                "Cài chứng thư gốc hoặc chứng thư trung gian bằng `sohoa trust add`.",
                "Install the root or the intermediate with `sohoa trust add`.",
            ),
            StandingFinding::PathInvalid { .. } => (
                "Báo cho nhà cung cấp chứng thư; kiểm tra các chứng thư đã cài bằng `sohoa trust list`.",
                "Tell the authority; look at what is installed with `sohoa trust list`.",
            ),
        };
        lang.pick(vi, en)
    }
}

impl Whose {
    fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Whose::Signer, Lang::Vi) => "người ký".to_owned(),
            (Whose::Signer, Lang::En) => "the signer".to_owned(),
            (Whose::Authority(name), _) => format!("CA “{name}”"),
        }
    }
}

fn tried_text(tried: &[Attempt], lang: Lang) -> String {
    if tried.is_empty() {
        return lang
            .pick("không có dịch vụ nào để hỏi", "there is no service to ask")
            .to_owned();
    }
    let attempts: Vec<String> = tried.iter().map(ToString::to_string).collect();
    attempts.join("; ")
}
