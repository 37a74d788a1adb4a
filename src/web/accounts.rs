//! Who may use the desk: `accounts.toml` in the data folder, a file of [rows](super::rows). The daemon looks at it with
//! every request, so that a disabled account ends at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::{RowFile, Rows};
use super::{AccountError, password};
use crate::config::WebRole;

/// The file's name in the data folder.
pub const FILE: &str = "accounts.toml";

/// One account. Field names are part of the file's format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What is typed to sign in.
    pub name: String,
    /// Who it is, for people and for the events.
    pub display_name: String,
    /// What it may do.
    pub roles: BTreeSet<WebRole>,
    /// When it was made.
    pub made: Timestamp,
    /// Nobody signs in with it any more.
    #[serde(default)]
    pub disabled: bool,
    /// Argon2id, PHC string. Changes with every new password, so a session knows that its own is gone.
    password: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// Whether it has one of these roles.
    #[must_use]
    pub fn has_any(&self, roles: &BTreeSet<WebRole>) -> bool {
        !self.roles.is_disjoint(roles)
    }

    /// Whether both are the same account with the same password, and may do the same.
    pub(super) fn is_still(&self, other: &Self) -> bool {
        (&self.name, &self.password, &self.roles) == (&other.name, &other.password, &other.roles)
    }

    fn keeps_accounts(&self) -> bool {
        !self.disabled && self.roles.contains(&WebRole::Administrator)
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    format: String,
    #[serde(default, rename = "account")]
    accounts: Vec<Account>,
}

impl Rows for AccountFile {
    type Row = Account;
    const FORMAT: &'static str = "sohoa-accounts/1";

    fn format(&mut self) -> &mut String {
        &mut self.format
    }

    fn rows(&mut self) -> &mut Vec<Account> {
        &mut self.accounts
    }
}

/// The accounts of a data folder.
pub struct Accounts(RowFile<AccountFile>);

/// What a new account is.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What is typed to sign in.
    pub name: String,
    /// Who it is.
    pub display_name: String,
    /// What it may do.
    pub roles: BTreeSet<WebRole>,
}

impl Accounts {
    /// Those of this data folder, whether it has any or not.
    #[must_use]
    pub fn of(data_folder: &Path) -> Self {
        Self(RowFile::of(data_folder, FILE))
    }

    /// All, in the order in which they were made.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of accounts.
    pub fn all(&self) -> Result<Arc<Vec<Account>>, AccountError> {
        self.0.all()
    }

    /// The account of this name and password; `None` where there is none, or it is disabled. Takes as long either way.
    ///
    /// # Errors
    /// As [`Accounts::all`].
    pub fn signed_in(&self, name: &str, password: &str) -> Result<Option<Account>, AccountError> {
        let accounts = self.all()?;
        let account = accounts.iter().find(|it| it.name == name && !it.disabled);
        let hash = account.map(|it| it.password.as_str());
        let is_right = password::is_right(password, hash);
        Ok(account.filter(|_| is_right).cloned())
    }

    /// Adds an account.
    ///
    /// # Errors
    /// The name or the password will not do, or the name is taken.
    pub fn add(&self, new: NewAccount, password: &str, now: Timestamp) -> Result<(), AccountError> {
        if !is_name(&new.name) {
            return Err(AccountError::Name);
        }
        if new.roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        password::accept(password, &new.name)?;
        let password = password::hash(password)?;
        self.0.change(|accounts| {
            if accounts.iter().any(|it| it.name == new.name) {
                return Err(AccountError::Exists(new.name.clone()));
            }
            accounts.push(Account {
                name: new.name,
                display_name: new.display_name,
                roles: new.roles,
                made: now,
                disabled: false,
                password,
            });
            Ok(())
        })
    }

    /// Gives an account a new password, and opens it again where it was disabled.
    ///
    /// # Errors
    /// The password will not do, or there is no such account.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), AccountError> {
        password::accept(password, name)?;
        let password = password::hash(password)?;
        self.0.change(|accounts| {
            let account = named(accounts, name)?;
            account.password = password;
            account.disabled = false;
            Ok(())
        })
    }

    /// Gives an account a new password at its own wish: one that was disabled meanwhile stays so.
    ///
    /// # Errors
    /// As [`Accounts::set_password`].
    pub(super) fn renew_password(&self, name: &str, password: &str) -> Result<(), AccountError> {
        password::accept(password, name)?;
        let password = password::hash(password)?;
        self.0.change(|accounts| {
            named(accounts, name)?.password = password;
            Ok(())
        })
    }

    /// Ends an account: nobody signs in with it, and who is signed in is not any more. Its name stays taken, since
    /// events name it.
    ///
    /// # Errors
    /// There is no such account, or it is the last that keeps accounts.
    pub fn disable(&self, name: &str) -> Result<(), AccountError> {
        self.0.change(|accounts| {
            require_another_keeper(accounts, name)?;
            named(accounts, name)?.disabled = true;
            Ok(())
        })
    }

    /// Opens a disabled account again, with the password that it had.
    ///
    /// # Errors
    /// There is no such account.
    pub fn enable(&self, name: &str) -> Result<(), AccountError> {
        self.0.change(|accounts| {
            named(accounts, name)?.disabled = false;
            Ok(())
        })
    }

    /// Says anew what an account may do; who is signed in with it signs in again.
    ///
    /// # Errors
    /// There is no such account, no role, or it is the last that keeps accounts and would not any more.
    pub fn set_roles(&self, name: &str, roles: BTreeSet<WebRole>) -> Result<(), AccountError> {
        if roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        self.0.change(|accounts| {
            if !roles.contains(&WebRole::Administrator) {
                require_another_keeper(accounts, name)?;
            }
            named(accounts, name)?.roles = roles;
            Ok(())
        })
    }
}

