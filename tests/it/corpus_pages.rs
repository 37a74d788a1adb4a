//! Every image and scanner PDF of the corpus ends as pages or with a reason: no panic, no hang, no flood.
//!
//! Runs where `SOHOA_CORPUS` names the corpus, and says so loudly where it does not. Pillow's reading
//! (`ORACLE_img.tsv`) is compared: where it opens a file and we refuse it, the reason is listed.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tables are for a person who runs this by hand"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sohoa::config::{Limits, ScannerProfile};
use sohoa::pages::{self, ImageEncoding, PageError, PageImage};
use sohoa::record::{Explain, Lang};

/// Longest time for one file; unoptimised code on a busy machine gets more.
const SLOWEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 180 } else { 60 });

/// What Pillow says of a file.
struct Oracle {
    size: (u32, u32),
    frames: usize,
}

#[derive(Default)]
struct Summary {
    files: usize,
    pages: usize,
    outcomes: BTreeMap<String, usize>,
    refused_but_pillow_opens: Vec<String>,
    differs: Vec<String>,
    slowest: (Duration, String),
}

#[test]
fn every_corpus_file_ends_as_pages_or_with_a_reason() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: SOHOA_CORPUS is not set, the decoders were not tried on real files");
        return;
    };
    let oracle = oracle(&corpus);
    let mut summary = Summary::default();
    for set in ["img", "scan", "vn-pages", "vn-signed", "pdf", "pdf-fuzz"] {
        for path in files_below(&corpus.join(set)) {
            try_file(&corpus, &path, &oracle, &mut summary);
        }
    }
    println!(
        "{} files, {} pages, slowest {:?} ({})",
        summary.files, summary.pages, summary.slowest.0, summary.slowest.1
    );
    for (outcome, count) in &summary.outcomes {
        println!("{count:6} {outcome}");
    }
    println!("refused, but Pillow opens them:");
    for line in &summary.refused_but_pillow_opens {
        println!("  {line}");
    }
    assert!(summary.files > 500, "the corpus is incomplete");
    assert!(summary.differs.is_empty(), "{:#?}", summary.differs);
}

fn try_file(corpus: &Path, path: &Path, oracle: &BTreeMap<String, Oracle>, summary: &mut Summary) {
    let name = path
        .strip_prefix(corpus)
        .expect("below the corpus")
        .to_string_lossy()
        .into_owned();
    let started = Instant::now();
    let result = all_pages(path);
    let elapsed = started.elapsed();
    assert!(elapsed < SLOWEST, "{name} took {elapsed:?}");
    if elapsed > summary.slowest.0 {
        summary.slowest = (elapsed, name.clone());
    }
    summary.files += 1;
    let expected = oracle.get(&name);
    match result {
        Ok(pages) => {
            summary.pages += pages.len();
            *summary.outcomes.entry("taken".to_owned()).or_default() += 1;
            if let (Some(expected), Some(first)) = (expected, pages.first())
                && !agrees(expected, *first, pages.len(), &name)
            {
                summary.differs.push(format!(
                    "{name}: {first:?} × {} pages, Pillow {:?} × {}",
                    pages.len(),
                    expected.size,
                    expected.frames
                ));
            }
        }
        Err(error) => {
            for lang in [Lang::Vi, Lang::En] {
                assert!(!error.message(lang).is_empty() && !error.advice(lang).is_empty());
            }
            *summary.outcomes.entry(error.code().to_owned()).or_default() += 1;
            if std::env::var_os("SOHOA_CORPUS_LIST").is_some() {
                println!("{name}: {}", error.message(Lang::En));
            }
            if expected.is_some() && !matches!(error, PageError::UnknownFormat) {
                summary
                    .refused_but_pillow_opens
                    .push(format!("{name}: {}", error.message(Lang::En)));
            }
        }
    }
}

/// Same size and pages as Pillow, which turns some TIFFs upright and counts the frames of animations.
fn agrees(oracle: &Oracle, (width, height): (u32, u32), pages: usize, name: &str) -> bool {
    let animation = name.ends_with(".png");
    (oracle.size == (width, height) || oracle.size == (height, width))
        && (oracle.frames == pages || animation)
}

/// Of a PDF only this many pages: outside a fence each page is drawn by a renderer of its own.
const PDF_PAGES: usize = 1;

/// Sizes of all pages.
fn all_pages(path: &Path) -> Result<Vec<(u32, u32)>, PageError> {
    let file = pages::open(path, 0, &profile(), &Limits::default())?;
    let most = file.pdf().map_or(usize::MAX, |_| PDF_PAGES);
    (0..file.page_count().min(most))
        .map(|n| {
            let page = file.page(n)?;
            check(&page);
            Ok((page.width_px, page.height_px))
        })
        .collect()
}

/// What holds for every page that is taken.
fn check(page: &PageImage) {
    assert!(page.width_px > 0 && page.height_px > 0 && !page.data.is_empty());
    assert!(page.resolution.x.is_finite() && page.resolution.x > 0.0);
    assert!(page.resolution.y.is_finite() && page.resolution.y > 0.0);
    assert!(page.rotation.degrees.is_multiple_of(90) && page.rotation.degrees < 360);
    if let ImageEncoding::Jpeg { .. } = page.encoding {
        assert!(page.data.starts_with(&[0xFF, 0xD8]) && page.data.ends_with(&[0xFF, 0xD9]));
    }
}

fn profile() -> ScannerProfile {
    toml::from_str(include_str!("../../scanner-profiles/generic.toml"))
        .expect("the shipped profile")
}

fn oracle(corpus: &Path) -> BTreeMap<String, Oracle> {
    let text =
        fs::read_to_string(corpus.join("ORACLE_img.tsv")).expect("the corpus has its oracle");
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[name, _, _, _, width, height, frames, _, _, "ok"] = fields.as_slice() else {
                return None;
            };
            let oracle = Oracle {
                size: (width.parse().ok()?, height.parse().ok()?),
                frames: frames.parse().ok()?,
            };
            Some((name.to_owned(), oracle))
        })
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a corpus folder") {
            let path = entry.expect("a corpus entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
