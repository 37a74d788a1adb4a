//! What can go wrong with the desk as a whole, with its accounts and with the clients of its interface.

use std::io;
use std::path::PathBuf;

use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang};

/// The desk cannot be served at this moment. Intake goes on.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened on.
    #[error("cannot listen: {0}")]
    Listen(io::Error),
    /// Certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why, English.
        reason: String,
    },
    /// The machine gave no randomness or no threads.
    #[error("cannot begin: {0}")]
    Begin(io::Error),
}

/// The account file could not be read, or not changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a name for an account.
    #[error("not a name for an account")]
    Name,
    /// There is one of that name.
    #[error("account {0} exists already")]
    Exists(String),
    /// There is none of that name.
    #[error("no account {0}")]
    Unknown(String),
    /// It may do nothing.
    #[error("an account has at least one role")]
    NoRole,
    /// Nobody else keeps the accounts.
    #[error("the last administrator")]
    LastAdministrator,
    /// Too short, too long, or nothing but the account's name.
    #[error("the password cannot be used")]
    Password,
    /// The two entries differ.
    #[error("the two entries differ")]
    Differs,
    /// Nobody is at a terminal to type it.
    #[error("nobody is there to type a password")]
    NobodyToAsk,
    /// The file is not one that this program wrote.
    #[error("{}: {detail}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Where, English; quotes nothing.
        detail: String,
    },
    /// The file could not be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The change could not be kept.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// The password could not be hashed.
    #[error("the machine cannot hash a password now")]
    Hash,
}

impl Explain for AccountError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "account.name",
            Self::Exists(_) => "account.exists",
            Self::Unknown(_) => "account.unknown",
            Self::NoRole => "account.no_role",
            Self::LastAdministrator => "account.last_administrator",
            Self::Password => "account.password",
            Self::Differs => "account.differs",
            Self::NobodyToAsk => "account.nobody_to_ask",
            Self::Malformed { .. } => "account.malformed",
            Self::Unreadable { .. } => "account.unreadable",
            Self::Durable(error) => error.code(),
            Self::Hash => "account.hash",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let say = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            Self::Name => say(
                "Tên tài khoản gồm 2 đến 32 ký tự a–z, 0–9, dấu chấm, gạch ngang, gạch dưới.",
                "An account's name has 2 to 32 characters of a–z, 0–9, dot, hyphen and underscore.",
            ),
            Self::Exists(name) => match lang {
                Lang::Vi => format!("Tài khoản “{name}” đã có."),
                Lang::En => format!("There is an account “{name}” already."),
            },
            Self::Unknown(name) => match lang {
                Lang::Vi => format!("Không có tài khoản “{name}”."),
                Lang::En => format!("There is no account “{name}”."),
            },
            Self::NoRole => say(
                "Tài khoản phải có ít nhất một vai trò.",
                "An account has at least one role.",
            ),
            Self::LastAdministrator => say(
                "Đây là tài khoản quản trị cuối cùng đang dùng: không khóa và không bỏ vai trò quản trị được.",
                "This is the last open administrator: it cannot be disabled, nor lose that role.",
            ),
            Self::Password => say(
                "Mật khẩu phải có 10 đến 256 ký tự và không chứa tên tài khoản.",
                "A password has 10 to 256 characters and does not contain the account's name.",
            ),
            Self::Differs => say("Hai lần nhập không giống nhau.", "The two entries differ."),
            Self::NobodyToAsk => say(
                "Không có ai ở bàn phím để nhập mật khẩu.",
                "Nobody is at a terminal to type a password.",
            ),
            Self::Malformed { path, detail } => match lang {
                Lang::Vi => format!("Tệp {} sai: {detail}.", path.display()),
                Lang::En => format!("{} cannot be used: {detail}.", path.display()),
            },
            Self::Unreadable { path, source } => match lang {
                Lang::Vi => format!("Không đọc được {}: {source}.", path.display()),
                Lang::En => format!("Cannot read {}: {source}.", path.display()),
            },
            Self::Durable(error) => error.message(lang),
            Self::Hash => say(
                "Máy không băm được mật khẩu lúc này.",
                "The machine cannot hash a password now.",
            ),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Name => ("Ví dụ: lan.nguyen", "For example: lan.nguyen"),
            Self::Exists(_) => (
                "Đặt mật khẩu mới bằng `sohoa user password TÊN`.",
                "`sohoa user password NAME` gives it a new password.",
            ),
            Self::Unknown(_) => ("Xem `sohoa user list`.", "See `sohoa user list`."),
            Self::NoRole => ("Chọn vai trò.", "Choose a role."),
            Self::LastAdministrator => (
                "Trao vai trò quản trị cho tài khoản khác trước.",
                "Give another account the role of administrator first.",
            ),
            Self::Password => (
                "Dùng một câu dài dễ nhớ, không cần ký tự đặc biệt.",
                "Take a long phrase; it needs no special characters.",
            ),
            Self::Differs => ("Chạy lại lệnh.", "Run the command again."),
            Self::NobodyToAsk => ("Dùng --password-file TỆP.", "Use --password-file FILE."),
            Self::Malformed { .. } => (
                "Phục hồi tệp từ bản sao lưu, hoặc xóa tệp và tạo lại những gì có trong đó.",
                "Restore the file from a backup, or remove it and add anew what was in it.",
            ),
            Self::Unreadable { .. } => (
                "Kiểm tra quyền đọc của tệp.",
                "Check the file's permissions.",
            ),
            Self::Durable(error) => return error.advice(lang),
            Self::Hash => ("Kiểm tra bộ nhớ còn trống.", "Check for free memory."),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Name | Self::NoRole | Self::Password | Self::Differs => ExitCode::Usage,
            Self::Exists(_) | Self::Unknown(_) | Self::LastAdministrator => ExitCode::No,
            Self::NobodyToAsk | Self::Malformed { .. } | Self::Unreadable { .. } | Self::Hash => {
                ExitCode::Environment
            }
            Self::Durable(error) => error.exit_code(),
        }
    }
}

