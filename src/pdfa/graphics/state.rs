//! Clauses 6.2.5, 6.2.6 and 6.2.10: what graphics state parameter dictionaries may hold.

use lopdf::{Dictionary, Document, Object};

use super::Report;
use super::painting::State;
use crate::pdf_object::{boolean, integer, name, number, value};
use crate::pdfa::Violation;
use crate::pdfa::content::Scope;

/// Halftones inside a halftone of type 5.
const HALFTONES_MAX: usize = 64;

/// Those of ISO 32000-1 (§11.3.5); others may not be used (6.2.10).
pub(crate) const BLEND_MODES: [&[u8]; 17] = [
    b"Normal",
    b"Compatible",
    b"Multiply",
    b"Screen",
    b"Overlay",
    b"Darken",
    b"Lighten",
    b"ColorDodge",
    b"ColorBurn",
    b"HardLight",
    b"SoftLight",
    b"Difference",
    b"Exclusion",
    b"Hue",
    b"Saturation",
    b"Color",
    b"Luminosity",
];

pub(super) fn is_intent_known(intent: &[u8]) -> bool {
    matches!(
        intent,
        b"RelativeColorimetric" | b"AbsoluteColorimetric" | b"Perceptual" | b"Saturation"
    )
}

pub(super) fn check(
    parameters: &Dictionary,
    scope: &Scope<'_>,
    report: &mut Report,
    found: &mut Vec<Violation>,
) {
    let document = scope.document;
    let mut tell = |clause, what| report.violation(scope, clause, what, found);
    if parameters.has(b"TR") {
        tell("6.2.5", "a transfer function");
    }
    if parameters.has(b"TR2") && name(document, parameters, b"TR2") != Some(b"Default") {
        tell("6.2.5", "a transfer function other than the default");
    }
    if parameters.has(b"HTP") {
        tell("6.2.5", "a halftone's phase");
    }
    if !is_halftone_allowed(document, parameters) {
        tell("6.2.5", "a halftone that is not allowed");
    }
    if parameters.has(b"RI") && !name(document, parameters, b"RI").is_some_and(is_intent_known) {
        tell("6.2.6", "an unknown rendering intent");
    }
    if !blend_modes(document, parameters)
        .is_none_or(|modes| modes.iter().all(|mode| BLEND_MODES.contains(mode)))
    {
        tell("6.2.10", "an unknown blend mode");
    }
}

/// The blend modes; none where there are none, an empty name for what is no name.
fn blend_modes<'a>(document: &'a Document, parameters: &'a Dictionary) -> Option<Vec<&'a [u8]>> {
    let name = |object: &'a Object| {
        let object = document.dereference(object).ok();
        object
            .and_then(|(_, object)| object.as_name().ok())
            .unwrap_or_default()
    };
    Some(match value(document, parameters, b"BM")? {
        Object::Array(modes) => modes.iter().map(name).collect(),
        single => vec![name(single)],
    })
}

/// Whether painting with these parameters blends.
pub(super) fn is_transparent(parameters: &Dictionary, document: &Document) -> bool {
    let is_below_one = |key: &[u8]| {
        value(document, parameters, key)
            .is_some_and(|alpha| number(alpha).is_none_or(|alpha| alpha < 1.0))
    };
    let has_mask = value(document, parameters, b"SMask")
        .is_some_and(|mask| !matches!(mask, Object::Name(name) if name == b"None"));
    let blends = blend_modes(document, parameters).is_some_and(|modes| {
        modes
            .iter()
            .any(|mode| !matches!(*mode, b"Normal" | b"Compatible"))
    });
    is_below_one(b"ca") || is_below_one(b"CA") || has_mask || blends
}

/// The effect on overprinting.
pub(super) fn overprint(parameters: &Dictionary, document: &Document, state: &mut State) {
    if parameters.has(b"OP") {
        state.stroke_overprints = boolean(document, parameters, b"OP");
        state.fill_overprints = state.stroke_overprints;
    }
    if parameters.has(b"op") {
        state.fill_overprints = boolean(document, parameters, b"op");
    }
    if let Some(mode) = integer(document, parameters, b"OPM") {
        state.overprint_mode = mode != 0;
    }
}

fn is_halftone_allowed(document: &Document, parameters: &Dictionary) -> bool {
    match value(document, parameters, b"HT") {
        None | Some(Object::Name(_)) => true,
        Some(Object::Dictionary(halftone)) => is_one_allowed(document, halftone, None),
        Some(Object::Stream(stream)) => is_one_allowed(document, &stream.dict, None),
        Some(_) => false,
    }
}

/// A halftone, or that of one colorant inside one of type 5.
fn is_one_allowed(document: &Document, halftone: &Dictionary, colorant: Option<&[u8]>) -> bool {
    let kind = integer(document, halftone, b"HalftoneType");
    let has_function = halftone.has(b"TransferFunction");
    let is_function_right = match colorant {
        Some(b"Default") => true,
        None | Some(b"Cyan" | b"Magenta" | b"Yellow" | b"Black") => !has_function,
        Some(_) => has_function,
    };
    if halftone.has(b"HalftoneName") || !is_function_right {
        return false;
    }
    match (kind, colorant) {
        (Some(1), _) => true,
        (Some(5), None) => {
            let entries = halftone.iter().filter(|(key, _)| {
                !matches!(key.as_slice(), b"Type" | b"HalftoneType" | b"HalftoneName")
            });
            halftone.len() <= HALFTONES_MAX
                && entries
                    .into_iter()
                    .all(|(key, entry)| match document.dereference(entry) {
                        Ok((_, Object::Dictionary(inner))) => {
                            is_one_allowed(document, inner, Some(key))
                        }
                        Ok((_, Object::Stream(stream))) => {
                            is_one_allowed(document, &stream.dict, Some(key))
                        }
                        _ => false,
                    })
        }
        _ => false,
    }
}
