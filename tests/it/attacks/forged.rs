//! The forgeries, one table a family.

use super::*;

/// Name, objects of the update, numbers led to offsets that are there, and the code that it must get.
type Shadow<'a> = (&'a str, Vec<(u32, &'a str)>, Vec<(u32, usize)>, &'a str);

#[test]
fn universal_forgeries_are_named() {
    let signed = signed();
    let with = |from: &str, length: usize, to: &str| {
        let at = find(&signed, from);
        overwritten(
            signed.clone(),
            at,
            (to.to_owned() + &" ".repeat(length - to.len())).as_bytes(),
        )
    };
    let range = find(&signed, "/ByteRange");
    let contents = find(&signed, "/Contents <");
    let contents_length = signed[contents..]
        .iter()
        .position(|it| *it == b'>')
        .expect("closed")
        + 1;
    let range_length = contents - range;
    for (to, code) in [
        ("", "byte-range-missing"),
        ("/ByteRange null", "byte-range-missing"),
        ("/ByteRange[]", "byte-range-malformed"),
        ("/ByteRange[0]", "byte-range-malformed"),
        ("/ByteRange[null null null null]", "byte-range-malformed"),
        ("/ByteRange[0 -1 -1 -1]", "byte-range-malformed"),
        ("/ByteRange[0 1 2 3 4 5]", "byte-range-malformed"),
        ("/ByteRange[0 9 9999999 9]", "byte-range-outside"),
        ("/ByteRange 5 0 R", "byte-range-malformed"),
    ] {
        assert_named(to, &with("/ByteRange", range_length, to), code);
    }
    for (to, code) in [
        ("", "contents-missing"),
        ("/Contents null", "contents-missing"),
        ("/Contents<>", "contents-missing"),
        ("/Contents<00>", "contents-missing"),
        ("/Contents<zz>", "signature-unreadable"),
        ("/Contents 5 0 R", "contents-missing"),
        ("/Contents[<30>]", "contents-missing"),
    ] {
        assert_named(to, &with("/Contents <", contents_length, to), code);
    }
}

#[test]
fn wrapped_signatures_are_named() {
    let signed = signed();
    let start = find(&signed, "/Contents <") + "/Contents ".len();
    let end = start
        + signed[start..]
            .iter()
            .position(|it| *it == b'>')
            .expect("closed")
        + 1;
    let padding = end - 2000 - (end - 2000 - start - 1) % 2;
    // The zeros behind the container are not covered: they make room for an object.
    let room = b"00>/Evil<</Length 3>>/X<";
    let in_gap = overwritten(signed.clone(), padding, room);
    assert_named_though_intact("objects in the padding", &in_gap, "gap-too-large");
    let twice = overwritten(signed.clone(), padding, b"00>/Contents<3003020100");
    assert_named(
        "a second value in the padding",
        &twice,
        "signature-unreadable",
    );
    let space = overwritten(signed.clone(), padding, b"\n");
    assert_named_though_intact(
        "white space in the padding",
        &space,
        "contents-not-hexadecimal",
    );
    let odd = overwritten(signed.clone(), end - 2, b"> ");
    assert_named_though_intact("an odd digit", &odd, "contents-not-hexadecimal");
    // The second part moves behind what is put between.
    let wrapped = [&signed[..end], b"/X(4 0 obj endobj)", &signed[end..]].concat();
    assert_ne!(said(&wrapped), [] as [&str; 0]);
    let document = SignedDocument::read(signed.clone(), &Limits::default()).expect("a PDF");
    let ranges = document.fields()[0].ranges.expect("ranges");
    let (now, moved) = (
        format!("{}", ranges.gap_end),
        format!("{}", ranges.gap_end + 1),
    );
    let at = find(&signed, "/ByteRange") + find(&signed[find(&signed, "/ByteRange")..], &now);
    let moved = overwritten(signed.clone(), at, moved.as_bytes());
    assert_named("a gap that is moved", &moved, "byte-range-outside");
}

