//! Everything that pages show, operator by operator: their contents, the forms, patterns and Type 3 glyphs that
//! these draw, and the appearances of annotations.
//!
//! Each stream is walked once for each page and each set of resources that it is drawn with. What
//! cannot be parsed is a violation of 6.2.2. Nothing is judged here beyond that.

use std::collections::BTreeSet;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::{PdfFile, Violation};
use crate::pdf_object::{dictionary, inherited, name, number, value};

/// Streams drawn inside each other; ISO 32000-1 has no limit, a page of people has two or three.
const DEPTH_MAX: usize = 24;
/// Operators of a whole file.
const OPERATIONS_MAX: usize = 20_000_000;
/// One stream once expanded, bytes.
const STREAM_BYTES_MAX: usize = 64 << 20;

/// Where an operator stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) document: &'a Document,
    /// Page from 0.
    pub(super) page: usize,
    /// The page's dictionary.
    pub(super) page_dictionary: &'a Dictionary,
    /// Resources in force.
    pub(super) resources: &'a Dictionary,
    /// Whether the stream has resources of its own (a form may lack them; §6.2.2 forbids that).
    pub(super) has_own_resources: bool,
    /// The stream's object, where it is an indirect one.
    pub(super) stream: Option<ObjectId>,
    /// The font in force and its object.
    pub(super) font: Option<(&'a Dictionary, Option<ObjectId>)>,
    /// `Tr` in force.
    pub(super) text_mode: i64,
}

/// Told of every operator.
pub(super) trait Visitor<'a> {
    /// Before its effect on the state, but for `Tf` and `Tr`, which `scope` shows already.
    fn operation(&mut self, operation: &Operation, scope: &Scope<'a>, found: &mut Vec<Violation>);
}

/// Walks all pages.
pub(super) fn walk<'a>(
    file: PdfFile<'a>,
    visitor: &mut dyn Visitor<'a>,
    found: &mut Vec<Violation>,
) {
    let empty: &'a Dictionary = &file.document.trailer;
    for (index, id) in file.document.page_iter().enumerate() {
        let Ok(page) = file.document.get_dictionary(id) else {
            continue;
        };
        let mut walker = Walker {
            visitor,
            found,
            seen: BTreeSet::new(),
            operations: 0,
        };
        let resources =
            inherited(file.document, id, b"Resources").and_then(|object| object.as_dict().ok());
        let scope = Scope {
            document: file.document,
            page: index,
            page_dictionary: page,
            resources: resources.unwrap_or(empty),
            has_own_resources: resources.is_some(),
            stream: None,
            font: None,
            text_mode: 0,
        };
        walker.page(page, scope);
        walker.annotations(page, scope);
    }
}

struct Walker<'w, 'a> {
    visitor: &'w mut dyn Visitor<'a>,
    found: &'w mut Vec<Violation>,
    /// Streams walked on this page, each with the resources that it was drawn with.
    seen: BTreeSet<(ObjectId, *const Dictionary)>,
    operations: usize,
}

