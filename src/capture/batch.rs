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

/// Where a job comes from that others were divided or merged into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The jobs.
    pub divided_from: Vec<RecordId>,
    /// The sheet before it.
    pub sheet: Option<SheetFacts>,
    /// Pages left out.
    pub left_out: Vec<LeftOutPage>,
}

/// What a cover sheet says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetFacts {
    /// Number.
    pub number: String,
    /// Whose.
    pub citizen: Option<CitizenId>,
    /// Which dossier's.
    pub dossier: Option<DossierCode>,
    /// What kind.
    pub kind: Option<DocumentKind>,
    /// Whether its check value is good.
    pub proved: bool,
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
    /// Selection.
    pub selection: Option<Vec<usize>>,
    /// Origin.
    pub origin: Option<Origin>,
}

impl ScanBatch {
    /// Where the files lie, in page order.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|file| &file.path)
    }
}
