//! The typeface of what this program prints: its measures, and the subset that goes into a PDF
//! (ISO 32000-1, 9.7; ISO 19005-2, 6.2.11).
//!
//! Liberation Serif has the metrics of Times New Roman, which NĐ 30/2020 asks for, and every Vietnamese
//! letter. It is meant to be written as Type 0 with Identity-H, so that codes are glyph numbers of the
//! subset, with widths from the font itself and a ToUnicode map. Each writer of PDF lays out the objects
//! in its own way.

use std::collections::BTreeMap;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::GlyphRemapper;

/// Liberation Serif 2.1, SIL Open Font License 1.1 (`LICENSE.txt`).
pub(crate) const LIBERATION_SERIF: &[u8] = include_bytes!("LiberationSerif-Regular.ttf");

/// Why a text cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TypefaceError {
    /// The font lacks a letter of it.
    #[error("the font has no glyph for U+{:04X}", u32::from(*.0))]
    Letter(char),
    /// The font cannot be read.
    #[error("the font is damaged")]
    Damaged,
}

/// The font, measured in thousandths of its size.
pub(crate) struct Typeface<'a> {
    font: FontRef<'a>,
    units_per_em: f64,
}

/// What a font descriptor says (9.8), in thousandths of the font's size.
pub(crate) struct Measures {
    /// Left, bottom, right, top of the box round all glyphs.
    pub(crate) bounds: [f64; 4],
    /// Height above the base line that every letter stays under, marks included.
    pub(crate) ascent: f64,
    /// Depth below the base line, negative.
    pub(crate) descent: f64,
    /// Height of capitals.
    pub(crate) cap_height: f64,
}

impl Typeface<'static> {
    /// The one typeface.
    pub(crate) fn liberation_serif() -> Result<Self, TypefaceError> {
        let font = FontRef::new(LIBERATION_SERIF).map_err(|_| TypefaceError::Damaged)?;
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
    fn glyph(&self, letter: char) -> Result<GlyphId, TypefaceError> {
        self.font
            .charmap()
            .map(letter)
            .ok_or(TypefaceError::Letter(letter))
    }

    /// Advance width of one letter, thousandths of the font size.
    fn letter_width(&self, letter: char) -> Result<f64, TypefaceError> {
        self.advance(self.glyph(letter)?)
    }

    /// Advance width of a line.
    pub(crate) fn width(&self, text: &str) -> Result<f64, TypefaceError> {
        text.chars().map(|letter| self.letter_width(letter)).sum()
    }

    /// Breaks a text at its spaces into lines of at most `room`; a word wider than that stays whole and
    /// is a line of its own.
    pub(crate) fn wrap(&self, text: &str, room: f64) -> Result<Vec<String>, TypefaceError> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ') {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if !line.is_empty() && self.width(&longer)? > room {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            } else {
                line = longer;
            }
        }
        lines.push(line);
        Ok(lines)
    }

    /// The measures of the whole font.
    pub(crate) fn measures(&self) -> Measures {
        let metrics = self.font.metrics(Size::unscaled(), LocationRef::default());
        let bounds = metrics.bounds.unwrap_or_default();
        let sides = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        Measures {
            bounds: sides.map(|side| self.scaled(side)),
            ascent: self.scaled(metrics.ascent),
            descent: self.scaled(metrics.descent),
            cap_height: self.scaled(metrics.cap_height.unwrap_or(metrics.ascent)),
        }
    }

    fn scaled(&self, units: f32) -> f64 {
        f64::from(units) * 1000.0 / self.units_per_em
    }

    fn advance(&self, glyph: GlyphId) -> Result<f64, TypefaceError> {
        let metrics = self
            .font
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        let advance = metrics.advance_width(glyph);
        advance
            .map(|units| self.scaled(units))
            .ok_or(TypefaceError::Damaged)
    }
}

/// The glyphs that a text needs, renumbered.
pub(crate) struct Subset<'a> {
    typeface: &'a Typeface<'a>,
    remapper: GlyphRemapper,
    letters: BTreeMap<char, u16>,
}

impl<'a> Subset<'a> {
    /// A subset for these lines.
    pub(crate) fn of<'t>(
        typeface: &'a Typeface<'a>,
        lines: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, TypefaceError> {
        let mut subset = Self {
            typeface,
            remapper: GlyphRemapper::new(),
            letters: BTreeMap::new(),
        };
        for letter in lines.into_iter().flat_map(str::chars) {
            let glyph = u16::try_from(typeface.glyph(letter)?.to_u32())
                .map_err(|_| TypefaceError::Letter(letter))?;
            let code = subset.remapper.remap(glyph);
            subset.letters.insert(letter, code);
        }
        Ok(subset)
    }

    /// A line as the codes of its letters.
    pub(crate) fn codes(&self, line: &str) -> impl Iterator<Item = u16> {
        line.chars()
            .filter_map(|letter| self.letters.get(&letter).copied())
    }

    /// The font program, TrueType.
    pub(crate) fn program(&self) -> Result<Vec<u8>, TypefaceError> {
        subsetter::subset(LIBERATION_SERIF, 0, &self.remapper).map_err(|_| TypefaceError::Damaged)
    }

    /// The name of the subset: six letters that differ where the glyphs differ (9.6.4), and the font's.
    pub(crate) fn name(&self) -> String {
        let hash = self.remapper.remapped_gids().fold(5381u32, |hash, glyph| {
            hash.wrapping_mul(33).wrapping_add(u32::from(glyph))
        });
        let tag: String = (0..6)
            .map(|place| char::from(b'A' + u8::try_from(hash / 26u32.pow(place) % 26).unwrap_or(0)))
            .collect();
        format!("{tag}+LiberationSerif")
    }

    /// The measures of the font that it is taken from.
    pub(crate) fn measures(&self) -> Measures {
        self.typeface.measures()
    }

    /// Advance widths of the codes from 0 on, thousandths of the font size.
    pub(crate) fn widths(&self) -> Result<Vec<f64>, TypefaceError> {
        let glyphs = self.remapper.remapped_gids();
        glyphs
            .map(|glyph| self.typeface.advance(GlyphId::from(glyph)))
            .collect()
    }

    /// ToUnicode map (9.10.3), at most 100 letters a section.
    pub(crate) fn to_unicode(&self) -> String {
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
        let missing = Subset::of(&typeface, ["村"]);
        assert!(matches!(missing, Err(TypefaceError::Letter('村'))));
    }

    #[test]
    fn has_the_metrics_of_times() {
        let typeface = Typeface::liberation_serif().expect("font");
        let width = typeface.width("SAO Y").expect("width");
        // Times-Roman: S 556, A 722, O 722, space 250, Y 722.
        assert!((width - 2972.0).abs() < 2.0, "{width}");
    }

    #[test]
    fn breaks_lines_at_spaces_only() {
        let typeface = Typeface::liberation_serif().expect("font");
        let room = typeface.width("một hai").expect("width");
        let lines = typeface.wrap("một hai bốnnămsáubảytám chín", room);
        assert_eq!(lines.expect("set"), ["một hai", "bốnnămsáubảytám", "chín"]);
        assert_eq!(typeface.wrap("", room).expect("set"), [""]);
    }
}
