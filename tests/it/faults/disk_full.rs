//! A disk that fills up, and is given more room: documents wait, then all are archived.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::office::{Office, jpeg_page};
use crate::soak::write_fast_profile;

const SCANS: u32 = 24;
const STATION: &str = "quay-01";

/// A file system in memory, unmounted with the value.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `Err` where this user may not mount.
    fn new(megabytes: u32) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let disk = Self { folder };
        mount(
            &["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"],
            &disk,
        )?;
        Ok(disk)
    }

    fn grow(&self, megabytes: u32) {
        mount(&["-o", &format!("remount,size={megabytes}m")], self).expect("more room");
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

fn mount(arguments: &[&str], disk: &SmallDisk) -> Result<(), String> {
    let output = Command::new("mount")
        .args(arguments)
        .arg(disk.path())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a failed test's daemon may still hold files. Nothing is mounted if `new` failed.
        let _unmounted = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn receipts(office: &Office, suffix: &str) -> usize {
    let files = office.files("outbox");
    files.iter().filter(|name| name.ends_with(suffix)).count()
}

#[test]
fn a_full_disk_makes_documents_wait_and_room_brings_them_home() {
    let disk = match SmallDisk::new(4) {
        Ok(disk) => disk,
        Err(why) => {
            let line = format!(
                "SKIPPED a_full_disk_makes_documents_wait_and_room_brings_them_home: {why}\n"
            );
            return std::io::stderr()
                .write_all(line.as_bytes())
                .expect("stderr");
        }
    };
    let home = tempfile::tempdir_in(disk.path()).expect("a folder on it");
    let office = Office::at_home_in(home);
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.1"));
    write_fast_profile(&office);
    // More than half the disk: the scans fit, but not their archive copies as well.
    for number in 0..SCANS {
        office.drop_scan(
            STATION,
            &format!("scan-{number:02}.jpg"),
            &jpeg_page(number),
        );
    }
    let daemon = office.start(&[]);
    office.wait_until("a receipt that says wait", || {
        receipts(&office, ".CHO.txt") > 0
    });
    assert_eq!(
        receipts(&office, ".LOI.txt"),
        0,
        "a full disk is no fault of a scan"
    );
    let held = receipts(&office, ".OK.txt");
    assert!(held < SCANS as usize, "the disk was not full");
    disk.grow(64);
    office.wait_until("all receipts", || {
        receipts(&office, ".OK.txt") == SCANS as usize
    });
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.assert_verified(), u64::from(SCANS));
    let left = [office.files("inbox"), office.files("quarantine")].concat();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(
        office.files("outbox").len(),
        SCANS as usize,
        "one receipt a scan"
    );
    let line = format!("disk full: {SCANS} scans, {held} archived before, all after more room\n");
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr");
}

#[test]
fn a_log_on_a_full_disk_stops_nothing() {
    let office = Office::new();
    write_fast_profile(&office);
    office.drop_scan(STATION, "scan.jpg", &jpeg_page(1));
    office.drop_scan(STATION, "bad.jpg", b"no scan");
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full")
    };
    let status = office
        .command(&["run", "--once"])
        .stdout(full())
        .stderr(full())
        .status();
    assert_eq!(status.expect("it runs").code(), Some(0));
    assert_eq!(
        (receipts(&office, ".OK.txt"), receipts(&office, ".LOI.txt")),
        (1, 1)
    );
    assert_eq!(office.assert_verified(), 1);
}
