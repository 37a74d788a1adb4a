//! Sketched updates behind a signature: what may follow, and everything else by its code.

use crate::record::Lang;
use crate::validate::test_support::Sketch;

const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
     /Resources<</Font<</F 5 0 R>>>>/Annots[ 10 0 R]>>";
const FORM: &str = "<</Fields[ 10 0 R]/SigFlags 3>>";

fn signed() -> Sketch {
    Sketch::page().sign(10, "")
}

/// The codes of what an update with these objects does.
fn forbidden(objects: &[(u32, &str)]) -> Vec<&'static str> {
    signed().update(objects).forbidden()
}

#[test]
fn nothing_follows_the_last_signature() {
    assert_eq!(signed().allowed(), [] as [&str; 0]);
}

#[test]
fn further_signatures_and_fields_may_follow() {
    assert_eq!(signed().sign(12, "10 0 R").allowed(), ["signature-added"]);
    let seen = signed().sign_with(12, "10 0 R", "/Rect[9 9 99 99]/AP<</N 14 0 R>>", "");
    let seen = seen.update(&[]);
    let changes = seen.changes();
    assert!(
        changes.allowed.iter().any(|it| it.what.is_remarkable()),
        "{changes:?}"
    );
    let empty = signed().update(&[
        (
            6,
            "<</Fields[10 0 R 12 0 R]/SigFlags 3/DA(/F 0 Tf)/DR<</Font<</F 5 0 R/G 13 0 R>>>>>>",
        ),
        (
            12,
            "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R>>",
        ),
        (13, "<</Type/Font>>"),
    ]);
    assert_eq!(empty.allowed(), ["form-resources", "field-added"]);
}

#[test]
fn a_timestamp_may_follow_even_where_no_signature_may() {
    let closed = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]";
    let closed = Sketch::page().sign_with(10, "", "/Rect[0 0 0 0]", closed);
    let stamped = closed.clone().sign_with(12, "10 0 R", "/Rect[0 0 0 0]", "");
    assert_eq!(stamped.forbidden(), ["not-granted"]);
    let start = closed.bytes.len();
    let mut update = stamped.clone();
    update.bytes = stamped.bytes[start..].to_vec();
    let update = update.replace(
        "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached",
        "/Type/DocTimeStamp/SubFilter/ETSI.RFC3161                   ",
    );
    let bytes = [&stamped.bytes[..start], update.bytes.as_slice()].concat();
    let stamped = Sketch { bytes, ..stamped };
    assert_eq!(stamped.allowed(), ["timestamp-added"]);
}

#[test]
fn an_empty_signature_field_may_be_signed() {
    let waiting = "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R>>";
    let filled = "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/V 21 0 R>>";
    let moved = "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R/V 21 0 R>>";
    let base = || {
        let form = (6, "<</Fields[20 0 R]/SigFlags 3>>");
        Sketch::page()
            .update(&[form, (20, waiting)])
            .sign(10, "20 0 R")
    };
    assert_eq!(
        base().sign_by(21, "", &[(20, filled)]).allowed(),
        ["field-signed"]
    );
    assert_eq!(
        base().sign_by(21, "", &[(20, moved)]).forbidden(),
        ["entry-changed"]
    );
    let locked = "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(next)]>>>>]";
    let locked = Sketch::page()
        .update(&[(6, "<</Fields[20 0 R]/SigFlags 3>>"), (20, waiting)])
        .sign_with(10, "20 0 R", "/Rect[0 0 0 0]", locked)
        .sign_by(21, "", &[(20, filled)]);
    assert_eq!(locked.forbidden(), ["field-locked"]);
}

