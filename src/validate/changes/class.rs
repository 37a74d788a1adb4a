//! What an object is for, for its name in a report. Nothing is decided by it.

use super::kind::ObjectClass;
use crate::validate::document::objects::Parsed;
use crate::validate::document::syntax::Dictionary;

/// By its own `/Type`, `/Subtype` and keys.
pub(super) fn of(object: &Parsed) -> ObjectClass {
    match object.dictionary() {
        Some(dictionary) => of_dictionary(dictionary, object.data.is_some()),
        None => ObjectClass::Other,
    }
}

fn of_dictionary(dictionary: &Dictionary, is_stream: bool) -> ObjectClass {
    let has = |key: &[u8]| dictionary.get(key).is_some();
    match (dictionary.name(b"Type"), dictionary.name(b"Subtype")) {
        (Some(b"Catalog"), _) => ObjectClass::Catalogue,
        (Some(b"Pages"), _) => ObjectClass::PageTree,
        (Some(b"Page"), _) => ObjectClass::Page,
        (Some(b"Font" | b"FontDescriptor" | b"CMap"), _) => ObjectClass::Font,
        (_, Some(b"Image")) => ObjectClass::Image,
        (_, Some(b"Form")) => ObjectClass::FormXObject,
        (Some(b"OCG" | b"OCMD"), _) => ObjectClass::Layer,
        (Some(b"Metadata"), _) => ObjectClass::Metadata,
        (Some(b"XRef" | b"ObjStm"), _) => ObjectClass::Structure,
        (Some(b"Sig" | b"DocTimeStamp"), _) => ObjectClass::Signature,
        (Some(b"Action"), _) => ObjectClass::Action,
        (Some(b"Annot"), _) => ObjectClass::Annotation,
        _ if has(b"ByteRange") => ObjectClass::Signature,
        _ if has(b"Rect") || has(b"FT") => ObjectClass::Annotation,
        _ if has(b"JS") || (has(b"S") && (has(b"URI") || has(b"D") || has(b"Next"))) => {
            ObjectClass::Action
        }
        _ if has(b"OCGs") || has(b"BaseState") => ObjectClass::Layer,
        _ if has(b"CreationDate") || has(b"Producer") || has(b"ModDate") => ObjectClass::Metadata,
        _ if has(b"Length1") || has(b"Length2") || has(b"Length3") => ObjectClass::Font,
        _ if is_stream => ObjectClass::Content,
        _ => ObjectClass::Other,
    }
}
