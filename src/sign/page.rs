//! The first page: where it is, and how a viewer shows it (ISO 32000-1, 7.7.3).

use std::collections::BTreeSet;

use super::SignError;
use super::append::Increment;
use super::base::Object;
use super::base::syntax::{Dictionary, Reference, Value};

/// Page tree levels; real files have below ten.
const MAX_DEPTH: usize = 64;

/// A page and the values that it may inherit.
#[derive(Debug)]
pub(super) struct Page {
    /// Its reference.
    pub(super) reference: Reference,
    /// Its dictionary.
    pub(super) object: Object,
    /// What a viewer shows of it.
    pub(super) view: View,
}

/// The part of a page that a viewer shows, and how it turns it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// Left, bottom, right, top in the page's own coordinates, before the turn.
    pub(super) area: [f64; 4],
    /// Clockwise turn for display: 0, 90, 180 or 270 degrees.
    pub(super) rotation: u16,
    /// Length of one unit in points of 1/72 inch (`/UserUnit`).
    pub(super) unit: f64,
}

impl View {
    /// Width and height as displayed, in units of the page.
    pub(super) fn displayed_size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.area;
        if self.rotation.is_multiple_of(180) {
            (right - left, top - bottom)
        } else {
            (top - bottom, right - left)
        }
    }

    /// A rectangle of the page as it lies on the displayed page, whose lower left corner is 0, 0.
    pub(super) fn to_display(self, [x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
        let [left, bottom, right, top] = self.area;
        match self.rotation {
            90 => [y0 - bottom, right - x1, y1 - bottom, right - x0],
            180 => [right - x1, top - y1, right - x0, top - y0],
            270 => [top - y1, x0 - left, top - y0, x1 - left],
            _ => [x0 - left, y0 - bottom, x1 - left, y1 - bottom],
        }
    }

    /// A rectangle of the displayed page as it lies on the page.
    pub(super) fn to_page(self, [x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
        let [left, bottom, right, top] = self.area;
        match self.rotation {
            90 => [right - y1, bottom + x0, right - y0, bottom + x1],
            180 => [right - x1, top - y1, right - x0, top - y0],
            270 => [left + y0, top - x1, left + y1, top - x0],
            _ => [left + x0, bottom + y0, left + x1, bottom + y1],
        }
    }
}

/// Raw values that page tree nodes hand down (table 30).
#[derive(Debug, Clone, Default)]
struct Inherited {
    media_box: Option<Vec<u8>>,
    crop_box: Option<Vec<u8>>,
    rotation: Option<Vec<u8>>,
}

impl Inherited {
    fn overridden_by(mut self, node: &Dictionary<'_>) -> Self {
        let own = |key: &[u8]| node.value(key).map(|value| value.raw().to_vec());
        self.media_box = own(b"MediaBox").or(self.media_box);
        self.crop_box = own(b"CropBox").or(self.crop_box);
        self.rotation = own(b"Rotate").or(self.rotation);
        self
    }
}

fn damaged() -> SignError {
    SignError::Damaged { what: "page tree" }
}

/// Finds the first page.
pub(super) fn first(
    increment: &Increment<'_>,
    catalogue: &Dictionary<'_>,
) -> Result<Page, SignError> {
    let root = catalogue
        .value(b"Pages")
        .and_then(Value::reference)
        .ok_or_else(damaged)?;
    let mut seen = BTreeSet::new();
    first_below(increment, root, Inherited::default(), 0, &mut seen)?.ok_or_else(damaged)
}

/// Where visible signatures already stand on the page.
pub(super) fn visible_signatures(
    increment: &Increment<'_>,
    page: &Page,
) -> Result<Vec<[f64; 4]>, SignError> {
    let dictionary = page.object.value().dictionary().ok_or_else(damaged)?;
    let Some(annotations) = dictionary.value(b"Annots") else {
        return Ok(Vec::new());
    };
    let annotations = increment.resolve(annotations)?;
    let mut places = Vec::new();
    for annotation in annotations.value().array().unwrap_or_default() {
        let annotation = increment.resolve(annotation)?;
        let Some(widget) = annotation.value().dictionary() else {
            continue;
        };
        let is_signature = widget.value(b"FT").is_some_and(|kind| kind.is_name(b"Sig"));
        let place = widget.value(b"Rect").filter(|_| is_signature);
        // Invisible ones have an empty rectangle.
        if let Ok(Some(place)) = rectangle(increment, place.map(Value::raw)) {
            places.push(place);
        }
    }
    Ok(places)
}

fn first_below(
    increment: &Increment<'_>,
    reference: Reference,
    inherited: Inherited,
    depth: usize,
    seen: &mut BTreeSet<Reference>,
) -> Result<Option<Page>, SignError> {
    if depth > MAX_DEPTH || !seen.insert(reference) {
        return Err(damaged());
    }
    let object = increment.object(reference)?;
    let node = object.value().dictionary().ok_or_else(damaged)?;
    let inherited = inherited.overridden_by(&node);
    let Some(kids) = node.value(b"Kids") else {
        let is_page = node.value(b"Type").is_none_or(|kind| kind.is_name(b"Page"));
        let view = view(increment, &node, &inherited)?;
        return if is_page {
            Ok(Some(Page {
                reference,
                object,
                view,
            }))
        } else {
            Err(damaged())
        };
    };
    for kid in increment
        .resolve(kids)?
        .value()
        .array()
        .ok_or_else(damaged)?
    {
        let kid = kid.reference().ok_or_else(damaged)?;
        if let Some(page) = first_below(increment, kid, inherited.clone(), depth + 1, seen)? {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

fn view(
    increment: &Increment<'_>,
    page: &Dictionary<'_>,
    inherited: &Inherited,
) -> Result<View, SignError> {
    let number = |raw: &[u8]| -> Result<Option<f64>, SignError> {
        let Some((value, _)) = Value::starting_at(raw, 0) else {
            return Ok(None);
        };
        Ok(increment.resolve(value)?.value().number())
    };
    let media = rectangle(increment, inherited.media_box.as_deref())?.ok_or_else(damaged)?;
    let crop = rectangle(increment, inherited.crop_box.as_deref())?.unwrap_or(media);
    let turn = inherited
        .rotation
        .as_deref()
        .map_or(Ok(None), &number)?
        .unwrap_or(0.0);
    let unit = page
        .value(b"UserUnit")
        .map_or(Ok(None), |value| number(value.raw()))?;
    let rotation = match turn.rem_euclid(360.0) {
        0.0 => 0,
        90.0 => 90,
        180.0 => 180,
        270.0 => 270,
        _ => return Err(damaged()),
    };
    let area = [
        media[0].max(crop[0]),
        media[1].max(crop[1]),
        media[2].min(crop[2]),
        media[3].min(crop[3]),
    ];
    // A crop box beside the media box leaves nothing; viewers then show the media box.
    let area = if area[2] > area[0] && area[3] > area[1] {
        area
    } else {
        media
    };
    Ok(View {
        area,
        rotation,
        unit: unit
            .filter(|unit| (0.01..=100_000.0).contains(unit))
            .unwrap_or(1.0),
    })
}

/// A rectangle with its corners in order (7.9.5); `None` where it is absent, an error where it is empty.
fn rectangle(increment: &Increment<'_>, raw: Option<&[u8]>) -> Result<Option<[f64; 4]>, SignError> {
    let Some((value, _)) = raw.and_then(|raw| Value::starting_at(raw, 0)) else {
        return Ok(None);
    };
    let array = increment.resolve(value)?;
    let mut corners = [0.0; 4];
    let numbers = array.value().array().ok_or_else(damaged)?;
    if numbers.len() != corners.len() {
        return Err(damaged());
    }
    for (corner, value) in corners.iter_mut().zip(numbers) {
        *corner = increment
            .resolve(value)?
            .value()
            .number()
            .filter(|number| number.abs() < 1e7)
            .ok_or_else(damaged)?;
    }
    let [x0, y0, x1, y1] = corners;
    let ordered = [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)];
    let has_area = ordered[2] > ordered[0] && ordered[3] > ordered[1];
    has_area.then_some(Some(ordered)).ok_or_else(damaged)
}
