//! Re-use at the counter: the checklist, data for a form, a bundle for a new dossier, and the events of all that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::judge::{self, Flavour};
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const DOSSIER: &str = "H36.105-261123-0007";
const MARRIAGE: &str = "1.000894";
const BY: &str = "Nguyễn Văn Thử";

/// An office with one confirmation of marital status of the citizen, from an older dossier, and its number.
fn office_with_a_paper() -> (Office, String) {
    let office = Office::new();
    let record = archived(&office, 1, "hon-nhan", "H36.105-261001-0003");
    (office, record)
}

fn archived(office: &Office, seed: u32, kind: &str, dossier: &str) -> String {
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(seed)).expect("written");
    let options = ["--citizen", CITIZEN, "--kind", kind, "--dossier", dossier];
    office.archive(&scan, &options)
}

fn asking<'a>(command: &'a str, procedure: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        command,
        "--citizen",
        CITIZEN,
        "--procedure",
        procedure,
        "--by",
        BY,
    ];
    [&fixed, rest].concat()
}

fn bundling<'a>(out: &'a str, records: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "bundle",
        "--dossier",
        DOSSIER,
        "--procedure",
        MARRIAGE,
        "--by",
        BY,
        "-o",
        out,
    ];
    [&fixed, records].concat()
}

