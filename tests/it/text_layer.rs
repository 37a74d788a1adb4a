//! The invisible words of composed documents before the outside judges: PDF/A-2u, the text that a viewer
//! copies, and where on the page it finds each word.

use std::convert::Infallible;
use std::path::Path;
use std::process::Command;

use sohoa::compose::{ConformanceLevel, Digitised, PdfaDocument, PdfaMetadata, Picture, compose};
use sohoa::pages::{CopiedPages, CopyOrder, ImageEncoding, Placement, Rotation};
use sohoa::read_back::{Streams, structure};
use sohoa::recognise::{BoundingBox, Confidence, PageReading, RecognisedPage, Word};
use sohoa::record::{CopyForm, RecordId};
use sohoa::sign::{Appearance, RsaPadding, SignatureRequest, SoftwareKey, demo_pki, seal};
use unicode_normalization::UnicodeNormalization;

use crate::compose::{CELL, page, turns};
use crate::judge::{self, Flavour};

/// A sheet as a person holds it, points; images have 72 dpi, so a pixel is a point.
const SHEET: (usize, usize) = (37 * CELL, 52 * CELL);
const HEIGHT: f64 = 10.0;
const LETTER: f64 = 4.5;
const GAP: f64 = 3.0;
const LINE: f64 = 18.0;
const MARGIN: f64 = 60.0;

/// A box, or a word found: left, top, right, bottom on the sheet, y down.
type Edges = [f64; 4];

/// The lines of the sheet; the last ones have every Vietnamese letter, in NFD as some keyboards write.
fn lines() -> Vec<String> {
    let mut lines: Vec<String> = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "GIẤY KHAI SINH (BẢN SAO)",
        "Họ, chữ đệm, tên: NGUYỄN THỊ MẪU",
        "Ngày, tháng, năm sinh: 01/02/2024 (ghi bằng chữ: ngày một tháng hai)",
        "Số định danh cá nhân: 001224000000 \\ 100% <\u{ab}x\u{bb}> & {y}",
    ]
    .map(str::to_owned)
    .into();
    let tones = ["", "\u{300}", "\u{309}", "\u{303}", "\u{301}", "\u{323}"];
    for vowels in ["aăâ", "eêi", "oôơ", "uưy", "AĂÂ", "EÊI", "OÔƠ", "UƯY"] {
        let word = |vowel: char| tones.map(|tone| format!("{vowel}{tone}")).concat();
        let words: Vec<String> = vowels.chars().map(word).collect();
        lines.push(words.join(" ").nfd().collect());
    }
    lines.push("đĐ bcdfghjkl mnpqrstvwxz BCDFGHJKL MNPQRSTVWXZ".to_owned());
    lines
}

/// Words and where they stand on the straight sheet.
fn sheet() -> Vec<(u32, String, Edges)> {
    let mut words = Vec::new();
    for (number, line) in lines().iter().enumerate() {
        let (mut x, base) = (MARGIN, MARGIN + LINE * at(number));
        for word in line.split(' ') {
            let width = LETTER * at(word.nfc().count());
            let edges = [x, base - HEIGHT, x + width, base];
            words.push((u32::try_from(number).expect("few"), word.to_owned(), edges));
            x += width + GAP;
        }
    }
    words
}

fn at(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("few"))
}

/// How the sheet lay on the scanner: turned a little clockwise about its middle, then stored in another turn.
#[derive(Clone, Copy)]
struct Lying {
    skew: f64,
    rotation: Rotation,
}

