//! Every kind of page that is recompressed or converted, against its scan and against wrong ones.

mod scans;

use std::fs;

use self::scans::{PICTURE, Png, SIZE, Tiff, cmyk_jpeg, fax, rgb_jpeg};
use super::*;
use crate::compose::tests::{jpeg_page, metadata, no_copies};
use crate::compose::{PageContent, compose};
use crate::config::{Limits, ScannerProfile};
use crate::pages;
use crate::record::{ExitCode, Explain, Lang};

/// A scan and the document made of it.
struct Fixture {
    folder: tempfile::TempDir,
    document: PathBuf,
    originals: Vec<PathBuf>,
    pages: Vec<PageRecord>,
}

impl Fixture {
    fn of(scan: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let (original, document) = (folder.path().join("scan"), folder.path().join("d.pdf"));
        fs::write(&original, scan).expect("scan");
        let profile: ScannerProfile = toml::from_str(
            "name = \"test\"\nmodels = []\n[image]\nresolution_dpi = 300\ncolour = \"auto\"\n\
             duplex = false\npage_size = \"A4\"\n[files]\ngrouping = \"file-per-document\"\n",
        )
        .expect("a complete profile");
        let file = pages::open(&original, 0, &profile, &Limits::default()).expect("a scan");
        let taken = (0..file.page_count()).map(|n| file.page(n).map(PageContent::from));
        let pages = compose(taken, no_copies, &metadata(), &document)
            .expect("composed")
            .pages;
        assert!(pages.iter().all(is_compared), "{pages:?}");
        Self {
            folder,
            document,
            originals: vec![original],
            pages,
        }
    }

    fn check(&self) -> Result<Vec<NotCompared>, ReadBackError> {
        check(&self.document, &self.originals, &self.pages)
    }

    /// The same document, said to be made of another scan.
    fn against(&self, scan: &[u8]) -> Result<Vec<NotCompared>, ReadBackError> {
        fs::write(&self.originals[0], scan).expect("scan");
        self.check()
    }
}

/// One scan of each kind whose pages are not passed through.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let png = |bits, colour_type| Png::new(bits, colour_type).file(PICTURE);
    let tiff = |bits, samples, photometric| Tiff::new(bits, samples, photometric);
    vec![
        ("1-bit grey PNG", png(1, 0)),
        ("4-bit grey PNG", png(4, 0)),
        ("16-bit grey PNG", png(16, 0)),
        ("16-bit RGB PNG", png(16, 2)),
        ("palette PNG", png(8, 3)),
        ("2-bit palette PNG", png(2, 3)),
        ("grey PNG with alpha", png(8, 4)),
        ("16-bit RGB PNG with alpha", png(16, 6)),
        ("interlaced PNG", Png::new(8, 2).interlaced().file(PICTURE)),
        (
            "interlaced 1-bit PNG",
            Png::new(1, 0).interlaced().file(PICTURE),
        ),
        ("1-bit TIFF", tiff(1, 1, 0).file(PICTURE)),
        ("4-bit TIFF", tiff(4, 1, 1).file(PICTURE)),
        ("6-bit TIFF", tiff(6, 1, 1).file(PICTURE)),
        (
            "8-bit TIFF in strips",
            tiff(8, 1, 1).strips(17).file(PICTURE),
        ),
        ("inverted 8-bit TIFF", tiff(8, 1, 0).file(PICTURE)),
        ("16-bit RGB TIFF", tiff(16, 3, 2).strips(40).file(PICTURE)),
        (
            "RGB TIFF with alpha",
            tiff(8, 4, 2).with(338, 2).file(PICTURE),
        ),
        (
            "grey TIFF with alpha",
            tiff(8, 2, 1).with(338, 2).file(PICTURE),
        ),
        ("RGB TIFF by planes", tiff(8, 3, 2).planar().file(PICTURE)),
        ("CMYK TIFF", tiff(8, 4, 5).file(PICTURE)),
        ("G4 TIFF in strips", fax(4, 31, 0)),
        ("bright G4 TIFF in strips", fax(4, 31, 1)),
        ("CMYK JPEG", cmyk_jpeg(PICTURE)),
        ("JPEG that is RGB", rgb_jpeg()),
    ]
}

#[test]
fn every_kind_of_page_is_its_scans() {
    for (kind, scan) in kinds() {
        match Fixture::of(&scan).check() {
            Ok(not_compared) => assert_eq!(not_compared, [], "{kind}"),
            Err(error) => panic!("{kind}: {error}"),
        }
    }
}

