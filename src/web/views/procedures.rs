//! Choosing a procedure, and its checklist: what is held and good, what is held but not, what is missing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use maud::{Markup, html};

use super::found::purpose;
use super::layout::{notice, page as whole, seal};
use super::words;
use crate::record::{CitizenId, Lang, RecordId};
use crate::reuse::checklist::{Checklist, ChecklistItem, HeldRecord, PaperState, Standing};
use crate::reuse::procedure::{Catalogue, Procedure, RequiredPaper};
use crate::web::asked::Asked;
use crate::web::lookups::LookUp;

/// What there is to choose from.
pub(in crate::web) struct Choice<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) number: usize,
    pub(in crate::web) citizen: &'a CitizenId,
    pub(in crate::web) on: Date,
    /// What was typed to find one.
    pub(in crate::web) words: &'a str,
    pub(in crate::web) procedures: Vec<&'a Procedure>,
}

/// A checklist, and what of it can be taken along.
pub(in crate::web) struct Shown<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) number: usize,
    pub(in crate::web) citizen: &'a CitizenId,
    pub(in crate::web) catalogue: &'a Catalogue,
    pub(in crate::web) list: &'a Checklist<'a>,
    /// What is held and not asked for.
    pub(in crate::web) others: Vec<&'a HeldRecord>,
    /// Which papers have a box, and which boxes are ticked.
    pub(in crate::web) boxes: BTreeSet<RecordId>,
    pub(in crate::web) ticked: BTreeSet<RecordId>,
    /// Which the visitor may not see.
    pub(in crate::web) guarded: &'a BTreeSet<RecordId>,
    /// What was typed before.
    pub(in crate::web) dossier: &'a str,
    pub(in crate::web) received: &'a str,
    /// What was wrong with it.
    pub(in crate::web) said: Option<&'a str>,
}

fn place(look_up: &LookUp, number: usize) -> String {
    format!("/look-ups/{}/people/{number}", look_up.handle)
}

/// The page to choose on.
pub(in crate::web) fn choice(asked: &Asked, choice: &Choice<'_>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Chọn thủ tục", "Choose the procedure");
    let person = place(choice.look_up, choice.number);
    let here = format!("{person}/procedures");
    let body = html! {
        (purpose(asked, choice.look_up))
        section.card {
            p { a href=(person) { "← " (lang.pick("Về giấy tờ của công dân", "To the citizen's papers")) } }
            h1 { (title) }
            p { (lang.pick("Công dân ", "Citizen ")) span.number { (choice.citizen) }
                (lang.pick(", theo quy định ngày ", ", by the rules of ")) (words::day(choice.on, lang)) }
            form.line method="get" action=(here) role="search" {
                input name="words" value=(choice.words) maxlength="100" autocomplete="off" autofocus
                    aria-label=(lang.pick("Tên hoặc mã thủ tục", "Name or code of the procedure"))
                    placeholder=(lang.pick("Tên hoặc mã thủ tục, có dấu hoặc không dấu", "Name or code of the procedure"));
                button { (lang.pick("Lọc", "Filter")) }
            }
            @if choice.procedures.is_empty() {
                (notice("warn", lang.pick("Danh mục không có thủ tục nào như vậy.", "The catalogue has no such procedure.")))
            }
            ul.choices {
                @for procedure in &choice.procedures {
                    li {
                        a href={ (here) "/" (procedure.code) } { (procedure.name) }
                        " " span.hint { (procedure.code) }
                    }
                }
            }
        }
    };
    whole(asked, title, body)
}

/// The page of the checklist.
pub(in crate::web) fn page(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    let procedure = shown.list.procedure;
    let person = place(shown.look_up, shown.number);
    let here = format!("{person}/procedures/{}", procedure.code);
    let body = html! {
        (purpose(asked, shown.look_up))
        section.card {
            p { a href={ (person) "/procedures" } { "← " (lang.pick("Thủ tục khác", "Another procedure")) }
                " · " a href=(person) { (lang.pick("Giấy tờ của công dân", "The citizen's papers")) } }
            h1 { (procedure.name) }
            p { (procedure.code) " · " (lang.pick("công dân ", "citizen ")) span.number { (shown.citizen) }
                " · " (lang.pick("theo quy định ngày ", "by the rules of ")) (words::day(shown.list.on, lang)) }
            @if let Some(said) = shown.said { (notice("bad", said)) }
            (summary(shown.list, lang))
            p.actions {
                @if shown.look_up.purpose.dossier.is_some() && !shown.ticked.is_empty() {
                    button.main form="take" accesskey="t" { (lang.pick("Lấy theo giấy tờ đã chọn", "Take the ticked papers along")) }
                }
                a.button href={ (here) "/prefill" } { (lang.pick("Thông tin điền sẵn", "Data for the form")) }
            }
            form id="take" method="post" action={ (here) "/bundle" } {
                (seal(asked))
                ol.papers { @for item in &shown.list.items { (line(asked, shown, item)) } }
                (others(asked, shown))
                (take(asked, shown))
            }
        }
    };
    whole(asked, &procedure.name, body)
}

/// What is to be asked for, in one sentence.
fn summary(list: &Checklist<'_>, lang: Lang) -> Markup {
    let needed = list.items.iter().filter(|item| !item.paper.optional);
    let missing = needed.filter(|item| item.state != PaperState::Held);
    let missing: Vec<&str> = missing.map(|item| item.paper.name.as_str()).collect();
    if list.items.is_empty() {
        return notice(
            "warn",
            lang.pick(
                "Danh mục chưa ghi thủ tục này cần giấy tờ gì.",
                "The catalogue does not say which papers this procedure needs.",
            ),
        );
    }
    if missing.is_empty() {
        return notice(
            "good",
            lang.pick(
                "Không phải yêu cầu công dân nộp thêm giấy tờ.",
                "No paper needs to be asked for.",
            ),
        );
    }
    let asked_for = lang.pick("Cần yêu cầu công dân nộp: ", "To ask the citizen for: ");
    notice("warn", &format!("{asked_for}{}.", missing.join("; ")))
}

