//! Schemas that speak of a document (XMP September 2005; ISO 19005-2 §6.6.4 for `pdfaid`).

use super::Type::{Boolean, Choice, Date, Integer, LanguageAlternative, Mime, Real, Text};
use super::structures::{
    COLORANT, DIMENSIONS, FONT, JOB, RESOURCE_EVENT, RESOURCE_REF, THUMBNAIL, VERSION,
};
use super::{
    AGENT_NAME, LOCALE, OPEN_CHOICE, PDFA_IDENTIFICATION, PROPER_NAME, RENDITION_CLASS, Schema,
    Type, URI, URL, alt, bag, seq,
};

/// `pdfaid`.
pub(super) const PDFA_IDENTIFICATION_SCHEMA: Schema = Schema {
    namespace: PDFA_IDENTIFICATION,
    properties: &[
        ("part", Integer),
        ("amd", Text),
        ("corr", Text),
        ("conformance", Choice(&["A", "B", "U"])),
    ],
};

/// `dc`.
pub(super) const DUBLIN_CORE: Schema = Schema {
    namespace: "http://purl.org/dc/elements/1.1/",
    properties: &[
        ("contributor", bag(&PROPER_NAME)),
        ("coverage", Text),
        ("creator", seq(&PROPER_NAME)),
        ("date", seq(&Date)),
        ("description", LanguageAlternative),
        ("format", Mime),
        ("identifier", Text),
        ("language", bag(&LOCALE)),
        ("publisher", bag(&PROPER_NAME)),
        ("relation", bag(&Text)),
        ("rights", LanguageAlternative),
        ("source", Text),
        ("subject", bag(&Text)),
        ("title", LanguageAlternative),
        ("type", bag(&OPEN_CHOICE)),
    ],
};

/// `xmp`.
pub(super) const BASIC: Schema = Schema {
    namespace: "http://ns.adobe.com/xap/1.0/",
    properties: &[
        ("Advisory", bag(&Text)),
        ("BaseURL", URL),
        ("CreateDate", Date),
        ("CreatorTool", AGENT_NAME),
        ("Identifier", bag(&Text)),
        ("Label", Text),
        ("MetadataDate", Date),
        ("ModifyDate", Date),
        ("Nickname", Text),
        // Integer in the text of XMP, -1.0 to 5.0 in its files; validators take both.
        ("Rating", Real),
        ("Thumbnails", alt(&Type::Structure(&THUMBNAIL))),
    ],
};

/// `xmpRights`.
pub(super) const RIGHTS_MANAGEMENT: Schema = Schema {
    namespace: "http://ns.adobe.com/xap/1.0/rights/",
    properties: &[
        ("Certificate", URL),
        ("Marked", Boolean),
        ("Owner", bag(&PROPER_NAME)),
        ("UsageTerms", LanguageAlternative),
        ("WebStatement", URL),
    ],
};

/// `xmpMM`.
pub(super) const MEDIA_MANAGEMENT: Schema = Schema {
    namespace: "http://ns.adobe.com/xap/1.0/mm/",
    properties: &[
        ("DerivedFrom", Type::Structure(&RESOURCE_REF)),
        ("DocumentID", URI),
        // ISO 19005-2 §6.6.6: what was done to the file.
        ("History", seq(&Type::Structure(&RESOURCE_EVENT))),
        ("InstanceID", URI),
        ("ManagedFrom", Type::Structure(&RESOURCE_REF)),
        ("Manager", AGENT_NAME),
        ("ManageTo", URI),
        ("ManageUI", URI),
        ("ManagerVariant", Text),
        ("RenditionClass", RENDITION_CLASS),
        ("RenditionParams", Text),
        ("VersionID", Text),
        ("Versions", seq(&Type::Structure(&VERSION))),
        ("LastURL", URL),
        ("RenditionOf", Type::Structure(&RESOURCE_REF)),
        ("SaveID", Integer),
    ],
};

/// `xmpBJ`.
pub(super) const BASIC_JOB: Schema = Schema {
    namespace: "http://ns.adobe.com/xap/1.0/bj/",
    properties: &[("JobRef", bag(&Type::Structure(&JOB)))],
};

/// `xmpTPg`.
pub(super) const PAGED_TEXT: Schema = Schema {
    namespace: "http://ns.adobe.com/xap/1.0/t/pg/",
    properties: &[
        ("MaxPageSize", Type::Structure(&DIMENSIONS)),
        ("NPages", Integer),
        ("Fonts", bag(&Type::Structure(&FONT))),
        ("Colorants", seq(&Type::Structure(&COLORANT))),
        ("PlateNames", seq(&Text)),
    ],
};

/// `pdf`.
pub(super) const ADOBE_PDF: Schema = Schema {
    namespace: "http://ns.adobe.com/pdf/1.3/",
    properties: &[
        ("Keywords", Text),
        ("PDFVersion", Text),
        ("Producer", AGENT_NAME),
    ],
};
