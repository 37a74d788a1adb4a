//! Rules about the source itself: the size of files and functions, the direction of imports, banned calls.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const TEST_FUNCTION_LINES_MAX: usize = 100;

/// What a module of `src/` may import of ours, along the journey. `pipeline`, `describe`, `error`,
/// `daemon`, `cli`, `lib` and `main` stand above the stages and may import all of them.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("durable", &["record"]),
    ("access", &["record", "durable"]),
    ("random", &["record"]),
    ("typeface", &[]),
    ("fence", &[]),
    ("http", &[]),
    ("second_renderer", &["record", "fence"]),
    ("pdf_object", &[]),
    ("pdfa", &["record", "pdf_object"]),
    ("config", &["record"]),
    ("capture", &["record", "config", "durable"]),
    (
        "pages",
        &[
            "record",
            "config",
            "capture",
            "durable",
            "fence",
            "pdf_object",
            "pdfa",
            "second_renderer",
            "typeface",
        ],
    ),
    (
        "compose",
        &[
            "record",
            "config",
            "pages",
            "recognise",
            "durable",
            "typeface",
            "pdfa",
        ],
    ),
    (
        "recognise",
        &["record", "config", "pages", "durable", "fence"],
    ),
    (
        "worklist",
        &["record", "config", "capture", "recognise", "durable"],
    ),
    (
        "sign",
        &[
            "record",
            "config",
            "durable",
            "typeface",
            "pdf_object",
            "http",
            "trust",
        ],
    ),
    ("trust", &["record", "config", "durable", "http"]),
    ("session", &["record", "durable", "sign"]),
    ("read_back", &["record", "durable"]),
    ("archive", &["record", "config", "durable"]),
    ("ledger", &["record", "durable", "random"]),
    ("index", &["record"]),
    ("look_up", &["record", "recognise", "index"]),
    (
        "validate",
        &["record", "config", "durable", "pdf_object", "trust"],
    ),
    ("verify", &["record", "archive", "durable"]),
    (
        "reuse",
        &[
            "record",
            "durable",
            "access",
            "archive",
            "index",
            "compose",
            "read_back",
        ],
    ),
    (
        "web",
        &[
            "record",
            "config",
            "durable",
            "random",
            "capture",
            "pages",
            "recognise",
            "worklist",
            "session",
            "receipt",
            "archive",
            "index",
            "look_up",
            "access",
            "sign",
            "validate",
            "reuse",
            "error",
            "ledger",
            "hand_out",
            "describe",
            "nightly",
        ],
    ),
    ("quarantine", &["record", "durable"]),
    ("receipt", &["record", "durable"]),
    ("journal", &["record", "error"]),
    ("supervisor", &[]),
];

const ABOVE_THE_STAGES: &[&str] = &[
    "second_look",
    "second_opinion",
    "amend",
    "answer",
    "backup",
    "contents",
    "decide",
    "divide",
    "endings",
    "hand_out",
    "inspection",
    "lift",
    "live_index",
    "nightly",
    "office_ledger",
    "pipeline",
    "preservation",
    "reindex",
    "repair",
    "replica",
    "signing",
    "validation_page",
    "signed_originals",
    "remarks",
    "describe",
    "disposal",
    "error",
    "daemon",
    "cli",
    "lib",
    "main",
];

/// Calls that only one place may make: what must survive a power cut goes through `durable`.
const ONLY_IN: &[(&str, &[&str])] = &[
    (
        "fs::rename(",
        &["src/durable/mod.rs", "src/index/sqlite.rs"],
    ),
    ("hard_link(", &["src/durable/mod.rs"]),
    ("remove_dir_all(", &["src/durable/mod.rs"]),
    ("fs::write(", &[]),
    ("process::exit(", &[]),
    ("SystemTime::now(", &[]),
    ("Timestamp::now(", &["src/record/clock.rs"]),
];

