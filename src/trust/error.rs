//! What can be wrong with the trust store, with a certificate that someone wants in it, or with a signer's.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::signature::SignatureFault;
use super::standing::MustNotSign;
use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang, vietnam_time};

/// The trust store was not read or not changed, or it and the services say that nothing may be signed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Reading {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the store is not what its name says.
    #[error("{} is not the certificate that its name says", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// A file to be added holds no certificate.
    #[error("{} holds no X.509 certificate", path.display())]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// The certificate may not issue others.
    #[error("not a certificate of an authority")]
    NotAnAuthority,
    /// The certificate is not valid yet or no longer.
    #[error("valid from {not_before} to {not_after} only")]
    NotValid {
        /// Start of its validity.
        not_before: Timestamp,
        /// End of its validity.
        not_after: Timestamp,
    },
    /// The certificate's key is too weak.
    #[error("{0}")]
    Weak(SignatureFault),
    /// The root's own signature does not hold.
    #[error("its own signature: {0}")]
    OwnSignature(SignatureFault),
    /// No entry, or more than one, has this fingerprint.
    #[error("no single certificate has the fingerprint {fingerprint}")]
    NoSuchFingerprint {
        /// As it was asked for.
        fingerprint: String,
    },
    /// The person did not confirm.
    #[error("not confirmed")]
    NotConfirmed,
    /// The signer's certificate must not sign now.
    #[error(transparent)]
    MustNotSign(Box<MustNotSign>),
    /// A durable write failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

impl Explain for TrustError {
    fn code(&self) -> &'static str {
        match self {
            TrustError::Reading { .. } => "trust.reading",
            TrustError::Damaged { .. } => "trust.damaged",
            TrustError::NoCertificate { .. } => "trust.no_certificate",
            TrustError::NotAnAuthority => "trust.not_an_authority",
            TrustError::NotValid { .. } => "trust.not_valid",
            TrustError::Weak(_) => "trust.weak_key",
            TrustError::OwnSignature(_) => "trust.own_signature",
            TrustError::NoSuchFingerprint { .. } => "trust.no_such_fingerprint",
            TrustError::NotConfirmed => "trust.not_confirmed",
            TrustError::MustNotSign(error) => error.code(),
            TrustError::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            TrustError::Reading { path, source } => {
                let what = lang.pick("Không đọc được", "Cannot read");
                format!("{what} {}: {source}.", path.display())
            }
            TrustError::Damaged { path } => match lang {
                Lang::Vi => format!(
                    "Tệp {} trong kho tin cậy không khớp với tên của nó.",
                    path.display()
                ),
                Lang::En => format!(
                    "{} in the trust store is not the certificate that its name says.",
                    path.display()
                ),
            },
            TrustError::NoCertificate { path } => match lang {
                Lang::Vi => format!("Tệp {} không có chứng thư số nào.", path.display()),
                Lang::En => format!("{} holds no certificate.", path.display()),
            },
            TrustError::NotAnAuthority => pick(
                "Đây không phải chứng thư của tổ chức cấp chứng thư (CA).",
                "This is not the certificate of an authority (CA).",
            ),
            TrustError::NotValid {
                not_before,
                not_after,
            } => {
                let (from, to) = (vietnam_time(*not_before), vietnam_time(*not_after));
                match lang {
                    Lang::Vi => format!("Chứng thư chỉ có hiệu lực từ {from} đến {to}."),
                    Lang::En => format!("The certificate is valid from {from} to {to} only."),
                }
            }
            TrustError::Weak(fault) => match lang {
                Lang::Vi => format!("Chứng thư không dùng được: {}.", fault.text(lang)),
                Lang::En => format!("The certificate cannot be used: {}.", fault.text(lang)),
            },
            TrustError::OwnSignature(fault) => match lang {
                Lang::Vi => format!("Chứng thư gốc bị hỏng: {}.", fault.text(lang)),
                Lang::En => format!("The root certificate is damaged: {}.", fault.text(lang)),
            },
            TrustError::NoSuchFingerprint { fingerprint } => match lang {
                Lang::Vi => {
                    format!("Không có đúng một chứng thư mang dấu vân tay {fingerprint}.")
                }
                Lang::En => {
                    format!("There is not exactly one certificate with fingerprint {fingerprint}.")
                }
            },
            TrustError::NotConfirmed => pick(
                "Chưa được xác nhận nên không thêm gì.",
                "Not confirmed, so nothing was added.",
            ),
            TrustError::MustNotSign(error) => error.message(lang),
            TrustError::Durable(error) => error.message(lang),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            TrustError::MustNotSign(error) => return error.advice(lang),
            TrustError::Durable(error) => return error.advice(lang),
            TrustError::Reading { .. } => (
                "Kiểm tra đường dẫn và quyền đọc.",
                "Check the path and the permissions.",
            ),
            TrustError::Damaged { .. } => (
                "Chỉ sửa kho bằng `sohoa trust add` và `sohoa trust remove`; đưa tệp lạ ra khỏi thư mục.",
                "Change the store only with `sohoa trust add` and `sohoa trust remove`; move the strange file away.",
            ),
            TrustError::NoCertificate { .. } => (
                "Tải lại chứng thư dạng DER, PEM hoặc P7B từ trang của nhà cung cấp.",
                "Fetch the certificate again (DER, PEM or P7B) from the authority's site.",
            ),
            TrustError::NotAnAuthority => (
                "Thêm chứng thư gốc hoặc chứng thư CA trung gian, không thêm chứng thư của người ký.",
                "Add the root or an intermediate authority, not a signer's certificate.",
            ),
            TrustError::NotValid { .. } => (
                "Kiểm tra ngày giờ của máy, hoặc tải chứng thư CA mới hơn.",
                "Check this machine's clock, or fetch the authority's newer certificate.",
            ),
            TrustError::Weak(_) | TrustError::OwnSignature(_) => (
                "Tải lại chứng thư từ nguồn chính thức và so dấu vân tay.",
                "Fetch it again from the official source and compare the fingerprint.",
            ),
            TrustError::NoSuchFingerprint { .. } => (
                "Xem dấu vân tay bằng `sohoa trust list`; gõ ít nhất 8 ký tự đầu.",
                "See the fingerprints with `sohoa trust list`; give the first 8 digits or more.",
            ),
            TrustError::NotConfirmed => (
                "So dấu vân tay với nguồn chính thức, rồi chạy lại với --yes.",
                "Compare the fingerprints with the official source, then run again with --yes.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            TrustError::Reading { .. } => ExitCode::Environment,
            TrustError::Damaged { .. } => ExitCode::Configuration,
            TrustError::NoCertificate { .. }
            | TrustError::NotAnAuthority
            | TrustError::NotValid { .. }
            | TrustError::Weak(_)
            | TrustError::OwnSignature(_) => ExitCode::Refused,
            TrustError::NoSuchFingerprint { .. } => ExitCode::No,
            TrustError::NotConfirmed => ExitCode::Usage,
            TrustError::MustNotSign(error) => error.exit_code(),
            TrustError::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            TrustError::Reading { .. } => true,
            TrustError::Damaged { .. }
            | TrustError::NoCertificate { .. }
            | TrustError::NotAnAuthority
            | TrustError::NotValid { .. }
            | TrustError::Weak(_)
            | TrustError::OwnSignature(_)
            | TrustError::NoSuchFingerprint { .. }
            | TrustError::NotConfirmed => false,
            TrustError::MustNotSign(error) => error.is_retryable(),
            TrustError::Durable(error) => error.is_retryable(),
        }
    }
}
