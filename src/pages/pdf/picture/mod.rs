//! An image of a page (ISO 32000-1 §8.9) as the page's stream: its own bytes where they can stay, else recompressed.
//!
//! A stencil that black is painted through is a page of two tones. Images that others shine through
//! are not taken here.

mod bands;
mod colour;

use std::path::Path;

use lopdf::{Dictionary, Document, Object};

use super::content::{Matrix, Paint, Placed};
use super::objects::{self, Filter, Predictor, boolean, damaged, integer, value};
use super::spared;
use crate::pages::ccitt::{self, EncodingMode};
use crate::pages::error::{Beyond, PageFault};
use crate::pages::flate;
use crate::pages::image::ImageEncoding;
use crate::pages::jbig2;
use crate::pages::jpeg;
use crate::pages::jpeg2000;
use crate::pages::samples::{self, Colour, Meaning, Packing};
use crate::pages::stream::{Bounds, PageStream, Pixels, Raster};
use crate::record::PageTreatment;

/// Makes the page's stream of what it draws: one image, or bands that together are one; and where it stands.
pub(super) fn take(
    path: &Path,
    document: &Document,
    drawn: &[Placed],
    bounds: &Bounds,
) -> Result<(PageStream, Matrix), PageFault> {
    let [only] = drawn else {
        return bands::take(path, document, drawn, bounds);
    };
    let picture = Picture::read(document, only, bounds)?;
    let data = spared::bytes_of(path, document, &only.stream)?;
    Ok((picture.stream(data)?, only.matrix))
}

/// Whether an image that can be taken, as far as its description goes, is of a coding that scanners write; its data
/// are not looked at.
pub(super) fn is_plain(
    document: &Document,
    image: &Placed,
    bounds: &Bounds,
) -> Result<bool, PageFault> {
    let picture = Picture::read(document, image, bounds)?;
    let coder = picture.coder.map(|filter| filter.name);
    Ok(!matches!(coder, Some(b"JPXDecode" | b"JBIG2Decode")))
}

/// The image's description, read and checked.
struct Picture<'a> {
    document: &'a Document,
    bounds: &'a Bounds,
    packing: Packing,
    meaning: Meaning,
    /// Filters that hold bytes, in decoding order.
    filters: Vec<Filter<'a>>,
    /// The filter behind them that holds an image.
    coder: Option<Filter<'a>>,
    /// Whether a JPEG 2000 image says itself what its colours are.
    own_colour: bool,
    /// Samples of pixels that would not be painted (§8.9.6.4).
    key: Vec<(u16, u16)>,
}

impl<'a> Picture<'a> {
    fn read(
        document: &'a Document,
        placed: &'a Placed,
        bounds: &'a Bounds,
    ) -> Result<Self, PageFault> {
        let dictionary = &placed.stream.dict;
        let stencil = boolean(document, dictionary, b"ImageMask");
        let masked = value(document, dictionary, b"SMask").is_some()
            || integer(document, dictionary, b"SMaskInData").is_some_and(|kind| kind != 0);
        if masked || stencil && placed.paint != Paint::Black {
            return Err(PageFault::NotImageOnly(Beyond::Mask));
        }
        let key = colour::colour_key(document, dictionary)?;
        let (filters, coder) = coding(document, dictionary)?;
        let jpeg2000 = coder
            .as_ref()
            .is_some_and(|coder| coder.name == b"JPXDecode");
        let bits = match (integer(document, dictionary, b"BitsPerComponent"), &coder) {
            _ if stencil => 1,
            (_, Some(coder)) if matches!(coder.name, b"JBIG2Decode" | b"CCITTFaxDecode") => 1,
            (_, Some(coder)) if matches!(coder.name, b"DCTDecode" | b"JPXDecode") => 8,
            (Some(bits @ (1 | 2 | 4 | 8 | 16)), _) => u8::try_from(bits).unwrap_or(8),
            _ => return Err(damaged("image with impossible depth")),
        };
        let space = value(document, dictionary, b"ColorSpace");
        let grey = Object::Name(b"DeviceGray".to_vec());
        let (meaning, samples) = match space {
            Some(space) if !stencil => colour::meaning(document, dictionary, space, bits)?,
            // What a stencil paints is black, and a 0 paints.
            None if !stencil && !jpeg2000 => return Err(damaged("image without colour space")),
            _ => colour::meaning(document, dictionary, &grey, bits)?,
        };
        let size = |key| {
            integer(document, dictionary, key)
                .and_then(|size| u32::try_from(size).ok())
                .ok_or_else(|| damaged("image without a size"))
        };
        let packing = Packing {
            width: size(b"Width")?,
            height: size(b"Height")?,
            bits,
            samples,
            little_endian: false,
        };
        let pixel_bits = packing.bits_per_pixel().max(8);
        bounds.check(packing.width, packing.height, pixel_bits)?;
        Ok(Self {
            document,
            bounds,
            packing,
            meaning,
            filters,
            coder,
            own_colour: space.is_none() && jpeg2000,
            key,
        })
    }

