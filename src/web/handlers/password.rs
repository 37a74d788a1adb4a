//! An account's own password.

use axum::http::StatusCode;

use super::procedures::failed;
use crate::record::{Explain, Lang};
use crate::web::AccountError;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::password::accept;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::password;

/// The page.
pub(in crate::web) fn face(_: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::page(password::page(asked, None)))
}

/// Changes it, for who knows the present one. All sessions of the account end but this one, which is a new one.
pub(in crate::web) fn change(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let name = asked.visitor()?.account.name.clone();
    let [current, new, again] = ["current", "new", "again"].map(|it| asked.form.value(it));
    if let Some(pause) = desk.doors.pause(&name, asked.from, asked.now) {
        let seconds = pause.as_secs().max(1);
        let said = match asked.lang {
            Lang::Vi => {
                format!("Đã nhập sai nhiều lần. Hãy chờ {seconds} giây rồi thử lại.")
            }
            Lang::En => {
                format!("Wrong too many times. Wait {seconds} seconds, then try again.")
            }
        };
        return Ok(told(asked, &said, StatusCode::TOO_MANY_REQUESTS));
    }
    if new != again {
        return Ok(mistaken(asked, &AccountError::Differs));
    }
    if let Err(error) = accept(new, &name) {
        return Ok(mistaken(asked, &error));
    }
    let account = desk.accounts.signed_in(&name, current);
    if account.map_err(|error| failed(&error))?.is_none() {
        desk.doors.failed(&name, asked.from, asked.now);
        let said = asked.lang.pick(
            "Mật khẩu hiện tại không đúng.",
            "The present password is wrong.",
        );
        return Ok(told(asked, said, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let renewed = desk.accounts.renew_password(&name, new);
    renewed.map_err(|error| failed(&error))?;
    desk.doors.opened(&name);
    desk.sessions.end_all_of(&name);
    tracing::info!(account = name, from = %asked.from, "an account changed its password");
    let all = desk.accounts.all().map_err(|error| failed(&error))?;
    let account = all.iter().find(|it| it.name == name).cloned();
    let account = account.ok_or(Refusal::SignIn)?;
    let token = desk.sessions.open(account, asked.now);
    let token = token.map_err(|_| Refusal::Failed("random"))?;
    Ok(Reply::see("/").with_token(&desk.web, Some(&token)))
}

fn mistaken(asked: &Asked, error: &AccountError) -> Reply {
    let said = error.message(asked.lang);
    told(asked, &said, StatusCode::UNPROCESSABLE_ENTITY)
}

fn told(asked: &Asked, said: &str, status: StatusCode) -> Reply {
    Reply::page(password::page(asked, Some(said))).with_status(status)
}
