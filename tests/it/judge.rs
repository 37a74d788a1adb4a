//! The outside judges: programs that others wrote say whether what sohoa wrote is right.
//!
//! Nothing here parses a PDF, a signature or an inventory. Each function runs one judge and answers `Err` with
//! that judge's own words. `tests/judges/setup.sh` (`make judges`) installs them, `tests/judges/selftest.sh`
//! proves that each can refuse.
//!
//! A test begins with `if !judge::ready("what this test is") { return; }`. Where the judges are not set up it is
//! skipped with a line on standard error, or fails if `SOHOA_JUDGES=require`.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The part of ISO 19005-2 that veraPDF is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// PDF/A-2b: looks the same for ever.
    A2b,
    /// PDF/A-2u: 2b, and all text maps to Unicode.
    A2u,
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A2b => "2b",
            Self::A2u => "2u",
        })
    }
}

/// A level of PAdES (EN 319 142-1), each including those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Basic.
    BB,
    /// With a trusted time.
    BT,
    /// With evidence inside the file.
    BLt,
    /// With a timestamp over that evidence.
    BLta,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BB => "B-B",
            Self::BT => "B-T",
            Self::BLt => "B-LT",
            Self::BLta => "B-LTA",
        })
    }
}

/// Whether the judges are installed and belong to these sources; `Err` says what is missing.
///
/// Asked once for all tests of the run.
pub(crate) fn available() -> Result<(), String> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let ask = || run(script("setup.sh").arg("--check")).map(drop);
    ANSWER.get_or_init(ask).clone()
}

/// Whether `test` can ask the judges.
///
/// # Panics
/// If they are not set up and `SOHOA_JUDGES=require`, as in CI: there a skipped proof is a failed one.
pub(crate) fn ready(test: &str) -> bool {
    let Err(why) = available() else { return true };
    skip(
        test,
        &format!("the outside judges are not set up; run `make judges`.\n{why}"),
    );
    false
}

/// Says aloud that `test` is skipped because the machine lacks something.
///
/// # Panics
/// If `SOHOA_JUDGES=require`, as in CI: there a skipped proof is a failed one.
pub(crate) fn skip(test: &str, why: &str) {
    let required = std::env::var_os("SOHOA_JUDGES").is_some_and(|policy| policy == "require");
    assert!(!required, "{test}: SOHOA_JUDGES=require, but {why}");
    say_skipped(test, why);
}

/// Says that something was not tested which no machine needs to be able to test.
pub(crate) fn say_skipped(test: &str, why: &str) {
    // Not `eprintln!`, which the test runner swallows when the test passes. Nobody to tell is no failure.
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED {test}: {why}");
}

/// veraPDF: every file conforms. Ask about many files at once, for the JVM takes a second to start.
pub(crate) fn verapdf(flavour: Flavour, files: &[PathBuf]) -> Result<(), String> {
    let said = run(script("verapdf")
        .arg(flavour.to_string())
        .args(some(files)?))?;
    let passed = said
        .lines()
        .filter(|line| line.starts_with("PASS\t"))
        .count();
    if passed == files.len() {
        Ok(())
    } else {
        Err(format!(
            "veraPDF passed {passed} of {} files:\n{said}",
            files.len()
        ))
    }
}

/// qpdf: the syntax has neither errors nor warnings.
pub(crate) fn qpdf_check(pdf: &Path) -> Result<(), String> {
    run(Command::new("qpdf").arg("--check").arg(pdf)).map(drop)
}

/// pdfsig (poppler, NSS): every signature is valid, and one of them covers the whole file.
///
/// Without the certificates, whose chain is for [`pyhanko`] and [`openssl_cms`] to judge: pdfsig would look for
/// an NSS database, and an empty one makes it refuse good signatures. Its exit code says nothing.
pub(crate) fn pdfsig_valid(pdf: &Path) -> Result<(), String> {
    let said = run(Command::new("pdfsig").arg("-nocert").arg(pdf))?;
    let verdicts = || {
        said.lines()
            .filter_map(|line| line.trim().strip_prefix("- Signature Validation: "))
    };
    let whole = said
        .lines()
        .any(|line| line.trim() == "- Total document signed");
    let all_valid =
        verdicts().count() > 0 && verdicts().all(|verdict| verdict == "Signature is Valid.");
    if all_valid && whole {
        Ok(())
    } else {
        Err(format!(
            "pdfsig does not call {} valid as a whole:\n{said}",
            pdf.display()
        ))
    }
}

