//! A slice of fuzzing in every test run: the seeds of `fuzz/`, and changed seeds, for a bounded time.
//!
//! The same entry functions as the targets of cargo-fuzz, without their feedback; `fuzz/README.md` says why.
//! The changes follow from a seed that stays, so that a test run says something of the change it tests and nothing
//! of the day; `make fuzz` tries others. `SOHOA_FUZZ_SEED` is the seed, `SOHOA_FUZZ_SECONDS` the time for each target.

#![allow(
    clippy::print_stdout,
    reason = "the figures are for a person who runs this by hand"
)]

use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[path = "../../fuzz/entry.rs"]
mod entry;

/// What the changes follow from, unless another is asked for.
const SEED: u64 = 20_781;

/// For each target.
const SECONDS: u64 = 20;

/// Longest processor time for one input; unoptimised code gets more.
const SLOWEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 10 });

/// On the wall, for an input that does not end at all; a busy machine is no finding.
const PATIENCE: Duration = Duration::from_secs(300);

/// Longer files of the corpus cost more than they tell.
const CORPUS_BYTES_MAX: u64 = 64 * 1024;

/// Numbers at which arithmetic goes wrong, as text and as bytes.
const NUMBERS: [&str; 8] = [
    "0",
    "-1",
    "1",
    "65535",
    "2147483647",
    "4294967296",
    "9223372036854775807",
    "1e308",
];
const BYTES: [u8; 6] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];

/// A small generator (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("fits");
        usize::try_from(self.next() % limit).expect("fits")
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// One to four changes.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        change(&mut data, seeds, random);
    }
    data
}

fn change(data: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(data.len());
    match random.below(8) {
        0 => {
            if let Some(byte) = data.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            let value = random.of(&BYTES);
            let end = (at + 1 + random.below(4)).min(data.len());
            data[at.min(end)..end].fill(value);
        }
        2 => data.truncate(at),
        3 => {
            let end = (at + random.below(64)).min(data.len());
            data.drain(at..end);
        }
        4 => {
            let end = (at + random.below(64)).min(data.len());
            let again = data[at..end].to_vec();
            data.splice(at..at, again);
        }
        5 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len());
            let to = (from + random.below(256)).min(other.len());
            let end = (at + random.below(256)).min(data.len());
            data.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            let is_digit = |&byte: &u8| byte.is_ascii_digit();
            let found = data[at..].iter().position(is_digit);
            if let Some(start) = found.map(|offset| at + offset) {
                let digits = data[start..].iter().take_while(|byte| is_digit(byte));
                let end = start + digits.count();
                data.splice(start..end, random.of(&NUMBERS).bytes());
            }
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let entries = fs::read_dir(folder).expect("the seeds");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| fs::read(path).expect("a seed");
    paths.iter().map(read).collect()
}

/// Small files of the corpus, where there is one: changed as the seeds are, not asserted about.
fn of_the_corpus(sets: &[&str]) -> Vec<Vec<u8>> {
    let Some(corpus) = env::var_os("SOHOA_CORPUS").map(PathBuf::from) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = sets.iter().map(|set| corpus.join(set)).collect();
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let length = entry.metadata().map_or(0, |metadata| metadata.len());
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if length <= CORPUS_BYTES_MAX => paths.push(path),
                _ => {}
            }
        }
    }
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Where an input that failed is kept; the name says which it was.
fn kept(target: &str, what: &str, data: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}-{what}"));
    fs::write(&path, data).expect("the input kept");
    path
}

fn slice(target: &'static str, sets: &[&str], entry: fn(&[u8]) -> bool) {
    let seed = number("SOHOA_FUZZ_SEED", SEED);
    let until = Instant::now() + Duration::from_secs(number("SOHOA_FUZZ_SECONDS", SECONDS));
    let seeds = seeds(target);
    assert!(seeds.len() >= 4, "{target}: the seeds are missing");
    let (inputs, work) = mpsc::sync_channel::<Vec<u8>>(0);
    let (say, answers) = mpsc::channel::<(Option<bool>, Duration)>();
    thread::spawn(move || {
        for data in work {
            let before = processor_time();
            let taken = catch_unwind(AssertUnwindSafe(|| entry(&data))).ok();
            let cost = processor_time().saturating_sub(before);
            if say.send((taken, cost)).is_err() {
                return;
            }
        }
    });
    let mut sources = seeds.clone();
    sources.extend(of_the_corpus(sets));
    let mut random = Random(seed);
    let mut tried = 0_usize;
    let mut slowest = (Duration::ZERO, Vec::new());
    while tried < seeds.len() || Instant::now() < until {
        let data = match seeds.get(tried) {
            Some(seed) => seed.clone(),
            None => changed(&sources, &mut random),
        };
        inputs.send(data.clone()).expect("a thread that works");
        let failed = match answers.recv_timeout(PATIENCE) {
            Err(_) => Some("hang"),
            Ok((None, _)) => Some("panic"),
            Ok((_, cost)) if cost > SLOWEST => Some("slow"),
            Ok((Some(taken), cost)) => {
                let is_seed = tried < seeds.len();
                assert!(taken || !is_seed, "{target}: seed {tried} is refused");
                slowest = slowest.max((cost, data.clone()));
                None
            }
        };
        if let Some(what) = failed {
            let path = kept(target, what, &data);
            panic!("seed {seed}, input {tried}: {what}; see {}", path.display());
        }
        tried += 1;
    }
    assert!(tried > seeds.len(), "{target}: no input was changed");
    println!(
        "{target}: {tried} inputs from {} files, seed {seed}, slowest {:?} ({})",
        sources.len(),
        slowest.0,
        kept(target, "slowest", &slowest.1).display()
    );
}

/// Of this thread.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[test]
fn incoming_pdfs_of_any_bytes_end_without_a_panic() {
    slice("pdf", &["pdf", "pdf-fuzz"], entry::pdf);
}

#[test]
fn scans_of_any_bytes_end_without_a_panic() {
    slice("image", &["img"], entry::image);
}

#[test]
fn signed_files_of_any_bytes_end_without_a_panic() {
    slice("signed", &["signed"], entry::signed);
}

#[test]
fn settings_of_any_text_end_without_a_panic() {
    slice("settings", &[], entry::settings);
}

#[test]
fn changes_follow_from_the_seed() {
    let seeds = seeds("settings");
    let once: Vec<_> = {
        let mut random = Random(7);
        (0..200).map(|_| changed(&seeds, &mut random)).collect()
    };
    let mut random = Random(7);
    for earlier in &once {
        assert_eq!(*earlier, changed(&seeds, &mut random));
    }
    let other = changed(&seeds, &mut Random(8));
    assert_ne!(once[0], other);
    assert!(once.iter().filter(|data| !seeds.contains(data)).count() > 150);
}
