//! An image XObject (ISO 32000-1 §8.9) as a page's stream: its own bytes where they can stay, else recompressed.

use lopdf::{Dictionary, Document, Object, Stream};

use super::super::ccitt::{self, EncodingMode};
use super::super::error::{Beyond, PageFault};
use super::super::flate;
use super::super::image::ImageEncoding;
use super::super::jpeg;
use super::super::samples::{self, Colour, Meaning, Packing};
use super::super::stream::{Bounds, PageStream};
use super::objects::{self, Filter, Predictor, boolean, damaged, integer, numbers, value};
use crate::record::PageTreatment;

/// The image's description, read and checked.
struct Picture<'a> {
    document: &'a Document,
    packing: Packing,
    meaning: Meaning,
    filters: Vec<Filter<'a>>,
}

/// Makes the page's stream of an image, whose raw bytes are `data`.
pub(super) fn take(
    document: &Document,
    stream: &Stream,
    data: Vec<u8>,
    bounds: &Bounds,
) -> Result<PageStream, PageFault> {
    let dictionary = &stream.dict;
    let masked = [&b"SMask"[..], b"Mask"]
        .iter()
        .any(|key| value(document, dictionary, key).is_some());
    if masked || boolean(document, dictionary, b"ImageMask") {
        return Err(PageFault::NotImageOnly(Beyond::Mask));
    }
    let filters = objects::filters(document, dictionary)?;
    let split = filters
        .iter()
        .position(|filter| objects::is_image_filter(filter.name))
        .unwrap_or(filters.len());
    if split + 1 < filters.len() {
        return Err(damaged("image with a filter behind its last"));
    }
    let coder = filters.get(split).map(|filter| filter.name);
    match coder {
        Some(b"JBIG2Decode") => return Err(PageFault::Unsupported("JBIG2 image".to_owned())),
        Some(b"JPXDecode") => return Err(PageFault::Unsupported("JPEG 2000 image".to_owned())),
        _ => {}
    }
    let mut picture = Picture::read(document, dictionary, filters, bounds)?;
    let coding = picture.filters.split_off(split);
    let limit = usize::try_from(bounds.bytes()).unwrap_or(usize::MAX);
    match coding.first() {
        Some(filter) => {
            let data = objects::undo(document, data, &picture.filters, limit)?;
            if filter.name == b"DCTDecode" {
                picture.jpeg(data, filter, bounds)
            } else {
                picture.fax(data, filter)
            }
        }
        None => picture.samples(data, limit),
    }
}

impl<'a> Picture<'a> {
    fn read(
        document: &'a Document,
        dictionary: &'a Dictionary,
        filters: Vec<Filter<'a>>,
        bounds: &Bounds,
    ) -> Result<Self, PageFault> {
        let size = |key| {
            integer(document, dictionary, key)
                .and_then(|size| u32::try_from(size).ok())
                .ok_or_else(|| damaged("image without a size"))
        };
        let bits = integer(document, dictionary, b"BitsPerComponent").unwrap_or(1);
        let bits = u8::try_from(bits)
            .ok()
            .filter(|bits| matches!(bits, 1 | 2 | 4 | 8 | 16))
            .ok_or_else(|| damaged("image with impossible depth"))?;
        let space = value(document, dictionary, b"ColorSpace")
            .ok_or_else(|| damaged("image without colour space"))?;
        let (colour, samples) = colour(document, space, 0)?;
        let packing = Packing {
            width: size(b"Width")?,
            height: size(b"Height")?,
            bits,
            samples,
            little_endian: false,
        };
        bounds.check(
            packing.width,
            packing.height,
            packing.bits_per_pixel().max(8),
        )?;
        let inverted = inverted(document, dictionary, &colour, &packing)?;
        Ok(Self {
            document,
            packing,
            meaning: Meaning {
                inverted,
                ..Meaning::plain(colour)
            },
            filters,
        })
    }

