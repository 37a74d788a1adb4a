//! Clauses 6.1.2 and 6.1.3: how the file begins and ends, what its trailers say.

use lopdf::Object;

use super::end_of_line;
use crate::pdfa::{PdfFile, Violation};

const END: &[u8] = b"%%EOF";

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    if !begins_well(file.bytes) {
        found.push(Violation::of_file(
            "6.1.2",
            "the file does not begin with %PDF-1.0 to 1.7 and a line end",
        ));
    } else if !is_marked_binary(file.bytes) {
        found.push(Violation::of_file(
            "6.1.2",
            "no comment of four bytes above 127 behind the header",
        ));
    }
    if !ends_well(file.bytes) {
        found.push(Violation::of_file(
            "6.1.3",
            "something other than one line end behind the last %%EOF",
        ));
    }
    let document = file.document;
    if document.is_encrypted() || document.was_encrypted() {
        found.push(Violation::of_file("6.1.3", "encrypted"));
    }
    let identifier = document.trailer.get(b"ID").ok();
    let identifier = identifier.and_then(|id| document.dereference(id).ok());
    let is_identifier = |object: &Object| object.as_str().is_ok_and(|id| !id.is_empty());
    if !matches!(identifier, Some((_, Object::Array(ids))) if ids.len() == 2 && ids.iter().all(is_identifier))
    {
        found.push(Violation::of_file("6.1.3", "no file identifiers"));
    }
}

fn begins_well(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', b'P', b'D', b'F', b'-', b'1', b'.', b'0'..=b'7', rest @ ..]
        if end_of_line(rest).is_some())
}

fn is_marked_binary(bytes: &[u8]) -> bool {
    let rest = bytes.get(8..).unwrap_or_default();
    let line = rest.get(end_of_line(rest).unwrap_or(0)..);
    matches!(line, Some([b'%', mark @ ..])
        if mark.get(..4).is_some_and(|mark| mark.iter().all(|&byte| byte > 127)))
}

fn ends_well(bytes: &[u8]) -> bool {
    // Nothing but a line end may follow, so the last marker is in the last few bytes.
    let rest = [b"\r\n".as_slice(), b"\n", b"\r", b""]
        .iter()
        .find_map(|end| bytes.strip_suffix(*end));
    rest.is_some_and(|rest| rest.ends_with(END))
}
