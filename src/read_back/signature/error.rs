//! What reading a signature back can find.

use std::io;

use jiff::Timestamp;

use crate::record::{ExitCode, Explain, Lang, vietnam_time};

/// The document's signature does not stand up; the document must not be archived.
#[derive(Debug, thiserror::Error)]
pub enum SignatureReadBackError {
    /// The file cannot be read.
    #[error("cannot read: {0}")]
    Reading(#[from] io::Error),
    /// The PDF cannot be parsed as it stands.
    #[error("the PDF cannot be read back: {what}")]
    Document {
        /// Which part, in English.
        what: &'static str,
    },
    /// No signature field has a value.
    #[error("the document has no signature")]
    Missing,
    /// The document's signatures are not those that its record names.
    #[error("the document's signatures are not those of its record")]
    OtherSignatures,
    /// A signature does not cover the whole file as it was then, or what stands behind it is not allowed.
    #[error("the signature does not cover the whole file")]
    Coverage,
    /// The signature container is not what PAdES B-B asks for.
    #[error("the signature container is wrong: {what}")]
    Container {
        /// Which part, in English.
        what: &'static str,
    },
    /// The signed bytes are not those that were signed.
    #[error("the document's bytes are not those that were signed")]
    Digest,
    /// The signature value does not belong to the attributes and the certificate.
    #[error("the signature value is wrong")]
    Signature,
    /// The certificate is not valid at the time of the check.
    #[error("the certificate is valid from {not_before} to {not_after} only")]
    Validity {
        /// Start of its validity.
        not_before: Timestamp,
        /// End of its validity.
        not_after: Timestamp,
    },
    /// The certificate was not issued for signatures.
    #[error("the certificate's key usage does not allow signatures")]
    KeyUsage,
}

impl Explain for SignatureReadBackError {
    fn code(&self) -> &'static str {
        match self {
            SignatureReadBackError::Reading(_) => "read_back.reading",
            SignatureReadBackError::Document { .. } => "read_back.document",
            SignatureReadBackError::Missing => "read_back.no_signature",
            SignatureReadBackError::OtherSignatures => "read_back.other_signatures",
            SignatureReadBackError::Coverage => "read_back.coverage",
            SignatureReadBackError::Container { .. } => "read_back.container",
            SignatureReadBackError::Digest => "read_back.digest",
            SignatureReadBackError::Signature => "read_back.signature",
            SignatureReadBackError::Validity { .. } => "read_back.validity",
            SignatureReadBackError::KeyUsage => "read_back.key_usage",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            SignatureReadBackError::Reading(source) => format!(
                "{}: {source}.",
                lang.pick(
                    "Không đọc lại được tệp đã ký",
                    "Cannot read the signed file back"
                )
            ),
            SignatureReadBackError::Document { what } => match lang {
                Lang::Vi => format!("Tệp đã ký không đọc lại được ({what})."),
                Lang::En => format!("The signed file cannot be read back ({what})."),
            },
            SignatureReadBackError::Missing => pick(
                "Tệp không có chữ ký số.",
                "The file has no digital signature.",
            ),
            SignatureReadBackError::OtherSignatures => pick(
                "Các chữ ký số trên tệp không phải là các chữ ký đã ghi trong bản ghi.",
                "The file's signatures are not those that its record names.",
            ),
            SignatureReadBackError::Coverage => pick(
                "Chữ ký số không bao phủ toàn bộ tệp.",
                "The signature does not cover the whole file.",
            ),
            SignatureReadBackError::Container { what } => match lang {
                Lang::Vi => format!("Chữ ký số sai cấu trúc ({what})."),
                Lang::En => format!("The signature's structure is wrong ({what})."),
            },
            SignatureReadBackError::Digest => pick(
                "Nội dung tệp khác với nội dung đã ký.",
                "The file's content is not what was signed.",
            ),
            SignatureReadBackError::Signature => pick(
                "Giá trị chữ ký số không đúng.",
                "The signature value is wrong.",
            ),
            SignatureReadBackError::Validity {
                not_before,
                not_after,
            } => {
                let (from, to) = (vietnam_time(*not_before), vietnam_time(*not_after));
                match lang {
                    Lang::Vi => format!("Chứng thư chữ ký số chỉ có hiệu lực từ {from} đến {to}."),
                    Lang::En => format!("The certificate is valid from {from} to {to} only."),
                }
            }
            SignatureReadBackError::KeyUsage => pick(
                "Chứng thư này không được cấp để ký số.",
                "This certificate was not issued for signing.",
            ),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            SignatureReadBackError::Reading(_)
            | SignatureReadBackError::Document { .. }
            | SignatureReadBackError::Missing
            | SignatureReadBackError::OtherSignatures
            | SignatureReadBackError::Coverage
            | SignatureReadBackError::Container { .. }
            | SignatureReadBackError::Digest
            | SignatureReadBackError::Signature => (
                "Bản gốc vẫn còn nguyên; kiểm tra ổ đĩa và bộ nhớ bằng `sohoa doctor` rồi ký lại.",
                "The original is untouched; check disk and memory with `sohoa doctor`, then sign again.",
            ),
            SignatureReadBackError::Validity { .. } => (
                "Kiểm tra ngày giờ của máy và hạn của chứng thư.",
                "Check this machine's clock and the certificate's term.",
            ),
            SignatureReadBackError::KeyUsage => (
                "Xin cấp chứng thư chữ ký số mới rồi đổi khóa trong sohoa.toml.",
                "Obtain a new certificate and change the key in sohoa.toml.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            SignatureReadBackError::Reading(_) | SignatureReadBackError::Validity { .. } => {
                ExitCode::Environment
            }
            SignatureReadBackError::KeyUsage => ExitCode::Configuration,
            SignatureReadBackError::Document { .. }
            | SignatureReadBackError::Missing
            | SignatureReadBackError::OtherSignatures
            | SignatureReadBackError::Coverage
            | SignatureReadBackError::Container { .. }
            | SignatureReadBackError::Digest
            | SignatureReadBackError::Signature => ExitCode::Bug,
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, SignatureReadBackError::Reading(_))
    }
}
