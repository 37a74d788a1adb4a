//! Colour spaces and `/Decode` arrays of PDF images (ISO 32000-1 §8.6, §8.9.5.2).
//!
//! Profiles are taken by their number of components. An indexed space, and one printing ink over a
//! gradation of another space, become a palette.

use lopdf::{Dictionary, Document, Object};

use super::super::objects::{self, integer, number, numbers, value};
use crate::pages::error::{Beyond, PageFault};
use crate::pages::samples::{self, Colour, Meaning, Packing};
use crate::pages::stream::Pixels;

/// Spaces inside spaces: an indexed one over an ink over a device's.
const DEPTH_MAX: usize = 3;

fn unsupported() -> PageFault {
    PageFault::Unsupported("colour space of the PDF image".to_owned())
}

/// What samples of `bits` mean in a colour space and under a decode array, and how many make a pixel.
pub(super) fn meaning(
    document: &Document,
    dictionary: &Dictionary,
    space: &Object,
    bits: u8,
) -> Result<(Meaning, usize), PageFault> {
    let space = Space::read(document, space, 0)?;
    let samples = space.samples();
    let inverted = inverted(document, dictionary, &space, bits)?;
    let meaning = match space {
        Space::Plain(colour) => Meaning {
            inverted,
            ..Meaning::plain(colour)
        },
        Space::Table(table) => {
            let entries = table.entries(bits)?;
            of_palette(entries, inverted)
        }
        Space::Ink(ink) => of_palette(ink.entries(bits)?, inverted),
    };
    Ok((meaning, samples))
}

/// A palette, told as grey where it is nothing else.
fn of_palette(mut entries: Vec<[u8; 3]>, inverted: bool) -> Meaning {
    if inverted {
        entries.reverse();
    }
    let ramp: Vec<[u8; 3]> = (0..=255u8).map(|level| [level; 3]).collect();
    let is_ramp = entries == ramp;
    if is_ramp || entries.iter().rev().eq(ramp.iter()) {
        return Meaning {
            inverted: !is_ramp,
            ..Meaning::plain(Colour::Grey)
        };
    }
    Meaning::plain(Colour::Palette(entries))
}

enum Space {
    Plain(Colour),
    Table(Table),
    Ink(Ink),
}

/// An indexed space.
struct Table {
    base: Box<Space>,
    bytes: Vec<u8>,
}

/// One ink: its gradation in another space, an exponential function (§7.10.3).
struct Ink {
    base: Colour,
    none: Vec<f64>,
    full: Vec<f64>,
    exponent: f64,
}

impl Space {
    fn samples(&self) -> usize {
        match self {
            Space::Plain(colour) => colour.samples(),
            Space::Table(_) | Space::Ink(_) => 1,
        }
    }

