//! Objects of several versions, as others see them: the outside judge and `verify`.

use std::fs;

use sohoa::record::FindingCode;

use crate::broken_archives::sample::{Sample, record, revise};
use crate::judge;

#[test]
fn objects_of_one_to_three_versions_are_valid() {
    if !judge::ready("objects_of_one_to_three_versions_are_valid") {
        return;
    }
    for versions in 1..=3 {
        let sample = Sample::new();
        for version in 2..=versions {
            let made = revise(sample.archive(), &format!("read {version} times\u{c}"));
            let head = made.expect("commits").inventory().head().to_string();
            assert_eq!(head, format!("v{version}"));
        }
        assert_eq!(judge::ocfl_root(sample.root()), Ok(3), "{versions}");
        assert_eq!(sample.verify().findings, [], "{versions}");
    }
}

#[test]
fn an_interrupted_revision_is_a_valid_object_once_it_is_finished() {
    if !judge::ready("an_interrupted_revision_is_a_valid_object_once_it_is_finished") {
        return;
    }
    for version_is_ahead in [true, false] {
        let sample = Sample::new();
        sample.interrupt_revision("a page\u{c}", version_is_ahead);
        judge::ocfl_root(sample.root()).expect_err("until then it is not");
        let archive = sample.archive();
        assert_eq!(archive.interrupted_revisions().expect("lists"), [record(1)]);
        archive.finish_interrupted(record(1)).expect("finishes");
        assert_eq!(judge::ocfl_root(sample.root()), Ok(3));
        assert_eq!(sample.verify().findings, []);
        revise(archive, "read again\u{c}").expect("commits");
        assert_eq!(judge::ocfl_root(sample.root()), Ok(3));
    }
}

#[test]
fn damage_in_a_version_that_is_not_the_head_yet_is_found() {
    let sample = Sample::new();
    sample.interrupt_revision("a page\u{c}", true);
    fs::write(sample.of_first("v2/content/text.txt"), "other").expect("writes");
    fs::write(sample.of_first("v2/content/more.txt"), "").expect("writes");
    let codes: Vec<_> = sample.verify().findings.iter().map(|f| f.code).collect();
    let expected = [
        FindingCode::RevisionUnfinished,
        FindingCode::FileUnexpected,
        FindingCode::ContentChanged,
    ];
    assert_eq!(codes, expected);
}