#[test]
fn evidence_may_be_added_and_grow() {
    let catalogue = "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/DSS 30 0 R\
         /Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>>>";
    let stream = "<</Length 3>>stream\nabc\nendstream";
    let first = signed().update(&[
        (1, catalogue),
        (30, "<</Certs 31 0 R>>"),
        (31, "[32 0 R]"),
        (32, stream),
    ]);
    assert_eq!(first.allowed(), ["extensions-named", "evidence-added"]);
    let again = first.clone().update(&[
        (30, "<</Certs 33 0 R/VRI<</AA 34 0 R>>>>"),
        (33, "[32 0 R 35 0 R]"),
        (34, "<</Cert[35 0 R]/TU(D:2026)>>"),
        (35, stream),
    ]);
    assert_eq!(again.allowed(), ["extensions-named", "evidence-added"]);
    assert_eq!(
        first
            .clone()
            .update(&[(30, "<</Certs[32 0 R]/X 1>>")])
            .forbidden(),
        ["entry-changed"]
    );
    assert_eq!(
        first.update(&[(32, stream)]).forbidden(),
        [] as [&str; 0],
        "it came after the signature"
    );
}

#[test]
fn a_signing_program_may_note_itself_and_nothing_else() {
    let noted = signed().update(&[(7, "<</Title(Receipt)/Producer(two)/ModDate(D:2027)>>")]);
    assert_eq!(noted.allowed(), ["producer-noted"]);
    assert_eq!(
        forbidden(&[(7, "<</Title(Other)/Producer(one)>>")]),
        ["object-redefined"]
    );
    assert_eq!(
        forbidden(&[(7, "<</Title(Receipt)/Producer 4 0 R>>")]),
        ["object-redefined"]
    );
}

#[test]
fn every_class_of_object_is_guarded() {
    for (number, text, code) in [
        (
            1,
            "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/OpenAction 4 0 R>>",
            "entry-changed",
        ),
        (
            1,
            "<</Type/Catalog/Pages 8 0 R/AcroForm 6 0 R>>",
            "entry-changed",
        ),
        (
            2,
            "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
            "object-redefined",
        ),
        (
            3,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Annots[ 10 0 R]>>",
            "entry-changed",
        ),
        (
            4,
            "<</Length 9>>stream\n(pay 999)\nendstream",
            "object-redefined",
        ),
        (
            4,
            "<</Length 9>>stream\n(pay 100)\nendstream",
            "object-rewritten",
        ),
        (
            5,
            "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>",
            "object-redefined",
        ),
        (6, "<</Fields[ 10 0 R]/SigFlags 3/XFA(x)>>", "entry-changed"),
        (
            6,
            "<</Fields[ 10 0 R]/SigFlags 3/NeedAppearances true>>",
            "entry-changed",
        ),
        (6, "<</Fields[ 10 0 R]>>", "entry-changed"),
        (
            10,
            "<</FT/Sig/T(S10)/V 11 0 R/Rect[0 0 9 9]>>",
            "object-redefined",
        ),
        (20, "<</Type/Font>>", "object-added"),
    ] {
        assert!(
            forbidden(&[(number, text)]).contains(&code),
            "{number}: {text}: {:?}",
            forbidden(&[(number, text)])
        );
    }
}

#[test]
fn a_new_field_that_does_more_than_sign_is_named() {
    let with = |entries: &str| {
        let field = format!("<</FT/Sig/T(n)/Type/Annot/Subtype/Widget/P 3 0 R{entries}>>");
        forbidden(&[
            (6, "<</Fields[ 10 0 R 12 0 R]/SigFlags 3>>"),
            (12, field.as_str()),
        ])
    };
    assert_eq!(with("/Rect[0 0 0 0]"), [] as [&str; 0]);
    assert_eq!(with("/Rect[0 0 0 0]/AA<<>>"), ["field-beyond-signature"]);
    assert_eq!(
        with("/Rect[0 0 0 0]/A<</S/JavaScript/JS(x)>>"),
        ["field-beyond-signature"]
    );
    assert_eq!(with("/Rect[0 0 595 842]"), ["covers-page"]);
    let name = "<</FT/Sig/T(S10)/Rect[0 0 0 0]>>";
    let twice = forbidden(&[(6, "<</Fields[ 10 0 R 12 0 R]/SigFlags 3>>"), (12, name)]);
    assert_eq!(twice, ["name-twice"]);
    let text = "<</FT/Tx/T(n)/Rect[0 0 9 9]/V(x)>>";
    let text = forbidden(&[(6, "<</Fields[ 10 0 R 12 0 R]/SigFlags 3>>"), (12, text)]);
    assert_eq!(text, ["object-added"]);
}

