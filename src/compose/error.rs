//! Why a PDF/A file was not written.

use std::io;
use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang};

/// No usable file was written; a part of one may be left at the path given, for the caller to remove.
/// `E` is what the supplier of pages can report; it passes through unchanged.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError<E> {
    /// The supplier of pages failed.
    #[error(transparent)]
    Page(E),
    /// There was no page at all.
    #[error("a document needs at least one page")]
    NoPages,
    /// Dimensions, resolution, turn or placement of an image cannot be told to a PDF reader.
    #[error("page {page}: an image of {width_px} × {height_px} pixels cannot be placed on a page")]
    Geometry {
        /// Page of the document, from 1.
        page: usize,
        /// Pixels across.
        width_px: u32,
        /// Pixels down.
        height_px: u32,
    },
    /// The file cannot be created or written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl<E: Explain> Explain for ComposeError<E> {
    fn code(&self) -> &'static str {
        match self {
            ComposeError::Page(error) => error.code(),
            ComposeError::NoPages => "compose.no_pages",
            ComposeError::Geometry { .. } => "compose.geometry",
            ComposeError::Write { .. } => "compose.write",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (ComposeError::Page(error), lang) => error.message(lang),
            (ComposeError::NoPages, Lang::Vi) => "Tài liệu không có trang nào.".to_owned(),
            (ComposeError::NoPages, Lang::En) => "The document has no page.".to_owned(),
            (
                ComposeError::Geometry {
                    page,
                    width_px,
                    height_px,
                },
                Lang::Vi,
            ) => format!(
                "Không dựng được trang {page}: ảnh {width_px} × {height_px} điểm ảnh có kích thước hoặc độ phân giải không hợp lệ."
            ),
            (
                ComposeError::Geometry {
                    page,
                    width_px,
                    height_px,
                },
                Lang::En,
            ) => format!(
                "Page {page} cannot be made: an image of {width_px} × {height_px} pixels has no valid size or resolution."
            ),
            (ComposeError::Write { path, source }, Lang::Vi) => {
                format!("Không ghi được tệp {}: {source}.", path.display())
            }
            (ComposeError::Write { path, source }, Lang::En) => {
                format!("Cannot write {}: {source}.", path.display())
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            ComposeError::Page(error) => error.advice(lang),
            ComposeError::NoPages => lang
                .pick("Kiểm tra máy quét rồi quét lại.", "Check the scanner and scan again.")
                .to_owned(),
            ComposeError::Geometry { .. } => lang
                .pick(
                    "Quét lại trang này ở 200 hoặc 300 dpi.",
                    "Scan this page again at 200 or 300 dpi.",
                )
                .to_owned(),
            ComposeError::Write { .. } => lang
                .pick(
                    "Báo người quản trị kiểm tra dung lượng đĩa và quyền ghi; hệ thống sẽ tự thử lại.",
                    "Have the administrator check disk space and permissions; it will be tried again.",
                )
                .to_owned(),
        }
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            ComposeError::Page(error) => error.exit_code(),
            ComposeError::NoPages | ComposeError::Geometry { .. } => ExitCode::Refused,
            ComposeError::Write { .. } => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            ComposeError::Page(error) => error.is_retryable(),
            ComposeError::NoPages | ComposeError::Geometry { .. } => false,
            ComposeError::Write { source, .. } => source.kind() != io::ErrorKind::FileTooLarge,
        }
    }
}
