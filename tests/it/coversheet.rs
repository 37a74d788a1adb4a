//! Cover sheets as an office prints and scans them, and patch codes where there are none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::{GrayImage, Luma, imageops};
use sohoa::config::{Limits, ScannerProfile};
use sohoa::pages;
use sohoa::recognise::cover_sheet::{CoverSheet, Key, SheetReading, Unproved};
use sohoa::recognise::hygiene::grey;
use sohoa::recognise::separators::PageSign;
use sohoa::recognise::{GreyPage, barcode, patch_code};

use crate::judge::{self, Flavour};
use crate::office::Office;

const CITIZEN: &str = "079203000001";
const DOSSIER: &str = "H36.105-261123-0007";

/// Prints a sheet and gives its number.
fn print(office: &Office, name: &str, options: &[&str]) -> (PathBuf, String) {
    let path = office.at(name);
    let out = path.to_str().expect("path");
    let all = [&["coversheet", "--dossier", DOSSIER, "-o", out], options].concat();
    let (code, lines) = office.json(&all);
    assert_eq!(code, 0, "{lines:?}");
    let number = lines[0]["sheet"].as_str().expect("a number").to_owned();
    (path, number)
}

/// What a scanner sees of it.
fn scanned(pdf: &Path, dpi: u32) -> GrayImage {
    let out = pdf.with_extension("");
    let rendered = Command::new("pdftoppm")
        .args(["-gray", "-png", "-singlefile", "-r", &dpi.to_string()])
        .args([pdf, &out])
        .status();
    assert!(rendered.expect("pdftoppm runs").success());
    let picture = image::open(out.with_extension("png")).expect("rendered");
    picture.to_luma8()
}

fn page(picture: GrayImage, dpi: u32) -> GreyPage {
    GreyPage {
        width: picture.width(),
        height: picture.height(),
        dpi,
        samples: picture.into_raw(),
    }
}

/// Drawn in at an angle, nearest pixel: coarser than any scanner.
fn skewed(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (x, y) = (x as f32 - width / 2.0, y as f32 - height / 2.0);
        let at = [
            x * cosine + y * sine + width / 2.0,
            y * cosine - x * sine + height / 2.0,
        ];
        let inside = (0.0..width).contains(&at[0]) && (0.0..height).contains(&at[1]);
        #[expect(clippy::cast_possible_truncation, reason = "inside the picture")]
        let [x, y] = at.map(|place| place as u32);
        if inside {
            *picture.get_pixel(x, y)
        } else {
            Luma([255])
        }
    })
}

/// Paper and ink that are neither white nor black, the grain of a cheap scanner, and dust; the same
/// every time.
fn noisy(mut picture: GrayImage) -> GrayImage {
    let mut state = 20_261_123_u32;
    let mut chance = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::from((state >> 16).to_le_bytes()[0])
    };
    for Luma([sample]) in picture.pixels_mut() {
        // Four throws together: nearly normal, standard deviation 5.
        let grain = (0..4).map(|_| chance() % 9 - 4).sum::<i32>();
        let is_dust = chance() == 0 && chance() < 16;
        let shade = if is_dust {
            0
        } else {
            25 + i32::from(*sample) * 215 / 255
        };
        *sample = u8::try_from((shade + grain).clamp(0, 255)).expect("clamped");
    }
    picture
}

fn key(office: &Office) -> Key {
    let key = Key::open_file(&office.at("keys/cover-sheets.key")).expect("readable");
    key.expect("made by init")
}

/// The sheet as the journey sees the page.
fn sign(page: &GreyPage, key: &Key) -> PageSign {
    let patch = patch_code::find(page);
    assert_eq!(patch, None);
    PageSign::of(&barcode::find(page), patch, false, Some(key))
}

fn sheet(what: &str, sign: PageSign) -> CoverSheet {
    match sign {
        PageSign::CoverSheet(SheetReading::Proved(sheet)) => sheet,
        other => panic!("{what}: not a sheet of ours: {other:?}"),
    }
}

#[test]
fn a_printed_sheet_is_read_whichever_way_it_is_fed() {
    let office = Office::new();
    let options = ["--citizen", CITIZEN, "--kind", "khai-sinh"];
    let (pdf, number) = print(&office, "sheet.pdf", &options);
    let key = key(&office);
    for dpi in [200, 300] {
        let picture = scanned(&pdf, dpi);
        let bad = noisy(skewed(&picture, if dpi == 200 { 2.0 } else { -2.0 }));
        for (what, picture) in [("clean", picture), ("skewed and noisy", bad)] {
            let turns = [
                imageops::rotate90(&picture),
                imageops::rotate180(&picture),
                imageops::rotate270(&picture),
                picture,
            ];
            for (turn, picture) in turns.into_iter().enumerate() {
                let what = format!("{what}, {dpi} dpi, turn {turn}");
                let read = sheet(&what, sign(&page(picture, dpi), &key));
                assert_eq!(read.number.as_str(), number, "{what}");
                assert_eq!(read.dossier.as_str(), DOSSIER);
                assert_eq!(read.kind.expect("a kind").as_str(), "khai-sinh");
                assert_eq!(read.citizen.expect("a citizen").expose(), CITIZEN);
            }
        }
    }
    let foreign = Key::new(&[1; 32]).expect("a key");
    let stranger = sign(&page(scanned(&pdf, 200), 200), &foreign);
    let PageSign::CoverSheet(SheetReading::Unproved { why, .. }) = stranger else {
        panic!("{stranger:?}");
    };
    assert_eq!(why, Unproved::WrongCheck);
}

