//! `sohoa user`: the accounts of the web desk.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::output::Output;
use crate::config::{Config, WebRole};
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::record::{Clock, ExitCode, Lang, SystemClock};
use crate::web::AccountError;
use crate::web::accounts::{Account, Accounts, NewAccount};

/// Passwords are short; a longer file is another file.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// Accounts of the web desk.
#[derive(Args)]
pub(super) struct User {
    #[command(subcommand)]
    pub(super) action: UserAction,
}

#[derive(Subcommand)]
pub(super) enum UserAction {
    /// Add an account; its password is asked for
    Add {
        /// What is typed to sign in, e.g. lan.nguyen
        name: String,
        /// What it may do; several may be given
        #[arg(
            long = "role",
            required = true,
            value_name = "station|officer|registrar|auditor|administrator"
        )]
        roles: Vec<WebRole>,
        /// Who it is; stands in the events [default: NAME]
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// Read the password from this file instead, up to its first line's end
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the accounts
    List,
    /// Give an account a new password; one that was disabled is open again
    Password {
        /// The account
        name: String,
        /// Read the password from this file instead, up to its first line's end
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Say anew what an account may do; who is signed in with it signs in again
    Roles {
        /// The account
        name: String,
        /// What it may do; several may be given
        #[arg(
            long = "role",
            required = true,
            value_name = "station|officer|registrar|auditor|administrator"
        )]
        roles: Vec<WebRole>,
    },
    /// Open a disabled account again, with the password that it had
    Enable {
        /// The account
        name: String,
    },
    /// End an account at once; its name stays taken
    Disable {
        /// The account
        name: String,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    display_name: &'a str,
    roles: Vec<&'static str>,
    made: Timestamp,
    disabled: bool,
}

pub(super) fn run(arguments: &User, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let accounts = Accounts::of(&config.data_folder);
    let name = match &arguments.action {
        UserAction::List => {
            for account in accounts.all()?.iter() {
                say(account, output);
            }
            return Ok(ExitCode::Ok);
        }
        UserAction::Add {
            name,
            roles,
            display_name,
            password_file,
        } => {
            let password = password(password_file.as_deref(), output.lang())?;
            let new = NewAccount {
                name: name.clone(),
                display_name: display_name.as_deref().unwrap_or(name).trim().to_owned(),
                roles: roles.iter().copied().collect(),
            };
            accounts.add(new, &password, SystemClock.now())?;
            name
        }
        UserAction::Password {
            name,
            password_file,
        } => {
            let password = password(password_file.as_deref(), output.lang())?;
            accounts.set_password(name, &password)?;
            name
        }
        UserAction::Roles { name, roles } => {
            accounts.set_roles(name, roles.iter().copied().collect())?;
            name
        }
        UserAction::Enable { name } => {
            accounts.enable(name)?;
            name
        }
        UserAction::Disable { name } => {
            accounts.disable(name)?;
            name
        }
    };
    for account in accounts.all()?.iter().filter(|it| it.name == *name) {
        say(account, output);
    }
    Ok(ExitCode::Ok)
}

fn say(account: &Account, output: &Output) {
    let roles = account.roles.iter();
    output.object(&Shown {
        name: &account.name,
        display_name: &account.display_name,
        roles: roles.clone().map(|role| role.as_str()).collect(),
        made: account.made,
        disabled: account.disabled,
    });
    let line = |lang: Lang| {
        let roles: Vec<&str> = roles.clone().map(|role| role.text(lang)).collect();
        let state = match account.disabled {
            true => lang.pick("đã khóa", "disabled"),
            false => lang.pick("đang dùng", "open"),
        };
        format!(
            "{}  {}  {}  {state}",
            account.name,
            account.display_name,
            roles.join(", ")
        )
    };
    output.say(&line(Lang::Vi), &line(Lang::En));
}

/// From the file, or typed twice at the terminal.
fn password(file: Option<&Path>, lang: Lang) -> Result<Zeroizing<String>, Error> {
    if let Some(file) = file {
        return Ok(of_file(file)?);
    }
    if !std::io::stdin().is_terminal() {
        return Err(AccountError::NobodyToAsk.into());
    }
    let ask = |vi, en| {
        rpassword::prompt_password(lang.pick(vi, en))
            .map(Zeroizing::new)
            .map_err(|_| AccountError::NobodyToAsk)
    };
    let typed = ask("Mật khẩu: ", "Password: ")?;
    let again = ask("Nhập lại: ", "Once more: ")?;
    if typed == again {
        Ok(typed)
    } else {
        Err(AccountError::Differs.into())
    }
}

pub(super) fn of_file(path: &Path) -> Result<Zeroizing<String>, JourneyError> {
    let mut text = Zeroizing::new(String::new());
    durable::open_regular(path)
        .and_then(|file| file.take(PASSWORD_BYTES_MAX).read_to_string(&mut text))
        .map_err(|source| JourneyError::Io {
            path: path.to_owned(),
            source,
        })?;
    let line = text.lines().next().unwrap_or_default();
    Ok(Zeroizing::new(line.to_owned()))
}
