//! The page to sign in on.

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use crate::record::Lang;
use crate::web::asked::Asked;

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Said {
    /// Account or password is wrong; which, is not said.
    Wrong,
    /// Too many wrong ones: so many seconds to wait.
    Wait(i64),
}

/// The page; `name` is what was typed before.
pub(in crate::web) fn page(asked: &Asked, name: &str, said: Option<Said>) -> Markup {
    let lang = asked.lang;
    let told = said.map(|said| match (said, lang) {
        (Said::Wrong, _) => lang
            .pick(
                "Tên tài khoản hoặc mật khẩu không đúng.",
                "The account's name or the password is wrong.",
            )
            .to_owned(),
        (Said::Wait(seconds), Lang::Vi) => {
            format!("Đã nhập sai nhiều lần. Hãy chờ {seconds} giây rồi thử lại.")
        }
        (Said::Wait(seconds), Lang::En) => {
            format!("Wrong too many times. Wait {seconds} seconds, then try again.")
        }
    });
    let body = html! {
        section.card.narrow {
            h1 { (lang.pick("Đăng nhập", "Sign in")) }
            @if let Some(told) = &told { (notice("bad", told)) }
            form method="post" action="/sign-in" {
                (seal(asked))
                label for="name" { (lang.pick("Tên tài khoản", "Account")) }
                input id="name" name="name" value=(name) required maxlength="64" autocomplete="username"
                    autocapitalize="none" spellcheck="false" autofocus[name.is_empty()];
                label for="password" { (lang.pick("Mật khẩu", "Password")) }
                input id="password" name="password" type="password" required maxlength="256"
                    autocomplete="current-password" autofocus[!name.is_empty()];
                button.main { (lang.pick("Đăng nhập", "Sign in")) }
            }
            p.hint {
                (lang.pick(
                    "Chưa có tài khoản hoặc quên mật khẩu: liên hệ người quản trị.",
                    "No account, or the password forgotten: ask the administrator.",
                ))
            }
        }
    };
    whole(asked, lang.pick("Đăng nhập", "Sign in"), body)
}