#[test]
fn the_sheet_is_pdfa_and_shows_no_citizen() {
    if !judge::ready("the_sheet_is_pdfa_and_shows_no_citizen") {
        return;
    }
    let office = Office::new();
    let options = ["--citizen", CITIZEN, "--kind", "khai-sinh"];
    let (full, number) = print(&office, "full.pdf", &options);
    let (bare, _) = print(&office, "bare.pdf", &[]);
    judge::verapdf(Flavour::A2u, &[full.clone(), bare.clone()]).expect("PDF/A-2u");
    for pdf in [&full, &bare] {
        judge::qpdf_check(pdf).expect("sound");
        // Streams expanded, so that nothing hides in them.
        let plain = office.at("plain.pdf");
        let expanded = Command::new("qpdf")
            .args(["--qdf", "--object-streams=disable"])
            .args([pdf, &plain])
            .status();
        assert!(expanded.expect("qpdf runs").success());
        let bytes = fs::read(&plain).expect("read");
        assert!(!bytes.windows(12).any(|window| window == CITIZEN.as_bytes()));
    }
    let shown = Command::new("pdftotext")
        .args([&full, Path::new("-")])
        .output();
    let shown = String::from_utf8(shown.expect("pdftotext runs").stdout).expect("UTF-8");
    let agency = "Ủy ban nhân dân xã Mẫu";
    for text in [
        "TỜ PHÂN CÁCH HỒ SƠ",
        DOSSIER,
        "khai-sinh",
        &number,
        agency,
        "+07:00",
        "Cách dùng",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!shown.contains("079"), "{shown}");
}

#[test]
fn a_file_that_is_there_stays_and_a_missing_key_is_made_once() {
    let office = Office::new();
    let taken = office.at("taken.pdf");
    fs::write(&taken, "precious").expect("written");
    let arguments = ["coversheet", "--dossier", DOSSIER, "-o"];
    let path = taken.to_str().expect("path");
    let (code, lines) = office.json(&[&arguments[..], &[path]].concat());
    assert_eq!(
        (code, lines[0]["error"].as_str()),
        (2, Some("output.exists"))
    );
    assert_eq!(fs::read(&taken).expect("read"), b"precious");

    // An office whose data folder is from before there were cover sheets.
    let key_file = office.at("keys/cover-sheets.key");
    fs::remove_file(&key_file).expect("removed");
    let sheets = [0, 1, 2, 3].map(|sheet| office.at(&format!("{sheet}.pdf")));
    let printers: Vec<_> = sheets
        .iter()
        .map(|pdf| {
            let all = [&arguments[..], &[pdf.to_str().expect("path")]].concat();
            office.command(&all).spawn().expect("starts")
        })
        .collect();
    for mut printer in printers {
        assert!(printer.wait().expect("ends").success());
    }
    let mode = fs::metadata(&key_file).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for pdf in &sheets {
        let read = sheet(
            "made at once",
            sign(&page(scanned(pdf, 200), 200), &key(&office)),
        );
        assert_eq!((read.kind, read.citizen), (None, None));
    }

    fs::write(&key_file, "no key").expect("written");
    let unused = office.at("unused.pdf");
    let all = [&arguments[..], &[unused.to_str().expect("path")]].concat();
    let (code, lines) = office.json(&all);
    assert_eq!(
        (code, lines[0]["error"].as_str()),
        (3, Some("cover_sheet.key_invalid"))
    );
    assert!(!unused.exists());
}

/// No page of papers, tables and codes has a patch code.
#[test]
#[expect(clippy::print_stderr, reason = "a person should see what was skipped")]
fn other_pages_have_no_patch_code() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scans");
    let mut files = Vec::new();
    collect(&samples, &mut files);
    match std::env::var_os("SOHOA_CORPUS").map(PathBuf::from) {
        Some(corpus) => {
            for set in ["vn-pages", "scan", "barcode", "vn-signed"] {
                collect(&corpus.join(set), &mut files);
            }
        }
        None => eprintln!("SKIPPED: SOHOA_CORPUS is not set, real pages were not looked at"),
    }
    let profile = include_str!("../../scanner-profiles/generic.toml");
    let profile: ScannerProfile = toml::from_str(profile).expect("the shipped profile");
    let mut looked_at = 0;
    for path in &files {
        let Ok(file) = pages::open(path, 0, &profile, &Limits::default()) else {
            continue;
        };
        for number in 0..file.page_count().min(3) {
            let page = file.page(number).ok().and_then(|page| grey::of(&page).ok());
            let Some(page) = page else { continue };
            looked_at += 1;
            assert_eq!(patch_code::find(&page), None, "{}", path.display());
        }
    }
    assert!(looked_at >= 15, "only {looked_at} pages");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
