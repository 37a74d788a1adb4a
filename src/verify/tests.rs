//! The object checks against the OCFL community's own good and bad objects, where they are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::object;

/// What OCFL allows and this archive does not: it never writes such objects, so they are strangers.
const GOOD_BUT_NOT_OURS: [(&str, &str); 1] = [(
    "minimal_logs_directory_one_log_file",
    "no logs in objects, as nothing proves their bytes",
)];

/// What OCFL forbids and the check lets pass.
const BAD_BUT_ACCEPTED: [(&str, &str); 2] = [
    (
        "E050_manifest_digest_wrong_case",
        "digests are compared as numbers, not as text",
    ),
    (
        "E093_fixity_digest_mismatch",
        "the fixity digest is MD5; only SHA-2 is computed",
    ),
];

fn fixtures(kind: &str) -> Option<Vec<(String, PathBuf)>> {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("SKIPPED: SOHOA_CORPUS is not set, so no OCFL fixtures were checked");
        }
        return None;
    };
    let folder = Path::new(&corpus)
        .join("archive/OCFL+fixtures/1.1")
        .join(kind);
    let mut objects: Vec<_> = folder
        .read_dir()
        .expect("the corpus has OCFL fixtures")
        .map(|entry| entry.expect("entry"))
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .collect();
    objects.sort();
    assert!(objects.len() > 5, "{kind}");
    Some(objects)
}

#[test]
fn good_objects_of_the_community_have_no_problem() {
    let exceptions = BTreeMap::from(GOOD_BUT_NOT_OURS);
    for (name, folder) in fixtures("good-objects").unwrap_or_default() {
        let problems = object::check(&folder, &|_, _| false).problems;

        assert_eq!(
            problems.is_empty(),
            !exceptions.contains_key(name.as_str()),
            "{name}: {problems:?}"
        );
    }
}

#[test]
fn bad_objects_of_the_community_have_one() {
    let exceptions = BTreeMap::from(BAD_BUT_ACCEPTED);
    for (name, folder) in fixtures("bad-objects").unwrap_or_default() {
        let problems = object::check(&folder, &|_, _| false).problems;
        assert_eq!(
            problems.is_empty(),
            exceptions.contains_key(name.as_str()),
            "{name}: {problems:?}"
        );
    }
}
