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
use super::borrowed::{Borrowed, Category, Scope};
use super::streams;
use crate::record::RenderDoubt;

/// Forms inside forms; the renderer itself stops at 50.
const DEPTH_MAX: usize = 50;

/// Different forms looked into on one page.
const FORMS_MAX: usize = 5_000;

/// Annotation flags hidden and no-view (12.5.3).
const NOT_VIEWED: u32 = 1 << 1 | 1 << 5;

/// What the search finds.
pub(super) struct Found {
    /// What is wrong, each kind once, in words that quote nothing.
    pub(super) doubts: Vec<RenderDoubt>,
    /// Names that forms have from outside.
    pub(super) borrowed: Vec<Borrowed>,
}

/// Looks at all parts of a page.
pub(super) fn search(page: &Page<'_>, bounds: &Bounds) -> Found {
    let mut search = Search {
        bounds,
        seen: HashSet::new(),
        found: Found {
            doubts: Vec::new(),
            borrowed: Vec::new(),
        },
    };
    let scope = Scope {
        own: page.resources(),
        form: None,
    };
    if !contents_are_whole(page, bounds) {
        search.note(lost("a content stream that is broken or ends early"));
    }
    search.content(page.typed_operations(), &scope, 0);
    if let Some(annotations) = page.raw().get::<Array<'_>>(b"Annots") {
        for annotation in annotations.iter::<Dict<'_>>() {
            search.annotation(&annotation, &scope);
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
    found: Found,
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
        if !self.found.doubts.contains(&doubt) {
            self.found.doubts.push(doubt);
        }
    }

    fn content(&mut self, operators: TypedIter<'_>, scope: &Scope<'_>, depth: usize) {
        let (mut has_font, mut is_visible) = (false, true);
        let mut operators = operators;
        while let Some(operator) = operators.next() {
            if let Some((category, name)) = named(&operator) {
                self.borrow(scope, category, name);
            }
            match operator {
                TypedInstruction::XObject(named) => self.named_object(named.0, scope, depth),
                TypedInstruction::Shading(named) if scope.own.get_shading(named.0).is_none() => {
                    self.note(lost("a shading that is not in the file"));
                }
                TypedInstruction::TextRenderingMode(mode) => is_visible = mode.0.as_i64() != 3,
                TypedInstruction::TextFont(named) => {
                    has_font = scope.own.get_font(named.0).is_some();
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

    fn borrow(&mut self, scope: &Scope<'_>, category: Category, name: &[u8]) {
        if let Some(borrowed) = scope.borrowed(category, name)
            && !self.found.borrowed.contains(&borrowed)
        {
            self.found.borrowed.push(borrowed);
        }
    }

    /// One that is only outside counts as lost as long as nobody looks there, and is looked into all the same.
    fn named_object(&mut self, name: &Name<'_>, scope: &Scope<'_>, depth: usize) {
        if scope.own.get_x_object(name).is_none() {
            self.note(lost("a picture or form that is not in the file"));
        }
        let nearest = scope.with(Category::Object, name);
        if let Some(object) = nearest.and_then(|resources| resources.get_x_object(name)) {
            self.object(&object, scope, depth);
        }
    }

    fn object(&mut self, object: &Stream<'_>, outer: &Scope<'_>, depth: usize) {
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

    fn form(&mut self, form: &Stream<'_>, outer: &Scope<'_>, depth: usize) {
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
        let inner = own.as_ref().map(|own| Scope {
            own,
            form: Some((form.obj_id(), outer)),
        });
        let scope = inner.as_ref().unwrap_or(outer);
        self.content(TypedIter::new(&content), scope, depth + 1);
    }

    /// A link leaves no mark of its own on paper, and a pop-up belongs to a note; an empty field shows nothing.
    fn annotation(&mut self, annotation: &Dict<'_>, scope: &Scope<'_>) {
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
                    self.form(&form, scope, 0);
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

/// The resource that an operator names.
fn named<'o>(operator: &'o TypedInstruction<'_, '_>) -> Option<(Category, &'o [u8])> {
    let (category, name) = match operator {
        TypedInstruction::SetGraphicsState(named) => (Category::GraphicsState, named.0),
        TypedInstruction::ColorSpaceStroke(named) => (Category::ColourSpace, named.0),
        TypedInstruction::ColorSpaceNonStroke(named) => (Category::ColourSpace, named.0),
        TypedInstruction::StrokeColorNamed(named) => (Category::Pattern, named.1?),
        TypedInstruction::NonStrokeColorNamed(named) => (Category::Pattern, named.1?),
        TypedInstruction::Shading(named) => (Category::Shading, named.0),
        TypedInstruction::XObject(named) => (Category::Object, named.0),
        TypedInstruction::TextFont(named) => (Category::Font, named.0),
        _ => return None,
    };
    Some((category, name))
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
