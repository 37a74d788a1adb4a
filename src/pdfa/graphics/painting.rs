//! The graphics of all content, operator by operator: clauses 6.2.2, 6.2.4, 6.2.6, and what state, images and
//! forms add.

use lopdf::content::Operation;
use lopdf::{Dictionary, Object};

use super::Report;
use super::colour::{Colours, Space};
use super::device::{Device, OutputIntent};
use super::state::{self, is_intent_known};
use super::xobject;
use crate::pdf_object::{dictionary, integer, name, value};
use crate::pdfa::Violation;
use crate::pdfa::content::{Scope, StreamKind, Visitor};

/// All operators of ISO 32000-1 Annex A, an inline image being one.
#[rustfmt::skip]
const OPERATORS: [&str; 71] = [
    "b", "B", "b*", "B*", "BDC", "BI", "BMC", "BT", "BX", "c", "cm", "CS", "cs", "d", "d0", "d1",
    "Do", "DP", "EMC", "ET", "EX", "f", "F", "f*", "G", "g", "gs", "h", "i", "j", "J", "K", "k",
    "l", "m", "M", "MP", "n", "q", "Q", "re", "RG", "rg", "ri", "s", "S", "SC", "sc", "SCN", "scn",
    "sh", "T*", "Tc", "Td", "TD", "Tf", "Tj", "TJ", "TL", "Tm", "Tr", "Ts", "Tw", "Tz", "v", "w",
    "W", "W*", "y", "'", "\"",
];

/// What is in force where a stream begins or an operator stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) fill: Space,
    pub(super) stroke: Space,
    pub(super) fill_overprints: bool,
    pub(super) stroke_overprints: bool,
    /// `OPM` 1.
    pub(super) overprint_mode: bool,
}

struct Frame {
    state: State,
    saved: Vec<State>,
}

pub(super) struct Painting<'a> {
    colours: Colours<'a>,
    report: Report,
    frames: Vec<Frame>,
}

impl<'a> Painting<'a> {
    pub(super) fn new(intent: OutputIntent) -> Self {
        Self {
            colours: Colours::new(intent),
            report: Report::default(),
            frames: Vec::new(),
        }
    }

    fn current(&self) -> State {
        let nothing = State {
            fill: Space::Device(Device::Gray),
            stroke: Space::Device(Device::Gray),
            fill_overprints: false,
            stroke_overprints: false,
            overprint_mode: false,
        };
        self.frames.last().map_or(nothing, |frame| frame.state)
    }

