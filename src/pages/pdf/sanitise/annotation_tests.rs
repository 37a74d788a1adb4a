//! Annotations: drawn where they stood, left out, or refused.

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::test_support::{Source, content, merged, rectangle, resource};

fn form(source: &mut Source, entries: Dictionary) -> ObjectId {
    let all = dictionary! { "BBox" => rectangle([0, 0, 10, 20]), "Resources" => dictionary! {} };
    let all = merged(all, &entries);
    source.add(Stream::new(all, b"0 0 10 20 re f".to_vec()))
}

/// A page with one annotation, whose entries may refer to an appearance.
fn annotated(entries: impl Fn(ObjectId) -> Dictionary, appearance: Dictionary) -> Source {
    let mut source = Source::new("q 5 w", Dictionary::new());
    let appearance = form(&mut source, appearance);
    let annotation = dictionary! { "Type" => "Annot", "Subtype" => "Stamp", "Rect" => rectangle([20, 30, 40, 50]) };
    let annotation = merged(annotation, &entries(appearance));
    let annotation = source.add(annotation);
    source.with("Annots", vec![annotation.into(), Object::Null])
}

fn stamp(appearance: ObjectId) -> Dictionary {
    dictionary! { "AP" => dictionary! { "N" => appearance } }
}

#[test]
fn an_appearance_is_drawn_where_it_stood() {
    let copy = annotated(stamp, Dictionary::new()).copied();
    let drawn = "q\nq 5 w\n\nQ\nQ\nq 2 0 0 1 20 30 cm /Ann1 Do Q\n";
    assert_eq!(content(&copy), drawn);
    let form = resource(&copy, "XObject", "Ann1")
        .as_stream()
        .expect("a form");
    assert_eq!(
        form.dict
            .get(b"Subtype")
            .and_then(Object::as_name)
            .expect("named"),
        b"Form"
    );

    // Turned by its matrix to the left, the box is 20 wide and 10 high, and stands left of the origin.
    let turned = dictionary! { "Matrix" => vec![0.into(), 1.into(), (-1).into(), 0.into(), 0.into(), 0.into()] };
    let copy = annotated(stamp, turned).copied();
    assert!(
        content(&copy).ends_with("q 1 0 0 2 40 30 cm /Ann1 Do Q\n"),
        "{}",
        content(&copy)
    );
}

#[test]
fn names_in_use_are_not_taken() {
    let mut source = annotated(stamp, Dictionary::new());
    let own = form(&mut source, dictionary! { "Subtype" => "Form" });
    let content_id = source.add(Stream::new(Dictionary::new(), b"/Ann1 Do".to_vec()));
    let source = source
        .with(
            "Resources",
            dictionary! { "XObject" => dictionary! { "Ann1" => own } },
        )
        .with("Contents", content_id);
    let copy = source.copied();
    assert!(content(&copy).contains("/Ann2 Do"));
    assert!(resource(&copy, "XObject", "Ann1").as_stream().is_ok());
}

#[test]
fn what_leaves_no_mark_stays_behind() {
    let field = |kind: &str| dictionary! { "Subtype" => "Widget", "FT" => Object::Name(kind.as_bytes().to_vec()) };
    let all = [
        dictionary! { "F" => 2 },
        dictionary! { "F" => 32 },
        dictionary! { "Subtype" => "Link", "Border" => vec![0.into(), 0.into(), 2.into()] },
        dictionary! { "Subtype" => "Popup" },
        dictionary! { "Rect" => rectangle([5, 5, 5, 50]) },
        field("Sig"),
        field("Tx"),
    ];
    for entries in all {
        let copy = annotated(|_| entries.clone(), Dictionary::new()).copied();
        assert!(!content(&copy).contains("Do"), "{entries:?}");
    }
    let empty = dictionary! { "BBox" => rectangle([0, 0, 0, 20]) };
    assert!(!content(&annotated(stamp, empty).copied()).contains("Do"));
}

#[test]
fn a_state_chooses_the_appearance() {
    let widget = |state: &'static str| {
        move |appearance| {
            let states = dictionary! { "Yes" => appearance };
            dictionary! { "Subtype" => "Widget", "FT" => "Btn", "AS" => state, "AP" => dictionary! { "N" => states } }
        }
    };
    assert!(content(&annotated(widget("Yes"), Dictionary::new()).copied()).contains("/Ann1 Do"));
    assert!(!content(&annotated(widget("Off"), Dictionary::new()).copied()).contains("Do"));
    let stateless = |value: &'static str| {
        move |appearance| {
            let mut entries = widget("Yes")(appearance);
            entries.remove(b"AS");
            entries.set("V", value);
            entries
        }
    };
    assert!(!content(&annotated(stateless("Off"), Dictionary::new()).copied()).contains("Do"));
    assert_eq!(
        annotated(stateless("Yes"), Dictionary::new()).obstacle(),
        "an annotation without its state"
    );
}

#[test]
fn marks_that_readers_make_up_are_obstacles() {
    let value = Object::string_literal("x");
    let states =
        dictionary! { "AP" => dictionary! { "N" => dictionary! { "On" => Object::Null } } };
    for (entries, why) in [
        (dictionary! {}, "an annotation without an appearance"),
        (
            dictionary! { "Subtype" => "Text", "F" => 28 },
            "an annotation without an appearance",
        ),
        (
            dictionary! { "Subtype" => "Widget", "FT" => "Tx", "V" => value },
            "an annotation without an appearance",
        ),
        (
            dictionary! { "Subtype" => "Widget", "FT" => "Sig", "MK" => dictionary! { "BC" => vec![0.into()] } },
            "an annotation without an appearance",
        ),
        (states, "an annotation without its state"),
        (dictionary! { "OC" => dictionary! {} }, "optional content"),
    ] {
        assert_eq!(
            annotated(|_| entries.clone(), Dictionary::new()).obstacle(),
            why,
            "{entries:?}"
        );
    }
    let upright = |appearance| {
        let mut entries = stamp(appearance);
        entries.set("F", 4 + 16);
        entries
    };
    annotated(upright, Dictionary::new()).copied();
    let turned = annotated(upright, Dictionary::new()).with("Rotate", 90);
    assert_eq!(
        turned.obstacle(),
        "an annotation that does not turn with its page"
    );
}

#[test]
fn fields_that_readers_draw_themselves_are_obstacles() {
    let field = |appearance| {
        let mut entries = stamp(appearance);
        entries.set("Subtype", "Widget");
        entries.set("FT", "Tx");
        entries
    };
    let mut source = annotated(field, Dictionary::new());
    assert!(content(&source.copied()).contains("/Ann1 Do"));
    let form = dictionary! { "NeedAppearances" => true };
    source
        .document
        .catalog_mut()
        .expect("a catalog")
        .set("AcroForm", form);
    assert_eq!(
        source.obstacle(),
        "a form field that readers draw themselves"
    );
}

#[test]
fn annotations_cost_one_graphics_state() {
    let deep = |states: usize| {
        let mut source = annotated(stamp, Dictionary::new());
        let nested = "q ".repeat(states) + &"Q ".repeat(states);
        let nested = source.add(Stream::new(Dictionary::new(), nested.into_bytes()));
        source.with("Contents", nested)
    };
    deep(27).copied();
    assert_eq!(deep(28).obstacle(), "graphics states nested too deeply");
}
