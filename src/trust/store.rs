//! The trust store: the roots that the office believes, and intermediates that complete its paths.
//!
//! One file a certificate, `<SHA-256>.pem`: a few lines that say what it is, then the certificate in PEM, so
//! that every other tool reads it too. A file whose name is not its fingerprint is an error and nothing is
//! believed: somebody changed the store by hand. Whether a path holds is not decided here.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::container::{pem, pem_blocks};
use super::error::TrustError;
use crate::durable;
use crate::record::Sha256Digest;

const EXTENSION: &str = "pem";
/// A certificate of 128 KiB in PEM, and its lines.
const FILE_BYTES_MAX: u64 = 256 * 1024;
const ENTRIES_MAX: usize = 500;
const LABEL_LETTERS_MAX: usize = 100;
/// Hexadecimal digits from which on a part of a fingerprint may name an entry.
const PREFIX_MIN: usize = 8;

/// Under which law an authority works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Public service keys of the state (NĐ 68/2024): the government's own authority.
    PublicService,
    /// Public authorities under the national root (NĐ 23/2025).
    Public,
    /// Any other.
    #[default]
    Other,
}

impl Kind {
    /// The text form, as in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::PublicService => "public-service",
            Kind::Public => "public",
            Kind::Other => "other",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Kind::PublicService, Kind::Public, Kind::Other]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("“{text}”: public-service, public or other"))
    }
}

/// What a certificate of the store is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Paths may end at it.
    Root,
    /// It completes paths; by itself it proves nothing.
    Intermediate,
}

impl Role {
    /// The text form, as in files and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Root => "root",
            Role::Intermediate => "intermediate",
        }
    }
}

/// One certificate of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The certificate.
    pub certificate: Certificate,
    /// What it is good for; follows from the certificate.
    pub role: Role,
    /// Under which law its owner works.
    pub kind: Kind,
    /// What the office calls it.
    pub label: Option<String>,
}

impl Entry {
    /// An entry for a certificate that someone wants to install.
    ///
    /// # Errors
    /// [`TrustError`]: it is not an authority's, not valid at this time, its key is weak, or its own
    /// signature does not hold.
    pub fn examined(
        certificate: Certificate,
        kind: Kind,
        label: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, TrustError> {
        if !certificate.is_authority() {
            return Err(TrustError::NotAnAuthority);
        }
        if at < certificate.not_before() || at > certificate.not_after() {
            return Err(TrustError::NotValid {
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
            });
        }
        certificate.check_key().map_err(TrustError::Weak)?;
        let role = role_of(&certificate);
        if role == Role::Root {
            let own = certificate.verify_own_signature();
            own.map_err(TrustError::OwnSignature)?;
        }
        let label = label.map(one_line).filter(|label| !label.is_empty());
        Ok(Self {
            certificate,
            role,
            kind,
            label,
        })
    }

    fn from_file(path: &Path) -> Result<Self, TrustError> {
        let damaged = || TrustError::Damaged {
            path: path.to_owned(),
        };
        let bytes = read(path)?;
        let der = pem_blocks(&bytes);
        let [der] = der.as_slice() else {
            return Err(damaged());
        };
        let certificate = Certificate::from_der(der).ok_or_else(damaged)?;
        let name = path.file_stem().and_then(|stem| stem.to_str());
        if name != Some(certificate.fingerprint().to_string().as_str()) {
            return Err(damaged());
        }
        let text = String::from_utf8_lossy(&bytes);
        let line = |key: &str| {
            let head = text.split("-----BEGIN").next().unwrap_or_default();
            head.lines()
                .find_map(|line| Some(line.strip_prefix(key)?.trim().to_owned()))
        };
        Ok(Self {
            role: role_of(&certificate),
            kind: line("Kind:")
                .and_then(|kind| kind.parse().ok())
                .unwrap_or_default(),
            label: line("Label:"),
            certificate,
        })
    }

    fn to_file(&self) -> String {
        let label = self.label.as_ref();
        let label = label.map_or_else(String::new, |label| format!("Label: {label}\n"));
        let (kind, role) = (self.kind, self.role.as_str());
        let pem = pem(self.certificate.der());
        format!("Kind: {kind}\nRole: {role}\n{label}{pem}")
    }
}

/// Who issues to himself, and names no other key as the issuer's, is a root.
fn role_of(certificate: &Certificate) -> Role {
    let of_issuer = certificate.issuer_key_identifier();
    let is_other_key = of_issuer.is_some_and(|of_issuer| {
        let own = certificate.key_identifier();
        own.is_some_and(|own| own != of_issuer)
    });
    if certificate.is_self_issued() && !is_other_key {
        Role::Root
    } else {
        Role::Intermediate
    }
}

fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = spaced.take(LABEL_LETTERS_MAX).collect();
    line.trim().to_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    let reading = |source| TrustError::Reading {
        path: path.to_owned(),
        source,
    };
    let file = durable::open_regular(path).map_err(reading)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(FILE_BYTES_MAX);
    bounded.read_to_end(&mut bytes).map_err(reading)?;
    Ok(bytes)
}

