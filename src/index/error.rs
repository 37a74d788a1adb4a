//! What can go wrong with the index.

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
    /// The file is not a database, is damaged, or was made by another version of the tables.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The database.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Explain for IndexError {
    fn code(&self) -> &'static str {
        match self {
            IndexError::Database { .. } => "index.database",
            IndexError::Unusable { .. } => "index.unusable",
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
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            IndexError::Database { .. } => lang.pick(
                "Kiểm tra dung lượng đĩa và quyền ghi; hồ sơ lưu trữ không bị ảnh hưởng.",
                "Check disk space and permissions; the archive is not affected.",
            ),
            IndexError::Unusable { .. } => lang.pick(
                "Chạy `sohoa reindex` để dựng lại chỉ mục từ kho lưu trữ.",
                "Run `sohoa reindex` to rebuild it from the archive.",
            ),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Environment
    }

    fn is_retryable(&self) -> bool {
        match self {
            IndexError::Database { .. } => true,
            IndexError::Unusable { .. } => false,
        }
    }
}
