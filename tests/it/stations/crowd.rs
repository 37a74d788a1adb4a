//! Very many files at once: bounded memory and handles, and nobody else waits for them.
//!
//! A slice runs in every test run, `SOHOA_CROWD=50000` (`make crowd`) the whole.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::{STATION, quick_office};
use crate::office::{jpeg_page, numbered};

const SLICE: usize = 3000;
/// What the design promises: 400 MiB, and 100 MiB a worker.
const MEMORY_KIB_MAX: u64 = 400 * 1024 + 2 * 100 * 1024;
const HANDLES_MAX: u64 = 200;

/// Few bytes, so that fifty thousand fit on any disk.
fn small_page() -> Vec<u8> {
    let (width, height) = (96_u16, 136_u16);
    let is_ink = |at: usize| (at / 7 + at / 960).is_multiple_of(3);
    let pixels = 0..usize::from(width) * usize::from(height);
    let pixels: Vec<u8> = pixels.map(|at| if is_ink(at) { 40 } else { 235 }).collect();
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    encoder.set_density(jpeg_encoder::PixelDensity {
        density: (75, 75),
        unit: jpeg_encoder::PixelDensityUnit::Inches,
    });
    let encoded = encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Luma);
    encoded.expect("encodes");
    jpeg
}

#[test]
fn a_crowd_of_files_keeps_within_bounds_and_keeps_nobody_waiting() {
    let count: usize =
        std::env::var("SOHOA_CROWD").map_or(SLICE, |text| text.parse().expect("a number"));
    let office = quick_office();
    office.configure(|text| text.replace("workers = 0", "workers = 2"));
    let page = small_page();
    for number in 0..count {
        let bytes = numbered(&page, u32::try_from(number).expect("fits"));
        let path = office
            .at("inbox")
            .join(STATION)
            .join(format!("{number:06}.jpg"));
        std::fs::write(path, bytes).expect("written");
    }
    let began = Instant::now();
    let daemon = office.start(&[]);
    office.wait_until("the first answer", || {
        office
            .at("outbox")
            .join(STATION)
            .read_dir()
            .is_ok_and(|mut it| it.next().is_some())
    });
    let first = began.elapsed();
    let (mut slowest, mut most) = (Duration::ZERO, daemon.holds());
    for number in 0..3 {
        std::thread::sleep(Duration::from_secs(1));
        let name = format!("other-{number}.jpg");
        let dropped = Instant::now();
        office.drop_scan("quay-02", &name, &jpeg_page(100 + number));
        let receipt = office.at("outbox/quay-02").join(format!("{name}.OK.txt"));
        office.wait_until("the other station's receipt", || receipt.exists());
        slowest = slowest.max(dropped.elapsed());
        let now = daemon.holds();
        most.memory_kib = most.memory_kib.max(now.memory_kib);
        most.peak_kib = most.peak_kib.max(now.peak_kib);
        most.handles = most.handles.max(now.handles);
    }
    let (done, took) = (office.receipts(".OK.txt"), began.elapsed());
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.receipts(".LOI.txt"), 0);
    let line = format!(
        "crowd: {count} files at once: first answer after {first:.1?}, {done} answered in {took:.1?}; another station's \
         answer within {slowest:.1?}; at most {} MiB (peak of the daemon {} MiB), {} handles\n",
        most.memory_kib / 1024,
        most.peak_kib / 1024,
        most.handles
    );
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr");
    assert!(
        most.memory_kib.max(most.peak_kib) < MEMORY_KIB_MAX,
        "{most:?}"
    );
    assert!(most.handles < HANDLES_MAX, "{most:?}");
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
}