/// pdfsig: there are so many signatures, each valid. Its release in Debian 12 leaves document timestamps undecided.
pub(crate) fn pdfsig_signatures(pdf: &Path, count: usize) -> Result<(), String> {
    let said = run(Command::new("pdfsig").arg("-nocert").arg(pdf))?;
    let mut verdicts = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- Signature Validation: "));
    let undecided = "Signature has not yet been verified.";
    let valid = verdicts
        .clone()
        .filter(|verdict| *verdict == "Signature is Valid.");
    if valid.count() == count
        && verdicts.all(|verdict| verdict == "Signature is Valid." || verdict == undecided)
    {
        Ok(())
    } else {
        Err(format!(
            "pdfsig does not call {count} signatures valid:\n{said}"
        ))
    }
}

/// pyHanko: each file has signatures, each one intact, valid, a PAdES baseline signature over the entire file,
/// and trusted from `root_pem` alone.
pub(crate) fn pyhanko(root_pem: &Path, files: &[PathBuf]) -> Result<(), String> {
    let said = run(script("pyhanko_check.py").arg(root_pem).args(some(files)?))?;
    let judged = said.lines().count();
    if judged == files.len() {
        Ok(())
    } else {
        Err(format!(
            "pyHanko judged {judged} of {} files:\n{said}",
            files.len()
        ))
    }
}

/// openssl: the CMS of the last signature verifies as `CAdES` over all bytes but itself, trusted from `root_pem`.
pub(crate) fn openssl_cms(root_pem: &Path, pdf: &Path) -> Result<(), String> {
    run(script("cms_check.sh").arg(root_pem).arg(pdf)).map(drop)
}

/// openssl: as [`openssl_cms`], of each signature, also where something was appended to the newest one.
pub(crate) fn openssl_each_cms(root_pem: &Path, pdf: &Path) -> Result<(), String> {
    let mut command = script("cms_check.sh");
    run(command.arg("--revisions").arg(root_pem).arg(pdf)).map(drop)
}

/// pyHanko, by EN 319 102-1: every signature of each file is of this level at least, trusted from `root_pem`.
///
/// From B-LT on nothing is fetched; below, revocation is asked for at the addresses in the certificates.
pub(crate) fn ades(root_pem: &Path, level: Level, files: &[PathBuf]) -> Result<(), String> {
    let theirs = ades_passed(
        script("ades.py").arg("--level").arg(level.to_string()),
        root_pem,
        files,
    );
    let mut ours = sohoa_validate(root_pem);
    if level < Level::BLt {
        ours.arg("--fetch");
    }
    agree(theirs, &mut ours, level, files)
}

/// `sohoa validate` with this root and no office.
fn sohoa_validate(root_pem: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sohoa"));
    command
        .args(["--json", "--quiet", "--config", "no-office/sohoa.toml"])
        .args(["validate", "--trust"])
        .arg(root_pem);
    command
}

/// The product's own verdict must be pyHanko's, whichever that is; answers pyHanko's.
fn agree(
    theirs: Result<(), String>,
    ours: &mut Command,
    level: Level,
    files: &[PathBuf],
) -> Result<(), String> {
    let said = ours.args(files).output().expect("sohoa validate starts");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let has_passed = |line: &str| {
        let report: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let signatures = report["signatures"].as_array();
        let reached = |one: &serde_json::Value| {
            let levels = ["B-B", "B-T", "B-LT", "B-LTA"];
            let of_level = levels.iter().position(|name| one["level"] == *name);
            one["kind"] != "signature" || of_level >= Some(level as usize)
        };
        report["indication"] == "TOTAL-PASSED"
            && signatures.is_some_and(|all| !all.is_empty() && all.iter().all(reached))
    };
    let passed = said.lines().filter(|line| has_passed(line)).count();
    assert_eq!(
        theirs.is_ok(),
        passed == files.len(),
        "pyHanko: {theirs:?}\nsohoa passed {passed} of {}:\n{said}",
        files.len()
    );
    theirs
}

/// The same as on another day, with nothing fetched: the verifier knows these CRLs besides the file.
pub(crate) fn ades_at(
    at: jiff::Timestamp,
    crls: &[PathBuf],
    root_pem: &Path,
    level: Level,
    files: &[PathBuf],
) -> Result<(), String> {
    let mut command = script("ades.py");
    command
        .arg("--level")
        .arg(level.to_string())
        .arg("--at")
        .arg(at.to_string());
    let mut ours = sohoa_validate(root_pem);
    ours.arg("--at").arg(at.to_string());
    for crl in crls {
        command.arg("--crl").arg(crl);
        ours.arg("--known").arg(crl);
    }
    let theirs = ades_passed(&mut command, root_pem, files);
    agree(theirs, &mut ours, level, files)
}

