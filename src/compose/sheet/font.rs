//! The typeface of the sheet as objects of the file.

use std::io::{self, Write};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Filter, Name, Rect, Ref, Str};

use super::PrintError;
use super::single;
use crate::compose::object_writer::ObjectWriter;
use crate::compose::text_layer::compressed;
use crate::typeface::{Measures, Subset};

/// ISO 32000-1 §9.7.3: codes are glyph numbers of no known collection.
const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// A subset, ready to be written.
pub(super) struct EmbeddedFont {
    name: String,
    program: Vec<u8>,
    widths: Vec<f32>,
    unicode: String,
    measures: Measures,
}

impl EmbeddedFont {
    pub(super) fn of(subset: &Subset<'_>) -> Result<Self, PrintError> {
        Ok(Self {
            name: subset.name(),
            program: subset.program()?,
            widths: subset.widths()?.into_iter().map(single).collect(),
            unicode: subset.to_unicode(),
            measures: subset.measures(),
        })
    }

    /// Writes it and gives the Type 0 font for the resources of the page.
    pub(super) fn write<W: Write>(&self, objects: &mut ObjectWriter<W>) -> io::Result<Ref> {
        let [font, descendant, descriptor, program, unicode] = [
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
            objects.reserve()?,
        ];
        let name = Name(self.name.as_bytes());
        objects.object(font, |chunk| {
            chunk
                .type0_font(font)
                .base_font(name)
                .encoding_predefined(Name(b"Identity-H"))
                .descendant_font(descendant)
                .to_unicode(unicode);
        })?;
        objects.object(descendant, |chunk| {
            let mut dictionary = chunk.cid_font(descendant);
            dictionary
                .subtype(CidFontType::Type2)
                .base_font(name)
                .system_info(IDENTITY)
                .font_descriptor(descriptor)
                .default_width(0.0)
                .cid_to_gid_map_predefined(Name(b"Identity"));
            let widths = self.widths.iter().copied();
            dictionary.widths().consecutive(0, widths);
        })?;
        let [left, bottom, right, top] = self.measures.bounds.map(single);
        objects.object(descriptor, |chunk| {
            chunk
                .font_descriptor(descriptor)
                .name(name)
                // Symbolic: the subset has no standard encoding.
                .flags(FontFlags::SERIF | FontFlags::SYMBOLIC)
                .bbox(Rect::new(left, bottom, right, top))
                .italic_angle(0.0)
                .ascent(single(self.measures.ascent))
                .descent(single(self.measures.descent))
                .cap_height(single(self.measures.cap_height))
                .stem_v(80.0)
                .font_file2(program);
        })?;
        let data = compressed(&self.program)?;
        objects.object(program, |chunk| {
            let mut stream = chunk.stream(program, &data);
            stream.filter(Filter::FlateDecode);
            let length = i32::try_from(self.program.len()).unwrap_or(i32::MAX);
            stream.pair(Name(b"Length1"), length);
        })?;
        let map = compressed(self.unicode.as_bytes())?;
        objects.object(unicode, |chunk| {
            chunk.stream(unicode, &map).filter(Filter::FlateDecode);
        })?;
        Ok(font)
    }
}
