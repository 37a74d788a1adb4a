//! What is fuzzed: the ways in for bytes that others wrote.
//!
//! Each function takes any bytes and ends without a panic, whatever they are. The targets of cargo-fuzz and
//! the slice in `tests/it/fuzz_slice.rs` share this file, so both try the same code. Errors are asked
//! for their messages too: they carry parts of the input.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use sohoa::capture;
use sohoa::config::file::ConfigFile;
use sohoa::config::{Config, Limits, ScannerProfile, profile};
use sohoa::pages::{self, CopyOrder, PageFile, PageWay};
use sohoa::record::{Explain, Lang};
use sohoa::trust::{self, Certificate};
use sohoa::validate::{Question, Validator};

/// More pages tell nothing new about one input and cost time.
const PAGES: usize = 3;

/// Small, so that an input is over quickly and the memory of a fuzzing machine is enough.
const LIMITS: Limits = Limits {
    file_mib: 4,
    pdf_mib: 4,
    page_mpx: 2,
    page_mib: 16,
    pages: 50,
    pdf_expansion_mib: 16,
};

/// Who signed and stamped the seeds of signed files: trusted, so that inputs near them get as far as a verdict.
const SEEDS_ROOTS: &[u8] = include_bytes!("roots.pem");

/// An incoming PDF: opened, its first pages taken as pictures, sanitised pages copied.
/// True where some page could be taken.
pub(crate) fn pdf(data: &[u8]) -> bool {
    let Some(file) = open(data) else { return false };
    let Some(summary) = file.pdf() else {
        return false;
    };
    let first_pages = summary.ways.iter().enumerate().take(PAGES);
    let sanitised = first_pages.filter(|(_, way)| matches!(way, PageWay::Sanitised(_)));
    let pages: Vec<(usize, u16)> = sanitised.map(|(number, _)| (number, 90)).collect();
    let mut taken = false;
    for number in 0..file.page_count().min(PAGES) {
        taken |= is_good(file.page(number));
    }
    if !pages.is_empty() {
        let order = CopyOrder {
            pages,
            first: 10,
            page_tree: 2,
        };
        taken |= is_good(file.copy(&order));
    }
    taken
}

/// A scan: each page decoded, then decoded again to grey as recognition does. True where some page could be.
pub(crate) fn image(data: &[u8]) -> bool {
    let Some(file) = open(data) else { return false };
    if file.pdf().is_some() {
        return false;
    }
    let mut taken = false;
    for number in 0..file.page_count().min(PAGES) {
        taken |= is_good(file.page(number).and_then(|page| page.to_grey()));
    }
    taken
}

/// Text that people write: a slip, a scanner profile, `sohoa.toml`. True where it is one of them.
pub(crate) fn settings(data: &[u8]) -> bool {
    let mut taken = is_good(capture::parse_slip(data, "scan.phieu.toml"));
    let Ok(text) = std::str::from_utf8(data) else {
        return taken;
    };
    taken |= is_good(profile::parse(Path::new("mine.toml"), text));
    // Shipped profiles are read with it each time: only for text that is a configuration at all.
    if toml::from_str::<ConfigFile>(text).is_ok() {
        let (_folder, path) = written(data, "sohoa.toml");
        taken |= is_good(Config::load(&path));
    }
    taken
}

/// A signed PDF, judged: its form, what was changed after each signature, containers, evidence, paths and times.
/// True where something is signed.
pub(crate) fn signed(data: &[u8]) -> bool {
    let (_folder, path) = written(data, "signed.pdf");
    let question = Question::at(jiff::Timestamp::constant(1_795_000_000, 0));
    let roots = trust::certificates_in(SEEDS_ROOTS);
    let roots = roots.iter().filter_map(|root| Certificate::from_der(root));
    let validator = Validator::trusting(roots.collect(), LIMITS, question);
    match validator.validate(&path) {
        Ok(report) => black_box(report).indication.is_some(),
        Err(fault) => {
            explain(&fault);
            false
        }
    }
}

/// The file with these bytes, recognised by its content.
fn open(data: &[u8]) -> Option<Opened> {
    let (folder, path) = written(data, "scan");
    match pages::open(&path, 0, &profile_of_the_test(), &LIMITS) {
        Ok(file) => Some(Opened {
            file,
            _folder: folder,
        }),
        Err(error) => {
            explain(&error);
            None
        }
    }
}

/// A file and the folder that goes when it is no longer needed.
struct Opened {
    file: PageFile,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Opened {
    type Target = PageFile;

    fn deref(&self) -> &PageFile {
        &self.file
    }
}

/// Fails loudly: without a file nothing would be tried.
fn written(data: &[u8], name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, data).expect("a temporary file");
    (folder, path)
}

fn profile_of_the_test() -> ScannerProfile {
    toml::from_str(
        "name = \"test\"\nmodels = []\n[image]\nresolution_dpi = 300\ncolour = \"auto\"\nduplex = false\n\
         page_size = \"A4\"\n[files]\ngrouping = \"file-per-document\"\n",
    )
    .expect("a complete profile")
}

/// Keeps the compiler from leaving the work out, and asks an error for its messages.
fn is_good<T, E: Explain>(result: Result<T, E>) -> bool {
    match result {
        Ok(value) => {
            drop(black_box(value));
            true
        }
        Err(error) => {
            explain(&error);
            false
        }
    }
}

fn explain(error: &impl Explain) {
    for lang in [Lang::Vi, Lang::En] {
        black_box((error.message(lang), error.advice(lang)));
    }
}
