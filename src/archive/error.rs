//! What can be wrong with the archive, or with what is put into it.

use std::io;
use std::path::{Path, PathBuf};

use super::{InventoryFault, PathFault, RootFault};
use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang, RecordId};

/// The archive could not be read or written. What is in it was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Writing failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// A file or folder of the archive cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// The folder is not a storage root, or not one of ours.
    #[error("{}: {fault}", root.display())]
    RootInvalid {
        /// The folder.
        root: PathBuf,
        /// What is wrong.
        fault: RootFault,
    },
    /// A new archive was asked for in a folder that holds something else.
    #[error("{} is not part of an archive", path.display())]
    RootForeign {
        /// What it holds.
        path: PathBuf,
    },
    /// The staging folder lies inside the archive or on another file system.
    #[error("objects cannot be staged in {}", staging.display())]
    StagingUnfit {
        /// The staging folder.
        staging: PathBuf,
    },
    /// An object does not hold to OCFL 1.1.
    #[error("{}: {fault}", folder.display())]
    ObjectInvalid {
        /// The object's folder.
        folder: PathBuf,
        /// What is wrong.
        fault: InventoryFault,
    },
    /// A record's description is missing or not of the known format.
    #[error("record {record}: record.json: {detail}")]
    DescriptionInvalid {
        /// The record.
        record: RecordId,
        /// What is wrong.
        detail: String,
    },
    /// The record has an object already.
    #[error("record {record} is archived already")]
    AlreadyArchived {
        /// The record.
        record: RecordId,
    },
    /// The record has no object that could be revised.
    #[error("record {record} is not archived")]
    NotArchived {
        /// The record.
        record: RecordId,
    },
    /// Somebody else is making the record's next version.
    #[error("record {record} is being revised")]
    RevisionUnderWay {
        /// The record.
        record: RecordId,
    },
    /// The program put together a version that no object may have.
    #[error("record {record}: {detail}")]
    RevisionInvalid {
        /// The record.
        record: RecordId,
        /// What is wrong.
        detail: String,
    },
    /// The program wrote a file into an object and did not take it in.
    #[error("{} was not adopted", path.display())]
    NotAdopted {
        /// The file.
        path: PathBuf,
    },
    /// The program asked for a path that no object may have.
    #[error(transparent)]
    LogicalPath(PathFault),
}

