//! What can keep a document from being signed.

use std::io;

use jiff::Timestamp;

use super::keys::{RemoteError, SecretError, TokenError};
use super::timestamp::TimestampError;
use crate::record::{ExitCode, Explain, Hash, Lang, vietnam_time};

/// The document was not signed; no output file is left behind.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Reading the document, the key or the passphrase failed.
    #[error("cannot read: {0}")]
    Reading(io::Error),
    /// Writing the signed document failed.
    #[error("cannot write: {0}")]
    Writing(io::Error),
    /// The file does not begin with `%PDF-`.
    #[error("not a PDF")]
    NotPdf,
    /// The file does not end with `startxref` and `%%EOF`.
    #[error("the PDF has no end (startxref, %%EOF)")]
    NoEnd,
    /// The PDF's structure is damaged where a signature needs it.
    #[error("the PDF is damaged: {what}")]
    Damaged {
        /// Which part, in English.
        what: &'static str,
    },
    /// The PDF is encrypted.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// The PDF uses something that this program does not sign.
    #[error("not signed by this program: {what}")]
    Unsupported {
        /// What, in English.
        what: &'static str,
    },
    /// An earlier certification signature forbids every change (ISO 32000-1, 12.8.2.2, `/P 1`).
    #[error("a certification signature forbids further signatures")]
    Forbidden,
    /// The visible text has a letter that the embedded font lacks.
    #[error("the signature font has no glyph for U+{:04X}", u32::from(*.0))]
    Letter(char),
    /// The key file is not a PKCS#12 store with one private key and its certificate.
    #[error("the key file cannot be used: {what}")]
    KeyFile {
        /// What is wrong with it, in English.
        what: &'static str,
    },
    /// The passphrase is missing or does not open the key file.
    #[error("the passphrase does not open the key file")]
    Passphrase,
    /// The key is of a kind that this program does not sign with.
    #[error("keys of this kind are not supported (RSA 2048 to 8192, ECDSA P-256 and P-384 are)")]
    KeyKind,
    /// The key does not sign with this hash.
    #[error("the key does not sign with {hash}")]
    Hash {
        /// The hash asked for.
        hash: Hash,
    },
    /// The certificate cannot be read, or belongs to another key.
    #[error("the certificate cannot be used: {what}")]
    Certificate {
        /// What is wrong with it, in English.
        what: &'static str,
    },
    /// The certificate is not valid yet at the claimed time.
    #[error("the certificate is not valid before {not_before}")]
    NotYetValid {
        /// Start of its validity.
        not_before: Timestamp,
    },
    /// The certificate was no longer valid at the claimed time.
    #[error("the certificate ended on {not_after}")]
    Expired {
        /// End of its validity.
        not_after: Timestamp,
    },
    /// The certificate's key usage allows neither digital signature nor non-repudiation.
    #[error("the certificate's key usage does not allow signatures")]
    KeyUsage,
    /// The key refused to sign.
    #[error("the key refused to sign")]
    Key,
    /// A PIN or passphrase could not be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The token does not sign.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The remote service does not sign.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The signature does not fit into the space kept for it.
    #[error("the signature has {needed} bytes, {reserved} are reserved")]
    Reserve {
        /// Bytes of the signature.
        needed: usize,
        /// Bytes kept.
        reserved: usize,
    },
    /// There is no timestamp.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// The file has no signature that could be lifted.
    #[error("the file has no signature")]
    Unsigned,
    /// A step that does not fit the file.
    #[error("this step cannot be done: {what}")]
    Step {
        /// Why, in English.
        what: &'static str,
    },
    /// The demo keys could not be made.
    #[error("cannot make demo keys: {0}")]
    Demo(String),
}

impl SignError {
    pub(super) fn reading(source: io::Error) -> Self {
        SignError::Reading(source)
    }

    pub(super) fn writing(source: io::Error) -> Self {
        SignError::Writing(source)
    }

    /// Whether the key is on a token that is not there.
    pub(crate) fn is_key_away(&self) -> bool {
        matches!(self, SignError::Token(error) if error.is_away())
    }
}

