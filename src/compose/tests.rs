//! What a composed file holds; the judges' word on it is in `tests/it/compose.rs`.

use std::convert::Infallible;
use std::fs;

use super::*;
use crate::pages::{
    CopiedPages, CopyOrder, ImageEncoding, PageImage, PageSource, Resolution, ResolutionSource,
    Rotation,
};
use crate::recognise::{BoundingBox, Confidence, PageReading, RecognisedPage, Word};
use crate::record::{CopyForm, Digests, ExitCode, Explain, Lang, PageTreatment, RecordId};

/// A page whose stream only looks like a JPEG from afar; `seed` makes streams differ.
pub(crate) fn jpeg_page(seed: u8) -> PageImage {
    PageImage {
        source: PageSource {
            original: 0,
            page: usize::from(seed),
        },
        width_px: 1654,
        height_px: 2339,
        resolution: Resolution {
            x: 200.0,
            y: 200.0,
            source: ResolutionSource::File,
        },
        rotation: Rotation::NONE,
        encoding: ImageEncoding::Jpeg { components: 3 },
        data: [&[0xFF, 0xD8, seed], &[0x55; 40][..], &[0xFF, 0xD9]].concat(),
        treatment: PageTreatment::PassedThrough,
        treatment_reason: String::new(),
        placement: None,
        doubts: Vec::new(),
    }
}

/// What was read from [`jpeg_page`]: a line of words at these pixels from the left, 60 by 40 pixels for
/// each letter, with the base line 200 pixels from the top.
pub(crate) fn read_page(words: &[(&str, f32)]) -> RecognisedPage {
    let word = |(text, left): &(&str, f32)| {
        let letters = text.chars().map(|_| 60.0).sum::<f32>();
        let (right, base, top) = (left + letters, 200.0, 160.0);
        Word {
            text: (*text).to_owned(),
            place: BoundingBox {
                corners: [[*left, base], [right, base], [right, top], [*left, top]],
            },
            confidence: Confidence(90.0),
            line: 0,
            digits_agreed: None,
            first_reading: None,
        }
    };
    RecognisedPage {
        reading: PageReading::Ok,
        upright: 0,
        skew: 0.0,
        words: words.iter().map(word).collect(),
        confidence: Some(Confidence(90.0)),
    }
}

pub(crate) fn metadata() -> PdfaMetadata<'static> {
    PdfaMetadata {
        record: RecordId::new_v7(1_790_000_000_000, &[7; 10]),
        title: "Giấy khai sinh",
        dossier: None,
        kind: None,
        digitised: Some(Digitised {
            agency: "Ủy ban nhân dân xã Mẫu",
            copy_form: CopyForm::ScanAttested,
        }),
        converter: "sohoa 0.1.0",
        converted: "2026-11-23T01:15:30Z".parse().expect("timestamp"),
        rendition_of: &[],
    }
}

/// No page of these documents is copied.
pub(crate) fn no_copies<E>(_: usize, _: &CopyOrder) -> Result<CopiedPages, E> {
    panic!("asked for a copy")
}

fn pages(seeds: &[u8]) -> impl Iterator<Item = Result<PageContent, Infallible>> {
    seeds.iter().map(|seed| Ok(jpeg_page(*seed).into()))
}

#[test]
fn equal_input_gives_equal_bytes_and_true_digests() {
    let folder = tempfile::tempdir().expect("folder");
    let [first, second, other] = ["1.pdf", "2.pdf", "3.pdf"].map(|name| folder.path().join(name));
    let document = compose(pages(&[1, 2]), no_copies, &metadata(), &first).expect("composed");
    compose(pages(&[1, 2]), no_copies, &metadata(), &second).expect("composed");
    compose(pages(&[2, 1]), no_copies, &metadata(), &other).expect("composed");

    let bytes = fs::read(&first).expect("file");
    assert_eq!(bytes, fs::read(&second).expect("file"));
    assert_eq!(
        document.digests,
        Digests::of_reader(&bytes[..]).expect("digests").into()
    );
    assert_eq!(document.path, first);
    assert_eq!(document.conformance.as_str(), "PDF/A-2b");
    assert_eq!(
        document.pages,
        [jpeg_page(1).to_record(), jpeg_page(2).to_record()]
    );
    assert_ne!(file_id(&bytes), file_id(&fs::read(&other).expect("file")));
}

