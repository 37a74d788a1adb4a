//! From compressed strips and tiles to the packed rows of a whole image.

use weezl::BitOrder;
use weezl::decode::Decoder as LzwDecoder;

use super::super::ccitt::{self, EncodingMode};
use super::super::error::PageFault;
use super::super::flate;
use super::super::jpeg;
use super::super::samples::{Colour, Packing};
use super::super::stream::Bounds;
use super::directory::{TiffFile, damaged};
use super::layout::{Compression, Layout};

/// Reads, expands and joins all segments.
///
/// JPEG segments come out as 8-bit grey or RGB: `layout` is changed to say so.
pub(super) fn rows(
    tiff: &TiffFile,
    layout: &mut Layout,
    bounds: &Bounds,
) -> Result<Vec<u8>, PageFault> {
    if layout.compression == Compression::Jpeg {
        prepare_for_jpeg(layout)?;
    }
    let planes = if layout.planar {
        layout.packing.samples
    } else {
        1
    };
    let plane_packing = Packing {
        samples: layout.packing.samples / planes,
        ..layout.packing
    };
    let per_plane = layout.segments.len() / planes;
    let mut images = Vec::new();
    for plane in layout.segments.chunks_exact(per_plane.max(1)) {
        images.push(plane_rows(tiff, layout, &plane_packing, plane, bounds)?);
    }
    match images.len() {
        1 => Ok(images.remove(0)),
        _ => interleave(&images, &layout.packing),
    }
}

/// After its own decoder a JPEG is 8-bit grey or RGB.
fn prepare_for_jpeg(layout: &mut Layout) -> Result<(), PageFault> {
    if layout.packing.bits != 8 || layout.planar {
        return Err(PageFault::Unsupported(
            "JPEG in TIFF of this layout".to_owned(),
        ));
    }
    let (colour, samples) = match (&layout.meaning.colour, layout.packing.samples) {
        (Colour::Grey, 1) => (Colour::Grey, 1),
        (Colour::Rgb | Colour::YCbCr, 3) | (Colour::Cmyk, 4) => (Colour::Rgb, 3),
        _ => {
            return Err(PageFault::Unsupported(
                "JPEG in TIFF of this colour".to_owned(),
            ));
        }
    };
    layout.meaning.colour = colour;
    layout.packing.samples = samples;
    Ok(())
}

fn plane_rows(
    tiff: &TiffFile,
    layout: &Layout,
    packing: &Packing,
    segments: &[(u64, u64)],
    bounds: &Bounds,
) -> Result<Vec<u8>, PageFault> {
    let (width, height) = layout.segment;
    let row_bytes = packing.row_bytes();
    let across = packing.width.div_ceil(width) as usize;
    let mut image = vec![0; row_bytes * packing.height as usize];
    for (index, &(offset, length)) in segments.iter().enumerate() {
        let (column, line) = (index % across, index / across);
        let top = line * height as usize;
        let rows_left = packing.height as usize - top;
        let rows = if layout.tiled {
            height as usize
        } else {
            rows_left.min(height as usize)
        };
        let part = Packing {
            width,
            height: u32::try_from(rows).unwrap_or(height),
            ..*packing
        };
        let data = expand(tiff.read(offset, length)?, layout, &part, bounds)?;
        let part_bytes = part.row_bytes();
        let left = column * part_bytes;
        for (y, row) in data.chunks_exact(part_bytes).take(rows_left).enumerate() {
            let start = (top + y) * row_bytes;
            let count = part_bytes.min(row_bytes - left);
            image[start + left..start + left + count].copy_from_slice(&row[..count]);
        }
    }
    Ok(image)
}

/// One segment's rows, exactly as many as `part` has.
fn expand(
    mut data: Vec<u8>,
    layout: &Layout,
    part: &Packing,
    bounds: &Bounds,
) -> Result<Vec<u8>, PageFault> {
    if layout.bits_reversed {
        reverse_bits(&mut data);
    }
    let length = part.row_bytes() * part.height as usize;
    let mut rows = match layout.compression {
        Compression::None => data,
        Compression::Rle | Compression::Group3 { .. } | Compression::Group4 => {
            fax(&data, layout, part)?
        }
        Compression::Lzw => lzw(&data, length)?,
        Compression::Jpeg => return jpeg_rows(&data, layout, part, bounds),
        Compression::Deflate => flate::expand(&data, length)?,
        Compression::PackBits => pack_bits(&data, length)?,
    };
    if rows.len() < length {
        return Err(PageFault::Truncated);
    }
    rows.truncate(length);
    if layout.predictor {
        undo_differences(&mut rows, part)?;
    }
    Ok(rows)
}

/// FillOrder 2: the first pixel is in the least significant bit.
pub(super) fn reverse_bits(data: &mut [u8]) {
    for byte in data {
        *byte = byte.reverse_bits();
    }
}

/// The fax layout of a segment.
pub(super) fn fax_layout(layout: &Layout, width: u32, height: u32) -> ccitt::Layout {
    let mode = match layout.compression {
        Compression::Group4 => EncodingMode::Group4,
        Compression::Group3 {
            two_dimensional: true,
        } => EncodingMode::Group3_2D,
        _ => EncodingMode::Group3_1D,
    };
    ccitt::Layout {
        mode,
        width,
        height,
        end_of_line: matches!(layout.compression, Compression::Group3 { .. }),
        byte_aligned: layout.compression == Compression::Rle,
    }
}

