//! Signs what was entered: a checkpoint, its timestamp, and copies for the witnesses.
//!
//! The signature needs nothing but the key. A service or a witness that is away costs nothing: it is asked again for
//! the newest checkpoint at the next time, and that one stands for all before it.

use jiff::Timestamp;

use super::{OfficeLedger, open_key, sessions};
use crate::config::WitnessConfig;
use crate::error::Error;
use crate::ledger::witness::{self, Witness};
use crate::ledger::{Checkpoint, Ledger, LedgerError, LedgerWriter};
use crate::record::Explain;
use crate::sign::TimestampServices;

/// What came of signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOff {
    /// Entries that the newest checkpoint stands for.
    pub size: u64,
    /// Whether it has a timestamp; without services it needs none.
    pub is_stamped: bool,
    /// Witnesses that could not be given their copy.
    pub witnesses_away: usize,
}

impl SignedOff {
    /// Whether nothing has to be tried again.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_stamped && self.witnesses_away == 0
    }
}

impl OfficeLedger<'_> {
    /// Signs what was entered since the last time; asks for what the newest checkpoint still lacks. `None` where
    /// nothing was ever entered.
    ///
    /// # Errors
    /// [`LedgerError`]: above all a ledger that was rolled back, which is not signed any further.
    pub fn sign_off(
        &self,
        services: &TimestampServices,
        now: Timestamp,
    ) -> Result<Option<SignedOff>, Error> {
        self.enter_sessions();
        let Some(checkpoint) = self.sign()? else {
            return Ok(None);
        };
        let size = checkpoint.head().size;
        let is_stamped = self.stamp(&checkpoint, services)?;
        let mut witnesses_away = 0;
        for witness in &self.config.ledger.witnesses {
            if let Err(error) = witness_of(witness).keep(&checkpoint, now) {
                tracing::warn!(code = error.code(), cause = %error, "a witness has no copy of the checkpoint yet");
                witnesses_away += 1;
            }
        }
        tracing::debug!(size, is_stamped, witnesses_away, "the ledger is signed");
        Ok(Some(SignedOff {
            size,
            is_stamped,
            witnesses_away,
        }))
    }

    /// A log that cannot be read keeps nothing from being signed.
    fn enter_sessions(&self) {
        if self.config.ledger.folder.exists()
            && let Err(error) = sessions::enter_ended(self.config)
        {
            tracing::error!(code = error.code(), cause = %error, "signing sessions wait for their entries");
        }
    }

    fn sign(&self) -> Result<Option<Checkpoint>, Error> {
        let ledger = &self.config.ledger;
        let mut writer = match LedgerWriter::open(&ledger.folder) {
            Err(LedgerError::NotThere { .. }) if !ledger.key.exists() => return Ok(None),
            other => other?,
        };
        let tree = writer.head().size;
        if tree == 0 {
            return Ok(None);
        }
        for place in &ledger.witnesses {
            // Of one that is away nothing is known, and signing cannot wait for it.
            let newest = witness::newest(&place.folder, &writer.head().origin);
            if let Some(signed) = newest.unwrap_or_default().filter(|signed| *signed > tree) {
                return Err(LedgerError::RolledBack { signed, tree }.into());
            }
        }
        let key = open_key(self.config)?;
        Ok(Some(writer.checkpoint(&[&key])?))
    }

    fn stamp(&self, checkpoint: &Checkpoint, services: &TimestampServices) -> Result<bool, Error> {
        let config = self.config;
        if !config.ledger.timestamps || config.timestamp.services.is_empty() {
            return Ok(true);
        }
        let (folder, size) = (&config.ledger.folder, checkpoint.head().size);
        if Ledger::open(folder)?.token(size)?.is_some() {
            return Ok(true);
        }
        let digest = services.hash().digest(checkpoint.to_text().as_bytes());
        match services.stamp(&digest) {
            Ok(token) => {
                LedgerWriter::open(folder)?.keep_token(size, token.der())?;
                Ok(true)
            }
            Err(error) => {
                tracing::warn!(%error, "the checkpoint has no timestamp yet");
                Ok(false)
            }
        }
    }
}

fn witness_of(config: &WitnessConfig) -> Witness {
    let folder = config.folder.clone();
    match &config.mail {
        None => Witness::Folder(folder),
        Some(mail) => Witness::MailSpool {
            folder,
            from: mail.from.clone(),
            to: mail.to.clone(),
        },
    }
}
