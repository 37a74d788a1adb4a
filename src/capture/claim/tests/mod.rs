//! Claims over real folders, and every state that a crash can leave.

mod killed;

use std::os::unix::fs::symlink;

use super::*;
use crate::capture::group::Member;
use crate::config::{Limits, ScannerProfile, profile};

const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a scan \xFF\xD9";

struct Office {
    inbox: PathBuf,
    work: PathBuf,
    _folders: Vec<tempfile::TempDir>,
}

fn office() -> Office {
    let folder = tempfile::tempdir().expect("a folder");
    office_of(
        folder.path().join("inbox"),
        folder.path().join("work"),
        vec![folder],
    )
}

fn office_of(inbox: PathBuf, work: PathBuf, folders: Vec<tempfile::TempDir>) -> Office {
    for folder in [&inbox, &work] {
        fs::create_dir_all(folder).expect("folders");
    }
    Office {
        inbox,
        work,
        _folders: folders,
    }
}

fn record(number: u64) -> RecordId {
    RecordId::new_v7(1_700_000_000_000 + number, &[7; 10])
}

fn generic() -> ScannerProfile {
    profile::load_all(Path::new("/not there")).expect("shipped")["generic"].clone()
}

impl Office {
    fn order(&self, number: u64) -> Order<'_> {
        Order {
            inbox: &self.inbox,
            work: &self.work,
            record: record(number),
            profile: "generic",
            claimed: Timestamp::UNIX_EPOCH,
        }
    }

    fn drop_file(&self, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
        let path = self.inbox.join("q").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, bytes).expect("writes");
        path
    }

    /// One group of everything that lies in the inbox, in the order of the names.
    fn group(&self) -> Group {
        let found = scan::look(&self.inbox);
        let files = found.scans.into_iter().map(|candidate| Member {
            candidate,
            complete: true,
        });
        Group {
            station: "q".parse().expect("a name"),
            files: files.collect(),
            slips: found.slips,
            known: Vec::new(),
        }
    }

    /// Step 1 alone, as if the process died right after it.
    fn begun(&self, number: u64) -> (Intent, PathBuf) {
        let group = self.group();
        let order = self.order(number);
        let files = group
            .files
            .iter()
            .map(|file| (&file.candidate, file.complete));
        let intent = Intent {
            format: Intent::FORMAT.to_owned(),
            record: order.record,
            station: group.station.clone(),
            profile: "generic".to_owned(),
            claimed: order.claimed,
            taking: Taking::Moved,
            files: planned(files, job::original_name),
            slips: planned(group.slips.iter().map(|slip| (slip, false)), job::slip_name),
            known: Vec::new(),
            selection: None,
            origin: None,
        };
        let (folder, _lock) = begin(&intent, &self.work).expect("begins");
        (intent, folder)
    }

    /// Every file under inbox and work with its bytes, without our own bookkeeping.
    fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for root in [&self.inbox, &self.work] {
            for entry in walkdir::WalkDir::new(root) {
                let entry = entry.expect("lists");
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.file_type().is_file() && name != "lock" && name != "job.json" {
                    files.push((name, fs::read(entry.path()).expect("reads")));
                }
            }
        }
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.contents().into_iter().map(|(name, _)| name).collect()
    }

    fn recover(&self) -> Recovered {
        let folders = jobs(&self.work).expect("lists");
        assert_eq!(folders.len(), 1);
        recover(&folders[0], &self.inbox).expect("recovers")
    }
}

#[test]
fn a_group_moves_with_its_slip_and_becomes_a_batch() {
    let office = office();
    office.drop_file("H36-230401-0001/Tờ 1.jpg", JPEG);
    office.drop_file("H36-230401-0001/Tờ 2.jpg", JPEG);
    let slip = b"citizen = \"079203000001\"\npages = 2";
    office.drop_file("H36-230401-0001/Tờ 1.jpg.phieu.toml", slip);
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    assert_eq!(
        office.names(),
        ["original-0001", "original-0002", "slip-0001"]
    );
    let batch = job
        .open_batch(&generic(), &Limits::default())
        .expect("opens");
    assert_eq!(batch.record, record(1));
    assert_eq!(batch.slip.pages, Some(2));
    assert_eq!(batch.files[1].dropped_as, "H36-230401-0001/Tờ 2.jpg");
    assert_eq!(
        batch.files[0].digests,
        Digests::of_reader(JPEG).expect("reads")
    );
    job.finish().expect("finishes");
    assert_eq!(fs::read_dir(&office.work).expect("lists").count(), 0);
}

