//! One record: its document beside what is known of it; its text; what its signatures are worth.

use maud::{Markup, html};

use super::found::purpose;
use super::layout::{notice, page as whole, pager};
use super::words;
use crate::record::{FieldName, Lang, RecordDescription, RecordId};
use crate::validate::Indication;
use crate::validate::report::Report;
use crate::validate::words as verdicts;
use crate::web::asked::Asked;
use crate::web::holdings::ProofNow;
use crate::web::lookups::LookUp;

/// Values read on the pages that are listed.
const FIELDS_MAX: usize = 60;

/// Pages that are shown small.
const THUMBNAILS_MAX: usize = 8;

/// What is shown of a record.
pub(in crate::web) struct Record<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) description: &'a RecordDescription,
    pub(in crate::web) kind: String,
    pub(in crate::web) proof: Option<ProofNow>,
    pub(in crate::web) in_ledger: InLedger,
    /// It shows an identity card, and the visitor may not see these.
    pub(in crate::web) is_guarded: bool,
    /// The owner's number in the look-up.
    pub(in crate::web) number: Option<usize>,
}

/// How a record stands in the office's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum InLedger {
    /// It can be proven.
    Proven {
        /// Place of its entry, from 0.
        index: u64,
        /// A timestamp stands behind it.
        is_stamped: bool,
    },
    /// It has an entry that is not signed yet.
    Waiting,
    /// The ledger does not know it as it is.
    Absent,
    /// The ledger cannot be read just now.
    Unreadable,
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, record: &Record<'_>) -> Markup {
    let lang = asked.lang;
    let place = format!(
        "/look-ups/{}/records/{}",
        record.look_up.handle, record.description.record
    );
    let body = html! {
        (purpose(asked, record.look_up))
        div.record {
            section.card.about {
                h1 { (record.kind) }
                @if let Some(title) = &record.description.title { p.title { (title) } }
                div.states {
                    (words::signed(&record.description.signatures.iter().map(|it| it.role).collect::<Vec<_>>(), lang))
                    (words::proof(record.proof, lang))
                }
                @if record.is_guarded {
                    (notice("warn", lang.pick(
                        "Giấy tờ tùy thân là dữ liệu nhạy cảm: tài khoản này không được xem ảnh và nội dung.",
                        "An identity card is sensitive data: this account may not see its picture and text.")))
                } @else {
                    (actions(asked, record, &place))
                    (thumbnails(asked, record, &place))
                }
                (facts(asked, record))
                (signatures(asked, record, &place))
                (ledger(asked, record.in_ledger, &place))
                @if !record.is_guarded {
                    (fields(asked, record.description))
                    (originals(asked, record.description, &place))
                }
            }
            @if !record.is_guarded {
                section.viewer aria-label=(lang.pick("Tài liệu", "Document")) {
                    iframe src={ (place) "/document.pdf#navpanes=0&view=FitH" } loading="lazy"
                        title=(lang.pick("Tài liệu trong trình xem của trình duyệt", "The document in the browser's viewer")) {}
                }
            }
        }
    };
    whole(asked, &record.kind, body)
}

fn actions(asked: &Asked, record: &Record<'_>, place: &str) -> Markup {
    let lang = asked.lang;
    html! {
        p.actions {
            a.button.main href={ (place) "/document.pdf" } target="_blank" accesskey="d" { (lang.pick("Mở tài liệu", "Open the document")) }
            a.button href={ (place) "/copy" } { (lang.pick("Tải về PDF", "Save the PDF")) }
            @if record.description.text.is_some() {
                a.button href={ (place) "/text" } { (lang.pick("Chữ đọc được", "Text as read")) }
            }
        }
    }
}

/// The first pages, for a glance; each leads to a picture that also a phone shows.
fn thumbnails(asked: &Asked, record: &Record<'_>, place: &str) -> Markup {
    let lang = asked.lang;
    html! {
        ol.strip {
            @for (number, _) in (1..).zip(&record.description.pages).take(THUMBNAILS_MAX) {
                li {
                    a href={ (place) "/pages/" (number) } target="_blank" {
                        img src={ (place) "/pages/" (number) "?size=small" } loading="lazy"
                            alt={ (lang.pick("Trang ", "Page ")) (number) };
                    }
                }
            }
        }
    }
}

