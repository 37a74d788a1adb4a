//! PNG of every depth and colour, against the `image` crate's decoder and by hand.

use ::image::ExtendedColorType;

use super::*;
use crate::pages::test_support::{only_page, picture, png};
use crate::pages::{PageError, ResolutionSource};

/// A chunk with its checksum.
fn chunk_of(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(content);
    let mut out = u32::try_from(content.len())
        .expect("short")
        .to_be_bytes()
        .to_vec();
    out.extend(kind);
    out.extend(content);
    out.extend(crc.sum().to_be_bytes());
    out
}

/// A PNG from its header fields, extra chunks, and filtered rows.
fn png_of(
    size: (u32, u32),
    bits: u8,
    colour_type: u8,
    interlace: u8,
    extra: &[Vec<u8>],
    filtered: &[u8],
) -> Vec<u8> {
    use std::io::Write;
    let mut header = size.0.to_be_bytes().to_vec();
    header.extend(size.1.to_be_bytes());
    header.extend([bits, colour_type, 0, 0, interlace]);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(filtered).expect("a vector");
    let mut out = SIGNATURE.to_vec();
    out.extend(chunk_of(b"IHDR", &header));
    for chunk in extra {
        out.extend(chunk);
    }
    out.extend(chunk_of(b"IDAT", &zlib.finish().expect("a vector")));
    out.extend(chunk_of(b"IEND", b""));
    out
}

/// Pixels of a page's Flate stream, unfiltered.
fn pixels(page: &crate::pages::PageImage) -> Vec<u8> {
    let ImageEncoding::Flate {
        components,
        bits: 8,
    } = page.encoding
    else {
        panic!("{:?}", page.encoding);
    };
    let row = page.width_px as usize * usize::from(components);
    let rows = flate::expand(&page.data, (row + 1) * page.height_px as usize).expect("own stream");
    flate::unfilter(rows, row, usize::from(components)).expect("own filters")
}

#[test]
fn plain_grey_and_rgb_keep_their_compressed_bytes() {
    for (colour, components) in [(ExtendedColorType::L8, 1), (ExtendedColorType::Rgb8, 3)] {
        let data = png(61, 47, colour);
        let page = only_page(&data).expect("a complete PNG");
        assert_eq!(page.treatment, PageTreatment::PassedThrough);
        assert!(data.windows(page.data.len()).any(|part| part == page.data));
        assert_eq!(pixels(&page), picture(61, 47, components));
    }
}

#[test]
fn alpha_is_laid_on_white_and_sixteen_bits_are_reduced() {
    let data = png(61, 47, ExtendedColorType::Rgba8);
    let page = only_page(&data).expect("a complete PNG");
    assert_eq!(page.treatment, PageTreatment::Converted);
    assert!(page.treatment_reason.contains("white"));
    let source = picture(61, 47, 4);
    let got = pixels(&page);
    for (rgb, rgba) in got.chunks_exact(3).zip(source.chunks_exact(4)) {
        for channel in 0..3 {
            let alpha = u32::from(rgba[3]);
            let wanted = (u32::from(rgba[channel]) * alpha + 255 * (255 - alpha)) / 255;
            assert!(wanted.abs_diff(u32::from(rgb[channel])) <= 1);
        }
    }
    let page = only_page(&png(61, 47, ExtendedColorType::Rgb16)).expect("a complete PNG");
    assert_eq!(page.treatment, PageTreatment::Converted);
    assert!(page.treatment_reason.contains("8 bits"));
}

#[test]
fn one_bit_becomes_g4() {
    let data = png_of((9, 2), 1, 0, 0, &[], &[0, 0xAA, 0x80, 0, 0x0F, 0x00]);
    let page = only_page(&data).expect("a complete PNG");
    assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: false });
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    let layout = crate::pages::ccitt::Layout {
        mode: crate::pages::ccitt::EncodingMode::Group4,
        width: 9,
        height: 2,
        end_of_line: false,
        byte_aligned: false,
    };
    let rows = crate::pages::ccitt::decode(&page.data, layout).expect("own data");
    assert_eq!(
        [rows[0], rows[1] & 0x80, rows[2], rows[3] & 0x80],
        [0xAA, 0x80, 0x0F, 0]
    );
}

#[test]
fn palettes_are_expanded_and_need_to_exist() {
    let palette = chunk_of(b"PLTE", &[1, 2, 3, 4, 5, 6]);
    let rows = [0, 0b0001_0000];
    let page = only_page(&png_of((2, 1), 4, 3, 0, &[palette], &rows)).expect("a complete PNG");
    assert_eq!(pixels(&page), [4, 5, 6, 1, 2, 3]);
    assert!(only_page(&png_of((2, 1), 4, 3, 0, &[], &rows)).is_err());
}

#[test]
fn interlaced_images_come_out_in_order() {
    // Every pixel of an 8 × 8 image holds its own position; Adam7 order from the standard's table.
    let order = [
        "1 6 4 6 2 6 4 6",
        "7 7 7 7 7 7 7 7",
        "5 6 5 6 5 6 5 6",
        "7 7 7 7 7 7 7 7",
        "3 6 4 6 3 6 4 6",
        "7 7 7 7 7 7 7 7",
        "5 6 5 6 5 6 5 6",
        "7 7 7 7 7 7 7 7",
    ];
    let pass_of = |y: usize, x: usize| {
        order[y]
            .split(' ')
            .nth(x)
            .and_then(|n| n.parse::<u8>().ok())
    };
    let mut filtered = Vec::new();
    for pass in 1..=7u8 {
        for y in 0..8u8 {
            let row: Vec<u8> = (0..8u8)
                .filter(|&x| pass_of(usize::from(y), usize::from(x)) == Some(pass))
                .map(|x| y * 8 + x)
                .collect();
            if !row.is_empty() {
                filtered.push(0);
                filtered.extend(row);
            }
        }
    }
    let page = only_page(&png_of((8, 8), 8, 0, 1, &[], &filtered)).expect("a complete PNG");
    assert_eq!(pixels(&page), (0..64).collect::<Vec<u8>>());
    // One bit a pixel takes the other way through.
    let one_bit = [
        0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ];
    let page = only_page(&png_of((8, 8), 1, 0, 1, &[], &one_bit)).expect("a complete PNG");
    assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: false });
}

#[test]
fn physical_size_is_read() {
    let mut phys = 11811u32.to_be_bytes().repeat(2);
    phys.push(1);
    let extra = [chunk_of(b"pHYs", &phys)];
    let rows = vec![0; (2480 / 8 + 1) * 3508];
    let page = only_page(&png_of((2480, 3508), 1, 0, 0, &extra, &rows)).expect("a complete PNG");
    assert_eq!(
        (page.resolution.x, page.resolution.source),
        (300.0, ResolutionSource::File)
    );
}

#[test]
fn every_cut_and_every_changed_byte_is_seen() {
    let data = png(21, 17, ExtendedColorType::Rgb8);
    for end in 0..data.len() {
        assert!(only_page(&data[..end]).is_err(), "cut at {end}");
    }
    for at in 0..data.len() {
        let mut changed = data.clone();
        changed[at] ^= 0x10;
        assert!(only_page(&changed).is_err(), "changed at {at}");
    }
}

#[test]
fn a_header_of_ten_thousand_million_pixels_is_refused_before_anything_else() {
    let data = png_of((100_000, 100_000), 8, 2, 0, &[], &[]);
    assert!(matches!(
        only_page(&data),
        Err(PageError::Page {
            page: 0,
            fault: PageFault::TooLarge {
                width: 100_000,
                height: 100_000
            }
        })
    ));
}
