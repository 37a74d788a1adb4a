//! A page with its inherited entries made its own (ISO 32000-1 §7.7.3), its content and its annotations.

use lopdf::{Dictionary, Object, ObjectId};

use super::super::objects::{inherited, number, numbers, value};
use super::content::{self, Checked, NESTING_MAX, Uses};
use super::copier::Copier;
use super::stream::{CONTENT_BYTES_MAX, packed};
use super::{Outcome, Wanted, obstacle};

/// ISO 19005-2 §6.1.13, points a side.
const SIDES: std::ops::RangeInclusive<f64> = 3.0..=14_400.0;

impl<'a> Copier<'a> {
    /// Copies one page and answers its number.
    pub(super) fn page(&mut self, wanted: Wanted, page_tree: u32) -> Outcome<u32> {
        let page = self
            .document
            .get_dictionary(wanted.page)
            .map_err(|_| obstacle("a page that cannot be read"))?;
        self.refuse_missing(page)?;
        self.refuse_units(page)?;
        if !matches!(wanted.rotate, 0 | 90 | 180 | 270) {
            return Err(obstacle("a page turned by no right angle"));
        }
        let mut copy = Dictionary::new();
        copy.set("Type", Object::Name(b"Page".to_vec()));
        copy.set("Parent", Object::Reference((page_tree, 0)));
        self.boxes(&mut copy, wanted.page)?;
        copy.set("Rotate", i64::from(wanted.rotate));
        if let Some(group) = self.group(page)? {
            copy.set("Group", group);
        }
        let resources = inherited(self.document, wanted.page, b"Resources")
            .and_then(|object| object.as_dict().ok());
        let mut uses = Uses::default();
        let data = self.content(page)?;
        let checked = content::check(&data, &mut uses)?;
        let flattened =
            self.annotations(page, resources, self.is_turned(wanted.page), &uses.objects)?;
        let mut kept = self.resources(resources, &uses)?;
        let data = behind(checked, &flattened.content)?;
        if !flattened.objects.is_empty() {
            let mut objects = match kept.remove(b"XObject") {
                Some(Object::Dictionary(objects)) => objects,
                _ => Dictionary::new(),
            };
            for (name, drawn) in flattened.objects {
                objects.set(name, drawn);
            }
            kept.set("XObject", objects);
        }
        copy.set("Resources", kept);
        copy.set("Contents", self.place(&packed(Dictionary::new(), &data))?);
        self.place_alone(&copy.into())
    }

    /// PDF/A pages could have units of their own, but few programs heed them.
    fn refuse_units(&self, page: &'a Dictionary) -> Outcome<()> {
        match value(self.document, page, b"UserUnit") {
            None => Ok(()),
            Some(unit) if number(unit) == Some(1.0) => Ok(()),
            Some(_) => Err(obstacle("a page with units of its own")),
        }
    }

    fn is_turned(&self, page: ObjectId) -> bool {
        inherited(self.document, page, b"Rotate")
            .and_then(|object| object.as_i64().ok())
            .is_some_and(|degrees| degrees.rem_euclid(360) != 0)
    }

    /// The media box, and the crop box as far as it is inside (ISO 32000-1 §14.11.2).
    fn boxes(&mut self, copy: &mut Dictionary, page: ObjectId) -> Outcome<()> {
        let rectangle = |key| -> Option<[f64; 4]> {
            let values = numbers(self.document, inherited(self.document, page, key)?)?;
            let [x0, y0, x1, y1] = <[f64; 4]>::try_from(values).ok()?;
            Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
        };
        let impossible = || obstacle("a page of impossible size");
        let media = rectangle(b"MediaBox").ok_or_else(impossible)?;
        copy.set("MediaBox", sound(media).ok_or_else(impossible)?);
        if let Some([l, b, r, t]) = rectangle(b"CropBox") {
            let [left, bottom, right, top] = media;
            let inside = [l.max(left), b.max(bottom), r.min(right), t.min(top)];
            if inside != media {
                copy.set("CropBox", sound(inside).ok_or_else(impossible)?);
            }
        }
        Ok(())
    }

    /// All parts of a page's content, which are one stream (ISO 32000-1 §7.8.2).
    fn content(&mut self, page: &'a Dictionary) -> Outcome<Vec<u8>> {
        let parts: Vec<&'a Object> = match value(self.document, page, b"Contents") {
            None => Vec::new(),
            Some(Object::Array(items)) => items.iter().collect(),
            Some(single) => vec![single],
        };
        let mut content = Vec::new();
        for part in parts {
            let stream = self
                .resolved(part)
                .and_then(|object| object.as_stream().ok())
                .ok_or_else(|| obstacle("content that cannot be read"))?;
            let rest = CONTENT_BYTES_MAX.saturating_sub(content.len());
            content.extend(self.expanded(stream, rest)?);
            content.push(b'\n');
        }
        Ok(content)
    }
}

/// The annotations' drawing behind the page's own, which must not change how they look.
fn behind(checked: Checked, annotations: &[u8]) -> Outcome<Vec<u8>> {
    if annotations.is_empty() {
        return Ok(checked.bytes);
    }
    // One state deeper now.
    if checked.nesting >= NESTING_MAX {
        return Err(obstacle("graphics states nested too deeply"));
    }
    Ok([b"q\n", checked.bytes.as_slice(), b"\nQ\n", annotations].concat())
}

/// A rectangle whose sides are neither too short nor too long.
fn sound([left, bottom, right, top]: [f64; 4]) -> Option<Vec<Object>> {
    if !SIDES.contains(&(right - left)) || !SIDES.contains(&(top - bottom)) {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "they were read as 32-bit floats"
    )]
    let object = |number: f64| Object::Real(number as f32);
    Some([left, bottom, right, top].map(object).to_vec())
}