/// The clients' file could not be read, or not changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not a name for a client.
    #[error("not a name for a client")]
    Name,
    /// There is one of that name.
    #[error("client {0} exists already")]
    Exists(String),
    /// There is none of that name.
    #[error("no client {0}")]
    Unknown(String),
    /// It may do nothing.
    #[error("a client has at least one scope")]
    NoScope,
    /// The machine gives no randomness for a token.
    #[error("no randomness: {0}")]
    Random(io::Error),
    /// The file.
    #[error(transparent)]
    File(#[from] AccountError),
}

impl Explain for ClientError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "client.name",
            Self::Exists(_) => "client.exists",
            Self::Unknown(_) => "client.unknown",
            Self::NoScope => "client.no_scope",
            Self::Random(_) => "client.random",
            Self::File(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let say = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            Self::Name => say(
                "Tên phần mềm kết nối gồm 2 đến 32 ký tự a–z, 0–9, dấu chấm, gạch ngang, gạch dưới.",
                "A client's name has 2 to 32 characters of a–z, 0–9, dot, hyphen and underscore.",
            ),
            Self::Exists(name) => match lang {
                Lang::Vi => format!("Phần mềm kết nối “{name}” đã có."),
                Lang::En => format!("There is a client “{name}” already."),
            },
            Self::Unknown(name) => match lang {
                Lang::Vi => format!("Không có phần mềm kết nối “{name}”."),
                Lang::En => format!("There is no client “{name}”."),
            },
            Self::NoScope => say(
                "Phần mềm kết nối phải có ít nhất một quyền.",
                "A client has at least one scope.",
            ),
            Self::Random(source) => match lang {
                Lang::Vi => format!("Máy không tạo được số ngẫu nhiên: {source}."),
                Lang::En => format!("The machine gives no randomness: {source}."),
            },
            Self::File(error) => error.message(lang),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Name => ("Ví dụ: cong-dich-vu", "For example: provincial-portal"),
            Self::Exists(_) => (
                "Cấp mã mới bằng `sohoa client renew TÊN`.",
                "`sohoa client renew NAME` gives it a new token.",
            ),
            Self::Unknown(_) => ("Xem `sohoa client list`.", "See `sohoa client list`."),
            Self::NoScope => ("Chọn quyền bằng --scope.", "Name one by --scope."),
            Self::Random(_) => ("Thử lại.", "Try again."),
            Self::File(error) => return error.advice(lang),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Name | Self::NoScope => ExitCode::Usage,
            Self::Exists(_) | Self::Unknown(_) => ExitCode::No,
            Self::Random(_) => ExitCode::Environment,
            Self::File(error) => error.exit_code(),
        }
    }
}
