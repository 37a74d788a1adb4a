//! A process that claims is killed again and again.

use super::*;

/// Set for the process that [`killed_at_any_instant_nothing_is_lost_or_doubled`] starts and kills.
const VICTIM: &str = "SOHOA_TEST_CLAIM_VICTIM";

#[test]
fn killed_at_any_instant_nothing_is_lost_or_doubled() {
    if let Ok(root) = std::env::var(VICTIM) {
        return claim_everything(Path::new(&root));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().to_owned();
    let office = office_of(root.join("inbox"), root.join("work"), vec![folder]);
    let mut dropped: Vec<Vec<u8>> = Vec::new();
    for number in 0..300 {
        let bytes = format!("scan {number}").into_bytes();
        office.drop_file(format!("{}/{number}.jpg", number / 3), &bytes);
        dropped.push(bytes);
    }
    dropped.sort();
    let mut claimed_jobs = 0;
    for round in 0..25 {
        let mut victim = std::process::Command::new(std::env::current_exe().expect("a test"))
            .args([
                "--exact",
                "capture::claim::tests::killed::killed_at_any_instant_nothing_is_lost_or_doubled",
            ])
            .env(VICTIM, &root)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("starts");
        // On a busy machine the victim takes long to begin.
        let begun = |entries: usize| jobs(&office.work).expect("lists").len() > entries;
        while !begun(claimed_jobs) && victim.try_wait().expect("looks").is_none() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        std::thread::sleep(std::time::Duration::from_micros(round * 1_237));
        victim.kill().expect("kills");
        victim.wait().expect("ends");
        let folders = jobs(&office.work).expect("lists");
        claimed_jobs = folders.len();
        for folder in folders {
            recover(&folder, &office.inbox).expect("recovers");
        }
        let mut found: Vec<_> = office
            .contents()
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect();
        found.sort();
        assert_eq!(found, dropped, "round {round}");
    }
    assert!(
        claimed_jobs > 5,
        "the victim hardly lived: {claimed_jobs} jobs"
    );
}

fn claim_everything(root: &Path) {
    let office = office_of(root.join("inbox"), root.join("work"), Vec::new());
    let mut files = office.group().files;
    let first = u64::from(std::process::id()) * 1000;
    for number in first.. {
        let Some(last) = files.pop() else { return };
        let folder = last.candidate.path.parent().map(Path::to_owned);
        let mut group = office.group();
        group.files = vec![last];
        while let Some(page) =
            files.pop_if(|page| page.candidate.path.parent() == folder.as_deref())
        {
            group.files.push(page);
        }
        claim(&group, &office.order(number)).expect("claims");
    }
}
