//! Flate with PNG predictors (RFC 1950; ISO 32000-1 §7.4.4.4; PNG §9), both ways.

use std::io::{Read, Write, sink};

use flate2::Compression;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use flate2::write::ZlibEncoder;

use super::error::PageFault;

/// Level 6 costs half as long again as 4 and saves two per cent on scanned pages.
const LEVEL: u32 = 4;

/// Compresses rows with one PNG filter each, chosen by the least sum of absolute differences.
pub(super) fn compress(rows: &[u8], row_bytes: usize, pixel_bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
    let mut previous = vec![0; row_bytes];
    let mut candidates = [vec![0; row_bytes], vec![0; row_bytes], vec![0; row_bytes]];
    for row in rows.chunks_exact(row_bytes) {
        let (filter, filtered) = best_filter(row, &previous, pixel_bytes, &mut candidates);
        // Writing into a vector cannot fail.
        let _ = encoder.write_all(&[filter]);
        let _ = encoder.write_all(filtered);
        previous.copy_from_slice(row);
    }
    encoder.finish().unwrap_or_default()
}

/// Sub, Up or Paeth: the three that win on scanned paper.
fn best_filter<'a>(
    row: &[u8],
    above: &[u8],
    pixel_bytes: usize,
    [sub, up, paeth]: &'a mut [Vec<u8>; 3],
) -> (u8, &'a [u8]) {
    for (index, (&value, &over)) in row.iter().zip(above).enumerate() {
        let left_index = index.checked_sub(pixel_bytes);
        let left = left_index.map_or(0, |left| row[left]);
        let corner = left_index.map_or(0, |left| above[left]);
        sub[index] = value.wrapping_sub(left);
        up[index] = value.wrapping_sub(over);
        paeth[index] = value.wrapping_sub(paeth_predictor(left, over, corner));
    }
    let cost = |bytes: &[u8]| -> u64 {
        bytes
            .iter()
            .map(|&byte| u64::from(byte.cast_signed().unsigned_abs()))
            .sum()
    };
    [(1, sub), (2, up), (4, paeth)]
        .into_iter()
        .map(|(filter, bytes)| (filter, bytes.as_slice()))
        .min_by_key(|(_, bytes)| cost(bytes))
        .unwrap_or((0, &[]))
}

fn paeth_predictor(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let p = a + b - c;
    let (to_a, to_b, to_c) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
    if to_a <= to_b && to_a <= to_c {
        left
    } else if to_b <= to_c {
        above
    } else {
        corner
    }
}

/// Expands a zlib stream to exactly `length` bytes; its checksum is checked.
///
/// Bytes after the stream are ignored, as every reader does.
pub(super) fn expand(data: &[u8], length: usize) -> Result<Vec<u8>, PageFault> {
    let mut out = Vec::with_capacity(length);
    let mut decoder = ZlibDecoder::new(data);
    // One byte more than wanted makes the decoder reach the checksum, or shows that there is too much.
    let limit = length as u64 + 1;
    match (&mut decoder).take(limit).read_to_end(&mut out) {
        Ok(_) if out.len() < length => Err(PageFault::Truncated),
        Ok(_) => {
            out.truncate(length);
            Ok(out)
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(PageFault::Truncated)
        }
        Err(error) => Err(PageFault::Damaged(format!("Flate: {error}"))),
    }
}

/// Whether a stream reaches the end that the code itself marks.
///
/// The checksum behind it does not matter: it is often wrong or missing where the data is right.
pub(super) fn ends(data: &[u8]) -> bool {
    let ends = |code: &[u8]| {
        let mut decoder = DeflateDecoder::new(code);
        std::io::copy(&mut decoder, &mut sink()).is_ok() && decoder.total_out() > 0
    };
    std::io::copy(&mut ZlibDecoder::new(data), &mut sink()).is_ok()
        || data.get(2..).is_some_and(ends)
        || ends(data)
        || is_flushed(data)
}

/// Whether the code stops where its writer flushed it: at an empty block (RFC 1951 §3.2.4), which some programs
/// leave as the last, with no end behind it.
fn is_flushed(data: &[u8]) -> bool {
    let mut decoder = ZlibDecoder::new(data);
    let stopped = std::io::copy(&mut decoder, &mut sink());
    let ran_out = stopped.is_err_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof);
    ran_out && data.ends_with(&[0, 0, 0xFF, 0xFF])
}

/// Undoes PNG filters in place; each row starts with its filter's number. Returns the rows without it.
pub(super) fn unfilter(
    mut rows: Vec<u8>,
    row_bytes: usize,
    pixel_bytes: usize,
) -> Result<Vec<u8>, PageFault> {
    let mut out = Vec::with_capacity(rows.len());
    let blank = vec![0; row_bytes];
    for line in rows.chunks_exact_mut(row_bytes + 1) {
        let (filter, row) = line.split_at_mut(1);
        let above = out
            .len()
            .checked_sub(row_bytes)
            .and_then(|start| out.get(start..))
            .unwrap_or(&blank);
        unfilter_row(filter[0], row, above, pixel_bytes)?;
        out.extend_from_slice(row);
    }
    Ok(out)
}

fn unfilter_row(
    filter: u8,
    row: &mut [u8],
    above: &[u8],
    pixel_bytes: usize,
) -> Result<(), PageFault> {
    match filter {
        0 => {}
        1 => {
            for index in pixel_bytes..row.len() {
                row[index] = row[index].wrapping_add(row[index - pixel_bytes]);
            }
        }
        2 => {
            for (value, &over) in row.iter_mut().zip(above) {
                *value = value.wrapping_add(over);
            }
        }
        3 | 4 => {
            for index in 0..row.len() {
                let left_index = index.checked_sub(pixel_bytes);
                let left = left_index.map_or(0, |left| row[left]);
                let corner = left_index.map_or(0, |left| above[left]);
                let predicted = if filter == 4 {
                    paeth_predictor(left, above[index], corner)
                } else {
                    u8::midpoint(left, above[index])
                };
                row[index] = row[index].wrapping_add(predicted);
            }
        }
        _ => return Err(PageFault::Damaged("an unknown PNG filter".to_owned())),
    }
    Ok(())
}

