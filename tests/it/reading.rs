//! Real pages through the real engine in real workers, and workers that come to a bad end. What becomes of
//! documents whose pages are read is told in `read_journey`.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::imageops;
use sohoa::recognise::tesseract::{RecogniseError, Recognisers, mean_confidence, read_upright};
use sohoa::recognise::{GreyPage, Recogniser};

const A_MINUTE: Duration = Duration::from_secs(60);

/// A pool on the program under test; `None`, said aloud, where the engine is not installed.
pub(crate) fn recognisers(test: &str, places: usize) -> Option<Recognisers> {
    let sohoa = Path::new(env!("CARGO_BIN_EXE_sohoa"));
    match Recognisers::with_program(sohoa, places, &["vie".to_owned()]) {
        Ok(pool) => Some(pool),
        Err(error) if error.is_pending() => {
            crate::judge::skip(test, &error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Two people's data on a form, invented, from the samples; 200 dpi.
fn form() -> GreyPage {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/20261123_162210_001.jpg"
    );
    grey(image::open(path).expect("a sample").to_luma8())
}

fn grey(picture: image::GrayImage) -> GreyPage {
    GreyPage {
        width: picture.width(),
        height: picture.height(),
        dpi: 200,
        samples: picture.into_raw(),
    }
}

#[test]
fn a_form_gives_its_words_and_numbers() {
    let Some(pool) = recognisers("a_form_gives_its_words_and_numbers", 1) else {
        return;
    };
    assert!(pool.available().version.starts_with("5."));
    let page = form();
    let words = pool.read(&page, A_MINUTE).expect("read");
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    for expected in ["CỘNG", "HÒA", "HỘI", "CHỦ", "NGHĨA"] {
        assert!(text.contains(&expected), "{expected}: {text:?}");
    }
    assert!(mean_confidence(&words).is_some_and(|mean| mean.0 > 80.0));
    for word in &words {
        for [x, y] in word.place.corners {
            assert!((-9.0..page.width as f32 + 9.0).contains(&x), "{word:?}");
            assert!((-9.0..page.height as f32 + 9.0).contains(&y), "{word:?}");
        }
    }
    let number = words.iter().find(|word| word.text == "020098990171");
    let agreed = number.expect("the citizen ID").digits_agreed;
    let has_english = pool.available().languages.iter().any(|name| name == "eng");
    assert_eq!(agreed, has_english.then_some(true));
}

#[test]
fn a_page_on_its_head_or_side_is_turned() {
    let Some(pool) = recognisers("a_page_on_its_head_or_side_is_turned", 2) else {
        return;
    };
    let page = form();
    let picture = image::GrayImage::from_raw(page.width, page.height, page.samples.clone());
    let picture = picture.expect("whole");
    let cases = [
        (270, imageops::rotate90(&picture)),
        (180, imageops::rotate180(&picture)),
        (90, imageops::rotate270(&picture)),
    ];
    for (turn, picture) in cases {
        let reading = read_upright(&pool, &grey(picture), A_MINUTE).expect("read");
        assert_eq!(reading.turn, turn);
        assert!(reading.confidence.is_some_and(|mean| mean.0 > 80.0));
    }
}

#[test]
fn a_page_without_ink_has_no_words() {
    let Some(pool) = recognisers("a_page_without_ink_has_no_words", 1) else {
        return;
    };
    let page = grey(image::GrayImage::from_pixel(1654, 2339, image::Luma([250])));
    assert_eq!(pool.read(&page, A_MINUTE).expect("read"), []);
    let dot = grey(image::GrayImage::from_pixel(1, 1, image::Luma([0])));
    assert_eq!(pool.read(&dot, A_MINUTE).expect("read"), []);
}

#[test]
fn the_engine_is_stopped_at_the_deadline_and_the_next_page_is_read() {
    let Some(pool) = recognisers("the_engine_is_stopped_at_the_deadline", 1) else {
        return;
    };
    let started = Instant::now();
    let error = pool
        .read(&form(), Duration::from_millis(20))
        .expect_err("late");
    assert!(
        matches!(error, RecogniseError::OutOfTime { .. }),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(pool.read(&form(), A_MINUTE).is_ok());
}

#[test]
fn an_unknown_language_is_named() {
    let Some(_) = recognisers("an_unknown_language_is_named", 1) else {
        return;
    };
    let languages = ["vie", "tlh"].map(str::to_owned);
    let sohoa = Path::new(env!("CARGO_BIN_EXE_sohoa"));
    let error = Recognisers::with_program(sohoa, 1, &languages)
        .err()
        .expect("refused");
    assert!(
        matches!(&error, RecogniseError::LanguageMissing { languages } if languages == &["tlh"]),
        "{error:?}"
    );
}

/// A worker as the daemon starts it, but with little memory.
#[test]
fn a_worker_without_memory_dies_and_does_not_swallow_the_machine() {
    let Some(_) = recognisers("a_worker_without_memory_dies", 1) else {
        return;
    };
    let mut worker = Command::new(env!("CARGO_BIN_EXE_sohoa"))
        .args(["worker", "--language=vie", "--memory-mib=160"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut questions = worker.stdin.take().expect("a pipe");
    let head = [12_000_u32, 13_000, 300, 60_000].map(u32::to_le_bytes);
    let row = vec![255; 12_000];
    // It may be gone before it has heard everything.
    let _broken_pipe = questions
        .write_all(head.as_flattened())
        .and_then(|()| (0..13_000).try_for_each(|_| questions.write_all(&row)));
    let status = worker.wait().expect("ended");
    assert!(status.signal().is_some(), "{status}");
}

/// `read` and `normalise --read` on a sample that lies upside down.
#[test]
fn the_program_reads_a_page_that_lies_on_its_head() {
    if recognisers("the_program_reads_a_page_that_lies_on_its_head", 1).is_none() {
        return;
    }
    let office = crate::office::Office::new();
    let scan = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/IMG_20261123_0005.jpg"
    );
    let (code, pages) = office.json(&["read", scan]);
    // The page, then the document.
    assert_eq!((code, pages.len()), (0, 2), "{pages:?}");
    assert_eq!(
        (&pages[0]["reading"], &pages[0]["upright"]),
        (&"ok".into(), &180.into())
    );
    assert_eq!(pages[0]["codes"][0]["dossier"], "H36.105-261123-0008");
    let text = pages[0]["text"].as_str().expect("text");
    assert!(
        text.contains("GIẤY TIẾP NHẬN HỒ SƠ") && text.contains("020303990738"),
        "{text}"
    );

    let pdf = office.at("read.pdf");
    let (code, made) = office.json(&[
        "normalise",
        "--read",
        scan,
        "-o",
        pdf.to_str().expect("path"),
    ]);
    assert_eq!(
        (code, &made[0]["conformance"]),
        (0, &"PDF/A-2u".into()),
        "{made:?}"
    );
    if crate::judge::ready("the_program_reads_a_page_that_lies_on_its_head") {
        crate::judge::verapdf(crate::judge::Flavour::A2u, std::slice::from_ref(&pdf))
            .expect("veraPDF");
        let words = std::process::Command::new("pdftotext")
            .arg("-raw")
            .arg(&pdf)
            .arg("-")
            .output()
            .expect("pdftotext");
        assert!(String::from_utf8_lossy(&words.stdout).contains("VÀ HẸN TRẢ KẾT QUẢ"));
    }
}
