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

fn script(name: &str) -> Command {
    Command::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/judges")
            .join(name),
    )
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