#[test]
fn names_that_are_no_text_come_back_as_they_were() {
    let office = office();
    let odd = std::ffi::OsStr::from_bytes(b"\xFFa\nb%41.jpg");
    let path = office.drop_file(odd, JPEG);
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    assert!(!path.exists());
    give_back(job, &office.inbox).expect("gives back");
    assert_eq!(fs::read(path).expect("reads"), JPEG);
    assert!(jobs(&office.work).expect("lists").is_empty());
}

#[test]
fn a_file_written_between_the_look_and_the_claim_goes_back_with_all_others() {
    let office = office();
    office.drop_file("a.jpg", JPEG);
    let path = office.drop_file("b.jpg", JPEG);
    let group = office.group();
    fs::write(&path, b"something longer than before").expect("writes");
    let error = claim(&group, &office.order(1)).expect_err("not now");
    assert!(matches!(error, CaptureError::StillWritten { name } if name == "b.jpg"));
    assert_eq!(office.names(), ["a.jpg", "b.jpg"]);

    let group = office.group();
    fs::remove_file(&path).expect("removes");
    let error = claim(&group, &office.order(2)).expect_err("gone");
    assert!(matches!(error, CaptureError::Vanished { .. }));
    assert_eq!(office.names(), ["a.jpg"]);
    assert!(jobs(&office.work).expect("lists").is_empty());
}

#[test]
fn a_link_put_in_the_place_of_a_file_goes_back_unread() {
    let office = office();
    let path = office.drop_file("a.jpg", JPEG);
    let group = office.group();
    fs::remove_file(&path).expect("removes");
    symlink("/etc/passwd", &path).expect("links");
    let error = claim(&group, &office.order(1)).expect_err("not a file");
    assert!(matches!(error, CaptureError::StillWritten { .. }));
    assert!(fs::symlink_metadata(&path).expect("there").is_symlink());
}

#[test]
fn a_writer_that_keeps_the_file_open_over_the_claim_is_noticed() {
    let office = office();
    let path = office.drop_file("a.jpg", JPEG);
    let mut writer = fs::File::options().append(true).open(path).expect("opens");
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    io::Write::write_all(&mut writer, b"more").expect("writes");
    let error = job
        .open_batch(&generic(), &Limits::default())
        .expect_err("still written");
    assert!(matches!(error, CaptureError::StillWritten { .. }));
    give_back(job, &office.inbox).expect("gives back");
    assert_eq!(office.names(), ["a.jpg"]);
}

#[test]
fn a_name_taken_meanwhile_is_not_taken_over_on_the_way_back() {
    let office = office();
    office.drop_file("a.jpg", JPEG);
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    office.drop_file("a.jpg", b"a newer scan");
    give_back(job, &office.inbox).expect("gives back");
    assert_eq!(
        office.contents(),
        [
            ("a (2).jpg".to_owned(), JPEG.to_vec()),
            ("a.jpg".to_owned(), b"a newer scan".to_vec())
        ]
    );
}

#[test]
fn slips_and_lengths_refuse_the_batch_and_keep_the_job() {
    let office = office();
    office.drop_file("a.jpg", JPEG);
    office.drop_file("a.jpg.phieu.toml", b"pages = 1\ncitizn = \"x\"");
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    let refused = |limits: &Limits| job.open_batch(&generic(), limits).expect_err("refused");
    assert!(matches!(
        refused(&Limits::default()),
        CaptureError::SlipInvalid { line: 2, .. }
    ));
    let tiny = Limits {
        file_mib: 0,
        ..Limits::default()
    };
    assert!(matches!(refused(&tiny), CaptureError::FileTooLong { .. }));
    assert!(job.folder.join("original-0001").exists());
}

