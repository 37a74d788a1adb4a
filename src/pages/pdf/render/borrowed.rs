//! Names that a form uses without having them, found in the resources around it.
//!
//! A form has its own resources (ISO 32000-1 §7.8.3); only one without any may use those of its page. Some writers
//! give a form a few of its names and leave the rest to the page. Poppler, MuPDF and Ghostscript then look
//! outside, form by form up to the page; PDFium and our renderer do not. [`completed`] writes what was found outside
//! into the forms, for one page and in memory. What a file means by it is not certain: who draws it so says so.

use std::collections::BTreeMap;

use hayro::hayro_syntax::object::{Dict, ObjectIdentifier};
use hayro::hayro_syntax::page::Resources;
use lopdf::{Dictionary, Document, IncrementalDocument, Object, ObjectId, Stream};

use crate::pdf_object::dictionary;

/// Names written into the forms of one page.
const NAMES_MAX: usize = 1_000;

/// A kind of resource that content names (ISO 32000-1 table 33).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    GraphicsState,
    ColourSpace,
    Pattern,
    Shading,
    Object,
    Font,
}

impl Category {
    fn key(self) -> &'static str {
        match self {
            Category::GraphicsState => "ExtGState",
            Category::ColourSpace => "ColorSpace",
            Category::Pattern => "Pattern",
            Category::Shading => "Shading",
            Category::Object => "XObject",
            Category::Font => "Font",
        }
    }

    fn of<'r, 'a>(self, resources: &'r Resources<'a>) -> &'r Dict<'a> {
        match self {
            Category::GraphicsState => &resources.ext_g_states,
            Category::ColourSpace => &resources.color_spaces,
            Category::Pattern => &resources.patterns,
            Category::Shading => &resources.shadings,
            Category::Object => &resources.x_objects,
            Category::Font => &resources.fonts,
        }
    }
}

/// The resources of a form, and those around it up to the page's.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// Of the content itself.
    pub(super) own: &'s Resources<'s>,
    /// The form that has them, and what is around it; `None` for a page.
    pub(super) form: Option<(ObjectIdentifier, &'s Scope<'s>)>,
}

impl<'s> Scope<'s> {
    /// Where the nearest scope that has the name refers to; `None` where the content itself has it, and where it
    /// is nowhere, or written out in place.
    pub(super) fn borrowed(&self, category: Category, name: &[u8]) -> Option<Borrowed> {
        let (form, mut around) = self.form?;
        if category.of(self.own).contains_key(name) {
            return None;
        }
        loop {
            let resources = category.of(around.own);
            if resources.contains_key(name) {
                let object = resources.get_ref(name)?;
                return Some(Borrowed {
                    form: lopdf_id(form.obj_number, form.gen_number)?,
                    category,
                    name: name.to_vec(),
                    object: lopdf_id(object.obj_number, object.gen_number)?,
                });
            }
            around = around.form?.1;
        }
    }

    /// The nearest scope that has the name.
    pub(super) fn with(&self, category: Category, name: &[u8]) -> Option<&Resources<'s>> {
        let mut scope = self;
        while !category.of(scope.own).contains_key(name) {
            scope = scope.form?.1;
        }
        Some(scope.own)
    }
}

fn lopdf_id(number: u32, generation: i32) -> Option<ObjectId> {
    Some((number, u16::try_from(generation).ok()?))
}

/// A name that a form lacks, and what it is outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages::pdf) struct Borrowed {
    form: ObjectId,
    category: Category,
    name: Vec<u8>,
    pub(super) object: ObjectId,
}

/// The file with these names written into its forms, as an update behind it (ISO 32000-1 §7.5.6); `None` where that
/// cannot be done, or where one form would need a name for two objects.
pub(in crate::pages::pdf) fn completed(
    file: Vec<u8>,
    document: &Document,
    borrowed: &[Borrowed],
) -> Option<Vec<u8>> {
    if borrowed.len() > NAMES_MAX {
        return None;
    }
    let mut forms: BTreeMap<ObjectId, Stream> = BTreeMap::new();
    for name in borrowed {
        let form = match forms.remove(&name.form) {
            Some(form) => form,
            None => document
                .get_object(name.form)
                .ok()?
                .as_stream()
                .ok()?
                .clone(),
        };
        forms.insert(name.form, with_name(document, form, name)?);
    }
    let mut update = IncrementalDocument::create_from(file, document.clone());
    for (id, form) in forms {
        update.new_document.set_object(id, form);
    }
    let mut bytes = Vec::new();
    update.save_to(&mut bytes).ok()?;
    Some(bytes)
}

fn with_name(document: &Document, mut form: Stream, borrowed: &Borrowed) -> Option<Stream> {
    let mut resources = dictionary(document, &form.dict, b"Resources")?.clone();
    let key = borrowed.category.key();
    let names = dictionary(document, &resources, key.as_bytes());
    let mut names = names.cloned().unwrap_or_else(Dictionary::new);
    let object = Object::Reference(borrowed.object);
    if names
        .get(&borrowed.name)
        .is_ok_and(|known| *known != object)
    {
        return None;
    }
    names.set(borrowed.name.clone(), object);
    resources.set(key, names);
    form.dict.set("Resources", resources);
    Some(form)
}
