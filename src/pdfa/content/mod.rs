//! Everything that pages show, operator by operator: their contents, the forms, patterns and Type 3 glyphs that
//! these draw, and the appearances of annotations.
//!
//! Each stream is walked once for each page, each set of resources and each state (text mode, font,
//! the visitor's own) that it is drawn with. What cannot be parsed is a violation of 6.2.2; how strings and numbers are written (6.1.6,
//! 6.1.13) and how deep `q` nests is judged here, too, and nothing beyond that.

mod inline_image;
mod operations;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::{PdfFile, Violation};
use crate::pdf_object::{dictionary, inherited, name, number, value};
use operations::Operations;

/// Streams drawn inside each other; ISO 32000-1 has no limit, a page of people has two or three.
const DEPTH_MAX: usize = 24;
/// Operators of a whole file, for each visitor.
const OPERATIONS_MAX: usize = 50_000_000;
/// One stream once expanded, bytes.
const STREAM_BYTES_MAX: usize = 64 << 20;
/// All streams as often as they are walked, bytes.
const BYTES_MAX: usize = 2 << 30;
/// Violations told; one is enough to refuse a file.
const FOUND_MAX: usize = 10_000;
/// `q` without `Q` (ISO 19005-2 §6.1.13).
const SAVED_MAX: usize = 28;

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
    /// Whether the resources are the stream's own: a page's not inherited, a glyph's those of its font.
    pub(super) has_own_resources: bool,
    /// The stream's object, where it is an indirect one.
    pub(super) stream: Option<ObjectId>,
    /// The font in force and its object.
    pub(super) font: Option<(&'a Dictionary, Option<ObjectId>)>,
    /// `Tr` in force.
    pub(super) text_mode: i64,
}

/// What a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamKind {
    Page,
    Appearance,
    Form,
    Pattern,
    SoftMask,
    Glyph,
}

/// Told of every operator.
pub(super) trait Visitor<'a> {
    /// Before its effect on the state, but for fonts and `Tr`, which `scope` shows already. An inline image
    /// is one operator `BI` with one operand, a stream of its dictionary and data as they are written.
    fn operation(&mut self, operation: &Operation, scope: &Scope<'a>, found: &mut Vec<Violation>);

    /// A stream begins; `dictionary` is its own, or the page's.
    fn enter(
        &mut self,
        _kind: StreamKind,
        _dictionary: &'a Dictionary,
        _scope: &Scope<'a>,
        _found: &mut Vec<Violation>,
    ) {
    }

    /// The stream entered last ends.
    fn leave(&mut self) {}

    /// What streams inherit from the visitor's own state, told as a number.
    fn state(&self) -> u32 {
        0
    }
}

/// Walks all pages.
pub(super) fn walk<'a>(
    file: PdfFile<'a>,
    visitor: &mut dyn Visitor<'a>,
    found: &mut Vec<Violation>,
) {
    let empty: &'a Dictionary = &file.document.trailer;
    let mut walker = Walker {
        visitor,
        found,
        seen: BTreeSet::new(),
        operations: 0,
        bytes: 0,
    };
    for (index, id) in file.document.page_iter().enumerate() {
        let Ok(page) = file.document.get_dictionary(id) else {
            continue;
        };
        walker.seen.clear();
        let resources =
            inherited(file.document, id, b"Resources").and_then(|object| object.as_dict().ok());
        let scope = Scope {
            document: file.document,
            page: index,
            page_dictionary: page,
            resources: resources.unwrap_or(empty),
            has_own_resources: page.has(b"Resources"),
            stream: None,
            font: None,
            text_mode: 0,
        };
        walker.page(page, scope);
        walker.annotations(page, scope);
    }
}

/// A stream, and what it is drawn with: resources, the visitor's state, text mode, font.
type Drawing = (
    ObjectId,
    *const Dictionary,
    u32,
    i64,
    Option<*const Dictionary>,
);

struct Walker<'w, 'a> {
    visitor: &'w mut dyn Visitor<'a>,
    found: &'w mut Vec<Violation>,
    /// What was walked on this page.
    seen: BTreeSet<Drawing>,
    operations: usize,
    bytes: usize,
}

/// A stream about to be drawn.
#[derive(Clone, Copy)]
struct Drawn<'a> {
    kind: StreamKind,
    id: Option<ObjectId>,
    stream: &'a Stream,
    /// Its own resources.
    resources: Option<&'a Dictionary>,
    depth: usize,
}

