//! Why there is no timestamp. The document is not lost by it, only a level.

use crate::http::HttpError;
use crate::record::{ExitCode, Explain, Lang};

/// No timestamp that could be used.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// The configuration names no service.
    #[error("no timestamp service is configured")]
    NoService,
    /// A service gave no answer.
    #[error("{service}: {source}")]
    Unanswered {
        /// Its address.
        service: String,
        /// Why.
        source: HttpError,
    },
    /// No service may be asked now: each was asked as often as it may be, or was away a moment ago.
    #[error("no timestamp service can be asked for another {seconds} seconds")]
    Resting {
        /// Until the first may be asked again, seconds.
        seconds: u64,
    },
    /// A service answered that it gives no timestamp (`PKIStatus`, RFC 3161 §2.4.2).
    #[error("{service} refused with status {status}")]
    Refused {
        /// Its address.
        service: String,
        /// `PKIStatus`.
        status: u8,
    },
    /// What a service sent is not a timestamp of what was asked.
    #[error("{service} sent no usable timestamp: {what}")]
    Unusable {
        /// Its address.
        service: String,
        /// What is wrong with it, in English.
        what: &'static str,
    },
}

impl Explain for TimestampError {
    fn code(&self) -> &'static str {
        match self {
            TimestampError::NoService => "timestamp.no_service",
            TimestampError::Unanswered { .. } => "timestamp.unanswered",
            TimestampError::Resting { .. } => "timestamp.resting",
            TimestampError::Refused { .. } => "timestamp.refused",
            TimestampError::Unusable { .. } => "timestamp.unusable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        use TimestampError as E;
        match (self, lang) {
            (E::NoService, Lang::Vi) => "Chưa khai báo dịch vụ cấp dấu thời gian.".to_owned(),
            (E::NoService, Lang::En) => "No timestamp service is configured.".to_owned(),
            (E::Unanswered { service, .. }, Lang::Vi) => {
                format!("Dịch vụ cấp dấu thời gian {service} không trả lời.")
            }
            (E::Unanswered { service, .. }, Lang::En) => {
                format!("The timestamp service {service} does not answer.")
            }
            (E::Resting { seconds }, Lang::Vi) => {
                format!("Chưa hỏi được dịch vụ cấp dấu thời gian nào trong {seconds} giây nữa.")
            }
            (E::Resting { seconds }, Lang::En) => {
                format!("No timestamp service can be asked for another {seconds} seconds.")
            }
            (E::Refused { service, status }, Lang::Vi) => {
                format!("Dịch vụ {service} từ chối cấp dấu thời gian (mã {status}).")
            }
            (E::Refused { service, status }, Lang::En) => {
                format!("{service} refused to give a timestamp (status {status}).")
            }
            (E::Unusable { service, what }, Lang::Vi) => {
                format!("Dấu thời gian của {service} không dùng được ({what}).")
            }
            (E::Unusable { service, what }, Lang::En) => {
                format!("The timestamp of {service} cannot be used ({what}).")
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            TimestampError::NoService => (
                "Khai báo địa chỉ trong mục [timestamp] của sohoa.toml.",
                "Name an address in section [timestamp] of sohoa.toml.",
            ),
            TimestampError::Unanswered { .. } | TimestampError::Resting { .. } => (
                "Không cần làm gì: chữ ký vẫn có giá trị, dấu thời gian được bổ sung sau.",
                "Nothing: the signature stands, and its timestamp follows later.",
            ),
            TimestampError::Refused { .. } | TimestampError::Unusable { .. } => (
                "Báo cho nơi cung cấp dịch vụ; dấu thời gian được bổ sung sau.",
                "Tell the service's provider; the timestamp follows later.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            TimestampError::NoService => ExitCode::Configuration,
            TimestampError::Unanswered { .. }
            | TimestampError::Resting { .. }
            | TimestampError::Refused { .. }
            | TimestampError::Unusable { .. } => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            TimestampError::NoService => false,
            TimestampError::Unanswered { .. }
            | TimestampError::Resting { .. }
            | TimestampError::Refused { .. }
            | TimestampError::Unusable { .. } => true,
        }
    }
}
