//! Small readings of PDF objects (ISO 32000-1 §7.3): references followed, inherited values found.
//!
//! Nothing is decoded here, and nothing is judged: an object of another type than asked for counts as absent.

use lopdf::{Dictionary, Document, Object, ObjectId};

/// Ancestors of a page that are asked for an inherited value.
const TREE_DEPTH_MAX: usize = 64;

/// The value of a key, references followed; null counts as absent.
pub fn value<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    let object = dictionary.get(key).ok()?;
    let (_, object) = document.dereference(object).ok()?;
    (!object.is_null()).then_some(object)
}

/// The dictionary under a key; that of a stream counts too.
pub fn dictionary<'a>(
    document: &'a Document,
    parent: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Dictionary> {
    match value(document, parent, key)? {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// The name under a key, without its slash.
pub fn name<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
    key: &[u8],
) -> Option<&'a [u8]> {
    value(document, dictionary, key)?.as_name().ok()
}

/// The integer under a key.
pub fn integer(document: &Document, dictionary: &Dictionary, key: &[u8]) -> Option<i64> {
    value(document, dictionary, key)?.as_i64().ok()
}

/// Whether `true` stands under a key.
pub fn boolean(document: &Document, dictionary: &Dictionary, key: &[u8]) -> bool {
    value(document, dictionary, key).is_some_and(|object| matches!(object, Object::Boolean(true)))
}

/// Any number.
pub fn number(object: &Object) -> Option<f64> {
    object
        .as_float()
        .ok()
        .map(f64::from)
        .filter(|number| number.is_finite())
}

/// The numbers of an array, references followed.
pub fn numbers(document: &Document, object: &Object) -> Option<Vec<f64>> {
    let array = object.as_array().ok()?;
    array
        .iter()
        .map(|item| number(document.dereference(item).ok()?.1))
        .collect()
}

/// A page's own or inherited value (ISO 32000-1 §7.7.3.4).
pub fn inherited<'a>(document: &'a Document, page: ObjectId, key: &[u8]) -> Option<&'a Object> {
    let mut node = document.get_dictionary(page).ok()?;
    for _ in 0..TREE_DEPTH_MAX {
        if let Some(found) = value(document, node, key) {
            return Some(found);
        }
        node = value(document, node, b"Parent")?.as_dict().ok()?;
    }
    None
}

/// White space (ISO 32000-1 §7.2.2).
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// A byte that ends a token and begins another (ISO 32000-1 §7.2.2).
#[must_use]
pub fn is_delimiter(byte: u8) -> bool {
    b"()<>[]{}/%".contains(&byte)
}

/// A byte that belongs to a token.
#[must_use]
pub fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

/// The value of a hexadecimal digit.
#[must_use]
pub fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
