//! The scanner over a real folder, with a clock of our own.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use super::*;
use crate::config::profile;
use crate::record::Explain;

const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a scan \xFF\xD9";

struct Counter {
    inbox: tempfile::TempDir,
    scanner: Scanner,
    start: Instant,
}

fn counter() -> Counter {
    let inbox = tempfile::tempdir().expect("a folder");
    let profiles = profile::load_all(Path::new("/not there")).expect("shipped profiles");
    let generic = profiles["generic"].clone();
    Counter {
        scanner: Scanner::new(inbox.path().to_owned(), move |_| generic.clone()),
        inbox,
        start: Instant::now(),
    }
}

impl Counter {
    fn drop_file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.inbox.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, bytes).expect("writes");
        path
    }

    fn tick(&mut self, seconds: u64) -> Tick {
        let now = self.start + Duration::from_secs(seconds);
        self.scanner.tick(now, usize::MAX)
    }

    fn ready(&mut self, seconds: u64) -> usize {
        self.tick(seconds).ready_groups.len()
    }
}

#[test]
fn a_complete_file_is_ready_when_it_settled() {
    let mut counter = counter();
    counter.drop_file("q/a.jpg", JPEG);
    let tick = counter.tick(0);
    assert!(tick.ready_groups.is_empty());
    assert_eq!(tick.next_wake, Some(counter.start + Duration::from_secs(2)));
    assert_eq!(counter.ready(1), 0);
    let tick = counter.tick(2);
    assert_eq!(tick.ready_groups.len(), 1);
    assert!(tick.ready_groups[0].files[0].complete);
    assert_eq!(counter.ready(3), 1, "what was not claimed comes again");
}

#[test]
fn a_file_is_never_ready_while_somebody_writes() {
    let mut counter = counter();
    let path = counter.drop_file("q/a.jpg", b"\xFF\xD8\xFF\xE0");
    let mut file = fs::File::options().append(true).open(path).expect("opens");
    for second in 0..100 {
        // Each piece ends as a whole JPEG does.
        file.write_all(b" more \xFF\xD9").expect("writes");
        assert_eq!(counter.ready(second), 0);
    }
    assert_eq!(counter.ready(101), 1);
}

#[test]
fn a_file_without_its_end_is_given_a_minute() {
    let mut counter = counter();
    counter.drop_file("q/half.jpg", &JPEG[..8]);
    counter.drop_file("q/empty.jpg", b"");
    counter.drop_file("q/letter.docx", b"PK\x03\x04");
    counter.tick(0);
    let tick = counter.tick(2);
    assert_eq!(
        tick.ready_groups.len(),
        1,
        "an unknown format has no end to wait for"
    );
    assert_eq!(
        tick.next_wake,
        Some(counter.start + Duration::from_secs(60))
    );
    assert_eq!(counter.ready(59), 1);
    let tick = counter.tick(60);
    let complete = tick
        .ready_groups
        .iter()
        .map(|group| group.files[0].complete);
    assert_eq!(complete.filter(|&complete| !complete).count(), 2);
}

#[test]
fn a_slip_must_settle_too_and_is_told_of_when_it_stays_alone() {
    let mut counter = counter();
    counter.drop_file("q/a.jpg.phieu.toml", b"pages = 1");
    counter.tick(0);
    counter.drop_file("q/a.jpg", JPEG);
    counter.drop_file("q/b.jpg.phieu.toml", b"pages = 1");
    counter.tick(1);
    let tick = counter.tick(3);
    assert_eq!(tick.ready_groups[0].slips.len(), 1);
    assert!(tick.refusals.is_empty());
    let tick = counter.tick(61);
    assert_eq!(tick.refusals[0].reason.code(), "capture.slip_alone");
    assert!(counter.tick(62).refusals.is_empty());
}

#[test]
fn a_refusal_is_told_once_until_its_cause_is_gone() {
    let mut counter = counter();
    let link = counter.inbox.path().join("q/link.jpg");
    counter.drop_file("q/a.jpg", JPEG);
    symlink("/etc/passwd", &link).expect("links");
    assert_eq!(counter.tick(0).refusals.len(), 1);
    assert!(counter.tick(1).refusals.is_empty());
    fs::remove_file(&link).expect("removes");
    assert!(counter.tick(2).refusals.is_empty());
    symlink("/etc/passwd", &link).expect("links");
    assert_eq!(counter.tick(3).refusals.len(), 1);
}

