//! Annotations as part of the page: each appearance drawn where a reader would draw it
//! (ISO 32000-1 §12.5.5).
//!
//! Whatever a person could see is drawn, on a screen or on paper. What leaves no mark stays behind: hidden
//! annotations, pop-ups, links, and fields without a value. A mark that readers would make up
//! themselves is an obstacle.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object, Stream};

use super::super::content::Matrix;
use super::super::objects::{integer, numbers, value};
use super::copier::Copier;
use super::{Outcome, obstacle};
use crate::pdf_object::{boolean, dictionary, name};

/// Flags of ISO 32000-1 table 165.
const HIDDEN: i64 = 1 << 1;
const PRINT: i64 = 1 << 2;
const NO_ROTATE: i64 = 1 << 4;
const NO_VIEW: i64 = 1 << 5;

const ANNOTATIONS_MAX: usize = 10_000;

/// Fields above a field that may hold its value.
const FIELD_DEPTH_MAX: usize = 16;

/// What is drawn behind a page's own content.
#[derive(Debug, Default)]
pub(super) struct Flattened {
    pub(super) content: Vec<u8>,
    pub(super) objects: Dictionary,
}

impl<'a> Copier<'a> {
    /// The appearances of a page's annotations; `taken` names are in use.
    pub(super) fn annotations(
        &mut self,
        page: &'a Dictionary,
        resources: Option<&'a Dictionary>,
        turned: bool,
        taken: &BTreeSet<Vec<u8>>,
    ) -> Outcome<Flattened> {
        let mut flattened = Flattened::default();
        let Some(list) = value(self.document, page, b"Annots") else {
            return Ok(flattened);
        };
        let list = list
            .as_array()
            .ok()
            .filter(|list| list.len() <= ANNOTATIONS_MAX)
            .ok_or_else(|| obstacle("annotations that cannot be read"))?;
        let mut number = 0_usize;
        for item in list {
            if self.is_missing(item) {
                return Err(obstacle("an object that does not exist"));
            }
            let Some(Object::Dictionary(annotation)) = self.resolved(item) else {
                // Removed ones leave null behind.
                continue;
            };
            let Some((source, form)) = self.appearance(annotation, turned)? else {
                continue;
            };
            let Some([a, b, c, d, e, f]) = self.place_of(annotation, form)? else {
                continue;
            };
            let key = loop {
                number = number.saturating_add(1);
                let key = format!("Ann{number}");
                if !taken.contains(key.as_bytes()) {
                    break key;
                }
            };
            let drawn = self.form(source, resources)?;
            let operation = format!("q {a} {b} {c} {d} {e} {f} cm /{key} Do Q\n");
            flattened.content.extend_from_slice(operation.as_bytes());
            flattened.objects.set(key, drawn);
        }
        Ok(flattened)
    }

    /// The normal appearance, if the annotation leaves a mark.
    fn appearance(
        &self,
        annotation: &'a Dictionary,
        turned: bool,
    ) -> Outcome<Option<(&'a Object, &'a Stream)>> {
        let subtype = name(self.document, annotation, b"Subtype").unwrap_or_default();
        let flags = integer(self.document, annotation, b"F").unwrap_or(0);
        let unseen = flags & HIDDEN != 0 || (flags & NO_VIEW != 0 && flags & PRINT == 0);
        if unseen || matches!(subtype, b"Link" | b"Popup") {
            return Ok(None);
        }
        self.refuse_missing(annotation)?;
        self.refuse_optional(annotation)?;
        let widget = subtype == b"Widget";
        let appearances = dictionary(self.document, annotation, b"AP");
        if let Some(appearances) = appearances {
            self.refuse_missing(appearances)?;
        }
        let normal = appearances.and_then(|appearances| self.raw(appearances, b"N"));
        let Some(normal) = normal else {
            return if self.leaves_no_mark(annotation, widget) {
                Ok(None)
            } else {
                Err(obstacle("an annotation without an appearance"))
            };
        };
        if widget && self.is_made_anew(annotation) {
            return Err(obstacle("a form field that readers draw themselves"));
        }
        if turned && flags & NO_ROTATE != 0 {
            return Err(obstacle("an annotation that does not turn with its page"));
        }
        let found = match self.resolved(normal) {
            Some(Object::Stream(stream)) => Some((normal, stream)),
            Some(Object::Dictionary(states)) => {
                self.refuse_missing(states)?;
                // In a state without an appearance nothing is drawn.
                let state = name(self.document, annotation, b"AS");
                if state.is_none() && !(widget && self.is_off(annotation)) {
                    return Err(obstacle("an annotation without its state"));
                }
                state
                    .and_then(|state| self.raw(states, state))
                    .and_then(|object| Some((object, self.resolved(object)?.as_stream().ok()?)))
            }
            _ => return Err(obstacle("an annotation without an appearance")),
        };
        Ok(found)
    }

