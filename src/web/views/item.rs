//! One document of the worklist: its page with the values marked on it, whom it may belong to, what a person may decide.

use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use super::{pages, words};
use crate::record::{DocumentKind, Explain, Lang, PageReading, RecordId};
use crate::web::asked::Asked;
use crate::web::items::Item;
use crate::web::pictures::Layout;

/// What is said above the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Said {
    /// Nothing.
    Nothing,
    /// The last document was decided; this is the next.
    Decided,
    /// Whose it is was not chosen.
    NoCitizen,
    /// What was typed is no citizen ID.
    NoNumber,
    /// What was typed is no dossier code.
    NoDossier,
    /// A rejection without a reason.
    NoReason,
    /// Something else that cannot be read.
    Unreadable,
}

/// What the page shows.
pub(in crate::web) struct Shown<'a> {
    pub(in crate::web) item: &'a Item,
    /// What people call its kind.
    pub(in crate::web) kind: String,
    /// All kinds.
    pub(in crate::web) kinds: Vec<(&'a DocumentKind, &'a str)>,
    /// The page that is shown, as decisions name it.
    pub(in crate::web) page: usize,
    /// How its picture lies over it; `None` where there is none.
    pub(in crate::web) layout: Option<Layout>,
    /// Other documents of the station that wait: number, name, since when.
    pub(in crate::web) others: Vec<(RecordId, String, Timestamp)>,
    pub(in crate::web) said: Said,
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    let item = shown.item;
    let body = html! {
        (said(shown.said, lang))
        div.item {
            (pages::sheet(asked, shown))
            section.card.decide {
                p.hint { a href="/worklist" { "← " (lang.pick("Danh sách chờ", "The worklist")) } }
                h1 { (shown.kind) }
                p.title { (item.dropped_as) }
                div.facts-line {
                    span { (lang.pick("Quầy ", "Station ")) (item.station) }
                    span { (lang.pick("Chờ từ ", "Since ")) (words::time(item.since, lang)) }
                    span { (item.pages.len()) " " (lang.pick("trang", "pages")) }
                }
                @for question in &item.questions { p.why { (question.sentence(lang)) } }
                @if item.held.is_some() { p.why { (super::worklist::not_settled(lang)) } }
                (accept(asked, shown))
                @if item.held.is_none() {
                    (turn(asked, shown))
                    (other_decisions(asked, shown))
                }
                (values(asked, shown))
            }
        }
    };
    whole(asked, &shown.kind, body)
}

fn said(said: Said, lang: Lang) -> Markup {
    let (vi, en) = match said {
        Said::Nothing => return html! {},
        Said::Decided => {
            return html! { p.notice.good role="status" {
                (lang.pick("Đã ghi quyết định. Tài liệu tiếp theo:", "The decision is kept. The next document:"))
            } };
        }
        Said::NoCitizen => (
            "Chưa chọn giấy tờ này của ai.",
            "Choose whose paper this is.",
        ),
        Said::NoNumber => (
            "Số định danh có 12 chữ số; hãy kiểm tra lại.",
            "A citizen ID has 12 digits; look at it again.",
        ),
        Said::NoDossier => (
            "Mã hồ sơ có dạng H36.105-261123-0007; hãy kiểm tra lại.",
            "A dossier code looks like H36.105-261123-0007; look at it again.",
        ),
        Said::NoReason => (
            "Hãy ghi lý do từ chối để quầy biết phải làm gì.",
            "Say why it is rejected, so that the counter knows what to do.",
        ),
        Said::Unreadable => (
            "Không hiểu được nội dung đã nhập; chưa có gì thay đổi.",
            "What was typed cannot be understood; nothing was changed.",
        ),
    };
    notice("bad", lang.pick(vi, en))
}

/// The form of a decision; `kind` is what it decides.
fn form(asked: &Asked, item: &Item, kind: &str, inner: &Markup) -> Markup {
    html! {
        form method="post" action={ "/worklist/" (item.record) "/decisions" } {
            (seal(asked))
            input type="hidden" name="decision" value=(kind);
            (inner)
        }
    }
}

