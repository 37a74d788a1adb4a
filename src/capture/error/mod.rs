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
    /// Another process works on this job, or a division that it has part in has to be ended first.
    #[error("another process works on {}", folder.display())]
    Locked {
        /// The job's folder.
        folder: PathBuf,
    },
    /// A file of a document that was divided or merged is not what it was then; nothing was touched.
    #[error("{name} has changed in the work folder, or is gone from it")]
    Changed {
        /// Name as dropped.
        name: String,
    },
    /// What [`super::rearrange()`] was asked for cannot be; nothing was done.
    #[error("the scan cannot be divided so: {0}")]
    Parts(
        /// What is wrong, in English.
        &'static str,
    ),
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
            CaptureError::Changed { .. } => "capture.changed",
            CaptureError::Parts(_) => "capture.parts",
            CaptureError::JobDamaged { .. } => "capture.job_damaged",
            CaptureError::Durable(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let english = format!("{self}.");
        let (vi, en) = match self {
            CaptureError::Durable(error) => return error.message(lang),
            CaptureError::Unreadable { path, source } => (
                format!("Không đọc được tệp {}: {source}.", path.display()),
                format!("{self}: {source}."),
            ),
            CaptureError::FolderUnreadable { path, source } => (
                format!("Không mở được thư mục {}: {source}.", path.display()),
                format!("{self}: {source}."),
            ),
            CaptureError::NotAFile { path, what } => {
                let what = what.name(Lang::Vi);
                let vi = format!("{} là {what}, không phải tệp.", path.display());
                (vi, english)
            }
            CaptureError::NoStation { path } => {
                let path = path.display();
                let vi = format!("Tệp {path} không nằm trong thư mục của trạm nào.");
                (vi, english)
            }
            CaptureError::StationName { path } => {
                let path = path.display();
                let vi = format!("Tên thư mục {path} không dùng làm tên trạm được.");
                (vi, english)
            }
            CaptureError::TooDeep { path } => {
                let path = path.display();
                let vi = format!("Thư mục {path} nằm quá sâu nên không được đọc.");
                (vi, english)
            }
            CaptureError::TooManyFiles { path } => {
                let path = path.display();
                let vi = format!("Thư mục {path} có quá nhiều tệp cùng lúc.");
                (vi, english)
            }
            CaptureError::NoDocumentFolder { path } => {
                let path = path.display();
                let vi = format!("Tệp {path} không nằm trong thư mục của giấy tờ nào.");
                (vi, english)
            }
            CaptureError::SlipAlone { path } => {
                let path = path.display();
                let vi = format!("Phiếu {path} không có tệp quét đi kèm.");
                (vi, english)
            }
            CaptureError::SlipInvalid {
                name,
                line: 0,
                reason,
            } => (
                format!("Phiếu {name} sai: {reason}."),
                format!("Slip {name} is not valid: {reason}."),
            ),
            CaptureError::SlipInvalid { name, line, reason } => (
                format!("Phiếu {name} sai ở dòng {line}: {reason}."),
                format!("Slip {name} is not valid, line {line}: {reason}."),
            ),
            CaptureError::SlipConflict { field } => (
                format!("Phiếu, tên thư mục và tên tệp không khớp nhau ở mục “{field}”."),
                format!("Slip, folder name and file name disagree on “{field}”."),
            ),
            CaptureError::FileTooLong { name, bytes, limit } => {
                let (long, most) = (mebibytes(*bytes), mebibytes(*limit));
                (
                    format!("Tệp {name} dài {long} MiB, vượt giới hạn {most} MiB."),
                    format!("{name} has {long} MiB, more than {most} MiB."),
                )
            }
            CaptureError::StillWritten { name } => (format!("Tệp {name} đang được ghi."), english),
            CaptureError::Vanished { name } => (format!("Tệp {name} không còn nữa."), english),
            CaptureError::Locked { folder } => {
                let folder = folder.display();
                let vi = format!("Một tiến trình khác đang xử lý {folder}.");
                (vi, english)
            }
            CaptureError::Changed { name } => {
                let vi =
                    format!("Tệp {name} trong thư mục làm việc đã bị thay đổi hoặc không còn.");
                (vi, english)
            }
            CaptureError::Parts(reason) => {
                let vi = format!("Không thể tách hoặc ghép bản quét như vậy: {reason}.");
                (vi, english)
            }
            CaptureError::JobDamaged { path, reason } => {
                let path = path.display();
                let vi = format!("Không hiểu được {path} trong thư mục làm việc: {reason}.");
                (vi, english)
            }
        };
        match lang {
            Lang::Vi => vi,
            Lang::En => en,
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
            CaptureError::Parts(_) => (
                "Xem lại số trang của từng phần: mỗi trang phải thuộc đúng một phần.",
                "Look at the page numbers again: every page must be in exactly one part.",
            ),
            CaptureError::Changed { .. } | CaptureError::JobDamaged { .. } => (
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
            | CaptureError::Changed { .. }
            | CaptureError::JobDamaged { .. } => ExitCode::Environment,
            CaptureError::NotAFile { .. }
            | CaptureError::NoStation { .. }
            | CaptureError::StationName { .. }
            | CaptureError::TooDeep { .. }
            | CaptureError::NoDocumentFolder { .. }
            | CaptureError::SlipAlone { .. }
            | CaptureError::SlipInvalid { .. }
            | CaptureError::SlipConflict { .. }
            | CaptureError::FileTooLong { .. }
            | CaptureError::Parts(_) => ExitCode::Refused,
            CaptureError::Durable(error) => error.exit_code(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            CaptureError::Durable(error) => error.is_retryable(),
            CaptureError::Changed { .. } | CaptureError::JobDamaged { .. } => false,
            other => other.exit_code() == ExitCode::Environment,
        }
    }
}

/// Rounded up, so that a file a byte too long does not show the limit itself.
fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}
