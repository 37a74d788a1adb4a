//! What can go wrong with sets.

use std::io;
use std::path::{Path, PathBuf};

use crate::archive::ArchiveError;
use crate::durable::DurableError;
use crate::ledger::LedgerError;
use crate::record::{ExitCode, Explain, Lang};

/// A set was not made, or not restored. The office's data are not concerned.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// `[backup] recipient` is not set, or is no public key of age.
    #[error("[backup] recipient is no public key of age")]
    Recipient,
    /// The identity's file holds none.
    #[error("{} holds no identity of age", path.display())]
    Identity {
        /// Which file.
        path: PathBuf,
    },
    /// The folder for sets lies in the data folder.
    #[error("{} lies inside the data folder", path.display())]
    Inside {
        /// Which folder.
        path: PathBuf,
    },
    /// There is no set, or none of this name.
    #[error("no set in {}", path.display())]
    NoSet {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file of a set is missing, damaged, or not what the manifest says.
    #[error("{} is missing or damaged", file.display())]
    SetDamaged {
        /// Which file.
        file: PathBuf,
    },
    /// The identity does not open it, or it holds something that no set holds.
    #[error("{}: {detail}", file.display())]
    NotRestored {
        /// Which file.
        file: PathBuf,
        /// Why, in English.
        detail: String,
    },
    /// Something has the name of the folder to restore into.
    #[error("{} exists", path.display())]
    Taken {
        /// Which folder.
        path: PathBuf,
    },
    /// What the machine said.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The archive's.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Writing failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

impl BackupError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| BackupError::Io {
            path: path.to_owned(),
            source,
        }
    }
}

impl Explain for BackupError {
    fn code(&self) -> &'static str {
        match self {
            BackupError::Recipient => "backup.recipient",
            BackupError::Identity { .. } => "backup.identity",
            BackupError::Inside { .. } => "backup.inside",
            BackupError::NoSet { .. } => "backup.no_set",
            BackupError::SetDamaged { .. } => "backup.set_damaged",
            BackupError::NotRestored { .. } => "backup.not_restored",
            BackupError::Taken { .. } => "backup.taken",
            BackupError::Io { .. } => "backup.io",
            BackupError::Ledger(error) => error.code(),
            BackupError::Archive(error) => error.code(),
            BackupError::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (BackupError::Recipient, _) => lang
                .pick(
                    "[backup] recipient chưa khai hoặc không phải khóa công khai của age.",
                    "[backup] recipient is not set, or is no public key of age.",
                )
                .to_owned(),
            (BackupError::Identity { path }, Lang::Vi) => {
                format!("{} không có khóa riêng của age.", path.display())
            }
            (BackupError::Identity { path }, Lang::En) => {
                format!("{} holds no identity of age.", path.display())
            }
            (BackupError::Inside { path }, Lang::Vi) => {
                format!("{} nằm trong thư mục dữ liệu.", path.display())
            }
            (BackupError::Inside { path }, Lang::En) => {
                format!("{} lies inside the data folder.", path.display())
            }
            (BackupError::NoSet { path }, Lang::Vi) => {
                format!("Không có bộ sao lưu nào như vậy ở {}.", path.display())
            }
            (BackupError::NoSet { path }, Lang::En) => {
                format!("There is no such set in {}.", path.display())
            }
            (BackupError::SetDamaged { file }, Lang::Vi) => {
                format!("Bộ sao lưu hỏng hoặc thiếu: {}.", file.display())
            }
            (BackupError::SetDamaged { file }, Lang::En) => {
                format!("The set is damaged or lacks {}.", file.display())
            }
            (BackupError::NotRestored { file, detail }, Lang::Vi) => {
                format!("Không khôi phục được {}: {detail}.", file.display())
            }
            (BackupError::NotRestored { file, detail }, Lang::En) => {
                format!("{} was not restored: {detail}.", file.display())
            }
            (BackupError::Taken { path }, Lang::Vi) => format!("{} đã có.", path.display()),
            (BackupError::Taken { path }, Lang::En) => format!("{} exists.", path.display()),
            (BackupError::Io { path, source }, _) => format!("{}: {source}.", path.display()),
            (BackupError::Ledger(error), _) => error.message(lang),
            (BackupError::Archive(error), _) => error.message(lang),
            (BackupError::Durable(error), _) => error.message(lang),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            BackupError::Recipient => lang.pick(
                "Tạo khóa ở máy khác bằng `age-keygen -o khoa.txt`, ghi dòng “age1…” vào [backup] recipient, cất khoa.txt nơi an toàn.",
                "Make a key on another machine (`age-keygen -o key.txt`), put its “age1…” into [backup] recipient, keep key.txt in a safe place.",
            ),
            BackupError::Identity { .. } => lang.pick(
                "Dùng tệp do `age-keygen` tạo, có dòng AGE-SECRET-KEY-1….",
                "Use the file that `age-keygen` made, with a line AGE-SECRET-KEY-1….",
            ),
            BackupError::Inside { .. } => lang.pick(
                "Chọn một thư mục ở ổ đĩa khác.",
                "Choose a folder on another disk.",
            ),
            BackupError::NoSet { .. } => lang.pick(
                "Kiểm tra đường dẫn và ổ đĩa đang gắn.",
                "Check the path, and which disk is attached.",
            ),
            BackupError::SetDamaged { .. } => lang.pick(
                "Dùng bộ khác (--set) hoặc bản ở phương tiện khác; tạo ngay một bộ đầy đủ: `sohoa backup --kind monthly`.",
                "Use another set (--set), or the copy on another medium; make a full one now: `sohoa backup --kind monthly`.",
            ),
            BackupError::NotRestored { .. } => lang.pick(
                "Kiểm tra khóa riêng có đúng là của bộ này không; nếu đúng thì dùng bộ khác.",
                "Check that this identity belongs to the set; if it does, use another set.",
            ),
            BackupError::Taken { .. } => lang.pick(
                "Không ghi đè; chọn một tên chưa có.",
                "Nothing is written over; choose a name that is free.",
            ),
            BackupError::Io { .. } => lang.pick(
                "Kiểm tra ổ đĩa, dung lượng và quyền truy cập.",
                "Check the disk, its space and the permissions.",
            ),
            BackupError::Ledger(error) => return error.advice(lang),
            BackupError::Archive(error) => return error.advice(lang),
            BackupError::Durable(error) => return error.advice(lang),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            BackupError::Recipient | BackupError::Inside { .. } => ExitCode::Configuration,
            BackupError::Identity { .. } | BackupError::Taken { .. } => ExitCode::Usage,
            BackupError::NoSet { .. }
            | BackupError::SetDamaged { .. }
            | BackupError::NotRestored { .. } => ExitCode::No,
            BackupError::Io { .. } => ExitCode::Environment,
            BackupError::Ledger(error) => error.exit_code(),
            BackupError::Archive(error) => error.exit_code(),
            BackupError::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, BackupError::Io { .. } | BackupError::Durable(_))
    }
}