/// Whose, which dossier, what kind; and one key.
fn accept(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let (lang, item) = (asked.lang, shown.item);
    let asks = item.asks_whose();
    let known = match item.dossiers.as_slice() {
        [only] => only.to_string(),
        _ => String::new(),
    };
    let inner = html! {
        @if asks || !item.candidates.is_empty() {
            fieldset.whose {
                legend { (lang.pick("Của ai? So với ảnh rồi chọn", "Whose? Compare with the picture, then choose")) }
                (candidates(asked, shown))
            }
        } @else {
            details {
                summary { (lang.pick("Ghi rõ của ai", "Say whose it is")) }
                (other_number(lang))
            }
        }
        div.pair {
            div {
                label for="dossier" { (lang.pick("Mã hồ sơ", "Dossier")) }
                input id="dossier" name="dossier" value=(known) maxlength="64" autocomplete="off" spellcheck="false" list="dossiers";
                datalist id="dossiers" { @for dossier in &item.dossiers { option value=(dossier) {} } }
            }
            div {
                label for="kind" { (lang.pick("Loại giấy tờ", "Kind")) }
                select id="kind" name="kind" {
                    option value="" { (lang.pick("Chưa rõ loại", "Kind not known")) }
                    @for (kind, name) in &shown.kinds {
                        option value=(kind) selected[item.kind.as_ref() == Some(*kind)] { (name) }
                    }
                }
            }
        }
        button.main accesskey="a" autofocus[!asks] {
            @match item.held {
                Some(_) => (lang.pick("Ghi nhận", "Settle it")),
                None => { (lang.pick("Nhận và lưu trữ", "Accept and archive"))
                    " (" (item.pages.iter().filter(|page| !page.is_left_out).count()) " " (lang.pick("trang", "pages")) ")" }
            }
        }
        span.keys { " Alt+A" }
    };
    form(asked, item, "accept", &inner)
}

/// The candidates side by side, each with a key, then somebody else.
fn candidates(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let (lang, item) = (asked.lang, shown.item);
    html! {
        div.candidates {
            @for (number, candidate) in (1..).zip(&item.candidates) {
                label.candidate {
                    input type="radio" name="citizen" value=(candidate.citizen.expose()) required[item.asks_whose()]
                        accesskey=[(number < 10).then_some(number)] autofocus[number == 1];
                    span {
                        span.number { (candidate.citizen.expose()) }
                        @for source in &candidate.sources { span.hint { (words::source(*source, lang)) } }
                        @for name in names_beside(item, candidate.citizen.expose()) { span { (name) } }
                        @if number < 10 { span.keys { "Alt+" (number) } }
                    }
                }
            }
            label.candidate {
                input type="radio" name="citizen" value="other" autofocus[item.candidates.is_empty()];
                span { (lang.pick("Người khác:", "Somebody else:")) (other_field(lang)) }
            }
            @if item.held.is_none() {
                label.candidate {
                    input type="radio" name="citizen" value="unknown";
                    span { (lang.pick("Chưa rõ của ai: lưu trữ, xác định sau", "Not known: archive it, settle it later")) }
                }
            }
        }
    }
}

fn other_number(lang: Lang) -> Markup {
    html! { label { (lang.pick("Số định danh (12 chữ số)", "Citizen ID (12 digits)")) (other_field(lang)) } }
}

fn other_field(lang: Lang) -> Markup {
    html! {
        input name="other" maxlength="20" inputmode="numeric" autocomplete="off"
            aria-label=(lang.pick("Số định danh của người khác", "Citizen ID of somebody else"));
    }
}

/// Names that the same source found on the page on which it found this number.
fn names_beside<'a>(item: &'a Item, number: &str) -> Vec<&'a str> {
    use crate::record::FieldName;
    let on = item
        .fields
        .iter()
        .filter(|it| it.name == FieldName::CitizenId && it.value == number);
    let on: Vec<_> = on.map(|it| (it.page, it.source)).collect();
    let names = item
        .fields
        .iter()
        .filter(|it| it.name == FieldName::FullName);
    let mut names: Vec<&str> = names
        .filter(|it| on.contains(&(it.page, it.source)))
        .map(|it| it.value.as_str())
        .collect();
    names.dedup();
    names.truncate(3);
    names
}

