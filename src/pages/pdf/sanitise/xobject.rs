//! Images and forms (ISO 32000-1 §8.9, §8.10; ISO 19005-2 §6.2.8 and §6.2.9).

use lopdf::{Dictionary, Object, Stream};

use super::content::INTENTS;
use super::copier::{Copier, Kind};
use super::{Outcome, obstacle};
use crate::pdf_object::{boolean, name, value};

const IMAGE_KEYS: &[&str] = &["Width", "Height", "BitsPerComponent", "Decode", "Matte"];

impl<'a> Copier<'a> {
    /// What `Do` draws.
    pub(super) fn external_object(
        &mut self,
        source: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let stream = self
            .resolved(source)
            .and_then(|object| object.as_stream().ok())
            .ok_or_else(|| obstacle("an unknown external object"))?;
        match name(self.document, &stream.dict, b"Subtype") {
            Some(b"Image") => self.image(source),
            Some(b"Form") => self.form(source, inherited),
            _ => Err(obstacle("an unknown external object")),
        }
    }

    fn image(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::Image, true, |copier, object| {
            let stream = object
                .as_stream()
                .map_err(|_| obstacle("an image that is no stream"))?;
            copier.image_anew(stream)
        })
    }

    fn image_anew(&mut self, stream: &'a Stream) -> Outcome<Object> {
        let source = &stream.dict;
        self.refuse_optional(source)?;
        let mut copy = self.plain_entries(source, IMAGE_KEYS)?;
        copy.set("Type", Object::Name(b"XObject".to_vec()));
        copy.set("Subtype", Object::Name(b"Image".to_vec()));
        if let Some(intent) = name(self.document, source, b"Intent")
            && INTENTS.contains(&intent)
        {
            copy.set("Intent", Object::Name(intent.to_vec()));
        }
        if boolean(self.document, source, b"ImageMask") {
            copy.set("ImageMask", true);
            return self.stream(copy, stream);
        }
        let space = self
            .raw(source, b"ColorSpace")
            .ok_or_else(|| obstacle("an image without a colour space"))?;
        copy.set("ColorSpace", self.colour_space(space)?);
        if let Some(mask) = self.raw(source, b"SMask") {
            copy.set("SMask", self.image(mask)?);
        } else if let Some(mask) = self.raw(source, b"Mask") {
            // A range of colours, or an image.
            let mask = match value(self.document, source, b"Mask") {
                Some(Object::Array(_)) => self.plain(mask)?,
                _ => self.image(mask)?,
            };
            copy.set("Mask", mask);
        }
        self.stream(copy, stream)
    }

    /// A form, also an annotation's appearance and a soft mask's group.
    pub(super) fn form(
        &mut self,
        source: &'a Object,
        inherited: Option<&'a Dictionary>,
    ) -> Outcome<Object> {
        let unknown = || obstacle("a form that is no stream");
        let stream = self
            .resolved(source)
            .and_then(|object| object.as_stream().ok())
            .ok_or_else(unknown)?;
        let own = self.resources_of(&stream.dict).is_some();
        self.shared(source, Kind::Form, own, |copier, object| {
            let stream = object.as_stream().map_err(|_| unknown())?;
            let source = &stream.dict;
            copier.refuse_optional(source)?;
            let forbidden = [&b"Ref"[..], b"PS"]
                .iter()
                .any(|key| value(copier.document, source, key).is_some());
            if forbidden || name(copier.document, source, b"Subtype2") == Some(b"PS") {
                return Err(obstacle("a form that stands for something else"));
            }
            let mut copy = copier.plain_entries(source, &["FormType", "BBox", "Matrix"])?;
            copy.set("Type", Object::Name(b"XObject".to_vec()));
            copy.set("Subtype", Object::Name(b"Form".to_vec()));
            if let Some(group) = copier.group(source)? {
                copy.set("Group", group);
            }
            copier.content_stream(copy, stream, inherited)
        })
    }

    pub(super) fn refuse_optional(&self, source: &'a Dictionary) -> Outcome<()> {
        match value(self.document, source, b"OC") {
            None => Ok(()),
            Some(_) => Err(obstacle("optional content")),
        }
    }
}
