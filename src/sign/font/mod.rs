//! The typeface of the visible signature, embedded as a subset (ISO 32000-1, 9.7; ISO 19005-2, 6.2.11).
//!
//! Liberation Serif has the metrics of Times New Roman, which NĐ 30/2020 asks for, and every Vietnamese
//! letter. It is written as Type 0 with Identity-H, so that codes are glyph numbers of the subset, with
//! widths from the font itself and a ToUnicode map.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::GlyphRemapper;

use super::SignError;
use super::append::Increment;
use super::base::syntax::Reference;

/// Liberation Serif 2.1, SIL Open Font License 1.1 (`LICENSE.txt`).
const LIBERATION_SERIF: &[u8] = include_bytes!("LiberationSerif-Regular.ttf");

/// The font, measured in thousandths of its size.
pub(super) struct Typeface<'a> {
    font: FontRef<'a>,
    units_per_em: f64,
}

impl Typeface<'static> {
    /// The typeface of visible signatures.
    pub(super) fn liberation_serif() -> Result<Self, SignError> {
        let damaged = SignError::Unsupported { what: "the font" };
        let font = FontRef::new(LIBERATION_SERIF).map_err(|_| damaged)?;
        let units = font
            .metrics(Size::unscaled(), LocationRef::default())
            .units_per_em;
        Ok(Self {
            font,
            units_per_em: f64::from(units),
        })
    }
}

impl Typeface<'_> {
    fn glyph(&self, letter: char) -> Result<GlyphId, SignError> {
        self.font
            .charmap()
            .map(letter)
            .ok_or(SignError::Letter(letter))
    }

    /// Advance width of one letter, thousandths of the font size.
    pub(super) fn letter_width(&self, letter: char) -> Result<f64, SignError> {
        self.advance(self.glyph(letter)?)
    }

    /// Advance width of a line.
    pub(super) fn width(&self, text: &str) -> Result<f64, SignError> {
        text.chars().map(|letter| self.letter_width(letter)).sum()
    }

    /// Height above the base line that every letter stays under, marks included.
    pub(super) fn ascent(&self) -> f64 {
        self.scaled(self.metrics().ascent)
    }

    /// Depth below the base line, positive.
    pub(super) fn descent(&self) -> f64 {
        -self.scaled(self.metrics().descent)
    }

    fn metrics(&self) -> skrifa::metrics::Metrics {
        self.font.metrics(Size::unscaled(), LocationRef::default())
    }

    fn scaled(&self, units: f32) -> f64 {
        f64::from(units) * 1000.0 / self.units_per_em
    }

    fn advance(&self, glyph: GlyphId) -> Result<f64, SignError> {
        let metrics = self
            .font
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        let advance = metrics.advance_width(glyph);
        advance
            .map(|units| self.scaled(units))
            .ok_or(SignError::Unsupported { what: "the font" })
    }
}

/// The glyphs that a text needs, renumbered.
pub(super) struct Subset<'a> {
    typeface: &'a Typeface<'a>,
    remapper: GlyphRemapper,
    letters: BTreeMap<char, u16>,
}

impl<'a> Subset<'a> {
    /// A subset for these lines.
    pub(super) fn of(typeface: &'a Typeface<'a>, lines: &[String]) -> Result<Self, SignError> {
        let mut subset = Self {
            typeface,
            remapper: GlyphRemapper::new(),
            letters: BTreeMap::new(),
        };
        for letter in lines.iter().flat_map(|line| line.chars()) {
            let glyph = u16::try_from(typeface.glyph(letter)?.to_u32())
                .map_err(|_| SignError::Letter(letter))?;
            let code = subset.remapper.remap(glyph);
            subset.letters.insert(letter, code);
        }
        Ok(subset)
    }

    /// A line as a hexadecimal string of two-byte codes.
    pub(super) fn encode(&self, line: &str) -> String {
        let codes = line.chars().filter_map(|letter| self.letters.get(&letter));
        let digits: String = codes.map(|code| format!("{code:04X}")).collect();
        format!("<{digits}>")
    }

