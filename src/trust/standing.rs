//! May this certificate sign now? Checked before every signature (TT 15/2025, annex II).
//!
//! Validity, key usage, a path to a root of the office, and revocation of the signer and of every authority
//! between. What was found is said with its consequence; what proves it goes into the document later.

use jiff::Timestamp;

use super::certificate::Certificate;
use super::error::TrustError;
use super::evidence::Evidence;
use super::office::{Case, Trust};
use super::path::{Path, PathFault, PathOutcome};
use super::status::{Attempt, Reason, Status};
use crate::config::{InDoubt, TrustConfig};
use crate::record::{ExitCode, Explain, Lang, vietnam_time};

/// Answers that a check may wait for in all.
const ANSWERS_MAX: u32 = 4;

/// How a signer's certificate stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The path to a root of the office, if there is a valid one.
    pub path: Option<Path>,
    /// What there is to say; empty where everything was checked and is well.
    pub findings: Vec<StandingFinding>,
    /// What proves it.
    pub evidence: Evidence,
}

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

/// A certificate that must not sign now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", finding.message(Lang::En))]
pub struct MustNotSign {
    /// Why.
    pub finding: StandingFinding,
    /// Whether it may sign later.
    pub may_later: bool,
}

impl Standing {
    /// Whether a document may be signed now.
    ///
    /// # Errors
    /// [`TrustError::MustNotSign`] with the first finding that the office's policy does not let pass.
    pub fn permit(&self, config: &TrustConfig) -> Result<(), TrustError> {
        let weighed = |consequence| {
            self.findings
                .iter()
                .find(|finding| finding.consequence(config) == consequence)
        };
        let refusal = weighed(Consequence::Refuse).map(|finding| (finding, false));
        match refusal.or_else(|| weighed(Consequence::Wait).map(|finding| (finding, true))) {
            None => Ok(()),
            Some((finding, may_later)) => Err(TrustError::MustNotSign(Box::new(MustNotSign {
                finding: finding.clone(),
                may_later,
            }))),
        }
    }
}

impl Trust {
    /// Checks anew.
    pub(super) fn assess(
        &self,
        certificate: &[u8],
        chain: &[Vec<u8>],
        at: Timestamp,
    ) -> Result<Standing, TrustError> {
        let mut standing = Standing {
            path: None,
            findings: Vec::new(),
            evidence: Evidence::default(),
        };
        let Some(leaf) = Certificate::from_der(certificate) else {
            standing.findings.push(StandingFinding::Unreadable);
            return Ok(standing);
        };
        standing.findings.extend(own_findings(&leaf, at));
        if !standing.findings.is_empty() {
            return Ok(standing);
        }
        let mut case = self.case(chain.iter(), at, ANSWERS_MAX)?;
        let outcome = self.path(&leaf, &mut case);
        self.check_revocation(outcome.chain(), &case, &mut standing);
        if case.roots.is_empty() {
            standing.findings.push(StandingFinding::NoRoot);
            return Ok(standing);
        }
        match outcome {
            PathOutcome::Found(path) => standing.path = Some(path),
            PathOutcome::NoPath { chain } => {
                let issuer = chain.last().map(Certificate::issuer).unwrap_or_default();
                standing.findings.push(StandingFinding::NoPath { issuer });
            }
            PathOutcome::Invalid { fault, .. } => {
                standing
                    .findings
                    .push(StandingFinding::PathInvalid { fault });
            }
        }
        Ok(standing)
    }

    /// Asks about every certificate of the chain that has its issuer beside it, with a root or without.
    fn check_revocation(&self, chain: &[Certificate], case: &Case, standing: &mut Standing) {
        let whose = |place: usize, certificate: &Certificate| match place {
            0 => Whose::Signer,
            _ => Whose::Authority(certificate.subject()),
        };
        if let [alone] = chain
            && !alone.is_self_issued()
        {
            let (whose, tried) = (Whose::Signer, Vec::new());
            let unknown = StandingFinding::StatusUnknown { whose, tried };
            standing.findings.push(unknown);
        }
        for certificate in chain {
            standing
                .evidence
                .certificates
                .push(certificate.der().to_vec());
        }
        for (place, pair) in chain.windows(2).enumerate() {
            let [certificate, issuer] = pair else {
                continue;
            };
            let answer = self.status(certificate, issuer, &Evidence::default(), case);
            standing.evidence.add(answer.evidence);
            let whose = whose(place, certificate);
            standing.findings.extend(match answer.status {
                Status::Good { .. } => None,
                Status::Revoked { when, reason } => Some(StandingFinding::Revoked {
                    whose,
                    when,
                    reason,
                }),
                Status::Unknown { tried } => Some(StandingFinding::StatusUnknown { whose, tried }),
            });
        }
    }
}

/// What the certificate itself says against signing.
fn own_findings(leaf: &Certificate, at: Timestamp) -> Option<StandingFinding> {
    let (not_before, not_after) = (leaf.not_before(), leaf.not_after());
    let usage = leaf.key_usage();
    if at < not_before {
        Some(StandingFinding::NotYetValid { not_before })
    } else if at > not_after {
        Some(StandingFinding::Expired { not_after })
    } else if usage.is_some_and(|usage| usage.digital_signature() || usage.non_repudiation()) {
        None
    } else {
        Some(StandingFinding::KeyUsage)
    }
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
            StandingFinding::NoPath { .. } | StandingFinding::PathInvalid { .. } => {
                by(config.when_untrusted)
            }
        }
    }

    /// What was found, one sentence.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
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
            StandingFinding::NoPath { issuer } => match lang {
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

impl Explain for MustNotSign {
    fn code(&self) -> &'static str {
        self.finding.code()
    }

    fn message(&self, lang: Lang) -> String {
        self.finding.message(lang)
    }

    fn advice(&self, lang: Lang) -> String {
        self.finding.advice(lang).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Environment
    }

    fn is_retryable(&self) -> bool {
        self.may_later
    }
}
