//! Why there is no key for cover sheets.

use std::io;
use std::path::PathBuf;

use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang};

/// The office's key for cover sheets cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum CoverSheetError {
    /// The key file cannot be read.
    #[error("cannot read {}", path.display())]
    KeyUnreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key file holds something else.
    #[error("{} is no key for cover sheets", path.display())]
    KeyInvalid {
        /// Which file.
        path: PathBuf,
    },
    /// The key file cannot be made.
    #[error(transparent)]
    KeyUnwritable(#[from] DurableError),
    /// The cipher refuses, which it has no reason to.
    #[error("the code of the cover sheet cannot be sealed")]
    Sealing,
}

impl Explain for CoverSheetError {
    fn code(&self) -> &'static str {
        match self {
            Self::KeyUnreadable { .. } => "cover_sheet.key_unreadable",
            Self::KeyInvalid { .. } => "cover_sheet.key_invalid",
            Self::KeyUnwritable(error) => error.code(),
            Self::Sealing => "cover_sheet.sealing",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::KeyUnreadable { path, source }, Lang::Vi) => {
                format!(
                    "Không đọc được khóa của tờ phân cách {}: {source}.",
                    path.display()
                )
            }
            (Self::KeyUnreadable { path, source }, Lang::En) => {
                format!(
                    "Cannot read the key for cover sheets {}: {source}.",
                    path.display()
                )
            }
            (Self::KeyInvalid { path }, Lang::Vi) => {
                format!(
                    "Tệp {} không phải là khóa của tờ phân cách.",
                    path.display()
                )
            }
            (Self::KeyInvalid { path }, Lang::En) => {
                format!("{} is not a key for cover sheets.", path.display())
            }
            (Self::KeyUnwritable(error), _) => error.message(lang),
            (Self::Sealing, Lang::Vi) => "Không tạo được mã của tờ phân cách.".to_owned(),
            (Self::Sealing, Lang::En) => "The code of the cover sheet cannot be made.".to_owned(),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::KeyUnreadable { .. } => (
                "Kiểm tra quyền đọc tệp này và mục [cover_sheets] trong sohoa.toml.",
                "Check the permissions of this file and section [cover_sheets] of sohoa.toml.",
            ),
            Self::KeyInvalid { .. } => (
                "Khôi phục khóa từ bản sao lưu; nếu không còn, đổi tên tệp này rồi in lại các tờ phân cách.",
                "Restore the key from a backup; if there is none, rename this file and print the cover sheets anew.",
            ),
            Self::KeyUnwritable(error) => return error.advice(lang),
            Self::Sealing => (
                "Báo người quản trị; hãy dùng tờ Patch-T trong lúc chờ.",
                "Tell the administrator; use Patch-T sheets meanwhile.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::KeyUnreadable { .. } => ExitCode::Environment,
            Self::KeyInvalid { .. } => ExitCode::Configuration,
            Self::KeyUnwritable(error) => error.exit_code(),
            Self::Sealing => ExitCode::Bug,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::KeyUnreadable { .. } => true,
            Self::KeyUnwritable(error) => error.is_retryable(),
            Self::KeyInvalid { .. } | Self::Sealing => false,
        }
    }
}
