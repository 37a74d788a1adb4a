//! The typeface of the visible signature as objects of an incremental update.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::SignError;
use super::append::Increment;
use super::base::syntax::Reference;
use crate::typeface::{Subset, TypefaceError};

impl From<TypefaceError> for SignError {
    fn from(error: TypefaceError) -> Self {
        match error {
            TypefaceError::Letter(letter) => SignError::Letter(letter),
            TypefaceError::Damaged => SignError::Unsupported { what: "the font" },
        }
    }
}

/// A line as a hexadecimal string of two-byte codes.
pub(super) fn encode(subset: &Subset<'_>, line: &str) -> String {
    let digits: String = subset
        .codes(line)
        .map(|code| format!("{code:04X}"))
        .collect();
    format!("<{digits}>")
}

/// Writes the font's objects and gives the Type 0 dictionary.
pub(super) fn embed(
    subset: &Subset<'_>,
    increment: &mut Increment<'_>,
) -> Result<Reference, SignError> {
    let program = subset.program()?;
    let name = subset.name();
    let length = format!("/Length1 {}", program.len());
    let file = increment.add(compressed_stream(&length, &program)?);
    let unicode = increment.add(compressed_stream("", subset.to_unicode().as_bytes())?);
    let descriptor = increment.add(descriptor(subset, &name, file).into_bytes());
    let descendant = increment.add(
        format!(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}\
             /CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\
             /FontDescriptor {descriptor}/CIDToGIDMap/Identity/DW 0/W[{}]>>",
            widths(subset)?
        )
        .into_bytes(),
    );
    Ok(increment.add(
        format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H\
             /DescendantFonts[{descendant}]/ToUnicode {unicode}>>"
        )
        .into_bytes(),
    ))
}

fn descriptor(subset: &Subset<'_>, name: &str, file: Reference) -> String {
    let measures = subset.measures();
    let [left, bottom, right, top] = measures.bounds.map(f64::round);
    format!(
        // Serif (bit 2) and symbolic (bit 3): the subset has no standard encoding.
        "<</Type/FontDescriptor/FontName/{name}/Flags 6/FontBBox[{left} {bottom} {right} {top}]\
         /ItalicAngle 0/Ascent {}/Descent {}/CapHeight {}/StemV 80/FontFile2 {file}>>",
        measures.ascent.round(),
        measures.descent.round(),
        measures.cap_height.round(),
    )
}

/// `/W`: every glyph of the subset in order, so one run from 0 holds them all.
fn widths(subset: &Subset<'_>) -> Result<String, SignError> {
    let mut widths = "0[".to_owned();
    for width in subset.widths()? {
        widths.push_str(&format!("{width:.2} "));
    }
    widths.push(']');
    Ok(widths)
}

/// A stream object with these entries, its content compressed.
pub(super) fn compressed_stream(entries: &str, plain: &[u8]) -> Result<Vec<u8>, SignError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).map_err(SignError::writing)?;
    let coded = encoder.finish().map_err(SignError::writing)?;
    let mut stream = format!(
        "<</Filter/FlateDecode/Length {}{entries}>>\nstream\n",
        coded.len()
    )
    .into_bytes();
    stream.extend(coded);
    stream.extend(b"\nendstream");
    Ok(stream)
}
