//! Which programs may use the desk's interface (`/api/v1`), and what for: `clients.toml` in the data folder, a file of
//! [rows](super::rows).
//!
//! A client's token has 256 bits that nobody can guess. It is shown once, when it is made; what is kept is its SHA-256,
//! which is enough: there is nothing to guess that a slow hash would have to protect. The daemon looks at the file with
//! every request, so that a client that is revoked is out at once.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ClientError;
use super::accounts::is_name;
use super::rows::{RowFile, Rows};
use crate::random;
use crate::record::Sha256Digest;

/// The file's name in the data folder.
pub const FILE: &str = "clients.toml";
/// Before a token, so that whoever finds one in a log or a repository knows what it is.
const PREFIX: &str = "sohoa_";

/// One thing that a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look people and papers up; read records and their bytes.
    Lookup,
    /// Papers that show identity cards, too.
    IdentityCards,
    /// Hand scans in, and ask what became of them.
    Ingest,
    /// Hold papers against a procedure, take them along as a bundle.
    Reuse,
    /// See what waits for a person.
    Worklist,
    /// Hear what becomes of the stations' scans.
    Events,
}

impl Scope {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::Lookup,
        Self::IdentityCards,
        Self::Ingest,
        Self::Reuse,
        Self::Worklist,
        Self::Events,
    ];

    /// As files, commands and answers write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::IdentityCards => "identity-cards",
            Self::Ingest => "ingest",
            Self::Reuse => "reuse",
            Self::Worklist => "worklist",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        named.ok_or_else(|| Self::ALL.map(Self::as_str).join(", "))
    }
}

