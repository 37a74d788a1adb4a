//! The stage as a whole, on drawn pages and on the samples whose faults are known.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::config::{Limits, ScannerProfile};

const WHITE: u8 = 250;
const BLACK: u8 = 30;

/// A white page of A4's shape.
fn sheet(dpi: u32) -> GreyPage {
    let (width, height) = (dpi * 827 / 100, dpi * 1169 / 100);
    GreyPage {
        width,
        height,
        dpi,
        samples: vec![WHITE; (width * height) as usize],
    }
}

fn fill(page: &mut GreyPage, columns: Range<u32>, rows: Range<u32>, value: u8) {
    for y in rows {
        let start = (y * page.width) as usize;
        page.samples[start + columns.start as usize..start + columns.end as usize].fill(value);
    }
}

fn darkest(page: &GreyPage, columns: Range<u32>, rows: Range<u32>) -> u8 {
    rows.flat_map(|y| columns.clone().map(move |x| (y * page.width + x) as usize))
        .map(|place| page.samples[place])
        .min()
        .expect("an area")
}

/// Lines of words made of upright strokes, sloping by `degrees`: each pixel asks where it lies in straight text.
fn written(page: &mut GreyPage, degrees: f64) {
    let unit = f64::from(page.dpi) / 200.0;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (f64::from(page.width), f64::from(page.height));
    for place in 0..page.samples.len() {
        let (x, y) = (
            (place % page.width as usize) as f64 + 0.5 - width / 2.0,
            (place / page.width as usize) as f64 + 0.5 - height / 2.0,
        );
        let along = (x * cos + y * sin) / unit;
        let across = (y * cos - x * sin) / unit + 4000.0;
        // Words of one line do not stand below those of another.
        let line = (across / 42.0).floor();
        let along = along + (line * line * 17.3) % 130.0;
        let word = (along / 130.0).floor();
        let in_text = along.abs() < 650.0 && (across - 4000.0).abs() < 950.0;
        let in_line = across % 42.0 < 17.0 + (word * 2.7 + line * 1.9).sin() * 3.0;
        let stroke = (along - word * 130.0) % 9.0 < 3.0 && along - word * 130.0 < 110.0;
        if in_text && in_line && stroke {
            page.samples[place] = BLACK;
        }
    }
}

#[test]
fn skew_is_found_to_a_tenth_of_a_degree_and_taken_away() {
    for degrees in [-4.6, -2.03, -0.35, -0.1, 0.0, 0.07, 0.5, 1.77, 4.4] {
        let mut page = sheet(150);
        written(&mut page, degrees);
        let prepared = prepare(&page, Rotation::NONE);
        let error = f64::from(prepared.skew_degrees) - degrees;
        assert!(error.abs() <= 0.1, "{degrees}: {}", prepared.skew_degrees);
        assert!(!prepared.sideways && !prepared.blank, "{degrees}");
        let left = f64::from(prepare(&prepared.page, Rotation::NONE).skew_degrees);
        assert!(left.abs() <= 0.1, "{degrees}: {left} is left");
    }
}

#[test]
fn borders_frames_and_stamps_do_not_bend_the_skew() {
    let mut page = sheet(150);
    written(&mut page, 1.3);
    let (width, height) = (page.width, page.height);
    fill(&mut page, 0..30, 0..height, 0);
    fill(&mut page, 0..width, height - 50..height, 10);
    // A level table over sloping text, and a filled stamp.
    for line in 0..8 {
        fill(
            &mut page,
            150..1100,
            300 + line * 100..302 + line * 100,
            BLACK,
        );
        fill(
            &mut page,
            150 + line * 120..152 + line * 120,
            300..1000,
            BLACK,
        );
    }
    fill(&mut page, 700..900, 1200..1400, 90);
    let prepared = prepare(&page, Rotation::NONE);
    assert!(
        (prepared.skew_degrees - 1.3).abs() <= 0.1,
        "{}",
        prepared.skew_degrees
    );
    let (width, height) = (prepared.page.width, prepared.page.height);
    assert!(darkest(&prepared.page, 0..4, 100..height - 100) > 170);
    assert!(darkest(&prepared.page, 100..width - 100, height - 4..height) > 170);
}

