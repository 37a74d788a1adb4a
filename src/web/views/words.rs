//! Days, sources and states as people read them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use maud::{Markup, html};

use super::record::InLedger;
use crate::index::Attention;
use crate::record::{CopyForm, FieldName, Lang, PageReading, SignerRole, Source};
use crate::reuse::procedure::day_text;
use crate::web::holdings::ProofNow;

/// A proof that ends sooner is told with a warning.
const SOON_DAYS: i64 = 90;

/// To the minute, in Vietnam.
pub(super) fn time(at: Timestamp, lang: Lang) -> String {
    let there = at.to_zoned(TimeZone::fixed(tz::offset(7)));
    let format = lang.pick("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M");
    there.strftime(format).to_string()
}

/// The time of the day to the second, in Vietnam.
pub(super) fn clock(at: Timestamp) -> String {
    let there = at.to_zoned(TimeZone::fixed(tz::offset(7)));
    there.strftime("%H:%M:%S").to_string()
}

/// The day, of a time as the index has it.
pub(super) fn day_of(archived: &str, lang: Lang) -> String {
    match archived.parse::<Timestamp>() {
        Ok(at) => day_text(at.to_zoned(TimeZone::fixed(tz::offset(7))).date(), lang),
        Err(_) => archived.to_owned(),
    }
}

pub(super) fn day(day: Date, lang: Lang) -> String {
    day_text(day, lang)
}

/// What speaks for a value.
pub(super) fn source(source: Source, lang: Lang) -> &'static str {
    let (vi, en) = match source {
        Source::Person => ("cán bộ xác nhận", "settled by a person"),
        Source::Operator => ("người nhập hồ sơ", "named with the document"),
        Source::Slip => ("phiếu kèm bản quét", "slip beside the scan"),
        Source::CoverSheet => ("tờ phân cách", "cover sheet"),
        Source::CaseSlip => ("giấy tiếp nhận", "case slip"),
        Source::Folder => ("thư mục hồ sơ", "folder"),
        Source::CardQr => ("mã QR trên thẻ", "card's QR code"),
        Source::Mrz => ("vùng đọc máy (MRZ)", "card's MRZ"),
        Source::Ocr => (
            "máy đọc chữ, cần đối chiếu",
            "read as text, compare with the paper",
        ),
    };
    lang.pick(vi, en)
}

pub(super) fn field(name: FieldName, lang: Lang) -> &'static str {
    let (vi, en) = match name {
        FieldName::CitizenId => ("Số định danh", "Citizen ID"),
        FieldName::FormerId => ("Số CMND", "Former number"),
        FieldName::FullName => ("Họ tên", "Full name"),
        FieldName::DateOfBirth => ("Ngày sinh", "Date of birth"),
        FieldName::Sex => ("Giới tính", "Sex"),
        FieldName::Address => ("Địa chỉ", "Address"),
        FieldName::DossierCode => ("Mã hồ sơ", "Dossier"),
        FieldName::DocumentNumber => ("Số văn bản", "Number of the paper"),
        FieldName::DocumentDate => ("Ngày văn bản", "Date of the paper"),
        FieldName::IssuingAgency => ("Cơ quan ban hành", "Issuing agency"),
        FieldName::DocumentKind => ("Loại giấy tờ", "Kind"),
        FieldName::Title => ("Tên giấy tờ", "Title"),
    };
    lang.pick(vi, en)
}

pub(super) fn attention(attention: Attention, lang: Lang) -> &'static str {
    let (vi, en) = match attention {
        Attention::PagesPending => ("Có trang chưa đọc chữ", "Pages are not read yet"),
        Attention::PagesFailed => ("Có trang không đọc được chữ", "Pages could not be read"),
        Attention::PagesLow => (
            "Có trang đọc chưa rõ",
            "Pages were read with low confidence",
        ),
        Attention::IdentityOpen => (
            "Chưa chắc giấy tờ của ai",
            "Whose paper it is, is not settled",
        ),
    };
    lang.pick(vi, en)
}

pub(super) fn reading(reading: PageReading, lang: Lang) -> &'static str {
    let (vi, en) = match reading {
        PageReading::Ok => ("đã đọc", "read"),
        PageReading::LowConfidence => ("đọc chưa rõ", "low confidence"),
        PageReading::Blank => ("trắng", "blank"),
        PageReading::Failed => ("không đọc được", "could not be read"),
        PageReading::Pending => ("chưa đọc", "not read yet"),
    };
    lang.pick(vi, en)
}

