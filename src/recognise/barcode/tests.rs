use std::path::Path;

use super::*;

/// Code 128, set C: start, 00, 01, 02, 03, check 22, stop; bars and spaces in turn, in modules.
const BARS: &str = "2112322122222221222222211212232231122331112";

/// ISO/IEC 16022, 12 × 12, "MAU-01".
const MATRIX: &[&str] = &[
    "#.#.#.#.#.#.",
    "#..#.##.####",
    "###.#.#.###.",
    "##.....#...#",
    "#....##.....",
    "#...##.##..#",
    "###.#.##..#.",
    "#.#..##.####",
    "###...#.#.#.",
    "#...#..#.#.#",
    "#.#..##...#.",
    "############",
];

/// ISO/IEC 15438, "MAU 01"; every row stands three modules high.
const STACKED: &[&str] = &[
    "########.#.#.#...#####.#.#.#####..##.#.#...##......###...#.#..###...####.#.#.####....#######.#...#.#..#",
    "########.#.#.#...#####.#.#...##...####..##...##..#.#####...###.##.#.####.#.#..#......#######.#...#.#..#",
    "########.#.#.#...###.#.#.######...######.#..##.#...##...#####..#..#.##.#.#...#####...#######.#...#.#..#",
    "########.#.#.#...##.#.####..#####.##..##.##...##...#...#.####..####.#.#.####..####...#######.#...#.#..#",
    "########.#.#.#...##.#.###....#....#.####..#..####..#.#....####....#.####.#.###..###..#######.#...#.#..#",
    "########.#.#.#...####.#.####.#....#...##.##...####.#...####.#.#.....####.#.####....#.#######.#...#.#..#",
    "########.#.#.#...###.#..###.#####.#.####.####...#..#.....#..#.....#.##.#..###.####...#######.#...#.#..#",
];

/// A4 at 200 dpi with a code, its top left corner at a place.
fn sheet(code: &[&str], (across, down): (usize, usize), (left, top): (usize, usize)) -> GreyPage {
    let mut page = white(1654, 2339);
    for (row, line) in code.iter().enumerate() {
        for (column, _) in line.bytes().enumerate().filter(|(_, sign)| *sign == b'#') {
            for y in top + row * down..top + (row + 1) * down {
                page.samples[y * 1654 + left + column * across..][..across].fill(20);
            }
        }
    }
    page
}

fn white(width: u32, height: u32) -> GreyPage {
    GreyPage {
        width,
        height,
        dpi: 200,
        samples: vec![255; (width * height) as usize],
    }
}

/// The bars from (100, 100), three pixels a module, `thick` pixels high.
fn barred(thick: usize) -> GreyPage {
    let mut page = white(600, 500);
    let mut x = 100;
    for (place, modules) in BARS.bytes().map(|b| usize::from(b - b'0')).enumerate() {
        for y in (100..100 + thick).filter(|_| place % 2 == 0) {
            page.samples[y * 600 + x..][..3 * modules].fill(0);
        }
        x += 3 * modules;
    }
    page
}

fn quarter_turned(page: &GreyPage) -> GreyPage {
    let (width, height) = (page.width as usize, page.height as usize);
    let mut turned = white(page.height, page.width);
    for (at, sample) in page.samples.iter().enumerate() {
        let (x, y) = (at % width, at / width);
        turned.samples[x * height + (height - 1 - y)] = *sample;
    }
    turned
}

#[test]
fn reads_code_128_in_every_turn() {
    let mut page = barred(80);
    for turn in 0..4 {
        let codes = find(&page);
        let [code] = codes.as_slice() else {
            panic!("turn {turn}: {codes:?}");
        };
        assert_eq!(
            (code.kind, code.text.as_str()),
            (CodeKind::Code128, "00010203")
        );
        page = quarter_turned(&page);
    }
}

#[test]
fn one_scan_line_is_not_enough_for_code_128() {
    assert_eq!(find(&barred(12)), []);
}

#[test]
fn says_where_a_code_128_stands() {
    let codes = find(&barred(80));
    let corners = codes.first().expect("a code").place.corners;
    let [[left, bottom], _, [right, top], _] = corners;
    assert!((100.0..133.0).contains(&left), "{corners:?}");
    assert!((298.0..337.0).contains(&right), "{corners:?}");
    assert!(
        top >= 100.0 && bottom < 180.0 && bottom - top > 50.0,
        "{corners:?}"
    );
}

#[test]
fn reads_data_matrix_and_pdf417_wherever_they_stand() {
    let codes = [
        (MATRIX, (4, 4), CodeKind::DataMatrix, "MAU-01", 48.0),
        (STACKED, (3, 9), CodeKind::Pdf417, "MAU 01", 309.0),
    ];
    for (code, size, kind, text, width) in codes {
        for place in [(60, 60), (1300, 90), (130, 2200), (1200, 2180), (700, 1100)] {
            let mut page = sheet(code, size, place);
            for turn in 0..4 {
                let found = find(&page);
                let [found] = found.as_slice() else {
                    panic!("{kind:?} at {place:?}, turn {turn}: {found:?}");
                };
                assert_eq!((found.kind, found.text.as_str()), (kind, text));
                let [[left, bottom], _, [right, top], _] = found.place.corners;
                let across = if turn % 2 == 0 {
                    right - left
                } else {
                    bottom - top
                };
                assert!((across - width).abs() < 30.0, "{kind:?}: {across}");
                if turn == 0 {
                    let [x, y] = [place.0, place.1].map(|at| at as f32);
                    assert!(
                        (left - x).abs() < 20.0 && (top - y).abs() < 20.0,
                        "{found:?}"
                    );
                }
                page = quarter_turned(&page);
            }
        }
    }
}

