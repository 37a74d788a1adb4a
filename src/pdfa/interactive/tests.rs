#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};

use super::check;
use crate::pdfa::PdfFile;
use crate::pdfa::corpus_tests::{measure, total};

/// A document of one page.
struct Sample {
    document: Document,
    catalog: ObjectId,
    page: ObjectId,
}

impl Sample {
    fn new() -> Self {
        let mut document = Document::with_version("1.7");
        let page = document.add_object(dictionary! { "Type" => "Page" });
        let pages = document.add_object(dictionary! {
            "Type" => "Pages", "Count" => 1, "Kids" => vec![page.into()],
        });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        Self {
            document,
            catalog,
            page,
        }
    }

    fn with_catalog(key: &str, value: impl Into<Object>) -> Self {
        let mut sample = Self::new();
        let catalog = sample.catalog;
        sample.dictionary(catalog).set(key, value);
        sample
    }

    fn with_annotation(annotation: Dictionary) -> Self {
        let mut sample = Self::new();
        let annotation = sample.document.add_object(annotation);
        let page = sample.page;
        let list = vec![Object::Null, annotation.into()];
        sample.dictionary(page).set("Annots", list);
        sample
    }

    fn dictionary(&mut self, id: ObjectId) -> &mut Dictionary {
        self.document.get_dictionary_mut(id).expect("dictionary")
    }

    fn clauses(&self) -> Vec<&'static str> {
        self.clauses_of(&[])
    }

    fn clauses_of(&self, bytes: &[u8]) -> Vec<&'static str> {
        Self::clauses_in(&self.document, bytes)
    }

    fn clauses_in(document: &Document, bytes: &[u8]) -> Vec<&'static str> {
        let mut found = Vec::new();
        check(PdfFile { bytes, document }, &mut found);
        found.iter().map(|violation| violation.clause).collect()
    }
}

fn form_object() -> Object {
    Stream::new(dictionary! { "Subtype" => "Form" }, Vec::new()).into()
}

fn text(words: &str) -> Object {
    Object::string_literal(words)
}

/// An annotation that breaks nothing.
fn annotation(subtype: &str) -> Dictionary {
    dictionary! {
        "Subtype" => subtype, "F" => 4, "AP" => dictionary! { "N" => form_object() },
        "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
    }
}

fn changed(subtype: &str, key: &str, value: impl Into<Object>) -> Dictionary {
    let mut annotation = annotation(subtype);
    annotation.set(key, value);
    annotation
}

fn without(subtype: &str, key: &[u8]) -> Dictionary {
    let mut annotation = annotation(subtype);
    annotation.remove(key);
    annotation
}

#[test]
fn annotations_are_shown_printed_and_drawn() {
    let states = dictionary! { "N" => dictionary! { "On" => form_object() } };
    let both = dictionary! { "N" => form_object(), "D" => form_object() };
    let flat = vec![1.into(), 2.into(), 1.into(), 2.into()];
    let mut nothing_to_draw = changed("Text", "Rect", flat);
    nothing_to_draw.remove(b"AP");
    for (annotation, clauses) in [
        (annotation("Text"), vec![]),
        (annotation("Movie"), vec!["6.3.1"]),
        (annotation("RichMedia"), vec!["6.3.1"]),
        (without("Text", b"F"), vec!["6.3.2"]),
        (without("Popup", b"F"), vec![]),
        (changed("Text", "F", 0), vec!["6.3.2"]),
        (changed("Text", "F", 4 + 2), vec!["6.3.2"]),
        (changed("Text", "F", 4 + 32), vec!["6.3.2"]),
        (changed("Popup", "F", 4 + 256), vec!["6.3.2"]),
        (changed("Text", "F", "Name"), vec!["6.3.2"]),
        (without("Text", b"AP"), vec!["6.3.3"]),
        (without("Link", b"AP"), vec![]),
        (nothing_to_draw, vec![]),
        (changed("Text", "AP", both), vec!["6.3.3"]),
        (changed("Text", "AP", states.clone()), vec!["6.3.3"]),
        (changed("Text", "AP", 1), vec!["6.3.3"]),
        (changed("Widget", "FT", "Btn"), vec!["6.3.3"]),
    ] {
        let found = Sample::with_annotation(annotation.clone()).clauses();
        assert_eq!(found, clauses, "{annotation:?}");
    }
    let mut button = changed("Widget", "AP", states);
    button.set("Parent", dictionary! { "FT" => "Btn" });
    assert_eq!(Sample::with_annotation(button).clauses(), [""; 0]);
}

