//! What the predefined schemas of XMP (September 2005) say: each property with its value type, as tables.
//!
//! ISO 19005-2 §6.6.2.3.1 takes its schemas from that version of XMP, so what came later (`pdf:Trapped`,
//! `xmpMM:OriginalDocumentID`) is missing on purpose: a file must declare it in an extension schema.
//! `document` has the schemas that speak of a document, `image` those of photographs and scans,
//! `media` those of film and sound, `structures` the structured value types. No logic but look-ups.

mod document;
mod image;
mod media;
mod structures;

/// A value type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    /// Any text.
    Text,
    /// `True` or `False`.
    Boolean,
    /// Decimal digits, maybe with a sign.
    Integer,
    /// A decimal number without exponent.
    Real,
    /// Two integers and a slash.
    Rational,
    /// The subset of ISO 8601 that XMP takes.
    Date,
    /// Type and subtype of a medium.
    Mime,
    /// Degrees, minutes and seconds or a fraction, and a direction.
    GpsCoordinate,
    /// A closed choice: one of these words.
    Choice(&'static [&'static str]),
    /// A closed choice of sequences of integers.
    SequenceChoice(&'static [&'static [&'static str]]),
    /// An alternative whose items have each a language.
    LanguageAlternative,
    /// An array of the kind, with items of the type.
    Array(ArrayKind, &'static Type),
    /// Named fields.
    Structure(&'static Structure),
}

/// Arrays of RDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrayKind {
    /// Without order.
    Bag,
    /// In order.
    Seq,
    /// To choose from.
    Alt,
}

/// A structured value type.
#[derive(Debug)]
pub(super) struct Structure {
    /// Of its fields.
    pub(super) namespace: &'static str,
    /// Each may be absent.
    pub(super) fields: &'static [(&'static str, Type)],
}

/// A predefined schema.
#[derive(Debug)]
struct Schema {
    namespace: &'static str,
    properties: &'static [(&'static str, Type)],
}

/// Value types of another name whose values are any text: a working group of validators found no
/// narrower rule for them that files keep.
const AGENT_NAME: Type = Type::Text;
const LOCALE: Type = Type::Text;
const PROPER_NAME: Type = Type::Text;
const RENDITION_CLASS: Type = Type::Text;
const URI: Type = Type::Text;
const URL: Type = Type::Text;
/// An open choice proposes words and allows all.
const OPEN_CHOICE: Type = Type::Text;

const fn bag(of: &'static Type) -> Type {
    Type::Array(ArrayKind::Bag, of)
}

const fn seq(of: &'static Type) -> Type {
    Type::Array(ArrayKind::Seq, of)
}

const fn alt(of: &'static Type) -> Type {
    Type::Array(ArrayKind::Alt, of)
}

/// Namespace of the version and conformance level identification (ISO 19005-2 §6.6.4).
pub(super) const PDFA_IDENTIFICATION: &str = "http://www.aiim.org/pdfa/ns/id/";

const SCHEMAS: [&Schema; 15] = [
    &document::PDFA_IDENTIFICATION_SCHEMA,
    &document::DUBLIN_CORE,
    &document::BASIC,
    &document::RIGHTS_MANAGEMENT,
    &document::MEDIA_MANAGEMENT,
    &document::BASIC_JOB,
    &document::PAGED_TEXT,
    &document::ADOBE_PDF,
    &image::PHOTOSHOP,
    &image::CAMERA_RAW,
    &image::TIFF,
    &image::EXIF,
    &image::EXIF_CAPTURE,
    &image::AUXILIARY,
    &media::DYNAMIC_MEDIA,
];

/// A predefined property: its name and type.
pub(super) fn predefined(namespace: &str, name: &str) -> Option<(&'static str, Type)> {
    let of_namespace = SCHEMAS
        .iter()
        .filter(|schema| schema.namespace == namespace);
    let mut properties = of_namespace.flat_map(|schema| schema.properties);
    properties.find(|(property, _)| *property == name).copied()
}

/// Whether XMP has this qualifier; `xml:lang` stands apart.
pub(super) fn is_qualifier(namespace: &str, name: &str) -> bool {
    (namespace, name) == ("http://ns.adobe.com/xmp/Identifier/qual/1.0/", "Scheme")
}

/// The value types that an extension schema may name; `name` in lower case.
pub(super) fn named(name: &str) -> Option<Type> {
    let named = match name {
        "text" | "propername" | "agentname" | "renditionclass" | "uri" | "url" | "xpath"
        | "locale" => Type::Text,
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "real" => Type::Real,
        "rational" => Type::Rational,
        "date" => Type::Date,
        "mimetype" => Type::Mime,
        "gpscoordinate" => Type::GpsCoordinate,
        "lang alt" => Type::LanguageAlternative,
        _ => Type::Structure(structures::named(name)?),
    };
    Some(named)
}
