//! What the ledger costs: appends a second, and a proof from a ledger of ten million leaves.
//!
//!     cargo test --release --bench ledger -- --nocapture --test-threads 1
//!
//! `SOHOA_LEDGER_LEAVES` sets another size (a multiple of 256 and a bit more, so that there is a tile which is not
//! full); ten million take 330 MB of the temporary folder. Fails where a goal is missed.
#![allow(clippy::print_stdout, reason = "a bench is there to print figures")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use sohoa::ledger::check::check;
use sohoa::ledger::{
    ArchivedVersion, Entry, Event, Ledger, LedgerKey, LedgerWriter, NodeHash, ProofFile,
};
use sohoa::record::{RecordId, Sha256Digest};

const APPENDS_A_SECOND: f64 = 20_000.0;
const PROOF_TIME: Duration = Duration::from_millis(10);
const LEAVES: u64 = 10_000_000;

fn key() -> LedgerKey {
    LedgerKey::from_seed("bench.example".parse().expect("name"), &[1; 32]).expect("key")
}

fn entries(count: u64) -> Vec<Entry> {
    let time: jiff::Timestamp = "2026-11-23T10:15:30Z".parse().expect("time");
    let entry = |number: u64| Entry {
        event: Event::Archived(ArchivedVersion {
            record: RecordId::new_v7(number, &[7; 10]),
            version: 1,
            inventory: Sha256Digest::of(&number.to_be_bytes()),
            document: Sha256Digest::of(&number.to_le_bytes()),
        }),
        time,
    };
    (0..count).map(entry).collect()
}

#[test]
fn appends() {
    let folder = tempfile::tempdir().expect("folder");
    LedgerWriter::create(folder.path(), &key().verifier()).expect("created");
    let mut fastest = 0.0_f64;
    for (batch, times) in [
        (1_u32, 50_u32),
        (100, 20),
        (1_000, 10),
        (16_384, 6),
        (65_536, 2),
    ] {
        let batch_entries = entries(batch.into());
        let started = Instant::now();
        for _ in 0..times {
            let mut writer = LedgerWriter::open(folder.path()).expect("opens");
            writer.append_all(&batch_entries).expect("appended");
        }
        let seconds = started.elapsed().as_secs_f64();
        let rate = f64::from(batch * times) / seconds;
        let each = seconds * 1000.0 / f64::from(times);
        println!("append {batch:>6} at a time: {rate:>9.0} a second, {each:.1} ms each time");
        fastest = fastest.max(rate);
    }
    let started = Instant::now();
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    writer.checkpoint(&[&key()]).expect("signed");
    println!(
        "checkpoint: {:.1} ms",
        started.elapsed().as_secs_f64() * 1000.0
    );
    assert!(fastest >= APPENDS_A_SECOND, "{fastest:.0} a second");
}

#[test]
fn a_proof_of_many() {
    let leaves = std::env::var("SOHOA_LEDGER_LEAVES").ok();
    let leaves = leaves.map_or(LEAVES, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("folder");
    synthetic(folder.path(), leaves);
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    let started = Instant::now();
    writer.checkpoint(&[&key()]).expect("signed");
    println!(
        "{leaves} leaves: checkpoint {:.1} ms",
        milliseconds(started.elapsed())
    );
    drop(writer);

    let (mut slowest, mut checked) = (Duration::ZERO, Duration::ZERO);
    let mut times = Vec::new();
    for index in (0..256).step_by(16).chain(leaves / 256 * 256..leaves) {
        let started = Instant::now();
        let ledger = Ledger::open(folder.path()).expect("opens");
        let proof: ProofFile = ledger.prove(index, None).expect("a proof");
        times.push(started.elapsed());
        slowest = slowest.max(started.elapsed());
        let started = Instant::now();
        check(&proof.to_bytes(), &[key().verifier()]).expect("proves");
        checked = checked.max(started.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    println!(
        "{leaves} leaves: proof {:.2} ms (median of {}, slowest {:.2} ms); check {:.2} ms at most",
        milliseconds(median),
        times.len(),
        milliseconds(slowest),
        milliseconds(checked)
    );
    assert!(median <= PROOF_TIME, "{median:?}");
    let started = Instant::now();
    drop(LedgerWriter::open(folder.path()).expect("opens"));
    println!(
        "{leaves} leaves: open to append {:.1} ms",
        milliseconds(started.elapsed())
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A ledger of so many leaves, of which only the first and the last tile have data: proofs need no more.
fn synthetic(folder: &Path, leaves: u64) {
    LedgerWriter::create(folder, &key().verifier()).expect("created");
    let sample = tempfile::tempdir().expect("folder");
    LedgerWriter::create(sample.path(), &key().verifier()).expect("created");
    let mut writer = LedgerWriter::open(sample.path()).expect("opens");
    writer.append_all(&entries(256)).expect("appended");
    drop(writer);
    let openings = fs::read_to_string(sample.path().join("openings/000")).expect("openings");
    let real: Vec<NodeHash> = Ledger::open(sample.path())
        .expect("opens")
        .recorded_from(0)
        .expect("read")
        .map(|found| NodeHash::of_leaf(found.expect("read").leaf.text().as_bytes()))
        .collect();
    write(
        folder,
        &format!("openings/{}", digits(0)),
        openings.as_bytes(),
    );
    let rest = usize::try_from(leaves % 256).expect("small");
    assert!(rest > 0 && leaves > 256, "a last tile that is not full");
    let tail: String = openings.split_inclusive('\n').take(rest).collect();
    write(
        folder,
        &format!("openings/{}", digits(leaves / 256)),
        tail.as_bytes(),
    );

    let mut row: Vec<NodeHash> = (0..leaves)
        .map(|index| match index / 256 {
            tile if tile == 0 || tile == leaves / 256 => {
                real[usize::try_from(index % 256).expect("small")]
            }
            _ => NodeHash::of_leaf(&index.to_be_bytes()),
        })
        .collect();
    // Perfect trees at the right edge, the smallest first.
    let mut root: Option<NodeHash> = None;
    let mut level = 0;
    while !row.is_empty() {
        write_level(folder, level, &row);
        for _ in 0..8 {
            if row.len() % 2 == 1 {
                let peak = row.pop().expect("an odd one");
                root = Some(root.map_or(peak, |right| NodeHash::of_nodes(&peak, &right)));
            }
            row = row
                .chunks(2)
                .map(|pair| NodeHash::of_nodes(&pair[0], &pair[1]))
                .collect();
        }
        level += 1;
    }
    let root = root.expect("leaves");
    fs::write(
        folder.join("tree"),
        format!("bench.example\n{leaves}\n{root}\n"),
    )
    .expect("written");
}

fn write_level(folder: &Path, level: u32, row: &[NodeHash]) {
    for (number, hashes) in (0..).zip(row.chunks(256)) {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let width = match hashes.len() {
            256 => String::new(),
            width => format!(".p/{width}"),
        };
        write(
            folder,
            &format!("tile/{level}/{}{width}", digits(number)),
            &bytes,
        );
    }
}

/// C2SP tlog-tiles.
fn digits(number: u64) -> String {
    let last = format!("{:03}", number % 1000);
    match number / 1000 {
        0 => last,
        thousands => format!("x{thousands:03}/{last}"),
    }
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, bytes).expect("written");
}
