//! Working days on end: three stations drop good, bad and hostile files while the daemon is killed, stopped and
//! frozen, and its index is locked or lost. What it holds is sampled all the while.
//!
//! `make soak HOURS=n`; a slice of seconds runs in every test run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Random, seed, write_fast_profile};
use crate::office::{Daemon, Holds, Office, jpeg_page, numbered};

const SLICE: Duration = Duration::from_secs(12);
const STATIONS: [&str; 3] = ["quay-01", "quay-02", "quay-03"];
/// Documents that may be under way at once; then the stations wait, as a counter does.
const UNDER_WAY: usize = 60;
/// A later sample may exceed the largest of the first third by so much, as caches fill.
const GROWTH: (f64, u64, u64) = (1.3, 50 * 1024, 12);

/// What a dropped file must become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Archived,
    Refused,
}

/// One look at a running daemon.
#[derive(Debug, Clone, Copy)]
struct Sample {
    holds: Holds,
    /// Entries of `work/` that only wait to be removed.
    litter: u64,
}

struct Soak {
    is_long: bool,
    office: Office,
    random: Random,
    daemon: Option<Daemon>,
    fates: BTreeMap<String, Fate>,
    /// Content that was dropped, by its number.
    contents: BTreeSet<u32>,
    again: u32,
    faults: BTreeMap<&'static str, u32>,
    samples: Vec<Sample>,
}

impl Soak {
    fn new(seed: u64, is_long: bool) -> Self {
        let office = Office::new();
        office.configure(|text| {
            text.replace("poll_seconds = 1.0", "poll_seconds = 0.1")
                .replace("workers = 0", "workers = 2")
                + "\n[stations.quay-03]\nprofile = \"generic\"\n"
        });
        write_fast_profile(&office);
        let daemon = Some(office.start(&[]));
        Self {
            is_long,
            office,
            random: Random(seed),
            daemon,
            fates: BTreeMap::new(),
            contents: BTreeSet::new(),
            again: 0,
            faults: BTreeMap::new(),
            samples: Vec::new(),
        }
    }

    /// Answered names: every one has a receipt that is no "wait".
    fn answered(&self) -> usize {
        self.office.receipts(".OK.txt") + self.office.receipts(".LOI.txt")
    }

    fn drop_one(&mut self) {
        let number = u32::try_from(self.fates.len()).expect("fits");
        let station = STATIONS[usize::try_from(self.random.below(3)).expect("fits")];
        let page = numbered(&jpeg_page(number), number);
        let (ending, bytes, fate) = match self.random.below(20) {
            // Its end is waited for for a minute, for which a slice has no time.
            0 if self.is_long => ("jpg", page[..page.len() / 3].to_vec(), Fate::Refused),
            1 => (
                "pdf",
                b"%PDF-1.7\n1 0 obj\n<< /Loop 1 0 R\n%%EOF\n".to_vec(),
                Fate::Refused,
            ),
            2 => ("jpg", b"no picture at all".to_vec(), Fate::Refused),
            3 => ("png", bomb(), Fate::Refused),
            4 if !self.contents.is_empty() => {
                let known = self.contents.iter().next_back().copied().expect("one");
                self.again += 1;
                ("jpg", numbered(&jpeg_page(known), known), Fate::Archived)
            }
            _ => {
                self.contents.insert(number);
                ("jpg", page, Fate::Archived)
            }
        };
        let name = format!("{number:07}.{ending}");
        let path = self.office.at("inbox").join(station).join(&name);
        match self.random.below(4) {
            // In place and with a pause; a third of it missing is no reason to wait for the rest for a minute.
            0 if fate == Fate::Archived => {
                fs::create_dir_all(path.parent().expect("a station")).expect("a folder");
                let mut file = fs::File::create(path).expect("created");
                let (half, rest) = bytes.split_at(bytes.len() / 2);
                file.write_all(half).expect("written");
                std::thread::sleep(Duration::from_millis(self.random.below(200)));
                file.write_all(rest).expect("written");
            }
            _ => self.office.drop_scan(station, &name, &bytes),
        }
        self.fates.insert(format!("{station}/{name}"), fate);
    }

    /// Something goes wrong.
    fn strike(&mut self) {
        let what = match self.random.below(6) {
            0 | 1 => {
                self.daemon.take().expect("a daemon").kill();
                self.daemon = Some(self.office.start(&[]));
                "killed"
            }
            2 => {
                let daemon = self.daemon.take().expect("a daemon");
                assert_eq!(daemon.stop(), 0, "{}", self.office.log());
                self.daemon = Some(self.office.start(&[]));
                "stopped and started"
            }
            3 => {
                let index = self.office.at("index.sqlite");
                for ending in ["", "-wal", "-shm"] {
                    let _absent = fs::remove_file(format!("{}{ending}", index.display()));
                }
                "index taken away"
            }
            4 => {
                let locked = rusqlite::Connection::open(self.office.at("index.sqlite"));
                let locked = locked.expect("opens");
                if locked.execute_batch("BEGIN IMMEDIATE").is_ok() {
                    std::thread::sleep(Duration::from_millis(500 + self.random.below(1500)));
                }
                "index locked"
            }
            _ => {
                let id = self.daemon.as_ref().expect("a daemon").id().to_string();
                for signal in ["-STOP", "-CONT"] {
                    let sent = Command::new("kill").args([signal, &id]).status();
                    assert!(sent.expect("kill runs").success());
                    std::thread::sleep(Duration::from_millis(self.random.below(1500)));
                }
                "frozen"
            }
        };
        *self.faults.entry(what).or_default() += 1;
    }

