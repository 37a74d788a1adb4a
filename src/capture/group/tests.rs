//! Grouping by profile, with files that exist on paper only.

use super::*;
use crate::capture::settle::FileState;
use jiff::Timestamp;

fn rules(grouping: Grouping, pattern: Option<&str>) -> Rules {
    Rules {
        grouping,
        pattern: pattern.map(|p| Regex::new(p).expect("compiles")),
        quiet: Duration::from_secs(10),
        settle: Duration::from_secs(2),
    }
}

fn file(path: &str, written: i64) -> Candidate {
    let path = Path::new("/inbox").join(path);
    let inside = path.strip_prefix("/inbox").expect("inside");
    let mut parts = inside.components();
    let station = parts.next().expect("a station");
    Candidate {
        station: station
            .as_os_str()
            .to_string_lossy()
            .parse()
            .expect("a name"),
        inside: parts.as_path().to_owned(),
        state: FileState {
            bytes: 1,
            modified: Timestamp::from_second(written).expect("a time"),
            changed: (0, 0),
            identity: (0, 0),
        },
        path,
    }
}

/// All files still since `start`, looked at a minute later.
fn together(rules: &Rules, scans: &[&str], slips: &[&str]) -> Assembled {
    let start = Instant::now();
    let ready = Progress::Ready {
        since: start,
        complete: true,
    };
    let list = |paths: &[&str]| paths.iter().map(|path| (file(path, 0), ready)).collect();
    assemble(
        list(scans),
        list(slips),
        |_| rules,
        start + Duration::from_secs(60),
    )
}