pub(super) fn copy_form(form: CopyForm, lang: Lang) -> &'static str {
    let (vi, en) = match form {
        CopyForm::SaoY => ("Sao y", "Full copy (sao y)"),
        CopyForm::SaoLuc => ("Sao lục", "Copy of a copy (sao lục)"),
        CopyForm::TrichSao => ("Trích sao", "Extract (trích sao)"),
        CopyForm::ScanAttested => ("Bản số hóa", "Attested scan"),
    };
    lang.pick(vi, en)
}

pub(super) fn role(role: Option<SignerRole>, lang: Lang) -> &'static str {
    let (vi, en) = match role {
        Some(SignerRole::Officer) => ("cán bộ", "officer"),
        Some(SignerRole::Authority) => ("người có thẩm quyền", "authority"),
        Some(SignerRole::Organisation) | None => ("cơ quan", "organisation"),
    };
    lang.pick(vi, en)
}

/// Who signed, as a state.
pub(super) fn signed(roles: &[Option<SignerRole>], lang: Lang) -> Markup {
    let who: Vec<&str> = roles.iter().map(|it| role(*it, lang)).collect();
    html! {
        @if who.is_empty() {
            span.state.warn { (lang.pick("Chưa ký số", "Not signed")) }
        } @else {
            span.state.good { (lang.pick("Đã ký số: ", "Signed: ")) (who.join(", ")) }
        }
    }
}

/// For how long a document proves its signatures, as a state.
pub(super) fn proof(proof: Option<ProofNow>, lang: Lang) -> Markup {
    let Some(proof) = proof else {
        return html! {
            span.state.bad { (lang.pick("Không đọc được thời hạn chứng minh", "How long it proves its signatures cannot be read")) }
        };
    };
    let (days, level) = (proof.days_left, proof.level);
    let until = time(proof.until, lang);
    html! {
        @if days < 0 {
            span.state.bad {
                (lang.pick("Hết hạn chứng minh từ ", "Proof ended on ")) (until) " (" (level) ")"
            }
        } @else {
            span.state.(if days < SOON_DAYS { "warn" } else { "good" }) title=(until) {
                @match lang {
                    Lang::Vi => { "Còn chứng minh " (days) " ngày (" (level) ")" }
                    Lang::En => { (days) " days of proof left (" (level) ")" }
                }
            }
        }
    }
}

/// How a record stands in the ledger, as a state.
pub(super) fn in_ledger(in_ledger: InLedger, lang: Lang) -> Markup {
    html! {
        @match in_ledger {
            InLedger::Proven { index, is_stamped } => {
                span.state.good {
                    (lang.pick("Có trong sổ cái, mục ", "In the ledger, entry ")) (index)
                    @if is_stamped { (lang.pick(", có dấu thời gian", ", with a timestamp")) }
                }
            }
            InLedger::Waiting => span.state.warn {
                (lang.pick("Đã vào sổ cái, chờ ký sổ", "Entered in the ledger, which is to be signed"))
            },
            InLedger::Absent => span.state.warn { (lang.pick("Chưa có trong sổ cái", "Not in the ledger yet")) },
            InLedger::Unreadable => span.state.bad {
                (lang.pick("Hiện không đọc được sổ cái", "The ledger cannot be read just now"))
            },
        }
    }
}

/// A remark as the record has it: Vietnamese and English with a stroke between, or one text for both.
pub(super) fn remark(text: &str, lang: Lang) -> &str {
    match text.split_once(" / ") {
        Some((vi, en)) if !en.contains(" / ") => lang.pick(vi, en),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_vietnam_and_remarks_of_one_language() {
        let at = "2026-11-23T20:15:30Z".parse().expect("a time");
        assert_eq!(time(at, Lang::Vi), "24/11/2026 03:15");
        assert_eq!(day_of("2026-11-23T20:15:30.000Z", Lang::En), "2026-11-24");
        assert_eq!(remark("một / one", Lang::En), "one");
        assert_eq!(remark("a / b / c", Lang::En), "a / b / c");
    }
}
