//! Why an event was not kept, or the log cannot be read.

use std::io;
use std::path::{Path, PathBuf};

use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang};

/// What can go wrong with the log of look-ups. Texts name files and lines, never whom an event is about.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process held the day's file for too long.
    #[error("{} is locked", path.display())]
    Busy {
        /// Which file.
        path: PathBuf,
    },
    /// A line is not what was written, or lines before it are gone.
    #[error("{}, line {line}: not as it was written", path.display())]
    Flaw {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
    /// A folder could not be made.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

impl AccessError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

impl Explain for AccessError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "access.io",
            Self::Busy { .. } => "access.busy",
            Self::Flaw { .. } => "access.flaw",
            Self::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Io { path, source } => {
                let path = path.display();
                (
                    format!("Không đọc hoặc ghi được nhật ký tra cứu {path}: {source}."),
                    format!("The log of look-ups {path} cannot be read or written: {source}."),
                )
            }
            Self::Busy { path } => {
                let path = path.display();
                (
                    format!("Một tiến trình khác đang giữ nhật ký tra cứu {path}."),
                    format!("Another process holds the log of look-ups {path}."),
                )
            }
            Self::Flaw { path, line } => {
                let path = path.display();
                (
                    format!("Nhật ký tra cứu {path}, dòng {line}: không còn như lúc ghi."),
                    format!("The log of look-ups {path}, line {line}: not as it was written."),
                )
            }
            Self::Durable(error) => return error.message(lang),
        };
        lang.pick(&vi, &en).to_owned()
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Io { .. } => (
                "Kiểm tra quyền ghi và dung lượng đĩa; không ghi được nhật ký thì không ai được xem gì.",
                "Check permissions and disk space; what cannot be logged is not shown.",
            ),
            Self::Busy { .. } => ("Thử lại sau.", "Try again."),
            Self::Flaw { .. } => (
                "Giữ nguyên tệp, so với bản sao lưu và tìm xem ai đã sửa; các dòng khác vẫn đọc được.",
                "Leave the file as it is, compare it with a backup and find out who changed it; the other lines are read.",
            ),
            Self::Durable(error) => return error.advice(lang),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Io { .. } | Self::Busy { .. } => ExitCode::Environment,
            Self::Flaw { .. } => ExitCode::No,
            Self::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Io { .. } | Self::Busy { .. } => true,
            Self::Flaw { .. } => false,
            Self::Durable(error) => error.is_retryable(),
        }
    }
}
