//! What a page draws: images and where, nothing, or more than this program takes.
//!
//! Only the operators that can stand around full images are understood (ISO 32000-1 Annex A). Invisible
//! text – another program's recognition – and white areas under the image are passed over. Everything that
//! leaves a mark makes the page “more than one scanned image”; an operator is never skipped in the hope
//! that it does nothing.

mod inline;
mod path;

use std::borrow::Cow;

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, Object, Stream};

pub(super) use self::inline::FILTER_ABBREVIATIONS;
use self::inline::Piece;
use self::path::Outline;
use super::super::error::{Beyond, PageFault};
use super::objects::{self, damaged, number, numbers, value};

/// Forms inside forms, and forms drawn by one page in all: each costs a reading of its content.
const FORM_DEPTH_MAX: usize = 4;
const FORMS_MAX: usize = 16;

/// Images of one page: bands of a scan, never more.
const IMAGES_MAX: usize = 512;

/// One page's content stream once expanded, bytes; a page of recognised text has a tenth of it.
pub(super) const CONTENT_BYTES_MAX: usize = 4 << 20;

/// A matrix `[a b c d e f]`.
pub(super) type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `then` (ISO 32000-1 §8.3.4).
pub(super) fn concatenate(first: Matrix, then: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [ta, tb, tc, td, te, tf] = then;
    [
        a * ta + b * tc,
        a * tb + b * td,
        c * ta + d * tc,
        c * tb + d * td,
        e * ta + f * tc + te,
        e * tb + f * td + tf,
    ]
}

/// The rectangle around a rectangle that a matrix has moved: left, bottom, right, top.
type Bounds = [f64; 4];

fn bounds([left, bottom, right, top]: Bounds, matrix: Matrix) -> Bounds {
    let [a, b, c, d, e, f] = matrix;
    let corners = [(left, bottom), (right, bottom), (left, top), (right, top)];
    corners.iter().fold(
        [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ],
        |[l, bo, r, t], (x, y)| {
            let (px, py) = (a * x + c * y + e, b * x + d * y + f);
            [l.min(px), bo.min(py), r.max(px), t.max(py)]
        },
    )
}

/// An image as it is drawn.
pub(super) struct Placed<'a> {
    /// The image object; an inline image is one of its own.
    pub(super) stream: Cow<'a, Stream>,
    /// Puts the unit square on the page.
    pub(super) matrix: Matrix,
    /// What a stencil is painted with.
    pub(super) paint: Paint,
}

/// What was found.
pub(super) struct Drawn<'a> {
    /// The images in the order in which they are drawn.
    pub(super) images: Vec<Placed<'a>>,
    /// Whether text in render mode 3 was passed over.
    pub(super) hidden_text: bool,
}

/// The colour that areas are filled with, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Black,
    White,
    Other,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    clip: Option<Bounds>,
    invisible_text: bool,
    paint: Paint,
    /// Components of the colour space that `sc` speaks of, where it is a device's.
    components: Option<usize>,
}