#[test]
fn a_group_that_cannot_be_claimed_is_put_off_for_longer_each_time() {
    let mut counter = counter();
    counter.drop_file("q/a.jpg", JPEG);
    counter.tick(0);
    let mut now = 2;
    for pause in [1, 2, 4, 8] {
        let tick = counter.tick(now);
        assert_eq!(tick.ready_groups.len(), 1, "at {now} s");
        let start = counter.start;
        let at = start + Duration::from_secs(now);
        counter.scanner.put_off(&tick.ready_groups[0], at);
        now += pause;
        assert_eq!(counter.ready(now - 1), usize::from(pause == 0));
    }
}

#[test]
fn an_unreadable_file_is_told_of_once_after_four_attempts() {
    let mut counter = counter();
    let path = counter.drop_file("q/a.jpg", JPEG);
    let unreadable = |_: &Path| Err(io::ErrorKind::PermissionDenied.into());
    let mut told = Vec::new();
    for second in 0..40 {
        counter.scanner.ticks += 1;
        let now = counter.start + Duration::from_secs(second);
        let found = scan::look(counter.inbox.path());
        counter.scanner.learn_stations(found.scans.iter());
        let mut refusals = Vec::new();
        let progress = counter
            .scanner
            .progress_of_all(found.scans, now, &mut refusals, unreadable);
        assert!(matches!(progress[0].1, Progress::Waiting(_)));
        counter.scanner.keep_untold(&mut refusals);
        told.extend(
            refusals
                .iter()
                .map(|refusal| (second, refusal.path.clone())),
        );
    }
    assert_eq!(
        told,
        [(9, path)],
        "2 s settling, then 1 + 2 + 4 s of pauses"
    );
}

#[test]
fn two_thousand_files_take_less_than_half_a_second() {
    let mut counter = counter();
    for number in 0..2000 {
        counter.drop_file(&format!("q{}/{number}.jpg", number % 4), JPEG);
    }
    counter.tick(0);
    let begin = Instant::now();
    assert_eq!(counter.ready(2), 2000);
    let taken = begin.elapsed();
    assert!(taken < Duration::from_millis(500), "{taken:?}");
}

#[test]
fn a_file_that_its_writer_holds_is_left_alone_for_ten_minutes() {
    use notify::event::{AccessKind, AccessMode, DataChange, EventKind, ModifyKind};

    let mut counter = counter();
    let path = counter.drop_file("q/a.jpg", JPEG);
    let half = counter.drop_file("q/half.jpg", &JPEG[..8]);
    let writers = Arc::new(Writers::default());
    counter.scanner.heed(Arc::clone(&writers));
    let tell = |kind, path: &Path| writers.note(&notify::Event::new(kind).add_path(path.into()));
    let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    tell(written, &path);
    tell(written, &half);
    counter.tick(0);
    assert_eq!(
        counter.ready(3),
        0,
        "complete as it looks, it is not closed"
    );
    assert_eq!(counter.ready(599), 0);
    tell(
        EventKind::Access(AccessKind::Close(AccessMode::Write)),
        &path,
    );
    assert_eq!(counter.ready(599), 1, "closed");
    assert_eq!(counter.ready(601), 2, "nobody waits for ever");
}

#[test]
fn a_crowd_is_handed_out_in_portions_of_one_look() {
    let mut counter = counter();
    for number in 0..50 {
        counter.drop_file(&format!("q/{number}.jpg"), JPEG);
    }
    counter.tick(0);
    let now = counter.start + Duration::from_secs(2);
    let mut taken = std::collections::BTreeSet::new();
    let looks = counter.scanner.ticks;
    counter.scanner.next_look = None;
    for portion in 0..10 {
        let tick = counter.scanner.tick(now, 5);
        // However fast this machine looks: the next is due later than at once.
        counter.scanner.next_look = Some(now + Duration::from_secs(1));
        assert_eq!(tick.ready_groups.len(), 5);
        assert_eq!(tick.has_more, portion < 9);
        taken.extend(
            tick.ready_groups
                .into_iter()
                .map(|group| group.files[0].candidate.path.clone()),
        );
    }
    assert_eq!((taken.len(), counter.scanner.ticks - looks), (50, 1));
}
