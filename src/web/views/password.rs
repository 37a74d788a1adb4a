//! The page on which an account changes its own password.

use maud::{Markup, html};

use super::layout::{notice, page as whole, seal};
use crate::web::asked::Asked;

/// The page; `said` is what was wrong.
pub(in crate::web) fn page(asked: &Asked, said: Option<&str>) -> Markup {
    let lang = asked.lang;
    let title = lang.pick("Đổi mật khẩu", "Change the password");
    let fields = [
        (
            "current",
            "current-password",
            "Mật khẩu hiện tại",
            "Present password",
        ),
        ("new", "new-password", "Mật khẩu mới", "New password"),
        (
            "again",
            "new-password",
            "Nhập lại mật khẩu mới",
            "New password once more",
        ),
    ];
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            @if let Some(said) = said { (notice("bad", said)) }
            form method="post" action="/password" {
                (seal(asked))
                // For password managers: whose it is.
                @if let Some(visitor) = &asked.visitor {
                    input type="hidden" name="name" value=(visitor.account.name) autocomplete="username";
                }
                @for (name, kind, vi, en) in fields {
                    label for=(name) { (lang.pick(vi, en)) }
                    input id=(name) name=(name) type="password" required maxlength="256" autocomplete=(kind) autofocus[name == "current"];
                }
                button.main { (title) }
            }
            p.hint {
                (lang.pick(
                    "Từ 10 ký tự, một câu dài dễ nhớ là tốt nhất. Các phiên khác của tài khoản này sẽ kết thúc.",
                    "10 characters or more; a long phrase is best. Other sessions of this account end.",
                ))
            }
        }
    };
    whole(asked, title, body)
}
