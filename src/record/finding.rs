//! What a check found: a coded fact about a record, never an error of the check itself.

use serde::{Deserialize, Serialize};

use super::RecordId;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong with the evidence.
    Notice,
    /// It could not be checked: neither good nor bad.
    Indeterminate,
    /// The evidence is damaged or missing.
    Error,
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $severity:ident;)+) => {
        /// Every finding that verification can report. The text form is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FindingCode { $($(#[$doc])* $variant,)+ }

        impl FindingCode {
            /// All codes, in order.
            pub const ALL: &'static [FindingCode] = &[$(FindingCode::$variant,)+];

            /// The stable text, e.g. `CONTENT_CHANGED`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(FindingCode::$variant => $code,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(FindingCode::$variant => Severity::$severity,)+ }
            }
        }
    };
}

finding_codes! {
    /// A content file's bytes differ from the inventory's digest.
    ContentChanged = "CONTENT_CHANGED", Error;
    /// A content file that the inventory names is not there.
    ContentMissing = "CONTENT_MISSING", Error;
    /// A file that no inventory names.
    FileUnexpected = "FILE_UNEXPECTED", Error;
    /// The inventory cannot be read, or breaks OCFL 1.1.
    InventoryInvalid = "INVENTORY_INVALID", Error;
    /// The inventory's bytes differ from its sidecar digest.
    InventoryChanged = "INVENTORY_CHANGED", Error;
    /// A folder where an object should be is not an OCFL object.
    ObjectInvalid = "OBJECT_INVALID", Error;
    /// The storage root's own declaration is missing or wrong.
    RootInvalid = "ROOT_INVALID", Error;
    /// The record's description (`record.json`) cannot be read or contradicts the object.
    DescriptionInvalid = "DESCRIPTION_INVALID", Error;
    /// The signature does not hold over the document's bytes.
    SignatureInvalid = "SIGNATURE_INVALID", Error;
    /// The signed document's structure or page images contradict the record.
    DocumentInvalid = "DOCUMENT_INVALID", Error;
    /// In the index, not in the archive.
    ArchiveMissing = "ARCHIVE_MISSING", Error;
    /// In the archive, not in the index; `sohoa reindex` mends it.
    IndexMissing = "INDEX_MISSING", Error;
    /// The index says something else than the archive; `sohoa reindex` mends it.
    IndexDiffers = "INDEX_DIFFERS", Error;
    /// A new version of the object is whole, but not all files say yet that it is the latest: it is being
    /// made now, or a crash came between, and the next start finishes it.
    RevisionUnfinished = "REVISION_UNFINISHED", Notice;
    /// In the archive, not in the ledger.
    LedgerMissing = "LEDGER_MISSING", Error;
    /// A version's inventory is another than the ledger says.
    LedgerDiffers = "LEDGER_DIFFERS", Error;
    /// In the ledger, not in the archive: an older state of the object was put back, or the object is gone.
    VersionMissing = "VERSION_MISSING", Error;
    /// The ledger's key is there, and no ledger.
    LedgerLost = "LEDGER_LOST", Error;
    /// A tile of the ledger's entries is missing or damaged.
    LedgerEntriesInvalid = "LEDGER_ENTRIES_INVALID", Error;
    /// A tile of what the ledger's entries stand for is missing or damaged.
    LedgerOpeningsInvalid = "LEDGER_OPENINGS_INVALID", Error;
    /// Entries of the ledger are nowhere; what comes after them cannot be checked.
    LedgerLeavesLost = "LEDGER_LEAVES_LOST", Error;
    /// What an entry is said to stand for does not match it.
    LedgerOpeningDiffers = "LEDGER_OPENING_DIFFERS", Error;
    /// A tile of hashes is missing, or is not what the entries come to.
    LedgerTileDiffers = "LEDGER_TILE_DIFFERS", Error;
    /// The root that was written down is not what the entries come to.
    LedgerTreeDiffers = "LEDGER_TREE_DIFFERS", Error;
    /// A checkpoint is missing or damaged.
    LedgerCheckpointInvalid = "LEDGER_CHECKPOINT_INVALID", Error;
    /// Entries were changed after a checkpoint was signed.
    LedgerRootDiffers = "LEDGER_ROOT_DIFFERS", Error;
    /// Entries were lost after a checkpoint was signed: the ledger was rolled back.
    LedgerTreeShorter = "LEDGER_TREE_SHORTER", Error;
    /// The signature of a checkpoint does not hold.
    LedgerSignatureInvalid = "LEDGER_SIGNATURE_INVALID", Error;
    /// A witness's copy of a checkpoint is none.
    LedgerWitnessDiffers = "LEDGER_WITNESS_DIFFERS", Error;
    /// A replica's file is missing or has other bytes, or its object does not hold to OCFL 1.1; `sohoa repair` mends it.
    ReplicaDamaged = "REPLICA_DAMAGED", Error;
    /// A replica has another inventory of a version than the ledger says, or a version that the ledger lacks.
    ReplicaDiffers = "REPLICA_DIFFERS", Error;
    /// A replica lacks a version that was copied to it.
    ReplicaMissing = "REPLICA_MISSING", Error;
    /// The ledger does not continue the replica's copy of it: one of the two was changed or rolled back.
    ReplicaLedgerDiffers = "REPLICA_LEDGER_DIFFERS", Error;
    /// A replica belongs to another archive, or its marker is damaged.
    ReplicaForeign = "REPLICA_FOREIGN", Error;
    /// A replica's disk is away.
    ReplicaAway = "REPLICA_AWAY", Notice;
    /// Versions are not in a replica yet.
    ReplicaBehind = "REPLICA_BEHIND", Notice;
    /// A record that was disposed of is still there, or there again, in the archive or in a replica.
    DisposedPresent = "DISPOSED_PRESENT", Error;
    /// The ledger says that a record was disposed of, and it has no tombstone: somebody took it away, or a crash ended the
    /// disposal, and carrying it out again finishes it.
    TombstoneMissing = "TOMBSTONE_MISSING", Error;
    /// A tombstone says something else than the ledger.
    TombstoneDiffers = "TOMBSTONE_DIFFERS", Error;
    /// A tombstone of a record that was not disposed of, as far as the ledger knows.
    TombstoneForeign = "TOMBSTONE_FOREIGN", Error;
    /// The register of acts about retention is damaged, or is not what the ledger says.
    RetentionDiffers = "RETENTION_DIFFERS", Error;
    /// An act about retention has no entry in the ledger yet; the next act enters it.
    RetentionUnentered = "RETENTION_UNENTERED", Notice;
    /// What an entry stands for was erased, so it cannot be held against the archive.
    LedgerOpeningErased = "LEDGER_OPENING_ERASED", Indeterminate;
    /// A checkpoint is signed by another key than the office's.
    LedgerKeyUnknown = "LEDGER_KEY_UNKNOWN", Indeterminate;
    /// The ledger, its key or a witness's copies could not be read, or there is no ledger yet.
    LedgerUnchecked = "LEDGER_UNCHECKED", Indeterminate;
    /// A file or folder could not be read, so nothing is known of it.
    Unreadable = "UNREADABLE", Indeterminate;
}

impl Serialize for FindingCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FindingCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = FindingCode::ALL.iter().find(|code| code.as_str() == text);
        known
            .copied()
            .ok_or_else(|| serde::de::Error::custom("not a finding's code"))
    }
}

/// One coded fact, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// The record concerned, where it is known.
    pub record: Option<RecordId>,
    /// The file concerned, relative to the archive's root; of the ledger, behind `ledger/`.
    pub path: Option<String>,
    /// Expected and found, in English, without personal data.
    pub detail: String,
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
