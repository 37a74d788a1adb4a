use std::fmt::Write as _;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::{check, claim};
use crate::pdfa::corpus_tests::{measure, total};
use crate::pdfa::{Claim, PdfFile};

const NAMESPACES: &str = "xmlns:dc='http://purl.org/dc/elements/1.1/' \
    xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' \
    xmlns:xmpRights='http://ns.adobe.com/xap/1.0/rights/' xmlns:pdf='http://ns.adobe.com/pdf/1.3/' \
    xmlns:stRef='http://ns.adobe.com/xap/1.0/sType/ResourceRef#' \
    xmlns:xmpidq='http://ns.adobe.com/xmp/Identifier/qual/1.0/' \
    xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/' \
    xmlns:my='http://example.org/my/' xmlns:mt='http://example.org/type/'";

const CLAIM: &str = "<rdf:Description rdf:about='' \
    xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/' pdfaid:part='2' pdfaid:conformance='B'/>";

fn rdf(body: &str) -> String {
    format!(
        "<?xpacket begin='\u{FEFF}' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>\
         <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{body}</rdf:RDF>\
         </x:xmpmeta><?xpacket end='w'?>"
    )
}

/// A packet that claims PDF/A-2b and has these properties.
fn packet(properties: &str) -> String {
    rdf(&format!(
        "{CLAIM}<rdf:Description rdf:about='' {NAMESPACES}>{properties}</rdf:Description>"
    ))
}

fn metadata(packet: impl Into<Vec<u8>>) -> Object {
    let dictionary = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    Stream::new(dictionary, packet.into()).into()
}

fn document(metadata: Object) -> Document {
    let mut document = Document::with_version("1.7");
    let metadata = document.add_object(metadata);
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Metadata" => metadata });
    document.trailer.set("Root", catalog);
    document
}

fn found(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let file = PdfFile {
        bytes: &[],
        document,
    };
    check(file, &mut found);
    found.iter().map(ToString::to_string).collect()
}

fn found_in(packet: impl Into<Vec<u8>>) -> String {
    found(&document(metadata(packet))).join("; ")
}