#[test]
fn lines_that_run_down_the_page_are_straightened_too() {
    let mut page = sheet(150);
    written(&mut page, 0.8);
    let fed_sideways = turned(&page, 90);
    let prepared = prepare(&fed_sideways, Rotation::NONE);
    assert!(prepared.sideways);
    assert!(
        (prepared.skew_degrees - 0.8).abs() <= 0.1,
        "{}",
        prepared.skew_degrees
    );
    let upright = prepared.turned(270);
    assert!(!upright.sideways);
    let told = Rotation {
        mirrored: false,
        degrees: 270,
    };
    assert!(
        !prepare(&fed_sideways, told).sideways,
        "EXIF says which way up"
    );
}

#[test]
fn a_mirrored_page_slopes_the_other_way() {
    let mut page = sheet(150);
    written(&mut page, 0.8);
    let mirrored = Rotation {
        mirrored: true,
        degrees: 0,
    };
    let prepared = prepare(&page, mirrored);
    assert!(
        (prepared.skew_degrees + 0.8).abs() <= 0.1,
        "{}",
        prepared.skew_degrees
    );
    assert!(prepare(&prepared.page, Rotation::NONE).skew_degrees.abs() <= 0.1);
}

#[test]
fn a_page_with_next_to_nothing_on_it_is_left_as_it_lies() {
    let mut page = sheet(200);
    fill(&mut page, 800..830, 1100..1104, BLACK);
    fill(&mut page, 820..824, 1100..1130, BLACK);
    let prepared = prepare(&page, Rotation::NONE);
    assert_eq!(prepared.skew_degrees, 0.0);
    assert!(!prepared.blank, "ink {}", prepared.ink);
}

/// A disc.
fn hole(page: &mut GreyPage, x: u32, y: u32, radius: u32, value: u8) {
    for row in 0..2 * radius {
        let off = f64::from(radius) - f64::from(row) - 0.5;
        let half = (f64::from(radius).powi(2) - off * off).max(0.0).sqrt();
        let half = u32::try_from(view::whole(half)).expect("a radius");
        fill(
            page,
            x - half..x + half,
            y - radius + row..y - radius + row + 1,
            value,
        );
    }
}

#[test]
fn holes_borders_dust_and_print_of_the_other_side_leave_a_page_blank() {
    let mut page = sheet(200);
    let (width, height) = (page.width, page.height);
    fill(&mut page, 0..width, 0..25, 0);
    fill(&mut page, 400..900, 500..900, WHITE - 45);
    for y in [850, 1480] {
        hole(&mut page, 85, y, 23, 100);
    }
    for speck in 0..12 {
        fill(&mut page, 200 + speck * 90..203 + speck * 90, 300..303, 130);
    }
    let prepared = prepare(&page, Rotation::NONE);
    assert!(prepared.blank, "ink {}", prepared.ink);
    assert!(
        darkest(&prepared.page, 0..width, 0..height.min(400)) < 140,
        "dust stays"
    );
    assert!(
        darkest(&prepared.page, 40..130, 800..900) > 200,
        "the hole is gone"
    );

    fill(&mut page, 800..803, 1100..1122, BLACK);
    fill(&mut page, 803..812, 1119..1122, BLACK);
    assert!(
        !prepare(&page, Rotation::NONE).blank,
        "an L is written here"
    );
}

#[test]
fn rows_of_dots_go_and_single_dots_stay() {
    let mut page = sheet(200);
    // The dots of a form, with writing over some and one that hangs on a stroke.
    for dot in 0..90 {
        let x = 300 + dot * 15 / 2;
        fill(&mut page, x..x + 3, 600..603, 60);
    }
    fill(&mut page, 500..506, 570..596, BLACK);
    // A colon whose lower dot is in step with the row, an i, an ellipsis, a decimal point, tone marks.
    let colon = [292..295, 292..295];
    fill(&mut page, colon[0].clone(), 588..591, 60);
    fill(&mut page, colon[1].clone(), 600..603, 60);
    for dot in 0..3 {
        fill(&mut page, 300 + dot * 7..303 + dot * 7, 800..803, BLACK);
    }
    for letter in [0u32, 41, 55, 130, 188, 207, 301] {
        fill(&mut page, 300 + letter..304 + letter, 900..904, BLACK);
        fill(&mut page, 300 + letter..304 + letter, 907..925, BLACK);
    }
    let prepared = prepare(&page, Rotation::NONE);
    let read = &prepared.page;
    assert_eq!(prepared.skew_degrees, 0.0);
    assert!(darkest(read, 298..1000, 598..606) > 200, "the row is gone");
    assert!(darkest(read, 500..506, 572..590) < 40, "the stroke stays");
    for rows in [588..591, 600..603] {
        assert!(darkest(read, 292..295, rows) < 80, "the colon stays");
    }
    assert_eq!(
        read.samples[(800 * read.width) as usize..(803 * read.width) as usize],
        page.samples[(800 * page.width) as usize..(803 * page.width) as usize],
        "… stays"
    );
    assert_eq!(
        read.samples[(895 * read.width) as usize..(930 * read.width) as usize],
        page.samples[(895 * page.width) as usize..(930 * page.width) as usize],
        "i stays"
    );
}

