//! What can go wrong between the stages, and belongs to none.

use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang, RecordId};

/// What can go wrong between the stages.
#[derive(Debug, thiserror::Error)]
pub enum JourneyError {
    /// The scan holds nothing but sheets that separate documents.
    #[error("there is no page but separator sheets")]
    OnlySeparators,
    /// No key is open; the document waits.
    #[error("no signing key is open")]
    NoKey,
    /// The key's token is not plugged in, or does not answer.
    #[error("the token of key {key} is away")]
    KeyAway {
        /// Name of the key.
        key: String,
    },
    /// The configuration has no signing key of this name.
    #[error("no signing key is named {name}")]
    NoSuchKey {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The key signs only while a person has a session open.
    #[error("no signing session is open for key {key}")]
    NoSession {
        /// Name of the key.
        key: String,
    },
    /// The certificate of this key has signed the document already, under another name.
    #[error("the certificate of key {key} has signed the document already")]
    SignsTwice {
        /// Name of the key.
        key: String,
    },
    /// No daemon works on the data folder.
    #[error("no daemon is running")]
    NoDaemon,
    /// No timestamp service is configured.
    #[error("no timestamp service is configured")]
    NoTimestampService,
    /// The daemon refused to open a signing session.
    #[error("{code}: {}", message[1])]
    SessionRefused {
        /// The code of its error.
        code: String,
        /// Vietnamese and English.
        message: [String; 2],
        /// Vietnamese and English.
        advice: [String; 2],
    },
    /// Pages cannot be read on this machine.
    #[error("no engine to read with: {message_en}")]
    NoEngine {
        /// What it lacks, Vietnamese.
        message_vi: String,
        /// What it lacks, English.
        message_en: String,
    },
    /// A claimed file changed under our hands; it is taken from the start again.
    #[error("a claimed file changed while it was worked on")]
    OriginalChanged,
    /// The disk gave back other bytes than were written.
    #[error("the document on disk is not the one that was signed")]
    WrittenBytesDiffer,
    /// Our own check found that the document would not be PDF/A.
    #[error("the document would break PDF/A: {first}")]
    NotPdfA {
        /// The first clause broken, English.
        first: String,
    },
    /// The signatures just made do not hold when they are judged.
    #[error("the document's own signatures do not hold: {codes}")]
    SealFails {
        /// What the judge says of them, in codes.
        codes: String,
    },
    /// `init` was pointed at a folder with other files in it.
    #[error("{} is not empty and not a data folder", path.display())]
    NotADataFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Another daemon holds the data folder.
    #[error("another sohoa is running on {}", work.display())]
    AlreadyRunning {
        /// The work folder.
        work: PathBuf,
    },
    /// Another process makes the night's run.
    #[error("the night's run is being made already")]
    NightUnderWay,
    /// No such record.
    #[error("no record {0}")]
    NoSuchRecord(RecordId),
    /// A record's bytes are not those of its inventory.
    #[error("record {record}: {logical} does not match its digest")]
    Damaged {
        /// The record.
        record: RecordId,
        /// The file inside the object.
        logical: String,
    },
    /// An output exists already.
    #[error("{} exists already", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// An argument does not fit.
    #[error("{0}")]
    Usage(String),
    /// A file named on the command line, or an output, could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Explain for JourneyError {
    fn code(&self) -> &'static str {
        match self {
            JourneyError::OnlySeparators => "journey.only_separators",
            JourneyError::NoKey => "journey.no_key",
            JourneyError::KeyAway { .. } => "sign.token_absent",
            JourneyError::NoSuchKey { .. } => "sign.no_such_key",
            JourneyError::NoSession { .. } => "journey.no_session",
            JourneyError::SignsTwice { .. } => "journey.signs_twice",
            JourneyError::NoDaemon => "run.no_daemon",
            JourneyError::NoTimestampService => "timestamp.no_service",
            JourneyError::SessionRefused { .. } => "session.refused",
            JourneyError::NoEngine { .. } => "journey.no_engine",
            JourneyError::OriginalChanged => "journey.original_changed",
            JourneyError::WrittenBytesDiffer => "journey.written_bytes_differ",
            JourneyError::NotPdfA { .. } => "compose.not_pdfa",
            JourneyError::SealFails { .. } => "journey.seal_fails",
            JourneyError::NotADataFolder { .. } => "init.not_a_data_folder",
            JourneyError::AlreadyRunning { .. } => "run.already_running",
            JourneyError::NightUnderWay => "nightly.under_way",
            JourneyError::NoSuchRecord(_) => "record.not_found",
            JourneyError::Damaged { .. } => "record.damaged",
            JourneyError::OutputExists { .. } => "output.exists",
            JourneyError::Usage(_) => "usage",
            JourneyError::Io { .. } => "io",
        }
    }

