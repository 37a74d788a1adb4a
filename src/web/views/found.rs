//! What a look-up found: a list with numbers masked.

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use super::words;
use crate::index::IndexRow;
use crate::look_up::Understood;
use crate::record::CitizenId;
use crate::web::asked::Asked;
use crate::web::lookups::LookUp;

/// One line of the list.
pub(in crate::web) struct Row {
    pub(in crate::web) row: IndexRow,
    /// What people call the kind.
    pub(in crate::web) kind: String,
    pub(in crate::web) owner: Option<CitizenId>,
    /// The owner's number in the look-up.
    pub(in crate::web) number: Option<usize>,
    /// It shows an identity card, and the visitor may not see these.
    pub(in crate::web) is_guarded: bool,
}

/// The list.
pub(in crate::web) struct Found<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) rows: Vec<Row>,
    pub(in crate::web) is_more: bool,
    /// As what the line was answered: words that are nobody's name are looked for in the text.
    pub(in crate::web) understood: &'a Understood,
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, found: &Found<'_>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Kết quả tra cứu", "What was found");
    let body = html! {
        (purpose(asked, found.look_up))
        section.card {
            h1 { (title) ": " (found.understood.words(lang)) }
            @if found.rows.is_empty() {
                (nothing(asked, found.look_up))
            } @else {
                p.count {
                    (found.rows.len()) " " (lang.pick("giấy tờ", "papers"))
                    @if found.is_more { ". " (lang.pick(
                        "Còn nữa: hãy nhập rõ hơn để thu hẹp.", "There are more: say more to narrow it down.")) }
                }
                (list(asked, found))
                (in_text_instead(asked, found))
            }
        }
    };
    whole(asked, title, body)
}

/// Why this is looked up, on every page of a look-up.
pub(super) fn purpose(asked: &Asked, look_up: &LookUp) -> Markup {
    let lang = asked.lang;
    html! {
        div.purpose {
            p { (lang.pick("Mục đích: ", "Purpose: ")) strong { (look_up.purpose.words(lang)) } }
            form.again method="post" action="/look-ups" role="search" {
                (seal(asked))
                input type="hidden" name="purpose" value=(look_up.purpose.words(lang));
                input name="sought" required maxlength="1024" autocomplete="off" autocapitalize="none"
                    spellcheck="false" accesskey="f"
                    aria-label=(lang.pick("Tra cứu tiếp cho mục đích này", "Look up more for this purpose"))
                    placeholder=(lang.pick("Tra cứu tiếp cho mục đích này", "Look up more for this purpose"));
                button { (lang.pick("Tra cứu", "Look up")) }
            }
        }
    }
}

fn list(asked: &Asked, found: &Found<'_>) -> Markup {
    let lang = asked.lang;
    html! {
        div.wide tabindex="0" role="region" aria-label=(lang.pick("Danh sách", "List")) {
            table.list {
                thead {
                    tr {
                        th scope="col" { (lang.pick("Giấy tờ", "Paper")) }
                        th scope="col" { (lang.pick("Của ai", "Whose")) }
                        th scope="col" { (lang.pick("Hồ sơ", "Dossier")) }
                        th scope="col" { (lang.pick("Ngày lưu", "Archived")) }
                        th scope="col" { (lang.pick("Quầy", "Station")) }
                        th scope="col" { (lang.pick("Số trang", "Pages")) }
                    }
                }
                tbody { @for row in &found.rows { (line(asked, found, row)) } }
            }
        }
    }
}

fn line(asked: &Asked, found: &Found<'_>, row: &Row) -> Markup {
    let lang = asked.lang;
    let look_up = &found.look_up.handle;
    html! {
        tr {
            td data-label=(lang.pick("Giấy tờ", "Paper")) {
                a.paper href={ "/look-ups/" (look_up) "/records/" (row.row.record) } { (row.kind) }
                @if let Some(title) = &row.row.title { div.title { (title) } }
                @if row.is_guarded {
                    div.hint { (lang.pick("Giấy tờ tùy thân: cần vai trò riêng để xem", "Identity card: a role of its own may see it")) }
                } @else {
                    @for hit in &row.row.hits {
                        div.hit { span.at { (lang.pick("tr. ", "p. ")) (hit.page) } " " (hit.snippet) }
                    }
                }
                @for attention in &row.row.attention {
                    div { span.state.warn { (words::attention(*attention, lang)) } }
                }
            }
            td data-label=(lang.pick("Của ai", "Whose")) {
                @match (&row.owner, row.number) {
                    (Some(owner), Some(number)) => {
                        a href={ "/look-ups/" (look_up) "/people/" (number) } {
                            @if let Some(name) = &row.row.matched_name { (name) br; }
                            span.number { (owner) }
                        }
                    }
                    (Some(owner), None) => span.number { (owner) },
                    (None, _) => {
                        @if let Some(name) = &row.row.matched_name { (name) br; }
                        span.state.warn { (lang.pick("Chưa xác định", "Not settled")) }
                    }
                }
                @if row.row.matched_alias.as_ref().is_some_and(|alias| alias.citizens > 1) {
                    div { span.state.warn { (lang.pick("Số CMND này của nhiều người, hãy kiểm tra", "Several people had this former number: look whose it is")) } }
                }
            }
            td data-label=(lang.pick("Hồ sơ", "Dossier")) { (row.row.dossier.as_deref().unwrap_or("–")) }
            td data-label=(lang.pick("Ngày lưu", "Archived")) { (words::day_of(&row.row.archived, lang)) }
            td data-label=(lang.pick("Quầy", "Station")) { (row.row.station) }
            td data-label=(lang.pick("Số trang", "Pages")) { (row.row.pages) }
        }
    }
}

fn nothing(asked: &Asked, look_up: &LookUp) -> Markup {
    let lang = asked.lang;
    let text = match look_up.sought.understood {
        Understood::Number(_) | Understood::Card(_) => lang.pick(
            "Cơ quan chưa lưu giấy tờ nào của số này.",
            "The office holds no paper of this number.",
        ),
        Understood::Dossier(_) => lang.pick(
            "Chưa có giấy tờ nào của hồ sơ này.",
            "There is no paper of this dossier yet.",
        ),
        Understood::Record(_) => lang.pick("Không có bản ghi này.", "There is no such record."),
        Understood::Name(_) | Understood::Text(_) | Understood::Phrase(_) => lang.pick(
            "Không tìm thấy. Thử bớt chữ, hoặc viết không dấu.",
            "Nothing found. Try fewer words, or leave the marks out.",
        ),
    };
    html! {
        (notice("warn", text))
        p { a.button href="/" { (lang.pick("Tra cứu khác", "Look up something else")) } }
    }
}

/// Words that were found in names may be meant of the text.
fn in_text_instead(asked: &Asked, found: &Found<'_>) -> Markup {
    let Understood::Name(typed) = found.understood else {
        return html! {};
    };
    html! {
        form.instead method="post" action="/look-ups" {
            (seal(asked))
            input type="hidden" name="purpose" value=(found.look_up.purpose.words(asked.lang));
            input type="hidden" name="sought" value=(typed);
            input type="hidden" name="among" value="texts";
            button { (asked.lang.pick("Tìm các chữ này trong nội dung", "Look for these words in the text")) }
        }
    }
}
