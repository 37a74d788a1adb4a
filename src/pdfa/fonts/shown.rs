//! Which codes are shown in which font, in visible text and in any.

use std::collections::BTreeMap;

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, Object, ObjectId};

use super::cmap::{CMap, Code, CodeMap};
use crate::pdf_object::{dictionary, integer, name, value};
use crate::pdfa::content::{self, Scope, Visitor};
use crate::pdfa::{PdfFile, Violation};

/// Neither filled nor stroked nor clipped with (ISO 32000-1 table 106).
const INVISIBLE: i64 = 3;

/// A font and all that is shown in it.
pub(super) struct ShownFont<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) object: Option<ObjectId>,
    /// The first page that shows it.
    pub(super) page: usize,
    /// Whether any of it can be seen.
    pub(super) is_visible: bool,
    /// Codes, and whether they can be seen.
    pub(super) codes: BTreeMap<Code, bool>,
    /// Codes to CIDs, of a composite font; `None` where the font has none that can be read.
    pub(super) code_map: Option<CodeMap>,
    /// Whether a string ends within a code or has bytes that are none.
    pub(super) has_stray_bytes: bool,
    is_composite: bool,
}

impl<'a> ShownFont<'a> {
    fn new(document: &'a Document, dictionary: &'a Dictionary, scope: &Scope<'a>) -> Self {
        let is_composite = name(document, dictionary, b"Subtype") == Some(b"Type0");
        Self {
            dictionary,
            object: scope.font.and_then(|(_, object)| object),
            page: scope.page,
            is_visible: false,
            codes: BTreeMap::new(),
            code_map: is_composite
                .then(|| code_map(document, dictionary))
                .flatten(),
            has_stray_bytes: false,
            is_composite,
        }
    }

    fn show(&mut self, mut text: &[u8], is_visible: bool) {
        self.is_visible |= is_visible;
        if !self.is_composite {
            for byte in text {
                let code = Code {
                    value: u32::from(*byte),
                    length: 1,
                };
                *self.codes.entry(code).or_default() |= is_visible;
            }
            return;
        }
        let Some(map) = &self.code_map else { return };
        while !text.is_empty() {
            let Some(code) = map.first_code(text) else {
                self.has_stray_bytes = true;
                return;
            };
            *self.codes.entry(code).or_default() |= is_visible;
            text = text.get(code.length..).unwrap_or_default();
        }
    }
}

fn code_map(document: &Document, font: &Dictionary) -> Option<CodeMap> {
    match value(document, font, b"Encoding")? {
        Object::Name(name) => CodeMap::predefined(name),
        Object::Stream(stream) => {
            let map = CMap::read(&content::expanded(stream)?)?;
            Some(CodeMap::Embedded(Box::new(map)))
        }
        _ => None,
    }
}

/// All fonts that the file shows text in, in the order in which they appear.
pub(super) fn fonts<'a>(file: PdfFile<'a>, found: &mut Vec<Violation>) -> Vec<ShownFont<'a>> {
    let mut collector = Collector {
        fonts: Vec::new(),
        index: BTreeMap::new(),
        is_homeless_reported: false,
    };
    // Other clauses walk the same contents; what cannot be parsed is reported once.
    let mut of_walk = Vec::new();
    content::walk(file, &mut collector, &mut of_walk);
    judge_pages(file.document, &mut of_walk);
    for violation in of_walk {
        if !found.contains(&violation) {
            found.push(violation);
        }
    }
    collector.fonts
}

/// What the walk cannot see shows no font: pages that are not found, contents that are named and missing.
fn judge_pages(document: &Document, found: &mut Vec<Violation>) {
    let stated = document
        .catalog()
        .ok()
        .and_then(|catalog| dictionary(document, catalog, b"Pages"))
        .and_then(|pages| integer(document, pages, b"Count"))
        .and_then(|count| usize::try_from(count).ok());
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if pages.is_empty() || stated != Some(pages.len()) {
        let what = "pages are not found, so their fonts are not judged";
        found.push(Violation::of_file("6.2.11.4.1", what));
    }
    let lacks_contents = |id: ObjectId| {
        document
            .get_dictionary(id)
            .is_ok_and(|page| page.has(b"Contents") && value(document, page, b"Contents").is_none())
    };
    if pages.into_iter().any(lacks_contents) {
        let what = "contents are not found, so their fonts are not judged";
        found.push(Violation::of_file("6.2.11.4.1", what));
    }
}

struct Collector<'a> {
    fonts: Vec<ShownFont<'a>>,
    index: BTreeMap<*const Dictionary, usize>,
    is_homeless_reported: bool,
}

impl<'a> Collector<'a> {
    fn font(&mut self, scope: &Scope<'a>) -> Option<&mut ShownFont<'a>> {
        let (font, _) = scope.font?;
        let next = self.fonts.len();
        let index = *self.index.entry(std::ptr::from_ref(font)).or_insert(next);
        if index == next {
            let font = ShownFont::new(scope.document, font, scope);
            self.fonts.push(font);
        }
        self.fonts.get_mut(index)
    }

    /// A font may be set here, too; nobody does, and what it shows would be judged as the font before it.
    fn graphics_state(
        &mut self,
        operation: &Operation,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) {
        let key = operation
            .operands
            .first()
            .and_then(|key| key.as_name().ok());
        let state = key.and_then(|key| {
            let states = dictionary(scope.document, scope.resources, b"ExtGState")?;
            dictionary(scope.document, states, key)
        });
        if state.is_some_and(|state| state.has(b"Font")) {
            found.push(Violation {
                clause: "6.2.11.2",
                what: "a font set by a graphics state is not judged".to_owned(),
                page: Some(scope.page),
                object: scope.stream,
            });
        }
    }
}

impl<'a> Visitor<'a> for Collector<'a> {
    fn operation(&mut self, operation: &Operation, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let strings: Vec<&[u8]> = match operation.operator.as_str() {
            "Tj" | "'" | "\"" => operation.operands.iter().filter_map(string).collect(),
            "TJ" => operation
                .operands
                .iter()
                .filter_map(|operand| operand.as_array().ok())
                .flatten()
                .filter_map(string)
                .collect(),
            "gs" => return self.graphics_state(operation, scope, found),
            _ => return,
        };
        let is_visible = scope.text_mode != INVISIBLE;
        if let Some(font) = self.font(scope) {
            strings.iter().for_each(|text| font.show(text, is_visible));
        } else if !self.is_homeless_reported {
            self.is_homeless_reported = true;
            found.push(Violation {
                clause: "6.2.11.2",
                what: "text is shown without a font dictionary".to_owned(),
                page: Some(scope.page),
                object: scope.stream,
            });
        }
    }
}

fn string(object: &Object) -> Option<&[u8]> {
    object.as_str().ok()
}
