//! The XMP packet of a document (ISO 16684-1; ISO 19005-2 §6.6.2): what the file says of itself.
//!
//! The file must be understood when nothing else is left of the archive, so it carries its record
//! number, its dossier and the mark of conversion from paper (Luật Giao dịch điện tử 2023, Điều 12) in
//! a namespace of its own, declared by an extension schema. It never carries a citizen's ID.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ConformanceLevel;
use crate::record::{CopyForm, DocumentKind, DossierCode, RecordId, Sha256Digest, vietnam_time};

/// What is said of a document beside its pages.
#[derive(Debug, Clone, Copy)]
pub struct PdfaMetadata<'a> {
    /// Identity of the record.
    pub record: RecordId,
    /// Title for people, shown by viewers instead of the file name. The caller keeps persons out of it.
    pub title: &'a str,
    /// The dossier it was handed in for, where known.
    pub dossier: Option<&'a DossierCode>,
    /// What kind of paper, where known.
    pub kind: Option<&'a DocumentKind>,
    /// By whom it was digitised; `None` for a file that no office answers for.
    pub digitised: Option<Digitised<'a>>,
    /// Program and version, e.g. `sohoa 0.1.0`.
    pub converter: &'a str,
    /// When it was converted.
    pub converted: Timestamp,
    /// The signed originals that it only shows; empty where none is signed.
    pub rendition_of: &'a [Sha256Digest],
}

/// What an office says of the copy that it makes of a paper.
#[derive(Debug, Clone, Copy)]
pub struct Digitised<'a> {
    /// The agency that converted it from paper.
    pub agency: &'a str,
    /// The form of the copy.
    pub copy_form: CopyForm,
}

/// Namespace and schema of our own properties.
const NAMESPACE: &str = "https://ns.sohoa.vn/record/1.0/";

/// The distinguishing sign of the law, in its words.
const CONVERSION_MARK: &str = "Chuyển đổi từ văn bản giấy sang thông điệp dữ liệu";

/// Instead of it, where the original is itself a signed data message.
const RENDITION_MARK: &str = "Bản thể hiện PDF/A của thông điệp dữ liệu đã ký số";

/// Nobody says of a file of no office that it was paper.
fn mark(metadata: &PdfaMetadata<'_>) -> Option<&'static str> {
    if metadata.rendition_of.is_empty() {
        metadata.digitised.map(|_| CONVERSION_MARK)
    } else {
        Some(RENDITION_MARK)
    }
}

/// Own properties: name, XMP value type, who gives the value, meaning.
const PROPERTIES: [(&str, &str, &str, &str); 9] = [
    ("recordId", "Text", "internal", "Record number, urn:uuid"),
    (
        "dossierCode",
        "Text",
        "external",
        "Dossier code of the one-stop system",
    ),
    ("documentKind", "Text", "external", "Kind of the paper"),
    ("copyForm", "Text", "external", "Form of the copy"),
    (
        "conversionMark",
        "Text",
        "internal",
        "Mark of conversion from paper to a data message",
    ),
    (
        "converter",
        "Text",
        "internal",
        "Program that converted the original",
    ),
    (
        "convertingAgency",
        "Text",
        "external",
        "Agency that converted the original",
    ),
    (
        "converted",
        "Date",
        "internal",
        "When the original was converted",
    ),
    (
        "renditionOf",
        "Text",
        "internal",
        "Digests of the signed originals that the document is a rendition of",
    ),
];

/// What is said of a sheet that this program prints.
#[derive(Debug, Clone, Copy)]
pub(super) struct SheetMetadata<'a> {
    /// Its number.
    pub(super) number: &'a str,
    /// Title for people.
    pub(super) title: &'a str,
    /// The agency that it is printed for.
    pub(super) agency: &'a str,
    /// Program and version.
    pub(super) program: &'a str,
    /// When it was made.
    pub(super) made: Timestamp,
}

/// What the predefined schemas say of any file.
struct Description<'a> {
    identifier: &'a str,
    title: &'a str,
    agency: Option<&'a str>,
    program: &'a str,
    at: Timestamp,
    /// What was done then, and its parameters, if any.
    event: (&'static str, Option<&'static str>),
}

/// A complete XMP packet, UTF-8.
pub(super) struct XmpPacket(String);

impl XmpPacket {
    /// The packet for a document.
    pub(super) fn new(metadata: &PdfaMetadata<'_>, conformance: ConformanceLevel) -> Self {
        let mut body = String::new();
        claim(&mut body, conformance);
        let description = Description {
            identifier: &metadata.record.urn(),
            title: metadata.title,
            agency: metadata.digitised.map(|digitised| digitised.agency),
            program: metadata.converter,
            at: metadata.converted,
            event: ("converted", mark(metadata)),
        };
        describe(&mut body, &description);
        let given = own_properties(metadata);
        record_properties(&mut body, &given);
        extension_schema(&mut body, &given);
        Self::around(&body)
    }

