//! What is wrong with the form of a signed PDF, each with a code that stays.

use crate::record::Lang;
use crate::validate::SubIndication;

/// One thing that is not as ISO 32000-1 §12.8 and EN 319 142-1 ask, about the file or about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatFinding {
    /// Bytes stand in front of `%PDF-`, so that readers count offsets differently.
    HeaderNotFirst,
    /// The cross-reference data cannot be read; objects were searched for.
    XrefUnreadable,
    /// Objects do not stand where the cross-reference data say.
    ObjectsMisplaced {
        /// Number of the first one.
        first: u32,
        /// How many.
        count: usize,
    },
    /// Bytes stand behind the end of the last revision and belong to none.
    TrailingBytes {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// Only white space stands there.
    TrailingSpace,
    /// A signature dictionary stands in the file that no field of the form leads to.
    SignatureUnreached {
        /// Where its `/ByteRange` stands.
        offset: u64,
    },
    /// The form has parts that cannot be read, or leads in circles.
    FormUnreadable,
    /// More signatures than are looked at.
    TooManySignatures,
    /// Rights for a reader program are signed (ISO 32000-1 §12.8.2.3); they say nothing about the content.
    UsageRights,
    /// What the field has as its value is no dictionary, or cannot be read.
    SignatureUnreadable,
    /// A field of another type has a signature as its value.
    FieldNotSignature,
    /// The value of a second field as well.
    SignatureShared {
        /// The other field.
        other: String,
    },
    /// No `/ByteRange`: nothing says what was signed.
    ByteRangeMissing,
    /// `/ByteRange` is not four numbers of which the first is 0.
    ByteRangeMalformed,
    /// The ranges run over each other or over the end of the file.
    ByteRangeOutside,
    /// The ranges end inside what another signature covers.
    RangesOverlap {
        /// The other field.
        other: String,
    },
    /// No `/Contents`, or an empty one.
    ContentsMissing,
    /// `/Contents` is not written as one hexadecimal string.
    ContentsNotHexadecimal,
    /// More than `/Contents` stands in the gap between the ranges.
    GapTooLarge,
    /// `/Contents` stands elsewhere than in the gap between the ranges.
    ContentsElsewhere,
    /// What was signed does not end as a PDF does.
    RevisionEnd,
    /// What was signed cannot be read as a PDF by itself.
    RevisionUnreadable,
    /// The file as it is now does not follow from what was signed.
    RevisionAbandoned,
    /// What was signed, read by itself, does not have this signature in this field.
    NotInRevision,
    /// `/SubFilter` names no form of signature that this program knows.
    SubFilterUnknown {
        /// As it stands there.
        name: String,
    },
    /// `/Type` says something else than `/SubFilter`.
    TypeContradicts,
}

