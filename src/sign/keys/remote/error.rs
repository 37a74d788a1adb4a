//! What can keep a remote service from signing.

use crate::durable::DurableError;
use crate::http::HttpError;
use crate::record::{ExitCode, Explain, Lang};

/// The remote service does not sign.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// No answer, or a refusal.
    #[error("the signing service: {0}")]
    Http(#[from] HttpError),
    /// An answer that is not what the API says.
    #[error("the signing service answered something else: {what}")]
    Answer {
        /// What is wrong with it, in English.
        what: &'static str,
    },
    /// The account has no credential, or several and the configuration names none.
    #[error("the account has {found} credentials")]
    Credential {
        /// How many.
        found: usize,
    },
    /// The service wants something that this adapter does not do.
    #[error("the signing service wants {what}")]
    Unsupported {
        /// What, in English.
        what: &'static str,
    },
    /// The service refused the credential's PIN, as far as its answer tells.
    #[error("the signing service refused the authorisation")]
    PinRejected,
    /// The PIN was refused earlier; it was not sent again.
    #[error("the signing service refused this PIN before; it was not sent again")]
    PinRejectedBefore,
    /// The person has not confirmed yet.
    #[error("the signing service waits for its user")]
    Waiting,
    /// Nobody confirmed in time.
    #[error("the order to sign ran out")]
    Expired,
    /// The signature does not belong to the certificate.
    #[error("the signing service's signature does not belong to its certificate")]
    WrongSignature,
    /// The service gives whole containers, and only a value fits here.
    #[error("the signing service gave a whole container")]
    WholeContainer,
    /// What is kept of pending signatures cannot be read or written.
    #[error(transparent)]
    Store(#[from] DurableError),
}

impl Explain for RemoteError {
    fn code(&self) -> &'static str {
        match self {
            RemoteError::Http(_) => "sign.remote_unreachable",
            RemoteError::Answer { .. } => "sign.remote_answer",
            RemoteError::Credential { .. } => "sign.remote_credential",
            RemoteError::Unsupported { .. } => "sign.remote_unsupported",
            RemoteError::PinRejected => "sign.remote_pin_rejected",
            RemoteError::PinRejectedBefore => "sign.remote_pin_rejected_before",
            RemoteError::Waiting => "sign.remote_waiting",
            RemoteError::Expired => "sign.remote_expired",
            RemoteError::WrongSignature => "sign.remote_wrong_signature",
            RemoteError::WholeContainer => "sign.remote_container",
            RemoteError::Store(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            RemoteError::Http(source) => {
                let text = lang.pick(
                    "Không gọi được dịch vụ ký từ xa",
                    "The remote signing service did not answer",
                );
                return format!("{text}: {source}.");
            }
            RemoteError::Store(error) => return error.message(lang),
            RemoteError::Answer { .. } => (
                "Dịch vụ ký từ xa trả lời không đúng chuẩn CSC v1.",
                "The remote signing service does not answer as CSC v1 says.",
            ),
            RemoteError::Credential { found: 0 } => (
                "Tài khoản ký từ xa không có chứng thư.",
                "The remote account has no credential.",
            ),
            RemoteError::Credential { .. } => (
                "Tài khoản ký từ xa có nhiều chứng thư.",
                "The remote account has several credentials.",
            ),
            RemoteError::Unsupported { .. } => (
                "Dịch vụ ký từ xa đòi cách xác nhận chưa được hỗ trợ.",
                "The remote service wants a confirmation that is not supported.",
            ),
            RemoteError::PinRejected => (
                "Dịch vụ ký từ xa từ chối mã PIN.",
                "The remote service refused the PIN.",
            ),
            RemoteError::PinRejectedBefore => (
                "Mã PIN này đã bị dịch vụ ký từ xa từ chối; chương trình không gửi lại.",
                "The remote service refused this PIN before; it was not sent again.",
            ),
            RemoteError::Waiting => (
                "Đang chờ người ký xác nhận trên thiết bị của họ.",
                "Waiting for the signer to confirm on their device.",
            ),
            RemoteError::Expired => (
                "Quá hạn mà người ký chưa xác nhận.",
                "Nobody confirmed the signature in time.",
            ),
            RemoteError::WrongSignature => (
                "Chữ ký của dịch vụ ký từ xa không khớp với chứng thư.",
                "The remote signature does not belong to its certificate.",
            ),
            RemoteError::WholeContainer => (
                "Dịch vụ ký từ xa trả về cả gói chữ ký.",
                "The remote service gave a whole signature container.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            RemoteError::Http(_) => (
                "Kiểm tra mạng, address và mã truy cập trong sohoa.toml; tài liệu chờ và được ký tiếp.",
                "Check the network, `address` and the access secret in sohoa.toml; documents wait.",
            ),
            RemoteError::Store(error) => return error.advice(lang),
            RemoteError::Credential { .. } => (
                "Ghi credential trong sohoa.toml.",
                "Give `credential` in sohoa.toml.",
            ),
            RemoteError::PinRejected | RemoteError::PinRejectedBefore => (
                "Kiểm tra mã PIN rồi khởi động lại chương trình.",
                "Check the PIN, then start the program again.",
            ),
            RemoteError::Waiting => (
                "Người ký mở ứng dụng và xác nhận.",
                "The signer opens the app and confirms.",
            ),
            RemoteError::Expired => ("Gửi yêu cầu ký lại.", "Order the signature again."),
            RemoteError::Answer { .. }
            | RemoteError::Unsupported { .. }
            | RemoteError::WrongSignature
            | RemoteError::WholeContainer => (
                "Hỏi nhà cung cấp dịch vụ ký từ xa.",
                "Ask the provider of the remote service.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            RemoteError::Credential { .. } => ExitCode::Configuration,
            RemoteError::Store(error) => error.exit_code(),
            RemoteError::Http(_)
            | RemoteError::Answer { .. }
            | RemoteError::Unsupported { .. }
            | RemoteError::PinRejected
            | RemoteError::PinRejectedBefore
            | RemoteError::Waiting
            | RemoteError::Expired
            | RemoteError::WrongSignature
            | RemoteError::WholeContainer => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            RemoteError::Http(_) | RemoteError::Waiting => true,
            RemoteError::Store(error) => error.is_retryable(),
            RemoteError::Answer { .. }
            | RemoteError::Credential { .. }
            | RemoteError::Unsupported { .. }
            | RemoteError::PinRejected
            | RemoteError::PinRejectedBefore
            | RemoteError::Expired
            | RemoteError::WrongSignature
            | RemoteError::WholeContainer => false,
        }
    }
}
