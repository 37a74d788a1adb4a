//! The auditor's page: questions to the log of look-ups, and its answers. Numbers are masked.

use std::collections::VecDeque;

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use super::words;
use crate::access::Event;
use crate::access::audit::InBulk;
use crate::record::Lang;
use crate::web::asked::Asked;

/// Persons of one look that are named.
const NAMED_MAX: usize = 3;

/// Looks that were asked for.
pub(in crate::web) struct Looks {
    /// The newest first.
    pub(in crate::web) newest: VecDeque<Event>,
    /// All that there are.
    pub(in crate::web) count: u64,
    /// Places where the log is not as it was written.
    pub(in crate::web) flaws: u64,
}

/// What the log said.
pub(in crate::web) enum Answered {
    Looks(Looks),
    InBulk {
        found: InBulk,
        /// Persons an hour that an account may look at.
        limit: u32,
        flaws: u64,
    },
}

/// Why nothing was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Mistake {
    /// Neither a person nor an account nor a day.
    Nothing,
    /// No citizen's number.
    Citizen,
    /// No day.
    Day,
    /// Alarms are not about a citizen.
    CitizenInBulk,
}

impl Mistake {
    fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::Nothing => (
                "Nhập số định danh, tài khoản hoặc ngày.",
                "Type a citizen ID, an account or a day.",
            ),
            Self::Citizen => (
                "Số định danh có 12 chữ số. Hãy kiểm tra lại.",
                "A citizen ID has 12 digits. Look at it again.",
            ),
            Self::Day => (
                "Ngày phải có dạng năm-tháng-ngày, ví dụ 2026-11-23.",
                "A day has the form year-month-day, such as 2026-11-23.",
            ),
            Self::CitizenInBulk => (
                "Cảnh báo xem hàng loạt là về tài khoản: hãy để trống số định danh.",
                "Alarms of bulk looks are about accounts: leave the citizen ID empty.",
            ),
        };
        lang.pick(vi, en)
    }
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, answer: Result<Option<&Answered>, Mistake>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Ai đã xem", "Who looked");
    let body = html! {
        section.card.search {
            h1 { (title) }
            @if let Err(mistake) = answer { (notice("bad", mistake.text(lang))) }
            (form(asked))
        }
        @match answer {
            Ok(Some(Answered::Looks(found))) => (looks(asked, found)),
            Ok(Some(Answered::InBulk { found, limit, flaws })) => (in_bulk(asked, found, (*limit, *flaws))),
            Ok(None) | Err(_) => {}
        }
    };
    whole(asked, title, body)
}

fn form(asked: &Asked) -> Markup {
    let lang = asked.lang;
    let typed = |name: &str| asked.form.value(name).to_owned();
    html! {
        form method="post" action="/access" {
            (seal(asked))
            label for="citizen" { (lang.pick("Số định danh của công dân", "Citizen ID")) }
            input id="citizen" name="citizen" value=(typed("citizen")) maxlength="20" inputmode="numeric" autocomplete="off" autofocus;
            label for="by" { (lang.pick("Tài khoản hoặc tên người xem", "Account or name of who looked")) }
            input id="by" name="by" value=(typed("by")) maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false";
            div.fields {
                div {
                    label for="from" { (lang.pick("Từ ngày", "From")) }
                    input id="from" name="from" type="date" value=(typed("from"));
                }
                div {
                    label for="to" { (lang.pick("Đến hết ngày", "Until")) }
                    input id="to" name="to" type="date" value=(typed("to"));
                }
            }
            label for="purpose" { (lang.pick("Lý do kiểm tra", "Why you ask")) }
            input id="purpose" name="purpose" value=(typed("purpose")) maxlength="200" autocomplete="off";
            p.actions {
                button.main name="what" value="looks" { (lang.pick("Xem lượt tra cứu", "Show the looks")) }
                button name="what" value="bulk" { (lang.pick("Cảnh báo xem hàng loạt", "Alarms of bulk looks")) }
            }
            p.hint {
                (lang.pick(
                    "Các điều kiện cùng phải đúng. Lần kiểm tra này cũng được ghi vào nhật ký.",
                    "All that is given must hold. This question goes on record, too.",
                ))
            }
        }
    }
}