#[test]
fn actions_are_few_and_wait_for_a_person() {
    let action = |kind: &str| dictionary! { "S" => kind, "N" => "NextPage" };
    let with = |action: Dictionary| Sample::with_annotation(changed("Link", "A", action)).clauses();
    for kind in [
        "GoTo",
        "GoToR",
        "GoToE",
        "Thread",
        "URI",
        "Named",
        "SubmitForm",
    ] {
        assert_eq!(with(action(kind)), [""; 0], "{kind}");
    }
    for kind in ["Launch", "JavaScript", "no-op", "Hide", ""] {
        assert_eq!(with(action(kind)), ["6.5.1"], "{kind}");
    }
    assert_eq!(with(dictionary! { "D" => text("a") }), ["6.5.1"]);
    assert_eq!(
        with(dictionary! { "S" => "Named", "N" => "Print" }),
        ["6.5.1"]
    );
    let chain = vec![action("URI").into(), action("Launch").into()];
    let mut first = action("URI");
    first.set("Next", chain);
    assert_eq!(with(first), ["6.5.1"]);

    let widget = changed("Widget", "A", action("URI"));
    assert_eq!(Sample::with_annotation(widget).clauses(), ["6.4.1"]);
    let opened = |value: Object| Sample::with_catalog("OpenAction", value).clauses();
    assert_eq!(opened(action("GoTo").into()), [""; 0]);
    assert_eq!(opened(action("JavaScript").into()), ["6.5.1"]);
    let page = Sample::new().page;
    assert_eq!(opened(vec![page.into(), "Fit".into()].into()), [""; 0]);

    let triggers = dictionary! { "O" => action("URI") };
    assert_eq!(
        Sample::with_catalog("AA", triggers.clone()).clauses(),
        ["6.5.2"]
    );
    let mut sample = Sample::new();
    sample.dictionary(page).set("AA", triggers);
    assert_eq!(sample.clauses(), ["6.5.2"]);

    let scripts = |tree: Dictionary| {
        Sample::with_catalog("Names", dictionary! { "JavaScript" => tree }).clauses()
    };
    assert_eq!(
        scripts(dictionary! { "Names" => Vec::<Object>::new() }),
        [""; 0]
    );
    assert_eq!(
        scripts(dictionary! { "Names" => vec![text("a")] }),
        ["6.5.1"]
    );
    // A structure element's attributes are no action.
    let element = dictionary! { "S" => "P", "A" => dictionary! { "O" => "Layout" } };
    assert_eq!(
        Sample::with_catalog("StructTreeRoot", element).clauses(),
        [""; 0]
    );
}

#[test]
fn forms_are_finished() {
    let of = |key: &str, value: Object| {
        let form = dictionary! { key => value };
        Sample::with_catalog("AcroForm", form).clauses()
    };
    assert_eq!(of("NeedAppearances", false.into()), [""; 0]);
    assert_eq!(of("NeedAppearances", true.into()), ["6.4.1"]);
    assert_eq!(of("XFA", text("x")), ["6.4.2"]);
    assert_eq!(
        Sample::with_catalog("NeedsRendering", true).clauses(),
        ["6.4.2"]
    );
    let inner = dictionary! { "T" => text("b"), "AA" => dictionary! {} };
    let field = dictionary! { "T" => text("a"), "Kids" => vec![inner.into()] };
    assert_eq!(of("Fields", vec![field.into()].into()), ["6.4.1"]);
}

#[test]
fn a_field_that_is_its_own_kid_ends() {
    let mut sample = Sample::new();
    let field = sample.document.add_object(dictionary! { "FT" => "Tx" });
    sample.dictionary(field).set("Kids", vec![field.into()]);
    let catalog = sample.catalog;
    let form = dictionary! { "Fields" => vec![field.into()] };
    sample.dictionary(catalog).set("AcroForm", form);
    assert_eq!(sample.clauses(), [""; 0]);
}

#[test]
fn arrays_that_contain_themselves_end() {
    let mut sample = Sample::new();
    let kids = sample.document.new_object_id();
    let inner = dictionary! { "FT" => "Tx", "Kids" => kids };
    sample
        .document
        .set_object(kids, Object::Array(vec![inner.into()]));
    let order = sample.document.new_object_id();
    let twice = vec![order.into(), order.into()];
    sample.document.set_object(order, Object::Array(twice));
    let default = dictionary! { "Name" => text("a"), "Order" => order };
    let none = Vec::<Object>::new();
    let catalog = sample.catalog;
    let catalog = sample.dictionary(catalog);
    catalog.set("AcroForm", dictionary! { "Fields" => kids });
    catalog.set(
        "OCProperties",
        dictionary! { "OCGs" => none, "D" => default },
    );
    assert_eq!(sample.clauses(), [""; 0]);
}

