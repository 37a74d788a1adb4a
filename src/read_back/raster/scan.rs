//! A page of the original, read by the `image` and `tiff` crates instead of `pages`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder, ImageError, Limits};
use tiff::decoder::{ChunkType, Decoder, TiffCodingUnit};
use tiff::tags::Tag;
use tiff::{TiffError, TiffResult};

use super::cells::Cells;
use super::samples::{Alpha, Colour, Samples};
use super::{MEMORY, NotRead};

/// The files of a batch, the last TIFF left open.
pub(super) struct Originals<'a> {
    paths: Vec<&'a Path>,
    tiff: Option<(usize, TiffPages)>,
}

struct TiffPages {
    decoder: Decoder<BufReader<File>>,
    /// For each page the number of its directory in the file.
    directories: Vec<usize>,
}

impl<'a> Originals<'a> {
    pub(super) fn new(paths: Vec<&'a Path>) -> Self {
        Self { paths, tiff: None }
    }

    /// Page `page` of file `original`, both from 0.
    pub(super) fn cells(&mut self, original: usize, page: usize) -> Result<Cells, NotRead> {
        match self.tiff.take() {
            Some((open, mut pages)) if open == original => {
                let cells = pages.cells(page);
                self.tiff = Some((open, pages));
                return cells;
            }
            _ => {}
        }
        let path = self
            .paths
            .get(original)
            .ok_or_else(|| NotRead::refused("no such file"))?;
        let unreadable = |source| NotRead::Unreadable {
            path: path.to_path_buf(),
            source,
        };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        match file.fill_buf().map_err(unreadable)? {
            [0xFF, 0xD8, ..] => whole(JpegDecoder::new(file)?),
            [0x89, b'P', b'N', b'G', ..] => png(file),
            [b'I', b'I', ..] | [b'M', b'M', ..] => {
                let pages = TiffPages::open(file)?;
                let (_, pages) = self.tiff.insert((original, pages));
                pages.cells(page)
            }
            _ => Err(NotRead::refused("a page of an incoming PDF")),
        }
    }
}

/// A PNG, or what looks like one.
pub(super) fn png(data: impl BufRead + Seek) -> Result<Cells, NotRead> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY);
    whole(PngDecoder::with_limits(data, limits)?)
}

/// An image that is decoded in one piece.
fn whole(decoder: impl ImageDecoder) -> Result<Cells, NotRead> {
    let (colour, alpha, bits) = match decoder.color_type() {
        ColorType::L8 => (Colour::Grey, Alpha::None, 8),
        ColorType::La8 => (Colour::Grey, Alpha::Straight, 8),
        ColorType::Rgb8 => (Colour::Rgb, Alpha::None, 8),
        ColorType::Rgba8 => (Colour::Rgb, Alpha::Straight, 8),
        ColorType::L16 => (Colour::Grey, Alpha::None, 16),
        ColorType::La16 => (Colour::Grey, Alpha::Straight, 16),
        ColorType::Rgb16 => (Colour::Rgb, Alpha::None, 16),
        ColorType::Rgba16 => (Colour::Rgb, Alpha::Straight, 16),
        other => return Err(NotRead::Refused(format!("{other:?} samples"))),
    };
    let samples = Samples {
        colour,
        alpha,
        count: usize::from(decoder.color_type().channel_count()),
        bits,
    };
    let size = decoder.dimensions();
    let mut data = memory(decoder.total_bytes())?;
    decoder.read_image(&mut data)?;
    samples.cells(&data, size)
}

/// So many zeros, within the bound.
fn memory(bytes: u64) -> Result<Vec<u8>, NotRead> {
    match usize::try_from(bytes) {
        Ok(length) if bytes <= MEMORY => Ok(vec![0; length]),
        _ => Err(NotRead::too_large(bytes)),
    }
}

impl TiffPages {
    fn open(file: BufReader<File>) -> Result<Self, NotRead> {
        let mut decoder = Decoder::new(file)?;
        let directories = page_directories(&mut decoder)?;
        Ok(Self {
            decoder,
            directories,
        })
    }

    fn cells(&mut self, page: usize) -> Result<Cells, NotRead> {
        let directory = self
            .directories
            .get(page)
            .ok_or_else(|| NotRead::refused("no such page"))?;
        self.decoder.seek_to_image(*directory)?;
        let turned = self
            .decoder
            .find_tag_unsigned::<u16>(Tag::FillOrder)?
            .is_some_and(|order| order == 2);
        if turned {
            return Err(NotRead::refused("TIFF with reversed bits"));
        }
        image_cells(&mut self.decoder)
    }
}

