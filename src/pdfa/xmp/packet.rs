//! A metadata stream and its packet (ISO 19005-2 §6.6.2.1; ISO 32000-1 §14.3.2).

use lopdf::{Document, Stream};

use super::rdf::{self, Rdf};
use crate::pdf_object::name;
use crate::pdfa::content::expanded;

/// A packet once expanded, bytes; thumbnails make some of half a megabyte.
const PACKET_BYTES_MAX: usize = 16 << 20;

/// Reads the packet of a metadata stream. What is wrong with it all the same goes to `faults`.
pub(super) fn read(
    document: &Document,
    stream: &Stream,
    faults: &mut Vec<&'static str>,
) -> Result<Rdf, &'static str> {
    if name(document, &stream.dict, b"Type") != Some(b"Metadata")
        || name(document, &stream.dict, b"Subtype") != Some(b"XML")
    {
        faults.push("metadata without its Type and Subtype");
    }
    let bytes = expanded(stream).ok_or("metadata that cannot be expanded")?;
    if bytes.len() > PACKET_BYTES_MAX {
        return Err("more metadata than is read");
    }
    // XMP in PDF is UTF-8 (XMP September 2005, part on PDF); other encodings are not read.
    let text = std::str::from_utf8(&bytes).map_err(|_| "metadata that is no UTF-8")?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !declares_utf8(text) {
        return Err("metadata that declares another encoding than UTF-8");
    }
    let rdf = rdf::read(text)?;
    if let Some(header) = &rdf.header {
        match attributes(header) {
            None => faults.push("a packet header that cannot be read"),
            Some(names) if names.contains(&"bytes") => faults.push("bytes in the packet header"),
            Some(names) if names.contains(&"encoding") => {
                faults.push("encoding in the packet header");
            }
            Some(_) => {}
        }
    }
    Ok(rdf)
}

/// Whether the XML declaration, where there is one, leaves the encoding at UTF-8.
fn declares_utf8(text: &str) -> bool {
    let declaration = text
        .strip_prefix("<?xml")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .and_then(|rest| rest.split_once("?>"));
    let Some((declaration, _)) = declaration else {
        return true;
    };
    match declaration.split_once("encoding") {
        None => true,
        Some((_, value)) => {
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
            let name: String = value.chars().skip(1).take(5).collect();
            name.eq_ignore_ascii_case("utf-8")
        }
    }
}

/// Names of the attributes in a packet header.
fn attributes(header: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (_, after) = value.get(1..)?.split_once(quote)?;
        names.push(name.trim());
        rest = after.trim_start();
    }
    Some(names)
}
