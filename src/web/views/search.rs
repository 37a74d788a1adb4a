//! The first page: one large field, and why.

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use crate::web::asked::Asked;
use crate::web::routes::{AUDITS, KEEPS_ACCOUNTS};
use crate::web::sought::{Among, NotSought};

/// What the form holds already.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Filled<'a> {
    pub(in crate::web) purpose: &'a str,
    pub(in crate::web) sought: &'a str,
    pub(in crate::web) among: Among,
}

/// Why nothing was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Mistake {
    /// No purpose.
    Purpose,
    /// Nothing that can be looked for.
    Sought(NotSought),
}

/// The page.
pub(in crate::web) fn page(asked: &Asked, filled: &Filled<'_>, mistake: Option<Mistake>) -> Markup {
    let title = asked.lang.pick("Tra cứu", "Look up");
    let body = html! {
        section.search.card {
            h1 { (title) }
            (form(asked, filled, mistake))
        }
        (help(asked))
    };
    whole(asked, title, body)
}

fn form(asked: &Asked, filled: &Filled<'_>, mistake: Option<Mistake>) -> Markup {
    let lang = asked.lang;
    let choices = [
        (Among::Everything, "", "Tự nhận biết", "By itself"),
        (Among::Names, "names", "Chỉ họ tên", "Names only"),
        (Among::Texts, "texts", "Chỉ nội dung", "Text only"),
    ];
    let purpose_first = filled.purpose.is_empty() || mistake == Some(Mistake::Purpose);
    html! {
        @match mistake {
            None => {},
            Some(Mistake::Purpose) => (notice("bad", lang.pick(
                "Chưa có mục đích. Nhập mã hồ sơ đang giải quyết, hoặc ghi rõ lý do tra cứu.",
                "There is no purpose. Type the code of the dossier at hand, or say why you look this up.",
            ))),
            Some(Mistake::Sought(why)) => (notice("bad", why.text(lang))),
        }
        form method="post" action="/look-ups" {
            (seal(asked))
            label for="purpose" { (lang.pick("Mục đích hoặc mã hồ sơ đang giải quyết", "Purpose, or the dossier at hand")) }
            input id="purpose" name="purpose" value=(filled.purpose) maxlength="500" autocomplete="off"
                aria-describedby="purpose-hint" autofocus[purpose_first]
                placeholder=(lang.pick("Ví dụ: H36.105-261123-0007", "For example: H36.105-261123-0007"));
            p.hint id="purpose-hint" {
                (lang.pick(
                    "Được ghi lại cùng lượt xem. Tra theo mã hồ sơ thì có thể để trống.",
                    "Kept with the look. May be empty where you look up a dossier.",
                ))
            }
            label for="sought" { (lang.pick("Tìm công dân, hồ sơ hoặc nội dung", "Find a citizen, a dossier or text")) }
            div.big {
                input id="sought" name="sought" value=(filled.sought) required maxlength="1024"
                    autocomplete="off" autocapitalize="none" spellcheck="false" accesskey="f"
                    aria-describedby="sought-hint" autofocus[!purpose_first];
                button.main { (lang.pick("Tra cứu", "Look up")) }
            }
            p.hint id="sought-hint" {
                (lang.pick(
                    "Số định danh, số CMND, mã hồ sơ, họ tên có dấu hoặc không dấu, hoặc quét mã QR trên thẻ căn cước.",
                    "Citizen ID, former number (CMND), dossier code, a name with or without marks, or the card's QR code.",
                ))
            }
            fieldset.among {
                legend { (lang.pick("Tìm chữ trong", "Words are looked for in")) }
                @for (among, value, vi, en) in choices {
                    label { input type="radio" name="among" value=(value) checked[filled.among == among]; " " (lang.pick(vi, en)) }
                }
            }
        }
    }
}

fn help(asked: &Asked) -> Markup {
    let lang = asked.lang;
    let rows = [
        (
            "079 203 000 001",
            "số định danh 12 chữ số, có hoặc không có khoảng trắng",
            "a citizen ID, with or without spaces",
        ),
        ("012345678", "số CMND cũ", "a former number"),
        (
            "H36.105-261123-0007",
            "mọi giấy tờ của một hồ sơ",
            "all papers of a dossier",
        ),
        (
            "nguyen van a",
            "họ tên; có dấu thì ưu tiên đúng dấu",
            "a name; with marks, exact answers come first",
        ),
        (
            "quét QR / scan",
            "đặt con trỏ trong ô lớn rồi quét thẻ",
            "put the cursor in the large field and scan the card",
        ),
    ];
    html! {
        section.help aria-label=(lang.pick("Cách tìm", "How to look up")) {
            h2 { (lang.pick("Có thể nhập", "What you can type")) }
            dl {
                @for (example, vi, en) in rows {
                    div { dt { code { (example) } } dd { (lang.pick(vi, en)) } }
                }
            }
        }
    }
}

/// The first page of those who look nobody up.
pub(in crate::web) fn without_search(asked: &Asked) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Trang đầu", "First page");
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            p {
                (lang.pick(
                    "Tài khoản này không tra cứu giấy tờ của công dân.",
                    "This account does not look up citizens' papers.",
                ))
            }
            @if asked.has_any(AUDITS) {
                p { a.button.main href="/access" { (lang.pick("Ai đã xem giấy tờ", "Who looked at papers")) } }
            }
            @if asked.has_any(KEEPS_ACCOUNTS) {
                p { a.button.main href="/accounts" { (lang.pick("Tài khoản", "Accounts")) } }
            }
            p { a.button href="/health" { (lang.pick("Tình trạng hệ thống", "Health")) } }
        }
    };
    whole(asked, title, body)
}