fn named<'a>(accounts: &'a mut [Account], name: &str) -> Result<&'a mut Account, AccountError> {
    let account = accounts.iter_mut().find(|it| it.name == name);
    account.ok_or_else(|| AccountError::Unknown(name.to_owned()))
}

/// Without anybody who keeps the accounts nobody could mend that from the desk.
fn require_another_keeper(accounts: &[Account], name: &str) -> Result<(), AccountError> {
    let is_keeper = accounts
        .iter()
        .any(|it| it.name == name && it.keeps_accounts());
    let has_another = accounts
        .iter()
        .any(|it| it.name != name && it.keeps_accounts());
    match is_keeper && !has_another {
        true => Err(AccountError::LastAdministrator),
        false => Ok(()),
    }
}

/// Whether an account may be called so.
pub(super) fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
    };
    (2..=32).contains(&name.len()) && name.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const PASSWORD: &str = "ngựa đi đường xa";

    fn add(accounts: &Accounts, name: &str) -> Result<(), AccountError> {
        let new = NewAccount {
            name: name.to_owned(),
            display_name: "Nguyễn Thị Thử".to_owned(),
            roles: BTreeSet::from([WebRole::Officer]),
        };
        let now = "2026-11-23T01:00:00Z".parse().expect("a time");
        accounts.add(new, PASSWORD, now)
    }

    #[test]
    fn accounts_are_kept_privately_and_end_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::of(folder.path());
        assert!(accounts.all().expect("none yet").is_empty());
        add(&accounts, "lan").expect("added");
        assert!(matches!(
            add(&accounts, "lan"),
            Err(AccountError::Exists(_))
        ));
        for name in ["", "a", "Lan", "lan nguyễn", "../x", "a\nb"] {
            assert!(
                matches!(add(&accounts, name), Err(AccountError::Name)),
                "{name}"
            );
        }
        let path = folder.path().join(FILE);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
        let text = fs::read_to_string(&path).expect("reads");
        assert!(
            !text.contains(PASSWORD) && text.contains("$argon2id$"),
            "{text}"
        );
        // Another process changes the file; this one sees it.
        let signed_in =
            |name, password| accounts.signed_in(name, password).expect("reads").is_some();
        assert!(signed_in("lan", PASSWORD));
        assert!(!signed_in("lan", "another phrase") && !signed_in("hoa", PASSWORD));
        Accounts::of(folder.path())
            .disable("lan")
            .expect("disabled");
        assert!(!signed_in("lan", PASSWORD));
        accounts
            .set_password("lan", "một câu khác hẳn")
            .expect("set");
        assert!(!signed_in("lan", PASSWORD) && signed_in("lan", "một câu khác hẳn"));
        assert!(matches!(
            accounts.disable("hoa"),
            Err(AccountError::Unknown(_))
        ));
    }

    #[test]
    fn roles_change_and_the_last_administrator_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::of(folder.path());
        for name in ["lan", "hoa"] {
            add(&accounts, name).expect("added");
        }
        let set =
            |name, roles: &[WebRole]| accounts.set_roles(name, roles.iter().copied().collect());
        let before = accounts.all().expect("reads")[0].clone();
        set("lan", &[WebRole::Administrator]).expect("set");
        let after = accounts.all().expect("reads")[0].clone();
        assert!(!after.is_still(&before), "who is signed in signs in again");
        assert!(matches!(set("hoa", &[]), Err(AccountError::NoRole)));
        assert!(matches!(
            set("x", &[WebRole::Officer]),
            Err(AccountError::Unknown(_))
        ));
        let is_last = |result| matches!(result, Err(AccountError::LastAdministrator));
        assert!(is_last(accounts.disable("lan")) && is_last(set("lan", &[WebRole::Auditor])));
        set("hoa", &[WebRole::Administrator, WebRole::Officer]).expect("another");
        accounts.disable("lan").expect("not the last any more");
        assert!(
            is_last(accounts.disable("hoa")),
            "a disabled one keeps nothing"
        );
        accounts.enable("lan").expect("open again");
        let lan = accounts.signed_in("lan", PASSWORD).expect("reads");
        assert!(
            lan.is_some_and(|it| it.is_still(&after)),
            "with its old password"
        );
        accounts.disable("hoa").expect("disabled");
        accounts
            .renew_password("hoa", "một câu khác hẳn")
            .expect("set");
        assert!(
            accounts
                .signed_in("hoa", "một câu khác hẳn")
                .expect("reads")
                .is_none()
        );
    }

    #[test]
    fn a_damaged_file_is_told_without_its_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::of(folder.path());
        add(&accounts, "lan").expect("added");
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(&path, text.replace("disabled", "enabled")).expect("written");
        let told = accounts.all().expect_err("damaged").to_string();
        assert!(!told.contains("argon2"), "{told}");
        assert!(add(&accounts, "hoa").is_err(), "never written over");
    }
}