fn flawed(flaws: u64, lang: Lang) -> Markup {
    let said = match lang {
        Lang::Vi => format!(
            "{flaws} chỗ của nhật ký không còn nguyên hoặc không đọc được. Báo người quản trị chạy `sohoa report access`."
        ),
        Lang::En => format!(
            "{flaws} places of the log are not as written or cannot be read. Have the administrator run `sohoa report access`."
        ),
    };
    html! { @if flaws > 0 { (notice("bad", &said)) } }
}

fn looks(asked: &Asked, found: &Looks) -> Markup {
    let lang = asked.lang;
    let heads = [
        lang.pick("Ai", "Who"),
        lang.pick("Lúc", "When"),
        lang.pick("Việc", "What"),
        lang.pick("Của ai", "Whose"),
        lang.pick("Mục đích", "Purpose"),
    ];
    html! {
        section.card.answer {
            h2 { (lang.pick("Lượt xem, mới nhất trước", "Looks, the newest first")) ": " (found.count) }
            (flawed(found.flaws, lang))
            @if found.newest.is_empty() {
                (notice("good", lang.pick("Không có lượt xem nào.", "There is no look.")))
            } @else {
                @if found.count > found.newest.len() as u64 {
                    p.count {
                        (lang.pick("Chỉ hiện ", "Only the newest ")) (found.newest.len())
                        (lang.pick(" lượt mới nhất; chọn ngày để xem lượt cũ hơn.", " are shown; choose days to see older ones."))
                    }
                }
                div.wide tabindex="0" role="region" aria-label=(lang.pick("Danh sách", "List")) {
                    table.list.looks {
                        thead { tr { @for head in heads { th scope="col" { (head) } } } }
                        tbody { @for event in &found.newest { (line(event, heads, lang)) } }
                    }
                }
            }
        }
    }
}

fn line(event: &Event, [who, when, what, whose, why]: [&str; 5], lang: Lang) -> Markup {
    let persons: Vec<_> = event.citizens.iter().chain(&event.listed).collect();
    html! {
        tr {
            td data-label=(who) {
                strong { (event.account()) }
                @if event.by != event.account() { " – " (event.by) }
                div.hint { (event.from) }
            }
            td data-label=(when) { (words::time(event.at, lang)) }
            td data-label=(what) {
                div {
                    (event.what.words(lang))
                    @if let Some(procedure) = &event.procedure { div.hint { (procedure) } }
                }
            }
            td data-label=(whose) {
                div {
                    @if persons.len() > NAMED_MAX {
                        (persons.len()) " " (lang.pick("người", "persons"))
                    } @else {
                        @for citizen in &persons { div.number { (citizen) } }
                    }
                    div.hint { (event.records.len()) " " (lang.pick("giấy tờ", "papers")) }
                }
            }
            td data-label=(why) { (event.purpose.words(lang)) }
        }
    }
}

fn in_bulk(asked: &Asked, found: &InBulk, (limit, flaws): (u32, u64)) -> Markup {
    let lang = asked.lang;
    let heads = [
        lang.pick("Tài khoản", "Account"),
        lang.pick("Từ", "From"),
        lang.pick("Đến", "To"),
        lang.pick("Nhiều nhất trong một giờ", "Most within an hour"),
    ];
    let title = lang.pick("Cảnh báo xem hàng loạt", "Alarms of bulk looks");
    let fine = match lang {
        Lang::Vi => format!("Không tài khoản nào xem quá {limit} người trong một giờ."),
        Lang::En => format!("No account looked at more than {limit} persons within an hour."),
    };
    html! {
        section.card.answer {
            h2 { (title) ": " (found.alarms.len()) }
            (flawed(flaws, lang))
            @if found.alarms.is_empty() { (notice("good", &fine)) } @else {
                table.list {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody {
                        @for alarm in &found.alarms {
                            tr {
                                td data-label=(heads[0]) { strong { (alarm.account) } }
                                td data-label=(heads[1]) { (words::time(alarm.from, lang)) }
                                td data-label=(heads[2]) { (words::time(alarm.to, lang)) }
                                td data-label=(heads[3]) {
                                    span.state.bad { (alarm.persons) " " (lang.pick("người", "persons")) }
                                }
                            }
                        }
                    }
                }
            }
            p.hint {
                (lang.pick("Đã đọc ", "Read ")) (found.events) (lang.pick(" sự kiện; mức cho phép ", " events; allowed are "))
                (limit) (lang.pick(" người một giờ. Không chọn ngày: 31 ngày gần nhất.", " persons an hour. Without days: the last 31."))
            }
        }
    }
}