    fn message(&self, lang: Lang) -> String {
        use JourneyError as E;
        match (self, lang) {
            (E::OnlySeparators, Lang::Vi) => {
                "Bản quét chỉ có tờ phân cách, không có trang tài liệu nào.".to_owned()
            }
            (E::OnlySeparators, Lang::En) => {
                "The scan holds separator sheets only, no page of a document.".to_owned()
            }
            (E::NoKey, Lang::Vi) => "Chưa mở khóa ký số.".to_owned(),
            (E::NoKey, Lang::En) => "No signing key is open.".to_owned(),
            (E::KeyAway { key }, Lang::Vi) => {
                format!("Không thấy token ký số của khóa “{key}”.")
            }
            (E::KeyAway { key }, Lang::En) => {
                format!("The token of key “{key}” is not plugged in, or does not answer.")
            }
            (E::NoSuchKey { name, known }, Lang::Vi) => {
                format!(
                    "Không có khóa ký số “{name}”; các khóa: {}.",
                    known.join(", ")
                )
            }
            (E::NoSuchKey { name, known }, Lang::En) => {
                format!(
                    "There is no signing key “{name}”; the keys are: {}.",
                    known.join(", ")
                )
            }
            (E::NoSession { key }, Lang::Vi) => {
                format!("Chưa mở phiên ký số cho khóa “{key}”.")
            }
            (E::NoSession { key }, Lang::En) => {
                format!("No signing session is open for key “{key}”.")
            }
            (E::SignsTwice { key }, Lang::Vi) => {
                format!("Chứng thư của khóa “{key}” đã ký tài liệu này rồi.")
            }
            (E::SignsTwice { key }, Lang::En) => {
                format!("The certificate of key “{key}” has signed this document already.")
            }
            (E::NoDaemon, Lang::Vi) => "Tiến trình `sohoa run` chưa chạy.".to_owned(),
            (E::NoDaemon, Lang::En) => "`sohoa run` is not running.".to_owned(),
            (E::NoTimestampService, Lang::Vi) => {
                "Chưa khai báo dịch vụ cấp dấu thời gian.".to_owned()
            }
            (E::NoTimestampService, Lang::En) => "No timestamp service is configured.".to_owned(),
            (
                E::SessionRefused {
                    message: [vi, en], ..
                },
                lang,
            ) => lang.pick(vi, en).to_owned(),
            (E::NoEngine { message_vi, .. }, Lang::Vi) => message_vi.clone(),
            (E::NoEngine { message_en, .. }, Lang::En) => message_en.clone(),
            (E::OriginalChanged, Lang::Vi) => "Tệp quét bị thay đổi trong lúc xử lý.".to_owned(),
            (E::OriginalChanged, Lang::En) => "The scan changed while it was worked on.".to_owned(),
            (E::WrittenBytesDiffer, Lang::Vi) => {
                "Tệp đọc lại từ đĩa khác với tệp vừa ký.".to_owned()
            }
            (E::WrittenBytesDiffer, Lang::En) => {
                "The file read back from disk is not the one signed.".to_owned()
            }
            (E::NotPdfA { first }, Lang::Vi) => {
                format!("Không lập được PDF/A hợp lệ từ tệp này (điều {first}).")
            }
            (E::NotPdfA { first }, Lang::En) => {
                format!("No valid PDF/A can be made of this file (clause {first}).")
            }
            (E::SealFails { codes }, Lang::Vi) => {
                format!("Chữ ký vừa tạo không qua được kiểm tra trước khi lưu trữ: {codes}.")
            }
            (E::SealFails { codes }, Lang::En) => {
                format!("The signatures just made do not hold when they are judged: {codes}.")
            }
            (E::NotADataFolder { path }, Lang::Vi) => {
                format!(
                    "{} không trống và không phải thư mục dữ liệu.",
                    path.display()
                )
            }
            (E::NotADataFolder { path }, Lang::En) => {
                format!("{} is neither empty nor a data folder.", path.display())
            }
            (E::AlreadyRunning { work }, Lang::Vi) => {
                format!(
                    "Một tiến trình sohoa khác đang chạy trên {}.",
                    work.display()
                )
            }
            (E::AlreadyRunning { work }, Lang::En) => {
                format!("Another sohoa is running on {}.", work.display())
            }
            (E::NightUnderWay, Lang::Vi) => "Lần kiểm tra của đêm nay đang chạy.".to_owned(),
            (E::NightUnderWay, Lang::En) => "The night's run is being made already.".to_owned(),
            (E::NoSuchRecord(record), Lang::Vi) => format!("Không có bản ghi {record}."),
            (E::NoSuchRecord(record), Lang::En) => format!("There is no record {record}."),
            (E::Damaged { record, logical }, Lang::Vi) => {
                format!("Tệp {logical} của bản ghi {record} không khớp mã băm trong kho.")
            }
            (E::Damaged { record, logical }, Lang::En) => {
                format!("{logical} of record {record} does not match its digest in the archive.")
            }
            (E::OutputExists { path }, Lang::Vi) => format!("{} đã tồn tại.", path.display()),
            (E::OutputExists { path }, Lang::En) => format!("{} exists already.", path.display()),
            (E::Usage(what), _) => what.clone(),
            (E::Io { path, source }, Lang::Vi) => {
                format!("Không đọc hoặc ghi được {}: {source}.", path.display())
            }
            (E::Io { path, source }, Lang::En) => {
                format!("Cannot read or write {}: {source}.", path.display())
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            JourneyError::OnlySeparators => (
                "Đặt giấy tờ sau tờ phân cách rồi quét lại.",
                "Put the papers behind the separator sheet and scan again.",
            ),
            JourneyError::NoKey => (
                "Văn thư khai báo khóa trong mục [signing] của sohoa.toml; tài liệu tự được ký khi có khóa.",
                "Name a key in section [signing] of sohoa.toml; the document is signed by itself once there is one.",
            ),
            JourneyError::KeyAway { .. } => (
                "Cắm lại token; tài liệu chờ và được ký tiếp.",
                "Plug the token in again; documents wait and are signed then.",
            ),
            JourneyError::NoSuchKey { .. } => (
                "Dùng một trong các tên đó, hoặc khai báo khóa trong [signing.keys] của sohoa.toml.",
                "Use one of these names, or add the key to [signing.keys] in sohoa.toml.",
            ),
            JourneyError::NoSession { key } => {
                return match lang {
                    Lang::Vi => format!(
                        "Người giữ khóa mở phiên ký bằng `sohoa sign-session open --key {key} --by \"HỌ TÊN\"`; tài liệu đang chờ được ký ngay sau đó."
                    ),
                    Lang::En => format!(
                        "Its holder opens one with `sohoa sign-session open --key {key} --by NAME`; what waits is signed right after."
                    ),
                };
            }
            JourneyError::SignsTwice { .. } => (
                "Khai báo cho mỗi người ký một khóa riêng trong [signing.keys]; tài liệu giữ các chữ ký đã có và chờ.",
                "Give each signer a key of his own in [signing.keys]; the document keeps its signatures and waits.",
            ),
            JourneyError::NoDaemon => ("Chạy `sohoa run` trước.", "Start `sohoa run` first."),
            JourneyError::NoTimestampService => (
                "Ghi địa chỉ dịch vụ vào `services` trong mục [timestamp] của sohoa.toml.",
                "Name one in `services` in section [timestamp] of sohoa.toml.",
            ),
            JourneyError::SessionRefused {
                advice: [vi, en], ..
            } => (vi.as_str(), en.as_str()),
            JourneyError::NoEngine { .. } => (
                "Cài Tesseract và mô hình ngôn ngữ (xem `sohoa doctor`), rồi chạy lại.",
                "Install Tesseract and its language models (see `sohoa doctor`), then run again.",
            ),
            JourneyError::OriginalChanged => (
                "Không cần làm gì: hệ thống tự xử lý lại từ đầu.",
                "Nothing: it is taken from the start again by itself.",
            ),
            JourneyError::WrittenBytesDiffer => (
                "Kiểm tra đĩa ngay (`sohoa doctor`); bản gốc vẫn còn trong thư mục work.",
                "Check the disk now (`sohoa doctor`); the original is still in the work folder.",
            ),
            JourneyError::NotPdfA { .. } => (
                "In ra rồi quét lại; gửi mã lỗi này cho người bảo trì.",
                "Print it and scan the print; tell the maintainer of this error.",
            ),
            JourneyError::SealFails { .. } => (
                "Kiểm tra đĩa, khóa ký và các gốc tin cậy (`sohoa doctor`, `sohoa trust list`); tài liệu còn nguyên và sẽ được thử lại.",
                "Check disk, key and trusted roots (`sohoa doctor`, `sohoa trust list`); the document is whole and is tried again.",
            ),
            JourneyError::NotADataFolder { .. } => (
                "Chọn một thư mục mới hoặc thư mục trống.",
                "Choose a new or an empty folder.",
            ),
            JourneyError::AlreadyRunning { .. } => (
                "Dừng tiến trình kia trước, hoặc dùng thư mục dữ liệu khác.",
                "Stop the other one first, or use another data folder.",
            ),
            JourneyError::NightUnderWay => (
                "Đợi cho xong, rồi xem `sohoa doctor`.",
                "Wait for its end, then see `sohoa doctor`.",
            ),
            JourneyError::NoSuchRecord(_) => (
                "Kiểm tra lại số bản ghi, hoặc tìm bằng `sohoa find`.",
                "Check the number, or look it up with `sohoa find`.",
            ),
            JourneyError::Damaged { .. } => (
                "Chạy `sohoa verify` và khôi phục từ bản sao lưu; không dùng tệp này.",
                "Run `sohoa verify` and restore from a backup; do not use this file.",
            ),
            JourneyError::OutputExists { .. } => ("Chọn tên tệp khác.", "Choose another name."),
            JourneyError::Usage(_) => ("Xem `sohoa --help`.", "See `sohoa --help`."),
            JourneyError::Io { .. } => (
                "Kiểm tra đường dẫn, quyền truy cập và dung lượng đĩa.",
                "Check path, permissions and disk space.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            JourneyError::OnlySeparators => ExitCode::Refused,
            JourneyError::NoKey
            | JourneyError::KeyAway { .. }
            | JourneyError::NoSession { .. }
            | JourneyError::NoDaemon
            | JourneyError::NoTimestampService
            | JourneyError::SessionRefused { .. }
            | JourneyError::NoEngine { .. }
            | JourneyError::OriginalChanged
            | JourneyError::WrittenBytesDiffer
            | JourneyError::SealFails { .. }
            | JourneyError::AlreadyRunning { .. }
            | JourneyError::NightUnderWay
            | JourneyError::Io { .. } => ExitCode::Environment,
            JourneyError::SignsTwice { .. } => ExitCode::Configuration,
            JourneyError::NoSuchRecord(_) | JourneyError::Damaged { .. } => ExitCode::No,
            JourneyError::NotPdfA { .. } => ExitCode::Refused,
            JourneyError::NotADataFolder { .. }
            | JourneyError::NoSuchKey { .. }
            | JourneyError::OutputExists { .. }
            | JourneyError::Usage(_) => ExitCode::Usage,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            JourneyError::NoKey
            | JourneyError::KeyAway { .. }
            | JourneyError::NoSession { .. }
            | JourneyError::NoEngine { .. }
            | JourneyError::OriginalChanged
            | JourneyError::WrittenBytesDiffer
            | JourneyError::SealFails { .. }
            | JourneyError::Io { .. } => true,
            JourneyError::OnlySeparators
            | JourneyError::SignsTwice { .. }
            | JourneyError::NotPdfA { .. }
            | JourneyError::NotADataFolder { .. }
            | JourneyError::AlreadyRunning { .. }
            | JourneyError::NightUnderWay
            | JourneyError::NoDaemon
            | JourneyError::NoTimestampService
            | JourneyError::SessionRefused { .. }
            | JourneyError::NoSuchRecord(_)
            | JourneyError::Damaged { .. }
            | JourneyError::NoSuchKey { .. }
            | JourneyError::OutputExists { .. }
            | JourneyError::Usage(_) => false,
        }
    }
}