#[test]
fn annotations_are_refused_unless_granted() {
    let page = PAGE.replace("/Annots[ 10 0 R]", "/Annots[ 10 0 R 40 0 R]");
    let note = (
        40,
        "<</Type/Annot/Subtype/FreeText/Rect[9 9 99 99]/Contents(paid)>>",
    );
    let update = [(3, page.as_str()), note];
    assert_eq!(forbidden(&update), ["annotation-added", "object-added"]);
    let grant = |level: u8| {
        let granted =
            format!("/Reference[<</TransformMethod/DocMDP/TransformParams<</P {level}>>>>]");
        let catalogue = (
            1,
            "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/Perms<</DocMDP 11 0 R>>>>",
        );
        Sketch::page()
            .update(&[catalogue])
            .sign_with(10, "", "/Rect[0 0 0 0]", &granted)
    };
    assert_eq!(grant(3).update(&update).allowed(), ["annotation-added"]);
    assert_eq!(
        grant(2).update(&update).forbidden(),
        ["annotation-added", "object-added"]
    );
    let link = (40, "<</Type/Annot/Subtype/Link/Rect[9 9 99 99]>>");
    let link = grant(3).update(&[(3, page.as_str()), link]).forbidden();
    assert_eq!(link, ["annotation-added", "object-added"]);
}

#[test]
fn forms_may_be_filled_in_where_granted_and_not_locked() {
    let text = |value: &str| {
        format!(
            "<</FT/Tx/T(sum)/Type/Annot/Subtype/Widget/Rect[9 9 99 99]/V({value})/AP<</N 24 0 R>>>>"
        )
    };
    let drawing = |text: &str| {
        format!(
            "<</Subtype/Form/Length {}>>stream\n{text}\nendstream",
            text.len()
        )
    };
    let signed = |signature: &str| {
        Sketch::page()
            .update(&[
                (
                    1,
                    "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/Perms<</DocMDP 11 0 R>>>>",
                ),
                (6, "<</Fields[23 0 R]/SigFlags 3>>"),
                (23, text("100").as_str()),
                (24, drawing("100").as_str()),
            ])
            .sign_with(10, "23 0 R", "/Rect[0 0 0 0]", signature)
            .update(&[(23, text("999").as_str()), (24, drawing("999").as_str())])
    };
    let forms = "<</TransformMethod/DocMDP/TransformParams<</P 2>>>>";
    assert_eq!(
        signed(&format!("/Reference[{forms}]")).allowed(),
        ["form-filled"]
    );
    assert_eq!(
        signed("").forbidden(),
        ["object-redefined", "object-redefined"]
    );
    let locked =
        format!("/Reference[{forms}<</TransformMethod/FieldMDP/TransformParams<</Action/All>>>>]");
    assert!(signed(&locked).forbidden().contains(&"field-locked"));
}

#[test]
fn an_appearance_that_something_else_shows_is_not_a_fields_own() {
    let waiting = "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[9 9 99 99]/AP<</N 24 0 R>>>>";
    let filled =
        "<</FT/Sig/T(next)/Type/Annot/Subtype/Widget/Rect[9 9 99 99]/AP<</N 24 0 R>>/V 21 0 R>>";
    let shared = "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/Seal 24 0 R>>";
    let own = "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>";
    let with = |catalogue: &str| {
        Sketch::page()
            .update(&[
                (1, catalogue),
                (6, "<</Fields[20 0 R]/SigFlags 3>>"),
                (20, waiting),
                (24, "<</Subtype/Form/Length 3>>stream\nold\nendstream"),
            ])
            .sign(10, "20 0 R")
            .sign_by(
                21,
                "",
                &[
                    (20, filled),
                    (24, "<</Subtype/Form/Length 3>>stream\nnew\nendstream"),
                ],
            )
    };
    assert_eq!(with(own).allowed(), ["field-signed"]);
    assert!(with(shared).forbidden().contains(&"object-shared"));
}

