//! How long records are kept, what forbids their disposal, and disposal itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sohoa::archive::object_folder;

use crate::judge;
use crate::office::{Office, jpeg_page};
use crate::replicas::{section, tree};

const DOSSIER: &str = "H36.105-250801-0001";
/// Signature certification: 2 years.
const TWO_YEARS: &str = "2.000884";

/// An office with two registrars and an officer, and a record of a dossier.
pub(crate) struct Keeping {
    pub(crate) office: Office,
    pub(crate) record: String,
}

impl Keeping {
    pub(crate) fn new() -> Self {
        let office = Office::new();
        fs::write(office.at("password"), "một câu dài để mở\n").expect("written");
        for (name, role) in [
            ("lan", "registrar"),
            ("minh", "registrar"),
            ("hoa", "officer"),
        ] {
            let password = office.at("password");
            let file = password.to_str().expect("UTF-8 path");
            let (code, lines) =
                office.json(&["user", "add", name, "--role", role, "--password-file", file]);
            assert_eq!(code, 0, "{lines:?}");
        }
        let scan = office.at("scan.jpg");
        fs::write(&scan, jpeg_page(1)).expect("written");
        let record = office.archive(&scan, &["--dossier", DOSSIER, "--kind", "chung-thuc"]);
        Self { office, record }
    }

    /// A copy as it is now.
    pub(crate) fn copy(&self) -> Self {
        Self {
            office: self.office.copy(),
            record: self.record.clone(),
        }
    }

    /// Runs a command in somebody's name.
    pub(crate) fn by(&self, name: &str, arguments: &[&str]) -> (i32, Vec<Value>) {
        let password = self.office.at("password");
        let file = password.to_str().expect("UTF-8 path");
        let mut all = arguments.to_vec();
        all.extend(["--by", name, "--password-file", file]);
        self.office.json(&all)
    }

    /// As [`Self::by`]; it must succeed. The first line.
    pub(crate) fn done(&self, name: &str, arguments: &[&str]) -> Value {
        let (code, mut lines) = self.by(name, arguments);
        assert_eq!(code, 0, "{arguments:?}: {lines:?}");
        lines.remove(0)
    }

    /// As [`Self::by`]; it must be refused with this code.
    pub(crate) fn refused(&self, name: &str, arguments: &[&str], code: &str) {
        let (exit, lines) = self.by(name, arguments);
        assert!(exit != 0, "{arguments:?}: {lines:?}");
        assert_eq!(lines[0]["error"], code, "{arguments:?}: {lines:?}");
    }

    fn close(&self, year: &str) {
        let close = ["dossier", "close", DOSSIER, "--year", year];
        self.done("hoa", &[&close[..], &["--procedure", TWO_YEARS]].concat());
    }

    /// The catalogue's rules hold from long ago, and this dossier is old enough.
    pub(crate) fn due() -> Self {
        let keeping = Self::new();
        keeping.make_due();
        keeping
    }

    /// Proposed by one, approved by another; the proposal's number.
    pub(crate) fn approved(&self) -> String {
        let (code, lines) = self.by("lan", &["dispose", "propose"]);
        assert_eq!(code, 0, "{lines:?}");
        let number = lines.last().expect("a proposal")["proposal"].clone();
        let number = number.as_str().expect("a number").to_owned();
        self.done("minh", &["dispose", "approve", &number]);
        number
    }

    /// Carried out, all of it.
    pub(crate) fn carry_out(&self, proposal: &str) {
        let line = self.done("lan", &["dispose", "carry-out", proposal]);
        assert_eq!(line["status"], "disposed", "{line}");
    }

    /// Where the record's object lies, or lay.
    pub(crate) fn object(&self) -> PathBuf {
        let record = self.record.parse().expect("a record");
        self.office.at("archive").join(object_folder(record))
    }

    pub(crate) fn tombstone(&self) -> PathBuf {
        let shard = &self.record[self.record.len() - 2..];
        let file = format!("disposal/tombstones/{shard}/{}.json", self.record);
        self.office.at(&file)
    }