    /// Its own bytes where a PDF/A page shows them alike; else its pixels compressed again.
    fn stream(&self, data: Vec<u8>) -> Result<PageStream, PageFault> {
        let source_bytes = data.len();
        let Some(coder) = &self.coder else {
            let limit = usize::try_from(self.bounds.bytes()).unwrap_or(usize::MAX);
            let (last, outer) = match self.filters.split_last() {
                Some((last, outer)) => (std::slice::from_ref(last), outer),
                None => (&[][..], &[][..]),
            };
            // Text around a stream of bytes is taken off as that around a JPEG is.
            let data = objects::undo(self.document, data, outer, limit)?;
            if let [filter] = last
                && let Some(encoding) = self.as_flate(filter, &data)?
            {
                return Ok(self.as_it_came(encoding, data));
            }
            let rows = objects::undo(self.document, data, last, limit)?;
            let (raster, changed) = self.pixels(rows)?;
            return Ok(raster.compress("image samples of the PDF", &changed));
        };
        let data = self.coded(data)?;
        match (coder.name, self.two_tones()) {
            (b"DCTDecode", _) if self.is_plain_jpeg() => {
                let examined = self.examine(&data)?;
                return jpeg::take(&examined, data, self.jpeg_container(coder));
            }
            (b"CCITTFaxDecode", Some(zero_is_white)) => {
                let layout = self.fax_layout(coder)?;
                if layout.mode == EncodingMode::Group4 && !layout.byte_aligned {
                    ccitt::check(&data, layout)?;
                    let black_is_1 = self.flag(coder, b"BlackIs1") != zero_is_white;
                    return Ok(self.as_it_came(ImageEncoding::CcittG4 { black_is_1 }, data));
                }
            }
            (b"JBIG2Decode", Some(false)) => return self.jbig2(data, coder),
            _ => {}
        }
        let why = match coder.name {
            b"CCITTFaxDecode" => "fax image that is not plain G4",
            b"JBIG2Decode" => "JBIG2 image of other tones than black on white",
            b"JPXDecode" => "JPEG 2000 image of the PDF",
            _ => "JPEG of other colours than grey, RGB or CMYK",
        };
        let (raster, changed) = self.decoded(coder, &data)?;
        raster.compress_near(source_bytes, why, &changed)
    }

    /// Its pixels, and how they were changed.
    fn raster(&self, data: Vec<u8>) -> Result<(Raster, String), PageFault> {
        match &self.coder {
            Some(coder) => self.decoded(coder, &self.coded(data)?),
            None => {
                let limit = usize::try_from(self.bounds.bytes()).unwrap_or(usize::MAX);
                let rows = objects::undo(self.document, data, &self.filters, limit)?;
                self.pixels(rows)
            }
        }
    }

    /// The coder's own data.
    fn coded(&self, data: Vec<u8>) -> Result<Vec<u8>, PageFault> {
        let limit = usize::try_from(self.bounds.bytes()).unwrap_or(usize::MAX);
        let data = objects::undo(self.document, data, &self.filters, limit)?;
        match &self.coder {
            Some(coder) if coder.name == b"JBIG2Decode" => {
                let shared = self.shared_segments(coder, limit)?;
                jbig2::alone(shared, data)
            }
            Some(coder) if coder.name == b"DCTDecode" => Ok(from_start_marker(data)),
            _ => Ok(data),
        }
    }

    fn decoded(&self, coder: &Filter, data: &[u8]) -> Result<(Raster, String), PageFault> {
        match coder.name {
            b"DCTDecode" => self.jpeg_pixels(coder, data),
            b"JPXDecode" => self.jpeg2000_pixels(data),
            b"JBIG2Decode" => {
                jbig2::check_sizes(data, self.bounds)?;
                self.pixels(jbig2::decode(
                    data,
                    self.packing.width,
                    self.packing.height,
                )?)
            }
            _ => {
                let mut rows = ccitt::decode(data, self.fax_layout(coder)?)?;
                if self.flag(coder, b"BlackIs1") {
                    for byte in &mut rows {
                        *byte = !*byte;
                    }
                }
                self.pixels(rows)
            }
        }
    }

    /// Rows of samples as the image's dictionary describes them.
    fn pixels(&self, rows: Vec<u8>) -> Result<(Raster, String), PageFault> {
        if !self.key.is_empty() {
            let complete = self.packing.row_bytes() * self.packing.height as usize;
            let rows = rows.get(..complete).ok_or(PageFault::Truncated)?;
            if samples::any_within(rows, &self.packing, &self.key) {
                return Err(PageFault::NotImageOnly(Beyond::Mask));
            }
        }
        samples::to_raster(rows, &self.packing, &self.meaning)
    }