    /// Writes the font's objects and gives the Type 0 dictionary.
    pub(super) fn embed(&self, increment: &mut Increment<'_>) -> Result<Reference, SignError> {
        let broken = |_| SignError::Unsupported { what: "the font" };
        let program = subsetter::subset(LIBERATION_SERIF, 0, &self.remapper).map_err(broken)?;
        let name = format!("{}+LiberationSerif", self.tag());
        let length = format!("/Length1 {}", program.len());
        let file = increment.add(compressed_stream(&length, &program)?);
        let unicode = increment.add(compressed_stream("", self.to_unicode().as_bytes())?);
        let descriptor = increment.add(self.descriptor(&name, file).into_bytes());
        let descendant = increment.add(
            format!(
                "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}\
                 /CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\
                 /FontDescriptor {descriptor}/CIDToGIDMap/Identity/DW 0/W[{}]>>",
                self.widths()?
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

    /// Six letters that differ where the glyphs differ (9.6.4).
    fn tag(&self) -> String {
        let hash = self.remapper.remapped_gids().fold(5381u32, |hash, glyph| {
            hash.wrapping_mul(33).wrapping_add(u32::from(glyph))
        });
        (0..6)
            .map(|place| char::from(b'A' + u8::try_from(hash / 26u32.pow(place) % 26).unwrap_or(0)))
            .collect()
    }

    fn descriptor(&self, name: &str, file: Reference) -> String {
        let metrics = self.typeface.metrics();
        let scaled = |units: f32| self.typeface.scaled(units).round();
        let bounds = metrics.bounds.unwrap_or_default();
        format!(
            // Serif (bit 2) and symbolic (bit 3): the subset has no standard encoding.
            "<</Type/FontDescriptor/FontName/{name}/Flags 6/FontBBox[{} {} {} {}]/ItalicAngle 0\
             /Ascent {}/Descent {}/CapHeight {}/StemV 80/FontFile2 {file}>>",
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
            scaled(metrics.ascent),
            scaled(metrics.descent),
            scaled(metrics.cap_height.unwrap_or(metrics.ascent)),
        )
    }

    /// `/W`: every glyph of the subset in order, so one run from 0 holds them all.
    fn widths(&self) -> Result<String, SignError> {
        let mut widths = "0[".to_owned();
        for glyph in self.remapper.remapped_gids() {
            let width = self.typeface.advance(GlyphId::from(glyph))?;
            widths.push_str(&format!("{width:.2} "));
        }
        widths.push(']');
        Ok(widths)
    }

    /// ToUnicode map (9.10.3), at most 100 letters a section.
    fn to_unicode(&self) -> String {
        let mut map = "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n\
            /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
            /CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n\
            1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n"
            .to_owned();
        let letters: Vec<_> = self.letters.iter().collect();
        for section in letters.chunks(100) {
            map.push_str(&format!("{} beginbfchar\n", section.len()));
            for (letter, code) in section {
                let mut units = [0; 2];
                let units: String = letter
                    .encode_utf16(&mut units)
                    .iter()
                    .map(|unit| format!("{unit:04X}"))
                    .collect();
                map.push_str(&format!("<{code:04X}><{units}>\n"));
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend");
        map
    }
}

fn compressed_stream(entries: &str, plain: &[u8]) -> Result<Vec<u8>, SignError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_vietnamese_letter() {
        let vowels = "aăâeêioôơuưy";
        let tones = ["", "\u{300}", "\u{301}", "\u{303}", "\u{309}", "\u{323}"];
        let mut letters = String::from("đ");
        for vowel in vowels.chars() {
            for tone in tones {
                let composed: String = unicode_normalization::UnicodeNormalization::nfc(
                    format!("{vowel}{tone}").chars(),
                )
                .collect();
                assert_eq!(composed.chars().count(), 1, "{composed}");
                letters.push_str(&composed);
            }
        }
        letters.push_str("bcdghklmnpqrstvxfjwz");
        let all: String = format!("{letters}{}", letters.to_uppercase());
        let marked = all.chars().filter(|letter| !letter.is_ascii()).count();
        assert_eq!(marked, 134, "letters of the alphabet beyond ASCII");

        let typeface = Typeface::liberation_serif().expect("font");
        for letter in all.chars().chain("0123456789 .,;:+-–—()/&“”".chars()) {
            assert!(
                typeface.letter_width(letter).expect("glyph") > 0.0,
                "{letter}"
            );
        }
    }

    #[test]
    fn names_the_letter_that_is_missing() {
        let typeface = Typeface::liberation_serif().expect("font");
        let missing = Subset::of(&typeface, &["村".to_owned()]);
        assert!(matches!(missing, Err(SignError::Letter('村'))));
    }

    #[test]
    fn has_the_metrics_of_times() {
        let typeface = Typeface::liberation_serif().expect("font");
        let width = typeface.width("SAO Y").expect("width");
        // Times-Roman: S 556, A 722, O 722, space 250, Y 722.
        assert!((width - 2972.0).abs() < 2.0, "{width}");
    }
}
