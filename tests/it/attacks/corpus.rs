//! Signed and hostile files that nobody here wrote.
//!
//! Runs where `SOHOA_CORPUS` names the corpus, and says so loudly where it does not.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;

/// One file, opened and every signature compared, unoptimised.
const ONE_FILE_MAX: Duration = Duration::from_secs(20);

/// Signed files of the corpus that pyHanko 0.38 refuses: by their coverage, by what was changed, or unread.
const REFUSED_BY_PYHANKO: [&str; 9] = [
    "one-byterange.pdf",
    "signature-gap-too-big.pdf",
    "tail-uncovered.pdf",
    "weird-byterange.pdf",
    "extensions-indirect-not-all-paths.pdf",
    "form-update-ap-indirect-sneaky-trailer.pdf",
    "form-update-no-override-appearance-stream-ap-indirect-sneaky.pdf",
    "form-update-override-appearance-stream-ap-indirect-sneaky.pdf",
    "form-update-override-appearance-stream-sneaky.pdf",
];

/// Signed files that must pass here, so that refusing everything is no way to pass the test above.
const FINE: [&str; 16] = [
    "certified-with-indirect-refs-in-dir.pdf",
    "form-update-no-override-appearance-stream-ap-indirect.pdf",
    "form-update-override-appearance-stream-ap-indirect.pdf",
    "form-update-override-appearance-stream.pdf",
    "minimal-signed-twice-both-created.pdf",
    "minimal-signed-twice-second-created.pdf",
    "minimal-two-fields-signed-twice.pdf",
    "pades-with-old-style-signing-cert-attr.pdf",
    "separate-annots-kids-indir.pdf",
    "sig-with-ski-sid.pdf",
    "testfile30.pdf",
    "pdf-acrobat.pdf",
    "pdf-linearized.pdf",
    "signed.pdf",
    "signed-once.pdf",
    "signed-twice.pdf",
];

/// Stricter than pyHanko on purpose: the signing program gave the catalogue a version and metadata of its own.
const STRICTER: [&str; 4] = [
    "extensions-direct.pdf",
    "extensions-indirect.pdf",
    "extensions-update-direct.pdf",
    "extensions-update-indirect.pdf",
];

fn corpus(folder: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SOHOA_CORPUS").map(|root| PathBuf::from(root).join(folder));
    if found.is_none() {
        let skipped = format!("SKIPPED: SOHOA_CORPUS is not set, {folder} was not looked at\n");
        std::io::stderr()
            .write_all(skipped.as_bytes())
            .expect("stderr");
    }
    found
}

/// What is said of the structure of a file; digests are for the container.
fn structure(path: &Path) -> Option<Vec<String>> {
    let start = Instant::now();
    let document = SignedDocument::open(path, &Limits::default()).ok()?;
    let said = said_of(&document);
    drop(document.evidence(None));
    assert!(
        start.elapsed() < ONE_FILE_MAX,
        "{}: {:?}",
        path.display(),
        start.elapsed()
    );
    Some(said.into_iter().filter(|it| it != "digest").collect())
}

#[test]
fn what_pyhanko_refuses_does_not_pass() {
    let Some(folder) = corpus("signed") else {
        return;
    };
    let (mut refused, mut fine, mut stricter) = (0, 0, 0);
    for path in files_below(&folder) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8")
            .to_owned();
        let said = structure(&path);
        if REFUSED_BY_PYHANKO.contains(&name.as_str()) {
            assert!(said.is_some_and(|said| !said.is_empty()), "{name} passes");
            refused += 1;
        } else if FINE.contains(&name.as_str()) {
            assert_eq!(said.as_deref(), Some(&[][..]), "{name}");
            fine += 1;
        } else if STRICTER.contains(&name.as_str()) {
            let said = said.expect("a PDF");
            assert!(
                said.contains(&"entry-changed".to_owned()),
                "{name}: {said:?}"
            );
            stricter += 1;
        }
    }
    assert_eq!(refused, REFUSED_BY_PYHANKO.len());
    assert_eq!((fine, stricter), (FINE.len(), STRICTER.len()));
}

#[test]
fn published_decisions_of_vietnamese_agencies_have_no_forbidden_change() {
    let Some(folder) = corpus("vn-signed") else {
        return;
    };
    let mut signatures = 0;
    for path in files_below(&folder) {
        let document = SignedDocument::open(&path, &Limits::default()).expect("a PDF");
        assert_eq!(said_of(&document), [] as [&str; 0], "{}", path.display());
        signatures += document.fields().len();
        let Some(first) = document
            .fields()
            .first()
            .filter(|_| document.fields().len() == 7)
        else {
            continue;
        };
        // Number, day, month and year are signatures of the agency, each seen on the page.
        let allowed = changes::after(&document, first).allowed;
        let codes: Vec<&str> = allowed.iter().map(|it| it.what.code()).collect();
        assert_eq!(
            codes.iter().filter(|it| **it == "signature-added").count(),
            6
        );
        assert_eq!(
            codes.iter().filter(|it| **it == "producer-noted").count(),
            1
        );
        assert_eq!(codes.len(), 7);
    }
    assert_eq!(signatures, 9);
}

#[test]
fn hostile_files_neither_panic_nor_take_long() {
    let mut looked_at = 0;
    for folder in ["pdf-fuzz", "pdf", "signed"] {
        let Some(folder) = corpus(folder) else {
            return;
        };
        for path in files_below(&folder) {
            structure(&path);
            looked_at += 1;
        }
    }
    assert!(looked_at > 700, "{looked_at} files");
}