fn ades_passed(command: &mut Command, root_pem: &Path, files: &[PathBuf]) -> Result<(), String> {
    let said = run(command.arg(root_pem).args(some(files)?))?;
    let passed = said.lines().filter(|line| line.starts_with("PASS\t"));
    let passed = passed.count();
    if passed == files.len() {
        Ok(())
    } else {
        Err(format!(
            "pyHanko passed {passed} of {} files:\n{said}",
            files.len()
        ))
    }
}

/// openssl: every RFC 3161 timestamp verifies, trusted from `root_pem`, perhaps by way of these CAs.
///
/// Answers how many there are: in signatures, and over the document.
pub(crate) fn timestamps(
    root_pem: &Path,
    pdf: &Path,
    authorities: &[PathBuf],
) -> Result<(usize, usize), String> {
    let said = run(script("timestamp_check.sh")
        .arg(root_pem)
        .arg(pdf)
        .args(authorities))?;
    let words: Vec<&str> = said.split_whitespace().collect();
    match words.as_slice() {
        ["signature", in_signatures, "document", over_document] => {
            in_signatures.parse().ok().zip(over_document.parse().ok())
        }
        _ => None,
    }
    .ok_or_else(|| format!("openssl ts did not count timestamps:\n{said}"))
}

/// ocfl-py: the storage root and every object in it are valid, digests included, and lie where the layout says.
///
/// Answers how many objects it saw: an empty root is valid, too.
pub(crate) fn ocfl_root(root: &Path) -> Result<usize, String> {
    let said = run(script("ocfl_check.py").arg(root))?;
    said.lines()
        .find_map(|line| line.strip_prefix("OBJECTS ")?.split_once('/'))
        .filter(|(good, all)| good == all)
        .and_then(|(_, all)| all.parse().ok())
        .ok_or_else(|| format!("ocfl-py did not count valid objects:\n{said}"))
}

/// pdfimages (poppler): the PDF's JPEG files are, byte for byte and in order, these originals.
pub(crate) fn extracted_jpegs_equal(pdf: &Path, originals: &[PathBuf]) -> Result<(), String> {
    run(script("images_check.py").arg(pdf).args(some(originals)?)).map(drop)
}

/// A judge that was shown nothing has not judged.
fn some(files: &[PathBuf]) -> Result<&[PathBuf], String> {
    if files.is_empty() {
        Err("no file to judge".to_owned())
    } else {
        Ok(files)
    }
}

/// A script of `tests/judges`, which finds its own Python.
pub(crate) fn script(name: &str) -> Command {
    Command::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/judges")
            .join(name),
    )
}

/// The same command on another day, by faketime.
pub(crate) fn elsewhen(at: jiff::Timestamp, command: &Command) -> Command {
    let mut other = Command::new("faketime");
    // `@`: from then on time passes.
    other
        .env("TZ", "UTC")
        .arg("-f")
        .arg(at.strftime("@%Y-%m-%d %H:%M:%S").to_string());
    other.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other
}

/// Standard output if the command succeeds, else the command and all it said.
fn run(command: &mut Command) -> Result<String, String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.stdin(Stdio::null()).output().map_err(|error| {
        format!(
            "{} does not start: {error}",
            command.get_program().display()
        )
    })?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    let line: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    let stderr = String::from_utf8_lossy(&stderr);
    Err(format!(
        "{} ended with {status}:\n{stdout}{stderr}",
        line.join(" ")
    ))
}

