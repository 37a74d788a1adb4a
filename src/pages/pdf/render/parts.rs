//! The parts that a page refers to, looked at one by one: a renderer passes over what it cannot find or expand.
//!
//! Content streams, forms, pictures and shadings by name, fonts that text is shown with, and the
//! appearances of annotations (ISO 32000-1, 7.8, 8.10, 12.5). What is hidden is not told apart from what
//! is shown: broken parts in hidden layers cost a person a look.

use std::collections::HashSet;

use hayro::hayro_syntax::content::TypedIter;
use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, ObjectIdentifier, Rect, Stream};
use hayro::hayro_syntax::page::{Page, Resources};

use super::super::super::stream::Bounds;
use super::streams;
use crate::record::RenderDoubt;

/// Forms inside forms; the renderer itself stops at 50.
const DEPTH_MAX: usize = 50;

/// Different forms looked into on one page.
const FORMS_MAX: usize = 5_000;

/// Annotation flags hidden and no-view (12.5.3).
const NOT_VIEWED: u32 = 1 << 1 | 1 << 5;

/// What is wrong, each kind once, in words that quote nothing.
pub(super) fn broken(page: &Page<'_>, bounds: &Bounds) -> Vec<RenderDoubt> {
    let mut search = Search {
        bounds,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    if !contents_are_whole(page, bounds) {
        search.note(lost("a content stream that is broken or ends early"));
    }
    search.content(page.typed_operations(), page.resources(), 0);
    if let Some(annotations) = page.raw().get::<Array<'_>>(b"Annots") {
        for annotation in annotations.iter::<Dict<'_>>() {
            search.annotation(&annotation, page.resources());
        }
    }
    search.found
}

fn contents_are_whole(page: &Page<'_>, bounds: &Bounds) -> bool {
    let whole =
        |stream: &Stream<'_>| stream.decoded_data().is_ok() && streams::is_whole(stream, bounds);
    match page.raw().get::<Object<'_>>(b"Contents") {
        None | Some(Object::Null(_)) => true,
        Some(Object::Stream(stream)) => whole(&stream),
        Some(Object::Array(contents)) => {
            let stated = contents.raw_iter().count();
            contents.iter::<Stream<'_>>().filter(whole).count() == stated
        }
        Some(_) => false,
    }
}

struct Search<'b> {
    bounds: &'b Bounds,
    seen: HashSet<ObjectIdentifier>,
    found: Vec<RenderDoubt>,
}

/// Part of the page that the file does not hold.
pub(super) fn lost(what: &str) -> RenderDoubt {
    RenderDoubt::ContentLost {
        what: what.to_owned(),
    }
}

/// Part of the page that another program may draw.
pub(super) fn not_drawn(what: &str) -> RenderDoubt {
    RenderDoubt::PartNotDrawn {
        what: what.to_owned(),
    }
}