/// One client. Field names are part of the file's format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Who it is, for the events.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub made: Timestamp,
    /// It may do nothing any more.
    #[serde(default)]
    pub revoked: bool,
    token_sha256: Sha256Digest,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// What is kept of its token.
    pub(super) fn token_digest(&self) -> &Sha256Digest {
        &self.token_sha256
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientFile {
    format: String,
    #[serde(default, rename = "client")]
    clients: Vec<Client>,
}

impl Rows for ClientFile {
    type Row = Client;
    const FORMAT: &'static str = "sohoa-clients/1";

    fn format(&mut self) -> &mut String {
        &mut self.format
    }

    fn rows(&mut self) -> &mut Vec<Client> {
        &mut self.clients
    }
}

/// The clients of a data folder.
pub struct Clients(RowFile<ClientFile>);

impl Clients {
    /// Those of this data folder, whether it has any or not.
    #[must_use]
    pub fn of(data_folder: &Path) -> Self {
        Self(RowFile::of(data_folder, FILE))
    }

    /// All, in the order in which they were made.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of clients.
    pub fn all(&self) -> Result<Arc<Vec<Client>>, ClientError> {
        Ok(self.0.all()?)
    }

    /// Adds a client; returns its token, which is kept nowhere.
    ///
    /// # Errors
    /// The name will not do or is taken, there is no scope; the disk's.
    pub fn add(
        &self,
        name: &str,
        scopes: BTreeSet<Scope>,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, ClientError> {
        if !is_name(name) {
            return Err(ClientError::Name);
        }
        if scopes.is_empty() {
            return Err(ClientError::NoScope);
        }
        let token = new_token()?;
        self.0.change(|clients| {
            if clients.iter().any(|it| it.name == name) {
                return Err(ClientError::Exists(name.to_owned()));
            }
            clients.push(Client {
                name: name.to_owned(),
                scopes,
                made: now,
                revoked: false,
                token_sha256: Sha256Digest::of(token.as_bytes()),
            });
            Ok(())
        })?;
        Ok(token)
    }

    /// Gives a client a new token; the one that it had is good for nothing any more. One that was revoked is open again.
    ///
    /// # Errors
    /// There is no such client; the disk's.
    pub fn renew(&self, name: &str) -> Result<Zeroizing<String>, ClientError> {
        let token = new_token()?;
        self.0.change(|clients| {
            let client = named(clients, name)?;
            client.token_sha256 = Sha256Digest::of(token.as_bytes());
            client.revoked = false;
            Ok::<_, ClientError>(())
        })?;
        Ok(token)
    }

    /// Ends a client at once. Its name stays taken, since events name it.
    ///
    /// # Errors
    /// There is no such client; the disk's.
    pub fn revoke(&self, name: &str) -> Result<(), ClientError> {
        self.0.change(|clients| {
            named(clients, name)?.revoked = true;
            Ok(())
        })
    }

    /// Whose token this is; `None` where it is nobody's, or that of a revoked client. Takes as long either way.
    ///
    /// # Errors
    /// As [`Clients::all`].
    pub(super) fn of_token(&self, token: &str) -> Result<Option<Client>, ClientError> {
        if !is_token(token) {
            return Ok(None);
        }
        let sent = Sha256Digest::of(token.as_bytes());
        let clients = self.all()?;
        let is_its = |client: &&Client| {
            let (own, sent) = (client.token_sha256.as_bytes(), sent.as_bytes());
            constant_time::verify_slices_are_equal(own, sent).is_ok()
        };
        let found = clients.iter().filter(is_its);
        // All are looked at, whether one is found or not.
        let found = found.fold(None, |known, client| known.or(Some(client)));
        Ok(found.filter(|client| !client.revoked).cloned())
    }
}

fn new_token() -> Result<Zeroizing<String>, ClientError> {
    let secret = Zeroizing::new(random::secret().map_err(ClientError::Random)?);
    let text = BASE64URL_NOPAD.encode(secret.as_slice());
    Ok(Zeroizing::new(format!("{PREFIX}{text}")))
}

fn is_token(text: &str) -> bool {
    let secret = text.strip_prefix(PREFIX).unwrap_or_default();
    let bytes = BASE64URL_NOPAD.decode(secret.as_bytes());
    bytes.is_ok_and(|bytes| Zeroizing::new(bytes).len() == 32)
}

fn named<'a>(clients: &'a mut [Client], name: &str) -> Result<&'a mut Client, ClientError> {
    let client = clients.iter_mut().find(|it| it.name == name);
    client.ok_or_else(|| ClientError::Unknown(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_kept_nowhere_and_ends_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let clients = Clients::of(folder.path());
        let now = "2026-11-23T01:00:00Z".parse().expect("a time");
        let add = |name: &str| clients.add(name, BTreeSet::from([Scope::Lookup]), now);
        let (one, other) = (add("cong").expect("added"), add("kho").expect("added"));
        assert!(*one != *other && one.len() == PREFIX.len() + 43);
        let whose = |token: &str| {
            let client = clients.of_token(token).expect("reads");
            client.map(|it| it.name)
        };
        assert_eq!(whose(&one).as_deref(), Some("cong"));
        assert_eq!(whose(&other).as_deref(), Some("kho"));
        let nonsense = [
            "",
            PREFIX,
            &one[..20],
            &one.to_uppercase(),
            &"x".repeat(9999),
            &format!("{}=", *one),
        ];
        for wrong in nonsense {
            assert_eq!(whose(wrong), None, "{wrong}");
        }
        let path = folder.path().join(FILE);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
        let text = fs::read_to_string(&path).expect("reads");
        assert!(!text.contains(&one[PREFIX.len()..]), "{text}");
        // Another process changes the file; this one sees it.
        let another = Clients::of(folder.path());
        another.revoke("cong").expect("revoked");
        assert_eq!((whose(&one), whose(&other).is_some()), (None, true));
        let renewed = another.renew("cong").expect("renewed");
        assert_eq!(
            (whose(&one), whose(&renewed).as_deref()),
            (None, Some("cong"))
        );
        assert!(matches!(add("cong"), Err(ClientError::Exists(_))));
        assert!(matches!(add("Cổng"), Err(ClientError::Name)));
        assert!(matches!(another.revoke("ai"), Err(ClientError::Unknown(_))));
        let nothing = clients.add("rong", BTreeSet::new(), now);
        assert!(matches!(nothing, Err(ClientError::NoScope)));
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_and_is_not_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let clients = Clients::of(folder.path());
        let now = "2026-11-23T01:00:00Z".parse().expect("a time");
        let token = clients
            .add("cong", BTreeSet::from(Scope::ALL), now)
            .expect("added");
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(&path, text.replace("revoked", "revived")).expect("written");
        let told = clients.of_token(&token).expect_err("damaged").to_string();
        let digest = Sha256Digest::of(token.as_bytes()).to_string();
        assert!(!told.contains(&digest[..8]), "{told}");
        assert!(clients.revoke("cong").is_err(), "never written over");
    }
}