#[test]
fn layers_have_names_and_all_stand_in_the_order() {
    let of = |default: Dictionary, others: Vec<Object>| {
        let mut sample = Sample::new();
        let first = sample.document.add_object(dictionary! { "Type" => "OCG" });
        let second = sample.document.add_object(dictionary! { "Type" => "OCG" });
        let mut default = default;
        if default.has(b"Order") {
            let inner: Object = vec![text("label"), second.into()].into();
            let missing = default.get(b"Order").is_ok_and(Object::is_null);
            let order = if missing {
                vec![first.into()]
            } else {
                vec![first.into(), inner]
            };
            default.set("Order", order);
        }
        let properties = dictionary! {
            "OCGs" => vec![first.into(), second.into()], "D" => default, "Configs" => others,
        };
        let catalog = sample.catalog;
        sample.dictionary(catalog).set("OCProperties", properties);
        sample.clauses()
    };
    let named = |name: &str| dictionary! { "Name" => text(name) };
    assert_eq!(of(named("a"), vec![]), [""; 0]);
    assert_eq!(of(named("a"), vec![named("b").into()]), [""; 0]);
    assert_eq!(of(named("a"), vec![named("a").into()]), ["6.9"]);
    assert_eq!(of(named(""), vec![]), ["6.9"]);
    assert_eq!(of(dictionary! {}, vec![]), ["6.9"]);
    let ordered = |order: Object| dictionary! { "Name" => text("a"), "Order" => order };
    assert_eq!(of(ordered(true.into()), vec![]), [""; 0]);
    assert_eq!(of(ordered(Object::Null), vec![]), ["6.9"]);
    let mut automatic = named("a");
    automatic.set("AS", Vec::<Object>::new());
    assert_eq!(of(automatic, vec![]), ["6.9"]);
    let empty = Sample::with_catalog("OCProperties", dictionary! {});
    assert_eq!(empty.clauses(), ["6.9"]);
}

#[test]
fn presentations_and_requirements_are_refused() {
    let names = dictionary! { "AlternatePresentations" => dictionary! {} };
    assert_eq!(Sample::with_catalog("Names", names).clauses(), ["6.10"]);
    let mut sample = Sample::new();
    let page = sample.page;
    sample.dictionary(page).set("PresSteps", dictionary! {});
    assert_eq!(sample.clauses(), ["6.10"]);
    let none = Vec::<Object>::new();
    assert_eq!(
        Sample::with_catalog("Requirements", none).clauses(),
        ["6.11"]
    );
}

#[test]
fn an_embedded_file_must_be_known_to_be_pdfa() {
    let of = |content: &[u8], names: &[&str]| {
        let mut sample = Sample::new();
        let file = Stream::new(Dictionary::new(), content.to_vec());
        let file = sample.document.add_object(file);
        let mut specification = dictionary! { "EF" => dictionary! { "F" => file } };
        for name in names {
            specification.set(*name, text("a.pdf"));
        }
        let page = sample.page;
        sample.dictionary(page).set("Specification", specification);
        sample.clauses()
    };
    assert_eq!(of(b"no PDF", &["F", "UF"]), ["6.8"]);
    assert_eq!(of(b"no PDF", &["F"]), ["6.8", "6.8"]);
    let mut plain = Vec::new();
    Sample::new().document.save_to(&mut plain).expect("written");
    assert_eq!(of(&plain, &["F", "UF"]), ["6.8"]);
}

#[test]
fn an_embedded_pdfa_is_known_one_level_deep() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        println!("SKIPPED: SOHOA_CORPUS is not set, no PDF/A was embedded");
        return;
    };
    let folder =
        "pdfa/veraPDF+veraPDF-corpus/PDF_A-2b/6.6 Metadata/6.6.6 File provenance information";
    let file = std::path::Path::new(&corpus).join(folder);
    let file = std::fs::read(file.join("veraPDF test suite 6-6-6-t01-pass-a.pdf"))
        .expect("file of the suite");
    let embed = |content: Vec<u8>, outside: &mut Document| {
        let file = outside.add_object(Stream::new(Dictionary::new(), content));
        let specification = dictionary! {
            "F" => text("a"), "UF" => text("a"), "EF" => dictionary! { "F" => file },
        };
        outside.trailer.set("Specification", specification);
        Sample::clauses_in(outside, &[])
    };
    assert_eq!(embed(file.clone(), &mut Sample::new().document), [""; 0]);
    let mut between = Document::load_mem(&file).expect("loads");
    assert_eq!(embed(file, &mut between), [""; 0]);
    let mut bytes = Vec::new();
    between.save_to(&mut bytes).expect("written");
    assert_eq!(embed(bytes, &mut Sample::new().document), ["6.8"]);
}

