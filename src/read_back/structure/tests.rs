use std::convert::Infallible;
use std::path::PathBuf;

use super::*;
use crate::compose::tests::{jpeg_page, metadata, no_copies, read_page};
use crate::compose::{PageContent, Picture, compose};
use crate::pages::PageImage;

struct Fixture {
    _folder: tempfile::TempDir,
    path: PathBuf,
    pages: Vec<PageRecord>,
}

impl Fixture {
    fn of(pages: Vec<PageImage>) -> Self {
        Self::with(pages.into_iter().map(PageContent::from).collect())
    }

    /// A page with words after one without.
    fn with_words() -> Self {
        let text = Some(read_page(&[("Giấy", 100.0), ("khai", 400.0)]));
        let image = jpeg_page(2);
        Self::with(vec![jpeg_page(1).into(), Picture { image, text }.into()])
    }

    fn with(pages: Vec<PageContent>) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("document.pdf");
        let pages = pages.into_iter().map(Ok::<_, Infallible>);
        let document = compose(pages, no_copies, &metadata(), &path).expect("composed");
        Self {
            _folder: folder,
            path,
            pages: document.pages,
        }
    }

    fn three_pages() -> Self {
        Self::of([1, 2, 3].map(jpeg_page).into())
    }

    fn check(&self) -> Result<(), ReadBackError> {
        check(&self.path, &self.pages, Streams::Digested)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).expect("file")
    }

    /// The error after one place of the file was overwritten, lengths unchanged.
    fn spoilt(&self, from: &str, to: &str) -> ReadBackError {
        assert_eq!(from.len(), to.len());
        let mut bytes = self.bytes();
        let at = bytes
            .windows(from.len())
            .position(|window| window == from.as_bytes())
            .expect(from);
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&self.path, bytes).expect("file");
        self.check().expect_err(from)
    }
}

fn fault(error: ReadBackError) -> (usize, PageFault) {
    match error {
        ReadBackError::Page { page, fault } => (page, fault),
        other => panic!("{other}"),
    }
}

#[test]
fn a_composed_document_reads_back() {
    assert!(Fixture::three_pages().check().is_ok());
}

#[test]
fn a_missing_or_added_page_is_found() {
    let mut fixture = Fixture::three_pages();
    fixture.pages.pop();
    assert!(matches!(
        fixture.check(),
        Err(ReadBackError::PageCount {
            expected: 2,
            found: 3
        })
    ));
    fixture.pages = [1, 2, 3, 4].map(|seed| jpeg_page(seed).to_record()).into();
    assert!(matches!(
        fixture.check(),
        Err(ReadBackError::PageCount {
            expected: 4,
            found: 3
        })
    ));
}

#[test]
fn swapped_pages_are_found() {
    let mut fixture = Fixture::three_pages();
    fixture.pages.swap(1, 2);
    let (page, fault) = fault(fixture.check().expect_err("swapped"));
    assert_eq!(page, 2);
    assert!(matches!(fault, PageFault::Stream { .. }));
}

#[test]
fn one_changed_image_byte_is_found() {
    let fixture = Fixture::three_pages();
    let mut bytes = fixture.bytes();
    let at = bytes.windows(4).rposition(|bytes| bytes == [0x55; 4]);
    let at = at.expect("image");
    bytes[at] ^= 1;
    fs::write(&fixture.path, bytes).expect("file");
    let (page, fault) = fault(fixture.check().expect_err("changed"));
    assert_eq!(page, 3);
    assert!(matches!(fault, PageFault::Stream { .. }));
}

