//! Why nothing was looked up, filled in or put together.

use std::io;
use std::path::PathBuf;

use jiff::civil::Date;

use super::procedure::ProcedureCode;
use crate::access::AccessError;
use crate::archive::ArchiveError;
use crate::compose::PrintError;
use crate::durable::{Cause, DurableError};
use crate::index::IndexError;
use crate::read_back::SignatureReadBackError;
use crate::record::{DossierCode, ExitCode, Explain, Lang, RecordId};

/// What can go wrong in re-use.
#[derive(Debug, thiserror::Error)]
pub enum ReuseError {
    /// The catalogue of procedures contradicts itself or cannot be read as one.
    #[error("{}: {detail}", path.display())]
    Catalogue {
        /// The file; where there is none, the shipped one was meant.
        path: PathBuf,
        /// What is wrong, English.
        detail: String,
    },
    /// The catalogue has no such procedure.
    #[error("no procedure {0}")]
    UnknownProcedure(ProcedureCode),
    /// The catalogue has no version of it for that day.
    #[error("procedure {code} has no version for {on}")]
    NotInForce {
        /// The procedure.
        code: ProcedureCode,
        /// The day.
        on: Date,
    },
    /// The digits of the dossier's code that should be a day are none.
    #[error("the code {0} does not say when the dossier was received")]
    NoReceptionDay(DossierCode),
    /// No such record.
    #[error("no record {0}")]
    NoSuchRecord(RecordId),
    /// It is not settled whose record it is.
    #[error("record {0} is nobody's")]
    Nobody(RecordId),
    /// A record's bytes are not those of its description.
    #[error("record {record}: {logical} does not match its digest")]
    Damaged {
        /// The record.
        record: RecordId,
        /// The file inside the object.
        logical: String,
    },
    /// The office's own signature does not hold.
    #[error("record {record}: {source}")]
    Signature {
        /// The record.
        record: RecordId,
        /// Which check failed.
        source: SignatureReadBackError,
    },
    /// More records than a bundle takes.
    #[error("{0} records are too many")]
    TooMany(usize),
    /// More bytes than this bundle may have.
    #[error("{bytes} bytes of papers are too many, {most} may be")]
    TooLarge {
        /// How many.
        bytes: u64,
        /// How many there may be.
        most: u64,
    },
    /// An output exists already.
    #[error("{} exists already", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// Another process writes the same output.
    #[error("{} is being written", path.display())]
    Busy {
        /// The output.
        path: PathBuf,
    },
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The event of it cannot be kept.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A durable write.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// A form or a cover page.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ReuseError {
    /// The error of giving a result its name: a name that is taken is the caller's mistake.
    pub(super) fn naming(error: DurableError) -> Self {
        if error.cause() == Cause::Exists {
            Self::OutputExists { path: error.path }
        } else {
            Self::Durable(error)
        }
    }

    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::Archive(error) => Some(error),
            Self::Index(error) => Some(error),
            Self::Access(error) => Some(error),
            Self::Durable(error) => Some(error),
            Self::Print(error) => Some(error),
            Self::Catalogue { .. }
            | Self::UnknownProcedure(_)
            | Self::NotInForce { .. }
            | Self::NoReceptionDay(_)
            | Self::NoSuchRecord(_)
            | Self::Nobody(_)
            | Self::Damaged { .. }
            | Self::Signature { .. }
            | Self::TooMany(_)
            | Self::TooLarge { .. }
            | Self::OutputExists { .. }
            | Self::Busy { .. }
            | Self::Io { .. } => None,
        }
    }
}

