//! Dividing and merging over real folders.

mod interrupted;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::capture::{Order, Recovered, adopt, give_back, jobs, recover};
use crate::config::{Limits, ScannerProfile, profile};
use crate::record::LeftOutReason;

struct Desk {
    folder: tempfile::TempDir,
}

fn desk() -> Desk {
    // In memory, where waiting for the disk costs nothing.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder");
    for name in ["inbox", "work", "scans"] {
        fs::create_dir(folder.path().join(name)).expect("folders");
    }
    Desk { folder }
}

fn record(number: u64) -> RecordId {
    RecordId::new_v7(1_700_000_000_000 + number, &[7; 10])
}

fn generic() -> ScannerProfile {
    profile::load_all(Path::new("/not there")).expect("shipped")["generic"].clone()
}

impl Desk {
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn work(&self) -> PathBuf {
        self.at("work")
    }

    fn folder_of(&self, number: u64) -> PathBuf {
        self.work().join(record(number).to_string())
    }

    /// A job of files with these bytes, and a slip if it says something.
    fn job(&self, number: u64, files: &[&[u8]], slip: &str) -> Job {
        let path = |name: usize| self.at("scans").join(format!("{number}-{name}.jpg"));
        let paths: Vec<PathBuf> = (0..files.len()).map(path).collect();
        for (path, bytes) in paths.iter().zip(files) {
            fs::write(path, bytes).expect("writes");
        }
        let order = Order {
            inbox: &self.at("inbox"),
            work: &self.work(),
            record: record(number),
            profile: "generic",
            claimed: jiff::Timestamp::UNIX_EPOCH,
        };
        let station = "q".parse().expect("a name");
        let mut job = adopt(&paths, station, Slip::default(), &order).expect("adopts");
        if !slip.is_empty() {
            fs::write(job.folder.join("slip-0001"), slip).expect("writes");
            job.slips.push(JobFile {
                stored: "slip-0001".to_owned(),
                dropped_as: "a.phieu.toml".to_owned(),
                bytes: slip.len() as u64,
                ..job.files[0].clone()
            });
        }
        job
    }

    /// What becomes of everything in the work folder when it is recovered until nothing is left to do.
    fn settle(&self, from_the_newest: bool) -> BTreeMap<RecordId, Job> {
        let mut taken = BTreeMap::new();
        for _ in 0..10 {
            let mut folders = jobs(&self.work()).expect("lists");
            if from_the_newest {
                folders.reverse();
            }
            for folder in folders {
                if taken.values().any(|job: &Job| job.folder == folder) {
                    continue;
                }
                let came = match recover(&folder, &self.at("inbox")) {
                    Ok(Recovered::Job(job)) => vec![*job],
                    Ok(Recovered::Rearranged(jobs)) => jobs,
                    Ok(Recovered::Nothing) => Vec::new(),
                    Err(CaptureError::Locked { .. }) => {
                        // A lock that another test's process was just forked with is gone when it runs.
                        std::thread::sleep(std::time::Duration::from_millis(5));
                        Vec::new()
                    }
                    other => panic!("{other:?}"),
                };
                taken.extend(came.into_iter().map(|job| (job.record, job)));
            }
        }
        assert_eq!(jobs(&self.work()).expect("lists").len(), taken.len());
        taken
    }
}

fn batch(job: &Job) -> ScanBatch {
    job.open_batch(&generic(), &Limits::default())
        .expect("opens")
}

fn part(number: u64, pages: &[usize]) -> Part {
    Part {
        record: record(number),
        pages: pages.to_vec(),
        left_out: Vec::new(),
        sheet: None,
        sheet_without_pages: false,
        decisions: Vec::new(),
    }
}

fn cover_sheet(page: usize) -> LeftOut {
    LeftOut {
        page,
        why: LeftOutReason::CoverSheet,
        sheet: Some("0042".to_owned()),
    }
}

/// [`rearrange`] of jobs whose files have these numbers of pages; the jobs are dropped, as they must be.
fn deal(jobs: Vec<(Job, &[usize])>, parts: &[Part]) -> Result<Vec<Job>, CaptureError> {
    let batches: Vec<_> = jobs.iter().map(|(job, _)| batch(job)).collect();
    let parents = jobs
        .iter()
        .zip(&batches)
        .map(|((job, page_counts), batch)| Parent {
            job,
            batch,
            page_counts,
        });
    rearrange(&parents.collect::<Vec<_>>(), parts)
}

fn bytes_of(batch: &ScanBatch) -> Vec<Vec<u8>> {
    batch
        .paths()
        .map(|path| fs::read(path).expect("reads"))
        .collect()
}