#[test]
fn changed_page_objects_are_found() {
    let spoilt = |from: &str, to: &str| fault(Fixture::three_pages().spoilt(from, to));
    assert_eq!(spoilt("[0 0 595.", "[0 0 001.").1, PageFault::Box);
    assert_eq!(
        spoilt("/Width 1654", "/Width 1655").1,
        PageFault::Dimensions {
            expected: (1654, 2339),
            found: (1655, 2339),
        }
    );
    assert_eq!(spoilt("/DCTDecode", "/JPXDecode").1, PageFault::Encoding);
    assert_eq!(spoilt("/DeviceRGB", "/DeviceBGR").1, PageFault::Encoding);
    assert_eq!(spoilt("/Im0 Do", "/Im1 Do").1, PageFault::NotPainted);
    assert_eq!(
        spoilt("595.44 0 0 842.04 0 0 cm", "000.00 0 0 842.04 0 0 cm").1,
        PageFault::NotPainted
    );
    assert_eq!(
        spoilt("842.04 0 0 cm", "842 0900 0 cm").1,
        PageFault::NotPainted
    );
    assert_eq!(
        spoilt("/Subtype /Image", "/Subtype /Imago").1,
        PageFault::Images { found: 0 }
    );
    assert_eq!(
        spoilt("/Im0 5 0 R", "/Im0 6 0 R").1,
        PageFault::Images { found: 0 }
    );
    assert_eq!(spoilt("/Resources", "/Resource_").1, PageFault::Malformed);
}

#[test]
fn words_need_the_claim_of_level_u() {
    assert!(Fixture::with_words().check().is_ok());
    let claim = |level: &str| format!("<pdfaid:conformance>{level}<");
    let error = Fixture::with_words().spoilt(&claim("U"), &claim("B"));
    assert!(matches!(error, ReadBackError::Conformance));
}

/// Content that a viewer would show beside the image, or words that it would show.
#[test]
fn foreign_content_is_found() {
    let judged = |operators: &str| {
        let content = format!("q 1 0 0 1 0 0 cm /Im0 Do Q {operators}");
        let operations = parse_ops(content.as_bytes(), &pdf::object::NoResolve);
        content::PageContent::of(&operations.expect("operators"), "Im0").map(|page| page.has_text)
    };
    assert_eq!(judged(""), Ok(false));
    assert_eq!(
        judged("BT 3 Tr /F0 9 Tf 1 0 0 1 2 3 Tm 90 Tz (a) Tj ET"),
        Ok(true)
    );
    for foreign in [
        "BT /F0 9 Tf (a) Tj ET",
        "BT 0 Tr /F0 9 Tf (a) Tj ET",
        "BT /F0 9 Tf 3 Tr (a) Tj ET",
        "BT 3 Tr /F0 9 Tf (a) Tj 0 Tr (b) Tj ET",
        "BT 3 Tr /F0 9 Tf (a) Tj ET BT (b) Tj ET",
        "BT 3 Tr /F0 9 Tf (a) Tj",
        "0 0 9 9 re f",
        "/Im0 Do",
        "/Fm1 Do",
        "/Im0 Do BT 3 Tr ET",
    ] {
        assert_eq!(judged(foreign), Err(PageFault::ForeignContent), "{foreign}");
    }
}

#[test]
fn the_turn_is_compared() {
    let mut image = jpeg_page(1);
    image.rotation.degrees = 90;
    let mut fixture = Fixture::of(vec![image]);
    assert!(fixture.check().is_ok());
    fixture.pages[0].rotation = 270;
    assert_eq!(
        fault(fixture.check().expect_err("turned")).1,
        PageFault::Rotation {
            expected: 270,
            found: 90,
        }
    );
}

