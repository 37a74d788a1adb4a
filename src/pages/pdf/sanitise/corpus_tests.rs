//! Real files copied: what is accepted conforms, reads and looks as before.
//!
//! Runs where `SOHOA_CORPUS` names the corpus, and says so loudly where it does not. `SOHOA_COPIES` may
//! name a folder to leave the copies in.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measurement is read by people"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use lopdf::Document;

use super::test_support::{TARGET, wanted, whole};
use super::{Wanted, copy, examine};
use crate::config::Limits;
use crate::pages::pdf::loaded::load;

/// Pages of one file that are compared with their source.
const COMPARED_MAX: usize = 4;
const PAGES_MAX: usize = 300;

#[derive(Default)]
struct Figures {
    files: usize,
    unread: usize,
    pages: usize,
    accepted: usize,
    obstacles: BTreeMap<String, usize>,
    late: BTreeMap<String, usize>,
    copies: Vec<Copy>,
}

struct Copy {
    source: PathBuf,
    file: PathBuf,
    /// Numbers in the source, from 1.
    pages: Vec<usize>,
}

fn pdfs(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pdfs(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("pdf"))
        {
            found.push(path);
        }
    }
}

fn copy_file(source: &Path, folder: &Path, figures: &mut Figures) {
    figures.files += 1;
    let Ok(document) = load(source, &Limits::default(), false) else {
        figures.unread += 1;
        return;
    };
    if document.is_encrypted() && !document.was_encrypted() {
        figures.unread += 1;
        return;
    }
    let mut accepted: Vec<(usize, Wanted)> = Vec::new();
    for (index, page) in document.page_iter().take(PAGES_MAX).enumerate() {
        figures.pages += 1;
        match examine(&document, page) {
            Ok(()) => accepted.push((index + 1, wanted(&document, page))),
            Err(why) => *figures.obstacles.entry(why.to_string()).or_default() += 1,
        }
    }
    if accepted.is_empty() {
        return;
    }
    figures.accepted += accepted.len();
    let (pages, wanted): (Vec<usize>, Vec<Wanted>) = accepted.into_iter().unzip();
    match copy(source, &document, &wanted, TARGET) {
        Ok(copied) => {
            let file = folder.join(format!("{:04}.pdf", figures.files));
            std::fs::write(&file, whole(&copied)).expect("a writable folder");
            figures.copies.push(Copy {
                source: source.to_owned(),
                file,
                pages,
            });
        }
        Err(why) => *figures.late.entry(why.to_string()).or_default() += 1,
    }
}

/// Failing clauses with the files that fail them, and how many files pass.
fn verapdf(copies: &[Copy]) -> (usize, BTreeMap<String, Vec<String>>) {
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/verapdf");
    let output = Command::new(judge)
        .arg("2b")
        .args(copies.iter().map(|copy| &copy.file))
        .output()
        .expect("veraPDF runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut passed, mut clauses) = (0, BTreeMap::<String, Vec<String>>::new());
    for (line, copy) in said.lines().zip(copies) {
        let mut fields = line.split('\t');
        match fields.next() {
            Some("PASS") => passed += 1,
            verdict => {
                let why = fields.nth(1).unwrap_or_default();
                for finding in why.split("; ") {
                    let clause = match verdict {
                        Some("FAIL") => finding.split(':').next().unwrap_or_default(),
                        _ => "ERROR",
                    };
                    if clause.starts_with("6.") || clause == "ERROR" {
                        let file = copy.file.file_name().expect("named").to_string_lossy();
                        clauses
                            .entry(clause.to_owned())
                            .or_default()
                            .push(format!("{file} {} {finding}", copy.source.display()));
                    }
                }
            }
        }
    }
    assert_eq!(said.lines().count(), copies.len(), "{said}");
    (passed, clauses)
}

fn printed(program: &str, arguments: &[&str], page: usize, file: &Path) -> Vec<u8> {
    let page = page.to_string();
    // Some files make poppler run for ever.
    let mut command = Command::new("timeout");
    command.args(["20", program]);
    command
        .args(["-f", &page, "-l", &page])
        .args(arguments)
        .arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    command.output().expect("poppler runs").stdout
}

/// Mean difference of two pictures, 255 where they are not of one size.
#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn difference(one: &[u8], other: &[u8]) -> f64 {
    if one.len() != other.len() || one.is_empty() {
        return 255.0;
    }
    let sum: u64 = one
        .iter()
        .zip(other)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / one.len() as f64
}