    /// The packet for a printed sheet: nothing about a record.
    pub(super) fn of_sheet(sheet: &SheetMetadata<'_>, conformance: ConformanceLevel) -> Self {
        let mut body = String::new();
        claim(&mut body, conformance);
        let description = Description {
            identifier: sheet.number,
            title: sheet.title,
            agency: Some(sheet.agency),
            program: sheet.program,
            at: sheet.made,
            event: ("created", None),
        };
        describe(&mut body, &description);
        Self::around(&body)
    }

    fn around(body: &str) -> Self {
        Self(format!(
            "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
             <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
             {body}\
             </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>\n"
        ))
    }

    /// The packet as it goes into the metadata stream.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// ISO 19005-2 §6.6.4: version and conformance level identification.
fn claim(body: &mut String, conformance: ConformanceLevel) {
    open(body, &[("pdfaid", "http://www.aiim.org/pdfa/ns/id/")]);
    element(body, "pdfaid:part", conformance.part());
    element(body, "pdfaid:conformance", conformance.level());
    close(body);
}

/// The predefined schemas that viewers and other archives read.
fn describe(body: &mut String, description: &Description<'_>) {
    let schemas = [
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("xmp", "http://ns.adobe.com/xap/1.0/"),
        ("pdf", "http://ns.adobe.com/pdf/1.3/"),
        ("xmpMM", "http://ns.adobe.com/xap/1.0/mm/"),
        ("stEvt", "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"),
    ];
    let at = vietnam_time(description.at);
    open(body, &schemas);
    element(body, "dc:format", "application/pdf");
    element(body, "dc:identifier", description.identifier);
    body.push_str("<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
    push_text(body, description.title);
    body.push_str("</rdf:li></rdf:Alt></dc:title>\n");
    if let Some(agency) = description.agency {
        body.push_str("<dc:creator><rdf:Seq><rdf:li>");
        push_text(body, agency);
        body.push_str("</rdf:li></rdf:Seq></dc:creator>\n");
    }
    element(body, "xmp:CreateDate", &at);
    element(body, "xmp:ModifyDate", &at);
    element(body, "xmp:MetadataDate", &at);
    element(body, "xmp:CreatorTool", description.program);
    element(body, "pdf:Producer", description.program);
    // ISO 19005-2 §6.6.6: the file's one event so far.
    body.push_str("<xmpMM:History><rdf:Seq><rdf:li rdf:parseType=\"Resource\">\n");
    let (action, parameters) = description.event;
    element(body, "stEvt:action", action);
    if let Some(parameters) = parameters {
        element(body, "stEvt:parameters", parameters);
    }
    element(body, "stEvt:softwareAgent", description.program);
    element(body, "stEvt:when", &at);
    body.push_str("</rdf:li></rdf:Seq></xmpMM:History>\n");
    close(body);
}

/// The own properties that have a value, by name.
fn own_properties(metadata: &PdfaMetadata<'_>) -> BTreeMap<&'static str, String> {
    let digitised = metadata.digitised;
    let digests = metadata.rendition_of.iter();
    let digests: Vec<String> = digests.map(|digest| format!("sha256:{digest}")).collect();
    let given = [
        ("recordId", Some(metadata.record.urn())),
        ("dossierCode", metadata.dossier.map(ToString::to_string)),
        ("documentKind", metadata.kind.map(ToString::to_string)),
        (
            "copyForm",
            digitised.map(|it| it.copy_form.label().to_owned()),
        ),
        ("conversionMark", mark(metadata).map(str::to_owned)),
        ("converter", Some(metadata.converter.to_owned())),
        ("convertingAgency", digitised.map(|it| it.agency.to_owned())),
        ("converted", Some(vietnam_time(metadata.converted))),
        (
            "renditionOf",
            (!digests.is_empty()).then(|| digests.join(" ")),
        ),
    ];
    let given = given.into_iter();
    given
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn record_properties(body: &mut String, given: &BTreeMap<&'static str, String>) {
    open(body, &[("sohoa", NAMESPACE)]);
    for (name, value) in given {
        element(body, &format!("sohoa:{name}"), value);
    }
    close(body);
}

/// ISO 19005-2 §6.6.2.3: a property outside the predefined schemas is declared in the file that has it.
fn extension_schema(body: &mut String, given: &BTreeMap<&'static str, String>) {
    let schemas = [
        ("pdfaExtension", "http://www.aiim.org/pdfa/ns/extension/"),
        ("pdfaSchema", "http://www.aiim.org/pdfa/ns/schema#"),
        ("pdfaProperty", "http://www.aiim.org/pdfa/ns/property#"),
    ];
    open(body, &schemas);
    body.push_str("<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n");
    element(body, "pdfaSchema:schema", "Digitised record");
    element(body, "pdfaSchema:namespaceURI", NAMESPACE);
    element(body, "pdfaSchema:prefix", "sohoa");
    body.push_str("<pdfaSchema:property><rdf:Seq>\n");
    let declared = PROPERTIES.iter();
    for (name, value_type, category, description) in
        declared.filter(|(name, ..)| given.contains_key(name))
    {
        body.push_str("<rdf:li rdf:parseType=\"Resource\">\n");
        element(body, "pdfaProperty:name", name);
        element(body, "pdfaProperty:valueType", value_type);
        element(body, "pdfaProperty:category", category);
        element(body, "pdfaProperty:description", description);
        body.push_str("</rdf:li>\n");
    }
    body.push_str("</rdf:Seq></pdfaSchema:property>\n");
    body.push_str("</rdf:li></rdf:Bag></pdfaExtension:schemas>\n");
    close(body);
}

fn open(body: &mut String, schemas: &[(&str, &str)]) {
    body.push_str("<rdf:Description rdf:about=\"\"");
    for (prefix, namespace) in schemas {
        body.push_str(&format!(" xmlns:{prefix}=\"{namespace}\""));
    }
    body.push_str(">\n");
}

fn close(body: &mut String) {
    body.push_str("</rdf:Description>\n");
}

fn element(body: &mut String, name: &str, value: &str) {
    body.push_str(&format!("<{name}>"));
    push_text(body, value);
    body.push_str(&format!("</{name}>\n"));
}

/// Escapes for XML 1.0 and drops the characters that it cannot hold (§2.2 `Char`).
fn push_text(body: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => body.push_str("&amp;"),
            '<' => body.push_str("&lt;"),
            '>' => body.push_str("&gt;"),
            '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => {
                body.push(character);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_no_office_claims_nothing_of_paper_and_declares_what_it_has() {
        let metadata = PdfaMetadata {
            record: RecordId::new_v7(1_790_000_000_000, &[7; 10]),
            title: "tờ khai",
            dossier: None,
            kind: None,
            digitised: None,
            converter: "sohoa 0.1.0",
            converted: "2026-11-23T01:15:30Z".parse().expect("timestamp"),
            rendition_of: &[],
        };
        let xmp = XmpPacket::new(&metadata, ConformanceLevel::A2b).0;
        for absent in [CONVERSION_MARK, "dc:creator", "copyForm", "renditionOf"] {
            assert!(!xmp.contains(absent), "{absent}");
        }
        for name in ["recordId", "converter", "converted"] {
            assert!(xmp.contains(&format!("<pdfaProperty:name>{name}<")));
        }
        assert_eq!(xmp.matches("<pdfaProperty:name>").count(), 3);
    }

    fn packet(title: &str) -> String {
        let originals = [Sha256Digest::of(b"a"), Sha256Digest::of(b"b")];
        let dossier = "H36.105-261123-0007".parse().expect("dossier");
        let kind = "khai-sinh".parse().expect("kind");
        let metadata = PdfaMetadata {
            record: RecordId::new_v7(1_790_000_000_000, &[7; 10]),
            title,
            dossier: Some(&dossier),
            kind: Some(&kind),
            digitised: Some(Digitised {
                agency: "Ủy ban nhân dân xã Hòa <Mẫu> & Đồng",
                copy_form: CopyForm::SaoY,
            }),
            converter: "sohoa 0.1.0",
            converted: "2026-11-23T01:15:30Z".parse().expect("timestamp"),
            rendition_of: &originals,
        };
        XmpPacket::new(&metadata, ConformanceLevel::A2b).0
    }

    #[test]
    fn escapes_markup_and_drops_what_xml_cannot_hold() {
        let xmp = packet("Giấy \u{0}khai\u{FFFE} sinh\u{1F600} ]]> \u{8}&amp;");
        assert!(xmp.contains(">Giấy khai sinh\u{1F600} ]]&gt; &amp;amp;</rdf:li>"));
        assert!(xmp.contains("<rdf:li>Ủy ban nhân dân xã Hòa &lt;Mẫu&gt; &amp; Đồng</rdf:li>"));
    }

    #[test]
    fn every_own_property_is_declared_and_given() {
        let xmp = packet("Giấy khai sinh");
        for (name, ..) in PROPERTIES {
            assert!(
                xmp.contains(&format!("<pdfaProperty:name>{name}<")),
                "{name}"
            );
            assert!(xmp.contains(&format!("<sohoa:{name}>")), "{name}");
        }
        assert_eq!(xmp.matches("<sohoa:").count(), PROPERTIES.len());
        assert!(xmp.contains("<sohoa:converted>2026-11-23T08:15:30+07:00</sohoa:converted>"));
        let (a, b) = (Sha256Digest::of(b"a"), Sha256Digest::of(b"b"));
        assert!(xmp.contains(&format!(">sha256:{a} sha256:{b}</sohoa:renditionOf>")));
    }
}