    fn jpeg(
        &self,
        data: Vec<u8>,
        filter: &Filter,
        bounds: &Bounds,
    ) -> Result<PageStream, PageFault> {
        let examined = jpeg::examine(&data, bounds)?;
        if examined.components() != self.packing.samples
            || matches!(self.meaning.colour, Colour::Palette(_))
        {
            return Err(PageFault::Unsupported(
                "JPEG of another colour than its PDF says".to_owned(),
            ));
        }
        let untransformed = filter
            .parameters
            .and_then(|parameters| integer(self.document, parameters, b"ColorTransform"))
            == Some(0);
        jpeg::take(
            &examined,
            data,
            jpeg::Container {
                rgb: untransformed && self.packing.samples == 3,
                inverted: Some(self.meaning.inverted),
            },
        )
    }

    fn fax(&self, data: Vec<u8>, filter: &Filter) -> Result<PageStream, PageFault> {
        let field = |key, default| {
            filter
                .parameters
                .and_then(|parameters| integer(self.document, parameters, key))
                .unwrap_or(default)
        };
        let flag = |key| {
            filter
                .parameters
                .is_some_and(|parameters| boolean(self.document, parameters, key))
        };
        let (width, height) = (self.packing.width, self.packing.height);
        if field(b"Columns", 1728) != i64::from(width) || self.packing.bits_per_pixel() != 1 {
            return Err(damaged("fax image of another width than its page"));
        }
        let layout = ccitt::Layout {
            mode: match field(b"K", 0) {
                ..0 => EncodingMode::Group4,
                0 => EncodingMode::Group3_1D,
                1.. => EncodingMode::Group3_2D,
            },
            width,
            height,
            end_of_line: flag(b"EndOfLine"),
            byte_aligned: flag(b"EncodedByteAlign"),
        };
        let black_is_1 = flag(b"BlackIs1");
        if layout.mode == EncodingMode::Group4
            && !layout.byte_aligned
            && let Some(zero_is_white) = self.two_tones()
        {
            ccitt::check(&data, layout)?;
            return Ok(PageStream {
                width,
                height,
                encoding: ImageEncoding::CcittG4 {
                    black_is_1: black_is_1 != zero_is_white,
                },
                data,
                treatment: PageTreatment::PassedThrough,
                reason: String::new(),
            });
        }
        let mut rows = ccitt::decode(&data, layout)?;
        if black_is_1 {
            for byte in &mut rows {
                *byte = !*byte;
            }
        }
        let (raster, changed) = samples::to_raster(rows, &self.packing, &self.meaning)?;
        Ok(raster.compress("fax image that is not plain G4", &changed))
    }

    /// Whether 0 is white, where the two values are black and white.
    fn two_tones(&self) -> Option<bool> {
        const BLACK: [u8; 3] = [0; 3];
        const WHITE: [u8; 3] = [255; 3];
        match &self.meaning.colour {
            Colour::Grey => Some(self.meaning.inverted),
            Colour::Palette(entries) if entries.starts_with(&[BLACK, WHITE]) => Some(false),
            Colour::Palette(entries) if entries.starts_with(&[WHITE, BLACK]) => Some(true),
            Colour::Palette(_) | Colour::Rgb | Colour::Cmyk | Colour::YCbCr => None,
        }
    }

    fn samples(&self, coded: Vec<u8>, limit: usize) -> Result<PageStream, PageFault> {
        if self.is_predicted(&coded)? {
            return Ok(self.as_it_came(coded));
        }
        let data = objects::undo(self.document, coded, &self.filters, limit)?;
        let (raster, changed) = samples::to_raster(data, &self.packing, &self.meaning)?;
        Ok(raster.compress("image samples of the PDF", &changed))
    }

    /// Whether it is what this program writes itself: a Flate stream with PNG predictors, proved whole.
    fn is_predicted(&self, coded: &[u8]) -> Result<bool, PageFault> {
        let ([filter], 8, false) = (
            self.filters.as_slice(),
            self.packing.bits,
            self.meaning.inverted,
        ) else {
            return Ok(false);
        };
        let predictor = Predictor::of(self.document, filter.parameters);
        let fits = filter.name == b"FlateDecode"
            && matches!(self.meaning.colour, Colour::Grey | Colour::Rgb)
            && predictor.kind >= 10
            && predictor.bits == 8
            && predictor.columns == i64::from(self.packing.width)
            && usize::try_from(predictor.colours) == Ok(self.packing.samples);
        if !fits {
            return Ok(false);
        }
        let row_bytes = self.packing.row_bytes();
        let rows = flate::expand(coded, (row_bytes + 1) * self.packing.height as usize)?;
        if !flate::filters_exist(&rows, row_bytes) {
            return Err(damaged("image with an unknown filter"));
        }
        Ok(true)
    }