impl Search<'_> {
    fn note(&mut self, doubt: RenderDoubt) {
        if !self.found.contains(&doubt) {
            self.found.push(doubt);
        }
    }

    fn content(&mut self, operators: TypedIter<'_>, resources: &Resources<'_>, depth: usize) {
        let (mut has_font, mut is_visible) = (false, true);
        let mut operators = operators;
        while let Some(operator) = operators.next() {
            match operator {
                TypedInstruction::XObject(named) => match resources.get_x_object(named.0) {
                    Some(object) => self.object(&object, resources, depth),
                    None => self.note(lost("a picture or form that is not in the file")),
                },
                TypedInstruction::Shading(named) if resources.get_shading(named.0).is_none() => {
                    self.note(lost("a shading that is not in the file"));
                }
                TypedInstruction::TextRenderingMode(mode) => is_visible = mode.0.as_i64() != 3,
                TypedInstruction::TextFont(named) => {
                    has_font = resources.get_font(named.0).is_some();
                }
                // A form or a saved state may have its font from outside.
                TypedInstruction::RestoreState(_) => has_font = true,
                TypedInstruction::ShowText(_) | TypedInstruction::ShowTexts(_)
                    if is_visible && !has_font && depth == 0 =>
                {
                    self.note(lost("text in a font that is not in the file"));
                }
                _ => {}
            }
        }
    }

    fn object(&mut self, object: &Stream<'_>, outer: &Resources<'_>, depth: usize) {
        if !self.seen.insert(object.obj_id()) {
            return;
        }
        let dictionary = object.dict();
        match dictionary.get::<Name<'_>>(b"Subtype").as_deref() {
            Some(b"Image") => {
                let side = |name: &[u8]| dictionary.get::<u32>(name).unwrap_or(0);
                if side(b"Width") == 0 || side(b"Height") == 0 {
                    self.note(not_drawn("a picture without a size"));
                } else if !streams::is_whole(object, self.bounds) {
                    self.note(lost("a picture that is broken or ends early"));
                }
            }
            Some(b"Form") => self.form(object, outer, depth),
            _ => self.note(not_drawn("an object of an unknown kind")),
        }
    }

    fn form(&mut self, form: &Stream<'_>, outer: &Resources<'_>, depth: usize) {
        if depth >= DEPTH_MAX || self.seen.len() > FORMS_MAX {
            return self.note(not_drawn("forms nested too deeply, or too many of them"));
        }
        let dictionary = form.dict();
        let Ok(content) = form.decoded_data() else {
            return self.note(lost("a form that cannot be expanded"));
        };
        if !streams::is_whole(form, self.bounds) {
            self.note(lost("a form that is broken or ends early"));
        }
        if dictionary.get::<[f32; 4]>(b"BBox").is_none() {
            self.note(not_drawn("a form without its box"));
        }
        let own = dictionary.get::<Dict<'_>>(b"Resources").map(Resources::new);
        let resources = own.as_ref().unwrap_or(outer);
        self.content(TypedIter::new(&content), resources, depth + 1);
    }

    /// A link leaves no mark of its own on paper, and a pop-up belongs to a note; an empty field shows nothing.
    fn annotation(&mut self, annotation: &Dict<'_>, resources: &Resources<'_>) {
        let flags = annotation.get::<u32>(b"F").unwrap_or(0);
        let has_area = annotation
            .get::<Rect>(b"Rect")
            .is_some_and(|rect| rect.width() > 0.0 && rect.height() > 0.0);
        if flags & NOT_VIEWED != 0 || !has_area {
            return;
        }
        match appearance(annotation) {
            Appearance::Drawn(form) => {
                if self.seen.insert(form.obj_id()) {
                    self.form(&form, resources, 0);
                }
            }
            Appearance::Nothing => {}
            Appearance::Unusable => {
                self.note(not_drawn("an annotation whose appearance cannot be used"))
            }
            Appearance::Missing => {
                let kind = annotation.get::<Name<'_>>(b"Subtype");
                let shows = match kind.as_deref() {
                    Some(b"Link" | b"Popup") => false,
                    Some(b"Widget") => field_has_value(annotation),
                    _ => true,
                };
                if shows {
                    self.note(not_drawn("an annotation without an appearance"));
                }
            }
        }
    }
}

enum Appearance<'a> {
    Drawn(Stream<'a>),
    /// The state that it is in has no appearance, as a box without its tick.
    Nothing,
    Unusable,
    Missing,
}

fn appearance<'a>(annotation: &Dict<'a>) -> Appearance<'a> {
    let Some(appearances) = annotation.get::<Dict<'_>>(b"AP") else {
        return Appearance::Missing;
    };
    match appearances.get::<Object<'_>>(b"N") {
        Some(Object::Stream(form)) => Appearance::Drawn(form),
        Some(Object::Dict(states)) => {
            let state = annotation.get::<Name<'_>>(b"AS");
            let chosen = state.as_deref().unwrap_or(b"Off");
            match states.get::<Stream<'_>>(chosen) {
                Some(form) => Appearance::Drawn(form),
                None if chosen == b"Off" => Appearance::Nothing,
                None => Appearance::Unusable,
            }
        }
        Some(Object::Null(_)) | None => Appearance::Missing,
        Some(_) => Appearance::Unusable,
    }
}

/// Looks up the field's parents, too (12.7.3.1).
fn field_has_value(widget: &Dict<'_>) -> bool {
    let mut field = widget.clone();
    for _ in 0..16 {
        match field.get::<Object<'_>>(b"V") {
            Some(Object::String(text)) => return !text.as_bytes().is_empty(),
            Some(Object::Name(state)) => return &*state != b"Off",
            // A signature's widget without an appearance is invisible (12.7.4.5).
            Some(Object::Dict(_)) => return false,
            Some(Object::Null(_)) | None => {}
            Some(_) => return true,
        }
        match field.get::<Dict<'_>>(b"Parent") {
            Some(parent) => field = parent,
            None => return false,
        }
    }
    false
}
