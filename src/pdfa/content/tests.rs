//! The walk over streams, and the reading of operators.

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::operations::Operations;
use super::{Scope, StreamKind, Visitor, walk};
use crate::pdfa::{PdfFile, Violation};

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    entered: Vec<StreamKind>,
}

impl<'a> Visitor<'a> for Told {
    fn operation(&mut self, operation: &Operation, scope: &Scope<'a>, _: &mut Vec<Violation>) {
        let own = if scope.has_own_resources { "own" } else { "" };
        self.lines
            .push(format!("{} {} {own}", operation.operator, scope.text_mode));
    }

    fn enter(
        &mut self,
        kind: StreamKind,
        _: &'a Dictionary,
        _: &Scope<'a>,
        _: &mut Vec<Violation>,
    ) {
        self.entered.push(kind);
    }
}

/// A document of one page with such content, and such a form `F` among the page's resources.
fn document(content: &str, form: Stream) -> Document {
    let mut document = Document::with_version("1.7");
    let form = document.add_object(form);
    let content = document.add_object(Stream::new(Dictionary::new(), content.into()));
    let pages = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "Resources" => dictionary! { "XObject" => dictionary! { "F" => form } },
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    document
}

fn form(content: &str) -> Stream {
    Stream::new(dictionary! { "Subtype" => "Form" }, content.into())
}

fn walked(document: &Document) -> (Told, Vec<&'static str>) {
    let mut told = Told::default();
    let mut found = Vec::new();
    let file = PdfFile {
        bytes: &[],
        document,
    };
    walk(file, &mut told, &mut found);
    let clauses = found.iter().map(|violation| violation.clause).collect();
    (told, clauses)
}

#[test]
fn a_form_is_walked_once_for_each_state_it_is_drawn_in() {
    let (told, found) = walked(&document("q 3 Tr /F Do Q /F Do /F Do", form("f")));
    assert_eq!(
        told.lines,
        [
            "q 0 own", "Tr 3 own", "Do 3 own", "f 3 ", "Q 0 own", "Do 0 own", "f 0 ", "Do 0 own"
        ]
    );
    let form = StreamKind::Form;
    assert_eq!(told.entered, [StreamKind::Page, form, form]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_form_that_draws_itself_ends() {
    let (told, found) = walked(&document("/F Do", form("/F Do")));
    assert_eq!(told.lines.len(), 2);
    assert_eq!(found, [""; 0]);
}

#[test]
fn content_that_cannot_be_read_is_told() {
    for content in [
        "1 0 0",
        "(open",
        "] f",
        "1..2 w",
        "BI /W 1 ID no end",
        "<< /A f",
    ] {
        let (_, found) = walked(&document(content, form("")));
        assert!(found.contains(&"6.2.2"), "{content}");
    }
}

#[test]
fn graphics_states_nest_28_deep_at_most() {
    let (_, found) = walked(&document(&"q ".repeat(28), form("")));
    assert_eq!(found, [""; 0]);
    let (told, found) = walked(&document(&"q ".repeat(1000), form("")));
    assert_eq!(found, ["6.1.13"]);
    assert_eq!(told.lines.len(), 28);
}

#[test]
fn the_spelling_of_operands_is_judged() {
    let (_, found) = walked(&document("<123> Tj 0 3000000000 Td <1x> Tj", form("")));
    assert_eq!(found, ["6.1.6", "6.1.13", "6.1.6", "6.1.6"]);
}

fn images(content: &[u8]) -> Vec<(String, Vec<u8>)> {
    Operations::new(content)
        .map(|operation| {
            let operation = operation.expect("the content is readable");
            let data = match operation.operands.first() {
                Some(Object::Stream(image)) => image.content.clone(),
                _ => Vec::new(),
            };
            (operation.operator, data)
        })
        .collect()
}

#[test]
fn an_inline_image_ends_where_its_size_says() {
    let content = b"BI /W 6 /H 1 /BPC 8 /CS /G ID a EI b\nEI Q";
    let wanted = [
        ("BI".to_owned(), b"a EI b".to_vec()),
        ("Q".to_owned(), vec![]),
    ];
    assert_eq!(images(content), wanted);
}

#[test]
fn an_inline_image_with_a_filter_ends_where_its_data_does() {
    let dct = b"BI /W 9 /H 9 /BPC 8 /CS /G /F /DCT ID x EI \x01\x02\x80\nEI\nQ";
    assert_eq!(images(dct)[0].1, b"x EI \x01\x02\x80");
    let hex = b"BI /W 1 /H 1 /BPC 8 /CS /G /F /AHx ID 00> EI Q";
    assert_eq!(images(hex)[0].1, b"00>");
    let runs = b"BI /W 4 /H 1 /BPC 8 /CS /G /F /RL ID \x03 EI \x80\nEI Q";
    assert_eq!(images(runs)[0].1, b"\x03 EI \x80");
    // zlib of one byte, stored.
    let flate = b"BI /W 1 /H 1 /BPC 8 /CS /G /F [/Fl] ID \x78\x01\x01\x01\0\xFE\xFFa\0b\0b EI Q";
    assert_eq!(images(flate)[0].1.len(), 12);
    assert_eq!(images(flate)[1].0, "Q");
}

#[test]
fn an_inline_image_that_hides_operators_is_not_read() {
    for image in [
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID a f\nEI Q".as_slice(),
        b"BI /W 1 /H 1 /BPC 8 /CS /G /F /AHx ID 00> f\nEI Q",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /F /Fl ID \x78\x01\x01\x01\0\xFE\xFFa\0b\0b f EI Q",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /F /Fl ID \x78\x01\x01 EI Q",
    ] {
        assert!(Operations::new(image).any(|operation| operation.is_err()));
    }
}
