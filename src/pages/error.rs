//! What can be wrong with a scan, said so that the counter knows which sheet to scan again.

use std::io;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::{ExitCode, Explain, Lang};

/// A file or a page cannot be taken in. Pages count from 0 here and from 1 in messages.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum PageError {
    /// The file cannot be read; the same file may be readable later.
    #[error("the file cannot be read")]
    Unreadable {
        /// Why.
        #[serde(serialize_with = "io_text", deserialize_with = "io_error")]
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is none of JPEG, PNG, TIFF, PDF.
    #[error("the content is neither JPEG, PNG, TIFF nor PDF")]
    UnknownFormat,
    /// The file is longer than the configuration allows.
    #[error("the file has {bytes} bytes, more than {limit}")]
    FileTooLong {
        /// Length of the file.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// The file has more pages than the configuration allows.
    #[error("the file has more than {limit} pages")]
    TooManyPages {
        /// The bound.
        limit: usize,
    },
    /// The file's own structure (list of pages, cross-references) is broken.
    #[error("the file is damaged: {what}")]
    FileDamaged {
        /// Technical detail, English.
        what: String,
    },
    /// The PDF opens only with a password.
    #[error("the PDF is protected by a password")]
    PasswordPdf,
    /// Reading the PDF takes more time or memory than a file may.
    #[error("the PDF takes too much time or memory")]
    TooCostly,
    /// The file holds no page.
    #[error("the file holds no page")]
    NoPages,
    /// A page that the file does not have was asked for.
    #[error("the file has no page {}", page + 1)]
    NoSuchPage {
        /// The page asked for.
        page: usize,
    },
    /// Something is wrong with one page.
    #[error("page {}: {fault}", page + 1)]
    Page {
        /// Which page.
        page: usize,
        /// What is wrong with it.
        fault: PageFault,
    },
}

/// What is wrong with one page.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum PageFault {
    /// The file cannot be read any more; the same file may be readable later.
    #[error("the file cannot be read")]
    Unreadable(
        #[from]
        #[serde(serialize_with = "io_text", deserialize_with = "io_error")]
        io::Error,
    ),
    /// The image data ends before the image does.
    #[error("the image data ends early")]
    Truncated,
    /// The image data contradicts itself or its format.
    #[error("the image data is damaged: {0}")]
    Damaged(String),
    /// A kind of image that this program does not take.
    #[error("unsupported kind of image: {0}")]
    Unsupported(String),
    /// More pixels, or more bytes once decoded, than the configuration allows.
    #[error("{width} × {height} pixels are more than the limit allows")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A PDF page that is more than one scanned image.
    #[error("not a page of one scanned image: {0}")]
    NotImageOnly(Beyond),
    /// The page is drawn, and nobody looked at the drawing yet; the next try begins with that.
    #[error("its drawing was not looked at yet")]
    NotLookedAt,
    /// The page takes more time or memory than a page may.
    #[error("it takes too much time or memory")]
    TooCostly,
}

fn io_text<S: Serializer>(error: &io::Error, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

fn io_error<'de, D: Deserializer<'de>>(deserializer: D) -> Result<io::Error, D::Error> {
    String::deserialize(deserializer).map(io::Error::other)
}

/// What a PDF page has beyond one scanned image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Beyond {
    /// Visible text.
    #[error("visible text")]
    Text,
    /// Lines, areas, shadings or clipping.
    #[error("drawing")]
    Drawing,
    /// More than one image, or parts of one.
    #[error("several images")]
    SeveralImages,
    /// An image with a mask, or used as one.
    #[error("a masked image")]
    Mask,
    /// Stamps, comments or form fields.
    #[error("annotations")]
    Annotations,
    /// Layers that can be switched on and off.
    #[error("layers")]
    Layers,
}

impl Beyond {
    fn name(self, lang: Lang) -> &'static str {
        match self {
            Beyond::Text => lang.pick("có chữ", "text"),
            Beyond::Drawing => lang.pick("có hình vẽ", "drawing"),
            Beyond::SeveralImages => lang.pick("có nhiều ảnh", "several images"),
            Beyond::Mask => lang.pick("có ảnh mặt nạ", "a masked image"),
            Beyond::Annotations => lang.pick("có ghi chú hoặc biểu mẫu", "notes or form fields"),
            Beyond::Layers => lang.pick("có lớp bật tắt được", "layers"),
        }
    }
}

impl PageFault {
    /// The fault as the file's error.
    pub(super) fn on_page(self, page: usize) -> PageError {
        PageError::Page { page, fault: self }
    }