    fn as_it_came(&self, encoding: ImageEncoding, data: Vec<u8>) -> PageStream {
        PageStream {
            width: self.packing.width,
            height: self.packing.height,
            encoding,
            data,
            treatment: PageTreatment::PassedThrough,
            reason: String::new(),
        }
    }

    /// Whether 0 is white, where the two values are black and white and all are painted.
    fn two_tones(&self) -> Option<bool> {
        const BLACK: [u8; 3] = [0; 3];
        const WHITE: [u8; 3] = [255; 3];
        match &self.meaning.colour {
            _ if !self.key.is_empty() => None,
            Colour::Grey => Some(self.meaning.inverted),
            Colour::Palette(entries) if entries.starts_with(&[BLACK, WHITE]) => Some(false),
            Colour::Palette(entries) if entries.starts_with(&[WHITE, BLACK]) => Some(true),
            _ => None,
        }
    }

    /// A Flate stream of samples as a page shows them, proved whole: plain rows, or rows with PNG predictors.
    fn as_flate(&self, filter: &Filter, coded: &[u8]) -> Result<Option<ImageEncoding>, PageFault> {
        let (components, bits) = match (&self.meaning.colour, self.packing.bits) {
            (Colour::Grey, bits @ (1 | 8)) => (1, bits),
            (Colour::Rgb, 8) => (3, 8),
            _ => return Ok(None),
        };
        if filter.name != b"FlateDecode" || self.meaning.inverted || !self.key.is_empty() {
            return Ok(None);
        }
        let row_bytes = self.packing.row_bytes();
        let height = self.packing.height as usize;
        let predictor = Predictor::of(self.document, filter.parameters);
        if predictor.kind <= 1 {
            flate::expand(coded, row_bytes * height)?;
            return Ok(Some(ImageEncoding::PlainFlate { components, bits }));
        }
        let fits = predictor.kind >= 10
            && predictor.bits == i64::from(bits)
            && predictor.columns == i64::from(self.packing.width)
            && predictor.colours == i64::from(components);
        if !fits {
            return Ok(None);
        }
        let rows = flate::expand(coded, (row_bytes + 1) * height)?;
        if !flate::filters_exist(&rows, row_bytes) {
            return Err(damaged("image with an unknown filter"));
        }
        Ok(Some(ImageEncoding::Flate { components, bits }))
    }

    /// A number of the coder's parameters.
    fn field(&self, coder: &Filter, key: &[u8], default: i64) -> i64 {
        coder
            .parameters
            .and_then(|parameters| integer(self.document, parameters, key))
            .unwrap_or(default)
    }

    fn flag(&self, coder: &Filter, key: &[u8]) -> bool {
        coder
            .parameters
            .is_some_and(|parameters| boolean(self.document, parameters, key))
    }
}

