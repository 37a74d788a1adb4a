//! Why a file cannot be validated at all.

use std::io;

use crate::record::{ExitCode, Explain, Lang};

/// A file in which no signature can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum DocumentFault {
    /// The file cannot be read.
    #[error("cannot read: {0}")]
    Reading(#[from] io::Error),
    /// It is longer than `[limits] pdf_mib`.
    #[error("{bytes} bytes, more than {bytes_max}")]
    TooLarge {
        /// Its length.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// It does not begin as a PDF does (ISO 32000-1 §7.5.2).
    #[error("not a PDF")]
    NotAPdf,
    /// It needs a password, or says so (ISO 32000-1 §7.6).
    #[error("encrypted")]
    Encrypted,
    /// It has no catalogue, not even one that could be searched for.
    #[error("no catalogue can be found")]
    NoCatalogue,
}

impl Explain for DocumentFault {
    fn code(&self) -> &'static str {
        match self {
            DocumentFault::Reading(_) => "validate.reading",
            DocumentFault::TooLarge { .. } => "validate.too_large",
            DocumentFault::NotAPdf => "validate.not_a_pdf",
            DocumentFault::Encrypted => "validate.encrypted",
            DocumentFault::NoCatalogue => "validate.no_catalogue",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
        match self {
            DocumentFault::Reading(source) => {
                let what = lang.pick("Không đọc được tệp", "The file cannot be read");
                format!("{what}: {source}.")
            }
            DocumentFault::TooLarge { bytes, bytes_max } => match lang {
                Lang::Vi => format!(
                    "Tệp dài {} MiB, quá giới hạn {} MiB.",
                    mib(*bytes),
                    mib(*bytes_max)
                ),
                Lang::En => format!(
                    "The file has {} MiB, more than the {} MiB allowed.",
                    mib(*bytes),
                    mib(*bytes_max)
                ),
            },
            DocumentFault::NotAPdf => pick("Tệp không phải là PDF.", "The file is not a PDF."),
            DocumentFault::Encrypted => pick(
                "Tệp PDF được mã hóa nên không kiểm tra được chữ ký.",
                "The PDF is encrypted, so its signatures cannot be checked.",
            ),
            DocumentFault::NoCatalogue => pick(
                "Tệp PDF hỏng: không tìm thấy cấu trúc gốc của tài liệu.",
                "The PDF is damaged: its catalogue cannot be found.",
            ),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            DocumentFault::Reading(_) => (
                "Kiểm tra đường dẫn và quyền đọc tệp.",
                "Check the path and whether the file may be read.",
            ),
            DocumentFault::TooLarge { .. } => (
                "Tăng [limits] pdf_mib trong sohoa.toml nếu tệp này đáng tin.",
                "Raise [limits] pdf_mib in sohoa.toml if the file deserves it.",
            ),
            DocumentFault::NotAPdf | DocumentFault::NoCatalogue => (
                "Xin người gửi gửi lại tệp đúng như lúc đã ký.",
                "Ask the sender for the file exactly as it was signed.",
            ),
            DocumentFault::Encrypted => (
                "Xin người gửi bản không đặt mật khẩu.",
                "Ask the sender for a copy without a password.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            DocumentFault::Reading(_) => ExitCode::Environment,
            DocumentFault::TooLarge { .. }
            | DocumentFault::NotAPdf
            | DocumentFault::Encrypted
            | DocumentFault::NoCatalogue => ExitCode::Refused,
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, DocumentFault::Reading(_))
    }
}
