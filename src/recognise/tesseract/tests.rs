//! Faulty workers: shell scripts that say the right first sentence and then do the wrong thing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::protocol::{self, Answer};
use super::{RecogniseError, Recognisers};
use crate::recognise::{BoundingBox, Confidence, GreyPage, Recogniser, Word};
use crate::record::{Explain, Lang};

const SOON: Duration = Duration::from_millis(300);
const LATER: Duration = Duration::from_secs(20);

fn page() -> GreyPage {
    GreyPage {
        width: 100,
        height: 100,
        dpi: 300,
        samples: vec![255; 10_000],
    }
}

fn word(text: &str) -> Word {
    Word {
        text: text.to_owned(),
        place: BoundingBox {
            corners: [[1.0, 2.0]; 4],
        },
        confidence: Confidence(90.0),
        line: 0,
        digits_agreed: None,
        first_reading: None,
    }
}

/// A folder with the answers of a worker as files, and a script that plays them.
struct Double {
    folder: tempfile::TempDir,
}

impl Double {
    fn new() -> Self {
        let double = Double {
            folder: tempfile::tempdir().expect("folder"),
        };
        let ready = Answer::Ready {
            version: "5.9.9".to_owned(),
            languages: vec!["vie".to_owned()],
        };
        double.keep("ready", &ready);
        double.keep("words", &Answer::Words(vec![word("hộ"), word("tịch")]));
        double
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keep(&self, name: &str, answer: &Answer) {
        let mut bytes = Vec::new();
        protocol::write_answer(&mut bytes, answer).expect("written");
        fs::write(self.at(name), bytes).expect("written");
    }

    /// Starts a pool whose workers run `script` in the folder; each start adds a line to `starts`.
    fn start(&self, places: usize, script: &str) -> Result<Recognisers, RecogniseError> {
        let folder = self.folder.path().display();
        let script = format!("cd '{folder}'; echo >> starts; {script}");
        let arguments = vec!["-c".to_owned(), script];
        Recognisers::with_worker(Path::new("/bin/sh").to_owned(), arguments, places)
    }

    fn starts(&self) -> usize {
        fs::read_to_string(self.at("starts")).map_or(0, |text| text.lines().count())
    }
}

/// A question of [`page`] is 10 016 bytes.
const TAKE: &str = "head -c 10016 > /dev/null";

#[test]
fn a_good_worker_is_asked_again_and_again() {
    let double = Double::new();
    let script = format!("cat ready; {TAKE}; cat words; {TAKE}; cat words; sleep 9");
    let pool = double.start(1, &script).expect("started");
    assert_eq!(pool.available().version, "5.9.9");
    for _ in 0..2 {
        let words = pool.read(&page(), LATER).expect("read");
        assert_eq!(words, [word("hộ"), word("tịch")]);
    }
    assert_eq!(double.starts(), 1);
}

#[test]
fn a_crash_costs_one_more_attempt() {
    let double = Double::new();
    let script =
        format!("cat ready; {TAKE}; test -e broken || {{ touch broken; exit 3; }}; cat words");
    let pool = double.start(1, &script).expect("started");
    assert_eq!(pool.read(&page(), LATER).expect("read").len(), 2);
    assert_eq!(double.starts(), 2);
}

#[test]
fn two_crashes_are_a_failed_page_and_the_pool_lives() {
    let double = Double::new();
    let script = format!("cat ready; {TAKE}; test -e healed || kill -SEGV $$; cat words");
    let pool = double.start(1, &script).expect("started");
    let error = pool.read(&page(), LATER).expect_err("crashed");
    assert!(
        matches!(error, RecogniseError::Crashed { signal: Some(11) }),
        "{error:?}"
    );
    assert!(!error.is_pending());
    assert_eq!(double.starts(), 2);
    fs::write(double.at("healed"), b"").expect("written");
    assert_eq!(pool.read(&page(), LATER).expect("read").len(), 2);
}

#[test]
fn a_worker_that_dies_before_the_question_is_out_does_not_stop_anyone() {
    let double = Double::new();
    let pool = double.start(1, "cat ready").expect("started");
    let error = pool.read(&page(), LATER).expect_err("gone");
    assert!(matches!(error, RecogniseError::Crashed { .. }), "{error:?}");
}

#[test]
fn a_worker_that_hangs_is_ended_at_the_deadline() {
    for script in [
        "cat ready; sleep 60",
        "cat ready; cat > /dev/null; sleep 60",
    ] {
        let double = Double::new();
        let pool = double.start(1, script).expect("started");
        let started = Instant::now();
        let mut large = page();
        // More than a pipe takes, so that the question itself is stuck.
        large.height = 10_000;
        large.samples = vec![255; 1_000_000];
        let error = pool.read(&large, SOON).expect_err("late");
        assert!(
            matches!(error, RecogniseError::OutOfTime { .. }),
            "{error:?}"
        );
        assert_eq!(double.starts(), 2);
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn nonsense_is_not_waited_for_nor_believed() {
    let too_long = r"printf '\377\377\377\377'";
    let not_json = r"printf '\004\000\000\000\377\376{}'";
    let out_of_turn = "cat ready";
    // What a library prints to standard output by itself comes where a length should stand.
    let chatter = "echo 'Estimating resolution as 142'";
    for nonsense in [too_long, not_json, out_of_turn, chatter, "cat mojibake"] {
        let double = Double::new();
        let mut bytes = fs::read(double.at("words")).expect("an answer");
        let letter = bytes.len() - bytes.iter().rev().position(|&byte| byte > 127).expect("ộ");
        bytes[letter - 1] = 0xFF;
        fs::write(double.at("mojibake"), bytes).expect("written");
        let script = format!("cat ready; {TAKE}; {nonsense}; sleep 60");
        let pool = double.start(1, &script).expect("started");
        let error = pool.read(&page(), LATER).expect_err("nonsense");
        assert!(
            matches!(error, RecogniseError::Garbled),
            "{nonsense}: {error:?}"
        );
        assert!(!error.is_pending());
        assert_eq!(double.starts(), 2, "{nonsense}: a second attempt");
    }
}

#[test]
fn half_an_answer_is_none() {
    let half = "head -c 40 words";
    for (end, is_late) in [("exit 0", false), ("sleep 60", true)] {
        let double = Double::new();
        let script = format!("cat ready; {TAKE}; test -e whole && cat words || {half}; {end}");
        let pool = double.start(1, &script).expect("started");
        let error = pool.read(&page(), SOON).expect_err("half an answer");
        assert_eq!(
            matches!(error, RecogniseError::OutOfTime { .. }),
            is_late,
            "{error:?}"
        );
        assert!(!error.is_pending());
        assert_eq!(double.starts(), 2);
        fs::write(double.at("whole"), b"").expect("written");
        assert_eq!(pool.read(&page(), LATER).expect("read").len(), 2);
    }
}

#[test]
fn an_engine_that_no_longer_starts_leaves_its_pages_for_later() {
    let double = Double::new();
    let script = format!("test -e broken && exit 1; cat ready; {TAKE}; exit 3");
    let pool = double.start(1, &script).expect("started");
    fs::write(double.at("broken"), b"").expect("written");
    for _ in 0..2 {
        let error = pool.read(&page(), LATER).expect_err("nobody to ask");
        assert!(
            matches!(error, RecogniseError::NoWorker { .. }),
            "{error:?}"
        );
        assert!(error.is_pending(), "nothing is wrong with the page");
    }
    // Mended, it reads again without a new daemon.
    fs::remove_file(double.at("broken")).expect("removed");
    let error = pool.read(&page(), LATER).expect_err("died");
    assert!(matches!(error, RecogniseError::Crashed { .. }), "{error:?}");
}

#[test]
fn what_is_missing_on_the_machine_means_later() {
    let double = Double::new();
    let detail = "libtesseract.so.5: cannot open shared object file".to_owned();
    double.keep("none", &Answer::NotInstalled { detail });
    let languages = vec!["vie".to_owned()];
    double.keep("mute", &Answer::LanguageMissing { languages });
    let cases = [
        ("cat none", "recognise.not_installed", "tesseract-ocr-vie"),
        (
            "cat mute",
            "recognise.language_missing",
            "tesseract-ocr-vie",
        ),
        ("exit 1", "recognise.no_worker", ""),
    ];
    for (script, code, package) in cases {
        let error = double.start(1, script).err().expect("nothing to read with");
        assert_eq!(error.code(), code);
        assert!(error.is_pending() && error.is_retryable());
        for lang in [Lang::Vi, Lang::En] {
            assert!(
                error.advice(lang).contains(package),
                "{}",
                error.advice(lang)
            );
        }
    }
}

#[test]
fn pages_wait_for_a_place_and_the_places_work_at_once() {
    let double = Double::new();
    let script = format!("cat ready; while {TAKE}; do sleep 0.2; cat words; done");
    let pool = double.start(2, &script).expect("started");
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| pool.read(&page(), LATER).expect("read").len()))
            .collect();
        for reader in readers {
            assert_eq!(reader.join().expect("joined"), 2);
        }
    });
    assert_eq!(double.starts(), 2);
}

#[test]
fn a_page_that_is_none_is_refused_before_anyone_is_asked() {
    let double = Double::new();
    let pool = double.start(1, "cat ready; sleep 60").expect("started");
    let sizes = [(0, 10, 0), (100, 100, 9_999), (40_000, 1, 40_000)];
    for (width, height, length) in sizes {
        let page = GreyPage {
            width,
            height,
            dpi: 300,
            samples: vec![0; length],
        };
        let error = pool.read(&page, LATER).expect_err("unfit");
        assert!(
            matches!(error, RecogniseError::PageUnfit { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_question_comes_over_whole_and_a_false_one_takes_no_memory() {
    let mut bytes = protocol::question_head(&page(), SOON).to_vec();
    bytes.extend(page().samples);
    let mut input = bytes.as_slice();
    let question = protocol::read_question(&mut input).expect("understood");
    assert_eq!(question, Some((page(), SOON)));
    assert_eq!(protocol::read_question(&mut input).expect("the end"), None);
    assert!(protocol::read_question(&mut &bytes[..500]).is_err());
    assert!(protocol::read_question(&mut [255; 16].as_slice()).is_err());
}
