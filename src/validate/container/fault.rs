//! What can be wrong with a container: that it is none of the profile, or that it does not hold.

use crate::record::Lang;
use crate::validate::SubIndication;

/// Why a container is not one of a signature or a timestamp (RFC 5652, RFC 3161, EN 319 122-1 §4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerFault {
    /// Longer than 32 MiB.
    #[error("the container is too large")]
    TooLarge,
    /// Its values cannot be read.
    #[error("{0} cannot be read")]
    Malformed(&'static str),
    /// Something else than CMS `SignedData`.
    #[error("not CMS SignedData")]
    NotSignedData,
    /// Bytes behind it that are no padding.
    #[error("bytes follow the container")]
    TrailingBytes,
    /// Not exactly one `SignerInfo`.
    #[error("{0} signers instead of one")]
    SignerCount(usize),
    /// It has its own content, and a detached signature has none; or a timestamp has none.
    #[error("a signature has content of its own, or a timestamp has none")]
    Content,
    /// The signed content is of another type.
    #[error("its content is of type {0}")]
    ContentType(String),
    /// An attribute is missing, twice there or not what it says.
    #[error("attribute {0}")]
    Attribute(&'static str),
}

impl ContainerFault {
    /// Stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ContainerFault::TooLarge => "container-too-large",
            ContainerFault::Malformed(_) => "container-malformed",
            ContainerFault::NotSignedData => "container-not-signed-data",
            ContainerFault::TrailingBytes => "container-trailing-bytes",
            ContainerFault::SignerCount(_) => "container-signer-count",
            ContainerFault::Content => "container-content",
            ContainerFault::ContentType(_) => "container-content-type",
            ContainerFault::Attribute(_) => "container-attribute",
        }
    }

    /// For people, one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            ContainerFault::TooLarge => ("Dữ liệu chữ ký quá lớn.", "The container is too large."),
            ContainerFault::Malformed(what) => {
                return match lang {
                    Lang::Vi => format!("Dữ liệu chữ ký bị hỏng: không đọc được {what}."),
                    Lang::En => format!("The container is damaged: {what} cannot be read."),
                };
            }
            ContainerFault::NotSignedData => (
                "Dữ liệu chữ ký không phải CMS SignedData.",
                "The container is not CMS SignedData.",
            ),
            ContainerFault::TrailingBytes => (
                "Có dữ liệu lạ ngay sau chữ ký.",
                "Strange bytes follow the container.",
            ),
            ContainerFault::SignerCount(count) => {
                return match lang {
                    Lang::Vi => {
                        format!("Phải có đúng một người ký trong dữ liệu chữ ký, có {count}.")
                    }
                    Lang::En => {
                        format!("The container must have exactly one signer, it has {count}.")
                    }
                };
            }
            ContainerFault::Content => (
                "Nội dung được ký không nằm đúng chỗ.",
                "What is signed is not where it belongs.",
            ),
            ContainerFault::ContentType(kind) => {
                return match lang {
                    Lang::Vi => format!("Loại nội dung được ký không đúng: {kind}."),
                    Lang::En => format!("The signed content is of the wrong type: {kind}."),
                };
            }
            ContainerFault::Attribute(name) => {
                return match lang {
                    Lang::Vi => format!("Thuộc tính {name} thiếu, lặp lại hoặc sai."),
                    Lang::En => format!("The attribute {name} is missing, repeated or wrong."),
                };
            }
        };
        lang.pick(vi, en).to_owned()
    }

    /// What follows for the verdict.
    #[must_use]
    pub fn sub_indication(&self) -> SubIndication {
        SubIndication::FormatFailure
    }
}

/// Why a readable container does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntegrityFault {
    /// The document, or what a timestamp is of, has another digest.
    #[error("the digest is another")]
    Digest,
    /// The signer's certificate is not there.
    #[error("the signer's certificate is missing")]
    NoCertificate,
    /// The certificate that the signer signed for is another (RFC 5035 §5.4).
    #[error("the signer signed for another certificate")]
    OtherCertificate,
    /// The value is not that of the certificate's key.
    #[error("the signature value does not hold")]
    Value,
    /// It cannot be verified: an algorithm or a kind of key that is not known here, MD5 among them.
    #[error("algorithm {0} cannot be verified")]
    Algorithm(String),
}

impl IntegrityFault {
    /// Stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            IntegrityFault::Digest => "digest-mismatch",
            IntegrityFault::NoCertificate => "signer-certificate-missing",
            IntegrityFault::OtherCertificate => "signer-certificate-other",
            IntegrityFault::Value => "signature-value",
            IntegrityFault::Algorithm(_) => "algorithm-unsupported",
        }
    }

    /// For people, one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            IntegrityFault::Digest => (
                "Nội dung đã bị thay đổi sau khi ký.",
                "The content was changed after signing.",
            ),
            IntegrityFault::NoCertificate => (
                "Không có chứng thư của người ký.",
                "The signer's certificate is not there.",
            ),
            IntegrityFault::OtherCertificate => (
                "Chứng thư đi kèm không phải chứng thư mà người ký đã dùng.",
                "The certificate is not the one that the signer signed for.",
            ),
            IntegrityFault::Value => (
                "Giá trị chữ ký không do khóa của chứng thư tạo ra.",
                "The signature value was not made by the certificate's key.",
            ),
            IntegrityFault::Algorithm(name) => {
                return match lang {
                    Lang::Vi => format!("Không kiểm tra được thuật toán {name}."),
                    Lang::En => format!("The algorithm {name} cannot be verified."),
                };
            }
        };
        lang.pick(vi, en).to_owned()
    }

    /// What follows for the verdict.
    #[must_use]
    pub fn sub_indication(&self) -> SubIndication {
        match self {
            IntegrityFault::Digest => SubIndication::HashFailure,
            IntegrityFault::NoCertificate | IntegrityFault::OtherCertificate => {
                SubIndication::NoSigningCertificateFound
            }
            IntegrityFault::Value => SubIndication::SigCryptoFailure,
            IntegrityFault::Algorithm(_) => SubIndication::CryptoConstraintsFailureNoPoe,
        }
    }
}
