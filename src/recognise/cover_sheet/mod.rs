//! The code of a cover sheet: which dossier, kind and citizen the pages behind it belong to.
//!
//! The code says `SOHOA1.<dossier>.<kind>.<number>.<sealed>`, in the signs of a QR's alphanumeric mode
//! (ISO/IEC 18004 §7.4.4), so that it stays small. `sealed` is base32 of nonce, ciphertext and tag of
//! AES-256-GCM (NIST SP 800-38D) under the office's key: its plaintext is the citizen's number, five
//! bytes whether there is one or not, and everything in front of it is authenticated with it. Whoever
//! finds the sheet learns no number, and nobody without the key makes or alters one.
//!
//! The parts are joined by points, which a dossier code has too, so that [`super::dossier`] never takes
//! the code of a sheet that is not proved for that of a receipt slip.
//!
//! Not here: the sheet on paper (`compose::cover_sheet`), what it separates ([`super::separators`]).

mod error;
mod key;

use std::fmt;

use data_encoding::BASE32_NOPAD;

use crate::record::{CitizenId, DocumentKind, DossierCode, vietnam_time};

pub use error::CoverSheetError;
pub use key::Key;

/// What every code of ours begins with; the number of the form follows.
const NAME: &str = "SOHOA";
/// The form written here.
const FORM: &str = "1";
/// Longest code looked at: far above the longest written, 160 signs.
const TEXT_BYTES_MAX: usize = 512;
/// Stands for “no citizen” where a number would be; no 12 digits reach it.
const NO_CITIZEN: u64 = (1 << 40) - 1;

/// What every sheet has in large letters, and no other paper as a line of its own.
pub const TITLE: &str = "TỜ PHÂN CÁCH HỒ SƠ";

/// What a cover sheet says of the pages behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverSheet {
    /// The sheet's own number.
    pub number: SheetNumber,
    /// The dossier.
    pub dossier: DossierCode,
    /// What kind of paper, where it says so.
    pub kind: Option<DocumentKind>,
    /// Whose, where it says so.
    pub citizen: Option<CitizenId>,
}

/// The number of one sheet, `YYMMDD-XXXXXX`: the day it was made (Vietnam's calendar) and chance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetNumber(String);

/// A code of ours, as far as it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetReading {
    /// Made with the office's key and not altered since: it may decide.
    Proved(CoverSheet),
    /// It separates, but nothing on it may decide: the pages behind it go to a person.
    Unproved {
        /// Why it is not believed.
        why: Unproved,
        /// The number that it claims, where it has the shape of one.
        number: Option<SheetNumber>,
    },
}

/// Why a cover sheet is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproved {
    /// This office has no key yet.
    NoKey,
    /// It is another office's, from before the key was lost, or forged.
    WrongCheck,
    /// It is damaged, or of a form that this program does not know.
    UnknownForm,
    /// The page has the title of our sheets, but no code of ours could be read on it.
    NoCode,
    /// The page has several codes of ours that say different things.
    Contradiction,
}

impl SheetNumber {
    /// A number for a sheet made `at` this time; the last 30 bits of `chance` tell those of a day apart.
    #[must_use]
    pub fn new(at: jiff::Timestamp, chance: [u8; 4]) -> Self {
        let day: String = vietnam_time(at)
            .chars()
            .take_while(|sign| *sign != 'T')
            .filter(char::is_ascii_digit)
            .collect();
        let letters = BASE32_NOPAD.encode(&chance);
        Self(format!(
            "{}-{}",
            day.get(2..).unwrap_or_default(),
            letters.get(..6).unwrap_or_default()
        ))
    }