/// Numbers of the directories that are pages: no reduced copies and masks, where there is anything else.
fn page_directories(decoder: &mut Decoder<impl Read + Seek>) -> TiffResult<Vec<usize>> {
    let (mut all, mut primary) = (Vec::new(), Vec::new());
    let mut next = decoder.ifd_pointer();
    while let Some(pointer) = next {
        let directory = decoder.read_directory(pointer)?;
        let mut tags = decoder.read_directory_tags(&directory);
        let new = tags.find_tag_unsigned::<u32>(Tag::NewSubfileType)?;
        let old = tags.find_tag_unsigned::<u32>(Tag::SubfileType)?;
        if new.unwrap_or(0) & 0b101 == 0 && old != Some(2) {
            primary.push(all.len());
        }
        all.push(all.len());
        if all.len() > usize::from(u16::MAX) {
            return Err(TiffError::LimitsExceeded);
        }
        next = directory.next();
    }
    Ok(if primary.is_empty() { all } else { primary })
}

/// The image that the decoder stands at, strip by strip or tile by tile.
fn image_cells(decoder: &mut Decoder<impl Read + Seek>) -> Result<Cells, NotRead> {
    let (width, height) = decoder.dimensions()?;
    let samples = tiff_samples(decoder)?;
    let mut cells = Cells::new(width, height)?;
    let (unit_width, unit_height) = decoder.chunk_dimensions();
    let across = width.div_ceil(unit_width);
    for unit in 0..across * height.div_ceil(unit_height) {
        let layout = decoder.image_coding_unit_layout(TiffCodingUnit(unit))?;
        if layout.planes > 1 && decoder.get_chunk_type() == ChunkType::Tile {
            // The decoder takes the margins of the first plane's tiles only.
            return Err(NotRead::refused("TIFF with a plane a colour in tiles"));
        }
        let mut data = memory(layout.complete_len as u64)?;
        decoder.read_coding_unit_bytes(TiffCodingUnit(unit), &mut data)?;
        let (left, top) = (unit % across * unit_width, unit / across * unit_height);
        let (columns, rows) = decoder.chunk_data_dimensions(unit);
        let planes: Vec<&[u8]> = match (layout.planes, layout.plane_stride) {
            (2.., Some(stride)) => data.chunks(stride.get()).collect(),
            _ => vec![&data],
        };
        let row_bytes = layout.row_stride.map_or(1, usize::from);
        for y in 0..rows {
            let row = |plane: usize| {
                let start = y as usize * row_bytes;
                let rest = planes.get(plane).and_then(|data| data.get(start..));
                rest.map_or(&[][..], |rest| &rest[..row_bytes.min(rest.len())])
            };
            let columns = columns as usize;
            if planes.len() > 1 {
                let pixel = |x| samples.pixel(|plane| samples.level(row(plane), x));
                cells.add(left, top + y, (0..columns).map(pixel));
            } else {
                samples.add(row(0), columns, &mut cells, (left, top + y));
            }
        }
    }
    Ok(cells)
}

fn tiff_samples(decoder: &mut Decoder<impl Read + Seek>) -> Result<Samples, NotRead> {
    use tiff::ColorType as Type;
    let kind = decoder.colortype()?;
    let (colour, own) = match kind {
        Type::Gray(_) | Type::Multiband { .. } => (Colour::Grey, 1),
        Type::RGB(_) | Type::RGBA(_) => (Colour::Rgb, 3),
        Type::YCbCr(_) => (Colour::YCbCr, 3),
        Type::CMYK(_) | Type::CMYKA(_) => (Colour::Cmyk, 4),
        other => return Err(NotRead::Refused(format!("TIFF with {other:?} samples"))),
    };
    let count = usize::from(kind.num_samples());
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)?;
    let alpha = match extra.unwrap_or_default().first() {
        Some(1) if count > own => Alpha::Premultiplied,
        Some(2) if count > own => Alpha::Straight,
        _ => Alpha::None,
    };
    Ok(Samples {
        colour,
        alpha,
        count,
        bits: kind.bit_depth(),
    })
}

impl From<ImageError> for NotRead {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => NotRead::GaveUp(error.to_string()),
            _ => NotRead::Refused(error.to_string()),
        }
    }
}

impl From<TiffError> for NotRead {
    fn from(error: TiffError) -> Self {
        NotRead::Refused(error.to_string())
    }
}