impl ArchiveError {
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| ArchiveError::Unreadable {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn invalid(folder: &Path) -> impl FnOnce(InventoryFault) -> Self {
        move |fault| ArchiveError::ObjectInvalid {
            folder: folder.to_owned(),
            fault,
        }
    }
}

impl Explain for ArchiveError {
    fn code(&self) -> &'static str {
        match self {
            ArchiveError::Durable(error) => error.code(),
            ArchiveError::Unreadable { .. } => "archive.unreadable",
            ArchiveError::RootInvalid { .. } => "archive.root_invalid",
            ArchiveError::RootForeign { .. } => "archive.root_foreign",
            ArchiveError::StagingUnfit { .. } => "archive.staging_unfit",
            ArchiveError::ObjectInvalid { .. } => "archive.object_invalid",
            ArchiveError::DescriptionInvalid { .. } => "archive.description_invalid",
            ArchiveError::AlreadyArchived { .. } => "archive.already_archived",
            ArchiveError::NotArchived { .. } => "archive.not_archived",
            ArchiveError::RevisionUnderWay { .. } => "archive.revision_under_way",
            ArchiveError::RevisionInvalid { .. } => "archive.revision_invalid",
            ArchiveError::NotAdopted { .. } => "archive.not_adopted",
            ArchiveError::LogicalPath(_) => "archive.logical_path",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (ArchiveError::Durable(error), _) => error.message(lang),
            (ArchiveError::Unreadable { path, source }, Lang::Vi) => {
                format!(
                    "Không đọc được {} trong kho lưu trữ: {source}.",
                    path.display()
                )
            }
            (ArchiveError::Unreadable { path, source }, Lang::En) => {
                format!("Cannot read {} of the archive: {source}.", path.display())
            }
            (ArchiveError::RootInvalid { root, fault }, Lang::Vi) => {
                format!(
                    "{} không phải kho lưu trữ hợp lệ ({fault}).",
                    root.display()
                )
            }
            (ArchiveError::RootInvalid { root, fault }, Lang::En) => {
                format!("{} is not a valid archive ({fault}).", root.display())
            }
            (ArchiveError::RootForeign { path }, Lang::Vi) => {
                format!("Không tạo kho lưu trữ ở đây: đã có {}.", path.display())
            }
            (ArchiveError::RootForeign { path }, Lang::En) => {
                format!("No archive was made: {} is there already.", path.display())
            }
            (ArchiveError::StagingUnfit { staging }, Lang::Vi) => {
                format!(
                    "Thư mục tạm {} nằm trong kho lưu trữ hoặc ở ổ đĩa khác.",
                    staging.display()
                )
            }
            (ArchiveError::StagingUnfit { staging }, Lang::En) => {
                format!(
                    "The staging folder {} is inside the archive or on another disk.",
                    staging.display()
                )
            }
            (ArchiveError::ObjectInvalid { folder, fault }, Lang::Vi) => {
                format!("Bản ghi tại {} bị hỏng ({fault}).", folder.display())
            }
            (ArchiveError::ObjectInvalid { folder, fault }, Lang::En) => {
                format!("The record at {} is damaged ({fault}).", folder.display())
            }
            (ArchiveError::DescriptionInvalid { record, .. }, Lang::Vi) => {
                format!("Phần mô tả (record.json) của bản ghi {record} bị hỏng.")
            }
            (ArchiveError::DescriptionInvalid { record, .. }, Lang::En) => {
                format!("The description (record.json) of record {record} is damaged.")
            }
            (ArchiveError::AlreadyArchived { record }, Lang::Vi) => {
                format!("Bản ghi {record} đã có trong kho lưu trữ.")
            }
            (ArchiveError::AlreadyArchived { record }, Lang::En) => {
                format!("Record {record} is in the archive already.")
            }
            (ArchiveError::NotArchived { record }, Lang::Vi) => {
                format!("Bản ghi {record} chưa có trong kho lưu trữ.")
            }
            (ArchiveError::NotArchived { record }, Lang::En) => {
                format!("Record {record} is not in the archive.")
            }
            (ArchiveError::RevisionUnderWay { record }, Lang::Vi) => {
                format!("Bản ghi {record} đang được cập nhật ở nơi khác.")
            }
            (ArchiveError::RevisionUnderWay { record }, Lang::En) => {
                format!("Record {record} is being revised elsewhere.")
            }
            (ArchiveError::RevisionInvalid { record, detail }, Lang::Vi) => {
                format!(
                    "Lỗi chương trình: phiên bản mới của bản ghi {record} không hợp lệ ({detail})."
                )
            }
            (ArchiveError::RevisionInvalid { record, detail }, Lang::En) => {
                format!("A bug: the new version of record {record} is not valid ({detail}).")
            }
            (ArchiveError::NotAdopted { path }, Lang::Vi) => {
                format!("Lỗi chương trình: tệp {} bị bỏ sót.", path.display())
            }
            (ArchiveError::NotAdopted { path }, Lang::En) => {
                format!("A bug: {} was left out.", path.display())
            }
            (ArchiveError::LogicalPath(fault), Lang::Vi) => {
                format!("Lỗi chương trình: đường dẫn không hợp lệ ({fault}).")
            }
            (ArchiveError::LogicalPath(fault), Lang::En) => {
                format!("A bug: invalid path ({fault}).")
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            ArchiveError::Durable(error) => return error.advice(lang),
            ArchiveError::Unreadable { .. } => lang.pick(
                "Kiểm tra ổ đĩa và quyền đọc, rồi chạy `sohoa verify`.",
                "Check the disk and the permissions, then run `sohoa verify`.",
            ),
            ArchiveError::RootInvalid { .. } => lang.pick(
                "Kiểm tra đường dẫn kho trong sohoa.toml; tạo kho mới bằng `sohoa init`.",
                "Check the archive's path in sohoa.toml; `sohoa init` makes a new one.",
            ),
            ArchiveError::RootForeign { .. } => lang.pick(
                "Chọn một thư mục trống cho kho lưu trữ.",
                "Choose an empty folder for the archive.",
            ),
            ArchiveError::StagingUnfit { .. } => lang.pick(
                "Đặt thư mục work và archive trên cùng một ổ đĩa, không lồng vào nhau.",
                "Put the folders work and archive on one disk, neither inside the other.",
            ),
            ArchiveError::ObjectInvalid { .. }
            | ArchiveError::DescriptionInvalid { .. } => lang.pick(
                "Không sửa tay; chạy `sohoa verify` và khôi phục bản ghi từ bản sao lưu.",
                "Do not mend it by hand; run `sohoa verify` and restore the record from a backup.",
            ),
            ArchiveError::AlreadyArchived { .. } => lang.pick(
                "Không cần làm gì; bản đã lưu được giữ nguyên.",
                "Nothing to do; the stored one was left as it is.",
            ),
            ArchiveError::NotArchived { .. } => lang.pick(
                "Kiểm tra lại số bản ghi bằng `sohoa find`.",
                "Check the record's number with `sohoa find`.",
            ),
            ArchiveError::RevisionUnderWay { .. } => lang.pick(
                "Đợi một lát, xem lại bản ghi rồi làm lại.",
                "Wait a moment, look at the record again, then repeat it.",
            ),
            ArchiveError::RevisionInvalid { .. }
            | ArchiveError::NotAdopted { .. }
            | ArchiveError::LogicalPath(_) => lang.pick(
                "Hãy báo lỗi này cho người phát triển chương trình.",
                "Please report this to the program's developers.",
            ),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            ArchiveError::Durable(error) => error.exit_code(),
            ArchiveError::Unreadable { .. } | ArchiveError::RevisionUnderWay { .. } => {
                ExitCode::Environment
            }
            ArchiveError::RootInvalid { .. }
            | ArchiveError::RootForeign { .. }
            | ArchiveError::StagingUnfit { .. } => ExitCode::Configuration,
            ArchiveError::ObjectInvalid { .. }
            | ArchiveError::DescriptionInvalid { .. }
            | ArchiveError::NotArchived { .. } => ExitCode::No,
            ArchiveError::AlreadyArchived { .. }
            | ArchiveError::RevisionInvalid { .. }
            | ArchiveError::NotAdopted { .. }
            | ArchiveError::LogicalPath(_) => ExitCode::Bug,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            ArchiveError::Durable(error) => error.is_retryable(),
            ArchiveError::Unreadable { .. } | ArchiveError::RevisionUnderWay { .. } => true,
            ArchiveError::RootInvalid { .. }
            | ArchiveError::RootForeign { .. }
            | ArchiveError::StagingUnfit { .. }
            | ArchiveError::ObjectInvalid { .. }
            | ArchiveError::DescriptionInvalid { .. }
            | ArchiveError::AlreadyArchived { .. }
            | ArchiveError::NotArchived { .. }
            | ArchiveError::RevisionInvalid { .. }
            | ArchiveError::NotAdopted { .. }
            | ArchiveError::LogicalPath(_) => false,
        }
    }
}