fn facts(asked: &Asked, record: &Record<'_>) -> Markup {
    let (lang, it) = (asked.lang, record.description);
    html! {
        h2 { (lang.pick("Thông tin", "What is known")) }
        dl.facts {
            dt { (lang.pick("Của ai", "Whose")) }
            dd {
                @match (&it.citizen, record.number) {
                    (Some(citizen), Some(number)) => a href={ "/look-ups/" (record.look_up.handle) "/people/" (number) } { span.number { (citizen) } },
                    (Some(citizen), None) => span.number { (citizen) },
                    (None, _) => span.state.warn { (lang.pick("Chưa xác định", "Not settled")) },
                }
                @for source in &it.citizen_sources { " " span.hint { "(" (words::source(*source, lang)) ")" } }
            }
            dt { (lang.pick("Mã hồ sơ", "Dossier")) }
            dd { @match &it.dossier { Some(dossier) => (dossier), None => "–" } }
            dt { (lang.pick("Hình thức", "Form")) }
            dd { (words::copy_form(it.copy_form, lang)) ", " (it.conformance) }
            dt { (lang.pick("Số trang", "Pages")) }
            dd { (it.pages.len()) " (" (pages_read(it, lang)) ")" }
            dt { (lang.pick("Quầy", "Station")) }
            dd { (it.station) }
            dt { (lang.pick("Lưu lúc", "Archived")) }
            dd { (words::time(it.archived, lang)) }
            dt { (lang.pick("Số bản ghi", "Record")) }
            dd { code { (it.record) } }
            @for decision in &it.decisions {
                dt { (lang.pick("Quyết định", "Decision")) }
                dd { (words::time(decision.at, lang)) " – " (decision.by) }
            }
            @for remark in &it.remarks {
                dt { (lang.pick("Lưu ý", "Note")) }
                dd { (words::remark(remark, lang)) }
            }
        }
    }
}

/// How the pages were read, each state once.
fn pages_read(description: &RecordDescription, lang: Lang) -> String {
    let mut states: Vec<&str> = Vec::new();
    for page in &description.pages {
        let state = words::reading(page.reading, lang);
        if !states.contains(&state) {
            states.push(state);
        }
    }
    states.join(", ")
}

fn signatures(asked: &Asked, record: &Record<'_>, place: &str) -> Markup {
    let lang = asked.lang;
    html! {
        h2 { (lang.pick("Chữ ký số", "Signatures")) }
        @if record.description.signatures.is_empty() {
            p { (lang.pick("Không có.", "None.")) }
        } @else {
            ol.signatures {
                @for signature in &record.description.signatures {
                    li {
                        strong { (words::role(signature.role, lang)) } ": " (signature.signer)
                        div.hint { (signature.claimed_time) " · " (signature.level) " · " (signature.algorithm) }
                    }
                }
            }
        }
        p { a.button href={ (place) "/validation" } { (lang.pick("Kiểm tra chữ ký ngay", "Check the signatures now")) } }
    }
}

fn ledger(asked: &Asked, in_ledger: InLedger, place: &str) -> Markup {
    let lang = asked.lang;
    html! {
        h2 { (lang.pick("Sổ cái", "Ledger")) }
        p { (words::in_ledger(in_ledger, lang)) }
        @if let InLedger::Proven { .. } = in_ledger {
            p { a.button href={ (place) "/proof.json" } { (lang.pick("Tải chứng minh (JSON)", "Save the proof (JSON)")) } }
        }
    }
}

fn fields(asked: &Asked, description: &RecordDescription) -> Markup {
    let lang = asked.lang;
    let numbers = [FieldName::CitizenId, FieldName::FormerId];
    html! {
        @if !description.fields.is_empty() {
            h2 { (lang.pick("Dữ liệu trên giấy", "Values on the pages")) }
            dl.facts {
                @for field in description.fields.iter().take(FIELDS_MAX) {
                    dt { (words::field(field.name, lang)) }
                    dd {
                        @if numbers.contains(&field.name) { span.number { (masked(&field.value)) } } @else { (field.value) }
                        " " span.hint {
                            "(" (words::source(field.source, lang))
                            @if let Some(page) = field.page { ", " (lang.pick("tr. ", "p. ")) (page) }
                            ")"
                        }
                        @if field.doubt.is_some() {
                            " " span.state.warn { (lang.pick("Cần đối chiếu", "Compare with the paper")) }
                        }
                    }
                }
            }
        }
    }
}

