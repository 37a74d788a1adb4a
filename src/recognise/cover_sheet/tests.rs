use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;
use crate::recognise::dossier;

const SECRET: [u8; 32] = [7; 32];

fn key() -> Key {
    Key::new(&SECRET).expect("a key")
}

fn sheet(dossier: &str, kind: Option<&str>, citizen: Option<&str>) -> CoverSheet {
    CoverSheet {
        number: SheetNumber::new(
            "2026-11-22T20:15:30Z".parse().expect("time"),
            [1, 2, 3, 250],
        ),
        dossier: dossier.parse().expect("dossier"),
        kind: kind.map(|kind| kind.parse().expect("kind")),
        citizen: citizen.map(|digits| digits.parse().expect("citizen")),
    }
}

fn full() -> CoverSheet {
    sheet(
        "H36.105-261123-0007",
        Some("khai-sinh"),
        Some("079203000001"),
    )
}

fn why(reading: Option<SheetReading>) -> Option<Unproved> {
    match reading {
        Some(SheetReading::Unproved { why, .. }) => Some(why),
        Some(SheetReading::Proved(_)) | None => None,
    }
}

#[test]
fn what_was_written_is_read() {
    for sheet in [
        full(),
        sheet("H36.105-261123-0007", None, None),
        sheet(
            "000.33.18.H36-230401-0001",
            Some("a-1-"),
            Some("000000000001"),
        ),
        sheet("G15.99.1-251231-AB12345", None, Some("999999999999")),
    ] {
        let text = sheet.code_text(&key(), [9; 12]).expect("sealed");
        assert_eq!(
            read(&text, Some(&key())),
            Some(SheetReading::Proved(sheet.clone())),
            "{text}"
        );
        let padded = format!(" {text}\r\n");
        assert_eq!(
            read(&padded, Some(&key())),
            Some(SheetReading::Proved(sheet))
        );
    }
}

#[test]
fn the_number_tells_the_day_in_vietnam() {
    assert_eq!(full().number.as_str(), "261123-AEBAH6");
    let text = full().code_text(&key(), [9; 12]).expect("sealed");
    assert!(
        text.starts_with("SOHOA1.H36.105-261123-0007.KHAI-SINH.261123-AEBAH6."),
        "{text}"
    );
}

/// Nor does the length say whether there is a number, and equal sheets look different.
#[test]
fn the_code_hides_the_citizen() {
    let with = full();
    let without = CoverSheet {
        citizen: None,
        ..full()
    };
    let text = with.code_text(&key(), [9; 12]).expect("sealed");
    assert!(!text.contains("079203000001"));
    assert_eq!(
        text.len(),
        without.code_text(&key(), [9; 12]).expect("sealed").len()
    );
    assert_ne!(text, with.code_text(&key(), [10; 12]).expect("sealed"));
    assert_eq!(format!("{:?}", key()), "Key(…)");
    assert!(!format!("{with:?}").contains("079203000001"));
}

#[test]
fn it_fits_a_small_code() {
    let text = full().code_text(&key(), [255; 12]).expect("sealed");
    assert!(text.bytes().all(|sign| sign.is_ascii_digit()
        || sign.is_ascii_uppercase()
        || b" $%*+-./:".contains(&sign)));
    // Version 6 at level Q.
    assert!(text.len() <= 108, "{}", text.len());
}

#[test]
fn every_altered_sign_is_noticed() {
    let text = full().code_text(&key(), [9; 12]).expect("sealed");
    for at in 0..text.len() {
        for other in ["A", "B", "2", "7", "-", "."] {
            if text.get(at..=at) == Some(other) {
                continue;
            }
            let mut altered = text.clone();
            altered.replace_range(at..=at, other);
            let reading = read(&altered, Some(&key()));
            assert!(
                !matches!(reading, Some(SheetReading::Proved(_))),
                "{altered}"
            );
        }
    }
}

