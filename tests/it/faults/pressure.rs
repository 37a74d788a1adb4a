//! Pressure that passes: no inodes, a read-only archive, an index that is locked, spoilt or gone, readers that
//! die, a timestamp service that hangs, too little memory. Intake degrades and recovers by itself: what cannot
//! be archived waits, what cannot be claimed stays in the inbox, and in the end each is archived once.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::STATION;
use crate::judge::say_skipped;
use crate::mounts::Mount;
use crate::office::{Daemon, Office, jpeg_page, tiff_of};
use crate::soak::write_fast_profile;

fn made_quick(office: Office) -> Office {
    office.configure(|text| {
        text.replace("poll_seconds = 1.0", "poll_seconds = 0.1")
            .replace("workers = 0", "workers = 2")
    });
    write_fast_profile(&office);
    office
}

fn drop_scans(office: &Office, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let name = format!("scan-{number:02}.jpg");
        office.drop_scan(STATION, &name, &jpeg_page(number));
    }
}

fn all_are_home(office: &Office, daemon: Daemon, count: usize) {
    office.wait_until("all receipts", || office.receipts(".OK.txt") == count);
    assert_eq!(daemon.stop(), 0, "{}", office.log());
    assert_eq!(office.assert_verified(), count as u64);
    assert_eq!(office.files("outbox").len(), count, "one receipt a scan");
    let work = office.files("work").into_iter();
    let work: Vec<String> = work.filter(|name| !name.ends_with(".lock")).collect();
    let left = [office.files("inbox"), office.files("quarantine"), work].concat();
    assert!(left.is_empty(), "{left:?}");
    let (_, rows) = office.json(&["find", "--station", STATION, "--limit", "1000"]);
    assert_eq!(rows.len(), count, "each is found, once");
}

#[test]
fn without_inodes_documents_wait_and_with_them_all_are_archived() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = match Mount::in_memory("size=64m,nr_inodes=4000", folder.path()) {
        Ok(disk) => disk,
        Err(why) => {
            return say_skipped(
                "without_inodes_documents_wait_and_with_them_all_are_archived",
                &why,
            );
        }
    };
    let home = tempfile::tempdir_in(folder.path()).expect("a folder on it");
    let office = made_quick(Office::at_home_in(home));
    drop_scans(&office, 0..16);
    let used = rustix::fs::statvfs(folder.path()).expect("statvfs");
    let used = used.f_files - used.f_ffree;
    // Enough for a few documents, then none: not even for a receipt.
    disk.change(&format!("nr_inodes={}", used + 60));
    let mut daemon = office.start(&[]);
    office.wait_until("trouble", || {
        let log = office.log();
        log.contains("disk_full") || log.contains("not claimed yet")
    });
    std::thread::sleep(Duration::from_secs(2));
    assert!(daemon.is_alive(), "{}", office.log());
    let held = office.receipts(".OK.txt");
    assert!(held < 16, "there were inodes enough");
    assert_eq!(office.receipts(".LOI.txt"), 0, "no fault of a scan");
    disk.change("nr_inodes=4000");
    all_are_home(&office, daemon, 16);
}

/// Nobody, root included, makes anything new in the folder.
fn freeze(folder: &Path, how: &str) -> Result<(), String> {
    let done = Command::new("chattr")
        .args(["-R", how])
        .arg(folder)
        .output();
    let done = done.map_err(|error| error.to_string())?;
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
    }
}

#[test]
fn a_read_only_archive_makes_documents_wait_and_nothing_else() {
    let office = made_quick(Office::new());
    let archive = office.at("archive");
    let mut daemon = office.start(&[]);
    office.wait_until("the daemon to watch", || {
        office.log().contains("watching the inbox")
    });
    if let Err(why) = freeze(&archive, "+i") {
        let test = "a_read_only_archive_makes_documents_wait_and_nothing_else";
        let _thawed = freeze(&archive, "-i");
        return say_skipped(test, &why);
    }
    drop_scans(&office, 0..4);
    let waits = Instant::now() + Duration::from_secs(40);
    while office.receipts(".CHO.txt") < 4 && Instant::now() < waits {
        std::thread::sleep(Duration::from_millis(50));
    }
    let (waiting, archived) = (office.receipts(".CHO.txt"), office.receipts(".OK.txt"));
    // What is frozen cannot be removed with the test's folder either.
    freeze(&archive, "-i").expect("thawed");
    assert_eq!((waiting, archived), (4, 0), "{}", office.log());
    assert!(daemon.is_alive());
    all_are_home(&office, daemon, 4);
}