    /// The codes that `verify` finds.
    pub(crate) fn found(&self) -> BTreeSet<String> {
        let (_, lines) = self.office.json(&["verify"]);
        let codes = lines.iter().filter_map(|line| line["code"].as_str());
        codes.map(str::to_owned).collect()
    }

    fn make_due(&self) {
        let office = &self.office;
        let catalogue = fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/reuse/procedures.toml"
        ));
        let catalogue = catalogue.expect("the shipped catalogue");
        // The law of the day may not be one year old yet.
        let not_kept = catalogue.replace("{ years = 2 }", "\"not-kept\"");
        fs::write(office.at("procedures.toml"), not_kept).expect("written");
        self.close("2025");
    }

    /// What `dispose list --all` says of the record.
    fn listed(&self) -> Value {
        let (code, lines) = self.office.json(&["dispose", "list", "--all"]);
        assert_eq!(code, 0, "{lines:?}");
        let own = lines
            .into_iter()
            .find(|line| line["record"] == *self.record);
        own.unwrap_or_default()
    }
}

#[test]
fn a_record_is_due_only_when_its_dossier_was_closed_and_its_years_are_over() {
    let keeping = Keeping::new();
    assert_eq!(keeping.listed(), Value::Null, "nobody closed it");
    keeping.close("2026");
    let listed = keeping.listed();
    assert_eq!(
        (&listed["reason"], &listed["from"]),
        (&"not-yet".into(), &2029.into())
    );
    let unknown = ["dossier", "close", DOSSIER, "--year", "2026"];
    keeping.done(
        "hoa",
        &[&unknown[..], &["--procedure", "1.001193"]].concat(),
    );
    assert_eq!(keeping.listed()["reason"], "unsettled", "the last counts");
    keeping.done(
        "hoa",
        &["dossier", "reopen", DOSSIER, "--reason", "khiếu nại"],
    );
    assert_eq!(keeping.listed(), Value::Null);
    for year in ["2024", "2999"] {
        let close = ["dossier", "close", DOSSIER, "--year", year];
        let close = [&close[..], &["--procedure", TWO_YEARS]].concat();
        keeping.refused("hoa", &close, "disposal.year");
    }
    keeping.office.assert_verified();
}

