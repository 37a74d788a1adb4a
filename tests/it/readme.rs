//! The README is a contract: the JSON fields and commands that it names are those of the program.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::office::{Office, jpeg_page};

fn readme() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README")
}

/// The names between backquotes in the JSON table's row of a command; what stands in brackets behind
/// a name describes its values or parts and does not count.
fn documented_fields(command: &str) -> BTreeSet<String> {
    let readme = readme();
    let table = readme.split("### JSON").nth(1).expect("the JSON section");
    let row = table
        .lines()
        .find(|line| line.starts_with(&format!("| `{command}` |")))
        .expect("a row");
    let fields = row.split('|').nth(2).expect("a second column");
    let mut depth = 0_i32;
    let outside: String = fields
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        })
        .collect();
    outside
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| name.split(['[', '{']).next().unwrap_or(name).to_owned())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

#[test]
fn json_has_the_documented_fields() {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    let scan = scan.to_str().expect("path");
    let record = office.archive(std::path::Path::new(scan), &["--citizen", "079203000001"]);
    let paths = ["r.pdf", "u.pdf", "s.pdf", "c.pdf"].map(|name| office.at(name));
    let [pdf, unsigned, signed, sheet] = paths.each_ref().map(|path| path.to_str().expect("path"));
    let folder = office.path().to_str().expect("path");
    let calls: [(&str, Vec<&str>); 11] = [
        ("init", vec!["init", "--demo", folder]),
        ("ingest", vec!["ingest", scan]),
        ("find", vec!["find", "--record", &record]),
        ("show", vec!["show", &record]),
        ("get", vec!["get", &record, "-o", pdf]),
        ("normalise", vec!["normalise", scan, "-o", unsigned]),
        ("read", vec!["read", scan]),
        (
            "coversheet",
            vec![
                "coversheet",
                "--dossier",
                "H36.105-261123-0007",
                "-o",
                sheet,
            ],
        ),
        ("sign", vec!["sign", unsigned, "-o", signed]),
        ("reindex", vec!["reindex"]),
        ("doctor", vec!["doctor"]),
    ];
    for (command, arguments) in calls {
        let (_, lines) = office.json(&arguments);
        // `read` ends with a line of its own kind.
        let all: BTreeSet<String> = lines.iter().flat_map(keys).collect();
        assert_eq!(all, documented_fields(command), "{command}");
    }
    let stored = office
        .files("archive")
        .into_iter()
        .find(|name| name.ends_with("document.pdf"))
        .expect("stored");
    fs::write(office.at("archive").join(stored), b"changed").expect("written");
    let (_, lines) = office.json(&["verify"]);
    let (summary, findings) = lines.split_last().expect("lines");
    let both = keys(summary).union(&keys(&findings[0])).cloned().collect();
    let documented: BTreeSet<String> = documented_fields("verify");
    assert_eq!(documented, both, "verify");
}

#[test]
fn every_command_of_the_program_is_in_the_readme() {
    let office = Office::new();
    let help = String::from_utf8(office.sohoa(&["--help"]).stdout).expect("UTF-8");
    let commands = help
        .split("Commands:")
        .nth(1)
        .expect("commands")
        .split("Options:")
        .next()
        .expect("a list");
    let names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() > 8, "{help}");
    let readme = readme();
    for name in names {
        assert!(
            readme.contains(&format!("| `sohoa {name}")),
            "{name} is not in the README"
        );
    }
}
