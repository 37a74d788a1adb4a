//! In and out, and the language.

use axum::http::StatusCode;

use crate::record::Lang;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::entry::{self, Said};

/// No account's name is longer.
const NAME_LETTERS_MAX: usize = 64;

/// The page to sign in on.
pub(in crate::web) fn face(_: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    Ok(match asked.visitor {
        Some(_) => Reply::see("/"),
        None => Reply::page(entry::page(asked, "", None)),
    })
}

/// Signs in.
pub(in crate::web) fn sign_in(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let typed = asked.form.value("name").trim().to_lowercase();
    let name: String = typed.chars().take(NAME_LETTERS_MAX).collect();
    if let Some(pause) = desk.doors.pause(&name, asked.from, asked.now) {
        desk.metrics.sign_in_refused.add();
        let said = Said::Wait(pause.as_secs().max(1));
        let page = Reply::page(entry::page(asked, &name, Some(said)));
        return Ok(page.with_status(StatusCode::TOO_MANY_REQUESTS));
    }
    let account = desk.accounts.signed_in(&name, asked.form.value("password"));
    let account = account.map_err(|error| {
        tracing::error!(cause = %error, "the accounts cannot be read; nobody is let in");
        Refusal::Failed("account.unreadable")
    })?;
    let Some(account) = account else {
        // Not what was typed: a password lands in the field for the name sooner or later.
        tracing::warn!(from = %asked.from, "a sign-in was refused");
        desk.metrics.sign_in_refused.add();
        desk.doors.failed(&name, asked.from, asked.now);
        let page = Reply::page(entry::page(asked, &name, Some(Said::Wrong)));
        return Ok(page.with_status(StatusCode::UNAUTHORIZED));
    };
    desk.doors.opened(&name);
    if let Some(before) = &asked.visitor {
        desk.sessions.end(before.key);
    }
    tracing::info!(account = name, from = %asked.from, "signed in");
    desk.metrics.signed_in.add();
    let token = desk.sessions.open(account, asked.now);
    let token = token.map_err(|_| Refusal::Failed("random"))?;
    Ok(Reply::see("/").with_token(&desk.web, Some(&token)))
}

/// Signs out, and forgets what was looked up.
pub(in crate::web) fn sign_out(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    desk.sessions.end(asked.visitor()?.key);
    Ok(Reply::see("/sign-in").with_token(&desk.web, None))
}

/// Changes the language, and goes back to where it was changed.
pub(in crate::web) fn language(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let lang = match asked.form.value("lang") {
        "en" => Lang::En,
        _ => Lang::Vi,
    };
    let place = asked.form.value("to");
    let place = if is_own_place(place) { place } else { "/" };
    Ok(Reply::see(place).with_language(&desk.web, lang))
}

/// A path of this desk, and nothing that a browser could take for another host's.
fn is_own_place(place: &str) -> bool {
    let is_plain = place
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    place.starts_with('/') && !place.starts_with("//") && is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_this_desk_are_gone_back_to() {
        for own in ["/", "/look-ups/abc?page=2"] {
            assert!(is_own_place(own), "{own}");
        }
        for other in [
            "",
            "//evil",
            "/\\evil",
            "https://evil",
            "/a\r\nSet-Cookie: x",
            "/ă",
            "evil",
        ] {
            assert!(!is_own_place(other), "{other}");
        }
    }
}