#[test]
fn pages_that_were_passed_through_are_not_opened() {
    let nowhere = Path::new("/nonexistent/document.pdf");
    let pages = [1, 2].map(|seed| jpeg_page(seed).to_record());
    assert_eq!(check(nowhere, &[nowhere], &pages).expect("nothing"), []);
}

fn is_another(result: Result<Vec<NotCompared>, ReadBackError>) -> bool {
    match result {
        Ok(_) => false,
        Err(ReadBackError::Raster { page, .. }) => page == 1,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_page_of_another_scan_is_found() {
    type Picture = fn(u32, u32, u32) -> u32;
    let wrong: [(&str, Picture); 6] = [
        ("white", |_, _, _| 65_535),
        ("black", |_, _, _| 0),
        ("inverted", |x, y, c| 65_535 - PICTURE(x, y, c)),
        ("shifted", |x, y, c| PICTURE(x + 4, y, c)),
        ("turned", |x, y, c| {
            PICTURE(SIZE.0 - 1 - x, SIZE.1 - 1 - y, c)
        }),
        ("with a blank part", |x, y, c| {
            if (64..80).contains(&x) && (64..80).contains(&y) {
                65_535
            } else {
                PICTURE(x, y, c)
            }
        }),
    ];
    for (name, picture) in wrong {
        let png = Fixture::of(&Png::new(16, 2).file(picture));
        assert!(
            is_another(png.against(&Png::new(16, 2).file(PICTURE))),
            "PNG {name}"
        );
        let tiff = Fixture::of(&Tiff::new(1, 1, 0).file(picture));
        assert!(
            is_another(tiff.against(&Tiff::new(1, 1, 0).file(PICTURE))),
            "G4 {name}"
        );
        let jpeg = Fixture::of(&cmyk_jpeg(picture));
        assert!(is_another(jpeg.against(&cmyk_jpeg(PICTURE))), "JPEG {name}");
    }
    let swapped = Fixture::of(&Tiff::new(8, 3, 2).file(|x, y, c| PICTURE(x, y, 2 - c)));
    assert!(
        is_another(swapped.against(&Tiff::new(8, 3, 2).file(PICTURE))),
        "red for blue"
    );
}

/// A pencil's stroke on an otherwise white page.
#[test]
fn a_faint_stroke_that_is_gone_is_found() {
    let stroke = |x: u32, y: u32, _| if x == 50 && y < 20 { 40_000 } else { 65_535 };
    let blank = Fixture::of(&Png::new(16, 0).file(|_, _, _| 65_535));
    assert!(is_another(blank.against(&Png::new(16, 0).file(stroke))));
}

#[test]
fn pages_of_one_tiff_are_told_apart() {
    let first = Tiff::new(8, 1, 1).directory(PICTURE);
    let reduced = Tiff::new(8, 1, 1).with(254, 1).directory(|_, _, _| 0);
    let second = Tiff::new(1, 1, 0).directory(|x, y, c| PICTURE(x + 31, y, c));
    let mut fixture = Fixture::of(&scans::tiff(&[first, reduced, second]));
    assert_eq!(fixture.pages.len(), 2, "the reduced copy is no page");
    assert_eq!(fixture.check().expect("equal"), []);
    fixture.pages[0].original_page = 1;
    assert!(is_another(fixture.check()));
}

#[test]
fn another_size_is_found() {
    let fixture = Fixture::of(&Png::new(8, 3).file(PICTURE));
    let mut higher = Png::new(8, 3);
    higher.size.1 += 1;
    match fixture.against(&higher.file(PICTURE)) {
        Err(ReadBackError::Page {
            page: 1,
            fault: PageFault::Dimensions { expected, found },
        }) => {
            assert_eq!((expected, found), ((SIZE.0, SIZE.1 + 1), SIZE));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_spoilt_stream_is_found() {
    for scan in [
        Png::new(16, 2).file(PICTURE),
        fax(4, 31, 0),
        cmyk_jpeg(PICTURE),
    ] {
        let fixture = Fixture::of(&scan);
        let mut bytes = fs::read(&fixture.document).expect("document");
        let mut at = 0;
        for sign in ["/Subtype /Image", "stream\n"] {
            let mut windows = bytes[at..].windows(sign.len());
            at += windows
                .position(|window| window == sign.as_bytes())
                .expect(sign);
        }
        bytes[at + 200..at + 240].fill(0xA5);
        fs::write(&fixture.document, bytes).expect("document");
        assert!(
            matches!(
                fixture.check(),
                Err(ReadBackError::Raster { .. }
                    | ReadBackError::Page {
                        fault: PageFault::Encoding,
                        ..
                    })
            ),
            "{:?}",
            fixture.check()
        );
    }
}

#[test]
fn what_the_other_decoders_cannot_read_is_named() {
    let palette: Vec<u32> = (0..3 * 16).map(|n| n * 1365).collect();
    for (scan, reason) in [
        (fax(3, SIZE.1, 0), "Fax3"),
        (Tiff::new(1, 1, 0).with(266, 2).file(PICTURE), "reversed"),
        (
            Tiff::new(4, 1, 3).with_all(320, 3, &palette).file(PICTURE),
            "RGBPalette",
        ),
        (Tiff::new(12, 1, 1).file(PICTURE), "12"),
    ] {
        let found = Fixture::of(&scan).check().expect("not compared");
        assert!(
            matches!(found.as_slice(), [NotCompared { page: 1, why }] if why.contains(reason)),
            "{reason}: {found:?}"
        );
    }
}

#[test]
fn pages_of_incoming_pdfs_are_named() {
    let fixture = Fixture::of(&Png::new(8, 3).file(PICTURE));
    let pdf = fs::read(&fixture.document).expect("document");
    let found = fixture.against(&pdf).expect("not compared");
    assert!(matches!(found.as_slice(), [NotCompared { page: 1, why }] if why.contains("PDF")));
}

#[test]
fn an_original_that_is_gone_is_to_be_retried() {
    let fixture = Fixture::of(&Png::new(8, 3).file(PICTURE));
    fs::remove_file(&fixture.originals[0]).expect("removed");
    let error = fixture.check().expect_err("gone");
    assert!(error.is_retryable());
    assert_eq!(error.exit_code(), ExitCode::Environment);
}

/// Cut and spoilt originals end in a word, never in a panic of ours or a hang.
#[test]
fn damaged_originals_are_differences_or_named() {
    for scan in [
        Png::new(16, 2).interlaced().file(PICTURE),
        Tiff::new(8, 3, 2).strips(17).file(PICTURE),
        cmyk_jpeg(PICTURE),
    ] {
        let fixture = Fixture::of(&scan);
        for end in (0..scan.len()).step_by(scan.len() / 20) {
            let cut = fixture.against(&scan[..end]);
            assert!(
                !matches!(cut, Ok(found) if found.is_empty()),
                "cut at {end}"
            );
        }
        for at in (0..scan.len().min(400)).step_by(7) {
            let mut spoilt = scan.clone();
            spoilt[at] ^= 0x81;
            let _any_word = fixture.against(&spoilt);
        }
        drop(fixture.folder);
    }
}

/// A size that only a header states costs no memory and is no fault of the document.
#[test]
fn what_is_beyond_the_bounds_is_named() {
    let huge = |dictionary: &str| {
        let image = pdf::parser::parse(
            dictionary.as_bytes(),
            &pdf::object::NoResolve,
            pdf::parser::ParseFlags::ANY,
        );
        let image = image.and_then(pdf::primitive::Primitive::into_dictionary);
        let image = image.expect("a dictionary");
        Description::of(&image)
            .expect("an image")
            .cells(&[0x55; 99])
    };
    for coding in [
        "/Filter /FlateDecode /DecodeParms << /Predictor 15 >> /BitsPerComponent 8",
        "/Filter /DCTDecode /BitsPerComponent 8",
        "/Filter /CCITTFaxDecode /DecodeParms << /K -1 >> /BitsPerComponent 1",
    ] {
        let size = "/ColorSpace /DeviceGray /Width 65000 /Height 65000";
        let found = huge(&format!("<< {size} {coding} >>"));
        assert!(matches!(found, Err(NotRead::GaveUp(_))), "{coding}");
    }
    let mut scan = Tiff::new(8, 1, 1).strips(17).file(PICTURE);
    let fixture = Fixture::of(&scan);
    let at = scan.len() - 4 - 12 * 9;
    for entry in [at, at + 12] {
        assert_eq!(scan[entry + 1], 1, "tag 256 or 257");
        scan[entry + 8..entry + 12].copy_from_slice(&0x7FFF_FFFFu32.to_le_bytes());
    }
    let found = fixture.against(&scan).expect("not compared");
    assert!(matches!(found.as_slice(), [NotCompared { page: 1, .. }]));
}

#[test]
fn a_difference_is_told_in_both_languages() {
    let error = ReadBackError::Raster {
        page: 3,
        mean: 97.0,
        largest: 255.0,
    };
    for lang in [Lang::Vi, Lang::En] {
        assert!(error.message(lang).contains('3') && error.message(lang).ends_with('.'));
        assert!(error.advice(lang).ends_with('.'));
    }
    assert_eq!(error.code(), "read_back.raster");
    assert_eq!(
        (error.exit_code(), error.is_retryable()),
        (ExitCode::Bug, false)
    );
}
