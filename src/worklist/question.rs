//! Why a document cannot be sealed until a person has looked.

use serde::{Deserialize, Serialize};

use crate::record::Lang;

/// One thing that a person must settle. The names are those of `worklist --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "question")]
pub enum Question {
    /// Sources that each may decide name different citizens.
    CitizensDiffer,
    /// Only read text names a citizen, and no dossier is known either.
    CitizenOnlyRead,
    /// Sources that each may decide name different dossiers.
    DossiersDiffer,
    /// The cover sheet before it is not one that this office made, or is damaged.
    SheetUnproved,
    /// A cover sheet beside it has no pages of its own.
    SheetWithoutPages,
    /// The slip promised another number of pages (TT 01/2023/TT-VPCP Đ8.2).
    PageCount {
        /// What the slip says.
        promised: usize,
        /// Pages that the document would have.
        found: usize,
    },
    /// Pages were drawn from a PDF, and the drawing may not show all that the PDF shows.
    DrawingDoubtful {
        /// Which, from 1.
        pages: Vec<usize>,
    },
    /// Files came signed, and a signature does not hold (NĐ 30/2020/NĐ-CP Đ21.2).
    SignatureFailed {
        /// Which files of the batch, from 1.
        files: Vec<usize>,
    },
    /// No page would be left: all are blank.
    AllBlank,
}

impl Question {
    /// Pages that were drawn and may lack something, from 1.
    #[must_use]
    pub fn drawn_pages(&self) -> &[usize] {
        match self {
            Question::DrawingDoubtful { pages } => pages,
            _ => &[],
        }
    }

    /// One short sentence, without anybody's number or name.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Question::CitizensDiffer => (
                "Các nguồn nêu số định danh khác nhau.",
                "The sources name different citizens.",
            ),
            Question::CitizenOnlyRead => (
                "Số định danh chỉ đọc được từ chữ in, chưa có nguồn nào xác nhận.",
                "A citizen is named by read text only, and nothing confirms it.",
            ),
            Question::DossiersDiffer => (
                "Các nguồn nêu mã hồ sơ khác nhau.",
                "The sources name different dossiers.",
            ),
            Question::SheetUnproved => (
                "Tờ phân cách không phải do cơ quan này in, hoặc bị hỏng.",
                "The cover sheet was not made by this office, or is damaged.",
            ),
            Question::SheetWithoutPages => (
                "Có tờ phân cách liền nhau mà không có trang nào ở giữa.",
                "Beside it is a cover sheet without pages of its own.",
            ),
            Question::PageCount { promised, found } => {
                return match lang {
                    Lang::Vi => {
                        format!("Phiếu ghi {promised} trang nhưng bản quét có {found} trang.")
                    }
                    Lang::En => format!("The slip says {promised} pages, the scan has {found}."),
                };
            }
            Question::SignatureFailed { files } => {
                let files = listed(files);
                return match lang {
                    Lang::Vi => format!(
                        "Tệp {files} có chữ ký số không hợp lệ; xem kết quả kiểm tra, trả lại hoặc nhận."
                    ),
                    Lang::En => format!(
                        "File {files} has a digital signature that does not hold; see the report, then return or accept it."
                    ),
                };
            }
            Question::DrawingDoubtful { pages } => {
                let pages = listed(pages);
                return match lang {
                    Lang::Vi => format!(
                        "Trang {pages} được vẽ lại từ PDF và có thể thiếu nội dung; so ảnh với tệp gốc."
                    ),
                    Lang::En => format!(
                        "Page {pages} was drawn from the PDF and may lack something; compare with the original."
                    ),
                };
            }
            Question::AllBlank => ("Mọi trang đều trắng.", "All pages are blank."),
        };
        lang.pick(vi, en).to_owned()
    }
}

fn listed(numbers: &[usize]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
