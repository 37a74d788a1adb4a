//! Content that ends early: never taken for a blank sheet, never copied, drawn with a doubt.

use lopdf::{Dictionary, Object, Stream, dictionary};

use super::easel::{Easel, Parsed};
use super::incoming::Incoming;
use super::tests::{save, scan};
use super::way::PageWay;
use crate::config::Limits;
use crate::record::RenderDoubt;

/// The way of the only page with this content, and the doubts about its picture where it is drawn.
fn way_of(content: Stream) -> (PageWay, Vec<RenderDoubt>) {
    let mut document = scan().document();
    let page = document.page_iter().next().expect("a page");
    let content = document.add_object(content);
    let page = document.get_dictionary_mut(page).expect("a page");
    page.set("Contents", content);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), save(document)).expect("written");
    let incoming = Incoming::open(file.path(), &Limits::default()).expect("a PDF");
    let parsed = Parsed::default();
    let taken = incoming.take(0, &mut Easel::of(&parsed)).expect("a page");
    let way = incoming.summary.ways.first().cloned().expect("a page");
    (way, taken.doubts)
}

fn flate(content: &[u8], end: usize) -> Stream {
    let mut stream = Stream::new(Dictionary::new(), content.to_vec());
    stream.compress().expect("compressed");
    let length = stream.content.len() - end;
    stream.content.truncate(length);
    stream.set_content(stream.content.clone());
    stream
}

fn is_lost(doubts: &[RenderDoubt]) -> bool {
    doubts
        .iter()
        .any(|doubt| matches!(doubt, RenderDoubt::ContentLost { .. }))
}

/// One image, and nothing that leaves a mark behind it; long enough to be compressed.
fn image_only() -> Vec<u8> {
    let end = b"q Q\n".repeat(60);
    [&b"q 595 0 0 842 0 0 cm /I Do Q\n"[..], &end].concat()
}

#[test]
fn a_cut_content_stream_makes_no_page_of_one_image() {
    let (way, doubts) = way_of(flate(&image_only(), 0));
    assert_eq!((way, doubts), (PageWay::Image, Vec::new()));
    let (way, doubts) = way_of(flate(&image_only(), 12));
    assert!(matches!(way, PageWay::Rendered { .. }), "{way:?}");
    assert!(is_lost(&doubts), "{doubts:?}");
}

#[test]
fn an_image_that_ends_early_in_a_whole_file_is_for_a_person() {
    let mut cut = scan().image;
    cut.content.truncate(cut.content.len() / 2);
    cut.set_content(cut.content.clone());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), save(scan().image(cut).document())).expect("written");
    let incoming = Incoming::open(file.path(), &Limits::default()).expect("a PDF");
    assert_eq!(incoming.summary.ways, [PageWay::Image]);
    let parsed = Parsed::default();
    let taken = incoming.take(0, &mut Easel::of(&parsed)).expect("a page");
    assert!(is_lost(&taken.doubts), "{:?}", taken.doubts);
}

#[test]
fn a_cut_content_stream_is_not_copied() {
    let drawing: Vec<u8> = (0..200)
        .flat_map(|n| format!("{n} {n} 20 30 re f\n").into_bytes())
        .collect();
    let (way, _) = way_of(flate(&drawing, 0));
    assert!(matches!(way, PageWay::Sanitised(_)), "{way:?}");
    let (way, doubts) = way_of(flate(&drawing, drawing.len().min(40)));
    assert!(matches!(way, PageWay::Rendered { .. }), "{way:?}");
    assert!(is_lost(&doubts), "{doubts:?}");
}

#[test]
fn an_empty_stream_is_a_blank_sheet_only_where_it_says_so() {
    let empty = Stream::new(Dictionary::new(), Vec::new());
    assert_eq!(way_of(empty).0, PageWay::Image);
    let coded = Stream::new(dictionary! { "Filter" => "FlateDecode" }, Vec::new());
    assert_eq!(way_of(coded).0, PageWay::Image);
    // One byte of a code is none that ends.
    let mut cut = Stream::new(dictionary! { "Filter" => "FlateDecode" }, Vec::new());
    cut.set_content(vec![0x78]);
    let (way, doubts) = way_of(cut);
    assert!(matches!(way, PageWay::Rendered { .. }), "{way:?}");
    assert!(is_lost(&doubts), "{doubts:?}");
}

#[test]
fn a_copied_page_has_no_image_that_ends_early() {
    let content = b"q 100 0 0 100 0 0 cm /I Do Q 300 300 20 20 re f".to_vec();
    let way = |end: usize| {
        let mut document = scan().document();
        let image = document
            .objects
            .values_mut()
            .filter_map(|object| object.as_stream_mut().ok())
            .find(|stream| {
                stream
                    .dict
                    .get(b"Subtype")
                    .and_then(Object::as_name)
                    .is_ok_and(|name| name == b"Image")
            })
            .expect("an image");
        let bytes = image.content[..image.content.len() - end].to_vec();
        image.set_content(bytes);
        let page = document.page_iter().next().expect("a page");
        let stream = document.add_object(Stream::new(Dictionary::new(), content.clone()));
        document
            .get_dictionary_mut(page)
            .expect("a page")
            .set("Contents", stream);
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), save(document)).expect("written");
        let incoming = Incoming::open(file.path(), &Limits::default()).expect("a PDF");
        incoming.summary.ways.first().cloned().expect("a page")
    };
    assert!(matches!(way(0), PageWay::Sanitised(_)), "{:?}", way(0));
    assert!(matches!(way(20), PageWay::Rendered { .. }), "{:?}", way(20));
}
