//! From the renderer's pixels to the poorest raster that says the same: black and white, grey or colour.

use super::super::super::stream::{Pixels, Raster};

/// Lighter than this is paper to the eye.
const PAPER: u8 = 250;

/// RGBA, opaque, rows from the top.
pub(super) fn to_raster(rgba: &[u8], width: u32, height: u32) -> Raster {
    let (pixels, _) = rgba.as_chunks::<4>();
    let grey = pixels.iter().all(|[r, g, b, _]| r == g && g == b);
    let bilevel = grey && pixels.iter().all(|&[level, ..]| level == 0 || level == 255);
    let pixels = if bilevel {
        let mut rows = Vec::with_capacity((width as usize).div_ceil(8) * height as usize);
        for row in pixels.chunks_exact((width as usize).max(1)) {
            rows.extend(row.chunks(8).map(|eight| {
                eight.iter().enumerate().fold(0xFF_u8, |bits, (at, pixel)| {
                    if pixel[0] == 0 {
                        bits & !(0x80 >> at)
                    } else {
                        bits
                    }
                })
            }));
        }
        Pixels::Bilevel(rows)
    } else if grey {
        Pixels::Grey(pixels.iter().map(|&[level, ..]| level).collect())
    } else {
        Pixels::Rgb(pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect())
    };
    Raster {
        width,
        height,
        pixels,
    }
}

/// Whether nothing on it can be seen.
pub(super) fn is_blank(raster: &Raster) -> bool {
    match &raster.pixels {
        // Rows are padded with white.
        Pixels::Bilevel(rows) => rows.iter().all(|&byte| byte == 0xFF),
        Pixels::Grey(levels) | Pixels::Rgb(levels) => levels.iter().all(|&level| level >= PAPER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgba(pixels: &[[u8; 3]]) -> Vec<u8> {
        pixels
            .iter()
            .flat_map(|&[r, g, b]| [r, g, b, 255])
            .collect()
    }

    #[test]
    fn the_poorest_form_that_loses_nothing() {
        let (black, white) = ([0; 3], [255; 3]);
        let two = to_raster(&rgba(&[black, white, white, black]), 2, 2);
        assert_eq!(two.pixels, Pixels::Bilevel(vec![0b0111_1111, 0b1011_1111]));
        let grey = to_raster(&rgba(&[black, [7; 3]]), 2, 1);
        assert_eq!(grey.pixels, Pixels::Grey(vec![0, 7]));
        let colour = to_raster(&rgba(&[black, [255, 255, 254]]), 2, 1);
        assert_eq!(colour.pixels, Pixels::Rgb(vec![0, 0, 0, 255, 255, 254]));
    }

    #[test]
    fn blank_is_what_nobody_can_see() {
        assert!(is_blank(&to_raster(&rgba(&[[255; 3]; 9]), 9, 1)));
        assert!(is_blank(&to_raster(&rgba(&[[252; 3], [255; 3]]), 2, 1)));
        assert!(!is_blank(&to_raster(
            &rgba(&[[255; 3], [255, 255, 0]]),
            2,
            1
        )));
        assert!(!is_blank(&to_raster(&rgba(&[[0; 3], [255; 3]]), 2, 1)));
    }
}
