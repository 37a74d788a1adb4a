//! Clauses 6.2.11, fonts: dictionaries, embedding, widths, encodings, the glyphs that are shown.
//!
//! Judged is every font that pages show text in, with the codes that they show. What this
//! cannot read or does not know (`MacExpertEncoding`, fonts set by a graphics state) is a violation, too.
//! Vertical metrics are not compared, glyphs are not drawn.

mod cmap;
mod composite;
mod descriptor;
mod encoding;
mod glyphs;
mod program;
mod shown;
mod simple;
mod type3;
mod unicode;

#[cfg(test)]
mod tests;

use lopdf::{Document, ObjectId};

use self::shown::ShownFont;
use super::{PdfFile, Violation};
use crate::pdf_object::{name, value};

/// Reports every clause of 6.2.11 that level B asks for and a font of the file breaks.
pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    for font in shown::fonts(file, found) {
        let mut report = Report::new(&font, found);
        judge(file.document, &font, &mut report);
    }
}

/// Reports every font with a code that does not lead to Unicode, as 6.2.11.7.2 asks for on level U.
pub(super) fn maps_to_unicode(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    for font in shown::fonts(file, found) {
        let mut report = Report::new(&font, found);
        unicode::judge(file.document, &font, &mut report);
    }
}

fn judge(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    if name(document, font.dictionary, b"Type") != Some(b"Font") {
        report.add("6.2.11.2", "font dictionary without Type Font");
    }
    let subtype = name(document, font.dictionary, b"Subtype");
    if subtype != Some(b"Type3") && name(document, font.dictionary, b"BaseFont").is_none() {
        report.add("6.2.11.2", "font dictionary without BaseFont");
    }
    match subtype {
        Some(b"Type0") => composite::judge(document, font, report),
        Some(b"Type1" | b"MMType1") => simple::judge_type1(document, font, report),
        Some(b"TrueType") => simple::judge_true_type(document, font, report),
        Some(b"Type3") => type3::judge(document, font, report),
        _ => report.add("6.2.11.2", "font dictionary of no known Subtype"),
    }
}

/// Where the violations of one font go; the same one goes there once.
struct Report<'f> {
    found: &'f mut Vec<Violation>,
    page: usize,
    object: Option<ObjectId>,
    from: usize,
}

impl<'f> Report<'f> {
    fn new(font: &ShownFont<'_>, found: &'f mut Vec<Violation>) -> Self {
        Self {
            page: font.page,
            object: font.object,
            from: found.len(),
            found,
        }
    }

    fn add(&mut self, clause: &'static str, what: &str) {
        let own = self.found.get(self.from..).unwrap_or_default();
        if own
            .iter()
            .any(|other| other.clause == clause && other.what == what)
        {
            return;
        }
        self.found.push(Violation {
            clause,
            what: what.to_owned(),
            page: Some(self.page),
            object: self.object,
        });
    }
}

/// Whether a name begins as that of a subset: six capitals and a plus (ISO 32000-1 §9.6.4).
fn is_subset(font_name: &[u8]) -> bool {
    font_name.get(6) == Some(&b'+') && font_name.iter().take(6).all(u8::is_ascii_uppercase)
}

/// A number under a key, as the dictionaries of fonts have them.
fn number_under(document: &Document, dictionary: &lopdf::Dictionary, key: &[u8]) -> Option<f64> {
    crate::pdf_object::number(value(document, dictionary, key)?)
}