    /// An entry of the resources; one that is not the stream's own breaks 6.2.2.
    fn resource(
        &mut self,
        category: &[u8],
        key: &[u8],
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) -> Option<&'a Object> {
        let entry = dictionary(scope.document, scope.resources, category)
            .and_then(|entries| value(scope.document, entries, key))
            .filter(|entry| match category {
                b"XObject" => entry.as_stream().is_ok(),
                b"ColorSpace" => matches!(entry, Object::Array(_) | Object::Name(_)),
                b"Pattern" | b"Shading" => {
                    matches!(entry, Object::Dictionary(_) | Object::Stream(_))
                }
                _ => entry.as_dict().is_ok(),
            });
        if entry.is_none() {
            let what = "a name that is not among the resources";
            self.report.violation(scope, "6.2.2", what, found);
        } else if !scope.has_own_resources {
            let what = "resources that are not the stream's own";
            self.report.violation(scope, "6.2.2", what, found);
        }
        entry
    }

    /// `cs`, `CS`.
    fn set_space(
        &mut self,
        operation: &Operation,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) -> Space {
        let Some(key) = operation
            .operands
            .first()
            .and_then(|key| key.as_name().ok())
        else {
            return Space::Other;
        };
        if Device::named(key).is_none() && key != b"Pattern" {
            self.resource(b"ColorSpace", key, scope, found);
        }
        self.colours.named(key, scope, &mut self.report, found)
    }

    fn device(&mut self, device: Device, scope: &Scope<'a>, found: &mut Vec<Violation>) -> Space {
        self.colours.device(device, scope, &mut self.report, found)
    }

    fn set_colour(&mut self, operation: &Operation, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let space = match operation.operator.as_str() {
            "g" | "G" => self.device(Device::Gray, scope, found),
            "rg" | "RG" => self.device(Device::Rgb, scope, found),
            "k" | "K" => self.device(Device::Cmyk, scope, found),
            "cs" | "CS" => self.set_space(operation, scope, found),
            _ => return,
        };
        // Chosen counts as used, as veraPDF reads the clause; the initial black counts when it paints.
        self.colours.painted(space, scope, &mut self.report, found);
        let is_fill = matches!(operation.operator.as_str(), "g" | "rg" | "k" | "cs");
        if let Some(frame) = self.frames.last_mut() {
            if is_fill {
                frame.state.fill = space;
            } else {
                frame.state.stroke = space;
            }
        }
    }

    fn paint(&mut self, fill: bool, stroke: bool, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let state = self.current();
        let spoils = state.overprint_mode
            && ((fill && state.fill == Space::IccCmyk && state.fill_overprints)
                || (stroke && state.stroke == Space::IccCmyk && state.stroke_overprints));
        if spoils {
            let what = "overprint mode 1 over an ICCBased CMYK space";
            self.report.violation(scope, "6.2.4.2", what, found);
        }
        for (is_used, space) in [(fill, state.fill), (stroke, state.stroke)] {
            if is_used {
                self.colours.painted(space, scope, &mut self.report, found);
            }
        }
    }

    /// Text is filled, stroked or both; glyphs of Type 3 are streams of their own.
    fn show_text(&mut self, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let is_type3 = scope
            .font
            .is_some_and(|(font, _)| name(scope.document, font, b"Subtype") == Some(b"Type3"));
        if !is_type3 {
            let mode = scope.text_mode;
            self.paint(
                matches!(mode, 0 | 2 | 4 | 6),
                matches!(mode, 1 | 2 | 5 | 6),
                scope,
                found,
            );
        }
    }

    /// `sc`, `SC`, `scn`, `SCN`: a colour of the space in force, a pattern if the last operand is a name.
    fn set_components(
        &mut self,
        operation: &Operation,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) {
        let state = self.current();
        let is_fill = matches!(operation.operator.as_str(), "sc" | "scn");
        let space = if is_fill { state.fill } else { state.stroke };
        self.colours.painted(space, scope, &mut self.report, found);
        let Some(key) = operation.operands.last().and_then(|key| key.as_name().ok()) else {
            return;
        };
        let pattern = self.resource(b"Pattern", key, scope, found);
        let Some(Object::Dictionary(pattern)) = pattern else {
            return;
        };
        if let Ok(shading) = pattern.get(b"Shading") {
            self.shading(shading, scope, found);
        }
        if let Some(state) = dictionary(scope.document, pattern, b"ExtGState") {
            self.graphics_state(state, scope, found);
        }
    }

    fn shading(&mut self, object: &'a Object, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let shading = match scope.document.dereference(object) {
            Ok((_, Object::Dictionary(shading))) => shading,
            Ok((_, Object::Stream(stream))) => &stream.dict,
            _ => return,
        };
        match shading.get(b"ColorSpace") {
            Ok(space) => self
                .colours
                .inside(space, scope, 0, &mut self.report, found),
            Err(_) => {
                let what = "a shading without a colour space";
                self.report.violation(scope, "6.2.4", what, found);
            }
        }
    }

    fn graphics_state(
        &mut self,
        parameters: &'a Dictionary,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) {
        state::check(parameters, scope, &mut self.report, found);
        if state::is_transparent(parameters, scope.document) {
            self.transparent(scope, found);
        }
        if let Some(frame) = self.frames.last_mut() {
            state::overprint(parameters, scope.document, &mut frame.state);
        }
    }

    /// Clause 6.2.10: a page with transparency says in which space it blends.
    fn transparent(&mut self, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let group = dictionary(scope.document, scope.page_dictionary, b"Group");
        let has_space = group.is_some_and(|group| group.has(b"CS"));
        if !has_space && !self.colours.intent.is_there() {
            let what = "transparency without output intent or a page group's colour space";
            self.report.violation(scope, "6.2.10", what, found);
        }
    }

    fn group(&mut self, owner: &'a Dictionary, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let Some(group) = dictionary(scope.document, owner, b"Group") else {
            return;
        };
        if let Ok(space) = group.get(b"CS") {
            self.colours
                .inside(space, scope, 0, &mut self.report, found);
        }
    }

    fn draw_object(&mut self, key: &[u8], scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let Some(Object::Stream(stream)) = self.resource(b"XObject", key, scope, found) else {
            return;
        };
        match name(scope.document, &stream.dict, b"Subtype") {
            Some(b"Image") => self.image(stream, scope, found),
            Some(b"Form") => {}
            _ => {
                let what = "an external object that is neither image nor form";
                self.report.violation(scope, "6.2.9.3", what, found);
            }
        }
    }

    fn image(&mut self, image: &'a lopdf::Stream, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let document = scope.document;
        let boxes_space = xobject::image(image, scope, &mut self.report, found);
        let soft_mask =
            value(document, &image.dict, b"SMask").and_then(|mask| mask.as_stream().ok());
        let has_alpha =
            integer(document, &image.dict, b"SMaskInData").is_some_and(|kind| kind != 0);
        if soft_mask.is_some() || has_alpha {
            self.transparent(scope, found);
        }
        for mask in [b"SMask".as_slice(), b"Mask"] {
            let mask = value(document, &image.dict, mask).and_then(|mask| mask.as_stream().ok());
            if let Some(mask) = mask {
                xobject::image(mask, scope, &mut self.report, found);
            }
        }
        if let Some(mask) = soft_mask
            && let Ok(space) = mask.dict.get(b"ColorSpace")
        {
            self.mask_space(space, scope, found);
        }
        if xobject::is_stencil(document, &image.dict) {
            self.paint(true, false, scope, found);
        } else if let Ok(space) = image.dict.get(b"ColorSpace") {
            self.colours
                .inside(space, scope, 0, &mut self.report, found);
        } else if let Some(device) = boxes_space {
            let space = self.device(device, scope, found);
            self.colours.painted(space, scope, &mut self.report, found);
        }
    }

    /// A soft mask is DeviceGray always, which paints nothing.
    fn mask_space(&mut self, space: &'a Object, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let space = scope.document.dereference(space).ok();
        if !space
            .is_some_and(|(_, space)| matches!(space, Object::Name(name) if name == b"DeviceGray"))
        {
            let what = "a soft mask that is not DeviceGray";
            self.report.violation(scope, "6.2.8", what, found);
        }
    }

    fn inline_image(
        &mut self,
        operation: &Operation,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) {
        let Some(Object::Stream(image)) = operation.operands.first() else {
            return;
        };
        let Some(space) = xobject::inline_image(&image.dict, scope, &mut self.report, found) else {
            return self.paint(true, false, scope, found);
        };
        let space = match space {
            Object::Name(key) => {
                if Device::named(key).is_none() {
                    self.resource(b"ColorSpace", key, scope, found);
                }
                self.colours.named(key, scope, &mut self.report, found)
            }
            // An indexed space over a device or a named one; other arrays are not allowed there.
            Object::Array(items) => match items.as_slice() {
                [Object::Name(_), Object::Name(base), ..] => {
                    self.colours.named(base, scope, &mut self.report, found)
                }
                _ => {
                    let what = "an inline image's colour space that cannot be judged";
                    return self.report.violation(scope, "6.2.4", what, found);
                }
            },
            _ => Space::Other,
        };
        self.colours.painted(space, scope, &mut self.report, found);
    }
}

