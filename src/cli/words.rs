//! What fields, sources and readings are called at the counter.

use crate::record::{Confidence, Field, FieldName, Lang, PageReading, PageTreatment, Source};

/// Name and value of a field, who says so and what speaks against it.
pub(super) fn field(field: &Field, lang: Lang) -> String {
    let sure = field
        .confidence
        .map_or_else(String::new, |Confidence(sure)| format!(" {sure:.0}"));
    let doubt = field
        .doubt
        .as_ref()
        .map_or_else(String::new, |doubt| format!(" – {doubt}"));
    let name = field_name(field.name, lang);
    format!(
        "{name}: {} ({}{sure}){doubt}",
        field.value,
        source(field.source, lang)
    )
}

/// What was done to a page.
pub(super) fn treatment(treatment: PageTreatment) -> (&'static str, &'static str) {
    match treatment {
        PageTreatment::PassedThrough => ("giữ nguyên dữ liệu ảnh", "its own image data"),
        PageTreatment::Recompressed => ("nén lại không mất dữ liệu", "recompressed without loss"),
        PageTreatment::Converted => ("chuyển đổi màu hoặc độ sâu", "converted in colour or depth"),
        PageTreatment::Kept => ("giữ nguyên, đã là PDF/A", "kept, it is PDF/A already"),
        PageTreatment::Sanitised => (
            "giữ chữ và hình vẽ, bỏ phần PDF/A cấm",
            "its text and drawing, without what PDF/A forbids",
        ),
        PageTreatment::Rendered => ("vẽ thành ảnh", "drawn as a picture"),
    }
}

/// Sources in a row.
pub(super) fn sources(sources: &[Source], lang: Lang) -> String {
    let words: Vec<&str> = sources.iter().map(|named| source(*named, lang)).collect();
    words.join(", ")
}

fn source(source: Source, lang: Lang) -> &'static str {
    let (vi, en) = match source {
        Source::Person => ("cán bộ", "a person"),
        Source::Operator => ("người nhập", "the operator"),
        Source::Slip => ("phiếu kèm", "the slip"),
        Source::CoverSheet => ("tờ phân cách", "the cover sheet"),
        Source::CaseSlip => ("giấy tiếp nhận", "the case slip"),
        Source::Folder => ("thư mục", "the folder"),
        Source::CardQr => ("mã QR trên thẻ", "a card's QR"),
        Source::Mrz => ("dòng MRZ trên thẻ", "a card's MRZ"),
        Source::Ocr => ("chữ đọc được", "read text"),
    };
    lang.pick(vi, en)
}

fn field_name(name: FieldName, lang: Lang) -> &'static str {
    let (vi, en) = match name {
        FieldName::CitizenId => ("số định danh cá nhân", "citizen ID"),
        FieldName::FormerId => ("số CMND", "former ID"),
        FieldName::FullName => ("họ và tên", "name"),
        FieldName::DateOfBirth => ("ngày sinh", "born"),
        FieldName::Sex => ("giới tính", "sex"),
        FieldName::Address => ("địa chỉ", "address"),
        FieldName::DossierCode => ("mã hồ sơ", "dossier"),
        FieldName::DocumentNumber => ("số, ký hiệu", "document number"),
        FieldName::DocumentDate => ("ngày văn bản", "document date"),
        FieldName::IssuingAgency => ("cơ quan ban hành", "issuing agency"),
        FieldName::DocumentKind => ("loại giấy tờ", "kind"),
        FieldName::Title => ("tên gọi", "title"),
    };
    lang.pick(vi, en)
}

/// How reading a page ended.
pub(super) fn reading(reading: PageReading, lang: Lang) -> &'static str {
    let (vi, en) = match reading {
        PageReading::Ok => ("đọc tốt", "read"),
        PageReading::LowConfidence => ("đọc chưa chắc", "read with low confidence"),
        PageReading::Blank => ("trắng", "blank"),
        PageReading::Failed => ("không đọc được", "could not be read"),
        PageReading::Pending => ("chưa đọc", "not read yet"),
    };
    lang.pick(vi, en)
}
