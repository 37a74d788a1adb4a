//! The worklist: what waits for a person, why and since when.

use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::{notice, page as whole};
use super::words;
use crate::record::{CitizenId, Lang, RecordId};
use crate::web::asked::Asked;

/// Candidates that a row names.
const CANDIDATES_MAX: usize = 3;

/// One line of the list.
pub(in crate::web) struct Row {
    pub(in crate::web) record: RecordId,
    pub(in crate::web) kind: String,
    /// Sentences.
    pub(in crate::web) why: Vec<String>,
    pub(in crate::web) since: Option<Timestamp>,
    pub(in crate::web) station: String,
    /// As the station named it; it may say anything.
    pub(in crate::web) dropped_as: String,
    pub(in crate::web) dossiers: Vec<String>,
    pub(in crate::web) pages: usize,
    pub(in crate::web) candidates: Vec<CitizenId>,
    /// It shows an identity card, and the visitor may not see these.
    pub(in crate::web) is_guarded: bool,
}

/// The list.
pub(in crate::web) struct List {
    pub(in crate::web) waiting: Vec<Row>,
    pub(in crate::web) archived: Vec<Row>,
    /// How many there are, shown or not.
    pub(in crate::web) count: usize,
    /// A decision was just taken, and nothing is left.
    pub(in crate::web) is_decided: bool,
}

/// Why a record of the archive is listed.
pub(in crate::web) fn not_settled(lang: Lang) -> &'static str {
    lang.pick(
        "Đã lưu trữ, chưa xác định của ai.",
        "Archived, but whose it is is not settled.",
    )
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, list: &List) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Chờ cán bộ xử lý", "Waiting for a person");
    let body = html! {
        @if list.is_decided {
            p.notice.good role="status" { (lang.pick("Đã ghi quyết định.", "The decision is kept.")) }
        }
        section.card {
            h1 { (title) " (" (list.count) ")" }
            @if list.waiting.is_empty() && list.archived.is_empty() {
                (notice("good", lang.pick("Không có tài liệu nào chờ cán bộ.", "Nothing waits for a person.")))
            }
            @if !list.waiting.is_empty() { (table(asked, &list.waiting, true)) }
            @if !list.archived.is_empty() {
                h2 { (lang.pick("Đã lưu trữ, cần xác định của ai", "Archived, to be settled whose it is")) }
                (table(asked, &list.archived, false))
            }
        }
    };
    whole(asked, title, body)
}

fn table(asked: &Asked, rows: &[Row], is_first: bool) -> Markup {
    let lang = asked.lang;
    html! {
        div.wide tabindex="0" role="region" aria-label=(lang.pick("Danh sách", "List")) {
            table.list {
                thead {
                    tr {
                        th scope="col" { (lang.pick("Giấy tờ và lý do chờ", "Paper, and why it waits")) }
                        th scope="col" { (lang.pick("Có thể của", "Perhaps of")) }
                        th scope="col" { (lang.pick("Chờ từ", "Since")) }
                        th scope="col" { (lang.pick("Quầy", "Station")) }
                        th scope="col" { (lang.pick("Số trang", "Pages")) }
                    }
                }
                tbody {
                    @for (number, row) in rows.iter().enumerate() { (line(asked, row, is_first && number == 0)) }
                }
            }
        }
    }
}

fn line(asked: &Asked, row: &Row, is_first: bool) -> Markup {
    let lang = asked.lang;
    html! {
        tr {
            td data-label=(lang.pick("Giấy tờ", "Paper")) {
                @if row.is_guarded {
                    span.paper { (row.kind) }
                    div.hint { (lang.pick("Giấy tờ tùy thân: cần vai trò riêng để xem", "Identity card: a role of its own may see it")) }
                } @else {
                    a.paper href={ "/worklist/" (row.record) } autofocus[is_first] { (row.kind) }
                }
                @if !row.dropped_as.is_empty() { div.title { (row.dropped_as) } }
                @for dossier in &row.dossiers { div.hint { (lang.pick("Hồ sơ ", "Dossier ")) (dossier) } }
                @for why in &row.why { div.hit { (why) } }
            }
            td data-label=(lang.pick("Có thể của", "Perhaps of")) {
                @if row.candidates.is_empty() { "–" }
                @for citizen in row.candidates.iter().take(CANDIDATES_MAX) { div.number { (citizen) } }
                @if row.candidates.len() > CANDIDATES_MAX { "…" }
            }
            td data-label=(lang.pick("Chờ từ", "Since")) {
                @match row.since { Some(since) => (words::time(since, lang)), None => "–" }
            }
            td data-label=(lang.pick("Quầy", "Station")) { (row.station) }
            td data-label=(lang.pick("Số trang", "Pages")) { (row.pages) }
        }
    }
}
