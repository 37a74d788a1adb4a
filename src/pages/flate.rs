//! Flate with PNG predictors (RFC 1950; ISO 32000-1 §7.4.4.4; PNG §9), both ways.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
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
    fn unknown_filters_are_refused() {
        assert!(unfilter(vec![5, 0, 0], 2, 1).is_err());
        assert!(!filters_exist(&[5, 0, 0], 2));
    }
}