impl<'a> Walker<'_, 'a> {
    fn page(&mut self, page: &'a Dictionary, scope: Scope<'a>) {
        let streams: Vec<&Object> = match value(scope.document, page, b"Contents") {
            None => return,
            Some(Object::Array(items)) => items.iter().collect(),
            Some(single) => vec![single],
        };
        let mut content = Vec::new();
        for item in streams {
            let stream = scope.document.dereference(item).ok();
            match stream.and_then(|(_, object)| object.as_stream().ok()) {
                Some(stream) => match expanded(stream) {
                    Some(data) => content.extend(data),
                    None => self.violation(&scope, "content that cannot be expanded"),
                },
                None => self.violation(&scope, "content that is no stream"),
            }
            content.push(b'\n');
        }
        self.run(&content, scope, 0);
    }

    /// All appearance streams: a viewer may show each of them.
    fn annotations(&mut self, page: &'a Dictionary, scope: Scope<'a>) {
        let Some(Object::Array(list)) = value(scope.document, page, b"Annots") else {
            return;
        };
        for item in list {
            let annotation = scope.document.dereference(item).ok();
            let Some(annotation) = annotation.and_then(|(_, object)| object.as_dict().ok()) else {
                continue;
            };
            let Some(appearances) = dictionary(scope.document, annotation, b"AP") else {
                continue;
            };
            for (_, appearance) in appearances {
                self.appearance(appearance, scope, 0);
            }
        }
    }

    fn appearance(&mut self, object: &'a Object, scope: Scope<'a>, depth: usize) {
        match scope.document.dereference(object) {
            Ok((id, Object::Stream(stream))) => self.stream(stream, id, scope, 0),
            Ok((_, Object::Dictionary(states))) if depth == 0 => {
                for (_, state) in states {
                    self.appearance(state, scope, 1);
                }
            }
            _ => {}
        }
    }

    /// A form, a pattern or a glyph procedure.
    fn stream(
        &mut self,
        stream: &'a Stream,
        id: Option<ObjectId>,
        outside: Scope<'a>,
        depth: usize,
    ) {
        let own = dictionary(outside.document, &stream.dict, b"Resources");
        let resources = own.unwrap_or(outside.resources);
        if let Some(id) = id
            && !self.seen.insert((id, std::ptr::from_ref(resources)))
        {
            return;
        }
        if depth > DEPTH_MAX {
            return self.violation(&outside, "streams drawn too deep inside each other");
        }
        let scope = Scope {
            resources,
            has_own_resources: own.is_some(),
            stream: id,
            ..outside
        };
        match expanded(stream) {
            Some(content) => self.run(&content, scope, depth),
            None => self.violation(&scope, "content that cannot be expanded"),
        }
    }

    fn run(&mut self, content: &[u8], mut scope: Scope<'a>, depth: usize) {
        let Ok(content) = Content::decode_strict(content) else {
            return self.violation(&scope, "content that cannot be parsed");
        };
        self.operations += content.operations.len();
        if self.operations > OPERATIONS_MAX {
            return self.violation(&scope, "more operators than are checked");
        }
        let mut saved = Vec::new();
        for operation in &content.operations {
            match operation.operator.as_str() {
                "q" => saved.push(scope),
                "Q" => scope = saved.pop().unwrap_or(scope),
                "Tf" => scope.font = font(operation, &scope),
                "Tr" => {
                    let mode = operation
                        .operands
                        .first()
                        .and_then(|mode| mode.as_i64().ok());
                    scope.text_mode = mode.unwrap_or(0);
                }
                _ => {}
            }
            self.visitor.operation(operation, &scope, self.found);
            self.inside(operation, scope, depth);
        }
    }

    /// What an operator draws beside itself.
    fn inside(&mut self, operation: &Operation, scope: Scope<'a>, depth: usize) {
        let last = operation
            .operands
            .last()
            .and_then(|last| last.as_name().ok());
        match (operation.operator.as_str(), last) {
            ("Do", Some(key)) => {
                if let Some((id, stream)) = resource(&scope, b"XObject", key)
                    && name(scope.document, &stream.dict, b"Subtype") == Some(b"Form")
                {
                    self.stream(stream, id, scope, depth + 1);
                }
            }
            ("scn" | "SCN", Some(key)) => {
                if let Some((id, pattern)) = resource(&scope, b"Pattern", key) {
                    self.stream(pattern, id, scope, depth + 1);
                }
            }
            ("gs", Some(key)) => {
                let state = dictionary(scope.document, scope.resources, b"ExtGState")
                    .and_then(|states| dictionary(scope.document, states, key));
                if let Some(Object::Stream(group)) = state
                    .and_then(|state| dictionary(scope.document, state, b"SMask"))
                    .and_then(|mask| value(scope.document, mask, b"G"))
                {
                    self.stream(group, None, scope, depth + 1);
                }
            }
            ("Tj" | "TJ" | "'" | "\"", _) => self.glyph_procedures(scope, depth),
            _ => {}
        }
    }

    /// All glyphs of a Type 3 font that text is shown in.
    fn glyph_procedures(&mut self, scope: Scope<'a>, depth: usize) {
        let Some((font, _)) = scope.font else {
            return;
        };
        if name(scope.document, font, b"Subtype") != Some(b"Type3") {
            return;
        }
        let Some(procedures) = dictionary(scope.document, font, b"CharProcs") else {
            return;
        };
        let resources = dictionary(scope.document, font, b"Resources");
        let inner = Scope {
            resources: resources.unwrap_or(scope.resources),
            ..scope
        };
        for (_, procedure) in procedures {
            if let Ok((id, Object::Stream(stream))) = scope.document.dereference(procedure) {
                self.stream(stream, id, inner, depth + 1);
            }
        }
    }

    fn violation(&mut self, scope: &Scope<'a>, what: &str) {
        self.found.push(Violation {
            clause: "6.2.2",
            what: what.to_owned(),
            page: Some(scope.page),
            object: scope.stream,
        });
    }
}

fn font<'a>(
    operation: &Operation,
    scope: &Scope<'a>,
) -> Option<(&'a Dictionary, Option<ObjectId>)> {
    let key = operation.operands.first()?.as_name().ok()?;
    let _size = operation.operands.get(1).and_then(number)?;
    let fonts = dictionary(scope.document, scope.resources, b"Font")?;
    let (id, object) = scope.document.dereference(fonts.get(key).ok()?).ok()?;
    Some((object.as_dict().ok()?, id))
}

/// A stream among the resources, and its object.
fn resource<'a>(
    scope: &Scope<'a>,
    category: &[u8],
    key: &[u8],
) -> Option<(Option<ObjectId>, &'a Stream)> {
    let category = dictionary(scope.document, scope.resources, category)?;
    let (id, object) = scope.document.dereference(category.get(key).ok()?).ok()?;
    Some((id, object.as_stream().ok()?))
}

/// The stream's bytes with its filters undone.
pub(super) fn expanded(stream: &Stream) -> Option<Vec<u8>> {
    if stream.dict.has(b"Filter") {
        stream
            .decompressed_content_with_limit(STREAM_BYTES_MAX)
            .ok()
    } else {
        Some(stream.content.clone())
    }
}
