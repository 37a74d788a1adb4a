//! TIFF of every kind that scanners and fax servers write, and what broken ones do.

mod writer;

use jpeg_encoder::ColorType;

use self::writer::{LONG, Page, SHORT, tiff};

use crate::config::Limits;
use crate::pages::ccitt::{self, EncodingMode};
use crate::pages::test_support::{Files, jpeg, only_page, picture, profile};
use crate::pages::{
    ImageEncoding, PageError, PageFault, PageImage, ResolutionSource, Rotation, flate, open,
};
use crate::record::PageTreatment;

/// Rows of a fax, 1 is white.
fn fax_rows(width: u32, height: u32) -> Vec<u8> {
    let grey = picture(width, height, 1);
    grey.chunks_exact(width as usize)
        .flat_map(|row| {
            row.chunks(8).map(|eight| {
                eight.iter().enumerate().fold(0xFF, |byte, (bit, &value)| {
                    if value < 100 {
                        byte & !(0x80 >> bit)
                    } else {
                        byte
                    }
                })
            })
        })
        .collect()
}

/// Pixels of a page, one byte a sample.
fn pixels(page: &PageImage) -> Vec<u8> {
    let (width, height) = (page.width_px, page.height_px);
    match page.encoding {
        ImageEncoding::Flate {
            components,
            bits: 8,
        } => {
            let row = width as usize * usize::from(components);
            let rows = flate::expand(&page.data, (row + 1) * height as usize).expect("own stream");
            flate::unfilter(rows, row, usize::from(components)).expect("own filters")
        }
        ImageEncoding::CcittG4 { black_is_1 } => {
            let layout = ccitt::Layout {
                mode: EncodingMode::Group4,
                width,
                height,
                end_of_line: false,
                byte_aligned: false,
            };
            let mut rows = ccitt::decode(&page.data, layout).expect("complete");
            if black_is_1 {
                rows.iter_mut().for_each(|byte| *byte = !*byte);
            }
            rows
        }
        other => panic!("{other:?}"),
    }
}

fn reversed(mut data: Vec<u8>) -> Vec<u8> {
    data.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    data
}

fn g4(photometric: u32) -> Page {
    Page::new(
        (200, 90),
        1,
        1,
        4,
        photometric,
        ccitt::encode_g4(&fax_rows(200, 90), 200, 90),
    )
}

#[test]
fn g4_of_one_strip_keeps_its_bytes_whatever_the_rows_per_strip_say() {
    let coded = ccitt::encode_g4(&fax_rows(200, 90), 200, 90);
    for (rows, little_endian) in [(90, true), (u32::MAX, false)] {
        let page = only_page(&tiff(vec![g4(0).with(278, LONG, &[rows])], little_endian))
            .expect("complete");
        assert_eq!(page.data, coded);
        assert_eq!(page.treatment, PageTreatment::PassedThrough);
        assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: false });
        assert_eq!(pixels(&page), fax_rows(200, 90));
    }
    let page = only_page(&tiff(vec![g4(1)], true)).expect("complete");
    assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: true });
}

#[test]
fn reversed_bits_and_several_strips_come_out_the_same() {
    let rows = fax_rows(200, 90);
    let turned = Page::new(
        (200, 90),
        1,
        1,
        4,
        0,
        reversed(ccitt::encode_g4(&rows, 200, 90)),
    )
    .with(266, SHORT, &[2]);
    let page = only_page(&tiff(vec![turned], true)).expect("complete");
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert_eq!(pixels(&page), rows);
    let strips: Vec<Vec<u8>> = rows
        .chunks(25 * 40)
        .map(|strip| ccitt::encode_g4(strip, 200, u32::try_from(strip.len() / 25).expect("short")))
        .collect();
    assert_eq!(strips.len(), 3);
    let page = only_page(&tiff(
        vec![g4(0).with(278, LONG, &[40]).segments(strips)],
        false,
    ))
    .expect("complete");
    assert_eq!(page.treatment_reason, "CCITT G4 in 3 strips");
    assert_eq!(pixels(&page), rows);
}

#[test]
fn g3_with_end_of_line_codes_is_read() {
    // Two rows of 8 white pixels (code 10011) behind end-of-line codes, and six of those at the end.
    let mut bits = String::new();
    for _ in 0..2 {
        bits += "00000000000110011";
    }
    bits += &"000000000001".repeat(6);
    while !bits.len().is_multiple_of(8) {
        bits.push('0');
    }
    let data: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).expect("bits"))
        .collect();
    for (fill_order, data) in [(1, data.clone()), (2, reversed(data))] {
        let page = Page::new((8, 2), 1, 1, 3, 0, data).with(266, SHORT, &[fill_order]);
        let page = only_page(&tiff(vec![page], true)).expect("complete");
        assert_eq!(pixels(&page), [0xFF, 0xFF]);
        assert_eq!(page.treatment, PageTreatment::Recompressed);
    }
}

