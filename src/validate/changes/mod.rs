//! What was changed after a signature: an allow-list, and everything else by name.
//!
//! The revision that a field covers is compared with the file as it is now, object by object. What an archive expects
//! after a signature is allowed: further signatures and timestamps in new or empty fields with what they show, their
//! entries in the form and on the pages, the document security store (EN 319 142-1 §5.4), the names of PDF extensions,
//! and what signing programs note about themselves (`/Producer` and `/ModDate` of the information dictionary, as iText
//! does under every signature of Vietnamese agencies). Numbers and dates that a registrar stamps are signature fields
//! of the agency's there, so nothing else has to be allowed for them. Filling in forms and making notes is allowed
//! where the signer's own certification (DocMDP) grants it, and locks (FieldMDP) are honoured. All else is forbidden,
//! whether it can be seen or not: an object nobody refers to may be what another viewer shows.
//!
//! Whether a digest fits is not asked here: bytes changed within what was signed are for the container to find.

mod annotations;
mod catalogue;
mod class;
mod comparison;
mod evidence;
mod fields;
mod filled;
mod kind;
mod metadata;
mod structure;
mod surroundings;
#[cfg(test)]
mod tests;

use self::comparison::Comparison;
pub use self::kind::{ChangeKind, ObjectClass};
pub(in crate::validate) use self::surroundings::Surroundings;
use crate::record::Lang;
use crate::validate::document::{SignatureField, SignedDocument};

/// Where something was changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// An object, by number and generation.
    Object(u32, u16),
    /// The trailer.
    Trailer,
    /// Bytes of the file: offset and how many.
    Bytes {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// The document as a whole.
    Document,
}

/// One thing that was changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Where.
    pub part: Part,
    /// What.
    pub what: ChangeKind,
}

impl Change {
    /// For people, a clause.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let what = self.what.text(lang);
        match (&self.part, lang) {
            (Part::Object(number, generation), Lang::Vi) => {
                format!("{what} (đối tượng {number} {generation})")
            }
            (Part::Object(number, generation), Lang::En) => {
                format!("{what} (object {number} {generation})")
            }
            (Part::Bytes { offset, length }, Lang::Vi) => {
                format!("{what} ({length} byte từ vị trí {offset})")
            }
            (Part::Bytes { offset, length }, Lang::En) => {
                format!("{what} ({length} bytes from offset {offset})")
            }
            (Part::Trailer | Part::Document, _) => what,
        }
    }
}

/// Everything that was changed after one signature, each thing once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What may follow a signature.
    pub allowed: Vec<Change>,
    /// What may not: with one of these the signature fails
    /// ([`SigConstraintsFailure`](super::SubIndication::SigConstraintsFailure)).
    pub forbidden: Vec<Change>,
}

/// What was changed after a signature of this document.
///
/// Where the field covers no revision there is nothing to compare, and that is forbidden itself.
#[must_use]
pub fn after(document: &SignedDocument, field: &SignatureField) -> Changes {
    let forbidden = |what| Changes {
        allowed: Vec::new(),
        forbidden: vec![Change {
            part: Part::Document,
            what,
        }],
    };
    let (Some(revision), true) = (field.revision, document.is_sound) else {
        return forbidden(ChangeKind::Unreadable);
    };
    if field.end == document.length() {
        return Changes::default();
    }
    if document.objects.is_exhausted() {
        return forbidden(ChangeKind::TooMuch);
    }
    let surroundings = document.surroundings.get_or_init(|| surroundings(document));
    let Some(comparison) = Comparison::new(&document.objects, surroundings, field, revision, 0)
    else {
        return forbidden(ChangeKind::Unreadable);
    };
    comparison.run()
}

fn surroundings(document: &SignedDocument) -> Surroundings {
    let covered = document.fields().iter();
    let covered = covered.filter_map(|it| Some((it.revision?, usize::try_from(it.end).ok()?)));
    match (
        covered.clone().map(|it| it.0).max(),
        covered.map(|it| it.1).min(),
    ) {
        (Some(oldest), Some(first_end)) => Surroundings::read(&document.objects, oldest, first_end),
        _ => Surroundings::default(),
    }
}