struct Source {
    path: String,
    module: String,
    /// Without the unit tests at its end.
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    assert!(files.len() > 30, "only {} files under src/", files.len());
    files.iter().map(|path| source(root, path)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn source(root: &Path, path: &Path) -> Source {
    let relative = path
        .strip_prefix(root)
        .expect("under the root")
        .to_string_lossy()
        .into_owned();
    let text = fs::read_to_string(path).expect("source can be read");
    let module = relative
        .trim_start_matches("src/")
        .split(['/', '.'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let code = text
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .to_owned();
    Source {
        lines: text.lines().count(),
        path: relative,
        module,
        code,
    }
}

fn is_test_file(source: &Source) -> bool {
    source.path.ends_with("/tests.rs")
        || source.path.ends_with("/test_support.rs")
        || source.path.contains("/tests/")
        || source.path.ends_with("_tests.rs")
}

#[test]
fn files_are_one_job_long() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| {
            source.lines > FILE_LINES_MAX + 100 || source.code.lines().count() > FILE_LINES_MAX
        })
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn functions_are_one_thought_long() {
    let mut long = Vec::new();
    for source in sources() {
        let mut started: Option<(usize, usize, String)> = None;
        for (number, line) in source.code.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match &started {
                None if is_function_head(line) => {
                    started = Some((number, indent, line.trim().to_owned()))
                }
                Some((from, depth, head))
                    if indent == *depth && line.trim_start().starts_with('}') =>
                {
                    let most = if is_test_file(&source) {
                        TEST_FUNCTION_LINES_MAX
                    } else {
                        FUNCTION_LINES_MAX
                    };
                    if number - from > most {
                        long.push(format!(
                            "{}:{}: {} lines: {head}",
                            source.path,
                            from + 1,
                            number - from
                        ));
                    }
                    started = None;
                }
                Some((_, depth, _)) if indent == *depth && line.trim_end().ends_with(';') => {
                    started = None
                }
                _ => {}
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

fn is_function_head(line: &str) -> bool {
    let line = line.trim_start();
    // One `match` from errors to sentences is a table, however long.
    if line.starts_with("fn message") || line.starts_with("fn advice") {
        return false;
    }
    !line.starts_with("//")
        && (line.starts_with("fn ") || line.contains(" fn "))
        && line.contains('(')
        && !line.ends_with('}')
}

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test_file(source)) {
        if ABOVE_THE_STAGES.contains(&source.module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT
            .iter()
            .find(|(module, _)| *module == source.module)
        else {
            wrong.push(format!(
                "{}: module “{}” has no place in the order",
                source.path, source.module
            ));
            continue;
        };
        for imported in imports_of(&source.code) {
            if imported != source.module && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{} imports {imported}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn imports_of(code: &str) -> Vec<String> {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.match_indices("crate::")
                .map(|(at, word)| &line[at + word.len()..])
        })
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect::<String>()
        })
        .filter(|module| !module.is_empty())
        .collect()
}

#[test]
fn banned_calls_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test_file(source)) {
        for (call, places) in ONLY_IN {
            if source.code.contains(call) && !places.contains(&source.path.as_str()) {
                wrong.push(format!("{} calls {call}", source.path));
            }
        }
        for (number, line) in source.code.lines().enumerate() {
            let logs = ["trace!", "debug!", "info!", "warn!", "error!"]
                .iter()
                .any(|log| line.contains(&format!("tracing::{log}")));
            if logs
                && (line.contains("expose()")
                    || line.contains("dropped_as")
                    || line.contains("citizen"))
            {
                wrong.push(format!(
                    "{}:{}: personal data in a log",
                    source.path,
                    number + 1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_top_level_is_the_agreed_one() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "Makefile",
        "README.md",
        "LICENSE",
        "src",
        "scanner-profiles",
        "samples",
        "tests",
        "benches",
        "fuzz",
        ".ci",
        ".git",
        ".gitignore",
        "target",
        "demo",
    ];
    let strange: Vec<String> = fs::read_dir(env!("CARGO_MANIFEST_DIR"))
        .expect("the top level can be read")
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !allowed.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn nothing_is_left_undone_in_the_source() {
    let marks = [
        "TO\u{44}O",
        "FIX\u{4d}E",
        "XX\u{58}:",
        "todo\u{21}(",
        "unimplemented\u{21}(",
    ];
    let left: Vec<String> = sources()
        .iter()
        .filter(|source| marks.iter().any(|mark| source.code.contains(mark)))
        .map(|source| source.path.clone())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Licences that a product under Apache-2.0 may link; `.ci/deny.toml` has the same list.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "0BSD",
    "Unlicense",
    "MIT-0",
    "IJG",
];

#[test]
fn nothing_copyleft_is_linked() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            &host(),
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(
        packages.len() > 100,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_permissive))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// The platform of this machine: packages for others need not be here.
fn host() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// An SPDX expression is fine if one of its alternatives is, and that if all its parts are.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.trim();
    let alternatives = split_outside_brackets(expression, &[" OR ", "/"]);
    if alternatives.len() > 1 {
        return alternatives.into_iter().any(is_permissive);
    }
    let parts = split_outside_brackets(expression, &[" AND "]);
    if parts.len() > 1 {
        return parts.into_iter().all(is_permissive);
    }
    match expression
        .strip_prefix('(')
        .and_then(|inside| inside.strip_suffix(')'))
    {
        Some(inside) => is_permissive(inside),
        None => LICENCES.contains(&expression.split(" WITH ").next().unwrap_or(expression)),
    }
}

fn split_outside_brackets<'a>(text: &'a str, separators: &[&str]) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, letter) in text.char_indices() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        let separator = separators
            .iter()
            .find(|separator| depth == 0 && text[at..].starts_with(**separator));
        if let Some(separator) = separator.filter(|_| at >= start) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    for fine in [
        "MIT",
        "MIT OR GPL-3.0",
        "(MIT OR GPL-3.0) AND ISC",
        "MIT/GPL-2.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_permissive(fine), "{fine}");
    }
    for refused in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR Apache-2.0) AND AGPL-3.0",
        "",
    ] {
        assert!(!is_permissive(refused), "{refused}");
    }
}
