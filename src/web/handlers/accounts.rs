//! The administrator's face: accounts, as `sohoa user` keeps them. A password is made here and shown once; its owner
//! chooses another at `/password`.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::procedures::failed;
use crate::config::WebRole;
use crate::record::Explain;
use crate::web::AccountError;
use crate::web::accounts::{Account, NewAccount, is_name};
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::password::invented;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::accounts::{self, Said, Shown};

/// Letters of somebody's name.
const DISPLAY_NAME_MAX: usize = 100;

/// All accounts, and the form for another.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    list(desk, asked, None)
}

fn list(desk: &Desk, asked: &Asked, said: Option<&str>) -> Result<Reply, Refusal> {
    let all = desk.accounts.all().map_err(|error| failed(&error))?;
    let all: Vec<Shown<'_>> = all.iter().map(|it| shown(desk, asked, it)).collect();
    Ok(Reply::page(accounts::list(asked, &all, said)))
}

fn shown<'a>(desk: &Desk, asked: &Asked, account: &'a Account) -> Shown<'a> {
    Shown {
        account,
        sessions: desk.sessions.count_of(&account.name, asked.now),
    }
}

/// One account, and what can be done about it.
pub(in crate::web) fn one(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    page(desk, asked, asked.part("account"), None)
}

fn page(desk: &Desk, asked: &Asked, name: &str, said: Option<Said<'_>>) -> Result<Reply, Refusal> {
    let all = desk.accounts.all().map_err(|error| failed(&error))?;
    let account = all.iter().find(|it| it.name == name);
    let account = account.ok_or(Refusal::NotFound)?;
    let shown = shown(desk, asked, account);
    Ok(Reply::page(accounts::one(asked, &shown, said)))
}

/// Adds an account and shows its password, once.
pub(in crate::web) fn add(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let name = asked.form.value("name").trim().to_owned();
    let typed = asked.form.value("display-name").trim();
    let display_name = if typed.is_empty() { &name } else { typed };
    let new = NewAccount {
        name: name.clone(),
        display_name: display_name.chars().take(DISPLAY_NAME_MAX).collect(),
        roles: roles_of(asked),
    };
    let added = || {
        let password = match is_name(&name) {
            true => invented(&name)?,
            false => return Err(AccountError::Name),
        };
        desk.accounts.add(new, &password, asked.now)?;
        Ok(password)
    };
    match added() {
        Ok(password) => {
            log(asked, &name, "added");
            page(desk, asked, &name, Some(Said::Password(&password)))
        }
        Err(error) => {
            let said = told(asked, error)?;
            let page = list(desk, asked, Some(&said))?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// Says anew what an account may do.
pub(in crate::web) fn roles(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let roles = roles_of(asked);
    changed(desk, asked, "given other roles", |name| {
        desk.accounts.set_roles(name, roles)
    })
}

/// Ends an account at once.
pub(in crate::web) fn lock(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    changed(desk, asked, "disabled", |name| {
        desk.accounts.disable(name)?;
        desk.sessions.end_all_of(name);
        Ok(())
    })
}

/// Opens it again.
pub(in crate::web) fn unlock(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    changed(desk, asked, "enabled", |name| desk.accounts.enable(name))
}

/// Gives an account a new password and shows it, once.
pub(in crate::web) fn password(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let name = asked.part("account");
    let set = invented(name).and_then(|password| {
        desk.accounts.set_password(name, &password)?;
        Ok(password)
    });
    match set {
        Ok(password) => {
            log(asked, name, "given a new password");
            desk.sessions.end_all_of(name);
            page(desk, asked, name, Some(Said::Password(&password)))
        }
        Err(error) => Err(refused(&error)),
    }
}

/// Ends the sessions of an account; it stays open.
pub(in crate::web) fn end_sessions(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    changed(desk, asked, "signed out", |name| {
        let all = desk.accounts.all()?;
        if !all.iter().any(|it| it.name == name) {
            return Err(AccountError::Unknown(name.to_owned()));
        }
        desk.sessions.end_all_of(name);
        Ok(())
    })
}

/// Changes the account that the address names; back to its page.
fn changed(
    desk: &Desk,
    asked: &Asked,
    what: &'static str,
    change: impl FnOnce(&str) -> Result<(), AccountError>,
) -> Result<Reply, Refusal> {
    let name = asked.part("account");
    match change(name) {
        Ok(()) => {
            log(asked, name, what);
            Ok(Reply::see(&format!("/accounts/{name}")))
        }
        Err(AccountError::Unknown(_)) => Err(Refusal::NotFound),
        Err(error) => {
            let said = told(asked, error)?;
            let page = page(desk, asked, name, Some(Said::Wrong(&said)))?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// Who did what to which account.
fn log(asked: &Asked, name: &str, what: &'static str) {
    let by = asked.visitor.as_ref().map(|it| it.account.name.as_str());
    tracing::info!(account = name, by, from = %asked.from, "an account was {what}");
}

fn roles_of(asked: &Asked) -> BTreeSet<WebRole> {
    let roles = WebRole::ALL.into_iter();
    roles
        .filter(|role| asked.form.value(&format!("role-{}", role.as_str())) == "yes")
        .collect()
}

/// What the administrator can do something about, in words.
fn told(asked: &Asked, error: AccountError) -> Result<String, Refusal> {
    match error {
        AccountError::Name
        | AccountError::Exists(_)
        | AccountError::NoRole
        | AccountError::LastAdministrator => Ok(error.message(asked.lang)),
        error => Err(refused(&error)),
    }
}

fn refused(error: &AccountError) -> Refusal {
    match error {
        AccountError::Unknown(_) => Refusal::NotFound,
        error => failed(error),
    }
}
