//! What a check found: a coded fact about a record, never an error of the check itself.

use serde::Serialize;

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
    /// A file or folder could not be read, so nothing is known of it.
    Unreadable = "UNREADABLE", Indeterminate;
}

impl Serialize for FindingCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One coded fact, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// The record concerned, where it is known.
    pub record: Option<RecordId>,
    /// The file concerned, relative to the archive's root.
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