/// The deep proof is `tests/judges/selftest.sh`. This one is that the functions above pass a judge's word on
/// unchanged, good and bad, with its own files.
#[test]
fn judges_tell_good_from_spoilt() {
    if !ready("judges_tell_good_from_spoilt") {
        return;
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    run(script("selftest_fixtures.py").arg(folder.path())).expect("fixtures");
    let file = |name: &str| folder.path().join(name);
    let (root, good) = (
        file("root.pem"),
        [file("ký số.pdf"), file("signed-pss.pdf")],
    );

    assert_eq!(verapdf(Flavour::A2u, &good), Ok(()));
    assert_eq!(pyhanko(&root, &good), Ok(()));
    for pdf in &good {
        assert_eq!(qpdf_check(pdf), Ok(()));
        assert_eq!(pdfsig_valid(pdf), Ok(()));
        assert_eq!(openssl_cms(&root, pdf), Ok(()));
    }
    let pages = [file("a.jpg"), file("b.jpg")];
    assert_eq!(extracted_jpegs_equal(&file("images.pdf"), &pages), Ok(()));
    assert_eq!(ocfl_root(&file("ocfl")), Ok(1));

    let refusal = verapdf(Flavour::A2b, &[file("pdfa.pdf"), file("not-pdfa.pdf")])
        .expect_err("not PDF/A for want of metadata");
    assert!(refusal.contains("FAIL\t") && refusal.contains("6.6.2.1-1"));
    for name in [
        "tampered.pdf",
        "appended.pdf",
        "corrupt-cms.pdf",
        "pdfa.pdf",
    ] {
        let pdf = file(name);
        pdfsig_valid(&pdf).expect_err(name);
        openssl_cms(&root, &pdf).expect_err(name);
    }
    pyhanko(&root, &[good[0].clone(), file("tampered.pdf")]).expect_err("one bad among good");
    openssl_cms(&file("other-root.pem"), &good[0]).expect_err("openssl: not from this root");
    pyhanko(&file("other-root.pem"), &good).expect_err("pyHanko: not from this root");
    qpdf_check(&file("cut.pdf")).expect_err("the end is missing");
    let swapped = [file("b.jpg"), file("a.jpg")];
    extracted_jpegs_equal(&file("images.pdf"), &swapped).expect_err("in the wrong order");
    ocfl_root(&file("ocfl-digest")).expect_err("a byte of the content changed");
    verapdf(Flavour::A2b, &[]).expect_err("veraPDF was shown nothing");
}

/// The deep proof is again `tests/judges/selftest.sh`; this one is of the functions for levels and later days.
#[test]
fn levels_are_told_apart_today_and_years_later() {
    use Level::{BB, BLt, BLta, BT};
    if !ready("levels before their judges") {
        return;
    }
    let pki = crate::pki::Pki::start(&[]);
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = |name: &str| folder.path().join(format!("{name}.pdf"));
    run(script("selftest_fixtures.py").arg(folder.path())).expect("a base to sign");
    let fixtures = |task: &str, from: &Path, to: &Path| {
        let mut command = script("pki/fixtures.py");
        command.arg(task).arg(pki.folder()).args([from, to]);
        command
    };
    run(&mut fixtures("sign", &file("pdfa"), folder.path())).expect("pyHanko signs");
    let order = [(BB, "B-B"), (BT, "B-T"), (BLt, "B-LT"), (BLta, "B-LTA")];
    for (at, (level, name)) in order.iter().enumerate() {
        let reached: Vec<_> = order[at..].iter().map(|(_, name)| file(name)).collect();
        assert_eq!(ades(&pki.root(), *level, &reached), Ok(()));
        if let Some((above, _)) = order.get(at + 1) {
            let refusal = ades(&pki.root(), *above, &[file(name)]).expect_err(name);
            assert!(refusal.contains("FAIL\t"), "{refusal}");
        }
        assert_eq!(openssl_each_cms(&pki.root(), &file(name)), Ok(()));
        assert_eq!(pdfsig_signatures(&file(name), 1), Ok(()));
    }
    openssl_cms(&pki.root(), &file("B-LT")).expect_err("something was appended");
    assert_eq!(timestamps(&pki.root(), &file("B-T"), &[]), Ok((1, 0)));
    assert_eq!(timestamps(&pki.root(), &file("B-LTA"), &[]), Ok((1, 1)));
    timestamps(&pki.root(), &file("B-B"), &[]).expect_err("none");

    // Half a year on, another authority takes over; five years on, the first one and the signers have expired.
    let days = |count: i64| jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * count);
    pki.control(&serde_json::json!({"clock": days(150).to_string()}));
    run(&mut elsewhen(
        days(150),
        &fixtures("renew", &file("ending"), &file("renewed")),
    ))
    .expect("renewed");
    let (later, root) = (days(1825), pki.root());
    let crls = pki.crls(later, &["root", "tsa-ca"]);
    let lasting = ["B-LTA", "later-B-LTA", "renewed"].map(file);
    assert_eq!(ades_at(later, &crls, &root, BLta, &lasting), Ok(()));
    assert_eq!(
        timestamps(&root, &file("renewed"), &[pki.certificate("ca")]),
        Ok((1, 2))
    );
    for (level, name) in [(BLta, "ending"), (BB, "B-B"), (BB, "B-LT")] {
        ades_at(later, &crls, &root, level, &[file(name)]).expect_err(name);
    }
}
