//! Algorithms that were given up: a whole, rightly signed file whose digest or key could be made to fit another.
//!
//! The containers are made by openssl, over the bytes that the program's own signature covers.

use std::path::PathBuf;
use std::process::Command;

use sohoa::record::{Clock, SystemClock};
use sohoa::trust::Certificate;
use sohoa::validate::report::{Integrity, Report};
use sohoa::validate::{Indication, Question, SubIndication, Validator};

use super::*;

struct Forge {
    folder: tempfile::TempDir,
}

impl Forge {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, line: &str) -> Vec<u8> {
        let mut command = Command::new("openssl");
        command.current_dir(self.folder.path());
        let made = command.args(line.split_whitespace()).output();
        let made = made.expect("openssl runs");
        assert!(made.status.success(), "{line}: {made:?}");
        made.stdout
    }

    /// A key of its own root, good from now on.
    fn of_key(key: &str) -> Self {
        let forge = Self {
            folder: tempfile::tempdir().expect("folder"),
        };
        forge.openssl(&format!(
            "req -x509 -newkey {key} -nodes -sha256 -keyout key.pem -out root.pem -days 3650 -set_serial 7 \
             -subj /CN=Forge \
             -addext keyUsage=critical,digitalSignature,keyCertSign"
        ));
        forge
    }

    /// The signed file with the container that openssl makes by this hash function.
    fn signed_by(&self, hash: &str) -> Vec<u8> {
        let mut file = signed();
        let document = SignedDocument::read(file.clone(), &Limits::default()).expect("a PDF");
        let ranges = document.fields()[0].ranges.expect("ranges");
        let place = |number: u64| usize::try_from(number).expect("small");
        let gap = place(ranges.gap_start)..place(ranges.gap_end);
        let covered = [&file[..gap.start], &file[gap.end..]].concat();
        std::fs::write(self.path("covered"), covered).expect("written");
        let container = self.openssl(&format!(
            "cms -sign -binary -cades -md {hash} -signer root.pem -inkey key.pem -in covered -outform DER"
        ));
        let digits: String = container.iter().map(|it| format!("{it:02x}")).collect();
        let room = gap.len() - 2;
        assert!(digits.len() <= room, "the container fits");
        let zeros = "0".repeat(room - digits.len());
        let value = format!("<{digits}{zeros}>");
        file.splice(gap, value.into_bytes());
        file
    }

    fn judged(&self, hash: &str) -> Report {
        let file = self.path("forged.pdf");
        std::fs::write(&file, self.signed_by(hash)).expect("written");
        let root = self.openssl("x509 -in root.pem -outform DER");
        let root = Certificate::from_der(&root).expect("a certificate");
        let question = Question::at(SystemClock.now());
        let validator = Validator::trusting(vec![root], Limits::default(), question);
        validator.validate(&file).expect("a PDF")
    }
}

#[test]
fn algorithms_that_were_given_up_do_not_pass() {
    let strong = Forge::of_key("rsa:2048");
    let good = strong.judged("sha256");
    assert_eq!(good.indication, Some(Indication::TotalPassed), "{good:?}");

    // What cannot be verified is not called broken, and never good.
    let md5 = strong.judged("md5");
    assert_eq!(md5.indication, Some(Indication::Indeterminate), "{md5:?}");
    let signature = md5.signatures.first().expect("a signature");
    assert_eq!(signature.integrity, Integrity::Unchecked);
    let codes: Vec<_> = signature.findings.iter().map(|it| &*it.code).collect();
    assert!(codes.contains(&"algorithm-unsupported"), "{codes:?}");

    let weak = Forge::of_key("rsa:1024");
    for (report, what) in [
        (strong.judged("sha1"), "SHA-1"),
        (weak.judged("sha256"), "RSA < 2048"),
    ] {
        assert_eq!(report.indication, Some(Indication::Indeterminate), "{what}");
        let sub = report.sub_indication;
        let expected = [
            SubIndication::CryptoConstraintsFailure,
            SubIndication::CryptoConstraintsFailureNoPoe,
        ];
        assert!(
            sub.is_some_and(|it| expected.contains(&it)),
            "{what}: {sub:?}"
        );
        let named = report.signatures.iter().flat_map(|it| &it.findings);
        assert!(
            named.clone().any(|it| it.en.contains(what)),
            "{what}: {report:?}"
        );
    }
}
