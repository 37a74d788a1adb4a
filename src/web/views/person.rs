//! A citizen's page: the timeline of papers.

use jiff::civil::Date;
use maud::{Markup, html};

use super::found::purpose;
use super::layout::{notice, page as whole, pager};
use super::words;
use crate::index::IndexRow;
use crate::record::{CitizenId, SignerRole};
use crate::web::asked::Asked;
use crate::web::holdings::ProofNow;
use crate::web::lookups::LookUp;

/// What the archive says of a paper.
pub(in crate::web) struct Papers {
    /// The day that it bears.
    pub(in crate::web) day: Date,
    pub(in crate::web) proof: Option<ProofNow>,
    pub(in crate::web) roles: Vec<Option<SignerRole>>,
    pub(in crate::web) is_guarded: bool,
}

/// One paper of the timeline.
pub(in crate::web) struct Entry {
    pub(in crate::web) row: IndexRow,
    pub(in crate::web) kind: String,
    /// Absent where the archive cannot be read.
    pub(in crate::web) papers: Option<Papers>,
}

/// The page's content.
pub(in crate::web) struct Person<'a> {
    pub(in crate::web) look_up: &'a LookUp,
    pub(in crate::web) number: usize,
    pub(in crate::web) citizen: &'a CitizenId,
    pub(in crate::web) name: Option<String>,
    pub(in crate::web) entries: Vec<Entry>,
    pub(in crate::web) page: usize,
    pub(in crate::web) is_more: bool,
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, person: &Person<'_>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Giấy tờ của công dân", "A citizen's papers");
    let place = format!(
        "/look-ups/{}/people/{}",
        person.look_up.handle, person.number
    );
    let body = html! {
        (purpose(asked, person.look_up))
        section.card {
            header.person {
                h1 { (person.name.as_deref().unwrap_or(title)) }
                div.id {
                    span { (lang.pick("Số định danh:", "Citizen ID:")) }
                    details.reveal {
                        summary { span.number { (person.citizen) } " " span.hint { (lang.pick("bấm để xem đủ", "press to see it whole")) } }
                        span.number { (person.citizen.expose()) }
                    }
                }
            }
            p.actions {
                a.button.main href={ (place) "/procedures" } accesskey="p" {
                    (lang.pick("Kiểm thành phần hồ sơ, dùng lại giấy tờ", "Check a procedure's papers, use them again"))
                }
            }
            @if person.entries.is_empty() {
                (notice("warn", lang.pick("Không có giấy tờ nào ở trang này.", "There is no paper on this page.")))
            } @else {
                h2 { (lang.pick("Giấy tờ đang lưu, mới nhất trước", "Papers held, the newest first")) }
                ol.timeline {
                    @for entry in &person.entries { (paper(asked, person, entry)) }
                }
            }
            (pager(asked, &place, person.page, person.is_more))
        }
    };
    whole(asked, title, body)
}

fn paper(asked: &Asked, person: &Person<'_>, entry: &Entry) -> Markup {
    let lang = asked.lang;
    let row = &entry.row;
    html! {
        li {
            div.when {
                @match &entry.papers {
                    Some(papers) => time datetime=(papers.day) { (words::day(papers.day, lang)) },
                    None => (words::day_of(&row.archived, lang)),
                }
            }
            @if entry.papers.as_ref().is_some_and(|papers| !papers.is_guarded) {
                // The picture says nothing that the link beside it does not.
                img.thumb alt="" loading="lazy"
                    src={ "/look-ups/" (person.look_up.handle) "/records/" (row.record) "/pages/1?size=small" };
            }
            div.what {
                a.paper href={ "/look-ups/" (person.look_up.handle) "/records/" (row.record) } { (entry.kind) }
                @if let Some(title) = &row.title { div.title { (title) } }
                div.facts-line {
                    @if let Some(dossier) = &row.dossier { span { (lang.pick("Hồ sơ ", "Dossier ")) (dossier) } }
                    span { (lang.pick("Quầy ", "Station ")) (row.station) }
                    span { (lang.pick("Lưu ngày ", "Archived ")) (words::day_of(&row.archived, lang)) }
                    span { (row.pages) " " (lang.pick("trang", "pages")) }
                }
                div.states {
                    @match &entry.papers {
                        None => span.state.bad { (lang.pick("Không đọc được trong kho", "Cannot be read in the archive")) },
                        Some(papers) => {
                            (words::signed(&papers.roles, lang))
                            (words::proof(papers.proof, lang))
                            @if papers.is_guarded {
                                span.state.warn { (lang.pick("Giấy tờ tùy thân: cần vai trò riêng", "Identity card: needs a role of its own")) }
                            }
                        }
                    }
                    @for attention in &row.attention {
                        span.state.warn { (words::attention(*attention, lang)) }
                    }
                }
            }
        }
    }
}
