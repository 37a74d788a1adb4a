//! Errors of the worklist, for the person at the desk.

use std::io;
use std::path::PathBuf;

use super::Question;
use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang};

/// What can go wrong with a document that waits for a person.
#[derive(Debug, thiserror::Error)]
pub enum WorklistError {
    /// Not an error of the program: the document waits for a person.
    #[error("a person must decide: {questions:?}")]
    NeedsPerson {
        /// What.
        questions: Vec<Question>,
    },
    /// A person decided that it is not to be archived.
    #[error("a person rejected it")]
    Rejected {
        /// Their words.
        reason: String,
    },
    /// Nothing of this number waits.
    #[error("nothing of this number waits for a person")]
    NotWaiting,
    /// The document is sealed: its pages are what they are.
    #[error("the document is in the archive; its pages cannot be changed any more")]
    Sealed,
    /// A page that is not there, or is not blank, or a turn that is none.
    #[error("this decision does not fit the document: {what}")]
    Unfit {
        /// What does not fit, English.
        what: String,
    },
    /// Somebody, or the daemon, works on it at this moment.
    #[error("the document is being worked on")]
    Busy,
    /// More decisions than anybody takes.
    #[error("too many decisions about one document")]
    TooMany,
    /// A file of the worklist is not as it was written.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// In what way, English.
        reason: String,
    },
    /// A file of the worklist cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] DurableError),
}

impl Explain for WorklistError {
    fn code(&self) -> &'static str {
        match self {
            Self::NeedsPerson { .. } => "worklist.needs_person",
            Self::Rejected { .. } => "worklist.rejected",
            Self::NotWaiting => "worklist.not_waiting",
            Self::Sealed => "worklist.sealed",
            Self::Unfit { .. } => "worklist.unfit",
            Self::Busy => "worklist.busy",
            Self::TooMany => "worklist.too_many",
            Self::Damaged { .. } => "worklist.damaged",
            Self::Unreadable { .. } => "worklist.unreadable",
            Self::Write(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::NeedsPerson { questions } => {
                let sentences: Vec<_> = questions
                    .iter()
                    .map(|question| question.sentence(lang))
                    .collect();
                return sentences.join(" ");
            }
            Self::Rejected { reason } => (
                format!("Cán bộ không nhận tài liệu này: {reason}"),
                format!("A person rejected this document: {reason}"),
            ),
            Self::NotWaiting => (
                "Không có tài liệu nào mang số này đang chờ.".to_owned(),
                "No document of this number waits.".to_owned(),
            ),
            Self::Sealed => (
                "Tài liệu đã ký và lưu trữ; không sửa trang được nữa.".to_owned(),
                "The document is signed and archived; its pages cannot be changed any more."
                    .to_owned(),
            ),
            Self::Unfit { what } => (
                format!("Quyết định không khớp với tài liệu: {what}."),
                format!("This decision does not fit the document: {what}."),
            ),
            Self::Busy => (
                "Tài liệu đang được xử lý.".to_owned(),
                "The document is being worked on.".to_owned(),
            ),
            Self::TooMany => (
                "Quá nhiều quyết định cho một tài liệu.".to_owned(),
                "There are too many decisions about this document.".to_owned(),
            ),
            Self::Damaged { path, .. } => (
                format!("Tệp {} bị hỏng.", path.display()),
                format!("{} is damaged.", path.display()),
            ),
            Self::Unreadable { path, source } => (
                format!("Không đọc được {}: {source}.", path.display()),
                format!("Cannot read {}: {source}.", path.display()),
            ),
            Self::Write(error) => return error.message(lang),
        };
        lang.pick(&vi, &en).to_owned()
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::NeedsPerson { .. } => (
                "Mở danh sách chờ (`sohoa worklist`), kiểm tra và quyết định; bản quét vẫn an toàn.",
                "Open the worklist (`sohoa worklist`), look and decide; the scan is safe.",
            ),
            Self::Rejected { .. } => (
                "Bản quét nằm trong khu cách ly. Quét lại nếu cần.",
                "The scan is in quarantine. Scan again if need be.",
            ),
            Self::NotWaiting => (
                "Xem `sohoa worklist list`, hoặc tìm trong kho bằng `sohoa find --record`.",
                "See `sohoa worklist list`, or look in the archive with `sohoa find --record`.",
            ),
            Self::Sealed => (
                "Quét lại thành tài liệu mới nếu trang bị sai.",
                "Scan it again as a new document if a page is wrong.",
            ),
            Self::Unfit { .. } => (
                "Xem các trang bằng `sohoa worklist show`.",
                "See the pages with `sohoa worklist show`.",
            ),
            Self::Busy => ("Thử lại sau ít giây.", "Try again in a few seconds."),
            Self::TooMany => (
                "Từ chối tài liệu này và quét lại.",
                "Reject this document and scan it again.",
            ),
            Self::Damaged { .. } => (
                "Xóa tệp này; tài liệu sẽ được xét lại từ bản quét.",
                "Remove this file; the document is looked at again from the scan.",
            ),
            Self::Unreadable { .. } => (
                "Kiểm tra quyền truy cập và đĩa.",
                "Check permissions and the disk.",
            ),
            Self::Write(error) => return error.advice(lang),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NeedsPerson { .. } | Self::NotWaiting => ExitCode::No,
            Self::Rejected { .. } => ExitCode::Refused,
            Self::Sealed | Self::Unfit { .. } | Self::TooMany => ExitCode::Usage,
            Self::Busy | Self::Damaged { .. } | Self::Unreadable { .. } => ExitCode::Environment,
            Self::Write(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::Unreadable { .. } => true,
            Self::NeedsPerson { .. }
            | Self::Rejected { .. }
            | Self::NotWaiting
            | Self::Sealed
            | Self::Unfit { .. }
            | Self::TooMany
            | Self::Damaged { .. } => false,
            Self::Write(error) => error.is_retryable(),
        }
    }
}