#[test]
fn a_hold_is_set_and_lifted_by_those_who_may_and_stands_in_the_ledger() {
    let keeping = Keeping::new();
    keeping.close("2026");
    let set = ["hold", "set", &keeping.record, "--reason", "thanh tra"];
    keeping.refused("hoa", &set, "disposal.not_allowed");
    keeping.refused("nobody", &set, "disposal.not_allowed");
    let hold = keeping.done("lan", &set);
    assert_eq!(
        (&hold["status"], &hold["by"]),
        (&"held".into(), &"lan".into())
    );
    let on_dossier = keeping.done("lan", &["hold", "set", DOSSIER, "--reason", "kiện"]);
    let (_, holds) = keeping.office.json(&["hold", "list"]);
    assert_eq!(holds.len(), 2, "{holds:?}");
    assert_eq!(keeping.listed()["reason"], "held");
    for hold in [&hold, &on_dossier] {
        let number = hold["hold"].to_string();
        keeping.done("minh", &["hold", "lift", &number, "--reason", "xong"]);
        keeping.refused(
            "minh",
            &["hold", "lift", &number, "--reason", "xong"],
            "disposal.no_such_hold",
        );
    }
    assert_eq!(keeping.listed()["reason"], "not-yet");
    keeping.office.assert_verified();
    let register = keeping.office.at("disposal/register.jsonl");
    let text = fs::read_to_string(&register).expect("a register");
    assert_eq!(text.lines().count(), 5);
    // A hold that is taken out of the register is missed: nothing goes on.
    let without: String = text
        .lines()
        .filter(|line| !line.contains("hold-set"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&register, without).expect("written");
    keeping.refused("lan", &set, "disposal.register_damaged");
    fs::write(&register, text.replace("thanh tra", "thanh-tra")).expect("written");
    keeping.refused("lan", &set, "disposal.register_differs");
    // A torn last line was never an act.
    fs::write(&register, format!("{text}{{\"format\"")).expect("written");
    keeping.done("lan", &set);
}

#[test]
fn a_record_goes_by_two_persons_and_leaves_a_tombstone_that_names_nobody() {
    let keeping = Keeping::due();
    let office = &keeping.office;
    let (_, due) = office.json(&["dispose", "list"]);
    assert_eq!(
        (&due[0]["record"], &due[0]["due"]),
        (&keeping.record.as_str().into(), &2026.into())
    );
    let (_, lines) = keeping.by("lan", &["dispose", "propose"]);
    let number = lines.last().expect("a proposal")["proposal"].clone();
    let number = number.as_str().expect("a number");
    keeping.refused("lan", &["dispose", "propose"], "disposal.nothing_due");
    let carry_out = ["dispose", "carry-out", number];
    keeping.refused("lan", &carry_out, "disposal.not_approved");
    let approve = ["dispose", "approve", number];
    keeping.refused("hoa", &approve, "disposal.not_allowed");
    keeping.refused("lan", &approve, "disposal.same_person");
    keeping.done("minh", &approve);
    keeping.refused("minh", &approve, "disposal.decided");
    office.assert_verified();
    keeping.carry_out(number);
    assert_eq!(office.assert_verified(), 0);
    assert!(!keeping.object().exists());
    assert_eq!(office.files("work/staging"), [""; 0]);
    let tombstone = fs::read_to_string(keeping.tombstone()).expect("a tombstone");
    assert!(!tombstone.contains(DOSSIER) && tombstone.contains("NĐ 23/2015"));
    assert_eq!(
        office.json(&["find", "--dossier", DOSSIER]).1,
        [Value::Null; 0]
    );
    let proof = office.at("proof.json");
    for command in [
        &["show", &keeping.record][..],
        &["get", &keeping.record],
        &[
            "prove",
            &keeping.record,
            "-o",
            proof.to_str().expect("UTF-8"),
        ],
    ] {
        let (code, lines) = office.json(command);
        assert_eq!((code, &lines[0]["error"]), (1, &"disposal.disposed".into()));
        assert!(lines[0]["message"].to_string().contains("NĐ 23/2015"));
    }
    // Again does nothing, and says the same.
    keeping.carry_out(number);
    let (code, lines) = office.json(&["reindex"]);
    assert_eq!((code, &lines[0]["records"]), (0, &0.into()));
    office.assert_verified();
    if judge::ready("the root without the record") {
        judge::ocfl_root(&office.at("archive")).expect("a valid root");
    }
}

#[test]
fn a_hold_or_another_judgement_stops_what_was_approved() {
    let keeping = Keeping::due();
    let number = keeping.approved();
    let carry_out = ["dispose", "carry-out", number.as_str()];
    let hold = keeping.done("lan", &["hold", "set", DOSSIER, "--reason", "kiện"]);
    let stays = |why: &str| {
        let before = tree(&keeping.office.at("archive"));
        let (code, lines) = keeping.by("lan", &carry_out);
        assert_eq!((code, &lines[0]["reason"]), (1, &why.into()), "{lines:?}");
        assert_eq!(tree(&keeping.office.at("archive")), before);
        keeping.office.assert_verified();
    };
    stays("held");
    let number = hold["hold"].to_string();
    keeping.done("lan", &["hold", "lift", &number, "--reason", "xong"]);
    let reopen = ["dossier", "reopen", DOSSIER, "--reason", "khiếu nại"];
    keeping.done("hoa", &reopen);
    stays("not-closed");
    keeping.close("2026");
    stays("not-yet");
    keeping.close("2025");
    let catalogue = keeping.office.at("procedures.toml");
    let text = fs::read_to_string(&catalogue).expect("a catalogue");
    let longer = text.replace(
        "[kinds.chung-thuc]\n",
        "[kinds.chung-thuc]\nretention = { term = \"permanent\", source = \"s\" }\n",
    );
    assert!(longer != text);
    fs::write(&catalogue, longer).expect("written");
    stays("permanent");
    fs::write(&catalogue, text).expect("written");
    let proposal = keeping.office.files("disposal/proposals").remove(0);
    let proposal = keeping.office.at(&format!("disposal/proposals/{proposal}"));
    let text = fs::read_to_string(&proposal).expect("a proposal");
    fs::write(&proposal, text.replace("2025", "2024")).expect("written");
    keeping.refused("lan", &carry_out, "disposal.proposal_changed");
    fs::write(&proposal, text).expect("written");
    let refuse = ["dispose", "refuse", carry_out[2], "--reason", "để lại"];
    keeping
        .copy()
        .done("hoa", &["dossier", "reopen", DOSSIER, "--reason", "x"]);
    keeping.done("minh", &refuse);
    keeping.refused("lan", &carry_out, "disposal.not_approved");
    let again = keeping.approved();
    keeping.carry_out(&again);
    assert_eq!(keeping.office.assert_verified(), 0);
}

#[test]
fn what_is_disposed_of_stays_so_and_who_tampers_with_that_is_found() {
    let keeping = Keeping::due();
    let number = keeping.approved();
    let before = keeping.copy();
    keeping.carry_out(&number);
    let codes = |codes: &[&str]| codes.iter().map(|it| (*it).to_owned()).collect();
    let tombstone = fs::read_to_string(keeping.tombstone()).expect("a tombstone");
    type Tampering = (fn(&Keeping, &Keeping, &str), &'static [&'static str]);
    let ways: [Tampering; 6] = [
        (
            |it, _, _| fs::remove_file(it.tombstone()).expect("removed"),
            &["TOMBSTONE_MISSING"],
        ),
        (
            |it, _, text| {
                let other = text
                    .replace("minh", "mai")
                    .replace("\"decision\": \"", "\"decision\": \"0");
                fs::write(it.tombstone(), other).expect("written");
            },
            &["TOMBSTONE_DIFFERS"],
        ),
        (
            |it, before, _| {
                fs::create_dir_all(it.object().parent().expect("tuples")).expect("made");
                let copied = std::process::Command::new("cp")
                    .arg("-a")
                    .args([before.object(), it.object()])
                    .status();
                assert!(copied.expect("cp runs").success());
            },
            &["DISPOSED_PRESENT"],
        ),
        (
            |it, before, _| {
                for name in ["", "-wal"] {
                    let name = format!("index.sqlite{name}");
                    let _none = fs::remove_file(it.office.at(&name));
                    let _none = fs::copy(before.office.at(&name), it.office.at(&name));
                }
            },
            &["INDEX_DIFFERS"],
        ),
        (
            |it, _, _| {
                let register = it.office.at("disposal/register.jsonl");
                let text = fs::read_to_string(&register).expect("a register");
                fs::write(&register, text.replace("minh", "mai")).expect("written");
            },
            &["RETENTION_DIFFERS"],
        ),
        (
            |it, _, _| {
                let left = it
                    .office
                    .at(&format!("work/staging/{}.disposed", it.record));
                fs::create_dir_all(left).expect("made");
            },
            &["DISPOSED_PRESENT"],
        ),
    ];
    for (tamper, expected) in ways {
        let it = keeping.copy();
        tamper(&it, &before, &tombstone);
        assert_eq!(it.found(), codes(expected));
        // Nothing that repairs brings it back.
        it.office.json(&["repair"]);
        it.office.json(&["reindex"]);
        assert!(it.office.json(&["find", "--dossier", DOSSIER]).1.is_empty());
        let finishes = !matches!(expected, ["TOMBSTONE_DIFFERS" | "RETENTION_DIFFERS"]);
        let (code, lines) = it.by("lan", &["dispose", "carry-out", &number]);
        assert_eq!(code == 0, finishes, "{lines:?}");
        if finishes {
            assert_eq!(it.office.assert_verified(), 0);
        }
    }
    // Gone without a disposal, with a forged tombstone.
    fs::create_dir_all(before.tombstone().parent().expect("a folder")).expect("made");
    fs::write(before.tombstone(), &tombstone).expect("written");
    assert_eq!(before.found(), codes(&["TOMBSTONE_FOREIGN"]));
    assert_eq!(before.office.json(&["show", &before.record]).0, 0);
    fs::remove_dir_all(before.object()).expect("removed");
    let found = before.found();
    assert!(found.contains("TOMBSTONE_FOREIGN"), "{found:?}");
    assert!(found.contains("ARCHIVE_MISSING"), "{found:?}");
}

