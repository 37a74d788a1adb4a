//! A file whose cross-reference data cannot be read, searched for objects so that its signatures can at least be named.
//!
//! Nothing that is found this way passes: viewers rebuild differently, so nobody can say what was signed. Objects in
//! object streams are not searched for.

use std::collections::BTreeMap;

use regex::bytes::Regex;

use super::section::{Form, Location, Section};
use super::syntax::{Dictionary, Reader, Value};

/// Objects looked at; a damaged file with more is not worth the time.
const OBJECTS_MAX: usize = 200_000;

/// One section with every object that stands in the bytes, the last of each number; `None` without a catalogue.
pub(super) fn section(bytes: &[u8]) -> Option<Section> {
    let mut entries = BTreeMap::new();
    let header =
        Regex::new(r"(?-u)[0-9]{1,10}[\x00\t\n\x0c\r ]+[0-9]{1,5}[\x00\t\n\x0c\r ]+obj").ok()?;
    let mut root = None;
    for found in header.find_iter(bytes).take(OBJECTS_MAX) {
        let mut reader = Reader::new(bytes, found.start());
        let Some((number, generation)) = reader.object_header() else {
            continue;
        };
        entries.insert(number, Location::Offset(found.start(), generation));
        // A catalogue is short: what is far from its start cannot make it one.
        let near = bytes.len().min(found.end().saturating_add(4096));
        let start = bytes.get(found.end()..near).unwrap_or_default();
        if start.windows(8).any(|window| window == b"/Catalog") {
            let value = Reader::new(bytes.get(..near).unwrap_or_default(), reader.at).value();
            let is_catalogue = value.is_some_and(|value| {
                let of_type = value.dictionary().and_then(|it| it.name(b"Type"));
                of_type == Some(b"Catalog")
            });
            if is_catalogue {
                root = Some((number, generation));
            }
        }
    }
    let trailer = Dictionary::of(vec![(b"Root".to_vec(), Value::Reference(root?))])?;
    Some(Section {
        offset: 0,
        end: bytes.len(),
        form: Form::Table,
        entries,
        trailer,
    })
}
