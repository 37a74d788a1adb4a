use crate::pdfa::PdfFile;
use crate::pdfa::corpus_tests::{measure, total};

#[test]
fn the_suite_on_annotations_forms_actions_and_layers() {
    let clauses = ["6.3", "6.4", "6.5", "6.8", "6.9", "6.10", "6.11"];
    let Some(tallies) = measure(&clauses, &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}

/// Prints what the clauses from 6.3 on say of each file of the corpus, to be compared with other validators.
#[test]
#[ignore = "a measurement; needs SOHOA_CORPUS"]
fn files_of_the_corpus() {
    let corpus = std::path::PathBuf::from(std::env::var_os("SOHOA_CORPUS").unwrap());
    let mut asked = 0;
    for folder in ["pdf", "signed", "scan", "vn-signed"] {
        for entry in walkdir::WalkDir::new(corpus.join(folder)).sort_by_file_name() {
            let Ok(entry) = entry else { continue };
            let Ok(bytes) = std::fs::read(entry.path()) else {
                continue;
            };
            let Ok(document) = lopdf::Document::load_mem(&bytes) else {
                continue;
            };
            asked += 1;
            let file = PdfFile {
                bytes: &bytes,
                document: &document,
            };
            let mut found = Vec::new();
            crate::pdfa::xmp::check(file, &mut found);
            super::check(file, &mut found);
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            let claim = crate::pdfa::claim(&document).map(|claim| (claim.part, claim.conformance));
            let path = entry.path().display();
            println!("FOUND\t{claim:?}\t{path}\t{}", words.join("; "));
        }
    }
    assert!(asked > 0);
}
