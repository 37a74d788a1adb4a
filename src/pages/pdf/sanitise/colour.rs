//! Colour spaces that an sRGB output intent allows (ISO 19005-2 §6.2.4): all but DeviceCMYK.

use lopdf::{Dictionary, Object};

use super::copier::{Copier, Kind, utf8_name};
use super::stream::packed;
use super::{Outcome, obstacle, write};
use crate::pdf_object::{dictionary, integer};

/// ISO 19005-2 §6.1.13.
const COLORANTS_MAX: usize = 32;

/// An ICC profile's header (ICC.1 §7.2).
const PROFILE_HEADER: usize = 128;

impl<'a> Copier<'a> {
    /// A colour space as it stands in resources, images, shadings and groups.
    pub(super) fn colour_space(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::ColourSpace, true, Self::space)
    }

    fn space(&mut self, object: &'a Object) -> Outcome<Object> {
        if let Object::Name(name) = object {
            return device(name);
        }
        let items = object.as_array().map_err(|_| unknown())?;
        let family = items
            .first()
            .and_then(|first| self.resolved(first))
            .and_then(|first| first.as_name().ok())
            .ok_or_else(unknown)?;
        let rest = items.get(1..).unwrap_or_default();
        match (family, rest) {
            (b"CalGray", [entries]) => self.calibrated("CalGray", entries),
            (b"CalRGB", [entries]) => self.calibrated("CalRGB", entries),
            (b"Lab", [entries]) => self.calibrated("Lab", entries),
            (b"ICCBased", [profile]) => Ok(vec![name("ICCBased"), self.profile(profile)?].into()),
            (b"Indexed", [base, most, table]) => self.indexed(base, most, table),
            (b"Separation", [colorant, alternate, tint]) => {
                self.separation(colorant, alternate, tint)
            }
            (b"DeviceN", [colorants, alternate, tint]) => {
                self.device_n(colorants, alternate, tint, None)
            }
            (b"DeviceN", [colorants, alternate, tint, attributes]) => {
                self.device_n(colorants, alternate, tint, Some(attributes))
            }
            (b"Pattern", [base]) => Ok(vec![name("Pattern"), self.colour_space(base)?].into()),
            (family, []) => device(family),
            _ => Err(unknown()),
        }
    }

    fn calibrated(&mut self, family: &str, entries: &'a Object) -> Outcome<Object> {
        let source = self
            .resolved(entries)
            .and_then(|object| object.as_dict().ok())
            .ok_or_else(unknown)?;
        let keys = ["WhitePoint", "BlackPoint", "Gamma", "Matrix", "Range"];
        let copy = self.plain_entries(source, &keys)?;
        Ok(vec![name(family), copy.into()].into())
    }

    /// An ICC profile (ISO 19005-2 §6.2.4.2); what it would be without it is left out.
    fn profile(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::Profile, true, |copier, object| {
            let stream = object.as_stream().map_err(|_| unknown())?;
            let components = integer(copier.document, &stream.dict, b"N");
            let data = copier.expanded(stream, usize::MAX)?;
            if !is_profile(&data, components) {
                return Err(obstacle("an invalid ICC profile"));
            }
            let entries = copier.plain_entries(&stream.dict, &["N", "Range"])?;
            Ok(packed(entries, &data))
        })
    }

    fn indexed(
        &mut self,
        base: &'a Object,
        most: &'a Object,
        table: &'a Object,
    ) -> Outcome<Object> {
        let base = self.colour_space(base)?;
        let most = self.plain(most)?;
        let table = match self.resolved(table) {
            Some(Object::Stream(_)) => self.bytes(table)?,
            Some(string @ Object::String(..)) => string.clone(),
            _ => return Err(unknown()),
        };
        Ok(vec![name("Indexed"), base, most, table].into())
    }

    fn separation(
        &mut self,
        colorant: &'a Object,
        alternate: &'a Object,
        tint: &'a Object,
    ) -> Outcome<Object> {
        let colorant = self
            .resolved(colorant)
            .and_then(|object| object.as_name().ok())
            .map(utf8_name)
            .ok_or_else(unknown)?;
        let alternate = self.colour_space(alternate)?;
        let tint = self.function(tint)?;
        // All Separations of one colorant must agree (§6.2.4.4).
        let meaning = write::body(&vec![alternate.clone(), tint.clone()].into())?;
        let known = self
            .colorants
            .entry(colorant.clone())
            .or_insert_with(|| meaning.clone());
        if *known != meaning {
            return Err(obstacle("a colorant with two meanings"));
        }
        Ok(vec![name("Separation"), Object::Name(colorant), alternate, tint].into())
    }

    fn device_n(
        &mut self,
        colorants: &'a Object,
        alternate: &'a Object,
        tint: &'a Object,
        attributes: Option<&'a Object>,
    ) -> Outcome<Object> {
        let names = self
            .resolved(colorants)
            .and_then(|object| object.as_array().ok())
            .filter(|names| names.len() <= COLORANTS_MAX)
            .ok_or_else(unknown)?;
        let names: Vec<&[u8]> = names
            .iter()
            .filter_map(|object| self.resolved(object)?.as_name().ok())
            .collect();
        let alternate = self.colour_space(alternate)?;
        let tint = self.function(tint)?;
        let attributes = attributes
            .and_then(|object| self.resolved(object))
            .and_then(|object| object.as_dict().ok())
            .ok_or_else(|| obstacle("DeviceN without its colorants"))?;
        let attributes = self.device_n_attributes(attributes, &names)?;
        let names = names.into_iter().map(|name| Object::Name(utf8_name(name)));
        Ok(vec![
            name("DeviceN"),
            Object::Array(names.collect()),
            alternate,
            tint,
            attributes.into(),
        ]
        .into())
    }

    /// Each colorant must be described by a Separation (§6.2.4.4).
    fn device_n_attributes(
        &mut self,
        source: &'a Dictionary,
        names: &[&'a [u8]],
    ) -> Outcome<Dictionary> {
        let mut copy = self.plain_entries(source, &["Subtype"])?;
        let described = dictionary(self.document, source, b"Colorants");
        let mut colorants = Dictionary::new();
        for colorant in names.iter().filter(|name| **name != b"None") {
            let space = described
                .and_then(|described| self.raw(described, colorant))
                .ok_or_else(|| obstacle("DeviceN without its colorants"))?;
            colorants.set(utf8_name(colorant), self.colour_space(space)?);
        }
        copy.set("Colorants", colorants);
        if let Some(process) = dictionary(self.document, source, b"Process") {
            let mut entries = self.plain_entries(process, &["Components"])?;
            let space = self.raw(process, b"ColorSpace").ok_or_else(unknown)?;
            entries.set("ColorSpace", self.colour_space(space)?);
            copy.set("Process", entries);
        }
        Ok(copy)
    }
}

fn unknown() -> super::Obstacle {
    obstacle("an unknown colour space")
}

fn name(value: &str) -> Object {
    Object::Name(value.as_bytes().to_vec())
}

fn device(name: &[u8]) -> Outcome<Object> {
    match name {
        b"DeviceGray" | b"DeviceRGB" | b"Pattern" => Ok(Object::Name(name.to_vec())),
        b"DeviceCMYK" => Err(obstacle("DeviceCMYK colour")),
        _ => Err(unknown()),
    }
}

/// Version, class and colour space of a profile's header.
fn is_profile(data: &[u8], components: Option<i64>) -> bool {
    let field = |at: usize| data.get(at..at.saturating_add(4)).unwrap_or_default();
    let spaces: &[&[u8]] = match components {
        Some(1) => &[b"GRAY"],
        Some(3) => &[b"RGB ", b"Lab "],
        Some(4) => &[b"CMYK"],
        _ => return false,
    };
    data.len() > PROFILE_HEADER
        && data.get(8).is_some_and(|&version| version < 5)
        && [&b"scnr"[..], b"mntr", b"prtr", b"spac"].contains(&field(12))
        && spaces.contains(&field(16))
        && field(36) == b"acsp"
}