#[test]
fn a_batch_is_divided_at_its_cover_sheets() {
    let desk = desk();
    let job = desk.job(1, &[b"first", b"second"], "kind = \"khai-sinh\"\npages = 6");
    let sheet = SheetFacts {
        number: "0042".to_owned(),
        citizen: None,
        dossier: Some("H36-230401-0007".parse().expect("a code")),
        kind: None,
        proved: true,
    };
    let parts = [
        Part {
            left_out: vec![cover_sheet(0)],
            sheet: Some(sheet.clone()),
            ..part(11, &[1, 2])
        },
        Part {
            left_out: vec![cover_sheet(3)],
            ..part(12, &[5, 4])
        },
    ];
    let made = deal(vec![(job, &[2, 4])], &parts).expect("divides");
    assert!(!desk.folder_of(1).exists());
    let batches: Vec<_> = made.iter().map(batch).collect();
    assert_eq!(
        bytes_of(&batches[0]),
        [b"first".to_vec(), b"second".to_vec()]
    );
    assert_eq!(
        bytes_of(&batches[1]),
        [b"second".to_vec()],
        "only what it has pages of"
    );
    assert_eq!(batches[0].selection, Some(vec![1, 2]));
    assert_eq!(batches[1].selection, Some(vec![3, 2]), "over its own files");
    let origins: Vec<_> = batches
        .iter()
        .map(|batch| batch.origin.clone().expect("divided"))
        .collect();
    assert_eq!(origins[0].sheet, Some(sheet));
    assert_eq!(origins[1].divided_from, [record(1)]);
    assert_eq!(origins[1].left_out[0].original_page, 1);
    assert_eq!(labels(&origins), ["1", "2"]);
    for batch in &batches {
        assert!(batch.slip.kind.is_some());
        assert_eq!(batch.slip.pages, None, "it counted the whole pile");
    }
    let inode = |job: &Job, name: &str| fs::metadata(job.folder.join(name)).expect("there").ino();
    assert_eq!(
        inode(&made[0], "original-0002"),
        inode(&made[1], "original-0001")
    );
    assert!(matches!(
        recover(&made[0].folder, &desk.at("inbox")),
        Err(CaptureError::Locked { .. })
    ));
    made.into_iter()
        .for_each(|job| job.finish().expect("finishes"));
    assert_eq!(fs::read_dir(desk.work()).expect("lists").count(), 0);
}

fn labels(origins: &[Origin]) -> Vec<String> {
    origins.iter().filter_map(Origin::label).collect()
}

#[test]
fn two_jobs_are_merged_and_what_they_say_must_agree() {
    let desk = desk();
    let slip = "dossier = \"H36-230401-0007\"\npages = 1";
    let (a, b) = (desk.job(1, &[b"a"], slip), desk.job(2, &[b"b", b"c"], slip));
    let made = deal(vec![(b, &[1, 2]), (a, &[1])], &[part(11, &[0, 1, 2, 3])]).expect("merges");
    assert_eq!(made.len(), 1);
    let batch = batch(&made[0]);
    assert_eq!(bytes_of(&batch), [b"b", b"c", b"a"]);
    assert_eq!(
        batch.slip.dossier,
        Some("H36-230401-0007".parse().expect("a code"))
    );
    let origin = batch.origin.expect("merged");
    assert_eq!(origin.divided_from, [record(2), record(1)]);
    assert_eq!(origin.label(), None);

    let (a, b) = (
        desk.job(3, &[b"a"], slip),
        desk.job(4, &[b"b"], &slip.replace("0007", "0008")),
    );
    let refused = deal(vec![(a, &[1]), (b, &[1])], &[part(12, &[0, 1])]).expect_err("two dossiers");
    assert!(matches!(
        refused,
        CaptureError::SlipConflict { field: "dossier" }
    ));
    drop(made);
    assert_eq!(desk.settle(false).len(), 3);
}

#[test]
fn a_part_is_divided_again_and_keeps_what_was_left_out() {
    let desk = desk();
    let job = desk.job(1, &[b"five pages"], "");
    let with_sheet = Part {
        left_out: vec![cover_sheet(2)],
        ..part(12, &[3, 4])
    };
    let mut made = deal(vec![(job, &[5])], &[part(11, &[0, 1]), with_sheet]).expect("divides");
    let second = made.remove(1);
    let opened = batch(&second);
    let parent = Parent {
        job: &second,
        batch: &opened,
        page_counts: &[5],
    };
    assert_eq!(document_pages(&[parent]), [3, 4]);
    let its_siblings = rearrange(&[parent], &[part(21, &[1, 3]), part(22, &[4])]);
    assert!(matches!(its_siblings, Err(CaptureError::Parts(_))));
    let made = rearrange(&[parent], &[part(21, &[3]), part(22, &[4])]).expect("divides");
    let origins: Vec<_> = made.iter().filter_map(|job| job.origin.clone()).collect();
    assert_eq!(labels(&origins), ["2.1", "2.2"]);
    let left_out: Vec<_> = origins.iter().map(|origin| origin.left_out.len()).collect();
    assert_eq!(left_out, [1, 0]);
    assert_eq!(origins[0].left_out[0].original_page, 2);
}

