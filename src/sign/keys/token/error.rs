//! What can keep a token from signing.

use std::path::PathBuf;

use cryptoki::error::{Error as Cryptoki, RvError};
use serde::Serialize;

use crate::record::{ExitCode, Explain, Lang};

/// What the token says of its PIN, without anyone trying one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinState {
    /// No wrong PIN since the last right one.
    Fine,
    /// A wrong PIN was given since (`CKF_USER_PIN_COUNT_LOW`).
    CountLow,
    /// One try is left (`CKF_USER_PIN_FINAL_TRY`).
    FinalTry,
    /// No try is left (`CKF_USER_PIN_LOCKED`).
    Locked,
    /// The token has no PIN yet.
    NotSet,
}

/// What is wrong with the objects on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFault {
    /// Neither key nor certificate.
    Empty,
    /// A private key, but no certificate with its `CKA_ID`.
    KeyWithoutCertificate,
    /// A certificate, but no private key with its `CKA_ID`.
    CertificateWithoutKey,
    /// Several pairs, and the configuration names none of them.
    SeveralPairs,
    /// The private key is another one than the certificate's.
    OtherKey,
}

/// The token does not sign.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The PKCS#11 module cannot be loaded or does not start.
    #[error("PKCS#11 module {}: {reason}", path.display())]
    Module {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No such token is plugged in.
    #[error("no such token is plugged in")]
    Absent,
    /// The configuration fits several tokens.
    #[error("several tokens fit the configuration")]
    SeveralTokens,
    /// The token rejected the PIN just now.
    #[error("the token rejected the PIN")]
    PinRejected,
    /// This PIN was rejected earlier; it was not tried again.
    #[error("the token rejected this PIN before; it was not tried again")]
    PinRejectedBefore,
    /// The token's flags say that a login would be a risk; none was tried.
    #[error("no login was tried: PIN state {0:?}")]
    PinState(PinState),
    /// The configuration gives no PIN, and the token wants one.
    #[error("the token wants a PIN")]
    PinMissing,
    /// Key and certificate on the token do not fit.
    #[error("the token's objects do not fit: {0:?}")]
    Objects(ObjectFault),
    /// The token offers no mechanism for its key.
    #[error("the token offers no mechanism to sign with this key")]
    NoMechanism,
    /// The file of the issuers' certificates cannot be used.
    #[error("{}: not a file of PEM certificates", path.display())]
    ChainFile {
        /// Which.
        path: PathBuf,
    },
    /// The module did not answer in time.
    #[error("the token did not answer in time")]
    Silent,
    /// The session is gone: the token was pulled out, or the reader failed.
    #[error("the token is gone: {0}")]
    Gone(String),
    /// The token refused.
    #[error("the token refused: {0}")]
    Refused(String),
    /// The signature does not belong to the certificate.
    #[error("the token's signature does not belong to its certificate")]
    WrongSignature,
}

impl TokenError {
    /// Whether there is nothing to do but to wait until it is plugged in again.
    pub(crate) fn is_away(&self) -> bool {
        self.is_gone() || matches!(self, TokenError::Silent)
    }

    /// Whether opening the token again may help.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, TokenError::Gone(_) | TokenError::Absent)
    }
}

impl From<Cryptoki> for TokenError {
    fn from(error: Cryptoki) -> Self {
        let said = error.to_string();
        match error {
            Cryptoki::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
                _,
            ) => TokenError::PinRejected,
            Cryptoki::Pkcs11(RvError::PinLocked, _) => TokenError::PinState(PinState::Locked),
            Cryptoki::Pkcs11(
                RvError::DeviceRemoved
                | RvError::DeviceError
                | RvError::TokenNotPresent
                | RvError::TokenNotRecognized
                | RvError::SlotIdInvalid
                | RvError::SessionClosed
                | RvError::SessionHandleInvalid
                | RvError::UserNotLoggedIn
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::CryptokiNotInitialized
                | RvError::GeneralError
                | RvError::FunctionFailed,
                _,
            ) => TokenError::Gone(said),
            _ => TokenError::Refused(said),
        }
    }
}