impl Lying {
    /// From the straight sheet to the sheet as it is displayed.
    fn skewed(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sine, cosine) = self.skew.to_radians().sin_cos();
        let (middle_x, middle_y) = (at(SHEET.0) / 2.0, at(SHEET.1) / 2.0);
        let (x, y) = (x - middle_x, y - middle_y);
        [
            middle_x + x * cosine - y * sine,
            middle_y + x * sine + y * cosine,
        ]
    }

    /// Size of the stored image.
    fn stored_size(self) -> (usize, usize) {
        match self.rotation.degrees {
            90 | 270 => (SHEET.1, SHEET.0),
            _ => SHEET,
        }
    }

    /// From the sheet as it is displayed to pixels of the stored image: the turns undone, then the mirror.
    fn stored(self, [mut x, mut y]: [f64; 2]) -> [f64; 2] {
        let (mut width, mut height) = (at(SHEET.0), at(SHEET.1));
        for _ in 0..self.rotation.degrees / 90 {
            (x, y) = (y, width - x);
            (width, height) = (height, width);
        }
        if self.rotation.mirrored {
            x = width - x;
        }
        [x, y]
    }

    /// Corners of a word on the displayed sheet: base line start and end, top end and start.
    fn corners(self, [left, top, right, bottom]: Edges) -> [[f64; 2]; 4] {
        [[left, bottom], [right, bottom], [right, top], [left, top]]
            .map(|corner| self.skewed(corner))
    }

    fn content(self) -> Picture {
        let (width, height) = self.stored_size();
        let blank = vec![vec![false; width / CELL]; height / CELL];
        let encoding = ImageEncoding::Jpeg { components: 1 };
        let words = sheet().into_iter().map(|(line, text, edges)| {
            word(
                line,
                &text,
                self.corners(edges).map(|corner| self.stored(corner)),
            )
        });
        Picture {
            image: page(&blank, encoding, self.rotation),
            text: Some(recognised(words.collect())),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "pixels of a small image")]
fn word(line: u32, text: &str, corners: [[f64; 2]; 4]) -> Word {
    Word {
        text: text.to_owned(),
        place: BoundingBox {
            corners: corners.map(|corner| corner.map(|value| value as f32)),
        },
        confidence: Confidence(95.0),
        line,
        digits_agreed: None,
        first_reading: None,
    }
}

fn recognised(words: Vec<Word>) -> RecognisedPage {
    RecognisedPage {
        reading: PageReading::Ok,
        upright: 0,
        skew: 0.0,
        words,
        confidence: Some(Confidence(95.0)),
    }
}

fn metadata() -> PdfaMetadata<'static> {
    PdfaMetadata {
        record: RecordId::new_v7(1_790_000_000_000, &[7; 10]),
        title: "Giấy khai sinh",
        dossier: None,
        kind: None,
        digitised: Some(Digitised {
            agency: "Ủy ban nhân dân xã Mẫu",
            copy_form: CopyForm::SaoY,
        }),
        converter: "sohoa 0.1.0",
        converted: "2026-11-23T01:15:30Z".parse().expect("timestamp"),
        rendition_of: &[],
    }
}

/// No page of these documents is copied.
fn no_copies<E>(_: usize, _: &CopyOrder) -> Result<CopiedPages, E> {
    panic!("asked for a copy")
}

fn write(pages: Vec<Picture>, path: &Path) -> PdfaDocument {
    let pages = pages
        .into_iter()
        .map(|page| Ok::<_, Infallible>(page.into()));
    let document = compose(pages, no_copies, &metadata(), path).expect("composed");
    structure::check(path, &document.pages, Streams::Digested).expect("reads back");
    document
}

/// What poppler says of each page.
fn pdftotext(options: &[&str], pdf: &Path, end_of_page: &str) -> Vec<String> {
    let said = Command::new("pdftotext")
        .args(options)
        .arg(pdf)
        .arg("-")
        .output();
    let said = String::from_utf8(said.expect("pdftotext").stdout).expect("UTF-8");
    let mut pages: Vec<String> = said.split(end_of_page).map(str::to_owned).collect();
    pages.pop();
    pages
}

/// The lines that a viewer copies, spaces as they are.
fn copied(options: &[&str], pdf: &Path) -> Vec<Vec<String>> {
    let lines = |page: &String| {
        let filled = page.lines().filter(|line| !line.is_empty());
        filled.map(str::to_owned).collect()
    };
    pdftotext(options, pdf, "\u{c}").iter().map(lines).collect()
}

