//! The font of invisible text: one empty box for every code, and what each code means.
//!
//! A Type 0 font with Identity-H whose codes are UTF-16 units, so one font of 572 bytes serves every
//! language. Written once a document, and only where a page has text (ISO 19005-2 §6.2.11).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Filter, Name, Rect, Ref, Str};

use crate::compose::object_writer::ObjectWriter;

/// Tesseract's `pdf.ttf`, Apache-2.0 (`LICENSE.txt`): glyph 1 is a box of half an em by one em.
const GLYPHLESS: &[u8] = include_bytes!("glyphless.ttf");

/// Advance width of every code, thousandths of the font size; the font program says the same (§6.2.11.5).
pub(super) const ADVANCE: f32 = 500.0;

const NAME: Name<'static> = Name(b"GlyphLessFont");

/// ISO 32000-1 §9.7.3: codes are glyph numbers of no known collection.
const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Sections of a CMap have at most so many entries (Adobe Technical Note 5014).
const MAX_SECTION: usize = 100;

/// The font's six objects in a document.
pub(in crate::compose) struct GlyphlessFont;

impl GlyphlessFont {
    /// Writes it and gives the Type 0 font for the resources of pages.
    pub(in crate::compose) fn write<W: Write>(objects: &mut ObjectWriter<W>) -> io::Result<Ref> {
        let [font, descendant, descriptor, program, glyphs, unicode] = [
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
        ];
        objects.object(font, |chunk| {
            chunk
                .type0_font(font)
                .base_font(NAME)
                .encoding_predefined(Name(b"Identity-H"))
                .descendant_font(descendant)
                .to_unicode(unicode);
        })?;
        objects.object(descendant, |chunk| {
            chunk
                .cid_font(descendant)
                .subtype(CidFontType::Type2)
                .base_font(NAME)
                .system_info(IDENTITY)
                .font_descriptor(descriptor)
                .default_width(ADVANCE)
                .cid_to_gid_map_stream(glyphs);
        })?;
        objects.object(descriptor, |chunk| {
            chunk
                .font_descriptor(descriptor)
                .name(NAME)
                .flags(FontFlags::FIXED_PITCH | FontFlags::SYMBOLIC)
                .bbox(Rect::new(0.0, 0.0, ADVANCE, 1000.0))
                .italic_angle(0.0)
                .ascent(1000.0)
                // Not 0, for which viewers put a depth of their own.
                .descent(-1.0)
                .cap_height(1000.0)
                .stem_v(80.0)
                .font_file2(program);
        })?;
        objects.object(program, |chunk| {
            let mut stream = chunk.stream(program, GLYPHLESS);
            let length = i32::try_from(GLYPHLESS.len()).unwrap_or(i32::MAX);
            stream.pair(Name(b"Length1"), length);
        })?;
        // Every code is shown by glyph 1; glyph 0, `.notdef`, is forbidden even where nothing is painted
        // (ISO 19005-2 §6.2.11.8).
        let map = compressed(&[0, 1].repeat(1 << 16))?;
        objects.object(glyphs, |chunk| {
            chunk.stream(glyphs, &map).filter(Filter::FlateDecode);
        })?;
        let map = compressed(to_unicode().as_bytes())?;
        objects.object(unicode, |chunk| {
            chunk.stream(unicode, &map).filter(Filter::FlateDecode);
        })?;
        Ok(font)
    }
}

/// ToUnicode map (ISO 32000-1 §9.10.3) from every code to itself.
///
/// No range may cross a block of 256 codes, and PDF/A-2u forbids U+0000, U+FEFF and U+FFFE as values.
/// Surrogates mean nothing alone; private use would need `/ActualText` (ISO 19005-2 §6.2.11.7.3).
pub(super) fn to_unicode() -> String {
    let mut map = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
        /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
        /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
        1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        .to_owned();
    let blocks: Vec<u16> = (0x00..=0xD7).chain(0xF9..=0xFF).collect();
    for section in blocks.chunks(MAX_SECTION) {
        map.push_str(&format!("{} beginbfrange\n", section.len()));
        for block in section {
            let (first, last) = match block {
                0x00 => (0x20, 0xFF),
                0xFE => (0x00, 0xFE),
                0xFF => (0x00, 0xFD),
                _ => (0x00, 0xFF),
            };
            map.push_str(&format!(
                "<{block:02X}{first:02X}> <{block:02X}{last:02X}> <{block:02X}{first:02X}>\n"
            ));
        }
        map.push_str("endbfrange\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    map
}

/// A stream's data for `FlateDecode`.
pub(in crate::compose) fn compressed(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain)?;
    encoder.finish()
}