impl PinState {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            PinState::Fine => ("Mã PIN bình thường.", "The PIN is fine."),
            PinState::CountLow => (
                "Trước đó có người nhập sai mã PIN của token; chương trình không thử để tránh khóa token.",
                "A wrong PIN was given to the token before; none is tried now, so that it does not lock.",
            ),
            PinState::FinalTry => (
                "Token chỉ còn một lần thử mã PIN; chương trình không thử.",
                "The token has one PIN try left; it is not used.",
            ),
            PinState::Locked => ("Mã PIN của token đã bị khóa.", "The token's PIN is locked."),
            PinState::NotSet => ("Token chưa đặt mã PIN.", "The token has no PIN yet."),
        }
    }
}

impl ObjectFault {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            ObjectFault::Empty => (
                "Trên token không có khóa và chứng thư.",
                "The token holds neither key nor certificate.",
            ),
            ObjectFault::KeyWithoutCertificate => (
                "Trên token có khóa nhưng không có chứng thư cùng CKA_ID.",
                "The token holds a key, but no certificate with its CKA_ID.",
            ),
            ObjectFault::CertificateWithoutKey => (
                "Trên token có chứng thư nhưng không có khóa cùng CKA_ID.",
                "The token holds a certificate, but no key with its CKA_ID.",
            ),
            ObjectFault::SeveralPairs => (
                "Trên token có nhiều cặp khóa và chứng thư.",
                "The token holds several pairs of key and certificate.",
            ),
            ObjectFault::OtherKey => (
                "Khóa và chứng thư trên token không khớp nhau.",
                "The token's key and certificate do not belong together.",
            ),
        }
    }
}

