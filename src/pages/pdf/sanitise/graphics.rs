//! Graphics states, patterns, shadings and transparency groups (ISO 32000-1 §8.4.5, §8.7, §11.6;
//! ISO 19005-2 §6.2.5 and §6.2.10).

use lopdf::{Dictionary, Object};

use super::content::INTENTS;
use super::copier::{Copier, Kind, entries};
use super::{Outcome, obstacle};
use crate::pdf_object::{dictionary, integer, name, value};
use crate::pdfa::BLEND_MODES;

/// Halftones, black generation, undercolour removal and overprint modes steer printing plates of
/// DeviceCMYK, which is not copied.
const STATE_KEYS: &[&str] = &[
    "LW", "LC", "LJ", "ML", "D", "OP", "op", "FL", "SM", "SA", "CA", "ca", "AIS", "TK",
];

const SHADING_KEYS: &[&str] = &[
    "ShadingType",
    "Background",
    "BBox",
    "AntiAlias",
    "Domain",
    "Matrix",
    "Coords",
    "Extend",
    "BitsPerCoordinate",
    "BitsPerComponent",
    "BitsPerFlag",
    "Decode",
    "VerticesPerRow",
];

const TILING_KEYS: &[&str] = &[
    "Type",
    "PatternType",
    "PaintType",
    "TilingType",
    "BBox",
    "XStep",
    "YStep",
    "Matrix",
];

impl<'a> Copier<'a> {
    /// A graphics state parameter dictionary.
    pub(super) fn graphics_state(
        &mut self,
        source: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        self.described(
            source,
            Kind::GraphicsState,
            "an unknown graphics state",
            |copier, state| {
                let mut copy = copier.plain_entries(state, STATE_KEYS)?;
                copier.refuse_transfer(state)?;
                if let Some(intent) = name(copier.document, state, b"RI")
                    && INTENTS.contains(&intent)
                {
                    copy.set("RI", Object::Name(intent.to_vec()));
                }
                if let Some(mode) = value(copier.document, state, b"BM") {
                    copy.set("BM", copier.blend_mode(mode)?);
                }
                if let Some(font) = value(copier.document, state, b"Font") {
                    copy.set("Font", copier.state_font(font, inherited)?);
                }
                if let Some(mask) = value(copier.document, state, b"SMask") {
                    copy.set("SMask", copier.soft_mask(mask, inherited)?);
                }
                Ok(copy.into())
            },
        )
    }

    /// Transfer functions are forbidden; the names mean the device's own, as without any.
    fn refuse_transfer(&self, state: &'a Dictionary) -> Outcome<()> {
        for key in [&b"TR"[..], b"TR2"] {
            let names = match value(self.document, state, key) {
                None | Some(Object::Name(_)) => true,
                Some(Object::Array(items)) => items
                    .iter()
                    .all(|item| matches!(self.resolved(item), Some(Object::Name(_)))),
                Some(_) => false,
            };
            if !names {
                return Err(obstacle("a transfer function"));
            }
        }
        Ok(())
    }

    /// A mode, or the first known one of an array (ISO 32000-1 §11.6.3).
    fn blend_mode(&self, mode: &'a Object) -> Outcome<Object> {
        let names: Vec<&[u8]> = match mode {
            Object::Array(items) => items
                .iter()
                .filter_map(|item| self.resolved(item)?.as_name().ok())
                .collect(),
            single => single.as_name().into_iter().collect(),
        };
        names
            .into_iter()
            .find(|name| BLEND_MODES.contains(name))
            .map(|name| Object::Name(name.to_vec()))
            .ok_or_else(|| obstacle("an unknown blend mode"))
    }

    fn state_font(
        &mut self,
        entry: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let Ok([font, size]) = entry.as_array().map(Vec::as_slice) else {
            return Err(obstacle("an unknown graphics state"));
        };
        let embedded = self
            .resolved(font)
            .and_then(entries)
            .is_some_and(|font| self.is_embedded(font));
        if !embedded {
            return Err(obstacle("a font that is not embedded"));
        }
        Ok(vec![self.font(font, inherited)?, self.plain(size)?].into())
    }

    fn soft_mask(
        &mut self,
        mask: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let unknown = || obstacle("an unknown soft mask");
        let source = match mask {
            Object::Name(name) if name == b"None" => return Ok(mask.clone()),
            Object::Dictionary(source) => source,
            _ => return Err(unknown()),
        };
        let mut copy = self.plain_entries(source, &["Type", "S", "BC"])?;
        let group = self.raw(source, b"G").ok_or_else(unknown)?;
        copy.set("G", self.form(group, inherited)?);
        match value(self.document, source, b"TR") {
            None | Some(Object::Name(_)) => {}
            Some(_) => {
                let transfer = self.raw(source, b"TR").ok_or_else(unknown)?;
                copy.set("TR", self.function(transfer)?);
            }
        }
        Ok(copy.into())
    }

    /// A tiling or shading pattern.
    pub(super) fn pattern(
        &mut self,
        source: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let unknown = || obstacle("an unknown pattern");
        let described = self
            .resolved(source)
            .and_then(entries)
            .ok_or_else(unknown)?;
        let own = self.resources_of(described).is_some();
        self.shared(source, Kind::Pattern, own, |copier, object| {
            match (integer(copier.document, described, b"PatternType"), object) {
                (Some(1), Object::Stream(stream)) => {
                    let copy = copier.plain_entries(&stream.dict, TILING_KEYS)?;
                    copier.content_stream(copy, stream, inherited)
                }
                (Some(2), _) => {
                    let mut copy =
                        copier.plain_entries(described, &["Type", "PatternType", "Matrix"])?;
                    let shading = copier.raw(described, b"Shading").ok_or_else(unknown)?;
                    copy.set("Shading", copier.shading(shading)?);
                    if let Some(state) = copier.raw(described, b"ExtGState") {
                        copy.set("ExtGState", copier.graphics_state(state, inherited)?);
                    }
                    Ok(copy.into())
                }
                _ => Err(unknown()),
            }
        })
    }

    /// A shading dictionary or stream.
    pub(super) fn shading(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::Shading, true, |copier, object| {
            let unknown = || obstacle("an unknown shading");
            let described = entries(object).ok_or_else(unknown)?;
            let kind = integer(copier.document, described, b"ShadingType");
            let mut copy = copier.plain_entries(described, SHADING_KEYS)?;
            let space = copier.raw(described, b"ColorSpace").ok_or_else(unknown)?;
            copy.set("ColorSpace", copier.colour_space(space)?);
            if let Some(function) = copier.raw(described, b"Function") {
                copy.set("Function", copier.functions(function)?);
            }
            match (kind, object) {
                (Some(1..=3), _) => Ok(copy.into()),
                (Some(4..=7), Object::Stream(stream)) => copier.stream(copy, stream),
                _ => Err(unknown()),
            }
        })
    }

    /// The transparency group of a page or form, if it has one.
    pub(super) fn group(&mut self, owner: &'a Dictionary) -> Outcome<Option<Object>> {
        let Some(group) = dictionary(self.document, owner, b"Group") else {
            return Ok(None);
        };
        if name(self.document, group, b"S") != Some(b"Transparency") {
            return Ok(None);
        }
        let mut copy = self.plain_entries(group, &["Type", "S", "I", "K"])?;
        if let Some(space) = self.raw(group, b"CS") {
            copy.set("CS", self.colour_space(space)?);
        }
        Ok(Some(copy.into()))
    }
}