    /// As printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let (day, chance) = text.split_once('-')?;
        let has_shape = day.len() == 6
            && day.bytes().all(|sign| sign.is_ascii_digit())
            && chance.len() == 6
            && chance
                .bytes()
                .all(|sign| matches!(sign, b'A'..=b'Z' | b'2'..=b'7'));
        has_shape.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for SheetNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CoverSheet {
    /// The text of its code. `nonce` must be drawn anew for every sheet.
    ///
    /// # Errors
    /// [`CoverSheetError::Sealing`] if the cipher refuses.
    pub fn code_text(&self, key: &Key, nonce: [u8; 12]) -> Result<String, CoverSheetError> {
        let kind = self.kind.as_ref().map(DocumentKind::as_str);
        let open = format!(
            "{NAME}{FORM}.{}.{}.{}",
            self.dossier,
            kind.unwrap_or_default().to_ascii_uppercase(),
            self.number
        );
        let sealed = key.seal(packed(self.citizen.as_ref()), open.as_bytes(), nonce)?;
        Ok(format!("{open}.{}", BASE32_NOPAD.encode(&sealed)))
    }
}

/// Reads the text of a code; `None` if it is no cover sheet's.
#[must_use]
pub fn read(text: &str, key: Option<&Key>) -> Option<SheetReading> {
    let text = text.trim();
    let (form, parts) = text.strip_prefix(NAME)?.split_once('.')?;
    if form.is_empty() || !form.bytes().all(|sign| sign.is_ascii_digit()) {
        return None;
    }
    let unproved = |why, number| SheetReading::Unproved { why, number };
    let Some(claim) = Claim::parse(text, parts).filter(|_| form == FORM) else {
        return Some(unproved(Unproved::UnknownForm, None));
    };
    let Some(key) = key else {
        return Some(unproved(Unproved::NoKey, Some(claim.number)));
    };
    let Some(packed) = key.open(&claim.sealed, claim.authenticated.as_bytes()) else {
        return Some(unproved(Unproved::WrongCheck, Some(claim.number)));
    };
    let sheet = claim.proved(packed).map(SheetReading::Proved);
    Some(sheet.unwrap_or_else(|| unproved(Unproved::UnknownForm, None)))
}

/// The parts of a code, nothing of it proved.
struct Claim<'a> {
    /// Everything in front of the sealed part.
    authenticated: &'a str,
    dossier: &'a str,
    kind: &'a str,
    number: SheetNumber,
    sealed: Vec<u8>,
}

impl<'a> Claim<'a> {
    fn parse(text: &'a str, parts: &'a str) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        // From the end, because the dossier code has points of its own.
        let mut parts = parts.rsplitn(4, '.');
        let sealed = parts.next()?;
        let number = SheetNumber::parse(parts.next()?)?;
        let kind = parts.next()?;
        let dossier = parts.next()?;
        Some(Self {
            authenticated: text.strip_suffix(sealed)?.strip_suffix('.')?,
            dossier,
            kind,
            number,
            sealed: BASE32_NOPAD.decode(sealed.as_bytes()).ok()?,
        })
    }

    /// The sheet, once its check value was found good; `None` for values that this program does not know.
    fn proved(self, packed: [u8; 5]) -> Option<CoverSheet> {
        let kind = match self.kind {
            "" => None,
            named => Some(named.to_ascii_lowercase().parse().ok()?),
        };
        Some(CoverSheet {
            number: self.number,
            dossier: self.dossier.parse().ok()?,
            kind,
            citizen: unpacked(packed)?,
        })
    }
}

/// A citizen's number, or none, in five bytes.
fn packed(citizen: Option<&CitizenId>) -> [u8; 5] {
    let digits = citizen.and_then(|citizen| citizen.expose().parse().ok());
    let [_, _, _, packed @ ..] = digits.unwrap_or(NO_CITIZEN).to_be_bytes();
    packed
}

/// `None` for five bytes that are neither a citizen's number nor none.
fn unpacked(packed: [u8; 5]) -> Option<Option<CitizenId>> {
    let mut bytes = [0; 8];
    bytes[3..].copy_from_slice(&packed);
    match u64::from_be_bytes(bytes) {
        NO_CITIZEN => Some(None),
        digits => format!("{digits:012}").parse().ok().map(Some),
    }
}

#[cfg(test)]
mod tests;