#[test]
fn a_crash_after_any_step_leaves_a_job_to_finish() {
    for moved in 0..=4 {
        let office = office();
        for name in ["1.jpg", "2.jpg", "3.jpg", "1.jpg.phieu.toml"] {
            office.drop_file(
                name,
                if name.ends_with("toml") {
                    b"pages = 3"
                } else {
                    JPEG
                },
            );
        }
        let (intent, folder) = office.begun(1);
        for file in intent.everything().take(moved) {
            fs::rename(office.inbox.join(&file.source), folder.join(&file.stored)).expect("moves");
        }
        fs::write(folder.join(".sohoa-1-1.part"), b"half a copy").expect("writes");
        let Recovered::Job(job) = office.recover() else {
            panic!("after {moved} moves");
        };
        assert_eq!(
            office.names(),
            [
                "original-0001",
                "original-0002",
                "original-0003",
                "slip-0001"
            ]
        );
        let batch = job
            .open_batch(&generic(), &Limits::default())
            .expect("opens");
        assert_eq!((batch.files.len(), batch.slip.pages), (3, Some(3)));
        drop(job);
        assert!(matches!(office.recover(), Recovered::Job(_)), "again");
    }
}

#[test]
fn a_crash_between_copy_and_removal_leaves_one_of_the_two() {
    let office = office();
    let path = office.drop_file("1.jpg", JPEG);
    let (intent, folder) = office.begun(1);
    fs::copy(&path, folder.join(&intent.files[0].stored)).expect("copies");
    assert!(matches!(office.recover(), Recovered::Job(_)));
    assert_eq!(office.names(), ["original-0001"]);
}

#[test]
fn after_a_crash_a_newer_scan_of_the_same_name_stays_in_the_inbox() {
    let office = office();
    office.drop_file("1.jpg", JPEG);
    drop(claim(&office.group(), &office.order(1)).expect("claims"));
    office.drop_file("1.jpg", b"\xFF\xD8\xFF\xE0 new! \xFF\xD9\0\0");
    assert!(matches!(office.recover(), Recovered::Job(_)));
    assert_eq!(office.names(), ["1.jpg", "original-0001"]);
}

#[test]
fn after_a_crash_a_changed_or_vanished_file_sends_all_back() {
    for vanished in [true, false] {
        let office = office();
        let first = office.drop_file("1.jpg", JPEG);
        let second = office.drop_file("2.jpg", JPEG);
        let (intent, folder) = office.begun(1);
        fs::rename(&first, folder.join(&intent.files[0].stored)).expect("moves");
        match vanished {
            true => fs::remove_file(&second).expect("removes"),
            false => fs::write(&second, b"something else").expect("writes"),
        }
        assert!(matches!(office.recover(), Recovered::GivenBack(_)));
        assert!(first.exists());
        assert!(jobs(&office.work).expect("lists").is_empty());
    }
}

#[test]
fn a_crash_on_the_way_back_loses_nothing() {
    let office = office();
    office.drop_file("1.jpg", JPEG);
    office.drop_file("2.jpg", JPEG);
    let (intent, folder) = office.begun(1);
    take_all(&intent, &folder, &office.inbox).expect("takes");
    let file = &intent.files[1];
    fs::rename(folder.join(&file.stored), office.inbox.join(&file.source)).expect("moves");
    assert!(matches!(office.recover(), Recovered::Job(_)));
    assert_eq!(office.names(), ["original-0001", "original-0002"]);
}

#[test]
fn folders_without_an_intent_are_removed_only_if_they_hold_no_original() {
    let office = office();
    let folder = office.work.join(record(1).to_string());
    fs::create_dir(&folder).expect("folder");
    assert!(matches!(office.recover(), Recovered::Nothing));
    assert!(!folder.exists());
    fs::create_dir(&folder).expect("folder");
    fs::write(folder.join("original-0001"), JPEG).expect("writes");
    for intent in [None, Some("{}"), Some("not json")] {
        if let Some(intent) = intent {
            fs::write(folder.join("job.json"), intent).expect("writes");
        }
        let error = recover(&folder, &office.inbox).expect_err("damaged");
        assert!(matches!(error, CaptureError::JobDamaged { .. }));
        assert!(folder.join("original-0001").exists());
    }
}

#[test]
fn an_intent_that_leads_out_of_the_inbox_is_not_followed() {
    let office = office();
    office.drop_file("1.jpg", JPEG);
    let (_, folder) = office.begun(1);
    let path = folder.join("job.json");
    let text = fs::read_to_string(&path).expect("reads");
    for source in ["../outside.jpg", "/etc/passwd", "q/../../x"] {
        fs::write(&path, text.replace("q/1.jpg", source)).expect("writes");
        let error = recover(&folder, &office.inbox).expect_err("damaged");
        assert!(matches!(error, CaptureError::JobDamaged { .. }), "{source}");
    }
}

