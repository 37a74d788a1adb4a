//! Forms that use names of the resources around them.

use super::super::super::easel::{Easel, Parsed};
use super::super::super::incoming::Incoming;
use super::super::borrowed::{self, Borrowed};
use super::*;

/// A page that draws the form `/F`, which has these resources of its own, and the forms `/G` and `/H` beside it: `/G`
/// fills the page's left half, `/H` has no resources and draws what `/G` is to it.
fn page(of_form: Dictionary, content: &[u8], form: &[u8]) -> Vec<u8> {
    file(content, |document, page| {
        let boxed = |resources: Option<Dictionary>| {
            let mut form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form",
                "BBox" => vec![0.into(), 0.into(), 200.into(), 100.into()],
            };
            if let Some(resources) = resources {
                form.set("Resources", resources);
            }
            form
        };
        let half = Stream::new(boxed(None), b"0 0 100 100 re f".to_vec());
        let half = document.add_object(half);
        let other = document.add_object(Stream::new(boxed(None), b"/G Do".to_vec()));
        let form = document.add_object(Stream::new(boxed(Some(of_form)), form.to_vec()));
        let objects = dictionary! { "F" => form, "G" => half, "H" => other };
        page.set("Resources", dictionary! { "XObject" => objects });
    })
}

fn not_in_the_file() -> RenderDoubt {
    lost("a picture or form that is not in the file")
}

/// As drawn at first; and again with the names that were borrowed, where there are any.
fn twice(bytes: &[u8]) -> (Drawing, Option<Drawing>) {
    let document = Document::load_mem(bytes).expect("a PDF");
    let bounds = Bounds::new(&Limits::default());
    let first = drawn(bytes.to_vec());
    let borrowed = &first.borrowed;
    let again = Renderer::draw_completed(bytes.to_vec(), &document, borrowed, (0, 72.0), &bounds);
    let again = again.filter(|_| !borrowed.is_empty());
    (first, again)
}

fn left_is_black(drawing: &Drawing) -> bool {
    match &drawing.raster.pixels {
        Pixels::Bilevel(rows) => rows[..12].iter().all(|eight| *eight == 0),
        _ => panic!("black and white is expected"),
    }
}

#[test]
fn a_name_that_a_form_lacks_is_drawn_from_around_it_and_doubted() {
    for form in [&b"/G Do"[..], b"/H Do"] {
        let (first, again) = twice(&page(Dictionary::new(), b"/F Do", form));
        assert!(!left_is_black(&first));
        assert!(
            first.doubts.contains(&not_in_the_file()),
            "{:?}",
            first.doubts
        );
        let again = again.expect("completed");
        assert!(left_is_black(&again));
        let what = "a form that lacks names, which were looked up around it";
        assert_eq!(again.doubts, [not_drawn(what)]);
        assert_eq!((again.raster.width, again.page_size), (200, (200.0, 100.0)));
    }
}

#[test]
fn what_is_nowhere_stays_lost_and_what_a_form_has_is_its_own() {
    let (first, again) = twice(&page(Dictionary::new(), b"/F Do", b"/Nowhere Do"));
    assert_eq!(
        (first.doubts, again.is_none()),
        (vec![not_in_the_file()], true)
    );

    // Its own `/G` is not the page's, be it what it may.
    let own = dictionary! { "XObject" => dictionary! { "G" => Object::Null } };
    let (first, again) = twice(&page(own, b"/F Do", b"/G Do"));
    assert_eq!(
        (first.doubts, again.is_none()),
        (vec![not_in_the_file()], true)
    );

    // The page has no form to lend to, and a form without resources of its own shares the page's.
    let (first, again) = twice(&page(Dictionary::new(), b"/H Do", b""));
    assert!(left_is_black(&first));
    assert_eq!((first.doubts, again.is_none()), (vec![], true));
}

#[test]
fn a_name_that_would_mean_two_things_completes_nothing() {
    let bytes = page(Dictionary::new(), b"/F Do", b"/G Do");
    let document = Document::load_mem(&bytes).expect("a PDF");
    let borrowed = drawn(bytes.clone()).borrowed;
    let (one, mut two) = (borrowed[0].clone(), borrowed[0].clone());
    two.object = (1, 0);
    let completed = |borrowed: &[Borrowed]| borrowed::completed(bytes.clone(), &document, borrowed);
    assert!(completed(&[one.clone(), one.clone()]).is_some());
    assert!(completed(&[one.clone(), two]).is_none());
    assert!(completed(&vec![one; 1001]).is_none());
}

#[test]
fn the_record_says_that_names_were_looked_up() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), page(Dictionary::new(), b"/F Do", b"/G Do")).expect("written");
    let incoming = Incoming::open(file.path(), &Limits::default()).expect("a PDF");
    let parsed = Parsed::default();
    let taken = incoming.take(0, &mut Easel::of(&parsed)).expect("a page");
    let (reason, doubts) = (taken.stream.reason, taken.doubts);
    assert!(
        reason.ends_with("; names that a form lacks were looked up around it"),
        "{reason}"
    );
    assert!(
        matches!(doubts.as_slice(), [RenderDoubt::PartNotDrawn { .. }]),
        "{doubts:?}"
    );
}