/// The certificates that the office installed, read from its folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    entries: Vec<Entry>,
}

impl Store {
    /// Reads the folder; one that is not there yet is an empty store.
    ///
    /// # Errors
    /// [`TrustError::Reading`], [`TrustError::Damaged`].
    pub fn open(folder: &Path) -> Result<Self, TrustError> {
        let mut store = Self {
            folder: folder.to_owned(),
            entries: Vec::new(),
        };
        let reading = |source| TrustError::Reading {
            path: folder.to_owned(),
            source,
        };
        let listing = match std::fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(store),
            Err(error) => return Err(reading(error)),
        };
        let mut paths = Vec::new();
        for entry in listing {
            let path = entry.map_err(reading)?.path();
            let is_ours = path.extension().is_some_and(|found| found == EXTENSION);
            if is_ours && paths.len() < ENTRIES_MAX {
                paths.push(path);
            }
        }
        paths.sort();
        let entries = paths.iter().map(|path| Entry::from_file(path));
        store.entries = entries.collect::<Result<_, _>>()?;
        Ok(store)
    }

    /// All certificates, in the order of their fingerprints.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Those that paths may end at.
    pub fn roots(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.role == Role::Root)
    }

    /// Those that complete paths.
    pub fn intermediates(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.role == Role::Intermediate)
    }

    /// Installs a certificate; `false` where it was there already.
    ///
    /// # Errors
    /// [`TrustError::Durable`]; the store is then as it was.
    pub fn add(&mut self, entry: Entry) -> Result<bool, TrustError> {
        let fingerprint = entry.certificate.fingerprint();
        if self.position(fingerprint).is_some() {
            return Ok(false);
        }
        durable::create_folders(&self.folder)?;
        durable::write_new(&self.path(fingerprint), entry.to_file().as_bytes())?;
        tracing::info!(%fingerprint, kind = %entry.kind, role = entry.role.as_str(), "certificate added to the trust store");
        self.entries.push(entry);
        self.entries
            .sort_by_key(|entry| entry.certificate.fingerprint().to_string());
        Ok(true)
    }

    /// Removes the certificate with this SHA-256 fingerprint, of which eight digits are enough where no
    /// other begins with them; colons and spaces do not matter.
    ///
    /// # Errors
    /// [`TrustError::NoSuchFingerprint`], [`TrustError::Durable`].
    pub fn remove(&mut self, fingerprint: &str) -> Result<Entry, TrustError> {
        let unknown = || TrustError::NoSuchFingerprint {
            fingerprint: fingerprint.chars().take(100).collect(),
        };
        let wanted: String = fingerprint
            .chars()
            .filter(|c| !matches!(c, ':' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let begins = |entry: &&Entry| {
            let own = entry.certificate.fingerprint().to_string();
            wanted.len() >= PREFIX_MIN && own.starts_with(&wanted)
        };
        let found: Vec<&Entry> = self.entries.iter().filter(begins).collect();
        let [entry] = found.as_slice() else {
            return Err(unknown());
        };
        let fingerprint = entry.certificate.fingerprint();
        durable::remove_file(&self.path(fingerprint))?;
        tracing::info!(%fingerprint, "certificate removed from the trust store");
        let position = self.position(fingerprint).ok_or_else(unknown)?;
        Ok(self.entries.remove(position))
    }

    fn position(&self, fingerprint: Sha256Digest) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.certificate.fingerprint() == fingerprint)
    }

    fn path(&self, fingerprint: Sha256Digest) -> PathBuf {
        self.folder.join(format!("{fingerprint}.{EXTENSION}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Explain;
    use crate::trust::test_support::{Authority, Pki, at, now};

    fn entry(certificate: Certificate) -> Result<Entry, TrustError> {
        Entry::examined(certificate, Kind::PublicService, Some("Gốc\nthử"), now())
    }

    #[test]
    fn what_was_added_is_there_again_until_it_is_removed() {
        let folder = tempfile::tempdir().expect("folder");
        let folder = folder.path().join("trust");
        let pki = Pki::new();
        let mut store = Store::open(&folder).expect("empty");
        assert!(
            store
                .add(entry(pki.root.certificate()).expect("root"))
                .expect("added")
        );
        assert!(
            !store
                .add(entry(pki.root.certificate()).expect("root"))
                .expect("known")
        );
        let intermediate = entry(pki.intermediate.certificate()).expect("intermediate");
        assert!(store.add(intermediate).expect("added"));

        let mut again = Store::open(&folder).expect("opens");
        assert_eq!(again.entries(), store.entries());
        let root = again.roots().next().expect("root").clone();
        assert_eq!(root.certificate, pki.root.certificate());
        assert_eq!(
            (root.kind, root.label.as_deref()),
            (Kind::PublicService, Some("Gốc thử"))
        );
        assert_eq!(again.intermediates().count(), 1);

        let hex = root.certificate.fingerprint().to_string();
        assert!(matches!(
            again.remove(&hex[..7]),
            Err(TrustError::NoSuchFingerprint { .. })
        ));
        let spoken = format!("{}:{}", hex[..2].to_uppercase(), &hex[2..10]);
        assert_eq!(again.remove(&spoken).expect("removed"), root);
        assert_eq!(Store::open(&folder).expect("opens").roots().count(), 0);
    }

    #[test]
    fn only_sound_authorities_come_in() {
        let pki = Pki::new();
        let leaf = entry(pki.signer(|_| {}));
        assert!(matches!(leaf, Err(TrustError::NotAnAuthority)), "{leaf:?}");
        let old = Entry::examined(
            pki.root.certificate(),
            Kind::Other,
            None,
            at("2050-01-01T00:00:00Z"),
        );
        assert!(matches!(old, Err(TrustError::NotValid { .. })), "{old:?}");
        let mut forged = pki.root.certificate().der().to_vec();
        *forged.last_mut().expect("bytes") ^= 1;
        let forged = entry(Certificate::from_der(&forged).expect("parses"));
        assert!(
            matches!(forged, Err(TrustError::OwnSignature(_))),
            "{forged:?}"
        );
        let weak = entry(Authority::weak());
        assert!(matches!(weak, Err(TrustError::Weak(_))), "{weak:?}");
        assert!(!weak.expect_err("weak").is_retryable());
    }

    #[test]
    fn a_store_changed_by_hand_is_not_believed() {
        let folder = tempfile::tempdir().expect("folder");
        let pki = Pki::new();
        let mut store = Store::open(folder.path()).expect("empty");
        store
            .add(entry(pki.root.certificate()).expect("root"))
            .expect("added");
        let path = store.path(pki.root.certificate().fingerprint());
        std::fs::copy(&path, folder.path().join("other.pem")).expect("copied");
        let opened = Store::open(folder.path());
        assert!(
            matches!(opened, Err(TrustError::Damaged { .. })),
            "{opened:?}"
        );
        std::fs::remove_file(folder.path().join("other.pem")).expect("removed");
        std::fs::write(&path, pem(pki.intermediate.certificate().der())).expect("written");
        let opened = Store::open(folder.path());
        assert!(
            matches!(opened, Err(TrustError::Damaged { .. })),
            "{opened:?}"
        );
    }
}