impl Explain for SignError {
    fn code(&self) -> &'static str {
        match self {
            SignError::Reading(_) => "sign.reading",
            SignError::Writing(_) => "sign.writing",
            SignError::NotPdf => "sign.not_pdf",
            SignError::NoEnd => "sign.no_end",
            SignError::Damaged { .. } => "sign.damaged",
            SignError::Encrypted => "sign.encrypted",
            SignError::Unsupported { .. } => "sign.unsupported",
            SignError::Forbidden => "sign.forbidden",
            SignError::Letter(_) => "sign.letter",
            SignError::KeyFile { .. } => "sign.key_file",
            SignError::Passphrase => "sign.passphrase",
            SignError::KeyKind => "sign.key_kind",
            SignError::Hash { .. } => "sign.hash",
            SignError::Certificate { .. } => "sign.certificate",
            SignError::NotYetValid { .. } => "sign.not_yet_valid",
            SignError::Expired { .. } => "sign.expired",
            SignError::KeyUsage => "sign.key_usage",
            SignError::Key => "sign.key",
            SignError::Secret(error) => error.code(),
            SignError::Token(error) => error.code(),
            SignError::Remote(error) => error.code(),
            SignError::Reserve { .. } => "sign.reserve",
            SignError::Timestamp(source) => source.code(),
            SignError::Unsigned => "sign.unsigned",
            SignError::Step { .. } => "sign.step",
            SignError::Demo(_) => "sign.demo",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            SignError::Reading(source) => {
                format!(
                    "{}: {source}.",
                    lang.pick("Không đọc được tệp khi ký", "Cannot read while signing")
                )
            }
            SignError::Writing(source) => {
                format!(
                    "{}: {source}.",
                    lang.pick("Không ghi được tệp đã ký", "Cannot write the signed file")
                )
            }
            SignError::NotPdf => pick("Tệp này không phải là PDF.", "This file is not a PDF."),
            SignError::NoEnd => pick(
                "Tệp PDF bị cụt: không có phần kết thúc.",
                "The PDF is cut short: it has no proper end.",
            ),
            SignError::Damaged { what } => match lang {
                Lang::Vi => format!("Cấu trúc tệp PDF bị hỏng ({what})."),
                Lang::En => format!("The PDF's structure is damaged ({what})."),
            },
            SignError::Encrypted => pick(
                "Tệp PDF có mật khẩu bảo vệ.",
                "The PDF is protected by a password.",
            ),
            SignError::Unsupported { what } => match lang {
                Lang::Vi => format!("Chương trình không ký loại PDF này ({what})."),
                Lang::En => format!("This program does not sign such a PDF ({what})."),
            },
            SignError::Forbidden => pick(
                "Chữ ký chứng nhận có sẵn trong tệp không cho phép ký thêm.",
                "A certification signature in the file forbids further signatures.",
            ),
            SignError::Letter(letter) => match lang {
                Lang::Vi => format!("Phông chữ ký không có ký tự “{letter}”."),
                Lang::En => format!("The signature's font has no letter “{letter}”."),
            },
            SignError::KeyFile { what } => match lang {
                Lang::Vi => format!("Tệp khóa không dùng được ({what})."),
                Lang::En => format!("The key file cannot be used ({what})."),
            },
            SignError::Passphrase => pick(
                "Mật khẩu của tệp khóa bị thiếu hoặc không đúng.",
                "The key file's passphrase is missing or wrong.",
            ),
            SignError::KeyKind => pick(
                "Loại khóa này chưa được hỗ trợ.",
                "Keys of this kind are not supported.",
            ),
            SignError::Hash { hash } => match lang {
                Lang::Vi => format!("Khóa này không ký được với hàm băm {hash}."),
                Lang::En => format!("This key does not sign with {hash}."),
            },
            SignError::Certificate { what } => match lang {
                Lang::Vi => format!("Chứng thư chữ ký số không dùng được ({what})."),
                Lang::En => format!("The certificate cannot be used ({what})."),
            },
            SignError::NotYetValid { not_before } => {
                let from = vietnam_time(*not_before);
                match lang {
                    Lang::Vi => format!("Chứng thư chữ ký số chỉ có hiệu lực từ {from}."),
                    Lang::En => format!("The certificate is not valid before {from}."),
                }
            }
            SignError::Expired { not_after } => {
                let until = vietnam_time(*not_after);
                match lang {
                    Lang::Vi => format!("Chứng thư chữ ký số đã hết hạn từ {until}."),
                    Lang::En => format!("The certificate ended on {until}."),
                }
            }
            SignError::KeyUsage => pick(
                "Chứng thư này không được cấp để ký số.",
                "This certificate was not issued for signing.",
            ),
            SignError::Secret(error) => error.message(lang),
            SignError::Token(error) => error.message(lang),
            SignError::Remote(error) => error.message(lang),
            SignError::Key => pick("Khóa không ký được.", "The key refused to sign."),
            SignError::Reserve { needed, reserved } => match lang {
                Lang::Vi => format!("Chữ ký dài {needed} byte, chỗ dành sẵn có {reserved} byte."),
                Lang::En => format!("The signature has {needed} bytes; {reserved} are reserved."),
            },
            SignError::Timestamp(source) => source.message(lang),
            SignError::Unsigned => pick("Tệp chưa có chữ ký số.", "The file has no signature."),
            SignError::Step { what } => match lang {
                Lang::Vi => format!("Không thực hiện được bước này ({what})."),
                Lang::En => format!("This step cannot be done ({what})."),
            },
            SignError::Demo(reason) => match lang {
                Lang::Vi => format!("Không tạo được khóa dùng thử: {reason}."),
                Lang::En => format!("Cannot make the demo keys: {reason}."),
            },
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            SignError::Reading(_) | SignError::Writing(_) => (
                "Kiểm tra ổ đĩa và quyền truy cập rồi thử lại.",
                "Check the disk and the permissions, then try again.",
            ),
            SignError::NotPdf | SignError::NoEnd | SignError::Damaged { .. } => (
                "Quét lại, hoặc tạo lại tệp bằng `sohoa normalise` rồi ký.",
                "Scan it again, or rebuild the file with `sohoa normalise` and sign that.",
            ),
            SignError::Encrypted => (
                "Xin tệp không có mật khẩu từ nơi gửi.",
                "Ask the sender for a file without a password.",
            ),
            SignError::Unsupported { .. } => (
                "Chuyển tệp bằng `sohoa normalise` rồi ký.",
                "Convert the file with `sohoa normalise` and sign that.",
            ),
            SignError::Forbidden => (
                "Giữ nguyên tệp như khi nhận; không ký thêm.",
                "Keep the file as it came; do not sign it again.",
            ),
            SignError::Letter(_) => (
                "Sửa tên cơ quan trong sohoa.toml.",
                "Correct the agency's name in sohoa.toml.",
            ),
            SignError::Hash { .. } => (
                "Bỏ tùy chọn hàm băm: khóa ECDSA ký với hàm băm của đường cong.",
                "Leave the hash out: an ECDSA key signs with its curve's own.",
            ),
            SignError::KeyFile { .. } | SignError::KeyKind => (
                "Xuất lại khóa ra tệp PKCS#12 (.p12) gồm khóa RSA hoặc ECDSA và chứng thư.",
                "Export the key again as PKCS#12 (.p12) with an RSA or ECDSA key and its certificate.",
            ),
            SignError::Passphrase => (
                "Kiểm tra passphrase_file hoặc passphrase_env trong sohoa.toml.",
                "Check passphrase_file or passphrase_env in sohoa.toml.",
            ),
            SignError::Certificate { .. } | SignError::Expired { .. } | SignError::KeyUsage => (
                "Xin cấp chứng thư chữ ký số mới rồi đổi khóa trong sohoa.toml.",
                "Obtain a new certificate and change the key in sohoa.toml.",
            ),
            SignError::NotYetValid { .. } => (
                "Kiểm tra ngày giờ của máy, hoặc chờ đến khi chứng thư có hiệu lực.",
                "Check this machine's clock, or wait until the certificate is valid.",
            ),
            SignError::Secret(error) => return error.advice(lang),
            SignError::Token(error) => return error.advice(lang),
            SignError::Remote(error) => return error.advice(lang),
            SignError::Key => (
                "Chạy `sohoa doctor` để kiểm tra khóa.",
                "Run `sohoa doctor` to check the key.",
            ),
            SignError::Reserve { .. } => (
                "Rút gọn chuỗi chứng thư trong tệp khóa.",
                "Shorten the certificate chain in the key file.",
            ),
            SignError::Timestamp(source) => return source.advice(lang),
            SignError::Unsigned => (
                "Ký tệp trước bằng `sohoa sign`.",
                "Sign it first with `sohoa sign`.",
            ),
            SignError::Step { .. } => (
                "Xem lại mức chữ ký của tệp bằng `sohoa augment`.",
                "Let `sohoa augment` choose the step.",
            ),
            SignError::Demo(_) => (
                "Thử lại; nếu vẫn lỗi, báo cho người quản trị.",
                "Try again; if it stays, tell the administrator.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            SignError::Secret(error) => error.exit_code(),
            SignError::Token(error) => error.exit_code(),
            SignError::Remote(error) => error.exit_code(),
            SignError::NotPdf
            | SignError::NoEnd
            | SignError::Damaged { .. }
            | SignError::Encrypted
            | SignError::Unsupported { .. }
            | SignError::Forbidden
            | SignError::Unsigned
            | SignError::Step { .. } => ExitCode::Refused,
            SignError::Timestamp(source) => source.exit_code(),
            SignError::Letter(_)
            | SignError::KeyFile { .. }
            | SignError::Passphrase
            | SignError::KeyKind
            | SignError::Hash { .. }
            | SignError::Certificate { .. }
            | SignError::KeyUsage
            | SignError::Reserve { .. } => ExitCode::Configuration,
            SignError::Reading(_)
            | SignError::Writing(_)
            | SignError::NotYetValid { .. }
            | SignError::Expired { .. }
            | SignError::Key
            | SignError::Demo(_) => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            SignError::Secret(error) => error.is_retryable(),
            SignError::Token(error) => error.is_retryable(),
            SignError::Remote(error) => error.is_retryable(),
            SignError::Reading(_) | SignError::Writing(_) | SignError::Key => true,
            SignError::Timestamp(source) => source.is_retryable(),
            SignError::NotPdf
            | SignError::NoEnd
            | SignError::Damaged { .. }
            | SignError::Encrypted
            | SignError::Unsupported { .. }
            | SignError::Forbidden
            | SignError::Letter(_)
            | SignError::KeyFile { .. }
            | SignError::Passphrase
            | SignError::KeyKind
            | SignError::Hash { .. }
            | SignError::Certificate { .. }
            | SignError::NotYetValid { .. }
            | SignError::Expired { .. }
            | SignError::KeyUsage
            | SignError::Reserve { .. }
            | SignError::Unsigned
            | SignError::Step { .. }
            | SignError::Demo(_) => false,
        }
    }
}
