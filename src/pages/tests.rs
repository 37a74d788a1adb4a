//! The stage as a whole.

use super::test_support::{Files, png, profile};
use super::*;
use crate::record::{Explain, Lang};

#[test]
fn names_do_not_matter_and_content_does() {
    let files = Files::new();
    let path = files.write(&png(30, 20, ::image::ExtendedColorType::Rgb8));
    let renamed = path.with_extension("jpg");
    std::fs::rename(&path, &renamed).expect("a writable folder");
    let file = open(&renamed, 3, &profile(), &Limits::default()).expect("a PNG");
    let page = file.page(0).expect("a complete PNG");
    assert_eq!(
        page.encoding,
        ImageEncoding::Flate {
            components: 3,
            bits: 8
        }
    );
    assert_eq!(
        page.source,
        PageSource {
            original: 3,
            page: 0
        }
    );
    assert!(matches!(
        file.page(1),
        Err(PageError::NoSuchPage { page: 1 })
    ));
}

#[test]
fn empty_unknown_missing_and_long_files_say_so() {
    let files = Files::new();
    let code = |result: Result<PageFile, PageError>| result.err().map(|error| error.code());
    assert_eq!(code(files.open(b"")), Some("pages.empty"));
    assert_eq!(code(files.open(b"GIF89a")), Some("pages.unknown_format"));
    let nowhere = files.write(b"x").with_file_name("nowhere");
    let missing = open(&nowhere, 0, &profile(), &Limits::default());
    assert!(missing.as_ref().is_err_and(Explain::is_retryable));
    assert_eq!(code(missing), Some("pages.unreadable"));
    let limits = Limits {
        file_mib: 0,
        ..Limits::default()
    };
    let long = open(&files.write(b"x"), 0, &profile(), &limits);
    assert_eq!(code(long), Some("pages.file_too_long"));
}

#[test]
fn a_document_may_take_some_of_the_pages_in_another_order() {
    let files = Files::new();
    let paths: Vec<_> = (0..4)
        .map(|number| {
            let path = files.write(&png(30 + number, 20, ::image::ExtendedColorType::L8));
            let named = path.with_extension(number.to_string());
            std::fs::rename(&path, &named).expect("a writable folder");
            named
        })
        .collect();
    let all = || Scans::open(paths.iter(), &profile(), &Limits::default()).expect("opens");
    let some = all().select(&[3, 0, 2]).expect("they are there");
    assert_eq!(some.page_count(), 3);
    assert_eq!(
        some.page_counts(),
        [1; 4],
        "of the files, not of the document"
    );
    let pool = PagePool::new(2);
    let pages = some.in_order(&pool).map(|page| page.expect("a whole page"));
    let pages: Vec<_> = pages
        .map(|page| (page.source.original, page.width_px))
        .collect();
    assert_eq!(pages, [(3, 33), (0, 30), (2, 32)]);
    let again = some.select(&[1]).expect("counted anew");
    let page = again.in_order(&pool).next().expect("one").expect("whole");
    assert_eq!(page.width_px, 30);
    assert!(matches!(
        all().select(&[0, 4]),
        Err(PageError::NoSuchPage { page: 4 })
    ));
    assert!(matches!(all().select(&[]), Err(PageError::NoPages)));
}

#[test]
fn a_page_fault_names_the_page_from_one() {
    let error = PageFault::Truncated.on_page(16);
    assert_eq!(
        error.message(Lang::Vi),
        "Trang 17 bị thiếu phần cuối của ảnh."
    );
    assert_eq!(
        error.message(Lang::En),
        "Page 17 ends before its image is complete."
    );
    assert!(!error.advice(Lang::Vi).is_empty());
}

#[test]
fn pages_can_be_taken_from_several_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<PageFile>();
}