/// The documents as lists of names, slips behind a bar.
fn shown(assembled: &Assembled) -> Vec<String> {
    let name = |c: &Candidate| {
        c.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let documents = assembled.ready.iter().map(|group| {
        let files: Vec<_> = group.files.iter().map(|f| name(&f.candidate)).collect();
        let slips: Vec<_> = group.slips.iter().map(name).collect();
        match slips.is_empty() {
            true => files.join(" "),
            false => format!("{} | {}", files.join(" "), slips.join(" ")),
        }
    });
    let mut documents: Vec<_> = documents.collect();
    documents.sort();
    documents
}

#[test]
fn a_file_is_a_document_with_the_slip_of_its_name() {
    let rules = rules(Grouping::FilePerDocument, None);
    let assembled = together(
        &rules,
        &["q/a.jpg", "q/b.pdf", "q/c.jpg", "q/c.pdf"],
        &["q/a.jpg.phieu.toml", "q/b.phieu.toml", "q/c.phieu.toml"],
    );
    assert_eq!(
        shown(&assembled),
        [
            "a.jpg | a.jpg.phieu.toml",
            "b.pdf | b.phieu.toml",
            "c.jpg",
            "c.pdf"
        ]
    );
    assert_eq!(assembled.refusals.len(), 1, "c.phieu.toml means two scans");
    assert!(matches!(
        assembled.refusals[0].reason,
        CaptureError::SlipAlone { .. }
    ));
}

#[test]
fn pages_of_a_batch_are_counted_as_people_count() {
    let rules = rules(
        Grouping::FilePerPage,
        Some(r"^(?P<batch>B\d+)_(?P<page>\d+)(?P<side>[fb])?\.jpg$"),
    );
    let assembled = together(
        &rules,
        &[
            "q/B1_10f.jpg",
            "q/B1_2b.jpg",
            "q/B1_2f.jpg",
            "q/B2_1.jpg",
            "q/other/B1_1.jpg",
            "q/photo.jpg",
        ],
        &["q/B1.phieu.toml"],
    );
    assert_eq!(
        shown(&assembled),
        [
            "B1_1.jpg",
            "B1_2f.jpg B1_2b.jpg B1_10f.jpg | B1.phieu.toml",
            "B2_1.jpg",
            "photo.jpg"
        ]
    );
}

#[test]
fn a_folder_is_a_document_and_the_top_folder_is_none() {
    let rules = rules(Grouping::FolderPerDocument, None);
    let assembled = together(
        &rules,
        &["q/x/2.tif", "q/x/10.tif", "q/x/y/1.tif", "q/top.tif"],
        &["q/x/any.phieu.toml", "q/x/y.phieu.toml"],
    );
    assert_eq!(
        shown(&assembled),
        ["1.tif | y.phieu.toml", "2.tif 10.tif | any.phieu.toml"]
    );
    assert!(matches!(
        assembled.refusals[0].reason,
        CaptureError::NoDocumentFolder { .. }
    ));
}

#[test]
fn folder_and_name_give_the_dossier_and_disagreement_is_kept() {
    let rules = rules(
        Grouping::FilePerDocument,
        Some(r"^(?P<dossier>[A-Z0-9.]+-\d{6}-\d{4})"),
    );
    let assembled = together(
        &rules,
        &[
            "q/H36-230401-0001/H36-230401-0002.pdf",
            "q/H36-230401-0003/deep/x.pdf",
            "q/H36-230401-0004.pdf",
            "q/nothing.pdf",
        ],
        &[],
    );
    let mut dossiers: Vec<Vec<String>> = Vec::new();
    for group in &assembled.ready {
        let codes = group.known.iter().flat_map(|slip| &slip.dossier);
        dossiers.push(codes.map(ToString::to_string).collect());
    }
    dossiers.sort();
    let empty: Vec<String> = Vec::new();
    assert_eq!(
        dossiers,
        [
            empty,
            vec!["H36-230401-0001".to_owned(), "H36-230401-0002".to_owned()],
            vec!["H36-230401-0003".to_owned()],
            vec!["H36-230401-0004".to_owned()],
        ]
    );
}

#[test]
fn a_group_waits_for_its_slowest_member_and_for_quiet() {
    let rules = rules(Grouping::FolderPerDocument, None);
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let still = |seconds| Progress::Ready {
        since: at(seconds),
        complete: true,
    };
    let run = |second: Progress, now: Instant| {
        let scans = vec![
            (file("q/x/1.tif", 0), still(0)),
            (file("q/x/2.tif", 0), second),
        ];
        let assembled = assemble(scans, Vec::new(), |_| &rules, now);
        (assembled.ready.len(), assembled.next)
    };
    assert_eq!(run(still(5), at(14)), (0, Some(at(15))));
    assert_eq!(run(still(5), at(15)), (1, None));
    assert_eq!(run(Progress::Waiting(at(99)), at(50)), (0, Some(at(99))));
    // A moment that has passed does not make a waiting file ready.
    assert_eq!(run(Progress::Waiting(at(20)), at(50)).0, 0);
}

#[test]
fn stations_take_turns() {
    let rules = rules(Grouping::FilePerDocument, None);
    let ready = Progress::Ready {
        since: Instant::now(),
        complete: true,
    };
    let files = [
        ("a/3.jpg", 3),
        ("a/1.jpg", 1),
        ("a/2.jpg", 2),
        ("b/9.jpg", 9),
        ("c/7.jpg", 7),
        ("c/8.jpg", 8),
    ];
    let scans = files.map(|(path, written)| (file(path, written), ready));
    let assembled = assemble(scans.into(), Vec::new(), |_| &rules, Instant::now());
    let order: Vec<_> = assembled
        .ready
        .iter()
        .map(|group| group.files[0].candidate.path.to_string_lossy().into_owned())
        .collect();
    let expected = ["a/1", "b/9", "c/7", "a/2", "c/8", "a/3"].map(|p| format!("/inbox/{p}.jpg"));
    assert_eq!(order, expected);
}

#[test]
fn natural_order_is_total() {
    let mut names = [
        "p10", "p2", "p02", "q", "p", "", "p2b", "p2a", "ơ1", "12", "3",
    ];
    names.sort_by(|a, b| natural(a, b).then_with(|| a.cmp(b)));
    assert_eq!(
        names,
        [
            "", "3", "12", "p", "p02", "p2", "p2a", "p2b", "p10", "q", "ơ1"
        ]
    );
}

#[test]
fn a_slip_finds_its_scan_whoever_wrote_the_name() {
    let rules = rules(Grouping::FilePerDocument, None);
    let decomposed = "q/to\u{31b}\u{300}.jpg.phieu.toml";
    for (scan, slip) in [
        ("q/Scan1.jpg", "q/SCAN1.JPG.phieu.toml"),
        ("q/Scan1.jpg", "q/scan1.phieu.toml"),
        ("q/tờ.jpg", decomposed),
    ] {
        let found = together(&rules, &[scan], &[slip]);
        assert_eq!(found.ready.len(), 1);
        assert_eq!(found.ready[0].slips.len(), 1, "{slip}");
    }
    // Two scans that only Linux tells apart: each has the slip of its very name, and no other's.
    let scans = ["q/a.jpg", "q/A.jpg"];
    let found = together(&rules, &scans, &["q/A.jpg.phieu.toml"]);
    let owners = found.ready.iter().filter(|group| group.slips.len() == 1);
    let names: Vec<_> = owners
        .map(|group| &group.files[0].candidate.inside)
        .collect();
    assert_eq!(names, [Path::new("A.jpg")]);
    let found = together(&rules, &scans, &["q/a.JPG.phieu.toml"]);
    assert_eq!(found.refusals.len(), 1, "whose it is, is not certain");
}
