//! Type 3 fonts: their glyphs are content streams that say their own width (6.2.11.2, 6.2.11.5).

use lopdf::content::Content;
use lopdf::{Document, Object};

use super::Report;
use super::encoding::Encoding;
use super::glyphs;
use super::shown::ShownFont;
use super::simple::Widths;
use crate::pdf_object::{dictionary, number, numbers, value};
use crate::pdfa::content;

pub(super) fn judge(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    let Some(widths) = Widths::read(document, font.dictionary, report) else {
        return;
    };
    let encoding = Encoding::read(document, font.dictionary);
    let Some(procedures) = dictionary(document, font.dictionary, b"CharProcs") else {
        return report.add("6.2.11.2", "Type 3 font without CharProcs");
    };
    let matrix = value(document, font.dictionary, b"FontMatrix")
        .and_then(|matrix| numbers(document, matrix));
    let Some(&[scale, _, _, _, _, _]) = matrix.as_deref() else {
        return report.add("6.2.11.2", "Type 3 font without FontMatrix");
    };
    for (code, is_visible) in font.codes.iter().filter(|(_, is_visible)| **is_visible) {
        let Ok(code) = u8::try_from(code.value) else {
            continue;
        };
        let name = encoding.difference(code);
        let procedure = name.and_then(|name| value(document, procedures, name.as_bytes()));
        let Some(Object::Stream(stream)) = procedure else {
            if *is_visible {
                report.add("6.2.11.4.1", "text leads to a glyph that the font lacks");
            }
            continue;
        };
        let own = content::expanded(stream).and_then(|data| stated_width(&data));
        let (Some(own), Some(stated)) = (own, widths.of(code)) else {
            report.add("6.2.11.5", "a glyph of a Type 3 font has no width");
            continue;
        };
        // In glyph space and in thousandths of the text size, whichever is stricter.
        let per_mille = scale.abs() * 1000.0;
        if glyphs::differs(own, stated) || glyphs::differs(own * per_mille, stated * per_mille) {
            report.add("6.2.11.5", "widths of Type 3 font and glyph differ");
        }
    }
}

/// The first operand of `d0` or `d1`, which comes first in a glyph.
fn stated_width(procedure: &[u8]) -> Option<f64> {
    let content = Content::decode_strict(procedure).ok()?;
    let first = content.operations.first()?;
    matches!(first.operator.as_str(), "d0" | "d1")
        .then(|| first.operands.first().and_then(number))
        .flatten()
}