#[test]
fn incremental_forgeries_are_named() {
    let content = (5, "<</Length 0>>stream\nBT (pay 999) Tj ET\nendstream");
    let whole = updated(signed(), &[content], &[]);
    assert_named_though_intact("content replaced", &whole, "object-redefined");
    let mut bodies = signed();
    bodies.extend(b"5 0 obj\n<</Length 3>>stream\n999\nendstream\nendobj\n");
    assert_named_though_intact("objects without a table", &bodies, "trailing-bytes");
    bodies.extend(b"trailer\n<</Root 1 0 R/Size 90>>\n");
    assert_named_though_intact("objects with a trailer", &bodies, "trailing-bytes");
    bodies.extend(b"startxref\n0\n%%EOF\n");
    assert_named("a table that is not there", &bodies, "xref-unreadable");
    let mut between = signed();
    between.extend(b"5 0 obj\n<</Length 3>>stream\n999\nendstream\nendobj\n");
    let between = updated(between, &[], &[]);
    assert_named_though_intact("objects that no table names", &between, "stray-bytes");
    let mut tail = signed();
    tail.push(b'x');
    assert_named_though_intact("one byte more", &tail, "trailing-bytes");

    // The dictionary is copied with its value, so that the field's new value looks like the signature.
    let signed = signed();
    let document = SignedDocument::read(signed.clone(), &Limits::default()).expect("a PDF");
    let range = document.fields()[0].ranges.expect("ranges");
    let value: String = document.fields()[0]
        .contents
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let copy = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 {} {} {}]/Contents<{value}>>>",
        range.gap_start,
        range.gap_end,
        range.end - range.gap_end
    );
    let form = "<</Fields[14 0 R 80 0 R]/SigFlags 3>>";
    let field = "<</FT/Sig/T(again)/V 81 0 R/Rect[0 0 0 0]>>";
    let copied = updated(signed, &[(15, form), (80, field), (81, &copy)], &[]);
    assert_named("a copy of the signature", &copied, "contents-elsewhere");
}

