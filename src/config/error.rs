//! What can be wrong with the configuration.

use std::io;
use std::path::PathBuf;

use super::signing::{KeyFault, PolicyFault};
use super::web::WebFault;
use crate::record::{ExitCode, Explain, Lang};

/// The configuration cannot be used. Nothing is started with a part of it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file does not parse; `source` gives the line.
    #[error("{}: {source}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Line, key and reason.
        source: Box<toml::de::Error>,
    },
    /// A scanner profile is not what it should be.
    #[error("{}: {reason}", path.display())]
    Profile {
        /// Which file.
        path: PathBuf,
        /// Key and reason.
        reason: String,
    },
    /// A station names a profile that does not exist.
    #[error("no scanner profile is called “{name}”")]
    UnknownProfile {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A number is outside its range.
    #[error("{key} must be within {allowed}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The range.
        allowed: &'static str,
    },
    /// A profile drops blank pages, but nobody looks which are blank.
    #[error("profile {profile} drops blank pages, but reading is off")]
    BlankUnread {
        /// The profile.
        profile: String,
    },
    /// Both `passphrase_file` and `passphrase_env` are set.
    #[error("signing: set passphrase_file or passphrase_env, not both")]
    TwoPassphrases,
    /// A signing key's section cannot be used.
    #[error("signing.keys.{name}: {fault}")]
    SigningKey {
        /// The key.
        name: String,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// Who signs what cannot be as it is written.
    #[error("{section}: {fault}")]
    SigningPolicy {
        /// The section.
        section: String,
        /// What is wrong with it.
        fault: PolicyFault,
    },
    /// `[web]` cannot be used.
    #[error("web: {0}")]
    Web(WebFault),
    /// A folder is missing, not writable, a link, or inside another one.
    #[error("{}: {}", path.display(), fault.text(Lang::En))]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: FolderFault,
    },
}

/// What is wrong with a folder.
#[derive(Debug)]
pub enum FolderFault {
    /// It is missing, or cannot be listed.
    Unreadable(io::Error),
    /// No file can be made in it.
    NotWritable(io::Error),
    /// It is a symbolic link.
    Link,
    /// Something else has its name.
    NotAFolder,
    /// It lies inside another one, or is the same.
    Inside(PathBuf),
    /// It must be on the file system of the other one.
    OtherFileSystem(PathBuf),
}

impl FolderFault {
    fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (FolderFault::Unreadable(error), Lang::Vi) => format!("không mở được ({error})"),
            (FolderFault::Unreadable(error), Lang::En) => format!("it cannot be opened ({error})"),
            (FolderFault::NotWritable(error), Lang::Vi) => format!("không ghi được ({error})"),
            (FolderFault::NotWritable(error), Lang::En) => {
                format!("it cannot be written ({error})")
            }
            (FolderFault::Link, Lang::Vi) => "đó là một liên kết".to_owned(),
            (FolderFault::Link, Lang::En) => "it is a link".to_owned(),
            (FolderFault::NotAFolder, Lang::Vi) => "đó không phải là thư mục".to_owned(),
            (FolderFault::NotAFolder, Lang::En) => "it is not a folder".to_owned(),
            (FolderFault::Inside(outer), Lang::Vi) => {
                format!("nằm trong hoặc trùng với {}", outer.display())
            }
            (FolderFault::Inside(outer), Lang::En) => {
                format!("it lies inside {} or is the same", outer.display())
            }
            (FolderFault::OtherFileSystem(other), Lang::Vi) => {
                format!("không cùng hệ thống tệp với {}", other.display())
            }
            (FolderFault::OtherFileSystem(other), Lang::En) => {
                format!("it is not on the file system of {}", other.display())
            }
        }
    }
}

