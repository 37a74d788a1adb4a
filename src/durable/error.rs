//! Why a durable write did not happen.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang};

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Making or filling a file.
    Write,
    /// Reading the source of a copy.
    Read,
    /// Giving a file or folder its final name.
    Rename,
    /// Waiting for the disk.
    Sync,
    /// Making a folder.
    CreateFolder,
    /// Removing a file or a folder.
    Remove,
}

impl Action {
    /// The verb, as it stands before a path.
    fn verb(self, lang: Lang) -> &'static str {
        match self {
            Action::Write => lang.pick("ghi", "write"),
            Action::Read => lang.pick("đọc", "read"),
            Action::Rename => lang.pick("đổi tên thành", "rename to"),
            Action::Sync => lang.pick("ghi chắc xuống đĩa", "sync to the disk"),
            Action::CreateFolder => lang.pick("tạo thư mục", "create the folder"),
            Action::Remove => lang.pick("xóa", "remove"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb(Lang::En))
    }
}

/// A durable write failed. What it was to make is either wholly there or not there.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct DurableError {
    /// What was being done.
    pub action: Action,
    /// To which file or folder.
    pub path: PathBuf,
    /// What the machine said.
    pub source: io::Error,
}

/// The causes that a person treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No space, or the quota is used up.
    DiskFull,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The user that runs the program may not do it.
    Permission,
    /// Something else has that name already.
    Exists,
    /// Anything else: a failing disk, a network share that went away.
    Other,
}

impl DurableError {
    /// The cause, as far as the machine names one.
    #[must_use]
    pub fn cause(&self) -> Cause {
        use io::ErrorKind as Kind;
        match self.source.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Cause::DiskFull,
            Kind::ReadOnlyFilesystem => Cause::ReadOnly,
            Kind::PermissionDenied => Cause::Permission,
            Kind::AlreadyExists | Kind::DirectoryNotEmpty => Cause::Exists,
            _ => Cause::Other,
        }
    }
}

impl Explain for DurableError {
    fn code(&self) -> &'static str {
        match self.cause() {
            Cause::DiskFull => "durable.disk_full",
            Cause::ReadOnly => "durable.read_only",
            Cause::Permission => "durable.permission",
            Cause::Exists => "durable.exists",
            Cause::Other => "durable.failed",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let path = self.path.display();
        let source = &self.source;
        let verb = self.action.verb(lang);
        match (self.cause(), lang) {
            (Cause::DiskFull, Lang::Vi) => format!("Ổ đĩa chứa {path} đã đầy."),
            (Cause::DiskFull, Lang::En) => format!("The disk that holds {path} is full."),
            (Cause::ReadOnly, Lang::Vi) => {
                format!("Ổ đĩa chứa {path} chỉ cho đọc, không ghi được.")
            }
            (Cause::ReadOnly, Lang::En) => format!("The disk that holds {path} is read-only."),
            (Cause::Permission, Lang::Vi) => format!("Chương trình không có quyền {verb} {path}."),
            (Cause::Permission, Lang::En) => format!("The program may not {verb} {path}."),
            (Cause::Exists, Lang::Vi) => format!("Đã có tệp hoặc thư mục khác tại {path}."),
            (Cause::Exists, Lang::En) => format!("Something else is already at {path}."),
            (Cause::Other, Lang::Vi) => format!("Không thể {verb} {path}: {source}."),
            (Cause::Other, Lang::En) => format!("Cannot {verb} {path}: {source}."),
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self.cause() {
            Cause::DiskFull => lang.pick(
                "Giải phóng hoặc thêm dung lượng; công việc tự tiếp tục, bản gốc còn nguyên.",
                "Free or add space; the work goes on by itself, the originals are untouched.",
            ),
            Cause::ReadOnly => lang.pick(
                "Báo người quản trị kiểm tra ổ đĩa; công việc sẽ tự tiếp tục khi ghi được trở lại.",
                "Ask the administrator to check the disk; the work goes on once it can be written.",
            ),
            Cause::Permission => lang.pick(
                "Báo người quản trị cấp quyền cho tài khoản chạy chương trình.",
                "Ask the administrator to give the program's account the right to do so.",
            ),
            Cause::Exists => lang.pick(
                "Không ghi đè; hãy xem tệp đang có ở đó là gì rồi chuyển nó đi nơi khác.",
                "Nothing was overwritten; see what is there and move it away.",
            ),
            Cause::Other => lang.pick(
                "Kiểm tra ổ đĩa và đường truyền; công việc sẽ được thử lại.",
                "Check the disk and the network; the work will be tried again.",
            ),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Environment
    }

    fn is_retryable(&self) -> bool {
        self.cause() != Cause::Exists
    }
}
