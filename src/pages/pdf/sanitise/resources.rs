//! Content with the resources that it names, and none besides (ISO 32000-1 §7.8.3).

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object, Stream};

use super::content::{self, Uses};
use super::copier::{Copier, Kind, entries};
use super::stream::{CONTENT_BYTES_MAX, packed};
use super::{Outcome, obstacle};
use crate::pdf_object::dictionary;

/// Entries of property lists that say something where there is no structure tree (§14.6, §14.9).
const PROPERTY_KEYS: &[&str] = &[
    "Type",
    "Subtype",
    "MCID",
    "ActualText",
    "Alt",
    "E",
    "Lang",
    "BBox",
    "Attached",
];

impl<'a> Copier<'a> {
    /// A form, tiling pattern or glyph: checked content with its own resources, those of the content
    /// around it where it has none.
    pub(super) fn content_stream(
        &mut self,
        mut dictionary: Dictionary,
        source: &'a Stream,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let mut uses = Uses::default();
        let data = self.expanded(source, CONTENT_BYTES_MAX)?;
        let checked = content::check(&data, &mut uses)?;
        let own = self.resources_of(&source.dict).or(inherited);
        dictionary.set("Resources", self.resources(own, &uses)?);
        Ok(packed(dictionary, &checked.bytes))
    }

    pub(super) fn resources_of(&self, owner: &'a Dictionary) -> Option<&'a Dictionary> {
        dictionary(self.document, owner, b"Resources")
    }

    /// What `uses` names.
    pub(super) fn resources(
        &mut self,
        source: Option<&'a Dictionary>,
        uses: &Uses,
    ) -> Outcome<Dictionary> {
        let mut copy = Dictionary::new();
        self.category(
            &mut copy,
            source,
            "ExtGState",
            &uses.graphics_states,
            |copier, object| copier.graphics_state(object, source),
        )?;
        self.category(
            &mut copy,
            source,
            "ColorSpace",
            &uses.colour_spaces,
            |copier, object| copier.colour_space(object),
        )?;
        self.category(
            &mut copy,
            source,
            "Pattern",
            &uses.patterns,
            |copier, object| copier.pattern(object, source),
        )?;
        self.category(&mut copy, source, "Shading", &uses.shadings, Self::shading)?;
        self.category(
            &mut copy,
            source,
            "XObject",
            &uses.objects,
            |copier, object| copier.external_object(object, source),
        )?;
        self.category(
            &mut copy,
            source,
            "Properties",
            &uses.properties,
            Self::properties,
        )?;
        let fonts: BTreeSet<Vec<u8>> = uses.fonts.keys().cloned().collect();
        self.category(&mut copy, source, "Font", &fonts, |copier, object| {
            copier.font(object, source)
        })?;
        self.require_embedded(source, uses)?;
        self.default_spaces(&mut copy, source)?;
        Ok(copy)
    }

    fn category(
        &mut self,
        copy: &mut Dictionary,
        source: Option<&'a Dictionary>,
        category: &str,
        names: &BTreeSet<Vec<u8>>,
        mut one: impl FnMut(&mut Self, &'a Object) -> Outcome<Object>,
    ) -> Outcome<()> {
        if names.is_empty() {
            return Ok(());
        }
        let source =
            source.and_then(|source| dictionary(self.document, source, category.as_bytes()));
        let mut entries = Dictionary::new();
        for name in names {
            let object = source
                .and_then(|source| self.raw(source, name))
                .ok_or_else(|| obstacle(&format!("a {category} resource that does not exist")))?;
            entries.set(name.clone(), one(self, object)?);
        }
        copy.set(category, entries);
        Ok(())
    }

    /// Fonts may stay outside only where no text shown with them is seen (ISO 19005-2 §6.2.11.4.1).
    fn require_embedded(&self, source: Option<&'a Dictionary>, uses: &Uses) -> Outcome<()> {
        let fonts = source.and_then(|source| dictionary(self.document, source, b"Font"));
        let visible = uses.fonts.iter().filter(|(_, visible)| **visible);
        for (name, _) in visible {
            let font = fonts.and_then(|fonts| dictionary(self.document, fonts, name));
            if !font.is_some_and(|font| self.is_embedded(font)) {
                return Err(obstacle("a font that is not embedded"));
            }
        }
        Ok(())
    }

    /// Device colours mean these where they are given (ISO 32000-1 §8.6.5.6).
    fn default_spaces(
        &mut self,
        copy: &mut Dictionary,
        source: Option<&'a Dictionary>,
    ) -> Outcome<()> {
        let Some(spaces) =
            source.and_then(|source| dictionary(self.document, source, b"ColorSpace"))
        else {
            return Ok(());
        };
        let mut kept = match copy.remove(b"ColorSpace") {
            Some(Object::Dictionary(kept)) => kept,
            _ => Dictionary::new(),
        };
        for name in ["DefaultGray", "DefaultRGB"] {
            if let Some(space) = self.raw(spaces, name.as_bytes()) {
                kept.set(name, self.colour_space(space)?);
            }
        }
        if !kept.is_empty() {
            copy.set("ColorSpace", kept);
        }
        Ok(())
    }

    fn properties(&mut self, source: &'a Object) -> Outcome<Object> {
        let list = self
            .resolved(source)
            .and_then(entries)
            .ok_or_else(|| obstacle("marked content without its properties"))?;
        let optional = self
            .raw(list, b"Type")
            .and_then(|object| self.resolved(object))
            .and_then(|object| object.as_name().ok())
            .is_some_and(|name| matches!(name, b"OCG" | b"OCMD"));
        if optional {
            return Err(obstacle("optional content"));
        }
        self.plain_entries(list, PROPERTY_KEYS)
            .map(Object::Dictionary)
    }

    /// A dictionary or stream that is copied as `kind`.
    pub(super) fn described(
        &mut self,
        source: &'a Object,
        kind: Kind,
        what: &'static str,
        copy: impl FnOnce(&mut Self, &'a Dictionary) -> Outcome<Object>,
    ) -> Outcome<Object> {
        self.shared(source, kind, true, |copier, object| {
            let dictionary = entries(object).ok_or_else(|| obstacle(what))?;
            copy(copier, dictionary)
        })
    }
}