#[test]
fn a_dot_that_touches_a_letter_with_its_fringe_goes() {
    let mut page = sheet(200);
    for dot in 0..60 {
        fill(&mut page, 300 + dot * 8..303 + dot * 8, 600..603, 60);
    }
    // An o above the dot at 540, joined by a grey fringe.
    fill(&mut page, 530..552, 580..584, BLACK);
    fill(&mut page, 530..552, 594..598, BLACK);
    fill(&mut page, 540..543, 598..600, 140);
    let read = prepare(&page, Rotation::NONE).page;
    assert!(darkest(&read, 538..546, 600..604) > 200);
    assert!(darkest(&read, 530..552, 594..598) < 40);
}

#[test]
fn four_quarter_turns_and_two_mirrors_change_nothing() {
    let page = GreyPage {
        width: 131,
        height: 70,
        dpi: 200,
        samples: (0..131 * 70u32).map(|i| i.to_le_bytes()[0]).collect(),
    };
    let quarter = turned(&page, 90);
    assert_eq!((quarter.width, quarter.height), (70, 131));
    assert_eq!(
        quarter.samples[69], page.samples[0],
        "the first pixel is at the top right"
    );
    assert_eq!(turned(&quarter, 90), turned(&page, 180));
    assert_eq!(turned(&turned(&page, 180), 90), turned(&page, 270));
    assert_eq!(turned(&turned(&page, 270), 90), page);
    assert_eq!(turned(&page, 45), page);
}

#[test]
fn a_fax_is_stretched_to_square_pixels_and_its_map_leads_back() {
    use crate::pages::{ImageEncoding, PageSource, Resolution, ResolutionSource};
    let (width, height) = (64u32, 20u32);
    let mut grey = GreyPage {
        width,
        height,
        dpi: 0,
        samples: vec![WHITE; (width * height) as usize],
    };
    fill(&mut grey, 16..32, 5..10, 0);
    let mut data = Vec::new();
    jpeg_encoder::Encoder::new(&mut data, 95)
        .encode(&grey.samples, 64, 20, jpeg_encoder::ColorType::Luma)
        .expect("an encodable picture");
    let page = PageImage {
        source: PageSource {
            original: 0,
            page: 0,
        },
        width_px: width,
        height_px: height,
        resolution: Resolution {
            x: 204.0,
            y: 98.0,
            source: ResolutionSource::File,
        },
        rotation: Rotation::NONE,
        encoding: ImageEncoding::Jpeg { components: 1 },
        data,
        treatment: crate::record::PageTreatment::PassedThrough,
        treatment_reason: String::new(),
        placement: None,
        doubts: Vec::new(),
    };
    let square = grey::of(&page).expect("a JPEG");
    assert_eq!((square.width, square.height, square.dpi), (64, 42, 204));
    assert!(square.samples[(15 * 64 + 24) as usize] < 60);
    assert!(square.samples[(15 * 64 + 40) as usize] > 200);
    let [x, y] = grey::to_stored(&page).apply([24.0, 15.0]);
    assert!((x - 24.0).abs() < 0.01 && (y - 15.0 * 98.0 / 204.0).abs() < 0.01);
    assert!(prepare_page(&page).is_ok());
}

/// What the manifest says of one page.
#[derive(serde::Deserialize)]
struct Truth {
    number: usize,
    blank: bool,
    skew: f32,
    turned: u16,
    card_tilt: Option<Vec<f32>>,
}

#[derive(serde::Deserialize)]
struct Scan {
    path: String,
    exif_orientation: Option<u16>,
    page: Vec<Truth>,
}

#[derive(serde::Deserialize)]
struct Manifest {
    scan: Vec<Scan>,
}

