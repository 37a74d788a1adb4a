//! Images that nobody here wrote, through the whole journey of the real program under a memory
//! limit: each ends archived or quarantined with a reason, none takes longer than a minute.
//!
//! Runs where `SOHOA_CORPUS` names the corpus, and says so loudly where it does not.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::office::Office;

/// What the program may hold in memory: 400 MiB and 100 MiB a worker (README, “Limits”).
const MEMORY_KIB: u32 = (400 + 100) * 1024;
/// So many files a process: the command line has an end.
const BATCH: usize = 200;

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

/// `ingest` with the data segment (all private memory) limited by the shell.
fn ingest_limited(office: &Office, files: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("ulimit -d {MEMORY_KIB} && exec \"$@\""),
            "sh",
            env!("CARGO_BIN_EXE_sohoa"),
        ])
        .args(["--json", "--quiet", "ingest"])
        .args(files)
        .env("SOHOA_CONFIG", office.at("sohoa.toml"))
        .stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        lines.len(),
        files.len(),
        "an answer a file; after {:?}: {errors}",
        lines.last()
    );
    assert!(!errors.contains("panicked"), "{errors}");
    lines
}

#[test]
fn every_corpus_image_ends_archived_or_refused_with_a_reason() {
    let mut stderr = std::io::stderr();
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS").map(PathBuf::from) else {
        let skipped =
            b"SKIPPED: SOHOA_CORPUS is not set, the journey was not tried on the corpus\n";
        return stderr.write_all(skipped).expect("stderr");
    };
    let office = Office::new();
    office.configure(|text| text.replace("workers = 0", "workers = 1"));
    let files = [
        files_below(&corpus.join("img")),
        files_below(&corpus.join("scan")),
    ]
    .concat();
    assert!(
        files.len() > 100,
        "only {} files below {}",
        files.len(),
        corpus.display()
    );
    let mut outcomes = BTreeMap::<String, usize>::new();
    let mut slowest = (0.0, String::new());
    for batch in files.chunks(BATCH) {
        for answer in ingest_limited(&office, batch) {
            let status = answer["status"].as_str().expect("a status");
            assert!(
                ["archived", "duplicate", "quarantined", "waiting"].contains(&status),
                "{answer}"
            );
            // Only what a person must look at may wait.
            assert!(
                status != "waiting" || answer["reason"] == "worklist.needs_person",
                "{answer}"
            );
            assert!(
                status != "quarantined"
                    || answer["message"]
                        .as_str()
                        .is_some_and(|why| !why.is_empty()),
                "{answer}"
            );
            *outcomes
                .entry(format!(
                    "{status} {}",
                    answer["reason"].as_str().unwrap_or("")
                ))
                .or_default() += 1;
            let seconds = answer["seconds"].as_f64().expect("a time");
            if seconds > slowest.0 {
                slowest = (seconds, answer["file"].to_string());
            }
        }
    }
    let summary = format!(
        "corpus: {} files, slowest {:.1} s ({})\n{outcomes:#?}\n",
        files.len(),
        slowest.0,
        slowest.1
    );
    stderr.write_all(summary.as_bytes()).expect("stderr");
    assert!(slowest.0 < 60.0, "{slowest:?}");
    assert!(outcomes["archived "] > 100, "{outcomes:#?}");
    office.assert_verified();
}
