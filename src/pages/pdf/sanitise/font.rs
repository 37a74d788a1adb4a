//! Fonts (ISO 32000-1 §9.5 to §9.10): their dictionaries and programs, not whether these agree.

use lopdf::{Dictionary, Object};

use super::content::{self, Uses};
use super::copier::{Copier, Kind, entries, utf8_name};
use super::stream::{CONTENT_BYTES_MAX, packed};
use super::{Outcome, obstacle};
use crate::pdf_object::{dictionary, name, value};

const SIMPLE_KEYS: &[&str] = &["Type", "Subtype", "FirstChar", "LastChar", "Widths"];

const TYPE3_KEYS: &[&str] = &[
    "Type",
    "Subtype",
    "FontBBox",
    "FontMatrix",
    "FirstChar",
    "LastChar",
    "Widths",
];

const CID_KEYS: &[&str] = &["Type", "Subtype", "DW", "W", "DW2", "W2"];

/// Without CIDSet and CharSet: wrong ones are forbidden (ISO 19005-2 §6.2.11.4.2), and nobody needs them.
const DESCRIPTOR_KEYS: &[&str] = &[
    "Type",
    "FontFamily",
    "FontStretch",
    "FontWeight",
    "Flags",
    "FontBBox",
    "ItalicAngle",
    "Ascent",
    "Descent",
    "Leading",
    "CapHeight",
    "XHeight",
    "StemV",
    "StemH",
    "AvgWidth",
    "MaxWidth",
    "MissingWidth",
];

const PROGRAMS: [&str; 3] = ["FontFile", "FontFile2", "FontFile3"];

impl<'a> Copier<'a> {
    /// A font of any kind.
    pub(super) fn font(
        &mut self,
        source: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let unknown = || obstacle("an unknown font");
        let font = self
            .resolved(source)
            .and_then(|object| object.as_dict().ok())
            .ok_or_else(unknown)?;
        let subtype = name(self.document, font, b"Subtype").ok_or_else(unknown)?;
        let own = subtype != b"Type3" || self.resources_of(font).is_some();
        self.shared(source, Kind::Font, own, |copier, _| match subtype {
            b"Type1" | b"MMType1" | b"TrueType" => copier.simple_font(font),
            b"Type0" => copier.composite_font(font),
            b"Type3" => copier.type3_font(font, inherited),
            _ => Err(unknown()),
        })
    }

    /// Whether the glyphs are in the file.
    pub(super) fn is_embedded(&self, font: &'a Dictionary) -> bool {
        let described = match name(self.document, font, b"Subtype") {
            Some(b"Type3") => return true,
            Some(b"Type0") => match self.descendant(font) {
                Some((_, descendant)) => descendant,
                None => return false,
            },
            _ => font,
        };
        dictionary(self.document, described, b"FontDescriptor").is_some_and(|descriptor| {
            PROGRAMS.iter().any(|key| {
                matches!(
                    value(self.document, descriptor, key.as_bytes()),
                    Some(Object::Stream(_))
                )
            })
        })
    }

    fn descendant(&self, font: &'a Dictionary) -> Option<(&'a Object, &'a Dictionary)> {
        let all = value(self.document, font, b"DescendantFonts")?
            .as_array()
            .ok()?;
        let first = all.first()?;
        Some((first, self.resolved(first)?.as_dict().ok()?))
    }

    fn simple_font(&mut self, font: &'a Dictionary) -> Outcome<Object> {
        let mut copy = self.plain_entries(font, SIMPLE_KEYS)?;
        self.font_name(&mut copy, font, "BaseFont");
        if let Some(descriptor) = self.raw(font, b"FontDescriptor") {
            copy.set("FontDescriptor", self.descriptor(descriptor)?);
        }
        self.encoding(&mut copy, font)?;
        self.unicode_map(&mut copy, font)?;
        Ok(copy.into())
    }

    fn composite_font(&mut self, font: &'a Dictionary) -> Outcome<Object> {
        let mut copy = self.plain_entries(font, &["Type", "Subtype"])?;
        self.font_name(&mut copy, font, "BaseFont");
        let encoding = self
            .raw(font, b"Encoding")
            .ok_or_else(|| obstacle("an unknown font"))?;
        copy.set("Encoding", self.character_map(encoding)?);
        let (descendant, _) = self
            .descendant(font)
            .ok_or_else(|| obstacle("an unknown font"))?;
        let descendant =
            self.described(descendant, Kind::Font, "an unknown font", Self::cid_font)?;
        copy.set("DescendantFonts", vec![descendant]);
        self.unicode_map(&mut copy, font)?;
        Ok(copy.into())
    }

