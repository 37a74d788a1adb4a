//! The clauses of fonts against veraPDF's own suite, and small fonts made here.

use std::path::{Path, PathBuf};

use lopdf::Document;

use super::*;

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "pdf") {
            into.push(path);
        }
    }
    into.sort();
}

fn violations(path: &Path) -> Option<Vec<Violation>> {
    let bytes = std::fs::read(path).ok()?;
    let document = Document::load_mem(&bytes).ok()?;
    let mut found = Vec::new();
    let file = PdfFile {
        bytes: &bytes,
        document: &document,
    };
    check(file, &mut found);
    found.retain(|violation| violation.clause.starts_with("6.2.11"));
    Some(found)
}

#[test]
fn the_suite_is_told_apart() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        eprintln!("SKIPPED the_suite_is_told_apart: SOHOA_CORPUS is not set");
        return;
    };
    let mut all = Vec::new();
    files(&Path::new(&corpus).join("pdfa"), &mut all);
    let mut wrong = Vec::new();
    let (mut passes, mut fails) = (0, 0);
    for path in &all {
        let name = path.to_string_lossy().into_owned();
        let found = violations(path);
        if name.contains("-pass-") {
            passes += 1;
            match found {
                Some(found) if found.is_empty() => {}
                Some(found) => wrong.push(format!("refused: {name}: {}", found[0])),
                None => eprintln!("not loaded: {name}"),
            }
        } else if name.contains("6.2.11") {
            fails += 1;
            if found.is_some_and(|found| found.is_empty()) {
                wrong.push(format!("accepted: {name}"));
            }
        }
    }
    eprintln!("{passes} pass files, {fails} fail files, {} wrong", wrong.len());
    assert!(passes > 100 && fails > 20);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
#[ignore = "prints figures; needs SOHOA_CORPUS and FONTS_LIST, a file with one path a line"]
fn figures_over_listed_files() {
    let list = std::fs::read_to_string(std::env::var("FONTS_LIST").expect("list")).expect("list");
    for path in list.lines() {
        let start = std::time::Instant::now();
        let found = violations(Path::new(path));
        let verdict = match &found {
            None => "UNREAD".to_owned(),
            Some(found) if found.is_empty() => "PASS".to_owned(),
            Some(found) => {
                let whats: Vec<String> = found.iter().map(ToString::to_string).collect();
                format!("FAIL\t{}", whats.join("; "))
            }
        };
        println!("RESULT\t{path}\t{:?}\t{verdict}", start.elapsed());
    }
}