impl Explain for ReuseError {
    fn code(&self) -> &'static str {
        match self {
            Self::Catalogue { .. } => "reuse.catalogue",
            Self::UnknownProcedure(_) => "reuse.unknown_procedure",
            Self::NotInForce { .. } => "reuse.not_in_force",
            Self::NoReceptionDay(_) => "reuse.no_reception_day",
            Self::NoSuchRecord(_) => "record.not_found",
            Self::Nobody(_) => "reuse.nobody",
            Self::Damaged { .. } => "record.damaged",
            Self::Signature { .. } => "reuse.signature",
            Self::TooMany(_) => "reuse.too_many",
            Self::TooLarge { .. } => "reuse.too_large",
            Self::OutputExists { .. } => "output.exists",
            Self::Busy { .. } => "output.busy",
            Self::Io { .. } => "io",
            Self::Archive(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Durable(error) => error.code(),
            Self::Print(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        use super::procedure::day_text;
        if let Some(inner) = self.inner() {
            return inner.message(lang);
        }
        let (vi, en) = match self {
            Self::Catalogue { path, detail } => {
                let path = path.display();
                (
                    format!("Danh mục thủ tục {path} không dùng được: {detail}."),
                    format!("The catalogue of procedures {path} cannot be used: {detail}."),
                )
            }
            Self::UnknownProcedure(code) => (
                format!("Danh mục không có thủ tục {code}."),
                format!("The catalogue has no procedure {code}."),
            ),
            Self::NotInForce { code, on } => (
                format!(
                    "Thủ tục {code} không có bản nào có hiệu lực ngày {}.",
                    day_text(*on, Lang::Vi)
                ),
                format!("No version of procedure {code} is in force on {on}."),
            ),
            Self::NoReceptionDay(dossier) => (
                format!("Mã hồ sơ {dossier} không cho biết ngày tiếp nhận."),
                format!("The code {dossier} does not say when the dossier was received."),
            ),
            Self::NoSuchRecord(record) => (
                format!("Không có bản ghi {record}."),
                format!("There is no record {record}."),
            ),
            Self::Nobody(record) => (
                format!("Chưa xác định bản ghi {record} là giấy tờ của ai."),
                format!("It is not settled whose record {record} is."),
            ),
            Self::Damaged { record, logical } => (
                format!("Tệp {logical} của bản ghi {record} không khớp mã băm trong kho."),
                format!("{logical} of record {record} does not match its digest in the archive."),
            ),
            Self::Signature { record, source } => (
                format!(
                    "Chữ ký trên bản ghi {record} không qua được kiểm tra: {}",
                    source.message(Lang::Vi)
                ),
                format!(
                    "The signature on record {record} did not pass the check: {}",
                    source.message(Lang::En)
                ),
            ),
            Self::TooMany(count) => (
                format!("{count} bản ghi là quá nhiều cho một gói."),
                format!("{count} records are too many for one bundle."),
            ),
            Self::TooLarge { bytes, most } => {
                let [bytes, most] = [bytes, most].map(|it| it.div_ceil(1024 * 1024));
                (
                    format!("Gói có {bytes} MiB giấy tờ, nhiều hơn {most} MiB cho phép."),
                    format!("{bytes} MiB of papers are more than the {most} MiB allowed."),
                )
            }
            Self::OutputExists { path } => (
                format!("{} đã tồn tại.", path.display()),
                format!("{} exists already.", path.display()),
            ),
            Self::Busy { path } => (
                format!("Một tiến trình khác đang ghi {}.", path.display()),
                format!("Another process is writing {}.", path.display()),
            ),
            Self::Io { path, source } => (
                format!("Không đọc hoặc ghi được {}: {source}.", path.display()),
                format!("Cannot read or write {}: {source}.", path.display()),
            ),
            Self::Archive(_)
            | Self::Index(_)
            | Self::Access(_)
            | Self::Durable(_)
            | Self::Print(_) => (String::new(), String::new()),
        };
        lang.pick(&vi, &en).to_owned()
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Catalogue { .. } => (
                "Sửa procedures.toml theo lời giải thích trong tệp, hoặc bỏ tệp đi để dùng danh mục kèm theo chương trình.",
                "Mend procedures.toml as the file itself explains, or take it away to use the one that comes with the program.",
            ),
            Self::UnknownProcedure(_) => (
                "Kiểm tra mã thủ tục, hoặc thêm thủ tục vào procedures.toml.",
                "Check the code, or add the procedure to procedures.toml.",
            ),
            Self::NotInForce { .. } => (
                "Thêm bản quy định có hiệu lực ngày đó vào procedures.toml, hoặc chọn ngày khác bằng --on.",
                "Add the version in force on that day to procedures.toml, or give another day with --on.",
            ),
            Self::NoReceptionDay(_) => (
                "Cho biết ngày tiếp nhận bằng --on YYYY-MM-DD.",
                "Say when it was received with --on YYYY-MM-DD.",
            ),
            Self::NoSuchRecord(_) => (
                "Kiểm tra lại số bản ghi, hoặc tìm bằng `sohoa find`.",
                "Check the number, or look it up with `sohoa find`.",
            ),
            Self::Nobody(_) => (
                "Xác định trong danh sách chờ trước: `sohoa worklist assign`.",
                "Settle it in the worklist first: `sohoa worklist assign`.",
            ),
            Self::Damaged { .. } | Self::Signature { .. } => (
                "Chạy `sohoa verify` và khôi phục từ bản sao lưu; không dùng tệp này.",
                "Run `sohoa verify` and restore from a backup; do not use this file.",
            ),
            Self::TooMany(_) | Self::TooLarge { .. } => {
                ("Chia thành nhiều gói.", "Make several bundles.")
            }
            Self::OutputExists { .. } => ("Chọn tên khác.", "Choose another name."),
            Self::Busy { .. } => (
                "Chờ tiến trình kia xong, hoặc chọn tên khác.",
                "Wait for the other one, or choose another name.",
            ),
            Self::Io { .. } => (
                "Kiểm tra đường dẫn, quyền truy cập và dung lượng đĩa.",
                "Check path, permissions and disk space.",
            ),
            Self::Archive(error) => return error.advice(lang),
            Self::Index(error) => return error.advice(lang),
            Self::Access(error) => return error.advice(lang),
            Self::Durable(error) => return error.advice(lang),
            Self::Print(error) => return error.advice(lang),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Catalogue { .. } => ExitCode::Configuration,
            Self::UnknownProcedure(_)
            | Self::NotInForce { .. }
            | Self::NoSuchRecord(_)
            | Self::Damaged { .. } => ExitCode::No,
            // It could not be read just now: that is no answer.
            Self::Signature { source, .. } if source.is_retryable() => ExitCode::Environment,
            Self::Signature { .. } => ExitCode::No,
            Self::Nobody(_) => ExitCode::Refused,
            Self::NoReceptionDay(_)
            | Self::TooMany(_)
            | Self::TooLarge { .. }
            | Self::OutputExists { .. } => ExitCode::Usage,
            Self::Busy { .. } | Self::Io { .. } => ExitCode::Environment,
            Self::Archive(error) => error.exit_code(),
            Self::Index(error) => error.exit_code(),
            Self::Access(error) => error.exit_code(),
            Self::Durable(error) => error.exit_code(),
            Self::Print(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Io { .. } => true,
            Self::Signature { source, .. } => source.is_retryable(),
            Self::Catalogue { .. }
            | Self::UnknownProcedure(_)
            | Self::NotInForce { .. }
            | Self::NoReceptionDay(_)
            | Self::NoSuchRecord(_)
            | Self::Nobody(_)
            | Self::Damaged { .. }
            | Self::TooMany(_)
            | Self::TooLarge { .. }
            | Self::OutputExists { .. } => false,
            Self::Archive(error) => error.is_retryable(),
            Self::Index(error) => error.is_retryable(),
            Self::Access(error) => error.is_retryable(),
            Self::Durable(error) => error.is_retryable(),
            Self::Print(error) => error.is_retryable(),
        }
    }
}
