//! Another key for the ledger: whoever trusts the old one can go over to the new one, because both sign the change.
//!
//! ```text
//! <key>.next (the new secret) ─► entry key-rotated ─► checkpoint by both keys ─► <key>.next takes the place of <key>
//! ```
//!
//! A crash between two of these is finished by calling it again: the new key is in `<key>.next` until the end. The old
//! secret is gone afterwards; its public half stays in the ledger.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{OfficeLedger, open_key};
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::ledger::{Event, Ledger, LedgerError, LedgerKey, LedgerWriter, VerifierKey};
use crate::random;

/// The key that signed so far, and the one that signs from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// So far.
    pub old: VerifierKey,
    /// From now on: to be written down elsewhere.
    pub new: VerifierKey,
}

fn next(config: &Config) -> PathBuf {
    let mut name = config.ledger.key.clone().into_os_string();
    name.push(".next");
    name.into()
}

impl OfficeLedger<'_> {
    /// Goes over to a new key, or finishes that.
    ///
    /// # Errors
    /// [`LedgerError`]: the old key does not open, the ledger is not in order; the disk's.
    pub fn rotate(&self, archive: &ArchiveReader, now: Timestamp) -> Result<Rotated, Error> {
        self.prepare(archive)?;
        let old = open_key(self.config)?;
        let path = next(self.config);
        let new = match LedgerKey::open(&path) {
            Ok(begun) => begun,
            Err(LedgerError::NotThere { .. } | LedgerError::Unreadable { .. })
                if !path.exists() =>
            {
                let seed = random::secret().map_err(LedgerError::Randomness)?;
                let name = old.verifier().name().clone();
                let key = LedgerKey::from_seed(name, &seed).ok_or(LedgerError::KeyForeign)?;
                key.write_new(&path)?;
                key
            }
            Err(error) => return Err(error.into()),
        };
        let rotated = Rotated {
            old: old.verifier(),
            new: new.verifier(),
        };
        let folder = &self.config.ledger.folder;
        let known = Ledger::open(folder)?.keys()?;
        let latest = Ledger::open(folder)?.latest()?;
        let is_signed = latest.is_some_and(|latest| latest.is_signed_by(&rotated.new));
        if !(known.contains(&rotated.new) && is_signed) {
            LedgerWriter::open(folder)?.rotate(&old, &new, now)?;
        }
        durable::rename_over(&path, &self.config.ledger.key)?;
        Ok(rotated)
    }
}

/// The keys that were the office's before this one: each named by an entry that stands under a checkpoint of this key.
/// What cannot be read is trusted by nobody.
pub(super) fn before(config: &Config, key: &VerifierKey) -> Vec<VerifierKey> {
    let read = || -> Result<Vec<VerifierKey>, LedgerError> {
        let ledger = Ledger::open(&config.ledger.folder)?;
        if ledger.keys()?.len() < 2 {
            return Ok(Vec::new());
        }
        let mut signed = 0;
        for size in ledger.checkpoints()?.into_iter().rev() {
            if ledger.checkpoint(size).is_ok_and(|it| it.is_signed_by(key)) {
                signed = size;
                break;
            }
        }
        let mut changes = Vec::new();
        for recorded in ledger.recorded_from(0)? {
            let recorded = recorded?;
            if recorded.index >= signed {
                break;
            }
            if let Some(Event::KeyRotated { old, new }) =
                recorded.opening.as_ref().map(|opening| opening.event())
            {
                changes.push((old.clone(), new.clone()));
            }
        }
        let mut known = vec![key.clone()];
        for (old, new) in changes.into_iter().rev() {
            if known.contains(&new) && !known.contains(&old) {
                known.push(old);
            }
        }
        Ok(known.split_off(1))
    };
    read().unwrap_or_default()
}