    fn read(document: &Document, space: &Object, depth: usize) -> Result<Self, PageFault> {
        if depth > DEPTH_MAX {
            return Err(unsupported());
        }
        let (family, operands) = match space {
            Object::Name(name) => (name.as_slice(), &[][..]),
            Object::Array(items) => {
                let (family, operands) = items.split_first().ok_or_else(unsupported)?;
                (family.as_name().map_err(|_| unsupported())?, operands)
            }
            _ => return Err(unsupported()),
        };
        let operand = |index: usize| {
            let object: &Object = operands.get(index).ok_or_else(unsupported)?;
            document
                .dereference(object)
                .map(|(_, object)| object)
                .map_err(|_| unsupported())
        };
        match family {
            b"DeviceGray" | b"CalGray" => Ok(Space::Plain(Colour::Grey)),
            b"DeviceRGB" | b"CalRGB" => Ok(Space::Plain(Colour::Rgb)),
            b"DeviceCMYK" => Ok(Space::Plain(Colour::Cmyk)),
            b"Lab" => lab(document, operand(0)?.as_dict().map_err(|_| unsupported())?),
            b"ICCBased" => {
                let profile = operand(0)?.as_stream().map_err(|_| unsupported())?;
                match integer(document, &profile.dict, b"N") {
                    Some(1) => Ok(Space::Plain(Colour::Grey)),
                    Some(3) => Ok(Space::Plain(Colour::Rgb)),
                    Some(4) => Ok(Space::Plain(Colour::Cmyk)),
                    _ => Err(unsupported()),
                }
            }
            b"Indexed" if depth == 0 => {
                let base = Box::new(Space::read(document, operand(0)?, depth + 1)?);
                let bytes = match operand(2)? {
                    Object::String(bytes, _) => bytes.clone(),
                    Object::Stream(stream) => {
                        let filters = objects::filters(document, &stream.dict)?;
                        // 256 colours of 4 components, and what stands behind them.
                        objects::undo(document, stream.content.clone(), &filters, 1 << 16)?
                    }
                    _ => return Err(unsupported()),
                };
                Ok(Space::Table(Table { base, bytes }))
            }
            b"Separation" | b"DeviceN" => {
                let colorants = match operand(0)? {
                    Object::Name(_) => 1,
                    Object::Array(names) => names.len(),
                    _ => return Err(unsupported()),
                };
                let base = Space::read(document, operand(1)?, depth + 1)?;
                match base {
                    Space::Plain(base) if colorants == 1 => ink(document, base, operand(2)?),
                    _ => Err(unsupported()),
                }
            }
            _ => Err(unsupported()),
        }
    }
}

fn lab(document: &Document, dictionary: &Dictionary) -> Result<Space, PageFault> {
    let list = |key| value(document, dictionary, key).and_then(|object| numbers(document, object));
    let [x, y, z] = list(b"WhitePoint")
        .and_then(|white| <[f64; 3]>::try_from(white).ok())
        .ok_or_else(unsupported)?;
    // Colours are told relative to the paper's white, which all usual white points share.
    if !(0.8..1.2).contains(&x) || (y - 1.0).abs() > 1e-3 || !(0.5..1.3).contains(&z) {
        return Err(unsupported());
    }
    let range = match list(b"Range") {
        None => [-100.0, 100.0, -100.0, 100.0],
        Some(range) => <[f64; 4]>::try_from(range).map_err(|_| unsupported())?,
    };
    Ok(Space::Plain(Colour::Lab(range)))
}

fn ink(document: &Document, base: Colour, function: &Object) -> Result<Space, PageFault> {
    let function = function.as_dict().map_err(|_| unsupported())?;
    let list = |key| value(document, function, key).and_then(|object| numbers(document, object));
    let exponential = integer(document, function, b"FunctionType") == Some(2);
    let exponent = value(document, function, b"N")
        .and_then(number)
        .filter(|exponent| (0.1..=10.0).contains(exponent));
    let none = list(b"C0").unwrap_or_else(|| vec![0.0]);
    let full = list(b"C1").unwrap_or_else(|| vec![1.0]);
    let count = base.samples();
    match exponent {
        Some(exponent)
            if exponential
                && (none.len(), full.len()) == (count, count)
                && list(b"Domain").is_none_or(|domain| domain == [0.0, 1.0])
                && list(b"Range").is_none()
                && !matches!(base, Colour::Lab(_)) =>
        {
            Ok(Space::Ink(Ink {
                base,
                none,
                full,
                exponent,
            }))
        }
        _ => Err(unsupported()),
    }
}

/// Entries of a palette for samples of this depth.
fn count(bits: u8) -> Result<u16, PageFault> {
    match bits {
        1..=8 => Ok(1 << bits),
        _ => Err(unsupported()),
    }
}

impl Table {
    /// Indices beyond the table show black.
    fn entries(self, bits: u8) -> Result<Vec<[u8; 3]>, PageFault> {
        let count = usize::from(count(bits)?);
        let mut entries = match *self.base {
            Space::Plain(colour) => rgb_of(colour, self.bytes)?,
            Space::Ink(ink) => {
                let shades = ink.entries(8)?;
                let shade = |&byte: &u8| shades.get(usize::from(byte)).copied();
                self.bytes.iter().filter_map(shade).collect()
            }
            Space::Table(_) => return Err(unsupported()),
        };
        entries.resize(count, [0; 3]);
        Ok(entries)
    }
}