#[test]
fn the_samples_are_as_their_manifest_says() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let manifest = std::fs::read_to_string(samples.join("MANIFEST.toml")).expect("the manifest");
    let manifest: Manifest = toml::from_str(&manifest).expect("a manifest");
    let profile: ScannerProfile = toml::from_str(
        "name = \"test\"\nmodels = []\n[image]\nresolution_dpi = 300\ncolour = \"auto\"\nduplex = false\n\
         page_size = \"A4\"\n[files]\ngrouping = \"file-per-document\"\n",
    )
    .expect("a profile");
    let mut seen = 0;
    for scan in &manifest.scan {
        let path = samples.join(&scan.path);
        let file = crate::pages::open(&path, 0, &profile, &Limits::default()).expect("a scan");
        // Cards lie off their page, each by an angle of its own.
        for truth in scan.page.iter().filter(|page| page.card_tilt.is_none()) {
            let name = format!("{} page {}", scan.path, truth.number);
            let page = file.page(truth.number - 1).expect("a page");
            let (stored, prepared) = prepare_page(&page).expect("a decodable page");
            assert_eq!(
                stored.samples.len(),
                (stored.width * stored.height) as usize
            );
            assert_eq!(prepared.blank, truth.blank, "{name}: ink {}", prepared.ink);
            let told = scan.exif_orientation.is_some_and(|tag| tag != 1);
            let sideways = matches!(truth.turned, 90 | 270) && !told;
            assert_eq!(prepared.sideways, sideways, "{name}");
            if !truth.blank {
                let error = prepared.skew_degrees - truth.skew;
                assert!(error.abs() <= 0.1, "{name}: {}", prepared.skew_degrees);
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 17);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_mark_is_found_where_the_map_leads(
        x in 0.2f32..0.8, y in 0.2f32..0.8, degrees in 0u16..4, mirrored: bool, slope in -4.5f64..4.5,
        dpi in prop::sample::select(vec![72u32, 200, 300, 400]),
    ) {
        let (width, height) = (300 * dpi / 200, 420 * dpi / 200);
        let mut page = GreyPage { width, height, dpi, samples: vec![WHITE; (width * height) as usize] };
        let side = 12 * dpi / 200;
        let across = u32::try_from(view::size(f64::from(x) * f64::from(width))).expect("small");
        let down = u32::try_from(view::size(f64::from(y) * f64::from(height))).expect("small");
        fill(&mut page, across..across + side, down..down + side, 0);
        let centre = [(across as f32) + side as f32 / 2.0, (down as f32) + side as f32 / 2.0];

        // The slope is given, the rest is what `prepare` does.
        let (scale, new_dpi) = reduction(dpi);
        let straight = resample::resample(&page, scale, slope, new_dpi);
        let mut prepared = Prepared {
            page: straight.page, map: straight.map, skew_degrees: 0.0, sideways: false, ink: 0.0, blank: false,
        };
        if mirrored {
            turn::mirror(&mut prepared.page);
            prepared.map = turn::mirrored_to_page(prepared.page.width).then(&prepared.map);
        }
        let prepared = prepared.turned(degrees * 90);
        let back = prepared.map.inverse().expect("no page is flattened");
        let [u, v] = back.apply(centre);
        let [x, y] = prepared.map.apply([u, v]);
        prop_assert!((x - centre[0]).abs() < 0.01 && (y - centre[1]).abs() < 0.01);

        // The middle of all darkness in the prepared page is there.
        let (mut sum, mut at) = (0.0f64, [0.0f64; 2]);
        for (place, &value) in prepared.page.samples.iter().enumerate() {
            let weight = f64::from(WHITE.saturating_sub(value));
            sum += weight;
            at[0] += weight * ((place % prepared.page.width as usize) as f64 + 0.5);
            at[1] += weight * ((place / prepared.page.width as usize) as f64 + 0.5);
        }
        prop_assert!((at[0] / sum - f64::from(u)).abs() < 0.1, "{} {}", at[0] / sum, u);
        prop_assert!((at[1] / sum - f64::from(v)).abs() < 0.1, "{} {}", at[1] / sum, v);
    }

    #[test]
    fn no_page_is_too_odd(
        width in 0u32..90, height in 0u32..90, missing in 0usize..200, dpi in 0u32..2000,
        seed: u32, degrees in 0u16..5, mirrored: bool, dense in 1u32..30,
    ) {
        let count = ((width * height) as usize).saturating_sub(missing);
        let samples = (0..).map(|i: u32| {
            let noise = (i ^ seed).wrapping_mul(2_654_435_761) >> 16;
            if noise.is_multiple_of(dense) { 0 } else { 255 }
        });
        let page = GreyPage { width, height, dpi, samples: samples.take(count).collect() };
        let prepared = prepare(&page, Rotation { mirrored, degrees: degrees * 90 });
        prop_assert!(prepared.ink.is_finite() && prepared.skew_degrees.abs() <= 5.5);
    }
}