/// Words and their boxes on each page as it is displayed.
fn found(pdf: &Path) -> Vec<Vec<(String, Edges)>> {
    let word = |line: &str| {
        let line = line
            .trim()
            .strip_prefix("<word ")?
            .strip_suffix("</word>")?;
        let (attributes, text) = line.split_once('>')?;
        let edges = attributes.split('"').skip(1).step_by(2);
        let edges: Vec<f64> = edges.map(|edge| edge.parse().expect("a number")).collect();
        let text = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
            .iter()
            .fold(text.to_owned(), |text, (entity, plain)| {
                text.replace(entity, plain)
            });
        Some((text, edges.try_into().expect("four edges")))
    };
    pdftotext(&["-bbox"], pdf, "</page>")
        .iter()
        .map(|page| page.lines().filter_map(word).collect())
        .collect()
}

fn box_around(corners: [[f64; 2]; 4]) -> Edges {
    let values = |axis: usize| corners.into_iter().map(move |corner| corner[axis]);
    let least = |axis| values(axis).fold(f64::MAX, f64::min);
    let most = |axis| values(axis).fold(f64::MIN, f64::max);
    [least(0), least(1), most(0), most(1)]
}

fn lyings() -> Vec<Lying> {
    let turned = turns().map(|rotation| Lying {
        skew: 0.0,
        rotation,
    });
    let skewed = [0.3, -0.7, 1.5, -2.0].into_iter().flat_map(|skew| {
        let turned = [0, 90].map(|degrees| Rotation {
            mirrored: false,
            degrees,
        });
        turned.map(|rotation| Lying { skew, rotation })
    });
    turned.chain(skewed).collect()
}

#[test]
fn words_are_copied_and_found_where_they_stand() {
    if !judge::ready("words_are_copied_and_found_where_they_stand") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("có chữ.pdf");
    let document = write(lyings().into_iter().map(Lying::content).collect(), &path);
    assert_eq!(document.conformance, ConformanceLevel::A2u);
    assert_eq!(judge::qpdf_check(&path), Ok(()));

    let expected: Vec<String> = lines().iter().map(|line| line.nfc().collect()).collect();
    let copies = copied(&[], &path).into_iter().zip(copied(&["-raw"], &path));
    for ((guessed, as_written), lying) in copies.zip(lyings()) {
        assert_eq!(as_written, expected, "{:?} {}°", lying.rotation, lying.skew);
        // Where a line climbs by more than half its height, poppler guesses two lines, unless told not to guess.
        if lying.skew.abs() < 1.0 {
            assert_eq!(guessed, expected, "{:?} {}°", lying.rotation, lying.skew);
        }
    }
    for (words, lying) in found(&path).iter().zip(lyings()) {
        assert_eq!(words.len(), sheet().len());
        for (_, text, edges) in sheet() {
            let text: String = text.nfc().collect();
            let around = box_around(lying.corners(edges));
            let is_it = |(found, place): &(String, Edges)| {
                let is_near = around.iter().zip(place).all(|(a, b)| (a - b).abs() <= 2.0);
                *found == text && is_near
            };
            assert!(
                words.iter().any(is_it),
                "{text} {}°: {around:?} {words:?}",
                lying.skew
            );
        }
    }
    assert_eq!(judge::verapdf(Flavour::A2u, &[path]), Ok(()));
}

/// Boxes that touch or overlap, as recognisers give them for tight print, and words set wide apart.
#[test]
fn one_space_stands_between_words_whatever_the_gap() {
    if !judge::ready("one_space_stands_between_words_whatever_the_gap") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    let straight = Lying {
        skew: 0.0,
        rotation: Rotation::NONE,
    };
    let gaps = [-1.5, 0.0, 0.3, 1.0, 6.0, 9.0];
    let words = (0u32..).zip(gaps).flat_map(|(line, gap)| {
        let base = MARGIN + 3.0 * LINE * f64::from(line);
        let first = [60.0, base - HEIGHT, 100.0, base];
        let second = [100.0 + gap, base - 0.7 * HEIGHT, 130.0 + gap, base];
        [("Thửa", first), ("đất", second)]
            .map(|(text, edges)| word(line, text, straight.corners(edges)))
    });
    let mut content = straight.content();
    content.text = Some(recognised(words.collect()));
    write(vec![content], &path);
    for options in [&["-raw"][..], &[]] {
        assert_eq!(copied(options, &path), [vec!["Thửa đất"; 6]]);
    }
}