impl FormatFinding {
    /// For machines, kebab case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            FormatFinding::HeaderNotFirst => "header-not-first",
            FormatFinding::XrefUnreadable => "xref-unreadable",
            FormatFinding::ObjectsMisplaced { .. } => "objects-misplaced",
            FormatFinding::TrailingBytes { .. } => "trailing-bytes",
            FormatFinding::TrailingSpace => "trailing-space",
            FormatFinding::SignatureUnreached { .. } => "signature-unreached",
            FormatFinding::FormUnreadable => "form-unreadable",
            FormatFinding::TooManySignatures => "too-many-signatures",
            FormatFinding::UsageRights => "usage-rights",
            FormatFinding::SignatureUnreadable => "signature-unreadable",
            FormatFinding::FieldNotSignature => "field-not-signature",
            FormatFinding::SignatureShared { .. } => "signature-shared",
            FormatFinding::ByteRangeMissing => "byte-range-missing",
            FormatFinding::ByteRangeMalformed => "byte-range-malformed",
            FormatFinding::ByteRangeOutside => "byte-range-outside",
            FormatFinding::RangesOverlap { .. } => "ranges-overlap",
            FormatFinding::ContentsMissing => "contents-missing",
            FormatFinding::ContentsNotHexadecimal => "contents-not-hexadecimal",
            FormatFinding::GapTooLarge => "gap-too-large",
            FormatFinding::ContentsElsewhere => "contents-elsewhere",
            FormatFinding::RevisionEnd => "revision-end",
            FormatFinding::RevisionUnreadable => "revision-unreadable",
            FormatFinding::RevisionAbandoned => "revision-abandoned",
            FormatFinding::NotInRevision => "not-in-revision",
            FormatFinding::SubFilterUnknown { .. } => "sub-filter-unknown",
            FormatFinding::TypeContradicts => "type-contradicts",
        }
    }

    /// What a signature with it is; `None`: it is worth a remark only.
    #[must_use]
    pub fn sub_indication(&self) -> Option<SubIndication> {
        match self {
            FormatFinding::TrailingSpace | FormatFinding::UsageRights => None,
            FormatFinding::SignatureUnreadable
            | FormatFinding::ByteRangeMissing
            | FormatFinding::ContentsMissing
            | FormatFinding::HeaderNotFirst
            | FormatFinding::XrefUnreadable
            | FormatFinding::ObjectsMisplaced { .. }
            | FormatFinding::TrailingBytes { .. }
            | FormatFinding::SignatureUnreached { .. }
            | FormatFinding::FormUnreadable
            | FormatFinding::TooManySignatures
            | FormatFinding::FieldNotSignature
            | FormatFinding::SignatureShared { .. }
            | FormatFinding::ByteRangeMalformed
            | FormatFinding::ByteRangeOutside
            | FormatFinding::RangesOverlap { .. }
            | FormatFinding::ContentsNotHexadecimal
            | FormatFinding::GapTooLarge
            | FormatFinding::ContentsElsewhere
            | FormatFinding::RevisionEnd
            | FormatFinding::RevisionUnreadable
            | FormatFinding::RevisionAbandoned
            | FormatFinding::NotInRevision
            | FormatFinding::SubFilterUnknown { .. }
            | FormatFinding::TypeContradicts => Some(SubIndication::FormatFailure),
        }
    }

    /// For people, a sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        self.message(lang)
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        match self {
            FormatFinding::HeaderNotFirst => pick(
                "Trước phần đầu của tệp PDF còn có byte khác.",
                "Bytes stand in front of the PDF's header.",
            ),
            FormatFinding::XrefUnreadable => pick(
                "Bảng tham chiếu chéo của tệp bị hỏng; mỗi phần mềm có thể hiển thị một nội dung khác nhau.",
                "The cross-reference table is damaged; each program may show another content.",
            ),
            FormatFinding::TrailingSpace => pick(
                "Sau phần cuối của tài liệu có khoảng trắng thừa.",
                "White space stands behind the end of the document.",
            ),
            FormatFinding::FormUnreadable => pick(
                "Biểu mẫu của tài liệu có phần không đọc được.",
                "The document's form has parts that cannot be read.",
            ),
            FormatFinding::TooManySignatures => pick(
                "Tài liệu có quá nhiều chữ ký nên không kiểm tra hết.",
                "The document has more signatures than are looked at.",
            ),
            FormatFinding::UsageRights => pick(
                "Tài liệu có chữ ký cấp quyền cho phần mềm đọc; chữ ký này không xác nhận nội dung.",
                "Rights for reader programs are signed; that says nothing about the content.",
            ),
            FormatFinding::SignatureUnreadable => pick(
                "Không đọc được chữ ký trong trường này.",
                "The signature in this field cannot be read.",
            ),
            FormatFinding::FieldNotSignature => pick(
                "Trường chứa chữ ký không phải là trường chữ ký.",
                "The field that holds the signature is no signature field.",
            ),
            FormatFinding::ByteRangeMissing => pick(
                "Chữ ký không ghi vùng dữ liệu được ký (thiếu ByteRange).",
                "Nothing says what was signed (no ByteRange).",
            ),
            FormatFinding::ByteRangeMalformed => pick(
                "Vùng dữ liệu được ký (ByteRange) ghi sai quy cách.",
                "The ranges of what was signed (ByteRange) are malformed.",
            ),
            FormatFinding::ByteRangeOutside => pick(
                "Vùng dữ liệu được ký chồng lên nhau hoặc vượt quá tệp.",
                "The ranges of what was signed overlap or leave the file.",
            ),
            FormatFinding::ContentsMissing => pick(
                "Chữ ký không có giá trị (thiếu Contents).",
                "The signature has no value (no Contents).",
            ),
            FormatFinding::ContentsNotHexadecimal => pick(
                "Giá trị chữ ký không ghi thành một chuỗi thập lục phân.",
                "The signature's value is not written as one hexadecimal string.",
            ),
            FormatFinding::GapTooLarge => pick(
                "Khoảng không được ký rộng hơn giá trị chữ ký: có thể đã chèn dữ liệu vào đó.",
                "The gap that is not signed holds more than the signature's value: data may have been put there.",
            ),
            FormatFinding::ContentsElsewhere => pick(
                "Giá trị chữ ký không nằm trong khoảng mà vùng được ký chừa ra.",
                "The signature's value does not stand in the gap that its ranges leave.",
            ),
            FormatFinding::RevisionEnd => pick(
                "Vùng được ký không kết thúc như một tệp PDF.",
                "What was signed does not end as a PDF does.",
            ),
            FormatFinding::RevisionUnreadable => pick(
                "Phần được ký, xét riêng, không phải là một tệp PDF hoàn chỉnh.",
                "What was signed is no complete PDF by itself.",
            ),
            FormatFinding::RevisionAbandoned => pick(
                "Tài liệu hiện tại không được xây dựng tiếp từ phần đã ký.",
                "The document as it is now does not follow from what was signed.",
            ),
            FormatFinding::NotInRevision => pick(
                "Trong phần đã ký không có chữ ký này ở trường này.",
                "What was signed does not have this signature in this field.",
            ),
            FormatFinding::TypeContradicts => pick(
                "Loại chữ ký ghi trong tài liệu mâu thuẫn nhau.",
                "The document contradicts itself about the kind of signature.",
            ),
            FormatFinding::ObjectsMisplaced { first, count } => match lang {
                Lang::Vi => format!(
                    "{count} đối tượng không nằm đúng chỗ mà bảng tham chiếu chéo ghi (đầu tiên: số {first})."
                ),
                Lang::En => format!(
                    "{count} objects do not stand where the cross-reference table says (first: number {first})."
                ),
            },
            FormatFinding::TrailingBytes { offset, length } => match lang {
                Lang::Vi => format!(
                    "Có {length} byte thừa sau phần cuối của tài liệu (từ vị trí {offset})."
                ),
                Lang::En => format!(
                    "{length} bytes stand behind the end of the document (from offset {offset})."
                ),
            },
            FormatFinding::SignatureUnreached { offset } => match lang {
                Lang::Vi => format!(
                    "Có một chữ ký (vị trí {offset}) mà không trường nào của biểu mẫu dẫn tới."
                ),
                Lang::En => format!(
                    "A signature (offset {offset}) is in the file that no field of its form leads to."
                ),
            },
            FormatFinding::SignatureShared { other } => match lang {
                Lang::Vi => format!("Trường “{other}” cũng dùng chính chữ ký này."),
                Lang::En => format!("The field “{other}” has the same signature."),
            },
            FormatFinding::RangesOverlap { other } => match lang {
                Lang::Vi => format!("Vùng được ký chồng lấn với vùng của chữ ký “{other}”."),
                Lang::En => format!("Its ranges overlap those of the signature “{other}”."),
            },
            FormatFinding::SubFilterUnknown { name } => match lang {
                Lang::Vi => format!("Dạng chữ ký “{name}” không được hỗ trợ."),
                Lang::En => format!("“{name}” is no form of signature that this program knows."),
            },
        }
    }
}