    fn code(&self) -> &'static str {
        match self {
            PageFault::Unreadable(_) => "pages.unreadable",
            PageFault::Truncated => "pages.truncated",
            PageFault::Damaged(_) => "pages.page_damaged",
            PageFault::Unsupported(_) => "pages.unsupported",
            PageFault::TooLarge { .. } => "pages.page_too_large",
            PageFault::NotImageOnly(_) => "pages.not_image_only",
            PageFault::NotLookedAt => "pages.not_looked_at",
            PageFault::TooCostly => "pages.page_too_costly",
        }
    }

    /// Continues “Trang 17 …” / “Page 17 …”.
    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (PageFault::Unreadable(error), Lang::Vi) => format!("không đọc được: {error}."),
            (PageFault::Unreadable(error), Lang::En) => format!("cannot be read: {error}."),
            (PageFault::Truncated, Lang::Vi) => "bị thiếu phần cuối của ảnh.".to_owned(),
            (PageFault::Truncated, Lang::En) => "ends before its image is complete.".to_owned(),
            (PageFault::Damaged(what), Lang::Vi) => format!("bị hỏng ({what})."),
            (PageFault::Damaged(what), Lang::En) => format!("is damaged ({what})."),
            (PageFault::Unsupported(what), Lang::Vi) => {
                format!("có kiểu ảnh chưa được hỗ trợ ({what}).")
            }
            (PageFault::Unsupported(what), Lang::En) => {
                format!("is of a kind that is not supported ({what}).")
            }
            (PageFault::TooLarge { width, height }, Lang::Vi) => {
                format!("quá lớn: {width} × {height} điểm ảnh.")
            }
            (PageFault::TooLarge { width, height }, Lang::En) => {
                format!("is too large: {width} × {height} pixels.")
            }
            (PageFault::NotImageOnly(beyond), Lang::Vi) => {
                format!("không chỉ gồm một ảnh quét ({}).", beyond.name(lang))
            }
            (PageFault::NotImageOnly(beyond), Lang::En) => {
                format!("is more than one scanned image ({}).", beyond.name(lang))
            }
            (PageFault::NotLookedAt, _) => lang
                .pick("chưa được so lại.", "was not looked at again yet.")
                .to_owned(),
            (PageFault::TooCostly, _) => lang
                .pick(
                    "cần quá nhiều thời gian hoặc bộ nhớ.",
                    "takes too much time or memory.",
                )
                .to_owned(),
        }
    }

    fn advice(&self, lang: Lang) -> &'static str {
        match self {
            PageFault::NotLookedAt | PageFault::Unreadable(_) => READ_AGAIN.text(lang),
            PageFault::Truncated | PageFault::Damaged(_) => lang.pick(
                "Quét lại tờ này rồi gửi lại cả hồ sơ.",
                "Scan this sheet again and send the whole document again.",
            ),
            PageFault::Unsupported(_) => lang.pick(
                "Đặt máy quét ghi JPEG, PNG, TIFF hoặc PDF thông thường rồi quét lại.",
                "Set the scanner to plain JPEG, PNG, TIFF or PDF and scan again.",
            ),
            PageFault::TooLarge { .. } => lang.pick(
                "Giảm độ phân giải xuống 300 dpi rồi quét lại, hoặc nâng page_mpx và page_mib.",
                "Scan again at 300 dpi, or raise page_mpx and page_mib.",
            ),
            PageFault::NotImageOnly(_) => {
                lang.pick("In ra rồi quét lại.", "Print it and scan the print.")
            }
            PageFault::TooCostly => PRINT.text(lang),
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, PageFault::Unreadable(_) | PageFault::NotLookedAt)
    }
}

/// One piece of advice in both languages.
struct Advice(&'static str, &'static str);

impl Advice {
    fn text(&self, lang: Lang) -> &'static str {
        lang.pick(self.0, self.1)
    }
}

const READ_AGAIN: Advice = Advice(
    "Kiểm tra ổ đĩa và quyền đọc; chương trình sẽ tự thử lại.",
    "Check the disk and the permissions; the program tries again by itself.",
);
const SCAN_AGAIN: Advice = Advice("Quét lại rồi gửi lại tệp.", "Scan again and send the file.");
const RIGHT_FORMAT: Advice = Advice(
    "Đặt máy quét ghi JPEG, PNG, TIFF hoặc PDF rồi quét lại.",
    "Set the scanner to JPEG, PNG, TIFF or PDF and scan again.",
);
const SPLIT: Advice = Advice(
    "Chia thành nhiều tệp nhỏ hơn, hoặc nâng giới hạn trong mục [limits].",
    "Split it into smaller files, or raise the bound in section [limits].",
);
const NO_PASSWORD: Advice = Advice(
    "Lưu lại PDF không đặt mật khẩu rồi gửi lại.",
    "Save the PDF without a password and send it again.",
);
const PRINT: Advice = Advice(
    "In ra rồi quét lại; tệp gốc được giữ trong quarantine.",
    "Print it and scan the print; the original is kept in quarantine.",
);