#[test]
fn what_is_ours_but_not_proved_says_why() {
    let text = full().code_text(&key(), [9; 12]).expect("sealed");
    let other_office = Key::new(&[8; 32]).expect("a key");
    assert_eq!(why(read(&text, None)), Some(Unproved::NoKey));
    let reading = read(&text, Some(&other_office));
    assert_eq!(
        reading,
        Some(SheetReading::Unproved {
            why: Unproved::WrongCheck,
            number: Some(full().number),
        })
    );
    let borrowed = text.replace("-0007.", "-0008.");
    assert_eq!(
        why(read(&borrowed, Some(&key()))),
        Some(Unproved::WrongCheck)
    );
    let longer = format!("{text}{}", "A".repeat(600));
    let number_gone = text.replace("261123-AEBAH6", "261123-aebah6");
    for text in [
        "SOHOA1.",
        "SOHOA1.A.B.C.D",
        "SOHOA2.X",
        "SOHOA1.H36.105-261123-0007.KHAI-SINH.261123-AEBAH6.1",
        longer.as_str(),
        number_gone.as_str(),
    ] {
        assert_eq!(
            why(read(text, Some(&key()))),
            Some(Unproved::UnknownForm),
            "{text}"
        );
    }
}

#[test]
fn other_texts_are_not_ours() {
    for text in [
        "",
        "SOHOA",
        "SOHOA1",
        "SOHOA.1",
        "SOHOAX.1",
        "sohoa1.H36",
        "H36.105-261123-0007",
        "https://example.vn/?ma=H36.105-261123-0007",
        "020091990417||Nông Văn Thử|14031991|Nam|Thôn Pò Mẫu|15082021",
    ] {
        assert_eq!(read(text, Some(&key())), None, "{text}");
    }
}

#[test]
fn a_key_is_made_once_and_for_its_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys/cover-sheets.key");
    assert!(Key::open_file(&path).expect("no error").is_none());
    let made: Vec<Key> = std::thread::scope(|scope| {
        let path = &path;
        let makers: Vec<_> = (0..8)
            .map(|maker| scope.spawn(move || Key::open_or_make_file(path, &[maker; 32])))
            .collect();
        let made = makers.into_iter().map(|maker| maker.join().expect("runs"));
        made.map(|key| key.expect("a key")).collect()
    });
    let text = full().code_text(&made[0], [9; 12]).expect("sealed");
    for key in &made {
        assert!(
            matches!(read(&text, Some(key)), Some(SheetReading::Proved(_))),
            "all have the same key"
        );
    }
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let entries = std::fs::read_dir(path.parent().expect("a folder")).expect("listed");
    assert_eq!(entries.count(), 1);
}

#[test]
fn a_file_that_is_no_key_is_an_error_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let short = "07".repeat(31);
    let long = format!("{}\n", "07".repeat(33));
    let huge = "0".repeat(FILE_TOO_LONG);
    for text in ["", "no key", &short, &long, &huge] {
        std::fs::write(&path, text).expect("written");
        let error = Key::open_or_make_file(&path, &SECRET).expect_err("refused");
        assert!(
            matches!(error, CoverSheetError::KeyInvalid { .. }),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).expect("read"), text);
    }
    let capitals = "0A".repeat(32);
    std::fs::write(&path, format!("  {capitals}\r\n")).expect("written");
    assert!(
        Key::open_file(&path).expect("a key").is_some(),
        "copied by hand"
    );
    let error = Key::open_file(folder.path()).expect_err("a folder");
    assert!(
        matches!(error, CoverSheetError::KeyUnreadable { .. }),
        "{error}"
    );
}

const FILE_TOO_LONG: usize = 1 << 20;

proptest! {
    #[test]
    fn any_text_is_answered(text in "(SOHOA[0-9]{0,2}[.])?[0-9A-Z./-]{0,120}") {
        let reading = read(&text, Some(&key()));
        prop_assert!(!matches!(reading, Some(SheetReading::Proved(_))));
    }

    #[test]
    fn any_sheet_is_read_and_is_no_receipt_slip(
        area in "[A-Y][0-9]{2}([.][0-9]{1,3}){0,3}",
        day in "[0-9]{6}-([A-Z]{2})?[0-9]{4,8}",
        kind in proptest::option::of("[a-z0-9][a-z0-9-]{0,39}"),
        digits in proptest::option::of(1_u64..=999_999_999_999),
        nonce in any::<[u8; 12]>(),
    ) {
        let digits = digits.filter(|digits| digits % 1_000_000 != 0);
        let citizen = digits.map(|digits| format!("{digits:012}"));
        let sheet = sheet(&format!("{area}-{day}"), kind.as_deref(), citizen.as_deref());
        let text = sheet.code_text(&key(), nonce).expect("sealed");
        prop_assert_eq!(dossier::from_code_text(&text), None);
        prop_assert_eq!(read(&text, Some(&key())), Some(SheetReading::Proved(sheet)));
    }
}