/// JPEG, fax, JBIG2 and JPEG 2000.
impl Picture<'_> {
    fn examine(&self, data: &[u8]) -> Result<jpeg::Jpeg, PageFault> {
        let examined = jpeg::examine(data, self.bounds)?;
        if examined.components() == self.packing.samples {
            Ok(examined)
        } else {
            Err(PageFault::Unsupported(
                "JPEG of another colour than its PDF says".to_owned(),
            ))
        }
    }

    fn is_plain_jpeg(&self) -> bool {
        self.key.is_empty()
            && matches!(
                self.meaning.colour,
                Colour::Grey | Colour::Rgb | Colour::Cmyk
            )
    }

    fn jpeg_container(&self, coder: &Filter) -> jpeg::Container {
        jpeg::Container {
            rgb: self.packing.samples == 3 && self.field(coder, b"ColorTransform", 1) == 0,
            inverted: Some(self.meaning.inverted),
        }
    }

    fn jpeg_pixels(&self, coder: &Filter, data: &[u8]) -> Result<(Raster, String), PageFault> {
        let examined = self.examine(data)?;
        let (width, height) = examined.size();
        if !self.key.is_empty() {
            return Err(PageFault::NotImageOnly(Beyond::Mask));
        }
        let container = self.jpeg_container(coder);
        if self.is_plain_jpeg() {
            let (pixels, components, changed) = jpeg::decode(&examined, data, container)?;
            let unchanged = self.packing.samples < 4 && !self.meaning.inverted;
            let raster = Raster {
                width,
                height,
                pixels: if components == 1 {
                    Pixels::Grey(pixels)
                } else {
                    Pixels::Rgb(pixels)
                },
            };
            let changed = if unchanged { "" } else { changed };
            return Ok((raster, changed.to_owned()));
        }
        let container = jpeg::Container {
            inverted: Some(false),
            ..container
        };
        let (rows, _, _) = jpeg::decode(&examined, data, container)?;
        let packing = Packing {
            width,
            height,
            ..self.packing
        };
        samples::to_raster(rows, &packing, &self.meaning)
    }

    fn fax_layout(&self, coder: &Filter) -> Result<ccitt::Layout, PageFault> {
        let (width, height) = (self.packing.width, self.packing.height);
        let columns = self.field(coder, b"Columns", 1728);
        if columns != i64::from(width) || self.packing.bits_per_pixel() != 1 {
            return Err(damaged("fax image of another width than its page"));
        }
        Ok(ccitt::Layout {
            mode: match self.field(coder, b"K", 0) {
                ..0 => EncodingMode::Group4,
                0 => EncodingMode::Group3_1D,
                1.. => EncodingMode::Group3_2D,
            },
            width,
            height,
            end_of_line: self.flag(coder, b"EndOfLine"),
            byte_aligned: self.flag(coder, b"EncodedByteAlign"),
        })
    }

    fn shared_segments(&self, coder: &Filter, limit: usize) -> Result<Vec<u8>, PageFault> {
        let shared = coder
            .parameters
            .and_then(|parameters| value(self.document, parameters, b"JBIG2Globals"));
        let Some(shared) = shared else {
            return Ok(Vec::new());
        };
        let shared = shared.as_stream().map_err(|_| damaged("JBIG2 globals"))?;
        let filters = objects::filters(self.document, &shared.dict)?;
        objects::undo(self.document, shared.content.clone(), &filters, limit)
    }

    /// One stream of shared and own segments, proved to hold the image.
    fn jbig2(&self, data: Vec<u8>, coder: &Filter) -> Result<PageStream, PageFault> {
        jbig2::check_sizes(&data, self.bounds)?;
        jbig2::decode(&data, self.packing.width, self.packing.height)?;
        let mut stream = self.as_it_came(ImageEncoding::Jbig2, data);
        let has_shared = coder
            .parameters
            .is_some_and(|parameters| value(self.document, parameters, b"JBIG2Globals").is_some());
        if has_shared {
            stream.treatment = PageTreatment::Recompressed;
            stream.reason =
                "shared JBIG2 segments put before the image's own; coded data unchanged".to_owned();
        }
        Ok(stream)
    }

    fn jpeg2000_pixels(&self, data: &[u8]) -> Result<(Raster, String), PageFault> {
        let resolve = !matches!(self.meaning.colour, Colour::Palette(_));
        let decoded = jpeg2000::decode(data, resolve, self.bounds)?;
        if (decoded.width, decoded.height) != (self.packing.width, self.packing.height) {
            return Err(damaged("JPEG 2000 image of another size than it says"));
        }
        let mut meaning = self.meaning.clone();
        if self.own_colour {
            meaning.colour = decoded
                .colour
                .ok_or_else(|| PageFault::Unsupported("colours of a JPEG 2000 image".to_owned()))?;
        }
        let expected = meaning.colour.samples() + usize::from(decoded.alpha);
        let indexed = matches!(meaning.colour, Colour::Palette(_)) && decoded.bits != 8;
        if expected != decoded.components || indexed || !self.key.is_empty() {
            return Err(PageFault::Unsupported(
                "JPEG 2000 image of other colours than its PDF says".to_owned(),
            ));
        }
        let packing = Packing {
            samples: decoded.components,
            ..self.packing
        };
        let (raster, mut changed) = samples::to_raster(decoded.samples, &packing, &meaning)?;
        if decoded.bits > 8 {
            let joint = if changed.is_empty() { "" } else { ", " };
            changed = format!("{changed}{joint}samples reduced to 8 bits");
        }
        Ok((raster, changed))
    }
}

/// The filters of an image that hold bytes, and the one behind them that holds the image.
fn coding<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
) -> Result<(Vec<Filter<'a>>, Option<Filter<'a>>), PageFault> {
    let mut filters = objects::filters(document, dictionary)?;
    let split = filters
        .iter()
        .position(|filter| objects::is_image_filter(filter.name))
        .unwrap_or(filters.len());
    if split + 1 < filters.len() {
        return Err(damaged("image with a filter behind its last"));
    }
    let coder = filters.split_off(split).pop();
    Ok((filters, coder))
}

/// A JPEG without the line ends and spaces that some writers put before it.
fn from_start_marker(mut data: Vec<u8>) -> Vec<u8> {
    const LEADING_MAX: usize = 16;
    let start = data
        .windows(2)
        .take(LEADING_MAX)
        .position(|marker| marker == [0xFF, 0xD8]);
    if let Some(start) = start {
        data.drain(..start);
    }
    data
}

#[cfg(test)]
mod tests;