#[test]
fn what_was_prepared_before_signing_is_named() {
    // The page draws an object that is not there until the update brings it, with a signature as its excuse.
    let page = PAGE.replace("/Contents 4 0 R", "/Contents[4 0 R 50 0 R]");
    let prepared = Sketch::page().update(&[
        (3, page.as_str()),
        (6, FORM),
        (10, "<</FT/Sig/T(S)/V 11 0 R/Rect[0 0 0 0]>>"),
    ]);
    let update = prepared.sign_by(11, "", &[]).sign_by(
        13,
        "",
        &[
            (6, "<</Fields[ 10 0 R 12 0 R]/SigFlags 3>>"),
            (
                12,
                "<</FT/Sig/T(n)/V 13 0 R/Rect[0 0 0 0]/AP<</N 50 0 R>>>>",
            ),
            (50, "<</Length 3>>stream\nnew\nendstream"),
        ],
    );
    assert_eq!(update.forbidden(), ["object-prepared"]);
}

#[test]
fn cross_reference_tricks_are_named() {
    let text = String::from_utf8(signed().bytes).expect("text");
    let font = text.find("5 0 obj").expect("written");
    // The content's number now leads to another object among the signed bytes.
    let redirected = signed().close(&[(4, font)].into());
    assert!(
        redirected.forbidden().contains(&"object-redirected"),
        "{:?}",
        redirected.forbidden()
    );
    let restated = signed().close(&[(5, font)].into());
    assert_eq!(restated.allowed(), [] as [&str; 0]);
    let mut hybrid = signed();
    hybrid.trailer += "/XRefStm 9";
    assert!(!hybrid.update(&[]).read().findings().is_empty());
    let mut trailer = signed();
    trailer.trailer += "/Extra 4 0 R";
    assert_eq!(trailer.update(&[]).forbidden(), ["trailer-changed"]);
    let mut root = signed();
    root.trailer = "/Root 8 0 R/Info 7 0 R/ID[<01><02>]".to_owned();
    let root = root.update(&[(8, "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>")]);
    assert!(
        root.forbidden().contains(&"trailer-changed"),
        "{:?}",
        root.forbidden()
    );
    let mut freed = signed();
    let section = freed.bytes.len();
    let previous = freed.section;
    freed.append(&format!(
        "xref\n4 1\n0000000000 00001 f \ntrailer\n<</Size 12/Root 1 0 R/Info 7 0 R/ID[<01><02>]/Prev {previous}>>\nstartxref\n{section}\n%%EOF\n"
    ));
    assert_eq!(freed.forbidden(), ["object-removed"]);
}

#[test]
fn bytes_between_objects_are_named() {
    let mut stray = signed();
    stray.append("4 0 obj\n<</Length 9>>stream\n(pay 999)\nendstream\nendobj\n");
    let stray = stray.update(&[]);
    assert_eq!(stray.forbidden(), ["stray-bytes"]);
    let mut tail = signed();
    tail.append("junk");
    assert_eq!(tail.forbidden(), ["stray-bytes"]);
}

#[test]
fn changes_say_what_and_where_in_both_languages() {
    let changes = signed()
        .update(&[(4, "<</Length 3>>stream\nnew\nendstream")])
        .changes();
    let [change] = changes.forbidden.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!(
        change.text(Lang::En),
        "the content of a page changed (object 4 0)"
    );
    assert_eq!(
        change.text(Lang::Vi),
        "nội dung trang bị thay đổi (đối tượng 4 0)"
    );
}
