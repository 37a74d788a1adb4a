//! Figures over a corpus: what can be drawn, how fast, how like a second program's pictures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::*;
use crate::second_renderer::{self, Annotations, Picture, Samples, SecondLimits, SecondRenderer};

/// Pages taken of a file where `SOHOA_PAGES` says nothing else.
const PAGES_MAX: usize = 20;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

fn picture(raster: &Raster) -> Picture {
    let samples = match &raster.pixels {
        Pixels::Grey(levels) => Samples::Grey(levels.clone()),
        Pixels::Rgb(samples) => Samples::Rgb(samples.clone()),
        Pixels::Bilevel(rows) => {
            let width = raster.width as usize;
            let bits = |row: &[u8]| -> Vec<u8> {
                (0..width)
                    .map(|x| {
                        if row[x / 8] & 0x80 >> (x % 8) == 0 {
                            0
                        } else {
                            255
                        }
                    })
                    .collect()
            };
            Samples::Grey(rows.chunks(width.div_ceil(8)).flat_map(bits).collect())
        }
    };
    Picture {
        width: raster.width,
        height: raster.height,
        samples,
    }
}

/// Largest memory of this process so far, MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

/// One line a page: path, page, milliseconds, bytes kept, mean, cells, doubts before and after.
fn measure(path: &Path, second: Option<&SecondRenderer>, table: &mut String) {
    let name = path.display();
    let mut line = |text: String| writeln!(table, "{name}\t{text}").expect("a string grows");
    let bytes = std::fs::read(path).expect("readable");
    let renderer = match Renderer::open(bytes) {
        Ok(renderer) => renderer,
        Err(fault) => return line(format!("-\tunreadable\t{fault}")),
    };
    let stated = std::env::var("SOHOA_PAGES").ok();
    let pages = stated.map_or(PAGES_MAX, |pages| pages.parse().expect("a number"));
    let bounds = Bounds::new(&Limits::default());
    let mut drawer = renderer.drawer();
    for n in 0..renderer.page_count().min(pages) {
        let began = Instant::now();
        let drawing = match drawer.draw(n, 300.0, &bounds) {
            Ok(drawing) => drawing,
            Err(fault) => {
                line(format!("{n}\trefused\t{fault}"));
                continue;
            }
        };
        let drawn = began.elapsed().as_millis();
        let began = Instant::now();
        let kept = compress::compress(&drawing.raster, "measured").expect("coded");
        let coded = began.elapsed().as_millis();
        let ours = picture(&drawing.raster);
        let draw = |how| {
            let second = second?;
            second.draw_for_comparison(path, n, drawing.dpi, how).ok()
        };
        let mut theirs: Vec<Picture> = draw(Annotations::Shown).into_iter().collect();
        let verdict = theirs
            .first()
            .map(|theirs| second_renderer::compare(&ours, theirs));
        if verdict.is_some_and(|verdict| verdict.differs()) {
            theirs.extend(draw(Annotations::Hidden));
        }
        let left = second_renderer::settle(drawing.doubts.clone(), &ours, &theirs);
        line(format!(
            "{n}\tdrawn\t{drawn}\t{coded}\t{}×{}\t{:?}\t{}\t{}\t{verdict:?}\t{:?}\t{left:?}",
            kept.width,
            kept.height,
            kept.encoding,
            kept.data.len(),
            peak_mib(),
            drawing.doubts,
        ));
    }
}

/// Writes its table where `SOHOA_TABLE` says; `SOHOA_ONLY` is part of the paths that are taken. Time is to be
/// measured with this program optimised, too.
#[test]
#[ignore = "takes minutes: SOHOA_CORPUS names the corpus, SOHOA_TABLE the table to write; pdftoppm for comparison"]
fn figures_over_the_corpus() {
    let corpus = PathBuf::from(std::env::var_os("SOHOA_CORPUS").expect("SOHOA_CORPUS"));
    let target = std::env::var_os("SOHOA_TABLE").expect("SOHOA_TABLE");
    let only = std::env::var("SOHOA_ONLY").unwrap_or_default();
    let second = SecondRenderer::find(Vec::new(), SecondLimits::default());
    let mut table = String::new();
    let mut files = 0;
    for folder in ["pdf", "scan", "signed", "vn-pages", "pdf-fuzz"] {
        for path in files_below(&corpus.join(folder)) {
            let is_pdf = path
                .extension()
                .is_some_and(|name| name == "pdf" || name == "fuzz");
            if is_pdf && path.to_string_lossy().contains(&only) {
                measure(&path, second.as_ref(), &mut table);
                std::fs::write(&target, &table).expect("written");
                files += 1;
            }
        }
    }
    assert!(files > 0, "no file below {}", corpus.display());
    assert!(table.contains("\tdrawn\t"), "nothing drawn");
}