#[test]
fn compressions_without_loss_give_the_same_pixels() {
    use std::io::Write;
    let source = picture(50, 31, 3);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&source).expect("a vector");
    let zlib = zlib.finish().expect("a vector");
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&source)
        .expect("encodable");
    let packed: Vec<u8> = source
        .chunks(128)
        .flat_map(|literal| {
            let mut run = vec![u8::try_from(literal.len() - 1).expect("short")];
            run.extend(literal);
            run
        })
        .collect();
    for (compression, data) in [(1, source.clone()), (5, lzw), (8, zlib), (32773, packed)] {
        for end in [1, 2, 3, 7, 50, 400] {
            let cut = data[..data.len().saturating_sub(end)].to_vec();
            let cut = Page::new((50, 31), 8, 3, compression, 2, cut);
            // LZW's end code may be missing.
            assert!(
                only_page(&tiff(vec![cut], true)).is_err() || compression == 5 && end < 3,
                "compression {compression} cut by {end}"
            );
        }
        let page = Page::new((50, 31), 8, 3, compression, 2, data);
        let page = only_page(&tiff(vec![page], true)).expect("complete");
        assert_eq!(pixels(&page), source, "compression {compression}");
        assert_eq!(page.treatment, PageTreatment::Recompressed);
    }
}

#[test]
fn predictor_planes_and_tiles_are_undone() {
    let source = picture(48, 32, 3);
    let mut differences = source.clone();
    for row in differences.chunks_exact_mut(48 * 3) {
        for index in (3..row.len()).rev() {
            row[index] = row[index].wrapping_sub(row[index - 3]);
        }
    }
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&differences)
        .expect("encodable");
    let predicted = Page::new((48, 32), 8, 3, 5, 2, lzw).with(317, SHORT, &[2]);
    let planes: Vec<Vec<u8>> = (0..3)
        .map(|plane| source.iter().skip(plane).step_by(3).copied().collect())
        .collect();
    let planar = Page::new((48, 32), 8, 3, 1, 2, Vec::new())
        .with(284, SHORT, &[2])
        .segments(planes);
    let tiles: Vec<Vec<u8>> = [(0, 0), (32, 0), (0, 16), (32, 16)]
        .iter()
        .map(|&(left, top)| {
            let mut tile = vec![0; 32 * 16 * 3];
            for y in 0..16 {
                for x in 0..32 {
                    if left + x < 48 {
                        let from = ((top + y) * 48 + left + x) * 3;
                        let to = (y * 32 + x) * 3;
                        tile[to..to + 3].copy_from_slice(&source[from..from + 3]);
                    }
                }
            }
            tile
        })
        .collect();
    let tiled = Page::new((48, 32), 8, 3, 1, 2, Vec::new())
        .with(322, SHORT, &[32])
        .with(323, SHORT, &[16])
        .segments(tiles);
    for page in [predicted, planar, tiled] {
        assert_eq!(
            pixels(&only_page(&tiff(vec![page], true)).expect("complete")),
            source
        );
    }
}

#[test]
fn palettes_inverted_grey_and_sixteen_bits() {
    let mut map = vec![0; 3 * 16];
    (map[1], map[17], map[33]) = (0x1200, 0x3400, 0x5600);
    let palette = Page::new((2, 1), 4, 1, 1, 3, vec![0x10]).with(320, SHORT, &map);
    assert_eq!(
        pixels(&only_page(&tiff(vec![palette], true)).expect("complete")),
        [0x12, 0x34, 0x56, 0, 0, 0]
    );
    let inverted = Page::new((2, 1), 8, 1, 1, 0, vec![0, 200]);
    assert_eq!(
        pixels(&only_page(&tiff(vec![inverted], true)).expect("complete")),
        [255, 55]
    );
    for little_endian in [true, false] {
        let data = if little_endian {
            vec![0, 1, 0, 2]
        } else {
            vec![1, 0, 2, 0]
        };
        let deep = Page::new((2, 1), 16, 1, 1, 1, data);
        let page = only_page(&tiff(vec![deep], little_endian)).expect("complete");
        assert_eq!(pixels(&page), [1, 2]);
        assert_eq!(page.treatment, PageTreatment::Converted);
    }
}

/// Fill order is said of bits, but readers and writers mean the bytes of every depth.
#[test]
fn reversed_bits_of_every_depth_are_turned() {
    let source = picture(50, 31, 3);
    let turned = Page::new((50, 31), 8, 3, 1, 2, reversed(source.clone())).with(266, SHORT, &[2]);
    let page = only_page(&tiff(vec![turned], true)).expect("complete");
    assert_eq!(pixels(&page), source);
    let data = jpeg(64, 40, ColorType::Rgb, false, 0);
    let coded = Page::new((64, 40), 8, 3, 7, 6, data.clone()).with(266, SHORT, &[2]);
    let page = only_page(&tiff(vec![coded], true)).expect("complete");
    assert_eq!(page.data, data, "JPEG has its own order");
}