/// Undoes TIFF predictor 2 (TIFF 6.0 §14): each sample is told by its difference from the one a pixel before it.
pub(super) fn undo_differences(
    mut rows: Vec<u8>,
    row_bytes: usize,
    colours: usize,
    bits: usize,
) -> Result<Vec<u8>, PageFault> {
    if row_bytes == 0 || colours == 0 || !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return Err(PageFault::Damaged(format!("differences of {bits} bits")));
    }
    let mask = (1u32 << bits) - 1;
    let mut before = vec![0u32; colours];
    for row in rows.chunks_exact_mut(row_bytes) {
        before.fill(0);
        if bits == 16 {
            for (index, pair) in row.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                let held = before.get_mut(index % colours);
                let value = held.map_or(0, |held| {
                    *held = (*held + u32::from(u16::from_be_bytes(*pair))) & mask;
                    *held
                });
                *pair = u16::try_from(value).unwrap_or(0).to_be_bytes();
            }
            continue;
        }
        let samples = 8 / bits;
        for (index, byte) in row.iter_mut().enumerate() {
            let coded = u32::from(*byte);
            let mut plain = 0;
            for sample in 0..samples {
                let shift = 8 - bits * (sample + 1);
                if let Some(held) = before.get_mut((index * samples + sample) % colours) {
                    *held = (*held + (coded >> shift & mask)) & mask;
                    plain |= *held << shift;
                }
            }
            *byte = u8::try_from(plain).unwrap_or(0);
        }
    }
    Ok(rows)
}

/// Whether every row starts with a filter number that exists.
pub(super) fn filters_exist(rows: &[u8], row_bytes: usize) -> bool {
    rows.chunks(row_bytes + 1)
        .all(|line| line.first().is_some_and(|&filter| filter <= 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_every_filter() {
        let (row_bytes, pixel_bytes) = (30, 3);
        let rows: Vec<u8> = (0..row_bytes * 20)
            .map(|i| u8::try_from(i * i * 7 % 251).expect("below 251"))
            .collect();
        let stream = compress(&rows, row_bytes, pixel_bytes);
        let filtered = expand(&stream, (row_bytes + 1) * 20).expect("own stream");
        assert!(filters_exist(&filtered, row_bytes));
        assert_eq!(
            unfilter(filtered, row_bytes, pixel_bytes).expect("own filters"),
            rows
        );
    }

    #[test]
    fn a_stream_that_stops_where_it_was_flushed_is_whole() {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&[7; 4000]).expect("written");
        encoder.flush().expect("flushed");
        let flushed = encoder.get_ref().clone();
        assert!(flushed.ends_with(&[0, 0, 0xFF, 0xFF]) && ends(&flushed));
        assert!(!ends(&flushed[..flushed.len() - 1]));
    }

    #[test]
    fn a_cut_or_changed_stream_is_seen() {
        let rows = vec![7; 4000];
        let stream = compress(&rows, 40, 1);
        for end in 0..stream.len() {
            assert!(expand(&stream[..end], 41 * 100).is_err(), "cut at {end}");
        }
        let mut changed = stream.clone();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert!(expand(&changed, 41 * 100).is_err(), "wrong checksum");
    }

    #[test]
    fn a_stream_ends_without_its_checksum_and_not_without_its_end() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let content: Vec<u8> = (0..9_999_u32).flat_map(|n| (n * n).to_be_bytes()).collect();
        encoder.write_all(&content).expect("a vector grows");
        let whole = encoder.finish().expect("a vector grows");
        assert!(ends(&whole));
        assert!(ends(&whole[..whole.len() - 4]), "no checksum");
        let mut wrong = whole.clone();
        wrong[whole.len() - 1] ^= 1;
        assert!(ends(&wrong), "a wrong checksum");
        assert!(ends(&[whole.as_slice(), b"\r\n"].concat()));
        assert!(!ends(&whole[..whole.len() / 2]));
        assert!(!ends(b"nonsense"));
        assert!(!ends(b""));
    }

    #[test]
    fn differences_become_samples_at_every_depth() {
        let plain = |rows: &[u8], row_bytes, colours, bits| {
            undo_differences(rows.to_vec(), row_bytes, colours, bits).expect("a known depth")
        };
        assert_eq!(plain(&[10, 5, 250, 1, 1, 1], 3, 1, 8), [10, 15, 9, 1, 2, 3]);
        assert_eq!(
            plain(&[255, 0, 128, 1, 2, 3], 6, 3, 8),
            [255, 0, 128, 0, 2, 131]
        );
        assert_eq!(
            plain(&[0xFF, 0xFF, 0x00, 0x02], 4, 1, 16),
            [0xFF, 0xFF, 0x00, 0x01]
        );
        assert_eq!(plain(&[0b1010_1010], 1, 1, 1), [0b1100_1100]);
        assert_eq!(plain(&[0b0101_1101], 1, 1, 2), [0b0110_0110]);
        assert_eq!(plain(&[0x1F, 0x22], 2, 2, 4), [0x1F, 0x31]);
        assert!(undo_differences(vec![0], 1, 1, 3).is_err());
    }

    #[test]
    fn unknown_filters_are_refused() {
        assert!(unfilter(vec![5, 0, 0], 2, 1).is_err());
        assert!(!filters_exist(&[5, 0, 0], 2));
    }
}