/// Every event of re-use, oldest first.
fn events(office: &Office) -> Vec<Value> {
    let all = office.events();
    all.into_iter()
        .filter(|event| {
            !["view", "search", "download"].contains(&event["what"].as_str().expect("a kind"))
        })
        .collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8 path")
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("listed");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("entry").file_name();
    let mut names: Vec<String> = entries
        .map(|it| name(it).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().expect("starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{error}");
    said
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_checklist_says_what_is_held_and_every_look_is_an_event() {
    let (office, record) = office_with_a_paper();
    let ask = asking("checklist", MARRIAGE, &["--dossier", DOSSIER]);
    let (code, lines) = office.json(&ask);
    let [declaration, status, summary] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!((code, &declaration["state"]), (1, &"missing".into()));
    assert_eq!(status["state"], "held");
    assert_eq!(status["records"][0]["record"], record.as_str());
    assert_eq!(status["records"][0]["standing"], "valid");
    assert_eq!(summary["complete"], false);
    assert_eq!(
        (&summary["on"], &summary["citizen"]),
        (&"2026-11-23".into(), &"079*******01".into())
    );

    archived(&office, 2, "ket-hon", DOSSIER);
    let newer = archived(&office, 3, "hon-nhan", "H36.105-261115-0001");
    let output = office.sohoa(&ask);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains(&format!("there is a newer one: {newer}")),
        "{said}"
    );
    assert!(!said.contains(CITIZEN), "{said}");

    let events = events(&office);
    assert_eq!(events.len(), 2);
    let event = &events[0];
    assert_eq!(
        (&event["what"], &event["by"]),
        (&"checklist".into(), &BY.into())
    );
    assert_eq!(event["purpose"]["dossier"], DOSSIER);
    assert_eq!(
        (&event["citizens"][0], &event["records"][0]),
        (&CITIZEN.into(), &record.as_str().into())
    );
    assert_eq!(summary["event"], event["event"]);
    assert!(
        office
            .files("access")
            .iter()
            .all(|name| !name.contains(CITIZEN))
    );
}

#[test]
fn without_a_purpose_or_an_event_nobody_is_looked_up() {
    let (office, _) = office_with_a_paper();
    assert_eq!(office.json(&asking("checklist", MARRIAGE, &[])).0, 2);
    assert_eq!(
        office
            .json(&asking("prefill", MARRIAGE, &["--purpose", "  "]))
            .0,
        2
    );
    assert!(events(&office).is_empty());
    // Where the event cannot be kept, nothing is shown.
    fs::write(office.at("access"), b"in the way").expect("written");
    let (code, lines) = office.json(&asking("checklist", MARRIAGE, &["--dossier", DOSSIER]));
    assert_eq!((code, lines.len()), (5, 1), "{lines:?}");
    assert!(lines[0]["error"].is_string());
}

#[test]
fn the_catalogue_is_the_folder_s_own_else_the_shipped_one() {
    let (office, _) = office_with_a_paper();
    let own = office.at("procedures.toml");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/src/reuse/procedures.toml");
    let shipped = fs::read_to_string(shipped).expect("source");
    assert_eq!(fs::read_to_string(&own).expect("made by init"), shipped);
    let ask = |procedure, more: &[&str]| {
        let (code, lines) = office.json(&asking("checklist", procedure, more));
        (code, lines.last().expect("a line").clone())
    };
    let purpose = ["--dossier", DOSSIER];
    // The law of civil status changes on 2027-03-01; this version is not that law's.
    let (code, said) = ask(MARRIAGE, &["--purpose", "thử", "--on", "2027-03-01"]);
    assert_eq!((code, &said["error"]), (1, &"reuse.not_in_force".into()));
    let (code, said) = ask("1.999999", &purpose);
    assert_eq!(
        (code, &said["error"]),
        (1, &"reuse.unknown_procedure".into())
    );
    let short = shipped.replace(
        "kinds = [\"hon-nhan\"]\nprefills",
        "kinds = [\"hon-nhan\"]\nvalid_days = 1\nprefills",
    );
    assert_ne!(short, shipped);
    // A day that no run of this test is later than.
    let short = short.replace("to = \"2027-02-28\"", "to = \"2099-12-31\"");
    fs::write(&own, short).expect("written");
    let (_, lines) = office.json(&asking(
        "checklist",
        MARRIAGE,
        &["--purpose", "x", "--on", "2099-12-31"],
    ));
    assert_eq!(
        (&lines[1]["state"], &lines[1]["records"][0]["standing"]),
        (&"not-usable".into(), &"expired".into())
    );
    fs::write(&own, "format = 7").expect("written");
    let (code, said) = ask(MARRIAGE, &purpose);
    assert_eq!((code, &said["error"]), (3, &"reuse.catalogue".into()));
    fs::remove_file(&own).expect("removed");
    assert_eq!(ask(MARRIAGE, &purpose).1["procedure"], MARRIAGE);
}

#[test]
fn a_damaged_record_is_in_doubt_and_goes_into_no_bundle() {
    let (office, record) = office_with_a_paper();
    let document = office
        .files("archive")
        .into_iter()
        .find(|name| name.ends_with("document.pdf"))
        .expect("stored");
    let document = office.at("archive").join(document);
    let mut bytes = fs::read(&document).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&document, bytes).expect("written");
    let (code, lines) = office.json(&asking("checklist", MARRIAGE, &["--dossier", DOSSIER]));
    assert_eq!((code, &lines[1]["state"]), (1, &"not-usable".into()));
    assert_eq!(lines[1]["records"][0]["standing"], "in-doubt");
    let out = office.at("goi");
    let before = events(&office).len();
    let (code, lines) = office.json(&bundling(text(&out), &[&record]));
    assert_eq!((code, &lines[0]["error"]), (1, &"record.damaged".into()));
    assert!(!out.exists());
    assert_eq!(events(&office).len(), before);
}

