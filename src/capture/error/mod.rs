//! What can go wrong between the inbox and a claimed batch.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang};

/// What a thing in the inbox is, if it is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// A folder, where a file was named.
    Folder,
    /// A symbolic link, wherever it points.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

impl Oddity {
    fn name(self, lang: Lang) -> &'static str {
        match self {
            Oddity::Folder => lang.pick("thư mục", "a folder"),
            Oddity::Link => lang.pick("liên kết", "a link"),
            Oddity::Pipe => lang.pick("đường ống", "a pipe"),
            Oddity::Socket => lang.pick("socket", "a socket"),
            Oddity::Device => lang.pick("thiết bị", "a device"),
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name(Lang::En))
    }
}

/// Something was not captured, or not yet. The file is untouched at its place unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// A file cannot be read: busy, or no permission.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// A folder cannot be listed.
    #[error("cannot list {}", path.display())]
    FolderUnreadable {
        /// Which folder.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// A link, pipe, socket or device: never opened.
    #[error("{} is {what}, not a file", path.display())]
    NotAFile {
        /// Where it lies.
        path: PathBuf,
        /// What it is.
        what: Oddity,
    },
    /// A file directly in the inbox.
    #[error("{} lies in no station's folder", path.display())]
    NoStation {
        /// Which file.
        path: PathBuf,
    },
    /// A folder of the inbox whose name cannot be a station's.
    #[error("{} cannot be a station's folder", path.display())]
    StationName {
        /// Which folder.
        path: PathBuf,
    },
    /// A folder below the deepest level that is looked at.
    #[error("{} is too deep", path.display())]
    TooDeep {
        /// Which folder.
        path: PathBuf,
    },
    /// A station holds more files than are watched at once.
    #[error("{} holds more files than are watched at once", path.display())]
    TooManyFiles {
        /// The station's folder.
        path: PathBuf,
    },
    /// A file in the station's top folder where the profile wants a folder a document.
    #[error("{} lies in no document's folder", path.display())]
    NoDocumentFolder {
        /// Which file.
        path: PathBuf,
    },
    /// A slip whose scan did not come.
    #[error("{} has no scan beside it", path.display())]
    SlipAlone {
        /// Which slip.
        path: PathBuf,
    },
    /// A slip does not parse; the batch is claimed.
    #[error("slip {name}, line {line}: {reason}")]
    SlipInvalid {
        /// Name as dropped.
        name: String,
        /// Line, from 1; 0 where none is known.
        line: usize,
        /// Key and reason; long numbers are left out.
        reason: String,
    },
    /// Slip, folder and file name contradict one another; the batch is claimed.
    #[error("two sources disagree on the {field}")]
    SlipConflict {
        /// Key of the slip.
        field: &'static str,
    },
    /// A file is longer than `limits.file_mib`; the batch is claimed.
    #[error("{name} has {bytes} bytes, more than {limit}")]
    FileTooLong {
        /// Name as dropped.
        name: String,
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A file changed while it was being claimed; all files of the batch were given back.
    #[error("{name} is still being written")]
    StillWritten {
        /// Name as dropped.
        name: String,
    },
    /// A file vanished while it was being claimed; the other files of the batch were given back.
    #[error("{name} is gone")]
    Vanished {
        /// Name as dropped.
        name: String,
    },
    /// Another process works on this job.
    #[error("another process works on {}", folder.display())]
    Locked {
        /// The job's folder.
        folder: PathBuf,
    },
    /// A job's folder is not as this program leaves it; nothing in it was touched.
    #[error("{}: {reason}", path.display())]
    JobDamaged {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong, in English.
        reason: String,
    },
    /// A write failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

impl Explain for CaptureError {
    fn code(&self) -> &'static str {
        match self {
            CaptureError::Unreadable { .. } => "capture.unreadable",
            CaptureError::FolderUnreadable { .. } => "capture.folder_unreadable",
            CaptureError::NotAFile { .. } => "capture.not_a_file",
            CaptureError::NoStation { .. } => "capture.no_station",
            CaptureError::StationName { .. } => "capture.station_name",
            CaptureError::TooDeep { .. } => "capture.too_deep",
            CaptureError::TooManyFiles { .. } => "capture.too_many_files",
            CaptureError::NoDocumentFolder { .. } => "capture.no_document_folder",
            CaptureError::SlipAlone { .. } => "capture.slip_alone",
            CaptureError::SlipInvalid { .. } => "capture.slip_invalid",
            CaptureError::SlipConflict { .. } => "capture.slip_conflict",
            CaptureError::FileTooLong { .. } => "capture.file_too_long",
            CaptureError::StillWritten { .. } => "capture.still_written",
            CaptureError::Vanished { .. } => "capture.vanished",
            CaptureError::Locked { .. } => "capture.locked",
            CaptureError::JobDamaged { .. } => "capture.job_damaged",
            CaptureError::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::Vi => self.message_vi(),
            Lang::En => self.message_en(),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            CaptureError::Durable(error) => return error.advice(lang),
            CaptureError::Unreadable { .. } | CaptureError::FolderUnreadable { .. } => (
                "Chương trình tự thử lại; nếu vẫn lỗi, báo người quản trị kiểm tra quyền truy cập.",
                "It will be tried again; if it persists, ask the administrator to check the permissions.",
            ),
            CaptureError::NotAFile { .. } => (
                "Chép chính tệp quét vào thư mục của trạm rồi xóa mục này.",
                "Copy the scan itself into the station's folder and remove this.",
            ),
            CaptureError::NoStation { .. } => (
                "Chuyển tệp vào thư mục của trạm quét.",
                "Move the file into the station's folder.",
            ),
            CaptureError::StationName { .. } => (
                "Đổi tên thư mục: chữ, số, dấu cách, “.”, “_”, “-”, tối đa 64 ký tự.",
                "Rename the folder: letters, digits, space, “.”, “_”, “-”, at most 64 characters.",
            ),
            CaptureError::TooDeep { .. } => (
                "Chuyển các tệp lên thư mục cao hơn.",
                "Move the files to a higher folder.",
            ),
            CaptureError::TooManyFiles { .. } => (
                "Không cần làm gì: các tệp còn lại sẽ lần lượt được xử lý.",
                "Nothing to do: the other files get their turn.",
            ),
            CaptureError::NoDocumentFolder { .. } => (
                "Tạo một thư mục cho mỗi giấy tờ rồi chuyển tệp vào đó.",
                "Make one folder for each document and move the file there.",
            ),
            CaptureError::SlipAlone { .. } => (
                "Đặt tệp quét cạnh phiếu, cùng tên với phiếu, hoặc xóa phiếu.",
                "Put the scan of the same name beside the slip, or remove the slip.",
            ),
            CaptureError::SlipInvalid { .. } => (
                "Sửa dòng được nêu trong phiếu rồi nộp lại tệp quét cùng phiếu.",
                "Mend the line named, then drop the scan again together with its slip.",
            ),
            CaptureError::SlipConflict { .. } => (
                "Đối chiếu phiếu, tên thư mục và tên tệp, sửa cho khớp rồi nộp lại.",
                "Compare the slip, the folder's name and the file's name, make them agree and drop them again.",
            ),
            CaptureError::FileTooLong { .. } => (
                "Quét lại với độ phân giải thấp hơn hoặc chia thành nhiều tệp.",
                "Scan again at a lower resolution or as several files.",
            ),
            CaptureError::StillWritten { .. } => (
                "Không cần làm gì: tệp sẽ được nhận khi đã ghi xong.",
                "Nothing to do: it is taken once it is written.",
            ),
            CaptureError::Vanished { .. } => (
                "Nếu không phải bạn đã xóa hoặc chuyển tệp, hãy quét lại.",
                "If you did not remove or move the file, scan it again.",
            ),
            CaptureError::Locked { .. } => (
                "Không cần làm gì: tiến trình kia sẽ làm xong.",
                "Nothing to do: the other process will finish it.",
            ),
            CaptureError::JobDamaged { .. } => (
                "Báo người quản trị; không xóa thư mục này vì có thể chứa bản gốc.",
                "Tell the administrator; do not delete the folder, originals may lie in it.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            CaptureError::Unreadable { .. }
            | CaptureError::FolderUnreadable { .. }
            | CaptureError::TooManyFiles { .. }
            | CaptureError::StillWritten { .. }
            | CaptureError::Vanished { .. }
            | CaptureError::Locked { .. }
            | CaptureError::JobDamaged { .. } => ExitCode::Environment,
            CaptureError::NotAFile { .. }
            | CaptureError::NoStation { .. }
            | CaptureError::StationName { .. }
            | CaptureError::TooDeep { .. }
            | CaptureError::NoDocumentFolder { .. }
            | CaptureError::SlipAlone { .. }
            | CaptureError::SlipInvalid { .. }
            | CaptureError::SlipConflict { .. }
            | CaptureError::FileTooLong { .. } => ExitCode::Refused,
            CaptureError::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            CaptureError::Unreadable { .. }
            | CaptureError::FolderUnreadable { .. }
            | CaptureError::TooManyFiles { .. }
            | CaptureError::StillWritten { .. }
            | CaptureError::Vanished { .. }
            | CaptureError::Locked { .. } => true,
            CaptureError::NotAFile { .. }
            | CaptureError::NoStation { .. }
            | CaptureError::StationName { .. }
            | CaptureError::TooDeep { .. }
            | CaptureError::NoDocumentFolder { .. }
            | CaptureError::SlipAlone { .. }
            | CaptureError::SlipInvalid { .. }
            | CaptureError::SlipConflict { .. }
            | CaptureError::FileTooLong { .. }
            | CaptureError::JobDamaged { .. } => false,
            CaptureError::Durable(error) => error.is_retryable(),
        }
    }
}

impl CaptureError {
    fn message_vi(&self) -> String {
        match self {
            CaptureError::Unreadable { path, source } => {
                format!("Không đọc được tệp {}: {source}.", path.display())
            }
            CaptureError::FolderUnreadable { path, source } => {
                format!("Không mở được thư mục {}: {source}.", path.display())
            }
            CaptureError::NotAFile { path, what } => {
                format!(
                    "{} là {}, không phải tệp.",
                    path.display(),
                    what.name(Lang::Vi)
                )
            }
            CaptureError::NoStation { path } => {
                format!(
                    "Tệp {} không nằm trong thư mục của trạm nào.",
                    path.display()
                )
            }
            CaptureError::StationName { path } => {
                format!(
                    "Tên thư mục {} không dùng làm tên trạm được.",
                    path.display()
                )
            }
            CaptureError::TooDeep { path } => {
                format!("Thư mục {} nằm quá sâu nên không được đọc.", path.display())
            }
            CaptureError::TooManyFiles { path } => {
                format!("Thư mục {} có quá nhiều tệp cùng lúc.", path.display())
            }
            CaptureError::NoDocumentFolder { path } => {
                format!(
                    "Tệp {} không nằm trong thư mục của giấy tờ nào.",
                    path.display()
                )
            }
            CaptureError::SlipAlone { path } => {
                format!("Phiếu {} không có tệp quét đi kèm.", path.display())
            }
            CaptureError::SlipInvalid {
                name,
                line: 0,
                reason,
            } => {
                format!("Phiếu {name} sai: {reason}.")
            }
            CaptureError::SlipInvalid { name, line, reason } => {
                format!("Phiếu {name} sai ở dòng {line}: {reason}.")
            }
            CaptureError::SlipConflict { field } => {
                format!("Phiếu, tên thư mục và tên tệp không khớp nhau ở mục “{field}”.")
            }
            CaptureError::FileTooLong { name, bytes, limit } => format!(
                "Tệp {name} dài {} MiB, vượt giới hạn {} MiB.",
                mebibytes(*bytes),
                mebibytes(*limit)
            ),
            CaptureError::StillWritten { name } => format!("Tệp {name} đang được ghi."),
            CaptureError::Vanished { name } => format!("Tệp {name} không còn nữa."),
            CaptureError::Locked { folder } => {
                format!("Một tiến trình khác đang xử lý {}.", folder.display())
            }
            CaptureError::JobDamaged { path, reason } => {
                format!(
                    "Không hiểu được {} trong thư mục làm việc: {reason}.",
                    path.display()
                )
            }
            CaptureError::Durable(error) => error.message(Lang::Vi),
        }
    }

    fn message_en(&self) -> String {
        match self {
            CaptureError::Unreadable { source, .. }
            | CaptureError::FolderUnreadable { source, .. } => format!("{self}: {source}."),
            CaptureError::SlipInvalid {
                name,
                line: 0,
                reason,
            } => {
                format!("Slip {name} is not valid: {reason}.")
            }
            CaptureError::SlipInvalid { name, line, reason } => {
                format!("Slip {name} is not valid, line {line}: {reason}.")
            }
            CaptureError::SlipConflict { field } => {
                format!("Slip, folder name and file name disagree on “{field}”.")
            }
            CaptureError::FileTooLong { name, bytes, limit } => format!(
                "{name} has {} MiB, more than {} MiB.",
                mebibytes(*bytes),
                mebibytes(*limit)
            ),
            CaptureError::NotAFile { .. }
            | CaptureError::NoStation { .. }
            | CaptureError::StationName { .. }
            | CaptureError::TooDeep { .. }
            | CaptureError::TooManyFiles { .. }
            | CaptureError::NoDocumentFolder { .. }
            | CaptureError::SlipAlone { .. }
            | CaptureError::StillWritten { .. }
            | CaptureError::Vanished { .. }
            | CaptureError::Locked { .. }
            | CaptureError::JobDamaged { .. } => format!("{self}."),
            CaptureError::Durable(error) => error.message(Lang::En),
        }
    }
}

/// Rounded up, so that a file a byte too long does not show the limit itself.
fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}