/// A picture with margins on a page from an incoming PDF, drawn to another scale across than down.
#[test]
fn words_follow_a_placed_picture() {
    if !judge::ready("words_follow_a_placed_picture") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    let mut content = Lying {
        skew: 0.0,
        rotation: Rotation::NONE,
    }
    .content();
    content.image.placement = Some(Placement {
        page_size: (800.0, 500.0),
        matrix: [at(SHEET.0), 0.0, 0.0, at(SHEET.1) / 2.0, 100.0, 50.0],
    });
    write(vec![content], &path);
    let found = found(&path);
    let (_, text, [left, top, right, bottom]) = &sheet()[0];
    let (found, place) = &found[0][0];
    let y = |y: f64| 500.0 - 50.0 - at(SHEET.1) / 2.0 + y / 2.0;
    let expected = [left + 100.0, y(*top), right + 100.0, y(*bottom)];
    assert_eq!(found, text);
    assert!(
        expected
            .iter()
            .zip(place)
            .all(|(a, b)| (a - b).abs() <= 0.5),
        "{expected:?} {place:?}"
    );
}

/// Only pages with words need the font, and only a document with words claims level U.
#[test]
fn a_document_of_pages_with_and_without_words_is_2u() {
    if !judge::ready("a_document_of_pages_with_and_without_words_is_2u") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let [mixed, bare] = ["mixed.pdf", "bare.pdf"].map(|name| folder.path().join(name));
    let straight = Lying {
        skew: 0.0,
        rotation: Rotation::NONE,
    };
    let blank = || Picture {
        image: straight.content().image,
        text: None,
    };
    let strange = "a\u{0}\u{7}b \u{1F600}\u{FEFF}\u{FFFE}\u{E000} (\u{301}\\";
    let mut odd = straight.content();
    odd.text = Some(recognised(vec![word(
        0,
        strange,
        straight.corners([60.0, 60.0, 200.0, 70.0]),
    )]));
    let document = write(vec![blank(), straight.content(), blank(), odd], &mixed);
    assert_eq!(document.conformance, ConformanceLevel::A2u);
    let document = write(vec![blank(), blank()], &bare);
    assert_eq!(document.conformance, ConformanceLevel::A2b);
    assert_eq!(judge::verapdf(Flavour::A2u, &[mixed]), Ok(()));
    assert_eq!(judge::verapdf(Flavour::A2b, &[bare]), Ok(()));
}

/// The signature's own font and the words' font are in one file, on one page.
#[test]
fn a_signed_document_with_words_stays_2u() {
    if !judge::ready("a_signed_document_with_words_stays_2u") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let [plain, signed] = ["plain.pdf", "signed.pdf"].map(|name| folder.path().join(name));
    let straight = Lying {
        skew: 0.0,
        rotation: Rotation::NONE,
    };
    let document = write(vec![straight.content()], &plain);
    let now = metadata().converted;
    let demo = demo_pki::make("Ủy ban nhân dân xã Mẫu", now, &[7; 32]).expect("keys");
    let key = SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, RsaPadding::Pss);
    let request = SignatureRequest {
        appearance: Some(Appearance::of_copy(
            CopyForm::SaoY,
            "Ủy ban nhân dân xã Mẫu",
        )),
        ..SignatureRequest::at(now)
    };
    seal(&plain, &signed, &key.expect("key"), &request).expect("signed");
    structure::check(&signed, &document.pages, Streams::Digested).expect("reads back");
    assert_eq!(judge::pdfsig_valid(&signed), Ok(()));
    assert_eq!(judge::verapdf(Flavour::A2u, &[signed]), Ok(()));
}
