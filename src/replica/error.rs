//! Why a replica cannot be used now.

use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::config::ReplicaName;
use crate::durable::DurableError;
use crate::ledger::LedgerError;
use crate::record::{ExitCode, Explain, Lang};

/// A replica cannot be used now. The archive is not concerned.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The folder is not there, or was not begun: its disk is away, or nobody said that it is the right one.
    #[error("replica {name} is not in {}", path.display())]
    Away {
        /// Which.
        name: ReplicaName,
        /// Its folder.
        path: PathBuf,
    },
    /// It is the copy of another office's archive, or its marker is damaged.
    #[error("{} is the replica of something else", path.display())]
    Foreign {
        /// Its folder.
        path: PathBuf,
    },
    /// Other things lie in the folder that is to become a replica.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// Its folder.
        path: PathBuf,
    },
    /// The configuration names no such replica.
    #[error("no replica is named {name}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The copy of the ledger, or the ledger itself.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The copy of the archive, or the archive itself.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Writing failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

impl Explain for ReplicaError {
    fn code(&self) -> &'static str {
        match self {
            ReplicaError::Away { .. } => "replica.away",
            ReplicaError::Foreign { .. } => "replica.foreign",
            ReplicaError::NotEmpty { .. } => "replica.not_empty",
            ReplicaError::Unknown { .. } => "replica.unknown",
            ReplicaError::Ledger(error) => error.code(),
            ReplicaError::Archive(error) => error.code(),
            ReplicaError::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (ReplicaError::Away { name, path }, Lang::Vi) => {
                format!("Bản sao “{name}” không có ở {}.", path.display())
            }
            (ReplicaError::Away { name, path }, Lang::En) => {
                format!("Replica “{name}” is not in {}.", path.display())
            }
            (ReplicaError::Foreign { path }, Lang::Vi) => {
                format!("{} là bản sao của một kho khác.", path.display())
            }
            (ReplicaError::Foreign { path }, Lang::En) => {
                format!("{} is the replica of another archive.", path.display())
            }
            (ReplicaError::NotEmpty { path }, Lang::Vi) => {
                format!("Thư mục {} không trống.", path.display())
            }
            (ReplicaError::NotEmpty { path }, Lang::En) => {
                format!("The folder {} is not empty.", path.display())
            }
            (ReplicaError::Unknown { name, .. }, Lang::Vi) => {
                format!("Không có bản sao nào tên “{name}”.")
            }
            (ReplicaError::Unknown { name, .. }, Lang::En) => {
                format!("No replica is named “{name}”.")
            }
            (ReplicaError::Ledger(error), _) => error.message(lang),
            (ReplicaError::Archive(error), _) => error.message(lang),
            (ReplicaError::Durable(error), _) => error.message(lang),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            ReplicaError::Away { name, .. } => match lang {
                Lang::Vi => format!(
                    "Gắn ổ đĩa của bản sao, nó sẽ tự được cập nhật; nếu là ổ mới: `sohoa replicate --begin {name}`."
                ),
                Lang::En => format!(
                    "Attach its disk, and it is brought up to date by itself; a new one: `sohoa replicate --begin {name}`."
                ),
            },
            ReplicaError::Foreign { .. } => lang
                .pick(
                    "Không ghi gì vào đó; kiểm tra đường dẫn trong [replica] và ổ đĩa đang gắn.",
                    "Nothing was written there; check the path in [replica] and which disk is attached.",
                )
                .to_owned(),
            ReplicaError::NotEmpty { .. } => lang
                .pick("Chọn một thư mục trống.", "Choose an empty folder.")
                .to_owned(),
            ReplicaError::Unknown { known, .. } => {
                let word = lang.pick("Các bản sao đã khai:", "Those that are configured:");
                format!("{word} {}", known.join(", "))
            }
            ReplicaError::Ledger(error) => error.advice(lang),
            ReplicaError::Archive(error) => error.advice(lang),
            ReplicaError::Durable(error) => error.advice(lang),
        }
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            ReplicaError::Away { .. } => ExitCode::Environment,
            ReplicaError::Foreign { .. } | ReplicaError::NotEmpty { .. } => ExitCode::Configuration,
            ReplicaError::Unknown { .. } => ExitCode::Usage,
            ReplicaError::Ledger(error) => error.exit_code(),
            ReplicaError::Archive(error) => error.exit_code(),
            ReplicaError::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            ReplicaError::Away { .. } => true,
            ReplicaError::Foreign { .. }
            | ReplicaError::NotEmpty { .. }
            | ReplicaError::Unknown { .. } => false,
            ReplicaError::Ledger(error) => error.is_retryable(),
            ReplicaError::Archive(error) => error.is_retryable(),
            ReplicaError::Durable(error) => error.is_retryable(),
        }
    }
}