#[test]
fn shadows_are_named() {
    let signed = signed();
    let text = |number: u32| -> String {
        let at = find_last(&signed, &format!("\n{number} 0 obj")) + 1;
        let body = &signed[at..at + find(&signed[at..], "endobj")];
        let text = String::from_utf8_lossy(body).into_owned();
        text.split_once("obj")
            .expect("an object")
            .1
            .trim()
            .to_owned()
    };
    let page = text(3);
    let hide = page.replace("11 0 R", "");
    let drawn = page.replace("/Contents 5 0 R", "/Contents 6 0 R");
    let resources = page.replace("/Resources 7 0 R", "/Resources 77 0 R");
    let catalogue = text(1);
    let layered = catalogue.replace("/OCProperties 13 0 R", "/OCProperties 73 0 R");
    let hidden_page = find(&signed, "\n4 0 obj") + 1;
    let attacks: Vec<Shadow<'_>> = vec![
        (
            "hide: the stamp leaves the page",
            vec![(3, &hide)],
            vec![],
            "entry-changed",
        ),
        (
            "hide: the stamp becomes null",
            vec![(11, "null")],
            vec![],
            "object-redefined",
        ),
        (
            "hide: the stamp is hidden",
            vec![(11, "<</Type/Annot/Subtype/Stamp/Rect[9 9 99 99]/F 2>>")],
            vec![],
            "object-redefined",
        ),
        (
            "hide: the layer is off",
            vec![(13, "<</OCGs[12 0 R]/D<</ON[]/OFF[12 0 R]>>>>")],
            vec![],
            "object-redefined",
        ),
        (
            "hide: other layers",
            vec![(1, &layered), (73, "<</OCGs[12 0 R]/D<</OFF[12 0 R]>>>>")],
            vec![],
            "entry-changed",
        ),
        (
            "hide: the cover draws nothing",
            vec![(
                10,
                "<</Type/XObject/Subtype/Form/BBox[0 0 0 0]/Length 0>>stream\n\nendstream",
            )],
            vec![],
            "object-redefined",
        ),
        (
            "replace: the font",
            vec![(8, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")],
            vec![],
            "object-redefined",
        ),
        (
            "replace: the picture",
            vec![(
                9,
                "<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\nB\nendstream",
            )],
            vec![],
            "object-redefined",
        ),
        (
            "replace: the field's text",
            vec![(
                14,
                "<</Type/Annot/Subtype/Widget/FT/Tx/T(sum)/V(999)/Rect[200 200 300 220]/F 4>>",
            )],
            vec![],
            "object-redefined",
        ),
        (
            "replace: the metadata",
            vec![(
                16,
                "<</Type/Metadata/Subtype/XML/Length 4>>stream\n<b/>\nendstream",
            )],
            vec![],
            "object-redefined",
        ),
        (
            "replace: the title",
            vec![(17, "<</Title(Other)>>")],
            vec![],
            "object-redefined",
        ),
        (
            "swap: the page's content",
            vec![(3, &drawn)],
            vec![],
            "entry-changed",
        ),
        (
            "swap: the page's resources",
            vec![(3, &resources), (77, "<</Font<</F 8 0 R>>>>")],
            vec![],
            "entry-changed",
        ),
        (
            "swap: the list of pages",
            vec![(2, "<</Type/Pages/Kids[4 0 R]/Count 1>>")],
            vec![],
            "object-redefined",
        ),
        (
            "swap: a page more",
            vec![(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>")],
            vec![],
            "object-redefined",
        ),
        (
            "swap: the page by the table",
            vec![],
            vec![(3, hidden_page)],
            "object-redirected",
        ),
        (
            "an action",
            vec![(
                1,
                "<</Type/Catalog/Pages 2 0 R/AcroForm 15 0 R/Metadata 16 0 R/OCProperties 13 0 R/OpenAction<</S/JavaScript/JS(x)>>>>",
            )],
            vec![],
            "entry-changed",
        ),
        (
            "an object nobody needs",
            vec![(82, "<</Length 1>>stream\nx\nendstream")],
            vec![],
            "object-added",
        ),
    ];
    for (name, objects, redirected, code) in attacks {
        let attacked = updated(signed.clone(), &objects, &redirected);
        assert_named_though_intact(name, &attacked, code);
    }
}

#[test]
fn hidden_content_that_a_table_uncovers_is_named() {
    // Two objects of one number were signed; the update leads to the one that no table named.
    let mut prepared = prepared();
    let at = find(&prepared, "\n5 0 obj") + 1;
    let hidden = "5 0 obj\n<</Length 3>>stream\n999\nendstream\nendobj\n";
    let start = prepared.len();
    prepared.extend(hidden.bytes());
    let prepared = updated(prepared, &[], &[(5, at)]);
    let signed = sign(&prepared);
    assert_eq!(said(&signed), [] as [&str; 0], "nothing of it shows yet");
    let uncovered = updated(signed, &[], &[(5, start)]);
    assert_named_though_intact("hide and replace", &uncovered, "object-redirected");
}

#[test]
fn a_flipped_byte_is_seen_wherever_it_is() {
    let signed = signed();
    assert_eq!(said(&signed), [] as [&str; 0]);
    let places = [
        ("header", find(&signed, "%PDF-1.7") + 7),
        ("catalogue", find_last(&signed, "/Catalog") + 3),
        ("list of pages", find(&signed, "/Kids[3") + 6),
        ("page", find(&signed, "/MediaBox[0 0 595") + 14),
        ("content", find(&signed, "pay 100") + 4),
        ("picture", find(&signed, "stream\nA\n") + 7),
        ("font", find(&signed, "Times-Roman") + 2),
        ("drawing", find(&signed, "0 0 99 99 re f")),
        ("annotation", find(&signed, "/Stamp") + 2),
        ("field", find(&signed, "/V(100)") + 3),
        ("layer", find(&signed, "(cover)") + 1),
        ("metadata", find(&signed, "<a/>") + 1),
        ("information", find(&signed, "(Receipt)") + 1),
        ("signature dictionary", find(&signed, "/Adobe.PPKLite") + 3),
        ("ranges", find(&signed, "/ByteRange") + 13),
        ("first table", find(&signed, "xref\n0 1") + 25),
        ("last table", find_last(&signed, "\nxref\n") + 30),
        ("trailer", find_last(&signed, "trailer") + 12),
        ("last offset", find_last(&signed, "startxref") + 11),
        ("end", signed.len() - 3),
    ];
    for (name, at) in places {
        let flipped = overwritten(signed.clone(), at, &[signed[at] ^ 1]);
        assert_ne!(said(&flipped), [] as [&str; 0], "{name}");
    }
}
