//! What reading back can find wrong with a document.

use std::io;
use std::path::PathBuf;

use crate::record::{ExitCode, Explain, Lang, Sha256Digest};

/// The document on disk is not what was to be written.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A part of the file is not PDF.
    #[error("the {} of the document cannot be read", part.label(Lang::En))]
    Malformed {
        /// Which part.
        part: DocumentPart,
    },
    /// The file is encrypted, which an archived document never is.
    #[error("the document is encrypted")]
    Encrypted,
    /// The XMP packet makes no PDF/A-2 claim, or only level B over text, or there is no PDF/A output
    /// intent.
    #[error("the document does not claim PDF/A-2 as it should")]
    Conformance,
    /// Pages are missing or too many.
    #[error("{found} pages instead of {expected}")]
    PageCount {
        /// Pages that were scanned.
        expected: usize,
        /// Pages in the file; counting stops at one too many.
        found: usize,
    },
    /// A page differs from its scan.
    #[error("page {page}: {fault}")]
    Page {
        /// Page of the document, from 1.
        page: usize,
        /// In what it differs.
        fault: PageFault,
    },
    /// A page's pixels are not the scan's.
    #[error(
        "page {page}: pixels differ from the scan by {mean:.1} on average, {largest:.1} at most"
    )]
    Raster {
        /// Page of the document, from 1.
        page: usize,
        /// Average over the page, levels of 0 … 255.
        mean: f64,
        /// At the worst place.
        largest: f64,
    },
}

/// A part of a PDF file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentPart {
    /// Header, cross-reference table and trailer.
    CrossReferences,
    /// The document catalog.
    Catalog,
    /// The XMP metadata stream.
    Metadata,
    /// The page tree.
    PageTree,
}

impl DocumentPart {
    fn label(self, lang: Lang) -> &'static str {
        match self {
            DocumentPart::CrossReferences => lang.pick("bảng tham chiếu", "cross-reference table"),
            DocumentPart::Catalog => lang.pick("danh mục tài liệu", "document catalog"),
            DocumentPart::Metadata => lang.pick("siêu dữ liệu", "metadata"),
            DocumentPart::PageTree => lang.pick("danh sách trang", "page tree"),
        }
    }
}

/// In what a page differs from its scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// The page or one of its objects is not readable PDF.
    #[error("its objects cannot be read")]
    Malformed,
    /// The page box is missing or outside 3 to 14,400 units.
    #[error("its page box is not sane")]
    Box,
    /// It is turned otherwise.
    #[error("turned by {found}° instead of {expected}°")]
    Rotation {
        /// As recorded.
        expected: u16,
        /// In the file.
        found: i32,
    },
    /// It has not exactly one image.
    #[error("{found} images instead of one")]
    Images {
        /// Images in its resources.
        found: usize,
    },
    /// The content does not paint the image exactly once.
    #[error("its image is not painted")]
    NotPainted,
    /// The content does something else than paint the image and hold invisible words.
    #[error("it paints something beside its image")]
    ForeignContent,
    /// The image has other dimensions.
    #[error("an image of {} × {} pixels instead of {} × {}", found.0, found.1, expected.0, expected.1)]
    Dimensions {
        /// Across and down, as recorded.
        expected: (u32, u32),
        /// In the file.
        found: (u32, u32),
    },
    /// Filter, parameters, colour space and precision of the image do not fit each other.
    #[error("its image is not decodable as declared")]
    Encoding,
    /// The image stream is another one.
    #[error("its image stream has SHA-256 {found} instead of {expected}")]
    Stream {
        /// As recorded.
        expected: Sha256Digest,
        /// In the file.
        found: Sha256Digest,
    },
}