impl Explain for TokenError {
    fn code(&self) -> &'static str {
        match self {
            TokenError::Module { .. } => "sign.token_module",
            TokenError::Absent | TokenError::Gone(_) => "sign.token_absent",
            TokenError::SeveralTokens => "sign.several_tokens",
            TokenError::PinRejected => "sign.pin_rejected",
            TokenError::PinRejectedBefore => "sign.pin_rejected_before",
            TokenError::PinState(_) => "sign.pin_at_risk",
            TokenError::PinMissing => "sign.pin_missing",
            TokenError::Objects(_) => "sign.token_objects",
            TokenError::NoMechanism => "sign.token_mechanism",
            TokenError::ChainFile { .. } => "sign.chain_file",
            TokenError::Silent => "sign.token_silent",
            TokenError::Refused(_) => "sign.token_refused",
            TokenError::WrongSignature => "sign.token_wrong_signature",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            TokenError::Module { path, reason } => {
                let (vi, en) = (
                    "Không nạp được mô-đun PKCS#11",
                    "Cannot load PKCS#11 module",
                );
                return format!("{} {}: {reason}.", lang.pick(vi, en), path.display());
            }
            TokenError::ChainFile { path } => {
                let (vi, en) = (
                    "không phải là tệp chứng thư PEM",
                    "is not a file of PEM certificates",
                );
                return format!("{} {}.", path.display(), lang.pick(vi, en));
            }
            TokenError::Absent | TokenError::Gone(_) => (
                "Không thấy token ký số.",
                "The signing token is not plugged in.",
            ),
            TokenError::SeveralTokens => (
                "Có nhiều token cùng khớp với cấu hình.",
                "Several tokens fit the configuration.",
            ),
            TokenError::PinRejected => ("Token từ chối mã PIN.", "The token rejected the PIN."),
            TokenError::PinRejectedBefore => (
                "Mã PIN này đã bị token từ chối; chương trình không thử lại.",
                "The token rejected this PIN before; it was not tried again.",
            ),
            TokenError::PinMissing => ("Token cần mã PIN.", "The token wants a PIN."),
            TokenError::PinState(state) => state.texts(),
            TokenError::Objects(fault) => fault.texts(),
            TokenError::NoMechanism => (
                "Token không có cơ chế ký cho loại khóa này.",
                "The token offers no mechanism to sign with this key.",
            ),
            TokenError::Silent => ("Token không trả lời.", "The token does not answer."),
            TokenError::Refused(_) => ("Token không ký được.", "The token refused to sign."),
            TokenError::WrongSignature => (
                "Chữ ký của token không khớp với chứng thư.",
                "The token's signature does not belong to its certificate.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            TokenError::Module { .. } => (
                "Cài trình điều khiển của token, hoặc sửa module trong sohoa.toml.",
                "Install the token's driver, or mend `module` in sohoa.toml.",
            ),
            TokenError::Absent | TokenError::Gone(_) | TokenError::Silent => (
                "Cắm lại token; tài liệu chờ và được ký tiếp.",
                "Plug the token in again; documents wait and are signed then.",
            ),
            TokenError::SeveralTokens => (
                "Ghi token_serial trong sohoa.toml; số có trong `sohoa doctor --token`.",
                "Give token_serial in sohoa.toml; `sohoa doctor --token` shows it.",
            ),
            TokenError::PinRejected | TokenError::PinRejectedBefore => (
                "Kiểm tra mã PIN, rồi chạy `sohoa doctor --token --login` và nhập thật cẩn thận; sau đó khởi động lại chương trình.",
                "Check the PIN, then run `sohoa doctor --token --login` and type it with care; then start the program again.",
            ),
            TokenError::PinState(PinState::Fine | PinState::CountLow) => (
                "Chạy `sohoa doctor --token --login` và nhập đúng mã PIN một lần để xóa cảnh báo.",
                "Run `sohoa doctor --token --login` and type the right PIN once: that clears the mark.",
            ),
            TokenError::PinState(PinState::FinalTry) => (
                "Đăng nhập bằng phần mềm của nhà cung cấp với đúng mã PIN, hoặc nhờ họ mở khóa.",
                "Log in with the vendor's own tool and the right PIN, or have them unblock it.",
            ),
            TokenError::PinState(PinState::Locked | PinState::NotSet) => (
                "Nhờ đơn vị cấp token mở khóa hoặc đặt mã PIN.",
                "Ask whoever issued the token to unblock it or to set a PIN.",
            ),
            TokenError::PinMissing => (
                "Khai báo pin cho khóa này trong sohoa.toml.",
                "Give the key a `pin` source in sohoa.toml.",
            ),
            TokenError::Objects(ObjectFault::SeveralPairs) => (
                "Ghi key_id trong sohoa.toml; mã có trong `sohoa doctor --token`.",
                "Give key_id in sohoa.toml; `sohoa doctor --token` shows it.",
            ),
            TokenError::Objects(_)
            | TokenError::NoMechanism
            | TokenError::Refused(_)
            | TokenError::WrongSignature => (
                "Chạy `sohoa doctor --token` và gửi kết quả cho đơn vị cấp token.",
                "Run `sohoa doctor --token` and show the result to whoever issued the token.",
            ),
            TokenError::ChainFile { .. } => (
                "Sửa chain_file trong sohoa.toml.",
                "Mend chain_file in sohoa.toml.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            TokenError::Module { .. }
            | TokenError::SeveralTokens
            | TokenError::PinMissing
            | TokenError::ChainFile { .. } => ExitCode::Configuration,
            TokenError::Absent
            | TokenError::PinRejected
            | TokenError::PinRejectedBefore
            | TokenError::PinState(_)
            | TokenError::Objects(_)
            | TokenError::NoMechanism
            | TokenError::Silent
            | TokenError::Gone(_)
            | TokenError::Refused(_)
            | TokenError::WrongSignature => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            TokenError::Absent | TokenError::Gone(_) | TokenError::Silent => true,
            TokenError::Module { .. }
            | TokenError::SeveralTokens
            | TokenError::PinRejected
            | TokenError::PinRejectedBefore
            | TokenError::PinState(_)
            | TokenError::PinMissing
            | TokenError::Objects(_)
            | TokenError::NoMechanism
            | TokenError::ChainFile { .. }
            | TokenError::Refused(_)
            | TokenError::WrongSignature => false,
        }
    }
}