/// A DER element.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).expect("short");
    assert!(length < 0x80);
    [&[tag, length], content.as_slice()].concat()
}

/// As little of a CMS container as the clause looks at.
fn container(of_signer: u8, signers: usize) -> Vec<u8> {
    let (number, issuer) = (|value| der(2, &[&[value]]), der(0x30, &[]));
    let to_be_signed = der(
        0x30,
        &[
            &der(0xA0, &[&number(2)]),
            &number(7),
            &der(0x30, &[]),
            &issuer,
        ],
    );
    let certificate = der(0x30, &[&to_be_signed]);
    let signer = der(
        0x30,
        &[&number(1), &der(0x30, &[&issuer, &number(of_signer)])],
    );
    let signers = der(0x31, &vec![signer.as_slice(); signers]);
    let data = [
        number(1),
        der(0x31, &[]),
        der(0x30, &[]),
        der(0xA0, &[&certificate]),
        signers,
    ];
    let parts: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    let data = der(0xA0, &[&der(0x30, &parts)]);
    [der(0x30, &[&der(6, &[&[42]]), &data]), vec![0; 4]].concat()
}

#[test]
fn a_signature_covers_its_revision_and_carries_its_certificate() {
    let of = |contents: &[u8], after: &str| {
        let digits: String = contents.iter().map(|byte| format!("{byte:02X}")).collect();
        let bytes = format!("%PDF-1.7 /Contents <{digits}> and\n%%EOF\n{after}");
        let gap = 19_i64;
        let resumed = gap + i64::try_from(digits.len()).expect("short") + 2;
        let end = i64::try_from(bytes.len() - after.len()).expect("short");
        let range = [0, gap, resumed, end - resumed].map(Object::from).to_vec();
        let signature = dictionary! {
            "Contents" => Object::String(contents.to_vec(), StringFormat::Hexadecimal),
            "ByteRange" => range,
        };
        let field = dictionary! { "FT" => "Sig", "V" => signature };
        let form = dictionary! { "Fields" => vec![field.into()] };
        let sample = Sample::with_catalog("AcroForm", form);
        (
            sample.clauses_of(bytes.as_bytes()),
            sample.clauses_of(b"%PDF-1.7"),
        )
    };
    let good = container(7, 1);
    assert_eq!(of(&good, ""), (vec![], vec!["6.4.3"]));
    assert_eq!(of(&good, "a later revision %%EOF").0, [""; 0]);
    assert_eq!(
        of(&container(8, 1), "").0,
        ["6.4.3"],
        "another's certificate"
    );
    assert_eq!(of(&container(7, 2), "").0, ["6.4.3"], "two signers");
    assert_eq!(of(&[0x30], "").0, ["6.4.3"], "no CMS");
}

#[test]
fn the_suite_on_annotations_forms_actions_and_layers() {
    let clauses = ["6.3", "6.4", "6.5", "6.8", "6.9", "6.10", "6.11"];
    let Some(tallies) = measure(&clauses, &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}
/// Prints what the clauses from 6.3 on say of each file of the corpus, to be compared with other validators.
#[test]
#[ignore = "a measurement; needs SOHOA_CORPUS"]
fn files_of_the_corpus() {
    let corpus = std::path::PathBuf::from(std::env::var_os("SOHOA_CORPUS").expect("SOHOA_CORPUS"));
    let mut asked = 0;
    for folder in ["pdf", "signed", "scan", "vn-signed"] {
        for entry in walkdir::WalkDir::new(corpus.join(folder)).sort_by_file_name() {
            let Ok(entry) = entry else { continue };
            let Ok(bytes) = std::fs::read(entry.path()) else {
                continue;
            };
            let Ok(document) = lopdf::Document::load_mem(&bytes) else {
                continue;
            };
            asked += 1;
            let file = PdfFile {
                bytes: &bytes,
                document: &document,
            };
            let mut found = Vec::new();
            crate::pdfa::xmp::check(file, &mut found);
            super::check(file, &mut found);
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            let claim = crate::pdfa::claim(&document).map(|claim| (claim.part, claim.conformance));
            let path = entry.path().display();
            println!("FOUND\t{claim:?}\t{path}\t{}", words.join("; "));
        }
    }
    assert!(asked > 0);
}
