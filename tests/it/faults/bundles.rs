//! A bundle on a failing disk: under its name it is whole or not there, and nothing is given out that no event
//! tells of.

use std::fs::{self, File};
use std::io;

use super::strace::{self, Fault};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::office::{Office, jpeg_page};

const OUT: &str = "goi.zip";

fn is_whole(office: &Office) -> bool {
    let archive = File::open(office.at(OUT)).map(zip::ZipArchive::new);
    let Ok(Ok(mut archive)) = archive else {
        return false;
    };
    let all = (0..archive.len()).all(|at| {
        let entry = archive.by_index(at);
        entry.is_ok_and(|mut entry| io::copy(&mut entry, &mut io::sink()).is_ok())
    });
    all && archive.len() == 5
}

/// How many events of this kind there are.
fn events(office: &Office, what: &str) -> usize {
    let all = office.events();
    all.iter().filter(|event| event["what"] == what).count()
}

#[test]
fn bundle_on_a_failing_disk_is_whole_or_not_there() {
    if !strace::ready("bundle") {
        return;
    }
    let start = Office::new();
    fs::write(start.at("scan.jpg"), jpeg_page(21)).expect("written");
    let options = ["--citizen", "079203000001", "--kind", "hon-nhan"];
    let record = start.archive(&start.at("scan.jpg"), &options);
    let run = |office: &Office, fault: Option<&Fault>| {
        let out = office.at(OUT);
        let out = out.to_str().expect("UTF-8 path");
        let arguments = [
            "bundle",
            "--dossier",
            "H36.105-261123-0007",
            "--procedure",
            "1.000894",
            "--by",
            "Thử",
            "-o",
            out,
            &record,
        ];
        strace::run(&office.command(&arguments), fault, office.path(), HANGS)
    };
    let office = start.copy();
    let untouched = run(&office, None);
    assert!(
        untouched.code == Some(0) && is_whole(&office),
        "{}",
        untouched.complained
    );
    suffer_share("bundle", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = start.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        let is_there = office.at(OUT).exists();
        if is_there && !is_whole(&office) {
            wrong.push("a part of a bundle has its name".to_owned());
        }
        if is_there && events(&office, "bundle-begun") == 0 {
            wrong.push("given out, and no event".to_owned());
        }
        let openings = fs::read_to_string(office.at("ledger/openings/000")).unwrap_or_default();
        if is_there && !openings.contains("kind reused") {
            wrong.push("given out, and not in the ledger".to_owned());
        }
        let outcome = match hit.code {
            None => "killed",
            Some(0) if is_there && events(&office, "bundle") == 1 => "done",
            // 3: its configuration could not be read.
            Some(3 | 5) if !is_there => "refused",
            // The disk refuses to give it up again, too: the first event tells of it.
            Some(5) if fault.is_for_good() => "refused",
            code => {
                wrong.push(format!("{code:?}, and a result: {is_there}"));
                "wrong"
            }
        };
        let _absent = fs::remove_file(office.at(OUT));
        let before = events(&office, "bundle");
        if run(&office, None).code != Some(0) || !is_whole(&office) {
            wrong.push("not done when called again".to_owned());
        }
        if events(&office, "bundle") != before + 1 {
            wrong.push("the second try is not recorded".to_owned());
        }
        let entries = fs::read_dir(office.path()).expect("listed");
        let names = entries.map(|entry| entry.expect("entry").file_name());
        let litter = names.map(|name| name.to_string_lossy().into_owned());
        wrong.extend(litter.filter(|name| name.starts_with(".sohoa-")));
        office.assert_verified();
        match wrong.is_empty() {
            true => Ok(outcome),
            false => Err(report("bundle", fault, &hit, &wrong)),
        }
    });
}