#[test]
fn the_words_decide_claim_and_identifier() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, words: &[(&str, f32)]| {
        let path = folder.path().join(name);
        let page = Picture {
            image: jpeg_page(1),
            text: Some(read_page(words)),
        }
        .into();
        let pages = [Ok::<_, Infallible>(page)].into_iter();
        let document = compose(pages, no_copies, &metadata(), &path).expect("composed");
        (document.conformance.as_str(), fs::read(path).expect("file"))
    };
    let (claim, first) = write("1", &[("Mẫu", 100.0)]);
    assert_eq!(claim, "PDF/A-2u");
    assert_eq!(first, write("2", &[("Mẫu", 100.0)]).1);
    let (claim, bare) = write("3", &[]);
    assert_eq!(claim, "PDF/A-2b");
    let other = write("4", &[("Mậu", 100.0)]).1;
    let ids = [&first, &bare, &other].map(|bytes| file_id(bytes));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[2] != ids[0]);
    let text = String::from_utf8_lossy(&bare).into_owned();
    assert!(!text.contains("/Font"), "no font where there is no word");
}

fn file_id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.split_once("/ID").expect("an ID").1[..70].to_owned()
}

#[test]
fn every_offset_of_the_table_is_its_object() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    compose(pages(&[1, 2, 3]), no_copies, &metadata(), &path).expect("composed");
    let bytes = fs::read(path).expect("file");
    let text = String::from_utf8_lossy(&bytes);
    let (_, tail) = text.rsplit_once("\nxref\n").expect("a table");
    let mut lines = tail.split_terminator('\n');
    // Catalog, page tree, metadata, profile, and for each page image, content and page.
    assert_eq!(lines.next(), Some("0 14"));
    for (number, line) in lines.take(14).enumerate() {
        assert_eq!(line.len(), 19, "20 bytes with the line feed");
        let offset: usize = line[..10].parse().expect("an offset");
        match number {
            0 => assert_eq!(line, "0000000000 65535 f\r"),
            _ => assert!(bytes[offset..].starts_with(format!("{number} 0 obj").as_bytes())),
        }
    }
}

#[test]
fn an_error_of_the_supplier_passes_through() {
    #[derive(Debug, thiserror::Error)]
    #[error("page 17 is broken")]
    struct Broken;
    let folder = tempfile::tempdir().expect("folder");
    let pages = [Ok(jpeg_page(1).into()), Err(Broken)].into_iter();
    let error =
        compose(pages, no_copies, &metadata(), &folder.path().join("d.pdf")).expect_err("refused");
    assert!(matches!(error, ComposeError::Page(Broken)));
    assert_eq!(error.to_string(), "page 17 is broken");
}

/// An error that says nothing, for messages of the other variants.
#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Explain for Never {
    fn code(&self) -> &'static str {
        "never"
    }
    fn message(&self, _: Lang) -> String {
        String::new()
    }
    fn advice(&self, _: Lang) -> String {
        String::new()
    }
    fn exit_code(&self) -> ExitCode {
        ExitCode::Ok
    }
}

#[test]
fn bad_documents_are_refused_and_bad_disks_are_retried() {
    let folder = tempfile::tempdir().expect("folder");
    let try_with = |name: &str, page: Option<PageImage>| {
        let pages = page.into_iter().map(|page| Ok::<_, Never>(page.into()));
        let error =
            compose(pages, no_copies, &metadata(), &folder.path().join(name)).expect_err(name);
        for lang in [Lang::Vi, Lang::En] {
            assert!(error.message(lang).ends_with('.') && error.advice(lang).ends_with('.'));
        }
        (error.code(), error.exit_code(), error.is_retryable())
    };
    let refused = ExitCode::Refused;
    assert_eq!(try_with("a", None), ("compose.no_pages", refused, false));
    let mut flat = jpeg_page(1);
    flat.height_px = 0;
    assert_eq!(
        try_with("b", Some(flat)),
        ("compose.geometry", refused, false)
    );
    let written = ("compose.write", ExitCode::Environment, true);
    assert_eq!(try_with("no/folder", Some(jpeg_page(1))), written);
    fs::write(folder.path().join("c"), "another's").expect("file");
    assert_eq!(try_with("c", Some(jpeg_page(1))), written);
    assert_eq!(
        fs::read(folder.path().join("c")).expect("file"),
        b"another's"
    );
}