    fn sample(&mut self) {
        let holds = self.daemon.as_ref().expect("a daemon").holds();
        let done = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(".done-") || name.starts_with(".sohoa-")
        };
        let work = fs::read_dir(self.office.at("work")).expect("work");
        let litter = work.flatten().map(|entry| entry.path()).filter(done);
        self.samples.push(Sample {
            holds,
            litter: litter.count() as u64,
        });
    }

    fn run_for(&mut self, time: Duration) {
        let (began, every) = (Instant::now(), (time / 60).max(Duration::from_millis(500)));
        let (mut next_sample, mut next_fault) = (began + every, began + Duration::from_secs(2));
        while began.elapsed() < time {
            let open = self.fates.len().saturating_sub(self.answered());
            match open < UNDER_WAY {
                true => self.drop_one(),
                false => std::thread::sleep(Duration::from_millis(200)),
            }
            std::thread::sleep(Duration::from_millis(self.random.below(120)));
            if Instant::now() > next_sample {
                self.sample();
                next_sample = Instant::now() + every;
            }
            if Instant::now() > next_fault {
                self.strike();
                // Time enough in between for what grows to show.
                next_fault = Instant::now() + Duration::from_millis(1500 + self.random.below(6000));
            }
        }
    }

    /// The disturbances are over; everything has its answer.
    fn settle(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(400);
        while self.answered() < self.fates.len() {
            assert!(
                Instant::now() < deadline,
                "not answered: {:?}",
                self.unanswered()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(self.daemon.take().expect("a daemon").stop(), 0);
    }

    fn unanswered(&self) -> Vec<&String> {
        let has = |name: &str, ending: &str| {
            let receipt = format!("outbox/{name}.{ending}.txt");
            self.office.at(&receipt).exists()
        };
        let names = self.fates.keys();
        names
            .filter(|name| !has(name, "OK") && !has(name, "LOI"))
            .collect()
    }

    fn check(&self, seed: u64) {
        for (name, fate) in &self.fates {
            let expected = match fate {
                Fate::Archived => "OK",
                Fate::Refused => "LOI",
            };
            let receipt = self.office.at(&format!("outbox/{name}.{expected}.txt"));
            assert!(receipt.exists(), "seed {seed}: {name} is not {expected}");
        }
        let (_, rows) = self
            .office
            .json(&["find", "--from", "2000-01-01", "--limit", "1000000"]);
        assert_eq!(
            rows.len(),
            self.contents.len(),
            "seed {seed}: lost or doubled"
        );
        let records = self.office.assert_verified();
        assert_eq!(records, self.contents.len() as u64, "seed {seed}");
        let work = self.office.files("work").into_iter();
        let work: Vec<String> = work.filter(|name| !name.ends_with(".lock")).collect();
        let left = [self.office.files("inbox"), work].concat();
        assert!(left.is_empty(), "seed {seed}: left {left:?}");
        self.nothing_grows(seed);
    }

    fn nothing_grows(&self, seed: u64) {
        let early = &self.samples[..self.samples.len() / 3];
        let late = &self.samples[self.samples.len() * 2 / 3..];
        let most = |samples: &[Sample], of: fn(&Sample) -> u64| {
            samples.iter().map(of).max().unwrap_or_default()
        };
        let memory = |sample: &Sample| sample.holds.memory_kib;
        let handles = |sample: &Sample| sample.holds.handles;
        let litter = |sample: &Sample| sample.litter;
        let (before, after) = (most(early, memory), most(late, memory));
        let allowed = (before as f64 * GROWTH.0).max((before + GROWTH.1) as f64);
        assert!(
            (after as f64) < allowed,
            "seed {seed}: memory {before} → {after} KiB"
        );
        let (before, after) = (most(early, handles), most(late, handles));
        assert!(
            after <= before + GROWTH.2,
            "seed {seed}: handles {before} → {after}"
        );
        assert!(
            most(late, litter) <= most(early, litter) + 4,
            "seed {seed}: litter"
        );
    }

    fn report(&self, took: Duration, seed: u64) -> String {
        let most = |of: fn(&Sample) -> u64| self.samples.iter().map(of).max().unwrap_or_default();
        let refused = self
            .fates
            .values()
            .filter(|&&fate| fate == Fate::Refused)
            .count();
        let faults: u32 = self.faults.values().sum();
        let per_hour = self.fates.len() as f64 / took.as_secs_f64() * 3600.0;
        format!(
            "soak: {:.1} min, {} files from 3 stations ({per_hour:.0} an hour): {} archived, {refused} refused with a reason, {} \
             known already; lost 0, doubled 0; {faults} faults survived {:?}; at most {} MiB with the readers, {} handles, \
             {} samples (seed {seed})\n",
            took.as_secs_f64() / 60.0,
            self.fates.len(),
            self.contents.len(),
            self.again,
            self.faults,
            most(|sample| sample.holds.memory_kib) / 1024,
            most(|sample| sample.holds.handles),
            self.samples.len(),
        )
    }
}

/// A PNG that says it is 60,000 by 60,000 (PNG 3rd edition, 11.2.1).
fn bomb() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend_from_slice(&13_u32.to_be_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&crc.sum().to_be_bytes());
    bytes.extend_from_slice(b"\0\0\0\0IEND\xAE\x42\x60\x82");
    bytes
}

#[test]
fn soak_hours_of_three_stations_lose_and_double_nothing() {
    let time = std::env::var("SOHOA_SOAK_HOURS").map_or(SLICE, |text| {
        Duration::from_secs_f64(text.parse::<f64>().expect("a number of hours") * 3600.0)
    });
    let seed = seed();
    let mut soak = Soak::new(seed, time > Duration::from_mins(5));
    let began = Instant::now();
    soak.run_for(time);
    soak.settle();
    soak.check(seed);
    let report = soak.report(began.elapsed(), seed);
    std::io::stderr()
        .write_all(report.as_bytes())
        .expect("stderr");
}