    fn cid_font(&mut self, font: &'a Dictionary) -> Outcome<Object> {
        let mut copy = self.plain_entries(font, CID_KEYS)?;
        self.font_name(&mut copy, font, "BaseFont");
        self.system_info(&mut copy, font)?;
        if let Some(descriptor) = self.raw(font, b"FontDescriptor") {
            copy.set("FontDescriptor", self.descriptor(descriptor)?);
        }
        match value(self.document, font, b"CIDToGIDMap") {
            Some(Object::Stream(_)) => {
                let map = self
                    .raw(font, b"CIDToGIDMap")
                    .ok_or_else(|| obstacle("an unknown font"))?;
                copy.set("CIDToGIDMap", self.bytes(map)?);
            }
            Some(Object::Name(name)) => copy.set("CIDToGIDMap", Object::Name(name.clone())),
            // ISO 19005-2 §6.2.11.3.2 wants it spelled out.
            _ if name(self.document, font, b"Subtype") == Some(b"CIDFontType2") => {
                copy.set("CIDToGIDMap", Object::Name(b"Identity".to_vec()));
            }
            _ => {}
        }
        Ok(copy.into())
    }

    fn font_name(&self, copy: &mut Dictionary, source: &'a Dictionary, key: &str) {
        if let Some(font) = name(self.document, source, key.as_bytes()) {
            copy.set(key, Object::Name(utf8_name(font)));
        }
    }

    pub(super) fn system_info(
        &mut self,
        copy: &mut Dictionary,
        source: &'a Dictionary,
    ) -> Outcome<()> {
        if let Some(info) = dictionary(self.document, source, b"CIDSystemInfo") {
            let info = self.plain_entries(info, &["Registry", "Ordering", "Supplement"])?;
            copy.set("CIDSystemInfo", info);
        }
        Ok(())
    }

    fn descriptor(&mut self, source: &'a Object) -> Outcome<Object> {
        self.described(
            source,
            Kind::Descriptor,
            "an unknown font descriptor",
            |copier, descriptor| {
                let mut copy = copier.plain_entries(descriptor, DESCRIPTOR_KEYS)?;
                copier.font_name(&mut copy, descriptor, "FontName");
                for key in PROGRAMS {
                    if let Some(program) = copier.raw(descriptor, key.as_bytes()) {
                        copy.set(key, copier.program(program)?);
                    }
                }
                Ok(copy.into())
            },
        )
    }

    fn program(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::FontProgram, true, |copier, object| {
            let stream = object
                .as_stream()
                .map_err(|_| obstacle("a font program that is no stream"))?;
            let keys = ["Length1", "Length2", "Length3", "Subtype"];
            let copy = copier.plain_entries(&stream.dict, &keys)?;
            copier.stream(copy, stream)
        })
    }

    /// A simple font's encoding: a name, or differences from one.
    fn encoding(&mut self, copy: &mut Dictionary, font: &'a Dictionary) -> Outcome<()> {
        match value(self.document, font, b"Encoding") {
            None => {}
            Some(Object::Dictionary(encoding)) => {
                let keys = ["Type", "BaseEncoding", "Differences"];
                copy.set("Encoding", self.plain_entries(encoding, &keys)?);
            }
            Some(plain) => copy.set("Encoding", self.plain(plain)?),
        }
        Ok(())
    }

    fn unicode_map(&mut self, copy: &mut Dictionary, font: &'a Dictionary) -> Outcome<()> {
        if let Some(map) = self.raw(font, b"ToUnicode") {
            copy.set("ToUnicode", self.character_map(map)?);
        }
        Ok(())
    }

    /// A font whose glyphs are content (§9.6.5); they share its resources.
    fn type3_font(
        &mut self,
        font: &'a Dictionary,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let mut copy = self.plain_entries(font, TYPE3_KEYS)?;
        self.encoding(&mut copy, font)?;
        self.unicode_map(&mut copy, font)?;
        let glyphs = dictionary(self.document, font, b"CharProcs")
            .ok_or_else(|| obstacle("an unknown font"))?;
        let (mut uses, mut copies) = (Uses::default(), Dictionary::new());
        for (glyph, _) in glyphs {
            let stream = value(self.document, glyphs, glyph)
                .and_then(entries_of_stream)
                .ok_or_else(|| obstacle("a glyph that is no stream"))?;
            let data = self.expanded(stream, CONTENT_BYTES_MAX)?;
            let checked = content::check(&data, &mut uses)?;
            let packed = packed(Dictionary::new(), &checked.bytes);
            copies.set(glyph.clone(), self.place(&packed)?);
        }
        copy.set("CharProcs", copies);
        let own = self.resources_of(font).or(inherited);
        copy.set("Resources", self.resources(own, &uses)?);
        Ok(copy.into())
    }
}

fn entries_of_stream(object: &Object) -> Option<&lopdf::Stream> {
    entries(object).and(object.as_stream().ok())
}
