//! What stands in the ledger: texts of lines, so that `sha256sum` and a person can read what a program wrote.
//!
//! A leaf is public and says the kind of an event, its time, and a commitment:
//!
//! ```text
//! sohoa-leaf/1
//! kind archived
//! time 2026-11-23T10:15:30Z
//! opening <SHA-256 of the opening, hexadecimal>
//! ```
//!
//! The opening says what happened to which record, behind 32 random bytes; without it the leaf tells nothing
//! about anybody, and nobody can find it by guessing. Whoever has it proves what the leaf stands for:
//!
//! ```text
//! sohoa-opening/1
//! salt <32 random bytes, hexadecimal>
//! kind archived
//! record <record number>
//! version 1
//! inventory <SHA-256 of the OCFL inventory of that version>
//! document <SHA-256 of the signed document>
//! ```
//!
//! Lines end with a line feed; there is one text for one leaf and one opening, others are refused.

use std::str::FromStr;

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::{RetentionAct, VerifierKey};
use crate::record::{RecordId, Sha256Digest};

const LEAF: &str = "sohoa-leaf/1";
const OPENING: &str = "sohoa-opening/1";
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";
/// Longer texts are not of ours.
const TEXT_BYTES_MAX: usize = 4096;

/// A version of a record in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedVersion {
    /// The record.
    pub record: RecordId,
    /// The version of its OCFL object, from 1.
    pub version: u32,
    /// SHA-256 of that version's `inventory.json`.
    pub inventory: Sha256Digest,
    /// SHA-256 of the signed document as that version shows it.
    pub document: Sha256Digest,
}

/// What a leaf stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A record, or a new version of it, came into the archive.
    Archived(ArchivedVersion),
    /// A person corrected what the archive says of a record.
    Corrected(ArchivedVersion),
    /// A record was used again in another procedure.
    Reused {
        /// The record.
        record: RecordId,
        /// SHA-256 of its inventory at that time.
        inventory: Sha256Digest,
        /// SHA-256 of what was handed out.
        bundle: Sha256Digest,
    },
    /// A record was disposed of.
    Disposed {
        /// The record.
        record: RecordId,
        /// SHA-256 of its last inventory.
        inventory: Sha256Digest,
        /// SHA-256 of the decision to do so.
        decision: Sha256Digest,
    },
    /// Damaged or missing files of a record were replaced by copies that prove good.
    Repaired {
        /// The record.
        record: RecordId,
        /// SHA-256 of its latest inventory, which nothing was changed in.
        inventory: Sha256Digest,
        /// SHA-256 of the report of what was damaged and where the copies came from.
        report: Sha256Digest,
    },
    /// A person's act about how long records are kept: a dossier closed, a hold, a step of a disposal.
    Retention {
        /// Which.
        act: RetentionAct,
        /// SHA-256 of its line in the register of such acts.
        line: Sha256Digest,
    },
    /// A night's verification came to its end.
    Verified {
        /// SHA-256 of its signed report.
        report: Sha256Digest,
    },
    /// A signing session ended.
    SigningSession {
        /// SHA-256 of its log.
        log: Sha256Digest,
    },
    /// Checkpoints are signed with another key from here on.
    KeyRotated {
        /// The key so far.
        old: VerifierKey,
        /// The next one.
        new: VerifierKey,
    },
}

