//! Checkpoints: what is said about the whole tree (C2SP tlog-checkpoint), three lines in a signed note.

use super::note::{KeyName, NoteSignature, SignedNote};
use super::{NodeHash, VerifierKey};

/// A tree of a certain size: everything that its root stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// Which ledger: a name like that of a domain, the same as of its keys.
    pub origin: KeyName,
    /// How many leaves.
    pub size: u64,
    /// The root above them.
    pub root: NodeHash,
}

impl TreeHead {
    /// The text that a checkpoint's signatures are over.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads such a text; `None` for any other, also for one with the further lines that C2SP allows: this
    /// ledger writes none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let head = Self {
            origin: lines.next()?.parse().ok()?,
            size: lines.next()?.parse().ok()?,
            root: lines.next()?.parse().ok()?,
        };
        (head.text() == text).then_some(head)
    }
}

/// A head with signatures, of which nothing is known before [`Checkpoint::is_signed_by`] says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    head: TreeHead,
    note: SignedNote,
}

impl Checkpoint {
    pub(super) fn sign(head: TreeHead, keys: &[&super::LedgerKey]) -> Self {
        let note = SignedNote::sign(head.text(), keys);
        Self { head, note }
    }

    /// Reads a checkpoint; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let note = SignedNote::parse(std::str::from_utf8(bytes).ok()?)?;
        Some(Self {
            head: TreeHead::parse(&note.text)?,
            note,
        })
    }

    /// What it says.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The lines below it.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.note.signatures
    }

    /// The note as it is written to files, stamped and handed on.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.note.to_text()
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.note.is_signed_by(key)
    }

    /// The same with further signatures below.
    #[must_use]
    pub fn with(&self, further: &[NoteSignature]) -> Self {
        let mut signed = self.clone();
        signed.note.signatures.extend_from_slice(further);
        signed
    }

    /// The same with this signature alone.
    pub(super) fn with_only(&self, signature: NoteSignature) -> Self {
        let mut signed = self.clone();
        signed.note.signatures = vec![signature];
        signed
    }
}