/// Clauses 6.6.2.3.2 and 6.6.2.3.3: a schema with one property `P`, and own types.
fn extension(value_type: &str, types: &str, properties: &str) -> String {
    let mut all: String = [
        "Extension:extension/",
        "Schema:schema#",
        "Property:property#",
    ]
    .iter()
    .chain(&["Type:type#", "Field:field#"])
    .filter_map(|name| name.split_once(':'))
    .fold(String::new(), |mut all, (prefix, end)| {
        let _ = write!(
            all,
            "xmlns:pdfa{prefix}='http://www.aiim.org/pdfa/ns/{end}' "
        );
        all
    });
    all = format!(
        "<rdf:Description rdf:about='' {all}><pdfaExtension:schemas><rdf:Bag>\
         <rdf:li rdf:parseType='Resource'><pdfaSchema:schema>S</pdfaSchema:schema>\
         <pdfaSchema:namespaceURI>http://example.org/my/</pdfaSchema:namespaceURI>\
         <pdfaSchema:prefix>my</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>\
         <rdf:li rdf:parseType='Resource'><pdfaProperty:name>P</pdfaProperty:name>\
         <pdfaProperty:valueType>{value_type}</pdfaProperty:valueType>\
         <pdfaProperty:category>external</pdfaProperty:category>\
         <pdfaProperty:description>d</pdfaProperty:description></rdf:li></rdf:Seq>\
         </pdfaSchema:property>{types}</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    );
    let own = format!("<rdf:Description rdf:about='' {NAMESPACES}>{properties}</rdf:Description>");
    rdf(&format!("{CLAIM}{all}{own}"))
}

/// A structured type `T` with one field.
fn own_type(field_type: &str) -> String {
    format!(
        "<pdfaSchema:valueType><rdf:Seq><rdf:li rdf:parseType='Resource'><pdfaType:type>T</pdfaType:type>\
         <pdfaType:namespaceURI>http://example.org/type/</pdfaType:namespaceURI>\
         <pdfaType:prefix>mt</pdfaType:prefix><pdfaType:description>d</pdfaType:description>\
         <pdfaType:field><rdf:Seq><rdf:li rdf:parseType='Resource'><pdfaField:name>f</pdfaField:name>\
         <pdfaField:valueType>{field_type}</pdfaField:valueType>\
         <pdfaField:description>d</pdfaField:description></rdf:li></rdf:Seq></pdfaType:field>\
         </rdf:li></rdf:Seq></pdfaSchema:valueType>"
    )
}

#[test]
fn every_form_of_rdf_that_writers_use_is_read() {
    for properties in [
        "<dc:format>application/pdf</dc:format>",
        "<dc:source>a<!-- said -->b</dc:source>",
        "<dc:source xml:lang='vi'>x</dc:source>",
        "<pdf:Producer/>",
        "<xmpRights:WebStatement rdf:resource='http://example.org/'/>",
        "<xmpMM:DerivedFrom rdf:parseType='Resource'><stRef:versionID>1</stRef:versionID></xmpMM:DerivedFrom>",
        "<xmpMM:DerivedFrom><rdf:Description stRef:versionID='1'/></xmpMM:DerivedFrom>",
        "<xmpMM:DerivedFrom stRef:versionID='1'/>",
        "<xmp:Identifier><rdf:Bag><rdf:li rdf:parseType='Resource'><rdf:value>1</rdf:value>\
         <xmpidq:Scheme>s</xmpidq:Scheme></rdf:li></rdf:Bag></xmp:Identifier>",
        "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>t</rdf:li></rdf:Alt></dc:title>",
    ] {
        assert_eq!(found_in(packet(properties)), "", "{properties}");
    }
}

#[test]
fn rdf_beyond_xmp_is_refused() {
    for (packet, why) in [
        (
            packet("<dc:source>a</dc:source>").replace("</dc:source>", ""),
            "well formed",
        ),
        (packet("<dc:source><![CDATA[a]]></dc:source>"), "CDATA"),
        (packet("<?a b?>"), "processing instruction"),
        (packet("stray"), "text between"),
        (
            packet("<dc:source>a</dc:source><dc:source>b</dc:source>"),
            "twice",
        ),
        (
            packet("<dc:source rdf:parseType='Literal'>a</dc:source>"),
            "attribute",
        ),
        (
            packet("<xmpMM:DerivedFrom><dc:a/></xmpMM:DerivedFrom>"),
            "typed node",
        ),
        (
            packet("")
                .replace("about=''", "about='uuid:1'")
                .replacen("uuid:1", "uuid:2", 1),
            "different things",
        ),
        (
            packet("").replace("xpacket begin", "xpacket bytes='9' begin"),
            "bytes in",
        ),
        (
            packet("").replace("xpacket begin", "xpacket encoding='UTF-8' begin"),
            "encoding in",
        ),
        (
            packet("").replacen("<x:", "<!DOCTYPE x><x:", 1),
            "well formed",
        ),
        (
            format!("<?xml version='1.0' encoding='UTF-16'?>{}", packet("")),
            "another encoding",
        ),
    ] {
        let found = found_in(packet.clone());
        assert!(found.starts_with("6.6.2.1: "), "{packet}: {found}");
        assert!(found.contains(why), "{packet}: {found}");
    }
    assert!(found_in(vec![0xFF, 0xFE]).contains("no UTF-8"));
}

#[test]
fn nesting_and_repetition_are_bounded() {
    let deep = format!(
        "{}x{}",
        "<rdf:Bag><rdf:li>".repeat(5_000),
        "</rdf:li></rdf:Bag>".repeat(5_000)
    );
    let deep = packet(&format!("<dc:subject>{deep}</dc:subject>"));
    assert!(found_in(deep).contains("nested too deep"));
    let attributes = " dc:source='a'".repeat(2_000);
    let attributes = packet(&format!("<dc:source {attributes}/>"));
    assert!(found_in(attributes).contains("more attributes"));
    let namespaces = "<dc:source xmlns:q='r'/>".repeat(6_000);
    assert!(found_in(packet(&namespaces)).contains("more attributes"));
    let many: String = (0..2_000).fold(String::new(), |mut all, index| {
        let _ = write!(all, "<my:p{index}/>");
        all
    });
    assert!(found_in(packet(&many)).contains("more properties"));
}

#[test]
fn values_are_of_the_types_of_their_schemas() {
    let cases: [(&str, &[&str], &[&str]); 8] = [
        (
            "xmp:CreateDate",
            &[
                "2020",
                "2020-01",
                "2020-01-31",
                "2020-01-31T10:00Z",
                "2020-01-31T10:00:00.5+07:00",
                "2020-01-31T10:00:00",
            ],
            &[
                "",
                "D:2020",
                "2020-13",
                "2020-01-31T10",
                "2020-01-31T10:00:00+0700",
                "2020-01T10:00",
                "2020-01-31T10:00:00Z+01:00",
            ],
        ),
        ("xmpRights:Marked", &["True", "False"], &["true", "1", ""]),
        ("xmpMM:SaveID", &["1", "+1", "-1"], &["1.0", "x", "", "+"]),
        (
            "xmp:Rating",
            &["-1", "1.5", ".5", "5."],
            &["", ".", "1e3", "a"],
        ),
        (
            "dc:format",
            &["application/pdf", "image/svg+xml"],
            &["pdf", "a/b/c", "/"],
        ),
        ("tiff:XResolution", &["300/1"], &["300", "1/x", "/"]),
        (
            "exif:GPSLatitude",
            &["10,46,30N", "10,46.5N"],
            &["10N", "10,46N", "10,46,30"],
        ),
        ("tiff:Orientation", &["1", "8"], &["0", "9", "x"]),
    ];
    for (name, right, wrong) in cases {
        for value in right {
            let found = found_in(packet(&format!("<{name}>{value}</{name}>")));
            assert_eq!(found, "", "{name} {value}");
        }
        for value in wrong {
            let found = found_in(packet(&format!("<{name}>{value}</{name}>")));
            assert!(found.starts_with("6.6.2.3.1: "), "{name} {value}: {found}");
        }
    }
}

#[test]
fn what_no_schema_has_is_refused() {
    for properties in [
        "<my:Secret>x</my:Secret>",
        // Younger than the version of XMP that the standard names.
        "<pdf:Trapped>False</pdf:Trapped>",
        "<dc:title>t</dc:title>",
        "<dc:creator><rdf:Bag><rdf:li>c</rdf:li></rdf:Bag></dc:creator>",
        "<dc:source rdf:parseType='Resource'><rdf:value>x</rdf:value><my:q>y</my:q></dc:source>",
    ] {
        let found = found_in(packet(properties));
        assert!(found.starts_with("6.6.2.3.1: "), "{properties}: {found}");
        assert!(
            !found.contains("Secret"),
            "names of the document stay out: {found}"
        );
    }
}

#[test]
fn extension_schemas_declare_properties_and_types() {
    let nested = "<my:P rdf:parseType='Resource'><mt:f>True</mt:f></my:P>";
    let bag = "<my:P><rdf:Bag><rdf:li>x</rdf:li></rdf:Bag></my:P>";
    for (value_type, types, properties, right) in [
        ("Text", String::new(), "<my:P>x</my:P>", true),
        ("open Choice of Text", String::new(), "<my:P>x</my:P>", true),
        ("Bag Text", String::new(), bag, true),
        ("bag", String::new(), bag, true),
        ("T", own_type("Boolean"), nested, true),
        ("Integer", String::new(), "<my:P>x</my:P>", false),
        ("seq Text", String::new(), bag, false),
        ("T", own_type("Integer"), nested, false),
        ("Text", String::new(), "<my:Q>x</my:Q>", false),
        ("Nothing", String::new(), "", false),
        ("T", own_type("Nothing"), "", false),
    ] {
        let found = found_in(extension(value_type, &types, properties));
        assert_eq!(
            found.is_empty(),
            right,
            "{value_type} {properties}: {found}"
        );
    }
    // A type that contains itself ends with the value.
    let own = "<my:P rdf:parseType='Resource'><mt:f rdf:parseType='Resource'/></my:P>";
    assert_eq!(found_in(extension("T", &own_type("T"), own)), "");
}

#[test]
fn declarations_have_the_form_of_the_standard() {
    let good = extension("Text", &own_type("Text"), "<my:P>x</my:P>");
    assert_eq!(found_in(good.clone()), "");
    for (from, to, clause) in [
        ("pdfaExtension", "ext", "6.6.2.3.3: "),
        ("pdfaProperty", "prop", "6.6.2.3.3: "),
        (
            "pdfaProperty:category>external",
            "pdfaProperty:category>other",
            "6.6.2.3.3: ",
        ),
        (
            "<pdfaProperty:description>d</pdfaProperty:description>",
            "",
            "6.6.2.3.3: ",
        ),
        ("pdfaSchema:schema>", "pdfaSchema:schemas>", "6.6.2.3.2: "),
        (
            "<pdfaSchema:property><rdf:Seq>",
            "<pdfaSchema:property><rdf:Bag>",
            "6.6.2.1: ",
        ),
        (
            "</rdf:Seq></pdfaType:field>",
            "</rdf:Seq></pdfaType:field><pdfaType:x/>",
            "6.6.2.3.2: ",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let found = found_in(good.replace(from, to));
        assert!(found.starts_with(clause), "{from}: {found}");
    }
}

#[test]
fn other_metadata_may_use_what_the_document_declares() {
    let mut document = document(metadata(extension("Integer", "", "")));
    let mut image = Dictionary::new();
    let of_image = document.add_object(metadata(packet("<my:P>8</my:P>")));
    image.set("Metadata", of_image);
    let image = document.add_object(Stream::new(image, Vec::new()));
    document.trailer.set("Info", image);
    assert_eq!(found(&document), Vec::<String>::new());

    document.set_object(of_image, metadata(packet("<my:P>x</my:P>")));
    assert_eq!(found(&document).len(), 1);
    document.trailer.remove(b"Info");
    assert_eq!(
        found(&document),
        Vec::<String>::new(),
        "nothing refers to it"
    );
}

#[test]
fn the_claim_is_read_and_judged() {
    let of = |packet: &str| claim(&document(metadata(packet)));
    let basic = Claim {
        part: 2,
        conformance: 'B',
    };
    assert_eq!(of(&packet("")), Some(basic));
    let third = packet("").replace("part='2'", "part='3'");
    assert_eq!(
        of(&third),
        Some(Claim {
            part: 3,
            conformance: 'B'
        })
    );
    assert_eq!(found_in(third), "6.6.4: no claim of part 2 (1 0 R)");
    assert!(found_in(packet("").replace("'B'", "'b'")).starts_with("6.6.4: "));
    assert!(found_in(packet("").replace("pdfaid", "id")).starts_with("6.6.4: "));
    assert_eq!(of(&rdf("")), None);
    assert_eq!(of("no XML"), None);
    assert_eq!(claim(&Document::new()), None);
    assert!(found(&Document::new()).join("").starts_with("6.6.2.1: "));
}

#[test]
fn the_suite_on_metadata() {
    let Some(tallies) = measure(&["6.6"], &[]) else {
        return;
    };
    let sum = total(&tallies);
    assert_eq!(sum.passes_accepted, sum.passes);
    assert_eq!(sum.fails_refused, sum.fails);
}
