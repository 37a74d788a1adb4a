//! What every page has: the office's name, the way to the search, who is signed in, the language, the way out.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, html};

use crate::record::{Lang, Sha256Digest};
use crate::web::asked::Asked;
use crate::web::routes::{AT_COUNTERS, AUDITS, KEEPS_ACCOUNTS, LOOKS_UP, SIGNS};

/// The one style sheet.
pub(in crate::web) const STYLE: &str = include_str!("../assets/desk.css");

/// Another style sheet has another address: browsers keep it for a day.
static STYLE_PLACE: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256Digest::of(STYLE.as_bytes()).to_string();
    format!("/assets/desk.css?{}", digest.get(..12).unwrap_or_default())
});

/// A whole page.
pub(super) fn page(asked: &Asked, title: &str, body: Markup) -> Markup {
    let lang = asked.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.pick("vi", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) " – sohoa" }
                link rel="stylesheet" href=(STYLE_PLACE.as_str());
                // An empty picture: browsers ask for one otherwise.
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#main" { (lang.pick("Đến nội dung chính", "To the content")) }
                (head(asked))
                main id="main" tabindex="-1" { (body) }
                footer {
                    (lang.pick(
                        "Mọi lượt xem giấy tờ của công dân đều được ghi lại.",
                        "Every look at a citizen's papers is kept on record.",
                    ))
                }
            }
        }
    }
}

fn head(asked: &Asked) -> Markup {
    let lang = asked.lang;
    html! {
        header.bar {
            a.home href="/" accesskey="h" {
                span.mark aria-hidden="true" { "sohoa" }
                span.office { (asked.office) }
            }
            @if let Some(visitor) = &asked.visitor {
                nav aria-label=(lang.pick("Các trang", "Pages")) {
                    @if asked.has_any(LOOKS_UP) {
                        a href="/" accesskey="s" { (lang.pick("Tra cứu", "Look up")) }
                        a href="/worklist" accesskey="w" { (lang.pick("Chờ xử lý", "Worklist")) }
                    }
                    @if asked.has_any(SIGNS) {
                        a href="/signing" accesskey="k" { (lang.pick("Phiên ký", "Signing")) }
                    }
                    @if asked.has_any(AT_COUNTERS) {
                        a href="/stations" accesskey="q" { (lang.pick("Quầy", "Stations")) }
                    }
                    @if asked.has_any(AUDITS) {
                        a href="/access" { (lang.pick("Ai đã xem", "Who looked")) }
                    }
                    @if asked.has_any(KEEPS_ACCOUNTS) {
                        a href="/accounts" { (lang.pick("Tài khoản", "Accounts")) }
                    }
                }
                div.who {
                    a.name href="/password" title=(lang.pick("Đổi mật khẩu", "Change the password")) { (visitor.account.display_name) }
                    span.roles {
                        @for (number, role) in visitor.account.roles.iter().enumerate() {
                            @if number > 0 { ", " }
                            (role.text(lang))
                        }
                    }
                }
            }
            form.language method="post" action="/language" {
                (seal(asked))
                input type="hidden" name="to" value=(asked.here);
                @match lang {
                    Lang::Vi => button.plain name="lang" value="en" lang="en" { "English" },
                    Lang::En => button.plain name="lang" value="vi" lang="vi" { "Tiếng Việt" },
                }
            }
            @if asked.visitor.is_some() {
                form method="post" action="/sign-out" {
                    (seal(asked))
                    button.plain { (lang.pick("Đăng xuất", "Sign out")) }
                }
            }
        }
    }
}

/// What every form carries, so that nobody else's page can send it.
pub(super) fn seal(asked: &Asked) -> Markup {
    html! { input type="hidden" name="seal" value=(asked.seal); }
}

/// A message above a form or a page: `kind` is `bad`, `warn` or `good`, its text says so itself.
pub(super) fn notice(kind: &str, text: &str) -> Markup {
    html! { p.notice.(kind) role="alert" { (text) } }
}

/// Newer and older pages of a list.
pub(super) fn pager(asked: &Asked, place: &str, page: usize, is_more: bool) -> Markup {
    let lang = asked.lang;
    html! {
        @if page > 1 || is_more {
            nav.pager aria-label=(lang.pick("Trang", "Pages")) {
                @if page > 1 {
                    a rel="prev" href={ (place) "?page=" (page - 1) } { "← " (lang.pick("Trang trước", "Previous")) }
                }
                span { (lang.pick("Trang ", "Page ")) (page) }
                @if is_more {
                    a rel="next" href={ (place) "?page=" (page + 1) } { (lang.pick("Trang sau", "Next")) " →" }
                }
            }
        }
    }
}
