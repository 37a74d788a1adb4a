//! Why a cover sheet was not written.

use std::io;
use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang};
use crate::typeface::TypefaceError;

/// No usable file was written; a part of one may be left at the path given, for the caller to remove.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The name of the agency has a letter that the embedded font lacks.
    #[error("the built-in font has no glyph for U+{:04X}", u32::from(*.0))]
    Letter(char),
    /// The embedded font cannot be read.
    #[error("the built-in font is damaged")]
    Font,
    /// The text does not fit a QR code.
    #[error("the code of the cover sheet cannot be drawn")]
    Code,
    /// The file cannot be created or written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl From<TypefaceError> for PrintError {
    fn from(error: TypefaceError) -> Self {
        match error {
            TypefaceError::Letter(letter) => Self::Letter(letter),
            TypefaceError::Damaged => Self::Font,
        }
    }
}

impl Explain for PrintError {
    fn code(&self) -> &'static str {
        match self {
            Self::Letter(_) => "compose.sheet_letter",
            Self::Font => "compose.sheet_font",
            Self::Code => "compose.sheet_code",
            Self::Write { .. } => "compose.sheet_write",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Letter(letter), Lang::Vi) => {
                format!("Không in được ký tự “{letter}” trong tên cơ quan.")
            }
            (Self::Letter(letter), Lang::En) => {
                format!("The letter “{letter}” in the agency's name cannot be printed.")
            }
            (Self::Font, Lang::Vi) => "Phông chữ kèm theo chương trình bị hỏng.".to_owned(),
            (Self::Font, Lang::En) => "The built-in font is damaged.".to_owned(),
            (Self::Code, Lang::Vi) => "Không vẽ được mã của tờ phân cách.".to_owned(),
            (Self::Code, Lang::En) => "The code of the cover sheet cannot be drawn.".to_owned(),
            (Self::Write { path, source }, Lang::Vi) => {
                format!("Không ghi được tệp {}: {source}.", path.display())
            }
            (Self::Write { path, source }, Lang::En) => {
                format!("Cannot write {}: {source}.", path.display())
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Letter(_) => (
                "Sửa tên cơ quan trong mục [agency] của sohoa.toml.",
                "Mend the agency's name in section [agency] of sohoa.toml.",
            ),
            Self::Font | Self::Code => (
                "Báo người quản trị; hãy dùng tờ Patch-T trong lúc chờ.",
                "Tell the administrator; use Patch-T sheets meanwhile.",
            ),
            Self::Write { .. } => (
                "Kiểm tra đường dẫn, quyền ghi và dung lượng đĩa; tên tệp phải là tên mới.",
                "Check path, permissions and disk space; the file must be a new one.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Letter(_) => ExitCode::Configuration,
            Self::Font | Self::Code => ExitCode::Bug,
            Self::Write { .. } => ExitCode::Environment,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Write { .. } => true,
            Self::Letter(_) | Self::Font | Self::Code => false,
        }
    }
}