#[test]
fn a_damaged_frame_is_found() {
    let spoilt = |from: &str, to: &str| Fixture::three_pages().spoilt(from, to);
    let is_malformed = |error: &ReadBackError, wanted: DocumentPart| matches!(error, ReadBackError::Malformed { part } if *part == wanted);
    assert!(is_malformed(
        &spoilt("startxref", "startxxxx"),
        DocumentPart::CrossReferences
    ));
    assert!(is_malformed(
        &spoilt("/Root", "/Boot"),
        DocumentPart::Catalog
    ));
    assert!(is_malformed(
        &spoilt("/Count 3", "/Count 4"),
        DocumentPart::PageTree
    ));
    assert!(is_malformed(
        &spoilt("/Metadata", "/Metafata"),
        DocumentPart::Metadata
    ));
    let looped = spoilt("/Kids [7 0 R", "/Kids [2 0 R");
    assert!(is_malformed(&looped, DocumentPart::PageTree));
    for (from, to) in [
        ("<pdfaid:part>2<", "<pdfaid:part>1<"),
        ("<pdfaid:conformance>B<", "<pdfaid:conformance>X<"),
        ("/GTS_PDFA1", "/GTS_PDFX1"),
    ] {
        assert!(
            matches!(spoilt(from, to), ReadBackError::Conformance),
            "{from}"
        );
    }
}

#[test]
fn an_absent_file_is_to_be_retried() {
    use crate::record::{ExitCode, Explain};
    let error = check(
        Path::new("/nonexistent/document.pdf"),
        &[],
        Streams::Digested,
    )
    .expect_err("absent");
    assert_eq!(
        (error.exit_code(), error.is_retryable()),
        (ExitCode::Environment, true)
    );
}

/// What a signature adds: a changed catalog and first page, an annotation, a second table.
#[test]
fn an_incremental_update_reads_back() {
    let fixture = Fixture::three_pages();
    let mut bytes = fixture.bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let first_table = text.rsplit_once("startxref\n").expect("tail").1;
    let previous: usize = first_table
        .lines()
        .next()
        .and_then(|n| n.parse().ok())
        .expect("offset");
    let object = |number: usize| {
        let body = text
            .split_once(&format!("\n{number} 0 obj\n<<"))
            .expect("object")
            .1;
        body.split_once("\nendobj").expect("end").0.to_owned()
    };
    let mut table = String::from("xref\n0 1\n0000000000 65535 f\r\n");
    for (number, body) in [
        (
            1,
            format!(
                "<< /AcroForm << /Fields [14 0 R] /SigFlags 3 >>{}",
                object(1)
            ),
        ),
        (7, format!("<< /Annots [14 0 R]{}", object(7))),
        (
            14,
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /F 132 /Rect [0 0 0 0] /P 7 0 R >>"
                .to_owned(),
        ),
    ] {
        table.push_str(&format!("{number} 1\n{:010} 00000 n\r\n", bytes.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let start = bytes.len();
    bytes.extend_from_slice(
        format!("{table}trailer\n<< /Size 15 /Root 1 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    fs::write(&fixture.path, bytes).expect("file");
    fixture.check().expect("reads back");
}

/// Signing programs of others write the packet anew, simple properties as attributes.
#[test]
fn the_claim_is_read_in_both_forms() {
    for xmp in [
        "<pdfaid:part>2</pdfaid:part>",
        "<rdf:Description pdfaid:part=\"2\"/>",
    ] {
        assert_eq!(xmp_value(xmp, "pdfaid:part"), Some("2"), "{xmp}");
    }
    assert_eq!(xmp_value("<pdfaid:part>2", "pdfaid:part"), None);
}

fn check_bytes(bytes: Vec<u8>, expected: &[PageRecord]) {
    let _ = Document::of(bytes)
        .and_then(|document| check_document(&document, expected, Streams::Digested));
}

/// Whatever happens to a byte of the file, checking ends without a panic.
#[test]
fn no_damage_panics() {
    let bare = Fixture::of(vec![jpeg_page(1)]);
    let changes: [(Fixture, &[u8]); 2] = [
        (bare, &[0x01, 0x10, 0x80, 0xFF]),
        (Fixture::with_words(), &[0x10]),
    ];
    for (fixture, changes) in changes {
        let good = fixture.bytes();
        for at in 0..good.len() {
            for change in changes {
                let mut bytes = good.clone();
                bytes[at] ^= change;
                check_bytes(bytes, &fixture.pages);
            }
            check_bytes(good[..at].to_vec(), &fixture.pages);
        }
    }
}