#[test]
fn a_locked_index_makes_documents_wait() {
    let office = made_quick(Office::new());
    let daemon = office.start(&[]);
    drop_scans(&office, 0..2);
    office.wait_until("two receipts", || office.receipts(".OK.txt") == 2);
    let other = rusqlite::Connection::open(office.at("index.sqlite")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    drop_scans(&office, 2..5);
    // Ten seconds of patience for each try.
    office.wait_until("a receipt that says wait", || {
        office.receipts(".CHO.txt") > 0
    });
    assert_eq!(office.receipts(".LOI.txt"), 0);
    other.execute_batch("ROLLBACK").expect("let go");
    all_are_home(&office, daemon, 5);
}

/// Spoils the index of a running daemon, drops more, some of it for the second time, and looks again after a restart.
fn with_a_spoilt_index(spoil: impl Fn(&Path)) {
    let office = made_quick(Office::new());
    let daemon = office.start(&[]);
    drop_scans(&office, 0..3);
    office.wait_until("three receipts", || office.receipts(".OK.txt") == 3);
    spoil(&office.at("index.sqlite"));
    drop_scans(&office, 3..6);
    office.drop_scan(STATION, "again.jpg", &jpeg_page(1));
    office.wait_until("seven receipts", || office.receipts(".OK.txt") == 7);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    assert_eq!(
        office.assert_verified(),
        6,
        "known again, not archived again"
    );
    let (_, rows) = office.json(&["find", "--station", STATION]);
    assert_eq!(rows.len(), 6);
}

#[test]
fn an_index_that_is_taken_away_is_made_anew_while_the_daemon_runs() {
    with_a_spoilt_index(|index| {
        for ending in ["", "-wal", "-shm"] {
            let path = format!("{}{ending}", index.display());
            let _absent = fs::remove_file(path);
        }
    });
}

#[test]
fn an_index_in_whose_place_is_something_else_is_made_anew() {
    with_a_spoilt_index(|index| {
        let other = index.with_extension("other");
        fs::write(&other, [7; 100_000]).expect("written");
        fs::rename(other, index).expect("in its place");
    });
}

#[test]
fn an_index_with_spoilt_pages_is_made_anew() {
    with_a_spoilt_index(|index| {
        let file = File::options().write(true).open(index).expect("opens");
        let length = file.metadata().expect("metadata").len();
        for page in 0..length / 4096 {
            file.write_all_at(&[0xA5; 3000], page * 4096 + 64)
                .expect("spoilt");
        }
    });
}

#[test]
fn a_timestamp_service_that_hangs_holds_nothing_up() {
    let office = made_quick(Office::new());
    let hangs = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = hangs.local_addr().expect("an address");
    office.configure(|text| {
        text.replace(
            "services = []",
            &format!("services = [\"http://{address}/\"]"),
        )
        .replace("seconds = 20.0", "seconds = 1.0")
    });
    let daemon = office.start(&[]);
    let began = Instant::now();
    drop_scans(&office, 0..3);
    office.wait_until("three receipts", || office.receipts(".OK.txt") == 3);
    let taken = began.elapsed();
    assert!(taken < Duration::from_secs(30), "{taken:?}");
    all_are_home(&office, daemon, 3);
    drop(hangs);
}

/// Kills a process's children again and again until `stop`; how often.
fn kill_children_of(parent: u32, stop: &AtomicBool) -> u32 {
    let mut killed = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut ids: Vec<String> = Vec::new();
        for task in fs::read_dir(format!("/proc/{parent}/task"))
            .into_iter()
            .flatten()
        {
            let path = task.expect("a task").path().join("children");
            let text = fs::read_to_string(path).unwrap_or_default();
            ids.extend(text.split_whitespace().map(str::to_owned));
        }
        for id in ids {
            let status = Command::new("kill").args(["-KILL", &id]).output();
            killed += u32::from(status.expect("kill runs").status.success());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    killed
}

#[test]
fn readers_that_die_again_and_again_stop_no_document() {
    let office = made_quick(Office::that_reads());
    let scans = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/scans/quay-01/");
    let mut daemon = office.start(&[]);
    let stop = AtomicBool::new(false);
    let parent = daemon.id();
    let killed = std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill_children_of(parent, &stop));
        for name in ["IMG_20261123_0003.jpg", "IMG_20261123_0004.jpg"] {
            let bytes = fs::read(format!("{scans}{name}")).expect("a sample");
            let slip = fs::read(format!("{scans}{name}.phieu.toml")).expect("its slip");
            office.drop_scan(STATION, &format!("{name}.phieu.toml"), &slip);
            office.drop_scan(STATION, name, &bytes);
        }
        std::thread::sleep(Duration::from_secs(4));
        stop.store(true, Ordering::Relaxed);
        killer.join().expect("done")
    });
    assert!(daemon.is_alive());
    let refused = office.receipts(".LOI.txt");
    assert_eq!(refused, 0, "no fault of a scan\n{}", office.log());
    office.wait_until("both receipts", || office.receipts(".OK.txt") == 2);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.assert_verified(), 2);
    let line = format!("readers killed {killed} times: both documents are archived\n");
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr");
}

#[test]
fn too_little_memory_costs_a_try_and_no_document() {
    let office = made_quick(Office::new());
    let page = image::GrayImage::from_fn(5000, 7000, |x, y| {
        image::Luma([if (x / 9 + y / 7).is_multiple_of(3) {
            60
        } else {
            230
        }])
    });
    office.drop_scan(STATION, "large.tif", &tiff_of(&[page], 600));
    drop_scans(&office, 0..2);
    let limited = Command::new("prlimit")
        .args(["--data=30000000", "true"])
        .output();
    if !limited.is_ok_and(|output| output.status.success()) {
        return say_skipped(
            "too_little_memory_costs_a_try_and_no_document",
            "no prlimit",
        );
    }
    let sohoa = office.command(&["run", "--once"]);
    let mut command = Command::new("prlimit");
    command
        .arg("--data=30000000")
        .arg(sohoa.get_program())
        .args(sohoa.get_args())
        .env("SOHOA_CONFIG", office.at("sohoa.toml"));
    let mut starved = command.spawn().expect("prlimit starts");
    let until = Instant::now() + Duration::from_secs(10);
    while starved.try_wait().expect("waits").is_none() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    let _gone = starved.kill();
    let _reaped = starved.wait();
    assert_eq!(
        office.receipts(".LOI.txt"),
        0,
        "memory is no fault of a scan"
    );
    let daemon = office.start(&[]);
    all_are_home(&office, daemon, 3);
}