impl PageError {
    fn advice_pair(&self) -> Option<Advice> {
        match self {
            PageError::Unreadable { .. } => Some(READ_AGAIN),
            PageError::Empty | PageError::FileDamaged { .. } | PageError::NoPages => {
                Some(SCAN_AGAIN)
            }
            PageError::NoSuchPage { .. } => Some(SCAN_AGAIN),
            PageError::UnknownFormat => Some(RIGHT_FORMAT),
            PageError::FileTooLong { .. } | PageError::TooManyPages { .. } => Some(SPLIT),
            PageError::PasswordPdf => Some(NO_PASSWORD),
            PageError::TooCostly => Some(PRINT),
            PageError::Page { .. } => None,
        }
    }
}

impl Explain for PageError {
    fn code(&self) -> &'static str {
        match self {
            PageError::Unreadable { .. } => "pages.unreadable",
            PageError::Empty => "pages.empty",
            PageError::UnknownFormat => "pages.unknown_format",
            PageError::FileTooLong { .. } => "pages.file_too_long",
            PageError::TooManyPages { .. } => "pages.too_many_pages",
            PageError::FileDamaged { .. } => "pages.file_damaged",
            PageError::PasswordPdf => "pages.password",
            PageError::TooCostly => "pages.too_costly",
            PageError::NoPages => "pages.no_pages",
            PageError::NoSuchPage { .. } => "pages.no_such_page",
            PageError::Page { fault, .. } => fault.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (PageError::Unreadable { source }, Lang::Vi) => {
                format!("Không đọc được tệp: {source}.")
            }
            (PageError::Unreadable { source }, Lang::En) => {
                format!("The file cannot be read: {source}.")
            }
            (PageError::Empty, _) => lang.pick("Tệp rỗng.", "The file is empty.").to_owned(),
            (PageError::UnknownFormat, _) => lang
                .pick(
                    "Nội dung tệp không phải JPEG, PNG, TIFF hay PDF.",
                    "The content is neither JPEG, PNG, TIFF nor PDF.",
                )
                .to_owned(),
            (PageError::FileTooLong { bytes, limit }, Lang::Vi) => {
                format!("Tệp quá lớn: {bytes} byte, giới hạn {limit}.")
            }
            (PageError::FileTooLong { bytes, limit }, Lang::En) => {
                format!("The file is too long: {bytes} bytes, the limit is {limit}.")
            }
            (PageError::TooManyPages { limit }, Lang::Vi) => {
                format!("Tệp có nhiều hơn {limit} trang.")
            }
            (PageError::TooManyPages { limit }, Lang::En) => {
                format!("The file has more than {limit} pages.")
            }
            (PageError::FileDamaged { what }, Lang::Vi) => format!("Tệp bị hỏng ({what})."),
            (PageError::FileDamaged { what }, Lang::En) => format!("The file is damaged ({what})."),
            (PageError::PasswordPdf, _) => lang
                .pick(
                    "PDF được bảo vệ bằng mật khẩu.",
                    "The PDF is protected by a password.",
                )
                .to_owned(),
            (PageError::TooCostly, _) => lang
                .pick(
                    "Đọc PDF này cần quá nhiều thời gian hoặc bộ nhớ.",
                    "Reading this PDF takes too much time or memory.",
                )
                .to_owned(),
            (PageError::NoPages, _) => lang
                .pick("Tệp không có trang nào.", "The file holds no page.")
                .to_owned(),
            (PageError::NoSuchPage { page }, Lang::Vi) => {
                format!("Tệp không có trang {}.", page + 1)
            }
            (PageError::NoSuchPage { page }, Lang::En) => {
                format!("The file has no page {}.", page + 1)
            }
            (PageError::Page { page, fault }, Lang::Vi) => {
                format!("Trang {} {}", page + 1, fault.message(lang))
            }
            (PageError::Page { page, fault }, Lang::En) => {
                format!("Page {} {}", page + 1, fault.message(lang))
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            PageError::Page { fault, .. } => fault.advice(lang).to_owned(),
            other => other
                .advice_pair()
                .map_or_else(String::new, |pair| pair.text(lang).to_owned()),
        }
    }

    fn exit_code(&self) -> ExitCode {
        if self.is_retryable() {
            ExitCode::Environment
        } else {
            ExitCode::Refused
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            PageError::Unreadable { .. } => true,
            PageError::Page { fault, .. } => fault.is_retryable(),
            PageError::Empty
            | PageError::UnknownFormat
            | PageError::FileTooLong { .. }
            | PageError::TooManyPages { .. }
            | PageError::FileDamaged { .. }
            | PageError::PasswordPdf
            | PageError::TooCostly
            | PageError::NoPages
            | PageError::NoSuchPage { .. } => false,
        }
    }
}