#[test]
fn pages_that_are_nobodys_or_everybodys_are_refused() {
    let desk = desk();
    let job = desk.job(1, &[b"a", b"b"], "");
    let opened = batch(&job);
    let parent = |page_counts| Parent {
        job: &job,
        batch: &opened,
        page_counts,
    };
    let cases: [(&[usize], &[Part]); 9] = [
        (&[2, 1], &[]),
        (&[2, 1], &[part(11, &[0, 1])]),
        (&[2, 1], &[part(11, &[0, 1, 2, 3])]),
        (&[2, 1], &[part(11, &[0, 1]), part(12, &[1, 2])]),
        (&[2, 1], &[part(11, &[0, 1]), part(11, &[2])]),
        (&[2, 1], &[part(11, &[0, 1, 2]), part(12, &[])]),
        (&[2, 1], &[part(1, &[0, 1, 2])]),
        (&[3], &[part(11, &[0, 1, 2])]),
        (&[3, 0], &[part(11, &[0, 1, 2])]),
    ];
    for (counts, parts) in cases {
        let refused = rearrange(&[parent(counts)], parts).expect_err("refused");
        assert!(matches!(refused, CaptureError::Parts(_)), "{refused}");
    }
    let twice = [parent(&[2, 1]), parent(&[2, 1])];
    assert!(rearrange(&twice, &[part(11, &[0, 1, 2, 3, 4, 5])]).is_err());
    assert!(rearrange(&[], &[part(11, &[0])]).is_err());
    rearrange(&[parent(&[2, 1])], &[part(11, &[0, 1, 2])]).expect("nothing had been done");
}

#[test]
fn bytes_that_changed_are_noticed_before_and_after() {
    let desk = desk();
    let job = desk.job(1, &[b"as it was read"], "");
    let opened = batch(&job);
    let parent = Parent {
        job: &job,
        batch: &opened,
        page_counts: &[2],
    };
    fs::write(job.folder.join("original-0001"), b"as it is now!!").expect("writes");
    let changed = rearrange(&[parent], &[part(11, &[0]), part(12, &[1])]);
    assert!(matches!(changed, Err(CaptureError::StillWritten { .. })));
    fs::write(job.folder.join("original-0001"), b"as it was read").expect("writes");
    let made = rearrange(&[parent], &[part(11, &[0]), part(12, &[1])]).expect("divides");

    fs::write(made[0].folder.join("original-0001"), b"as it is now!!").expect("writes");
    for job in &made {
        let changed = job.open_batch(&generic(), &Limits::default());
        assert!(matches!(changed, Err(CaptureError::Changed { .. })));
    }
    fs::remove_file(made[1].folder.join("original-0001")).expect("removes");
    for job in made {
        let folder = job.folder.clone();
        let refused = give_back(job, &desk.at("inbox")).expect_err("never there");
        assert!(matches!(refused, CaptureError::JobDamaged { .. }));
        assert!(folder.join("job.json").exists());
    }
    let gone = recover(&desk.folder_of(12), &desk.at("inbox"));
    assert!(matches!(gone, Err(CaptureError::Changed { .. })));
}

#[test]
fn a_job_is_opened_while_another_with_the_same_file_ends() {
    let desk = desk();
    let long = vec![7; 1 << 20];
    let job = desk.job(1, &[&long], "");
    let made = deal(vec![(job, &[2])], &[part(11, &[0]), part(12, &[1])]).expect("divides");
    let [one, other] = made.as_slice() else {
        panic!("two");
    };
    let (file, link) = (other.folder.join("original-0001"), desk.at("link"));
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                fs::hard_link(&file, &link).expect("links");
                fs::remove_file(&link).expect("removes");
            }
        });
        let opened: Vec<_> = (0..10)
            .map(|_| one.open_batch(&generic(), &Limits::default()))
            .collect();
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}

#[test]
fn a_job_of_an_older_program_is_still_read() {
    let desk = desk();
    drop(desk.job(1, &[b"a"], ""));
    let path = desk.folder_of(1).join("job.json");
    let text = fs::read_to_string(&path).expect("reads");
    for member in ["\"selection\"", "\"origin\"", "\"sha256\""] {
        assert!(!text.contains(member), "an older program reads it too");
    }
    let Ok(Recovered::Job(job)) = recover(&desk.folder_of(1), &desk.at("inbox")) else {
        panic!("not read");
    };
    assert_eq!((&job.selection, &job.origin), (&None, &None));
}