#[test]
fn a_form_is_filled_from_the_card_with_sources() {
    let office = Office::that_reads();
    let card = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/H36.105-261123-0007/20261123_081733_001.jpg"
    );
    let citizen = "020091990417";
    let record = office.archive(Path::new(card), &["--citizen", citizen, "--kind", "cccd"]);
    let form = office.at("form.pdf");
    let ask = [
        "prefill",
        "--citizen",
        citizen,
        "--procedure",
        "1.001193",
        "--purpose",
        "khai sinh con",
        "--on",
        "2026-11-23",
        "--by",
        BY,
        "-o",
        text(&form),
    ];
    let (code, lines) = office.json(&ask);
    let (summary, fields) = lines.split_last().expect("lines");
    assert_eq!(code, 0, "{lines:#?}");
    let of = |name: &str| {
        let found = fields.iter().find(|field| field["field"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {fields:#?}"))
    };
    for (name, value) in [
        ("citizen-id", citizen),
        ("full-name", "Nông Văn Thử"),
        ("date-of-birth", "1991-03-14"),
        ("sex", "male"),
        ("former-id", "080990417"),
    ] {
        assert_eq!(of(name)["value"], value);
        assert_eq!(of(name)["record"], record.as_str());
        assert_eq!(of(name)["check"], false);
    }
    assert_eq!(of("full-name")["source"], "card-qr");
    assert_eq!(summary["fields"], fields.len());
    let printed = succeeds(Command::new("pdftotext").arg("-layout").arg(&form).arg("-"));
    for word in [
        "Nông Văn Thử",
        "14/03/1991",
        "Nam",
        "mã QR trên thẻ",
        &record,
    ] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
    assert_eq!(judge::qpdf_check(&form), Ok(()));
    if judge::ready("a_form_is_filled_from_the_card_with_sources") {
        assert_eq!(
            judge::verapdf(Flavour::A2u, std::slice::from_ref(&form)),
            Ok(())
        );
    }
    assert_eq!(office.json(&ask).0, 2, "the output is there already");
    assert!(
        files_in(office.path())
            .iter()
            .all(|name| !name.starts_with(".sohoa-"))
    );
}

#[test]
fn a_bundle_is_whole_signed_and_recorded() {
    let (office, record) = office_with_a_paper();
    let receipt = archived(&office, 2, "giay-tiep-nhan", DOSSIER);
    let out = office.at("goi");
    let (code, lines) = office.json(&bundling(text(&out), &[&record, &receipt, &record]));
    assert_eq!((code, lines.len()), (0, 1), "{lines:#?}");
    let names = [
        "001-hon-nhan.pdf",
        "001-hon-nhan.proof.json",
        "002-giay-tiep-nhan.pdf",
        "002-giay-tiep-nhan.proof.json",
        "SHA256SUMS",
        "cover.pdf",
        "manifest.json",
    ];
    assert_eq!(files_in(&out), names);
    succeeds(
        Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(&out),
    );
    let paper = out.join("001-hon-nhan.pdf");
    let archived = fs::read(office.signed_pdf(&record)).expect("read");
    assert_eq!(fs::read(&paper).expect("read"), archived);
    let manifest: Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).expect("read")).expect("JSON");
    assert_eq!(manifest["format"], "sohoa-bundle/1");
    assert_eq!(
        (&manifest["dossier"], &manifest["received"]),
        (&DOSSIER.into(), &"2026-11-23".into())
    );
    let [first, second] = &manifest["records"].as_array().expect("records")[..] else {
        panic!("{manifest:#}")
    };
    assert_eq!(
        (&first["record"], &first["standing"]),
        (&record.as_str().into(), &"valid".into())
    );
    assert_eq!(
        (&first["signature"]["verdict"], &first["citizen"]),
        (&"intact".into(), &"079*******01".into())
    );
    assert!(second["standing"].is_null() && second["paper"].is_null());
    let sum = succeeds(Command::new("sha512sum").arg(&paper));
    assert!(sum.starts_with(first["document"]["sha512"].as_str().expect("a digest")));

    let events = events(&office);
    assert_eq!(events.len(), 2, "{events:#?}");
    // Both may be of one millisecond: their order is then chance.
    let of = |what: &str| {
        let found = events.iter().find(|event| event["what"] == what);
        found.unwrap_or_else(|| panic!("no {what}: {events:#?}"))
    };
    let (begun, given) = (of("bundle-begun"), of("bundle"));
    assert_eq!(
        (&begun["bundle"], &given["bundle"]),
        (&manifest["bundle"], &manifest["bundle"])
    );
    assert_eq!(given["records"], serde_json::json!([record, receipt]));
    assert_eq!(
        (&given["procedure"], &given["citizens"][0]),
        (&MARRIAGE.into(), &CITIZEN.into())
    );
    assert!(
        files_in(office.path())
            .iter()
            .all(|name| !name.starts_with(".sohoa-"))
    );
    assert_eq!(
        office.json(&bundling(text(&out), &[&record])).0,
        2,
        "there already"
    );

    let cover = out.join("cover.pdf");
    let printed = succeeds(
        Command::new("pdftotext")
            .arg("-layout")
            .arg(&cover)
            .arg("-"),
    );
    assert!(
        printed.contains(DOSSIER) && printed.contains("thủ tục không yêu cầu"),
        "{printed}"
    );
    assert!(!printed.contains(CITIZEN));
    for pdf in [&paper, &cover] {
        assert_eq!(judge::qpdf_check(pdf), Ok(()));
    }
    if judge::ready("a_bundle_is_whole_signed_and_recorded") {
        assert_eq!(judge::verapdf(Flavour::A2u, &[cover]), Ok(()));
        assert_eq!(judge::pdfsig_valid(&paper), Ok(()));
        assert_eq!(judge::pyhanko(&office.root_ca(), &[paper]), Ok(()));
    }
}

