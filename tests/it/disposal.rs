//! How long records are kept, what forbids their disposal, and disposal itself.

use std::fs;

use serde_json::Value;

use crate::office::{Office, jpeg_page};

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
        let record = office.archive(&scan, &["--dossier", DOSSIER, "--kind", "to-khai"]);
        Self { office, record }
    }

    /// A copy as it is now.
    #[allow(dead_code, reason = "the next tests")]
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
    #[allow(dead_code, reason = "the next tests")]
    pub(crate) fn due() -> Self {
        let keeping = Self::new();
        keeping.make_due();
        keeping
    }

    #[allow(dead_code, reason = "the next tests")]
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
        self.close("2026");
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
