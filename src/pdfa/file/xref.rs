//! Clause 6.1.4: cross-reference tables are written as PDF says, and every object is found through them.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object};

use super::end_of_line;
use crate::pdfa::lexer::Lexer;
use crate::pdfa::{PdfFile, Violation};

/// Revisions of a file.
const SECTIONS_MAX: usize = 10_000;

/// Reads all tables from the newest back. Answers with the places of the cross-reference streams.
pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) -> BTreeSet<usize> {
    if file.document.xref_recovery.is_some() {
        found.push(Violation::of_file(
            "6.1.4",
            "the cross-references had to be repaired",
        ));
    }
    let mut streams = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![start(file.bytes)];
    while let Some(place) = next.pop() {
        let Some(place) = place else {
            found.push(Violation::of_file("6.1.4", "no place of cross-references"));
            break;
        };
        if !seen.insert(place) || seen.len() > SECTIONS_MAX {
            found.push(Violation::of_file(
                "6.1.4",
                "cross-references that refer to themselves",
            ));
            break;
        }
        let trailer = if file
            .bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(b"xref"))
        {
            table(file.bytes, place, found)
        } else {
            streams.insert(place);
            stream_dictionary(file.bytes, place)
        };
        let Some(trailer) = trailer else {
            found.push(Violation::of_file(
                "6.1.4",
                "a cross-reference section that cannot be read",
            ));
            break;
        };
        if trailer.has(b"Encrypt") {
            found.push(Violation::of_file("6.1.3", "encrypted"));
        }
        for key in [b"Prev".as_slice(), b"XRefStm"] {
            if let Ok(previous) = trailer.get(key) {
                next.push(offset(previous));
            }
        }
    }
    streams
}

/// The number behind the last `startxref`.
fn start(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(1024);
    let rest = bytes.get(tail..)?;
    let keyword = b"startxref";
    let at = rest.windows(keyword.len()).rposition(|at| at == keyword)?;
    offset(&Lexer::new(rest, at + keyword.len()).object()?)
}

fn offset(object: &Object) -> Option<usize> {
    object
        .as_i64()
        .ok()
        .and_then(|place| usize::try_from(place).ok())
}

fn stream_dictionary(bytes: &[u8], place: usize) -> Option<Dictionary> {
    let mut lexer = Lexer::new(bytes, place);
    lexer.token()?;
    lexer.token()?;
    lexer.token()?;
    match lexer.object()? {
        Object::Dictionary(dictionary) if dictionary.has_type(b"XRef") => Some(dictionary),
        _ => None,
    }
}

/// One table and its trailer.
fn table(bytes: &[u8], place: usize, found: &mut Vec<Violation>) -> Option<Dictionary> {
    let mut at = place + b"xref".len();
    let Some(line_end) = bytes.get(at..).and_then(end_of_line) else {
        found.push(Violation::of_file("6.1.4", "xref without a line end"));
        let mut lexer = Lexer::new(bytes, at);
        lexer.skip_space();
        return trailer_after(bytes, lexer.position(), found);
    };
    at += line_end;
    if !bytes.get(at).is_some_and(u8::is_ascii_digit) {
        found.push(Violation::of_file(
            "6.1.4",
            "more than one line end behind xref",
        ));
    }
    trailer_after(bytes, at, found)
}

fn trailer_after(bytes: &[u8], mut at: usize, found: &mut Vec<Violation>) -> Option<Dictionary> {
    loop {
        let mut lexer = Lexer::new(bytes, at);
        lexer.skip_space();
        at = lexer.position();
        if lexer.rest().starts_with(b"trailer") {
            lexer.seek(at + b"trailer".len());
            let object = lexer.object();
            for flaw in lexer.take_flaws() {
                found.push(Violation::of_file(flaw.clause(), flaw.what()));
            }
            return match object? {
                Object::Dictionary(dictionary) => Some(dictionary),
                _ => None,
            };
        }
        at = subsection(bytes, at, found)?;
    }
}

/// A subsection's header and its entries of 20 bytes; answers with what lies behind.
fn subsection(bytes: &[u8], at: usize, found: &mut Vec<Violation>) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let first = digits(rest);
    let after = rest.get(first..)?;
    let spaces = after.iter().take_while(|&&byte| byte == b' ').count();
    let after = after.get(spaces..)?;
    let second = digits(after);
    if first == 0 || second == 0 {
        return None;
    }
    if spaces != 1 {
        found.push(Violation::of_file(
            "6.1.4",
            "a subsection header without its one space",
        ));
    }
    let count: usize = std::str::from_utf8(after.get(..second)?)
        .ok()?
        .parse()
        .ok()?;
    let after = after.get(second..)?;
    // A space before the line end is common and harmless.
    let blank = after.iter().take_while(|&&byte| byte == b' ').count();
    let after = after.get(blank..)?;
    let line_end = end_of_line(after)?;
    let entries = after.get(line_end..)?;
    let length = count.checked_mul(20)?;
    if !entries.get(..length)?.chunks_exact(20).all(is_entry) {
        found.push(Violation::of_file(
            "6.1.4",
            "a cross-reference entry that is not 20 bytes as PDF says",
        ));
        return None;
    }
    let used = first + spaces + second + blank + line_end + length;
    at.checked_add(used)
}

fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// `nnnnnnnnnn ggggg n` and two bytes of line end.
fn is_entry(entry: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        entry
            .get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let byte = |at: usize| entry.get(at).copied();
    number(0, 10)
        && byte(10) == Some(b' ')
        && number(11, 16)
        && byte(16) == Some(b' ')
        && matches!(byte(17), Some(b'n' | b'f'))
        && matches!(entry.get(18..20), Some(b" \r" | b" \n" | b"\r\n"))
}
