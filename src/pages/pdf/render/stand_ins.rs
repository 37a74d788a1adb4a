//! Fonts for text whose own font is not embedded (ISO 32000-1, 9.6.2.2 and 9.8.3).
//!
//! The typefaces of the Liberation family, whose letters are as wide as those of Times, Helvetica and
//! Courier, where the machine has them; else Liberation Serif, which this program carries, for all of
//! them. Both have every Vietnamese letter. The fonts that the renderer brings along have none of
//! đ, ơ, ế …, and drop them without a word, so they are used for symbols only.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use hayro::hayro_interpret::font::{FontData, FontQuery, StandardFont};
use skrifa::{FontRef, MetadataProvider};

use crate::typeface::LIBERATION_SERIF;

/// Where distributions put the family.
const FOLDERS: [&str; 4] = [
    "/usr/share/fonts/truetype/liberation2",
    "/usr/share/fonts/truetype/liberation",
    "/usr/share/fonts/liberation",
    "/usr/share/fonts/TTF",
];

/// Families in the order serif, sans, mono; styles in the order of [`style`].
const FAMILIES: [&str; 3] = ["Serif", "Sans", "Mono"];
const STYLES: [&str; 4] = ["Regular", "Bold", "Italic", "BoldItalic"];

/// Longest font file that is read.
const FONT_BYTES_MAX: u64 = 4 << 20;

/// The letter that older editions of the family lack.
const PROBE: char = 'ế';

/// Twelve typefaces, by family and style.
pub(super) struct StandIns {
    faces: Vec<FontData>,
}

impl StandIns {
    /// The fonts of this machine, read once. A process that will not open files later calls this first.
    pub(super) fn of_this_machine() -> &'static Arc<StandIns> {
        static FONTS: OnceLock<Arc<StandIns>> = OnceLock::new();
        FONTS.get_or_init(|| {
            let folder = FOLDERS.iter().map(Path::new).find_map(StandIns::in_folder);
            Arc::new(folder.unwrap_or_else(StandIns::carried))
        })
    }

    /// All twelve, or none: a text must not change its face with its weight.
    fn in_folder(folder: &Path) -> Option<Self> {
        let mut faces: Vec<FontData> = Vec::new();
        for family in FAMILIES {
            for style in STYLES {
                let path = folder.join(format!("Liberation{family}-{style}.ttf"));
                if std::fs::metadata(&path).ok()?.len() > FONT_BYTES_MAX {
                    return None;
                }
                let data = std::fs::read(path).ok()?;
                glyph(&data, PROBE)?;
                faces.push(Arc::new(data));
            }
        }
        Some(Self { faces })
    }

    fn carried() -> Self {
        let face: FontData = Arc::new(LIBERATION_SERIF);
        Self {
            faces: vec![face; FAMILIES.len() * STYLES.len()],
        }
    }

    /// The answer to the renderer's question.
    pub(super) fn resolve(&self, query: &FontQuery) -> Option<(FontData, u32)> {
        let standard = match query {
            FontQuery::Standard(standard) => *standard,
            FontQuery::Fallback(query) => query.pick_standard_font(),
        };
        match style(standard) {
            Some(place) => self.faces.get(place).map(|face| (face.clone(), 0)),
            None => Some(standard.get_font_data()),
        }
    }

    /// Whether these bytes are one of the stand-ins.
    pub(super) fn includes(&self, data: &FontData) -> bool {
        let bytes = |data: &FontData| AsRef::<[u8]>::as_ref(data.as_ref()).as_ptr();
        let wanted = bytes(data);
        self.faces.iter().any(|face| bytes(face) == wanted)
    }
}

/// The glyph of a letter; `None` where the font lacks it.
pub(super) fn glyph(font: &[u8], letter: char) -> Option<u32> {
    let font = FontRef::new(font).ok()?;
    font.charmap().map(letter).map(|glyph| glyph.to_u32())
}

/// The place of a standard font among the faces; `None` for the two fonts of symbols.
fn style(font: StandardFont) -> Option<usize> {
    Some(match font {
        StandardFont::TimesRoman => 0,
        StandardFont::TimesBold => 1,
        StandardFont::TimesItalic => 2,
        StandardFont::TimesBoldItalic => 3,
        StandardFont::Helvetica => 4,
        StandardFont::HelveticaBold => 5,
        StandardFont::HelveticaOblique => 6,
        StandardFont::HelveticaBoldOblique => 7,
        StandardFont::Courier => 8,
        StandardFont::CourierBold => 9,
        StandardFont::CourierOblique => 10,
        StandardFont::CourierBoldOblique => 11,
        StandardFont::Symbol | StandardFont::ZapfDingBats => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_has_the_vietnamese_letters() {
        for fonts in [&StandIns::carried(), StandIns::of_this_machine().as_ref()] {
            assert_eq!(fonts.faces.len(), 12);
            for face in &fonts.faces {
                for letter in "đơếồịạƯẮỹ".chars() {
                    let bytes = AsRef::<[u8]>::as_ref(face.as_ref());
                    assert!(
                        glyph(bytes, letter).is_some_and(|glyph| glyph > 0),
                        "{letter}"
                    );
                }
                assert!(fonts.includes(face));
            }
        }
        assert!(!StandIns::carried().includes(&(Arc::new(vec![1u8]) as FontData)));
    }

    #[test]
    fn symbols_keep_their_own_font() {
        let fonts = StandIns::carried();
        let (symbols, _) = fonts
            .resolve(&FontQuery::Standard(StandardFont::Symbol))
            .expect("a font");
        assert!(!fonts.includes(&symbols));
        let (text, _) = fonts
            .resolve(&FontQuery::Standard(StandardFont::CourierBold))
            .expect("a font");
        assert!(fonts.includes(&text));
    }

    #[test]
    fn a_folder_without_the_family_is_no_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(StandIns::in_folder(folder.path()).is_none());
    }
}