/// Pages that read or look otherwise than their source; those that poppler cannot draw do not count.
fn compare(copies: &[Copy]) -> (usize, Vec<String>, Vec<String>) {
    let (mut compared, mut texts, mut looks) = (0, Vec::new(), Vec::new());
    for copy in copies {
        for (index, &page) in copy.pages.iter().enumerate().take(COMPARED_MAX) {
            let told = format!(
                "{} page {} = {} page {page}",
                copy.file.display(),
                index + 1,
                copy.source.display()
            );
            let drawn = |page, file| printed("pdftoppm", &["-r", "50", "-cropbox"], page, file);
            let before = drawn(page, &copy.source);
            if before.is_empty() {
                continue;
            }
            compared += 1;
            let text = |page, file| printed("pdftotext", &[], page, file);
            if text(page, &copy.source) != text(index + 1, &copy.file) {
                texts.push(told.clone());
            }
            let mean = difference(&before, &drawn(index + 1, &copy.file));
            if mean > 1.0 {
                looks.push(format!("{told}: {mean:.2}"));
            }
        }
    }
    (compared, texts, looks)
}

#[test]
#[ignore = "minutes over SOHOA_CORPUS, with veraPDF and poppler: cargo test --lib sanitise -- --ignored"]
fn real_pages_conform_read_and_look_as_before() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: SOHOA_CORPUS is not set, copying was not tried on real pages");
        return;
    };
    let kept = std::env::var_os("SOHOA_COPIES").map(PathBuf::from);
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = kept.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).expect("a writable folder");
    let mut sources = Vec::new();
    for part in ["pdf", "scan", "signed", "pdfa", "vn-signed"] {
        pdfs(&corpus.join(part), &mut sources);
    }
    pdfs(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"),
        &mut sources,
    );
    let mut figures = Figures::default();
    for source in &sources {
        copy_file(source, &folder, &mut figures);
    }
    eprintln!(
        "{} files, {} not read; {} pages, {} accepted, of {} files",
        figures.files,
        figures.unread,
        figures.pages,
        figures.accepted,
        figures.copies.len()
    );
    eprintln!("obstacles: {:#?}", figures.obstacles);
    eprintln!("obstacles when copied only: {:#?}", figures.late);
    let (passed, clauses) = verapdf(&figures.copies);
    eprintln!("veraPDF 2b: {passed} of {} pass", figures.copies.len());
    for (clause, files) in &clauses {
        eprintln!("{clause}: {} files", files.len());
    }
    let (compared, texts, looks) = compare(&figures.copies);
    eprintln!(
        "{compared} pages compared: {} read, {} look otherwise",
        texts.len(),
        looks.len()
    );
    eprintln!("{texts:#?}\n{looks:#?}");
    // What fonts lack is judged on the copy.
    let others: Vec<_> = clauses
        .iter()
        .filter(|(clause, _)| !clause.starts_with("6.2.11"))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(texts.is_empty(), "read otherwise");
    // A link's border, which the copy leaves out, and a highlight that poppler draws in a way of its own.
    assert!(looks.len() <= 2, "look otherwise");
    assert!(figures.accepted > 100, "{} pages", figures.accepted);
}

#[test]
fn a_file_without_pages_gives_no_copies() {
    let document = Document::with_version("1.7");
    let copied = copy(Path::new("none"), &document, &[], TARGET).expect("nothing to copy");
    assert!(copied.objects.is_empty() && copied.pages.is_empty());
}