impl<'a> Visitor<'a> for Painting<'a> {
    fn operation(&mut self, operation: &Operation, scope: &Scope<'a>, found: &mut Vec<Violation>) {
        let first = operation
            .operands
            .first()
            .and_then(|key| key.as_name().ok());
        match (operation.operator.as_str(), first) {
            ("q", _) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.saved.push(frame.state);
                }
            }
            ("Q", _) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.state = frame.saved.pop().unwrap_or(frame.state);
                }
            }
            ("f" | "F" | "f*", _) => self.paint(true, false, scope, found),
            ("S" | "s", _) => self.paint(false, true, scope, found),
            ("b" | "B" | "b*" | "B*", _) => self.paint(true, true, scope, found),
            ("Tj" | "TJ" | "'" | "\"", _) => self.show_text(scope, found),
            ("g" | "G" | "rg" | "RG" | "k" | "K", _) | ("cs" | "CS", Some(_)) => {
                self.set_colour(operation, scope, found);
            }
            ("sc" | "SC" | "scn" | "SCN", _) => self.set_components(operation, scope, found),
            ("Tf", Some(key)) => {
                self.resource(b"Font", key, scope, found);
            }
            ("gs", Some(key)) => {
                let parameters = self.resource(b"ExtGState", key, scope, found);
                if let Some(Object::Dictionary(parameters)) = parameters {
                    self.graphics_state(parameters, scope, found);
                }
            }
            ("sh", Some(key)) => {
                if let Some(shading) = self.resource(b"Shading", key, scope, found) {
                    self.shading(shading, scope, found);
                }
            }
            ("Do", Some(key)) => self.draw_object(key, scope, found),
            ("BI", _) => self.inline_image(operation, scope, found),
            ("ri", intent) => {
                if !intent.is_some_and(is_intent_known) {
                    let what = "an unknown rendering intent";
                    self.report.violation(scope, "6.2.6", what, found);
                }
            }
            ("Tf" | "gs" | "sh" | "Do" | "cs" | "CS", None) => {
                let what = "an operator without its name";
                self.report.violation(scope, "6.2.2", what, found);
            }
            (operator, _) => {
                if !OPERATORS.contains(&operator) {
                    self.report
                        .violation(scope, "6.2.2", "an unknown operator", found);
                }
            }
        }
    }

    fn enter(
        &mut self,
        kind: StreamKind,
        dictionary: &'a Dictionary,
        scope: &Scope<'a>,
        found: &mut Vec<Violation>,
    ) {
        let inherits = matches!(
            kind,
            StreamKind::Form | StreamKind::SoftMask | StreamKind::Glyph
        );
        let mut state = self.current();
        if !inherits {
            let black = self.device(Device::Gray, scope, found);
            state = State {
                fill: black,
                stroke: black,
                fill_overprints: false,
                stroke_overprints: false,
                overprint_mode: false,
            };
        }
        self.frames.push(Frame {
            state,
            saved: Vec::new(),
        });
        self.group(dictionary, scope, found);
        let group = crate::pdf_object::dictionary(scope.document, dictionary, b"Group");
        if group.is_some() && kind != StreamKind::Page {
            self.transparent(scope, found);
        }
        if matches!(
            kind,
            StreamKind::Form | StreamKind::Appearance | StreamKind::SoftMask
        ) {
            xobject::form(dictionary, scope, &mut self.report, found);
        }
    }

    fn leave(&mut self) {
        self.frames.pop();
    }

    fn state(&self) -> u32 {
        let state = self.current();
        let space = |space| match space {
            Space::Device(Device::Gray) => 0,
            Space::Device(Device::Rgb) => 1,
            Space::Device(Device::Cmyk) => 2,
            Space::IccCmyk => 3,
            Space::Pattern | Space::Other => 4,
        };
        space(state.fill)
            | space(state.stroke) << 3
            | u32::from(state.fill_overprints) << 6
            | u32::from(state.stroke_overprints) << 7
            | u32::from(state.overprint_mode) << 8
    }
}
