use crate::pdfa::corpus_tests::{measure, total};

#[test]
fn the_suite_on_metadata() {
    let Some(tallies) = measure(&["6.6"], &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}

/// Prints what the check says of the files of the corpus that claim PDF/A-2.
#[test]
#[ignore = "a measurement; needs SOHOA_CORPUS"]
fn files_that_claim_it() {
    let corpus = std::path::PathBuf::from(std::env::var_os("SOHOA_CORPUS").unwrap());
    let mut asked = 0;
    for folder in ["pdf", "signed", "scan", "vn-signed", "vn-pages"] {
        for entry in walkdir::WalkDir::new(corpus.join(folder)).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            let Ok(document) = lopdf::Document::load_mem(&bytes) else {
                continue;
            };
            let Some(claim) = super::claim(&document) else {
                continue;
            };
            asked += 1;
            let mut found = Vec::new();
            let file = crate::pdfa::PdfFile {
                bytes: &bytes,
                document: &document,
            };
            super::check(file, &mut found);
            crate::pdfa::interactive::check(file, &mut found);
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            println!(
                "CLAIM\t{}{}\t{}\t{}",
                claim.part,
                claim.conformance,
                path.display(),
                words.join("; ")
            );
        }
    }
    assert!(asked > 0);
}
