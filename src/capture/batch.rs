//! The claimed batch: files that nobody but the journey touches any more.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::ScannerProfile;
use crate::record::{
    CitizenId, Digests, DocumentKind, DossierCode, LeftOutPage, RecordId, StationName,
};

/// What a person said about a scan, in a file beside it (`<name>.phieu.toml`) or on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// Whose paper it is.
    pub citizen: Option<CitizenId>,
    /// The dossier it was handed in for.
    pub dossier: Option<DossierCode>,
    /// What kind of paper.
    pub kind: Option<DocumentKind>,
    /// A human title.
    pub title: Option<String>,
    /// How many pages were put into the scanner.
    pub pages: Option<usize>,
}

/// What the cover sheet before a document says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetFacts {
    /// The sheet's own number.
    pub number: String,
    /// Whose paper it is.
    pub citizen: Option<CitizenId>,
    /// The dossier it was handed in for.
    pub dossier: Option<DossierCode>,
    /// What kind of paper.
    pub kind: Option<DocumentKind>,
    /// Whether the sheet's check value showed that this office made it.
    pub proved: bool,
}

/// Where a document comes from that was not claimed as it is: see [`super::rearrange()`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The claimed scans that its pages come from, all gone since. The first one's folder is the last
    /// to go: as long as it is there, this document is nobody's to work on.
    pub divided_from: Vec<RecordId>,
    /// Which document it is of how many, from 1, e.g. `[(2, 3)]`. What is divided again has a pair
    /// more, the newest last; what was divided or merged into a single document has none for that.
    pub parts: Vec<(usize, usize)>,
    /// What the cover sheet before it says.
    pub sheet: Option<SheetFacts>,
    /// Beside it stood a cover sheet whose own pages are missing: which pages are whose, a person must say.
    #[serde(default)]
    pub sheet_without_pages: bool,
    /// Pages of its files that are no pages of a document, as its record names them.
    pub left_out: Vec<LeftOutPage>,
}

impl Origin {
    /// What tells it from other documents of the same scan, e.g. `2` or `2.1`; `None` for the only one.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let numbers: Vec<_> = self
            .parts
            .iter()
            .map(|(number, _)| number.to_string())
            .collect();
        (!numbers.is_empty()).then(|| numbers.join("."))
    }
}

/// One claimed file.
#[derive(Debug, Clone)]
pub struct ClaimedFile {
    /// Where it lies now, inside the job's folder.
    pub path: PathBuf,
    /// Name as dropped, relative to the station's folder.
    pub dropped_as: String,
    /// When the station last wrote it.
    pub modified: jiff::Timestamp,
    /// Length and digests, taken after the claim.
    pub digests: Digests,
}

/// One document to be: its files in page order, and what is known of it.
#[derive(Debug, Clone)]
pub struct ScanBatch {
    /// The identity that the record will have, fixed at the claim.
    pub record: RecordId,
    /// Where it came from.
    pub station: StationName,
    /// The profile in force.
    pub profile: ScannerProfile,
    /// When it was claimed.
    pub claimed: jiff::Timestamp,
    /// The job's folder under `work/`.
    pub folder: PathBuf,
    /// The files, in page order.
    pub files: Vec<ClaimedFile>,
    /// What a person or the folder's name said of it.
    pub slip: Slip,
    /// The pages that are the document's, in its order, counted from 0 over all files in order;
    /// `None`: all of them as they lie.
    pub selection: Option<Vec<usize>>,
    /// Set if the document was divided from other claimed scans, or put together of several.
    pub origin: Option<Origin>,
}

impl ScanBatch {
    /// Where the files lie, in page order.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|file| &file.path)
    }
}
