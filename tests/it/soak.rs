//! Power switch: drop scans, kill the daemon at a random instant, start it again, count.
//!
//! Every dropped scan must be in the archive exactly once, or still in the inbox or in work; and
//! `verify` must find nothing. A short slice runs in every test run, `make soak KILLS=n` the rest.

#[path = "soak_hours.rs"]
mod hours;
#[path = "soak_signing.rs"]
mod signing;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::office::{Office, jpeg_page};

const KILLS_IN_CI: u32 = 12;

/// A small generator, so that a failing run can be repeated with its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Of the moment where `SOHOA_SOAK_SEED` says `now`, as `make soak` does; else one that stays, so that a test run fails
/// for what was changed.
fn seed() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed();
    match std::env::var("SOHOA_SOAK_SEED") {
        Err(_) => 20_261_124,
        Ok(now) if now == "now" => since.map_or(0, |since| since.as_secs()),
        Ok(text) => text.parse().expect("a number, or now"),
    }
}

#[test]
fn every_scan_survives_a_killed_daemon_exactly_once() {
    let kills: u32 = std::env::var("SOHOA_SOAK_KILLS")
        .map_or(KILLS_IN_CI, |text| text.parse().expect("a number"));
    let seed = seed();
    let mut random = Random(seed);
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.05"));
    write_fast_profile(&office);
    let (mut dropped, mut caught_at_work) = (0_u32, 0_u32);
    for _ in 0..kills {
        let daemon = office.start(&[]);
        for _ in 0..=random.below(3) {
            dropped += 1;
            office.drop_scan(
                "quay-01",
                &format!("scan-{dropped:05}.jpg"),
                &jpeg_page(dropped),
            );
            std::thread::sleep(Duration::from_millis(random.below(60)));
        }
        std::thread::sleep(Duration::from_millis(random.below(400)));
        daemon.kill();
        caught_at_work += u32::from(
            office
                .files("work")
                .iter()
                .any(|name| name.ends_with("job.json")),
        );
    }
    assert_eq!(
        office.start(&["--once"]).wait(),
        0,
        "seed {seed}\n{}",
        office.log()
    );
    assert_exactly_once(&office, dropped, seed);
    let (code, lines) = office.json(&["reindex"]);
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!(
        u64::from(dropped),
        office.assert_verified(),
        "seed {seed}: after reindex"
    );
    let line = format!(
        "soak: {kills} kills, {caught_at_work} of them with a document in work; {dropped} scans dropped, {dropped} archived once, 0 lost, 0 doubled (seed {seed})\n"
    );
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).expect("stderr");
}

fn assert_exactly_once(office: &Office, dropped: u32, seed: u64) {
    let left = [office.files("inbox"), office.files("quarantine")].concat();
    assert!(
        left.is_empty(),
        "seed {seed}: left behind {left:?}\n{}",
        office.log()
    );
    let (_, rows) = office.json(&["find", "--station", "quay-01", "--limit", "100000"]);
    let mut seen = BTreeMap::<String, u32>::new();
    for row in &rows {
        let (_, shown) = office.json(&["show", row["record"].as_str().expect("record")]);
        let name = shown[0]["originals"][0]["dropped_as"]
            .as_str()
            .expect("name")
            .to_owned();
        *seen.entry(name).or_default() += 1;
    }
    let doubled: Vec<_> = seen.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "seed {seed}: {doubled:?}");
    assert_eq!(
        seen.len(),
        usize::try_from(dropped).expect("fits"),
        "seed {seed}\n{}",
        office.log()
    );
    assert_eq!(u64::from(dropped), office.assert_verified(), "seed {seed}");
    let receipts = office
        .files("outbox")
        .iter()
        .filter(|name| name.ends_with(".OK.txt"))
        .count();
    assert_eq!(receipts, seen.len(), "seed {seed}: one receipt a scan");
    let litter: Vec<String> = office
        .files("work")
        .into_iter()
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    assert!(litter.is_empty(), "seed {seed}: {litter:?}");
}

/// A profile under which files settle at once.
pub(crate) fn write_fast_profile(office: &Office) {
    let text = "name = \"fast\"\nmodels = [\"test\"]\n[image]\nresolution_dpi = 75\nlowest_dpi = 75\ncolour = \"colour\"\nduplex = false\npage_size = \"A4\"\n[files]\ngrouping = \"file-per-document\"\nsettle_seconds = 0.1\n";
    fs::create_dir_all(office.at("scanner-profiles")).expect("folder");
    fs::write(office.at("scanner-profiles/fast.toml"), text).expect("profile");
    office.configure(|config| config.replace("profile = \"generic\"", "profile = \"fast\""));
}