impl Explain for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            ConfigError::Unreadable { .. } => "config.unreadable",
            ConfigError::Invalid { .. } => "config.invalid",
            ConfigError::Profile { .. } => "config.profile",
            ConfigError::UnknownProfile { .. } => "config.unknown_profile",
            ConfigError::OutOfRange { .. } => "config.out_of_range",
            ConfigError::BlankUnread { .. } => "config.blank_unread",
            ConfigError::TwoPassphrases => "config.two_passphrases",
            ConfigError::SigningKey { .. } => "config.signing_key",
            ConfigError::SigningPolicy { .. } => "config.signing_policy",
            ConfigError::Web(_) => "config.web",
            ConfigError::Folder { .. } => "config.folder",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (ConfigError::Unreadable { path, source }, Lang::Vi) => {
                format!("Không đọc được tệp {}: {source}.", path.display())
            }
            (ConfigError::Unreadable { path, source }, Lang::En) => {
                format!("Cannot read {}: {source}.", path.display())
            }
            (ConfigError::Invalid { path, source }, Lang::Vi) => {
                format!("Tệp cấu hình {} sai:\n{source}", path.display())
            }
            (ConfigError::Invalid { path, source }, Lang::En) => {
                format!("{} is not valid:\n{source}", path.display())
            }
            (ConfigError::Profile { path, reason }, Lang::Vi) => {
                format!("Hồ sơ máy quét {} sai: {reason}", path.display())
            }
            (ConfigError::Profile { path, reason }, Lang::En) => {
                format!("Scanner profile {} is not valid: {reason}", path.display())
            }
            (ConfigError::UnknownProfile { name, .. }, Lang::Vi) => {
                format!("Không có hồ sơ máy quét nào tên “{name}”.")
            }
            (ConfigError::UnknownProfile { name, .. }, Lang::En) => {
                format!("No scanner profile is called “{name}”.")
            }
            (ConfigError::OutOfRange { key, allowed }, Lang::Vi) => {
                format!("{key} phải nằm trong khoảng {allowed}.")
            }
            (ConfigError::OutOfRange { key, allowed }, Lang::En) => {
                format!("{key} must be within {allowed}.")
            }
            (ConfigError::BlankUnread { profile }, Lang::Vi) => {
                format!("Hồ sơ máy quét “{profile}” bỏ trang trắng, nhưng việc đọc trang đang tắt.")
            }
            (ConfigError::BlankUnread { profile }, Lang::En) => {
                format!(
                    "Scanner profile “{profile}” drops blank pages, but reading is switched off."
                )
            }
            (ConfigError::TwoPassphrases, Lang::Vi) => {
                "Mật khẩu khóa được khai báo hai lần.".to_owned()
            }
            (ConfigError::TwoPassphrases, Lang::En) => {
                "The key's passphrase is given twice.".to_owned()
            }
            (ConfigError::SigningKey { name, fault }, Lang::Vi) => {
                format!("Khóa ký “{name}” khai báo sai: {}.", fault.text(lang))
            }
            (ConfigError::SigningKey { name, fault }, Lang::En) => {
                format!("Signing key “{name}”: {}.", fault.text(lang))
            }
            (ConfigError::SigningPolicy { section, fault }, Lang::Vi) => {
                format!("Mục [{section}] sai: {}.", fault.text(lang))
            }
            (ConfigError::SigningPolicy { section, fault }, Lang::En) => {
                format!("Section [{section}] is not valid: {}.", fault.text(lang))
            }
            (ConfigError::Web(fault), Lang::Vi) => {
                format!("Mục [web] sai: {}.", fault.text(lang))
            }
            (ConfigError::Web(fault), Lang::En) => {
                format!("Section [web] is not valid: {}.", fault.text(lang))
            }
            (ConfigError::Folder { path, fault }, Lang::Vi) => {
                format!(
                    "Thư mục {} không dùng được: {}.",
                    path.display(),
                    fault.text(lang)
                )
            }
            (ConfigError::Folder { path, fault }, Lang::En) => {
                format!(
                    "Folder {} cannot be used: {}.",
                    path.display(),
                    fault.text(lang)
                )
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            ConfigError::Unreadable { .. } => lang
                .pick(
                    "Kiểm tra đường dẫn và quyền đọc; tạo thư mục dữ liệu mới bằng `sohoa init`.",
                    "Check the path and the permissions; `sohoa init` makes a new data folder.",
                )
                .to_owned(),
            ConfigError::Invalid { .. }
            | ConfigError::Profile { .. }
            | ConfigError::OutOfRange { .. }
            | ConfigError::SigningKey { .. }
            | ConfigError::SigningPolicy { .. }
            | ConfigError::Web(_) => lang
                .pick(
                    "Sửa dòng được nêu; mỗi khóa đều có chú thích trong tệp do `sohoa init` tạo ra.",
                    "Mend the line named; every key is explained in the file that `sohoa init` writes.",
                )
                .to_owned(),
            ConfigError::BlankUnread { .. } => lang
                .pick(
                    "Đặt [reading] text = \"auto\", hoặc [blank] pages = \"keep\" trong hồ sơ máy quét.",
                    "Set [reading] text = \"auto\", or [blank] pages = \"keep\" in the profile.",
                )
                .to_owned(),
            ConfigError::UnknownProfile { known, .. } => {
                format!("{} {}", lang.pick("Chọn một trong:", "Choose one of:"), known.join(", "))
            }
            ConfigError::TwoPassphrases => lang
                .pick("Giữ lại passphrase_file hoặc passphrase_env.", "Keep passphrase_file or passphrase_env.")
                .to_owned(),
            ConfigError::Folder { .. } => lang
                .pick("Sửa đường dẫn hoặc quyền truy cập rồi chạy `sohoa doctor`.", "Mend the path or its permissions, then run `sohoa doctor`.")
                .to_owned(),
        }
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Configuration
    }
}