#[test]
fn a_job_in_somebodys_hands_is_left_alone() {
    let office = office();
    office.drop_file("1.jpg", JPEG);
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    let error = recover(&job.folder, &office.inbox).expect_err("locked");
    assert!(matches!(error, CaptureError::Locked { .. }));
    let folder = job.folder.clone();
    drop(job);
    assert!(matches!(
        recover(&folder, &office.inbox),
        Ok(Recovered::Job(_))
    ));
}

#[test]
fn what_a_finished_job_left_is_swept() {
    let office = office();
    let left = office.work.join(format!(".done-{}", record(1)));
    fs::create_dir(&left).expect("folder");
    fs::write(left.join("original-0001"), JPEG).expect("writes");
    fs::create_dir(office.work.join("lost+found")).expect("folder");
    assert!(jobs(&office.work).expect("lists").is_empty());
    assert!(!left.exists());
    assert!(office.work.join("lost+found").exists());
}

#[test]
fn adopted_files_are_copied_and_their_owner_keeps_them() {
    let office = office();
    let kept = office.drop_file("Ảnh.jpg", JPEG);
    let link = office.inbox.join("link.jpg");
    symlink(&kept, &link).expect("links");
    let slip = Slip {
        pages: Some(1),
        ..Slip::default()
    };
    let files = [kept.clone(), link];
    let station = || "quay".parse().expect("a name");
    let job = adopt(&files, station(), slip, &office.order(1)).expect("adopts");
    assert!(kept.exists());
    assert_eq!(job.taking, Taking::Copied);
    let batch = job
        .open_batch(&generic(), &Limits::default())
        .expect("opens");
    assert_eq!(batch.files[0].dropped_as, "Ảnh.jpg");
    assert_eq!(batch.slip.pages, Some(1));
    let folder = job.folder.clone();
    drop(job);
    assert!(matches!(office.recover(), Recovered::Job(_)));
    fs::remove_file(folder.join("original-0002")).expect("as if never copied");
    assert!(matches!(office.recover(), Recovered::Nothing));
    assert!(kept.exists() && !folder.exists());

    let missing = [kept, office.inbox.join("missing.jpg")];
    assert!(adopt(&missing, station(), Slip::default(), &office.order(2)).is_err());
    assert!(jobs(&office.work).expect("lists").is_empty());
}

#[test]
fn across_file_systems_files_are_copied_checked_and_then_removed() {
    let here = tempfile::tempdir().expect("a folder");
    let Ok(there) = tempfile::tempdir_in("/dev/shm") else {
        tracing::warn!("skipped: no second file system");
        return;
    };
    let (inbox, work) = (there.path().join("inbox"), here.path().join("work"));
    let office = office_of(inbox, work, vec![here, there]);
    office.drop_file("1.jpg", JPEG);
    office.drop_file("1.jpg.phieu.toml", b"pages = 1");
    let job = claim(&office.group(), &office.order(1)).expect("claims");
    assert_eq!(office.names(), ["original-0001", "slip-0001"]);
    let folder = job.folder.clone();
    drop(job);
    let Ok(Recovered::Job(job)) = recover(&folder, &office.inbox) else {
        panic!("not whole");
    };
    give_back(*job, &office.inbox).expect("gives back");
    assert_eq!(office.names(), ["1.jpg", "1.jpg.phieu.toml"]);
}

#[test]
fn a_number_is_added_to_any_name_and_the_name_still_fits() {
    let long = "ờ".repeat(84);
    let cases: [(&OsStr, &str); 4] = [
        (OsStr::new("a.jpg"), "a (2).jpg"),
        (OsStr::new("no extension"), "no extension (2)"),
        (OsStr::from_bytes(b"\xFF.jpg"), "\u{FFFD} (2).jpg"),
        (OsStr::new(".hidden"), ".hidden (2)"),
    ];
    for (name, expected) in cases {
        let found = numbered(Path::new(name), 2);
        assert_eq!(found.to_string_lossy(), expected);
    }
    for name in [format!("{long}.jp"), format!("a.{long}"), "b".repeat(255)] {
        let found = numbered(Path::new(&name), 999);
        let text = found.to_str().expect("whole letters");
        assert!(text.len() <= 255 && text.contains(" (999)"), "{text}");
    }
}