#[test]
fn replicas_follow_also_one_that_was_away() {
    let keeping = Keeping::due();
    let disk = tempfile::tempdir().expect("a folder");
    let (here, away) = (disk.path().join("a"), disk.path().join("b"));
    let office = &keeping.office;
    office.configure(|text| text + &section("a", &here) + &section("b", &away));
    for name in ["a", "b"] {
        assert_eq!(office.json(&["replicate", name, "--begin"]).0, 0);
    }
    assert_eq!(office.json(&["replicate"]).0, 0);
    let record = keeping.record.parse().expect("a record");
    let object = object_folder(record);
    let has = |replica: &PathBuf| replica.join("archive").join(&object).exists();
    assert!(has(&here) && has(&away));
    let number = keeping.approved();
    let pulled = disk.path().join("pulled");
    fs::rename(&away, &pulled).expect("pulled");
    let (code, lines) = keeping.by("lan", &["dispose", "carry-out", &number]);
    assert_eq!(
        (code, &lines[1]["replicas_left"][0]["replica"]),
        (1, &"b".into()),
        "{lines:?}"
    );
    assert!(!has(&here) && has(&pulled));
    fs::rename(&pulled, &away).expect("put back");
    assert_eq!(keeping.found(), ["REPLICA_BEHIND".to_owned()].into());
    assert_eq!(office.json(&["repair"]).0, 0);
    assert!(!keeping.object().exists(), "repair brings nothing back");
    assert_eq!(office.json(&["replicate"]).0, 0);
    assert!(!has(&away));
    assert_eq!(office.json(&["replicate", "--anew"]).0, 0);
    office.assert_verified();
    // Put back into a replica by hand.
    fs::create_dir_all(here.join("archive").join(&object)).expect("made");
    fs::write(here.join("archive").join(&object).join("x"), "x").expect("written");
    assert_eq!(keeping.found(), ["DISPOSED_PRESENT".to_owned()].into());
}