/// The first three and the last two signs, as citizen IDs are masked.
fn masked(value: &str) -> String {
    let signs: Vec<char> = value.chars().collect();
    let shown = |at: usize| at < 3 || at + 2 >= signs.len();
    let masked = signs.iter().enumerate();
    masked
        .map(|(at, sign)| if shown(at) { *sign } else { '*' })
        .collect()
}

fn originals(asked: &Asked, description: &RecordDescription, place: &str) -> Markup {
    let lang = asked.lang;
    html! {
        h2 { (lang.pick("Bản gốc từ máy quét", "Originals from the scanner")) }
        ul.originals {
            @for (number, original) in (1..).zip(&description.originals) {
                li {
                    a href={ (place) "/originals/" (number) } { (original.dropped_as) }
                    " " span.hint { (size(original.bytes)) }
                }
            }
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / (1024 * 1024)),
    }
}

/// Pages of text.
pub(in crate::web) struct Text<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) record: RecordId,
    /// Their numbers from 1, and what they say.
    pub(in crate::web) pages: Vec<(usize, &'a str)>,
    /// All pages of the record.
    pub(in crate::web) count: usize,
    pub(in crate::web) page: usize,
    pub(in crate::web) is_more: bool,
}

/// The page of the text.
pub(in crate::web) fn text_page(asked: &Asked, text: &Text<'_>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Chữ đọc được", "Text as read");
    let record = format!("/look-ups/{}/records/{}", text.look_up.handle, text.record);
    let place = format!("{record}/text");
    let body = html! {
        (purpose(asked, text.look_up))
        section.card {
            p { a href=(record) { "← " (lang.pick("Về giấy tờ", "To the paper")) } }
            h1 { (title) }
            p.hint { (lang.pick("Do máy đọc, có thể sai: hãy đối chiếu với ảnh.", "Read by a machine and perhaps wrong: compare with the picture.")) }
            @if text.count == 0 { (notice("warn", lang.pick("Không có chữ nào.", "There is no text."))) }
            @for (number, page) in &text.pages {
                h2 { (lang.pick("Trang ", "Page ")) (number) "/" (text.count) }
                pre { (page) }
            }
            (pager(asked, &place, text.page, text.is_more))
        }
    };
    whole(asked, title, body)
}

/// The page of the validation.
pub(in crate::web) fn validation_page(
    asked: &Asked,
    (look_up, record): (&LookUp, RecordId),
    report: &Report,
) -> Markup {
    let lang = asked.lang;
    let title = lang.pick(
        "Kết quả kiểm tra chữ ký số",
        "What the signatures are worth",
    );
    let state = match report.indication {
        Some(Indication::TotalPassed) => "good",
        Some(Indication::TotalFailed) => "bad",
        Some(Indication::Indeterminate) | None => "warn",
    };
    let body = html! {
        (purpose(asked, look_up))
        section.card {
            p { a href={ "/look-ups/" (look_up.handle) "/records/" (record) } { "← " (lang.pick("Về giấy tờ", "To the paper")) } }
            h1 { (title) }
            p.notice.(state) role="status" { (verdicts::summary(report, lang)) }
            @for finding in &report.findings { p { (finding.text(lang)) } }
            @for (number, signature) in (1..).zip(&report.signatures) {
                h2 { (verdicts::heading(number, signature, lang)) }
                dl.facts {
                    @for (label, value) in verdicts::rows(signature, lang) { dt { (label) } dd { (value) } }
                }
            }
            p.hint {
                (lang.pick("Kiểm tra lúc ", "Checked ")) (words::time(report.validated, lang))
                " · SHA-256 " code { (report.sha256) }
            }
        }
    };
    whole(asked, title, body)
}