#[test]
fn a_zip_opens_elsewhere_and_holds_the_same() {
    let (office, record) = office_with_a_paper();
    let [zip, folder] = ["goi.ZIP", "goi"].map(|name| office.at(name));
    for out in [&zip, &folder] {
        let (code, lines) = office.json(&bundling(text(out), &[&record]));
        assert_eq!(code, 0, "{lines:?}");
    }
    succeeds(Command::new("unzip").arg("-t").arg(&zip));
    let listed = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                  z.extractall(sys.argv[2])\nprint(sorted(z.namelist()))";
    let unpacked: PathBuf = office.at("unpacked");
    let names = succeeds(
        Command::new("python3")
            .args(["-c", listed])
            .args([&zip, &unpacked]),
    );
    assert_eq!(
        names.trim(),
        "['001-hon-nhan.pdf', '001-hon-nhan.proof.json', 'SHA256SUMS', 'cover.pdf', 'manifest.json']"
    );
    assert_eq!(files_in(&unpacked), files_in(&folder));
    succeeds(
        Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(&unpacked),
    );
    let paper = |of: &Path| fs::read(of.join("001-hon-nhan.pdf")).expect("read");
    assert_eq!(paper(&unpacked), paper(&folder));
    assert_eq!(events(&office).len(), 4);
}

#[test]
fn nobody_s_record_and_one_that_is_not_there_are_refused() {
    let (office, record) = office_with_a_paper();
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(9)).expect("written");
    let nobodys = office.archive(&scan, &[]);
    let out = office.at("goi.zip");
    let (code, lines) = office.json(&bundling(text(&out), &[&record, &nobodys]));
    assert_eq!((code, &lines[0]["error"]), (4, &"reuse.nobody".into()));
    let absent = "01890000-0000-7000-8000-000000000000";
    let (code, lines) = office.json(&bundling(text(&out), &[absent]));
    assert_eq!((code, &lines[0]["error"]), (1, &"record.not_found".into()));
    assert!(!out.exists() && events(&office).is_empty());
}

#[test]
fn json_has_the_documented_fields() {
    let (office, record) = office_with_a_paper();
    let readme =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README");
    let out = office.at("goi.zip");
    for (name, arguments) in [
        (
            "checklist",
            asking("checklist", MARRIAGE, &["--dossier", DOSSIER]),
        ),
        (
            "prefill",
            asking("prefill", MARRIAGE, &["--dossier", DOSSIER]),
        ),
        ("bundle", bundling(text(&out), &[&record])),
    ] {
        let row = readme
            .lines()
            .rfind(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("no row for {name}"));
        let (_, lines) = office.json(&arguments);
        for key in lines.iter().flat_map(keys) {
            assert!(
                row.contains(&format!("`{key}")),
                "{name}: {key} is not in {row}"
            );
        }
    }
}