impl Explain for ReadBackError {
    fn code(&self) -> &'static str {
        match self {
            ReadBackError::Unreadable { .. } => "read_back.unreadable",
            ReadBackError::Malformed { .. } => "read_back.malformed",
            ReadBackError::Encrypted => "read_back.encrypted",
            ReadBackError::Conformance => "read_back.conformance",
            ReadBackError::PageCount { .. } => "read_back.page_count",
            ReadBackError::Page { .. } => "read_back.page",
            ReadBackError::Raster { .. } => "read_back.raster",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (ReadBackError::Unreadable { path, source }, Lang::Vi) => {
                format!("Không đọc lại được tệp {}: {source}.", path.display())
            }
            (ReadBackError::Unreadable { path, source }, Lang::En) => {
                format!("Cannot read {} back: {source}.", path.display())
            }
            (ReadBackError::Malformed { part }, Lang::Vi) => {
                format!("Tệp PDF đã ghi bị hỏng ({}).", part.label(lang))
            }
            (ReadBackError::Malformed { part }, Lang::En) => {
                format!(
                    "The PDF that was written is damaged ({}).",
                    part.label(lang)
                )
            }
            (ReadBackError::Encrypted, Lang::Vi) => "Tệp PDF đã ghi bị mã hóa.".to_owned(),
            (ReadBackError::Encrypted, Lang::En) => {
                "The PDF that was written is encrypted.".to_owned()
            }
            (ReadBackError::Conformance, Lang::Vi) => {
                "Tệp PDF đã ghi không khai báo đúng chuẩn PDF/A-2.".to_owned()
            }
            (ReadBackError::Conformance, Lang::En) => {
                "The PDF that was written does not claim PDF/A-2 as it should.".to_owned()
            }
            (ReadBackError::PageCount { expected, found }, Lang::Vi) => {
                format!("Tệp PDF đã ghi có {found} trang, trong khi bản quét có {expected} trang.")
            }
            (ReadBackError::PageCount { expected, found }, Lang::En) => {
                format!("The PDF that was written has {found} pages, the scan has {expected}.")
            }
            (ReadBackError::Page { page, .. }, Lang::Vi) => {
                format!("Trang {page} trong tệp PDF đã ghi không khớp với bản quét.")
            }
            (ReadBackError::Page { page, fault }, Lang::En) => {
                format!("Page {page} of the PDF that was written differs from the scan: {fault}.")
            }
            (ReadBackError::Raster { page, .. }, Lang::Vi) => {
                format!("Hình ảnh trang {page} trong tệp PDF đã ghi khác với bản quét.")
            }
            (ReadBackError::Raster { page, .. }, Lang::En) => {
                format!(
                    "Page {page} of the PDF that was written shows something else than the scan."
                )
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            ReadBackError::Unreadable { .. } => lang
                .pick(
                    "Báo người quản trị kiểm tra ổ đĩa; hệ thống sẽ tự thử lại.",
                    "Have the administrator check the disk; it will be tried again.",
                )
                .to_owned(),
            ReadBackError::Malformed { .. }
            | ReadBackError::Encrypted
            | ReadBackError::Conformance
            | ReadBackError::PageCount { .. }
            | ReadBackError::Page { .. } => lang
                .pick(
                    "Bản quét gốc vẫn được giữ nguyên; báo người quản trị kiểm tra ổ đĩa và bộ nhớ máy chủ.",
                    "The original scan is kept; have the administrator check the server's disk and memory.",
                )
                .to_owned(),
            ReadBackError::Raster { .. } => lang
                .pick(
                    "Bản quét gốc vẫn được giữ nguyên; báo người quản trị gửi lỗi này cho nhà cung cấp phần mềm.",
                    "The original scan is kept; have the administrator report this to the software's supplier.",
                )
                .to_owned(),
        }
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            ReadBackError::Unreadable { .. } => ExitCode::Environment,
            ReadBackError::Malformed { .. }
            | ReadBackError::Encrypted
            | ReadBackError::Conformance
            | ReadBackError::PageCount { .. }
            | ReadBackError::Page { .. }
            | ReadBackError::Raster { .. } => ExitCode::Bug,
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, ReadBackError::Unreadable { .. })
    }
}
