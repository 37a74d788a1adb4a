//! Samples of every kind as pixels.

use super::*;

fn packing(width: u32, bits: u8, samples: usize) -> Packing {
    Packing {
        width,
        height: 1,
        bits,
        samples,
        little_endian: false,
    }
}

fn convert(data: &[u8], packing: &Packing, meaning: &Meaning) -> (Pixels, String) {
    let (raster, changed) = to_raster(data.to_vec(), packing, meaning).expect("enough data");
    (raster.pixels, changed)
}

#[test]
fn small_grey_depths_become_bytes_without_loss() {
    let grey = Meaning::plain(Colour::Grey);
    assert_eq!(
        convert(&[0b0001_1011], &packing(4, 2, 1), &grey),
        (Pixels::Grey(vec![0, 85, 170, 255]), String::new())
    );
    assert_eq!(
        convert(&[0x0F, 0x80], &packing(3, 4, 1), &grey),
        (Pixels::Grey(vec![0, 255, 136]), String::new())
    );
    // 12 bits: 0x000, 0xFFF.
    let (pixels, _) = convert(&[0x00, 0x0F, 0xFF], &packing(2, 12, 1), &grey);
    assert_eq!(pixels, Pixels::Grey(vec![0, 255]));
}

#[test]
fn sixteen_bits_are_reduced_and_said_so_only_where_something_is_lost() {
    let grey = Meaning::plain(Colour::Grey);
    let (_, changed) = convert(&[0x80, 0x80, 0xFF, 0xFF], &packing(2, 16, 1), &grey);
    assert_eq!(changed, "");
    let (pixels, changed) = convert(&[0x80, 0x81, 0xFF, 0xFF], &packing(2, 16, 1), &grey);
    assert_eq!(pixels, Pixels::Grey(vec![128, 255]));
    assert_eq!(changed, "samples reduced to 8 bits");
}

#[test]
fn bilevel_stays_bilevel_also_by_palette_and_inverted() {
    let black_first = Colour::Palette(vec![[0; 3], [255; 3]]);
    let (pixels, _) = convert(
        &[0b1010_0000],
        &packing(3, 1, 1),
        &Meaning::plain(black_first),
    );
    assert_eq!(pixels, Pixels::Bilevel(vec![0b1011_1111]));
    let mut inverted = Meaning::plain(Colour::Grey);
    inverted.inverted = true;
    let (pixels, _) = convert(&[0b1010_0000], &packing(8, 1, 1), &inverted);
    assert_eq!(pixels, Pixels::Bilevel(vec![0b0101_1111]));
    let coloured = Colour::Palette(vec![[255, 0, 0], [255; 3]]);
    let (pixels, _) = convert(&[0b0100_0000], &packing(2, 1, 1), &Meaning::plain(coloured));
    assert_eq!(pixels, Pixels::Rgb(vec![255, 0, 0, 255, 255, 255]));
}

#[test]
fn transparency_shows_white_paper() {
    let alpha = Meaning {
        colour: Colour::Rgb,
        transparency: Transparency::Alpha {
            premultiplied: false,
        },
        inverted: false,
    };
    let (pixels, changed) = convert(&[0, 0, 0, 0, 9, 9, 9, 255], &packing(2, 8, 4), &alpha);
    assert_eq!(pixels, Pixels::Rgb(vec![255, 255, 255, 9, 9, 9]));
    assert_eq!(changed, "transparency laid on white");
    let (_, changed) = convert(&[0, 0, 0, 255], &packing(1, 8, 4), &alpha);
    assert_eq!(changed, "", "opaque pixels are not changed");
}

#[test]
fn cmyk_is_ink_on_white() {
    let cmyk = Meaning::plain(Colour::Cmyk);
    let data = [0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0];
    let (pixels, changed) = convert(&data, &packing(3, 8, 4), &cmyk);
    assert_eq!(
        pixels,
        Pixels::Rgb(vec![255, 255, 255, 0, 0, 0, 0, 255, 255])
    );
    assert_eq!(changed, "CMYK converted to RGB");
}

#[test]
fn short_data_is_truncated() {
    let grey = Meaning::plain(Colour::Grey);
    assert!(matches!(
        to_raster(vec![0; 3], &packing(4, 8, 1), &grey),
        Err(PageFault::Truncated)
    ));
}
