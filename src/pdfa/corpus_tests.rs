//! The check against veraPDF's own PDF/A-2b suite, whose files say in their names what they are.
//!
//! Each group of clauses is measured by itself: the fail files of its folders must be refused by its own
//! clauses, and no pass file of the whole suite may be. Runs where `SOHOA_CORPUS` names the corpus.

#![allow(clippy::print_stderr, reason = "a measurement is read by people")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lopdf::Document;

use super::{PdfFile, Violation, check};

/// What a group of clauses answered about one folder of the suite.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passes: usize,
    pub(super) passes_accepted: usize,
    pub(super) fails: usize,
    pub(super) fails_refused: usize,
    /// Refused by the folder's own clause.
    pub(super) fails_understood: usize,
}

/// Asks the check about the suite; only violations of `clauses` count. `None` without the corpus.
///
/// Clauses and folders are told by prefixes such as `6.2.11`; `except` takes some out again. All pass files
/// of the suite are asked, fail files only of the folders. Wrong answers are printed.
pub(super) fn measure(clauses: &[&str], except: &[&str]) -> Option<BTreeMap<String, Tally>> {
    let suite = suite()?;
    let within = |clause: &str| {
        clauses.iter().any(|prefix| is_under(clause, prefix))
            && !except.iter().any(|prefix| is_under(clause, prefix))
    };
    let mut tallies = BTreeMap::<String, Tally>::new();
    for path in files(&suite) {
        let folder = clause_of(&path);
        let passes = path.to_string_lossy().contains("-pass-");
        if !passes && !within(&folder) {
            continue;
        }
        let found: Vec<Violation> = judged(&path)
            .into_iter()
            .filter(|violation| within(violation.clause))
            .collect();
        let tally = tallies.entry(folder.clone()).or_default();
        if passes {
            tally.passes += 1;
            tally.passes_accepted += usize::from(found.is_empty());
        } else {
            tally.fails += 1;
            tally.fails_refused += usize::from(!found.is_empty());
            let is_understood = found
                .iter()
                .any(|it| is_under(it.clause, &folder) || is_under(&folder, it.clause));
            tally.fails_understood += usize::from(is_understood);
            if !is_understood {
                eprintln!("OTHER CLAUSE {}: {}", file_name(&path), shown(&found));
            }
        }
        if passes != found.is_empty() {
            eprintln!("WRONG {}: {}", file_name(&path), shown(&found));
        }
    }
    for (folder, tally) in &tallies {
        eprintln!(
            "{folder:<12} pass files accepted {}/{}, fail files refused {}/{}, by their clause {}",
            tally.passes_accepted,
            tally.passes,
            tally.fails_refused,
            tally.fails,
            tally.fails_understood
        );
    }
    Some(tallies)
}

/// The sums over all folders.
pub(super) fn total(tallies: &BTreeMap<String, Tally>) -> Tally {
    tallies.values().fold(Tally::default(), |sum, one| Tally {
        passes: sum.passes + one.passes,
        passes_accepted: sum.passes_accepted + one.passes_accepted,
        fails: sum.fails + one.fails,
        fails_refused: sum.fails_refused + one.fails_refused,
        fails_understood: sum.fails_understood + one.fails_understood,
    })
}

fn suite() -> Option<PathBuf> {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: SOHOA_CORPUS is not set, the PDF/A check was not tried on the suite");
        return None;
    };
    Some(corpus.join("pdfa/veraPDF+veraPDF-corpus/PDF_A-2b"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the suite is readable").into_path())
        .filter(|path| path.extension().is_some_and(|end| end == "pdf"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no suite in {}", folder.display());
    files
}

/// What the caller of the check would hold against a file: one that does not load is refused, too.
fn judged(path: &Path) -> Vec<Violation> {
    let bytes = std::fs::read(path).expect("the suite is readable");
    match Document::load_mem(&bytes) {
        Ok(document) => check(PdfFile {
            bytes: &bytes,
            document: &document,
        }),
        Err(_) => vec![Violation::of_file("6.1", "cannot be read")],
    }
}

fn shown(found: &[Violation]) -> String {
    let first: Vec<String> = found.iter().take(3).map(ToString::to_string).collect();
    first.join("; ")
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().expect("a file of the suite has a name");
    name.to_string_lossy().into_owned()
}

/// The clause of the innermost folder: `6.2.2` of `6.2.2 Content streams`.
fn clause_of(path: &Path) -> String {
    let folder = file_name(path.parent().expect("the suite is in folders"));
    folder.split(' ').next().unwrap_or_default().to_owned()
}

fn is_under(clause: &str, prefix: &str) -> bool {
    clause
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn the_suite_on_file_structure() {
    let Some(tallies) = measure(&["6.1"], &[]) else {
        return;
    };
    let sum = total(&tallies);
    // The cross-references of 6-6-2-3-2-t01-pass-c are one byte off, which veraPDF mends.
    assert!(sum.passes_accepted + 1 >= sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
    assert_eq!(sum.fails_understood, sum.fails);
}

#[test]
fn the_suite_on_graphics() {
    let Some(tallies) = measure(&["6.2", "6.9"], &["6.2.11"]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
    // A device colour inside another space or a group is told as 6.2.4.3, an intent as 6.2.6.
    assert!(sum.fails_understood * 100 >= sum.fails * 80);
}
