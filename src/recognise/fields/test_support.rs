//! Pages set in type, a sign a cell, for the tests of fields.

use crate::recognise::barcode::Code;
use crate::recognise::{BoundingBox, Confidence, PageReading, ReadPage, RecognisedPage, Word};
use crate::record::{Field, FieldName};

const SIGN: f32 = 10.0;
const LINE: f32 = 30.0;
const HEIGHT: f32 = 20.0;

/// A page of these lines. Every sign is 10 pixels wide and lines are 30 apart, so several spaces part
/// columns; an empty line is a gap.
pub(super) fn page(lines: &[&str]) -> ReadPage {
    ReadPage {
        page: RecognisedPage {
            reading: PageReading::Ok,
            upright: 0,
            skew: 0.0,
            words: words(lines, |corner| corner),
            confidence: Some(Confidence(95.0)),
        },
        codes: Vec::new(),
        patch: None,
    }
}

/// The same page as it lies after `turn` of every corner.
pub(super) fn turned(lines: &[&str], turn: fn([f32; 2]) -> [f32; 2]) -> ReadPage {
    let mut page = page(lines);
    page.page.words = words(lines, turn);
    page
}

/// A page without words.
pub(super) fn codes(codes: Vec<Code>) -> ReadPage {
    ReadPage { codes, ..page(&[]) }
}

#[allow(clippy::cast_precision_loss, reason = "pages of tests are small")]
fn words(lines: &[&str], turn: fn([f32; 2]) -> [f32; 2]) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let base = 100.0 + LINE * number as f32;
        let mut column = 0;
        for part in line.split(' ') {
            let signs = part.chars().count();
            let (left, right) = (
                100.0 + SIGN * column as f32,
                100.0 + SIGN * (column + signs) as f32,
            );
            column += signs + 1;
            if part.is_empty() {
                continue;
            }
            let top = base - HEIGHT;
            let corners = [[left, base], [right, base], [right, top], [left, top]];
            words.push(Word {
                text: part.to_owned(),
                place: BoundingBox {
                    corners: corners.map(turn),
                },
                confidence: Confidence(90.0),
                line: u32::try_from(number).expect("few lines"),
                digits_agreed: None,
                first_reading: None,
            });
        }
    }
    words
}

/// The values of one name, in order.
pub(super) fn values(fields: &[Field], name: FieldName) -> Vec<&str> {
    let named = fields.iter().filter(|field| field.name == name);
    named.map(|field| field.value.as_str()).collect()
}