impl<'a> Walker<'_, 'a> {
    fn page(&mut self, page: &'a Dictionary, scope: Scope<'a>) {
        let document = scope.document;
        let contents = page.get(b"Contents").ok();
        let contents = contents.and_then(|contents| document.dereference(contents).ok());
        let streams: Vec<&Object> = match contents {
            None | Some((_, Object::Null)) => Vec::new(),
            Some((_, Object::Array(items))) => items.iter().collect(),
            Some((_, single)) => vec![single],
        };
        let mut content = Vec::new();
        for item in streams {
            let stream = document.dereference(item).ok();
            match stream.and_then(|(_, object)| object.as_stream().ok()) {
                Some(stream) => match self.expanded(stream) {
                    Some(data) => content.extend(data),
                    None => self.violation(&scope, "6.2.2", "content that cannot be expanded"),
                },
                None => self.violation(&scope, "6.2.2", "content that is no stream"),
            }
            content.push(b'\n');
            if content.len() > STREAM_BYTES_MAX {
                return self.violation(&scope, "6.2.2", "more content than is checked");
            }
        }
        self.visitor
            .enter(StreamKind::Page, page, &scope, self.found);
        self.run(&content, scope, 0);
        self.visitor.leave();
    }

    /// All appearance streams: a viewer may show each of them.
    fn annotations(&mut self, page: &'a Dictionary, scope: Scope<'a>) {
        let list = page.get(b"Annots").ok();
        let list = list.and_then(|list| scope.document.dereference(list).ok());
        let Some((_, Object::Array(list))) = list else {
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
                self.appearance(appearance, scope, true);
            }
        }
    }

    fn appearance(&mut self, object: &'a Object, scope: Scope<'a>, may_have_states: bool) {
        match scope.document.dereference(object) {
            Ok((id, Object::Stream(stream))) => {
                self.draw(StreamKind::Appearance, (id, stream), scope, 0);
            }
            Ok((_, Object::Dictionary(states))) if may_have_states => {
                for (_, state) in states {
                    self.appearance(state, scope, false);
                }
            }
            _ => {}
        }
    }

    fn draw(
        &mut self,
        kind: StreamKind,
        (id, stream): (Option<ObjectId>, &'a Stream),
        outside: Scope<'a>,
        depth: usize,
    ) {
        let drawn = Drawn {
            kind,
            id,
            stream,
            resources: dictionary(outside.document, &stream.dict, b"Resources"),
            depth,
        };
        self.stream(drawn, outside);
    }

    /// A form, a pattern or a glyph procedure.
    fn stream(&mut self, drawn: Drawn<'a>, outside: Scope<'a>) {
        let resources = drawn.resources.unwrap_or(outside.resources);
        let Some(id) = drawn.id else {
            return self.violation(&outside, "6.2.2", "a stream that is no object of its own");
        };
        if !self.is_new(id, resources, &outside) {
            return;
        }
        if drawn.depth > DEPTH_MAX {
            return self.violation(
                &outside,
                "6.2.2",
                "streams drawn too deep inside each other",
            );
        }
        let scope = Scope {
            resources,
            has_own_resources: drawn.resources.is_some(),
            stream: Some(id),
            ..outside
        };
        let Some(content) = self.expanded(drawn.stream) else {
            return self.violation(&scope, "6.2.2", "content that cannot be expanded");
        };
        self.visitor
            .enter(drawn.kind, &drawn.stream.dict, &scope, self.found);
        self.run(&content, scope, drawn.depth);
        self.visitor.leave();
    }

    /// Whether this was not drawn so before on this page.
    fn is_new(&mut self, id: ObjectId, resources: &'a Dictionary, outside: &Scope<'a>) -> bool {
        self.seen.insert((
            id,
            std::ptr::from_ref(resources),
            self.visitor.state(),
            outside.text_mode,
            outside.font.map(|(font, _)| std::ptr::from_ref(font)),
        ))
    }

    fn expanded(&mut self, stream: &Stream) -> Option<Vec<u8>> {
        let content = expanded(stream)?;
        self.bytes = self.bytes.saturating_add(content.len());
        (self.bytes <= BYTES_MAX).then_some(content)
    }

    fn run(&mut self, content: &[u8], mut scope: Scope<'a>, depth: usize) {
        let mut operations = Operations::new(content);
        let mut saved = Vec::new();
        while let Some(operation) = operations.next() {
            for flaw in operations.take_flaws() {
                self.violation(&scope, flaw.clause(), flaw.what());
            }
            let Ok(operation) = operation else {
                return self.violation(&scope, "6.2.2", "content that cannot be parsed");
            };
            self.operations = self.operations.saturating_add(1);
            if self.operations > OPERATIONS_MAX {
                return self.violation(&scope, "6.2.2", "more operators than are checked");
            }
            match operation.operator.as_str() {
                "q" => {
                    saved.push(scope);
                    if saved.len() > SAVED_MAX {
                        return self.violation(&scope, "6.1.13", "q nested more than 28 deep");
                    }
                }
                "Q" => scope = saved.pop().unwrap_or(scope),
                "Tf" => scope.font = font(&operation, &scope),
                "gs" => scope.font = state_font(&operation, &scope).or(scope.font),
                "Tr" => {
                    let mode = operation
                        .operands
                        .first()
                        .and_then(|mode| mode.as_i64().ok());
                    scope.text_mode = mode.unwrap_or(0);
                }
                _ => {}
            }
            self.visitor.operation(&operation, &scope, self.found);
            self.inside(&operation, scope, depth);
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
                    self.draw(StreamKind::Form, (id, stream), scope, depth + 1);
                }
            }
            ("scn" | "SCN", Some(key)) => {
                if let Some(pattern) = resource(&scope, b"Pattern", key) {
                    self.draw(StreamKind::Pattern, pattern, scope, depth + 1);
                }
            }
            ("gs", Some(key)) => {
                if let Some(group) = soft_mask(&scope, key) {
                    self.draw(StreamKind::SoftMask, group, scope, depth + 1);
                }
            }
            ("Tj" | "TJ" | "'" | "\"", _) => self.glyph_procedures(scope, depth),
            _ => {}
        }
    }

    /// All glyphs of a Type 3 font that text is shown in.
    fn glyph_procedures(&mut self, scope: Scope<'a>, depth: usize) {
        let Some((font, id)) = scope.font else {
            return;
        };
        if name(scope.document, font, b"Subtype") != Some(b"Type3") {
            return;
        }
        let Some(procedures) = dictionary(scope.document, font, b"CharProcs") else {
            return;
        };
        let resources = dictionary(scope.document, font, b"Resources");
        let around = resources.unwrap_or(scope.resources);
        // A font is no stream, so its number stands for its glyphs; a page shows it many times.
        if let Some(id) = id
            && !self.is_new(id, around, &scope)
        {
            return;
        }
        for (_, procedure) in procedures {
            if let Ok((id, Object::Stream(stream))) = scope.document.dereference(procedure) {
                let drawn = Drawn {
                    kind: StreamKind::Glyph,
                    id,
                    stream,
                    resources,
                    depth: depth + 1,
                };
                self.stream(drawn, scope);
            }
        }
    }

    fn violation(&mut self, scope: &Scope<'a>, clause: &'static str, what: &str) {
        if self.found.len() >= FOUND_MAX {
            return;
        }
        self.found.push(Violation {
            clause,
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

/// The font that a graphics state sets (ISO 32000-1 §8.4.5).
fn state_font<'a>(
    operation: &Operation,
    scope: &Scope<'a>,
) -> Option<(&'a Dictionary, Option<ObjectId>)> {
    let key = operation.operands.first()?.as_name().ok()?;
    let states = dictionary(scope.document, scope.resources, b"ExtGState")?;
    let state = dictionary(scope.document, states, key)?;
    let pair = value(scope.document, state, b"Font")?.as_array().ok()?;
    let (id, object) = scope.document.dereference(pair.first()?).ok()?;
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

/// The group of the soft mask that a graphics state sets.
fn soft_mask<'a>(scope: &Scope<'a>, key: &[u8]) -> Option<(Option<ObjectId>, &'a Stream)> {
    let states = dictionary(scope.document, scope.resources, b"ExtGState")?;
    let mask = dictionary(
        scope.document,
        dictionary(scope.document, states, key)?,
        b"SMask",
    )?;
    let (id, group) = scope.document.dereference(mask.get(b"G").ok()?).ok()?;
    Some((id, group.as_stream().ok()?))
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
