//! Who does something that is not for everybody: an account of the office, with its password and the role.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::output::Output;
use super::user::of_file;
use crate::config::{Config, WebRole};
use crate::disposal::DisposalError;
use crate::error::Error;
use crate::web::AccountError;
use crate::web::accounts::Accounts;

#[derive(Args)]
pub(super) struct SignedIn {
    /// Account of the office that does it (`sohoa user`); its password is asked for
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    /// Read the password from this file instead, up to its first line's end
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Who may decide about retention.
pub(super) const KEEPERS: [WebRole; 2] = [WebRole::Registrar, WebRole::Administrator];
/// Who may say that a case ended.
pub(super) const OFFICERS: [WebRole; 3] =
    [WebRole::Officer, WebRole::Registrar, WebRole::Administrator];

impl SignedIn {
    /// The account's name, if the password is its own and it has one of the roles.
    pub(super) fn require(
        &self,
        roles: &[WebRole],
        config: &Config,
        output: &Output,
    ) -> Result<&str, Error> {
        let password = match &self.password_file {
            Some(file) => of_file(file)?,
            None => asked(output)?,
        };
        let roles: BTreeSet<WebRole> = roles.iter().copied().collect();
        let account = Accounts::of(&config.data_folder).signed_in(&self.by, &password)?;
        match account.is_some_and(|account| account.has_any(&roles)) {
            true => Ok(&self.by),
            false => {
                let account = self.by.clone();
                Err(DisposalError::NotAllowed { account }.into())
            }
        }
    }
}

fn asked(output: &Output) -> Result<Zeroizing<String>, AccountError> {
    if !std::io::stdin().is_terminal() {
        return Err(AccountError::NobodyToAsk);
    }
    let prompt = output.lang().pick("Mật khẩu: ", "Password: ");
    let typed = rpassword::prompt_password(prompt).map_err(|_| AccountError::NobodyToAsk)?;
    Ok(Zeroizing::new(typed))
}