/// TIFF's rows have 1 for a black run, ours 0.
fn fax(data: &[u8], layout: &Layout, part: &Packing) -> Result<Vec<u8>, PageFault> {
    if part.bits != 1 || part.samples != 1 {
        return Err(damaged("fax codes for more than one bit"));
    }
    let mut rows = ccitt::decode(data, fax_layout(layout, part.width, part.height))?;
    for byte in &mut rows {
        *byte = !*byte;
    }
    Ok(rows)
}

/// TIFF 6.0 §13. The old variant with reversed bits is refused by its first code.
fn lzw(data: &[u8], length: usize) -> Result<Vec<u8>, PageFault> {
    if data.starts_with(&[0, 1]) {
        return Err(PageFault::Unsupported("TIFF with old-style LZW".to_owned()));
    }
    let mut rows = vec![0; length];
    let mut decoder = LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < length {
        let result = decoder.decode_bytes(&data[read..], &mut rows[written..]);
        read += result.consumed_in;
        written += result.consumed_out;
        match result.status {
            Ok(_) if result.consumed_in == 0 && result.consumed_out == 0 => {
                return Err(PageFault::Truncated);
            }
            Ok(weezl::LzwStatus::Done) if written < length => return Err(PageFault::Truncated),
            Ok(_) => {}
            Err(error) => return Err(PageFault::Damaged(format!("LZW: {error}"))),
        }
    }
    Ok(rows)
}

/// TIFF 6.0 §9.
fn pack_bits(mut data: &[u8], length: usize) -> Result<Vec<u8>, PageFault> {
    let mut rows = Vec::with_capacity(length);
    while rows.len() < length {
        let (&control, rest) = data.split_first().ok_or(PageFault::Truncated)?;
        let count = usize::from(control);
        data = match control {
            0..=127 => {
                let (literal, rest) = rest
                    .split_at_checked(count + 1)
                    .ok_or(PageFault::Truncated)?;
                rows.extend_from_slice(literal);
                rest
            }
            128 => rest,
            129..=255 => {
                let (&value, rest) = rest.split_first().ok_or(PageFault::Truncated)?;
                rows.resize(rows.len() + 257 - count, value);
                rest
            }
        };
    }
    Ok(rows)
}

/// Horizontal differencing (TIFF 6.0 §14).
fn undo_differences(rows: &mut [u8], part: &Packing) -> Result<(), PageFault> {
    let samples = part.samples;
    for row in rows.chunks_exact_mut(part.row_bytes()) {
        match part.bits {
            8 => {
                for index in samples..row.len() {
                    row[index] = row[index].wrapping_add(row[index - samples]);
                }
            }
            16 => {
                let words = row.as_chunks_mut::<2>().0;
                for index in samples..words.len() {
                    let (own, left) = (words[index], words[index - samples]);
                    words[index] = if part.little_endian {
                        u16::from_le_bytes(own)
                            .wrapping_add(u16::from_le_bytes(left))
                            .to_le_bytes()
                    } else {
                        u16::from_be_bytes(own)
                            .wrapping_add(u16::from_be_bytes(left))
                            .to_be_bytes()
                    };
                }
            }
            bits => {
                return Err(PageFault::Unsupported(format!(
                    "predictor on {bits}-bit samples"
                )));
            }
        }
    }
    Ok(())
}

/// The complete JPEG of a segment: the tables of tag 347 go behind its start marker (TIFF Technical Note 2).
pub(super) fn join_jpeg(tables: &[u8], segment: Vec<u8>) -> Vec<u8> {
    let Some(tables) = tables.strip_prefix(b"\xFF\xD8") else {
        return segment;
    };
    let tables = tables.strip_suffix(b"\xFF\xD9").unwrap_or(tables);
    let mut joined = segment;
    let start = 2.min(joined.len());
    joined.splice(start..start, tables.iter().copied());
    joined
}

fn jpeg_rows(
    data: &[u8],
    layout: &Layout,
    part: &Packing,
    bounds: &Bounds,
) -> Result<Vec<u8>, PageFault> {
    let data = join_jpeg(&layout.jpeg_tables, data.to_vec());
    let examined = jpeg::examine(&data, bounds)?;
    let (width, height) = examined.size();
    if width != part.width || height < part.height {
        return Err(damaged("JPEG of another size than its segment"));
    }
    let (mut rows, components, _) = jpeg::decode(&examined, &data, container(layout))?;
    if usize::from(components) != part.samples {
        return Err(damaged("JPEG of another colour than its image"));
    }
    rows.truncate(part.row_bytes() * part.height as usize);
    Ok(rows)
}

/// What the TIFF says of its JPEG's colours.
pub(super) fn container(layout: &Layout) -> jpeg::Container {
    jpeg::Container {
        rgb: layout.rgb,
        inverted: None,
    }
}

/// One plane a sample to all samples of a pixel together.
fn interleave(planes: &[Vec<u8>], packing: &Packing) -> Result<Vec<u8>, PageFault> {
    let bytes = match packing.bits {
        8 => 1,
        16 => 2,
        bits => {
            return Err(PageFault::Unsupported(format!(
                "TIFF with planes of {bits} bits"
            )));
        }
    };
    let pixels = packing.width as usize * packing.height as usize;
    let mut image = Vec::with_capacity(pixels * planes.len() * bytes);
    for pixel in 0..pixels {
        for plane in planes {
            image.extend_from_slice(&plane[pixel * bytes..(pixel + 1) * bytes]);
        }
    }
    Ok(image)
}
