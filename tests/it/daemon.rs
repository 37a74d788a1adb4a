//! The daemon: dropped files in, receipts out, whatever the stations do.

use std::fs;
use std::io::Write;
use std::time::Duration;

use crate::office::{Office, jpeg_page};

fn quick_office() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.1"));
    office
}

#[test]
fn a_dropped_scan_is_answered_and_findable() {
    let office = quick_office();
    let daemon = office.start(&[]);
    office.drop_scan(
        "quay-01",
        "H36.105-261123-0007/Scan 1.jpg.phieu.toml",
        b"citizen = \"079203000001\"\nkind = \"khai-sinh\"\n",
    );
    office.drop_scan("quay-01", "H36.105-261123-0007/Scan 1.jpg", &jpeg_page(1));
    let receipt = office.at("outbox/quay-01/H36.105-261123-0007/Scan 1.jpg.OK.txt");
    office.wait_until("the receipt", || receipt.exists());
    let text = fs::read_to_string(&receipt).expect("receipt");
    assert!(
        text.starts_with("ĐÃ LƯU TRỮ") && text.contains("H36.105-261123-0007"),
        "{text}"
    );
    for by in [
        ["--dossier", "H36.105-261123-0007"],
        ["--citizen", "079203000001"],
        ["--station", "quay-01"],
    ] {
        assert_eq!(office.json(&["find", by[0], by[1]]).1.len(), 1, "{by:?}");
    }
    assert_eq!(daemon.stop(), 0, "{}", office.log());
    let left = office.files("inbox");
    assert!(left.is_empty(), "{left:?}");
    assert!(
        !office.log().contains("079203000001") && !office.log().contains("Scan 1"),
        "{}",
        office.log()
    );
}

#[test]
fn a_file_that_is_still_being_written_is_never_taken() {
    let office = quick_office();
    let daemon = office.start(&[]);
    let page = jpeg_page(2);
    let path = office.at("inbox/quay-01/slow.jpg");
    let mut file = fs::File::create(&path).expect("created");
    for piece in page.chunks(page.len() / 6 + 1) {
        file.write_all(piece).expect("written");
        file.flush().expect("flushed");
        // Longer than the settle time for the last pieces: only the missing end keeps it waiting.
        std::thread::sleep(Duration::from_millis(700));
        if file.metadata().expect("metadata").len() < page.len() as u64 {
            assert!(path.exists(), "taken too early\n{}", office.log());
        }
    }
    drop(file);
    office.wait_until("the receipt", || {
        office.at("outbox/quay-01/slow.jpg.OK.txt").exists()
    });
    daemon.stop();
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn bad_and_odd_files_cost_nobody_else_anything() {
    let office = quick_office();
    office.drop_scan("quay-01", "a.part", b"still under way");
    office.drop_scan("quay-01", ".hidden.jpg", &jpeg_page(3));
    office.drop_scan("quay-01", "Thumbs.db", b"x");
    office.drop_scan("quay-01", "broken.jpg.phieu.toml", b"citizen = \"12\"\n");
    office.drop_scan("quay-01", "broken.jpg", &jpeg_page(4));
    std::os::unix::fs::symlink("/etc/hostname", office.at("inbox/quay-01/link.jpg"))
        .expect("symlink");
    let made = std::process::Command::new("mkfifo")
        .arg(office.at("inbox/quay-01/pipe.jpg"))
        .status()
        .expect("mkfifo");
    assert!(made.success());
    office.drop_scan("quay-01", "good.jpg", &jpeg_page(5));
    let daemon = office.start(&[]);
    office.wait_until("the good one", || {
        office.at("outbox/quay-01/good.jpg.OK.txt").exists()
    });
    office.wait_until("the refusal", || {
        office.at("outbox/quay-01/broken.jpg.LOI.txt").exists()
    });
    assert_eq!(daemon.stop(), 0);
    let mut left = office.files("inbox");
    left.retain(|name| !name.ends_with("pipe.jpg") && !name.ends_with("link.jpg"));
    assert_eq!(
        left,
        ["quay-01/.hidden.jpg", "quay-01/Thumbs.db", "quay-01/a.part"]
    );
    assert!(
        office.at("inbox/quay-01/link.jpg").is_symlink(),
        "left in place"
    );
}

#[test]
fn a_second_daemon_refuses_and_a_stale_lock_does_not() {
    let office = quick_office();
    let first = office.start(&[]);
    office.wait_until("the first one to watch", || {
        office.log().contains("watching the inbox")
    });
    let second = office.sohoa(&["run", "--once"]);
    assert_eq!(second.status.code(), Some(5));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("run.already_running"),
        "{second:?}"
    );
    for (lang, message, advice) in [
        (
            "vi",
            "Một tiến trình sohoa khác đang chạy trên",
            "Dừng tiến trình kia trước",
        ),
        (
            "en",
            "Another sohoa is running on",
            "Stop the other one first",
        ),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sohoa"));
        command.args(["--lang", lang, "run"]);
        let refused = command
            .env("SOHOA_CONFIG", office.at("sohoa.toml"))
            .output();
        let said = String::from_utf8(refused.expect("runs").stderr).expect("UTF-8");
        assert!(said.contains(message) && said.contains(advice), "{said}");
        assert!(
            said.contains(office.path().to_str().expect("UTF-8")),
            "{said}"
        );
    }
    first.kill();
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
}

#[test]
fn a_second_daemon_with_a_work_folder_of_its_own_refuses_the_inbox_and_the_archive() {
    let office = quick_office();
    let first = office.start(&[]);
    office.wait_until("the first one to watch", || {
        office.log().contains("watching the inbox")
    });
    let config = fs::read_to_string(office.at("sohoa.toml")).expect("configuration");
    fs::create_dir(office.at("work-2")).expect("a folder");
    fs::create_dir(office.at("inbox-2")).expect("a folder");
    let other = config.replace("work = \"work\"", "work = \"work-2\"");
    let third = other.replace("inbox = \"inbox\"", "inbox = \"inbox-2\"");
    for (text, folder) in [(other, "inbox"), (third, "archive")] {
        let path = office.at("other.toml");
        fs::write(&path, text).expect("written");
        let path = path.to_str().expect("UTF-8");
        let second = office.sohoa(&["--config", path, "run", "--once"]);
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        let place = office.at(folder).display().to_string();
        assert_eq!(second.status.code(), Some(5), "{said}");
        assert!(said.contains(&format!("is running on {place}.")), "{said}");
    }
    assert_eq!(first.stop(), 0);
}

#[test]
fn a_disk_that_refuses_makes_documents_wait_not_vanish() {
    let office = quick_office();
    let outbox = office.at("outbox/quay-01");
    fs::remove_dir(&outbox).expect("empty");
    // A file where the receipts' folder should be: no receipt can be written, whoever we are.
    fs::write(&outbox, b"in the way").expect("written");
    let daemon = office.start(&[]);
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(6));
    office.wait_until("an attempt", || office.log().contains("waiting"));
    fs::remove_file(&outbox).expect("removed");
    office.wait_until("the receipt after all", || {
        office.at("outbox/quay-01/a.jpg.OK.txt").exists()
    });
    daemon.stop();
    assert_eq!(
        office.assert_verified(),
        1,
        "archived once although it was tried again"
    );
}