#[test]
fn jpeg_of_one_strip_keeps_its_coded_data() {
    let data = jpeg(64, 40, ColorType::Rgb, false, 0);
    let page = Page::new((64, 40), 8, 3, 7, 6, data.clone());
    let page = only_page(&tiff(vec![page], true)).expect("complete");
    assert_eq!(page.data, data);
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
    // The same cut into tables (tag 347) and coded data.
    let scan_start = data
        .windows(2)
        .position(|two| two == [0xFF, 0xC0])
        .expect("SOF0");
    let mut tables: Vec<u32> = data[..scan_start]
        .iter()
        .map(|&byte| u32::from(byte))
        .collect();
    tables.extend([0xFF, 0xD9]);
    let mut abbreviated = vec![0xFF, 0xD8];
    abbreviated.extend(&data[scan_start..]);
    let split = Page::new((64, 40), 8, 3, 7, 6, abbreviated).with(347, 7, &tables);
    let page = only_page(&tiff(vec![split], true)).expect("complete");
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert_eq!(page.data, data);
    // Strips of JPEG are decoded.
    let half = jpeg(64, 24, ColorType::Rgb, false, 0);
    let strips = Page::new((64, 48), 8, 3, 7, 6, Vec::new())
        .with(278, LONG, &[24])
        .segments(vec![half.clone(), half]);
    let page = only_page(&tiff(vec![strips], true)).expect("complete");
    assert_eq!(
        page.encoding,
        ImageEncoding::Flate {
            components: 3,
            bits: 8
        }
    );
}

#[test]
fn resolution_and_orientation_are_read_and_fax_stays_uneven() {
    let rows = vec![0xFF; 216 * 1078];
    let page = Page::new((1728, 1078), 1, 1, 1, 1, rows)
        .with(282, 5, &[204, 1])
        .with(283, 5, &[98, 1])
        .with(274, SHORT, &[8]);
    let page = only_page(&tiff(vec![page], true)).expect("complete");
    assert_eq!((page.resolution.x, page.resolution.y), (204.0, 98.0));
    assert_eq!(page.resolution.source, ResolutionSource::File);
    assert_eq!(
        page.rotation,
        Rotation {
            mirrored: false,
            degrees: 270
        }
    );
}

#[test]
fn a_broken_page_is_named_and_the_others_can_be_taken() {
    let pages = (0..42)
        .map(|n| {
            let mut page = g4(0);
            if n == 16 {
                page.segments[0].truncate(60);
            }
            page
        })
        .collect();
    let files = Files::new();
    let file = files
        .open(&tiff(pages, true))
        .expect("a whole list of pages");
    assert_eq!(file.page_count(), 42);
    for n in 0..42 {
        match file.page(n) {
            Ok(_) => assert_ne!(n, 16),
            Err(error) => {
                assert_eq!(n, 16);
                assert!(error.to_string().starts_with("page 17:"), "{error}");
            }
        }
    }
}

#[test]
fn reduced_copies_are_no_pages() {
    let thumbnail = Page::new((2, 2), 8, 1, 1, 1, vec![0; 4]).with(254, LONG, &[1]);
    let files = Files::new();
    let file = files
        .open(&tiff(vec![g4(0), thumbnail, g4(0)], true))
        .expect("a TIFF");
    assert_eq!(file.page_count(), 2);
}

#[test]
fn circles_and_pages_outside_the_file_are_named() {
    let files = Files::new();
    let whole = tiff(vec![g4(0), g4(0)], true);
    let last_pointer = whole.len() - 4;
    let mut circle = whole.clone();
    circle.copy_within(4..8, last_pointer);
    match files.open(&circle) {
        Err(PageError::Page { page: 2, fault }) => assert!(fault.to_string().contains("circle")),
        other => panic!("{other:?}"),
    }
    let mut outside = whole;
    outside[last_pointer..].copy_from_slice(&0x7FFF_FFFFu32.to_le_bytes());
    match files.open(&outside) {
        Err(PageError::Page { page: 2, fault }) => assert!(fault.to_string().contains("outside")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        files.open(b"II*\0\0\0\0\0"),
        Err(PageError::NoPages)
    ));
}

#[test]
fn limits_hold_before_anything_is_read() {
    let huge = Page::new((100_000, 100_000), 8, 3, 1, 2, vec![0; 10]);
    assert!(matches!(
        only_page(&tiff(vec![huge], true)),
        Err(PageError::Page {
            page: 0,
            fault: PageFault::TooLarge {
                width: 100_000,
                height: 100_000
            }
        })
    ));
    let limits = Limits {
        pages: 2,
        ..Limits::default()
    };
    let files = Files::new();
    let path = files.write(&tiff(vec![g4(0), g4(0), g4(0)], true));
    assert!(matches!(
        open(&path, 0, &profile(), &limits),
        Err(PageError::TooManyPages { limit: 2 })
    ));
}

#[test]
fn changed_and_cut_files_never_panic() {
    let whole = tiff(vec![g4(0).with(282, 5, &[200, 1])], true);
    let files = Files::new();
    let attempt = |data: &[u8]| {
        if let Ok(file) = files.open(data) {
            for n in 0..file.page_count() {
                let _ = file.page(n);
            }
        }
    };
    for end in 0..whole.len() {
        attempt(&whole[..end]);
    }
    for at in 0..whole.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut changed = whole.clone();
            changed[at] = value;
            attempt(&changed);
        }
    }
}