    /// Nothing to see without an appearance: no size, or a field without value, border and background.
    fn leaves_no_mark(&self, annotation: &'a Dictionary, widget: bool) -> bool {
        if self.has_no_size(annotation) {
            return true;
        }
        let characteristics = dictionary(self.document, annotation, b"MK");
        let styled = characteristics.is_some_and(|characteristics| {
            [&b"BG"[..], b"BC", b"CA", b"I"]
                .iter()
                .any(|key| value(self.document, characteristics, key).is_some())
        });
        let empty = match self.field_value(annotation, b"V") {
            None => true,
            Some(Object::String(text, _)) => text.is_empty(),
            Some(_) => false,
        };
        let text = self
            .field_value(annotation, b"FT")
            .and_then(|kind| kind.as_name().ok())
            .is_some_and(|kind| matches!(kind, b"Tx" | b"Ch" | b"Sig"));
        widget && text && empty && !styled
    }

    /// A field that is not set shows no state.
    fn is_off(&self, annotation: &'a Dictionary) -> bool {
        match self.field_value(annotation, b"V") {
            None => true,
            Some(value) => matches!(value.as_name(), Ok(b"Off")),
        }
    }

    fn has_no_size(&self, annotation: &'a Dictionary) -> bool {
        let Some([left, bottom, right, top]) = self.rectangle(annotation, b"Rect") else {
            return false;
        };
        left == right || bottom == top
    }

    /// Whether readers draw the field's text themselves, whatever its appearance shows.
    fn is_made_anew(&self, annotation: &'a Dictionary) -> bool {
        let anew = self
            .document
            .catalog()
            .ok()
            .and_then(|catalog| dictionary(self.document, catalog, b"AcroForm"))
            .is_some_and(|form| boolean(self.document, form, b"NeedAppearances"));
        anew && self
            .field_value(annotation, b"FT")
            .and_then(|kind| kind.as_name().ok())
            .is_some_and(|kind| matches!(kind, b"Tx" | b"Ch"))
    }

    /// A field's own or inherited value (ISO 32000-1 §12.7.3.1).
    fn field_value(&self, field: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let mut node = field;
        for _ in 0..FIELD_DEPTH_MAX {
            if let Some(found) = value(self.document, node, key) {
                return Some(found);
            }
            node = dictionary(self.document, node, b"Parent")?;
        }
        None
    }

    fn rectangle(&self, owner: &'a Dictionary, key: &[u8]) -> Option<[f64; 4]> {
        let values = numbers(self.document, value(self.document, owner, key)?)?;
        let [x0, y0, x1, y1] = <[f64; 4]>::try_from(values).ok()?;
        Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
    }

    /// The matrix that moves the appearance's box to the annotation's rectangle; none without an area.
    fn place_of(&self, annotation: &'a Dictionary, form: &'a Stream) -> Outcome<Option<Matrix>> {
        let damaged = || obstacle("an annotation without a place");
        let [left, bottom, right, top] = self.rectangle(annotation, b"Rect").ok_or_else(damaged)?;
        let bbox = self.rectangle(&form.dict, b"BBox").ok_or_else(damaged)?;
        let matrix = match value(self.document, &form.dict, b"Matrix") {
            None => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            Some(object) => numbers(self.document, object)
                .and_then(|values| Matrix::try_from(values).ok())
                .ok_or_else(damaged)?,
        };
        let [x0, y0, x1, y1] = bounds(bbox, matrix);
        let (width, height) = (x1 - x0, y1 - y0);
        if width <= 0.0 || height <= 0.0 || right <= left || top <= bottom {
            return Ok(None);
        }
        let (a, d) = ((right - left) / width, (top - bottom) / height);
        let place = [a, 0.0, 0.0, d, left - x0 * a, bottom - y0 * d];
        if place.iter().any(|number| number.abs() > 1e6) {
            return Err(damaged());
        }
        Ok(Some(place))
    }
}

/// The rectangle around a rectangle that a matrix has moved.
fn bounds([left, bottom, right, top]: [f64; 4], [a, b, c, d, e, f]: Matrix) -> [f64; 4] {
    let corners = [(left, bottom), (right, bottom), (left, top), (right, top)];
    let mut around = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for (x, y) in corners {
        let (x, y) = (a * x + c * y + e, b * x + d * y + f);
        let [l, b, r, t] = around;
        around = [l.min(x), b.min(y), r.max(x), t.max(y)];
    }
    around
}