fn line(asked: &Asked, shown: &Shown<'_>, item: &ChecklistItem<'_>) -> Markup {
    let lang = asked.lang;
    let state = match (item.state, item.paper.optional) {
        (PaperState::Held, _) => "good",
        (PaperState::NotUsable, _) | (PaperState::Missing, true) => "warn",
        (PaperState::Missing, false) => "bad",
    };
    html! {
        li {
            span.state.(state) { (item.state.text(lang)) }
            " " strong { (item.paper.name) } (notes(item.paper, lang))
            @for assessed in &item.records {
                (paper(asked, shown, assessed.held, Some(&assessed.standing)))
            }
        }
    }
}

fn notes(paper: &RequiredPaper, lang: Lang) -> Markup {
    html! {
        @if paper.count > 1 { " × " (paper.count) }
        @if paper.optional { " " span.hint { (lang.pick("(nếu có)", "(where it applies)")) } }
        @if paper.own_dossier { " " span.hint { (lang.pick("(làm riêng cho hồ sơ này)", "(made for this dossier)")) } }
        @if paper.original { " " span.hint { (lang.pick("(phải xuất trình bản chính)", "(the original must be shown)")) } }
    }
}

/// One held record; a box before it where it can be taken along.
fn paper(
    asked: &Asked,
    shown: &Shown<'_>,
    held: &HeldRecord,
    standing: Option<&Standing>,
) -> Markup {
    let lang = asked.lang;
    let record = held.record;
    let kind = held
        .kind
        .as_ref()
        .map_or(lang.pick("Chưa rõ loại", "Kind not known"), |kind| {
            shown.catalogue.kind_name(kind)
        });
    let is_good = standing == Some(&Standing::Valid);
    html! {
        div.held {
            @if shown.boxes.contains(&record) {
                input type="checkbox" id={ "take-" (record) } name=(record) value="take" checked[shown.ticked.contains(&record)]
                    aria-label=(lang.pick("Lấy theo", "Take along"));
            }
            div {
                a.paper href={ "/look-ups/" (shown.look_up.handle) "/records/" (record) } { (kind) }
                @if let Some(title) = &held.title { " – " (title) }
                div.facts-line {
                    span { (words::day(held.date.day, lang))
                        @if held.date.source.is_none() { " " (lang.pick("(ngày lưu)", "(archived)")) } }
                    @if let Some(dossier) = &held.dossier { span { (lang.pick("Hồ sơ ", "Dossier ")) (dossier) } }
                }
                @if let Some(standing) = standing {
                    span.state.(if is_good { "good" } else { "warn" }) { (standing.text(lang)) }
                }
                @for doubt in held.doubts.iter().filter(|_| standing.is_none()) {
                    span.state.warn { (doubt.text(lang)) }
                }
                @if shown.guarded.contains(&record) {
                    " " span.state.warn { (lang.pick("Giấy tờ tùy thân: cần vai trò riêng", "Identity card: needs a role of its own")) }
                }
            }
        }
    }
}

fn others(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    html! {
        @if !shown.others.is_empty() {
            details.others open[shown.others.iter().any(|it| shown.ticked.contains(&it.record))] {
                summary { (lang.pick("Giấy tờ khác đang lưu", "Other papers held")) " (" (shown.others.len()) ")" }
                @for held in &shown.others { (paper(asked, shown, held, None)) }
            }
        }
    }
}

/// Where the ticked papers go.
fn take(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    if shown.boxes.is_empty() {
        return html! {
            p.hint { (lang.pick("Không có giấy tờ nào lấy theo được.", "There is no paper to take along.")) }
        };
    }
    html! {
        fieldset.take {
            legend { (lang.pick("Lấy theo vào hồ sơ mới", "Take along into a new dossier")) }
            @match &shown.look_up.purpose.dossier {
                Some(dossier) => p { (lang.pick("Hồ sơ ", "Dossier ")) strong { (dossier) } },
                None => {
                    label for="dossier" { (lang.pick("Mã hồ sơ mới", "Code of the new dossier")) }
                    input id="dossier" name="dossier" value=(shown.dossier) maxlength="64" autocomplete="off" spellcheck="false"
                        placeholder=(lang.pick("Ví dụ: H36.105-261123-0007", "For example: H36.105-261123-0007"));
                }
            }
            label for="received" { (lang.pick("Ngày tiếp nhận", "Day of reception")) }
            input id="received" name="received" type="date" value=(shown.received) aria-describedby="received-hint";
            p.hint id="received-hint" {
                (lang.pick("Để trống: theo mã hồ sơ.", "Empty: as the dossier's code says."))
            }
            p { button.main { (lang.pick("Lấy theo giấy tờ đã chọn (ZIP)", "Take the ticked papers along (ZIP)")) } }
            p.hint {
                (lang.pick(
                    "Gói gồm PDF đã ký, bìa, danh mục mã băm và chứng minh trong sổ cái. Việc dùng lại được ghi vào nhật ký và sổ cái.",
                    "Signed PDFs, a cover page, digests and proofs of the ledger. The re-use goes on record, in the log and in the ledger.",
                ))
            }
        }
    }
}