#[test]
fn a_restored_chain_of_sets_does_not_bring_back_what_was_disposed_of_between() {
    use age::secrecy::ExposeSecret as _;
    let keeping = Keeping::due();
    let office = &keeping.office;
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(2)).expect("written");
    let other = office.archive(&scan, &[]);
    let identity = age::x25519::Identity::generate();
    let line = format!("[backup]\nrecipient = \"{}\"", identity.to_public());
    office.configure(|text| text.replace("[backup]", &line));
    let elsewhere = tempfile::tempdir().expect("a folder");
    let at = |name: &str| elsewhere.path().join(name).display().to_string();
    fs::write(at("key.txt"), identity.to_string().expose_secret()).expect("written");
    let backup = || office.json(&["backup", "--to", &at("sets")]);
    assert_eq!(backup().0, 0);
    let number = keeping.approved();
    keeping.carry_out(&number);
    let (code, lines) = backup();
    assert_eq!(code, 0, "nothing is missing: {lines:?}");
    let (from, key, into) = (at("sets"), at("key.txt"), at("new"));
    let restore = [
        "restore",
        "--from",
        &from,
        "--identity",
        &key,
        "--into",
        &into,
    ];
    let (code, lines) = office.json(&restore);
    assert_eq!(code, 0, "{lines:?}");
    let restored = elsewhere.path().join("new");
    assert_eq!(tree(&restored.join("archive")), tree(&office.at("archive")));
    assert_eq!(
        tree(&restored.join("disposal")),
        tree(&office.at("disposal"))
    );
    assert_eq!(office.json(&["show", &other]).0, 0);
}