    fn as_it_came(&self, data: Vec<u8>) -> PageStream {
        PageStream {
            width: self.packing.width,
            height: self.packing.height,
            encoding: ImageEncoding::Flate {
                components: if self.packing.samples == 1 { 1 } else { 3 },
                bits: 8,
            },
            data,
            treatment: PageTreatment::PassedThrough,
            reason: String::new(),
        }
    }
}

/// Colour and samples a pixel of a colour space (ISO 32000-1 §8.6); profiles are taken by their number of components.
fn colour(document: &Document, space: &Object, depth: usize) -> Result<(Colour, usize), PageFault> {
    let unsupported = || PageFault::Unsupported("colour space of the PDF image".to_owned());
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
        b"DeviceGray" | b"CalGray" => Ok((Colour::Grey, 1)),
        b"DeviceRGB" | b"CalRGB" => Ok((Colour::Rgb, 3)),
        b"DeviceCMYK" => Ok((Colour::Cmyk, 4)),
        b"ICCBased" => {
            let profile = operand(0)?.as_stream().map_err(|_| unsupported())?;
            match integer(document, &profile.dict, b"N") {
                Some(1) => Ok((Colour::Grey, 1)),
                Some(3) => Ok((Colour::Rgb, 3)),
                Some(4) => Ok((Colour::Cmyk, 4)),
                _ => Err(unsupported()),
            }
        }
        b"Indexed" if depth == 0 => {
            let (base, samples) = colour(document, operand(0)?, 1)?;
            let table = match operand(2)? {
                Object::String(bytes, _) => bytes.clone(),
                Object::Stream(stream) => {
                    let filters = objects::filters(document, &stream.dict)?;
                    objects::undo(document, stream.content.clone(), &filters, 256 * 4)?
                }
                _ => return Err(unsupported()),
            };
            Ok((Colour::Palette(palette(base, samples, table)?), 1))
        }
        _ => Err(unsupported()),
    }
}

/// The table of an indexed space as RGB.
fn palette(base: Colour, samples: usize, mut table: Vec<u8>) -> Result<Vec<[u8; 3]>, PageFault> {
    let entries = table.len() / samples;
    table.truncate(entries * samples);
    let packing = Packing {
        width: 1,
        height: u32::try_from(entries).unwrap_or(0),
        bits: 8,
        samples,
        little_endian: false,
    };
    let (raster, _) = samples::to_raster(table, &packing, &Meaning::plain(base))?;
    Ok(match raster.pixels {
        super::super::stream::Pixels::Grey(levels) => {
            levels.iter().map(|&level| [level; 3]).collect()
        }
        super::super::stream::Pixels::Rgb(rgb) => rgb.as_chunks::<3>().0.to_vec(),
        super::super::stream::Pixels::Bilevel(_) => Vec::new(),
    })
}

/// `/Decode` as the default or its reverse; anything between is refused.
fn inverted(
    document: &Document,
    dictionary: &Dictionary,
    colour: &Colour,
    packing: &Packing,
) -> Result<bool, PageFault> {
    let Some(decode) = value(document, dictionary, b"Decode") else {
        return Ok(false);
    };
    let ranges = numbers(document, decode).ok_or_else(|| damaged("decode array"))?;
    let palette = matches!(colour, Colour::Palette(_));
    let top = if palette {
        f64::from((1u32 << packing.bits) - 1)
    } else {
        1.0
    };
    let is = |low: f64, high: f64| ranges.chunks(2).all(|pair| pair == [low, high]);
    if is(0.0, top) {
        Ok(false)
    } else if is(top, 0.0) && !palette {
        Ok(true)
    } else {
        Err(PageFault::Unsupported(
            "decode array of the PDF image".to_owned(),
        ))
    }
}
