//! What can go wrong with the index and with a look-up.

use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang};

/// The index could not answer or take a row. The archive is untouched by any of these.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// SQLite refused.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file is not a database, or is damaged.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The database.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The tables were made by another version of the program.
    #[error("{}: version {found} of the tables, this program knows {known}", path.display())]
    OtherVersion {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// The words to look for have no letter and no digit.
    #[error("no words to look for")]
    NoWords,
}

impl Explain for IndexError {
    fn code(&self) -> &'static str {
        match self {
            IndexError::Database { .. } => "index.database",
            IndexError::Unusable { .. } => "index.unusable",
            IndexError::OtherVersion { .. } => "index.other_version",
            IndexError::NoWords => "index.no_words",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (IndexError::Database { path, source }, Lang::Vi) => {
                format!("Chỉ mục {} không trả lời: {source}.", path.display())
            }
            (IndexError::Database { path, source }, Lang::En) => {
                format!("The index {} did not answer: {source}.", path.display())
            }
            (IndexError::Unusable { path, reason }, Lang::Vi) => {
                format!("Chỉ mục {} không dùng được: {reason}.", path.display())
            }
            (IndexError::Unusable { path, reason }, Lang::En) => {
                format!("The index {} cannot be used: {reason}.", path.display())
            }
            (IndexError::OtherVersion { path, .. }, Lang::Vi) => format!(
                "Chỉ mục {} do một phiên bản sohoa khác tạo ra.",
                path.display()
            ),
            (IndexError::OtherVersion { path, .. }, Lang::En) => format!(
                "The index {} was made by another version of sohoa.",
                path.display()
            ),
            (IndexError::NoWords, Lang::Vi) => "Không có từ nào để tìm.".to_owned(),
            (IndexError::NoWords, Lang::En) => "There is no word to look for.".to_owned(),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            IndexError::Database { .. } => lang.pick(
                "Kiểm tra dung lượng đĩa và quyền ghi; hồ sơ lưu trữ không bị ảnh hưởng.",
                "Check disk space and permissions; the archive is not affected.",
            ),
            IndexError::Unusable { .. } | IndexError::OtherVersion { .. } => lang.pick(
                "Chạy `sohoa reindex` để dựng lại chỉ mục từ kho lưu trữ.",
                "Run `sohoa reindex` to rebuild it from the archive.",
            ),
            IndexError::NoWords => lang.pick(
                "Nhập ít nhất một chữ cái hoặc chữ số.",
                "Give at least one letter or digit.",
            ),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            IndexError::Database { .. }
            | IndexError::Unusable { .. }
            | IndexError::OtherVersion { .. } => ExitCode::Environment,
            IndexError::NoWords => ExitCode::Usage,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            IndexError::Database { .. } => true,
            IndexError::Unusable { .. } | IndexError::OtherVersion { .. } | IndexError::NoWords => {
                false
            }
        }
    }
}
