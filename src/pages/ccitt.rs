//! CCITT fax codes (ITU-T T.4, T.6): proof of completeness, decoding, and G4 encoding.
//!
//! Black runs are 0 bits in the decoded rows, white ones 1, as `DeviceGray` and `BlackIs1 false` want it.

use std::convert::Infallible;

use fax::encoder::Encoder;
use fax::{BitWriter, Bits, Color, VecWriter};
pub(super) use hayro_ccitt::EncodingMode;
use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext};

use super::error::PageFault;

/// The encoder counts columns in 16 bits with a sign.
pub(super) const ENCODER_WIDTH_MAX: u32 = 32_000;

/// How fax data is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) mode: EncodingMode,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) end_of_line: bool,
    pub(super) byte_aligned: bool,
}

/// Rows packed to bytes, 1 is white.
struct PackedRows {
    width: usize,
    row_bytes: usize,
    rows: Vec<u8>,
    count: u32,
}

impl Decoder for PackedRows {
    fn push_row(&mut self, changes: &[u32]) {
        self.count += 1;
        let start = self.rows.len();
        self.rows.resize(start + self.row_bytes, 0xFF);
        let row = &mut self.rows[start..];
        for run in changes.chunks(2) {
            let from = run[0] as usize;
            let to = run.get(1).map_or(self.width, |&to| to as usize);
            clear_bits(row, from, to.min(self.width));
        }
    }
}

/// Sets the bits `from` up to `to` to zero.
fn clear_bits(row: &mut [u8], from: usize, to: usize) {
    if from >= to {
        return;
    }
    let (first, last) = (from / 8, (to - 1) / 8);
    let head = 0xFFu8 >> (from % 8);
    let tail = 0xFFu8 << (7 - (to - 1) % 8);
    if first == last {
        row[first] &= !(head & tail);
        return;
    }
    row[first] &= !head;
    row[first + 1..last].fill(0);
    row[last] &= !tail;
}

/// Only counts rows.
struct RowCount(u32);

impl Decoder for RowCount {
    fn push_row(&mut self, _changes: &[u32]) {
        self.0 += 1;
    }
}

fn context(layout: Layout) -> DecoderContext {
    DecoderContext::new(DecodeSettings {
        columns: layout.width,
        rows: layout.height,
        end_of_block: true,
        end_of_line: layout.end_of_line,
        rows_are_byte_aligned: layout.byte_aligned,
        encoding: layout.mode,
        strict: true,
    })
}

/// Proves that `data` holds every row of the page.
pub(super) fn check(data: &[u8], layout: Layout) -> Result<(), PageFault> {
    let mut rows = RowCount(0);
    let result = hayro_ccitt::decode(data, &mut rows, &mut context(layout));
    verdict(result, rows.0, layout)
}

/// Decodes every row; 1 is white.
pub(super) fn decode(data: &[u8], layout: Layout) -> Result<Vec<u8>, PageFault> {
    let row_bytes = (layout.width as usize).div_ceil(8);
    let mut rows = PackedRows {
        width: layout.width as usize,
        row_bytes,
        rows: Vec::with_capacity(row_bytes * layout.height as usize),
        count: 0,
    };
    let result = hayro_ccitt::decode(data, &mut rows, &mut context(layout));
    verdict(result, rows.count, layout)?;
    Ok(rows.rows)
}

fn verdict(result: hayro_ccitt::Result<usize>, rows: u32, layout: Layout) -> Result<(), PageFault> {
    match result {
        _ if rows == layout.height => Ok(()),
        Ok(_) | Err(hayro_ccitt::DecodeError::UnexpectedEof) => Err(PageFault::Truncated),
        Err(error) => Err(PageFault::Damaged(format!(
            "fax code in row {} of {}: {error}",
            rows + 1,
            layout.height
        ))),
    }
}

/// Encodes packed rows (1 is white) as G4 with its end-of-block code.
pub(super) fn encode_g4(rows: &[u8], width: u32, height: u32) -> Vec<u8> {
    let row_bytes = (width as usize).div_ceil(8);
    let mut encoder = Encoder::new(Sink(VecWriter::with_capacity(rows.len())));
    for row in rows.chunks_exact(row_bytes).take(height as usize) {
        let pixels = (0..width as usize).map(|x| {
            if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                Color::White
            } else {
                Color::Black
            }
        });
        // Writing into a vector cannot fail.
        let _ = encoder.encode_line(pixels, width);
    }
    match encoder.finish() {
        Ok(sink) => sink.0.finish(),
        Err(never) => match never {},
    }
}

/// A bit sink that cannot fail.
struct Sink(VecWriter);

impl BitWriter for Sink {
    type Error = Infallible;

    fn write(&mut self, bits: Bits) -> Result<(), Infallible> {
        self.0.write(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(width: u32, height: u32) -> Layout {
        Layout {
            mode: EncodingMode::Group4,
            width,
            height,
            end_of_line: false,
            byte_aligned: false,
        }
    }

    /// A few dozen rows with runs of every length.
    fn pattern(width: usize, height: usize) -> Vec<u8> {
        let row_bytes = width.div_ceil(8);
        let mut rows = vec![0xFF; row_bytes * height];
        for (y, row) in rows.chunks_exact_mut(row_bytes).enumerate() {
            clear_bits(row, y % width, (y * 5 + 3).min(width));
            clear_bits(row, width - 1 - y % width, width);
        }
        rows
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same_pixels() {
        for (width, height) in [(1, 1), (7, 3), (8, 9), (100, 60), (2480, 40)] {
            let rows = pattern(width as usize, height as usize);
            let data = encode_g4(&rows, width, height);
            assert_eq!(
                decode(&data, layout(width, height)).expect("own data"),
                rows,
                "{width} × {height}"
            );
        }
    }

    #[test]
    fn missing_rows_are_seen() {
        let rows = pattern(100, 60);
        let data = encode_g4(&rows, 100, 60);
        check(&data, layout(100, 60)).expect("complete");
        assert!(check(&data, layout(100, 61)).is_err());
        for end in 0..data.len() - 4 {
            assert!(
                check(&data[..end], layout(100, 60)).is_err(),
                "cut at {end}"
            );
        }
    }

    #[test]
    fn noise_ends_in_an_error_or_rows_and_never_in_a_panic() {
        let noise: Vec<u8> = (0..5000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
            .collect();
        for mode in [
            EncodingMode::Group4,
            EncodingMode::Group3_1D,
            EncodingMode::Group3_2D,
        ] {
            for start in 0..200 {
                let _ = decode(
                    &noise[start..],
                    Layout {
                        mode,
                        ..layout(173, 900)
                    },
                );
            }
        }
    }
}
