//! A citizen's data for a form: value, source, day; plain, to be printed as it stands.

use maud::{Markup, html};

use super::found::purpose;
use super::layout::{notice, page as whole};
use super::words;
use crate::record::{FieldName, RecordId};
use crate::reuse::prefill::{FilledField, label, written};
use crate::reuse::procedure::{Catalogue, Procedure};
use crate::web::asked::Asked;
use crate::web::lookups::LookUp;

/// What the sheet says.
pub(in crate::web) struct Sheet<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    /// The citizen's in the look-up.
    pub(in crate::web) number: usize,
    pub(in crate::web) catalogue: &'a Catalogue,
    pub(in crate::web) procedure: &'a Procedure,
    pub(in crate::web) fields: &'a [FilledField],
    /// Papers that the visitor may not see, and that were not asked.
    pub(in crate::web) left_out: usize,
    /// The event of this look.
    pub(in crate::web) event: RecordId,
    pub(in crate::web) by: &'a str,
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, sheet: &Sheet<'_>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Phiếu thông tin điền sẵn", "Data for the form");
    let place = format!(
        "/look-ups/{}/people/{}/procedures/{}",
        sheet.look_up.handle, sheet.number, sheet.procedure.code
    );
    let body = html! {
        (purpose(asked, sheet.look_up))
        section.card.sheet {
            p.actions {
                a.button href=(place) { "← " (lang.pick("Thành phần hồ sơ", "Checklist")) }
                a.button href={ (place) "/prefill.json" } { (lang.pick("Tải về JSON", "Save as JSON")) }
            }
            p.agency { (asked.office) }
            h1 { (title) }
            dl.facts {
                dt { (lang.pick("Thủ tục", "Procedure")) }
                dd { (sheet.procedure.code) " – " (sheet.procedure.name) }
                dt { (lang.pick("Mục đích", "Purpose")) }
                dd { (sheet.look_up.purpose.words(lang)) }
                dt { (lang.pick("Người lập", "Made by")) }
                dd { (sheet.by) ", " (words::time(asked.now, lang)) }
                dt { (lang.pick("Số phiếu", "Number")) }
                dd { code { (sheet.event) } }
            }
            @if sheet.left_out > 0 {
                (notice("warn", lang.pick(
                    "Giấy tờ tùy thân không được dùng để điền: tài khoản này không có vai trò xem chúng.",
                    "Identity cards were left out: this account lacks the role for them.")))
            }
            @if sheet.fields.is_empty() {
                (notice("warn", lang.pick(
                    "Không có giấy tờ nào cho dữ liệu điền sẵn.", "No paper that is held gives any data.")))
            } @else {
                (table(asked, sheet))
            }
        }
    };
    whole(asked, title, body)
}

fn table(asked: &Asked, sheet: &Sheet<'_>) -> Markup {
    let lang = asked.lang;
    let [value, source, day] = [
        lang.pick("Nội dung", "Value"),
        lang.pick("Nguồn", "Source"),
        lang.pick("Ngày", "Day"),
    ];
    html! {
        table.list.filled {
            thead {
                tr {
                    th scope="col" { (lang.pick("Mục", "Field")) }
                    th scope="col" { (value) }
                    th scope="col" { (source) }
                    th scope="col" { (day) }
                }
            }
            tbody {
                @for field in sheet.fields {
                    tr {
                        th scope="row" { (label(field.field, lang)) }
                        td data-label=(value) { div { (cell(field, asked)) } }
                        td data-label=(source) {
                            div {
                                a href={ "/look-ups/" (sheet.look_up.handle) "/records/" (field.record) } {
                                    (field.kind.as_ref().map_or("–", |kind| sheet.catalogue.kind_name(kind)))
                                }
                                " (" (words::source(field.source, lang))
                                @if let Some(page) = field.page { ", " (lang.pick("tr. ", "p. ")) (page) }
                                ")"
                            }
                        }
                        td data-label=(day) { (words::day(field.date, lang)) }
                    }
                }
            }
        }
    }
}

fn cell(field: &FilledField, asked: &Asked) -> Markup {
    let lang = asked.lang;
    let numbers = [FieldName::CitizenId, FieldName::FormerId];
    html! {
        @if numbers.contains(&field.field) { span.number { (written(field)) } } @else { strong { (written(field)) } }
        @if field.check {
            " " span.state.warn { (lang.pick("Cần đối chiếu", "Compare with the paper")) }
        }
        @for other in &field.others {
            div.hint { (lang.pick("Giấy khác ghi: ", "Another paper says: ")) (other.value) }
        }
    }
}