/// Turning the page that is shown, leaving out blank ones.
fn turn(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let (lang, item) = (asked.lang, shown.item);
    let ways = [
        (90_u16, "r", "↻ Xoay phải", "↻ Turn right"),
        (270, "l", "↺ Xoay trái", "↺ Turn left"),
        (180, "u", "⇅ Lật ngược", "⇅ Upside down"),
    ];
    let turns = html! {
        input type="hidden" name="page" value=(shown.page);
        @for (degrees, key, vi, en) in ways {
            button name="degrees" value=(degrees) accesskey=(key) { (lang.pick(vi, en)) } " "
        }
    };
    let is_blank = |page: &&crate::web::items::ItemPage| {
        page.reading == PageReading::Blank && !page.is_left_out
    };
    let blank = item.pages.iter().filter(is_blank).count();
    let dropping = html! {
        button accesskey="b" { (lang.pick("Bỏ trang trắng", "Leave out blank pages")) " (" (blank) ")" }
    };
    html! {
        div.actions {
            (form(asked, item, "turn", &turns))
            @if blank > 0 { (form(asked, item, "blank", &dropping)) }
        }
    }
}

fn other_decisions(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let (lang, item) = (asked.lang, shown.item);
    let kept = item.pages.iter().filter(|page| !page.is_left_out);
    let order: Vec<String> = kept.map(|page| page.number.to_string()).collect();
    let field = |name: &str, label: &str, value: &str, hint: &str| {
        html! {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) placeholder=(hint) required autocomplete="off" inputmode="numeric";
        }
    };
    let split = html! {
        (field("at", lang.pick("Tài liệu mới bắt đầu ở trang", "New documents begin on page"), "", "3, 5"))
        button { (lang.pick("Tách", "Divide")) }
    };
    let ordering = html! {
        (field("order", lang.pick("Thứ tự trang", "Order of the pages"), &order.join(", "), "2, 1, 3"))
        button { (lang.pick("Sắp xếp", "Put in order")) }
    };
    let merge = html! {
        label for="with" { (lang.pick("Gộp với (trang nối vào sau)", "Merge with (its pages come after)")) }
        select id="with" name="with" required {
            @for (record, name, since) in &shown.others {
                option value=(record) { (name) " – " (words::time(*since, lang)) }
            }
        }
        button { (lang.pick("Gộp", "Merge")) }
    };
    let reject = html! {
        label for="reason" { (lang.pick("Lý do từ chối", "Why it is rejected")) }
        input id="reason" name="reason" required maxlength="500" accesskey="x" list="reasons";
        datalist id="reasons" {
            @for reason in ["Quét mờ, quét lại", "Thiếu trang, quét lại", "Không phải giấy tờ của hồ sơ"] { option value=(reason) {} }
        }
        button.bad { (lang.pick("Từ chối", "Reject")) }
    };
    html! {
        details.more {
            summary { (lang.pick("Từ chối", "Reject")) }
            (form(asked, item, "reject", &reject))
        }
        @if item.pages.len() > 1 || !shown.others.is_empty() {
            details.more {
                summary { (lang.pick("Tách, gộp, sắp xếp trang", "Divide, merge, put in order")) }
                @if item.pages.len() > 1 {
                    (form(asked, item, "split", &split))
                    (form(asked, item, "order", &ordering))
                }
                @if !shown.others.is_empty() { (form(asked, item, "merge", &merge)) }
            }
        }
    }
}

/// What was found, by the numbers of the marks on the page.
fn values(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    let fields = pages::fields_of(shown.item, shown.page);
    html! {
        @if !fields.is_empty() {
            h2 { (lang.pick("Tìm thấy trên trang này", "Found on this page")) }
            ol.found {
                @for field in &fields {
                    li {
                        span.hint { (words::field(field.name, lang)) ": " }
                        (field.value)
                        " " span.hint { "(" (words::source(field.source, lang)) ")" }
                        @if field.doubt.is_some() {
                            " " span.state.warn { (lang.pick("Cần đối chiếu", "Compare with the paper")) }
                        }
                    }
                }
            }
        }
    }
}

/// A decision that was not taken: why, and what to do.
pub(in crate::web) fn not_taken(asked: &Asked, record: RecordId, why: &dyn Explain) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Quyết định chưa được ghi", "The decision was not taken");
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            (notice("warn", &why.message(lang)))
            @if why.code() == "worklist.not_waiting" {
                p { (lang.pick(
                    "Có thể người khác vừa xử lý tài liệu này.",
                    "Somebody else may just have settled this document.")) }
            } @else {
                p { (why.advice(lang)) }
                p { a.button href={ "/worklist/" (record) } { (lang.pick("Xem lại tài liệu", "To the document")) } }
            }
            p { a.button href="/worklist" { (lang.pick("Về danh sách chờ", "To the worklist")) } }
        }
    };
    whole(asked, title, body)
}