/// Reads the operators of one page and the forms that it draws.
pub(super) struct Reader<'a> {
    document: &'a Document,
    drawn: Drawn<'a>,
    state: State,
    saved: Vec<State>,
    outline: Outline,
    clip_pending: bool,
    forms: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            drawn: Drawn {
                images: Vec::new(),
                hidden_text: false,
            },
            state: State {
                matrix: IDENTITY,
                clip: None,
                invisible_text: false,
                paint: Paint::Black,
                components: Some(1),
            },
            saved: Vec::new(),
            outline: Outline::Empty,
            clip_pending: false,
            forms: 0,
        }
    }

    pub(super) fn read(
        mut self,
        content: &[u8],
        resources: &'a Dictionary,
    ) -> Result<Drawn<'a>, PageFault> {
        self.run(content, resources, 0)?;
        Ok(self.drawn)
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &'a Dictionary,
        depth: usize,
    ) -> Result<(), PageFault> {
        let floor = self.saved.len();
        for piece in inline::pieces(self.document, resources, content)? {
            match piece {
                Piece::Operations(operations) => {
                    for operation in &operations {
                        self.operation(operation, resources, depth, floor)?;
                    }
                }
                Piece::Image(stream) => self.draw_image(Cow::Owned(*stream))?,
            }
        }
        self.saved.truncate(floor);
        Ok(())
    }

    fn operation(
        &mut self,
        operation: &Operation,
        resources: &'a Dictionary,
        depth: usize,
        floor: usize,
    ) -> Result<(), PageFault> {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "q" if self.saved.len() < 1000 => self.saved.push(self.state.clone()),
            "Q" if self.saved.len() > floor => {
                self.state = self.saved.pop().unwrap_or_else(|| self.state.clone())
            }
            // One Q too many is common and harmless.
            "Q" => {}
            "cm" => self.state.matrix = concatenate(matrix(operands)?, self.state.matrix),
            "Do" => self.draw(operands, resources, depth)?,
            "gs" => self.graphics_state(operands, resources)?,
            "re" | "m" | "l" | "c" | "v" | "y" | "h" => {
                self.outline
                    .extend(&operation.operator, operands, self.state.matrix)?
            }
            "W" | "W*" => self.clip_pending = true,
            "n" => self.end_path()?,
            "f" | "F" | "f*" => self.fill()?,
            "Tr" => self.state.invisible_text = operands.first().and_then(number) == Some(3.0),
            "Tj" | "TJ" | "'" | "\"" => self.show_text(operands)?,
            "g" | "rg" | "k" | "cs" | "sc" | "scn" => self.set_paint(operation),
            // State of text, lines and colours, and marks that point nowhere.
            "BT" | "ET" | "Tf" | "Td" | "TD" | "Tm" | "T*" | "Tc" | "Tw" | "Tz" | "TL" | "Ts"
            | "w" | "J" | "j" | "M" | "d" | "ri" | "i" | "G" | "RG" | "K" | "CS" | "SC" | "SCN"
            | "BMC" | "EMC" | "MP" | "DP" | "BX" | "EX" => {}
            "BDC" if is_layer(operands) => return Err(beyond(Beyond::Layers)),
            "BDC" => {}
            _ => return Err(beyond(Beyond::Drawing)),
        }
        Ok(())
    }

    fn show_text(&mut self, operands: &[Object]) -> Result<(), PageFault> {
        if operands.iter().all(is_empty_text) {
            return Ok(());
        }
        if !self.state.invisible_text {
            return Err(beyond(Beyond::Text));
        }
        self.drawn.hidden_text = true;
        Ok(())
    }

    /// Ends a path without painting it; a pending clip takes effect.
    fn end_path(&mut self) -> Result<(), PageFault> {
        let outline = std::mem::take(&mut self.outline);
        if std::mem::take(&mut self.clip_pending) {
            match outline.rectangle() {
                Some(rectangle) => self.clip(rectangle),
                None => return Err(beyond(Beyond::Drawing)),
            }
        }
        Ok(())
    }

    /// White on paper that nothing was drawn on leaves no mark.
    fn fill(&mut self) -> Result<(), PageFault> {
        if self.state.paint != Paint::White || !self.drawn.images.is_empty() {
            return Err(beyond(Beyond::Drawing));
        }
        self.end_path()
    }

    fn set_paint(&mut self, operation: &Operation) {
        let operands = &operation.operands;
        let components = match operation.operator.as_str() {
            "g" => Some(1),
            "rg" => Some(3),
            "k" => Some(4),
            "cs" => {
                let name = operands.first().and_then(|name| name.as_name().ok());
                self.state.components = match name {
                    Some(b"DeviceGray") => Some(1),
                    Some(b"DeviceRGB") => Some(3),
                    Some(b"DeviceCMYK") => Some(4),
                    _ => None,
                };
                self.state.paint = if self.state.components.is_some() {
                    Paint::Black
                } else {
                    Paint::Other
                };
                return;
            }
            _ => self.state.components,
        };
        self.state.components = components;
        let values: Option<Vec<f64>> = operands.iter().map(number).collect();
        self.state.paint = match (components, values.as_deref()) {
            (Some(1), Some([0.0])) | (Some(3), Some([0.0, 0.0, 0.0])) => Paint::Black,
            (Some(4), Some([_, _, _, 1.0])) => Paint::Black,
            (Some(1), Some([1.0])) | (Some(3), Some([1.0, 1.0, 1.0])) => Paint::White,
            (Some(4), Some([0.0, 0.0, 0.0, 0.0])) => Paint::White,
            _ => Paint::Other,
        };
    }

    fn clip(&mut self, [left, bottom, right, top]: Bounds) {
        self.state.clip = Some(match self.state.clip {
            None => [left, bottom, right, top],
            Some([l, b, r, t]) => [left.max(l), bottom.max(b), right.min(r), top.min(t)],
        });
    }

    /// Extended graphics states may make things transparent; scanners' do not.
    fn graphics_state(
        &mut self,
        operands: &[Object],
        resources: &'a Dictionary,
    ) -> Result<(), PageFault> {
        let state = self
            .resource(operands, resources, b"ExtGState")?
            .as_dict()
            .map_err(|_| damaged("graphics state"))?;
        let opaque = [&b"ca"[..], b"CA"].iter().all(|key| {
            value(self.document, state, key)
                .and_then(number)
                .is_none_or(|alpha| alpha >= 1.0)
        });
        let plain = |key: &[u8], allowed: &[&[u8]]| {
            value(self.document, state, key)
                .is_none_or(|object| object.as_name().is_ok_and(|name| allowed.contains(&name)))
        };
        if opaque && plain(b"SMask", &[b"None"]) && plain(b"BM", &[b"Normal", b"Compatible"]) {
            Ok(())
        } else {
            Err(beyond(Beyond::Mask))
        }
    }

    fn resource(
        &self,
        operands: &[Object],
        resources: &'a Dictionary,
        category: &[u8],
    ) -> Result<&'a Object, PageFault> {
        let name = operands
            .first()
            .and_then(|name| name.as_name().ok())
            .ok_or_else(|| damaged("operand"))?;
        value(self.document, resources, category)
            .and_then(|category| category.as_dict().ok())
            .and_then(|category| value(self.document, category, name))
            .ok_or_else(|| damaged("resource that does not exist"))
    }

    fn draw(
        &mut self,
        operands: &[Object],
        resources: &'a Dictionary,
        depth: usize,
    ) -> Result<(), PageFault> {
        let stream = self
            .resource(operands, resources, b"XObject")?
            .as_stream()
            .map_err(|_| damaged("drawn object"))?;
        if value(self.document, &stream.dict, b"OC").is_some() {
            return Err(beyond(Beyond::Layers));
        }
        match value(self.document, &stream.dict, b"Subtype").and_then(|name| name.as_name().ok()) {
            Some(b"Image") => self.draw_image(Cow::Borrowed(stream)),
            Some(b"Form") if depth < FORM_DEPTH_MAX && self.forms < FORMS_MAX => {
                self.draw_form(stream, resources, depth)
            }
            _ => Err(beyond(Beyond::Drawing)),
        }
    }

    fn draw_image(&mut self, stream: Cow<'a, Stream>) -> Result<(), PageFault> {
        if self.drawn.images.len() >= IMAGES_MAX {
            return Err(beyond(Beyond::SeveralImages));
        }
        let [left, bottom, right, top] = bounds([0.0, 0.0, 1.0, 1.0], self.state.matrix);
        // A point of slack: writers round the clip and the matrix differently.
        let visible = self.state.clip.is_none_or(|[l, b, r, t]| {
            left >= l - 1.0 && bottom >= b - 1.0 && right <= r + 1.0 && top <= t + 1.0
        });
        if !visible {
            return Err(beyond(Beyond::Drawing));
        }
        self.drawn.images.push(Placed {
            stream,
            matrix: self.state.matrix,
            paint: self.state.paint,
        });
        Ok(())
    }

    fn draw_form(
        &mut self,
        form: &'a Stream,
        resources: &'a Dictionary,
        depth: usize,
    ) -> Result<(), PageFault> {
        let own =
            value(self.document, &form.dict, b"Resources").and_then(|object| object.as_dict().ok());
        let outside = self.state.clone();
        self.forms += 1;
        let list = |key| {
            value(self.document, &form.dict, key).and_then(|object| numbers(self.document, object))
        };
        if let Some(values) = list(b"Matrix") {
            let matrix: Matrix = values.try_into().map_err(|_| damaged("form matrix"))?;
            self.state.matrix = concatenate(matrix, self.state.matrix);
        }
        if let Some(values) = list(b"BBox") {
            let [x0, y0, x1, y1] = <[f64; 4]>::try_from(values).map_err(|_| damaged("form box"))?;
            self.clip(bounds([x0, y0, x1, y1], self.state.matrix));
        }
        let content = objects::content(self.document, form, CONTENT_BYTES_MAX)?;
        self.run(&content, own.unwrap_or(resources), depth + 1)?;
        self.state = outside;
        Ok(())
    }
}

fn beyond(what: Beyond) -> PageFault {
    PageFault::NotImageOnly(what)
}

fn is_layer(operands: &[Object]) -> bool {
    operands
        .first()
        .and_then(|tag| tag.as_name().ok())
        .is_some_and(|tag| tag == b"OC")
}

fn matrix(operands: &[Object]) -> Result<Matrix, PageFault> {
    let values: Option<Vec<f64>> = operands.iter().map(number).collect();
    values
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| damaged("matrix"))
}

/// Whether text has no character.
fn is_empty_text(operand: &Object) -> bool {
    match operand {
        Object::String(text, _) => text.is_empty(),
        Object::Array(items) => items
            .iter()
            .all(|item| item.as_str().is_ok_and(<[u8]>::is_empty) || number(item).is_some()),
        _ => false,
    }
}
