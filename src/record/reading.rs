//! What reading found, as the record keeps it: how each page was read, values, and who says them.

use serde::{Deserialize, Serialize};

use super::CitizenId;

/// How sure the recogniser is, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Confidence(pub f32);

/// The page ledger: how reading a page ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageReading {
    /// Read, mean confidence at or above the threshold.
    Ok,
    /// Read, but a person should look.
    LowConfidence,
    /// No ink: nothing to read.
    Blank,
    /// The recogniser crashed, ran out of time or memory, twice.
    Failed,
    /// Not read yet: no recogniser on this machine, or reading is switched off.
    #[default]
    Pending,
}

impl PageReading {
    /// Whether its text is still to come, if it has any.
    #[must_use]
    pub fn is_unread(self) -> bool {
        matches!(self, Self::Pending | Self::Failed)
    }
}

/// Where a value was found, the most trustworthy first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A person settled it in the worklist. Final.
    Person,
    /// A person named it with the document.
    Operator,
    /// The slip (`*.phieu.toml`) beside the scan.
    Slip,
    /// The code of a cover sheet of our own, its check value good.
    CoverSheet,
    /// The code on the receipt that the case system printed for the dossier.
    CaseSlip,
    /// The folder that the scan was dropped in.
    Folder,
    /// The QR of a citizen's card.
    CardQr,
    /// The zone of a citizen's card, all check digits good.
    Mrz,
    /// Read as text. Never decides.
    Ocr,
}

impl Source {
    /// Whether this source alone may say whose paper it is, or which dossier's.
    #[must_use]
    pub fn decides(self) -> bool {
        self != Self::Ocr
    }
}

/// What a value is of. The JSON names are part of the archive's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldName {
    /// 12-digit citizen ID (số định danh cá nhân).
    CitizenId,
    /// Former 9- or 12-digit number (số CMND).
    FormerId,
    /// Full name of a person, as written.
    FullName,
    /// `YYYY-MM-DD`.
    DateOfBirth,
    /// `male` or `female`.
    Sex,
    /// Address, one line.
    Address,
    /// Dossier code.
    DossierCode,
    /// Number and sign of the document, e.g. `12/UBND-TP`.
    DocumentNumber,
    /// `YYYY-MM-DD`.
    DocumentDate,
    /// The agency that issued the paper.
    IssuingAgency,
    /// A `DocumentKind` code.
    DocumentKind,
    /// The paper's own title, as printed.
    Title,
}

/// One value that a page says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// What it is of.
    pub name: FieldName,
    /// NFC text, in the form that [`FieldName`] says.
    pub value: String,
    /// Who says so.
    pub source: Source,
    /// Page it stands on, from 1; `None` for what stands beside the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Corners on the stored image of the page, as of a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<[[f32; 2]; 4]>,
    /// How sure OCR was; `None` for the other sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What does not fit this value (an ID against date of birth or sex), in English; a warning for
    /// a person, never a reason to reject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// One citizen whom a document may belong to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The citizen.
    pub citizen: CitizenId,
    /// What names that citizen, each source once, the most trustworthy first.
    pub sources: Vec<Source>,
    /// Highest confidence of OCR, where it read the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// Why a page of the scan is not a page of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutReason {
    /// No ink, and the scanner's profile, or a person, said to drop such pages.
    Blank,
    /// A cover sheet: it separates documents and belongs to none.
    CoverSheet,
    /// A Patch-T sheet: it separates documents and belongs to none.
    PatchSheet,
}

/// A page of the scan that is not a page of the document. The original keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutPage {
    /// Index into the record's originals.
    pub original: usize,
    /// Page (or image) number inside that file, from 0.
    pub original_page: usize,
    /// Why.
    pub why: LeftOutReason,
    /// The cover sheet's own number, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}