#[test]
fn a_page_full_of_blocks_takes_bounded_time() {
    let mut page = white(2400, 3400);
    for (at, sample) in page.samples.iter_mut().enumerate() {
        let (x, y) = (at % 2400, at / 2400);
        // Guard patterns of PDF417, again and again, with white between the blocks.
        let guard = b"########.#.#.#...#######.#...#.#..#";
        let inside = x % 400 < 340 && y % 200 < 150;
        *sample = if inside && guard[x % 400 / 2 % guard.len()] == b'#' {
            0
        } else {
            255
        };
    }
    let _ = find(&page);
}

#[test]
fn what_is_no_page_has_no_codes() {
    let mut short = white(100, 100);
    short.samples.pop();
    for page in [
        short,
        white(0, 0),
        white(1, 5000),
        white(15, 15),
        white(16, 16),
        white(40, 17),
    ] {
        assert_eq!(find(&page), [], "{} × {}", page.width, page.height);
    }
}

#[test]
fn noise_has_no_codes() {
    let mut state = 7u32;
    let mut page = white(700, 500);
    for sample in &mut page.samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = if state >> 31 == 0 { 20 } else { 235 };
    }
    assert_eq!(find(&page), []);
}

#[test]
fn a_page_full_of_finder_patterns_takes_bounded_time() {
    let mut page = white(1400, 1400);
    for (at, sample) in page.samples.iter_mut().enumerate() {
        let (x, y) = (at % 1400 % 20 / 2, at / 1400 % 20 / 2);
        let ring = x
            .min(y)
            .min(6usize.saturating_sub(x))
            .min(6usize.saturating_sub(y));
        *sample = if x < 7 && y < 7 && ring != 1 { 0 } else { 255 };
    }
    let _ = find(&page);
}

#[test]
fn debug_shows_no_text() {
    let shown = format!("{:?}", find(&barred(80)));
    assert!(
        shown.contains("chars: 8") && !shown.contains("00010203"),
        "{shown}"
    );
}

/// Every code of the sample scans, and no other: receipts and cards, 200 and 300 dpi, turned.
#[test]
fn reads_the_samples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let manifest = std::fs::read_to_string(root.join("MANIFEST.toml")).expect("manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let mut read = 0;
    for scan in manifest["scan"].as_array().expect("scans") {
        let path = scan["path"].as_str().expect("path");
        if !path.ends_with(".jpg") && !path.ends_with(".png") {
            continue;
        }
        let grey = image::open(root.join(path))
            .expect("a picture")
            .into_luma8();
        let codes = find(&GreyPage {
            width: grey.width(),
            height: grey.height(),
            dpi: scan["dpi"]
                .as_integer()
                .and_then(|dpi| dpi.try_into().ok())
                .expect("dpi"),
            samples: grey.into_raw(),
        });
        let texts: Vec<&str> = codes.iter().map(|code| code.text.as_str()).collect();
        let truth = scan["page"][0].get("qr").and_then(toml::Value::as_array);
        let truth: Vec<&str> = truth
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
            .collect();
        assert_eq!(texts, truth, "{path}");
        read += texts.len();
    }
    assert!(read >= 6, "only {read} codes");
}

#[test]
fn says_where_a_qr_stands_whichever_way_it_is_turned() {
    use rxing::Writer as _;
    let matrix = rxing::qrcode::QRCodeWriter
        .encode("H36.105-261123-0007", &rxing::BarcodeFormat::QR_CODE, 0, 0)
        .expect("encodes");
    let side = matrix.width();
    let rows: Vec<String> = (0..side)
        .map(|y| {
            let dark = |x: u32| matrix.get(x, y);
            (0..side).map(|x| if dark(x) { '#' } else { '.' }).collect()
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mut page = sheet(&rows, (6, 6), (300, 700));
    for turn in 0..4 {
        let found = find(&page);
        let [code] = found.as_slice() else {
            panic!("turn {turn}: {found:?}");
        };
        let [start, end, top_end, top_start] = code.place.corners;
        let along = |from: [f32; 2], to: [f32; 2]| [to[0] - from[0], to[1] - from[1]];
        let base = along(start, end);
        let reading: [f32; 2] = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][turn];
        let length = base[0] * reading[0] + base[1] * reading[1];
        assert!(length > 100.0, "turn {turn}: {:?}", code.place.corners);
        let top = along(top_start, top_end);
        assert!(
            (top[0] - base[0]).abs() < 8.0 && (top[1] - base[1]).abs() < 8.0,
            "turn {turn}: {:?}",
            code.place.corners
        );
        page = quarter_turned(&page);
    }
}
