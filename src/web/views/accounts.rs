//! The administrator's pages: all accounts, and one.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use super::words;
use crate::config::WebRole;
use crate::record::Lang;
use crate::web::accounts::Account;
use crate::web::asked::Asked;

/// An account.
pub(in crate::web) struct Shown<'a> {
    pub(in crate::web) account: &'a Account,
    /// Open now.
    pub(in crate::web) sessions: usize,
}

/// What came of a change.
#[derive(Clone, Copy)]
pub(in crate::web) enum Said<'a> {
    /// Why nothing was changed.
    Wrong(&'a str),
    /// The new password, shown this once.
    Password(&'a str),
}

/// All accounts, and the form for another; `said` is what was wrong with it.
pub(in crate::web) fn list(asked: &Asked, all: &[Shown<'_>], said: Option<&str>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Tài khoản", "Accounts");
    let heads = [
        lang.pick("Ai", "Who"),
        lang.pick("Tên tài khoản", "Account"),
        lang.pick("Vai trò", "Roles"),
        lang.pick("Tình trạng", "State"),
        lang.pick("Phiên đang mở", "Sessions"),
    ];
    let body = html! {
        section.card {
            h1 { (title) }
            table.list {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for it in all {
                        tr {
                            td data-label=(heads[0]) { a.paper href={ "/accounts/" (it.account.name) } { (it.account.display_name) } }
                            td data-label=(heads[1]) { (it.account.name) }
                            td data-label=(heads[2]) { (roles_text(&it.account.roles, lang)) }
                            td data-label=(heads[3]) { (state(it.account, lang)) }
                            td data-label=(heads[4]) { (it.sessions) }
                        }
                    }
                }
            }
        }
        section.card.answer {
            h2 { (lang.pick("Thêm tài khoản", "Add an account")) }
            @if let Some(said) = said { (notice("bad", said)) }
            form method="post" action="/accounts" {
                (seal(asked))
                div.fields {
                    div {
                        label for="name" { (lang.pick("Tên tài khoản", "Account")) }
                        input id="name" name="name" value=(asked.form.value("name")) required maxlength="32" autocomplete="off"
                            autocapitalize="none" spellcheck="false" placeholder="lan.nguyen";
                    }
                    div {
                        label for="display-name" { (lang.pick("Họ tên", "Name")) }
                        input id="display-name" name="display-name" value=(asked.form.value("display-name")) maxlength="100" autocomplete="off";
                    }
                }
                (roles(&BTreeSet::new(), asked))
                p.actions { button.main { (lang.pick("Thêm, và hiện mật khẩu một lần", "Add, and show the password once")) } }
            }
        }
    };
    whole(asked, title, body)
}

fn roles_text(roles: &BTreeSet<WebRole>, lang: Lang) -> String {
    let texts: Vec<&str> = roles.iter().map(|role| role.text(lang)).collect();
    texts.join(", ")
}

fn state(account: &Account, lang: Lang) -> Markup {
    html! {
        @match account.disabled {
            true => span.state.bad { (lang.pick("Đã khóa", "Disabled")) },
            false => span.state.good { (lang.pick("Đang dùng", "Open")) },
        }
    }
}

/// Boxes of all roles; those that it has, or that were just ticked, are ticked.
fn roles(has: &BTreeSet<WebRole>, asked: &Asked) -> Markup {
    let lang = asked.lang;
    let ticked = |role: WebRole| {
        let name = format!("role-{}", role.as_str());
        has.contains(&role) || asked.form.value(&name) == "yes"
    };
    html! {
        fieldset.among {
            legend { (lang.pick("Vai trò", "Roles")) }
            @for role in WebRole::ALL {
                label {
                    input type="checkbox" name={ "role-" (role.as_str()) } value="yes" checked[ticked(role)];
                    " " (role.text(lang))
                }
            }
        }
    }
}

/// One account.
pub(in crate::web) fn one(asked: &Asked, shown: &Shown<'_>, said: Option<Said<'_>>) -> Markup {
    let lang = asked.lang;
    let account = shown.account;
    let place = format!("/accounts/{}", account.name);
    let body = html! {
        section.card {
            p { a href="/accounts" { "← " (lang.pick("Mọi tài khoản", "All accounts")) } }
            h1 { (account.display_name) }
            @match said {
                None => {}
                Some(Said::Wrong(why)) => (notice("bad", why)),
                Some(Said::Password(password)) => (once(password, lang)),
            }
            dl.facts {
                dt { (lang.pick("Tên tài khoản", "Account")) }
                dd { (account.name) }
                dt { (lang.pick("Tình trạng", "State")) }
                dd { (state(account, lang)) }
                dt { (lang.pick("Tạo lúc", "Made")) }
                dd { (words::time(account.made, lang)) }
                dt { (lang.pick("Phiên đang mở", "Sessions")) }
                dd { (shown.sessions) }
            }
            form method="post" action={ (place) "/roles" } {
                (seal(asked))
                (roles(&account.roles, asked))
                p.actions { button { (lang.pick("Lưu vai trò", "Save the roles")) } }
            }
            h2 { (lang.pick("Việc khác", "More")) }
            div.actions { (acts(asked, account, &place)) }
        }
    };
    whole(asked, &account.display_name, body)
}

fn acts(asked: &Asked, account: &Account, place: &str) -> Markup {
    let lang = asked.lang;
    let lock = match account.disabled {
        true => ("unlock", lang.pick("Mở khóa", "Enable")),
        false => ("lock", lang.pick("Khóa tài khoản", "Disable the account")),
    };
    let acts = [
        lock,
        (
            "sessions",
            lang.pick("Kết thúc mọi phiên", "End all sessions"),
        ),
        (
            "password",
            lang.pick("Cấp mật khẩu mới", "Give a new password"),
        ),
    ];
    html! {
        @for (act, words) in acts {
            form method="post" action={ (place) "/" (act) } { (seal(asked)) button { (words) } }
        }
    }
}

fn once(password: &str, lang: Lang) -> Markup {
    html! {
        div.notice.good role="status" {
            p { (lang.pick("Mật khẩu, chỉ hiện lần này:", "The password, shown this once:")) }
            p { code.once { (password) } }
            p.hint {
                (lang.pick(
                    "Trao tận tay. Người dùng tự đổi bằng cách bấm vào tên mình ở góc trên.",
                    "Hand it over yourself. Its owner changes it by pressing their own name at the top.",
                ))
            }
        }
    }
}
