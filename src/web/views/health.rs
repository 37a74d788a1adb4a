//! Whether the desk can do its work, for people and for what watches it.

use maud::{Markup, html};

use super::layout::page as whole;
use crate::web::asked::Asked;

/// The page; the checks are those of index, archive and accounts.
pub(in crate::web) fn page(asked: &Asked, checks: &[Result<(), &'static str>; 3]) -> Markup {
    let lang = asked.lang;
    let names = [
        ("Chỉ mục", "Index"),
        ("Kho lưu trữ", "Archive"),
        ("Tài khoản", "Accounts"),
    ];
    let title = lang.pick("Tình trạng hệ thống", "Health");
    let body = html! {
        section.card.narrow {
            h1 { (title) }
            dl.facts {
                @for ((vi, en), check) in names.into_iter().zip(checks) {
                    dt { (lang.pick(vi, en)) }
                    dd {
                        @match check {
                            Ok(()) => span.state.good { (lang.pick("Hoạt động", "Working")) },
                            Err(code) => span.state.bad { (lang.pick("Lỗi", "Failing")) " (" code { (code) } ")" },
                        }
                    }
                }
                dt { (lang.pick("Phiên bản", "Version")) }
                dd { (env!("CARGO_PKG_VERSION")) }
            }
        }
    };
    whole(asked, title, body)
}