impl Ink {
    fn entries(&self, bits: u8) -> Result<Vec<[u8; 3]>, PageFault> {
        let last = count(bits)? - 1;
        let mut bytes = Vec::new();
        for step in 0..=last {
            let tint = (f64::from(step) / f64::from(last)).powf(self.exponent);
            for (none, full) in self.none.iter().zip(&self.full) {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to 0 … 255"
                )]
                let byte = ((none + tint * (full - none)) * 255.0)
                    .round()
                    .clamp(0.0, 255.0) as u8;
                bytes.push(byte);
            }
        }
        rgb_of(self.base.clone(), bytes)
    }
}

/// Colours of a palette as RGB.
fn rgb_of(colour: Colour, mut bytes: Vec<u8>) -> Result<Vec<[u8; 3]>, PageFault> {
    let samples = colour.samples();
    let entries = bytes.len() / samples;
    bytes.truncate(entries * samples);
    if bytes.is_empty() {
        return Err(unsupported());
    }
    let packing = Packing {
        width: 1,
        height: u32::try_from(entries).unwrap_or(0),
        bits: 8,
        samples,
        little_endian: false,
    };
    let (raster, _) = samples::to_raster(bytes, &packing, &Meaning::plain(colour))?;
    Ok(match raster.pixels {
        Pixels::Grey(levels) => levels.iter().map(|&level| [level; 3]).collect(),
        Pixels::Rgb(rgb) => rgb.as_chunks::<3>().0.to_vec(),
        Pixels::Bilevel(_) => Vec::new(),
    })
}

/// `/Decode` as the default or its reverse; anything between is refused.
fn inverted(
    document: &Document,
    dictionary: &Dictionary,
    space: &Space,
    bits: u8,
) -> Result<bool, PageFault> {
    let Some(decode) = value(document, dictionary, b"Decode") else {
        return Ok(false);
    };
    let refused = || PageFault::Unsupported("decode array of the PDF image".to_owned());
    let ranges = numbers(document, decode).ok_or_else(refused)?;
    if let Space::Plain(Colour::Lab([a, b, c, d])) = space {
        return (ranges == [0.0, 100.0, *a, *b, *c, *d])
            .then_some(false)
            .ok_or_else(refused);
    }
    let top = match space {
        Space::Table(_) => f64::from((1u32 << bits) - 1),
        Space::Plain(_) | Space::Ink(_) => 1.0,
    };
    // Some writers give a pair for each component of another space; the pairs that are missing are the default.
    let is = |low: f64, high: f64| {
        !ranges.is_empty() && ranges.chunks(2).all(|pair| pair == [low, high])
    };
    if is(0.0, top) {
        Ok(false)
    } else if is(top, 0.0) && ranges.len() >= 2 * space.samples() {
        Ok(true)
    } else {
        Err(refused())
    }
}

/// The ranges of a colour key mask; none where no pixel can lie in them.
pub(super) fn colour_key(
    document: &Document,
    dictionary: &Dictionary,
) -> Result<Vec<(u16, u16)>, PageFault> {
    let mask = || PageFault::NotImageOnly(Beyond::Mask);
    let Some(key) = value(document, dictionary, b"Mask") else {
        return Ok(Vec::new());
    };
    let ranges = numbers(document, key).ok_or_else(mask)?;
    let (pairs, rest) = ranges.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(mask());
    }
    if pairs.iter().any(|[least, most]| least > most) {
        return Ok(Vec::new());
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates at the ends of what a sample can be"
    )]
    let sample = |value: f64| value.round() as u16;
    Ok(pairs
        .iter()
        .map(|&[least, most]| (sample(least), sample(most)))
        .collect())
}