impl Event {
    /// The kind, as it stands in leaf and opening.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Archived(_) => "archived",
            Event::Corrected(_) => "corrected",
            Event::Reused { .. } => "reused",
            Event::Disposed { .. } => "disposed",
            Event::Repaired { .. } => "repaired",
            Event::Retention { act, .. } => act.as_str(),
            Event::Verified { .. } => "verified",
            Event::SigningSession { .. } => "signing-session",
            Event::KeyRotated { .. } => "key-rotated",
        }
    }

    /// The record concerned, where it is one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Event::Archived(version) | Event::Corrected(version) => Some(version.record),
            Event::Reused { record, .. }
            | Event::Disposed { record, .. }
            | Event::Repaired { record, .. } => Some(*record),
            Event::Retention { .. }
            | Event::Verified { .. }
            | Event::SigningSession { .. }
            | Event::KeyRotated { .. } => None,
        }
    }

    /// The digest of the record's inventory, where it is about one.
    #[must_use]
    pub fn inventory(&self) -> Option<Sha256Digest> {
        match self {
            Event::Archived(version) | Event::Corrected(version) => Some(version.inventory),
            Event::Reused { inventory, .. }
            | Event::Disposed { inventory, .. }
            | Event::Repaired { inventory, .. } => Some(*inventory),
            Event::Retention { .. }
            | Event::Verified { .. }
            | Event::SigningSession { .. }
            | Event::KeyRotated { .. } => None,
        }
    }

    /// The version of a record, where it is about one.
    fn archived(&self) -> Option<&ArchivedVersion> {
        match self {
            Event::Archived(version) | Event::Corrected(version) => Some(version),
            Event::Reused { .. }
            | Event::Disposed { .. }
            | Event::Repaired { .. }
            | Event::Retention { .. }
            | Event::Verified { .. }
            | Event::SigningSession { .. }
            | Event::KeyRotated { .. } => None,
        }
    }

    /// The number of the record's version, where it is about one.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.archived().map(|it| it.version)
    }

    /// The digest of the record's document, where it is about a version of it.
    #[must_use]
    pub fn document(&self) -> Option<Sha256Digest> {
        self.archived().map(|it| it.document)
    }

    fn lines(&self) -> String {
        match self {
            Event::Archived(v) | Event::Corrected(v) => format!(
                "record {}\nversion {}\ninventory {}\ndocument {}\n",
                v.record, v.version, v.inventory, v.document
            ),
            Event::Reused {
                record,
                inventory,
                bundle,
            } => format!("record {record}\ninventory {inventory}\nbundle {bundle}\n"),
            Event::Disposed {
                record,
                inventory,
                decision,
            } => format!("record {record}\ninventory {inventory}\ndecision {decision}\n"),
            Event::Repaired {
                record,
                inventory,
                report,
            } => format!("record {record}\ninventory {inventory}\nreport {report}\n"),
            Event::Retention { line, .. } => format!("line {line}\n"),
            Event::Verified { report } => format!("report {report}\n"),
            Event::SigningSession { log } => format!("log {log}\n"),
            Event::KeyRotated { old, new } => format!("old {old}\nnew {new}\n"),
        }
    }

    fn read(kind: &str, lines: &mut Lines) -> Option<Self> {
        let mut version = || {
            Some(ArchivedVersion {
                record: lines.value("record")?,
                version: lines.value("version")?,
                inventory: lines.value("inventory")?,
                document: lines.value("document")?,
            })
        };
        Some(match kind {
            "archived" => Event::Archived(version()?),
            "corrected" => Event::Corrected(version()?),
            "reused" => Event::Reused {
                record: lines.value("record")?,
                inventory: lines.value("inventory")?,
                bundle: lines.value("bundle")?,
            },
            "disposed" => Event::Disposed {
                record: lines.value("record")?,
                inventory: lines.value("inventory")?,
                decision: lines.value("decision")?,
            },
            "repaired" => Event::Repaired {
                record: lines.value("record")?,
                inventory: lines.value("inventory")?,
                report: lines.value("report")?,
            },
            "verified" => Event::Verified {
                report: lines.value("report")?,
            },
            "signing-session" => Event::SigningSession {
                log: lines.value("log")?,
            },
            "key-rotated" => Event::KeyRotated {
                old: lines.value("old")?,
                new: lines.value("new")?,
            },
            other => Event::Retention {
                act: RetentionAct::of(other)?,
                line: lines.value("line")?,
            },
        })
    }
}

/// What opens a leaf: the event and its salt. To be kept to oneself, and handed on with a proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    salt: [u8; 32],
    event: Event,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opening({:?}, …)", self.event)
    }
}

impl Opening {
    /// Of this event; the salt must be random, and used for nothing else.
    #[must_use]
    pub fn new(event: Event, salt: [u8; 32]) -> Self {
        Self { salt, event }
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The text; see the module.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{OPENING}\nsalt {}\nkind {}\n{}",
            HEXLOWER.encode(&self.salt),
            self.event.kind(),
            self.event.lines()
        )
    }

    /// Reads a text; `None` for any other than [`Self::text`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = Lines::after(OPENING, text)?;
        let salt: String = lines.value("salt")?;
        let salt = HEXLOWER.decode(salt.as_bytes()).ok()?.try_into().ok()?;
        let kind: String = lines.value("kind")?;
        let event = Event::read(&kind, &mut lines)?;
        let opening = Self { salt, event };
        (opening.text() == text).then_some(opening)
    }
}

/// What the ledger shows to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The kind of event, in lower-case letters and hyphens.
    pub kind: String,
    /// When it happened, to the second.
    pub time: Timestamp,
    /// SHA-256 of the opening's text.
    pub opening: Sha256Digest,
}

impl Leaf {
    /// The leaf that this opens.
    #[must_use]
    pub fn of(opening: &Opening, time: Timestamp) -> Self {
        Self {
            kind: opening.event.kind().to_owned(),
            time,
            opening: Sha256Digest::of(opening.text().as_bytes()),
        }
    }

    /// The text, which is the leaf's data in the tree; see the module.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            kind,
            time,
            opening,
        } = self;
        format!(
            "{LEAF}\nkind {kind}\ntime {}\nopening {opening}\n",
            time.strftime(TIME)
        )
    }

    /// Reads a text; `None` for any other than [`Self::text`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = Lines::after(LEAF, text)?;
        let kind: String = lines.value("kind")?;
        let leaf = Self {
            time: lines.value("time")?,
            opening: lines.value("opening")?,
            kind,
        };
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        (leaf.kind.chars().all(plain) && leaf.text() == text).then_some(leaf)
    }

    /// Whether this is its opening.
    #[must_use]
    pub fn is_opened_by(&self, opening: &Opening) -> bool {
        self.kind == opening.event.kind()
            && self.opening == Sha256Digest::of(opening.text().as_bytes())
    }
}

/// Lines of a name and a value.
struct Lines<'a>(std::str::Lines<'a>);

impl<'a> Lines<'a> {
    fn after(head: &str, text: &'a str) -> Option<Self> {
        let mut lines = text.lines();
        (text.len() <= TEXT_BYTES_MAX && lines.next()? == head).then_some(Self(lines))
    }

    fn value<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let value = self.0.next()?.strip_prefix(name)?.strip_prefix(' ')?;
        value.parse().ok()
    }
}
